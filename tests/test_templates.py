"""A template filled in from its own lists is read back without a question."""

import io
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import ROOT, TINY

import geoplan
from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.incoming.importing import propose
from geoplan.exchange.sheets.templates import template, template_fields
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Language
from geoplan.schema import TABLES

DAY = date(2026, 11, 22)


def filled(content: bytes, rows: list[list[Any]], path: Path) -> Path:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def lists_of(content: bytes) -> dict[int, tuple[str, ...]]:
    """Position of a column → what its list offers."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    found = {}
    for rule in sheet.data_validations.dataValidation:
        if rule.type != "list":
            continue
        name, _, area = rule.formula1.rpartition("!")
        cells = book[name.strip("'")][area.replace("$", "")]
        column = openpyxl.utils.cell.range_boundaries(str(rule.sqref))[0] - 1
        found[column] = tuple(str(row[0].value) for row in cells)
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("table", TABLES)
def test_an_empty_template_of_any_table_asks_nothing(
    tiny: Plan, tmp_path: Path, table: str, language: Language
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(template(table, language, tiny))
    proposal = propose(tiny, path, today=DAY)
    assert proposal.target == table
    assert proposal.is_empty
    assert not proposal.questions
    assert not proposal.refused
    assert [remark.code for remark in proposal.skipped] == ["row.example"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("folder", [TINY, ROOT], ids=["tiny", "embedded"])
@pytest.mark.parametrize(
    "table", ["projects", "enterprises", "platforms", "hubs", "platform_firms", "chain_gaps"]
)
def test_every_choice_of_every_list_reads_back(
    tmp_path: Path, table: str, folder: Path, language: Language
) -> None:
    plan = geoplan.open_plan(folder)
    content = template(table, language, plan)
    lists = lists_of(content)
    fields = template_fields(table)
    usual = {
        "text": "文字",
        "integer": 3,
        "number": 2,
        "year": 2021,
        "date": "2021-05-01",
        "id": None,
        "list": None,
        "colour": None,
    }
    rows = []
    for number in range(max(map(len, lists.values()), default=1)):
        row: list[Any] = []
        for at, column in enumerate(fields):
            if at in lists:
                row.append(lists[at][number % len(lists[at])])
            elif column.name in ("name_zh", "item_zh"):
                row.append(f"独有{'子丑寅卯辰巳午未申酉'[number % 10]}{number}号")
            elif column.name in ("lon", "lat", "accuracy_m", "parent_id", "id"):
                row.append(None)
            else:
                row.append(usual[column.kind] if column.required else None)
        rows.append(row)
    proposal = propose(plan, filled(content, rows, tmp_path / "a.xlsx"), today=DAY)
    assert not proposal.open_questions
    assert not [r for r in proposal.refused if r.code != "row.contradicts"]
    change = proposal.tables[table]
    for at, choices in lists.items():
        column = fields[at]
        if column.references in TABLES and len(rows) >= len(choices) and not proposal.refused:
            found = set(change.added[column.name]) if column.name in change.added else set(choices)
            assert len(found) + change.unchanged >= len(choices), column.name


def test_lists_units_and_comments_of_a_template(tiny: Plan) -> None:
    content = template("projects", "zh", tiny)
    book = openpyxl.load_workbook(io.BytesIO(content))
    titles = [cell.value for cell in book.worksheets[0][1]]
    assert titles[:6] == [
        "项目编号",
        "企业",
        "产业",
        "项目名称",
        "项目英文名",
        "计划总投资（万元）",
    ]
    lists = {titles[at]: choices for at, choices in lists_of(content).items()}
    assert lists["产业"] == ("机器人产业", "纤维产业")
    assert lists["企业"] == ("甲一公司", "乙二公司", "丙三公司")
    assert lists["平台"] == ("甲区机器人园",)
    assert lists["区县代码"] == ("甲区", "乙区", "丙区")
    assert book.sheetnames[1] == "填写说明"


def test_a_new_firm_may_be_typed_although_there_is_a_list(tiny: Plan, tmp_path: Path) -> None:
    content = template("projects", "zh", tiny)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    rules = re.findall(r"<dataValidation [^>]*>", sheet)
    assert [("information" in rule) for rule in rules if 'sqref="B2' in rule] == [True]
    assert not [rule for rule in rules if "information" in rule and 'sqref="B2' not in rule]
    row = [
        None,
        "丁四新材料",
        "机器人产业",
        "新项目",
        None,
        "3亿元",
        2021,
        2023,
        "甲区机器人园",
        None,
        "甲区",
    ]
    proposal = propose(tiny, filled(content, [row], tmp_path / "a.xlsx"), today=DAY)
    assert not proposal.questions
    assert proposal.tables["projects"].added["investment_wanyuan"].tolist() == ["30000"]
    assert proposal.tables["locations"].added["district_code"].tolist() == ["A"]


def test_things_of_one_name_are_told_apart_by_their_id(folder: Path, tmp_path: Path) -> None:
    text = (folder / "data/sectors.csv").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("robots,"))
    (folder / "data/sectors.csv").write_text(
        text + line.replace("robots,", "robots-2,", 1) + "\n", "utf-8"
    )
    plan = geoplan.open_plan(folder)
    content = template("projects", "zh", plan)
    choices = lists_of(content)[2]
    assert choices == ("机器人产业 [robots]", "纤维产业", "机器人产业 [robots-2]")
    assert Directory(plan).find("sectors", choices[2]).ids == ("robots-2",)


def test_the_same_plan_gives_the_same_lists_every_time(tiny: Plan) -> None:
    assert lists_of(template("projects", "en", tiny)) == lists_of(template("projects", "en", tiny))
