import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely
from conftest import TINY, edit_layer, set_cell

import geoplan
from geoplan.errors import GeoplanError, OutputError, QuestionError
from geoplan.exchange.files.replacing import replaced, write_chunks
from geoplan.exchange.outgoing.datasets import datasets
from geoplan.exchange.outgoing.exporting import export, exported
from geoplan.exchange.outgoing.formats import FORMATS, format_of
from geoplan.plan.problems import Both

DAY = date(2026, 11, 22)


def content_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_geojson_is_strict_and_carries_its_origin(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "projects", tmp_path / "p.geojson", today=DAY)
    content = content_of(path)
    assert content["type"] == "FeatureCollection"
    assert "crs" not in content
    assert len(content["bbox"]) == 4
    assert content["metadata"]["plan"]["id"] == "tiny"
    assert content["metadata"]["exported"] == "2026-11-22"
    assert content["metadata"]["money"]["total"] == 650
    assert [f["id"] for f in content["features"]] == tiny.tables["projects"]["id"].tolist()
    assert [f["geometry"] is None for f in content["features"]].count(True) == 1
    for feature in content["features"]:
        assert set(feature) == {"type", "id", "properties", "geometry"}


def test_geojson_knows_no_other_crs(tiny: geoplan.Plan, tmp_path: Path) -> None:
    for crs in ("plan", 4490, "EPSG:3857"):
        with pytest.raises(OutputError, match=r"geojson is always .* write a GeoPackage"):
            export(tiny, "districts", tmp_path / "d.geojson", crs)
    assert export(tiny, "districts", tmp_path / "d.geojson", "OGC:CRS84").exists()
    assert export(tiny, "districts", tmp_path / "d.geojson", 4326).exists()


@pytest.mark.parametrize("asked", ["4490", "EPSG:4549", "epsg:4528", 4326, 3857, "plan", None])
def test_a_crs_is_asked_for_by_number_or_name(
    tiny: geoplan.Plan, tmp_path: Path, asked: Any
) -> None:
    path = export(tiny, "districts", tmp_path / "d.gpkg", asked)
    found = pyogrio.read_dataframe(path, layer="districts")
    expected = {"plan": "EPSG:4549", None: "EPSG:4549"}.get(asked, asked)
    assert found.crs == expected
    there = tiny.layers["districts"].frame.to_crs(expected)
    assert shapely.equals(found.geometry.to_numpy(), there.geometry.to_numpy()).all()


@pytest.mark.parametrize(
    "wrong", ["4490a", "EPSG:1", "+proj=longlat", "EPSG:5773", "../x", "gcj02"]
)
def test_a_wrong_crs_is_refused(tiny: geoplan.Plan, tmp_path: Path, wrong: str) -> None:
    with pytest.raises(OutputError, match=r"CRS|EPSG"):
        export(tiny, "districts", tmp_path / "d.gpkg", wrong)
    assert list(tmp_path.iterdir()) == []


def test_only_rows_that_meet_a_condition_are_written(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = tmp_path / "p.geojson"
    export(tiny, "projects", path, where="investment_wanyuan >= 200 and precision != unknown")
    content = content_of(path)
    money = [f["properties"]["investment_wanyuan"] for f in content["features"]]
    assert money
    assert min(money) >= 200
    said = content["metadata"]
    assert said["where"] == "investment_wanyuan >= 200 and precision != unknown"
    assert (said["rows"], said["rows_of"]) == (len(money), 4)
    # The money line still is that of the whole plan.
    assert said["money"]["total"] == 650


def test_a_condition_that_asks_for_no_column_is_refused(tiny: geoplan.Plan, tmp_path: Path) -> None:
    for where in ("nonsense = 1", "kind =", "geometry = 1"):
        with pytest.raises(GeoplanError):
            export(tiny, "hubs", tmp_path / "h.csv", where=where)
    assert list(tmp_path.iterdir()) == []


def test_no_row_that_fits_is_told(tiny: geoplan.Plan, tmp_path: Path) -> None:
    told: list[Both] = []
    path = export(
        tiny, "hubs", tmp_path / "h.geojson", where="kind = lock", tell=told.append
    )  # fmt: skip
    assert content_of(path)["features"] == []
    assert [b.en for b in told] == ["No row of “hubs” fits."]


def test_several_datasets_go_where_several_fit(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "projects, districts,sectors", tmp_path / "x.gpkg")
    layers = {name for name, _ in pyogrio.list_layers(path)}
    assert {"projects", "projects_points", "districts", "table_sectors"} <= layers
    with pytest.raises(OutputError, match=r"holds one dataset .* use \.gpkg"):
        export(tiny, ["projects", "districts"], tmp_path / "x.geojson")


def test_what_has_two_names_is_written_once(tiny: geoplan.Plan, tmp_path: Path) -> None:
    path = export(tiny, "projects,table_projects,projects", tmp_path / "x.xlsx")
    assert openpyxl.load_workbook(path).sheetnames[:2] == ["投资项目", "字段说明"]
    export(tiny, "projects,table_projects", tmp_path / "x.csv")


@pytest.mark.parametrize("form", [f for f in FORMATS.values() if f.several], ids=lambda f: f.name)
def test_all_means_everything_the_format_can_hold(
    tiny: geoplan.Plan, tmp_path: Path, form: Any
) -> None:
    path = export(tiny, "all", tmp_path / f"all{form.ending}")
    assert path.stat().st_size > 1000
    if form.name == "gpkg":
        layers = {name for name, _ in pyogrio.list_layers(path)}
        filled = {d.name for d in datasets(tiny).values() if len(d.frame(tiny))}
        assert filled <= layers


def test_a_format_says_what_it_cannot_hold(tiny: geoplan.Plan, tmp_path: Path) -> None:
    for name, ending in (("sectors", "fgb"), ("ledger", "zip"), ("sectors", "qml")):
        with pytest.raises(OutputError, match="has no shapes"):
            export(tiny, name, tmp_path / f"x.{ending}")
    with pytest.raises(OutputError, match=r"several files; name an archive, x\.zip"):
        export(tiny, "districts", tmp_path / "x.shp")
    with pytest.raises(OutputError, match=r"one of these endings: \.geojson, \.gpkg"):
        export(tiny, "districts", tmp_path / "x.dwg")
    with pytest.raises(QuestionError, match="no dataset"):
        export(tiny, "nowhere", tmp_path / "x.gpkg")
    with pytest.raises(OutputError, match="no encoding"):
        export(tiny, "districts", tmp_path / "x.zip", encoding="latin-1")
    assert list(tmp_path.iterdir()) == []


def test_geoparquet_without_pyarrow_names_the_extra(
    tiny: geoplan.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(OutputError, match=r"pip install 'geoplan\[parquet\]'"):
        export(tiny, "districts", tmp_path / "d.parquet")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_into_a_plan(folder: Path, tmp_path: Path) -> None:
    plan = geoplan.open_plan(folder)
    other = tmp_path / "link"
    other.symlink_to(folder / "layers", target_is_directory=True)
    places = [
        folder / "data/projects.csv",
        folder / "layers/districts.geojson",
        folder / "layers/deep/x.gpkg",
        other / "x.geojson",
        folder / "data/../layers/x.geojson",
    ]
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for place in places:
        with pytest.raises(OutputError, match="part of the plan"):
            export(plan, "projects", place)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert export(plan, "districts", folder / "mine.geojson").exists()


def test_a_style_lies_beside_geojson_and_one_that_was_made_stays(
    tiny: geoplan.Plan, tmp_path: Path
) -> None:
    export(tiny, "districts", tmp_path / "d.geojson")
    assert "<qgis" in (tmp_path / "d.qml").read_text("utf-8")
    (tmp_path / "d.qml").write_text("mine", "utf-8")
    export(tiny, "districts", tmp_path / "d.geojson")
    assert (tmp_path / "d.qml").read_text("utf-8") == "mine"
    export(tiny, "projects", tmp_path / "p.geojson")
    assert not (tmp_path / "p.qml").exists(), "of several kinds of shapes"


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_plan_and_day_give_the_same_bytes(tiny: geoplan.Plan, form: str) -> None:
    name = "districts"
    first = exported(tiny, name, form, today=DAY)
    again = exported(geoplan.open_plan(TINY), name, form, today=DAY)
    assert first.content == again.content
    assert first.file_name == f"tiny-{name}{FORMATS[form].ending}"
    assert first.media_type == FORMATS[form].media_type
    assert b"2026-11-22" in first.content or form in ("qml", "kmz", "shapefile", "xlsx", "csv")  # fmt: skip


def test_a_shape_that_the_crs_does_not_cover_is_refused(folder: Path, tmp_path: Path) -> None:
    def move(content: dict[str, Any]) -> None:
        content["features"][0]["geometry"] = {"type": "Point", "coordinates": [-170.0, -52.0]}

    edit_layer(folder, "hubs", move)
    plan = geoplan.open_plan(folder)
    with pytest.raises(OutputError, match="cannot be shown in EPSG:3035"):
        export(plan, "layer_hubs", tmp_path / "h.gpkg", 3035)
    assert list(tmp_path.glob("*.gpkg")) == []


def test_hostile_names_stay_text_everywhere(folder: Path, tmp_path: Path) -> None:
    bad = "=cmd|' /C calc'!A0<script>alert(1)</script>\"]]>"
    set_cell(folder, "projects", 2, "name_zh", bad)
    plan = geoplan.open_plan(folder)
    for form in FORMATS.values():
        if form.tables:
            export(plan, "projects", tmp_path / f"x{form.ending}")
    (own,) = [
        f["properties"]["name_zh"]
        for f in content_of(tmp_path / "x.geojson")["features"]
        if f["id"] == plan.tables["projects"]["id"].iloc[0]
    ]
    assert own == bad
    assert (
        bad
        in pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="projects_points")["name_zh"].tolist()
        + pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="projects")["name_zh"].tolist()
    )
    assert bad in pyogrio.read_dataframe(tmp_path / "x.kml")["name_zh"].tolist()
    for name in ("x.kml",):
        assert "<script>" not in (tmp_path / name).read_text("utf-8")
    lines = (tmp_path / "x.csv").read_text("utf-8-sig")
    assert ",\"'=cmd" in lines
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        sheet = b"".join(
            book.read(n) for n in book.namelist() if n.startswith("xl/worksheets/sheet")
        )
    assert b"<f>" not in sheet


def test_formats_are_known_by_their_ending() -> None:
    assert format_of(Path("规划.SHP.ZIP")).name == "shapefile"
    assert format_of(Path("x"), "kmz").name == "kmz"
    with pytest.raises(OutputError, match="no format; choose from geojson"):
        format_of(Path("x"), "dwg")


def test_an_old_file_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")

    def failing() -> Any:
        yield b"new"
        raise OutputError("stop")

    with pytest.raises(OutputError, match="stop"):
        write_chunks(path, failing())
    assert path.read_text() == "old"
    with pytest.raises(OutputError, match="nothing was written"), replaced(path):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]
    with pytest.raises(OutputError, match="a folder"):
        write_chunks(tmp_path, [b""])
    with pytest.raises(OutputError, match="cannot write there"):
        write_chunks(tmp_path / "no/x.txt", [b""])


def test_a_new_file_takes_the_place_of_the_old_in_one_step(tmp_path: Path) -> None:
    path, kept = tmp_path / "x.txt", tmp_path / "kept.txt"
    path.write_text("old")
    kept.hardlink_to(path)
    write_chunks(path, [b"new"])
    # Whoever has the old file open still reads it whole.
    assert (path.read_text(), kept.read_text()) == ("new", "old")


_SLOW = """
import sys, time
from pathlib import Path
from geoplan.exchange.files.replacing import write_chunks
def chunks():
    for i in range(10_000):
        yield b"new" * 1000
        print(i, flush=True)
        time.sleep(0.005)
write_chunks(Path(sys.argv[1]), chunks())
"""


def test_kill_9_leaves_the_old_file_and_the_next_export_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    worker = subprocess.Popen([sys.executable, "-c", _SLOW, str(path)], stdout=subprocess.PIPE)
    assert worker.stdout is not None
    worker.stdout.readline()
    left = [p for p in tmp_path.iterdir() if p != path]
    assert left, "it is being written aside"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    assert path.read_bytes() == b"old"
    write_chunks(path, [b"whole"])
    assert path.read_bytes() == b"whole"
    assert [p.name for p in tmp_path.iterdir()] == ["x.bin"]


def test_what_another_process_is_writing_is_left_alone(tmp_path: Path) -> None:
    with replaced(tmp_path / "a.txt") as made:
        made.write_text("a")
        write_chunks(tmp_path / "b.txt", [b"b"])
        assert made.exists()
    assert {p.name for p in tmp_path.iterdir()} == {"a.txt", "b.txt"}


def test_a_large_export_tells_how_far_it_is(tiny: geoplan.Plan, tmp_path: Path) -> None:
    for ending in ("geojson", "gpkg", "kml", "csv", "xlsx", "fgb", "zip", "parquet"):
        told: list[tuple[int, int]] = []
        export(
            tiny, "density_grid", tmp_path / f"g.{ending}",
            progress=lambda done, of, told=told: told.append((done, of)),
        )  # fmt: skip
        assert told[-1] == (3, 3), ending


def test_gpd_reads_the_files_as_any_user_would(tiny: geoplan.Plan, tmp_path: Path) -> None:
    there = tiny.layers["districts"].frame
    for ending in ("geojson", "fgb", "zip", "kml", "kmz"):
        found = gpd.read_file(export(tiny, "districts", tmp_path / f"d.{ending}"))
        assert sorted(found["name_zh"]) == sorted(there["name_zh"])
        away = found.to_crs(there.crs).geometry.union_all().symmetric_difference(there.union_all())
        assert away.area < 1000
