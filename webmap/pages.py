"""The map page, and whether the application is well."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request

import geoplan
from webmap import known, maps
from webmap.answering import encoded, shelf
from webmap.api import state_on
from webmap.asking import asked
from webmap.assets import MapFragments, map_fragments, static_url
from webmap.i18n import HTML_LANG, language
from webmap.shelf import Shown

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def map_page() -> str:
    """The layout map.

    Parameters that are unknown are left alone here: messengers add their own
    to a shared link.
    """
    shown = shelf().shown()
    return render_template(
        "map.html",
        fragments=_fragments(shown),
        state=state_on(shown, date.today()),
    )


def _fragments(shown: Shown) -> MapFragments:
    tag = HTML_LANG[language()]
    return shown.things.get(
        # Addresses of static files begin with the root that the server was asked under.
        ("fragments", tag, request.script_root),
        lambda: map_fragments(maps.layout_map(shown.plan), static_url, tag),
    )


@blueprint.get("/healthz")
def healthz() -> Response:
    """Whether the newest files are shown; always 200 while anything can be shown."""
    asked({})
    shown, refusal = shelf().shown(), shelf().refusal
    found: dict[str, Any] = {
        "status": "stale" if refusal else "ok",
        "version": geoplan.__version__,
        "plan": shown.plan.meta.id,
        "opened": shown.opened.isoformat(timespec="seconds"),
        "faults": len(shown.plan.faults),
        "refused": refusal.reason if refusal else None,
        "refused_since": refusal.since.isoformat(timespec="seconds") if refusal else None,
        "aged": len(known.age_notices(shown, date.today())),
    }
    response = Response(encoded(found), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
