"""Scores and ranks: answers by hand, and laws."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan import QuestionError
from geoplan.site.ranking import competition_ranks, dominated_in, likeness, score

SITES = pd.DataFrame(
    {"land": [1.0, 0.5, 0.4, 0.5], "rail": [0.0, 0.8, 0.6, 0.8]}, index=["a", "d", "c", "b"]
)


@st.composite
def problems(draw: st.DrawFn) -> tuple[pd.DataFrame, "pd.Series[float]"]:
    n, m = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    cells = st.integers(0, 20).map(lambda x: x / 20)
    rows = draw(st.lists(st.lists(cells, min_size=m, max_size=m), min_size=n, max_size=n))
    weights = draw(st.lists(st.integers(0, 9), min_size=m, max_size=m).filter(any))
    names = [f"c{j}" for j in range(m)]
    values = pd.DataFrame(rows, index=[f"s{i}" for i in range(n)], columns=names, dtype=float)
    return values, pd.Series(weights, index=names, dtype=float)


def test_by_hand() -> None:
    found = score(SITES, {"rail": 1, "land": 3})
    assert found.scores.to_dict() == pytest.approx({"a": 0.75, "d": 0.575, "c": 0.45, "b": 0.575})
    assert found.ranks.to_dict() == {"a": 1, "d": 2, "c": 4, "b": 2}
    assert found.order.tolist() == ["a", "b", "d", "c"]
    assert found.contributions.loc["c"].to_dict() == pytest.approx({"land": 0.3, "rail": 0.15})
    pd.testing.assert_index_equal(found.contributions.index, SITES.index)
    assert (found.scores.name, found.ranks.name) == ("score", "rank")
    assert found.ranks.dtype == np.int64


def test_likeness_by_hand() -> None:
    found = likeness(SITES, {"land": 1, "rail": 1}, "a")
    assert found.scores.to_dict() == pytest.approx({"a": 1, "d": 0.35, "c": 0.4, "b": 0.35})
    outside = likeness(SITES, {"land": 1, "rail": 1}, pd.Series({"rail": 0.7, "land": 0.6}))
    assert outside.scores.to_dict() == pytest.approx({"a": 0.45, "d": 0.9, "c": 0.85, "b": 0.9})
    # Better than the target is as unlike it as worse.
    assert outside.contributions.loc["a", "land"] == pytest.approx(0.3)


def test_rounding_makes_no_difference() -> None:
    values = pd.DataFrame({"a": [0.1, 0.3], "b": [0.2, 0.0]})
    assert score(values, {"a": 1, "b": 1}).ranks.tolist() == [1, 1]
    assert competition_ranks(np.asarray([0.3, 0.1 + 0.2, 0.2])).tolist() == [1, 1, 3]


def test_a_dominated_candidate_never_shares_the_first_rank() -> None:
    values = pd.DataFrame({"a": [1.0, 1.0, 1.0], "b": [1e-300, 0.0, 1e-300]})
    assert score(values, {"a": 1, "b": 1}).ranks.tolist() == [1, 3, 1]
    # A criterion without weight dominates nobody.
    assert score(values, {"a": 1, "b": 0}).ranks.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("values", "weights", "part"),
    [
        ({"a": [1, np.nan], "b": [np.inf, 1]}, {"a": 1, "b": 1}, "“b” of “0”, “a” of “1”; decide"),
        ({"a": [None] * 9}, {"a": 1}, "of “4” and 4 more"),
        ({"a": ["x"]}, {"a": 1}, "values must be numbers"),
        ({"a": [1.0]}, {"a": 1, "b": 1}, "“b” has a weight but is no criterion"),
        ({}, {"a": 1}, "there is no criterion"),
    ],
)
def test_faults_are_named(values: Any, weights: dict[str, float], part: str) -> None:
    with pytest.raises(QuestionError) as caught:
        score(pd.DataFrame(values), weights)
    assert part in str(caught.value)


def test_names_must_be_unique_and_known() -> None:
    with pytest.raises(QuestionError, match="twice"):
        score(pd.concat([SITES, SITES]), {"land": 1, "rail": 1})
    with pytest.raises(QuestionError, match="“z” is not among"):
        likeness(SITES, {"land": 1, "rail": 1}, "z")
    with pytest.raises(QuestionError, match="the target has no value of “rail”"):
        likeness(SITES, {"land": 1, "rail": 1}, pd.Series({"land": 1.0}))


def test_nobody_to_rank() -> None:
    found = score(SITES.iloc[:0], {"land": 1, "rail": 1})
    assert found.scores.empty
    assert found.order.tolist() == []


@settings(deadline=None)
@given(problems())
def test_contributions_sum_to_the_score(problem: Any) -> None:
    values, weights = problem
    for found in (score(values, weights), likeness(values, weights, "s0")):
        error = found.contributions.sum(axis=1) - found.scores
        assert error.abs().max() <= 1e-12
        assert found.scores.between(0, 1 + 1e-12).all()


@settings(deadline=None)
@given(problems(), st.sampled_from([2.0, 0.5, 3.0, 1e6]))
def test_scale_of_the_weights_changes_nothing(problem: Any, factor: float) -> None:
    values, weights = problem
    one, other = score(values, weights), score(values, weights * factor)
    pd.testing.assert_series_equal(one.ranks, other.ranks)
    pd.testing.assert_series_equal(one.scores, other.scores, rtol=0, atol=1e-15)


def test_doubled_weights_give_the_same_bits() -> None:
    weights = pd.Series({"land": 0.3, "rail": 0.1})
    assert score(SITES, weights).scores.equals(score(SITES, weights * 2).scores)


@settings(deadline=None)
@given(problems(), st.integers(0, 6))
def test_a_candidate_more_or_less_reorders_nobody(problem: Any, gone: int) -> None:
    values, weights = problem
    if len(values) < 2:
        return
    whole = score(values, weights)
    rest = values.drop(index=values.index[gone % len(values)])
    part = score(rest, weights)
    assert part.scores.equals(whole.scores[rest.index])
    before = whole.scores[rest.index].round(12)
    for i in rest.index:
        for k in rest.index:
            if before[i] > before[k]:
                assert part.ranks[i] < part.ranks[k]
                assert whole.ranks[i] < whole.ranks[k]


@settings(deadline=None)
@given(problems())
def test_a_dominated_candidate_is_never_first(problem: Any) -> None:
    values, weights = problem
    counted = values.loc[:, weights > 0].to_numpy()
    ranks = score(values, weights).ranks.to_numpy()
    for i in range(len(counted)):
        ahead = (counted >= counted[i]).all(axis=1) & (counted > counted[i]).any(axis=1)
        assert dominated_in(counted)[i] == ahead.any()
        if ahead.any():
            assert ranks[i] > 1
    assert (ranks == 1).any()


@settings(deadline=None)
@given(problems())
def test_ranks_count_who_is_better(problem: Any) -> None:
    values, weights = problem
    found = score(values, weights)
    rounded = found.scores.round(12)
    for site, rank in found.ranks.items():
        better = int((rounded > rounded[site]).sum())
        assert rank >= 1 + better
        if better:
            assert rank == 1 + better
