"""The features that a rule is measured to: a layer of the plan, its hubs, or an own file.

What is known of each is kept: how far it may be off, whether it is an area or
only somewhere in one, whether it is surely meant, and how many have no place.
"""

import numpy as np
import pandas as pd
import shapely

from geoplan.place.locate import locate
from geoplan.plan.opening import Plan
from geoplan.site.conditions import Condition, ConditionError, holds
from geoplan.site.entries import BriefError, Fault
from geoplan.site.layernames import HUBS, layer_called
from geoplan.site.owndata import OwnData
from geoplan.site.ownfiles import read_own
from geoplan.site.question import Brief
from geoplan.site.ranges import Features
from geoplan.site.rule import Rule

_ANY = ("Point", "LineString", "Polygon")
_AREAS = ("Polygon",)


def features_for(plan: Plan, brief: Brief, rule: Rule) -> Features:
    """The features of a rule that looks at a layer.

    Raises
    ------
    BriefError
        Its own layer cannot be read, or has no such column.
    """
    try:
        if rule.looks_at_own:
            return _own(plan, brief, rule)
        return _hubs(plan, rule) if rule.layer == HUBS else _layer(plan, rule)
    except ConditionError as error:
        raise BriefError(brief.file, [Fault(f"{rule.origin}.where", error.said)]) from None


def _layer(plan: Plan, rule: Rule) -> Features:
    layer = layer_called(plan, rule.layer)
    if layer is None:
        return _chosen(pd.DataFrame({"geometry": []}), np.array([]), np.array([]), rule.where)
    frame = layer.frame
    usual = float(layer.facts.get("accuracy_m", 0.0) or 0.0)
    accuracy = np.full(len(frame), usual)
    if "accuracy_m" in frame:
        own = pd.to_numeric(frame["accuracy_m"], errors="coerce").to_numpy(dtype=float)
        accuracy = np.where(np.isfinite(own) & (own >= 0), own, usual)
    attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return _chosen(attributes, frame.geometry.to_numpy(), accuracy, rule.where)


def _hubs(plan: Plan, rule: Rule) -> Features:
    places = locate(plan, "hubs")
    table = plan.tables["hubs"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    columns = ["name_zh", "name_en", "kind"]
    attributes = places[["precision", "district_code", "basis"]].join(table[columns])
    geometry = places.geometry.to_numpy()
    pointed = shapely.get_type_id(geometry) == 0
    # An area tells by its size how well the place is known.
    accuracy = np.where(pointed, places["accuracy_m"].fillna(0.0).to_numpy(dtype=float), 0.0)
    attributes = pd.DataFrame(attributes).reset_index(names="id")
    return _chosen(attributes, geometry, accuracy, rule.where, ~pointed)


def _own(plan: Plan, brief: Brief, rule: Rule) -> Features:
    data = OwnData(
        brief=brief.file,
        field=f"{rule.origin}.{'file' if rule.file else 'features'}",
        folder=brief.folder,
        file=rule.file,
        features=rule.features,
        layer=rule.layer,
        crs=rule.crs,
        datum=rule.datum,
    )
    kinds = _ANY if rule.measure == "distance_m" else _AREAS
    frame = read_own(data, plan, kinds, every=False)
    attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    accuracy = np.full(len(frame), rule.accuracy_m)
    return _chosen(attributes, frame.geometry.to_numpy(), accuracy, rule.where)


def _chosen(
    attributes: pd.DataFrame,
    geometry: "np.ndarray[tuple[int], np.dtype[np.object_]]",
    accuracy: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    where: Condition | None,
    somewhere: "np.ndarray[tuple[int], np.dtype[np.bool_]] | None" = None,
) -> Features:
    """The features for which a condition holds, or may hold."""
    n = len(attributes)
    if where is None:
        met = pd.Series(True, index=attributes.index, dtype="boolean")
    else:
        met = holds(where, attributes)
    maybe = met.fillna(True).to_numpy(dtype=bool)
    there = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    kept = maybe & there
    vague = np.zeros(n, dtype=bool) if somewhere is None else somewhere
    return Features(
        geometry[kept],
        accuracy[kept].astype(float),
        vague[kept],
        met.fillna(False).to_numpy(dtype=bool)[kept],
        int((maybe & ~there).sum()),
    )
