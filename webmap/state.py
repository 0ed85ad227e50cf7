"""What the map page needs to know once: the plan, its sectors, layers and words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from geoplan.exchange.prints.captions import MEASURE_NAMES as MEASURES
from geoplan.place.classes import Method
from geoplan.place.density import BY
from geoplan.plan.evidence import passed_by
from geoplan.plan.layers import Layer
from geoplan.plan.problems import Both, Problem
from geoplan.plan.relations import day_of
from geoplan.plan.statements import text
from geoplan.schema import VOCABULARIES
from webmap import known
from webmap.config import Config
from webmap.figures import UNITS
from webmap.shelf import Shown

_WORDS = (
    "basis", "precision", "subject_kind", "platform_kind", "hub_kind", "status", "operator",
    "figure_kind", "firm_role", "platform_role",
)  # fmt: skip
METHODS: Mapping[Method, Both] = {
    "quantiles": Both("分位数", "Quantiles"),
    "natural_breaks": Both("自然断点", "Natural breaks"),
    "head_tail": Both("头尾分割", "Head/tail"),
    "box_plot": Both("箱线图", "Box plot"),
}
ZONES: Mapping[str, Both] = {
    "district": Both("区县", "District"),
    "wing": Both("翼", "Wing"),
    "platform": Both("平台", "Platform"),
    "grid": Both("方格", "Square grid"),
    "hex": Both("六边形", "Hexagons"),
}


def state_of(shown: Shown, config: Config, today: date) -> dict[str, Any]:
    """The answer of ``/api/state``."""
    plan = shown.plan
    meta = plan.meta
    return {
        "plan": {
            "id": meta.id,
            "zh": meta.title_zh,
            "en": meta.title_en,
            "extent": list(meta.extent),
            "language": meta.language,
            "shown_on": meta.shown_on.isoformat() if meta.shown_on else None,
            "crs": meta.analysis_crs,
        },
        "today": today.isoformat(),
        "plans": [_plan(row) for row in _records(plan.tables["plans"])],
        "sectors": _sectors(shown),
        "wings": [_wing(row) for row in _records(plan.tables["wings"])],
        "years": years_of(plan.tables["projects"]),
        "vintages": [_vintage(layer) for layer in plan.layers_of("districts")],
        "layers": [_layer(layer, today) for layer in plan.layers.values()],
        "virtual": [_virtual(shown, kind) for kind in ("projects", "enterprises")],
        "sources": [_source(row, today) for row in _records(plan.sources)],
        "words": {
            name: {code: {"zh": zh, "en": en} for code, (zh, en) in VOCABULARIES[name].items()}
            for name in _WORDS
        },
        "by": [{"id": by, **_both(ZONES[by])} for by in BY],
        "measures": [
            {"id": name, **_both(label), "unit_zh": UNITS[name].zh, "unit_en": UNITS[name].en}
            for name, label in MEASURES.items()
        ],
        "methods": [{"id": name, **_both(label)} for name, label in METHODS.items()],
        "notices": [notice(problem) for problem in known.age_notices(shown, today)],
        "basemap": config.basemap.described(),
    }


def notice(problem: Problem) -> dict[str, Any]:
    """A problem as the page says it."""
    return {
        "code": problem.code,
        "file": problem.file,
        "row": problem.row,
        "zh": problem.message("zh"),
        "en": problem.message("en"),
    }


def years_of(projects: pd.DataFrame) -> list[int]:
    """Every year in which a project runs."""
    spans = projects[["year_start", "year_end"]].dropna().astype("int64")
    if spans.empty:
        return []
    years: set[int] = set()
    for start, end in spans.drop_duplicates().itertuples(index=False):
        # A slip of the pen (20190) must not make a list of eighteen thousand years.
        if 0 <= end - start <= 100:
            years.update(range(start, end + 1))
    return sorted(years)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows = frame.dropna(subset=["id"]).drop_duplicates("id")
    if "order" in rows:
        rows = rows.sort_values("order", kind="stable", na_position="last")
    return [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]


def _both(phrase: Both) -> dict[str, str]:
    return {"zh": phrase.zh, "en": phrase.en}


def _names(row: Mapping[str, Any], name: str) -> dict[str, str]:
    chinese = text(row.get(f"{name}_zh"))
    return {"zh": chinese, "en": text(row.get(f"{name}_en")) or chinese}


def _number(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _day(value: object) -> str | None:
    day = day_of(value)
    return day.isoformat() if day else None


def _plan(row: Mapping[str, Any]) -> dict[str, Any]:
    short = _names(row, "short")
    return {
        "id": row["id"],
        **_names(row, "title"),
        "short_zh": short["zh"],
        "short_en": short["en"],
        "year_start": _number(row["year_start"]),
        "year_end": _number(row["year_end"]),
        "base_year": _number(row["base_year"]),
        "source": text(row["source_id"]),
    }


def _sectors(shown: Shown) -> list[dict[str, Any]]:
    tables = shown.plan.tables
    own = tables["projects"]["sector_id"].value_counts()
    links = tables["sector_links"].dropna(subset=["project_id", "to_sector_id"])
    linked = links[links["share"] > 0].groupby("to_sector_id")["project_id"].nunique()
    found = []
    for row in _records(tables["sectors"]):
        short, tier = _names(row, "short"), _names(row, "tier")
        name = _names(row, "name")
        found.append(
            {
                "id": row["id"],
                "plan": text(row["plan_id"]),
                **name,
                "short_zh": short["zh"] or name["zh"],
                "short_en": short["en"] or name["en"],
                "tier_zh": tier["zh"],
                "tier_en": tier["en"],
                "colour": text(row["colour"]),
                "order": _number(row["order"]),
                "projects": int(own.get(row["id"], 0)),
                "linked": int(linked.get(row["id"], 0)),
            }
        )
    plans = [row["id"] for row in _records(tables["plans"])]
    rank = {key: number for number, key in enumerate(plans)}
    return sorted(found, key=lambda sector: rank.get(sector["plan"], len(rank)))


def _wing(row: Mapping[str, Any]) -> dict[str, Any]:
    role, axis = _names(row, "role"), _names(row, "axis")
    return {
        "id": row["id"],
        "plan": text(row["plan_id"]),
        **_names(row, "name"),
        "kind": text(row["kind"]),
        "role_zh": role["zh"],
        "role_en": role["en"],
        "axis_zh": axis["zh"],
        "axis_en": axis["en"],
        "colour": text(row["colour"]),
    }


def _vintage(layer: Layer) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "title_zh": layer.title_zh,
        "title_en": layer.title_en,
        "valid_from": _stated_day(layer, "valid_from"),
        "valid_to": _stated_day(layer, "valid_to"),
    }


def _stated_day(layer: Layer, name: str) -> str | None:
    day = layer.facts.get(name)
    return day.isoformat() if isinstance(day, date) else None


def _layer(layer: Layer, today: date) -> dict[str, Any]:
    accessed, days = layer.facts.get("accessed"), layer.facts.get("freshness_days")
    sources = layer.facts.get("source_id")
    accuracy = layer.facts.get("accuracy_m")
    return {
        "name": layer.name,
        "role": layer.role,
        "title_zh": layer.title_zh,
        "title_en": layer.title_en,
        "count": len(layer.frame),
        "origin": [str(one) for one in sources] if isinstance(sources, list) else [],
        "licence": str(layer.facts.get("licence", "")),
        "accessed": _stated_day(layer, "accessed"),
        "valid_from": _stated_day(layer, "valid_from"),
        "valid_to": _stated_day(layer, "valid_to"),
        "accuracy_m": accuracy if isinstance(accuracy, int | float) else None,
        "geometry_basis": str(layer.facts.get("geometry_basis", "")),
        "datum": str(layer.facts.get("datum", "")),
        "note_zh": str(layer.facts.get("note_zh", "")).strip(),
        "note_en": str(layer.facts.get("note_en", "")).strip(),
        "age_days_over": passed_by(accessed if type(accessed) is date else None, days, today),
    }


def _virtual(shown: Shown, kind: str) -> dict[str, Any]:
    drawn = int(known.footprints(shown, kind)["count"].sum())
    total = len(known.located(shown, kind))
    zh, en = VOCABULARIES["subject_kind"][kind]
    return {
        "name": kind,
        "role": kind,
        "title_zh": zh,
        "title_en": f"{en.capitalize()}s",
        "count": drawn,
        "coarse": total - drawn,
    }


def _source(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    promised_on = day_of(row["issued"]) or day_of(row["accessed"])
    publisher = _names(row, "publisher")
    return {
        "id": row["id"],
        "kind": text(row["kind"]),
        **_names(row, "title"),
        "publisher_zh": publisher["zh"],
        "publisher_en": publisher["en"],
        "issued": _day(row["issued"]),
        "accessed": _day(row["accessed"]),
        "licence": text(row["licence"]),
        "address": text(row["address"]),
        "age_days_over": passed_by(promised_on, _number(row["freshness_days"]), today),
    }
