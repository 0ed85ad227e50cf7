"""Scores that are the sum of their contributions, and the ranks they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.site.weights import shares_of

DECIMALS = 12
"""Scores that agree in so many decimals are equal; the rest is rounding."""

_NAMED = 5
"""So many faulty cells are named in a message."""

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of the candidates, what they are made of, and the ranks.

    Attributes
    ----------
    contributions :
        Weight times value: candidates by criteria. Each row sums to the score.
    scores :
        Higher is better; on the candidates' index, named ``score``.
    ranks :
        1 is best; equal scores share a rank and the next ranks are skipped; on
        the candidates' index, ``int64``, named ``rank``. Of equal first ones, a
        candidate that another of them dominates comes after those.
    """

    contributions: pd.DataFrame
    scores: "pd.Series[float]"
    ranks: "pd.Series[int]"

    @property
    def order(self) -> "pd.Index[Any]":
        """Candidates from the first to the last; those of one rank by their name."""
        names = self.ranks.index
        place = pd.DataFrame({"rank": self.ranks.to_numpy(), "name": names.astype(str)})
        return names[place.sort_values(["rank", "name"], kind="stable").index]


def score(values: pd.DataFrame, weights: "pd.Series[Any] | Mapping[str, float]") -> Scored:
    """Weighted sum of values on fixed scales.

    Sᵢ = Σⱼ wⱼ vᵢⱼ with Σ wⱼ = 1. A candidate's score depends on no other candidate,
    so one more or one less on the list never reorders the rest.

    Parameters
    ----------
    values :
        Candidates by criteria, from value functions, 0 to 1. Nothing may be
        missing: what an unknown counts as is the caller's decision.
    weights :
        Weight of each criterion, 0 or more, in any scale; matched by name.

    Returns
    -------
    scored :
        Contributions, scores and ranks on the index given.

    Raises
    ------
    QuestionError
        If a value is missing or infinite, or weights and criteria do not match.

    References
    ----------
    Keeney, R. L. and Raiffa, H. (1976). Decisions with multiple objectives.
    Wiley.

    Examples
    --------
    >>> values = pd.DataFrame({"land": [1.0, 0.5], "rail": [0.0, 0.8]}, index=["a", "b"])
    >>> found = score(values, {"land": 3, "rail": 1})
    >>> found.scores.to_dict(), found.ranks.to_dict()
    ({'a': 0.75, 'b': 0.575}, {'a': 1, 'b': 2})
    >>> found.contributions.loc["b"].to_dict()
    {'land': 0.375, 'rail': 0.2}
    """
    matrix, shares = matrix_of(values), shares_of(weights, values.columns)
    return _scored(values, matrix * shares, matrix[:, shares > 0])


def likeness(
    values: pd.DataFrame,
    weights: "pd.Series[Any] | Mapping[str, float]",
    target: "pd.Series[Any] | str",
) -> Scored:
    """How like a good site each candidate is: 1 is alike in every criterion that counts.

    Lᵢ = Σⱼ wⱼ (1 - |vᵢⱼ - vₜⱼ|) with Σ wⱼ = 1: one minus the weighted city-block
    distance in values. A site better than the target is as unlike it as a worse one.

    Parameters
    ----------
    values, weights :
        As for :func:`score`.
    target :
        Values of the good site by criterion, or its name if it is a candidate.

    Returns
    -------
    scored :
        Contributions wⱼ (1 - |vᵢⱼ - vₜⱼ|), their sums and the ranks.

    Raises
    ------
    QuestionError
        As for :func:`score`, or if the target is no candidate, or lacks a criterion.

    Examples
    --------
    >>> values = pd.DataFrame({"land": [1.0, 0.5], "rail": [0.0, 0.8]}, index=["a", "b"])
    >>> likeness(values, {"land": 1, "rail": 1}, "a").scores.to_dict()
    {'a': 1.0, 'b': 0.35}
    """
    matrix, shares = matrix_of(values), shares_of(weights, values.columns)
    if isinstance(target, pd.Series):
        missing = values.columns.difference(target.index)
        if len(missing):
            raise QuestionError(f"the target has no value of “{missing[0]}”; give all criteria")
        good = matrix_of(target.loc[values.columns].to_frame("target").T)[0]
    else:
        good = matrix[position_of(target, values.index)]
    alike = 1 - np.abs(matrix - good)
    return _scored(values, alike * shares, alike[:, shares > 0])


def competition_ranks(scores: _Floats) -> npt.NDArray[np.int64]:
    """Ranks of scores, highest first: 1 + the number of better ones; equals share a rank."""
    rounded = np.round(scores, DECIMALS)
    ascending = np.sort(rounded)
    return (1 + len(scores) - np.searchsorted(ascending, rounded, side="right")).astype(np.int64)


def dominated_in(rows: _Floats) -> _Mask:
    """Rows that another row equals or surpasses in every column, and surpasses in one."""
    different, back = np.unique(rows, axis=0, return_inverse=True)
    ahead = np.ones((len(different), len(different)), dtype=np.bool_)
    for column in different.T:
        ahead &= column[None, :] >= column[:, None]
    # Rows differ, so one that is never behind another is ahead of it somewhere.
    found: _Mask = (ahead.sum(axis=1) > 1)[back.reshape(-1)]
    return found


def matrix_of(values: pd.DataFrame) -> _Floats:
    """Values as an array, if every candidate has every value.

    Raises
    ------
    QuestionError
        If there is no criterion, a candidate or criterion is named twice, or a
        value is missing, infinite or no number; the first few are named.
    """
    if not values.shape[1]:
        raise QuestionError("there is no criterion to judge by; give at least one")
    if not (values.index.is_unique and values.columns.is_unique):
        raise QuestionError("a candidate or criterion is named twice; name each once")
    try:
        matrix = values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise QuestionError(f"values must be numbers: {error}") from error
    wrong = np.argwhere(~np.isfinite(matrix))
    if len(wrong):
        cells = [f"“{values.columns[j]}” of “{values.index[i]}”" for i, j in wrong[:_NAMED]]
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise QuestionError(
            f"no value is known of {', '.join(cells)}{more}; decide what an unknown counts as "
            "(0: what is not known is no reason for a site) and fill it in"
        )
    return np.asarray(matrix, dtype=np.float64)


def position_of(name: Any, names: "pd.Index[Any]") -> int:
    """Position of a candidate or criterion.

    Raises
    ------
    QuestionError
        If it is not there.
    """
    at = names.get_indexer(pd.Index([name], dtype=object))[0]
    if at < 0:
        raise QuestionError(f"“{name}” is not among {', '.join(map(str, names[:_NAMED]))} …")
    return int(at)


def _scored(values: pd.DataFrame, contributions: _Floats, counted: _Floats) -> Scored:
    # Summed column by column: the same bits whoever else is on the list.
    total = np.zeros(len(values))
    for column in contributions.T:
        total += column
    ranks = competition_ranks(total)
    first = np.flatnonzero(ranks == 1)
    if len(first) > 1:
        behind = dominated_in(counted[first])
        ranks[first[behind]] += np.count_nonzero(~behind)
    return Scored(
        contributions=pd.DataFrame(contributions, index=values.index, columns=values.columns),
        scores=pd.Series(total, index=values.index, name="score"),
        ranks=pd.Series(ranks, index=values.index, name="rank"),
    )
