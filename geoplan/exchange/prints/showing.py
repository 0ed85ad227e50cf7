"""Which marks a view of a plan shows: base map, density, placement, places, selection."""

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoplan.errors import QuestionError
from geoplan.exchange.prints.basemap import (
    DASH,
    Request,
    context_marks,
    darker,
    district_marks,
    hub_marks,
    other_marks,
    platform_marks,
    present,
    water_marks,
    wing_marks,
)
from geoplan.exchange.prints.captions import MEASURE_NAMES, METHOD_NAMES, name_of, number, unit_of
from geoplan.exchange.prints.lettering import drawable
from geoplan.exchange.prints.marks import (
    DISTRICT_EDGE,
    FIRM,
    LAND,
    NO_DATA,
    SELECTED,
    ZERO,
    Mark,
    Style,
    class_colours,
    shapes_of,
    tinted,
)
from geoplan.exchange.prints.view import View
from geoplan.place.classes import Classes
from geoplan.place.density import COARSE, Density, Question, amounts
from geoplan.place.locate import KINDS, locate
from geoplan.place.placement import ROLE_NAMES, ROLES, matrix
from geoplan.place.zones import boundary, district_layer
from geoplan.plan.opening import Plan

_USUAL = ("c", "w", "g", "p", "j")
VIRTUAL = ("projects", "enterprises")
_ROLE_STRENGTHS = dict(zip(ROLES, (0.62, 0.46, 0.3, 0.16), strict=True))
_SEVERAL = "#5A5A5A"


def layer_keys(plan: Plan) -> dict[str, str]:
    """Short key of each layer's name, as the page's address has it.

    ``c`` context, ``w`` waters, ``g`` wings, ``p`` platforms, ``h`` hubs,
    ``d0``, ``d1`` … districts, newest first; ``x0`` … others; ``e`` firms,
    ``j`` projects.
    """
    single = {"context": "c", "waters": "w", "wings": "g", "platforms": "p", "hubs": "h"}
    vintages = [layer.name for layer in plan.layers_of("districts")]
    keys: dict[str, str] = {}
    others = 0
    for layer in plan.layers.values():
        key = single.get(layer.role, "")
        if layer.role == "districts":
            key = f"d{vintages.index(layer.name)}"
        elif not key or key in keys.values():
            key, others = f"x{others}", others + 1
        keys[layer.name] = key
    return {**keys, "enterprises": "e", "projects": "j"}


def layers_shown(plan: Plan, view: View) -> tuple[str, ...]:
    """Names of the layers a view shows, the usual ones where it names none.

    Raises
    ------
    QuestionError
        The view names a layer the plan has not.
    """
    keys = layer_keys(plan)
    names = {key: name for name, key in keys.items()} | {name: name for name in keys}
    if view.layers is not None:
        for name in view.layers:
            if name not in names:
                known = ", ".join(keys)
                raise QuestionError(f"there is no layer “{name[:60]}”; choose from {known}")
        return tuple(dict.fromkeys(names[name] for name in view.layers))
    found = [names[key] for key in _USUAL if key in names]
    if plan.layers_of("districts"):
        found.append(district_layer(plan, view.vintage or None).name)
    return tuple(found)


def marks_of(asked: Request) -> Iterator[Mark]:
    """Every mark of a view, in the order of the legend; the frame is not yet applied."""
    if asked.density is not None and asked.classes is not None:
        yield from _class_marks(asked, asked.density, asked.classes)
    elif asked.view.sector and asked.view.shades_sector:
        yield from _placement_marks(asked)
    if "projects" in asked.layers:
        yield from _project_marks(asked)
    if "enterprises" in asked.layers:
        yield from _firm_marks(asked)
    yield from _selection(asked)
    makers = {
        "platforms": platform_marks,
        "wings": wing_marks,
        "hubs": hub_marks,
        "districts": district_marks,
        "waters": water_marks,
        "context": context_marks,
        "other": other_marks,
    }
    for role, make in makers.items():
        for name in asked.layers:
            if name not in VIRTUAL and asked.plan.layers[name].role == role:
                yield from make(asked, asked.plan.layers[name])


def _class_marks(asked: Request, density: Density, classes: Classes) -> Iterator[Mark]:
    view = asked.view
    zones = density.zones
    is_fine = density.question.by in ("grid", "hex")
    is_approximate = density.question.by in ("wing", "platform")
    largest = max((abs(e) for e in classes.edges), default=0.0)
    unit, size = unit_of(view.measure, largest, view.language)
    heading = f"{asked.both(MEASURE_NAMES[view.measure])}  {unit}"
    method = asked.both(METHOD_NAMES[view.method])
    group = f"{heading}\n{method}{asked.said('，括号内为分区数', ', number of zones in brackets')}"
    number_of = classes.class_of.to_numpy(dtype=float, na_value=np.nan)
    colours = class_colours(len(classes.edges))
    edge = DISTRICT_EDGE if is_approximate else ("" if is_fine else "#FFFFFF")

    # Zones may overlap: what is known lies above what is not, the most on top.
    def mark(key: str, label: str, style: Style, chosen: Any, order: float) -> Mark:
        return Mark(
            f"class:{key}", group, label, style, shapes[chosen], order,
            is_counted=True, is_merged=is_fine,
        )  # fmt: skip

    dash = DASH if is_approximate else ()
    shapes = shapes_of(zones.geometry)
    if density.question.by == "grid":
        # The cells of the rim hold only what lies inside.
        shapes = shapely.intersection(shapes, boundary(asked.plan, view.vintage or None))
    for k in range(len(classes.edges), 0, -1):
        lower = classes.lowest if k == 1 else classes.edges[k - 2]
        low, high = number(lower / size), number(classes.edges[k - 1] / size)
        between = "–" if k == 1 else " – "
        text = high if low == high else f"{low}{between}{high}"
        text = text if k == 1 or low == high else f"> {text}"
        style = Style(fill=colours[k - 1], edge=edge, width_pt=0.5, dash_pt=dash)
        yield mark(str(k), text, style, number_of == k, 2 + k / 100)
    none = asked.said("0（无）", "0 (none)")
    if is_fine:
        # Where nothing is known to be there is no cell; the rest of the land is the zero class.
        land = boundary(asked.plan, view.vintage or None)
        yield Mark("class:0", group, none, Style(fill=ZERO), shapes_of([land]), 1.5)
    else:
        style = Style(fill=ZERO, edge=edge, width_pt=0.5, dash_pt=dash)
        yield mark("0", none, style, number_of == 0, 2)
    yield mark(
        "nodata", asked.said("无数据", "no data"),
        Style(fill=LAND, edge=edge, width_pt=0.5, dash_pt=dash, hatch=NO_DATA),
        np.isnan(number_of), 1.9,
    )  # fmt: skip


def _placement_marks(asked: Request) -> Iterator[Mark]:
    table = matrix(asked.plan)
    table = table[table["sector_id"] == asked.view.sector]
    roles = dict(zip(table["district_code"], table["role"], strict=True))
    frame = present(asked.districts)
    codes = frame[asked.districts.key].astype("str")
    colour = _sector_colour(asked.plan, asked.view.sector)
    name = drawable(name_of(asked.plan, "sectors", asked.view.sector, asked.view.language))
    for role in ROLES:
        chosen = codes.map(roles).eq(role).to_numpy()
        yield Mark(
            f"role:{role}", name, asked.both(ROLE_NAMES[role]),
            Style(fill=tinted(colour, _ROLE_STRENGTHS[role]), edge="#FFFFFF"),
            shapes_of(frame.geometry)[chosen], 2, is_counted=True,
        )  # fmt: skip


def _sector_colour(plan: Plan, sector: object) -> str:
    rows = plan.tables["sectors"]
    found = rows.loc[rows["id"] == sector, "colour"].dropna()
    return str(found.iloc[0]) if len(found) else _SEVERAL


def fine_places(asked: Request, kind: str) -> gpd.GeoDataFrame:
    """The projects or firms of a view that are known more finely than to a district."""
    places = locate(asked.plan, kind)
    if kind == "projects":
        question = Question(
            sector=asked.view.sector,
            year=asked.view.year,
            without_largest=asked.view.without_largest,
        )
        wanted: Any = amounts(asked.plan, question)[0].index
    elif asked.view.sector:
        named = asked.plan.tables["sector_firms"]
        wanted = named.loc[named["sector_id"] == asked.view.sector, "enterprise_id"]
    else:
        wanted = places.index
    places = places[places.index.isin(list(wanted)) & ~places.geometry.isna()]
    return places[~places["precision"].isin([COARSE, "unknown"])]


def _grouped(
    asked: Request, places: gpd.GeoDataFrame, table: str
) -> Iterator[tuple[Any, int, tuple[str, ...], list[str]]]:
    """Things that share a footprint: the footprint, how many, a name, their ids."""
    for _, group in places.groupby(places.geometry.to_wkb(), sort=True):
        ids = [str(key) for key in group.index]
        first = drawable(_short_name(asked, table, ids[0]))
        more = asked.said(f" 等{len(ids)}个", f" +{len(ids) - 1}") if len(ids) > 1 else ""
        yield group.geometry.iloc[0], len(ids), (first, more), ids


def _short_name(asked: Request, table: str, key: str) -> str:
    if asked.view.language == "zh" and table == "enterprises":
        frame = asked.plan.tables[table]
        short = frame.loc[frame["id"] == key, "short_zh"].dropna()
        if len(short):
            return str(short.iloc[0])
    return name_of(asked.plan, table, key, asked.view.language)


def _project_marks(asked: Request) -> Iterator[Mark]:
    places = fine_places(asked, "projects")
    table = asked.plan.tables["projects"].drop_duplicates("id").set_index("id")
    sectors = table["sector_id"]
    drawn: dict[str, list[tuple[Any, int, tuple[str, ...]]]] = {}
    for shape, count, name, ids in _grouped(asked, places, "projects"):
        of = {str(sectors[key]) for key in ids}
        drawn.setdefault(of.pop() if len(of) == 1 else "", []).append((shape, count, name))
    order = {str(key): n for n, key in enumerate(asked.plan.tables["sectors"]["id"])}
    group = asked.said("项目（虚线为大致范围）", "Projects (dashed: approximate area)")
    for sector in sorted(drawn, key=lambda key: order.get(key, 999)):
        colour = _sector_colour(asked.plan, sector) if sector else _SEVERAL
        title = name_of(asked.plan, "sectors", sector, asked.view.language)
        label = drawable(title) if sector else asked.said("多个产业", "several sectors")
        yield _places_mark(f"projects:{sector}", group, label, colour, drawn[sector], 7, 3.5)


def _firm_marks(asked: Request) -> Iterator[Mark]:
    found = list(_grouped(asked, fine_places(asked, "enterprises"), "enterprises"))
    if found:
        label = asked.said("企业（虚线为大致范围）", "Firms (dashed: approximate area)")
        items = [(shape, count, name) for shape, count, name, _ in found]
        group = asked.said("平台与企业", "Platforms and firms")
        yield _places_mark("enterprises", group, label, FIRM, items, 6, 5)


def _places_mark(
    key: str,
    group: str,
    label: str,
    colour: str,
    items: list[tuple[Any, int, tuple[str, ...]]],
    order: float,
    priority: float,
) -> Mark:
    shapes, counts, names = zip(*items, strict=True)
    return Mark(
        key, group, label,
        Style(fill=colour, edge=colour, width_pt=0.9, dash_pt=(2.2, 1.4), strength=0.14, marker="o"),
        shapes_of(shapes), order, tuple(names), "point",
        name_pt=5.5, name_colour=darker(colour), name_priority=priority, is_counted=True,
        weights=tuple(float(c) for c in counts), things=np.array(counts, dtype=np.int64),
    )  # fmt: skip


def _selection(asked: Request) -> Iterator[Mark]:
    if not asked.view.selected:
        return
    kind, _, key = asked.view.selected.partition(":")
    shape, name = _subject(asked, kind, key)
    if shape is None:
        return
    yield Mark(
        "selected", "", asked.said("选中：", "Selected: ") + drawable(name),
        Style(edge=SELECTED, width_pt=1.8, marker="o", size_pt=9),
        shapes_of([shape]), 8,
    )  # fmt: skip


def _subject(asked: Request, kind: str, key: str) -> tuple[Any, str]:
    """Outline and name of a subject; no outline for what has no place.

    Raises
    ------
    QuestionError
        There is no such subject.
    """
    language = asked.view.language
    layer = asked.districts if kind == "districts" else None
    if kind == "wings" and asked.plan.layers_of("wings"):
        layer = asked.plan.layers_of("wings")[0]
    if layer is not None:
        rows = layer.frame[layer.frame[layer.key].astype("str") == key]
        if len(rows):
            name = rows[f"name_{language}"].iloc[0]
            return rows.geometry.iloc[0], str(name)
    elif kind in KINDS and key in set(asked.plan.tables[kind]["id"]):
        return locate(asked.plan, kind).geometry[key], name_of(asked.plan, kind, key, language)
    elif kind in ("sectors", "wings", "plans") and key in set(asked.plan.tables[kind]["id"]):
        return None, ""
    raise QuestionError(f"there is no “{asked.view.selected[:60]}” to select; give kind:id")
