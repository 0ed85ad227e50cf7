"""What a column leaves open and only a person can say: its unit, a word of no vocabulary."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from geoplan.exchange.asking.findings import Findings, Option, Question, listed
from geoplan.exchange.sheets.grids import Cells
from geoplan.exchange.sheets.headers import Header, Heading
from geoplan.exchange.sheets.parsing import is_unknown, said
from geoplan.exchange.sheets.titles import title_key
from geoplan.exchange.sheets.units import DIMENSIONS, UNITS, Unit, unit_of
from geoplan.plan.problems import Both
from geoplan.schema import VOCABULARIES, Column

_UNIT_CHOICES: Mapping[str, tuple[str, ...]] = {
    "money": ("万元", "亿元", "元"),
    "area": ("亩", "公顷", "平方公里", "平方米"),
}
_UNIT_TITLES = ("单位", "计量单位", "金额单位", "货币单位", "unit")
_SHOWN = 3
_LONGEST_WORD = 40
_BARE = re.compile(
    r"[^0-9０-９.．]{0,3}[0-9０-９][0-9０-９,，.．\s]*(?:左右|以上|以内|以下|[余多*①②③])?\s*"
)
"""A figure that names no unit."""


def with_units(cells: Cells, at: int, header: Header, columns: Mapping[str, int]) -> Cells:
    """A column, its figures with their units where the next column holds nothing else."""
    beside = at + 1
    if beside >= cells.shape[1] or beside in columns.values():
        return cells[:, at]
    if title_key(header.headings[beside].title) not in _UNIT_TITLES:
        return cells[:, at]
    units = [said(value) if value is not None else "" for value in cells[:, beside]]
    if not any(units) or any(text and unit_of(text) is None for text in units):
        return cells[:, at]
    joined = [
        value if value is None or not unit else f"{said(value)}{unit}"
        for value, unit in zip(cells[:, at], units, strict=True)
    ]
    return np.array(joined, dtype=object)


def unit_meant(
    values: Cells, column: Column, heading: Heading, header: Header, numbers: Sequence[int],
    findings: Findings,
) -> tuple[Unit | None, bool]:  # fmt: skip
    """The unit of a column's bare figures, and whether a person has yet to say it.

    Parameters
    ----------
    numbers :
        Row of the sheet of each value.
    """
    wanted = DIMENSIONS.get(column.unit)
    if wanted is None or heading.unit is not None:
        return heading.unit, False
    stated = [unit for unit in header.units if unit.dimension == wanted]
    if stated:
        return stated[0], False
    own = UNITS.get("km2" if column.unit == "km²" else column.unit)
    if wanted not in _UNIT_CHOICES or title_key(heading.title) == title_key(column.name):
        return own, False
    # Nothing is nothing in every unit.
    bare = [
        value for value in values
        if (isinstance(value, float) and value) or (isinstance(value, str) and _BARE.fullmatch(value))
    ]  # fmt: skip
    if not bare:
        return None, False
    proposed = _likely_unit(bare) if wanted == "money" else ""
    shown = listed([said(value) for value in bare[:_SHOWN]])
    answer = findings.ask(
        Question(
            f"unit:{heading.title}",
            Both(f"“{heading.title}”的单位是什么？(例如 {shown})",
                 f"What is the unit of “{heading.title}”? (such as {shown})"),
            tuple(Option(c, Both(c, c)) for c in _UNIT_CHOICES[wanted]), proposed,
            count=len(bare), rows=tuple(numbers[:_SHOWN]),
        )
    )  # fmt: skip
    return (unit_of(answer), False) if answer else (own, True)


def _likely_unit(values: Sequence[object]) -> str:
    numbers = []
    for value in values[:2_000]:
        try:
            numbers.append(float(str(value).replace(",", "")))
        except ValueError:
            continue
    typical = float(np.median(numbers)) if numbers else 0.0
    return "元" if typical >= 1e6 else ("万元" if typical >= 300 else "亿元")


def words_meant(
    values: Cells, column: Column, numbers: Sequence[int], findings: Findings
) -> tuple[Cells, list[int]]:
    """Values whose words stand in a vocabulary as far as that is known, and positions that wait.

    A word that holds one of the vocabulary, or is held by it, is asked about;
    any other stays as it is.
    """
    unknown: dict[str, list[int]] = {}
    for at, value in enumerate(values):
        if isinstance(value, str) and len(value) <= _LONGEST_WORD and is_unknown(value, column):
            unknown.setdefault(value, []).append(at)
    meant: dict[str, str] = {}
    waiting: list[int] = []
    for value, at_rows in unknown.items():
        answer = _asked(said(value), column, [numbers[at] for at in at_rows], findings)
        if answer is None:
            continue
        meant[value] = answer
        waiting += [] if answer else at_rows
    if not meant:
        return values, []
    replaced = [meant.get(v, v) if isinstance(v, str) else v for v in values]
    return np.array(replaced, dtype=object), waiting


def _asked(word: str, column: Column, rows: Sequence[int], findings: Findings) -> str | None:
    """The code that a word stands for; empty while the question is open, ``None`` without one."""
    known = VOCABULARIES[column.vocabulary]
    words = {code: Both(zh or code, en) for code, (zh, en) in known.items()}
    alike = [code for code, both in words.items() if _alike(word, both.zh)]
    question = f"{column.name}:{word}"
    if not alike and question not in findings.answers:
        return None
    order = [*alike, *(code for code in words if code not in alike)]
    return findings.ask(
        Question(
            question,
            Both(f"“{column.zh}”中的“{word}”是哪一类？", f"Which {column.en} is “{word}”?"),
            tuple(Option(code, words[code]) for code in order),
            alike[0] if len(alike) == 1 else "", tuple(rows[:_SHOWN]), len(rows),
        )
    )  # fmt: skip


def _alike(text: str, word: str) -> bool:
    """Whether one of two words of a vocabulary holds the other, as 特色小镇 holds 小镇."""
    short = word.partition("(")[0]
    return len(short) > 1 and (short in text or text in short)
