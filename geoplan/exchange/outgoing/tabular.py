"""CSV and XLSX: rows for people and spreadsheets, with the origin beside or inside.

In a CSV no text can become a formula: one that a spreadsheet would run gets an
apostrophe in front, and so does one that begins with apostrophes and such a
sign, so that :func:`unguarded` gives back exactly what was there.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.exchange.files.replacing import write_chunks
from geoplan.exchange.office.workbooks import (
    Column,
    Kind,
    Properties,
    Sheet,
    sources_sheet,
    workbook,
)
from geoplan.exchange.outgoing.corners import DECIMALS
from geoplan.exchange.outgoing.encoding import (
    Progress,
    lonlat,
    plain_values,
    without_shapes,
)
from geoplan.exchange.outgoing.fields import Field, FieldKind, fields_of, kind_of
from geoplan.exchange.outgoing.ogr import json_text
from geoplan.exchange.outgoing.order import Order, Part, day_of
from geoplan.exchange.outgoing.provenance import summary_of, title_of
from geoplan.plan.problems import Both, Language
from geoplan.schema import VOCABULARIES

SIDECAR = "-metadata.json"
"""What follows a CSV file's name in that of its sidecar, as “CSV on the Web” has it."""

_GUARDED = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_BOM = "\ufeff"
_BLOCK = 10_000
_STREAMED = 100_000
_POINT = ("lon", "lat")


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> guarded("=1+1"), guarded("a=1"), guarded("'=1")
    ("'=1+1", 'a=1', "''=1")
    """
    return f"'{text}" if _GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """The text that :func:`guarded` was given.

    Examples
    --------
    >>> unguarded("'=1+1"), unguarded("a=1"), unguarded("'tis")
    ('=1+1', 'a=1', "'tis")
    """
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def write_csv(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write one part as CSV in UTF-8; points get the columns ``lon`` and ``lat``."""
    (part,) = parts
    with path.open("w", encoding="utf-8", newline="") as file:
        if order.bom:
            file.write(_BOM)
        for text in csv_texts(part, order):
            file.write(text)


def write_csv_sidecar(path: Path, part: Part, order: Order) -> None:
    """Write origin and columns beside a CSV file: “CSV on the Web”."""
    content = json.dumps(_sidecar(path.name, part, order), ensure_ascii=False, indent=1)
    write_chunks(path.with_name(path.name + SIDECAR), [content.encode() + b"\n"])


def csv_texts(part: Part, order: Order) -> Iterator[str]:
    """The lines of a CSV file, some at a time."""
    rows = _with_points(part, order)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([guarded(str(name)) for name in rows.columns])
    for start in range(0, max(len(rows), 1), _BLOCK):
        block = rows.iloc[start : start + _BLOCK]
        columns = [[_csv_cell(v) for v in plain_values(block[name])] for name in block.columns]
        writer.writerows(zip(*columns, strict=True))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        if order.progress is not None:
            order.progress(min(start + _BLOCK, len(rows)), len(rows))


def _csv_cell(value: Any) -> Any:
    if isinstance(value, str):
        return guarded(value)
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int) else guarded(json_text(value))


def _with_points(part: Part, order: Order) -> pd.DataFrame:
    """The rows without shapes; points, which are exact places, as longitude and latitude."""
    rows = without_shapes(part.frame)
    if not isinstance(part.frame, gpd.GeoDataFrame):
        return rows
    shapes = lonlat(part.frame)
    known = ~shapely.is_missing(shapes)
    are_points = shapely.get_type_id(shapes[known]) == 0
    if known.any() and are_points.all() and not set(_POINT) & set(rows.columns):
        corners = np.full((len(rows), 2), np.nan)
        corners[known] = np.round(shapely.get_coordinates(shapes), DECIMALS)
        return rows.assign(lon=corners[:, 0], lat=corners[:, 1])
    order.tell(
        Both(
            f"“{part.name}”的图形未写入表格；需要图形请导出 GeoPackage 或 GeoJSON。",
            f"The shapes of “{part.name}” are not in the table; write GeoPackage or GeoJSON for them.",
        )
    )
    return rows


def _sidecar(file: str, part: Part, order: Order) -> dict[str, Any]:
    origin = part.origin
    shown = _shown_fields(part, without_shapes(part.frame))
    columns = [
        {
            "name": re.sub(r"\W", "_", field.name),
            "titles": field.name,
            "dc:title": {"zh": field.heading("zh"), "en": field.heading("en")},
            "datatype": _DATATYPES.get(field.kind, "string"),
        }
        for field in shown
    ]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": order.language}],
        "url": file,
        "dc:title": title_of(origin, order.language),
        "dc:description": summary_of(origin, order.language),
        "dc:license": origin.get("licence", ""),
        "dc:date": origin.get("as_of", ""),
        "dc:provenance": json.dumps(origin, ensure_ascii=False, sort_keys=True),
        "dialect": {"encoding": "utf-8", "header": True, "delimiter": ","},
        "tableSchema": {"columns": columns},
    }


_DATATYPES: Mapping[FieldKind, str] = {
    "integer": "integer", "year": "integer", "number": "double", "date": "date",
    "time": "dateTime", "flag": "boolean",
}  # fmt: skip


def _shown_fields(part: Part, rows: pd.DataFrame) -> list[Field]:
    """The fields of some columns; what the dataset does not know is told by what it holds."""
    known = {field.name: field for field in part.dataset.fields}
    found = fields_of(rows, [part.dataset.of, "locations"])
    return [known.get(field.name, field) for field in found]


def write_xlsx(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write a workbook: a sheet for each part, then what the columns mean, and the sources."""
    language = order.language
    total = sum(len(part.frame) for part in parts)
    sheets, shown, done = [], [], 0
    for part in parts:
        rows = _with_points(part, order)
        fields = _shown_fields(part, rows)
        shown.append((part, fields))
        title = part.dataset.title[language]
        columns = [_column(field, rows[field.name], language) for field in fields]
        sheets.append(Sheet(title, columns, _rows(rows, order.progress, done, total), frozen=1))
        done += len(rows)
    sheets += [_dictionary(shown, language), _about(parts, language), _sources(parts, language)]
    first = parts[0].origin
    properties = Properties(
        title=first["plan"][f"title_{language}"],
        subject=title_of(first, language) if len(parts) == 1 else "",
        comments=f"{first[f'disclaimer_{language}']} · {first['plan']['id']} {first['plan']['sha256']}",
        made=datetime.combine(day_of(parts, order), time(), UTC),
        language=language,
    )
    path.write_bytes(workbook(sheets, properties, streams=total > _STREAMED))


def _rows(
    rows: pd.DataFrame, progress: Progress | None, done: int, total: int
) -> Iterator[list[Any]]:
    for start in range(0, len(rows), _BLOCK):
        block = rows.iloc[start : start + _BLOCK]
        columns = [_cells(block[name]) for name in block.columns]
        yield from map(list, zip(*columns, strict=True))
        if progress is not None:
            progress(done + start + len(block), total)


def _cells(values: "pd.Series[Any]") -> list[Any]:
    if kind_of(values) == "nested":
        return [None if v is None else json_text(v) for v in plain_values(values)]
    return list(values.astype(object).tolist())


def _column(field: Field, values: "pd.Series[Any]", language: Language) -> Column:
    kinds: Mapping[FieldKind, Kind] = {
        "integer": "integer", "number": "number", "year": "year", "date": "date",
        "time": "time", "flag": "flag",
    }  # fmt: skip
    found = kind_of(values)
    kind = kinds.get(field.kind, "text")
    if kind in ("integer", "year") and found == "number":
        kind = "number"
    title = field.title[language]
    other = field.title["en" if language == "zh" else "zh"]
    comment = field.name if title == field.name else f"{field.name} · {other}"
    decimals = _decimals(values) if kind == "number" else 0
    return Column(title, field.unit, kind, decimals=decimals, comment=comment)


def _decimals(values: "pd.Series[Any]") -> int:
    """Decimals that show what tells the values apart, six at most."""
    sizes = values.dropna().abs().to_numpy(dtype=float)
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    for decimals in range(DECIMALS):
        if np.allclose(sizes, np.round(sizes, decimals), rtol=1e-3, atol=0):
            return decimals
    return DECIMALS


def _dictionary(shown: Sequence[tuple[Part, Sequence[Field]]], language: Language) -> Sheet:
    titles = (
        ("表", "字段", "名称", "英文", "单位", "类型", "取值")
        if language == "zh"
        else ("Sheet", "Field", "Chinese", "English", "Unit", "Kind", "Values")
    )
    rows = [
        (part.dataset.title[language], field.name, field.title.zh, field.title.en, field.unit,
         field.kind, vocabulary_text(field.vocabulary, language))
        for part, fields in shown
        for field in fields
    ]  # fmt: skip
    return Sheet(Both("字段说明", "Fields")[language], [Column(t) for t in titles], rows)


def vocabulary_text(vocabulary: str, language: Language) -> str:
    """The codes of a vocabulary with their meaning."""
    listed = VOCABULARIES.get(vocabulary, {})
    return "; ".join(f"{code} = {both[language == 'en']}" for code, both in listed.items())


def _about(parts: Sequence[Part], language: Language) -> Sheet:
    titles = ("表", "说明") if language == "zh" else ("Sheet", "About")
    rows = [(p.dataset.title[language], summary_of(p.origin, language)) for p in parts]
    columns = [Column(titles[0], width=28), Column(titles[1], width=100)]
    return Sheet(Both("说明", "About")[language], columns, rows)


_SOURCE_COLUMNS = (
    "id", "title_zh", "title_en", "publisher_zh", "publisher_en", "issued", "accessed", "licence",
    "address", "note",
)  # fmt: skip


def _sources(parts: Sequence[Part], language: Language) -> Sheet:
    every = {source["id"]: source for p in parts for source in p.origin.get("sources", ())}
    frame = pd.DataFrame(list(every.values())).reindex(columns=list(_SOURCE_COLUMNS))
    for name in ("issued", "accessed"):
        frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d")
    return sources_sheet(frame, language)
