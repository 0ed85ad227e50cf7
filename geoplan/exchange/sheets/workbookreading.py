"""XLSX as it stands: values, merged cells, what is hidden; streamed, with nothing executed.

Written on the XML parser of the standard library because a ready-made reader
either allocates the whole extent that a file claims, or leaves out hidden rows,
the Chinese built-in date formats and formulas that were never computed.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.files.archives import Archive, opened_archive
from geoplan.exchange.files.xmlreading import Attributes, parse_xml
from geoplan.exchange.sheets.grids import (
    MOST_COLUMNS,
    UNCOMPUTED,
    Book,
    Gathering,
    Grid,
    Merge,
    judge_cells,
)

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
# 27–36 and 50–58 are the formats of days in Chinese, Japanese and Korean versions.
_DAY_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_LONGEST_NUMBER = 32
_NUMBER = re.compile(
    r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf(?:inity)?)",
    re.IGNORECASE,
)
_LAST_ROW = 1_048_576
_OTHERS = {
    "word/document.xml": "Word",
    "ppt/presentation.xml": "PowerPoint",
    "xl/workbook.bin": "XLSB",
    "content.xml": "OpenDocument (ODS)",
}
_MOST_MERGES = 200_000
# The parser hands out texts in pieces of 8 kB; what is longer is refused with its row later.
_MOST_PIECES = 64


def read_workbook(path: Path, file: str) -> Book:
    """Every sheet of an XLSX file.

    Raises
    ------
    RefusedFileError
        An unsafe archive, DTDs, too many rows or columns, damage.
    """
    with opened_archive(path, file, is_upload=False) as archive:
        return _Reader(archive).book()


class _Reader:
    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.file = archive.file
        self.root = ""
        self.strings: list[str] = []
        self.days: frozenset[int] = frozenset()
        self.starts_1904 = False

    def book(self) -> Book:
        main = self._target_of("_rels/.rels", "officeDocument") or "xl/workbook.xml"
        other = next((kind for part, kind in _OTHERS.items() if part in self.archive.members), "")
        if other:
            raise refused(
                self.file, "file.not_what_it_says", suffix=suffix_of(self.file), found=other,
                better="XLSX",
            )  # fmt: skip
        if main not in self.archive.members:
            raise refused(self.file, "file.damaged", reason="no workbook part")
        folder = main.rpartition("/")[0]
        links = self._links(f"{folder}/_rels/{main.rpartition('/')[2]}.rels".lstrip("/"))
        sheets = self._sheets(main)
        for kind, target in links.values():
            part = _joined(folder, target)
            if kind == "sharedStrings":
                self._read_strings(part)
            elif kind == "styles":
                self._read_styles(part)
        grids: list[Grid] = []
        read: set[str] = set()
        for name, link, is_hidden in sheets:
            kind, target = links.get(link, ("", ""))
            part = _joined(folder, target)
            if kind == "worksheet" and part in self.archive.members:
                if part in read:
                    raise refused(self.file, "file.damaged", reason=f"{part}: used twice")
                read.add(part)
                grids.append(self._grid(name, part, is_hidden=is_hidden))
                judge_cells(self.file, name, sum(grid.cells.size for grid in grids))
        return Book(self.file, "XLSX", tuple(grids), facts=self._facts())

    def parse(
        self,
        part: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], object] | None = None,
    ) -> None:
        """Stream one part."""
        with self.archive.opened(part) as stream:
            parse_xml(stream, self.file, part, start, end, text)

    def _links(self, part: str) -> dict[str, tuple[str, str]]:
        links: dict[str, tuple[str, str]] = {}

        def start(name: str, values: Attributes) -> None:
            if name == "Relationship" and values.get("TargetMode") != "External":
                kind = values.get("Type", "").rpartition("/")[2]
                links[values.get("Id", "")] = (kind, values.get("Target", ""))

        if part in self.archive.members:
            self.parse(part, start)
        return links

    def _target_of(self, part: str, wanted: str) -> str:
        found = (target for kind, target in self._links(part).values() if kind == wanted)
        return next(found, "").lstrip("/")

    def _sheets(self, part: str) -> list[tuple[str, str, bool]]:
        sheets: list[tuple[str, str, bool]] = []

        def start(name: str, values: Attributes) -> None:
            if name == "sheet":
                link = next((v for k, v in values.items() if k.rpartition(":")[2] == "id"), "")
                hidden = values.get("state", "visible") != "visible"
                sheets.append((values.get("name", ""), link, hidden))
            elif name == "workbookPr":
                self.starts_1904 = values.get("date1904", "0") in ("1", "true")

        self.parse(part, start)
        return sheets

    def _facts(self) -> dict[str, str]:
        """Document properties: title, subject, description."""
        part = self._target_of("_rels/.rels", "core-properties") or "docProps/core.xml"
        facts: dict[str, list[str]] = {}
        at: list[str] = []

        def start(name: str, _: Attributes) -> None:
            at.append(name)

        def text(said: str) -> None:
            facts.setdefault(at[-1], []).append(said)

        if part in self.archive.members:
            self.parse(part, start, text=text)
        return {name: "".join(said).strip() for name, said in facts.items()}

    def _read_strings(self, part: str) -> None:
        strings, pieces, phonetic = self.strings, list[str](), [False]

        def start(name: str, _: Attributes) -> None:
            if name == "si":
                pieces.clear()
            elif name == "rPh":
                phonetic[0] = True

        def end(name: str) -> None:
            if name == "si":
                strings.append(_unescaped("".join(pieces)))
            elif name == "rPh":
                phonetic[0] = False

        def text(said: str) -> None:
            if not phonetic[0] and len(pieces) < _MOST_PIECES:
                pieces.append(said)

        if part in self.archive.members:
            self.parse(part, start, end, text)

    def _read_styles(self, part: str) -> None:
        own: dict[str, bool] = {}
        days: set[int] = set()
        state = {"inside": False, "count": 0}

        def start(name: str, values: Attributes) -> None:
            if name == "numFmt":
                own[values["numFmtId"]] = _is_day_format(values.get("formatCode", ""))
            elif name == "cellXfs":
                state["inside"] = True
            elif name == "xf" and state["inside"]:
                number = values.get("numFmtId", "0")
                if own.get(number, number.isdigit() and int(number) in _DAY_FORMATS):
                    days.add(state["count"])
                state["count"] += 1

        def end(name: str) -> None:
            if name == "cellXfs":
                state["inside"] = False

        if part in self.archive.members:
            self.parse(part, start, end)
        self.days = frozenset(days)

    def _grid(self, name: str, part: str, *, is_hidden: bool) -> Grid:
        rows = Gathering(self.file, name)
        columns: dict[str, int] = {}
        merges: list[Merge] = []
        hidden_rows: set[int] = set()
        hidden_columns: set[int] = set()
        row: list[Any] = []
        pieces: list[str] = []
        # Where the parser is: row, column, the cell's attributes, whether it holds a formula.
        at: dict[str, Any] = {"row": 0, "column": -1, "cell": {}, "formula": False, "deaf": 0}

        def start(tag: str, values: Attributes) -> None:
            if tag == "c":
                at["cell"], at["formula"] = values, False
                pieces.clear()
                reference = values.get("r")
                at["column"] = (
                    at["column"] + 1 if reference is None else _column(reference, columns)
                )
            elif tag in ("v", "is"):
                pieces.clear()
            elif tag == "row":
                row.clear()
                number = int(values.get("r", at["row"] + 1))
                if not at["row"] < number <= _LAST_ROW:
                    raise ValueError(f"row {number}")
                at["row"] = number
                at["column"] = -1
                if values.get("hidden") in ("1", "true"):
                    hidden_rows.add(at["row"])
            elif tag == "f":
                at["formula"] = True
            elif tag == "rPh":
                at["deaf"] += 1
            elif tag == "col" and values.get("hidden") in ("1", "true"):
                first, last = int(values["min"]), min(int(values["max"]), MOST_COLUMNS)
                hidden_columns.update(range(first - 1, last))
            elif tag == "mergeCell" and len(merges) < _MOST_MERGES:
                merges.append(_merge(values["ref"], columns))

        def end(tag: str) -> None:
            if tag == "c":
                value = self._value(at["cell"], "".join(pieces))
                if value is None and at["formula"]:
                    value = UNCOMPUTED
                if value is not None:
                    if at["column"] >= MOST_COLUMNS:
                        raise rows.too_wide()
                    row.extend([None] * (at["column"] + 1 - len(row)))
                    row[at["column"]] = value
                pieces.clear()
            elif tag == "f":
                pieces.clear()
            elif tag == "row":
                rows.add(at["row"], row[:])
            elif tag == "rPh":
                at["deaf"] -= 1

        def text(said: str) -> None:
            if not at["deaf"] and len(pieces) < _MOST_PIECES:
                pieces.append(said)

        self.parse(part, start, end, text)
        return rows.grid(
            merges=merges,
            hidden_rows=frozenset(hidden_rows),
            hidden_columns=frozenset(hidden_columns),
            is_hidden=is_hidden,
            starts_1904=self.starts_1904,
        )

    def _value(self, cell: Attributes, said: str) -> Any:
        kind = cell.get("t", "n")
        if kind == "s":
            return self.strings[int(said)] if said else None
        if kind in ("str", "inlineStr", "e"):
            return _unescaped(said) or None
        if not said:
            return None
        if kind == "b":
            return said == "1"
        if kind == "d":
            return datetime.fromisoformat(said.removesuffix("Z"))
        if len(said) > _LONGEST_NUMBER:
            return said
        if _NUMBER.fullmatch(said.strip()) is None:
            raise ValueError(f"number {said!r}")
        number = float(said)
        if int(cell.get("s", "0")) in self.days:
            return day_of_serial(number, starts_1904=self.starts_1904) or number
        return number


def suffix_of(file: str) -> str:
    """The ending of a file's name, for a message."""
    return Path(file).suffix or "?"


def day_of_serial(serial: float, *, starts_1904: bool = False) -> datetime | None:
    """The day a spreadsheet means by a serial number; ``None`` where it can mean none.

    Examples
    --------
    >>> day_of_serial(44197).date()
    datetime.date(2021, 1, 1)
    """
    if not 1 <= serial < 2_958_466:
        return None
    # Spreadsheets believe in 29 February 1900.
    first = datetime(1904, 1, 1) if starts_1904 else datetime(1899, 12, 30 + (serial < 60))
    return first + timedelta(seconds=round(serial * 86_400))


def _is_day_format(code: str) -> bool:
    """Whether a number format shows a day or a time.

    Examples
    --------
    >>> _is_day_format('yyyy"年"m"月"'), _is_day_format('0.00"亩"'), _is_day_format("General")
    (True, False, False)
    """
    plain = _QUOTED.sub("", code.partition(";")[0]).lower()
    return plain != "general" and any(letter in plain for letter in "ymdhs年月日")


def _column(reference: str, known: dict[str, int]) -> int:
    letters = reference.rstrip("0123456789")
    found = known.get(letters)
    if found is None:
        if not _REFERENCE.fullmatch(reference):
            raise ValueError(f"cell {reference[:20]!r}")
        found = 0
        for letter in letters:
            found = found * 26 + ord(letter) - 64
        found = known[letters] = found - 1
    return found


def _merge(reference: str, columns: dict[str, int]) -> Merge:
    first, _, last = reference.replace("$", "").partition(":")
    last = last or first
    top, bottom = (int(part.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for part in (first, last))
    return Merge(top, bottom, _column(first, columns), _column(last, columns))


def _unescaped(text: str) -> str:
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _joined(folder: str, target: str) -> str:
    """The part a relationship points to."""
    if target.startswith("/"):
        return target[1:]
    parts = [part for part in folder.split("/") if part]
    for part in target.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    return "/".join(parts)
