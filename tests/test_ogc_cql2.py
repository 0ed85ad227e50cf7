"""CQL2 as text and as JSON: the same tree, the standard's precedence, and calm refusals."""

import json
from contextlib import suppress
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from webmap.ogc_cql2 import (
    DEEPEST,
    FUNCTIONS,
    LONGEST,
    MOST_CALLS,
    Box,
    Call,
    FilterError,
    Interval,
    Moment,
    Name,
    Node,
    Shape,
    Value,
    read_json,
)
from webmap.ogc_cql2_text import read_text

A, B = Name("a"), Name("b")


def is_one(name: str) -> Call:
    return Call("=", (Name(name), Value(1.0)))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = 1", is_one("a")),
        ("a=1", is_one("a")),
        ("a = 1 OR b = 1 AND c = 1", Call("or", (is_one("a"), Call("and", (is_one("b"), is_one("c")))))),
        ("(a = 1 OR b = 1) AND c = 1", Call("and", (Call("or", (is_one("a"), is_one("b"))), is_one("c")))),
        ("NOT a = 1 AND b = 1", Call("and", (Call("not", (is_one("a"),)), is_one("b")))),
        ("not (a = 1 and b = 1)", Call("not", (Call("and", (is_one("a"), is_one("b"))),))),
        ("NOT NOT a = 1", is_one("a")),
        ("a <> 'it''s'", Call("<>", (A, Value("it's")))),
        ("a != 'it\\'s'", Call("<>", (A, Value("it's")))),
        ("a LIKE 'x\\_%'", Call("like", (A, Value("x\\_%")))),
        ("a NOT LIKE 'x%'", Call("not", (Call("like", (A, Value("x%"))),))),
        ("a BETWEEN -1 AND 2e3", Call("between", (A, Value(-1.0), Value(2000.0)))),
        ("a not between 1 and 2", Call("not", (Call("between", (A, Value(1.0), Value(2.0))),))),
        ("a IN ('x', 'y')", Call("in", (A, Value("x"), Value("y")))),
        ("a NOT IN (.5)", Call("not", (Call("in", (A, Value(0.5))),))),
        ("a IS NULL", Call("isnull", (A,))),
        ("a is not null", Call("not", (Call("isnull", (A,)),))),
        ("a + 2 * b > -a", Call(">", (Call("+", (A, Call("*", (Value(2.0), B)))), Call("-", (Value(0.0), A))))),
        ("(a + 2) * b = 1", Call("=", (Call("*", (Call("+", (A, Value(2.0))), B)), Value(1.0)))),
        ("a div 2 = 1", Call("=", (Call("div", (A, Value(2.0))), Value(1.0)))),
        ("a = TRUE", Call("=", (A, Value(True)))),
        ('"a b" = \'x\'', Call("=", (Name("a b"), Value("x")))),
        ("名称 = '机器人'", Call("=", (Name("名称"), Value("机器人")))),
        ("date = 1", Call("=", (Name("date"), Value(1.0)))),
        ("point = 1", Call("=", (Name("point"), Value(1.0)))),
        ("a >= DATE('1970-01-02')", Call(">=", (A, Moment(86400.0)))),
        ("a < TIMESTAMP('1970-01-01T08:00:00+08:00')", Call("<", (A, Moment(0.0)))),
        ("T_BEFORE(a, DATE('1970-01-01'))", Call("t_before", (A, Moment(0.0)))),
        ("t_during(INTERVAL(a, b), INTERVAL('1970-01-01', '..'))",
         Call("t_during", (Interval(A, B), Interval(Moment(0.0), Moment(float("inf")))))),
        ("S_INTERSECTS(a, POINT(1 2))", Call("s_intersects", (A, Shape(shapely.Point(1, 2))))),
        ("s_within(a,bbox(1,2,-3,4))", Call("s_within", (A, Box((1.0, 2.0, -3.0, 4.0))))),
        ("S_WITHIN(a, BBOX(1,2,0,3,4,9))", Call("s_within", (A, Box((1.0, 2.0, 3.0, 4.0))))),
        ("CASEI(a) = casei('X')", Call("=", (Call("casei", (A,)), Call("casei", (Value("X"),))))),
        ("S_EQUALS(a, POLYGON((0 0, 1 0,\n1 1, 0 0)))",
         Call("s_equals", (A, Shape(shapely.Polygon([(0, 0), (1, 0), (1, 1)]))))),
        ("S_DISJOINT(a, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 -1)))",
         Call("s_disjoint", (A, Shape(shapely.from_wkt("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 -1))"))))),
    ],
)  # fmt: skip
def test_text_is_read_as_the_standard_says(text: str, tree: Node) -> None:
    assert read_text(text) == tree


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("a = 1", {"op": "=", "args": [{"property": "a"}, 1]}),
        ("a = 1 OR b = 1", {"op": "or", "args": [
            {"op": "=", "args": [{"property": "a"}, 1]}, {"op": "=", "args": [{"property": "b"}, 1]}]}),
        ("NOT a = 1", {"op": "not", "args": [{"op": "=", "args": [{"property": "a"}, 1]}]}),
        ("a BETWEEN 1 AND 2", {"op": "between", "args": [{"property": "a"}, 1, 2]}),
        ("a BETWEEN 1 AND 2", {"op": "between", "args": [{"property": "a"}, [1, 2]]}),
        ("a IN ('x','y')", {"op": "in", "args": [{"property": "a"}, ["x", "y"]]}),
        ("a IS NULL", {"op": "isNull", "args": [{"property": "a"}]}),
        ("CASEI(a) LIKE CASEI('x%')", {"op": "like", "args": [
            {"op": "casei", "args": [{"property": "a"}]}, {"op": "casei", "args": ["x%"]}]}),
        ("S_INTERSECTS(a, BBOX(1,2,3,4))", {"op": "s_intersects", "args": [{"property": "a"}, {"bbox": [1, 2, 3, 4]}]}),
        ("S_WITHIN(a, POINT(1 2))", {"op": "s_within", "args": [
            {"property": "a"}, {"type": "Point", "coordinates": [1, 2]}]}),
        ("T_AFTER(a, DATE('2020-01-01'))", {"op": "t_after", "args": [{"property": "a"}, {"date": "2020-01-01"}]}),
        ("T_AFTER(a, TIMESTAMP('2020-01-01T00:00:00Z'))",
         {"op": "t_after", "args": [{"property": "a"}, {"timestamp": "2020-01-01T00:00:00Z"}]}),
        ("T_DURING(INTERVAL(a, b), INTERVAL('2020-01-01','..'))", {"op": "t_during", "args": [
            {"interval": [{"property": "a"}, {"property": "b"}]}, {"interval": ["2020-01-01", ".."]}]}),
        ("a + 1 > 2", {"op": ">", "args": [{"op": "+", "args": [{"property": "a"}, 1]}, 2]}),
        ("a = true", {"op": "=", "args": [{"property": "a"}, True]}),
    ],
)  # fmt: skip
def test_json_spells_the_same_tree(text: str, given: Any) -> None:
    assert read_json(json.dumps(given)) == read_text(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "ends where a value is missing"),
        ("a =", "ends where a value is missing"),
        ("a = 1 b", "character 7, “b”, there should be AND / OR"),
        ("a = 'x", "character 5, “'x”, cannot be read"),
        ("a = 1; DROP TABLE x", "character 6, “; DROP TABLE x”"),
        ("a NOT 1", "LIKE / BETWEEN / IN"),
        ("a IS 1", "NULL"),
        ("a BETWEEN 1 OR 2", "there should be and"),
        ("a IN ()", "a value"),
        ("AND a = 1", "a value"),
        ("nope(a) = 1", "there is no function “nope”"),
        ("S_INTERSECTS(a)", "“S_INTERSECTS” takes 2 arguments, 1 are given"),
        ("S_INTERSECTS(a, POINT(1 2)", "ends where ) is missing"),
        ("S_INTERSECTS(a, POINT(x y))", "no such geometry"),
        ("S_INTERSECTS(a, POINT(nan 1))", "without place"),
        ("S_INTERSECTS(a, POINT EMPTY)", "without place"),
        ("S_INTERSECTS(a, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "invalid: Self-intersection"),
        ("S_INTERSECTS(a, BBOX(1,2,3))", "BBOX takes 4 or 6 numbers"),
        ("S_INTERSECTS(a, BBOX('1',2,3,4))", "BBOX takes 4 or 6 numbers"),
        ("a > 1e999", "too large"),
        ("a > DATE('2020-13-01')", "is no time"),
        ("a > DATE('2020-01-01T00:00:00Z')", "is no time"),
        ("a > DATE(5)", "takes a time in single quotes"),
        ("T_DURING(a, INTERVAL('2021-01-01','2020-01-01'))", "begins after its end"),
        ("T_DURING(a, INTERVAL('2021-01-01'))", "takes 2 arguments"),
        ("(" * 5000 + "a = 1", "too long"),
        ("a = 1" + " OR a = 1" * MOST_CALLS, "too long"),
        ("a = '" + "x" * LONGEST + "'", "too long"),
        ("a IN (1" + ",1" * 6000 + ")", "too long"),
    ],
)  # fmt: skip
def test_what_is_no_text_says_where(text: str, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        read_text(text)
    assert said in caught.value.said.en
    assert caught.value.said.zh != caught.value.said.en


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", "nope", "{}", '{"op": 5}', '{"op": "=", "args": 5}', '{"op": "="}',
        '{"op": "=", "args": [1]}', '{"op": "in", "args": [1]}', '{"op": "in", "args": [1, []]}',
        '{"op": "=", "args": [{"property": 5}, null]}', '{"op": "nope", "args": []}',
        '{"bbox": [1, 2]}', '{"bbox": ["a", 2, 3, 4]}', '{"bbox": [true, 2, 3, 4]}',
        '{"type": "Point", "coordinates": ["a"]}', '{"type": "Nope", "coordinates": []}',
        '{"type": "Point"}', '{"type": "Polygon", "coordinates": [[[0,0],[1,1]]]}',
        '{"date": 5}', '{"timestamp": "2020-01-01"}', '{"interval": ["2020-01-01"]}',
        '{"interval": 5}', '{"interval": [1, 2]}', "1e999", "[" * 2000,
        '{"op":"not","args":[' * (DEEPEST + 5) + "1" + "]}" * (DEEPEST + 5),
        '{"op":"and","args":[' + "true," * 6000 + "true]}",
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        read_json(text)


def test_long_chains_are_no_deep_trees() -> None:
    found = read_text(" AND ".join(["a = 1"] * (MOST_CALLS - 1)))
    assert isinstance(found, Call)
    assert len(found.args) == MOST_CALLS - 1


def test_brackets_may_nest_as_deep_as_it_says() -> None:
    assert read_text("(" * (DEEPEST - 1) + "a = 1" + ")" * (DEEPEST - 1)) == is_one("a")


WORDS = st.sampled_from(
    ["a", "b", "AND", "OR", "NOT", "(", ")", "=", "<>", "1", "'x'", '"n"', "LIKE", "IN", ",", "IS",
     "NULL", "BETWEEN", "-", "*", "POINT", "EMPTY", "BBOX", "DATE", "INTERVAL", "'2020-01-01'",
     *(name.upper() for name in FUNCTIONS)]
)  # fmt: skip


@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=40))
def test_any_text_is_a_tree_or_refused(text: str) -> None:
    with suppress(FilterError):
        read_text(text)


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["op", "args", "property", "date", "interval", "bbox", "type", "coordinates"]),
        inner | st.sampled_from(["and", "=", "in", "s_intersects", "Point", "between"]),
        max_size=3,
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSONS)
def test_any_json_is_a_tree_or_refused(given_json: Any) -> None:
    with suppress(FilterError):
        read_json(json.dumps(given_json))
