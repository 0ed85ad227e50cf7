"""Missing links filled, and land stated against land asked."""

from pathlib import Path

import numpy as np
import pytest
from conftest import read_rows, set_cell, write_rows
from sites import assert_lawful, ends, found, plots, points

import geoplan
from geoplan.site.fitting import needs_land, needs_products
from geoplan.site.question import Brief, CandidateList, Project


def test_a_missing_link_counts_where_the_plan_has_the_sector(tiny: geoplan.Plan) -> None:
    sites = points(tiny, (500, 500), (1500, 500), (-500, 500))
    gap = found(tiny, "chain_gap", sites, sector="fibre", products=("减速器", "轴承"))
    assert ends(gap, "s0") == (2, 2, 2)
    assert ends(gap, "s1") == (0, 0, 0)
    assert np.isnan(gap.best["s2"])
    assert gap.evidence["zh"].tolist() == [
        "减速器补齐机器人产业的“减速器”短板；甲区是机器人产业的重点区域",
        "轴承补齐机器人产业的“轴承”短板；甲区是机器人产业的重点区域",
    ]
    assert gap.evidence[["table", "row"]].to_numpy().tolist() == [
        ["chain_gaps", 2],
        ["chain_gaps", 3],
    ]
    assert_lawful(gap, sites)


def test_a_platform_fills_it_by_its_name(folder: Path) -> None:
    rows = read_rows(folder, "sector_areas")
    write_rows(folder, "sector_areas", rows[:1])
    gap = found(geoplan.open_plan(folder), "chain_gap", products=("减速器",))
    assert ends(gap, "park") == (1, 1, 1)
    assert "规划把机器人产业放在甲区机器人园" in gap.evidence.loc[0, "zh"]


def test_half_for_words_in_common_or_a_wing_of_the_district(folder: Path) -> None:
    plan = geoplan.open_plan(folder)
    sites = points(plan, (500, 500))
    gap = found(plan, "chain_gap", sites, products=("精密减速器",))
    assert ends(gap, "s0") == (0, 0.5, 1)
    assert "精密减速器可能补齐" in gap.evidence.loc[0, "zh"]
    write_rows(folder, "sector_areas", read_rows(folder, "sector_areas")[:1])
    plan = geoplan.open_plan(folder)
    gap = found(plan, "chain_gap", sites, products=("减速器",))
    assert ends(gap, "s0") == (0, 0.5, 1)
    assert "布局把机器人产业放在一翼，甲区有该翼的平台" in gap.evidence.loc[0, "zh"]


def test_land_is_a_ratio_of_what_is_stated(folder: Path) -> None:
    plan = geoplan.open_plan(folder)
    land = found(plan, "land_ratio", land_km2=0.1)
    assert ends(land, "park") == (2.5, 2.5, 2.5)
    assert land.evidence.loc[0, ["zh", "table", "row"]].tolist() == [
        "规划面积 0.25 km²，为所需用地的 2.5 倍；规划面积不等于可用地",
        "platforms",
        2,
    ]
    own = plots(plan, {"a": (0, 0, 200, 100)})
    land = found(plan, "land_ratio", own, land_km2=0.1)
    assert ends(land, "a") == pytest.approx((0.2, 0.2, 0.2))
    assert land.evidence.loc[0, "table"] == ""
    set_cell(folder, "platforms", 2, "area_km2", "")
    land = found(geoplan.open_plan(folder), "land_ratio", land_km2=0.1)
    assert land.best.isna().all()
    assert land.evidence.empty


def test_what_a_brief_gives_nothing_to_measure() -> None:
    assert needs_products(Brief()).zh == "任务书没有写产品"
    assert needs_land(Brief()).en == "the brief asks for no land"
    asked = Project(products=("轴承",), land_km2=1.0)
    assert needs_products(Brief(project=asked)).en == ""
    assert needs_land(Brief(project=asked)).en == ""
    grid = CandidateList(kind="grid")
    assert "cell" in needs_land(Brief(project=asked, candidates=grid)).en
