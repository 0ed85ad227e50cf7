"""Recognise a data set that is in GCJ-02 or BD-09 without saying so.

Points that should coincide are compared. Honest scatter points everywhere;
an undeclared datum moves all points by the same known vector.
"""

import numpy as np
import numpy.typing as npt

from geoplan.plan.crs import FROM_WGS84

_MIN_OFFSET_M = 150.0
_MAX_MISFIT_SHARE = 0.25
_METRES_PER_DEGREE = 111_320.0

Points = npt.NDArray[np.float64]


def offsets_m(found: Points, expected: Points) -> Points:
    """East and north offsets in metres between points in degrees, shape (n, 2)."""
    scale = np.cos(np.radians(expected[:, 1]))
    east = (found[:, 0] - expected[:, 0]) * _METRES_PER_DEGREE * scale
    north = (found[:, 1] - expected[:, 1]) * _METRES_PER_DEGREE
    return np.column_stack((east, north))


def coherent_datum(found: Points, expected: Points) -> tuple[str, float] | None:
    """The datum that explains the offsets, and the typical offset in metres.

    Parameters
    ----------
    found, expected :
        The same places twice, longitude and latitude in degrees, WGS 84 as
        far as anybody says; shape (n, 2).

    Returns
    -------
    tuple or None
        ``("GCJ-02", 480.0)`` when the median offset exceeds 150 m and at least
        three quarters of it is the vector that the datum would cause.
    """
    if len(found) == 0:
        return None
    offset = offsets_m(found, expected)
    size = float(np.median(np.hypot(offset[:, 0], offset[:, 1])))
    if size < _MIN_OFFSET_M:
        return None
    for datum, transform in FROM_WGS84.items():
        moved = np.column_stack(transform(expected[:, 0], expected[:, 1]))
        misfit = offset - offsets_m(moved, expected)
        if float(np.median(np.hypot(misfit[:, 0], misfit[:, 1]))) < _MAX_MISFIT_SHARE * size:
            return datum, size
    return None
