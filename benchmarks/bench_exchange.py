"""Write GeoJSON and GeoPackage, import a spreadsheet: ours against what others do of it.

``python -m benchmarks.bench_exchange [--quick]``

All start from the same frame in longitude and latitude. Ours is GeoJSON after
RFC 7946 (right-hand rule, six decimals, bbox, valid after rounding), which
``GeoDataFrame.to_json`` is not. An import understands header, units and years,
matches names and compares with the plan; ``pandas.read_excel`` reads the cells only.
"""

import argparse
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xlsxwriter

import geoplan
from benchmarks.measure import Answer, Columns, Contender, compare, print_table
from geoplan.exchange.incoming.importing import propose
from geoplan.exchange.outgoing.encoding import geojson_bytes
from geoplan.exchange.outgoing.ogr import columns_of as ogr_columns
from geoplan.exchange.outgoing.ogr import write_layer

_CRS = "EPSG:4326"
_SMALL_DEG, _LARGE_DEG, _STEP_DEG = 0.001, 0.02, 0.00008


def columns_of(count: int, large: bool) -> Columns:
    """Centres, names and figures of discs."""
    rng = np.random.default_rng(1)
    return {
        "xy": rng.uniform((118.5, 29.3), (120.5, 30.5), (count, 2)),
        "money": rng.integers(0, 10**6, count),
        "area": rng.uniform(0, 5, count),
        "large": np.array(large),
    }


def frame_of(columns: Columns) -> gpd.GeoDataFrame:
    """Discs of 8 corners, or of some 1,600, with five columns."""
    points = shapely.points(columns["xy"])
    if columns["large"]:
        discs = shapely.segmentize(shapely.buffer(points, _LARGE_DEG, quad_segs=16), _STEP_DEG)
    else:
        discs = shapely.buffer(points, _SMALL_DEG, quad_segs=2)
    numbers = range(len(columns["xy"]))
    return gpd.GeoDataFrame(
        {
            "id": [f"park-{number}" for number in numbers],
            "name_zh": [f"产业园 {number}" for number in numbers],
            "kind": "park",
            "investment_wanyuan": columns["money"],
            "area_km2": columns["area"],
        },
        geometry=discs,
        crs=_CRS,
    )


def _answer(content: bytes) -> Answer:
    return np.frombuffer(content, dtype=np.uint8)


def ours(frame: gpd.GeoDataFrame) -> Answer:
    """With geoplan."""
    return _answer(geojson_bytes(frame, key="id"))


def with_geopandas(frame: gpd.GeoDataFrame) -> Answer:
    """With geopandas alone."""
    return _answer(frame.to_json().encode())


def with_pyogrio(frame: gpd.GeoDataFrame) -> Answer:
    """With GDAL through pyogrio."""
    buffer = io.BytesIO()
    frame.to_file(buffer, driver="GeoJSON", engine="pyogrio", RFC7946="YES")
    return _answer(buffer.getvalue())


def our_geopackage(frame: gpd.GeoDataFrame) -> Answer:
    """A GeoPackage, with geoplan."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gpkg"
        columns = ogr_columns(frame)
        write_layer(path, frame, columns, driver="GPKG", layer="x", blocks=True)
        return _answer(path.read_bytes())


def their_geopackage(frame: gpd.GeoDataFrame) -> Answer:
    """A GeoPackage, with geopandas."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gpkg"
        frame.to_file(path, driver="GPKG", engine="pyogrio")
        return _answer(path.read_bytes())


def same_features(answer: Answer | None, expected: Answer | None) -> str:
    """Whether the same features came out, their corners within the last decimal."""
    if answer is None or expected is None:
        return "stopped"
    ours_found, found = (_features(one) for one in (expected, answer))
    if [own["properties"] for own in found] != [own["properties"] for own in ours_found]:
        return "OTHER PROPERTIES"
    away = max(
        float(
            np.abs(
                np.subtract(*(shapely.bounds(_shapes(own)) for own in (found, ours_found)))
            ).max()
        ),
        float(
            np.abs(np.subtract(*(shapely.area(_shapes(own)) for own in (found, ours_found)))).max()
        ),
    )
    size = f"{len(answer) / 1e6:.0f} MB"
    return f"same features, {size}" if away < 1e-6 else f"OTHER SHAPES, {away:g}°"


def _shapes(features: list[Any]) -> Any:
    return shapely.from_geojson([json.dumps(own["geometry"]) for own in features[:2_000]])


def _features(answer: Answer) -> list[Any]:
    found: list[Any] = json.loads(answer.tobytes())["features"]
    return found


def size_only(answer: Answer | None, _: Answer | None) -> str:
    """How large the file is."""
    return "stopped" if answer is None else f"{len(answer) / 1e6:.0f} MB"


def projects_of(count: int) -> Columns:
    """Money and years of projects, and the firms they belong to."""
    rng = np.random.default_rng(2)
    return {
        "money": rng.integers(1_000, 100_000, count),
        "years": rng.integers(2016, 2024, (2, count)),
        "firm": rng.integers(0, max(count // 12, 1), count),
    }


def workbook_of(columns: Columns) -> Path:
    """A workbook as a bureau sends it: a title, units in the header, spans of years."""
    plan = geoplan.open_plan()
    sectors = plan.tables["sectors"]["name_zh"].dropna().tolist()
    firsts, lasts = columns["years"].min(axis=0), columns["years"].max(axis=0)
    money = columns["money"].tolist()
    rows = [
        [i + 1, f"{i}号产业化项目", f"第{firm}号机械厂", sectors[i % len(sectors)],
         wanyuan if i % 3 else f"约{wanyuan / 1e4:.4f}亿元", f"{first}-{last}年"]
        for i, (firm, wanyuan, first, last) in enumerate(
            zip(columns["firm"], money, firsts, lasts, strict=True)
        )
    ]  # fmt: skip
    path = Path(tempfile.mkdtemp(prefix="geoplan-")) / "projects.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("项目")
        sheet.write_row(0, 0, ["重点项目计划表"])
        sheet.write_row(
            1, 0, ["序号", "项目名称", "建设单位", "产业", "总投资（万元）", "建设年限"]
        )
        for at, row in enumerate(rows, 2):
            sheet.write_row(at, 0, row)
    return path


def our_import(path: Path) -> Answer:
    """What the workbook would change in the embedded plan."""
    answers = {"firm:*": "new", "same:*": "new"}
    proposal = propose(geoplan.open_plan(), path, "projects", answers=answers)
    return proposal.tables["projects"].added["investment_wanyuan"].to_numpy(dtype=np.int64)


def their_import(path: Path) -> Answer:
    """The cells of the workbook, with pandas."""
    frame = pd.read_excel(path, header=1, engine="openpyxl")
    return np.arange(len(frame))


def rows_only(answer: Answer | None, _: Answer | None) -> str:
    """How many rows were read."""
    return "stopped" if answer is None else f"{len(answer):,} rows"


GEOJSON = (
    Contender("geoplan", frame_of, ours),
    Contender("GeoDataFrame.to_json", frame_of, with_geopandas),
    Contender("pyogrio", frame_of, with_pyogrio),
)
GEOPACKAGE = (
    Contender("geoplan", frame_of, our_geopackage),
    Contender("GeoDataFrame.to_file", frame_of, their_geopackage),
)
IMPORT = (
    Contender("geoplan", workbook_of, our_import, ("geoplan.exchange.incoming.tabulating",)),
    Contender("pandas.read_excel", workbook_of, their_import, ("openpyxl",)),
)


def main() -> None:
    """Measure and print one table for each kind of file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the polygons")
    less = 10 if parser.parse_args().quick else 1
    jobs = (
        (f"GeoJSON of {100_000 // less:,} small polygons", 100_000 // less, False, GEOJSON),
        (f"GeoJSON of {2_000 // less:,} large polygons", 2_000 // less, True, GEOJSON),
        (f"GeoPackage of {100_000 // less:,} polygons", 100_000 // less, False, GEOPACKAGE),
    )
    for title, count, large, contenders in jobs:
        outcomes = compare(contenders, columns_of(count, large))
        tell = same_features if contenders is GEOJSON else size_only
        remarks = [tell(outcome.answer, outcomes[0].answer) for outcome in outcomes]
        print_table(title, outcomes, remarks)
    outcomes = compare(IMPORT, projects_of(100_000 // less))
    remarks = [rows_only(outcome.answer, None) for outcome in outcomes]
    print_table(f"Import of {100_000 // less:,} rows (XLSX)", outcomes, remarks)


if __name__ == "__main__":
    main()
