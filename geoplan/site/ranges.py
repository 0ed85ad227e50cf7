"""How deep inside, how far, how much covered: as ranges, where places are known to a radius.

A site is either an *extent*, the ground it takes (a parcel, a cell), or it is
*somewhere* in its footprint (a platform known to two kilometres). The range of
a measure holds every value that is possible under that, and under the accuracy
of the features it is measured to; its ends are never closer than can be known.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

_MOST_CORNERS = 256
_CHUNK = 4_000_000
_QUARTER = 16
_POINT = 0
_LINES = (1, 2, 5)
_AREAS = (3, 6)


class Range(NamedTuple):
    """Least and greatest possible value of each site; not a number where nothing is known."""

    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Sites:
    """Sites as they are measured.

    Attributes
    ----------
    geometry :
        Extent or footprint; missing where a site has no place.
    centre :
        Points that stand for them.
    extent :
        Which sites are extents; the others are somewhere in their footprint.
    accuracy_m :
        How far an extent may be off; 0 for footprints, which say so themselves.
    radius_m :
        From the centre to the farthest corner.
    """

    geometry: Geometries
    centre: Geometries
    extent: Mask
    accuracy_m: Floats
    radius_m: Floats

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame) -> Self:
        """The sites of a frame of candidates."""
        geometry, centre = frame.geometry.to_numpy(), frame["centre"].to_numpy()
        extent = (frame["candidate"] != "platform").to_numpy(dtype=bool)
        accuracy = np.where(extent, frame["accuracy_m"].to_numpy(dtype=float), 0.0)
        corners, of = shapely.get_coordinates(geometry, return_index=True)
        xy = np.column_stack((shapely.get_x(centre), shapely.get_y(centre)))
        radius = np.zeros(len(frame))
        np.maximum.at(radius, of, np.hypot(*(corners - xy[of]).T))
        return cls(geometry, centre, extent, np.nan_to_num(accuracy), radius)


@dataclass(frozen=True, eq=False)
class Features:
    """What sites are measured to.

    Attributes
    ----------
    geometry :
        Points, lines or areas, none missing.
    accuracy_m :
        How far each may be off.
    somewhere :
        Which of them are areas that a thing is somewhere in, not as large as.
    sure :
        Which are surely meant; of the others it is not known.
    lost :
        How many more there are of which no place is known.
    """

    geometry: Geometries
    accuracy_m: Floats
    somewhere: Mask
    sure: Mask
    lost: int = 0

    @property
    def areas(self) -> Self:
        """Those of them that are areas."""
        kept = np.isin(shapely.get_type_id(self.geometry), _AREAS)
        return type(self)(
            self.geometry[kept],
            self.accuracy_m[kept],
            self.somewhere[kept],
            self.sure[kept],
            self.lost,
        )


def edges_of(geometries: Geometries) -> Geometries:
    """Points as they are, and every stretch of every line or outline."""
    kinds = shapely.get_type_id(geometries)
    outlines = np.asarray(shapely.boundary(geometries[np.isin(kinds, _AREAS)]), dtype=object)
    lines: Geometries = np.append(geometries[np.isin(kinds, _LINES)], outlines)
    parts = shapely.get_parts(lines)
    parts = parts[np.isin(shapely.get_type_id(parts), (1, 2))]
    xy, of = shapely.get_coordinates(parts, return_index=True)
    together = of[1:] == of[:-1]
    ends = np.stack((xy[:-1][together], xy[1:][together]), axis=1)
    stretches = np.asarray(shapely.linestrings(ends), dtype=object)
    points = shapely.get_parts(geometries[np.isin(kinds, (0, 4))])
    return np.concatenate((points, stretches))


def nearest_m(those: Geometries, edges: Geometries) -> Floats:
    """Distance of each geometry to the nearest edge; infinite where there is none, not a number where no place."""
    found = np.full(len(those), np.inf)
    found[shapely.is_missing(those) | shapely.is_empty(those)] = np.nan
    if len(edges):
        tree = shapely.STRtree(edges)
        (which, _), distance = tree.query_nearest(those, all_matches=False, return_distance=True)
        found[which] = distance
    return found


def _holds(area: shapely.Geometry, points: Geometries) -> Mask:
    shapely.prepare(area)
    xy = np.column_stack((shapely.get_x(points), shapely.get_y(points)))
    inside: Mask = shapely.contains_xy(area, np.nan_to_num(xy[:, 0]), np.nan_to_num(xy[:, 1]))
    return inside & ~shapely.is_missing(points)


def depth_m(sites: Sites, features: Features) -> Range:
    """How deep inside areas the sites lie, in metres; negative outside.

    The least is that of the shallowest place of an extent, or of the shallowest
    place where a site may be; the greatest that of the deepest.
    """
    areas = features.areas
    low, high = _signed(sites, areas.geometry)
    if not areas.sure.all():
        low = _signed(sites, areas.geometry[areas.sure]).low
    off = sites.accuracy_m + areas.accuracy_m.max(initial=0.0)
    known = ~shapely.is_missing(sites.geometry)
    high = np.where(features.lost > 0, np.inf, high + off)
    return Range(np.where(known, low - off, np.nan), np.where(known, high, np.nan))


def _signed(sites: Sites, areas: Geometries) -> Range:
    if not len(areas):
        nowhere = np.full(len(sites.geometry), -np.inf)
        return Range(nowhere, nowhere)
    whole = shapely.union_all(areas)
    edges = edges_of(np.array([whole], dtype=object))
    apart = nearest_m(sites.geometry, edges)
    middle = nearest_m(sites.centre, edges)
    middle = np.where(_holds(whole, sites.centre), middle, -middle)
    inside = _holds(whole, shapely.point_on_surface(sites.geometry))
    low = np.where(inside, apart, middle - sites.radius_m)
    high = np.where(inside, middle + sites.radius_m, -apart)
    crossed = np.flatnonzero(apart <= 0)
    if len(crossed):
        those = sites.geometry[crossed]
        low[crossed] = np.where(
            shapely.covers(whole, those), 0.0, np.minimum(middle - sites.radius_m, 0)[crossed]
        )
        high[crossed] = np.where(
            shapely.touches(whole, those), 0.0, np.maximum(middle + sites.radius_m, 0)[crossed]
        )
    return Range(low, high)


def distance_m(sites: Sites, features: Features) -> Range:
    """Straight line from each site to the nearest feature, in metres.

    From the nearest edge of an extent, or from wherever a site may be.
    """
    n = len(sites.geometry)
    low, high = np.full(n, np.inf), np.full(n, np.inf)
    inner = shapely.point_on_surface(sites.geometry)
    for accuracy in np.unique(features.accuracy_m):
        for surely in (True, False):
            same = (features.accuracy_m == accuracy) & (features.sure == surely)
            if not same.any():
                continue
            those = features.geometry[same]
            least = _apart(sites.geometry, inner, those)
            low = np.fmin(low, np.maximum(least - accuracy, 0.0))
            if not surely:
                continue
            fixed = those[~features.somewhere[same]]
            if len(fixed):
                middle = _apart(sites.centre, sites.centre, fixed) + sites.radius_m
                most = np.where(sites.extent, _apart(sites.geometry, inner, fixed), middle)
                high = np.fmin(high, most + accuracy)
    high = np.fmin(high, _farthest(sites, features))
    low = np.where(features.lost > 0, 0.0, np.maximum(low - sites.accuracy_m, 0.0))
    known = ~shapely.is_missing(sites.geometry)
    return Range(np.where(known, low, np.nan), np.where(known, high + sites.accuracy_m, np.nan))


def _apart(those: Geometries, inner: Geometries, features: Geometries) -> Floats:
    """Least distance to the features; 0 inside one that is an area."""
    distance = nearest_m(those, edges_of(features))
    areas = features[np.isin(shapely.get_type_id(features), _AREAS)]
    if len(areas):
        distance = np.where(_holds(shapely.union_all(areas), inner), 0.0, distance)
    return distance


def _farthest(sites: Sites, features: Features) -> Floats:
    """Bound on the distance to the nearest feature that no place of a site exceeds.

    The least over the features of the greatest distance to each: exact where one
    point feature is the nearest from everywhere in a footprint.
    """
    n = len(sites.geometry)
    most = np.full(n, np.inf)
    pointed = shapely.get_type_id(features.geometry) == _POINT
    chosen = features.sure & (pointed | features.somewhere)
    rows = np.flatnonzero(~shapely.is_missing(sites.geometry))
    if not chosen.any() or not len(rows):
        return most
    hulls = shapely.convex_hull(sites.geometry[rows])
    # The nearest place of an extent counts, and that is nowhere farther than its centre.
    hulls = np.where(sites.extent[rows], sites.centre[rows], hulls)
    corners = shapely.get_coordinates(hulls)
    counts = shapely.get_num_coordinates(hulls)
    starts = np.cumsum(counts) - counts
    middle = shapely.centroid(features.geometry[chosen])
    places = np.column_stack((shapely.get_x(middle), shapely.get_y(middle)))
    reach = features.accuracy_m[chosen] + _radius(features.geometry[chosen], places)
    best = np.full(len(rows), np.inf)
    step = max(1, _CHUNK // max(len(corners), 1))
    for first in range(0, len(places), step):
        part = places[first : first + step]
        apart = np.hypot(*(corners[:, None, :] - part[None]).transpose(2, 0, 1))
        far = np.maximum.reduceat(apart, starts, axis=0) + reach[first : first + step]
        best = np.minimum(best, far.min(axis=1))
    most[rows] = best
    return most


def _radius(geometries: Geometries, centres: Floats) -> Floats:
    corners, of = shapely.get_coordinates(geometries, return_index=True)
    radius = np.zeros(len(geometries))
    np.maximum.at(radius, of, np.hypot(*(corners - centres[of]).T))
    return radius


def share_covered(sites: Sites, features: Features) -> Range:
    """Share of each site's ground that areas cover, 0 to 1.

    Of an extent the share itself, give or take the accuracy; a site that is
    somewhere in its footprint may be covered wholly or not at all.
    """
    depth = depth_m(sites, features)
    off = features.areas.accuracy_m.max(initial=0.0) + sites.accuracy_m
    low = np.where(depth.low >= 0, 1.0, 0.0)
    high = np.where(depth.high <= 0, 0.0, 1.0)
    open_ = sites.extent & (low < high) & ~shapely.is_missing(sites.geometry)
    areas = features.areas
    for by in np.unique(off[open_]):
        same = np.flatnonzero(open_ & (off == by))
        low[same] = _shares(sites.geometry[same], _grown(areas.geometry[areas.sure], -by))
        if not features.lost:
            high[same] = _shares(sites.geometry[same], _grown(areas.geometry, by))
    known = ~shapely.is_missing(sites.geometry)
    return Range(np.where(known, low, np.nan), np.where(known, high, np.nan))


def _grown(areas: Geometries, by_m: float) -> Geometries:
    """Areas as one, grown or shrunk, in pieces of few corners."""
    if not len(areas):
        return areas
    whole = shapely.union_all(areas)
    if by_m:
        whole = shapely.buffer(whole, by_m, quad_segs=_QUARTER)
    return np.array(_pieces(whole), dtype=object)


def _pieces(area: shapely.Geometry) -> list[shapely.Geometry]:
    if shapely.get_num_coordinates(area) <= _MOST_CORNERS:
        return [] if shapely.is_empty(area) else [area]
    west, south, east, north = shapely.bounds(area).tolist()
    if east - west > north - south:
        middle = (west + east) / 2
        halves = (shapely.box(west, south, middle, north), shapely.box(middle, south, east, north))
    else:
        middle = (south + north) / 2
        halves = (shapely.box(west, south, east, middle), shapely.box(west, middle, east, north))
    return [piece for half in halves for piece in _pieces(shapely.intersection(area, half))]


def _shares(extents: Geometries, pieces: Geometries) -> Floats:
    covered = np.zeros(len(extents))
    if len(pieces):
        which, piece = shapely.STRtree(pieces).query(extents, predicate="intersects")
        parts = shapely.area(shapely.intersection(extents[which], pieces[piece]))
        np.add.at(covered, which, parts)
    area = shapely.area(extents)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: Floats = np.clip(np.where(area > 0, covered / area, np.nan), 0.0, 1.0)
    return shares
