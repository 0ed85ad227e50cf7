"""A grid over an area, explored: as a picture, as best areas, and one cell with all reasons.

The values of a surface do not depend on the weights. So it is worked out once
for what is asked, and weighed anew for each brief.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from geoplan.exchange.outgoing.rasters import indexed_png
from geoplan.place.zones import KM2_PER_MU, M2_PER_KM2, district_zones
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.statements import text
from geoplan.site.account import Account
from geoplan.site.brief import Brief, BriefError
from geoplan.site.criteria import chosen
from geoplan.site.deciding import weigh
from geoplan.site.entries import Fault
from geoplan.site.exploring import Surface, explore
from geoplan.site.fields import squares
from geoplan.site.imaging import map_image
from geoplan.site.patches import Patch, patches
from geoplan.site.question import Robustness, Weights
from geoplan.site.verdicts import STATES
from webmap.briefs import identity
from webmap.shelf import Memory, Shown
from webmap.siting import room

MOST_CELLS = 2_500_000
MOST_AREAS = 20

SCALE = ("#eef7c8", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#0c2c84")
"""From light to dark, as ``static/site_marks.js`` has it."""

_APART_M = 1_000.0
_UNKNOWN, _EXCLUDED = "#b9b1a599", "#6b655dcc"
_CLEAR = "#00000000"
_STEPS = (0.01, 0.02, 0.025, 0.05, 0.1, 0.2)
_HELD_BYTES = 600 * 2**20


class Picture(NamedTuple):
    """A surface as an image on a map.

    ``edges`` are those of the classes of the score, one more than ``colours``;
    ``bounds`` are west, south, east, north in degrees.
    """

    png: bytes
    bounds: tuple[float, float, float, float]
    edges: list[float]
    colours: Sequence[str]


@dataclass(frozen=True, eq=False)
class Area:
    """A contiguous area of cells that every rule allows."""

    patch: Patch
    shape: shapely.Geometry
    km2: float


def explored(shown: Shown, brief: Brief) -> Surface:
    """The surface of a brief, weighed as the brief says.

    Raises
    ------
    BriefError
        Its grid is too fine for a shared server.
    GeoplanError
        The brief cannot be answered on this plan.
    """
    plan = shown.plan
    _refuse_too_fine(plan, brief)
    criteria = chosen(plan, brief)
    bare = replace(brief, title="", weights=Weights(), robustness=Robustness(), criteria=())
    key = (
        identity(bare.as_dict()),
        *((one.id, str(one.points), tuple(sorted(one.params.items()))) for one in criteria),
    )

    def make() -> Surface:
        with room():
            return explore(plan, brief, brief.candidates.cell_m)

    held: Memory = shown.things.get("surfaces", lambda: Memory(_HELD_BYTES, _bytes))
    return held.get(key, make).reweighted(weigh(brief, criteria).weights)


def _bytes(held: object) -> int:
    surface = cast(Surface, held)
    return int(surface.values.nbytes + surface.known.nbytes + surface.states.nbytes)


def _refuse_too_fine(plan: Plan, brief: Brief) -> None:
    zones = district_zones(plan)
    within = set(brief.candidates.within)
    own = zones[zones.index.isin(within)] if within & set(zones.index) else zones
    count = float(own.geometry.area.sum()) / brief.candidates.cell_m**2
    if count > MOST_CELLS:
        least = math.sqrt(count / MOST_CELLS) * brief.candidates.cell_m
        said = Both(
            f"约有 {count:,.0f} 格，网页最多 {MOST_CELLS:,} 格；方格边长请不小于 {least:,.0f} 米，"
            "或少选几个区县",
            f"about {count:,.0f} cells, at most {MOST_CELLS:,} here; take cells of {least:,.0f} m "
            "or more, or fewer districts",
        )
        raise BriefError(brief.file, [Fault("candidates.cell_m", said)])


# ---- as a picture
def pictured(surface: Surface) -> Picture:
    """The surface as an image: the score by class, unknown and excluded in two greys."""
    scores = surface.scores
    allowed = scores[surface.allowed]
    edges = _edges(allowed) if allowed.size else [0.0, 1.0]
    inner = np.asarray(edges[1:-1], dtype=np.float32)
    count = len(edges) - 1
    classes = np.searchsorted(inner, scores, side="right").astype(np.uint8) + 1
    classes[surface.state == STATES.index("unknown")] = count + 1
    classes[surface.state == STATES.index("excluded")] = count + 2
    image = map_image(surface.cells, classes, surface.ground.plan.meta.analysis_crs)
    colours = SCALE[len(SCALE) - count :]
    png = indexed_png(image.classes, [_CLEAR, *colours, _UNKNOWN, _EXCLUDED])
    return Picture(png, image.bounds_lonlat, edges, colours)


def _edges(scores: npt.NDArray[np.float32]) -> list[float]:
    """Equal steps of round numbers over most of the scores; the ends take the rest."""
    least, most = (float(end) for end in np.quantile(scores, [0.25, 0.999]))
    for step in _STEPS:
        first = math.floor(least / step + 1e-9)
        count = math.ceil(most / step - 1e-9) - first
        if count <= len(SCALE):
            break
    return [round((first + at) * step, 6) for at in range(max(count, 1) + 1)]


# ---- the best areas
def best_areas(surface: Surface, km2: float, count: int) -> list[Area]:
    """The best contiguous areas of at least a size, the best first."""
    cell_km2 = surface.cells.grid.cell_m**2 / M2_PER_KM2
    wanted = max(1, math.ceil(km2 / cell_km2 - 1e-9))
    with room():
        found = patches(surface.cells, surface.scores, surface.allowed, wanted, count, _APART_M)
    return [
        Area(
            patch,
            shapely.union_all(squares(surface.cells, patch.cells)),
            len(patch.cells) * cell_km2,
        )
        for patch in found
    ]


def told_areas(surface: Surface, areas: Sequence[Area]) -> Iterator[dict[str, Any]]:
    """The areas as the page lists them."""
    plan, zones = surface.ground.plan, surface.ground.zones
    for rank, area in enumerate(areas, 1):
        seed = area.patch.seed
        lon, lat = _lonlat(plan, *surface.cells.xy_m(np.array([seed]))[0])
        zone = int(surface.ground.district[seed])
        named = zones.iloc[zone] if zone >= 0 else None
        yield {
            "id": f"area-{rank}",
            "rank": rank,
            "score": round(area.patch.score, 6),
            "least": round(area.patch.least, 6),
            "km2": round(area.km2, 6),
            "mu": round(area.km2 / KM2_PER_MU, 3),
            "cells": len(area.patch.cells),
            "lon": lon,
            "lat": lat,
            "district": None
            if named is None
            else {
                "code": str(zones.index[zone]),
                "zh": text(named["name_zh"]),
                "en": text(named["name_en"]),
            },
        }


def shapes_of(surface: Surface, areas: Sequence[Area]) -> gpd.GeoDataFrame:
    """The outlines of the areas."""
    crs = surface.ground.plan.meta.analysis_crs
    return gpd.GeoDataFrame(geometry=[area.shape for area in areas], crs=crs)


def _lonlat(plan: Plan, x_m: float, y_m: float) -> tuple[float, float]:
    to = Transformer.from_crs(plan.meta.analysis_crs, "OGC:CRS84", always_xy=True)
    lon, lat = to.transform(x_m, y_m)
    return round(float(lon), 6), round(float(lat), 6)


# ---- one cell
def cell_at(surface: Surface, brief: Brief, lon: float, lat: float) -> dict[str, Any] | None:
    """The cell at a position as a record tells of a site; ``None`` outside the area."""
    plan = surface.ground.plan
    to = Transformer.from_crs("OGC:CRS84", plan.meta.analysis_crs, always_xy=True)
    x_m, y_m = to.transform(lon, lat)
    if not (math.isfinite(x_m) and math.isfinite(y_m)):
        return None
    spot = surface.at(x_m, y_m)
    if spot is None:
        return None
    with room():
        # The surface has the weights of whichever brief came first.
        told = Account(surface.decided(spot.site, brief)).sites()[0]
    corners = gpd.GeoSeries(spot.site.geometry.to_numpy(), crs=plan.meta.analysis_crs)
    west, south, east, north = corners.to_crs("OGC:CRS84").total_bounds.tolist()
    allowed = surface.scores[surface.allowed]
    ahead = int(np.count_nonzero(allowed > spot.score))
    return {
        **told,
        "square": [round(end, 6) for end in (west, south, east, north)],
        # A share that says how many are better, where a rank among a million says little.
        "ahead": round(ahead / allowed.size, 6) if spot.state == "allowed" else None,
    }


def told(surface: Surface, brief: Brief) -> dict[str, Any]:
    """What was asked of every cell, as in a record, with what each rule does to them."""
    best = int(np.where(surface.allowed, surface.scores, -1.0).argmax())
    account = Account(surface.decided(surface.ground.sites([best]), brief))
    effects = surface.effects().to_dict("index")
    counts = np.bincount(surface.state, minlength=len(STATES))
    rules = account.rules()
    for rule in rules:
        rule.update({str(name): int(count) for name, count in effects[rule["id"]].items()})
    return {
        "question": account.question(),
        "criteria": account.criteria(),
        "weighting": account.weighting(),
        "rules": rules,
        "cell_m": surface.cells.grid.cell_m,
        "counts": {
            "candidates": len(surface.cells),
            **{state: int(counts[code]) for code, state in enumerate(STATES)},
        },
        "notes": [],
    }


def wanted_area(brief: Brief, given: Mapping[str, Any]) -> tuple[float, int]:
    """Size in km² and number of the areas asked for; the land of the brief by default.

    Raises
    ------
    BriefError
        They are no numbers in range.
    """
    mu = given.get("mu") or (brief.project.land_km2 or 0.1) / KM2_PER_MU
    count = given.get("count") or 5
    faults = []
    if not isinstance(mu, int | float) or isinstance(mu, bool) or not 0 < mu <= 1_000_000:
        said = Both(
            "面积应在 0 至 1,000,000 亩之间", "the size must be above 0, at most 1,000,000 mu"
        )
        faults.append(Fault("areas.mu", said))
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_AREAS:
        said = Both(f"片区数应在 1 至 {MOST_AREAS} 之间", f"ask for 1 to {MOST_AREAS} areas")
        faults.append(Fault("areas.count", said))
    if faults:
        raise BriefError(brief.file, faults)
    return float(mu) * KM2_PER_MU, int(count)
