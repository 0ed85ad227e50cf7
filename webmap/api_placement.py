"""Which sector the plan puts where: by sector, or by district."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from flask import Blueprint, Response

from geoplan.exchange.files.reports import plain
from geoplan.place.placement import ROLE_NAMES, ROLES
from geoplan.plan.statements import Citation
from webmap import known
from webmap.answering import answer, encoded, shelf
from webmap.api import details_of
from webmap.asking import AskedWrongError, asked, missing, words
from webmap.i18n import t
from webmap.shelf import Shown
from webmap.telling import cite, source_titles, told

blueprint = Blueprint("placement", __name__, url_prefix="/api")


@blueprint.get("/placement")
def placed() -> Response:
    """Districts of a sector by role, with its platforms, firms and projects; or the reverse."""
    shown = shelf().shown()
    given = asked({"sector": words, "district": words})
    if len(given) != 1:
        raise AskedWrongError(400, t("frame.error_placement"))
    ((name, key),) = given.items()
    kind = {"sector": "sectors", "district": "districts"}[name]
    if (kind, key) not in known.names(shown):
        raise missing(kind, key)
    make = _of_sector if name == "sector" else _of_district
    return answer(shown, ("placement", name, key), lambda: encoded(make(shown, key)))


def _of_sector(shown: Shown, sector: str) -> dict[str, Any]:
    said = known.statements(shown)
    rows = said[said["sector_id"] == sector]
    found = told(shown, details_of(shown, "sectors", sector))
    listed = {name: found[name] for name in ("platforms", "firms", "projects")}
    verdicts = known.conformity(shown)
    for project in listed["projects"]:
        if project["id"] in verdicts.index:
            project.update(_verdict(verdicts.loc[project["id"]].to_dict()))
    return {
        "sector": sector,
        "zh": found["zh"],
        "en": found["en"],
        "roles": _roles(),
        "districts": _by_role(shown, rows, "districts", "district_code"),
        "more": found["more"],
        **listed,
    }


def _verdict(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "conformity": row["verdict"],
        "reason_zh": row["reason_zh"],
        "reason_en": row["reason_en"],
    }


def _of_district(shown: Shown, code: str) -> dict[str, Any]:
    said = known.statements(shown)
    zh, en = known.names(shown)["districts", code]
    return {
        "district": code,
        "zh": zh,
        "en": en,
        "roles": _roles(),
        "sectors": _by_role(shown, said[said["district_code"] == code], "sectors", "sector_id"),
    }


def _roles() -> list[dict[str, str]]:
    return [{"id": role, "zh": ROLE_NAMES[role].zh, "en": ROLE_NAMES[role].en} for role in ROLES]


def _by_role(
    shown: Shown, rows: pd.DataFrame, kind: str, column: str
) -> dict[str, list[dict[str, Any]]]:
    names, sources = known.names(shown), source_titles(shown)
    found: dict[str, list[dict[str, Any]]] = {role: [] for role in ROLES}
    for row in rows.to_dict("records"):
        key = str(row[column])
        zh, en = names.get((kind, key), (key, key))
        segment = plain(row["segment_id"])
        segment_zh, segment_en = names.get(("segments", str(segment)), ("", ""))
        table, number = str(row["table"]), int(row["row"])
        source = plain(shown.plan.tables[table].at[number, "source_id"]) or ""
        citation = Citation(
            source_id=source,
            **{name: plain(row[name]) or "" for name in ("locus", "quote", "basis", "note")},
            file=f"data/{table}.csv",
            row=number,
        )
        found[str(row["role"])].append(
            {
                "code" if kind == "districts" else "id": key,
                "zh": zh,
                "en": en,
                "plan": plain(row["plan_id"]),
                "segment": segment,
                "segment_zh": segment_zh,
                "segment_en": segment_en,
                "basis": citation.basis,
                "cite": cite(citation, sources),
            }
        )
    return found
