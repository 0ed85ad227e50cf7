"""One sheet as records of one table: columns understood, cells read, nothing resolved yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.findings import Findings, row_numbers
from geoplan.exchange.asking.proposals import Mapped
from geoplan.exchange.sheets.amounts import Figure
from geoplan.exchange.sheets.assigning import assign, column_of, is_fillable
from geoplan.exchange.sheets.bodies import Body, body_of
from geoplan.exchange.sheets.clarifying import unit_meant, with_units, words_meant
from geoplan.exchange.sheets.grids import Cells, Grid
from geoplan.exchange.sheets.headers import Header, Heading
from geoplan.exchange.sheets.parsing import (
    Parsed,
    Texts,
    parse,
    parse_positions,
    parse_spans,
    parse_texts,
    said,
)
from geoplan.exchange.sheets.titles import fields_of_table, title_key
from geoplan.plan.problems import Both

_WEAK = ("order",)
_MOST_TOLD = 5


@dataclass
class Records:
    """Rows of a file as the fields of a table.

    Attributes
    ----------
    texts :
        Field → text of each row; empty where there is nothing.
    figures :
        Field → position → the figure with its reservations.
    inherited :
        Fields that came from a merged cell or a heading, by row.
    notes :
        Position → field → what the editor's note has to say.
    is_waiting, is_refused :
        Rows that are not taken.
    evidence :
        Field → the cell's own words.
    weak :
        Fields that count for new rows only, such as a running number.
    has_known_datum :
        Whether the datum of longitudes and latitudes was found out before.
    is_known, cleared :
        Rows of an export of geoplan, of which only the changes are left, and
        the fields that were emptied.
    """

    table: str
    texts: dict[str, list[str]]
    numbers: npt.NDArray[np.int64]
    sheets: npt.NDArray[np.object_]
    figures: dict[str, dict[int, Figure]] = field(default_factory=dict)
    inherited: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    notes: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    is_waiting: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    is_refused: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    evidence: dict[str, list[str]] = field(default_factory=dict)
    mapping: tuple[Mapped, ...] = ()
    weak: frozenset[str] = frozenset()
    has_known_datum: bool = False
    is_known: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    cleared: dict[int, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("is_waiting", "is_refused", "is_known"):
            if not len(getattr(self, name)):
                setattr(self, name, np.zeros(len(self.numbers), dtype=bool))

    def __len__(self) -> int:
        return len(self.numbers)

    def has(self, name: str) -> bool:
        """Whether the file gives a field."""
        return name in self.texts

    def text(self, at: int, name: str) -> str:
        """The text of a field; empty where the file does not give it."""
        texts = self.texts.get(name)
        return texts[at] if texts is not None else ""

    def is_inherited(self, at: int, name: str) -> bool:
        """Whether a field of a row came from a merged cell or a heading."""
        return name in self.inherited and bool(self.inherited[name][at])

    def note(self, at: int, name: str, text: str) -> None:
        """Add to the note of a row, on account of a field."""
        notes = self.notes.setdefault(at, {}).setdefault(name, [])
        if text not in notes:
            notes.append(text)

    def title(self, name: str) -> str:
        """Title of the column that gives a field, else its name in the data dictionary."""
        found = [mapped.title for mapped in self.mapping if mapped.field == name]
        return found[0] if found else column_of(self.table, name).zh


def read_sheet(
    grid: Grid,
    header: Header,
    table: str,
    directory: Directory,
    mapping: Mapping[str, str],
    findings: Findings,
) -> Records:
    """Read the rows of a sheet.

    Parameters
    ----------
    mapping :
        Title of a column → field, where the user says so; an empty field
        leaves the column out.
    """
    columns, mapped = assign(grid, header, table, mapping, findings)
    fillable = [at for name, at in columns.items() if is_fillable(table, name)]

    def resolve(text: str) -> str:
        for name, target in (("sector_id", "sectors"), ("district_code", "districts")):
            if name in fields_of_table(table) and directory.find(target, text).how not in (
                "",
                "part",
            ):
                return name
        return ""

    body = body_of(grid, header, columns, fillable, resolve, findings)
    reader = _SheetReader(grid, header, table, body, columns, findings)
    records = reader.records(mapped)
    _judge_totals(grid, header, body, columns, records, findings)
    return records


class _SheetReader:
    def __init__(
        self, grid: Grid, header: Header, table: str, body: Body, columns: dict[str, int],
        findings: Findings,
    ) -> None:  # fmt: skip
        self.grid, self.header, self.table = grid, header, table
        self.body, self.columns, self.findings = body, columns, findings
        self.count = len(body.cells)
        self.refused = np.zeros(self.count, dtype=bool)
        self.waiting = np.zeros(self.count, dtype=bool)

    def records(self, mapped: Sequence[Mapped]) -> Records:
        texts: dict[str, Texts] = {}
        evidence: dict[str, list[str]] = {}
        inherited: dict[str, npt.NDArray[np.bool_]] = {}
        records = Records(
            self.table, {}, self.body.numbers,
            np.full(self.count, self.grid.name, dtype=object),
        )  # fmt: skip
        for name, at in self.columns.items():
            values = with_units(self.body.cells, at, self.header, self.columns)
            heading = self.header.headings[at]
            parts = self._parse(name, values, heading)
            if name in _WEAK and self._is_serial(name):
                # “(一)” and “1-2” number the rows, too; they say nothing of what is in them.
                parts[name].faults.clear()
            evidence[name] = [_words(value) for value in values]
            for part_name, parsed in parts.items():
                texts[part_name] = parsed.texts
                inherited[part_name] = self.body.inherited[:, at]
                records.figures[part_name] = parsed.figures
                self._tell(part_name, parsed, heading, records)
            self._tell_shared(at, heading, required=name)
        for name, groups in self.body.groups.items():
            own = texts.get(name, np.full(self.count, "", dtype=object))
            fill = np.array(
                [g is not None and not t for g, t in zip(groups, own, strict=True)], dtype=bool
            )
            texts[name] = np.where(fill, groups, own)
            inherited[name] = inherited.get(name, np.zeros(self.count, dtype=bool)) | fill
        records.texts = {name: column.tolist() for name, column in texts.items()}
        records.inherited, records.evidence = inherited, evidence
        records.is_refused, records.is_waiting = self.refused, self.waiting
        records.mapping = tuple(mapped)
        self._judge_years(records)
        records.weak = frozenset(n for n in _WEAK if n in self.columns and self._is_serial(n))
        return records

    def _judge_years(self, records: Records) -> None:
        """Two columns may give years that a span would not have had."""
        starts, ends = (records.texts.get(name, []) for name in ("year_start", "year_end"))
        for at, (start, end) in enumerate(zip(starts, ends, strict=False)):
            if start and end and int(start) > int(end) and not self.refused[at]:
                row, title = int(self.body.numbers[at]), records.title("year_start")
                self.findings.refuse(
                    "years.reversed", row, title, self.grid.name, start=start, end=end
                )
                self.refused[at] = True

    def _is_serial(self, name: str) -> bool:
        heading = self.header.headings[self.columns[name]]
        column = column_of(self.table, name)
        return title_key(heading.title) not in (name, title_key(column.zh), title_key(column.en))

    def _parse(self, name: str, values: Cells, heading: Heading) -> dict[str, Parsed]:
        starts_1904 = self.grid.starts_1904
        if name == "years":
            first, last = parse_spans(values, starts_1904=starts_1904)
            last_name = "year" if self.table == "indicators" else "year_end"
            return {"year_start": first, last_name: last}
        if name == "position":
            lon, lat = parse_positions(values)
            return {"lon": lon, "lat": lat}
        column = column_of(self.table, name)
        if column.references and column.kind != "list":
            return {name: parse_texts(values)}
        numbers = self.body.numbers.tolist()
        if column.vocabulary:
            values, waiting = words_meant(values, column, numbers, self.findings)
            self.waiting[waiting] = True
        unit, is_open = unit_meant(values, column, heading, self.header, numbers, self.findings)
        parsed = parse(values, column, unit, starts_1904=starts_1904)
        if is_open:
            # Without its unit a figure is not yet understood.
            self.waiting[:] = True
            parsed.marks.clear()
        return {name: parsed}

    def _tell(self, name: str, parsed: Parsed, heading: Heading, records: Records) -> None:
        rows, sheet = self.body.numbers, self.grid.name
        for at, (code, details) in parsed.faults.items():
            self.findings.refuse(code, int(rows[at]), heading.title, sheet, **details)
            self.refused[at] = True
        gathered: dict[tuple[str, str], list[int]] = {}
        for at, (code, details) in parsed.marks.items():
            gathered.setdefault((code, str(details.get("value"))), []).append(at)
        told: dict[str, int] = {}
        for (code, value), at_rows in gathered.items():
            told[code] = told.get(code, 0) + 1
            if told[code] <= _MOST_TOLD:
                first, details = at_rows[0], parsed.marks[at_rows[0]][1]
                self.findings.warn(code, int(rows[first]), heading.title, sheet, **details)
            for at in at_rows:
                records.note(at, name, f"“{heading.title}”原文为“{value}”")
        for count in told.values():
            if count > _MOST_TOLD:
                many = count - _MOST_TOLD
                self.findings.warn("value.many", 0, heading.title, sheet, count=f"{many:,}")

    def _tell_shared(self, at: int, heading: Heading, required: str) -> None:
        """A figure merged over rows is no row's own."""
        if required in ("id", "name_zh", "quote", "order"):
            return
        for (row, column), rows in self.body.shared.items():
            if column == at and not self.refused[row]:
                self.findings.refuse(
                    "value.merged",
                    int(self.body.numbers[row]),
                    heading.title,
                    self.grid.name,
                    rows=rows,
                )
                self.refused[row] = True


def _words(value: object) -> str:
    if value is None or (isinstance(value, str) and len(value) > 2_000):
        return ""
    return said(value)


def _judge_totals(
    grid: Grid,
    header: Header,
    body: Body,
    columns: Mapping[str, int],
    records: Records,
    findings: Findings,
) -> None:
    """Compare the grand total that the sheet states with the sum of its rows."""
    at = columns.get("investment_wanyuan")
    stated = [t for t in body.totals if "小计" not in t[0]]
    if at is None or len(stated) != 1 or "investment_wanyuan" not in records.texts:
        return
    label, row, cells = stated[0]
    heading = header.headings[at]
    column = column_of(records.table, "investment_wanyuan")
    units = [unit for unit in header.units if unit.dimension == "money"]
    unit = heading.unit or (units[0] if units else None)
    one = np.array([cells[at]], dtype=object)
    parsed = parse(one, column, unit)
    if not parsed.texts[0] or records.is_waiting.any():
        return
    total = int(parsed.texts[0])
    numbers = [int(text) for text in records.texts["investment_wanyuan"] if text]
    gap = total - sum(numbers)
    # Every row may have been rounded on its own.
    if abs(gap) > max(1, len(numbers) // 2):
        findings.warn(
            "row.total_differs", row, heading.title, grid.name, label=label, said=f"{total:,} 万元",
            found=f"{sum(numbers):,} 万元", gap=f"{gap:+,} 万元",
        )  # fmt: skip


def joined(parts: Sequence[Records]) -> Records:
    """Records of several sheets as one."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    whole = Records(
        first.table,
        {
            name: [t for p in parts for t in _padded(p.texts, name, len(p))]
            for name in _union(p.texts for p in parts)
        },
        np.concatenate([p.numbers for p in parts]),
        np.concatenate([p.sheets for p in parts]),
        inherited={
            name: np.concatenate(
                [p.inherited.get(name, np.zeros(len(p), dtype=bool)) for p in parts]
            )
            for name in _union(p.inherited for p in parts)
        },
        evidence={
            name: [t for p in parts for t in _padded(p.evidence, name, len(p))]
            for name in _union(p.evidence for p in parts)
        },
        is_waiting=np.concatenate([p.is_waiting for p in parts]),
        is_refused=np.concatenate([p.is_refused for p in parts]),
        mapping=tuple(dict.fromkeys(m for p in parts for m in p.mapping)),
        weak=frozenset.intersection(*(p.weak for p in parts)),
    )
    offset = 0
    for part in parts:
        whole.notes |= {at + offset: notes for at, notes in part.notes.items()}
        for name, figures in part.figures.items():
            target = whole.figures.setdefault(name, {})
            target |= {at + offset: one for at, one in figures.items()}
        offset += len(part)
    return whole


def _union(parts: Iterable[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for part in parts for name in part))


def _padded(texts: Mapping[str, list[str]], name: str, count: int) -> list[str]:
    return texts.get(name) or [""] * count


def tell_inherited(records: Records, findings: Findings) -> None:
    """Say once a column that rows took it from a merged cell, and note it with each."""
    for name, is_inherited in records.inherited.items():
        rows = np.flatnonzero(is_inherited & ~records.is_refused)
        if not len(rows):
            continue
        column = column_of(records.table, name)
        findings.warn(
            "row.inherited", count=len(rows), title=Both(column.zh, column.en),
            rows=row_numbers(records.numbers[rows].tolist()),
        )  # fmt: skip
        for at in rows:
            records.note(int(at), name, f"“{column.zh}”承上合并单元格")
