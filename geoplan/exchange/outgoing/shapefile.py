"""Shapefiles in one zip archive, with what the format cannot say beside them.

Names of fields longer than ten bytes are cut and told apart, and a key file
gives the full ones; a text longer than 254 bytes is cut in the table and
stands whole in a file of long texts. Nothing is cut silently.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import OutputError
from geoplan.exchange.files.reports import defused
from geoplan.exchange.files.zipping import zip_files
from geoplan.exchange.outgoing.fields import Field
from geoplan.exchange.outgoing.ogr import (
    Columns,
    by_dimension,
    columns_of,
    different,
    form_of,
    given_names,
    write_layer,
)
from geoplan.exchange.outgoing.order import Encoding, Order, Part, day_of
from geoplan.exchange.outgoing.provenance import summary_of
from geoplan.exchange.outgoing.styles import qml
from geoplan.plan.problems import Both

NAME_BYTES = 10
TEXT_BYTES = 254
_MOST_FIELDS = 255
KEY_FILE = "字段对照表.csv"
LONG_FILE = "超长文本.csv"
README = "README.txt"
_COLLECTION, _FIRST_MULTIPLE = 7, 4
_JOINED: Mapping[int, Callable[[Any], shapely.Geometry]] = {
    2: shapely.MultiPolygon,
    1: shapely.MultiLineString,
    0: shapely.MultiPoint,
}
_ENDINGS = ("shp", "shx", "dbf", "prj", "cpg", "qml")


@dataclass
class _Told:
    """What goes into the files beside the shapefiles."""

    keys: list[tuple[Any, ...]] = field(default_factory=list)
    long: list[tuple[Any, ...]] = field(default_factory=list)


def write_shapefiles(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write each part as one shapefile for each kind of shape, all in one archive.

    Raises
    ------
    OutputError
        Nothing has shapes, a part has too many fields, or a file grows beyond
        what the format can hold.
    """
    spatial = [part for part in parts if part.is_spatial]
    if not spatial:
        raise OutputError("a Shapefile needs shapes; write CSV or XLSX for a table")
    for part in parts:
        if not part.is_spatial:
            order.tell(
                Both(
                    f"“{part.name}”没有图形，未写入 Shapefile。",
                    f"“{part.name}” has no shapes and is not in the Shapefile.",
                )
            )
    told = _Told()
    with tempfile.TemporaryDirectory(prefix="geoplan-") as name:
        folder = Path(name)
        split = [
            (part, own, frame)
            for part in spatial
            for own, frame in by_dimension(_without_collections(part, order))
        ]
        stems = different([f"{part.name}{suffix}" for part, suffix, _ in split])
        members: list[tuple[str, Path | bytes]] = []
        for stem, (part, suffix, frame) in zip(stems, split, strict=True):
            _write(folder, stem, part, frame, bool(suffix), order, told)
            made = [folder / f"{stem}.{ending}" for ending in _ENDINGS]
            members += [(one.name, one) for one in made if one.exists()]
        members += _beside(spatial, told, order)
        zip_files(path, members, day_of(spatial, order))


def _without_collections(part: Part, order: Order) -> pd.DataFrame:
    """The rows of a part; one whose shape is a collection is a row for each kind of shape in it."""
    frame = part.frame
    shapes = frame.geometry.to_numpy()
    collected = (shapely.get_type_id(shapes) == _COLLECTION) & ~shapely.is_empty(shapes)
    if not collected.any():
        return frame
    kept = [frame[~collected]]
    for dimension, joined in _JOINED.items():
        made = [_of_dimension(shape, dimension) for shape in shapes[collected]]
        rows = frame[collected].set_geometry(
            gpd.GeoSeries([joined(own) if own else None for own in made], frame[collected].index),
            crs=frame.crs,
        )
        kept.append(rows[[bool(own) for own in made]])
    order.tell(
        Both(
            f"“{part.name}”有 {collected.sum()} 行的图形含多种类型，在 Shapefile 中按点、线、面拆成几行。",
            f"{collected.sum()} rows of “{part.name}” have shapes of several kinds; in the "
            "Shapefile each kind is a row of its own.",
        )
    )
    found: pd.DataFrame = pd.concat(kept)
    return found


def _of_dimension(shape: shapely.Geometry, dimension: int) -> list[shapely.Geometry]:
    """The single shapes of one dimension in a collection, however deep."""
    parts = np.array([shape], dtype=object)
    while (shapely.get_type_id(parts) >= _FIRST_MULTIPLE).any():
        parts = shapely.get_parts(parts)
    found = parts[~shapely.is_empty(parts)]
    return list(found[shapely.get_dimensions(found) == dimension])


def short_names(names: Sequence[str], encoding: Encoding = "UTF-8") -> tuple[str, ...]:
    """Names of at most ten bytes that differ whatever their case.

    A name that fits stays. The words of a longer one are shortened, or it is
    cut after a whole character; it gets a number where that is taken.

    Examples
    --------
    >>> short_names(["id", "at_district_zh", "investment_wanyuan", "investment_wanyuan_per_km2"])
    ('id', 'at_dist_zh', 'inve_wanyu', 'investment')
    >>> short_names(["计划总投资"]), short_names(["计划总投资"], "GB18030")
    (('计划总',), ('计划总投资',))
    """
    # GDAL would leave blanks at the end out by itself, and not say so.
    names = [" ".join(name.split()) for name in names]
    used = {name.casefold() for name in names if _fits(name, encoding)}
    seen: set[str] = set()
    found = []
    for name in names:
        if _fits(name, encoding) and name.casefold() not in seen:
            seen.add(name.casefold())
            found.append(name)
            continue
        brief = _brief(name)
        kept, again = _cut(brief, NAME_BYTES, encoding) or "_", 2
        while kept.casefold() in used:
            end = f"_{again}"
            kept, again = _cut(brief, NAME_BYTES - len(end), encoding) + end, again + 1
        used.add(kept.casefold())
        seen.add(kept.casefold())
        found.append(kept)
    return tuple(found)


def _brief(name: str) -> str:
    """A name of two or three words with its longest ones cut to fit; any other as it is."""
    words = name.split("_")
    if not name.isascii() or not 2 <= len(words) <= 3 or not all(words):
        return name
    while sum(map(len, words)) + len(words) - 1 > NAME_BYTES:
        longest = max(range(len(words)), key=lambda i: len(words[i]))
        words[longest] = words[longest][:-1]
    return "_".join(words)


def _fits(name: str, encoding: Encoding) -> bool:
    return 0 < len(name.encode(encoding, "replace")) <= NAME_BYTES


def _cut(text: str, size: int, encoding: Encoding) -> str:
    """The first whole characters of a text that fit into so many bytes."""
    return text.encode(encoding, "replace")[:size].decode(encoding, "ignore")


def _write(
    folder: Path,
    stem: str,
    part: Part,
    frame: pd.DataFrame,
    is_second: bool,
    order: Order,
    told: _Told,
) -> None:
    columns = columns_of(frame, times=False)
    if len(columns.names) > _MOST_FIELDS:
        raise OutputError(
            f"“{part.name}” has {len(columns.names)} fields, a Shapefile at most {_MOST_FIELDS}; "
            "write a GeoPackage"
        )
    short = short_names(columns.names, order.encoding)
    columns, longest = _within(stem, part, frame, columns, order.encoding, told)
    known = {one.name: one for one in part.dataset.fields}
    fields = []
    for i, (full, own) in enumerate(zip(given_names(frame), short, strict=True)):
        said = known.get(full) or Field(full, columns.kinds[i], Both(full, full))
        fields.append(Field(own, said.kind, said.title, said.unit))
        told.keys.append(
            (stem, own, full, said.title.zh, said.title.en, said.unit, said.kind, longest[i][0],
             longest[i][1])
        )  # fmt: skip
    short_columns = Columns(short, columns.values, columns.masks, columns.kinds)
    write_layer(
        folder / f"{stem}.shp",
        frame,
        short_columns,
        driver="ESRI Shapefile",
        layer=stem,
        usual=part.dataset.geometry,
        blocks=True,
        progress=None if is_second else order.progress,
        encoding=order.encoding,
        layer_options={"DBF_DATE_LAST_UPDATE": day_of([part], order).isoformat()},
    )
    _write_style(folder / f"{stem}.qml", part, frame, fields, order)


def _within(
    stem: str, part: Part, frame: pd.DataFrame, columns: Columns, encoding: Encoding, told: _Told
) -> tuple[Columns, list[tuple[int | str, int | str]]]:
    """Texts within what a table can hold; how long each column's longest was, and how many were cut."""
    values: list[Any] = []
    longest: list[tuple[int | str, int | str]] = []
    keys = frame[part.dataset.key] if part.dataset.key in frame else pd.Series(frame.index)
    for name, own in zip(columns.names, columns.values, strict=True):
        if own.dtype != object:
            values.append(own)
            longest.append(("", ""))
            continue
        sizes = np.array([len(t.encode(encoding, "replace")) if t else 0 for t in own], dtype=int)
        over = np.flatnonzero(sizes > TEXT_BYTES)
        longest.append((int(sizes.max(initial=0)), len(over)))
        if len(over):
            cut = own.copy()
            for row in over:
                cut[row] = _cut(own[row], TEXT_BYTES, encoding)
                told.long.append((stem, keys.iloc[row], row + 1, name, own[row]))
            own = cut
        values.append(own)
    return Columns(columns.names, tuple(values), columns.masks, columns.kinds), longest


def _write_style(
    path: Path, part: Part, frame: pd.DataFrame, fields: Sequence[Field], order: Order
) -> None:
    form = form_of(frame, part.dataset.geometry)
    if form and part.look is not None and part.look.rules:
        names = dict(zip(given_names(frame), [one.name for one in fields], strict=True))
        text = qml(part.look.renamed(names), form, fields, order.language)
        path.write_text(text, "utf-8")


def _beside(parts: Sequence[Part], told: _Told, order: Order) -> Iterator[tuple[str, Path | bytes]]:
    head: tuple[str, ...]
    head = ("文件 file", "字段 field", "全名 full name", "含义", "meaning", "单位 unit",
            "类型 kind", "最长字节 longest bytes", "截断行数 rows cut")  # fmt: skip
    yield KEY_FILE, _csv([head, *told.keys])
    if told.long:
        head = ("文件 file", "键 key", "行 row", "字段全名 full name", "全文 full text")
        yield LONG_FILE, _csv([head, *told.long])
        order.tell(
            Both(
                f"{len(told.long)} 个文本超过 {TEXT_BYTES} 字节，在 Shapefile 中被截断；全文见压缩包内“{LONG_FILE}”。",
                f"{len(told.long)} texts longer than {TEXT_BYTES} bytes are cut in the Shapefile; "
                f"they are whole in “{LONG_FILE}” in the archive.",
            )
        )
    changed = sum(row[1] != row[2] for row in told.keys)
    if changed:
        order.tell(
            Both(
                f"{changed} 个字段名超过 {NAME_BYTES} 字节，已缩短；对照见压缩包内“{KEY_FILE}”。",
                f"{changed} names of fields are longer than {NAME_BYTES} bytes and were shortened; "
                f"see “{KEY_FILE}” in the archive.",
            )
        )
    yield README, _readme(parts, order).encode("utf-8-sig")


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows(
        [defused(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return buffer.getvalue().encode("utf-8-sig")


def _readme(parts: Sequence[Part], order: Order) -> str:
    zh = "\r\n\r\n".join(summary_of(part.origin, "zh").replace("\n", "\r\n") for part in parts)
    en = "\r\n\r\n".join(summary_of(part.origin, "en").replace("\n", "\r\n") for part in parts)
    said = (
        f"坐标系 {order.crs}；属性编码 {order.encoding}(见 .cpg)。字段名与全名的对照见“{KEY_FILE}”。",
        "Shapefile 不区分空文本与空值，不存时刻；时刻写作文本。.qml 是 QGIS 样式，随图层自动载入。",
        f"CRS {order.crs}; attributes in {order.encoding} (see .cpg). Full names of the fields: "
        f"“{KEY_FILE}”.",
        "A Shapefile cannot tell an empty text from none and holds no times; a time is text. "
        "The .qml files are styles that QGIS loads with the layers.",
    )
    return "\r\n".join((*said[:2], "", zh, "", "-" * 40, "", *said[2:], "", en, ""))
