"""Straight lines from very many cells to the nearest of some points, exact and fast.

Squares of tiles are halved until they are single tiles. A point remains a rival in a
square only if somewhere in it it is nearer than the point that is nearest to the
middle. As ``|c - a|² - |c - b|²`` is linear in ``c``, this is exact and takes one
comparison. The cells of a tile are then measured to its last few rivals.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from geoplan.place.grid import integers_between
from geoplan.site.cells import TILE, Cells

_Field = npt.NDArray[np.float32]
_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]

_FEW_PAIRS = 20_000_000

_SUMMED_AT_A_TIME = 16

_TILES_AT_A_TIME = 256
"""So few that the arrays of a pass stay in the processor's cache."""


def distance_to_points(
    cells: Cells,
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    from_edge: bool = False,
    most_m: float = np.inf,
) -> _Field:
    """Straight line from each cell to the nearest of some points.

    Parameters
    ----------
    cells :
        Cells to measure from.
    x_m, y_m :
        Points in metres, in the CRS of the grid, inside or outside it; shape (k,).
        Points that are not finite are left out.
    from_edge :
        Measure from the nearest edge of the square, 0 inside it, not from its centre.
    most_m :
        What is farther is infinitely far; the smaller, the faster.

    Returns
    -------
    distance_m :
        In metres, shape (n,); not a number where there is no point at all. Exact
        but for rounding to ``float32``: the error is below 3e-7 of the distance or
        of the side of a tile, whichever is larger (3 cm in 100 km).
    """
    x, y = np.broadcast_arrays(
        np.asarray(x_m, dtype=np.float64).ravel(), np.asarray(y_m, dtype=np.float64).ravel()
    )
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if not x.size or not len(cells):
        return np.full(len(cells), np.nan, dtype=np.float32)
    tile, point = _rivals(cells, x, y, from_edge, most_m)
    distance_m = _least_distance(cells, x, y, tile, point, from_edge)
    distance_m[distance_m > most_m] = np.inf
    return distance_m


def nearer_on_average(
    cells: Cells, distance_m: _Field, things: Iterable[npt.NDArray[np.float64]]
) -> _Field:
    """The least of a distance and of the mean distances to things that are each in any of some places.

    Parameters
    ----------
    cells :
        Cells to measure from.
    distance_m :
        What is known to be as near, in metres; shape (n,).
    things :
        Of each thing the places where it may be, each as likely; shape (k, 2).

    Returns
    -------
    distance_m :
        In metres, shape (n,). Where cells or places are few the mean is exact. Else it
        is computed at nine places of each tile and interpolated between; that is right
        to a twentieth of a cell's side if hundreds of places are spread over some tiles.
    """
    side_m = cells.grid.cell_m * TILE
    middle_x = cells.grid.x0_m + (cells.tile_column + 0.5) * side_m
    middle_y = cells.grid.y0_m + (cells.tile_row + 0.5) * side_m
    # Places of Chebyshev, and the parabolas through them at the centres of the cells.
    node = np.sqrt(0.75) * np.array([-1.0, 0.0, 1.0])
    at = (np.arange(TILE) + 0.5) * 2 / TILE - 1
    fit = (np.vander(at, 3) @ np.linalg.inv(np.vander(node, 3))).astype(np.float32)

    found = distance_m.copy()
    farthest = np.maximum.reduceat(distance_m, cells.first[:-1])
    least = np.full(cells.inside.shape, np.inf, dtype=np.float32)
    for places in things:
        # A mean distance is at least the distance to the mean.
        bound = np.hypot(*(np.stack([middle_x, middle_y]).T - places.mean(axis=0)).T)
        tile = np.flatnonzero(bound - side_m / np.sqrt(2) < farthest)
        if tile.size * TILE**2 * len(places) <= _FEW_PAIRS:
            own = cells.of_tiles(tile)
            found[own] = np.minimum(found[own], _mean_distance(cells.xy_m(own), places))
            continue
        nodes = np.empty((tile.size, 3, 3, 2))
        nodes[..., 0] = middle_x[tile, None, None] + node * side_m / 2
        nodes[..., 1] = middle_y[tile, None, None] + node[:, None] * side_m / 2
        mean = _mean_distance(nodes.reshape(-1, 2), places).reshape(-1, 3, 3)
        least[tile] = np.minimum(least[tile], fit @ mean @ fit.T)
        farthest[tile] = np.minimum(farthest[tile], least[tile].max(axis=(1, 2)))
    return np.minimum(found, least[cells.inside])


def _mean_distance(xy: _Floats, places: _Floats) -> _Field:
    """Mean distance of each of some points to the places."""
    # From a middle among them, so that float32 is right to a centimetre.
    middle = places.mean(axis=0)
    east, north = (xy - middle).T.astype(np.float32)
    across, along = np.empty_like(east), np.empty_like(north)
    summed, some = np.zeros(len(xy)), np.zeros_like(east)
    for number, (place_x, place_y) in enumerate((places - middle).astype(np.float32), start=1):
        np.square(np.subtract(east, place_x, out=across), out=across)
        np.square(np.subtract(north, place_y, out=along), out=along)
        some += np.sqrt(np.add(across, along, out=across), out=across)
        # A few at a time in single precision: so it is both quick and exact.
        if number % _SUMMED_AT_A_TIME == 0:
            summed += some
            some[:] = 0.0
    summed += some
    return (summed / len(places)).astype(np.float32)


@dataclass(frozen=True)
class _Pyramid:
    """Whether a square of tiles holds a cell: levels from the tiles up to one square."""

    levels: tuple[_Mask, ...]

    @classmethod
    def over(cls, cells: Cells) -> Self:
        size = 1 << int(max(cells.tile_row.max(), cells.tile_column.max())).bit_length()
        held = np.zeros((size, size), dtype=np.bool_)
        held[cells.tile_row, cells.tile_column] = True
        levels = [held]
        while len(held) > 1:
            held = held[::2, ::2] | held[1::2, ::2] | held[::2, 1::2] | held[1::2, 1::2]
            levels.append(held)
        return cls(tuple(levels))


def _rivals(
    cells: Cells, x: _Floats, y: _Floats, from_edge: bool, most_m: float
) -> tuple[_Integers, _Integers]:
    """Tile and point of every pair where the point may be the nearest to a cell of the tile."""
    grid, levels = cells.grid, _Pyramid.over(cells).levels
    # From its edge a point is nearer by half a side at least, half a diagonal at most.
    ahead_m = (np.sqrt(2) - 1) / 2 * grid.cell_m if from_edge else 0.0
    row = column = np.zeros(1, dtype=np.int64)
    square, point = np.zeros(x.size, dtype=np.int64), np.arange(x.size)
    for level in range(len(levels) - 1, -1, -1):
        side_m = grid.cell_m * TILE * (1 << level)
        east = x[point] - (grid.x0_m + (column[square] + 0.5) * side_m)
        north = y[point] - (grid.y0_m + (row[square] + 0.5) * side_m)
        distance2 = east**2 + north**2
        first = np.flatnonzero(np.append(True, square[1:] > square[:-1]))
        least = np.minimum.reduceat(distance2, first)[square]
        nearest = np.zeros(row.size, dtype=np.int64)
        ties = np.flatnonzero(distance2 == least)[::-1]
        nearest[square[ties]] = ties
        best = nearest[square]
        # How much of its disadvantage a point makes good towards its side of the square.
        made_good = side_m * (np.abs(east - east[best]) + np.abs(north - north[best]))
        farthest_m = np.sqrt(least) + side_m / np.sqrt(2)
        rival = distance2 - least < made_good + ahead_m * (2 * farthest_m + ahead_m)
        rival[nearest] = True
        rival &= distance2 <= (most_m + side_m / np.sqrt(2) + grid.cell_m) ** 2
        square, point = square[rival], point[rival]
        # Squares that everything is too far from are done with.
        held = np.bincount(square, minlength=row.size) > 0
        row, column = row[held], column[held]
        square = (np.cumsum(held) - 1)[square]
        if not square.size:
            break
        if level:
            row, column, square, point = _halved(levels[level - 1], row, column, square, point)
    return cells.tile_at[row, column][square], point


def _halved(
    held: _Mask, row: _Integers, column: _Integers, square: _Integers, point: _Integers
) -> tuple[_Integers, _Integers, _Integers, _Integers]:
    """The quarters that hold a cell of squares that come in order, each with all rivals."""
    last = np.cumsum(np.bincount(square, minlength=row.size)) - 1
    first = np.append(0, last[:-1] + 1)
    whole = np.repeat(np.arange(row.size), 4)
    row = np.add.outer(2 * row, np.array([0, 0, 1, 1])).ravel()
    column = np.add.outer(2 * column, np.array([0, 1, 0, 1])).ravel()
    used = held[row, column]
    whole = whole[used]
    quarter, pair = integers_between(first[whole], last[whole])
    return row[used], column[used], quarter, point[pair]


def _least_distance(
    cells: Cells, x: _Floats, y: _Floats, tile: _Integers, point: _Integers, from_edge: bool
) -> _Field:
    """Distance of each cell to the nearest of the rivals of its tile."""
    point = point[np.argsort(tile, kind="stable")]
    n_rivals = np.bincount(tile, minlength=cells.tile_row.size)
    first = np.cumsum(n_rivals) - n_rivals
    by_rivals = np.argsort(-n_rivals, kind="stable")
    side_m, half_m = cells.grid.cell_m * TILE, np.float32(cells.grid.cell_m / 2)
    offset = ((np.arange(TILE) + 0.5 - TILE / 2) * cells.grid.cell_m).astype(np.float32)
    distance = np.full((cells.tile_row.size, TILE, TILE), np.inf, dtype=np.float32)
    for start in range(0, np.count_nonzero(n_rivals), _TILES_AT_A_TIME):
        block = by_rivals[start : start + _TILES_AT_A_TIME]
        middle_x = cells.grid.x0_m + (cells.tile_column[block] + 0.5) * side_m
        middle_y = cells.grid.y0_m + (cells.tile_row[block] + 0.5) * side_m
        least = np.full((block.size, TILE, TILE), np.inf, dtype=np.float32)
        # The tiles of a block come with fewer and fewer rivals.
        n_left = np.searchsorted(-n_rivals[block], -np.arange(n_rivals[block[0]]))
        for turn, n in enumerate(n_left):
            rival = point[first[block[:n]] + turn]
            east = (middle_x[:n] - x[rival]).astype(np.float32)[:, None] + offset
            north = (middle_y[:n] - y[rival]).astype(np.float32)[:, None] + offset
            if from_edge:
                east, north = (np.maximum(np.abs(far) - half_m, 0) for far in (east, north))
            squared = (east**2)[:, None, :] + (north**2)[:, :, None]
            np.minimum(least[:n], squared, out=least[:n])
        distance[block] = np.sqrt(least, out=least)
    field: _Field = distance[cells.inside]
    return field
