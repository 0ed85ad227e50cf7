"""A datum nobody declared is measured and asked; a CRS is guessed only with its evidence."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from making import csv_file, shapefile
from pyproj import CRS, Transformer

import geoplan
from geoplan.exchange.asking.proposals import Proposal
from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.geodata.crsguess import (
    crs_of,
    guesses,
    refused_datum,
    to_lonlat,
    with_parameters,
)
from geoplan.exchange.geodata.datums import Witnesses, hinted, is_undecided, measure, partly_shifted
from geoplan.exchange.incoming.importing import propose
from geoplan.plan.crs import FROM_WGS84, move_lonlat
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both

EXTENT = (118.2, 29.1, 120.9, 30.7)


@pytest.fixture(scope="module")
def embedded() -> Plan:
    return geoplan.open_plan(ROOT)


@pytest.fixture(scope="module")
def districts() -> gpd.GeoDataFrame:
    return gpd.read_file(ROOT / "layers/districts_2021.geojson")[["code", "name_zh", "geometry"]]


def moved(frame: gpd.GeoDataFrame, datum: str) -> gpd.GeoDataFrame:
    return frame.set_geometry(move_lonlat(frame.geometry, FROM_WGS84[datum]))


def proposed(
    plan: Plan, frame: gpd.GeoDataFrame, folder: Path, as_: str = "districts", **more: Any
) -> Proposal:
    path = folder / "a.gpkg"
    path.unlink(missing_ok=True)
    frame.to_file(path)
    return propose(plan, path, as_, **more)


@pytest.mark.parametrize(("datum", "size"), [("GCJ-02", 525), ("BD-09", 1147)])
def test_an_undeclared_datum_is_measured_asked_and_converted_on_confirmation(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path, datum: str, size: int
) -> None:
    frame = moved(districts, datum)
    proposal = proposed(embedded, frame, tmp_path)
    (question,) = proposal.open_questions
    assert (question.id, question.proposed) == ("datum", datum)
    assert f"{size} 米" in question.asked.zh
    assert "13" in question.asked.en
    assert proposal.is_empty
    converted = proposed(embedded, frame, tmp_path, answers={"datum": datum})
    assert converted.counts()["unchanged"] == 13
    assert "datum.converted" in [remark.code for remark in converted.warnings]
    kept = proposed(embedded, frame, tmp_path, answers={"datum": "WGS 84"})
    assert kept.counts()["changed"] == 13


def test_districts_without_any_name_are_recognised_by_their_size(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    proposal = proposed(embedded, moved(districts[["geometry"]], "GCJ-02"), tmp_path, "parcels")
    assert [question.proposed for question in proposal.open_questions] == ["GCJ-02"]


def test_points_in_a_table_are_measured_against_the_plans_own(
    embedded: Plan, tmp_path: Path
) -> None:
    places = embedded.tables["locations"]
    hubs = places[(places["subject_kind"] == "hubs") & places["lon"].notna()].head(12)
    lon, lat = FROM_WGS84["GCJ-02"](hubs["lon"].to_numpy(), hubs["lat"].to_numpy())
    names = embedded.tables["hubs"].set_index("id")["name_zh"]
    rows = [
        ["枢纽名称", "经度", "纬度"],
        *([names[i], x, y] for i, x, y in zip(hubs["subject_id"], lon, lat, strict=True)),
    ]
    path = csv_file(tmp_path / "a.csv", rows)
    more = {"set:kind": "metro_station"}
    assert [q.id for q in propose(embedded, path, "hubs", answers=more).open_questions] == ["datum"]
    converted = propose(embedded, path, "hubs", answers={**more, "datum": "GCJ-02"})
    assert "locations" not in converted.tables or not len(converted.tables["locations"].added)


def test_points_astray_of_the_district_they_claim_betray_a_datum(
    tiny: Plan, tmp_path: Path
) -> None:
    lon, lat = np.array([120.0060, 120.0070, 120.0080, 120.0090]), np.full(4, 30.004)
    east, north = FROM_WGS84["GCJ-02"](lon, lat)
    rows = [
        ["平台名称", "类别", "区县", "经度", "纬度"],
        *(
            [f"{w}平台", "园区", "甲区", x, y]
            for w, x, y in zip("子丑寅卯", east, north, strict=True)
        ),
    ]
    rows = [row if row[0] == "平台名称" else [row[0], "产业园", *row[2:]] for row in rows]
    path = csv_file(tmp_path / "a.csv", rows)
    proposal = propose(tiny, path, "platforms")
    assert [(q.id, q.proposed) for q in proposal.open_questions] == [("datum", "GCJ-02")]
    taken = propose(tiny, path, "platforms", answers={"datum": "GCJ-02"}).tables["locations"].added
    assert np.allclose(taken["lon"].astype(float), lon, atol=1e-6)
    assert "GCJ-02" in taken["coordinate_note"].iloc[0]


def test_swapped_axes_are_asked(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    shapes = shapely.transform(districts.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    frame = districts.set_geometry(gpd.GeoSeries(shapes, crs=4326))
    assert [q.id for q in proposed(embedded, frame, tmp_path).open_questions] == ["axes"]
    assert proposed(embedded, frame, tmp_path, answers={"axes": "swap"}).counts()["unchanged"] == 13


@pytest.mark.parametrize("code", [4549, 4528, 4548, 4498, 4490, 4326, 3857, 32650, 32651])
def test_every_declared_crs_comes_back_to_the_same_place(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path, code: int
) -> None:
    assert proposed(embedded, districts.to_crs(code), tmp_path).counts()["unchanged"] == 13


@pytest.mark.parametrize("code", [4549, 4528, 4498])
def test_metres_without_a_crs_are_guessed_from_the_extent_and_confirmed(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path, code: int
) -> None:
    path = shapefile(
        tmp_path / "a.zip", districts.to_crs(code), encoding="GBK", without=[".prj", ".cpg"]
    )
    proposal = propose(embedded, path, "districts")
    (question,) = proposal.open_questions
    assert (question.id, question.proposed) == ("crs", f"EPSG:{code}")
    assert "100%" in question.asked.zh
    assert "北京54" in question.asked.zh
    assert (
        propose(embedded, path, "districts", answers={"crs": f"EPSG:{code}"}).counts()["unchanged"]
        == 13
    )


@pytest.mark.parametrize("code", [2437, 2417, 4214, 21460, 2385, 4610, 2364, 4555])
def test_beijing_54_and_xian_80_are_named_and_refused(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path, code: int
) -> None:
    crs = CRS.from_epsg(code)
    frame = districts.to_crs(4549 if crs.is_projected else 4490).set_crs(crs, allow_override=True)
    with pytest.raises(RefusedFileError) as caught:
        proposed(embedded, frame, tmp_path)
    said = caught.value.message("zh")
    assert ("北京54" in said) or ("西安80" in said)
    assert "parameters" in said


def test_parameters_open_the_way(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    beijing = crs_of("EPSG:2437")
    assert beijing is not None
    own = with_parameters(beijing, "12,-150,-80,0.1,0.2,0.3,1.5")
    assert own is not None
    shapes = shapely.transform(districts.geometry.to_numpy(), lambda xy: np.column_stack(
        Transformer.from_crs("OGC:CRS84", own, always_xy=True).transform(xy[:, 0], xy[:, 1])))  # fmt: skip
    frame = gpd.GeoDataFrame(districts.drop(columns="geometry"), geometry=shapes, crs=2437)
    answers = {"parameters": "12,-150,-80,0.1,0.2,0.3,1.5"}
    assert proposed(embedded, frame, tmp_path, answers=answers).counts()["unchanged"] == 13
    for wrong in ("1,2", "a,b,c", "1,2,inf"):
        assert with_parameters(beijing, wrong) is None


def test_a_local_grid_is_named_and_refused(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    shapes = shapely.transform(
        districts.to_crs(4549).geometry.to_numpy(), lambda xy: xy - [450_000, 3_250_000]
    )
    path = shapefile(
        tmp_path / "a.zip", districts.set_geometry(gpd.GeoSeries(shapes)), without=[".prj"]
    )
    with pytest.raises(RefusedFileError) as caught:
        propose(embedded, path, "districts")
    assert caught.value.remarks[0].code == "crs.local"
    local = CRS.from_wkt('LOCAL_CS["某市独立坐标系",UNIT["Meter",1.0]]')
    assert refused_datum(local) is not None


def test_a_declaration_that_cannot_be_is_not_believed(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    wrong = districts.to_crs(4549).set_crs(4326, allow_override=True)
    proposal = proposed(embedded, wrong, tmp_path)
    assert "crs.contradicted" in [remark.code for remark in proposal.warnings]
    assert [question.proposed for question in proposal.open_questions] == ["EPSG:4549"]


def test_an_unknown_crs_answer_is_refused(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    with pytest.raises(RefusedFileError) as caught:
        proposed(embedded, districts, tmp_path, answers={"crs": "EPSG:999999"})
    assert caught.value.remarks[0].code == "crs.unknown"


def test_a_shift_of_another_kind_is_told_and_not_converted(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    frame = districts.to_crs(4549)
    frame = frame.set_geometry(frame.translate(95, -60)).to_crs(4326)
    proposal = proposed(embedded, frame, tmp_path)
    assert "datum.unexplained" in [remark.code for remark in proposal.warnings]
    assert not proposal.open_questions


def test_the_evidence_is_a_vector_a_share_and_a_residual() -> None:
    expected = np.array([[120.1, 30.2], [120.3, 30.3], [120.2, 30.1]])
    found = np.column_stack(FROM_WGS84["GCJ-02"](expected[:, 0], expected[:, 1]))
    shift = measure(Witnesses(found, expected, np.full(3, 50.0), Both("点", "points")))
    assert shift is not None
    assert shift.datum == "GCJ-02"
    assert shift.residual_m < 1
    assert shift.explained > 0.99
    assert 450 < shift.size_m < 600
    assert f"{shift.size_m:.0f} m" in shift.evidence().en


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.floats(0, 150), st.integers(0, 10_000))
def test_honest_scatter_is_never_taken_for_a_datum(count: int, scatter_m: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    expected = np.column_stack((random.uniform(119, 121, count), random.uniform(29.5, 30.5, count)))
    found = expected + random.normal(0, scatter_m / 3 / 111_320, (count, 2))
    shift = measure(Witnesses(found, expected, np.full(count, 100.0), Both("点", "points")))
    assert shift is None or not shift.datum


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["GCJ-02", "BD-09"]),
    st.integers(3, 30),
    st.floats(0, 120),
    st.integers(0, 10_000),
)
def test_a_datum_is_found_through_scatter(
    datum: str, count: int, scatter_m: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    expected = np.column_stack((random.uniform(119, 121, count), random.uniform(29.5, 30.5, count)))
    found = np.column_stack(FROM_WGS84[datum](expected[:, 0], expected[:, 1]))
    found = found + random.normal(0, scatter_m / 3 / 111_320, (count, 2))
    shift = measure(Witnesses(found, expected, np.full(count, 100.0), Both("点", "points")))
    assert shift is not None
    assert shift.datum == datum


def test_the_same_projection_is_offered_once() -> None:
    box = np.array([[591_850.0, 3_263_035.0], [749_389.0, 3_368_049.0]])
    found = guesses(
        to_lonlat(
            CRS.from_epsg(4549), np.array([[391_850.0, 3_263_035.0], [549_389.0, 3_368_049.0]])
        ),
        EXTENT,
        "EPSG:4549",
    )
    assert [guess.code for guess in found] == ["EPSG:4490"]
    codes = [guess.code for guess in guesses(box, EXTENT, "EPSG:4549")]
    assert len(codes) == len(set(codes))
    assert guesses(np.empty((0, 2)), EXTENT, "EPSG:4549") == []


def test_points_known_roughly_betray_a_datum_by_moving_all_alike() -> None:
    random = np.random.default_rng(1)
    expected = np.column_stack((random.uniform(119, 121, 6), random.uniform(29.5, 30.5, 6)))
    found = np.column_stack(FROM_WGS84["GCJ-02"](expected[:, 0], expected[:, 1]))
    roughly = np.full(6, 2_000.0)
    shift = measure(Witnesses(found, expected, roughly, Both("平台", "platforms")))
    assert shift is not None
    assert shift.datum == "GCJ-02"
    # A few, or some that are off each its own way, tell nothing where so little is known.
    assert (
        measure(Witnesses(found[:4], expected[:4], roughly[:4], Both("平台", "platforms"))) is None
    )
    astray = found + random.normal(0, 800 / 111_320, (6, 2))
    assert measure(Witnesses(astray, expected, roughly, Both("平台", "platforms"))) is None


@pytest.mark.parametrize("srs", [0, -1])
def test_a_crs_that_only_says_undefined_is_none(
    embedded: Plan, districts: gpd.GeoDataFrame, tmp_path: Path, srs: int
) -> None:
    frame = districts if srs == 0 else districts.to_crs(4549)
    path = tmp_path / "a.gpkg"
    frame.to_file(path, layer="a")
    with closing(sqlite3.connect(path)) as book:
        book.execute("UPDATE gpkg_contents SET srs_id = ?", (srs,))
        book.execute("UPDATE gpkg_geometry_columns SET srs_id = ?", (srs,))
        book.commit()
    questions = {q.id: q for q in propose(embedded, path, "districts").questions}
    assert questions["crs"].proposed == ("EPSG:4490" if srs == 0 else "EPSG:4549")
    assert questions["crs"].is_blocking == (srs != 0)


@pytest.mark.parametrize(
    ("code", "at"), [(4326, (0.0, 0.0)), (4326, (121.4, 31.2)), (4549, (640_000, 3_455_000))]
)
def test_another_region_is_no_local_grid(
    embedded: Plan, tmp_path: Path, code: int, at: tuple[float, float]
) -> None:
    frame = gpd.GeoDataFrame({"a": ["x"]}, geometry=[shapely.Point(at)], crs=code)
    with pytest.raises(RefusedFileError) as caught:
        proposed(embedded, frame, tmp_path, "parcels")
    assert [remark.code for remark in caught.value.remarks] == ["geometry.outside"]


def test_a_crs_that_names_a_file_is_none() -> None:
    for text in ("+proj=latlong +nadgrids=/etc/passwd", "+init=/etc/passwd:1", "A" * 100_000):
        assert crs_of(text) is None


@pytest.fixture(scope="module")
def hubs(embedded: Plan) -> gpd.GeoDataFrame:
    """The hubs that the plan knows best, where it has them."""
    places = embedded.tables["locations"].dropna(subset=["lon", "lat"])
    places = places[places["subject_kind"] == "hubs"].sort_values("accuracy_m").head(10)
    points = gpd.points_from_xy(places["lon"], places["lat"])
    return gpd.GeoDataFrame({"id": list(places["subject_id"])}, geometry=points, crs=4326)


def codes_of(proposal: Proposal) -> list[str]:
    return [remark.code for remark in proposal.warnings]


def test_witnesses_too_few_to_prove_a_datum_are_told(embedded: Plan, tmp_path: Path) -> None:
    places = embedded.tables["locations"].dropna(subset=["lon", "lat"])
    is_rough = places["accuracy_m"].between(400, 2_000)
    rough = places[(places["subject_kind"] == "hubs") & is_rough].head(2)
    points = gpd.points_from_xy(rough["lon"], rough["lat"])
    frame = gpd.GeoDataFrame({"id": list(rough["subject_id"])}, geometry=points, crs=4326)
    proposal = proposed(embedded, moved(frame, "GCJ-02"), tmp_path, "hubs")
    (remark,) = [one for one in proposal.warnings if one.code == "datum.hinted"]
    assert "GCJ-02" in remark.message("zh")
    assert not proposal.open_questions
    assert not {"datum.hinted", "datum.undecided"} & set(
        codes_of(proposed(embedded, frame, tmp_path, "hubs"))
    )


def test_a_file_that_is_shifted_in_part_is_not_converted_as_a_whole(
    embedded: Plan, hubs: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    shifted = moved(hubs, "GCJ-02").geometry
    for count in (3, 7):
        shapes = [*hubs.geometry[: 10 - count], *shifted[10 - count :]]
        frame = hubs.set_geometry(gpd.GeoSeries(shapes, crs=4326))
        proposal = proposed(embedded, frame, tmp_path, "hubs")
        (remark,) = [one for one in proposal.warnings if one.code == "datum.partly"]
        assert (remark.details["count"], remark.details["in_place"]) == (count, 10 - count)
        assert f"{11 - count}–10" in remark.message("zh")
        assert not proposal.open_questions


def test_rough_witnesses_that_lie_anyhow_leave_the_datum_undecided() -> None:
    expected = np.array([[120.1, 30.2], [120.3, 30.3]])
    astray = expected + np.array([[0.006, 0.0], [-0.004, 0.005]])
    found = Witnesses(astray, expected, np.full(2, 1_500.0), Both("平台", "platforms"))
    assert measure(found) is None
    assert hinted(found) is None
    assert partly_shifted(found) is None
    assert is_undecided(found)
    well = Witnesses(astray, expected, np.full(2, 20.0), Both("平台", "platforms"))
    there = Witnesses(expected, expected, np.full(2, 1_500.0), Both("平台", "platforms"))
    assert not is_undecided(well)
    assert not is_undecided(there)


@pytest.mark.filterwarnings("error")
def test_a_point_with_its_axes_exchanged_is_read_quietly(
    embedded: Plan, hubs: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    shapes = [shapely.Point(hubs.geometry[0].y, hubs.geometry[0].x), *hubs.geometry[1:]]
    frame = hubs.set_geometry(gpd.GeoSeries(shapes, crs=4326))
    proposal = proposed(embedded, frame, tmp_path, "hubs")
    assert "location.swapped" in codes_of(proposal)
    assert proposal.counts()["unchanged"] == 10
