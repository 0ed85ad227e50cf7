"""Read one vector file with GDAL and write what is in it plainly; run as a program of its own.

A file from anybody may crash or exhaust the library that reads it. This
program takes that upon itself: it has limits, loads nothing of geoplan, and
whoever started it only sees that it failed.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

CPU_SECONDS = 60
MEMORY_BYTES = 4_000_000_000
FILE_BYTES = 2_000_000_000
MOST_JOINED = 100
_ON_DEATH_OF_PARENT = 1
NO_DRIVERS = (
    "OGR_VRT", "HTTP", "WFS", "OAPIF", "CSW", "GML", "GMLAS", "NAS", "Elasticsearch", "Carto",
    "AmigoCloud", "PLSCENES", "NGW", "PostgreSQL", "MySQL", "MSSQLSpatial", "ODBC", "MongoDBv3",
    "ODS", "XLSX", "XLS", "CSV", "PDF", "SQLite", "ESRIJSON", "TopoJSON", "GeoJSONSeq", "STACIT",
)  # fmt: skip
"""Drivers that could be led to other files or to the network, or are not needed."""

_OPTIONS = {
    "SHAPE_RESTORE_SHX": True,
    "OGR_STROKE_CURVE": True,
    "CPL_LOG_ERRORS": False,
    # In drawings, areas are closed lines.
    "DXF_CLOSED_LINE_AS_POLYGON": True,
}


def main(request: str) -> None:
    """Do what the request (JSON) asks for: list layers, or read one into a folder."""
    asked = json.loads(request)
    _end_with_parent()
    _limit()
    import pyogrio
    from pyogrio import raw

    pyogrio.set_gdal_config_options({**_OPTIONS, **asked.get("options", {})})
    path, out = asked["path"], Path(asked["out"])
    listed = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    names = [name for name, kind in listed if kind is not None] or [name for name, _ in listed]
    layer = asked["layer"] if asked["layer"] in [name for name, _ in listed] else names[0]
    is_joined = asked.get("joined") and not asked["layer"] and len(names) <= MOST_JOINED
    chosen = names if is_joined else [layer]
    infos = [pyogrio.read_info(path, layer=one, force_feature_count=True) for one in chosen]
    count = sum(int(info["features"]) for info in infos)
    found: dict[str, Any] = {"layers": names, "layer": layer, "features": count}
    if count <= asked["most_features"]:
        parts = [
            raw.read(path, layer=one, force_2d=True, datetime_as_string=True, return_fids=True)
            for one in chosen
        ]
        found |= {"crs": parts[0][0]["crs"], "rows": parts[0][1].tolist(), "of": []}
        found["metadata"] = {
            **(infos[0].get("layer_metadata") or {}),
            **(infos[0].get("dataset_metadata") or {}),
        }
        found |= _columns(parts)
        found["sizes"] = _write_shapes(out / "shapes", parts)
        for one, part in zip(chosen, parts, strict=True):
            found["of"] += [one] * len(part[1])
    _write(out, found)


def _columns(parts: list[Any]) -> dict[str, Any]:
    """Fields and values of all parts, one after another."""
    names = list(dict.fromkeys(str(name) for part in parts for name in part[0]["fields"]))
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for meta, rows, _, values in parts:
        own = {str(n): _plain(column) for n, column in zip(meta["fields"], values, strict=True)}
        for name, column in columns.items():
            column += own.get(name, [None] * len(rows))
    return {"fields": names, "columns": list(columns.values())}


def _write_shapes(path: Path, parts: list[Any]) -> list[int]:
    sizes = []
    with path.open("wb") as file:
        for _, rows, shapes, _ in parts:
            for shape in shapes if shapes is not None else [None] * len(rows):
                file.write(shape or b"")
                sizes.append(len(shape) if shape is not None else 0)
    return sizes


def _end_with_parent() -> None:
    """Let nothing go on reading when whoever asked was killed."""
    try:
        ctypes.CDLL(None).prctl(_ON_DEATH_OF_PARENT, signal.SIGKILL)
    except (AttributeError, OSError, TypeError):  # not on this system
        return


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on this system
        return
    for kind, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, top = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if top < 0 else min(most, top), top))


def _plain(column: Any) -> list[Any]:
    values = column.tolist()
    if column.dtype.kind == "f":
        return [
            value if value == value and abs(value) != float("inf") else None for value in values
        ]
    if column.dtype.kind in "Mm":
        return [None if str(value) == "NaT" else str(value) for value in column]
    return [
        value if value is None or isinstance(value, str | int | float | bool) else str(value)
        for value in values
    ]


def _write(out: Path, found: dict[str, Any]) -> None:
    text = json.dumps(found, ensure_ascii=False)
    # Halves of surrogate pairs occur where a text was cut in the file.
    (out / "found.json").write_bytes(text.encode("utf-8", "replace"))


if __name__ == "__main__":
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - for the life of the program
    main(sys.argv[1])
