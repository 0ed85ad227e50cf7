"""A grid explored: the surface of scores, the best areas, and why a cell is worth what it is."""

import base64
from typing import Any

from flask import Blueprint, Response

from geoplan.place.zones import KM2_PER_MU
from webmap import siting, surfaces
from webmap.answering import collection, encoded, shelf
from webmap.api_site import compressed, kept, part, refuse_on, saved_as, saved_brief
from webmap.asking import asked, missing
from webmap.posting import posted
from webmap.shelf import Shown
from webmap.siting import Brief

blueprint = Blueprint("api_surface", __name__, url_prefix="/api/site")
refuse_on(blueprint)

_SMALL = 64 * 2**10


@blueprint.post("/explore")
def explore() -> Response:
    """The surface of a brief and its best areas; see :func:`_explored`.

    Sent are ``brief`` and perhaps ``mu`` and ``count`` of the areas.
    """
    shown = shelf().shown()
    given = posted()
    brief = siting.brief_of(shown.plan, part(given, "brief"))
    km2, count = surfaces.wanted_area(brief, given)
    found = _explored(shown, brief, km2, count)
    return compressed(found[:-1] + b',"saved":' + encoded(saved_as(brief)) + b"}")


def _explored(shown: Shown, brief: Brief, km2: float, count: int) -> bytes:
    """What was asked, counts by state, rules with effects, the picture and the areas."""
    surface = surfaces.explored(shown, brief)
    picture = surfaces.pictured(surface)
    areas = surfaces.best_areas(surface, km2, count)
    listed = list(surfaces.told_areas(surface, areas))
    shapes = collection(surfaces.shapes_of(surface, areas), [a["id"] for a in listed], listed)
    body = encoded(
        {
            **surfaces.told(surface, brief),
            # Carried along: a brief that could not be saved has no address for it.
            "image": "data:image/png;base64," + base64.b64encode(picture.png).decode(),
            "bounds": picture.bounds,
            "edges": picture.edges,
            "colours": picture.colours,
            "areas": listed,
            "wanted": {"km2": km2, "mu": round(km2 / KM2_PER_MU, 3), "count": count},
        }
    )
    return body[:-1] + b',"geometry":' + shapes + b"}"


@blueprint.post("/cell")
def cell() -> Response:
    """One cell with all reasons: ``brief``, ``lon``, ``lat``."""
    shown = shelf().shown()
    given = posted(_SMALL)
    brief = siting.brief_of(shown.plan, part(given, "brief"))
    found = surfaces.cell_at(
        surfaces.explored(shown, brief), brief, _degrees(given, "lon"), _degrees(given, "lat")
    )
    if found is None:
        raise missing("cell", f"{given.get('lon')}, {given.get('lat')}")
    return compressed(encoded(found))


def _degrees(given: dict[str, Any], name: str) -> float:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise missing("cell", name)
    return float(value)


@blueprint.get("/<name>/surface.png")
def picture(name: str) -> Response:
    """The surface of a saved brief as an image in Web Mercator."""
    asked({})
    shown = shelf().shown()
    brief = siting.brief_of(shown.plan, saved_brief(name))
    made = surfaces.pictured(surfaces.explored(shown, brief))
    response = kept(made.png, "image/png", f"surface-{name}.png")
    # The corners, for whoever lays it on a map.
    response.headers["X-Bounds"] = ",".join(f"{end:.6f}" for end in made.bounds)
    return response
