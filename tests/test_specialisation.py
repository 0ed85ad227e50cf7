"""Location quotients and concentration of the plan's own money."""

import json

import pytest
from click.testing import CliRunner
from conftest import TINY

import geoplan
from geoplan.cli import main
from geoplan.place.specialisation import concentrations, specialisation


def test_location_quotients_of_a_sector(tiny: geoplan.Plan) -> None:
    # Robots: 300 of 300 in A, 300 of 650 in all. Fibre: 300 of 300 in B, 350 of 650 in all.
    robots = specialisation(tiny, "robots")["location_quotient"]
    assert robots["A"] == pytest.approx(1 / (300 / 650))
    assert robots["B"] == 0
    assert robots.isna()["C"]
    fibre = specialisation(tiny, "fibre")
    assert fibre["location_quotient"]["B"] == pytest.approx(1 / (350 / 650))
    # Without p3 (300, fibre in B): nothing is left in B; fibre is 50 of 350.
    assert fibre["location_quotient_without_largest"].isna()["B"]
    assert fibre["location_quotient_without_largest"]["A"] == 0


def test_concentration_with_and_without_the_largest(tiny: geoplan.Plan) -> None:
    zones, projects = concentrations(tiny)
    assert zones["hhi"] == pytest.approx(0.5)
    assert projects["units"] == 4
    assert projects["hhi"] == pytest.approx((100**2 + 200**2 + 300**2 + 50**2) / 650**2)
    assert projects["hhi_without_largest"] == pytest.approx((100**2 + 200**2 + 50**2) / 350**2)
    assert zones["warning_zh"]
    assert zones["warning_en"]


def test_the_command_lists_both() -> None:
    run = CliRunner().invoke
    rows = json.loads(
        run(main, ["concentration", "--plan", str(TINY), "--format", "json", "--lang", "en"]).output
    )
    assert [r["over"] for r in rows] == ["zones", "projects"]
    quotients = json.loads(
        run(
            main,
            [
                "concentration",
                "--plan",
                str(TINY),
                "--sector",
                "robots",
                "--format",
                "json",
                "--lang",
                "zh",
            ],
        ).output
    )
    assert quotients[0]["name_zh"] == "甲区"
    assert "name_en" not in quotients[0]
