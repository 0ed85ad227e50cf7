"""What a measured value is worth: piecewise linear value functions on fixed scales.

The scale belongs to the criterion, not to the candidates on the list: another
candidate changes nobody's value, and so never the order of the others.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, isnan
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.errors import QuestionError

_Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-12
"""Values and scores closer than this are equal; the rest is rounding."""


@dataclass(frozen=True)
class ValueFunction:
    """A value from 0 to 1 for a measured value in real units.

    Linear between the points, constant before the first and after the last.

    Attributes
    ----------
    points :
        Pairs of measured value and value, at least two, measured values
        strictly ascending, values from 0 to 1. They need not rise or fall
        throughout: a best value may lie in the middle.

    Raises
    ------
    QuestionError
        If the points are not of that form; all faults are named together.

    References
    ----------
    Keeney, R. L. and Raiffa, H. (1976). Decisions with multiple objectives.
    Wiley.

    Examples
    --------
    >>> airport = ValueFunction.parse("0:1|60000:0")
    >>> airport.value(15000.0), airport.value(90000.0)
    (0.75, 0.0)
    """

    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        try:
            points = tuple((float(x), float(score)) for x, score in self.points)
        except (TypeError, ValueError) as error:
            raise QuestionError(
                f"{self.points!r} is no value function; give pairs such as (0, 1), (60000, 0)"
            ) from error
        faults = [
            f"{x:g}:{score:g} is not finite, or its value is not within 0 to 1"
            for x, score in points
            if not (isfinite(x) and 0 <= score <= 1)
        ]
        faults += [
            f"{later[0]:g} after {earlier[0]:g} does not ascend"
            for earlier, later in pairwise(points)
            if not later[0] > earlier[0]
        ]
        if len(points) < 2:
            faults.append("it needs at least two points")
        if faults:
            raise QuestionError(
                f"value function {_written(points)}: {'; '.join(faults)}; "
                "write measured:value pairs, measured values ascending, such as 0:1|60000:0"
            )
        object.__setattr__(self, "points", points)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Value function written as ``measured:value`` pairs parted by ``|``.

        Raises
        ------
        QuestionError
            If the text is not of that form.
        """
        try:
            pairs = [part.split(":") for part in text.split("|")]
            points = tuple((float(x), float(score)) for x, score in pairs)
        except ValueError as error:
            raise QuestionError(
                f"“{text}” is no value function; write measured:value pairs such as 0:1|60000:0"
            ) from error
        return cls(points)

    def __str__(self) -> str:
        return _written(self.points)

    @overload
    def value(self, measured: float) -> float: ...

    @overload
    def value(self, measured: "pd.Series[Any]") -> "pd.Series[float]": ...

    @overload
    def value(self, measured: _Floats) -> _Floats: ...

    def value(
        self, measured: "float | pd.Series[Any] | _Floats"
    ) -> "float | pd.Series[float] | _Floats":
        """Value of measured values.

        Parameters
        ----------
        measured :
            In the unit of the criterion: a number, a Series or an array of any shape.

        Returns
        -------
        value :
            From 0 to 1, on the index or of the shape given; missing where the
            measured value is missing.
        """
        x, scores = np.asarray(self.points, dtype=np.float64).T
        if isinstance(measured, pd.Series):
            numbers = measured.to_numpy(dtype=np.float64, na_value=np.nan)
            return pd.Series(np.interp(numbers, x, scores), index=measured.index, name="value")
        values = np.interp(np.asarray(measured, dtype=np.float64), x, scores)
        return values if np.ndim(measured) else float(values)

    def value_range(
        self, low: "pd.Series[Any]", high: "pd.Series[Any]"
    ) -> tuple["pd.Series[float]", "pd.Series[float]"]:
        """Least and greatest value of measured values known to a range.

        A range that spans a best value in the middle reaches it: the ends of
        the range alone do not tell.

        Parameters
        ----------
        low, high :
            Ends of each range, both included, on one index.

        Returns
        -------
        least, greatest :
            On the index given; missing where an end is missing.
        """
        ends = [self.value(low), self.value(high)]
        least = np.minimum(ends[0].to_numpy(), ends[1].to_numpy())
        greatest = np.maximum(ends[0].to_numpy(), ends[1].to_numpy())
        bounds = [end.to_numpy(dtype=np.float64, na_value=np.nan) for end in (low, high)]
        for x, score in self.points:
            spanned = (bounds[0] < x) & (x < bounds[1])
            least = np.where(spanned, np.minimum(least, score), least)
            greatest = np.where(spanned, np.maximum(greatest, score), greatest)
        return (
            pd.Series(least, index=low.index, name="least"),
            pd.Series(greatest, index=low.index, name="greatest"),
        )

    def inverse(self, score: float) -> tuple[tuple[float, float], ...]:
        """Measured values that have a value.

        Parameters
        ----------
        score :
            The value.

        Returns
        -------
        measured :
            Closed ranges in the unit of the criterion, ascending and apart; one
            measured value is a range of equal ends. The first may begin at -∞
            and the last end at ∞. Empty when no measured value has it.

        Examples
        --------
        >>> ValueFunction.parse("0:0|10:1|30:1|50:0").inverse(0.5)
        ((5.0, 5.0), (40.0, 40.0))
        >>> ValueFunction.parse("0:0|10:1|30:1|50:0").inverse(1)
        ((10.0, 30.0),)
        """
        found: list[tuple[float, float]] = []
        for (x0, s0), (x1, s1) in self._pieces():
            if s0 == s1 == score:
                piece = (x0, x1)
            elif min(s0, s1) <= score <= max(s0, s1) and s0 != s1:
                x = _crossing(x0, s0, x1, s1, score)
                piece = (x, x)
            else:
                continue
            if found and found[-1][1] >= piece[0]:
                found[-1] = (found[-1][0], max(found[-1][1], piece[1]))
            else:
                found.append(piece)
        return tuple(found)

    def nearest_above(self, score: float, measured: float) -> float | None:
        """Nearest measured value next to which the value is above a score.

        Where the function is continuous through `score`, its value there is
        `score` itself, and a little further it is more.

        Parameters
        ----------
        score :
            Value to be surpassed.
        measured :
            Where to start; if missing, the measured value worth least.

        Returns
        -------
        measured :
            In the unit of the criterion; None when no value is above the score.
        """
        start = measured
        if isnan(measured):
            start = min(self.points, key=lambda point: point[1])[0]
        nearest: float | None = None
        for (x0, s0), (x1, s1) in self._pieces():
            if max(s0, s1) <= score + TOLERANCE:
                continue
            low = x0 if s0 > score else _crossing(x0, s0, x1, s1, score)
            high = x1 if s1 > score else _crossing(x0, s0, x1, s1, score)
            x = min(max(start, low), high)
            if nearest is None or abs(x - start) < abs(nearest - start):
                nearest = x
        return nearest

    def _pieces(self) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        """Neighbouring points, from -∞ to ∞."""
        first, last = self.points[0][1], self.points[-1][1]
        points = [(-inf, first), *self.points, (inf, last)]
        return list(pairwise(points))


def _crossing(x0: float, s0: float, x1: float, s1: float, score: float) -> float:
    """Where the line between two points of different value has a value."""
    if score == s1:
        return x1
    return x0 + (score - s0) / (s1 - s0) * (x1 - x0)


def _written(points: tuple[tuple[float, float], ...]) -> str:
    return "|".join(":".join(repr(n).removesuffix(".0") for n in point) for point in points)
