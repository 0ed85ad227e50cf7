"""Where the sites of a decision record lie: their footprints, from the record and the plan."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import GeoplanError
from geoplan.exchange.decisions.sitewords import Record
from geoplan.place.locate import locate
from geoplan.plan.opening import Plan
from geoplan.site.brief import brief_from
from geoplan.site.parcels import parcels

LONLAT = "OGC:CRS84"
_M_PER_KM = 1_000.0


def footprints(
    record: Record, plan: Plan, shapes: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Where each site may lie, on its ``id`` in the order of the record, in the plan's CRS.

    The first that knows it: the shapes given, the features inside the record's
    brief, the plan's platforms; else a cell, a disc of the stated area or of the
    accuracy around the record's point, or that point. Missing where nothing is
    known, or only a point of unknown accuracy. ``made_of`` says which: ``given``, ``brief``, ``platform``, ``cell``,
    ``disc``, ``point`` or ``""``.

    Parameters
    ----------
    shapes :
        Own candidates on their id (the index or a column ``id``), with a CRS.
    """
    sites = record["sites"]
    ids = pd.Index([str(site["id"]) for site in sites], name="id")
    found = np.full(len(ids), None, dtype=object)
    made_of = np.full(len(ids), "", dtype=object)
    known = [("given", _given(shapes, plan)), ("brief", _of_brief(record, plan))]
    if record["question"].get("candidates") == "platforms":
        known.append(("platform", locate(plan, "platforms").geometry))
    for name, series in known:
        if series is None:
            continue
        series = series[~series.index.duplicated()]
        at = series.index.get_indexer(ids)
        own = np.where(at >= 0, series.to_numpy()[at], None) if len(series) else found
        taken = ~shapely.is_missing(own) & shapely.is_missing(found)
        found[taken], made_of[taken] = own[taken], name
    _around_points(sites, plan, record, found, made_of)
    frame = pd.DataFrame({"made_of": made_of}, index=ids)
    return gpd.GeoDataFrame(frame, geometry=found, crs=plan.meta.analysis_crs)


def _given(shapes: gpd.GeoDataFrame | None, plan: Plan) -> gpd.GeoSeries | None:
    if shapes is None:
        return None
    keyed = shapes.set_index("id") if "id" in shapes.columns else shapes
    moved = keyed.geometry.to_crs(plan.meta.analysis_crs)
    return moved.set_axis(keyed.index.astype("str"))


def _of_brief(record: Record, plan: Plan) -> gpd.GeoSeries | None:
    """The features written into the brief, on the ids that the decision knew them by."""
    brief = record.get("brief") or {}
    asked = brief.get("candidates") or {}
    if not asked.get("features"):
        return None
    try:
        # The brief's own reader knows ids and datums; files of rules are not asked for.
        found = parcels(plan, brief_from({"project": brief["project"], "candidates": asked}, plan))
    except (GeoplanError, KeyError):
        return None
    return found.geometry.to_crs(plan.meta.analysis_crs)


def _around_points(sites: Any, plan: Plan, record: Record, found: Any, made_of: Any) -> None:
    """Fill in what only the record's point tells."""
    lon = np.array([_number(site.get("lon")) for site in sites], dtype=float)
    lat = np.array([_number(site.get("lat")) for site in sites], dtype=float)
    wanted = np.flatnonzero(shapely.is_missing(found) & np.isfinite(lon) & np.isfinite(lat))
    if not len(wanted):
        return
    points = gpd.points_from_xy(lon[wanted], lat[wanted], crs=LONLAT)
    points = np.asarray(points.to_crs(plan.meta.analysis_crs), dtype=object)
    asked = (record.get("brief") or {}).get("candidates") or {}
    if record["question"].get("candidates") == "grid" and asked.get("cell_m"):
        half = float(asked["cell_m"]) / 2
        x, y = shapely.get_x(points), shapely.get_y(points)
        found[wanted] = shapely.box(x - half, y - half, x + half, y + half)
        made_of[wanted] = "cell"
        return
    area = np.array([_number(sites[i].get("area_km2")) for i in wanted])
    accuracy = np.array([_number(sites[i].get("accuracy_m")) for i in wanted])
    radius = np.fmax(np.sqrt(area / np.pi) * _M_PER_KM, accuracy)
    # A point of unknown accuracy may be the middle of a district: that is no place.
    known, discs = np.isfinite(accuracy), np.isfinite(accuracy) & (radius > 0)
    shapes: Any = np.where(discs, shapely.buffer(points, np.nan_to_num(radius)), points)
    shapes[~known] = None
    found[wanted] = shapes
    made_of[wanted] = np.where(discs, "disc", np.where(known, "point", ""))


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
