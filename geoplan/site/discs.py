"""How much lies within a radius of the centre of each of many cells."""

from math import ceil, floor

import numpy as np
import numpy.typing as npt
import scipy.fft
import shapely

from geoplan.errors import GeoplanError
from geoplan.place.grid import Grid, area_shares, integers_between
from geoplan.site.cells import Cells
from geoplan.site.circles import share_within

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Geometries = npt.NDArray[np.object_]

_SMALL_CELLS = 15.0
"""An area that reaches less far from its middle is looked at by itself."""

_LEAST_SHARE = 1e-12
_LEAST_SHARE_OF_WAVES = 2e-6
_POINTS_AT_A_TIME = 1 << 14


def amount_within(
    cells: Cells,
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    amounts: npt.ArrayLike,
    radius_m: npt.ArrayLike,
) -> _Floats:
    """Sum of the amounts of the points within a radius of the centre of each cell.

    Parameters
    ----------
    cells :
        Cells whose centres are the centres of the discs.
    x_m, y_m :
        Points in metres, shape (k,).
    amounts :
        Amount at each point, not negative.
    radius_m :
        Radius of the discs, or one for each point; a point on the rim counts.

    Returns
    -------
    amount :
        ``float64``, shape (n,). Exact but for the rounding of a sum, below 1e-12 of
        the sum of all amounts; less than that is 0.

    Notes
    -----
    In each row of cells the discs that hold a point have their centres between two
    columns: its amount is added at the first and taken off behind the last, and a
    running sum along the rows does the rest.
    """
    given = np.broadcast_arrays(*(np.ravel(one) for one in (x_m, y_m, amounts, radius_m)))
    x, y, weight, radius = (one.astype(np.float64) for one in given)
    if not (np.isfinite([x, y, weight, radius]).all() and (weight >= 0).all()):
        raise GeoplanError("points, amounts and radii are finite, and amounts are not negative")
    grid = cells.grid
    # One column more than the grid has takes what ends beyond it.
    width = grid.n_columns + 1
    change = np.zeros(grid.n_rows * width)
    for block in range(0, x.size, _POINTS_AT_A_TIME):
        part = slice(block, block + _POINTS_AT_A_TIME)
        of_point, row, west, behind = _chords(grid, x[part], y[part], radius[part])
        added = weight[part][of_point]
        change += np.bincount(row * width + west, added, change.size)
        change -= np.bincount(row * width + behind, added, change.size)
    summed = np.cumsum(change.reshape(grid.n_rows, width), axis=1)[:, :-1]
    amount: _Floats = cells.taken(np.ascontiguousarray(summed))
    amount[amount < _LEAST_SHARE * weight.sum()] = 0.0
    return amount


def expected_within(
    cells: Cells, areas: npt.ArrayLike, weights: npt.ArrayLike, radius_m: float
) -> _Floats:
    """Expected weight within a radius of the centre of each cell, of things each somewhere in an area.

    Parameters
    ----------
    cells :
        Cells whose centres are the centres of the discs.
    areas :
        Where each thing may be, each place as likely: polygons, multipolygons or
        points, shape (k,). Equal areas may be joined and their weights summed.
    weights :
        Weight of each, not negative.
    radius_m :
        Radius of the discs.

    Returns
    -------
    expected :
        ``Σ weight · area within the radius / area``, shape (n,). Exact for points.
        For areas the error is below 1 in 100 of each weight, where the radius is at
        least 5 cells or an area is small.

    Notes
    -----
    Small areas count in full where they are wholly inside; where the rim may cross
    them by :func:`geoplan.site.circles.share_within`, as a single site does. The
    others are divided over the cells, exactly, and their sum is convolved with a disc
    whose rim is shared by the cells that it passes.
    """
    shapes = np.asarray(areas, dtype=np.object_).ravel()
    weight = np.asarray(weights, dtype=np.float64).ravel()
    if shapes.size != weight.size or not ((weight >= 0) & np.isfinite(weight)).all():
        raise GeoplanError(f"{shapes.size} areas need as many weights, not negative")
    bounds = shapely.bounds(shapes)
    x, y = (bounds[:, :2] + bounds[:, 2:]).T / 2
    spread_m = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) / 2
    small = spread_m < min(_SMALL_CELLS * cells.grid.cell_m, radius_m)
    inner_m = radius_m - spread_m[small]
    expected = np.zeros(len(cells))
    if small.any():
        expected += amount_within(cells, x[small], y[small], weight[small], inner_m)
        position = cells.raster(np.arange(len(cells), dtype=np.int32), fill=-1).reshape(-1)
    for number in np.flatnonzero(small & (shapely.area(shapes) > 0)):
        inner, outer = radius_m - spread_m[number], radius_m + spread_m[number]
        rim = position[_ring(cells.grid, x[number], y[number], inner, outer)]
        rim = rim[rim >= 0]
        share = share_within(shapes[number], cells.xy_m(rim), radius_m)
        expected[rim] += weight[number] * share
    if not small.all() and len(cells):
        expected += _convolved(cells, shapes[~small], weight[~small], radius_m)
    return expected


def _chords(
    grid: Grid, x: _Floats, y: _Floats, radius: _Floats
) -> tuple[_Integers, _Integers, _Integers, _Integers]:
    """Centres within a radius of points: point, row, first column, the column behind the last."""
    # In cells from the first centre.
    u, v = (x - grid.x0_m) / grid.cell_m - 0.5, (y - grid.y0_m) / grid.cell_m - 0.5
    reach = radius / grid.cell_m
    first = np.clip(np.ceil(v - reach), 0, grid.n_rows).astype(np.int64)
    last = np.clip(np.floor(v + reach), -1, grid.n_rows - 1).astype(np.int64)
    of_point, row = integers_between(first, np.maximum(last, first - 1))
    half = np.sqrt(np.maximum(reach[of_point] ** 2 - (row - v[of_point]) ** 2, 0.0))
    west = np.clip(np.ceil(u[of_point] - half), 0, grid.n_columns).astype(np.int64)
    behind = np.clip(np.floor(u[of_point] + half) + 1, 0, grid.n_columns).astype(np.int64)
    return of_point, row, west, np.maximum(behind, west)


def _ring(grid: Grid, x: float, y: float, inner_m: float, outer_m: float) -> _Integers:
    """Cells of the grid whose centres are within one distance of a point, but not within another."""
    (_, row, west, behind), (_, inner_row, inner_west, inner_behind) = (
        _chords(grid, np.array([x]), np.array([y]), np.array([far])) for far in (outer_m, inner_m)
    )
    start, end = (np.zeros(grid.n_rows, dtype=np.int64) for _ in range(2))
    start[inner_row], end[inner_row] = inner_west, inner_behind
    of_row, column = integers_between(west, behind - 1)
    row = row[of_row]
    ring = (column < start[row]) | (column >= end[row])
    return (row * grid.n_columns + column)[ring]


def _convolved(cells: Cells, areas: _Geometries, weights: _Floats, radius_m: float) -> _Floats:
    """Weight spread over the cells, summed within the radius of each."""
    grid = cells.grid
    margin = ceil(radius_m / grid.cell_m) + 1
    # Beyond the reach of all areas there is nothing, and beyond that of the grid no cell.
    west, south, east, north = shapely.total_bounds(areas)
    first_row, end_row = _span(south, north, grid.y0_m, grid.cell_m, grid.n_rows, margin)
    first, end = _span(west, east, grid.x0_m, grid.cell_m, grid.n_columns, margin)
    amount = np.zeros(len(cells))
    if first_row >= end_row or first >= end:
        return amount
    # What wraps around falls behind the window.
    sizes = end_row - first_row + margin, end - first + margin
    shape = tuple(scipy.fft.next_fast_len(n, real=True) for n in sizes)
    x0_m, y0_m = grid.x0_m + first * grid.cell_m, grid.y0_m + first_row * grid.cell_m
    wide = Grid(x0_m, y0_m, grid.cell_m, n_columns=shape[1], n_rows=shape[0])
    box = shapely.box(
        x0_m, y0_m, x0_m + (end - first) * grid.cell_m, y0_m + (end_row - first_row) * grid.cell_m
    )
    mass = np.zeros(shape[0] * shape[1], dtype=np.float32)
    for area, weight in zip(areas, weights, strict=True):
        inside = area if shapely.contains(box, area) else shapely.intersection(area, box)
        if shapely.area(inside) > 0:
            shares = area_shares(inside, wide)
            mass[shares.cells] += shares.shares * (weight * inside.area / area.area)
    waves = scipy.fft.rfft2(mass.reshape(shape))
    waves *= _disc_waves(shape, radius_m / grid.cell_m)
    summed = scipy.fft.irfft2(waves, s=shape, overwrite_x=True)
    whole = np.zeros(grid.shape, dtype=np.float32)
    rows = slice(max(first_row, 0), min(end_row, grid.n_rows))
    columns = slice(max(first, 0), min(end, grid.n_columns))
    whole[rows, columns] = summed[
        rows.start - first_row : rows.stop - first_row, columns.start - first : columns.stop - first
    ]
    amount[:] = cells.taken(whole)
    amount[amount < _LEAST_SHARE_OF_WAVES * weights.sum()] = 0.0
    return amount


def _span(
    low_m: float, high_m: float, origin_m: float, cell_m: float, n: int, margin: int
) -> tuple[int, int]:
    """Rows or columns that areas reach into, none farther than the margin from the grid."""
    first = floor((low_m - origin_m) / cell_m) - margin
    end = ceil((high_m - origin_m) / cell_m) + margin
    return max(first, -margin), min(end, n + margin)


def _disc_waves(shape: tuple[int, ...], radius: float) -> npt.NDArray[np.float32]:
    """Waves of a disc, its radius in cells; as if its rim were a line in each cell."""
    reach = np.arange(-ceil(radius + 0.5), ceil(radius + 0.5) + 1)
    away = np.sqrt((reach**2)[:, None] + reach**2)
    disc = np.zeros(shape, dtype=np.float32)
    disc[np.ix_(reach % shape[0], reach % shape[1])] = np.clip(radius - away + 0.5, 0.0, 1.0)
    waves: npt.NDArray[np.float32] = scipy.fft.rfft2(disc, overwrite_x=True).real
    return waves
