"""Datums a Chinese file may be in, and the way to longitude/latitude WGS 84.

GCJ-02 and BD-09 have no EPSG code: pyproj cannot convert them. CGCS2000 and
WGS 84 agree to well under a metre and are taken as equal.

Notes
-----
GCJ-02 is the published obfuscation polynomial on the Krasovsky ellipsoid;
BD-09 adds a rotation whose constant is π·3000/180 (not π, a widely copied
slip that is 49 m wrong).
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import shapely
from geopandas import GeoSeries
from pyproj import Geod, Transformer

Floats = npt.NDArray[np.float64]
Transform = Callable[[Floats, Floats], tuple[Floats, Floats]]

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_2 = 0.00669342162296594323
_BD_ANGLE = np.pi * 3000.0 / 180.0
_GCJ_TOLERANCE_DEG = 1e-9

DATUMS: Mapping[str, str] = {
    "WGS 84": "OGC:CRS84",
    "CGCS2000": "EPSG:4490",
    "GCJ-02": "OGC:CRS84",
    "BD-09": "OGC:CRS84",
}
"""Datum name a sidecar may declare → CRS its longitudes and latitudes are read in."""


def _shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    rad_lat = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY_2 * np.sin(rad_lat) ** 2
    meridian = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_2) / (magic * np.sqrt(magic))
    parallel = _SEMI_MAJOR_M / np.sqrt(magic) * np.cos(rad_lat)
    return np.degrees(d_lon / parallel), np.degrees(d_lat / meridian)


def _outside_china(lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
    return (lon < 72.004) | (lon > 137.8347) | (lat < 0.8293) | (lat > 55.8271)


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees, WGS 84 → GCJ-02.

    Outside the area where GCJ-02 is defined the coordinates are returned as
    they are.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(np.array([121.5272106]), np.array([31.1774276]))
    >>> f"{lon[0]:.6f} {lat[0]:.6f}"
    '121.531542 31.175304'
    """
    d_lon, d_lat = _shift(lon, lat)
    outside = _outside_china(lon, lat)
    return np.where(outside, lon, lon + d_lon), np.where(outside, lat, lat + d_lat)


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees, GCJ-02 → WGS 84, to 1e-9 degrees.

    The forward formula is inverted by fixed-point iteration.
    """
    wgs_lon, wgs_lat = lon, lat
    for _ in range(12):
        there_lon, there_lat = wgs84_to_gcj02(wgs_lon, wgs_lat)
        miss_lon, miss_lat = there_lon - lon, there_lat - lat
        wgs_lon, wgs_lat = wgs_lon - miss_lon, wgs_lat - miss_lat
        if np.nanmax(np.abs(np.concatenate((miss_lon, miss_lat))), initial=0.0) < (
            _GCJ_TOLERANCE_DEG
        ):
            break
    return wgs_lon, wgs_lat


def gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees, GCJ-02 → BD-09."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_ANGLE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees, BD-09 → GCJ-02."""
    x, y = lon - 0.0065, lat - 0.006
    radius = np.hypot(x, y) - 0.00002 * np.sin(y * _BD_ANGLE)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * _BD_ANGLE)
    return radius * np.cos(angle), radius * np.sin(angle)


def wgs84_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees, WGS 84 → BD-09."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees, BD-09 → WGS 84."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


FROM_WGS84: Mapping[str, Transform] = {"GCJ-02": wgs84_to_gcj02, "BD-09": wgs84_to_bd09}
TO_WGS84: Mapping[str, Transform] = {"GCJ-02": gcj02_to_wgs84, "BD-09": bd09_to_wgs84}


def move_lonlat(geometries: GeoSeries, transform: Transform) -> GeoSeries:
    """The geometries with every longitude/latitude moved by ``transform``."""

    def move(xy: Floats) -> Floats:
        return np.column_stack(transform(xy[:, 0], xy[:, 1]))

    moved = shapely.transform(geometries.to_numpy(), move)
    return GeoSeries(moved, index=geometries.index, crs=geometries.crs, name=geometries.name)


MOST_AREA_ERROR = 0.02
"""By what share areas may be off in a CRS that a plan is measured in."""


def area_error(crs: str, extent: tuple[float, float, float, float]) -> float:
    """By what share the extent's area in a CRS differs from that on the ellipsoid."""
    west, south, east, north = extent
    steps = np.linspace(0, 1, 33)
    lon = np.concatenate([west + steps * (east - west), east - steps * (east - west)])
    lat = np.concatenate([np.full(33, south), np.full(33, north)])
    true, _ = Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)
    x, y = Transformer.from_crs("OGC:CRS84", crs, always_xy=True).transform(lon, lat)
    measured = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    return float(measured / abs(true) - 1) if np.isfinite(measured) else float("inf")


def suited_crs(extent: tuple[float, float, float, float]) -> str:
    """The CGCS2000 3-degree zone by central meridian that fits an extent; empty outside China.

    Examples
    --------
    >>> suited_crs((118.3, 29.1, 120.8, 30.7))
    'EPSG:4549'
    """
    meridian = round((extent[0] + extent[2]) / 6) * 3
    return f"EPSG:{4534 + (meridian - 75) // 3}" if 75 <= meridian <= 135 else ""
