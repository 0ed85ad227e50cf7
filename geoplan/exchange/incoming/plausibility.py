"""Figures that are read rightly and can hardly be meant: a wrong unit is a thousand times off."""

import pandas as pd

from geoplan.exchange.asking.findings import Findings
from geoplan.exchange.asking.proposals import TableChange
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import TABLES

_UNITS = ("万元", "km²")
_FEWEST = 5
_TIMES = 500.0


def tell_unlikely(change: TableChange, plan: Plan, findings: Findings) -> None:
    """Warn of new amounts and areas that are far above what the plan and the file have usually.

    Usual is the median of both together; with fewer than five figures nothing is said.
    """
    for column in TABLES[change.table].columns:
        if column.unit not in _UNITS or column.name not in change.added:
            continue
        new = pd.to_numeric(change.added[column.name], errors="coerce")
        known = plan.tables[change.table][column.name].astype("float64")
        every = pd.concat([known, new.astype("float64")])
        every = every[every > 0]
        if len(every) < _FEWEST:
            continue
        usual = float(every.median())
        for row, value in new[new > _TIMES * usual].items():
            findings.warn(
                "value.unlikely", int(str(row)), title=Both(column.zh, column.en),
                value=f"{value:,.10g}", unit=column.unit, times=f"{value / usual:,.0f}",
            )  # fmt: skip
