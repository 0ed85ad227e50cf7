import json
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.exchange.outgoing import corners
from geoplan.exchange.outgoing.corners import _ragged, _Rings, geometry_texts, rounded


def surely_valid(shapes: Any) -> list[bool]:
    array = np.array(shapes, dtype=object)
    kind = int(shapely.get_type_id(array[0]))
    found, offsets = _ragged(array, kind, is_high=False)
    return list(_Rings.of(np.rint(found * 1e6), offsets).are_surely_valid(offsets).tolist())


def test_convex_areas_are_known_to_be_valid_without_asking() -> None:
    squares = [shapely.box(0, 0, 1, 1), shapely.reverse(shapely.box(5, 5, 9, 6))]
    discs = shapely.buffer(shapely.points([120.1, 121.2], [30.3, 31.4]), 0.01, quad_segs=4)
    straight = shapely.Polygon([(0, 0), (1, 0), (2, 0), (2, 2), (0, 2), (0, 1)])
    assert surely_valid([*squares, *discs, straight]) == [True] * 5
    assert surely_valid([shapely.MultiPolygon([s]) for s in squares]) == [True, True]


def test_what_is_not_convex_whole_or_simple_is_asked_of_geos() -> None:
    square = shapely.box(0, 0, 4, 4)
    bent = shapely.Polygon([(0, 0), (4, 0), (1, 1), (0, 4)])
    star = shapely.Polygon([(0, 3), (-2, -3), (3, 1), (-3, 1), (2, -3)])
    spike = shapely.Polygon([(0, 0), (2, 0), (1, 0), (1, 1), (0, 1)])
    flat = shapely.Polygon([(0, 0), (2, 0), (1, 0)])
    twice = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (1, 0), (1, 1), (0, 1)])
    assert surely_valid([bent, star, spike, flat, twice]) == [False] * 5
    holed = square.difference(shapely.box(1, 1, 2, 2))
    assert surely_valid([holed, square]) == [False, True]
    two = shapely.MultiPolygon([square, shapely.box(9, 9, 10, 10)])
    assert surely_valid([two, shapely.MultiPolygon([square])]) == [False, True]


CORNER = st.tuples(st.integers(-4, 4), st.integers(-4, 4))
RING = st.lists(CORNER, min_size=3, max_size=7)


@settings(max_examples=400)
@given(st.lists(RING, min_size=1, max_size=5))
def test_no_invalid_ring_is_taken_for_valid(rings: list[Any]) -> None:
    shapes = shapely.polygons([shapely.linearrings(ring) for ring in rings])
    for sure, shape in zip(surely_valid(shapes), shapes, strict=True):
        assert not sure or shapely.is_valid(shape)


@settings(max_examples=200)
@given(st.lists(RING, min_size=1, max_size=5), st.integers(-180, 179), st.booleans())
def test_areas_turn_as_the_right_hand_does(rings: list[Any], west: int, large: bool) -> None:
    shapes = shapely.polygons([shapely.linearrings(ring) for ring in rings])
    shapes = shapely.transform(shapes, lambda xy: xy * 1e-6 + [west, 30.0])
    if large:
        # A ring that crosses itself has no side to turn to but that of its area.
        shapes = shapes[shapely.is_valid(shapes)]
    before = corners._MANY_CORNERS
    corners._MANY_CORNERS = 0 if large else before
    try:
        found = [shapely.from_geojson(text) for text in geometry_texts(shapes)]
    finally:
        corners._MANY_CORNERS = before
    for shape in found:
        for part in shapely.get_parts(shape):
            ring = part.exterior
            doubled = sum(
                round((x0 - west) * 1e6) * round((y1 - 30) * 1e6)
                - round((x1 - west) * 1e6) * round((y0 - 30) * 1e6)
                for (x0, y0), (x1, y1) in zip(ring.coords[:-1], ring.coords[1:], strict=True)
            )
            assert doubled >= 0


def test_rounded_shapes_stay_valid_and_where_they_were() -> None:
    thin = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0.5, 1.1), (0.4999999, 1e-7), (0, 1)])
    shapes = np.array([None, thin, shapely.Point(0.12345678, 1), shapely.box(0, 0, 1, 1)])
    found = rounded(shapes)
    assert found[0] is None
    assert shapely.is_valid(found[1])
    assert found[1].area == pytest.approx(thin.area, abs=1e-6)
    assert found[2] == shapely.Point(0.123457, 1)
    assert found[3] == shapes[3]


@pytest.mark.parametrize("decimals", [0, 3, 6, 9])
def test_any_number_of_decimals_will_do(decimals: int) -> None:
    shape = shapely.box(499_999.123456789, 3_320_000.987654321, 500_001, 3_320_002)
    (text,) = geometry_texts(np.array([shape]), decimals)
    assert shapely.from_geojson(text).equals(rounded(np.array([shape]), decimals)[0])


def test_areas_too_wide_for_whole_numbers_are_right_all_the_same() -> None:
    wide = shapely.Polygon([(-4e7, -4e7), (-4e7, 4e7), (4e7, 4e7), (4e7, -4e7)])
    (text,) = geometry_texts(np.array([wide]), 6)
    found = shapely.from_geojson(text)
    assert found.exterior.is_ccw
    assert found.equals(wide)


def test_large_and_small_shapes_have_the_same_text(monkeypatch: pytest.MonkeyPatch) -> None:
    holes = shapely.box(0, 0, 9, 9).difference(shapely.union_all(shapely.box([1, 5], 1, [2, 7], 3)))
    shapes = np.array([holes, shapely.reverse(holes), shapely.box(1, 1, 2, 2)])
    shapes = shapely.transform(shapes, lambda xy: xy + 1e-7)
    small = geometry_texts(shapes)
    monkeypatch.setattr(corners, "_MANY_CORNERS", 0)
    large = geometry_texts(shapes)
    for one, other in zip(small, large, strict=True):
        assert shapely.from_geojson(one).normalize() == shapely.from_geojson(other).normalize()
        assert [len(r) for r in json.loads(one)["coordinates"]] == [
            len(r) for r in json.loads(other)["coordinates"]
        ]
