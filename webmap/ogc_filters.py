"""What a CQL2 tree means for the rows of a collection: which of them it selects.

Whole columns at a time. A missing value makes a test neither true nor false,
and AND, OR and NOT keep that, so that neither ``x = 1`` nor ``NOT x = 1``
selects a row without x.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.exchange.outgoing.fields import NUMERIC
from geoplan.plan.problems import NOTHING, Both
from webmap.ogc_collections import GEOMETRY, Collection, seconds
from webmap.ogc_cql2 import (
    ARITHMETIC,
    COMPARISONS,
    FOLDING,
    SPATIAL,
    TEMPORAL,
    Box,
    Call,
    FilterError,
    Interval,
    Moment,
    Name,
    Node,
    Shape,
    Value,
    instant,
    short,
    wrong,
)
from webmap.ogc_crs import Reference, asked_box, asked_shape
from webmap.ogc_operators import (
    CALCULATE,
    COMPARE,
    FOLD,
    MIRRORED,
    RELATE,
    SUCCEED,
    Bools,
    Floats,
    matcher,
)
from webmap.ogc_times import year_starts

Kind = Literal["text", "number", "flag", "time", "shape"]

_KINDS: Mapping[Kind, Both] = {
    "text": Both("文字", "a text"),
    "number": Both("数字", "a number"),
    "flag": Both("是非值", "true or false"),
    "time": Both("日期或时间", "a date or time"),
    "shape": Both("图形", "a geometry"),
}
_CONDITIONS = ("and", "or", "not", "isnull", "like", "between", "in")


@dataclass(frozen=True)
class _Truth:
    """Where a condition holds and where it does not; elsewhere it is not known."""

    yes: Bools
    no: Bools

    def __invert__(self) -> "_Truth":
        return _Truth(self.no, self.yes)

    def __and__(self, other: "_Truth") -> "_Truth":
        return _Truth(self.yes & other.yes, self.no | other.no)

    def __or__(self, other: "_Truth") -> "_Truth":
        return _Truth(self.yes | other.yes, self.no & other.no)


@dataclass(frozen=True)
class _Vector:
    """Values of all rows, or one value for all of them."""

    kind: Kind
    values: npt.NDArray[Any]
    missing: Bools
    is_year: bool = False


def selected(tree: Node, collection: Collection, reference: Reference) -> Bools:
    """Which rows a filter selects.

    Parameters
    ----------
    reference :
        CRS of the filter's geometries.

    Raises
    ------
    FilterError
        The filter names what the collection has not, or compares what cannot
        be compared.
    """
    with np.errstate(all="ignore"):
        found = _Rows(collection, reference).truth(tree)
    return np.broadcast_to(found.yes, (len(collection.ids),))


class _Rows:
    """Works out a tree for one collection."""

    def __init__(self, collection: Collection, reference: Reference) -> None:
        self._collection, self._reference = collection, reference
        self._fields = {one.name: one for one in collection.fields}

    # ---- conditions
    def truth(self, node: Node) -> _Truth:
        """A condition."""
        if not isinstance(node, Call):
            found = self._vector(node)
            if found.kind != "flag":
                raise _not_of(found.kind, "flag")
            return _Truth(found.values & ~found.missing, ~found.values & ~found.missing)
        op, args = node.op, node.args
        if op in ("and", "or"):
            truths = [self.truth(one) for one in args]
            return reduce(_Truth.__and__ if op == "and" else _Truth.__or__, truths)
        if op == "not":
            return ~self.truth(args[0])
        if op == "isnull":
            missing = self._missing(args[0])
            return _Truth(missing, ~missing)
        if op in COMPARISONS:
            return self._compared(op, args[0], args[1])
        if op == "between":
            low = self._compared(">=", args[0], args[1])
            return low & self._compared("<=", args[0], args[2])
        if op == "in":
            return self._among(args[0], args[1:])
        if op == "like":
            return self._like(args[0], args[1])
        if op in SPATIAL:
            return self._spatial(op, args[0], args[1])
        if op in TEMPORAL:
            return self._temporal(op, args[0], args[1])
        raise wrong(
            f"“{op.upper()}”得出的是值，不是条件", f"“{op.upper()}” gives a value, no condition"
        )

    def _missing(self, node: Node) -> Bools:
        if isinstance(node, Name) and node.text == GEOMETRY:
            shapes = self._collection.shapes(self._reference)
            return shapely.is_missing(shapes) | shapely.is_empty(shapes)
        if isinstance(node, Call) and (node.op in _CONDITIONS or node.op in COMPARISONS
                                       or node.op in SPATIAL or node.op in TEMPORAL):  # fmt: skip
            found = self.truth(node)
            return ~(found.yes | found.no)
        return self._vector(node).missing

    def _compared(self, op: str, left: Node, right: Node) -> _Truth:
        a, b = self._alike(self._vector(left), left, self._vector(right), right)
        if a.kind in ("flag", "shape") and op not in ("=", "<>"):
            raise _not_of(a.kind, "number")
        found: Bools = COMPARE[op](a.values, b.values).astype(bool)
        known = ~(a.missing | b.missing)
        return _Truth(found & known, ~found & known)

    def _alike(self, a: _Vector, left: Node, b: _Vector, right: Node) -> tuple[_Vector, _Vector]:
        """Two values of one kind; a text beside a time is read as a time."""
        if a.kind != b.kind and {a.kind, b.kind} == {"time", "text"}:
            for one, node in ((a, left), (b, right)):
                if one.kind == "text" and isinstance(node, Value):
                    moment = self._vector(instant(node.value))
                    a, b = (moment, b) if one is a else (a, moment)
        if a.kind == "time" and b.is_year:
            b = _year_time(b)
        if b.kind == "time" and a.is_year:
            a = _year_time(a)
        if a.kind != b.kind:
            raise _unlike(left, a.kind, b.kind)
        return a, b

    def _among(self, node: Node, options: tuple[Node, ...]) -> _Truth:
        found = self._vector(node)
        listed = [self._alike(found, node, self._vector(one), one)[1] for one in options]
        if not all(isinstance(one, Value | Moment) or _is_folded_value(one) for one in options):
            return reduce(_Truth.__or__, [self._compared("=", node, one) for one in options])
        values = {one.values[0] for one in listed}
        inside = pd.Series(found.values).isin(list(values)).to_numpy()
        return _Truth(inside & ~found.missing, ~inside & ~found.missing)

    def _like(self, node: Node, pattern: Node) -> _Truth:
        found, wanted = self._vector(node), self._vector(pattern)
        for one in (found, wanted):
            if one.kind != "text":
                raise _not_of(one.kind, "text")
        if len(wanted.values) != 1 or wanted.missing.any():
            raise wrong("LIKE 之后应是一段文字", "LIKE takes a text in single quotes")
        matches = matcher(str(wanted.values[0])).match
        holds = np.fromiter((matches(text) is not None for text in found.values), bool)
        return _Truth(holds & ~found.missing, ~holds & ~found.missing)

    # ---- space
    def _spatial(self, op: str, left: Node, right: Node) -> _Truth:
        a, b = self._shapes(left), self._shapes(right)
        if len(a) > 1 and len(b) == 1:
            # A prepared geometry is fast only on the left.
            a, b, op = b, a, MIRRORED.get(op, op)
        missing = shapely.is_missing(a) | shapely.is_missing(b)
        try:
            found = RELATE[op](a, b)
        except shapely.errors.GEOSException as error:
            raise wrong(
                f"图形无法比较：{error}", f"the geometries cannot be compared: {error}"
            ) from error
        return _Truth(found & ~missing, ~found & ~missing)

    def _shapes(self, node: Node) -> npt.NDArray[np.object_]:
        if isinstance(node, Shape):
            return _prepared(asked_shape(node.geometry, self._reference))
        if isinstance(node, Box):
            return _prepared(asked_box(node.bounds, self._reference))
        if isinstance(node, Name):
            if node.text == GEOMETRY:
                return self._collection.shapes(self._reference)
            raise _not_of(self._column(node.text).kind, "shape")
        if isinstance(node, Call):
            raise _not_of("flag", "shape")
        raise _not_of(self._vector(node).kind, "shape")

    # ---- time
    def _temporal(self, op: str, left: Node, right: Node) -> _Truth:
        (s1, e1), (s2, e2) = self._span(left), self._span(right)
        missing = np.isnan(s1) | np.isnan(e1) | np.isnan(s2) | np.isnan(e2)
        found = SUCCEED[op](s1, e1, s2, e2)
        return _Truth(found & ~missing, ~found & ~missing)

    def _span(self, node: Node) -> tuple[Floats, Floats]:
        if isinstance(node, Interval):
            return self._span(node.start)[0], self._span(node.end)[1]
        if isinstance(node, Value) and isinstance(node.value, str):
            node = instant(node.value)
        found = self._vector(node)
        if found.is_year:
            first = np.where(found.missing, np.nan, found.values)
            return year_starts(first), year_starts(first + 1) - 86_400.0
        if found.kind != "time":
            raise _not_of(found.kind, "time", node)
        at = np.where(found.missing, np.nan, found.values)
        return at, at

    # ---- values
    def _vector(self, node: Node) -> _Vector:
        if isinstance(node, Name):
            return self._column(node.text)
        if isinstance(node, Value):
            kind: Kind = {str: "text", bool: "flag"}.get(type(node.value), "number")  # type: ignore[assignment]
            dtype = {"text": object, "flag": bool, "number": float}[kind]
            return _Vector(kind, np.array([node.value], dtype=dtype), np.zeros(1, bool))
        if isinstance(node, Moment):
            return _Vector("time", np.array([node.seconds]), np.zeros(1, bool))
        if isinstance(node, Interval):
            raise wrong("时间段只能用在 T_ 开头的函数里", "an interval belongs into a function T_…")
        if isinstance(node, Shape | Box):
            raise wrong("图形只能用在 S_ 开头的函数里", "a geometry belongs into a function S_…")
        if node.op in ARITHMETIC:
            return self._calculated(node)
        if node.op in FOLDING:
            found = self._vector(node.args[0])
            if found.kind != "text":
                raise _not_of(found.kind, "text", node.args[0])
            fold = FOLD[node.op]
            texts = np.array([fold(text) for text in found.values], dtype=object)
            return _Vector("text", texts, found.missing)
        truth = self.truth(node)
        return _Vector("flag", truth.yes, ~(truth.yes | truth.no))

    def _calculated(self, node: Call) -> _Vector:
        a, b = self._vector(node.args[0]), self._vector(node.args[1])
        for one, arg in zip((a, b), node.args, strict=True):
            if one.kind != "number":
                raise _not_of(one.kind, "number", arg)
        values = CALCULATE[node.op](a.values, b.values)
        return _Vector("number", values, a.missing | b.missing | ~np.isfinite(values))

    def _column(self, name: str) -> _Vector:
        if name == GEOMETRY:
            raise wrong(
                "图形只能用在 S_ 开头的函数里，或 IS NULL",
                "the geometry belongs into a function S_…, or before IS NULL",
            )
        field = self._fields.get(name)
        if field is None:
            known = ", ".join([*self._fields, GEOMETRY])
            raise wrong(
                f"没有属性“{short(name)}”；可用：{known}",
                f"there is no property “{short(name)}”; there are: {known}",
            )
        return _as_vector(self._collection.rows[name], field.kind)


def _prepared(geometry: shapely.Geometry) -> npt.NDArray[np.object_]:
    shapely.prepare(geometry)
    return np.array([geometry], dtype=object)


def _as_vector(values: "pd.Series[Any]", kind: str) -> _Vector:
    missing = values.isna().to_numpy(dtype=bool)
    if kind in NUMERIC:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return _Vector("number", numbers, missing | np.isnan(numbers), kind == "year")
    if kind == "flag":
        flags = values.fillna(False).to_numpy(dtype=bool)
        return _Vector("flag", flags, missing)
    if kind in ("date", "time"):
        at = seconds(values)
        return _Vector("time", at, missing | np.isnan(at))
    texts = values.astype(object).to_numpy(copy=True)
    texts[missing] = ""
    return _Vector("text", np.array([str(text) for text in texts], dtype=object), missing)


def _year_time(years: _Vector) -> _Vector:
    starts = year_starts(np.where(years.missing, np.nan, years.values))
    return _Vector("time", starts, np.isnan(starts))


def _is_folded_value(node: Node) -> bool:
    while isinstance(node, Call) and node.op in FOLDING:
        node = node.args[0]
    return isinstance(node, Value)


def _not_of(found: Kind, wanted: Kind, node: Node | None = None) -> FilterError:
    named = f"“{short(node.text)}”" if isinstance(node, Name) else ""
    a, b = _KINDS[found], _KINDS[wanted]
    return wrong(
        f"{named or '这里'}应是{b.zh}，而不是{a.zh}",
        f"{named or 'what stands here'} is {a.en}; there should be {b.en}",
    )


def _unlike(left: Node, a: Kind, b: Kind) -> FilterError:
    named = f"“{short(left.text)}”" if isinstance(left, Name) else ""
    hint = (
        Both("；文字要用单引号括起", "; texts go in single quotes") if "text" in (a, b) else NOTHING
    )
    return wrong(
        f"{named or '左边'}是{_KINDS[a].zh}，不能与{_KINDS[b].zh}相比{hint.zh}",
        f"{named or 'the left side'} is {_KINDS[a].en} and cannot be compared with "
        f"{_KINDS[b].en}{hint.en}",
    )
