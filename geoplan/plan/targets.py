"""The targets: where each starts, how fast it must grow, what has been observed since."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geoplan.plan.bases import (
    RELATIVE,
    RELATIVE_UNIT,
    Base,
    Way,
    bases_of,
    grown,
    growth_needed,
    observed_of,
    usable_figures,
    way_from,
)
from geoplan.plan.ledger import subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.tables import file_of

GoalStatus = Literal["observed", "no_observation", "no_base"]

STATUSES: Mapping[GoalStatus, Both] = {
    "observed": Both("基期后已有观测", "observed after the base year"),
    "no_observation": Both("基期后无观测", "no observation after the base year"),
    "no_base": Both("规划未给出基数", "the plan gives no base"),
}

_GROWS = ("level", "multiple", "growth_per_year")
_SUBJECT = ["plan_id", "subject_kind", "subject_id"]


@dataclass(frozen=True)
class StatedGrowth:
    """A yearly growth that the plan itself states, in percent."""

    year_start: int
    year: int
    operator: str
    value: float
    row: int


@dataclass(frozen=True)
class Goal:
    """One target of one subject, with everything the plan says that bears on it.

    Growth that belongs to a target of the same subject and measure stands with
    that target; growth without one is a goal of its own (``growth_per_year``).

    Attributes
    ----------
    row, figure :
        The row of ``indicators`` that holds the target.
    ways :
        One for each base that the target may have; empty if it can have none.
    stated :
        The growth that the plan states for it, oldest first.
    multiple, growth :
        What the target comes to where it needs no base: times the base year,
        percent a year.
    per_year, per_year_high :
        For what is to be added up over some years: the amount a year.
    pace :
        For the same: the amount a year that was observed in the years before.
    latest :
        The newest observation, of whatever year.
    evidence :
        (table, row) of every figure it rests on.
    """

    row: int
    figure: pd.Series
    subject: Both
    measure: Both
    base_year: int | None
    ways: tuple[Way, ...]
    stated: tuple[StatedGrowth, ...]
    multiple: float | None
    growth: float | None
    per_year: float | None
    per_year_high: float | None
    pace: Base | None
    latest: Base | None
    status: GoalStatus
    evidence: tuple[tuple[str, int], ...]


def goals(plan: Plan) -> list[Goal]:
    """Every target of the plan's figures, in the order of the table ``indicators``."""
    figures = usable_figures(plan)
    names = subject_names(plan)
    by_subject = dict(iter(figures.groupby(_SUBJECT)))
    return [
        _goal(plan, figures, by_subject[tuple(figure[_SUBJECT])], names, row, figure)
        for row, figure in _target_rows(figures)
    ]


def _target_rows(figures: pd.DataFrame) -> Iterator[tuple[int, pd.Series]]:
    """The rows that are goals: targets, and growth that belongs to none."""
    rows = figures[figures["status"] == "target"]
    keys = [*_SUBJECT, "measure"]
    led = rows[rows["kind"].isin(["level", "multiple"])].groupby(keys)["year"].max().to_dict()
    rates = rows[rows["kind"] == "growth_per_year"]
    ends = rates.groupby(keys)["year"].max().to_dict()
    for row, figure in rows.iterrows():
        key = tuple(figure[keys])
        if figure["kind"] == "growth_per_year":
            belongs = key in led and led[key] >= figure["year"]
            if belongs or figure["year"] < ends[key]:
                continue
        yield int(str(row)), figure


def _goal(
    plan: Plan,
    figures: pd.DataFrame,
    own: pd.DataFrame,
    names: Mapping[tuple[str, str], tuple[str, str]],
    row: int,
    figure: pd.Series,
) -> Goal:
    kind, value, end = str(figure["kind"]), float(figure["value"]), int(figure["year"])
    stated = _stated(own, figure)
    base_year = _base_year(plan, figure, stated)
    multiple = _multiple(kind, value, base_year, end, stated)
    # Only a whole plan is compared with figures of other subjects, its sectors.
    wider = figure["subject_kind"] == "plans" or pd.notna(figure["base_id"])
    reach = figures if wider else own
    observed = observed_of(plan, reach, figure, "level" if kind in _GROWS else kind)
    ways = tuple(
        way_from(
            base,
            value if multiple is None else base.value * multiple,
            end,
            str(figure["measure"]),
            _rates(stated, base.year, end),
            observed,
        )
        for base in _bases(plan, reach, figure, base_year, observed, multiple)
    )
    since = _start(figure) - 1 if base_year is None else base_year
    pace = _pace(own, figure) if kind == "cumulative" else None
    if kind == "cumulative":
        within = own.loc[[base.rows[0] for base in observed], "year_start"].fillna(own["year"])
        observed = [base for base in observed if within[base.rows[0]] > since]
    years = end - _start(figure) + 1
    adds = kind in ("cumulative", "count") and years > 1
    rows = [row, *(rate.row for rate in stated)]
    rows += [r for way in ways for r in way.base.rows]
    rows += [r for base in (*observed, *((pace,) if pace else ())) for r in base.rows]
    latest = observed[-1] if observed else None
    has_base = pace is not None or any(way.base.rows for way in ways)
    subject = (str(figure["subject_kind"]), str(figure["subject_id"]))
    return Goal(
        row=row,
        figure=figure,
        subject=Both(*names.get(subject, (subject[1], subject[1]))),
        measure=Both(str(figure["measure_zh"]), str(figure["measure_en"])),
        base_year=base_year,
        ways=ways,
        stated=stated,
        multiple=multiple,
        growth=None
        if multiple is None or base_year is None
        else growth_needed(1.0, multiple, end - base_year),
        per_year=value / years if adds else None,
        per_year_high=float(figure["value_high"]) / years
        if adds and pd.notna(figure["value_high"])
        else None,
        pace=pace,
        latest=latest,
        status="observed"
        if latest is not None and latest.year > since
        else "no_observation"
        if has_base
        else "no_base",
        evidence=tuple(("indicators", r) for r in dict.fromkeys(rows)),
    )


def _start(figure: pd.Series) -> int:
    return int(figure["year"] if pd.isna(figure["year_start"]) else figure["year_start"])


def _stated(own: pd.DataFrame, goal: pd.Series) -> tuple[StatedGrowth, ...]:
    """The growth that the plan states for the target's measure up to its year."""
    if goal["kind"] not in _GROWS:
        return ()
    rates = own[
        (own["kind"] == "growth_per_year")
        & (own["status"] == "target")
        & (own["measure"] == goal["measure"])
        & (own["year"] <= goal["year"])
    ]
    found = [
        StatedGrowth(
            _start(rate),
            int(rate["year"]),
            str(rate["operator"]),
            float(rate["value"]),
            int(str(r)),
        )
        for r, rate in rates.iterrows()
    ]
    return tuple(sorted(found, key=lambda rate: (rate.year_start, rate.year)))


def _rates(stated: tuple[StatedGrowth, ...], start: int, end: int) -> list[float] | None:
    """The stated rate of each year after ``start``; ``None`` if a year has none."""
    rates = []
    for year in range(start + 1, end + 1):
        of_year = [rate.value for rate in stated if rate.year_start <= year <= rate.year]
        if not of_year:
            return None
        rates.append(of_year[0])
    return rates or None


def _base_year(plan: Plan, goal: pd.Series, stated: tuple[StatedGrowth, ...]) -> int | None:
    """The year that a target counts from: its own, that of its growth, or the plan's."""
    stated_in = plan.tables["indicators"]["base_year"]
    own_kind = goal["kind"] in ("multiple", "growth_per_year")
    if pd.notna(goal["base_year"]) and goal["kind"] != "growth_per_year":
        return int(goal["base_year"])
    if stated and pd.notna(stated_in[stated[0].row]):
        return int(stated_in[stated[0].row])
    if stated:
        return stated[0].year_start - 1
    if own_kind and pd.notna(goal["year_start"]):
        return _start(goal) - 1
    plans = plan.tables["plans"]
    own = plans[plans["id"] == goal["plan_id"]]
    for column, offset in (("base_year", 0), ("year_start", -1)):
        if len(own) and pd.notna(own[column].iloc[0]):
            return int(own[column].iloc[0]) + offset
    return None


def _bases(
    plan: Plan,
    figures: pd.DataFrame,
    goal: pd.Series,
    base_year: int | None,
    observed: list[Base],
    multiple: float | None,
) -> list[Base]:
    """The bases in the base year, or else in the newest year before it that has one."""
    if goal["kind"] not in (*_GROWS, "share"):
        return []
    found: list[Base] = []
    if pd.notna(goal["base_id"]):
        found = bases_of(plan, figures, goal, None)
    elif base_year is not None:
        before = [base.year for base in observed if base.year <= base_year]
        found = [base for base in observed if base.year == max(before, default=None)]
    if not found and multiple is not None and base_year is not None:
        found = [Base(RELATIVE, "", 1.0, RELATIVE_UNIT, base_year, ())]
    return found


def _multiple(
    kind: str, value: float, base_year: int | None, end: int, stated: tuple[StatedGrowth, ...]
) -> float | None:
    if kind == "multiple":
        return value
    rates = None if base_year is None else _rates(stated, base_year, end)
    return grown(1.0, rates) if kind == "growth_per_year" and rates else None


def _pace(own: pd.DataFrame, goal: pd.Series) -> Base | None:
    """The amount a year that was added in the newest period before the target's own."""
    before = own[
        (own["status"] == "observed")
        & (own["kind"] == "cumulative")
        & (own["measure"] == goal["measure"])
        & (own["year"] < _start(goal))
    ]
    if before.empty:
        return None
    row = before["year"].idxmax()
    newest = before.loc[row]
    name = Both(str(newest["measure_zh"]), str(newest["measure_en"]))
    value = float(newest["value"]) / (int(newest["year"]) - _start(newest) + 1)
    end = int(newest["year"])
    return Base(name, str(newest["measure"]), value, str(newest["unit"]), end, (int(str(row)),))


TARGET_COLUMNS = (
    *("target_id", "plan_id", "subject_kind", "subject_id", "subject_zh", "subject_en"),
    *("measure", "measure_zh", "measure_en", "kind", "operator", "value", "value_high", "unit"),
    *("year_start", "year", "base_number", "base_zh", "base_en", "base_value", "base_unit"),
    *("base_year", "target_level", "growth_needed_percent", "per_year_needed"),
    *("growth_stated_percent", "growth_stated_reaches", "multiple", "latest_year"),
    *("latest_value", "latest_share", "status"),
    *("file", "row", "source_id", "locus", "quote", "basis", "note"),
)


def targets(plan: Plan) -> pd.DataFrame:
    """Every target with the growth that each possible base asks for.

    Returns
    -------
    DataFrame
        One row a target and base, columns :data:`TARGET_COLUMNS`. A target
        whose base the plan leaves open has a row for each (``base_number`` 1,
        2 …), one without a base a single row with empty base columns.
    """
    rows = [record for goal in goals(plan) for record in _records(goal)]
    return pd.DataFrame(rows, columns=list(TARGET_COLUMNS))


def _records(goal: Goal) -> Iterator[dict[str, object]]:
    rates = {rate.value for rate in goal.stated}
    shared = goal.figure.to_dict() | {
        "target_id": goal.figure["id"],
        "subject_zh": goal.subject.zh,
        "subject_en": goal.subject.en,
        "base_zh": None,
        "base_year": goal.base_year,
        "growth_needed_percent": goal.growth,
        "per_year_needed": goal.per_year,
        "growth_stated_percent": rates.pop() if len(rates) == 1 else None,
        "multiple": goal.multiple,
        "latest_year": goal.latest.year if goal.latest else None,
        "latest_value": goal.latest.value if goal.latest else None,
        "status": goal.status,
        "file": file_of("indicators"),
        "row": goal.row,
    }
    records = [
        shared
        | {
            "base_number": number,
            "base_zh": way.base.name.zh,
            "base_en": way.base.name.en,
            "base_value": way.base.value,
            "base_unit": way.base.unit,
            "base_year": way.base.year,
            "target_level": way.target,
            "growth_needed_percent": way.growth,
            "per_year_needed": way.per_year,
            "growth_stated_reaches": way.stated_reaches,
            "latest_year": way.observed[-1].year if way.observed else None,
            "latest_value": way.observed[-1].value if way.observed else None,
            "latest_share": way.share,
        }
        for number, way in enumerate(goal.ways, 1)
    ]
    for record in records or [shared]:
        yield {name: record.get(name) for name in TARGET_COLUMNS}
