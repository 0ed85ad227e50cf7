"""Read one vector file with GDAL and write what is in it plainly; run as a program of its own.

A file from anybody may crash or exhaust the library that reads it. This
program takes that upon itself: it has limits, loads nothing of geoplan, and
whoever started it only sees that it failed.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

CPU_SECONDS = 60
MEMORY_BYTES = 4_000_000_000
FILE_BYTES = 2_000_000_000
NO_DRIVERS = (
    "OGR_VRT", "HTTP", "WFS", "OAPIF", "CSW", "GML", "GMLAS", "NAS", "Elasticsearch", "Carto",
    "AmigoCloud", "PLSCENES", "NGW", "PostgreSQL", "MySQL", "MSSQLSpatial", "ODBC", "MongoDBv3",
    "ODS", "XLSX", "XLS", "CSV", "PDF", "SQLite", "ESRIJSON", "TopoJSON", "GeoJSONSeq", "STACIT",
)  # fmt: skip
"""Drivers that could be led to other files or to the network, or are not needed."""


def main(request: str) -> None:
    """Do what the request (JSON) asks for: list layers, or read one into a folder."""
    asked = json.loads(request)
    _limit()
    import pyogrio
    from pyogrio import raw

    pyogrio.set_gdal_config_options(
        {"SHAPE_RESTORE_SHX": True, "OGR_STROKE_CURVE": True, "CPL_LOG_ERRORS": False}
    )
    path, out = asked["path"], Path(asked["out"])
    listed = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    names = [name for name, kind in listed if kind is not None] or [name for name, _ in listed]
    layer = asked["layer"] if asked["layer"] in [name for name, _ in listed] else names[0]
    info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    found: dict[str, Any] = {"layers": names, "layer": layer, "features": int(info["features"])}
    if info["features"] > asked["most_features"]:
        _write(out, found)
        return
    meta, rows, shapes, values = raw.read(
        path,
        layer=layer,
        force_2d=True,
        datetime_as_string=True,
        return_fids=True,
    )
    found["rows"] = rows.tolist()
    found |= {"crs": meta["crs"], "fields": [str(name) for name in meta["fields"]]}
    found["metadata"] = {
        **(info.get("layer_metadata") or {}),
        **(info.get("dataset_metadata") or {}),
    }
    with (out / "shapes").open("wb") as file:
        sizes = []
        for shape in shapes if shapes is not None else [None] * len(rows):
            file.write(shape or b"")
            sizes.append(len(shape) if shape is not None else 0)
    found["sizes"] = sizes
    found["columns"] = [_plain(column) for column in values]
    _write(out, found)


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
