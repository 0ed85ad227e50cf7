"""The collections of OGC API - Features: datasets of a plan that have shapes.

The standard's schema of a feature has no room for one without a geometry. What
has no known place is therefore no item; each collection says how many there are.
"""

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any, cast, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.errors import GeoplanError
from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.datasets import datasets
from geoplan.exchange.outgoing.fields import NUMERIC, Field
from geoplan.exchange.outgoing.outcomes import CELLS, hex_resolution
from geoplan.exchange.outgoing.provenance import provenance
from geoplan.place.density import By
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from webmap import known
from webmap.api_layers import question_of
from webmap.ogc_crs import Reference, moved, references
from webmap.ogc_times import LAST_OF_DAY, Span, day_span, year_starts
from webmap.shelf import Shown

GEOMETRY = "geometry"
_LOG = logging.getLogger(__name__)
_DENSITY = "density_"
_ADDRESSABLE = re.compile(r"(?!\.{1,2}\Z)[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]*")
_GRID_DECIMALS = 6


@dataclass(frozen=True)
class Wanted:
    """What a result is asked for: all of it, or one sector, one year, without the largest."""

    sector: str = ""
    year: int | None = None
    without_largest: bool = False


EVERYTHING = Wanted()


@dataclass(frozen=True, eq=False)
class Collection:
    """A dataset with its rows at hand.

    Attributes
    ----------
    frame :
        Rows as a file holds them; shapes in the plan's CRS.
    ids :
        Of the features, as addresses name them; unique.
    money :
        The money line, in 万元, of a collection that holds investment.
    unlocated :
        Rows of the dataset that are no items: their place is not known.
    """

    plan: Plan
    dataset: Dataset
    frame: gpd.GeoDataFrame
    ids: tuple[str, ...]
    money: Mapping[str, int]
    unlocated: int = 0
    wanted: Wanted = EVERYTHING
    _shapes: dict[str, npt.NDArray[np.object_]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def id(self) -> str:
        """Name in addresses."""
        return self.dataset.name

    @property
    def references(self) -> tuple[Reference, ...]:
        """What its coordinates may be asked in."""
        return references(self.dataset.crs)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The properties that a filter may name: single values, not lists."""
        return tuple(
            one
            for one in self.dataset.fields
            if one.kind not in ("nested", "list") and one.name in self.frame.columns
        )

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The properties of all features."""
        return pd.DataFrame(self.frame.drop(columns=self.frame.geometry.name))

    def shapes(self, reference: Reference) -> npt.NDArray[np.object_]:
        """All shapes in a reference, x east; converted once."""
        with self._lock:
            if reference.code not in self._shapes:
                self._shapes[reference.code] = moved(self.frame, reference)
            return self._shapes[reference.code]

    @cached_property
    def extent(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees, rounded outwards; none without shapes."""
        shapes = self.shapes(self.references[0])
        bounds = shapely.total_bounds(shapes) if len(shapes) else np.full(4, np.nan)
        if not np.isfinite(bounds).all():
            return None
        low, high = np.floor(bounds[:2] * 1e6) / 1e6, np.ceil(bounds[2:] * 1e6) / 1e6
        west, south, east, north = (float(value) for value in (*low, *high))
        return west, south, east, north

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Feature id → number of its row."""
        return {key: number for number, key in enumerate(self.ids)}

    @cached_property
    def spans(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        """When each feature begins and ends; none where nothing is said of time.

        What is not known of a feature is open: it may be at any time.
        """
        names = {one.name: one.kind for one in self.fields}
        if names.get("year_start") in NUMERIC and names.get("year_end") in NUMERIC:
            first, last = (_floats(self.rows[name]) for name in ("year_start", "year_end"))
            return _open(year_starts(first), year_starts(last + 1) - 1e-6)
        day = next((one.name for one in self.fields if one.kind in ("date", "time")), None)
        if day is not None:
            at = seconds(self.rows[day])
            return _open(at, at + (LAST_OF_DAY if names[day] == "date" else 0.0))
        if self.dataset.valid_from or self.dataset.valid_to:
            start, end = day_span(self.dataset.valid_from, self.dataset.valid_to)
            return np.full(len(self.ids), start), np.full(len(self.ids), end)
        return None

    @cached_property
    def span(self) -> Span | None:
        """From the first beginning to the last end that is known."""
        if self.spans is None:
            return None
        found = self.spans
        start, end = (side[np.isfinite(side)] for side in found)
        if not len(start) and not len(end):
            return None
        # One known end of a span says nothing of its other end.
        return (
            float(start.min()) if len(start) else -math.inf,
            float(end.max()) if len(end) else math.inf,
        )


def _open(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return np.where(np.isnan(start), -np.inf, start), np.where(np.isnan(end), np.inf, end)


def _floats(values: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def seconds(values: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    """Days or times as seconds since 1970 in UTC; NaN where missing."""
    moments = pd.to_datetime(values, utc=True, errors="coerce")
    since = moments - pd.Timestamp(0, tz="UTC")
    return np.asarray(since.dt.total_seconds().to_numpy(np.float64, na_value=np.nan), np.float64)


def served(plan: Plan) -> dict[str, Dataset]:
    """The datasets that are collections: those with shapes."""
    return {name: one for name, one in datasets(plan).items() if one.is_spatial}


def density_by(dataset: Dataset) -> By | None:
    """What zones a density result is by; none for anything else."""
    by = dataset.name.removeprefix(_DENSITY)
    is_density = dataset.kind == "result" and dataset.name.startswith(_DENSITY)
    return cast(By, by) if is_density and by in get_args(By) else None


def available(shown: Shown) -> list[Collection]:
    """All collections that can be worked out; a damaged plan may lack some."""
    found = []
    for dataset in served(shown.plan).values():
        try:
            found.append(collection_of(shown, dataset))
        except GeoplanError as error:
            _LOG.warning("no collection “%s”: %s", dataset.name, error)
    return found


def collection_of(shown: Shown, dataset: Dataset, wanted: Wanted = EVERYTHING) -> Collection:
    """A dataset as a collection, its rows worked out once for each state of the plan."""
    if wanted != EVERYTHING:
        # Questions are many, and their answers are kept already.
        return _collection(shown, dataset, wanted)
    return shown.things.get(("ogc", dataset.name), lambda: _collection(shown, dataset, EVERYTHING))


def _collection(shown: Shown, dataset: Dataset, wanted: Wanted) -> Collection:
    plan = shown.plan
    money: Mapping[str, int] = provenance(plan, dataset).get("money", {})
    if wanted == EVERYTHING:
        rows = dataset.frame(plan)
    else:
        rows, money = _density(shown, dataset, wanted)
    frame = cast(gpd.GeoDataFrame, dataset.flat(rows))
    shapes = frame.geometry.to_numpy()
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    ids = np.array(_ids(rows.index), dtype=object)[placed]
    return Collection(
        plan, dataset, frame[placed], tuple(ids.tolist()), money, int((~placed).sum()), wanted
    )


def _density(
    shown: Shown, dataset: Dataset, wanted: Wanted
) -> tuple[gpd.GeoDataFrame, Mapping[str, int]]:
    by = density_by(dataset)
    fine = {"hex_resolution": hex_resolution(shown.plan)} if by == "hex" else {}
    question = question_of(shown, str(by), "", **asdict(wanted), **fine)
    found = known.answered(shown, question)
    names = [one.name for one in dataset.fields if one.name in found.zones.columns]
    zones = found.zones[[*names, found.zones.geometry.name]].copy()
    if by in CELLS:
        # Sums over many cells differ in their last digits from run to run.
        zones[names] = zones[names].round(_GRID_DECIMALS)
    return zones.rename_axis(dataset.key), asdict(found.money)


def _ids(index: "pd.Index[Any]") -> tuple[str, ...]:
    known_ids = index.notna().all() and index.is_unique
    texts = tuple(str(key) for key in index)
    if known_ids and len(set(texts)) == len(texts) and all(map(_ADDRESSABLE.fullmatch, texts)):
        return texts
    # Keys may be missing, double, or nothing that an address can end in: then rows are counted.
    return tuple(str(number) for number in range(1, len(index) + 1))


def title(dataset: Dataset) -> Both:
    """What a collection is called; its name where nobody said."""
    return Both(
        dataset.title.zh or dataset.name, dataset.title.en or dataset.title.zh or dataset.name
    )
