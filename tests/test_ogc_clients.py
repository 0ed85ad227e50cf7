"""Real clients against a live server: GDAL, OWSLib, QGIS, and the tests of the standard."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, TINY
from flask import Flask, request
from pyproj import Transformer

from webmap import create_app

pytest_plugins = ["browsing"]


@pytest.fixture
def asked() -> list[str]:
    """The addresses that the client has asked for."""
    return []


@pytest.fixture
def server(live: Callable[[Flask], str], asked: list[str]) -> str:
    app = create_app(TINY)

    @app.before_request
    def note() -> None:
        asked.append(request.full_path)

    return live(app) + "/ogc"


READ = """
import json, sys
import pyogrio
pyogrio.set_gdal_config_options({"GDAL_HTTP_TIMEOUT": "30"})
told = []
for asked in json.loads(sys.argv[2]):
    if "bbox" in asked:
        asked["bbox"] = tuple(asked["bbox"])
    found = pyogrio.read_dataframe("OAPIF:" + sys.argv[1], **asked)
    shapes = found.geometry
    told.append({
        "rows": json.loads(found.drop(columns="geometry").to_json(orient="records")),
        "crs": found.crs.to_string(),
        "first": [shapes.iloc[0].x, shapes.iloc[0].y] if len(found) and shapes.geom_type.iloc[0] == "Point" else [],
    })
names = [name for name, _ in pyogrio.list_layers("OAPIF:" + sys.argv[1])]
print("TOLD" + json.dumps({"names": names, "told": told}))
"""


def gdal(server: str, *asked: dict[str, Any]) -> Any:
    """What GDAL reads, in a process of its own: it holds the interpreter while it waits."""
    found = subprocess.run(
        [sys.executable, "-c", READ, server, json.dumps(asked)],
        capture_output=True, text=True, timeout=120, env={**os.environ, "no_proxy": "127.0.0.1"},
    )  # fmt: skip
    (line,) = [one for one in found.stdout.splitlines() if one.startswith("TOLD")] or [found.stderr]
    return json.loads(line.removeprefix("TOLD"))


def test_gdal_reads_rows_texts_and_places(server: str) -> None:
    every = ["OGC:CRS84", "EPSG:4326", "EPSG:4490", "EPSG:4549", "EPSG:3857"]
    asked = [{"layer": "projects"}, *({"layer": "projects", "CRS": crs} for crs in every)]
    found = gdal(server, *asked)
    assert set(found["names"]) >= {"projects", "districts", "density_district", "wings", "hubs"}
    for one in found["told"]:
        assert [row["name_zh"] for row in one["rows"][:2]] == ["机械臂项目", "园区项目"]
        assert [row["investment_wanyuan"] for row in one["rows"]] == [100, 200, 300]
        # Both agree on the order of axes, whatever the CRS.
        to = Transformer.from_crs("EPSG:4549", one["crs"], always_xy=True)
        expected = to.transform(500_250, 3_320_250)
        assert np.allclose(one["first"], expected, atol=1e-6 if expected[0] < 200 else 0.1)
    assert [one["crs"] for one in found["told"]] == [
        "EPSG:4549", "OGC:CRS84", "OGC:CRS84", "EPSG:4490", "EPSG:4549", "EPSG:3857",
    ]  # fmt: skip


def test_gdal_selects_on_the_server(server: str, asked: list[str]) -> None:
    where = "investment_wanyuan >= 200 AND NOT (sector_id = 'robots') OR name_en LIKE 'Park%'"
    box = [120.0106, 30.001, 120.02, 30.002]
    found = gdal(
        server,
        {"layer": "districts", "where": "name_zh = '乙区'"},
        {"layer": "projects", "where": where},
        {"layer": "districts", "CRS": "OGC:CRS84", "bbox": box},
    )["told"]
    assert [row["code"] for row in found[0]["rows"]] == ["B"]
    assert sorted(row["id"] for row in found[1]["rows"]) == ["p2", "p3"]
    assert [row["code"] for row in found[2]["rows"]] == ["B"]
    filtered = [path for path in asked if "filter=" in path and "/items" in path]
    assert len(filtered) == 2
    assert any("bbox=" in path for path in asked)


def test_gdal_follows_the_pages(live: Callable[[Flask], str]) -> None:
    address = live(create_app(ROOT)) + "/ogc"
    asked = {"layer": "density_grid", "columns": ["cell"], "PAGE_SIZE": "1500"}
    (found,) = gdal(address, asked)["told"]
    cells = [row["cell"] for row in found["rows"]]
    assert len(cells) > 4000
    assert len(set(cells)) == len(cells)


def test_owslib_reads_documents_items_and_filters(server: str) -> None:
    features = pytest.importorskip("owslib.ogcapi.features")
    client = features.Features(server)
    assert client.api()["openapi"].startswith("3.0")
    assert (
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
        in (client.conformance()["conformsTo"])
    )
    assert set(client.feature_collections()) >= {"projects", "density_grid"}
    assert client.collection("projects")["itemType"] == "feature"
    assert "investment_wanyuan" in client.collection_queryables("projects")["properties"]
    assert client.collection_items("projects", limit=1)["numberReturned"] == 1
    assert client.collection_items("projects", filter="year_end > 2023")["numberMatched"] >= 1
    box = [120.0106, 30.001, 120.02, 30.002]
    assert client.collection_items("districts", bbox=box)["features"][0]["id"] == "B"
    assert client.collection_items("projects", sector_id="robots")["numberMatched"] == 2
    assert client.collection_item("projects", "p1")["properties"]["name_en"] == "Arm project"


QGIS = """
import json, sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
def layer(name):
    found = QgsVectorLayer("url='%s' typename='%s'" % (sys.argv[1], name), name, "OAPIF")
    assert found.isValid(), found.error().message()
    return found
def ids(found, request, key):
    return sorted(feature[key] for feature in found.getFeatures(request))
districts, projects = layer("districts"), layer("projects")
box = QgsRectangle(120.0106, 30.001, 120.02, 30.002)
told = {
    "all": ids(districts, QgsFeatureRequest(), "code"),
    "box": ids(districts, QgsFeatureRequest().setFilterRect(box), "code"),
    "where": ids(projects, QgsFeatureRequest().setFilterExpression("investment_wanyuan > 100"), "id"),
    "name": [f["name_zh"] for f in projects.getFeatures(QgsFeatureRequest())][:1],
    "crs": districts.crs().authid(),
}
told["subset"] = projects.setSubsetString("sector_id = 'robots'") and ids(projects, QgsFeatureRequest(), "id")
print("TOLD" + json.dumps(told))
app.exitQgis()
"""


@pytest.mark.skipif(
    not Path("/usr/lib/python3/dist-packages/qgis").is_dir(), reason="QGIS is not installed"
)
def test_qgis_loads_a_live_collection_and_filters_it(server: str, tmp_path: Path) -> None:
    script = tmp_path / "load.py"
    script.write_text(QGIS, "utf-8")
    environment = {
        "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin",
        "XDG_RUNTIME_DIR": str(tmp_path), "no_proxy": "127.0.0.1", "LANG": "C.UTF-8",
    }  # fmt: skip
    found = subprocess.run(
        ["/usr/bin/python3", str(script), server],
        env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    (line,) = [line for line in found.stdout.splitlines() if line.startswith("TOLD")] or [
        found.stderr
    ]
    assert json.loads(line.removeprefix("TOLD")) == {
        "all": ["A", "B", "C"],
        "box": ["B"],
        "where": ["p2", "p3"],
        "name": ["机械臂项目"],
        "crs": "EPSG:4326",
        "subset": ["p1", "p2"],
    }


@pytest.mark.skipif(
    not os.environ.get("OGCTESTS_PYTHON"),
    reason="OGCTESTS_PYTHON names no interpreter that has ogctests (it pins old packages)",
)
def test_the_core_tests_of_the_standard_pass(live: Callable[[Flask], str], tmp_path: Path) -> None:
    address = live(create_app(ROOT)) + "/ogc"
    found = subprocess.run(
        [os.environ["OGCTESTS_PYTHON"], "-m", "ogctests", "features/core", "-i", address],
        cwd=tmp_path, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert "29 passed" in found.stdout, found.stdout[-2000:]
    assert "failed" not in found.stdout
