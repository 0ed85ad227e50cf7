"""XML Spreadsheet 2003: a workbook in one plain file, as many programs write their exports."""

import io
from datetime import datetime
from pathlib import Path
from typing import Any

from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.files.xmlreading import Attributes, parse_xml
from geoplan.exchange.sheets.grids import UNCOMPUTED, Gathering, Grid, Merge, judge_cells

_LAST_ROW = 1_048_576
_MOST_PIECES = 64


def xml_grids(raw: bytes, file: str) -> tuple[Grid, ...]:
    """Every sheet of an XML Spreadsheet 2003.

    Raises
    ------
    RefusedFileError
        Other XML, DTDs, damage, too many rows or columns.
    """
    reader = _Reader(file)
    parse_xml(io.BytesIO(raw), file, file, reader.start, reader.end, reader.text)
    return tuple(reader.grids)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.grids: list[Grid] = []
        self.has_root = False
        self.begin_sheet(None)

    def begin_sheet(self, rows: Gathering | None) -> None:
        self.rows = rows
        self.merges: list[Merge] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.is_hidden = False
        self.number = 0
        self.cells: list[Any] = []
        self.column = -1
        self.reach = 0
        self.has_formula = False
        self.kind: str | None = None
        self.pieces: list[str] = []

    def start(self, tag: str, values: Attributes) -> None:
        own = {name.rpartition(":")[2]: value for name, value in values.items()}
        if not self.has_root:
            self.has_root = True
            if tag != "Workbook":
                suffix, found = Path(self.file).suffix or "?", f"XML ({tag[:20]})"
                raise refused(
                    self.file, "file.not_what_it_says", suffix=suffix, found=found, better="XLSX"
                )
        elif tag == "Worksheet":
            self.begin_sheet(Gathering(self.file, own.get("Name", "")))
        elif self.rows is None:
            return
        elif tag == "Column" and own.get("Hidden") == "1":
            self.hidden_columns.add(int(own.get("Index", 1)) - 1)
        elif tag == "Row":
            self.begin_row(int(own.get("Index", self.number + 1)))
            if own.get("Hidden") == "1":
                self.hidden_rows.add(self.number)
        elif tag == "Cell":
            self.begin_cell(self.rows, own)
        elif tag in ("Data", "Visible"):
            self.kind = own.get("Type", "String")
            self.pieces.clear()

    def begin_row(self, number: int) -> None:
        if not self.number < number <= _LAST_ROW:
            raise ValueError(f"row {number}")
        self.number, self.cells, self.reach = number, [], 0

    def begin_cell(self, rows: Gathering, own: Attributes) -> None:
        column = int(own["Index"]) - 1 if "Index" in own else self.reach
        wide, high = int(own.get("MergeAcross", 0)), int(own.get("MergeDown", 0))
        if min(wide, high) < 0 or column < self.reach:
            raise ValueError(f"cell {column}")
        if column + wide > rows.most_columns:
            raise rows.too_wide()
        if wide or high:
            self.merges.append(Merge(self.number, self.number + high, column, column + wide))
        self.column, self.reach = column, column + wide + 1
        self.has_formula = "Formula" in own
        self.pieces.clear()

    def text(self, said: str) -> None:
        if self.kind is not None and len(self.pieces) < _MOST_PIECES:
            self.pieces.append(said)

    def end(self, tag: str) -> None:
        if self.rows is None:
            return
        if tag == "Data" and self.column >= 0:
            value = _value(self.kind or "", "".join(self.pieces))
            self.cells.extend([None] * (self.column + 1 - len(self.cells)))
            self.cells[self.column] = value
            self.kind = None
        elif tag == "Cell":
            if self.has_formula and len(self.cells) <= self.column:
                self.cells.extend([None] * (self.column - len(self.cells)) + [UNCOMPUTED])
            self.column = -1
        elif tag == "Row":
            self.rows.add(self.number, self.cells)
        elif tag == "Visible":
            self.is_hidden, self.kind = "".join(self.pieces) != "SheetVisible", None
        elif tag == "Worksheet":
            self.end_sheet(self.rows)

    def end_sheet(self, rows: Gathering) -> None:
        grid = rows.grid(
            merges=self.merges, hidden_rows=frozenset(self.hidden_rows),
            hidden_columns=frozenset(self.hidden_columns), is_hidden=self.is_hidden,
        )  # fmt: skip
        self.grids.append(grid)
        judge_cells(self.file, grid.name, sum(one.cells.size for one in self.grids))
        self.rows = None


def _value(kind: str, said: str) -> Any:
    if kind == "Number":
        try:
            return float(said)
        except ValueError:
            return said or None
    if kind == "Boolean":
        return said.strip() == "1"
    if kind == "DateTime":
        return datetime.fromisoformat(said.strip().removesuffix("Z"))
    return said or None
