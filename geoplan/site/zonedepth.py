"""Whether sites lie in districts or wings: by what is stated of them, else by where they are.

A district that the plan or the user states for a site is taken at its word. Of
the others the depth inside the zone is measured, within the accuracy of its
boundary; a site across two districts is in neither for sure, and in both
together.
"""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.place.shapes import wing_shapes
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.plan.relations import codes
from geoplan.site.lookup import district_layers
from geoplan.site.ranges import Features, Range, Sites, depth_m

_Mask = npt.NDArray[np.bool_]


def depth_in_districts(
    plan: Plan, wanted: Sequence[str], sites: Sites, candidates: gpd.GeoDataFrame
) -> Range:
    """Depth of each site inside some districts, in metres; infinite where it is stated.

    Parameters
    ----------
    wanted :
        Codes; one that only an older vintage has means its boundary of then.
    """
    layers = district_layers(plan)
    low = np.full(len(candidates), -np.inf)
    high = low.copy()
    left = set(wanted)
    for layer in layers:
        here = left & codes(layer)
        left -= here
        if here:
            found = depth_m(sites, _districts(layer, here))
            low, high = np.maximum(low, found.low), np.maximum(high, found.high)
    nowhere = shapely.is_missing(sites.geometry)
    low, high = np.where(nowhere, np.nan, low), np.where(nowhere, np.nan, high)
    newest = codes(layers[0]) if layers else set()
    told = candidates["district_code"].where(candidates["district_via"] == "stated")
    return _stated(Range(low, high), told, set(wanted), newest)


def _districts(layer: Layer, wanted: set[str]) -> Features:
    frame = layer.frame.dropna(subset=[layer.key, layer.frame.geometry.name])
    geometry = frame.geometry.to_numpy()[frame[layer.key].astype("str").isin(wanted).to_numpy()]
    return known_areas(geometry, float(layer.facts.get("accuracy_m", 0.0) or 0.0))


def known_areas(geometry: npt.NDArray[np.object_], accuracy_m: float, lost: int = 0) -> Features:
    """Areas that are all meant and all equally accurate."""
    n = len(geometry)
    return Features(geometry, np.full(n, accuracy_m), np.zeros(n, bool), np.ones(n, bool), lost)


def _stated(depth: Range, told: pd.Series, wanted: set[str], known: set[str]) -> Range:
    """The depth, replaced where a site is said to be in one of the zones, or in none of them."""
    inside = told.isin(wanted).to_numpy()
    # What is stated in today's terms says nothing of a district that is no more.
    outside = told.notna().to_numpy() & ~inside if wanted <= known else np.zeros(len(told), bool)
    low = np.select([inside, outside], [np.inf, -np.inf], depth.low)
    return Range(low, np.select([inside, outside], [np.inf, -np.inf], depth.high))


def depth_in_wings(
    plan: Plan, wanted: Sequence[str], sites: Sites, candidates: gpd.GeoDataFrame
) -> Range:
    """Depth of each site inside some wings, in metres; infinite where the plan states it.

    A wing is a derived shape that is accurate to kilometres; one that the plan
    gives no platforms but districts is those districts.
    """
    table = plan.tables["wings"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    shapes = wing_shapes(plan).set_index("id")
    drawn = [wing for wing in wanted if wing in shapes.index]
    layers = plan.layers_of("wings")
    accuracy = float(layers[0].facts.get("accuracy_m", 0.0) or 0.0) if layers else 0.0
    points = set(table.index[table["kind"] == "points"])
    lost = len(set(wanted) - set(drawn) - points)
    found = depth_m(sites, known_areas(shapes.geometry.loc[drawn].to_numpy(), accuracy, lost))
    layout = plan.tables["layout"].dropna(subset=["wing_id", "district_code"])
    scattered = layout.loc[layout["wing_id"].isin(wanted), "district_code"].unique().tolist()
    if scattered:
        there = depth_in_districts(plan, scattered, sites, candidates)
        found = Range(np.fmax(found.low, there.low), np.fmax(found.high, there.high))
    platform = candidates["candidate"] == "platform"
    told = candidates["wing_id"].where(platform)
    return _stated(found, told, set(wanted), set(wanted))
