"""Which column of a sheet is which field of a table."""

from collections.abc import Mapping

import numpy as np

from geoplan.exchange.asking.findings import Findings, listed
from geoplan.exchange.asking.proposals import Mapped
from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.sheets.grids import Grid
from geoplan.exchange.sheets.headers import Header
from geoplan.exchange.sheets.titles import fields_of_table, title_key
from geoplan.plan.problems import Both
from geoplan.schema import TABLES, Column

_SERIALS = ("序号", "序", "no", "sn")
"""Titles of columns that only number the rows."""


def assign(
    grid: Grid, header: Header, table: str, mapping: Mapping[str, str], findings: Findings
) -> tuple[dict[str, int], list[Mapped]]:
    """Field → position of the column that gives it; and how every column was understood."""
    known = fields_of_table(table)
    wanted: dict[int, str] = {}
    for title, name in mapping.items():
        at = position_of(header, title)
        if at is None or (name and name not in known):
            reason = (
                Both("没有这一列", "there is no such column")
                if at is None
                else Both(f"没有字段 {name}", f"there is no field {name}")
            )
            titles = [h.title for h in header.headings if h.title]
            raise refused(
                findings.file, "mapping.wrong", title=title, reason=reason,
                known=listed(titles if at is None else known, 40), sheet=grid.name,
            )  # fmt: skip
        wanted[at] = name
    found = {at: field for at, field in header.fields(table).items() if at not in wanted}
    ranked = sorted(found.items(), key=lambda item: (item[1][1], item[0]))
    columns = {name: at for at, name in wanted.items() if name}
    blank = {
        h.index
        for h in header.headings
        if not np.any(grid.cells[header.last + 1 :, h.index] != None)  # noqa: E711
    }
    for at, (name, _) in [
        *(i for i in ranked if i[0] not in blank),
        *(i for i in ranked if i[0] in blank),
    ]:
        if name not in columns:
            columns[name] = at
        elif at not in blank:
            findings.warn(
                "column.second", sheet=grid.name, title=header.headings[at].title,
                taken=header.headings[columns[name]].title, target=name,
            )  # fmt: skip
    mapped = []
    for heading in header.headings:
        name = next((n for n, at in columns.items() if at == heading.index), "")
        is_left = heading.index in blank or heading.index in found or heading.index in wanted
        is_left = is_left or title_key(heading.title) in _SERIALS
        if not name and heading.title and not is_left:
            findings.warn("column.unread", sheet=grid.name, title=heading.title)
        if heading.title:
            how = "mapping" if heading.index in wanted else "title"
            unit = heading.unit.name if heading.unit is not None else ""
            mapped.append(Mapped(heading.title, name, unit, how if name else ""))
    return columns, mapped


def position_of(header: Header, title: str) -> int | None:
    """The column of a header that has a title, as it is written or nearly so."""
    for heading in header.headings:
        if title in (heading.title, *heading.parts[-1:]):
            return heading.index
    key = title_key(title)
    for heading in header.headings:
        if key and key == title_key(heading.title):
            return heading.index
    return None


def column_of(table: str, name: str) -> Column:
    """The declaration of a field, which may be one of ``locations``."""
    own = TABLES[table]
    return own.column(name) if name in own.column_names else TABLES["locations"].column(name)


def is_fillable(table: str, name: str) -> bool:
    """Whether one value may hold for all rows of a merged area."""
    if name in ("years", "position", "place_zh", "township_zh", "note"):
        return name != "position"
    if name in ("id", "name_zh"):
        return False
    column = column_of(table, name)
    return bool(column.references or column.vocabulary or column.kind in ("year", "date")) or (
        column.kind == "text" and name not in ("quote", "locus")
    )
