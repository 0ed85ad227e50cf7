"""The criteria of a question: which are chosen, how they are valued, and what they find.

Weight and value function of a default criterion are a row of
``data/criteria.csv``; a brief may change them, switch a criterion off, or
declare one of its own, see :mod:`geoplan.site.overlays`. How others add
criteria is told in :mod:`geoplan.site.installed`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np

from geoplan.errors import GeoplanError
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both
from geoplan.plan.statements import records, text
from geoplan.plan.tables import file_of, split_list
from geoplan.site.entries import BriefError, Fault, nearest
from geoplan.site.installed import measured, registered
from geoplan.site.measuring import (
    DRAWS,
    Better,
    Criterion,
    CriterionError,
    Measured,
    Params,
    Sentence,
    Setting,
    criterion,
)
from geoplan.site.overlays import overlay
from geoplan.site.question import Brief, OwnCriterion
from geoplan.site.values import ValueFunction

__all__ = [
    "Chosen",
    "Criterion",
    "CriterionError",
    "Measured",
    "Sentence",
    "Setting",
    "chosen",
    "criterion",
    "left_out",
    "measure_all",
    "registered",
]

MANY_SITES = 2_000
"""More sites than this get neither sentences nor draws."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """A criterion of a question, as it is weighed and valued there.

    Attributes
    ----------
    weight :
        As stated; the weights of all need not sum to 1.
    points :
        What the measure is worth.
    table, row :
        Where weight and value function were read; empty and 0 for those of the
        brief. What the brief changed of a row is in ``changed``.
    """

    criterion: Criterion
    name: Both
    weight: float
    points: ValueFunction
    params: Params = field(default_factory=dict)
    table: str = ""
    row: int = 0
    changed: tuple[str, ...] = ()
    better: Better = "high"

    @property
    def id(self) -> str:
        """Id of the criterion."""
        return self.criterion.id

    @property
    def unit(self) -> str:
        """Unit of the measure."""
        return self.criterion.unit


def chosen(plan: Plan, brief: Brief) -> tuple[Chosen, ...]:
    """The criteria of a brief: those of ``data/criteria.csv`` as it changes them, and its own.

    A default criterion that the brief gives nothing to measure is left out,
    unless the brief itself speaks of it.

    Raises
    ------
    CriterionError
        A row of the table, or an installed package, cannot be used.
    BriefError
        An entry of the brief cannot.
    """
    return tuple(one for one, why in _considered(plan, brief) if not why.en)


def left_out(plan: Plan, brief: Brief) -> tuple[tuple[Chosen, Both], ...]:
    """The default criteria that a brief gives nothing to measure, and why."""
    return tuple((one, why) for one, why in _considered(plan, brief) if why.en)


def _considered(plan: Plan, brief: Brief) -> list[tuple[Chosen, Both]]:
    known = registered()
    own = {one.id: one for one in brief.criteria}
    named = {name for group in brief.weights.order for name in group} | {*brief.weights.criteria}
    problems: list[Both] = []
    faults: list[Fault] = []
    found: list[tuple[Chosen, Both]] = []
    table = plan.tables["criteria"].dropna(subset=["id"]).drop_duplicates("id")
    for row, record in records(table):
        key = text(record["id"])
        change = own.pop(key, None)
        if change is not None and change.off:
            continue
        made, wrong = _of_table(known, record, int(str(row)))
        if made is None:
            problems += [_at(int(str(row)), column, said) for column, said in wrong]
            continue
        if change is not None:
            made = _changed(plan, brief, made, change, faults)
        spoken_of = change is not None or key in named
        found.append((_turned(made, brief), NOTHING if spoken_of else made.criterion.asks(brief)))
    for one in own.values():
        made_here = _of_brief(plan, brief, known, one, faults)
        if made_here is not None:
            found.append((_turned(made_here, brief), NOTHING))
    if problems:
        raise CriterionError(*problems)
    if faults:
        raise BriefError(brief.file, faults)
    if not any(not why.en for _, why in found):
        raise CriterionError(
            Both(
                f"没有可用的准则；请在 {file_of('criteria')} 中填写，或在任务书的 criteria 中声明。",
                f"there is no criterion to judge by; fill {file_of('criteria')} or declare some "
                "under criteria in the brief.",
            )
        )
    return found


def faults_of_table(plan: Plan) -> Iterator[tuple[int, str, Both]]:
    """Row and column of what cannot be used in ``data/criteria.csv``, and why."""
    known = registered()
    for row, record in records(plan.tables["criteria"].dropna(subset=["id"])):
        for column, said in _of_table(known, record, int(str(row)))[1]:
            yield int(str(row)), column, said


def _at(row: int, column: str, said: Both) -> Both:
    file = file_of("criteria")
    return Both(
        f"{file}，第 {row} 行，列 {column}：{said.zh}",
        f"{file}, row {row}, column {column}: {said.en}",
    )


def _of_table(
    known: Mapping[str, Criterion], record: Mapping[str, Any], row: int
) -> tuple[Chosen | None, list[tuple[str, Both]]]:
    """A row of ``data/criteria.csv``, or nothing; and every fault with its column."""
    key = text(record["id"])
    faults: list[tuple[str, Both]] = []

    def fault(column: str, zh: str, en: str) -> None:
        faults.append((column, Both(zh, en)))

    measure = known.get(key)
    if measure is None:
        hint = nearest(key, known)
        fault("id", f"没有准则“{key}”{hint.zh}", f"there is no criterion “{key}”{hint.en}")
        return None, faults
    points = None
    try:
        points = ValueFunction.parse(text(record["value_points"]))
    except GeoplanError as error:
        fault("value_points", f"不是价值函数，请写 量值:得分，如 0:1|60000:0；{error}", str(error))
    weight = record["weight"]
    if not (isinstance(weight, int | float) and np.isfinite(weight) and weight >= 0):
        fault("weight", "缺少权重；请写 0 或正数", "the weight is missing; write 0 or more")
    given: dict[str, float | str] = {}
    for part in split_list(text(record["params"])):
        entry, _, value = part.partition("=")
        given[entry.strip()] = value.strip()
    params, wrong = _completed(measure, given)
    for said in wrong:
        fault("params", said.zh, said.en)
    if faults or points is None:
        return None, faults
    zh = text(record["name_zh"]) or measure.name.zh
    name = Both(zh, text(record["name_en"]) or measure.name.en)
    made = Chosen(
        measure, name, float(weight), points, params, "criteria", row, better=measure.better
    )
    return made, faults


def _completed(
    measure: Criterion, given: Mapping[str, float | str]
) -> tuple[dict[str, float | str], list[Both]]:
    """All parameters of a criterion, the usual values where none is given; and what is wrong."""
    params, wrong = dict(measure.params), []
    for name, value in given.items():
        if name not in params:
            hint = nearest(name, params)
            wrong.append(
                Both(
                    f"“{measure.id}”没有参数“{name}”{hint.zh}",
                    f"“{measure.id}” has no parameter “{name}”{hint.en}",
                )
            )
        elif isinstance(params[name], str):
            params[name] = str(value)
        else:
            try:
                number = float(value)
            except ValueError:
                number = np.nan
            if np.isfinite(number):
                params[name] = number
            else:
                wrong.append(
                    Both(f"{name} = “{value}”不是数字", f"{name} = “{value}” is no number")
                )
    return params, wrong


def _changed(
    plan: Plan, brief: Brief, made: Chosen, change: OwnCriterion, faults: list[Fault]
) -> Chosen:
    """A default criterion with what the brief says instead."""
    path = f"criteria.{change.id}"
    if change.measure:
        faults.append(_taken(change))
        return made
    params, wrong = _completed(made.criterion, {**made.params, **dict(change.params)})
    faults += [Fault(f"{path}.params", said) for said in wrong]
    points = _points(change, faults) if change.points else made.points
    name = Both(change.name_zh or made.name.zh, change.name_en or made.name.en)
    changed = {
        "weight": change.weight is not None,
        "points": bool(change.points),
        "params": bool(change.params),
    }
    return Chosen(
        made.criterion,
        name,
        made.weight if change.weight is None else change.weight,
        points or made.points,
        params,
        made.table,
        made.row,
        tuple(entry for entry, is_changed in changed.items() if is_changed),
        made.better,
    )


def _of_brief(
    plan: Plan,
    brief: Brief,
    known: Mapping[str, Criterion],
    own: OwnCriterion,
    faults: list[Fault],
) -> Chosen | None:
    """A criterion that the table does not have: installed, or measured as the brief says."""
    path = f"criteria.{own.id}"
    if own.off:
        return None
    measure = known.get(own.id)
    if measure is None and not own.measure:
        hint = nearest(own.id, known)
        said = Both(
            f"没有这个准则{hint.zh}；自定准则请写 measure",
            f"there is no such criterion{hint.en}; for one of your own write measure",
        )
        faults.append(Fault(path, said))
        return None
    if measure is not None and own.measure:
        faults.append(_taken(own))
        return None
    points = _points(own, faults)
    if own.weight is None:
        said = Both("缺少权重；请写 weight = 0.1", "the weight is missing; write weight = 0.1")
        faults.append(Fault(f"{path}.weight", said))
    if points is None or own.weight is None:
        return None
    if measure is None:
        try:
            measure = overlay(plan, brief, own, _better(own, points))
        except BriefError as error:
            faults += error.problems
            return None
    params, wrong = _completed(measure, dict(own.params))
    faults += [Fault(f"{path}.params", said) for said in wrong]
    zh = own.name_zh or measure.name.zh
    name = Both(zh, own.name_en or measure.name.en)
    return Chosen(measure, name, own.weight, points, params, better=measure.better)


def _taken(own: OwnCriterion) -> Fault:
    said = Both(
        f"“{own.id}”是已有的准则，不能另定 measure；请换一个编号",
        f"“{own.id}” is a criterion already, with its own measure; take another id",
    )
    return Fault(f"criteria.{own.id}.measure", said)


def _points(own: OwnCriterion, faults: list[Fault]) -> ValueFunction | None:
    try:
        return ValueFunction.parse(own.points)
    except GeoplanError as error:
        said = Both(f"不是价值函数，请写 量值:得分，如 0:1|60000:0；{error}", str(error))
        faults.append(Fault(f"criteria.{own.id}.points", said))
        return None


def _better(own: OwnCriterion, points: ValueFunction) -> Better:
    """As the brief says, else the end of the scale that is worth more."""
    if own.better in ("high", "low"):
        return "low" if own.better == "low" else "high"
    return "high" if points.points[-1][1] >= points.points[0][1] else "low"


def _turned(made: Chosen, brief: Brief) -> Chosen:
    """Where the brief prefers the other end of a measure: what was worth most is worth least."""
    turned_by = made.criterion.turned_by
    if not turned_by or brief.preferences.gathering != turned_by or "points" in made.changed:
        return made
    points = ValueFunction(tuple((x, 1.0 - score) for x, score in made.points.points))
    better: Better = "low" if made.better == "high" else "high"
    return Chosen(
        made.criterion, made.name, made.weight, points, made.params, made.table, made.row,
        (*made.changed, "gathering"), better,
    )  # fmt: skip


def measure_all(
    plan: Plan,
    brief: Brief,
    criteria: tuple[Chosen, ...],
    sites: gpd.GeoDataFrame,
    *,
    n_draws: int = DRAWS,
) -> dict[str, Measured]:
    """What every criterion finds of every site.

    Parameters
    ----------
    sites :
        Of :func:`geoplan.site.candidates.candidates`. More than
        :data:`MANY_SITES` get neither sentences nor draws: ask again for the few
        that are to be explained.

    Raises
    ------
    CriterionError
        An installed criterion fails, or what it returns does not fit the sites.
    """
    many = len(sites) > MANY_SITES
    at = Setting(
        plan,
        brief,
        sites,
        n_draws=0 if many else n_draws,
        seed=brief.robustness.seed,
        explain=not many,
    )
    return {one.id: measured(at.having(one.params), one.criterion) for one in criteria}
