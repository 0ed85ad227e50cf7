"""The rows under a header that are data: totals, notes and headings taken out, merges filled."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from geoplan.exchange.asking.findings import Findings, row_numbers
from geoplan.exchange.sheets.amounts import is_empty
from geoplan.exchange.sheets.grids import Cells, Grid
from geoplan.exchange.sheets.headers import Header, is_numbering
from geoplan.exchange.sheets.parsing import said
from geoplan.exchange.sheets.titles import title_key

_TOTAL = re.compile(
    r"(?:全[市区县]|本页|本表|项目|累)?(?:合计|总计|小计|共计|总和|累计|合计数|总数)(?:\(.{0,12}\))?[:：]?"
)
_COUNTED = re.compile(
    r"(?:.{0,12}(?:合计|小计|总计|共计)|共)[:：]?\d+[个项家户].{0,20}|.{1,16}(?:小计|合计)"
)
_NOTE = re.compile(
    r"^[(（\[【*※]?\s*(?:注|备注|说明|打印|导出|以上|以下|填表|填报|制表|审核|复核|联系|数据来源|资料来源|来源|单位负责人|负责人|统计|附[:：注]|本表|※|note|source)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"^(?:[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．\s]*|[(（]\d{1,3}[)）]\s*|第[一二三四五六七八九十]+[类批][、:：\s]*)"
)
_COUNT_ASIDE = re.compile(r"[(（](?:共|合计|计)?\s*\d+\s*[个项家户][^()（）]*[)）][:：]?$")
_ORDINAL = re.compile(r"[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．]?")
_COUNT = re.compile(r"(?:共|计)?\d+[个项家户](?:项目|企业)?")
_PART = re.compile(r"(?:其中|其他)[:：]?")
_THEREOF = re.compile(r"其中[:：]")
_FEW_COLUMNS = 3
_MOST_LABEL = 4
_MOST_IN_NOTE = 4
_LONGEST_TITLE = 60


@dataclass
class Body:
    """The data rows of a sheet.

    Attributes
    ----------
    cells :
        Data rows × columns of the grid; cells under a merged one are filled
        where ``inherited`` says so.
    shared :
        Cells below the first of a merged figure: what is in them cannot be
        told.
    groups :
        Field → text of the heading above each row, ``None`` where there is none.
    totals :
        Label, row number and cells of each row of totals.
    """

    cells: Cells
    numbers: npt.NDArray[np.int64]
    inherited: npt.NDArray[np.bool_]
    shared: Mapping[tuple[int, int], str]
    groups: dict[str, Cells] = field(default_factory=dict)
    totals: list[tuple[str, int, Cells]] = field(default_factory=list)


Resolver = Callable[[str], str]
"""Text of a heading between rows → the field it is a value of, or an empty text."""


def body_of(
    grid: Grid,
    header: Header,
    columns: Mapping[str, int],
    fillable: Sequence[int],
    resolve: Resolver,
    findings: Findings,
) -> Body:
    """Sort the rows under a header and fill what merged cells leave blank.

    Parameters
    ----------
    columns :
        Field → position of its column.
    fillable :
        Columns that hold the same for every row of a merged area; a figure
        merged over rows is not among them.
    """
    sorter = _Sorter(grid, header, columns, resolve, findings)
    start = header.last + 1
    if start < len(grid.cells) and is_numbering(_shown(grid.cells[start])):
        findings.skip("row.numbering", sheet=grid.name, rows=int(grid.numbers[start]))
        start += 1
    filled, inherited, shared = _fill(grid, start, fillable)
    keep = sorter.sort(grid.cells, filled, start)
    position = {at: i for i, at in enumerate(keep)}
    body = Body(
        filled[keep],
        grid.numbers[keep],
        inherited[keep],
        {(position[row], c): rows for (row, c), rows in shared.items() if row in position},
        {},
        sorter.totals,
    )
    for name, found in sorter.groups.items():
        texts = np.array([found.get(at) for at in keep], dtype=object)
        body.groups[name] = texts
    return body


def _fill(
    grid: Grid, start: int, fillable: Sequence[int]
) -> tuple[Cells, npt.NDArray[np.bool_], dict[tuple[int, int], str]]:
    cells = grid.cells.copy()
    inherited = np.zeros(cells.shape, dtype=bool)
    shared: dict[tuple[int, int], str] = {}
    may_fill = set(fillable)
    for merge in grid.merges:
        if merge.bottom == merge.top or merge.left >= grid.width:
            continue
        first = int(np.searchsorted(grid.numbers, merge.top))
        last = int(np.searchsorted(grid.numbers, merge.bottom, side="right"))
        if first < start or last - first < 2 or grid.numbers[first] != merge.top:
            continue
        column, value = merge.left, cells[first, merge.left]
        if value is None:
            continue
        if column in may_fill:
            blank = [r for r in range(first + 1, last) if cells[r, column] is None]
            cells[blank, column] = value
            inherited[blank, column] = True
        else:
            rows = f"{merge.top}–{merge.bottom}"
            shared |= {(row, column): rows for row in range(first, last)}
    return cells, inherited, shared


class _Sorter:
    def __init__(
        self,
        grid: Grid,
        header: Header,
        columns: Mapping[str, int],
        resolve: Resolver,
        findings: Findings,
    ) -> None:
        self.grid, self.header, self.findings = grid, header, findings
        self.columns, self.resolve = columns, resolve
        self.totals: list[tuple[str, int, Cells]] = []
        self.parts: list[int] = []
        self.groups: dict[str, dict[int, str]] = {}
        titles = {title_key(part) for h in header.headings for part in h.parts}
        self._titles = titles - {""}
        names = [
            columns[f] for f in ("name_zh", "measure_zh", "title_zh", "item_zh") if f in columns
        ]
        self._name = names[0] if names else -1

    def sort(self, cells: Cells, filled: Cells, start: int) -> list[int]:
        """Positions of the rows that are data."""
        keep: list[int] = []
        notes: list[int] = []
        again: list[int] = []
        headings: dict[str, list[int]] = {}
        current: dict[str, str] = {}
        if len(cells) <= start:
            return keep
        present = filled[start:] != None  # noqa: E711 - elementwise on objects
        used = [column for column in self.columns.values() if column >= 0]
        has_own = present[:, used].any(axis=1).tolist() if used else present.any(axis=1).tolist()
        for offset, count in enumerate(present.sum(axis=1).tolist()):
            at, row = start + offset, cells[start + offset].tolist()
            texts = [value for value in row if type(value) is str]
            if any("计" in text or "共" in text for text in texts) and self._is_total(row):
                self.totals.append((_first(row), int(self.grid.numbers[at]), cells[at]))
            elif self._repeats(texts):
                again.append(at)
            elif count <= _MOST_IN_NOTE and self._is_note(_first(row), count):
                notes.append(at)
            elif (heading := self._heading(row, texts, count)) is not None:
                current[heading[0]] = heading[1]
                headings.setdefault(heading[0], []).append(at)
            elif self._is_part(row):
                self.parts.append(int(self.grid.numbers[at]))
            elif not has_own[offset] or (count == 1 and len(used) >= _FEW_COLUMNS):
                # One cell alone is a signature, a stamp or a remark, whichever column it is in.
                notes.append(at)
            else:
                keep.append(at)
                for name, text in current.items():
                    self.groups.setdefault(name, {})[at] = text
        self._tell(notes, again, headings, cells)
        return keep

    def _tell(
        self, notes: list[int], again: list[int], headings: dict[str, list[int]], cells: Cells
    ) -> None:
        numbers, sheet = self.grid.numbers, self.grid.name
        if self.totals or self.parts:
            rows = row_numbers([*(row for _, row, _ in self.totals), *self.parts])
            self.findings.skip("row.total", sheet=sheet, rows=rows)
        if again:
            self.findings.skip(
                "row.header_again", sheet=sheet, rows=row_numbers(numbers[again].tolist())
            )
        if notes:
            rows = row_numbers(numbers[notes].tolist())
            self.findings.skip(
                "row.note", sheet=sheet, rows=rows, sample=_first(cells[notes[0]].tolist())
            )
        for name, at in headings.items():
            rows = row_numbers(numbers[at].tolist())
            self.findings.skip("row.group", sheet=sheet, rows=rows, column=name)

    def _is_total(self, row: Sequence[Any]) -> bool:
        texts = [_label(value) for value in row[: self._name + _MOST_LABEL]]
        compact = [_compact(text) for text in texts if len(text) < 40]
        if not any(_TOTAL.fullmatch(t) or _COUNTED.fullmatch(t) for t in compact):
            return False
        name = _compact(_label(row[self._name])) if self._name >= 0 else ""
        return not name or any(p.fullmatch(name) for p in (_TOTAL, _COUNTED, _COUNT))

    def _is_part(self, row: Sequence[Any]) -> bool:
        """Whether a row is a part of a total: “其中：新建”, “(一) 新建项目” with a sum behind it."""
        if _THEREOF.match(_compact(_first(row))):
            # What the row above has already counted.
            return True
        told = ("enterprise_id", "years", "year_start", "year_end")
        given = [self.columns[name] for name in told if name in self.columns]
        if not given or any(row[at] is not None for at in given):
            return False
        label = _compact(_first(row))
        has_name = self._name >= 0 and row[self._name] is not None
        return bool(_PART.match(label)) or (has_name and _ORDINAL.fullmatch(label) is not None)

    def _repeats(self, texts: Sequence[str]) -> bool:
        """Whether a row is the header once more, as on every printed page."""
        if not texts or len(texts[0]) > _LONGEST_TITLE or title_key(texts[0]) not in self._titles:
            return False
        keys = [key for text in texts if (key := title_key(_label(text)))]
        return len(keys) > 1 and sum(key in self._titles for key in keys) >= 0.7 * len(keys)

    def _is_note(self, label: str, count: int) -> bool:
        if not label or not _NOTE.match(label):
            return False
        return count == 1 or "：" in label or ":" in label

    def _heading(
        self, row: Sequence[Any], texts: Sequence[str], count: int
    ) -> tuple[str, str] | None:
        """A line such as “一、机器人产业(5 个)”: the field it gives and its text."""
        if not texts or len(texts) > 3:
            return None
        if count == 1:
            text = _label(texts[0])
        elif len(texts) == 2 and _ORDINAL.fullmatch(_label(texts[0])):
            # A numbered heading with its subtotals behind it.
            text = _label(texts[1])
        else:
            return None
        bare = _COUNT_ASIDE.sub("", _NUMBERED.sub("", text)).strip(" :：、")
        name = self.resolve(bare) if bare else ""
        is_name = count == 1 and bare == text and self._name >= 0 and row[self._name] is not None
        if not name or (is_name and self.columns.get(name, -1) >= 0):
            return None
        return name, bare


def _compact(text: str) -> str:
    """A label in half width and without blanks: “合  计（５个）” is “合计(5个)”."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _first(row: Sequence[Any]) -> str:
    return next((text for value in row if (text := _label(value))), "")


def _shown(row: Cells) -> list[str]:
    return [said(v)[:20] if isinstance(v, str | float) and v != "" else "" for v in row[:400]]


def _label(value: object) -> str:
    if not isinstance(value, str) or len(value) > 2_000:
        return ""
    text = said(value)
    return "" if is_empty(text) else text
