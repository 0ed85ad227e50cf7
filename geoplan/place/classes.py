"""Classes for maps: which of a few ranges each value falls in.

A map of investment is mostly zero with a few very large values. Zero is
therefore a class of its own, and equal intervals are not offered: one large
project would leave every other place in the first class.

A class holds the values above the upper bound of the class before, up to and
including its own. Quantiles and the box plot come from mapclassify. Natural
breaks and head/tail breaks are computed here: mapclassify 2.10 finds natural
breaks in single precision, which gives edges out of order when the values are
large beside their differences, and its head/tail breaks take the mean of
nothing when values differ by a rounding error only.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.plan.problems import Both

Method = Literal["quantiles", "natural_breaks", "head_tail", "box_plot", "own"]

NO_AMOUNT = Both("无", "none")
"""How class 0, the zeros, is called."""

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Classes:
    """Values sorted into classes.

    Attributes
    ----------
    method :
        The method that made the classes.
    edges :
        Upper bound of each class from class 1 on, ascending, in the unit of
        the values. Empty when there is nothing to classify.
    counts :
        Number of values in each class, by class number; class 0 (the zeros) is
        listed only when there are zeros that were set apart. Missing values
        are not counted, so ``counts.sum() + missing == len(class_of)``.
    class_of :
        Class number of each value, ``Int64``, named ``class``, on the index
        given; missing where there is no data.
    lowest :
        Smallest value in the classes from 1 on; not a number when there is none.
    """

    method: Method
    edges: tuple[float, ...]
    counts: "pd.Series[int]"
    class_of: "pd.Series[Any]"
    lowest: float

    @property
    def missing(self) -> int:
        """Number of places without data."""
        return int(self.class_of.isna().sum())

    def labels(self, write: Callable[[float], Both]) -> dict[int, Both]:
        """Say what each class holds, in both languages.

        Parameters
        ----------
        write :
            Writes a number with its unit, for example 30000 万元 as “3 亿元” and
            “CNY 300 million”.

        Returns
        -------
        labels :
            Label by class number, in the order of `counts`.

        Examples
        --------
        >>> found = classify(pd.Series([0, 1, 2, 9]), "own", breaks=[2, 10])
        >>> for number, label in found.labels(lambda x: Both(f"{x:g}亿元", f"{x:g} bn")).items():
        ...     print(number, label.zh, "|", label.en)
        0 无 | none
        1 1亿元至2亿元 | 1 bn to 2 bn
        2 大于2亿元，至10亿元 | over 2 bn, up to 10 bn
        """
        labels = {0: NO_AMOUNT} if 0 in self.counts.index else {}
        for number, edge in enumerate(self.edges, start=1):
            upper = write(edge)
            if number > 1:
                lower = write(self.edges[number - 2])
                label = Both(f"大于{lower.zh}，至{upper.zh}", f"over {lower.en}, up to {upper.en}")
            elif self.lowest < edge:
                lower = write(self.lowest)
                label = Both(f"{lower.zh}至{upper.zh}", f"{lower.en} to {upper.en}")
            elif self.lowest == edge:
                label = upper
            else:
                label = Both(f"不超过{upper.zh}", f"up to {upper.en}")
            labels[number] = label
        return labels


def classify(
    values: "pd.Series[Any]",
    method: Method,
    k: int = 5,
    breaks: Sequence[float] | None = None,
    *,
    zero_apart: bool = True,
) -> Classes:
    """Sort values into a few classes for a map.

    The order of the values changes nothing, and nothing is random. Equal values
    share a class. Classes from 1 on never are empty, except those of ``own``,
    which stay so that two maps can share a legend; with ties or few distinct
    values there are therefore fewer than `k`.

    ``quantiles``
        About as many values in each class; quantiles are interpolated linearly.
    ``natural_breaks``
        The classes with the least sum of squared deviations from the class
        means, exact for any number of values (no sample is drawn): dynamic
        programming over the distinct values.
    ``head_tail``
        Split at the mean, then the part above it again, until its values are
        equal. For values with a long tail; `k` is not used.
    ``box_plot``
        Quartiles, and 1.5 interquartile ranges beyond them; `k` is not used.
    ``own``
        The upper bounds in `breaks`, and one class above them if it is needed;
        `k` is not used.

    Parameters
    ----------
    values :
        Numbers in any one unit; missing values get no class.
    method :
        One of the methods above.
    k :
        Largest number of classes, class 0 not counted; 1 or more.
    breaks :
        Upper bounds for ``own``, ascending, in the unit of `values`.
    zero_apart :
        Zeros become class 0, “none”, and do not influence the other classes.

    Returns
    -------
    classes :
        Edges, counts, and the class of each value on the index of `values`.

    Raises
    ------
    QuestionError
        If the method is unknown, a value is infinite or no number, `k` is below
        1, or `breaks` are missing, not ascending, or given to another method.

    References
    ----------
    Fisher, W. D. (1958). On grouping for maximum homogeneity. JASA 53, 789-798.
    Jiang, B. (2013). Head/tail breaks. The Professional Geographer 65, 482-494.
    Rey, S. J. et al. mapclassify. https://pysal.org/mapclassify

    Examples
    --------
    >>> found = classify(pd.Series([0, 0, 1, 2, 30, 31], index=list("abcdef")), "natural_breaks", 2)
    >>> found.edges
    (2.0, 31.0)
    >>> found.counts.to_dict()
    {0: 2, 1: 2, 2: 2}
    >>> found.class_of["e"]
    np.int64(2)
    """
    if method not in get_args(Method):
        methods = ", ".join(get_args(Method))
        raise QuestionError(f"“{method}” is no way to make classes; choose one of {methods}")
    wanted = _whole(k)
    own = _own_edges(method, breaks)
    numbers = _numbers(values)
    zero = (numbers == 0) if zero_apart else np.zeros(numbers.size, dtype=np.bool_)
    known = ~np.isnan(numbers) & ~zero
    chosen = np.sort(numbers[known])

    edges = np.empty(0) if own is None else own
    if chosen.size and own is None:
        edges = _without_empty(_proposed_edges(chosen, method, wanted), chosen)
    elif chosen.size and chosen[-1] > edges[-1]:
        edges = np.append(edges, chosen[-1])

    class_of = np.zeros(numbers.size, dtype=np.int64)
    class_of[known] = 1 + np.searchsorted(edges, numbers[known], side="left")
    counts = np.bincount(class_of[known | zero], minlength=edges.size + 1)
    first = 0 if zero.any() else 1
    number = pd.RangeIndex(first, edges.size + 1, name="class")
    return Classes(
        method=method,
        edges=tuple(edges.tolist()),
        counts=pd.Series(counts[first:], index=number, dtype="int64", name="count"),
        class_of=pd.Series(
            pd.arrays.IntegerArray(class_of, np.isnan(numbers)), index=values.index, name="class"
        ),
        lowest=float(chosen[0]) if chosen.size else float("nan"),
    )


def _whole(k: int) -> int:
    try:
        wanted = operator.index(k)
    except TypeError as error:
        raise QuestionError(f"{k!r} is no number of classes; give a whole number") from error
    if wanted < 1:
        raise QuestionError(f"{wanted} classes cannot be made; ask for 1 or more")
    return wanted


def _own_edges(method: Method, breaks: Sequence[float] | None) -> _Floats | None:
    if method != "own":
        if breaks is not None:
            raise QuestionError(f"“{method}” finds its breaks; use “own” with breaks")
        return None
    edges = np.asarray([] if breaks is None else breaks, dtype=np.float64)
    if edges.ndim != 1 or edges.size == 0:
        raise QuestionError("“own” needs breaks, for example [1000, 10000]")
    if not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise QuestionError(f"breaks must be finite and ascending, not {edges.tolist()}")
    return edges


def _numbers(values: "pd.Series[Any]") -> _Floats:
    try:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise QuestionError(f"classes need numbers: {error}") from error
    infinite = np.isinf(numbers)
    if infinite.any():
        where = values.index[int(infinite.argmax())]
        raise QuestionError(f"the value of “{where}” is infinite; leave it missing instead")
    return numbers


def _proposed_edges(ascending: _Floats, method: Method, k: int) -> _Floats:
    if method == "natural_breaks":
        return _natural_edges(ascending, k)
    if method == "head_tail":
        return _head_tail_edges(ascending)

    # Slow to import (it brings scikit-learn), and only two methods need it.
    import mapclassify

    if method == "box_plot":
        return np.asarray(mapclassify.BoxPlot(ascending).bins, dtype=np.float64)
    # mapclassify.Quantiles is the same but warns at ties, which are usual here.
    percent = [100 * part / k for part in range(1, k + 1)]
    return np.asarray(mapclassify.Percentiles(ascending, pct=percent).bins, dtype=np.float64)


def _without_empty(edges: _Floats, ascending: _Floats) -> _Floats:
    """Keep the edges of classes that hold a value; the last is the largest value."""
    # A quantile or mean may round to just below the largest value.
    edges = np.append(edges[edges < ascending[-1]], ascending[-1])
    return edges[np.unique(np.searchsorted(edges, ascending, side="left"))]


def _head_tail_edges(ascending: _Floats) -> _Floats:
    edges: list[float] = []
    head = ascending
    while head[0] < head[-1]:
        mean = float(head.mean())
        # Between neighbouring floats the mean may round to either of them.
        if not head[0] <= mean < head[-1]:
            break
        edges.append(mean)
        head = head[np.searchsorted(head, mean, side="right") :]
    return np.asarray([*edges, ascending[-1]])


def _natural_edges(ascending: _Floats, k: int) -> _Floats:
    """Upper bounds of the at most `k` classes with the least squared deviations."""
    distinct, weight = np.unique(ascending, return_counts=True)
    k = min(k, distinct.size)
    if k == distinct.size:
        return distinct
    # Centred, so that the differences of running sums keep their digits.
    centred = distinct - float(ascending.mean())
    sums = np.zeros((3, distinct.size + 1))
    np.cumsum([weight, weight * centred, weight * centred**2], axis=1, out=sums[:, 1:])

    stop = np.arange(1, distinct.size + 1)
    deviations = np.append(np.inf, _deviations(sums, np.zeros_like(stop), stop))
    starts: list[_Integers] = []
    for classes in range(2, k + 1):
        deviations, start = _add_class(deviations, sums, classes)
        starts.append(start)

    last = distinct.size
    edges = [float(distinct[-1])]
    for start in reversed(starts):
        last = int(start[last])
        edges.append(float(distinct[last - 1]))
    return np.asarray(edges[::-1])


def _deviations(sums: _Floats, start: _Integers, stop: _Integers) -> _Floats:
    """Sum of squared deviations of the distinct values from `start` to before `stop`."""
    weight, total, squares = sums[:, stop] - sums[:, start]
    return np.asarray(squares - total * total / weight, dtype=np.float64)


def _add_class(before: _Floats, sums: _Floats, classes: int) -> tuple[_Floats, _Integers]:
    """Best division of the first 1, 2, … distinct values into one class more.

    The best start of the last class never moves back as values are added, so
    each start is sought only between those of its neighbours: halving steps
    make this n log n instead of n².

    Returns
    -------
    deviations, start :
        Least sum of squared deviations, and where the last class then starts,
        by number of values; of equally good starts the first.
    """
    n = before.size - 1
    best = np.full(n + 1, np.inf)
    start = np.zeros(n + 1, dtype=np.int64)
    size = n - classes + 1
    # One sentinel on either side: the first and the last start there can be.
    found = np.full(size + 2, n - 1, dtype=np.int64)
    found[0] = classes - 1
    step = 1 << size.bit_length()
    while step := step >> 1:
        place = np.arange(step, size + 1, 2 * step)
        stop = place + classes - 1
        low = found[place - step]
        high = np.minimum(found[np.minimum(place + step, size + 1)], stop - 1)
        length = high - low + 1
        first = np.cumsum(length) - length
        item = np.repeat(np.arange(place.size), length)
        tried = np.arange(item.size) - first[item] + low[item]
        sums_tried = before[tried] + _deviations(sums, tried, stop[item])
        least = np.minimum.reduceat(sums_tried, first)
        hits = np.flatnonzero(sums_tried == least[item])
        _, first_hit = np.unique(item[hits], return_index=True)
        found[place] = tried[hits[first_hit]]
        best[stop], start[stop] = least, found[place]
    return best, start
