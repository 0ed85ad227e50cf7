import io
import itertools
import sys
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geoplan
from geoplan.errors import OutputError
from geoplan.exchange.office import workbooks
from geoplan.exchange.office.cells import cell_of, cleaned, sheet_names, width_for
from geoplan.exchange.office.workbooks import Column, Properties, Sheet, sources_sheet, workbook

DAY = datetime(2026, 11, 22, 8, tzinfo=UTC)
PROPERTIES = Properties("测试 & 表", "题目", "说明", DAY)
HOSTILE = ["=1+1", "+1", "-1", "@a", "=cmd|' /C calc'!A0", "http://x.y", "mailto:a@b", "\t=1", "007",
           "{=A1}", "#REF!", "<b>&amp;", "2017-2019", "1e5", "'x", "\ud800", "a\x00b", " "]  # fmt: skip


def read(content: bytes, **options: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content), **options)


def first_sheet(sheet: Sheet, **options: Any) -> Any:
    return read(workbook([sheet], PROPERTIES, **options)).worksheets[0]


def column_of(kind: Any, values: list[Any], **options: Any) -> list[Any]:
    page = first_sheet(Sheet("s", [Column("c", kind=kind, **options)], [[v] for v in values]))
    return [page.cell(i + 2, 1).value for i in range(len(values))]


def xml_of(content: bytes, name: str = "xl/worksheets/sheet1.xml") -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name).decode()


# ---- texts stay texts


@pytest.mark.parametrize("streams", [False, True])
def test_no_text_becomes_a_formula_a_link_or_a_number(streams: bool) -> None:
    content = workbook(
        [Sheet("s", [Column("c")], [[text] for text in HOSTILE])], PROPERTIES, streams=streams
    )
    xml = xml_of(content)
    assert "<f>" not in xml
    assert "hyperlink" not in xml
    page = read(content).worksheets[0]
    cells = [page.cell(i + 2, 1) for i in range(len(HOSTILE))]
    assert [cell.value for cell in cells] == [cleaned(text) or None for text in HOSTILE]
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    # Edited and left again, they stay texts.
    risky = [cell for cell in cells if str(cell.value)[:1] in "=+-@\t"]
    assert len(risky) == 6
    assert all(cell.quotePrefix for cell in risky)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_any_text_comes_back_as_it_was(texts: list[str]) -> None:
    page = first_sheet(Sheet("s", [Column("c")], [[text] for text in texts]))
    found = [page.cell(i + 2, 1).value for i in range(len(texts))]
    assert found == [cleaned(text) or None for text in texts]


def test_a_text_too_long_for_a_cell_says_so() -> None:
    found = column_of("text", ["名" * 40_000])[0]
    assert len(found) == 32_767
    assert found.endswith("…")


# ---- values


def test_values_are_what_they_are() -> None:
    assert column_of("integer", [1, np.int64(2), 3.0, 2**60]) == [1, 2, 3, str(2**60)]
    missing = [None, float("nan"), pd.NA, pd.NaT, np.nan]
    assert column_of("number", missing) == [None] * 5
    assert column_of("number", [float("inf"), -0.5]) == ["inf", -0.5]
    assert column_of("flag", [True, False, np.bool_(True), None]) == ["是", "否", "是", None]
    assert column_of("text", [330109, "0012", 1.5]) == ["330109", "0012", "1.5"]


def test_days_are_days() -> None:
    said = [date(2017, 5, 2), pd.Timestamp("2017-05-02"), datetime(2017, 5, 2, 23, tzinfo=UTC)]
    assert column_of("date", [*said, None]) == [datetime(2017, 5, 2)] * 3 + [None]
    assert column_of("time", [datetime(2017, 5, 2, 8, 30)]) == [datetime(2017, 5, 2, 8, 30)]
    # Before spreadsheets begin to count.
    assert column_of("date", [date(1850, 1, 1)]) == ["1850-01-01"]
    page = first_sheet(Sheet("s", [Column("c", kind="date")], [[said[0]]]))
    assert page["A2"].number_format == "yyyy-mm-dd"


def test_numbers_have_their_format() -> None:
    columns = [Column("a", kind="integer"), Column("b", kind="number", decimals=3),
               Column("c", kind="share"), Column("d", kind="year"), Column("e")]  # fmt: skip
    page = first_sheet(Sheet("s", columns, [[1234, 1.5, 0.25, 2025, "x"]]))
    formats = [page.cell(2, i).number_format for i in range(1, 6)]
    assert formats == ["#,##0", "#,##0.000", "0.0%", "0", "@"]
    # Some spreadsheets show a long text in the text format as “####”.
    assert first_sheet(Sheet("s", [Column("a")], [["长" * 300]]))["A2"].number_format == "General"


# ---- the sheet


def test_a_sheet_can_be_read_and_printed() -> None:
    columns = [Column("名称"), Column("投资", "万元", "integer")]
    page = first_sheet(Sheet("排名", columns, [["甲", 1]], frozen=1, printed=1))
    assert [cell.value for cell in page[1]] == ["名称", "投资（万元）"]
    assert page["A1"].font.b
    assert page["A1"].font.name == "宋体"
    assert page.freeze_panes == "B2"
    assert page.print_title_rows == "$1:$1"
    assert page.page_setup.orientation == "landscape"
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
    assert str(page.page_setup.paperSize) == "9"
    assert page.auto_filter.ref == "A1:B2"
    assert page.print_area.endswith("$A$1:$A$2")
    # An ampersand begins a command in a header.
    assert page.oddHeader.left.text == "测试 && 表"


def test_columns_are_as_wide_as_their_chinese() -> None:
    assert width_for(Column("c"), ["一二三四五六七八"]) == pytest.approx(18)
    assert width_for(Column("c"), ["abcdefgh"]) == pytest.approx(10)
    assert width_for(Column("c"), ["长" * 500]) == 46
    assert width_for(Column("c", kind="number"), [1234567.891]) == pytest.approx(14)
    page = first_sheet(Sheet("s", [Column("c", width=30)], []))
    assert page.column_dimensions["A"].width == pytest.approx(30, abs=1)


def test_a_row_is_as_high_as_its_texts() -> None:
    page = first_sheet(Sheet("s", [Column("c", width=20)], [["长" * 50], ["短"], ["a\nb\nc"]]))
    heights = [page.row_dimensions[i].height for i in (2, 3, 4)]
    assert heights[1] is None
    assert (heights[0], heights[2]) == pytest.approx((7 * 14.5 + 1, 3 * 14.5 + 1), abs=0.5)


def test_names_of_sheets_are_accepted() -> None:
    names = sheet_names(["a/b:c", "A_B_C", "x" * 40, "x" * 40, "'q'", "", "History", "二[1]"])
    assert names == [
        "a_b_c", "A_B_C (2)", "x" * 31, "x" * 26 + " (2)", "q", "Sheet6", "History (2)", "二_1_",
    ]  # fmt: skip
    sheets = [Sheet(title, [Column("c")], [["v"]]) for title in ["a/b", "a/b", "[]"]]
    assert len(read(workbook(sheets, PROPERTIES)).worksheets) == 3


def test_the_file_says_what_it_is() -> None:
    facts = read(workbook([Sheet("s", [Column("c")])], PROPERTIES)).properties
    assert (facts.title, facts.subject, facts.description) == ("测试 & 表", "题目", "说明")
    assert (facts.creator, facts.created) == ("geoplan", DAY.replace(tzinfo=None))


def test_the_same_sheets_give_the_same_bytes() -> None:
    sheets = [Sheet("s", [Column("c", choices=("a",), comment="k")], [["a"]])]
    assert workbook(sheets, PROPERTIES) == workbook(sheets, PROPERTIES)


# ---- templates


def test_a_list_offers_its_choices_whatever_they_hold() -> None:
    choices = (*(f"第{i}项, 含逗号" for i in range(60)), "=1+1")
    columns = [
        Column("类别", choices=choices),
        Column("又", choices=choices),
        Column("乙", choices=("x",)),
    ]
    book = read(workbook([Sheet("表", columns, []), Sheet("选项", columns, [])], PROPERTIES))
    assert book.sheetnames == ["表", "选项", "选项 (2)"]
    page, listed = book["表"], book["选项 (2)"]
    rules = {str(rule.sqref): rule for rule in page.data_validations.dataValidation}
    assert set(rules) == {"A2:A1048576", "B2:B1048576", "C2:C1048576"}
    assert rules["A2:A1048576"].formula1 == "'选项 (2)'!$A$2:$A$62"
    assert rules["C2:C1048576"].formula1 == "'选项 (2)'!$B$2:$B$2"
    assert [listed.cell(i + 2, 1).value for i in range(61)] == list(choices)
    assert "<f>" not in xml_of(workbook([Sheet("表", columns, [])], PROPERTIES))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column("c", kind="integer", least=0), ("whole", "greaterThanOrEqual", "0", None)),
        (Column("c", kind="number", most=1), ("decimal", "lessThanOrEqual", "1", None)),
        (Column("c", kind="year", least=1990, most=2100), ("whole", "between", "1990", "2100")),
        (Column("c", kind="date", least=date(2017, 1, 1)), ("date", "greaterThanOrEqual", "42736", None)),
    ],
)  # fmt: skip
def test_a_column_has_limits(column: Column, expected: tuple[Any, ...]) -> None:
    rule = first_sheet(Sheet("s", [column])).data_validations.dataValidation[0]
    operator = rule.operator or "between"
    assert (rule.type, operator, rule.formula1, rule.formula2) == expected
    assert rule.errorTitle


def test_a_template_explains_itself_with_an_example() -> None:
    columns = [Column("名称", comment="全称"), Column("投资", "万元", "integer", comment="整数")]
    page = first_sheet(Sheet("s", columns, [["乙", 2]], example=["甲厂", 100]))
    assert [cell.value for cell in page[2]] == ["甲厂", 100]
    assert page["A2"].font.i
    assert [cell.value for cell in page[3]] == ["乙", 2]
    assert not page["A3"].font.i
    assert "全称" in page["A1"].comment.text
    assert "示例" in page["A1"].comment.text
    assert "整数" in page["B1"].comment.text


# ---- large and missing


def test_a_long_table_is_streamed_and_the_same() -> None:
    def rows() -> Any:
        return ([i, f"名{i % 7}", i / 3] for i in range(2_000))

    columns = [Column("a", kind="integer"), Column("b"), Column("c", kind="number")]
    streamed = workbook([Sheet("s", columns, rows())], PROPERTIES, streams=True)
    whole = workbook([Sheet("s", columns, rows())], PROPERTIES)
    assert list(read(streamed).worksheets[0].values) == list(read(whole).worksheets[0].values)


def test_more_rows_than_a_spreadsheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 10)
    endless = ([i] for i in itertools.count())
    with pytest.raises(OutputError, match="CSV"):
        workbook([Sheet("s", [Column("c")], endless)], PROPERTIES, streams=True)
    fits = Sheet("s", [Column("c")], [[i] for i in range(10)])
    assert workbook([fits], PROPERTIES)


def test_without_its_engine_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(OutputError, match="geoplan\\[map\\]"):
        workbook([], PROPERTIES)


def test_sources_go_with_the_data(tiny: geoplan.Plan) -> None:
    page = first_sheet(sources_sheet(tiny.sources, "zh"))
    assert page["A2"].value == "tiny-plan"
    assert page["B2"].value == "三方块规划"
    assert page["D2"].value == datetime(2021, 1, 1)
    english = first_sheet(sources_sheet(tiny.sources, "en"))
    assert [cell.value for cell in english[1]][:2] == ["Id", "Title"]
    assert english["B2"].value == "Plan of three squares"


def test_a_cell_is_in_the_language_asked() -> None:
    assert (cell_of(True, "flag", "zh"), cell_of(True, "flag", "en")) == ("是", "yes")
