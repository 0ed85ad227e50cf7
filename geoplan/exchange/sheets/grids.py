"""A sheet as it lies before the reader: cells, merged areas, what is hidden."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from geoplan.exchange.asking.remarks import RefusedFileError, refused
from geoplan.exchange.files.encodings import Encoding
from geoplan.plan.problems import Both

Cells = npt.NDArray[np.object_]

MOST_ROWS = 200_000
MOST_COLUMNS = 400
MOST_CELLS = 20_000_000
UNCOMPUTED = "\ue000"
"""Stands for a formula whose file holds no value; from a private area of Unicode."""


@dataclass(frozen=True)
class Merge:
    """A merged area; rows and columns as the sheet counts, from 1 and from 0."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True)
class Grid:
    """One sheet, its blank rows left out.

    Attributes
    ----------
    cells :
        Rows × columns: ``None``, text, float, bool, or datetime.
    numbers :
        Number of each row in the sheet, from 1, rising.
    has_merges :
        Whether the format can hold merged cells, so that a blank is a blank.
    starts_1904 :
        Whether serial numbers of days count from 1904.
    """

    name: str
    cells: Cells
    numbers: npt.NDArray[np.int64]
    merges: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    is_hidden: bool = False
    has_merges: bool = True
    starts_1904: bool = False

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.cells.shape[1])


@dataclass(frozen=True)
class Book:
    """All sheets of a file.

    Attributes
    ----------
    facts :
        What the file says of itself: the document properties of a workbook.
    """

    file: str
    form: str
    grids: tuple[Grid, ...]
    encoding: Encoding | None = None
    facts: dict[str, str] = field(default_factory=dict)


class Gathering:
    """Rows as a reader finds them, refused as soon as they are too many."""

    def __init__(self, file: str, sheet: str) -> None:
        self.file, self.sheet, self.most_columns = file, sheet, MOST_COLUMNS
        self._rows: list[list[Any]] = []
        self._numbers: list[int] = []
        self._width = 0
        self._filled = 0

    def add(self, number: int, row: list[Any]) -> None:
        """Take a row unless it is blank; empty texts count as blank."""
        while row and (row[-1] is None or row[-1] == ""):
            row.pop()
        if not row:
            return
        if len(row) > MOST_COLUMNS:
            raise self.too_wide()
        if len(self._rows) >= MOST_ROWS:
            raise refused(self.file, "sheet.rows", sheet=self.sheet, limit=f"{MOST_ROWS:,}")
        self._filled += len(row)
        if self._filled > MOST_CELLS:
            judge_cells(self.file, self.sheet, self._filled)
        self._rows.append(row)
        self._numbers.append(number)
        self._width = max(self._width, len(row))

    def too_wide(self) -> RefusedFileError:
        """The refusal of a sheet with too many columns."""
        return refused(self.file, "sheet.columns", sheet=self.sheet, limit=f"{MOST_COLUMNS:,}")

    def grid(self, *, merges: Iterable[Merge] = (), **facts: Any) -> Grid:
        """The rows found, as a grid."""
        judge_cells(self.file, self.sheet, len(self._rows) * self._width)
        numbers = np.array(self._numbers, dtype=np.int64)
        cells = cells_of(self._rows, self._width)
        return Grid(self.sheet, cells, numbers, merges=apart(merges), **facts)


def judge_cells(file: str, sheet: str, count: int) -> None:
    """Refuse what would take more memory than a file for people needs."""
    if count > MOST_CELLS:
        found, limit = (Both(f"{n:,} 格", f"{n:,} cells") for n in (count, MOST_CELLS))
        raise refused(file, "file.large", sheet=sheet, found=found, limit=limit)


def apart(merges: Iterable[Merge]) -> tuple[Merge, ...]:
    """Merged areas without those that begin in the same column inside an earlier one.

    Sheets have none such; what is crafted to have many would take hours to fill.

    Examples
    --------
    >>> apart([Merge(2, 9, 0, 0), Merge(3, 9, 0, 0), Merge(10, 11, 0, 0)])
    (Merge(top=2, bottom=9, left=0, right=0), Merge(top=10, bottom=11, left=0, right=0))
    """
    kept: list[Merge] = []
    ends: dict[int, int] = {}
    for merge in sorted(merges, key=lambda one: (one.top, one.left, -one.bottom)):
        if merge.top > ends.get(merge.left, 0):
            ends[merge.left] = merge.bottom
            kept.append(merge)
    return tuple(kept)


def cells_of(rows: Sequence[Iterable[Any]], width: int) -> Cells:
    """Rows of different lengths as one block; what is missing is ``None``."""
    cells = np.full((len(rows), width), None, dtype=object)
    for line, row in zip(cells, rows, strict=True):
        values = list(row)
        line[: len(values)] = values
    return cells
