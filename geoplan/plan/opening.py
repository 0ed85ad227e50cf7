"""Open a folder as a plan. Opening reads; judging is :func:`geoplan.check`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.errors import UnusablePlanError
from geoplan.plan.crs import MOST_AREA_ERROR, area_error
from geoplan.plan.journal import whole
from geoplan.plan.layers import Layer, layers_in
from geoplan.plan.problems import Both, Problem
from geoplan.plan.tables import tables_in
from geoplan.plan.texts import decode

PLAN_FILE = "plan.toml"
_EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)
_META_EXAMPLES = {
    "id": 'id = "my-city"',
    "title_zh": 'title_zh = "我市产业规划"',
    "title_en": 'title_en = "Industrial plan of my city"',
    "analysis_crs": 'analysis_crs = "EPSG:4549"',
    "extent": "extent = [118.3, 29.1, 120.8, 30.7]",
}


@dataclass(frozen=True)
class Meta:
    """What ``plan.toml`` says.

    ``extent`` is west, south, east, north in degrees, WGS 84.
    """

    id: str
    title_zh: str
    title_en: str
    analysis_crs: str
    extent: tuple[float, float, float, float]
    language: str = "zh"
    shown_on: date | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan as it was read: tables typed, layers in one CRS, faults noted.

    Two plans are equal only if they are the same object, so that what is
    computed of a plan can be remembered with it.

    Attributes
    ----------
    tables :
        Table name → frame; the index is the row number in the file.
    layers :
        Layer name → layer, in ``meta.analysis_crs``.
    faults :
        What could not be read as it stood.
    """

    folder: Path
    meta: Meta
    tables: Mapping[str, pd.DataFrame]
    layers: Mapping[str, Layer]
    faults: tuple[Problem, ...] = ()

    @property
    def sources(self) -> pd.DataFrame:
        """The documents and datasets everything else cites."""
        return self.tables["sources"]

    def layers_of(self, role: str) -> list[Layer]:
        """The layers of one role, newest validity first."""
        found = [layer for layer in self.layers.values() if layer.role == role]
        return sorted(found, key=lambda layer: str(layer.facts.get("valid_from", "")), reverse=True)

    def districts_on(self, day: date) -> Layer | None:
        """The district layer valid on a day."""
        return next((x for x in self.layers_of("districts") if x.is_valid_on(day)), None)


def is_plan(folder: Path) -> bool:
    """Whether a folder is a plan: it holds a ``plan.toml``."""
    return (folder / PLAN_FILE).is_file()


def embedded_plan() -> Path:
    """Folder of the plan that comes with geoplan."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "embedded"
    return inside if is_plan(inside) else package.parent


def find_plan(folder: Path | None = None) -> Path:
    """The folder asked for, else the current one if it is a plan, else the embedded plan."""
    if folder is not None:
        return folder
    here = Path.cwd()
    return here if is_plan(here) else embedded_plan()


def open_plan(folder: Path | str | None = None) -> Plan:
    """Read a plan folder, faults included, as one state of it.

    A change that was interrupted is finished first; see :mod:`geoplan.plan.journal`.

    Parameters
    ----------
    folder :
        A folder with a ``plan.toml``; see :func:`find_plan` for the default.

    Raises
    ------
    UnusablePlanError
        The folder has no readable ``plan.toml``, or a change of it was interrupted
        and cannot be finished from here.
    BusyPlanError
        Somebody went on changing it.
    """
    root = find_plan(Path(folder) if folder is not None else None)
    return whole(root, lambda: _read(root))


def _read(root: Path) -> Plan:
    if not root.is_dir():
        raise UnusablePlanError(f"{root}: there is no such folder; name a plan folder")
    if not is_plan(root):
        raise UnusablePlanError(
            f"{root}: no {PLAN_FILE}, so this is no plan; start one with `geoplan init {root}`"
        )
    text, faults = decode(root / PLAN_FILE, PLAN_FILE)
    if text is None:
        raise UnusablePlanError(f"{root / PLAN_FILE}: {faults[0].message()}")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnusablePlanError(f"{root / PLAN_FILE}: not valid TOML, {error}") from error
    meta, found = _read_meta(content)
    faults += found
    tables, found = tables_in(root)
    faults += found
    layers, found = layers_in(root, meta.analysis_crs)
    faults += found
    return Plan(root, meta, tables, layers, tuple(faults))


def _read_meta(content: Mapping[str, Any]) -> tuple[Meta, list[Problem]]:
    problems = []
    for key, example in _META_EXAMPLES.items():
        if key not in content:
            details: dict[str, object] = {"key": key, "example": example}
            problems.append(Problem("meta.missing", PLAN_FILE, 0, key, details))

    def wrong(key: str, zh: str, en: str) -> None:
        details = {
            "key": key,
            "value": repr(content[key]),
            "reason": Both(zh, en),
            "example": _META_EXAMPLES.get(key, f'{key} = "zh"'),
        }
        problems.append(Problem("meta.wrong", PLAN_FILE, 0, key, details))

    extent = _EVERYWHERE
    if "extent" in content:
        try:
            west, south, east, north = (float(number) for number in content["extent"])
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
                raise ValueError
            extent = (west, south, east, north)
        except (TypeError, ValueError):
            wrong("extent", "应为[西, 南, 东, 北]", "it must be [west, south, east, north]")
    crs = str(content.get("analysis_crs", ""))
    try:
        if crs and not CRS.from_user_input(crs).is_projected:
            wrong(
                "analysis_crs",
                "不是投影坐标系，无法量算面积",
                "it is not projected, so areas cannot be measured",
            )
            crs = ""
        elif (
            crs and extent != _EVERYWHERE and abs(off := area_error(crs, extent)) > MOST_AREA_ERROR
        ):
            wrong(
                "analysis_crs",
                f"在本规划范围内面积偏差 {off:+.0%}",
                f"areas within the plan's extent are off by {off:+.0%}",
            )
            crs = ""
    except CRSError:
        wrong("analysis_crs", "不认识的坐标系", "this CRS is unknown")
        crs = ""
    if content.get("language", "zh") not in ("zh", "en"):
        wrong("language", "应为 zh 或 en", "it must be zh or en")
    shown_on = content.get("shown_on")
    if shown_on is not None and type(shown_on) is not date:
        wrong("shown_on", "不是日期", "it is no date")
        shown_on = None
    meta = Meta(
        id=str(content.get("id", "plan")),
        title_zh=str(content.get("title_zh", "")),
        title_en=str(content.get("title_en", content.get("title_zh", ""))),
        analysis_crs=crs or _stand_in_crs(extent),
        extent=extent,
        language=str(content.get("language", "zh")),
        shown_on=shown_on,
    )
    return meta, problems


def _stand_in_crs(extent: tuple[float, float, float, float]) -> str:
    """An equal-area CRS for the extent, so that a plan without a usable one still opens."""
    west, south, east, north = extent
    return f"+proj=laea +lat_0={(south + north) / 2:g} +lon_0={(west + east) / 2:g} +units=m"
