"""Spreadsheets to fill in: lists to choose from, units, an example, a page of explanations.

What is filled in is read back by :func:`geoplan.exchange.incoming.importing.propose`
without a question.
"""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.office.cells import Column as SheetColumn
from geoplan.exchange.office.cells import Kind, column_letters
from geoplan.exchange.office.workbooks import Properties, Sheet, workbook
from geoplan.exchange.sheets.titles import LOCATED
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language
from geoplan.schema import CITATION_NAMES, TABLES, VOCABULARIES, Column, Table

MARK = "geoplan template"
"""How the description of a workbook begins that was made here."""

_DATA_PART = "xl/worksheets/sheet1.xml"
_LEFT_OUT = (*CITATION_NAMES, "district_basis", "platform_basis", "platform_note", "sector_basis",
             "counted", "document_sha256")  # fmt: skip
_OPTIONAL_IDS = ("id",)
_LOCATION = ("district_code", "township_zh", "place_zh", "lon", "lat", "accuracy_m")
_MOST_CHOICES = 5_000
_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_KINDS: dict[str, Kind] = {"integer": "integer", "number": "number", "year": "year", "date": "date"}
_NOTES_TITLE = Both("填写说明", "How to fill in")
_NOTE_TITLES = (
    Both("列", "Column"), Both("含义", "Meaning"), Both("必填", "Required"), Both("单位", "Unit"),
    Both("示例", "Example"), Both("可选值", "Choices"),
)  # fmt: skip
_HINTS = (
    Both("每行一条；不要改动表头。灰色斜体的示例行可以不删，导入时会跳过。",
         "One row each; leave the header as it is. The example in grey italics may stay: it is passed over."),
    Both("金额、面积可直接写“3亿元”“150亩”；年份可写“2021-2023年”。约数写“约3亿”。",
         "Amounts and areas may carry their own unit, as 3亿元 or 150亩; “约” marks what is approximate."),
    Both("企业名称可以填新企业；产业、区县、平台请从下拉列表中选。",
         "A firm may be new; choose sector, district and platform from the lists."),
    Both("合计行、备注行不会当作数据。空格表示不详。",
         "Totals and remarks are not taken as data. An empty cell means unknown."),
)  # fmt: skip


def template(table: str, language: Language, plan: Plan) -> bytes:
    """A spreadsheet (XLSX) for new rows of a table.

    Parameters
    ----------
    table :
        Table of the data dictionary; tables of things with a place have the
        columns of a location, too.
    """
    declared = TABLES[table]
    directory = Directory(plan)
    fields = template_fields(table)
    columns = [_sheet_column(column, declared, directory, language) for column in fields]
    example = [_example(column, directory, language) for column in fields]
    title = declared.zh if language == "zh" else table
    properties = Properties(
        title=plan.meta.title_zh if language == "zh" else plan.meta.title_en,
        subject=title,
        comments=f"{MARK} {table}",
        language=language,
    )
    data = Sheet(title, columns, [], frozen=1, example=example)
    content = workbook([data, _notes(fields, columns, example, language)], properties)
    may_be_new = [
        i for i, c in enumerate(fields) if c.references == "enterprises" and c.kind != "list"
    ]
    return _with_open_lists(content, [column_letters(i) for i in may_be_new])


def _with_open_lists(content: bytes, letters: Sequence[str]) -> bytes:
    """Let some columns take what is not in their list, after a hint: a firm may be new."""
    made = io.BytesIO()
    pattern = re.compile(
        rb'<dataValidation (?=[^>]*sqref="(?:%s)2:)' % b"|".join(c.encode() for c in letters)
    )
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            part = old.read(info)
            if info.filename == _DATA_PART and letters:
                part = pattern.sub(b'<dataValidation errorStyle="information" ', part)
            new.writestr(info, part)
    return made.getvalue()


def template_fields(table: str) -> list[Column]:
    """The columns a template asks for."""
    own = [column for column in TABLES[table].columns if column.name not in _LEFT_OUT]
    if table in LOCATED:
        names = {column.name for column in own}
        places = TABLES["locations"]
        own += [places.column(name) for name in _LOCATION if name not in names]
    note = [column for column in TABLES[table].columns if column.name == "note"]
    return own + note


def examples(table: str, directory: Directory) -> list[list[str]]:
    """The cells of the example row, in either language."""
    fields = template_fields(table)
    return [[_example(column, directory, language) for column in fields] for language in _LANGUAGES]


def template_table(facts: Mapping[str, str]) -> str:
    """The table of a template, from a workbook's properties; empty for any other workbook."""
    table = facts.get("description", "").removeprefix(MARK).strip()
    return table if facts.get("description", "").startswith(MARK) and table in TABLES else ""


def _sheet_column(
    column: Column, table: Table, directory: Directory, language: Language
) -> SheetColumn:
    title = column.zh if language == "zh" else column.en
    choices = _choices(column, directory, language)
    required = column.required and column.name not in _OPTIONAL_IDS
    marks = [Both("必填", "required")] if required else [Both("可空", "may stay empty")]
    if column.name == "id":
        marks = [Both("可空：留空则自动编号", "may stay empty: an id is then made")]
    if column.example and not choices:
        marks.append(Both(f"例如 {column.example}", f"for example {column.example}"))
    separator = "；" if language == "zh" else "; "
    is_open = column.kind == "list" or len(choices) > _MOST_CHOICES
    bounded = column.kind in ("integer", "number") and column.minimum is not None
    return SheetColumn(
        title,
        column.unit,
        _KINDS.get(column.kind, "text"),
        decimals=6 if column.unit == "°" else 2,
        choices=() if is_open else choices,
        least=column.minimum if bounded and not column.unit else None,
        comment=separator.join(mark[language] for mark in marks),
    )


def _choices(column: Column, directory: Directory, language: Language) -> tuple[str, ...]:
    """What a cell may hold: names; with the id where two things have the same name."""
    if column.vocabulary:
        named = VOCABULARIES[column.vocabulary].items()
        return tuple((zh if language == "zh" else en) or code for code, (zh, en) in named)
    if not column.references or column.references in ("sources", "subject_kind"):
        return ()
    ids = directory.ids(column.references)
    if column.references == "districts":
        today = directory.districts_today()
        return tuple(directory.label("districts", code)[language] for code in today)
    names = [directory.label(column.references, key)[language] for key in ids]
    return tuple(
        name if _means(directory, column.references, name) == key else f"{name} [{key}]"
        for key, name in zip(ids, names, strict=True)
    )


def _means(directory: Directory, table: str, name: str) -> str:
    found = directory.find(table, name)
    return found.ids[0] if len(found.ids) == 1 else ""


def _example(column: Column, directory: Directory, language: Language) -> str:
    choices = _choices(column, directory, language)
    if choices:
        return choices[0]
    if column.example and not (column.references or column.kind == "id"):
        return column.example
    if column.name == "name_zh":
        return "示例(请删除)"
    return "示例" if column.required and column.kind == "text" else ""


def _notes(
    fields: Sequence[Column],
    columns: Sequence[SheetColumn],
    example: Sequence[str],
    language: Language,
) -> Sheet:
    yes = Both("是", "yes")[language]
    rows: list[list[str]] = []
    for column, shown, sample in zip(fields, columns, example, strict=True):
        other = column.en if language == "zh" else column.zh
        needed = yes if column.required and column.name not in _OPTIONAL_IDS else ""
        listed = ", ".join(shown.choices[:30]) + (" …" if len(shown.choices) > 30 else "")
        rows.append([shown.header, other, needed, column.unit, sample, listed])
    rows += [[""] * len(_NOTE_TITLES)]
    rows += [[hint[language], *[""] * (len(_NOTE_TITLES) - 1)] for hint in _HINTS]
    titles = [SheetColumn(title[language]) for title in _NOTE_TITLES]
    return Sheet(_NOTES_TITLE[language], titles, rows)
