"""FlatGeobuf and GeoParquet: one dataset in one file, for the web and for analysis."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import OutputError
from geoplan.exchange.outgoing.fields import Field, FieldKind
from geoplan.exchange.outgoing.ogr import (
    columns_of,
    geometry_type,
    is_spatial,
    metadata_of,
    tell_renamed,
    write_layer,
)
from geoplan.exchange.outgoing.order import LONLAT, Order, Part
from geoplan.exchange.outgoing.provenance import summary_of, title_of

_ROW_GROUP = 50_000
_GEOMETRY = "geometry"


def write_flatgeobuf(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write one part as FlatGeobuf, with a spatial index where every row has a shape.

    The index puts the rows into an order of its own.
    """
    (part,) = parts
    if not is_spatial(part.frame):
        raise OutputError("FlatGeobuf needs shapes; write CSV, XLSX or GeoPackage for a table")
    columns = columns_of(part.frame)
    tell_renamed(part.name, part.frame, columns.names, order.tell)
    shapes = part.frame.geometry.to_numpy()
    whole = bool(len(shapes)) and not (shapely.is_missing(shapes) | shapely.is_empty(shapes)).any()
    write_layer(
        path,
        part.frame,
        columns,
        driver="FlatGeobuf",
        layer=part.name,
        usual=part.dataset.geometry,
        progress=order.progress,
        layer_options={
            "SPATIAL_INDEX": "YES" if whole else "NO",
            "TITLE": title_of(part.origin, order.language),
            "DESCRIPTION": summary_of(part.origin, order.language),
        },
        layer_metadata={"geoplan": metadata_of(part.origin)["geoplan"]},
    )


def write_geoparquet(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write one part as GeoParquet 1.1, or as Parquet where it has no shapes.

    Raises
    ------
    OutputError
        pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise OutputError(
            "GeoParquet needs pyarrow, which is not installed: pip install 'geoplan[parquet]'"
        ) from error
    (part,) = parts
    columns = columns_of(part.frame)
    tell_renamed(part.name, part.frame, columns.names, order.tell)
    schema = pa.schema(
        [(name, _types(pa)[kind]) for name, kind in zip(columns.names, columns.kinds, strict=True)]
    )
    metadata = {
        "geoplan": json.dumps(part.origin, ensure_ascii=False, sort_keys=True),
        "geoplan:fields": json.dumps(_told(part.dataset.fields), ensure_ascii=False),
    }
    if isinstance(part.frame, gpd.GeoDataFrame):
        schema = schema.append(pa.field(_GEOMETRY, pa.binary()))
        metadata["geo"] = json.dumps(_geo(part.frame))
    schema = schema.with_metadata(metadata)
    count = len(part.frame)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for chosen in _slices(count):
            arrays = [
                pa.array(values[chosen], type=kind, mask=_mask(mask, chosen), from_pandas=True)
                for values, mask, kind in zip(
                    columns.values, columns.masks, schema.types, strict=False
                )
            ]
            if isinstance(part.frame, gpd.GeoDataFrame):
                arrays.append(pa.array(_wkb(part.frame.geometry.iloc[chosen]), type=pa.binary()))
            writer.write_table(pa.table(arrays, schema=schema))
            if order.progress is not None:
                order.progress(min(chosen.stop, count), count)


def _slices(count: int) -> Iterator[slice]:
    for start in range(0, max(count, 1), _ROW_GROUP):
        yield slice(start, start + _ROW_GROUP)


def _mask(mask: Any, chosen: slice) -> Any:
    return None if mask is None else mask[chosen]


def _types(pa: Any) -> Mapping[FieldKind, Any]:
    known: dict[FieldKind, Any] = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "date": pa.date32(),
        "time": pa.timestamp("ms"),
    }
    texts: tuple[FieldKind, ...] = ("id", "text", "list", "colour", "nested")
    return {**known, **dict.fromkeys(texts, pa.string())}


def _told(fields: Sequence[Field]) -> list[dict[str, str]]:
    return [
        {"name": f.name, "zh": f.title.zh, "en": f.title.en, "unit": f.unit, "kind": f.kind}
        for f in fields
    ]


def _wkb(shapes: gpd.GeoSeries) -> list[bytes | None]:
    bare = shapely.orient_polygons(shapes.to_numpy())
    bare[shapely.is_empty(bare)] = None
    return list(shapely.to_wkb(bare).tolist())


def _geo(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """The metadata that make a Parquet file GeoParquet."""
    shapes = frame.geometry.to_numpy()
    known = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    names = {geometry_type(np.array([one]))[0] for one in known[_first_of_each(known)]}
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(names),
        "orientation": "counterclockwise",
    }
    if frame.crs is not None and frame.crs.to_string() != LONLAT:
        column["crs"] = frame.crs.to_json_dict()
    if len(known):
        column["bbox"] = shapely.total_bounds(known).tolist()
    return {"version": "1.1.0", "primary_column": _GEOMETRY, "columns": {_GEOMETRY: column}}


def _first_of_each(shapes: Any) -> Any:
    kinds = pd.DataFrame({"type": shapely.get_type_id(shapes), "high": shapely.has_z(shapes)})
    return kinds.drop_duplicates().index.to_numpy()
