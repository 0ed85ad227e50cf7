"""Second opinions: TOPSIS, SPOTIS and PROMETHEE II, and how far rankings agree.

None of them decides; a first place that all of them share is a firmer one. All
but SPOTIS compare the candidates with each other, so another candidate may
reorder the rest. Which normalisation was used is part of every answer: TOPSIS
turns its winner around with it (Opricovic and Tzeng 2004).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.site.preferences import Preference, preferred
from geoplan.site.ranking import competition_ranks, matrix_of
from geoplan.site.weights import shares_of

Direction = Literal["high", "low"]
Better = Direction | Mapping[str, Direction]
"""Whether high or low is better: for all criteria, or for each."""

Normalisation = Literal["vector", "minmax", "sum", "max"]

_Floats = npt.NDArray[np.float64]

_ROUNDING = 1e-9
"""How far outside its bounds a measured value may lie, as a share of them."""

_PAIRS_AT_ONCE = 1 << 22


@dataclass(frozen=True, eq=False)
class Opinion:
    """What one method says.

    Attributes
    ----------
    method :
        ``topsis``, ``spotis`` or ``promethee_ii``.
    scores :
        On the candidates' index, named ``score``, as the method defines them.
    ranks :
        1 is best; equal scores share a rank; ``int64``, named ``rank``.
    best :
        Whether ``high`` or ``low`` scores are good.
    normalisation :
        How measured values were made comparable: a :data:`Normalisation`, ``bounds``
        or ``preference functions``.
    """

    method: str
    scores: "pd.Series[float]"
    ranks: "pd.Series[int]"
    best: Direction
    normalisation: str


@dataclass(frozen=True, eq=False)
class Flows(Opinion):
    """What PROMETHEE II says.

    Attributes
    ----------
    leaving, entering :
        How far each candidate is preferred to the others, and they to it, both 0
        to 1 (PROMETHEE I); the score, the net flow, is their difference.
    """

    leaving: "pd.Series[float]"
    entering: "pd.Series[float]"


@dataclass(frozen=True)
class Agreement:
    """How far two rankings agree.

    Attributes
    ----------
    kendall_tau, spearman :
        Kendall's τ-b and Spearman's ρ, -1 to 1; not a number when a ranking has
        no two different ranks.
    same_first :
        Whether the same candidates are first.
    same_top_three :
        Share of the candidates of rank 1 to 3 that are so in both rankings.
    """

    kendall_tau: float
    spearman: float
    same_first: bool
    same_top_three: float


def topsis(
    matrix: pd.DataFrame,
    weights: "pd.Series[Any] | Mapping[str, float]",
    better: Better = "high",
    normalisation: Normalisation = "vector",
) -> Opinion:
    """Closeness to the best and distance from the worst of the candidates (TOPSIS).

    With vᵢⱼ = wⱼ rᵢⱼ and D⁺, D⁻ the Euclidean distances from the best and the worst
    value of each criterion among the candidates: Cᵢ = D⁻ᵢ / (D⁺ᵢ + D⁻ᵢ). The
    normalised rᵢⱼ is ``vector`` x / √Σ x²; ``minmax`` (x - min) / (max - min);
    ``sum`` x / Σ x; ``max`` x / max x. Where low is better, the lowest is the best;
    no value is inverted.

    Parameters
    ----------
    matrix :
        Candidates by criteria, in real units or as values; nothing missing.
    weights :
        Weight of each criterion, in any scale; matched by name.
    better :
        Whether high or low is better.
    normalisation :
        See above. It can change the winner: keep to one and say which.

    Returns
    -------
    opinion :
        Closeness from 0 to 1, high is best; ½ for all when all are alike.

    Raises
    ------
    QuestionError
        If a value is missing, names do not match, or ``sum`` or ``max`` would
        divide by what is not above 0.

    References
    ----------
    Hwang, C. L. and Yoon, K. (1981). Multiple attribute decision making. Springer.
    Opricovic, S. and Tzeng, G. H. (2004). Compromise solution by MCDM methods.
    European Journal of Operational Research 156, 445-455.

    Examples
    --------
    >>> sites = pd.DataFrame({"risk": [1, 2, 5], "height_m": [3000, 3750, 4500]})
    >>> better = {"risk": "low", "height_m": "high"}
    >>> even = {"risk": 1, "height_m": 1}
    >>> topsis(sites, even, better).scores.round(3).tolist()
    [0.762, 0.722, 0.238]
    >>> topsis(sites, even, better, "minmax").scores.round(3).tolist()
    [0.5, 0.617, 0.5]
    """
    if normalisation not in get_args(Normalisation):
        raise QuestionError(
            f"“{normalisation}” is no normalisation; "
            f"use one of {', '.join(get_args(Normalisation))}"
        )
    values, shares = matrix_of(matrix), shares_of(weights, matrix.columns)
    signs = _signs(better, matrix.columns)
    to_best, to_worst = np.zeros(len(values)), np.zeros(len(values))
    for column, name, share, sign in zip(values.T, matrix.columns, shares, signs, strict=True):
        weighted = share * sign * _normalised(column, normalisation, name)
        to_best += (weighted.max(initial=-np.inf) - weighted) ** 2
        to_worst += (weighted - weighted.min(initial=np.inf)) ** 2
    to_best, to_worst = np.sqrt(to_best), np.sqrt(to_worst)
    closeness = np.full(len(values), 0.5)
    np.divide(to_worst, to_best + to_worst, out=closeness, where=to_best + to_worst > 0)
    return Opinion("topsis", *_ranked(closeness, matrix.index, "high"), "high", normalisation)


def spotis(
    matrix: pd.DataFrame,
    weights: "pd.Series[Any] | Mapping[str, float]",
    better: Better,
    bounds: Mapping[str, tuple[float, float]],
    ideal: Mapping[str, float] | None = None,
    clip: bool = False,
) -> Opinion:
    """Distance from an ideal site between fixed bounds (SPOTIS).

    Dᵢ = Σⱼ wⱼ |xᵢⱼ - Sⱼ| / (maxⱼ - minⱼ). Bounds that do not depend on the candidates
    keep the order of the others when one is added or leaves.

    Parameters
    ----------
    matrix, weights, better :
        As for :func:`topsis`.
    bounds :
        Least and greatest measured value of each criterion.
    ideal :
        Measured values of the ideal site; where not given the better bound.
    clip :
        Whether a measured value beyond a bound counts as the bound. Otherwise it
        is refused.

    Returns
    -------
    opinion :
        Distances from 0 to 1; low is best.

    Raises
    ------
    QuestionError
        If a value is missing, names do not match, bounds are missing or reversed,
        or a value or ideal lies outside them.

    References
    ----------
    Dezert, J., Tchamova, A., Han, D. and Tacnet, J. M. (2020). The SPOTIS rank
    reversal free method for multi-criteria decision-making support. FUSION 2020.

    Examples
    --------
    >>> sites = pd.DataFrame({"rail_m": [500.0, 2000.0], "land": [0.2, 0.9]}, index=["a", "b"])
    >>> better = {"rail_m": "low", "land": "high"}
    >>> bounds = {"rail_m": (0, 5000), "land": (0, 1)}
    >>> spotis(sites, {"rail_m": 1, "land": 1}, better, bounds).scores.round(3).to_dict()
    {'a': 0.45, 'b': 0.25}
    """
    values, shares = matrix_of(matrix), shares_of(weights, matrix.columns)
    signs = _signs(better, matrix.columns)
    distance = np.zeros(len(values))
    faults = []
    for column, name, share, sign in zip(values.T, matrix.columns, shares, signs, strict=True):
        low, high = bounds.get(name, (np.nan, np.nan))
        if not -np.inf < low < high < np.inf:
            faults.append(f"“{name}” needs a lower and a higher bound")
            continue
        best = (ideal or {}).get(name, high if sign > 0 else low)
        slack = _ROUNDING * (high - low)
        outside = (column < low - slack) | (column > high + slack)
        if not low <= best <= high:
            faults.append(f"the ideal of “{name}”, {best:g}, is outside {low:g} to {high:g}")
        elif outside.any() and not clip:
            at = int(outside.argmax())
            faults.append(
                f"“{name}” of “{matrix.index[at]}” is {column[at]:g}, outside {low:g} to {high:g}; "
                "widen the bounds or clip"
            )
        else:
            distance += share * np.abs(np.clip(column, low, high) - best) / (high - low)
    if faults:
        raise QuestionError("; ".join(faults))
    return Opinion("spotis", *_ranked(distance, matrix.index, "low"), "low", "bounds")


def promethee_ii(
    matrix: pd.DataFrame,
    weights: "pd.Series[Any] | Mapping[str, float]",
    better: Better = "high",
    preferences: Preference | Mapping[str, Preference] | None = None,
) -> Flows:
    """Net flow of preference between pairs of candidates (PROMETHEE II).

    π(a, b) = Σⱼ wⱼ Pⱼ(xₐⱼ - x_bⱼ); leaving φ⁺(a) = Σ_b π(a, b) / (n - 1), entering
    φ⁻(a) = Σ_b π(b, a) / (n - 1), net φ = φ⁺ - φ⁻.

    Parameters
    ----------
    matrix, weights, better :
        As for :func:`topsis`.
    preferences :
        Preference function with thresholds in real units, for all criteria or for
        each; ``usual`` where none is given.

    Returns
    -------
    flows :
        Net flow from -1 to 1, summing to 0, high is best; all 0 for one candidate.

    Raises
    ------
    QuestionError
        If a value is missing or names do not match.

    References
    ----------
    Brans, J. P., Vincke, P. and Mareschal, B. (1986). How to select and how to rank
    projects: the PROMETHEE method. European Journal of Operational Research 24,
    228-238.

    Examples
    --------
    >>> sites = pd.DataFrame({"a": [4, 3, 5], "b": [3, 2, 1], "c": [2, 4, 3]})
    >>> promethee_ii(sites, {"a": 0.5, "b": 0.3, "c": 0.2}).scores.round(6).tolist()
    [0.1, -0.3, 0.2]
    """
    values, shares = matrix_of(matrix), shares_of(weights, matrix.columns)
    signs = _signs(better, matrix.columns)
    stated = (
        preferences
        if isinstance(preferences, Mapping)
        else dict.fromkeys(matrix.columns, preferences or Preference())
    )
    unknown = [name for name in stated if name not in matrix.columns]
    if unknown:
        raise QuestionError(f"“{unknown[0]}” has a preference function but is no criterion here")
    leaving, entering = np.zeros(len(values)), np.zeros(len(values))
    others = max(len(values) - 1, 1)
    for column, name, share, sign in zip(values.T, matrix.columns, shares, signs, strict=True):
        preference = stated.get(name, Preference())
        leaving += share * preferred(sign * column, preference) / others
        entering += share * preferred(-sign * column, preference) / others
    index = matrix.index
    return Flows(
        "promethee_ii",
        *_ranked(leaving - entering, index, "high"),
        "high",
        "preference functions",
        leaving=pd.Series(leaving, index=index, name="leaving"),
        entering=pd.Series(entering, index=index, name="entering"),
    )


def agreement(ranks: "pd.Series[Any]", other: "pd.Series[Any]") -> Agreement:
    """Compare two rankings of the same candidates.

    Kendall's τ-b = Σ sign(aᵢ - aₖ) sign(bᵢ - bₖ) / √(nₐ n_b) over pairs, with nₐ and
    n_b the pairs not tied in each; Spearman's ρ is the correlation of mean ranks.

    Parameters
    ----------
    ranks, other :
        Rank of each candidate, 1 is best; matched by name.

    Raises
    ------
    QuestionError
        If they do not rank the same candidates, or a rank is missing.

    References
    ----------
    Kendall, M. G. (1945). The treatment of ties in ranking problems. Biometrika
    33, 239-251.

    Examples
    --------
    >>> a = pd.Series([1, 2, 3, 4], index=list("wxyz"))
    >>> b = pd.Series([2, 1, 3, 4], index=list("wxyz"))
    >>> found = agreement(a, b)
    >>> round(found.kendall_tau, 3), found.spearman, found.same_first, found.same_top_three
    (0.667, 0.8, False, 1.0)
    """
    same = ranks.index.is_unique and set(ranks.index) == set(other.index)
    if not same or len(ranks) != len(other):
        raise QuestionError("only rankings of the same candidates can be compared")
    a, b = matrix_of(pd.DataFrame({"a": ranks, "b": other.loc[ranks.index]})).T
    if not a.size:
        return Agreement(np.nan, np.nan, True, 1.0)
    together = untied_a = untied_b = 0.0
    step = max(_PAIRS_AT_ONCE // a.size, 1)
    for start in range(0, a.size, step):
        sign_a, sign_b = (np.sign(x[start : start + step, None] - x[None, :]) for x in (a, b))
        together += float((sign_a * sign_b).sum())
        untied_a += float(np.abs(sign_a).sum())
        untied_b += float(np.abs(sign_b).sum())
    defined = untied_a > 0 and untied_b > 0
    mean_a, mean_b = (pd.Series(x).rank().to_numpy() - (a.size + 1) / 2 for x in (a, b))
    top = [x <= 3 for x in (a, b)]
    return Agreement(
        kendall_tau=together / float(np.sqrt(untied_a * untied_b)) if defined else np.nan,
        spearman=float(mean_a @ mean_b / np.sqrt((mean_a @ mean_a) * (mean_b @ mean_b)))
        if defined
        else np.nan,
        same_first=bool(np.array_equal(a == a.min(), b == b.min())),
        same_top_three=float((top[0] & top[1]).sum() / max(top[0].sum(), top[1].sum(), 1)),
    )


def _signs(better: Better, criteria: "pd.Index[Any]") -> _Floats:
    stated = dict.fromkeys(criteria, better) if isinstance(better, str) else dict(better)
    faults = [
        f"“{name}” must say whether high or low is better"
        for name in criteria
        if stated.get(name) not in get_args(Direction)
    ]
    if faults:
        raise QuestionError("; ".join(faults))
    return np.asarray([1.0 if stated[name] == "high" else -1.0 for name in criteria])


def _normalised(column: _Floats, normalisation: Normalisation, name: Any) -> _Floats:
    low, divisor = 0.0, float(np.sqrt((column**2).sum()))
    if normalisation == "minmax":
        low, high = column.min(initial=np.inf), column.max(initial=-np.inf)
        divisor = float(high - low)
    elif normalisation != "vector":
        divisor = float(column.sum() if normalisation == "sum" else column.max(initial=-np.inf))
        if divisor <= 0 and column.size:
            raise QuestionError(
                f"“{name}” cannot be divided by its {normalisation}, {divisor:g}; "
                "use vector or minmax"
            )
    return (column - low) / divisor if divisor else np.zeros_like(column)


def _ranked(
    scores: _Floats, index: "pd.Index[Any]", best: Direction
) -> tuple["pd.Series[float]", "pd.Series[int]"]:
    ranks = competition_ranks(scores if best == "high" else -scores)
    return pd.Series(scores, index=index, name="score"), pd.Series(ranks, index=index, name="rank")
