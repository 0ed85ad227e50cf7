"""The attribute table of a shapefile, read by its bytes.

Its encoding is told from the texts and not from what is claimed; names and
texts that were cut within a character lose that character and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from geoplan.exchange.files.encodings import Encoding, best_of, sample

_JUDGED_RECORDS = 400
_JUDGED_TEXTS = 4_000
_HEAD = 32
_DECLARED = {
    "936": "gb18030", "cp936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030",
    "gb18030": "gb18030", "ansi936": "gb18030", "utf8": "utf-8", "65001": "utf-8", "utf-8": "utf-8",
    "iso-8859-1": "latin-1", "iso88591": "latin-1", "8859-1": "latin-1", "cp1252": "latin-1",
    "1252": "latin-1", "big5": "big5", "950": "big5", "cp950": "big5", "ansi950": "big5",
}  # fmt: skip
_LANGUAGE_DRIVERS = {0x4D: "gb18030", 0x4F: "big5", 0x78: "big5", 0x7A: "gb18030"}
_EMPTY_DATES = ("", "00000000")


@dataclass(frozen=True)
class TableEncoding:
    """How a table is to be read.

    Attributes
    ----------
    declared :
        What ``.cpg`` says, as it says it; empty if there is none.
    contradicts :
        Whether the texts are in another encoding than declared.
    shown :
        Some text as read.
    otherwise :
        The same as a program shows it that trusts the declaration, or has
        none; empty where that is the same.
    """

    encoding: Encoding
    declared: str
    contradicts: bool
    shown: str
    otherwise: str


@dataclass(frozen=True)
class _Field:
    name: bytes
    kind: bytes
    start: int
    width: int


def table_encoding(dbf: bytes, cpg: bytes) -> TableEncoding:
    """The encoding of a dBase table.

    Parameters
    ----------
    cpg :
        Content of the ``.cpg`` file; empty if there is none.
    """
    beyond = [text for text in _texts(dbf) if not text.isascii()]
    declared = cpg.decode("ascii", "ignore").strip()
    claimed = _DECLARED.get(declared.lower().replace(" ", "").replace("_", ""), "")
    if not claimed and len(dbf) > 29:
        claimed = _LANGUAGE_DRIVERS.get(dbf[29], "")
    if not beyond:
        return TableEncoding(Encoding(claimed or "utf-8", True), declared, False, "", "")
    found = best_of(beyond[:_JUDGED_TEXTS]) or Encoding(claimed or "gb18030", False)
    # Values tell more than names, which come first.
    shown = sample([text.decode(found.python, "ignore") for text in reversed(beyond)])
    usual = claimed or "latin-1"
    otherwise = sample([text.decode(usual, "replace") for text in reversed(beyond)])
    contradicts = bool(claimed) and claimed != found.python and shown != otherwise
    return TableEncoding(
        found, declared, contradicts, shown, "" if otherwise == shown else otherwise
    )


def read_table(dbf: bytes, python: str) -> tuple[list[str], list[list[Any]], set[int]]:
    """Names and values of a dBase table, and which records count as deleted.

    Raises
    ------
    ValueError
        It is no dBase table, or shorter than it says.
    """
    fields, start, length, count = _layout(dbf)
    if length == 0 or len(dbf) < start + count * length - 1:
        raise ValueError("the table is shorter than it says")
    names: list[str] = []
    for field in fields:
        name = field.name.decode(python, "ignore").strip() or f"field{len(names) + 1}"
        while name in names:
            name += "_"
        names.append(name)
    columns: list[list[Any]] = [[] for _ in fields]
    deleted = set()
    for number, at in enumerate(range(start, start + count * length, length)):
        if dbf[at : at + 1] == b"*":
            deleted.add(number)
        for column, field in zip(columns, fields, strict=True):
            column.append(
                _value(dbf[at + field.start : at + field.start + field.width], field, python)
            )
    return names, columns, deleted


def _value(raw: bytes, field: _Field, python: str) -> Any:
    if field.kind in (b"I", b"+") and field.width == 4:
        return float(int.from_bytes(raw, "little", signed=True))
    text = raw.decode(python, "ignore").strip(" \0")
    if field.kind in (b"N", b"F"):
        try:
            return float(text) if len(text) < 32 else text
        except ValueError:
            return None
    if field.kind == b"D":
        return None if text in _EMPTY_DATES else text
    if field.kind == b"L":
        return {"T": True, "Y": True, "F": False, "N": False}.get(text.upper())
    return text or None


def _layout(dbf: bytes) -> tuple[list[_Field], int, int, int]:
    if len(dbf) <= _HEAD:
        raise ValueError("no table")
    count = int.from_bytes(dbf[4:8], "little")
    start, length = int.from_bytes(dbf[8:10], "little"), int.from_bytes(dbf[10:12], "little")
    fields: list[_Field] = []
    offset = 1
    for at in range(_HEAD, min(start, len(dbf)) - 1, 32):
        head = dbf[at : at + 32]
        if head[:1] == b"\r" or len(head) < 32:
            break
        width = head[16] + (head[17] << 8 if head[11:12] == b"C" else 0)
        fields.append(_Field(head[:11].split(b"\0")[0], head[11:12], offset, width))
        offset += width
    if offset > length:
        raise ValueError("the fields are longer than a record")
    return fields, start, length, count


def _texts(dbf: bytes) -> Iterator[bytes]:
    """Field names and the texts of the first records."""
    try:
        fields, start, length, count = _layout(dbf)
    except ValueError:
        return
    yield from (field.name for field in fields)
    for number in range(min(count, _JUDGED_RECORDS)):
        at = start + number * length
        for field in fields:
            if field.kind == b"C":
                yield dbf[at + field.start : at + field.start + field.width].rstrip(b" \0")
