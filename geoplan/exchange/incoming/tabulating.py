"""A spreadsheet as a change to the tables of a plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.findings import Findings
from geoplan.exchange.asking.proposals import Proposal, hash_of
from geoplan.exchange.incoming.changes import Cited, table_change
from geoplan.exchange.incoming.completing import complete, fill_down
from geoplan.exchange.incoming.consequences import (
    Origin,
    add_aliases,
    add_firms,
    add_source,
    name_firms,
    source_id,
)
from geoplan.exchange.incoming.identity import identify
from geoplan.exchange.incoming.merging import exported_state
from geoplan.exchange.incoming.plausibility import tell_unlikely
from geoplan.exchange.incoming.resolving import Resolver
from geoplan.exchange.incoming.returning import exported_fields, keep_changes, said_of_book
from geoplan.exchange.incoming.standing import standing
from geoplan.exchange.incoming.whereabouts import Whereabouts
from geoplan.exchange.outgoing.provenance import exported_as
from geoplan.exchange.sheets.assigning import position_of
from geoplan.exchange.sheets.choosing import choose, tell_encoding, tell_hidden
from geoplan.exchange.sheets.grids import Grid
from geoplan.exchange.sheets.parsing import said as said_of
from geoplan.exchange.sheets.reading import Records, joined, read_sheet, tell_inherited
from geoplan.exchange.sheets.spreadsheets import read_book
from geoplan.exchange.sheets.templates import examples, template_table
from geoplan.plan.opening import Plan
from geoplan.plan.tables import file_of
from geoplan.schema import TABLES

Progress = Callable[[str, float], None]
"""Told the name of a stage and the share done, 0 to 1."""


def propose_table(
    plan: Plan, file: Path, table: str, mapping: Mapping[str, str], findings: Findings,
    origin: Origin, progress: Progress,
) -> Proposal:  # fmt: skip
    """What importing a spreadsheet would change; see :func:`geoplan.exchange.incoming.importing.propose`."""
    progress("reading", 0.0)
    book = read_book(file, findings.file, encoding=findings.answers.get("encoding", ""))
    tell_encoding(book, findings)
    progress("understanding", 0.3)
    said = said_of_book(book, file)
    exported = exported_as(said, plan)
    known = template_table(book.facts) or (exported if exported in TABLES else "")
    table, sheets = choose(book, table or known, findings)
    directory = Directory(plan)
    is_export = bool(exported_state(said, plan))
    parts = []
    for grid, header in sheets:
        if template_table(book.facts):
            grid = _without_example(grid, examples(table, directory), findings)
        own = exported_fields(book, grid, header, table) if is_export else {}
        # What the user says of a column need not be in every table of the file.
        wanted = {
            title: name
            for title, name in mapping.items()
            if position_of(header, title) is not None
            or all(position_of(other, title) is None for _, other in sheets)
        }
        parts.append(read_sheet(grid, header, table, directory, {**own, **wanted}, findings))
    for (grid, _), part in zip(sheets, parts, strict=True):
        tell_hidden(grid, part, findings)
    records = joined(parts)
    caption = next((header.caption for _, header in sheets if header.caption), "")
    origin = replace(origin, facts={"title_zh": caption, **origin.facts})
    unit = next(
        (h.unit.name for _, header in sheets for h in header.headings if h.unit is not None), ""
    )
    return propose_records(
        plan, records, directory, findings, origin, form=book.form, header_unit=unit, said=said,
        progress=progress,
    )  # fmt: skip


def _without_example(grid: Grid, examples: Sequence[Sequence[str]], findings: Findings) -> Grid:
    """A template's sheet without its example, the first row, should that still be there."""
    first = (
        [said_of(v) if v is not None else "" for v in grid.cells[1]] if len(grid.cells) > 1 else []
    )
    width = len(first)
    if first not in [[*row, *[""] * width][:width] for row in examples]:
        return grid
    findings.skip("row.example", sheet=grid.name, rows=int(grid.numbers[1]))
    kept = np.arange(len(grid.cells)) != 1
    return replace(grid, cells=grid.cells[kept], numbers=grid.numbers[kept])


def propose_records(
    plan: Plan, records: Records, directory: Directory, findings: Findings, origin: Origin, *,
    form: str, header_unit: str = "", said: str = "", progress: Progress = lambda *_: None,
) -> Proposal:  # fmt: skip
    """What records of a table would change.

    Parameters
    ----------
    said :
        What the file says of its origin, by which an export is recognised.
    """
    gone = keep_changes(records, plan, said, findings)
    if not exported_state(said, plan):
        fill_down(records, findings)
    tell_inherited(records, findings)
    progress("matching", 0.5)
    new = Resolver(records, directory, findings).resolve()
    defaults = complete(records, plan, directory, findings, header_unit=header_unit)
    cited = Cited(source_id(plan, origin), frozenset(plan.sources["id"].dropna()))
    firms = name_firms(records, new, plan, directory)
    progress("comparing", 0.7)
    rows = identify(records, plan, directory, findings)
    there = standing(plan, records.table)
    taken = set(there.texts.get("id", []))
    change, ids = table_change(records, rows, there, cited, defaults=defaults, taken_ids=taken)
    tell_unlikely(change, plan, findings)
    tables = {records.table: replace(change, removed=tuple(gone))}
    add_aliases(tables, records, rows, ids, new, directory, cited)
    located = Whereabouts(plan, directory, findings, origin.today).change(records, ids, cited)
    if located is not None and not (located.is_empty and not located.unchanged):
        tables["locations"] = located
    add_firms(tables, records, rows, firms, cited)
    add_source(tables, plan, origin, cited.source_id)
    progress("done", 1.0)
    waiting = int((records.is_waiting & ~records.is_refused).sum())
    before = {file_of(table): hash_of(plan.folder / file_of(table)) for table in tables}
    return Proposal(
        findings.file, origin.sha256, records.table, cited.source_id, form, records.mapping, tables, {},
        *findings.told(),
        tuple(findings.questions), waiting, len(records), before,
    )  # fmt: skip
