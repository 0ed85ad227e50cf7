"""The tables of a plan: from CSV to typed frames, and every fault on the way.

A frame's index is the row number as a spreadsheet shows it (the header is
row 1), so that whatever is computed from a row can name it.
"""

import csv
import difflib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from geoplan.plan.problems import NOTHING, Both, Problem
from geoplan.plan.texts import decode
from geoplan.schema import LIST_SEPARATOR, TABLES, VOCABULARIES, Column, Table

_PATTERNS = {
    "integer": r"[+-]?[0-9]{1,18}",
    "number": r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?",
    "year": r"[0-9]{4}",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "colour": r"#[0-9A-Fa-f]{6}",
    "id": r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}",
}
_EXPECTED = {
    "integer": Both("整数", "a whole number"),
    "number": Both("数字", "a number"),
    "year": Both("四位年份", "a year of four digits"),
    "date": Both("日期(年-月-日)", "a date (YYYY-MM-DD)"),
    "colour": Both("颜色(#RRGGBB)", "a colour (#RRGGBB)"),
    "id": Both(
        "编号(字母、数字、点、连字符、下划线)", "an id (letters, digits, dot, hyphen, underscore)"
    ),
}
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－", "0123456789.,-")

csv.field_size_limit(10_000_000)


def file_of(table: str) -> str:
    """Path of a table's file inside the plan's folder."""
    return f"data/{table}.csv"


def empty_table(table: Table) -> pd.DataFrame:
    """A frame without rows, with the table's columns and types."""
    columns = {column.name: _typed(pd.Series([], dtype="str"), column) for column in table.columns}
    return pd.DataFrame(columns, index=pd.RangeIndex(0, name="row"))


def read_table(path: Path, table: Table) -> tuple[pd.DataFrame, list[Problem]]:
    """Read one CSV file into a typed frame; a cell that cannot be read becomes missing."""
    file = file_of(table.name)
    text, problems = decode(path, file)
    if text is None:
        return empty_table(table), problems
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        problems.append(Problem("table.unreadable", file, details={"reason": str(error)}))
        return empty_table(table), problems
    if not rows or not any(cell.strip() for cell in rows[0]):
        reason = Both("文件是空的", "the file is empty")
        problems.append(Problem("table.unreadable", file, details={"reason": reason}))
        return empty_table(table), problems
    header = [name.strip() for name in rows[0]]
    problems += _judge_header(header, table, file)
    numbers, cells = _regular_rows(rows, len(header), file, problems)
    index = pd.Index(numbers, name="row", dtype="int64")
    raw: dict[str, tuple[str, ...]] = {}
    for name, values in zip(header, zip(*cells, strict=True), strict=False):
        raw.setdefault(name, values)
    columns = {}
    for column in table.columns:
        given = column.name in header
        given_cells = list(raw.get(column.name, ("",) * len(cells)))
        series = pd.Series(given_cells, index=index, dtype="str").str.strip()
        typed = _typed(series, column)
        columns[column.name] = typed
        if given:
            problems += _judge_cells(series, typed, column, file)
    return pd.DataFrame(columns, index=index), problems


def _regular_rows(
    rows: Sequence[list[str]], width: int, file: str, problems: list[Problem]
) -> tuple[list[int], list[list[str]]]:
    numbers, cells = [], []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != width:
            details = {"found": len(row), "expected": width}
            problems.append(Problem("row.ragged", file, number, details=details))
            row = (row + [""] * width)[:width]
        numbers.append(number)
        cells.append(row)
    return numbers, cells


def _judge_header(header: Sequence[str], table: Table, file: str) -> Iterable[Problem]:
    known = table.column_names
    for name in dict.fromkeys(header):
        if name not in known:
            near = difflib.get_close_matches(name, [k for k in known if k not in header], n=1)
            hint = Both(f"(是否应为“{near[0]}”？)", f" (is it “{near[0]}”?)") if near else NOTHING
            details: dict[str, object] = {"column": name, "hint": hint}
            yield Problem("header.unknown", file, 1, name, details)
        elif header.count(name) > 1:
            yield Problem("header.duplicate", file, 1, name, {"column": name})
    for column in table.columns:
        if column.name not in header:
            details = {"column": column.name, "title": Both(column.zh, column.en)}
            yield Problem("header.missing", file, 1, column.name, details)


def _typed(series: pd.Series, column: Column) -> pd.Series:
    """The cells as the column's type; what does not fit becomes missing."""
    kind = column.kind
    filled = series.where(series != "")
    if kind in ("integer", "year"):
        fits = filled.str.fullmatch(_PATTERNS[kind]).fillna(False).astype(bool)
        numbers = pd.Series(pd.NA, index=series.index, dtype="Int64")
        numbers[fits] = filled[fits].astype("int64")
        return numbers
    if kind == "number":
        fits = filled.str.fullmatch(_PATTERNS[kind]).fillna(False).astype(bool)
        return filled.where(fits).astype("float64")
    if kind == "date":
        days = pd.to_datetime(filled, format="%Y-%m-%d", errors="coerce")
        return days.where(days.dt.year >= 1)
    if kind in _PATTERNS:
        fits = filled.str.fullmatch(_PATTERNS[kind]).fillna(False).astype(bool)
        return filled.where(fits)
    return filled


def _judge_cells(
    series: pd.Series, typed: pd.Series, column: Column, file: str
) -> Iterable[Problem]:
    filled = series != ""
    if column.required and not filled.all():
        hint = Both(f"例如 {column.example}。", f"For example {column.example}.")
        for row in series.index[~filled]:
            details: dict[str, object] = {"hint": hint if column.example else NOTHING}
            yield Problem("value.required", file, row, column.name, details)
    for row in series.index[filled & typed.isna()]:
        yield _wrong_type(str(series[row]), column, file, row)
    if column.vocabulary:
        choices = VOCABULARIES[column.vocabulary]
        listed = Both(
            "、".join(f"{code}({zh})" if zh else code for code, (zh, _) in choices.items()),
            ", ".join(choices),
        )
        for row in series.index[filled & ~series.isin(list(choices))]:
            details = {"value": series[row], "choices": listed}
            yield Problem("value.vocabulary", file, row, column.name, details)
    if column.minimum is not None or column.maximum is not None:
        yield from _out_of_range(typed.dropna(), column, file)


def _out_of_range(values: pd.Series, column: Column, file: str) -> Iterable[Problem]:
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    numbers = values.astype("float64")
    for row in values.index[(numbers < low) | (numbers > high)]:
        value = f"{values[row]:g}" if isinstance(values[row], float) else str(values[row])
        if low == 0 and numbers[row] < 0:
            yield Problem("value.negative", file, row, column.name, {"value": value})
        else:
            top = "∞" if high == np.inf else f"{high:g}"
            details = {"value": value, "minimum": f"{low:g}", "maximum": top}
            yield Problem("value.range", file, row, column.name, details)


def _wrong_type(value: str, column: Column, file: str, row: int) -> Problem:
    details: dict[str, object] = {
        "value": value if len(value) <= 40 else value[:40] + "…",
        "expected": _EXPECTED[column.kind],
        "hint": _remedy(value, column),
    }
    return Problem("value.type", file, row, column.name, details)


def _remedy(value: str, column: Column) -> Both:
    """What to write instead, where that can be read off the value."""
    plain = value.translate(_FULL_WIDTH).replace(",", "").replace("，", "").strip("约 ")
    units = {"亿元": 10_000, "亿": 10_000, "万元": 1, "万": 1}
    for unit, factor in units.items():
        number = plain.removesuffix(unit)
        if number != plain and column.unit == "万元" and _is_number(number):
            plain = f"{float(number) * factor:.10g}"
            break
    if column.kind in ("integer", "number") and plain != value and _is_number(plain):
        return Both(f"请写 {plain}。", f"Write {plain}.")
    if column.kind == "year" and plain[:4].isdigit() and plain[:4].isascii():
        return Both(f"请写 {plain[:4]}。", f"Write {plain[:4]}.")
    if column.example:
        return Both(f"例如 {column.example}。", f"For example {column.example}.")
    return NOTHING


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()


def split_list(cell: object) -> list[str]:
    """The values of a ``list`` cell.

    Examples
    --------
    >>> split_list("a| b")
    ['a', 'b']
    >>> split_list(None)
    []
    """
    if not isinstance(cell, str):
        return []
    return [part.strip() for part in cell.split(LIST_SEPARATOR) if part.strip()]


def table_text(frame: pd.DataFrame, table: Table) -> str:
    """A typed frame as the CSV text that reads back to the same frame."""
    columns = []
    for column in table.columns:
        values = frame[column.name]
        if column.kind == "date":
            texts = values.dt.strftime("%Y-%m-%d").fillna("").tolist()
        elif column.kind == "number":
            texts = ["" if v != v else repr(float(v)).removesuffix(".0") for v in values.tolist()]
        else:
            texts = ["" if v is None or v is pd.NA or v != v else str(v) for v in values.tolist()]
        columns.append(texts)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*columns, strict=True))
    return buffer.getvalue()


def tables_in(folder: Path) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """Every table of a plan folder; a missing one is empty."""
    frames, problems = {}, []
    for name, table in TABLES.items():
        path = folder / file_of(name)
        if path.is_file():
            frames[name], found = read_table(path, table)
            problems += found
        else:
            frames[name] = empty_table(table)
            if table.essential:
                problems.append(Problem("table.missing", file_of(name)))
    for path in sorted((folder / "data").glob("*.csv")):
        if path.stem not in TABLES:
            problems.append(Problem("table.unknown", f"data/{path.name}"))
    return frames, problems
