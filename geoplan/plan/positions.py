"""Whether the locations are honest: axes, extent, district, datum, precision."""

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.plan.crs import TO_WGS84
from geoplan.plan.offsets import coherent_datum
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Problem
from geoplan.plan.tables import file_of
from geoplan.schema import PRECISION_LIMIT_M, VOCABULARIES

FILE = file_of("locations")
_MIN_WITNESSES = 2
_MIN_ASTRAY = 3
_COARSE = ("district", "unknown")


def position_problems(plan: Plan) -> Iterable[Problem]:
    """All problems of ``locations.csv``."""
    places = plan.tables["locations"]
    half = places["lon"].notna() ^ places["lat"].notna()
    for row in places.index[half]:
        column = "lat" if places["lon"].notna()[row] else "lon"
        yield Problem("location.half", FILE, row, column)
    yield from _precision_problems(places[~half])
    points = places[places["lon"].notna() & places["lat"].notna()]
    astray = list(_axis_problems(points, plan.meta.extent))
    yield from astray
    points = points.drop(index=[problem.row for problem in astray])
    datum = _datum_problem(plan, points)
    if datum is not None:
        yield datum
    else:
        yield from _outside_districts(plan, points)


def _label(precision: object) -> Both:
    return Both(*VOCABULARIES["precision"].get(str(precision), (str(precision), str(precision))))


def _precision_problems(places: pd.DataFrame) -> Iterable[Problem]:
    pointed = places["lon"].notna()
    limit = places["precision"].map(PRECISION_LIMIT_M).astype("float64")
    coarse = places["precision"].isin(_COARSE)
    for row in places.index[pointed & (places["accuracy_m"] > limit)]:
        details: dict[str, object] = {
            "accuracy": f"{places['accuracy_m'][row]:g}",
            "precision": _label(places.at[row, "precision"]),
            "limit": f"{limit[row]:g}",
        }
        yield Problem("location.false_precision", FILE, row, "precision", details)
    for row in places.index[pointed & coarse]:
        details = {"precision": _label(places.at[row, "precision"])}
        yield Problem("location.point_for_area", FILE, row, "precision", details)
    for row in places.index[~pointed & limit.notna()]:
        details = {"precision": _label(places.at[row, "precision"])}
        yield Problem("location.no_point", FILE, row, "lon", details)
    for row in places.index[pointed & ~coarse & places["accuracy_m"].isna()]:
        yield Problem("location.no_accuracy", FILE, row, "accuracy_m")


def _axis_problems(
    points: pd.DataFrame, extent: tuple[float, float, float, float]
) -> Iterable[Problem]:
    west, south, east, north = extent
    lon, lat = points["lon"], points["lat"]
    here = lon.between(west, east) & lat.between(south, north)
    swapped = lat.between(west, east) & lon.between(south, north)
    for row in points.index[~here]:
        details = {"lon": f"{lon[row]:g}", "lat": f"{lat[row]:g}"}
        code = "location.swapped" if swapped[row] else "location.outside_extent"
        yield Problem(code, FILE, row, "lon", details)


def _datum_problem(plan: Plan, points: pd.DataFrame) -> Problem | None:
    """One problem for the whole table when its points are off by one coherent vector."""
    found, expected = [], []
    for layer in (*plan.layers_of("hubs"), *plan.layers_of("platforms")):
        if layer.key not in layer.frame:
            continue
        mine = points[points["subject_kind"] == layer.role].set_index("subject_id")
        mine = mine[~mine.index.duplicated()]
        frame = layer.frame[layer.frame.geometry.notna()]
        keys = frame[layer.key].astype(str)
        centres = frame.geometry.centroid.set_axis(keys).to_crs("OGC:CRS84")
        centres = centres[~centres.index.duplicated()]
        shared = mine.index.intersection(centres.index)
        found.append(mine.loc[shared, ["lon", "lat"]].to_numpy(dtype=float))
        expected.append(np.column_stack((centres[shared].x, centres[shared].y)))
    if sum(map(len, found)) >= _MIN_WITNESSES:
        verdict = coherent_datum(np.concatenate(found), np.concatenate(expected))
        if verdict is not None:
            return _datum_record(len(points), *verdict)
    return _datum_by_districts(plan, points)


def _datum_record(count: int, datum: str, offset_m: float) -> Problem:
    details = {"count": count, "offset": f"{offset_m:.0f}", "datum": datum}
    return Problem("location.datum", FILE, 0, "lon", details)


def _datum_by_districts(plan: Plan, points: pd.DataFrame) -> Problem | None:
    """The same verdict from districts: points that fall inside once the datum is undone."""
    miss_m = _miss_m(plan, points)
    outside = int((miss_m > 0).sum())
    if outside < _MIN_ASTRAY:
        return None
    for datum, transform in TO_WGS84.items():
        lon, lat = transform(points["lon"].to_numpy(), points["lat"].to_numpy())
        moved_miss = _miss_m(plan, points.assign(lon=lon, lat=lat))
        if (moved_miss > 0).sum() <= 0.2 * outside and miss_m.max() < 1500:
            return _datum_record(len(points), datum, float(miss_m.max()))
    return None


def _miss_m(plan: Plan, points: pd.DataFrame) -> pd.Series:
    """Distance in metres from each point to the district it claims; missing where none."""
    miss = pd.Series(np.nan, index=points.index)
    claims = points[points["district_code"].notna()]
    for day, rows in claims.groupby("as_of", dropna=False):
        layers = plan.layers_of("districts")
        layer = plan.districts_on(day.date()) if isinstance(day, pd.Timestamp) else None
        layer = layer or (layers[0] if layers else None)
        if layer is None or layer.key not in layer.frame:
            continue
        zones = layer.frame.dropna(subset=[layer.key, layer.frame.geometry.name])
        zones = zones[zones.geometry.is_valid]
        by_code = gpd.GeoSeries(zones.geometry.to_numpy(), index=zones[layer.key].astype(str))
        by_code = by_code[~by_code.index.duplicated()].reindex(rows["district_code"])
        where = gpd.GeoSeries(gpd.points_from_xy(rows["lon"], rows["lat"]), crs="OGC:CRS84").to_crs(
            plan.meta.analysis_crs
        )
        miss[rows.index] = shapely.distance(by_code.to_numpy(), where.to_numpy())
    return miss


def _outside_districts(plan: Plan, points: pd.DataFrame) -> Iterable[Problem]:
    miss_m = _miss_m(plan, points)
    accuracy = points["accuracy_m"].fillna(0.0)
    for row in points.index[miss_m > accuracy]:
        details = {
            "code": points.at[row, "district_code"],
            "distance": f"{miss_m[row]:.0f}",
            "accuracy": f"{accuracy[row]:g}",
        }
        yield Problem("location.outside_district", FILE, row, "lon", details)
