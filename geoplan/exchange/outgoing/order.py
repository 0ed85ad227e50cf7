"""What is to be exported and how: the parts of a file, and what was asked for."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.errors import OutputError
from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.encoding import Progress
from geoplan.exchange.outgoing.looks import Look
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language

Encoding = Literal["UTF-8", "GB18030"]
ENCODINGS: tuple[Encoding, ...] = ("UTF-8", "GB18030")
LONLAT = "EPSG:4326"
_NO_DAY = date(2000, 1, 1)
Tell = Callable[[Both], None]


@dataclass(frozen=True)
class Part:
    """The rows of one dataset as they go into a file.

    Attributes
    ----------
    frame :
        As :meth:`Dataset.flat` gives it; shapes in the CRS of the order.
    origin :
        What :func:`geoplan.exchange.outgoing.provenance.provenance` says, and what was
        left out.
    look :
        How a map shows it; nothing for what has no shapes.
    """

    dataset: Dataset
    frame: pd.DataFrame
    origin: Mapping[str, Any]
    look: Look | None = None

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self.dataset.name

    @property
    def is_spatial(self) -> bool:
        """Whether the rows have a geometry column."""
        return isinstance(self.frame, gpd.GeoDataFrame)


def _silent(_: Both) -> None:
    pass


@dataclass(frozen=True)
class Order:
    """How a file is to be written.

    Attributes
    ----------
    crs :
        Of the shapes, already applied to the parts.
    bom :
        CSV begins with a byte order mark, without which Excel garbles Chinese.
    today :
        Day of the export, where the file says so.
    progress :
        Told how many rows are done, and of how many.
    tell :
        Told what the format could not hold as it was.
    """

    crs: str = LONLAT
    language: Language = "zh"
    encoding: Encoding = "UTF-8"
    bom: bool = True
    today: date | None = None
    progress: Progress | None = None
    tell: Tell = field(default=_silent)


def day_of(parts: Sequence[Part], order: Order) -> date:
    """The day a file is dated: of the export where it says one, else of the newest source."""
    known = [part.dataset.as_of for part in parts]
    return order.today or max((day for day in known if day), default=_NO_DAY)


def crs_of(plan: Plan, asked: str | int | None, usual: str) -> str:
    """The CRS asked for, as pyproj knows it.

    Parameters
    ----------
    asked :
        A number or name of EPSG, ``plan`` for the plan's own, or nothing for
        ``usual``.

    Raises
    ------
    OutputError
        There is no such CRS.
    """
    text = str(asked if asked is not None else "").strip() or usual
    if text.lower() == "plan":
        return plan.meta.analysis_crs
    if text.isascii() and text.isdigit():
        text = f"EPSG:{text}"
    if not re.fullmatch(r"(?i)(epsg|ogc|esri|iau|iau_2015):[0-9a-z_]{1,12}", text):
        raise OutputError(f"“{text[:60]}” is no CRS; give a number of EPSG such as 4490, or “plan”")
    try:
        found = CRS.from_user_input(text.upper())
    except CRSError as error:
        raise OutputError(
            f"EPSG has no “{text[:60]}”; give a number such as 4490, 4549 or 4326, or “plan”"
        ) from error
    if not (found.is_geographic or found.is_projected):
        raise OutputError(f"{text} is no CRS for a map; give a geographic or projected one")
    return LONLAT if text.upper() == "OGC:CRS84" else text.upper()
