"""GeoPackage: several layers and tables in one file, styled for QGIS, with origin and titles.

Same parts, same day: same bytes.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pandas as pd
import pyogrio
import shapely

from geoplan.errors import OutputError
from geoplan.exchange.outgoing.encoding import Progress
from geoplan.exchange.outgoing.fields import Field
from geoplan.exchange.outgoing.looks import Look
from geoplan.exchange.outgoing.ogr import (
    Columns,
    by_dimension,
    columns_of,
    different,
    form_of,
    given_names,
    is_spatial,
    metadata_of,
    tell_renamed,
    write_layer,
)
from geoplan.exchange.outgoing.order import Order, Part, day_of
from geoplan.exchange.outgoing.provenance import summary_of, title_of
from geoplan.exchange.outgoing.styles import qml

GEOMETRY = "geom"
_FID = "fid"
# Old enough for every QGIS and ArcGIS in use.
_VERSION = "1.2"
_STYLE_NAME_CHARS = 30
_SYNCHRONOUS = "OGR_SQLITE_SYNCHRONOUS"

_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
);
"""
_TITLES = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name)
);
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
);
"""


@dataclass(frozen=True)
class _Layer:
    name: str
    part: Part
    frame: pd.DataFrame
    columns: Columns

    @property
    def form(self) -> str:
        """What QGIS draws the shapes with; empty for what it draws nothing for."""
        return form_of(self.frame, self.part.dataset.geometry)


def write_geopackage(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write parts as layers and tables of one GeoPackage.

    A part with areas and points becomes two layers, ``projects`` and
    ``projects_points``: other programs know one kind of shape in a layer.
    """
    layers = list(_layers(parts, order))
    total, done = sum(len(layer.frame) for layer in layers), 0
    with _unsynchronised():
        for number, layer in enumerate(layers):
            _write(path, layer, order, bool(number), _shifted(order.progress, done, total))
            done += len(layer.frame)
    try:
        with closing(sqlite3.connect(path)) as book:
            book.execute("PRAGMA synchronous = OFF")
            _complete(book, layers, order)
    except sqlite3.Error as error:
        raise OutputError(f"{path.name}: SQLite cannot write this ({error})") from error


@contextmanager
def _unsynchronised() -> Iterator[None]:
    """Let SQLite not wait for the disk at every layer: the file counts only once it is whole."""
    before = pyogrio.get_gdal_config_option(_SYNCHRONOUS)
    pyogrio.set_gdal_config_options({_SYNCHRONOUS: "OFF"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_SYNCHRONOUS: before})


def _layers(parts: Sequence[Part], order: Order) -> Iterator[_Layer]:
    split = [(part, own, frame) for part in parts for own, frame in by_dimension(part.frame)]
    names = different([f"{part.name}{suffix}" for part, suffix, _ in split], ["layer_styles"])
    for name, (part, suffix, frame) in zip(names, split, strict=True):
        columns = columns_of(frame, [_FID, GEOMETRY])
        if not suffix:
            tell_renamed(name, frame, columns.names, order.tell)
        yield _Layer(name, part, frame, columns)


def _shifted(progress: Progress | None, done: int, total: int) -> Progress | None:
    if progress is None:
        return None
    return lambda here, _: progress(done + here, total)


def _write(
    path: Path, layer: _Layer, order: Order, append: bool, progress: Progress | None
) -> None:
    options = {"FID": _FID, "DESCRIPTION": summary_of(layer.part.origin, order.language)}
    if is_spatial(layer.frame):
        options["GEOMETRY_NAME"] = GEOMETRY
    write_layer(
        path,
        layer.frame,
        layer.columns,
        driver="GPKG",
        layer=layer.name,
        usual=layer.part.dataset.geometry,
        append=append,
        blocks=True,
        progress=progress,
        layer_options=options,
        layer_metadata=metadata_of(layer.part.origin),
        dataset_options=None if append else {"VERSION": _VERSION},
    )


def _complete(book: sqlite3.Connection, layers: Sequence[_Layer], order: Order) -> None:
    moment = f"{day_of([one.part for one in layers], order).isoformat()}T00:00:00.000Z"
    if any(map(_is_styled, layers)):
        book.executescript(_STYLES)
        book.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
            "last_change, srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
            (moment,),
        )
    book.executescript(_TITLES)
    _register(book, "gpkg_data_columns", "gpkg_schema", "schema")
    _register(book, "gpkg_data_column_constraints", "gpkg_schema", "schema")
    titles = different([title_of(layer.part.origin, order.language) for layer in layers])
    for layer, title in zip(layers, titles, strict=True):
        book.execute(
            "UPDATE gpkg_contents SET identifier = ? WHERE table_name = ?", (title, layer.name)
        )
        _add_titles(book, layer, order)
        if _is_styled(layer):
            _add_style(book, layer, order, moment)
        _add_qgis_metadata(book, layer, order, moment)
    book.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))
    book.execute("UPDATE gpkg_metadata_reference SET timestamp = ?", (moment,))
    book.commit()
    book.execute("VACUUM")


def _register(book: sqlite3.Connection, table: str, extension: str, anchor: str) -> None:
    book.execute(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) "
        "VALUES (?, NULL, ?, ?, 'read-write')",
        (table, extension, f"http://www.geopackage.org/spec120/#extension_{anchor}"),
    )


def _add_titles(book: sqlite3.Connection, layer: _Layer, order: Order) -> None:
    for field in _fields(layer):
        description = field.title["en" if order.language == "zh" else "zh"]
        book.execute(
            "INSERT INTO gpkg_data_columns (table_name, column_name, title, description) "
            "VALUES (?, ?, ?, ?)",
            (layer.name, field.name, field.heading(order.language), description),
        )


def _fields(layer: _Layer) -> list[Field]:
    """The fields of the layer under the names they have in it."""
    known: Mapping[str, Field] = {field.name: field for field in layer.part.dataset.fields}
    return [
        Field(new, known[old].kind, known[old].title, known[old].unit)
        for old, new in zip(given_names(layer.frame), layer.columns.names, strict=True)
        if old in known
    ]


def _is_styled(layer: _Layer) -> bool:
    return bool(layer.form and layer.part.look is not None and layer.part.look.rules)


def _add_style(book: sqlite3.Connection, layer: _Layer, order: Order, moment: str) -> None:
    title = layer.part.dataset.title[order.language]
    look = layer.part.look or Look(())
    text = qml(look, layer.form, _fields(layer), order.language)
    book.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, "
        "update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', NULL, ?)",
        (layer.name, GEOMETRY, title[:_STYLE_NAME_CHARS], text, title, moment),
    )


def _add_qgis_metadata(book: sqlite3.Connection, layer: _Layer, order: Order, moment: str) -> None:
    cursor = book.execute(
        "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) "
        "VALUES ('dataset', 'http://mrcc.com/qgis.dtd', 'text/xml', ?)",
        (_qgis_metadata(layer, order),),
    )
    book.execute(
        "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, column_name, "
        "row_id_value, timestamp, md_file_id, md_parent_id) VALUES ('table', ?, NULL, NULL, ?, ?, NULL)",
        (layer.name, moment, cursor.lastrowid),
    )


def _qgis_metadata(layer: _Layer, order: Order) -> str:
    """What QGIS shows under “information” of a layer."""
    origin = layer.part.origin
    root = Xml.Element("qgis", version="3.22.0")
    said: dict[str, Any] = {
        "identifier": f"{origin['plan']['id']}:{layer.part.name}",
        "parentidentifier": origin["plan"]["id"],
        "language": "ZHO" if order.language == "zh" else "ENG",
        "type": "dataset",
        "title": title_of(origin, order.language),
        "abstract": summary_of(origin, order.language),
        "rights": origin[f"disclaimer_{order.language}"],
        "license": origin.get("licence", ""),
        "encoding": "UTF-8",
    }
    for name, value in said.items():
        Xml.SubElement(root, name).text = str(value)
    if is_spatial(layer.frame) and len(layer.frame):
        west, south, east, north = shapely.total_bounds(layer.frame.geometry.to_numpy())
        if west == west:
            extent = Xml.SubElement(root, "extent")
            Xml.SubElement(
                extent, "spatial", minx=f"{west:.9g}", miny=f"{south:.9g}", maxx=f"{east:.9g}",
                maxy=f"{north:.9g}", minz="0", maxz="0", dimensions="2", crs=order.crs,
            )  # fmt: skip
    for source in origin.get("sources", ()):
        Xml.SubElement(root, "history").text = json.dumps(source, ensure_ascii=False)
    return Xml.tostring(root, encoding="unicode")
