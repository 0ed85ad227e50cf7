"""Straight lines to hubs, each known to a radius."""

import math
from pathlib import Path

import numpy as np
import pytest
from conftest import read_rows, set_cell, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import X0, Y0, assert_lawful, ends, found, plots, points

import geoplan
from geoplan.site.candidates import candidates
from geoplan.site.measuring import CriterionError, Setting
from geoplan.site.nearness import central_m, hubs, nearest, things
from geoplan.site.question import Brief

TINY = geoplan.open_plan(Path(__file__).parent / "plans" / "tiny")
metres = st.floats(0, 3000)


def test_the_parks_distance_to_the_station_is_known_to_both_radii(tiny: geoplan.Plan) -> None:
    # Park: 400 m around (500, 500); station: 200 m around (2500, 500).
    rail = found(tiny, "rail_m")
    assert ends(rail, "park") == pytest.approx((1400, 2000, 2600), abs=5)
    sentence = rail.evidence.iloc[0]
    assert (
        sentence["zh"] == "已收录的最近铁路车站是丙区站（位置未核实），直线 ≈ 2.0 km（1.4–2.6 km）"
    )
    assert "≈ 2.0 km (1.4–2.6 km) in a straight line" in sentence["en"]
    assert (sentence["table"], sentence["row"]) == ("locations", 7)


def test_a_parcel_is_measured_from_its_centre(tiny: geoplan.Plan) -> None:
    sites = plots(tiny, {"a": (0, 400, 200, 600)})
    assert ends(found(tiny, "rail_m", sites), "a") == pytest.approx((2200, 2400, 2600), abs=1)
    sites = plots(tiny, {"a": (0, 400, 200, 600)}, accuracy_m=100.0)
    assert ends(found(tiny, "rail_m", sites), "a") == pytest.approx((2100, 2400, 2700), abs=2)


def test_displacements_are_drawn_within_the_range_and_shared(tiny: geoplan.Plan) -> None:
    sites = points(tiny, (100, 500), (200, 500))
    rail = found(tiny, "rail_m", sites)
    assert rail.draws is not None
    assert rail.draws.shape == (2, 64)
    assert (rail.draws >= rail.low.to_numpy()[:, None] - 1).all()
    assert (rail.draws <= rail.high.to_numpy()[:, None] + 1).all()
    # The station is the same for both: so is its displacement.
    assert np.ptp(rail.draws[0] - rail.draws[1]) < 5
    assert np.ptp(rail.draws[0]) > 100
    assert found(tiny, "rail_m", sites, n_draws=0).draws is None


def test_another_site_changes_no_draw(tiny: geoplan.Plan) -> None:
    alone = found(tiny, "rail_m", plots(tiny, {"a": (0, 0, 10, 10)}, accuracy_m=300.0))
    both = found(
        tiny, "rail_m", plots(tiny, {"b": (9, 9, 10, 10), "a": (0, 0, 10, 10)}, accuracy_m=300.0)
    )
    assert alone.draws is not None
    assert both.draws is not None
    assert (alone.draws[0] == both.draws[1]).all()


def test_where_there_is_no_hub_nothing_is_known(tiny: geoplan.Plan) -> None:
    airport = found(tiny, "airport_m")
    assert airport.best.isna().all()
    assert airport.evidence.empty


def test_a_site_without_place_has_no_distance(folder: Path) -> None:
    rows = read_rows(folder, "locations")
    write_rows(folder, "locations", [row for row in rows if row[1] != "park"])
    rail = found(geoplan.open_plan(folder), "rail_m")
    assert rail.best.isna().all()
    assert rail.low.isna().all()


def test_a_hub_known_to_a_district_is_no_point(folder: Path) -> None:
    for column in ("lon", "lat", "accuracy_m"):
        set_cell(folder, "locations", 7, column, "")
    set_cell(folder, "locations", 7, "precision", "district")
    plan = geoplan.open_plan(folder)
    rail = found(plan, "rail_m", points(plan, (1000, 500), (2500, 500)))
    # From 1 km west of the square to its nearest edge and its farthest corner.
    low, best, high = ends(rail, "s0")
    assert (low, high) == pytest.approx((1000, math.hypot(2000, 500)), abs=1)
    assert best == pytest.approx(1527, rel=0.02)
    # Inside it: the mean distance from the middle of a unit square is 0.3826 of its side.
    assert ends(rail, "s1")[1] == pytest.approx(382.6, rel=0.05)
    assert ends(rail, "s1")[0] == 0
    assert "只知在丙区" in rail.evidence.loc[0, "zh"]


def test_a_platform_known_to_a_district_is_measured_all_over_it(folder: Path) -> None:
    for column in ("lon", "lat", "accuracy_m"):
        set_cell(folder, "locations", 2, column, "")
    set_cell(folder, "locations", 2, "precision", "district")
    plan = geoplan.open_plan(folder)
    low, best, high = ends(found(plan, "rail_m"), "park")
    assert low == pytest.approx(1300, abs=2)
    assert high == pytest.approx(math.hypot(2500, 500) + 200, abs=2)
    assert best == pytest.approx(2020, rel=0.03)


def test_beyond_the_list_the_distance_is_unknown(tiny: geoplan.Plan) -> None:
    sites = points(tiny, (2300, 500), (100, 500))
    rail = found(tiny, "rail_m", sites, listed_m=1000.0)
    assert rail.best.notna().tolist() == [True, False]
    assert rail.draws is not None
    assert np.isnan(rail.draws[1]).all()
    assert rail.evidence["zh"].tolist()[1] == "1 km 内没有收录铁路车站，距离不详"


def test_kinds_and_conditions_choose_the_hubs(tiny: geoplan.Plan) -> None:
    assert hubs(tiny, "rail_station+port", "").ids == ("station",)
    assert hubs(tiny, "rail_station", "id != station").ids == ()
    with pytest.raises(CriterionError, match="write one of airport, rail_station"):
        hubs(tiny, "railway", "")
    with pytest.raises(CriterionError, match="there is no column"):
        hubs(tiny, "rail_station", "size > 3")


@settings(max_examples=40, deadline=None)
@given(metres, st.floats(0, 1000), st.floats(0, 500))
def test_a_range_holds_its_best_and_widens_with_accuracy(x: float, y: float, off: float) -> None:
    sharp, vague = plots(TINY, {"a": (x, y, x, y)}), plots(TINY, {"a": (x, y, x, y)}, off)
    for sites in (sharp, vague):
        assert_lawful(found(TINY, "rail_m", sites, n_draws=0), sites)
    narrow, wide = (ends(found(TINY, "rail_m", s, n_draws=0), "a") for s in (sharp, vague))
    assert wide[0] <= narrow[0] + 1e-6
    assert wide[2] >= narrow[2] - 1e-6
    assert wide[1] == pytest.approx(narrow[1])
    assert narrow[1] == pytest.approx(math.hypot(x - 2500, y - 500), abs=0.01)


@settings(max_examples=40, deadline=None)
@given(metres, st.floats(0, 1000), st.floats(0, 2 * math.pi), st.floats(1, 5000))
def test_moving_a_site_away_shortens_not_all_distances(
    x: float, y: float, angle: float, far: float
) -> None:
    # Two things on opposite sides cannot both come nearer than they are far apart.
    there = points(TINY, (x, y), (x + far * math.cos(angle), y + far * math.sin(angle)))
    at = Setting(TINY, Brief(), there, n_draws=0)
    apart = central_m(at, hubs(TINY, "rail_station", ""))
    assert abs(apart[0, 0] - apart[1, 0]) <= far + 1e-6


def test_nearest_is_the_least_of_all(tiny: geoplan.Plan) -> None:
    sites = points(tiny, (250, 250), (600, 500))
    at = Setting(tiny, Brief(), sites)
    located = things(tiny, "enterprises")
    assert located.ids == ("jia-yi",)
    measured, which = nearest(at, located)
    assert measured.best.tolist() == pytest.approx([0, math.hypot(350, 250)], abs=0.1)
    assert measured.low["s0"] == 0
    assert measured.high["s0"] == pytest.approx(20, abs=0.1)
    assert which.tolist() == [0, 0]


def test_the_platforms_centre_stands_where_it_is_said(tiny: geoplan.Plan) -> None:
    park = things(tiny, "platforms")
    assert park.points[0] == pytest.approx([X0 + 500, Y0 + 500], abs=0.1)
    assert park.districts == ("A",)
    assert candidates(tiny, Brief()).index.tolist() == ["park"]
