"""How much each criterion counts: stated directly, by rank order, or by paired comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.site.judgements import joined, random_index_of

RankMethod = Literal["roc", "rank_sum", "rank_reciprocal"]

Order = Sequence[str | Sequence[str]]
"""Criteria, most important first; a sequence within it is a group of equals."""

LARGEST_RATIO = 0.1
"""From this consistency ratio on, the judgements are flagged (Saaty 1980)."""

_CONSISTENT = 1e-9
"""A smaller ratio is rounding: nothing to revisit."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Revisit:
    """The judgement whose change makes the others agree best.

    Attributes
    ----------
    row, column :
        The two criteria compared.
    given :
        How many times as important `row` was judged as `column`.
    suggested :
        The judgement that fits the others best, from 1/9 to 9.
    ratio :
        Consistency ratio after that one change.
    """

    row: str
    column: str
    given: float
    suggested: float
    ratio: float


@dataclass(frozen=True, eq=False)
class Weighting:
    """Weights and how they came about.

    Attributes
    ----------
    weights :
        Share of each criterion, 0 or more, sum 1; named ``weight``, indexed by
        criterion in the order given.
    method :
        ``direct``, ``roc``, ``rank_sum``, ``rank_reciprocal`` or ``ahp``.
    lambda_max, consistency_index, random_index, ratio :
        Of paired comparisons: principal eigenvalue λ, (λ - n) / (n - 1), its mean
        over random judgements, and their quotient (0 where that mean is 0). None
        for other methods.
    table :
        Name of the table the random index is from; ``given`` for a number; empty
        for other methods.
    flagged :
        Whether the ratio is :data:`LARGEST_RATIO` or more: look again, not forbidden.
    revisit :
        The judgement to look at first; None when the judgements agree.
    """

    weights: "pd.Series[float]"
    method: str
    lambda_max: float | None = None
    consistency_index: float | None = None
    random_index: float | None = None
    ratio: float | None = None
    table: str = ""
    flagged: bool = False
    revisit: Revisit | None = None


def shares_of(
    weights: "pd.Series[Any] | Mapping[str, float]", criteria: "pd.Index[Any]"
) -> _Floats:
    """Weights of the criteria, in their order, scaled to sum to 1.

    Parameters
    ----------
    weights :
        Weight of each criterion, 0 or more; matched by name, never by position.
    criteria :
        The criteria, each exactly once.

    Raises
    ------
    QuestionError
        If a criterion has no weight, a weight no criterion, or a weight is
        negative or not finite, or all are 0.
    """
    given = pd.Series(weights)
    if not (given.index.is_unique and criteria.is_unique):
        raise QuestionError("a criterion is named twice; give each one weight")
    faults = [f"“{name}” has no weight" for name in criteria.difference(given.index, sort=False)]
    faults += [
        f"“{name}” has a weight but is no criterion here"
        for name in given.index.difference(criteria, sort=False)
    ]
    if faults:
        raise QuestionError("; ".join(faults))
    try:
        numbers = given.loc[criteria].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise QuestionError(f"weights must be numbers: {error}") from error
    faults = [
        f"the weight of “{name}” is {number:g}"
        for name, number in zip(criteria, numbers, strict=True)
        if not (np.isfinite(number) and number >= 0)
    ]
    if faults:
        raise QuestionError(f"{'; '.join(faults)}; give finite weights of 0 or more")
    if not numbers.any():
        raise QuestionError("no criterion has a weight above 0; give at least one")
    # The greatest first: a sum of huge or tiny weights neither overflows nor vanishes.
    scaled = numbers / numbers.max()
    return np.asarray(scaled / scaled.sum(), dtype=np.float64)


def direct(weights: "Mapping[str, float] | pd.Series[Any]") -> Weighting:
    """Weights as stated, scaled to sum to 1.

    Parameters
    ----------
    weights :
        Weight of each criterion, 0 or more, in any scale: points, percent, shares.

    Raises
    ------
    QuestionError
        If a weight is negative or not finite, or all are 0.

    Examples
    --------
    >>> direct({"airport_m": 30, "rail_m": 10}).weights.to_dict()
    {'airport_m': 0.75, 'rail_m': 0.25}
    """
    given = pd.Series(weights)
    return _weighting(shares_of(given, given.index), given.index, "direct")


def groups_of(order: Order) -> tuple[tuple[str, ...], ...]:
    """Groups of equally important criteria, most important first.

    Raises
    ------
    QuestionError
        If a criterion occurs twice or a group is empty.
    """
    groups = tuple((part,) if isinstance(part, str) else tuple(part) for part in order)
    names = [name for group in groups for name in group]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise QuestionError(f"“{'”, “'.join(twice)}” stands twice in the order; name each once")
    if not all(groups) or not groups:
        raise QuestionError("the order has an empty place; name the criteria, most important first")
    return groups


def rank_order(order: Order, method: RankMethod = "roc") -> Weighting:
    """Weights from an order of importance alone.

    Of the k-th of n criteria: rank order centroid ``roc`` (1/n) Σᵢ₌ₖⁿ 1/i, the mean
    of all weights in that order; ``rank_sum`` 2 (n + 1 - k) / (n (n + 1));
    ``rank_reciprocal`` (1/k) / Σᵢ 1/i. Equals share the mean of their places.

    Parameters
    ----------
    order :
        Criteria, most important first; a group of equals as a sequence.
    method :
        See above.

    Raises
    ------
    QuestionError
        If a criterion occurs twice, a group is empty or the method is unknown.

    References
    ----------
    Barron, F. H. and Barrett, B. E. (1996). Decision quality using ranked
    attribute weights. Management Science 42(11), 1515-1523.

    Examples
    --------
    >>> rank_order(["land", "airport", "rail"]).weights.round(4).to_dict()
    {'land': 0.6111, 'airport': 0.2778, 'rail': 0.1111}
    >>> rank_order(["land", ["airport", "rail"]]).weights.round(4).to_dict()
    {'land': 0.6111, 'airport': 0.1944, 'rail': 0.1944}
    """
    if method not in get_args(RankMethod):
        raise QuestionError(
            f"“{method}” is no method; use one of {', '.join(get_args(RankMethod))}"
        )
    groups = groups_of(order)
    names = [name for group in groups for name in group]
    n = len(names)
    place = np.arange(1, n + 1, dtype=np.float64)
    if method == "roc":
        by_place = np.cumsum(1 / place[::-1])[::-1] / n
    elif method == "rank_sum":
        by_place = 2 * (n + 1 - place) / (n * (n + 1))
    else:
        by_place = (1 / place) / (1 / place).sum()
    sizes = np.asarray([len(group) for group in groups])
    starts = np.cumsum(sizes) - sizes
    weights = np.repeat(np.add.reduceat(by_place, starts) / sizes, sizes)
    return _weighting(weights, pd.Index(names, dtype=object), method)


def ahp(
    judgements: Any,
    names: Sequence[str],
    random_index: str | float = "saaty",
) -> Weighting:
    """Weights from paired comparisons (analytic hierarchy process).

    The weights are the principal eigenvector w of the judgements: A w = λ w,
    Σ w = 1. Consistency index CI = (λ - n) / (n - 1), ratio CR = CI / RI. Several
    judges are joined by the geometric mean of each judgement.

    Parameters
    ----------
    judgements :
        Square matrix: how many times as important the criterion of the row is as
        that of the column, as a number or a text such as ``1/3`` or ``½``; or a
        sequence of such matrices, one per judge. Of two reciprocals that differ
        by rounding (7 and 0.14) the one above 1 counts.
    names :
        The criteria, in the order of rows and columns.
    random_index :
        Name of a table in :data:`geoplan.site.judgements.RANDOM_INDEX`, or the random index itself.

    Returns
    -------
    weighting :
        Weights with λ, CI, RI and CR; CR of 0.1 and more is flagged.

    Raises
    ------
    QuestionError
        If a matrix is not square on the names, a judgement is not a number above
        0, a diagonal is not 1, reciprocals disagree, or there is no random index
        for that many criteria. All faulty judgements are named together.

    Notes
    -----
    The judgement to revisit is found exactly: with one pair left open, λ is least
    where that judgement equals w_row / w_column of the eigenvector of the matrix
    with that pair 0 and 1 added to both diagonals (Harker 1987).

    References
    ----------
    Saaty, T. L. (2008). Decision making with the analytic hierarchy process.
    International Journal of Services Sciences 1(1), 83-98.
    Harker, P. T. (1987). Alternative modes of questioning in the analytic
    hierarchy process. Mathematical Modelling 9, 353-360.

    Examples
    --------
    >>> found = ahp([[1, 3, 5], ["1/3", 1, 3], ["1/5", "1/3", 1]], ["land", "airport", "rail"])
    >>> found.weights.round(3).to_dict()
    {'land': 0.637, 'airport': 0.258, 'rail': 0.105}
    >>> round(found.lambda_max, 4), round(found.ratio, 3), found.flagged
    (3.0385, 0.037, False)
    """
    matrix = joined(judgements, names)
    n = len(matrix)
    index, table = random_index_of(random_index, n)
    eigenvalue, vector = _principal(matrix[None])
    lambda_max = float(eigenvalue[0])
    consistency = max(lambda_max - n, 0.0) / (n - 1) if n > 1 else 0.0
    ratio = consistency / index if index else 0.0
    weighting = _weighting(vector[0] / vector[0].sum(), pd.Index(names, dtype=object), "ahp")
    return Weighting(
        weights=weighting.weights,
        method="ahp",
        lambda_max=lambda_max,
        consistency_index=consistency,
        random_index=index,
        ratio=ratio,
        table=table,
        flagged=ratio >= LARGEST_RATIO,
        revisit=_revisit(matrix, [*names], index) if ratio > _CONSISTENT else None,
    )


def _weighting(weights: _Floats, names: "pd.Index[Any]", method: str) -> Weighting:
    return Weighting(pd.Series(weights, index=names, name="weight"), method)


def _principal(matrices: _Floats) -> tuple[_Floats, _Floats]:
    """Greatest eigenvalue and its vector, of matrices with no negative entries."""
    values, vectors = np.linalg.eig(matrices)
    at = values.real.argmax(axis=1)
    of = np.arange(len(at))
    return values.real[of, at], np.abs(vectors.real[of, :, at])


def _revisit(matrix: _Floats, names: list[str], random_index: float) -> Revisit:
    n = len(matrix)
    rows, columns = np.triu_indices(n, 1)
    of = np.arange(len(rows))
    opened = np.repeat(matrix[None], len(rows), axis=0)
    opened[of, rows, columns] = opened[of, columns, rows] = 0
    opened[of, rows, rows] = opened[of, columns, columns] = 2
    _, vectors = _principal(opened)
    # λ grows on either side of its least, so the nearest end of the scale is best.
    fitting = np.clip(vectors[of, rows] / vectors[of, columns], 1 / 9, 9)
    changed = np.repeat(matrix[None], len(rows), axis=0)
    changed[of, rows, columns], changed[of, columns, rows] = fitting, 1 / fitting
    eigenvalues, _ = _principal(changed)
    best = int(eigenvalues.argmin())
    row, column = int(rows[best]), int(columns[best])
    return Revisit(
        row=names[row],
        column=names[column],
        given=float(matrix[row, column]),
        suggested=float(fitting[best]),
        ratio=max(float(eigenvalues[best] - n) / (n - 1) / random_index, 0.0),
    )
