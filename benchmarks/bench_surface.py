"""Weight per km² at 100 m: ours against scipy, scikit-learn and KDEpy.

``python -m benchmarks.bench_surface [--quick] [--points N ...] [--extent whole core]``

Two jobs: the whole extent of the zones, and a core of 30 km, on which the
methods that visit every pair of point and node can finish. All are given the
same bandwidth and, where they want one, a ready-made list of nodes; a contender
that does not finish in time is stopped, never extrapolated. The error is against
the exact sum at 2,000 nodes, in shares of the maximum there.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.bench_join import ZONES, load_zones
from benchmarks.measure import Answer, Columns, Contender, compare, print_table
from geoplan.place.grid import Grid
from geoplan.place.surface import kernel_surface

BANDWIDTH_M = 1_000.0
CELL_M = 100.0
SAMPLED_NODES = 2_000
M2_PER_KM2 = 1e6

Floats = npt.NDArray[np.float64]


def columns_of(grid: Grid, n: int) -> Columns:
    """Points, half of them in forty clusters, with very unequal weights."""
    rng = np.random.default_rng(3)
    size_m = np.array([grid.n_columns, grid.n_rows]) * grid.cell_m
    centres = rng.uniform(0.1, 0.9, (40, 2)) * size_m
    loose = rng.uniform(0, 1, (n - n // 2, 2)) * size_m
    clustered = centres[rng.integers(0, 40, n // 2)] + rng.normal(0, 1_500, (n // 2, 2))
    # KDEpy refuses points beyond the outermost nodes.
    xy = np.clip(np.concatenate([loose, clustered]), grid.cell_m, size_m - grid.cell_m)
    xy += np.array([grid.x0_m, grid.y0_m])
    return {
        "x": xy[:, 0].copy(),
        "y": xy[:, 1].copy(),
        "weights": rng.lognormal(8, 2, n),
        "grid": np.array([grid.x0_m, grid.y0_m, grid.cell_m, grid.n_columns, grid.n_rows]),
    }


def grid_of(columns: Columns) -> Grid:
    """Grid as it was before it became a column."""
    x0_m, y0_m, cell_m, n_columns, n_rows = columns["grid"]
    return Grid(x0_m, y0_m, cell_m, int(n_columns), int(n_rows))


def nodes_of(grid: Grid) -> Floats:
    """Centres of all cells, column by column, as KDEpy wants them; shape (n, 2)."""
    x, y = np.meshgrid(grid.x_centres_m, grid.y_centres_m, indexing="ij")
    return np.column_stack([x.ravel(), y.ravel()])


def with_nodes(columns: Columns) -> Any:
    """Points, weights and evaluation nodes, as the others want them."""
    grid = grid_of(columns)
    points = np.column_stack([columns["x"], columns["y"]])
    return points, columns["weights"], nodes_of(grid), grid


def surface_of(density_per_m2: Floats, weights: Floats, grid: Grid) -> Answer:
    """Weight per km², rows from the south, from a density at the nodes that sums to 1."""
    surface: Answer = density_per_m2.reshape(grid.shape[::-1]).T * (weights.sum() * M2_PER_KM2)
    return surface


def ours(columns: Columns) -> Answer:
    """Weight per km², with geoplan."""
    return kernel_surface(
        columns["x"], columns["y"], columns["weights"], grid_of(columns), BANDWIDTH_M
    )


def with_kdepy(start: Any) -> Answer:
    """Weight per km², with linear binning and a fast Fourier transform."""
    from KDEpy import FFTKDE

    points, weights, nodes, grid = start
    density = FFTKDE(kernel="gaussian", bw=BANDWIDTH_M).fit(points, weights=weights).evaluate(nodes)
    return surface_of(density, weights, grid)


def with_sklearn(start: Any) -> Answer:
    """Weight per km², with a tree of the points."""
    from sklearn.neighbors import KernelDensity

    points, weights, nodes, grid = start
    # A tolerance of the size of our own error, so that the trees may prune.
    kernel = KernelDensity(bandwidth=BANDWIDTH_M, algorithm="kd_tree", rtol=1e-4)
    kernel.fit(points, sample_weight=weights)
    return surface_of(np.exp(kernel.score_samples(nodes)), weights, grid)


def with_scipy(start: Any) -> Answer:
    """Weight per km², with every pair of point and node."""
    from scipy.stats import gaussian_kde

    class RoundKernel(gaussian_kde):
        """The same kernel in every direction; scipy's own follows the points' covariance."""

        def _compute_covariance(self) -> None:
            vars(self).update(
                factor=1.0,
                covariance=np.eye(2) * BANDWIDTH_M**2,
                cho_cov=np.eye(2) * BANDWIDTH_M,
                log_det=2 * np.log(2 * np.pi * BANDWIDTH_M**2),
            )

    points, weights, nodes, grid = start
    return surface_of(RoundKernel(points.T, weights=weights)(nodes.T), weights, grid)


OURS = Contender("geoplan", dict, ours)
KDEPY = Contender("KDEpy FFTKDE", with_nodes, with_kdepy, modules=("KDEpy",))
SKLEARN = Contender(
    "scikit-learn KernelDensity", with_nodes, with_sklearn, modules=("sklearn.neighbors",)
)
SCIPY = Contender("scipy gaussian_kde", with_nodes, with_scipy, modules=("scipy.stats",))


def sampled_errors(columns: Columns, answers: list[Answer | None]) -> list[str]:
    """Largest error of each answer at sampled nodes, in shares of the largest exact value."""
    grid = grid_of(columns)
    rng = np.random.default_rng(4)
    nodes = rng.choice(grid.n_rows * grid.n_columns, SAMPLED_NODES, replace=False)
    if answers[0] is not None:
        nodes[0] = answers[0].argmax()
    row, column = np.divmod(nodes, grid.n_columns)
    exact = np.empty(nodes.size)
    for k, (x_m, y_m) in enumerate(
        zip(grid.x_centres_m[column], grid.y_centres_m[row], strict=True)
    ):
        square = (columns["x"] - x_m) ** 2 + (columns["y"] - y_m) ** 2
        exact[k] = columns["weights"] @ np.exp(square / (-2 * BANDWIDTH_M**2))
    exact *= M2_PER_KM2 / (2 * np.pi * BANDWIDTH_M**2)
    return [
        "stopped"
        if answer is None
        else f"error {np.abs(answer[row, column] - exact).max() / exact.max():.1e} of the maximum"
        for answer in answers
    ]


def main() -> None:
    """Measure and print one table for each extent and number of points."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="stop a contender after a minute, not two hours"
    )
    parser.add_argument("--zones", type=Path, default=ZONES, help="a layer of polygons")
    parser.add_argument("--points", type=int, nargs="+", default=[10**3, 10**4, 10**5, 10**6])
    parser.add_argument(
        "--extent", nargs="+", default=["whole", "core"], help="whole, core or both"
    )
    options = parser.parse_args()
    bounds = load_zones(options.zones).total_bounds
    middle = (bounds[:2] + bounds[2:]) / 2
    extents = {
        "whole": Grid.covering(bounds, CELL_M),
        "core": Grid.covering([*(middle - 15_000), *(middle + 15_000)], CELL_M),
    }
    for extent in options.extent:
        grid = extents[extent]
        for n in options.points:
            columns = columns_of(grid, n)
            outcomes = compare(
                [OURS, KDEPY, SKLEARN, SCIPY], columns, limit_s=60 if options.quick else 7_200
            )
            errors = sampled_errors(columns, [outcome.answer for outcome in outcomes])
            title = f"{n:,} points, {extent}: {grid.n_columns} x {grid.n_rows} cells"
            print_table(title, outcomes, errors)


if __name__ == "__main__":
    main()
