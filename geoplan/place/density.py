"""How dense planned investment is: money, projects and firms by zone or grid.

Every result carries its money line: what lies in the zones, what lies outside
them, what is known only to a coarser level, what is not placed; together the
total of the table, to the 万元.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.errors import QuestionError
from geoplan.place.apportion import Shares, alike_objects, shares_in_zones
from geoplan.place.join import NO_ZONE
from geoplan.place.locate import locate
from geoplan.place.phasing import invested_in, split_rows, split_whole
from geoplan.place.spreading import Columns, hexagon_masses, square_masses
from geoplan.place.zones import (
    DEFAULT_CELL_M,
    DEFAULT_HEX_RESOLUTION,
    KM2_PER_MU,
    boundary,
    district_layer,
    district_zones,
    platform_zones,
    wing_zones,
)
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.schema import LIST_SEPARATOR

By = Literal["district", "wing", "platform", "grid", "hex"]
BY: tuple[By, ...] = ("district", "wing", "platform", "grid", "hex")
COARSE = "district"
_SHARE_UNITS = 1e9
DEFAULT_BANDWIDTH_M = 1_500.0


@dataclass(frozen=True)
class Question:
    """What is asked of the plan.

    Attributes
    ----------
    sector :
        Id of a sector of either taxonomy; through the crosswalk where it is
        not the projects' own. All sectors if empty.
    year :
        Money of one year after the phasing rule (equal over the project's
        years); the whole investment if empty.
    vintage :
        District boundaries: a year, a day or a layer's name; the plan's own
        day if empty.
    without_largest :
        Leave the largest project out.
    cell_m, hex_resolution, bandwidth_m :
        Of the grid; of the hexagons (H3); least kernel width of points.
    district_to :
        Where money known only to a district goes on a grid: evenly over the
        ``district``, or over its ``platforms``.
    """

    by: By = "district"
    sector: str = ""
    year: int | None = None
    vintage: int | str | date | None = None
    without_largest: bool = False
    cell_m: float = DEFAULT_CELL_M
    hex_resolution: int = DEFAULT_HEX_RESOLUTION
    bandwidth_m: float = DEFAULT_BANDWIDTH_M
    district_to: Literal["district", "platforms"] = "district"


@dataclass(frozen=True)
class MoneyLine:
    """Where the money of the question went, in 万元: the parts add up to ``total``."""

    placed: int
    outside: int
    coarser: int
    unplaced: int
    total: int


@dataclass(frozen=True)
class Density:
    """Zones with amounts and densities, and the money line.

    Attributes
    ----------
    zones :
        ``investment_wanyuan``, of which ``reallocated_wanyuan`` came by share
        of area; ``project_count`` and ``firm_count`` (shares of things add
        up); ``area_km2``; and each amount per km² and per 亩.
        ``*_per_*`` are missing where no area is stated.
    left_out :
        Id of the largest project where it was left out.
    reallocated :
        Ids of the projects that fall in more than one zone, by share of area.
    """

    question: Question
    zones: gpd.GeoDataFrame
    money: MoneyLine
    left_out: str = ""
    reallocated: tuple[str, ...] = ()


def amounts(plan: Plan, question: Question) -> tuple["pd.Series[Any]", "pd.Series[Any]", str]:
    """Money and weight of each project that the question is about.

    Returns
    -------
    (investment_wanyuan, share, left_out)
        Both series on the project's id: integer 万元 after sector and year, and
        the share of the project that belongs to the sector; and the id of the
        project left out as the largest, or an empty text.
    """
    projects = plan.tables["projects"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    projects = projects.dropna(subset=["investment_wanyuan"])
    share = _sector_shares(plan, projects, question.sector)
    money = projects["investment_wanyuan"].astype("int64")
    if question.year is not None:
        money = invested_in(projects, question.year)
    wanted = share > 0
    if question.year is not None:
        wanted &= (projects["year_start"] <= question.year) & (
            projects["year_end"] >= question.year
        ).fillna(False)
    money, share = money[wanted].rename("investment_wanyuan"), share[wanted]
    partly = share.index[share < 1]
    for project in partly:
        whole = [share[project], 1 - share[project]]
        money[project] = split_whole(int(money[project]), whole)[0]
    left_out = ""
    if question.without_largest and len(money):
        left_out = str(money.sort_index().idxmax())
        money, share = money.drop(left_out), share.drop(left_out)
    return money, share, left_out


def _sector_shares(plan: Plan, projects: pd.DataFrame, sector: str) -> "pd.Series[float]":
    if not sector:
        return pd.Series(1.0, index=projects.index)
    if sector not in set(plan.tables["sectors"]["id"]):
        known = ", ".join(plan.tables["sectors"]["id"].dropna())
        raise QuestionError(f"there is no sector “{sector}”; choose one of {known}")
    own = projects["sector_id"] == sector
    links = plan.tables["sector_links"]
    links = links[links["project_id"].notna() & (links["to_sector_id"] == sector)]
    linked = links.groupby("project_id")["share"].sum()
    return linked.reindex(projects.index).fillna(0.0).where(~own, 1.0).clip(0.0, 1.0)


def density(plan: Plan, question: Question | None = None, **asked: Any) -> Density:
    """Investment, projects and firms by zone, with densities and the money line.

    Parameters
    ----------
    question :
        A :class:`Question`; or its fields as keywords.

    Raises
    ------
    QuestionError
        An unknown kind of zone, sector or vintage.

    Examples
    --------
    >>> import geoplan
    >>> result = density(geoplan.open_plan("tests/plans/tiny"), by="district")
    >>> result.zones["investment_wanyuan"].to_dict()
    {'A': 300, 'B': 300, 'C': 0}
    >>> result.money
    MoneyLine(placed=600, outside=0, coarser=0, unplaced=50, total=650)
    """
    question = replace(question or Question(), **asked)
    if question.by not in BY:
        raise QuestionError(f"“{question.by}”: choose one of {', '.join(BY)}")
    money, share, left_out = amounts(plan, question)
    places = locate(plan, "projects").loc[money.index]
    firms = _firms(plan, question, money.index)
    if question.by in ("grid", "hex"):
        return _spread(plan, question, money, share, places, firms, left_out)
    zones = _zones_of(plan, question)
    shares = _shares_of(plan, question, places, zones)
    whole = _whole_money(shares, money.to_numpy(), len(zones))
    coarser, unplaced = _unzoned(question, places, shares)
    line = _money_line(money, whole.per_zone.sum(), whole.outside, coarser, unplaced)
    firm_shares = _shares_of(plan, question, firms, zones)
    result = zones.assign(
        investment_wanyuan=whole.per_zone,
        reallocated_wanyuan=whole.reallocated,
        project_count=_counted(shares, share.to_numpy(), len(zones)),
        firm_count=_counted(firm_shares, np.ones(len(firms)), len(zones)),
    )
    pieces = np.bincount(shares.thing, minlength=len(money))
    divided = tuple(str(project) for project in money.index[pieces > 1])
    return Density(question, _with_rates(result), line, left_out, divided)


def _firms(plan: Plan, question: Question, projects: "pd.Index[Any]") -> gpd.GeoDataFrame:
    """Locations of the firms that are counted: all, or those of the sector."""
    firms = locate(plan, "enterprises")
    if not question.sector:
        return firms
    named = plan.tables["sector_firms"]
    ids = set(named.loc[named["sector_id"] == question.sector, "enterprise_id"])
    table = plan.tables["projects"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    ids |= set(table.loc[table.index.isin(projects), "enterprise_id"])
    return firms[firms.index.isin(list(ids))]


def _zones_of(plan: Plan, question: Question) -> gpd.GeoDataFrame:
    if question.by == "district":
        return district_zones(plan, question.vintage)
    return wing_zones(plan) if question.by == "wing" else platform_zones(plan)


def _shares_of(
    plan: Plan, question: Question, places: gpd.GeoDataFrame, zones: gpd.GeoDataFrame
) -> Shares:
    """By code where a code says it; by footprint where not; nothing for what is too coarse."""
    sliver_m = 0.0
    if question.by == "district":
        layer = district_layer(plan, question.vintage)
        coded = (places["district_layer"] == layer.name) & places["district_code"].isin(zones.index)
        by_code = _home_codes(plan, layer).reindex(places.index)
        by_code = by_code.where(by_code.isin(zones.index), places["district_code"].where(coded))
        footprints = places.geometry
        sliver_m = max(float(x.facts.get("accuracy_m", 0)) for x in plan.layers_of("districts"))
    elif question.by == "wing":
        wings = plan.tables["platforms"].dropna(subset=["id", "wing_id"]).set_index("id")["wing_id"]
        by_code = places["platform_id"].map(wings.to_dict())
        by_code = by_code.where(by_code.isin(zones.index))
        footprints = places.geometry.where(places["precision"] != COARSE)
    else:
        by_code = places["platform_id"].where(places["platform_id"].isin(zones.index))
        footprints = gpd.GeoSeries([None] * len(places), index=places.index, crs=places.crs)
    known = by_code.notna().to_numpy()
    at = np.flatnonzero(known)
    where = zones.index.get_indexer(by_code[known])
    # `where` on a frame of geometries would lose its kind; masking the array keeps it.
    open_ones = footprints.to_numpy().copy()
    open_ones[known] = None
    rest = shares_in_zones(gpd.GeoSeries(open_ones, crs=places.crs), zones.geometry, sliver_m)
    return Shares(
        np.concatenate((at, rest.thing)),
        np.concatenate((where.astype(np.int64), rest.zone)),
        np.concatenate((np.ones(len(at)), rest.share)),
    )


def _home_codes(plan: Plan, layer: Layer) -> "pd.Series[str]":
    """Projects of a plan that covers just one district lie there, on the plan's own boundaries."""
    plans = plan.tables["plans"].dropna(subset=["source_id", "boundaries_on", "district_codes"])
    codes = {
        source: covered
        for source, covered, day in zip(
            plans["source_id"], plans["district_codes"], plans["boundaries_on"], strict=True
        )
        if LIST_SEPARATOR not in covered and layer.is_valid_on(day.date())
    }
    projects = plan.tables["projects"].dropna(subset=["id"]).drop_duplicates("id")
    values = [codes.get(source) for source in projects["source_id"]]
    return pd.Series(values, index=projects["id"], dtype="str")


@dataclass(frozen=True)
class _WholeMoney:
    per_zone: npt.NDArray[np.int64]
    reallocated: npt.NDArray[np.int64]
    outside: int


def _whole_money(shares: Shares, money: npt.NDArray[np.int64], n_zones: int) -> _WholeMoney:
    """Shares of whole 万元: each project's parts are rounded so that they add up to it."""
    per_zone = np.zeros(n_zones + 1, dtype=np.int64)
    reallocated = np.zeros(n_zones + 1, dtype=np.int64)
    pieces = np.bincount(shares.thing, minlength=len(money))
    alone = pieces[shares.thing] == 1
    np.add.at(per_zone, shares.zone[alone], money[shares.thing[alone]])
    order = np.argsort(shares.thing, kind="stable")
    for count in np.unique(pieces[pieces > 1]):
        rows = order[pieces[shares.thing[order]] == count].reshape(-1, count)
        weights = np.rint(shares.share[rows] * _SHARE_UNITS)
        parts = split_rows(money[shares.thing[rows[:, 0]]], weights)
        np.add.at(per_zone, shares.zone[rows], parts)
        np.add.at(reallocated, shares.zone[rows], parts)
    return _WholeMoney(per_zone[:-1], reallocated[:-1], int(per_zone[NO_ZONE]))


def _counted(
    shares: Shares, weights: npt.NDArray[np.float64], n_zones: int
) -> npt.NDArray[np.float64]:
    inside = shares.zone != NO_ZONE
    weight = weights[shares.thing[inside]] * shares.share[inside]
    return np.bincount(shares.zone[inside], weight, minlength=n_zones).astype(np.float64)


def _unzoned(
    question: Question, places: gpd.GeoDataFrame, shares: Shares
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which things are known only to a coarser level, and which are not placed at all."""
    zoned = np.zeros(len(places), dtype=bool)
    zoned[shares.thing] = True
    known = (places["precision"] != "unknown").to_numpy()
    return ~zoned & known, ~zoned & ~known


def _money_line(
    money: "pd.Series[Any]",
    placed: int,
    outside: int,
    coarser: npt.NDArray[np.bool_],
    unplaced: npt.NDArray[np.bool_],
) -> MoneyLine:
    values = money.to_numpy()
    return MoneyLine(
        int(placed), int(outside), int(values[coarser].sum()), int(values[unplaced].sum()),
        int(values.sum()),
    )  # fmt: skip


def _with_rates(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    area = zones["area_km2"].where(zones["area_km2"] > 0)
    per_km2 = zones["investment_wanyuan"] / area
    return zones.assign(
        investment_wanyuan_per_km2=per_km2,
        investment_wanyuan_per_mu=per_km2 * KM2_PER_MU,
        projects_per_km2=zones["project_count"] / area,
        projects_per_mu=zones["project_count"] / area * KM2_PER_MU,
        firms_per_km2=zones["firm_count"] / area,
        firms_per_mu=zones["firm_count"] / area * KM2_PER_MU,
    )


def _spread(
    plan: Plan,
    question: Question,
    money: "pd.Series[Any]",
    share: "pd.Series[float]",
    places: gpd.GeoDataFrame,
    firms: gpd.GeoDataFrame,
    left_out: str,
) -> Density:
    """Spread everything over what is known of it, on squares or hexagons."""
    city = boundary(plan, question.vintage)
    shapely.prepare(city)
    if question.district_to == "platforms":
        places, firms = _onto_platforms(plan, places), _onto_platforms(plan, firms)
    coarse = (places["precision"] == COARSE).to_numpy()
    nowhere = shapely.is_missing(places.geometry.to_numpy())
    alike, first = alike_objects(places.geometry.to_numpy())
    reaches = shapely.intersects(places.geometry.to_numpy()[first], city)
    beyond = ~nowhere & ~reaches[alike]
    here = places.set_geometry(places.geometry.where(~pd.Series(beyond, places.index)))
    firms = firms[firms.geometry.isna() | firms.intersects(city)]
    columns: Columns = {
        "investment_wanyuan": (here, money.to_numpy(dtype=float)),
        "coarser_wanyuan": (
            here, np.where(places["precision"] == COARSE, money.to_numpy(dtype=float), 0.0)
        ),
        "project_count": (here, np.asarray(share, dtype=np.float64)),
        "firm_count": (firms, np.ones(len(firms))),
    }  # fmt: skip
    if question.by == "grid":
        zones = square_masses(
            columns, city, plan.meta.analysis_crs, question.cell_m, question.bandwidth_m
        )
    else:
        zones = hexagon_masses(
            columns, city, plan.meta.analysis_crs, question.hex_resolution, question.bandwidth_m
        )
    values = money.to_numpy()
    line = MoneyLine(
        placed=int(values[~coarse & ~nowhere & ~beyond].sum()),
        outside=int(values[beyond].sum()),
        coarser=int(values[coarse & ~beyond].sum()),
        unplaced=int(values[nowhere].sum()),
        total=int(values.sum()),
    )
    return Density(question, _with_rates(zones), line, left_out)


def _onto_platforms(plan: Plan, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Footprints of class district replaced by the platforms of that district, where it has any."""
    platforms = locate(plan, "platforms")
    platforms = platforms[platforms["precision"].isin(["exact", "street", "platform", "town"])]
    union = {
        code: shapely.union_all(own.geometry.to_numpy())
        for code, own in platforms.dropna(subset=["district_code"]).groupby("district_code")
    }
    geometries = [
        union.get(code, geometry) if precision == COARSE else geometry
        for code, geometry, precision in zip(
            places["district_code"], places.geometry, places["precision"], strict=True
        )
    ]
    return places.set_geometry(gpd.GeoSeries(geometries, index=places.index, crs=places.crs))


def compare_vintages(
    plan: Plan, first: int | str | date, second: int | str | date, **asked: Any
) -> pd.DataFrame:
    """Money by district on two vintages of the boundaries, side by side.

    Returns
    -------
    DataFrame
        One row for each code of either vintage: the names, money on each
        vintage, the part of each that came by share of area, and the change.
        The sum of the change is zero.
    """
    sides = [density(plan, by="district", vintage=v, **asked) for v in (first, second)]
    columns = ["name_zh", "name_en", "investment_wanyuan", "reallocated_wanyuan"]
    tables = [
        pd.DataFrame(side.zones[columns]).add_suffix(suffix)
        for side, suffix in zip(sides, ("_first", "_second"), strict=True)
    ]
    both = tables[0].join(tables[1], how="outer")
    money = ["investment_wanyuan_first", "investment_wanyuan_second"]
    parts = ["reallocated_wanyuan_first", "reallocated_wanyuan_second"]
    both[money + parts] = both[money + parts].fillna(0).astype("int64")
    for language in ("zh", "en"):
        first_name, second_name = f"name_{language}_first", f"name_{language}_second"
        both[f"name_{language}"] = both[second_name].fillna(both[first_name])
    both["change_wanyuan"] = both[money[1]] - both[money[0]]
    return both[["name_zh", "name_en", *money, *parts, "change_wanyuan"]]
