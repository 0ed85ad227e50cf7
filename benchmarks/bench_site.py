"""Explore a whole city: ours against rasterio with xarray-spatial, and against geopandas.

``python -m benchmarks.bench_site [--cell 100] [--sample 20000]``

Three jobs: ten criteria over all cells from cold; other weights; how often each cell
is first under a thousand weightings. All get the same plan and brief. The others get
their layers ready made (points, footprints, what each zone is worth); ours finds them
itself, and once more with all found before. geopandas would take too long for all
cells: it gets a sample of them, and its seconds are scaled up by the number of cells.
"""

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.signal
import shapely

import geoplan
from benchmarks.measure import Answer, Columns, Contender, Outcome, compare, print_table
from geoplan.place.shapes import said_points
from geoplan.place.zones import M2_PER_KM2
from geoplan.plan.opening import Plan
from geoplan.site import gathering
from geoplan.site.brief import brief_from
from geoplan.site.chains import chain_members, sector_members
from geoplan.site.exploring import Surface, explore
from geoplan.site.ground import Ground, ground_of
from geoplan.site.naming import platform_statements
from geoplan.site.nearness import Things, hubs, things
from geoplan.site.question import Brief
from geoplan.site.sampling import weight_draws

QUESTION = {
    "title": "a maker of robots",
    "project": {"sector": "hz-robotics", "investment": "10亿元", "land": "150亩"},
    "criteria": {"planned_investment_wanyuan": {"off": True}},
}
WITHOUT_RULES = {
    **QUESTION,
    "rules": [{"id": "in-the-city", "off": True}, {"id": "not-in-water", "off": True}],
}
"""The two rules that ask where a cell is are switched off: the others do not judge."""

DRAWS, SEED = 1_000, 1
DRAWS_AT_A_TIME = 20

Floats = npt.NDArray[np.float64]
Field = npt.NDArray[np.float32]


def opened(question: dict[str, Any] = QUESTION) -> tuple[Plan, Brief]:
    """The plan and the brief."""
    plan = geoplan.open_plan()
    return plan, brief_from(question, plan)


@dataclasses.dataclass(frozen=True)
class Layers:
    """What the others are given: the grid, and of each criterion what it is measured to."""

    ground: Ground
    districts: gpd.GeoDataFrame
    wings: gpd.GeoDataFrame
    pair_values: dict[str, Floats]
    platforms: gpd.GeoDataFrame
    hubs: dict[str, gpd.GeoSeries]
    weights: dict[str, gpd.GeoDataFrame]
    functions: dict[str, Any]
    radius_m: dict[str, float]


def layers_of(columns: Columns) -> Layers:
    """Layers ready made; not timed."""
    plan, brief = opened()
    surface = explore(plan, brief, float(columns["cell_m"]))
    ground, crs = surface.ground, plan.meta.analysis_crs
    one_of_pair, _ = ground.zone_pairs
    names = [one.id for one in surface.chosen]
    shape = (len(ground.zones) + 1, len(ground.wings) + 1)
    pair_values = {}
    for name in ("key_district", "layout_wing"):
        pair_values[name] = np.zeros(shape)
        at = ground.district[one_of_pair], ground.wing[one_of_pair]
        pair_values[name][at] = surface.values[names.index(name), one_of_pair]
    params = {one.id: one.params for one in surface.chosen}
    found = {
        name: hubs(plan, str(params[name]["kind"]), str(params[name]["where"]))
        for name in ("airport_m", "rail_m", "port_m", "expressway_m")
    }
    project = brief.project
    named = {
        "same_sector_firms": ("enterprises", sector_members(plan, project.sector, "")),
        "chain_firms": ("enterprises", chain_members(plan, project.sector, "", ())),
        "innovation_platforms": ("platforms", gathering.innovation_members(plan, project.sector)),
    }
    weights = {}
    for name, (kind, members) in named.items():
        those = things(plan, kind).only(list(members))
        weight = [members[key].weight for key in those.ids]
        weights[name] = gpd.GeoDataFrame({"weight": weight}, geometry=those.areas, crs=crs)
    return Layers(
        ground=ground,
        districts=ground.zones.reset_index(),
        wings=gpd.GeoDataFrame(geometry=ground.wings.to_numpy(), crs=crs),
        pair_values=pair_values,
        platforms=_reaches(plan, brief),
        hubs={name: _points(those, crs) for name, those in found.items()},
        weights=weights,
        functions=dict(surface.functions),
        radius_m={name: float(params[name]["radius_m"]) for name in named},
    )


def _reaches(plan: Plan, brief: Brief) -> gpd.GeoDataFrame:
    """How far the platforms named for the sector may reach, with a level each."""
    project = brief.project
    said = platform_statements(plan, project.sector, project.segment, project.products)
    points = said_points(plan, "platforms")
    points = points[points.index.isin(list(said))]
    areas = plan.tables["platforms"].drop_duplicates("id").set_index("id")["area_km2"]
    stated = areas.reindex(points.index).fillna(0.0).to_numpy(dtype=float)
    radius = np.sqrt(stated * M2_PER_KM2 / np.pi) + points["accuracy_m"].fillna(0.0).to_numpy()
    levels = [said[key][0].level - 1.0 for key in points.index]
    shapes = points.buffer(radius).to_numpy()
    reach = gpd.GeoDataFrame({"level": levels}, geometry=shapes, crs=points.crs)
    return reach.sort_values("level", ignore_index=True)


def _points(those: Things, crs: str) -> gpd.GeoSeries:
    """Things as points; what is known to a district as its middle."""
    middle = shapely.get_coordinates(shapely.centroid(those.areas))
    known = np.isfinite(those.points)
    return gpd.GeoSeries(shapely.points(np.where(known, those.points, middle)), crs=crs)


def cold(columns: Columns) -> tuple[Plan, Brief, float]:
    """The plan as it was opened, and the question without rules about places."""
    return *opened(WITHOUT_RULES), float(columns["cell_m"])


def cold_with_rules(columns: Columns) -> tuple[Plan, Brief, float]:
    """The plan as it was opened."""
    return *opened(), float(columns["cell_m"])


def ours(start: tuple[Plan, Brief, float]) -> Answer:
    """Values of ten criteria in all cells, with geoplan."""
    plan, brief, cell_m = start
    # A plan like it that nothing is remembered of.
    values: Answer = explore(dataclasses.replace(plan), brief, cell_m).values
    return values


def ours_known(start: tuple[Plan, Brief, float]) -> Answer:
    """The same where what the plan says has been read before, as it has been for the others."""
    plan, brief, cell_m = start
    values: Answer = explore(plan, brief, cell_m).values
    return values


def with_rasters(layers: Layers) -> Answer:
    """The same with rasterio, xarray-spatial and scipy."""
    import xarray
    from rasterio.features import rasterize
    from rasterio.transform import from_origin
    from xrspatial import proximity

    grid = layers.ground.cells.grid
    north = grid.y0_m + grid.n_rows * grid.cell_m
    transform = from_origin(grid.x0_m, north, grid.cell_m, grid.cell_m)

    def burnt(shapes: Any, fill: float = -1.0, all_touched: bool = False) -> Field:
        raster: Field = rasterize(
            shapes, grid.shape, fill, transform=transform, all_touched=all_touched, dtype="float32"
        )
        return raster

    def measured(name: str) -> Floats:
        if name in layers.hubs:
            there = burnt(((point, 1) for point in layers.hubs[name]), 0.0, all_touched=True)
            coordinates = {"y": grid.y_centres_m[::-1], "x": grid.x_centres_m}
            raster = xarray.DataArray(there, dims=("y", "x"), coords=coordinates)
            return np.asarray(proximity(raster))
        if name in layers.weights:
            mass = np.zeros(grid.shape, dtype=np.float32)
            for area, weight in zip(
                layers.weights[name].geometry, layers.weights[name]["weight"], strict=True
            ):
                own = burnt([(area, 1)], 0.0)
                mass += own * (weight / max(own.sum(), 1))
            reach = int(layers.radius_m[name] / grid.cell_m)
            steps = np.arange(-reach, reach + 1)
            disc = (steps[:, None] ** 2 + steps**2 <= reach**2).astype(np.float32)
            return scipy.signal.fftconvolve(mass, disc, mode="same")
        shapes = zip(layers.platforms.geometry, layers.platforms["level"], strict=True)
        return burnt(shapes, 0.0).astype(np.float64)

    district = burnt((shape, n) for n, shape in enumerate(layers.districts.geometry))
    wing = burnt((shape, n) for n, shape in enumerate(layers.wings.geometry))
    inside = layers.ground.cells.taken(np.arange(grid.n_rows * grid.n_columns).reshape(grid.shape))
    values = []
    for name, function in layers.functions.items():
        if name in layers.pair_values:
            raster = layers.pair_values[name][district.astype(int), wing.astype(int)]
        else:
            raster = function.value(np.asarray(measured(name), dtype=np.float64))
        values.append(raster[::-1].astype(np.float32).ravel()[inside])
    return np.stack(values)


def sampled(columns: Columns) -> tuple[Layers, gpd.GeoDataFrame]:
    """Layers and the centres of a sample of the cells, as points ready made."""
    layers = layers_of(columns)
    x, y = layers.ground.cells.xy_m(columns["sample"]).T
    crs = layers.districts.crs
    return layers, gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=crs))


def with_geopandas(start: tuple[Layers, gpd.GeoDataFrame]) -> Answer:
    """The same for a sample of cells, with spatial joins."""
    layers, cells = start

    def first_zone(zones: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
        joined = gpd.sjoin(cells, zones[["geometry"]], predicate="within")["index_right"]
        first = joined[~joined.index.duplicated()].reindex(cells.index, fill_value=-1)
        return np.asarray(first, dtype=np.int64)

    def measured(name: str) -> Floats:
        if name in layers.hubs:
            targets = gpd.GeoDataFrame(geometry=layers.hubs[name])
            joined = gpd.sjoin_nearest(cells, targets, distance_col="far")["far"]
            return np.asarray(joined[~joined.index.duplicated()], dtype=np.float64)
        if name in layers.weights:
            around = gpd.GeoDataFrame(geometry=cells.buffer(layers.radius_m[name]))
            areas = layers.weights[name]
            pairs = gpd.sjoin(around, areas, predicate="intersects")
            other = areas.geometry.loc[pairs["index_right"]]
            shared = pairs.geometry.intersection(other, align=False).area.to_numpy()
            share = shared / other.area.to_numpy() * pairs["weight"].to_numpy()
            summed = pd.Series(share, pairs.index).groupby(level=0).sum()
            return np.asarray(summed.reindex(cells.index, fill_value=0.0))
        joined = gpd.sjoin(cells, layers.platforms, predicate="within")["level"]
        highest = joined.groupby(level=0).max().reindex(cells.index, fill_value=0.0)
        return np.asarray(highest, dtype=np.float64)

    pair = first_zone(layers.districts), first_zone(layers.wings)
    values = [
        layers.pair_values[name][pair]
        if name in layers.pair_values
        else function.value(measured(name))
        for name, function in layers.functions.items()
    ]
    return np.stack(values).astype(np.float32)


def explored(columns: Columns) -> tuple[Surface, Floats]:
    """The surface, and a thousand weightings; not timed."""
    plan, brief = opened()
    surface = explore(plan, brief, float(columns["cell_m"]))
    rng = np.random.default_rng(SEED)
    mode: Any = "around" if columns["around"] else "any"
    index = surface.weights.index
    return surface, weight_draws(surface.weights, index, rng, DRAWS, mode, 0.2)


def reweighted(start: tuple[Surface, Floats]) -> Answer:
    """Scores under a hundred other weightings, with geoplan; the last of them."""
    surface, weightings = start
    index = surface.weights.index
    for weights in weightings[:100]:
        scores: Answer = surface.reweighted(pd.Series(weights, index)).scores
    return scores


def bare_product(start: tuple[Surface, Floats]) -> Answer:
    """The bare product."""
    surface, weightings = start
    for weights in weightings[:100].astype(np.float32):
        scores: Answer = weights @ surface.values
    return scores


def with_frame(start: tuple[pd.DataFrame, Floats]) -> Answer:
    """The same on a pandas frame; ten weightings, the last of them the same."""
    frame, weightings = start
    for weights in weightings[90:100]:
        scores = frame.mul(weights.astype(np.float32), axis=1).sum(axis=1)
    return np.asarray(scores)


def framed(columns: Columns) -> tuple[pd.DataFrame, Floats]:
    """Cells by criteria as a frame."""
    surface, weightings = explored(columns)
    return pd.DataFrame(surface.values.T, columns=surface.weights.index), weightings


def survived(start: tuple[Surface, Floats]) -> Answer:
    """Share of the weightings in which each cell is first, with geoplan."""
    surface, weightings = start
    return surface.survival(weightings).of(len(surface.cells))


def every_draw(start: tuple[Surface, Floats]) -> Answer:
    """The same from every score of every cell, in ``float32`` and in blocks."""
    surface, weightings = start
    at = np.flatnonzero(surface.allowed)
    values = np.ascontiguousarray(surface.values[:, at])
    first = np.zeros(len(surface.cells))
    for block in range(0, DRAWS, DRAWS_AT_A_TIME):
        scores = weightings[block : block + DRAWS_AT_A_TIME].astype(np.float32) @ values
        np.add.at(first, at[scores.argmax(axis=1)], 1 / DRAWS)
    return first


def _agreement(outcomes: Sequence[Outcome], sample: npt.NDArray[np.int64]) -> list[str]:
    """Share of the values that are within 0.02 of ours."""
    expected = outcomes[0].answer
    remarks = []
    for outcome in outcomes:
        if outcome.answer is None or expected is None:
            remarks.append("stopped")
            continue
        whole = outcome.answer.shape == expected.shape
        off = np.abs(outcome.answer - (expected if whole else expected[:, sample]))
        remarks.append(f"{(off < 0.02).mean():.1%} of values within 0.02")
    return remarks


def _largest_difference(outcomes: Sequence[Outcome]) -> list[str]:
    expected = outcomes[0].answer
    return [
        "stopped"
        if outcome.answer is None or expected is None
        else f"largest difference {np.abs(outcome.answer - expected).max():.1e}"
        for outcome in outcomes
    ]


PEERS = ("rasterio", "rasterio.features", "xrspatial", "xarray")


def main() -> None:
    """Measure and print one table for each job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", type=float, default=100.0, help="side of a cell in metres")
    parser.add_argument("--sample", type=int, default=20_000, help="cells that geopandas gets")
    options = parser.parse_args()
    n = len(ground_of(*opened(), options.cell).cells)
    sample = np.sort(np.random.default_rng(SEED).choice(n, min(options.sample, n), replace=False))
    columns = {"cell_m": np.array(options.cell), "sample": sample, "around": np.array(True)}

    outcomes = compare(
        [
            Contender("geoplan", cold, ours),
            Contender("geoplan, hard rules besides", cold_with_rules, ours),
            Contender("geoplan, layers ready made", cold, ours_known),
            Contender("rasterio + xarray-spatial", layers_of, with_rasters, PEERS),
            Contender(f"geopandas, {sample.size:,} cells scaled up", sampled, with_geopandas),
        ],
        columns,
        repeats=5,
    )
    joins = outcomes[-1]
    outcomes[-1] = dataclasses.replace(joins, seconds=joins.seconds * n / sample.size)
    print_table(f"10 criteria, {n:,} cells, cold", outcomes, _agreement(outcomes, sample))

    outcomes = compare(
        [
            Contender("geoplan", explored, reweighted),
            Contender("w @ C", explored, bare_product),
            Contender("pandas", framed, with_frame),
        ],
        columns,
    )
    outcomes[-1] = dataclasses.replace(outcomes[-1], seconds=outcomes[-1].seconds * 10)
    print_table("100 other weightings", outcomes, _largest_difference(outcomes))

    for around, name in ((True, "±20 %"), (False, "any weights")):
        outcomes = compare(
            [
                Contender("geoplan, exact", explored, survived),
                Contender("every draw, float32", explored, every_draw),
            ],
            {**columns, "around": np.array(around)},
            repeats=3,
        )
        title = f"first under {DRAWS:,} weightings, {name}"
        print_table(title, outcomes, _largest_difference(outcomes))


if __name__ == "__main__":
    main()
