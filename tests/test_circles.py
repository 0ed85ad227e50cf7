"""Shares of areas within circles."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.site.circles import share_within

SQUARE = shapely.box(0, 0, 1000, 1000)


def exact(area: shapely.Geometry, x: float, y: float, radius: float) -> float:
    circle = shapely.buffer(shapely.Point(x, y), radius, quad_segs=256)
    return float(shapely.area(shapely.intersection(area, circle)) / shapely.area(area))


def test_shares_that_are_known_by_heart() -> None:
    inside, corner, side, beyond, whole = share_within(
        SQUARE, np.array([[500, 500], [0, 0], [0, 500], [2000, 500], [500, 510]], float), 400.0
    )
    disc = math.pi * 0.4**2
    assert inside == pytest.approx(disc, rel=0.005)
    assert corner == pytest.approx(disc / 4, rel=0.005)
    assert side == pytest.approx(disc / 2, rel=0.005)
    assert beyond == 0
    assert whole == pytest.approx(disc, rel=0.005)
    assert share_within(SQUARE, np.array([[500.0, 500.0]]), 720.0)[0] == pytest.approx(1, abs=1e-9)


def test_a_point_is_inside_or_not() -> None:
    xy = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.1]])
    assert share_within(shapely.Point(0, 0), xy, 5.0).tolist() == [1, 1, 0]


coordinate = st.floats(-3000, 4000)


@settings(max_examples=60, deadline=None)
@given(coordinate, coordinate, st.floats(100, 4000), st.floats(200, 3000), st.floats(0, 0.9))
def test_the_lattice_is_right_to_a_hundredth(
    x: float, y: float, radius: float, size: float, hole: float
) -> None:
    # A square with a hole, small or wide against the radius.
    outer = shapely.box(0, 0, size, size)
    inner = shapely.box(0.05 * size, 0.05 * size, hole * size, hole * size)
    area = shapely.difference(outer, inner) if hole > 0.06 else outer
    got = share_within(area, np.array([[x, y]]), radius)[0]
    assert got == pytest.approx(exact(area, x, y, radius), abs=0.01)


@settings(max_examples=30, deadline=None)
@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(50, 2000))
def test_moving_everything_changes_nothing(east: float, north: float, radius: float) -> None:
    xy = np.array([[300.0, 200.0], [1400.0, 900.0]])
    moved = shapely.transform(SQUARE, lambda c: c + np.array([east, north]))
    there = share_within(moved, xy + np.array([east, north]), radius)
    assert there == pytest.approx(share_within(SQUARE, xy, radius), abs=1e-6)


def test_a_wide_area_costs_no_more_than_its_neighbourhood() -> None:
    wide = shapely.box(0, 0, 60_000, 60_000)
    xy = np.array([[30_000.0, 30_000.0], [0.0, 0.0], [-6_000.0, 0.0], [90_000.0, 90_000.0]])
    disc = math.pi * 5.0**2 / 3600
    got = share_within(wide, xy, 5_000.0)
    assert got == pytest.approx([disc, disc / 4, 0, 0], rel=0.005, abs=1e-12)
