"""Sheets as they lie in a bureau's folder: several tables, words of their own, numbering."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from making import PROJECT_HEADER, csv_file, xlsx

from geoplan.exchange.asking.proposals import Proposal
from geoplan.exchange.incoming.importing import propose
from geoplan.plan.opening import Plan

DAY = date(2026, 11, 22)


def proposed(plan: Plan, path: Path, as_: str = "projects", **more: Any) -> Proposal:
    return propose(plan, path, as_, today=DAY, **more)


def added(proposal: Proposal, table: str = "projects") -> list[dict[str, str]]:
    change = proposal.tables.get(table)
    return [] if change is None else change.added.to_dict("records")


def row(name: str, money: object, years: str = "2021-2023年") -> list[object]:
    return [1, name, "甲一公司", "机器人产业", money, years]


def test_a_second_table_with_another_unit_is_read_under_its_own_header(
    tiny: Plan, tmp_path: Path
) -> None:
    other = [title.replace("万元", "亿元") for title in PROJECT_HEADER]
    rows = [["表一"], PROJECT_HEADER, row("甲", 1000), ["合计", None, None, None, 1000], [],
            ["表二 续建项目"], other, row("乙", 1.2)]  # fmt: skip
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows))
    assert [(p["name_zh"], p["investment_wanyuan"]) for p in added(proposal)] == [
        ("甲", "1000"),
        ("乙", "12000"),
    ]
    assert [r.details["first"] for r in proposal.warnings if r.code == "header.rows"] == [2, 7]


def test_a_unit_stated_above_a_repeated_header_counts_for_what_follows(
    tiny: Plan, tmp_path: Path
) -> None:
    header = [title.replace("（万元）", "") for title in PROJECT_HEADER]
    rows = [["单位：万元"], header, row("甲", 1000), ["单位：亿元"], header, row("乙", 1.2)]
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows))
    assert [p["investment_wanyuan"] for p in added(proposal)] == ["1000", "12000"]


def test_a_second_table_may_have_other_columns(tiny: Plan, tmp_path: Path) -> None:
    other = ["建设年限", "建设单位", "所属产业", "项目名称", "总投资（万元）", "联系人"]
    rows = [PROJECT_HEADER, row("甲", 1000), other,
            ["2022-2024年", "乙二公司", "纤维产业", "乙", 300, "某人"]]  # fmt: skip
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows), mapping={"联系人": "note"})
    assert [(p["name_zh"], p["year_end"], p["note"]) for p in added(proposal)] == [
        ("甲", "2023", ""),
        ("乙", "2024", "某人"),
    ]


def test_a_header_repeated_on_every_page_is_one_table(tiny: Plan, tmp_path: Path) -> None:
    rows = [PROJECT_HEADER, row("甲", 1000), PROJECT_HEADER, row("乙", 300)]
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows))
    assert [p["investment_wanyuan"] for p in added(proposal)] == ["1000", "300"]
    assert "header.rows" not in [remark.code for remark in proposal.warnings]


def test_a_running_number_of_any_kind_refuses_no_row(tiny: Plan, tmp_path: Path) -> None:
    rows = [PROJECT_HEADER] + [
        [number, f"项目{name}", "甲一公司", "机器人产业", 300, "2021-2023年"]
        for number, name in (("1-1", "甲"), ("（一）", "乙"), ("①", "丙"), (4, "丁"))
    ]
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows))
    assert [p["order"] for p in added(proposal)] == ["", "", "1", "4"]
    assert proposal.refused == ()


def test_a_word_that_holds_one_of_a_vocabulary_is_asked(tiny: Plan, tmp_path: Path) -> None:
    rows = [
        ["平台名称", "平台类型", "所属区县"],
        ["新镇", "特色小镇", "甲区"],
        ["新园", "产业园", "甲区"],
    ]
    path = csv_file(tmp_path / "a.csv", rows)
    proposal = proposed(tiny, path, "platforms")
    (question,) = proposal.open_questions
    assert (question.id, question.proposed, question.rows) == ("kind:特色小镇", "town", (2,))
    assert [p["name_zh"] for p in added(proposal, "platforms")] == ["新园"]
    answered = proposed(tiny, path, "platforms", answers={"kind:*": "accept"})
    assert [p["kind"] for p in added(answered, "platforms")] == ["town", "park"]


def test_a_word_unlike_any_is_refused_unless_a_person_says_what_it_is(
    tiny: Plan, tmp_path: Path
) -> None:
    path = csv_file(
        tmp_path / "a.csv", [["平台名称", "平台类型", "所属区县"], ["新谷", "硅谷", "甲区"]]
    )
    proposal = proposed(tiny, path, "platforms")
    assert [remark.code for remark in proposal.refused] == ["value.vocabulary"]
    answered = proposed(tiny, path, "platforms", answers={"kind:硅谷": "park"})
    assert [p["kind"] for p in added(answered, "platforms")] == ["park"]


def test_two_units_in_one_header_are_asked(tiny: Plan, tmp_path: Path) -> None:
    header = [title.replace("万元", "亿元/万美元") for title in PROJECT_HEADER]
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", [header, row("甲", 3)]))
    assert [question.id for question in proposal.open_questions] == ["unit:总投资"]
    assert added(proposal) == []
    assert "value.rounded" not in [remark.code for remark in proposal.warnings]


def test_a_foreign_currency_in_the_header_is_no_yuan(tiny: Plan, tmp_path: Path) -> None:
    header = [title.replace("万元", "万美元") for title in PROJECT_HEADER]
    for money in (1500, "1500"):
        proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", [header, row("甲", money)]))
        assert [remark.code for remark in proposal.refused] == ["value.currency"]


def test_marks_of_a_spreadsheet_are_no_part_of_a_cell(tiny: Plan, tmp_path: Path) -> None:
    cells = ['="5"', "'新项目", "甲一公司", "机器人产业", "'300", '="2021"']
    path = csv_file(tmp_path / "a.csv", [PROJECT_HEADER, cells])
    (project,) = added(proposed(tiny, path))
    assert (project["name_zh"], project["investment_wanyuan"], project["year_start"]) == (
        "新项目",
        "300",
        "2021",
    )


def test_a_name_confirmed_only_for_rows_refused_is_not_kept(tiny: Plan, tmp_path: Path) -> None:
    bad = [1, "坏行", "甲一有限公司", "机器人产业", "很多", "2021年"]
    path = xlsx(tmp_path / "表.xlsx", [PROJECT_HEADER, bad, row("新项目", 300)])
    proposal = proposed(tiny, path, answers={"firm:*": "accept"})
    assert [p["name_zh"] for p in added(proposal)] == ["新项目"]
    assert "enterprise_names" not in proposal.tables


@pytest.mark.parametrize(
    ("title", "wanyuan"), [("(unit: CNY million)", "150"), ("（Unit: RMB 10,000）", "2")]
)
def test_english_units_above_the_table(
    tiny: Plan, tmp_path: Path, title: str, wanyuan: str
) -> None:
    rows = [[f"Key projects {title}"], ["Project", "Company", "Sector", "Investment", "Period"],
            ["New", "Jia Yi", "Robots", 1.5, "2021-2023"]]  # fmt: skip
    (project,) = added(proposed(tiny, xlsx(tmp_path / "a.xlsx", rows)))
    assert project["investment_wanyuan"] == wanyuan


def test_a_question_that_two_tables_raise_is_asked_once(tiny: Plan, tmp_path: Path) -> None:
    header = [title.replace("（万元）", "") for title in PROJECT_HEADER]
    path = xlsx(
        tmp_path / "表.xlsx", [header, row("甲", 300)], others={"表二": [header, row("乙", 400)]}
    )
    proposal = proposed(tiny, path)
    (question,) = proposal.open_questions
    assert (question.id, question.count, question.rows) == ("unit:总投资", 2, (2, 2))
    answered = proposed(tiny, path, answers={"unit:总投资": "万元"})
    assert [p["investment_wanyuan"] for p in added(answered)] == ["300", "400"]


def test_years_in_two_columns_the_wrong_way_round_are_refused(tiny: Plan, tmp_path: Path) -> None:
    header = [*PROJECT_HEADER[:5], "开工时间", "竣工时间"]
    rows = [header, [*row("甲", 300, "2023"), "2021"], [*row("乙", 300, "2021"), "2023"]]
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows))
    assert [(r.code, r.row, r.column) for r in proposal.refused] == [
        ("years.reversed", 2, "开工时间")
    ]
    assert [p["name_zh"] for p in added(proposal)] == ["乙"]


def test_a_column_of_units_belongs_to_the_figures_before_it(tiny: Plan, tmp_path: Path) -> None:
    header = ["企业名称", "项目名称", "所属产业", "总投资", "单位", "开竣工时间"]
    rows = [header, ["甲一公司", "甲", "机器人产业", 1.5, "亿元", "2021-2023"],
            ["甲一公司", "乙", "机器人产业", 1500, "万元", "2021-2023"]]  # fmt: skip
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows))
    assert proposal.open_questions == ()
    assert [p["investment_wanyuan"] for p in added(proposal)] == ["15000", "1500"]


def test_less_than_one_of_a_unit_is_refused_not_rounded_away(tiny: Plan, tmp_path: Path) -> None:
    rows = [PROJECT_HEADER, row("甲", 0.3), row("乙", 300)]
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows))
    assert [p["name_zh"] for p in added(proposal)] == ["乙"]
    assert [remark.code for remark in proposal.refused] == ["value.tiny"]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("甲区", "A"), ("甲区某路 1 号", "A"), ("某省某市乙区某镇", "B"),
        ("甲区（乙）", ""), ("某路甲区", ""), ("高新园", ""),
    ],
)  # fmt: skip
def test_an_address_tells_its_district_where_it_names_just_one(
    tiny: Plan, tmp_path: Path, place: str, code: str
) -> None:
    rows = [[*PROJECT_HEADER, "建设地点"], [*row("甲", 300), place]]
    change = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows)).tables["locations"]
    assert change.added["place_zh"].tolist() == [place]
    assert change.added["district_code"].fillna("").tolist() == [code]
    assert change.added["precision"].tolist() == ["district" if code else "unknown"]


def test_new_firms_are_named_in_the_summary(tiny: Plan, tmp_path: Path) -> None:
    rows = [PROJECT_HEADER, [1, "甲", "丁四新材料公司", "机器人产业", 300, "2021-2023年"]]
    summary = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows)).summary("zh")
    assert "企业：新增 1，修改 0（丁四新材料公司）" in summary


def test_an_amount_a_thousand_times_the_usual_is_told_with_its_row(
    tiny: Plan, tmp_path: Path
) -> None:
    rows = [PROJECT_HEADER, *(row(name, 300) for name in "甲乙丙丁"), row("戊", 3_000_000)]
    proposal = proposed(tiny, xlsx(tmp_path / "表.xlsx", rows))
    (told,) = [remark for remark in proposal.warnings if remark.code == "value.unlikely"]
    assert told.row == 6
    assert "10,000 倍" in told.message("zh")


def test_a_report_of_known_projects_needs_to_say_no_more_than_what_is_new(
    tiny: Plan, tmp_path: Path
) -> None:
    projects = tiny.tables["projects"]
    name, key = projects["name_zh"].iloc[0], projects["id"].iloc[0]
    (other, another) = projects["name_zh"].iloc[1], projects["id"].iloc[1]
    short = [["项目名称", "总投资(万元)"], [name, 12345], [other, 777]]
    proposal = proposed(tiny, xlsx(tmp_path / "a.xlsx", short))
    assert not proposal.open_questions
    told = [(c.id, c.field, c.new) for c in proposal.tables["projects"].fields]
    assert told == [(key, "investment_wanyuan", "12345"), (another, "investment_wanyuan", "777")]
    mixed = [PROJECT_HEADER, [1, name, None, None, 12345, None], row("甲", 300)]
    proposal = proposed(tiny, xlsx(tmp_path / "b.xlsx", mixed))
    assert proposal.refused == ()
    assert [(c.id, c.field) for c in proposal.tables["projects"].fields][-1:] == [
        (key, "investment_wanyuan")
    ]
    assert [p["name_zh"] for p in added(proposal)] == ["甲"]


def test_a_row_of_an_unknown_project_still_needs_its_firm(tiny: Plan, tmp_path: Path) -> None:
    name = tiny.tables["projects"]["name_zh"].iloc[0]
    rows = [
        PROJECT_HEADER,
        [1, name, "丁四新材料公司", None, 5, None],
        [2, "乙", None, None, 5, None],
    ]
    proposal = proposed(tiny, xlsx(tmp_path / "a.xlsx", rows))
    assert proposal.tables["projects"].changed == {}
    assert {remark.row for remark in proposal.refused} == {2, 3}
