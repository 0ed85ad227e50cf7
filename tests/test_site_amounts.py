import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.site.amounts import AmountError, km2, land_in_km2, wanyuan


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10亿元", 100_000),
        ("10亿", 100_000),
        ("１０亿元", 100_000),
        ("约3亿元", 30_000),
        ("1,500万元", 1_500),
        ("1，500 万元", 1_500),
        ("0.5亿元人民币", 5_000),
        ("100000000元", 10_000),
        ("2 billion yuan", 200_000),
        ("30 million yuan", 3_000),
        ("1.2万亿元", 120_000_000),
    ],
)
def test_money_is_read_in_the_units_people_use(text: str, expected: float) -> None:
    assert wanyuan(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("150亩", 0.1),
        ("1,500亩", 1.0),
        ("１，５００亩", 1.0),
        ("1 500 亩", 1.0),
        ("1.5万亩", 10.0),
        ("2平方公里", 2.0),
        ("２ｋｍ²", 2.0),
        ("2 km2", 2.0),
        ("8.42平方千米", 8.42),
        ("10公顷", 0.1),
        ("10ha", 0.1),
        ("100000平方米", 0.1),
        ("10万平方米", 0.1),
        ("100000㎡", 0.1),
        ("150 mu", 0.1),
    ],
)
def test_land_is_read_in_the_units_people_use(text: str, expected: float) -> None:
    assert km2(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no area"),
        ("abc", "“abc” is no area; write land = \"150亩\""),
        ("150", "has no unit"),
        ("150斤", "the unit “斤” of “150斤” is not known"),
        ("100-150亩", "is not known"),
        ("-3亩", "is no area"),
        ("0亩", "beyond belief"),
        ("1,50亩", "is no area"),
        ("1.5.2亩", "is no area"),
        ("99999999999亩", "beyond belief"),
        ("1e400000000亩", "is not known"),
        ("nan亩", "is no area"),
        ("9" * 5_000 + "亩", "…"),
    ],
)  # fmt: skip
def test_what_is_no_area_is_refused_with_a_remedy(text: str, reason: str) -> None:
    with pytest.raises(AmountError) as caught:
        km2(text)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 300
    assert "亩" in caught.value.said.zh


def test_another_currency_is_not_converted() -> None:
    with pytest.raises(AmountError, match="亿美元"):
        wanyuan("10亿美元")


def test_bare_numbers_in_a_declared_unit() -> None:
    assert land_in_km2(150, "mu") == land_in_km2(10, "ha") == land_in_km2(100_000, "m2") == 0.1


@given(st.integers(1, 10**6))
def test_a_thousand_separator_changes_nothing(mu: int) -> None:
    assert km2(f"{mu:,}亩") == km2(f"{mu}亩") == land_in_km2(mu, "亩")


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    for read in (km2, wanyuan):
        try:
            assert read(text) > 0
        except AmountError as error:
            assert error.said.zh != error.said.en  # noqa: PT017
