"""Geodata of any kind as attributes and shapes, as they are in the file.

GeoJSON is read here; everything else by GDAL in a program of its own
(:mod:`geoplan.exchange.vectorworker`), after the file was found to be what it
says it is.
"""

import csv
import itertools
import json
import os
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

from geoplan.exchange import vectorworker
from geoplan.exchange.archives import judge_size, opened_archive
from geoplan.exchange.crsguess import WGS84, crs_of
from geoplan.exchange.dbase import TableEncoding, read_table, table_encoding
from geoplan.exchange.geojsonreading import Shapes, read_geojson
from geoplan.exchange.remarks import Remark, refused
from geoplan.exchange.vectorfiles import FORMS, PARTS, judge_content, linked, rewrite_kml, unpacked

MOST_FEATURES = 200_000
MOST_VERTICES = 5_000_000

_WAIT_S = 120.0
_OWN_OF_KML = (
    "id", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon", "snippet", "Description",
)  # fmt: skip


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
        return _read(main, file, layer, encoding, beside)


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
    return replace(first, columns=columns, shapes=shapes, keys=keys)


def _read(main: Path, file: str, layer: str, encoding: str, beside: dict[str, str]) -> Vectors:
    suffix = main.suffix
    judge_content(main, file)
    if suffix in (".geojson", ".json"):
        columns, shapes, crs, said = read_geojson(main, file, MOST_FEATURES)
        _judge_vertices(shapes, file)
        return Vectors("GeoJSON", main.stem, columns, shapes, crs, said=said)
    remarks: list[Remark] = []
    if suffix == ".kml":
        beside = {**beside, "about": rewrite_kml(main, file)}
    if suffix == ".dxf":
        remarks.append(Remark("dxf.attributes"))
    table = main.with_suffix(".dbf")
    aside = main.parent / "table"
    if suffix == ".shp" and table.exists():
        # A name cut within a character stops GDAL; the shapes are all it has to read.
        aside.mkdir()
        table = table.rename(aside / table.name)
    found = _run(main, file, "" if suffix in PARTS else layer)
    if aside.exists():
        remarks += _add_table(found, table, main.with_suffix(".cpg"), file, encoding)
    if suffix in PARTS:
        found["layer"] = beside.get("layer") or Path(file).stem
        found["layers"] = [name for name in beside.get("others", "").split("|") if name]
    return _vectors(found, file, suffix, remarks, beside)


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


def _run(main: Path, file: str, layer: str) -> dict[str, Any]:
    """Let the worker read a file; whatever happens to it, only the file is refused."""
    out = main.parent / "out"
    out.mkdir()
    request = {
        "path": str(main), "out": str(out), "layer": layer,
        "most_features": MOST_FEATURES,
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
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1] if lines else f"exit code {done.returncode}"
        raise refused(file, "layer.unreadable", reason=reason.replace(str(main), file))
    found: dict[str, Any] = orjson.loads(result.read_bytes())
    if found["features"] > MOST_FEATURES:
        raise refused(
            file, "layer.features", found=f"{found['features']:,}", limit=f"{MOST_FEATURES:,}"
        )
    found["wkb"] = (out / "shapes").read_bytes()
    return found


def _vectors(
    found: Mapping[str, Any],
    file: str,
    suffix: str,
    remarks: list[Remark],
    beside: Mapping[str, str],
) -> Vectors:
    ends = np.cumsum([0, *found["sizes"]])
    whole = found["wkb"]
    pieces = [whole[start:end] or None for start, end in itertools.pairwise(ends)]
    shapes = shapely.from_wkb(np.array(pieces, dtype=object), on_invalid="ignore")
    _judge_vertices(shapes, file)
    columns = {
        name: [None if value == "" else value for value in values]
        for name, values in zip(found["fields"], found["columns"], strict=True)
    }
    if found.get("dropped"):
        kept = np.setdiff1d(np.arange(len(shapes)), found["dropped"])
        shapes = shapes[kept]
        columns = {name: [values[at] for at in kept] for name, values in columns.items()}
    if suffix == ".kml":
        columns = {
            name: values
            for name, values in columns.items()
            if name not in _OWN_OF_KML and any(value is not None for value in values)
        }
        # GDAL keeps “id” for the place's own and renames a column of that name.
        columns = {"id" if name == "id2" else name: values for name, values in columns.items()}
    crs = crs_of(WGS84 if suffix == ".kml" else found["crs"] or "")
    said = beside.get("about", "") + json.dumps(found.get("metadata") or {}, ensure_ascii=False)
    keys = _full_names(beside.get("keys", ""), found["layer"])
    return Vectors(
        FORMS[suffix], found["layer"], columns, shapes, crs, tuple(found["layers"]), tuple(remarks),
        said, keys,
    )  # fmt: skip


def _full_names(text: str, layer: str) -> dict[str, str]:
    """Short name of a shapefile's field → the full one, from the key file of an export."""
    rows = [row for row in csv.reader(text.splitlines()) if len(row) > 2]
    return {row[1]: row[2] for row in rows[1:] if row[0] == layer}


def _judge_vertices(shapes: Shapes, file: str) -> None:
    count = int(shapely.get_num_coordinates(shapes).sum())
    if count > MOST_VERTICES:
        raise refused(file, "layer.vertices", found=f"{count:,}", limit=f"{MOST_VERTICES:,}")
