"""Targets: bases, needed growth, observations; by hand on the tiny plan, by law on any."""

from pathlib import Path

import pytest
from conftest import ROOT, read_rows, set_cell, write_rows
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from geoplan.plan.bases import grown, growth_needed
from geoplan.plan.targets import STATUSES, TARGET_COLUMNS, Goal, goals, targets

ROBOTS_2020, TOTAL_2020, ROBOTS_2025, TOTAL_2025, GROWTH = 2, 4, 5, 7, 8
DOUBLED_IN_5 = 14.8698


def append(folder: Path, **values: str) -> None:
    rows = read_rows(folder, "indicators")
    shared = {
        "plan_id": "tiny", "subject_kind": "sectors", "subject_id": "robots", "measure": "output",
        "measure_zh": "产值", "measure_en": "output", "operator": "eq", "unit": "亿元",
        "source_id": "tiny-plan", "locus": "一、目标", "quote": "合计100亿元", "basis": "read",
    }  # fmt: skip
    rows.append([{**shared, **values}.get(name, "") for name in rows[0]])
    write_rows(folder, "indicators", rows)


def remove(folder: Path, *numbers: int) -> None:
    rows = read_rows(folder, "indicators")
    write_rows(folder, "indicators", [row for i, row in enumerate(rows, 1) if i not in numbers])


def goal_of(folder: Path, key: str) -> Goal:
    found = {str(goal.figure["id"]): goal for goal in goals(geoplan.open_plan(folder))}
    return found[key]


def test_the_tiny_plan_by_hand(tiny: geoplan.Plan) -> None:
    frame = targets(tiny)
    assert tuple(frame.columns) == TARGET_COLUMNS
    assert list(frame["target_id"]) == ["robots-2025", "fibre-2025", "total-2025", "total-2025"]
    assert list(frame["base_en"]) == ["output", "output", "output", "sum of the sectors"]
    assert list(frame["base_value"]) == [60, 40, 100, 100]
    assert frame["growth_needed_percent"].round(4).eq(DOUBLED_IN_5).all()
    assert list(frame["per_year_needed"]) == [12, 8, 20, 20]
    assert list(frame["latest_share"]) == [0.5] * 4
    assert set(frame["status"]) == {"no_observation"}
    assert frame["growth_stated_percent"].fillna(0).to_list() == [0, 0, 14.9, 14.9]
    assert frame["growth_stated_reaches"].iloc[2] == pytest.approx(100 * 1.149**5)
    assert set(frame["unit"]) == set(frame["base_unit"]) == {"亿元"}


def test_the_way_starts_at_the_base_and_ends_at_the_target(tiny: geoplan.Plan) -> None:
    for goal in goals(tiny):
        for way in goal.ways:
            assert [point.year for point in way.points] == list(range(2020, 2026))
            assert way.points[0].value == way.base.value
            assert way.points[-1].value == pytest.approx(way.target)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.integers(1, 30))
def test_needed_growth_applied_to_the_base_gives_the_target(
    base: float, target: float, years: int
) -> None:
    rate = growth_needed(base, target, years)
    assert rate is not None
    assert grown(base, [rate] * years) == pytest.approx(target)


@pytest.mark.parametrize(("base", "target", "years"), [(0, 5, 3), (5, -1, 3), (5, 6, 0)])
def test_no_rate_leads_there(base: float, target: float, years: int) -> None:
    assert growth_needed(base, target, years) is None


def test_a_plan_that_leaves_its_base_open_has_both(folder: Path) -> None:
    set_cell(folder, "indicators", TOTAL_2020, "value", "150")
    set_cell(folder, "indicators", TOTAL_2020, "measure", "sales_output")
    stated, summed = goal_of(folder, "total-2025").ways
    assert (stated.base.value, round(stated.growth or 0, 1)) == (150, 5.9)
    assert (summed.base.value, round(summed.growth or 0, 1)) == (100, 14.9)
    assert summed.base.is_sum
    assert summed.base.rows == (2, 3)


def test_a_named_base_is_the_only_one(folder: Path) -> None:
    set_cell(folder, "indicators", TOTAL_2025, "base_id", "total-2020")
    (way,) = goal_of(folder, "total-2025").ways
    assert way.base.rows == (TOTAL_2020,)


def test_a_level_without_a_base_says_so(folder: Path) -> None:
    remove(folder, ROBOTS_2020)
    goal = goal_of(folder, "robots-2025")
    assert (goal.ways, goal.latest, goal.status) == ((), None, "no_base")
    assert targets(geoplan.open_plan(folder))["base_value"].isna().iloc[0]


def test_the_newest_base_before_the_base_year_is_taken_and_dated(folder: Path) -> None:
    set_cell(folder, "indicators", ROBOTS_2020, "year", "2018")
    (way,) = goal_of(folder, "robots-2025").ways
    assert way.base.year == 2018
    assert way.growth == pytest.approx(((120 / 60) ** (1 / 7) - 1) * 100)


def test_only_an_observation_after_the_base_year_counts_as_one(folder: Path) -> None:
    assert goal_of(folder, "robots-2025").status == "no_observation"
    append(folder, id="robots-2022", kind="level", status="observed", value="90", year="2022")
    goal = goal_of(folder, "robots-2025")
    assert goal.status == "observed"
    assert goal.ways[0].share == 0.75
    assert [seen.value for seen in goal.ways[0].observed] == [60, 90]
    assert ("indicators", 9) in goal.evidence


def test_figures_in_another_unit_are_not_compared(folder: Path) -> None:
    set_cell(folder, "indicators", ROBOTS_2020, "unit", "万元")
    assert goal_of(folder, "robots-2025").ways == ()


def test_growth_alone_implies_a_multiple(folder: Path) -> None:
    rate = {"kind": "growth_per_year", "status": "target", "unit": "%", "measure": "profit"}
    append(folder, **rate, id="rate", value="15", operator="ge", year_start="2021", year="2023")
    goal = goal_of(folder, "rate")
    assert goal.multiple == pytest.approx(1.15**3)
    assert goal.growth == pytest.approx(15)
    assert goal.base_year == 2020
    assert goal.ways[0].base.unit == "倍"
    assert goal.status == "no_base"


def test_a_multiple_implies_growth_and_carries_the_stated_years(folder: Path) -> None:
    base = {"status": "target", "measure": "profit"}
    append(
        folder, **base, id="double", kind="multiple", unit="倍", value="2", year_start="2021", year="2023"
    )  # fmt: skip
    for year, rate in (("2021", "20"), ("2022", "30"), ("2023", "30")):
        append(folder, **base, id=year, kind="growth_per_year", unit="%", value=rate, year=year)
    plan = geoplan.open_plan(folder)
    found = [goal for goal in goals(plan) if goal.figure["measure"] == "profit"]
    assert [goal.figure["id"] for goal in found] == ["double"]
    (goal,) = found
    assert goal.growth == pytest.approx((2 ** (1 / 3) - 1) * 100)
    assert goal.ways[0].stated_reaches == pytest.approx(2.028)
    assert [rate.value for rate in goal.stated] == [20, 30, 30]


def test_a_multiple_of_a_known_base_becomes_a_level(folder: Path) -> None:
    append(
        folder, id="double", kind="multiple", status="target", unit="倍", value="3", year="2025",
        base_year="2020", base_id="robots-2020",
    )  # fmt: skip
    (way,) = goal_of(folder, "double").ways
    assert (way.target, way.base.unit, way.per_year) == (180, "亿元", 24)


def test_a_share_gains_points_not_percent(folder: Path) -> None:
    share = {"kind": "share", "unit": "%", "measure": "part"}
    append(folder, **share, id="a", status="observed", value="20", year="2020")
    append(folder, **share, id="b", status="target", value="25", year="2025")
    (way,) = goal_of(folder, "b").ways
    assert (way.growth, way.per_year) == (None, 1)
    assert way.points[2].value == 22


def test_what_adds_up_is_needed_by_the_year_and_compared_by_the_year(folder: Path) -> None:
    new = {"kind": "cumulative", "unit": "家", "measure": "firms_new"}
    append(folder, **new, id="a", status="observed", value="12", year_start="2019", year="2020")
    append(
        folder, **new, id="b", status="target", value="6", value_high="8", year_start="2021",
        year="2025",
    )  # fmt: skip
    goal = goal_of(folder, "b")
    assert (goal.per_year, goal.per_year_high) == (1.2, 1.6)
    assert goal.pace is not None
    assert goal.pace.value == 6
    assert (goal.latest, goal.status) == (None, "no_observation")


def test_an_empty_plan_has_no_targets(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    geoplan.init_plan(
        folder, title_zh="新", title_en="New", analysis_crs="EPSG:4549", extent=(119, 29, 121, 31)
    )
    frame = targets(geoplan.open_plan(folder))
    assert len(frame) == 0
    assert tuple(frame.columns) == TARGET_COLUMNS


def test_every_status_is_said_in_both_languages() -> None:
    assert all(both.zh and both.en for both in STATUSES.values())


def test_the_embedded_plan_as_published() -> None:
    frame = targets(geoplan.open_plan(ROOT)).set_index(["target_id", "base_en"])
    needed = frame["growth_needed_percent"].round(1)
    assert needed["hz-output-2025", "sales output"] == 13.8
    assert needed["hz-output-2025", "sum of the sectors"] == 16.9
    sectors = frame[
        (frame["subject_kind"] == "sectors")
        & (frame["plan_id"] == "hz-equipment-2025")
        & (frame["measure"] == "output")
    ]["growth_needed_percent"].round(1)
    assert (len(sectors), sectors.min(), sectors.max()) == (8, 12.7, 38.0)
    multiple = frame["multiple"]
    assert multiple["xs-equipment-value-added-growth", "base year = 1"] == pytest.approx(1.15**3)
    assert needed["hz-value-added-multiple-2025", "value added"] == 14.9
