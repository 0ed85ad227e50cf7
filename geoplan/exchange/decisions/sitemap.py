"""The little map of a site sheet: the site, its neighbours among the candidates, the nearest hubs."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import geopandas as gpd
import shapely

from geoplan.exchange.decisions.sitemarks import (
    BEST_SHOWN,
    LEAST_HALF_M,
    RIVAL_REACH_M,
    Asked,
    Hub,
    hub_marks,
    nearest_hubs,
    neighbour_marks,
    quieter,
    site_marks,
    way_to,
)
from geoplan.exchange.decisions.siteshapes import footprints
from geoplan.exchange.decisions.sitewords import Record, site_of
from geoplan.exchange.prints.basemap import present
from geoplan.exchange.prints.captions import SKETCH_NOTE, source_line
from geoplan.exchange.prints.furniture import (
    Box,
    ScaleBar,
    draw_scale,
    draw_swatch,
    scale_bar,
    text,
)
from geoplan.exchange.prints.labelling import labels_of
from geoplan.exchange.prints.lettering import (
    MM_PER_POINT,
    Placed,
    drawable,
    place_labels,
    width_mm,
    wrapped,
)
from geoplan.exchange.prints.marks import LAND, QUIET, Entry, Mark, legend, shapes_of
from geoplan.exchange.prints.pictures import draw_map
from geoplan.exchange.prints.sheet import fitted, on_paper, request_of
from geoplan.exchange.prints.showing import marks_of
from geoplan.exchange.prints.view import View
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Language

_LEGEND_PT, _NOTE_PT = 5.6, 4.8
_SWATCH = 0.72
_ROW_MM, _GAP_MM, _LINE_MM = 2.9, 2.6, 0.2
_DPI = 300
_MM_PER_INCH = 25.4


@dataclass(frozen=True, eq=False)
class SiteMap:
    """What is on the map, in mm of the page.

    ``rows`` are the lines of the legend: distance from the left, and entry.
    """

    view: View
    outer: Box
    frame: Box
    scale: float
    bounds_m: tuple[float, float, float, float]
    marks: tuple[Mark, ...]
    labels: tuple[Placed, ...]
    bar: ScaleBar
    furniture: Box
    rows: tuple[tuple[tuple[float, Entry], ...], ...]
    notes: tuple[str, ...]


def site_map(
    record: Record,
    site_id: str,
    plan: Plan,
    language: Language,
    outer: Box,
    *,
    drawn_on: date,
    shapes: gpd.GeoDataFrame | None = None,
) -> SiteMap:
    """Decide what the map of a site shows.

    Parameters
    ----------
    outer :
        Room for map, legend and notes, in mm of the page.
    shapes :
        Own candidates; see :func:`geoplan.exchange.decisions.siteshapes.footprints`.
    """
    roles = ("context", "waters")
    layers = [layer.name for layer in plan.layers.values() if layer.role in roles]
    layers += [layer.name for layer in plan.layers_of("districts")[:1]]
    view = View(layers=tuple(layers), language=language, drawn_on=drawn_on)
    asked = Asked(record, site_of(record, site_id), plan, view, footprints(record, plan, shapes))
    base = [quieter(mark) for mark in marks_of(request_of(plan, view))]
    hubs = nearest_hubs(asked)
    every = (*site_marks(asked), *neighbour_marks(asked), *hub_marks(asked, hubs), *base)
    notes = _notes(asked, hubs, layers, outer.width)
    wanted = _wanted(asked, hubs)
    # The legend tells what the frame shows, and takes room from the frame.
    for count in range(1, 9):
        foot = count * _ROW_MM + len(notes) * _note_step() + 1.2
        frame = Box(
            outer.left + _LINE_MM, outer.bottom + foot, outer.width - 2 * _LINE_MM,
            outer.height - foot - _LINE_MM,
        )  # fmt: skip
        bounds, scale = fitted(wanted, frame)
        marks = on_paper(every, bounds, scale, 1.0)
        rows = _rows(legend(marks), outer.width)
        if len(rows) <= count:
            break
    bar = scale_bar(scale, 20.0)
    wide = bar.length_mm + 20.0
    furniture = Box(frame.right - wide, frame.bottom, wide, 11.0)
    labels = place_labels(
        labels_of(marks, min(scale, 100_000.0), 1.0), frame.width, frame.height,
        [*_symbols(marks), _within(furniture, frame)],
    )  # fmt: skip
    return SiteMap(
        view, outer, frame, scale, bounds, marks, labels, bar, furniture, rows, notes
    )  # fmt: skip


def draw_site_map(axes: Any, drawn: SiteMap) -> None:
    """Draw a map with its legend and notes into axes in mm of the page."""
    from matplotlib.patches import Rectangle

    draw_map(axes, cast(Any, drawn))
    box = drawn.furniture
    axes.add_patch(
        Rectangle((box.left, box.bottom), box.width, box.height, facecolor=LAND, edgecolor="none",
                  alpha=0.86, zorder=29.5)
    )  # fmt: skip
    words = ("比例尺", "坐标北") if drawn.view.language == "zh" else ("Scale", "grid north")
    inner = Box(box.left + 2.5, box.bottom + 0.8, box.width - 4.5, box.height)
    draw_scale(axes, drawn.bar, drawn.scale, inner, 0.72, words)
    y = drawn.frame.bottom - 0.6
    for row in drawn.rows:
        y -= _ROW_MM
        for left, entry in row:
            draw_swatch(axes, entry, drawn.outer.left + left, y + 1.0, _SWATCH)
            x = drawn.outer.left + left + _swatch_mm()
            text(axes, x, y + 0.35, entry.text, _LEGEND_PT)
    for note in drawn.notes:
        y -= _note_step()
        text(axes, drawn.outer.left, y + 0.3, note, _NOTE_PT, color=QUIET)


def site_map_png(drawn: SiteMap) -> bytes:
    """The map alone as a picture, for a document that is edited."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    box = drawn.outer
    inches = [round(side / _MM_PER_INCH * _DPI) / _DPI for side in (box.width, box.height)]
    figure = Figure(figsize=(inches[0], inches[1]), dpi=_DPI, facecolor="#FFFFFF")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(box.left, box.right)
    axes.set_ylim(box.bottom, box.top)
    draw_site_map(axes, drawn)
    stream = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(stream, metadata={"Software": "geoplan"})
    return stream.getvalue()


def _wanted(asked: Asked, hubs: Sequence[Hub]) -> tuple[float, float, float, float]:
    """The site with what is near of hubs and of the next best sites; without it, all candidates."""
    if asked.shape is None:
        every = asked.places.geometry.dropna()
        if every.empty:
            every = present(asked.plan.layers_of("districts")[0]).geometry
        shapes = every.to_numpy()
    else:
        centre = shapely.centroid(asked.shape)
        shapes = [asked.shape, shapely.buffer(centre, LEAST_HALF_M)]
        shapes += [hub.point for hub in hubs if hub.is_near]
        best = [
            asked.centre_of(site) for site in asked.others if site.get("rank") and site["rank"] <= 3
        ]
        shapes += [point for point in best if shapely.distance(centre, point) <= RIVAL_REACH_M]
    west, south, east, north = shapely.total_bounds(shapes_of(shapes)).tolist()
    pad = 0.09 * max(east - west, north - south, 2 * LEAST_HALF_M)
    return west - pad, south - pad, east + pad, north + pad


def _notes(
    asked: Asked,
    hubs: Sequence[Hub],
    layers: Sequence[str],
    width: float,
) -> tuple[str, ...]:
    """What the map cannot show, and where it comes from."""
    language = asked.view.language
    parts = [SKETCH_NOTE[language]]
    far = [
        f"{hub.kind[language]} {way_to(asked, hub.criterion)}" for hub in hubs if not hub.is_near
    ]
    if far:
        listed = asked.both("、", ", ").join(far)
        parts.insert(0, asked.both(f"图外：{listed}", f"off the map: {listed}"))
    if asked.shape is None:
        parts.insert(
            0, asked.both("本处位置不详，图上未标", "the site's location is not known, not shown")
        )
    if asked.are_others_chosen:
        parts.append(
            asked.both(f"候选只标前 {BEST_SHOWN} 名", f"only the best {BEST_SHOWN} candidates")
        )
    elif len(asked.record["sites"]) > len(asked.others) + 1:
        coarse = len(asked.record["sites"]) - len(asked.others) - 1
        parts.append(
            asked.both(
                f"另有 {coarse} 处候选只知到区县或不详，未标点",
                f"{coarse} candidates known only to a district or not at all have no point",
            )
        )
    parts.append(asked.plan.meta.analysis_crs)
    sources: set[str] = set()
    for name in (*layers, *(layer.name for layer in asked.plan.layers_of("hubs")[: len(hubs)])):
        named = asked.plan.layers[name].facts.get("source_id", [])
        sources |= {str(source) for source in named} if isinstance(named, list) else set()
    joined = " · ".join(parts)
    lines = wrapped(drawable(joined[:1].upper() + joined[1:]), width, _NOTE_PT, most_lines=2)
    origin = drawable(source_line(asked.plan, sources, language))
    return (*lines, *wrapped(origin, width, _NOTE_PT, most_lines=3))


def _rows(entries: Sequence[Entry], width: float) -> tuple[tuple[tuple[float, Entry], ...], ...]:
    """The legend in lines, as many entries in each as fit."""
    rows: list[list[tuple[float, Entry]]] = [[]]
    left = 0.0
    for entry in entries:
        needed = _swatch_mm() + width_mm(entry.text, _LEGEND_PT)
        if rows[-1] and left + needed > width:
            rows.append([])
            left = 0.0
        rows[-1].append((left, entry))
        left += needed + _GAP_MM
    return tuple(tuple(row) for row in rows)


def _swatch_mm() -> float:
    return 6.0 * _SWATCH + 0.9


def _note_step() -> float:
    return _NOTE_PT * MM_PER_POINT * 1.3


def _symbols(marks: Sequence[Mark]) -> list[tuple[float, float, float, float]]:
    """Point symbols that no label may cover."""
    half = 0.8
    return [
        (x - half, y - half, x + half, y + half)
        for mark in marks
        if mark.style.marker
        for x, y in shapely.get_coordinates(mark.shapes[shapely.get_dimensions(mark.shapes) == 0])
    ]


def _within(box: Box, frame: Box) -> tuple[float, float, float, float]:
    left, bottom = box.left - frame.left, box.bottom - frame.bottom
    return left, bottom, left + box.width, bottom + box.height
