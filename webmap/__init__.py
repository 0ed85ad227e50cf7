"""The web application: presents a plan, computes nothing."""

import importlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask, g, request
from werkzeug.exceptions import HTTPException

from geoplan import Plan
from webmap import known
from webmap.asking import AskedWrongError
from webmap.assets import static_url
from webmap.caching import cache
from webmap.config import read_config
from webmap.failing import failed, refused
from webmap.i18n import HTML_LANG, language, settle_language, t, translate
from webmap.security import secure
from webmap.shelf import PlanShelf

_PARTS = (
    "pages",
    "reading",
    "drawing",
    "basemaps",
    "api",
    "api_layers",
    "api_density",
    "api_placement",
    "site",
    "api_site",
    "api_surface",
    "ogc",
    "data",
    "api_data",
    "api_import",
)
_PAGES = (
    ("pages.map_page", "frame.map"),
    ("site.site_page", "frame.site"),
    ("reading.targets", "frame.targets"),
    ("reading.ledger", "frame.ledger"),
    ("data.data_page", "frame.data"),
)


def create_app(plan: Plan | Path | None = None, config: Mapping[str, Any] | None = None) -> Flask:
    """Build the application around one plan folder.

    Parameters
    ----------
    plan :
        An opened plan, its folder, or nothing for the default of
        :func:`geoplan.open_plan`. The folder is watched either way.
    config :
        ``BASEMAP`` as :func:`webmap.config.read_config` reads it; ``EDIT`` lets
        visitors write imports into the plan. Everything goes to Flask's
        configuration.

    Raises
    ------
    UnusablePlanError
        The folder is no plan.
    ConfigError
        The basemap cannot work as it is described.
    """
    app = Flask(__name__)
    app.config.update(config or {})
    chosen = read_config(config)
    app.config["BASEMAP_HOSTS"] = chosen.basemap.hosts
    shelf = PlanShelf(plan)
    app.extensions.update(shelf=shelf, config=chosen)
    translate(app)
    # Flask runs the last one first: compressed answers get the headers too.
    secure(app)
    cache(app)
    app.jinja_env.globals.update(static_url=static_url, html_lang=HTML_LANG)
    app.register_error_handler(AskedWrongError, refused)
    app.register_error_handler(HTTPException, failed)

    @app.before_request
    def choose_language() -> None:
        g.language = "zh"
        if request.endpoint == "static":
            return
        if not settle_language(shelf.shown().plan.meta.language):
            raise AskedWrongError(400, t("frame.error_language"))

    @app.context_processor
    def frame() -> dict[str, Any]:
        shown = shelf.shown()
        return {
            "plan": shown.plan.meta,
            "lang": language(),
            "faults": [f for f in shown.plan.faults if f.severity == "error"],
            "notices": known.age_notices(shown, date.today()),
            "refusal": shelf.refusal,
            "pages": [page for page in _PAGES if page[0] in app.view_functions],
        }

    _register(app)
    return app


def _register(app: Flask) -> None:
    # Imported here: Folium takes a second, and a process that serves nothing does without.
    for part in _PARTS:
        app.register_blueprint(importlib.import_module(f"webmap.{part}").blueprint)
