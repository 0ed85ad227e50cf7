import datetime as dt
import io
import json
import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import OutputError
from geoplan.exchange.outgoing.corners import geometry_texts
from geoplan.exchange.outgoing.encoding import (
    feature_texts,
    geojson_bytes,
    geojson_chunks,
    value_texts,
)

CRS = "OGC:CRS84"


def read(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content, parse_constant=pytest.fail)
    return found


def frame_of(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes), crs=CRS)


def geometry(text: bytes) -> Any:
    return json.loads(text)


def test_rings_follow_the_right_hand_rule() -> None:
    hole = [(0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.2, 0.4)]
    clockwise = shapely.Polygon([(0, 0), (0, 1), (1, 1), (1, 0)], [hole])
    both = shapely.MultiPolygon([clockwise, shapely.box(2, 2, 3, 3)])
    for shape in (clockwise, both, shapely.GeometryCollection([shapely.Point(5, 5), clockwise])):
        found = shapely.from_geojson(geometry_texts(np.array([shape]))[0])
        polygons = [p for p in shapely.get_parts(shapely.get_parts(found)) if p.area]
        assert len(polygons) == len([p for p in shapely.get_parts(shape) if p.area])
        assert all(p.exterior.is_ccw for p in polygons)
        assert not any(ring.is_ccw for p in polygons for ring in p.interiors)
        assert found.equals(shape)


def test_a_tiny_ring_far_from_the_origin_is_told_which_way_it_turns() -> None:
    x, y = 120.123456, 30.654321
    tiny = shapely.Polygon([(x, y), (x, y + 3e-6), (x + 3e-6, y + 3e-6), (x + 3e-6, y)])
    found = shapely.from_geojson(geometry_texts(np.array([tiny, shapely.reverse(tiny)])))
    assert [shape.exterior.is_ccw for shape in found] == [True, True]


def test_corners_have_six_decimals_at_most_and_no_minus_zero() -> None:
    frame = frame_of([shapely.box(120.1234567891, -1e-9, 120.2, 30.00000049)], n=[1])
    text = geojson_bytes(frame).decode()
    coordinates = text[text.index("coordinates") :]
    decimals = re.findall(r"\d\.(\d+)", coordinates)
    assert decimals
    assert max(map(len, decimals)) <= 6
    assert "-0" not in coordinates
    assert "e-" not in coordinates
    assert read(text.encode())["bbox"] == [120.123457, 0.0, 120.2, 30.0]


def test_the_bounding_box_is_that_of_the_corners_written() -> None:
    rng = np.random.default_rng(2)
    frame = frame_of(list(shapely.buffer(shapely.points(rng.uniform(100, 110, (30, 2)) * [1, 0.3]), 0.1)))  # fmt: skip
    content = read(geojson_bytes(frame))
    corners = np.vstack([f["geometry"]["coordinates"][0] for f in content["features"]])
    assert content["bbox"] == [*corners.min(axis=0), *corners.max(axis=0)]


def test_a_polygon_that_rounding_would_break_stays_valid() -> None:
    # A spike thinner than the last decimal folds onto the edge when rounded.
    thin = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0.5, 1.1), (0.4999999, 0.0000001), (0, 1)])
    broken = shapely.transform(thin, lambda xy: np.round(xy, 6))
    assert thin.is_valid
    assert not broken.is_valid
    found = shapely.from_geojson(geometry_texts(np.array([thin]))[0])
    assert found.is_valid
    assert found.area == pytest.approx(thin.area, abs=1e-6)


def test_a_polygon_below_the_last_decimal_is_kept() -> None:
    speck = shapely.box(1, 1, 1 + 1e-8, 1 + 1e-8)
    assert geometry(geometry_texts(np.array([speck]))[0])["type"] == "Polygon"


def test_every_type_of_shape_comes_back_equal() -> None:
    line = shapely.LineString([(0, 0), (1, 1), (2, 0)])
    shapes = [
        shapely.Point(1.5, 2),
        shapely.Point(1.5, 2, 8.25),
        line,
        shapely.LinearRing([(0, 0), (1, 0), (1, 1)]),
        shapely.box(0, 0, 1, 1).difference(shapely.box(0.2, 0.2, 0.3, 0.3)),
        shapely.MultiPoint([(0, 0), (1, 1)]),
        shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]),
        shapely.GeometryCollection([shapely.Point(0, 0), shapely.GeometryCollection([line])]),
        shapely.GeometryCollection([]),
        shapely.Polygon(),
        None,
    ]
    texts = geometry_texts(np.array(shapes, dtype=object))
    found = [None if text == b"null" else shapely.from_geojson(text) for text in texts]
    for shape, own in zip(shapes[:-3], found[:-3], strict=True):
        assert own.equals(shape)
        assert own.has_z == shape.has_z
        kind = "LineString" if shape.geom_type == "LinearRing" else shape.geom_type
        assert own.geom_type == kind
    assert found[-3:] == [None, None, None]


def test_values_are_plain_json() -> None:
    frame = frame_of(
        [None] * 3,
        text=['“引”\\","', None, "<b>\n"],
        whole=pd.array([1, None, 2**53 + 1], dtype="Int64"),
        number=[1.0, np.nan, np.inf],
        flag=pd.array([True, None, False], dtype="boolean"),
        day=pd.to_datetime(["2021-05-01", None, "1899-01-01"]),
        time=pd.to_datetime(["2021-05-01T08:00", None, "2020-01-01"], format="ISO8601"),
        moment=pd.to_datetime(
            ["2021-05-01T08:00", None, "2020-01-01"], format="ISO8601"
        ).tz_localize("+08:00"),
        date=[dt.date(2020, 2, 3), None, dt.date(1, 1, 1)],
        nested=[["a", 1], None, {"b": [np.float64(2)]}],
        mixed=[1, "x", None],
    )
    content = read(geojson_bytes(frame))
    first, second, third = (f["properties"] for f in content["features"])
    assert first == {
        "text": '“引”\\","', "whole": 1, "number": 1.0, "flag": True, "day": "2021-05-01",
        "time": "2021-05-01T08:00:00", "moment": "2021-05-01T00:00:00Z", "date": "2020-02-03",
        "nested": ["a", 1], "mixed": 1,
    }  # fmt: skip
    assert set(second.values()) - {"x"} == {None}
    assert third["whole"] == 2**53 + 1
    assert third["number"] is None
    assert third["day"] == "1899-01-01"
    assert third["date"] == "0001-01-01"
    assert third["nested"] == {"b": [2.0]}
    assert "bbox" not in content


def test_what_json_cannot_say_does_not_stop_an_export() -> None:
    frame = frame_of(
        [None] * 2,
        text=pd.Series(["\ud800x", "ok"], dtype=object),
        big=[2**80, 1],
        x=[{float("inf")}, 1.0],
    )
    properties = [f["properties"] for f in read(geojson_bytes(frame))["features"]]
    assert properties[0] == {"text": "?x", "big": 2**80, "x": [None]}


def test_ids_are_those_of_the_key_and_stay_in_the_properties() -> None:
    frame = frame_of([shapely.Point(0, 0)] * 3, id=["a,b", 'c"', None])
    features = read(geojson_bytes(frame, key="id"))["features"]
    assert [f.get("id") for f in features] == ["a,b", 'c"', None]
    assert "id" not in features[2]
    assert features[1]["properties"]["id"] == 'c"'


def test_a_column_named_like_a_template_is_only_a_name() -> None:
    rows = pd.DataFrame({"50%b": [1], '"': ["%s"]})
    assert feature_texts(rows, np.array([None])) == [
        b'{"type":"Feature","properties":{"50%b":1,"\\"":"%s"},"geometry":null}'
    ]


def test_members_stand_beside_the_features_and_there_is_no_crs() -> None:
    frame = frame_of([shapely.Point(0, 0)], n=[1]).to_crs("EPSG:4549")
    content = read(geojson_bytes(frame, members={"metadata": {"plan": {"id": "甲"}}}))
    assert list(content) == ["type", "bbox", "metadata", "features"]
    assert "crs" not in content


def test_a_shape_without_longitude_and_latitude_is_refused_by_its_row() -> None:
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[shapely.Point(5e5, 3e6), shapely.Point(9e9, 3e6)], crs="EPSG:4549")  # fmt: skip
    with pytest.raises(OutputError, match=r"1 shapes .* \(row 1\)"):
        geojson_bytes(frame)
    with pytest.raises(OutputError, match="no CRS"):
        geojson_bytes(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]))


def test_blocks_join_to_the_same_file_and_tell_of_progress(monkeypatch: Any) -> None:
    frame = frame_of(list(shapely.points(np.linspace(0, 9, 50), 1)), n=range(50))
    whole = geojson_bytes(frame)
    monkeypatch.setattr("geoplan.exchange.outgoing.encoding.BLOCK", 100)
    told: list[tuple[int, int]] = []
    pieces = list(geojson_chunks(frame, progress=lambda done, of: told.append((done, of))))
    assert b"".join(pieces) == whole
    assert len(pieces) > 5
    assert told[-1] == (50, 50)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_an_empty_frame_is_an_empty_collection() -> None:
    assert read(geojson_bytes(frame_of([]))) == {"type": "FeatureCollection", "features": []}


def test_a_table_without_shapes_has_features_without_geometry() -> None:
    features = read(geojson_bytes(pd.DataFrame({"id": ["a"]}), key="id"))["features"]
    assert features == [{"type": "Feature", "id": "a", "properties": {"id": "a"}, "geometry": None}]


TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)


@given(st.lists(st.none() | TEXTS, max_size=8))
def test_texts_are_parted_exactly(values: list[str | None]) -> None:
    assert [json.loads(text) for text in value_texts(values)] == values


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=8))
def test_numbers_are_parted_exactly(values: list[float | None]) -> None:
    assert [json.loads(text) for text in value_texts(values)] == values


POINT = st.tuples(
    st.floats(-179, 179).map(lambda v: round(v, 6)), st.floats(-89, 89).map(lambda v: round(v, 6))
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(TEXTS, st.none() | st.integers(-(2**31), 2**31 - 1), POINT, st.floats(1e-4, 0.5)),
        min_size=1,
        max_size=6,
    )
)
def test_gdal_reads_the_same_rows_back(rows: list[Any]) -> None:
    shapes = [shapely.box(x, y, x + size, y + size) for _, _, (x, y), size in rows]
    frame = frame_of(shapes, name=[row[0] for row in rows], n=pd.array([row[1] for row in rows], dtype="Int64"))  # fmt: skip
    found = pyogrio.read_dataframe(io.BytesIO(geojson_bytes(frame)))
    # GDAL ends a text at its first NUL.
    assert found["name"].tolist() == [name.split("\0")[0] for name in frame["name"]]
    assert [None if v != v else v for v in found["n"].tolist()] == [row[1] for row in rows]
    away = shapely.hausdorff_distance(found.geometry.to_numpy(), frame.geometry.to_numpy())
    assert away.max() < 1e-6
