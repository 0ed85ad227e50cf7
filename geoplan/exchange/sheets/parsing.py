"""Columns of a sheet → texts as the plan's tables hold them, with every fault on the way.

Each different value is read once, however often it occurs.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from geoplan.exchange.sheets.amounts import Figure, Unreadable, figure, is_empty, plain
from geoplan.exchange.sheets.grids import UNCOMPUTED
from geoplan.exchange.sheets.spans import day_of, span_of, year_of
from geoplan.exchange.sheets.units import DIMENSIONS, Unit
from geoplan.plan.problems import Both
from geoplan.schema import LIST_SEPARATOR, VOCABULARIES, Column

Texts = npt.NDArray[np.object_]
Fault = tuple[str, Mapping[str, object]]

LONGEST_TEXT = 5_000
_AREA_DECIMALS = 6
_DECIMALS = 9
_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|GETTING_DATA|SPILL!|CALC!)")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_COLOUR = re.compile("#[0-9A-Fa-f]{6}")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff\ufffe\uffff]"
)
_BREAKS = re.compile(r"\s*[\r\n\t\v]+\s*")
_ANGLE = re.compile(
    r"(?:东经|北纬|[en])?[:：]?(?P<d>[0-9]{1,3}(?:\.[0-9]{1,20})?)(?:[°度](?:(?P<m>[0-9]{1,2}(?:\.[0-9]+)?)"
    r"['′’分](?:(?P<s>[0-9]{1,2}(?:\.[0-9]+)?)(?:\"|″|”|''|′′|秒))?)?)?[en]?"
)
_EXPECTED: Mapping[str, Both] = {
    "integer": Both("整数", "a whole number"),
    "number": Both("数", "a number"),
    "year": Both("年份", "a year"),
    "date": Both("日期", "a date"),
    "id": Both("编号(字母、数字、点、连字符、下划线)", "an id (letters, digits, dot, hyphen)"),
    "colour": Both("颜色(#RRGGBB)", "a colour (#RRGGBB)"),
    "span": Both("起止年份", "a span of years"),
}


@dataclass
class Parsed:
    """One column as read.

    Attributes
    ----------
    texts :
        What the table would hold; empty where there is nothing or a fault.
    faults :
        Position → code and details of what could not be read.
    marks :
        Position → code and details of what is worth knowing of a cell read.
    """

    texts: Texts
    faults: dict[int, Fault] = field(default_factory=dict)
    marks: dict[int, Fault] = field(default_factory=dict)
    figures: dict[int, Figure] = field(default_factory=dict)


Cell = tuple[str, Fault | None, Fault | None, Figure | None]
Reader = Callable[[Any], Cell]
_NOTHING: Cell = ("", None, None, None)


def parse(values: Texts, column: Column, unit: Unit | None, *, starts_1904: bool = False) -> Parsed:
    """Read a column of cells as a column of the data dictionary.

    Parameters
    ----------
    unit :
        The unit that header or sheet state, for cells that name none.
    """
    return _read(values, _reader(column, unit, starts_1904=starts_1904))


def parse_texts(values: Texts) -> Parsed:
    """Read a column as plain texts; marks of emptiness become empty."""
    return _read(values, _text)


def parse_spans(values: Texts, *, starts_1904: bool = False) -> tuple[Parsed, Parsed]:
    """Read a column of spans of years as first and last year."""

    def both(value: Any) -> Cell:
        try:
            first, last, is_serial = span_of(value, starts_1904=starts_1904)
        except Unreadable as error:
            return "", _wrong(error.code, value, "span", "2021-2023"), None, None
        if first > last:
            return "", ("years.reversed", {"start": first, "end": last}), None, None
        mark = ("value.serial", {"value": value, "taken": first}) if is_serial else None
        return f"{first} {last}", None, mark, None

    spans = _read(values, both)
    halves = [text.partition(" ") for text in spans.texts]
    starts = np.array([half[0] for half in halves], dtype=object)
    ends = np.array([half[2] for half in halves], dtype=object)
    return Parsed(starts, spans.faults, spans.marks), Parsed(ends)


def parse_positions(values: Texts) -> tuple[Parsed, Parsed]:
    """Read a column of “longitude, latitude” as two."""

    def both(value: Any) -> Cell:
        parts = re.split(r"[,，;；\s/]+", str(value).strip())
        degrees = [_degrees(part) for part in parts if part]
        if len(degrees) != 2 or None in degrees:
            return "", _wrong("value.type", value, "number", "120.25,30.25"), None, None
        return f"{degrees[0]!r} {degrees[1]!r}", None, None, None

    pairs = _read(values, both)
    halves = [text.partition(" ") for text in pairs.texts]
    lon = np.array([half[0] for half in halves], dtype=object)
    lat = np.array([half[2] for half in halves], dtype=object)
    return Parsed(lon, pairs.faults), Parsed(lat)


def _read(values: Texts, reader: Reader) -> Parsed:
    texts = np.full(len(values), "", dtype=object)
    parsed = Parsed(texts)
    known: dict[tuple[type, Any], Cell] = {}
    for at, value in enumerate(values):
        if value is None:
            continue
        key = (type(value), value)
        cell = known.get(key)
        if cell is None:
            cell = known[key] = _cell(value, reader)
        texts[at] = cell[0]
        if cell[1] is not None:
            parsed.faults[at] = cell[1]
        if cell[2] is not None:
            parsed.marks[at] = cell[2]
        if cell[3] is not None:
            parsed.figures[at] = cell[3]
    return parsed


def _cell(value: Any, reader: Reader) -> Cell:
    if isinstance(value, str):
        if value == UNCOMPUTED:
            return "", ("formula.no_value", {}), None, None
        if len(value) > LONGEST_TEXT:
            details = {"found": f"{len(value):,}", "limit": f"{LONGEST_TEXT:,}"}
            return "", ("value.long", details), None, None
        if is_empty(value):
            return _NOTHING
        if _ERROR.fullmatch(value.strip()):
            return "", ("value.error", {"value": value}), None, None
    return reader(value)


def _reader(column: Column, unit: Unit | None, *, starts_1904: bool) -> Reader:
    if column.vocabulary:
        return lambda value: _word(value, column)
    if column.unit == "°":
        return lambda value: _angle(value, column)
    if column.kind in ("integer", "number"):
        return lambda value: _figure(value, column, unit)
    if column.kind == "year":
        is_end = not column.name.endswith("start")
        return lambda value: _year(value, column, is_end=is_end, starts_1904=starts_1904)
    if column.kind == "date":
        return lambda value: _day(value, column, starts_1904=starts_1904)
    if column.kind == "list":
        return _list
    if column.kind in ("id", "colour"):
        return lambda value: _code(value, column)
    return _text


def said(value: Any) -> str:
    r"""A cell's value as a person would read it out of the cell.

    Examples
    --------
    >>> said(330109.0), said("甲区\n机器人小镇")
    ('330109', '甲区机器人小镇')
    """
    if isinstance(value, str) and value.isprintable() and "  " not in value:
        return value.strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
    if not isinstance(value, str):
        return str(value)
    text = _CONTROL.sub("", value)
    text = _BREAKS.sub(_join, text.strip())
    return re.sub(r"[ \u00a0\u3000]{2,}", " ", text).replace("\u00a0", " ").strip(" \u3000")


def _join(found: re.Match[str]) -> str:
    """What stands for a line break: nothing between Chinese characters, else a blank."""
    before = found.string[found.start() - 1 : found.start()]
    after = found.string[found.end() : found.end() + 1]
    return "" if max(before, "\0") > "\u2e7f" or max(after, "\0") > "\u2e7f" else " "


def _text(value: Any) -> Cell:
    text = said(value)
    # A spreadsheet's mark for “this is text”, pasted along with the text.
    bare = text[1:] if text[:1] == "'" and "'" not in text[1:] else text
    return bare, None, None, None


def _wrong(code: str, value: Any, expected: str, example: str) -> Fault:
    return code, {"value": said(value), "expected": _EXPECTED[expected], "example": example}


def is_unknown(value: str, column: Column) -> bool:
    """Whether a word is none of a column's vocabulary."""
    cell = _cell(value, lambda one: _word(one, column))
    return cell[1] is not None and cell[1][0] == "value.vocabulary"


def _word(value: Any, column: Column) -> Cell:
    choices = VOCABULARIES[column.vocabulary]
    wanted = plain(said(value))
    for code, names in choices.items():
        if wanted in (plain(code), *(plain(name) for name in names if name)):
            return code, None, None, None
    listed = Both(
        "、".join(zh or code for code, (zh, _) in choices.items()),
        ", ".join(en for _, en in choices.values()),
    )
    return "", ("value.vocabulary", {"value": said(value), "choices": listed}), None, None


def _figure(value: Any, column: Column, unit: Unit | None) -> Cell:
    own = DIMENSIONS.get(column.unit)
    is_own = unit is None or (unit.dimension == own and unit.factor == 1)
    if column.kind == "integer" and is_own:
        whole = _whole(value)
        if whole is not None and whole >= (column.minimum or 0) and column.maximum is None:
            return str(whole), None, None, Figure(Fraction(whole), unit)
    if isinstance(value, bool | datetime | date):
        return "", _wrong("value.type", value, column.kind, column.example or "100"), None, None
    try:
        if isinstance(value, float):
            if value != value or abs(value) >= 1e15:
                raise Unreadable("value.type")
            read = Figure(Fraction(repr(value)))
        else:
            read = figure(str(value))
        number, high = _in_units(read, column, unit)
    except Unreadable as error:
        expected: object = _EXPECTED[column.kind]
        if error.code == "value.unit":
            expected = column.unit or Both("不带单位的数", "a plain number")
        details = {"value": said(value), "expected": expected, "example": column.example or "100"}
        return "", (error.code, details), None, None
    if high is not None and column.name != "value":
        return "", ("value.interval", {"value": said(value)}), None, None
    low, most = column.minimum, column.maximum
    if (low is not None and number < low) or (most is not None and number > most):
        top = "∞" if most is None else f"{most:g}"
        limits = f"{'-∞' if low is None else f'{low:g}'}–{top}"
        return "", ("value.range", {"value": said(value), "limits": limits}), None, None
    text, mark = _number_text(number, column, value)
    if number > 0 and text == "0":
        # Less than one of the unit is more likely another unit.
        details = {"value": said(value), "exact": f"{float(number):.3g}", "unit": column.unit}
        return "", ("value.tiny", details), None, None
    if read.operator != "eq":
        taken = f"{text} {column.unit}".rstrip()
        mark = ("value.approximate", {"value": said(value), "taken": taken})
    return text, None, mark, Figure(number, read.unit or unit, read.operator, high)


def _whole(value: Any) -> int | None:
    """What is plainly a whole number, as most cells are; the rest takes its time."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return None


def _in_units(read: Figure, column: Column, unit: Unit | None) -> tuple[Fraction, Fraction | None]:
    """Figure and upper end in the column's own unit."""
    found = read.unit or unit
    wanted = DIMENSIONS.get(column.unit)
    if wanted is None or found is None:
        if read.unit is not None and column.name not in ("value", "value_high", "share"):
            raise Unreadable("value.unit")
        share = read.unit is not None and read.unit.dimension == "share" and column.name == "share"
        return (read.value / 100 if share else read.value), read.high
    if found.dimension != wanted:
        raise Unreadable("value.currency" if found.dimension == "currency" else "value.unit")
    factor = found.factor
    return read.value * factor, None if read.high is None else read.high * factor


def _number_text(number: Fraction, column: Column, value: Any) -> tuple[str, Fault | None]:
    if column.kind == "integer":
        whole = math.floor(number + Fraction(1, 2))
        if whole == number:
            return str(whole), None
        exact = f"{float(number):,.10g}"
        details = {"value": said(value), "exact": exact, "unit": column.unit, "taken": f"{whole:,}"}
        return str(whole), ("value.rounded", details)
    return number_text(float(number), _AREA_DECIMALS if column.unit == "km²" else _DECIMALS), None


def number_text(number: float, decimals: int = _DECIMALS) -> str:
    """A number as the plan's tables write it.

    Examples
    --------
    >>> number_text(0.1), number_text(3.0), number_text(1e-7)
    ('0.1', '3', '0.0000001')
    """
    rounded = round(number, decimals)
    text = repr(rounded)
    if "e" in text:
        text = f"{rounded:.{decimals}f}".rstrip("0")
    return text.removesuffix(".0").removesuffix(".")


def _angle(value: Any, column: Column) -> Cell:
    degrees = _degrees(value)
    if degrees is None:
        return "", _wrong("value.type", value, "number", column.example), None, None
    # Whether the two were exchanged is judged later, with both at hand.
    if abs(degrees) > 180:
        return "", ("value.range", {"value": said(value), "limits": "-180–180"}), None, None
    return number_text(degrees, 8), None, None, None


def _degrees(value: Any) -> float | None:
    if isinstance(value, float):
        return value if abs(value) <= 360 else None
    found = _ANGLE.fullmatch(plain(str(value)[:60]))
    if found is None:
        return None
    return float(found["d"]) + float(found["m"] or 0) / 60 + float(found["s"] or 0) / 3600


def _year(value: Any, column: Column, *, is_end: bool, starts_1904: bool) -> Cell:
    try:
        year, is_serial = year_of(value, is_end=is_end, starts_1904=starts_1904)
    except Unreadable as error:
        return "", _wrong(error.code, value, "year", column.example or "2021"), None, None
    mark = ("value.serial", {"value": said(value), "taken": year}) if is_serial else None
    return str(year), None, mark, None


def _day(value: Any, column: Column, *, starts_1904: bool) -> Cell:
    try:
        return day_of(value, starts_1904=starts_1904).isoformat(), None, None, None
    except Unreadable as error:
        return "", _wrong(error.code, value, "date", column.example or "2021-05-01"), None, None


def _list(value: Any) -> Cell:
    parts = [part.strip() for part in re.split(r"[|、,，;；\n]+", said(value))]
    return LIST_SEPARATOR.join(part for part in parts if part), None, None, None


def _code(value: Any, column: Column) -> Cell:
    text = _text(value)[0]
    pattern = _COLOUR if column.kind == "colour" else _ID
    if pattern.fullmatch(text) is None:
        return "", _wrong("value.type", value, column.kind, column.example), None, None
    return text, None, None, None
