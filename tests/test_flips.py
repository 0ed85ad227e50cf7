"""What would change the answer: every threshold is tried out."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geoplan import QuestionError
from geoplan.site.flips import break_even, reweighted, value_flips, weight_flips
from geoplan.site.ranking import score
from geoplan.site.values import ValueFunction

SITES = pd.DataFrame({"land": [1.0, 0.5, 0.4], "rail": [0.0, 0.75, 0.6]}, index=["a", "b", "c"])
WEIGHTS = {"land": 3, "rail": 1}

SHAPES = [
    ValueFunction.parse(text)
    for text in ("0:0|100:1", "0:1|60000:0", "0:0|10:1|30:1|60:0.2|80:0.6", "-5:0.1|5:0.4|6:0.3")
]


@st.composite
def contests(draw: st.DrawFn) -> tuple[pd.DataFrame, "pd.Series[float]", str]:
    n, m = draw(st.integers(2, 6)), draw(st.integers(1, 5))
    cells = st.integers(0, 20).map(lambda x: x / 20)
    rows = draw(st.lists(st.lists(cells, min_size=m, max_size=m), min_size=n, max_size=n))
    weights = draw(st.lists(st.integers(0, 9), min_size=m, max_size=m).filter(any))
    names = [f"c{j}" for j in range(m)]
    values = pd.DataFrame(rows, index=[f"s{i}" for i in range(n)], columns=names, dtype=float)
    site = f"s{draw(st.integers(0, n - 1))}"
    return values, pd.Series(weights, index=names, dtype=float), site


def lead(values: pd.DataFrame, shares: Any, site: str) -> float:
    """How far a site is ahead of the best other one; negative if behind."""
    scores = values.to_numpy() @ np.asarray(shares)
    at = values.index.get_loc(site)
    return float(scores[at] - np.delete(scores, at).max())


def moved(weights: "pd.Series[float]", criterion: str, to: float) -> Any:
    """Shares with one changed, worked out apart from the code under test."""
    j = weights.index.get_loc(criterion)
    rest = np.delete(weights.to_numpy(), j)
    rest = rest / rest.sum() if rest.sum() else np.full(len(rest), 1 / max(len(rest), 1))
    return np.insert(rest * (1 - to), j, to)


def test_weights_by_hand() -> None:
    # a: x; b: 0.5 x + 0.75 (1 - x); level at x = 0.6.
    found = weight_flips(SITES, WEIGHTS, "b")
    assert found["from"].to_dict() == {"land": 0.75, "rail": 0.25}
    assert found["to"].to_dict() == pytest.approx({"land": 0.6, "rail": 0.4})
    assert found["change"].to_dict() == pytest.approx({"land": -0.15, "rail": 0.15})
    # c draws level with a at x = 0.5, but b is ahead then.
    assert weight_flips(SITES, WEIGHTS, "c")["to"].isna().all()
    alone = weight_flips(SITES, WEIGHTS, "c", against="a")
    assert alone["to"].to_dict() == pytest.approx({"land": 0.5, "rail": 0.5})
    # The winner need not change.
    assert weight_flips(SITES, WEIGHTS, "a")["change"].tolist() == [0, 0]


def test_break_even_by_hand() -> None:
    found = break_even(SITES, WEIGHTS, "a")
    assert found.index.tolist() == ["land", "rail"]
    assert found["weight"].tolist() == [0.75, 0.25]
    assert found["low"].tolist() == pytest.approx([0.6, 0])
    assert found["high"].tolist() == pytest.approx([1, 0.4])
    assert found["below"].tolist() == ["b", None]
    assert found["above"].tolist() == [None, "b"]


def test_the_others_keep_their_proportions() -> None:
    found = reweighted({"x": 2, "y": 1, "z": 1}, "y", 0.5)
    assert found.to_dict() == pytest.approx({"x": 1 / 3, "y": 0.5, "z": 1 / 6})
    # From all the weight to one the others have no proportions: equal ones.
    assert reweighted({"x": 1, "y": 0, "z": 0}, "x", 0.4).to_dict() == pytest.approx(
        {"x": 0.4, "y": 0.3, "z": 0.3}
    )
    with pytest.raises(QuestionError, match="only criterion"):
        reweighted({"x": 1}, "x", 0.5)
    with pytest.raises(QuestionError, match="from 0 to 1"):
        reweighted({"x": 1, "y": 1}, "x", 1.5)


def test_all_the_weight_on_one_criterion() -> None:
    weights = {"land": 1, "rail": 0}
    found = weight_flips(SITES, weights, "b")
    assert found["to"].to_dict() == pytest.approx({"land": 0.6, "rail": 0.4})
    only = SITES[["land"]]
    assert weight_flips(only, {"land": 1}, "b")["to"].isna().all()
    assert break_even(only, {"land": 1}, "a").iloc[0].tolist() == [1, 1, 1, None, None]


def test_a_weight_at_which_a_site_only_draws_level_is_none() -> None:
    values = pd.DataFrame({"x": [1.0, 1.0], "y": [0.5, 0.2]}, index=["a", "b"])
    assert weight_flips(values, {"x": 1, "y": 1}, "b")["to"].isna().all()
    # Its like is no obstacle: both are first.
    three = pd.concat([SITES, SITES.loc[["b"]].set_axis(["d"])])
    assert weight_flips(three, WEIGHTS, "b")["to"].to_dict() == pytest.approx(
        {"land": 0.6, "rail": 0.4}
    )


def test_a_rival_level_at_every_weight_shares_the_first_place() -> None:
    rows = [[0.05, 0.25, 0.05, 0.6], [0.05, 0.75, 0.85, 0.0], [0.0, 0.0, 0.0, 0.8]]
    values = pd.DataFrame(rows, index=list("abc"), columns=list("wxyz"))
    weights = {"w": 0, "x": 6, "y": 3, "z": 9}
    to = weight_flips(values, weights, "a").loc["w", "to"]
    for x, first in [(to - 1e-6, ["c"]), (to + 1e-6, ["a", "b"])]:
        ranks = score(values, reweighted(weights, "w", x)).ranks
        assert ranks.index[ranks == 1].tolist() == first


def test_values_by_hand() -> None:
    # b lacks 0.75 - 0.5625 = 0.1875: 0.25 of land or 0.75 of rail, and it has 0.75 of rail.
    measured = {"land": 75.0, "rail": 500.0}
    functions = {
        "land": ValueFunction.parse("0:0|150:1"),
        "rail": ValueFunction.parse("0:1|2000:0"),
    }
    found = value_flips(SITES, WEIGHTS, "b", measured, functions)
    assert found.loc["land"].tolist() == pytest.approx([75, 112.5, 37.5])
    assert (found.loc["rail", "from"], found["to"].isna().tolist()) == (500, [False, True])
    assert value_flips(SITES, WEIGHTS, "b", measured, {})["to"].isna().all()
    zero = value_flips(SITES * [0.9, 1], {"land": 1, "rail": 0}, "c", {"land": 54.0}, functions)
    assert zero["to"].isna().tolist() == [False, True]
    assert zero.loc["land", "to"] == pytest.approx(135)
    # Against c alone b is ahead already.
    ahead = value_flips(SITES, WEIGHTS, "b", measured, functions, against="c")
    assert ahead["change"].tolist() == [0, 0]


def test_what_is_not_known_is_looked_for_from_the_end_worth_least() -> None:
    values = pd.DataFrame({"rail": [0.5, 0.0], "land": [0.5, 0.75]}, index=["a", "b"])
    rail = ValueFunction.parse("0:1|2000:0")
    found = value_flips(values, {"rail": 1, "land": 1}, "b", {"land": 1.0}, {"rail": rail})
    assert np.isnan(found.loc["rail", "from"])
    # Worth 0.25 at 1,500 m: no farther than that.
    assert found.loc["rail", "to"] == pytest.approx(1500)


def test_a_best_value_that_only_draws_level_is_not_enough() -> None:
    values = pd.DataFrame({"x": [1.0, 0.5]}, index=["a", "b"])
    function = ValueFunction.parse("0:0|10:1")
    found = value_flips(values, {"x": 1}, "b", {"x": 5.0}, {"x": function})
    assert found["to"].isna().all()


def test_faulty_questions() -> None:
    with pytest.raises(QuestionError, match="“z” is not among"):
        weight_flips(SITES, WEIGHTS, "z")
    with pytest.raises(QuestionError, match="cannot be compared with itself"):
        break_even(SITES, WEIGHTS, "a", against="a")
    with pytest.raises(QuestionError, match="no value is known"):
        weight_flips(SITES.mask(SITES == 0), WEIGHTS, "b")
    with pytest.raises(QuestionError, match=r"“land” of “b” is 9, worth .* but was"):
        value_flips(SITES, WEIGHTS, "b", {"land": 9}, {"land": SHAPES[0]})


@settings(max_examples=120, deadline=None)
@given(contests())
def test_weights_really_flip_at_the_threshold(contest: Any) -> None:
    values, weights, site = contest
    assume(lead(values, weights / weights.sum(), site) < -1e-9)
    flips, between = weight_flips(values, weights, site), break_even(values, weights, site)
    for name in values.columns:
        start, to, change = flips.loc[name]
        if np.isnan(to):
            if len(values.columns) > 1:
                grid = np.linspace(0, 1, 101)
                assert max(lead(values, moved(weights, name, x), site) for x in grid) <= 1e-9
            continue
        assert lead(values, moved(weights, name, to), site) == pytest.approx(0, abs=1e-12)
        low, high = between.loc[name, ["low", "high"]]
        step = np.sign(change) * min(1e-6, (high - low) / 2)
        before, after = (moved(weights, name, to + x) for x in (-step, step))
        assert lead(values, before, site) < 0
        assert score(values, reweighted(weights, name, to - step)).ranks[site] > 1
        assert score(values, reweighted(weights, name, to + step)).ranks[site] == 1
        # One that is level with it before and after stays level.
        behind = (values.loc[site] - values.drop(site)).to_numpy()
        level = (np.abs(behind @ np.stack([before, after]).T) < 1e-12).all(axis=1).any()
        assert lead(values, after, site) > (-1e-12 if level else 0)
        # Nothing nearer does it.
        for part in np.linspace(0, 1, 20, endpoint=False):
            assert lead(values, moved(weights, name, start + part * change), site) < 1e-12


@settings(max_examples=100, deadline=None)
@given(contests())
def test_the_winner_loses_where_it_breaks_even(contest: Any) -> None:
    values, weights, _ = contest
    assume(len(values.columns) > 1)
    site = str(score(values, weights).order[0])
    found = break_even(values, weights, site)
    for name in values.columns:
        now, low, high, below, above = found.loc[name]
        if np.isnan(low):
            # Level with another, and behind at any other weight.
            assert lead(values, moved(weights, name, now), site) == pytest.approx(0, abs=1e-12)
            continue
        assert low - 1e-12 <= now <= high + 1e-12
        assert lead(values, moved(weights, name, (low + high) / 2), site) >= -1e-12
        for end, outwards, rival in [(low, -1, below), (high, 1, above)]:
            beyond = end + outwards * 1e-6
            if rival is None:
                assert end in (0, 1)
            elif 0 < beyond < 1:
                scores = score(values, reweighted(weights, name, beyond)).scores
                assert scores[rival] > scores[site]


@settings(max_examples=150, deadline=None)
@given(contests(), st.data())
def test_values_really_flip_at_the_threshold(contest: Any, data: st.DataObject) -> None:
    values, weights, site = contest
    shapes = {name: data.draw(st.sampled_from(SHAPES)) for name in values.columns}
    measured = pd.DataFrame(
        {
            name: [
                data.draw(st.integers(0, 20)) / 20 * (shape.points[-1][0] - shape.points[0][0])
                + shape.points[0][0]
                for _ in values.index
            ]
            for name, shape in shapes.items()
        },
        index=values.index,
    )
    values = pd.DataFrame({name: shapes[name].value(measured[name]) for name in values.columns})
    shares = weights / weights.sum()
    assume(lead(values, shares, site) < -1e-9)
    flips = value_flips(values, weights, site, measured.loc[site], shapes)

    def lead_with(criterion: str, x: float) -> float:
        changed = values.copy()
        changed.loc[site, criterion] = shapes[criterion].value(x)
        return lead(changed, shares, site)

    for name, flip in flips.iterrows():
        criterion = str(name)
        first, last = (shapes[criterion].points[k][0] for k in (0, -1))
        grid = np.linspace(first, last, 41)
        if np.isnan(flip["to"]):
            assert all(lead_with(criterion, x) <= 1e-9 for x in grid)
            continue
        assert first <= flip["to"] <= last
        towards = np.sign(flip["change"]) * (last - first)
        assert lead_with(criterion, flip["to"]) == pytest.approx(0, abs=1e-9)
        assert lead_with(criterion, flip["to"] - 1e-6 * towards) < 0
        assert lead_with(criterion, flip["to"] + 1e-6 * towards) > 0
        nearer = grid[np.abs(grid - flip["from"]) < abs(flip["change"]) * (1 - 1e-9)]
        assert all(lead_with(criterion, x) <= 1e-9 for x in nearer)


@settings(max_examples=50, deadline=None)
@given(contests())
def test_against_one_rival_is_never_harder(contest: Any) -> None:
    values, weights, site = contest
    everyone = weight_flips(values, weights, site)["change"].abs()
    for rival in values.index.drop(site):
        alone = weight_flips(values, weights, site, against=rival)["change"].abs()
        reached = everyone.notna()
        assert alone[reached].notna().all()
        assert (alone[reached] <= everyone[reached] + 1e-12).all()
