"""What a criterion is: a function that measures every candidate, and says what it rests on.

A criterion is one function of a :class:`Setting` with one line of registration::

    @criterion("airport_m", Both("机场直线距离", "Straight line to an airport"), unit="m", better="low")
    def airport_m(at: Setting) -> Measured: ...

Unit and direction belong to the code, for they are properties of the
measurement; weight and value function are judgements and belong to the data.
"""

import copy
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.errors import GeoplanError
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both
from geoplan.site.question import Brief

Better = Literal["high", "low"]
Params = Mapping[str, float | str]
EVIDENCE_COLUMNS = ("candidate", "zh", "en", "table", "row")
DRAWS = 64
_LEAST_ACCURACY_M = 0.001

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]
_Geometries = npt.NDArray[np.object_]


class CriterionError(GeoplanError):
    """A criterion that cannot be used as it is declared, chosen or installed.

    ``problems`` holds every fault in both languages.
    """

    def __init__(self, *problems: Both) -> None:
        super().__init__("\n".join(problem.en for problem in problems))
        self.problems = problems


class Sentence(NamedTuple):
    """One piece of evidence: what it says of a candidate, and the row of the plan that carries it.

    ``table`` is empty and ``row`` 0 where it rests on no row of the plan.
    """

    candidate: str
    zh: str
    en: str
    table: str = ""
    row: int = 0


@dataclass(frozen=True, eq=False)
class Measured:
    """What a criterion found.

    Attributes
    ----------
    best, low, high :
        ``float64`` on the candidates' index: the central measure and the range
        it lies in, equal where it is exact; missing where nothing is known.
    evidence :
        The sentences behind it, columns :data:`EVIDENCE_COLUMNS`.
    draws :
        The measure at each of :attr:`Setting.positions`, shape (n, k), so that one
        displacement of a candidate counts in all criteria; ``None``: the measure
        varies in its range by itself.
    """

    best: "pd.Series[float]"
    low: "pd.Series[float]"
    high: "pd.Series[float]"
    evidence: pd.DataFrame
    draws: _Floats | None = None

    @classmethod
    def of(
        cls,
        index: "pd.Index[str]",
        best: npt.ArrayLike,
        low: npt.ArrayLike | None = None,
        high: npt.ArrayLike | None = None,
        sentences: Iterable[Sentence] = (),
        draws: _Floats | None = None,
    ) -> Self:
        """Measured values from arrays in the order of an index; exact where no range is given.

        A range is widened to hold its best value, against rounding.
        """
        central = np.asarray(best, dtype=np.float64)
        known = np.isfinite(central)
        centre = np.where(known, central, np.nan)
        ends = [
            np.where(known, centre if end is None else np.asarray(end, dtype=np.float64), np.nan)
            for end in (low, high)
        ]
        return cls(
            pd.Series(centre, index),
            pd.Series(np.fmin(ends[0], centre), index),
            pd.Series(np.fmax(ends[1], centre), index),
            evidence(sentences),
            draws,
        )


def evidence(sentences: "Iterable[Sentence]") -> pd.DataFrame:
    """Sentences as a table with the columns :data:`EVIDENCE_COLUMNS`."""
    return pd.DataFrame(list(sentences), columns=list(EVIDENCE_COLUMNS))


def _always(brief: Brief) -> Both:
    return NOTHING


@dataclass(frozen=True)
class Criterion:
    """A way to measure candidates.

    Attributes
    ----------
    unit :
        Of the measure: ``m``, ``level``, ``firms`` …; empty for a plain number.
    better :
        Which end of the measure is the good one.
    params :
        The parameters it knows, with their usual values.
    asks :
        Why a brief gives it nothing to measure; :data:`NOTHING` if it does.
    turned_by :
        The ``preferences.gathering`` under which the other end is the good one.
    """

    id: str
    name: Both
    unit: str
    better: Better
    measure: Callable[["Setting"], Measured]
    doc: str = ""
    params: Params = field(default_factory=dict)
    asks: Callable[[Brief], Both] = _always
    turned_by: str = ""


REGISTRY: dict[str, Criterion] = {}
"""Criterion by id, filled by :func:`criterion` as modules are imported."""


def criterion(
    id: str,  # noqa: A002
    name: Both,
    *,
    unit: str,
    better: Better,
    params: Params | None = None,
    asks: Callable[[Brief], Both] | None = None,
    turned_by: str = "",
) -> Callable[[Callable[["Setting"], Measured]], Callable[["Setting"], Measured]]:
    """Register the decorated function as a criterion; it stays an ordinary function.

    Parameters
    ----------
    id, name, unit, better :
        As of :class:`Criterion`.
    params :
        Parameters that data or a brief may set, with their usual values; a value
        keeps the type of the usual one.
    asks, turned_by :
        As of :class:`Criterion`.

    Raises
    ------
    CriterionError
        The id is taken by another function, or ``better`` is no direction.
    """

    def register(measure: Callable[[Setting], Measured]) -> Callable[[Setting], Measured]:
        made = Criterion(
            id, name, unit, better, measure, (measure.__doc__ or "").strip(), dict(params or {}),
            asks or _always, turned_by,
        )  # fmt: skip
        if better not in ("high", "low"):
            raise CriterionError(
                Both(
                    f"准则“{id}”的 better 为“{better}”；请写 high 或 low。",
                    f"criterion “{id}”: better is “{better}”; write high or low.",
                )
            )
        known = REGISTRY.get(id)
        # The same function again is a module that was loaded again.
        if known is not None and _home(known.measure) != _home(measure):
            raise CriterionError(
                Both(
                    f"准则“{id}”已由 {_home(known.measure)} 登记，{_home(measure)} 请另取编号。",
                    f"criterion “{id}” is already registered by {_home(known.measure)}; "
                    f"{_home(measure)} must take another id.",
                )
            )
        REGISTRY[id] = made
        return measure

    return register


def _home(measure: Callable[..., Measured]) -> str:
    return f"{measure.__module__}.{measure.__qualname__}"


@dataclass(frozen=True, eq=False)
class Setting:
    """What a criterion measures: the candidates of a brief on a plan.

    Attributes
    ----------
    sites :
        The candidates, see :func:`geoplan.site.candidates.candidates`.
    params :
        The criterion's parameters, complete.
    n_draws :
        How many positions of each candidate are drawn; 0 for none.
    seed :
        Of the draws. They depend on a candidate's id and footprint alone, so that
        another candidate more changes nothing.
    explain :
        Whether sentences are wanted; they are costly for many cells.
    """

    plan: Plan
    brief: Brief
    sites: gpd.GeoDataFrame
    params: Params = field(default_factory=dict)
    n_draws: int = DRAWS
    seed: int = 1
    explain: bool = True

    def having(self, params: Params) -> "Setting":
        """The same setting with other parameters; what is computed already is shared."""
        if self.n_draws:
            _ = self.positions
        other = copy.copy(self)
        object.__setattr__(other, "params", params)
        return other

    def number(self, name: str) -> float:
        """A parameter that is a number."""
        return float(self.params[name])

    def word(self, name: str) -> str:
        """A parameter that is a text."""
        return str(self.params[name])

    @cached_property
    def ids(self) -> "list[str]":
        """The candidates' ids in order."""
        return [str(key) for key in self.sites.index]

    @cached_property
    def centres(self) -> _Floats:
        """Centre of each candidate in metres, shape (n, 2); not a number where it has no place."""
        return coordinates(self.sites["centre"].to_numpy())

    @cached_property
    def accuracy_m(self) -> _Floats:
        """The radius each candidate's centre is known to; not a number where none is stated."""
        radius: _Floats = self.sites["accuracy_m"].to_numpy(dtype=np.float64)
        return radius

    @cached_property
    def own(self) -> _Mask:
        """Which candidates are the user's own parcels or cells, not platforms of the plan."""
        own: _Mask = (self.sites["table"].fillna("") == "").to_numpy(dtype=bool)
        return own

    @cached_property
    def whereabouts(self) -> _Geometries:
        """Where the centre of each candidate may be: a point, an area, or missing.

        An own parcel is where it is drawn, give or take its accuracy; a platform is
        somewhere in its footprint.
        """
        centre = self.sites["centre"].to_numpy()
        found: _Geometries = self.sites.geometry.to_numpy().copy()
        exact = self.accuracy_m < _LEAST_ACCURACY_M
        found[exact] = centre[exact]
        near = self.own & (self.accuracy_m >= _LEAST_ACCURACY_M)
        found[near] = shapely.buffer(centre[near], self.accuracy_m[near])
        found[shapely.is_empty(found)] = None
        return found

    @cached_property
    def exact(self) -> _Mask:
        """Which candidates stand at a known point."""
        exact: _Mask = np.asarray(shapely.get_type_id(self.whereabouts) == 0)
        return exact

    @cached_property
    def placed(self) -> _Mask:
        """Which candidates have any place at all."""
        placed: _Mask = ~shapely.is_missing(self.whereabouts)
        return placed

    @cached_property
    def central(self) -> _Mask:
        """Which candidates their centre stands for; not those known to no radius, by district say."""
        central: _Mask = self.placed & np.isfinite(self.accuracy_m)
        return central

    @cached_property
    def positions(self) -> _Floats:
        """Positions drawn evenly from where each candidate may be, shape (n, k, 2)."""
        return scattered(self.whereabouts, self.ids, self.n_draws, self.seed)


def scattered(areas: _Geometries, names: Iterable[str], n_draws: int, seed: int) -> _Floats:
    """Points drawn evenly from areas, each area by its own name's seed.

    Parameters
    ----------
    areas :
        Polygons; points, which are where they are; missing ones.
    names :
        One for each area; equal names and areas draw equal points.

    Returns
    -------
    positions :
        Shape (n, n_draws, 2), in metres; not a number where the area is missing.
    """
    found = np.full((len(areas), n_draws, 2), np.nan)
    points = shapely.get_type_id(areas) == 0
    found[points] = coordinates(areas[points])[:, None, :]
    if not n_draws:
        return found
    drawn = ~points & ~shapely.is_missing(areas)
    for at, name in enumerate(names):
        if drawn[at]:
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            found[at] = _drawn_inside(areas[at], n_draws, rng)
    return found


def _drawn_inside(area: Any, n_draws: int, rng: np.random.Generator) -> _Floats:
    west, south, east, north = area.bounds
    box = (east - west) * (north - south)
    if not area.area > 0:
        return np.broadcast_to(coordinates(np.array([area.centroid])), (n_draws, 2))
    tries = int(2 * n_draws * box / area.area) + 16
    shapely.prepare(area)
    kept = np.empty((0, 2))
    while len(kept) < n_draws:
        xy = rng.uniform((west, south), (east, north), (tries, 2))
        kept = np.concatenate((kept, xy[shapely.contains_xy(area, xy)]))
    return kept[:n_draws]


def coordinates(points: _Geometries) -> _Floats:
    """Easting and northing of points, shape (n, 2); not a number where one is missing."""
    return np.stack((shapely.get_x(points), shapely.get_y(points)), axis=-1)
