"""What the pages ask of :mod:`geoplan.site`, and the bounds that a shared server sets.

A command line may take its time; a page shares two processors with others.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd

from geoplan.errors import GeoplanError
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language
from geoplan.site.brief import Brief, BriefError, brief_from
from geoplan.site.candidates import candidates
from geoplan.site.criteria import chosen, left_out
from geoplan.site.deciding import choose
from geoplan.site.entries import Fault
from geoplan.site.flips import value_flips, weight_flips
from geoplan.site.record import checked_record, record_of
from geoplan.site.replaying import replay
from geoplan.site.values import ValueFunction
from geoplan.site.weights import ahp, rank_order

MOST_DRAWS = 20_000
MOST_CANDIDATES = 5_000

# Of the four threads of a worker one is left for those who only read.
_AT_ONCE = BoundedSemaphore(2)
_IN_LINE = BoundedSemaphore(1)
_WAIT_S = 30


class BusyError(GeoplanError):
    """Too many others are being answered."""


@dataclass(frozen=True)
class Decided:
    """A decision as the page takes it: its record, and where the candidates may lie."""

    record: Mapping[str, Any]
    footprints: gpd.GeoDataFrame


@contextmanager
def room() -> Iterator[None]:
    """One of the places in which something long may be worked out."""
    if not _AT_ONCE.acquire(blocking=False):
        if not _IN_LINE.acquire(blocking=False):
            raise BusyError("too many are being answered at once")
        try:
            if not _AT_ONCE.acquire(timeout=_WAIT_S):
                raise BusyError("too many are being answered at once")
        finally:
            _IN_LINE.release()
    try:
        yield
    finally:
        _AT_ONCE.release()


# ---- briefs
def brief_of(plan: Plan, mapping: Mapping[str, Any]) -> Brief:
    """A brief from its fields; it can name no file of this machine.

    Raises
    ------
    BriefError
        Fields are wrong, or ask for more than a shared server gives.
    """
    # Without a folder a brief cannot name files.
    brief = brief_from(mapping, plan)
    faults = list(_beyond(brief))
    if faults:
        raise BriefError(brief.file, faults)
    return brief


def _beyond(brief: Brief) -> Iterator[Fault]:
    if brief.robustness.draws > MOST_DRAWS:
        yield Fault("robustness.draws", Both(
            f"网页最多抽样 {MOST_DRAWS:,} 次；更多请用命令行 geoplan site",
            f"at most {MOST_DRAWS:,} draws here; for more use geoplan site on the command line",
        ))  # fmt: skip
    if brief.candidates.features:
        count = len(orjson.loads(brief.candidates.features)["features"])
        if count > MOST_CANDIDATES:
            yield Fault("candidates.features", too_many(count))


def too_many(count: int) -> Both:
    """What is said of more parcels than a page takes."""
    return Both(
        f"有 {count:,} 个地块，网页最多 {MOST_CANDIDATES:,} 个；请先筛选，或用命令行 geoplan site",
        f"{count:,} parcels, at most {MOST_CANDIDATES:,} here; filter them, or use geoplan site "
        "on the command line",
    )


def too_many_cells(count: int) -> Both:
    """What is said of more cells than a page judges one by one."""
    return Both(
        f"有 {count:,} 格，网页最多逐格评价 {MOST_CANDIDATES:,} 格；请放大方格，或少选几个区县",
        f"{count:,} cells, at most {MOST_CANDIDATES:,} are judged one by one here; take larger "
        "cells, or fewer districts",
    )


def mapping_of(text: str) -> dict[str, Any]:
    """The fields of a brief that is written as TOML or JSON.

    Raises
    ------
    BriefError
        It is neither.
    """
    is_json = text.lstrip().startswith("{")
    try:
        found = orjson.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        form = "JSON" if is_json else "TOML"
        said = Both(f"不是有效的 {form}：{error}", f"it is no valid {form}: {error}")
        raise BriefError("brief", [Fault("", said)]) from error
    if not isinstance(found, dict):
        said = Both("最外层应是一组键值", "it must be a table of entries")
        raise BriefError("brief", [Fault("", said)])
    return found


# ---- decisions
def decided(plan: Plan, brief: Brief) -> Decided:
    """The decision on a brief.

    Raises
    ------
    GeoplanError
        The brief cannot be answered on this plan.
    """
    with room():
        if brief.candidates.kind == "grid":
            count = len(candidates(plan, brief))
            if count > MOST_CANDIDATES:
                raise BriefError(brief.file, [Fault("candidates.cell_m", too_many_cells(count))])
        decision = choose(plan, brief)
        return Decided(record_of(decision), decision.sites)


def criteria_of(plan: Plan) -> list[dict[str, Any]]:
    """The default criteria of a plan, whether or not a brief gives them something to measure."""
    blank = Brief()
    try:
        found = [*chosen(plan, blank), *(one for one, _ in left_out(plan, blank))]
    except GeoplanError:
        # A table that cannot be read is told where a brief is answered.
        return []
    return [
        {
            "id": one.id,
            "zh": one.name.zh,
            "en": one.name.en,
            "unit": one.unit,
            "better": one.better,
            "weight": one.weight,
            "points": [list(point) for point in one.points.points],
        }
        for one in sorted(found, key=lambda one: one.row)
    ]


def replayed(plan: Plan, record: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a record still holds, and what has changed.

    Raises
    ------
    RecordError
        It is no decision record.
    BriefError
        Its brief cannot be answered here.
    """
    content = checked_record(dict(record), "record")
    brief_of(plan, content["brief"])
    with room():
        found = replay(content, plan)
    return {
        "same": found.same,
        "causes": [_both(said) for said in found.causes],
        "effects": [_both(said) for said in found.effects],
    }


def _both(said: Both) -> dict[str, str]:
    return {"zh": said.zh, "en": said.en}


# ---- weights and pairs
def weighted(given: Mapping[str, Any]) -> dict[str, Any]:
    """Weights from an order of importance (``order``) or from judgements in pairs (``ahp``).

    Raises
    ------
    QuestionError
        The order or the judgements cannot be used.
    """
    if given.get("method") == "ahp":
        made = ahp(_rows(given.get("judgements")), _names(given.get("criteria")))
    else:
        groups = given.get("order")
        order = groups if isinstance(groups, list) else []
        made = rank_order([_names(one) if isinstance(one, list) else str(one) for one in order])
    revisit = made.revisit
    return {
        "weights": {str(name): float(weight) for name, weight in made.weights.items()},
        "lambda_max": made.lambda_max,
        "ratio": made.ratio,
        "flagged": made.flagged,
        "revisit": revisit
        and {
            "row": revisit.row,
            "column": revisit.column,
            "given": revisit.given,
            "suggested": revisit.suggested,
        },
    }


def _names(given: Any) -> list[str]:
    return [str(name) for name in given] if isinstance(given, list) else []


def _rows(given: Any) -> list[list[Any]]:
    rows = given if isinstance(given, list) else []
    return [row if isinstance(row, list) else [] for row in rows]


def between(record: Mapping[str, Any], first: str, second: str) -> dict[str, Any] | None:
    """What would turn round the order of two sites; ``None`` where one is not in the record."""
    sites = {site["id"]: site for site in record["sites"]}
    if first == second or not {first, second} <= set(sites):
        return None
    pair = [sites[first], sites[second]]
    names = [one["id"] for one in record["criteria"]]
    weights = pd.Series({one["id"]: one["weight"] for one in record["criteria"]})
    functions = {
        one["id"]: ValueFunction(tuple((x, y) for x, y in one["points"]))
        for one in record["criteria"]
    }
    measured = {
        site["id"]: {name: _number(site["measured"][name]["best"]) for name in names}
        for site in pair
    }
    values = pd.DataFrame(
        {name: {site["id"]: float(site["values"][name]) for site in pair} for name in names}
    ).loc[[first, second]]
    is_likened = record["question"].get("like") is not None
    if not is_likened:
        # The record's values are rounded; what is asked of a value must be exact.
        for site, found in measured.items():
            for name, best in found.items():
                if not np.isnan(best):
                    values.at[site, name] = functions[name].value(best)
    scores = (values * weights).sum(axis=1)
    if abs(scores[first] - scores[second]) < 1e-9:
        return {"loser": None, "winner": None, "weights": [], "values": []}
    loser, winner = (first, second) if scores[first] < scores[second] else (second, first)
    by_weight = weight_flips(values, weights, loser, winner)
    by_value = (
        pd.DataFrame(columns=by_weight.columns)
        if is_likened
        else value_flips(values, weights, loser, measured[loser], functions, winner)
    )
    units = {one["id"]: one["unit"] for one in record["criteria"]}
    spans = {name: one.points[-1][0] - one.points[0][0] for name, one in functions.items()}
    return {
        "loser": loser,
        "winner": winner,
        "weights": _smallest(by_weight, dict.fromkeys(names, 1.0)),
        "values": [
            {**change, "unit": units[change["criterion"]]} for change in _smallest(by_value, spans)
        ],
    }


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _smallest(flips: pd.DataFrame, spans: Mapping[str, float]) -> list[dict[str, Any]]:
    """The changes that work, the smallest part of a scale first."""
    found = flips[flips["to"].notna() & (flips["change"] != 0)]
    rows: Sequence[tuple[float, dict[str, Any]]] = [
        (
            abs(float(row["change"])) / spans[str(name)] if row["change"] == row["change"] else 1.0,
            {
                "criterion": str(name),
                "from": None if pd.isna(row["from"]) else round(float(row["from"]), 6),
                "to": round(float(row["to"]), 6),
            },
        )
        for name, row in found.to_dict("index").items()
    ]
    return [change for _, change in sorted(rows, key=lambda one: one[0])]


# ---- files
def file_of(plan: Plan, record: Mapping[str, Any], file: str, site: str, lang: Language) -> bytes:
    """One of the files that a result is taken along in."""
    # Imported here: what draws takes a second to load, and a page does without.
    from geoplan.exchange.decisions.siteresults import result_geojson, result_workbook
    from geoplan.exchange.decisions.sitesheet import sheet_docx, sheet_pdf

    with room():
        match file:
            case "result.geojson":
                return result_geojson(record, plan).encode()
            case "result.xlsx":
                return result_workbook(record, lang)
            case "sheet.pdf":
                return sheet_pdf(record, site, plan, lang)
            case "sheet.docx":
                return sheet_docx(record, site, plan, lang)
    raise ValueError(file)


__all__ = [
    "MOST_CANDIDATES",
    "MOST_DRAWS",
    "Brief",
    "BriefError",
    "BusyError",
    "Decided",
    "Fault",
    "between",
    "brief_of",
    "criteria_of",
    "decided",
    "file_of",
    "mapping_of",
    "replayed",
    "room",
    "too_many",
    "weighted",
]
