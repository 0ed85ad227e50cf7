"""Where a candidate may be, and positions drawn from there."""

import numpy as np
import pytest
import shapely
from sites import X0, Y0, plots, points

import geoplan
from geoplan.site.candidates import candidates
from geoplan.site.measuring import Setting, scattered
from geoplan.site.question import Brief


def areas(*shapes: object) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def test_positions_lie_evenly_in_the_area() -> None:
    triangle = shapely.Polygon([(0, 0), (900, 0), (0, 900)])
    (xy,) = scattered(areas(triangle), ["a"], 4_000, 1)
    assert shapely.contains_xy(triangle, xy).all()
    assert xy.mean(axis=0) == pytest.approx([300, 300], abs=15)
    quarter = shapely.contains_xy(shapely.box(0, 0, 450, 450), xy).mean()
    assert quarter == pytest.approx(0.5, abs=0.03)


def test_a_draw_depends_on_name_area_and_seed_alone() -> None:
    box, other = shapely.box(0, 0, 9, 9), shapely.box(0, 0, 5, 5)
    both = scattered(areas(other, box), ["b", "a"], 10, 1)
    alone = scattered(areas(box), ["a"], 10, 1)
    assert (both[1] == alone[0]).all()
    assert (scattered(areas(box), ["a"], 10, 2) != alone).any()
    assert (scattered(areas(box), ["c"], 10, 1) != alone).any()


def test_points_stay_and_what_is_missing_is_nowhere() -> None:
    xy = scattered(
        areas(shapely.Point(3, 4), None, shapely.Polygon([(0, 0), (1, 0), (2, 0)])), "abc", 5, 1
    )
    assert (xy[0] == [3, 4]).all()
    assert np.isnan(xy[1]).all()
    assert (xy[2] == [1, 0]).all()
    assert scattered(areas(None), ["a"], 0, 1).shape == (1, 0, 2)


def test_where_a_candidate_may_be(tiny: geoplan.Plan) -> None:
    park = Setting(tiny, Brief(), candidates(tiny, Brief()))
    assert park.whereabouts[0].area == pytest.approx(np.pi * 400**2, rel=0.01)
    assert (park.own[0], park.exact[0], park.placed[0], park.central[0]) == (
        False,
        False,
        True,
        True,
    )
    # A parcel is where it is drawn, however large: its centre is a point.
    parcel = Setting(tiny, Brief(), plots(tiny, {"a": (0, 0, 500, 500)}))
    assert (parcel.own[0], parcel.exact[0]) == (True, True)
    assert parcel.centres[0] == pytest.approx([X0 + 250, Y0 + 250])
    assert (parcel.positions == parcel.centres[:, None]).all()
    vague = Setting(tiny, Brief(), plots(tiny, {"a": (0, 0, 500, 500)}, accuracy_m=100.0))
    assert vague.whereabouts[0].area == pytest.approx(np.pi * 100**2, rel=0.01)


def test_all_criteria_share_the_same_positions(tiny: geoplan.Plan) -> None:
    at = Setting(tiny, Brief(), points(tiny, (0, 0)), {"radius_m": 1.0})
    other = at.having({"radius_m": 2.0})
    assert other.positions is at.positions
    assert (at.number("radius_m"), other.number("radius_m")) == (1, 2)
