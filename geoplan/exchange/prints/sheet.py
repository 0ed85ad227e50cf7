"""What is on a picture's sheet, decided before anything is drawn: frame, marks, legend, texts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import geopandas as gpd
import numpy as np
import shapely

from geoplan.errors import QuestionError
from geoplan.exchange.prints import captions
from geoplan.exchange.prints.basemap import Request
from geoplan.exchange.prints.furniture import Box, Histogram, ScaleBar, histogram_of, scale_bar
from geoplan.exchange.prints.labelling import labels_of
from geoplan.exchange.prints.lettering import (
    LINE_HEIGHT,
    MM_PER_POINT,
    Placed,
    drawable,
    place_labels,
    shortened,
    wrapped,
)
from geoplan.exchange.prints.marks import (
    ALERT,
    INK,
    QUIET,
    Entry,
    Mark,
    class_colours,
    legend,
    within,
)
from geoplan.exchange.prints.showing import VIRTUAL, layer_keys, layers_shown, marks_of
from geoplan.exchange.prints.tally import Money, money_of, seen_in
from geoplan.exchange.prints.view import View
from geoplan.place.classes import classify
from geoplan.place.density import MoneyLine, density
from geoplan.place.zones import district_layer, drawn_cell_m
from geoplan.plan.opening import Plan

PAPERS_MM = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}

_SIZE = {"A4": 1.0, "A3": 1.25}
_MARGIN_MM, _COLUMN_MM, _GAP_MM, _BAND_MM = 9.0, 58.0, 4.0, 66.0
_SCALES = (
    1.0, 1.1, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.75, 1.8, 2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 4.0,
    4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0,
)  # fmt: skip
_LEAST_DIAMETER_MM = 1.8
_SIMPLER_MM = 0.03
_EDGE_MM = 3.0


@dataclass(frozen=True)
class Line:
    """A line of text under the map."""

    text: str
    size_pt: float
    colour: str


@dataclass(frozen=True, eq=False)
class Picture:
    """Everything that is on the sheet.

    Attributes
    ----------
    page_mm, frame :
        Size of the page; the map's box on it.
    bounds_m :
        West, south, east, north of the frame in the plan's CRS.
    scale :
        Denominator: a mm on paper is so many mm on the ground.
    marks :
        In mm of the frame, each with what it counts.
    money :
        The parts of the money line, as written in ``money_text``.
    """

    view: View
    title: str
    subtitle: tuple[str, ...]
    page_mm: tuple[float, float]
    frame: Box
    bounds_m: tuple[float, float, float, float]
    scale: float
    marks: tuple[Mark, ...]
    legend: tuple[Entry, ...]
    labels: tuple[Placed, ...]
    bar: ScaleBar
    histogram: Histogram | None
    money: MoneyLine
    money_text: str
    alerts: tuple[str, ...]
    foot: tuple[Line, ...]
    drawn_on: date


def compose(plan: Plan, view: View) -> Picture:
    """Decide what is on the sheet: frame, marks, legend, labels, texts."""
    view = replace(view, drawn_on=view.drawn_on or date.today())
    size = _SIZE[view.paper]
    asked = request_of(plan, view)
    all_marks = tuple(marks_of(asked))
    money = money_of(asked)
    subtitle = captions.subtitle(plan, view, money.left_out, _district_title(asked))
    page = PAPERS_MM[view.paper]
    page = page if view.orientation == "landscape" else (page[1], page[0])
    inner = page[0] - 2 * _MARGIN_MM * size
    lines = tuple(wrapped(subtitle, inner, 9 * size, most_lines=2))
    foot, alerts = _foot(asked, money, inner, size)
    frame = _map_box(view, page, size, len(lines), _height(foot))
    bounds, scale = fitted(_wanted_bounds(asked), frame)
    marks = on_paper(all_marks, bounds, scale, size)
    money = seen_in(asked, money, bounds)
    if not asked.density:
        foot, alerts = _foot(asked, money, inner, size)
    return Picture(
        view=view,
        title=shortened(captions.title(plan, view.language), inner, 15 * size, bold=True),
        subtitle=lines,
        page_mm=page,
        frame=frame,
        bounds_m=bounds,
        scale=scale,
        marks=marks,
        legend=legend(marks),
        labels=place_labels(
            labels_of(marks, scale, size), frame.width, frame.height, _obstacles(marks, size)
        ),
        bar=scale_bar(scale, 36 * size),
        histogram=_histogram(asked),
        money=money.line,
        money_text=money.text,
        alerts=alerts,
        foot=foot,
        drawn_on=view.drawn_on or date.today(),
    )


def request_of(plan: Plan, view: View) -> Request:
    """A view with its layers, density and classes worked out."""
    layers = layers_shown(plan, view)
    found = None
    if view.by is not None:
        found = density(
            plan,
            by=view.by,
            sector=view.sector,
            year=view.year,
            vintage=view.vintage or None,
            without_largest=view.without_largest,
            cell_m=drawn_cell_m(plan, view.vintage or None),
        )
    classes = None if found is None else classify(found.zones[view.measure], view.method, view.k)
    return Request(plan, view, district_layer(plan, view.vintage or None), layers, found, classes)


def _district_title(asked: Request) -> str:
    title = asked.said(asked.districts.title_zh, asked.districts.title_en)
    several = len(asked.plan.layers_of("districts")) > 1
    return drawable(title) if several or asked.view.vintage else ""


def _sources(asked: Request) -> set[str]:
    """Sources of the layers shown and of the tables their marks come from."""
    found: set[str] = set()
    tables: set[str] = set()
    for name in asked.layers:
        if name in VIRTUAL:
            tables |= {name}
            continue
        said = asked.plan.layers[name].facts.get("source_id", [])
        found |= {str(source) for source in said} if isinstance(said, list) else set()
    if asked.density is not None:
        tables |= {"projects", "enterprises"} if "firm" in asked.view.measure else {"projects"}
    elif asked.is_shaded:
        tables |= {"sector_areas", "layout"}
    for table in tables:
        rows = asked.plan.tables[table]
        if asked.view.sector and "sector_id" in rows:
            rows = rows[rows["sector_id"] == asked.view.sector]
        found |= set(rows["source_id"].dropna())
        places = asked.plan.tables["locations"]
        found |= set(places.loc[places["subject_kind"] == table, "source_id"].dropna())
    return found


def _foot(
    asked: Request, money: Money, width: float, size: float
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """Everything under the map: money, age, notes, sources, how to see it again."""
    view, language = asked.view, asked.view.language
    today = view.drawn_on or date.today()
    sources = _sources(asked)
    layers = [name for name in asked.layers if name not in VIRTUAL]
    alerts = captions.age_notices(asked.plan, sources, layers, today, language)
    crs = asked.plan.meta.analysis_crs
    notes = [asked.both(captions.SKETCH_NOTE), asked.said(f"坐标系 {crs}", f"CRS {crs}")]
    if view.by in ("grid", "hex"):
        notes.append(
            asked.said(
                "仅知到区县的，在该区县内均摊", "what is known only to a district is spread over it"
            )
        )
    if any(asked.plan.layers[n].role in ("platforms", "wings") for n in layers):
        notes.append(
            asked.said(
                "虚线为示意或推导范围，不是边界",
                "dashed lines are approximate or derived, no boundaries",
            )
        )
    state = f"{view.address.rstrip('/')}/?{view.query(layer_keys(asked.plan))}"
    drawn = asked.said(f"绘制日期 {today} · 重新打开：{state}", f"Drawn {today} · Reopen: {state}")
    mark = asked.said("时效提示：", "Age: ")
    semicolon = asked.said("；", "; ")
    money_text = money.text or "0" * 60
    said = (
        (drawable(money_text), 8.0, INK, 2),
        (drawable(mark + semicolon.join(alerts)) if alerts else "", 6.5, ALERT, 3),
        (drawable(" · ".join(notes)), 6.5, INK, 2),
        (drawable(captions.source_line(asked.plan, sources, language)), 5.5, QUIET, 4),
        (drawable(drawn), 5.5, QUIET, 3),
    )
    lines = [
        Line(line, points * size, colour)
        for sentence, points, colour, most in said
        if sentence
        for line in wrapped(sentence, width, points * size, most_lines=most)
    ]
    return tuple(lines), tuple(alerts)


def _height(foot: Sequence[Line]) -> float:
    return sum(line.size_pt for line in foot) * MM_PER_POINT * LINE_HEIGHT


def _map_box(
    view: View, page: tuple[float, float], size: float, title_lines: int, foot_mm: float
) -> Box:
    margin, gap = _MARGIN_MM * size, _GAP_MM * size
    head = (7.5 + 4.6 * title_lines) * size
    bottom = margin + foot_mm + gap * 0.6
    width, height = page[0] - 2 * margin, page[1] - bottom - head - margin
    if view.orientation == "landscape":
        return Box(margin, bottom, width - (_COLUMN_MM + _GAP_MM) * size, height)
    band = (_BAND_MM + _GAP_MM) * size
    return Box(margin, bottom + band, width, height - band)


def legend_boxes(picture: Picture) -> tuple[Box, ...]:
    """Columns for legend and furniture: beside the map, or three below it."""
    size, frame = size_of(picture.view), picture.frame
    gap, margin = _GAP_MM * size, _MARGIN_MM * size
    if picture.view.orientation == "landscape":
        return (Box(frame.right + gap, frame.bottom, _COLUMN_MM * size, frame.height),)
    width = (picture.page_mm[0] - 2 * margin - 2 * gap) / 3
    bottom, height = frame.bottom - (_BAND_MM + _GAP_MM * 0.5) * size, _BAND_MM * size
    return tuple(Box(margin + i * (width + gap), bottom, width, height) for i in range(3))


def size_of(view: View) -> float:
    """Factor on all letters and lines of a paper."""
    return _SIZE[view.paper]


def _wanted_bounds(asked: Request) -> tuple[float, float, float, float]:
    if asked.view.bounds is not None:
        west, south, east, north = _in_plan(asked, asked.view.bounds)
        if not all(map(math.isfinite, (west, south, east, north))):
            raise QuestionError("these bounds cannot be shown in the plan's CRS")
        return west, south, east, north
    frame = asked.districts.frame
    if len(frame) and np.isfinite(frame.total_bounds).all():
        west, south, east, north = frame.total_bounds.tolist()
    else:
        west, south, east, north = _in_plan(asked, asked.plan.meta.extent)
    pad = 0.02 * max(east - west, north - south)
    return west - pad, south - pad, east + pad, north + pad


def _in_plan(asked: Request, bounds: tuple[float, float, float, float]) -> list[float]:
    outline = shapely.segmentize(shapely.box(*bounds), (bounds[2] - bounds[0]) / 20)
    moved = gpd.GeoSeries([outline], crs="OGC:CRS84").to_crs(asked.plan.meta.analysis_crs)
    found: list[float] = moved.total_bounds.tolist()
    return found


def fitted(
    wanted: tuple[float, float, float, float], frame: Box
) -> tuple[tuple[float, float, float, float], float]:
    """The frame on the ground around what is wanted, at the largest round scale."""
    west, south, east, north = wanted
    least = max((east - west) / frame.width, (north - south) / frame.height) * 1000
    power = 10.0 ** math.floor(math.log10(least))
    scale = next((s * power for s in _SCALES if s * power >= least * (1 - 1e-9)), 10 * power)
    half_x, half_y = frame.width * scale / 2000, frame.height * scale / 2000
    x, y = (west + east) / 2, (south + north) / 2
    return (x - half_x, y - half_y, x + half_x, y + half_y), float(round(scale, 6))


def on_paper(
    marks: Sequence[Mark], bounds: tuple[float, float, float, float], scale: float, size: float
) -> tuple[Mark, ...]:
    """The marks in the frame, in mm of it."""
    west, south, east, north = bounds
    room = _EDGE_MM * scale / 1000
    kept = within(
        marks,
        shapely.box(*bounds),
        shapely.box(west - room, south - room, east + room, north + room),
    )
    factor = 1000 / scale
    least = _LEAST_DIAMETER_MM * size / 2
    found = []
    for mark in kept:
        shapes = shapely.transform(mark.shapes, lambda xy: (xy - (west, south)) * factor)
        shapes = shapely.simplify(shapes, _SIMPLER_MM, preserve_topology=True)
        if mark.labelled in ("disc", "point"):
            tiny = (shapely.get_dimensions(shapes) == 2) & (
                shapely.area(shapes) < math.pi * least**2
            )
            shapes = np.where(tiny, shapely.buffer(shapely.centroid(shapes), least), shapes)
        found.append(replace(mark, shapes=shapes))
    return tuple(found)


def _obstacles(marks: Sequence[Mark], size: float) -> list[tuple[float, float, float, float]]:
    """Point symbols that no label may cover."""
    boxes = []
    half = 0.7 * size
    for mark in marks:
        if mark.style.marker:
            points = mark.shapes[shapely.get_dimensions(mark.shapes) == 0]
            for x, y in shapely.get_coordinates(points):
                boxes.append((x - half, y - half, x + half, y + half))
    return boxes


def _histogram(asked: Request) -> Histogram | None:
    if asked.density is None or asked.classes is None or not asked.classes.edges:
        return None
    values = asked.density.zones[asked.view.measure].to_numpy(dtype=float)
    edges = asked.classes.edges
    unit, each = captions.unit_of(asked.view.measure, max(edges), asked.view.language)
    known = values[np.isfinite(values) & (values > 0)]
    ends = tuple(captions.number(v / each) for v in (known.min(), known.max()))
    title = asked.said(f"分布（分区数；{unit}，对数）", f"Zones by value ({unit}, log scale)")
    return histogram_of(values, edges, class_colours(len(edges)), title, (ends[0], ends[1]))
