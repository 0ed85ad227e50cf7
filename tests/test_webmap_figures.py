"""Numbers as a planner writes them, in both languages."""

import pytest

from geoplan.exchange.prints.captions import MEASURE_NAMES as MEASURES
from webmap.figures import PER, UNITS, area, decimal, exact_money, measured, money


@pytest.mark.parametrize(
    ("wanyuan", "zh", "en"),
    [
        (0, "0 万元", "CNY 0 million"),
        (1, "1 万元", "CNY 0.01 million"),
        (9_999, "9,999 万元", "CNY 99.99 million"),
        (10_000, "1 亿元", "CNY 100 million"),
        (30_000, "3 亿元", "CNY 300 million"),
        (99_999, "10 亿元", "CNY 999.99 million"),
        (100_000, "10 亿元", "CNY 1 bn"),
        (8_776_300, "877.63 亿元", "CNY 87.76 bn"),
        (0.4, "0.4 万元", "CNY 0.004 million"),
        (-30_000, "-3 亿元", "CNY -300 million"),
        (None, "—", "—"),
        (float("nan"), "—", "—"),
    ],
)
def test_money(wanyuan: float | None, zh: str, en: str) -> None:
    assert (money(wanyuan).zh, money(wanyuan).en) == (zh, en)


def test_exact_money_keeps_every_wanyuan() -> None:
    assert exact_money(8_776_300).zh == "8,776,300 万元"
    assert exact_money(8_776_301).en == "CNY 87,763.01 million"


@pytest.mark.parametrize(
    ("km2", "zh", "en"),
    [
        (0.25, "0.25 平方公里（375 亩）", "0.25 km² (375 mu)"),
        (1234.567, "1,234.57 平方公里", "1,234.57 km²"),
        (None, "—", "—"),
    ],
)
def test_area(km2: float | None, zh: str, en: str) -> None:
    assert (area(km2).zh, area(km2).en) == (zh, en)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (1e12, 2, "1,000,000,000,000"),
        (2.5, 0, "3"),
        (0.125, 2, "0.13"),
        (1e-7, 2, "0.0000001"),
        (100, 2, "100"),
        (-0.004, 2, "-0.004"),
    ],
)
def test_decimal(value: float, places: int, text: str) -> None:
    assert decimal(value, places) == text


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_a_unit_and_can_be_written(measure: str) -> None:
    assert measure in UNITS
    assert measured(measure, 3).zh
    assert measured(measure, None).zh == "—"
    assert measure in PER or not measure.startswith("investment")
