"""The hard rules that a brief asks for in ``must`` and ``must_not``."""

import re
from collections.abc import Iterable

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.site.conditions import parse
from geoplan.site.layernames import HUBS, layer_words
from geoplan.site.question import Brief, Must, MustNot, Reach
from geoplan.site.rule import Effect, Rule
from geoplan.site.verdictwords import metres

_LAYER = re.compile(r"layer:\s*(?P<name>[^\s:]+)(?:\s+where\s+(?P<where>.+))?")


def reach_target(to: str) -> tuple[str, str]:
    """Layer and condition that a distance limit means, from a hub kind or ``layer:NAME where …``.

    Examples
    --------
    >>> reach_target("airport")
    ('hubs', 'kind = airport')
    >>> reach_target("layer:waters where kind = lake")
    ('waters', 'kind = lake')
    """
    found = _LAYER.fullmatch(to)
    return (found["name"], found["where"] or "") if found else (HUBS, f"kind = {to}")


def demanded(plan: Plan, brief: Brief) -> Iterable[Rule]:
    """The rules of ``must`` and ``must_not``, named by the entry that asks for them."""
    must, must_not = brief.must, brief.must_not
    yield from _zones("must", must, "include", Both("任务书要求", "the brief asks for "))
    if must.min_land:
        yield Rule(
            id="must.min_land",
            name=Both("任务书要求用地足够", "the brief asks for enough land"),
            effect="include",
            measure="area_ratio",
            least=1.0,
            origin="must.min_land",
            # A cell is a place on the map, not a site that has an area.
            scope=parse("candidate in platform|parcel"),
        )
    yield from _limits(plan, "must.within_m", must.within_m)
    yield from _zones("must_not", must_not, "exclude", Both("任务书排除", "the brief rules out "))
    yield from _limits(plan, "must_not.nearer_than_m", must_not.nearer_than_m)


def _zones(key: str, part: Must | MustNot, effect: Effect, demand: Both) -> Iterable[Rule]:
    for name, values, thing in (
        ("districts", part.districts, Both("区县", "districts")),
        ("wings", part.wings, Both("翼", "wings")),
    ):
        if values:
            yield Rule(
                id=f"{key}.{name}",
                name=Both(demand.zh + thing.zh, demand.en + thing.en),
                effect=effect,
                measure=name,
                values=values,
                origin=f"{key}.{name}",
            )
    if part.platform_kinds:
        yield Rule(
            id=f"{key}.platform_kinds",
            name=Both(f"{demand.zh}平台类别", f"{demand.en}kinds of platform"),
            effect=effect,
            measure="attribute",
            origin=f"{key}.platform_kinds",
            condition=parse(f"kind in {'|'.join(part.platform_kinds)}"),
        )


def _limits(plan: Plan, key: str, reaches: tuple[Reach, ...]) -> Iterable[Rule]:
    within = key == "must.within_m"
    for number, reach in enumerate(reaches):
        layer, where = reach_target(reach.to)
        thing, limit = layer_words(plan, layer, where), metres(reach.metres)
        near = Both(f"距{thing.zh}不超过{limit.zh}", f"within {limit.en} of {thing.en}")
        far = Both(f"距{thing.zh}至少{limit.zh}", f"at least {limit.en} from {thing.en}")
        yield Rule(
            id=f"{key}.{number + 1}",
            name=near if within else far,
            effect="include",
            measure="distance_m",
            layer=layer,
            where=parse(where) if where else None,
            least=None if within else reach.metres,
            most=reach.metres if within else None,
            origin=f"{key}[{number}]",
        )
