"""Recognise a file that geoplan exported, and keep of it only what was changed out there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely

from geoplan.exchange.asking.findings import Findings
from geoplan.exchange.incoming.featuretexts import Shapes, is_same_shape
from geoplan.exchange.incoming.merging import (
    decided,
    exported_plan,
    exported_state,
    removed,
    three_way,
)
from geoplan.exchange.incoming.standing import Standing, standing
from geoplan.exchange.outgoing.tabular import SIDECAR
from geoplan.exchange.sheets.grids import Book, Grid
from geoplan.exchange.sheets.headers import Header
from geoplan.exchange.sheets.reading import Records
from geoplan.place.locate import KINDS, locate
from geoplan.plan.layers import as_lonlat
from geoplan.plan.opening import Plan
from geoplan.schema import CITATION_NAMES, TABLES

_DICTIONARIES = ("字段说明", "Fields")
_POINT = ("lon", "lat")
_ABOUT_BYTES = 1_000_000


def said_of_book(book: Book, file: Path) -> str:
    """What a spreadsheet says of its origin; a CSV by the sidecar beside it."""
    beside = file.with_name(file.name + SIDECAR)
    if book.form in ("CSV", "TSV") and beside.is_file():
        return beside.read_bytes()[:_ABOUT_BYTES].decode("utf-8", "replace")
    return " ".join(book.facts.values())


def exported_fields(book: Book, grid: Grid, header: Header, table: str) -> dict[str, str]:
    """Title of each column of an exported sheet → field; what is not of the table is left out.

    A workbook lists its fields on a sheet of its own, in the order of the columns.
    """
    titles = [heading.title for heading in header.headings if heading.title]
    names = titles
    for other in book.grids:
        if other.name in _DICTIONARIES and other.width > 1:
            listed = [str(row[1]) for row in other.cells[1:] if str(row[0])[:31] == grid.name[:31]]
            names = listed if len(listed) == len(titles) else names
    return strict_fields(dict(zip(titles, names, strict=True)), table)


def strict_fields(names: Mapping[str, str], table: str) -> dict[str, str]:
    """Title → field where the name is one of the table, or a coordinate; else left out."""
    known = (*TABLES[table].column_names, *_POINT)
    return {title: name if name in known else "" for title, name in names.items()}


def keep_changes(records: Records, plan: Plan, said: str, findings: Findings) -> list[int]:
    """Empty every cell of an export that was not changed out there.

    Returns
    -------
    list of int
        Rows of the plan's table to remove.
    """
    state = exported_state(said, plan)
    table = TABLES[records.table]
    if not state or table.key != ("id",) or not records.has("id"):
        return []
    names = [n for n in table.column_names if records.has(n) and n != "id"]
    there = standing(plan, records.table)
    keys = records.texts["id"]
    _refuse_copies(records, findings)
    theirs = {
        key: {n: records.texts[n][at] for n in names}
        for at, key in enumerate(keys)
        if key and not records.is_refused[at]
    }
    with exported_plan(plan.folder, state) as old:
        if old is None:
            findings.warn("merge.no_base")
        base = _rows(standing(old, records.table), names) if old is not None else None
        merged = three_way(base, _rows(there, names), theirs)
        _drop_same_points(records, old or plan)
    taken = decided(merged, findings)
    new = set(merged.new)
    known = there.by_id()
    for at, key in enumerate(keys):
        if not key or key in new:
            continue
        cells = taken.get(key, {})
        if not any(name not in CITATION_NAMES for name in cells):
            cells = {}
        for name in names:
            records.texts[name][at] = cells.get(name, "")
        records.cleared[at] = frozenset(n for n, text in cells.items() if not text)
        records.is_known[at] = True
    return [known[key] for key in removed(merged, findings)]


def _refuse_copies(records: Records, findings: Findings) -> None:
    """A row copied out there and changed still has the id of the first; it is not taken for it."""
    first: dict[str, int] = {}
    for at, key in enumerate(records.texts["id"]):
        before = first.setdefault(key, at)
        if not key or before == at:
            continue
        if any(texts[at] != texts[before] for texts in records.texts.values()):
            row, sheet = int(records.numbers[at]), str(records.sheets[at])
            findings.refuse("key.twice", row, "id", sheet, value=key)
            records.is_refused[at] = True


def _rows(there: Standing, names: list[str]) -> dict[str, dict[str, str]]:
    return {
        key: {name: there.texts[name][at] for name in names}
        for at, key in enumerate(there.texts["id"])
        if key
    }


def _drop_same_points(records: Records, old: Plan) -> None:
    """A coordinate that is where the thing was known to be says nothing new."""
    if not all(map(records.has, _POINT)) or records.table not in KINDS:
        return
    shapes = known_shapes(old, records.table)
    for at, key in enumerate(records.texts["id"]):
        shape = shapes.get(key)
        lon, lat = (records.texts[n][at] for n in _POINT)
        if shape is None or not lon or not lat:
            continue
        if is_same_shape(shape.centroid, shapely.Point(float(lon), float(lat))):
            for name in _POINT:
                records.texts[name][at] = ""


def known_shapes(plan: Plan, table: str) -> dict[str, Any]:
    """Id → where a thing was known to be, in longitude and latitude."""
    frame = as_lonlat(locate(plan, table))
    ids = frame.get("id", frame.index)
    return {
        str(key): shape
        for key, shape in zip(ids, frame.geometry, strict=True)
        if shape is not None and not shape.is_empty
    }


def without_unmoved(shapes: Shapes, keys: list[str], plan: Plan, table: str, said: str) -> Shapes:
    """Shapes of an export with those left out that are where they were."""
    state = exported_state(said, plan)
    if not state or table not in KINDS:
        return shapes
    with exported_plan(plan.folder, state) as old:
        known = known_shapes(old or plan, table)
    kept = shapes.copy()
    for at, key in enumerate(keys):
        if key in known and shapes[at] is not None and is_same_shape(known[key], shapes[at]):
            kept[at] = None
    return kept
