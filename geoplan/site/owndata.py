"""Geodata named in a brief: what is said of it, and whether it can be used as it stands.

Nothing is guessed that would move a site: a file says its CRS or the brief
does, and GCJ-02 or BD-09 are converted only where they are declared.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from geoplan.plan.crs import DATUMS, TO_WGS84, move_lonlat
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.site.entries import BriefError, Fault, shown

MOST_FEATURES = 200_000
_NAMED_AT_MOST = 5
_CRS_HINT = 'crs = "EPSG:4549"'

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class OwnData:
    """Geodata named in a brief, and what the brief says of it.

    Attributes
    ----------
    field :
        Path of the entry that names it, for messages.
    file :
        Relative to the brief's folder; empty for inline features.
    features :
        An inline FeatureCollection as text.
    layer :
        Layer of a GeoPackage; empty where there is only one.
    crs, datum :
        What the file does not say; empty where nothing is said.
    """

    brief: str
    field: str
    folder: Path | None
    file: str = ""
    features: str = ""
    layer: str = ""
    crs: str = ""
    datum: str = ""

    @property
    def name(self) -> str:
        """What messages call it."""
        return Path(self.file).name if self.file else "features"

    def error(self, zh: str, en: str) -> BriefError:
        """An error about this data."""
        return BriefError(
            self.brief, [Fault(self.field, Both(f"{self.name}：{zh}", f"{self.name}: {en}"))]
        )


def too_many(data: OwnData, count: int) -> BriefError:
    """The error of data with more features than are read."""
    return data.error(
        f"有 {count:,} 个要素，最多 {MOST_FEATURES:,} 个；请先裁剪或筛选",
        f"it has {count:,} features, at most {MOST_FEATURES:,} are read; clip or filter it first",
    )


def crs_of(data: OwnData, name: str) -> CRS:
    """A CRS by what somebody called it."""
    try:
        return CRS.from_user_input(name)
    except CRSError:
        raise data.error(
            f"不认识坐标系“{shown(name)}”；请写 {_CRS_HINT}",
            f"the CRS “{shown(name)}” is not known; write {_CRS_HINT}",
        ) from None


def refuse(data: OwnData, wrong: _Mask, said: Both, numbers: "pd.Index[Any]") -> None:
    """Raise, naming the first features that are wrong."""
    if not wrong.any():
        return
    which = [str(number) for number in numbers[wrong][:_NAMED_AT_MOST]]
    more = int(wrong.sum()) - len(which)
    zh = f"第 {'、'.join(which)} 个要素" + (f"等 {more + len(which)} 个" if more else "")
    en = f"feature {', '.join(which)}" + (f" and {more} more" if more else "")
    raise data.error(f"{zh}{said.zh}", f"{en}: {said.en}")


def refuse_unsound(data: OwnData, frame: gpd.GeoDataFrame, kinds: tuple[str, ...]) -> None:
    """Raise where a geometry is missing, of another kind, or invalid."""
    geometries = frame.geometry.to_numpy()
    nothing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    said = Both("没有图形；请补画或删除", "it has no geometry; draw or delete it")
    refuse(data, nothing, said, frame.index)
    wanted = [kind for one in kinds for kind in (one, f"Multi{one}")]
    other = ~frame.geometry.geom_type.isin(wanted).to_numpy()
    names = Both("、".join(kinds), " or ".join(kinds))
    said = Both(
        f"的图形不是 {names.zh}；请换一个图层",
        f"its geometry is no {names.en}; choose another layer",
    )
    refuse(data, other, said, frame.index)
    finite = np.asarray(np.isfinite(shapely.bounds(geometries)).all(axis=1))
    said = Both("的坐标不是数；请重新导出", "its coordinates are no numbers; export it again")
    refuse(data, ~finite, said, frame.index)
    invalid: _Mask = ~shapely.is_valid(geometries)
    reason = shown(str(shapely.is_valid_reason(geometries[invalid])[0])) if invalid.any() else ""
    said = Both(
        f"的图形无效({reason})；请在 GIS 中修复(Fix geometries)",
        f"its geometry is invalid ({reason}); repair it in a GIS (Fix geometries)",
    )
    refuse(data, invalid, said, frame.index)


def declared(data: OwnData, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The features in the CRS that the file or the brief declares, which must not disagree."""
    named = crs_of(data, data.crs) if data.crs else None
    if frame.crs is None:
        if named is None and data.datum not in DATUMS:
            raise data.error(
                f"没有声明坐标系；请补上 .prj，或写 {_CRS_HINT}",
                f"it does not declare its CRS; add the .prj, or write {_CRS_HINT}",
            )
        frame = frame.set_crs(named or DATUMS[data.datum])
    elif named is not None and not frame.crs.equals(named, ignore_axis_order=True):
        raise data.error(
            f"文件自称 {frame.crs.name}，任务书却写 {named.name}；请删去 crs 或改正文件",
            f"the file declares {frame.crs.name}, the brief {named.name}; remove crs or correct "
            "the file",
        )
    if data.datum in TO_WGS84 and not frame.crs.is_geographic:
        raise data.error(
            f"{data.datum} 只有经纬度，文件却是 {frame.crs.name}；请先转为经纬度",
            f"{data.datum} is longitude and latitude, the file is in {frame.crs.name}; "
            "convert it to longitude and latitude first",
        )
    return frame


def projected(data: OwnData, frame: gpd.GeoDataFrame, plan: Plan) -> gpd.GeoDataFrame:
    """The features in the plan's CRS, from the CRS and datum that are declared."""
    if data.datum in TO_WGS84:
        moved = move_lonlat(frame.geometry, TO_WGS84[data.datum])
        frame = frame.set_geometry(moved).set_crs(DATUMS["WGS 84"], allow_override=True)
    try:
        return frame.to_crs(plan.meta.analysis_crs)
    except ProjError as error:
        raise data.error(
            f"无法转换坐标({shown(error)})；请核对坐标系",
            f"its coordinates cannot be converted ({shown(error)}); check its CRS",
        ) from None


def refuse_outside(data: OwnData, frame: gpd.GeoDataFrame, plan: Plan, *, every: bool) -> None:
    """Raise where a feature lies outside the plan's extent; with ``every`` false, where all do."""
    bounds = frame.geometry.bounds.to_numpy()
    inside = _in_extent(bounds, frame.crs, plan, whole=every)
    if inside.all() or (inside.any() and not every):
        return
    swapped = _in_extent(bounds[:, [1, 0, 3, 2]], frame.crs, plan, whole=every)
    turned = ~inside & swapped
    said = Both(
        "的坐标像是 纬度,经度(或 北,东)；请对调后重新导出",
        "its coordinates look like latitude, longitude (or north, east); exchange them and export again",
    )
    refuse(data, turned, said, frame.index)
    west, south, east, north = plan.meta.extent
    said = Both(
        f"在规划范围(经度 {west:g}–{east:g}，纬度 {south:g}–{north:g})之外；"
        "请核对坐标系(如 3 度带带号)，或删去该要素",
        f"it lies outside the plan's extent (longitude {west:g}–{east:g}, latitude "
        f"{south:g}–{north:g}); check the CRS (the zone, for instance) or delete the feature",
    )
    refuse(data, ~inside, said, frame.index)


def _in_extent(bounds: npt.NDArray[np.float64], crs: CRS, plan: Plan, *, whole: bool) -> _Mask:
    """Whether the middle of each box, or where not ``whole`` any of it, lies in the plan's extent."""
    to_lonlat = Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)
    boxes = bounds if not whole else (bounds + bounds[:, [2, 3, 0, 1]]) / 2
    lon_a, lat_a = to_lonlat.transform(boxes[:, 0], boxes[:, 1])
    lon_b, lat_b = to_lonlat.transform(boxes[:, 2], boxes[:, 3])
    west, south, east, north = plan.meta.extent
    inside: _Mask = (west <= lon_b) & (lon_a <= east) & (south <= lat_b) & (lat_a <= north)
    return inside
