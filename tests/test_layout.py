"""Where the layout puts a sector: wings, points, products."""

from pathlib import Path

import numpy as np
import pytest
from conftest import read_rows, set_cell, write_rows
from sites import found, points

import geoplan
from geoplan.site.layout import LAYOUT_LEVELS

CITED = ["tiny-plan", "三、布局", "东翼沿大道布局机器人产业", "read", ""]


def test_a_wing_counts_as_stated_and_half_where_it_is_only_near(folder: Path) -> None:
    plan = geoplan.open_plan(folder)
    wing = found(plan, "layout_wing")
    assert wing.best["park"] == 1
    assert wing.evidence.loc[0, ["zh", "table", "row"]].tolist() == [
        "布局：东翼重点发展机器人产业",
        "layout",
        2,
    ]
    # A platform in no wing, in the district of one of the wing's.
    rows = read_rows(folder, "platforms")
    other = ["half", "半园", "Half", "park", "park", "A", "read", "", "", *CITED]
    write_rows(folder, "platforms", [*rows, other])
    wing = found(geoplan.open_plan(folder), "layout_wing")
    assert wing.best["half"] == 0.5
    assert wing.evidence["zh"].tolist()[1] == "布局：东翼重点发展机器人产业（上级平台在东翼）"
    set_cell(folder, "platforms", 3, "parent_id", "")
    wing = found(geoplan.open_plan(folder), "layout_wing")
    assert wing.best["half"] == 0.5
    assert "东翼有平台在甲区" in wing.evidence["zh"].tolist()[1]


def test_points_count_in_their_district_alone(tiny: geoplan.Plan) -> None:
    sites = points(tiny, (500, 500), (2500, 500), (-500, 500))
    placed = found(tiny, "layout_wing", sites, sector="fibre")
    assert placed.best.tolist()[:2] == [0, 1]
    assert np.isnan(placed.best["s2"])
    assert placed.evidence["zh"].tolist() == ["布局：丙区重点发展纤维产业"]


def test_the_derived_area_of_a_wing_is_no_statement(tiny: geoplan.Plan) -> None:
    sites = points(tiny, (500, 500), (1500, 500)).assign(wing_id="east")
    placed = found(tiny, "layout_wing", sites)
    assert placed.best.tolist() == [0.5, 0.5]
    assert placed.evidence["zh"].str.contains("在东翼的推导范围内").all()
    assert set(placed.best) <= set(LAYOUT_LEVELS)


@pytest.mark.parametrize(
    ("asked", "level"),
    [
        ({}, 0.5),
        ({"products": ("机械臂",)}, 1.0),
        ({"products": ("arms",)}, 1.0),
        ({"segment": "arms"}, 1.0),
        ({"segment": "legs"}, 0.0),
    ],
)
def test_just_a_product_counts_half_unless_it_is_the_one(
    folder: Path, asked: dict[str, str], level: float
) -> None:
    for column, value in (("product_zh", "机械臂"), ("product_en", "arms"), ("segment_id", "arms")):
        set_cell(folder, "layout", 2, column, value)
    rows = read_rows(folder, "segments")
    legs = ["legs", "robots", "机械腿", "Legs", "", "", "", "", "2", *CITED]
    write_rows(folder, "segments", [*rows, legs])
    placed = found(geoplan.open_plan(folder), "layout_wing", **asked)  # type: ignore[arg-type]
    assert placed.best["park"] == level
    if asked == {}:
        assert placed.evidence.loc[0, "zh"] == "布局：东翼重点发展机械臂（只提到一种产品）"
