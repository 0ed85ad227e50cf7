"""What stands around a map: legend, scale bar, north arrow, distribution of the values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoplan.exchange.prints.lettering import LINE_HEIGHT, MM_PER_POINT, Placed, font, wrapped
from geoplan.exchange.prints.marks import INK, QUIET, Entry, Style

_SWATCH_MM = (6.0, 3.0)
_STEPS = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Box:
    """A rectangle of the page in mm, from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """Upper edge."""
        return self.bottom + self.height


@dataclass(frozen=True)
class ScaleBar:
    """A bar of a round length, in metres on the ground and mm on paper."""

    length_m: float
    length_mm: float

    def text(self) -> str:
        """The length for people."""
        return f"{self.length_m / 1000:g} km" if self.length_m >= 1000 else f"{self.length_m:g} m"


@dataclass(frozen=True)
class Histogram:
    """How many zones have values in ranges of equal ratio, and the colour of each range."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    colours: tuple[str, ...]
    title: str
    low: str
    high: str


def scale_bar(scale: float, most_mm: float) -> ScaleBar:
    """The longest bar of 1, 2 or 5 times a power of ten that fits.

    Examples
    --------
    >>> scale_bar(250_000, 50)
    ScaleBar(length_m=10000.0, length_mm=40.0)
    """
    most_m = most_mm * scale / 1000
    power = 10.0 ** math.floor(math.log10(most_m))
    length_m = max(step * power for step in _STEPS if step * power <= most_m * (1 + 1e-9))
    return ScaleBar(length_m, length_m / scale * 1000)


def text(axes: Any, x: float, y: float, said: str, size_pt: float, **style: Any) -> Any:
    """Write one line; nothing in it is markup."""
    options = {"color": INK, "va": "baseline", "ha": "left", "zorder": 30, **style}
    properties = font(options.pop("bold", False)).copy()
    properties.set_size(size_pt)
    return axes.text(x, y, said, fontproperties=properties, parse_math=False, **options)


def patch(axes: Any, shape: Any, style: Style, size: float, zorder: float, **options: Any) -> None:
    """Add a patch: its fill, its hatch, its line, each as the style says."""
    if style.fill:
        fill = shape(facecolor=style.fill, edgecolor="none", alpha=style.strength, zorder=zorder)
        _add(axes, fill, options)
    if style.hatch:
        hatch = shape(
            facecolor="none", edgecolor=style.hatch, hatch="/////", linewidth=0, zorder=zorder
        )
        _add(axes, hatch, options)
    if style.edge:
        line = shape(facecolor="none", edgecolor=style.edge, linewidth=style.width_pt * size,
                     linestyle=dashes(style, size), joinstyle="round", zorder=zorder)  # fmt: skip
        _add(axes, line, options)


def _add(axes: Any, artist: Any, options: dict[str, Any]) -> None:
    axes.add_patch(artist)
    if options.get("clip") is not None:
        artist.set_clip_path(options["clip"])


def dashes(style: Style, size: float) -> Any:
    """A style's dashes as matplotlib wants them: in points, whatever the line's width."""
    if not style.dash_pt:
        return "solid"
    width = style.width_pt
    return (0, tuple(length / width * 0.75 for length in style.dash_pt))


def draw_legend(
    axes: Any, entries: Sequence[Entry], columns: Sequence[Box], size: float, heading: str
) -> Box:
    """Write the legend from the top, into the next column where one is full.

    Returns
    -------
    Box
        What is left of the last column used.
    """
    letters, gap = _fitting(entries, columns, size)
    place = list(columns)
    box = place.pop(0)
    y = box.top
    text(axes, box.left, y - 3.2 * size, heading, 9 * size, bold=True)
    y -= 6.2 * size
    group = ""
    for entry in entries:
        lines = wrapped(entry.text, box.width - (_SWATCH_MM[0] + 2) * size, letters)
        head = _heading(entry, group, box.width, letters)
        step = letters * MM_PER_POINT * LINE_HEIGHT
        needed = len(lines) * step + gap + (len(head) * step + 1.4 * gap if head else 0)
        if y - needed < box.bottom and place:
            box = place.pop(0)
            y = box.top
        if head:
            y -= 0.7 * gap
            for i, line in enumerate(head):
                y -= step
                colour = INK if i == 0 else QUIET
                text(axes, box.left, y + 0.28 * step, line, letters, bold=i == 0, color=colour)
            y -= 0.7 * gap
        group = entry.group
        y -= step
        middle = y + step * 0.52
        draw_swatch(axes, entry, box.left, middle, size)
        for line in lines:
            text(axes, box.left + (_SWATCH_MM[0] + 2) * size, y + 0.28 * step, line, letters)
            y -= step
        y += step - gap
    return Box(box.left, box.bottom, box.width, max(0.0, y - box.bottom))


def _heading(entry: Entry, group: str, width: float, letters: float) -> list[str]:
    if not entry.group or entry.group == group:
        return []
    lines: list[str] = []
    for line in entry.group.split("\n"):
        lines += wrapped(line, width * 0.97, letters, most_lines=2)
    return lines


def _fitting(entries: Sequence[Entry], columns: Sequence[Box], size: float) -> tuple[float, float]:
    """Size of letters and gap with which all entries fit, at least 4.5 points."""
    room = sum(box.height for box in columns) - 6.2 * size - 4 * (len(columns) - 1) * size
    for letters in np.arange(7.0, 4.4, -0.25):
        letters_pt = float(letters) * size
        gap = 1.15 * size * (float(letters) / 7) ** 2
        step = letters_pt * MM_PER_POINT * LINE_HEIGHT
        used, group = 0.0, ""
        for entry in entries:
            lines = wrapped(entry.text, columns[0].width - (_SWATCH_MM[0] + 2) * size, letters_pt)
            head = _heading(entry, group, columns[0].width, letters_pt)
            used += len(lines) * step + gap + (len(head) * step + 1.4 * gap if head else 0)
            group = entry.group
        if used <= room:
            break
    return letters_pt, gap


def draw_swatch(axes: Any, entry: Entry, left: float, middle: float, size: float) -> None:
    """Draw the sign of one entry of a legend, its left edge and middle given in millimetres."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    width, height = _SWATCH_MM[0] * size, _SWATCH_MM[1] * size
    style = entry.style
    if entry.kind == "area":

        def shape(**options: Any) -> Any:
            return Rectangle((left, middle - height / 2), width, height, **options)

        patch(axes, shape, style, size, 30)
    elif entry.kind == "line":
        axes.add_line(
            Line2D([left, left + width], [middle, middle], color=style.edge,
                   linewidth=style.width_pt * size, linestyle=dashes(style, size), zorder=30)
        )  # fmt: skip
    if style.marker and entry.kind == "point":
        axes.scatter(
            [left + width / 2], [middle], s=(style.size_pt * size) ** 2, marker=style.marker,
            facecolor=style.fill or "none", edgecolor="#FFFFFF" if style.fill else style.edge,
            linewidth=0.4 if style.fill else style.width_pt, zorder=31,
        )  # fmt: skip


def draw_scale(
    axes: Any, bar: ScaleBar, scale: float, box: Box, size: float, words: tuple[str, str]
) -> None:
    """Scale bar with its length, the stated scale, and the arrow to grid north."""
    from matplotlib.patches import Polygon, Rectangle

    left, bottom = box.left, box.bottom + 4.6 * size
    height = 1.3 * size
    for i in range(4):
        axes.add_patch(
            Rectangle((left + i * bar.length_mm / 4, bottom), bar.length_mm / 4, height,
                      facecolor=INK if i % 2 == 0 else "#FFFFFF", edgecolor=INK,
                      linewidth=0.5 * size, zorder=30)
        )  # fmt: skip
    text(axes, left, bottom + height + 0.9 * size, "0", 6.5 * size, ha="center")
    text(
        axes,
        left + bar.length_mm,
        bottom + height + 0.9 * size,
        bar.text(),
        6.5 * size,
        ha="center",
    )
    text(axes, left, box.bottom + 0.8 * size, f"{words[0]} 1:{scale:,.0f}", 7.5 * size)
    x, y = box.right - 4 * size, box.bottom + 3.6 * size
    wide, tall = 1.9 * size, 7.5 * size
    half = ((x, y + tall), (x, y + 1.6 * size), (x - wide, y))
    other = ((x, y + tall), (x, y + 1.6 * size), (x + wide, y))
    for corners, colour in ((half, INK), (other, "#FFFFFF")):
        axes.add_patch(
            Polygon(corners, closed=True, facecolor=colour, edgecolor=INK, linewidth=0.5 * size,
                    zorder=30)
        )  # fmt: skip
    text(axes, x, y + tall + 0.7 * size, "N", 8 * size, bold=True, ha="center")
    text(axes, x, box.bottom + 0.8 * size, words[1], 5.5 * size, ha="center", color=QUIET)


def histogram_of(
    values: npt.NDArray[np.float64],
    edges: Sequence[float],
    colours: Sequence[str],
    title: str,
    ends: tuple[str, str],
) -> Histogram | None:
    """How values above zero are distributed, on a logarithmic scale; ``None`` for fewer than five."""
    known = values[np.isfinite(values) & (values > 0)]
    if len(np.unique(known)) < 5:
        return None
    bins = np.geomspace(known.min(), known.max() * (1 + 1e-9), 17)
    counts = np.histogram(known, bins)[0]
    middles = np.sqrt(bins[1:] * bins[:-1])
    of_class = np.minimum(np.searchsorted(np.asarray(edges), middles), len(colours) - 1)
    return Histogram(
        tuple(bins.tolist()),
        tuple(counts.tolist()),
        tuple(colours[i] for i in of_class),
        title,
        *ends,
    )


def draw_histogram(axes: Any, histogram: Histogram, box: Box, size: float) -> None:
    """Bars from the bottom of a box, its title above."""
    from matplotlib.patches import Rectangle

    foot, head = 4.2 * size, 4.6 * size
    height, most = box.height - foot - head, max(histogram.counts)
    width = box.width / len(histogram.counts)
    text(axes, box.left, box.top - 3 * size, histogram.title, 6.5 * size, bold=True)
    # Square roots keep one zone visible beside hundreds.
    for i, (count, colour) in enumerate(zip(histogram.counts, histogram.colours, strict=True)):
        axes.add_patch(
            Rectangle((box.left + i * width, box.bottom + foot), width * 0.92,
                      height * math.sqrt(count / most), facecolor=colour, edgecolor="none", zorder=30)
        )  # fmt: skip
    axes.plot([box.left, box.right], [box.bottom + foot] * 2, color=QUIET, linewidth=0.4, zorder=31)
    text(axes, box.left, box.bottom + 1.2 * size, histogram.low, 6 * size, color=QUIET)
    text(
        axes, box.right, box.bottom + 1.2 * size, histogram.high, 6 * size, color=QUIET, ha="right"
    )


def draw_labels(axes: Any, labels: Sequence[Placed], frame: Box, size: float) -> None:
    """Write the names on the map, with a light rim so that they can be read on any colour."""
    from matplotlib.patheffects import withStroke

    for item in labels:
        label = item.label
        step = label.size_pt * MM_PER_POINT * LINE_HEIGHT
        angle = math.radians(label.angle)
        for i, line in enumerate(label.lines):
            down = (len(label.lines) - 1) / 2 * step - i * step
            x = frame.left + item.x - down * math.sin(angle)
            y = frame.bottom + item.y + down * math.cos(angle)
            text(
                axes, x, y, line, label.size_pt, color=label.colour, ha="center",
                va="center_baseline" if label.angle else "center", rotation=label.angle,
                rotation_mode="anchor", bold=label.bold, zorder=20,
                path_effects=[withStroke(linewidth=1.5 * size, foreground="#FFFDF8", alpha=0.85)],
            )  # fmt: skip
