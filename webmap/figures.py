"""Numbers as a planner writes them, by the same rules as ``static/figures.js``.

Money is held in whole 万元. From 10,000 万元 on Chinese says 亿元, with at most
two decimals; English says CNY million, and bn from a thousand million on.
"""

from decimal import ROUND_HALF_UP, Decimal

from geoplan.plan.problems import Both

WANYUAN_PER_YIYUAN = 10_000
WANYUAN_PER_MILLION = 100
WANYUAN_PER_BILLION = 100_000
MU_PER_KM2 = 1_500
DASH = Both("—", "—")


def money(wanyuan: float | None) -> Both:
    """An amount of money.

    Examples
    --------
    >>> money(8_776_300)
    Both(zh='877.63 亿元', en='CNY 87.76 bn')
    >>> money(8_000)
    Both(zh='8,000 万元', en='CNY 80 million')
    """
    if wanyuan is None or wanyuan != wanyuan:
        return DASH
    return Both(_money_zh(wanyuan), _money_en(wanyuan))


def exact_money(wanyuan: int) -> Both:
    """An amount to the 万元, for where sums must be seen to agree."""
    return Both(f"{wanyuan:,} 万元", f"CNY {decimal(wanyuan / WANYUAN_PER_MILLION, 2)} million")


def _money_zh(wanyuan: float) -> str:
    if abs(wanyuan) >= WANYUAN_PER_YIYUAN:
        return f"{decimal(wanyuan / WANYUAN_PER_YIYUAN, 2)} 亿元"
    return f"{decimal(wanyuan, 0 if abs(wanyuan) >= 100 else 2)} 万元"


def _money_en(wanyuan: float) -> str:
    if abs(wanyuan) >= WANYUAN_PER_BILLION:
        return f"CNY {decimal(wanyuan / WANYUAN_PER_BILLION, 2)} bn"
    return f"CNY {decimal(wanyuan / WANYUAN_PER_MILLION, 2)} million"


def area(km2: float | None) -> Both:
    """An area in square kilometres, in 亩 too below one of them."""
    if km2 is None or km2 != km2:
        return DASH
    text = decimal(km2, 2)
    if km2 < 1:
        mu = decimal(km2 * MU_PER_KM2, 0)
        return Both(f"{text} 平方公里（{mu} 亩）", f"{text} km² ({mu} mu)")
    return Both(f"{text} 平方公里", f"{text} km²")


def measured(measure: str, value: float | None) -> Both:
    """A value of a density measure with its unit; see :data:`MEASURES`."""
    if value is None or value != value:
        return DASH
    if measure.startswith("investment_wanyuan"):
        amount = money(value)
        per = PER[measure]
        return Both(amount.zh + per.zh, amount.en + per.en)
    text = decimal(value, 2)
    unit = UNITS[measure]
    return Both(f"{text} {unit.zh}", f"{text} {unit.en}")


PER = {
    "investment_wanyuan": Both("", ""),
    "investment_wanyuan_per_km2": Both("/平方公里", " per km²"),
    "investment_wanyuan_per_mu": Both("/亩", " per mu"),
}
UNITS = {
    "investment_wanyuan": Both("万元", "10,000 CNY"),
    "investment_wanyuan_per_km2": Both("万元/平方公里", "10,000 CNY per km²"),
    "investment_wanyuan_per_mu": Both("万元/亩", "10,000 CNY per mu"),
    "project_count": Both("个", "projects"),
    "projects_per_km2": Both("个/平方公里", "projects per km²"),
    "firm_count": Both("家", "firms"),
    "firms_per_km2": Both("家/平方公里", "firms per km²"),
}


def decimal(value: float, places: int) -> str:
    """A number with thousands separators and at most so many decimals.

    A value that would read as 0 without being 0 keeps two significant digits.

    Examples
    --------
    >>> decimal(1234.5, 2), decimal(3, 2), decimal(0.00123, 2)
    ('1,234.5', '3', '0.0012')
    >>> decimal(0.125, 2)
    '0.13'
    """
    # Halves go up, as they do in a browser; Python would round them to even.
    text = f"{Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,f}"
    if float(text.replace(",", "")) == 0 and value != 0:
        text = f"{float(f'{value:.2g}'):.12f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
