"""Things that a file and the plan both have, to find out in which datum the file is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.geodata.datums import Witnesses, joined
from geoplan.exchange.sheets.parsing import said
from geoplan.plan.crs import TO_WGS84, move_lonlat
from geoplan.plan.layers import as_lonlat
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

_MOST_FEATURES = 5_000
_MOST_COLUMNS = 16
_LONGEST_NAME = 60
_MOST_ACCURACY_M = 2_000.0
_SAME_AREA = 0.03
_NEAR_DEG = 0.02
_LEAST_AREA_KM2 = 1.0
_TABLES = ("districts", "platforms", "hubs", "enterprises", "projects")
_NAMES = {
    "districts": Both("区县", "districts"), "platforms": Both("平台", "platforms"),
    "hubs": Both("枢纽", "hubs"), "enterprises": Both("企业", "firms"),
    "projects": Both("项目", "projects"),
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """Where the plan has things: id → longitude, latitude, accuracy; of areas also their size."""

    places: Mapping[str, tuple[float, float, float]]
    areas: Mapping[str, float]


def witnesses(
    plan: Plan, directory: Directory, columns: Mapping[str, Sequence[Any]], shapes: Shapes
) -> Witnesses | None:
    """The best witnesses among features in longitude and latitude, if there are any.

    Features are recognised by a code or name in any of their columns; areas
    without either by their size and place among the districts.
    """
    usable = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    at = np.flatnonzero(usable)[:_MOST_FEATURES]
    if not len(at):
        return None
    centres = shapely.get_coordinates(shapely.centroid(shapes[at]))
    sizes = _areas(plan, shapes[at])
    parts = []
    for table in _TABLES:
        known = known_places(plan, table)
        if not known.places:
            continue
        ids = _recognised(directory, table, columns, at)
        pairs = [
            (i, known.places[key])
            for i, key in enumerate(ids)
            if key in known.places and _same_size(sizes[i], known.areas.get(key))
        ]
        if pairs:
            parts.append(_witnesses(pairs, centres, _NAMES[table], at + 1))
    if not parts:
        pairs = _by_shape(known_places(plan, "districts"), centres, sizes)
        if pairs:
            parts.append(
                _witnesses(
                    pairs, centres, Both("形状相同的区县", "districts of the same size"), at + 1
                )
            )
    return joined(parts)


def witnesses_of_points(
    plan: Plan, table: str, ids: Sequence[str], lon: Floats, lat: Floats
) -> Witnesses | None:
    """Witnesses among points whose ids are known."""
    known = known_places(plan, table).places
    pairs = [(i, known[key]) for i, key in enumerate(ids) if key in known]
    if not pairs:
        return None
    what = _NAMES.get(table, Both(table, table))
    return _witnesses(pairs, np.column_stack((lon, lat)), what, ids)


def _witnesses(
    pairs: Sequence[tuple[int, tuple[float, float, float]]],
    centres: Floats,
    what: Both,
    labels: Sequence[object] | npt.NDArray[np.int_],
) -> Witnesses:
    at = [i for i, _ in pairs]
    expected = np.array([place for _, place in pairs], dtype=float)
    named = tuple(str(labels[i]) for i in at)
    return Witnesses(centres[at], expected[:, :2], expected[:, 2], what, named)


def known_places(plan: Plan, table: str) -> Known:
    """Where the plan has the things of a table, as far as it knows that well enough."""
    if table == "districts":
        return _districts(plan)
    rows = plan.tables["locations"].dropna(subset=["subject_id", "lon", "lat", "accuracy_m"])
    rows = rows[(rows["subject_kind"] == table) & (rows["accuracy_m"] <= _MOST_ACCURACY_M)]
    places = {
        str(key): (float(lon), float(lat), float(accuracy))
        for key, lon, lat, accuracy in zip(
            rows["subject_id"], rows["lon"], rows["lat"], rows["accuracy_m"], strict=True
        )
    }
    return Known(places, {})


def _districts(plan: Plan) -> Known:
    places: dict[str, tuple[float, float, float]] = {}
    areas: dict[str, float] = {}
    for layer in reversed(plan.layers_of("districts")):
        frame = layer.frame
        if layer.key not in frame:
            continue
        frame = frame[frame.geometry.notna()]
        centres = as_lonlat(
            gpd.GeoDataFrame(geometry=frame.geometry.centroid, crs=frame.crs)
        ).geometry
        accuracy = float(layer.facts.get("accuracy_m", 100.0))
        for key, centre, area in zip(
            frame[layer.key].astype(str), centres, frame.geometry.area, strict=True
        ):
            places[key] = (centre.x, centre.y, accuracy)
            areas[key] = float(area) / 1e6
    return Known(places, areas)


def _areas(plan: Plan, shapes: Shapes) -> Floats:
    """Areas in km²; 0 for points and lines."""
    if not (shapely.get_dimensions(shapes) == 2).any():
        return np.zeros(len(shapes))
    frame = gpd.GeoSeries(shapes, crs="OGC:CRS84").to_crs(plan.meta.analysis_crs)
    return np.asarray(frame.area, dtype=float) / 1e6


def _same_size(found: float, expected: float | None) -> bool:
    return expected is None or found == 0 or abs(found - expected) <= 2 * _SAME_AREA * expected


def _recognised(
    directory: Directory, table: str, columns: Mapping[str, Sequence[Any]], at: npt.NDArray[np.int_]
) -> list[str]:
    """The id of each feature, from the column that recognises most."""
    best: list[str] = [""] * len(at)
    for values in list(columns.values())[:_MOST_COLUMNS]:
        ids = []
        memo: dict[str, str] = {}
        for i in at:
            value = values[i]
            text = said(value) if isinstance(value, str | float) else ""
            if not 0 < len(text) <= _LONGEST_NAME:
                ids.append("")
                continue
            if text not in memo:
                found = directory.find(table, text)
                memo[text] = found.ids[0] if len(found.ids) == 1 and found.how != "part" else ""
            ids.append(memo[text])
        # A column that says the same everywhere tells where things are, not what they are.
        is_name = len({i for i in ids if i}) > 0.5 * sum(map(bool, ids))
        if is_name and sum(map(bool, ids)) > sum(map(bool, best)):
            best = ids
    return best


def _by_shape(
    known: Known, centres: Floats, sizes: Floats
) -> list[tuple[int, tuple[float, float, float]]]:
    """Areas that are as large as a district and near it."""
    pairs = []
    for i, size in enumerate(sizes):
        if size < _LEAST_AREA_KM2:
            continue
        for key, (lon, lat, accuracy) in known.places.items():
            near = abs(centres[i, 0] - lon) < _NEAR_DEG and abs(centres[i, 1] - lat) < _NEAR_DEG
            if near and abs(size - known.areas[key]) <= _SAME_AREA * known.areas[key]:
                pairs.append((i, (lon, lat, accuracy)))
                break
    return pairs


def moved(shapes: Shapes, datum: str) -> Shapes:
    """Shapes of a datum in longitude and latitude, WGS 84."""
    series = gpd.GeoSeries(shapes, crs="OGC:CRS84")
    return np.asarray(move_lonlat(series, TO_WGS84[datum]).to_numpy(), dtype=object)
