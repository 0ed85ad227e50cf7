"""What the code may know: no city, no framework, no file over its size."""

import json
import re
import subprocess
import sys

import pytest
from conftest import ROOT

import geoplan

PACKAGES = [ROOT / "geoplan", ROOT / "webmap"]
MODULES = [path for package in PACKAGES for path in package.rglob("*.py")]


def test_importing_geoplan_loads_nothing_optional() -> None:
    code = (
        "import sys, json, geoplan; optional = ['flask', 'folium', 'matplotlib', 'dask', "
        "'sqlalchemy', 'mapclassify', 'h3', 'webmap', 'playwright', 'click']; "
        "print(json.dumps([n for n in optional if n in sys.modules]))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(out.stdout) == []


def test_the_public_names_are_few_and_real() -> None:
    assert len(geoplan.__all__) <= 20
    assert all(getattr(geoplan, name) is not None for name in geoplan.__all__)


def test_no_module_names_a_city() -> None:
    words = set()
    for layer in geoplan.open_plan(ROOT).layers_of("districts"):
        words |= {name.rstrip("区县市") for name in layer.frame["name_zh"] if len(name) > 2}
        words |= {name.split()[0] for name in layer.frame["name_en"]}
    words |= {"杭州", "Hangzhou"}
    pattern = re.compile("|".join(map(re.escape, sorted(words))))
    naming = [str(p) for p in MODULES if pattern.search(p.read_text("utf-8"))]
    assert naming == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_has_no_forbidden_name(path: object) -> None:
    assert getattr(path, "stem", "") not in {"utils", "helpers", "common", "core", "util", "misc"}
