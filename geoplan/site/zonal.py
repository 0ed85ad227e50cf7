"""An attribute of areas, or a raster, laid over the sites: mean over the ground, value at the centre."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.plan.problems import Both
from geoplan.site.conditions import holds, parse
from geoplan.site.declared import complaint, data_of, finished, is_raster, own_frame
from geoplan.site.entries import nearest
from geoplan.site.layernames import layer_called
from geoplan.site.measuring import Measured, Setting
from geoplan.site.question import OwnCriterion
from geoplan.site.rasters import Raster, read_raster

_Floats = npt.NDArray[np.float64]
_Geometries = npt.NDArray[np.object_]

_EIGHT = np.column_stack((np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)))


@dataclass(frozen=True, eq=False)
class Field:
    """Areas with a value each, and how far their lines may be off."""

    areas: _Geometries
    values: _Floats
    accuracy_m: float

    def over(self, those: _Geometries) -> tuple[_Floats, _Floats, _Floats]:
        """Mean by area, least and greatest value over areas or at points."""
        found = np.full((3, len(those)), np.nan)
        which, area = shapely.STRtree(self.areas).query(those, predicate="intersects")
        wide = np.asarray(shapely.area(those[which]) > 0)
        shared = shapely.area(shapely.intersection(those[which], self.areas[area]))
        weight, values = np.where(wide, shared, 1.0), self.values[area]
        # A neighbour that only touches a ground is not on it.
        which, weight, values = (part[weight > 0] for part in (which, weight, values))
        total = np.bincount(which, weight, len(those))
        with np.errstate(invalid="ignore"):
            found[0] = np.bincount(which, weight * values, len(those)) / total
        held = np.unique(which)
        found[1, held], found[2, held] = np.inf, -np.inf
        np.minimum.at(found[1], which, values)
        np.maximum.at(found[2], which, values)
        mean, least, most = found
        return mean, least, most

    def at(self, points: _Floats) -> _Floats:
        """Value at points, shape (n, 2)."""
        return self.over(_points(points))[0]


def _points(xy: _Floats) -> _Geometries:
    known = np.asarray(np.isfinite(xy).all(axis=1))
    points = np.asarray(shapely.points(np.where(known[:, None], xy, 0.0)), dtype=object)
    points[~known] = None
    return points


def _field(own: OwnCriterion, at: Setting) -> Field | Raster:
    if is_raster(own):
        return read_raster(data_of(own, at), int(own.column or 1), at.plan)
    if own.looks_at_own:
        attributes, geometry, sure = own_frame(own, at, ("Polygon",))
        accuracy_m = own.accuracy_m
    else:
        layer = layer_called(at.plan, own.layer)
        assert layer is not None  # noqa: S101
        attributes, geometry = pd.DataFrame(layer.frame), layer.frame.geometry.to_numpy()
        met = holds(parse(own.where), attributes).fillna(False) if own.where else None
        sure = np.ones(len(geometry), bool) if met is None else met.to_numpy(dtype=bool)
        accuracy_m = float(layer.facts.get("accuracy_m", 0.0) or 0.0)
    if own.column not in attributes:
        hint = nearest(own.column, [str(name) for name in attributes])
        raise complaint(
            own, at, "column",
            Both(f"没有列“{own.column}”{hint.zh}", f"there is no column “{own.column}”{hint.en}"),
        )  # fmt: skip
    values = pd.to_numeric(attributes[own.column], errors="coerce").to_numpy(dtype=np.float64)
    kept = sure & np.isfinite(values) & np.asarray(shapely.area(geometry) > 0)
    if not kept.any():
        raise complaint(
            own, at, "column",
            Both("没有一个面在该列中有数字", "no area has a number in that column"),
        )  # fmt: skip
    return Field(geometry[kept], values[kept], accuracy_m)


def _off_m(own: OwnCriterion, field: Field | Raster, at: Setting) -> _Floats:
    """How far each site may be off the layer, by the accuracy of both."""
    layer_m = field.accuracy_m if isinstance(field, Field) else own.accuracy_m
    off: _Floats = layer_m + np.where(at.own, np.nan_to_num(at.accuracy_m), 0.0)
    return off


def zonal_mean(own: OwnCriterion, at: Setting) -> Measured:
    """Mean by area of an attribute or a raster over the ground, or over a platform's footprint.

    The range of a parcel is that of its means when the layer is moved by its
    accuracy in eight directions; that of a platform all values it may stand on.
    """
    field = _field(own, at)
    ground = at.sites.geometry.to_numpy()
    best, low, high = field.over(ground)
    off = _off_m(own, field, at)
    low, high = (np.where(at.own, best, end) for end in (low, high))
    moved = np.flatnonzero(at.own & (off > 0) & at.placed)
    for direction in _EIGHT if moved.size else ():
        mean, _, _ = field.over(_moved(ground[moved], off[moved, None] * direction))
        low[moved], high[moved] = np.fmin(low[moved], mean), np.fmax(high[moved], mean)
    wide = np.flatnonzero(~at.own & (off > 0) & at.placed)
    if wide.size:
        _, low[wide], high[wide] = field.over(shapely.buffer(ground[wide], off[wide]))
    return finished(own, at, best, low, high, _at_positions(field, at))


def _moved(those: _Geometries, by_m: _Floats) -> _Geometries:
    """Each geometry shifted by its own step."""
    xy, of = shapely.get_coordinates(those, return_index=True)
    shifted: _Geometries = shapely.set_coordinates(those.copy(), xy + by_m[of])
    return shifted


def attribute(own: OwnCriterion, at: Setting) -> Measured:
    """The value of an attribute or a raster at the centre, or of the candidate's own column.

    The range holds all values where the centre may be.
    """
    if not own.layer and not own.looks_at_own:
        return _own_column(own, at)
    field = _field(own, at)
    off = _off_m(own, field, at)
    best = field.at(at.centres)
    places = at.whereabouts.copy()
    spread = np.flatnonzero(off > 0)
    places[spread] = shapely.buffer(places[spread], off[spread])
    mean, low, high = field.over(places)
    best = np.where(at.central, best, mean)
    return finished(own, at, best, low, high, _at_positions(field, at))


def _at_positions(field: Field | Raster, at: Setting) -> _Floats | None:
    if not at.n_draws or at.own.all():
        return None
    return field.at(at.positions.reshape(-1, 2)).reshape(len(at.sites), at.n_draws)


def _own_column(own: OwnCriterion, at: Setting) -> Measured:
    numeric = [str(name) for name in at.sites if pd.api.types.is_numeric_dtype(at.sites[name])]
    if own.column not in numeric:
        hint = nearest(own.column, [name for name in numeric if name != "row"])
        said = Both(
            f"候选地没有数字列“{own.column}”{hint.zh}",
            f"the candidates have no column of numbers “{own.column}”{hint.en}",
        )
        raise complaint(own, at, "column", said)
    value = at.sites[own.column].to_numpy(dtype=np.float64)
    return finished(own, at, value, value, value)
