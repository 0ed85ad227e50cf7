"""Statements of a plan about a subject: facts, each with the sentence it was read in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.tables import file_of
from geoplan.schema import CITATION_NAMES, VOCABULARIES

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
class Book:
    """The plan with its names, and how to read it."""

    plan: Plan
    names: Names

    def name(self, kind: str, key: object) -> Both:
        """What a subject is called; its id where it has no name."""
        return Both(*self.names.get((kind, str(key)), (str(key), str(key))))

    def rows(self, table: str, **equal: str) -> pd.DataFrame:
        """The rows of a table whose columns have these values."""
        frame = self.plan.tables[table]
        for column, value in equal.items():
            frame = frame[(frame[column] == value).fillna(False).astype(bool)]
        return frame


def cited(table: str, row: object, record: Mapping[str, Any]) -> Citation:
    """The citation of a table's row."""
    source_id, locus, quote, basis, note = (text(record.get(name)) for name in CITATION_NAMES)
    return Citation(source_id, locus, quote, basis, note, file_of(table), int(str(row)))


def text(value: object) -> str:
    """A cell as text; a missing one is empty."""
    return value if isinstance(value, str) else ""


def worded(vocabulary: str, code: object) -> Both:
    """What a code of a vocabulary is called."""
    return Both(*VOCABULARIES[vocabulary].get(text(code), (text(code), text(code))))


def records(frame: pd.DataFrame) -> Iterator[tuple[object, dict[str, Any]]]:
    """Row number and cells of each row."""
    for row, record in zip(frame.index, frame.to_dict("records"), strict=True):
        yield row, {str(name): value for name, value in record.items()}


def years_of(record: Mapping[str, Any]) -> tuple[int, int] | None:
    """First and last year of a row; ``None`` where one is missing."""
    start, end = record.get("year_start"), record.get("year_end")
    return None if pd.isna(start) or pd.isna(end) else (int(str(start)), int(str(end)))


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


def facts_about(book: Book, kind: str, key: str) -> Iterator[Fact]:
    """What the plan's tables say of a subject, its own row first."""
    if kind != "districts":
        frame = book.rows(kind, id=key).head(1)
        for row, record in records(frame):
            yield from _row_facts(book, kind, row, record)
    if kind == "sectors":
        yield from _sector_facts(book, key)
    if kind == "districts":
        for row, record in records(book.rows("layout", district_code=key)):
            product = Both(text(record["product_zh"]), text(record["product_en"]))
            value = product if product.zh else book.name("wings", record["wing_id"])
            basis = text(record["sector_basis"])
            cite = cited("layout", row, record)
            yield Fact(Both("布局", "Layout"), value, basis=basis, cite=cite)
    yield from _name_facts(book, kind, key)
    yield from _location_facts(book, kind, key)


def _row_facts(book: Book, table: str, row: object, record: Mapping[str, Any]) -> Iterator[Fact]:
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
            span = years_of(record)
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


def _sector_facts(book: Book, key: str) -> Iterator[Fact]:
    for row, record in records(book.rows("segments", sector_id=key)):
        name = Both(text(record["name_zh"]), text(record["name_en"]) or text(record["name_zh"]))
        cite = cited("segments", row, record)
        yield Fact(Both("细分重点", "Segment"), name, basis=cite.basis, cite=cite)
    for row, record in records(book.rows("chain_gaps", sector_id=key)):
        item = Both(text(record["item_zh"]), text(record["item_en"]) or text(record["item_zh"]))
        cite = cited("chain_gaps", row, record)
        yield Fact(Both("产业链短板", "Missing link"), item, basis=cite.basis, cite=cite)


def _name_facts(book: Book, kind: str, key: str) -> Iterator[Fact]:
    names = {"enterprises": ("enterprise_names", "enterprise_id")}
    names["platforms"] = ("platform_names", "platform_id")
    if kind not in names:
        return
    table, column = names[kind]
    for row, record in records(book.rows(table, **{column: key})):
        if record["name_zh"] == book.name(kind, key).zh or not text(record["name_zh"]):
            continue
        how = worded("name_basis", record["name_basis"])
        label = Both(f"又称（{how.zh}）", f"Also called ({how.en})")
        cite = cited(table, row, record)
        yield Fact(label, Both(record["name_zh"], record["name_zh"]), basis=cite.basis, cite=cite)


def _location_facts(book: Book, kind: str, key: str) -> Iterator[Fact]:
    said = book.rows("locations", subject_kind=kind, subject_id=key).head(1)
    for row, record in records(said):
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
