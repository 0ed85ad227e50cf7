"""Where each thing is known to be: the best location, never finer than its evidence.

A thing is known somewhere within its *footprint*: a point where a surveyed or
street address is known, the disc of its platform's or town's accuracy, the
whole of its district. Never the centre of any of these. A platform's footprint
is its planned area, unless its place is known less exactly than that.

Things that are known to be in the same place share one geometry object, so
that what is computed of a footprint is computed once.
"""

from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
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
_QUARTER = 16

_Mask = npt.NDArray[np.bool_]
_Geometries = npt.NDArray[np.object_]


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
    return _located(plan, kind).copy()


@lru_cache(maxsize=16)
def _located(plan: Plan, kind: str) -> gpd.GeoDataFrame:
    ids = plan.tables[kind]["id"].dropna().drop_duplicates()
    own = _own_locations(plan, kind, pd.Index(ids, name="id"))
    districts = _districts_of(plan, own)
    shapes = _platform_footprints(plan)
    homes = _platforms_of(plan, kind).reindex(own.index)
    home = pd.Index(shapes.index).get_indexer(homes["platform_id"])
    itself = pd.Index(shapes.index).get_indexer(own.index) if kind == "platforms" else home * 0 - 1

    precision = own["precision"].fillna("unknown")
    pointed = (own["point"].notna() & (own["accuracy_m"] > 0)).to_numpy()
    at_point = precision.isin(_POINTS).to_numpy() & pointed
    at_itself = ~at_point & (itself >= 0)
    at_area = ~at_point & ~at_itself & precision.isin(_AREAS).to_numpy() & pointed
    at_home = ~at_point & ~at_itself & ~at_area & (home >= 0)
    at_home &= precision.isin(["district", "unknown"]).to_numpy()
    known = ~shapely.is_missing(districts)
    in_district = ~at_point & ~at_itself & ~at_area & ~at_home & known

    geometry = np.full(len(own), None, dtype=object)
    geometry[at_point] = own["point"].to_numpy()[at_point]
    areas = shapes.geometry.to_numpy()
    geometry[at_itself] = areas[itself[at_itself]]
    geometry[at_home] = areas[home[at_home]]
    geometry[at_area] = _discs(own[at_area], districts[at_area])
    geometry[in_district] = districts[in_district]

    accuracy = own["accuracy_m"].where(at_point | at_area)
    accuracy[at_itself] = shapes["accuracy_m"].to_numpy()[itself[at_itself]]
    accuracy[at_home] = shapes["accuracy_m"].to_numpy()[home[at_home]]
    placed = at_point | at_itself | at_area | in_district
    frame = pd.DataFrame(
        {
            "precision": precision.mask(in_district, "district")
            .mask(at_home, "platform")
            .where(placed | at_home, "unknown"),
            "via": np.select([placed, at_home], ["own", "platform"], "unknown"),
            "basis": own["basis"].mask(at_home, homes["basis"]),
            "accuracy_m": accuracy,
            "platform_id": homes["platform_id"] if kind != "platforms" else _itself(own),
            "district_code": own["district_code"],
            "district_layer": own["layer"],
        }
    )
    for column in ("district_code", "district_layer"):
        frame.loc[at_home, column] = shapes[column].to_numpy()[home[at_home]]
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=plan.meta.analysis_crs)


def _itself(own: pd.DataFrame) -> "pd.Series[str]":
    return own.index.to_series().astype("str")


def _own_locations(plan: Plan, kind: str, ids: "pd.Index[Any]") -> pd.DataFrame:
    """The rows of the table of locations on the ids asked for, with point and district layer."""
    places = plan.tables["locations"].dropna(subset=["subject_id", "precision"])
    places = places[places["subject_kind"] == kind].drop_duplicates("subject_id")
    days = places["as_of"]
    layers = {day: _layer_on(plan, day) for day in days.drop_duplicates()}
    nowhere = _layer_on(plan, None)
    places = places.assign(
        layer=pd.Series([layers.get(day, nowhere) for day in days], places.index, dtype="str")
    )
    own = places.set_index("subject_id").reindex(ids)
    points = gpd.GeoSeries(gpd.points_from_xy(own["lon"], own["lat"]), crs="OGC:CRS84")
    moved = points.to_crs(plan.meta.analysis_crs).to_numpy()
    moved[shapely.is_empty(moved)] = None
    return own.assign(point=pd.Series(moved, own.index, dtype=object))


def _layer_on(plan: Plan, day: object) -> str | None:
    layer = plan.districts_on(day.date()) if isinstance(day, pd.Timestamp) else None
    layers = plan.layers_of("districts")
    return layer.name if layer else (layers[0].name if layers else None)


def _districts_of(plan: Plan, own: pd.DataFrame) -> _Geometries:
    """The polygon of the district that each location is said to be in; missing where none is."""
    found = np.full(len(own), None, dtype=object)
    for layer in plan.layers_of("districts"):
        zones = _by_code(layer)
        here = (own["layer"] == layer.name).fillna(False).to_numpy(dtype=bool)
        at = zones.index.get_indexer(own["district_code"])
        chosen = here & (at >= 0)
        found[chosen] = zones.to_numpy()[at[chosen]]
    return found


def _by_code(layer: Layer) -> gpd.GeoSeries:
    frame = layer.frame.dropna(subset=[layer.key, layer.frame.geometry.name])
    series = frame.geometry.set_axis(frame[layer.key].astype("str"))
    return series[~series.index.duplicated()]


def _discs(own: pd.DataFrame, districts: _Geometries) -> _Geometries:
    """The disc of each location's accuracy inside its district; equal ones are one object."""
    keys = ["lon", "lat", "accuracy_m", "layer", "district_code"]
    group = own.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    _, first, back = np.unique(group, return_index=True, return_inverse=True)
    points, radii = own["point"].to_numpy()[first], own["accuracy_m"].to_numpy(dtype=float)[first]
    discs = shapely.buffer(points, radii, quad_segs=_QUARTER)
    clipped: _Geometries = _inside(discs, districts[first])[back]
    return clipped


def _inside(areas: _Geometries, districts: _Geometries) -> _Geometries:
    """The part of each area in the district it is known to be in; all of it where there is none."""
    parts = np.where(shapely.is_missing(districts), areas, shapely.intersection(areas, districts))
    polygonal = np.isin(shapely.get_type_id(parts), (3, 6)) & ~shapely.is_empty(parts)
    inside: _Geometries = np.where(polygonal, parts, areas)
    return inside


@lru_cache(maxsize=4)
def _platform_footprints(plan: Plan) -> gpd.GeoDataFrame:
    """The wider of planned area and accuracy disc, inside the district the location is said to be in.

    A circle that is placed to 4 km is not known to 2 km.
    """
    shapes = platform_shapes(plan).set_index("id")
    own = _own_locations(plan, "platforms", shapes.index)
    centres = shapely.centroid(shapes.geometry.to_numpy())
    radii = shapes["accuracy_m"].fillna(0.0).to_numpy(dtype=float)
    discs = shapely.buffer(centres, radii, quad_segs=_QUARTER)
    areas = shapes.geometry.to_numpy()
    wider = np.where(shapely.area(discs) > shapely.area(areas), discs, areas)
    footprints = gpd.GeoSeries(
        _inside(wider, _districts_of(plan, own)), shapes.index, crs=shapes.crs
    )
    known = shapes.assign(district_code=own["district_code"], district_layer=own["layer"])
    return known.set_geometry(footprints)


def _platforms_of(plan: Plan, kind: str) -> pd.DataFrame:
    """Subject → platform and basis: for a project as stated, for a firm where there is just one."""
    if kind == "projects":
        known = plan.tables["projects"].dropna(subset=["id", "platform_id"]).drop_duplicates("id")
        known = known.set_index("id")
        basis = known["platform_basis"].fillna("unverified")
    elif kind == "enterprises":
        named = plan.tables["platform_firms"].dropna(subset=["enterprise_id", "platform_id"])
        named = named[named["role"] != "courted"].drop_duplicates(["enterprise_id", "platform_id"])
        known = named[~named["enterprise_id"].duplicated(keep=False)].set_index("enterprise_id")
        basis = known["basis"].fillna("unverified")
    else:
        return pd.DataFrame({"platform_id": [], "basis": []}, dtype="str")
    return pd.DataFrame({"platform_id": known["platform_id"], "basis": basis})
