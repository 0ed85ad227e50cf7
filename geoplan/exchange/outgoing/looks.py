"""How a map shows a dataset, told once for QGIS, KML and whoever else draws it.

The colours, dashes, hatching and classes are those of our own maps.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.prints import marks
from geoplan.exchange.prints.basemap import DASH, darker
from geoplan.exchange.prints.captions import number, unit_of
from geoplan.exchange.prints.marks import Style, class_colours
from geoplan.place.classes import classify
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language
from geoplan.schema import VOCABULARIES

Test = Literal["=", "in", "not in", ">", "<=", "missing"]
SHADED = "investment_wanyuan_per_km2"
CLASSES = 5
_PLACE_DASH = (2.2, 1.4)
_COARSE = ("district", "unknown")
_HUB_MARKERS = ("^", "s", "D", "v", "P", "X", "*", "h")
_VINTAGE = "#7C6A9C"
_CELLS = ("grid", "hex")
_OTHER = "#4C7A5A"
_OTHER_EDGE = "#3C6449"
_PLATFORM_NAME = "#4D5158"


@dataclass(frozen=True)
class Condition:
    """A test on one column; a missing cell meets ``missing`` and no other."""

    column: str
    test: Test
    value: Any = None

    def met(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Which rows meet it."""
        values = frame[self.column]
        known = values.notna().to_numpy()
        if self.test == "missing":
            return np.asarray(~known)
        if self.test == "=":
            found = values == self.value
        elif self.test == "in":
            found = values.isin(list(self.value))
        elif self.test == "not in":
            found = ~values.isin(list(self.value))
        else:
            found = values > self.value if self.test == ">" else values <= self.value
        met: npt.NDArray[np.bool_] = found.to_numpy(dtype=bool, na_value=False) & known
        return met


@dataclass(frozen=True)
class Rule:
    """Rows that meet all conditions look like this; one line of the legend.

    ``is_shown`` is false for what our maps leave out unless it is asked for;
    what has a higher ``level`` lies above what has a lower. ``is_rest``: for
    the rows that no other rule is for.
    """

    label: str
    style: Style
    conditions: tuple[Condition, ...] = ()
    is_shown: bool = True
    level: int = 0
    is_rest: bool = False

    def rows(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Which rows it is for."""
        met = np.ones(len(frame), dtype=bool)
        for condition in self.conditions:
            met &= condition.met(frame)
        return met


@dataclass(frozen=True)
class Names:
    """What is written beside each thing: the first of these columns that is filled."""

    columns: tuple[str, ...]
    size_pt: float
    colour: str
    is_bold: bool = False


@dataclass(frozen=True)
class Look:
    """Rules, the first that fits a row counts; and the names."""

    rules: tuple[Rule, ...]
    names: Names | None = None

    def renamed(self, names: Mapping[str, str]) -> "Look":
        """The same look where columns have other names."""
        rules = tuple(
            replace(
                rule,
                conditions=tuple(
                    replace(one, column=names.get(one.column, one.column))
                    for one in rule.conditions
                ),
            )
            for rule in self.rules
        )
        if self.names is None:
            return Look(rules)
        columns = tuple(names.get(column, column) for column in self.names.columns)
        return Look(rules, replace(self.names, columns=columns))

    def rule_of(self, frame: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Number of each row's rule, from 0; -1 for none."""
        found = np.full(len(frame), -1, dtype=np.int64)
        for position in reversed(range(len(self.rules))):
            found[self.rules[position].rows(frame)] = position
        return found


def look_of(plan: Plan, dataset: Dataset, frame: pd.DataFrame, language: Language) -> Look | None:
    """How our maps show the rows of a dataset.

    Parameters
    ----------
    frame :
        Its rows; only the columns that are there are looked at.
    """
    if not dataset.is_spatial:
        return None
    make = _MAKERS.get(dataset.role, _other)
    if dataset.role.startswith("density_"):
        make = _density
    asked = _Asked(plan, dataset, frame, language)
    rules = tuple(make(asked))
    if (Look(rules).rule_of(frame) < 0).any():
        # A kind that nobody knows, or none at all.
        rules = (*rules, Rule(asked.said("其他", "other"), _place(marks.QUIET), is_rest=True))
    return Look(rules, _names(dataset, frame, language))


@dataclass(frozen=True)
class _Asked:
    plan: Plan
    dataset: Dataset
    frame: pd.DataFrame
    language: Language

    def title(self) -> str:
        return self.dataset.title[self.language]

    def said(self, zh: str, en: str) -> str:
        return Both(zh, en)[self.language]


def _names(dataset: Dataset, frame: pd.DataFrame, language: Language) -> Names | None:
    order = ("name_zh", "name_en") if language == "zh" else ("name_en", "name_zh")
    columns = tuple(name for name in (*order, "name") if name in frame)
    if dataset.role.startswith("density_"):
        columns = columns if dataset.role in ("density_district", "density_wing") else ()
    size, colour, bold = _LETTERS.get(dataset.role, (6.0, _OTHER_EDGE, False))
    return Names(columns, size, colour, bold) if columns else None


_LETTERS: Mapping[str, tuple[float, str, bool]] = {
    "districts": (9.0, marks.DISTRICT_NAME, True),
    "density_district": (9.0, marks.DISTRICT_NAME, True),
    "density_wing": (10.0, marks.DISTRICT_NAME, True),
    "context": (7.0, marks.SURROUNDING_NAME, False),
    "waters": (7.0, marks.WATER_NAME, False),
    "wings": (10.0, marks.DISTRICT_NAME, True),
    "platforms": (7.0, _PLATFORM_NAME, False),
    "hubs": (6.0, marks.HUB, False),
    "projects": (7.0, marks.INK, False),
    "enterprises": (6.5, marks.FIRM, False),
}


def _districts(asked: _Asked) -> Iterator[Rule]:
    shown = asked.plan.meta.shown_on
    newest = asked.plan.layers_of("districts")[0] if asked.plan.layers_of("districts") else None
    layer = (asked.plan.districts_on(shown) if shown else None) or newest
    if layer is None or asked.dataset.of == layer.name:
        style = Style(fill=marks.LAND, edge=marks.DISTRICT_EDGE, width_pt=0.7)
    else:
        style = Style(edge=_VINTAGE, width_pt=0.6, dash_pt=(5.0, 2.5))
    yield Rule(asked.title(), style)


def _context(asked: _Asked) -> Iterator[Rule]:
    style = Style(fill=marks.SURROUNDINGS, edge=marks.SURROUNDING_EDGE, width_pt=0.35)
    yield Rule(asked.title(), style)


def _waters(asked: _Asked) -> Iterator[Rule]:
    yield Rule(asked.title(), Style(fill=marks.WATER, edge=marks.WATER_EDGE, width_pt=0.6))


def _wings(asked: _Asked) -> Iterator[Rule]:
    table = asked.plan.tables["wings"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    key = asked.dataset.key
    for wing in asked.frame[key].dropna().drop_duplicates() if key in asked.frame else ():
        known = table.loc[wing] if wing in table.index else {}
        colour = known.get("colour")
        colour = colour if isinstance(colour, str) else "#D9CBB0"
        name = known.get(f"name_{asked.language}")
        style = Style(
            fill=colour, edge=darker(colour), width_pt=0.8, dash_pt=DASH, strength=0.55
        )  # fmt: skip
        label = name if isinstance(name, str) else str(wing)
        yield Rule(label, style, (Condition(key, "=", wing),))


def _platforms(asked: _Asked) -> Iterator[Rule]:
    style = Style(
        fill=marks.PLATFORM, edge=marks.PLATFORM, width_pt=0.6, dash_pt=DASH, strength=0.05,
        marker="o",
    )  # fmt: skip
    yield from _fine(asked, Rule(asked.title(), style))


def _fine(asked: _Asked, *rules: Rule) -> Iterator[Rule]:
    """Rules for what is known more finely than to a district; the rest is left out of sight."""
    if "precision" not in asked.frame or asked.dataset.kind != "located":
        yield from rules
        return
    finer = Condition("precision", "not in", _COARSE)
    for rule in rules:
        yield Rule(rule.label, rule.style, (*rule.conditions, finer), rule.is_shown)
    coarse = Style(edge=marks.QUIET, width_pt=0.5, dash_pt=_PLACE_DASH, marker="o")
    label = asked.said("只知所在区县(默认不显示)", "known only to a district (hidden at first)")
    yield Rule(label, coarse, (Condition("precision", "in", _COARSE),), is_shown=False)


def _hubs(asked: _Asked) -> Iterator[Rule]:
    kinds = VOCABULARIES["hub_kind"]
    rules = []
    for kind, marker in zip(kinds, _HUB_MARKERS, strict=False):
        style = Style(fill=marks.HUB, edge="#FFFFFF", width_pt=0.3, size_pt=4.5, marker=marker)
        if "kind" in asked.frame and (asked.frame["kind"] == kind).any():
            rules.append(Rule(asked.said(*kinds[kind]), style, (Condition("kind", "=", kind),)))
    yield from _fine(asked, *rules)


def _projects(asked: _Asked) -> Iterator[Rule]:
    table = asked.plan.tables["sectors"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    here = set(asked.frame["sector_id"].dropna()) if "sector_id" in asked.frame else set()
    rules = []
    for sector, row in table.iterrows():
        if sector in here:
            colour = row["colour"] if isinstance(row["colour"], str) else marks.QUIET
            name = row[f"name_{asked.language}"]
            label = name if isinstance(name, str) else str(row["name_zh"])
            rules.append(Rule(label, _place(colour), (Condition("sector_id", "=", sector),)))
    yield from _fine(asked, *rules)


def _enterprises(asked: _Asked) -> Iterator[Rule]:
    label = asked.said("企业（虚线为大致范围）", "Firms (dashed: approximate area)")
    yield from _fine(asked, Rule(label, _place(marks.FIRM)))


def _place(colour: str) -> Style:
    return Style(
        fill=colour, edge=colour, width_pt=0.9, dash_pt=_PLACE_DASH, strength=0.14, marker="o",
        size_pt=5.0,
    )  # fmt: skip


def _density(asked: _Asked) -> Iterator[Rule]:
    if SHADED not in asked.frame:
        yield from _other(asked)
        return
    by = asked.dataset.role.removeprefix("density_")
    is_approximate = by in ("wing", "platform")
    outline = marks.DISTRICT_EDGE if is_approximate else "" if by in _CELLS else "#FFFFFF"
    line: dict[str, Any] = {
        "edge": outline,
        "width_pt": 0.5,
        "dash_pt": DASH if is_approximate else (),
    }
    classes = classify(asked.frame[SHADED], "natural_breaks", CLASSES)
    unit, size = unit_of(SHADED, max(classes.edges, default=0.0), asked.language)
    colours = class_colours(len(classes.edges))
    for k, (edge, fill) in enumerate(zip(classes.edges, colours, strict=True)):
        lower = classes.edges[k - 1] if k else 0.0
        shown, high = number((lower if k else classes.lowest) / size), number(edge / size)
        between = high if shown == high else f"{shown} – {high}"
        is_last = k == len(classes.edges) - 1
        top = () if is_last else (Condition(SHADED, "<=", edge),)
        # Cells without lines: their own colour hides the seams.
        own = {**line, "edge": fill, "width_pt": 0.2} if by in _CELLS else line
        style = Style(fill=fill, **own)
        yield Rule(f"{between} {unit}", style, (Condition(SHADED, ">", lower), *top), level=k + 2)
    none = asked.said("0（无）", "0 (none)")
    yield Rule(none, Style(fill=marks.ZERO, **line), (Condition(SHADED, "<=", 0.0),), level=1)
    unknown = Style(fill=marks.LAND, hatch=marks.NO_DATA, **line)
    yield Rule(asked.said("无数据", "no data"), unknown, (Condition(SHADED, "missing"),))


def _other(asked: _Asked) -> Iterator[Rule]:
    style = Style(fill=_OTHER, edge=_OTHER_EDGE, width_pt=0.5, strength=0.18, marker="o")
    yield Rule(asked.title(), style)


_MAKERS: Mapping[str, Callable[[_Asked], Iterator[Rule]]] = {
    "districts": _districts,
    "context": _context,
    "waters": _waters,
    "wings": _wings,
    "platforms": _platforms,
    "hubs": _hubs,
    "projects": _projects,
    "enterprises": _enterprises,
}
