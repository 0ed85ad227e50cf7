"""Who belongs to a sector and to its chain."""

from pathlib import Path

import pytest
from conftest import read_rows, write_rows

import geoplan
from geoplan.site.chains import chain_members, gaps_filled, matched, sector_members

CITED = ["tiny-plan", "三、布局", "龙头企业为甲一公司", "read", ""]


def plan_with(folder: Path, **rows: list[list[str]]) -> geoplan.Plan:
    for table, more in rows.items():
        write_rows(folder, table, [*read_rows(folder, table), *([*row, *CITED] for row in more)])
    return geoplan.open_plan(folder)


@pytest.mark.parametrize(
    ("product", "item", "match"),
    [
        ("动力电池", "动力电池", 1.0),
        ("动力 电池", "动力电池", 1.0),
        ("Power Batteries", "power batteries", 1.0),
        ("轴承", "高转速轴承", 0.5),
        ("驱动电机", "电机", 0.5),
        ("船用发动机", "轮机（发动机、变速箱）", 0.5),
        ("电池", "轴承", 0.0),
        ("", "轴承", 0.0),
    ],
)
def test_products_and_missing_links(product: str, item: str, match: float) -> None:
    assert matched(product, item) == match


def test_the_missing_links_that_products_fill(tiny: geoplan.Plan) -> None:
    gaps = gaps_filled(tiny, ("精密轴承", "reducers"))
    assert [(gap.item.zh, gap.product, gap.match, gap.row) for gap in gaps] == [
        ("减速器", "reducers", 1.0, 2),
        ("轴承", "精密轴承", 0.5, 3),
    ]
    assert gaps_filled(tiny, ()) == ()


def test_a_firm_told_for_another_segment_is_of_the_chain_not_of_the_segment(folder: Path) -> None:
    plan = plan_with(
        folder,
        segments=[["legs", "robots", "机械腿", "Legs", "", "", "", "", "2"]],
        sector_firms=[
            ["robots", "legs", "jia-yi", "key", "", "", "2"],
            ["robots", "arms", "yi-er", "key", "", "", "3"],
        ],
    )
    assert set(sector_members(plan, "robots", "")) == {"jia-yi", "yi-er"}
    assert set(sector_members(plan, "robots", "arms")) == {"yi-er"}
    assert set(sector_members(plan, "robots", "legs")) == {"jia-yi"}
    assert set(chain_members(plan, "robots", "arms", ())) == {"jia-yi"}
    assert dict(chain_members(plan, "robots", "", ())) == {}


def test_the_chain_reaches_those_who_lack_the_product_and_those_who_make_what_is_lacking(
    folder: Path,
) -> None:
    plan = plan_with(
        folder,
        sectors=[["parts", "tiny", "零件", "Parts", "", "", "", "", "3", ""]],
        segments=[["bearings", "parts", "轴承", "Bearings", "", "", "", "", "1"]],
        sector_firms=[
            ["parts", "bearings", "yi-er", "key", "", "", "1"],
            ["parts", "", "bing-san", "key", "", "", "2"],
        ],
    )
    # Robots lack bearings: their makers are of the robots' chain, other makers of parts are not.
    chain = chain_members(plan, "robots", "", ())
    assert {firm: one.weight for firm, one in chain.items()} == {"yi-er": 1.0}
    assert "可补本产业所缺的轴承" in chain["yi-er"].said.zh
    # Whoever makes bearings has the makers of robots for customers.
    chain = chain_members(plan, "parts", "", ("轴承",))
    assert {firm: one.weight for firm, one in chain.items()} == {"jia-yi": 1.0}
    assert "该产业缺轴承" in chain["jia-yi"].said.zh
    assert chain_members(plan, "parts", "", ("高速轴承",))["jia-yi"].weight == 0.5


def test_sectors_joined_by_projects_alone_count_half(folder: Path) -> None:
    rows = read_rows(folder, "sector_links")
    link = ["l", "fibre", "p3", "tiny", "robots", "", "1"]
    write_rows(folder, "sector_links", [*rows, [*link, *CITED]])
    plan = geoplan.open_plan(folder)
    chain = chain_members(plan, "fibre", "", ())
    assert {firm: one.weight for firm, one in chain.items()} == {"jia-yi": 0.5}
    # Who is of the sector itself is not of its chain again.
    rows = read_rows(folder, "sector_firms")
    own = ["fibre", "", "jia-yi", "key", "", "", "2"]
    write_rows(folder, "sector_firms", [*rows, [*own, *CITED]])
    assert dict(chain_members(geoplan.open_plan(folder), "fibre", "", ())) == {}
    assert chain["jia-yi"].table == "sector_firms"
    assert chain["jia-yi"].row == 2
