"""How concentrated amounts are: location quotient, Herfindahl index, Gini coefficient.

Missing values are units nobody knows anything about: they are left out. Zeros
are units known to hold nothing: they count. Negative and infinite amounts are
refused, since a share of them means nothing.
"""

import math
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.plan.problems import NOTHING, Both

SMALLEST_BASE = 5
"""Fewer units above zero than this say nothing about concentration."""

LARGEST_SHARE = 0.5
"""A unit with more than this share decides the measures alone."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Concentration:
    """Concentration with and without the largest unit.

    Attributes
    ----------
    units :
        Number of units with a known amount, zeros included.
    nonzero_units :
        Number of units above zero.
    missing :
        Number of units without a known amount; they are left out.
    total :
        Sum of the amounts, in the unit of the values.
    largest :
        Key of the largest unit (of equal ones the first); None when nothing is
        above zero.
    largest_share :
        Share of the largest unit in the total, 0 to 1.
    hhi, gini :
        Measures over all units; see :func:`hhi` and :func:`gini`.
    hhi_without_largest, gini_without_largest :
        The same without the largest unit.
    warning :
        Why the measures mean little, in both languages: fewer than
        :data:`SMALLEST_BASE` units above zero, or one unit with more than
        :data:`LARGEST_SHARE` of the total. Empty texts when neither holds.
    """

    units: int
    nonzero_units: int
    missing: int
    total: float
    largest: Any
    largest_share: float
    hhi: float
    gini: float
    hhi_without_largest: float
    gini_without_largest: float
    warning: Both


@overload
def location_quotient(
    part_here: float, total_here: float, part_all: float, total_all: float
) -> float: ...


@overload
def location_quotient(
    part_here: "pd.Series[Any]",
    total_here: "pd.Series[Any] | float",
    part_all: "pd.Series[Any] | float",
    total_all: "pd.Series[Any] | float",
) -> "pd.Series[float]": ...


def location_quotient(
    part_here: "pd.Series[Any] | float",
    total_here: "pd.Series[Any] | float",
    part_all: "pd.Series[Any] | float",
    total_all: "pd.Series[Any] | float",
) -> "pd.Series[float] | float":
    """Compare the share an activity has here with its share everywhere.

    LQ = (part_here / total_here) / (part_all / total_all). Above 1 the activity
    is more present here than elsewhere. Multiplying here or everywhere by a
    factor changes nothing, so units need only agree within each pair.

    Parameters
    ----------
    part_here :
        Amount of the activity here (jobs, 万元 …): one number, or one per place
        or activity.
    total_here :
        Amount of all activities here.
    part_all, total_all :
        The same two amounts for the whole area.

    Returns
    -------
    location_quotient :
        Without unit, on the index of `part_here`; a number for numbers. Missing
        where an amount is missing, the total here or everywhere is zero, or
        the activity exists nowhere.

    Raises
    ------
    QuestionError
        If an amount is negative, infinite or no number, or if Series are not
        on the same keys. Rows are matched by key, never by position.

    References
    ----------
    Isserman, A. M. (1977). The location quotient approach to estimating regional
    economic impacts. Journal of the American Institute of Planners 43, 33-41.

    Examples
    --------
    >>> round(location_quotient(1714, 79006, 879213, 15593224), 7)
    0.3847623
    >>> here = pd.Series([10, 0], index=["north", "south"])
    >>> location_quotient(here, pd.Series([50, 40], index=["south", "north"]), 20, 200)
    north    2.5
    south    0.0
    Name: location_quotient, dtype: float64
    """
    whole = part_here if isinstance(part_here, pd.Series) else pd.Series([part_here])
    a, b, c, d = (
        _on_keys(amount, whole.index, name)
        for amount, name in [
            (part_here, "part_here"),
            (total_here, "total_here"),
            (part_all, "part_all"),
            (total_all, "total_all"),
        ]
    )
    defined = (b > 0) & (c > 0) & (d > 0)
    quotient = np.full(whole.size, np.nan)
    np.divide(a, b, out=quotient, where=defined)
    np.divide(quotient, c, out=quotient, where=defined)
    np.multiply(quotient, d, out=quotient, where=defined)
    if isinstance(part_here, pd.Series):
        return pd.Series(quotient, index=part_here.index, name="location_quotient")
    return float(quotient[0])


def hhi(values: "pd.Series[Any]") -> float:
    """Measure how far one or a few units hold everything (Herfindahl-Hirschman).

    HHI = Σ sᵢ², with sᵢ the share of a unit in the total.

    Parameters
    ----------
    values :
        Amount of each unit, in any one unit; missing ones are left out.

    Returns
    -------
    hhi :
        From 1/n (n equal units) to 1 (one unit holds everything); units of zero
        do not change it. Not a number when the total is zero or nothing is known.

    Raises
    ------
    QuestionError
        If an amount is negative, infinite or no number.

    References
    ----------
    Hirschman, A. O. (1964). The paternity of an index. American Economic Review
    54, 761-762.

    Examples
    --------
    >>> round(hhi(pd.Series([20, 50, 20, 10])), 12)
    0.34
    """
    return _hhi(_known(values))


def gini(values: "pd.Series[Any]") -> float:
    """Measure how unequal units are.

    G = Σᵢ Σⱼ |xᵢ - xⱼ| / (2 n² x̄), the convention for a whole population: without
    the factor n / (n - 1) for small samples. Units of zero count.

    Parameters
    ----------
    values :
        Amount of each unit, in any one unit; missing ones are left out.

    Returns
    -------
    gini :
        From 0 (all equal) to 1 - 1/n (one unit holds everything). Not a number
        when the total is zero or nothing is known.

    Raises
    ------
    QuestionError
        If an amount is negative, infinite or no number.

    References
    ----------
    Gini, C. (1912). Variabilità e mutabilità. Bologna: Cuppini.

    Examples
    --------
    >>> round(gini(pd.Series([20, 50, 20, 10])), 12)
    0.3
    """
    return _gini(_known(values))


def without_largest(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Leave out the largest unit, to see how much it alone decides.

    Parameters
    ----------
    values :
        Amount of each unit, in any one unit.

    Returns
    -------
    values :
        The same Series without its largest unit, of equal ones the first;
        everything when no amount is above zero.

    Raises
    ------
    QuestionError
        If an amount is negative, infinite or no number.

    Examples
    --------
    >>> without_largest(pd.Series([20, 50, 20], index=["a", "b", "c"])).to_dict()
    {'a': 20, 'c': 20}
    """
    numbers = np.nan_to_num(_amounts(values, "values"))
    keep = np.ones(numbers.size, dtype=np.bool_)
    if numbers.any():
        keep[numbers.argmax()] = False
    return values[keep]


def concentration(values: "pd.Series[Any]") -> Concentration:
    """Measure concentration with and without the largest unit, and say if it means much.

    Parameters
    ----------
    values :
        Amount of each unit (place, sector, project), in any one unit. Include
        the units that hold nothing as zeros: the Gini coefficient depends on them.

    Returns
    -------
    concentration :
        The measures and a warning where the base is too small.

    Raises
    ------
    QuestionError
        If an amount is negative, infinite or no number.

    Examples
    --------
    >>> found = concentration(pd.Series([20, 50, 20, 10], index=["a", "b", "c", "d"]))
    >>> found.largest, found.largest_share, round(found.hhi_without_largest, 12)
    ('b', 0.5, 0.36)
    >>> found.warning.en
    'Only 4 units are above zero; with fewer than 5 these measures mean little.'
    """
    numbers = _amounts(values, "values")
    known = _known(values)
    total = math.fsum(known)
    nonzero = int(np.count_nonzero(known))
    rest = _known(without_largest(values))
    share = float(known.max()) / total if total else float("nan")
    return Concentration(
        units=known.size,
        nonzero_units=nonzero,
        missing=numbers.size - known.size,
        total=total,
        largest=values.index[int(np.nan_to_num(numbers).argmax())] if total else None,
        largest_share=share,
        hhi=_hhi(known),
        gini=_gini(known),
        hhi_without_largest=_hhi(rest),
        gini_without_largest=_gini(rest),
        warning=_warning(nonzero, share),
    )


def _warning(nonzero: int, share: float) -> Both:
    reasons = []
    if nonzero < SMALLEST_BASE:
        reasons.append(
            Both(
                f"只有 {nonzero} 个单元大于零；少于 {SMALLEST_BASE} 个时，这些指标意义不大。",
                f"Only {nonzero} units are above zero; with fewer than {SMALLEST_BASE} these "
                "measures mean little.",
            )
        )
    if share > LARGEST_SHARE:
        reasons.append(
            Both(
                f"最大的一个单元占 {share:.0%}，指标主要由它决定；请同时看去掉它之后的数值。",
                f"The largest unit alone holds {share:.0%} and decides these measures; read them "
                "without it as well.",
            )
        )
    if not reasons:
        return NOTHING
    return Both("".join(x.zh for x in reasons), " ".join(x.en for x in reasons))


def _hhi(known: _Floats) -> float:
    total = math.fsum(known)
    # fsum rounds once, so the order of the units cannot change the result.
    return math.fsum((known / total) ** 2) if total else float("nan")


def _gini(known: _Floats) -> float:
    total = math.fsum(known)
    if not total:
        return float("nan")
    n = known.size
    rank = 2.0 * np.arange(n) - (n - 1)
    return math.fsum(rank * np.sort(known)) / (n * total)


def _known(values: "pd.Series[Any]") -> _Floats:
    numbers = _amounts(values, "values")
    return numbers[~np.isnan(numbers)]


def _amounts(values: "pd.Series[Any]", name: str) -> _Floats:
    try:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise QuestionError(f"{name} must be numbers: {error}") from error
    wrong = (numbers < 0) | np.isinf(numbers)
    if wrong.any():
        at = int(wrong.argmax())
        raise QuestionError(
            f"{name} of “{values.index[at]}” is {numbers[at]:g}; give an amount of 0 or more, "
            "or leave it missing"
        )
    return numbers


def _on_keys(amount: "pd.Series[Any] | float", keys: "pd.Index[Any]", name: str) -> _Floats:
    if not isinstance(amount, pd.Series):
        return _amounts(pd.Series([amount]), name).repeat(keys.size)
    if not amount.index.equals(keys):
        if not (amount.index.is_unique and keys.is_unique and set(amount.index) == set(keys)):
            raise QuestionError(f"{name} is not on the keys of part_here; give one amount per key")
        amount = amount.loc[keys]
    return _amounts(amount, name)
