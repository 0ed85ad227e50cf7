"""Whether the plan's layout puts the new project's sector where a site is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from geoplan.plan.disagreements import wing_districts
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.statements import records, text
from geoplan.site.crosswalk import called, counterparts, crossed, other_segment
from geoplan.site.measuring import Measured, Sentence, Setting, criterion
from geoplan.site.naming import Statement, best_first, line_of, needs_sector, with_steps
from geoplan.site.sentences import book_of

LAYOUT_LEVELS: Mapping[float, Both] = {
    1.0: Both("布局把本产业或所问产品放在所在翼或区县", "the layout puts the sector, or the product asked for, in its wing or district"),
    0.5: Both("布局只提到本产业的一种产品，或隔一层说到", "the layout names just a product of the sector, or one step removed"),
    0.25: Both("每再隔一层再减半", "half again for each further step"),
    0.0: Both("布局没有把本产业放在这里", "the layout does not put the sector here"),
}  # fmt: skip

_JUST_A_PRODUCT = Both("只提到一种产品", "it names just a product")


@dataclass(frozen=True)
class _Placed:
    """What one row of the layout says: a level in a wing or a district."""

    wing: str
    district: str
    statement: Statement


class _Where(NamedTuple):
    """The wing a site is in as the plan states it, its district, and a wing it is only near.

    The derived shape of the near one holds the site, or a platform above is in it.
    """

    wing: str
    district: str
    near: str
    derived: bool


@lru_cache(maxsize=64)
def _layout(
    plan: Plan, sector: str, segment: str, products: tuple[str, ...]
) -> tuple[_Placed, ...]:
    found = []
    book = book_of(plan)
    table = plan.tables["layout"].dropna(subset=["wing_id", "sector_id"])
    for counterpart in counterparts(plan, sector):
        for row, record in records(table[table["sector_id"] == counterpart.sector_id]):
            said, product = text(record["segment_id"]), text(record["product_zh"])
            asked_for = product in products or text(record["product_en"]) in products
            if (
                segment
                and said
                and not asked_for
                and other_segment(plan, counterpart, segment, said)
            ):
                continue
            just_product = bool(product) and not asked_for and not (segment and said == segment)
            steps = [] if counterpart.itself else [crossed(plan, counterpart)]
            level = 0.5 ** (len(steps) + just_product)
            steps += [_JUST_A_PRODUCT] if just_product else []
            district = text(record["district_code"])
            where = (
                book.name("districts", district)
                if district
                else book.name("wings", record["wing_id"])
            )
            what = (
                Both(product, text(record["product_en"]) or product)
                if product
                else called(plan, counterpart.sector_id, said)
            )
            words = Both(
                f"布局：{where.zh}重点发展{what.zh}", f"The layout gives {what.en} to {where.en}"
            )
            statement = Statement(level, with_steps(words, steps), "layout", int(str(row)))
            found.append(_Placed("" if district else text(record["wing_id"]), district, statement))
    return tuple(found)


@criterion(
    "layout_wing",
    Both("符合空间布局", "Where the layout puts the sector"),
    unit="level",
    better="high",
    asks=needs_sector,
)
def layout_wing(at: Setting) -> Measured:
    """Whether the layout puts the sector in the site's wing or district, a level of :data:`LAYOUT_LEVELS`.

    A site counts half that is in no wing as the plan states it, where the platform
    it is part of is in one, where the derived shape of one holds it, or where the
    wing has platforms in its district. Not known where neither wing nor district is.
    """
    project = at.brief.project
    placed = _layout(at.plan, project.sector, project.segment, project.products)
    codes = at.sites["district_code"].fillna("").astype(str)
    wings = at.sites["wing_id"].fillna("").astype(str)
    reached = _wings_by_district(at.plan)
    above = _wing_above(at.plan)
    found: dict[_Where, tuple[Statement, ...]] = {}
    best = np.full(len(at.sites), np.nan)
    sentences: list[Sentence] = []
    keys = zip(at.ids, wings, codes, at.own, strict=True)
    for row, (candidate, wing, code, own) in enumerate(keys):
        key = _Where("", code, wing, True) if own else _Where(
            wing, code, "" if wing else above.get(candidate, ""), False
        )  # fmt: skip
        if not (key.wing or key.district or key.near):
            continue
        if key not in found:
            found[key] = best_first(_here(at.plan, placed, key, reached))
        best[row] = found[key][0].level if found[key] else 0.0
        if at.explain:
            sentences += [one.about(candidate) for one in found[key][:1]]
    return Measured.of(at.sites.index, best, sentences=sentences)


def _here(
    plan: Plan,
    placed: tuple[_Placed, ...],
    where: _Where,
    reached: Mapping[str, frozenset[str]],
) -> Iterator[Statement]:
    book = book_of(plan)
    for one in placed:
        name = book.name("wings", one.wing)
        if (one.district and one.district == where.district) or (
            one.wing and one.wing == where.wing
        ):
            yield one.statement
        elif one.wing and one.wing == where.near and where.derived:
            step = Both(f"在{name.zh}的推导范围内", f"in the derived area of {name.en}")
            yield _halved(one.statement, step)
        elif one.wing and one.wing == where.near:
            step = Both(f"上级平台在{name.zh}", f"the platform above is in {name.en}")
            yield _halved(one.statement, step)
        elif one.wing and not where.wing and one.wing in reached.get(where.district, ()):
            district = book.name("districts", where.district)
            step = Both(
                f"{name.zh}有平台在{district.zh}", f"{name.en} has platforms in {district.en}"
            )
            yield _halved(one.statement, step)


def _halved(statement: Statement, step: Both) -> Statement:
    return replace(statement, level=statement.level / 2, said=with_steps(statement.said, [step]))


@lru_cache(maxsize=4)
def _wings_by_district(plan: Plan) -> Mapping[str, frozenset[str]]:
    wings: dict[str, set[str]] = {}
    for wing, codes in wing_districts(plan).items():
        for code in codes:
            wings.setdefault(code, set()).add(wing)
    return {code: frozenset(those) for code, those in wings.items()}


@lru_cache(maxsize=4)
def _wing_above(plan: Plan) -> Mapping[str, str]:
    """Platform → wing of the nearest platform above it that has one."""
    table = plan.tables["platforms"].dropna(subset=["id", "wing_id"]).drop_duplicates("id")
    wings = dict(zip(table["id"], table["wing_id"], strict=True))
    found = {}
    for platform in plan.tables["platforms"]["id"].dropna():
        above = [wings[one] for one in line_of(plan, str(platform))[1:] if one in wings]
        if above:
            found[str(platform)] = above[0]
    return found
