"""Figures as people write them; what is no figure is never guessed."""

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.exchange.sheets.amounts import Unreadable, figure, is_empty
from geoplan.exchange.sheets.units import UNITS, unit_of


def in_wanyuan(text: str) -> float:
    read = figure(text)
    assert read.unit is not None
    assert read.unit.dimension == "money"
    return float(read.value * read.unit.factor)


@pytest.mark.parametrize(
    ("text", "wanyuan"),
    [("3亿元", 30_000), ("约3亿", 30_000), ("３．５亿", 35_000), ("1.2亿元", 12_000), ("12万", 12),
     ("5000元", 0.5), ("3亿5000万元", 35_000), ("3亿5千万", 35_000), ("三亿元", 30_000), ("一点五亿元", 15_000),
     ("叁仟伍佰万元", 3_500), ("两亿", 20_000), ("十五亿", 150_000), ("5百万元", 500), ("3千万", 3_000),
     ("￥3000万", 3_000), ("人民币3亿元", 30_000), ("3亿元人民币", 30_000), ("1,234.5万元", 1_234.5),
     ("1，234万元", 1_234), ("5000万元①", 5_000), ("３亿²", 30_000), ("5000万元*", 5_000),
     ("'3000万元", 3_000), ("1.5亿(含流动资金)", 15_000), ("3000(万元)", 3_000), ("3 000 万元", 3_000), ("12,3456万元", 123_456), ("0.3亿元", 3_000)],
)  # fmt: skip
def test_money_is_exact(text: str, wanyuan: float) -> None:
    assert in_wanyuan(text) == wanyuan


@pytest.mark.parametrize(
    ("text", "operator"),
    [("约3亿", "approx"), ("3亿左右", "approx"), ("3亿(约)", "approx"), ("3亿（暂定）", "approx"), ("近3亿", "approx"), ("超3亿元", "gt"),
     ("3亿多元", "gt"), ("3亿余元", "gt"), ("3亿元以上", "ge"), ("≥3亿", "ge"), ("不少于3亿元", "ge"),
     ("不超过3亿元", "le"), ("3亿以内", "le"), ("3亿元", "eq")],
)  # fmt: skip
def test_reservations_are_kept(text: str, operator: str) -> None:
    assert figure(text).operator == operator
    assert in_wanyuan(text) == 30_000


@pytest.mark.parametrize(
    ("text", "km2"),
    [("150亩", 0.1), ("10公顷", 0.1), ("0.5平方公里", 0.5), ("1.2万平方米", 0.012), ("50㎡", 0.00005), ("20万㎡", 0.2),
     ("3 km²", 3), ("1.5万亩", 10), ("100 ha", 1)],
)  # fmt: skip
def test_areas(text: str, km2: float) -> None:
    read = figure(text)
    assert read.unit is not None
    assert float(read.value * read.unit.factor) == pytest.approx(km2, rel=1e-12)


@pytest.mark.parametrize("text", ["3-5亿元", "3亿-5亿元", "3～5亿元", "3至5亿元", "3-5亿①"])
def test_ranges_keep_both_ends(text: str) -> None:
    read = figure(text)
    assert read.unit is not None
    assert (read.value * read.unit.factor, (read.high or 0) * read.unit.factor) == (30_000, 50_000)


@pytest.mark.parametrize(
    ("text", "code"),
    [("3000万美元", "value.currency"), ("3亿3", "value.type"), ("总投资3亿", "value.type"), ("1,23", "value.type"),
     ("=1+1", "value.type"), ("9" * 1_000_000, "value.type"), ("9" * 30, "value.type"), ("1e999", "value.type"),
     ("3000（万美元）", "value.currency"), ("5亿(其中固定资产3亿)", "value.type"), ("(1000)", "value.type"),
     ("", "value.type"), ("亿元", "value.type"), ("5-3亿", "value.interval"), ("3亿吨标煤", "value.unit"),
     ("nan", "value.type"), ("inf", "value.type"), ("1_000", "value.type"), ("٣", "value.type")],
)  # fmt: skip
def test_what_is_no_figure_is_told(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        figure(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "—",
        "－",
        "/",
        "／",
        "\\",
        "无",
        "暂无",
        "N/A",
        "n/a",
        "……",
        "待定",
        "无。",
        "――",
    ],
)
def test_marks_of_emptiness(text: str) -> None:
    assert is_empty(text)


@pytest.mark.parametrize("text", ["0", "无锡", "-5", "A/B", "否", "空港", "不详细"])
def test_words_that_only_look_empty(text: str) -> None:
    assert not is_empty(text)


def test_units_in_other_spellings() -> None:
    for text, name in (
        ("万元人民币", "万元"),
        ("10,000 CNY", "10000cny"),
        ("㎢", "km2"),
        ("平方公里", "平方公里"),
    ):
        unit = unit_of(text)
        assert unit is not None
        assert unit.name == name
    assert unit_of("万元产值") is None
    assert UNITS["亿元"].factor == 10_000


@given(st.fractions(min_value=0, max_value=10**9).map(lambda f: Fraction(round(f * 100), 100)))
def test_a_number_written_plainly_reads_back_exactly(number: Fraction) -> None:
    text = f"{float(number):,.2f}"
    assert figure(text).value == Fraction(text.replace(",", ""))
    assert figure(text + "亿元").value == Fraction(text.replace(",", ""))


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(Unreadable):
        read = figure(text)
        assert read.high is None or read.high >= read.value
