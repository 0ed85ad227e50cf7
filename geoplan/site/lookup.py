"""What people call things, and which thing of the plan that is.

A brief may say a district by code or by name, a sector by id, name or short
name. Equal names of two things are refused, never guessed.
"""

from collections.abc import Mapping
from functools import lru_cache

from geoplan.place.zones import district_layer
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import VOCABULARIES
from geoplan.site.entries import nearest, shown

_TABLE_NAMES = {
    "sectors": ("name_zh", "name_en", "short_zh", "short_en"),
    "segments": ("name_zh", "name_en"),
    "wings": ("name_zh", "name_en"),
    "platforms": ("name_zh", "name_en"),
}
THINGS = {
    "sectors": Both("产业", "sector"),
    "segments": Both("细分重点", "segment"),
    "wings": Both("翼", "wing"),
    "platforms": Both("平台", "platform"),
    "districts": Both("区县", "district"),
    "platform_kind": Both("平台类别", "kind of platform"),
    "hub_kind": Both("枢纽类别", "kind of hub"),
}
"""Kinds of thing that can be looked up."""


def district_layers(plan: Plan) -> list[Layer]:
    """The vintages of the districts, the one shown first at the head."""
    layers = plan.layers_of("districts")
    if not layers:
        return []
    first = district_layer(plan)
    return [first, *(layer for layer in layers if layer is not first)]


@lru_cache(maxsize=64)
def labels(plan: Plan, kind: str) -> Mapping[str, tuple[str, ...]]:
    """Everything a thing of one kind may be called → the ids of what is called so.

    A district that two vintages have is one thing; a name that an older
    vintage gave to another district counts only where the newest has no such
    name.
    """
    found: dict[str, dict[str, None]] = {}
    if kind in VOCABULARIES:
        for code, names in VOCABULARIES[kind].items():
            for name in (code, *names):
                found.setdefault(_folded(name), {})[code] = None
    elif kind == "districts":
        for layer in district_layers(plan):
            own: dict[str, dict[str, None]] = {}
            columns = [c for c in (layer.key, "name_zh", "name_en") if c in layer.frame]
            rows = layer.frame[columns].dropna(subset=[layer.key]).astype("str")
            for values in rows.itertuples(index=False, name=None):
                for name in values:
                    own.setdefault(_folded(name), {})[values[0]] = None
            for name, codes in own.items():
                found.setdefault(name, codes)
    else:
        table = plan.tables[kind].dropna(subset=["id"])
        columns = [column for column in _TABLE_NAMES[kind] if column in table]
        for values in table[["id", *columns]].itertuples(index=False, name=None):
            for name in values:
                if isinstance(name, str):
                    found.setdefault(_folded(name), {})[values[0]] = None
        if kind == "platforms":
            more = plan.tables["platform_names"].dropna(subset=["platform_id", "name_zh"])
            for platform, name in zip(more["platform_id"], more["name_zh"], strict=True):
                found.setdefault(_folded(name), {})[platform] = None
    return {name: tuple(ids) for name, ids in found.items()}


def look_up(plan: Plan, kind: str, said: str) -> str | Both:
    """The id of what is called so, or the complaint that there is none or more than one."""
    ids = labels(plan, kind).get(_folded(said), ())
    if len(ids) == 1:
        return ids[0]
    thing = THINGS[kind]
    if ids:
        listed = ", ".join(ids)
        return Both(
            f"“{shown(said)}”可指多个{thing.zh}；请写其中一个编号：{listed}",
            f"“{shown(said)}” may be several {thing.en}s; write one of the ids {listed}",
        )
    hint = nearest(said, _original_labels(plan, kind))
    return Both(
        f"没有{thing.zh}“{shown(said)}”{hint.zh}",
        f"there is no {thing.en} “{shown(said)}”{hint.en}",
    )


def _original_labels(plan: Plan, kind: str) -> list[str]:
    """The ids first, then the names."""
    known = labels(plan, kind)
    ids = dict.fromkeys(key for keys in known.values() for key in keys)
    return [*ids, *(name for name in known if name not in ids)]


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
