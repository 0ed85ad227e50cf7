"""From frames to what GDAL writes: typed columns with their gaps, shapes of one kind."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from geoplan.errors import OutputError
from geoplan.exchange.outgoing.encoding import Progress, dumped, plain_values
from geoplan.exchange.outgoing.fields import FieldKind, kind_of
from geoplan.plan.problems import Both

Objects = npt.NDArray[np.object_]
_BLOCK = 50_000
_INT64 = (-(2**63), 2**63 - 1)
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_SUFFIXES = {2: "", 1: "_lines", 0: "_points", 3: "_collections"}
_MULTI = {"Point": "MultiPoint", "LineString": "MultiLineString", "Polygon": "MultiPolygon"}


@dataclass(frozen=True)
class Columns:
    """The columns of a frame as GDAL takes them.

    Attributes
    ----------
    names :
        Different from each other whatever the case, as SQLite demands.
    masks :
        Which cells are missing, where the values cannot say it themselves.
    kinds :
        What each column is.
    """

    names: tuple[str, ...]
    values: tuple[npt.NDArray[Any], ...]
    masks: tuple[npt.NDArray[np.bool_] | None, ...]
    kinds: tuple[FieldKind, ...]


def columns_of(frame: pd.DataFrame, taken: Sequence[str] = (), times: bool = True) -> Columns:
    """The columns of a frame without its shapes.

    Parameters
    ----------
    taken :
        Names that the format needs for itself.
    times :
        Whether the format knows moments; else they become text.
    """
    bare = pd.DataFrame(frame.drop(columns=frame.geometry.name)) if is_spatial(frame) else frame
    found = [_column(bare[name], times) for name in bare.columns]
    return Columns(
        different(given_names(frame), taken),
        tuple(values for values, _, _ in found),
        tuple(mask for _, mask, _ in found),
        tuple(kind for _, _, kind in found),
    )


def is_spatial(frame: pd.DataFrame) -> bool:
    """Whether a frame has shapes."""
    return isinstance(frame, gpd.GeoDataFrame)


def given_names(frame: pd.DataFrame) -> list[str]:
    """Names of the columns that are not the geometry."""
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    return [str(name) for name in frame.columns if name != shapes]


def different(names: Sequence[str], taken: Sequence[str] = ()) -> tuple[str, ...]:
    """Names that differ whatever their case; what is taken gets a number.

    Examples
    --------
    >>> different(["a", "A", "fid"], ["fid"])
    ('a', 'A_2', 'fid_2')
    """
    used = {name.casefold() for name in taken}
    found = []
    for name in names:
        kept, again = name or "_", 2
        while kept.casefold() in used:
            kept, again = f"{name}_{again}", again + 1
        used.add(kept.casefold())
        found.append(kept)
    return tuple(found)


def tell_renamed(
    layer: str, frame: pd.DataFrame, names: Sequence[str], tell: Callable[[Both], None]
) -> None:
    """Say which columns of a frame have another name in the file."""
    for old, new in zip(given_names(frame), names, strict=True):
        if old != new:
            tell(Both(f"{layer}：列“{old}”改名为“{new}”。", f"{layer}: “{old}” is now “{new}”."))


def _column(
    values: "pd.Series[Any]", times: bool
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_] | None, FieldKind]:
    kind = kind_of(values)
    missing = values.isna().to_numpy(dtype=bool)
    if kind == "integer" and not values.dropna().between(*_INT64).all():
        kind = "text"
    if kind == "number":
        return values.to_numpy(dtype=np.float64, na_value=np.nan), None, kind
    if kind in ("integer", "flag"):
        dtype: Any = np.int64 if kind == "integer" else np.bool_
        filled = values.astype(object).where(~missing, 0).to_numpy()
        return filled.astype(dtype), missing if missing.any() else None, kind
    if kind == "date" or (kind == "time" and times):
        return _days(values, kind), None, kind
    texts = np.array(_texts(values, kind), dtype=object)
    return texts, None, "text" if kind == "time" else kind


def _days(values: "pd.Series[Any]", kind: FieldKind) -> npt.NDArray[Any]:
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        texts = [None if v is None or v != v else v.isoformat() for v in values]
        return np.array(texts, dtype="datetime64[us]").astype(_UNITS[kind])
    if values.dt.tz is not None:
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    return values.to_numpy().astype(_UNITS[kind])


_UNITS: Mapping[str, Any] = {"date": "datetime64[D]", "time": "datetime64[ms]"}


def _texts(values: "pd.Series[Any]", kind: FieldKind) -> list[str | None]:
    """Values as text; GDAL ends a text at its first NUL, and knows no half surrogates."""
    found: list[str | None] = []
    for value in plain_values(values):
        if value is None:
            found.append(None)
            continue
        text = value if isinstance(value, str) else json_text(value)
        found.append(_UNWRITABLE.sub("\ufffd", text))
    return found


def json_text(value: Any) -> str:
    """A value that is no text as JSON."""
    return dumped(value).decode("utf-8")


def by_dimension(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows with areas, lines, points and collections apart, each with a suffix for its name.

    Most GIS hold shapes of one kind in a layer. The kind of highest dimension
    keeps the plain name, and the rows without shape.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        return [("", frame)]
    shapes = frame.geometry.to_numpy()
    number = np.where(shapely.get_type_id(shapes) == 7, 3, shapely.get_dimensions(shapes))
    number[shapely.is_missing(shapes) | shapely.is_empty(shapes)] = -1
    present = [kind for kind in _SUFFIXES if (number == kind).any()]
    if len(present) < 2:
        return [("", frame)]
    first = present[0]
    parts = []
    for kind in present:
        chosen = (number == kind) | ((number == -1) if kind == first else False)
        parts.append(("" if kind == first else _SUFFIXES[kind], frame[chosen]))
    return parts


def geometry_type(shapes: Objects, usual: str = "") -> tuple[str, bool]:
    """Type of a layer for these shapes as GDAL names it, and whether single ones become multiple."""
    kinds = set(shapely.get_type_id(shapes).tolist()) - {-1}
    names = {_TYPES[kind] for kind in kinds}
    promoted = False
    if not names:
        name = usual if usual in _MULTI else "Unknown"
    elif len(names) == 1:
        name = names.pop()
    else:
        multi = {_MULTI.get(one, one) for one in names}
        promoted = len(multi) == 1
        name = multi.pop() if promoted else "Unknown"
    is_high = bool(shapely.has_z(shapes).any())
    return (f"{name} Z" if is_high and name != "Unknown" else name), promoted


def form_of(frame: pd.DataFrame, usual: str = "") -> str:
    """What a map draws the shapes with: ``fill``, ``line``, ``marker``, or nothing for none."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return ""
    kind, _ = geometry_type(frame.geometry.to_numpy(), usual)
    return next((form for word, form in _FORMS.items() if word in kind), "")


_FORMS = {"Polygon": "fill", "Line": "line", "Point": "marker"}
_TYPES = {
    0: "Point", 1: "LineString", 2: "LineString", 3: "Polygon", 4: "MultiPoint",
    5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip


def write_layer(
    path: Path,
    frame: pd.DataFrame,
    columns: Columns,
    *,
    driver: str,
    layer: str,
    usual: str = "",
    append: bool = False,
    blocks: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> None:
    """Write one layer with GDAL.

    Parameters
    ----------
    usual :
        Type of geometry where there is no shape to tell it.
    append :
        The file exists and gets one more layer.
    blocks :
        The format can be written block by block.

    Raises
    ------
    OutputError
        GDAL refuses.
    """
    count = len(frame)
    size = _BLOCK if blocks else max(count, 1)
    shapes, given = None, dict(options)
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = frame.geometry.to_numpy()
        given["geometry_type"], given["promote_to_multi"] = geometry_type(shapes, usual)
        given["crs"] = None if frame.crs is None else frame.crs.to_string()
    for start in range(0, max(count, 1), size):
        chosen = slice(start, start + size)
        _attempt(
            path,
            lambda chosen=chosen, start=start: pyogrio.raw.write(  # type: ignore[misc]
                path,
                None if shapes is None else _wkb(shapes[chosen]),
                [values[chosen] for values in columns.values],
                list(columns.names),
                field_mask=[None if m is None else m[chosen] for m in columns.masks],
                driver=driver,
                layer=layer,
                append=append or start > 0,
                **given,
            ),
        )
        if progress is not None:
            progress(min(start + size, count), count)


def _wkb(shapes: Objects) -> Objects:
    bare = shapes.copy()
    bare[shapely.is_empty(bare)] = None
    written: Objects = shapely.to_wkb(bare).astype(object)
    return written


def _attempt(path: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise OutputError(f"{path.name}: GDAL cannot write this ({error})") from error


def metadata_of(origin: Mapping[str, Any]) -> dict[str, str]:
    """An origin as metadata of GDAL: the whole as JSON, the title for people."""
    title = origin["dataset"]
    return {
        "TITLE": f"{title['title_zh']} / {title['title_en']}",
        "geoplan": json.dumps(origin, ensure_ascii=False, sort_keys=True),
    }
