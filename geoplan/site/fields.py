"""Fields over many cells: how far, inside or not, how much covered.

A field is one ``float32`` for each cell of :class:`~geoplan.site.cells.Cells`,
of the cell's centre or its square. What they hold is exact up to
rounding, or its error has a bound that is said; nothing is interpolated.
"""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geoplan.place.grid import area_shares
from geoplan.place.join import NO_ZONE
from geoplan.site.cells import Cells, zones_of
from geoplan.site.nearest import distance_to_points

Shapes = Sequence[Any] | npt.NDArray[np.object_]
"""Geometries; missing ones are no fault."""

_Field = npt.NDArray[np.float32]
_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]
_Geometries = npt.NDArray[np.object_]

_SPACING_CELLS = 0.5
"""Points stand for a line at this spacing where it is far away …"""

_NEAR_CELLS = 2.0
"""… and the line itself is measured where it is nearer than this: beyond, the points are
farther than the line by at most ``_SPACING_CELLS ** 2 / (8 * _NEAR_CELLS)`` cells."""

_LEAST_AREA_CELLS = 1e-8

LINE_ERROR_CELLS = _SPACING_CELLS**2 / (8 * _NEAR_CELLS)
"""By how much, in sides of a cell, a distance to a line or an area may be too large."""


def distance_to(
    cells: Cells, geometries: Shapes, from_edge: bool = False, most_m: float = np.inf
) -> _Field:
    """Straight line from each cell to the nearest of some geometries.

    Parameters
    ----------
    cells :
        Cells to measure from.
    geometries :
        Points, lines and areas of any kind, in metres; missing and empty ones are
        left out. Inside an area the distance is 0.
    from_edge :
        Measure from the nearest edge of the square, not from its centre.
    most_m :
        What is farther is infinitely far; the smaller, the faster.

    Returns
    -------
    distance_m :
        In metres, shape (n,); not a number where there is no geometry at all. To
        points as in :func:`~geoplan.site.nearest.distance_to_points`. To lines and
        areas exact nearer than 2 cells, and beyond too large by at most
        `LINE_ERROR_CELLS` (1/64) of a cell's side, never too small.
    """
    points, lines, areas = _parts(geometries)
    distance_m = _rough(cells, points, lines, from_edge, most_m)
    near = np.flatnonzero(distance_m < (_NEAR_CELLS + _SPACING_CELLS) * cells.grid.cell_m)
    if near.size and lines.size:
        shapes = squares(cells, near) if from_edge else centres(cells, near)
        distance_m[near] = np.minimum(distance_m[near], _distance_to_segments(lines, shapes))
    if areas.size:
        distance_m[inside_areas(cells, areas)] = 0.0
    return distance_m


def rough_distance_to(
    cells: Cells, geometries: Shapes, from_edge: bool = False, most_m: float = np.inf
) -> _Field:
    """Straight line from each cell to the nearest edge of some geometries, and quickly.

    Parameters
    ----------
    cells, geometries, from_edge, most_m :
        As for :func:`distance_to`; of an area its outline counts, not its inside.

    Returns
    -------
    distance_m :
        In metres, shape (n,); too large by at most :func:`rough_error_m`, never too
        small.
    """
    points, lines, _ = _parts(geometries)
    return _rough(cells, points, lines, from_edge, most_m)


def rough_error_m(distance_m: _Field, cell_m: float) -> _Field:
    """By how much a rough distance may be too large; 0.05 m of it for rounding."""
    spacing_m = np.float32(_SPACING_CELLS * cell_m)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = spacing_m**2 / (8 * (distance_m - spacing_m / 2))
    error: _Field = np.where(distance_m > spacing_m, np.minimum(far, spacing_m / 2), spacing_m / 2)
    return error + np.float32(0.05)


def _parts(geometries: Shapes) -> tuple[_Floats, _Geometries, _Geometries]:
    """Coordinates of the points; lines, rings of areas included; areas."""
    shapes = shapely.get_parts(np.asarray(geometries, dtype=np.object_).ravel())
    # Parts of collections may be collections.
    while (shapely.get_type_id(shapes) > 3).any():
        shapes = shapely.get_parts(shapes)
    shapes = shapes[~shapely.is_empty(shapes)]
    kind = shapely.get_type_id(shapes)
    areas = shapes[kind == 3]
    lines = np.concatenate([shapes[(kind == 1) | (kind == 2)], shapely.get_rings(areas)])
    return shapely.get_coordinates(shapes[kind == 0]), lines, areas


def _rough(
    cells: Cells, points: _Floats, lines: _Geometries, from_edge: bool, most_m: float
) -> _Field:
    spacing_m = _SPACING_CELLS * cells.grid.cell_m
    along = shapely.get_coordinates(shapely.segmentize(lines, spacing_m))
    x, y = np.concatenate([points, along]).T
    return distance_to_points(cells, x, y, from_edge, most_m)


def inside_areas(cells: Cells, areas: Shapes) -> _Mask:
    """Whether the centre of each cell lies in one of some areas, or on its edge; exact.

    Raises
    ------
    GeometryError
        An area is invalid.
    """
    zones = gpd.GeoSeries(np.asarray(areas, dtype=np.object_).ravel())
    inside: _Mask = zones_of(cells, zones) != NO_ZONE
    return inside


def share_covered(cells: Cells, areas: Shapes) -> _Field:
    """Share of the square of each cell that is covered by some areas, 0 to 1.

    By exact area of intersection; what several areas cover counts once. The error is
    below 1e-6.

    Raises
    ------
    GeometryError
        An area is invalid.
    """
    grid = cells.grid
    box = shapely.box(
        grid.x0_m,
        grid.y0_m,
        grid.x0_m + grid.n_columns * grid.cell_m,
        grid.y0_m + grid.n_rows * grid.cell_m,
    )
    whole = shapely.intersection(shapely.union_all(np.asarray(areas, dtype=np.object_)), box)
    polygons = shapely.get_parts(whole)
    polygons = polygons[shapely.area(polygons) > _LEAST_AREA_CELLS * grid.cell_m**2]
    covered = np.zeros(grid.n_rows * grid.n_columns, dtype=np.float32)
    if polygons.size:
        area = shapely.MultiPolygon(list(polygons))
        shares = area_shares(area, grid)
        covered[shares.cells] = shares.shares * (area.area / grid.cell_m**2)
    share: _Field = np.clip(cells.taken(covered), 0.0, 1.0)
    return share


def centres(cells: Cells, positions: _Integers) -> _Geometries:
    """The centres of some cells as points."""
    return np.asarray(shapely.points(cells.xy_m(positions)))


def squares(cells: Cells, positions: _Integers) -> _Geometries:
    """Some cells as squares."""
    (x, y), half = cells.xy_m(positions).T, cells.grid.cell_m / 2
    return np.asarray(shapely.box(x - half, y - half, x + half, y + half))


def _distance_to_segments(lines: _Geometries, shapes: _Geometries) -> _Floats:
    """Exact distance of shapes to the nearest of the lines' segments."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    start = np.flatnonzero(line[1:] == line[:-1])
    segments = np.asarray(shapely.linestrings(np.stack([xy[start], xy[start + 1]], axis=1)))
    tree = shapely.STRtree(segments)
    _, distance = tree.query_nearest(shapes, return_distance=True, all_matches=False)
    found: _Floats = distance
    return found
