"""Tables that office systems write as HTML or plain XML are spreadsheets, too."""

from datetime import datetime
from pathlib import Path

import pytest

from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.sheets import grids
from geoplan.exchange.sheets.grids import UNCOMPUTED, Merge
from geoplan.exchange.sheets.htmltables import html_grids
from geoplan.exchange.sheets.spreadsheets import read_book

PAGE = (
    '<html><head><meta charset="{}"><style>td {{ x: "<td>" }}</style><title>表</title></head><body>'
    "<!-- <tr><td>注释</td></tr> --><table><tr><td colspan=3>一览表</td></tr>"
    '<tr><th rowspan="2">名称</th><th colspan="2">投资</th></tr><tr><th>总投资</th><th>计划</th></tr>'
    '<tr><td>甲<br>二期&nbsp;&lt;A&gt;</td><td x:num="1234.5">1,235</td><td>\n  5\n </td></tr>'
    '<tr style="display:none"><td>乙<td>6<td></tr></table><script>"<td>x</td>"</script></body></html>'
)
BOOK = (
    '<?xml version="1.0"?><ss:Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
    '<ss:Worksheet ss:Name="项目"><ss:Table><ss:Column ss:Index="2" ss:Hidden="1"/>'
    '<ss:Row><ss:Cell ss:MergeAcross="1" ss:MergeDown="1"><ss:Data ss:Type="String">标题</ss:Data></ss:Cell>'
    '<ss:Cell><ss:Data ss:Type="String">右</ss:Data></ss:Cell></ss:Row>'
    '<ss:Row ss:Index="4" ss:Hidden="1"><ss:Cell><ss:Data ss:Type="Number">1200</ss:Data></ss:Cell>'
    '<ss:Cell ss:Index="3"><ss:Data ss:Type="DateTime">2018-03-01T00:00:00.000</ss:Data></ss:Cell>'
    '<ss:Cell ss:Formula="=1"/></ss:Row></ss:Table></ss:Worksheet>'
    '<ss:Worksheet ss:Name="藏"><ss:Table/><x:WorksheetOptions xmlns:x="x"><x:Visible>SheetHidden</x:Visible>'
    "</x:WorksheetOptions></ss:Worksheet></ss:Workbook>"
)


def page(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("declared", "encoding"), [("utf-8", "utf-8"), ("gb2312", "gbk"), ("utf-8", "gbk")]
)
def test_a_page_is_read_whatever_it_declares(tmp_path: Path, declared: str, encoding: str) -> None:
    book = read_book(page(tmp_path / "a.xls", PAGE.format(declared), encoding))
    (grid,) = book.grids
    assert book.form == "HTML"
    assert grid.cells.tolist() == [
        ["一览表", None, None],
        ["名称", "投资", None],
        [None, "总投资", "计划"],
        ["甲\n二期\xa0<A>", 1234.5, "5"],
        ["乙", "6", None],
    ]
    assert grid.merges == (Merge(1, 1, 0, 2), Merge(2, 3, 0, 0), Merge(2, 2, 1, 2))
    assert grid.hidden_rows == {5}


def test_a_table_in_a_table_stands_for_itself() -> None:
    inner, outer = html_grids("<table><tr><td>外<table><tr><td>内</table>面", "a.xls")
    assert (inner.cells.tolist(), outer.cells.tolist()) == ([["内"]], [["外面"]])


@pytest.mark.parametrize(
    "text", ["<html><p>无表</p></html>", "<table></table>", "<html><table><tr>"]
)
def test_a_page_without_a_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RefusedFileError) as caught:
        read_book(page(tmp_path / "a.xls", text))
    assert caught.value.remarks[0].code == "file.not_what_it_says"


@pytest.mark.parametrize("piece", ["<td ", "<td rowspan=9999999></tr>"])
def test_a_page_too_wide_is_refused(piece: str) -> None:
    with pytest.raises(RefusedFileError) as caught:
        html_grids("<table><tr>" + piece * 50_000, "a.xls")
    assert caught.value.remarks[0].code == "sheet.columns"


def test_a_row_may_begin_without_saying_so() -> None:
    (grid,) = html_grids("<table><td>甲</tr><td>乙</td></tr></table>", "a.xls")
    assert (grid.cells.tolist(), grid.numbers.tolist()) == ([["甲"], ["乙"]], [1, 2])


@pytest.mark.parametrize("piece", ["<!--", "<table>", "<style>", "<", "</td>"])
def test_a_crafted_page_ends_soon(piece: str) -> None:
    # What is left open is not looked for again at every tag.
    found = html_grids("<table><tr>" + piece * 50_000, "a.xls")
    assert not any(len(grid.cells) for grid in found)


def test_xml_spreadsheet_2003(tmp_path: Path) -> None:
    book = read_book(page(tmp_path / "a.xls", BOOK))
    first, hidden = book.grids
    assert (book.form, first.name, first.is_hidden, hidden.is_hidden) == (
        "XML",
        "项目",
        False,
        True,
    )
    assert first.cells.tolist() == [
        ["标题", None, "右", None],
        [1200.0, None, datetime(2018, 3, 1), UNCOMPUTED],
    ]
    assert first.numbers.tolist() == [1, 4]
    assert first.merges == (Merge(1, 2, 0, 1),)
    assert (first.hidden_rows, first.hidden_columns) == ({4}, {1})


@pytest.mark.parametrize(
    ("text", "code"),
    [("<?xml version='1.0'?><kml/>", "file.not_what_it_says"),
     ("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><Workbook>&b;</Workbook>", "xml.dtd"),
     ("<?xml version='1.0'?><Workbook><Worksheet><Table><Row Index='0'/>", "file.damaged"),
     ("<?xml version='1.0'?><Workbook><Worksheet><Table><Row Index='99999999999'/>", "file.damaged"),
     ("<?xml version='1.0'?><Workbook><Worksheet><Table><Row><Cell Index='9999'/>", "sheet.columns")],
)  # fmt: skip
def test_other_xml_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(RefusedFileError) as caught:
        read_book(page(tmp_path / "a.xml", text))
    assert caught.value.remarks[0].code == code


def test_the_cells_of_all_sheets_count_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = "<Worksheet><Table><Row><Cell><Data>1</Data></Cell></Row></Table></Worksheet>"
    path = page(tmp_path / "a.xml", f"<?xml version='1.0'?><Workbook>{sheet * 3}</Workbook>")
    assert len(read_book(path).grids) == 3
    monkeypatch.setattr(grids, "MOST_CELLS", 2)
    with pytest.raises(RefusedFileError) as caught:
        read_book(path)
    assert caught.value.remarks[0].code == "file.large"
