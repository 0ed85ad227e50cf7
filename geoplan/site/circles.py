"""How much lies within a radius of each site, of things that are each somewhere in an area.

The share of an area within a circle is counted on a lattice: exact shares of the
area in square cells, and cells that the circle cuts counted in proportion. With
cells a twelfth of the radius wide, or a twentieth of the area, the error stays
below one in a hundred of the share.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geoplan.place.apportion import alike_objects
from geoplan.place.grid import Grid, area_shares
from geoplan.plan.problems import Both
from geoplan.site.measuring import CriterionError, Setting, scattered
from geoplan.site.nearness import Things, most_m

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]

_CELLS_PER_RADIUS, _CELLS_PER_AREA = 12.0, 20.0
_MOST_CELLS, _FEW_CELLS = 4_000_000, 1_000
_LEAST_RADIUS_M, _MOST_RADIUS_M = 100.0, 200_000.0
_SAMPLE, _SAMPLE_SEED = 256, 0
_AT_ONCE = 2_000_000


@dataclass(frozen=True, eq=False)
class Around:
    """What lies around each site.

    Attributes
    ----------
    best, low, high :
        Expected, sure and possible weight, shape (n,); not a number where nothing
        is known.
    shares :
        Probability that each thing is within the radius, shape (n, m).
    draws :
        Weight at each drawn position, shape (n, k); ``None`` where none are drawn.
    """

    best: _Floats
    low: _Floats
    high: _Floats
    shares: _Floats
    draws: _Floats | None


def around(
    at: Setting, those: Things, weights: _Floats, homes: _Mask, sure: _Mask, counts: _Mask
) -> Around:
    """Weight of things within ``radius_m`` of each site.

    Parameters
    ----------
    those, weights :
        The things and what each counts, shape (m,).
    homes, sure :
        Which things are in which sites whatever their places, and which of them
        surely so, shape (n, m).
    counts :
        Which things count for which sites at all, shape (n, m).
    """
    radius_m = at.number("radius_m")
    if not _LEAST_RADIUS_M <= radius_m <= _MOST_RADIUS_M:
        raise CriterionError(
            Both(
                f"radius_m = {radius_m:g}：半径应在 {_LEAST_RADIUS_M:g} 至 {_MOST_RADIUS_M:g} 米之间。",
                f"radius_m = {radius_m:g}: the radius must be from {_LEAST_RADIUS_M:g} to "
                f"{_MOST_RADIUS_M:g} m.",
            )
        )
    alike, first = alike_objects(those.areas)
    shares, surely, possibly = _reached(at, those.areas[first], radius_m)
    # A site that is nowhere known may be anywhere: all it has is what is named in it.
    nowhere = ~at.placed[:, None]
    surely = (surely[:, alike] | sure) & counts
    possibly = (possibly[:, alike] | homes | nowhere) & counts
    shares = np.where(homes, 1.0, shares[:, alike]) * counts
    unknown = ~at.placed & ~homes.any(axis=1)
    best, low, high = (
        np.where(unknown, np.nan, part @ weights) for part in (shares, surely, possibly)
    )
    draws = _drawn(at, those, weights, homes, counts, radius_m) if at.n_draws else None
    return Around(best, low, high, shares, draws)


def _reached(
    at: Setting, areas: npt.NDArray[np.object_], radius_m: float
) -> tuple[_Floats, _Mask, _Mask]:
    """Share of each area within the radius of each site; whether it surely, possibly is in it."""
    shape = (len(at.sites), len(areas))
    shares, surely, possibly = np.zeros(shape), np.zeros(shape, bool), np.zeros(shape, bool)
    shapely.prepare(areas)
    for column, area in enumerate(areas):
        near = np.flatnonzero(shapely.dwithin(area, at.whereabouts, radius_m))
        possibly[near, column] = True
        west, south, east, north = shapely.bounds(area)
        if max(east - west, north - south) <= 2 * radius_m:
            far_m = most_m(at.whereabouts[near], areas[column : column + 1])[:, 0]
            surely[near, column] = far_m <= radius_m
        shares[surely[:, column], column] = 1.0
        rows = near[~surely[near, column]]
        shares[rows, column] = _share_around_sites(at, rows, area, radius_m)
    return shares, surely, possibly


def _share_around_sites(
    at: Setting, rows: _Integers, area: shapely.Geometry, radius_m: float
) -> _Floats:
    """Share of an area around the point that stands for each site, or the mean over where it is."""
    found = share_within(area, at.centres[rows], radius_m)
    vague = np.flatnonzero(~at.central[rows])
    where, names = at.whereabouts[rows[vague]], [at.ids[row] for row in rows[vague]]
    for place, xy in zip(vague, scattered(where, names, _SAMPLE, _SAMPLE_SEED), strict=True):
        found[place] = share_within(area, xy, radius_m).mean()
    return found


def share_within(area: shapely.Geometry, xy: _Floats, radius_m: float) -> _Floats:
    """Share of an area that lies within a radius of each point.

    Parameters
    ----------
    area :
        A polygon or multipolygon, or a point.
    xy :
        Points, shape (n, 2), in metres.

    Returns
    -------
    shares :
        From 0 to 1, shape (n,).
    """
    west, south, east, north = (float(end) for end in shapely.bounds(area))
    if not shapely.area(area) > 0:
        apart = np.hypot(xy[:, 0] - (west + east) / 2, xy[:, 1] - (south + north) / 2)
        return np.asarray(apart <= radius_m, dtype=np.float64)
    fine_m = min(max(east - west, north - south) / _CELLS_PER_AREA, radius_m / _CELLS_PER_RADIUS)
    cell_m = max(fine_m, float(np.sqrt((east - west) * (north - south) / _MOST_CELLS)))
    n_columns, n_rows = (int(np.ceil(span / cell_m)) for span in (east - west, north - south))
    grid = Grid(west, south, cell_m, n_columns=max(n_columns, 1), n_rows=max(n_rows, 1))
    held = area_shares(area, grid)  # type: ignore[arg-type]
    if held.cells.size <= _FEW_CELLS:
        row, column = np.divmod(held.cells, grid.n_columns)
        x_m, y_m = grid.x_centres_m[column], grid.y_centres_m[row]
        found = np.empty(len(xy))
        for part in _parts(len(xy), held.cells.size):
            squared = (xy[part, :1] - x_m) ** 2 + (xy[part, 1:] - y_m) ** 2
            found[part] = _inside(squared, radius_m, cell_m) @ held.shares
        return np.minimum(found, 1.0)
    mass = np.zeros(grid.n_rows * grid.n_columns)
    mass[held.cells] = held.shares
    return np.minimum(_window_sums(mass.reshape(grid.shape), grid, xy, radius_m), 1.0)


def _window_sums(mass: _Floats, grid: Grid, xy: _Floats, radius_m: float) -> _Floats:
    """Sum of the cells within a radius of each point, from the cells around its own."""
    reach = int(np.ceil(radius_m / grid.cell_m)) + 1
    padded = np.pad(mass, reach)
    column = np.floor((xy[:, 0] - grid.x0_m) / grid.cell_m).astype(np.int64)
    row = np.floor((xy[:, 1] - grid.y0_m) / grid.cell_m).astype(np.int64)
    # Points outside the grid see it from its edge's margin; farther ones see nothing of it.
    column = column.clip(-1, grid.n_columns)
    row = row.clip(-1, grid.n_rows)
    steps = np.arange(-reach, reach + 1)
    found = np.empty(len(xy))
    for part in _parts(len(xy), steps.size**2):
        columns, rows = column[part, None] + steps, row[part, None] + steps
        x_m = grid.x0_m + (columns + 0.5) * grid.cell_m - xy[part, :1]
        y_m = grid.y0_m + (rows + 0.5) * grid.cell_m - xy[part, 1:]
        columns = (columns + reach).clip(0, padded.shape[1] - 1)
        rows = (rows + reach).clip(0, padded.shape[0] - 1)
        inside = _inside(x_m[:, None, :] ** 2 + y_m[:, :, None] ** 2, radius_m, grid.cell_m)
        found[part] = (padded[rows[:, :, None], columns[:, None, :]] * inside).sum(axis=(1, 2))
    return found


def _inside(squared_m2: _Floats, radius_m: float, cell_m: float) -> _Floats:
    """How much of a cell at a distance is within the radius, as if the circle were a line there."""
    inside: _Floats = np.sqrt(squared_m2)
    inside -= radius_m
    inside *= -1.0 / cell_m
    inside += 0.5
    return np.clip(inside, 0.0, 1.0, out=inside)


def _parts(n: int, width: int) -> Iterator[slice]:
    step = max(1, _AT_ONCE // max(width, 1))
    return (slice(first, first + step) for first in range(0, n, step))


def _drawn(
    at: Setting, those: Things, weights: _Floats, homes: _Mask, counts: _Mask, radius_m: float
) -> _Floats:
    """Weight of the drawn positions of the things within the radius of those of the sites."""
    found = np.zeros((len(at.sites), at.n_draws))
    for column, places in enumerate(those.drawn(at.n_draws, at.seed)):
        apart = at.positions - places[None]
        inside = np.hypot(apart[..., 0], apart[..., 1]) <= radius_m
        inside |= homes[:, column, None]
        found += weights[column] * (inside & counts[:, column, None])
    found[~at.placed & ~homes.any(axis=1)] = np.nan
    return found
