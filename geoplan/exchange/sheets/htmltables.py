"""Tables of a web page: office systems export them under the name of a spreadsheet."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from geoplan.exchange.sheets.grids import MOST_COLUMNS, Gathering, Grid, Merge

_NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9]*")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_UNSHOWN = ("script", "style", "title", "noscript", "template")
_BREAKS = ("br", "p", "div", "/p", "/div", "li")
_MOST_SPANNED_ROWS = 1_000_000


def declared_charset(raw: bytes) -> str:
    """The encoding that a page names in its first lines; empty if none."""
    found = _CHARSET.search(raw[:4_096])
    return found[1].decode().lower() if found else ""


@dataclass
class _Table:
    rows: Gathering
    number: int = 0
    in_row: bool = False
    cells: list[Any] = field(default_factory=list)
    column: int = -1
    pieces: list[str] = field(default_factory=list)
    value: float | None = None
    busy: dict[int, int] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)


def html_grids(text: str, file: str) -> tuple[Grid, ...]:
    """Every table of a page; one inside another's cell stands for itself.

    Tags are found by their brackets alone, so that the time taken grows with
    the length of the page, whatever is left open in it.
    """
    reader = _Reader(file)
    _, *chunks = text.split("<")
    for chunk in chunks:
        reader.take(chunk)
    while reader.open:
        reader.close_table()
    return tuple(reader.grids)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.grids: list[Grid] = []
        self.open: list[_Table] = []
        self.unshown = ""

    def take(self, chunk: str) -> None:
        """One tag with the text behind it."""
        if self.unshown:
            if chunk.lower().startswith(self.unshown):
                self.unshown = ""
            elif self.unshown == "-->" and "-->" in chunk:
                self.unshown = ""
                self.text(chunk.partition("-->")[2])
            return
        if chunk.startswith("!--"):
            if "-->" not in chunk[3:]:
                self.unshown = "-->"
            else:
                self.text(chunk.partition("-->")[2])
            return
        tag, _, behind = chunk.partition(">")
        found = _NAME.match(tag)
        name = found[0].lower() if found else ""
        if name in _UNSHOWN and not tag.endswith("/"):
            self.unshown = f"/{name}"
            return
        if name == "table":
            self.open.append(
                _Table(Gathering(self.file, f"表{len(self.grids) + len(self.open) + 1}"))
            )
        elif self.open:
            self.tag(name, tag)
        self.text(behind)

    def tag(self, name: str, tag: str) -> None:
        """A tag inside a table."""
        table = self.open[-1]
        if name == "/table":
            self.close_table()
        elif name == "tr":
            self.end_row(table)
            table.number, table.in_row = table.number + 1, True
            if _HIDDEN.search(tag):
                table.hidden.add(table.number)
        elif name in ("td", "th"):
            self.end_cell(table)
            self.begin_cell(table, tag)
        elif name in ("/td", "/th"):
            self.end_cell(table)
        elif name == "/tr":
            self.end_row(table)
        elif name in _BREAKS and table.column >= 0:
            table.pieces.append("\n")

    def begin_cell(self, table: _Table, tag: str) -> None:
        """Find the next column that no cell of a row above reaches into."""
        if not table.in_row:
            table.number, table.in_row = table.number + 1, True
        column = len(table.cells)
        while table.busy.get(column, 0) >= table.number:
            column += 1
        wide = min(_span(tag, "colspan"), MOST_COLUMNS)
        high = min(_span(tag, "rowspan"), _MOST_SPANNED_ROWS)
        if column + wide > MOST_COLUMNS + 1:
            raise table.rows.too_wide()
        table.cells.extend([None] * (column + wide - len(table.cells)))
        last = table.number + high - 1
        if high > 1:
            table.busy |= dict.fromkeys(range(column, column + wide), last)
        if high > 1 or wide > 1:
            table.merges.append(Merge(table.number, last, column, column + wide - 1))
        table.column = column
        exact = re.search(r"\bx:num=[\"']?([^\"'\s>]+)", tag)
        table.value = float(exact[1]) if exact and _NUMBER.fullmatch(exact[1]) else None

    def text(self, said: str) -> None:
        """Text as the page shows it."""
        if said and self.open and self.open[-1].column >= 0:
            self.open[-1].pieces.append(_BLANKS.sub(" ", said))

    def end_cell(self, table: _Table) -> None:
        """Keep the cell, if one is open."""
        if table.column >= 0:
            said = html.unescape("".join(table.pieces))
            lines = (line.strip() for line in said.split("\n"))
            shown = "\n".join(line for line in lines if line)
            table.cells[table.column] = shown or None if table.value is None else table.value
        table.column = -1
        table.pieces.clear()

    def end_row(self, table: _Table) -> None:
        """Keep the row, if one is open."""
        self.end_cell(table)
        table.rows.add(table.number, table.cells)
        table.cells, table.in_row = [], False

    def close_table(self) -> None:
        """Keep the innermost table, unless it is empty."""
        table = self.open.pop()
        self.end_row(table)
        grid = table.rows.grid(merges=table.merges, hidden_rows=frozenset(table.hidden))
        if len(grid.cells):
            self.grids.append(grid)


def _span(tag: str, name: str) -> int:
    found = re.search(rf"\b{name}\s*=\s*[\"']?\s*([0-9]{{1,6}})", tag, re.IGNORECASE)
    return max(int(found[1]), 1) if found else 1
