"""Everything the plan says about one subject, each statement with its sentence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from geoplan.errors import QuestionError
from geoplan.plan.ledger import ledger, subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.statements import (
    Book,
    Citation,
    Fact,
    Names,
    cited,
    facts_about,
    records,
    worded,
    years_of,
)
from geoplan.schema import VOCABULARIES

KINDS = tuple(VOCABULARIES["subject_kind"])
"""Kinds of subject that have details, in the order of the vocabulary."""

LISTED_AT_MOST = 200


@dataclass(frozen=True)
class Related:
    """Another subject, how it is related, and the sentence that says so."""

    kind: str
    id: str
    name: Both
    role: Both
    cite: Citation | None = None
    investment_wanyuan: int | None = None
    years: tuple[int, int] | None = None


@dataclass(frozen=True)
class Details:
    """What the plan says about one subject.

    Attributes
    ----------
    figures :
        Its rows of the ledger.
    related :
        Kind → the related subjects of that kind, at most ``LISTED_AT_MOST``;
        projects by falling investment.
    more :
        Kind → how many are not listed.
    """

    kind: str
    id: str
    name: Both
    facts: tuple[Fact, ...]
    figures: pd.DataFrame
    related: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)
    more: Mapping[str, int] = field(default_factory=dict)


def details(
    plan: Plan,
    kind: str,
    key: str,
    *,
    names: Names | None = None,
    figures: pd.DataFrame | None = None,
    districts: Mapping[str, "pd.Series[Any]"] | None = None,
) -> Details:
    """Facts, figures and related subjects of one subject.

    Parameters
    ----------
    kind :
        One of :data:`KINDS`.
    key :
        Its id; for a district its code.
    names, figures :
        ``subject_names(plan)`` and ``ledger(plan)``, where they are at hand.
    districts :
        Kind → district code on the id, where things have been located; a
        district then lists what lies in it.

    Raises
    ------
    QuestionError
        The plan holds no such subject.

    Examples
    --------
    >>> from geoplan.plan.opening import open_plan
    >>> found = details(open_plan("tests/plans/tiny"), "platforms", "park")
    >>> [(fact.label.en, fact.value.en or fact.number) for fact in found.facts][2:4]
    [('Wing', 'East wing'), ('Planned area', 0.25)]
    >>> [related.id for related in found.related["projects"]]
    ['p2']
    """
    book = Book(plan, subject_names(plan) if names is None else names)
    if kind not in _LINKS or (kind, key) not in book.names:
        raise QuestionError(f"the plan holds no {kind} “{key}”")
    known = ledger(plan) if figures is None else figures
    own = known[(known["subject_kind"] == kind) & (known["subject_id"] == key)]
    related: dict[str, tuple[Related, ...]] = {}
    more: dict[str, int] = {}
    found: dict[str, dict[str, Related]] = {}
    for one in _related(book, kind, key, districts or {}):
        # A firm named five times is one firm; its first sentence stands.
        found.setdefault(one.kind, {}).setdefault(one.id, one)
    for other, by_id in found.items():
        same = list(by_id.values())
        if other == "projects":
            same.sort(key=lambda one: -(one.investment_wanyuan or 0))
        related[other] = tuple(same[:LISTED_AT_MOST])
        more[other] = max(0, len(same) - LISTED_AT_MOST)
    facts = tuple(facts_about(book, kind, key))
    return Details(kind, key, book.name(kind, key), facts, own, related, more)


_LINKS: Mapping[str, tuple[tuple[str, str, str, str, str], ...]] = {
    # table, column of this subject, kind and column of the other, column of the role
    "plans": (("sectors", "plan_id", "sectors", "id", ""),),
    "sectors": (
        ("projects", "sector_id", "projects", "id", ""),
        ("sector_firms", "sector_id", "enterprises", "enterprise_id", "role"),
        ("platform_sectors", "sector_id", "platforms", "platform_id", "role"),
        ("sector_areas", "sector_id", "districts", "district_code", ""),
        ("layout", "sector_id", "wings", "wing_id", ""),
        ("layout", "sector_id", "districts", "district_code", ""),
        ("sector_links", "from_sector_id", "sectors", "to_sector_id", ""),
        ("sector_links", "to_sector_id", "sectors", "from_sector_id", ""),
        ("sector_links", "to_sector_id", "projects", "project_id", ""),
    ),
    "segments": (
        ("sector_firms", "segment_id", "enterprises", "enterprise_id", "role"),
        ("platform_sectors", "segment_id", "platforms", "platform_id", "role"),
        ("sector_areas", "segment_id", "districts", "district_code", ""),
        ("sector_links", "to_segment_id", "projects", "project_id", ""),
    ),
    "wings": (
        ("layout", "wing_id", "sectors", "sector_id", ""),
        ("layout", "wing_id", "districts", "district_code", ""),
        ("platforms", "wing_id", "platforms", "id", ""),
    ),
    "districts": (
        ("sector_areas", "district_code", "sectors", "sector_id", ""),
        ("layout", "district_code", "sectors", "sector_id", ""),
        ("layout", "district_code", "wings", "wing_id", ""),
        ("platforms", "district_code", "platforms", "id", ""),
    ),
    "platforms": (
        ("platform_sectors", "platform_id", "sectors", "sector_id", "role"),
        ("platform_firms", "platform_id", "enterprises", "enterprise_id", "role"),
        ("projects", "platform_id", "projects", "id", ""),
        ("platforms", "parent_id", "platforms", "id", ""),
    ),
    "enterprises": (
        ("projects", "enterprise_id", "projects", "id", ""),
        ("sector_firms", "enterprise_id", "sectors", "sector_id", "role"),
        ("platform_firms", "enterprise_id", "platforms", "platform_id", "role"),
        ("enterprises", "parent_id", "enterprises", "id", ""),
    ),
    "projects": (
        ("projects", "id", "enterprises", "enterprise_id", ""),
        ("projects", "id", "sectors", "sector_id", ""),
        ("projects", "id", "platforms", "platform_id", ""),
        ("sector_links", "project_id", "sectors", "to_sector_id", ""),
    ),
    "hubs": (),
}
_ROLES = {
    "sector_firms": "firm_role",
    "platform_firms": "firm_role",
    "platform_sectors": "platform_role",
}
_SAID = {
    "sector_areas": Both("重点区域", "key area"),
    "layout": Both("空间布局", "layout"),
    "sector_links": Both("产业对照", "crosswalk"),
}


def _related(
    book: Book, kind: str, key: str, districts: Mapping[str, "pd.Series[Any]"]
) -> Iterator[Related]:
    for table, column, other, other_column, role in _LINKS[kind]:
        rows = book.rows(table, **{column: key})
        rows = rows[rows[other_column].notna()]
        if other == "projects":
            rows = _by_money(book, rows, other_column)
        yield from _linked(book, rows, table, other, other_column, role)
    if kind == "districts":
        for other, codes in districts.items():
            inside = set(codes.index[(codes == key).fillna(False).astype(bool)])
            rows = book.plan.tables[other]
            rows = rows[rows["id"].isin(inside)]
            rows = _by_money(book, rows, "id") if other == "projects" else rows
            yield from _linked(book, rows, other, other, "id", "")


def _by_money(book: Book, rows: pd.DataFrame, column: str) -> pd.DataFrame:
    if len(rows) <= LISTED_AT_MOST:
        return rows
    projects = book.plan.tables["projects"].drop_duplicates("id").set_index("id")
    money = rows[column].map(projects["investment_wanyuan"]).fillna(0)
    return rows.loc[money.sort_values(ascending=False, kind="stable").index]


def _linked(
    book: Book, rows: pd.DataFrame, table: str, other: str, column: str, role: str
) -> Iterable[Related]:
    keys = rows[column].astype(str)
    # What is beyond the listing needs a count only.
    listed, beyond = rows.iloc[:LISTED_AT_MOST], keys.iloc[LISTED_AT_MOST:]
    projects = (
        book.plan.tables["projects"].drop_duplicates("id").set_index("id")
        if other == "projects"
        else None
    )
    for row, record in records(listed):
        one = str(record[column])
        said = worded(_ROLES[table], record[role]) if role else _SAID.get(table, Both("", ""))
        money, years = None, None
        if projects is not None and one in projects.index:
            project = {str(k): v for k, v in projects.loc[one].to_dict().items()}
            worth = project["investment_wanyuan"]
            money, years = None if pd.isna(worth) else int(worth), years_of(project)
        cite = cited(table, row, record)
        yield Related(other, one, book.name(other, one), said, cite, money, years)
    for one in beyond:
        yield Related(other, one, Both("", ""), Both("", ""), investment_wanyuan=0)
