"""Answers of the API: encoded once, kept, safe to embed in a page, never too long."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import orjson
import shapely
from flask import Response, current_app

from geoplan.plan.crs import FROM_WGS84, move_lonlat
from geoplan.plan.layers import as_lonlat
from webmap.shelf import PlanShelf, Shown

DECIMALS = 5
"""Of a degree: about a metre."""

MOST_BYTES = 1_900_000
"""An answer stays below two megabytes: what does not fit is counted as ``more``."""

_ESCAPES = {
    b"<": b"\\u003c",
    b">": b"\\u003e",
    b"&": b"\\u0026",
    "\u2028".encode(): b"\\u2028",
    "\u2029".encode(): b"\\u2029",
}
_BYTES_PER_CORNER = 20
_COARSER_M = (10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0)
_GEOJSON = "application/geo+json"


def shelf() -> PlanShelf:
    """The shelf of the current application."""
    found: PlanShelf = current_app.extensions["shelf"]
    return found


def encoded(value: Any) -> bytes:
    r"""JSON whose bytes mean nothing to HTML, so that they stay data wherever they are put.

    Examples
    --------
    >>> encoded({"name": "</script>"})
    b'{"name":"\\u003c/script\\u003e"}'
    """
    made = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    for character, escaped in _ESCAPES.items():
        made = made.replace(character, escaped)
    return made


def answer(
    shown: Shown, key: tuple[Any, ...], make: Callable[[], bytes], kind: str = ""
) -> Response:
    """The answer under a key, made at most once for each state of the plan."""
    body = shown.answers.get(key, make)
    return Response(body, mimetype=kind or "application/json")


def geojson_answer(shown: Shown, key: tuple[Any, ...], make: Callable[[], bytes]) -> Response:
    """As :func:`answer`, of GeoJSON."""
    return answer(shown, key, make, _GEOJSON)


def collection(
    frame: gpd.GeoDataFrame,
    ids: Iterable[Any],
    properties: Iterable[dict[str, Any]],
    decimals: int = DECIMALS,
    **members: Any,
) -> bytes:
    """A FeatureCollection in degrees; features that would make it too long are counted.

    Parameters
    ----------
    frame :
        Geometries in the plan's CRS, the most important first.
    members :
        Further members of the collection.
    """
    shown = as_lonlat(gpd.GeoDataFrame(geometry=lightened(frame), crs=frame.crs)).geometry
    datum = current_app.extensions["config"].basemap.datum
    if datum in FROM_WGS84:
        # Drawn where the basemap draws it: both are off by the same vector.
        shown = move_lonlat(shown, FROM_WGS84[datum])
    corners = shapely.transform(shown.to_numpy(), lambda xy: np.round(xy, decimals))
    features = [
        encoded({"type": "Feature", "id": key, "properties": own})[:-1]
        + b',"geometry":'
        + (shape.encode() if shape is not None else b"null")
        + b"}"
        for key, own, shape in zip(ids, properties, shapely.to_geojson(corners), strict=True)
    ]
    kept = fitting(features)
    head = encoded({"type": "FeatureCollection", **members, "more": len(features) - kept})
    return head[:-1] + b',"features":[' + b",\n".join(features[:kept]) + b"]}"


def fitting(parts: Sequence[bytes]) -> int:
    """How many of the first parts fit into one answer."""
    sizes = itertools.accumulate(len(part) + 2 for part in parts)
    return sum(1 for size in sizes if size <= MOST_BYTES)


def lightened(frame: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Geometries with no more corners than an answer can carry.

    Shapes that share edges keep sharing them.
    """
    geometries: npt.NDArray[np.object_] = frame.geometry.to_numpy()
    most = MOST_BYTES // _BYTES_PER_CORNER
    tolerances = iter(_COARSER_M)
    drawn = geometries
    kinds = set(shapely.get_type_id(geometries[~shapely.is_missing(geometries)]).tolist())
    while shapely.get_num_coordinates(drawn).sum() > most:
        tolerance = next(tolerances, None)
        if tolerance is None:
            break
        if kinds <= {3, 6}:
            drawn = shapely.coverage_simplify(geometries, tolerance)
        else:
            drawn = shapely.simplify(geometries, tolerance)
    return drawn
