"""What is exported and read back by GDAL is what was there."""

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from conftest import TINY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import geoplan
from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.fields import fields_of
from geoplan.exchange.outgoing.formats import FORMATS
from geoplan.exchange.outgoing.order import Order, Part
from geoplan.exchange.outgoing.provenance import provenance
from geoplan.plan.problems import Both

PLAN = geoplan.open_plan(TINY)
SQUARE_M = 200.0

# What XML and DBF can hold; no blanks at the ends, which DBF fills up with.
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"], exclude_characters="\ufffe\uffff"),
    min_size=1, max_size=20,
).map(str.strip).filter(bool) | st.sampled_from(
    ["规划示意", "“引号”", "a'b\"c", "<b>&amp;</b>", "=cmd|' /C calc'!A0", "龘𠮷", "é", "-", "0012", "x,y;z"]
)  # fmt: skip
DAY = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))
MOMENT = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 12, 31)).map(
    lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)
)
WHOLE = st.integers(-(2**31), 2**31 - 1)
NUMBER = st.floats(-1e12, 1e12, allow_nan=False)


def area(x: float, y: float, holes: int, parts: int) -> shapely.Geometry:
    """Squares with holes, on a plane of metres."""
    made = []
    for part in range(parts):
        west = x + part * 2 * SQUARE_M
        outer = shapely.box(west, y, west + SQUARE_M, y + SQUARE_M)
        for hole in range(holes):
            inner = shapely.box(west + 10 + hole * 40, y + 10, west + 30 + hole * 40, y + 50)
            outer = outer.difference(inner)
        made.append(outer)
    return made[0] if parts == 1 else shapely.MultiPolygon(made)


AREA = st.builds(
    area,
    st.integers(480_000, 520_000).map(float),
    st.integers(3_300_000, 3_340_000).map(float),
    st.integers(0, 3),
    st.integers(1, 2),
)
ROW = st.tuples(
    st.none() | TEXT, st.none() | WHOLE, st.none() | NUMBER, st.none() | DAY, st.none() | MOMENT,
    st.none() | st.booleans(), st.none() | AREA,
)  # fmt: skip
ROWS = st.lists(ROW, min_size=1, max_size=6)


def frame_of(rows: list[Any], crs: str) -> gpd.GeoDataFrame:
    texts, wholes, numbers, days, moments, flags, shapes = map(list, zip(*rows, strict=True))
    columns = {
        "nr": range(len(rows)),
        "名称": pd.Series(texts, dtype="str"),
        "whole": pd.array(wholes, dtype="Int64"),
        "number": pd.Series([np.nan if v is None else v for v in numbers], dtype="float64"),
        "day": pd.Series(days, dtype="datetime64[us]"),
        "moment": pd.Series(moments, dtype="datetime64[us]"),
        "flag": pd.array(flags, dtype="boolean"),
    }
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs="EPSG:4549"))
    return frame.to_crs(crs)


def part_of(frame: pd.DataFrame, name: str = "probe") -> Part:
    dataset = Dataset(
        name, Both("试样", "Probe"), "layer", name, "other", "feature", fields_of(frame),
        "Polygon" if isinstance(frame, gpd.GeoDataFrame) else "", "EPSG:4549", (), "CC0",
    )  # fmt: skip
    return Part(dataset, frame, provenance(PLAN, dataset))


def there_and_back(
    form: str, frame: pd.DataFrame, read: Callable[..., Any] | None = None, **order: Any
) -> Any:
    crs = frame.crs.to_string() if isinstance(frame, gpd.GeoDataFrame) else "EPSG:4326"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"probe{FORMATS[form].ending}"
        FORMATS[form].write(path, [part_of(frame)], Order(crs=crs, **order))
        if read is not None:
            return read(path)
        return pyogrio.read_dataframe(path, layer="probe" if form == "gpkg" else None)


def plain(values: Any, kind: str) -> list[Any]:
    found = []
    for value in values:
        if value is None or value is pd.NaT or value is pd.NA or value != value:
            found.append(None)
        elif kind == "day":
            found.append(pd.Timestamp(value).date())
        elif kind == "moment":
            moment = pd.Timestamp(value)
            found.append(moment.tz_convert("UTC").tz_localize(None) if moment.tz else moment)
        else:
            found.append({"whole": int, "number": float, "flag": bool}.get(kind, str)(value))
    return found


def assert_same_rows(
    found: gpd.GeoDataFrame,
    frame: gpd.GeoDataFrame,
    within: float = 0.0,
    digits: int = 17,
    least: float = 0.0,
) -> None:
    found = found.sort_values("nr", ignore_index=True)
    assert len(found) == len(frame)
    for name in ("名称", "whole", "day", "moment", "flag"):
        assert plain(found[name], name) == plain(frame[name], name), name
    numbers = [plain(f["number"], "number") for f in (found, frame)]
    for own, given_number in zip(*numbers, strict=True):
        assert (own is None) == (given_number is None)
        assert own is None or own == pytest.approx(given_number, rel=10.0**-digits, abs=least)
    shapes, given = found.geometry.to_numpy(), frame.geometry.to_numpy()
    assert (shapely.is_missing(shapes) == shapely.is_missing(given)).all()
    known = ~shapely.is_missing(given)
    assert (shapely.get_num_geometries(shapes) == shapely.get_num_geometries(given))[known].all()
    if within == 0:
        assert shapely.equals(shapes[known], given[known]).all()
        return
    assert np.nan_to_num(shapely.hausdorff_distance(shapes[known], given[known])).max(initial=0) < within  # fmt: skip


SETTINGS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4549", "EPSG:4528", "EPSG:4326", "EPSG:3857"])
def test_a_geopackage_comes_back_in_any_crs(crs: str) -> None:
    frame = frame_of(
        [("甲", 1, 0.5, dt.date(2021, 5, 1), None, True, area(5e5, 3.32e6, 1, 1))], crs
    )
    found = there_and_back("gpkg", frame)
    assert found.crs == crs
    assert_same_rows(found, frame)


@SETTINGS
@given(ROWS)
def test_a_geopackage_comes_back_the_same(rows: list[Any]) -> None:
    assert_same_rows(
        there_and_back("gpkg", frame_of(rows, "EPSG:4549")), frame_of(rows, "EPSG:4549")
    )


@SETTINGS
@given(ROWS)
def test_flatgeobuf_comes_back_the_same(rows: list[Any]) -> None:
    frame = frame_of(rows, "EPSG:4490")
    found = there_and_back("flatgeobuf", frame)
    assert found.crs == frame.crs
    assert_same_rows(found, frame)


@SETTINGS
@given(ROWS)
def test_geoparquet_comes_back_the_same(rows: list[Any]) -> None:
    pytest.importorskip("pyarrow")
    frame = frame_of(rows, "EPSG:4528")
    found = there_and_back("geoparquet", frame, gpd.read_parquet)
    assert found.crs == frame.crs
    assert_same_rows(found, frame)


@SETTINGS
@given(ROWS)
def test_geojson_comes_back_to_a_tenth_of_a_metre(rows: list[Any]) -> None:
    frame = frame_of(rows, "EPSG:4326")
    assert_same_rows(there_and_back("geojson", frame), frame, 1e-6)


@pytest.mark.parametrize("form", ["kml", "kmz"])
@SETTINGS
@given(rows=ROWS)
def test_kml_comes_back_to_a_tenth_of_a_metre(form: str, rows: list[Any]) -> None:
    frame = frame_of(rows, "EPSG:4326")
    assert_same_rows(there_and_back(form, frame), frame, 1e-6)


@SETTINGS
@given(ROWS, st.sampled_from(["UTF-8", "GB18030"]))
def test_a_shapefile_comes_back_the_same(rows: list[Any], encoding: Any) -> None:
    frame = frame_of(rows, "EPSG:4549")
    found = there_and_back("shapefile", frame, encoding=encoding)
    assert found.crs == frame.crs
    found = found.rename(columns={found.columns[1]: "名称"})
    # A column of DBF has 24 characters, 15 of them decimals.
    assert_same_rows(found, frame, digits=12, least=1e-14)


@pytest.mark.parametrize(
    "form", ["gpkg", "flatgeobuf", "geojson", "shapefile", "kml", "geoparquet"]
)
@pytest.mark.parametrize("empty", [True, False])
def test_no_rows_and_no_shapes_are_no_trouble(form: str, empty: bool) -> None:
    frame = frame_of([("甲", 1, 0.5, None, None, None, None)], "EPSG:4326")
    frame = frame.iloc[:0] if empty else frame
    read = gpd.read_parquet if form == "geoparquet" else None
    found = there_and_back(form, frame, read)
    assert len(found) == len(frame)


@pytest.mark.parametrize("form", ["gpkg", "geojson", "kml", "geoparquet"])
def test_a_table_without_shapes_comes_back(form: str) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "名称": ["甲", None], "x": [1.5, np.nan]})
    read = pd.read_parquet if form == "geoparquet" else None
    found = there_and_back(form, frame, read)
    assert plain(found["名称"], "") == ["甲", None]
    assert plain(found["x"], "number") == [1.5, None]


@pytest.mark.parametrize("form", ["gpkg", "shapefile"])
def test_more_rows_than_a_block_all_arrive(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoplan.exchange.outgoing.ogr._BLOCK", 7)
    told: list[tuple[int, int]] = []
    frame = gpd.GeoDataFrame(
        {"n": range(30)}, geometry=shapely.points(np.arange(30) / 100 + 120, 30), crs="EPSG:4326"
    )
    found = there_and_back(form, frame, progress=lambda done, of: told.append((done, of)))
    assert found["n"].tolist() == list(range(30))
    assert told == [(7, 30), (14, 30), (21, 30), (28, 30), (30, 30)]
