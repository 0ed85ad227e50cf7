"""The formats a dataset can be written in, by name and by ending."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geoplan.errors import OutputError
from geoplan.exchange.office.workbooks import MIMETYPE as XLSX_TYPE
from geoplan.exchange.outgoing.encoding import MEDIA_TYPE as GEOJSON_TYPE
from geoplan.exchange.outgoing.encoding import geojson_chunks
from geoplan.exchange.outgoing.flatfiles import write_flatgeobuf, write_geoparquet
from geoplan.exchange.outgoing.geopackage import write_geopackage
from geoplan.exchange.outgoing.kml import MEDIA_TYPE as KML_TYPE
from geoplan.exchange.outgoing.kml import write_kml, write_kmz
from geoplan.exchange.outgoing.ogr import by_dimension, form_of
from geoplan.exchange.outgoing.order import Order, Part
from geoplan.exchange.outgoing.shapefile import write_shapefiles
from geoplan.exchange.outgoing.styles import qml
from geoplan.exchange.outgoing.tabular import write_csv, write_xlsx
from geoplan.plan.problems import Both

Write = Callable[[Path, Sequence[Part], Order], None]


@dataclass(frozen=True)
class Format:
    """A format and what it can hold.

    Attributes
    ----------
    endings :
        Of file names; the first is the usual one.
    shapes :
        Whether it holds shapes.
    tables :
        Whether it holds rows without shapes.
    several :
        Whether one file holds several datasets.
    crs :
        ``plan`` or ``lonlat`` where none is asked for; a format that is
        ``lonlat_only`` knows no other.
    """

    name: str
    title: Both
    endings: tuple[str, ...]
    media_type: str
    write: Write
    shapes: bool = True
    tables: bool = True
    several: bool = False
    crs: Literal["plan", "lonlat"] = "plan"
    lonlat_only: bool = False

    @property
    def ending(self) -> str:
        """Usual ending of the file name, with its dot."""
        return self.endings[0]


def write_geojson(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write one part as GeoJSON, its origin as the member ``metadata``."""
    (part,) = parts
    key = part.dataset.key if part.dataset.key in part.frame else ""
    chunks = geojson_chunks(
        part.frame, key=key, members={"metadata": dict(part.origin)}, progress=order.progress
    )
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)


def write_style(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write how one part looks as a QGIS style file."""
    (part,) = parts
    text = style_text(part, order)
    if not text:
        raise OutputError(f"“{part.name}” has no shapes of one kind, so there is no style for it")
    path.write_text(text, "utf-8")


def style_text(part: Part, order: Order) -> str:
    """How a part looks as QML; empty where shapes are missing or of several kinds."""
    form = form_of(part.frame, part.dataset.geometry)
    if part.look is None or not part.look.rules or len(by_dimension(part.frame)) > 1:
        return ""
    return qml(part.look, form, part.dataset.fields, order.language) if form else ""


_ALL = (
    Format(
        "geojson", Both("GeoJSON(网页与各类 GIS)", "GeoJSON (web and every GIS)"),
        (".geojson", ".json"), GEOJSON_TYPE, write_geojson, crs="lonlat", lonlat_only=True,
    ),
    Format(
        "gpkg", Both("GeoPackage(含样式，推荐给 QGIS)", "GeoPackage (styled, best for QGIS)"),
        (".gpkg",), "application/geopackage+sqlite3", write_geopackage, several=True,
    ),
    Format(
        "shapefile", Both("Shapefile 压缩包", "Shapefile archive"),
        (".zip", ".shp.zip", ".shz"), "application/zip", write_shapefiles, tables=False,
        several=True,
    ),
    Format(
        "kml", Both("KML(谷歌地球等)", "KML (Google Earth)"), (".kml",), KML_TYPE, write_kml,
        several=True, crs="lonlat", lonlat_only=True,
    ),
    Format(
        "kmz", Both("KMZ(压缩的 KML)", "KMZ (compressed KML)"), (".kmz",),
        "application/vnd.google-earth.kmz", write_kmz, several=True, crs="lonlat",
        lonlat_only=True,
    ),
    Format(
        "flatgeobuf", Both("FlatGeobuf(大数据、网页)", "FlatGeobuf (large data, web)"), (".fgb",),
        "application/flatgeobuf", write_flatgeobuf, tables=False, crs="lonlat",
    ),
    Format(
        "geoparquet", Both("GeoParquet(数据分析)", "GeoParquet (analysis)"),
        (".parquet", ".geoparquet"), "application/vnd.apache.parquet", write_geoparquet,
        crs="lonlat",
    ),
    Format(
        "csv", Both("CSV 表格", "CSV table"), (".csv",), "text/csv", write_csv, shapes=False,
    ),
    Format(
        "xlsx", Both("Excel 工作簿", "Excel workbook"), (".xlsx",), XLSX_TYPE, write_xlsx,
        shapes=False, several=True,
    ),
    Format(
        "qml", Both("QGIS 样式文件", "QGIS style file"), (".qml",), "application/xml", write_style,
        tables=False,
    ),
)  # fmt: skip

FORMATS: Mapping[str, Format] = {one.name: one for one in _ALL}
"""Name → format, the most asked for first."""


def format_of(path: Path, name: str = "") -> Format:
    """The format asked for by name, else by the file's ending.

    Raises
    ------
    OutputError
        It is not known.

    Examples
    --------
    >>> format_of(Path("a.GPKG")).name, format_of(Path("a.shp.zip")).name
    ('gpkg', 'shapefile')
    """
    if name in FORMATS:
        return FORMATS[name]
    if name:
        raise OutputError(f"“{name[:40]}” is no format; choose from {', '.join(FORMATS)}")
    low = path.name.lower()
    found = next((one for one in _ALL if low.endswith(one.endings)), None)
    if found is not None:
        return found
    if low.endswith((".shp", ".dbf")):
        raise OutputError(f"{path}: a Shapefile is several files; name an archive, {path.stem}.zip")
    endings = ", ".join(one.ending for one in _ALL)
    raise OutputError(f"{path}: give the file one of these endings: {endings}")
