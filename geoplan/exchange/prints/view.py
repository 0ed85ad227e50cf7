"""What a picture shows: the state of a map page as one value, read from its address."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast, get_args
from urllib.parse import quote

from geoplan.errors import QuestionError
from geoplan.place.classes import Method
from geoplan.place.density import BY, By
from geoplan.plan.problems import Language

Paper = Literal["A4", "A3"]
Orientation = Literal["landscape", "portrait"]
Measure = Literal[
    "investment_wanyuan",
    "investment_wanyuan_per_km2",
    "investment_wanyuan_per_mu",
    "project_count",
    "projects_per_km2",
    "firm_count",
    "firms_per_km2",
]
MEASURES: tuple[Measure, ...] = get_args(Measure)
METHODS = tuple(method for method in get_args(Method) if method != "own")
KEYS = (
    "l", "h", "a", "m", "s", "y", "d", "v", "x", "c", "b", "o", "t", "lang", "paper", "orientation",
)  # fmt: skip
NO_LAYERS = "-"
DEFAULT_DENSITY = ("district", "investment_wanyuan_per_km2", "natural_breaks", 5)
MOST_CLASSES = 7

# The page's short codes.
_SHORT_MEASURES = dict(zip(("i", "ik", "im", "p", "pk", "f", "fk"), MEASURES, strict=True))
_SHORT_METHODS = {"n": "natural_breaks", "q": "quantiles", "h": "head_tail", "b": "box_plot"}
_NAME = re.compile(r"[^,\x00-\x1f]{1,80}")
_MOST_CHARS = 2_000
# A page shows about so many CSS pixels of map; its address gives only centre and zoom.
_WINDOW_PX = (1_200, 800)
_EQUATOR_M_PER_PX = 156_543.033_928
_M_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class View:
    """A map view; two equal views of the same plan give the same picture.

    Attributes
    ----------
    layers :
        What to show: names of the plan's layers, ``projects``,
        ``enterprises``, or the page's short keys for them (see
        :func:`geoplan.exchange.prints.showing.layer_keys`); ``None`` for the usual ones.
    hidden :
        Kinds not to show, ``key:kind``, for example ``p:park``.
    sector, year, without_largest, vintage :
        As in :class:`geoplan.place.density.Question`.
    by :
        Zones to show densities by; ``None`` for no density.
    shades_sector :
        Without a density, shade the districts by what the plan places of the
        sector there.
    measure, method, k :
        What is classified, how, and into how many classes at most.
    bounds :
        West, south, east, north in degrees, WGS 84; the whole plan if ``None``.
    selected :
        Subject outlined on the map, ``kind:id``, for example ``platforms:park``.
    drawn_on :
        The day the picture is drawn: printed, and judged by for freshness.
        Today if ``None``.
    centre :
        Latitude, longitude, zoom as the page's address has them; if empty,
        what shows the bounds.
    address :
        Where the page that shows this view is, for example
        ``http://localhost:8000``; printed before the state.
    """

    layers: tuple[str, ...] | None = None
    hidden: tuple[str, ...] = ()
    sector: str = ""
    year: int | None = None
    by: By | None = None
    shades_sector: bool = True
    measure: Measure = "investment_wanyuan_per_km2"
    method: Method = "natural_breaks"
    k: int = 5
    vintage: str = ""
    without_largest: bool = False
    bounds: tuple[float, float, float, float] | None = None
    selected: str = ""
    language: Language = "zh"
    paper: Paper = "A4"
    orientation: Orientation = "landscape"
    drawn_on: date | None = None
    centre: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        _choice("zones", self.by, (None, *BY))
        _choice("measure", self.measure, MEASURES)
        _choice("method", self.method, METHODS)
        _choice("language", self.language, ("zh", "en"))
        _choice("paper", self.paper, get_args(Paper))
        _choice("orientation", self.orientation, get_args(Orientation))
        if not 1 <= self.k <= MOST_CLASSES:
            raise QuestionError(f"{self.k} classes: choose 1 to {MOST_CLASSES}")
        if self.bounds is not None:
            west, south, east, north = self.bounds
            if not (-180 <= west < east <= 180 and -90 < south < north < 90):
                raise QuestionError("bounds are west, south, east, north in degrees")

    @classmethod
    def from_query(cls, query: Mapping[str, str], **given: Any) -> "View":
        """Read the state a page keeps in its address.

        Parameters
        ----------
        query :
            ``l`` layers, with dots or commas, ``-`` for none; ``h`` hidden
            kinds; ``m`` what fills the areas: ``n`` nothing, ``d`` the density
            although a sector is chosen; ``s`` sector; ``y`` year; ``d``
            density as ``by.measure.method.k``, later parts may be missing;
            ``v`` vintage; ``x=1`` without the largest project; ``c`` latitude,
            longitude, zoom, or ``b`` west, south, east, north; ``o`` selected
            ``kind:id``; ``lang``; and ``paper``, ``orientation``. ``a`` and
            ``t``, the page's fading and table, change nothing on paper.
        given :
            Fields that no address holds, such as ``drawn_on``, and defaults.

        Raises
        ------
        QuestionError
            An unknown key, or a value that is none.

        Examples
        --------
        >>> view = View.from_query({"d": "district.p", "lang": "en"})
        >>> view.by, view.measure, view.k, view.language
        ('district', 'project_count', 5, 'en')
        >>> view.query()
        'd=district.p&lang=en'
        >>> View.from_query({"s": "robots"}).by is None
        True
        """
        unknown = [key for key in query if key not in KEYS]
        if unknown:
            raise QuestionError(f"unknown “{unknown[0][:40]}”; a view knows {', '.join(KEYS)}")
        if sum(map(len, query.values())) > _MOST_CHARS:
            raise QuestionError("the address is too long for a view")
        found: dict[str, Any] = dict(given)
        for key, field in _TEXTS.items():
            if query.get(key):
                found[field] = query[key]
        if query.get("l"):
            found["layers"] = _listed(query["l"], "," if "," in query["l"] else ".")
        if query.get("h"):
            found["hidden"] = _listed(query["h"], ",")
        if query.get("y"):
            found["year"] = _whole(query["y"], "y")
        shade = query.get("m", "")
        _choice("filling (m)", shade, ("", "n", "d"))
        found["shades_sector"] = shade == ""
        if shade == "d" or (shade == "" and not query.get("s")):
            found.update(_density(query.get("d", "")))
        if query.get("x", "0") not in ("", "0", "1"):
            raise QuestionError("x is 1 (without the largest project) or 0")
        found["without_largest"] = query.get("x") == "1"
        if query.get("b"):
            found["bounds"] = _numbers(query["b"], 4, "b=west,south,east,north")
        elif query.get("c"):
            found["bounds"] = _around(*_numbers(query["c"], 3, "c=latitude,longitude,zoom"))
            found["centre"] = query["c"]
        return cls(**found)

    def query(self, keys: Mapping[str, str] | None = None) -> str:
        """The state as the page's address keeps it; opening it shows this view again.

        Parameters
        ----------
        keys :
            Short key of each layer's name, where the plan is known.
        """
        short = keys or {}
        layers = None
        if self.layers is not None:
            names = [short.get(name, name) for name in self.layers]
            separator = "," if any("." in name for name in names) else "."
            layers = separator.join(names) or NO_LAYERS
        shade = "d" if self.by and self.sector else None
        if self.by is None and not (self.sector and self.shades_sector):
            shade = "n"
        pairs = {
            "l": layers,
            "h": ",".join(self.hidden) or None,
            "m": shade,
            "s": self.sector or None,
            "y": None if self.year is None else str(self.year),
            "d": self._density() or None,
            "v": self.vintage or None,
            "x": "1" if self.without_largest else None,
            "c": self.centre or (_centre(self.bounds) if self.bounds else None),
            "o": self.selected or None,
            "lang": self.language,
        }
        return "&".join(f"{k}={quote(v, safe=',:.')}" for k, v in pairs.items() if v is not None)

    def _density(self) -> str:
        asked = (self.by, self.measure, self.method, self.k)
        if self.by is None or asked == DEFAULT_DENSITY:
            return ""
        parts = [self.by, next(s for s, name in _SHORT_MEASURES.items() if name == self.measure)]
        method = next(s for s, name in _SHORT_METHODS.items() if name == self.method)
        if asked[2:] != DEFAULT_DENSITY[2:]:
            parts.append(method)
        if self.k != DEFAULT_DENSITY[3]:
            parts.append(str(self.k))
        return ".".join(parts)


_TEXTS = {
    "s": "sector",
    "v": "vintage",
    "o": "selected",
    "lang": "language",
    "paper": "paper",
    "orientation": "orientation",
}


def _choice(what: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        known = ", ".join(str(c) for c in choices if c is not None)
        raise QuestionError(f"“{str(value)[:40]}” is no {what}; choose one of {known}")


def _whole(text: str, key: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise QuestionError(f"{key}={text[:20]}: give a whole number")
    return int(text)


def _numbers(text: str, count: int, form: str) -> Any:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != count or not all(map(math.isfinite, values)):
        raise QuestionError(f"“{text[:60]}”: give {form}")
    return values


def _listed(text: str, separator: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for name in text.split(separator) if name))
    if any(not _NAME.fullmatch(name) for name in names):
        raise QuestionError("a layer's name is too long or unreadable")
    return () if names == (NO_LAYERS,) else names


def _density(text: str) -> dict[str, Any]:
    parts = text.split(".")
    if len(parts) > 4:
        raise QuestionError("d is by.measure.method.k")
    by, measure, method, k = (*parts, *[""] * (4 - len(parts)))
    return {
        "by": by or DEFAULT_DENSITY[0],
        "measure": _SHORT_MEASURES.get(measure, measure) or DEFAULT_DENSITY[1],
        "method": _SHORT_METHODS.get(method, method) or DEFAULT_DENSITY[2],
        "k": _whole(k, "k") if k else DEFAULT_DENSITY[3],
    }


def _centre(bounds: tuple[float, float, float, float]) -> str:
    west, south, east, north = bounds
    lat, lon = (south + north) / 2, (west + east) / 2
    shrink = math.cos(math.radians(lat))
    m_per_px = max(
        (east - west) * _M_PER_DEGREE * shrink / _WINDOW_PX[0],
        (north - south) * _M_PER_DEGREE / _WINDOW_PX[1],
    )
    zoom = min(18, max(0, math.floor(math.log2(_EQUATOR_M_PER_PX * shrink / m_per_px))))
    return f"{lat:.4f},{lon:.4f},{zoom}"


def _around(lat: float, lon: float, zoom: float) -> tuple[float, float, float, float]:
    if not (-85 <= lat <= 85 and -180 <= lon <= 180 and 0 <= zoom <= 24):
        raise QuestionError("c is latitude, longitude, zoom (0 to 24)")
    m_per_px = _EQUATOR_M_PER_PX * math.cos(math.radians(lat)) / 2**zoom
    half_lat = m_per_px * _WINDOW_PX[1] / 2 / _M_PER_DEGREE
    half_lon = m_per_px * _WINDOW_PX[0] / 2 / (_M_PER_DEGREE * math.cos(math.radians(lat)))
    west, south = max(lon - half_lon, -180.0), max(lat - half_lat, -89.0)
    return cast(
        "tuple[float, float, float, float]",
        tuple(
            round(b, 4)
            for b in (west, south, min(lon + half_lon, 180.0), min(lat + half_lat, 89.0))
        ),
    )
