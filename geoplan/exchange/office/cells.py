"""What the cells of a spreadsheet hold: values made harmless, names it accepts, widths."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd

from geoplan.exchange.files.reports import width_of
from geoplan.plan.problems import Both, Language

Kind = Literal["text", "integer", "number", "share", "year", "date", "time", "flag"]

WORDS = ("text", "flag")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MOST_CHARS = 32_767
_MOST_EXACT = 2**53
_FIRST_DAY = date(1900, 1, 1)
_NARROWEST, _WIDEST = 7.0, 46.0
_YES, _NO = Both("是", "yes"), Both("否", "no")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Attributes
    ----------
    title, unit :
        Written into the header; the unit in brackets behind the title.
    kind :
        How the cells are written: ``number`` with ``decimals``, ``share`` as
        a percentage of a fraction, ``flag`` as yes and no.
    width :
        In letters; from header and first rows where missing.
    choices :
        The cell offers these in a list and accepts nothing else.
    least, most :
        What else a number or day in this column may be.
    comment :
        Shown when the pointer rests on the header.
    """

    title: str
    unit: str = ""
    kind: Kind = "text"
    width: float | None = None
    decimals: int = 2
    choices: tuple[str, ...] = ()
    least: float | date | None = None
    most: float | date | None = None
    comment: str = ""

    @property
    def header(self) -> str:
        """Title and unit.

        Examples
        --------
        >>> Column("投资", "万元").header, Column("Distance", "m").header
        ('投资（万元）', 'Distance (m)')
        """
        if not self.unit:
            return self.title
        is_chinese = any(width_of(letter) == 2 for letter in self.title)
        return f"{self.title}（{self.unit}）" if is_chinese else f"{self.title} ({self.unit})"


def cell_of(value: Any, kind: Kind, language: Language) -> str | float | date | None:
    """A value as its cell holds it: text, number, day, or nothing.

    Examples
    --------
    >>> cell_of(True, "flag", "en"), cell_of(float("nan"), "number", "en")
    ('yes', None)
    >>> cell_of(330109, "text", "zh"), cell_of(3, "integer", "zh")
    ('330109', 3.0)
    """
    if type(value) is str:
        return cleaned(value) or None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return (_YES if value else _NO)[language]
    if isinstance(value, int | float | np.number):
        return _number(value, kind)
    if isinstance(value, datetime):
        return _moment(value, kind)
    if isinstance(value, date):
        return value if value >= _FIRST_DAY else value.isoformat()
    return cleaned(str(value)) or None


def _number(value: Any, kind: Kind) -> str | float | None:
    if isinstance(value, float | np.floating) and not math.isfinite(value):
        return None if value != value else str(value)
    if kind == "text" or (isinstance(value, int) and abs(value) > _MOST_EXACT):
        return str(value)
    return float(value)


def _moment(value: datetime, kind: Kind) -> str | date:
    # Spreadsheets know no time zones and no day before 1900.
    plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if plain.date() < _FIRST_DAY:
        return plain.isoformat(sep=" ")
    return plain.date() if kind == "date" else datetime(*plain.timetuple()[:6])


def cleaned(text: str) -> str:
    """A text without what XML cannot hold, as long as a cell may be."""
    kept = text if text.isalnum() else _UNWRITABLE.sub("", text.replace("\r\n", "\n"))
    return kept if len(kept) <= _MOST_CHARS else kept[: _MOST_CHARS - 1] + "…"


def width_for(column: Column, cells: Iterable[Any]) -> float:
    """Letters that header and cells take, within reason; a Chinese character takes two."""
    # A header may wrap; a figure may not.
    title, lines = width_of(column.header), 2 if column.kind in WORDS else 3
    longest = float(min(title, max(_NARROWEST, title / lines + 1)))
    for text in _shown(column, cells):
        longest = max(longest, *(width_of(line) for line in text.split("\n")))
    return min(max(longest + 2.0, _NARROWEST), _WIDEST)


def _shown(column: Column, cells: Iterable[Any]) -> Iterator[str]:
    for value in cells:
        cell = cell_of(value, column.kind, "zh")
        if isinstance(cell, float):
            decimals = column.decimals if column.kind == "number" else 0
            yield "100.0%" if column.kind == "share" else f"{cell:,.{decimals}f}"
        elif cell is not None:
            yield str(cell)[:200]


def column_letters(number: int) -> str:
    """The name of a column, counted from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(25), column_letters(26)
    ('A', 'Z', 'AA')
    """
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def sheet_names(titles: Sequence[str]) -> list[str]:
    """Names that spreadsheets accept: at most 31 letters, different whatever the case.

    Examples
    --------
    >>> sheet_names(["a/b", "A_B", "", "history"])
    ['a_b', 'A_B (2)', 'Sheet3', 'history (2)']
    """
    names: list[str] = []
    taken = {"history"}
    for number, title in enumerate(titles, 1):
        base = re.sub(r"[\[\]:*?/\\\n\t]+", "_", cleaned(title)).strip("' ")[:31].strip("' ")
        name = base = base or f"Sheet{number}"
        again = 2
        while name.casefold() in taken:
            name, again = f"{base[:26]} ({again})", again + 1
        taken.add(name.casefold())
        names.append(name)
    return names
