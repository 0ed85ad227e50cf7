"""The header is found wherever it is, of as many lines as it has."""

from pathlib import Path

import pytest
from making import csv_file, xlsx

from geoplan.exchange.sheets.headers import Header, find_header, title_and_unit
from geoplan.exchange.sheets.spreadsheets import read_book

DATA = [1, "机械臂项目", "甲一公司", "机器人", 100, 50, 2021, 2022]


def header_of(path: Path, table: str = "projects", line: int = 0) -> Header:
    found = find_header(read_book(path).grids[0], table, line=line)
    assert found is not None
    return found


def fields(header: Header, table: str = "projects") -> dict[str, str]:
    found = {name: at for at, (name, _) in header.fields(table).items()}
    return {name: header.headings[at].title for name, at in found.items()}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("填报单位：区经信局          单位：亿元、亩", ["亿元", "亩"]),
        ("单位：万元  填报单位：发改局", ["万元"]),
        ("编制单位：某局", []),
    ],
)
def test_the_office_and_the_units_may_stand_in_one_line(
    tmp_path: Path, line: str, expected: list[str]
) -> None:
    rows = [["某区重点项目表"], [line],
            ["项目名称", "建设单位", "总投资", "用地面积"], ["甲", "乙", 3, 5]]  # fmt: skip
    header = header_of(xlsx(tmp_path / "a.xlsx", rows, merges=["A1:D1", "A2:D2"]))
    assert [unit.name for unit in header.units] == expected


def test_title_rows_above_are_passed_over(tmp_path: Path) -> None:
    rows = [["某区重点项目表"], ["填报单位：区经信局", None, None, "单位：亿元"], [],
            ["序号", "项目名称", "建设单位", "总投资", "建设年限"], [1, "甲", "乙", 3, "2021年"]]  # fmt: skip
    header = header_of(xlsx(tmp_path / "a.xlsx", rows, merges=["A1:E1"]))
    assert (header.first, header.last) == (2, 2)
    assert header.caption == "某区重点项目表"
    assert [unit.name for unit in header.units] == ["亿元"]
    assert set(fields(header)) == {
        "order",
        "name_zh",
        "enterprise_id",
        "investment_wanyuan",
        "years",
    }


MERGED = [
    ["序号", "项目名称", "建设单位", "产业", "投资额（万元）", None, "建设年限", None],
    [None, None, None, None, "总投资", "已完成投资", "起", "止"],
]
MERGES = ["A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1", "G1:H1"]


def test_two_lines_with_merged_groups(tmp_path: Path) -> None:
    header = header_of(xlsx(tmp_path / "a.xlsx", [*MERGED, DATA], merges=MERGES))
    assert (header.first, header.last) == (0, 1)
    found = fields(header)
    assert found["investment_wanyuan"] == "投资额/总投资"
    assert (found["year_start"], found["year_end"]) == ("建设年限/起", "建设年限/止")
    assert [h.unit.name for h in header.headings if h.unit] == ["万元", "万元"]


def test_two_lines_without_merged_cells(tmp_path: Path) -> None:
    header = header_of(csv_file(tmp_path / "a.csv", [*MERGED, DATA]))
    assert (header.first, header.last) == (0, 1)
    assert fields(header)["year_end"] == "建设年限/止"
    assert header.headings[5].title == "投资额/已完成投资"


def test_three_lines(tmp_path: Path) -> None:
    rows = [
        ["序号", "项目情况", None, None, None],
        [None, "项目名称", "建设单位", "投资", None],
        [None, None, None, "总投资（亿元）", "其中：设备"],
        [1, "甲", "乙", 3, 1],
    ]
    header = header_of(
        xlsx(tmp_path / "a.xlsx", rows, merges=["A1:A3", "B1:E1", "B2:B3", "C2:C3", "D2:E2"])
    )
    assert (header.first, header.last) == (0, 2)
    found = fields(header)
    assert found["name_zh"] == "项目情况/项目名称"
    assert found["investment_wanyuan"] == "项目情况/投资/总投资"


def test_a_line_of_units_under_the_titles(tmp_path: Path) -> None:
    rows = [
        ["项目名称", "建设单位", "总投资", "建设年限"],
        [None, None, "（亿元）", None],
        ["甲", "乙", 3, "2021年"],
    ]
    header = header_of(xlsx(tmp_path / "a.xlsx", rows))
    assert header.last == 1
    assert [h.unit.name for h in header.headings if h.unit] == ["亿元"]


def test_a_single_line_does_not_swallow_the_first_row(tmp_path: Path) -> None:
    rows = [
        ["项目名称", "建设单位", "产业", "总投资（万元）"],
        ["甲项目", "乙公司", "机器人", "约3亿"],
        ["丙", None, None, None],
    ]
    assert header_of(xlsx(tmp_path / "a.xlsx", rows)).last == 0
    assert header_of(csv_file(tmp_path / "a.csv", rows)).last == 0


def test_the_user_may_say_the_line(tmp_path: Path) -> None:
    rows = [["项目名称", "建设单位", "总投资"], ["项目名称", "企业名称", "总投资"], ["甲", "乙", 3]]
    path = xlsx(tmp_path / "a.xlsx", rows)
    assert header_of(path).first == 0
    assert header_of(path, line=2).first == 1
    assert find_header(read_book(path).grids[0], "projects", line=9) is None


def test_a_sheet_without_titles_has_no_header(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [["甲", 1, 2], ["乙", 3, 4]])
    assert find_header(read_book(path).grids[0], "projects") is None


@pytest.mark.parametrize(
    ("text", "title", "unit"),
    [("总投资（万元）", "总投资", "万元"), ("投资额(亿元)", "投资额", "亿元"), ("用地面积/亩", "用地面积", "亩"),
     ("总投资：万元", "总投资", "万元"), ("总投资 万元", "总投资", "万元"), ("投资（单位：亿元）", "投资", "亿元"),
     ("总投资\n(亿元，含地价)", "总投资", "亿元"), ("面积（㎡）", "面积", "m2"), ("planned investment (万元)", "planned investment", "万元"),
     ("总投资万元", "总投资", "万元")],
)  # fmt: skip
def test_units_in_titles(text: str, title: str, unit: str) -> None:
    found_title, found = title_and_unit(text, "projects")
    assert found is not None
    assert (found_title, found.name) == (title, unit)


@pytest.mark.parametrize("text", ["建设单位（业主）", "区（县、市）", "项目名称"])
def test_brackets_without_unit_stay(text: str) -> None:
    assert title_and_unit(text, "projects") == (text, None)
