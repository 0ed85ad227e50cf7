"""Preference functions of PROMETHEE: how far a difference in real units is a preference."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from geoplan.errors import QuestionError

Shape = Literal["usual", "u_shape", "v_shape", "level", "linear", "gaussian"]

_Floats = npt.NDArray[np.float64]

_ROUNDING = 1e-12
"""Differences of measured values smaller than this share of them are none."""

_PAIRS_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Preference:
    """How far a candidate is preferred that is better by a difference d > 0.

    The six types of Brans and Vincke: ``usual`` (I) 1; ``u_shape`` (II) 1 if d > q;
    ``v_shape`` (III) min(d / p, 1); ``level`` (IV) 0 to q, ½ to p, then 1; ``linear``
    (V) 0 to q, rising to 1 at p; ``gaussian`` (VI) 1 - exp(-d² / 2s²).

    Attributes
    ----------
    shape :
        See above.
    indifference :
        q: up to this difference nobody cares; 0 or more, in the criterion's unit.
    preference :
        p: from this difference on the preference is complete; not less than q,
        above 0 for ``v_shape``.
    spread :
        s: where the Gaussian rises most steeply; above 0.

    Raises
    ------
    QuestionError
        If the shape is unknown or a threshold it needs is out of order.

    References
    ----------
    Brans, J. P. and Vincke, P. (1985). A preference ranking organisation method.
    Management Science 31(6), 647-656.
    """

    shape: Shape = "usual"
    indifference: float = 0.0
    preference: float = 0.0
    spread: float = 0.0

    def __post_init__(self) -> None:
        q, p = self.indifference, self.preference
        if self.shape not in get_args(Shape):
            raise QuestionError(
                f"“{self.shape}” is no shape; use one of {', '.join(get_args(Shape))}"
            )
        if not 0 <= q < np.inf:
            raise QuestionError(f"the indifference threshold {q:g} must be finite and 0 or more")
        if self.shape in ("level", "linear") and not q <= p < np.inf:
            raise QuestionError(f"the preference threshold {p:g} must be finite, {q:g} or more")
        if self.shape == "v_shape" and not 0 < p < np.inf:
            raise QuestionError(f"the preference threshold {p:g} must be finite and above 0")
        if self.shape == "gaussian" and not 0 < self.spread < np.inf:
            raise QuestionError(f"the spread {self.spread:g} must be finite and above 0")


def preferred(measured: npt.ArrayLike, preference: Preference) -> _Floats:
    """Sum over the others of how far each candidate is preferred to them.

    Parameters
    ----------
    measured :
        Measured value of each candidate, higher is better; shape (n,).
    preference :
        Preference function; thresholds in the same unit.

    Returns
    -------
    preferred :
        Σ_b P(x - x_b), 0 to n - 1; shape (n,). Exact for every shape; only the
        Gaussian looks at every pair.

    Examples
    --------
    >>> preferred([1.0, 2.0, 4.0], Preference("linear", 0.5, 2.5)).tolist()
    [0.0, 0.25, 1.75]
    """
    x = np.asarray(measured, dtype=np.float64)
    if not x.size:
        return x
    x = x - x.mean()
    # A difference of 2.5 may come out as 2.4999999999999996.
    slack = _ROUNDING * max(float(np.abs(np.asarray(measured)).max()), 1e-300)
    ascending = np.sort(x)
    shape, q, p = preference.shape, preference.indifference, preference.preference
    if shape == "usual":
        return _below(ascending, x - slack)
    if shape == "u_shape" or (shape == "linear" and p == q):
        return _below(ascending, x - q - slack)
    if shape == "level":
        return (_below(ascending, x - q - slack) + _below(ascending, x - p - slack)) / 2
    if shape == "gaussian":
        return _gaussian(x, ascending, preference.spread)
    start = q if shape == "linear" else 0.0
    # Those between start and p behind count (d - start) / (p - start) each.
    from_start, from_p = _below(ascending, x - start), _below(ascending, x - p)
    running = np.concatenate(([0.0], np.cumsum(ascending)))
    between = running[from_start.astype(np.int64)] - running[from_p.astype(np.int64)]
    part = ((from_start - from_p) * (x - start) - between) / (p - start)
    return np.asarray(from_p + np.maximum(part, 0.0), dtype=np.float64)


def _below(ascending: _Floats, limits: _Floats) -> _Floats:
    return np.searchsorted(ascending, limits, side="left").astype(np.float64)


def _gaussian(x: _Floats, ascending: _Floats, spread: float) -> _Floats:
    total = np.empty(x.size)
    step = max(_PAIRS_AT_ONCE // x.size, 1)
    for start in range(0, x.size, step):
        part = slice(start, start + step)
        ahead = np.maximum((x[part, None] - ascending[None, :]) / spread, 0.0)
        total[part] = -np.expm1(-(ahead**2) / 2).sum(axis=1)
    return total
