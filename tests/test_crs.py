"""Datums against published pairs and against themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.plan.crs import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from geoplan.plan.offsets import coherent_datum, offsets_m


@pytest.mark.parametrize(
    ("lon", "lat", "gcj_lon", "gcj_lat"),
    [
        (121.5272106, 31.1774276, 121.53154186, 31.17530398),
        (113.912316, 22.543847, 113.91717648, 22.54079613),
    ],
)
def test_wgs84_to_gcj02_reproduces_published_pairs(
    lon: float, lat: float, gcj_lon: float, gcj_lat: float
) -> None:
    x, y = wgs84_to_gcj02(np.array([lon]), np.array([lat]))
    assert (x[0], y[0]) == pytest.approx((gcj_lon, gcj_lat), abs=2e-6)


def test_bd09_uses_the_right_rotation() -> None:
    """With π for π·3000/180 the point would be some 49 m away."""
    lon, lat = gcj02_to_bd09(np.array([116.404]), np.array([39.915]))
    assert (lon[0], lat[0]) == pytest.approx((116.41036949, 39.92133699), abs=1e-7)


@given(st.floats(100, 125), st.floats(20, 45))
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    x, y = np.array([lon]), np.array([lat])
    for there, back, tolerance in (
        (wgs84_to_gcj02, gcj02_to_wgs84, 1e-8),
        (wgs84_to_bd09, bd09_to_wgs84, 1e-5),
        (gcj02_to_bd09, bd09_to_gcj02, 1e-5),
    ):
        again = back(*there(x, y))
        assert (again[0][0], again[1][0]) == pytest.approx((lon, lat), abs=tolerance)


def test_outside_china_nothing_moves() -> None:
    lon, lat = wgs84_to_gcj02(np.array([2.35]), np.array([48.85]))
    assert (lon[0], lat[0]) == (2.35, 48.85)


def test_scatter_is_no_datum() -> None:
    rng = np.random.default_rng(1)
    expected = np.column_stack((rng.uniform(119, 121, 50), rng.uniform(29, 31, 50)))
    scattered = expected + rng.normal(0, 0.005, expected.shape)
    assert coherent_datum(scattered, expected) is None
    assert coherent_datum(expected, expected) is None
    assert coherent_datum(expected[:0], expected[:0]) is None


def test_a_datum_is_recognised_under_scatter() -> None:
    rng = np.random.default_rng(2)
    expected = np.column_stack((rng.uniform(119, 121, 50), rng.uniform(29, 31, 50)))
    moved = np.column_stack(wgs84_to_gcj02(expected[:, 0], expected[:, 1]))
    verdict = coherent_datum(moved + rng.normal(0, 0.0003, moved.shape), expected)
    assert verdict is not None
    datum, size = verdict
    assert datum == "GCJ-02"
    assert 400 < size < 600
    assert np.abs(offsets_m(moved, expected)).max() < 700
