"""Which zone each point lies in, and sums of values by zone.

Every point belongs to at most one zone, so totals reconcile:
``per_zone.sum() + unmatched == total``, exactly for integers. Zones are closed:
an edge belongs to its zone. A point that touches several zones belongs to the
one whose key (index label) sorts first, so the order of the zones never matters.

Many points are located with a *label grid*: a cell that no boundary touches lies
wholly in one zone or in none and carries that answer; a point in any other cell
is tested against the zones whose boundaries touch the cell. A few points are
tested directly. Both ways end in the same exact predicate of GEOS, so they give
the same answer; points are taken in blocks, so memory stays bounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.errors import GeometryError, GeoplanError
from geoplan.place.grid import Grid, integers_between

NO_ZONE = -1
"""Position of a point that lies in no zone."""

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Positions = npt.NDArray[np.int32]
_Geometries = npt.NDArray[np.object_]

_BLOCK = 1 << 20
"""Points taken at a time: bounds the memory."""

_CACHED_BLOCK = 1 << 14
"""Points per pass of plain arithmetic: its arrays stay in the processor's cache."""

_MARGIN_CELLS = 1e-6
"""Widening of a boundary on the label grid. Rounding moves a point or a crossing by
less than 1e-8 cells, so a cell that is not touched is certainly not crossed."""

_LARGEST_GRID_CELLS = 1 << 24

# Nanoseconds, measured. Only their ratios matter, and only for speed.
_CELL_NS = 1.5
_PAINTED_CELL_NS = 6.0
_EDGE_CELL_NS = 250.0
_TESTED_POINT_NS = 150.0
_LOOKED_UP_POINT_NS = 10.0
_DIRECT_POINT_NS = 1_500.0
_GRID_START_NS = 500_000.0


@dataclass(frozen=True)
class ZoneSums:
    """Sums by zone that reconcile with their total.

    Attributes
    ----------
    per_zone :
        Sum of the values in each zone, in the unit of the values, on the
        zones' own index; ``int64`` for integers, else ``float64``.
    unmatched :
        Sum of the values that lie in no zone.
    unmatched_points :
        Number of points that lie in no zone.
    total :
        Sum of all values; equals ``per_zone.sum() + unmatched``, exactly for
        integers.
    """

    per_zone: "pd.Series[Any]"
    unmatched: int | float
    unmatched_points: int
    total: int | float


def locate_points(x_m: npt.ArrayLike, y_m: npt.ArrayLike, zones: gpd.GeoSeries) -> _Positions:
    """Find the zone that each point lies in.

    Parameters
    ----------
    x_m, y_m :
        Coordinates in metres, in the CRS of `zones`; shape (n,). A point with
        a coordinate that is not finite lies in no zone.
    zones :
        Polygons or multipolygons in a projected CRS, with unique keys as index.
        They may overlap and have holes; missing and empty ones hold no point.

    Returns
    -------
    positions :
        Position of the zone in `zones`, or -1; shape (n,). On an edge and in an
        overlap it is the zone whose key sorts first.

    Raises
    ------
    GeometryError
        If a zone is invalid or no polygon, or the CRS measures in degrees.
    GeoplanError
        If `x_m` and `y_m` differ in shape, or keys are missing, repeated or
        cannot be sorted.
    """
    x, y = _coordinates(x_m, y_m)
    positions = np.empty(x.size, dtype=np.int32)
    locator = _locator(zones, x.size)
    for block in _blocks(x.size):
        positions[block] = locator.locate(x[block], y[block])
    return positions


def sum_by_zone(
    positions: npt.ArrayLike, values: npt.ArrayLike, n_zones: int
) -> tuple[npt.NDArray[Any], int | float]:
    """Sum values by the zone they lie in.

    Parameters
    ----------
    positions :
        Position of each value's zone, from 0 to ``n_zones - 1``, or -1; shape (n,).
    values :
        Integers or floats, shape (n,). A float that is not a number makes the
        sum of its zone not a number.
    n_zones :
        Number of zones.

    Returns
    -------
    per_zone :
        Sum by zone, shape (n_zones,), in the unit of `values`: exact in ``int64``
        for integers, ``float64`` for floats.
    unmatched :
        Sum of the values at position -1.

    Raises
    ------
    GeoplanError
        If shapes differ, a position is out of range, values are no numbers, or
        a sum of integers might leave the range of ``int64``.
    """
    where = np.asarray(positions)
    amounts, are_small = _amounts(values)
    if where.shape != amounts.shape:
        raise GeoplanError(f"{where.size} positions but {amounts.size} values; give one for one")
    is_whole = not where.size or where.dtype.kind in "iu"
    if not is_whole or (where.size and (where.min() < NO_ZONE or where.max() >= n_zones)):
        raise GeoplanError(
            f"positions are not all integers from -1 to {n_zones - 1}; take them from locate_points"
        )
    sums = _sums(where, amounts, are_small, n_zones)
    return sums[1:], sums[0].item()


def join_sums(
    x_m: npt.ArrayLike, y_m: npt.ArrayLike, values: npt.ArrayLike, zones: gpd.GeoSeries
) -> ZoneSums:
    """Sum the values of points by the zone they lie in.

    Parameters
    ----------
    x_m, y_m, zones :
        As for :func:`locate_points`.
    values :
        Value of each point, as for :func:`sum_by_zone`.

    Returns
    -------
    sums :
        Sums on the zones' own index, what lies in no zone, and the total.

    Raises
    ------
    GeoplanError
        As :func:`locate_points` and :func:`sum_by_zone`.

    Examples
    --------
    >>> squares = gpd.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], index=["a", "b"])
    >>> join_sums([0.5, 1.0, 1.5], [0.5, 0.5, 0.5], [10, 20, 30], squares).per_zone.to_dict()
    {'a': 30, 'b': 30}
    """
    x, y = _coordinates(x_m, y_m)
    amounts, are_small = _amounts(values)
    if amounts.shape != x.shape:
        raise GeoplanError(f"{x.size} points but {amounts.size} values; give one for one")
    sums = np.zeros(len(zones) + 1, dtype=amounts.dtype)
    unmatched_points = 0
    locator = _locator(zones, x.size)
    for block in _blocks(x.size):
        positions = locator.locate(x[block], y[block])
        sums += _sums(positions, amounts[block], are_small, len(zones))
        unmatched_points += int(np.count_nonzero(positions == NO_ZONE))
    per_zone = pd.Series(sums[1:], index=zones.index, name="sum")
    return ZoneSums(per_zone, sums[0].item(), unmatched_points, sums.sum().item())


def _coordinates(x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> tuple[_Floats, _Floats]:
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise GeoplanError(f"x_m has shape {x.shape} and y_m {y.shape}; give two equal columns")
    return x, y


def _amounts(values: npt.ArrayLike) -> tuple[npt.NDArray[Any], bool]:
    """Values as int64 or float64, and whether a short block of them needs no splitting."""
    given = np.asarray(values)
    if given.size and given.dtype.kind not in "iuf":
        raise GeoplanError(f"values are {given.dtype}, not integers or floats; convert them first")
    if given.dtype.kind == "f":
        return given.astype(np.float64, copy=False), True
    largest = max(int(given.max()), -int(given.min())) if given.size else 0
    # Half of int64's range: the rounding of this sum can never reach the other half.
    if largest * given.size >= 2**62 and np.abs(given, dtype=np.float64).sum() >= 2.0**62:
        raise GeoplanError("values are too large to be summed as int64; use a larger unit")
    return given.astype(np.int64, copy=False), largest * _CACHED_BLOCK < 2**53


def _sums(
    positions: npt.NDArray[Any], amounts: npt.NDArray[Any], are_small: bool, n_zones: int
) -> npt.NDArray[Any]:
    """Sum by position, from -1 on: exact for integers."""
    sums = np.zeros(n_zones + 1, dtype=amounts.dtype)
    for block in _blocks(positions.size, _CACHED_BLOCK):
        bins = np.add(positions[block], 1, dtype=np.intp)
        if are_small:
            sums += _binned(bins, amounts[block], sums)
        else:
            sums += _binned(bins, amounts[block] & 0xFFFFFFFF, sums)
            sums += _binned(bins, amounts[block] >> 32, sums) << 32
    return sums


def _binned(
    bins: npt.NDArray[np.intp], amounts: npt.NDArray[Any], like: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Sum a short block by bin; in float64, which is exact for integers below 2**53."""
    return np.bincount(bins, weights=amounts, minlength=like.size).astype(like.dtype, copy=False)


def _blocks(n: int, size: int = _BLOCK) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, n, size))


def _locator(zones: gpd.GeoSeries, n_points: int) -> "_LabelGrid | _ZoneTree":
    """Choose the way that locates so many points in these zones fastest."""
    geometries, positions = _usable_zones(zones)
    if not geometries.size:
        return _ZoneTree(geometries, positions)
    west, south, east, north = shapely.total_bounds(geometries)
    # Bounds near the limits of float64 end in no number, and so in the direct way.
    with np.errstate(all="ignore"):
        box_area = (east - west) * (north - south)
        cell_m = np.sqrt(box_area / np.geomspace(256, _LARGEST_GRID_CELLS, 64))
        n_cells = ((east - west) / cell_m + 4) * ((north - south) / cell_m + 4)
        length = shapely.length(geometries).sum()
        n_edges = 1.5 * length / cell_m + shapely.get_num_coordinates(geometries).sum()
        n_tests = n_points * np.minimum(1.5 * length * cell_m / box_area, len(geometries))
        cost_ns = (
            np.where(n_cells < 2 * _LARGEST_GRID_CELLS, _CELL_NS * n_cells, np.inf)
            + _PAINTED_CELL_NS * shapely.area(geometries).sum() / cell_m**2
            + _EDGE_CELL_NS * n_edges
            + _TESTED_POINT_NS * n_tests
            + _LOOKED_UP_POINT_NS * n_points
            + _GRID_START_NS
        )
    best = int(np.argmin(cost_ns))
    # Cells must be told apart by the coordinates themselves.
    smallest_m = 1e-9 * max(abs(west), abs(south), abs(east), abs(north))
    is_regular = smallest_m < cell_m[best] < np.inf
    if is_regular and cost_ns[best] < _DIRECT_POINT_NS * n_points:
        return _label_grid(geometries, positions, float(cell_m[best]))
    return _ZoneTree(geometries, positions)


def _usable_zones(zones: gpd.GeoSeries) -> tuple[_Geometries, _Positions]:
    """Geometries in the order of their keys, and their positions in `zones`."""
    if zones.crs is not None and zones.crs.is_geographic:
        raise GeometryError(
            f"zones are in {zones.crs.name}, which measures in degrees; "
            "bring them to the plan's analysis CRS"
        )
    keys = zones.index
    if keys.nlevels > 1 or keys.hasnans or not keys.is_unique:
        raise GeoplanError(
            "zones need one key each: keys are missing, repeated or of several levels"
        )
    try:
        order = np.asarray(keys.argsort(), dtype=np.int32)
    except TypeError as error:
        raise GeoplanError(f"keys of zones cannot be sorted ({error}); use one type") from error
    geometries = np.asarray(zones.array, dtype=np.object_)[order]
    used = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    geometries, order = geometries[used], order[used]
    _refuse_unusable(geometries, keys[order])
    # Prepared, a zone answers some 20 times faster; its shape is not changed.
    shapely.prepare(geometries)
    return geometries, order


def _refuse_unusable(geometries: _Geometries, keys: "pd.Index[Any]") -> None:
    is_area = np.isin(shapely.get_type_id(geometries), (3, 6))
    if not is_area.all():
        bad = int(np.argmin(is_area))
        raise GeometryError(
            f"zone {keys[bad]!r} is a {geometries[bad].geom_type}; zones are polygons or multipolygons"
        )
    is_valid = shapely.is_valid(geometries)
    if not is_valid.all():
        bad = int(np.argmin(is_valid))
        raise GeometryError(
            f"zone {keys[bad]!r} is invalid: {shapely.is_valid_reason(geometries[bad])}; "
            "mend it, for example with shapely.make_valid"
        )


@dataclass(frozen=True)
class _ZoneTree:
    """Locates a few points: candidates by bounding box, then the exact test."""

    geometries: _Geometries
    positions: _Positions

    def locate(self, x: _Floats, y: _Floats) -> _Positions:
        """Position of the zone of each point, or -1."""
        found = np.full(x.size, NO_ZONE, dtype=np.int32)
        finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if not self.geometries.size or not finite.size:
            return found
        points = shapely.points(x[finite], y[finite])
        of_point, rank = shapely.STRtree(self.geometries).query(points)
        hit = shapely.intersects_xy(self.geometries[rank], x[finite][of_point], y[finite][of_point])
        first = np.full(finite.size, self.positions.size)
        np.minimum.at(first, of_point[hit], rank[hit])
        found[finite] = np.append(self.positions, np.int32(NO_ZONE))[first]
        return found


@dataclass(frozen=True)
class _LabelGrid:
    """Locates many points: most by their cell alone.

    Attributes
    ----------
    labels :
        Label of each cell, row by row; a ring of cells outside all zones
        surrounds them. A position or -1 is the answer for the whole cell;
        ``-2 - k`` refers to edge cell `k`.
    first, last :
        Range of each edge cell in `candidates`.
    cover :
        Answer in each edge cell where no candidate holds the point.
    candidates :
        Zones to be tested, in the order of their keys within an edge cell.
    """

    grid: Grid
    labels: _Positions
    first: _Integers
    last: _Integers
    cover: _Positions
    candidates: _Integers
    geometries: _Geometries
    positions: _Positions

    def locate(self, x: _Floats, y: _Floats) -> _Positions:
        """Position of the zone of each point, or -1."""
        grid, found = self.grid, np.empty(x.size, dtype=np.int32)
        for part in _blocks(x.size, _CACHED_BLOCK):
            cells = _from_edge(y[part], grid.y0_m, grid.cell_m, grid.n_rows)
            np.floor(cells, out=cells)
            cells *= grid.n_columns
            cells += _from_edge(x[part], grid.x0_m, grid.cell_m, grid.n_columns)
            np.take(self.labels, cells.astype(np.intp), out=found[part], mode="clip")
        on_edge = np.flatnonzero(found < NO_ZONE)
        found[on_edge] = self._test(-2 - found[on_edge], x[on_edge], y[on_edge])
        return found

    def _test(self, edge_cells: _Positions, x: _Floats, y: _Floats) -> _Positions:
        """Test points of edge cells against one candidate after the other."""
        found = self.cover[edge_cells]
        turn, last = self.first[edge_cells], self.last[edge_cells]
        open_points = np.arange(x.size)
        while open_points.size:
            rank = self.candidates[turn[open_points]]
            hit = shapely.intersects_xy(self.geometries[rank], x[open_points], y[open_points])
            found[open_points[hit]] = self.positions[rank[hit]]
            open_points = open_points[~hit]
            turn[open_points] += 1
            open_points = open_points[turn[open_points] < last[open_points]]
        return found


def _from_edge(at: _Floats, origin_m: float, cell_m: float, n: int) -> _Floats:
    """Distance from the grid's edge in cells; what is outside or not finite is on the ring."""
    with np.errstate(over="ignore", invalid="ignore"):
        cells = at - origin_m
        cells *= 1.0 / cell_m
        np.fmax(cells, 0.0, out=cells)
        return np.fmin(cells, n - 1.0, out=cells)


def _label_grid(geometries: _Geometries, positions: _Positions, cell_m: float) -> _LabelGrid:
    """Label the cells of a grid over all zones; zones come in the order of their keys."""
    west, south, east, north = shapely.total_bounds(geometries)
    grid = Grid(
        x0_m=float(west - 1.5 * cell_m),
        y0_m=float(south - 1.5 * cell_m),
        cell_m=cell_m,
        n_columns=int((east - west) / cell_m) + 4,
        n_rows=int((north - south) / cell_m) + 4,
    )
    rank, cell = _edge_cells(geometries, grid)

    # Between two edge cells of a zone in a row, the zone holds all cells or none;
    # before the first and after the last, none.
    gap = np.flatnonzero(
        (rank[1:] == rank[:-1])
        & (cell[1:] // grid.n_columns == cell[:-1] // grid.n_columns)
        & (cell[1:] > cell[:-1] + 1)
    )
    row, column = np.divmod(cell[gap] + 1, grid.n_columns)
    inside = shapely.intersects_xy(
        geometries[rank[gap]], grid.x_centres_m[column], grid.y_centres_m[row]
    )
    # Backwards: where zones overlap, the key that sorts first is painted last.
    gap = gap[inside][::-1]
    labels = np.full(grid.n_rows * grid.n_columns, NO_ZONE, dtype=np.int32)
    painted = np.cumsum(cell[gap + 1] - cell[gap] - 1) // _BLOCK
    for part in np.split(gap, np.flatnonzero(painted[1:] > painted[:-1]) + 1):
        run, cells = integers_between(cell[part] + 1, cell[part + 1] - 1)
        labels[cells] = positions[rank[part]][run]

    # A zone whose boundary touches the cell matters only if it sorts before the
    # zone that covers the whole cell.
    rank_of_label = np.full(positions.max() + 2, positions.size)
    rank_of_label[positions] = np.arange(positions.size)
    matters = rank < rank_of_label[labels[cell]]
    rank, cell = rank[matters], cell[matters]
    by_cell = np.argsort(cell, kind="stable")
    rank, cell = rank[by_cell], cell[by_cell]
    edge_cell, first = np.unique(cell, return_index=True)
    cover = labels[edge_cell]
    labels[edge_cell] = -2 - np.arange(edge_cell.size)
    return _LabelGrid(
        grid=grid,
        labels=labels,
        first=first,
        last=np.append(first[1:], cell.size),
        cover=cover,
        candidates=rank,
        geometries=geometries,
        positions=positions,
    )


def _edge_cells(geometries: _Geometries, grid: Grid) -> tuple[_Integers, _Integers]:
    """Cells that each zone's boundary touches: zone and cell, sorted, no pair twice."""
    parts, zone_of_part = shapely.get_parts(geometries, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring_of_vertex = shapely.get_coordinates(rings, return_index=True)
    u = (xy[:, 0] - grid.x0_m) * (1.0 / grid.cell_m)
    v = (xy[:, 1] - grid.y0_m) * (1.0 / grid.cell_m)
    start = np.flatnonzero(ring_of_vertex[1:] == ring_of_vertex[:-1])
    end = start + 1
    upward = v[start] <= v[end]
    start, end = np.where(upward, start, end), np.where(upward, end, start)

    segment, row = integers_between(
        _floor(v[start] - _MARGIN_CELLS), _floor(v[end] + _MARGIN_CELLS)
    )
    start, end = start[segment], end[segment]
    rise = v[end] - v[start]
    # A flat segment touches all its columns in each of its one or two rows.
    flat = rise <= _MARGIN_CELLS
    slope = (u[end] - u[start]) / np.where(flat, 1.0, rise)
    enters = u[start] + np.maximum(row - _MARGIN_CELLS - v[start], 0.0) * slope
    leaves = u[end] + np.minimum(row + 1 + _MARGIN_CELLS - v[end], 0.0) * slope
    enters, leaves = np.where(flat, u[start], enters), np.where(flat, u[end], leaves)
    piece, column = integers_between(
        _floor(np.minimum(enters, leaves) - _MARGIN_CELLS),
        _floor(np.maximum(enters, leaves) + _MARGIN_CELLS),
    )
    zone = zone_of_part[part_of_ring[ring_of_vertex[start[piece]]]]
    pairs = np.sort((zone * grid.n_rows + row[piece]) * grid.n_columns + column)
    pairs = pairs[np.append(True, pairs[1:] > pairs[:-1])]
    rank, cell = np.divmod(pairs, grid.n_rows * grid.n_columns)
    return rank, cell


def _floor(at: _Floats) -> _Integers:
    return np.floor(at).astype(np.int64)
