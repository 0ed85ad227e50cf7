"""Criteria that a brief declares itself: a layer of the plan or an own file laid over the sites.

Four measures: ``distance_m`` to the nearest feature; ``share_covered`` by areas;
``zonal_mean``, the mean by area of an attribute or a raster; ``attribute``, its
value at the centre. A parcel or cell is measured by its ground, a platform
wherever it may be in its footprint. A layer's accuracy widens every range.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import shapely

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import VOCABULARIES
from geoplan.site import ranges
from geoplan.site.conditions import ConditionError, missing_column, parse
from geoplan.site.declared import finished, is_raster, own_frame, sentences_of
from geoplan.site.entries import BriefError, Fault, nearest
from geoplan.site.layernames import HUBS, columns_of, layer_fault
from geoplan.site.looking import features_for
from geoplan.site.measuring import Better, Criterion, Measured, Setting, scattered
from geoplan.site.nearness import hubs
from geoplan.site.nearness import nearest as nearest_of
from geoplan.site.question import Brief, OwnCriterion
from geoplan.site.rule import Rule
from geoplan.site.zonal import attribute, zonal_mean

_Floats = npt.NDArray[np.float64]
_Geometries = npt.NDArray[np.object_]

MEASURES = ("distance_m", "share_covered", "zonal_mean", "attribute")
_UNITS = {"distance_m": "m", "share_covered": "share"}
_BY_VALUE = ("zonal_mean", "attribute")
_ANY, _AREAS = ("Point", "LineString", "Polygon"), ("Polygon",)
_SAMPLE, _SAMPLE_SEED = 256, 0


def overlay(plan: Plan, brief: Brief, own: OwnCriterion, better: Better) -> Criterion:
    """The criterion that a brief declares with a measure of its own.

    Raises
    ------
    BriefError
        It cannot be measured as it stands; every fault is named.
    """
    faults = [Fault(f"criteria.{own.id}.{entry}", said) for entry, said in _faults(plan, own)]
    if faults:
        raise BriefError(brief.file, faults)
    zh = own.name_zh or own.name_en or own.id
    unit = own.unit or _UNITS.get(own.measure, "")
    measure = _MEASURED[own.measure]
    name = Both(zh, own.name_en or zh)
    return Criterion(own.id, name, unit, better, partial(measure, own), measure.__doc__ or "")


def _faults(plan: Plan, own: OwnCriterion) -> Iterator[tuple[str, Both]]:
    """Entries that cannot be used, and why."""
    if own.measure not in MEASURES:
        hint = nearest(own.measure, MEASURES)
        yield (
            "measure",
            Both(
                f"没有量度“{own.measure}”{hint.zh}", f"there is no measure “{own.measure}”{hint.en}"
            ),
        )
        return
    by_value, raster = own.measure in _BY_VALUE, is_raster(own)
    if raster and (not by_value or own.where):
        entry = "where" if by_value else "measure"
        yield (
            entry,
            Both(
                "栅格只能用 zonal_mean 或 attribute，且没有 where",
                "a raster has zonal_mean and attribute only, and no where",
            ),
        )
    if raster and own.column and not own.column.isdecimal():
        yield (
            "column",
            Both("栅格的 column 是波段号，如 1", "column is the band of a raster, say 1"),
        )
    if by_value and not raster and not own.column:
        yield "column", Both("缺少属性列；请写 column", "the attribute is missing; write column")
    if own.looks_at_own or (own.measure == "attribute" and not own.layer):
        return
    fault = layer_fault(plan, own.layer)
    if fault:
        yield "layer", fault
        return
    if own.layer == HUBS and own.measure != "distance_m":
        yield "layer", Both("枢纽是点，只能量 distance_m", "hubs are points; use distance_m")
    columns = columns_of(plan, own.layer)
    if by_value and own.column and own.column not in columns:
        hint = nearest(own.column, columns)
        yield (
            "column",
            Both(f"没有列“{own.column}”{hint.zh}", f"there is no column “{own.column}”{hint.en}"),
        )
    if own.where:
        try:
            wrong = missing_column(parse(own.where), columns)
        except ConditionError as error:
            wrong = error.said
        if wrong:
            yield "where", wrong


def features_of(own: OwnCriterion, at: Setting, kinds: tuple[str, ...]) -> ranges.Features:
    """What a criterion of the brief looks for: of a layer, or of a file."""
    if not own.looks_at_own:
        where = parse(own.where) if own.where else None
        name = Both(own.name_zh, own.name_en)
        looks = Rule(own.id, name, "include", own.measure, "", layer=own.layer, where=where)
        return features_for(at.plan, at.brief, looks)
    _, geometry, sure = own_frame(own, at, kinds)
    return ranges.Features(
        geometry, np.full(len(geometry), own.accuracy_m), np.zeros(len(geometry), bool), sure
    )


def as_drawn(features: ranges.Features) -> ranges.Features:
    """The features that are surely meant, as if they were where they are drawn."""
    kept = features.geometry[features.sure]
    off, whole = np.zeros(len(kept)), np.ones(len(kept), dtype=bool)
    return ranges.Features(kept, off, ~whole, whole)


def _distance(own: OwnCriterion, at: Setting) -> Measured:
    """Straight line to the nearest feature, in metres; 0 inside an area.

    From the nearest edge of a parcel or cell, from the centre of a platform; to
    hubs always from the centre.
    """
    if own.layer == HUBS and not own.looks_at_own:
        measured, _ = nearest_of(at, hubs(at.plan, "+".join(VOCABULARIES["hub_kind"]), own.where))
        ends = (measured.best, measured.low, measured.high)
        best, low, high = (np.asarray(end, dtype=np.float64) for end in ends)
        sentences = sentences_of(own, at, best, low, high) if at.explain else ()
        return Measured.of(at.sites.index, best, low, high, sentences, measured.draws)
    features = features_of(own, at, _ANY)
    sites, drawn = ranges.Sites.of(at.sites), as_drawn(features)
    low, high = ranges.distance_m(sites, features)
    exactly = replace(sites, accuracy_m=np.zeros(len(at.sites)))
    edge, _ = ranges.distance_m(exactly, drawn)
    best = np.where(sites.extent, edge, _from_points(at.centres, drawn.geometry))
    for row in np.flatnonzero(at.placed & ~at.central):
        area, name = at.whereabouts[row : row + 1], at.ids[row : row + 1]
        places = scattered(area, name, _SAMPLE, _SAMPLE_SEED)[0]
        best[row] = _from_points(places, drawn.geometry).mean()
    positions = at.positions.reshape(-1, 2)
    somewhere = _from_points(positions, drawn.geometry) if at.n_draws else positions[:, 0]
    return finished(own, at, best, low, high, somewhere.reshape(len(at.sites), at.n_draws))


def _from_points(points: _Floats, features: _Geometries) -> _Floats:
    """Distance of points, shape (n, 2), to the nearest feature; infinite where there is none."""
    found = np.full(len(points), np.inf)
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    if len(features) and known.size:
        tree = shapely.STRtree(features)
        (which, _), far = tree.query_nearest(
            shapely.points(points[known]), all_matches=False, return_distance=True
        )
        found[known[which]] = far
    return found


def _share(own: OwnCriterion, at: Setting) -> Measured:
    """Share of the ground that areas cover, 0 to 1; of a platform's footprint on the whole."""
    features = features_of(own, at, _AREAS).areas
    sites, drawn = ranges.Sites.of(at.sites), as_drawn(features)
    low, high = ranges.share_covered(sites, features)
    n = len(at.sites)
    ground = replace(sites, extent=np.ones(n, bool), accuracy_m=np.zeros(n))
    best, _ = ranges.share_covered(ground, drawn)
    at_a_point = at.placed & np.asarray(shapely.area(sites.geometry) == 0)
    whole = shapely.union_all(drawn.geometry)
    shapely.prepare(whole)

    def inside(xy: _Floats) -> _Floats:
        known = np.asarray(np.isfinite(xy).all(axis=1))
        held = shapely.intersects_xy(whole, np.where(known[:, None], xy, 0.0))
        return np.where(known, held, np.nan)

    best = np.where(at_a_point, inside(at.centres), best)
    somewhere = inside(at.positions.reshape(-1, 2)).reshape(n, at.n_draws)
    return finished(own, at, best, low, high, somewhere)


_MEASURED = {
    "distance_m": _distance,
    "share_covered": _share,
    "zonal_mean": zonal_mean,
    "attribute": attribute,
}
