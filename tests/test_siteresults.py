import copy
import csv
import io
import json
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely
from conftest import TINY
from siterecords import hostile, parcel_record, parcels, platform_record

import geoplan
from geoplan.errors import QuestionError
from geoplan.exchange.decisions.siteresults import result_csv, result_geojson, result_workbook
from geoplan.exchange.decisions.siteshapes import footprints
from geoplan.exchange.decisions.sitewords import finding_of, why_so


@pytest.fixture(scope="module")
def tiny() -> geoplan.Plan:
    return geoplan.open_plan(TINY)


@pytest.fixture(scope="module")
def told(tiny: geoplan.Plan) -> dict[str, Any]:
    return parcel_record(tiny)


@pytest.fixture
def record(told: dict[str, Any]) -> dict[str, Any]:
    """A record that a test may change."""
    return copy.deepcopy(told)


def features(record: Any, plan: geoplan.Plan, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result_geojson(record, plan, **options))["features"]
    return found


def sheets(record: Any, language: Any = "zh", plan: Any = None) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(result_workbook(record, language, plan)))
    return {page.title: list(page.values) for page in book.worksheets}


# ---- GeoJSON


def test_it_is_strict_geojson(record: dict[str, Any], tiny: geoplan.Plan) -> None:
    record["sites"][1] |= {"id": "nowhere", "lon": None, "lat": None}
    text = result_geojson(record, tiny)
    content = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert content["type"] == "FeatureCollection"
    assert "crs" not in content
    west, south, east, north = content["bbox"]
    for feature in content["features"]:
        assert set(feature) == {"type", "properties", "geometry"}
        if feature["properties"]["id"] == "nowhere":
            assert feature["geometry"] is None
            continue
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        assert shape.exterior.is_ccw
        for lon, lat in shape.exterior.coords:
            assert (round(lon, 6), round(lat, 6)) == (lon, lat)
            assert west <= lon <= east
            assert south <= lat <= north


def test_every_site_is_there_as_it_was_judged(record: dict[str, Any], tiny: geoplan.Plan) -> None:
    found = [feature["properties"] for feature in features(record, tiny)]
    assert [p["id"] for p in found] == [site["id"] for site in record["sites"]]
    for p, site in zip(found, record["sites"], strict=True):
        assert (p["state"], p["rank"], p["score"]) == (site["state"], site["rank"], site["score"])
        assert p["first_share"] == (site["first"] or {}).get("share")
        added = [p[f"{criterion['id']}_contribution"] for criterion in record["criteria"]]
        assert sum(added) == pytest.approx(p["score"], abs=1e-5)
        assert p["rail_m_measured"] == site["measured"]["rail_m"]["best"]
        assert p["rail_m_measured_low"] == site["measured"]["rail_m"]["low"]
        assert p["rail_m_value"] == site["values"]["rail_m"]
        assert p["airport_m_measured"] is None
        if p["state"] != "allowed":
            assert p["why_zh"]
            assert p["why_en"]


def test_own_parcels_come_back_where_they_were(record: dict[str, Any], tiny: geoplan.Plan) -> None:
    given = {f["properties"]["id"]: f["geometry"] for f in parcels()["features"]}
    for feature in features(record, tiny):
        shape = shapely.geometry.shape(feature["geometry"])
        own = shapely.geometry.shape(given[feature["properties"]["id"]])
        assert shapely.hausdorff_distance(shape, own) < 2e-6
        assert feature["properties"]["shape"] == "brief"


def test_shapes_may_be_given(record: dict[str, Any], tiny: geoplan.Plan) -> None:
    box = shapely.box(120.001, 30.001, 120.002, 30.002)
    given = gpd.GeoDataFrame({"id": ["parcel-00"]}, geometry=[box], crs="OGC:CRS84")
    for shapes in (given, given.set_index("id")):
        places = footprints(record, tiny, shapes)
        assert places["made_of"].value_counts().to_dict() == {"brief": 11, "given": 1}
        found = {
            f["properties"]["id"]: f["geometry"] for f in features(record, tiny, shapes=shapes)
        }
        moved = shapely.geometry.shape(found["parcel-00"])
        assert shapely.hausdorff_distance(moved, box) < 2e-6


def test_without_shapes_a_point_and_what_is_known_of_it(
    record: dict[str, Any], tiny: geoplan.Plan
) -> None:
    record["brief"] = {}
    a, b, c, *_ = record["sites"]
    a |= {"area_km2": 0.25, "accuracy_m": 0.0}
    b |= {"area_km2": None, "accuracy_m": 300.0}
    c |= {"area_km2": 0.25, "accuracy_m": None}
    d = record["sites"][3]
    d |= {"area_km2": None, "accuracy_m": 0.0}
    places = footprints(record, tiny)
    assert places["made_of"].tolist()[:4] == ["disc", "disc", "", "point"]
    assert places.area.iloc[0] == pytest.approx(250_000, rel=0.01)
    assert places.area.iloc[1] == pytest.approx(3.1416 * 300**2, rel=0.01)
    # The middle of a district is no place.
    assert places.geometry.iloc[2] is None
    assert places.geometry.iloc[3].geom_type == "Point"


def test_a_cell_is_a_square(record: dict[str, Any], tiny: geoplan.Plan) -> None:
    record["brief"] = {"candidates": {"kind": "grid", "cell_m": 200}}
    record["question"]["candidates"] = "grid"
    places = footprints(record, tiny)
    assert set(places["made_of"]) == {"cell"}
    assert places.area.tolist() == pytest.approx([40_000.0] * 12)


def test_a_platform_is_its_footprint(tiny: geoplan.Plan) -> None:
    places = footprints(platform_record(tiny), tiny)
    assert places["made_of"].tolist() == ["platform"]
    # Stated are 0.25 km², known is the place to 400 m, of which A is a part.
    assert 0.25e6 < places.area.iloc[0] < 3.15 * 400**2


# ---- spreadsheet


def test_the_workbook_has_a_sheet_for_each_question(record: dict[str, Any]) -> None:
    found = sheets(record)
    assert list(found) == [
        "排名", "贡献", "实测值", "排除原因", "规则", "准则与权重", "翻转条件", "来源", "决策说明",
    ]  # fmt: skip
    assert [len(found[name]) for name in ("排名", "贡献", "实测值")] == [13, 13, 13]
    english = sheets(record, "en")
    assert list(english)[:4] == ["Ranking", "Contributions", "Measured", "Why not"]
    assert not any("一" <= letter <= "鿿" for letter in "".join(english["Ranking"][0]))


def test_units_stand_in_the_headers(record: dict[str, Any]) -> None:
    found = sheets(record)
    assert "得分（满分 100）" in found["排名"][0]
    assert "铁路车站直线距离（米）" in found["实测值"][0]
    assert "附近已布局投资（万元）" in found["实测值"][0]
    assert "所在区县是重点区域（满分 12）" in found["贡献"][0]
    # A range takes two more columns, but only where something has one.
    assert sum("下限" in name for name in found["实测值"][0]) == 0
    record["sites"][0]["measured"]["rail_m"] |= {"low": 1.0}
    assert sum("下限" in name for name in sheets(record)["实测值"][0]) == 1


def test_contributions_add_up_to_the_score(record: dict[str, Any]) -> None:
    found = sheets(record)
    scores = [row[3] for row in found["排名"][1:]]
    for row, score, site in zip(found["贡献"][1:], scores, record["sites"], strict=True):
        assert sum(row[3:-1]) == pytest.approx(row[-1], abs=1e-9)
        assert row[-1] == pytest.approx(score, abs=2e-3)
        assert score == pytest.approx(site["score"] * 100)


def test_every_exclusion_has_rule_value_limit_and_margin(
    record: dict[str, Any], tiny: geoplan.Plan
) -> None:
    rows = sheets(record, "zh", tiny)["排除原因"][1:]
    kept = [row for row in rows if row[2] == "排除"]
    assert {row[-1] for row in kept} == {
        site["id"] for site in record["sites"] if site["state"] == "excluded"
    }
    for row in kept:
        assert row[1] == "距饮用水源地不少于 500 米"
        low, high, limit, margin = row[3:7]
        assert low < high < limit
        assert margin < 0
        assert row[7] == "米"
        assert "三方块规划" in row[10]


def test_flips_are_told_in_real_units(record: dict[str, Any]) -> None:
    rows = sheets(record)["翻转条件"][1:]
    flips = [site["flips"] for site in record["sites"]]
    assert len(rows) == sum(len(flip["weights"]) + len(flip["values"]) for flip in flips)
    weight = next(row for row in rows if row[3] == "权重")
    assert weight[7] == "%"
    assert weight[6] == pytest.approx(weight[5] + 11)
    value = next(row for row in rows if row[3] == "实测值")
    assert value[7] == "家"


def test_a_decision_can_be_checked_from_the_workbook(record: dict[str, Any]) -> None:
    found = dict(sheets(record)["决策说明"][1:])
    assert found["数据哈希"] == record["plan"]["hash"]
    assert found["结果哈希"] == record["result"]
    assert found["种子"] == "1"
    assert found["投资（万元）"] == "100,000"


def test_sources_have_sentence_and_row(record: dict[str, Any], tiny: geoplan.Plan) -> None:
    rows = sheets(record, "zh", tiny)["来源"][1:]
    cited = [row for row in rows if row[6] == "data/platform_sectors.csv"]
    assert cited[0][1:4] == ("三方块规划", "三、布局", "布局机器人产业，依托甲区机器人园")
    assert cited[0][7] == 2
    # The same sentence is one row, whatever it is used for.
    assert len(rows) == len({row[1:] for row in rows})


def test_the_same_record_gives_the_same_files(record: dict[str, Any], tiny: geoplan.Plan) -> None:
    before = copy.deepcopy(record)
    assert result_workbook(record) == result_workbook(record)
    assert result_geojson(record, tiny) == result_geojson(record, tiny)
    assert record == before


# ---- CSV, and names that would run


def test_csv_has_one_row_a_site_and_no_two_columns_alike(record: dict[str, Any]) -> None:
    record["criteria"][1]["zh"] = record["criteria"][0]["zh"]
    text = result_csv(record)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 13
    assert len(set(rows[0])) == len(rows[0])
    columns = sum(len(sheets(record)[name][0]) for name in ("排名", "实测值", "贡献")) - 2 * 3
    assert len(rows[0]) == columns
    assert rows[1][:2] == ["1", record["sites"][0]["zh"]]


def test_nothing_from_a_record_is_run(record: dict[str, Any], tiny: geoplan.Plan) -> None:
    bad = hostile(record)
    rows = list(csv.reader(io.StringIO(result_csv(bad))))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@", "+"))]
    book = openpyxl.load_workbook(io.BytesIO(result_workbook(bad)))
    cells = [cell for page in book.worksheets for row in page.rows for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    names = {feature["properties"]["name_zh"] for feature in features(bad, tiny)}
    assert "=cmd|' /C calc'!A0" in names


def test_why_so_is_the_strongest_reason_or_the_first_rule(record: dict[str, Any]) -> None:
    first, excluded = record["sites"][0], record["sites"][-1]
    assert why_so(record, first, "zh").startswith("所在区县是重点区域")
    assert why_so(record, excluded, "en").startswith(
        "At least 500 m from a drinking-water source: "
    )
    rule = {"id": "r", "zh": "规则", "en": "Rule", "clause_zh": "条文"}
    check = {"zh": "规则：太近（条款：条文）", "en": "Rule: too near"}
    assert finding_of(check, rule, "zh") == "太近"
    assert finding_of(check, rule, "en") == "too near"


def test_only_a_record_in_a_known_language(record: dict[str, Any], tiny: geoplan.Plan) -> None:
    for write in (
        lambda: result_geojson({"sites": []}, tiny),
        lambda: result_workbook({"format": "x"}),
        lambda: result_csv(record, "fr"),  # type: ignore[arg-type]
        lambda: result_workbook(record, "fr"),  # type: ignore[arg-type]
    ):
        with pytest.raises(QuestionError):
            write()
