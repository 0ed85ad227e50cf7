"""Areas that hang together: by hand on tiny grids, laws on ragged ones."""

from itertools import islice

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from geoplan.errors import QuestionError
from geoplan.place.grid import Grid
from geoplan.place.zones import cell_polygons
from geoplan.site.cells import Cells
from geoplan.site.patches import Patch, patches, top_cells

Field = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def every(rows: int, columns: int) -> Cells:
    grid = Grid(0.0, 0.0, 100.0, n_columns=columns, n_rows=rows)
    return Cells.of(grid, np.ones(grid.shape, dtype=np.bool_))


def on(cells: Cells, rows: list[list[float]]) -> Field:
    """Scores written as on a map, north at the top."""
    field: Field = cells.taken(np.array(rows[::-1], dtype=np.float32))
    return field


def drawn(cells: Cells, patch: Patch) -> list[str]:
    marks = np.zeros(len(cells), dtype=np.int64)
    marks[patch.cells] = 1
    return ["".join(".#"[mark] for mark in row) for row in cells.raster(marks, 0)[::-1]]


def test_the_best_area_by_hand() -> None:
    cells = every(3, 5)
    scores = on(
        cells,
        [
            [0.1, 0.1, 0.1, 0.8, 0.1],
            [0.9, 0.2, 0.7, 0.7, 0.1],
            [0.2, 0.1, 0.1, 0.1, 0.1],
        ],
    )
    free = np.ones(len(cells), dtype=np.bool_)
    # The best single cell stands alone; the best three are elsewhere.
    (found,) = patches(cells, scores, free, n_cells=3, count=1)
    assert drawn(cells, found) == ["...#.", "..##.", "....."]
    assert found.score == pytest.approx((0.8 + 0.7 + 0.7) / 3)
    assert found.least == pytest.approx(0.7)
    (single,) = patches(cells, scores, free, n_cells=1, count=1)
    assert drawn(cells, single) == [".....", "#....", "....."]


def test_what_is_not_free_is_gone_around() -> None:
    cells = every(3, 5)
    scores = np.full(len(cells), 0.5, dtype=np.float32)
    free = on(cells, [[1, 1, 1, 0, 1], [1, 0, 1, 0, 1], [1, 0, 1, 1, 1]]) == 1
    (found,) = patches(cells, scores, free, n_cells=11, count=3)
    assert drawn(cells, found) == ["###.#", "#.#.#", "#.###"]
    # Cells that meet at a corner do not hang together.
    corner = on(cells, [[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1]]) == 1
    assert len(patches(cells, scores, corner, n_cells=2, count=9)) == 2
    assert patches(cells, scores, corner, n_cells=3, count=9) == []


def test_equal_scores_make_a_compact_area() -> None:
    cells = every(21, 21)
    flat = np.full(len(cells), 0.5, dtype=np.float32)
    (found,) = patches(cells, flat, np.ones(len(cells), dtype=np.bool_), n_cells=49, count=1)
    outline = shapely.union_all(cell_polygons(cells.grid, cells.index[found.cells]).to_numpy())
    # A square of 49 cells has 28 sides.
    assert outline.length / 100 <= 32


def ragged(seed: int) -> tuple[Cells, Field, Mask]:
    rng = np.random.default_rng(seed)
    grid = Grid(0.0, 0.0, 100.0, n_columns=60, n_rows=45)
    cells = Cells.of(grid, rng.random(grid.shape) < 0.95)
    smooth = ndimage.gaussian_filter(rng.random(grid.shape), rng.choice([0.5, 3.0]))
    scores = cells.taken(smooth.astype(np.float32))
    if rng.random() < 0.4:
        scores = np.round(scores, 1)
    return cells, scores, rng.random(len(cells)) < rng.choice([0.7, 0.97])


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10**6),
    st.sampled_from([1, 2, 9, 60]),
    st.integers(1, 6),
    st.sampled_from([0.0, 150.0, 700.0]),
)
def test_areas_keep_their_laws(seed: int, n: int, count: int, apart_m: float) -> None:
    cells, scores, free = ragged(seed)
    found = patches(cells, scores, free, n, count, apart_m)
    assert len(found) <= count
    outlines = []
    for patch in found:
        assert len(patch.cells) == n
        assert free[patch.cells].all()
        assert patch.seed in patch.cells
        assert patch.score == pytest.approx(float(scores[patch.cells].mean()), abs=1e-6)
        assert patch.least == scores[patch.cells].min()
        marks = np.zeros(len(cells), dtype=np.bool_)
        marks[patch.cells] = True
        assert ndimage.label(cells.raster(marks, fill=False))[1] == 1
        squares = cell_polygons(cells.grid, cells.index[patch.cells])
        outlines.append(shapely.union_all(squares.to_numpy()))
    for i, one in enumerate(outlines):
        for other in outlines[:i]:
            assert shapely.distance(one, other) >= max(apart_m, 1e-9) - 1e-6
    assert [patch.score for patch in found] == sorted((p.score for p in found), reverse=True)
    again = patches(cells, scores, free, n, count, apart_m)
    assert [p.cells.tolist() for p in again] == [p.cells.tolist() for p in found]


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6))
def test_fewer_are_found_only_where_no_more_fit(seed: int) -> None:
    cells, scores, free = ragged(seed)
    found = patches(cells, scores, free, 8, 100)
    left = cells.raster(free, fill=False)
    for patch in found:
        marks = np.zeros(len(cells), dtype=np.bool_)
        marks[patch.cells] = True
        left &= ~ndimage.binary_dilation(cells.raster(marks, fill=False), np.ones((3, 3)))
    label, _ = ndimage.label(left)
    largest = np.bincount(label.ravel())[1:].max(initial=0)
    assert len(found) == 100 or largest < 8


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 100.0, 450.0, 2_500.0]))
def test_top_cells_are_the_greedy_choice(seed: int, apart_m: float) -> None:
    cells, scores, free = ragged(seed)
    found = list(islice(top_cells(cells, scores, free, apart_m), 40))
    left = np.where(free, scores, -np.inf)
    for position in found:
        assert left[position] == left.max() > -np.inf
        away = np.hypot(cells.x_m - cells.x_m[position], cells.y_m - cells.y_m[position])
        left[(away < apart_m) | (away == 0)] = -np.inf
    assert len(found) == 40 or left.max() == -np.inf


def test_nothing_free_has_no_area() -> None:
    cells = every(3, 3)
    scores, none = np.ones(len(cells), dtype=np.float32), np.zeros(len(cells), dtype=np.bool_)
    assert patches(cells, scores, none, 1) == []
    assert list(top_cells(cells, scores, none, 100.0)) == []


@pytest.mark.parametrize(
    ("n", "count", "apart_m"), [(0, 1, 0.0), (10**6, 1, 0.0), (1, 0, 0.0), (1, 101, 0.0), (1, 1, -1.0)]
)  # fmt: skip
def test_questions_out_of_range_are_refused(n: int, count: int, apart_m: float) -> None:
    cells = every(3, 3)
    with pytest.raises(QuestionError):
        patches(cells, np.ones(9, np.float32), np.ones(9, dtype=np.bool_), n, count, apart_m)
