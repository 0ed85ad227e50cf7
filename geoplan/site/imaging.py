"""Cells as an image that lies in its place on a web map."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, radians

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev
from pyproj import Transformer

from geoplan.errors import QuestionError
from geoplan.site import verdicts
from geoplan.site.cells import Cells
from geoplan.site.exploring import Surface

OUTSIDE = 0
"""Class of a pixel where there is no cell."""

EXCLUDED, UNKNOWN = 1, 2
"""Classes of cells that a rule excludes, or of which a rule cannot tell."""

FIRST = 3
"""Class of the allowed cells of the lowest scores."""

WEB_MERCATOR = "EPSG:3857"

_Floats = npt.NDArray[np.float64]
_Classes = npt.NDArray[np.uint8]

_NODES = 16
"""Projections are evaluated at so many places each way and interpolated between by
polynomials; over a whole province they are then right to a millimetre."""

_OUTLINE = 65
_MOST_EDGES = 252


@dataclass(frozen=True)
class MapImage:
    """An image in Web Mercator.

    Attributes
    ----------
    classes :
        Class of each pixel, the northernmost row first; `OUTSIDE` where there is no cell.
    bounds_m :
        West, south, east, north of the image in EPSG:3857.
    bounds_lonlat :
        The same in degrees, as an image overlay wants its corners.
    """

    classes: _Classes
    bounds_m: tuple[float, float, float, float]
    bounds_lonlat: tuple[float, float, float, float]


def surface_image(surface: Surface, edges: Sequence[float]) -> MapImage:
    """A surface as an image of classes.

    Parameters
    ----------
    edges :
        Scores, ascending, where one class ends and the next begins; a score on an edge
        is of the class above.

    Returns
    -------
    image :
        `OUTSIDE`, `EXCLUDED`, `UNKNOWN`, and of allowed cells `FIRST` and up to
        ``FIRST + len(edges)``.

    Raises
    ------
    QuestionError
        The edges do not ascend, or are too many for an image of 256 classes.
    """
    limits = np.asarray(edges, dtype=np.float32)
    if limits.ndim != 1 or limits.size > _MOST_EDGES or not (np.diff(limits) > 0).all():
        raise QuestionError(f"edges of classes must ascend, and be at most {_MOST_EDGES}")
    classes = (np.searchsorted(limits, surface.scores, side="right") + FIRST).astype(np.uint8)
    classes[surface.state == verdicts.EXCLUDED] = EXCLUDED
    classes[surface.state == verdicts.UNKNOWN] = UNKNOWN
    return map_image(surface.cells, classes, surface.ground.plan.meta.analysis_crs)


def map_image(cells: Cells, classes: _Classes, crs: str) -> MapImage:
    """Cells as an image in Web Mercator: each pixel shows the cell its centre lies in.

    Parameters
    ----------
    cells :
        The cells; at least one.
    classes :
        Class of each cell, above `OUTSIDE`; shape (n,).
    crs :
        CRS of the grid.

    Returns
    -------
    image :
        A pixel is as large as a cell in the middle of the image.
    """
    grid, bounds = cells.grid, _extent(cells)
    to_map = Transformer.from_crs(crs, WEB_MERCATOR, always_xy=True)
    from_map = Transformer.from_crs(WEB_MERCATOR, crs, always_xy=True)
    to_degrees = Transformer.from_crs(WEB_MERCATOR, "OGC:CRS84", always_xy=True)
    x_m, y_m = to_map.transform(*_outline(*bounds))
    west, south, east, north = (float(end) for end in (x_m.min(), y_m.min(), x_m.max(), y_m.max()))
    latitude = to_degrees.transform((west + east) / 2, (south + north) / 2)[1]
    pixel_m = grid.cell_m / cos(radians(latitude))
    width, height = ceil((east - west) / pixel_m), ceil((north - south) / pixel_m)
    east, south = west + width * pixel_m, north - height * pixel_m

    node = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    node_x, node_y = np.meshgrid(
        (west + east) / 2 + node * (east - west) / 2,
        (south + north) / 2 + node * (north - south) / 2,
    )
    plan_x, plan_y = from_map.transform(node_x, node_y)
    fit = np.linalg.inv(chebyshev.chebvander(node, _NODES - 1))
    along = chebyshev.chebvander((np.arange(width) + 0.5) * 2 / width - 1, _NODES - 1) @ fit
    down = chebyshev.chebvander(1 - (np.arange(height) + 0.5) * 2 / height, _NODES - 1) @ fit

    def nearest(at_nodes: _Floats, first_m: float, n: int) -> npt.NDArray[np.int64]:
        cell = np.floor((down @ at_nodes @ along.T - first_m) / grid.cell_m)
        # What is outside falls on a margin of cells that hold nothing.
        return np.clip(cell, -1, n).astype(np.int64) + 1

    padded = np.pad(cells.raster(classes, fill=OUTSIDE), 1, constant_values=OUTSIDE)
    shown = padded[
        nearest(plan_y, grid.y0_m, grid.n_rows), nearest(plan_x, grid.x0_m, grid.n_columns)
    ]
    corners = (*to_degrees.transform(west, south), *to_degrees.transform(east, north))
    return MapImage(shown, (west, south, east, north), corners)


def _extent(cells: Cells) -> tuple[float, float, float, float]:
    """West, south, east, north of the cells."""
    half = cells.grid.cell_m / 2
    x, y = cells.x_m, cells.y_m
    return x.min() - half, y.min() - half, x.max() + half, y.max() + half


def _outline(west: float, south: float, east: float, north: float) -> tuple[_Floats, _Floats]:
    """Points along the edge of a box: its bounds in another CRS are theirs."""
    x, y = np.linspace(west, east, _OUTLINE), np.linspace(south, north, _OUTLINE)
    ones = np.ones(_OUTLINE)
    return (
        np.concatenate([x, x, ones * west, ones * east]),
        np.concatenate([ones * south, ones * north, y, y]),
    )
