"""Real QGIS opens what we write, styled; left out where the system has none."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

import geoplan
from geoplan.exchange.outgoing.exporting import export

PYTHON = shutil.which("python3", path="/usr/bin") or ""

_LOOK = """
import json, os, sys
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
found = {}
for source in sys.argv[1:]:
    layer = QgsVectorLayer(source, "x", "ogr")
    message, loaded = layer.loadDefaultStyle()
    renderer = layer.renderer()
    rules = renderer.rootRule().descendants() if renderer.type() == "RuleRenderer" else []
    found[source] = {
        "valid": layer.isValid(), "loaded": loaded, "rows": layer.featureCount(),
        "crs": layer.crs().authid(), "labels": layer.labelsEnabled(),
        "rules": [rule.label() for rule in rules],
        "broken": [r.filterExpression() for r in rules if r.filter() and r.filter().hasParserError()],
        "alias": [layer.attributeDisplayName(i) for i in range(layer.fields().count())],
        "names": [f["name_zh"] for f in layer.getFeatures()] if "name_zh" in layer.fields().names() else [],
        "abstract": layer.metadata().abstract(),
    }
sys.stdout.write("FOUND" + json.dumps(found))
sys.stdout.flush()
os._exit(0)
"""


def has_qgis() -> bool:
    if not PYTHON:
        return False
    tried = subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False)
    return tried.returncode == 0


pytestmark = pytest.mark.skipif(not has_qgis(), reason="QGIS for Python is not installed")


def seen(*sources: str) -> dict[str, Any]:
    out = subprocess.run(
        [PYTHON, "-c", _LOOK, *sources], capture_output=True, text=True, check=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, timeout=120,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(out.stdout.partition("FOUND")[2])
    return found


def test_a_geopackage_opens_styled_labelled_and_in_place(
    tiny: geoplan.Plan, tmp_path: Path
) -> None:
    path = export(tiny, "all", tmp_path / "p.gpkg", 4490)
    names = (
        "districts", "projects", "projects_points", "density_platform", "density_grid", "density_hex",
        "wings", "layer_hubs",
    )  # fmt: skip
    for source, layer in seen(*[f"{path}|layername={name}" for name in names]).items():
        assert layer["valid"], source
        assert layer["loaded"], source
        assert layer["rules"], source
        assert layer["broken"] == [], source
        assert layer["crs"] == "EPSG:4490"
        assert "规划示意，非测绘成果" in layer["abstract"]
    districts = seen(f"{path}|layername=districts")[f"{path}|layername=districts"]
    assert districts["labels"]
    assert districts["names"] == tiny.layers["districts"].frame["name_zh"].tolist()
    assert "名称" in districts["alias"]


def test_shapefiles_and_geojson_open_styled_and_legible(tiny: geoplan.Plan, tmp_path: Path) -> None:
    archive = export(tiny, "districts", tmp_path / "d.zip", encoding="GB18030")
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(tmp_path)
    export(tiny, "districts", tmp_path / "d.geojson")
    export(tiny, "density_district", tmp_path / "f.fgb")
    sources = [str(tmp_path / name) for name in ("districts.shp", "d.geojson", "f.fgb")]
    names = sorted(tiny.layers["districts"].frame["name_zh"])
    for source, layer in seen(*sources).items():
        assert layer["loaded"], source
        assert layer["broken"] == [], source
        assert sorted(layer["names"]) == names
