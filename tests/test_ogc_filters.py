"""What CQL2 selects, on rows whose answers can be seen."""

import time
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import TINY
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from geoplan.exchange.outgoing.datasets import datasets
from geoplan.exchange.outgoing.fields import Field
from geoplan.plan.problems import Both
from webmap.ogc_collections import Collection
from webmap.ogc_cql2 import FilterError
from webmap.ogc_cql2_text import read_text
from webmap.ogc_filters import selected

IDS = ("p", "q", "r", "s")
ROWS = {
    "id": list(IDS),
    "name": ["Anna", "ánna", "50%_", None],
    "number": [1.0, 2.5, None, -3.0],
    "count": pd.array([1, 2, None, 4], dtype="Int64"),
    "flag": pd.array([True, False, None, True], dtype="boolean"),
    "day": pd.to_datetime(["2020-01-01", "2020-06-30", None, "2021-01-01"]),
    "from": pd.array([2019, 2020, None, 2021], dtype="Int64"),
    "to": pd.array([2020, 2020, 2021, None], dtype="Int64"),
}
KINDS = {"id": "id", "name": "text", "number": "number", "count": "integer", "flag": "flag",
         "day": "date", "from": "year", "to": "year"}  # fmt: skip


@lru_cache
def rows() -> Collection:
    plan = geoplan.open_plan(TINY)
    shapes = [shapely.Point(0.5, 0.5), shapely.box(0, 0, 2, 2), shapely.LineString([(3, 3), (5, 5)]),
              shapely.Point(9, 9)]  # fmt: skip
    frame = gpd.GeoDataFrame(ROWS, geometry=shapes, crs="OGC:CRS84")
    fields = tuple(Field(name, kind, Both(name, name)) for name, kind in KINDS.items())  # type: ignore[arg-type]
    dataset = replace(datasets(plan)["districts"], fields=fields, key="id", geometry="Geometry")
    return Collection(plan, dataset, frame, IDS, {})


def ids(text: str, crs: str = "") -> str:
    found = rows()
    reference = next(one for one in found.references if crs in one.code)
    chosen = selected(read_text(text), found, reference)
    return "".join(key for key, is_in in zip(IDS, chosen, strict=True) if is_in)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("number = 1", "p"),
        ("number <> 1", "qs"),
        ("NOT number = 1", "qs"),
        ("number < 2.5", "ps"),
        ("number <= 2.5", "pqs"),
        ("1 < number", "q"),
        ("NOT 2 < number", "ps"),
        ("number BETWEEN -3 AND 1", "ps"),
        ("number NOT BETWEEN -3 AND 1", "q"),
        ("number IN (1, 2.5)", "pq"),
        ("number NOT IN (1, 2.5)", "s"),
        ("number IN (count, 0)", "p"),
        ("number IS NULL", "r"),
        ("number IS NOT NULL", "pqs"),
        ("number * 2 = 5", "q"),
        ("number + count > 4", "q"),
        ("number / 0 = 1", ""),
        ("number / 0 IS NULL", "pqrs"),
        ("count % 2 = 0", "qs"),
        ("count div 2 = 2", "s"),
        ("count ^ 2 = 16", "s"),
        ("-number = 3", "s"),
        ("count = number", "p"),
        ("name = 'Anna'", "p"),
        ("name < 'B'", "pr"),
        ("name LIKE 'A%'", "p"),
        ("name LIKE '_nna'", "pq"),
        ("name LIKE '%nn%'", "pq"),
        ("name LIKE '50\\%\\_'", "r"),
        ("name LIKE '%'", "pqr"),
        ("name NOT LIKE '%nn%'", "r"),
        ("CASEI(name) = CASEI('aNNA')", "p"),
        ("CASEI(ACCENTI(name)) = 'anna'", "pq"),
        ("CASEI(name) IN (CASEI('ANNA'), casei('x'))", "p"),
        ("CASEI(name) LIKE casei('AN%')", "p"),
        ("flag = TRUE", "ps"),
        ("flag", "ps"),
        ("NOT flag", "q"),
        ("flag IS NULL", "r"),
        ("flag OR number = 2.5", "pqs"),
        ("flag AND number = 1", "p"),
        ("(number = 1) IS NULL", "r"),
        ("(number = 1) = flag", "pq"),
        ("day = DATE('2020-06-30')", "q"),
        ("day > '2020-01-01'", "qs"),
        ("'2020-06-30' <= day", "qs"),
        ("day < TIMESTAMP('2020-01-01T00:00:01Z')", "p"),
        ("T_AFTER(day, DATE('2020-01-01'))", "qs"),
        ("T_EQUALS(day, DATE('2020-01-01'))", "p"),
        ("T_DURING(day, INTERVAL('2020-01-01','..'))", "qs"),
        ("T_INTERSECTS(day, INTERVAL('..','2020-06-30'))", "pq"),
        ("T_INTERSECTS(INTERVAL(from, to), INTERVAL('2019-06-01','2019-07-01'))", "p"),
        ("T_DISJOINT(INTERVAL(from, to), DATE('2019-06-01'))", "q"),
        ("T_STARTS(INTERVAL(from, to), INTERVAL('2020-01-01','2021-12-31'))", "q"),
        ("T_FINISHES(INTERVAL(from, to), INTERVAL('2018-01-01','2020-12-31'))", "pq"),
        ("T_CONTAINS(INTERVAL(from, to), DATE('2020-05-05'))", "pq"),
        ("T_BEFORE(to, DATE('2021-01-01'))", "pq"),
        ("from >= DATE('2020-01-01')", "qs"),
        ("from = 2020", "q"),
        ("S_INTERSECTS(geometry, POINT(0.5 0.5))", "pq"),
        ("S_INTERSECTS(POINT(0.5 0.5), geometry)", "pq"),
        ("S_INTERSECTS(geometry, BBOX(2, 2, 4, 4))", "qr"),
        ("S_WITHIN(geometry, BBOX(-1, -1, 2.5, 2.5))", "pq"),
        ("S_CONTAINS(BBOX(-1, -1, 2.5, 2.5), geometry)", "pq"),
        ("S_CONTAINS(geometry, POINT(1 1))", "q"),
        ("S_DISJOINT(geometry, BBOX(0, 0, 4, 4))", "s"),
        ("S_TOUCHES(geometry, POINT(2 2))", "q"),
        ("S_CROSSES(geometry, BBOX(0, 0, 4, 4))", "r"),
        ("S_OVERLAPS(geometry, BBOX(1, 1, 4, 4))", "q"),
        ("S_EQUALS(geometry, POINT(9 9))", "s"),
        ("S_EQUALS(geometry, geometry)", "pqrs"),
        ("S_INTERSECTS(geometry, BBOX(8, 0, 1, 10))", "pqs"),
        ("geometry IS NULL", ""),
        ("geometry IS NOT NULL", "pqrs"),
        ("1 = 1", "pqrs"),
        ("TRUE", "pqrs"),
        ("FALSE OR name IS NULL", "s"),
        ("T_BEFORE(DATE('2020-01-01'), DATE('2021-01-01'))", "pqrs"),
    ],
)  # fmt: skip
def test_each_operator_selects_what_it_says(text: str, found: str) -> None:
    assert ids(text) == found


@pytest.mark.parametrize(
    ("crs", "text"),
    [
        ("CRS84", "S_INTERSECTS(geometry, BBOX(2.5, 2, 6, 6))"),
        ("4326", "S_INTERSECTS(geometry, BBOX(2, 2.5, 6, 6))"),
        ("4490", "S_INTERSECTS(geometry, BBOX(2, 2.5, 6, 6))"),
        ("3857", "S_INTERSECTS(geometry, BBOX(278298, 222684, 667916, 669141))"),
        ("4326", "S_INTERSECTS(geometry, LINESTRING(2 3, 6 3))"),
    ],
)
def test_shapes_of_a_filter_come_in_the_axis_order_of_their_crs(crs: str, text: str) -> None:
    assert ids(text, crs) == "r"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nope = 1", "there is no property “nope”; there are: id, name, "),
        ("name = 1", "“name” is a text and cannot be compared with a number"),
        ("number = 'x'", "“number” is a number and cannot be compared with a text"),
        ("day = 5", "“day” is a date or time and cannot be compared with a number"),
        ("day = 'soon'", "“soon” is no time"),
        ("flag < TRUE", "should be a number"),
        ("name", "should be true or false"),
        ("number + 1", "gives a value, no condition"),
        ("name + 1 = 2", "“name” is a text; there should be a number"),
        ("number LIKE 'x'", "should be a text"),
        ("name LIKE name", "LIKE takes a text"),
        ("geometry = 1", "belongs into a function S_"),
        ("POINT(1 1) = 1", "belongs into a function S_"),
        ("INTERVAL('2020-01-01','..') = 1", "belongs into a function T_"),
        ("S_INTERSECTS(name, POINT(1 1))", "there should be a geometry"),
        ("S_INTERSECTS(geometry, 'x')", "there should be a geometry"),
        ("S_INTERSECTS(geometry, POINT(1000000 1000000))", "coordinates outside of OGC:CRS84"),
        ("S_INTERSECTS(geometry, BBOX(1, 5, 2, 3))", "the lower corner of the box is above"),
        ("T_AFTER(name, DATE('2020-01-01'))", "“name” is a text; there should be a date or time"),
        ("T_AFTER(day, 'soon')", "“soon” is no time"),
        ("CASEI(number) = 'x'", "should be a text"),
    ],
)
def test_what_makes_no_sense_is_said_plainly(text: str, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        ids(text)
    assert said in caught.value.said.en
    assert caught.value.said.zh


CONDITIONS = st.recursive(
    st.sampled_from(["number > 0", "name LIKE '%n%'", "flag", "count = 2", "day IS NULL",
                     "S_WITHIN(geometry, BBOX(0,0,3,3))", "number IN (1, -3)"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner)
    | inner.map("(NOT {})".format),
    max_leaves=5,
)  # fmt: skip


@given(CONDITIONS, CONDITIONS)
def test_laws_of_logic_with_three_values(a: str, b: str) -> None:
    assert ids(f"NOT NOT {a}") == ids(a)
    assert ids(f"NOT ({a} AND {b})") == ids(f"NOT {a} OR NOT {b}")
    assert ids(f"NOT ({a} OR {b})") == ids(f"NOT {a} AND NOT {b}")
    assert set(ids(f"{a} AND {b}")) == set(ids(a)) & set(ids(b))
    assert set(ids(f"{a} OR {b}")) == set(ids(a)) | set(ids(b))
    assert not set(ids(a)) & set(ids(f"NOT {a}"))
    assert set(ids(f"({a}) IS NULL")) == set(IDS) - set(ids(a)) - set(ids(f"NOT {a}"))


def _like(pattern: str, text: str) -> bool:
    """The slow way, by definition."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(_like(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("_", text[0]) and _like(pattern[1:], text[1:])


@given(st.text("ab%_.", max_size=6), st.text("ab.\n", max_size=7))
def test_like_is_what_its_definition_says(pattern: str, text: str) -> None:
    from webmap.ogc_operators import matcher

    assert (matcher(pattern).match(text) is not None) == _like(pattern, text)


def test_no_pattern_takes_long() -> None:
    from webmap.ogc_operators import matcher

    begun = time.perf_counter()
    assert matcher("%a" * 60 + "b").match("a" * 4000) is None
    assert time.perf_counter() - begun < 1


def test_a_hundred_thousand_rows_are_filtered_at_once() -> None:
    count = 100_000
    values: dict[str, Any] = {"id": [str(n) for n in range(count)], "number": np.arange(count) / 7}
    frame = gpd.GeoDataFrame(
        values, geometry=shapely.points(np.linspace(0, 9, count), 1.0), crs="OGC:CRS84"
    )
    fields = (Field("id", "id", Both("", "")), Field("number", "number", Both("", "")))
    found = replace(rows(), frame=frame, ids=tuple(values["id"]), _shapes={})
    found = replace(found, dataset=replace(found.dataset, fields=fields))
    begun = time.perf_counter()
    text = "number > 100 AND id LIKE '%7%' AND S_INTERSECTS(geometry, BBOX(1, 0, 8, 2))"
    chosen = selected(read_text(text), found, found.references[0])
    assert time.perf_counter() - begun < 3
    expected = [
        n for n in range(count) if n / 7 > 100 and "7" in str(n) and 1 <= 9 * n / (count - 1) <= 8
    ]
    assert np.flatnonzero(chosen).tolist() == expected


def test_the_day_of_a_row_may_be_a_date_object() -> None:
    frame = gpd.GeoDataFrame(
        {"id": ["p"], "day": [date(2020, 1, 1)]}, geometry=[shapely.Point(0, 0)], crs="OGC:CRS84"
    )
    fields = (Field("id", "id", Both("", "")), Field("day", "date", Both("", "")))
    found = replace(rows(), frame=frame, ids=("p",), _shapes={})
    found = replace(found, dataset=replace(found.dataset, fields=fields))
    assert selected(read_text("day = DATE('2020-01-01')"), found, found.references[0]).all()
