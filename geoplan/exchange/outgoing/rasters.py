"""Surfaces for others: an indexed PNG for a map, an ESRI ASCII grid for any GIS."""

import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from geoplan.errors import GeoplanError
from geoplan.exchange.files.writing import write_bytes, write_text
from geoplan.place.grid import Grid

NO_DATA = -9999

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR = re.compile("#(?:[0-9a-fA-F]{2}){3,4}")
_INDEXED, _EIGHT_BITS = 3, 8


def indexed_png(classes: npt.NDArray[np.uint8], colours: Sequence[str]) -> bytes:
    r"""An image of classes as a PNG with a palette.

    Parameters
    ----------
    classes :
        Number of the colour of each pixel, the first row at the top.
    colours :
        ``#rrggbb`` or ``#rrggbbaa``, at most 256.

    Raises
    ------
    GeoplanError
        A colour cannot be read, or a class has none.

    Examples
    --------
    >>> indexed_png(np.zeros((1, 1), dtype=np.uint8), ["#ffffff"])[:4]
    b'\x89PNG'
    """
    if not 1 <= len(colours) <= 256 or not all(map(_COLOUR.fullmatch, colours)):
        raise GeoplanError(f"{', '.join(colours)}: give 1 to 256 colours as #ffcc00 or #ffcc0080")
    palette = [bytes.fromhex(colour[1:].ljust(8, "f")) for colour in colours]
    if classes.ndim != 2 or not classes.size or int(classes.max()) >= len(palette):
        raise GeoplanError(
            f"classes of shape {classes.shape} do not fit {len(palette)} colours; give rows of "
            "numbers of colours"
        )
    height, width = classes.shape
    # Each row begins with its filter; none serves flat colours best.
    rows = np.zeros((height, width + 1), dtype=np.uint8)
    rows[:, 1:] = classes
    header = struct.pack(">IIBBBBB", width, height, _EIGHT_BITS, _INDEXED, 0, 0, 0)
    parts = [
        (b"IHDR", header),
        (b"PLTE", b"".join(colour[:3] for colour in palette)),
        (b"tRNS", bytes(colour[3] for colour in palette)),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    ]
    return _PNG_SIGNATURE + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def ascii_grid(values: npt.NDArray[Any], grid: Grid, decimals: int = 4) -> bytes:
    """Values on a grid as an ESRI ASCII grid.

    Parameters
    ----------
    values :
        Shape ``grid.shape``, rows from the south; what is not finite becomes `NO_DATA`.
    grid :
        The cells.
    decimals :
        Of the numbers written.
    """
    if values.shape != grid.shape:
        raise GeoplanError(f"values of shape {values.shape} on a grid of {grid.shape} cells")
    head = (
        f"ncols {grid.n_columns}\nnrows {grid.n_rows}\n"
        f"xllcorner {grid.x0_m:.3f}\nyllcorner {grid.y0_m:.3f}\n"
        f"cellsize {grid.cell_m:g}\nNODATA_value {NO_DATA}\n"
    )
    numbers = np.asarray(values, dtype=np.float64)[::-1]
    known = np.isfinite(numbers)
    scaled = np.round(np.where(known, numbers, 0.0) * 10**decimals).astype(np.int64)
    # Few different numbers are written many times over: each is made into text once.
    different, back = np.unique(scaled, return_inverse=True)
    texts = [f"{number / 10**decimals:.{decimals}f}" for number in different.tolist()]
    words = np.array([*texts, str(NO_DATA)], dtype=np.bytes_)
    wide = np.where(known, back.reshape(known.shape), len(texts))
    size = words.itemsize
    padded = np.char.ljust(words, size).view(np.uint8).reshape(-1, size)
    body = np.full((*grid.shape, size + 1), ord(" "), dtype=np.uint8)
    body[:, :, :size] = padded[wide]
    body[:, -1, size] = ord("\n")
    return head.encode("ascii") + body.tobytes()


def write_ascii_grid(
    path: Path, values: npt.NDArray[Any], grid: Grid, crs: str, decimals: int = 4
) -> None:
    """Write an ESRI ASCII grid, and beside it the CRS as ``.prj``.

    Raises
    ------
    OutputError
        It cannot be written there.
    """
    write_bytes(path, ascii_grid(values, grid, decimals))
    write_text(path.with_suffix(".prj"), CRS.from_user_input(crs).to_wkt("WKT1_ESRI") + "\n")
