"""Figures as people write them: “约3亿元”, “1,234.5”, “３００亩”, “三千万”, “3-5亿”.

What cannot be read is never guessed: it is returned as a fault with its words.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from geoplan.exchange.sheets.units import UNITS, Unit, unit_key

_MOST_DIGITS = 18
_LONGEST = 80
_EMPTY = frozenset(
    [
        "无",
        "暂无",
        "无数据",
        "没有",
        "空",
        "空白",
        "不详",
        "未知",
        "未定",
        "待定",
        "待确定",
        "暂定",
        "暂缺",
        "缺",
        "略",
        "n/a",
        "na",
        "null",
        "none",
        "nan",
        "nil",
        "无。",
        "(无)",
        "(空)",
    ]
)
_ONLY_MARKS = re.compile(r"[.\-—–―−…/\\*·。、_~|]*")
_EMPTY_STARTS = frozenset(word[0] for word in _EMPTY) | frozenset("NＮ")
_OPERATORS: Mapping[str, str] = {
    "约": "approx", "大约": "approx", "近": "approx", "将近": "approx", "左右": "approx",
    "上下": "approx", "预计": "approx", "≈": "approx", "ca.": "approx", "about": "approx",
    "超": "gt", "超过": "gt", "逾": "gt", "多": "gt", "余": "gt", ">": "gt", "高于": "gt",
    "不低于": "ge", "不少于": "ge", "至少": "ge", "≥": "ge", ">=": "ge", "以上": "ge", "达到": "ge",
    "不超过": "le", "不高于": "le", "≤": "le", "<=": "le", "以下": "le", "以内": "le",
}  # fmt: skip
_BEFORE = "|".join(
    re.escape(w)
    for w in sorted(_OPERATORS, key=len, reverse=True)
    if w not in "左右上下以上以下以内"
)
_AFTER = "左右|上下|以上|以下|以内|余|多|(?:及|含)以上"
_NUMBER = r"(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:e[+-]?[0-9]{1,2})?"
_FIGURE = re.compile(
    rf"(?P<before>{_BEFORE})?(?:¥|rmb|人民币)?(?P<sign>[-−])?(?P<low>{_NUMBER})"
    rf"(?P<scale>[十百千万亿]{{0,4}})(?P<more>[0-9]{{1,8}}(?:\.[0-9]{{1,4}})?[千百]?万)?"
    rf"(?P<middle>余|多)?(?P<unit>[^0-9~余多左上以±]*?2?)(?P<after>{_AFTER})?"
)
_INTERVAL = re.compile(
    rf"(?:{_BEFORE})?(?P<low>{_NUMBER})(?P<unit1>[^0-9]*?2?)(?:-|~|—|–|至|到)(?P<high>{_NUMBER})(?P<unit2>[^0-9]*2?)"
)
_GROUPED = re.compile(r"(?<![0-9.])[0-9]{1,4}(?:[,'’][0-9]{3,4})+(?![0-9])")
_ASIDE = re.compile(r"\(([^()0-9]{1,20})\)$")
_APPROXIMATE = re.compile("约|暂|估|预|拟|左右")
_FOREIGN = re.compile("美元|美金|欧元|港元|港币|日元|英镑|usd|eur|hkd|jpy|gbp")
# A footnote's number or star; NFKC would make “5①” the figure 51.
_FOOTNOTE = re.compile(
    r"(?<=[0-9.０-９十百千万亿元亩顷里米月年日)）])[\u2460-\u24ff\u2070\u00b9\u2074-\u2079*＊※#†‡△▲★☆]+$"
    r"|(?<=[0-9０-９.万亿元亩顷里年月日)）])[\u00b2\u00b3]+$"
)
_QUOTED = "'’‘`"
_SCALES = {"": 1, "十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_DIGITS = {c: i for i, pair in enumerate(["〇零", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆",
                                          "七柒", "八捌", "九玖"]) for c in pair}  # fmt: skip
_PLACES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_IN_WORDS = re.compile(
    r"[〇零一壹二贰两三叁四肆五伍六陆七柒八捌九玖十拾百佰千仟半点]+(?=万|亿|元|亩|公顷|平方|$)"
)


@dataclass(frozen=True)
class Figure:
    """A figure as read.

    Attributes
    ----------
    value, high :
        In ``unit`` if the cell names one, else in whatever the header says.
    unit :
        The unit in the cell itself.
    operator :
        A code of the vocabulary ``operator``.
    """

    value: Fraction
    unit: Unit | None = None
    operator: str = "eq"
    high: Fraction | None = None


class Unreadable(ValueError):  # noqa: N818 - a finding about a cell, not a failure
    """A cell that is no figure; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def plain(text: str) -> str:
    """A cell without what does not matter: width, blanks, line ends, case, footnote marks.

    Examples
    --------
    >>> plain("３，０００ 万 元"), plain("5000①"), plain("'5000*"), plain("30㎡")
    ('3,000万元', '5000', '5000', '30m2')
    """
    bare = text.strip().lstrip(_QUOTED)
    kept = unicodedata.normalize("NFKC", _FOOTNOTE.sub("", bare))
    return (
        re.sub(r"[\s\u200b-\u200f\ufeff]+", "", kept)
        .casefold()
        .replace("〜", "~")
        .replace("∼", "~")
    )


def is_empty(text: str) -> bool:
    """Whether a cell says that there is nothing to say.

    Examples
    --------
    >>> is_empty("—"), is_empty("／"), is_empty("暂无"), is_empty("0")
    (True, True, True, False)
    """
    if len(text) > 12:
        return not text.strip()
    if text.isalnum() and text[0] not in _EMPTY_STARTS:
        return False
    said = plain(text)
    return said in _EMPTY or _ONLY_MARKS.fullmatch(said) is not None


def figure(text: str) -> Figure:
    """Read a figure with its unit and its reservations.

    Raises
    ------
    Unreadable
        No figure, a range, foreign money, or more digits than any figure has.

    Examples
    --------
    >>> figure("约3亿")
    Figure(value=Fraction(3, 1), unit=Unit(name='亿', dimension='money', factor=Fraction(10000, 1)), operator='approx', high=None)
    >>> figure("1,234.5").value
    Fraction(2469, 2)
    >>> figure("三千五百万元").value
    Fraction(3500, 1)
    """
    if len(text) > _LONGEST:
        raise Unreadable("value.type")
    said = _GROUPED.sub(_joined, plain(text)).strip("。;；")
    said = _IN_WORDS.sub(_in_digits, said)
    said, aside = _without_aside(said)
    found = _FIGURE.fullmatch(said)
    if found is None:
        between = _INTERVAL.fullmatch(said)
        if between is None:
            raise Unreadable("value.type")
        return _interval(between)
    value = _value(found["low"])
    unit: Unit | None
    if found["more"]:
        if found["scale"] != "亿" or found["unit"] not in ("", "元"):
            raise Unreadable("value.type")
        value, unit = value * 10_000 + _compound(found["more"]), UNITS["万元"]
    else:
        scale, name = _scaled(found["scale"], found["unit"])
        value, unit = value * scale, _unit(name)
    if found["sign"]:
        value = -value
    operator = _operator(found["before"], found["after"] or found["middle"])
    operator = "approx" if operator == "eq" and _APPROXIMATE.search(aside) else operator
    return Figure(value, unit, operator)


def _without_aside(said: str) -> tuple[str, str]:
    """A figure without the words in brackets behind it; a unit there belongs to it."""
    aside = _ASIDE.search(said)
    if aside is None or aside.start() == 0:
        return said, ""
    if _FOREIGN.search(aside[1]):
        raise Unreadable("value.currency")
    if unit_key(aside[1]) in UNITS:
        return said[: aside.start()] + aside[1], ""
    return said[: aside.start()], aside[1]


def _joined(found: re.Match[str]) -> str:
    """Digits without their separators; only groups of three, or of four, are separators."""
    groups = re.split(r"[,'’]", found[0])[1:]
    if len({len(group) for group in groups}) > 1:
        return found[0]
    return re.sub(r"[,'’]", "", found[0])


def _value(text: str) -> Fraction:
    digits, _, power = text.partition("e")
    if len(digits.partition(".")[0]) > _MOST_DIGITS or abs(int(power or 0)) > _MOST_DIGITS:
        raise Unreadable("value.type")
    return Fraction(text)


def _scaled(scale: str, unit: str) -> tuple[Fraction | int, str]:
    """Words of scale together with the unit behind them, as far as that is one unit."""
    for cut in range(len(scale) + 1):
        name = scale[cut:] + unit
        if name == "" or unit_key(name) in UNITS:
            factor = 1
            for word in scale[:cut]:
                factor *= _SCALES[word]
            return factor, name
    raise Unreadable("value.unit")


def _unit(name: str) -> Unit | None:
    if not name:
        return None
    unit = UNITS.get(unit_key(name))
    if unit is None:
        raise Unreadable("value.unit")
    if unit.dimension == "currency":
        raise Unreadable("value.currency")
    return unit


def _compound(more: str) -> Fraction:
    """What follows the 亿 in “3亿5000万”, in 万."""
    digits = more.rstrip("千百万")
    factor = 1
    for word in more[len(digits) :].removesuffix("万"):
        factor *= _SCALES[word]
    return _value(digits) * factor


def _operator(before: str | None, after: str | None) -> str:
    if before:
        return _OPERATORS[before]
    return (
        _OPERATORS.get((after or "").removeprefix("及").removeprefix("含"), "eq") if after else "eq"
    )


def _interval(found: re.Match[str]) -> Figure:
    scale, name = _scaled(*_split(found["unit2"]))
    low_scale, low_name = _scaled(*_split(found["unit1"])) if found["unit1"] else (scale, name)
    unit, low_unit = _unit(name), _unit(low_name)
    low, high = _value(found["low"]) * low_scale, _value(found["high"]) * scale
    if (low_unit and low_unit.factor) != (unit and unit.factor) or low > high:
        raise Unreadable("value.interval")
    return Figure(low, unit, "eq", high)


def _split(text: str) -> tuple[str, str]:
    found = re.match("[十百千万亿]{0,4}", text)
    scale = found[0] if found else ""
    return scale, text[len(scale) :]


def _in_digits(found: re.Match[str]) -> str:
    """A number in Chinese words as digits; words that make none stay as they are."""
    words = found[0]
    whole, _, fraction = words.partition("点")
    if words == "半":
        return "0.5"
    if "半" in words or (fraction and not all(c in _DIGITS for c in fraction)):
        return words
    if all(word in _PLACES for word in words) and words not in ("十", "拾"):
        return words
    total, digit = 0, 0
    for word in whole:
        if word in _DIGITS:
            digit = _DIGITS[word]
        else:
            total += (digit or 1) * _PLACES[word]
            digit = 0
    said = str(total + digit)
    return said + ("." + "".join(str(_DIGITS[c]) for c in fraction) if fraction else "")
