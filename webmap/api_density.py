"""Density by zone, sorted into classes and coloured, with its money line."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from flask import Blueprint, Response

from geoplan.exchange.prints.captions import MEASURE_NAMES as MEASURES
from geoplan.exchange.prints.marks import class_colours
from geoplan.place.classes import Method, classify
from geoplan.place.density import BY, Density, Question, amounts
from geoplan.place.histogram import histogram
from geoplan.plan.problems import Both
from webmap import known
from webmap.answering import answer, encoded, shelf
from webmap.api_layers import question_of, vintage_reader
from webmap.asking import Reader, asked, flag, one_of, whole
from webmap.figures import UNITS, measured
from webmap.shelf import Shown
from webmap.state import METHODS, years_of

blueprint = Blueprint("density", __name__, url_prefix="/api")

ZERO_COLOUR = "#f3efe4"
_DEFAULT_K = 5
_NOTES = {
    "district": Both(
        "只知在某区县的项目计入该区县；跨界的按面积份额分。",
        "A project known only to a district counts there; one that lies across a line is "
        "divided by area.",
    ),
    "wing": Both(
        "只知区县的项目无法归入某一翼，列在“只知区县”。",
        "What is known only to a district cannot be put into a wing; it is listed as coarser.",
    ),
    "platform": Both(
        "只计规划或编者指明平台的项目；未写明面积的平台没有密度。",
        "Only projects with a named platform count; a platform without a stated area has no "
        "density.",
    ),
    "grid": Both(
        "每个项目均匀铺在已知的范围内，点位按其精度展开；只知区县的铺满全区县。",
        "Each project is spread over what is known of it, a point as far as its accuracy; "
        "what is known only to a district is spread over all of it.",
    ),
}
_NOTES["hex"] = _NOTES["grid"]


@blueprint.get("/density")
def density_by_zone() -> Response:
    """Money, projects or firms in each zone."""
    shown = shelf().shown()
    given = asked(shown.things.get("density readers", lambda: _readers(shown)))
    by = given.get("by", "district")
    measure = given.get("measure", "investment_wanyuan_per_km2")
    method, k = given.get("method", "natural_breaks"), given.get("k", _DEFAULT_K)
    question = question_of(
        shown,
        by,
        "" if by in ("wing", "platform") else given.get("vintage", ""),
        sector=given.get("sector", ""),
        year=int(given["year"]) if "year" in given else None,
        without_largest=given.get("without_largest", False),
    )
    key = ("density", question, measure, method, k)
    return answer(shown, key, lambda: encoded(_density(shown, question, measure, method, k)))


def _readers(shown: Shown) -> dict[str, Reader]:
    tables = shown.plan.tables
    return {
        "by": one_of(BY),
        "measure": one_of(MEASURES),
        "sector": one_of(tables["sectors"]["id"].dropna()),
        "year": one_of(str(year) for year in years_of(tables["projects"])),
        "vintage": vintage_reader(shown),
        "without_largest": flag,
        "method": one_of(METHODS),
        "k": whole(2, 9),
    }


def _density(
    shown: Shown, question: Question, measure: str, method: Method, k: int
) -> dict[str, Any]:
    found = known.answered(shown, question)
    zones = found.zones
    ids = [str(key) for key in zones.index]
    values = _significant(zones[measure], 6)
    sorted_out = classify(values, method, k)
    labels = sorted_out.labels(lambda value: measured(measure, value))
    numbers = range(1, len(sorted_out.edges) + 1)
    spread = histogram(values.to_numpy(dtype=float))
    note = _NOTES[question.by]
    unit = UNITS[measure]
    zero = int(sorted_out.counts.get(0, 0))
    return {
        "by": question.by,
        "measure": measure,
        "unit": unit.zh,
        "unit_zh": unit.zh,
        "unit_en": unit.en,
        "values": dict(zip(ids, _listed(values), strict=True)),
        "counts": dict(zip(ids, _counts(zones), strict=True)),
        "money_by_zone": dict(
            zip(ids, _listed(_significant(zones["investment_wanyuan"], 12)), strict=True)
        ),
        "classes": {
            "method": method,
            "k": k,
            "edges": list(sorted_out.edges),
            "lowest": None if np.isnan(sorted_out.lowest) else sorted_out.lowest,
            "counts": [int(sorted_out.counts.get(number, 0)) for number in numbers],
            "colours": list(class_colours(len(sorted_out.edges))),
            "labels_zh": [labels[number].zh for number in numbers],
            "labels_en": [labels[number].en for number in numbers],
            "has_zero": zero > 0,
            "zero_count": zero,
            "zero_colour": ZERO_COLOUR,
            "has_nodata": sorted_out.missing > 0,
            "nodata_count": sorted_out.missing,
        },
        "histogram": {
            "edges": list(spread.edges),
            "counts": list(spread.counts),
            "log": spread.logarithmic,
        },
        "money": {
            "placed": found.money.placed,
            "outside": found.money.outside,
            "coarser": found.money.coarser,
            "unplaced": found.money.unplaced,
            "total": found.money.total,
        },
        "left_out": _left_out(shown, found),
        "reallocated": len(found.reallocated),
        "cell_m": question.cell_m if question.by == "grid" else None,
        "note": note.zh,
        "note_zh": note.zh,
        "note_en": note.en,
    }


def _significant(values: "pd.Series[Any]", digits: int) -> "pd.Series[Any]":
    """Values with so many digits; the classes are made of what is shown."""
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = digits - 1 - np.floor(np.log10(np.abs(numbers)))
        scale = 10.0 ** np.where(np.isfinite(places), places, 0)
        rounded = np.where(numbers == 0, 0.0, np.round(numbers * scale) / scale)
    return pd.Series(rounded, index=values.index, name=values.name)


def _listed(values: "pd.Series[Any]") -> list[float | int | None]:
    return [
        None if value != value else int(value) if value == int(value) else value
        for value in values.tolist()
    ]


def _counts(zones: pd.DataFrame) -> list[list[float | int | None]]:
    projects = _listed(_significant(zones["project_count"], 4))
    firms = _listed(_significant(zones["firm_count"], 4))
    return [list(pair) for pair in zip(projects, firms, strict=True)]


def _left_out(shown: Shown, found: Density) -> dict[str, Any] | None:
    if not found.left_out:
        return None
    money, _, _ = amounts(shown.plan, replace(found.question, without_largest=False))
    zh, en = known.names(shown).get(("projects", found.left_out), (found.left_out,) * 2)
    return {"id": found.left_out, "zh": zh, "en": en, "wanyuan": int(money[found.left_out])}
