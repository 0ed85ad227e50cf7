"""Fields over cells: distances by shapely, counts by hand, laws."""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from geoplan.errors import GeometryError, GeoplanError
from geoplan.place.grid import Grid
from geoplan.place.join import locate_points
from geoplan.site import nearest
from geoplan.site.cells import TILE, Cells, zone_labels, zones_of
from geoplan.site.discs import amount_within, expected_within
from geoplan.site.fields import (
    LINE_ERROR_CELLS,
    distance_to,
    inside_areas,
    rough_distance_to,
    rough_error_m,
    share_covered,
    squares,
)
from geoplan.site.nearest import distance_to_points, nearer_on_average

Floats = npt.NDArray[np.float64]

GRID = Grid(x0_m=500_000.0, y0_m=3_300_000.0, cell_m=100.0, n_columns=75, n_rows=53)
"""No multiple of a tile, far from the origin as real coordinates are."""

EVERY = Cells.of(GRID, np.ones(GRID.shape, dtype=np.bool_))
ROUNDING = 3e-7


def some_cells(seed: int) -> Cells:
    """A ragged part of the grid: a disc with holes."""
    rng = np.random.default_rng(seed)
    row, column = np.indices(GRID.shape)
    disc = (row - 20) ** 2 + (column - 35) ** 2 < 30**2
    return Cells.of(GRID, disc & (rng.random(GRID.shape) < 0.7))


def centres(cells: Cells) -> Any:
    return shapely.points(cells.x_m, cells.y_m)


def scattered(seed: int, n: int, beyond_m: float = 0.0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(500_000 - beyond_m, 507_500 + beyond_m, n)
    return x, rng.uniform(3_300_000 - beyond_m, 3_305_300 + beyond_m, n)


def test_cells_come_tile_by_tile() -> None:
    grid = Grid(0.0, 0.0, 1.0, n_columns=TILE + 2, n_rows=2)
    inside = np.zeros(grid.shape, dtype=np.bool_)
    inside[0, 0] = inside[1, 1] = inside[0, TILE] = True
    cells = Cells.of(grid, inside)
    assert cells.index.tolist() == [0, TILE + 3, TILE]
    assert cells.first.tolist() == [0, 2, 3]
    assert len(cells) == 3
    assert cells.x_m.tolist() == [0.5, 1.5, TILE + 0.5]
    assert cells.y_m.tolist() == [0.5, 1.5, 0.5]
    assert cells.position(1.9, 1.0) == 1
    assert cells.position(TILE + 0.0, 0.0) == 2
    assert cells.position(0.5, 1.5) is None
    assert cells.position(-0.5, 0.5) is None
    assert cells.position(float("nan"), 0.5) is None
    assert cells.taken(inside).all()


@settings(deadline=None, max_examples=25)
@given(arrays.arrays(np.bool_, GRID.shape))
def test_a_raster_is_taken_back_as_it_was(inside: npt.NDArray[np.bool_]) -> None:
    cells = Cells.of(GRID, inside)
    values = np.arange(len(cells))
    raster = cells.raster(values, fill=-1)
    assert ((raster >= 0) == inside).all()
    assert (cells.taken(raster) == values).all()
    assert cells.first[-1] == len(cells)


def test_values_of_other_cells_are_refused() -> None:
    with pytest.raises(GeoplanError, match="give one for each"):
        EVERY.raster(np.zeros(3), fill=0)


def test_an_edge_between_zones_goes_to_the_first_key() -> None:
    grid = Grid(0.0, 0.0, 2.0, n_columns=4, n_rows=1)
    zones = gpd.GeoSeries({"b": shapely.box(0, 0, 3, 2), "a": shapely.box(3, 0, 6, 2)})
    assert zone_labels(grid, zones).tolist() == [[0, 1, 1, -1]]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_zones_of_cells_are_those_of_their_centres(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = scattered(seed, 8, 1_000.0)
    shapes = shapely.buffer(shapely.points(x, y), rng.choice([8.0, 90.0, 1_500.0], 8))
    shapes[0] = shapely.difference(shapes[0], shapes[1])
    shapes[2] = shapely.box(500_050, 3_300_050, 501_600, 3_301_650)
    zones = gpd.GeoSeries(shapes, index=rng.permutation(8))
    cells = some_cells(seed)
    expected = locate_points(cells.x_m, cells.y_m, zones)
    assert (zones_of(cells, zones) == expected).all()
    assert (cells.taken(zone_labels(GRID, zones)) == expected).all()


def test_distance_to_one_point_by_hand() -> None:
    grid = Grid(0.0, 0.0, 10.0, n_columns=2, n_rows=1)
    cells = Cells.of(grid, np.ones((1, 2), dtype=np.bool_))
    assert distance_to_points(cells, [5.0], [5.0]).tolist() == [0.0, 10.0]
    assert distance_to_points(cells, [8.0], [9.0]).tolist() == [5.0, np.float32(np.hypot(7, 4))]


@pytest.mark.parametrize("n", [1, 2, 30, 4_000])
@pytest.mark.parametrize("beyond_m", [0.0, 90_000.0])
def test_the_nearest_point_is_exact(n: int, beyond_m: float) -> None:
    x, y = scattered(n, n, beyond_m)
    for cells in (EVERY, some_cells(n)):
        field = distance_to_points(cells, x, y)
        exact = np.array(
            [np.hypot(x - a, y - b).min() for a, b in zip(cells.x_m, cells.y_m, strict=True)]
        )
        assert field.dtype == np.float32
        assert (np.abs(field - exact) <= ROUNDING * np.maximum(exact, TILE * 100)).all()


@pytest.mark.parametrize("n", [1, 30, 4_000])
def test_the_nearest_point_from_the_edge_is_exact(n: int) -> None:
    x, y = scattered(n, n, 20_000.0)
    cells = some_cells(n)
    field = distance_to_points(cells, x, y, from_edge=True)
    exact = np.array(
        [
            np.hypot(np.maximum(np.abs(x - a) - 50, 0), np.maximum(np.abs(y - b) - 50, 0)).min()
            for a, b in zip(cells.x_m, cells.y_m, strict=True)
        ]
    )
    assert (np.abs(field - exact) <= ROUNDING * np.maximum(exact, TILE * 100)).all()


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.floats(0.0, 9_000.0), st.booleans())
def test_a_limit_changes_nothing_within_it(seed: int, most_m: float, from_edge: bool) -> None:
    cells = some_cells(seed)
    x, y = scattered(seed, 8, 20_000.0)
    whole = distance_to_points(cells, x, y, from_edge)
    limited = distance_to_points(cells, x, y, from_edge, most_m)
    assert (limited == np.where(whole > most_m, np.inf, whole)).all()


@pytest.mark.parametrize("few", [0, 10**9])
def test_the_mean_distance_is_what_it_says(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "_FEW_PAIRS", few)
    cells = some_cells(4)
    x, y = scattered(4, 256)
    exact = np.array(
        [np.hypot(x - a, y - b).mean() for a, b in zip(cells.x_m, cells.y_m, strict=True)]
    )
    anything = np.full(len(cells), np.inf, dtype=np.float32)
    found = nearer_on_average(cells, anything, [np.column_stack([x, y])])
    assert np.abs(found - exact).max() < (0.01 if few else 0.05 * GRID.cell_m)
    known = distance_to_points(cells, [502_000.0], [3_301_000.0])
    places = np.column_stack([x, y])
    both = nearer_on_average(cells, known, [places + 9_000.0, places, places + 12_000.0])
    assert np.abs(both - np.minimum(known, exact)).max() < 0.05 * GRID.cell_m
    assert (both <= known).all()


def test_points_on_one_spot_and_on_a_lattice_are_no_worse() -> None:
    at = np.repeat(EVERY.x_m[:40:3], 5), np.repeat(EVERY.y_m[:40:3], 5)
    field = distance_to_points(EVERY, *at)
    exact = shapely.distance(shapely.MultiPoint(np.column_stack(at)), centres(EVERY))
    np.testing.assert_allclose(field, exact, rtol=1e-6, atol=1e-3)


def test_nothing_to_measure_to_is_unknown() -> None:
    assert np.isnan(distance_to_points(EVERY, [], [])).all()
    assert np.isnan(distance_to_points(EVERY, [np.nan], [1.0])).all()
    assert np.isnan(distance_to(EVERY, [None, shapely.Point()])).all()


def test_no_cells_have_no_field() -> None:
    none = Cells.of(GRID, np.zeros(GRID.shape, dtype=np.bool_))
    assert len(none) == 0
    assert distance_to_points(none, [1.0], [1.0]).size == 0
    assert amount_within(none, [1.0], [1.0], [1.0], 5.0).size == 0


def wiggly(seed: int) -> shapely.LineString:
    x, y = scattered(seed, 12, 3_000.0)
    return shapely.LineString(np.column_stack([np.sort(x), y]))


@pytest.mark.parametrize("from_edge", [False, True])
@pytest.mark.parametrize(
    "geometries",
    [
        [wiggly(1)],
        [wiggly(1), wiggly(2), shapely.Point(500_020, 3_300_030)],
        [shapely.LineString([(400_000, 3_200_000), (400_000, 3_400_000)])],
        [shapely.Point(503_000, 3_302_000).buffer(900), shapely.box(506_000, 3_304_000, 509_000, 3_309_000)],
        [shapely.Point(503_000, 3_302_000).buffer(1_900).difference(shapely.Point(503_000, 3_302_000).buffer(1_200))],
        [shapely.GeometryCollection([wiggly(3), shapely.MultiPoint([(501_000, 3_301_000)]), shapely.box(506_000, 3_301_000, 506_010, 3_301_010)])],
    ],
)  # fmt: skip
def test_distance_to_lines_and_areas_keeps_its_bound(
    geometries: list[shapely.Geometry], from_edge: bool
) -> None:
    cells = some_cells(7)
    field = distance_to(cells, geometries, from_edge)
    shapes = squares(cells, np.arange(len(cells))) if from_edge else centres(cells)
    exact = np.min([shapely.distance(g, shapes) for g in geometries], axis=0)
    rounding = ROUNDING * np.maximum(exact, TILE * 100)
    error = field - exact
    assert (error >= -rounding).all()
    assert (error <= LINE_ERROR_CELLS * GRID.cell_m + rounding).all()
    near = exact < 2 * GRID.cell_m
    assert (np.abs(error[near]) <= rounding[near]).all()
    assert (field[exact == 0] == 0).all()

    # The same within a limit, and quickly from the outlines.
    limited = distance_to(cells, geometries, from_edge, most_m=900.0)
    assert (limited == np.where(field > 900.0, np.inf, field)).all()
    outlines = [shapely.boundary(g) if g.geom_type == "Polygon" else g for g in geometries]
    rough = rough_distance_to(cells, outlines, from_edge)
    exact = np.min([shapely.distance(g, shapes) for g in outlines], axis=0)
    if "GeometryCollection" not in {g.geom_type for g in geometries}:
        assert (rough >= exact - rounding).all()
        assert (rough - exact <= rough_error_m(rough, GRID.cell_m)).all()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_one_thing_more_is_never_farther(seed: int) -> None:
    x, y = scattered(seed, 9, 5_000.0)
    fewer, more = distance_to_points(EVERY, x[:5], y[:5]), distance_to_points(EVERY, x, y)
    assert (more <= fewer).all()
    apart = np.minimum(fewer, distance_to_points(EVERY, x[5:], y[5:]))
    assert (more == apart).all()


def test_inside_counts_edges_and_holes() -> None:
    ring = shapely.Point(503_000, 3_302_000).buffer(1_900)
    area = ring.difference(shapely.Point(503_000, 3_302_000).buffer(1_200))
    corner = shapely.box(500_050, 3_300_050, 500_150, 3_300_150)
    held = inside_areas(EVERY, [area, None, corner])
    assert (held == shapely.intersects(shapely.union_all([area, corner]), centres(EVERY))).all()
    assert EVERY.raster(held, fill=False)[:3, :3].tolist() == [
        [True, True, False], [True, True, False], [False, False, False],
    ]  # fmt: skip


def test_an_invalid_area_is_refused() -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(GeometryError, match="invalid"):
        inside_areas(EVERY, [bow])


def test_amount_within_by_hand() -> None:
    grid = Grid(0.0, 0.0, 10.0, n_columns=5, n_rows=3)
    cells = Cells.of(grid, np.ones(grid.shape, dtype=np.bool_))
    # The centre of the grid: within 10 m are its own centre and the four beside it.
    amount = amount_within(cells, [25.0], [15.0], [2.0], 10.0)
    assert cells.raster(amount, fill=0.0).tolist() == [
        [0, 0, 2, 0, 0], [0, 2, 2, 2, 0], [0, 0, 2, 0, 0],
    ]  # fmt: skip
    assert amount_within(cells, [-5.0, 60.0], [15.0, 15.0], [1.0, 3.0], 10.0).tolist() == (
        amount_within(cells, [-5.0], [15.0], [1.0], 10.0).tolist()
    )


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.floats(20.0, 9_000.0))
def test_amount_within_is_the_plain_count(seed: int, radius_m: float) -> None:
    cells = some_cells(seed)
    x, y = scattered(seed, 40, 3_000.0)
    weight = np.random.default_rng(seed).exponential(1.0, 40)
    far2 = (cells.x_m[:, None] - x) ** 2 + (cells.y_m[:, None] - y) ** 2
    # Which side of its edge a point on the edge falls is rounding's choice.
    clear = (np.abs(far2 - radius_m**2) > 1e-6 * radius_m**2).all(axis=1)
    exact = (far2 <= radius_m**2) @ weight
    amount = amount_within(cells, x, y, weight, radius_m)
    np.testing.assert_allclose(amount[clear], exact[clear], atol=1e-9)
    assert (amount[exact == 0] == 0).all()


def test_amounts_are_neither_negative_nor_missing() -> None:
    for amounts in ([-1.0], [np.nan], [np.inf]):
        with pytest.raises(GeoplanError):
            amount_within(EVERY, [1.0], [1.0], amounts, 10.0)


def clipped(x: float, y: float, radius: float) -> shapely.Polygon:
    west, south, east, north = bounds()
    return shapely.intersection(
        shapely.Point(x, y).buffer(radius), shapely.box(west - 800, south, east, north)
    )


@pytest.mark.parametrize("radius_m", [500.0, 1_230.0, 4_000.0])
def test_what_is_expected_within_is_the_share_of_the_area(radius_m: float) -> None:
    cells = some_cells(2)
    areas = [
        shapely.Point(502_100, 3_301_800),
        clipped(502_000, 3_302_000, 90.0),
        clipped(504_000, 3_303_000, 700.0),
        clipped(500_900, 3_301_000, 1_700.0),
        shapely.MultiPolygon([shapely.box(505_000, 3_300_100, 507_800, 3_301_000),
                              shapely.box(505_000, 3_303_100, 506_900, 3_304_000)]),
        clipped(503_000, 3_302_000, 30_000.0),
        shapely.box(600_000, 3_300_000, 604_000, 3_304_000),
        shapely.box(480_000, 3_290_000, 503_000, 3_302_000),
    ]  # fmt: skip
    weights = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 60.0, 7.0, 8.0])
    discs = shapely.buffer(centres(cells), radius_m, quad_segs=64)
    for area, weight in zip(areas, weights, strict=True):
        if area.area:
            exact = shapely.area(shapely.intersection(discs, area)) / area.area
        else:
            exact = shapely.distance(centres(cells), area) <= radius_m
        found = expected_within(cells, [area], [weight], radius_m) / weight
        assert np.abs(found - exact).max() < 0.01
        assert found.min() >= 0
    summed = sum(
        expected_within(cells, [a], [w], radius_m) for a, w in zip(areas, weights, strict=True)
    )
    whole = expected_within(cells, areas, weights, radius_m)
    np.testing.assert_allclose(whole, summed, atol=1e-3)


def test_nothing_is_expected_of_nothing() -> None:
    assert not expected_within(EVERY, [], [], 500.0).any()
    with pytest.raises(GeoplanError, match="as many weights"):
        expected_within(EVERY, [shapely.Point(0, 0)], [], 500.0)


def test_share_covered_by_hand() -> None:
    grid = Grid(0.0, 0.0, 10.0, n_columns=3, n_rows=1)
    cells = Cells.of(grid, np.ones(grid.shape, dtype=np.bool_))
    areas = [shapely.box(-50, -50, 5, 50), shapely.box(2, 0, 12, 5), None]
    np.testing.assert_allclose(share_covered(cells, areas), [0.75, 0.1, 0.0], atol=1e-6)
    assert share_covered(cells, []).tolist() == [0.0, 0.0, 0.0]
    assert share_covered(cells, [shapely.Point(5, 5)]).tolist() == [0.0, 0.0, 0.0]


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_covered_shares_add_up_to_the_area(seed: int) -> None:
    x, y = scattered(seed, 6)
    areas = shapely.buffer(shapely.points(x, y), 500.0)
    inside = shapely.intersection(shapely.union_all(areas), shapely.box(*bounds()))
    share = share_covered(EVERY, areas)
    assert share.sum() * GRID.cell_m**2 == pytest.approx(inside.area, rel=1e-5)
    assert share.min() >= 0
    assert share.max() <= 1


def bounds() -> tuple[float, float, float, float]:
    return 500_000.0, 3_300_000.0, 507_500.0, 3_305_300.0
