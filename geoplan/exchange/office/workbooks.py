"""Spreadsheets for people: one row a thing, units in the header, ready to print.

A text stays a text, whatever it looks like: nothing becomes a formula, a link
or a date that was none. The same sheets and properties give the same bytes.
"""

import io
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from geoplan.errors import OutputError
from geoplan.exchange.files.reports import width_of
from geoplan.exchange.office.cells import (
    FORMULA_STARTS,
    WORDS,
    Column,
    Kind,
    cell_of,
    cleaned,
    column_letters,
    sheet_names,
    width_for,
)
from geoplan.plan.problems import Both, Language
from geoplan.plan.relations import day_of

__all__ = [
    "MIMETYPE",
    "Cells",
    "Column",
    "Kind",
    "Properties",
    "Sheet",
    "sources_sheet",
    "workbook",
]

Cells = Sequence[Any]

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575
# In Chinese Windows, macOS and WPS alike.
FONT = "宋体"
_FONT_PT = 10
_FORMATS: Mapping[Kind, str] = {
    "text": "@",
    "integer": "#,##0",
    "number": "#,##0",
    "share": "0.0%",
    "year": "0",
    "date": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm",
    "flag": "@",
}
_LONG = 255
_LINE_PT, _MOST_LINES = 14.5, 12
# Where the font is missing another takes its place, wider and higher; and words do not break.
_FILLED = 0.85
_LOOKED_AT = 300
_PAGES = Both("第 &P 页，共 &N 页", "Page &P of &N")
_CHOICES = Both("选项", "Choices")
_SOURCES = Both("来源", "Sources")


@dataclass(frozen=True)
class Sheet:
    """A sheet: its header is the first row, every other row is a thing.

    Attributes
    ----------
    rows :
        Cells in the order of the columns; may be an iterator.
    frozen :
        So many first columns stay in sight.
    printed :
        So many first columns go to the printer, all where 0.
    example :
        A row in grey italics below the header, for templates; a comment says
        that it is to be deleted.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Cells] = ()
    frozen: int = 0
    printed: int = 0
    example: Cells | None = None


@dataclass(frozen=True)
class Properties:
    """What the file says of itself, and the language of what geoplan adds to it."""

    title: str
    subject: str = ""
    comments: str = ""
    made: datetime | None = None
    language: Language = "zh"


def workbook(sheets: Sequence[Sheet], properties: Properties, *, streams: bool = False) -> bytes:
    """Write sheets as an XLSX file.

    Parameters
    ----------
    streams :
        Write each row to disk as it comes, so that a million rows need no
        memory; equal texts are then stored as often as they occur.

    Raises
    ------
    OutputError
        A sheet has more rows than a spreadsheet can hold, or XlsxWriter is
        missing.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise OutputError("spreadsheets need XlsxWriter: pip install 'geoplan[map]'") from error
    buffer = io.BytesIO()
    options = {
        "constant_memory": streams,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONT, "font_size": _FONT_PT},
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties(_facts(properties))
        writer = _Writer(book, properties, streams)
        lists = _lists(sheets)
        names = sheet_names([s.title for s in sheets] + [_CHOICES[properties.language]])
        at = {
            choices: f"='{names[-1]}'!${column_letters(i)}$2:${column_letters(i)}${len(choices) + 1}"
            for i, choices in enumerate(lists)
        }
        for sheet, name in zip(sheets, names, strict=False):
            writer.write(sheet, name, at)
        if lists:
            writer.write(_choices_sheet(sheets, lists), names[-1], {})
    return buffer.getvalue()


def sources_sheet(sources: pd.DataFrame, language: Language) -> Sheet:
    """A sheet of sources from a plan's table: who issued them, when, under which licence."""
    zh = language == "zh"
    titles = (
        ("编号", "名称", "发布单位", "发布日期", "取得日期", "许可", "地址", "说明")
        if zh
        else ("Id", "Title", "Publisher", "Issued", "Accessed", "Licence", "Address", "Note")
    )
    kinds: dict[int, Kind] = {3: "date", 4: "date"}
    columns = [Column(title, kind=kinds.get(i, "text")) for i, title in enumerate(titles)]
    rows = []
    for row in sources.dropna(subset=["id"]).to_dict("records"):
        named = [
            next((t for t in (row[f"{what}_{language}"], row[f"{what}_zh"]) if isinstance(t, str)), "")
            for what in ("title", "publisher")
        ]  # fmt: skip
        days = [day_of(row["issued"]), day_of(row["accessed"])]
        rows.append([row["id"], *named, *days, row["licence"], row["address"], row["note"]])
    return Sheet(_SOURCES[language], columns, rows)


class _Writer:
    """One book with its formats, each made once."""

    def __init__(self, book: Any, properties: Properties, streams: bool) -> None:
        self.book = book
        self.streams = streams
        self.properties = properties
        self.language = properties.language
        self._formats: dict[tuple[Any, ...], Any] = {}

    def look(self, **style: Any) -> Any:
        key = tuple(sorted(style.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"valign": "top", **style})
        return self._formats[key]

    def write(self, sheet: Sheet, name: str, lists: Mapping[tuple[str, ...], str]) -> None:
        page = self.book.add_worksheet(name)
        rows = iter(sheet.rows)
        first = list(itertools.islice(rows, _LOOKED_AT))
        widths = [
            column.width or width_for(column, [row[i] for row in first])
            for i, column in enumerate(sheet.columns)
        ]
        self._set_up(page, sheet, name, widths)
        self._header(page, sheet, widths)
        styles = [self._style(column) for column in sheet.columns]
        start = 1
        if sheet.example is not None:
            grey = {"italic": True, "font_color": "#7F7F7F"}
            quiet = [self._style(column, **grey) for column in sheet.columns]
            self._row(page, 1, sheet.example, sheet.columns, quiet)
            start = 2
        last = start - 1
        for last, row in enumerate(itertools.chain(first, rows), start):
            if last > MOST_ROWS:
                raise OutputError(
                    f"“{sheet.title}” has more than {MOST_ROWS:,} rows, which no spreadsheet "
                    "holds; write CSV or GeoPackage, or fewer rows"
                )
            if not self.streams:
                self._make_room(page, last, row, widths)
            self._row(page, last, row, sheet.columns, styles)
        if sheet.printed:
            page.print_area(0, 0, max(last, 1), sheet.printed - 1)
        if sheet.columns:
            page.autofilter(0, 0, max(last, 1), len(sheet.columns) - 1)
        self._validate(page, sheet, lists)

    def _set_up(self, page: Any, sheet: Sheet, name: str, widths: Sequence[float]) -> None:
        for i, (column, width) in enumerate(zip(sheet.columns, widths, strict=True)):
            page.set_column(i, i, width, self._style(column)[0])
        page.freeze_panes(1, sheet.frozen)
        page.repeat_rows(0)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.5, right=0.5, top=0.75, bottom=0.6)
        title = cleaned(self.properties.title)[:80].replace("&", "&&")
        page.set_header(f"&L{title}&R{name.replace('&', '&&')}")
        page.set_footer(f"&C{_PAGES[self.language]}")

    def _header(self, page: Any, sheet: Sheet, widths: Sequence[float]) -> None:
        look: dict[str, Any] = {
            "bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#EFEAE0",
            "bottom": 1, "border_color": "#8B7B68",
        }  # fmt: skip
        lines = [
            math.ceil(width_of(column.header) / max(width - 1, 1))
            for column, width in zip(sheet.columns, widths, strict=True)
        ]
        page.set_row(0, 6 + 13.5 * min(4, max([1, *lines])))
        for i, column in enumerate(sheet.columns):
            side = "left" if column.kind in WORDS else "right"
            page.write_string(
                0,
                i,
                cleaned(column.header),
                self.look(**look, align=side, indent=int(side == "left")),
            )
            comment = column.comment
            if i == 0 and sheet.example is not None:
                said = Both("灰色斜体行是示例，填写前请删除。",
                            "The row in grey italics is an example; delete it.")  # fmt: skip
                comment = "\n".join(part for part in (comment, said[self.language]) if part)
            if comment:
                page.write_comment(
                    0, i, cleaned(comment), {"author": "geoplan", "font_name": FONT, "x_scale": 2}
                )

    def _style(self, column: Column, **more: Any) -> tuple[Any, Any, Any]:
        """Format of a column's cells, of a text that looks like a formula, of a long text."""
        pattern = _FORMATS[column.kind]
        if column.kind == "number" and column.decimals:
            pattern += "." + "0" * column.decimals
        style = {"num_format": pattern, **more}
        if column.kind in WORDS:
            style |= {"text_wrap": True, "align": "left", "indent": 1}
        # Some spreadsheets show a long text in the text format as “####”.
        long = {**style, "num_format": "General", "quote_prefix": True}
        return self.look(**style), self.look(**style, quote_prefix=True), self.look(**long)

    def _make_room(self, page: Any, at: int, row: Cells, widths: Sequence[float]) -> None:
        """Make a row as high as its wrapped texts; not every program does so by itself."""
        lines = 1
        for value, width in zip(row, widths, strict=True):
            if isinstance(value, str) and (len(value) > width / 2 - 2 or "\n" in value):
                needed = (math.ceil(width_of(x) / (width * _FILLED - 1)) for x in value.split("\n"))
                lines = max(lines, sum(max(1, n) for n in needed))
        if lines > 1:
            page.set_row(at, min(lines, _MOST_LINES) * _LINE_PT + 1)

    def _row(
        self, page: Any, at: int, row: Cells, columns: Sequence[Column], styles: Sequence[Any]
    ) -> None:
        for i, (value, column, style) in enumerate(zip(row, columns, styles, strict=True)):
            cell = cell_of(value, column.kind, self.language)
            if cell is None:
                continue
            if isinstance(cell, str):
                which = 2 if len(cell) > _LONG else int(cell.startswith(FORMULA_STARTS))
                page.write_string(at, i, cell, style[which])
            elif isinstance(cell, float):
                page.write_number(at, i, cell, style[0])
            else:
                page.write_datetime(at, i, cell, style[0])

    def _validate(self, page: Any, sheet: Sheet, lists: Mapping[tuple[str, ...], str]) -> None:
        for i, column in enumerate(sheet.columns):
            rule = _rule(column, lists)
            if rule is None:
                continue
            title = Both("此格有限制", "This cell is restricted")
            listed = Both("请从列表中选择。", "Choose from the list.")
            number = Both("请填写允许范围内的数或日期。", "Give a number or day within the limits.")
            message = listed if column.choices else number
            rule |= {
                "ignore_blank": True,
                "error_title": title[self.language],
                "error_message": message[self.language],
            }
            page.data_validation(1, i, MOST_ROWS, i, rule)


def _facts(properties: Properties) -> dict[str, Any]:
    facts = {
        "title": cleaned(properties.title)[:255],
        "subject": cleaned(properties.subject)[:255],
        "comments": cleaned(properties.comments)[:255],
        "author": "geoplan",
        "company": "",
    }
    if properties.made is None:
        return facts
    return {**facts, "created": properties.made.astimezone(UTC).replace(tzinfo=None)}


def _rule(column: Column, lists: Mapping[tuple[str, ...], str]) -> dict[str, Any] | None:
    if column.choices:
        return {"validate": "list", "source": lists[column.choices]}
    least, most = column.least, column.most
    if least is None and most is None:
        return None
    is_day = column.kind in ("date", "time")
    kind = "date" if is_day else ("integer" if column.kind in ("integer", "year") else "decimal")
    if least is not None and most is not None:
        return {"validate": kind, "criteria": "between", "minimum": least, "maximum": most}
    criteria, value = (">=", least) if least is not None else ("<=", most)
    return {"validate": kind, "criteria": criteria, "value": value}


def _lists(sheets: Sequence[Sheet]) -> list[tuple[str, ...]]:
    """The different lists of choices, in order."""
    found = [column.choices for sheet in sheets for column in sheet.columns if column.choices]
    return list(dict.fromkeys(found))


def _choices_sheet(sheets: Sequence[Sheet], lists: Sequence[tuple[str, ...]]) -> Sheet:
    # A list of its own on a sheet has no limit of 255 letters and may hold commas.
    titles: dict[tuple[str, ...], str] = {}
    for sheet in sheets:
        for column in sheet.columns:
            titles.setdefault(column.choices, column.title)
    rows = itertools.zip_longest(*lists)
    return Sheet("", [Column(titles[choices]) for choices in lists], rows)
