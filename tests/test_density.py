"""Where the money is: known answers on three squares, laws, and both vintages."""

import itertools
import json
from dataclasses import astuple
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from conftest import TINY, read_rows, set_cell, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st

import geoplan
from geoplan.cli import main
from geoplan.place.apportion import reallocate, shares_in_zones
from geoplan.place.density import BY, Question, amounts, compare_vintages, density
from geoplan.place.locate import locate
from geoplan.place.zones import district_layer


def money_by_zone(plan: geoplan.Plan, **asked: object) -> dict[str, int]:
    return density(plan, **asked).zones["investment_wanyuan"].to_dict()  # type: ignore[arg-type]


def test_the_chain_of_locations(tiny: geoplan.Plan) -> None:
    places = locate(tiny, "projects")
    assert places["precision"].to_dict() == {
        "p1": "exact",
        "p2": "platform",
        "p3": "district",
        "p4": "unknown",
    }
    assert places["via"].to_dict() == {"p1": "own", "p2": "platform", "p3": "own", "p4": "unknown"}
    assert places.at["p2", "basis"] == "read"
    assert places.geometry["p1"].geom_type == "Point"
    assert places.geometry["p3"].area == pytest.approx(1e6, rel=1e-6)
    assert places.geometry["p4"] is None


def test_a_district_is_never_a_point(tiny: geoplan.Plan) -> None:
    for kind in ("projects", "enterprises", "platforms", "hubs"):
        places = locate(tiny, kind)
        points = places[places.geometry.geom_type == "Point"]
        assert set(points["precision"]) <= {"exact", "street"}


def test_a_platform_known_less_exactly_than_its_area_is_its_disc(tiny: geoplan.Plan) -> None:
    area = locate(tiny, "platforms").geometry["park"].area
    assert area == pytest.approx(np.pi * 400**2, rel=0.002)


def test_a_firm_without_place_is_at_its_only_platform(folder: Path) -> None:
    rows = read_rows(folder, "locations")
    write_rows(folder, "locations", [r for r in rows if r[1] != "jia-yi"])
    places = locate(geoplan.open_plan(folder), "enterprises")
    assert places.loc["jia-yi", ["precision", "via", "platform_id"]].tolist() == [
        "platform",
        "platform",
        "park",
    ]


def test_money_by_district(tiny: geoplan.Plan) -> None:
    result = density(tiny, by="district")
    assert result.zones["investment_wanyuan"].to_dict() == {"A": 300, "B": 300, "C": 0}
    assert result.zones["project_count"].to_dict() == {"A": 2, "B": 1, "C": 0}
    assert result.zones["firm_count"].to_dict() == {"A": 1, "B": 0, "C": 0}
    assert result.zones["investment_wanyuan_per_km2"].tolist() == pytest.approx(
        [300, 300, 0], rel=1e-5
    )
    assert result.zones["investment_wanyuan_per_mu"].tolist() == pytest.approx(
        [0.2, 0.2, 0], rel=1e-5
    )
    assert astuple(result.money) == (600, 0, 0, 50, 650)


def test_money_by_wing_and_platform(tiny: geoplan.Plan) -> None:
    wing = density(tiny, by="wing")
    assert wing.zones["investment_wanyuan"].to_dict() == {"east": 300}
    assert astuple(wing.money) == (300, 0, 300, 50, 650)
    platform = density(tiny, by="platform")
    assert platform.zones["investment_wanyuan"].to_dict() == {"park": 200}
    assert platform.zones["investment_wanyuan_per_km2"].to_dict() == {"park": 800}
    assert astuple(platform.money) == (200, 0, 400, 50, 650)


def test_no_area_is_made_up_for_a_platform(folder: Path) -> None:
    set_cell(folder, "platforms", 2, "area_km2", "")
    zones = density(geoplan.open_plan(folder), by="platform").zones
    assert zones["investment_wanyuan"].to_dict() == {"park": 200}
    assert zones["investment_wanyuan_per_km2"].isna().all()


def test_money_by_year_and_sector_and_without_the_largest(tiny: geoplan.Plan) -> None:
    assert [sum(money_by_zone(tiny, year=y).values()) for y in range(2021, 2026)] == [
        90,
        90,
        340,
        40,
        40,
    ]
    assert density(tiny, year=2024).money.unplaced == 25
    assert money_by_zone(tiny, sector="robots") == {"A": 300, "B": 0, "C": 0}
    without = density(tiny, without_largest=True)
    assert without.left_out == "p3"
    assert astuple(without.money) == (300, 0, 0, 50, 350)


def test_the_crosswalk_splits_a_project_to_the_wanyuan(folder: Path) -> None:
    rows = read_rows(folder, "sector_links")
    for number, (to, share) in enumerate([("fibre", "0.3"), ("", "0.7")]):
        rows.append(
            [
                f"l{number}",
                "robots",
                "p1",
                "tiny",
                to,
                "",
                share,
                "tiny-plan",
                "附件",
                "甲一公司",
                "inferred",
                "因",
            ]
        )
    write_rows(folder, "sector_links", rows)
    plan = geoplan.open_plan(folder)
    money, share, _ = amounts(plan, Question(sector="fibre"))
    assert money.to_dict() == {"p1": 30, "p3": 300, "p4": 50}
    assert share.to_dict() == {"p1": 0.3, "p3": 1.0, "p4": 1.0}


@pytest.mark.parametrize("by", ["grid", "hex"])
@pytest.mark.parametrize("to", ["district", "platforms"])
def test_a_grid_holds_all_that_is_known(by: str, to: str, tiny: geoplan.Plan) -> None:
    result = density(tiny, by=by, cell_m=100, hex_resolution=9, bandwidth_m=80, district_to=to)  # type: ignore[arg-type]
    assert result.zones["investment_wanyuan"].sum() == pytest.approx(600)
    assert result.zones["coarser_wanyuan"].sum() == pytest.approx(300)
    assert result.zones["project_count"].sum() == pytest.approx(3)
    assert astuple(result.money) == (300, 0, 300, 50, 650)


def test_money_known_to_a_district_is_spread_evenly(tiny: geoplan.Plan) -> None:
    cells = density(tiny, by="grid", cell_m=100, sector="fibre").zones
    cells = cells[cells["investment_wanyuan"] > 0.001]
    assert len(cells) == 100
    assert cells["investment_wanyuan"].to_numpy() == pytest.approx(3.0, rel=1e-4)


def test_both_vintages_side_by_side(tiny: geoplan.Plan) -> None:
    assert district_layer(tiny, 2019).name == "districts_before"
    assert money_by_zone(tiny, vintage=2019) == {"A": 300, "B": 300}
    table = compare_vintages(tiny, 2019, 2021)
    assert table["change_wanyuan"].to_dict() == {"A": 0, "B": 0, "C": 0}


def test_money_known_to_an_old_district_moves_by_area(folder: Path) -> None:
    set_cell(folder, "locations", 5, "as_of", "2019-06-01")
    plan = geoplan.open_plan(folder)
    result = density(plan, vintage=2021)
    assert result.zones["investment_wanyuan"].to_dict() == {"A": 300, "B": 150, "C": 150}
    assert result.zones["reallocated_wanyuan"].to_dict() == {"A": 0, "B": 150, "C": 150}
    assert result.reallocated == ("p3",)
    table = compare_vintages(plan, 2019, 2021)
    assert table["change_wanyuan"].to_dict() == {"A": 0, "B": -150, "C": 150}


def test_a_plan_of_one_district_says_where_its_projects_are(folder: Path) -> None:
    set_cell(folder, "plans", 2, "district_codes", "C")
    assert money_by_zone(geoplan.open_plan(folder)) == {"A": 0, "B": 0, "C": 650}


@pytest.mark.parametrize(
    ("asked", "words"),
    [({"by": "moon"}, "choose one of"), ({"sector": "x"}, "no sector"),
     ({"vintage": "soon"}, "no vintage"), ({"by": "grid", "cell_m": 1}, "finer"), ({"by": "hex", "hex_resolution": 15}, "5 to 9")],
)  # fmt: skip
def test_a_question_without_answer_says_what_to_ask(
    asked: dict[str, object], words: str, tiny: geoplan.Plan
) -> None:
    with pytest.raises(geoplan.QuestionError, match=words):
        density(tiny, **asked)  # type: ignore[arg-type]


_precisions = st.sampled_from(["exact", "platform", "district", "unknown"])
_projects = st.lists(
    st.tuples(_precisions, st.integers(0, 10**9), st.floats(0, 3000), st.floats(0, 1000), st.sampled_from("ABC")),
    min_size=1, max_size=8,
)  # fmt: skip


def planted(folder: Path, projects: list[tuple[str, int, float, float, str]]) -> geoplan.Plan:
    """The tiny plan with other projects: (precision, money, east, north, district)."""
    to_lonlat = gpd.GeoSeries(
        gpd.points_from_xy(
            [500_000 + p[2] for p in projects], [3_320_000 + p[3] for p in projects]
        ),
        crs=4549,
    ).to_crs("OGC:CRS84")
    rows = read_rows(folder, "projects")
    places = [r for r in read_rows(folder, "locations") if r[0] != "projects"]
    made = [rows[0]]
    for number, (precision, money, *_, code) in enumerate(projects):
        row = list(rows[1])
        row[0], row[5], row[6], row[7] = f"q{number}", str(money), "2021", "2023"
        row[8], row[9] = ("park", "read") if precision == "platform" else ("", "")
        made.append(row)
        place = {
            "subject_kind": "projects",
            "subject_id": row[0],
            "source_id": "desk",
            "basis": "unverified",
            "precision": precision,
        }
        if precision == "exact":
            point = to_lonlat.iloc[number]
            place |= {"lon": f"{point.x:.7f}", "lat": f"{point.y:.7f}", "accuracy_m": "20"}
        elif precision == "district":
            place |= {"district_code": code, "as_of": "2021-01-01"}
        elif precision == "platform":
            place |= {"precision": "unknown"}
        places.append([place.get(name, "") for name in places[0]])
    write_rows(folder, "projects", made)
    write_rows(folder, "locations", places)
    return geoplan.open_plan(folder)


@settings(max_examples=8, deadline=None)
@given(_projects, st.sampled_from([None, 2021, 2022, 2023]), st.booleans())
def test_money_reconciles_whatever_the_precision(
    projects: list[tuple[str, int, float, float, str]], year: int | None, without: bool
) -> None:
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        plan = planted(Path(shutil.copytree(TINY, Path(name) / "plan")), projects)
        whole, _, _ = amounts(plan, Question(year=year, without_largest=without))
        for by in BY:
            result = density(
                plan, by=by, year=year, without_largest=without, cell_m=200, hex_resolution=8
            )
            placed, outside, coarser, unplaced, total = astuple(result.money)
            assert placed + outside + coarser + unplaced == total == int(whole.sum())
            spread = result.zones["investment_wanyuan"].sum()
            if by in ("grid", "hex"):
                assert spread == pytest.approx(placed + coarser, rel=1e-9, abs=1e-6)
            else:
                assert spread == placed


@settings(max_examples=6, deadline=None)
@given(_projects)
def test_splitting_a_project_and_doubling_money(
    projects: list[tuple[str, int, float, float, str]],
) -> None:
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        one, two, three = (Path(shutil.copytree(TINY, Path(name) / str(i))) for i in range(3))
        before = density(
            planted(one, [(p, 2 * m, *rest) for p, m, *rest in projects]), by="district"
        ).zones  # type: ignore[misc]
        split = density(planted(two, [p for p in projects for _ in range(2)]), by="district").zones
        single = density(planted(three, projects), by="district").zones
        pd.testing.assert_series_equal(before["investment_wanyuan"], split["investment_wanyuan"])
        doubled = 2 * single["investment_wanyuan_per_km2"]
        pd.testing.assert_series_equal(before["investment_wanyuan_per_km2"], doubled)


def test_the_order_of_zones_changes_nothing() -> None:
    zones = gpd.GeoSeries([shapely.box(i, 0, i + 1, 1) for i in range(3)], index=list("abc"))
    things = gpd.GeoSeries(
        [shapely.Point(1, 0.5), shapely.box(0.5, 0, 2.5, 1), None, shapely.box(-1, 0, 1, 1)]
    )
    expected = None
    for order in itertools.permutations(range(3)):
        shuffled = zones.iloc[list(order)]
        shares = shares_in_zones(things, shuffled)
        keys = [shuffled.index[z] if z >= 0 else "" for z in shares.zone]
        found = sorted(
            zip(shares.thing.tolist(), keys, shares.share.round(12).tolist(), strict=True)
        )
        expected = expected or found
        assert found == expected
    assert (0, "a", 1.0) in (expected or [])
    assert (3, "", 0.5) in (expected or [])


def test_moving_everything_changes_nothing() -> None:
    zones = gpd.GeoSeries([shapely.box(i * 1024, 0, (i + 1) * 1024, 1024) for i in range(3)])
    things = gpd.GeoSeries([shapely.box(512, 0, 2560, 512), shapely.Point(1024, 7)])
    here = shares_in_zones(things, zones)
    there = shares_in_zones(things.translate(4096, 8192), zones.translate(4096, 8192))
    assert here.zone.tolist() == there.zone.tolist()
    assert here.share == pytest.approx(there.share)


def test_a_sliver_between_two_drawings_of_a_line_is_noise() -> None:
    zones = gpd.GeoSeries(
        [shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)], index=["a", "b"]
    )
    thing = gpd.GeoSeries([shapely.box(100, 0, 1010, 1000)])
    assert len(shares_in_zones(thing, zones).zone) == 2
    clean = shares_in_zones(thing, zones, sliver_m=50)
    assert clean.zone.tolist() == [0]
    assert clean.share.tolist() == pytest.approx([1.0])


def test_amounts_and_rates_move_differently() -> None:
    old = gpd.GeoSeries([shapely.box(0, 0, 2, 1), shapely.box(2, 0, 4, 1)], index=["x", "y"])
    new = gpd.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 4, 1)], index=["p", "q"])
    values = pd.Series([10.0, 30.0], index=["x", "y"], name="v")
    extensive = reallocate(values, old, new, "extensive")
    assert extensive.to_dict() == {"p": 5.0, "q": 35.0}
    intensive = reallocate(values, old, new, "intensive")
    assert intensive["p"] == 10.0
    assert intensive["q"] == pytest.approx((10 * 1 + 30 * 2) / 3)
    with pytest.raises(geoplan.QuestionError, match="declare"):
        reallocate(values, old, new, "both")  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", ["csv", "json", "geojson", "gpkg"])
def test_results_go_to_files_with_their_money_line(ending: str, tmp_path: Path) -> None:
    out = tmp_path / f"density.{ending}"
    result = CliRunner().invoke(
        main, ["density", "--plan", str(TINY), "--out", str(out), "--lang", "en"]
    )
    assert result.exit_code == 0, result.output
    if ending == "csv":
        lines = out.read_text("utf-8-sig").splitlines()
        assert lines[-1].startswith("(total)")
        assert ",650," in lines[-1]
    elif ending == "gpkg":
        zones = gpd.read_file(out, layer="district")
        assert zones["investment_wanyuan"].sum() == 600
        assert gpd.read_file(out, layer="money")["total"].tolist() == [650]
    else:
        content = json.loads(out.read_text("utf-8"))
        assert content["money"]["total"] == 650
    assert not [p for p in tmp_path.iterdir() if p != out]


def test_a_file_of_unknown_ending_or_folder_is_refused(tmp_path: Path) -> None:
    for out in (tmp_path / "x.docx", tmp_path / "nowhere" / "x.csv"):
        result = CliRunner().invoke(main, ["density", "--plan", str(TINY), "--out", str(out)])
        assert result.exit_code == 2
        assert str(out) in result.output
