import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geoplan.site.ranges import Features, Sites, depth_m, distance_m, share_covered


def sites(
    *geometries: shapely.Geometry | None, extent: bool = True, accuracy: float = 0.0
) -> Sites:
    those = np.array(geometries, dtype=object)
    centres = shapely.centroid(those)
    xy, of = shapely.get_coordinates(those, return_index=True)
    middles = np.column_stack((shapely.get_x(centres), shapely.get_y(centres)))
    radius = np.zeros(len(those))
    np.maximum.at(radius, of, np.hypot(*(xy - middles[of]).T))
    n = len(those)
    return Sites(those, centres, np.full(n, extent), np.full(n, accuracy), radius)


def features(
    *geometries: shapely.Geometry,
    accuracy: float = 0.0,
    somewhere: bool = False,
    sure: bool = True,
    lost: int = 0,
) -> Features:
    n = len(geometries)
    those = np.array(geometries, dtype=object)
    flags = np.full(n, somewhere), np.full(n, sure)
    return Features(those, np.full(n, accuracy), *flags, lost)


def square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(x, y, x + side, y + side)


LAKE = shapely.box(0, 0, 1_000, 1_000)
RING = shapely.Polygon(LAKE.exterior, [shapely.box(300, 300, 700, 700).exterior])


INSIDE, OUTSIDE, ACROSS = "inside", "outside", "across"


@pytest.mark.parametrize(
    ("site", "where", "metres"),
    [
        (square(400, 400, 200), INSIDE, 400),
        (square(-300, 400, 100), OUTSIDE, 200),
        (square(0, 400, 100), INSIDE, 0),
        (square(-100, 400, 100), OUTSIDE, 0),
        (square(-50, 400, 100), ACROSS, 0),
        (square(-500, -500, 2_000), ACROSS, 0),
        (shapely.Point(100, 500), INSIDE, 100),
        (shapely.Point(-100, 500), OUTSIDE, 100),
    ],
)
def test_depth_is_that_of_the_shallowest_and_the_deepest_place(
    site: shapely.Geometry, where: str, metres: float
) -> None:
    found = depth_m(sites(site), features(LAKE))
    off = depth_m(sites(site, accuracy=7), features(LAKE, accuracy=30))
    if where == INSIDE:
        assert found.low[0] == pytest.approx(metres)
        assert found.high[0] >= metres
    elif where == OUTSIDE:
        assert found.high[0] == pytest.approx(-metres)
        assert found.low[0] <= -metres
    else:
        assert found.low[0] < 0 < found.high[0]
    assert off.low[0] == pytest.approx(found.low[0] - 37)
    assert off.high[0] == pytest.approx(found.high[0] + 37)


def test_a_hole_is_outside() -> None:
    found = depth_m(sites(square(450, 450, 100)), features(RING))
    assert found.high[0] == pytest.approx(-150)


def test_two_areas_with_a_common_edge_are_one() -> None:
    found = depth_m(
        sites(square(900, 400, 200)), features(LAKE, shapely.box(1_000, 0, 2_000, 1_000))
    )
    assert found.low[0] == pytest.approx(400)


def test_what_is_not_surely_meant_can_only_make_a_site_doubtful() -> None:
    perhaps = features(LAKE, sure=False)
    found = depth_m(sites(square(400, 400, 200), square(-300, 400, 100)), perhaps)
    assert found.low[0] < 0 < found.high[0]
    assert found.high[1] == pytest.approx(-200)
    lost = depth_m(sites(square(-300, 400, 100)), features(LAKE, lost=1))
    assert lost.low[0] < 0
    assert lost.high[0] == np.inf


def test_a_site_without_a_place_is_measured_by_nothing() -> None:
    for measure in (depth_m, distance_m, share_covered):
        found = measure(sites(None, square(0, 0, 1)), features(LAKE))
        assert np.isnan(found.low[0])
        assert np.isnan(found.high[0])
        assert not np.isnan(found.low[1])


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (shapely.Point(1_000, 50), 900),
        (shapely.LineString([(0, 400), (900, 400)]), 300),
        (shapely.box(-500, -500, 500, 500), 0),
        (shapely.box(600, 0, 700, 100), 500),
        (shapely.MultiPoint([(1_000, 50), (0, 300)]), 200),
    ],
)
def test_an_extent_is_measured_from_its_nearest_edge(
    feature: shapely.Geometry, expected: float
) -> None:
    found = distance_m(sites(square(0, 0, 100)), features(feature))
    assert found.low[0] == pytest.approx(expected)
    assert found.high[0] == pytest.approx(expected)
    off = distance_m(sites(square(0, 0, 100), accuracy=7), features(feature, accuracy=30))
    assert off.low[0] == pytest.approx(max(expected - 37, 0))
    assert off.high[0] == pytest.approx(expected + 37)


def test_a_site_somewhere_in_its_footprint_has_the_range_of_the_footprint() -> None:
    disc = shapely.Point(0, 0).buffer(400, quad_segs=16)
    found = distance_m(sites(disc, extent=False), features(shapely.Point(2_000, 0), accuracy=200))
    assert found.low[0] == pytest.approx(2_000 - 400 - 200)
    assert found.high[0] == pytest.approx(2_000 + 400 + 200)


def test_a_thing_somewhere_in_a_district_may_be_at_its_far_end() -> None:
    district = features(shapely.box(100, -100, 300, 100), somewhere=True)
    found = distance_m(sites(shapely.Point(0, 0)), district)
    assert found.low[0] == pytest.approx(100)
    assert found.high[0] == pytest.approx(200 + 100 * 2**0.5)


def test_things_of_which_no_place_is_known_may_be_near() -> None:
    found = distance_m(sites(shapely.Point(0, 0)), features(shapely.Point(900, 0), lost=1))
    assert (found.low[0], found.high[0]) == (0, 900)


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (square(-50, 0, 100), 0.5),
        (square(0, 0, 100), 1.0),
        (square(-100, 0, 100), 0.0),
        (square(-500, -500, 2_000), 0.25),
        (square(250, 250, 500), 1 - (400 / 500) ** 2),
    ],
)
def test_the_share_covered_of_an_extent(site: shapely.Geometry, expected: float) -> None:
    area = RING if expected == 1 - (400 / 500) ** 2 else LAKE
    found = share_covered(sites(site), features(area))
    assert found.low[0] == pytest.approx(expected)
    assert found.high[0] == pytest.approx(expected)


def test_the_share_is_no_better_known_than_the_outline() -> None:
    found = share_covered(sites(square(-50, 400, 100)), features(LAKE, accuracy=20))
    assert found.low[0] == pytest.approx(0.3)
    assert found.high[0] == pytest.approx(0.7)


def test_a_site_somewhere_may_be_covered_wholly_or_not_at_all() -> None:
    those = sites(square(-50, 400, 100), square(200, 200, 10), square(-90, 0, 9), extent=False)
    found = share_covered(those, features(LAKE))
    assert found.low.tolist() == [0, 1, 0]
    assert found.high.tolist() == [1, 1, 0]


def test_a_shape_of_many_corners_covers_what_it_covers() -> None:
    disc = shapely.Point(0, 0).buffer(1_000, quad_segs=500)
    found = share_covered(sites(square(0, 0, 1_000)), features(disc))
    assert found.low[0] == pytest.approx(np.pi / 4, abs=1e-5)


coordinates = st.floats(-2_000, 2_000).map(lambda x: round(x, 1))
share = st.floats(0, 1)


@settings(max_examples=150, deadline=None)
@given(
    corner=st.tuples(coordinates, coordinates),
    side=st.sampled_from([0.5, 100.0, 900.0]),
    inside=st.tuples(share, share),
    zone=st.tuples(coordinates, coordinates),
    accuracy=st.sampled_from([0.0, 10.0, 300.0]),
    shift=st.tuples(share, share),
)
def test_the_truth_lies_in_the_range(
    corner: tuple[float, float],
    side: float,
    inside: tuple[float, float],
    zone: tuple[float, float],
    accuracy: float,
    shift: tuple[float, float],
) -> None:
    """Wherever in its footprint a site is, and wherever a zone really is: the range holds it."""
    footprint = square(*corner, side)
    truth = shapely.Point(corner[0] + inside[0] * side, corner[1] + inside[1] * side)
    drawn = square(*zone, 700)
    angle, size = 2 * np.pi * shift[0], accuracy * shift[1]
    real = shapely.transform(drawn, lambda xy: xy + size * np.array([np.cos(angle), np.sin(angle)]))
    there = sites(footprint, extent=False)
    reach = distance_m(there, features(drawn, accuracy=accuracy))
    assert reach.low[0] - 1e-6 <= truth.distance(real) <= reach.high[0] + 1e-6
    deep = depth_m(there, features(drawn, accuracy=accuracy))
    depth = truth.distance(real.boundary) * (1 if real.contains(truth) else -1)
    assert deep.low[0] - 1e-6 <= depth <= deep.high[0] + 1e-6


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=6), coordinates)
def test_the_greatest_distance_is_reached_or_bounded(
    places: list[tuple[float, float]], x: float
) -> None:
    """For one point feature the bound is exact; for several it is never too small."""
    disc = shapely.Point(x, 0).buffer(500, quad_segs=8)
    points = [shapely.Point(place) for place in places]
    found = distance_m(sites(disc, extent=False), features(*points))
    corners = [shapely.Point(xy) for xy in shapely.get_coordinates(disc)]
    real = max(min(corner.distance(point) for point in points) for corner in corners)
    assert found.high[0] >= real - 1e-6
    assume(len(points) == 1)
    assert found.high[0] == pytest.approx(real)
