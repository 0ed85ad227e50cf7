"""Weights and values drawn at random, for what nobody can state to the point.

One seed gives the same draws whatever the candidates are: weights and values
have a stream of random numbers each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.site.ranking import matrix_of, position_of
from geoplan.site.weights import Order, groups_of, shares_of

Mode = Literal["around", "order", "interval", "any"]

Joint = npt.NDArray[np.float64] | Mapping[str, npt.NDArray[np.float64]]
"""Draws of values: (candidates, criteria, k), or (candidates, k) for some criteria."""

_Floats = npt.NDArray[np.float64]

_ROUNDING = 1e-9

_STEPS_PER_CRITERION = 100
"""Exchanges of weight between two criteria, until the start is forgotten."""


def generators(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Random numbers for weights and for values, from one seed."""
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise QuestionError(f"the seed {seed!r} must be a whole number of 0 or more")
    weights, values = np.random.SeedSequence(int(seed)).spawn(2)
    return np.random.Generator(np.random.SFC64(weights)), np.random.Generator(
        np.random.SFC64(values)
    )


def weight_draws(
    weights: "pd.Series[Any] | Mapping[str, float]",
    criteria: "pd.Index[Any]",
    rng: np.random.Generator,
    draws: int,
    mode: Mode = "around",
    spread: float = 0.2,
    order: Order | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> _Floats:
    """Weightings drawn at random, each summing to 1.

    ``around``: each weight uniform within ±`spread` of itself, independently, in
    [w (1 - s), w (1 + s)]; then all are scaled to sum to 1. ``order``: uniform over
    all weightings in a stated order of importance; a group of equals shares the
    weight of its places equally, so that the mean is :func:`rank_order`'s ``roc``.
    ``interval``: uniform over the weightings within stated bounds. ``any``: uniform
    over all weightings (Dirichlet with all parameters 1).

    Parameters
    ----------
    weights :
        Stated weights in any scale, for ``around`` and for an order not given.
    criteria :
        The criteria, in the order of the columns returned.
    rng :
        Random numbers.
    draws :
        Number of weightings.
    mode, spread :
        See above; the spread is from 0 to 1.
    order :
        Criteria, most important first, with groups of equals; by default by their
        weights.
    bounds :
        For ``interval``: lowest and highest share of each criterion in the total
        weight, 0 to 1; 0 to 1 for a criterion not named.

    Returns
    -------
    weightings :
        Shape (draws, criteria).

    Raises
    ------
    QuestionError
        If the mode is unknown, the spread is outside 0 to 1, the order does not
        name the criteria, or no weighting lies within the bounds.

    References
    ----------
    Tervonen, T. and Lahdelma, R. (2007). Implementing stochastic multicriteria
    acceptability analysis. European Journal of Operational Research 178, 500-513.
    """
    shares = shares_of(weights, criteria)
    m = len(criteria)
    if mode == "around":
        if not 0 <= spread <= 1:
            raise QuestionError(f"the spread {spread:g} must be from 0 to 1; ±20 % is 0.2")
        drawn = shares * (1 + spread * (2 * rng.random((draws, m)) - 1))
        total = drawn.sum(axis=1, keepdims=True)
        # At a spread of 1 all may come out as next to nothing.
        return np.where(total > 0, drawn / np.where(total > 0, total, 1), shares)
    if mode == "interval":
        return _within(*_limits(bounds or {}, criteria), rng, draws)
    if mode not in get_args(Mode):
        raise QuestionError(f"“{mode}” is no mode; use one of {', '.join(get_args(Mode))}")
    drawn = rng.standard_exponential((draws, m))
    drawn /= drawn.sum(axis=1, keepdims=True)
    if mode == "any":
        return drawn
    positions, sizes = ordered(order, shares, criteria)
    starts = np.cumsum(sizes) - sizes
    descending = np.sort(drawn, axis=1)[:, ::-1]
    drawn[:, positions] = np.repeat(
        np.add.reduceat(descending, starts, axis=1) / sizes, sizes, axis=1
    )
    return drawn


def ordered(
    order: Order | None, shares: _Floats, criteria: "pd.Index[Any]"
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Positions of the criteria, most important first, and the sizes of the groups of equals.

    Raises
    ------
    QuestionError
        If the order does not name exactly the criteria.
    """
    if order is None:
        positions = np.argsort(-shares, kind="stable").astype(np.int64)
        steps = np.flatnonzero(np.diff(shares[positions])) + 1
        return positions, np.diff(np.concatenate(([0], steps, [len(shares)]))).astype(np.int64)
    groups = groups_of(order)
    names = [name for group in groups for name in group]
    positions = criteria.get_indexer(pd.Index(names, dtype=object)).astype(np.int64)
    if set(names) != {*criteria}:
        odd = sorted({*names} ^ {*criteria}, key=str)
        raise QuestionError(
            f"the order must name each criterion once; “{'”, “'.join(map(str, odd))}” differ"
        )
    return positions, np.asarray([len(group) for group in groups], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class ValueDraws:
    """What is known of each value, ready to be drawn.

    Attributes
    ----------
    base :
        What does not vary; shape (candidates, criteria).
    least, greatest :
        Between which each value lies; ±∞ where it is normally distributed.
    """

    base: _Floats
    least: _Floats
    greatest: _Floats
    _width: _Floats
    _deviation: _Floats
    _joint: Mapping[int, _Floats]

    @property
    def varies(self) -> bool:
        """Whether any value is not known to the point."""
        return bool(self._joint) or bool(self._width.any()) or bool(self._deviation.any())

    def blocks(self, draws: int, size: int) -> Iterator[slice]:
        """Draws in blocks of a size."""
        for start in range(0, draws, size):
            yield slice(start, min(start + size, draws))

    def added(
        self, block: slice, draws: int, rng: np.random.Generator
    ) -> Iterator[tuple[int, npt.NDArray[np.int64] | slice, _Floats]]:
        """What is added to `base` in a block of draws: criterion, candidates, amounts.

        Amounts are of shape (draws of the block, candidates named).
        """
        n = block.stop - block.start
        for j in range(self.base.shape[1]):
            for spread, standard in ((self._width, False), (self._deviation, True)):
                at = np.flatnonzero(spread[:, j])
                if at.size:
                    shape = n, at.size
                    drawn = (
                        rng.standard_normal(shape, dtype=np.float32)
                        if standard
                        else rng.random(shape, dtype=np.float32)
                    )
                    whole = slice(None) if at.size == len(spread) else at
                    yield j, whole, drawn * spread[at, j]
        pick = None
        for j, scenarios in self._joint.items():
            if len(scenarios) == draws:
                yield j, slice(None), scenarios[block]
                continue
            if pick is None:
                # One scenario per candidate: its criteria vary together.
                pick = rng.integers(len(scenarios), size=(n, scenarios.shape[1]))
            yield j, slice(None), scenarios[pick, np.arange(scenarios.shape[1])]


def value_draws(
    values: pd.DataFrame,
    low: pd.DataFrame | None = None,
    high: pd.DataFrame | None = None,
    deviation: pd.DataFrame | None = None,
    joint: Joint | None = None,
) -> ValueDraws:
    """Prepare what is known of the values; see :func:`geoplan.site.robustness.acceptability`.

    Raises
    ------
    QuestionError
        If frames do not have the candidates and criteria of `values`, something is
        missing, a range is reversed, or joint draws are of another shape.
    """
    base = matrix_of(values)
    least = base if low is None else _like(low, values, "low")
    greatest = base if high is None else _like(high, values, "high")
    if (least > greatest).any():
        i, j = np.argwhere(least > greatest)[0]
        raise QuestionError(
            f"the range of “{values.columns[j]}” of “{values.index[i]}” is reversed: "
            f"{least[i, j]:g} to {greatest[i, j]:g}"
        )
    width = greatest - least
    base = np.where(width > 0, least, base) if low is not None or high is not None else base
    normal = np.zeros_like(base) if deviation is None else _like(deviation, values, "deviation")
    if (normal < 0).any() or ((normal > 0) & (width > 0)).any():
        raise QuestionError("a deviation must be 0 or more, and 0 where a range is given")
    least = np.where(normal > 0, -np.inf, base)
    greatest = np.where(normal > 0, np.inf, base + width)
    scenarios = _scenarios(joint, values)
    for j, drawn in scenarios.items():
        known = ~np.isnan(drawn[0])
        base, width, normal = base.copy(), width.copy(), normal.copy()
        base[known, j] = width[known, j] = normal[known, j] = 0
        least[known, j], greatest[known, j] = drawn.min(axis=0)[known], drawn.max(axis=0)[known]
        drawn[:, ~known] = 0
    return ValueDraws(base, least, greatest, width, normal, scenarios)


def _like(frame: pd.DataFrame, values: pd.DataFrame, name: str) -> _Floats:
    if not (frame.index.is_unique and frame.columns.is_unique) or frame.shape != values.shape:
        raise QuestionError(
            f"{name} must have the candidates and criteria of the values, once each"
        )
    return matrix_of(frame.reindex(index=values.index, columns=values.columns))


def _scenarios(joint: Joint | None, values: pd.DataFrame) -> dict[int, _Floats]:
    if joint is None:
        return {}
    if isinstance(joint, Mapping):
        unknown = [name for name in joint if name not in values.columns]
        if unknown:
            raise QuestionError(f"there are draws of “{unknown[0]}”, which is no criterion here")
        by_column = {position_of(name, values.columns): x for name, x in joint.items()}
    else:
        whole = np.asarray(joint, dtype=np.float64)
        if whole.ndim != 3 or whole.shape[1] != values.shape[1]:
            raise QuestionError(
                f"joint draws are of shape {whole.shape}; give (candidates, criteria, draws)"
            )
        by_column = {j: whole[:, j, :] for j in range(whole.shape[1])}
    found = {}
    for j, given in sorted(by_column.items()):
        drawn = np.array(np.asarray(given, dtype=np.float64).T, order="C")
        if drawn.ndim != 2 or drawn.shape[1] != len(values) or not len(drawn):
            raise QuestionError(
                f"draws of “{values.columns[j]}” are of shape {np.shape(given)}; "
                f"give {len(values)} candidates by draws"
            )
        missing = np.isnan(drawn)
        if np.isinf(drawn).any() or (missing.any(axis=0) != missing.all(axis=0)).any():
            raise QuestionError(
                f"draws of “{values.columns[j]}” are infinite or missing in part; "
                "give all draws of a candidate or none"
            )
        if not missing.all():
            found[j] = drawn
    if len({len(drawn) for drawn in found.values()}) > 1:
        raise QuestionError("joint draws of different criteria must be equally many")
    return found


def _limits(
    bounds: Mapping[str, tuple[float, float]], criteria: "pd.Index[Any]"
) -> tuple[_Floats, _Floats]:
    unknown = [name for name in bounds if name not in criteria]
    if unknown:
        raise QuestionError(f"“{unknown[0]}” has bounds but is no criterion here")
    pairs = [bounds.get(name, (0.0, 1.0)) for name in criteria]
    low, high = np.asarray(pairs, dtype=np.float64).reshape(-1, 2).T
    faults = [
        f"the bounds of “{name}”, {a:g} to {b:g}, are no range within 0 to 1"
        for name, a, b in zip(criteria, low, high, strict=True)
        if not 0 <= a <= b <= 1
    ]
    if not faults and not low.sum() - _ROUNDING <= 1 <= high.sum() + _ROUNDING:
        faults = [
            f"no weighting lies within the bounds: they sum to {low.sum():g} to {high.sum():g}; "
            "let 1 lie between"
        ]
    if faults:
        raise QuestionError("; ".join(faults))
    return low, high


def _within(low: _Floats, high: _Floats, rng: np.random.Generator, draws: int) -> _Floats:
    """Weightings uniform within bounds: random exchanges between two criteria at a time."""
    room = high - low
    start = low + room * ((1 - low.sum()) / room.sum() if room.any() else 0)
    drawn: _Floats = np.repeat(start[None], draws, axis=0)
    for _ in range(_STEPS_PER_CRITERION * len(low) if len(low) > 1 else 0):
        i, j = rng.choice(len(low), size=2, replace=False)
        both = drawn[:, i] + drawn[:, j]
        least = np.maximum(low[i], both - high[j])
        most = np.minimum(high[i], both - low[j])
        drawn[:, i] = least + rng.random(draws) * np.maximum(most - least, 0)
        drawn[:, j] = both - drawn[:, i]
    return np.clip(drawn, low, high)
