"""What a user gets with `pip install`: the wheel carries the plan and works in an empty folder."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

import geoplan


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(target), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    (built,) = target.glob("*.whl")
    return built


def test_the_wheel_carries_the_plan_and_the_assets(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for part in ("data", "layers"):
        for path in (ROOT / part).glob("*.*"):
            assert f"geoplan/embedded/{part}/{path.name}" in names
    assert "geoplan/embedded/plan.toml" in names
    assert "webmap/static/vendor/leaflet/dist/leaflet.js" in names
    assert not [n for n in names if n.startswith(("tests/", "scripts/")) or "node_modules" in n]


def test_the_wheel_works_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    out = subprocess.run(
        [sys.executable, "-m", "geoplan.cli", "show", "--lang", "en"],
        cwd=empty, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(site)},
    ).stdout  # fmt: skip
    assert str(site) in out
    assert "8776300" in out


def test_the_readme_tells_commands_that_exist() -> None:
    from geoplan.cli import main

    commands = set(main.list_commands(None))  # type: ignore[arg-type]
    for readme in ("README.md", "README.zh.md"):
        text = (ROOT / readme).read_text("utf-8")
        blocks = "\n".join(re.findall(r"^```\n(.*?)^```", text, flags=re.S | re.M))
        used = set(re.findall(r"^geoplan ([a-z]+)", blocks, flags=re.M))
        assert used, readme
        assert used <= commands


def test_the_readme_examples_run() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    scope: dict[str, object] = {}
    exec(code, scope)
    plan = scope["plan"]
    assert isinstance(plan, geoplan.Plan)
    assert plan.tables["projects"]["investment_wanyuan"].sum() == 8_776_300


def test_no_lock_file_names_a_download_address() -> None:
    for lock in (ROOT / "webmap/package-lock.json", ROOT / "constraints.txt"):
        assert "http" not in re.sub(
            r'"(url|funding|homepage)": "[^"]*"', "", lock.read_text("utf-8")
        )
