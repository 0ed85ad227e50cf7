"""Geodata becomes a layer with its sidecar, or changes one feature by feature."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import TINY
from making import xlsx

import geoplan
from geoplan.exchange.asking.findings import Findings
from geoplan.exchange.asking.proposals import Proposal
from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.geodata.areas import closed, only_areas
from geoplan.exchange.incoming.applying import apply, undo
from geoplan.exchange.incoming.featuretexts import is_same_shape, rounded
from geoplan.exchange.incoming.importing import propose
from geoplan.exchange.outgoing.exporting import export
from geoplan.plan.opening import Plan

DAY = date(2026, 11, 22)


def squares(*codes: str, shift: float = 0.0) -> gpd.GeoDataFrame:
    shapes = [
        shapely.box(120.001 + 0.01 * i + shift, 30.001, 120.009 + 0.01 * i + shift, 30.006)
        for i in range(len(codes))
    ]
    return gpd.GeoDataFrame(
        {"地块编号": list(codes), "面积": [1.0, 2.0, 3.0][: len(codes)]}, geometry=shapes, crs=4326
    )


def proposed(
    folder: Path, frame: gpd.GeoDataFrame, tmp_path: Path, as_: str, **more: Any
) -> Proposal:
    path = tmp_path / "地块.gpkg"
    path.unlink(missing_ok=True)
    frame.to_file(path)
    return propose(geoplan.open_plan(folder), path, as_, today=DAY, **more)


def test_parcels_become_a_layer_with_a_sidecar(folder: Path, tmp_path: Path) -> None:
    proposal = proposed(
        folder, squares("甲1", "甲2"), tmp_path, "parcels", source={"licence": "内部"}
    )
    assert proposal.counts()["taken"] == 2
    apply(proposal, folder)
    plan = geoplan.open_plan(folder)
    layer = plan.layers["parcels"]
    assert layer.key == "地块编号"
    assert layer.frame["面积"].tolist() == [1, 2]
    facts = tomllib.loads((folder / "layers/parcels.toml").read_text("utf-8"))
    assert (facts["licence"], facts["datum"], facts["source_id"]) == (
        "内部",
        "WGS 84",
        [proposal.source_id],
    )
    assert proposal.source_id in set(plan.sources["id"])
    assert not [p for p in geoplan.check(plan, today=DAY) if p.severity == "error"]
    again = proposed(folder, squares("甲1", "甲2"), tmp_path, "parcels")
    assert again.is_empty
    assert again.counts()["unchanged"] == 2
    undo(folder)
    assert not (folder / "layers/parcels.geojson").exists()


def test_an_existing_layer_changes_feature_by_feature(folder: Path, tmp_path: Path) -> None:
    apply(proposed(folder, squares("甲1", "甲2"), tmp_path, "layer:plots"), folder)
    frame = squares("甲1", "甲2", "甲3")
    frame.loc[0, "面积"] = 9.0
    frame.loc[1, "geometry"] = shapely.box(120.012, 30.002, 120.018, 30.005)
    proposal = proposed(folder, frame, tmp_path, "layer:plots")
    change = proposal.layers["plots"]
    assert change.added == ("甲3",)
    assert change.moved == ("甲2",)
    assert [(c.id, c.field, c.old, c.new) for c in change.fields] == [("甲1", "面积", "1", "9")]
    apply(proposal, folder)
    text = (folder / "layers/plots.toml").read_text("utf-8")
    assert len(tomllib.loads(text)["source_id"]) == 2


def test_shapes_without_a_key_get_one_from_themselves(folder: Path, tmp_path: Path) -> None:
    frame = squares("x", "x").drop(columns="地块编号")
    apply(proposed(folder, frame, tmp_path, "parcels"), folder)
    keys = geoplan.open_plan(folder).layers["parcels"].frame["id"].tolist()
    assert len(set(keys)) == 2
    assert proposed(folder, frame.iloc[::-1], tmp_path, "parcels").is_empty


def test_new_districts_need_a_day_and_close_the_old_ones(folder: Path, tmp_path: Path) -> None:
    content = gpd.read_file(TINY / "layers/districts.geojson")
    frame = content.rename(columns={"code": "行政区划代码", "name_zh": "名称"}).drop(
        columns="name_en"
    )
    frame["行政区划代码"] = ["A", "B", "D"]
    proposal = proposed(folder, frame, tmp_path, "districts")
    assert [question.id for question in proposal.open_questions] == ["valid_from"]
    assert proposal.is_empty
    with pytest.raises(RefusedFileError):
        proposed(folder, frame, tmp_path, "districts", answers={"valid_from": "明年"})
    proposal = proposed(folder, frame, tmp_path, "districts", answers={"valid_from": "2026-01-01"})
    assert {m.field for m in proposal.mapping} >= {"code", "name_zh"}
    apply(proposal, folder)
    plan = geoplan.open_plan(folder)
    new = plan.districts_on(date(2026, 6, 1))
    old = plan.districts_on(date(2025, 12, 31))
    assert new is not None
    assert old is not None
    assert old.name == "districts"
    assert set(new.frame["code"]) == {"A", "B", "D"}
    assert new.frame["name_en"].tolist() == ["甲区", "乙区", "丙区"]


def test_invalid_empty_and_endless_shapes(folder: Path, tmp_path: Path) -> None:
    bow = shapely.Polygon(
        [(120.001, 30.001), (120.009, 30.001), (120.001, 30.006), (120.0095, 30.0065)]
    )
    spike = shapely.Polygon(
        [
            (120.021, 30.001),
            (120.029, 30.001),
            (120.029, 30.006),
            (120.029, 30.008),
            (120.029, 30.006),
            (120.021, 30.006),
        ]
    )
    shapes = [bow, spike, None, shapely.box(120.012, 30.001, 120.018, 30.006)]
    features = [
        {
            "type": "Feature",
            "properties": {"id": str(i)},
            "geometry": json.loads(shapely.to_geojson(s)) if s is not None else None,
        }
        for i, s in enumerate(shapes)
    ]
    features.append(
        {
            "type": "Feature",
            "properties": {"id": "far"},
            "geometry": {"type": "Point", "coordinates": [10, 50]},
        }
    )
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    proposal = propose(geoplan.open_plan(folder), path, "layer:mixed", today=DAY)
    told = {(remark.code, remark.row) for remark in proposal.refused}
    assert ("geometry.empty", 3) in told
    assert ("geometry.outside", 5) in told
    assert "geometry.mended" in [remark.code for remark in proposal.warnings]
    assert all(
        shapely.is_valid(shapely.from_geojson(json.dumps(f["geometry"])))
        for f in json.loads(proposal.layers["mixed"].files["layers/mixed.geojson"])["features"]
    )


def test_a_key_that_occurs_twice_is_refused_in_a_known_layer(folder: Path, tmp_path: Path) -> None:
    apply(proposed(folder, squares("甲1"), tmp_path, "layer:plots"), folder)
    frame = squares("乙1", "乙1")
    proposal = proposed(folder, frame, tmp_path, "layer:plots")
    assert [remark.code for remark in proposal.refused] == ["key.twice"]


def test_a_layer_in_gcj02_keeps_its_datum(folder: Path, tmp_path: Path) -> None:
    apply(proposed(folder, squares("甲1"), tmp_path, "layer:plots"), folder)
    sidecar = folder / "layers/plots.toml"
    sidecar.write_text(sidecar.read_text("utf-8").replace('"WGS 84"', '"GCJ-02"'), "utf-8")
    before = geoplan.open_plan(folder).layers["plots"].frame.reset_index(drop=True)
    proposal = proposed(folder, before.to_crs(4326), tmp_path, "layer:plots")
    assert proposal.is_empty


def test_attributes_become_rows_and_shapes_locations(folder: Path, tmp_path: Path) -> None:
    frame = (
        squares("甲区机器人园", "新园")
        .rename(columns={"地块编号": "平台名称"})
        .drop(columns="面积")
    )
    frame["类别"] = "产业园"
    proposal = proposed(folder, frame, tmp_path, "platforms")
    (row,) = proposal.tables["platforms"].added.to_dict("records")
    assert row["name_zh"] == "新园"
    (place,) = proposal.tables["locations"].added.to_dict("records")
    assert place["precision"] == "street"
    assert 400 < float(place["accuracy_m"]) < 600
    centre = frame.geometry.iloc[1].centroid
    assert (float(place["lon"]), float(place["lat"])) == pytest.approx(
        (centre.x, centre.y), abs=1e-6
    )


@pytest.mark.filterwarnings("ignore")
def test_names_cut_by_a_shapefile_still_mean_their_columns(folder: Path, tmp_path: Path) -> None:
    points = gpd.points_from_xy([120.005, 120.006], [30.003, 30.004])
    frame = gpd.GeoDataFrame(
        {"项目名称": ["一号", "二号"], "建设单位名称": ["甲一公司", "乙二公司"], "所属产业": ["机器人", "纤维"], "总投资万元": [3.0, 4.0], "建设起止年限": ["2021-2022", "2022"]},
        geometry=points, crs=4490,
    )  # fmt: skip
    frame.to_file(tmp_path / "p.shp", encoding="GBK")
    proposal = propose(geoplan.open_plan(folder), tmp_path / "p.shp", "projects", today=DAY)
    assert proposal.counts()["taken"] == 2
    assert proposal.tables["projects"].added["investment_wanyuan"].tolist() == ["3", "4"]
    assert proposal.tables["locations"].added["precision"].tolist() == ["street", "street"]


def test_a_spreadsheet_is_no_layer_and_an_empty_layer_none(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(RefusedFileError) as caught:
        propose(geoplan.open_plan(folder), tmp_path / "a.geojson", "parcels")
    assert caught.value.remarks[0].code == "layer.empty"


def test_shapes_are_compared_within_rounding() -> None:
    one = shapely.box(120.0000004, 30, 120.01, 30.01)
    other = shapely.Polygon([*one.exterior.coords[2:], *one.exterior.coords[1:3]])
    assert is_same_shape(one, rounded(np.array([other]))[0])
    assert not is_same_shape(one, shapely.box(120.00001, 30, 120.01, 30.01))
    assert is_same_shape(None, None)
    assert not is_same_shape(None, one)


def areas_and_more() -> gpd.GeoDataFrame:
    area = shapely.box(120.001, 30.001, 120.009, 30.006)
    ring = shapely.box(120.011, 30.001, 120.019, 30.006).exterior
    shapes = [
        area,
        shapely.LineString(ring.coords),
        shapely.Point(120.005, 30.004),
        shapely.GeometryCollection(
            [shapely.Point(120.02, 30.002), shapely.box(120.021, 30.001, 120.029, 30.006)]
        ),
    ]
    return gpd.GeoDataFrame({"地块编号": list("甲乙丙丁")}, geometry=shapes, crs=4326)


def test_parcels_among_lines_and_points(folder: Path, tmp_path: Path) -> None:
    proposal = proposed(folder, areas_and_more(), tmp_path, "parcels")
    (told,) = proposal.refused
    assert (told.code, told.row) == ("geometry.kind", 3)
    assert "点" in told.message("zh")
    features = json.loads(proposal.layers["parcels"].files["layers/parcels.geojson"])["features"]
    assert {f["geometry"]["type"] for f in features} == {"Polygon"}
    points = areas_and_more()[2:3]
    assert proposed(folder, points, tmp_path, "parcels").counts()["taken"] == 1


def test_districts_are_areas(folder: Path, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"code": ["A"], "name_zh": ["甲区"]}, geometry=[shapely.Point(120.005, 30.003)], crs=4326
    )
    proposal = proposed(folder, frame, tmp_path, "districts")
    assert [remark.code for remark in proposal.refused] == ["geometry.kind"]
    assert proposal.is_empty


def test_labels_of_a_drawing_are_passed_over(tmp_path: Path) -> None:
    findings = Findings("a.dxf")
    kept = only_areas(closed(areas_and_more().geometry.to_numpy()), "DXF", findings)
    assert [shape is not None for shape in kept] == [True, True, False, True]
    assert not findings.refused
    assert [remark.code for remark in findings.skipped] == ["geometry.kind"]
    assert "3" in findings.skipped[0].message("en")


def test_a_key_that_repeats_itself_is_told_and_another_offered(
    folder: Path, tmp_path: Path
) -> None:
    frame = squares("同号", "同号")
    frame["宗地名"] = ["甲", "乙"]
    proposal = proposed(folder, frame, tmp_path, "parcels")
    (question,) = [q for q in proposal.questions if q.id == "key"]
    assert "地块编号" in question.asked.zh
    assert "宗地名" in [option.value for option in question.options]
    assert proposal.counts()["taken"] == 2
    chosen = proposed(folder, frame, tmp_path, "parcels", answers={"key": "宗地名"})
    assert chosen.layers["parcels"].added == ("甲", "乙")
    assert "key" not in [q.id for q in chosen.questions]


def test_why_a_shape_is_invalid_is_said_in_both_languages(folder: Path, tmp_path: Path) -> None:
    bow = [[120.001, 30.001], [120.009, 30.006], [120.009, 30.001], [120.001, 30.006], [120.001, 30.001]]  # fmt: skip
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [bow]}},
        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1]}},
        {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(squares("x").geometry[0]))},
    ]  # fmt: skip
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    proposal = propose(geoplan.open_plan(folder), path, "layer:mixed", today=DAY)
    first, second = proposal.refused
    assert (first.code, first.row, second.code, second.row) == (
        "geometry.invalid", 1, "geometry.invalid", 2,
    )  # fmt: skip
    assert "自相交" in first.message("zh")
    assert "Self-intersection" in first.message("en")
    assert "坐标残缺" in second.message("zh")


def test_a_shape_without_known_accuracy_reaches_as_far_as_it_is_drawn(
    folder: Path, tmp_path: Path
) -> None:
    frame = squares("子园", "丑园").rename(columns={"地块编号": "平台名称", "面积": "accuracy_m"})
    frame["类别"], frame["accuracy_m"] = "产业园", [120.0, None]
    rows = proposed(folder, frame, tmp_path, "platforms").tables["locations"].added
    assert float(rows["accuracy_m"].iloc[0]) == 120
    assert 400 < float(rows["accuracy_m"].iloc[1]) < 600


def test_a_new_layer_is_called_as_in_its_file(folder: Path, tmp_path: Path) -> None:
    apply(proposed(folder, squares("甲1", "甲2"), tmp_path, "layer"), folder)
    (layer,) = [x for x in geoplan.open_plan(folder).layers.values() if x.title_zh == "地块"]
    assert layer.name.isascii()


def untold(plan: Plan, frame: gpd.GeoDataFrame, tmp_path: Path, **more: Any) -> Proposal:
    path = tmp_path / "untold.gpkg"
    path.unlink(missing_ok=True)
    frame.to_file(path)
    return propose(plan, path, today=DAY, **more)


def points(**columns: list[str]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    shapes = [shapely.Point(120.002 + 0.001 * i, 30.003) for i in range(count)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def test_districts_are_known_by_their_codes(tiny: Plan, tmp_path: Path) -> None:
    frame = gpd.read_file(TINY / "layers/districts.geojson")[["code", "name_zh", "geometry"]]
    proposal = untold(tiny, frame, tmp_path)
    assert proposal.target == "layer:districts"
    assert "table" not in [question.id for question in proposal.questions]
    assert untold(tiny, frame.assign(code=["X1", "X2", "X3"][: len(frame)]), tmp_path).target not in (
        "layer:districts", "enterprises",
    )  # fmt: skip


def test_a_bare_name_makes_no_firm(tiny: Plan, tmp_path: Path) -> None:
    frame = points(name=["甲", "乙", "丙"], code=["1", "2", "3"])
    proposal = untold(tiny, frame, tmp_path)
    assert proposal.target.startswith("layer:")
    (question,) = [one for one in proposal.questions if one.id == "table"]
    assert not question.is_blocking
    assert "--as" in question.asked.en
    assert untold(tiny, frame, tmp_path, answers={"table": "enterprises"}).target == "enterprises"
    assert untold(tiny, points(企业名称=["甲厂", "乙厂"]), tmp_path).target == "enterprises"


def test_ids_and_kinds_tell_hubs_from_platforms(tiny: Plan, tmp_path: Path) -> None:
    assert untold(tiny, points(id=["station"], name_zh=["丙区站"]), tmp_path).target == "hubs"
    assert untold(tiny, points(id=["park"], name_zh=["甲园"]), tmp_path).target == "platforms"
    for kind, table in (("rail_station", "hubs"), ("park", "platforms"), ("园中园", "layer")):
        frame = points(name_zh=["新一", "新二"], kind=[kind, kind])
        assert untold(tiny, frame, tmp_path).target.partition(":")[0] == table


def test_features_are_refused_for_their_shapes_and_not_as_notes(tiny: Plan, tmp_path: Path) -> None:
    frame = points(企业名称=["甲厂", "乙厂", "丙厂"])
    bow = shapely.Polygon([(120, 30), (120.01, 30.01), (120.01, 30), (120, 30.01), (120, 30)])
    frame = frame.set_geometry(gpd.GeoSeries([frame.geometry[0], None, bow], crs=4326))
    proposal = untold(tiny, frame, tmp_path)
    assert [(one.code, one.row) for one in proposal.refused] == [
        ("geometry.empty", 2), ("geometry.invalid", 3),
    ]  # fmt: skip
    assert not proposal.skipped
    assert list(proposal.tables["enterprises"].added["name_zh"]) == ["甲厂"]


@pytest.mark.parametrize("is_changed", [False, True])
def test_what_was_edited_by_hand_since_an_export_is_said_to_be_at_risk(
    folder: Path, tmp_path: Path, is_changed: bool
) -> None:
    path = export(geoplan.open_plan(folder), "projects", tmp_path / "projects.geojson", today=DAY)
    features = json.loads(path.read_text("utf-8"))["features"]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    taken = xlsx(
        tmp_path / "a.xlsx", [["id", "项目名称"], [features[0]["properties"]["id"], "改名"]]
    )
    if is_changed:
        apply(propose(geoplan.open_plan(folder), taken, "projects", today=DAY), folder)
    proposal = propose(geoplan.open_plan(folder), path, "projects", today=DAY)
    (question,) = [one for one in proposal.questions if one.id == "export"]
    assert ("手工" in question.asked.zh) != is_changed
    assert ("by hand" in question.asked.en) != is_changed
    assert ("only what was changed" in question.asked.en) == is_changed
