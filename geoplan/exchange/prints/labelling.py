"""Where the name of each thing on a map may stand, best places first."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geoplan.exchange.prints.lettering import Label, drawable, shortened, width_mm, wrapped
from geoplan.exchange.prints.marks import Mark

_GRID = np.linspace(0.06, 0.94, 12)
_GAP_MM = 0.5
# Right, left, above, below, then the corners.
_ROUND = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
_WIDEST_MM = {"area": 30.0, "disc": 27.0, "point": 27.0, "along": 60.0}
# Denominators of the scale from which on the names of minor things are left out.
_COARSEST = {"hub": 260_000, "enterprises": 400_000}


def labels_of(marks: Sequence[Mark], scale: float, size: float) -> Iterator[Label]:
    """Labels of marks whose shapes are in mm of the map frame.

    Parameters
    ----------
    scale :
        Denominator of the map's scale.
    size :
        Factor on all letters.
    """
    for mark in marks:
        kind = mark.key.partition(":")[0]
        if not mark.names or not mark.labelled or scale > _COARSEST.get(kind, math.inf):
            continue
        heaviest = max(mark.weights, default=1.0) or 1.0
        for i, (shape, name) in enumerate(zip(mark.shapes, mark.names, strict=True)):
            weight = mark.weights[i] / heaviest if mark.weights else 0.0
            label = _label(mark, shape, name, size, mark.name_priority - weight / 2)
            if label is not None:
                yield label


def _label(
    mark: Mark, shape: Any, name: tuple[str, ...], size: float, priority: float
) -> Label | None:
    size_pt = mark.name_pt * size
    lines = _lines(mark, name, size_pt, size)
    if not lines or shape.is_empty:
        return None
    bold = mark.labelled == "along" or mark.name_priority <= 1
    width = max(width_mm(line, size_pt, bold) for line in lines)
    anchors: tuple[tuple[float, float], ...] = ()
    angle = 0.0
    if shape.geom_type == "Point" or mark.labelled in ("disc", "point"):
        places, anchors = _around(shape, width)
    elif mark.labelled == "along":
        places, angle = _along(shape)
    else:
        places = _in_area(shape, width, strict=mark.name_priority > 6)
    if not places:
        return None
    return Label(tuple(lines), places, size_pt, mark.name_colour, priority, anchors, angle, bold)


def _lines(mark: Mark, name: tuple[str, ...], size_pt: float, size: float) -> list[str]:
    if not name or not name[0]:
        return []
    widest = _WIDEST_MM[mark.labelled] * size
    if mark.labelled == "area":
        return [shortened(line, widest, size_pt) for line in name if line]
    more = name[1] if len(name) > 1 else ""
    lines = wrapped(drawable(name[0])[:200], widest, size_pt, most_lines=2)
    return [*lines[:-1], lines[-1] + more]


def _around(
    shape: Any, width: float
) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    west, south, east, north = shape.bounds
    x, y = (west + east) / 2, (south + north) / 2
    radius_x, radius_y = (east - west) / 2 + _GAP_MM, (north - south) / 2 + _GAP_MM
    if shape.geom_type == "Point":
        radius_x, radius_y = radius_x + 1.0, radius_y + 0.8
    places, anchors = [], []
    if 2 * radius_x > width * 1.1:
        places.append((x, y))
        anchors.append((0.0, 0.0))
    for dx, dy in _ROUND:
        reach = 0.75 if dx and dy else 1.0
        places.append((x + dx * radius_x * reach, y + dy * radius_y * reach))
        anchors.append((float(dx), float(dy)))
    return tuple(places), tuple(anchors)


def _largest(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts) * 1e3 + shapely.length(parts)))]


def _in_area(shape: Any, width: float, strict: bool) -> tuple[tuple[float, float], ...]:
    part = _largest(shape)
    if part.geom_type != "Polygon":
        on_line = shapely.line_interpolate_point(part, np.linspace(0.5, 0.9, 5), normalized=True)
        return tuple((p.x, p.y) for p in on_line)
    west, south, east, north = part.bounds
    x, y = np.meshgrid(west + (east - west) * _GRID, south + (north - south) * _GRID)
    inside = shapely.contains_xy(part, x, y)
    points = shapely.points(x[inside], y[inside])
    centre = shapely.get_point(shapely.maximum_inscribed_circle(part, tolerance=0.3), 0)
    points = np.append(points, centre)
    room = _room(part, points, width)
    order = np.argsort(-room, kind="stable")
    if strict:
        order = order[room[order] >= 0.5]
    return tuple((float(p.x), float(p.y)) for p in points[order][:16])


def _room(part: Any, points: npt.NDArray[Any], width: float) -> npt.NDArray[np.float64]:
    """How well a label fits at each point: the part of it inside, then the way to the edge."""
    x, y = shapely.get_x(points), shapely.get_y(points)
    boxes = shapely.box(x - width / 2, y - 1.6, x + width / 2, y + 1.6)
    shapely.prepare(part)
    share = shapely.area(shapely.intersection(boxes, part)) / shapely.area(boxes)
    edge = shapely.distance(points, part.boundary)
    centre = part.centroid
    away = shapely.distance(points, centre)
    reach = max(float(away.max()), 1e-9)
    value: npt.NDArray[np.float64] = (
        np.floor(share * 20) / 20 + 0.1 * edge / max(float(edge.max()), 1e-9) - 0.05 * away / reach
    )
    return value


def _along(shape: Any) -> tuple[tuple[tuple[float, float], ...], float]:
    part = _largest(shape)
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(part))
    if len(corners) < 4:
        return ((part.centroid.x, part.centroid.y),), 0.0
    sides = np.diff(corners[:3], axis=0)
    long_side = sides[int(np.argmax(np.hypot(*sides.T)))]
    angle = math.degrees(math.atan2(long_side[1], long_side[0]))
    angle = (angle + 90) % 180 - 90
    centre = corners[:4].mean(axis=0)
    shares = (0.0, 0.08, -0.08, 0.16, -0.16, 0.24, -0.24, 0.32, -0.32)
    points = [centre + share * long_side for share in shares]
    # Across, so that the name leaves the axis where platforms crowd.
    across = np.array((-long_side[1], long_side[0])) / max(float(np.hypot(*long_side)), 1e-9)
    every = [p + shift * across for shift in (0.0, 4.0, -4.0, 8.0, -8.0) for p in points]
    return tuple(
        (float(p[0]), float(p[1])) for p in every if part.contains(shapely.Point(p))
    ), angle
