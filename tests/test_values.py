"""Value functions: answers by hand, a published example, and laws."""

from itertools import pairwise
from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geoplan import QuestionError
from geoplan.site.values import ValueFunction

AIRPORT = ValueFunction.parse("0:1|60000:0")
HILL = ValueFunction.parse("0:0|10:1|30:1|50:0.2|60:0.6")


@st.composite
def functions(draw: st.DrawFn) -> ValueFunction:
    x = draw(st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True))
    scores = draw(st.lists(st.integers(0, 20), min_size=len(x), max_size=len(x)))
    return ValueFunction(tuple(zip(sorted(x), [s / 20 for s in scores], strict=True)))


def test_by_hand() -> None:
    assert AIRPORT.value(0.0) == 1
    assert AIRPORT.value(45000.0) == 0.25
    assert (AIRPORT.value(-1.0), AIRPORT.value(inf)) == (1, 0)
    assert np.isnan(AIRPORT.value(nan))


def test_published_example_of_smaa_package() -> None:
    # smaa (van Valkenhoef), help page of smaa.pvf.
    cutoffs = ValueFunction(((50, 1), (75, 0.8), (90, 0.5), (100, 0)))
    found = cutoffs.value(np.asarray([50.0, 90, 100, 10, 40, 101, 120]))
    assert found.tolist() == [1, 0.5, 0, 1, 1, 0, 0]


def test_series_and_arrays_keep_their_form() -> None:
    measured = pd.Series([0, None, 30000], index=["a", "b", "c"], dtype="Int64")
    expected = pd.Series([1, nan, 0.5], index=["a", "b", "c"], name="value")
    pd.testing.assert_series_equal(AIRPORT.value(measured), expected)
    assert AIRPORT.value(np.zeros((2, 3))).shape == (2, 3)
    assert isinstance(AIRPORT.value(1.0), float)


def test_written_and_read_again() -> None:
    assert str(AIRPORT) == "0:1|60000:0"
    assert ValueFunction.parse(str(HILL)) == HILL
    assert hash(ValueFunction(((0, 1), (60000, 0)))) == hash(AIRPORT)


def test_range_over_a_best_value_in_the_middle() -> None:
    low = pd.Series([5.0, 40, nan, 5], index=list("abcd"))
    high = pd.Series([55.0, 45, 3, 5], index=list("abcd"))
    least, greatest = HILL.value_range(low, high)
    assert least.tolist()[:2] == pytest.approx([0.2, 0.4])
    assert greatest.tolist()[:2] == pytest.approx([1, 0.6])
    assert np.isnan([least["c"], greatest["c"]]).all()
    assert (least["d"], greatest["d"]) == (0.5, 0.5)


def test_inverse_by_hand() -> None:
    assert HILL.inverse(1) == ((10, 30),)
    assert HILL.inverse(0.5) == ((5, 5), (42.5, 42.5), (57.5, 57.5))
    assert HILL.inverse(0) == ((-inf, 0),)
    assert HILL.inverse(0.6) == ((6, 6), (40, 40), (60, inf))
    assert AIRPORT.inverse(0.25) == ((45000, 45000),)
    assert ValueFunction.parse("0:0.2|1:0.4").inverse(0.5) == ()


def test_nearest_above_by_hand() -> None:
    assert HILL.nearest_above(0.5, 0) == 5
    assert HILL.nearest_above(0.5, 48) == 42.5
    assert HILL.nearest_above(0.5, 52) == 57.5
    assert HILL.nearest_above(0.9, 55) == 32.5
    assert HILL.nearest_above(0.5, 20) == 20
    assert HILL.nearest_above(1, 0) is None
    # The last point is worth 0.6 at most: it never is above it.
    assert HILL.nearest_above(0.6, 58) == 40
    # What is not known is looked for from the end worth least.
    assert AIRPORT.nearest_above(0.25, nan) == 45000


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("0:1", "at least two points"),
        ("0:1|0:0", "0 after 0 does not ascend"),
        ("0:1|60000:2", "60000:2 is not finite, or its value is not within 0 to 1"),
        ("0:1|inf:0", "inf:0 is not finite"),
        ("0:1|60000", "“0:1|60000” is no value function"),
        ("far:1|near:0", "is no value function"),
        ("", "is no value function"),
    ],
)
def test_faults_are_named(text: str, part: str) -> None:
    with pytest.raises(QuestionError) as caught:
        ValueFunction.parse(text)
    assert part in str(caught.value)


def test_all_faults_together() -> None:
    with pytest.raises(QuestionError, match=r"5:3 .*; 4:-1 .*; 4 after 5"):
        ValueFunction(((5, 3), (4, -1)))
    with pytest.raises(QuestionError, match="give pairs"):
        ValueFunction(((1, 2, 3),))  # type: ignore[arg-type]


@settings(deadline=None)
@given(functions(), st.floats(-60, 60))
def test_value_stays_within_0_and_1(function: ValueFunction, x: float) -> None:
    assert 0 <= function.value(x) <= 1


@settings(deadline=None)
@given(functions(), st.floats(-60, 60))
def test_inverse_finds_every_measured_value(function: ValueFunction, x: float) -> None:
    score = function.value(x)
    ranges = function.inverse(score)
    assert any(low - 1e-9 <= x <= high + 1e-9 for low, high in ranges)
    for low, high in ranges:
        for end in (low, high):
            assert function.value(end) == pytest.approx(score, abs=1e-12)
    assert all(a[1] < b[0] for a, b in pairwise(ranges))


@settings(deadline=None)
@given(functions(), st.integers(-60, 60), st.integers(0, 40))
def test_nearest_above_is_nearest(function: ValueFunction, start: int, twice: int) -> None:
    score = twice / 40 + 0.0125
    grid = np.arange(-60, 60.01, 0.05)
    above = grid[function.value(grid) > score]
    found = function.nearest_above(score, start)
    if found is None:
        assert above.size == 0
        return
    distance = abs(found - start)
    assert (np.abs(above - start) >= distance - 1e-9).all()
    assume(distance > 0)
    assert function.value(found) == pytest.approx(score, abs=1e-12)
    beyond = found + np.sign(found - start) * 1e-7
    assert function.value(float(beyond)) > score


@settings(deadline=None)
@given(functions(), st.floats(-60, 60), st.floats(0, 30), st.floats(0, 1))
def test_range_holds_every_value_in_it(
    function: ValueFunction, low: float, width: float, part: float
) -> None:
    least, greatest = function.value_range(pd.Series([low]), pd.Series([low + width]))
    assert least[0] - 1e-12 <= function.value(low + part * width) <= greatest[0] + 1e-12
