"""Lists for people and for machines: the same records as text, JSON or CSV."""

import csv
import io
import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

ListFormat = Literal["text", "json", "csv"]
Record = Mapping[str, Any]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MAX_WIDTH = 60


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain values; what is missing is ``None``."""
    names = list(frame.columns)
    columns = [[plain(value) for value in frame[name].tolist()] for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    """A cell as JSON knows it: text, number, or ``None``; a date becomes ISO text."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value


def listed(records: Sequence[Record], form: ListFormat) -> str:
    """Records as text, JSON or CSV, ending in a line end.

    CSV starts with a byte order mark so that spreadsheets read the Chinese,
    and a text that a spreadsheet would run as a formula is made plain text.
    """
    if form == "json":
        return json.dumps(list(records), ensure_ascii=False, indent=1) + "\n"
    names = list(records[0]) if records else []
    if form == "csv":
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\r\n")
        writer.writerow(names)
        writer.writerows([_cell(record[name]) for name in names] for record in records)
        return "\ufeff" + buffer.getvalue()
    return _columns(records, names)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return defused(value) if isinstance(value, str) else value


def defused(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> defused("=1+1")
    "'=1+1"
    >>> defused("−5")
    '−5'
    """
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _columns(records: Sequence[Record], names: Sequence[str]) -> str:
    if not records:
        return ""
    rows = [list(names)] + [
        [_shortened("" if record[name] is None else str(record[name])) for name in names]
        for record in records
    ]
    widths = [max(width_of(row[i]) for row in rows) for i in range(len(names))]
    lines = [
        "  ".join(
            cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MAX_WIDTH else text[: _MAX_WIDTH - 1] + "…"


def width_of(text: str) -> int:
    """Columns a text takes in a terminal, where a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
