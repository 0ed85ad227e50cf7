"""Surfaces on a grid: the exact sum as witness, known answers, laws."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import GeometryError, GeoplanError
from geoplan.place.grid import Grid, area_shares, spread_over_cells
from geoplan.place.surface import BANDWIDTH_STEP, kernel_surface, kernel_surface_inside

Floats = npt.NDArray[np.float64]

GRID = Grid(x0_m=1_000.0, y0_m=2_000.0, cell_m=100.0, n_columns=90, n_rows=70)
CENTRE = (5_500.0, 5_500.0)
MANY = 30_000
"""So many points on this grid are shared with fewer nodes each than a few are."""


def exact_surface(
    x: Floats, y: Floats, weights: Floats, grid: Grid, bandwidth_m: float | Floats
) -> Floats:
    """The sum of the kernels, term by term, per km²."""
    h = np.broadcast_to(np.asarray(bandwidth_m, dtype=np.float64), x.shape)

    def along(at: Floats, centres: Floats) -> Floats:
        distance = (centres[:, None] - at) / h
        density: Floats = np.exp(-(distance**2) / 2) / (np.sqrt(2 * np.pi) * h)
        return density

    summed: Floats = (along(y, grid.y_centres_m) * weights) @ along(x, grid.x_centres_m).T
    return summed * 1e6


def scattered(seed: int, n: int = 300, beyond_m: float = 0.0) -> tuple[Floats, Floats, Floats]:
    """Points over the grid with very unequal weights: one holds two thirds."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(1_000 - beyond_m, 10_000 + beyond_m, n)
    y = rng.uniform(2_000 - beyond_m, 9_000 + beyond_m, n)
    weights = rng.exponential(1.0, n)
    weights[0] = 2 * weights[1:].sum()
    return x, y, weights


def error_of_maximum(surface: Floats, exact: Floats) -> float:
    return float(np.abs(surface - exact).max() / exact.max())


def mass(surface: Floats, grid: Grid = GRID) -> float:
    return float(surface.sum() * grid.cell_km2)


def test_grid_counts_rows_from_the_south() -> None:
    grid = Grid.covering((120.0, -30.0, 480.0, 101.0), 100.0)
    assert grid == Grid(100.0, -100.0, 100.0, 4, 3)
    assert grid.x_centres_m.tolist() == [150.0, 250.0, 350.0, 450.0]
    assert grid.y_centres_m.tolist() == [-50.0, 50.0, 150.0]
    assert (grid.shape, grid.cell_km2) == ((3, 4), 0.01)
    north_east = kernel_surface([450.0], [150.0], [1.0], grid, 20.0)
    assert north_east.argmax() == 2 * 4 + 3


@pytest.mark.parametrize(("cell_m", "n_rows"), [(0.0, 1), (-1.0, 1), (np.nan, 1), (1.0, 0)])
def test_grid_without_cells_is_refused(cell_m: float, n_rows: int) -> None:
    with pytest.raises(GeometryError, match="no cells"):
        Grid(0.0, 0.0, cell_m, 1, n_rows)


@pytest.mark.parametrize("cells", [0.2, 0.7, 1.0, 1.99, 2.0, 2.5, 4.0, 7.3, 16.0, 40.0])
@pytest.mark.parametrize("beyond_m", [0.0, 3_000.0])
def test_scattered_points_as_the_exact_sum(cells: float, beyond_m: float) -> None:
    x, y, weights = scattered(seed=1, beyond_m=beyond_m)
    surface = kernel_surface(x, y, weights, GRID, cells * 100.0)
    exact = exact_surface(x, y, weights, GRID, cells * 100.0)
    assert surface.dtype == np.float64
    assert surface.shape == GRID.shape
    assert error_of_maximum(surface, exact) < 1e-3


@pytest.mark.parametrize("copies", [1, MANY, 60 * MANY])
@pytest.mark.parametrize("cells", [2.0, 3.1, 9.7, 20.0])
def test_one_place_is_right_wherever_it_lies_in_its_cell(copies: int, cells: float) -> None:
    rng = np.random.default_rng(2)
    bandwidth_m = cells * 100.0
    for east_m, north_m in rng.uniform(0, 500, (16 if copies == 1 else 3, 2)):
        x, y = np.array([[CENTRE[0] + east_m], [CENTRE[1] + north_m]])
        exact = exact_surface(x, y, np.ones(1), GRID, bandwidth_m)
        weight = np.full(copies, 1 / copies)
        surface = kernel_surface(
            np.repeat(x, copies), np.repeat(y, copies), weight, GRID, bandwidth_m
        )
        assert error_of_maximum(surface, exact) < 1e-3


@pytest.mark.parametrize("cells", [2.0, 5.0, 12.0])
def test_regular_and_clustered_points_as_the_exact_sum(cells: float) -> None:
    rng = np.random.default_rng(3)
    lattice_x, lattice_y = (a.ravel() for a in np.meshgrid(GRID.x_centres_m, GRID.y_centres_m + 31))
    cluster_x, cluster_y = rng.normal(0, 60, (2, MANY)) + np.array(CENTRE)[:, None]
    for x, y in ((lattice_x, lattice_y), (cluster_x, cluster_y)):
        weights = rng.random(x.size)
        surface = kernel_surface(x, y, weights, GRID, cells * 100.0)
        exact = exact_surface(x, y, weights, GRID, cells * 100.0)
        assert error_of_maximum(surface, exact) < 1e-3


@pytest.mark.parametrize("cells", [1.0, 2.0, 6.0])
def test_weight_is_conserved_on_a_grid_that_holds_the_kernels(cells: float) -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(0, 50, (2, 500)) + np.array(CENTRE)[:, None]
    weights = rng.integers(1, 10**6, 500)
    surface = kernel_surface(x, y, weights, GRID, cells * 100.0)
    assert mass(surface) == pytest.approx(weights.sum(), rel=1e-5)
    assert surface.min() >= 0


@pytest.mark.parametrize("bandwidth_m", [150.0, 700.0, np.tile([150.0, 700.0], 150)])
def test_doubling_weights_doubles(bandwidth_m: float | Floats) -> None:
    x, y, weights = scattered(seed=5)
    once = kernel_surface(x, y, weights, GRID, bandwidth_m)
    np.testing.assert_array_equal(kernel_surface(x, y, 2 * weights, GRID, bandwidth_m), 2 * once)


@pytest.mark.parametrize("bandwidth_m", [150.0, 700.0])
def test_splitting_points_changes_nothing(bandwidth_m: float) -> None:
    x, y, weights = scattered(seed=6)
    whole = kernel_surface(x, y, weights, GRID, bandwidth_m)
    parts = np.concatenate([0.3 * weights, 0.7 * weights])
    split = kernel_surface(np.tile(x, 2), np.tile(y, 2), parts, GRID, bandwidth_m)
    assert error_of_maximum(split, whole) < 1e-6


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    columns=st.integers(-20, 20),
    rows=st.integers(-20, 20),
    cells=st.floats(0.5, 20),
)
def test_moving_points_by_whole_cells_moves_the_surface(
    seed: int, columns: int, rows: int, cells: float
) -> None:
    x, y, weights = scattered(seed, n=40)
    stayed = kernel_surface(x, y, weights, GRID, cells * 100)
    moved = kernel_surface(x + 100 * columns, y + 100 * rows, weights, GRID, cells * 100)
    seen = stayed[max(-rows, 0) : 70 - max(rows, 0), max(-columns, 0) : 90 - max(columns, 0)]
    again = moved[max(rows, 0) : 70 + min(rows, 0), max(columns, 0) : 90 + min(columns, 0)]
    # Peaks may fall between centres or out of sight: compare with the surface seen.
    np.testing.assert_allclose(again, seen, atol=2e-3 * max(stayed.max(), moved.max()))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), east=st.integers(-999, 999), cells=st.floats(0.5, 20))
def test_moving_grid_and_points_changes_nothing(seed: int, east: int, cells: float) -> None:
    x, y, weights = scattered(seed, n=40)
    x = np.round(x * 64) / 64
    here = kernel_surface(x, y, weights, GRID, cells * 100)
    there = Grid(GRID.x0_m + 1024 * east, GRID.y0_m, 100.0, 90, 70)
    moved = kernel_surface(x + 1024 * east, y, weights, there, cells * 100)
    assert error_of_maximum(moved, here) < 1e-6


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), cells=st.floats(0.3, 30))
def test_order_of_points_changes_nothing(seed: int, cells: float) -> None:
    x, y, weights = scattered(seed, n=60)
    h = cells * 100 * np.random.default_rng(seed).choice([1.0, 1.5, 4.0], 60)
    order = np.random.default_rng(seed).permutation(60)
    surface = kernel_surface(x, y, weights, GRID, h)
    shuffled = kernel_surface(x[order], y[order], weights[order], GRID, h[order])
    assert error_of_maximum(shuffled, surface) < 1e-6


def test_few_bandwidths_are_used_as_given() -> None:
    x, y, weights = scattered(seed=7)
    h = np.random.default_rng(7).choice([80.0, 250.0, 260.0, 900.0, 3_000.0], x.size)
    surface = kernel_surface(x, y, weights, GRID, h)
    assert error_of_maximum(surface, exact_surface(x, y, weights, GRID, h)) < 1e-3


def test_sharp_and_wide_bandwidths_go_together() -> None:
    x, y, weights = scattered(seed=11, beyond_m=2_000.0)
    h = np.random.default_rng(11).choice([40.0, 210.0, 5_000.0, 200_000.0], x.size)
    # With equal peaks no bandwidth hides behind the others.
    weights = h**2 * (1 + weights / weights.max())
    surface = kernel_surface(x, y, weights, GRID, h)
    assert error_of_maximum(surface, exact_surface(x, y, weights, GRID, h)) < 1e-3


def test_many_bandwidths_are_rounded_by_the_stated_rule() -> None:
    x, y, weights = scattered(seed=8)
    h = np.exp(np.random.default_rng(8).uniform(np.log(120), np.log(4_000), x.size))
    steps = np.rint(np.log(h / h.min()) / np.log(BANDWIDTH_STEP))
    rounded = h.min() * BANDWIDTH_STEP**steps
    assert np.abs(rounded / h - 1).max() < 0.025
    surface = kernel_surface(x, y, weights, GRID, h)
    assert error_of_maximum(surface, exact_surface(x, y, weights, GRID, rounded)) < 1e-3


@pytest.mark.parametrize("bandwidth_m", [50.0, 500.0])
def test_points_far_away_and_no_points_give_nothing(bandwidth_m: float) -> None:
    assert not kernel_surface([], [], [], GRID, bandwidth_m).any()
    assert not kernel_surface([9e6, -9e6], [0.0, 9e6], [1.0, 1.0], GRID, bandwidth_m).any()
    assert not kernel_surface([CENTRE[0]], [CENTRE[1]], [0.0], GRID, bandwidth_m).any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x_m": [np.nan]}, "x_m"),
        ({"y_m": [np.inf]}, "y_m"),
        ({"weights": [-1.0]}, "weights"),
        ({"weights": [1.0, 2.0]}, "equal length"),
        ({"bandwidth_m": 0.0}, "bandwidth_m"),
        ({"bandwidth_m": [1.0, 2.0]}, "one for each of 1 points"),
    ],
)
def test_unusable_columns_are_named(change: dict[str, object], said: str) -> None:
    columns = {"x_m": [5e3], "y_m": [5e3], "weights": [1.0], "bandwidth_m": 200.0, **change}
    with pytest.raises(GeoplanError, match=said):
        kernel_surface(**columns, grid=GRID)  # type: ignore[arg-type]


def left_half() -> npt.NDArray[np.bool_]:
    inside = np.zeros(GRID.shape, dtype=np.bool_)
    inside[10:60, 5:45] = True
    inside[30:34, 20:24] = False
    return inside


@pytest.mark.parametrize("cells", [0.5, 1.5, 2.0, 5.0, 20.0])
def test_the_whole_weight_stays_inside(cells: float) -> None:
    rng = np.random.default_rng(9)
    x, y = rng.uniform(1_500, 5_500, 400), rng.uniform(3_000, 8_000, 400)
    weights = rng.integers(1, 10**6, 400)
    surface = kernel_surface_inside(x, y, weights, GRID, cells * 100, left_half())
    kept = weights[~surface.left_out].sum()
    assert mass(surface.per_km2) == pytest.approx(kept, rel=1e-12)
    assert not surface.per_km2[~left_half()].any()
    assert surface.per_km2.min() >= 0
    assert surface.left_out.sum() <= (4 if cells < 2 else 0)


@pytest.mark.parametrize("cells", [1.5, 2.0, 5.0, 20.0])
def test_each_point_keeps_its_own_weight_inside(cells: float) -> None:
    # In the middle, at an edge, in a corner, outside but near.
    x = np.array([3_500.0, 5_490.0, 1_510.0, 5_560.0])
    y = np.array([7_000.0, 4_000.0, 3_010.0, 6_000.0])
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    together = kernel_surface_inside(x, y, weights, GRID, cells * 100, left_half())
    alone = [
        kernel_surface_inside(x[[i]], y[[i]], weights[[i]], GRID, cells * 100, left_half())
        for i in range(4)
    ]
    assert [mass(surface.per_km2) for surface in alone] == pytest.approx(weights, rel=1e-12)
    summed = np.sum([surface.per_km2 for surface in alone], axis=0)
    assert error_of_maximum(together.per_km2, summed) < 1e-3


def test_edge_correction_as_the_exact_shares() -> None:
    x, y, weights = scattered(seed=10, n=100)
    h = np.random.default_rng(10).choice([130.0, 300.0, 1_000.0], 100)
    expected = np.zeros(GRID.shape)
    left_out = np.zeros(100, dtype=np.bool_)
    for i in range(100):
        kernel = exact_surface(x[[i]], y[[i]], np.ones(1), GRID, h[i]) * left_half()
        left_out[i] = mass(kernel) < 0.01
        expected += 0 if left_out[i] else weights[i] * kernel / mass(kernel)
    surface = kernel_surface_inside(x, y, weights, GRID, h, left_half())
    np.testing.assert_array_equal(surface.left_out, left_out)
    assert 0 < left_out.sum() < 100
    assert error_of_maximum(surface.per_km2, expected) < 1e-3


def test_points_left_out_are_reported_and_change_nothing() -> None:
    h = np.array([300.0, 300.0, 200.0, 5_000.0])
    x, y = np.array([3_000.0, 4_000.0, 9_000.0, 9e6]), np.array([5_000.0, 6_000.0, 5_000.0, 9e6])
    surface = kernel_surface_inside(x, y, [1.0, 2.0, 4.0, 8.0], GRID, h, left_half())
    assert surface.left_out.tolist() == [False, False, True, True]
    near = kernel_surface_inside(x[:2], y[:2], [1.0, 2.0], GRID, 300.0, left_half())
    assert error_of_maximum(surface.per_km2, near.per_km2) < 1e-3


def test_no_cell_inside_leaves_all_out() -> None:
    inside = np.zeros(GRID.shape, dtype=np.bool_)
    surface = kernel_surface_inside([5e3], [5e3], [1.0], GRID, 300.0, inside)
    assert surface.left_out.all()
    assert not surface.per_km2.any()


@pytest.mark.parametrize("inside", [np.ones(GRID.shape), np.ones((2, 2), dtype=np.bool_)])
def test_unusable_mask_is_refused(inside: npt.NDArray[np.bool_]) -> None:
    with pytest.raises(GeoplanError, match="inside is"):
        kernel_surface_inside([5e3], [5e3], [1.0], GRID, 300.0, inside)


def intersected_shares(area: shapely.Geometry, grid: Grid) -> Floats:
    """Area of intersection with each cell, cell by cell."""
    x, y = np.meshgrid(grid.x_centres_m, grid.y_centres_m)
    half = grid.cell_m / 2
    covered = shapely.area(
        shapely.intersection(area, shapely.box(x - half, y - half, x + half, y + half))
    )
    shares: Floats = covered / covered.sum()
    return shares


def star(rng: np.random.Generator) -> shapely.Geometry:
    angle = np.sort(rng.uniform(0, 2 * np.pi, 40))
    radius = rng.uniform(200, 3_500, 40)
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return shapely.make_valid(shapely.Polygon(points + rng.uniform([0, 1_000], [11_000, 10_000])))


AREAS: dict[str, Callable[[], shapely.Geometry]] = {
    "disc": lambda: shapely.Point(5_030, 6_070).buffer(777),
    "on lines": lambda: shapely.box(2_000, 3_000, 2_500, 3_300),
    "inside one cell": lambda: shapely.Point(5_050, 6_050).buffer(20),
    "beyond the west": lambda: shapely.box(-9_000, 2_510, 1_730, 4_000),
    "beyond the east": lambda: shapely.box(9_930, 2_510, 90_000, 4_000),
    "around the grid": lambda: shapely.Point(5_000, 5_000).buffer(40_000),
    "clockwise with a hole": lambda: (
        shapely.box(2_010, 3_000, 6_000, 7_777) - shapely.box(3_000, 3_333, 4_000, 5_000)
    ).reverse(),
    "parts": lambda: shapely.MultiPolygon(
        [shapely.box(0, 0, 1_120, 2_150), shapely.box(3e3, 3e3, 3e3 + 7, 8e3)]
    ),
}


@pytest.mark.parametrize("name", AREAS)
def test_shares_of_an_area_as_its_intersections(name: str) -> None:
    area = AREAS[name]()
    shares = area_shares(area, GRID)  # type: ignore[arg-type]
    spread = np.zeros(GRID.n_rows * GRID.n_columns)
    spread[shares.cells] = shares.shares
    assert shares.shares.sum() == pytest.approx(1, abs=1e-12)
    assert (np.diff(shares.cells) > 0).all()
    np.testing.assert_allclose(
        spread.reshape(GRID.shape), intersected_shares(area, GRID), atol=1e-10
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_shares_of_any_area_as_its_intersections(seed: int) -> None:
    area = star(np.random.default_rng(seed))
    shares = area_shares(area, GRID)  # type: ignore[arg-type]
    spread = np.zeros(GRID.n_rows * GRID.n_columns)
    spread[shares.cells] = shares.shares
    np.testing.assert_allclose(
        spread.reshape(GRID.shape), intersected_shares(area, GRID), atol=1e-9
    )


def test_shares_stay_inside_the_boundary() -> None:
    shares = area_shares(shapely.box(5_000, 5_000, 6_000, 5_100), GRID, left_half())
    assert (shares.cells % 90).tolist() == [40, 41, 42, 43, 44]
    assert shares.shares.tolist() == pytest.approx([0.2] * 5)


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (shapely.Point(5_000, 5_000), "no polygon"),
        (shapely.Polygon(), "no polygon"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "Self-intersection"),
        (shapely.box(0, 0, 900, 90_000), "no cell"),
        (shapely.box(0, 9_001, 90_000, 9_002), "no cell"),
        (shapely.box(8_000, 8_000, 8_100, 8_100), "no cell"),
    ],
)
def test_area_without_cells_is_refused(area: shapely.Polygon, said: str) -> None:
    with pytest.raises(GeometryError, match=said):
        area_shares(area, GRID, left_half())


def test_spreading_conserves_money() -> None:
    shares = [area_shares(AREAS[name](), GRID) for name in AREAS]  # type: ignore[arg-type]
    money = np.arange(1, len(shares) + 1) * 12_345
    surface = spread_over_cells(shares, money, GRID)
    assert surface.shape == GRID.shape
    assert mass(surface) == pytest.approx(money.sum(), rel=1e-12)


def test_spreading_over_two_cells_by_hand() -> None:
    grid = Grid(0.0, 0.0, 1_000.0, 2, 1)
    shares = [area_shares(shapely.box(500, 0, 2_000, 500), grid)]
    assert spread_over_cells(shares, [30], grid).tolist() == [
        [pytest.approx(10), pytest.approx(20)]
    ]
    with pytest.raises(GeoplanError, match="give one each"):
        spread_over_cells(shares, [30, 40], grid)
