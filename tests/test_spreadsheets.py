"""Sheets are read as they lie there, and no file can do harm by being read."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from making import archive, csv_file, raw_xlsx, sheet_xml, xls, xlsx

from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.sheets import grids, workbookreading
from geoplan.exchange.sheets.grids import UNCOMPUTED, Merge
from geoplan.exchange.sheets.spreadsheets import read_book

ROWS = [["项目名称", "总投资"], ["机械臂\n项目", 100.5], ["乙", None], [], ["丙", "约3亿"]]


def refusal(path: Path) -> str:
    with pytest.raises(RefusedFileError) as caught:
        read_book(path)
    return caught.value.remarks[0].code


def test_cells_blank_rows_merges_and_hidden_parts_of_a_workbook(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "a.xlsx", ROWS, merges=["A3:A5"], hidden_rows=[2],
        others={"藏": [["x"]], "空": []}, hidden_sheets=["藏"],
    )  # fmt: skip
    book = read_book(path)
    assert [(g.name, g.is_hidden) for g in book.grids] == [
        ("项目表", False),
        ("藏", True),
        ("空", False),
    ]
    grid = book.grids[0]
    assert grid.numbers.tolist() == [1, 2, 3, 5]
    assert grid.cells[:3].tolist() == [
        ["项目名称", "总投资"],
        ["机械臂\n项目", 100.5],
        ["乙", None],
    ]
    assert grid.merges == (Merge(3, 5, 0, 0),)
    assert grid.hidden_rows == {2}


def test_days_are_told_by_their_format_the_chinese_built_in_ones_too(tmp_path: Path) -> None:
    styles = (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/>'
        '<numFmt numFmtId="171" formatCode="0.0&quot;亩&quot;"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="57"/><xf numFmtId="170"/><xf numFmtId="171"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    cells = "".join(f'<c r="{c}1" s="{i}"><v>44197</v></c>' for i, c in enumerate("ABCDE"))
    path = raw_xlsx(
        tmp_path / "a.xlsx", sheet_xml(f'<row r="1">{cells}</row>'), **{"xl/styles.xml": styles}
    )
    day = datetime(2021, 1, 1)
    assert read_book(path).grids[0].cells.tolist() == [[44197.0, day, day, 44197.0, day]]


def test_serial_numbers_may_count_from_1904(tmp_path: Path) -> None:
    assert workbookreading.day_of_serial(42735, starts_1904=True) == datetime(2021, 1, 1)
    assert workbookreading.day_of_serial(59) == datetime(1900, 2, 28)
    assert workbookreading.day_of_serial(61) == datetime(1900, 3, 1)
    assert workbookreading.day_of_serial(float("nan")) is None


def test_every_kind_of_cell(tmp_path: Path) -> None:
    row = (
        '<c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><r><t>富</t></r><r><t>文本</t></r>'
        '<rPh sb="0" eb="1"><t>フ</t></rPh></is></c><c r="C1" t="b"><v>1</v></c>'
        '<c r="D1" t="e"><v>#REF!</v></c><c r="E1" t="str"><f>A1&amp;"x"</f><v>甲x</v></c>'
        '<c r="F1"><f>1+1</f></c><c r="G1"><f>1+1</f><v>2</v></c><c r="H1" t="d"><v>2021-03-05</v></c>'
        '<c r="J1" t="s"><v>1</v></c>'
    )
    path = raw_xlsx(
        tmp_path / "a.xlsx", sheet_xml(f"<row>{row}</row>"), strings=["甲", "一_x000D_二"]
    )
    assert read_book(path).grids[0].cells.tolist() == [
        [
            "甲",
            "富文本",
            True,
            "#REF!",
            "甲x",
            UNCOMPUTED,
            2.0,
            datetime(2021, 3, 5),
            None,
            "一\r二",
        ]
    ]


def test_prefixed_elements_and_cells_without_reference(tmp_path: Path) -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = (
        f'<x:worksheet xmlns:x="{main}"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c>'
        "<x:c/><x:c><x:v>3</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert read_book(raw_xlsx(tmp_path / "a.xlsx", sheet)).grids[0].cells.tolist() == [
        [1.0, None, 3.0]
    ]


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"]
)
def test_entities_are_refused_wherever_they_are_declared(tmp_path: Path, part: str) -> None:
    bomb = (
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
        "<worksheet><sheetData><row><c t='str'><v>&b;&c;</v></c></row></sheetData></worksheet>"
    )
    path = raw_xlsx(tmp_path / "a.xlsx", sheet_xml("<row><c><v>1</v></c></row>"), **{part: bomb})
    assert refusal(path) == "xml.dtd"


def test_a_lonely_cell_far_away_takes_no_memory(tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="B1048576"><v>1</v></c></row>'
    grid = read_book(raw_xlsx(tmp_path / "a.xlsx", sheet_xml(far))).grids[0]
    assert grid.numbers.tolist() == [1_048_576]
    assert grid.cells.shape == (1, 2)


def test_too_many_rows_and_columns_are_refused_with_sheet_and_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        refusal(raw_xlsx(tmp_path / "a.xlsx", sheet_xml('<row><c r="XFD1"><v>1</v></c></row>')))
        == "sheet.columns"
    )
    monkeypatch.setattr(grids, "MOST_ROWS", 10)
    path = xlsx(tmp_path / "b.xlsx", [[i] for i in range(11)])
    with pytest.raises(RefusedFileError) as caught:
        read_book(path)
    assert (
        caught.value.message("zh")
        == "b.xlsx：项目表：工作表超过 10 行。请拆成几个文件分批导入，或删去无关行。"
    )
    assert refusal(csv_file(tmp_path / "b.csv", [[i] for i in range(11)])) == "sheet.rows"
    xlsx(tmp_path / "c.xlsx", [[i] for i in range(10)])
    assert len(read_book(tmp_path / "c.xlsx").grids[0].cells) == 10


def test_the_size_of_a_sheet_is_that_of_its_longest_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "MOST_CELLS", 5)
    assert refusal(csv_file(tmp_path / "a.csv", [["1", "2", "3"], ["1"]])) == "file.large"
    assert refusal(csv_file(tmp_path / "b.csv", [["1", "2"]] * 3)) == "file.large"
    assert read_book(csv_file(tmp_path / "c.csv", [["1"]] * 5)).grids[0].cells.size == 5


def test_merged_areas_in_one_another_are_taken_once(tmp_path: Path) -> None:
    merges = "".join(f'<mergeCell ref="A{top}:A1048576"/>' for top in range(2, 2_000))
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 4))
    sheet = sheet_xml(rows, f"<mergeCells>{merges}</mergeCells>")
    assert read_book(raw_xlsx(tmp_path / "a.xlsx", sheet)).grids[0].merges == (
        Merge(2, 1_048_576, 0, 0),
    )


def test_a_part_stands_for_one_sheet_only(tmp_path: Path) -> None:
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheets = "".join(f'<sheet name="{n}" r:id="s1"/>' for n in range(9))
    main = f'<workbook xmlns:r="{kinds}"><sheets>{sheets}</sheets></workbook>'
    sheet = sheet_xml("<row><c><v>1</v></c></row>")
    path = raw_xlsx(tmp_path / "a.xlsx", sheet, **{"xl/workbook.xml": main})
    assert refusal(path) == "file.damaged"


def test_an_endless_number_stays_a_text(tmp_path: Path) -> None:
    endless = "9" * 1_000_000
    path = raw_xlsx(
        tmp_path / "a.xlsx", sheet_xml(f"<row><c><v>{endless}</v></c><c><v>1e999</v></c></row>")
    )
    cells = read_book(path).grids[0].cells[0]
    assert isinstance(cells[0], str)
    assert len(cells[0]) < 600_000
    assert cells[1] == float("inf")


@pytest.mark.parametrize(
    "sheet",
    ["<worksheet><sheetData><row>", "no xml", sheet_xml('<row><c r="!!"><v>1</v></c></row>'),
     sheet_xml('<row><c t="s"><v>99</v></c></row>'), sheet_xml('<row><c><v>abc</v></c></row>'),
     sheet_xml('<row r="x"><c><v>1</v></c></row>'), sheet_xml('<row><c><v>1_000</v></c></row>'),
         sheet_xml(f'<row r="{9 * 10**22}"><c><v>1</v></c></row>'),
         sheet_xml('<row r="0"><c><v>1</v></c></row>'),
         sheet_xml('<row r="2"><c><v>1</v></c></row><row r="2"><c><v>1</v></c></row>')],
)  # fmt: skip
def test_damaged_sheets_are_told_as_such(tmp_path: Path, sheet: str) -> None:
    assert refusal(raw_xlsx(tmp_path / "a.xlsx", sheet)) == "file.damaged"


def test_an_old_workbook_in_gbk(tmp_path: Path) -> None:
    path = xls(
        tmp_path / "a.xls",
        [["项目名称", "总投资"], ["机械臂", 100.5], ["乙", None]],
        hidden_rows=[3],
    )
    grid = read_book(path).grids[0]
    assert grid.cells.tolist() == [["项目名称", "总投资"], ["机械臂", 100.5], ["乙", None]]
    assert grid.hidden_rows == {3}


def test_a_damaged_old_workbook_is_refused(tmp_path: Path) -> None:
    path = xls(tmp_path / "a.xls", [["甲", 1]])
    path.write_bytes(path.read_bytes()[:60])
    assert refusal(path) == "file.damaged"
    (tmp_path / "b.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert refusal(tmp_path / "b.xls") == "file.damaged"


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    xlsx(tmp_path / "really.xlsx", ROWS).rename(tmp_path / "a.xls")
    assert read_book(tmp_path / "a.xls").form == "XLSX"
    (tmp_path / "b.xls").write_text("<html><table><tr><td>1</td></tr></table></html>")
    assert read_book(tmp_path / "b.xls").form == "HTML"


@pytest.mark.parametrize(
    ("content", "found"),
    [("word/document.xml", "Word"), ("xl/workbook.bin", "XLSB"), ("content.xml", "ODS"),
     (b"%PDF-1.4 \xe4", "PDF"), (b"\xff\xd8\xff\xe0\x00", "JPEG"), (b"Rar!\x1a\x07", "RAR")],
)  # fmt: skip
def test_what_is_no_table_is_told_by_its_name(
    tmp_path: Path, content: str | bytes, found: str
) -> None:
    path = tmp_path / "a.xlsx"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        archive(path, {content: "<a/>"})
    with pytest.raises(RefusedFileError) as caught:
        read_book(path)
    assert caught.value.remarks[0].code == "file.not_what_it_says"
    assert found in caught.value.message("zh")


def test_a_protected_workbook_is_told(tmp_path: Path) -> None:
    content = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le")
    )
    (tmp_path / "a.xlsx").write_bytes(content)
    assert refusal(tmp_path / "a.xlsx") == "file.encrypted"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"]
)
@pytest.mark.parametrize(
    ("suffix", "delimiter"),
    [("csv", ","), ("tsv", "\t"), ("csv", ";"), ("txt", "\t"), ("csv", "\t")],
)
def test_text_tables_in_every_encoding_and_with_every_delimiter(
    tmp_path: Path, encoding: str, suffix: str, delimiter: str
) -> None:
    rows = [
        ["项目名称", "总投资（万元）", "年限"],
        ["机械臂项目，一期", "100", "2021-2022年"],
        ["乙", "2", ""],
    ]
    book = read_book(csv_file(tmp_path / f"a.{suffix}", rows, encoding, delimiter))
    assert book.grids[0].cells[1].tolist() == ["机械臂项目，一期", "100", "2021-2022年"]
    assert not book.grids[0].has_merges


def test_a_text_guarded_by_an_export_is_itself_again(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [["a", "b"], ["'=1+1", "''-2"], ["'tis", "x"]])
    assert read_book(path).grids[0].cells[1:].tolist() == [["=1+1", "'-2"], ["'tis", "x"]]


def test_an_encoding_may_be_said(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [["項目", "x"], ["一", "y"]], "big5")
    assert read_book(path, encoding="big5").grids[0].cells[0, 0] == "項目"
    for wrong in ("no-such", "ascii"):
        with pytest.raises(RefusedFileError):
            read_book(path, encoding=wrong)


def test_binary_rubbish_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(np.random.default_rng(1).bytes(5_000))
    assert refusal(tmp_path / "a.csv") == "encoding.unknown"
