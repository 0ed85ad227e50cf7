"""Judge candidates by hard rules: allowed, excluded, or unknown, each with its reason.

What is measured is a range. A rule excludes a site only where every value in
the range is wrong, and allows it only where every value is right; between them,
and where there is no data, it is unknown. Unknown is never allowed.
"""

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype

from geoplan.plan.ledger import subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both
from geoplan.schema import VOCABULARIES
from geoplan.site.conditions import Condition, ConditionError, holds
from geoplan.site.entries import BriefError, Fault
from geoplan.site.layernames import layer_words
from geoplan.site.looking import features_for
from geoplan.site.question import Brief
from geoplan.site.ranges import Range, Sites, depth_m, distance_m, share_covered
from geoplan.site.rule import Rule
from geoplan.site.rulebook import LAYER_MEASURES, PROJECT_COLUMNS, rules_for
from geoplan.site.verdicts import (
    ALLOWED,
    EXCLUDED,
    UNKNOWN,
    Finding,
    Verdicts,
    collected,
    states_of,
)
from geoplan.site.zonedepth import depth_in_districts, depth_in_wings

__all__ = ["Rule", "Verdicts", "facts_of", "judge", "rules_for"]

_GIVEN = Both("任务书所附范围", "the areas given in the brief")
_MEASURES = {"inside": depth_m, "distance_m": distance_m, "share_covered": share_covered}
_ZONES = {"districts": depth_in_districts, "wings": depth_in_wings}


def judge(
    plan: Plan, rules: Sequence[Rule], candidates: gpd.GeoDataFrame, brief: Brief
) -> Verdicts:
    """Judge every candidate by every rule that applies to it.

    A rule applies in its scope, save its exceptions, and save the scope of a rule
    that overrides it. Where it is not known whether a rule applies, it allows or
    is unknown, and excludes nothing.

    Parameters
    ----------
    rules :
        See :func:`rules_for`.
    candidates :
        See :func:`geoplan.site.candidates.candidates`.

    Raises
    ------
    BriefError
        A rule asks for a column that the candidates do not have, or its own layer
        cannot be used.
    """
    sites = Sites.of(candidates)
    facts = facts_of(candidates, brief)
    findings = []
    for rule in rules:
        local = [other for other in rules if rule.id in other.overrides]
        applies = _applies(rule, local, facts, brief)
        finding = _finding(plan, brief, rule, sites, candidates, facts)
        doubted = applies.isna().to_numpy() & (finding.state == EXCLUDED)
        state = np.where(doubted, UNKNOWN, finding.state).astype(np.int8)
        kept = applies.fillna(True).to_numpy(dtype=bool)
        findings.append(
            replace(finding, applies=kept, state=state, doubted=applies.isna().to_numpy())
        )
    return collected(findings, candidates.index, tuple(rules))


def facts_of(candidates: gpd.GeoDataFrame, brief: Brief) -> pd.DataFrame:
    """What conditions may ask: the candidates' columns, their id, and ``project.…``.

    A district counts only where it is stated or where a site lies wholly inside it.
    """
    facts = pd.DataFrame(candidates.drop(columns=["geometry", "centre"]))
    facts["id"] = candidates.index.to_numpy()
    sure = candidates["district_via"].isin(["stated", "inside"])
    facts["district_code"] = candidates["district_code"].where(sure)
    stated = candidates["candidate"] == "platform"
    facts["wing_id"] = candidates["wing_id"].where(stated)
    for column in PROJECT_COLUMNS:
        value = getattr(brief.project, column.removeprefix("project."))
        kind = "str" if isinstance(value, str) else "float64"
        facts[column] = pd.Series(None if value == "" else value, index=facts.index, dtype=kind)
    return facts


def _holds(
    condition: Condition, facts: pd.DataFrame, rule: Rule, key: str, brief: Brief
) -> "pd.Series[bool]":
    """Whether a condition holds; a column that the plan's rule knows and these sites lack is unknown."""
    absent = [column for column in condition.columns if column not in facts]
    if rule.row and absent:
        nowhere = pd.Series(None, index=facts.index, dtype=object)
        facts = facts.assign(**dict.fromkeys(absent, nowhere))
    try:
        return holds(condition, facts)
    except ConditionError as error:
        raise BriefError(brief.file, [Fault(f"{rule.origin}.{key}", error.said)]) from None


def _applies(
    rule: Rule, local: Sequence[Rule], facts: pd.DataFrame, brief: Brief
) -> "pd.Series[bool]":
    applies = pd.Series(True, index=facts.index, dtype="boolean")
    if rule.scope is not None:
        applies = applies & _holds(rule.scope, facts, rule, "scope", brief)
    if rule.exceptions is not None:
        applies = applies & ~_holds(rule.exceptions, facts, rule, "exceptions", brief)
    if rule.measure == "area_ratio" and brief.project.land_km2 is None:
        applies = applies & False
    for other in local:
        if other.scope is None:
            return applies & False
        applies = applies & ~_holds(other.scope, facts, other, "scope", brief)
    return applies


def _finding(
    plan: Plan,
    brief: Brief,
    rule: Rule,
    sites: Sites,
    candidates: gpd.GeoDataFrame,
    facts: pd.DataFrame,
) -> Finding:
    """What a rule finds of every candidate, whether it applies or not."""
    n, include = len(candidates), rule.effect == "include"
    every, none = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    nothing = Range(np.full(n, np.nan), np.full(n, np.nan))
    if rule.measure == "attribute" and rule.condition is not None:
        return _attribute(rule, rule.condition, facts, brief)
    least = -np.inf if rule.least is None else rule.least
    most = np.inf if rule.most is None else rule.most
    told: Sequence[Both] = [NOTHING] * n
    zone = rule.measure in ("inside", *_ZONES)
    if zone and rule.least is None and rule.most is None:
        least = 0.0
    if rule.measure in _ZONES:
        measured = _ZONES[rule.measure](plan, rule.values, sites, candidates)
    elif rule.measure in LAYER_MEASURES:
        features = features_for(plan, brief, rule)
        if not len(features.geometry) and not features.lost:
            measured, told = nothing, [_EMPTY] * n
        else:
            measured = _MEASURES[rule.measure](sites, features)
    else:
        area = candidates["area_km2"].to_numpy(dtype=float, na_value=np.nan)
        area = area if rule.measure == "area_km2" else area / (brief.project.land_km2 or np.nan)
        measured, told = Range(area, area), [_NO_AREA] * n
    state = states_of(measured, least, most, include=include, open_ends=zone)
    target = _target(plan, rule)
    if rule.measure in _ZONES:
        told = _stated(plan, rule, measured, candidates)
    return Finding(rule, every, state, measured, least, most, target, told, none)


_EMPTY = Both(
    "图层中没有符合条件的要素，无法判定", "its layer has no such feature, so nothing can be told"
)
_NO_AREA = Both("面积不详，无法判定", "its area is not known")


def _attribute(rule: Rule, condition: Condition, facts: pd.DataFrame, brief: Brief) -> Finding:
    met = _holds(condition, facts, rule, "condition", brief)
    right = met if rule.effect == "include" else ~met
    state = np.select(
        [right.isna().to_numpy(), right.fillna(False).to_numpy(dtype=bool)],
        [UNKNOWN, ALLOWED],
        EXCLUDED,
    ).astype(np.int8)
    n = len(facts)
    values, least, most = np.full(n, np.nan), -np.inf, np.inf
    test = condition.comparison
    sized = test is not None and test.column in facts
    if test is not None and sized and not is_datetime64_any_dtype(facts[test.column]):
        values = pd.to_numeric(facts[test.column], errors="coerce").to_numpy(dtype=float)
        size = float(test.values[0])
        least, most = (size, np.inf) if test.operator.startswith(">") else (-np.inf, size)
    texts = _attribute_texts(condition, facts, rule.clause_zh)
    every, none = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    measured = Range(values, values)
    return Finding(rule, every, state, measured, least, most, NOTHING, texts, none)


def _attribute_texts(condition: Condition, facts: pd.DataFrame, clause: str) -> list[Both]:
    """The attributes that a condition asked for; the condition too where no clause says it."""
    columns = [column for column in condition.columns if column in facts]
    asked = Both(f"（条件：{condition.text}）", f" (condition: {condition.text})")
    asked = NOTHING if clause else asked
    said = [_value_texts(column, facts) for column in columns]
    texts = []
    for values in zip(*said, strict=True) if said else [()] * len(facts):
        pairs = list(zip(columns, values, strict=True))
        zh = "，".join(f"{_title(name).zh}为“{value.zh}”" for name, value in pairs)
        en = ", ".join(f"{_title(name).en} is {value.en}" for name, value in pairs)
        texts.append(Both(zh + asked.zh, en + asked.en))
    return texts


KINDS = {
    **VOCABULARIES["platform_kind"],
    "parcel": ("地块", "parcel"),
    "cell": ("格网", "grid cell"),
    "grid": ("格网", "grid cell"),
    "platform": ("平台", "platform"),
}
"""What the kinds of candidates are called."""

_TITLES = {
    "id": Both("候选", "the site"),
    "kind": Both("类别", "kind"),
    "candidate": Both("候选类型", "kind of candidate"),
    "district_code": Both("区县", "district"),
    "wing_id": Both("翼", "wing"),
    "area_km2": Both("面积(平方公里)", "area in km²"),
}


def _title(column: str) -> Both:
    return _TITLES.get(column, Both(column, column))


def _value_texts(column: str, facts: pd.DataFrame) -> list[Both]:
    """The cells of a column as people read them; of an id the name."""
    if column == "id":
        names = zip(facts["name_zh"].tolist(), facts["name_en"].tolist(), strict=True)
        return [Both(str(zh), str(en)) for zh, en in names]
    words = KINDS if column in ("kind", "candidate") else {}
    missing = Both("不详", "not known")
    known: dict[object, Both] = {}
    texts = []
    values = facts[column]
    for value, there in zip(values.tolist(), values.notna().tolist(), strict=True):
        if not there:
            texts.append(missing)
            continue
        if value not in known:
            plain = f"{value:g}" if isinstance(value, float) else str(value)[:60]
            known[value] = Both(*words.get(plain, (plain, plain)))
        texts.append(known[value])
    return texts


def _target(plan: Plan, rule: Rule) -> Both:
    """What the layer or the zones of a rule are called."""
    where = f" ({rule.where.text})" if rule.where is not None else ""
    if rule.measure in _ZONES:
        names = subject_names(plan)
        both = [names.get((rule.measure, value), (value, value)) for value in rule.values]
        return Both("、".join(zh for zh, _ in both), ", ".join(en for _, en in both))
    if rule.looks_at_own:
        own = Both(rule.file, rule.file) if rule.file else _GIVEN
        return Both(f"{own.zh}{where}", f"{own.en}{where}")
    if rule.measure not in LAYER_MEASURES:
        return NOTHING
    return layer_words(plan, rule.layer, rule.where.text if rule.where is not None else "")


def _stated(plan: Plan, rule: Rule, measured: Range, candidates: gpd.GeoDataFrame) -> list[Both]:
    """What is said where a zone is stated rather than measured."""
    column = "district_code" if rule.measure == "districts" else "wing_id"
    names = subject_names(plan)
    stated = np.isinf(measured.low) & np.isinf(measured.high)
    texts = []
    for told, value in zip(stated.tolist(), candidates[column].tolist(), strict=True):
        if told and isinstance(value, str):
            zh, en = names.get((rule.measure, value), (value, value))
            texts.append(Both(f"属{zh}", f"it is in {en}"))
        else:
            texts.append(NOTHING)
    return texts
