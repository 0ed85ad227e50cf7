"""Contiguous areas of a wanted size, and single sites apart from each other.

An area is grown from a seed, a cell in the middle of good ones: always the best
free neighbour next, of equally good ones the nearest to the seed, and nothing
far away. Only free cells are ever taken: what is excluded, unknown or already
part of an area is no neighbour. Equal questions have equal answers.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import ceil, hypot, pi, sqrt

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import ndimage

from geoplan.errors import QuestionError
from geoplan.place.zones import M2_PER_MU, cell_polygons
from geoplan.site.cells import TILE, Cells
from geoplan.site.exploring import Surface

_Field = npt.NDArray[np.float32]
_Integers = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]

MOST_PATCHES = 100
MOST_CELLS = 100_000

AS_GOOD = 0.005
"""Scores within a step of this size are equally good for growing: the nearer cell goes first."""

REACH = 1.5
"""How far from its seed a patch may grow, in radii of a disc of its size; doubled as
long as too few free cells hang together there."""

_LEAST_OF_CELL = 1e-9
_SEEDS_PER_PATCH = 4
_FEWEST_SEEDS = 16
_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))
_AROUND = np.ones((3, 3), dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class Patch:
    """Some cells that hang together by their sides.

    Attributes
    ----------
    cells :
        Positions of the cells, ascending.
    seed :
        Position of the cell it was grown from.
    score, least :
        Mean and lowest score of its cells.
    """

    cells: _Integers
    seed: int
    score: float
    least: float


def top_cells(cells: Cells, scores: _Field, free: _Mask, least_distance_m: float) -> Iterator[int]:
    """The best free cells, best first, each at least a distance from all before it.

    Parameters
    ----------
    cells, scores, free :
        Cells, the score of each, and whether it may be taken.
    least_distance_m :
        Between centres.

    Yields
    ------
    position :
        Of equal scores the first in the order of the cells.

    Notes
    -----
    The best of each tile is kept. Taking a cell changes only the tiles in reach.
    """
    if not len(cells):
        return
    left = np.where(free, scores, np.float32(-np.inf))
    best = np.maximum.reduceat(left, cells.first[:-1])
    reach = least_distance_m / cells.grid.cell_m
    tiles = ceil(reach / TILE)
    while best.max() > -np.inf:
        tile = int(best.argmax())
        position = int(cells.first[tile] + left[cells.first[tile] : cells.first[tile + 1]].argmax())
        yield position
        row, column = divmod(int(cells.index[position]), cells.grid.n_columns)
        south, west = max(row // TILE - tiles, 0), max(column // TILE - tiles, 0)
        near = cells.tile_at[south : row // TILE + tiles + 1, west : column // TILE + tiles + 1]
        for tile in near[near >= 0].tolist():
            own = slice(cells.first[tile], cells.first[tile + 1])
            rows, columns = np.divmod(cells.index[own].astype(np.int64), cells.grid.n_columns)
            away2 = (rows - row) ** 2 + (columns - column) ** 2
            left[own][(away2 < reach**2) | (away2 == 0)] = -np.inf
            best[tile] = left[own].max()


def patches(
    cells: Cells,
    scores: _Field,
    free: _Mask,
    n_cells: int,
    count: int = 5,
    least_distance_m: float = 0.0,
) -> list[Patch]:
    """Contiguous patches of a number of free cells with high mean scores, best first.

    Parameters
    ----------
    cells, scores, free :
        Cells, the score of each, and whether it may be taken.
    n_cells :
        Cells of each patch.
    count :
        At most so many patches.
    least_distance_m :
        Between the edges of any two; even at 0 they do not touch.

    Returns
    -------
    patches :
        Fewer where no more fit. No search proves that nothing better exists: seeds are
        the cells with the best mean score around them, and of the patches grown from
        the best seeds the best is taken, again and again.

    Raises
    ------
    QuestionError
        The size, the number or the distance is out of range.
    """
    if not 1 <= n_cells <= MOST_CELLS:
        raise QuestionError(
            f"an area of {n_cells:,} cells: give a size of 1 to {MOST_CELLS:,} cells, "
            "or use larger cells"
        )
    _check(count, least_distance_m)
    ground = _Ground.of(cells, scores, free, n_cells)
    waiting: list[Patch] = []
    found: list[Patch] = []
    seeds: Iterator[int] = iter(())
    n_waiting = max(_SEEDS_PER_PATCH * count, _FEWEST_SEEDS)
    while len(found) < count:
        waiting += ground.some(seeds, n_waiting - len(waiting))
        if not waiting:
            # What is left over between the seeds so far may still hold a patch.
            seeds = ground.seeds()
            waiting = ground.some(seeds, n_waiting)
        if not waiting:
            break
        best = min(waiting, key=lambda patch: (-patch.score, patch.seed))
        found.append(best)
        ground.close(best, least_distance_m)
        untouched = [patch for patch in waiting if ground.holds(patch)]
        touched = [patch.seed for patch in waiting if not ground.holds(patch)]
        waiting = untouched + ground.some(iter(touched), len(touched))
    return sorted(found, key=lambda patch: (-patch.score, patch.seed))


def best_areas(
    surface: Surface, least_mu: float, count: int = 5, least_distance_m: float = 0.0
) -> gpd.GeoDataFrame:
    """The best contiguous areas of allowed cells of at least a size.

    Parameters
    ----------
    least_mu :
        Size in 亩; the areas have as few cells as reach it.
    count, least_distance_m :
        As for :func:`patches`.

    Returns
    -------
    GeoDataFrame
        Best first, on ``area-1`` …, in the plan's CRS: mean ``score`` and ``least_score``
        of the cells, ``area_mu``, ``area_km2``, number of ``cells``, ``district_codes``
        (parted by ``|``, the one with most cells first) and the area.

    Raises
    ------
    QuestionError
        As for :func:`patches`.
    """
    cell_mu = surface.cells.grid.cell_m**2 / M2_PER_MU
    if not 0 < least_mu < np.inf:
        raise QuestionError(f"an area of {least_mu:g} 亩: give a size above 0")
    n_cells = ceil(least_mu / cell_mu - _LEAST_OF_CELL)
    allowed = surface.allowed
    found = patches(surface.cells, surface.scores, allowed, n_cells, count, least_distance_m)
    shapes = [
        shapely.union_all(
            cell_polygons(surface.cells.grid, surface.cells.index[patch.cells].astype(np.int64))
        )
        for patch in found
    ]
    frame = pd.DataFrame(
        {
            "score": [patch.score for patch in found],
            "least_score": [patch.least for patch in found],
            "area_mu": [len(patch.cells) * cell_mu for patch in found],
            "area_km2": [len(patch.cells) * surface.cells.grid.cell_km2 for patch in found],
            "cells": [len(patch.cells) for patch in found],
            "district_codes": [_codes(surface, patch.cells) for patch in found],
        },
        index=pd.Index([f"area-{n + 1}" for n in range(len(found))], name="id", dtype="str"),
    )
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=surface.ground.plan.meta.analysis_crs)


def _codes(surface: Surface, positions: _Integers) -> str:
    codes = pd.Series(surface.ground.codes(positions)).dropna()
    counted = codes.value_counts().rename_axis("code").reset_index(name="n")
    return "|".join(counted.sort_values(["n", "code"], ascending=[False, True])["code"])


def top_sites(
    surface: Surface, count: int = 10, least_distance_m: float = 2_000.0
) -> gpd.GeoDataFrame:
    """The best allowed cells, each at least a distance from all before it.

    Returns
    -------
    GeoDataFrame
        The cells as ordinary candidates, best first, with their ``score``.

    Raises
    ------
    QuestionError
        The number or the distance is out of range.
    """
    _check(count, least_distance_m)
    best = top_cells(surface.cells, surface.scores, surface.allowed, least_distance_m)
    positions = np.array(list(islice(best, count)), dtype=np.int64)
    sites = surface.ground.sites(positions)
    return sites.assign(score=surface.scores[positions].astype(np.float64))


def _check(count: int, least_distance_m: float) -> None:
    if not 1 <= count <= MOST_PATCHES:
        raise QuestionError(f"{count} sites or areas: ask for 1 to {MOST_PATCHES}")
    if not 0 <= least_distance_m < np.inf:
        raise QuestionError(f"a distance of {least_distance_m:g} m: give 0 or more")


@dataclass(frozen=True, eq=False)
class _Ground:
    """Where patches can grow; closed bit by bit as they are found."""

    cells: Cells
    scores: _Field
    n_cells: int
    position: npt.NDArray[np.int32]
    steps: npt.NDArray[np.int32]
    free: _Mask

    @classmethod
    def of(cls, cells: Cells, scores: _Field, free: _Mask, n_cells: int) -> "_Ground":
        position = cells.raster(np.arange(len(cells), dtype=np.int32), fill=-1)
        steps = cells.raster(np.floor(scores / AS_GOOD).astype(np.int32), fill=0)
        return cls(cells, scores, n_cells, position, steps, cells.raster(free, fill=False))

    @property
    def radius(self) -> float:
        """Of a disc of the size wanted, in cells."""
        return sqrt(self.n_cells / pi)

    def seeds(self) -> Iterator[int]:
        """Cells with the best mean score around them, where enough free cells hang together."""
        label, _ = ndimage.label(self.free)
        large = np.bincount(label.ravel()) >= self.n_cells
        large[0] = False
        score = self.cells.raster(self.scores, fill=0)
        side = 2 * int(sqrt(self.n_cells) / 2) + 1
        around = ndimage.uniform_filter(np.where(self.free, score, 0), side, mode="constant")
        free = self.cells.taken(large[label])
        spacing_m = self.radius * self.cells.grid.cell_m
        return top_cells(self.cells, self.cells.taken(around), free, spacing_m)

    def holds(self, patch: Patch) -> bool:
        """Whether all of its cells are free."""
        return bool(self.free.reshape(-1)[self.cells.index[patch.cells]].all())

    def close(self, patch: Patch, least_distance_m: float) -> None:
        """Let nothing grow on a patch, beside it, or nearer to it than a distance."""
        reach = least_distance_m / self.cells.grid.cell_m
        row, column = self._place(patch.cells)
        margin = ceil(reach) + 2
        south, west = max(row.min() - margin, 0), max(column.min() - margin, 0)
        window = self.free[south : row.max() + margin + 1, west : column.max() + margin + 1]
        own = np.zeros(window.shape, dtype=np.bool_)
        own[row - south, column - west] = True
        # From the ring around a patch, centres are as far apart as edges are from the patch.
        ring = ndimage.binary_dilation(own, _AROUND)
        gap = ndimage.distance_transform_edt(~ring)
        window[(gap < reach) | ring] = False

    def some(self, seeds: Iterator[int], n: int) -> list[Patch]:
        """Up to `n` patches, from the next seeds that are free and have room around them."""
        grown = (self._grown(seed) for seed in seeds)
        return list(islice((patch for patch in grown if patch is not None), max(n, 0)))

    def _grown(self, seed: int) -> Patch | None:
        (row,), (column,) = self._place(np.array([seed]))
        reach = REACH * self.radius + 1
        while self.free[row, column]:
            side = ceil(reach)
            south, west = max(row - side, 0), max(column - side, 0)
            north, east = (
                min(at + side + 1, n) for at, n in zip((row, column), self.free.shape, strict=True)
            )
            window = (slice(south, north), slice(west, east))
            label, _ = ndimage.label(self.free[window] & self._disc(window, row, column, reach))
            own = label == label[row - south, column - west]
            if np.count_nonzero(own) >= self.n_cells:
                inside = _spread(own, self.steps[window], row - south, column - west, self.n_cells)
                cells = np.sort(self.position[window][inside]).astype(np.int64)
                scores = self.scores[cells].astype(np.float64)
                return Patch(cells, seed, float(scores.mean()), float(scores.min()))
            if reach > hypot(*self.free.shape):
                break
            reach *= 2
        return None

    @staticmethod
    def _disc(window: tuple[slice, slice], row: int, column: int, reach: float) -> _Mask:
        rows = np.arange(window[0].start, window[0].stop) - row
        columns = np.arange(window[1].start, window[1].stop) - column
        disc: _Mask = rows[:, None] ** 2 + columns**2 <= reach**2
        return disc

    def _place(self, positions: _Integers) -> tuple[_Integers, _Integers]:
        return np.divmod(self.cells.index[positions].astype(np.int64), self.cells.grid.n_columns)


def _spread(
    free: _Mask, steps: npt.NDArray[np.int32], row: int, column: int, n_cells: int
) -> _Mask:
    """The first `n_cells` cells that are reached from a seed, the best neighbour always next."""
    taken = np.zeros(free.shape, dtype=np.bool_)
    # A margin of cells that are not free saves looking for the edge.
    open_cells = np.pad(free, 1).tolist()
    step = np.pad(steps, 1).tolist()
    start = (row + 1, column + 1)
    heap = [(0, 0, *start)]
    open_cells[start[0]][start[1]] = False
    for _ in range(n_cells):
        _, _, at_row, at_column = heapq.heappop(heap)
        taken[at_row - 1, at_column - 1] = True
        for up, right in _SIDES:
            r, c = at_row + up, at_column + right
            if open_cells[r][c]:
                open_cells[r][c] = False
                away2 = (r - start[0]) ** 2 + (c - start[1]) ** 2
                heapq.heappush(heap, (-step[r][c], away2, r, c))
    return taken
