"""The page on which a site is chosen: the form with what the plan offers, an empty map."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from flask import Blueprint, render_template, request

from geoplan.place.zones import district_layer
from geoplan.plan.opening import Plan
from geoplan.plan.statements import text
from geoplan.schema import VOCABULARIES
from webmap import maps, siting
from webmap.answering import shelf
from webmap.assets import MapFragments, map_fragments, static_url
from webmap.i18n import HTML_LANG, language, strings
from webmap.shelf import Shown

blueprint = Blueprint("site", __name__)

_EXAMPLE_WANYUAN = 100_000
_EXAMPLE_MU = 150
_EXAMPLE_WORKERS = 800
_MEASURED_TO = ("waters", "other")
"""Roles of layers that a distance limit may name, besides the kinds of hubs."""


@dataclass(frozen=True)
class Choice:
    """One entry of a list to choose from; ``of`` is what it belongs to."""

    id: str
    zh: str
    en: str = ""
    of: str = ""

    def named(self) -> dict[str, str]:
        """As the page's script takes it."""
        return {"id": self.id, "zh": self.zh, "en": self.en or self.zh}


@blueprint.get("/site")
def site_page() -> str:
    """The form and the map; the answer comes through ``/api/site/decide``.

    ``b`` names a saved brief. Parameters that are unknown are left alone:
    messengers add their own to a shared link.
    """
    shown = shelf().shown()
    offer = shown.things.get("site offer", lambda: offered(shown.plan))
    return render_template(
        "site.html",
        fragments=_fragments(shown),
        offer=offer,
        # The parts of the map page that this page shares speak in its words.
        words={**strings("map"), **{f"site.{key}": said for key, said in strings("site").items()}},
        given={
            "examples": offer["examples"],
            "criteria": shown.things.get("site criteria", lambda: siting.criteria_of(shown.plan)),
            "targets": [one.named() for one in offer["targets"]],
            "limits": {"draws": siting.MOST_DRAWS, "candidates": siting.MOST_CANDIDATES},
        },
    )


def _fragments(shown: Shown) -> MapFragments:
    tag = HTML_LANG[language()]
    return shown.things.get(
        # Addresses of static files begin with the root that the server was asked under.
        ("site fragments", tag, request.script_root),
        lambda: map_fragments(maps.layout_map(shown.plan), static_url, tag),
    )


def offered(plan: Plan) -> dict[str, Any]:
    """What of the plan a brief may name."""
    sectors = list(_sectors(plan))
    return {
        "plans": list(_plans(plan)),
        "sectors": sectors,
        "segments": list(_named(plan.tables["segments"], of="sector_id")),
        "kinds": list(_kinds(plan.tables["platforms"], "platform_kind")),
        "wings": list(_named(plan.tables["wings"])),
        "districts": list(_districts(plan)),
        "targets": list(_targets(plan)),
        "platforms": list(_named(plan.tables["platforms"])),
        "examples": [_example(one) for one in sectors],
    }


def _named(table: pd.DataFrame, of: str = "") -> Iterator[Choice]:
    rows = table.dropna(subset=["id"]).drop_duplicates("id")
    for row in rows.to_dict("records"):
        name = text(row["name_zh"]) or str(row["id"])
        yield Choice(str(row["id"]), name, text(row["name_en"]), of=text(row[of]) if of else "")


def _sectors(plan: Plan) -> Iterator[Choice]:
    rows = plan.tables["sectors"].dropna(subset=["id"]).drop_duplicates("id")
    rows = rows.sort_values(["plan_id", "order"], kind="stable")
    for row in rows.to_dict("records"):
        zh = text(row["name_zh"]) or str(row["id"])
        yield Choice(str(row["id"]), zh, text(row["name_en"]), text(row["plan_id"]))


def _plans(plan: Plan) -> Iterator[Choice]:
    rows = plan.tables["plans"].dropna(subset=["id"]).drop_duplicates("id")
    for row in rows.to_dict("records"):
        zh = text(row["short_zh"]) or text(row["title_zh"]) or str(row["id"])
        yield Choice(str(row["id"]), zh, text(row["short_en"]) or text(row["title_en"]))


def _kinds(table: pd.DataFrame, vocabulary: str) -> Iterator[Choice]:
    present = set(table["kind"].dropna())
    for code, (zh, en) in VOCABULARIES[vocabulary].items():
        if code in present:
            yield Choice(code, zh, en)


def _districts(plan: Plan) -> Iterator[Choice]:
    if not plan.layers_of("districts"):
        return
    layer = district_layer(plan)
    for row in layer.frame.to_dict("records"):
        name = text(row["name_zh"]) or str(row[layer.key])
        yield Choice(str(row[layer.key]), name, text(row.get("name_en")))


def _targets(plan: Plan) -> Iterator[Choice]:
    yield from _kinds(plan.tables["hubs"], "hub_kind")
    for layer in plan.layers.values():
        if layer.role in _MEASURED_TO:
            yield Choice(f"layer:{layer.name}", layer.title_zh or layer.name, layer.title_en)


def _example(sector: Choice) -> dict[str, Any]:
    """A brief to begin with; its figures are for show, and its title says so."""
    return {
        **sector.named(),
        "brief": {
            "project": {
                "sector": sector.id,
                "investment_wanyuan": _EXAMPLE_WANYUAN,
                "land_mu": _EXAMPLE_MU,
                "workers": _EXAMPLE_WORKERS,
            }
        },
    }
