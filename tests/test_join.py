"""Joining points to zones: known answers, the plain join as witness, laws."""

import tracemalloc

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import GeometryError, GeoplanError
from geoplan.place.join import join_sums, locate_points, sum_by_zone

Floats = npt.NDArray[np.float64]

MANY = 20_000
"""So many points are located with the label grid, whatever the zones here."""


def two_squares() -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], index=["a", "b"])


def voronoi_zones(seed: int, n_zones: int = 12, size_m: float = 10_000.0) -> gpd.GeoSeries:
    """Wiggly zones in a round outline with a hole, keys in no order."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 400)
    radius = size_m * (0.4 + 0.05 * np.sin(9 * angle) + 0.01 * np.sin(60 * angle))
    shell = np.column_stack(
        [size_m / 2 + radius * np.cos(angle), size_m / 2 + radius * np.sin(angle)]
    )
    outline = shapely.Polygon(shell).difference(
        shapely.Point(size_m / 2, size_m / 2).buffer(size_m / 15)
    )
    seeds = shapely.MultiPoint(rng.uniform(0, size_m, (n_zones, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=outline))
    pieces = shapely.intersection(cells, outline)
    keys = rng.permutation(np.arange(100, 100 + len(pieces)))
    return gpd.GeoSeries(pieces, index=keys)


def overlapping_zones(seed: int) -> gpd.GeoSeries:
    """Discs, rings, strips and islands that overlap, with a missing and an empty one."""
    rng = np.random.default_rng(seed)
    centres = np.asarray(shapely.points(rng.uniform(0, 10_000, (9, 2))))
    discs = shapely.buffer(centres, rng.uniform(100, 4_000, 9))
    rings = shapely.difference(discs[:3], shapely.buffer(centres[:3], 90))
    islands = shapely.union(discs[3:5], shapely.box(20_000, 0, 21_000, 500))
    strips = np.array([shapely.box(0, 3_000, 30_000, 3_000.5), shapely.box(7_000, 0, 7_001, 9_000)])
    shapes = [*discs[5:], *rings, *islands, *strips, None, shapely.Polygon(), discs[8]]
    return gpd.GeoSeries(shapes, index=rng.permutation(len(shapes)))


def telling_points(zones: gpd.GeoSeries, seed: int, n: int = MANY) -> tuple[Floats, Floats]:
    """Points all around, on vertices, on edges, far outside, and no points at all."""
    rng = np.random.default_rng(seed)
    vertices = shapely.get_coordinates(zones.array)
    on_edges = (vertices[1:] + vertices[:-1]) / 2
    west, south, east, north = zones.total_bounds
    around = np.column_stack(
        [rng.uniform(west - 500, east + 500, n), rng.uniform(south - 500, north + 500, n)]
    )
    odd = [[np.nan, south], [west, np.inf], [-np.inf, np.nan], [1.7e308, -1.7e308], [east, north]]
    xy = np.concatenate([around, vertices, on_edges, odd])
    return xy[:, 0].copy(), xy[:, 1].copy()


def plainly_located(x: Floats, y: Floats, zones: gpd.GeoSeries) -> npt.NDArray[np.int32]:
    """geopandas.sjoin, then the tie rule: of several zones the first key."""
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y))
    pairs = gpd.sjoin(
        points, gpd.GeoDataFrame({"key": zones.index}, geometry=zones.array), predicate="intersects"
    )
    first_key = pairs.groupby(level=0)["key"].min()
    located = np.full(x.size, -1, dtype=np.int32)
    located[first_key.index] = zones.index.get_indexer(first_key)
    return located


ZONES = {
    "wiggly": voronoi_zones(1),
    "overlapping": overlapping_zones(2),
    "many": voronoi_zones(3, n_zones=150),
    "single": gpd.GeoSeries([shapely.Point(0, 0).buffer(10)], index=["only"]),
    "thin": gpd.GeoSeries(
        [shapely.box(0, 0, 1e6, 0.5), shapely.box(0, 0.25, 1e6, 1)], index=[2, 1]
    ),
}


def test_middle_point_on_a_shared_edge_counts_once() -> None:
    sums = join_sums([0.5, 1.0, 1.5], [0.5, 0.5, 0.5], [10, 20, 30], two_squares())
    expected = pd.Series([30, 30], index=["a", "b"], name="sum")
    pd.testing.assert_series_equal(sums.per_zone, expected)
    assert (sums.unmatched, sums.unmatched_points, sums.total) == (0, 0, 60)


@pytest.mark.parametrize("copies", [1, MANY])
def test_order_of_zones_does_not_move_the_middle_point(copies: int) -> None:
    x, y, values = np.repeat([[0.5, 1.0, 1.5], [0.5, 0.5, 0.5], [10, 20, 30]], copies, axis=1)
    sums = join_sums(x, y, values.astype(np.int64), two_squares()[::-1])
    assert sums.per_zone.to_dict() == {"b": 30 * copies, "a": 30 * copies}
    assert list(sums.per_zone.index) == ["b", "a"]


@pytest.mark.parametrize("name", ZONES)
def test_many_points_as_the_plain_join(name: str) -> None:
    x, y = telling_points(ZONES[name], seed=4)
    located = locate_points(x, y, ZONES[name])
    assert located.dtype == np.int32
    np.testing.assert_array_equal(located, plainly_located(x, y, ZONES[name]))


@pytest.mark.parametrize("name", ZONES)
def test_few_points_as_many(name: str) -> None:
    x, y = telling_points(ZONES[name], seed=5)
    few = np.r_[0:40, x.size - 40 : x.size]
    np.testing.assert_array_equal(
        locate_points(x[few], y[few], ZONES[name]), locate_points(x, y, ZONES[name])[few]
    )


@pytest.mark.parametrize("copies", [1, MANY])
def test_edges_and_corners_belong_to_the_first_key(copies: int) -> None:
    corners = [shapely.box(x, y, x + 1, y + 1) for x, y in [(0, 0), (1, 0), (0, 1), (1, 1)]]
    zones = gpd.GeoSeries(corners, index=[4, 3, 2, 1])
    x = np.repeat([1.0, 1.0, 0.5, 0.0, 2.0, 2.0, 2.5], copies)
    y = np.repeat([1.0, 0.5, 1.0, 0.0, 1.0, 2.0, 1.0], copies)
    assert locate_points(x, y, zones)[::copies].tolist() == [3, 1, 2, 0, 3, 3, -1]


@pytest.mark.parametrize("copies", [1, MANY])
def test_hole_is_outside_and_its_edge_inside(copies: int) -> None:
    ring = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    x, y = np.repeat([[0.5, 1.5, 1.0, 2.0], [0.5, 1.5, 1.5, 2.0]], copies, axis=1)
    assert locate_points(x, y, gpd.GeoSeries([ring]))[::copies].tolist() == [0, -1, 0, 0]


@pytest.mark.parametrize("copies", [1, MANY])
def test_overlap_belongs_to_the_first_key(copies: int) -> None:
    zones = gpd.GeoSeries(
        [shapely.box(0, 0, 100, 100), shapely.box(40, 40, 60, 60)], index=["whole", "core"]
    )
    x, y = np.repeat([[50.0, 40.0, 10.0], [50.0, 50.0, 10.0]], copies, axis=1)
    assert locate_points(x, y, zones)[::copies].tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    "zones", [two_squares(), two_squares()[:0], gpd.GeoSeries([None, shapely.Polygon()])]
)
def test_no_points_and_no_zones(zones: gpd.GeoSeries) -> None:
    assert locate_points([], [], zones).shape == (0,)
    sums = join_sums([], [], np.empty(0, dtype=np.int64), zones)
    assert (len(sums.per_zone), sums.unmatched, sums.total) == (len(zones), 0, 0)
    beside = join_sums([9.0], [9.0], [7], zones)
    assert (beside.per_zone.sum(), beside.unmatched, beside.unmatched_points) == (0, 7, 1)


def test_extents_beyond_arithmetic_are_still_exact() -> None:
    zones = gpd.GeoSeries(
        [shapely.box(-1e200, -1e200, 1e200, 1e200), shapely.box(0, 0, 1e-9, 1e-9)]
    )
    x, y = np.full(MANY, 1e199), np.full(MANY, -1e199)
    assert (locate_points(x, y, zones) == 0).all()


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "'bad' is invalid: Self-intersection"),
        (shapely.Point(0, 0), "'bad' is a Point"),
    ],
)
def test_unusable_zone_is_named(shape: shapely.Geometry, said: str) -> None:
    with pytest.raises(GeometryError, match=said):
        locate_points(
            [0.0], [0.0], gpd.GeoSeries([shapely.box(0, 0, 1, 1), shape], index=["ok", "bad"])
        )


def test_degrees_are_refused() -> None:
    with pytest.raises(GeometryError, match=r"Coordinate System 2000.*degrees"):
        locate_points([0.0], [0.0], two_squares().set_crs(4490))


@pytest.mark.parametrize("keys", [["a", "a"], ["a", None], ["a", 1], [("a", 1), ("b", 2)]])
def test_keys_must_be_sortable_and_unique(keys: list[object]) -> None:
    zones = gpd.GeoSeries(two_squares().array, index=pd.Index(keys))
    with pytest.raises(GeoplanError, match="key"):
        locate_points([0.0], [0.0], zones)


def test_integers_sum_exactly_where_floats_would_not() -> None:
    odd = 2**53 + 1
    per_zone, unmatched = sum_by_zone([0, 0, 1, -1, -1], [odd, 1, -odd, odd, odd], 3)
    assert per_zone.dtype == np.int64
    assert (per_zone.tolist(), unmatched) == ([odd + 1, -odd, 0], 2 * odd)


def test_floats_sum_as_floats() -> None:
    per_zone, unmatched = sum_by_zone([0, 1, -1], np.array([0.5, 0.25, 4], dtype=np.float32), 2)
    assert per_zone.dtype == np.float64
    assert (per_zone.tolist(), unmatched) == ([0.5, 0.25], 4.0)


@pytest.mark.parametrize(
    ("positions", "values", "said"),
    [
        ([0, 1], [1], "2 positions but 1 values"),
        ([2], [1], "integers from -1 to 1"),
        ([-2], [1], "integers from -1 to 1"),
        ([0.5], [1], "integers from -1 to 1"),
        ([0], ["3亿"], "not integers or floats"),
        ([0, 0], [2**62, 2**62], "too large"),
    ],
)
def test_unusable_values_are_refused(
    positions: list[float], values: list[object], said: str
) -> None:
    with pytest.raises(GeoplanError, match=said):
        sum_by_zone(positions, np.array(values), 2)


@pytest.mark.parametrize(("x", "values"), [([0.0, 1.0], [1, 2]), ([0.0], [1, 2])])
def test_columns_of_unequal_length_are_refused(x: list[float], values: list[int]) -> None:
    with pytest.raises(GeoplanError):
        join_sums(x, [0.0], values, two_squares())


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), many=st.booleans(), overlap=st.booleans())
def test_order_of_zones_changes_nothing(seed: int, many: bool, overlap: bool) -> None:
    zones = overlapping_zones(seed) if overlap else voronoi_zones(seed)
    x, y = telling_points(zones, seed, n=MANY if many else 50)
    order = np.random.default_rng(seed).permutation(len(zones))
    shuffled = np.append(order, -1)[locate_points(x, y, zones.iloc[order])]
    np.testing.assert_array_equal(shuffled, locate_points(x, y, zones))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), east=st.integers(-999, 999), north=st.integers(-999, 999))
def test_moving_everything_changes_nothing(seed: int, east: int, north: int) -> None:
    # Coordinates on a grid of 1/64 m stay exact when moved by kilometres of 1,024 m.
    drawn = shapely.make_valid(shapely.set_precision(overlapping_zones(seed).array, 1 / 64))
    zones = gpd.GeoSeries(drawn)
    x, y = (np.round(column[:-5] * 64) / 64 for column in telling_points(zones, seed))
    shift = np.array([1024 * east, 1024 * north])
    moved = gpd.GeoSeries(shapely.transform(drawn, lambda xy: xy + shift))
    np.testing.assert_array_equal(
        locate_points(x + shift[0], y + shift[1], moved), locate_points(x, y, zones)
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), many=st.booleans(), largest=st.sampled_from([9, 2**31, 2**45]))
def test_money_is_conserved(seed: int, many: bool, largest: int) -> None:
    zones = voronoi_zones(seed)
    x, y = telling_points(zones, seed, n=MANY if many else 20)
    money = np.random.default_rng(seed).integers(-largest, largest, x.size)
    sums = join_sums(x, y, money, zones)
    assert sums.total == sum(money.tolist()) == sum(sums.per_zone.tolist()) + sums.unmatched
    positions = locate_points(x, y, zones)
    assert sums.unmatched_points == np.count_nonzero(positions == -1)
    per_zone, unmatched = sum_by_zone(positions, money, len(zones))
    assert (per_zone.tolist(), unmatched) == (sums.per_zone.tolist(), sums.unmatched)


def test_sums_go_over_all_blocks_of_points() -> None:
    copies = 700_000
    x, y = np.repeat([[0.5, 1.0, 9.0], [0.5, 0.5, 0.5]], copies, axis=1)
    sums = join_sums(x, y, np.repeat([10, 20, 30], copies), two_squares())
    assert sums.per_zone.to_dict() == {"a": 30 * copies, "b": 0}
    assert (sums.unmatched, sums.unmatched_points) == (30 * copies, copies)


def test_memory_stays_bounded() -> None:
    zones = voronoi_zones(1)
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 10_000, (2, 4_000_000))
    tracemalloc.start()
    try:
        located = locate_points(x, y, zones)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < located.nbytes + 40_000_000
