"""What measured values are worth: values with their ranges, and at drawn positions.

What is not known cannot be a reason for a site: it is worth as little as its
scale allows in the score, and anything on that scale in the range.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.site.measuring import Measured
from geoplan.site.values import ValueFunction

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Worth:
    """Values from 0 to 1, candidates by criteria, nothing missing.

    Attributes
    ----------
    best :
        Value of the central measure; the least of the scale where nothing is known.
    low, high :
        Least and greatest value within the range of the measure; the whole scale
        where nothing is known.
    known :
        Whether anything is known.
    functions :
        The value function of each criterion, as it was applied.
    """

    best: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    known: pd.DataFrame
    functions: Mapping[str, ValueFunction]

    def of(self, sites: "pd.Index[str]") -> "Worth":
        """The same for some of the candidates."""
        best, low, high, known = (
            frame.loc[sites] for frame in (self.best, self.low, self.high, self.known)
        )
        return Worth(best, low, high, known, self.functions)


def worth(measured: Mapping[str, Measured], functions: Mapping[str, ValueFunction]) -> Worth:
    """Values of all measures.

    Parameters
    ----------
    measured :
        Criterion → what it found, all on one index.
    functions :
        Criterion → its value function.
    """
    best, low, high, known = {}, {}, {}, {}
    for name, found in measured.items():
        function = functions[name]
        scores = [score for _, score in function.points]
        least, greatest = function.value_range(found.low, found.high)
        best[name] = function.value(found.best).fillna(min(scores))
        low[name], high[name] = least.fillna(min(scores)), greatest.fillna(max(scores))
        known[name] = found.best.notna()
    return Worth(
        pd.DataFrame(best), pd.DataFrame(low), pd.DataFrame(high), pd.DataFrame(known),
        dict(functions),
    )  # fmt: skip


def alike(function: ValueFunction, target: float) -> ValueFunction:
    """The value function of being like a good site: 1 - |value - the target's value|.

    Examples
    --------
    >>> alike(ValueFunction.parse("0:1|100:0"), 0.75).points
    ((0.0, 0.75), (25.0, 1.0), (100.0, 0.25))
    """
    points = [function.points[0]]
    for (x0, s0), (x1, s1) in pairwise(function.points):
        if (s0 - target) * (s1 - target) < 0:
            x = x0 + (target - s0) / (s1 - s0) * (x1 - x0)
            if x0 < x < x1:
                points.append((x, target))
        points.append((x1, s1))
    return ValueFunction(tuple((x, 1 - abs(score - target)) for x, score in points))


def displaced(
    measured: Mapping[str, Measured],
    functions: Mapping[str, ValueFunction],
    sites: "pd.Index[str]",
) -> dict[str, _Floats]:
    """Values at drawn positions of each site, for the criteria that depend on where it stands.

    Returns
    -------
    dict
        Criterion → array of shape (sites, positions), missing where nothing is
        known. The same column is the same position for all criteria.
    """
    return {
        name: functions[name].value(found.draws[found.best.index.get_indexer(sites)])
        for name, found in measured.items()
        if found.draws is not None
    }


def bounds_of(functions: Mapping[str, ValueFunction]) -> dict[str, tuple[float, float]]:
    """The ends of each criterion's scale in its unit: fixed, whoever is on the list."""
    return {name: (one.points[0][0], one.points[-1][0]) for name, one in functions.items()}


def filled(
    measured: Mapping[str, Measured],
    functions: Mapping[str, ValueFunction],
    sites: "pd.Index[str]",
) -> pd.DataFrame:
    """Central measures in real units, the worst of the scale where nothing is known."""
    columns = (
        found.best.loc[sites]
        .fillna(min(functions[name].points, key=lambda point: point[1])[0])
        .rename(name)
        for name, found in measured.items()
    )
    return pd.concat(list(columns), axis=1)
