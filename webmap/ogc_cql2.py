"""CQL2, the filter language of the OGC APIs, as one small tree.

Text and JSON are two spellings of the same tree: calls of operators and
functions on names, values, times and shapes. Nothing here knows rows; see
:mod:`webmap.ogc_filters` for what a tree means.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import orjson
import shapely

from geoplan.errors import GeoplanError
from geoplan.plan.problems import Both
from webmap.ogc_times import TimeError, moment

LONGEST = 20_000
DEEPEST = 32
MOST_CALLS = 200
MOST_PARTS = 5_000


class FilterError(GeoplanError):
    """A filter that cannot be read or applied; ``said`` has it in both languages."""

    def __init__(self, said: Both) -> None:
        super().__init__(said.en)
        self.said = said


@dataclass(frozen=True)
class Name:
    """A property, or the geometry."""

    text: str


@dataclass(frozen=True)
class Value:
    """A text, a number or a truth."""

    value: str | float | bool


@dataclass(frozen=True)
class Moment:
    """A day or a time, in seconds since 1970; infinite where an interval is open."""

    seconds: float


@dataclass(frozen=True)
class Interval:
    """From one moment to another; either may be a property."""

    start: "Moment | Name"
    end: "Moment | Name"


@dataclass(frozen=True)
class Shape:
    """A geometry, its axes in the order of the filter's CRS."""

    geometry: shapely.Geometry


@dataclass(frozen=True)
class Box:
    """First axis, second axis of the lower corner, then of the upper one."""

    bounds: tuple[float, float, float, float]


@dataclass(frozen=True)
class Call:
    """An operator or function and what it is applied to."""

    op: str
    args: "tuple[Node, ...]"


Node: TypeAlias = Name | Value | Moment | Interval | Shape | Box | Call

COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
ARITHMETIC = ("+", "-", "*", "/", "^", "%", "div")
SPATIAL = (
    "s_intersects", "s_disjoint", "s_contains", "s_within", "s_touches", "s_crosses",
    "s_overlaps", "s_equals",
)  # fmt: skip
TEMPORAL = (
    "t_after", "t_before", "t_contains", "t_disjoint", "t_during", "t_equals", "t_finishedby",
    "t_finishes", "t_intersects", "t_meets", "t_metby", "t_overlappedby", "t_overlaps",
    "t_startedby", "t_starts",
)  # fmt: skip
FOLDING = ("casei", "accenti")
FUNCTIONS = (*SPATIAL, *TEMPORAL, *FOLDING)
_COUNTS: Mapping[str, int] = {
    **dict.fromkeys((*COMPARISONS, *ARITHMETIC, *SPATIAL, *TEMPORAL, "like"), 2),
    **dict.fromkeys((*FOLDING, "not", "isnull"), 1),
    "between": 3,
}


def wrong(zh: str, en: str) -> FilterError:
    """The error that says so in both languages."""
    return FilterError(Both(zh, en))


def short(text: object) -> str:
    """A text as an error quotes it."""
    said = str(text)
    return said if len(said) <= 60 else said[:59] + "…"


def too_long() -> FilterError:
    """The error for a filter that asks too much at once."""
    return wrong(
        f"过滤条件太长：至多 {LONGEST:,} 个字符、{MOST_CALLS} 个运算、{DEEPEST} 层括号",
        f"the filter is too long: at most {LONGEST:,} characters, {MOST_CALLS} operations, "
        f"{DEEPEST} levels of brackets",
    )


def function(name: str, args: Sequence[Node]) -> Call:
    """A call of a function by the name it was given.

    Raises
    ------
    FilterError
        There is no such function, or it takes another number of arguments.
    """
    low = name.lower()
    if low not in FUNCTIONS:
        known = ", ".join(one.upper() for one in FUNCTIONS)
        raise wrong(
            f"没有函数“{short(name)}”；可用：{known}",
            f"there is no function “{short(name)}”; there are: {known}",
        )
    return call(low, args)


def call(op: str, args: Sequence[Node]) -> Call:
    """A call with the right number of arguments."""
    wanted = _COUNTS.get(op)
    if (wanted is not None and len(args) != wanted) or not args:
        said = str(wanted or "≥ 1")
        raise wrong(
            f"“{op.upper()}”需要 {said} 个参数，给了 {len(args)} 个",
            f"“{op.upper()}” takes {said} arguments, {len(args)} are given",
        )
    return Call(op, tuple(args))


def number(text: str) -> Value:
    """A number within what a computer can hold."""
    value = float(text)
    if not math.isfinite(value):
        raise wrong(f"数字太大：{short(text)}", f"the number is too large: {short(text)}")
    return Value(value)


def instant(text: object, *, day: bool | None = None) -> Moment:
    """A moment as it is written; ``day``: whether it must be a whole day.

    Raises
    ------
    FilterError
        It is none.
    """
    try:
        seconds, is_day = moment(str(text))
    except TimeError as error:
        raise FilterError(error.said) from error
    if day is not None and is_day != day:
        raise FilterError(TimeError(str(text)).said)
    return Moment(seconds)


def interval(start: Node | str, end: Node | str) -> Interval:
    """An interval of two moments or names, the earlier first."""
    ends = [_interval_end(start, -math.inf), _interval_end(end, math.inf)]
    first, last = ends
    if isinstance(first, Moment) and isinstance(last, Moment) and first.seconds > last.seconds:
        raise wrong("时间段的起点晚于终点", "the interval begins after its end")
    return Interval(first, last)


def _interval_end(given: Node | str, beyond: float) -> Moment | Name:
    if isinstance(given, Value) and isinstance(given.value, str):
        given = given.value
    if isinstance(given, str):
        return Moment(beyond) if given in ("", "..") else instant(given)
    if isinstance(given, Moment | Name):
        return given
    raise wrong(
        "时间段的两端应是日期、“..”或属性名", "an interval has dates, “..” or names at its ends"
    )


def box(numbers: Sequence[object]) -> Box:
    """A box of four numbers, or of six of which the heights do not count.

    Raises
    ------
    FilterError
        These are no corners of a box.
    """
    given = [one for one in numbers if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(given) != len(numbers) or len(given) not in (4, 6):
        raise wrong("BBOX 需要 4 个或 6 个数字", "BBOX takes 4 or 6 numbers")
    try:
        found = [float(one) for one in given]
    except OverflowError:
        found = [math.inf]
    if not all(map(math.isfinite, found)):
        raise wrong("BBOX 的数字太大", "a number in BBOX is too large")
    half = len(found) // 2
    return Box((found[0], found[1], found[half], found[half + 1]))


def geometry(read: Callable[[str], Any], text: str) -> Shape:
    """A geometry of WKT or GeoJSON.

    Raises
    ------
    FilterError
        It is none, or one that cannot be compared with.
    """
    try:
        found = read(text)
    except (shapely.errors.GEOSException, ValueError, TypeError) as error:
        raise wrong(
            f"读不懂图形：{short(text)}({error})", f"no such geometry: {short(text)} ({error})"
        ) from error
    if found is None or found.is_empty or not np.isfinite(shapely.bounds(found)).all():
        raise wrong(f"图形没有坐标：{short(text)}", f"a geometry without place: {short(text)}")
    found = shapely.force_2d(found)
    if not shapely.is_valid(found):
        reason = shapely.is_valid_reason(found)
        raise wrong(f"图形无效：{reason}", f"the geometry is invalid: {reason}")
    return Shape(found)


def checked(tree: Node) -> Node:
    """A tree that is not too large to be worked out.

    Raises
    ------
    FilterError
        It has too many parts.
    """
    calls = parts = 0
    left = [(tree, 1)]
    while left:
        node, depth = left.pop()
        parts += 1
        if isinstance(node, Call):
            calls += 1
            left.extend((one, depth + 1) for one in node.args)
        if calls > MOST_CALLS or parts > MOST_PARTS or depth > 4 * DEEPEST:
            raise too_long()
    return tree


# ---- JSON
def read_json(text: str) -> Node:
    """The tree of a filter in CQL2 JSON.

    Raises
    ------
    FilterError
        It is no CQL2 JSON.
    """
    if len(text) > LONGEST:
        raise too_long()
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise wrong(f"filter 不是 JSON：{error}", f"the filter is no JSON: {error}") from error
    return checked(_node(given, 1))


def _node(given: Any, depth: int) -> Node:
    if depth > DEEPEST:
        raise too_long()
    if isinstance(given, bool | str):
        return Value(given)
    if isinstance(given, int | float):
        return number(repr(given))
    if not isinstance(given, dict):
        raise _no_node(given)
    if "op" in given:
        return _operation(given, depth)
    if "property" in given:
        return _name(given["property"])
    if "date" in given:
        return instant(given["date"], day=True)
    if "timestamp" in given:
        return instant(given["timestamp"], day=False)
    if "interval" in given:
        return _interval(given["interval"])
    if "bbox" in given and "type" not in given:
        return box(_listed(given["bbox"], given))
    if "type" in given:
        return geometry(shapely.from_geojson, orjson.dumps(given).decode())
    raise _no_node(given)


def _operation(given: Mapping[str, Any], depth: int) -> Call:
    op = str(given["op"]).lower()
    args = _listed(given.get("args"), given)
    if op in ("in", "between") and len(args) == 2 and isinstance(args[1], list):
        args = [args[0], *args[1]]
    found = [_node(one, depth + 1) for one in args]
    if op in ("and", "or") or op in _COUNTS:
        return call(op, found)
    if op == "in":
        if len(found) < 2:
            raise wrong("IN 的列表是空的", "the list after IN is empty")
        return call(op, found)
    return function(op, found)


def _interval(given: Any) -> Interval:
    ends = [_name(one["property"]) if isinstance(one, dict) and "property" in one else one
            for one in _listed(given, given)]  # fmt: skip
    if len(ends) != 2 or not all(isinstance(one, str | Name) for one in ends):
        raise wrong("时间段有两端", "an interval has two ends")
    return interval(ends[0], ends[1])


def _name(given: Any) -> Name:
    if not isinstance(given, str):
        raise _no_node(given)
    return Name(given)


def _listed(given: Any, whole: Any) -> list[Any]:
    if not isinstance(given, list):
        raise _no_node(whole)
    return given


def _no_node(given: Any) -> FilterError:
    said = short(orjson.dumps(given).decode())
    return wrong(f"CQL2 JSON 里没有这样的写法：{said}", f"no part of CQL2 JSON: {said}")
