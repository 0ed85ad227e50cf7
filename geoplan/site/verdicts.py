"""The verdicts on the candidates: one row for each rule that applies, states, and what each rule does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.plan.problems import Both
from geoplan.site.ranges import Range
from geoplan.site.rule import Rule
from geoplan.site.verdictwords import sentence

STATES = ("allowed", "unknown", "excluded")
"""From best to worst: a site is in the worst state that any rule puts it in."""

ALLOWED, UNKNOWN, EXCLUDED = 0, 1, 2

_KINDS = {
    "candidate": "str",
    "rule": "str",
    "state": "str",
    "measured_low": "float64",
    "measured_high": "float64",
    "unit": "str",
    "limit": "float64",
    "margin": "float64",
    "zh": "str",
    "en": "str",
}
COLUMNS = tuple(_KINDS)
"""Columns of the table of verdicts."""

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]
_States = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Finding:
    """What one rule found.

    Attributes
    ----------
    applies :
        Which candidates it applies to, for sure or perhaps.
    state :
        :data:`ALLOWED`, :data:`UNKNOWN` or :data:`EXCLUDED` for each candidate.
    target :
        What its layer is called.
    told :
        What is said of each candidate besides the measure.
    doubted :
        Of which candidates it is not known whether the rule applies.
    """

    rule: Rule
    applies: _Mask
    state: _States
    measured: Range
    least: float
    most: float
    target: Both
    told: Sequence[Both]
    doubted: _Mask


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the rules say of the candidates.

    Attributes
    ----------
    rules :
        The rules that were judged by.
    table :
        One row for each candidate and rule that applies to it, in the order of
        candidates and rules: ``candidate``, ``rule``, ``state``,
        ``measured_low``, ``measured_high``, ``unit``, ``limit``, ``margin`` (how
        far on the right side, negative: on the wrong side; missing where that is
        not known), and the reason ``zh``, ``en``.
    state :
        Of each candidate: ``excluded`` if any rule excludes it, else ``unknown``
        if any is, else ``allowed``.
    effects :
        On the rule's id: ``hits`` (candidates it excludes), ``alone`` (that no
        other rule excludes), ``marginal`` (that would be allowed without it),
        ``unknown`` (of which it cannot tell).
    """

    rules: tuple[Rule, ...]
    table: pd.DataFrame
    state: "pd.Series[str]"
    effects: pd.DataFrame


def states_of(
    measured: Range, least: float, most: float, *, include: bool, open_ends: bool = False
) -> _States:
    """Judge ranges by limits: right for sure, wrong for sure, or unknown.

    Parameters
    ----------
    least, most :
        The limits, infinite where there is none.
    include :
        Whether a value must lie from ``least`` to ``most``, or must not.
    open_ends :
        Whether a value just at a limit lies outside: what touches a zone from
        outside is not in it.
    """
    low, high = measured
    within = (low >= least) & (high <= most)
    beyond = (high < least) | (low > most)
    if open_ends:
        beyond |= (high <= least) & (least > -np.inf)
        beyond |= (low >= most) & (most < np.inf)
    right, wrong = (within, beyond) if include else (beyond, within & ~beyond)
    if include:
        wrong = wrong & ~within
    return np.select([wrong, right], [EXCLUDED, ALLOWED], UNKNOWN).astype(np.int8)


def margins(
    measured: Range, least: float, most: float, state: _States, *, include: bool
) -> _Floats:
    """How far at least on the right side (+) or on the wrong side (-) of the limit."""
    low, high = measured
    with np.errstate(invalid="ignore"):
        if include:
            right = np.fmin(low - least, most - high)
            wrong = np.fmin(high - least, most - low)
        else:
            right = np.fmax(least - high, low - most)
            wrong = np.fmax(least - low, high - most)
    found = np.select([state == ALLOWED, state == EXCLUDED], [right, wrong], np.nan)
    known: _Floats = np.where(np.isfinite(found), found, np.nan)
    return known


def _limit(finding: Finding, ids: npt.NDArray[np.int64]) -> _Floats:
    """The limit that each measured value is nearest to."""
    low, high = finding.measured.low[ids], finding.measured.high[ids]
    ends = np.array([finding.least, finding.most])
    if not np.isfinite(ends).all():
        found = ends[np.isfinite(ends)]
        return np.full(len(ids), found[0] if len(found) else np.nan)
    middle = (low + high) / 2
    nearer: _Mask = np.abs(middle - ends[0]) <= np.abs(middle - ends[1])
    return np.choose(nearer, [ends[1], ends[0]]).astype(np.float64)


def collected(
    findings: Sequence[Finding], index: "pd.Index[str]", rules: tuple[Rule, ...]
) -> Verdicts:
    """The verdicts from what each rule found."""
    parts = [pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in _KINDS.items()})]
    order = []
    for number, finding in enumerate(findings):
        at = np.flatnonzero(finding.applies)
        parts.append(_rows(finding, at, index))
        order.append(np.column_stack((at, np.full(len(at), number))))
    filled = [part for part in parts if len(part)]
    table = pd.concat(filled, ignore_index=True).astype(_KINDS) if filled else parts[0]
    keys = np.concatenate(order) if order else np.empty((0, 2), dtype=int)
    table = table.iloc[np.lexsort((keys[:, 1], keys[:, 0]))].reset_index(drop=True)
    return Verdicts(rules, table, _overall(findings, index), _effects(findings, len(index)))


def _rows(finding: Finding, at: npt.NDArray[np.int64], index: "pd.Index[str]") -> pd.DataFrame:
    rule, state = finding.rule, finding.state
    found = margins(
        finding.measured, finding.least, finding.most, state, include=rule.effect == "include"
    )[at]
    low, high = (np.where(np.isfinite(end[at]), end[at], np.nan) for end in finding.measured)
    names = [STATES[code] for code in state[at]]
    whys = [
        sentence(rule, finding.target, *values)
        for values in zip(
            names,
            finding.measured.low[at].tolist(),
            finding.measured.high[at].tolist(),
            found.tolist(),
            [finding.told[n] for n in at.tolist()],
            finding.doubted[at].tolist(),
            strict=True,
        )
    ]
    return pd.DataFrame(
        {
            "candidate": index[at],
            "rule": rule.id,
            "state": names,
            "measured_low": low,
            "measured_high": high,
            "unit": rule.unit,
            "limit": _limit(finding, at),
            "margin": found,
            "zh": [why.zh for why in whys],
            "en": [why.en for why in whys],
        }
    )


def _matrix(findings: Sequence[Finding], n: int) -> _States:
    """State by rule and candidate; allowed where a rule does not apply."""
    rows = [np.where(finding.applies, finding.state, ALLOWED) for finding in findings]
    return np.array(rows, dtype=np.int8).reshape(len(findings), n)


def _overall(findings: Sequence[Finding], index: "pd.Index[str]") -> "pd.Series[str]":
    worst = _matrix(findings, len(index)).max(axis=0, initial=ALLOWED)
    return pd.Series(np.array(STATES, dtype=object)[worst], index=index, name="state", dtype="str")


def _effects(findings: Sequence[Finding], n: int) -> pd.DataFrame:
    states = _matrix(findings, n)
    excluded, spoiled = states == EXCLUDED, states != ALLOWED
    only = excluded & (excluded.sum(axis=0) == 1)
    decisive = spoiled & (spoiled.sum(axis=0) == 1)
    return pd.DataFrame(
        {
            "hits": excluded.sum(axis=1),
            "alone": only.sum(axis=1),
            "marginal": decisive.sum(axis=1),
            "unknown": (states == UNKNOWN).sum(axis=1),
        },
        index=pd.Index([finding.rule.id for finding in findings], name="rule", dtype="str"),
    ).astype("int64")
