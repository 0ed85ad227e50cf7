"""Cells on a web map: every pixel shows the cell that pyproj finds there."""

import numpy as np
import pytest
from pyproj import Transformer

from geoplan.place.grid import Grid
from geoplan.site.cells import Cells
from geoplan.site.imaging import OUTSIDE, MapImage, map_image

CRS = "EPSG:4549"
GRID = Grid(x0_m=340_000.0, y0_m=3_230_000.0, cell_m=500.0, n_columns=470, n_rows=300)
"""As wide as a province's city, far from the central meridian."""


def ragged() -> Cells:
    return Cells.of(GRID, np.random.default_rng(1).random(GRID.shape) < 0.8)


def pixel_centres(image: MapImage) -> tuple[np.ndarray, np.ndarray]:
    west, south, east, north = image.bounds_m
    height, width = image.classes.shape
    x = west + (np.arange(width) + 0.5) * (east - west) / width
    y = north - (np.arange(height) + 0.5) * (north - south) / height
    xx, yy = np.meshgrid(x, y)
    return xx, yy


def test_every_pixel_shows_the_cell_at_its_centre() -> None:
    cells = ragged()
    classes = np.random.default_rng(2).integers(1, 9, len(cells), dtype=np.uint8)
    image = map_image(cells, classes, CRS)
    x, y = Transformer.from_crs("EPSG:3857", CRS, always_xy=True).transform(*pixel_centres(image))
    u, v = (x - GRID.x0_m) / GRID.cell_m, (y - GRID.y0_m) / GRID.cell_m
    inside = (u >= 0) & (u < GRID.n_columns) & (v >= 0) & (v < GRID.n_rows)
    raster = cells.raster(classes, fill=OUTSIDE)
    column = np.clip(u, 0, GRID.n_columns - 1).astype(int)
    row = np.clip(v, 0, GRID.n_rows - 1).astype(int)
    expected = np.where(inside, raster[row, column], OUTSIDE)
    # A centimetre from the edge of a cell is no place to judge it.
    clear = (np.abs(u - np.round(u)) > 2e-5) & (np.abs(v - np.round(v)) > 2e-5)
    assert clear.mean() > 0.999
    assert (image.classes[clear] == expected[clear]).all()
    assert inside.mean() > 0.9


def test_all_cells_are_in_the_picture() -> None:
    cells = ragged()
    image = map_image(cells, np.ones(len(cells), dtype=np.uint8), CRS)
    west, south, east, north = image.bounds_m
    x, y = Transformer.from_crs(CRS, "EPSG:3857", always_xy=True).transform(cells.x_m, cells.y_m)
    assert west < x.min()
    assert x.max() < east
    assert south < y.min()
    assert y.max() < north
    # Pixels are square and about as large as cells, so about as many are seen.
    height, width = image.classes.shape
    assert (east - west) / width == pytest.approx((north - south) / height)
    assert (image.classes != OUTSIDE).sum() == pytest.approx(len(cells), rel=0.02)
    lonlat = Transformer.from_crs("EPSG:3857", "OGC:CRS84", always_xy=True)
    assert image.bounds_lonlat[:2] == pytest.approx(lonlat.transform(west, south))
    assert image.bounds_lonlat[2:] == pytest.approx(lonlat.transform(east, north))


def test_one_cell_is_one_pixel_or_few() -> None:
    mask = np.zeros(GRID.shape, dtype=np.bool_)
    mask[7, 9] = True
    image = map_image(Cells.of(GRID, mask), np.array([5], dtype=np.uint8), CRS)
    assert set(image.classes.ravel().tolist()) <= {OUTSIDE, 5}
    assert 1 <= image.classes.size <= 9
    assert (image.classes == 5).any()
