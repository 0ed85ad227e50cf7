"""How values are spread: counts in bins for a small chart beside a legend."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_SKEWED = 100.0


@dataclass(frozen=True)
class Histogram:
    """Counts between edges; ``logarithmic`` where equal steps are equal ratios."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    logarithmic: bool


def histogram(values: npt.ArrayLike, bins: int = 20) -> Histogram:
    """Count the values above zero in equal bins.

    Where the largest is more than a hundred times the smallest the bins are
    equal ratios: otherwise one large project leaves all other values in the
    first bin. Zeros, missing and negative values are not counted.

    Examples
    --------
    >>> histogram([0, 1, 2, 3], bins=2)
    Histogram(edges=(1.0, 2.0, 3.0), counts=(1, 2), logarithmic=False)
    >>> histogram([1, 1000], bins=3).logarithmic
    True
    """
    given = np.asarray(values, dtype=np.float64)
    above = given[np.isfinite(given) & (given > 0)]
    if not above.size:
        return Histogram((), (), False)
    low, high = float(above.min()), float(above.max())
    if low == high:
        return Histogram((low, high), (above.size,), False)
    logarithmic = high / low > _SKEWED
    edges = np.geomspace(low, high, bins + 1) if logarithmic else np.linspace(low, high, bins + 1)
    # Rounding must not push the smallest or the largest value out.
    edges[0], edges[-1] = low, high
    counts, _ = np.histogram(above, edges)
    return Histogram(tuple(edges.tolist()), tuple(counts.tolist()), logarithmic)
