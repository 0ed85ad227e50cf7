"""What a site sheet's map marks: the site, the other candidates, the nearest hubs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoplan.exchange.decisions.sitewords import Record, quantity, said
from geoplan.exchange.prints.basemap import DASH, present
from geoplan.exchange.prints.lettering import drawable
from geoplan.exchange.prints.marks import HUB, Mark, Style, shapes_of
from geoplan.exchange.prints.view import View
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import VOCABULARIES

SITE = "#B8321A"
_ALLOWED, _DOUBTFUL, _EXCLUDED = "#33485E", "#33485E", "#8C857B"
# Which hubs the criteria of straight lines are about.
HUBS = {
    "airport_m": ("airport", "^"),
    "rail_m": ("rail_station", "s"),
    "port_m": ("port", "D"),
    "expressway_m": ("expressway_toll", "v"),
}
# What lies further away is told, not shown: the map is about the site.
HUB_REACH_M, RIVAL_REACH_M, LEAST_HALF_M = 25_000.0, 12_000.0, 1_500.0
# Shapes that may be a whole district, where no accuracy is known.
_COARSE = ("platform",)
_NAMED_RANKS = 5
_MOST_SHOWN, BEST_SHOWN = 100, 40


@dataclass(frozen=True, eq=False)
class Asked:
    """A site of a record, and where all of the record's sites lie."""

    record: Record
    site: Record
    plan: Plan
    view: View
    places: gpd.GeoDataFrame

    def both(self, zh: str, en: str) -> str:
        """The one of two texts that is in the view's language."""
        return zh if self.view.language == "zh" else en

    @cached_property
    def _known(self) -> dict[str, tuple[str, Any]]:
        """Site → what its footprint is made of, and the centre of it."""
        centres = shapely.centroid(self.places.geometry.to_numpy())
        return dict(
            zip(self.places.index, zip(self.places["made_of"], centres, strict=True), strict=True)
        )

    @property
    def shape(self) -> Any:
        """The footprint of the site; ``None`` where it is not known."""
        return self.places.geometry[str(self.site["id"])]

    def made_of(self, site: Record) -> str:
        """What a site's footprint is made of; see :mod:`geoplan.exchange.decisions.siteshapes`."""
        return self._known[str(site["id"])][0]

    def is_placed(self, site: Record) -> bool:
        """Whether a site is known more finely than to its district."""
        made_of = self.made_of(site)
        return made_of != "" and (made_of not in _COARSE or site.get("accuracy_m") is not None)

    def centre_of(self, site: Record) -> Any:
        """The centre of a site's footprint."""
        return self._known[str(site["id"])][1]

    @cached_property
    def others(self) -> list[Record]:
        """The other candidates that are known to a place; of very many the best.

        One known to its district is no point.
        """
        found = [
            site for site in self.record["sites"]
            if site["id"] != self.site["id"] and self.is_placed(site)
        ]  # fmt: skip
        if len(found) <= _MOST_SHOWN:
            return found
        return [site for site in found if site.get("rank") and site["rank"] <= BEST_SHOWN]

    @property
    def are_others_chosen(self) -> bool:
        """Whether only the best of the others are shown."""
        return len(self.record["sites"]) > _MOST_SHOWN and len(self.others) <= BEST_SHOWN


def quieter(mark: Mark) -> Mark:
    """The base map speaks lower here than on a sheet of its own."""
    return replace(mark, name_pt=min(mark.name_pt, 6.5), name_priority=mark.name_priority + 3)


def site_marks(asked: Asked) -> Iterator[Mark]:
    """The site itself, dashed where its outline is no boundary."""
    if asked.shape is None:
        return
    made_of = asked.made_of(asked.site)
    is_exact = made_of in ("given", "brief", "cell") and not asked.site.get("accuracy_m")
    label = asked.both("本处", "This site")
    if not is_exact and asked.shape.geom_type != "Point":
        label += asked.both("（虚线：可能所在的范围）", " (dashed: where it may lie)")
    yield Mark(
        "site", "", label,
        Style(fill=SITE, edge=SITE, width_pt=1.3, dash_pt=() if is_exact else DASH, strength=0.16,
              marker="*", size_pt=8),
        shapes_of([asked.shape]), 7, ((drawable(said(asked.site, asked.view.language)),),), "disc",
        name_pt=7.5, name_colour=SITE, name_priority=0.5,
    )  # fmt: skip


def neighbour_marks(asked: Asked) -> Iterator[Mark]:
    """The other candidates as points, those in the same place as one; the ranked wear their ranks."""
    ways = {
        "allowed": (Both("其他可选（数字为名次）", "Other allowed (with rank)"),
                    Style(fill=_ALLOWED, edge="#FFFFFF", marker="o", size_pt=3.6)),
        "unknown": (Both("待核实", "Not known"),
                    Style(edge=_DOUBTFUL, width_pt=0.8, marker="o", size_pt=3.2)),
        "excluded": (Both("排除", "Excluded"),
                     Style(fill=_EXCLUDED, edge="#FFFFFF", marker="X", size_pt=3.4)),
    }  # fmt: skip
    groups: dict[tuple[int, int], list[Record]] = {}
    for site in asked.others:
        x, y = shapely.get_coordinates(asked.centre_of(site))[0]
        groups.setdefault((round(x), round(y)), []).append(site)
    most = float(asked.record["counts"]["candidates"]) + 1
    for state, (name, style) in ways.items():
        own = [group for group in groups.values() if group[0]["state"] == state]
        if not own:
            continue
        ranks = [float(group[0]["rank"] or most) for group in own]
        yield Mark(
            f"neighbours:{state}", "", name[asked.view.language], style,
            shapes_of([asked.centre_of(group[0]) for group in own]), 6.8,
            tuple(_ranks_and_name(asked, group) for group in own), "point",
            name_pt=5.5, name_colour=_ALLOWED, name_priority=2.6,
            weights=tuple(most - rank for rank in ranks),
        )  # fmt: skip


def _ranks_and_name(asked: Asked, group: Sequence[Record]) -> tuple[str, ...]:
    ranks = list(dict.fromkeys(str(site["rank"]) for site in group if site.get("rank")))
    if not ranks:
        return ()
    if group[0]["rank"] <= _NAMED_RANKS:
        ranks[0] += " " + drawable(said(group[0], asked.view.language))
    return (asked.both("、", ", ").join(ranks),)


@dataclass(frozen=True)
class Hub:
    """The nearest hub of a kind; ``way_m`` is only for choosing what the map shows."""

    criterion: str
    name: str
    point: Any
    way_m: float

    @property
    def kind(self) -> Both:
        """What kind of hub it is."""
        return Both(*VOCABULARIES["hub_kind"][HUBS[self.criterion][0]])

    @property
    def is_near(self) -> bool:
        """Whether the map shows it."""
        return self.way_m <= HUB_REACH_M


def nearest_hubs(asked: Asked) -> list[Hub]:
    """The nearest hub of each kind that the record measures the way to."""
    layers = asked.plan.layers_of("hubs")
    criteria = {criterion["id"] for criterion in asked.record["criteria"]}
    if asked.shape is None or not layers or "kind" not in layers[0].frame:
        return []
    centre = shapely.centroid(asked.shape)
    frame, found = present(layers[0]), []
    for criterion, (kind, _) in HUBS.items():
        own = frame[frame["kind"] == kind]
        if criterion not in criteria or own.empty:
            continue
        ways = shapely.distance(centre, own.geometry.to_numpy())
        nearest = own.iloc[int(np.argmin(ways))]
        names = {key: nearest.get(f"name_{key}") for key in ("zh", "en")}
        texts = {key: name for key, name in names.items() if isinstance(name, str)}
        name = said(texts, asked.view.language)
        found.append(Hub(criterion, name, nearest.geometry, float(ways.min())))
    return found


def hub_marks(asked: Asked, hubs: Sequence[Hub]) -> Iterator[Mark]:
    """The near hubs, each with the way that the record measured, and the straight lines to them."""
    near = [hub for hub in hubs if hub.is_near]
    for hub in near:
        yield Mark(
            f"hub:{hub.criterion}", "",
            f"{hub.kind[asked.view.language]} {way_to(asked, hub.criterion)}",
            Style(fill=HUB, edge="#FFFFFF", width_pt=0.3, marker=HUBS[hub.criterion][1], size_pt=4.4),
            shapes_of([hub.point]), 6.6, ((drawable(hub.name),),), "point",
            name_pt=5.5, name_colour=HUB, name_priority=2.2,
        )  # fmt: skip
    if near and asked.is_placed(asked.site):
        centre = asked.centre_of(asked.site)
        lines = [shapely.LineString((centre, hub.point)) for hub in near]
        yield Mark(
            "straight lines", "", asked.both("直线距离", "straight line"),
            Style(edge=HUB, width_pt=0.4), shapes_of(lines), 5.8,
        )  # fmt: skip


def way_to(asked: Asked, criterion: str) -> str:
    """The record's own distance, not one measured on this map."""
    value = (asked.site.get("measured") or {}).get(criterion) or {}
    return quantity(value.get("best"), "m", asked.view.language)
