"""Write the layers that follow from the tables, each with its sidecar."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd

from geoplan.exchange.files.writing import geojson_text, toml_text, write_text
from geoplan.place.shapes import HALF_WIDTH_M, REACH_M, hub_points, platform_shapes, wing_shapes
from geoplan.plan.layers import as_lonlat
from geoplan.plan.opening import Plan

_SHAPES: Mapping[str, Callable[[Plan], gpd.GeoDataFrame]] = {
    "platforms": platform_shapes,
    "wings": wing_shapes,
    "hubs": hub_points,
}
_TITLES = {
    "platforms": ("平台(示意范围)", "Platforms (approximate)"),
    "wings": ("两翼(推导范围)", "Wings (derived)"),
    "hubs": ("交通枢纽", "Transport hubs"),
}
_NOTES = {
    "platforms": (
        "规划写明面积的平台画成等面积圆，其余画成位置精度圆；均为示意，不是边界。规划示意，非测绘成果。",
        "A circle of the planned area where the plan states one, a disc of the location's accuracy "
        "otherwise; approximate, no boundary.",
    ),
    "wings": (
        f"由所属平台与轴线推导：平台最小生成树与轴线({REACH_M / 1000:g} 公里内)两侧 "
        f"{HALF_WIDTH_M / 1000:g} 公里，限区县之内。规划示意，非测绘成果。",
        f"Derived from platforms and axis: {HALF_WIDTH_M / 1000:g} km on both sides of the shortest "
        f"tree of the platforms and of the axis within {REACH_M / 1000:g} km, inside the districts.",
    ),
    "hubs": (
        "点位多为就近地标，精度见各点；收费站为单向广场。规划示意，非测绘成果。",
        "Points are often nearby landmarks; each states its accuracy.",
    ),
}


def derived_layers(plan: Plan, today: date) -> dict[Path, str]:
    """File inside the plan's folder → text, for every derived layer and its sidecar."""
    files = {}
    for name, shapes in _SHAPES.items():
        frame = shapes(plan)
        if not len(frame):
            continue
        files[Path(f"layers/{name}.geojson")] = geojson_text(frame)
        files[Path(f"layers/{name}.toml")] = toml_text(_sidecar(plan, name, frame, today))
    return files


def _sidecar(plan: Plan, name: str, frame: gpd.GeoDataFrame, today: date) -> dict[str, Any]:
    tables = ("wings", "platforms", "locations") if name != "hubs" else ("hubs", "locations")
    sources = dict.fromkeys(
        source for table in tables for source in plan.tables[table]["source_id"].dropna()
    )
    accuracy = frame["accuracy_m"].median() if "accuracy_m" in frame else HALF_WIDTH_M
    kept = plan.layers[name].facts.get("accessed") if name in plan.layers else None
    bounds = as_lonlat(frame).total_bounds
    return {
        "title_zh": _TITLES[name][0],
        "title_en": _TITLES[name][1],
        "role": name,
        "key": "id",
        "source_id": list(sources),
        "licence": "CC BY 4.0",
        "datum": "WGS 84",
        "geometry_basis": "derived" if name == "wings" else "approximate",
        "accuracy_m": float(accuracy),
        "coverage": False,
        "bbox": [round(float(b), 6) for b in bounds],
        "accessed": kept or today,
        "note_zh": _NOTES[name][0],
        "note_en": _NOTES[name][1],
    }


def outdated_layers(plan: Plan, today: date) -> dict[Path, str]:
    """The derived files that are missing or differ from what the tables say, with their text."""
    return {
        file: text
        for file, text in derived_layers(plan, today).items()
        if not (path := plan.folder / file).is_file() or path.read_text("utf-8") != text
    }


def write_derived(plan: Plan, today: date) -> list[Path]:
    """Write the derived layers into the plan's folder; returns the files that changed."""
    changed = outdated_layers(plan, today)
    for file, text in changed.items():
        write_text(plan.folder / file, text)
    return list(changed)
