"""How things known by area fall into zones, and how values move between boundaries.

Points are joined exactly; an area divides by area of intersection (areal
interpolation). What falls in no zone stays part of the result.
"""

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.errors import QuestionError
from geoplan.place.join import NO_ZONE, locate_points

_LEAST_SHARE = 1e-9

_Integers = npt.NDArray[np.int64]

Quantity = Literal["extensive", "intensive"]


@dataclass(frozen=True)
class Shares:
    """Which share of each thing falls in which zone; a sparse table.

    Attributes
    ----------
    thing, zone :
        Positions; ``zone`` is -1 for what falls in no zone.
    share :
        Shares of one thing sum to 1; a thing without footprint has no row.
    """

    thing: npt.NDArray[np.int64]
    zone: npt.NDArray[np.int64]
    share: npt.NDArray[np.float64]


def shares_in_zones(
    footprints: gpd.GeoSeries, zones: gpd.GeoSeries, sliver_m: float = 0.0
) -> Shares:
    """Divide footprints over zones that do not overlap.

    Parameters
    ----------
    footprints :
        Points (joined exactly; on a shared edge the zone whose key sorts first)
        or areas (divided by area of intersection); missing ones get no row.
    zones :
        Areas in the same CRS.
    sliver_m :
        How well the lines are known. An overlap no wider than twice that is
        noise between two drawings of one line: its share goes to the other
        overlaps of the same thing.
    """
    geometries = footprints.to_numpy()
    present = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
    points = present & (shapely.get_type_id(geometries) == 0)
    at = np.flatnonzero(points)
    xy = shapely.get_coordinates(geometries[at])
    where = locate_points(xy[:, 0], xy[:, 1], zones).astype(np.int64)
    areas = np.flatnonzero(present & ~points)
    alike, first = alike_objects(geometries[areas])
    divided = _divided(geometries[areas][first], zones, sliver_m)
    thing, row = _repeated(alike, divided.thing)
    return Shares(
        np.concatenate((at, areas[thing])),
        np.concatenate((where, divided.zone[row])),
        np.concatenate((np.ones(len(at)), divided.share[row])),
    )


def alike_objects(things: npt.NDArray[np.object_]) -> tuple[_Integers, _Integers]:
    """Number each object, equal numbers for one and the same object; and where each first stands.

    Things in the same place share one geometry object, see
    :func:`geoplan.place.locate.locate`: what holds for one holds for all.
    """
    identity = np.fromiter((id(thing) for thing in things), dtype=np.int64, count=len(things))
    _, first, number = np.unique(identity, return_index=True, return_inverse=True)
    return number.astype(np.int64), first.astype(np.int64)


def _repeated(alike: _Integers, divided: _Integers) -> tuple[_Integers, _Integers]:
    """For each thing the rows of its footprint: (thing, row) pairs, things ascending."""
    order = np.argsort(divided, kind="stable")
    counts = np.bincount(divided, minlength=int(alike.max(initial=-1)) + 1)
    starts = np.cumsum(counts) - counts
    mine = counts[alike]
    thing = np.repeat(np.arange(len(alike)), mine)
    offset = np.arange(mine.sum()) - np.repeat(np.cumsum(mine) - mine, mine)
    return thing, order[np.repeat(starts[alike], mine) + offset]


def _divided(areas: npt.NDArray[np.object_], zones: gpd.GeoSeries, sliver_m: float) -> Shares:
    """Divide areas by area of intersection."""
    thing, zone = zones.sindex.query(areas, predicate="intersects")
    overlap = shapely.intersection(areas[thing], zones.to_numpy()[zone])
    share = shapely.area(overlap) / shapely.area(areas[thing])
    whole = np.bincount(thing, share, minlength=len(areas))
    kept = share > _LEAST_SHARE
    if sliver_m > 0:
        wide = ~shapely.is_empty(shapely.buffer(overlap, -sliver_m))
        # A thing that has only narrow overlaps keeps them.
        has_wide = np.zeros(len(areas), dtype=bool)
        has_wide[thing[wide]] = True
        kept &= wide | ~has_wide[thing]
    thing, zone, share = thing[kept], zone[kept], share[kept]
    covered = np.bincount(thing, share, minlength=len(areas))
    scale = whole / np.where(covered > 0, covered, 1.0)
    # Where zones overlap (wings may) nothing may count twice.
    share = share * (scale / np.maximum(whole, 1.0))[thing]
    rest = 1.0 - np.minimum(whole, 1.0)
    outside = np.flatnonzero(rest > _LEAST_SHARE)
    return Shares(
        np.concatenate((thing, outside)).astype(np.int64),
        np.concatenate((zone, np.full(len(outside), NO_ZONE))).astype(np.int64),
        np.concatenate((share, rest[outside])),
    )


def reallocate(
    values: "pd.Series[float]", sources: gpd.GeoSeries, targets: gpd.GeoSeries, quantity: Quantity
) -> "pd.Series[float]":
    """Values of one set of areas on another, by area of intersection.

    Parameters
    ----------
    values :
        On the index of ``sources``.
    quantity :
        ``extensive``: amounts, split by the share of the source's area; their
        sum over the sources' covered part is kept. ``intensive``: rates,
        averaged over the target's covered area.

    Returns
    -------
    Series
        On the index of ``targets``; a rate is missing where nothing covers the
        target.

    Raises
    ------
    QuestionError
        The quantity is neither.

    References
    ----------
    Goodchild, M. F. & Lam, N. S. (1980). Areal interpolation: a variant of the
    traditional spatial problem. *Geo-Processing* 1, 297–312.
    """
    if quantity not in ("extensive", "intensive"):
        raise QuestionError(f"“{quantity}”: declare extensive (amounts) or intensive (rates)")
    shares = shares_in_zones(sources, targets)
    inside = shares.zone != NO_ZONE
    thing, zone, share = shares.thing[inside], shares.zone[inside], shares.share[inside]
    amounts = values.reindex(sources.index).to_numpy(dtype=float)
    if quantity == "extensive":
        moved = np.bincount(zone, amounts[thing] * share, minlength=len(targets))
        return pd.Series(moved, index=targets.index, name=values.name)
    area = share * shapely.area(sources.to_numpy())[thing]
    weight = np.bincount(zone, area, minlength=len(targets))
    summed = np.bincount(zone, amounts[thing] * area, minlength=len(targets))
    with np.errstate(invalid="ignore"):
        return pd.Series(summed / weight, index=targets.index, name=values.name)
