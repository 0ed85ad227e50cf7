"""Which of very many cells come first under very many weightings; exact.

With weights that are not negative no cell scores more than one that had the best
value of its tile in every criterion. A tile whose bound stays below what is reached
elsewhere is never looked into, for this weighting; what remains is computed, so the
shares are those of computing every score.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geoplan.errors import GeoplanError
from geoplan.place.grid import integers_between
from geoplan.site.ranking import DECIMALS

_Floats = npt.NDArray[np.float64]
_Field = npt.NDArray[np.float32]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]

_FIRST_TILES = 8
"""Tiles of the highest bounds that are computed first: what they reach prunes the others."""

_PRUNED_SHARE = 0.75
"""Where fewer of the tiles are pruned, all cells are computed at once, without gathering."""

_DRAWS_AT_A_TIME = 256
"""Bounds the memory: so many weightings times all tiles."""

_ERROR_DEVIATIONS = 1.96
"""Half of a 95 % interval, in standard errors."""


@dataclass(frozen=True)
class Survival:
    """How often cells are among the best under other weights.

    Attributes
    ----------
    position :
        The cells that ever are, ascending.
    share :
        Share of the weightings in which each of them is among the `top`. Cells of
        equal score share their places, so the shares sum to `top`.
    error :
        Monte-Carlo error of each share, ± at 95 %.
    top :
        How many places count.
    draws :
        Number of weightings.
    computed :
        Share of all scores that had to be computed.
    """

    position: _Integers
    share: _Floats
    error: _Floats
    top: int
    draws: int
    computed: float

    def of(self, n: int) -> _Floats:
        """Share of each of all `n` cells; 0 for those that never are among the best."""
        shares = np.zeros(n)
        shares[self.position] = self.share
        return shares


def survival(
    values: _Field,
    weightings: npt.ArrayLike,
    first: npt.ArrayLike,
    top: int = 1,
    allowed: _Mask | None = None,
) -> Survival:
    """Share of the weightings in which each cell is among the best of all cells.

    Parameters
    ----------
    values :
        Value of each criterion in each cell, 0 to 1, shape (m, n), the cells tile by
        tile.
    weightings :
        Weights of the criteria, a weighting each row, shape (d, m); not negative.
    first :
        Position of the first cell of each tile, and at the end `n`, as in
        :attr:`geoplan.site.cells.Cells.first`; a tile may be empty.
    top :
        How many places count: 1 for the first alone.
    allowed :
        Cells that take part, shape (n,); all if not given.

    Returns
    -------
    survival :
        The shares: those of computing every score in ``float64``. Scores that agree in
        :data:`~geoplan.site.ranking.DECIMALS` decimals are equal and share their places.

    Raises
    ------
    GeoplanError
        Shapes do not fit, weights are negative or not finite, or there is no cell.
    """
    weights, ends = np.asarray(weightings, dtype=np.float64), np.asarray(first, dtype=np.int64)
    _check(values, weights, ends, top)
    if allowed is not None and not allowed.all():
        some = np.flatnonzero(allowed)
        within = survival(values[:, some], weights, np.searchsorted(some, ends), top)
        return replace(within, position=some[within.position])
    tiles = _Tiles(values, np.append(ends[:-1][ends[1:] > ends[:-1]], ends[-1]))
    best = np.maximum.reduceat(values, tiles.first[:-1], axis=1).astype(np.float64)
    n = values.shape[1]
    shares, computed = np.zeros(n), 0
    for block in range(0, len(weights), _DRAWS_AT_A_TIME):
        part = weights[block : block + _DRAWS_AT_A_TIME]
        for one, bounds in zip(part, part @ best, strict=True):
            position, score, looked_at = tiles.best(one, bounds, min(top, n))
            shares[position] += _shared_places(score, min(top, n))
            computed += looked_at
    shares /= len(weights)
    position = np.flatnonzero(shares)
    share = shares[position]
    error = _ERROR_DEVIATIONS * np.sqrt(np.maximum(share * (1 - share), 0.0) / len(weights))
    computed_share = computed / (n * len(weights))
    return Survival(position, share, error, top, len(weights), computed_share)


@dataclass(frozen=True)
class _Tiles:
    """Values of cells, and where each tile begins."""

    values: _Field
    first: _Integers

    def best(self, weights: _Floats, bounds: _Floats, top: int) -> tuple[_Integers, _Floats, int]:
        """The cells that may hold the first places, best first, their scores, and how many were computed."""
        rough = weights.astype(np.float32)
        # What float32 may be off, generously: each product and each sum rounds once.
        slack = 2.0**-22 * (weights.size + 2) * float(bounds.max(initial=0.0))
        order = np.argpartition(-bounds, min(_FIRST_TILES, bounds.size) - 1)
        chosen = np.zeros(bounds.size, dtype=np.bool_)
        chosen[order[:_FIRST_TILES]] = True
        cells = self._cells(chosen)
        scores = rough @ self.values[:, cells]
        reached = _place(scores, top) - slack
        others = (bounds >= reached) & ~chosen
        if others.mean() > 1 - _PRUNED_SHARE:
            cells, scores = np.arange(self.values.shape[1]), rough @ self.values
        elif others.any():
            more = self._cells(others)
            cells = np.concatenate([cells, more])
            scores = np.concatenate([scores, rough @ self.values[:, more]])
        looked_at = cells.size
        cells = cells[scores >= _place(scores, top) - slack]
        exact = np.round(weights @ self.values[:, cells].astype(np.float64), DECIMALS)
        by_score = np.lexsort((cells, -exact))
        return cells[by_score], exact[by_score], looked_at

    def _cells(self, chosen: _Mask) -> _Integers:
        tile = np.flatnonzero(chosen)
        return integers_between(self.first[tile], self.first[tile + 1] - 1)[1]


def _place(scores: npt.NDArray[np.floating], place: int) -> float:
    """The score in some place from the best; less than any where there are fewer."""
    if scores.size < place:
        return -np.inf
    if place == 1:
        return float(scores.max())
    return float(np.partition(scores, scores.size - place)[scores.size - place])


def _shared_places(score: _Floats, top: int) -> _Floats:
    """Share of the first places that each of some scores, best first, holds."""
    group = np.cumsum(np.append(False, score[1:] < score[:-1]))
    size = np.bincount(group)
    before = np.cumsum(size) - size
    shared: _Floats = (np.clip(top - before, 0, size) / size)[group]
    return shared


def _check(values: _Field, weights: _Floats, ends: _Integers, top: int) -> None:
    if values.ndim != 2 or weights.ndim != 2 or weights.shape[1] != values.shape[0]:
        raise GeoplanError(
            f"values of shape {values.shape} and weightings of shape {weights.shape}; "
            "give a row of values for each criterion and a column of weights"
        )
    if not (weights.size and values.size and top >= 1):
        raise GeoplanError("there must be a cell, a criterion, a weighting and a place")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise GeoplanError("weights are finite and not negative")
    if ends[0] != 0 or ends[-1] != values.shape[1] or (np.diff(ends) < 0).any():
        raise GeoplanError(f"tiles do not divide {values.shape[1]} cells; take them from Cells")
