"""How a decision record's figures are said: measured values, points, shares, changes."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from geoplan.errors import QuestionError
from geoplan.exchange.prints.captions import number
from geoplan.plan.problems import Both, Language
from geoplan.schema import VOCABULARIES

Record = Mapping[str, Any]
Rounding = Literal["nearest", "down", "up"]

FORMAT = "geoplan decision record"
FULL_MARKS = 100
_UNITS = {
    "level": Both("级", "level"),
    "firms": Both("家", "firms"),
    "platforms": Both("个", "platforms"),
    "projects": Both("个", "projects"),
    "gaps": Both("项", "gaps"),
    "count": Both("个", ""),
    "km2": Both("平方公里", "km²"),
    "mu": Both("亩", "mu"),
    "ratio": Both("倍", "times"),
    "wanyuan": Both("万元", "10k CNY"),
    "m": Both("米", "m"),
    "km": Both("公里", "km"),
    "share": Both("%", "%"),
    "score": Both("分", "points"),
}
_COUNTED = ("firms", "platforms", "projects", "gaps", "count")
_UNKNOWN = Both("不详", "not known")
_STATES = {
    "allowed": Both("可选", "allowed"),
    "excluded": Both("排除", "excluded"),
    "unknown": Both("待核实", "not known"),
}
_OPINIONS = {
    "topsis": "TOPSIS",
    "spotis": "SPOTIS",
    "promethee_ii": "PROMETHEE II",
}
_LIKENESS = Both("相似度", "likeness")


def site_of(record: Record, site_id: str) -> Record:
    """One site of a record.

    Raises
    ------
    QuestionError
        The record has no such site, or is no decision record.
    """
    if record.get("format") != FORMAT:
        raise QuestionError("this is no decision record; write one with `geoplan site`")
    sites: list[Record] = record["sites"]
    for site in sites:
        if site["id"] == site_id:
            return site
    known = ", ".join(str(site["id"]) for site in sites[:5])
    raise QuestionError(f"the record has no site “{site_id[:60]}”; it has {known} …")


def said(names: Record | None, language: Language) -> str:
    """A thing's name in a language, its Chinese name or id where it has none."""
    if not names:
        return ""
    keys = (language, "zh", "en", "id", "code")
    return next((str(names[key]) for key in keys if names.get(key)), "")


def unit_name(unit: str, language: Language) -> str:
    """What a unit is called."""
    return _UNITS[unit][language] if unit in _UNITS else unit


def state_name(state: str, language: Language) -> str:
    """What a state of a site or a check is called."""
    return _STATES[state][language] if state in _STATES else state


def opinion_name(method: str, language: Language) -> str:
    """What a second opinion is called."""
    return _LIKENESS[language] if method == "likeness" else _OPINIONS.get(method, method)


def basis_name(basis: str, language: Language) -> str:
    """What the basis of a statement is called."""
    names = VOCABULARIES["basis"].get(basis)
    return basis if names is None else names[language == "en"]


def quantity(
    value: float | None, unit: str, language: Language, rounding: Rounding = "nearest"
) -> str:
    """A measured value with its unit.

    Parameters
    ----------
    rounding :
        A threshold is rounded to the side on which it is surely passed.

    Examples
    --------
    >>> quantity(18432.0, "m", "zh"), quantity(640.0, "m", "en"), quantity(None, "m", "en")
    ('18.4 公里', '640 m', 'not known')
    >>> quantity(6387.0, "m", "en", "down"), quantity(0.625, "share", "zh")
    ('6.38 km', '62.5 %')
    """
    if value is None or not math.isfinite(value):
        return _UNKNOWN[language]
    scale, name = _scale(value, unit, language)
    return _with_unit(_figure(value, unit, scale, rounding), unit, name, language)


def measured(value: Record | None, unit: str, language: Language) -> str:
    """A measured value, and its range where it is known only to one.

    Examples
    --------
    >>> measured({"best": 18432.0, "low": 14900.0, "high": 21900.0}, "m", "en")
    '18.4 km (14.9–21.9)'
    """
    if not value or value.get("best") is None:
        return _UNKNOWN[language]
    best, low, high = float(value["best"]), value.get("low"), value.get("high")
    scale, name = _scale(best, unit, language)
    figure = _figure(best, unit, scale)
    text = _with_unit(figure, unit, name, language)
    if low is None or high is None or low == high:
        return text
    ends = [_figure(end, unit, scale) for end in (low, high)]
    if ends[0] == ends[1] == figure:
        return text
    between = "–".join(ends)
    return f"{text}（{between}）" if language == "zh" else f"{text} ({between})"


def _with_unit(figure: str, unit: str, name: str, language: Language) -> str:
    if language == "en" and unit == "level":
        return f"{name} {figure}"
    if language == "en" and unit == "wanyuan":
        return name.replace(" ", f" {figure} ")
    if language == "en" and figure == "1" and unit in _COUNTED:
        name = name.removesuffix("s")
    return f"{figure} {name}".rstrip()


def _scale(value: float, unit: str, language: Language) -> tuple[float, str]:
    """How many of the record's units one written unit is, and what that is called."""
    size = abs(value)
    if unit == "m" and size >= 1000:
        return 1000.0, unit_name("km", language)
    if unit == "wanyuan":
        if language == "zh":
            return (1e4, "亿元") if size >= 1e4 else (1.0, "万元")
        return (1e5, "CNY bn") if size >= 1e5 else (1e2, "CNY m")
    return (0.01 if unit == "share" else 1.0), unit_name(unit, language)


def _figure(value: float, unit: str, scale: float, rounding: Rounding = "nearest") -> str:
    shown = value / scale
    if rounding == "nearest":
        # An expected number of firms is no finer than that.
        digits = 2 if unit in _COUNTED and abs(shown) < 100 else 3
        return number(shown, digits).replace("-", "−")
    if shown:
        step = 10.0 ** (math.floor(math.log10(abs(shown))) - 2)
        whole = shown / step
        # The nearest step counts as reached: only noise is left of it.
        near = abs(whole - round(whole)) < 1e-6
        sided = math.floor(whole) if rounding == "down" else math.ceil(whole)
        shown = (round(whole) if near else sided) * step
    return number(shown).replace("-", "−")


def points(score: float | None) -> str:
    """A score or a contribution out of a hundred.

    Examples
    --------
    >>> points(0.71234), points(-0.0521), points(None)
    ('71.2', '−5.2', '–')
    """
    if score is None:
        return "–"
    text = f"{score * FULL_MARKS:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "−")


def percent(share: float | None, rounding: Rounding = "nearest") -> str:
    """A share, to a tenth of a per cent.

    Examples
    --------
    >>> percent(0.1), percent(0.2143, "up"), percent(None)
    ('10 %', '21.5 %', '–')
    """
    if share is None:
        return "–"
    tenths = share * 1000
    if rounding == "nearest" or abs(tenths - round(tenths)) < 1e-6:
        tenths = round(tenths)
    else:
        tenths = math.floor(tenths) if rounding == "down" else math.ceil(tenths)
    return f"{tenths / 10:.1f}".removesuffix(".0") + " %"


def share_with_error(first: Record | None) -> str:
    """How often a site comes first, with the Monte-Carlo error.

    Examples
    --------
    >>> share_with_error({"share": 0.6312, "error": 0.0095})
    '63 % ± 1 %'
    >>> share_with_error({"share": 0.004, "error": 0.0012})
    '0.4 % ± 0.1 %'
    """
    if not first or first.get("share") is None:
        return "–"
    error = float(first.get("error") or 0.0) * 100
    decimals = 0 if error >= 0.5 or error == 0 else min(2, -math.floor(math.log10(error)))
    shown = f"{first['share'] * 100:.{decimals}f} %"
    return f"{shown} ± {error:.{decimals}f} %" if error else shown


def value_change(flip: Record, criterion: Record, language: Language) -> str:
    """The smallest change of a measured value that makes a site win, in its real unit."""
    rises = flip["from"] is None or flip["to"] > flip["from"]
    unit = str(flip.get("unit") or criterion["unit"])
    start = quantity(flip["from"], unit, language)
    end = quantity(flip["to"], unit, language, "up" if rises else "down")
    name = said(criterion, language)
    if language == "zh":
        return f"“{name}”由 {start}{'升' if rises else '降'}到 {end}"
    return f'"{name}" {"rises" if rises else "falls"} from {start} to {end}'


def weight_change(flip: Record, criterion: Record, language: Language) -> str:
    """The smallest change of a weight that makes a site win."""
    rises = flip["to"] > flip["from"]
    start, end = percent(flip["from"]), percent(flip["to"], "up" if rises else "down")
    name = said(criterion, language)
    if language == "zh":
        return f"“{name}”的权重由 {start} {'升' if rises else '降'}到 {end}"
    return f'the weight of "{name}" {"rises" if rises else "falls"} from {start} to {end}'


def why_so(record: Record, site: Record, language: Language) -> str:
    """The strongest reason for an allowed site; the first rule against any other."""
    if site["state"] != "allowed":
        rules = {rule["id"]: rule for rule in record["rules"]}
        for check in site.get("checks") or ():
            if check["state"] == site["state"]:
                rule = rules.get(check["rule"], {"id": check["rule"]})
                words = (said(rule, language), finding_of(check, rule, language))
                return ("：" if language == "zh" else ": ").join(w for w in words if w)
        return ""
    added = site.get("contributions") or {}
    reasons = site.get("reasons") or ()
    best = max(reasons, key=lambda r: float(added.get(r["criterion"]) or 0.0), default=None)
    return said(best, language)


def finding_of(check: Record, rule: Record, language: Language) -> str:
    """What a check found, without the rule's own name before it and its clause behind it."""
    text = said({"zh": check.get("zh"), "en": check.get("en")}, language)
    name = said(rule, language)
    for joint in ("：", ": "):
        text = text.removeprefix(name + joint)
    clause = rule.get("clause_zh")
    return text.removesuffix(f"（条款：{clause}）") if clause else text
