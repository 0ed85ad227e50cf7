"""Spread things over squares or hexagons: each over what is known of it, mass kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.errors import GeometryError, QuestionError
from geoplan.place.apportion import alike_objects
from geoplan.place.grid import CellShares, Grid, area_shares, spread_over_cells
from geoplan.place.join import NO_ZONE, locate_points
from geoplan.place.surface import kernel_surface_inside
from geoplan.place.zones import M2_PER_KM2, cell_polygons, hexagons, inside_cells

Columns = Mapping[str, tuple[gpd.GeoDataFrame, npt.NDArray[np.float64]]]

_LEAST_CELL_M, _MOST_CELL_M, _MOST_CELLS = 50.0, 100_000.0, 4_000_000
_FINE_CELLS_PER_HEXAGON = 100.0
_LEAST_MASS = 1e-6
"""A hundredth of a yuan, a millionth of a project: the rounding of an edge, not a fact."""


def masses(
    places: gpd.GeoDataFrame,
    weights: npt.NDArray[np.float64],
    grid: Grid,
    inside: npt.NDArray[np.bool_],
    bandwidth_m: float,
) -> npt.NDArray[np.float64]:
    """Weight in each cell, shape of the grid; its sum is that of the things with a footprint inside.

    A point is spread by a Gaussian kernel as wide as the larger of
    ``bandwidth_m`` and its accuracy, kept inside; an area evenly over its part
    inside. What has no footprint, or none inside, has no weight here.
    """
    geometries = places.geometry.to_numpy()
    present = ~shapely.is_missing(geometries) & (weights > 0)
    points = present & (shapely.get_type_id(geometries) == 0)
    total = np.zeros(grid.shape)
    if points.any():
        xy = shapely.get_coordinates(geometries[points])
        accuracy = places["accuracy_m"].to_numpy(dtype=float)[points]
        widths = np.fmax(accuracy, bandwidth_m)
        surface = kernel_surface_inside(xy[:, 0], xy[:, 1], weights[points], grid, widths, inside)
        total += surface.per_km2 * grid.cell_km2
        # A point on the edge whose kernel finds no inner cell keeps its own cell.
        lone = xy[surface.left_out]
        column = ((lone[:, 0] - grid.x0_m) // grid.cell_m).astype(int).clip(0, grid.n_columns - 1)
        row = ((lone[:, 1] - grid.y0_m) // grid.cell_m).astype(int).clip(0, grid.n_rows - 1)
        np.add.at(total, (row, column), weights[points][surface.left_out])
    areas = present & ~points
    alike, first = alike_objects(geometries[areas])
    summed = np.bincount(alike, weights[areas], minlength=len(first))
    made = [_shares_inside(area, grid, inside) for area in geometries[areas][first]]
    shares = [share for share in made if share is not None]
    carried = summed[[share is not None for share in made]]
    if shares:
        total += spread_over_cells(shares, carried, grid) * grid.cell_km2
    return total


def _shares_inside(
    area: shapely.Polygon | shapely.MultiPolygon, grid: Grid, inside: npt.NDArray[np.bool_]
) -> CellShares | None:
    for mask in (inside, None):
        # An area at the edge may hold no inner cell's centre; its own cells serve then.
        try:
            return area_shares(area, grid, mask)
        except GeometryError:
            continue
    return None


def _grid(area: shapely.Geometry, cell_m: float) -> Grid:
    if not _LEAST_CELL_M <= cell_m <= _MOST_CELL_M:
        raise QuestionError(
            f"cells of {cell_m:g} m are finer than any location, or no size; use {_LEAST_CELL_M:g} to {_MOST_CELL_M:g}"
        )
    grid = Grid.covering(shapely.bounds(area).tolist(), cell_m)
    if grid.n_rows * grid.n_columns > _MOST_CELLS:
        raise QuestionError(
            f"cells of {cell_m:g} m are too many ({grid.n_rows * grid.n_columns:,}); use larger ones"
        )
    return grid


def square_masses(
    columns: Columns, area: shapely.Geometry, crs: str, cell_m: float, bandwidth_m: float
) -> gpd.GeoDataFrame:
    """Square cells with what falls in each; cells that hold nothing are left out.

    The index is ``column:row`` of a grid whose lines are multiples of the cell
    size in the plan's CRS, so that the same cell has the same name always.
    """
    grid = _grid(area, cell_m)
    inside = inside_cells(grid, area)
    found = {
        name: masses(places, weights, grid, inside, bandwidth_m).ravel()
        for name, (places, weights) in columns.items()
    }
    cells = np.flatnonzero(sum(found.values(), start=np.zeros(inside.size)) > _LEAST_MASS)
    row, column = np.divmod(cells, grid.n_columns)
    first_column, first_row = round(grid.x0_m / cell_m), round(grid.y0_m / cell_m)
    names = [f"{c + first_column}:{r + first_row}" for c, r in zip(column, row, strict=True)]
    frame = pd.DataFrame({name: values[cells] for name, values in found.items()})
    frame["area_km2"] = grid.cell_km2
    frame.index = pd.Index(names, name="cell")
    polygons = cell_polygons(grid, cells).set_axis(frame.index)
    return gpd.GeoDataFrame(frame, geometry=polygons, crs=crs)


@dataclass(frozen=True)
class _Ground:
    """What hexagons need of an area, whatever is spread over them."""

    zones: gpd.GeoSeries
    grid: Grid
    inside: npt.NDArray[np.bool_]
    cells: npt.NDArray[np.int64]
    zone: npt.NDArray[np.int32]


@lru_cache(maxsize=4)
def _ground(area: bytes, crs: str, resolution: int) -> _Ground:
    """Hexagons clipped to an area (WKB), and the hexagon of each fine cell in it."""
    shape = shapely.from_wkb(area)
    zones = hexagons(shape, crs, resolution)
    fine_m = float(np.sqrt(zones.area.mean() / _FINE_CELLS_PER_HEXAGON))
    grid = _grid(shape, max(_LEAST_CELL_M, fine_m))
    inside = inside_cells(grid, shape)
    x, y = np.meshgrid(grid.x_centres_m, grid.y_centres_m)
    cells = np.flatnonzero(inside.ravel())
    zone = locate_points(x.ravel()[cells], y.ravel()[cells], zones)
    kept = zone != NO_ZONE
    return _Ground(zones.intersection(shape), grid, inside, cells[kept], zone[kept])


def hexagon_masses(
    columns: Columns, area: shapely.Geometry, crs: str, resolution: int, bandwidth_m: float
) -> gpd.GeoDataFrame:
    """H3 hexagons with what falls in each; ``area_km2`` is that of the part inside.

    Things are spread over a fine square grid and summed by hexagon.
    """
    ground = _ground(shapely.to_wkb(area), crs, resolution)
    frame = pd.DataFrame(index=ground.zones.index)
    for name, (places, weights) in columns.items():
        mass = masses(places, weights, ground.grid, ground.inside, bandwidth_m).ravel()
        frame[name] = np.bincount(ground.zone, mass[ground.cells], minlength=len(ground.zones))
    frame["area_km2"] = ground.zones.area / M2_PER_KM2
    held = frame[list(columns)].sum(axis=1) > _LEAST_MASS
    return gpd.GeoDataFrame(frame[held], geometry=ground.zones[held], crs=crs)
