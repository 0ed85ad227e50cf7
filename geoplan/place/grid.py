"""A grid of square cells, and how areas divide over it.

What is known as an area is spread evenly over its cells; the shares are exact
and sum to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Self

import numpy as np
import numpy.typing as npt
import shapely

from geoplan.errors import GeometryError, GeoplanError

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]

_M2_PER_KM2 = 1e6

_LEAST_OF_CELL = 1e-9
"""Less of a cell than this is taken for rounding."""


@dataclass(frozen=True)
class Grid:
    """Square cells in rows from south to north, columns from west to east.

    Attributes
    ----------
    x0_m, y0_m :
        South-west corner of the grid, in metres, in the plan's analysis CRS.
    cell_m :
        Side of a cell in metres.
    n_columns, n_rows :
        Number of cells; row 0 is the southernmost.

    Raises
    ------
    GeometryError
        If the side is not positive or there is no cell.
    """

    x0_m: float
    y0_m: float
    cell_m: float
    n_columns: int
    n_rows: int

    def __post_init__(self) -> None:
        if not (0 < self.cell_m < np.inf and self.n_columns > 0 and self.n_rows > 0):
            raise GeometryError(f"{self} has no cells; give a side above 0 and at least one cell")

    @classmethod
    def covering(cls, bounds: Sequence[float], cell_m: float) -> Self:
        """Grid over west, south, east, north (metres) whose edges are multiples of `cell_m`."""
        west, south, east, north = (float(bound) / cell_m for bound in bounds)
        column, row = floor(west), floor(south)
        return cls(
            x0_m=column * cell_m,
            y0_m=row * cell_m,
            cell_m=cell_m,
            n_columns=max(ceil(east) - column, 1),
            n_rows=max(ceil(north) - row, 1),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of an array of the cells: rows, columns."""
        return self.n_rows, self.n_columns

    @property
    def cell_km2(self) -> float:
        """Area of a cell in km²."""
        return self.cell_m**2 / _M2_PER_KM2

    @property
    def x_centres_m(self) -> _Floats:
        """Easting of the centre of each column, in metres; shape (n_columns,)."""
        return self.x0_m + (np.arange(self.n_columns, dtype=np.float64) + 0.5) * self.cell_m

    @property
    def y_centres_m(self) -> _Floats:
        """Northing of the centre of each row, in metres, from the south; shape (n_rows,)."""
        return self.y0_m + (np.arange(self.n_rows, dtype=np.float64) + 0.5) * self.cell_m


@dataclass(frozen=True)
class CellShares:
    """How an area divides over the cells of a grid.

    Attributes
    ----------
    cells :
        Cells that hold some of it, ``row * n_columns + column``, ascending.
    shares :
        Share of each; they sum to 1.
    """

    cells: _Integers
    shares: _Floats


def area_shares(
    area: shapely.Polygon | shapely.MultiPolygon, grid: Grid, inside: _Mask | None = None
) -> CellShares:
    """Divide an area over the cells of a grid by exact area of intersection.

    Parameters
    ----------
    area :
        Valid polygon or multipolygon in metres, in the CRS of `grid`.
    grid :
        Cells to divide it over. What lies outside the grid is left out, and the
        shares of the rest sum to 1.
    inside :
        Cells that may hold some of it, shape ``grid.shape``; all if not given.

    Returns
    -------
    shares :
        Cells and their shares, in proportion to the area of `area` in each.

    Raises
    ------
    GeometryError
        If the area is empty, invalid or no polygon, or holds no part of any cell
        inside.

    Notes
    -----
    A cell's area is the integral of ``x dy`` along the boundary, cut at the lines
    of the grid: no polygon is intersected. Less than a 10⁻⁹ of a cell is dropped.
    """
    if not isinstance(area, shapely.Polygon | shapely.MultiPolygon) or area.is_empty:
        raise GeometryError(f"{area!r:.80} is no polygon; buffer a point by its accuracy first")
    if not area.is_valid:
        raise GeometryError(
            f"the area is invalid: {shapely.is_valid_reason(area)}; "
            "mend it, for example with shapely.make_valid"
        )
    cells, covered = _covered_cells(area, grid)
    held = covered > _LEAST_OF_CELL
    if inside is not None:
        held &= checked_mask(inside, grid).ravel()[cells]
    if not held.any():
        raise GeometryError(
            f"the area within {area.bounds} holds no cell of the grid (inside the boundary)"
        )
    return CellShares(cells[held], covered[held] / covered[held].sum())


def spread_over_cells(shares: Sequence[CellShares], weights: npt.ArrayLike, grid: Grid) -> _Floats:
    """Weight per km² of things known by area, each spread evenly over its area.

    Parameters
    ----------
    shares :
        Area of each thing, from :func:`area_shares` on the same grid.
    weights :
        Weight of each thing, shape (n,).
    grid :
        Cells of the surface.

    Returns
    -------
    per_km2 :
        Weight per km², shape ``grid.shape``; ``per_km2.sum() * grid.cell_km2`` is
        the sum of the weights.

    Raises
    ------
    GeoplanError
        If there is not one weight for each area.
    """
    amounts = np.asarray(weights, dtype=np.float64)
    if amounts.shape != (len(shares),):
        raise GeoplanError(
            f"{len(shares)} areas but weights of shape {amounts.shape}; give one each"
        )
    per_cell = np.zeros(grid.n_rows * grid.n_columns)
    for share, amount in zip(shares, amounts, strict=True):
        per_cell[share.cells] += share.shares * amount
    return per_cell.reshape(grid.shape) / grid.cell_km2


def checked_mask(inside: _Mask, grid: Grid) -> _Mask:
    """A mask of cells, as it is if its shape is the grid's.

    Raises
    ------
    GeoplanError
        If the shape differs.
    """
    mask = np.asarray(inside)
    if mask.shape != grid.shape or mask.dtype != np.bool_:
        raise GeoplanError(
            f"inside is {mask.dtype} of shape {mask.shape}; give true or false for {grid.shape} cells"
        )
    return mask


def _covered_cells(
    area: shapely.Polygon | shapely.MultiPolygon, grid: Grid
) -> tuple[_Integers, _Floats]:
    """Cells of the rows and columns that an area spans, and the covered part of each."""
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(area)))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    u, v = (xy[:, 0] - grid.x0_m) / grid.cell_m, (xy[:, 1] - grid.y0_m) / grid.cell_m
    start = np.flatnonzero(ring[1:] == ring[:-1])
    u, du = u[start], u[start + 1] - u[start]
    v, dv = v[start], v[start + 1] - v[start]

    # Cut every segment where it crosses a line of the grid.
    cuts = [_crossings(u, du, grid.n_columns), _crossings(v, dv, grid.n_rows)]
    segment = np.concatenate([np.repeat(np.arange(start.size), 2), *(cut[0] for cut in cuts)])
    along = np.concatenate([np.tile([0.0, 1.0], start.size), *(cut[1] for cut in cuts)])
    order = np.lexsort((along, segment))
    segment, along = segment[order], along[order]
    piece = np.flatnonzero(segment[1:] == segment[:-1])
    segment, middle = segment[piece], (along[piece] + along[piece + 1]) / 2
    rise = (along[piece + 1] - along[piece]) * dv[segment]
    at_u, at_v = u[segment] + middle * du[segment], v[segment] + middle * dv[segment]

    # A piece covers what lies to its left: part of its own cell, all cells before it.
    level = (at_v >= 0) & (at_v < grid.n_rows)
    rise, at_u, at_v = rise[level], np.clip(at_u[level], 0, grid.n_columns), at_v[level]
    if not rise.size:
        return np.empty(0, dtype=np.int64), np.empty(0)
    row, column = at_v.astype(np.int64), at_u.astype(np.int64)
    south, west = row.min(), column.min()
    shape = row.max() - south + 1, column.max() - west + 1
    piece_cell = (row - south) * shape[1] + column - west
    size = shape[0] * shape[1]
    own = np.bincount(piece_cell, weights=rise * (at_u - column), minlength=size).reshape(shape)
    whole = np.bincount(piece_cell, weights=rise, minlength=size).reshape(shape)
    covered = own + np.cumsum(whole[:, ::-1], axis=1)[:, ::-1] - whole
    # The column beyond the grid only carries what lies to its left.
    covered = covered[:, : grid.n_columns - west]
    cells = (south + np.arange(shape[0]))[:, None] * grid.n_columns
    return (cells + west + np.arange(covered.shape[1])).ravel(), covered.ravel()


def _crossings(start: _Floats, length: _Floats, n_lines: int) -> tuple[_Integers, _Floats]:
    """Where segments cross the lines 0 to `n_lines`: segment, and share of its length."""
    ends = np.clip([start, start + length], 0, n_lines)
    first, last = np.ceil(ends.min(axis=0)), np.floor(ends.max(axis=0))
    last = np.where(length == 0, first - 1, last)
    segment, line = integers_between(first.astype(np.int64), last.astype(np.int64))
    return segment, np.clip((line - start[segment]) / length[segment], 0.0, 1.0)


def integers_between(first: _Integers, last: _Integers) -> tuple[_Integers, _Integers]:
    """All integers of the ranges ``first..last``, one after the other.

    Parameters
    ----------
    first, last :
        Ends of each range, both included; a range with ``last = first - 1`` is empty.

    Returns
    -------
    of_range, integers :
        For each integer the range it is of, and the integer.
    """
    counts = last - first + 1
    of_range = np.repeat(np.arange(counts.size), counts)
    skipped = np.cumsum(counts) - counts
    return of_range, np.arange(of_range.size) - (skipped - first)[of_range]
