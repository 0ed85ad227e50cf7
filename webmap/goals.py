"""The targets in the order in which a page tells them: plan by plan, the whole first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.targets import Goal, goals
from webmap.trajectories import Bar, Trajectory, bars, trajectory

_NEUTRAL = "#6b6b6b"


@dataclass(frozen=True)
class Told:
    """One subject with its targets, each with its drawing."""

    kind: str
    key: str
    name: Both
    colour: str
    goals: tuple[tuple[Goal, Trajectory | None], ...]

    @property
    def lines(self) -> int:
        """Table lines that the subject takes: one for each base."""
        return sum(max(1, len(goal.ways)) for goal, _ in self.goals)


@dataclass(frozen=True)
class Chapter:
    """The targets of one plan.

    Attributes
    ----------
    levels :
        Targets of the whole and its sectors that start from a base.
    sums :
        The other targets of the whole and its sectors: they add up, are
        counted, or have no base.
    others :
        Targets of platforms, projects and everything else.
    """

    plan_id: str
    title: Both
    year_start: int | None
    year_end: int | None
    base_year: int | None
    ended: bool
    goals: tuple[Goal, ...]
    levels: tuple[Told, ...]
    sums: tuple[Told, ...]
    others: tuple[Told, ...]
    bars: tuple[Bar, ...]


def chapters(plan: Plan, today: date) -> list[Chapter]:
    """One chapter for each plan that sets targets."""
    every = goals(plan)
    sectors = plan.tables["sectors"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    colours = {str(key): str(value) for key, value in sectors["colour"].dropna().items()}
    place = {key: number for number, key in enumerate(sectors.sort_values("order").index)}
    plans = plan.tables["plans"].dropna(subset=["id"]).drop_duplicates("id")
    found = []
    for _, row in plans.iterrows():
        own = sorted(
            (goal for goal in every if goal.figure["plan_id"] == row["id"]),
            key=lambda goal: place.get(str(goal.figure["subject_id"]), -1),
        )
        if not own:
            continue
        main = [goal for goal in own if goal.figure["subject_kind"] in ("plans", "sectors")]
        levels = [goal for goal in main if goal.ways]
        end = _year(row["year_end"])
        found.append(
            Chapter(
                plan_id=str(row["id"]),
                title=Both(str(row["title_zh"]), _or(row["title_en"], row["title_zh"])),
                year_start=_year(row["year_start"]),
                year_end=end,
                base_year=_year(row["base_year"]),
                ended=end is not None and end < today.year,
                goals=tuple(own),
                levels=_told(levels, colours),
                sums=_told([goal for goal in main if goal not in levels], colours),
                others=_told([goal for goal in own if goal not in main], colours),
                bars=tuple(bars(_comparable(levels), colours)),
            )
        )
    return found


def _told(goals: Iterable[Goal], colours: dict[str, str]) -> tuple[Told, ...]:
    by_subject: dict[tuple[str, str], list[Goal]] = {}
    for goal in goals:
        subject = (str(goal.figure["subject_kind"]), str(goal.figure["subject_id"]))
        by_subject.setdefault(subject, []).append(goal)
    return tuple(
        Told(
            kind,
            key,
            own[0].subject,
            colours.get(key, _NEUTRAL),
            tuple((goal, trajectory(goal, colours.get(key))) for goal in own),
        )
        for (kind, key), own in by_subject.items()
    )


def _comparable(levels: list[Goal]) -> list[Goal]:
    """The targets of the one measure that most sectors have."""
    measures = [
        str(goal.figure["measure"])
        for goal in levels
        if goal.figure["subject_kind"] == "sectors" and any(way.growth for way in goal.ways)
    ]
    if len(set(measures)) == 0 or len(measures) < 2:
        return []
    most = max(dict.fromkeys(measures), key=measures.count)
    return [goal for goal in levels if goal.figure["measure"] == most]


def _year(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _or(value: object, other: object) -> str:
    return str(value) if isinstance(value, str) else str(other)
