"""GeoJSON, read without GDAL: nothing in it can lead anywhere else."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely
from pyproj import CRS

from geoplan.exchange.crsguess import WGS84, crs_of
from geoplan.exchange.encodings import encoding_of
from geoplan.exchange.remarks import refused

Shapes = npt.NDArray[np.object_]


def read_geojson(
    main: Path, file: str, most: int
) -> tuple[dict[str, list[Any]], Shapes, CRS | None, str]:
    """Fields, shapes, CRS and other members of a GeoJSON file of at most so many features.

    Raises
    ------
    RefusedFileError
        No GeoJSON, or too much of it.
    """
    raw = main.read_bytes()
    found = encoding_of(raw)
    if found is None:
        raise refused(file, "encoding.unknown")
    if found.python not in ("utf-8", "utf-8-sig"):
        raw = raw.decode(found.python).encode()
    try:
        content = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise refused(file, "layer.unreadable", reason=str(error)) from error
    features = _features(content, file)
    if len(features) > most:
        raise refused(file, "layer.features", found=f"{len(features):,}", limit=f"{most:,}")
    texts = [orjson.dumps(f["geometry"]) if f.get("geometry") else None for f in features]
    shapes = shapely.force_2d(
        shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    )
    names = list(dict.fromkeys(n for f in features for n in (f.get("properties") or {})))
    columns = {
        str(n): [_simple((f.get("properties") or {}).get(n)) for f in features] for n in names
    }
    if "id" not in columns and any("id" in f for f in features):
        columns = {"id": [_simple(f.get("id")) for f in features], **columns}
    crs = crs_of(WGS84)
    declared = content.get("crs") if isinstance(content, dict) else None
    if isinstance(declared, dict):
        name = (declared.get("properties") or {}).get("name")
        crs = crs_of(str(name)) or crs
    members = (
        {k: v for k, v in content.items() if k not in ("features", "bbox")}
        if isinstance(content, dict)
        else {}
    )
    said = orjson.dumps(members, option=orjson.OPT_NON_STR_KEYS)[:200_000].decode()
    return columns, shapes, crs, said


def _features(content: Any, file: str) -> list[dict[str, Any]]:
    if isinstance(content, dict):
        kind = content.get("type")
        if kind == "FeatureCollection" and isinstance(content.get("features"), list):
            features = content["features"]
        elif kind == "Feature":
            features = [content]
        elif kind == "GeometryCollection" and isinstance(content.get("geometries"), list):
            features = [{"geometry": one} for one in content["geometries"]]
        elif "coordinates" in content:
            features = [{"geometry": content}]
        else:
            features = None
        if features is not None and all(isinstance(f, dict) for f in features):
            return [f for f in features if isinstance(f.get("properties") or {}, dict)]
    raise refused(file, "layer.unreadable", reason="no FeatureCollection")


def _simple(value: Any) -> Any:
    """A property as a cell: lists and objects as JSON text."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return (
        float(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
        else value
    )
