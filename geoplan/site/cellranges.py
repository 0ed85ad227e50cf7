"""What :mod:`geoplan.site.ranges` measures of single sites, of very many cells, within bounds.

Distances to lines are computed quickly and are a little too large. So each end of a
range is itself known to lie between two values: wide enough to hold what is measured
of the cell alone, narrow enough to judge nearly all cells.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geoplan.site.cells import Cells
from geoplan.site.fields import inside_areas, rough_distance_to, rough_error_m, share_covered
from geoplan.site.nearest import distance_to_points
from geoplan.site.ranges import Features

_Field = npt.NDArray[np.float32]
_Geometries = npt.NDArray[np.object_]
_Mask = npt.NDArray[np.bool_]

_ROUNDING_M = np.float32(0.05)
_SHARE_ROUNDING = np.float32(1e-6)
_QUARTER = 16
_AREAS = (3, 6)


class Within(NamedTuple):
    """A value of each cell that is known to lie between two."""

    least: _Field
    most: _Field

    def __add__(self, metres: object) -> "Within":
        by = np.float32(metres)  # type: ignore[arg-type]
        return Within(self.least + by, self.most + by)

    def at_least(self, value: float) -> "Within":
        """The greater of the value and another."""
        by = np.float32(value)
        return Within(np.maximum(self.least, by), np.maximum(self.most, by))


class CellRange(NamedTuple):
    """Least and greatest possible measure of each cell, each known to lie between two values."""

    low: Within
    high: Within


def everywhere(cells: Cells, value: float) -> Within:
    """The same value in all cells."""
    same = np.full(len(cells), value, dtype=np.float32)
    return Within(same, same)


def least_of(one: Within, other: Within) -> Within:
    """The lesser of two values."""
    return Within(np.fmin(one.least, other.least), np.fmin(one.most, other.most))


def greatest_of(one: Within, other: Within) -> Within:
    """The greater of two values."""
    return Within(np.fmax(one.least, other.least), np.fmax(one.most, other.most))


def cell_depth(cells: Cells, features: Features, reach_m: float) -> CellRange:
    """How deep inside areas the cells lie, see :func:`geoplan.site.ranges.depth_m`.

    Parameters
    ----------
    reach_m :
        What is farther from an outline is infinitely deep inside or outside.
    """
    areas = features.areas
    off = float(areas.accuracy_m.max(initial=0.0))
    high = _signed(cells, areas.geometry, reach_m)
    low = high if areas.sure.all() else _signed(cells, areas.geometry[areas.sure], reach_m)
    if features.lost:
        return CellRange(low.low + -off, everywhere(cells, np.inf))
    return CellRange(low.low + -off, high.high + off)


def _signed(cells: Cells, areas: _Geometries, reach_m: float) -> CellRange:
    if not len(areas):
        return CellRange(everywhere(cells, -np.inf), everywhere(cells, -np.inf))
    whole = shapely.union_all(areas)
    edge = rough_distance_to(cells, [whole], from_edge=True, most_m=reach_m)
    inside = inside_areas(cells, [whole])
    beyond = np.where(inside, np.float32(np.inf), np.float32(-np.inf))
    ends = [beyond, beyond.copy(), beyond.copy(), beyond.copy()]
    at = np.flatnonzero(np.isfinite(edge))
    for end, values in zip(ends, _near(edge[at], inside[at], cells.grid.cell_m), strict=True):
        end[at] = values
    return CellRange(Within(*ends[:2]), Within(*ends[2:]))


def _near(edge: _Field, inside: _Mask, cell_m: float) -> tuple[_Field, _Field, _Field, _Field]:
    """Depth of cells near an outline, least and most of its low and of its high end.

    From the rough distances of their edges from it. The centre is farther from it by
    half a side to half a diagonal. A cell that the outline crosses has less inside
    than its nearest corner tells.
    """
    none, side = np.float32(0), np.float32(cell_m / 2)
    radius = np.float32(cell_m / np.sqrt(2))
    nearest = np.fmax(edge - rough_error_m(edge, cell_m), 0)
    crossed = nearest <= 0
    least, most = np.where(crossed, none, nearest + side), edge + radius
    return (
        np.where(inside, np.where(crossed, least - radius, nearest), -most - radius),
        np.where(inside, edge, np.where(crossed, none, -least - radius)),
        np.where(inside, np.where(crossed, none, least + radius), -edge),
        np.where(inside, most + radius, np.where(crossed, radius - least, -nearest)),
    )


def cell_distance(cells: Cells, features: Features, reach_m: float) -> CellRange:
    """Straight line to the nearest feature, see :func:`geoplan.site.ranges.distance_m`.

    Parameters
    ----------
    reach_m :
        What is farther is infinitely far.
    """
    low = high = everywhere(cells, np.inf)
    for accuracy in np.unique(features.accuracy_m):
        for surely in (True, False):
            same = (features.accuracy_m == accuracy) & (features.sure == surely)
            if not same.any():
                continue
            apart = _apart(cells, features.geometry[same], reach_m)
            low = least_of(low, (apart + -accuracy).at_least(0.0))
            fixed = same & ~features.somewhere
            if surely and fixed.any():
                if not np.array_equal(fixed, same):
                    apart = _apart(cells, features.geometry[fixed], reach_m)
                high = least_of(high, apart + accuracy)
    high = least_of(high, _farthest(cells, features, reach_m))
    return CellRange(everywhere(cells, 0.0) if features.lost else low, high)


def _apart(cells: Cells, those: _Geometries, reach_m: float) -> Within:
    """Distance of each square to the nearest of some geometries, 0 inside an area."""
    kind = shapely.get_type_id(those)
    flat = np.isin(kind, (0, 4))
    xy = shapely.get_coordinates(those[flat])
    exact = distance_to_points(cells, xy[:, 0], xy[:, 1], from_edge=True, most_m=reach_m)
    found = Within(np.fmax(exact - _ROUNDING_M, 0), exact + _ROUNDING_M)
    if flat.all():
        return found
    rough = rough_distance_to(cells, those[~flat], from_edge=True, most_m=reach_m)
    least = np.fmax(rough - rough_error_m(rough, cells.grid.cell_m), 0)
    found = least_of(found, Within(least, rough + _ROUNDING_M))
    areas = those[np.isin(kind, _AREAS)]
    if len(areas):
        inside = inside_areas(cells, areas)
        found = Within(*(np.where(inside, np.float32(0), end) for end in found))
    return found


def _farthest(cells: Cells, features: Features, reach_m: float) -> Within:
    """Bound on the distance to the nearest feature, wherever each is."""
    found = everywhere(cells, np.inf)
    pointed = shapely.get_type_id(features.geometry) == 0
    chosen = features.sure & (pointed | features.somewhere)
    those, accuracy = features.geometry[chosen], features.accuracy_m[chosen]
    middle = shapely.get_coordinates(shapely.centroid(those))
    corners, of = shapely.get_coordinates(those, return_index=True)
    beyond = np.zeros(len(those))
    np.maximum.at(beyond, of, np.hypot(*(corners - middle[of]).T))
    beyond += accuracy
    for far in np.unique(beyond):
        x, y = middle[beyond == far].T
        distance = distance_to_points(cells, x, y, most_m=reach_m)
        at = Within(distance - _ROUNDING_M, distance + _ROUNDING_M)
        found = least_of(found, at + far)
    return found


def cell_share(cells: Cells, features: Features) -> CellRange:
    """Share of each square that areas cover, see :func:`geoplan.site.ranges.share_covered`."""
    areas = features.areas
    off = float(areas.accuracy_m.max(initial=0.0))
    low = _share(cells, areas.geometry[areas.sure], -off)
    if features.lost:
        return CellRange(low, everywhere(cells, 1.0))
    return CellRange(low, _share(cells, areas.geometry, off))


def _share(cells: Cells, areas: _Geometries, by_m: float) -> Within:
    whole = shapely.union_all(areas)
    if by_m:
        whole = shapely.buffer(whole, by_m, quad_segs=_QUARTER)
    share = share_covered(cells, [whole])
    some = share > 0
    return Within(
        np.where(some, np.fmax(share - _SHARE_ROUNDING, 0), 0).astype(np.float32),
        np.where(some, np.fmin(share + _SHARE_ROUNDING, 1), 0).astype(np.float32),
    )
