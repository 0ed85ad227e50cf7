"""Rank acceptability and dominance: published examples, answers by hand, and laws."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan import QuestionError
from geoplan.site.ranking import score
from geoplan.site.robustness import LARGEST_MATRIX, acceptability, dominance, pareto
from geoplan.site.sampling import weight_draws
from geoplan.site.values import ValueFunction
from geoplan.site.weights import rank_order

THREE = pd.DataFrame({"land": [1.0, 0.5, 0.4], "rail": [0.0, 0.7, 0.6]}, index=["a", "b", "c"])
EVEN = {"land": 1, "rail": 1}

# Thrombolytics (van Valkenhoef and Tervonen; Lynd and O'Brien 2004): events among
# patients give beta distributions, linear partial values over stated scales.
THROMBO_EVENTS = {
    "Prox DVT": [(20, 116), (8, 121)],
    "Dist DVT": [(40, 96), (32, 97)],
    "Bleed": [(1, 135), (5, 124)],
}
THROMBO_SCALES = {"Prox DVT": (0.25, 0.0), "Dist DVT": (0.4, 0.15), "Bleed": (0.1, 0.0)}


def thrombo(draws: int, seed: int = 3) -> tuple[pd.DataFrame, Any]:
    """Central values, and draws of values: (alternatives, criteria, draws)."""
    rng = np.random.default_rng(seed)
    joint = np.asarray(
        [
            [
                (rng.beta(*THROMBO_EVENTS[c][i], size=draws) - worst) / (best - worst)
                for c, (worst, best) in THROMBO_SCALES.items()
            ]
            for i in range(2)
        ]
    )
    names = ["Heparin", "Enoxaparin"]
    return pd.DataFrame(joint.mean(axis=2), index=names, columns=[*THROMBO_SCALES]), joint


@st.composite
def problems(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, Any]:
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    row = st.lists(st.integers(0, 8), min_size=m, max_size=m)
    low = np.asarray(draw(st.lists(row, min_size=n, max_size=n))) / 10
    width = np.asarray(draw(st.lists(row, min_size=n, max_size=n)))
    width = np.where(width > 5, width / 40, 0)
    names = [f"c{j}" for j in range(m)]
    frames = [
        pd.DataFrame(x, index=[f"s{i}" for i in range(n)], columns=names)
        for x in (low + width / 2, low, low + width)
    ]
    weights = draw(st.lists(st.integers(0, 5), min_size=m, max_size=m).filter(any))
    return (*frames, pd.Series(weights, index=names, dtype=float))  # type: ignore[return-value]


modes = st.sampled_from(
    [
        {"mode": "around", "spread": 0.2},
        {"mode": "around", "spread": 0.0},
        {"mode": "order"},
        {"mode": "any"},
        {"mode": "interval", "bounds": {"c0": (0.1, 1.0)}},
    ]
)


def test_thrombo_without_preferences() -> None:
    values, joint = thrombo(50_000)
    found = acceptability(
        values, dict.fromkeys(values, 1), joint=joint, mode="any", draws=50_000, seed=1
    )
    # Two published runs of 10,000 draws: smaa gives .3504, mcda-elicitation-web .3381.
    assert found.first.tolist() == pytest.approx([0.3504, 0.6496], abs=0.015)
    assert found.matrix.to_numpy() == pytest.approx(
        np.asarray([[0.3504, 0.6496], [0.6496, 0.3504]]), abs=0.015
    )
    assert found.central_weights.to_numpy() == pytest.approx(
        np.asarray([[0.1865, 0.2772, 0.5363], [0.4073, 0.3641, 0.2285]]), abs=0.015
    )
    # Published: .6682 and .6389, .8956 and .8925; central weights move it most.
    assert found.confidence["Heparin"] == pytest.approx(0.6682, abs=0.035)
    assert found.confidence["Enoxaparin"] == pytest.approx(0.8956, abs=0.01)


def test_thrombo_by_order_and_by_weights() -> None:
    values, joint = thrombo(50_000)
    even = dict.fromkeys(values, 1)
    found = acceptability(
        values,
        even,
        joint=joint,
        mode="order",
        order=["Prox DVT", "Bleed", "Dist DVT"],
        draws=50_000,
    )
    assert found.first["Heparin"] == pytest.approx(0.1369, abs=0.01)
    assert found.central_weights.to_numpy() == pytest.approx(
        np.asarray([[0.524, 0.121, 0.355], [0.623, 0.110, 0.267]]), abs=0.01
    )
    assert found.confidence.tolist() == pytest.approx([0.1914, 0.9174], abs=0.02)
    for weights, share in [((0.5, 0.2, 0.3), 0.1279), ((4, 1, 2), 0.1049)]:
        fixed = dict(zip(values, weights, strict=True))
        exact = acceptability(values, fixed, joint=joint, spread=0, draws=50_000)
        assert exact.first["Heparin"] == pytest.approx(share, abs=0.01)


def test_thrombo_as_normal_measurements() -> None:
    values, joint = thrombo(20_000)
    deviation = pd.DataFrame(joint.std(axis=2), index=values.index, columns=values.columns)
    even = dict.fromkeys(values, 1)
    found = acceptability(values, even, deviation=deviation, mode="any", draws=50_000)
    assert found.first["Heparin"] == pytest.approx(0.3504, abs=0.02)
    assert found.rank_range["never_worse_than"].tolist() == [2, 2]


def test_given_weightings_are_used_one_by_one() -> None:
    joint = np.asarray([[[1.0, 0.0, 0.5]], [[0.0, 1.0, 0.5]]])
    values = pd.DataFrame({"x": [0.5, 0.5]}, index=["a", "b"])
    found = acceptability(values, {"x": 1}, joint=joint, weightings=[[2], [1], [1]])
    assert found.draws == 3
    assert found.matrix.to_numpy() == pytest.approx(np.full((2, 2), 0.5))
    swap = acceptability(
        THREE, EVEN, weightings=[[1, 0], [0.9, 0.1], [0, 1], [0.5, 0.5], [0.2, 0.8]]
    )
    assert swap.first.tolist() == pytest.approx([0.4, 0.6, 0])
    assert swap.central_weights.loc["a"].tolist() == pytest.approx([0.95, 0.05])
    assert swap.central_weights.loc["c"].isna().all()
    # At even weights a and c are level: rank 2.5 each.
    assert swap.mean_rank.tolist() == pytest.approx([(1 + 1 + 3 + 2.5 + 3) / 5, 1.4, 2.5])


def test_any_weights_by_hand() -> None:
    # a is first where w > 0.7 / 1.2 of land; uniform on a segment.
    found = acceptability(THREE, EVEN, mode="any", draws=40_000)
    assert found.first.tolist() == pytest.approx([5 / 12, 7 / 12, 0], abs=0.01)
    assert (np.abs(found.first - [5 / 12, 7 / 12, 0]) <= found.error).all()
    assert found.central_weights.loc["a", "land"] == pytest.approx((7 / 12 + 1) / 2, abs=0.005)
    assert found.confidence.tolist()[:2] == [1, 1]
    assert np.isnan(found.confidence["c"])
    expected = pd.DataFrame(
        {
            "best": [1, 1, 2],
            "worst": [3, 2, 3],
            "never_better_than": [1, 1, 2],
            "never_worse_than": [3, 2, 3],
        },
        index=THREE.index,
    )
    pd.testing.assert_frame_equal(found.rank_range, expected)


def test_values_in_a_range_by_hand() -> None:
    # Uniform on 0 to 1 against 0.25 for certain.
    values = pd.DataFrame({"x": [0.5, 0.25]}, index=["a", "b"])
    low, high = pd.DataFrame({"x": [0.0, 0.25]}), pd.DataFrame({"x": [1.0, 0.25]})
    low.index = high.index = values.index
    found = acceptability(values, {"x": 1}, low=low, high=high, draws=20_000)
    assert found.first["a"] == pytest.approx(0.75, abs=0.01)
    assert found.confidence.tolist() == pytest.approx([0.75, 0.25], abs=0.01)
    # Draws of two criteria are taken together: both low or both high.
    two = pd.DataFrame({"x": [0.5, 0.75], "y": [0.5, 0.75]}, index=["a", "b"])
    positions = np.asarray([[0.0, 1.0], [0.75, 0.75]])
    joint = {"x": positions, "y": positions}
    together = acceptability(two, {"x": 1, "y": 1}, joint=joint, draws=20_000)
    assert together.first["a"] == pytest.approx(0.5, abs=0.02)
    apart = acceptability(two, {"x": 1, "y": 1}, joint={"x": positions}, draws=20_000)
    # With y known, a only draws level, in half of the draws.
    assert apart.first["a"] == pytest.approx(0.25, abs=0.02)


def test_positions_unknown_for_one_candidate() -> None:
    values = pd.DataFrame({"x": [0.6, 0.5]}, index=["a", "b"])
    high = values.assign(x=[0.6, 1.0])
    joint = np.asarray([[0.6, 0.7], [np.nan, np.nan]])
    found = acceptability(values, {"x": 1}, high=high, joint={"x": joint}, draws=20_000)
    # b is uniform on 0.5 to 1 against 0.6 or 0.7.
    assert found.first["b"] == pytest.approx((0.8 + 0.6) / 2, abs=0.015)
    assert joint[1].tolist() == pytest.approx([np.nan] * 2, nan_ok=True)


def test_equals_share_their_ranks() -> None:
    values = pd.DataFrame({"x": [0.9, 0.2, 0.9, 0.9]}, index=list("abcd"))
    found = acceptability(values, {"x": 1}, draws=7)
    assert found.first.tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    assert found.matrix.loc["a"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert found.matrix.loc["b"].tolist() == [0, 0, 0, 1]
    assert found.rank_range["best"].tolist() == [1, 4, 1, 1]
    once = acceptability(values, {"x": 1}, draws=1)
    assert once.matrix.sum(axis=1).tolist() == pytest.approx([1] * 4)
    # Nothing varies: the number of draws is no error.
    assert found.error.tolist() == [0, 0, 0, 0]


def test_error_is_sensible_at_0_and_1() -> None:
    found = acceptability(THREE.loc[["b", "c"]], EVEN, mode="any", draws=10_000)
    assert found.first.tolist() == [1, 0]
    # The rule of three gives 3 / n; Wilson's end is z² / (n + z²).
    assert found.error.tolist() == pytest.approx([3.84e-4] * 2, rel=0.01)
    half = acceptability(THREE, EVEN, mode="any", draws=10_000).error["a"]
    assert half == pytest.approx(1.96 * np.sqrt(5 / 12 * 7 / 12 / 10_000), rel=0.01)


def test_around_means_each_weight_within_its_spread() -> None:
    criteria = pd.Index(["x", "y", "z"])
    weights = {"x": 5, "y": 3, "z": 2}
    drawn = weight_draws(weights, criteria, np.random.default_rng(1), 20_000, spread=0.2)
    assert drawn.sum(axis=1) == pytest.approx(1)
    ratio = drawn[:, 0] / drawn[:, 1] / (5 / 3)
    assert (ratio.min() >= 0.8 / 1.2, ratio.max() <= 1.2 / 0.8) == (True, True)
    assert (ratio.min() < 0.68, ratio.max() > 1.48) == (True, True)
    same = weight_draws(weights, criteria, np.random.default_rng(1), 3, spread=0)
    assert same == pytest.approx(np.asarray([[0.5, 0.3, 0.2]] * 3))
    zero = weight_draws({"x": 1, "y": 0, "z": 0}, criteria, np.random.default_rng(1), 50, spread=1)
    assert zero == pytest.approx(np.asarray([[1.0, 0, 0]] * 50))


def test_order_means_uniform_in_that_order() -> None:
    criteria = pd.Index(["x", "y", "z", "u"])
    order = ["z", ["x", "u"], "y"]
    drawn = weight_draws(
        dict.fromkeys(criteria, 1), criteria, np.random.default_rng(1), 40_000, "order", order=order
    )
    x, y, z, u = drawn.T
    assert x.tolist() == u.tolist()
    assert ((z >= x) & (x >= y)).all()
    expected = rank_order(order).weights.reindex(criteria)
    assert drawn.mean(axis=0) == pytest.approx(expected.to_numpy(), abs=0.003)
    # Without an order it is that of the weights.
    by_weights = weight_draws(
        {"x": 3, "y": 1, "z": 9, "u": 3}, criteria, np.random.default_rng(1), 40_000, "order"
    )
    assert by_weights.tolist() == drawn.tolist()


def test_interval_means_uniform_within_the_bounds() -> None:
    criteria = pd.Index(["x", "y", "z"])
    bounds = {"x": (0.2, 0.4), "y": (0.1, 0.8)}
    even = dict.fromkeys(criteria, 1)
    rng = np.random.default_rng(1)
    drawn = weight_draws(even, criteria, rng, 20_000, "interval", bounds=bounds)
    assert drawn.sum(axis=1) == pytest.approx(1)
    assert (drawn[:, 0].min() >= 0.2, drawn[:, 0].max() <= 0.4) == (True, True)
    every = weight_draws(even, criteria, rng, 400_000, "any")
    kept = every[(every[:, 0] >= 0.2) & (every[:, 0] <= 0.4)]
    kept = kept[(kept[:, 1] >= 0.1) & (kept[:, 1] <= 0.8)]
    assert drawn.mean(axis=0) == pytest.approx(kept.mean(axis=0), abs=0.005)
    assert np.cov(drawn.T) == pytest.approx(np.cov(kept.T), abs=0.001)
    single = weight_draws({"x": 1}, pd.Index(["x"]), rng, 3, "interval")
    assert single.tolist() == [[1], [1], [1]]


def test_many_candidates_need_no_square_matrix() -> None:
    rng = np.random.default_rng(5)
    n = LARGEST_MATRIX + 1
    values = pd.DataFrame(rng.random((n, 3)), columns=list("xyz")).sample(frac=1, random_state=1)
    weights = pd.Series({"x": 3.0, "y": 2, "z": 1})
    many = acceptability(values, weights, draws=500)
    assert many.matrix.shape == (50, n)
    top = score(values, weights).ranks.nsmallest(50).index
    assert set(many.matrix.index) == set(top)
    few = acceptability(values.loc[top], weights, draws=500)
    # Those of lower score that are never first change nothing of the first ranks.
    assert many.first[top].tolist() == few.first.tolist()
    assert many.first.sum() == pytest.approx(1)
    assert many.matrix.sum(axis=1).tolist() == pytest.approx([1] * 50)
    assert (many.matrix[1] == many.first[many.matrix.index]).all()
    assert many.mean_rank.sum() == pytest.approx(n * (n + 1) / 2)
    low, high = values - 0.01, values + 0.01
    assert acceptability(values, weights, low=low, high=high, draws=9).confidence.isna().all()


def test_a_value_function_makes_values_of_draws() -> None:
    km = np.asarray([[[10.0, 20.0]], [[15.0, 15.0]]]) * 1000
    values = ValueFunction.parse("0:1|60000:0").value(km)
    central = pd.DataFrame(values.mean(axis=2), columns=["airport_m"])
    found = acceptability(central, {"airport_m": 1}, joint=values, draws=2)
    assert found.first.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"mode": "best"}, "“best” is no mode"),
        ({"spread": 20}, "must be from 0 to 1"),
        ({"draws": 0}, "whole number above 0"),
        ({"draws": 1.5}, "whole number above 0"),
        ({"seed": -1}, "the seed -1"),
        ({"mode": "order", "order": ["land"]}, "“rail” differ"),
        ({"mode": "interval", "bounds": {"land": (0.6, 0.5)}}, "0.6 to 0.5, are no range"),
        ({"mode": "interval", "bounds": {"sea": (0, 1)}}, "“sea” has bounds"),
        (
            {"mode": "interval", "bounds": {"land": (0, 0.3), "rail": (0, 0.3)}},
            "no weighting lies within the bounds",
        ),
        ({"low": THREE + 0.1, "high": THREE}, "“land” of “a” is reversed"),
        ({"low": THREE[:2]}, "low must have the candidates and criteria"),
        ({"deviation": -THREE}, "a deviation must be 0 or more"),
        ({"joint": np.zeros((3, 3, 2))}, "give (candidates, criteria, draws)"),
        ({"joint": {"sea": np.zeros((3, 2))}}, "“sea”, which is no criterion"),
        ({"joint": {"land": np.zeros((2, 2))}}, "give 3 candidates by draws"),
        ({"joint": {"land": np.asarray([[np.nan, 1]] * 3)}}, "all draws of a candidate or none"),
        ({"joint": {"land": np.ones((3, 2)), "rail": np.ones((3, 4))}}, "equally many"),
        ({"weightings": [[1, 0, 0]]}, "give (draws, 2 criteria)"),
        ({"weightings": [[0, 0]]}, "not all 0 in a draw"),
    ],
)
def test_faulty_questions(arguments: dict[str, Any], part: str) -> None:
    with pytest.raises(QuestionError) as caught:
        acceptability(THREE, EVEN, **arguments)
    assert part in str(caught.value)


def test_missing_values_are_refused() -> None:
    with pytest.raises(QuestionError, match="no value is known"):
        acceptability(THREE.mask(THREE == 0), EVEN)
    with pytest.raises(QuestionError, match="no candidate"):
        acceptability(THREE[:0], EVEN)


def test_dominance_by_hand() -> None:
    assert dominance(THREE).to_dict() == {"a": None, "b": None, "c": "b"}
    assert pareto(THREE).to_dict() == {"a": True, "b": True, "c": False}
    # Of several who dominate, the one of greatest sum is named.
    more = pd.concat([THREE, pd.DataFrame({"land": [0.6], "rail": [0.9]}, index=["d"])])
    assert dominance(more).to_dict() == {"a": None, "b": "d", "c": "d", "d": None}
    # Known to ±0.06 nobody is surely behind; to ±0.05 c is: ends that meet do not matter.
    assert dominance(THREE - 0.06, THREE + 0.06)["c"] is None
    assert dominance(THREE.round(2) - 0.05, THREE.round(2) + 0.04)["c"] == "b"
    # Nobody dominates its like.
    assert dominance(THREE.loc[["a", "a"]].set_axis(["a", "b"])).tolist() == [None, None]


@settings(max_examples=60, deadline=None)
@given(problems(), modes)
def test_rows_and_columns_sum_to_one(problem: Any, mode: Any) -> None:
    values, low, high, weights = problem
    found = acceptability(values, weights, low=low, high=high, draws=40, **mode)
    assert found.matrix.sum(axis=0).tolist() == pytest.approx([1] * len(values), abs=1e-12)
    assert found.matrix.sum(axis=1).tolist() == pytest.approx([1] * len(values), abs=1e-12)
    assert (found.matrix >= 0).all(axis=None)
    assert found.first.tolist() == pytest.approx(found.matrix[1].tolist())
    expected = (found.matrix * found.matrix.columns.to_numpy()).sum(axis=1)
    assert found.mean_rank.tolist() == pytest.approx(expected.tolist())
    assert (found.first <= 1 + 1e-12).all()
    pd.testing.assert_index_equal(found.first.index, values.index)


@settings(max_examples=60, deadline=None)
@given(problems(), modes)
def test_rank_range_contains_the_rank(problem: Any, mode: Any) -> None:
    values, low, high, weights = problem
    found = acceptability(values, weights, low=low, high=high, draws=20, **mode)
    more = acceptability(values, weights, low=low, high=high, draws=40, seed=9, **mode)
    ranks = score(values, weights).ranks
    span = found.rank_range
    assert (span["never_better_than"] <= span["best"]).all()
    assert ((span["best"] <= ranks) & (ranks <= span["worst"])).all()
    assert (span["worst"] <= span["never_worse_than"]).all()
    # What holds for all weightings holds for others than those drawn.
    if mode["mode"] == "around":
        assert (span["never_better_than"] <= more.rank_range["best"]).all()
        assert (span["never_worse_than"] >= more.rank_range["worst"]).all()
    for i in values.index:
        shares = found.matrix.loc[i]
        met = shares.index[shares > 0]
        assert met.min() >= span.loc[i, "best"]


@settings(max_examples=60, deadline=None)
@given(problems(), modes)
def test_a_surely_dominated_candidate_is_never_first(problem: Any, mode: Any) -> None:
    values, low, high, weights = problem
    found = acceptability(values, weights, low=low, high=high, draws=30, **mode)
    counted = values.columns[weights > 0] if mode["mode"] == "around" else values.columns
    behind = dominance(low[counted], high[counted]).notna()
    assert (found.first[behind] == 0).all()
    assert found.central_weights[behind].isna().all(axis=None)


def test_a_dominated_candidate_is_not_first_by_rounding() -> None:
    values = pd.DataFrame({"x": [0.5, 0.5, 0.1], "y": [1e-300, 0.0, 0.0]})
    found = acceptability(values, {"x": 1, "y": 1}, mode="any", draws=50)
    assert found.first.tolist() == [1, 0, 0]
    assert found.matrix.to_numpy().tolist() == np.eye(3).tolist()


@settings(max_examples=30, deadline=None)
@given(problems(), modes, st.integers(0, 5))
def test_the_same_seed_gives_the_same(problem: Any, mode: Any, seed: int) -> None:
    values, low, high, weights = problem
    one, other = (
        acceptability(values, w, low=low, high=high, draws=25, seed=seed, **mode)
        for w in (weights, weights * 2)
    )
    pd.testing.assert_frame_equal(one.matrix, other.matrix, check_exact=True)
    pd.testing.assert_frame_equal(one.central_weights, other.central_weights, check_exact=True)
    pd.testing.assert_series_equal(one.confidence, other.confidence, check_exact=True)


def test_another_seed_gives_something_else() -> None:
    one, other = (acceptability(THREE, EVEN, mode="any", draws=500, seed=s).first for s in (1, 2))
    assert one.tolist() != other.tolist()


@settings(max_examples=30, deadline=None)
@given(problems())
def test_one_who_is_last_changes_no_first_rank(problem: Any) -> None:
    values, _, _, weights = problem
    last = pd.DataFrame(values.min().to_frame("z").T - 0.1)
    one = acceptability(values, weights, draws=30)
    more = acceptability(pd.concat([values, last]), weights, draws=30)
    assert more.first[values.index].tolist() == pytest.approx(one.first.tolist(), abs=1e-12)
    assert more.matrix.loc["z"].tolist() == [0] * len(values) + [1]
