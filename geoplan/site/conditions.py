"""The little language in which rules ask about attributes.

``kind = airport and area_km2 >= 1`` · ``district_code in 330109|330114`` ·
``not (用途 = 工业用地 or 用途 is unknown)``. A value with spaces is quoted.
A condition is parsed once and applied to a table; a missing cell makes a test
neither true nor false, and ``and``, ``or`` and ``not`` keep that (Kleene).
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from geoplan.errors import GeoplanError
from geoplan.plan.problems import Both

LONGEST = 2_000
DEEPEST = 20

_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
_SAME = {"≠": "!=", "≤": "<=", "≥": ">=", "＝": "=", "==": "=", "＜": "<", "＞": ">"}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |"(?P<double>[^"]*)"|'(?P<single>[^']*)'|“(?P<curly>[^“”]*)”
    |(?P<operator>==|!=|<=|>=|[=<>≠≤≥＝＜＞])
    |(?P<bracket>[()（）])
    |(?P<bar>[|｜])
    |(?P<word>[^\s()（）|｜=!<>≠≤≥＝＜＞"'“”,，;；]+)""",
    re.VERBOSE,
)
_KEYWORDS = ("and", "or", "not", "in", "is")
_BRACKETS = {"（": "(", "）": ")"}

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not in", "is known", "is unknown"]


class ConditionError(GeoplanError):
    """A condition that cannot be read or applied; ``said`` has it in both languages."""

    def __init__(self, said: Both) -> None:
        super().__init__(said.en)
        self.said = said


@dataclass(frozen=True)
class Test:
    """One comparison of a column with values."""

    __test__ = False

    column: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Joined:
    """Several conditions that hold together (``and``) or of which one holds (``or``)."""

    word: Literal["and", "or"]
    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Negated:
    """The opposite of a condition."""

    part: "Node"


Node = Test | Joined | Negated


@dataclass(frozen=True)
class Condition:
    """A condition as written and as understood."""

    text: str
    node: Node

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it asks for, each once, in order."""
        return tuple(dict.fromkeys(test.column for test in _tests(self.node)))

    @property
    def comparison(self) -> Test | None:
        """The whole condition where it is one comparison of size, else nothing."""
        node = self.node
        return node if isinstance(node, Test) and node.operator in ("<", "<=", ">", ">=") else None


@dataclass(frozen=True)
class _Token:
    kind: Literal["word", "quoted", "operator", "bracket", "bar", "end"]
    text: str
    at: int

    def says(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


def parse(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    ConditionError
        It cannot be read; the message has the position and what was expected.

    Examples
    --------
    >>> parse("kind in park|town and area_km2 >= 1").columns
    ('kind', 'area_km2')
    >>> parse("kind =")
    Traceback (most recent call last):
    ...
    geoplan.site.conditions.ConditionError: “kind =”: a value is missing at position 7
    """
    if len(text) > LONGEST:
        raise ConditionError(
            Both(
                f"条件有 {len(text)} 个字符，最多 {LONGEST} 个；请拆成几条规则",
                f"the condition has {len(text)} characters, at most {LONGEST}; "
                "split it into several rules",
            )
        )
    reader = _Reader(text, _tokens(text))
    node = reader.either(0)
    if reader.peek().kind != "end":
        raise reader.wrong(
            Both("多出了“{}”；请用 and 或 or 连接", "“{}” is too much; join tests with and / or")
        )
    return Condition(text.strip(), node)


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            zh, en = (
                f"“{_shown(text)}”：第 {at + 1} 个字符",
                f"“{_shown(text)}”: character {at + 1}",
            )
            raise ConditionError(
                Both(
                    f"{zh}“{text[at]}”用不上；多个值用 | 分开，含空格的值加引号",
                    f"{en}, “{text[at]}”, has no meaning here; separate values with |, "
                    "quote values with spaces",
                )
            )
        kind = str(found.lastgroup)
        if kind in ("double", "single", "curly"):
            tokens.append(_Token("quoted", found[kind].strip(), at + 1))
        elif kind == "operator":
            tokens.append(_Token("operator", _SAME.get(found[0], found[0]), at + 1))
        elif kind == "bracket":
            tokens.append(_Token("bracket", _BRACKETS.get(found[0], found[0]), at + 1))
        elif kind == "bar":
            tokens.append(_Token("bar", "|", at + 1))
        elif kind == "word":
            tokens.append(_Token("word", found[0], at + 1))
        at = found.end()
    return [*tokens, _Token("end", "", len(text) + 1)]


class _Reader:
    """Recursive descent: or, and, not, one test."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0

    def peek(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    def wrong(self, said: Both) -> ConditionError:
        token = self.peek()
        word = _shown(token.text)
        text = f"“{_shown(self.text)}”"
        zh, en = said.zh.replace("{}", word), said.en.replace("{}", word)
        return ConditionError(
            Both(f"{text}：第 {token.at} 个字符处{zh}", f"{text}: {en} at position {token.at}")
        )

    def either(self, depth: int) -> Node:
        return self._joined("or", depth)

    def _joined(self, word: Literal["and", "or"], depth: int) -> Node:
        def one() -> Node:
            return self._joined("and", depth) if word == "or" else self._one(depth)

        parts = [one()]
        while self.peek().says(word):
            self.take()
            parts.append(one())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _one(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.wrong(Both("括号套得太深", "the brackets are nested too deep"))
        if self.peek().says("not"):
            self.take()
            return Negated(self._one(depth + 1))
        if self.peek().kind == "bracket" and self.peek().text == "(":
            self.take()
            node = self.either(depth + 1)
            if self.peek().text != ")" or self.peek().kind != "bracket":
                raise self.wrong(Both("缺少右括号", "a closing bracket is missing"))
            self.take()
            return node
        return self._test()

    def _test(self) -> Test:
        if self.peek().kind not in ("word", "quoted") or self.peek().says(*_KEYWORDS):
            raise self.wrong(Both("缺少列名", "the name of a column is missing"))
        column = self.take().text
        if self.peek().kind == "operator":
            operator = next(known for known in _OPERATORS if known == self.peek().text)
            self.take()
            return Test(column, operator, (self._value(),))  # type: ignore[arg-type]
        if self.peek().says("is"):
            self.take()
            known = "is known" if self.peek().says("known") else "is unknown"
            if not self.peek().says("known", "unknown"):
                raise self.wrong(Both("应为 known 或 unknown", "known or unknown is missing"))
            self.take()
            return Test(column, known)  # type: ignore[arg-type]
        negated = self.peek().says("not")
        if negated:
            self.take()
        if not self.peek().says("in"):
            expected = "=, !=, <, <=, >, >=, in, not in, is"
            raise self.wrong(
                Both(f"“{_shown(column)}”之后应为 {expected}", f"after “{_shown(column)}” one of {expected} is missing")
            )  # fmt: skip
        self.take()
        values = [self._value()]
        while self.peek().kind == "bar":
            self.take()
            values.append(self._value())
        return Test(column, "not in" if negated else "in", tuple(values))

    def _value(self) -> str:
        if self.peek().kind not in ("word", "quoted") or self.peek().says(*_KEYWORDS):
            raise self.wrong(Both("缺少值", "a value is missing"))
        return self.take().text


def _tests(node: Node) -> Iterable[Test]:
    if isinstance(node, Test):
        yield node
    elif isinstance(node, Negated):
        yield from _tests(node.part)
    else:
        for part in node.parts:
            yield from _tests(part)


def missing_column(condition: Condition, known: Iterable[str]) -> Both | None:
    """The complaint about the first column that a table does not have, with the nearest name."""
    names = [str(name) for name in known]
    for column in condition.columns:
        if column not in names:
            folded = {name.casefold(): name for name in names}
            found = difflib.get_close_matches(column[:100].casefold(), folded, n=1)
            near = [folded[name] for name in found]
            listed = ", ".join(names[:30])
            return Both(
                f"没有列“{_shown(column)}”"
                + (f"(是否应为“{near[0]}”？)" if near else f"；现有 {listed}"),
                f"there is no column “{_shown(column)}”"
                + (f" (is it “{near[0]}”?)" if near else f"; there are {listed}"),
            )
    return None


def holds(condition: Condition, frame: pd.DataFrame) -> "pd.Series[bool]":
    """Whether the condition holds for each row: true, false, or missing where that is not known.

    Parameters
    ----------
    frame :
        Its columns are what the condition may ask for.

    Returns
    -------
    Series
        Of dtype ``boolean`` on the index of the frame.

    Raises
    ------
    ConditionError
        A column does not exist, or is compared with what it cannot be compared with.
    """
    fault = missing_column(condition, frame.columns)
    if fault is not None:
        text = f"“{_shown(condition.text)}”"
        raise ConditionError(Both(f"{text}：{fault.zh}", f"{text}: {fault.en}"))
    return _judged(condition.node, frame).rename(None)


def _judged(node: Node, frame: pd.DataFrame) -> "pd.Series[bool]":
    if isinstance(node, Negated):
        return ~_judged(node.part, frame)
    if isinstance(node, Joined):
        result = _judged(node.parts[0], frame)
        for part in node.parts[1:]:
            other = _judged(part, frame)
            result = (result & other) if node.word == "and" else (result | other)
        return result
    column = frame[node.column]
    known = column.notna() & ~_blank(column)
    if node.operator in ("is known", "is unknown"):
        told = known if node.operator == "is known" else ~known
        return told.astype("boolean")
    if pd.api.types.is_datetime64_any_dtype(column):
        answer = _compared(column, node, pd.to_datetime(list(node.values), errors="coerce"))
    elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        answer = _compared(column, node, _numbers(node))
    elif node.operator in ("<", "<=", ">", ">="):
        sizes = pd.to_numeric(_texts(column), errors="coerce")
        known = sizes.notna()
        answer = _compared(sizes, node, _numbers(node))
    else:
        answer = _compared(_texts(column), node, pd.Index([_text(value) for value in node.values]))
    return answer.astype("boolean").mask(~known)


def _blank(column: "pd.Series[bool]") -> "pd.Series[bool]":
    return _texts(column) == ""


def _texts(column: "pd.Series[bool]") -> "pd.Series[str]":
    cells = zip(column.tolist(), column.notna().tolist(), strict=True)
    texts = [_text(value) if there else "" for value, there in cells]
    return pd.Series(texts, index=column.index, dtype="str")


def _text(value: object) -> str:
    text = str(value).strip()
    return text.lower() if text in ("True", "False", "TRUE", "FALSE") else text


def _numbers(node: Test) -> "pd.Index[Any]":
    numbers = pd.to_numeric(pd.Series(list(node.values), dtype="str"), errors="coerce")
    wrong = ~np.isfinite(numbers.to_numpy(dtype=float))
    if wrong.any():
        value = _shown(node.values[int(np.argmax(wrong))])
        raise ConditionError(
            Both(
                f"“{node.column}”是数字，不能与“{value}”比较",
                f"“{node.column}” is a number and cannot be compared with “{value}”",
            )
        )
    sizes: pd.Index[Any] = pd.Index(numbers)
    return sizes


def _compared(column: "pd.Series[Any]", node: Test, values: "pd.Index[Any]") -> "pd.Series[bool]":
    if pd.isna(values).any():
        raise ConditionError(
            Both(
                f"“{node.column}”是日期，请写成 2021-05-01 的形式",
                f"“{node.column}” is a date; write it as 2021-05-01",
            )
        )
    first = values[0]
    result: pd.Series[bool]
    if node.operator in ("=", "in"):
        result = column.isin(values)
    elif node.operator in ("!=", "not in"):
        result = ~column.isin(values)
    elif node.operator == "<":
        result = column < first
    elif node.operator == "<=":
        result = column <= first
    elif node.operator == ">":
        result = column > first
    else:
        result = column >= first
    answer: pd.Series[bool] = result.fillna(False).astype("boolean")
    return answer
