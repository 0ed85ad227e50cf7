"""The commands as a user types them."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import TINY, set_cell

from geoplan.cli import main
from geoplan.schema import TABLES


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_show_tells_tables_layers_and_money() -> None:
    result = run("show", "--plan", TINY, "--lang", "zh")
    assert result.exit_code == 0
    assert "三方块规划" in result.output
    assert "投资项目" in result.output
    assert "650" in result.output


def test_check_exits_0_1_and_2(folder: Path, tmp_path: Path) -> None:
    fine = run("check", "--plan", folder, "--today", "2021-06-01")
    assert (fine.exit_code, fine.output) == (0, "0 errors, 0 warnings\n")
    late = ("check", "--plan", folder, "--today", "2027-06-01")
    assert run(*late).exit_code == 0
    assert run(*late, "--strict").exit_code == 1
    set_cell(folder, "projects", 2, "investment_wanyuan", "约3亿")
    wrong = run("check", "--plan", folder, "--today", "2021-06-01", "--lang", "en")
    assert wrong.exit_code == 1
    assert (
        "data/projects.csv, row 2, investment_wanyuan: “约3亿” is not a whole number. Write 30000."
        in wrong.output
    )
    nothing = run("check", "--plan", tmp_path / "nowhere")
    assert nothing.exit_code == 2
    assert nothing.output.count("\n") == 1


def test_lists_come_as_json_and_csv(folder: Path) -> None:
    set_cell(folder, "projects", 2, "name_zh", "=cmd|' /C calc'!A0")
    as_json = json.loads(run("ledger", "--plan", folder, "--format", "json").output)
    assert len(as_json) == 12
    assert as_json[7]["subject_zh"].startswith("=cmd")
    rows = list(
        csv.reader(
            io.StringIO(run("ledger", "--plan", folder, "--format", "csv").output.lstrip("\ufeff"))
        )
    )
    assert rows[8][rows[0].index("subject_zh")].startswith("'=cmd")
    found = json.loads(
        run("check", "--plan", folder, "--today", "2099-01-01", "--format", "json").output
    )
    assert {"severity", "file", "row", "column", "code", "message"} == set(found[0])


def test_ledger_finds_words_and_conflicts(folder: Path) -> None:
    assert (
        len(
            json.loads(
                run("ledger", "--plan", folder, "--find", "机械臂项目", "--format", "json").output
            )
        )
        == 1
    )
    set_cell(folder, "indicators", 4, "value", "150")
    text = run("ledger", "--plan", folder, "--conflicts", "--lang", "zh").output
    assert "60 + 40 = 100" in text
    assert "data/indicators.csv:4" in text


def test_schema_is_the_data_dictionary() -> None:
    everything = json.loads(run("schema", "--format", "json").output)
    assert {(r["table"], r["column"]) for r in everything} == {
        (t.name, c) for t in TABLES.values() for c in t.column_names
    }
    one = run("schema", "projects", "--lang", "zh")
    assert "计划总投资" in one.output
    assert run("schema", "nothing").exit_code == 2


def test_a_new_plan_opens_checks_and_is_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "new"
    arguments = ("init", target, "--title-zh", '某市"规划"', "--extent", "100", "30", "101", "31")
    assert run(*arguments).exit_code == 0
    assert run("check", "--plan", target).output == "0 errors, 0 warnings\n"
    assert "data/sources.csv" in run("show", "--plan", target, "--lang", "en").output
    assert run("ledger", "--plan", target, "--conflicts").output == "0 conflicts\n"
    again = run(*arguments)
    assert again.exit_code == 2
    assert "not empty" in again.output


def test_derive_writes_what_the_tables_say(folder: Path) -> None:
    assert run("derive", "--plan", folder, "--check").exit_code == 0
    set_cell(folder, "platforms", 2, "area_km2", "0.5")
    assert run("derive", "--plan", folder, "--check").exit_code == 1
    assert "layers/platforms.geojson" in run("derive", "--plan", folder).output
    assert run("derive", "--plan", folder, "--check").exit_code == 0


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("density", "--by", "grid", "--cell", "nan"),
        ("density", "--by", "grid", "--cell", "1e300"),
        ("init", "{tmp}/a", "--title-zh", "市", "--extent", "4", "3", "2", "1"),
        (
            "init",
            "{tmp}/b",
            "--title-zh",
            "市",
            "--crs",
            "EPSG:4326",
            "--extent",
            "1",
            "2",
            "3",
            "4",
        ),
        ("init", "{tmp}/file/c", "--title-zh", "市", "--extent", "1", "2", "3", "4"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_2(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    result = run(*(a.format(tmp=tmp_path) for a in arguments))
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    assert not (tmp_path / "a").exists()


def test_a_new_plan_is_measured_in_a_crs_made_for_its_place(tmp_path: Path) -> None:
    def started(*more: str) -> Result:
        place = ("--title-zh", "某市", "--extent", "118.3", "29.1", "120.8", "30.7")
        return run("init", tmp_path / "city", *place, *more)

    refused = started("--crs", "EPSG:3857")
    assert refused.exit_code == 2
    assert "off by +34%" in refused.output
    assert "EPSG:4549" in refused.output
    assert started().exit_code == 0
    assert 'analysis_crs = "EPSG:4549"' in (tmp_path / "city/plan.toml").read_text("utf-8")


def test_check_judges_the_tables_of_site_selection(folder: Path) -> None:
    set_cell(folder, "rules", 2, "condition", "kind =")
    set_cell(folder, "criteria", 2, "value_points", "5:0|1:1")
    wrong = run("check", "--plan", folder, "--today", "2021-06-01", "--lang", "en")
    assert wrong.exit_code == 1
    assert "data/criteria.csv, row 2, value_points: Site selection cannot use it." in wrong.output
    assert "data/rules.csv, row 2, condition: Site selection cannot use it. " in wrong.output
    assert "2 errors" in wrong.output
    chinese = run("check", "--plan", folder, "--today", "2021-06-01", "--lang", "zh")
    assert "data/rules.csv，第 2 行，列 condition: 选址用不了这一行" in chinese.output
