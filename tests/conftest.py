import csv
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import geoplan

ROOT = Path(__file__).parents[1]
TINY = ROOT / "tests" / "plans" / "tiny"
TINY_DAY = date(2021, 6, 1)


@pytest.fixture
def tiny() -> geoplan.Plan:
    return geoplan.open_plan(TINY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tiny plan that a test may damage."""
    return Path(shutil.copytree(TINY, tmp_path / "plan"))


def read_rows(folder: Path, table: str) -> list[list[str]]:
    with (folder / f"data/{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_rows(folder: Path, table: str, rows: list[list[str]], encoding: str = "utf-8") -> None:
    with (folder / f"data/{table}.csv").open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def set_cell(folder: Path, table: str, row: int, column: str, value: str) -> None:
    """Write one cell; rows count as in a spreadsheet, the header is row 1."""
    rows = read_rows(folder, table)
    rows[row - 1][rows[0].index(column)] = value
    write_rows(folder, table, rows)


def edit_layer(folder: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / f"layers/{name}.geojson"
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def move_layer(
    folder: Path, name: str, move: Callable[[float, float], tuple[float, float]]
) -> None:
    def walk(coordinates: Any) -> Any:
        if isinstance(coordinates[0], int | float):
            return list(move(*coordinates[:2]))
        return [walk(part) for part in coordinates]

    def change(content: dict[str, Any]) -> None:
        for feature in content["features"]:
            feature["geometry"]["coordinates"] = walk(feature["geometry"]["coordinates"])

    edit_layer(folder, name, change)


def problems_of(folder: Path, **options: Any) -> list[geoplan.Problem]:
    return geoplan.check(geoplan.open_plan(folder), **{"today": TINY_DAY, **options})
