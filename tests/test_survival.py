"""Shares of first places: the plain way as witness, numbers by hand, laws."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import GeoplanError
from geoplan.place.grid import Grid
from geoplan.site.cells import Cells
from geoplan.site.ranking import DECIMALS
from geoplan.site.survival import survival

Floats = npt.NDArray[np.float64]
Field = npt.NDArray[np.float32]

GRID = Grid(x0_m=0.0, y0_m=0.0, cell_m=100.0, n_columns=110, n_rows=90)


def plain_shares(values: Field, weightings: Floats, top: int) -> Floats:
    """Every score of every cell under every weighting, sorted."""
    shares = np.zeros(values.shape[1])
    for weights in weightings:
        scores = np.round(weights @ values.astype(np.float64), DECIMALS)
        _, alike, size = np.unique(-scores, return_inverse=True, return_counts=True)
        better = np.cumsum(size) - size
        shares += (np.clip(top - better, 0, size) / size)[alike]
    return shares / len(weightings)


def hills(cells: Cells, m: int, seed: int, steps: int = 0) -> Field:
    """Values that fall with the distance from a few hilltops, in steps if asked."""
    rng = np.random.default_rng(seed)
    x, y = cells.x_m[None], cells.y_m[None]
    found = np.zeros((m, len(cells)))
    for _ in range(3):
        at = rng.uniform(0, 11_000, (2, m, 1))
        reach = rng.uniform(2_000, 9_000, (m, 1))
        found = np.maximum(found, 1 - np.hypot(x - at[0], y - at[1]) / reach)
    if steps:
        found = np.round(found * steps) / steps
    return found.astype(np.float32)


def ragged(seed: int) -> Cells:
    rng = np.random.default_rng(seed)
    return Cells.of(GRID, rng.random(GRID.shape) < rng.choice([0.02, 0.6, 1.0]))


@settings(deadline=None, max_examples=12)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["around", "any", "one-sided"]),
    st.sampled_from([1, 7, 400]),
    st.sampled_from([0, 4]),
)
def test_pruning_changes_nothing(seed: int, mode: str, top: int, steps: int) -> None:
    cells, rng = ragged(seed), np.random.default_rng(seed)
    values = hills(cells, 4, seed, steps)
    if mode == "around":
        weightings = rng.uniform(0.8, 1.2, (25, 4))
    elif mode == "any":
        weightings = rng.dirichlet(np.ones(4), 25)
    else:
        weightings = np.eye(4)[rng.integers(0, 4, 25)]
    found = survival(values, weightings, cells.first, top)
    np.testing.assert_allclose(
        found.of(len(cells)), plain_shares(values, weightings, top), atol=1e-12
    )
    assert found.share.sum() == pytest.approx(min(top, len(cells)))
    assert (found.share > 0).all()


def test_noise_cannot_be_pruned_and_is_still_exact() -> None:
    cells = ragged(1)
    rng = np.random.default_rng(5)
    values = rng.random((3, len(cells)), dtype=np.float32)
    weightings = rng.dirichlet(np.ones(3), 10)
    found = survival(values, weightings, cells.first, top=3)
    np.testing.assert_allclose(found.of(len(cells)), plain_shares(values, weightings, 3))


def test_smooth_values_are_pruned() -> None:
    cells = Cells.of(GRID, np.ones(GRID.shape, dtype=np.bool_))
    weightings = np.random.default_rng(2).dirichlet(np.ones(4), 50)
    assert survival(hills(cells, 4, 2), weightings, cells.first).computed < 0.3


def test_shares_by_hand() -> None:
    values = np.array([[1.0, 0.0, 0.5, 0.5], [0.0, 1.0, 0.5, 0.5]], dtype=np.float32)
    weightings = [[1.0, 0.0], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75]]
    found = survival(values, weightings, [0, 1, 1, 4])
    # Under ½ ½ all four cells are equal and share the first place.
    assert found.of(4).tolist() == [2.25 / 4, 1.25 / 4, 0.25 / 4, 0.25 / 4]
    assert found.error[0] == pytest.approx(1.96 * np.sqrt(0.5625 * 0.4375 / 4))
    assert (found.draws, found.top) == (4, 1)
    two = survival(values, weightings[:2], [0, 4], top=2)
    assert two.of(4).tolist() == [1.0, 0.0, 0.5, 0.5]
    assert survival(values, weightings, [0, 4], top=9).of(4).tolist() == [1.0] * 4


def test_cells_that_take_no_part_change_nothing() -> None:
    cells = ragged(3)
    values = hills(cells, 3, 3)
    allowed = np.random.default_rng(3).random(len(cells)) < 0.4
    weightings = np.random.default_rng(4).dirichlet(np.ones(3), 20)
    found = survival(values, weightings, cells.first, 2, allowed).of(len(cells))
    assert not found[~allowed].any()
    np.testing.assert_allclose(found[allowed], plain_shares(values[:, allowed], weightings, 2))


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_a_dominated_cell_is_never_first(seed: int) -> None:
    cells = ragged(seed)
    values = hills(cells, 3, seed)
    best = int(values.sum(axis=0).argmax())
    worse = (best + 1) % len(cells)
    values[:, worse] = values[:, best] - np.float32(0.01)
    weightings = np.random.default_rng(seed).dirichlet(np.ones(3), 20)
    assert survival(values, weightings, cells.first).of(len(cells))[worse] == 0


def test_twice_the_weights_change_nothing() -> None:
    cells = ragged(8)
    values, weightings = hills(cells, 3, 8), np.random.default_rng(8).dirichlet(np.ones(3), 20)
    once, twice = (survival(values, k * weightings, cells.first) for k in (1, 2))
    assert once.position.tolist() == twice.position.tolist()
    assert once.share.tolist() == twice.share.tolist()


@pytest.mark.parametrize(
    ("weightings", "first", "top"),
    [
        ([[1.0, -0.1]], [0, 3], 1),
        ([[1.0, np.nan]], [0, 3], 1),
        ([[1.0]], [0, 3], 1),
        ([[1.0, 1.0]], [0, 2], 1),
        ([[1.0, 1.0]], [0, 2, 1, 3], 1),
        ([[1.0, 1.0]], [0, 3], 0),
    ],
)
def test_what_does_not_fit_is_refused(
    weightings: list[list[float]], first: list[int], top: int
) -> None:
    with pytest.raises(GeoplanError):
        survival(np.ones((2, 3), dtype=np.float32), weightings, first, top)


def test_no_cell_has_no_share() -> None:
    with pytest.raises(GeoplanError, match="must be a cell"):
        survival(np.ones((2, 3), np.float32), [[1, 1]], [0, 3], 1, np.zeros(3, dtype=np.bool_))
