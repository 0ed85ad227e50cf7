"""Decision records to print and export, made by hand after the form of the real ones.

The figures are simple but consistent: contributions add up to scores, ranks
follow the scores, shares of ranks add up to one.
"""

import copy
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import geoplan
from geoplan.place.locate import locate
from geoplan.schema import VOCABULARIES
from geoplan.site.record import hashes_of

CRITERIA: tuple[tuple[str, str, str, str, str, float, list[list[float]]], ...] = (
    ("platform_named", "规划点名以该平台承载该产业", "The plan names this platform for the sector", "level", "high", 0.18, [[0, 0], [3, 1]]),
    ("key_district", "所在区县是重点区域", "Its district is a key district", "level", "high", 0.12, [[0, 0], [3, 1]]),
    ("layout_wing", "布局所在翼", "The layout puts the sector in its wing", "share", "high", 0.08, [[0, 0], [1, 1]]),
    ("same_sector_firms", "附近同产业企业", "Firms of the sector nearby", "firms", "high", 0.10, [[0, 0], [8, 1]]),
    ("chain_firms", "附近产业链企业", "Firms of its chain nearby", "firms", "high", 0.06, [[0, 0], [12, 1]]),
    ("chain_gap", "补齐产业链短板", "It fills a gap of the chain", "level", "high", 0.05, [[0, 0], [1, 1]]),
    ("innovation_platforms", "附近创新平台", "Innovation platforms nearby", "platforms", "high", 0.06, [[0, 0], [5, 1]]),
    ("airport_m", "机场直线距离", "Straight line to an airport", "m", "low", 0.09, [[0, 1], [60000, 0]]),
    ("rail_m", "铁路车站直线距离", "Straight line to a railway station", "m", "low", 0.05, [[0, 1], [40000, 0]]),
    ("port_m", "港口码头直线距离", "Straight line to a port", "m", "low", 0.04, [[0, 1], [40000, 0]]),
    ("expressway_m", "高速出入口直线距离", "Straight line to an expressway", "m", "low", 0.05, [[0, 1], [15000, 0]]),
    ("land_ratio", "载明面积与用地需求之比", "Area stated against land asked", "ratio", "high", 0.08, [[0, 0], [20, 1]]),
    ("planned_investment_wanyuan", "附近已布局投资", "Investment already planned nearby", "wanyuan", "high", 0.04, [[0, 0], [500000, 1]]),
)  # fmt: skip
_HUBS = {"airport_m": "airport", "rail_m": "rail_station", "port_m": "port", "expressway_m": "expressway_toll"}  # fmt: skip


def parcels(count: int = 12) -> dict[str, Any]:
    """Own parcels in the three squares of the tiny plan."""
    features = []
    for i in range(count):
        west, south = 120.0005 + 0.0025 * i, 30.001 + 0.002 * (i % 3)
        ring = [[west, south], [west + 0.0015, south], [west + 0.0015, south + 0.0012],
                [west, south + 0.0012], [west, south]]  # fmt: skip
        features.append(
            {
                "type": "Feature",
                "properties": {"id": f"parcel-{i:02}", "name": f"地块{i + 1}号"},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def parcel_record(plan: geoplan.Plan, count: int = 12, **question: Any) -> dict[str, Any]:
    """A record over own parcels on the tiny plan: 8 allowed, 2 unknown, 2 excluded of 12."""
    given = parcels(count)
    shapes = gpd.GeoDataFrame.from_features(given["features"], crs="OGC:CRS84").set_index("id")
    shapes = shapes.to_crs(plan.meta.analysis_crs)
    sites = pd.DataFrame(
        {
            "name_zh": shapes["name"],
            "name_en": [f"Parcel no. {i + 1}" for i in range(count)],
            "kind": "parcel",
            "district_code": ["ABC"[min(2, i * 3 // max(count, 1))] for i in range(count)],
            "wing_id": None,
            "area_km2": shapes.geometry.area / 1e6,
            "accuracy_m": 0.0,
            "basis": "read",
        }
    )
    brief = {
        "project": {"sector": _sector(plan)["id"]},
        "candidates": {"kind": "file", "features": given},
    }
    return _record(plan, gpd.GeoDataFrame(sites, geometry=shapes.geometry), brief, question)


def platform_record(plan: geoplan.Plan, **question: Any) -> dict[str, Any]:
    """A record over the platforms of a plan."""
    table = plan.tables["platforms"].dropna(subset=["id"]).set_index("id")
    places = locate(plan, "platforms").reindex(table.index)
    sites = table[["name_zh", "name_en", "kind", "district_code", "wing_id", "area_km2"]].assign(
        accuracy_m=places["accuracy_m"], basis=places["basis"].fillna("")
    )
    sites = gpd.GeoDataFrame(sites, geometry=places.geometry)
    return _record(plan, sites, {"candidates": {"kind": "platforms"}}, question)


def _record(
    plan: geoplan.Plan, sites: gpd.GeoDataFrame, brief: dict[str, Any], question: dict[str, Any]
) -> dict[str, Any]:
    criteria = list(CRITERIA)
    weights = np.array([c[5] for c in criteria])
    weights = weights / weights.sum()
    best, half = _measured(plan, sites, criteria)
    values = _values(best, criteria)
    low, high = _values(best - half, criteria), _values(best + half, criteria)
    low, high = np.minimum(low, high), np.maximum(low, high)
    low[np.isnan(best)], high[np.isnan(best)] = 0.0, 1.0
    contributions = values * weights
    scores = contributions.sum(axis=1).round(6)
    n = len(sites)
    order = np.arange(n)
    state = np.where(order % 6 == 5, "excluded", np.where(order % 6 == 3, "unknown", "allowed"))
    allowed = np.flatnonzero(state == "allowed")
    ranked = allowed[np.argsort(-scores[allowed], kind="stable")]
    rank = {int(i): place for place, i in enumerate(ranked, 1)}
    shares = _shares(len(ranked))
    rules = _rules(plan)
    items = []
    for i in range(n):
        flips: dict[str, Any] = {"weights": [], "values": []}
        if rank.get(i, 1) > 1:
            flips = _flips(criteria, weights, best[i], best[ranked[0]])
        items.append(
            {
                **_about(plan, sites, i),
                "state": str(state[i]),
                "rank": rank.get(i),
                "score": float(scores[i]),
                "score_low": float((low[i] * weights).sum().round(6)),
                "score_high": float((high[i] * weights).sum().round(6)),
                "measured": {
                    c[0]: {"best": _none(b), "low": _none(b - h), "high": _none(b + h)}
                    for c, b, h in zip(criteria, best[i], half[i], strict=True)
                },
                "values": _keyed(criteria, values[i]),
                "values_low": _keyed(criteria, low[i]),
                "values_high": _keyed(criteria, high[i]),
                "contributions": _keyed(criteria, contributions[i]),
                "reasons": _reasons(plan, criteria, contributions[i], best[i]),
                "checks": _checks(rules, str(state[i]), i),
                "first": (
                    {"share": float(shares[rank[i] - 1, 0]), "error": 0.0095} if i in rank else None
                ),
                "ranks": [float(s) for s in shares[rank[i] - 1]] if i in rank else [],
                "rank_best": max(1, rank[i] - 2) if i in rank else None,
                "rank_worst": min(len(ranked), rank[i] + 3) if i in rank else None,
                "dominated_by": None,
                "pareto": rank.get(i, 9) <= 2,
                "flips": flips,
                "opinions": {
                    name: {"score": float(scores[i]), "rank": _other(rank.get(i), len(ranked), k)}
                    for k, name in enumerate(("topsis", "spotis", "promethee_ii"))
                }
                if i in rank
                else {},
            }
        )
    last = {"allowed": 0, "unknown": 1, "excluded": 2}
    items.sort(key=lambda item: (last[item["state"]], item["rank"] or 0))
    counts = {name: int((state == name).sum()) for name in ("allowed", "excluded", "unknown")}
    return {
        "format": "geoplan decision record",
        "version": 1,
        "made": "2026-11-22T08:00:00Z",
        "software": {"geoplan": "0.1.0", "numpy": "2.4.6", "pandas": "3.1.1", "shapely": "2.2.0"},
        "plan": {
            "id": plan.meta.id,
            "title_zh": plan.meta.title_zh,
            "title_en": plan.meta.title_en,
            "analysis_crs": plan.meta.analysis_crs,
            "hash": hashes_of(plan)["hash"],
            "files": {"data/platforms.csv": "a" * 64, "layers/districts_2021.geojson": "b" * 64},
        },
        "inputs": {},
        "brief": brief,
        "question": {
            "title": "工业机器人整机厂",
            "sector": _sector(plan),
            "segment": None,
            "products": [],
            "investment_wanyuan": 100_000,
            "land_km2": 0.1,
            "land_mu": 150,
            "workers": 800,
            "candidates": brief["candidates"]["kind"],
            "like": None,
            **question,
        },
        "counts": {"candidates": n, **counts},
        "criteria": [
            {
                "id": c[0], "zh": c[1], "en": c[2], "unit": c[3], "better": c[4],
                "weight": float(w.round(6)), "points": c[6], "params": {},
                "note_zh": "", "note_en": "",
                "cite": {"source": "desk-research", "locus": "", "quote": "", "basis": "unverified",
                         "note": "编者设定", "file": "data/criteria.csv", "row": k + 2},
            }
            for k, (c, w) in enumerate(zip(criteria, weights, strict=True))
        ],
        "weighting": {"method": "direct", "spread": 0.2, "mode": "around", "lambda_max": None,
                      "consistency_ratio": None, "random_index": None, "flagged": False,
                      "revisit": None},
        "rules": rules,
        "sites": items,
        "agreement": {
            name: {"kendall_tau": 0.82, "spearman": 0.91, "same_first": name != "topsis",
                   "normalisation": "vector"}
            for name in ("topsis", "spotis", "promethee_ii")
        },
        "robustness": {"mode": "around", "spread": 0.2, "draws": 10_000, "seed": 1},
        "notes": [{"zh": "距离均为直线距离。", "en": "All distances are straight lines."}],
        "result": "77aa0c52e4b7d1886fd0a9d4c1be2f6a53d7e8b90a14c6f2e5b8d7019c3a4e11",
    }  # fmt: skip


def _none(value: float) -> float | None:
    return None if np.isnan(value) else round(float(max(value, 0.0)), 3)


def _keyed(criteria: Any, row: Any) -> dict[str, float]:
    return {c[0]: float(np.round(v, 6)) for c, v in zip(criteria, row, strict=True)}


def _other(rank: int | None, most: int, k: int) -> int | None:
    return None if rank is None else min(most, rank + (k if rank < 3 else 0))


def _measured(plan: geoplan.Plan, sites: gpd.GeoDataFrame, criteria: Any) -> Any:
    """Plausible measurements, and half the width of their ranges."""
    n = len(sites)
    best = np.full((n, len(criteria)), np.nan)
    half = np.zeros((n, len(criteria)))
    centres = shapely.centroid(sites.geometry.to_numpy())
    hubs = next((layer.frame for layer in plan.layers_of("hubs")), None)
    table = plan.tables["platform_sectors"]
    sector = _sector(plan)["id"]
    named = set(table.loc[table["sector_id"] == sector, "platform_id"])
    areas = plan.tables["sector_areas"]
    keys = set(areas.loc[areas["sector_id"] == sector, "district_code"])
    for j, c in enumerate(criteria):
        if c[0] in _HUBS and hubs is not None:
            points = hubs.geometry[hubs["kind"] == _HUBS[c[0]]].to_numpy()
            if len(points):
                best[:, j] = shapely.distance(centres[:, None], points[None, :]).min(axis=1)
                half[:, j] = sites["accuracy_m"].fillna(0)
            continue
        top = c[6][-1][0]
        best[:, j] = np.round([(i * 7 + j * 3) % 11 / 10 * top for i in range(n)], 1)
        if c[3] == "firms":
            half[:, j] = np.where(sites["accuracy_m"].fillna(0) > 0, 0.8, 0.0)
    best[:, 0] = [3.0 if key in named else 0.0 for key in sites.index]
    best[:, 1] = [3.0 if code in keys else 0.0 for code in sites["district_code"]]
    ratio = sites["area_km2"].astype(float).to_numpy() / 0.1
    best[:, 11] = ratio
    return best, half


def _values(measured: Any, criteria: Any) -> Any:
    columns = [
        np.interp(measured[:, j], [p[0] for p in c[6]], [p[1] for p in c[6]])
        for j, c in enumerate(criteria)
    ]
    return np.nan_to_num(np.stack(columns, axis=1), nan=0.0)


def _shares(count: int) -> Any:
    """Rows and columns add up to one: a mixture of the order and of its neighbours."""
    if count == 0:
        return np.zeros((0, 0))
    eye = np.eye(count)
    mixed: Any = 0.63 * eye + 0.37 * np.roll(eye, 1, axis=1)
    return mixed.round(6)


def _sector(plan: geoplan.Plan) -> dict[str, Any]:
    table = plan.tables["sectors"].dropna(subset=["id"])
    rows = table[table["id"].str.contains("robot")]
    row = (rows if len(rows) else table).iloc[0]
    return {"id": row["id"], "zh": row["name_zh"], "en": row["name_en"]}


def _about(plan: geoplan.Plan, sites: gpd.GeoDataFrame, i: int) -> dict[str, Any]:
    row = sites.iloc[i]
    kind = VOCABULARIES["platform_kind"].get(row["kind"], ("自有地块", "own parcel"))
    shape = sites.geometry.iloc[i]
    lon = lat = None
    if shape is not None:
        point = gpd.GeoSeries([shape.centroid], crs=plan.meta.analysis_crs).to_crs("OGC:CRS84")
        lon, lat = round(point.x.iloc[0], 6), round(point.y.iloc[0], 6)
    return {
        "id": str(sites.index[i]), "zh": row["name_zh"], "en": row["name_en"], "kind": row["kind"],
        "kind_zh": kind[0], "kind_en": kind[1],
        "district": _named(plan.layers_of("districts")[0].frame, "code", row["district_code"]),
        "wing": _named(plan.tables["wings"], "id", row["wing_id"]),
        "lon": lon, "lat": lat, "accuracy_m": _none(float(row["accuracy_m"])),
        "area_km2": _none(float(row["area_km2"])), "basis": row["basis"],
    }  # fmt: skip


def _named(frame: Any, key: str, value: Any) -> dict[str, Any] | None:
    rows = frame[frame[key] == value] if isinstance(value, str) else frame[:0]
    if rows.empty:
        return None
    name = "code" if key == "code" else "id"
    return {name: value, "zh": rows["name_zh"].iloc[0], "en": rows["name_en"].iloc[0]}


def _cite(plan: geoplan.Plan, table: str, row: int) -> dict[str, Any]:
    record = plan.tables[table].iloc[row]
    cells = {n: record[n] if isinstance(record[n], str) else "" for n in ("locus", "quote", "basis", "note")}  # fmt: skip
    return {"source": record["source_id"], **cells, "file": f"data/{table}.csv", "row": row + 2}


def _reasons(plan: geoplan.Plan, criteria: Any, row: Any, best: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    tables = ("platform_sectors", "sector_areas", "layout", "projects", "enterprises")
    for k, j in enumerate(np.argsort(-row, kind="stable")[:6]):
        c = criteria[int(j)]
        if row[j] <= 0 or np.isnan(best[j]):
            continue
        table = tables[k % len(tables)]
        cite = _cite(plan, table, k % len(plan.tables[table])) if k < 5 else None
        found.append(
            {
                "criterion": c[0],
                "zh": f"{c[1]}：实测 {best[j]:,.1f}",
                "en": f"{c[2]}: {best[j]:,.1f} measured",
                "cite": cite,
            }
        )
    return found


def _rules(plan: geoplan.Plan) -> list[dict[str, Any]]:
    cite = _cite(plan, "platforms", 0)
    return [
        {"id": "far_from_lake", "zh": "距饮用水源地不少于 500 米", "en": "At least 500 m from a drinking-water source",
         "effect": "exclude", "unit": "m", "least": 500.0, "most": None,
         "clause_zh": "饮用水水源二级保护区内禁止新建排放污染物的建设项目", "cite": cite, "hits": 2, "alone": 1, "unknown": 1},
        {"id": "min_land", "zh": "载明面积不小于用地需求", "en": "The stated area reaches the land asked for",
         "effect": "include", "unit": "km2", "least": 0.1, "most": None,
         "clause_zh": "", "cite": None, "hits": 1, "alone": 0, "unknown": 1},
    ]  # fmt: skip


def _checks(rules: Any, state: str, i: int) -> list[dict[str, Any]]:
    good = {"rule": rules[1]["id"], "state": "allowed", "low": 0.25, "high": 0.25, "limit": 0.1,
            "margin": 0.15, "unit": "km2", "zh": "载明面积 0.25 平方公里，需 0.1 平方公里",
            "en": "0.25 km² stated, 0.1 km² needed"}  # fmt: skip
    if state == "excluded":
        return [
            {"rule": rules[0]["id"], "state": "excluded", "low": 120.0 + i, "high": 180.0 + i, "limit": 500.0,
             "margin": -(320.0 - i), "unit": "m", "zh": f"距水源地 {120 + i}–{180 + i} 米，不足 500 米",
             "en": f"{120 + i}–{180 + i} m from the source, less than 500 m"},
            good,
        ]  # fmt: skip
    if state == "unknown":
        return [
            {"rule": rules[1]["id"], "state": "unknown", "low": None, "high": None, "limit": 0.1,
             "margin": None, "unit": "km2", "zh": "规划没有写明面积", "en": "the plan states no area"},
        ]  # fmt: skip
    return [good]


def _flips(criteria: Any, weights: Any, own: Any, first: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"weights": [], "values": []}
    for j in (7, 3):
        c = criteria[j]
        found["weights"].append(
            {"criterion": c[0], "from": float(weights[j].round(6)), "to": float((weights[j] + 0.11).round(6))}
        )  # fmt: skip
        if not np.isnan(own[j]):
            better = max(0.0, own[j] * 0.4) if c[4] == "low" else own[j] + 2.5
            found["values"].append(
                {"criterion": c[0], "from": float(np.round(own[j], 3)), "to": float(np.round(better, 3)), "unit": c[3]}
            )  # fmt: skip
    return found


def hostile(record: dict[str, Any]) -> dict[str, Any]:
    """The same record with names that would break a page."""
    made = copy.deepcopy(record)
    long = "杭州（钱塘新区）长三角智能制造与高端装备协同创新产业示范园区三期东拓区块" * 3
    names = ["=cmd|' /C calc'!A0", long, "<b>&amp;</b>]]>", "$x^2$ \\frac{", "😀\x00\x1b\u202e", ""]
    english = (
        "Yangtze River Delta High-End Equipment Collaborative-Innovation Demonstration Park, " * 3
    )
    for i, site in enumerate(made["sites"]):
        site["zh"], site["en"] = names[i % 6], [english, names[0], names[4], names[2]][i % 4]
        site["kind_zh"] = site["kind_en"] = long
        for reason in site["reasons"]:
            reason["zh"], reason["en"] = long, english
            if reason["cite"]:
                reason["cite"] = {**reason["cite"], "quote": long[:40], "locus": "一/二/三/" * 30}
        for check in site["checks"]:
            check["zh"], check["en"] = long, english
    for criterion in made["criteria"]:
        criterion["zh"], criterion["en"] = long, english
    made["question"]["title"] = long
    made["question"]["sector"] = {"id": "x", "zh": long, "en": english}
    made["question"]["products"] = [long, english]
    made["notes"] = [{"zh": long, "en": english}] * 5
    for rule in made["rules"]:
        rule["zh"], rule["en"], rule["clause_zh"] = long, english, long
    return made
