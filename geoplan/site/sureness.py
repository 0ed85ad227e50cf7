"""Between which ranks a candidate must be, whatever allowed weights and values hold."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.site.sampling import Mode, ValueDraws, ordered
from geoplan.site.weights import Order

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]

_CLEARLY = 2e-12
"""A lead above this is no rounding: the scores never share a rank."""


def never_outside(
    known: ValueDraws,
    shares: _Floats,
    criteria: "pd.Index[Any]",
    mode: Mode,
    spread: float,
    order: Order | None,
    bounds: Mapping[str, tuple[float, float]] | None,
) -> _Integers:
    """Best and worst rank that no allowed weighting and value can surpass.

    A candidate is surely ahead of another if max over the weightings of Σⱼ wⱼ dⱼ < 0,
    dⱼ being the other's greatest less its own least value. The weighted sum is
    linear, so the maximum is at a corner: each weight at an end of its interval
    (``around``, ``interval``), all weight on one criterion (``any``) or evenly on the
    most important ones (``order``).

    Parameters
    ----------
    known :
        Between which each value lies.
    shares, criteria, mode, spread, order, bounds :
        As for :func:`geoplan.site.sampling.weight_draws`; shares sum to 1.

    Returns
    -------
    ranks :
        Shape (candidates, 2): 1 + those surely ahead, and n less those never ahead.
    """
    n = len(known.least)
    if np.isinf(known.least).any():
        # A normal distribution has no end, and ∞ no weighted sum with 0.
        return np.tile([1, n], (n, 1))
    lead = known.greatest[None, :, :] - known.least[:, None, :]
    # greatest_lead[a, b]: how far b may at most be ahead of a.
    if mode in ("around", "interval"):
        if mode == "around":
            low, high = shares * (1 - spread), shares * (1 + spread)
        else:
            pairs = [(bounds or {}).get(name, (0.0, 1.0)) for name in criteria]
            low, high = np.asarray(pairs, dtype=np.float64).T
        greatest_lead = np.maximum(lead, 0) @ high + np.minimum(lead, 0) @ low
    elif mode == "any":
        greatest_lead = lead.max(axis=2)
    else:
        positions, sizes = ordered(order, shares, criteria)
        ends = np.cumsum(sizes)
        greatest_lead = (np.cumsum(lead[:, :, positions], axis=2)[:, :, ends - 1] / ends).max(
            axis=2
        )
    surely_ahead = (greatest_lead < -_CLEARLY).sum(axis=0)
    np.fill_diagonal(greatest_lead, np.inf)
    never_ahead = (greatest_lead <= 0).sum(axis=1)
    return np.column_stack((1 + surely_ahead, n - never_ahead)).astype(np.int64)
