"""An own raster of a brief (GeoTIFF): its cells over areas and at points.

Areas are brought to the raster, never the raster to the plan: a cell keeps its
value. This is the only module that needs rasterio.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

from geoplan.errors import GeometryError
from geoplan.place.grid import Grid, area_shares
from geoplan.plan.opening import Plan
from geoplan.site.owndata import OwnData, crs_of

SUFFIXES = (".tif", ".tiff")
MOST_CELLS = 200_000_000
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_CRS_HINT = 'crs = "EPSG:4549"'

_Floats = npt.NDArray[np.float64]
_Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Raster:
    """One band.

    Attributes
    ----------
    values :
        Shape (rows, columns), the first row in the north as a rule; not a number
        where there is no data.
    pixels :
        The six numbers that turn coordinates of the raster's CRS into columns and
        rows, as :func:`shapely.affinity.affine_transform` takes them.
    to_raster :
        From the plan's CRS to the raster's.
    """

    values: _Floats
    pixels: tuple[float, float, float, float, float, float]
    to_raster: Transformer

    def _in_pixels(self, geometries: _Geometries) -> _Geometries:
        a, b, d, e, x0, y0 = self.pixels

        def move(xy: _Floats) -> _Floats:
            x, y = self.to_raster.transform(xy[:, 0], xy[:, 1])
            return np.column_stack((a * x + b * y + x0, d * x + e * y + y0))

        moved: _Geometries = shapely.transform(geometries, move)
        return moved

    def at(self, points: _Floats) -> _Floats:
        """The cell that each point lies in; points in the plan's CRS, shape (n, 2)."""
        known = np.isfinite(points).all(axis=1)
        found = np.full(len(points), np.nan)
        there: _Geometries = np.asarray(shapely.points(points[known]), dtype=object)
        moved = self._in_pixels(there)
        column, row = np.floor(shapely.get_coordinates(moved)).astype(np.int64).T
        inside = (row >= 0) & (row < self.values.shape[0])
        inside &= (column >= 0) & (column < self.values.shape[1])
        held = np.full(len(row), np.nan)
        held[inside] = self.values[row[inside], column[inside]]
        found[known] = held
        return found

    def over(self, areas: _Geometries) -> tuple[_Floats, _Floats, _Floats]:
        """Mean by area, least and greatest cell of each area; not a number where there is no data.

        A point, or an area that has no extent, has its own cell.
        """
        rows, columns = self.values.shape
        grid = Grid(0.0, 0.0, 1.0, n_columns=columns, n_rows=rows)
        flat = self.values.reshape(-1)
        found = np.full((3, len(areas)), np.nan)
        flatness = shapely.area(areas) > 0
        small = np.flatnonzero(~flatness & ~shapely.is_missing(areas))
        middle = shapely.get_coordinates(shapely.centroid(areas[small]))
        found[:, small] = self.at(middle) if small.size else np.empty((3, 0))
        wide = np.flatnonzero(flatness)
        for place, area in zip(wide, self._in_pixels(areas[wide]), strict=True):
            try:
                held = area_shares(area, grid)
            except GeometryError:
                continue
            values = flat[held.cells]
            known = np.isfinite(values)
            if known.any():
                share, values = held.shares[known], values[known]
                found[:, place] = share @ values / share.sum(), values.min(), values.max()
        mean, least, most = found
        return mean, least, most


def read_raster(data: OwnData, band: int, plan: Plan) -> Raster:
    """Read a band of a GeoTIFF.

    Raises
    ------
    BriefError
        It cannot be used, or rasterio is not installed; the message has the remedy.
    """
    try:
        import rasterio
        from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError
    except ImportError:
        raise data.error(
            "读取栅格需要 rasterio；请运行 pip install geoplan[raster]",
            "a raster needs rasterio; run pip install geoplan[raster]",
        ) from None
    if data.folder is None:
        raise data.error("此处的任务书不能引用文件", "a brief given here cannot name files")
    path = data.folder / data.file
    if not path.is_file():
        raise data.error(
            "没有这个文件；路径相对于任务书所在文件夹",
            "there is no such file; its path is relative to the brief's folder",
        )
    with path.open("rb") as file:
        if file.read(4) not in _TIFF:
            raise data.error(
                "内容不是 GeoTIFF；请重新导出", "its content is no GeoTIFF; export it again"
            )
    try:
        # A raster without any place would else be read as lying at the origin.
        with warnings.catch_warnings():
            warnings.simplefilter("error", NotGeoreferencedWarning)
            opened = rasterio.open(path, driver="GTiff")
        with opened as source:
            if not 1 <= band <= source.count:
                raise data.error(
                    f"没有第 {band} 波段；共有 {source.count} 个，请改 column",
                    f"there is no band {band}, it has {source.count}; change column",
                )
            if source.width * source.height > MOST_CELLS:
                raise data.error(
                    f"有 {source.width * source.height:,} 个像元，最多 {MOST_CELLS:,} 个；请先裁剪",
                    f"it has {source.width * source.height:,} cells, at most {MOST_CELLS:,} are "
                    "read; clip it first",
                )
            values = source.read(band, masked=True).astype(np.float64).filled(np.nan)
            declared, inverse = source.crs, ~source.transform
    except NotGeoreferencedWarning:
        raise data.error(
            "没有地理参考(位置与像元大小)；请重新导出",
            "it says neither where it lies nor how large its cells are; export it again",
        ) from None
    except (RasterioIOError, RasterioError) as error:
        raise data.error(
            f"无法读取({type(error).__name__})；请重新导出为 GeoTIFF",
            f"it cannot be read ({type(error).__name__}); export it again as GeoTIFF",
        ) from None
    return Raster(
        values,
        (inverse.a, inverse.b, inverse.d, inverse.e, inverse.c, inverse.f),
        Transformer.from_crs(plan.meta.analysis_crs, _crs(data, declared), always_xy=True),
    )


def _crs(data: OwnData, declared: Any) -> CRS:
    if data.datum:
        raise data.error(
            "栅格不能由 datum 换算；请先转为 WGS 84 或 CGCS2000，并删去 datum",
            "a raster is not converted by datum; convert it to WGS 84 or CGCS2000 and remove datum",
        )
    if not declared and not data.crs:
        raise data.error(
            f"没有声明坐标系；请写 {_CRS_HINT}",
            f"it does not declare its CRS; write {_CRS_HINT}",
        )
    own = CRS.from_wkt(declared.to_wkt()) if declared else None
    said = crs_of(data, data.crs) if data.crs else None
    if own is not None and said is not None and not own.equals(said, ignore_axis_order=True):
        raise data.error(
            f"文件自称 {own.name}，任务书却写 {said.name}；请删去 crs 或改正文件",
            f"the file declares {own.name}, the brief {said.name}; remove crs or correct the file",
        )
    found = own or said
    assert found is not None  # noqa: S101
    return found
