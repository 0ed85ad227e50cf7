"""Which sectors of two taxonomies belong together."""

from pathlib import Path

from conftest import read_rows, write_rows

import geoplan
from geoplan.site.crosswalk import Counterpart, called, counterparts, other_segment

CITED = ["tiny-plan", "附件", "甲一公司", "inferred", "因"]


def linked(folder: Path, *rows: list[str]) -> geoplan.Plan:
    head = read_rows(folder, "sector_links")[:1]
    write_rows(folder, "sector_links", [*head, *([*row, *CITED] for row in rows)])
    segments = read_rows(folder, "segments")
    more = ["yarn", "fibre", "机械臂（纱线）", "Yarn", "", "", "", "", "1", *CITED]
    write_rows(folder, "segments", [*segments, more])
    return geoplan.open_plan(folder)


def test_links_are_read_both_ways_with_their_share(folder: Path) -> None:
    plan = linked(folder, ["l1", "fibre", "", "tiny", "robots", "arms", "0.4"])
    assert counterparts(plan, "robots") == (
        Counterpart("robots", asked="robots"),
        Counterpart("fibre", "arms", "", 0.4, 2, "robots"),
    )
    assert counterparts(plan, "fibre")[1] == Counterpart("robots", "", "arms", 0.4, 2, "fibre")
    assert counterparts(plan, "") == ()


def test_no_counterpart_no_share_and_single_projects_join_nothing(folder: Path) -> None:
    plan = linked(
        folder,
        ["l1", "fibre", "", "tiny", "", "", "1"],
        ["l2", "fibre", "", "tiny", "robots", "", "0"],
        ["l3", "fibre", "p3", "tiny", "robots", "", "1"],
    )
    assert [one.sector_id for one in counterparts(plan, "robots")] == ["robots"]


def test_whether_a_statement_is_about_another_segment(folder: Path) -> None:
    plan = linked(folder, ["l1", "fibre", "", "tiny", "robots", "", "1"])
    own, other = counterparts(plan, "robots")
    assert not other_segment(plan, own, "", "arms")
    assert not other_segment(plan, own, "arms", "arms")
    assert not other_segment(plan, own, "arms", "")
    assert other_segment(plan, own, "legs", "arms")
    # Of another taxonomy: the same where one name holds the other, brackets aside.
    assert not other_segment(plan, other, "arms", "yarn")
    assert other_segment(plan, other, "legs", "yarn")
    limited = Counterpart("fibre", "arms", "", 1.0, 2)
    assert not other_segment(plan, limited, "arms", "yarn")
    assert other_segment(plan, limited, "legs", "")
    assert other_segment(plan, Counterpart("fibre", "", "yarn", 1.0, 2), "", "thread")


def test_names_with_their_segment(tiny: geoplan.Plan) -> None:
    assert called(tiny, "robots", "arms").zh == "机器人产业（机械臂）"
    assert called(tiny, "robots").en == "Robots"
