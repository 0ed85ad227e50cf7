"""How sure a ranking is: how often each candidate is first when weights and values vary.

Stochastic multicriteria acceptability analysis (SMAA-2), and what holds
whatever the weights are: who dominates whom.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.site.ranking import DECIMALS, matrix_of, score
from geoplan.site.sampling import Joint, Mode, ValueDraws, generators, value_draws, weight_draws
from geoplan.site.sureness import never_outside
from geoplan.site.tallying import Tally, demote, equal_ranks
from geoplan.site.weights import Order, shares_of

LARGEST_MATRIX = 200
"""Above so many candidates, shares of every rank are given for the best only."""

MATRIX_ROWS = 50
"""So many are the best then, by score."""

_Z95 = 1.959963984540054

_CELLS_AT_ONCE = 1 << 20

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Acceptability:
    """How candidates fare over many weightings and values.

    Attributes
    ----------
    matrix :
        Share of the draws in which a candidate has each rank: candidates by ranks
        1, 2, … Rows sum to 1, and columns too when all candidates are there. Above
        :data:`LARGEST_MATRIX` candidates only the :data:`MATRIX_ROWS` of highest score.
        Candidates of equal score share their ranks equally.
    first :
        Share of the draws in which each candidate is first; sums to 1.
    error :
        Half-width of the 95 % interval of `first` that is due to the number of
        draws (Wilson's, seen from the share: it covers both its ends, so it is not
        0 at a share of 0 or 1). 0 where nothing varies.
    mean_rank :
        Mean rank over the draws; equals have the mean of their ranks.
    rank_range :
        ``best`` and ``worst`` rank met, the rank by the stated weights included; and
        ``never_better_than`` and ``never_worse_than``, what no allowed weighting and
        value can surpass (1 and n where that is not worked out: many candidates,
        weightings given).
    central_weights :
        Mean of the weightings that make a candidate first; missing if none does.
    confidence :
        Share of the draws of values in which a candidate is first by its own central
        weights; missing if it never is first, or there are many candidates and values
        vary.
    draws :
        Number of draws.
    """

    matrix: pd.DataFrame
    first: "pd.Series[float]"
    error: "pd.Series[float]"
    mean_rank: "pd.Series[float]"
    rank_range: pd.DataFrame
    central_weights: pd.DataFrame
    confidence: "pd.Series[float]"
    draws: int


def acceptability(
    values: pd.DataFrame,
    weights: "pd.Series[Any] | Mapping[str, float]",
    *,
    low: pd.DataFrame | None = None,
    high: pd.DataFrame | None = None,
    deviation: pd.DataFrame | None = None,
    joint: Joint | None = None,
    mode: Mode = "around",
    spread: float = 0.2,
    order: Order | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    weightings: npt.ArrayLike | None = None,
    draws: int = 10_000,
    seed: int = 1,
) -> Acceptability:
    """Rank acceptability, central weights and confidence factors (SMAA-2).

    In every draw a weighting and values are drawn and the weighted sums ranked.

    Parameters
    ----------
    values :
        Central values, candidates by criteria; nothing missing. Usually 0 to 1 from
        value functions, but any finite numbers, higher being better.
    weights :
        Stated weight of each criterion, in any scale.
    low, high :
        Where given, each value is uniform between them, independently.
    deviation :
        Where given and above 0, each value is normal around the central one.
    joint :
        Draws of values, (candidates, criteria, k), or by criterion (candidates, k):
        they replace the other statements. As many as `draws`: used one by one.
        Otherwise each candidate takes one of its k at random in each draw, the same
        for all its criteria (a position within its area). Missing for a candidate:
        the other statements hold.
    mode, spread, order, bounds :
        How weights vary; see :func:`geoplan.site.sampling.weight_draws`: ``around``
        ±`spread` of the stated ones (each uniform within it, then scaled to sum to
        1), in an ``order`` of importance, in an ``interval`` each, or ``any``. The last
        three give weight to a criterion of stated weight 0 too: leave it out of
        `values` if it is not to count.
    weightings :
        Weightings to use instead, (draws, criteria) in the order of the columns.
    draws :
        Number of draws.
    seed :
        Of the random numbers; the same seed gives the same result.

    Returns
    -------
    acceptability :
        On the index given. Memory is bounded: draws are taken in blocks.

    Raises
    ------
    QuestionError
        If an argument is not of that form.

    References
    ----------
    Lahdelma, R. and Salminen, P. (2001). SMAA-2: stochastic multicriteria
    acceptability analysis for group decision making. Operations Research 49, 444-454.
    Wilson, E. B. (1927). Probable inference. JASA 22, 209-212.

    Examples
    --------
    >>> values = pd.DataFrame({"land": [1.0, 0.5, 0.4], "rail": [0.0, 0.7, 0.6]})
    >>> found = acceptability(values, {"land": 1, "rail": 1}, mode="any")
    >>> found.first.round(2).tolist(), found.error.round(3).tolist()
    ([0.41, 0.59, 0.0], [0.01, 0.01, 0.0])
    >>> found.rank_range.loc[2].to_dict()
    {'best': 2, 'worst': 3, 'never_better_than': 2, 'never_worse_than': 3}
    """
    for_weights, for_values = generators(seed)
    central = score(values, weights)
    known = value_draws(values, low, high, deviation, joint)
    criteria = values.columns
    if weightings is None:
        if not isinstance(draws, int | np.integer) or draws < 1:
            raise QuestionError(f"the number of draws, {draws!r}, must be a whole number above 0")
        drawn = weight_draws(
            weights, criteria, for_weights, int(draws), mode, spread, order, bounds
        )
    else:
        drawn = _given(weightings, len(criteria))
    n, total = len(values), len(drawn)
    if not n:
        raise QuestionError("there is no candidate to rank; give at least one")
    best_first = np.argsort(central.ranks.to_numpy(), kind="stable")
    rows = np.arange(n) if n <= LARGEST_MATRIX else np.sort(best_first[:MATRIX_ROWS])
    tally = Tally(n, rows, len(criteria))
    size = max(_CELLS_AT_ONCE // n, 1)
    behind: _Mask | None = None
    for block in known.blocks(total, size):
        scores = drawn[block] @ known.base.T
        for j, at, amounts in known.added(block, total, for_values):
            scores[:, at] += drawn[block, j, None] * amounts
        start, end = equal_ranks(scores)
        if (end > 0).any(where=start == 0):
            if behind is None:
                counted = drawn.max(axis=0) > 0
                behind = _dominators(known.least[:, counted], known.greatest[:, counted]) >= 0
            demote(start, end, behind)
        tally.count(start, end, drawn[block])
    first = tally.first / total
    varies = known.varies or bool((drawn != drawn[0]).any())
    index = values.index
    ranks = central.ranks.to_numpy()
    sure = np.tile([1, n], (n, 1))
    if weightings is None and n <= LARGEST_MATRIX:
        shares = shares_of(weights, criteria)
        sure = never_outside(known, shares, criteria, mode, spread, order, bounds)
    best, worst = np.minimum(tally.best + 1, ranks), np.maximum(tally.worst + 1, ranks)
    with_any = tally.first > 0
    central_weights = np.full((n, len(criteria)), np.nan)
    central_weights[with_any] = tally.weights[with_any] / tally.first[with_any, None]
    return Acceptability(
        matrix=pd.DataFrame(tally.matrix() / total, index[rows], pd.RangeIndex(1, n + 1)),
        first=pd.Series(first, index, name="first"),
        error=pd.Series(_half_width(first, total) * varies, index, name="error"),
        mean_rank=pd.Series(tally.ranks / total, index, name="mean_rank"),
        rank_range=pd.DataFrame(
            {
                "best": best,
                "worst": worst,
                "never_better_than": np.minimum(sure[:, 0], best),
                "never_worse_than": np.maximum(sure[:, 1], worst),
            },
            index,
        ),
        central_weights=pd.DataFrame(central_weights, index, criteria),
        confidence=pd.Series(
            _confidence(known, central_weights, total, size, seed), index, name="confidence"
        ),
        draws=total,
    )


def dominance(low: pd.DataFrame, high: pd.DataFrame | None = None) -> "pd.Series[Any]":
    """Who surely is at least as good in every criterion, and better in one.

    Parameters
    ----------
    low, high :
        Least and greatest value of each candidate in each criterion; one frame
        where values are known to the point.

    Returns
    -------
    dominated_by :
        Name of a candidate whose least values are not below the greatest values of
        this one, and above in one; of several the one of greatest sum. None where
        there is none. On the index given; whatever the weights are, a dominated
        candidate never comes before the one named.

    Raises
    ------
    QuestionError
        If a value is missing, or the frames do not have the same candidates.

    Examples
    --------
    >>> values = pd.DataFrame({"land": [1.0, 0.5], "rail": [0.3, 0.3]}, index=["a", "b"])
    >>> dominance(values).to_dict()
    {'a': None, 'b': 'a'}
    """
    known = value_draws(low, low, high if high is not None else low)
    by = _dominators(known.least, known.greatest)
    names = [low.index[i] if i >= 0 else None for i in by]
    return pd.Series(names, index=low.index, name="dominated_by", dtype=object)


def pareto(values: pd.DataFrame) -> "pd.Series[bool]":
    """Which candidates no other dominates: each is the best choice under some preference.

    Parameters
    ----------
    values :
        Central values, candidates by criteria.

    Returns
    -------
    pareto :
        True where :func:`dominance` names nobody; on the index given.

    Raises
    ------
    QuestionError
        If a value is missing.
    """
    matrix = matrix_of(values)
    return pd.Series(_dominators(matrix, matrix) < 0, index=values.index, name="pareto")


def _dominators(least: _Floats, greatest: _Floats) -> _Integers:
    """Position of who surely dominates each candidate, of several the greatest; -1 for none."""
    n = len(least)
    by = np.full(n, -1, dtype=np.int64)
    greatest_first = np.argsort(-np.nan_to_num(least).sum(axis=1), kind="stable")
    ahead = least[greatest_first]
    for start in range(0, n, max(_CELLS_AT_ONCE // max(n, 1), 1)):
        part = slice(start, start + max(_CELLS_AT_ONCE // max(n, 1), 1))
        never_behind = np.ones((len(greatest[part]), n), dtype=np.bool_)
        once_ahead = np.zeros_like(never_behind)
        for j in range(least.shape[1]):
            never_behind &= ahead[None, :, j] >= greatest[part, None, j]
            once_ahead |= ahead[None, :, j] > greatest[part, None, j]
        never_behind &= once_ahead
        found = never_behind.any(axis=1)
        by[part][found] = greatest_first[never_behind.argmax(axis=1)[found]]
    return by


def _confidence(known: ValueDraws, central: _Floats, draws: int, size: int, seed: int) -> _Floats:
    """Share of the draws of values in which each is first by its own central weights."""
    n = len(central)
    winners = np.flatnonzero(~np.isnan(central[:, 0]))
    found = np.full(n, np.nan)
    if known.varies and n > LARGEST_MATRIX:
        return found
    if not known.varies:
        draws = 1
    found[winners] = 0
    _, rng = generators(seed)
    fixed = central[winners] @ known.base.T
    for block in known.blocks(draws, size):
        added = list(known.added(block, draws, rng)) if known.varies else []
        for i, scores_before in zip(winners, fixed, strict=True):
            scores = np.repeat(scores_before[None], block.stop - block.start, axis=0)
            for j, at, amounts in added:
                scores[:, at] += central[i, j] * amounts
            rounded = np.round(scores, DECIMALS)
            top = rounded == rounded.max(axis=1, keepdims=True)
            found[i] += (top[:, i] / top.sum(axis=1)).sum()
    return found / draws


def _given(weightings: npt.ArrayLike, criteria: int) -> _Floats:
    drawn = np.asarray(weightings, dtype=np.float64)
    if drawn.ndim != 2 or drawn.shape[1] != criteria or not len(drawn):
        raise QuestionError(
            f"weightings are of shape {drawn.shape}; give (draws, {criteria} criteria)"
        )
    if not np.isfinite(drawn).all() or (drawn < 0).any() or not drawn.any(axis=1).all():
        raise QuestionError("weightings must be finite, 0 or more, and not all 0 in a draw")
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True), dtype=np.float64)


def _half_width(share: _Floats, draws: int) -> _Floats:
    """Distance of a share from the farther end of its Wilson interval."""
    z2 = _Z95**2 / draws
    middle = (share + z2 / 2) / (1 + z2)
    inside = np.maximum(share * (1 - share), 0.0)
    half = np.sqrt(inside * z2 + z2**2 / 4) / (1 + z2)
    return np.asarray(np.abs(middle - share) + half, dtype=np.float64)
