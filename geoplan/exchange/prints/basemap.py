"""Marks of a plan's layers: surroundings, waters, districts, wings, platforms, hubs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.exchange.prints.captions import number, unit_of
from geoplan.exchange.prints.lettering import drawable
from geoplan.exchange.prints.marks import (
    DISTRICT_EDGE,
    DISTRICT_NAME,
    HUB,
    INK,
    LAND,
    PLATFORM,
    SURROUNDING_EDGE,
    SURROUNDING_NAME,
    SURROUNDINGS,
    WATER,
    WATER_EDGE,
    WATER_NAME,
    Mark,
    Style,
    shapes_of,
)
from geoplan.exchange.prints.view import View
from geoplan.place.classes import Classes
from geoplan.place.density import Density
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import VOCABULARIES

DASH = (3.0, 1.8)
_HUB_MARKERS = ("^", "s", "D", "v", "P", "X", "*", "h")


@dataclass(frozen=True)
class Request:
    """A view with what follows from it and the plan."""

    plan: Plan
    view: View
    districts: Layer
    layers: tuple[str, ...]
    density: Density | None
    classes: Classes | None

    def is_hidden(self, key: str, kinds: "pd.Series[Any]") -> "pd.Series[bool]":
        """Which features are of a kind that the view hides."""
        prefix = f"{key}:"
        hidden = {h.removeprefix(prefix) for h in self.view.hidden if h.startswith(prefix)}
        return kinds.isin(list(hidden))

    def said(self, zh: str, en: str) -> str:
        """The one of two texts that is in the view's language."""
        return zh if self.view.language == "zh" else en

    @property
    def is_shaded(self) -> bool:
        """Whether a density or a sector fills the areas."""
        return self.density is not None or bool(self.view.sector and self.view.shades_sector)

    def both(self, names: Both) -> str:
        """A text in the view's language."""
        return names[self.view.language]


def present(layer: Layer) -> gpd.GeoDataFrame:
    """The features of a layer that have a shape."""
    frame = layer.frame
    present = ~(frame.geometry.isna() | frame.geometry.is_empty)
    return frame[present]


def names_in(asked: Request, frame: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Name of each feature as lines of a label."""
    wanted, other = (
        ("name_zh", "name_en") if asked.view.language == "zh" else ("name_en", "name_zh")
    )
    said = []
    for _, row in frame.iterrows():
        names = [row.get(wanted), row.get(other)]
        name = next((n for n in names if isinstance(n, str) and n), "")
        text = drawable(name)
        said.append((text,) if text else ())
    return tuple(said)


def title_of(asked: Request, layer: Layer) -> str:
    """Title of a layer in the view's language, drawable."""
    return drawable(asked.said(layer.title_zh, layer.title_en))


def context_marks(asked: Request, layer: Layer) -> Iterator[Mark]:
    """The surroundings."""
    frame = present(layer)
    yield Mark(
        f"layer:{layer.name}", _base(asked), title_of(asked, layer),
        Style(fill=SURROUNDINGS, edge=SURROUNDING_EDGE, width_pt=0.35),
        shapes_of(frame.geometry), 0, names_in(asked, frame), "area",
        name_pt=5.5, name_colour=SURROUNDING_NAME, name_priority=9, is_plain=True,
    )  # fmt: skip
    # The layer's outer edge is where it was cut off, not a boundary.
    lines = shapely.union_all(shapely.boundary(frame.geometry.to_numpy()))
    outer = shapely.boundary(shapely.union_all(frame.geometry.to_numpy()))
    yield Mark(
        "context lines", "", "", Style(edge=SURROUNDING_EDGE, width_pt=0.25),
        shapes_of([shapely.difference(lines, shapely.buffer(outer, 1.0))]), 0.1,
    )  # fmt: skip


def water_marks(asked: Request, layer: Layer) -> Iterator[Mark]:
    """Rivers and lakes."""
    frame = present(layer)
    names = names_in(asked, frame)
    # A river is named once: on its area where it has one, on its longest line otherwise.
    size = frame.geometry.area * 1e3 + frame.geometry.length
    seen: set[tuple[str, ...]] = set()
    once = [()] * len(names)
    for i in np.argsort(-size.to_numpy(), kind="stable"):
        if names[i] and names[i] not in seen:
            once[i] = names[i]
            seen.add(names[i])
    yield Mark(
        f"layer:{layer.name}", _base(asked), title_of(asked, layer),
        Style(fill=WATER, edge=WATER_EDGE, width_pt=0.6),
        shapes_of(frame.geometry), 3, tuple(once), "area",
        name_pt=6, name_colour=WATER_NAME, name_priority=6,
    )  # fmt: skip


def district_marks(asked: Request, layer: Layer) -> Iterator[Mark]:
    """The districts: land below everything, lines and names above the densities."""
    frame = present(layer)
    is_main = layer.name == asked.districts.name or asked.districts.name not in asked.layers
    if not is_main:
        yield Mark(
            f"layer:{layer.name}", _base(asked), title_of(asked, layer),
            Style(edge="#7C6A9C", width_pt=0.6, dash_pt=(5.0, 2.5)),
            shapes_of([shapely.union_all(shapely.boundary(frame.geometry.to_numpy()))]), 4.5,
        )  # fmt: skip
        return
    # The land is part of the districts' mark, but lies below density and water.
    yield Mark("land", "", "", Style(fill=LAND), shapes_of(frame.geometry), 1)
    names = list(names_in(asked, frame))
    if asked.density is not None and asked.density.question.by == "district":
        values = asked.density.zones[asked.view.measure]
        _, size = unit_of(asked.view.measure, float(values.max(skipna=True)), asked.view.language)
        for i, code in enumerate(frame[layer.key]):
            if code in values.index and pd.notna(values[code]) and names[i]:
                names[i] = (*names[i], number(values[code] / size))
    yield Mark(
        f"layer:{layer.name}", _base(asked), title_of(asked, layer),
        Style(fill=LAND, edge=DISTRICT_EDGE, width_pt=0.7),
        shapes_of(frame.geometry), 4, tuple(names), "area",
        name_pt=8, name_colour=DISTRICT_NAME, name_priority=1,
        weights=tuple(frame.geometry.area), is_outline=True,
    )  # fmt: skip


def wing_marks(asked: Request, layer: Layer) -> Iterator[Mark]:
    """The wings, one mark each."""
    frame = present(layer)
    wings = asked.plan.tables["wings"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    for (_, row), name in zip(frame.iterrows(), names_in(asked, frame), strict=True):
        colour = wings["colour"].get(row[layer.key])
        colour = colour if isinstance(colour, str) else "#D9CBB0"
        fill = "" if asked.is_shaded else colour
        label = " ".join(name) or str(row[layer.key])
        yield Mark(
            f"wing:{row[layer.key]}", title_of(asked, layer), label,
            Style(fill=fill, edge=darker(colour), width_pt=0.8, dash_pt=DASH, strength=0.55),
            shapes_of([row.geometry]), 3.5, (name,), "along",
            name_pt=10, name_colour=darker(darker(colour)), name_priority=2,
        )  # fmt: skip


def darker(colour: str) -> str:
    """A colour for lines and letters over the given fill."""
    return "#" + "".join(f"{round(int(colour[i : i + 2], 16) * 0.72):02X}" for i in (1, 3, 5))


def platform_marks(asked: Request, layer: Layer) -> Iterator[Mark]:
    """The platforms; those that carry the chosen sector stand out."""
    frame = present(layer)
    if "kind" in frame:
        frame = frame[~asked.is_hidden("p", frame["kind"])]
    named = asked.plan.tables["platform_sectors"]
    own = set(named.loc[named["sector_id"] == asked.view.sector, "platform_id"])
    is_zone = asked.density is not None and asked.density.question.by == "platform"
    carries = frame[layer.key].isin(own)
    for chosen, part in ((True, frame[carries]), (False, frame[~carries])):
        if part.empty:
            continue
        label = title_of(asked, layer)
        if chosen:
            label = asked.said(
                "承载该产业的平台(示意范围)", "Platforms of the sector (approximate)"
            )
        colour = INK if chosen else PLATFORM
        yield Mark(
            f"layer:{layer.name}" + (":sector" if chosen else ""),
            asked.said("平台与企业", "Platforms and firms"), label,
            Style(
                fill="" if is_zone else colour, edge=colour, width_pt=0.9 if chosen else 0.6,
                dash_pt=DASH, strength=0.1 if chosen else 0.05,
            ),
            shapes_of(part.geometry), 5.5 if chosen else 5, names_in(asked, part), "disc",
            name_pt=6.5 if chosen else 6, name_colour=INK if chosen else "#4D5158",
            name_priority=3 if chosen else 4, is_counted=True,
            weights=tuple(part.geometry.area),
        )  # fmt: skip


def hub_marks(asked: Request, layer: Layer) -> Iterator[Mark]:
    """The transport hubs, one mark for each kind."""
    frame = present(layer)
    kinds = VOCABULARIES["hub_kind"]
    for position, kind in enumerate(kinds):
        part = frame[frame["kind"] == kind] if "kind" in frame else frame[:0]
        if len(part) and not asked.is_hidden("h", part["kind"]).any():
            yield Mark(
                f"hub:{kind}", title_of(asked, layer), asked.said(*kinds[kind]),
                Style(fill=HUB, edge="#FFFFFF", width_pt=0.3,
                      marker=_HUB_MARKERS[position % len(_HUB_MARKERS)], size_pt=3.6),
                shapes_of(part.geometry), 6.5, names_in(asked, part), "point",
                name_pt=5, name_colour=HUB, name_priority=7 + position / 10, is_counted=True,
            )  # fmt: skip


def other_marks(asked: Request, layer: Layer) -> Iterator[Mark]:
    """A layer of no special role."""
    frame = present(layer)
    yield Mark(
        f"layer:{layer.name}", _base(asked), title_of(asked, layer),
        Style(fill="#4C7A5A", edge="#3C6449", width_pt=0.5, strength=0.18, marker="o"),
        shapes_of(frame.geometry), 4.8, names_in(asked, frame), "area",
        name_pt=5.5, name_colour="#3C6449", name_priority=8,
    )  # fmt: skip


def _base(asked: Request) -> str:
    return asked.said("底图", "Base map")
