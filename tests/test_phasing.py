"""Phasing: whole amounts that add up exactly."""

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from geoplan import QuestionError
from geoplan.place.phasing import UNDATED, invested_in, split_rows, split_whole, yearly

money = st.integers(0, 10**15)
whole_shares = st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any)
shares = st.one_of(
    whole_shares,
    st.lists(st.decimals(0, 1, places=3).map(float), min_size=1, max_size=6).filter(any),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=6).filter(any),
)
years = st.one_of(st.none(), st.integers(2010, 2016))
project = st.tuples(years, years, st.one_of(st.none(), money))


def table(rows: list[tuple[Any, Any, Any]]) -> pd.DataFrame:
    columns = ["year_start", "year_end", "investment_wanyuan"]
    index = pd.Index([f"p{i}" for i in range(len(rows))], name="id")
    return pd.DataFrame(rows, columns=columns, index=index, dtype="Int64")


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (0, [1, 2], [0, 0]),
        (5, [0.1, 0.2, 0.3, 0.4], [1, 1, 1, 2]),
        (5, [0.3, 0.3, 0.4], [2, 1, 2]),
        (3, [0, 1, 0], [0, 3, 0]),
        (1, [0, 1e-12, 1e-12], [0, 1, 0]),
        (10**15, [1, 1, 1], [333333333333334, 333333333333333, 333333333333333]),
        (10**15, [1 / 3, 2 / 3], [333333333333333, 666666666666667]),
        # Quotas 43.57, 34.64, 10.44, 9.35: the two largest remainders are .64 and .57.
        (98, [4357, 3464, 1044, 935], [44, 35, 10, 9]),
    ],
)
def test_split(total: int, parts: list[float], expected: list[int]) -> None:
    found = split_whole(total, parts)
    assert found.dtype == np.int64
    assert found.tolist() == expected


@given(money, shares)
def test_a_split_loses_nothing(total: int, parts: list[float]) -> None:
    found = split_whole(total, parts)
    assert sum(found.tolist()) == total
    assert (found >= 0).all()
    exact = [Fraction(str(share)) for share in parts]
    for part, share in zip(found.tolist(), exact, strict=True):
        assert abs(part - total * share / sum(exact)) < 1
        assert share or not part


@given(money, whole_shares, st.integers(2, 1000))
def test_shares_in_another_unit_split_alike(total: int, parts: list[int], factor: int) -> None:
    expected = split_whole(total, parts).tolist()
    assert split_whole(total, [factor * share for share in parts]).tolist() == expected
    # Weights beyond int64 take the slow exact way: both ways agree.
    assert split_whole(total, [2.0**40 * share for share in parts]).tolist() == expected


@given(st.lists(st.tuples(money, st.lists(st.integers(1, 9), min_size=3, max_size=3)), max_size=8))
def test_rows_split_as_one_by_one(rows: list[tuple[int, list[int]]]) -> None:
    totals = [total for total, _ in rows]
    parts = np.asarray([row for _, row in rows]).reshape(-1, 3)
    found = split_rows(totals, parts)
    assert found.tolist() == [split_whole(total, row).tolist() for total, row in rows]


@pytest.mark.parametrize(
    ("total", "parts", "words"),
    [
        (-1, [1], "negative"),
        (1.5, [1], "whole"),
        (1 << 63, [1], "too large"),
        (1, [0, 0], "no share"),
        (1, [], "no share"),
        (1, [-1, 2], "0 or more"),
        (1, [float("nan")], "finite"),
        (1, ["half"], "cannot split"),
    ],
)
def test_split_refused(total: Any, parts: Any, words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        split_whole(total, parts)


def test_rows_refused() -> None:
    with pytest.raises(QuestionError, match="whole numbers"):
        split_rows([1.5], [[1]])
    with pytest.raises(QuestionError, match="as many rows"):
        split_rows([1, 2], [[1]])


def test_equal_years() -> None:
    found = yearly(table([(2017, 2019, 100), (2018, 2018, 50), (2021, 2021, 9)]))
    assert found.columns.to_list() == [2017, 2018, 2019, 2020, 2021, UNDATED]
    assert (found.dtypes == np.int64).all()
    assert found.index.to_list() == ["p0", "p1", "p2"]
    assert found.to_numpy().tolist() == [
        [34, 33, 33, 0, 0, 0],
        [0, 50, 0, 0, 0, 0],
        [0, 0, 0, 0, 9, 0],
    ]


@pytest.mark.parametrize(
    "row", [(None, 2019, 7), (2017, None, 7), (2019, 2017, 7), (2017, 20190, 7), (17, 19, 7)]
)
def test_money_without_usable_years_is_undated(row: Any) -> None:
    found = yearly(table([row, (2018, 2018, 1)]))
    assert found.columns.to_list() == [2018, UNDATED]
    assert found.loc["p0"].to_list() == [0, 7]


def test_shares_for_all() -> None:
    rule = {2017: 0.2, 2018: 0.3, 2019: 0.5}
    found = yearly(table([(2017, 2019, 10), (2017, 2018, 10), (2020, 2020, 10)]), rule)
    assert found.to_numpy().tolist() == [
        [2, 3, 5, 0, 0],
        [4, 6, 0, 0, 0],
        [0, 0, 0, 0, 10],
    ]


def test_shares_by_project() -> None:
    rule = pd.DataFrame({2018: [1, None], 2020: [3, None]}, index=["p2", "p0"], dtype="Float64")
    found = yearly(table([(2017, 2018, 10), (2018, 2018, 5), (None, None, 8)]), rule)
    assert found.columns.to_list() == [2017, 2018, 2019, 2020, UNDATED]
    assert found.to_numpy().tolist() == [[5, 5, 0, 0, 0], [0, 5, 0, 0, 0], [0, 2, 0, 6, 0]]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({2017: -1}, "0 or more"),
        ({2017: "half"}, "numbers"),
        ({"2017": 1}, "whole number"),
        ({17: 1}, "no year between"),
        ("equal", "no rule"),
        (pd.DataFrame({2017: [1]}, index=["p9"]), "“p9”"),
        (pd.DataFrame({2017: [1, 1]}, index=["p0", "p0"]), "one row per project"),
        (pd.DataFrame({"share": [1]}, index=["p0"]), "whole number"),
        (pd.DataFrame({2017: [-1]}, index=["p0"]), "0 or more"),
        (pd.DataFrame({2017: ["half"]}, index=["p0"]), "numbers"),
    ],
)
def test_rule_refused(rule: Any, words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        yearly(table([(2017, 2018, 10)]), rule)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"investment_wanyuan": [-1]}, "negative"),
        ({"investment_wanyuan": [1.5]}, "whole 万元"),
        ({"investment_wanyuan": ["much"]}, "whole 万元"),
        ({"year_start": ["soon"]}, "years"),
    ],
)
def test_projects_refused(change: Any, words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        yearly(table([(2017, 2018, 10)]).assign(**change))
    with pytest.raises(QuestionError, match="no column"):
        yearly(table([]).drop(columns=[*change]))


def test_invested_in() -> None:
    projects = table([(2017, 2019, 100), (None, None, 5), (2018, 2018, None)])
    expected = pd.Series([33, 0, 0], index=projects.index, name="investment_wanyuan")
    pd.testing.assert_series_equal(invested_in(projects, 2018), expected)
    pd.testing.assert_series_equal(invested_in(projects, 2030), expected * 0)
    assert invested_in(projects, 2018, {2018: 1}).to_list() == [100, 0, 0]
    assert invested_in(table([]), 2018).dtype == np.int64
    with pytest.raises(QuestionError, match="year"):
        invested_in(projects, UNDATED)  # type: ignore[arg-type]


@given(st.lists(project, max_size=10), st.randoms())
def test_laws(rows: list[Any], random: Any) -> None:
    projects = table(rows)
    before = projects.copy()
    found = yearly(projects)
    pd.testing.assert_frame_equal(projects, before)
    stated = projects["investment_wanyuan"].fillna(0).astype("int64")
    assert found.sum(axis=1).to_list() == stated.to_list()
    assert found.sum().sum() == stated.sum()

    order = list(range(len(rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(yearly(projects.iloc[order]), found.iloc[order])

    rule = {year: year - 2009 for year in range(2010, 2017)}
    assert yearly(projects, rule).sum(axis=1).to_list() == stated.to_list()


@given(st.integers(2010, 2016), st.integers(0, 6), st.integers(0, 10**14))
def test_two_halves_invest_as_the_whole(start: int, length: int, half: int) -> None:
    whole = yearly(table([(start, start + length, 2 * half)])).sum()
    halves = yearly(table([(start, start + length, half)] * 2)).sum()
    assert (whole - halves).abs().max() <= 2


def test_the_tiny_plan_adds_up(tiny: geoplan.Plan) -> None:
    projects = tiny.tables["projects"]
    found = yearly(projects)
    assert found.index.equals(projects.index)
    assert found.to_numpy().sum() == projects["investment_wanyuan"].sum() > 0
