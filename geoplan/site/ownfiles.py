"""Open the geodata a brief brings along: GeoJSON, GeoPackage, Shapefile, or inline features.

A file is opened by what it is, not by what it is called: GDAL would follow a
virtual dataset to other files and addresses.
"""

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import pyogrio
import shapely

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.texts import decode
from geoplan.site.entries import nearest, shown
from geoplan.site.owndata import (
    MOST_FEATURES,
    OwnData,
    crs_of,
    declared,
    projected,
    refuse,
    refuse_outside,
    refuse_unsound,
    too_many,
)

MOST_BYTES = 500_000_000
_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp")
_SQLITE = b"SQLite format 3\x00"
_SHAPEFILE = b"\x00\x00\x27\x0a"
_HEAD, _GPKG_AT = 100, 68


def read_own(
    data: OwnData, plan: Plan, kinds: tuple[str, ...], *, every: bool = True
) -> gpd.GeoDataFrame:
    """Read it into the plan's CRS, every feature with a sound geometry.

    Parameters
    ----------
    kinds :
        The kinds of geometry that are wanted, such as ``Polygon`` (a
        MultiPolygon counts as one).
    every :
        Whether every feature must lie in the plan's extent, or just any.

    Returns
    -------
    GeoDataFrame
        On the number of the feature in the file, from 1.

    Raises
    ------
    BriefError
        It cannot be used; the message names file, feature and remedy.
    """
    frame = _inline(data, data.features.encode()) if data.features else _file(data)
    if frame.empty:
        raise data.error("没有任何要素；请检查导出", "it has no feature; check the export")
    if len(frame) > MOST_FEATURES:
        raise too_many(data, len(frame))
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="feature")
    refuse_unsound(data, frame, kinds)
    frame = declared(data, frame)
    refuse_outside(data, frame, plan, every=every)
    return projected(data, frame, plan)


def _file(data: OwnData) -> gpd.GeoDataFrame:
    if data.folder is None:
        raise data.error(
            "此处的任务书不能引用文件；请改用 features 直接给出要素",
            "a brief given here cannot name files; give the features inline under features",
        )
    path = data.folder / data.file
    if path.suffix.lower() not in _SUFFIXES:
        raise data.error(
            f"不支持“{shown(path.suffix)}”；请用 GeoJSON、GeoPackage(.gpkg)或 Shapefile(.shp)",
            f"“{shown(path.suffix)}” cannot be read; use GeoJSON, GeoPackage (.gpkg) or Shapefile (.shp)",
        )
    try:
        size = path.stat().st_size if path.is_file() else -1
    except (OSError, ValueError):
        size = -1
    if size < 0:
        raise data.error(
            "没有这个文件；路径相对于任务书所在文件夹",
            "there is no such file; its path is relative to the brief's folder",
        )
    if size > MOST_BYTES:
        raise data.error(
            f"文件有 {size / 1e6:,.0f} MB，最多 {MOST_BYTES / 1e6:,.0f} MB；请先裁剪",
            f"the file has {size / 1e6:,.0f} MB, at most {MOST_BYTES / 1e6:,.0f} MB are read; "
            "clip it first",
        )
    if path.suffix.lower() in (".geojson", ".json"):
        text, problems = decode(path, data.name)
        if text is None:
            raise data.error(problems[0].message("zh"), problems[0].message("en"))
        return _inline(data, text.encode())
    return _by_gdal(data, path)


def _inline(data: OwnData, raw: bytes) -> gpd.GeoDataFrame:
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise data.error(
            f"不是有效的 JSON：{error}；请重新导出",
            f"it is no valid JSON: {error}; export it again",
        ) from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or content.get("type") != "FeatureCollection" or not all(
        isinstance(feature, dict) for feature in features
    ):  # fmt: skip
        raise data.error(
            "不是 GeoJSON 要素集(FeatureCollection)；请重新导出",
            "it is no GeoJSON FeatureCollection; export it again",
        )
    if len(features) > MOST_FEATURES:
        raise too_many(data, len(features))
    geometries = shapely.from_geojson(
        [orjson.dumps(f["geometry"]).decode() if f.get("geometry") else None for f in features],
        on_invalid="ignore",
    )
    refuse(
        data,
        np.array([bool(f.get("geometry")) for f in features], dtype=bool)
        & shapely.is_missing(geometries),
        Both("坐标不成图形；请重新导出", "the coordinates make no geometry; export it again"),
        pd.RangeIndex(1, len(features) + 1),
    )
    rows = [
        {**({"id": f["id"]} if "id" in f else {}), **(f.get("properties") or {})}
        if isinstance(f.get("properties") or {}, dict)
        else {}
        for f in features
    ]
    member = content.get("crs")
    named = member.get("properties", {}) if isinstance(member, dict) else {}
    crs = named.get("name", "OGC:CRS84") if isinstance(named, dict) else "OGC:CRS84"
    frame = pd.DataFrame.from_records(rows, index=pd.RangeIndex(len(rows)))
    return gpd.GeoDataFrame(frame, geometry=geometries, crs=crs_of(data, str(crs)))


def _by_gdal(data: OwnData, path: Path) -> gpd.GeoDataFrame:
    shape = path.suffix.lower() == ".shp"
    with path.open("rb") as file:
        head = file.read(_HEAD)
    sound = head.startswith(_SHAPEFILE) if shape else (
        head.startswith(_SQLITE) and head[_GPKG_AT : _GPKG_AT + 2] == b"GP"
    )  # fmt: skip
    if not sound:
        form = "Shapefile" if shape else "GeoPackage"
        raise data.error(
            f"内容不是 {form}；请重新导出", f"its content is no {form}; export it again"
        )
    options: dict[str, Any] = {"encoding": _encoding(data, path)} if shape else {}
    try:
        # What GDAL warns of is either judged here or no matter for a site.
        with warnings.catch_warnings(action="ignore"):
            if not shape:
                options["layer"] = _layer(data, path)
            count = int(pyogrio.read_info(path, force_feature_count=True, **options)["features"])
            if count > MOST_FEATURES:
                raise too_many(data, count)
            frame = pyogrio.read_dataframe(path, on_invalid="ignore", force_2d=True, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        reason = shown(str(error).replace(str(path), path.name))
        raise data.error(
            f"无法读取({reason})；请重新导出，Shapefile 须连同 .shx、.dbf、.prj",
            f"it cannot be read ({reason}); export it again, a Shapefile with its .shx, .dbf and .prj",
        ) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise data.error(
            "没有图形列；请选用带图形的图层", "it has no geometry; choose a layer that has"
        )
    return frame


def _layer(data: OwnData, path: Path) -> str:
    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if data.layer:
        if data.layer not in names:
            hint = nearest(data.layer, names)
            raise data.error(
                f"没有图层“{shown(data.layer)}”{hint.zh}",
                f"there is no layer “{shown(data.layer)}”{hint.en}",
            )
        return data.layer
    names = [name for name in names if name != "layer_styles"]
    if len(names) != 1:
        listed = ", ".join(names[:12])
        raise data.error(
            f"有 {len(names)} 个图层({listed})；请用 layer 指明一个",
            f"it has {len(names)} layers ({listed}); name one with layer",
        )
    return names[0]


def _encoding(data: OwnData, path: Path) -> str | None:
    """The encoding of a Shapefile's table: as declared if that reads it, else UTF-8 or GB18030."""
    table = next(
        (p for p in (path.with_suffix(".dbf"), path.with_suffix(".DBF")) if p.is_file()), None
    )
    if table is None:
        return None
    raw = table.read_bytes()
    words = raw[32:]
    for said in (path.with_suffix(".cpg"), path.with_suffix(".CPG")):
        if said.is_file():
            name = said.read_bytes()[:40].decode("ascii", errors="ignore").strip()
            if _reads(words, f"cp{name}" if name.isdigit() else name):
                return name if not name.isdigit() else f"CP{name}"
    if _reads(words, "utf-8"):
        return "UTF-8"
    if _reads(words, "gb18030"):
        return "GB18030"
    raise data.error(
        "属性表的编码既不是 UTF-8 也不是 GBK；请以 UTF-8 重新导出",
        "the encoding of its table is neither UTF-8 nor GBK; export it again in UTF-8",
    )


def _reads(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
