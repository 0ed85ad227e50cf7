"""The money of a subject by year, for a chart beside its details."""

from collections.abc import Mapping

import pandas as pd

from geoplan.place.phasing import yearly
from geoplan.plan.opening import Plan


def money_by_year(plan: Plan) -> pd.DataFrame:
    """Each project's money by year, equal over its years, on the project's id."""
    projects = plan.tables["projects"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    return yearly(projects.dropna(subset=["investment_wanyuan"]))


def projects_of(
    plan: Plan, kind: str, key: str, districts: "Mapping[str, pd.Series[str]]"
) -> "pd.Series[float]":
    """The projects that belong to a subject, with the share of each that does.

    Parameters
    ----------
    districts :
        Kind → district code on the id, as located.

    Returns
    -------
    Series
        Share on the project's id; empty for a kind that has no projects.
    """
    projects = plan.tables["projects"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    columns = {
        "sectors": "sector_id",
        "enterprises": "enterprise_id",
        "platforms": "platform_id",
    }
    if kind == "projects":
        own = projects.index == key
    elif kind == "districts":
        code = districts["projects"].reindex(projects.index)
        own = (code == key).fillna(False).to_numpy(dtype=bool)
    elif kind in columns:
        own = (projects[columns[kind]] == key).fillna(False).to_numpy(dtype=bool)
    else:
        return pd.Series(dtype=float)
    share = pd.Series(1.0, index=projects.index[own])
    if kind == "sectors":
        links = plan.tables["sector_links"].dropna(subset=["project_id", "share"])
        linked = links[links["to_sector_id"] == key].groupby("project_id")["share"].sum()
        share = pd.concat([share, linked.drop(share.index, errors="ignore")])
    return share


def summed(table: pd.DataFrame, share: "pd.Series[float]") -> dict[int, float]:
    """Money of some projects by year; years without money before and after are left out.

    Examples
    --------
    >>> table = pd.DataFrame({2020: [0, 0], 2021: [10, 4], "undated": [0, 3]}, index=["a", "b"])
    >>> summed(table, pd.Series({"a": 0.5, "b": 1.0}))
    {2021: 9.0}
    """
    known = share[share.index.isin(table.index)]
    years = [year for year in table.columns if isinstance(year, int)]
    total = table.loc[known.index, years].mul(known, axis=0).sum()
    total = total[total > 0]
    if total.empty:
        return {}
    span = range(int(total.index.min()), int(total.index.max()) + 1)
    return {year: float(total.get(year, 0.0)) for year in span}
