"""Spreadsheets and text tables of any kind, as grids: XLSX, XLS, CSV, TSV."""

import csv
import io
from pathlib import Path
from typing import Any

from geoplan.exchange.archives import judge_size
from geoplan.exchange.encodings import Encoding, encoding_of
from geoplan.exchange.grids import Book, Gathering, Grid, Merge
from geoplan.exchange.remarks import RefusedFileError, refused
from geoplan.exchange.tabular import unguarded
from geoplan.exchange.workbookreading import day_of_serial, read_workbook

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt")
KNOWN = "XLSX, XLS, CSV, TSV"

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_ENCRYPTED_MARKS = ("EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le"))
_DELIMITERS = ",\t;|"
_SNIFFED_LINES = 40
_LONGEST_CELL = 10_000_000


def read_book(path: Path, file: str = "", *, encoding: str = "") -> Book:
    """The sheets of a file, told by its content and not by its name.

    Parameters
    ----------
    file :
        Name to use in messages; the path's own by default.
    encoding :
        Encoding of a text table where the one detected is wrong.

    Raises
    ------
    RefusedFileError
        Not a spreadsheet, unsafe, damaged, protected or too large.
    """
    file = file or path.name
    judge_size(path, file)
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(_ZIP):
        return read_workbook(path, file)
    if head.startswith(_OLE) or head.startswith(_BIFF):
        return _read_xls(path, file)
    opening = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if opening.startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<?xml")):
        kind = "XML" if opening.startswith(b"<?xml") else "HTML"
        raise refused(
            file, "file.not_what_it_says", suffix=path.suffix or "?", found=kind, better="XLSX"
        )
    return _read_text(path, file, encoding)


def _read_text(path: Path, file: str, encoding: str) -> Book:
    raw = path.read_bytes()
    try:
        "".encode(encoding or "utf-8")
        found = Encoding(encoding, True) if encoding else encoding_of(raw)
        if found is None:
            raise refused(file, "encoding.unknown")
        text = raw.decode(found.python).removeprefix("\ufeff")
    except (LookupError, UnicodeDecodeError) as error:
        raise refused(file, "encoding.unknown") from error
    csv.field_size_limit(_LONGEST_CELL)
    rows = Gathering(file, path.stem)
    delimiter = _delimiter(text, path.suffix.lower())
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, row in enumerate(reader, 1):
            # An export guards what a spreadsheet would take for a formula.
            rows.add(number, [unguarded(cell) if cell[:1] == "'" else cell for cell in row])
    except csv.Error as error:
        raise refused(file, "file.damaged", reason=str(error)) from error
    form = "TSV" if delimiter == "\t" else "CSV"
    return Book(file, form, (rows.grid(has_merges=False),), found)


def _delimiter(text: str, suffix: str) -> str:
    """The character that cuts most lines into the same number of cells, two at least."""
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:_SNIFFED_LINES]

    def score(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(counts), key=lambda n: (counts.count(n), n), default=1)
        return (counts.count(usual) if usual > 1 else 0, usual)

    ranked = {delimiter: score(delimiter) for delimiter in _DELIMITERS}
    preferred = "\t" if suffix == ".tsv" else ","
    return max(
        ranked, key=lambda d: (ranked[d][0] > 0, ranked[d][1] > 1 and ranked[d], d == preferred)
    )


def _read_xls(path: Path, file: str) -> Book:
    raw = path.read_bytes()
    if any(mark in raw for mark in _ENCRYPTED_MARKS):
        raise refused(file, "file.encrypted")
    try:
        import xlrd
    except ImportError as error:
        raise refused(file, "file.unknown", known="XLSX, CSV") from error
    try:
        book = xlrd.open_workbook(
            file_contents=raw, formatting_info=True, on_demand=True, logfile=io.StringIO()
        )
        grids = tuple(_xls_grid(book, number, file) for number in range(book.nsheets))
    except RefusedFileError:
        raise
    # The reader walks through records that anybody may have written; it fails in every way.
    except Exception as error:
        code = "file.encrypted" if "encrypted" in str(error).lower() else "file.damaged"
        raise refused(file, code, reason=str(error) or type(error).__name__) from error
    return Book(file, "XLS", grids)


def _xls_grid(book: Any, number: int, file: str) -> Grid:
    import xlrd

    sheet = book.sheet_by_index(number)
    starts_1904 = bool(book.datemode)
    rows = Gathering(file, sheet.name)

    def value(cell: Any) -> Any:
        if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return None
        if cell.ctype == xlrd.XL_CELL_DATE:
            return day_of_serial(cell.value, starts_1904=starts_1904) or cell.value
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
        return cell.value

    for row in range(sheet.nrows):
        rows.add(row + 1, [value(cell) for cell in sheet.row(row)])
    return rows.grid(
        merges=tuple(
            Merge(top + 1, bottom, left, right - 1)
            for top, bottom, left, right in sheet.merged_cells
        ),
        hidden_rows=frozenset(row + 1 for row, facts in sheet.rowinfo_map.items() if facts.hidden),
        hidden_columns=frozenset(
            column for column, facts in sheet.colinfo_map.items() if facts.hidden
        ),
        is_hidden=sheet.visibility != 0,
        starts_1904=starts_1904,
    )
