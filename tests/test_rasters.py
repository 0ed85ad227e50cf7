"""Images and grids for others, read back with their own libraries."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib import image
from pyproj import Transformer

from geoplan.errors import GeoplanError, OutputError
from geoplan.exchange.outgoing.rasters import NO_DATA, ascii_grid, indexed_png, write_ascii_grid
from geoplan.place.grid import Grid

GRID = Grid(x0_m=500_000.0, y0_m=3_300_000.0, cell_m=100.0, n_columns=3, n_rows=2)


def test_a_png_is_read_as_it_was_meant(tmp_path: Path) -> None:
    classes = np.random.default_rng(1).integers(0, 3, (40, 70), dtype=np.uint8)
    path = tmp_path / "a.png"
    path.write_bytes(indexed_png(classes, ["#00000000", "#ff8000", "#0000ff80"]))
    seen = np.round(image.imread(path) * 255).astype(int)
    colours = np.array([[0, 0, 0, 0], [255, 128, 0, 255], [0, 0, 255, 128]])
    assert (seen == colours[classes]).all()


@pytest.mark.parametrize("colours", [[], ["#ff"], ["#zzzzzz"], ["#ffffff"], ["#fff"] * 2])
def test_classes_without_a_colour_are_refused(colours: list[str]) -> None:
    with pytest.raises(GeoplanError):
        indexed_png(np.array([[0, 1]], dtype=np.uint8), colours)


def test_an_ascii_grid_by_hand() -> None:
    values = np.array([[0.12345, 1.0, np.nan], [-0.5, 10.25, np.inf]])
    lines = ascii_grid(values, GRID).decode("ascii").splitlines()
    assert lines[:6] == [
        "ncols 3", "nrows 2", "xllcorner 500000.000", "yllcorner 3300000.000",
        "cellsize 100", f"NODATA_value {NO_DATA}",
    ]  # fmt: skip
    # The northern row comes first.
    assert [line.split() for line in lines[6:]] == [
        ["-0.5000", "10.2500", "-9999"],
        ["0.1234", "1.0000", "-9999"],
    ]


def test_values_of_another_shape_are_refused() -> None:
    with pytest.raises(GeoplanError, match="shape"):
        ascii_grid(np.zeros((3, 2)), GRID)


def test_a_gis_reads_the_grid_in_its_place(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    values = np.arange(6, dtype=np.float64).reshape(2, 3)
    write_ascii_grid(tmp_path / "a.asc", values, GRID, "EPSG:4549")
    with rasterio.open(tmp_path / "a.asc") as source:
        assert (source.read(1) == values[::-1]).all()
        assert source.bounds == (500_000.0, 3_300_000.0, 500_300.0, 3_300_200.0)
        there = Transformer.from_crs(source.crs.to_wkt(), "OGC:CRS84", always_xy=True)
    known = Transformer.from_crs("EPSG:4549", "OGC:CRS84", always_xy=True)
    corner = (500_000.0, 3_300_000.0)
    assert there.transform(*corner) == pytest.approx(known.transform(*corner), abs=1e-9)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_ascii_grid(tmp_path / "no" / "a.asc", np.zeros(GRID.shape), GRID, "EPSG:4549")
