"""The ledger: every figure of the plan, each with its sentence."""

from collections.abc import Mapping

import pandas as pd

from geoplan.plan.opening import Plan
from geoplan.plan.tables import file_of
from geoplan.schema import CITATION_NAMES

LEDGER_COLUMNS = (
    "figure_id",
    "plan_id",
    "subject_kind",
    "subject_id",
    "subject_zh",
    "subject_en",
    "measure",
    "measure_zh",
    "measure_en",
    "kind",
    "status",
    "operator",
    "value",
    "value_high",
    "unit",
    "year_start",
    "year",
    "file",
    "row",
    "source_id",
    "locus",
    "quote",
    "basis",
    "note",
)

_NAME_COLUMNS = {"plans": ("short_zh", "short_en"), "sources": ("title_zh", "title_en")}
_CITED = list(CITATION_NAMES)


def ledger(plan: Plan) -> pd.DataFrame:
    """Every figure of the plan with source, heading and quote.

    Figures are the rows of ``indicators``, the investment of each project and
    the planned area of each platform that has one.

    Returns
    -------
    DataFrame
        One row a figure, columns :data:`LEDGER_COLUMNS`, in the order
        indicators, projects, platforms.
    """
    parts = [_indicator_figures(plan), _project_figures(plan), _platform_figures(plan)]
    figures = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    names = subject_names(plan)
    for language in ("zh", "en"):
        figures[f"subject_{language}"] = [
            names.get((kind, subject), (subject, subject))[language == "en"]
            for kind, subject in zip(figures["subject_kind"], figures["subject_id"], strict=True)
        ]
    return figures[list(LEDGER_COLUMNS)]


def _indicator_figures(plan: Plan) -> pd.DataFrame:
    rows = plan.tables["indicators"]
    return rows.rename(columns={"id": "figure_id"}).assign(
        file=file_of("indicators"), row=rows.index
    )


def plan_of_sources(plan: Plan) -> pd.Series:
    """Source id → id of the plan whose document it is."""
    plans = plan.tables["plans"].dropna(subset=["id", "source_id"])
    return plans.drop_duplicates("source_id").set_index("source_id")["id"]


def _project_figures(plan: Plan) -> pd.DataFrame:
    rows = plan.tables["projects"].dropna(subset=["investment_wanyuan"])
    return rows[["year_start", *_CITED]].assign(
        figure_id="projects." + rows["id"],
        plan_id=rows["source_id"].map(plan_of_sources(plan)),
        subject_kind="projects",
        subject_id=rows["id"],
        measure="investment",
        measure_zh="计划总投资",
        measure_en="planned investment",
        kind="level",
        status="target",
        operator="eq",
        value=rows["investment_wanyuan"].astype("float64"),
        value_high=float("nan"),
        unit="万元",
        year=rows["year_end"],
        file=file_of("projects"),
        row=rows.index,
    )


def _platform_figures(plan: Plan) -> pd.DataFrame:
    rows = plan.tables["platforms"].dropna(subset=["area_km2"])
    plan_id = rows["source_id"].map(plan_of_sources(plan))
    plans = plan.tables["plans"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    return rows[_CITED].assign(
        figure_id="platforms." + rows["id"],
        plan_id=plan_id,
        subject_kind="platforms",
        subject_id=rows["id"],
        measure="planned_area",
        measure_zh="规划面积",
        measure_en="planned area",
        kind="level",
        status="target",
        operator="eq",
        value=rows["area_km2"],
        value_high=float("nan"),
        unit="平方公里",
        year_start=plan_id.map(plans["year_start"]),
        year=plan_id.map(plans["year_end"]),
        file=file_of("platforms"),
        row=rows.index,
    )


def subject_names(plan: Plan) -> Mapping[tuple[str, str], tuple[str, str]]:
    """(kind, id) of everything that has a name → (Chinese, English); a plan by its short title."""
    names: dict[tuple[str, str], tuple[str, str]] = {}
    for layer in reversed(plan.layers_of("districts")):
        frame = layer.frame
        if not {layer.key, "name_zh"} <= set(frame.columns):
            continue
        english = frame["name_en"] if "name_en" in frame else frame["name_zh"]
        for code, zh, en in zip(frame[layer.key], frame["name_zh"], english, strict=True):
            names["districts", str(code)] = (str(zh), str(en))
    for kind, table in plan.tables.items():
        frame = table
        if kind == "plans":
            frame = table.assign(
                short_zh=table["short_zh"].fillna(table["title_zh"]),
                short_en=table["short_en"].fillna(table["title_en"]),
            )
        zh, en = _NAME_COLUMNS.get(kind, ("name_zh", "name_en"))
        if kind.endswith("_names") or not {"id", zh, en} <= set(frame.columns):
            continue
        known = frame.dropna(subset=["id", zh])
        for key, chinese, english in zip(
            known["id"], known[zh], known[en].fillna(known[zh]), strict=True
        ):
            names[kind, key] = (chinese, english)
    return names
