"""CQL2 as text: ``kind = 'airport' AND (area_km2 >= 1 OR S_INTERSECTS(geometry, BBOX(…)))``.

The grammar is that of OGC 21-065r2, with one kind of expression for conditions
and values alike: whether a condition stands where a value should is found when
it is applied, and said in those words.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import shapely

from webmap.ogc_cql2 import (
    COMPARISONS,
    DEEPEST,
    LONGEST,
    Call,
    FilterError,
    Name,
    Node,
    Value,
    box,
    call,
    checked,
    function,
    geometry,
    instant,
    interval,
    number,
    short,
    too_long,
    wrong,
)

Kind = Literal["number", "text", "quoted", "name", "sign", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |'(?P<text>(?:''|\\'|[^'])*)'
    |"(?P<quoted>(?:""|[^"])*)"
    |(?P<name>[^\W\d][\w.:]*)
    |(?P<sign><>|<=|>=|!=|[-=<>+*/%^(),])
    )""",
    re.VERBOSE,
)
_SHAPES = (
    "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
    "geometrycollection",
)  # fmt: skip
_RESERVED = ("and", "or", "not", "like", "between", "in", "is", "null", "true", "false", "div")
_WORDS = {"=": "=", "!=": "<>"} | {sign: sign for sign in COMPARISONS}


@dataclass(frozen=True)
class _Token:
    kind: Kind
    text: str
    start: int
    end: int

    @property
    def low(self) -> str:
        """The word in lower case; nothing for what is no word."""
        return self.text.lower() if self.kind == "name" else ""


def read_text(text: str) -> Node:
    """The tree of a filter in CQL2 text.

    Raises
    ------
    FilterError
        It is no CQL2 text; the message says where.

    Examples
    --------
    >>> read_text("a = 1 OR b = 2 AND NOT c LIKE 'x%'").op
    'or'
    """
    if len(text) > LONGEST:
        raise too_long()
    reader = _Reader(text)
    tree = reader.condition()
    reader.finish()
    return checked(tree)


class _Reader:
    """Reads tokens from left to right, one function for each level of precedence."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._at += 1
        return token

    def _took(self, *words: str) -> str:
        """The next token if it is one of some words or signs, which is then read."""
        token = self._next
        said = token.low or (token.text if token.kind == "sign" else "")
        if said and said in words:
            self._at += 1
            return said
        return ""

    def _expect(self, sign: str) -> None:
        if not self._took(sign):
            raise self._unexpected(sign)

    def _unexpected(self, wanted: str = "") -> FilterError:
        token = self._next
        zh, en = wanted or "一个值", wanted or "a value"
        if token.kind == "end":
            return wrong(f"条件在末尾断开，缺少 {zh}", f"the filter ends where {en} is missing")
        said = short(self._text[token.start :])
        return wrong(
            f"第 {token.start + 1} 个字符“{said}”处应为 {zh}",
            f"at character {token.start + 1}, “{said}”, there should be {en}",
        )

    def finish(self) -> None:
        """Whether everything has been read."""
        if self._next.kind != "end":
            raise self._unexpected("AND / OR")

    # ---- conditions
    def condition(self) -> Node:
        """Alternatives; what is in brackets comes here again."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise too_long()
        found = [self._all_of()]
        while self._took("or"):
            found.append(self._all_of())
        self._depth -= 1
        return found[0] if len(found) == 1 else call("or", found)

    def _all_of(self) -> Node:
        found = [self._maybe_not()]
        while self._took("and"):
            found.append(self._maybe_not())
        return found[0] if len(found) == 1 else call("and", found)

    def _maybe_not(self) -> Node:
        negated = False
        while self._took("not"):
            negated = not negated
        found = self._predicate()
        return call("not", [found]) if negated else found

    def _predicate(self) -> Node:
        left = self._sum()
        sign = self._took(*_WORDS)
        if sign:
            return call(_WORDS[sign], [left, self._sum()])
        if self._took("is"):
            negated = bool(self._took("not"))
            if not self._took("null"):
                raise self._unexpected("NULL")
            return _negated(call("isnull", [left]), negated)
        negated = bool(self._took("not"))
        if self._took("like"):
            return _negated(call("like", [left, self._sum()]), negated)
        if self._took("between"):
            low = self._sum()
            self._expect("and")
            return _negated(call("between", [left, low, self._sum()]), negated)
        if self._took("in"):
            self._expect("(")
            return _negated(call("in", [left, *self._list(self._sum)]), negated)
        if negated:
            raise self._unexpected("LIKE / BETWEEN / IN")
        return left

    # ---- values
    def _sum(self) -> Node:
        found = self._product()
        while sign := self._took("+", "-"):
            found = call(sign, [found, self._product()])
        return found

    def _product(self) -> Node:
        found = self._power()
        while sign := self._took("*", "/", "%", "div"):
            found = call(sign, [found, self._power()])
        return found

    def _power(self) -> Node:
        found = self._signed()
        while self._took("^"):
            found = call("^", [found, self._signed()])
        return found

    def _signed(self) -> Node:
        negative = False
        while sign := self._took("-", "+"):
            negative ^= sign == "-"
        found = self._atom()
        if not negative:
            return found
        if isinstance(found, Value) and isinstance(found.value, float):
            return Value(-found.value)
        return call("-", [Value(0.0), found])

    def _atom(self) -> Node:
        if self._took("("):
            found = self.condition()
            self._expect(")")
            return found
        token = self._next
        if token.kind == "number":
            return number(self._take().text)
        if token.kind == "text":
            return Value(self._take().text)
        if token.kind == "quoted":
            return Name(self._take().text)
        if token.low in ("true", "false"):
            return Value(self._take().low == "true")
        if token.kind != "name" or token.low in _RESERVED:
            raise self._unexpected()
        following = self._tokens[self._at + 1]
        if token.low in _SHAPES and (
            following.text == "(" or following.low in ("z", "m", "zm", "empty")
        ):
            return self._shape()
        self._take()
        if following.kind == "sign" and following.text == "(":
            self._take()
            return self._called(token)
        return Name(token.text)

    def _called(self, token: _Token) -> Node:
        if token.low in ("date", "timestamp"):
            (given,) = self._exactly(1, token)
            return instant(_text_of(given, token), day=token.low == "date")
        if token.low == "interval":
            start, end = self._exactly(2, token)
            return interval(start, end)
        if token.low == "bbox":
            return box([_plain(one) for one in self._list(self._sum)])
        return function(token.text, self._list(self.condition))

    def _exactly(self, count: int, token: _Token) -> list[Node]:
        found = self._list(self._sum)
        if len(found) != count:
            raise wrong(
                f"{token.text.upper()} 需要 {count} 个参数",
                f"{token.text.upper()} takes {count} arguments",
            )
        return found

    def _list(self, read: Callable[[], Node]) -> list[Node]:
        found = [read()]
        while self._took(","):
            found.append(read())
        self._expect(")")
        return found

    def _shape(self) -> Node:
        start, depth = self._take().start, 0
        while True:
            token = self._take()
            if token.kind == "end":
                raise self._unexpected(")")
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0 and (token.text == ")" or token.low == "empty"):
                return geometry(shapely.from_wkt, self._text[start : token.end])


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            rest = text[at:].lstrip()
            place = len(text) - len(rest) + 1
            raise wrong(
                f"第 {place} 个字符“{short(rest)}”处读不懂；文字用单引号括起",
                f"character {place}, “{short(rest)}”, cannot be read; put texts in single quotes",
            )
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # one of the groups matched
        inside = match.group(kind)
        if kind == "text":
            inside = inside.replace("''", "'").replace("\\'", "'")
        if kind == "quoted":
            inside = inside.replace('""', '"')
        start = match.start(kind) - (kind in ("text", "quoted"))
        found.append(_Token(kind, inside, start, match.end()))
        at = match.end()
    return [*found, _Token("end", "", len(text), len(text))]


def _negated(found: Call, negated: bool) -> Call:
    return call("not", [found]) if negated else found


def _text_of(given: Node, token: _Token) -> str:
    if isinstance(given, Value) and isinstance(given.value, str):
        return given.value
    raise wrong(
        f"{token.text.upper()} 里应是单引号括起的时间",
        f"{token.text.upper()} takes a time in single quotes",
    )


def _plain(given: Node) -> object:
    return given.value if isinstance(given, Value) else None
