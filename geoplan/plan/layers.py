"""The layers of a plan: GeoJSON with a sidecar, brought to the plan's CRS.

Inside geoplan there is one CRS, the plan's; a layer is converted when it is
read and when it is shown, and nowhere between. GCJ-02 and BD-09 are converted
only where the sidecar declares them.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.plan.crs import DATUMS, TO_WGS84, move_lonlat
from geoplan.plan.problems import Both, Problem
from geoplan.plan.texts import decode

ROLES = ("districts", "context", "waters", "wings", "platforms", "hubs", "other")
GEOMETRY_BASES = ("published", "derived", "approximate")
_LONGEST_PROMISE_DAYS = 36_525
_REQUIRED: Mapping[str, tuple[type, str]] = {
    "title_zh": (str, '"区县"'),
    "title_en": (str, '"Districts"'),
    "role": (str, '"districts"'),
    "key": (str, '"code"'),
    "source_id": (list, '["my-dataset"]'),
    "licence": (str, '"CC BY 4.0"'),
    "geometry_basis": (str, '"published"'),
    "accuracy_m": ((int, float), "50"),  # type: ignore[dict-item]
}


@dataclass(frozen=True)
class Layer:
    """Geodata with its origin.

    Attributes
    ----------
    frame :
        Features in the plan's CRS; the index is the feature's number in the
        file, from 1. A feature without geometry is kept.
    facts :
        The sidecar as it stands.
    bounds_lonlat :
        West, south, east, north of each feature as written in the file.
    """

    name: str
    frame: gpd.GeoDataFrame
    facts: Mapping[str, Any] = field(default_factory=dict)
    bounds_lonlat: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 4)))

    @property
    def file(self) -> str:
        """Path of the layer inside the plan's folder."""
        return f"layers/{self.name}.geojson"

    @property
    def sidecar(self) -> str:
        """Path of the sidecar inside the plan's folder."""
        return f"layers/{self.name}.toml"

    @property
    def role(self) -> str:
        """What the layer is for; ``other`` where nothing is said."""
        return str(self.facts.get("role", "other"))

    @property
    def key(self) -> str:
        """Name of the column that identifies a feature."""
        return str(self.facts.get("key", "id"))

    @property
    def is_coverage(self) -> bool:
        """Whether the areas must neither overlap nor leave holes."""
        return bool(self.facts.get("coverage", self.role == "districts"))

    @property
    def title_zh(self) -> str:
        """Title in Chinese."""
        return str(self.facts.get("title_zh", self.name))

    @property
    def title_en(self) -> str:
        """Title in English."""
        return str(self.facts.get("title_en", self.name))

    def is_valid_on(self, day: date) -> bool:
        """Whether the layer shows the boundaries of that day."""
        start, end = self.facts.get("valid_from"), self.facts.get("valid_to")
        return (not isinstance(start, date) or start <= day) and (
            not isinstance(end, date) or day <= end
        )


def layers_in(folder: Path, analysis_crs: str) -> tuple[dict[str, Layer], list[Problem]]:
    """Every ``layers/*.geojson`` of a plan folder, in the plan's CRS."""
    layers: dict[str, Layer] = {}
    problems: list[Problem] = []
    for path in sorted((folder / "layers").glob("*.geojson")):
        facts, found = _read_sidecar(path)
        problems += found
        layer, found = _read_layer(path, facts, analysis_crs)
        problems += found
        if layer is not None:
            layers[layer.name] = layer
    for path in sorted((folder / "layers").glob("*.toml")):
        if not path.with_suffix(".geojson").is_file():
            details = {"layer": f"{path.stem}.geojson"}
            problems.append(Problem("sidecar.orphan", f"layers/{path.name}", details=details))
    return layers, problems


def _read_sidecar(layer_path: Path) -> tuple[dict[str, Any], list[Problem]]:
    path = layer_path.with_suffix(".toml")
    file = f"layers/{path.name}"
    if not path.is_file():
        details = {"sidecar": file}
        return {}, [Problem("layer.no_sidecar", f"layers/{layer_path.name}", details=details)]
    text, problems = decode(path, file)
    if text is None:
        return {}, problems
    try:
        facts = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem("sidecar.unreadable", file, details={"reason": str(error)}))
        return {}, problems
    return facts, problems + _judge_sidecar(facts, file)


def _judge_sidecar(facts: Mapping[str, Any], file: str) -> list[Problem]:
    problems = []

    def wrong(key: str, expected: str) -> None:
        details = {"key": key, "value": repr(facts[key]), "expected": expected}
        problems.append(Problem("sidecar.wrong", file, 0, key, details))

    for key, (kind, example) in _REQUIRED.items():
        if key not in facts:
            details: dict[str, object] = {"key": key, "example": f"{key} = {example}"}
            problems.append(Problem("sidecar.missing", file, 0, key, details))
        elif not isinstance(facts[key], kind):
            wrong(key, example)
    if isinstance(facts.get("role"), str) and facts["role"] not in ROLES:
        wrong("role", ", ".join(ROLES))
    if isinstance(facts.get("geometry_basis"), str) and (
        facts["geometry_basis"] not in GEOMETRY_BASES
    ):
        wrong("geometry_basis", ", ".join(GEOMETRY_BASES))
    if isinstance(facts.get("licence"), str) and not facts["licence"].strip():
        wrong("licence", 'licence = "CC BY 4.0"')
    accuracy = facts.get("accuracy_m")
    if isinstance(accuracy, int | float) and not 0 < accuracy < float("inf"):
        wrong("accuracy_m", "accuracy_m = 50")
    if "coverage" in facts and not isinstance(facts["coverage"], bool):
        wrong("coverage", "true, false")
    days = facts.get("freshness_days", 1)
    if not isinstance(days, int) or not 1 <= days <= _LONGEST_PROMISE_DAYS:
        wrong("freshness_days", "freshness_days = 365")
    if "datum" not in facts:
        details = {"choices": ", ".join(DATUMS)}
        problems.append(Problem("layer.no_crs", file, 0, "datum", details))
    elif facts["datum"] not in DATUMS:
        wrong("datum", ", ".join(DATUMS))
    for key in ("valid_from", "valid_to", "accessed"):
        if key in facts and type(facts[key]) is not date:
            wrong(key, f"{key} = 2021-04-09")
    start, end = facts.get("valid_from"), facts.get("valid_to")
    if type(start) is date and type(end) is date and start > end:
        years: dict[str, object] = {"start": str(start), "end": str(end)}
        problems.append(Problem("years.reversed", file, 0, "valid_from", years))
    return problems


def _read_layer(
    path: Path, facts: Mapping[str, Any], analysis_crs: str
) -> tuple[Layer | None, list[Problem]]:
    file = f"layers/{path.name}"
    text, problems = decode(path, file)
    if text is None:
        return None, problems
    try:
        content = json.loads(text)
        features = _features(content)
    except ValueError as error:
        problems.append(Problem("layer.unreadable", file, details={"reason": str(error)}))
        return None, problems
    problems += _judge_crs_member(content, facts, file)
    geometries = shapely.from_geojson(
        [json.dumps(f["geometry"]) if f.get("geometry") else None for f in features],
        on_invalid="ignore",
    )
    for number, (feature, geometry) in enumerate(zip(features, geometries, strict=True), 1):
        if feature.get("geometry") and geometry is None:
            reason = Both("坐标不成图形", "its coordinates make no geometry")
            problem = Problem(
                "layer.invalid_geometry", file, number, "geometry", {"reason": reason}
            )
            problems.append(problem)
    frame = gpd.GeoDataFrame(
        [feature.get("properties") or {} for feature in features],
        geometry=geometries,
        crs=DATUMS["WGS 84"],
    )
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="feature")
    bounds = shapely.bounds(geometries)
    projected = in_analysis_crs(frame, facts, analysis_crs)
    # A feature with swapped axes has no place in the plan's CRS; its bounds still tell of it.
    lost = ~np.isfinite(shapely.bounds(projected.geometry.to_numpy())).all(axis=1)
    projected.loc[lost, projected.geometry.name] = None
    return Layer(path.stem, projected, dict(facts), bounds), problems


def _judge_crs_member(
    content: Mapping[str, Any], facts: Mapping[str, Any], file: str
) -> list[Problem]:
    """RFC 7946 knows no ``crs``; an older file's may contradict what the sidecar declares."""
    member = content.get("crs")
    if not member:
        return []
    said = member.get("properties", {}).get("name") if isinstance(member, dict) else member
    name = str(said).upper().replace("::", ":")
    known = {"WGS 84": ("CRS84", "EPSG:4326"), "CGCS2000": ("EPSG:4490",)}
    if name.endswith(known.get(str(facts.get("datum")), ())):
        return []
    details = {"value": str(said), "datum": str(facts.get("datum", "WGS 84"))}
    return [Problem("layer.crs_member", file, details=details)]


def _features(content: Any) -> list[dict[str, Any]]:
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise ValueError("it is no FeatureCollection")
    features = content.get("features")
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise ValueError("“features” is no list of features")
    return features


def in_analysis_crs(
    frame: gpd.GeoDataFrame, facts: Mapping[str, Any], analysis_crs: str
) -> gpd.GeoDataFrame:
    """Longitudes and latitudes in the sidecar's datum → the plan's CRS."""
    datum = str(facts.get("datum"))
    if datum in TO_WGS84:
        frame = frame.set_geometry(move_lonlat(frame.geometry, TO_WGS84[datum]))
    elif datum == "CGCS2000":
        frame = frame.set_crs(DATUMS["CGCS2000"], allow_override=True)
    return frame.to_crs(analysis_crs)


def as_lonlat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A frame in longitude and latitude, WGS 84: the other door."""
    return frame.to_crs(DATUMS["WGS 84"])
