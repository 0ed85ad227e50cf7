"""Whether every row leads back to its sentence, and whether the source is still fresh."""

import hashlib
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Problem
from geoplan.plan.relations import day_of
from geoplan.plan.tables import file_of
from geoplan.plan.texts import decode
from geoplan.schema import CITATION_NAMES, QUOTE_MAX_CHARS, TABLES


def cited_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """The tables whose rows cite a source, by name."""
    return {
        name: plan.tables[name]
        for name, table in TABLES.items()
        if set(table.column_names) >= set(CITATION_NAMES)
    }


def evidence_problems(plan: Plan, today: date) -> Iterable[Problem]:
    """Quotes, headings and reasons that are missing; promises of freshness that passed."""
    sources = plan.sources.dropna(subset=["id"])
    documents = set(sources.loc[sources["kind"] == "document", "id"])
    for name, frame in cited_tables(plan).items():
        yield from _citation_problems(name, frame, documents)
    yield from _layer_sources(plan, set(sources["id"]))
    yield from _ended_plans(plan.tables["plans"], today)
    yield from _stale_sources(sources, today)
    yield from _stale_layers(plan, today)


def _citation_problems(name: str, frame: pd.DataFrame, documents: set[str]) -> Iterable[Problem]:
    file = file_of(name)
    quoted = frame["quote"].dropna()
    for row, quote in quoted[quoted.str.len() > QUOTE_MAX_CHARS].items():
        details: dict[str, object] = {"found": len(quote), "limit": QUOTE_MAX_CHARS}
        yield Problem("quote.long", file, int(str(row)), "quote", details)
    from_document = frame["source_id"].isin(documents)
    for column in ("quote", "locus"):
        for row in frame.index[from_document & frame[column].isna()]:
            yield Problem(f"{column}.missing", file, row, column)
    for row in frame.index[(frame["basis"] == "inferred") & frame["note"].isna()]:
        yield Problem("note.missing", file, row, "note")


def _ended_plans(plans: pd.DataFrame, today: date) -> Iterable[Problem]:
    for row in plans.index[(plans["year_end"] < today.year).fillna(False)]:
        title = Both(str(plans["title_zh"][row]), str(plans["title_en"][row]))
        details = {"title": title, "year": plans["year_end"][row]}
        yield Problem("plan.ended", file_of("plans"), row, "year_end", details)


def _layer_sources(plan: Plan, known: set[str]) -> Iterable[Problem]:
    """Sidecars that name a source nobody registered, or none at all."""
    for layer in plan.layers.values():
        named = layer.facts.get("source_id")
        if not isinstance(named, list):
            continue
        unknown = [source for source in named if source not in known] if named else [""]
        for source in unknown:
            yield Problem("source.unknown", layer.sidecar, 0, "source_id", {"value": source})


def passed_by(promised_on: date | None, days: object, today: date) -> int:
    """Days by which a freshness promise has passed; 0 while it holds or where none was made."""
    if promised_on is None or not isinstance(days, int):
        return 0
    return max(0, (today - promised_on).days - days)


def _stale_sources(sources: pd.DataFrame, today: date) -> Iterable[Problem]:
    for row, source in sources.iterrows():
        promised_on = day_of(source["issued"]) or day_of(source["accessed"])
        days = None if pd.isna(source["freshness_days"]) else int(source["freshness_days"])
        over = passed_by(promised_on, days, today)
        if over:
            title = Both(str(source["title_zh"]), str(source["title_en"]))
            details = {"title": title, "days": days, "over": over}
            yield Problem(
                "freshness.passed", file_of("sources"), int(str(row)), "freshness_days", details
            )


def _stale_layers(plan: Plan, today: date) -> Iterable[Problem]:
    for layer in plan.layers.values():
        accessed = layer.facts.get("accessed")
        days = layer.facts.get("freshness_days")
        over = passed_by(accessed if type(accessed) is date else None, days, today)
        if over:
            title = Both(layer.title_zh, layer.title_en)
            details = {"title": title, "days": days, "over": over}
            yield Problem("freshness.passed", layer.sidecar, 0, "freshness_days", details)


def quote_problems(plan: Plan, documents: Path) -> Iterable[Problem]:
    """Compare every quote with its document, letter by letter, whitespace aside.

    Parameters
    ----------
    documents :
        Folder that holds the files named in ``sources.document_file``.
    """
    texts = {}
    for row, source in plan.sources.dropna(subset=["id", "document_file"]).iterrows():
        path = documents / source["document_file"]
        place = (file_of("sources"), int(str(row)), "document_file")
        details: dict[str, object] = {"value": path.name, "folder": str(documents)}
        if not path.is_file():
            yield Problem("document.missing", *place, details)
            continue
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        if pd.notna(source["document_sha256"]) and source["document_sha256"] != checksum:
            yield Problem("document.changed", *place, details)
        text, problems = decode(path, path.name)
        yield from problems
        if text is not None:
            texts[source["id"]] = _without_space(text)
    for name, frame in cited_tables(plan).items():
        for source_id, text in texts.items():
            quotes = frame.loc[frame["source_id"] == source_id, "quote"].dropna()
            for row, quote in quotes.items():
                if _without_space(quote) not in text:
                    yield Problem(
                        "quote.not_found", file_of(name), int(str(row)), "quote", {"value": quote}
                    )


def _without_space(text: str) -> str:
    return re.sub(r"\s+", "", text)
