"""What there is around a site: firms of the sector and its chain, innovation platforms, investment.

A thing counts with the probability that it lies within the radius: the share of
its footprint that does. What a range says is surely or possibly inside. A thing
that the plan names in a platform is in that platform, however roughly both are
known.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both
from geoplan.plan.statements import text
from geoplan.site.chains import Named, chain_members, sector_members
from geoplan.site.circles import Around, around
from geoplan.site.crosswalk import counterparts
from geoplan.site.measuring import Measured, Sentence, Setting, criterion
from geoplan.site.naming import line_of, needs_sector
from geoplan.site.nearness import Things, things
from geoplan.site.sentences import amount, book_of, metres

_Mask = npt.NDArray[np.bool_]

_MOST_NAMED = 5
_LEAST_SHARE, _CERTAIN = 0.05, 0.995
_SURE = ("read", "public")
_INNOVATION_KINDS = ("innovation_platform", "institute")


@dataclass(frozen=True)
class _Words:
    """How the things counted are spoken of; ``amount`` words how much there is of them."""

    what: Both
    amount: Callable[[float, float, float], Both]


def _counted(unit: Both) -> Callable[[float, float, float], Both]:
    return partial(amount, unit=unit)


def _money(best: float, low: float, high: float) -> Both:
    yi, billions = (
        amount(best / per, low / per, high / per, unit)
        for per, unit in ((1e4, Both("亿元", "")), (1e5, Both("", "billion yuan")))
    )
    return Both(yi.zh, billions.en)


@dataclass(frozen=True, eq=False)
class _Nearby:
    """Things to be counted: where they are, what each counts, and whom they belong to anyway.

    ``homes`` are the sites that a thing is in whatever their places, ``sure`` those
    it is surely in, ``counts`` those it counts for at all; shape (n, m).
    """

    those: Things
    named: Mapping[str, Named]
    homes: _Mask
    sure: _Mask
    counts: _Mask

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        return np.array([self.named[key].weight for key in self.those.ids], dtype=np.float64)


def _measured(at: Setting, nearby: _Nearby, words: _Words) -> Measured:
    """Weight of the things within the radius of each site."""
    found = around(at, nearby.those, nearby.weights, nearby.homes, nearby.sure, nearby.counts)
    sentences = _sentences(at, nearby, found, words) if at.explain else ()
    return Measured.of(at.sites.index, found.best, found.low, found.high, sentences, found.draws)


def _sentences(at: Setting, nearby: _Nearby, found: Around, words: _Words) -> Iterator[Sentence]:
    """The most that counts around each site, what it is, and where the plan says so."""
    span = metres(*3 * (at.number("radius_m"),))
    lost = len(nearby.named) - len(nearby.those.ids)
    left = (
        Both(
            f"；另有 {lost} 个位置不详，未计",
            f"; {lost} more have no known place and are not counted",
        )
        if lost
        else NOTHING
    )
    for row, candidate in enumerate(at.ids):
        if not found.best[row] > 0:
            continue
        shares = found.shares[row]
        order = np.argsort(-shares * nearby.weights, kind="stable")[:_MOST_NAMED]
        told = [i for i in order if shares[i] >= _LEAST_SHARE] or list(order[:1])
        ends = words.amount(found.best[row], found.low[row], found.high[row])
        total = Both(
            f"{span.zh} 内{words.what.zh}{ends.zh}{left.zh}。",
            f"{words.what.en} within {span.en}: {ends.en}{left.en}. ",
        )
        for place, i in enumerate(told):
            one = nearby.named[nearby.those.ids[i]]
            odds = (
                NOTHING
                if shares[i] > _CERTAIN
                else Both(
                    f"，有 {shares[i]:.0%} 的可能在此范围内", f", {shares[i]:.0%} likely inside"
                )
            )
            first = NOTHING if place else total
            yield Sentence(
                candidate,
                f"{first.zh}{one.said.zh}{odds.zh}",
                f"{first.en}{one.said.en}{odds.en}",
                one.table,
                one.row,
            )


def _in_platforms(at: Setting, homes: Mapping[str, tuple[str, ...]], ids: tuple[str, ...]) -> _Mask:
    """Which things are named in which candidates, or in a part of them, shape (n, m)."""
    inside = np.zeros((len(at.sites), len(ids)), dtype=bool)
    rows = {key: row for row, key in enumerate(at.ids) if not at.own[row]}
    for column, key in enumerate(ids):
        for home in homes.get(key, ()):
            for platform in line_of(at.plan, home):
                if platform in rows:
                    inside[rows[platform], column] = True
    return inside


def _firm_homes(plan: Plan) -> dict[str, tuple[str, ...]]:
    table = plan.tables["platform_firms"].dropna(subset=["platform_id", "enterprise_id"])
    table = table[table["role"] != "courted"]
    return {str(firm): tuple(rows["platform_id"]) for firm, rows in table.groupby("enterprise_id")}


def _firms(at: Setting, named: Mapping[str, Named], what: Both) -> Measured:
    those = things(at.plan, "enterprises").only(list(named))
    homes = _in_platforms(at, _firm_homes(at.plan), those.ids)
    nearby = _Nearby(those, named, homes, homes, np.ones_like(homes))
    return _measured(at, nearby, _Words(what, _counted(Both("家", ""))))


@criterion(
    "same_sector_firms",
    Both("周边同产业企业", "Firms of the sector nearby"),
    unit="firms",
    better="high",
    params={"radius_m": 5_000.0},
    asks=needs_sector,
)
def same_sector_firms(at: Setting) -> Measured:
    """Expected number of firms of the sector, or its segment, within ``radius_m``.

    A firm of a sector that the crosswalk joins counts with the share of that
    sector. Firms that the plan wants to attract are not there yet.
    """
    project = at.brief.project
    named = sector_members(at.plan, project.sector, project.segment)
    return _firms(at, named, Both("本产业企业", "Firms of the sector"))


@criterion(
    "chain_firms",
    Both("周边产业链企业", "Firms of its chain nearby"),
    unit="firms",
    better="high",
    params={"radius_m": 10_000.0},
    asks=needs_sector,
)
def chain_firms(at: Setting) -> Measured:
    """Expected number of firms of the sector's chain within ``radius_m``.

    See :func:`geoplan.site.chains.chain_members`. What counts as of the sector
    itself is not counted again.
    """
    project = at.brief.project
    named = chain_members(at.plan, project.sector, project.segment, project.products)
    return _firms(at, named, Both("产业链企业", "Firms of its chain"))


@criterion(
    "innovation_platforms",
    Both("周边创新平台", "Innovation platforms nearby"),
    unit="platforms",
    better="high",
    params={"radius_m": 10_000.0},
)
def innovation_platforms(at: Setting) -> Measured:
    """Expected number of innovation platforms and institutes within ``radius_m``.

    Those that the plan names for the sector or for none count; those that it
    names for other sectors alone do not, nor does a candidate for itself.
    """
    named = innovation_members(at.plan, at.brief.project.sector)
    those = things(at.plan, "platforms").only(list(named))
    homes = _in_platforms(at, {key: (key,) for key in those.ids}, those.ids)
    ids = np.array(at.ids, dtype=object)[:, None]
    itself = (ids == np.array(those.ids, dtype=object)) & ~at.own[:, None]
    nearby = _Nearby(those, named, homes, homes, ~itself)
    return _measured(
        at, nearby, _Words(Both("创新平台", "Innovation platforms"), _counted(Both("个", "")))
    )


def innovation_members(plan: Plan, sector: str) -> dict[str, Named]:
    """Platforms for innovation that are for a sector, or for any if no sector is named."""
    table = plan.tables["platforms"].dropna(subset=["id"]).drop_duplicates("id")
    named = plan.tables["platform_sectors"].dropna(subset=["platform_id", "sector_id"])
    for_it = {one.sector_id for one in counterparts(plan, sector)}
    sectors = named.groupby("platform_id")["sector_id"].agg(set).to_dict()
    innovative = set(named.loc[named["role"] == "innovation", "platform_id"])
    found = {}
    book = book_of(plan)
    for row, record in zip(table.index, table.to_dict("records"), strict=True):
        key = text(record["id"])
        if record["kind"] not in _INNOVATION_KINDS and key not in innovative:
            continue
        about = sectors.get(key, set())
        if sector and about and not about & for_it:
            continue
        rows = named.index[(named["platform_id"] == key) & named["sector_id"].isin(for_it)]
        where = ("platform_sectors", int(rows[0])) if len(rows) else ("platforms", int(str(row)))
        found[key] = Named(1.0, book.name("platforms", key), *where)
    return found


@criterion(
    "planned_investment_wanyuan",
    Both("周边规划投资", "Investment planned nearby"),
    unit="wanyuan",
    better="high",
    params={"radius_m": 5_000.0},
    turned_by="crowding",
)
def planned_investment_wanyuan(at: Setting) -> Measured:
    """Expected planned investment of the plan's projects within ``radius_m``, in 万元.

    Good where the brief prefers a cluster, bad where it fears crowding.
    """
    table = at.plan.tables["projects"].dropna(subset=["id", "investment_wanyuan"])
    table = table.drop_duplicates("id")
    book = book_of(at.plan)
    named = {}
    for row, key, money in zip(table.index, table["id"], table["investment_wanyuan"], strict=True):
        name, much = book.name("projects", key), _money(*3 * (float(money),))
        said = Both(f"{name.zh}（{much.zh}）", f"{name.en} ({much.en})")
        named[str(key)] = Named(float(money), said, "projects", int(str(row)))
    those = things(at.plan, "projects").only(list(named))
    places = table.set_index("id").reindex(list(those.ids))
    homes = {str(key): (str(home),) for key, home in places["platform_id"].dropna().items()}
    inside = _in_platforms(at, homes, those.ids)
    sure = inside & places["platform_basis"].isin(_SURE).to_numpy(dtype=bool)
    nearby = _Nearby(those, named, inside, sure, np.ones_like(inside))
    return _measured(at, nearby, _Words(Both("规划投资", "Planned investment"), _money))
