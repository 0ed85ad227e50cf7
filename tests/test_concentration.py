"""Concentration: numbers of the literature, and laws."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan import QuestionError
from geoplan.place.concentration import (
    concentration,
    gini,
    hhi,
    location_quotient,
    without_largest,
)

EXAMPLE = pd.Series([20, 50, 20, 10], index=["a", "b", "c", "d"])

amounts = st.lists(
    st.one_of(st.none(), st.just(0.0), st.floats(1e-3, 1e12), st.integers(0, 50).map(float)),
    max_size=30,
)


def test_known_numbers() -> None:
    assert location_quotient(1714, 79006, 879213, 15593224) == pytest.approx(0.3847623, abs=5e-8)
    assert hhi(EXAMPLE) == pytest.approx(0.34)
    assert gini(EXAMPLE) == pytest.approx(0.30)


def test_location_quotient_by_key() -> None:
    here = pd.Series([10, 0, None, 5], index=list("abcd"), dtype="Int64")
    totals = pd.Series([0, 50, 40, 50], index=list("dcba"))
    found = location_quotient(here, totals, 20, 200)
    expected = pd.Series([2, 0, np.nan, np.nan], index=list("abcd"), name="location_quotient")
    pd.testing.assert_series_equal(found, expected)


def test_location_quotient_of_each_sector() -> None:
    here = pd.Series({"steel": 30, "cars": 10, "wool": 0})
    everywhere = pd.Series({"cars": 100, "steel": 100, "wool": 0})
    found = location_quotient(here, 40, everywhere, 200)
    assert found.to_dict() == pytest.approx(
        {"steel": 1.5, "cars": 0.5, "wool": np.nan}, nan_ok=True
    )
    # Weighted by the sectors' shares everywhere, quotients average to one.
    assert (found * everywhere / 200).sum() == pytest.approx(1)


@pytest.mark.parametrize("amounts", [(1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)])
def test_location_quotient_of_nothing_is_undefined(amounts: tuple[float, ...]) -> None:
    assert np.isnan(location_quotient(*amounts))


@pytest.mark.parametrize("n", [1, 2, 7])
def test_extremes(n: int) -> None:
    equal = pd.Series([3.0] * n)
    assert (hhi(equal), gini(equal)) == (pytest.approx(1 / n), 0)
    one = pd.Series([5.0] + [0.0] * (n - 1))
    assert (hhi(one), gini(one)) == (1, pytest.approx(1 - 1 / n))


@pytest.mark.parametrize("values", [[], [None, None], [0, 0]])
def test_nothing_is_not_a_number(values: list[Any]) -> None:
    numbers = pd.Series(values, dtype="Float64")
    found = concentration(numbers)
    assert np.isnan([found.hhi, found.gini, found.hhi_without_largest, found.largest_share]).all()
    assert (found.total, found.largest, found.nonzero_units) == (0, None, 0)
    assert found.warning.en.startswith("Only 0 units")
    pd.testing.assert_series_equal(without_largest(numbers), numbers)


def test_missing_is_left_out_and_zero_counts() -> None:
    gap = pd.concat([EXAMPLE, pd.Series([np.nan], index=["e"])])
    zero = pd.concat([EXAMPLE, pd.Series([0], index=["e"])])
    assert gini(gap) == gini(EXAMPLE)
    assert gini(zero) == pytest.approx(0.44)
    assert hhi(gap) == hhi(zero) == hhi(EXAMPLE)
    assert concentration(gap).missing == 1
    assert (concentration(zero).units, concentration(zero).nonzero_units) == (5, 4)


def test_without_largest() -> None:
    assert without_largest(pd.Series([2, 5, None, 5], index=list("abcd"))).index.to_list() == [
        "a",
        "c",
        "d",
    ]
    repeated = pd.Series([1, 9, 2], index=["x", "x", "x"])
    assert without_largest(repeated).to_list() == [1, 2]


def test_with_and_without_the_largest() -> None:
    found = concentration(EXAMPLE)
    assert (found.largest, found.largest_share, found.total) == ("b", 0.5, 100)
    assert found.hhi_without_largest == pytest.approx(0.36)
    assert found.gini_without_largest == pytest.approx(2 / 15)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 1, 1, 1, 1], []),
        ([1, 1, 1, 1, 4], []),
        ([1, 1, 1, 1, 0], ["Only 4 units"]),
        ([1, 1, 1, 1, 5], ["holds 56%"]),
        ([1, 5], ["Only 2 units", "holds 83%"]),
    ],
)
def test_warning(values: list[int], words: list[str]) -> None:
    warning = concentration(pd.Series(values)).warning
    assert all(word in warning.en for word in words)
    assert bool(warning.en) == bool(warning.zh) == bool(words)


@pytest.mark.parametrize("wrong", [-1, float("inf")])
def test_no_share_of_a_debt_or_of_infinity(wrong: float) -> None:
    values = pd.Series([1, wrong], index=["a", "b"])
    for measure in (hhi, gini, without_largest, concentration):
        with pytest.raises(QuestionError, match="“b”"):
            measure(values)
    with pytest.raises(QuestionError, match="part_here"):
        location_quotient(values, 5, 5, 5)
    with pytest.raises(QuestionError, match="total_all"):
        location_quotient(1, 1, 1, wrong)


def test_other_refusals() -> None:
    with pytest.raises(QuestionError, match="keys"):
        location_quotient(EXAMPLE, EXAMPLE.iloc[:3], 1, 1)
    with pytest.raises(QuestionError, match="numbers"):
        hhi(pd.Series(["much"]))


@given(amounts, st.randoms())
def test_laws(values: list[Any], random: Any) -> None:
    numbers = pd.Series(values, dtype="Float64")
    order = list(range(len(values)))
    random.shuffle(order)
    for measure in (hhi, gini):
        found = measure(numbers)
        assert measure(numbers * 2) == pytest.approx(found, abs=0, rel=0, nan_ok=True)
        assert measure(numbers.iloc[order]) == pytest.approx(found, abs=0, rel=0, nan_ok=True)
    n = numbers.notna().sum()
    if numbers.sum() > 0:
        assert 1 / n - 1e-12 <= hhi(numbers) <= 1 + 1e-12
        assert -1e-12 <= gini(numbers) <= 1 - 1 / n + 1e-12
        known = numbers.dropna().to_numpy(dtype=float)
        pairs = np.abs(known[:, None] - known).sum()
        assert gini(numbers) == pytest.approx(pairs / (2 * n * known.sum()), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**9)), min_size=1, max_size=9))
def test_doubling_leaves_quotients(rows: list[tuple[int, int]]) -> None:
    table = pd.DataFrame(rows, columns=["part", "total"], dtype="float64")
    found = location_quotient(table.part, table.total, 70, 900)
    twice = location_quotient(2 * table.part, 2 * table.total, 140, 1800)
    pd.testing.assert_series_equal(found, twice, check_exact=True)
    flipped = location_quotient(table.part, table.total[::-1], 70, 900)
    pd.testing.assert_series_equal(found, flipped)
