import csv
import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from conftest import set_cell
from hypothesis import given
from hypothesis import strategies as st
from test_round_trips import part_of

import geoplan
from geoplan.exchange.outgoing.exporting import export
from geoplan.exchange.outgoing.order import Order
from geoplan.exchange.outgoing.tabular import SIDECAR, csv_texts, guarded, unguarded, write_xlsx
from geoplan.plan.problems import Both
from geoplan.plan.tables import read_table
from geoplan.schema import TABLES

DAY = date(2026, 11, 22)


def lines(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


@given(st.text())
def test_a_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    safe = guarded(text)
    assert safe[:1] not in set("=+-@\t\r\n＝＋－＠")
    assert unguarded(safe) == text


@given(
    st.sampled_from(["", "'", "''"]), st.sampled_from("=+-@\t\r\n＝＋－＠a"), st.text(max_size=4)
)
def test_a_text_that_looks_guarded_already_comes_back_too(a: str, b: str, c: str) -> None:
    assert unguarded(guarded(a + b + c)) == a + b + c


@pytest.mark.parametrize("table", TABLES)
def test_a_table_as_csv_reads_back_to_the_same_table(
    tiny: geoplan.Plan, tmp_path: Path, table: str
) -> None:
    path = export(tiny, table, tmp_path / f"{table}.csv")
    found, problems = read_table(path, TABLES[table])
    assert problems == []
    pd.testing.assert_frame_equal(
        found.reset_index(drop=True), tiny.tables[table].reset_index(drop=True)
    )


def test_csv_begins_with_a_byte_order_mark_unless_asked_not_to(
    tiny: geoplan.Plan, tmp_path: Path
) -> None:
    assert export(tiny, "hubs", tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfid,")
    plain = export(tiny, "hubs", tmp_path / "b.csv", bom=False).read_bytes()
    assert plain.startswith(b"id,")
    assert plain.count(b"\r\n") == plain.count(b"\n") == 2


def test_a_csv_has_its_origin_and_columns_beside_it(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "projects", tmp_path / "p.csv", today=DAY)
    said = json.loads((tmp_path / f"p.csv{SIDECAR}").read_text("utf-8"))
    assert said["url"] == "p.csv"
    columns = said["tableSchema"]["columns"]
    assert [c["titles"] for c in columns] == lines(path)[0]
    money = next(c for c in columns if c["name"] == "investment_wanyuan")
    assert money["dc:title"]["zh"] == "计划总投资(万元)"
    assert money["datatype"] == "integer"
    origin = json.loads(said["dc:provenance"])
    assert origin["plan"]["id"] == "tiny"
    assert origin["exported"] == "2026-11-22"


def test_points_are_in_the_table_and_areas_are_told(tiny: geoplan.Plan, tmp_path: Path) -> None:
    told: list[Both] = []
    path = export(tiny, "layer_hubs", tmp_path / "h.csv", tell=told.append)
    header, row = lines(path)
    assert header[-2:] == ["lon", "lat"]
    assert [float(v) for v in row[-2:]] == [120.025911, 30.003485]
    assert told == []
    header = lines(export(tiny, "districts", tmp_path / "d.csv", tell=told.append))[0]
    assert header == ["code", "name_zh", "name_en"]
    assert ["shapes of “districts”" in b.en for b in told] == [True]
    places = lines(export(tiny, "layer_platforms", tmp_path / "p.csv"))[0]
    assert "lon" not in places, "an area is no point"


def test_cells_are_plain(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "t": ["=x", None, 'a"b,c\nd'],
            "n": [6.0, np.nan, -0.25],
            "i": pd.array([1, None, -3], dtype="Int64"),
            "f": pd.array([True, None, False], dtype="boolean"),
            "d": pd.to_datetime(["2021-05-01", None, "2020-01-01"]),
            "j": [["=y", 1], None, {"a": 1}],
            "=h": [1, 2, 3],
        }
    )
    text = "".join(csv_texts(part_of(frame), Order()))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["t", "n", "i", "f", "d", "j", "'=h"]
    assert rows[1] == ["'=x", "6", "1", "true", "2021-05-01", '["=y",1]', "1"]
    assert rows[2] == ["", "", "", "", "", "", "2"]
    assert rows[3] == ['a"b,c\nd', "-0.25", "-3", "false", "2020-01-01", '{"a":1}', "3"]


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def test_a_workbook_has_units_in_the_headers_and_says_where_it_comes_from(
    tiny: geoplan.Plan, tmp_path: Path
) -> None:
    path = export(tiny, "projects,density_district,sectors", tmp_path / "x.xlsx", today=DAY)
    found = sheets(path)
    assert list(found) == [
        "投资项目", "每平方公里投资(按区县)", "产业", "字段说明", "说明", "来源",
    ]  # fmt: skip
    header, *rows = found["投资项目"]
    column = header.index("计划总投资（万元）")
    assert [row[column] for row in rows] == tiny.tables["projects"]["investment_wanyuan"].tolist()
    meanings = {(row[0], row[1]): row for row in found["字段说明"]}
    assert meanings["投资项目", "investment_wanyuan"][2:5] == [
        "计划总投资", "planned investment", "万元",
    ]  # fmt: skip
    assert "read = 原文" in meanings["投资项目", "basis"][6]
    about = " ".join(str(row[1]) for row in found["说明"])
    assert "规划示意，非测绘成果" in about
    assert "落位 600 + 区外 0 + 仅知更粗位置 0 + 未落位 50 = 650" in about
    assert "导出 2026-11-22" in about
    assert {row[0] for row in found["来源"][1:]} >= {"tiny-plan"}


def test_a_workbook_speaks_english(tiny: geoplan.Plan, tmp_path: Path) -> None:
    found = sheets(export(tiny, "projects", tmp_path / "x.xlsx", language="en"))
    assert list(found) == ["an investment project", "Fields", "About", "Sources"]
    assert "planned investment (万元)" in found["an investment project"][0]


def test_hostile_cells_of_a_workbook_are_text(folder: Path, tmp_path: Path) -> None:
    for row, text in enumerate(["=1+1", "+1", "@SUM(A1)", "http://x.y"], 2):
        set_cell(folder, "projects", row, "name_zh", text)
    path = export(geoplan.open_plan(folder), "projects", tmp_path / "x.xlsx")
    found = sheets(path)["投资项目"]
    column = found[0].index("项目名称")
    assert [row[column] for row in found[1:]] == ["=1+1", "+1", "@SUM(A1)", "http://x.y"]
    with zipfile.ZipFile(path) as book:
        assert b"<f>" not in b"".join(book.read(name) for name in book.namelist())
        assert not [name for name in book.namelist() if "externalLink" in name]


def test_numbers_show_the_decimals_that_tell_them_apart(tmp_path: Path) -> None:
    frame = pd.DataFrame({"whole": [1.0, 2.0], "fine": [0.0012, 0.0034], "none": [np.nan, np.nan]})
    path = tmp_path / "x.xlsx"
    write_xlsx(path, [part_of(frame)], Order())
    page = openpyxl.load_workbook(path).worksheets[0]
    assert [page.cell(2, i).number_format for i in (1, 2)] == ["#,##0", "#,##0.0000"]


def test_rows_beyond_a_spreadsheet_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geoplan.exchange.office.workbooks.MOST_ROWS", 5)
    with pytest.raises(geoplan.GeoplanError, match="rows"):
        write_xlsx(tmp_path / "x.xlsx", [part_of(pd.DataFrame({"n": range(6)}))], Order())
