"""The gate of the plan in this repository. It speaks about data only."""

import json

import geopandas as gpd
import pandas as pd
from conftest import ROOT

import geoplan
from geoplan.exchange.outgoing.deriving import derived_layers
from geoplan.place.density import density

PLAN = geoplan.open_plan(ROOT)


def test_it_has_no_errors() -> None:
    problems = geoplan.check(PLAN)
    assert [p.place() + ": " + p.message() for p in problems if p.severity == "error"] == []


def test_its_money_is_that_of_the_annex() -> None:
    projects = PLAN.tables["projects"]
    assert len(projects) == 30
    assert int(projects["investment_wanyuan"].sum()) == 8_776_300


def test_its_derived_layers_are_up_to_date() -> None:
    for file, text in derived_layers(PLAN, pd.Timestamp.today().date()).items():
        assert (ROOT / file).read_text("utf-8") == text


def test_what_it_shows_has_an_english_name() -> None:
    for table in ("sectors", "segments", "platforms", "enterprises", "projects", "hubs", "wings"):
        frame = PLAN.tables[table]
        assert frame.loc[frame["name_en"].isna(), "id"].tolist() == []


def test_its_best_known_conflict_is_found() -> None:
    found = {c.rule: c for c in reversed(geoplan.conflicts(PLAN))}
    assert "= 2520" in found["sum_and_total"].arithmetic.zh
    assert "13.8 %" in found["growth_and_base"].arithmetic.zh
    assert "16.9 %" in found["growth_and_base"].arithmetic.zh


def test_its_district_layers_are_complete_coverages() -> None:
    for layer in PLAN.layers_of("districts"):
        assert len(layer.frame) == 13
        assert layer.frame.geometry.is_valid.all()
        area_km2 = layer.frame.geometry.area.sum() / 1e6
        assert abs(area_km2 - layer.frame.union_all().area / 1e6) < 1e-3
        assert 16_800 < area_km2 < 16_950


def test_nothing_inferred_is_without_reason() -> None:
    for name, frame in PLAN.tables.items():
        if "basis" in frame:
            silent = frame[(frame["basis"] == "inferred") & frame["note"].isna()]
            assert silent.empty, f"{name}: {json.dumps([int(r) for r in silent.index])}"


def test_money_by_district_agrees_with_an_overlay_by_geopandas() -> None:
    """An independent computation: codes by hand, shares of the old district by overlay."""
    old, new = (PLAN.layers[name].frame for name in ("districts_2017", "districts_2021"))
    places = PLAN.tables["locations"]
    places = places[places["subject_kind"] == "projects"].set_index("subject_id")
    projects = PLAN.tables["projects"].set_index("id")
    known_then = places["as_of"].dt.year == 2017
    expected: dict[str, float] = {}
    for project, money in projects["investment_wanyuan"].items():
        code = places.at[project, "district_code"]
        if not known_then[project]:
            expected[code] = expected.get(code, 0) + money
            continue
        parts = gpd.overlay(old[old["code"] == code], new, how="intersection", keep_geom_type=True)
        # What is no wider than two drawings of one line differ is no district.
        parts = parts[~parts.geometry.buffer(-150).is_empty]
        for part_code, area in zip(parts["code_2"], parts.geometry.area, strict=True):
            share = area / parts.geometry.area.sum()
            expected[part_code] = expected.get(part_code, 0) + money * share
    found = density(PLAN, by="district", vintage=2021).zones["investment_wanyuan"]
    assert found.sum() == 8_776_300
    for code, money in found.items():
        assert abs(money - expected.get(str(code), 0.0)) <= 30
    before = density(PLAN, by="district", vintage=2017).zones["investment_wanyuan"]
    assert before[before > 0].to_dict() == {"330109": 8_776_300}


def test_money_reconciles_by_year_and_by_sector() -> None:
    years = range(2017, 2020)
    assert sum(density(PLAN, year=y).money.total for y in years) == 8_776_300
    own = [s for s in PLAN.tables["sectors"]["id"] if s.startswith("xs-")]
    assert sum(density(PLAN, sector=s).money.total for s in own) == 8_776_300
