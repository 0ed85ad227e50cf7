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
    areas = np.flatnonzero(present & ~points)
    at = np.flatnonzero(points)
    xy = shapely.get_coordinates(geometries[at])
    where = locate_points(xy[:, 0], xy[:, 1], zones).astype(np.int64)
    thing, zone = zones.sindex.query(geometries[areas], predicate="intersects")
    overlap = shapely.intersection(geometries[areas][thing], zones.to_numpy()[zone])
    share = shapely.area(overlap) / shapely.area(geometries[areas][thing])
    whole = np.bincount(areas[thing], share, minlength=len(geometries))
    kept = share > _LEAST_SHARE
    if sliver_m > 0:
        wide = ~shapely.is_empty(shapely.buffer(overlap, -sliver_m))
        # A thing that has only narrow overlaps keeps them.
        wide_things = np.zeros(len(geometries), dtype=bool)
        wide_things[areas[thing[wide]]] = True
        kept &= wide | ~wide_things[areas[thing]]
    thing, zone, share = areas[thing[kept]], zone[kept].astype(np.int64), share[kept]
    covered = np.bincount(thing, share, minlength=len(geometries))
    if sliver_m > 0:
        share = share * (whole / np.where(covered > 0, covered, 1.0))[thing]
        covered = whole
    # Where zones overlap (wings may) nothing may count twice.
    over = covered > 1.0
    share = np.where(over[thing], share / np.where(over, covered, 1.0)[thing], share)
    rest = np.where(over, 0.0, 1.0 - covered)[areas]
    outside = rest > _LEAST_SHARE
    return Shares(
        np.concatenate((at, thing, areas[outside])),
        np.concatenate((where, zone, np.full(outside.sum(), NO_ZONE))),
        np.concatenate((np.ones(len(at)), share, rest[outside])),
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
