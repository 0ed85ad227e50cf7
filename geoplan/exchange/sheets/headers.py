"""Where the header of a sheet is, and what each of its columns is called and counted in."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from geoplan.exchange.sheets.amounts import is_empty
from geoplan.exchange.sheets.grids import Grid, Merge
from geoplan.exchange.sheets.parsing import said
from geoplan.exchange.sheets.titles import field_of_title, title_key
from geoplan.exchange.sheets.units import UNITS, Unit, unit_key, unit_of

_LOOKED_AT = 80
_MOST_LINES = 4
_BRACKETS = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]")
_TAIL = re.compile(r"^(?P<title>.+?)[/／:：,，、\s]+(?P<unit>[^/／:：,，、\s]{1,12})$")
_UNIT_LINE = re.compile(
    r"(?:(?:计量|金额|货币)?单\s*位|\bunits?)\s*[:：]\s*(?P<units>(?:(?!单\s*位).){1,40})",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"[-+]?[0-9][0-9,.]*%?")
_ORDINALS = "甲乙丙丁戊己庚辛壬癸"


@dataclass(frozen=True)
class Heading:
    """One column of the header.

    Attributes
    ----------
    parts :
        Its titles from the top line down, without units.
    """

    index: int
    parts: tuple[str, ...]
    unit: Unit | None = None

    @property
    def title(self) -> str:
        """The titles as one."""
        return "/".join(self.parts)


@dataclass(frozen=True)
class Header:
    """A header found.

    Attributes
    ----------
    first, last :
        Positions of its lines in the grid.
    units :
        Units that a line above states for the whole sheet.
    """

    first: int
    last: int
    headings: tuple[Heading, ...]
    units: tuple[Unit, ...] = ()
    caption: str = ""

    def fields(self, table: str) -> dict[int, tuple[str, int]]:
        """Position of a column → field of the table that its title means, and the rank."""
        found = {}
        for heading in self.headings:
            field = field_of_title(table, heading.parts) if heading.parts else None
            if field is not None:
                found[heading.index] = field
        return found


def find_header(grid: Grid, table: str, *, line: int = 0) -> Header | None:
    """The header of a sheet that is to be read as ``table``.

    Parameters
    ----------
    line :
        Row number of a line of the header where the user says it.
    """
    head = _Head(grid, table)
    if not len(head.lines):
        return None
    if line:
        at = [i for i, number in enumerate(grid.numbers) if number == line]
        anchor = at[0] if at else -1
    else:
        known = [head.known_in(i) for i in range(len(head.lines))]
        best = max(known)
        enough = 1 if grid.width == 1 else 2
        anchor = known.index(best) if best >= enough else -1
    if anchor < 0:
        return None
    first, last = head.extent(anchor)
    headings = tuple(head.heading(column, first, last) for column in range(grid.width))
    above = [text for row in head.lines[:first] for text in row if text]
    units = [unit for text in above for unit in _units_stated(text)]
    captions = [t for t in above if not _UNIT_LINE.search(t) and len(t) > 3]
    return Header(first, last, headings, tuple(units), captions[0] if captions else "")


class _Head:
    """The first lines of a sheet as texts, merged cells known."""

    def __init__(self, grid: Grid, table: str) -> None:
        self.grid, self.table = grid, table
        self.lines: list[list[str]] = [
            [_text(value) for value in row] for row in grid.cells[:_LOOKED_AT]
        ]
        self.numbers = [int(n) for n in grid.numbers[:_LOOKED_AT]]
        self.merges: dict[tuple[int, int], Merge] = {}
        for merge in grid.merges:
            if self.numbers and merge.top <= self.numbers[-1]:
                for row in range(merge.top, min(merge.bottom, merge.top + _LOOKED_AT) + 1):
                    for column in range(merge.left, min(merge.right + 1, grid.width)):
                        self.merges[row, column] = merge

    def known_in(self, at: int) -> int:
        """How many different fields the cells of a line name."""
        fields = set()
        for text in self.lines[at]:
            if 0 < len(text) <= 60:
                title, _ = title_and_unit(text, self.table)
                found = field_of_title(self.table, (title,)) if title else None
                if found is not None:
                    fields.add(found[0])
        return len(fields)

    def extent(self, anchor: int) -> tuple[int, int]:
        """First and last line of the header around one of its lines."""
        first = last = anchor
        changed = True
        while changed and last - first + 1 < _MOST_LINES:
            changed = False
            if last + 1 < len(self.lines) and self._continues(first, last):
                last, changed = last + 1, True
            if first > 0 and last - first + 1 < _MOST_LINES and self._begins_above(first):
                first, changed = first - 1, True
        return first, last

    def _merge_at(self, at: int, column: int) -> Merge | None:
        return self.merges.get((self.numbers[at], column))

    def _continues(self, first: int, last: int) -> bool:
        """Whether the line after ``last`` is still header."""
        after = self.lines[last + 1]
        filled = [i for i, text in enumerate(after) if text]
        if not filled or any(_NUMERIC.fullmatch(after[i]) for i in filled):
            return False
        number = self.numbers[last]
        merges = [m for c in range(self.grid.width) if (m := self._merge_at(last, c)) is not None]
        if any(m.bottom > number for m in merges):
            return True
        groups = [m for m in merges if m.top == m.bottom == number and m.right > m.left]
        if any(m.left <= i <= m.right for m in groups for i in filled):
            return len(filled) < self._filled(first, last) or self.known_in(last + 1) > 0
        if all(unit_of(_unwrapped(after[i])) for i in filled):
            return True
        return not self.grid.merges and self._splits(last, filled)

    def _splits(self, last: int, filled: Sequence[int]) -> bool:
        """Whether a line below divides the titles of the line above it, without merged cells."""
        above, below = self.lines[last], self.lines[last + 1]
        bare = [i for i, text in enumerate(above) if text and not below[i]]
        new = [i for i in filled if not above[i]]
        short = all(len(below[i]) <= 16 for i in filled)
        return bool(bare and new and short and len(filled) <= len(bare) + len(new))

    def _filled(self, first: int, last: int) -> int:
        return len({i for row in self.lines[first : last + 1] for i, t in enumerate(row) if t})

    def _begins_above(self, first: int) -> bool:
        """Whether the line before ``first`` is header too."""
        above = self.lines[first - 1]
        filled = [i for i, text in enumerate(above) if text]
        if len(filled) < 2 or any(_UNIT_LINE.search(above[i]) or "：" in above[i] for i in filled):
            return False
        if any(_NUMERIC.fullmatch(above[i]) for i in filled):
            return False
        merges = [self._merge_at(first - 1, i) for i in filled]
        if any(m is not None and m.bottom >= self.numbers[first] for m in merges):
            return True
        groups = [m for m in merges if m is not None and m.right > m.left]
        bare = [i for i in filled if not self.lines[first][i]]
        return bool(groups) or (not self.grid.merges and bool(bare))

    def heading(self, column: int, first: int, last: int) -> Heading:
        """Titles and unit of one column."""
        parts: list[str] = []
        unit: Unit | None = None
        for at in range(first, last + 1):
            text = self._title_at(at, column, last)
            if not text:
                continue
            alone = unit_of(_unwrapped(text))
            if alone is not None and (parts or at > first):
                unit = alone
                continue
            title, found = title_and_unit(text, self.table)
            unit = found or unit
            if title and (not parts or parts[-1] != title):
                parts.append(title)
        return Heading(column, tuple(parts), unit)

    def _title_at(self, at: int, column: int, last: int) -> str:
        merge = self._merge_at(at, column)
        if merge is not None:
            if merge.top != self.numbers[at] and merge.top in self.numbers:
                return ""
            return self.lines[at][merge.left]
        text = self.lines[at][column]
        if text or self.grid.merges or at == last:
            return text
        # Without merged cells a group's title stands only above its first column.
        if not any(self.lines[below][column] for below in range(at + 1, last + 1)):
            return ""
        for left in range(column - 1, -1, -1):
            below = any(self.lines[row][left] for row in range(at + 1, last + 1))
            if self.lines[at][left]:
                return self.lines[at][left] if below else ""
            if not below:
                return ""
        return ""


def _text(value: object) -> str:
    if value is None or (isinstance(value, str) and (len(value) > 400 or not value)):
        return ""
    text = said(value)
    return "" if is_empty(text) and text != "号" else text


def _unwrapped(text: str) -> str:
    found = _BRACKETS.fullmatch(text.strip())
    return found[1] if found else text


def title_and_unit(text: str, table: str = "") -> tuple[str, Unit | None]:
    """A column's title and the unit written with it.

    Examples
    --------
    >>> title, unit = title_and_unit("投资额（单位：亿元，含地价）")
    >>> title, unit.name
    ('投资额', '亿元')
    >>> [title_and_unit(t)[1].name for t in ("用地面积/亩", "总投资：万元", "面积(㎡)")]
    ['亩', '万元', 'm2']
    """
    text = " ".join(text.split())
    for bracket in _BRACKETS.finditer(text):
        parts = [unit_of(part) for part in re.split(r"[,，;；、:：/或]", bracket[1])]
        units = [unit for unit in parts if unit is not None]
        if units:
            # Of two units in one header, such as 亿元/万美元, only the cell can say which it has.
            unit = units[0] if len(set(units)) == 1 else None
            return (text[: bracket.start()] + text[bracket.end() :]).strip(), unit
    tail = _TAIL.fullmatch(text)
    if tail is not None:
        unit = unit_of(tail["unit"])
        if unit is not None:
            return tail["title"].removesuffix("单位").rstrip(" :："), unit
    if table and field_of_title(table, (text,)) is None:
        plain = unicodedata.normalize("NFKC", text)
        for cut in range(1, len(plain)):
            unit = UNITS.get(unit_key(plain[cut:]))
            if unit is not None and field_of_title(table, (plain[:cut],)) is not None:
                return plain[:cut], unit
    return text, None


def _units_stated(text: str) -> list[Unit]:
    """The units of a line such as “单位：万元、亩”."""
    # Before the units the office may be named: 填报单位：….
    for found in _UNIT_LINE.finditer(unicodedata.normalize("NFKC", text)):
        parts = re.split(r"(?:,(?![0-9]{3})|[、;/和及)])+", found["units"])
        # In “CNY million” the blank divides nothing.
        words = [w for part in parts for w in ([part] if part.isascii() else part.split())]
        units = [unit for word in words for unit in [unit_of(word)] if unit is not None]
        if units:
            return units
    return []


def is_numbering(texts: Sequence[str]) -> bool:
    """Whether a line under the header only numbers the columns.

    Examples
    --------
    >>> is_numbering(["甲", "乙", "1", "2"]), is_numbering(["1", "2", "3"]), is_numbering(["1", "甲公司"])
    (True, True, False)
    """
    filled = [title_key(text) for text in texts if text]
    if len(filled) < 3:
        return False
    letters = [text for text in filled if text in _ORDINALS]
    digits = [text for text in filled if text not in _ORDINALS]
    if letters != list(_ORDINALS[: len(letters)]) or not all(d.isdigit() for d in digits):
        return False
    numbers = [int(d) for d in digits if len(d) < 4]
    start = numbers[0] if numbers else 0
    return (
        len(numbers) == len(digits)
        and numbers == list(range(start, start + len(numbers)))
        and start <= 1
    )
