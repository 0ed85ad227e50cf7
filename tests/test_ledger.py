"""The ledger and the conflicts, on the tiny plan with answers known by hand."""

from pathlib import Path

import pytest
from conftest import read_rows, set_cell, write_rows

import geoplan
from geoplan.plan.disagreements import RULES
from geoplan.plan.ledger import LEDGER_COLUMNS
from geoplan.plan.relations import counted_rows, counting_fault


def found(folder: Path, rule: str) -> list[geoplan.Conflict]:
    return [c for c in geoplan.conflicts(geoplan.open_plan(folder)) if c.rule == rule]


def append(folder: Path, table: str, **values: str) -> None:
    rows = read_rows(folder, table)
    cited = {"source_id": "tiny-plan", "locus": "附件", "quote": "甲一公司", "basis": "read"}
    rows.append([{**cited, **values}.get(name, "") for name in rows[0]])
    write_rows(folder, table, rows)


def test_every_figure_leads_to_its_sentence(tiny: geoplan.Plan) -> None:
    figures = geoplan.ledger(tiny)
    assert tuple(figures.columns) == LEDGER_COLUMNS
    assert len(figures) == 7 + 4 + 1
    assert figures[["quote", "locus", "source_id", "file", "row"]].notna().all().all()
    money = figures[figures["measure"] == "investment"]
    assert money["value"].sum() == 650
    area = figures[figures["measure"] == "planned_area"].iloc[0]
    assert (area["value"], area["subject_zh"], area["year"]) == (0.25, "甲区机器人园", 2025)


def test_the_tiny_plan_agrees_with_itself(tiny: geoplan.Plan) -> None:
    assert geoplan.conflicts(tiny) == []


def test_a_total_that_the_parts_do_not_reach(folder: Path) -> None:
    set_cell(folder, "indicators", 4, "value", "150")
    (conflict,) = found(folder, "sum_and_total")
    assert conflict.severity == "contradiction"
    assert "60 + 40 = 100; 150 − 100 = 50 (33.3%)" in conflict.arithmetic.zh
    assert set(conflict.evidence) == {("indicators", row) for row in (2, 3, 4)}


def test_about_allows_five_percent_and_no_more(folder: Path) -> None:
    set_cell(folder, "indicators", 4, "value", "105")
    assert found(folder, "sum_and_total") == []
    set_cell(folder, "indicators", 4, "value", "105.1")
    assert len(found(folder, "sum_and_total")) == 1


def test_a_qualified_measure_is_compared_too(folder: Path) -> None:
    set_cell(folder, "indicators", 4, "value", "150")
    set_cell(folder, "indicators", 4, "measure", "sales_output")
    assert len(found(folder, "sum_and_total")) == 1
    set_cell(folder, "indicators", 4, "measure", "output_share")
    assert found(folder, "sum_and_total") == []


def test_parts_that_are_not_all_there_are_no_sum(folder: Path) -> None:
    set_cell(folder, "indicators", 4, "value", "150")
    set_cell(folder, "indicators", 3, "year", "2019")
    assert found(folder, "sum_and_total") == []


def test_more_than_a_total_that_the_parts_only_equal(folder: Path) -> None:
    set_cell(folder, "indicators", 7, "operator", "gt")
    (conflict,) = found(folder, "sum_and_total")
    assert conflict.severity == "remark"


def test_growth_that_fits_only_one_base(folder: Path) -> None:
    set_cell(folder, "indicators", 4, "value", "150")
    (conflict,) = found(folder, "growth_and_base")
    assert conflict.severity == "tension"
    assert "(200 / 150)^(1/5) − 1 = 5.9 %" in conflict.arithmetic.en
    assert "(200 / 100)^(1/5) − 1 = 14.9 %" in conflict.arithmetic.en


def test_growth_that_fits_no_base(folder: Path) -> None:
    set_cell(folder, "indicators", 8, "value", "20")
    (conflict,) = found(folder, "growth_and_base")
    assert conflict.severity == "contradiction"


def test_a_named_base_is_the_only_one(folder: Path) -> None:
    set_cell(folder, "indicators", 4, "value", "150")
    set_cell(folder, "indicators", 8, "base_id", "total-2020")
    (conflict,) = found(folder, "growth_and_base")
    assert conflict.severity == "contradiction"


def test_yearly_growth_short_of_the_stated_multiple(folder: Path) -> None:
    goal = {
        "id": "double", "plan_id": "tiny", "subject_kind": "sectors", "subject_id": "robots",
        "measure": "output", "measure_zh": "产值", "measure_en": "output", "kind": "multiple",
        "status": "target", "operator": "eq", "value": "2", "unit": "倍", "year_start": "2021",
        "year": "2023",
    }  # fmt: skip
    append(folder, "indicators", **goal)
    rate = {**goal, "id": "rate", "kind": "growth_per_year", "operator": "ge", "unit": "%"}
    append(folder, "indicators", **{**rate, "value": "25"})
    (conflict,) = found(folder, "growth_and_multiple")
    assert conflict.arithmetic.zh == "1.25 × 1.25 × 1.25 = 1.953 < 2"
    set_cell(folder, "indicators", 10, "value", "26")
    assert found(folder, "growth_and_multiple") == []


def test_a_target_at_what_is_reached(folder: Path) -> None:
    set_cell(folder, "indicators", 5, "value", "60")
    (conflict,) = found(folder, "target_and_reached")
    assert conflict.evidence == (("indicators", 5), ("indicators", 2))


def test_cumulative_targets_are_compared_by_year(folder: Path) -> None:
    base = {
        "plan_id": "tiny", "subject_kind": "plans", "subject_id": "tiny", "measure": "new_firms",
        "measure_zh": "新增企业", "measure_en": "new firms", "kind": "cumulative",
        "operator": "eq", "unit": "家",
    }  # fmt: skip
    append(
        folder,
        "indicators",
        **base,
        id="a",
        status="observed",
        value="6",
        year_start="2020",
        year="2020",
    )
    append(
        folder,
        "indicators",
        **base,
        id="b",
        status="target",
        value="31",
        year_start="2021",
        year="2025",
    )
    assert found(folder, "target_and_reached") == []
    set_cell(folder, "indicators", 10, "value", "30")
    (conflict,) = found(folder, "target_and_reached")
    assert conflict.arithmetic.en == "2021–2025: 30 / 5 = 6; 2020–2020: 6 / 1 = 6"


def test_announced_against_listed(folder: Path) -> None:
    set_cell(folder, "indicators", 2, "counted", "projects?sector_id=robots")
    (conflict,) = found(folder, "announced_and_listed")
    assert "projects?sector_id=robots: 2 ≠ 60" in conflict.arithmetic.zh
    plan = geoplan.open_plan(folder)
    assert list(counted_rows(plan, "projects?sector_id=robots&year_end=2025").index) == [3]
    assert counting_fault("projects?sector_id=robots") is None
    assert counting_fault("projects?nothing=1") is not None


def test_layout_against_areas_and_the_other_way(folder: Path) -> None:
    set_cell(folder, "layout", 3, "district_code", "B")
    messages = [c.statement.zh for c in found(folder, "layout_and_areas")]
    assert any("布局让乙区发展纤维产业" in m for m in messages)
    set_cell(folder, "layout", 3, "district_code", "C")
    append(folder, "sector_areas", sector_id="robots", district_code="C")
    (conflict,) = found(folder, "layout_and_areas")
    assert conflict.severity == "remark"


def test_a_wing_whose_platforms_lie_elsewhere(folder: Path) -> None:
    set_cell(folder, "layout", 2, "sector_id", "fibre")
    assert any("东翼" in c.statement.zh for c in found(folder, "layout_and_areas"))


def test_firms_in_text_only_and_in_table_only(folder: Path) -> None:
    append(folder, "sector_firms", sector_id="robots", enterprise_id="yi-er", role="key")
    statements = [c.statement.zh for c in found(folder, "firms_in_text_and_table")]
    assert len(statements) == 2
    assert any("正文提到而表中没有 1 家：甲一公司" in s for s in statements)


def test_a_key_firm_outside_the_key_districts(folder: Path) -> None:
    append(folder, "sector_firms", sector_id="fibre", enterprise_id="jia-yi", role="key")
    (conflict,) = found(folder, "firms_outside_areas")
    assert "未核实" in conflict.statement.zh


def test_a_changed_name_but_not_an_abbreviation(folder: Path) -> None:
    append(folder, "enterprise_names", enterprise_id="jia-yi", name_zh="甲壹", name_basis="variant")
    (conflict,) = found(folder, "names_changed")
    assert "甲壹 (variant)" in conflict.arithmetic.zh


def test_a_firm_in_two_platforms_unless_one_is_inside_the_other(folder: Path) -> None:
    append(folder, "platforms", id="other", name_zh="乙园", kind="park")
    append(folder, "platform_firms", platform_id="other", enterprise_id="jia-yi", role="named")
    assert len(found(folder, "claimed_twice")) == 1
    set_cell(folder, "platforms", 3, "parent_id", "park")
    assert found(folder, "claimed_twice") == []


def test_a_platform_named_after_another_district(folder: Path) -> None:
    set_cell(folder, "platforms", 2, "district_code", "B")
    (conflict,) = found(folder, "districts_in_names")
    assert conflict.arithmetic.zh == "A ≠ B"


def test_projects_where_the_other_plan_does_not_want_them(folder: Path) -> None:
    set_cell(folder, "plans", 2, "district_codes", "B")
    append(
        folder, "sector_links", id="l1", from_sector_id="fibre", project_id="p3", to_plan_id="tiny",
        to_sector_id="robots", to_segment_id="arms", share="1",
    )  # fmt: skip
    (conflict,) = found(folder, "projects_and_areas")
    assert "300 万元" in conflict.statement.zh


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_what_it_looks_for(rule: str) -> None:
    assert RULES[rule].__doc__
