"""The operators and functions of CQL2 on whole columns."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@lru_cache(maxsize=256)
def matcher(pattern: str) -> "re.Pattern[str]":
    """A pattern of LIKE; each part is found once and for all, so that no pattern takes long."""
    parts = [""]
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\" and pattern[at + 1 : at + 2] in ("%", "_", "\\"):
            parts[-1] += re.escape(pattern[at + 1])
            at += 1
        elif letter == "%":
            parts.append("")
        else:
            parts[-1] += "." if letter == "_" else re.escape(letter)
        at += 1
    first, *others = parts
    if not others:
        return re.compile(f"(?s:{first})\\Z")
    middle = "".join(f"(?>.*?{part})" for part in others[:-1] if part)
    return re.compile(f"(?s:{first}{middle}.*{others[-1]})\\Z")


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


FOLD: Mapping[str, Callable[[str], str]] = {"casei": str.casefold, "accenti": _without_accents}
COMPARE: Mapping[str, Callable[[Any, Any], npt.NDArray[Any]]] = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}
CALCULATE: Mapping[str, Callable[[Any, Any], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "%": np.fmod,
    "div": lambda a, b: np.trunc(np.divide(a, b)),
}
RELATE: Mapping[str, Callable[[Any, Any], Bools]] = {
    "s_intersects": shapely.intersects,
    "s_disjoint": shapely.disjoint,
    "s_contains": shapely.contains,
    "s_within": shapely.within,
    "s_touches": shapely.touches,
    "s_crosses": shapely.crosses,
    "s_overlaps": shapely.overlaps,
    "s_equals": shapely.equals,
}
MIRRORED = {"s_contains": "s_within", "s_within": "s_contains"}
SUCCEED: Mapping[str, Callable[[Floats, Floats, Floats, Floats], Bools]] = {
    "t_after": lambda s1, e1, s2, e2: s1 > e2,
    "t_before": lambda s1, e1, s2, e2: e1 < s2,
    "t_contains": lambda s1, e1, s2, e2: (s1 < s2) & (e1 > e2),
    "t_disjoint": lambda s1, e1, s2, e2: (e1 < s2) | (s1 > e2),
    "t_during": lambda s1, e1, s2, e2: (s1 > s2) & (e1 < e2),
    "t_equals": lambda s1, e1, s2, e2: (s1 == s2) & (e1 == e2),
    "t_finishedby": lambda s1, e1, s2, e2: (s1 < s2) & (e1 == e2),
    "t_finishes": lambda s1, e1, s2, e2: (s1 > s2) & (e1 == e2),
    "t_intersects": lambda s1, e1, s2, e2: (e1 >= s2) & (s1 <= e2),
    "t_meets": lambda s1, e1, s2, e2: e1 == s2,
    "t_metby": lambda s1, e1, s2, e2: s1 == e2,
    "t_overlappedby": lambda s1, e1, s2, e2: (s1 > s2) & (s1 < e2) & (e1 > e2),
    "t_overlaps": lambda s1, e1, s2, e2: (s1 < s2) & (e1 > s2) & (e1 < e2),
    "t_startedby": lambda s1, e1, s2, e2: (s1 == s2) & (e1 > e2),
    "t_starts": lambda s1, e1, s2, e2: (s1 == s2) & (e1 < e2),
}
