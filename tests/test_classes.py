"""Classes for maps: published breaks, brute force, and laws."""

import itertools
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan import QuestionError
from geoplan.place.classes import Classes, classify
from geoplan.plan.problems import Both

METHODS = ["quantiles", "natural_breaks", "head_tail", "box_plot"]

# A few equal values, zeros, gaps, and amounts as plans have them.
amounts = st.lists(
    st.one_of(
        st.none(),
        st.just(0.0),
        st.integers(-5, 20).map(float),
        st.floats(1e-3, 1e8, allow_subnormal=False),
    ),
    max_size=40,
)


def series(values: list[float | None]) -> "pd.Series[Any]":
    return pd.Series(values, index=[f"z{i}" for i in range(len(values))], dtype="Float64")


def assert_consistent(found: Classes, values: "pd.Series[Any]") -> None:
    assert found.class_of.index.equals(values.index)
    assert found.class_of.dtype == "Int64"
    assert found.class_of.name == "class"
    assert found.counts.sum() + found.missing == len(values)
    assert found.class_of.value_counts().to_dict() == {
        number: count for number, count in found.counts.items() if count
    }
    assert list(found.edges) == sorted(set(found.edges))
    assert np.isfinite(found.edges).all()
    for value, number in zip(values, found.class_of, strict=True):
        if pd.isna(value):
            assert number is pd.NA
        elif number:
            assert value <= found.edges[number - 1]
            assert number == 1 or value > found.edges[number - 2]


def deviations(values: "pd.Series[Any]", classes: "pd.Series[Any]") -> float:
    return float(sum(((part - part.mean()) ** 2).sum() for _, part in values.groupby(classes)))


def least_deviations(values: list[float], k: int) -> float:
    """The optimum by trying every division of the distinct values."""
    distinct = sorted(set(values))
    numbers = pd.Series(values)
    return min(
        deviations(numbers, pd.Series(np.searchsorted(cuts, values), dtype="int64"))
        for cuts in itertools.combinations(distinct[:-1], min(k, len(distinct)) - 1)
    )


@pytest.mark.parametrize(
    ("method", "edges", "counts"),
    [
        # The documentation of mapclassify, on its calibration data set.
        ("natural_breaks", [75.29, 192.05, 370.5, 722.85, 4111.45], [49, 3, 4, 1, 1]),
        ("head_tail", [125.92810345, 811.26, 4111.45], [50, 7, 1]),
        ("quantiles", [1.464, 5.798, 13.278, 54.616, 4111.45], [12, 11, 12, 11, 12]),
        # Without the empty first class, below the lower fence.
        ("box_plot", [2.5675, 9.365, 39.53, 94.97375, 4111.45], [15, 14, 14, 6, 9]),
    ],
)
def test_published_breaks(method: Any, edges: list[float], counts: list[int]) -> None:
    import mapclassify

    found = classify(mapclassify.load_example(), method)
    assert found.edges == pytest.approx(edges)
    assert found.counts.to_list() == counts
    assert_consistent(found, mapclassify.load_example())


@settings(max_examples=60)
@given(st.lists(st.integers(1, 40).map(float), min_size=1, max_size=11), st.integers(1, 4))
def test_natural_breaks_are_the_optimum(values: list[float], k: int) -> None:
    found = classify(pd.Series(values), "natural_breaks", k)
    assert len(found.edges) == min(k, len(set(values)))
    assert deviations(pd.Series(values), found.class_of) == pytest.approx(
        least_deviations(values, k), abs=1e-9
    )


@pytest.mark.parametrize("base", [0, 1e4, 1e6, 1e9])
def test_natural_breaks_keep_their_digits(base: float) -> None:
    """Single precision, as in mapclassify, fails from 1e5 on."""
    values = pd.Series([0, 0, 1, 2, 10, 11, 12, 30, 31, 33]) + base
    found = classify(values, "natural_breaks", 3, zero_apart=False)
    assert found.edges == (base + 2, base + 12, base + 33)


def test_natural_breaks_of_many_values_are_exact_too() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat([1000.0, 2000.0, 5000.0, 9000.0], 5000)
    values = pd.Series(rng.permutation(groups + rng.uniform(-100, 100, groups.size)))
    found = classify(values, "natural_breaks", 4)
    assert found.counts.to_list() == [5000] * 4


def test_zero_is_its_own_class() -> None:
    values = pd.Series([0, None, 7, 0, 3], index=list("abcde"))
    found = classify(values, "quantiles", 2)
    assert found.class_of.to_list() == [0, pd.NA, 2, 0, 1]
    assert found.counts.to_dict() == {0: 2, 1: 1, 2: 1}
    assert (found.missing, found.lowest) == (1, 3)
    together = classify(values, "quantiles", 2, zero_apart=False)
    assert together.counts.to_dict() == {1: 2, 2: 2}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ([], {}),
        ([None, None], {}),
        ([0.0, 0.0], {0: 2}),
        ([0.0, None, 5.0], {0: 1, 1: 1}),
        ([5.0, 5.0, 5.0], {1: 3}),
    ],
)
def test_little_to_classify(method: Any, values: list[float | None], counts: Any) -> None:
    found = classify(series(values), method)
    assert found.counts.to_dict() == counts
    assert_consistent(found, series(values))


@pytest.mark.parametrize("method", ["quantiles", "natural_breaks"])
def test_fewer_distinct_values_than_classes(method: Any) -> None:
    found = classify(pd.Series([1, 1, 1, 1, 2, 2, 2, 2]), method, 5)
    assert found.counts.to_dict() == {1: 4, 2: 4}


def test_head_tail_stands_a_rounding_error() -> None:
    found = classify(pd.Series([0.3, 0.1 + 0.2]), "head_tail")
    assert found.counts.sum() == 2


def test_own_breaks_keep_their_classes() -> None:
    found = classify(pd.Series([0, 5, 10, 11, 500]), "own", breaks=[1, 10, 100])
    assert found.edges == (1, 10, 100, 500)
    assert found.counts.to_dict() == {0: 1, 1: 0, 2: 2, 3: 1, 4: 1}
    assert classify(pd.Series([7]), "own", breaks=[1, 10, 100]).edges == (1, 10, 100)
    assert classify(series([]), "own", breaks=[1, 10]).counts.to_dict() == {1: 0, 2: 0}


def test_labels() -> None:
    def write(value: float) -> Both:
        return Both(f"{value:g}亿元", f"{value:g} bn")

    own = classify(pd.Series([0, 5, 500]), "own", breaks=[1, 10]).labels(write)
    assert [label.zh for label in own.values()] == [
        "无",
        "不超过1亿元",
        "大于1亿元，至10亿元",
        "大于10亿元，至500亿元",
    ]
    assert [label.en for label in own.values()] == [
        "none",
        "up to 1 bn",
        "over 1 bn, up to 10 bn",
        "over 10 bn, up to 500 bn",
    ]
    single = classify(pd.Series([0, 5]), "natural_breaks").labels(write)
    assert {number: label.en for number, label in single.items()} == {0: "none", 1: "5 bn"}


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        ([1], {"method": "equal_interval"}, "natural_breaks, head_tail"),
        ([1, float("inf")], {"method": "quantiles"}, "infinite"),
        (["much"], {"method": "quantiles"}, "numbers"),
        ([1], {"method": "quantiles", "k": 0}, "1 or more"),
        ([1], {"method": "quantiles", "k": 2.5}, "whole number"),
        ([1], {"method": "own"}, "needs breaks"),
        ([1], {"method": "own", "breaks": [2, 2]}, "ascending"),
        ([1], {"method": "own", "breaks": [float("nan")]}, "finite"),
        ([1], {"method": "quantiles", "breaks": [2]}, "own"),
    ],
)
def test_refused(values: list[Any], options: Any, words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        classify(pd.Series(values), **options)


@given(amounts, st.sampled_from(METHODS), st.integers(1, 6), st.booleans(), st.randoms())
def test_laws(values: list[Any], method: Any, k: int, apart: bool, random: Any) -> None:
    given_values = series(values)
    found = classify(given_values, method, k, zero_apart=apart)
    assert_consistent(found, given_values)
    assert (found.counts > 0).all()
    if method in ("quantiles", "natural_breaks"):
        assert len(found.edges) <= k

    doubled = classify(given_values * 2, method, k, zero_apart=apart)
    pd.testing.assert_series_equal(doubled.class_of, found.class_of)

    order = list(range(len(values)))
    random.shuffle(order)
    shuffled = classify(given_values.iloc[order], method, k, zero_apart=apart)
    assert shuffled.edges == found.edges
    pd.testing.assert_series_equal(shuffled.class_of, found.class_of.iloc[order])


def test_importing_loads_no_mapclassify() -> None:
    code = "import sys, geoplan.place.classes; print({'mapclassify', 'sklearn'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
