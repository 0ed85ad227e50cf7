"""Which figures a target may start from, and the way from there."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both

SUM_OF_SECTORS = Both("各产业合计", "sum of the sectors")
RELATIVE = Both("基期为 1", "base year = 1")
RELATIVE_UNIT = "倍"


@dataclass(frozen=True)
class Point:
    """A value in a year."""

    year: int
    value: float


@dataclass(frozen=True)
class Base:
    """A figure, or a sum of figures, that a target may be measured from.

    Attributes
    ----------
    measure :
        What it is a figure of; for a sum, what its parts are figures of.
    rows :
        Rows of ``indicators`` that it rests on; none if the plan gives no
        level, so that the base year counts as 1.
    """

    name: Both
    measure: str
    value: float
    unit: str
    year: int
    rows: tuple[int, ...]
    is_sum: bool = False


def usable_figures(plan: Plan) -> pd.DataFrame:
    """The rows of ``indicators`` that say what, of whom, how much and when."""
    needed = ["plan_id", "subject_kind", "subject_id", "measure", "kind", "status", "value", "year"]
    figures = plan.tables["indicators"].dropna(subset=needed)
    zh = figures["measure_zh"].fillna(figures["measure"])
    return figures.assign(measure_zh=zh, measure_en=figures["measure_en"].fillna(zh))


def is_same_measure(measure: pd.Series, wanted: str) -> pd.Series:
    """Whether measures are ``wanted`` or a qualified form of it (``sales_output`` of ``output``)."""
    return (measure == wanted) | measure.str.endswith("_" + wanted)


def all_parts(plan: Plan, figures: pd.DataFrame) -> Iterator[tuple[pd.Series, pd.DataFrame]]:
    """Each plan, measure, year, status and unit for which every sector has a level."""
    levels = figures[(figures["kind"] == "level") & (figures["subject_kind"] == "sectors")]
    sectors = plan.tables["sectors"].groupby("plan_id")["id"].agg(set)
    columns = ["plan_id", "measure", "year", "status", "unit"]
    for values, parts in levels.groupby(columns):
        key = pd.Series(dict(zip(columns, values, strict=True)))
        if set(parts["subject_id"]) == sectors.get(key["plan_id"]):
            yield key, parts


def observed_of(plan: Plan, figures: pd.DataFrame, goal: pd.Series, kind: str) -> list[Base]:
    """All that is observed and may be compared with a target, oldest first.

    The subject's own figures of the measure; in years without one, those of a
    qualified form of it; and for a whole plan the sums of its sectors.

    Parameters
    ----------
    goal :
        A row of ``indicators``.
    kind :
        Kind of figure to look for.
    """
    observed = figures[
        (figures["plan_id"] == goal["plan_id"])
        & (figures["kind"] == kind)
        & (figures["status"] == "observed")
    ]
    if observed.empty:
        return []
    own = observed[
        (observed["subject_kind"] == goal["subject_kind"])
        & (observed["subject_id"] == goal["subject_id"])
        & is_same_measure(observed["measure"], str(goal["measure"]))
    ]
    exact = own["measure"] == goal["measure"]
    own = own[exact | ~own["year"].isin(own.loc[exact, "year"])]
    found = [_single(figure, int(str(row))) for row, figure in own.iterrows()]
    if goal["subject_kind"] == "plans" and kind == "level":
        found += [
            _sum(key, parts)
            for key, parts in all_parts(plan, observed)
            if key["measure"] == goal["measure"]
        ]
    if goal["kind"] == kind:
        found = [base for base in found if base.unit == goal["unit"]]
    return sorted(found, key=lambda base: base.year)


def bases_of(plan: Plan, figures: pd.DataFrame, goal: pd.Series, year: int | None) -> list[Base]:
    """What a target or a growth rate may start from in a year.

    The figure that the row names as its base, and no other; where it names
    none, what :func:`observed_of` finds in ``year``.
    """
    if pd.notna(goal["base_id"]):
        named = figures[figures["id"] == goal["base_id"]]
        return [_single(figure, int(str(row))) for row, figure in named.iterrows()]
    kind = "share" if goal["kind"] == "share" else "level"
    return [base for base in observed_of(plan, figures, goal, kind) if base.year == year]


def _single(figure: pd.Series, row: int) -> Base:
    return Base(
        Both(str(figure["measure_zh"]), str(figure["measure_en"])),
        str(figure["measure"]),
        float(figure["value"]),
        str(figure["unit"]),
        int(figure["year"]),
        (row,),
    )


def _sum(key: pd.Series, parts: pd.DataFrame) -> Base:
    return Base(
        SUM_OF_SECTORS,
        str(key["measure"]),
        float(parts["value"].sum()),
        str(key["unit"]),
        int(key["year"]),
        tuple(int(row) for row in parts.index),
        is_sum=True,
    )


@dataclass(frozen=True)
class Way:
    """The way from one base to the target.

    Attributes
    ----------
    target :
        The level to be reached, in the base's unit.
    growth :
        Percent a year that are needed; ``None`` for a share, which gains points.
    per_year :
        Amount a year that is needed, in the base's unit (points for a share).
    points :
        The way year by year, at that growth; for a share at equal steps.
    stated_path :
        What the plan's own yearly growth makes of the base, year by year; empty
        where it does not cover every year.
    observed :
        What is observed of the base's measure from the base year on.
    """

    base: Base
    target: float
    growth: float | None
    per_year: float
    points: tuple[Point, ...]
    stated_path: tuple[Point, ...]
    observed: tuple[Base, ...]

    @property
    def stated_reaches(self) -> float | None:
        """What the plan's own yearly growth makes of the base by the target year."""
        return self.stated_path[-1].value if self.stated_path else None

    @property
    def share(self) -> float | None:
        """The newest observation as a share of the target."""
        return self.observed[-1].value / self.target if self.observed and self.target else None


def way_from(
    base: Base,
    target: float,
    year: int,
    measure: str,
    rates: list[float] | None,
    observed: list[Base],
) -> Way:
    """The way from a base to a target.

    Parameters
    ----------
    measure :
        Of the target; the base's may be a qualified form of it.
    rates :
        The growth that the plan states for each year between, in percent.
    observed :
        What may be compared with the target, oldest first.
    """
    years = max(year - base.year, 0)
    is_percent = base.unit == "%"
    growth = None if is_percent else growth_needed(base.value, target, years)
    per_year = (target - base.value) / max(years, 1)
    points = tuple(
        Point(
            base.year + step,
            base.value + step * per_year if growth is None else grown(base.value, [growth] * step),
        )
        for step in range(years + 1)
    )
    since = tuple(
        seen
        for seen in observed
        if seen.year >= base.year
        and (seen.unit, seen.is_sum) == (base.unit, base.is_sum)
        and (seen.measure == base.measure or (seen.measure == measure and seen.year > base.year))
    )
    stated = () if is_percent or rates is None else range(len(rates) + 1)
    path = tuple(
        Point(base.year + step, grown(base.value, (rates or [])[:step])) for step in stated
    )
    return Way(base, target, growth, per_year, points, path, since)


def growth_needed(start: float, end: float, years: int) -> float | None:
    """Percent a year that lead from one level to another; ``None`` where no rate does.

    Examples
    --------
    >>> round(growth_needed(2882.2, 5500, 5), 1)
    13.8
    """
    if start <= 0 or end <= 0 or years <= 0:
        return None
    return float(((end / start) ** (1 / years) - 1) * 100)


def grown(start: float, rates: list[float]) -> float:
    """A level after growing by each yearly rate, in percent, in turn.

    Examples
    --------
    >>> round(grown(1, [20, 30, 30]), 3)
    2.028
    """
    for rate in rates:
        start *= 1 + rate / 100
    return start
