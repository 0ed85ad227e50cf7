"""The gate of the plan in this repository. It speaks about data only."""

import json

import pandas as pd
from conftest import ROOT

import geoplan
from geoplan.exchange.deriving import derived_layers

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
