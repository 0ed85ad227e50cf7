"""Spreadsheets and text tables of any kind, as grids: XLSX, XLS, XML, HTML, CSV, TSV."""

import csv
import io
import re
from pathlib import Path
from typing import Any

from geoplan.exchange.asking.remarks import RefusedFileError, refused
from geoplan.exchange.files.archives import judge_size
from geoplan.exchange.files.encodings import Encoding, encoding_of
from geoplan.exchange.outgoing.tabular import unguarded
from geoplan.exchange.sheets.grids import Book, Gathering, Grid, Merge
from geoplan.exchange.sheets.htmltables import declared_charset, html_grids
from geoplan.exchange.sheets.workbookreading import day_of_serial, read_workbook, suffix_of
from geoplan.exchange.sheets.xmltables import xml_grids

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt")
KNOWN = "XLSX, XLS, CSV, TSV"

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_ENCRYPTED_MARKS = ("EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le"))
_OTHERS = {b"%PDF": "PDF", b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"Rar!": "RAR",
           b"7z\xbc\xaf": "7z", b"\x1f\x8b": "gzip", b"MIME-Version:": "MHTML", b"{\\rtf": "RTF"}  # fmt: skip
_HTML = (
    "<html",
    "<!doctype",
    "<table",
    "<meta",
    "<head",
    "<body",
    "<div",
    "<style",
    "<?xml",
    "<!--",
)
_GUARDS = ("'", "=")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_GUARDED = re.compile(r'="([^"]*)"')
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
    other = next((kind for start, kind in _OTHERS.items() if head.startswith(start)), "")
    if other:
        raise refused(
            file, "file.not_what_it_says", suffix=suffix_of(file), found=other, better="XLSX"
        )
    return _read_text(path, file, encoding)


def _read_text(path: Path, file: str, encoding: str) -> Book:
    raw = path.read_bytes()
    opening = raw[:4_096].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if opening.startswith(b"<?xml") and b"<html" not in opening:
        return Book(file, "XML", xml_grids(raw, file))
    found, text = _decoded(raw, file, encoding)
    if text[:4_096].lstrip().lower().startswith(_HTML):
        grids = html_grids(text, file)
        if grids:
            return Book(file, "HTML", grids, found)
        raise refused(
            file, "file.not_what_it_says", suffix=suffix_of(file), found="HTML", better="XLSX"
        )
    csv.field_size_limit(_LONGEST_CELL)
    rows = Gathering(file, Path(file).stem)
    delimiter = _delimiter(text, path.suffix.lower())
    # A StringIO would take four bytes for every letter of a large file.
    lines = (found[0] for found in _LINE.finditer(text))
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for number, row in enumerate(reader, 1):
            if any(row):
                rows.add(number, [_bare(cell) if cell[:1] in _GUARDS else cell for cell in row])
    except csv.Error as error:
        raise refused(file, "file.damaged", reason=str(error)) from error
    form = "TSV" if delimiter == "\t" else "CSV"
    return Book(file, form, (rows.grid(has_merges=False),), found)


def _decoded(raw: bytes, file: str, encoding: str) -> tuple[Encoding, str]:
    """The text of a file, and the encoding it was found to be in."""
    try:
        "".encode(encoding or "utf-8")
        found = Encoding(encoding, True) if encoding else encoding_of(raw)
        declared = declared_charset(raw)
        if found is None and declared:
            found = Encoding(declared, False)
        if found is None:
            raise refused(file, "encoding.unknown")
        return found, raw.decode(found.python).removeprefix("\ufeff")
    except (LookupError, UnicodeDecodeError) as error:
        raise refused(file, "encoding.unknown") from error


def _bare(cell: str) -> str:
    """A cell without what keeps a spreadsheet from taking it for a formula or a number.

    Examples
    --------
    >>> _bare('="0571"'), _bare("'=1+1"), _bare("=A1")
    ('0571', '=1+1', '=A1')
    """
    guarded = _GUARDED.fullmatch(cell)
    return guarded[1] if guarded else unguarded(cell)


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
