"""How far a site is from things that are each known to some radius, in a straight line.

A thing stands somewhere in its footprint (see :func:`geoplan.place.locate.locate`)
and so does a site. Their distance is a range: from the nearest to the farthest
they may be. Its central value is taken between the points that stand for them;
what is known to a district is no point, and its distance is the mean over the
district.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely

from geoplan.place.locate import locate
from geoplan.place.shapes import said_points
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both
from geoplan.plan.statements import worded
from geoplan.schema import VOCABULARIES
from geoplan.site.conditions import ConditionError, holds, parse
from geoplan.site.measuring import (
    CriterionError,
    Measured,
    Sentence,
    Setting,
    coordinates,
    criterion,
    evidence,
    scattered,
)
from geoplan.site.sentences import book_of, joined, metres

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Geometries = npt.NDArray[np.object_]

_SAMPLE, _SAMPLE_SEED = 256, 0
_QUARTER = 16
_CHUNK = 2_000_000
_VAGUE = {
    "unverified": Both("（位置未核实）", " (its place is unverified)"),
    "inferred": Both("（位置系推断）", " (its place is inferred)"),
}


@dataclass(frozen=True, eq=False)
class Things:
    """Things of the plan that are known to be somewhere.

    Attributes
    ----------
    ids :
        One for each thing.
    areas :
        Where each may be: a polygon, or a point where it is exact.
    points :
        The point that stands for each, shape (m, 2); not a number where there is
        none, for a thing known to a district.
    rows :
        The row of the table of locations that says so; 0 where none does.
    bases, districts, layers, platforms :
        On what its place rests, its district and the layer this is of, its
        platform; empty if unknown.
    """

    kind: str
    ids: tuple[str, ...]
    areas: _Geometries
    points: _Floats
    rows: tuple[int, ...]
    bases: tuple[str, ...]
    districts: tuple[str, ...]
    layers: tuple[str, ...]
    platforms: tuple[str, ...]

    def only(self, ids: Sequence[str]) -> "Things":
        """Some of them, in the order of `ids`; those that are not there are left out."""
        place = {key: at for at, key in enumerate(self.ids)}
        at = [place[key] for key in ids if key in place]
        texts = (self.bases, self.districts, self.layers, self.platforms)
        return Things(
            self.kind,
            tuple(self.ids[i] for i in at),
            self.areas[at],
            self.points[at],
            tuple(self.rows[i] for i in at),
            *(tuple(text[i] for i in at) for text in texts),
        )

    def drawn(self, n_draws: int, seed: int) -> _Floats:
        """Positions drawn from where each may be, shape (m, n_draws, 2); the same in all criteria."""
        return scattered(self.areas, [f"{self.kind}/{key}" for key in self.ids], n_draws, seed)


@lru_cache(maxsize=16)
def things(plan: Plan, kind: str) -> Things:
    """The located projects, firms, platforms or hubs of a plan."""
    places = locate(plan, kind)
    places = places[~places.geometry.isna()]
    areas = places.geometry.to_numpy().copy()
    radius = places["accuracy_m"].to_numpy(dtype=np.float64)
    known = np.isfinite(radius)
    said = said_points(plan, kind).geometry.reindex(places.index).to_numpy()
    own = (places["via"] == "own").to_numpy() & ~shapely.is_missing(said)
    stand = np.where(own, said, shapely.centroid(areas))
    points = np.where(known[:, None], coordinates(stand), np.nan)
    discs = np.asarray(shapely.get_type_id(areas) == 0) & (radius > 0)
    areas[discs] = shapely.buffer(areas[discs], radius[discs], quad_segs=_QUARTER)
    table = plan.tables["locations"]
    table = table[table["subject_kind"] == kind].drop_duplicates("subject_id")
    rows = dict(zip(table["subject_id"], table.index.tolist(), strict=True))
    return Things(
        kind,
        tuple(str(key) for key in places.index),
        areas,
        points,
        tuple(int(rows.get(key, 0)) for key in places.index),
        *(
            tuple(places[column].fillna("").astype(str))
            for column in ("basis", "district_code", "district_layer", "platform_id")
        ),
    )


def least_m(sites: _Geometries, areas: _Geometries) -> _Floats:
    """The nearest that each site and each area may be, shape (n, m)."""
    shapely.prepare(areas)
    nearest: _Floats = shapely.distance(sites[:, None], areas[None, :])
    return nearest


def most_m(sites: _Geometries, areas: _Geometries) -> _Floats:
    """The farthest that each site and each area may be, shape (n, m); between their hulls' corners."""
    missing = shapely.is_missing(sites)
    filled = sites.copy()
    filled[missing] = shapely.Point(0, 0)
    corners, starts = _corners(filled)
    farthest = np.empty((len(sites), len(areas)))
    for at, area in enumerate(areas):
        far = np.zeros(len(corners))
        for x, y in shapely.get_coordinates(shapely.convex_hull(area)):
            np.maximum(far, (corners[:, 0] - x) ** 2 + (corners[:, 1] - y) ** 2, out=far)
        farthest[:, at] = np.sqrt(np.maximum.reduceat(far, starts))
    farthest[missing] = np.nan
    return farthest


def _corners(sites: _Geometries) -> tuple[_Floats, _Integers]:
    hulls = shapely.convex_hull(sites)
    counts = shapely.get_num_coordinates(hulls)
    return shapely.get_coordinates(hulls), (np.cumsum(counts) - counts).astype(np.int64)


def central_m(at: Setting, those: Things) -> _Floats:
    """The distance between what stands for each site and each thing, shape (n, m).

    For a site or a thing that no point stands for, the mean over where it may be.
    """
    found = _far(at.centres[:, None], those.points[None])
    vague_things = np.flatnonzero(~np.isfinite(those.points[:, 0]))
    drawn = those.drawn(_SAMPLE, _SAMPLE_SEED)
    for column in vague_things:
        for part in _parts(len(found)):
            apart = _far(at.centres[part, None], drawn[None, column])
            found[part, column] = apart.mean(axis=1)
    # Positions of different names are drawn independently: pairs of draws are pairs of places.
    vague_sites = np.flatnonzero(at.placed & ~at.central)
    names = [at.ids[row] for row in vague_sites]
    stand = np.where(np.isfinite(those.points[:, None]), those.points[:, None], drawn)
    around = scattered(at.whereabouts[vague_sites], names, _SAMPLE, _SAMPLE_SEED)
    for row, places in zip(vague_sites, around, strict=True):
        found[row] = _far(places[None], stand).mean(axis=1)
    found[~at.placed] = np.nan
    return found


def _parts(n: int) -> list[slice]:
    step = _CHUNK // _SAMPLE
    return [slice(first, first + step) for first in range(0, n, step)]


def _far(a: _Floats, b: _Floats) -> _Floats:
    apart: _Floats = np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1])
    return apart


def nearest(at: Setting, those: Things) -> tuple[Measured, _Integers]:
    """Distance to the nearest of some things, and which that is at the central distance.

    Returns
    -------
    measured :
        In metres, without evidence.
    which :
        Position in `those`; -1 where nothing is known.
    """
    n = len(at.sites)
    if not those.ids:
        return Measured.of(at.sites.index, np.full(n, np.nan)), np.full(n, -1)
    central = central_m(at, those)
    known = np.asarray(np.isfinite(central).all(axis=1))
    which = np.where(known, np.argmin(np.where(known[:, None], central, 0.0), axis=1), -1)
    draws = None
    if at.n_draws:
        draws = np.full((n, at.n_draws), np.inf)
        for places in those.drawn(at.n_draws, at.seed):
            np.minimum(draws, _far(at.positions, places[None]), out=draws)
    measured = Measured.of(
        at.sites.index,
        central.min(axis=1),
        least_m(at.whereabouts, those.areas).min(axis=1),
        most_m(at.whereabouts, those.areas).min(axis=1),
        draws=draws,
    )
    return measured, which


@lru_cache(maxsize=32)
def hubs(plan: Plan, kinds: str, where: str) -> Things:
    """The hubs of some kinds (``port+lock``) that fulfil a condition on the table of hubs."""
    asked = [kind.strip() for kind in kinds.split("+")]
    unknown = [kind for kind in asked if kind not in VOCABULARIES["hub_kind"]]
    if unknown:
        choices = ", ".join(VOCABULARIES["hub_kind"])
        raise CriterionError(
            Both(
                f"没有“{unknown[0]}”这类枢纽；可写 {choices}，几类用 + 连接。",
                f"“{unknown[0]}” is no kind of hub; write one of {choices}, several joined by +.",
            )
        )
    table = plan.tables["hubs"].dropna(subset=["id"]).drop_duplicates("id")
    kept = table["kind"].isin(asked)
    if where:
        try:
            kept &= holds(parse(where), table).fillna(False).astype(bool)
        except ConditionError as error:
            raise CriterionError(error.said) from error
    return things(plan, "hubs").only(table.loc[kept, "id"].tolist())


def nearest_hub(at: Setting) -> Measured:
    """Straight line to the nearest hub of the kinds asked for, in metres.

    Parameters of the criterion: ``kind``, several joined by ``+``; ``where``, a
    condition on the table of hubs; ``listed_m``, beyond which the plan's list of
    hubs is not taken to be complete, so that the distance is unknown.
    """
    those = hubs(at.plan, at.word("kind"), at.word("where"))
    measured, which = nearest(at, those)
    beyond = (measured.low > at.number("listed_m")).to_numpy(dtype=bool)
    if beyond.any():
        draws = measured.draws
        measured = Measured.of(
            at.sites.index,
            measured.best.mask(beyond),
            measured.low,
            measured.high,
            draws=None if draws is None else np.where(beyond[:, None], np.nan, draws),
        )
    if not at.explain:
        return measured
    return replace(measured, evidence=evidence(_hub_sentences(at, those, measured, which)))


def _hub_sentences(
    at: Setting, those: Things, measured: Measured, which: _Integers
) -> Iterator[Sentence]:
    book = book_of(at.plan)
    kind = joined([worded("hub_kind", code.strip()) for code in at.word("kind").split("+")])
    for position, hub in enumerate(which):
        if hub < 0:
            continue
        if not np.isfinite(measured.best.iloc[position]):
            limit = metres(*3 * (at.number("listed_m"),))
            yield Sentence(
                at.ids[position],
                f"{limit.zh} 内没有收录{kind.zh}，距离不详",
                f"No {kind.en} is listed within {limit.en}; the distance is unknown",
            )
            continue
        name = book.name("hubs", those.ids[hub])
        ends = (measured.best, measured.low, measured.high)
        far = metres(*(float(end.iloc[position]) for end in ends))
        vague = _VAGUE.get(those.bases[hub], NOTHING)
        if not np.isfinite(those.points[hub, 0]):
            district = book.name("districts", those.districts[hub])
            vague = Both(f"（只知在{district.zh}）", f" (known to be in {district.en}, no more)")
        yield Sentence(
            at.ids[position],
            f"已收录的最近{kind.zh}是{name.zh}{vague.zh}，直线 {far.zh}",
            f"The nearest listed {kind.en} is {name.en}{vague.en}, {far.en} in a straight line",
            "locations" if those.rows[hub] else "hubs",
            those.rows[hub] or _row_of(at.plan, those.ids[hub]),
        )


def _row_of(plan: Plan, hub: str) -> int:
    table = plan.tables["hubs"]
    return int(table.index[table["id"] == hub][0])


@criterion(
    "airport_m",
    Both("机场直线距离", "Straight line to an airport"),
    unit="m",
    better="low",
    params={"kind": "airport", "where": "", "listed_m": 1e9},
)
def airport_m(at: Setting) -> Measured:
    """Straight line to the nearest airport, in metres; no travel time."""
    return nearest_hub(at)


@criterion(
    "rail_m",
    Both("铁路车站直线距离", "Straight line to a railway station"),
    unit="m",
    better="low",
    params={"kind": "rail_station", "where": "", "listed_m": 1e9},
)
def rail_m(at: Setting) -> Measured:
    """Straight line to the nearest railway station, in metres; no travel time."""
    return nearest_hub(at)


@criterion(
    "port_m",
    Both("港口码头直线距离", "Straight line to a port"),
    unit="m",
    better="low",
    params={"kind": "port", "where": "", "listed_m": 1e9},
)
def port_m(at: Setting) -> Measured:
    """Straight line to the nearest river port, in metres; no travel time."""
    return nearest_hub(at)


@criterion(
    "expressway_m",
    Both("高速收费站直线距离", "Straight line to an expressway toll plaza"),
    unit="m",
    better="low",
    params={"kind": "expressway_toll", "where": "", "listed_m": 1e9},
)
def expressway_m(at: Setting) -> Measured:
    """Straight line to the nearest expressway toll plaza, in metres; no travel time."""
    return nearest_hub(at)
