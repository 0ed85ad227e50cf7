"""Make the files that bureaus send: spreadsheets in every shape, archives, shapefiles."""

import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl

Row = Sequence[Any]

PROJECT_HEADER = ("序号", "项目名称", "建设单位", "所属产业", "总投资（万元）", "建设年限")


def xlsx(
    path: Path,
    rows: Iterable[Row],
    *,
    merges: Sequence[str] = (),
    hidden_rows: Sequence[int] = (),
    title: str = "项目表",
    others: Mapping[str, Sequence[Row]] | None = None,
    hidden_sheets: Sequence[str] = (),
    formats: Mapping[str, str] | None = None,
) -> Path:
    """A workbook; merged ranges as ``A1:B2``, number formats by cell."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for area in merges:
        sheet.merge_cells(area)
    for number in hidden_rows:
        sheet.row_dimensions[number].hidden = True
    for cell, form in (formats or {}).items():
        sheet[cell].number_format = form
    for name, content in (others or {}).items():
        other = book.create_sheet(name)
        for row in content:
            other.append(list(row))
        if name in hidden_sheets:
            other.sheet_state = "hidden"
    book.save(path)
    return path


def raw_xlsx(path: Path, sheet: str, *, strings: Sequence[str] = (), **more: str) -> Path:
    """A workbook of one sheet with exactly this XML in it; ``more`` replaces other parts."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    texts = "".join(f"<si><t>{text}</t></si>" for text in strings)
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{links}"><Relationship Id="r" Type="{kinds}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{kinds}"><sheets>'
        '<sheet name="表" sheetId="1" r:id="s1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{links}">'
        f'<Relationship Id="s1" Type="{kinds}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="s2" Type="{kinds}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="s3" Type="{kinds}/styles" Target="styles.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{texts}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"/>',
        "xl/worksheets/sheet1.xml": sheet,
    } | {name.replace("__", "/"): text for name, text in more.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def sheet_xml(rows: str, after: str = "") -> str:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def xls(
    path: Path, rows: Iterable[Row], *, hidden_rows: Sequence[int] = (), name: str = "Sheet1"
) -> Path:
    """A workbook as Excel 95 wrote it, its texts in GBK, without the usual container."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def head(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHH", 0x0500, kind, 0, 0))

    font = record(
        0x0031, struct.pack("<HHHHHBBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0, 5) + b"Arial"
    )
    look = record(0x00E0, struct.pack("<HHHHHHHH", 0, 0, 0xFFF5, 0, 0, 0, 0, 0))
    start = head(0x0005) + record(0x0042, struct.pack("<H", 936)) + font + look
    encoded = name.encode("gbk")
    size = 4 + 7 + len(encoded)
    whole = (
        start
        + record(0x0085, struct.pack("<IBBB", len(start) + size + 4, 0, 0, len(encoded)) + encoded)
        + record(0x000A, b"")
    )
    cells = b""
    for at, row in enumerate(rows):
        flags = 0x20 if at + 1 in hidden_rows else 0
        cells += record(0x0208, struct.pack("<HHHHHHHH", at, 0, len(row), 255, 0, 0, flags, 0))
        for column, value in enumerate(row):
            place = struct.pack("<HHH", at, column, 0)
            if isinstance(value, str):
                text = value.encode("gbk")
                cells += record(0x0204, place + struct.pack("<H", len(text)) + text)
            elif value is not None:
                cells += record(0x0203, place + struct.pack("<d", float(value)))
    path.write_bytes(whole + head(0x0010) + cells + record(0x000A, b""))
    return path


def csv_file(
    path: Path, rows: Iterable[Row], encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    """A text table; cells are written as they are, without quotation marks."""
    text = "".join(
        delimiter.join("" if v is None else str(v) for v in row) + "\r\n" for row in rows
    )
    path.write_bytes(text.encode(encoding))
    return path


def shapefile(
    path: Path, frame: gpd.GeoDataFrame, *, encoding: str = "UTF-8", without: Sequence[str] = (),
    cpg: str = "",
) -> Path:  # fmt: skip
    """A zipped shapefile, some of its parts left out or its ``.cpg`` telling something else."""
    folder = path.parent / f"{path.stem}-parts"
    folder.mkdir()
    frame.to_file(folder / f"{path.stem}.shp", encoding=encoding)
    if cpg:
        (folder / f"{path.stem}.cpg").write_text(cpg)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            if part.suffix not in without:
                archive.write(part, part.name)
    return path


def archive(path: Path, members: Mapping[str, bytes | str]) -> Path:
    """A ZIP with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path
