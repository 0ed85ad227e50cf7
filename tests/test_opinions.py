"""Second opinions: published examples, and laws."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from geoplan import QuestionError
from geoplan.site.opinions import agreement, promethee_ii, spotis, topsis
from geoplan.site.preferences import Preference, Shape, preferred

# Opricovic and Tzeng (2004), mountain climbing.
HILLS = pd.DataFrame({"risk": [1, 2, 5], "height_m": [3000, 3750, 4500]}, index=["a", "b", "c"])
HILLS_BETTER: dict[str, Any] = {"risk": "low", "height_m": "high"}
EVEN = {"risk": 0.5, "height_m": 0.5}

# Dezert et al. (2020), example 2: choosing a car.
CARS = pd.DataFrame(
    [
        [15000, 4.3, 99, 42, 737],
        [15290, 5.0, 116, 42, 892],
        [15350, 5.0, 114, 45, 952],
        [15490, 5.3, 123, 45, 1120],
    ],
    columns=["price", "fuel", "co2", "boot", "trunk"],
)
CARS_BOUNDS = {
    "price": (14000, 16000),
    "fuel": (3, 8),
    "co2": (80, 140),
    "boot": (35, 60),
    "trunk": (650, 1300),
}
CARS_WEIGHTS = {"price": 5, "fuel": 4, "co2": 4, "boot": 1, "trunk": 3}
CARS_BETTER: dict[str, Any] = {
    **dict.fromkeys(["price", "fuel", "co2"], "low"),
    **dict.fromkeys(["boot", "trunk"], "high"),
}

# Brans, Vincke and Mareschal (1986): six power stations, one criterion of each type.
STATIONS = pd.DataFrame(
    [
        [80, 90, 600, 54, 8, 5],
        [65, 58, 200, 97, 1, 1],
        [83, 60, 400, 72, 4, 7],
        [40, 80, 1000, 75, 7, 10],
        [52, 72, 600, 20, 3, 8],
        [94, 96, 700, 36, 5, 6],
    ],
    columns=["staff", "power", "cost", "upkeep", "villages", "safety"],
)
STATIONS_BETTER: dict[str, Any] = {
    **dict.fromkeys(STATIONS.columns, "low"),
    "power": "high",
    "safety": "high",
}
STATIONS_PREFERENCES = {
    "staff": Preference("u_shape", indifference=10),
    "power": Preference("v_shape", preference=30),
    "cost": Preference("linear", indifference=50, preference=500),
    "upkeep": Preference("level", indifference=10, preference=60),
    "villages": Preference("usual"),
    "safety": Preference("gaussian", spread=5),
}


def test_topsis_turns_its_winner_with_the_normalisation() -> None:
    vector = topsis(HILLS, EVEN, HILLS_BETTER)
    assert vector.scores.tolist() == pytest.approx([0.762, 0.722, 0.238], abs=5e-4)
    assert (vector.ranks["a"], vector.normalisation) == (1, "vector")
    minmax = topsis(HILLS, EVEN, HILLS_BETTER, "minmax")
    assert minmax.scores.tolist() == pytest.approx([0.500, 0.617, 0.500], abs=5e-4)
    assert minmax.ranks.to_dict() == {"a": 2, "b": 1, "c": 2}


def test_topsis_of_tzeng_and_huang() -> None:
    matrix = pd.DataFrame([[5, 8, 4], [7, 6, 8], [8, 8, 6], [7, 4, 6]], columns=list("xyz"))
    found = topsis(matrix, {"x": 0.3, "y": 0.4, "z": 0.3})
    assert found.scores.tolist() == pytest.approx([0.5037, 0.6581, 0.7482, 0.3340], abs=1e-4)
    assert found.ranks.tolist() == [3, 2, 1, 4]


def test_topsis_by_sum_and_by_maximum() -> None:
    matrix = pd.DataFrame({"x": [1.0, 3.0], "y": [1.0, 0.0]})
    # By sum x is ¼, ¾ and y 1, 0: half of one against the whole of the other.
    assert topsis(matrix, {"x": 1, "y": 1}, normalisation="sum").scores.tolist() == pytest.approx(
        [2 / 3, 1 / 3]
    )
    # By maximum x is ⅓, 1 and y 1, 0.
    assert topsis(matrix, {"x": 1, "y": 1}, normalisation="max").scores.tolist() == pytest.approx(
        [0.6, 0.4]
    )


@pytest.mark.parametrize("normalisation", ["vector", "minmax", "sum", "max"])
def test_topsis_of_sites_all_alike(normalisation: Any) -> None:
    alike = pd.DataFrame({"x": [2.0, 2.0], "y": [1.0, 1.0]})
    found = topsis(alike, {"x": 1, "y": 1}, normalisation=normalisation)
    assert (found.scores.tolist(), found.ranks.tolist()) == ([0.5, 0.5], [1, 1])
    assert topsis(alike.iloc[:0], {"x": 1, "y": 1}, normalisation=normalisation).scores.empty


def test_spotis_of_the_paper() -> None:
    first = pd.DataFrame(
        [[10.5, -3.1, 1.7], [-4.7, 0, 3.4], [8.1, 0.3, 1.3], [3.2, 7.3, -5.3]], columns=list("xyz")
    )
    found = spotis(
        first,
        {"x": 0.2, "y": 0.3, "z": 0.5},
        {"x": "high", "y": "low", "z": "high"},
        {"x": (-5, 12), "y": (-6, 10), "z": (-8, 5)},
    )
    assert found.scores.tolist() == pytest.approx([0.1989, 0.3705, 0.3063, 0.7491], abs=5e-5)
    assert (found.best, found.normalisation) == ("low", "bounds")

    cars = spotis(CARS, CARS_WEIGHTS, CARS_BETTER, CARS_BOUNDS)
    assert cars.scores.tolist() == pytest.approx([0.4779, 0.5781, 0.5558, 0.5801], abs=1e-4)
    assert cars.ranks.tolist() == [1, 3, 2, 4]

    ideal = {"price": 15300, "fuel": 4, "co2": 115, "boot": 50, "trunk": 900}
    expected = spotis(CARS, CARS_WEIGHTS, CARS_BETTER, CARS_BOUNDS, ideal)
    assert expected.scores.tolist() == pytest.approx([0.1841, 0.0734, 0.0842, 0.1920], abs=1e-4)


def test_spotis_beyond_its_bounds() -> None:
    narrow = CARS_BOUNDS | {"price": (15200, 16000)}
    with pytest.raises(QuestionError, match="“price” of “0” is 15000, outside 15200 to 16000"):
        spotis(CARS, CARS_WEIGHTS, CARS_BETTER, narrow)
    clipped = spotis(CARS, CARS_WEIGHTS, CARS_BETTER, narrow, clip=True)
    moved = spotis(CARS.assign(price=CARS["price"].clip(15200)), CARS_WEIGHTS, CARS_BETTER, narrow)
    assert clipped.scores.tolist() == moved.scores.tolist()
    with pytest.raises(QuestionError, match=r"“fuel” needs .*; the ideal of “co2”, 7, is outside"):
        spotis(CARS, CARS_WEIGHTS, CARS_BETTER, CARS_BOUNDS | {"fuel": (8, 3)}, {"co2": 7})


def test_promethee_of_the_power_stations() -> None:
    even = dict.fromkeys(STATIONS.columns, 1)
    found = promethee_ii(STATIONS, even, STATIONS_BETTER, STATIONS_PREFERENCES)
    # The paper sums over the five others where we take the mean.
    leaving, entering = found.leaving * 5, found.entering * 5
    assert leaving.tolist() == pytest.approx([1.099, 1.980, 1.234, 1.645, 2.274, 1.499], abs=2e-3)
    assert entering.tolist() == pytest.approx([1.827, 1.895, 1.681, 1.746, 0.808, 1.774], abs=2e-3)
    assert found.ranks.tolist() == [6, 2, 5, 3, 1, 4]


def test_promethee_of_zhao() -> None:
    # Zhao, Peng and Li (2013).
    matrix = pd.DataFrame([[4, 3, 2], [3, 2, 4], [5, 1, 3]], columns=list("abc"))
    found = promethee_ii(matrix, {"a": 0.5, "b": 0.3, "c": 0.2})
    assert found.scores.tolist() == pytest.approx([0.1, -0.3, 0.2])
    assert (found.method, found.best) == ("promethee_ii", "high")


def test_promethee_of_one() -> None:
    found = promethee_ii(HILLS.iloc[:1], EVEN, HILLS_BETTER)
    assert (found.scores.tolist(), found.ranks.tolist()) == ([0], [1])


@pytest.mark.parametrize(
    ("preference", "at", "expected"),
    [
        (Preference(), [-1, 0, 0.1], [0, 0, 1]),
        (Preference("u_shape", 2), [1, 2, 2.5], [0, 0, 1]),
        (Preference("v_shape", preference=4), [0, 1, 4, 5], [0, 0.25, 1, 1]),
        (Preference("level", 2, 4), [2, 3, 4, 5], [0, 0.5, 0.5, 1]),
        (Preference("linear", 2, 4), [2, 3, 4, 5], [0, 0.5, 1, 1]),
        (Preference("linear", 2, 2), [2, 2.5], [0, 1]),
        (Preference("gaussian", spread=2), [-1, 0, 2], [0, 0, 1 - np.exp(-0.5)]),
    ],
)
def test_preference_functions(
    preference: Preference, at: list[float], expected: list[float]
) -> None:
    for d, share in zip(at, expected, strict=True):
        # Of two sites d apart, far from 0.
        assert preferred([1000.0 + d, 1000.0], preference)[0] == pytest.approx(share, abs=1e-9)


def test_thresholds_are_met_in_spite_of_rounding() -> None:
    assert 0.3 - 0.1 < 0.2 < 0.7 - 0.5 + 1e-16
    assert preferred([0.7, 0.5], Preference("u_shape", 0.2)).tolist() == [0, 0]
    assert preferred([0.7, 0.5], Preference("level", 0.1, 0.2)).tolist() == [0.5, 0]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("slope",), "no shape"),
        (("u_shape", -1), "indifference threshold -1"),
        (("linear", 2, 1), "preference threshold 1 must be finite, 2 or more"),
        (("v_shape",), "preference threshold 0 must be finite and above 0"),
        (("gaussian",), "spread 0 must be finite and above 0"),
    ],
)
def test_faulty_preferences(arguments: Any, part: str) -> None:
    with pytest.raises(QuestionError, match=part):
        Preference(*arguments)


@pytest.mark.parametrize(
    ("better", "normalisation", "part"),
    [
        ({"risk": "low"}, "vector", "“height_m” must say whether"),
        ("best", "vector", "“risk” must say whether"),
        ("high", "none", "no normalisation"),
    ],
)
def test_faulty_questions(better: Any, normalisation: Any, part: str) -> None:
    with pytest.raises(QuestionError, match=part):
        topsis(HILLS, EVEN, better, normalisation)


def test_what_cannot_be_divided() -> None:
    with pytest.raises(QuestionError, match="“x” cannot be divided by its max, -1"):
        topsis(pd.DataFrame({"x": [-1, -2]}), {"x": 1}, normalisation="max")
    with pytest.raises(QuestionError, match="no value is known of “x” of “1”"):
        promethee_ii(pd.DataFrame({"x": [1, None]}), {"x": 1})
    with pytest.raises(QuestionError, match="“y” has a preference function"):
        promethee_ii(pd.DataFrame({"x": [1]}), {"x": 1}, preferences={"y": Preference()})


def test_agreement_by_hand() -> None:
    a = pd.Series([1, 2, 2, 4], index=list("wxyz"))
    same = agreement(a, a.sample(frac=1, random_state=1))
    assert (same.kendall_tau, same.spearman) == (pytest.approx(1), pytest.approx(1))
    assert (same.same_first, same.same_top_three) == (True, 1)
    turned = agreement(a, 5 - a)
    assert (turned.kendall_tau, turned.same_first) == (pytest.approx(-1), False)
    assert turned.same_top_three == pytest.approx(2 / 3)
    flat = agreement(a, a * 0 + 1)
    assert np.isnan([flat.kendall_tau, flat.spearman]).all()
    with pytest.raises(QuestionError, match="same candidates"):
        agreement(a, a[:3])


ranks = st.lists(st.integers(1, 6), min_size=2, max_size=12)


@settings(deadline=None)
@given(ranks, st.randoms())
def test_agreement_is_that_of_scipy(numbers: list[int], random: Any) -> None:
    a = pd.Series(numbers)
    b = pd.Series(random.choices(range(1, 5), k=len(numbers)))
    found = agreement(a, b)
    if a.nunique() < 2 or b.nunique() < 2:
        assert np.isnan(found.kendall_tau)
        return
    assert found.kendall_tau == pytest.approx(kendalltau(a, b).statistic)
    assert found.spearman == pytest.approx(spearmanr(a, b).statistic)


@st.composite
def preferences(draw: st.DrawFn) -> Preference:
    shape: Shape = draw(
        st.sampled_from(["usual", "u_shape", "v_shape", "level", "linear", "gaussian"])  # type: ignore[arg-type]
    )
    q = draw(st.integers(0, 5))
    return Preference(shape, q, q + draw(st.integers(1, 5)), draw(st.integers(1, 5)))


def by_pairs(x: Any, preference: Preference) -> Any:
    d = x[:, None] - x[None, :]
    q, p, s = preference.indifference, preference.preference, preference.spread
    shares: dict[str, Any] = {
        "usual": d > 0,
        "u_shape": d > q,
        "v_shape": np.clip(d / p, 0, 1),
        "level": ((d > q) * 0.5 + (d > p) * 0.5),
        "linear": np.clip((d - q) / (p - q), 0, 1),
        "gaussian": np.where(d > 0, 1 - np.exp(-(d**2) / (2 * s**2)), 0),
    }
    return shares[preference.shape].sum(axis=1)


@settings(deadline=None)
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=12), preferences())
def test_sorted_sums_are_those_of_all_pairs(x: list[int], preference: Preference) -> None:
    numbers = np.asarray(x, dtype=float)
    assert preferred(numbers, preference) == pytest.approx(by_pairs(numbers, preference), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=12), preferences())
def test_net_flows_sum_to_nothing(x: list[int], preference: Preference) -> None:
    matrix = pd.DataFrame({"x": x, "y": x[::-1]})
    found = promethee_ii(matrix, {"x": 1, "y": 2}, {"x": "high", "y": "low"}, preference)
    assert found.scores.sum() == pytest.approx(0, abs=1e-9)
    assert found.scores.between(-1 - 1e-9, 1 + 1e-9).all()


cells = st.integers(0, 20)
matrices = st.integers(2, 6).flatmap(
    lambda n: st.lists(st.tuples(cells, cells), min_size=n, max_size=n)
)


@settings(deadline=None)
@given(matrices, st.tuples(st.integers(0, 5), st.integers(1, 5)))
def test_no_opinion_puts_a_dominated_site_first(rows: Any, weights: Any) -> None:
    matrix = pd.DataFrame(rows, columns=["x", "y"], dtype=float)
    by = dict(zip("xy", weights, strict=True))
    found = [topsis(matrix, by), topsis(matrix, by, normalisation="minmax")]
    found += [spotis(matrix, by, "high", {"x": (0, 20), "y": (0, 20)}), promethee_ii(matrix, by)]
    data = matrix.to_numpy()
    for i in range(len(data)):
        if ((data >= data[i]).all(axis=1) & (data[:, 1] > data[i, 1])).any():
            assert all(opinion.ranks[i] > 1 for opinion in found)


@settings(deadline=None)
@given(matrices)
def test_spotis_reorders_nobody(rows: Any) -> None:
    matrix = pd.DataFrame(rows, columns=["x", "y"], dtype=float)
    by, bounds = {"x": 2, "y": 1}, {"x": (0, 20), "y": (0, 20)}
    whole, part = (spotis(m, by, "low", bounds).scores for m in (matrix, matrix[1:]))
    assert part.tolist() == whole[1:].tolist()
