"""The files of a vector layer: found in an archive or beside each other, and judged by content."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from geoplan.exchange.archives import Archive, opened_archive
from geoplan.exchange.encodings import encoding_of
from geoplan.exchange.remarks import refused

SUFFIXES = (
    ".geojson",
    ".json",
    ".gpkg",
    ".zip",
    ".shp",
    ".kml",
    ".kmz",
    ".dxf",
    ".tab",
    ".mif",
    ".fgb",
)
KNOWN = "GeoJSON, GeoPackage, Shapefile (zip), KML, KMZ, DXF, TAB, FlatGeobuf"

PARTS = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}
_NEEDED = {".shp": ".dbf", ".tab": ".dat"}
_ALONE = (".gpkg", ".fgb", ".kml", ".dxf", ".geojson", ".json")
_MAGIC: Mapping[str, tuple[bytes, ...]] = {
    ".gpkg": (b"SQLite format 3\x00",),
    ".fgb": (b"fgb\x03",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".tab": (b"!table", b"!Table", b"!TABLE"),
    ".mif": (b"Version", b"VERSION", b"version"),
}
FORMS = {
    ".shp": "Shapefile", ".tab": "TAB", ".mif": "MIF", ".gpkg": "GeoPackage", ".fgb": "FlatGeobuf",
    ".kml": "KML", ".dxf": "DXF", ".geojson": "GeoJSON", ".json": "GeoJSON",
}  # fmt: skip

_KEY_FILE = "字段对照表.csv"
_ABOUT_BYTES = 200_000


def is_vector(path: Path, file: str = "") -> bool:
    """Whether a file is geodata rather than a spreadsheet, by name and content."""
    suffix = Path(file or path.name).suffix.lower()
    if suffix not in SUFFIXES:
        return False
    with path.open("rb") as stream:
        head = stream.read(4)
    if suffix == ".zip" and head == b"PK\x03\x04":
        with opened_archive(path, path.name, is_upload=False) as archive:
            return "[Content_Types].xml" not in archive.members
    return True


def unpacked(archive: Archive, folder: Path, file: str, layer: str) -> tuple[Path, dict[str, str]]:
    """The files of one layer under plain names; and the others' names."""
    suffixes = {name: PurePosixPath(name).suffix.lower() for name in archive.members}
    mains = [n for n, s in suffixes.items() if s in (".shp", ".tab", ".mif")]
    mains = mains or [n for n, s in suffixes.items() if s in _ALONE]
    if not mains:
        raise refused(file, "zip.nothing", known=KNOWN)
    wanted = [name for name in mains if PurePosixPath(name).stem == layer]
    main = (
        wanted or sorted(mains, key=lambda n: -archive.members[n].file_size if not wanted else 0)
    )[0]
    suffix = suffixes[main]
    stem = main[: -len(suffix)].lower()
    for name, own in suffixes.items():
        is_part = own in (suffix, *PARTS.get(suffix, ())) and name[: -len(own)].lower() == stem
        is_cpg = name.lower() == f"{main.lower()}.cpg"
        if is_part or is_cpg:
            (folder / f"layer{'.cpg' if is_cpg else own}").write_bytes(archive.read(name))
    needed = _NEEDED.get(suffix)
    if needed and not (folder / f"layer{needed}").exists():
        raise refused(file, "layer.parts", missing=needed)
    said = {
        "layer": PurePosixPath(main).stem,
        "others": "|".join(PurePosixPath(n).stem for n in mains),
    }
    for name in archive.members:
        base = PurePosixPath(name).name
        if base == "README.txt" or base.endswith("-metadata.json"):
            said["about"] = archive.read(name)[:_ABOUT_BYTES].decode("utf-8", "replace")
        elif base == _KEY_FILE:
            said["keys"] = archive.read(name)[:500_000].decode("utf-8-sig", "replace")
    return folder / f"layer{suffix}", said


def linked(path: Path, folder: Path, suffix: str) -> Path:
    """A file, and what lies beside it, under plain names."""
    own = suffix or path.suffix.lower()
    (folder / f"layer{own}").symlink_to(path.resolve())
    for part in PARTS.get(own, ()):
        for name in (path.with_suffix(part), path.with_suffix(part.upper())):
            if name.is_file() and not (folder / f"layer{part}").exists():
                (folder / f"layer{part}").symlink_to(name.resolve())
    return folder / f"layer{own}"


def judge_content(main: Path, file: str) -> None:
    """Refuse what is not what its name says: another program may be led astray by it."""
    with main.open("rb") as stream:
        head = stream.read(4096)
    suffix = main.suffix
    expected = _MAGIC.get(suffix)
    wrong = expected is not None and not head.lstrip(b"\xef\xbb\xbf").startswith(expected)
    plain = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if suffix == ".kml":
        wrong = not plain.startswith(b"<") or b"<OGRVRT" in head
    elif suffix == ".dxf":
        is_text = plain.startswith((b"0", b"999")) and b"SECTION" in head
        wrong = not is_text and not head.startswith(b"AutoCAD Binary DXF")
    elif suffix in (".geojson", ".json"):
        wrong = not plain.startswith((b"{", b"[")) and b"\x00" not in head[:4]
    if suffix == ".tab" and not wrong:
        kind = [
            line.split()
            for line in main.read_bytes()[:4096].lower().splitlines()
            if line.strip().startswith(b"type")
        ]
        wrong = not kind or kind[0][1:2] != [b"native"]
    if wrong:
        form = FORMS.get(suffix, suffix)
        raise refused(file, "file.not_what_it_says", suffix=suffix, found="?", better=form)


def rewrite_kml(main: Path, file: str) -> str:
    """Make sure that a KML declares no entities, and bring it to UTF-8; its first words."""
    raw = main.read_bytes()
    head = raw[:200].lower()
    if b"encoding=" in head and b"utf-8" not in head:
        found = encoding_of(raw)
        if found is None:
            raise refused(file, "encoding.unknown")
        text = raw.decode(found.python).removeprefix("\ufeff")
        raw = b'<?xml version="1.0" encoding="UTF-8"?>' + text.partition("?>")[2].encode()
        main.unlink()
        main.write_bytes(raw)

    def refuse_declarations(*_: object) -> None:
        raise refused(file, "xml.dtd", part="KML")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse_declarations
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise refused(file, "file.damaged", reason=str(error)) from error
    return raw[:_ABOUT_BYTES].decode("utf-8", "replace").partition("<Folder")[0]
