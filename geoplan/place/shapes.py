"""The layers that follow from the tables: platforms, wings and hubs.

A platform is a circle of the planned area where the plan states one, and the
disc of its location's accuracy otherwise; both are approximate and say so. A
wing is what its platforms and its axis span.

Notes
-----
Rule for a wing. Its spine is the shortest tree that joins the centres of its
located platforms, together with the part of its axis (a water of the layer
``waters``) within ``REACH_M`` of them. The wing is everything within
``HALF_WIDTH_M`` of the spine and the platforms' own shapes, closed by the
same distance, inside the districts. It shows where the plan looks, not a
boundary that anybody has drawn.
"""

from functools import lru_cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from geoplan.plan.opening import Plan

HALF_WIDTH_M = 3_000.0
REACH_M = 6_000.0
_CIRCLE_SEGMENTS = 16
_M2_PER_KM2 = 1e6
_POINTED = ("exact", "street", "platform", "town")


def circles(
    centres: npt.NDArray[np.object_], area_km2: npt.NDArray[np.float64]
) -> npt.NDArray[np.object_]:
    """Regular polygons of exactly the given areas around points.

    Examples
    --------
    >>> round(circles(np.array([shapely.Point(0, 0)]), np.array([2.5]))[0].area, 3)
    2500000.0
    """
    corners = 4 * _CIRCLE_SEGMENTS
    radius_m = np.sqrt(area_km2 * _M2_PER_KM2 * 2 / (corners * np.sin(2 * np.pi / corners)))
    drawn: npt.NDArray[np.object_] = shapely.buffer(centres, radius_m, quad_segs=_CIRCLE_SEGMENTS)
    return drawn


def said_points(plan: Plan, kind: str) -> gpd.GeoDataFrame:
    """The locations of one kind of subject that are points, on the subject's id, in the plan's CRS."""
    return _said_points(plan, kind).copy(deep=False)


# Several analyses start from these; a shallow copy is written to without harm.
@lru_cache(maxsize=16)
def _said_points(plan: Plan, kind: str) -> gpd.GeoDataFrame:
    places = plan.tables["locations"].dropna(subset=["subject_id", "lon", "lat"])
    places = places[(places["subject_kind"] == kind) & places["precision"].isin(_POINTED)]
    places = places.drop_duplicates("subject_id").set_index("subject_id")
    points = gpd.points_from_xy(places["lon"], places["lat"], crs="OGC:CRS84")
    return gpd.GeoDataFrame(places, geometry=points).to_crs(plan.meta.analysis_crs)


def platform_shapes(plan: Plan) -> gpd.GeoDataFrame:
    """One approximate area for each platform with a known location.

    Returns
    -------
    GeoDataFrame
        Columns ``id``, names, ``kind``, ``district_code``, ``wing_id``,
        ``area_km2`` (as stated, else missing), ``shape`` (``planned_area`` or
        ``accuracy_disc``), ``accuracy_m`` and ``basis`` of the location, in
        the plan's CRS, in the order of the table.
    """
    return _platform_shapes(plan).copy(deep=False)


@lru_cache(maxsize=4)
def _platform_shapes(plan: Plan) -> gpd.GeoDataFrame:
    platforms = plan.tables["platforms"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    points = said_points(plan, "platforms")
    here = platforms[platforms.index.isin(points.index)]
    points = points.loc[here.index]
    stated = here["area_km2"].notna().to_numpy()
    centres = points.geometry.to_numpy()
    discs = shapely.buffer(centres, points["accuracy_m"].fillna(0.0), quad_segs=_CIRCLE_SEGMENTS)
    areas = circles(centres, here["area_km2"].fillna(0.0).to_numpy(dtype=float))
    columns = ["name_zh", "name_en", "kind", "district_code", "wing_id", "area_km2"]
    frame = here[columns].assign(
        shape=np.where(stated, "planned_area", "accuracy_disc"),
        accuracy_m=points["accuracy_m"],
        basis=points["basis"],
    )
    shapes = np.where(stated, areas, discs)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=points.crs).reset_index(names="id")


def hub_points(plan: Plan) -> gpd.GeoDataFrame:
    """One point for each hub with a known location: ``id``, names, ``kind``, ``accuracy_m``, ``basis``."""
    hubs = plan.tables["hubs"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    points = said_points(plan, "hubs")
    here = hubs.loc[hubs.index.isin(points.index), ["name_zh", "name_en", "kind"]]
    points = points.loc[here.index]
    frame = here.assign(accuracy_m=points["accuracy_m"], basis=points["basis"])
    return gpd.GeoDataFrame(frame, geometry=points.geometry, crs=points.crs).reset_index(names="id")


def _spine(centres: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    if len(centres) < 2:
        return centres
    xy = shapely.get_coordinates(centres)
    # A tiny constant keeps edges between coinciding platforms in the sparse tree.
    tree = minimum_spanning_tree(squareform(pdist(xy) + 1e-6)).tocoo()
    ends = np.stack((xy[tree.row], xy[tree.col]), axis=1)
    return np.array([shapely.LineString(pair) for pair in ends], dtype=object)


def wing_area(
    shapes: npt.NDArray[np.object_], axis: shapely.Geometry | None, within: shapely.Geometry
) -> shapely.Geometry:
    """The area of one wing from its platforms' shapes and its axis; see the module's notes.

    Parameters
    ----------
    shapes :
        Platform areas in a metric CRS; at least one.
    axis :
        Geometry of the axis, or ``None``.
    within :
        The area outside of which nothing of a wing lies.
    """
    parts = [*_spine(shapely.centroid(shapes))]
    if axis is not None:
        near = shapely.buffer(shapely.convex_hull(shapely.union_all(shapes)), REACH_M)
        parts.append(shapely.intersection(axis, near))
    spread = shapely.buffer(shapely.union_all(np.array(parts)), HALF_WIDTH_M)
    whole = shapely.union_all(np.array([spread, *shapes]))
    closed = shapely.buffer(shapely.buffer(whole, HALF_WIDTH_M), -HALF_WIDTH_M)
    return shapely.intersection(closed, within)


def wing_shapes(plan: Plan) -> gpd.GeoDataFrame:
    """One derived area for each wing with a located platform: ``id``, names, ``axis_zh``, ``platforms``."""
    platforms = platform_shapes(plan)
    districts = plan.layers_of("districts")
    within = (
        shapely.union_all(districts[0].frame.geometry.to_numpy())
        if districts
        else shapely.box(-np.inf, -np.inf, np.inf, np.inf)
    )
    rows, shapes = [], []
    for _, wing in plan.tables["wings"].dropna(subset=["id"]).iterrows():
        own = platforms[platforms["wing_id"] == wing["id"]]
        if wing["kind"] != "wing" or own.empty:
            continue
        shapes.append(wing_area(own.geometry.to_numpy(), _axis(plan, wing), within))
        columns = ["id", "name_zh", "name_en", "axis_zh", "axis_en"]
        rows.append({**wing[columns].to_dict(), "platforms": len(own)})
    columns = ["id", "name_zh", "name_en", "axis_zh", "axis_en", "platforms"]
    frame = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=plan.meta.analysis_crs)


def _axis(plan: Plan, wing: pd.Series) -> shapely.Geometry | None:
    for layer in plan.layers_of("waters"):
        if "name_zh" in layer.frame and isinstance(wing["axis_water"], str):
            found = layer.frame[layer.frame["name_zh"] == wing["axis_water"]]
            if len(found):
                return shapely.union_all(found.geometry.to_numpy())
    return None
