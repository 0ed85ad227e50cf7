"""GeoJSON, read without GDAL: nothing in it can lead anywhere else.

What scripts write and the standard does not know is understood, too: a feature
a line, a bare list of features, ``NaN``, open rings, numbers as texts, and the
``crs`` of former versions.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely
from pyproj import CRS

from geoplan.exchange.asking.remarks import RefusedFileError, refused
from geoplan.exchange.files.encodings import encoding_of
from geoplan.exchange.geodata.crsguess import WGS84, crs_of
from geoplan.plan.problems import Both

Shapes = npt.NDArray[np.object_]

_MOST_DEGREES = 360.0
_MOST_SHAPES = 0.5
_LEVELS = {
    "Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2,
    "MultiPolygon": 3,
}  # fmt: skip
"""Type of a geometry → how deep in lists its positions are."""

_NO_FEATURES = Both(
    "不是 GeoJSON，没有 FeatureCollection", "no GeoJSON: there is no FeatureCollection"
)
_OTHERS = (
    ("geometryType", Both("是 Esri JSON，不是 GeoJSON", "it is Esri JSON, not GeoJSON")),
    ("arcs", Both("是 TopoJSON，不是 GeoJSON", "it is TopoJSON, not GeoJSON")),
)
_SAID_BYTES = 200_000


@dataclass(frozen=True)
class Collection:
    """What a GeoJSON file holds.

    Attributes
    ----------
    broken :
        Positions of the features whose geometry is none.
    said :
        The members beside the features, as text.
    """

    columns: dict[str, list[Any]]
    shapes: Shapes
    crs: CRS | None
    said: str
    broken: tuple[int, ...] = ()


def read_geojson(main: Path, file: str, most: int, most_vertices: int) -> Collection:
    """Fields, shapes, CRS and other members of a GeoJSON file of at most so many features.

    Raises
    ------
    RefusedFileError
        No GeoJSON, or too much of it.
    """
    raw = _text_of(main.read_bytes(), file)
    # Each position opens a bracket, and so does each of its few rings.
    brackets = raw.count(b"[")
    if brackets > 2 * most_vertices:
        raise refused(
            file, "layer.vertices", found=f"> {brackets // 2:,}", limit=f"{most_vertices:,}"
        )
    content = _content(raw, file)
    features = _features(content, file)
    if len(features) > most:
        raise refused(file, "layer.features", found=f"{len(features):,}", limit=f"{most:,}")
    shapes, broken = _shapes(features)
    crs = _crs(content, shapes)
    members = (
        {k: v for k, v in content.items() if k not in ("features", "bbox")}
        if isinstance(content, dict)
        else {}
    )
    said = (_dumped(members) or b"")[:_SAID_BYTES].decode("utf-8", "ignore")
    return Collection(_columns(features), shapes, crs, said, broken)


def _text_of(raw: bytes, file: str) -> bytes:
    """The file's text in UTF-8."""
    found = encoding_of(raw)
    if found is None:
        raise refused(file, "encoding.unknown")
    if found.python not in ("utf-8", "utf-8-sig"):
        raw = raw.decode(found.python).encode()
    return raw.removeprefix(b"\xef\xbb\xbf")


def _content(raw: bytes, file: str) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        for read in (_lines, _lenient):
            content = read(raw)
            if content is not None:
                return content
        raise refused(file, "layer.unreadable", reason=str(error)) from error


def _lines(raw: bytes) -> Any:
    """A feature a line, or each after a record separator; ``None`` where it is not so."""
    parts = raw.split(b"\x1e") if b"\x1e" in raw[:1] else raw.splitlines()
    texts = [part.strip() for part in parts if part.strip()]
    if len(texts) < 2 or not all(text.startswith(b"{") for text in texts[:2]):
        return None
    try:
        return [orjson.loads(text) for text in texts]
    except orjson.JSONDecodeError:
        return None


def _lenient(raw: bytes) -> Any:
    """JSON with ``NaN`` and ``Infinity``, as scripts write it; they stand for nothing."""
    if b"NaN" not in raw and b"Infinity" not in raw:
        return None
    try:
        return json.loads(raw, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _features(content: Any, file: str) -> list[dict[str, Any]]:
    features: Any = None
    if isinstance(content, list) and content:
        features = content if all(map(_is_feature, content)) else None
    elif isinstance(content, dict):
        kind = content.get("type")
        if kind == "FeatureCollection" and isinstance(content.get("features"), list):
            features = content["features"]
        elif kind == "Feature":
            features = [content]
        elif kind == "GeometryCollection" and isinstance(content.get("geometries"), list):
            features = [{"geometry": one} for one in content["geometries"]]
        elif "coordinates" in content:
            features = [{"geometry": content}]
    if features is not None and all(isinstance(f, dict) for f in features):
        return [f for f in features if isinstance(f.get("properties") or {}, dict)]
    raise _no_features(content, file)


def _is_feature(one: Any) -> bool:
    return isinstance(one, dict) and one.get("type") == "Feature"


def _no_features(content: Any, file: str) -> RefusedFileError:
    members = content if isinstance(content, dict) else {}
    reason = next((said for name, said in _OTHERS if name in members), _NO_FEATURES)
    return refused(file, "layer.unreadable", reason=reason)


def _columns(features: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = list(dict.fromkeys(n for f in features for n in (f.get("properties") or {})))
    columns = {
        str(n): [_simple((f.get("properties") or {}).get(n)) for f in features] for n in names
    }
    if "id" not in columns and any("id" in f for f in features):
        columns = {"id": [_simple(f.get("id")) for f in features], **columns}
    return columns


def _simple(value: Any) -> Any:
    """A property as a cell: lists and objects as JSON text."""
    if isinstance(value, dict | list):
        try:
            return json.dumps(value, ensure_ascii=False)
        except RecursionError:
            return None
    return (
        float(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
        else value
    )


def _shapes(features: list[dict[str, Any]]) -> tuple[Shapes, tuple[int, ...]]:
    """The shapes, mended where a script wrote them carelessly; and which cannot be read."""
    # Taken out one by one, so that a large file is not held several times.
    geometries = (feature.pop("geometry", None) or None for feature in features)
    texts = [None if one is None else _dumped(one) or b"" for one in geometries]
    shapes = np.asarray(
        shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore"), dtype=object
    ).reshape(-1)
    broken = []
    for at in np.flatnonzero(shapely.is_missing(shapes)).tolist():
        text = texts[at]
        if text is None:
            continue
        mended = _dumped(_mended(orjson.loads(text))) if text else None
        shapes[at] = shapely.from_geojson(mended, on_invalid="ignore") if mended else None
        if shapes[at] is None:
            broken.append(at)
    return np.asarray(shapely.force_2d(shapes), dtype=object), tuple(broken)


def _dumped(value: Any) -> bytes | None:
    """A value as JSON; none for what is nested without end."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        return None


def _mended(geometry: Any) -> dict[str, Any] | None:
    """A geometry with numbers for texts, closed rings and a type as the standard writes it."""
    if not isinstance(geometry, Mapping):
        return None
    types = {name.casefold(): name for name in _LEVELS}
    kind = types.get(str(geometry.get("type")).casefold())
    if kind is None:
        return None
    try:
        parts = _positions(geometry.get("coordinates"), _LEVELS[kind])
    except (TypeError, ValueError, IndexError):
        return None
    for ring in _rings(parts, _LEVELS[kind]) if kind.endswith("Polygon") else ():
        if len(ring) > 2 and ring[0] != ring[-1]:
            ring.append(ring[0])
    return {"type": kind, "coordinates": parts}


def _positions(parts: Any, level: int) -> list[Any]:
    if not isinstance(parts, list):
        raise TypeError("no list")
    if level:
        return [_positions(part, level - 1) for part in parts]
    return [float(parts[0]), float(parts[1])]


def _rings(parts: list[Any], level: int) -> Iterator[list[Any]]:
    if level == 1:
        yield parts
        return
    for part in parts:
        yield from _rings(part, level - 1)


def _crs(content: Any, shapes: Shapes) -> CRS | None:
    """The CRS that the file declares, or the standard's; none for metres without a word."""
    declared = content.get("crs") if isinstance(content, dict) else None
    properties = declared.get("properties") if isinstance(declared, dict) else None
    if isinstance(properties, dict):
        said = properties.get("name") or properties.get("code") or _code_in(properties.get("href"))
        found = crs_of(str(said)) if said else None
        if found is not None:
            return found
    reach = np.abs(shapely.bounds(shapes)).max(axis=1, initial=0.0)
    reach = reach[np.isfinite(reach)]
    # One wild coordinate does not make metres of degrees.
    is_degrees = not len(reach) or float((reach <= _MOST_DEGREES).mean()) >= _MOST_SHAPES
    return crs_of(WGS84) if is_degrees else None


def _code_in(link: Any) -> str:
    """The EPSG code at the end of an address, which is not asked."""
    found = re.search(r"(?i)epsg\W.{0,12}?(\d{4,6})\W*$", str(link or "")[:300])
    return f"EPSG:{found[1]}" if found else ""
