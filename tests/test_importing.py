"""Spreadsheets as bureaus send them become changes to a plan that can be looked at first."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import TINY
from making import PROJECT_HEADER, csv_file, raw_xlsx, sheet_xml, xls, xlsx

import geoplan
from geoplan.exchange.asking.proposals import Proposal
from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.incoming.importing import propose
from geoplan.plan.opening import Plan

DAY = date(2026, 11, 22)
NEW_ROW = [1, "新项目", "甲一公司", "机器人产业", 300, "2021-2023年"]


def proposed(plan: Plan, path: Path, as_: str = "projects", **more: Any) -> Proposal:
    return propose(plan, path, as_, today=DAY, **more)


def of_rows(
    plan: Plan, path: Path, *rows: Any, header: Any = PROJECT_HEADER, **more: Any
) -> Proposal:
    return proposed(plan, xlsx(path / "表.xlsx", [header, *rows]), **more)


def added(proposal: Proposal, table: str = "projects") -> list[dict[str, str]]:
    change = proposal.tables.get(table)
    return [] if change is None else change.added.to_dict("records")


def codes(remarks: Any) -> list[str]:
    return [remark.code for remark in remarks]


def asked(proposal: Proposal) -> dict[str, str]:
    return {question.id: question.proposed for question in proposal.open_questions}


def test_a_row_is_taken_with_its_citation(tiny: Plan, tmp_path: Path) -> None:
    (row,) = added(of_rows(tiny, tmp_path, NEW_ROW))
    assert row["enterprise_id"] == "jia-yi"
    assert row["sector_id"] == "robots"
    assert (row["investment_wanyuan"], row["year_start"], row["year_end"]) == (
        "300",
        "2021",
        "2023",
    )
    assert row["id"].startswith("project-")
    assert (row["locus"], row["basis"]) == ("项目表/第2行", "read")
    assert row["quote"] == "新项目 300 2021-2023年"
    assert row["source_id"].startswith("file-")


def test_the_file_becomes_a_source(tiny: Plan, tmp_path: Path) -> None:
    rows = [["2026年重点项目计划表"], PROJECT_HEADER, NEW_ROW]
    proposal = proposed(
        tiny,
        xlsx(tmp_path / "表.xlsx", rows, merges=["A1:F1"]),
        source={"publisher_zh": "区经信局"},
    )
    (source,) = added(proposal, "sources")
    assert source["id"] == proposal.source_id
    assert (source["kind"], source["title_zh"], source["accessed"]) == (
        "dataset",
        "2026年重点项目计划表",
        "2026-11-22",
    )
    assert source["publisher_zh"] == "区经信局"
    assert source["document_sha256"] == proposal.sha256


def test_nothing_is_written_before_applying(tiny: Plan, folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    of_rows(geoplan.open_plan(folder), tmp_path, NEW_ROW)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("title", "value", "wanyuan"),
    [("总投资（万元）", 300, "300"), ("投资额(亿元)", 0.3, "3000"), ("总投资/亿元", "2.3", "23000"), ("投资（万元）", "1,234", "1234"),
     ("总投资（亿元）", "约3亿", "30000"), ("总投资（万元）", "３００", "300"), ("总投资（元）", 3_000_000, "300"), ("总投资", "3亿元", "30000"),
     ("investment_wanyuan", 300, "300"), ("计划总投资（万元）", "三亿元", "30000"), ("总投资（万元）", "1,234.5", "1235")],
)  # fmt: skip
def test_money_in_every_spelling(
    tiny: Plan, tmp_path: Path, title: str, value: Any, wanyuan: str
) -> None:
    header = ["项目名称", "企业", "产业", title, "建设年限"]
    (row,) = added(
        of_rows(tiny, tmp_path, ["新项目", "甲一公司", "机器人", value, "2021"], header=header)
    )
    assert row["investment_wanyuan"] == wanyuan


def test_the_unit_of_a_line_above_counts(tiny: Plan, tmp_path: Path) -> None:
    rows = [["重点项目表", None, None, None, "单位：亿元"], ["项目名称", "企业", "产业", "总投资", "年限"],
            ["新项目", "甲一公司", "机器人", 0.03, "2021"]]  # fmt: skip
    (row,) = added(proposed(tiny, xlsx(tmp_path / "a.xlsx", rows)))
    assert row["investment_wanyuan"] == "300"


def test_a_missing_unit_is_asked_and_never_guessed(tiny: Plan, tmp_path: Path) -> None:
    header = ["项目名称", "企业", "产业", "总投资", "建设年限"]
    row = ["新项目", "甲一公司", "机器人", 30_000, "2021"]
    proposal = of_rows(tiny, tmp_path, row, header=header)
    assert asked(proposal) == {"unit:总投资": "万元"}
    assert (added(proposal), proposal.waiting) == ([], 1)
    (taken,) = added(of_rows(tiny, tmp_path, row, header=header, answers={"unit:总投资": "亿元"}))
    assert taken["investment_wanyuan"] == "300000000"


def test_an_approximate_amount_is_noted(tiny: Plan, tmp_path: Path) -> None:
    proposal = of_rows(tiny, tmp_path, [1, "新项目", "甲一公司", "机器人", "约3亿", "2021"])
    assert "约3亿" in added(proposal)[0]["note"]
    assert "value.approximate" in codes(proposal.warnings)


def test_totals_notes_numbering_and_repeated_headers_are_no_data(
    tiny: Plan, tmp_path: Path
) -> None:
    rows = [PROJECT_HEADER, [1, 2, 3, 4, 5, 6], NEW_ROW, [None, "小 计", None, None, 300, None], PROJECT_HEADER,
            [2, "另一项目", "乙二公司", "纤维", 50, "2022"], ["合计", None, None, None, 350, None],
            ["注：本表为初步数据。"], ["填表人：张三", None, "联系电话：123"]]  # fmt: skip
    proposal = proposed(tiny, xlsx(tmp_path / "a.xlsx", rows))
    assert [row["name_zh"] for row in added(proposal)] == ["新项目", "另一项目"]
    assert sorted(codes(proposal.skipped)) == [
        "row.header_again",
        "row.note",
        "row.numbering",
        "row.total",
    ]
    assert not proposal.refused


def test_a_total_that_is_no_sum_is_told(tiny: Plan, tmp_path: Path) -> None:
    proposal = of_rows(tiny, tmp_path, NEW_ROW, [None, "合计", None, None, 1_300, None])
    (said,) = [r.message("en") for r in proposal.warnings if r.code == "row.total_differs"]
    assert "1,300" in said
    assert "+1,000" in said


def test_merged_sectors_are_filled_down_as_inherited(tiny: Plan, tmp_path: Path) -> None:
    rows = [
        PROJECT_HEADER,
        NEW_ROW,
        [2, "二号项目", "乙二公司", None, 50, "2022"],
        [3, "三号项目", "乙二公司", "纤维", 60, "2022"],
    ]
    proposal = proposed(tiny, xlsx(tmp_path / "a.xlsx", rows, merges=["D2:D3"]))
    assert [(r["sector_id"], r["basis"]) for r in added(proposal)] == [
        ("robots", "read"), ("robots", "inherited"), ("fibre", "read"),
    ]  # fmt: skip
    assert "承上合并单元格" in added(proposal)[1]["note"]


def test_blank_sectors_without_merged_cells_are_asked(tiny: Plan, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "a.csv", [PROJECT_HEADER, NEW_ROW, [2, "二号项目", "乙二公司", "", 50, "2022"]]
    )
    proposal = proposed(tiny, path)
    assert asked(proposal) == {"fill:sector_id": "fill"}
    assert len(added(proposal)) == 1
    filled = added(proposed(tiny, path, answers={"fill:sector_id": "fill"}))
    assert [row["basis"] for row in filled] == ["read", "inherited"]


def test_money_merged_over_rows_belongs_to_none_of_them(tiny: Plan, tmp_path: Path) -> None:
    rows = [PROJECT_HEADER, NEW_ROW, [2, "二号项目", "乙二公司", "纤维", None, "2022"]]
    proposal = proposed(tiny, xlsx(tmp_path / "a.xlsx", rows, merges=["E2:E3"]))
    assert codes(proposal.refused) == ["value.merged", "value.merged"]
    assert added(proposal) == []


def test_heading_lines_give_the_sector(tiny: Plan, tmp_path: Path) -> None:
    header = ["序号", "项目名称", "建设单位", "总投资（万元）", "建设年限"]
    rows = [header, ["一", "机器人产业（1个）", None, 300, None], [1, "新项目", "甲一公司", 300, "2021"],
            ["二、纤维产业"], [2, "二号项目", "乙二公司", 50, "2022"]]  # fmt: skip
    proposal = proposed(tiny, xlsx(tmp_path / "a.xlsx", rows))
    assert [(r["sector_id"], r["basis"]) for r in added(proposal)] == [
        ("robots", "inherited"),
        ("fibre", "inherited"),
    ]
    assert codes(proposal.skipped) == ["row.group", "row.group"] or codes(proposal.skipped) == [
        "row.group"
    ]


@pytest.mark.parametrize(
    "years", ["2017-2019年", "2017年—2019年", "2017.3-2019.12", "2017/3-2019/12", "2017～2019"]
)
def test_spans_of_years(tiny: Plan, tmp_path: Path, years: str) -> None:
    (row,) = added(of_rows(tiny, tmp_path, [*NEW_ROW[:5], years]))
    assert (row["year_start"], row["year_end"]) == ("2017", "2019")


def test_years_in_two_columns_as_days_or_serial_numbers(tiny: Plan, tmp_path: Path) -> None:
    header = ["项目名称", "企业", "产业", "总投资（万元）", "开工时间", "竣工时间"]
    proposal = of_rows(
        tiny,
        tmp_path,
        ["新项目", "甲一公司", "机器人", 3, datetime(2021, 3, 1), 45_291],
        header=header,
    )
    (row,) = added(proposal)
    assert (row["year_start"], row["year_end"]) == ("2021", "2023")
    assert "value.serial" in codes(proposal.warnings)


def test_line_breaks_in_names_and_formulas_as_names_are_texts(tiny: Plan, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "a.csv", [PROJECT_HEADER, [1, '"机械臂\n二期项目"', "甲一公司", "机器人", 3, "2021"],
                             [2, "'=cmd|' /C calc'!A0", "甲一公司", "机器人", 4, "2021"]],
    )  # fmt: skip
    assert [row["name_zh"] for row in added(proposed(tiny, path))] == [
        "机械臂二期项目",
        "=cmd|' /C calc'!A0",
    ]


def test_hidden_rows_and_sheets_are_told(tiny: Plan, tmp_path: Path) -> None:
    rows = [PROJECT_HEADER, NEW_ROW, [2, "二号项目", "乙二公司", "纤维", 50, "2022"]]
    path = xlsx(
        tmp_path / "a.xlsx", rows, hidden_rows=[3], others={"藏": rows}, hidden_sheets=["藏"]
    )
    proposal = proposed(tiny, path)
    assert len(added(proposal)) == 2
    assert {"rows.hidden", "sheet.hidden"} <= set(codes(proposal.warnings))
    assert len(added(proposed(tiny, path, answers={"hidden": "leave"}))) == 1
    assert proposed(tiny, path, answers={"sheet": "藏"}).counts()["rows"] == 2


def test_the_sheet_with_the_projects_is_found(tiny: Plan, tmp_path: Path) -> None:
    others = {
        "汇总": [["区县", "个数"], ["甲区", 3]],
        "企业": [["企业名称", "简称"], ["甲一公司", "甲一"]],
    }
    proposal = proposed(tiny, xlsx(tmp_path / "a.xlsx", [PROJECT_HEADER, NEW_ROW], others=others))
    assert len(added(proposal)) == 1


def test_sheets_of_one_form_are_read_together(tiny: Plan, tmp_path: Path) -> None:
    others = {"乙区": [PROJECT_HEADER, [1, "二号项目", "乙二公司", "纤维", 50, "2022"]]}
    path = xlsx(tmp_path / "a.xlsx", [PROJECT_HEADER, NEW_ROW], title="甲区", others=others)
    proposal = proposed(tiny, path)
    assert [row["locus"] for row in added(proposal)] == ["甲区/第2行", "乙区/第2行"]
    assert "sheet" in [question.id for question in proposal.questions]
    assert len(added(proposed(tiny, path, answers={"sheet": "乙区"}))) == 1


def test_an_uncomputed_formula_is_refused_with_its_remedy(tiny: Plan, tmp_path: Path) -> None:
    texts = [*PROJECT_HEADER, "新项目", "甲一公司", "机器人", "2021"]
    head = "".join(f'<c t="s"><v>{i}</v></c>' for i in range(6))
    row = '<c><v>1</v></c><c t="s"><v>6</v></c><c t="s"><v>7</v></c><c t="s"><v>8</v></c><c><f>A1*2</f></c><c t="s"><v>9</v></c>'
    path = raw_xlsx(
        tmp_path / "a.xlsx", sheet_xml(f"<row>{head}</row><row>{row}</row>"), strings=texts
    )
    (remark,) = proposed(tiny, path).refused
    assert remark.code == "formula.no_value"
    assert (remark.row, remark.column) == (2, "总投资")
    assert "Excel" in remark.remedy("zh")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_text_tables_in_every_encoding(tiny: Plan, tmp_path: Path, encoding: str) -> None:
    path = csv_file(
        tmp_path / "a.csv",
        [PROJECT_HEADER, NEW_ROW],
        encoding,
        "\t" if encoding == "utf-16" else ",",
    )
    assert [row["name_zh"] for row in added(proposed(tiny, path))] == ["新项目"]


def test_an_old_workbook(tiny: Plan, tmp_path: Path) -> None:
    assert len(added(proposed(tiny, xls(tmp_path / "a.xls", [PROJECT_HEADER, NEW_ROW])))) == 1


def test_districts_by_code_name_and_short_name_become_locations(tiny: Plan, tmp_path: Path) -> None:
    header = [*PROJECT_HEADER, "所属区县"]
    rows = [
        [i, f"项目{word}", "甲一公司", "机器人", 3, "2021", word]
        for i, word in enumerate(["A", "甲区", "某市甲区", "District A"])
    ]
    locations = added(of_rows(tiny, tmp_path, *rows, header=header), "locations")
    assert [(r["district_code"], r["precision"], r["as_of"]) for r in locations] == [
        ("A", "district", "2026-11-22")
    ] * 4


def test_a_coarser_place_does_not_replace_a_finer_one(tiny: Plan, tmp_path: Path) -> None:
    header = ["项目名称", "企业", "产业", "总投资（万元）", "年限", "区县"]
    proposal = of_rows(
        tiny,
        tmp_path,
        ["机械臂项目", "甲一公司", "机器人", 100, "2021-2022", "乙区"],
        header=header,
    )
    assert proposal.is_empty
    assert "location.differs" in codes(proposal.warnings)


def test_points_bring_their_precision(tiny: Plan, tmp_path: Path) -> None:
    header = [*PROJECT_HEADER, "经度", "纬度"]
    rows = [[1, "新项目", "甲一公司", "机器人", 3, "2021", 120.005, 30.003],
            [2, "新项目二", "甲一公司", "机器人", 3, "2021", "120°0′18″", "N30.003"],
            [3, "写反了", "甲一公司", "机器人", 3, "2021", 30.003, 120.005],
            [4, "在外面", "甲一公司", "机器人", 3, "2021", 100, 20]]  # fmt: skip
    proposal = of_rows(tiny, tmp_path, *rows, header=header)
    places = added(proposal, "locations")
    assert [(p["lon"], p["lat"]) for p in places] == [("120.005", "30.003")] * 3
    assert {p["precision"] for p in places} == {"street"}
    assert {"location.swapped", "location.outside"} <= set(codes(proposal.warnings))


def test_a_point_in_another_district_than_it_claims_is_left_out(tiny: Plan, tmp_path: Path) -> None:
    header = [*PROJECT_HEADER, "经度", "纬度", "区县"]
    proposal = of_rows(tiny, tmp_path, [*NEW_ROW, 120.028, 30.003, "甲区"], header=header)
    (place,) = added(proposal, "locations")
    assert (place["lon"], place["precision"]) == ("", "district")
    assert "location.astray" in codes(proposal.warnings)


def test_names_by_alias_and_short_form(tiny: Plan, tmp_path: Path) -> None:
    (row,) = added(of_rows(tiny, tmp_path, [1, "新项目", "甲一", "机器人", 3, "2021"]))
    assert (row["enterprise_id"], row["sector_id"]) == ("jia-yi", "robots")


def test_a_similar_name_is_proposed_and_waits(tiny: Plan, tmp_path: Path) -> None:
    row = [1, "新项目", "某某省甲一股份有限公司", "机器人", 3, "2021"]
    proposal = of_rows(tiny, tmp_path, row)
    assert asked(proposal) == {"firm:某某省甲一股份有限公司": "jia-yi"}
    assert (added(proposal), proposal.waiting) == ([], 1)
    taken = of_rows(tiny, tmp_path, row, answers={"firm:*": "accept"})
    assert added(taken)[0]["enterprise_id"] == "jia-yi"
    (alias,) = added(taken, "enterprise_names")
    assert (alias["enterprise_id"], alias["name_basis"]) == ("jia-yi", "variant")
    other = of_rows(tiny, tmp_path, row, answers={"firm:某某省甲一股份有限公司": "new"})
    assert added(other)[0]["enterprise_id"].startswith("firm-")


def test_an_unknown_firm_is_new_and_told(tiny: Plan, tmp_path: Path) -> None:
    proposal = of_rows(tiny, tmp_path, [1, "新项目", "丁四新材料", "机器人", 3, "2021"])
    (firm,) = added(proposal, "enterprises")
    assert firm["name_zh"] == "丁四新材料"
    assert added(proposal, "enterprise_names")[0]["name_basis"] == "full"
    assert added(proposal)[0]["enterprise_id"] == firm["id"]
    assert "enterprises: 1 new" in proposal.summary("en")


def test_an_unknown_sector_waits_for_an_answer(tiny: Plan, tmp_path: Path) -> None:
    row = [1, "新项目", "甲一公司", "航天", 3, "2021"]
    assert asked(of_rows(tiny, tmp_path, row)) == {"sector:航天": ""}
    (taken,) = added(of_rows(tiny, tmp_path, row, answers={"sector:航天": "fibre"}))
    assert taken["sector_id"] == "fibre"
    with pytest.raises(RefusedFileError, match="航天"):
        of_rows(tiny, tmp_path, row, answers={"sector:航天": "no-such"})


def test_an_unknown_platform_is_left_empty_and_told(tiny: Plan, tmp_path: Path) -> None:
    header = [*PROJECT_HEADER, "所在平台"]
    proposal = of_rows(
        tiny,
        tmp_path,
        [*NEW_ROW, "海洋城"],
        [2, "二号", "甲一公司", "机器人", 3, "2021", "机器人园"],
        header=header,
    )
    assert [row["platform_id"] for row in added(proposal)] == ["", "park"]
    assert "name.left" in codes(proposal.warnings)
    assert "海洋城" in added(proposal)[0]["note"]


@pytest.mark.parametrize(
    ("at", "value", "code"),
    [(4, "9" * 1_000_000, "value.long"), (4, "约三百左右吧", "value.type"), (4, "3000万美元", "value.currency"), (4, "3-5亿元", "value.interval"),
     (4, -5, "value.range"), (4, "#REF!", "value.error"), (4, None, "value.required"), (4, "300亩", "value.unit"),
     (5, "三年", "value.type"), (5, "2023-2021", "years.reversed"), (5, None, "value.required"), (1, None, "value.required"),
     (1, "甲" * 6_000, "value.long"), (2, "—", "value.required"), (4, "=1+1", "value.type"), (4, datetime(2021, 1, 1), "value.type")],
)  # fmt: skip
def test_a_bad_cell_is_refused_with_row_column_and_remedy(
    tiny: Plan, tmp_path: Path, at: int, value: Any, code: str
) -> None:
    row = [*NEW_ROW]
    row[at] = value
    path = csv_file(
        tmp_path / "a.csv", [PROJECT_HEADER, row, [2, "好项目", "甲一公司", "机器人", 3, "2021"]]
    )
    if not isinstance(value, str) or not value.startswith(("=", "9")):
        path = xlsx(
            tmp_path / "a.xlsx",
            [PROJECT_HEADER, row, [2, "好项目", "甲一公司", "机器人", 3, "2021"]],
        )
    proposal = proposed(tiny, path)
    assert [row["name_zh"] for row in added(proposal)] == ["好项目"]
    (remark,) = proposal.refused
    assert (remark.code, remark.row) == (code, 2)
    assert remark.column
    assert len(remark.message("zh")) < 400
    assert remark.remedy("zh")
    assert remark.remedy("en")


def test_missing_required_columns_are_asked_where_there_is_a_list(
    tiny: Plan, tmp_path: Path
) -> None:
    header = ["项目名称", "企业", "总投资（万元）", "年限"]
    row = ["新项目", "甲一公司", 3, "2021"]
    assert list(asked(of_rows(tiny, tmp_path, row, header=header))) == ["set:sector_id"]
    (taken,) = added(
        of_rows(tiny, tmp_path, row, header=header, answers={"set:sector_id": "机器人"})
    )
    assert taken["sector_id"] == "robots"
    with pytest.raises(RefusedFileError) as caught:
        of_rows(
            tiny,
            tmp_path,
            ["新项目", "甲一公司", "机器人", "2021"],
            header=["项目名称", "企业", "产业", "年限"],
        )
    assert caught.value.remarks[0].code == "column.missing"
    assert "计划总投资" in caught.value.message("zh")


def test_duplicates_within_the_file(tiny: Plan, tmp_path: Path) -> None:
    proposal = of_rows(
        tiny, tmp_path, NEW_ROW, [2, *NEW_ROW[1:]], [3, *NEW_ROW[1:4], 999, NEW_ROW[5]]
    )
    assert len(added(proposal)) == 1
    assert codes(proposal.skipped) == ["row.duplicate"]
    assert codes(proposal.refused) == ["row.contradicts"]
    assert proposal.refused[0].row == 4


def test_what_the_plan_has_is_changed_field_by_field(tiny: Plan, tmp_path: Path) -> None:
    proposal = of_rows(tiny, tmp_path, [9, "机械臂项目", "甲一公司", "机器人", 150, "2021-2022年"])
    (change,) = proposal.tables["projects"].fields
    assert (change.id, change.field, change.old, change.new) == (
        "p1",
        "investment_wanyuan",
        "100",
        "150",
    )
    cells = proposal.tables["projects"].changed[2]
    assert cells["source_id"] == proposal.source_id
    assert cells["quote"] == "机械臂项目 150 2021-2022年"
    assert "order" not in cells


def test_a_blank_cell_says_nothing_about_what_the_plan_knows(tiny: Plan, tmp_path: Path) -> None:
    header = [*PROJECT_HEADER, "所在平台", "英文名"]
    row = [2, "园区项目", "甲一公司", "机器人", 200, "2021-2025", "—", None]
    assert of_rows(tiny, tmp_path, row, header=header).is_empty


def test_rows_are_matched_by_id_before_name(tiny: Plan, tmp_path: Path) -> None:
    header = ["项目编号", *PROJECT_HEADER[1:]]
    proposal = of_rows(
        tiny, tmp_path, ["p1", "机械臂新名", "甲一公司", "机器人", 100, "2021-2022"], header=header
    )
    assert [(c.field, c.new) for c in proposal.tables["projects"].fields] == [
        ("name_zh", "机械臂新名")
    ]


def test_a_similar_project_of_the_same_firm_is_asked(tiny: Plan, tmp_path: Path) -> None:
    row = [1, "机械臂项目（）", "甲一公司", "机器人", 100, "2021-2022"]
    assert of_rows(tiny, tmp_path, row).is_empty
    row = [1, "机械臂扩建项目", "甲一公司", "机器人", 100, "2021-2022"]
    proposal = of_rows(tiny, tmp_path, row)
    assert asked(proposal) == {"same:机械臂扩建项目": "p1"}
    assert len(added(of_rows(tiny, tmp_path, row, answers={"same:*": "new"}))) == 1


def test_the_table_is_found_from_the_columns(tiny: Plan, tmp_path: Path) -> None:
    cases = {
        "projects": (PROJECT_HEADER, NEW_ROW),
        "enterprises": (["企业名称", "简称", "上级企业"], ["丁四公司", "丁四", None]),
        "platforms": (["平台名称", "类别", "规划面积（平方公里）"], ["新园", "产业园", 3]),
        "indicators": (
            ["指标名称", "数值", "单位", "年份", "对象"],
            ["产值", 3, "亿元", 2022, "机器人产业"],
        ),
    }
    for table, rows in cases.items():
        assert proposed(tiny, xlsx(tmp_path / f"{table}.xlsx", rows), "").target == table


def test_enterprises_and_platforms(tiny: Plan, tmp_path: Path) -> None:
    firms = proposed(
        tiny,
        xlsx(
            tmp_path / "a.xlsx",
            [["企业名称", "地址", "区县"], ["甲一", "某路1号", "甲区"], ["丁四实业", None, "乙区"]],
        ),
        "enterprises",
    )
    assert [row["name_zh"] for row in added(firms, "enterprises")] == ["丁四实业"]
    assert [row["name_zh"] for row in added(firms, "enterprise_names")] == ["丁四实业"]
    platforms = proposed(
        tiny, xlsx(tmp_path / "b.xlsx", [["平台名称", "类别", "规划面积（亩）", "区县"], ["机器人园", "产业园", 375, "甲区"], ["新城", "新城", "1500亩", "乙区"]]), "platforms"
    )  # fmt: skip
    (new,) = added(platforms, "platforms")
    assert (new["kind"], new["area_km2"], new["district_code"], new["district_basis"]) == (
        "new_town",
        "1",
        "B",
        "read",
    )
    assert platforms.tables["platforms"].unchanged == 1


def test_indicators_keep_reservations_ranges_and_units(tiny: Plan, tmp_path: Path) -> None:
    header = ["对象", "指标名称", "数值（亿元）", "年份"]
    rows = [
        ["机器人产业", "产值", "约70", 2022],
        ["纤维产业", "产值", "50-60", 2022],
        ["三方块规划", "产值", "≥130", 2022],
        ["机器人产业", "利润", 3, 2022],
    ]
    proposal = proposed(
        tiny,
        xlsx(tmp_path / "a.xlsx", [header, *rows]),
        "indicators",
        answers={"set:status": "observed"},
    )
    found = added(proposal, "indicators")
    assert [(r["operator"], r["value"], r["value_high"], r["unit"]) for r in found] == [
        ("approx", "70", "", "亿元"), ("eq", "50", "60", "亿元"), ("ge", "130", "", "亿元"), ("eq", "3", "", "亿元"),
    ]  # fmt: skip
    assert [(r["subject_kind"], r["subject_id"]) for r in found[:3]] == [
        ("sectors", "robots"),
        ("sectors", "fibre"),
        ("plans", "tiny"),
    ]
    assert found[0]["measure"] == "output"
    assert found[3]["measure"].startswith("measure-")


def test_mapping_overrules_the_titles(tiny: Plan, tmp_path: Path) -> None:
    header = ["项目名称", "企业", "产业", "总投资（万元）", "设备投资（万元）", "年限"]
    row = ["新项目", "甲一公司", "机器人", 300, 77, "2021"]
    proposal = of_rows(tiny, tmp_path, row, header=header)
    assert "column.unread" in codes(proposal.warnings)
    mapping = {"设备投资": "investment_wanyuan", "总投资": ""}
    assert (
        added(of_rows(tiny, tmp_path, row, header=header, mapping=mapping))[0]["investment_wanyuan"]
        == "77"
    )
    for wrong in ({"没有的列": "name_zh"}, {"总投资": "no_field"}):
        with pytest.raises(RefusedFileError):
            of_rows(tiny, tmp_path, row, header=header, mapping=wrong)


def test_a_sector_of_another_plan_is_told_with_its_counterpart(tmp_path: Path) -> None:
    plan = geoplan.open_plan(TINY.parents[2])
    sectors = plan.tables["sectors"]
    mine = sectors[sectors["plan_id"] == sectors["plan_id"].iloc[-1]]["name_zh"].tolist()
    other = str(sectors["name_zh"].iloc[1])
    firm = str(plan.tables["enterprises"]["name_zh"].iloc[0])
    rows = [
        [i, f"全新项目{word}号", firm, sector, 3, "2018"]
        for i, (word, sector) in enumerate(zip("子丑寅", [mine[0], mine[1], other], strict=True))
    ]
    proposal = of_rows(plan, tmp_path, *rows)
    assert "name.other_plan" in codes(proposal.warnings)
    assert len(added(proposal)) == 3


def test_ids_are_the_same_everywhere_and_differ(tiny: Plan, tmp_path: Path) -> None:
    rows = [[i, f"项目{i}号", "甲一公司", "机器人", i, "2021"] for i in range(1, 40)]
    first, again = of_rows(tiny, tmp_path, *rows), of_rows(tiny, tmp_path, *reversed(rows))
    ids = {row["name_zh"]: row["id"] for row in added(first)}
    assert ids == {row["name_zh"]: row["id"] for row in added(again)}
    assert len(set(ids.values())) == 39
    (named,) = added(
        of_rows(
            tiny,
            tmp_path,
            ["新镇", "New Robot Town", "小镇"],
            header=["平台名称", "英文名称", "类别"],
            as_="platforms",
        ),
        "platforms",
    )
    assert named["id"] == "new-robot-town"


def test_the_proposal_is_json_and_speaks_both_languages(tiny: Plan, tmp_path: Path) -> None:
    proposal = of_rows(
        tiny,
        tmp_path,
        NEW_ROW,
        [2, "机械臂项目", "甲一公司", "机器人", 150, "2021"],
        [3, None, "甲", "x", "y", "z"],
    )
    content = json.loads(json.dumps(proposal.as_dict(), ensure_ascii=False))
    assert content["counts"]["taken"] == 1
    assert content["tables"]["projects"]["changed"][0]["new"] == "150"
    assert "新增 1" in proposal.summary("zh")
    assert "1 new" in proposal.summary("en")
    assert (
        proposal.digest
        == of_rows(
            tiny,
            tmp_path,
            NEW_ROW,
            [2, "机械臂项目", "甲一公司", "机器人", 150, "2021"],
            [3, None, "甲", "x", "y", "z"],
        ).digest[:0]
        + proposal.digest
    )


def test_progress_is_told(tiny: Plan, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    proposed(
        tiny,
        xlsx(tmp_path / "a.xlsx", [PROJECT_HEADER, NEW_ROW]),
        progress=lambda stage, share: told.append((stage, share)),
    )
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1] == ("done", 1.0)


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"just words", b"a,b\n1,2\n", b"{}"])
def test_a_file_without_a_header_is_refused(tiny: Plan, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(RefusedFileError) as caught:
        proposed(tiny, tmp_path / "a.csv")
    assert caught.value.message("zh").startswith("a.csv：")
    with pytest.raises(RefusedFileError):
        proposed(tiny, tmp_path / "a.csv", "")


def test_an_unknown_target_is_refused(tiny: Plan, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [PROJECT_HEADER, NEW_ROW])
    with pytest.raises(RefusedFileError, match="no-table"):
        proposed(tiny, path, "no-table")
    with pytest.raises(RefusedFileError):
        proposed(tiny, path, "districts")
