"""Whether a site fits what the new project makes and needs: a missing link filled, land enough."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from geoplan.place.placement import placement
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both
from geoplan.site.chains import CONTAINED, EXACT, Gap, gaps_filled
from geoplan.site.measuring import Measured, Sentence, Setting, criterion
from geoplan.site.naming import platform_statements
from geoplan.site.question import Brief
from geoplan.site.sentences import amount, book_of

_Floats = npt.NDArray[np.float64]

_SURELY_PLACED = ("read", "inherited", "points")
_PLACED_IN = {
    "read": Both("{district}是{sector}的重点区域", "{district} is a key district of {sector}"),
    "inherited": Both(
        "{district}是{sector}的重点区域（承上合并单元格）",
        "{district} is a key district of {sector} (inherited from a merged cell)",
    ),
    "points": Both("布局把{sector}放在{district}", "the layout puts {sector} in {district}"),
    "wing": Both(
        "布局把{sector}放在一翼，{district}有该翼的平台",
        "the layout puts {sector} in a wing that has platforms in {district}",
    ),
}


def needs_products(brief: Brief) -> Both:
    """Why no missing link can be filled."""
    if brief.project.products:
        return NOTHING
    return Both("任务书没有写产品", "the brief names no products")


def needs_land(brief: Brief) -> Both:
    """Why land cannot be compared."""
    if not brief.project.land_km2:
        return Both("任务书没有写用地", "the brief asks for no land")
    if brief.candidates.kind == "grid":
        return Both("网格单元不是地块", "a cell of a grid is no plot of land")
    return NOTHING


@lru_cache(maxsize=64)
def _districts_with(plan: Plan, sector: str) -> Mapping[str, str]:
    """District → the strongest role in which the plan places a sector there."""
    roles = list(_PLACED_IN)
    said = placement(plan)
    said = said[said["sector_id"] == sector]
    ranked = said.assign(rank=said["role"].map(roles.index)).sort_values("rank", kind="stable")
    first = ranked.drop_duplicates("district_code")
    return dict(zip(first["district_code"].astype(str), first["role"].astype(str), strict=True))


@criterion(
    "chain_gap",
    Both("补齐产业链短板", "Fills a missing link"),
    unit="gaps",
    better="high",
    asks=needs_products,
)
def chain_gap(at: Setting) -> Measured:
    """How many missing links of a chain the project's products fill for sectors that are here.

    A missing link counts at a site whose platform the plan names for that sector,
    or in whose district it places that sector; half, and from 0 to 1 in the range,
    where the sector is only that of a wing with platforms in the district, or the
    product only shares words with the link. Not known where neither is.
    """
    gaps = gaps_filled(at.plan, at.brief.project.products)
    codes = at.sites["district_code"].fillna("").astype(str).to_numpy()
    best, low, high = (np.zeros(len(at.sites)) for _ in range(3))
    sentences: list[Sentence] = []
    told = np.array([bool(code) for code in codes])
    for gap in gaps:
        named = platform_statements(at.plan, gap.sector_id, "")
        districts = _districts_with(at.plan, gap.sector_id)
        here = np.array([code in districts for code in codes], dtype=bool)
        by_name = ~at.own & np.array([key in named for key in at.ids], dtype=bool)
        told |= by_name
        roles = np.array([districts.get(code, "") for code in codes])
        surely = by_name | np.isin(roles, _SURELY_PLACED)
        best[surely] += gap.match
        low[surely] += gap.match == EXACT
        maybe = here & ~surely
        best[maybe] += gap.match * CONTAINED
        high[here | by_name] += 1.0
        if at.explain:
            sentences += _filling(at, gap, by_name, codes, districts)
    best[~told] = np.nan
    return Measured.of(at.sites.index, best, low, high, sentences)


def _filling(
    at: Setting,
    gap: Gap,
    by_name: npt.NDArray[np.bool_],
    codes: npt.NDArray[Any],
    districts: Mapping[str, str],
) -> Iterator[Sentence]:
    book = book_of(at.plan)
    sector = book.name("sectors", gap.sector_id)
    maybe = NOTHING if gap.match == EXACT else Both("可能", "may ")
    for row, candidate in enumerate(at.ids):
        if by_name[row]:
            where = platform_statements(at.plan, gap.sector_id, "")[candidate][0].said
        elif codes[row] in districts:
            words = _PLACED_IN[districts[codes[row]]]
            district = book.name("districts", codes[row])
            where = Both(
                words.zh.format(district=district.zh, sector=sector.zh),
                words.en.format(district=district.en, sector=sector.en),
            )
        else:
            continue
        yield Sentence(
            candidate,
            f"{gap.product}{maybe.zh}补齐{sector.zh}的“{gap.item.zh}”短板；{where.zh}",
            f"{gap.product} {maybe.en}{'fill' if maybe.en else 'fills'} the missing link "
            f"“{gap.item.en}” of {sector.en}; {where.en}",
            "chain_gaps",
            gap.row,
        )


@criterion(
    "land_ratio",
    Both("用地满足度", "Land stated to land asked"),
    unit="ratio",
    better="high",
    asks=needs_land,
)
def land_ratio(at: Setting) -> Measured:
    """The area stated for the site over the land asked for; 1 is just enough.

    Not known where no area is stated. The planned area of a platform is not free
    land: what of it is left, the plan does not say.
    """
    asked_km2 = at.brief.project.land_km2 or np.nan
    stated_km2 = at.sites["area_km2"].to_numpy(dtype=np.float64)
    ratio = stated_km2 / asked_km2
    return Measured.of(
        at.sites.index, ratio, sentences=_land(at, stated_km2, ratio) if at.explain else ()
    )


def _land(at: Setting, stated_km2: _Floats, ratio: _Floats) -> Iterator[Sentence]:
    rows = at.sites["row"].fillna(0).to_numpy()
    for place in np.flatnonzero(np.isfinite(ratio)):
        times = amount(*3 * (float(ratio[place]),))
        own = bool(at.own[place])
        what = Both("地块面积", "The plot has") if own else Both("规划面积", "The planned area is")
        free = NOTHING if own else Both("；规划面积不等于可用地", "; planned area is not free land")
        size = f"{stated_km2[place]:,.4g} km²"
        yield Sentence(
            at.ids[place],
            f"{what.zh} {size}，为所需用地的 {times.zh} 倍{free.zh}",
            f"{what.en} {size}, {times.en} times the land asked for{free.en}",
            "" if own else str(at.sites["table"].iloc[place]),
            0 if own else int(rows[place]),
        )
