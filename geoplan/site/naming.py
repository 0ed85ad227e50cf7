"""Whether the plan names a site's platform or district for the new project's sector.

A level is a step of :data:`PLATFORM_LEVELS` or :data:`DISTRICT_LEVELS`. A statement that is not the plan's own word about this site
and this sector counts one level lower for each step in between: it is about
another segment, about the platform that this one is part of, about a sector
that the crosswalk of an editor joins to this one, inherited from a merged cell,
or inferred. The sentence says which.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from geoplan.place.shapes import said_points
from geoplan.place.zones import M2_PER_KM2, district_layer
from geoplan.plan.finding import fold
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both
from geoplan.plan.statements import records, text, worded
from geoplan.site.crosswalk import Counterpart, called, counterparts, crossed, other_segment
from geoplan.site.measuring import Measured, Sentence, Setting, criterion
from geoplan.site.nearness import things
from geoplan.site.question import Brief
from geoplan.site.sentences import book_of, metres

_Floats = npt.NDArray[np.float64]

PLATFORM_LEVELS: Mapping[int, Both] = {
    3: Both("规划以该平台为本产业或本产品的载体、主战场或布局平台", "the plan makes it a carrier, main field or platform of the layout for the sector or the product"),
    2: Both("规划为本产业或本产品另外提到该平台，或隔一层说到", "the plan names it otherwise for the sector or the product, or one step removed"),
    1: Both("隔两层说到", "two steps removed"),
    0: Both("规划没有为本产业提到该平台", "the plan does not name it for the sector"),
}  # fmt: skip
DISTRICT_LEVELS: Mapping[int, Both] = {
    3: Both("区县是所问细分(未问细分时为本产业)的重点区域", "a key district of the segment asked for, or of the sector where none is"),
    2: Both("是本产业另一细分的重点区域，或隔一层说到", "a key district of another segment of the sector, or one step removed"),
    1: Both("隔两层说到", "two steps removed"),
    0: Both("不是本产业的重点区域", "no key district of the sector"),
}  # fmt: skip
ROLE_LEVELS: Mapping[str, int] = {
    "carrier": 3,
    "main_field": 3,
    "layout": 3,
    "innovation": 2,
    "named": 2,
}
"""Role of a platform for a sector → level, before what is lost on the way."""

_MOST_SENTENCES = 2
STEPS: Mapping[str, Both] = {
    "segment": Both("说的是另一细分", "it speaks of another segment"),
    "inferred": Both("系编者推断", "inferred by an editor"),
    "inherited": Both("承上合并单元格", "inherited from a merged cell"),
}
"""What lies between a statement and the plan's own word about this site and this sector."""


def needs_sector(brief: Brief) -> Both:
    """Why a criterion about the sector has nothing to measure."""
    if brief.project.sector:
        return NOTHING
    return Both("任务书没有写产业", "the brief names no sector")


def _needs_sector_or_product(brief: Brief) -> Both:
    return NOTHING if brief.project.products else needs_sector(brief)


@dataclass(frozen=True)
class Statement:
    """One sentence of the plan, what level it carries and on which row it stands."""

    level: float
    said: Both
    table: str
    row: int

    def about(self, candidate: str) -> Sentence:
        """The statement as evidence for a candidate."""
        return Sentence(candidate, self.said.zh, self.said.en, self.table, self.row)


def with_steps(said: Both, steps: Sequence[Both]) -> Both:
    """A sentence with remarks in brackets, such as what lies between."""
    if not steps:
        return said
    zh, en = "；".join(step.zh for step in steps), "; ".join(step.en for step in steps)
    return Both(f"{said.zh}（{zh}）", f"{said.en} ({en})")


def _lost(plan: Plan, counterpart: Counterpart, asked: str, segment: str, basis: str) -> list[Both]:
    """The steps between a row and the plan's own word about the sector asked for."""
    lost = []
    if other_segment(plan, counterpart, asked, segment):
        lost.append(STEPS["segment"])
    if not counterpart.itself:
        lost.append(crossed(plan, counterpart))
    if basis in ("inferred", "inherited"):
        lost.append(STEPS[basis])
    return lost


def best_first(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Statements by level, the highest first; the plan's order among equals."""
    return tuple(sorted(statements, key=lambda one: -one.level))


@lru_cache(maxsize=64)
def platform_statements(
    plan: Plan, sector: str, segment: str, products: tuple[str, ...] = ()
) -> Mapping[str, tuple[Statement, ...]]:
    """What the plan says of each platform for a sector or a product, the highest level first.

    Platforms of which it says nothing are left out. A sentence that names the
    product itself is the plan's own word, whatever sector it stands under. A
    platform inherits what is said of those it is part of, one level lower for
    each step up.
    """
    own: dict[str, list[Statement]] = {}
    table = plan.tables["platform_sectors"].dropna(subset=["platform_id", "sector_id", "role"])
    joined = {one.sector_id: one for one in reversed(counterparts(plan, sector))}
    for row, record in records(table):
        product = next((one for one in products if _is_in(one, text(record["quote"]))), "")
        counterpart = joined.get(text(record["sector_id"]))
        if product:
            said = _of_product(plan, int(str(row)), record, product)
        elif counterpart:
            said = _of_sector(plan, int(str(row)), record, counterpart, segment)
        else:
            continue
        own.setdefault(text(record["platform_id"]), []).append(said)
    found = {
        platform: best_first(
            one
            for distance, above in enumerate(line_of(plan, platform))
            for statement in own.get(above, ())
            if (one := _inherited(statement, distance)).level > 0
        )
        for platform in dict.fromkeys(plan.tables["platforms"]["id"].dropna())
    }
    return {platform: said for platform, said in found.items() if said}


def _is_in(product: str, quote: str) -> bool:
    """Whether a sentence names a product; one letter or sign names nothing."""
    return len(fold(product)) > 1 and fold(product) in fold(quote)


def _of_product(plan: Plan, row: int, record: Mapping[str, Any], product: str) -> Statement:
    where = book_of(plan).name("platforms", record["platform_id"])
    role = text(record["role"])
    steps = [STEPS["inferred"]] if record["basis"] == "inferred" else []
    words = Both(
        f"规划点名在{where.zh}发展{product}", f"The plan names {where.en} for {product} itself"
    )
    said = with_steps(words, [worded("platform_role", role), *steps])
    return Statement(ROLE_LEVELS.get(role, 2) - len(steps), said, "platform_sectors", row)


def _of_sector(
    plan: Plan, row: int, record: Mapping[str, Any], counterpart: Counterpart, segment: str
) -> Statement:
    said, role = text(record["segment_id"]), text(record["role"])
    asked_for = segment and said == segment and counterpart.itself
    base = 3 if asked_for else ROLE_LEVELS.get(role, 2)
    steps = _lost(plan, counterpart, segment, said, text(record["basis"]))
    where = book_of(plan).name("platforms", record["platform_id"])
    what = called(plan, counterpart.sector_id, said)
    words = Both(f"规划把{what.zh}放在{where.zh}", f"The plan puts {what.en} in {where.en}")
    said_so = with_steps(words, [worded("platform_role", role), *steps])
    return Statement(base - len(steps), said_so, "platform_sectors", row)


def _inherited(statement: Statement, distance: int) -> Statement:
    if not distance:
        return statement
    said = Both(f"上级平台：{statement.said.zh}", f"Of the platform above: {statement.said.en}")
    return replace(statement, level=statement.level - distance, said=said)


def line_of(plan: Plan, platform: str) -> list[str]:
    """A platform and those it is part of, upwards."""
    parents = _parents(plan)
    line = [platform]
    while (above := parents.get(line[-1])) and above not in line:
        line.append(above)
    return line


@lru_cache(maxsize=4)
def _parents(plan: Plan) -> Mapping[str, str]:
    table = plan.tables["platforms"].dropna(subset=["id", "parent_id"]).drop_duplicates("id")
    return dict(zip(table["id"], table["parent_id"], strict=True))


@criterion(
    "platform_named",
    Both("规划点名平台", "Named by the plan for the sector"),
    unit="level",
    better="high",
    asks=_needs_sector_or_product,
)
def platform_named(at: Setting) -> Measured:
    """How strongly the plan names the site for the sector or product, a level of :data:`PLATFORM_LEVELS`.

    A parcel or cell has the level of a platform that surely contains it, one
    level less where one possibly does; a range from 0 where none surely does. A
    platform surely contains what is nearer to its centre than the radius of its
    stated area, less how far its centre may be off.
    """
    project = at.brief.project
    known = platform_statements(at.plan, project.sector, project.segment, project.products)
    best, low, high = (np.zeros(len(at.sites)) for _ in range(3))
    sentences: list[Sentence] = []
    for row in np.flatnonzero(~at.own):
        candidate = str(at.sites.index[row])
        if said := known.get(candidate, ()):
            best[row] = low[row] = high[row] = said[0].level
            sentences += [one.about(candidate) for one in said[:_MOST_SENTENCES]]
    if at.own.any():
        sentences += _containing(at, known, best, low, high)
    return Measured.of(at.sites.index, best, low, high, sentences if at.explain else ())


@lru_cache(maxsize=4)
def stated_discs(plan: Plan) -> Mapping[str, tuple[tuple[float, float], float, float]]:
    """Centre, radius of the stated area, 0 without, and accuracy of each platform that has a point.

    All in metres, on the platform's id.
    """
    points = said_points(plan, "platforms")
    table = plan.tables["platforms"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    points = points[points.index.isin(table.index)]
    area_km2 = table["area_km2"].reindex(points.index).fillna(0.0).to_numpy(dtype=np.float64)
    radius_m = np.sqrt(area_km2 * M2_PER_KM2 / np.pi).tolist()
    off_m = points["accuracy_m"].fillna(0.0).tolist()
    centres = zip(points.geometry.x.tolist(), points.geometry.y.tolist(), strict=True)
    return dict(zip(points.index, zip(centres, radius_m, off_m, strict=True), strict=True))


def _containing(
    at: Setting,
    known: Mapping[str, tuple[Statement, ...]],
    best: _Floats,
    low: _Floats,
    high: _Floats,
) -> list[Sentence]:
    """Raise the levels of own sites to those of platforms that may contain them; the sentences."""
    stated = stated_discs(at.plan)
    places = things(at.plan, "platforms")
    of = {key: number for number, key in enumerate(places.ids)}
    codes = at.sites["district_code"].fillna("").to_numpy()
    slack = np.where(np.isfinite(at.accuracy_m), at.accuracy_m, np.inf)
    book, sentences = book_of(at.plan), []
    for platform, said in known.items():
        if platform not in stated or platform not in of:
            continue
        centre, radius_m, off_m = stated[platform]
        apart = np.hypot(*(at.centres - centre).T)
        same = (codes == places.districts[of[platform]]) | (codes == "")
        if places.layers[of[platform]] != district_layer(at.plan).name:
            same[:] = True
        possible = at.own & same & (apart <= radius_m + off_m + slack)
        surely = possible & (apart + off_m + slack <= radius_m)
        level = said[0].level
        high[possible] = np.maximum(high[possible], level)
        low[surely] = np.maximum(low[surely], level)
        central = np.where(surely, level, level - 1.0)
        best[possible] = np.maximum(best[possible], central[possible])
        if not at.explain:
            continue
        name, span = book.name("platforms", platform), metres(off_m, off_m, off_m)
        for row in np.flatnonzero(possible):
            inside = (
                Both(f"位于{name.zh}", f"In {name.en}")
                if surely[row]
                else Both(
                    f"可能位于{name.zh}（平台位置 ± {span.zh}）",
                    f"Possibly in {name.en} (placed to ± {span.en})",
                )
            )
            words = Both(f"{inside.zh}；{said[0].said.zh}", f"{inside.en}. {said[0].said.en}")
            sentences.append(replace(said[0], said=words).about(at.ids[row]))
    return sentences


@lru_cache(maxsize=64)
def district_statements(
    plan: Plan, sector: str, segment: str
) -> Mapping[str, tuple[Statement, ...]]:
    """What the key districts say of each district for a sector, the highest level first."""
    found: dict[str, list[Statement]] = {}
    book = book_of(plan)
    table = plan.tables["sector_areas"].dropna(subset=["sector_id", "district_code"])
    for counterpart in counterparts(plan, sector):
        for row, record in records(table[table["sector_id"] == counterpart.sector_id]):
            said = text(record["segment_id"])
            steps = _lost(plan, counterpart, segment, said, text(record["basis"]))
            # The whole sector is not the segment that was asked for.
            if segment and not said and counterpart.itself:
                steps.append(Both("说的是整个产业", "it speaks of the whole sector"))
            where = book.name("districts", record["district_code"])
            what = called(plan, counterpart.sector_id, said)
            words = Both(
                f"{where.zh}是{what.zh}的重点区域", f"{where.en} is a key district of {what.en}"
            )
            statement = Statement(
                3 - len(steps), with_steps(words, steps), "sector_areas", int(str(row))
            )
            if statement.level > 0:
                found.setdefault(text(record["district_code"]), []).append(statement)
    return {code: best_first(said) for code, said in found.items()}


@criterion(
    "key_district",
    Both("所在区县是重点区域", "Its district is a key district"),
    unit="level",
    better="high",
    asks=needs_sector,
)
def key_district(at: Setting) -> Measured:
    """Whether the site's district is a key district, a level of :data:`DISTRICT_LEVELS`.

    Not known where the site's district is not.
    """
    project = at.brief.project
    said = district_statements(at.plan, project.sector, project.segment)
    codes = at.sites["district_code"].fillna("").astype(str)
    levels = {code: statements[0].level for code, statements in said.items()}
    best = codes.map(lambda code: levels.get(code, 0.0) if code else np.nan).to_numpy(dtype=float)
    sentences = [
        said[code][0].about(candidate)
        for candidate, code in zip(at.ids, codes, strict=True)
        if at.explain and code in said
    ]
    return Measured.of(at.sites.index, best, sentences=sentences)
