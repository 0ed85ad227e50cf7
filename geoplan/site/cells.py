"""The cells of an area, tile by tile, and the zone that the centre of each lies in.

Whatever is known of many cells is an array over :class:`Cells`: only the cells
inside the area, 16 by 16 of them together, so that what a whole tile has in
common is told once, and a tile is a run of neighbours in every array.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geoplan.errors import GeoplanError
from geoplan.place.grid import Grid, checked_mask, integers_between
from geoplan.place.join import NO_ZONE, locate_points

TILE = 16
"""Cells along the side of a tile."""

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Labels = npt.NDArray[np.int32]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Cells:
    """Some cells of a grid, tile by tile, within a tile row by row from the south-west.

    Attributes
    ----------
    grid :
        The grid they are of.
    tile_row, tile_column :
        Place of each tile that holds a cell, in tiles; tiles come row by row.
    inside :
        Which places of each tile hold a cell, shape (tiles, `TILE`, `TILE`).

    Examples
    --------
    >>> grid = Grid(0.0, 0.0, 10.0, n_columns=3, n_rows=2)
    >>> cells = Cells.of(grid, np.array([[True, False, True], [False, True, False]]))
    >>> cells.index
    array([0, 2, 4], dtype=int32)
    >>> cells.raster(np.array([7, 8, 9]), fill=0)
    array([[7, 0, 8],
           [0, 9, 0]])
    """

    grid: Grid
    tile_row: _Integers
    tile_column: _Integers
    inside: _Mask

    @classmethod
    def of(cls, grid: Grid, inside: _Mask) -> Self:
        """The cells of a grid where `inside`, shape ``grid.shape``, is true."""
        mask = checked_mask(inside, grid)
        n_rows, n_columns = (-(-n // TILE) for n in grid.shape)
        padded = np.zeros((n_rows * TILE, n_columns * TILE), dtype=np.bool_)
        padded[: grid.n_rows, : grid.n_columns] = mask
        tiles = padded.reshape(n_rows, TILE, n_columns, TILE).transpose(0, 2, 1, 3)
        row, column = np.nonzero(tiles.any(axis=(2, 3)))
        return cls(grid, row, column, np.ascontiguousarray(tiles[row, column]))

    def __len__(self) -> int:
        return self.index.size

    @cached_property
    def index(self) -> _Labels:
        """Place of each cell in the grid, ``row * n_columns + column``; shape (n,)."""
        step = np.arange(TILE, dtype=np.int32)
        own = step[:, None] * np.int32(self.grid.n_columns) + step
        first = (self.tile_row * self.grid.n_columns + self.tile_column) * TILE
        every = first.astype(np.int32)[:, None, None] + own
        return every[self.inside]

    @cached_property
    def first(self) -> _Integers:
        """Position of the first cell of each tile, and at the end the number of cells."""
        held = self.inside.sum(axis=(1, 2))
        return np.concatenate(([0], np.cumsum(held)))

    @cached_property
    def tile_at(self) -> _Integers:
        """Number of the tile at each place, in rows and columns of tiles; -1 where there is none."""
        shape = (-(-n // TILE) for n in self.grid.shape)
        numbers = np.full(tuple(shape), -1)
        numbers[self.tile_row, self.tile_column] = np.arange(self.tile_row.size)
        return numbers

    @property
    def x_m(self) -> _Floats:
        """Easting of the centre of each cell, in metres."""
        return self.grid.x_centres_m[self.index % self.grid.n_columns]

    @property
    def y_m(self) -> _Floats:
        """Northing of the centre of each cell, in metres."""
        return self.grid.y_centres_m[self.index // self.grid.n_columns]

    def xy_m(self, positions: _Integers) -> _Floats:
        """Easting and northing of the centres of some cells, shape (k, 2)."""
        row, column = np.divmod(self.index[positions], self.grid.n_columns)
        return np.column_stack([self.grid.x_centres_m[column], self.grid.y_centres_m[row]])

    def of_tiles(self, tiles: _Integers) -> _Integers:
        """Positions of the cells of some tiles."""
        return integers_between(self.first[tiles], self.first[tiles + 1] - 1)[1]

    def position(self, x_m: float, y_m: float) -> int | None:
        """Position of the cell that holds a point; ``None`` where there is none."""
        column = (x_m - self.grid.x0_m) // self.grid.cell_m
        row = (y_m - self.grid.y0_m) // self.grid.cell_m
        if not (0 <= column < self.grid.n_columns and 0 <= row < self.grid.n_rows):
            return None
        found = np.flatnonzero(self.index == int(row * self.grid.n_columns + column))
        return int(found[0]) if found.size else None

    def raster(self, values: npt.NDArray[Any], fill: Any) -> npt.NDArray[Any]:
        """Values of the cells in the shape of the grid; `fill` where there is no cell."""
        if values.shape != (len(self),):
            raise GeoplanError(
                f"values of shape {values.shape}; give one for each {len(self)} cells"
            )
        spread = np.full(self.grid.n_rows * self.grid.n_columns, fill, dtype=values.dtype)
        spread[self.index] = values
        return spread.reshape(self.grid.shape)

    def taken(self, raster: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What a raster in the shape of the grid holds at each cell."""
        return raster.reshape(-1)[self.index]


def zone_labels(grid: Grid, zones: gpd.GeoSeries) -> _Labels:
    """Find the zone that the centre of every cell of a grid lies in.

    Parameters
    ----------
    grid :
        The cells.
    zones :
        As :func:`geoplan.place.join.locate_points` wants them.

    Returns
    -------
    labels :
        Position of the zone in `zones`, or -1; shape ``grid.shape``. Exact: a tile that
        no boundary passes has all its centres in one zone, those of the others are
        located one by one.
    """
    passed = passed_tiles(grid, zones.array)
    of_tile = np.full(passed.shape, NO_ZONE, dtype=np.int32)
    row, column = np.nonzero(~passed)
    side_m = TILE * grid.cell_m
    of_tile[row, column] = locate_points(
        grid.x0_m + (column + 0.5) * side_m, grid.y0_m + (row + 0.5) * side_m, zones
    )
    labels = of_tile.repeat(TILE, axis=0).repeat(TILE, axis=1)[: grid.n_rows, : grid.n_columns]
    row, column = (at[:, None] * TILE + np.arange(TILE) for at in np.nonzero(passed))
    row, column = np.broadcast_arrays(row[:, :, None], column[:, None, :])
    there = (row < grid.n_rows) & (column < grid.n_columns)
    row, column = row[there], column[there]
    labels[row, column] = locate_points(grid.x_centres_m[column], grid.y_centres_m[row], zones)
    return np.ascontiguousarray(labels)


def zones_of(cells: Cells, zones: gpd.GeoSeries) -> _Labels:
    """Find the zone that the centre of each cell lies in; see :func:`zone_labels`."""
    passed = passed_tiles(cells.grid, zones.array)[cells.tile_row, cells.tile_column]
    whole = np.flatnonzero(~passed)
    one_by_one = cells.of_tiles(np.flatnonzero(passed))
    x, y = cells.xy_m(np.concatenate([one_by_one, cells.first[whole]])).T
    found = locate_points(x, y, zones)
    of_tile = np.full(passed.size, NO_ZONE, dtype=np.int32)
    of_tile[whole] = found[one_by_one.size :]
    # A tile is a run of cells.
    labels: _Labels = np.repeat(of_tile, np.diff(cells.first))
    labels[one_by_one] = found[: one_by_one.size]
    return labels


def passed_tiles(grid: Grid, areas: Any) -> _Mask:
    """Which tiles of a grid the outlines of some areas pass, but for corners without a centre."""
    shape = tuple(-(-n // TILE) for n in grid.shape)
    passed = np.zeros(shape, dtype=np.bool_)
    # A stretch of half a cell that cuts the corner of a tile leaves all its centres on one side.
    outlines = shapely.segmentize(shapely.boundary(np.asarray(areas)), grid.cell_m / 2)
    x, y = shapely.get_coordinates(outlines).T
    side_m = TILE * grid.cell_m
    column, row = (x - grid.x0_m) // side_m, (y - grid.y0_m) // side_m
    there = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    passed[row[there].astype(np.int64), column[there].astype(np.int64)] = True
    return passed
