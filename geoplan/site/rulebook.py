"""The hard rules that apply to a question: those of the plan, of ``must`` and ``must_not``, and own ones.

All are the same kind of thing, so that every exclusion is explained in the
same way, whoever asked for it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.tables import file_of, split_list
from geoplan.schema import VOCABULARIES
from geoplan.site.conditions import Condition, ConditionError, missing_column, parse
from geoplan.site.demands import demanded
from geoplan.site.entries import BriefError, Fault, nearest, shown
from geoplan.site.layernames import columns_of, layer_fault
from geoplan.site.question import Brief, OwnRule
from geoplan.site.rule import Rule

SITE_COLUMNS = (
    "id",
    "name_zh",
    "name_en",
    "kind",
    "candidate",
    "district_code",
    "wing_id",
    "area_km2",
    "accuracy_m",
    "basis",
)
"""What a condition may ask of a candidate; own parcels have their own columns besides."""

PROJECT_COLUMNS = (
    "project.sector",
    "project.segment",
    "project.investment_wanyuan",
    "project.land_km2",
    "project.workers",
)
"""What a condition may ask of the new project."""

LAYER_MEASURES = ("inside", "distance_m", "share_covered")
_SIZE_MEASURES = ("distance_m", "share_covered", "area_km2", "area_ratio")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


def rules_for(plan: Plan, brief: Brief) -> tuple[Rule, ...]:
    """The rules of the plan that the brief does not switch off, then those of the brief.

    Raises
    ------
    BriefError
        A rule cannot be used. One of the plan is named by its row: a rule that
        cannot be read allows nothing.
    """
    faults: list[Fault] = []
    general = _plan_rules(plan, faults)
    if faults:
        raise BriefError(file_of("rules"), faults)
    own = own_rules(plan, brief, [rule.id for rule in general], faults)
    if faults:
        raise BriefError(brief.file, faults)
    off = {rule.id for rule in brief.rules if rule.off}
    return (*(rule for rule in general if rule.id not in off), *demanded(plan, brief), *own)


def faults_of_table(plan: Plan) -> Iterator[tuple[int, str, Both]]:
    """Row and column of what cannot be used in ``data/rules.csv``, and why."""
    faults: list[Fault] = []
    _plan_rules(plan, faults)
    for fault in faults:
        row, _, column = fault.field.removeprefix("row ").partition(".")
        yield int(row), column, fault.said


def _plan_rules(plan: Plan, faults: list[Fault]) -> list[Rule]:
    table = plan.tables["rules"]
    known = [key for key in table["id"] if isinstance(key, str)]
    rules = []
    for row, cells in zip(table.index, table.to_dict("records"), strict=True):
        said = {name: value for name, value in cells.items() if _is_said(value)}
        source = OwnRule(
            **{
                entry.name: said[entry.name]
                for entry in fields(OwnRule)
                if entry.name in said and entry.name != "overrides"
            }
            | {"id": str(said.get("id", "")), "overrides": tuple(split_list(said.get("overrides")))}
        )
        rule = _checked(plan, source, f"row {row}", known, faults, own=False)
        if rule is not None:
            rules.append(_from(rule, row=int(row)))
    return rules


def _is_said(value: Any) -> bool:
    return not (value is None or value is pd.NA or value == "" or value != value)


def own_rules(plan: Plan, brief: Brief, known: Iterable[str], faults: list[Fault]) -> list[Rule]:
    """The rules written in a brief; what is wrong with them goes to ``faults``.

    Parameters
    ----------
    known :
        Ids of the plan's rules.
    """
    general = list(known)
    rules, seen = [], set(general)
    ids = [*general, *(rule.id for rule in brief.rules)]
    for number, source in enumerate(brief.rules):
        path = f"rules[{number}]"
        if source.off:
            if source.id not in general:
                hint = nearest(source.id, general)
                _note(faults, f"{path}.id", Both(
                    f"规划中没有规则“{shown(source.id)}”{hint.zh}",
                    f"the plan has no rule “{shown(source.id)}”{hint.en}",
                ))  # fmt: skip
            continue
        if source.id in seen:
            _note(faults, f"{path}.id", Both(
                f"编号“{shown(source.id)}”已被占用；请另取一个，要替代规划的规则请写 overrides",
                f"the id “{shown(source.id)}” is taken; choose another, and to replace a rule of "
                "the plan write overrides",
            ))  # fmt: skip
        seen.add(source.id)
        rule = _checked(plan, source, path, ids, faults, own=brief.candidates.kind != "file")
        if rule is not None:
            rules.append(rule)
    return rules


def _from(rule: Rule, **changes: Any) -> Rule:
    return Rule(**{entry.name: getattr(rule, entry.name) for entry in fields(Rule)} | changes)


def _note(faults: list[Fault], field: str, said: Both) -> None:
    faults.append(Fault(field, said))


def _checked(
    plan: Plan, source: OwnRule, path: str, known: list[str], faults: list[Fault], *, own: bool
) -> Rule | None:
    """A rule as it was written, or nothing where it cannot be used.

    With ``own`` a column that no candidate has is a fault; without, it is unknown.
    """
    before = len(faults)

    def note(key: str, zh: str, en: str) -> None:
        _note(faults, f"{path}.{key}", Both(zh, en))

    if not _ID.fullmatch(source.id):
        note("id", "编号应为字母、数字、连字符", "an id has letters, digits and hyphens")
    for key, said, vocabulary in (
        ("effect", source.effect, "rule_effect"), ("measure", source.measure, "rule_measure"),
    ):  # fmt: skip
        if said not in VOCABULARIES[vocabulary]:
            hint = nearest(said, VOCABULARIES[vocabulary])
            what = Both(f"“{shown(said)}”不可用", f"“{shown(said)}” cannot be used")
            what = what if said else Both("缺少这一项", "it is missing")
            note(key, what.zh + hint.zh, what.en + hint.en)
    parsed: dict[str, Condition | None] = {}
    for key in ("where", "condition", "scope", "exceptions"):
        text = str(getattr(source, key))
        try:
            parsed[key] = parse(text) if text else None
        except ConditionError as error:
            parsed[key] = None
            note(key, error.said.zh, error.said.en)
            continue
        condition = parsed[key]
        if condition is None or key == "where":
            continue
        columns = (*SITE_COLUMNS, *PROJECT_COLUMNS)
        asked = [c for c in condition.columns if own or c.startswith("project.")]
        if any(column not in columns for column in asked):
            fault = missing_column(condition, columns)
            if fault is not None:
                note(key, fault.zh, fault.en)
    _judge_layer(plan, source, parsed["where"], note)
    _judge_size(source, note)
    for other in source.overrides:
        if other not in known or other == source.id:
            hint = nearest(other, [key for key in known if key != source.id])
            note(
                "overrides",
                f"没有可替代的规则“{shown(other)}”{hint.zh}",
                f"there is no rule “{shown(other)}” to replace{hint.en}",
            )
    if len(faults) > before:
        return None
    return Rule(
        id=source.id,
        name=Both(source.name_zh or source.name_en or source.id,
                  source.name_en or source.name_zh or source.id),
        effect="include" if source.effect == "include" else "exclude",
        measure=source.measure,
        origin=path,
        layer=source.layer, file=source.file, features=source.features, crs=source.crs, datum=source.datum,
        accuracy_m=source.accuracy_m,
        where=parsed["where"], condition=parsed["condition"],
        least=source.least, most=source.most,
        scope=parsed["scope"], exceptions=parsed["exceptions"], overrides=source.overrides,
        clause_zh=source.clause_zh, note=source.note,
    )  # fmt: skip


def _judge_layer(plan: Plan, source: OwnRule, where: Condition | None, note: Any) -> None:
    asks = source.measure in LAYER_MEASURES
    if not asks:
        for key in ("layer", "file", "features", "where"):
            if getattr(source, key):
                note(
                    key,
                    f"量度 {source.measure} 不看图层；请删去，或改用 {'、'.join(LAYER_MEASURES)}",
                    f"the measure {source.measure} looks at no layer; remove it, or use "
                    f"{', '.join(LAYER_MEASURES)}",
                )
        return
    if source.looks_at_own:
        return
    fault = layer_fault(plan, source.layer)
    if fault is not None:
        note("layer", fault.zh, fault.en)
    elif where is not None:
        fault = missing_column(where, columns_of(plan, source.layer))
        if fault is not None:
            note("where", fault.zh, fault.en)


def _judge_size(source: OwnRule, note: Any) -> None:
    if source.measure == "attribute":
        if not source.condition:
            note("condition", "缺少属性条件，例如 kind = building",
                 "the condition is missing, for example kind = building")  # fmt: skip
        for key in ("least", "most"):
            if getattr(source, key) is not None:
                note(key, "属性规则把界限写在 condition 里，例如 area_km2 >= 1",
                     "an attribute rule has its limit in condition, for example area_km2 >= 1")  # fmt: skip
    elif source.condition:
        note("condition", "只用于量度 attribute；限定适用范围请写 scope",
             "it is for the measure attribute; to limit where the rule applies write scope")  # fmt: skip
    if source.measure in _SIZE_MEASURES and source.least is None and source.most is None:
        note("most", "缺少界限；请写 least 或 most", "the limit is missing; write least or most")
    if source.least is not None and source.most is not None and source.least > source.most:
        note("least", f"下限 {source.least:g} 大于上限 {source.most:g}；请对调",
             f"least {source.least:g} is above most {source.most:g}; swap them")  # fmt: skip
    for key in ("least", "most"):
        size = getattr(source, key)
        if size is None:
            continue
        if not 0 <= size < np.inf or (source.measure == "share_covered" and size > 1):
            note(key, f"{size:g} 不可用；应不小于 0(份额不大于 1)",
                 f"{size:g} cannot be used; it must be at least 0 (a share at most 1)")  # fmt: skip
