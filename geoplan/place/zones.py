"""The zones something is counted in: districts, wings, platforms, squares, hexagons."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import QuestionError
from geoplan.place.grid import Grid
from geoplan.place.shapes import platform_shapes, wing_shapes
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan

M2_PER_KM2 = 1e6
M2_PER_MU = 2000.0 / 3.0
KM2_PER_MU = M2_PER_MU / M2_PER_KM2
DEFAULT_CELL_M = 1_000.0
DEFAULT_HEX_RESOLUTION = 7
_DRAWN_CELLS_M = (DEFAULT_CELL_M, 1_500.0, 2_000.0, 3_000.0, 5_000.0, 10_000.0, 20_000.0)
_MOST_DRAWN_CELLS = 9_500


def district_layer(plan: Plan, vintage: int | str | date | None = None) -> Layer:
    """The district layer of a vintage: a year, a day, a layer's name; the plan's own day by default.

    Raises
    ------
    QuestionError
        No district layer is valid then.
    """
    layers = plan.layers_of("districts")
    if not layers:
        raise QuestionError("the plan has no district layer; put one into layers/")
    if isinstance(vintage, str) and vintage in plan.layers:
        return plan.layers[vintage]
    if vintage is None:
        day = plan.meta.shown_on
    elif isinstance(vintage, date):
        day = vintage
    elif str(vintage).isdigit():
        day = date(int(vintage), 12, 31)
    else:
        day = None
    if day is None:
        if vintage is None:
            return layers[0]
        raise QuestionError(f"“{vintage}” is no vintage; give a year such as 2021")
    layer = plan.districts_on(day)
    if layer is None:
        spans = ", ".join(
            f"{x.name} ({x.facts.get('valid_from', '…')} – {x.facts.get('valid_to', '…')})"
            for x in layers
        )
        raise QuestionError(f"no districts are valid on {day}; there are {spans}")
    return layer


def _zones(frame: gpd.GeoDataFrame, key: str, areas_km2: "pd.Series[float]") -> gpd.GeoDataFrame:
    keys = frame[key].astype("str")
    zh = frame.get("name_zh", keys)
    en = frame.get("name_en", zh)
    named = {"name_zh": zh.to_numpy(), "name_en": en.to_numpy(), "area_km2": areas_km2.to_numpy()}
    zones = gpd.GeoDataFrame(named, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    zones.index = pd.Index(keys, name=key)
    return zones


def district_zones(plan: Plan, vintage: int | str | date | None = None) -> gpd.GeoDataFrame:
    """The districts of a vintage on their code, with names and measured ``area_km2``."""
    layer = district_layer(plan, vintage)
    frame = layer.frame.dropna(subset=[layer.key, layer.frame.geometry.name])
    frame = frame[~frame[layer.key].duplicated()]
    return _zones(frame, layer.key, frame.geometry.area / M2_PER_KM2)


def wing_zones(plan: Plan) -> gpd.GeoDataFrame:
    """The wings on their id; ``area_km2`` is that of the derived shape."""
    frame = wing_shapes(plan)
    return _zones(frame, "id", frame.geometry.area / M2_PER_KM2)


def platform_zones(plan: Plan) -> gpd.GeoDataFrame:
    """The located platforms on their id; ``area_km2`` only where the plan states one."""
    frame = platform_shapes(plan)
    return _zones(frame, "id", frame["area_km2"])


def drawn_cell_m(plan: Plan, vintage: int | str | date | None = None) -> float:
    """The cell of a map's grid: a kilometre, or larger where that would be too many to draw."""
    area_km2 = float(district_zones(plan, vintage)["area_km2"].sum())
    fitting = (
        cell_m for cell_m in _DRAWN_CELLS_M if area_km2 / (cell_m / 1000) ** 2 <= _MOST_DRAWN_CELLS
    )
    return next(fitting, _DRAWN_CELLS_M[-1])


def boundary(plan: Plan, vintage: int | str | date | None = None) -> shapely.Geometry:
    """Everything inside the districts of a vintage, as one area."""
    return shapely.union_all(district_zones(plan, vintage).geometry.to_numpy())


def inside_cells(
    grid: Grid, area: shapely.Geometry
) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    """Whether the centre of each cell lies in an area; shape of the grid."""
    x, y = np.meshgrid(grid.x_centres_m, grid.y_centres_m)
    shapely.prepare(area)
    mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = shapely.contains_xy(area, x, y)
    return mask


def cell_polygons(grid: Grid, cells: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> gpd.GeoSeries:
    """The squares of some cells (``row * n_columns + column``), without a CRS."""
    row, column = np.divmod(cells, grid.n_columns)
    west, south = grid.x0_m + column * grid.cell_m, grid.y0_m + row * grid.cell_m
    return gpd.GeoSeries(shapely.box(west, south, west + grid.cell_m, south + grid.cell_m))


def hexagons(area: shapely.Geometry, crs: str, resolution: int) -> gpd.GeoSeries:
    """The H3 cells that touch an area, on their H3 index, in the area's CRS.

    Raises
    ------
    QuestionError
        The resolution is not between 5 and 9 (250 km² to 0.1 km² a cell).
    """
    import h3

    if not 5 <= resolution <= 9:
        raise QuestionError(f"hexagons of resolution {resolution}: choose 5 to 9")
    lonlat = gpd.GeoSeries([area], crs=crs).to_crs("OGC:CRS84").iloc[0]
    ids = sorted(
        h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(lonlat), resolution, contain="overlap")
    )
    rings = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(i)]) for i in ids]
    return gpd.GeoSeries(rings, index=pd.Index(ids, name="h3"), crs="OGC:CRS84").to_crs(crs)
