"""Money and land as people write them: “10亿元”, “1,500 亩”, “０．１平方公里”.

An amount without a unit is refused, never guessed.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction

from geoplan.errors import GeoplanError
from geoplan.plan.problems import Both

_WANYUAN: Mapping[str, Fraction] = {
    "元": Fraction(1, 10_000),
    "千元": Fraction(1, 10),
    "万元": Fraction(1),
    "万": Fraction(1),
    "百万元": Fraction(100),
    "千万元": Fraction(1_000),
    "亿元": Fraction(10_000),
    "亿": Fraction(10_000),
    "万亿元": Fraction(100_000_000),
    "yuan": Fraction(1, 10_000),
    "millionyuan": Fraction(100),
    "billionyuan": Fraction(100_000),
}
_MU = Fraction(1, 1_500)
_KM2: Mapping[str, Fraction] = {
    "亩": _MU,
    "万亩": 10_000 * _MU,
    "mu": _MU,
    "平方公里": Fraction(1),
    "平方千米": Fraction(1),
    "km2": Fraction(1),
    "km^2": Fraction(1),
    "sqkm": Fraction(1),
    "公顷": Fraction(1, 100),
    "ha": Fraction(1, 100),
    "hectares": Fraction(1, 100),
    "平方米": Fraction(1, 1_000_000),
    "平米": Fraction(1, 1_000_000),
    "万平方米": Fraction(1, 100),
    "m2": Fraction(1, 1_000_000),
    "m^2": Fraction(1, 1_000_000),
    "sqm": Fraction(1, 1_000_000),
}
LAND_UNITS: Mapping[str, Fraction] = {
    name: _KM2[name] for name in ("mu", "km2", "m2", "ha", "亩", "平方公里", "平方米", "公顷")
}
"""Units that a column of bare numbers may be declared to be in → km²."""

MOST_WANYUAN = 1e10
MOST_KM2 = 1e6
_LONGEST = 60
_AMOUNT = re.compile(
    r"(?:约为|约|大约)?(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)(?P<unit>[^0-9.,].*)?"
)
_MONEY_HINT = Both(
    'investment = "10亿元" 或 investment_wanyuan = 100000',
    'investment = "10亿元" or investment_wanyuan = 100000',
)
_LAND_HINT = Both('land = "150亩" 或 land_mu = 150', 'land = "150亩" or land_mu = 150')


class AmountError(GeoplanError):
    """A text that is no amount; ``said`` has it in both languages, with the remedy."""

    def __init__(self, said: Both) -> None:
        super().__init__(said.en)
        self.said = said


def wanyuan(text: str) -> float:
    """An amount of money in 万元.

    Raises
    ------
    AmountError
        It is no amount, has no unit, or is in another currency.

    Examples
    --------
    >>> wanyuan("10亿元"), wanyuan("１，５００万元"), wanyuan("1.5 billion yuan")
    (100000.0, 1500.0, 150000.0)
    """
    return _read(text, _WANYUAN, Both("金额", "amount of money"), _MONEY_HINT, MOST_WANYUAN)


def km2(text: str) -> float:
    """An area of land in km²; 1 亩 is 2000/3 m².

    Raises
    ------
    AmountError
        It is no area or has no unit.

    Examples
    --------
    >>> km2("150亩"), km2("1,500 亩"), km2("２平方公里"), km2("30公顷")
    (0.1, 1.0, 2.0, 0.3)
    """
    return _read(text, _KM2, Both("面积", "area"), _LAND_HINT, MOST_KM2)


def land_in_km2(amount: float, unit: str) -> float:
    """A bare number in a declared unit (see :data:`LAND_UNITS`) as km²."""
    return float(Fraction(amount) * LAND_UNITS[unit])


def _read(text: str, units: Mapping[str, Fraction], thing: Both, hint: Both, most: float) -> float:
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text[: 4 * _LONGEST])).lower()
    found = _AMOUNT.fullmatch(plain) if len(text) <= _LONGEST else None
    if found is None:
        raise AmountError(
            Both(
                f"“{shown}”不是{thing.zh}；请写 {hint.zh}",
                f"“{shown}” is no {thing.en}; write {hint.en}",
            )
        )
    unit = (found["unit"] or "").removeprefix("人民币").removesuffix("人民币")
    if unit not in units:
        listed = "、".join(list(units)[:8])
        said = (
            Both(f"“{shown}”的单位“{unit}”不认识", f"the unit “{unit}” of “{shown}” is not known")
            if unit
            else Both(f"“{shown}”没有单位", f"“{shown}” has no unit")
        )
        raise AmountError(
            Both(
                f"{said.zh}；可用 {listed}，例如 {hint.zh}",
                f"{said.en}; use one of {listed}, for example {hint.en}",
            )
        )
    amount = float(Fraction(found["number"].replace(",", "")) * units[unit])
    if not 0 < amount <= most or not math.isfinite(amount):
        raise AmountError(
            Both(
                f"“{shown}”不在可信的范围内(大于 0)；请核对单位，例如 {hint.zh}",
                f"“{shown}” is beyond belief (it must be above 0); check the unit, "
                f"for example {hint.en}",
            )
        )
    return amount
