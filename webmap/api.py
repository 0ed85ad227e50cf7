"""The JSON interface: what the plan says, in both languages at once.

Every answer follows from the plan's files and the address alone (and, for
what ages, from the day), so that it can be kept, and carried inside a file
that works without a server.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from flask import Blueprint, Response, current_app

from geoplan.exchange.files.reports import plain
from geoplan.place.footprints import Coarse, coarse
from geoplan.plan.finding import Hit, find
from geoplan.plan.statements import Names
from geoplan.plan.subjects import KINDS, Details, details
from webmap import known
from webmap.answering import answer, encoded, fitting, shelf
from webmap.asking import asked, missing, whole, words
from webmap.config import Config
from webmap.shelf import Shown
from webmap.state import state_of
from webmap.telling import told

blueprint = Blueprint("api", __name__, url_prefix="/api")

_DRAWN = ("projects", "enterprises")
_HITS = 20
_IDS_LISTED = 200


@blueprint.get("/state")
def state() -> Response:
    """Everything the page needs once."""
    asked({})
    shown, today = shelf().shown(), date.today()
    return answer(shown, ("state", today), lambda: encoded(state_on(shown, today)))


@blueprint.get("/subject/<kind>/<key>")
def subject(kind: str, key: str) -> Response:
    """The details of one subject."""
    asked({})
    shown = shelf().shown()
    if kind not in KINDS or (kind, key) not in known.names(shown):
        raise missing(kind, key)

    return answer(
        shown,
        ("subject", kind, key),
        lambda: encoded(told(shown, details_of(shown, kind, key))),
    )


def state_on(shown: Shown, today: date) -> dict[str, Any]:
    """The state of a day, made once."""
    config: Config = current_app.extensions["config"]
    return shown.things.get(("state", today), lambda: state_of(shown, config, today))


def details_of(shown: Shown, kind: str, key: str) -> Details:
    """What the plan says about a subject, with what lies in it where it is a district."""
    return details(
        shown.plan,
        kind,
        key,
        names=known.names(shown),
        figures=known.figures(shown),
        districts=known.district_codes(shown),
    )


@blueprint.get("/search")
def search() -> Response:
    """The subjects that a text may mean; without a text every name there is."""
    text = asked({"q": words}).get("q")
    shown = shelf().shown()
    if text is None:
        return answer(shown, ("names",), lambda: _every_name(shown))
    hits = find(known.strings(shown), text, _HITS)
    return Response(encoded(_listed_hits(shown, hits)), mimetype="application/json")


def _every_name(shown: Shown) -> bytes:
    hits = known.strings(shown).hits
    rows = [encoded(row) for row in _listed_hits(shown, hits)]
    kept = fitting(rows)
    head = encoded({"more": len(rows) - kept})
    return head[:-1] + b',"names":[' + b",\n".join(rows[:kept]) + b"]}"


def _listed_hits(shown: Shown, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    names, boxes = known.names(shown), known.boxes(shown)
    found = []
    for hit in hits:
        zh, en = names[hit.kind, hit.id]
        box = boxes.get((hit.kind, hit.id))
        found.append(
            {
                "kind": hit.kind,
                "id": hit.id,
                "zh": zh,
                "en": en,
                "matched": hit.matched,
                "bbox": list(box) if box else None,
            }
        )
    return found


@blueprint.get("/coarse")
def coarse_things() -> Response:
    """What is known to a district only, or not at all, and so is no mark on the map."""
    asked({})
    shown = shelf().shown()

    def make() -> bytes:
        found = [one for kind in _DRAWN for one in coarse(known.located(shown, kind), kind)]
        return encoded([_coarse(shown, one) for one in found])

    return answer(shown, ("coarse",), make)


def _coarse(shown: Shown, one: Coarse) -> dict[str, Any]:
    names = known.names(shown)
    listed = one.ids[:_IDS_LISTED]
    return {
        "code": one.code or None,
        "layer": one.layer or None,
        "kind": one.kind,
        "count": len(one.ids),
        "ids": listed,
        "names": [dict(zip(("zh", "en"), names[one.kind, key], strict=True)) for key in listed],
        "more": len(one.ids) - len(listed),
    }


@blueprint.get("/projects")
def projects() -> Response:
    """The projects by falling investment; ``from`` continues a list that is too long for one."""
    start = asked({"from": whole(0, 10_000_000)}).get("from", 0)
    shown = shelf().shown()
    return answer(shown, ("projects", start), lambda: _project_list(shown, start))


def _project_list(shown: Shown, start: int) -> bytes:
    table = shown.plan.tables["projects"].dropna(subset=["id"]).drop_duplicates("id")
    table = table.assign(worth=table["investment_wanyuan"].fillna(-1))
    table = table.sort_values(["worth", "order"], ascending=[False, True], kind="stable")
    rest = table.iloc[start : start + 20_000]
    rows = [encoded(row) for row in _project_rows(shown, rest)]
    kept = fitting(rows)
    more = len(table) - start - kept
    money = table["investment_wanyuan"].dropna()
    head = {
        "total": len(table),
        "total_wanyuan": int(money.sum()),
        "from": start,
        "more": max(0, more),
        "next": start + kept if more > 0 else None,
    }
    return encoded(head)[:-1] + b',"rows":[' + b",\n".join(rows[:kept]) + b"]}"


def _project_rows(shown: Shown, table: pd.DataFrame) -> list[dict[str, Any]]:
    names, places = known.names(shown), known.located(shown, "projects")
    codes, precision = places["district_code"].to_dict(), places["precision"].to_dict()
    verdicts = known.conformity(shown)["verdict"].to_dict()
    rows = []
    for record in table.to_dict("records"):
        key = record["id"]
        years = [plain(record["year_start"]), plain(record["year_end"])]
        zh, en = names.get(("projects", key), (key, key))
        rows.append(
            {
                "id": key,
                "zh": zh,
                "en": en,
                **_named(names, "enterprise", "enterprises", record["enterprise_id"]),
                "sector": plain(record["sector_id"]),
                "wanyuan": plain(record["investment_wanyuan"]),
                "years": None if None in years else years,
                **_named(names, "platform", "platforms", record["platform_id"]),
                "platform_basis": plain(record["platform_basis"]),
                **_named(names, "district", "districts", codes.get(key)),
                "precision": precision[key],
                "conformity": verdicts.get(key),
            }
        )
    return rows


def _named(names: Names, label: str, kind: str, value: Any) -> dict[str, Any]:
    key = plain(value)
    if key is None:
        return {label: None}
    zh, en = names.get((kind, key), (key, key))
    return {label: key, f"{label}_zh": zh, f"{label}_en": en}
