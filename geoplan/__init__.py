"""geoplan turns an industrial plan document into a map that can be questioned.

Open a plan with :func:`open_plan`, judge it with :func:`check`, follow its
figures with :func:`ledger` and see where they disagree with :func:`conflicts`.
"""

from geoplan.errors import GeoplanError, QuestionError, UnusablePlanError
from geoplan.plan.checks import check
from geoplan.plan.conflicts import Conflict
from geoplan.plan.disagreements import conflicts
from geoplan.plan.layers import Layer
from geoplan.plan.ledger import ledger
from geoplan.plan.opening import Plan, open_plan
from geoplan.plan.problems import Problem
from geoplan.plan.starting import init_plan

__version__ = "0.1.0"

__all__ = [
    "Conflict",
    "GeoplanError",
    "Layer",
    "Plan",
    "Problem",
    "QuestionError",
    "UnusablePlanError",
    "check",
    "conflicts",
    "init_plan",
    "ledger",
    "open_plan",
]
