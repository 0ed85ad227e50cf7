"""Sites on the tiny plan, in metres from the south-west corner of its first square."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

import geoplan
from geoplan.site.candidates import candidates
from geoplan.site.installed import registered
from geoplan.site.measuring import Measured, Setting
from geoplan.site.question import Brief, Preferences, Project

X0, Y0 = 500_000.0, 3_320_000.0


def plots(
    plan: geoplan.Plan,
    corners: Mapping[str, tuple[float, float, float, float]],
    accuracy_m: float = 0.0,
    **columns: Any,
) -> gpd.GeoDataFrame:
    """Own parcels by west, south, east, north; equal ends make a point."""
    boxes = [
        shapely.box(X0 + w, Y0 + s, X0 + e, Y0 + n) if w < e else shapely.Point(X0 + w, Y0 + s)
        for w, s, e, n in corners.values()
    ]
    index = pd.Index(list(corners), name="id", dtype="str")
    frame = pd.DataFrame(
        {
            "name_zh": list(corners),
            "name_en": list(corners),
            "kind": "parcel",
            "candidate": "parcel",
            "district_code": ["ABC"[int(w // 1000)] if 0 <= w < 3000 else None for w, *_ in corners.values()],
            "district_via": "part",
            "wing_id": pd.Series(None, index=index, dtype="str"),
            "area_km2": shapely.area(boxes) / 1e6,
            "accuracy_m": accuracy_m,
            "basis": "",
            "table": "",
            "row": 0,
            **columns,
        },
        index=index,
    )  # fmt: skip
    frame["centre"] = gpd.GeoSeries(shapely.centroid(boxes), index, crs=plan.meta.analysis_crs)
    return gpd.GeoDataFrame(frame, geometry=boxes, crs=plan.meta.analysis_crs)


def points(plan: geoplan.Plan, *places: tuple[float, float]) -> gpd.GeoDataFrame:
    """Own sites at points, called s0, s1 …"""
    return plots(plan, {f"s{i}": (x, y, x, y) for i, (x, y) in enumerate(places)})


def found(
    plan: geoplan.Plan,
    criterion: str,
    sites: gpd.GeoDataFrame | None = None,
    sector: str = "robots",
    segment: str = "",
    products: tuple[str, ...] = (),
    land_km2: float | None = None,
    gathering: Any = "cluster",
    n_draws: int = 64,
    **params: Any,
) -> Measured:
    """What a criterion finds; of the platforms where no sites are given."""
    project = Project(sector=sector, segment=segment, products=products, land_km2=land_km2)
    brief = Brief(project=project, preferences=Preferences(gathering))
    chosen = registered()[criterion]
    frame = candidates(plan, brief) if sites is None else sites
    at = Setting(plan, brief, frame, {**chosen.params, **params}, n_draws=n_draws)
    return chosen.measure(at)


def ends(measured: Measured, site: str) -> tuple[float, float, float]:
    """Low, best, high of one site."""
    return measured.low[site], measured.best[site], measured.high[site]


def assert_lawful(measured: Measured, sites: gpd.GeoDataFrame) -> None:
    """On the sites' index, float64, and low ≤ best ≤ high wherever anything is known."""
    for end in (measured.best, measured.low, measured.high):
        assert end.index.equals(sites.index)
        assert end.dtype == "float64"
        assert end.isna().equals(measured.best.isna())
    known = measured.best.notna()
    assert (measured.low <= measured.best)[known].all()
    assert (measured.best <= measured.high)[known].all()
    assert list(measured.evidence.columns) == ["candidate", "zh", "en", "table", "row"]
    assert set(measured.evidence["candidate"]) <= set(sites.index)
