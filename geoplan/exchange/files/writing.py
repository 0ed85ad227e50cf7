"""Write results so that nothing is ever half written, and any GIS can read them."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoplan.exchange.files.replacing import write_chunks
from geoplan.exchange.files.reports import plain
from geoplan.plan.layers import as_lonlat

_DECIMALS = 6


def write_text(path: Path, text: str) -> None:
    """Write a whole file or nothing; see :func:`geoplan.exchange.files.replacing.replaced`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or nothing; see :func:`write_text`.

    Raises
    ------
    OutputError
        The folder does not exist or cannot be written.
    """
    write_chunks(path, [content])


def geojson_text(frame: gpd.GeoDataFrame, members: Mapping[str, Any] | None = None) -> str:
    """A frame as GeoJSON after RFC 7946, one feature a line so that changes can be read.

    Longitude and latitude WGS 84 with six decimals, outer rings
    counter-clockwise, with ``bbox``. Missing values are ``null``; a whole
    number stays whole. ``members`` are written beside ``features``.
    """
    shown = as_lonlat(frame)
    geometries = shapely.orient_polygons(rounded(shown.geometry.to_numpy()))
    shapes = shapely.to_geojson(geometries)
    names = [name for name in shown.columns if name != shown.geometry.name]
    lines = []
    for geometry, (_, values) in zip(shapes, shown[names].iterrows(), strict=True):
        properties = json.dumps(
            {name: plain(values[name]) for name in names}, ensure_ascii=False, allow_nan=False
        )
        body = geometry if geometry is not None else "null"
        lines.append(f'{{"type": "Feature", "properties": {properties}, "geometry": {body}}}')
    box = _bbox(geometries)
    head = '{"type": "FeatureCollection"' + (f', "bbox": {json.dumps(box)}' if box else "")
    for name, value in (members or {}).items():
        head += f", {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
    return head + ', "features": [\n' + ",\n".join(lines) + "\n]}\n"


def rounded(geometries: Any) -> Any:
    """Geometries with six decimals, still valid where they were."""
    return shapely.set_precision(geometries, 10.0**-_DECIMALS)


def _bbox(geometries: Any) -> list[float]:
    bounds = shapely.total_bounds(geometries)
    return [] if np.isnan(bounds).any() else [round(float(b), _DECIMALS) for b in bounds]


def toml_text(facts: Mapping[str, Any]) -> str:
    """A flat mapping as TOML: texts, numbers, dates, flags and lists of them."""
    return "".join(f"{key} = {_toml(value)}\n" for key, value in facts.items())


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise ValueError("TOML sidecars hold finite numbers only")
        return f"{value:.10g}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
