import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.site.conditions import (
    DEEPEST,
    LONGEST,
    Condition,
    ConditionError,
    Joined,
    Negated,
    Test,
    holds,
    missing_column,
    parse,
)

FRAME = pd.DataFrame(
    {
        "kind": ["park", "town", None],
        "area_km2": [1.0, None, 3.0],
        "rank": pd.array([1, 2, None], dtype="Int64"),
        "storeys": ["5", "many", "10"],
        "vacant": [True, False, True],
        "since": pd.to_datetime(["2021-01-01", None, "2022-01-01"]),
        "用途": ["工业 用地", " ", "住宅"],
    },
    index=list("xyz"),
)
T, F, N = True, False, None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind = park", [T, F, N]),
        ("kind != park", [F, T, N]),
        ("kind in park|town", [T, T, N]),
        ("kind not in park", [F, T, N]),
        ("not kind = park", [F, T, N]),
        ("area_km2 >= 1", [T, N, T]),
        ("area_km2 > 1", [F, N, T]),
        ("area_km2 < 1.5", [T, N, F]),
        ("area_km2 <= 3", [T, N, T]),
        ("area_km2 in 1|3", [T, N, T]),
        ("area_km2 ≥ 1", [T, N, T]),
        ("area_km2＝3", [F, N, T]),
        ("rank != 1", [F, T, N]),
        ("storeys > 6", [F, N, T]),
        ("storeys = 5", [T, F, F]),
        ("vacant = true", [T, F, T]),
        ("since >= 2021-06-01", [F, N, T]),
        ("用途 = “工业 用地”", [T, N, F]),
        ("用途 = '工业 用地'", [T, N, F]),
        ("用途 is unknown", [F, T, F]),
        ("kind is known", [T, T, F]),
        # Kleene: what is not known decides nothing that is decided without it.
        ("kind = park and area_km2 >= 1", [T, F, N]),
        ("area_km2 > 2 or kind = town", [F, T, T]),
        ("kind = park and kind is unknown", [F, F, N]),
        ("kind = x or area_km2 > 2", [F, N, T]),
        ("not (kind = park or vacant = false)", [F, F, N]),
        ("（kind = park）", [T, F, N]),
        ("kind = park or kind = town and vacant = true", [T, F, N]),
        ("KIND = park", "column"),
    ],
)
def test_a_condition_is_true_false_or_missing(text: str, expected: object) -> None:
    if expected == "column":
        with pytest.raises(ConditionError, match=r"is it “kind”"):
            holds(parse(text), FRAME)
        return
    found = holds(parse(text), FRAME)
    assert found.dtype == "boolean"
    assert found.index.equals(FRAME.index)
    assert [None if value is pd.NA else bool(value) for value in found] == expected


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("", "the name of a column is missing at position 1", "第 1 个字符处缺少列名"),
        ("kind =", "a value is missing at position 7", "第 7 个字符处缺少值"),
        ("kind park", "after “kind” one of =, !=", "“kind”之后应为"),
        ("(kind = a", "a closing bracket is missing at position 10", "缺少右括号"),
        ("kind = a b", "“b” is too much; join tests with and / or", "多出了“b”"),
        ("kind in a,b", "character 10, “,”, has no meaning here; separate values with |", "| 分开"),
        ("kind in a|", "a value is missing at position 11", "缺少值"),
        ("= 3", "the name of a column is missing", "缺少列名"),
        ("and = 3", "the name of a column is missing", "缺少列名"),
        ("kind is", "known or unknown is missing", "应为 known 或 unknown"),
        ('kind = "a', "character 8", "第 8 个字符"),
        ("(" * 100 + "a = 1", "nested too deep", "太深"),
        ("not " * 100 + "a = 1", "nested too deep", "太深"),
        ("a = 1 " + "or a = 1 " * 400, f"at most {LONGEST}", f"最多 {LONGEST}"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, english: str, chinese: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert english in str(caught.value)
    assert chinese in caught.value.said.zh


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("area_km2 > large", "“area_km2” is a number and cannot be compared with “large”"),
        ("area_km2 = inf", "cannot be compared with “inf”"),
        ("since > yesterday", "“since” is a date; write it as 2021-05-01"),
        ("knd = park", "there is no column “knd” (is it “kind”?)"),
    ],
)
def test_what_cannot_be_compared_is_refused(text: str, english: str) -> None:
    with pytest.raises(ConditionError) as caught:
        holds(parse(text), FRAME)
    assert english in str(caught.value)
    assert caught.value.said.zh != caught.value.said.en


def test_the_columns_asked_for_are_each_named_once() -> None:
    assert parse("a = 1 and (b = 2 or not a = 3)").columns == ("a", "b")
    assert missing_column(parse("a = 1"), ["a"]) is None
    assert parse("area_km2 >= 1").comparison == Test("area_km2", ">=", ("1",))
    assert parse("kind = a").comparison is None
    assert parse("not area_km2 >= 1").comparison is None


def test_one_nesting_more_is_one_too_many() -> None:
    parse("(" * DEEPEST + "a = 1" + ")" * DEEPEST)
    with pytest.raises(ConditionError):
        parse("(" * (DEEPEST + 1) + "a = 1" + ")" * (DEEPEST + 1))


def test_an_empty_table_has_an_empty_answer() -> None:
    assert holds(parse("kind = a or area_km2 > 1"), FRAME.iloc[:0]).empty


words = st.sampled_from(["park", "town", "x"])
tests = st.one_of(
    st.builds(lambda v: f"kind = {v}", words),
    st.builds(lambda v: f"kind in {v}|town", words),
    st.builds(lambda n: f"area_km2 >= {n}", st.integers(0, 4)),
    st.just("用途 is unknown"),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"({a} and {b})", inner, inner),
        st.builds(lambda a, b: f"({a} or {b})", inner, inner),
        st.builds(lambda a: f"not ({a})", inner),
    ),
    max_leaves=6,
)


def answers(condition: Condition) -> list[object]:
    return holds(condition, FRAME).tolist()


@given(conditions, conditions)
def test_de_morgan_holds_with_what_is_not_known(a: str, b: str) -> None:
    assert answers(parse(f"not ({a} and {b})")) == answers(parse(f"not {a} or not {b}"))
    assert answers(parse(f"not not ({a})")) == answers(parse(a))


@given(conditions)
def test_a_cell_filled_in_never_turns_an_answer_round(text: str) -> None:
    """What is true or false of a table with gaps stays so whatever fills the gaps."""
    before = holds(parse(text.replace("用途 is unknown", "kind = x")), FRAME)
    for kind, area in (("park", 0.0), ("x", 9.0)):
        filled = FRAME.assign(
            kind=FRAME["kind"].fillna(kind), area_km2=FRAME["area_km2"].fillna(area)
        )
        after = holds(parse(text.replace("用途 is unknown", "kind = x")), filled)
        known = before.notna()
        assert (before[known] == after[known]).all()


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(parse(text).node, Test | Joined | Negated)
    except ConditionError as error:
        refused = error.said
        assert refused.zh != refused.en
