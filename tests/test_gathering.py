"""Firms, innovation platforms and money around a site."""

import math
from pathlib import Path

import numpy as np
import pytest
from conftest import read_rows, set_cell, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import assert_lawful, ends, found, plots, points

import geoplan
from geoplan.site.measuring import CriterionError

TINY = geoplan.open_plan(Path(__file__).parent / "plans" / "tiny")
CITED = ["tiny-plan", "三、布局", "龙头企业为甲一公司", "read", ""]


def add(folder: Path, table: str, *cells: str) -> None:
    write_rows(folder, table, [*read_rows(folder, table), [*cells]])


def in_district(folder: Path, firm: str, code: str) -> None:
    add(folder, "locations", "enterprises", firm, "", "", code, "2021-01-01", "", "",
        "district", "", "", "desk", "", "", "unverified", "")  # fmt: skip


def test_a_firm_at_a_point_is_near_or_not(tiny: geoplan.Plan) -> None:
    # Jia Yi stands at (250, 250), to 20 m.
    sites = points(tiny, (250, 250), (250, 740), (250, 760), (250, 800))
    firms = found(tiny, "same_sector_firms", sites, radius_m=500.0)
    assert ends(firms, "s0") == (1, 1, 1)
    low, best, high = ends(firms, "s1")
    assert (low, high) == (0, 1)
    assert 0.5 < best < 1
    assert 0 < firms.best["s2"] < 0.5
    assert ends(firms, "s3") == (0, 0, 0)
    assert firms.evidence.loc[0, ["zh", "table", "row"]].tolist() == [
        "500 m 内本产业企业1 家。甲一公司（机器人产业龙头企业）",
        "sector_firms",
        2,
    ]
    assert "s3" not in set(firms.evidence["candidate"])


def test_a_firm_known_to_a_district_counts_with_the_share_of_its_area(folder: Path) -> None:
    add(folder, "sector_firms", "robots", "", "yi-er", "key", "", "", "2", *CITED)
    in_district(folder, "yi-er", "B")
    plan = geoplan.open_plan(folder)
    sites = points(plan, (1500, 500), (2000, 500), (1500, 1000))
    firms = found(plan, "same_sector_firms", sites, radius_m=400.0)
    disc = math.pi * 0.4**2
    assert firms.best.tolist() == pytest.approx([disc, disc / 2, disc / 2], rel=0.01)
    assert ends(firms, "s0")[::2] == (0, 1)
    # A circle round the whole district surely holds the firm.
    firms = found(plan, "same_sector_firms", sites, radius_m=720.0)
    assert ends(firms, "s0") == (1, 1, 1)
    assert "有 50% 的可能" not in firms.evidence.loc[0, "zh"]
    half = found(plan, "same_sector_firms", points(plan, (1000, 500)), radius_m=600.0)
    assert "的可能在此范围内" in half.evidence["zh"].str.cat()


def test_firms_without_place_are_told_not_counted(folder: Path) -> None:
    add(folder, "sector_firms", "robots", "", "yi-er", "key", "", "", "2", *CITED)
    add(folder, "sector_firms", "robots", "", "bing-san", "courted", "", "", "3", *CITED)
    plan = geoplan.open_plan(folder)
    firms = found(plan, "same_sector_firms", points(plan, (250, 250)))
    # Bing San is only courted: it is not there.
    assert ends(firms, "s0") == (1, 1, 1)
    assert "另有 1 个位置不详，未计" in firms.evidence.loc[0, "zh"]


def test_a_firm_named_in_a_platform_is_in_it(folder: Path) -> None:
    # Jia Yi is the leader of the park, whatever the distance of their places.
    set_cell(folder, "locations", 3, "lon", "120.0259")
    set_cell(folder, "locations", 3, "district_code", "C")
    plan = geoplan.open_plan(folder)
    firms = found(plan, "same_sector_firms", radius_m=500.0)
    assert ends(firms, "park") == (1, 1, 1)
    assert firms.draws is not None
    assert (firms.draws == 1).all()
    rows = read_rows(folder, "locations")
    write_rows(folder, "locations", [row for row in rows if row[1] != "park"])
    # Even where the park itself has no place: then everything else may be near, too.
    add(folder, "sector_firms", "robots", "", "yi-er", "key", "", "", "2", *CITED)
    in_district(folder, "yi-er", "B")
    firms = found(geoplan.open_plan(folder), "same_sector_firms", radius_m=500.0)
    assert ends(firms, "park") == (1, 1, 2)
    set_cell(folder, "platform_firms", 2, "role", "courted")
    firms = found(geoplan.open_plan(folder), "same_sector_firms", radius_m=500.0)
    assert firms.best.isna().all()


def test_displacements_are_joint(folder: Path) -> None:
    add(folder, "sector_firms", "robots", "", "yi-er", "key", "", "", "2", *CITED)
    in_district(folder, "yi-er", "B")
    plan = geoplan.open_plan(folder)
    sites = points(plan, (1300, 500), (1305, 500))
    firms = found(plan, "same_sector_firms", sites, n_draws=400, radius_m=500.0)
    assert firms.draws is not None
    assert set(np.unique(firms.draws)) == {0, 1}
    assert (firms.draws[0] == firms.draws[1]).mean() > 0.97
    assert firms.draws.mean(axis=1) == pytest.approx(firms.best.to_numpy(), abs=0.06)


def test_the_crosswalk_counts_with_its_share(folder: Path) -> None:
    add(folder, "sector_links", "l", "robots", "", "tiny", "fibre", "", "0.4",
        "tiny-plan", "附件", "甲一公司", "inferred", "因")  # fmt: skip
    plan = geoplan.open_plan(folder)
    firms = found(plan, "same_sector_firms", points(plan, (250, 250)), sector="fibre")
    assert ends(firms, "s0") == pytest.approx((0.4, 0.4, 0.4))
    assert "按产业对照计入，系推断" in firms.evidence.loc[0, "zh"]


def lens(apart: float, one: float, other: float) -> float:
    """Area that two circles share."""
    a = math.acos((apart**2 + one**2 - other**2) / (2 * apart * one))
    b = math.acos((apart**2 + other**2 - one**2) / (2 * apart * other))
    return one**2 * (a - math.sin(2 * a) / 2) + other**2 * (b - math.sin(2 * b) / 2)


def test_money_is_spread_over_what_is_known(tiny: geoplan.Plan) -> None:
    # 100 at (250, 250), 200 in the park, 300 somewhere in B, 50 nowhere known.
    sites = points(tiny, (250, 250), (1500, 500), (2900, 500))
    money = found(tiny, "planned_investment_wanyuan", sites, radius_m=800.0)
    in_park = lens(1000, 800, 400) / (math.pi * 400**2)
    assert 0.1 < in_park < 0.2
    assert ends(money, "s1") == pytest.approx((300, 300 + 200 * in_park, 500), rel=0.005)
    low, best, high = ends(money, "s0")
    # All of the park is within 753 m of it.
    assert low == pytest.approx(300)
    assert high == pytest.approx(600)
    assert 300 < best < 320
    assert money.best["s2"] == 0
    assert money.evidence["table"].eq("projects").all()
    assert "另有 1 个位置不详，未计" in money.evidence.loc[0, "zh"]
    all_of_it = found(tiny, "planned_investment_wanyuan", sites, radius_m=5_000.0)
    assert ends(all_of_it, "s0") == pytest.approx((600, 600, 600))


def test_a_project_in_a_platform_is_as_sure_as_its_basis(folder: Path) -> None:
    plan = geoplan.open_plan(folder)
    assert ends(found(plan, "planned_investment_wanyuan", radius_m=100.0), "park")[0] == 200
    set_cell(folder, "projects", 3, "platform_basis", "unverified")
    plan = geoplan.open_plan(folder)
    low, best, _ = ends(found(plan, "planned_investment_wanyuan", radius_m=100.0), "park")
    assert low == 0
    assert best >= 200


def test_innovation_platforms_of_the_sector_or_of_none(folder: Path) -> None:
    def platform(key: str, kind: str) -> None:
        add(folder, "platforms", key, key, key, kind, "", "A", "read", "", "", *CITED)
        add(folder, "locations", "platforms", key, "", "", "A", "2021-01-01", "120.0051823",
            "30.0034874", "exact", "10", "", "desk", "", "", "unverified", "")  # fmt: skip

    platform("lab", "innovation_platform")
    platform("school", "institute")
    platform("yard", "park")
    add(folder, "platform_sectors", "school", "fibre", "", "innovation", *CITED)
    add(folder, "platform_sectors", "yard", "robots", "", "innovation", *CITED)
    plan = geoplan.open_plan(folder)
    sites = points(plan, (500, 500))
    # The school is named for fibre alone; the yard is one by its role.
    near = found(plan, "innovation_platforms", sites, radius_m=500.0)
    assert ends(near, "s0") == (2, 2, 2)
    assert [tuple(row) for row in near.evidence[["table", "row"]].to_numpy()] == [
        ("platforms", 3),
        ("platform_sectors", 4),
    ]
    assert found(plan, "innovation_platforms", sites, sector="fibre").best["s0"] == 2
    assert found(plan, "innovation_platforms", sites, sector="").best["s0"] == 3
    # No platform is near itself.
    assert found(plan, "innovation_platforms", radius_m=500.0).best["lab"] == 1


def test_a_radius_out_of_reason_is_refused(tiny: geoplan.Plan) -> None:
    for radius in (0.0, 1e9):
        with pytest.raises(CriterionError, match="from 100 to"):
            found(tiny, "same_sector_firms", radius_m=radius)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 3000), st.floats(0, 1000), st.floats(0, 400), st.floats(100, 3000))
def test_ranges_are_lawful_and_grow_with_the_radius(
    x: float, y: float, off: float, radius: float
) -> None:
    sites = plots(TINY, {"a": (x, y, x, y)}, off)
    for name in ("same_sector_firms", "planned_investment_wanyuan", "innovation_platforms"):
        small = found(TINY, name, sites, radius_m=radius)
        large = found(TINY, name, sites, radius_m=radius * 1.5)
        for measured in (small, large):
            assert_lawful(measured, sites)
        slack = 0.02 * 600
        assert (large.best >= small.best - slack).all()
        assert (large.low >= small.low).all()
        assert (large.high >= small.high).all()
