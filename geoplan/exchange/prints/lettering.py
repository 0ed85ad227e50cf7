"""Letters on a picture: a font that has Chinese, texts that cannot break it, labels that keep apart."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import affinity

from geoplan.errors import OutputError

FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
)
MM_PER_POINT = 25.4 / 72
LINE_HEIGHT = 1.35
_MISSING = "□"
_MOST_CHARS = 4_000
_MUST_APPEAR = 2.0
# An opening bracket stays with what it opens.
_TOKENS = re.compile(
    r"[(（“‘《]*(?:[\w.,:;/%&=+\-–—'’\"?]+\s*|\s+|[^(（“‘《])|[(（“‘《]+", re.ASCII
)
# Marks that must not begin a line.
_CLOSING = set("，。；：、）》”’！？·)…,.;:%")


@lru_cache(maxsize=1)
def font_family() -> str:
    """Name of the first font of :data:`FONTS` that this system has.

    Raises
    ------
    OutputError
        It has none.
    """
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    if not known.intersection(FONTS):
        # The list is cached by matplotlib and may be older than an installed font.
        for path in font_manager.findSystemFonts():
            if re.search(r"noto.*sans.*(cjk|sc)|sourcehan|pingfang|msyh|simhei", path, re.I):
                font_manager.fontManager.addfont(path)
        known = {entry.name for entry in font_manager.fontManager.ttflist}
    for name in FONTS:
        if name in known:
            return name
    raise OutputError(
        "no font with Chinese found; install one of "
        f"{', '.join(FONTS)} (Debian, Ubuntu: apt install fonts-noto-cjk)"
    )


@lru_cache(maxsize=8)
def font(bold: bool = False) -> Any:
    """The font as matplotlib wants it."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=[font_family()], weight="bold" if bold else "normal")


@lru_cache(maxsize=2)
def _characters(bold: bool) -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(font(bold), fallback_to_default=False)).get_charmap())


def drawable(text: object, bold: bool = False) -> str:
    """A text of which every character can be drawn; what the font lacks becomes “□”.

    Line ends and control characters become spaces, invisible ones vanish, and
    a text is cut at 4,000 characters.
    """
    known = _characters(bold)
    said = "" if text is None or text != text else str(text)
    kept = []
    for character in said[:_MOST_CHARS]:
        kind = unicodedata.category(character)
        if kind == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F:
            continue
        if kind in ("Cc", "Zl", "Zp", "Zs"):
            kept.append(" ")
        else:
            kept.append(character if ord(character) in known else _MISSING)
    return " ".join("".join(kept).split())


@lru_cache(maxsize=20_000)
def width_mm(text: str, size_pt: float, bold: bool = False) -> float:
    """Width of a drawable text on paper."""
    from matplotlib.textpath import TextToPath

    return _width_at_100(TextToPath(), text, bold) * size_pt / 100 * MM_PER_POINT


def _width_at_100(to_path: Any, text: str, bold: bool) -> float:
    properties = font(bold).copy()
    properties.set_size(100)
    return float(to_path.get_text_width_height_descent(text, properties, ismath=False)[0])


def shortened(text: str, most_mm: float, size_pt: float, bold: bool = False) -> str:
    """A text cut with “…” so that it is no wider than asked."""
    if len(text) <= 200 and width_mm(text, size_pt, bold) <= most_mm:
        return text
    low, high = 0, min(len(text), 200)
    while low < high:
        middle = (low + high + 1) // 2
        if width_mm(text[:middle].rstrip() + "…", size_pt, bold) <= most_mm:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def wrapped(text: str, most_mm: float, size_pt: float, most_lines: int = 99) -> list[str]:
    """A drawable text in lines no wider than asked; Chinese breaks anywhere, Latin between words."""
    lines, line = [], ""
    for token in _TOKENS.findall(text):
        joined = line + token
        if not line or width_mm(joined.rstrip(), size_pt) <= most_mm or token.strip() in _CLOSING:
            line = joined
        else:
            lines.append(line.rstrip())
            line = token.lstrip()
        while width_mm(line.rstrip(), size_pt) > most_mm * 1.04 and len(line) > 1:
            cut = max(1, int(len(line) * most_mm / width_mm(line.rstrip(), size_pt)))
            lines.append(line[:cut])
            line = line[cut:]
    lines = [*lines, line.rstrip()] if line.strip() else lines
    if len(lines) > most_lines:
        # One line too many says that there is more; a short line then gets its “…” too.
        rest = " ".join(lines[most_lines - 1 : most_lines + 1])
        lines = [*lines[: most_lines - 1], shortened(rest, most_mm, size_pt)]
    return lines


@dataclass(frozen=True)
class Label:
    """A name that wants a place on the map.

    Attributes
    ----------
    lines :
        Drawable texts, one below the other.
    places :
        Centres in mm of the map frame, best first.
    priority :
        Smaller goes first.
    anchors :
        For each place, where of the label it is: -1 … 1 right to left, top to
        bottom (0, 0 the centre).
    """

    lines: tuple[str, ...]
    places: tuple[tuple[float, float], ...]
    size_pt: float
    colour: str
    priority: float
    anchors: tuple[tuple[float, float], ...] = ()
    angle: float = 0.0
    bold: bool = False

    def size_mm(self) -> tuple[float, float]:
        """Width and height of the block of lines."""
        width = max(width_mm(line, self.size_pt, self.bold) for line in self.lines)
        return width, len(self.lines) * self.size_pt * MM_PER_POINT * LINE_HEIGHT


@dataclass(frozen=True)
class Placed:
    """A label with the centre it got, in mm of the map frame."""

    label: Label
    x: float
    y: float


def _versions(label: Label) -> tuple[Label, ...]:
    """A label, and a smaller one for where it finds no place, if it is important."""
    if label.priority > _MUST_APPEAR:
        return (label,)
    return label, replace(label, size_pt=label.size_pt * 0.75)


def place_labels(
    labels: Iterable[Label],
    width: float,
    height: float,
    obstacles: Sequence[tuple[float, float, float, float]] = (),
) -> tuple[Placed, ...]:
    """Give labels places in priority order, so that none covers another or leaves the frame.

    Parameters
    ----------
    labels :
        Of equal priorities the first goes first.
    width, height :
        Of the frame, in mm.
    obstacles :
        Boxes that no label may cover, in mm.
    """
    taken = [shapely.box(*box) for box in obstacles]
    bounds: npt.NDArray[np.float64] = np.array(obstacles, dtype=float).reshape(-1, 4)
    inside = shapely.box(0.6, 0.6, width - 0.6, height - 0.6)
    placed: list[Placed] = []
    waiting = sorted(labels, key=lambda label: label.priority)
    for label in waiting:
        for version in _versions(label):
            spot = _free_spot(version, taken, bounds, inside)
            if spot is not None:
                x, y, box = spot
                taken.append(box)
                bounds = np.vstack((bounds, box.bounds))
                placed.append(Placed(version, x, y))
                break
    return tuple(placed)


def _free_spot(
    label: Label,
    taken: Sequence[shapely.Polygon],
    bounds: npt.NDArray[np.float64],
    inside: shapely.Polygon,
) -> tuple[float, float, shapely.Polygon] | None:
    """The first of a label's places where it covers nothing, and what it covers there."""
    half_w, half_h = (side / 2 + 0.25 for side in label.size_mm())
    anchors = label.anchors or ((0.0, 0.0),) * len(label.places)
    for (x, y), (dx, dy) in zip(label.places, anchors, strict=True):
        cx, cy = x + dx * half_w, y + dy * half_h
        box = shapely.box(cx - half_w, cy - half_h, cx + half_w, cy + half_h)
        if label.angle:
            box = affinity.rotate(box, label.angle)
        if not inside.contains(box):
            continue
        west, south, east, north = box.bounds
        near = np.flatnonzero(
            (bounds[:, 0] < east)
            & (bounds[:, 2] > west)
            & (bounds[:, 1] < north)
            & (bounds[:, 3] > south)
        )
        if not any(taken[int(i)].intersects(box) for i in near):
            return cx, cy, box
    return None
