"""Footprints for drawing: things that are known to be in the same place, drawn once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.place.zones import district_layer
from geoplan.plan.opening import Plan

FINE = ("exact", "street", "platform", "town")
"""Classes of precision that are drawn; what is coarser is listed by district."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Coarse:
    """Things known to a district only, or not at all.

    ``code`` and ``layer`` are empty where not even the district is known.
    """

    code: str
    layer: str
    kind: str
    ids: tuple[str, ...]


def grouped(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One row for each distinct footprint finer than a district.

    Parameters
    ----------
    places :
        As :func:`geoplan.place.locate.locate` gives them.

    Returns
    -------
    GeoDataFrame
        ``ids`` (a tuple, in the order given), ``count``, ``precision`` (the
        coarsest of the things there), ``accuracy_m``, ``platform_id``,
        ``district_code`` and the footprint; those of most things first.
    """
    fine = places[places["precision"].isin(FINE)]
    geometry = fine.geometry.to_numpy()
    there = ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
    fine, geometry = fine[there], geometry[there]
    # Equal bytes are equal footprints; 2,000 platforms are compared in no time.
    footprint, first, where = _distinct(shapely.to_wkb(geometry))
    order = np.argsort(where, kind="stable")
    ids = np.split(fine.index.to_numpy()[order], np.cumsum(np.bincount(where))[:-1])
    rank = fine["precision"].map({name: n for n, name in enumerate(FINE)}).to_numpy(dtype=int)
    coarsest = np.zeros(footprint, dtype=int)
    np.maximum.at(coarsest, where, rank)
    frame = fine.iloc[first][["accuracy_m", "platform_id", "district_code"]].reset_index(drop=True)
    frame = frame.assign(
        ids=pd.Series([tuple(map(str, own)) for own in ids[:footprint]], dtype=object),
        count=np.bincount(where, minlength=footprint),
        precision=[FINE[n] for n in coarsest],
    )
    drawn = gpd.GeoDataFrame(frame, geometry=geometry[first], crs=places.crs)
    return drawn.sort_values("count", ascending=False, kind="stable", ignore_index=True)


def _distinct(keys: Any) -> tuple[int, Any, Any]:
    """How many distinct keys, where each occurs first, and the number of each key."""
    where, distinct = pd.factorize(pd.Series(keys, dtype=object))
    first = np.full(len(distinct), len(keys))
    np.minimum.at(first, where, np.arange(len(keys)))
    return len(distinct), first, where


def coarse(places: gpd.GeoDataFrame, kind: str) -> list[Coarse]:
    """What cannot be drawn, by district; what is known nowhere comes last."""
    rest = places[~places["precision"].isin(FINE)]
    known = rest["precision"] != "unknown"
    code = rest["district_code"].where(known).fillna("")
    layer = rest["district_layer"].where(known).fillna("")
    groups = pd.Series(rest.index, index=rest.index).groupby([code, layer])
    found = [
        Coarse(str(code), str(layer), kind, tuple(map(str, ids))) for (code, layer), ids in groups
    ]
    return sorted(found, key=lambda one: (not one.code, -len(one.ids), one.code))


def boxes(places: gpd.GeoDataFrame) -> dict[str, Box]:
    """West, south, east, north in degrees of each footprint, by id; none for what has none."""
    extents = places.geometry.bounds.to_numpy()
    known = np.isfinite(extents).all(axis=1)
    # The extent's corners stand for the footprint: thousands share a district of many corners.
    corners = gpd.GeoSeries(shapely.box(*extents.T), crs=places.crs).to_crs("OGC:CRS84")
    bounds = corners.bounds.to_numpy()
    rounded = np.round(bounds[known], 5).tolist()
    return {
        str(key): (box[0], box[1], box[2], box[3])
        for key, box in zip(places.index[known], rounded, strict=True)
    }


def all_boxes(plan: Plan, located: Mapping[str, gpd.GeoDataFrame]) -> dict[tuple[str, str], Box]:
    """(kind, id) → extent in degrees, for things that are located, wings and districts.

    A district of several vintages has the extent of the one shown first.
    """
    found = {
        (kind, key): box for kind, places in located.items() for key, box in boxes(places).items()
    }
    layers = [("wings", layer) for layer in plan.layers_of("wings")]
    if plan.layers_of("districts"):
        shown = district_layer(plan)
        rest = [layer for layer in plan.layers_of("districts") if layer.name != shown.name]
        layers += [("districts", layer) for layer in (shown, *rest)]
    for kind, layer in layers:
        if layer.key in layer.frame:
            frame = layer.frame.dropna(subset=[layer.key])
            frame = frame.set_index(frame[layer.key].astype("str"))
            for key, box in boxes(frame[~frame.index.duplicated()]).items():
                found.setdefault((kind, key), box)
    return found
