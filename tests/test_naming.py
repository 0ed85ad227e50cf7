"""What the plan names: levels, what is lost on the way, and the sentences."""

from pathlib import Path

import numpy as np
import pytest
from conftest import read_rows, set_cell, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import assert_lawful, ends, found, plots, points

import geoplan
from geoplan.site.naming import DISTRICT_LEVELS, PLATFORM_LEVELS, line_of, platform_statements

TINY = geoplan.open_plan(Path(__file__).parent / "plans" / "tiny")
CITED = ["tiny-plan", "三、布局", "布局机器人产业，依托甲区机器人园"]


def add(folder: Path, table: str, *cells: str) -> None:
    rows = read_rows(folder, table)
    write_rows(folder, table, [*rows, [*cells]])


def add_platform(folder: Path, key: str, parent: str = "") -> None:
    add(folder, "platforms", key, f"{key}园", f"{key} park", "park", parent, "A", "read", "", "",
        *CITED, "read", "")  # fmt: skip


def say(folder: Path, row: int = 2, **cells: str) -> geoplan.Plan:
    """The plan with other cells in a row of platform_sectors."""
    for column, value in cells.items():
        set_cell(folder, "platform_sectors", row, column, value)
    return geoplan.open_plan(folder)


def level(
    plan: geoplan.Plan, criterion: str = "platform_named", site: str = "park", **asked: str
) -> float:
    return float(found(plan, criterion, **asked).best[site])  # type: ignore[arg-type]


def test_a_platform_of_the_layout_has_the_highest_level(tiny: geoplan.Plan) -> None:
    named = found(tiny, "platform_named")
    assert ends(named, "park") == (3, 3, 3)
    assert named.evidence.to_dict("records") == [
        {
            "candidate": "park",
            "zh": "规划把机器人产业放在甲区机器人园（布局平台）",
            "en": "The plan puts Robots in Robot park (platform of the layout)",
            "table": "platform_sectors",
            "row": 2,
        }
    ]
    other = found(tiny, "platform_named", sector="fibre")
    assert other.best["park"] == 0
    assert other.evidence.empty
    assert max(PLATFORM_LEVELS) == max(DISTRICT_LEVELS) == 3


def test_roles_and_segments_make_the_level(folder: Path) -> None:
    assert level(say(folder, role="carrier")) == 3
    assert level(say(folder, role="innovation")) == 2
    assert level(say(folder, role="named")) == 2
    # For the very segment asked for, however it is named.
    plan = say(folder, role="named", segment_id="arms")
    assert level(plan, segment="arms") == 3
    assert level(plan) == 2
    # For another segment: one step removed.
    add(
        folder,
        "segments",
        "legs",
        "robots",
        "机械腿",
        "Legs",
        "",
        "",
        "",
        "",
        "2",
        *CITED,
        "read",
        "",
    )
    plan = say(folder, role="carrier")
    assert level(plan, segment="legs") == 2
    assert "说的是另一细分" in found(plan, "platform_named", segment="legs").evidence.loc[0, "zh"]


def test_what_an_editor_inferred_counts_one_level_lower_and_says_so(folder: Path) -> None:
    plan = say(folder, basis="inferred", note="因")
    named = found(plan, "platform_named")
    assert named.best["park"] == 2
    assert named.evidence.loc[0, "zh"].endswith("（布局平台；系编者推断）")


def test_a_part_inherits_one_level_lower_for_each_step_up(folder: Path) -> None:
    add_platform(folder, "half", "park")
    add_platform(folder, "quarter", "half")
    add_platform(folder, "eighth", "quarter")
    plan = geoplan.open_plan(folder)
    assert line_of(plan, "quarter") == ["quarter", "half", "park"]
    named = found(plan, "platform_named")
    assert named.best.to_dict() == {"park": 3, "half": 2, "quarter": 1, "eighth": 0}
    said = named.evidence.set_index("candidate")["zh"]
    assert said["half"].startswith("上级平台：规划把机器人产业放在甲区机器人园")
    assert "eighth" not in said.index


def test_a_ring_of_parents_ends(folder: Path) -> None:
    add_platform(folder, "half", "park")
    set_cell(folder, "platforms", 2, "parent_id", "half")
    plan = geoplan.open_plan(folder)
    assert line_of(plan, "park") == ["park", "half"]
    assert found(plan, "platform_named").best.to_dict() == {"park": 3, "half": 2}


def test_a_sector_of_another_plan_counts_through_the_crosswalk(folder: Path) -> None:
    add(folder, "sector_links", "l", "robots", "", "tiny", "fibre", "", "1",
        "tiny-plan", "附件", "甲一公司", "inferred", "因")  # fmt: skip
    plan = geoplan.open_plan(folder)
    named = found(plan, "platform_named", sector="fibre")
    assert named.best["park"] == 2
    assert named.evidence.loc[0, "zh"] == (
        "规划把机器人产业放在甲区机器人园（布局平台；按产业对照属纤维产业，系推断）"
    )
    # Both ways, and the own statement goes first.
    assert found(plan, "platform_named").best["park"] == 3
    assert found(plan, "key_district", points(plan, (2500, 500))).best["s0"] == 2
    # A row for one project joins no sectors.
    set_cell(folder, "sector_links", 2, "project_id", "p1")
    assert level(geoplan.open_plan(folder), sector="fibre") == 0


def test_a_sentence_that_names_the_product_is_the_plans_own_word(folder: Path) -> None:
    plan = say(folder, role="carrier", quote="甲区机器人园。聚焦伺服电机的研发")
    named = found(plan, "platform_named", sector="fibre", products=("纱线", "伺服电机"))
    assert named.best["park"] == 3
    assert named.evidence.loc[0, "zh"] == "规划点名在甲区机器人园发展伺服电机（行动载体）"
    assert found(plan, "platform_named", sector="fibre", products=("机",)).best["park"] == 0
    named = found(
        say(folder, basis="inferred", note="因"), "platform_named", products=("伺服电机",)
    )
    assert named.best["park"] == 2


def test_a_parcel_in_a_platform_has_its_level_as_far_as_is_known(folder: Path) -> None:
    # 0.25 km² around (500, 500): radius 282 m, its centre off by up to 400 m.
    plan = geoplan.open_plan(folder)
    sites = points(plan, (500, 500), (500, 1000), (500, 950), (1500, 500))
    named = found(plan, "platform_named", sites)
    assert ends(named, "s0") == (0, 2, 3)
    assert ends(named, "s2") == (0, 2, 3)
    assert ends(named, "s3") == (0, 0, 0)
    assert "可能位于甲区机器人园（平台位置 ± 400 m）" in named.evidence.loc[0, "zh"]
    # Once the park is placed to 50 m, what is near its centre is surely inside.
    set_cell(folder, "locations", 2, "accuracy_m", "50")
    plan = geoplan.open_plan(folder)
    named = found(plan, "platform_named", points(plan, (500, 500), (500, 800), (500, 900)))
    assert ends(named, "s0") == (3, 3, 3)
    assert ends(named, "s1") == (0, 2, 3)
    assert ends(named, "s2") == (0, 0, 0)
    assert named.evidence["zh"].str.startswith("位于甲区机器人园；").tolist() == [True, False]
    # A parcel that may itself be off is inside for less.
    vague = plots(plan, {"a": (490, 490, 510, 510)}, accuracy_m=240.0)
    assert ends(found(plan, "platform_named", vague), "a") == (0, 2, 3)


def test_a_platform_without_stated_area_surely_contains_nothing(folder: Path) -> None:
    set_cell(folder, "platforms", 2, "area_km2", "")
    set_cell(folder, "locations", 2, "accuracy_m", "50")
    plan = geoplan.open_plan(folder)
    assert ends(found(plan, "platform_named", points(plan, (500, 500))), "s0") == (0, 2, 3)
    # Nor does it reach into another district than its own.
    set_cell(folder, "locations", 2, "accuracy_m", "800")
    plan = geoplan.open_plan(folder)
    assert found(plan, "platform_named", points(plan, (1100, 500))).high["s0"] == 0


def test_the_levels_of_a_key_district(folder: Path) -> None:
    plan = geoplan.open_plan(folder)
    sites = points(plan, (500, 500), (1500, 500), (2500, 500), (-500, 500))
    key = found(plan, "key_district", sites)
    assert key.best.tolist()[:3] == [3, 0, 0]
    assert np.isnan(key.best["s3"])
    assert key.evidence.to_dict("records") == [
        {
            "candidate": "s0",
            "zh": "甲区是机器人产业（机械臂）的重点区域",
            "en": "District A is a key district of Robots (Arms)",
            "table": "sector_areas",
            "row": 2,
        }
    ]
    assert found(plan, "key_district", sites, segment="arms").best["s0"] == 3
    add(
        folder,
        "segments",
        "legs",
        "robots",
        "机械腿",
        "Legs",
        "",
        "",
        "",
        "",
        "2",
        *CITED,
        "read",
        "",
    )
    plan = geoplan.open_plan(folder)
    # Another segment read there: 2; the whole sector, inherited from a merged cell: 1.
    assert found(plan, "key_district", sites, segment="legs").best["s0"] == 2
    rows = read_rows(folder, "sector_areas")
    write_rows(folder, "sector_areas", [row for row in rows if row[1] != "arms"])
    plan = geoplan.open_plan(folder)
    key = found(plan, "key_district", sites, segment="legs")
    assert key.best["s0"] == 1
    assert key.evidence.loc[0, "zh"].endswith("（承上合并单元格；说的是整个产业）")
    assert found(plan, "key_district", sites).best["s0"] == 2


def test_without_sector_nothing_is_named(tiny: geoplan.Plan) -> None:
    assert found(tiny, "platform_named", sector="").best["park"] == 0
    assert dict(platform_statements(tiny, "", "")) == {}


@pytest.mark.parametrize("accuracy", ["50", "400", "2000"])
@settings(max_examples=25, deadline=None)
@given(st.floats(0, 3000), st.floats(0, 1000))
def test_ranges_are_lawful_wherever_a_site_lies(accuracy: str, x: float, y: float) -> None:
    sites = plots(TINY, {"a": (x, y, x, y)}, float(accuracy))
    for name in ("platform_named", "key_district", "layout_wing"):
        measured = found(TINY, name, sites)
        assert_lawful(measured, sites)
        assert (measured.high.dropna() <= 3).all()
