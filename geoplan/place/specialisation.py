"""What a zone is specialised in, and how far money is held by a few.

Location quotient, Herfindahl index and Gini of the plan's own money, with and
without the largest project, and with a warning where the base is too small.
"""

from typing import Any

import pandas as pd

from geoplan.place.concentration import concentration, location_quotient
from geoplan.place.density import Question, amounts, density
from geoplan.plan.opening import Plan


def specialisation(plan: Plan, sector: str, **asked: Any) -> pd.DataFrame:
    """Location quotient of a sector's planned money in each zone.

    LQ = (sector here / all here) / (sector everywhere / all everywhere). Money
    in no zone counts to everywhere.

    Parameters
    ----------
    sector :
        Id of a sector of either taxonomy.
    asked :
        Further fields of :class:`geoplan.place.density.Question`: ``by``,
        ``year``, ``vintage`` ….

    Returns
    -------
    DataFrame
        On the zones' key: names, ``sector_wanyuan``, ``total_wanyuan``,
        ``location_quotient`` and the same ``_without_largest``; missing where
        a zone has no money at all.
    """
    part = density(plan, **asked, sector=sector)
    frame = pd.DataFrame()
    for suffix, without in (("", False), ("_without_largest", True)):
        whole = density(plan, **asked, without_largest=without)
        money = part.zones["investment_wanyuan"].astype("float64")
        total = part.money.total
        if without and whole.left_out:
            # The largest project of all, which the sector may have or not.
            kept = density(plan, **asked, sector=sector, without_largest=True)
            if kept.left_out == whole.left_out:
                money, total = kept.zones["investment_wanyuan"].astype("float64"), kept.money.total
        if frame.empty:
            frame = pd.DataFrame(part.zones[["name_zh", "name_en"]])
            frame["sector_wanyuan"] = part.zones["investment_wanyuan"]
            frame["total_wanyuan"] = whole.zones["investment_wanyuan"]
        here = whole.zones["investment_wanyuan"].reindex(money.index).fillna(0)
        quotient = location_quotient(money, here, total, whole.money.total)
        frame[f"location_quotient{suffix}"] = quotient
    return frame


def concentrations(plan: Plan, **asked: Any) -> list[dict[str, Any]]:
    """Herfindahl index and Gini of the money over zones and over projects.

    Returns
    -------
    list of dict
        One record over the zones and one over the projects: units, total,
        share of the largest, ``hhi``, ``gini`` with and without the largest,
        and a ``warning`` in both languages where the base is small.
    """
    result = density(plan, **asked)
    question = Question(**asked)
    over = {
        "zones": result.zones["investment_wanyuan"],
        "projects": amounts(plan, question)[0],
    }
    records = []
    for name, values in over.items():
        found = concentration(values.astype("float64"))
        records.append(
            {
                "over": name,
                "units": found.units,
                "total_wanyuan": found.total,
                "largest": found.largest,
                "largest_share": found.largest_share,
                "hhi": found.hhi,
                "hhi_without_largest": found.hhi_without_largest,
                "gini": found.gini,
                "gini_without_largest": found.gini_without_largest,
                "warning_zh": found.warning.zh,
                "warning_en": found.warning.en,
            }
        )
    return records
