"""Everything the plan says about one subject, each statement with its sentence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from geoplan.errors import QuestionError
from geoplan.plan.ledger import ledger, subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.tables import file_of
from geoplan.schema import VOCABULARIES

KINDS = tuple(VOCABULARIES["subject_kind"])
"""Kinds of subject that have details, in the order of the vocabulary."""

LISTED_AT_MOST = 200
_CITED = ("source_id", "locus", "quote", "basis", "note")

Names = Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Citation:
    """Where a statement was read: the last columns of its row, and the row."""

    source_id: str
    locus: str
    quote: str
    basis: str
    note: str
    file: str
    row: int


@dataclass(frozen=True)
class Fact:
    """One statement: words, or a number with its unit.

    ``unit`` is empty for words, else ``wanyuan`` or ``km2``. ``basis`` is that
    of this statement, which may be weaker than its row's. ``about`` is the
    (kind, id) of the subject that the value names.
    """

    label: Both
    value: Both
    number: float | None = None
    unit: str = ""
    basis: str = ""
    cite: Citation | None = None
    about: tuple[str, str] | None = None


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


@dataclass(frozen=True)
class _Book:
    """The plan with its names, and how to read it."""

    plan: Plan
    names: Names

    def name(self, kind: str, key: object) -> Both:
        return Both(*self.names.get((kind, str(key)), (str(key), str(key))))

    def rows(self, table: str, **equal: str) -> pd.DataFrame:
        frame = self.plan.tables[table]
        for column, value in equal.items():
            frame = frame[(frame[column] == value).fillna(False).astype(bool)]
        return frame


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
    >>> [(fact.label.en, fact.value.en or fact.number) for fact in found.facts][:3]
    [('Kind', 'industrial park'), ('District', 'A'), ('Planned area', 0.25)]
    >>> [related.id for related in found.related["projects"]]
    ['p2']
    """
    book = _Book(plan, subject_names(plan) if names is None else names)
    if kind not in _FACTS or (kind, key) not in book.names:
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
    facts = tuple(_facts(book, kind, key))
    return Details(kind, key, book.name(kind, key), facts, own, related, more)


def cited(table: str, row: object, record: Mapping[str, Any]) -> Citation:
    """The citation of a table's row."""
    source_id, locus, quote, basis, note = (text(record.get(name)) for name in _CITED)
    return Citation(source_id, locus, quote, basis, note, file_of(table), int(str(row)))


def text(value: object) -> str:
    """A cell as text; a missing one is empty."""
    return value if isinstance(value, str) else ""


def worded(vocabulary: str, code: object) -> Both:
    """What a code of a vocabulary is called."""
    return Both(*VOCABULARIES[vocabulary].get(text(code), (text(code), text(code))))


def _records(frame: pd.DataFrame) -> Iterator[tuple[object, dict[str, Any]]]:
    for row, record in zip(frame.index, frame.to_dict("records"), strict=True):
        yield row, {str(name): value for name, value in record.items()}


def _years(record: Mapping[str, Any]) -> tuple[int, int] | None:
    start, end = record.get("year_start"), record.get("year_end")
    return None if pd.isna(start) or pd.isna(end) else (int(str(start)), int(str(end)))


# Facts ---------------------------------------------------------------------------------

_ORDINARY: Mapping[str, tuple[tuple[str, str, Both, str], ...]] = {
    # column, how to read it, label, column that holds the basis of this statement
    "plans": (
        ("title", "both", Both("全称", "Full title"), ""),
        ("year", "span", Both("规划期", "Period"), ""),
        ("base_year", "year", Both("基期", "Base year"), ""),
    ),
    "sectors": (
        ("plan_id", "plans", Both("所属规划", "Plan"), ""),
        ("tier", "both", Both("层级", "Tier"), ""),
    ),
    "segments": (
        ("sector_id", "sectors", Both("产业", "Sector"), ""),
        ("focus", "both", Both("发展重点", "Focus"), ""),
        ("technologies", "both", Both("重点技术", "Key technologies"), ""),
    ),
    "wings": (
        ("role", "both", Both("定位", "Role"), ""),
        ("axis", "both", Both("轴线", "Axis"), ""),
    ),
    "platforms": (
        ("kind", "platform_kind", Both("类别", "Kind"), ""),
        ("parent_id", "platforms", Both("上级平台", "Part of"), ""),
        ("district_code", "districts", Both("区县", "District"), "district_basis"),
        ("wing_id", "wings", Both("所在翼", "Wing"), ""),
        ("area_km2", "km2", Both("规划面积", "Planned area"), ""),
    ),
    "enterprises": (("parent_id", "enterprises", Both("上级企业", "Group"), ""),),
    "projects": (
        ("enterprise_id", "enterprises", Both("企业", "Firm"), ""),
        ("sector_id", "sectors", Both("产业", "Sector"), ""),
        ("investment_wanyuan", "wanyuan", Both("计划总投资", "Planned investment"), ""),
        ("year", "span", Both("建设年限", "Years"), ""),
        ("platform_id", "platforms", Both("所在平台", "Platform"), "platform_basis"),
    ),
    "hubs": (("kind", "hub_kind", Both("类别", "Kind"), ""),),
    "districts": (),
}
_FACTS = _ORDINARY


def _facts(book: _Book, kind: str, key: str) -> Iterator[Fact]:
    if kind != "districts":
        frame = book.rows(kind, id=key).head(1)
        for row, record in _records(frame):
            yield from _row_facts(book, kind, row, record)
    if kind == "sectors":
        yield from _sector_facts(book, key)
    if kind == "districts":
        for row, record in _records(book.rows("layout", district_code=key)):
            product = Both(text(record["product_zh"]), text(record["product_en"]))
            value = product if product.zh else book.name("wings", record["wing_id"])
            basis = text(record["sector_basis"])
            cite = cited("layout", row, record)
            yield Fact(Both("布局", "Layout"), value, basis=basis, cite=cite)
    yield from _name_facts(book, kind, key)
    yield from _location_facts(book, kind, key)


def _row_facts(book: _Book, table: str, row: object, record: Mapping[str, Any]) -> Iterator[Fact]:
    cite = cited(table, row, record)
    for column, reading, label, basis_column in _ORDINARY[table]:
        basis = text(record.get(basis_column)) or cite.basis
        value = record.get(column)
        if reading == "both":
            chinese = text(record.get(f"{column}_zh"))
            if chinese:
                words = Both(chinese, text(record.get(f"{column}_en")) or chinese)
                yield Fact(label, words, basis=basis, cite=cite)
        elif reading == "span":
            span = _years(record)
            if span:
                years = str(span[0]) if span[0] == span[1] else f"{span[0]}–{span[1]}"
                yield Fact(label, Both(years, years), basis=basis, cite=cite)
        elif value is None or pd.isna(value):
            continue
        elif reading in ("km2", "wanyuan"):
            yield Fact(label, Both("", ""), float(value), reading, basis, cite)
        elif reading in VOCABULARIES:
            yield Fact(label, worded(reading, value), basis=basis, cite=cite)
        elif reading == "year":
            yield Fact(label, Both(str(value), str(value)), basis=basis, cite=cite)
        else:
            about = (reading, str(value))
            yield Fact(label, book.name(*about), basis=basis, cite=cite, about=about)


def _sector_facts(book: _Book, key: str) -> Iterator[Fact]:
    for row, record in _records(book.rows("segments", sector_id=key)):
        name = Both(text(record["name_zh"]), text(record["name_en"]) or text(record["name_zh"]))
        cite = cited("segments", row, record)
        yield Fact(Both("细分重点", "Segment"), name, basis=cite.basis, cite=cite)
    for row, record in _records(book.rows("chain_gaps", sector_id=key)):
        item = Both(text(record["item_zh"]), text(record["item_en"]) or text(record["item_zh"]))
        cite = cited("chain_gaps", row, record)
        yield Fact(Both("产业链短板", "Missing link"), item, basis=cite.basis, cite=cite)


def _name_facts(book: _Book, kind: str, key: str) -> Iterator[Fact]:
    names = {"enterprises": ("enterprise_names", "enterprise_id")}
    names["platforms"] = ("platform_names", "platform_id")
    if kind not in names:
        return
    table, column = names[kind]
    for row, record in _records(book.rows(table, **{column: key})):
        if record["name_zh"] == book.name(kind, key).zh or not text(record["name_zh"]):
            continue
        how = worded("name_basis", record["name_basis"])
        label = Both(f"又称（{how.zh}）", f"Also called ({how.en})")
        cite = cited(table, row, record)
        yield Fact(label, Both(record["name_zh"], record["name_zh"]), basis=cite.basis, cite=cite)


def _location_facts(book: _Book, kind: str, key: str) -> Iterator[Fact]:
    said = book.rows("locations", subject_kind=kind, subject_id=key).head(1)
    for row, record in _records(said):
        cite = cited("locations", row, record)
        place = "，".join(p for p in (text(record["township_zh"]), text(record["place_zh"])) if p)
        if place:
            yield Fact(Both("地点", "Place"), Both(place, place), basis=cite.basis, cite=cite)
        code = text(record["district_code"])
        if code and kind != "platforms":
            yield Fact(
                Both("区县", "District"), book.name("districts", code),
                basis=cite.basis, cite=cite, about=("districts", code),
            )  # fmt: skip
        note = text(record["coordinate_note"])
        if note:
            label = Both("坐标来历", "Origin of the coordinate")
            yield Fact(label, Both(note, note), basis=cite.basis, cite=cite)


# Related subjects ----------------------------------------------------------------------

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
    book: _Book, kind: str, key: str, districts: Mapping[str, "pd.Series[Any]"]
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


def _by_money(book: _Book, rows: pd.DataFrame, column: str) -> pd.DataFrame:
    if len(rows) <= LISTED_AT_MOST:
        return rows
    projects = book.plan.tables["projects"].drop_duplicates("id").set_index("id")
    money = rows[column].map(projects["investment_wanyuan"]).fillna(0)
    return rows.loc[money.sort_values(ascending=False, kind="stable").index]


def _linked(
    book: _Book, rows: pd.DataFrame, table: str, other: str, column: str, role: str
) -> Iterable[Related]:
    keys = rows[column].astype(str)
    # What is beyond the listing needs a count only.
    listed, beyond = rows.iloc[:LISTED_AT_MOST], keys.iloc[LISTED_AT_MOST:]
    projects = (
        book.plan.tables["projects"].drop_duplicates("id").set_index("id")
        if other == "projects"
        else None
    )
    for row, record in _records(listed):
        one = str(record[column])
        said = worded(_ROLES[table], record[role]) if role else _SAID.get(table, Both("", ""))
        money, years = None, None
        if projects is not None and one in projects.index:
            project = {str(k): v for k, v in projects.loc[one].to_dict().items()}
            worth = project["investment_wanyuan"]
            money, years = None if pd.isna(worth) else int(worth), _years(project)
        cite = cited(table, row, record)
        yield Related(other, one, book.name(other, one), said, cite, money, years)
    for one in beyond:
        yield Related(other, one, Both("", ""), Both("", ""), investment_wanyuan=0)
