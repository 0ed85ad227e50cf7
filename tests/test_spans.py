"""Years, spans and days in the forms bureaus use; what is open is refused."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.exchange.sheets.amounts import Unreadable
from geoplan.exchange.sheets.spans import day_of, span_of, year_of


@pytest.mark.parametrize(
    "text",
    ["2017-2019年", "2017年—2019年", "2017.3-2019.12", "2017～2019", "2017至2019年", "2017年3月-2019年12月",
     "2017/3-2019/12", "2017-19", "2017-19年", "201703-201912", "20170301-20191231", "2017-03-01至2019-12-31",
     "2017-3-2019-12", "三年（2017-2019）", "２０１７－２０１９年", "2017——2019年", "2017 年 - 2019 年", "建设期2017-2019年",
     "2017年初-2019年底", "2017年第1季度-2019年第4季度", "2017/3/1-2019/2/28", "2017.3.1-2019.12.31", "2017年到2019年",
     "2017年1月—2019年12月底", "2017/2019", "二〇一七年至二〇一九年", "二零一七-二零一九年", "2017-2019年①"],
)  # fmt: skip
def test_spans(text: str) -> None:
    assert span_of(text) == (2017, 2019, False)


@pytest.mark.parametrize(
    "value",
    ["2019", "2019年", 2019.0, "2019年度", "2019年3月", "2019-03", "2019.3", "2019年3月至12月", "2019年3-12月",
     datetime(2019, 3, 1), "2019-03-01"],
)  # fmt: skip
def test_single_years_are_spans_of_one(value: object) -> None:
    assert span_of(value) == (2019, 2019, False)


def test_a_serial_number_is_taken_for_its_year_and_told() -> None:
    assert span_of(43_466.0) == (2019, 2019, True)
    assert span_of("43466") == (2019, 2019, True)


@pytest.mark.parametrize(
    "value",
    ["2017年起", "2018年开工", "2019年竣工", "2018年-", "36个月", "三五期间", "2020年底前", "2017-2019-2021", "17-19年", "2017—", "三年", "2017-至今", "9" * 1_000_000, True, -5.0,
     1e300, float("nan"), "2017年1月2日3时", ""],
)  # fmt: skip
def test_what_is_no_span_is_refused(value: object) -> None:
    with pytest.raises(Unreadable):
        span_of(value)


def test_a_month_that_may_be_a_year_is_not_guessed() -> None:
    with pytest.raises(Unreadable) as caught:
        span_of("2009-12")
    assert caught.value.code == "value.ambiguous_date"
    assert span_of("2017-12") == (2017, 2017, False)
    assert span_of("2009-12年") == (2009, 2012, False)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("“十四五”期间", 2021),
        ("十三五", 2016),
        ("十五五时期", 2026),
        ("“九五”", 1996),
        ("十五期间", 2001),
    ],
)
def test_a_five_year_plan_has_its_years(text: str, first: int) -> None:
    assert span_of(text) == (first, first + 4, False)


def test_a_single_year_lives_with_words_around_it() -> None:
    assert [year_of(t)[0] for t in ("2020年底前", "2017年起", "计划2021年开工", "2017-2019")] == [
        2020,
        2017,
        2021,
        2017,
    ]
    assert year_of("2017-2019", is_end=True)[0] == 2019
    with pytest.raises(Unreadable):
        year_of("投资2020年3000万")


@pytest.mark.parametrize(
    "value",
    ["2021-03-05", "2021/3/5", "2021.3.5", "2021年3月5日", "20210305", 20_210_305.0, 44_260.0, "44260",
     datetime(2021, 3, 5, 8), "2021-03-05 08:00:00", "2021-03-05T08:00:00Z"],
)  # fmt: skip
def test_days(value: object) -> None:
    assert day_of(value) == date(2021, 3, 5)


def test_a_month_is_no_day() -> None:
    for text, code in (
        ("2021年3月", "value.ambiguous_date"),
        ("2021-02-30", "value.type"),
        ("abc", "value.type"),
    ):
        with pytest.raises(Unreadable) as caught:
            day_of(text)
        assert caught.value.code == code


@given(
    st.integers(1950, 2050),
    st.integers(0, 40),
    st.sampled_from(["-", "—", "~", "至", "–", "－", "到"]),
    st.booleans(),
)
def test_two_years_read_back_whatever_joins_them(
    first: int, more: int, sign: str, with_word: bool
) -> None:
    word = "年" if with_word else ""
    assert span_of(f"{first}{word}{sign}{first + more}{word}") == (first, first + more, False)


@given(st.dates(date(1950, 1, 1), date(2050, 12, 31)))
def test_a_day_reads_back_from_every_form(day: date) -> None:
    forms = (
        day.isoformat(),
        f"{day:%Y/%m/%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    )
    assert {day_of(form) for form in forms} == {day}
    serial = float((day - date(1899, 12, 30)).days)
    assert day_of(serial) == day
