"""Which criteria a question has, how they are valued, and what they find."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, read_rows, set_cell, write_rows
from sites import points

import geoplan
from geoplan.site import criteria
from geoplan.site.candidates import candidates
from geoplan.site.criteria import chosen, left_out, measure_all
from geoplan.site.entries import BriefError
from geoplan.site.installed import registered
from geoplan.site.measuring import CriterionError
from geoplan.site.question import (
    Brief,
    CandidateList,
    OwnCriterion,
    Preferences,
    Project,
    Weights,
)

ROBOTS = Project(sector="robots")


def asked(*own: OwnCriterion, **rest: object) -> Brief:
    return Brief(project=ROBOTS, criteria=own, **rest)  # type: ignore[arg-type]


def test_the_defaults_are_the_rows_of_the_table_with_their_citation(tiny: geoplan.Plan) -> None:
    found = chosen(tiny, asked())
    assert [(one.id, one.weight) for one in found] == [
        ("platform_named", 0.3),
        ("key_district", 0.3),
        ("same_sector_firms", 0.2),
        ("rail_m", 0.2),
    ]
    rail = found[-1]
    assert rail.points.points == ((0, 1), (4000, 0))
    assert (rail.table, rail.row, rail.unit, rail.better) == ("criteria", 5, "m", "low")
    assert rail.params == {"kind": "rail_station", "where": "", "listed_m": 1e9}
    assert found[2].params == {"radius_m": 500}
    assert rail.name.zh == "铁路车站直线距离"


def test_a_brief_changes_switches_off_and_adds(tiny: geoplan.Plan) -> None:
    brief = asked(
        OwnCriterion("rail_m", weight=0.9, points="0:1|100:0"),
        OwnCriterion("key_district", off=True),
        OwnCriterion("same_sector_firms", params=(("radius_m", 900.0),)),
        OwnCriterion("airport_m", weight=0.1, points="0:1|9:0"),
        OwnCriterion("near", measure="distance_m", layer="hubs", weight=0.2, points="0:1|9:0"),
        OwnCriterion("far", measure="distance_m", layer="hubs", weight=0.2, points="0:0|9:1"),
    )
    found = {one.id: one for one in chosen(tiny, brief)}
    assert list(found) == [
        "platform_named",
        "same_sector_firms",
        "rail_m",
        "airport_m",
        "near",
        "far",
    ]
    assert found["rail_m"].weight == 0.9
    assert found["rail_m"].points.points == ((0, 1), (100, 0))
    assert found["rail_m"].changed == ("weight", "points")
    assert found["same_sector_firms"].params == {"radius_m": 900}
    assert found["same_sector_firms"].weight == 0.2
    assert (found["near"].table, found["near"].row) == ("", 0)
    # The end of the scale that is worth more is the good one.
    assert (found["near"].better, found["far"].better) == ("low", "high")


def test_investment_nearby_turns_with_the_preference(folder: Path) -> None:
    rows = read_rows(folder, "criteria")
    row = ["planned_investment_wanyuan", "投资", "Money", "0.1", "0:0|10:0.4|100:1", "", "desk", "",
           "", "inferred", "例"]  # fmt: skip
    write_rows(folder, "criteria", [*rows, row])
    plan = geoplan.open_plan(folder)
    cluster = chosen(plan, asked())[-1]
    assert cluster.better == "high"
    crowding = chosen(plan, asked(preferences=Preferences("crowding")))[-1]
    assert crowding.better == "low"
    assert crowding.points.points == ((0, 1), (10, 0.6), (100, 0))
    # Who gives the points himself means them.
    own = OwnCriterion("planned_investment_wanyuan", points="0:0|9:1")
    said = chosen(plan, asked(own, preferences=Preferences("crowding")))[-1]
    assert said.points.points == ((0, 0), (9, 1))


def test_what_cannot_be_asked_is_left_out_unless_the_brief_speaks_of_it(tiny: geoplan.Plan) -> None:
    brief = Brief()
    assert [one.id for one, _ in left_out(tiny, brief)] == [
        "platform_named",
        "key_district",
        "same_sector_firms",
    ]
    assert [why.zh for _, why in left_out(tiny, brief)] == ["任务书没有写产业"] * 3
    assert [one.id for one in chosen(tiny, brief)] == ["rail_m"]
    order = Brief(weights=Weights("order", (("same_sector_firms",), ("rail_m",))))
    assert "same_sector_firms" in [one.id for one in chosen(tiny, order)]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("id", "rail_n", r"row 5, column id: there is no criterion “rail_n”; is it “rail_m”"),
        ("value_points", "0:1", "row 5, column value_points: .*two points"),
        ("weight", "", "row 5, column weight: the weight is missing"),
        ("params", "radius=3", "row 5, column params: “rail_m” has no parameter “radius”"),
        ("params", "listed_m=far", "listed_m = “far” is no number"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(
    folder: Path, column: str, value: str, said: str
) -> None:
    set_cell(folder, "criteria", 5, column, value)
    with pytest.raises(CriterionError, match=said):
        chosen(geoplan.open_plan(folder), asked())


def test_all_faults_are_told_together(folder: Path) -> None:
    set_cell(folder, "criteria", 4, "params", "radius=3")
    set_cell(folder, "criteria", 5, "value_points", "9")
    with pytest.raises(CriterionError) as caught:
        chosen(geoplan.open_plan(folder), asked())
    assert len(caught.value.problems) == 2
    assert caught.value.problems[0].zh.startswith("data/criteria.csv，第 4 行，列 params：")


@pytest.mark.parametrize(
    ("own", "field"),
    [
        (OwnCriterion("rail_n", weight=1.0), "criteria.rail_n"),
        (OwnCriterion("rail_m", measure="distance_m"), "criteria.rail_m.measure"),
        (OwnCriterion("rail_m", points="x"), "criteria.rail_m.points"),
        (OwnCriterion("rail_m", params=(("radius_m", 1.0),)), "criteria.rail_m.params"),
        (OwnCriterion("airport_m", points="0:1|9:0"), "criteria.airport_m.weight"),
        (OwnCriterion("mine", measure="distance_m", layer="hub", weight=1.0, points="0:1|9:0"),
         "criteria.mine.layer"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_used_is_named(
    tiny: geoplan.Plan, own: OwnCriterion, field: str
) -> None:
    with pytest.raises(BriefError) as caught:
        chosen(tiny, asked(own))
    assert [fault.field for fault in caught.value.problems] == [field]


def test_a_plan_without_criteria_says_what_to_do(folder: Path) -> None:
    write_rows(folder, "criteria", read_rows(folder, "criteria")[:1])
    with pytest.raises(CriterionError, match="declare some under criteria"):
        chosen(geoplan.open_plan(folder), asked())


def test_every_site_is_measured_by_every_criterion(tiny: geoplan.Plan) -> None:
    brief = asked()
    sites = candidates(tiny, brief)
    found = measure_all(tiny, brief, chosen(tiny, brief), sites)
    assert list(found) == ["platform_named", "key_district", "same_sector_firms", "rail_m"]
    # Named as carrier, in a key district, its firm inside, 2 km from the station.
    assert [measured.best["park"] for measured in found.values()] == pytest.approx(
        [3, 3, 1, 2000], abs=1
    )
    again = measure_all(tiny, brief, chosen(tiny, brief), sites)
    for name, measured in found.items():
        pd.testing.assert_series_equal(measured.best, again[name].best)
        if measured.draws is not None:
            assert (measured.draws == again[name].draws).all()


def test_many_sites_get_neither_sentences_nor_draws(
    tiny: geoplan.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(criteria, "MANY_SITES", 2)
    brief = asked(candidates=CandidateList("grid"))
    places = points(tiny, (250, 250), (600, 500), (2500, 500))
    many = measure_all(tiny, brief, chosen(tiny, brief), places)
    few = measure_all(tiny, brief, chosen(tiny, brief), places.iloc[:2])
    for name, measured in many.items():
        assert measured.evidence.empty
        assert measured.draws is None
        # A single site is told the same as in the crowd.
        pd.testing.assert_series_equal(measured.best.iloc[:2], few[name].best)
        pd.testing.assert_series_equal(measured.low.iloc[:2], few[name].low)
    assert not few["rail_m"].evidence.empty


def test_the_embedded_criteria_are_all_there_and_sum_to_one() -> None:
    plan = geoplan.open_plan(ROOT)
    table = plan.tables["criteria"]
    assert set(table["id"]) == set(registered())
    assert table["weight"].sum() == pytest.approx(1)
    full = Brief(
        project=Project(sector=plan.tables["sectors"]["id"].iloc[0], products=("x",), land_km2=1.0)
    )
    found = chosen(plan, full)
    assert len(found) == len(table)
    for one in found:
        scores = [score for _, score in one.points.points]
        assert (min(scores), max(scores)) == (0, 1)
        assert (scores[-1] > scores[0]) == (one.better == "high")
        assert one.criterion.doc
