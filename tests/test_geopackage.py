import json
import re
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import geopandas as gpd
import pyogrio
import pytest
from conftest import edit_layer
from test_round_trips import part_of

import geoplan
from geoplan.exchange.outgoing.exporting import export
from geoplan.exchange.outgoing.geopackage import write_geopackage
from geoplan.exchange.outgoing.order import Order
from geoplan.plan.problems import Both

DAY = date(2026, 11, 22)


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as book:
        return book.execute(query).fetchall()


def test_every_layer_has_its_style_by_default(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(
        tiny, "projects,districts,density_district,sectors", tmp_path / "p.gpkg", today=DAY
    )
    styles = rows(
        path,
        "SELECT f_table_name, f_geometry_column, useAsDefault, update_time, styleQML, styleName "
        "FROM layer_styles",
    )
    assert [s[0] for s in styles] == [
        "projects", "projects_points", "districts", "density_district",
    ]  # fmt: skip
    assert {s[1] for s in styles} == {"geom"}
    assert {s[2] for s in styles} == {1}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", s[3]) for s in styles)
    for name, _, _, _, text, title in styles:
        root = Xml.fromstring(text)
        assert root.tag == "qgis"
        kind = "marker" if name.endswith("_points") else "fill"
        assert {s.get("type") for s in root.iterfind("renderer-v2/symbols/symbol")} == {kind}
        assert 0 < len(title) <= 30


def test_each_layer_says_where_it_comes_from(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "districts,projects", tmp_path / "p.gpkg", 4490, today=DAY)
    for layer in ("districts", "projects"):
        said = pyogrio.read_info(path, layer=layer)["layer_metadata"]
        origin = json.loads(said["geoplan"])
        assert origin["plan"]["id"] == "tiny"
        assert origin["crs"] == "EPSG:4490"
        assert origin["exported"] == "2026-11-22"
        assert "规划示意，非测绘成果" in said["DESCRIPTION"]
    (text,) = rows(
        path,
        "SELECT metadata FROM gpkg_metadata m JOIN gpkg_metadata_reference r ON r.md_file_id = m.id "
        "WHERE r.table_name = 'districts' AND md_standard_uri = 'http://mrcc.com/qgis.dtd'",
    )
    root = Xml.fromstring(text[0])
    assert root.findtext("title") == "区 · 三方块规划"
    assert root.findtext("license") == "CC0"
    titles = dict(rows(path, "SELECT table_name, identifier FROM gpkg_contents"))
    assert titles["districts"] == "区 · 三方块规划"


def test_columns_have_titles_and_units(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "projects", tmp_path / "p.gpkg")
    titles = dict(
        rows(
            path,
            "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'projects'",
        )
    )
    assert titles["investment_wanyuan"] == "计划总投资(万元)"
    english = export(tiny, "projects", tmp_path / "e.gpkg", language="en")
    ((title,),) = rows(
        english,
        "SELECT title FROM gpkg_data_columns WHERE table_name = 'projects' "
        "AND column_name = 'investment_wanyuan'",
    )
    assert title == "planned investment (万元)"


def test_it_is_a_sound_geopackage(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "all", tmp_path / "p.gpkg", today=DAY)
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "PRAGMA foreign_key_check") == []
    assert rows(path, "PRAGMA application_id") == [(0x47504B47,)]
    times = rows(path, "SELECT DISTINCT last_change FROM gpkg_contents")
    assert times == [("2026-11-22T00:00:00.000Z",)]
    known = {name for (name,) in rows(path, "SELECT table_name FROM gpkg_contents")}
    real = {name for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert known <= real
    assert not list(tmp_path.glob("*.gpkg?*"))


def test_points_and_areas_of_one_dataset_are_two_layers(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "projects", tmp_path / "p.gpkg")
    areas = pyogrio.read_dataframe(path, layer="projects")
    points = pyogrio.read_dataframe(path, layer="projects_points")
    assert set(areas.geom_type.dropna()) == {"Polygon"}
    assert set(points.geom_type) == {"Point"}
    assert areas.geometry.isna().sum() == 1, "what has no place stays"
    assert {*areas["id"], *points["id"]} == set(tiny.tables["projects"]["id"])


def test_columns_that_sqlite_cannot_tell_apart_are_renamed_and_told(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"Name": [1], "name": [2], "fid": [3], "geom": ["x"]},
        geometry=gpd.points_from_xy([120], [30]), crs="EPSG:4326",
    )  # fmt: skip
    told: list[Both] = []
    path = tmp_path / "x.gpkg"
    write_geopackage(path, [part_of(frame)], Order(tell=told.append))
    found = pyogrio.read_dataframe(path, layer="probe")
    assert found.iloc[0, :4].tolist() == [1, 2, 3, "x"]
    assert list(found.columns[:4]) == ["Name", "name_2", "fid_2", "geom_2"]
    assert [b.en for b in told] == [
        "probe: “name” is now “name_2”.", "probe: “fid” is now “fid_2”.",
        "probe: “geom” is now “geom_2”.",
    ]  # fmt: skip


def test_layers_of_the_same_name_but_for_case_are_kept_apart(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=gpd.points_from_xy([120], [30]), crs="EPSG:4326")
    path = tmp_path / "x.gpkg"
    write_geopackage(path, [part_of(frame, "A"), part_of(frame, "a")], Order())
    assert [name for name, _ in pyogrio.list_layers(path)] == ["A", "a_2"]


def test_a_layer_with_a_chinese_name_and_nested_values_is_no_trouble(
    folder: Path, tmp_path: Path
) -> None:
    for ending in ("geojson", "toml"):
        (folder / f"layers/hubs.{ending}").rename(folder / f"layers/枢纽 1.{ending}")
    edit_layer(
        folder, "枢纽 1",
        lambda content: content["features"][0]["properties"].update(tags=["a", {"乙": 1}]),
    )  # fmt: skip
    plan = geoplan.open_plan(folder)
    found = pyogrio.read_dataframe(export(plan, "枢纽 1", tmp_path / "x.gpkg"), layer="枢纽 1")
    assert json.loads(found["tags"].iloc[0]) == ["a", {"乙": 1}]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_names_beside_things_are_in_the_language(
    tiny: geoplan.Plan, tmp_path: Path, language: Any
) -> None:
    path = export(tiny, "districts", tmp_path / "p.gpkg", language=language)
    ((text,),) = rows(path, "SELECT styleQML FROM layer_styles")
    style = Xml.fromstring(text).find("labeling/settings/text-style")
    assert style is not None
    other = "en" if language == "zh" else "zh"
    assert style.get("fieldName") == f'coalesce("name_{language}", "name_{other}")'
