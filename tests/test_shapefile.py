import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from test_round_trips import part_of

import geoplan
from geoplan.errors import OutputError
from geoplan.exchange.outgoing.exporting import export
from geoplan.exchange.outgoing.order import ENCODINGS, Order
from geoplan.exchange.outgoing.shapefile import (
    KEY_FILE,
    LONG_FILE,
    README,
    TEXT_BYTES,
    short_names,
    write_shapefiles,
)
from geoplan.plan.problems import Both


def table(path: Path, name: str) -> list[list[str]]:
    with zipfile.ZipFile(path) as archive:
        return list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


def points(**columns: Any) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=shapely.points(range(count), 30), crs="EPSG:4490")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_chinese_comes_back_and_the_encoding_is_said(
    tiny: geoplan.Plan, tmp_path: Path, encoding: str
) -> None:
    path = export(tiny, "districts", tmp_path / "d.zip", 4490, encoding=encoding)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.read("districts.cpg").decode() == encoding
        assert "China_Geodetic" in archive.read("districts.prj").decode()
        assert "甲区".encode(encoding) in archive.read("districts.dbf")
        assert b"<qgis" in archive.read("districts.qml")
    found = gpd.read_file(path)
    assert found.crs == "EPSG:4490"
    assert found["name_zh"].tolist() == tiny.layers["districts"].frame["name_zh"].tolist()


def test_gbk_is_taken_for_its_wider_standard(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "districts", tmp_path / "d.zip", encoding="gbk")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("districts.cpg") == b"GB18030"


def test_kinds_of_shapes_are_shapefiles_of_their_own(tiny: geoplan.Plan, tmp_path: Path) -> None:
    told: list[Both] = []
    path = export(tiny, "projects,districts", tmp_path / "p.zip", tell=told.append)
    assert {n for n, _ in pyogrio.list_layers(path)} == {"projects", "projects_points", "districts"}
    parts = [gpd.read_file(path, layer=n) for n in ("projects", "projects_points")]
    assert sum(map(len, parts)) == 4
    assert any("字段对照表" in b.zh for b in told)


def test_the_key_file_gives_every_short_name_its_full_one(
    tiny: geoplan.Plan, tmp_path: Path
) -> None:
    path = export(tiny, "projects", tmp_path / "p.zip")
    rows = table(path, KEY_FILE)[1:]
    found = gpd.read_file(path, layer="projects")
    own = [row for row in rows if row[0] == "projects"]
    assert [row[1] for row in own] == list(found.columns[:-1])
    by_name = {row[2]: row for row in own}
    assert by_name["investment_wanyuan"][1:6] == [
        "inve_wanyu", "investment_wanyuan", "计划总投资", "planned investment", "万元",
    ]  # fmt: skip
    readme = zipfile.ZipFile(path).read(README).decode("utf-8-sig")
    assert "规划示意，非测绘成果" in readme
    assert "EPSG:4549" in readme
    assert "Plan of three squares" in readme


def test_styles_and_aliases_use_the_short_names(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "projects", tmp_path / "p.zip")
    text = zipfile.ZipFile(path).read("projects.qml").decode()
    short = {row[2]: row[1] for row in table(path, KEY_FILE)[1:]}
    assert f'"{short["sector_id"]}" = ' in text.replace("&quot;", '"')
    assert f'field="{short["investment_wanyuan"]}"' in text
    assert "investment_wanyuan" not in text


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_long_text_is_cut_after_a_character_told_and_kept_whole(
    tmp_path: Path, encoding: Any
) -> None:
    long = "规划" * 200
    frame = points(id=["a", "b"], 说明=[long, "短"])
    told: list[Both] = []
    path = tmp_path / "x.zip"
    write_shapefiles(path, [part_of(frame)], Order(encoding=encoding, tell=told.append))
    cut = gpd.read_file(path).iloc[0, 1]
    assert long.startswith(cut)
    assert TEXT_BYTES - 3 <= len(cut.encode(encoding)) <= TEXT_BYTES
    assert [b.zh for b in told if "254" in b.zh]
    (row,) = table(path, LONG_FILE)[1:]
    assert row == ["probe", "0", "1", "说明", long]
    key = next(r for r in table(path, KEY_FILE) if r[2] == "说明")
    assert key[7:] == [str(len(long.encode(encoding))), "1"]


def test_nothing_is_told_where_nothing_is_lost(tmp_path: Path) -> None:
    told: list[Both] = []
    path = tmp_path / "x.zip"
    write_shapefiles(path, [part_of(points(id=["a"]))], Order(tell=told.append))
    assert told == []
    assert LONG_FILE not in zipfile.ZipFile(path).namelist()


def test_a_table_in_the_order_is_told_and_left_out(tmp_path: Path) -> None:
    told: list[Both] = []
    parts = [part_of(points(id=["a"]), "places"), part_of(pd.DataFrame({"id": ["a"]}), "words")]
    path = tmp_path / "x.zip"
    write_shapefiles(path, parts, Order(tell=told.append))
    assert [b.en for b in told] == ["“words” has no shapes and is not in the Shapefile."]
    with pytest.raises(OutputError, match="needs shapes"):
        write_shapefiles(path, parts[1:], Order())


def test_too_many_fields_are_refused(tmp_path: Path) -> None:
    frame = points(**{f"c{i}": [1] for i in range(256)})
    with pytest.raises(OutputError, match="256 fields, a Shapefile at most 255"):
        write_shapefiles(tmp_path / "x.zip", [part_of(frame)], Order())


def test_words_that_a_spreadsheet_would_run_are_harmless_beside_it(tmp_path: Path) -> None:
    frame = points(id=["=1+1"], 说明=["=" + "规" * 200])
    path = tmp_path / "x.zip"
    write_shapefiles(path, [part_of(frame)], Order())
    assert table(path, LONG_FILE)[1][4].startswith("'=")


def test_short_names_differ_whatever_their_case() -> None:
    assert short_names(["Abcdefghijk", "aBCDEFGHIJK", "ABCDEFGHIJ"]) == (
        "Abcdefgh_2", "aBCDEFGH_3", "ABCDEFGHIJ",
    )  # fmt: skip


NAMES = st.lists(st.text(min_size=1, max_size=14).filter(str.isprintable), unique=True, max_size=30)


@given(NAMES, st.sampled_from(ENCODINGS))
def test_short_names_fit_differ_and_change_nothing_that_fits(
    names: list[str], encoding: Any
) -> None:
    short = short_names(names, encoding)
    assert all(0 < len(name.encode(encoding)) <= 10 for name in short)
    assert len({name.casefold() for name in short}) == len(names)
    taken: set[str] = set()
    for name, own in zip(names, short, strict=True):
        # Blanks at the end would be lost on the way.
        plain = " ".join(name.split())
        if 0 < len(plain.encode(encoding)) <= 10 and plain.casefold() not in taken:
            assert own == plain
            taken.add(plain.casefold())


def test_a_collection_becomes_a_row_for_each_kind_of_shape(tmp_path: Path) -> None:
    square = "POLYGON ((120 30, 121 30, 121 31, 120 30))"
    texts = [
        f"GEOMETRYCOLLECTION (POINT (5 5), {square}, GEOMETRYCOLLECTION (POINT (6 6), {square}))",
        square,
        "GEOMETRYCOLLECTION (LINESTRING (0 0, 1 1), MULTIPOINT (1 1, 2 2), POINT EMPTY)",
        "GEOMETRYCOLLECTION EMPTY",
    ]
    frame = gpd.GeoDataFrame({"n": range(4)}, geometry=shapely.from_wkt(texts), crs="EPSG:4326")
    told: list[Both] = []
    path = tmp_path / "x.zip"
    write_shapefiles(path, [part_of(frame)], Order(tell=told.append))
    found = {
        suffix: pyogrio.read_dataframe(f"/vsizip/{path}/probe{suffix}.shp").set_index("n").geometry
        for suffix in ("", "_lines", "_points")
    }
    assert found[""].index.tolist() == [1, 3, 0]
    assert found[""][3] is None
    assert len(found[""][0].geoms) == 2
    assert found["_lines"].index.tolist() == [2]
    assert {n: shapely.get_coordinates(shape).tolist() for n, shape in found["_points"].items()} == {
        0: [[5, 5], [6, 6]], 2: [[1, 1], [2, 2]],
    }  # fmt: skip
    assert "2 rows of “probe” have shapes of several kinds" in told[0].en
