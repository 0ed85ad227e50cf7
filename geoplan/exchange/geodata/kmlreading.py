"""What KML needs before and after GDAL reads it: no entities, names kept, tables in descriptions."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.parsers import expat

from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.files.encodings import encoding_of
from geoplan.plan.problems import Both

Columns = dict[str, list[Any]]

_ABOUT_BYTES = 200_000
_EXPORTED = re.compile(r"(?<![\w-])[\w-]+ [0-9a-f]{12} · ")
_DATA_NAME = re.compile(rb"(<(?:\w+:)?Data\b[^<>]{0,200}?\bname\s*=\s*)(\"[^\"<]*\"|'[^'<]*')")
_OWN = (
    "id", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon", "snippet", "Description",
)  # fmt: skip
"""What KML says of drawing, which GDAL gives as fields."""

_TEXT = "description"
FOLDER = "Folder"
_ALIAS = "geoplan_field_"
_MOST_PAIRS = 200
_LINKS = Both(
    "里面只有指向别处的链接(NetworkLink)，不予读取",
    "there are only links to elsewhere (NetworkLink), which are not followed",
)
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Kml:
    """What is known of a KML besides its places.

    Attributes
    ----------
    about :
        Its words before the first folder.
    names :
        The name under which GDAL sees a field → the one in the file.
    """

    about: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_export(self) -> bool:
        """Whether geoplan wrote it: then its folders are layers, and its fields our own."""
        return _EXPORTED.search(self.about) is not None


def rewrite_kml(main: Path, file: str) -> Kml:
    """Make sure that a KML declares no entities, and write it so that GDAL keeps all names.

    GDAL makes underscores of the letters beyond ASCII in names of untyped data.

    Raises
    ------
    RefusedFileError
        It is no XML, or declares a document type.
    """
    raw = main.read_bytes()
    head = raw[:200].lower()
    given = raw
    if b"encoding=" in head and b"utf-8" not in head:
        found = encoding_of(raw)
        if found is None:
            raise refused(file, "encoding.unknown")
        text = raw.decode(found.python).removeprefix("\ufeff")
        raw = b'<?xml version="1.0" encoding="UTF-8"?>' + text.partition("?>")[2].encode()
    _refuse_declarations(raw, file)
    about = raw[:_ABOUT_BYTES].decode("utf-8", "replace").partition("<Folder")[0]
    if b"Placemark" not in raw and b"NetworkLink" in raw:
        raise refused(file, "layer.unreadable", reason=_LINKS)
    raw, names = _with_aliases(raw)
    if raw is not given:
        main.unlink()
        main.write_bytes(raw)
    return Kml(about, names)


def _refuse_declarations(raw: bytes, file: str) -> None:
    def refuse(*_: object) -> None:
        raise refused(file, "xml.dtd", part="KML")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise refused(file, "file.damaged", reason=str(error)) from error


def _with_aliases(raw: bytes) -> tuple[bytes, dict[str, str]]:
    """The file with plain names for those that GDAL would spoil."""
    aliases: dict[bytes, str] = {}

    def alias(found: re.Match[bytes]) -> bytes:
        name = found[2][1:-1]
        if name.isascii() and re.fullmatch(rb"\w*", name):
            return found[0]
        own = aliases.setdefault(name, f"{_ALIAS}{len(aliases)}")
        return found[1] + b'"' + own.encode() + b'"'

    rewritten = _DATA_NAME.sub(alias, raw)
    if not aliases:
        return raw, {}
    names = {own: html.unescape(name.decode("utf-8", "replace")) for name, own in aliases.items()}
    return rewritten, names


def columns_of_kml(columns: Mapping[str, list[Any]], kml: Kml) -> Columns:
    """The fields of a KML under their own names, without those of drawing and those empty."""
    named: Columns = {}
    for name, values in columns.items():
        if name in _OWN or all(value is None for value in values):
            continue
        # GDAL keeps “id” for the place's own and renames a column of that name.
        own = "id" if name == "id2" else kml.names.get(name, name)
        # Folders may write the same field in both ways that the format has.
        before = named.get(own, [None] * len(values))
        named[own] = [a if a is not None else b for a, b in zip(before, values, strict=True)]
    return named if kml.is_export else with_described(named)


def with_described(columns: Columns) -> Columns:
    """The columns together with those of the tables that programs write into descriptions.

    A description that is markup becomes plain text; one that was a table, its columns.
    """
    texts = [text if isinstance(text, str) else "" for text in columns.get(_TEXT, ())]
    read = [_read(text) if "<" in text else Description((), text) for text in texts]
    names = dict.fromkeys(name for one in read for name, _ in one.pairs)
    own = [name for name in columns if name not in ("id", "Name", _TEXT)]
    if len(names) > _MOST_PAIRS or 2 * len(own) >= len(names):
        # The table only repeats what the columns say.
        names = {}
        read = [Description((), one.text) for one in read]
    found: Columns = {name: values for name, values in columns.items() if name != _TEXT}
    for name in names:
        if name not in found:
            found[name] = [dict(one.pairs).get(name) for one in read]
    plain = [one.text if not one.pairs else None for one in read]
    if any(plain):
        found[_TEXT] = [text or None for text in plain]
    return found


@dataclass(frozen=True)
class Description:
    """What a description says: pairs of a name and a value, and its text."""

    pairs: Sequence[tuple[str, str | None]]
    text: str


def _read(markup: str) -> Description:
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    pairs = [
        (row[0], row[1] or None)
        for row in reader.rows
        if len(row) == 2 and 0 < len(row[0]) <= _LONGEST_NAME
    ]
    lines = (" ".join(line.split()) for line in "".join(reader.text).splitlines())
    return Description(pairs, "\n".join(line for line in lines if line))


class _Reader(HTMLParser):
    """Gathers the rows of tables, inner ones by themselves, and the words."""

    _BREAKS = ("br", "p", "div", "tr", "li")
    _SILENT = ("script", "style", "head")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.text: list[str] = []
        self._open: list[list[list[str]]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self._silent += 1
        elif tag == "tr":
            self._open.append([])
        elif tag in ("td", "th") and self._open:
            self._open[-1].append([])
        if tag in self._BREAKS:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "tr" and self._open:
            self.rows.append([" ".join("".join(cell).split()) for cell in self._open.pop()])

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.text.append(data)
        if self._open and self._open[-1]:
            self._open[-1][-1].append(data)
