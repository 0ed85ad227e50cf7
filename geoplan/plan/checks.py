"""Judge a plan: all problems at once, none hidden behind another."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from geoplan.plan.boundaries import boundary_problems
from geoplan.plan.evidence import evidence_problems, quote_problems
from geoplan.plan.opening import Plan
from geoplan.plan.positions import position_problems
from geoplan.plan.problems import Problem
from geoplan.plan.relations import relation_problems


def check(
    plan: Plan, *, today: date | None = None, documents: Path | str | None = None
) -> list[Problem]:
    """All problems of a plan, errors first, then by file and row.

    Parameters
    ----------
    today :
        The day on which promises of freshness are judged; the current day by
        default.
    documents :
        Folder with the plan documents; every quote is then compared with its
        document, whitespace aside.

    Returns
    -------
    list of Problem
        Empty when there is nothing to say. A cell that could not be read is
        reported once, and not again by the rules that would have used it.

    Examples
    --------
    >>> from geoplan.plan.opening import open_plan
    >>> plan = open_plan("tests/plans/tiny")
    >>> [problem.code for problem in check(plan, today=date(2026, 6, 1))]
    ['plan.ended', 'freshness.passed']
    """
    problems = [
        *plan.faults,
        *relation_problems(plan),
        *evidence_problems(plan, today or date.today()),
        *position_problems(plan),
        *boundary_problems(plan),
    ]
    if documents is not None:
        problems += quote_problems(plan, Path(documents))
    return in_order(problems)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems as they are told: errors first, then by file and row."""
    order = {"error": 0, "warning": 1}
    return sorted(problems, key=lambda p: (order[p.severity], p.file, p.row, p.column))
