"""The marks of a picture: every thing that is drawn, with its style and its line in the legend.

The legend is made from the marks that lie in the map's frame, so that it holds
all that is shown and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

Shapes = npt.NDArray[np.object_]
Labelled = Literal["", "area", "disc", "point", "along"]

LAND = "#FDFBF6"
SURROUNDINGS = "#E6E2DA"
SURROUNDING_EDGE = "#CCC6BB"
WATER = "#C6DCEA"
WATER_EDGE = "#9DC2DA"
WATER_NAME = "#4F86A8"
DISTRICT_EDGE = "#8B7B68"
DISTRICT_NAME = "#4A4036"
SURROUNDING_NAME = "#9A938A"
PLATFORM = "#6A6E76"
FIRM = "#3D4A5C"
HUB = "#7A5C8E"
SELECTED = "#111111"
INK = "#26221E"
QUIET = "#6B645B"
ALERT = "#A03A1E"
NO_DATA = "#A9A196"
ZERO = "#F3EFE4"
# After ColorBrewer YlOrBr; the palest step still shows on paper beside the land.
_SCALE = (
    "#fff0b8", "#fee391", "#fec44f", "#fe9929", "#ec7014", "#cc4c02", "#993404", "#662506",
)  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How a mark looks; lengths in points.

    ``fill``, ``edge`` and ``hatch`` (a colour) may be empty; ``strength`` is
    the opacity of the fill; ``marker`` is a matplotlib marker for points.
    """

    fill: str = ""
    edge: str = ""
    width_pt: float = 0.5
    dash_pt: tuple[float, ...] = ()
    hatch: str = ""
    strength: float = 1.0
    marker: str = ""
    size_pt: float = 4.0


@dataclass(frozen=True, eq=False)
class Mark:
    """Things drawn alike, with one line in the legend.

    Attributes
    ----------
    key :
        Says what it is, independent of the language: ``layer:wings``,
        ``class:3``, ``projects:sector-id``.
    group :
        Heading in the legend; empty for none.
    label :
        Line in the legend, drawable.
    shapes :
        In the plan's CRS, one for each thing.
    order :
        What is drawn first is below.
    names, things :
        For each shape its label on the map (lines), and how many things it
        stands for; empty: no labels, one each.
    is_counted :
        The legend says how many there are.
    is_merged :
        Neighbours are drawn as one area, without lines between them.
    is_outline, is_plain :
        On the map without its fill, or without its line, which another mark
        draws; the legend shows both.
    weights :
        Of equal marks the heavier is labelled first.
    """

    key: str
    group: str
    label: str
    style: Style
    shapes: Shapes
    order: float
    names: tuple[tuple[str, ...], ...] = ()
    labelled: Labelled = ""
    name_pt: float = 6.0
    name_colour: str = INK
    name_priority: float = 5.0
    weights: tuple[float, ...] = ()
    things: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    is_counted: bool = False
    is_merged: bool = False
    is_outline: bool = False
    is_plain: bool = False
    in_frame: int = 0
    in_total: int = 0


@dataclass(frozen=True)
class Entry:
    """One line of the legend."""

    key: str
    group: str
    text: str
    style: Style
    kind: Literal["area", "line", "point"]


def class_colours(count: int) -> tuple[str, ...]:
    """So many steps from light to dark, which stay apart in grey print.

    Examples
    --------
    >>> class_colours(2)
    ('#fff0b8', '#ec7014')
    """
    stops = np.array([_rgb(code) for code in _SCALE], dtype=float)
    # Few classes stop short of the darkest: two values are not an extreme.
    top = min(len(stops) - 1, count + 2)
    at = np.linspace(0, top, count) if count > 1 else np.full(count, 3.0)
    channels = [np.interp(at, range(len(stops)), stops[:, i]) for i in range(3)]
    return tuple(_hex(colour) for colour in zip(*channels, strict=True))


def _hex(colour: Sequence[float]) -> str:
    return "#" + "".join(f"{round(float(value)):02x}" for value in colour)


def tinted(colour: str, share: float) -> str:
    """A colour mixed with the land's, so that legend and map agree without transparency.

    Examples
    --------
    >>> tinted("#000000", 0.0) == LAND
    True
    """
    own, land = (_rgb(c) for c in (colour, LAND))
    mixed = [round(o * share + p * (1 - share)) for o, p in zip(own, land, strict=True)]
    return "#" + "".join(f"{c:02X}" for c in mixed)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def shapes_of(values: Sequence[Any] | Any) -> Shapes:
    """Geometries as an array, missing ones kept."""
    return np.asarray(values, dtype=object)


def within(marks: Sequence[Mark], frame: shapely.Polygon, cut: shapely.Polygon) -> tuple[Mark, ...]:
    """The marks that show anything in the frame, with what they count there.

    Shapes are cut to ``cut``, a little more than the frame, so that no outline
    runs along the frame.
    """
    kept = []
    shapely.prepare(frame)
    for mark in marks:
        touching = shapely.intersects(frame, mark.shapes)
        here = np.flatnonzero(touching)
        if not len(here):
            continue
        things = mark.things if len(mark.things) else np.ones(len(mark.shapes), dtype=np.int64)
        shapes = mark.shapes[here]
        names = tuple(mark.names[i] for i in here) if mark.names else ()
        weights = tuple(mark.weights[i] for i in here) if mark.weights else ()
        if mark.is_merged:
            shapes, names, weights = shapes_of([shapely.union_all(shapes)]), (), ()
        kept.append(
            replace(
                mark,
                shapes=shapely.intersection(shapes, cut),
                names=names,
                weights=weights,
                things=things[here] if not mark.is_merged else np.empty(0, dtype=np.int64),
                in_frame=int(things[here].sum()),
                in_total=int(things.sum()),
            )
        )
    return tuple(kept)


def legend(marks: Sequence[Mark]) -> tuple[Entry, ...]:
    """One entry for each kind of mark shown, in the order given; equal keys share one."""
    merged: dict[str, list[Mark]] = {}
    for mark in marks:
        if mark.label:
            merged.setdefault(mark.key, []).append(mark)
    entries = []
    for key, alike in merged.items():
        first = alike[0]
        here = sum(mark.in_frame for mark in alike)
        total = sum(mark.in_total for mark in alike)
        count = f"{here:,}" if here == total else f"{here:,}/{total:,}"
        text = f"{first.label} ({count})" if first.is_counted else first.label
        entries.append(Entry(key, first.group, text, first.style, _kind(first)))
    return tuple(entries)


def _kind(mark: Mark) -> Literal["area", "line", "point"]:
    if mark.style.marker and bool((shapely.get_dimensions(mark.shapes) == 0).any()):
        return "point"
    return "area" if mark.style.fill or mark.style.hatch or mark.style.dash_pt else "line"
