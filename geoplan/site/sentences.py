"""How evidence is worded: names, distances and amounts with the range they are known to."""

from functools import lru_cache

from geoplan.plan.ledger import subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both
from geoplan.plan.statements import Book


@lru_cache(maxsize=4)
def book_of(plan: Plan) -> Book:
    """The plan with its names."""
    return Book(plan, subject_names(plan))


def metres(best: float, low: float, high: float) -> Both:
    """A distance no finer than it is known.

    Examples
    --------
    >>> metres(12_310, 9_200, 15_800).en
    '≈ 12.3 km (9.2–15.8 km)'
    >>> metres(5_000, 5_000, 5_000).en, metres(850, 850, 850).en
    ('5 km', '850 m')
    """
    unit, size = ("km", 1_000.0) if high >= 1_000 else ("m", 1.0)
    if high - low < 1.0:
        exact = f"{best / size:,.4g} {unit}"
        return Both(exact, exact)
    digits = 1 if unit == "km" and high < 30_000 else 0
    least, most = (f"{end / size:,.{digits}f}" for end in (low, high))
    middle = f"≈ {best / size:,.{1 if unit == 'km' else 0}f} {unit}"
    return Both(f"{middle}（{least}–{most} {unit}）", f"{middle} ({least}–{most} {unit})")


def amount(best: float, low: float, high: float, unit: Both = NOTHING) -> Both:
    """A number with its unit, and the range it is expected in; whole where it is exact.

    Examples
    --------
    >>> amount(2.34, 1, 5, Both("家", "firms")).zh
    '约 2.3 家（1–5）'
    >>> amount(3, 3, 3, Both("家", "firms")).en
    '3 firms'
    """

    def with_unit(number: str) -> Both:
        return Both(f"{number} {unit.zh}".rstrip(), f"{number} {unit.en}".rstrip())

    if high - low <= 1e-9 * max(abs(high), 1.0):
        return with_unit(f"{best:,.4g}" if abs(best) < 10_000 else f"{best:,.0f}")
    middle = with_unit(_short(best))
    span = f"{_short(low)}–{_short(high)}"
    return Both(f"约 {middle.zh}（{span}）", f"about {middle.en} ({span})")


def _short(number: float) -> str:
    if abs(number) >= 10 or number == round(number):
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 0.1 else f"{number:.1g}"


def joined(parts: list[Both]) -> Both:
    """Several phrases as one list."""
    return Both("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))
