"""The result of a decision record as files: GeoJSON for a GIS, XLSX and CSV for people."""

from datetime import datetime
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.exchange.decisions.sitecites import citing
from geoplan.exchange.decisions.siteshapes import footprints
from geoplan.exchange.decisions.sitetables import (
    contributions_sheet,
    criteria_sheet,
    decision_sheet,
    exclusions_sheet,
    flips_sheet,
    measured_sheet,
    ranking_sheet,
    rules_sheet,
    sources_sheet,
)
from geoplan.exchange.decisions.sitewords import FORMAT, Record, said, why_so
from geoplan.exchange.files.reports import listed
from geoplan.exchange.files.writing import geojson_text
from geoplan.exchange.office.cells import Column, cell_of
from geoplan.exchange.office.workbooks import Properties, workbook
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Language

_LANGUAGES: tuple[Language, ...] = ("zh", "en")


def result_geojson(record: Record, plan: Plan, shapes: gpd.GeoDataFrame | None = None) -> str:
    """Every site with its footprint, as GeoJSON after RFC 7946.

    A site without a known place has no geometry. Of each criterion the
    properties hold ``ID_measured``, ``ID_measured_low``, ``ID_measured_high``
    (in the unit that the member ``criteria`` says), ``ID_value`` (0 … 1) and
    ``ID_contribution``; contributions add up to ``score``.

    Parameters
    ----------
    shapes :
        Own candidates that the record only names; see
        :func:`geoplan.exchange.decisions.siteshapes.footprints`.
    """
    _must_be_record(record)
    places = footprints(record, plan, shapes)
    rows = [
        _properties(record, site, made_of)
        for site, made_of in zip(record["sites"], places["made_of"], strict=True)
    ]
    frame = pd.DataFrame(rows, dtype=object)
    members = {
        "question": {key: record["question"].get(key) for key in ("title", "sector", "candidates")},
        "criteria": [
            {key: criterion[key] for key in ("id", "zh", "en", "unit", "better", "weight")}
            for criterion in record["criteria"]
        ],
        "plan": {key: record["plan"].get(key) for key in ("id", "title_zh", "title_en", "hash")},
        "made": record["made"],
        "result": record.get("result"),
    }
    geometry = places.geometry.to_numpy()
    return geojson_text(gpd.GeoDataFrame(frame, geometry=geometry, crs=places.crs), members)


def _properties(record: Record, site: Record, made_of: str) -> dict[str, Any]:
    district, wing, first = (site.get(key) or {} for key in ("district", "wing", "first"))
    found: dict[str, Any] = {
        "id": site["id"],
        "name_zh": said(site, "zh"),
        "name_en": said(site, "en"),
        "kind": site.get("kind"),
        "state": site["state"],
        "rank": site.get("rank"),
        "score": site.get("score"),
        "score_low": site.get("score_low"),
        "score_high": site.get("score_high"),
        "first_share": first.get("share"),
        "first_error": first.get("error"),
        "rank_best": site.get("rank_best"),
        "rank_worst": site.get("rank_worst"),
        "dominated_by": site.get("dominated_by"),
        "district_code": district.get("code"),
        "district_zh": district.get("zh"),
        "wing_id": wing.get("id"),
        "area_km2": site.get("area_km2"),
        "accuracy_m": site.get("accuracy_m"),
        "basis": site.get("basis"),
        "shape": made_of or None,
        "why_zh": why_so(record, site, "zh"),
        "why_en": why_so(record, site, "en"),
    }
    for criterion in record["criteria"]:
        key = criterion["id"]
        value = (site.get("measured") or {}).get(key) or {}
        found[f"{key}_measured"] = value.get("best")
        found[f"{key}_measured_low"] = value.get("low")
        found[f"{key}_measured_high"] = value.get("high")
        found[f"{key}_value"] = (site.get("values") or {}).get(key)
        found[f"{key}_contribution"] = (site.get("contributions") or {}).get(key)
    return found


def result_workbook(record: Record, language: Language = "zh", plan: Plan | None = None) -> bytes:
    """The result as a spreadsheet: ranking, contributions, measured values, reasons, rules, flips.

    Parameters
    ----------
    plan :
        Gives the sources their titles; without it they have their ids.
    """
    _must_be_record(record)
    _must_be_language(language)
    cited = citing(plan, language)
    sheets = [
        ranking_sheet(record, language),
        contributions_sheet(record, language),
        measured_sheet(record, language),
        exclusions_sheet(record, language, cited),
        rules_sheet(record, language, cited),
        criteria_sheet(record, language, cited),
        flips_sheet(record, language),
        sources_sheet(record, language, cited),
        decision_sheet(record, language),
    ]
    title = str(record["question"].get("title") or record["plan"]["id"])
    made = datetime.fromisoformat(record["made"])
    return workbook(
        sheets,
        Properties(title, _plan_title(record, language), str(record.get("result", "")), made, language),
    )  # fmt: skip


def _plan_title(record: Record, language: Language) -> str:
    plan = record["plan"]
    return str(plan.get(f"title_{language}") or plan.get("title_zh") or plan["id"])


def result_csv(record: Record, language: Language = "zh") -> str:
    """One row a site: rank, state, score, measured values and points of every criterion."""
    _must_be_record(record)
    _must_be_language(language)
    parts = [
        ranking_sheet(record, language),
        measured_sheet(record, language),
        contributions_sheet(record, language),
    ]
    columns: list[Column] = []
    rows: list[list[Any]] = [[] for _ in record["sites"]]
    for part, sheet in enumerate(parts):
        # The sheets below each other begin with the same columns.
        skipped = 0 if part == 0 else sheet.frozen
        columns += list(sheet.columns)[skipped:]
        for row, cells in zip(rows, sheet.rows, strict=True):
            row += list(cells)[skipped:]
    names = _different([column.header for column in columns])
    records = [
        {
            name: cell_of(value, column.kind, language) if column.kind == "flag" else value
            for name, column, value in zip(names, columns, row, strict=True)
        }
        for row in rows
    ]
    return listed(records, "csv")


def _different(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _must_be_record(record: Record) -> None:
    if record.get("format") != FORMAT:
        raise QuestionError("this is no decision record; write one with `geoplan site`")


def _must_be_language(language: str) -> None:
    if language not in _LANGUAGES:
        raise QuestionError(f"“{language}” is no language of geoplan; choose zh or en")
