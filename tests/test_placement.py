"""Which sector is placed where, and whether projects follow."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import TINY, read_rows, set_cell, write_rows

import geoplan
from geoplan.cli import main
from geoplan.place.placement import (
    ROLE_NAMES,
    ROLES,
    VERDICT_NAMES,
    VERDICTS,
    conformity,
    matrix,
    placement,
)


def test_every_statement_with_its_role_and_sentence(tiny: geoplan.Plan) -> None:
    said = placement(tiny)
    found = [(r["sector_id"], r["district_code"], r["role"]) for _, r in said.iterrows()]
    assert found == [
        ("robots", "A", "read"), ("robots", "A", "inherited"), ("fibre", "C", "read"),
        ("robots", "A", "wing"), ("fibre", "C", "points"),
    ]  # fmt: skip
    assert said["quote"].notna().all()
    assert placement(tiny, "fibre")["role"].tolist() == ["read", "points"]
    with pytest.raises(geoplan.QuestionError, match="robots"):
        placement(tiny, "nothing")


def test_the_matrix_takes_the_strongest_role_and_counts(tiny: geoplan.Plan) -> None:
    table = matrix(tiny).set_index(["sector_id", "district_code"])
    assert table.loc[("robots", "A"), ["role", "statements", "platforms", "firms"]].tolist() == [
        "read",
        3,
        1,
        1,
    ]
    assert table.loc[("fibre", "C"), ["role", "platforms", "firms"]].tolist() == ["read", 0, 0]


def test_each_verdict_has_its_reason_and_sentence(tiny: geoplan.Plan) -> None:
    found = conformity(tiny)
    assert found["verdict"].to_dict() == {
        "p1": "wanted",
        "p2": "wanted",
        "p3": "against",
        "p4": "silent",
    }
    assert found.at["p2", "table"] == "platform_sectors"
    assert found.at["p1", "quote"] == "机械臂重点区域为甲区"
    assert "乙区" in found.at["p3", "reason_zh"]


def test_another_segment_of_the_sector_is_tolerated(folder: Path) -> None:
    rows = read_rows(folder, "sector_areas")
    write_rows(folder, "sector_areas", [r for r in rows if r[2] != "C"])
    links = read_rows(folder, "sector_links")
    links.append(
        [
            "l",
            "fibre",
            "p3",
            "tiny",
            "robots",
            "arms",
            "1",
            "tiny-plan",
            "附件",
            "甲一公司",
            "inferred",
            "因",
        ]
    )
    write_rows(folder, "sector_links", links)
    layout = read_rows(folder, "layout")
    layout[2][layout[0].index("district_code")] = "B"
    layout[2][layout[0].index("sector_id")] = "robots"
    write_rows(folder, "layout", layout)
    found = conformity(geoplan.open_plan(folder))
    assert found.at["p3", "verdict"] == "tolerated"
    set_cell(folder, "sector_areas", 2, "district_code", "B")
    assert conformity(geoplan.open_plan(folder)).at["p3", "verdict"] == "wanted"


def test_names_for_every_role_and_verdict() -> None:
    assert set(ROLE_NAMES) == set(ROLES)
    assert set(VERDICT_NAMES) == set(VERDICTS)


def test_the_commands_list_placement_and_conformity() -> None:
    run = CliRunner().invoke
    rows = json.loads(
        run(main, ["placement", "--plan", str(TINY), "--format", "json", "--lang", "zh"]).output
    )
    assert rows[0]["district_name"] == "甲区"
    cells = json.loads(
        run(main, ["placement", "--plan", str(TINY), "--matrix", "--format", "json"]).output
    )
    assert len(cells) == 2
    judged = json.loads(
        run(main, ["conformity", "--plan", str(TINY), "--format", "json", "--lang", "zh"]).output
    )
    assert judged[2]["verdict"] == "against"
    assert "reason_en" not in judged[2]
