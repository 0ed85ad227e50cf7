"""What the criteria find of every cell, fast: the same as each finds of a cell alone.

A criterion that depends on what zone a cell is in is asked of one cell for each
combination of zones; one that depends on distances or on what lies around is computed
as a field; any other is asked of all cells, block by block.
"""

from collections.abc import Callable, Iterable, Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.place.apportion import alike_objects
from geoplan.schema import VOCABULARIES
from geoplan.site import fitting, gathering, layout, naming, nearness
from geoplan.site.cells import TILE
from geoplan.site.chains import chain_members, sector_members
from geoplan.site.criteria import Chosen, measure_all
from geoplan.site.discs import expected_within
from geoplan.site.fields import LINE_ERROR_CELLS, centres, distance_to, share_covered
from geoplan.site.ground import Ground
from geoplan.site.layernames import HUBS
from geoplan.site.measuring import Measured, Setting
from geoplan.site.nearest import distance_to_points, nearer_on_average
from geoplan.site.nearness import Things, hubs, things
from geoplan.site.overlays import as_drawn, features_of
from geoplan.site.question import OwnCriterion

BLOCK = 20_000
"""Cells that a criterion without a field of its own is asked about at a time."""

_SAMPLE, _SAMPLE_SEED = 256, 0

_Found = npt.NDArray[np.floating]
_Floats = npt.NDArray[np.float64]
_Field = Callable[[Ground, Chosen], _Found]


def measured_field(ground: Ground, one: Chosen) -> tuple[_Found, npt.NDArray[np.int32] | None]:
    """Central measure of a criterion in every cell; not a number where nothing is known.

    Parameters
    ----------
    one :
        The criterion as the brief weighs it.

    Returns
    -------
    measured :
        In the criterion's unit. Distances to lines and areas are too large by at most
        1/64 of a cell, weights within a radius off by at most 1 in 100 of each weight;
        all else is exact up to rounding to ``float32``.
    of_cell :
        Which of them is that of each cell, shape (n,); none where there is one for each.
    """
    if one.criterion.measure in BY_ZONE:
        first, pair = ground.zone_pairs
        return _best(ground, one, first), pair
    return _each(ground, one), None


def _each(ground: Ground, one: Chosen) -> _Found:
    field = FIELDS.get(one.criterion.measure)
    if field is not None:
        return field(ground, one)
    own = next((own for own in ground.brief.criteria if own.id == one.id and own.measure), None)
    if own is not None and own.measure in _DECLARED:
        return _DECLARED[own.measure](ground, one, own)
    return asked_of_all(ground, one)


def asked_of_all(ground: Ground, one: Chosen) -> _Found:
    """A criterion asked of all cells, block by block."""
    blocks = [
        _best(ground, one, np.arange(start, min(start + BLOCK, len(ground.cells))))
        for start in range(0, len(ground.cells), BLOCK)
    ]
    return np.concatenate(blocks)


def _best(ground: Ground, one: Chosen, positions: npt.NDArray[np.int64]) -> _Floats:
    sites = ground.sites(positions, named=False)
    found = measure_all(ground.plan, ground.brief, (one,), sites, n_draws=0)
    return np.asarray(found[one.id].best, dtype=np.float64)


def _platform_named(ground: Ground, one: Chosen) -> _Found:
    """Of the cells of the tiles that a platform named may reach into; 0 elsewhere."""
    cells = ground.cells
    side_m = cells.grid.cell_m * TILE
    middle = np.column_stack(
        [
            cells.grid.x0_m + (cells.tile_column + 0.5) * side_m,
            cells.grid.y0_m + (cells.tile_row + 0.5) * side_m,
        ]
    )
    half_diagonal = np.full(len(middle), side_m / np.sqrt(2))
    tiles = one.criterion.measure(_bare(ground, one, middle, half_diagonal, None))
    reached = np.repeat(tiles.high.to_numpy() > 0, np.diff(cells.first))
    at = np.flatnonzero(reached)
    found = np.zeros(len(cells), dtype=np.float32)
    asked = one.criterion.measure(
        _bare(ground, one, cells.xy_m(at), np.zeros(at.size), ground.codes(at))
    )
    found[at] = asked.best
    return found


def _bare(
    ground: Ground,
    one: Chosen,
    places: _Floats,
    accuracy_m: _Floats,
    codes: npt.NDArray[np.object_] | None,
) -> Setting:
    """A setting of places without shapes, known to a radius."""
    n = len(places)
    frame = pd.DataFrame({"district_code": np.full(n, None) if codes is None else codes})
    at = Setting(
        ground.plan, ground.brief, gpd.GeoDataFrame(frame), one.params, n_draws=0, explain=False
    )
    # What a setting would take from shapes is given to it instead: it remembers it.
    vars(at).update(centres=places, accuracy_m=accuracy_m, own=np.ones(n, dtype=np.bool_))
    return at


def _nearest_hub(ground: Ground, one: Chosen) -> _Found:
    those = hubs(ground.plan, str(one.params["kind"]), str(one.params["where"]))
    found = _nearest_of(ground, those)
    listed_m = float(one.params["listed_m"])
    far = np.flatnonzero(found > listed_m)
    if far.size:
        found[far[_beyond(ground, those, far, found[far], listed_m)]] = np.nan
    return found


def _nearest_of(ground: Ground, those: Things) -> npt.NDArray[np.float32]:
    """Central distance to the nearest of some things, some of them known to an area alone."""
    exact = np.isfinite(those.points[:, 0])
    found = distance_to_points(ground.cells, *those.points[exact].T)
    if not exact.any() and those.ids:
        found[:] = np.inf
    if not exact.all():
        places = those.drawn(_SAMPLE, _SAMPLE_SEED)[~exact]
        found = nearer_on_average(ground.cells, found, places)
    return found


def _beyond(
    ground: Ground,
    those: Things,
    at: npt.NDArray[np.int64],
    central_m: npt.NDArray[np.float32],
    limit_m: float,
) -> npt.NDArray[np.bool_]:
    """Which cells are farther than a limit from all of where the things may be."""
    cells = ground.cells
    corners, of = shapely.get_coordinates(those.areas, return_index=True)
    reach_m = float(np.hypot(*(corners - those.points[of]).T).max())
    if np.isfinite(reach_m):
        # No thing is nearer than its point by more than it reaches.
        beyond = central_m - reach_m > limit_m
        close = np.flatnonzero(~beyond)
    else:
        nearest = distance_to(cells, those.areas, most_m=limit_m + cells.grid.cell_m)[at]
        beyond = nearest > limit_m
        error_m = LINE_ERROR_CELLS * cells.grid.cell_m + 0.1
        close = np.flatnonzero(np.abs(nearest - limit_m) <= error_m)
    tree = shapely.STRtree(those.areas)
    (which, _), far = tree.query_nearest(
        centres(cells, at[close]), return_distance=True, all_matches=False
    )
    beyond[close[which]] = far > limit_m
    return beyond


def _weight_around(ground: Ground, one: Chosen, kind: str, weights: Mapping[str, float]) -> _Found:
    """Expected weight within the radius of each cell; equal areas are taken together."""
    those = things(ground.plan, kind).only(list(weights))
    if not those.ids:
        return np.zeros(len(ground.cells), dtype=np.float32)
    alike, first = alike_objects(those.areas)
    summed = np.bincount(alike, [weights[key] for key in those.ids], minlength=len(first))
    return expected_within(ground.cells, those.areas[first], summed, float(one.params["radius_m"]))


def _same_sector_firms(ground: Ground, one: Chosen) -> _Found:
    project = ground.brief.project
    named = sector_members(ground.plan, project.sector, project.segment)
    return _weight_around(ground, one, "enterprises", {k: v.weight for k, v in named.items()})


def _chain_firms(ground: Ground, one: Chosen) -> _Found:
    project = ground.brief.project
    named = chain_members(ground.plan, project.sector, project.segment, project.products)
    return _weight_around(ground, one, "enterprises", {k: v.weight for k, v in named.items()})


def _innovation_platforms(ground: Ground, one: Chosen) -> _Found:
    named = gathering.innovation_members(ground.plan, ground.brief.project.sector)
    return _weight_around(ground, one, "platforms", {k: v.weight for k, v in named.items()})


def _planned_investment(ground: Ground, one: Chosen) -> _Found:
    table = ground.plan.tables["projects"].dropna(subset=["id", "investment_wanyuan"])
    table = table.drop_duplicates("id")
    money = dict(zip(table["id"], table["investment_wanyuan"].astype("float64"), strict=True))
    return _weight_around(ground, one, "projects", money)


BY_ZONE = (naming.key_district, layout.layout_wing, fitting.chain_gap, fitting.land_ratio)
"""The criteria that depend on nothing but the district and the wing of a cell."""

FIELDS: Mapping[Callable[[Setting], Measured], _Field] = {
    naming.platform_named: _platform_named,
    nearness.airport_m: _nearest_hub,
    nearness.rail_m: _nearest_hub,
    nearness.port_m: _nearest_hub,
    nearness.expressway_m: _nearest_hub,
    gathering.same_sector_firms: _same_sector_firms,
    gathering.chain_firms: _chain_firms,
    gathering.innovation_platforms: _innovation_platforms,
    gathering.planned_investment_wanyuan: _planned_investment,
}
"""The criteria that have a field of their own; by function, so that nobody else's is taken for one."""


def _declared_distance(ground: Ground, one: Chosen, own: OwnCriterion) -> _Found:
    if own.layer == HUBS and not own.looks_at_own:
        kinds = "+".join(VOCABULARIES["hub_kind"])
        return _nearest_of(ground, hubs(ground.plan, kinds, own.where))
    drawn = as_drawn(features_of(own, _nowhere(ground, one), ("Point", "LineString", "Polygon")))
    return distance_to(ground.cells, drawn.geometry, from_edge=True)


def _declared_share(ground: Ground, one: Chosen, own: OwnCriterion) -> _Found:
    features = features_of(own, _nowhere(ground, one), ("Polygon",)).areas
    return share_covered(ground.cells, as_drawn(features).geometry)


def _nowhere(ground: Ground, one: Chosen) -> Setting:
    """A setting without a site, for what depends on the brief alone."""
    return _bare(ground, one, np.empty((0, 2)), np.empty(0), None)


_DECLARED: Mapping[str, Callable[[Ground, Chosen, OwnCriterion], _Found]] = {
    "distance_m": _declared_distance,
    "share_covered": _declared_share,
}


def warmed(ground: Ground, criteria: Iterable[Chosen]) -> None:
    """Work out what several fields share, before they are computed side by side."""
    measures = {one.criterion.measure for one in criteria}
    for kind in dict.fromkeys(kind for measure, kind in _MADE_OF.items() if measure in measures):
        things(ground.plan, kind)


_MADE_OF: Mapping[Callable[[Setting], Measured], str] = {
    naming.platform_named: "platforms",
    nearness.airport_m: "hubs",
    nearness.rail_m: "hubs",
    nearness.port_m: "hubs",
    nearness.expressway_m: "hubs",
    gathering.same_sector_firms: "enterprises",
    gathering.chain_firms: "enterprises",
    gathering.innovation_platforms: "platforms",
    gathering.planned_investment_wanyuan: "projects",
}
