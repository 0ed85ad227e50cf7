"""Where each thing is known to be: the best location, never finer than its evidence.

A thing is known somewhere within its *footprint*: a point where a surveyed or
street address is known, the disc of its platform's or town's accuracy, the
whole of its district. Never the centre of any of these. A platform's footprint
is its planned area, unless its place is known less exactly than that.
"""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import QuestionError
from geoplan.place.shapes import platform_shapes
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan

KINDS = ("projects", "enterprises", "platforms", "hubs")

COLUMNS = (
    "precision",
    "via",
    "basis",
    "accuracy_m",
    "platform_id",
    "district_code",
    "district_layer",
    "geometry",
)

_POINTS = ("exact", "street")
_AREAS = ("platform", "town")


def locate(plan: Plan, kind: str) -> gpd.GeoDataFrame:
    """The best known location of every project, firm, platform or hub.

    The chain is: own location → platform → town → district → unknown. A
    thing's own location of class ``district`` gives way to a platform that the
    plan (or an editor, then marked so) names for it.

    Parameters
    ----------
    kind :
        ``projects``, ``enterprises``, ``platforms`` or ``hubs``.

    Returns
    -------
    GeoDataFrame
        One row for each row of the table that has an id, on that id, in the
        plan's CRS. ``precision``: ``exact`` … ``unknown``; ``via``: ``own``,
        ``platform`` or ``unknown``; ``basis`` as in the tables;
        ``district_layer``: the layer whose districts ``district_code`` is one
        of; ``geometry``: the footprint, missing where nothing is known.

    Raises
    ------
    QuestionError
        There is no such kind.
    """
    if kind not in KINDS:
        raise QuestionError(f"“{kind}” cannot be located; choose one of {', '.join(KINDS)}")
    ids = plan.tables[kind]["id"].dropna().drop_duplicates()
    said = _own_locations(plan, kind)
    homes = _platforms_of(plan, kind)
    districts = {layer.name: _by_code(layer) for layer in plan.layers_of("districts")}
    shapes = _platform_footprints(plan, districts)
    rows = [_best(key, said, homes, shapes, districts, kind) for key in ids]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), index=pd.Index(ids, name="id"))
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=plan.meta.analysis_crs)


def _platform_footprints(plan: Plan, districts: Mapping[str, gpd.GeoSeries]) -> gpd.GeoDataFrame:
    """The wider of planned area and accuracy disc, inside the district the location is said to be in.

    A circle that is placed to 4 km is not known to 2 km.
    """
    said = _own_locations(plan, "platforms")
    shapes = platform_shapes(plan).set_index("id")
    centres = shapely.centroid(shapes.geometry.to_numpy())
    discs = shapely.buffer(centres, shapes["accuracy_m"].fillna(0.0), quad_segs=16)
    areas = shapes.geometry.to_numpy()
    wider = np.where(shapely.area(discs) > shapely.area(areas), discs, areas)
    codes = [_text(said[key].get("district_code")) for key in shapes.index]
    layers = [_text(said[key].get("layer")) for key in shapes.index]
    clipped = [
        _inside(area, districts[layer].get(code) if layer and code else None)
        for area, code, layer in zip(wider, codes, layers, strict=True)
    ]
    known = shapes.assign(
        district_code=pd.Series(codes, shapes.index, dtype="str"),
        layer=pd.Series(layers, shapes.index, dtype="str"),
    )
    return known.set_geometry(gpd.GeoSeries(clipped, shapes.index, crs=shapes.crs))


def _by_code(layer: Layer) -> gpd.GeoSeries:
    frame = layer.frame.dropna(subset=[layer.key, layer.frame.geometry.name])
    series = frame.geometry.set_axis(frame[layer.key].astype("str"))
    return series[~series.index.duplicated()]


def _own_locations(plan: Plan, kind: str) -> dict[str, dict[str, Any]]:
    places = plan.tables["locations"].dropna(subset=["subject_id", "precision"])
    places = places[places["subject_kind"] == kind].drop_duplicates("subject_id")
    points = gpd.points_from_xy(places["lon"], places["lat"], crs="OGC:CRS84")
    places = places.assign(
        point=gpd.GeoSeries(points).to_crs(plan.meta.analysis_crs).to_numpy(),
        layer=pd.Series(
            [_layer_on(plan, day) for day in places["as_of"]], places.index, dtype="str"
        ),
    )
    records = places.set_index("subject_id").to_dict("index")
    return {str(key): {str(k): v for k, v in record.items()} for key, record in records.items()}


def _layer_on(plan: Plan, day: object) -> str | None:
    layer = plan.districts_on(day.date()) if isinstance(day, pd.Timestamp) else None
    layers = plan.layers_of("districts")
    return layer.name if layer else (layers[0].name if layers else None)


def _platforms_of(plan: Plan, kind: str) -> Mapping[str, tuple[str, str]]:
    """Subject → (platform, basis): for a project as stated, for a firm where there is just one."""
    if kind == "projects":
        known = plan.tables["projects"].dropna(subset=["id", "platform_id"])
        basis = known["platform_basis"].fillna("unverified")
        return dict(zip(known["id"], zip(known["platform_id"], basis, strict=True), strict=True))
    if kind == "enterprises":
        named = plan.tables["platform_firms"].dropna(subset=["enterprise_id", "platform_id"])
        named = named[named["role"] != "courted"].drop_duplicates(["enterprise_id", "platform_id"])
        alone = named[~named["enterprise_id"].duplicated(keep=False)]
        values = zip(alone["platform_id"], alone["basis"].fillna("unverified"), strict=True)
        return dict(zip(alone["enterprise_id"], values, strict=True))
    return {}


def _best(
    key: str,
    said: Mapping[str, Mapping[str, Any]],
    homes: Mapping[str, tuple[str, str]],
    shapes: gpd.GeoDataFrame,
    districts: Mapping[str, gpd.GeoSeries],
    kind: str,
) -> tuple[Any, ...]:
    own = said.get(key, {})
    precision = own.get("precision", "unknown")
    platform, platform_basis = homes.get(key, (None, "unverified"))
    code, layer = _text(own.get("district_code")), _text(own.get("layer"))
    district = districts[layer].get(code) if layer is not None and code else None
    at_platform = platform in shapes.index
    if precision in _POINTS and _is_point(own):
        accuracy_m = float(own["accuracy_m"])
        return precision, "own", own["basis"], accuracy_m, platform, code, layer, own["point"]
    if kind == "platforms" and key in shapes.index:
        shape = shapes.loc[key]
        return precision, "own", own["basis"], shape["accuracy_m"], key, code, layer, shape.geometry
    if precision in _AREAS and _is_point(own):
        accuracy_m = float(own["accuracy_m"])
        area = _inside(shapely.buffer(own["point"], accuracy_m, quad_segs=16), district)
        return precision, "own", own["basis"], accuracy_m, platform, code, layer, area
    if at_platform and precision in ("district", "unknown"):
        shape = shapes.loc[platform]
        code, layer = _text(shape["district_code"]), _text(shape["layer"])
        area, accuracy_m = shape.geometry, shape["accuracy_m"]
        return "platform", "platform", platform_basis, accuracy_m, platform, code, layer, area
    if district is not None:
        return "district", "own", own["basis"], np.nan, platform, code, layer, district
    return "unknown", "unknown", own.get("basis"), np.nan, platform, code, layer, None


def _is_point(own: Mapping[str, Any]) -> bool:
    point = own.get("point")
    return point is not None and not point.is_empty and own.get("accuracy_m", np.nan) > 0


def _inside(area: shapely.Geometry, district: shapely.Geometry | None) -> shapely.Geometry:
    """The part of a footprint in the district it is known to be in; all of it where that is none."""
    if district is None:
        return area
    part = shapely.intersection(area, district)
    polygons = [p for p in shapely.get_parts(part) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(np.array(polygons)) if polygons else area


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
