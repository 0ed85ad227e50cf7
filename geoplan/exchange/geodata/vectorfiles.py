"""The files of a vector layer: found in an archive or beside each other, and judged by content."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.files.archives import Archive, opened_archive
from geoplan.plan.problems import Both

SUFFIXES = (
    ".geojson",
    ".json",
    ".geojsonl",
    ".geojsons",
    ".geojsonseq",
    ".ndjson",
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
JSON = (".geojson", ".json", ".geojsonl", ".geojsons", ".geojsonseq", ".ndjson")
_ALONE = (".gpkg", ".fgb", ".kml", ".dxf", *JSON)
_NOT_READ = (
    ".gml", ".gdb", ".mdb", ".sqlite", ".dwg", ".dgn", ".parquet", ".shx", ".dbf", ".prj", ".mid",
    ".map", ".wl", ".wp", ".wt", ".qgz", ".qgs", ".mxd", ".aprx", ".gpx", ".topojson", ".vrt",
    ".xsd", ".e00", ".ovobj", ".ovkml",
)  # fmt: skip
"""Files of a GIS or CAD that are not read, so that they are not taken for spreadsheets."""
_MAGIC: Mapping[str, tuple[bytes, ...]] = {
    ".gpkg": (b"SQLite format 3\x00",),
    ".fgb": (b"fgb\x03",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".tab": (b"!table", b"!Table", b"!TABLE"),
    ".mif": (b"Version", b"VERSION", b"version"),
}
FORMS = {
    ".shp": "Shapefile", ".tab": "TAB", ".mif": "MIF", ".gpkg": "GeoPackage", ".fgb": "FlatGeobuf",
    ".kml": "KML", ".dxf": "DXF", **dict.fromkeys(JSON, "GeoJSON"),
}  # fmt: skip
_OTHER_CONTENT = (
    (b"PK\x03\x04", Both("压缩包或 Office 文件", "an archive or Office document")),
    (b"SQLite format 3", Both("SQLite 数据库", "an SQLite database")),
    (b"\x00\x00\x27\x0a", Both("Shapefile", "a shapefile")),
    (b"\xd0\xcf\x11\xe0", Both("旧版 Office 文件", "an old Office document")),
    (b"%PDF", Both("PDF", "PDF")), (b"AC10", Both("DWG 图纸", "a DWG drawing")),
    (b"Rar!", Both("RAR 压缩包", "an RAR archive")), (b"7z\xbc\xaf", Both("7z 压缩包", "a 7z archive")),
    (b"fgb", Both("FlatGeobuf", "FlatGeobuf")), (b"<!DOCTYPE html", Both("网页", "a web page")),
    (b"<html", Both("网页", "a web page")), (b"<", Both("其他 XML", "other XML")),
    (b"{", Both("JSON", "JSON")), (b"[", Both("JSON", "JSON")),
)  # fmt: skip
_OTHER = Both("别的内容", "something else")

_KEY_FILE = "字段对照表.csv"
_METADATA = "-metadata.json"
_ABOUT_BYTES = 200_000


def is_vector(path: Path, file: str = "") -> bool:
    """Whether a file is geodata rather than a spreadsheet, by name and content.

    Raises
    ------
    RefusedFileError
        Geodata of a kind that is not read.
    """
    suffix = Path(file or path.name).suffix.lower()
    if suffix in _NOT_READ:
        raise refused(file or path.name, "file.unknown", known=KNOWN)
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
    mains = _mains(archive)
    if not mains:
        raise refused(file, "zip.nothing", known=KNOWN)
    wanted = [name for name, said in mains.items() if said == layer]
    main = wanted[0] if wanted else next(iter(mains))
    suffix = PurePosixPath(main).suffix.lower()
    stem = main[: -len(suffix)].lower()
    for name in archive.members:
        own = PurePosixPath(name).suffix.lower()
        is_part = own in (suffix, *PARTS.get(suffix, ())) and name[: -len(own)].lower() == stem
        is_cpg = name.lower() == f"{main.lower()}.cpg"
        if is_part or is_cpg:
            (folder / f"layer{'.cpg' if is_cpg else own}").write_bytes(archive.read(name))
    needed = _NEEDED.get(suffix)
    if needed and not (folder / f"layer{needed}").exists():
        raise refused(file, "layer.parts", missing=needed)
    said = {"layer": mains[main], "others": "|".join(mains.values())}
    for name in archive.members:
        base = PurePosixPath(name).name
        if base == "README.txt" or base.endswith(_METADATA):
            said["about"] = archive.read(name)[:_ABOUT_BYTES].decode("utf-8", "replace")
        elif base == _KEY_FILE:
            said["keys"] = archive.read(name)[:500_000].decode("utf-8-sig", "replace")
    return folder / f"layer{suffix}", said


def _mains(archive: Archive) -> dict[str, str]:
    """Main file of each layer → the layer's name; the likeliest to be meant comes first."""
    suffixes = {name: PurePosixPath(name).suffix.lower() for name in archive.members}
    found = [
        name for name, own in suffixes.items()
        if own in (".shp", ".tab", ".mif", *_ALONE) and not name.endswith(_METADATA)
    ]  # fmt: skip
    # Settings of all sorts are written as .json.
    found = [n for n in found if suffixes[n] != ".json"] or found
    found.sort(key=lambda n: (suffixes[n] in _ALONE, -archive.members[n].file_size))
    stems = [PurePosixPath(name).stem for name in found]
    return {
        name: stem if stems.count(stem) == 1 else name[: -len(suffixes[name])]
        for name, stem in zip(found, stems, strict=True)
    }


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
    elif suffix in JSON:
        wrong = not plain.startswith((b"{", b"[", b"\x1e")) and b"\x00" not in head[:4]
    if suffix == ".tab" and not wrong:
        kind = [
            line.split()
            for line in main.read_bytes()[:4096].lower().splitlines()
            if line.strip().startswith(b"type")
        ]
        wrong = not kind or kind[0][1:2] != [b"native"]
    if wrong:
        form = FORMS.get(suffix, suffix)
        found = next((said for start, said in _OTHER_CONTENT if plain.startswith(start)), _OTHER)
        raise refused(file, "file.not_what_it_says", suffix=suffix, found=found, better=form)
