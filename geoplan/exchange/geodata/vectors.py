"""Geodata of any kind as attributes and shapes, as they are in the file.

GeoJSON is read here; everything else by GDAL in a program of its own
(:mod:`geoplan.exchange.geodata.vectorworker`), after the file was found to be what it
says it is.
"""

import csv
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from pyproj import CRS

from geoplan.exchange.asking.remarks import Remark, refused
from geoplan.exchange.files.archives import judge_size, opened_archive
from geoplan.exchange.geodata import vectorworker
from geoplan.exchange.geodata.areas import with_texts_inside
from geoplan.exchange.geodata.charsets import correct_mapinfo, options_of_dxf
from geoplan.exchange.geodata.crsguess import WGS84, crs_of, is_undefined
from geoplan.exchange.geodata.dbase import TableEncoding, read_table, table_encoding
from geoplan.exchange.geodata.geojsonreading import Shapes, read_geojson
from geoplan.exchange.geodata.kmlreading import FOLDER, Kml, columns_of_kml, rewrite_kml
from geoplan.exchange.geodata.vectorfiles import FORMS, JSON, PARTS, judge_content, linked, unpacked
from geoplan.plan.problems import Both

MOST_FEATURES = 200_000
MOST_VERTICES = 5_000_000

_WAIT_S = 120.0
_LIMITS = [
    getattr(signal, name) for name in ("SIGXCPU", "SIGXFSZ", "SIGKILL") if hasattr(signal, name)
]
_EXHAUSTED = Both(
    "超出读取的时间或内存上限，已中止",
    "it takes more time or memory than is allowed, and was stopped",
)
_CRASHED = Both("读取程序因它崩溃", "the program that reads it crashed over it")
_KIND_OF_SHAPE = re.compile(r"_(?:points|lines|areas|polygons|collections)$")
_ERROR_CLASS = re.compile(r"^[\w.]+(?:Error|Exception): ")
_OWN_OF_DXF = ("PaperSpace", "SubClasses", "Linetype", "ExtendedEntity")


@dataclass(frozen=True)
class Vectors:
    """A layer as it is in its file.

    Attributes
    ----------
    columns :
        Field → value of each feature.
    crs :
        As declared by the file; ``None`` if it declares none.
    layers :
        Every layer of the file.
    said :
        What the file says of itself, for finding out whether it was exported
        by geoplan.
    broken :
        Positions of the features whose shape cannot be read.
    """

    form: str
    layer: str
    columns: dict[str, list[Any]]
    shapes: Shapes
    crs: CRS | None
    layers: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    said: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    broken: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.shapes)


def read_vectors(path: Path, file: str = "", *, layer: str = "", encoding: str = "") -> Vectors:
    """One layer of a file.

    Parameters
    ----------
    layer :
        Name of the layer, where the file has several; else its first.
    encoding :
        Encoding of a shapefile's texts, where the one detected is wrong.

    Raises
    ------
    RefusedFileError
        No geodata, unsafe, damaged, too large, or not what its name says.
    """
    file = file or path.name
    judge_size(path, file)
    suffix = Path(file).suffix.lower()
    with tempfile.TemporaryDirectory(prefix="geoplan-") as temporary:
        folder = Path(temporary)
        if suffix in (".zip", ".kmz"):
            with opened_archive(path, file) as archive:
                main, beside = unpacked(archive, folder, file, layer)
        else:
            main, beside = linked(path, folder, suffix), {}
        found = _read(main, file, layer, encoding, beside)
    return found if layer else _with_other_kinds(found, path, file, encoding)


def _with_other_kinds(found: Vectors, path: Path, file: str, encoding: str) -> Vectors:
    """A layer that had to be split by kind of shape, as shapefiles do, as one again."""
    if found.form != "Shapefile":
        return found
    stem = _KIND_OF_SHAPE.sub("", found.layer)
    names = [n for n in found.layers if n != found.layer and _KIND_OF_SHAPE.sub("", n) == stem]
    parts = [read_vectors(path, file, layer=name, encoding=encoding) for name in names]
    same = [part for part in parts if list(part.columns) == list(found.columns)]
    if not same:
        return found
    gone = {part.layer for part in same}
    layers = tuple(stem if n == found.layer else n for n in found.layers if n not in gone)
    return replace(joined([found, *same]), layer=stem, layers=layers)


def joined(parts: Sequence[Vectors]) -> Vectors:
    """Layers of the same columns as one, as they were before a format split them."""
    first = parts[0]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {
        name: [value for part in parts for value in part.columns.get(name, [None] * len(part))]
        for name in names
    }
    keys = {short: full for part in parts for short, full in part.keys.items()}
    shapes = np.concatenate([part.shapes for part in parts])
    starts = itertools.accumulate((len(part) for part in parts), initial=0)
    broken = [s + at for s, part in zip(starts, parts, strict=False) for at in part.broken]
    return replace(first, columns=columns, shapes=shapes, keys=keys, broken=tuple(broken))


def _read(main: Path, file: str, layer: str, encoding: str, beside: dict[str, str]) -> Vectors:
    suffix = main.suffix
    judge_content(main, file)
    if suffix in JSON:
        return _geojson(main, file, beside)
    remarks: list[Remark] = []
    kml: Kml | None = None
    options: Mapping[str, str] = {}
    if suffix == ".kml":
        kml = rewrite_kml(main, file)
        beside = {**beside, "about": kml.about}
    elif suffix == ".dxf":
        options, remarks = options_of_dxf(main, file, encoding)
        remarks.append(Remark("dxf.attributes"))
    elif suffix in (".tab", ".mif"):
        remarks += correct_mapinfo(main, file, encoding)
    table = main.with_suffix(".dbf")
    aside = main.parent / "table"
    if suffix == ".shp" and table.exists():
        # A name cut within a character stops GDAL; the shapes are all it has to read.
        aside.mkdir()
        table = table.rename(aside / table.name)
    is_joined = kml is not None and not kml.is_export
    found = _run(main, file, "" if suffix in PARTS else layer, options, is_joined=is_joined)
    if aside.exists():
        remarks += _add_table(found, table, main.with_suffix(".cpg"), file, encoding)
    columns, shapes, broken = _features(found, file)
    if kml is not None:
        columns = columns_of_kml(columns, kml)
        if len(set(found["of"])) > 1:
            columns = {FOLDER: found["of"], **columns}
    elif suffix == ".dxf":
        columns = {n: v for n, v in columns.items() if n not in _OWN_OF_DXF}
        columns = with_texts_inside(columns, shapes)
    own = () if suffix in PARTS or len(set(found["of"])) > 1 else tuple(found["layers"])
    named = found["layer"]
    if suffix in (*PARTS, ".dxf"):
        named, own = beside.get("layer") or Path(file).stem, ()
    crs = crs_of(WGS84 if kml is not None else found["crs"] or "")
    said = beside.get("about", "") + json.dumps(found.get("metadata") or {}, ensure_ascii=False)
    return Vectors(
        FORMS[suffix], named, columns, shapes, None if crs is None or is_undefined(crs) else crs,
        _with_others(own, beside), tuple(remarks), said, _full_names(beside.get("keys", ""), named),
        broken,
    )  # fmt: skip


def _geojson(main: Path, file: str, beside: Mapping[str, str]) -> Vectors:
    found = read_geojson(main, file, MOST_FEATURES, MOST_VERTICES)
    _judge_vertices(found.shapes, file)
    layer = beside.get("layer") or Path(file).stem
    return Vectors(
        "GeoJSON", layer, found.columns, found.shapes, found.crs, _with_others((), beside),
        said=found.said, broken=found.broken,
    )  # fmt: skip


def _with_others(own: tuple[str, ...], beside: Mapping[str, str]) -> tuple[str, ...]:
    """The layers of a file together with those of the other files in its archive."""
    others = [name for name in beside.get("others", "").split("|") if name]
    if own:
        others = [name for name in others if name != beside.get("layer")]
    return tuple(dict.fromkeys((*own, *others)))


def _add_table(
    found: dict[str, Any], table: Path, cpg: Path, file: str, encoding: str
) -> list[Remark]:
    """Add a shapefile's attributes, read here for the sake of their encoding."""
    raw = table.read_bytes()
    judged = table_encoding(raw, cpg.read_bytes()[:100] if cpg.exists() else b"")
    try:
        names, columns, deleted = read_table(raw, encoding or judged.encoding.python)
        rows = found["rows"]
        found |= {"fields": names, "columns": [[column[row] for row in rows] for column in columns]}
        found["dropped"] = [at for at, row in enumerate(rows) if row in deleted]
    except (ValueError, IndexError, LookupError) as error:
        raise refused(file, "file.damaged", reason=f".dbf: {error}") from error
    return [] if encoding else _encoding_remarks(judged)


def _encoding_remarks(found: TableEncoding) -> list[Remark]:
    if not found.shown:
        return []
    name = found.encoding.name
    if found.contradicts:
        details: dict[str, object] = {
            "declared": found.declared or "?",
            "encoding": name,
            "sample": found.shown,
        }
        return [Remark("encoding.cpg_wrong", details=details)]
    if found.declared or (found.encoding.is_certain and not found.otherwise):
        return []
    other = f"(≠ {found.otherwise})" if found.otherwise else ""
    return [
        Remark("encoding.found", details={"encoding": name, "sample": found.shown, "other": other})
    ]


def _run(
    main: Path, file: str, layer: str, options: Mapping[str, str], *, is_joined: bool
) -> dict[str, Any]:
    """Let the worker read a file; whatever happens to it, only the file is refused."""
    out = main.parent / "out"
    out.mkdir()
    request = {
        "path": str(main), "out": str(out), "layer": layer, "most_features": MOST_FEATURES,
        "options": dict(options), "joined": is_joined,
    }  # fmt: skip
    kept = (
        "PATH",
        "PROJ_DATA",
        "PROJ_LIB",
        "GDAL_DATA",
        "LD_LIBRARY_PATH",
        "SYSTEMROOT",
        "TEMP",
        "TMPDIR",
    )
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"GDAL_SKIP": ",".join(vectorworker.NO_DRIVERS), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-I", vectorworker.__file__, json.dumps(request)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, its request passed as data
            command, env=environment, capture_output=True, timeout=_WAIT_S, check=False, cwd=out
        )
    except subprocess.TimeoutExpired as error:
        raise refused(file, "layer.unreadable", reason=f"> {_WAIT_S:.0f} s") from error
    result = out / "found.json"
    if done.returncode != 0 or not result.exists():
        raise refused(file, "layer.unreadable", reason=_reason(done, str(main), file))
    found: dict[str, Any] = orjson.loads(result.read_bytes())
    if found["features"] > MOST_FEATURES:
        raise refused(
            file, "layer.features", found=f"{found['features']:,}", limit=f"{MOST_FEATURES:,}"
        )
    found["wkb"] = (out / "shapes").read_bytes()
    return found


def _reason(done: "subprocess.CompletedProcess[bytes]", path: str, file: str) -> str | Both:
    """Why the worker gave up."""
    if -done.returncode in _LIMITS:
        return _EXHAUSTED
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    lines = [line for line in lines if not line.startswith("Warning")]
    if done.returncode < 0 or not lines:
        return _CRASHED
    return (
        _EXHAUSTED
        if "MemoryError" in lines[-1]
        else _ERROR_CLASS.sub("", lines[-1].replace(path, file))
    )


def _features(
    found: Mapping[str, Any], file: str
) -> tuple[dict[str, list[Any]], Shapes, tuple[int, ...]]:
    """Fields and shapes, and which shapes cannot be read, without the rows that are deleted."""
    ends = np.cumsum([0, *found["sizes"]])
    whole = found["wkb"]
    pieces = [whole[start:end] or None for start, end in itertools.pairwise(ends)]
    shapes = shapely.from_wkb(np.array(pieces, dtype=object), on_invalid="ignore")
    shapes = np.asarray(shapes, dtype=object).reshape(-1)
    _judge_vertices(shapes, file)
    columns = {
        name: [None if value == "" else value for value in values]
        for name, values in zip(found["fields"], found["columns"], strict=True)
    }
    is_broken = shapely.is_missing(shapes) & np.array([p is not None for p in pieces], dtype=bool)
    kept = np.setdiff1d(np.arange(len(shapes)), found.get("dropped") or [])
    if len(kept) < len(shapes):
        columns = {name: [values[at] for at in kept] for name, values in columns.items()}
    broken = tuple(np.flatnonzero(is_broken[kept]).tolist())
    return columns, shapes[kept], broken


def _full_names(text: str, layer: str) -> dict[str, str]:
    """Short name of a shapefile's field → the full one, from the key file of an export."""
    rows = [row for row in csv.reader(text.splitlines()) if len(row) > 2]
    return {row[1]: row[2] for row in rows[1:] if row[0] == layer}


def _judge_vertices(shapes: Shapes, file: str) -> None:
    count = int(shapely.get_num_coordinates(shapes).sum())
    if count > MOST_VERTICES:
        raise refused(file, "layer.vertices", found=f"{count:,}", limit=f"{MOST_VERTICES:,}")
