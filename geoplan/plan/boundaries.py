"""Whether the layers are sound: geometry, coverage, keys, axes and datum."""

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geoplan.plan.layers import Layer, as_lonlat
from geoplan.plan.offsets import coherent_datum
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both, Problem

_SLIVER_M2 = 100.0
_SAME_AREA_SHARE = 0.02
_M2_PER_KM2 = 1e6

Box = tuple[float, float, float, float]


def boundary_problems(plan: Plan) -> Iterable[Problem]:
    """All problems of all layers."""
    for layer in plan.layers.values():
        yield from _feature_problems(layer)
        yield from _key_problems(layer)
        if layer.is_coverage:
            yield from _coverage_problems(layer)
        axes = list(_axis_problems(layer, plan.meta.extent))
        yield from axes
        if not axes:
            yield from _datum_problems(plan, layer)


def _feature_problems(layer: Layer) -> Iterable[Problem]:
    geometries = layer.frame.geometry.to_numpy()
    blank = ~np.isfinite(layer.bounds_lonlat).all(axis=1)
    for feature in layer.frame.index[blank]:
        yield Problem("layer.empty_geometry", layer.file, feature, "geometry")
    present = ~shapely.is_missing(geometries) & ~blank
    for feature in layer.frame.index[present & ~shapely.is_valid(geometries)]:
        reason = shapely.is_valid_reason(layer.frame.geometry[feature])
        yield Problem("layer.invalid_geometry", layer.file, feature, "geometry", {"reason": reason})


def _key_problems(layer: Layer) -> Iterable[Problem]:
    if "key" not in layer.facts:
        return
    keys = (
        layer.frame[layer.key].astype("str").where(layer.frame[layer.key].notna(), "")
        if layer.key in layer.frame
        else layer.frame.index.to_series().map(lambda _: "")
    )
    for feature in keys.index[keys == ""]:
        yield Problem("layer.key_missing", layer.file, feature, layer.key, {"column": layer.key})
    given = keys[keys != ""]
    for feature in given.index[given.duplicated()]:
        details = {"value": given[feature], "first": given.index[given == given[feature]][0]}
        yield Problem("layer.key_duplicate", layer.file, feature, layer.key, details)


def _sound_areas(layer: Layer) -> gpd.GeoSeries:
    areas = layer.frame.geometry
    areas = areas[areas.notna() & ~areas.is_empty]
    areas = areas[areas.geom_type.isin(["Polygon", "MultiPolygon"])]
    return areas.where(areas.is_valid, areas.make_valid())


def _coverage_problems(layer: Layer) -> Iterable[Problem]:
    areas = _sound_areas(layer)
    left, right = areas.sindex.query(areas, predicate="intersects")
    pairs = left < right
    first, second = left[pairs], right[pairs]
    shared = shapely.area(shapely.intersection(areas.to_numpy()[first], areas.to_numpy()[second]))
    for one, two, area_m2 in zip(first, second, shared, strict=True):
        if area_m2 > _SLIVER_M2:
            feature = areas.index[two]
            details: dict[str, object] = {
                "other": _name(layer, areas.index[one]),
                "area": f"{area_m2 / _M2_PER_KM2:.4f}",
            }
            yield Problem("layer.overlap", layer.file, feature, "geometry", details)
    union = shapely.union_all(areas.to_numpy())
    polygons = shapely.get_parts(union)
    rings = [ring for polygon in polygons for ring in getattr(polygon, "interiors", ())]
    for hole in shapely.polygons(rings) if rings else ():
        if hole.area > _SLIVER_M2:
            point = as_lonlat(
                gpd.GeoDataFrame(geometry=[hole.representative_point()], crs=layer.frame.crs)
            ).geometry[0]
            details = {
                "area": f"{hole.area / _M2_PER_KM2:.4f}",
                "lon": f"{point.x:.4f}",
                "lat": f"{point.y:.4f}",
            }
            yield Problem("layer.gap", layer.file, 0, "geometry", details)


def _name(layer: Layer, feature: int) -> str:
    for column in ("name_zh", "name", layer.key):
        if column in layer.frame and isinstance(layer.frame.at[feature, column], str):
            return str(layer.frame.at[feature, column])
    return str(feature)


def _within(bounds: npt.NDArray[np.float64], extent: Box) -> npt.NDArray[np.bool_]:
    west, south, east, north = extent
    inside: npt.NDArray[np.bool_] = (
        (bounds[:, 0] <= east)
        & (bounds[:, 2] >= west)
        & (bounds[:, 1] <= north)
        & (bounds[:, 3] >= south)
    )
    return inside


def _axis_problems(layer: Layer, extent: Box) -> Iterable[Problem]:
    known = np.isfinite(layer.bounds_lonlat).all(axis=1)
    bounds = layer.bounds_lonlat[known]
    if not len(bounds):
        return
    here = _within(bounds, extent)
    swapped = ~here & _within(bounds[:, [1, 0, 3, 2]], extent)
    if swapped.all():
        yield Problem("layer.swapped", layer.file, 0, "geometry")
    elif swapped.any():
        for feature in layer.frame.index[known][swapped]:
            yield Problem("layer.swapped", layer.file, feature, "geometry")
    elif not here.any():
        metres = np.abs(bounds).max() > 360
        hint = Both("(坐标像是米而不是度)", " (the coordinates look like metres)")
        yield Problem(
            "layer.outside_extent", layer.file, 0, "geometry", {"hint": hint if metres else NOTHING}
        )


def _datum_problems(plan: Plan, layer: Layer) -> Iterable[Problem]:
    if layer.facts.get("datum", "WGS 84") not in ("WGS 84", "CGCS2000"):
        return
    for reference, found, expected in _comparisons(plan, layer):
        verdict = coherent_datum(found, expected)
        if verdict is not None:
            datum, offset_m = verdict
            details = {"offset": f"{offset_m:.0f}", "reference": reference, "datum": datum}
            yield Problem("layer.datum", layer.file, 0, "geometry", details)
            return


Points = npt.NDArray[np.float64]


def _comparisons(plan: Plan, layer: Layer) -> Iterable[tuple[str, Points, Points]]:
    """(name of the reference, points found, points expected), in degrees."""
    stated = layer.facts.get("bbox")
    known = np.isfinite(layer.bounds_lonlat).all(axis=1)
    if isinstance(stated, list) and len(stated) == 4 and known.any():
        west, south, east, north = (float(number) for number in stated)
        bounds = layer.bounds_lonlat[known]
        box = np.r_[np.min(bounds[:, :2], axis=0), np.max(bounds[:, 2:], axis=0)]
        expected = np.array([[west, south], [east, north]])
        yield layer.sidecar, box.reshape(2, 2), expected
    mine = _keyed_points(layer)
    for other in plan.layers.values():
        if other.name != layer.name and other.role == layer.role and other.key == layer.key:
            theirs = _keyed_points(other)
            shared = mine.index.intersection(theirs.index)
            same = shared[
                np.abs(mine["area"][shared] - theirs["area"][shared])
                <= _SAME_AREA_SHARE * theirs["area"][shared]
            ]
            yield other.file, _xy(mine, same), _xy(theirs, same)
    if layer.role in ("platforms", "hubs"):
        said = plan.tables["locations"].dropna(subset=["subject_id", "lon", "lat"])
        said = said[said["subject_kind"] == layer.role].drop_duplicates("subject_id")
        said = said.set_index("subject_id")
        shared = mine.index.intersection(said.index)
        table = said.loc[shared, ["lon", "lat"]].to_numpy(dtype=float)
        yield "data/locations.csv", _xy(mine, shared), table


def _keyed_points(layer: Layer) -> gpd.GeoDataFrame:
    """Centroids in degrees on the layer's key, with the area as a fingerprint."""
    frame = layer.frame
    if layer.key not in frame:
        frame = frame.assign(**{layer.key: None})
    frame = frame[frame.geometry.notna() & frame[layer.key].notna()]
    points = gpd.GeoDataFrame(
        {"area": frame.geometry.area.to_numpy()},
        geometry=frame.geometry.centroid.to_numpy(),
        crs=frame.crs,
        index=frame[layer.key].astype(str),
    )
    return as_lonlat(points[~points.index.duplicated()])


def _xy(points: gpd.GeoDataFrame, keys: object) -> Points:
    geometry = points.geometry.loc[keys]
    return np.column_stack((geometry.x, geometry.y))
