"""Rows of a plan's tables as sentences: what about, what it says, where it was read."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup, escape

from geoplan.plan.ledger import subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.tables import file_of
from geoplan.schema import TABLES
from webmap.figures import decimal
from webmap.i18n import language

Names = Mapping[tuple[str, str], tuple[str, str]]

OPERATORS: Mapping[str, str] = {"eq": "", "approx": "≈", "ge": "≥", "gt": ">", "le": "≤"}
_NOT_SUBJECTS = {"source_id", "plan_id", "to_plan_id", "base_id"}
_CHINESE = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+(?:[·、，。；：“”（）]*[\u2e80-\u9fff\uff00-\uffef]+)*"
)

_UNITS_EN: Mapping[str, str] = {
    "个百分点": "points",
    "家": "",
    "个": "",
    "项": "",
    "位": "(rank)",
    "年": "years",
    "吨": "t",
    "倍": "times",
    "平方公里": "km²",
    "亩": "mu",
    "辆": "vehicles",
    "万辆": "10,000 vehicles",
    "台": "machines",
    "万台": "10,000 machines",
    "万套": "10,000 sets",
    "万套/件": "10,000 sets or pieces",
    "万吨": "10,000 t",
    "万Ah": "10,000 Ah",
    "G瓦时": "GWh",
    "万平方": "10,000 m²",
}
_MONEY_EN: Mapping[str, str] = {
    "亿元": "CNY 100 million",
    "万元": "CNY 10,000",
    "万元/人": "CNY 10,000 per head",
}


@dataclass(frozen=True)
class Sentence:
    """One row that something rests on."""

    about: Both
    amount: Both
    source: Both
    locus: str
    quote: str
    basis: str
    note: str
    file: str
    row: int


class Sentences:
    """Looks up the sentences behind evidence of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._names = subject_names(plan)

    def of(self, evidence: Iterable[tuple[str, int]]) -> list[Sentence]:
        """The sentences of (table, row) pairs, in their order; rows that are gone are left out."""
        return [
            self._one(table, row)
            for table, row in evidence
            if table in self._plan.tables and row in self._plan.tables[table].index
        ]

    def _one(self, table: str, row: int) -> Sentence:
        found = self._plan.tables[table].loc[row]
        values = {str(name): value for name, value in found.items() if pd.notna(value)}
        source = str(values.get("source_id", ""))
        return Sentence(
            about=_about(table, values, self._names),
            amount=_amount(values),
            source=Both(*self._names.get(("sources", source), (source, source))),
            locus=str(values.get("locus", "")),
            quote=str(values.get("quote", "")),
            basis=str(values.get("basis", "")),
            note=str(values.get("note", "")),
            file=file_of(table),
            row=row,
        )


def _about(table: str, values: Mapping[str, object], names: Names) -> Both:
    """What a row is about: itself if it has a name, else the things it joins."""
    keys: list[tuple[str, str]] = []
    if (table, str(values.get("id"))) in names:
        keys.append((table, str(values["id"])))
    else:
        for column in TABLES[table].columns:
            kind = column.references
            if kind == "subject_kind":
                kind = str(values.get("subject_kind", ""))
            key = (kind, str(values.get(column.name)))
            if kind and column.name not in _NOT_SUBJECTS and key in names:
                keys.append(key)
    found = [names[key] for key in dict.fromkeys(keys)]
    for zh, en in (("measure_zh", "measure_en"), ("product_zh", "product_en")):
        if zh in values:
            found.append((str(values[zh]), str(values.get(en, values[zh]))))
    if table.endswith("_names") and "name_zh" in values:
        found.append((f"“{values['name_zh']}”",) * 2)
    return Both(" · ".join(zh for zh, _ in found), " · ".join(en for _, en in found))


def _amount(values: Mapping[str, object]) -> Both:
    if "value" in values and "measure" in values:
        unit = str(values.get("unit", ""))
        number = figure(values["value"], values.get("value_high"), values.get("operator"))
        year = years(values.get("year_start"), values.get("year"))
        return Both(f"{number} {unit}，{year}", f"{number} {unit_en(unit)}, {year}")
    if "investment_wanyuan" in values:
        money = figure(values["investment_wanyuan"])
        return Both(f"{money} 万元", f"{money} 万元")
    return Both("", "")


def figure(value: object, high: object = None, operator: object = "eq") -> str:
    """A figure as the plan says it.

    Examples
    --------
    >>> figure(5500.0, None, "gt"), figure(6, 8)
    ('> 5,500', '6–8')
    """
    sign = OPERATORS.get(str(operator), "")
    text = decimal(float(str(value)), 6)
    if not _empty(high):
        text += "–" + decimal(float(str(high)), 6)
    return f"{sign} {text}" if sign else text


def years(start: object, end: object) -> str:
    """A year or a span of years.

    Examples
    --------
    >>> years(2017, 2019), years(None, 2020)
    ('2017–2019', '2020')
    """
    if _empty(start) or start == end:
        return "" if _empty(end) else str(end)
    return f"{start}–{end}"


def _empty(value: object) -> bool:
    return value is None or value is pd.NA or value != value


def unit_en(unit: str) -> str:
    """A unit in English; a unit of money, or an unknown one, as the plan writes it."""
    return _UNITS_EN.get(unit, unit)


def unit_markup(unit: object) -> Markup:
    """A unit in the language of the page; Chinese on an English page says what it means."""
    text = unit if isinstance(unit, str) else ""
    if language() == "zh":
        return escape(text)
    if text in _MONEY_EN:
        return Markup('<abbr lang="zh-CN" title="{}">{}</abbr>').format(_MONEY_EN[text], text)
    return marked(unit_en(text))


def units_note(units: Iterable[str]) -> str:
    """What the units of money on an English page mean."""
    return "; ".join(f"{unit} = {_MONEY_EN[unit]}" for unit in _MONEY_EN if unit in set(units))


def marked(text: object) -> Markup:
    """Text of the plan with its Chinese marked as such on an English page."""
    plain = text if isinstance(text, str) else ""
    if language() == "zh" or plain.isascii():
        return escape(plain)
    parts: list[Markup] = []
    end = 0
    for found in _CHINESE.finditer(plain):
        parts.append(escape(plain[end : found.start()]))
        parts.append(Markup('<span lang="zh-CN">{}</span>').format(found.group()))
        end = found.end()
    return Markup("").join([*parts, escape(plain[end:])])


def folded(*texts: object) -> str:
    """Texts as a search compares them: one width, one case."""
    joined = " ".join(text for text in texts if isinstance(text, str))
    return unicodedata.normalize("NFKC", joined).casefold()


def finder(words: str) -> Callable[[str], bool]:
    """Whether a folded text holds every word that was asked for."""
    wanted = folded(words).split()
    return lambda text: all(word in text for word in wanted)
