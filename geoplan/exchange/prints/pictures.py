"""A map view as a picture for print: PNG, PDF or SVG on A4 or A3.

The same view of the same plan gives the same bytes. What is on a sheet is
decided by :func:`geoplan.exchange.prints.sheet.compose` and can be asked about there.
"""

import io
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import shapely

from geoplan.errors import OutputError, QuestionError
from geoplan.exchange.prints.captions import BY_NAMES, MEASURE_NAMES, name_of
from geoplan.exchange.prints.furniture import (
    Box,
    dashes,
    draw_histogram,
    draw_labels,
    draw_legend,
    draw_scale,
    patch,
    text,
)
from geoplan.exchange.prints.lettering import LINE_HEIGHT, MM_PER_POINT, font_family
from geoplan.exchange.prints.marks import INK, QUIET, SURROUNDINGS, Mark
from geoplan.exchange.prints.sheet import Picture, compose, legend_boxes, size_of
from geoplan.exchange.prints.view import View
from geoplan.plan.opening import Plan

__all__ = [
    "DPI",
    "FORMS",
    "MIMETYPES",
    "Form",
    "Picture",
    "View",
    "compose",
    "draw",
    "file_name",
    "form_of",
]

Form = Literal["png", "pdf", "svg"]
FORMS: tuple[Form, ...] = get_args(Form)
MIMETYPES = {"png": "image/png", "pdf": "application/pdf", "svg": "image/svg+xml"}
DPI = {"A4": 300, "A3": 250}
_MM_PER_INCH = 25.4
_MOST_SYMBOL = 3.0
# matplotlib's settings and caches are shared by all threads of a process.
DRAWING = threading.Lock()


def draw(plan: Plan, view: View, form: Form) -> bytes:
    """Draw a view of a plan for print.

    Parameters
    ----------
    form :
        ``png`` (A4 at 300 dpi, A3 at 250), ``pdf`` or ``svg`` (both vector,
        with the font inside).

    Raises
    ------
    QuestionError
        The view asks for something the plan has not, or the form is unknown.
    OutputError
        No font with Chinese, or no matplotlib.
    """
    if form not in FORMS:
        raise QuestionError(f"“{form}”: choose one of {', '.join(FORMS)}")
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise OutputError("pictures need matplotlib: pip install 'geoplan[map]'") from error
    with DRAWING, mpl.rc_context():
        mpl.rcParams.update(settings(mpl))
        return _rendered(compose(plan, view), form)


def form_of(file: Path) -> Form:
    """The form that a file's ending asks for.

    Raises
    ------
    OutputError
        The ending is none of .png, .pdf, .svg.
    """
    ending = file.suffix.lower().lstrip(".")
    if ending not in FORMS:
        raise OutputError(f"{file}: name a file ending in {', '.join('.' + f for f in FORMS)}")
    return ending


def file_name(plan: Plan, view: View, form: Form) -> str:
    """A name for the file: plan, what is shown, day, paper; safe on every system."""
    what = []
    if view.by:
        what = [MEASURE_NAMES[view.measure][view.language], BY_NAMES[view.by][view.language]]
    if view.sector:
        what.append(name_of(plan, "sectors", view.sector, view.language))
    if view.year is not None:
        what.append(str(view.year))
    title = plan.meta.title_zh if view.language == "zh" else plan.meta.title_en
    day = view.drawn_on or date.today()
    parts = [title[:60], *what, str(day), view.paper]
    words = [re.sub(r"[^\w.-]+", "_", part).strip("._")[:80] for part in parts]
    return "-".join(word for word in words if word) + f".{form}"


def settings(mpl: Any) -> Any:
    defaults: dict[Any, Any] = {
        name: value
        for name, value in mpl.rcParamsDefault.items()
        if name.startswith(
            ("axes.", "text.", "hatch.", "lines.", "patch.", "path.", "savefig.", "figure.")
        )
    }
    return defaults | {
        "font.family": [font_family()], "pdf.fonttype": 3, "pdf.compression": 6, "svg.fonttype": "path", "svg.hashsalt": "geoplan",
        "text.parse_math": False, "text.usetex": False, "hatch.linewidth": 0.5,
        "path.simplify": False, "axes.unicode_minus": False,
    }  # fmt: skip


def _rendered(picture: Picture, form: Form) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    canvases: dict[str, Any] = {
        "png": FigureCanvasAgg, "pdf": FigureCanvasPdf, "svg": FigureCanvasSVG
    }  # fmt: skip
    dpi = DPI[picture.view.paper]
    inches = [side / _MM_PER_INCH for side in picture.page_mm]
    if form == "png":
        inches = [round(side * dpi) / dpi for side in inches]
    figure = Figure(figsize=(inches[0], inches[1]), dpi=dpi, facecolor="#FFFFFF")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, picture.page_mm[0])
    axes.set_ylim(0, picture.page_mm[1])
    draw_map(axes, picture)
    _draw_frame(axes, picture)
    stream = io.BytesIO()
    canvas = canvases[form](figure)
    day = picture.drawn_on
    if form == "png":
        canvas.print_png(stream, metadata={"Software": "geoplan", "Title": picture.title})
    elif form == "pdf":
        created = datetime(day.year, day.month, day.day, tzinfo=UTC)
        canvas.print_pdf(
            stream,
            metadata={
                "Creator": "geoplan", "Producer": "geoplan", "Title": picture.title,
                "CreationDate": created,
            },
        )  # fmt: skip
    else:
        canvas.print_svg(
            stream, metadata={"Creator": "geoplan", "Date": str(day), "Title": picture.title}
        )
    return stream.getvalue()


def draw_map(axes: Any, picture: Picture) -> None:
    from matplotlib.patches import PathPatch, Rectangle

    frame, size = picture.frame, size_of(picture.view)
    ground = Rectangle((frame.left, frame.bottom), frame.width, frame.height,
                       facecolor=SURROUNDINGS, edgecolor="none", zorder=0.5)  # fmt: skip
    axes.add_patch(ground)
    for mark in sorted(picture.marks, key=lambda mark: mark.order):
        zorder = 1 + mark.order
        dimensions = shapely.get_dimensions(mark.shapes)
        areas, lines = mark.shapes[dimensions == 2], mark.shapes[dimensions == 1]
        style = mark.style
        if mark.is_outline:
            style = replace(style, fill="", hatch="")
        if mark.is_plain:
            style = replace(style, edge="")
        if len(areas):
            path = _path(areas, frame)
            patch(axes, _shape(PathPatch, path), style, size, zorder, clip=ground)
        if len(lines):
            path = _path(lines, frame)
            line = PathPatch(path, facecolor="none", edgecolor=style.edge,
                             linewidth=1.6 * style.width_pt * size, linestyle=dashes(style, size),
                             capstyle="round", zorder=zorder)  # fmt: skip
            axes.add_patch(line)
            line.set_clip_path(ground)
        _draw_points(axes, mark, frame, size, zorder, ground)
    draw_labels(axes, picture.labels, frame, size)
    axes.add_patch(
        Rectangle((frame.left, frame.bottom), frame.width, frame.height, facecolor="none",
                  edgecolor=INK, linewidth=0.8 * size, zorder=29)
    )  # fmt: skip


def _shape(kind: Any, path: Any) -> Callable[..., Any]:
    return lambda **options: kind(path, **options)


def _path(shapes: Any, frame: Box) -> Any:
    """All outlines as one path; outer and inner rings turn opposite ways."""
    from matplotlib.path import Path

    parts = shapely.get_parts(shapely.orient_polygons(shapes))
    closed = shapely.get_dimensions(parts) == 2
    outlines = np.concatenate((shapely.get_rings(parts[closed]), parts[~closed]))
    xy, of = shapely.get_coordinates(outlines, return_index=True)
    codes = np.full(len(xy), Path.LINETO, dtype=np.uint8)
    codes[np.flatnonzero(np.diff(of, prepend=-1))] = Path.MOVETO
    if closed.any():
        codes[np.flatnonzero(np.diff(of, append=of[-1] + 1))] = Path.CLOSEPOLY
    return Path(xy + np.array((frame.left, frame.bottom)), codes)


def _draw_points(axes: Any, mark: Mark, frame: Box, size: float, zorder: float, clip: Any) -> None:
    chosen = np.flatnonzero(shapely.get_dimensions(mark.shapes) == 0)
    if not len(chosen):
        return
    xy = shapely.get_coordinates(mark.shapes[chosen])
    things = mark.things[chosen] if len(mark.things) else np.ones(len(chosen))
    side = mark.style.size_pt * size * np.minimum(np.sqrt(things), _MOST_SYMBOL)
    filled = bool(mark.style.fill)
    points = axes.scatter(
        xy[:, 0] + frame.left, xy[:, 1] + frame.bottom, s=side**2, marker=mark.style.marker or "o",
        facecolor=mark.style.fill or "none", edgecolor="#FFFFFF" if filled else mark.style.edge,
        linewidth=(0.4 if filled else mark.style.width_pt) * size, zorder=zorder,
    )  # fmt: skip
    points.set_clip_path(clip)


def _draw_frame(axes: Any, picture: Picture) -> None:
    """Title, legend, scale, histogram, and the lines under the map."""
    size, frame = size_of(picture.view), picture.frame
    zh = picture.view.language == "zh"
    left, y = frame.left, picture.page_mm[1] - 9.0 * size
    text(axes, left, y - 4.4 * size, picture.title, 15 * size, bold=True)
    y -= 5.2 * size
    for line in picture.subtitle:
        y -= 4.6 * size
        text(axes, left, y, line, 9 * size, color=QUIET)
    columns = legend_boxes(picture)
    last = columns[-1]
    foot = 16.0 * size
    scale_box = Box(last.left, last.bottom, last.width, foot)
    room = Box(last.left, last.bottom + foot + 2 * size, last.width, last.height - foot - 2 * size)
    rest = draw_legend(
        axes, picture.legend, [*columns[:-1], room], size, "图例" if zh else "Legend"
    )
    wanted = 24.0 * size
    if picture.histogram is not None and rest.left == room.left and rest.height > wanted + 4 * size:
        draw_histogram(
            axes, picture.histogram, Box(room.left, room.bottom + 2, room.width, wanted), size
        )
    words = ("比例尺", "坐标北") if zh else ("Scale", "grid north")
    draw_scale(axes, picture.bar, picture.scale, scale_box, size, words)
    y = 9.0 * size + sum(line.size_pt for line in picture.foot) * MM_PER_POINT * LINE_HEIGHT
    for item in picture.foot:
        y -= item.size_pt * MM_PER_POINT * LINE_HEIGHT
        text(axes, left, y, item.text, item.size_pt, color=item.colour)
