from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from conftest import TINY, edit_layer, set_cell
from hypothesis import given, settings
from hypothesis import strategies as st
from test_candidates import BOW_TIE, inline, parcels, square

import geoplan
from geoplan.plan.problems import Both
from geoplan.site.brief import brief_from
from geoplan.site.candidates import candidates
from geoplan.site.conditions import parse
from geoplan.site.entries import BriefError
from geoplan.site.question import Brief
from geoplan.site.rule import Rule
from geoplan.site.rules import Verdicts, judge, rules_for

PLAN = geoplan.open_plan(TINY)
SITES = parcels(
    square(100, 100, 200),  # in A, 700 m from B
    square(900, 100, 200),  # across A and B
    square(1_200, 100, 200),  # in B
    square(2_400, 400, 200),  # in C, around the station
    square(100, 5_000, 100),  # nowhere
    用途=["工业", "工业", "住宅", None, "工业"],
    面积=[150, 150, 300, None, 15],
)
IDS = [f"parcel-{n}" for n in range(1, 6)]


@pytest.fixture
def plan() -> geoplan.Plan:
    return PLAN


def asked(
    plan: geoplan.Plan, own: bool = True, folder: Path | None = None, **entries: Any
) -> Brief:
    content: dict[str, Any] = {"project": {"sector": "robots", "land": "150亩"}}
    if own:
        content["candidates"] = {"features": inline(SITES), "land": "面积", "land_unit": "mu"}
    return brief_from(content | entries, plan, folder)


def verdicts(plan: geoplan.Plan, own: bool = True, **entries: Any) -> Verdicts:
    brief = asked(plan, own, **entries)
    return judge(plan, rules_for(plan, brief), candidates(plan, brief), brief)


def states(found: Verdicts, rule: str) -> list[str]:
    rows = found.table[found.table["rule"] == rule].set_index("candidate")["state"]
    return [str(rows.get(key, "-"))[0] for key in found.state.index]


def why(found: Verdicts, candidate: str, rule: str) -> pd.Series:
    rows = found.table[(found.table["candidate"] == candidate) & (found.table["rule"] == rule)]
    assert len(rows) == 1
    return rows.iloc[0]


def rule(**columns: Any) -> dict[str, Any]:
    return {"id": "own", "effect": "exclude", "measure": "attribute"} | columns


def test_the_plan_s_own_rules_apply_in_their_scope(plan: geoplan.Plan) -> None:
    found = verdicts(plan)
    assert [one.id for one in found.rules] == ["no-building", "in-the-squares"]
    assert states(found, "no-building") == ["a"] * 5
    assert states(found, "in-the-squares") == ["a", "a", "a", "a", "e"]
    assert found.state.tolist() == ["allowed"] * 4 + ["excluded"]
    row = why(found, "parcel-5", "in-the-squares")
    assert row["margin"] == pytest.approx(-4_000 + 1, abs=0.01)
    assert row["measured_high"] == pytest.approx(-4_000 + 1, abs=0.01)
    assert (row["limit"], row["unit"]) == (0, "m")
    assert (
        row["en"]
        == "Inside the three squares: outside the districts of the plan, at least 4 km away"
    )
    assert row["zh"] == "须在三区之内：在规划的区县之外，相距至少 4 公里（条款：选址应在区之内）"


def test_a_rule_outside_its_scope_says_nothing(plan: geoplan.Plan) -> None:
    found = verdicts(plan, own=False)
    assert found.table["rule"].tolist() == ["no-building"]
    assert found.effects.loc["in-the-squares"].tolist() == [0, 0, 0, 0]


def test_a_scope_that_cannot_be_told_excludes_nothing(folder: Path) -> None:
    set_cell(folder, "platforms", 2, "kind", "building")
    plan = geoplan.open_plan(folder)
    stated = verdicts(plan, own=False)
    assert stated.state.tolist() == ["excluded"]
    assert why(stated, "park", "no-building")["en"] == "A building has no land: kind is building"
    unsaid = verdicts(plan, own=False, project={"sector": "robots"})
    assert unsaid.state.tolist() == ["unknown"]
    assert "it is not known whether the rule applies" in why(unsaid, "park", "no-building")["en"]
    assert "不能断定本规则是否适用" in why(unsaid, "park", "no-building")["zh"]


@pytest.mark.parametrize(
    ("must", "expected"),
    [
        ({"districts": ["A"]}, "auexe"),
        ({"districts": ["甲区", "District B"]}, "aaaee"),
        ({"districts": ["B"]}, "euaee"),
        ({"districts": ["A", "B", "C"]}, "aaaae"),
    ],
)
def test_a_parcel_across_two_districts_is_unknown_where_that_matters(
    plan: geoplan.Plan, must: dict[str, Any], expected: str
) -> None:
    found = verdicts(plan, must=must)
    assert states(found, "must.districts") == list(expected.replace("x", "e"))
    mirrored = verdicts(plan, must_not=must)
    turned = {"a": "e", "e": "a", "u": "u"}
    assert states(mirrored, "must_not.districts") == [
        turned[state] for state in expected.replace("x", "e")
    ]


def test_what_the_brief_demands_is_told_with_its_entry(plan: geoplan.Plan) -> None:
    found = verdicts(plan, must={"districts": ["A"]})
    row = why(found, "parcel-3", "must.districts")
    assert row["en"] == (
        "the brief asks for districts: outside District A, at least 199 m away (brief: must.districts)"
    )
    assert row["zh"] == "任务书要求区县：在甲区之外，相距至少 199 米（任务书：must.districts）"
    assert row["margin"] == pytest.approx(-199, abs=0.01)
    unclear = why(found, "parcel-2", "must.districts")
    assert "too near the edge of District A, or across it" in unclear["en"]
    assert pd.isna(unclear["margin"])


def test_a_stated_district_is_taken_at_its_word(plan: geoplan.Plan) -> None:
    found = verdicts(plan, own=False, must={"districts": ["C"]})
    row = why(found, "park", "must.districts")
    assert (row["state"], row["en"]) == (
        "excluded",
        "the brief asks for districts: it is in District A, not in District C (brief: must.districts)",
    )
    assert why(verdicts(plan, own=False, must={"districts": ["A"]}), "park", "must.districts")[
        "zh"
    ] == ("任务书要求区县：属甲区（任务书：must.districts）")


def test_a_platform_without_a_stated_district_is_where_it_may_be(folder: Path) -> None:
    set_cell(folder, "platforms", 2, "district_code", "")
    set_cell(folder, "platforms", 2, "district_basis", "")
    plan = geoplan.open_plan(folder)
    assert states(verdicts(plan, own=False, must={"districts": ["A"]}), "must.districts") == ["a"]
    assert states(verdicts(plan, own=False, must={"districts": ["B"]}), "must.districts") == ["e"]
    set_cell(folder, "locations", 2, "accuracy_m", "800")
    set_cell(folder, "locations", 2, "district_code", "")
    wide = geoplan.open_plan(folder)
    assert states(verdicts(wide, own=False, must={"districts": ["A"]}), "must.districts") == ["u"]


def test_a_district_that_is_no_more_means_its_boundary_of_then(folder: Path) -> None:
    """B of before was today's B and C; a parcel in C was in it."""

    def rename(content: dict[str, Any]) -> None:
        content["features"][1]["properties"]["code"] = "BC"
        content["features"][0]["properties"]["code"] = "OLD"

    edit_layer(folder, "districts_before", rename)
    plan = geoplan.open_plan(folder)
    assert states(verdicts(plan, must={"districts": ["BC"]}), "must.districts") == list("euaae")
    # What is stated in today's terms says nothing of a district that is no more.
    platform = verdicts(plan, own=False, must={"districts": ["OLD"]})
    assert states(platform, "must.districts") == ["a"]
    assert "inside District A, at least 99 m" in why(platform, "park", "must.districts")["en"]


def test_wings_are_stated_of_platforms_and_measured_of_parcels(plan: geoplan.Plan) -> None:
    platform = verdicts(plan, own=False, must={"wings": ["东翼"]})
    assert why(platform, "park", "must.wings")["en"] == (
        "the brief asks for wings: it is in East wing (brief: must.wings)"
    )
    # The wing is derived, and good to three kilometres.
    assert states(verdicts(plan, must={"wings": ["east"]}), "must.wings") == list("uuuue")
    # The scattered points are the districts that the layout names: C.
    assert states(verdicts(plan, must={"wings": ["points"]}), "must.wings") == list("eeeae")
    assert states(verdicts(plan, must_not={"wings": ["points"]}), "must_not.wings") == list("aaaea")


def test_land_enough_by_ratio(plan: geoplan.Plan) -> None:
    found = verdicts(plan, must={"min_land": True})
    assert states(found, "must.min_land") == list("aaaue")
    assert why(found, "parcel-3", "must.min_land")["margin"] == pytest.approx(1.0)
    row = why(found, "parcel-5", "must.min_land")
    assert row["margin"] == pytest.approx(-0.9)
    assert (
        "area over the land asked 0.10 times, required at least 1.00 times, wrong by 0.90"
        in row["en"]
    )
    assert "its area is not known" in why(found, "parcel-4", "must.min_land")["en"]
    cells = verdicts(plan, own=False, must={"min_land": True}, candidates={"kind": "grid"})
    assert "must.min_land" not in set(cells.table["rule"])


def test_a_distance_is_known_no_better_than_its_ends(plan: geoplan.Plan) -> None:
    """The park is within 400 m of (500, 500), the station within 200 m of (2500, 500)."""
    for most, state in ((1_399, "e"), (1_401, "u"), (2_599, "u"), (2_601, "a")):
        limit = [{"to": "rail_station", "most_m": most}]
        found = verdicts(plan, own=False, must={"within_m": limit})
        assert states(found, "must.within_m.1") == [state]
        row = why(found, "park", "must.within_m.1")
        assert row["measured_low"] == pytest.approx(1_400, abs=0.1)
        assert row["measured_high"] == pytest.approx(2_600, abs=0.1)
        assert row["limit"] == most
        if state == "u":
            assert pd.isna(row["margin"])
            assert row["en"].endswith("the limit lies within that range (brief: must.within_m[0])")
        else:
            assert abs(row["margin"]) == pytest.approx(1, abs=0.1)
            assert (row["margin"] > 0) == (state == "a")


def test_a_distance_is_from_the_nearest_edge_of_a_parcel(plan: geoplan.Plan) -> None:
    limit = {"nearer_than_m": [{"to": "铁路车站", "least_m": 1_000}]}
    found = verdicts(plan, must_not=limit)
    # parcel-3 ends at (1400, 300): 1118 m from the station, which is good to 200 m.
    assert states(found, "must_not.nearer_than_m.1") == list("aaue" + "a")
    row = why(found, "parcel-3", "must_not.nearer_than_m.1")
    assert row["measured_low"] == pytest.approx((1_100**2 + 200**2) ** 0.5 - 200, abs=0.1)
    assert row["measured_high"] == pytest.approx((1_100**2 + 200**2) ** 0.5 + 200, abs=0.1)
    inside = why(found, "parcel-4", "must_not.nearer_than_m.1")
    assert (inside["measured_low"], inside["measured_high"]) == (0, pytest.approx(200))
    assert inside["margin"] == pytest.approx(-800)


def test_a_hub_without_a_place_may_be_anywhere(folder: Path) -> None:
    path = folder / "data/hubs.csv"
    path.write_text(
        path.read_text("utf-8") + "other,另站,Other,rail_station,desk,,,unverified,\n", "utf-8"
    )
    plan = geoplan.open_plan(folder)
    near = {"within_m": [{"to": "rail_station", "most_m": 100}]}
    assert states(verdicts(plan, must=near), "must.within_m.1") == ["u"] * 5
    far = {"within_m": [{"to": "rail_station", "most_m": 9_000}]}
    assert states(verdicts(plan, must=far), "must.within_m.1") == ["a"] * 5


def test_a_layer_with_a_condition_is_measured_to(plan: geoplan.Plan) -> None:
    limit = {"nearer_than_m": [{"to": "layer:districts where code = C", "least_m": 500}]}
    found = verdicts(plan, must_not=limit)
    assert states(found, "must_not.nearer_than_m.1") == list("aaaea")
    assert "(code = C)" in why(found, "parcel-1", "must_not.nearer_than_m.1")["zh"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"condition": "用途 = 住宅"}, "aaeua"),
        ({"condition": "用途 = 工业", "effect": "include"}, "aaeua"),
        ({"condition": "area_km2 < 0.05"}, "aaaue"),
        ({"condition": "district_code = A"}, "euaaa"[:4] + "u"),
        ({"condition": "用途 = 住宅", "exceptions": "id = parcel-3"}, "aa-ua"),
        ({"condition": "用途 = 工业", "scope": "area_km2 >= 0.1"}, "eea" + "u-"),
        ({"condition": "用途 = 工业", "scope": "project.land_km2 > 1"}, "-----"),
        ({"condition": "用途 = 工业", "scope": "project.workers > 1"}, "uuau" + "u"),
        ({"measure": "area_km2", "most": 0.1}, "eeaue"),
        ({"measure": "area_km2", "least": 0.05, "most": 0.15}, "eeaua"),
        ({"measure": "area_km2", "least": 0.05, "most": 0.15, "effect": "include"}, "aaeue"),
        ({"measure": "area_ratio", "least": 2, "effect": "include"}, "eeaue"),
        ({"measure": "share_covered", "layer": "districts", "where": "code = A", "least": 0.4}, "eeaaa"),
        ({"measure": "share_covered", "layer": "districts", "where": "code = A", "least": 0.6,
          "effect": "include"}, "aeeee"),
        ({"measure": "share_covered", "layer": "districts", "where": "code = A", "most": 0.5,
          "effect": "include"}, "euaaa"),
        ({"measure": "inside", "layer": "districts", "where": "code = A"}, "euaaa"),
        ({"measure": "distance_m", "layer": "hubs", "most": 300}, "aaaea"),
        ({"measure": "inside", "layer": "districts", "where": "code = Z"}, "uuuuu"),
    ],
)  # fmt: skip
def test_own_rules_by_every_measure(
    plan: geoplan.Plan, columns: dict[str, Any], expected: str
) -> None:
    found = verdicts(plan, rules=[rule(**columns)])
    assert states(found, "own") == list(expected)


def test_a_feature_of_unknown_kind_may_be_meant(folder: Path) -> None:
    def say(content: dict[str, Any]) -> None:
        for feature, use in zip(content["features"], ("green", None, "built"), strict=True):
            feature["properties"]["use"] = use

    edit_layer(folder, "districts", say)
    plan = geoplan.open_plan(folder)
    green = rule(measure="inside", layer="districts", where="use = green")
    assert states(verdicts(plan, rules=[green]), "own") == list("euuaa")
    near = rule(measure="distance_m", layer="districts", where="use = green", most=100)
    assert states(verdicts(plan, rules=[near]), "own") == [*list("eeuua"[:3]), "a", "a"]


def test_a_share_on_the_limit_is_unknown_for_want_of_a_better_outline(plan: geoplan.Plan) -> None:
    columns = {"measure": "share_covered", "layer": "districts", "where": "code = A", "most": 0.5}
    row = why(verdicts(plan, rules=[rule(**columns, effect="include")]), "parcel-2", "own")
    assert row["state"] == "unknown"
    assert row["measured_low"] == pytest.approx(0.495)
    assert row["measured_high"] == pytest.approx(0.505)


def test_a_comparison_of_size_has_a_margin(plan: geoplan.Plan) -> None:
    found = verdicts(plan, rules=[rule(condition="area_km2 >= 0.05", effect="include")])
    row = why(found, "parcel-5", "own")
    assert (row["measured_low"], row["limit"]) == (pytest.approx(0.01), 0.05)
    assert row["margin"] == pytest.approx(-0.04)
    assert "wrong by 0.04" in row["en"]
    assert "相差 0.04" in row["zh"]


def test_dates_are_compared_and_have_no_margin(plan: geoplan.Plan) -> None:
    brief = asked(plan, rules=[rule(condition="期限 < 2026-01-01")])
    frame = candidates(plan, brief).assign(期限=pd.Timestamp("2025-06-30"))
    found = judge(plan, rules_for(plan, brief), frame, brief)
    assert states(found, "own") == ["e"] * 5
    assert found.table["margin"].isna()[found.table["rule"] == "own"].all()


def test_a_local_rule_replaces_the_general_one_in_its_scope(plan: geoplan.Plan) -> None:
    general = rule(id="general", measure="area_km2", effect="include", least=0.2)
    local = rule(
        id="local", measure="area_km2", effect="include", least=0.05,
        scope="district_code = A", overrides=["general"],
    )  # fmt: skip
    found = verdicts(plan, rules=[general, local])
    # In A the local rule alone speaks; where the district is not sure, neither can exclude.
    assert states(found, "general") == [*list("-uaue"[:3]), "u", "u"]
    assert states(found, "local") == [*list("aa-"), "-", "u"]
    everywhere = verdicts(plan, rules=[general, local | {"scope": ""}])
    assert states(everywhere, "general") == ["-"] * 5


def test_a_rule_of_the_plan_may_be_replaced_or_switched_off(plan: geoplan.Plan) -> None:
    anywhere = rule(id="anywhere", condition="area_km2 < 0", overrides=["in-the-squares"])
    found = verdicts(plan, rules=[anywhere])
    assert found.state["parcel-5"] == "allowed"
    off = verdicts(plan, rules=[{"id": "in-the-squares", "off": True}])
    assert [one.id for one in off.rules] == ["no-building"]


def test_an_own_exclusion_layer(plan: geoplan.Plan, tmp_path: Path) -> None:
    zone = parcels(square(0, 0, 600), square(1_250, 0, 600), 类=["红线", "蓝线"])
    zone.to_file(tmp_path / "zone.gpkg")
    columns = rule(measure="inside", file="zone.gpkg", where="类 = 红线")
    assert states(verdicts(plan, rules=[columns], folder=tmp_path), "own") == list("eaaaa")
    wide = columns | {"accuracy_m": 150}
    assert states(verdicts(plan, rules=[wide], folder=tmp_path), "own") == list("uaaaa")
    with pytest.raises(BriefError, match=r"rules\[0\].where: .*no column “kind”"):
        verdicts(plan, rules=[columns | {"where": "kind = a"}], folder=tmp_path)
    with pytest.raises(BriefError, match=r"rules\[0\].file: none.gpkg: there is no such file"):
        verdicts(plan, rules=[columns | {"file": "none.gpkg"}], folder=tmp_path)
    parcels(BOW_TIE).to_file(tmp_path / "bow.gpkg")
    with pytest.raises(BriefError, match="its geometry is invalid"):
        verdicts(plan, rules=[rule(measure="inside", file="bow.gpkg")], folder=tmp_path)


def test_exclusion_areas_may_be_given_in_the_brief_itself(plan: geoplan.Plan) -> None:
    zone = inline(parcels(square(0, 0, 600), square(1_250, 0, 600), 类=["红线", "蓝线"]))
    columns = rule(measure="inside", features=zone, where="类 = 红线")
    found = verdicts(plan, rules=[columns])
    assert states(found, "own") == list("eaaaa")
    assert "任务书所附范围" in why(found, "parcel-1", "own")["zh"]
    with pytest.raises(BriefError, match=r"rules\[0\].features: features: .*invalid"):
        verdicts(plan, rules=[rule(measure="inside", features=inline(parcels(BOW_TIE)))])
    brief = asked(plan, rules=[columns])
    assert brief_from(brief.as_dict(), plan) == brief


def test_water_too_coarse_for_setbacks_excludes_only_far_from_its_shore(folder: Path) -> None:
    """The layer is good to 90 m: a cell is excluded 90 m and more from the shore inside."""
    for suffix in ("geojson", "toml"):
        path = folder / f"layers/districts.{suffix}"
        text = path.read_text("utf-8").replace('role = "districts"', 'role = "waters"')
        text = text.replace("accuracy_m = 1", "accuracy_m = 90").replace(
            'key = "code"', 'key = "code"'
        )
        (folder / f"layers/lake.{suffix}").write_text(text, "utf-8")
    plan = geoplan.open_plan(folder)
    columns = rule(
        measure="inside", layer="lake", where="code = B", scope="candidate in parcel|grid"
    )
    found = verdicts(plan, own=False, rules=[columns], candidates={"kind": "grid", "cell_m": 100})
    counts = found.table[found.table["rule"] == "own"]["state"].value_counts()
    # 10 × 10 cells of B, of which 8 × 8 lie that far inside; around B a ring of cells is in doubt.
    assert counts["excluded"] == 64
    assert counts["unknown"] == 100 - 64 + 2 * 10
    assert states(verdicts(plan, own=False, rules=[columns]), "own") == ["-"]


def test_the_effect_of_each_rule_is_what_dropping_it_would_change(plan: geoplan.Plan) -> None:
    rules = [
        rule(id="homes", condition="用途 = 住宅"),
        rule(id="small", measure="area_km2", effect="include", least=0.05),
        rule(id="near", measure="distance_m", layer="hubs", most=300),
    ]
    found = verdicts(plan, rules=rules)
    assert found.state.tolist() == ["allowed", "allowed", "excluded", "excluded", "excluded"]
    effects = found.effects
    assert effects.loc["homes"].tolist() == [1, 1, 1, 1]
    assert effects.loc["small"].tolist() == [1, 0, 0, 1]
    assert effects.loc["near"].tolist() == [1, 1, 0, 0]
    assert effects.loc["in-the-squares"].tolist() == [1, 0, 0, 0]
    assert effects.columns.tolist() == ["hits", "alone", "marginal", "unknown"]


@pytest.mark.parametrize(
    ("row", "columns", "reason"),
    [
        (2, {"condition": "kind ="}, "row 2.condition: “kind =”: a value is missing"),
        (2, {"condition": ""}, "row 2.condition: the condition is missing"),
        (3, {"layer": "lakes"}, "row 3.layer: the plan has no layer “lakes”"),
        (3, {"where": "name = a"}, "row 3.where: there is no column “name”"),
        (2, {"overrides": "nothing"}, "row 2.overrides: there is no rule “nothing” to replace"),
        (2, {"measure": "area_km2", "condition": ""}, "row 2.most: the limit is missing"),
        (2, {"scope": "project.lnd > 0"}, "is it “project.land_km2”?"),
    ],
)
def test_a_rule_of_the_plan_that_cannot_be_read_allows_nothing(
    folder: Path, row: int, columns: dict[str, str], reason: str
) -> None:
    for name, value in columns.items():
        set_cell(folder, "rules", row, name, value)
    plan = geoplan.open_plan(folder)
    with pytest.raises(BriefError) as caught:
        rules_for(plan, Brief())
    assert caught.value.file == "data/rules.csv"
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"id": "ä"}, "rules[0].id: an id has letters"),
        ({"id": "no-building", "condition": "kind = a"}, "rules[0].id: the id “no-building” is taken"),
        ({"effect": "exclud"}, "rules[0].effect: “exclud” cannot be used; is it “exclude”?"),
        ({"measure": "within"}, "rules[0].measure: “within” cannot be used"),
        ({}, "rules[0].condition: the condition is missing"),
        ({"condition": "a = 1", "least": 1}, "rules[0].least: an attribute rule has its limit"),
        ({"condition": "a = 1", "layer": "hubs"}, "rules[0].layer: the measure attribute looks at no layer"),
        ({"measure": "inside"}, "rules[0].layer: the layer is missing"),
        ({"measure": "inside", "layer": "district"}, "is it “districts”?"),
        ({"measure": "inside", "layer": "districts", "where": "codes = A"}, "is it “code”?"),
        ({"measure": "distance_m", "layer": "hubs"}, "rules[0].most: the limit is missing"),
        ({"measure": "distance_m", "layer": "hubs", "least": 5, "most": 3}, "least 5 is above most 3"),
        ({"measure": "share_covered", "layer": "districts", "most": 50}, "a share at most 1"),
        ({"measure": "area_km2", "most": 5, "condition": "a = 1"}, "it is for the measure attribute"),
        ({"condition": "a = 1", "overrides": ["own"]}, "there is no rule “own” to replace"),
        ({"condition": "a = 1", "scope": "project.sectr = x"}, "is it “project.sector”?"),
        ({"id": "no-buildings", "off": True}, "the plan has no rule “no-buildings”; is it “no-building”?"),
    ],
)  # fmt: skip
def test_an_own_rule_that_makes_no_sense_is_named(
    plan: geoplan.Plan, columns: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BriefError) as caught:
        asked(plan, rules=[rule(**columns)])
    assert reason in str(caught.value)


def test_a_column_that_no_candidate_has_is_named(plan: geoplan.Plan) -> None:
    with pytest.raises(BriefError, match=r"rules\[0\].condition: .*no column “用地”"):
        verdicts(plan, rules=[rule(condition="用地 = 工业")])
    with pytest.raises(BriefError, match=r"rules\[0\].condition: .*is it “kind”\?"):
        asked(plan, own=False, rules=[rule(condition="knd = park")])


def test_a_rule_of_the_plan_about_a_column_that_these_sites_lack_is_unknown(folder: Path) -> None:
    set_cell(folder, "rules", 2, "condition", "层数 > 6")
    set_cell(folder, "rules", 2, "scope", "")
    assert verdicts(geoplan.open_plan(folder), own=False).state.tolist() == ["unknown"]


def test_nobody_to_judge(plan: geoplan.Plan) -> None:
    found = verdicts(plan, own=False, candidates={"platform_kinds": ["building"]})
    assert found.table.empty
    assert found.state.empty
    assert found.effects["hits"].tolist() == [0, 0]


KINDS: Sequence[dict[str, Any]] = (
    {"condition": parse("用途 = 住宅"), "measure": "attribute"},
    {"condition": parse("area_km2 >= 0.1"), "measure": "attribute"},
    {"measure": "area_km2", "least": 0.05},
    {"measure": "area_ratio", "most": 1.0},
    {"measure": "inside", "layer": "districts", "where": parse("code = A")},
    {"measure": "districts", "values": ("A",)},
    {"measure": "districts", "values": ("A", "B")},
    {"measure": "wings", "values": ("points",)},
    {"measure": "distance_m", "layer": "hubs", "most": 1_500.0},
    {"measure": "share_covered", "layer": "districts", "where": parse("code = B"), "least": 0.5},
)
SCOPES = (None, parse("area_km2 > 0.05"), parse("用途 = 工业"), parse("project.workers > 5"))
BRIEF = asked(PLAN)
FRAME = candidates(PLAN, BRIEF)

rules = st.lists(
    st.builds(
        lambda kind, effect, scope, exceptions: (kind, effect, scope, exceptions),
        st.sampled_from(KINDS),
        st.sampled_from(["include", "exclude"]),
        st.sampled_from(SCOPES),
        st.sampled_from(SCOPES),
    ),
    max_size=4,
).map(
    lambda drawn: tuple(
        Rule(id=f"r{n}", name=Both("规", "r"), effect=effect, origin="x", scope=scope,
             exceptions=exceptions, **kind)
        for n, (kind, effect, scope, exceptions) in enumerate(drawn)
    )
)  # fmt: skip


def judged(these: Sequence[Rule], frame: gpd.GeoDataFrame = FRAME) -> Verdicts:
    return judge(PLAN, tuple(these), frame, BRIEF)


@settings(max_examples=40, deadline=None)
@given(rules)
def test_the_laws_of_verdicts(these: tuple[Rule, ...]) -> None:
    found = judged(these)
    table = found.table
    # Every exclusion has a reason, every reason has words, and unknown is never allowed.
    for candidate, state in found.state.items():
        own = table.loc[table["candidate"] == candidate, "state"]
        assert (state == "excluded") == (own == "excluded").any()
        assert (state == "allowed") == (own == "allowed").all()
    assert (table["zh"].str.len() > 3).all()
    assert (table["en"].str.len() > 3).all()
    assert not table["zh"].str.contains("nan|inf").any()
    assert not table["en"].str.contains(r"\bnan\b|\binf\b").any()
    right, wrong = table["state"] == "allowed", table["state"] == "excluded"
    assert (table.loc[right, "margin"].dropna() >= 0).all()
    assert (table.loc[wrong, "margin"].dropna() <= 0).all()
    assert table.loc[table["state"] == "unknown", "margin"].isna().all()
    for which, one in enumerate(these):
        rest = judged([*these[:which], *these[which + 1 :]]).state
        effect = found.effects.loc[one.id]
        mine = table[table["rule"] == one.id].set_index("candidate")["state"]
        assert effect["hits"] == (mine == "excluded").sum()
        assert effect["unknown"] == (mine == "unknown").sum()
        hit = mine.index[mine == "excluded"]
        assert effect["alone"] == (rest[hit] != "excluded").sum()
        assert effect["marginal"] == ((rest == "allowed") & (found.state != "allowed")).sum()


@settings(max_examples=25, deadline=None)
@given(rules, rules)
def test_one_rule_more_makes_no_site_better(some: tuple[Rule, ...], more: tuple[Rule, ...]) -> None:
    order = {"allowed": 0, "unknown": 1, "excluded": 2}
    more = tuple(replace(one, id=f"m{n}") for n, one in enumerate(more))
    before, after = judged(some).state.map(order), judged([*some, *more]).state.map(order)
    assert (after >= before).all()


@settings(max_examples=25, deadline=None)
@given(rules, st.lists(st.sampled_from(IDS), unique=True))
def test_a_verdict_does_not_depend_on_who_else_is_judged(
    these: tuple[Rule, ...], some: list[str]
) -> None:
    whole, part = judged(these), judged(these, FRAME.loc[some])
    assert part.state.to_dict() == whole.state[some].to_dict()


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(KINDS))
def test_include_and_exclude_are_opposites_and_share_what_they_cannot_tell(
    kind: dict[str, Any],
) -> None:
    turned = {"a": "e", "e": "a", "u": "u", "-": "-"}
    pair = [
        states(judged([Rule(id="r", name=Both("规", "r"), effect=effect, origin="x", **kind)]), "r")
        for effect in ("include", "exclude")
    ]  # type: ignore[arg-type]
    assert pair[0] == [turned[state] for state in pair[1]]
