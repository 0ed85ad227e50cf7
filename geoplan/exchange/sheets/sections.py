"""Tables that follow one another in the same sheet, each under a header of its own."""

from collections.abc import Iterator
from dataclasses import replace

from geoplan.exchange.sheets.grids import Grid
from geoplan.exchange.sheets.headers import Header, find_header
from geoplan.exchange.sheets.titles import raw_titles

_LEAST_TITLES = 3
_MOST_SECTIONS = 50
_MOST_ABOVE = 6


def sections(grid: Grid, header: Header, table: str) -> list[tuple[Grid, Header]]:
    """A sheet cut where another header begins that says something else.

    A header that is only repeated, as on every printed page, does not cut:
    neither other columns nor other units stand in it.
    """
    parts: list[tuple[Grid, Header]] = []
    rest, top = grid, header
    for at in _candidates(grid, header, table):
        offset = len(grid.cells) - len(rest.cells)
        if at - offset <= top.last:
            continue
        cut = _first_above(rest, at - offset, top.last + 1)
        below = _rows(rest, cut, len(rest.cells))
        found = find_header(below, table, line=int(rest.numbers[at - offset]))
        if found is None or not _differs(found, top, table):
            continue
        parts.append((_rows(rest, 0, cut), top))
        rest, top = below, found
        if len(parts) >= _MOST_SECTIONS:
            break
    return [*parts, (rest, top)]


def _candidates(grid: Grid, header: Header, table: str) -> Iterator[int]:
    """Rows under a header that hold several titles."""
    titles = raw_titles(table)
    for at in range(header.last + 1, len(grid.cells)):
        row = grid.cells[at].tolist()
        if sum(type(value) is str and value.strip() in titles for value in row) >= _LEAST_TITLES:
            yield at


def _first_above(grid: Grid, at: int, least: int) -> int:
    """The first of the lines above a header that belong to it: its caption and its unit."""
    first = at
    while first > max(least, at - _MOST_ABOVE):
        above = [value for value in grid.cells[first - 1].tolist() if value is not None]
        if len(above) != 1 or not isinstance(above[0], str):
            break
        first -= 1
    return first


def _rows(grid: Grid, first: int, last: int) -> Grid:
    return replace(grid, cells=grid.cells[first:last], numbers=grid.numbers[first:last])


def _differs(found: Header, header: Header, table: str) -> bool:
    def said(one: Header) -> dict[int, object]:
        fields = one.fields(table)
        return {h.index: (fields[h.index][0], h.unit) for h in one.headings if h.index in fields}

    other_unit = bool(found.units) and found.units != header.units
    return len(said(found)) >= _LEAST_TITLES and (other_unit or said(found) != said(header))
