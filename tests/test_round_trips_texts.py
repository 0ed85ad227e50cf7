"""Any text, any name, any kind of shape: there and back, in every format that can hold it."""

import csv
import datetime as dt
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_round_trips import DAY, MOMENT, NUMBER, SETTINGS, WHOLE, plain, there_and_back

import geoplan
from geoplan.exchange.incoming.importing import propose
from geoplan.exchange.outgoing.exporting import export
from geoplan.exchange.outgoing.shapefile import KEY_FILE
from geoplan.exchange.outgoing.tabular import unguarded

HARD = [
    "", " ", " 前后 ", "a\nb", "a\r\nb", "\t", "0012", "2017", "1e5", "2020-01-01", "true", "NULL", "NaN",
    "=1+1", "'=1", "'", "@x", "＝1", "\u3000全角\u3000", "１２３", "“”‘’", "龘𠮷😀", "e\u0301", "é", "<b>&amp;</b>",
    "]]>", '"x""y"', "a,b;c", "\ufeffb", "\u2028", "\x0b\x1b", "中" * 300,
]  # fmt: skip
# GDAL ends a text at a NUL.
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
# Readers of KML leave blanks at the ends out.
XML = (
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=20)
    .map(str.strip)
    .filter(bool)
)
TEXTS = st.lists(st.none() | ANY, min_size=1, max_size=8)
GEODATA = ("gpkg", "flatgeobuf", "geojson", "geoparquet")


FEW = settings(SETTINGS, max_examples=8)


def frame_of(texts: list[str | None], name: str = "text") -> gpd.GeoDataFrame:
    columns = {"nr": range(len(texts)), name: pd.Series(texts, dtype="str")}
    points = shapely.points(120 + np.arange(len(texts)) / 1000, 30)
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")


def read(form: str) -> Any:
    return gpd.read_parquet if form == "geoparquet" else None


@pytest.mark.parametrize("form", GEODATA)
@FEW
@given(texts=TEXTS)
@example(texts=HARD)
def test_any_text_comes_back_and_empty_is_not_missing(form: str, texts: list[str | None]) -> None:
    found = there_and_back(form, frame_of(texts), read(form)).sort_values("nr")
    assert plain(found["text"], "") == texts


@FEW
@given(texts=st.lists(st.none() | XML, min_size=1, max_size=8))
@example(
    texts=[
        *(text.strip() for text in HARD if text.isprintable() and text.strip()),
        "a\nb",
        "a\r\nb",
    ]
)
def test_kml_keeps_every_text_that_xml_has_letters_for(texts: list[str | None]) -> None:
    found = there_and_back("kml", frame_of(texts)).sort_values("nr")
    assert plain(found["text"], "") == texts


NAMES = st.lists(
    st.sampled_from(
        ["investment_wanyuan", "investment_wanyuan_per_km2", "investment_wanyuan_per_mu", "计划总投资额",
         "计划总投资额(万元)", "计划总投资", "id", "a" * 10, "a" * 11, "a" * 12, "A" * 13, "%d", "名 称 ", " b"]
    ),
    min_size=1, max_size=8, unique=True,
)  # fmt: skip


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
@FEW
@given(names=NAMES)
def test_names_that_collide_in_a_shapefile_come_back_by_its_key(
    encoding: Any, names: list[str]
) -> None:
    columns = {name: [f"{number}甲", None] for number, name in enumerate(names)}
    frame = gpd.GeoDataFrame(columns, geometry=shapely.points([120, 121], 30), crs="EPSG:4490")

    def with_key(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(KEY_FILE).decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text))
        return pyogrio.read_dataframe(path), {row[1]: row[2] for row in list(rows)[1:]}

    found, key = there_and_back("shapefile", frame, with_key, encoding=encoding)
    assert all(len(name.encode(encoding)) <= 10 for name in key)
    assert len({name.casefold() for name in key}) == len(names)
    for name, values in found.drop(columns="geometry").rename(columns=key).items():
        assert plain(values, "") == columns[str(name)], name


SHAPES = [
    "POINT (120 30)", "MULTIPOINT (120 30, 121 31)", "LINESTRING (120 30, 121 31)",
    "MULTILINESTRING ((120 30, 121 31), (120 31, 121 32))", "POLYGON ((120 30, 121 30, 121 31, 120 30))",
    "POLYGON ((120 30, 123 30, 123 33, 120 30), (122 30.5, 122.5 30.5, 122.5 31, 122 30.5))",
    "MULTIPOLYGON (((120 30, 121 30, 121 31, 120 30)), ((120 35, 121 35, 121 36, 120 35)))",
    "GEOMETRYCOLLECTION (POINT (120 30), LINESTRING (120 30, 121 31))", None,
    "POINT EMPTY", "POLYGON EMPTY",
]  # fmt: skip


@pytest.mark.parametrize("form", [*GEODATA, "kml", "kmz", "shapefile"])
def test_every_kind_of_shape_comes_back_in_one_file(form: str) -> None:
    # A Shapefile parts collections: see its own tests.
    kinds = [text for text in SHAPES if form != "shapefile" or "COLLECTION" not in str(text)]
    shapes = shapely.from_wkt(kinds)
    frame = gpd.GeoDataFrame({"nr": range(len(kinds))}, geometry=shapes, crs="EPSG:4326")

    def read_all(path: Path) -> pd.DataFrame:
        if form == "geoparquet":
            return gpd.read_parquet(path)
        if form == "shapefile":
            with zipfile.ZipFile(path) as archive:
                layers = [name for name in archive.namelist() if name.endswith(".shp")]
            return pd.concat([pyogrio.read_dataframe(f"/vsizip/{path}/{one}") for one in layers])
        layers = [name for name, _ in pyogrio.list_layers(path)]
        return pd.concat([pyogrio.read_dataframe(path, layer=one) for one in layers])

    found = there_and_back(form, frame, read_all).dropna(subset="nr")
    there = dict(zip(found["nr"].astype(int), found.geometry, strict=True))
    assert sorted(there) == list(range(len(kinds)))
    for number, shape in enumerate(shapes):
        if shape is None or shape.is_empty:
            assert there[number] is None, kinds[number]
        else:
            assert shapely.equals(shapely.normalize(there[number]), shapely.normalize(shape))
            assert there[number].area == pytest.approx(shape.area)


# ---- spreadsheets
# A spreadsheet has no day before March 1900 and shows a moment to the minute.
AFTER = dt.datetime(1901, 1, 1)
CELLS = st.lists(
    st.tuples(
        st.none() | ANY,
        st.none() | WHOLE,
        st.none() | NUMBER,
        st.none() | DAY.map(lambda day: max(day, AFTER.date())),
        st.none() | MOMENT.map(lambda moment: max(moment, AFTER)),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
# XML has no letters for these, and a carriage return is a line feed to it.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
COLUMNS = ("text", "whole", "number", "day", "moment", "flag")


def table_of(rows: list[Any]) -> pd.DataFrame:
    texts, wholes, numbers, days, moments, flags = map(list, zip(*rows, strict=True))
    return pd.DataFrame(
        {
            "text": pd.Series(texts, dtype="str"),
            "whole": pd.array(wholes, dtype="Int64"),
            "number": pd.Series([np.nan if v is None else v for v in numbers], dtype="float64"),
            "day": pd.Series(days, dtype="datetime64[us]"),
            "moment": pd.Series(moments, dtype="datetime64[us]"),
            "flag": pd.array(flags, dtype="boolean"),
        }
    )


@FEW
@given(CELLS)
def test_a_csv_comes_back_the_same(rows: list[Any]) -> None:
    def read_rows(path: Path) -> list[list[str]]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))

    head, *found = there_and_back("csv", table_of(rows), read_rows)
    assert tuple(head) == COLUMNS
    for cells, (text, whole, number, day, moment, flag) in zip(found, rows, strict=True):
        assert unguarded(cells[0]) == (text or "")
        assert (int(cells[1]) if cells[1] else None) == whole
        # Numbers are guarded by nothing: a leading minus is part of one.
        assert (float(cells[2]) if cells[2] else None) == number
        assert (dt.date.fromisoformat(cells[3][:10]) if cells[3] else None) == day
        assert (dt.datetime.fromisoformat(unguarded(cells[4])) if cells[4] else None) == moment
        assert cells[5] == ("" if flag is None else str(flag).lower())


@FEW
@given(CELLS)
def test_a_workbook_comes_back_the_same(rows: list[Any]) -> None:
    def read_rows(path: Path) -> list[tuple[Any, ...]]:
        sheet = openpyxl.load_workbook(path).worksheets[0]
        return list(sheet.iter_rows(min_row=2, max_row=1 + len(rows), values_only=True))

    found = there_and_back("xlsx", table_of(rows), read_rows)
    for cells, given_cells in zip(found, rows, strict=True):
        for name, cell, own in zip(COLUMNS, cells, given_cells, strict=True):
            if name == "text":
                assert (cell or "") == CONTROLS.sub("", (own or "").replace("\r\n", "\n"))
            elif own is None:
                assert cell is None, name
            elif name == "number":
                assert float(cell) == pytest.approx(own, rel=1e-14)
            elif name == "moment":
                assert abs(cell - own) <= dt.timedelta(seconds=1)
            elif name == "day":
                assert cell == dt.datetime(own.year, own.month, own.day)
            elif name == "flag":
                assert cell in (own, "是" if own else "否")
            else:
                assert cell == own, name


# ---- out, and in again
@pytest.mark.parametrize(
    ("name", "file", "order"),
    [
        ("projects", "p.gpkg", {"crs": 3857, "language": "en"}),
        ("projects", "p.zip", {"crs": 4528, "language": "en", "encoding": "GB18030"}),
        ("projects", "p.xlsx", {"language": "en"}),
        ("projects", "p.csv", {"language": "en", "bom": False}),
        ("hubs", "h.fgb", {"crs": 4490}),
        ("districts", "d.gpkg", {"crs": 4490}),
        ("districts", "d.zip", {"crs": 4549, "encoding": "GB18030"}),
        ("districts", "d.kmz", {"language": "en"}),
    ],
)
def test_what_comes_back_in_another_crs_language_or_encoding_changes_nothing(
    tiny: geoplan.Plan, tmp_path: Path, name: str, file: str, order: dict[str, Any]
) -> None:
    path = export(tiny, name, tmp_path / file, **order)
    proposal = propose(tiny, path, name)
    assert proposal.is_empty
    assert not proposal.questions
    assert not proposal.refused
