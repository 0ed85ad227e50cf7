"""Join points to zones and sum their money: ours against geopandas and dask-geopandas.

``python -m benchmarks.bench_join [--quick] [--zones FILE]``

Ours starts from columns of coordinates. The others are given their points ready
made: making them takes longer than our whole join, and is not in their seconds.
"""

import argparse
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.measure import Answer, Columns, Contender, compare, print_table
from geoplan.place.join import join_sums

CRS = 4549
ZONES = Path(__file__).parents[1] / "layers" / "districts_2021.geojson"


def load_zones(path: Path) -> gpd.GeoSeries:
    """Zones of a layer, in metres; thirteen made-up ones where there is no layer."""
    if path.exists():
        return gpd.read_file(path).to_crs(CRS).geometry
    outline = shapely.Point(500_000, 3_300_000).buffer(90_000, quad_segs=500)
    return voronoi_zones(gpd.GeoSeries([outline], crs=CRS), 13)


def voronoi_zones(zones: gpd.GeoSeries, n: int) -> gpd.GeoSeries:
    """Voronoi cells of random points, clipped to the zones."""
    outline = zones.union_all()
    west, south, east, north = outline.bounds
    seeds = np.random.default_rng(1).uniform((west, south), (east, north), (4 * n, 2))
    seeds = seeds[shapely.contains_xy(outline, seeds[:, 0], seeds[:, 1])][:n]
    diagram = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=outline)
    return gpd.GeoSeries(shapely.intersection(shapely.get_parts(diagram), outline), crs=zones.crs)


def columns_of(zones: gpd.GeoSeries, n: int) -> Columns:
    """Points all over the zones' bounding box, with money in whole 万元."""
    west, south, east, north = zones.total_bounds
    rng = np.random.default_rng(2)
    shapes = shapely.to_wkb(zones.array)
    return {
        "x": rng.uniform(west, east, n),
        "y": rng.uniform(south, north, n),
        "money": rng.integers(0, 10**6, n),
        "shapes": np.frombuffer(b"".join(shapes), dtype=np.uint8),
        "ends": np.cumsum([len(shape) for shape in shapes]),
    }


def zones_of(columns: Columns) -> gpd.GeoSeries:
    """Zones as they were before they became columns."""
    shapes = np.split(columns["shapes"], columns["ends"][:-1])
    return gpd.GeoSeries(shapely.from_wkb([shape.tobytes() for shape in shapes]), crs=CRS)


def frames_of(columns: Columns) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Points with money, and zones, as geopandas wants them."""
    shapes = gpd.points_from_xy(columns["x"], columns["y"], crs=CRS)
    points = gpd.GeoDataFrame({"money": columns["money"]}, geometry=shapes)
    return points, gpd.GeoDataFrame(geometry=zones_of(columns))


def dask_frames_of(columns: Columns) -> tuple[Any, gpd.GeoDataFrame]:
    """The same, with the points in eight parts."""
    import dask_geopandas

    points, zones = frames_of(columns)
    return dask_geopandas.from_geopandas(points, npartitions=8), zones


def ours(columns: dict[str, Any]) -> Answer:
    """Money by zone, with geoplan."""
    sums = join_sums(columns["x"], columns["y"], columns["money"], columns["zones"])
    return sums.per_zone.to_numpy()


def with_zones(columns: Columns) -> dict[str, Any]:
    """Columns together with their zones, as geoplan wants them."""
    return {**columns, "zones": zones_of(columns)}


def with_geopandas(frames: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> Answer:
    """Money by zone, with a spatial join and a sum by group."""
    points, zones = frames
    joined = gpd.sjoin(points, zones, predicate="intersects")
    sums = joined.groupby("index_right")["money"].sum()
    per_zone: Answer = sums.reindex(zones.index, fill_value=0).to_numpy()
    return per_zone


def with_dask(frames: tuple[Any, gpd.GeoDataFrame]) -> Answer:
    """Money by zone, the same in parallel."""
    import dask_geopandas

    points, zones = frames
    joined = dask_geopandas.sjoin(points, zones, predicate="intersects")
    sums = joined.groupby("index_right")["money"].sum().compute()
    per_zone: Answer = sums.reindex(zones.index, fill_value=0).to_numpy()
    return per_zone


def remark(answer: Answer | None, expected: Answer | None) -> str:
    """Whether the sums agree to the 万元."""
    if answer is None or expected is None:
        return "stopped"
    return "same sums" if np.array_equal(answer, expected) else "OTHER SUMS"


OURS = Contender("geoplan", with_zones, ours)
GEOPANDAS = Contender("geopandas.sjoin", frames_of, with_geopandas)
DASK = Contender("dask-geopandas", dask_frames_of, with_dask, modules=("dask_geopandas",))


def main() -> None:
    """Measure and print one table for each number of points and set of zones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="dask-geopandas up to 10^6 points only"
    )
    parser.add_argument("--zones", type=Path, default=ZONES, help="a layer of polygons")
    options = parser.parse_args()
    districts = load_zones(options.zones)
    for zones in (districts, voronoi_zones(districts, 200)):
        for n in (10**5, 10**6, 10**7):
            contenders = [OURS, GEOPANDAS, DASK]
            if options.quick and n > 10**6:
                contenders.remove(DASK)
            outcomes = compare(contenders, columns_of(zones, n))
            remarks = [remark(outcome.answer, outcomes[0].answer) for outcome in outcomes]
            print_table(f"{n:,} points to {len(zones)} zones", outcomes, remarks)


if __name__ == "__main__":
    main()
