"""Ranks of many draws at once, and counting them.

Ranks start at 0 here; rows are draws, columns candidates.
"""

import numpy as np
import numpy.typing as npt

from geoplan.site.ranking import DECIMALS

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]


class Tally:
    """Counts over draws.

    Attributes
    ----------
    first :
        Draws in which each candidate is first; equals have equal parts of a draw.
    weights :
        Sum of the weightings of those draws; candidates by criteria.
    ranks :
        Sum of the mean ranks.
    best, worst :
        Least and greatest rank, from 0.
    """

    def __init__(self, n: int, rows: _Integers, criteria: int) -> None:
        self.rows = rows
        self.first = np.zeros(n)
        self.weights = np.zeros((n, criteria))
        self.ranks = np.zeros(n)
        self.best = np.full(n, n, dtype=np.int64)
        self.worst = np.zeros(n, dtype=np.int64)
        # Where a share of ranks begins it is added, behind its end taken off again.
        self._steps = np.zeros((len(rows), n + 1))

    def count(self, start: _Integers, end: _Integers, weights: _Floats) -> None:
        """Count a block of draws: ranks of :func:`equal_ranks`, and their weightings."""
        n = start.shape[1]
        self.ranks += (start + end).sum(axis=0) / 2 + len(start)
        self.best = np.minimum(self.best, start.min(axis=0))
        self.worst = np.maximum(self.worst, start.max(axis=0))
        at = np.flatnonzero((start == 0).any(axis=0))
        credit = np.where(start[:, at] == 0, 1 / (end[:, at] + 1.0), 0.0)
        self.first[at] += credit.sum(axis=0)
        self.weights[at] += credit.T @ weights
        begins, ends = start[:, self.rows], end[:, self.rows]
        parts = (1 / (ends - begins + 1.0)).ravel()
        row = np.arange(len(self.rows)) * (n + 1)
        size = len(self.rows) * (n + 1)
        steps = np.bincount((row + begins).ravel(), parts, size)
        steps -= np.bincount((row + ends + 1).ravel(), parts, size)
        self._steps += steps.reshape(self._steps.shape)

    def matrix(self) -> _Floats:
        """Draws in which each candidate has each rank."""
        counts = np.cumsum(self._steps, axis=1)[:, :-1]
        # The least true count is one n-th of a draw; less is rounding.
        return np.where(counts > 0.5 / counts.shape[1], counts, 0.0)


def equal_ranks(scores: _Floats) -> tuple[_Integers, _Integers]:
    """First and last rank, from 0, of the group of equals each score belongs to."""
    rounded = np.round(scores, DECIMALS)
    order = np.argsort(-rounded, axis=1)
    descending = np.take_along_axis(rounded, order, axis=1)
    place = np.arange(scores.shape[1])
    equal = descending[:, 1:] == descending[:, :-1]
    start = np.empty(scores.shape, dtype=np.int64)
    if not equal.any():
        np.put_along_axis(start, order, place[None, :], axis=1)
        return start, start.copy()
    edge = np.ones((len(scores), 1), dtype=np.bool_)
    begins = np.maximum.accumulate(np.where(np.hstack((edge, ~equal)), place, 0), axis=1)
    ends = np.where(np.hstack((~equal, edge)), place, scores.shape[1])
    ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    end = np.empty_like(start)
    np.put_along_axis(start, order, begins, axis=1)
    np.put_along_axis(end, order, ends, axis=1)
    return start, end


def demote(start: _Integers, end: _Integers, behind: _Mask) -> None:
    """Put those that are surely dominated behind the others they are first with, in place.

    Whoever dominates one of the first is first too: only rounding makes them equal.
    """
    late = (start == 0) & (end > 0) & behind
    early = (start == 0) & ~behind
    ahead = early.sum(axis=1, keepdims=True)
    late &= ahead > 0
    early &= late.any(axis=1, keepdims=True)
    np.copyto(end, ahead - 1, where=early)
    np.copyto(start, ahead, where=late)
