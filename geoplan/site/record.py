"""The decision record: one JSON from which a decision can be read years later."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

import geoplan
from geoplan.errors import GeoplanError
from geoplan.plan.opening import PLAN_FILE, Plan
from geoplan.site.account import Account
from geoplan.site.deciding import Decision
from geoplan.site.question import Brief

FORMAT = "geoplan decision record"
VERSION = 1

_LIBRARIES = ("numpy", "pandas", "shapely", "geopandas", "scipy")
_RESULTS = ("id", "state", "rank", "score", "score_low", "score_high", "measured", "values",
            "contributions", "first", "dominated_by")  # fmt: skip
_NEEDED = ("brief", "plan", "software", "criteria", "rules", "sites", "result")

Record = dict[str, Any]


class RecordError(GeoplanError):
    """A file that is no decision record, or one of another form."""


def record_of(decision: Decision, made: datetime | None = None) -> Record:
    """A decision as plain JSON.

    Parameters
    ----------
    made :
        When it was decided; now by default. No part of the result.

    Returns
    -------
    dict
        ``sites`` begin with the allowed by rank; then come the unknown and the
        excluded, each by what they would score. ``result`` is the SHA-256 of
        what was measured, judged and ranked.
    """
    plan = decision.plan
    told = Account(decision)
    sites = told.sites()
    states = [site["state"] for site in sites]
    record: Record = {
        "format": FORMAT,
        "version": VERSION,
        "made": (made or datetime.now(UTC)).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "software": {
            "geoplan": geoplan.__version__,
            **{name: version(name) for name in _LIBRARIES},
        },
        "plan": {
            "id": plan.meta.id,
            "title_zh": plan.meta.title_zh,
            "title_en": plan.meta.title_en,
            "analysis_crs": plan.meta.analysis_crs,
            **hashes_of(plan),
        },
        "inputs": inputs_of(decision.brief),
        "brief": decision.brief.as_dict(),
        "question": told.question(),
        "counts": {
            "candidates": len(sites),
            **{state: states.count(state) for state in ("allowed", "excluded", "unknown")},
        },
        "criteria": told.criteria(),
        "weighting": told.weighting(),
        "rules": told.rules(),
        "sites": sites,
        "agreement": told.agreement(),
        "robustness": told.robustness(),
        "sources": told.sources(),
        "notes": [{"zh": note.zh, "en": note.en} for note in decision.notes],
    }
    record["result"] = result_hash(record)
    return record


def hashes_of(plan: Plan) -> Record:
    """SHA-256 of each file a plan is read from, and of them all."""
    paths = [plan.folder / PLAN_FILE, *plan.folder.glob("data/*.csv")]
    paths += [
        path for ending in ("geojson", "toml") for path in plan.folder.glob(f"layers/*.{ending}")
    ]
    files = {
        path.relative_to(plan.folder).as_posix(): _hash_of(path)
        for path in sorted(paths)
        if path.is_file()
    }
    return {"hash": hashlib.sha256(_canonical(files)).hexdigest(), "files": files}


def inputs_of(brief: Brief) -> dict[str, str]:
    """SHA-256 of each file that a brief names."""
    named = [brief.candidates.file, *(rule.file for rule in brief.rules)]
    named += [criterion.file for criterion in brief.criteria]
    if brief.folder is None:
        return {}
    found = {name: brief.folder / name for name in named if name}
    return {name: _hash_of(path) for name, path in sorted(found.items()) if path.is_file()}


def result_hash(record: Mapping[str, Any]) -> str:
    """SHA-256 of the numbers and states of all sites."""
    results = [{key: site.get(key) for key in _RESULTS} for site in record["sites"]]
    return hashlib.sha256(_canonical(results)).hexdigest()


def record_text(record: Mapping[str, Any]) -> str:
    """A record as a file: JSON of two spaces, to be read and compared by people."""
    return orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def read_record(path: Path) -> Record:
    """Read a decision record.

    Raises
    ------
    RecordError
        The file cannot be read, or is no decision record of this version.
    """
    try:
        return checked_record(json.loads(path.read_text("utf-8-sig")), str(path))
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{path}: this is no JSON ({error}); name a decision record") from error


def checked_record(content: Any, name: str) -> Record:
    """The content, if it is a decision record that can be replayed.

    Raises
    ------
    RecordError
        It is not; the message says what is missing.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise RecordError(
            f"{name}: this is no decision record; write one with `geoplan site BRIEF --out {name}`"
        )
    if content.get("version") != VERSION:
        raise RecordError(
            f"{name}: a record of version {content.get('version')!r}; this geoplan reads {VERSION}"
        )
    missing = [key for key in _NEEDED if key not in content]
    if missing:
        raise RecordError(f"{name}: the record has no “{'”, “'.join(missing)}”; it is incomplete")
    shaped = isinstance(content["sites"], list) and all(
        isinstance(site, dict) and isinstance(site.get("id"), str) for site in content["sites"]
    )
    if not shaped or not isinstance(content["brief"], dict):
        raise RecordError(f"{name}: its brief or its sites are not of a record's form")
    return content


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
