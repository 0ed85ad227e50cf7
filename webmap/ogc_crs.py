"""Coordinate reference systems as OGC API - Features names them, axes in their own order.

A CRS of EPSG says in which order its axes come: latitude first in EPSG:4326
and EPSG:4490, north first in the Gauss-Krüger zones. What is asked and what is
answered keeps to that; inside, x is always east.
"""

from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geoplan.plan.problems import Both
from webmap.ogc_cql2 import wrong

CRS84_URI = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG_URI = "http://www.opengis.net/def/crs/EPSG/0/"
_ALWAYS = ("OGC:CRS84", "EPSG:4326", "EPSG:4490", "EPSG:3857")
_MOST_DEGREES = (540.0, 180.0)
_MOST_METRES = 1e8
_DEGREE_DECIMALS = 6
_METRE_DECIMALS = 2


@dataclass(frozen=True)
class Reference:
    """A CRS that coordinates may be asked or answered in.

    Attributes
    ----------
    code :
        As pyproj knows it: ``EPSG:4490``.
    uri :
        As the interface names it.
    swapped :
        Whether the first axis is north.
    """

    code: str
    uri: str
    title: str
    swapped: bool
    is_degrees: bool

    @property
    def decimals(self) -> int:
        """Digits that are worth writing: 0.1 m in degrees, 1 cm in metres."""
        return _DEGREE_DECIMALS if self.is_degrees else _METRE_DECIMALS


@lru_cache(maxsize=16)
def references(plan_crs: str) -> tuple[Reference, ...]:
    """The references of a plan: longitude and latitude first, then its own and the usual ones."""
    codes = dict.fromkeys((_ALWAYS[0], *([plan_crs] if _is_named(plan_crs) else []), *_ALWAYS[1:]))
    return tuple(_reference(code) for code in codes)


def _is_named(code: str) -> bool:
    authority, _, number = code.upper().partition(":")
    return authority == "EPSG" and number.isdigit()


@lru_cache(maxsize=32)
def _reference(code: str) -> Reference:
    found = CRS.from_user_input(code)
    is_crs84 = code == _ALWAYS[0]
    first = found.axis_info[0].direction.lower()
    return Reference(
        code=code.upper(),
        uri=CRS84_URI if is_crs84 else _EPSG_URI + code.partition(":")[2],
        title=found.name,
        swapped=not is_crs84 and first in ("north", "south"),
        is_degrees=found.is_geographic,
    )


def storage(plan_crs: str) -> Reference | None:
    """The reference that the plan's shapes are held in; none if it has no name."""
    return _reference(plan_crs) if _is_named(plan_crs) else None


def find(text: str, plan_crs: str) -> Reference:
    """The reference that a parameter names, as URI, as ``[EPSG:4490]`` or ``EPSG:4490``.

    Raises
    ------
    ValueError
        It is not offered; the message lists what is.
    """
    offered = references(plan_crs)
    asked = text.strip()
    for one in offered:
        secure = one.uri.replace("http://", "https://", 1)
        if asked in (one.uri, secure, f"[{one.code}]", one.code):
            return one
    raise ValueError(", ".join(one.uri for one in offered))


def moved(frame: gpd.GeoDataFrame | gpd.GeoSeries, to: Reference) -> npt.NDArray[np.object_]:
    """Shapes in a reference, x east; missing where they have no place in it."""
    series = frame.geometry
    if series.crs is not None:
        series = series.to_crs(to.code)
    shapes: npt.NDArray[np.object_] = series.to_numpy().copy()
    placed = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    shapes[~placed] = None
    return shapes


def in_axis_order(shapes: npt.NDArray[np.object_], reference: Reference) -> npt.NDArray[np.object_]:
    """Shapes with their axes in the order of the reference, or back again."""
    if not reference.swapped:
        return shapes
    turned: npt.NDArray[np.object_] = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    return turned


def asked_box(bounds: tuple[float, float, float, float], reference: Reference) -> shapely.Geometry:
    """The area of a box whose axes are in the order of the reference.

    A box in degrees whose west lies east of its east spans the antimeridian.

    Raises
    ------
    FilterError
        No coordinates of that reference are so large, or the corners are swapped.
    """
    first, second, third, fourth = bounds
    west, south, east, north = (
        (second, first, fourth, third) if reference.swapped else (first, second, third, fourth)
    )
    refuse_far(np.array([[west, south], [east, north]]), reference)
    if south > north or (west > east and not reference.is_degrees):
        raise wrong(
            f"范围框的下角大于上角；坐标顺序应为：{_order(reference).zh}",
            f"the lower corner of the box is above the upper one; the order of its coordinates "
            f"is {_order(reference).en}",
        )
    if west > east:
        return shapely.union_all(
            [shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)]
        )
    return shapely.box(west, south, east, north)


def asked_shape(geometry: shapely.Geometry, reference: Reference) -> shapely.Geometry:
    """A geometry whose axes are in the order of the reference, with x east.

    Raises
    ------
    FilterError
        No coordinates of that reference are so large.
    """
    turned = shapely.transform(geometry, lambda xy: xy[:, ::-1]) if reference.swapped else geometry
    refuse_far(shapely.get_coordinates(turned), reference)
    return turned


def refuse_far(corners: npt.NDArray[np.float64], reference: Reference) -> None:
    """Refuse what lies outside of every place that a reference can name.

    Raises
    ------
    FilterError
        A number is too large.
    """
    most = _MOST_DEGREES if reference.is_degrees else (_MOST_METRES, _MOST_METRES)
    if (np.abs(corners) > np.array(most)).any() or not np.isfinite(corners).all():
        order = _order(reference)
        raise wrong(
            f"坐标超出 {reference.code} 的范围；顺序应为：{order.zh}",
            f"coordinates outside of {reference.code}; their order is {order.en}",
        )


def _order(reference: Reference) -> Both:
    if reference.is_degrees:
        return (
            Both("南纬度,西经度,北纬度,东经度", "south, west, north, east in degrees")
            if reference.swapped
            else Both("西经度,南纬度,东经度,北纬度", "west, south, east, north in degrees")
        )
    return (
        Both("南,西,北,东(米)", "south, west, north, east in metres")
        if reference.swapped
        else Both("西,南,东,北(米)", "west, south, east, north in metres")
    )
