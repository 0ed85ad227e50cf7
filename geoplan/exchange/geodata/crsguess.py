"""Which CRS coordinates are in: what the file declares, held against where the plan is."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError, ProjError

from geoplan.plan.problems import Both

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]

WGS84 = "OGC:CRS84"
_ENOUGH = 0.9
_FEW = 0.1
_LOOSE = 0.25
_EDGE_POINTS = 9
_LONGEST_TEXT = 50_000
_NAMES_FILES = re.compile(r"(?i)grids\s*=|\+init\b|pipeline|parameterfile|gridshift")
_OLD_DATUMS = {
    "beijing": Both("北京54", "Beijing 1954"),
    "xian": Both("西安80", "Xi'an 1980"),
}
_OLD_ELLIPSOIDS = {
    "krasso": Both("北京54(克拉索夫斯基椭球)", "Beijing 1954 (Krassowsky ellipsoid)"),
    "iag1975": Both("西安80(IAG 1975 椭球)", "Xi'an 1980 (IAG 1975 ellipsoid)"),
    "xian": Both("西安80(IAG 1975 椭球)", "Xi'an 1980 (IAG 1975 ellipsoid)"),
}


@dataclass(frozen=True)
class Guess:
    """A CRS that the coordinates may be in.

    Attributes
    ----------
    share :
        Share of the features that it puts into the plan's extent.
    is_swapped :
        Whether northing or latitude comes first in the file.
    """

    code: str
    name: str
    share: float
    is_swapped: bool = False

    @property
    def answer(self) -> str:
        """The guess as an answer to the question ``crs``."""
        return f"{self.code} swapped" if self.is_swapped else self.code


def crs_of(text: str) -> CRS | None:
    """A CRS from an EPSG code, WKT or PROJ text; ``None`` if it is none.

    A text that names files is none: it may come from anybody.

    Examples
    --------
    >>> crs_of("4549").name
    'CGCS2000 / 3-degree Gauss-Kruger CM 120E'
    """
    plain = text.strip()
    if len(plain) > _LONGEST_TEXT or _NAMES_FILES.search(plain):
        return None
    try:
        return CRS.from_user_input(int(plain) if plain.isdigit() else plain)
    except CRSError:
        return None


def is_undefined(crs: CRS) -> bool:
    """Whether a CRS only says that there is none, as formats do that must have one.

    Examples
    --------
    >>> is_undefined(CRS.from_wkt('LOCAL_CS["Nonearth",UNIT["Meter",1]]'))
    True
    """
    name = re.sub(r"[^a-z]", "", crs.name.casefold())
    return name.startswith("undefined") or (
        crs.geodetic_crs is None and name.startswith(("unknown", "unnamed", "nonearth", "none"))
    )


def refused_datum(crs: CRS) -> Both | None:
    """The name of a datum from which no public parameters lead to CGCS2000, if it is one."""
    geodetic = crs.geodetic_crs
    if geodetic is None:
        return Both(f"地方独立坐标“{crs.name}”", f"a local grid, “{crs.name}”")
    if crs.is_bound:
        return None
    names = [geodetic.name, geodetic.datum.name if geodetic.datum else "", crs.name]
    plain = re.sub(r"[^a-z0-9]", "", " ".join(names).casefold())
    for word, name in _OLD_DATUMS.items():
        if word in plain:
            return Both(f"{name.zh}({crs.name})", f"{name.en} ({crs.name})")
    ellipsoid = crs.ellipsoid
    shape = re.sub(r"[^a-z0-9]", "", ellipsoid.name.casefold()) if ellipsoid else ""
    for word, name in _OLD_ELLIPSOIDS.items():
        if word in shape:
            return Both(f"{name.zh}({crs.name})", f"{name.en} ({crs.name})")
    return None


def with_parameters(crs: CRS, parameters: str) -> CRS | None:
    """A CRS together with the three or seven parameters that lead to WGS 84.

    Parameters
    ----------
    parameters :
        dx,dy,dz in metres and, of seven, rx,ry,rz in seconds and the scale in
        parts per million, in the position-vector convention.
    """
    numbers = re.split(r"[,，;\s]+", parameters.strip())
    if len(numbers) not in (3, 7):
        return None
    try:
        values = [float(number) for number in numbers]
    except ValueError:
        return None
    if not np.isfinite(values).all():
        return None
    text = f"{_proj(crs)} +towgs84={','.join(f'{v:.12g}' for v in values)} +type=crs"
    return crs_of(re.sub(r"\+towgs84=\S+ (?=.*\+towgs84)|\+type=crs (?=.*\+type=crs)", "", text))


def to_lonlat(crs: CRS, coordinates: Floats) -> Floats:
    """Coordinates as longitude and latitude, WGS 84; CGCS2000 counts as equal to it."""
    geodetic = crs.geodetic_crs
    is_china = geodetic is not None and "2000" in geodetic.name and "China" in geodetic.name
    target = geodetic if is_china else WGS84
    way = Transformer.from_crs(crs, target, always_xy=True)
    lon, lat = way.transform(coordinates[:, 0], coordinates[:, 1])
    return np.column_stack((lon, lat))


def share_inside(points: Floats, extent: Box) -> float:
    """Share of points in an extent, a quarter wider on every side."""
    if not len(points):
        return 0.0
    west, south, east, north = extent
    x, y = _LOOSE * (east - west), _LOOSE * (north - south)
    inside = (
        (points[:, 0] >= west - x) & (points[:, 0] <= east + x)
        & (points[:, 1] >= south - y) & (points[:, 1] <= north + y)
    )  # fmt: skip
    return float(inside.mean())


def fits(crs: CRS, centres: Floats, extent: Box) -> tuple[float, float]:
    """Shares of the centres that a CRS puts into the extent, as they are and with axes swapped."""
    try:
        straight = share_inside(to_lonlat(crs, centres), extent)
        swapped = share_inside(to_lonlat(crs, centres[:, ::-1]), extent)
    except ProjError:
        return 0.0, 0.0
    return straight, swapped


def guesses(centres: Floats, extent: Box, usual: str) -> list[Guess]:
    """The CRSs that put the coordinates into the plan's extent, the likeliest first.

    Parameters
    ----------
    centres :
        Centre of each feature as written in the file.
    usual :
        The plan's own CRS, preferred where several fit.
    """
    if not len(centres):
        return []
    found: list[Guess] = []
    if np.abs(centres).max() <= 360:
        for code in ("EPSG:4490",):
            straight = share_inside(centres, extent)
            swapped = share_inside(centres[:, ::-1], extent)
            name = "CGCS2000/WGS 84"
            found += [Guess(code, name, straight)] if straight >= _ENOUGH else []
            found += [Guess(code, name, swapped, True)] if swapped >= _ENOUGH > straight else []
        return found
    seen: set[tuple[int, ...]] = set()
    for code, proj in (_usual(usual), *_candidates(extent)):
        box = _box_in(proj, extent)
        key = tuple(round(v) for v in box) if box is not None else ()
        if box is None or key in seen:
            continue
        seen.add(key)
        straight, swapped = share_inside(centres, box), share_inside(centres[:, ::-1], box)
        if max(straight, swapped) >= _ENOUGH:
            name = CRS.from_user_input(code).name
            found.append(Guess(code, name, max(straight, swapped), swapped > straight))
    return found


def _usual(code: str) -> tuple[str, str]:
    """The plan's CRS; a cylinder after Gauss by its parameters, so as to find its equals."""
    return code, _proj(CRS.from_user_input(code))


def _proj(crs: CRS) -> str:
    """The projection alone: that the datum is lost is no loss here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return crs.to_proj4()


def _candidates(extent: Box) -> Iterator[tuple[str, str]]:
    """Projected CRSs in use around an extent in China: CGCS2000, then UTM and Web Mercator."""
    west, _, east, _ = extent
    first, last = int((west - 4.5) // 3) * 3, int((east + 4.5) // 3 + 1) * 3
    meridians = [m for m in range(first - 3, last + 4, 3) if 75 <= m <= 135]
    for numbered in (False, True):
        for m in meridians:
            yield f"EPSG:{4534 - 21 * numbered + (m - 75) // 3}", _gauss(m, m // 3 * numbered)
    for numbered in (False, True):
        for m in (m for m in meridians if (m - 75) % 6 == 0):
            yield f"EPSG:{4502 - 11 * numbered + (m - 75) // 6}", _gauss(m, (m + 3) // 6 * numbered)
    for zone in range(int((west + 180) // 6) + 1, int((east + 180) // 6) + 2):
        yield f"EPSG:{32600 + zone}", f"+proj=utm +zone={zone} +ellps=WGS84 +units=m"
    yield "EPSG:3857", "+proj=webmerc +datum=WGS84 +units=m"


def _gauss(meridian: int, zone: int) -> str:
    return (
        f"+proj=tmerc +lat_0=0 +lon_0={meridian} +k=1 +x_0={500_000 + zone * 1_000_000} +y_0=0 "
        "+ellps=GRS80 +units=m"
    )


@lru_cache(maxsize=256)
def _box_in(proj: str, extent: Box) -> Box | None:
    """The extent's box in a projection; to a metre, the ellipsoid does not matter."""
    west, south, east, north = extent
    grid = np.meshgrid(
        np.linspace(west, east, _EDGE_POINTS), np.linspace(south, north, _EDGE_POINTS)
    )
    try:
        e, n = Proj(proj)(grid[0].ravel(), grid[1].ravel())
    except (ProjError, CRSError):
        return None
    box = (float(np.min(e)), float(np.min(n)), float(np.max(e)), float(np.max(n)))
    return box if np.isfinite(box).all() else None


def box_text(centres: Floats) -> str:
    """The range of coordinates, as a phrase.

    Examples
    --------
    >>> box_text(np.array([[519000.0, 3318000.0], [525000.0, 3325000.0]]))
    'x 519,000–525,000, y 3,318,000–3,325,000'
    """
    if not len(centres):
        return ""
    low, high = centres.min(axis=0), centres.max(axis=0)
    most = np.abs(centres).max()
    form = ".4f" if most <= 360 else ",.0f" if most < 1e12 else ".3g"
    return f"x {low[0]:{form}}–{high[0]:{form}}, y {low[1]:{form}}–{high[1]:{form}}"


def evidence(guess: Guess, centres: Floats) -> Both:
    """Why a guess is made, in a sentence."""
    share = f"{guess.share:.0%}"
    order_zh = "，且北坐标(纬度)在前" if guess.is_swapped else ""
    order_en = ", with northing or latitude first" if guess.is_swapped else ""
    return Both(
        f"坐标 {box_text(centres)}，按 {guess.name}({guess.code}){order_zh}有 {share} 落在规划范围内",
        f"the coordinates {box_text(centres)}, read as {guess.name} ({guess.code}){order_en}, put "
        f"{share} of the features into the plan's extent",
    )


def is_far_off(share: float) -> bool:
    """Whether a declared CRS cannot be the right one."""
    return share < _FEW
