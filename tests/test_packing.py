import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
import shapely
from conftest import TINY, set_cell

import geoplan
from geoplan.errors import OutputError
from geoplan.exchange.outgoing.formats import FORMATS
from geoplan.exchange.outgoing.packing import CHECKSUMS, pack
from geoplan.schema import TABLES

ALL = tuple(name for name in FORMATS if name != "qml")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(geoplan.open_plan(TINY), tmp_path_factory.mktemp("packed") / "plan.zip")


def test_a_package_holds_what_it_says(packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert {f"data/{table}.csv" for table in TABLES} <= set(names)
        assert {
            "README.zh.md", "README.en.md", "plan.toml", "dictionary.csv", "metadata.json",
            "LICENCES.csv", "layers/districts.geojson", "layers/districts.toml",
            "layers/districts.qml", "results/projects.geojson", "results/density_grid.geojson",
            "results/ledger.csv", "formats/tiny.gpkg", "formats/tiny.xlsx", CHECKSUMS,
        } <= set(names)  # fmt: skip
        sums = dict(
            reversed(line.split("  ", 1)) for line in archive.read(CHECKSUMS).decode().splitlines()
        )
        assert set(sums) == set(names) - {CHECKSUMS}
        for name, digest in sums.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest, name
        for language, words in (("zh", "规划示意，非测绘成果"), ("en", "not a survey")):
            readme = archive.read(f"README.{language}.md").decode()
            assert words in readme
            assert "tiny" in readme
            assert "`formats/tiny.gpkg`" in readme
        origins = json.loads(archive.read("metadata.json"))
        assert origins["density_district"]["money"]["total"] == 650


def test_an_unpacked_package_is_the_same_plan(
    packed: Path, tiny: geoplan.Plan, tmp_path: Path
) -> None:
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "new")
    new = geoplan.open_plan(tmp_path / "new")
    assert new.meta == tiny.meta
    for name, table in tiny.tables.items():
        pd.testing.assert_frame_equal(new.tables[name], table)
    for name, layer in tiny.layers.items():
        own = new.layers[name]
        assert own.facts.items() >= {k: v for k, v in layer.facts.items() if k != "bbox"}.items()
        assert list(own.frame.columns) == list(layer.frame.columns)
        away = shapely.hausdorff_distance(own.frame.geometry.array, layer.frame.geometry.array)
        assert away.max() < 0.1
    assert new.faults == tiny.faults
    again = pack(new, tmp_path / "again.zip", ())
    with zipfile.ZipFile(again) as a, zipfile.ZipFile(packed) as b:
        for name in TABLES:
            assert a.read(f"data/{name}.csv") == b.read(f"data/{name}.csv")


def test_the_same_plan_gives_the_same_bytes_in_another_process(
    tiny: geoplan.Plan, tmp_path: Path
) -> None:
    here = pack(tiny, tmp_path / "here.zip", ALL)
    code = (
        "import sys, geoplan; from pathlib import Path; from geoplan.exchange.outgoing.packing import pack; "
        f"pack(geoplan.open_plan(sys.argv[1]), Path(sys.argv[2]), {ALL!r})"
    )
    copy = shutil.copytree(TINY, tmp_path / "copy")
    subprocess.run(
        [sys.executable, "-c", code, str(copy), str(tmp_path / "there.zip")],
        check=True, env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai"},
    )  # fmt: skip
    with zipfile.ZipFile(here) as a, zipfile.ZipFile(tmp_path / "there.zip") as b:
        assert [n for n in a.namelist() if a.read(n) != b.read(n)] == []
    assert here.read_bytes() == (tmp_path / "there.zip").read_bytes()


def test_formulas_in_the_tables_are_harmless_and_said_so(folder: Path, tmp_path: Path) -> None:
    set_cell(folder, "projects", 2, "name_zh", "=HYPERLINK(1)")
    path = pack(geoplan.open_plan(folder), tmp_path / "plan.zip", ())
    with zipfile.ZipFile(path) as archive:
        assert b",'=HYPERLINK(1)," in archive.read("data/projects.csv")
        assert "撇号" in archive.read("README.zh.md").decode()


def test_the_packed_geopackage_is_styled_in_the_plans_crs(packed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        path = Path(archive.extract("formats/tiny.gpkg", tmp_path))
    layers = {name for name, _ in pyogrio.list_layers(path)}
    assert {"districts", "projects", "density_district", "table_sectors", "layer_styles"} <= layers
    assert pyogrio.read_info(path, layer="districts")["crs"] == "EPSG:4549"


def test_a_layer_in_a_shifted_datum_leaves_it_in_wgs_84(folder: Path, tmp_path: Path) -> None:
    sidecar = folder / "layers/districts.toml"
    sidecar.write_text(sidecar.read_text("utf-8").replace('"WGS 84"', '"GCJ-02"'), "utf-8")
    plan = geoplan.open_plan(folder)
    path = pack(plan, tmp_path / "plan.zip", ())
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "new")
    new = geoplan.open_plan(tmp_path / "new")
    assert new.layers["districts"].facts["datum"] == "WGS 84"
    away = shapely.hausdorff_distance(
        new.layers["districts"].frame.geometry.array, plan.layers["districts"].frame.geometry.array
    )
    assert away.max() < 0.1


def test_other_formats_on_request_and_none_that_is_not_known(
    tiny: geoplan.Plan, tmp_path: Path
) -> None:
    path = pack(tiny, tmp_path / "plan.zip", ["flatgeobuf", "shapefile"])
    names = zipfile.ZipFile(path).namelist()
    assert "formats/flatgeobuf/districts.fgb" in names
    assert "formats/tiny.shp.zip" in names
    assert not [n for n in names if n.endswith((".gpkg", ".xlsx"))]
    for wrong in ("dwg", "qml"):
        with pytest.raises(OutputError, match="no format of a package"):
            pack(tiny, tmp_path / "x.zip", [wrong])
    with pytest.raises(OutputError, match=r"name x\.gpkg\.zip"):
        pack(tiny, tmp_path / "x.gpkg")
    with pytest.raises(OutputError, match="part of the plan"):
        pack(tiny, TINY / "data/x.zip")


def test_it_tells_how_far_it_is(tiny: geoplan.Plan, tmp_path: Path) -> None:
    told: list[Any] = []
    pack(tiny, tmp_path / "plan.zip", (), progress=lambda done, of: told.append((done, of)))
    assert told == [(i, 5) for i in range(1, 6)]
