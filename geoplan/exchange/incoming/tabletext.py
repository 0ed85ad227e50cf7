"""The text of a table after a change, with every cell that was not touched as it was."""

import csv
import io
from collections.abc import Sequence

from geoplan.exchange.asking.proposals import TableChange
from geoplan.plan.tables import empty_table, table_text
from geoplan.schema import TABLES


def edited(raw: bytes | None, change: TableChange) -> bytes:
    """The table's file after the change.

    What the file holds beyond the data dictionary, or in a form that cannot be
    read, stays as it is; rows are appended in the order of the change. A file
    in another encoding than UTF-8 becomes UTF-8.
    """
    table = TABLES[change.table]
    if raw is None or not raw.strip():
        raw = table_text(empty_table(table), table).encode()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    end = "\r\n" if "\r\n" in text else "\n"
    header = [name.strip() for name in next(csv.reader(io.StringIO(text, newline="")))]
    needed = _columns_used(change)
    if change.changed or change.removed or not needed <= set(header):
        rows = list(csv.reader(io.StringIO(text, newline="")))
        text = _lines(_changed(rows, header, needed, change), end)
    elif not text.endswith("\n"):
        text += end
    return (mark + text + _lines(_added(header, change), end)).encode()


def _columns_used(change: TableChange) -> set[str]:
    used = {name for cells in change.changed.values() for name, text in cells.items() if text}
    for name in change.added.columns:
        if (change.added[name] != "").any():
            used.add(str(name))
    return used


def _changed(
    rows: list[list[str]], header: list[str], needed: set[str], change: TableChange
) -> list[list[str]]:
    missing = [name for name in TABLES[change.table].column_names if name in needed - set(header)]
    header += missing
    kept = []
    removed = set(change.removed)
    for number, row in enumerate(rows, 1):
        if number in removed:
            continue
        if missing and any(cell.strip() for cell in row):
            row = row + (missing if number == 1 else [""] * len(missing))
        cells = change.changed.get(number)
        if cells:
            row = row + [""] * (len(header) - len(row))
            for name, text in cells.items():
                if name in header:
                    row[header.index(name)] = text
        kept.append(row)
    return kept


def _added(header: Sequence[str], change: TableChange) -> list[tuple[str, ...]]:
    blank = [""] * len(change.added)
    columns = [change.added[n].tolist() if n in change.added else blank for n in header]
    return list(zip(*columns, strict=True)) if len(change.added) else []


def _lines(rows: Sequence[Sequence[str]], end: str) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=end).writerows(rows)
    return buffer.getvalue()
