"""Weights: published tables, and laws."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan import QuestionError
from geoplan.site.ranking import score
from geoplan.site.weights import ahp, direct, rank_order, shares_of

# Saaty (2008), relative consumption of drinks.
DRINKS = [
    row.split()
    for row in (
        "1 9 5 2 1 1 ½",
        "1/9 1 1/3 1/9 1/9 1/9 1/9",
        "1/5 3 1 1/3 1/4 1/3 1/9",
        "½ 9 3 1 ½ 1 1/3",
        "1 9 4 2 1 2 ½",
        "1 9 3 1 ½ 1 1/3",
        "2 9 9 3 2 3 1",
    )
]
DRINK_NAMES = ["coffee", "wine", "tea", "beer", "soda", "milk", "water"]

LEADER = [[1, 4, 3, 7], ["1/4", 1, "1/3", 3], ["1/3", 3, 1, 5], ["1/7", "1/3", "1/5", 1]]

# Saaty (2005), Theory and applications of the analytic network process: the best city.
CITIES = ["Bethesda", "Boston", "Pittsburgh", "Santa Fe"]
CITY_CRITERIA = [
    [1, "1/5", 3, "1/2", 5],
    [5, 1, 7, 1, 7],
    ["1/3", "1/7", 1, "1/4", 3],
    [2, 1, 4, 1, 7],
    ["1/5", "1/7", "1/3", "1/7", 1],
]
CITY_TABLES = {
    "culture": [[1, "1/2", 1, "1/2"], [2, 1, 2.5, 1], [1, 0.4, 1, 0.4], [2, 1, 2.5, 1]],
    "family": [[1, 2, "1/3", 4], ["1/2", 1, "1/8", 2], [3, 8, 1, 9], ["1/4", "1/2", "1/9", 1]],
    "housing": [[1, 5, "1/2", 2.5], ["1/5", 1, "1/9", "1/4"], [2, 9, 1, 7], [0.4, 4, "1/7", 1]],
    "jobs": [[1, "1/2", 3, 4], [2, 1, 6, 8], ["1/3", "1/6", 1, 1], ["1/4", "1/8", 1, 1]],
    "transport": [
        [1, 1.5, "1/2", 4],
        ["2/3", 1, "2/7", 2.5],
        [2, 3.5, 1, 9],
        [0.25, 0.4, "1/9", 1],
    ],
}


def test_drinks() -> None:
    found = ahp(DRINKS, DRINK_NAMES)
    expected = [0.1775, 0.0191, 0.0418, 0.1164, 0.1896, 0.1288, 0.3268]
    assert found.weights.tolist() == pytest.approx(expected, abs=5e-5)
    assert list(found.weights.index) == DRINK_NAMES
    assert found.lambda_max == pytest.approx(7.17663, abs=5e-6)
    assert found.ratio == pytest.approx(0.0218, abs=5e-5)
    assert (found.random_index, found.table, found.flagged) == (1.35, "saaty", False)


@pytest.mark.parametrize("table", ["saaty", "saaty_1977", "saaty_1980"])
def test_leader(table: str) -> None:
    found = ahp(LEADER, list("abcd"), table)
    assert found.weights.tolist() == pytest.approx([0.548, 0.127, 0.270, 0.056], abs=5e-4)
    assert found.ratio == pytest.approx(0.044, abs=5e-4)


def test_random_index_tables() -> None:
    names = list("abcd")
    indices = {t: ahp(LEADER, names, t).random_index for t in ("saaty_1980", "alonso_lamata")}
    assert indices == {"saaty_1980": 0.90, "alonso_lamata": 0.8815}
    found = ahp(LEADER, names, 0.5)
    assert found.consistency_index is not None
    assert found.ratio == found.consistency_index / 0.5
    assert found.table == "given"


def test_best_city() -> None:
    criteria = ahp(CITY_CRITERIA, [*CITY_TABLES])
    local = pd.DataFrame({k: ahp(table, CITIES).weights for k, table in CITY_TABLES.items()})
    found = score(local, criteria.weights).scores
    assert found.tolist() == pytest.approx([0.229, 0.275, 0.385, 0.111], abs=6e-4)


def test_reciprocals_written_with_two_digits() -> None:
    rounded = [[1, 4, 3, 7], [0.25, 1, 0.33, 3], [0.33, 3, 1, 5], [0.14, 0.33, 0.2, 1]]
    pd.testing.assert_series_equal(
        ahp(rounded, list("abcd")).weights, ahp(LEADER, list("abcd")).weights
    )


def test_judges_are_joined_by_the_geometric_mean() -> None:
    three = [[[1, 2], ["1/2", 1]], [[1, 8], ["1/8", 1]], [[1, 4], ["1/4", 1]]]
    assert ahp(three, ["a", "b"]).weights.tolist() == pytest.approx([0.8, 0.2])
    skewed = [[[1, 1], [1, 1]], [[1, 1], [1, 1]], [[1, 8], ["1/8", 1]]]
    assert ahp(skewed, ["a", "b"]).weights.tolist() == pytest.approx([2 / 3, 1 / 3])
    opposed = [[[1, 4], ["1/4", 1]], [["１", "1/4"], [4, 1]]]
    assert ahp(opposed, ["a", "b"]).weights.tolist() == pytest.approx([0.5, 0.5])


def test_one_and_two_criteria_are_always_consistent() -> None:
    assert ahp([[1]], ["a"]).weights.tolist() == [1]
    found = ahp([[1, 9], ["1/9", 1]], ["a", "b"])
    assert (found.ratio, found.flagged, found.revisit) == (0, False, None)


def test_judgement_to_revisit() -> None:
    # Consistent with weights 8:4:2:1, but for one judgement turned around.
    w = np.asarray([8.0, 4, 2, 1])
    matrix = w[:, None] / w[None, :]
    matrix[1, 3], matrix[3, 1] = 1 / 4, 4
    found = ahp(matrix.tolist(), list("abcd"))
    assert found.flagged
    assert found.revisit is not None
    assert (found.revisit.row, found.revisit.column) == ("b", "d")
    assert (found.revisit.given, found.revisit.suggested) == (0.25, pytest.approx(4))
    assert found.revisit.ratio == pytest.approx(0, abs=1e-12)


def test_no_single_judgement_lowers_the_ratio_more() -> None:
    found = ahp(DRINKS, DRINK_NAMES)
    assert found.revisit is not None
    base = [[*row] for row in DRINKS]
    for i in range(7):
        for j in range(i + 1, 7):
            for times in np.exp(np.linspace(-np.log(9), np.log(9), 25)):
                trial: list[list[Any]] = [[*row] for row in base]
                trial[i][j], trial[j][i] = times, 1 / times
                ratio = ahp(trial, DRINK_NAMES).ratio
                assert ratio is not None
                assert ratio >= found.revisit.ratio - 1e-12


@pytest.mark.parametrize(
    ("judgements", "part"),
    [
        ([[1, 3], [3, 1]], "judge 1, “a” against “b”: 3 and 3 are not reciprocal"),
        ([[2, 3], ["1/3", 1]], "“a” against “a”: 2 must be 1"),
        ([[1, "much"], ["1/3", 0]], "“a” against “b”: 'much' is no number above 0; judge 1, “b”"),
        ([[1, 3]], "2 criteria need 2 rows of 2 judgements"),
        ([[1, 3, 5], [1, 1, 1]], "2 criteria need 2 rows of 2 judgements"),
        ([], "must be a square matrix"),
        (7, "must be a square matrix"),
    ],
)
def test_faulty_judgements_are_named(judgements: Any, part: str) -> None:
    with pytest.raises(QuestionError) as caught:
        ahp(judgements, ["a", "b"])
    assert part in str(caught.value)


def test_random_index_must_exist() -> None:
    many = np.ones((16, 16)).tolist()
    with pytest.raises(QuestionError, match="ends at 15 criteria, here are 16"):
        ahp(many, [str(i) for i in range(16)])
    assert ahp(many, [str(i) for i in range(16)], 1.6).weights.tolist() == pytest.approx(
        [1 / 16] * 16
    )
    with pytest.raises(QuestionError, match="“nobody” is no table"):
        ahp([[1]], ["a"], "nobody")


# Barron and Barrett (1996), and by hand.
@pytest.mark.parametrize(
    ("n", "method", "expected"),
    [
        (2, "roc", [0.75, 0.25]),
        (3, "roc", [0.6111, 0.2778, 0.1111]),
        (4, "roc", [0.5208, 0.2708, 0.1458, 0.0625]),
        (5, "roc", [0.4567, 0.2567, 0.1567, 0.0900, 0.0400]),
        (6, "roc", [0.4083, 0.2417, 0.1583, 0.1028, 0.0611, 0.0278]),
        (4, "rank_sum", [0.4, 0.3, 0.2, 0.1]),
        (4, "rank_reciprocal", [0.48, 0.24, 0.16, 0.12]),
    ],
)
def test_weights_from_an_order(n: int, method: Any, expected: list[float]) -> None:
    found = rank_order([f"c{i}" for i in range(n)], method)
    assert found.weights.tolist() == pytest.approx(expected, abs=5e-5)
    assert found.method == method


def test_equals_share_the_mean_of_their_places() -> None:
    found = rank_order(["a", ["b", "c"], "d"]).weights
    assert found.to_dict() == pytest.approx({"a": 25 / 48, "b": 10 / 48, "c": 10 / 48, "d": 3 / 48})
    assert rank_order([["a", "b", "c"]]).weights.tolist() == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(
    ("order", "part"),
    [(["a", "b", ["a"]], "“a” stands twice"), (["a", []], "empty place"), ([], "empty place")],
)
def test_faulty_orders(order: Any, part: str) -> None:
    with pytest.raises(QuestionError, match=part):
        rank_order(order)
    with pytest.raises(QuestionError, match="no method"):
        rank_order(["a"], "best")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("weights", "part"),
    [
        ({"a": -1, "b": 1}, "the weight of “a” is -1"),
        ({"a": float("nan"), "b": float("inf")}, "“a” is nan; the weight of “b” is inf"),
        ({"a": 0, "b": 0}, "no criterion has a weight above 0"),
        ({"a": 1, "c": 1}, "“b” has no weight; “c” has a weight but is no criterion"),
        ({"a": "much", "b": 1}, "weights must be numbers"),
    ],
)
def test_faulty_weights(weights: Any, part: str) -> None:
    with pytest.raises(QuestionError) as caught:
        shares_of(weights, pd.Index(["a", "b"]))
    assert part in str(caught.value)


def test_weights_are_matched_by_name() -> None:
    assert shares_of({"b": 3, "a": 1}, pd.Index(["a", "b"])).tolist() == [0.25, 0.75]


@settings(deadline=None)
@given(
    st.lists(st.just(0.0) | st.floats(1e-200, 1e300), min_size=1, max_size=8), st.floats(1e-3, 1e3)
)
def test_scale_of_the_weights_means_nothing(weights: list[float], factor: float) -> None:
    if not any(weights):
        weights[0] = 1.0
    names = [f"c{i}" for i in range(len(weights))]
    one = direct(dict(zip(names, weights, strict=True))).weights
    other = direct(dict(zip(names, [w * factor for w in weights], strict=True))).weights
    assert one.sum() == pytest.approx(1, abs=1e-12)
    assert other.tolist() == pytest.approx(one.tolist(), abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.floats(0.2, 5), min_size=2, max_size=7))
def test_consistent_judgements_give_their_weights_back(weights: list[float]) -> None:
    w = np.asarray(weights)
    found = ahp((w[:, None] / w[None, :]).tolist(), [f"c{i}" for i in range(len(w))])
    assert found.weights.to_numpy() == pytest.approx(w / w.sum())
    assert found.ratio == pytest.approx(0, abs=1e-9)
    assert not found.flagged


@settings(deadline=None)
@given(st.integers(1, 9))
def test_order_weights_fall_and_sum_to_one(n: int) -> None:
    for method in ("roc", "rank_sum", "rank_reciprocal"):
        weights = rank_order([f"c{i}" for i in range(n)], method).weights  # type: ignore[arg-type]
        assert weights.sum() == pytest.approx(1)
        assert weights.is_monotonic_decreasing
