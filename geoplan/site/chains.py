"""Who belongs to a sector, and who to its chain.

A chain is what the tables say of it: the sector's other segments, sectors that
the crosswalk of projects joins, those whose missing links the new project makes,
and those that make the sector's own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from geoplan.plan.finding import fold
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.statements import records, text, worded
from geoplan.site.crosswalk import called, counterparts, other_segment
from geoplan.site.sentences import book_of

_PARTS = re.compile(r"[（()）、,，;；/]")
_COURTED = "courted"
EXACT, CONTAINED = 1.0, 0.5
"""What a match counts: the same words; one inside the other, or joined by projects alone."""


@dataclass(frozen=True)
class Named:
    """A thing with what it counts, what is said of it, and the row that says so."""

    weight: float
    said: Both
    table: str
    row: int


def matched(product: str, item: str) -> float:
    """How surely a product is an item: :data:`EXACT`, :data:`CONTAINED` or 0.

    Width, case and spaces make no difference. An item with its variants in
    brackets is contained where one of them is.

    Examples
    --------
    >>> matched("Power batteries", "power batteries"), matched("电机", "驱动电机"), matched("泵", "轴承")
    (1.0, 0.5, 0.0)
    """
    first, second = fold(product), fold(item)
    if not first or not second:
        return 0.0
    if first == second:
        return EXACT
    words = [part for part in _PARTS.split(second) if part]
    if first in second or any(part in first for part in words):
        return CONTAINED
    return 0.0


@dataclass(frozen=True)
class Gap:
    """A missing link of a sector's chain, how surely some product fills it, and which."""

    sector_id: str
    item: Both
    product: str
    match: float
    row: int


@lru_cache(maxsize=64)
def gaps_filled(plan: Plan, products: tuple[str, ...]) -> tuple[Gap, ...]:
    """The missing links of all sectors that some products fill, each with its best match."""
    found = []
    for row, record in records(plan.tables["chain_gaps"].dropna(subset=["sector_id", "item_zh"])):
        item = Both(text(record["item_zh"]), text(record["item_en"]) or text(record["item_zh"]))
        match, product = max(
            ((max(matched(one, item.zh), matched(one, item.en)), one) for one in products),
            key=lambda pair: pair[0],
            default=(0.0, ""),
        )
        if match:
            found.append(Gap(text(record["sector_id"]), item, product, match, int(str(row))))
    return tuple(found)


@lru_cache(maxsize=64)
def sector_members(plan: Plan, sector: str, segment: str) -> MappingProxyType[str, Named]:
    """Firms of a sector, or of its segment; those of joined sectors with the crosswalk's share.

    A firm that is named for another segment alone is not of the segment asked for.
    """
    return MappingProxyType(_firms(plan, sector, segment)[0])


@lru_cache(maxsize=64)
def chain_members(
    plan: Plan, sector: str, segment: str, products: tuple[str, ...]
) -> MappingProxyType[str, Named]:
    """Firms of a sector's chain that are not of the sector, or the segment, itself."""
    own, others = _firms(plan, sector, segment)
    found = dict(others)
    for linked, segment_id, weight, why in _linked(plan, sector, products):
        for firm, record, row in _rows(plan, linked):
            if segment_id and text(record["segment_id"]) != segment_id:
                continue
            if firm not in found or found[firm].weight < weight:
                said = _said(plan, firm, record, (why,))
                found[firm] = Named(weight, said, "sector_firms", row)
    return MappingProxyType({firm: one for firm, one in found.items() if firm not in own})


def _firms(plan: Plan, sector: str, segment: str) -> tuple[dict[str, Named], dict[str, Named]]:
    """Firms of the segment asked for, and of the sector's other segments."""
    own: dict[str, Named] = {}
    others: dict[str, Named] = {}
    for counterpart in counterparts(plan, sector):
        by_firm: dict[str, list[tuple[dict[str, Any], int]]] = {}
        for firm, record, row in _rows(plan, counterpart.sector_id):
            by_firm.setdefault(firm, []).append((record, row))
        for firm, rows in by_firm.items():
            # Where a firm's segment is told, that it is of the sector says nothing more.
            told = [one for one in rows if text(one[0]["segment_id"])] or rows
            same = [
                one
                for one in told
                if not other_segment(plan, counterpart, segment, text(one[0]["segment_id"]))
            ]
            group, (record, row) = (own, same[0]) if same else (others, told[0])
            remarks = (
                ()
                if counterpart.itself
                else (
                    Both("按产业对照计入，系推断", "counted by the crosswalk, which is inferred"),
                )
            )
            named = Named(
                counterpart.share, _said(plan, firm, record, remarks), "sector_firms", row
            )
            if firm not in group or group[firm].weight < named.weight:
                group[firm] = named
    return own, {firm: one for firm, one in others.items() if firm not in own}


def _rows(plan: Plan, sector: str) -> Sequence[tuple[str, dict[str, Any], int]]:
    return _rows_by_sector(plan).get(sector, ())


@lru_cache(maxsize=4)
def _rows_by_sector(plan: Plan) -> Mapping[str, Sequence[tuple[str, dict[str, Any], int]]]:
    table = plan.tables["sector_firms"].dropna(subset=["sector_id", "enterprise_id"])
    found: dict[str, list[tuple[str, dict[str, Any], int]]] = {}
    for row, record in records(table[table["role"] != _COURTED]):
        named = text(record["enterprise_id"]), record, int(str(row))
        found.setdefault(text(record["sector_id"]), []).append(named)
    return found


def _said(plan: Plan, firm: str, record: dict[str, Any], remarks: Iterable[Both]) -> Both:
    name = book_of(plan).name("enterprises", firm)
    what = called(plan, text(record["sector_id"]), text(record["segment_id"]))
    role = worded("firm_role", record["role"])
    zh = "；".join([f"{what.zh}{role.zh}", *(remark.zh for remark in remarks)])
    en = "; ".join([f"{what.en}: {role.en}", *(remark.en for remark in remarks)])
    return Both(f"{name.zh}（{zh}）", f"{name.en} ({en})")


def _linked(
    plan: Plan, sector: str, products: tuple[str, ...]
) -> Iterator[tuple[str, str, float, Both]]:
    """Sectors of the chain: which, limited to which segment, how surely, and why."""
    book = book_of(plan)
    same = {one.sector_id for one in counterparts(plan, sector)}
    for gap in gaps_filled(plan, products):
        why = Both(f"该产业缺{gap.item.zh}", f"a sector that lacks {gap.item.en}")
        if gap.sector_id not in same:
            yield gap.sector_id, "", gap.match, why
    lacking = plan.tables["chain_gaps"].dropna(subset=["sector_id", "item_zh"])
    for _, segment in records(plan.tables["segments"].dropna(subset=["id", "sector_id"])):
        if text(segment["sector_id"]) in same:
            continue
        for item in lacking.loc[lacking["sector_id"] == sector, "item_zh"]:
            match = matched(str(item), text(segment["name_zh"]))
            if match:
                maker = book.name("segments", segment["id"])
                why = Both(
                    f"{maker.zh}可补本产业所缺的{item}", f"{maker.en} may supply what it lacks"
                )
                yield text(segment["sector_id"]), text(segment["id"]), match, why
    links = plan.tables["sector_links"].dropna(
        subset=["project_id", "from_sector_id", "to_sector_id"]
    )
    pairs = set(zip(links["from_sector_id"], links["to_sector_id"], strict=True))
    for source in sorted({source for source, target in pairs if sector in (source, target)}):
        for linked in sorted({target for start, target in pairs if start == source} | {source}):
            if linked not in same:
                middle = book.name("sectors", source)
                why = Both(
                    f"{middle.zh}的项目与本产业相连", f"joined to it by projects of {middle.en}"
                )
                yield linked, "", CONTAINED, why
