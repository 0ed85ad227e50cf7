"""The small map on the pages of OGC API - Features, and the ways to the map page."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import folium
from branca.element import MacroElement
from flask import request, url_for
from jinja2 import Template

from geoplan.exchange.prints.marks import class_colours
from geoplan.place.classes import classify
from geoplan.place.zones import district_layer
from geoplan.plan.opening import Plan
from webmap import known
from webmap.api_density import ZERO_COLOUR
from webmap.assets import MapFragments, map_fragments, static_url
from webmap.figures import measured
from webmap.i18n import HTML_LANG, language
from webmap.ogc_collections import Collection, collection_of, density_by, served
from webmap.ogc_documents import Addresses
from webmap.shelf import Shown

_SUBJECTS = ("projects", "enterprises", "platforms", "hubs", "districts", "wings")
_LAYER_KEYS = {
    "context": "c", "waters": "w", "wings": "g", "platforms": "p", "hubs": "h", "projects": "j",
    "enterprises": "e",
}  # fmt: skip
_ZONES = {"district": "districts", "wing": "wings", "platform": "platforms"}
_APPROXIMATE = ("projects", "enterprises", "platforms", "hubs", "wings")
_SHADED = "investment_wanyuan_per_km2"
_CLASSES = 5
_MOST_DRAWN = 2_000
_OWN = ("f", "crs", "lang")


class ItemsMap(MacroElement):
    """Hands the map to ``static/ogc.js``."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        window.geoplanItems({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "ItemsMap"


# ---- ways to the map page
def subject_link(shown: Shown, found: Collection, key: str) -> str:
    """The map page with this item chosen; empty for what it cannot choose."""
    kind = _ZONES.get(str(density_by(found.dataset)), found.dataset.role)
    if kind not in _SUBJECTS or (kind, key) not in known.names(shown):
        return ""
    return _map_page(o=f"{kind}:{key}", **_view(found))


def layer_link(plan: Plan, found: Collection) -> str:
    """The map page with this collection to be seen."""
    role = found.dataset.role
    keys = ["c", "w"]
    vintages = [one.name for one in plan.layers_of("districts")]
    if found.dataset.of in vintages:
        keys.append(f"d{vintages.index(found.dataset.of)}")
    elif density_by(found.dataset) is None and role in _LAYER_KEYS:
        keys.append(_LAYER_KEYS[role])
    else:
        return _map_page(**_view(found))
    return _map_page(l=".".join(dict.fromkeys(keys)))


def _view(found: Collection) -> dict[str, str]:
    by = density_by(found.dataset)
    if by is None:
        return {}
    wanted = found.wanted
    return {
        "d": f"{by}.ik",
        "s": wanted.sector,
        "y": str(wanted.year or ""),
        "x": "1" if wanted.without_largest else "",
    }


def _map_page(**view: str) -> str:
    pairs = {key: value for key, value in view.items() if value} | {"lang": language()}
    return url_for("pages.map_page") + "?" + urlencode(pairs, safe=":,.")


# ---- the small map
def map_of(
    shown: Shown,
    found: Collection,
    at: Addresses,
    given: Mapping[str, Any] | None = None,
    key: str = "",
) -> dict[str, Any]:
    """The map of a page: where it gets its features, and what lies below them."""
    items = ("collections", found.id, "items")
    question = _question(found)
    if key:
        features = at(*items, key, query=[*question, ("f", "json")])
    elif given is None:
        features = at(*items, query=[("limit", str(_MOST_DRAWN)), ("f", "json")])
    else:
        kept = [pair for pair in request.args.items(multi=True) if pair[0] not in _OWN]
        features = at(*items, query=[*kept, ("f", "json")])
    shade = _shade(found)
    return {
        "fragments": _fragments(shown),
        "shade": shade,
        "on_map": subject_link(shown, found, key) if key else layer_link(shown.plan, found),
        "asked_for": _question(found),
        "map_data": {
            "extent": list(found.extent or shown.plan.meta.extent),
            "features": features,
            "item": at(*items) + "/",
            "query": urlencode([*question, *at.kept, ("f", "html")], quote_via=quote),
            "ground": _ground(shown, found, at),
            "lang": language(),
            "approximate": found.dataset.kind != "result" and found.dataset.role in _APPROXIMATE,
            "shade": shade,
        },
    }


def _shade(found: Collection) -> dict[str, Any] | None:
    """Classes of a density result and their colours, as on the map page."""
    if density_by(found.dataset) is None or _SHADED not in found.rows:
        return None
    classes = classify(found.rows[_SHADED], "natural_breaks", _CLASSES)
    labels = classes.labels(lambda value: measured(_SHADED, value))
    return {
        "field": _SHADED,
        "edges": list(classes.edges),
        "colours": list(class_colours(len(classes.edges))),
        "zero": ZERO_COLOUR,
        "labels": [labels[number][language()] for number in range(1, len(classes.edges) + 1)],
    }


def _question(found: Collection) -> list[tuple[str, str]]:
    """The parameters that a result was computed for."""
    wanted = found.wanted
    said = {
        "sector": wanted.sector,
        "year": str(wanted.year or ""),
        "without_largest": "1" if wanted.without_largest else "",
    }
    return [(name, value) for name, value in said.items() if value]


def _ground(shown: Shown, found: Collection, at: Addresses) -> str:
    """Districts below the features, unless they are districts themselves."""
    if found.dataset.role == "districts" or not shown.plan.layers_of("districts"):
        return ""
    own = district_layer(shown.plan).name
    layers = {one.of: one for one in served(shown.plan).values() if one.kind == "layer"}
    below = collection_of(shown, layers[own])
    return at("collections", below.id, "items", query=[("limit", str(_MOST_DRAWN)), ("f", "json")])


def _fragments(shown: Shown) -> MapFragments:
    tag = HTML_LANG[language()]
    return shown.things.get(
        # Addresses of static files begin with the root that the server was asked under.
        ("ogc fragments", tag, request.script_root),
        lambda: map_fragments(items_map(shown.plan.meta.extent), static_url, tag),
    )


def items_map(extent: tuple[float, float, float, float]) -> folium.Map:
    """A map without a layer, drawn by our own script."""
    west, south, east, north = extent
    shown = folium.Map(
        location=((south + north) / 2, (west + east) / 2),
        zoom_start=9,
        tiles=None,
        zoom_control=True,
        control_scale=True,
        attribution_control=False,
        width="100%",
        height="100%",
        min_zoom=5,
        max_zoom=18,
        prefer_canvas=True,
        scroll_wheel_zoom=False,
    )
    # Without tiles Folium does not pass these on to Leaflet.
    shown.options["minZoom"] = 5
    shown.options["maxZoom"] = 18
    ItemsMap().add_to(shown)
    return shown
