"""The sites to choose from: platforms of the plan, own parcels, or the cells of a grid."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.place.grid import Grid
from geoplan.place.join import locate_points
from geoplan.place.locate import locate
from geoplan.place.shapes import wing_shapes
from geoplan.place.zones import M2_PER_KM2, boundary, cell_polygons, district_zones, inside_cells
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.relations import codes
from geoplan.site.entries import BriefError, Fault
from geoplan.site.lookup import district_layers
from geoplan.site.parcels import COLUMNS, parcels
from geoplan.site.question import Brief
from geoplan.site.ranges import edges_of, nearest_m

MOST_CELLS = 20_000
_NICE_CELLS_M = (50, 100, 200, 250, 500, 1_000, 2_000, 2_500, 5_000, 10_000, 20_000)


def candidates(plan: Plan, brief: Brief) -> gpd.GeoDataFrame:
    """The candidates of a brief, one row each on their ``id``, in the plan's CRS.

    Returns
    -------
    GeoDataFrame
        ``name_zh``, ``name_en``; ``kind`` (kind of platform, ``parcel``,
        ``cell``); ``candidate`` (``platform``, ``parcel``, ``grid``);
        ``district_code`` and ``district_via``: ``stated``, ``inside`` (wholly,
        by more than the boundary's accuracy), ``part`` (its centre) or empty;
        ``wing_id`` (of a platform as stated, else by the derived shape);
        ``area_km2`` (missing where not known); ``accuracy_m`` (0 exact, missing
        where not known); ``basis`` of the location; ``table`` and ``row`` to
        cite (empty and 0 for own ones); ``centre``, missing without location;
        ``geometry``: the ground it takes, of a platform where it may be. Own
        parcels keep their columns besides.

    Raises
    ------
    BriefError
        The file or the grid cannot be used.
    """
    kind = brief.candidates.kind
    made = _platforms if kind == "platforms" else parcels if kind == "file" else _cells
    frame = made(plan, brief)
    frame["centre"] = _centres(frame)
    _fill_districts(plan, frame)
    _fill_wings(plan, frame)
    others = [name for name in frame.columns if name not in COLUMNS]
    return frame[[*COLUMNS, *others]]


def _platforms(plan: Plan, brief: Brief) -> gpd.GeoDataFrame:
    table = plan.tables["platforms"].dropna(subset=["id"]).drop_duplicates("id")
    if brief.candidates.platform_kinds:
        table = table[table["kind"].isin(brief.candidates.platform_kinds)]
    rows = table.index.to_numpy()
    table = table.set_index("id")
    places = locate(plan, "platforms").reindex(table.index)
    frame = pd.DataFrame(
        {
            "name_zh": table["name_zh"],
            "name_en": table["name_en"].fillna(table["name_zh"]),
            "kind": table["kind"],
            "candidate": "platform",
            "district_code": table["district_code"],
            "district_via": np.where(table["district_code"].notna(), "stated", ""),
            "wing_id": table["wing_id"],
            "area_km2": table["area_km2"].astype("float64"),
            "accuracy_m": places["accuracy_m"].astype("float64"),
            "basis": places["basis"].fillna(""),
            "table": "platforms",
            "row": rows,
        }
    )
    return gpd.GeoDataFrame(frame, geometry=places.geometry.to_numpy(), crs=plan.meta.analysis_crs)


def _cells(plan: Plan, brief: Brief) -> gpd.GeoDataFrame:
    """The cells whose centre lies in the area asked for, on an id that the area does not change."""
    cell_m = brief.candidates.cell_m
    area = grid_area(plan, brief)
    count = float(shapely.area(area)) / cell_m**2
    if count > MOST_CELLS * 1.05:
        raise _too_many(brief, count)
    grid = Grid.covering(shapely.bounds(area).tolist(), cell_m)
    inside = np.flatnonzero(inside_cells(grid, area).reshape(-1))
    if not len(inside):
        raise _error(brief, "cell_m", Both(
            "范围内没有一个格网中心；请缩小 cell_m",
            "no cell has its centre in the area; make cell_m smaller",
        ))  # fmt: skip
    if len(inside) > MOST_CELLS:
        raise _too_many(brief, len(inside))
    squares = cell_polygons(grid, inside).set_crs(plan.meta.analysis_crs)
    row, column = np.divmod(inside, grid.n_columns)
    east = np.round(grid.x0_m / cell_m).astype(int) + column
    north = np.round(grid.y0_m / cell_m).astype(int) + row
    middle = gpd.GeoSeries(shapely.centroid(squares.to_numpy()), crs=squares.crs).to_crs(
        "OGC:CRS84"
    )
    places = [f"{lon:.4f}, {lat:.4f}" for lon, lat in zip(middle.x, middle.y, strict=True)]
    ids = [f"cell-{x}-{y}" for x, y in zip(east.tolist(), north.tolist(), strict=True)]
    frame = pd.DataFrame(
        {
            "name_zh": [f"格网 {place}" for place in places],
            "name_en": [f"Cell {place}" for place in places],
            "kind": "cell",
            "candidate": "grid",
            "district_code": None,
            "district_via": "",
            "wing_id": None,
            "area_km2": cell_m**2 / M2_PER_KM2,
            "accuracy_m": 0.0,
            "basis": "",
            "table": "",
            "row": 0,
        },
        index=pd.Index(ids, name="id", dtype="str"),
    ).astype({"district_code": "str", "wing_id": "str"})
    return gpd.GeoDataFrame(frame, geometry=squares.to_numpy(), crs=squares.crs)


def _error(brief: Brief, key: str, said: Both) -> BriefError:
    return BriefError(brief.file, [Fault(f"candidates.{key}", said)])


def _too_many(brief: Brief, count: float) -> BriefError:
    wanted = brief.candidates.cell_m * (count / MOST_CELLS) ** 0.5
    fitting = next((size for size in _NICE_CELLS_M if size >= wanted), _NICE_CELLS_M[-1])
    return _error(brief, "cell_m", Both(
        f"约有 {count:,.0f} 格，最多 {MOST_CELLS:,} 格；请写 cell_m = {fitting}，或用 within 缩小范围；"
        "全市细格网请用格网探索",
        f"that is about {count:,.0f} cells, at most {MOST_CELLS:,} are judged; write cell_m = "
        f"{fitting}, or a smaller area in within; a fine grid of it all is for exploring",
    ))  # fmt: skip


def grid_area(plan: Plan, brief: Brief) -> shapely.Geometry:
    """The area of a grid: districts, wings and platforms together, or all districts."""
    if not plan.layers_of("districts"):
        raise _error(brief, "kind", Both(
            "规划没有区县图层，无法铺格网；请把区县边界放入 layers/",
            "the plan has no district layer to lay a grid over; put one into layers/",
        ))  # fmt: skip
    if not brief.candidates.within:
        return boundary(plan)
    wings, platforms = wing_shapes(plan).set_index("id"), locate(plan, "platforms")
    layout = plan.tables["layout"].dropna(subset=["wing_id", "district_code"])
    parts = []
    for name in brief.candidates.within:
        scattered = layout.loc[layout["wing_id"] == name, "district_code"].unique().tolist()
        shape = _district_area(plan, [name])
        if shape is None and name in wings.index:
            shape = wings.geometry[name]
        if shape is None and scattered:
            shape = _district_area(plan, scattered)
        if shape is None and name in platforms.index:
            shape = platforms.geometry[name]
        if shape is None:
            raise _error(brief, "within", Both(
                f"“{name}”的位置不详，无法铺格网；请改用区县",
                f"the place of “{name}” is not known, so it has no cells; use its district",
            ))  # fmt: skip
        parts.append(shape)
    return shapely.union_all(np.array(parts, dtype=object))


def _district_area(plan: Plan, wanted: list[str]) -> shapely.Geometry | None:
    for layer in district_layers(plan):
        if set(wanted) <= codes(layer):
            frame = layer.frame[layer.frame[layer.key].astype("str").isin(wanted)]
            return shapely.union_all(frame.geometry.to_numpy())
    return None


def _centres(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """The centroid, or a point on the ground where that lies beside it; missing without a place."""
    geometry = frame.geometry.to_numpy()
    centres = shapely.centroid(geometry)
    own = (frame["candidate"] == "parcel").to_numpy() & ~shapely.is_missing(geometry)
    beside = own.copy()
    beside[own] = ~shapely.intersects(geometry[own], centres[own])
    centres[beside] = shapely.point_on_surface(geometry[beside])
    return gpd.GeoSeries(centres, frame.index, crs=frame.crs)


def _fill_districts(plan: Plan, frame: gpd.GeoDataFrame) -> None:
    """The district of each site of which none is stated, by the boundaries shown first."""
    layers = district_layers(plan)
    open_ = (frame["district_via"] != "stated") & ~frame.geometry.isna()
    if not layers or not open_.any():
        return
    zones = district_zones(plan)
    at = np.flatnonzero(open_.to_numpy())
    centres, geometry = frame["centre"].to_numpy()[at], frame.geometry.to_numpy()[at]
    where = locate_points(shapely.get_x(centres), shapely.get_y(centres), zones.geometry)
    near = nearest_m(geometry, edges_of(zones.geometry.to_numpy()))
    surely = near > _accuracy(layers[0]) + frame["accuracy_m"].fillna(0.0).to_numpy()[at]
    names = dict(enumerate(zones.index))
    via = np.where(where < 0, "", np.where(surely, "inside", "part"))
    ids = frame.index[at]
    frame.loc[ids, "district_code"] = [names.get(zone) for zone in where.tolist()]
    frame.loc[ids, "district_via"] = via


def _accuracy(layer: Layer) -> float:
    return float(layer.facts.get("accuracy_m", 0.0) or 0.0)


def _fill_wings(plan: Plan, frame: gpd.GeoDataFrame) -> None:
    """The wing whose derived shape holds the centre of an own site."""
    own = (frame["candidate"] != "platform") & frame["wing_id"].isna() & ~frame["centre"].isna()
    at = np.flatnonzero(own.to_numpy())
    if not len(at):
        return
    xy = shapely.get_coordinates(frame["centre"].to_numpy()[at])
    found = np.full(len(at), None, dtype=object)
    for wing, shape in wing_shapes(plan).set_index("id").geometry.items():
        shapely.prepare(shape)
        found[shapely.contains_xy(shape, xy) & (found == None)] = wing  # noqa: E711
    frame.loc[frame.index[at], "wing_id"] = found
