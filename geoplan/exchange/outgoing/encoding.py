"""GeoJSON after RFC 7946, fast: whole columns at a time, in blocks that can be streamed.

Longitude and latitude, WGS 84, at most six decimals (0.1 m); outer rings
counter-clockwise; ``bbox``; no ``crs`` member; days as ISO text; what is
missing is ``null``.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import shapely

from geoplan.errors import OutputError
from geoplan.exchange.outgoing.corners import DECIMALS, geometry_texts
from geoplan.exchange.outgoing.fields import kind_of
from geoplan.plan.layers import as_lonlat

BLOCK = 250_000
"""So many corners, a row counting as ten more, are written at a time."""

MEDIA_TYPE = "application/geo+json"
Progress = Callable[[int, int], None]

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_NULL = b"null"


def geojson_bytes(frame: pd.DataFrame, **options: Any) -> bytes:
    """A frame as one FeatureCollection; options as in :func:`geojson_chunks`."""
    return b"".join(geojson_chunks(frame, **options))


def geojson_chunks(
    frame: pd.DataFrame,
    *,
    key: str = "",
    members: Mapping[str, Any] | None = None,
    decimals: int = DECIMALS,
    progress: Progress | None = None,
) -> Iterator[bytes]:
    """A frame as a FeatureCollection, in pieces that together are the file.

    Parameters
    ----------
    frame :
        Rows; shapes in any CRS. Without shapes every ``geometry`` is ``null``.
    key :
        Column whose values are also the features' ids.
    members :
        Members of our own beside ``features``, such as ``metadata``.
    progress :
        Told how many rows are done, and of how many.

    Raises
    ------
    OutputError
        A shape has no place in longitude and latitude.

    Examples
    --------
    >>> squares = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    >>> print(geojson_bytes(squares).decode())
    {"type":"FeatureCollection","bbox":[0.0,0.0,1.0,1.0],"features":[
    {"type":"Feature","properties":{"n":1},"geometry":{"type":"Polygon","coordinates":[[[1.0,0.0],[1.0,1.0],[0.0,1.0],[0.0,0.0],[1.0,0.0]]]}}
    ]}
    """
    shapes = lonlat(frame)
    head: dict[str, Any] = {"type": "FeatureCollection"}
    bounds = shapely.total_bounds(shapes) if len(shapes) else np.full(4, np.nan)
    if not np.isnan(bounds).any():
        head["bbox"] = np.round(bounds, decimals)
    yield dumped({**head, **(members or {})})[:-1] + b',"features":[\n'
    rows = without_shapes(frame)
    for start, stop in itertools.pairwise(_blocks(shapes)):
        texts = feature_texts(rows.iloc[start:stop], shapes[start:stop], key, decimals)
        yield (b",\n" if start else b"") + b",\n".join(texts)
        if progress is not None:
            progress(stop, len(frame))
    yield b"\n]}\n"


def _blocks(shapes: npt.NDArray[np.object_]) -> list[int]:
    """Where blocks of rows begin and end, none much longer than a few megabytes."""
    weights = 10 + shapely.get_num_coordinates(shapes)
    number = np.cumsum(weights, dtype=np.int64) // BLOCK
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    return [*starts.tolist(), len(shapes)]


def without_shapes(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of a frame that are not its geometry."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    return pd.DataFrame(frame.drop(columns=frame.geometry.name))


def lonlat(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    """The shapes of a frame in longitude and latitude; missing where empty or none."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return np.full(len(frame), None, dtype=object)
    if frame.crs is None:
        raise OutputError("the shapes have no CRS, so their longitude and latitude is not known")
    is_lonlat = frame.crs.to_epsg() == 4326
    moved = frame.geometry if is_lonlat else as_lonlat(frame[[frame.geometry.name]]).geometry
    shapes: npt.NDArray[np.object_] = moved.to_numpy()
    shapes = _without_empty(shapes)
    bounds = shapely.bounds(shapes)
    lost = ~shapely.is_missing(shapes) & ~(
        np.isfinite(bounds).all(axis=1) & (np.abs(bounds) <= [180.0, 90.0, 180.0, 90.0]).all(axis=1)
    )
    if lost.any():
        named = ", ".join(str(key) for key in frame.index[lost][:5])
        raise OutputError(
            f"{lost.sum()} shapes have no longitude and latitude (row {named}); check their CRS"
        )
    return shapes


def _without_empty(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    kept = shapes.copy()
    kept[shapely.is_empty(shapes)] = None
    return kept


def feature_texts(
    rows: pd.DataFrame,
    shapes: npt.NDArray[np.object_],
    key: str = "",
    decimals: int = DECIMALS,
) -> list[bytes]:
    """Each row as the text of a Feature; shapes are in the coordinates to be written.

    Parameters
    ----------
    rows :
        Without geometry.
    shapes :
        One for each row, or ``None``.
    """
    columns = {str(name): value_texts(plain_values(rows[name])) for name in rows.columns}
    named = b",".join(dumped(name).replace(b"%", b"%%") + b":%b" for name in columns)
    template = b'"properties":{' + named + b'},"geometry":%b}'
    parts = [*columns.values(), geometry_texts(shapes, decimals)]
    if key in columns:
        ids = [b"" if text == _NULL else b'"id":' + text + b"," for text in columns[key]]
        template, parts = b'{"type":"Feature",%b' + template, [ids, *parts]
    else:
        template = b'{"type":"Feature",' + template
    return [template % row for row in zip(*parts, strict=True)]


def value_texts(values: Sequence[Any]) -> list[bytes]:
    """Each of some plain values as JSON; values of one type are written in one go."""
    kinds = set(map(type, values)) - {type(None)}
    if len(kinds) != 1 or not kinds <= {str, int, float}:
        return [dumped(value) for value in values]
    known = [value for value in values if value is not None]
    try:
        inner = orjson.dumps(known)
    except TypeError:
        # Half a surrogate pair, or an integer beyond 64 bits.
        return [dumped(value) for value in values]
    if kinds == {str}:
        # Inside a text every quotation mark is escaped, so this parts the texts and nothing else.
        texts = [b'"' + text + b'"' for text in inner[2:-2].split(b'","')]
    else:
        texts = inner[1:-1].split(b",")
    if len(known) == len(values):
        return texts
    each = iter(texts)
    return [_NULL if value is None else next(each) for value in values]


def dumped(value: Any) -> bytes:
    """Any value as JSON; what JSON has no word for becomes text, and infinity ``null``."""
    try:
        return orjson.dumps(value, default=_spoken, option=_OPTIONS)
    except TypeError:
        text = json.dumps(
            _finite(value), ensure_ascii=False, default=_spoken, separators=(",", ":")
        )
        return text.encode("utf-8", errors="replace")


def _spoken(value: Any) -> Any:
    if value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp | pd.Timedelta):
        return None if value is pd.NaT else value.isoformat()
    if isinstance(value, set | frozenset | np.ndarray):
        return list(value)
    return str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(own) for own in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def plain_values(values: "pd.Series[Any]") -> list[Any]:
    """A column as JSON knows it: text, numbers, flags, ``None``; days and moments as ISO text."""
    kind = kind_of(values)
    if kind in ("date", "time") and pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _moments(values, is_day=kind == "date")
    if kind == "number" and isinstance(values.dtype, np.dtype) and values.dtype != object:
        # What is not finite becomes null in the encoder.
        return list(values.tolist())
    found = values.astype(object).to_numpy(copy=True)
    found[pd.isna(values).to_numpy()] = None
    return list(found.tolist())


def _moments(values: "pd.Series[Any]", is_day: bool) -> list[str | None]:
    zone = ""
    if values.dt.tz is not None:
        values, zone = values.dt.tz_convert("UTC").dt.tz_localize(None), "Z"
    whole = bool((values.dropna() == values.dropna().dt.floor("s")).all())
    unit: Any = "D" if is_day else "s" if whole else "us"
    texts = np.datetime_as_string(values.to_numpy(), unit=unit).astype(object)
    if zone:
        texts = texts + zone
    texts[values.isna().to_numpy()] = None
    return list(texts.tolist())
