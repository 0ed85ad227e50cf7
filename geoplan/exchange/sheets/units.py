"""Units as people write them, and what one of each is in the units of the data dictionary."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Dimension = Literal["money", "area", "length", "share", "count", "currency", "angle"]

_MU = Fraction(2, 3000)


@dataclass(frozen=True)
class Unit:
    """A unit: what it measures, and how many of the dictionary's unit it is.

    Money counts in 万元, areas in km², lengths in m. Factors are fractions, so
    that 0.3 亿元 is 3000 万元 exactly.
    """

    name: str
    dimension: Dimension
    factor: Fraction = Fraction(1)


def _units() -> dict[str, Unit]:
    money: dict[str, Fraction | int] = {
        "元": Fraction(1, 10_000), "千元": Fraction(1, 10), "万元": 1, "十万元": 10,
        "百万元": 100, "千万元": 1_000, "亿元": 10_000, "十亿元": 100_000, "百亿元": 1_000_000,
        "亿": 10_000, "万": 1, "yuan": Fraction(1, 10_000), "cny": Fraction(1, 10_000),
        "rmb": Fraction(1, 10_000), "10kyuan": 1, "10kcny": 1, "10000yuan": 1, "10000cny": 1,
        "10krmb": 1, "wanyuan": 1, "millionyuan": 100, "millioncny": 100, "millionrmb": 100,
        "100millionyuan": 10_000, "100millioncny": 10_000, "billionyuan": 100_000,
        "billioncny": 100_000, "yiyuan": 10_000, "rmb100million": 10_000,
        "cny100million": 10_000, "rmb10000": 1, "cny10000": 1, "rmbmillion": 100,
        "cnymillion": 100, "rmbbillion": 100_000, "cnybillion": 100_000, "rmb10k": 1,
    }  # fmt: skip
    area: dict[str, Fraction | int] = {
        "亩": _MU, "mu": _MU, "万亩": _MU * 10_000, "m2": Fraction(1, 10**6),
        "平方米": Fraction(1, 10**6), "平米": Fraction(1, 10**6), "平方": Fraction(1, 10**6),
        "sqm": Fraction(1, 10**6), "万m2": Fraction(1, 100), "万平方米": Fraction(1, 100),
        "万平米": Fraction(1, 100), "万方": Fraction(1, 100), "公顷": Fraction(1, 100),
        "ha": Fraction(1, 100), "hm2": Fraction(1, 100), "km2": 1, "平方公里": 1, "平方千米": 1,
        "sqkm": 1,
    }  # fmt: skip
    length: dict[str, Fraction | int] = {"m": 1, "米": 1, "km": 1_000, "公里": 1_000, "千米": 1_000}
    share: dict[str, Fraction | int] = {"%": 1, "百分点": 1, "个百分点": 1, "‰": Fraction(1, 10)}
    count = ("个", "家", "项", "人", "万人", "台", "套", "件", "辆", "吨", "万吨", "户", "座")
    foreign = ("美元", "欧元", "港元", "港币", "日元", "英镑", "usd", "eur", "hkd", "jpy", "gbp")
    known: dict[str, Unit] = {}
    for dimension, units in (
        ("money", money),
        ("area", area),
        ("length", length),
        ("share", share),
    ):
        known |= {n: Unit(n, dimension, Fraction(f)) for n, f in units.items()}  # type: ignore[arg-type]
    known |= {name: Unit(name, "count") for name in count}
    for name in foreign:
        known |= {
            scale + name: Unit(scale + name, "currency")
            for scale in ("", "千", "万", "百万", "千万", "亿")
        }
    return known | {"度": Unit("度", "angle"), "°": Unit("°", "angle")}


UNITS: Mapping[str, Unit] = _units()
"""Unit as it is written, in the form of :func:`unit_key` → unit."""

DIMENSIONS: Mapping[str, Dimension] = {
    "万元": "money", "km²": "area", "m": "length", "°": "angle",
}  # fmt: skip
"""Unit of a column of the data dictionary → what it measures."""


def unit_key(text: str) -> str:
    """A unit in the form of the keys of :data:`UNITS`.

    Examples
    --------
    >>> unit_key("㎡"), unit_key("万元人民币"), unit_key("10,000 CNY")
    ('m2', '万元', '10000cny')
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("人民币", "")
    return re.sub(r"[\s,.:]+", "", plain)


def unit_of(text: str) -> Unit | None:
    """The unit that a text is, if it is one."""
    return UNITS.get(unit_key(text)) if len(text) <= 24 else None
