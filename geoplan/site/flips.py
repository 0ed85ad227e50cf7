"""What would change the answer: the smallest change of one weight or one measured value.

Each threshold is exact, in closed form, and counts against every rival: at it the
site draws level with the best of the others, a little further it is ahead of them
(one that is level with it at every weight, such as its like, stays level: both are
first).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.site.ranking import matrix_of, position_of
from geoplan.site.values import TOLERANCE, ValueFunction
from geoplan.site.weights import shares_of

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]

_NAMES = ("below", "above")


def reweighted(
    weights: "pd.Series[Any] | Mapping[str, float]", criterion: str, to: float
) -> "pd.Series[float]":
    """Weights with one of them changed and the others scaled to leave the sum at 1.

    w'ⱼ = `to`, w'ₖ = wₖ (1 - `to`) / (1 - wⱼ) for the others, so that they keep their
    proportions. Where wⱼ is 1 the others have none: they share the rest equally.

    Parameters
    ----------
    weights :
        Weight of each criterion, in any scale.
    criterion :
        The one to change.
    to :
        Its share of the total weight from then on, 0 to 1.

    Returns
    -------
    weights :
        Shares of the total weight, named ``weight``, on the index given.

    Raises
    ------
    QuestionError
        If there is no such criterion, it is the only one, or `to` is outside 0 to 1.

    Examples
    --------
    >>> reweighted({"land": 0.5, "rail": 0.3, "port": 0.2}, "land", 0.75).to_dict()
    {'land': 0.75, 'rail': 0.15, 'port': 0.1}
    """
    index = pd.Series(weights).index
    shares = shares_of(weights, index)
    at = position_of(criterion, index)
    if not 0 <= to <= 1:
        raise QuestionError(f"a share of the total weight is from 0 to 1, not {to:g}")
    if len(shares) == 1 and to != 1:
        raise QuestionError(f"“{criterion}” is the only criterion: its weight is 1")
    changed = _others(shares, at) * (1 - to)
    changed[at] = to
    return pd.Series(changed, index=index, name="weight")


def break_even(
    values: pd.DataFrame,
    weights: "pd.Series[Any] | Mapping[str, float]",
    site: Any,
    against: Any = None,
) -> pd.DataFrame:
    """Between which weights of one criterion a site is first (stability intervals).

    With sᵢ(x) = x vᵢⱼ + (1 - x) bᵢ and bᵢ the score on the other criteria by their
    proportions, the lead over each rival is linear in the weight x; the interval is
    where no lead is negative. See :func:`reweighted` for how the others are scaled.

    Parameters
    ----------
    values :
        Candidates by criteria, as scored; nothing missing.
    weights :
        Stated weight of each criterion, in any scale.
    site :
        The site in question, for example the winner.
    against :
        A rival: be ahead of it alone. By default of every other candidate.

    Returns
    -------
    break_even :
        By criterion, as shares of the total weight: ``weight`` as stated, ``low``
        and ``high`` of the interval (missing if there is none; a single weight
        at which the site only draws level is none), and who takes over beyond
        them, ``below`` and ``above`` (None at 0 and 1). For the winner, `weight`
        less `low` and `high` less `weight` are how much may change before it loses.

    Raises
    ------
    QuestionError
        If a value is missing, names do not match, or the site is its own rival.

    References
    ----------
    Mareschal, B. (1988). Weight stability intervals in multicriteria decision aid.
    European Journal of Operational Research 33, 54-64.

    Examples
    --------
    >>> values = pd.DataFrame({"land": [1.0, 0.5], "rail": [0.0, 0.75]}, index=["a", "b"])
    >>> break_even(values, {"land": 3, "rail": 1}, "a").loc["land"].to_dict()
    {'weight': 0.75, 'low': 0.6, 'high': 1.0, 'below': 'b', 'above': None}
    """
    matrix, shares = matrix_of(values), shares_of(weights, values.columns)
    at, rivals = _contest(values, site, against)
    names = values.index[rivals]
    rows = [
        (shares[j], *_interval(matrix[at], matrix[rivals], shares, j, names))
        for j in range(len(shares))
    ]
    columns = {
        name: pd.Series(column, index=values.columns, dtype=object if name in _NAMES else float)
        for name, column in zip(
            ("weight", "low", "high", *_NAMES), zip(*rows, strict=True), strict=True
        )
    }
    return pd.DataFrame(columns)


def weight_flips(
    values: pd.DataFrame,
    weights: "pd.Series[Any] | Mapping[str, float]",
    site: Any,
    against: Any = None,
) -> pd.DataFrame:
    """Smallest change of each weight that puts a losing site first.

    Parameters
    ----------
    values, weights, site, against :
        As for :func:`break_even`.

    Returns
    -------
    flips :
        By criterion, as shares of the total weight: ``from``, ``to`` and ``change``.
        Missing where no weight of that criterion does it; 0 change throughout where
        the site is first already. At ``to`` the site draws level with the best
        rival; any further it is ahead of all.

    Raises
    ------
    QuestionError
        As for :func:`break_even`.

    Examples
    --------
    >>> values = pd.DataFrame({"land": [1.0, 0.5], "rail": [0.0, 0.75]}, index=["a", "b"])
    >>> weight_flips(values, {"land": 3, "rail": 1}, "b").round(3)
          from   to  change
    land  0.75  0.6   -0.15
    rail  0.25  0.4    0.15
    """
    found = break_even(values, weights, site, against)
    now, low, high = (found[name].to_numpy(dtype=np.float64) for name in ("weight", "low", "high"))
    matrix, shares = matrix_of(values), shares_of(weights, values.columns)
    at, rivals = _contest(values, site, against)
    if _gap(matrix, shares, at, rivals) <= TOLERANCE:
        low = high = now
    to = np.where(np.abs(low - now) < np.abs(high - now), low, high)
    return _flips(now, to, values.columns)


def value_flips(
    values: pd.DataFrame,
    weights: "pd.Series[Any] | Mapping[str, float]",
    site: Any,
    measured: "pd.Series[Any] | Mapping[str, float]",
    functions: Mapping[str, ValueFunction],
    against: Any = None,
) -> pd.DataFrame:
    """Smallest change of each measured value that puts a losing site first.

    It must make up for what is missing to the best rival, by one criterion alone:
    v' = v + (max S - S) / w, and the measured value is the nearest one beyond which
    the value function is above v'.

    Parameters
    ----------
    values, weights, site, against :
        As for :func:`break_even`.
    measured :
        Measured value of the site in each criterion, in its unit; missing where it
        is not known. What is not known is looked for from the end worth least.
    functions :
        Value function of each criterion; without one a criterion cannot change.

    Returns
    -------
    flips :
        By criterion, in its unit: ``from``, ``to`` and ``change``. Missing where no
        measured value does it: the weight is 0, or the best value is not enough.
        0 change throughout where the site is first already.

    Raises
    ------
    QuestionError
        As for :func:`break_even`, or if a known measured value does not have the
        value stated for the site.

    Examples
    --------
    >>> values = pd.DataFrame({"land": [1.0, 0.5], "rail": [0.4, 0.75]}, index=["a", "b"])
    >>> value_flips(
    ...     values,
    ...     {"land": 3, "rail": 1},
    ...     "b",
    ...     {"land": 75.0, "rail": 500.0},
    ...     {"land": ValueFunction.parse("0:0|150:1"), "rail": ValueFunction.parse("0:1|2000:0")},
    ... ).round(3)
           from      to  change
    land   75.0  132.5    57.5
    rail  500.0     NaN     NaN
    """
    matrix, shares = matrix_of(values), shares_of(weights, values.columns)
    at, rivals = _contest(values, site, against)
    stated = pd.Series(measured, dtype="Float64").reindex(values.columns)
    now = stated.to_numpy(dtype=np.float64, na_value=np.nan)
    gap = _gap(matrix, shares, at, rivals)
    to = np.full(len(now), np.nan)
    for j, name in enumerate(values.columns):
        function = functions.get(name)
        if function is None:
            continue
        if abs(function.value(now[j]) - matrix[at, j]) > 1e-9:
            raise QuestionError(
                f"“{name}” of “{site}” is {now[j]:g}, worth {function.value(now[j]):g}, "
                f"but was scored with {matrix[at, j]:g}; give what was scored"
            )
        if gap <= TOLERANCE:
            to[j] = now[j]
        elif shares[j] > 0:
            found = function.nearest_above(matrix[at, j] + gap / shares[j], now[j])
            to[j] = np.nan if found is None else found
    return _flips(now, to, values.columns)


def _contest(values: pd.DataFrame, site: Any, against: Any) -> tuple[int, _Mask]:
    """Position of the site, and which candidates it is to be ahead of."""
    at = position_of(site, values.index)
    rivals = np.ones(len(values), dtype=np.bool_)
    if against is not None:
        rivals[:] = False
        rivals[position_of(against, values.index)] = True
        if rivals[at]:
            raise QuestionError(f"“{site}” cannot be compared with itself; name another rival")
    rivals[at] = False
    return at, rivals


def _gap(matrix: _Floats, shares: _Floats, at: int, rivals: _Mask) -> float:
    """How far the best rival is ahead; negative if behind."""
    scores = matrix @ shares
    return float(scores[rivals].max(initial=-np.inf) - scores[at])


def _others(shares: _Floats, at: int) -> _Floats:
    """Proportions of the other weights among themselves, and 0."""
    others = shares.copy()
    others[at] = 0
    if not others.any():
        others[:] = 1.0
        others[at] = 0
    return np.asarray(others / max(others.sum(), 1e-300), dtype=np.float64)


def _interval(
    own: _Floats, rivals: _Floats, shares: _Floats, j: int, names: "pd.Index[Any]"
) -> tuple[float, float, Any, Any]:
    """Lowest and highest weight of a criterion at which no rival is ahead, and who is beyond."""
    others = _others(shares, j)
    if len(shares) == 1:
        # The only weight cannot change: the site leads with it or not at all.
        leads = bool((own[j] >= rivals[:, j] - TOLERANCE).all())
        return (1.0, 1.0, None, None) if leads else (np.nan, np.nan, None, None)
    # The lead over each rival at weight 0 and at weight 1; linear between.
    at_0, at_1 = (own - rivals) @ others, own[j] - rivals[:, j]
    at_0, at_1 = (np.where(np.abs(lead) <= TOLERANCE, 0.0, lead) for lead in (at_0, at_1))
    rises, falls = (at_0 < 0) & (at_1 >= 0), (at_1 < 0) & (at_0 >= 0)
    if ((at_0 < 0) & (at_1 < 0)).any():
        return np.nan, np.nan, None, None
    crossing = np.zeros(len(at_0))
    np.divide(at_0, at_0 - at_1, out=crossing, where=rises | falls)
    lows, highs = np.where(rises, crossing, 0.0), np.where(falls, crossing, 1.0)
    low, high = lows.max(initial=0.0), highs.min(initial=1.0)
    if high - low <= TOLERANCE:
        return np.nan, np.nan, None, None
    return (
        float(low),
        float(high),
        names[int(lows.argmax())] if low > 0 else None,
        names[int(highs.argmin())] if high < 1 else None,
    )


def _flips(now: _Floats, to: _Floats, criteria: "pd.Index[Any]") -> pd.DataFrame:
    return pd.DataFrame({"from": now, "to": to, "change": to - now}, index=criteria)
