"""Whole amounts by part and by year, so that nothing is lost in rounding.

Plans state one sum for several years (“2017-2019, 30000 万元”). What falls in
which year is an assumption: equal amounts per year unless shares are stated.
"""

import operator
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError

UNDATED = "undated"
"""Column of the money whose years are not known."""

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Years outside are slips of the pen (20190), not years."""

Rule = Mapping[int, float] | pd.DataFrame
"""Stated shares per year: for all projects, or one row per project."""

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]

_SCALES = (1, 10**6)
"""Shares with up to six decimals become whole numbers."""

_LARGEST_WEIGHT = 1 << 31
"""Weights with a smaller sum can be multiplied in int64 without overflow."""


def split_whole(total: int, shares: Iterable[float]) -> _Integers:
    """Split a whole amount by shares into whole parts that sum to it exactly.

    Largest remainder (Hamilton): each part is ``total · share / Σ shares``
    rounded down; what is left goes, one each, to the largest remainders, of
    equal ones to the earlier. The arithmetic is exact for any total, and a
    share counts as the decimal it is written as: 0.1 is one tenth.

    Parameters
    ----------
    total :
        Whole amount of 0 or more, in any unit, below 2⁶³.
    shares :
        Share of each part, 0 or more and not all 0; they need not sum to 1.

    Returns
    -------
    parts :
        Whole amounts in the unit of `total`, ``int64``; each differs from its
        exact share by less than 1, and a share of 0 gets 0.

    Raises
    ------
    QuestionError
        If the total is no whole number of 0 or more, or a share is negative or
        not finite, or all shares are 0.

    References
    ----------
    Balinski, M. L. and Young, H. P. (2001). Fair representation. 2nd ed.
    Brookings Institution Press.

    Examples
    --------
    >>> split_whole(100, [1, 1, 1]).tolist()
    [34, 33, 33]
    >>> split_whole(10**15, [0.2, 0.3, 0.5]).tolist()
    [200000000000000, 300000000000000, 500000000000000]
    """
    try:
        whole = operator.index(total)
        row = np.asarray([*shares], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise QuestionError(f"cannot split {total!r}: give whole numbers ({error})") from error
    if whole >= 1 << 63:
        raise QuestionError(f"{whole} is too large to split; use a larger unit")
    parts: _Integers = split_rows(np.asarray([whole], dtype=np.int64), row.reshape(1, -1))[0]
    return parts


def split_rows(totals: npt.ArrayLike, shares: npt.ArrayLike) -> _Integers:
    """Split many whole amounts at once, each by its own shares.

    The same rule as :func:`split_whole`, row by row.

    Parameters
    ----------
    totals :
        Whole amounts of 0 or more; shape (n,).
    shares :
        Shares of 0 or more, shape (n, m), or (m,) for the same in every row; a
        row may be all 0 only where its total is 0.

    Returns
    -------
    parts :
        Whole amounts, ``int64``, shape (n, m); each row sums to its total.

    Raises
    ------
    QuestionError
        If totals are not whole, or an amount or share is negative or not finite,
        or a total has no share to go to.

    Examples
    --------
    >>> split_rows([7, 100], [[1, 1, 0], [0.25, 0.25, 0.5]]).tolist()
    [[4, 3, 0], [25, 25, 50]]
    """
    whole = np.asarray(totals)
    if whole.size == 0:
        whole = whole.astype(np.int64)
    if whole.ndim != 1 or whole.dtype.kind not in "iu":
        raise QuestionError("totals must be one row of whole numbers")
    if (whole < 0).any():
        raise QuestionError(f"{whole.min()} is negative; split an amount of 0 or more")
    given = np.asarray(shares, dtype=np.float64)
    if given.ndim == 0 or given.ndim > 2 or (given.ndim == 2 and len(given) != whole.size):
        raise QuestionError(f"{whole.size} totals need as many rows of shares")
    if not np.isfinite(given).all() or (given < 0).any():
        raise QuestionError("shares must be finite and 0 or more")
    given = np.broadcast_to(given, (whole.size, given.shape[-1]))
    if ((whole > 0) & ~given.any(axis=1)).any():
        raise QuestionError("an amount has no share to go to; give a share above 0")
    whole = whole.astype(np.int64)

    for scale in _SCALES:
        # Larger shares would overflow; the exact way below takes any.
        if given.size == 0 or given.max() * scale >= _LARGEST_WEIGHT:
            break
        weights = np.rint(given * scale)
        if (weights / scale == given).all() and weights.sum(axis=1).max() < _LARGEST_WEIGHT:
            return _by_weights(whole, weights.astype(np.int64))
    if given.size == 0:
        return np.zeros(given.shape, dtype=np.int64)
    return np.asarray(
        [_by_fractions(int(t), row) for t, row in zip(whole, given, strict=True)], dtype=np.int64
    )


def yearly(projects: pd.DataFrame, rule: Rule | None = None) -> pd.DataFrame:
    """Say how much each project invests in each year, under a stated rule.

    Amounts are split to the whole 万元 with :func:`split_whole`; what cannot be
    divided evenly goes to the earlier years. Every row sums to the project's
    investment exactly.

    Parameters
    ----------
    projects :
        Table with ``year_start``, ``year_end`` and ``investment_wanyuan`` (whole
        万元). Missing money is counted as 0: count the gaps in the column itself.
    rule :
        None: equal per year. A mapping from year to share: the shares of the
        project's own years, scaled to sum to 1. A frame on the projects' index
        with years as columns: the shares of that project, which replace its
        start and end; a project without a row, or with no share above 0, is
        split equally.

    Returns
    -------
    yearly :
        万元, ``int64``, on the index given: one column for each year from the
        first to the last, labelled with the year as a number, and ``undated``
        for projects whose years are missing, reversed or outside 1900-2200,
        or get no share from the mapping.

    Raises
    ------
    QuestionError
        If a column is missing, money is negative or not whole, a share is
        negative or not finite, or a rule names what is no year or no project.

    Examples
    --------
    >>> projects = pd.DataFrame(
    ...     {
    ...         "year_start": [2017, 2018, None],
    ...         "year_end": [2019, 2018, 2020],
    ...         "investment_wanyuan": [100, 50, 7],
    ...     },
    ...     index=["a", "b", "c"],
    ... )
    >>> yearly(projects)
       2017  2018  2019  undated
    a    34    33    33        0
    b     0    50     0        0
    c     0     0     0        7
    >>> yearly(projects, {2017: 0.5, 2018: 0.3, 2019: 0.2}).loc["a"].tolist()
    [50, 30, 20, 0]
    """
    money = _money(projects)
    start, end = (_years(projects, column) for column in ("year_start", "year_end"))
    spanned = (start >= FIRST_YEAR) & (end <= LAST_YEAR) & (start <= end)
    stated = rule if isinstance(rule, pd.DataFrame) else None
    years = _calendar(start[spanned], end[spanned], stated)
    shares = ((years >= start[:, None]) & (years <= end[:, None])).astype(np.float64)
    shares[~spanned] = 0
    if stated is not None:
        own = _stated_shares(stated, projects.index, years)
        shares = np.where(own.any(axis=1, keepdims=True), own, shares)
    elif isinstance(rule, Mapping):
        by_year = dict(
            zip(_year_numbers([*rule]).tolist(), _checked([*rule.values()]), strict=True)
        )
        shares *= np.asarray([by_year.get(year, 0.0) for year in years.tolist()])
    elif rule is not None:
        raise QuestionError(f"{rule!r} is no rule; give shares by year, or nothing for equal parts")

    dated = shares.any(axis=1)
    parts = split_rows(np.where(dated, money, 0), shares)
    table = np.column_stack([parts, np.where(dated, 0, money)])
    columns = pd.Index([*years.tolist(), UNDATED], dtype=object)
    return pd.DataFrame(table, index=projects.index, columns=columns)


def invested_in(projects: pd.DataFrame, year: int, rule: Rule | None = None) -> "pd.Series[int]":
    """Say how much each project invests in one year.

    Parameters
    ----------
    projects, rule :
        As for :func:`yearly`.
    year :
        The year; one in which nothing is planned gives 0.

    Returns
    -------
    investment_wanyuan :
        万元, ``int64``, on the index given. Money without a year is in no year.

    Raises
    ------
    QuestionError
        As for :func:`yearly`, or if `year` is no year.

    Examples
    --------
    >>> projects = pd.DataFrame(
    ...     {"year_start": [2017], "year_end": [2019], "investment_wanyuan": [100]}, index=["a"]
    ... )
    >>> invested_in(projects, 2017)
    a    34
    Name: investment_wanyuan, dtype: int64
    """
    asked = int(_year_numbers([year])[0])
    table = yearly(projects, rule)
    amounts = table[asked].to_numpy() if asked in table.columns else np.int64(0)
    return pd.Series(amounts, index=projects.index, dtype="int64", name="investment_wanyuan")


def _by_weights(totals: _Integers, weights: _Integers) -> _Integers:
    # total·w/Σw taken apart, so that no product leaves int64.
    divisor = np.maximum(weights.sum(axis=1), 1)
    turns, rest = np.divmod(totals, divisor)
    more, remainder = np.divmod(rest[:, None] * weights, divisor[:, None])
    parts = turns[:, None] * weights + more
    left = totals - parts.sum(axis=1)
    order = np.argsort(-remainder, axis=1, kind="stable")
    place = np.argsort(order, axis=1, kind="stable")
    return np.asarray(parts + (place < left[:, None]), dtype=np.int64)


def _by_fractions(total: int, shares: _Floats) -> list[int]:
    exact = [Fraction(str(share)) for share in shares.tolist()]
    whole = sum(exact, Fraction(0)) or Fraction(1)
    quotas = [total * share / whole for share in exact]
    parts = [int(quota) for quota in quotas]
    order = sorted(range(len(parts)), key=lambda i: parts[i] - quotas[i])
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _column(projects: pd.DataFrame, name: str) -> "pd.Series[Any]":
    if name not in projects.columns:
        raise QuestionError(f"projects have no column “{name}”; phasing needs it")
    return projects[name]


def _money(projects: pd.DataFrame) -> _Integers:
    column = _column(projects, "investment_wanyuan")
    try:
        money = column.astype("Int64").to_numpy(dtype=np.int64, na_value=0)
    except (TypeError, ValueError, OverflowError) as error:
        raise QuestionError(f"investment_wanyuan must be whole 万元: {error}") from error
    if (money < 0).any():
        where = projects.index[int((money < 0).argmax())]
        raise QuestionError(f"investment_wanyuan of “{where}” is negative; correct it")
    return np.asarray(money, dtype=np.int64)


def _years(projects: pd.DataFrame, name: str) -> _Floats:
    """Years as floats; what is no whole year is not a number."""
    try:
        years = _column(projects, name).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise QuestionError(f"{name} must be years: {error}") from error
    return np.where(np.isfinite(years) & (years == np.rint(years)), years, np.nan)


def _calendar(start: _Floats, end: _Floats, stated: pd.DataFrame | None) -> _Integers:
    """Every year from the first to the last that can hold money."""
    limits = [*start.tolist(), *end.tolist()]
    if stated is not None:
        limits += _year_numbers([*stated.columns]).tolist()
    if not limits:
        return np.empty(0, dtype=np.int64)
    return np.arange(int(min(limits)), int(max(limits)) + 1, dtype=np.int64)


def _year_numbers(labels: Sequence[Any]) -> _Integers:
    try:
        years = [operator.index(label) for label in labels]
    except TypeError as error:
        raise QuestionError(f"a year must be a whole number such as 2025: {error}") from error
    for year in years:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise QuestionError(f"{year} is no year between {FIRST_YEAR} and {LAST_YEAR}")
    return np.asarray(years, dtype=np.int64)


def _stated_shares(stated: pd.DataFrame, projects: "pd.Index[Any]", years: _Integers) -> _Floats:
    if not (projects.is_unique and stated.index.is_unique and stated.columns.is_unique):
        raise QuestionError("shares by project need one row per project and one column per year")
    unknown = stated.index.difference(projects)
    if len(unknown):
        raise QuestionError(f"shares are stated for “{unknown[0]}”, which is no project here")
    try:
        shares = stated.reindex(projects).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise QuestionError(f"shares must be numbers: {error}") from error
    own = np.zeros((len(projects), years.size))
    if years.size:
        own[:, _year_numbers([*stated.columns]) - years[0]] = _checked(
            np.where(np.isnan(shares), 0.0, shares)
        )
    return own


def _checked(shares: npt.ArrayLike) -> _Floats:
    try:
        numbers = np.asarray(shares, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise QuestionError(f"shares must be numbers: {error}") from error
    if not np.isfinite(numbers).all() or (numbers < 0).any():
        raise QuestionError("a stated share must be finite and 0 or more")
    return numbers
