"""Judge the tables of site selection: rows that no site could be chosen by.

The tables may be of the right form and still make no sense: a condition that asks for
a column that nothing has, a criterion that nobody measures, a value function that
does not ascend.
"""

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Problem
from geoplan.plan.tables import file_of
from geoplan.site import criteria, rulebook


def site_problems(plan: Plan) -> list[Problem]:
    """What is wrong with the rules and criteria of a plan.

    Returns
    -------
    list of Problem
        With row and column. A cell that could not be read is a fault of the plan
        already and is not reported again.
    """
    told = {(fault.file, fault.row) for fault in plan.faults}
    tables = {"rules": rulebook.faults_of_table, "criteria": criteria.faults_of_table}
    found = [
        Problem("site.unusable", file_of(table), row, column, {"said": _sentence(said)})
        for table, faults in tables.items()
        for row, column, said in faults(plan)
    ]
    return [problem for problem in found if (problem.file, problem.row) not in told]


def _sentence(said: Both) -> Both:
    return Both(f"{said.zh.rstrip('。')}。", f"{said.en[:1].upper()}{said.en[1:].rstrip('.')}.")
