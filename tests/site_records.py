"""A decision record made by hand for the tests of the page: it shows records, it makes none.

The scores follow from the values and weights, so that what a browser works out
can be compared with them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SCRIPT = "<img src=x onerror=\"window.ran=1\"> & 'O''Brien' \"x\" </script>"

CRITERIA: tuple[dict[str, Any], ...] = (
    {"id": "platform_named", "zh": "规划点名", "en": "Named by the plan", "unit": "level",
     "better": "high", "weight": 0.30, "points": [[0, 0], [1, 0.4], [3, 1]]},
    {"id": "key_district", "zh": "重点区域", "en": "Key district", "unit": "level",
     "better": "high", "weight": 0.20, "points": [[0, 0], [3, 1]]},
    {"id": "same_sector_firms", "zh": "同业企业", "en": "Firms of the sector", "unit": "count",
     "better": "high", "weight": 0.20, "points": [[0, 0], [10, 1]]},
    {"id": "airport_m", "zh": "机场直线距离", "en": "Straight line to an airport", "unit": "m",
     "better": "low", "weight": 0.15, "points": [[0, 1], [60000, 0]]},
    {"id": "land_ratio", "zh": "面积与用地之比", "en": "Area against land asked", "unit": "ratio",
     "better": "high", "weight": 0.10, "points": [[0, 0], [1, 0.6], [3, 1]]},
    {"id": "planned_investment_wanyuan", "zh": "周边计划投资", "en": "Investment planned nearby",
     "unit": "wanyuan", "better": "high", "weight": 0.05, "points": [[0, 0], [500000, 1]]},
)  # fmt: skip

CITE = {
    "source": {"id": "tiny-plan", "zh": "三方块规划", "en": "Plan of three squares"},
    "locus": "三、布局",
    "quote": "布局机器人产业，依托甲区机器人园",
    "basis": "read",
    "note": "",
    "file": "data/platform_sectors.csv",
    "row": 2,
}

# id, zh, en, state, lon, lat, accuracy, km2, measured (best or low-best-high) by criterion
_SITES: tuple[tuple[Any, ...], ...] = (
    ("park", "甲区机器人园", "Robot park", "allowed", 120.0052, 30.0035, 400, 0.25,
     (3, 3, (4, 6, 7), 12000, 2.5, 200000)),
    ("east-works", "东部智造园", "East works", "allowed", 120.0155, 30.0035, 0, 0.5,
     (1, 2, 8, 21000, 5.0, 300000)),
    ("north-yard", "北场", "North yard", "allowed", 120.0072, 30.0063, 0, 0.1,
     (0, 3, 5, (9000, 10000, 11000), 1.0, 100000)),
    ("twin-a", "孪生甲", "Twin A", "allowed", 120.0130, 30.0055, 50, 0.2,
     (1, 1, 5, 30000, 2.0, 0)),
    ("twin-b", "孪生乙", "Twin B", "allowed", 120.0138, 30.0012, 50, 0.2,
     (1, 1, 5, 30000, 2.0, 0)),
    ("evil", SCRIPT, SCRIPT, "allowed", 120.0180, 30.0060, 0, 0.15,
     (0, 1, 2, 45000, 1.5, 20000)),
    ("last", "末位园", "Last park", "allowed", 120.0250, 30.0060, 0, 0.12,
     (0, 0, 1, 52000, 1.2, 10000)),
    ("area-unknown", "面积未载明园", "Area not stated", "unknown", 120.0220, 30.0020, 800, None,
     (1, 2, 3, 26000, None, 50000)),
    ("nowhere", "位置不详园", "Nowhere park", "unknown", None, None, None, None,
     (2, 1, None, None, None, None)),
    ("too-small", "小园", "Small park", "excluded", 120.0260, 30.0015, 0, 0.02,
     (1, 1, 3, 31000, 0.2, 0)),
    ("in-water", "水边园", "Waterside park", "excluded", 120.0290, 30.0040, 0, 0.4,
     (0, 2, 4, 33000, 4.0, 0)),
    ("wrong-kind", "研究院", "Institute", "excluded", 120.0030, 30.0010, 100, None,
     (1, 3, 6, 11000, None, 150000)),
)  # fmt: skip

RULES: tuple[dict[str, Any], ...] = (
    {"id": "min-land", "zh": "面积须达到用地要求", "en": "The area must reach the land asked",
     "effect": "include", "unit": "km2", "least": 0.1, "most": None,
     "clause_zh": "任务书：面积须达到用地要求", "cite": None, "hits": 1, "alone": 1, "unknown": 2},
    {"id": "not-in-water", "zh": "距水域不少于", "en": "Away from open water",
     "effect": "exclude", "unit": "m", "least": 500, "most": None,
     "clause_zh": "距湖泊水库不得少于500米", "cite": CITE, "hits": 1, "alone": 1, "unknown": 1},
    {"id": "no-institutes", "zh": "不选研究院", "en": "No institutes", "effect": "exclude",
     "unit": "", "least": None, "most": None, "clause_zh": "任务书：不选研究院", "cite": None,
     "hits": 1, "alone": 1, "unknown": 0},
)  # fmt: skip

_CHECKS: Mapping[str, list[dict[str, Any]]] = {
    "too-small": [
        {"rule": "min-land", "state": "excluded", "low": 0.02, "high": 0.02, "limit": 0.1,
         "margin": -0.08, "unit": "km2", "zh": "面积 0.02 平方公里，少于所需 0.1 平方公里",
         "en": "The area is 0.02 km², less than the 0.1 km² asked"},
    ],
    "in-water": [
        {"rule": "not-in-water", "state": "excluded", "low": 120, "high": 120, "limit": 500,
         "margin": -380, "unit": "m", "zh": "距水域 120 米，少于 500 米",
         "en": "120 m from open water, less than 500 m"},
    ],
    "wrong-kind": [
        {"rule": "no-institutes", "state": "excluded", "low": None, "high": None, "limit": None,
         "margin": None, "unit": "", "zh": "属于研究院", "en": "It is an institute"},
    ],
    "area-unknown": [
        {"rule": "min-land", "state": "unknown", "low": None, "high": None, "limit": 0.1,
         "margin": None, "unit": "km2", "zh": "面积未载明", "en": "The area is not stated"},
    ],
    "nowhere": [
        {"rule": "min-land", "state": "unknown", "low": None, "high": None, "limit": 0.1,
         "margin": None, "unit": "km2", "zh": "面积未载明", "en": "The area is not stated"},
        {"rule": "not-in-water", "state": "unknown", "low": None, "high": None, "limit": 500,
         "margin": None, "unit": "m", "zh": "位置不详", "en": "The location is unknown"},
    ],
}  # fmt: skip


def many(count: int) -> list[tuple[Any, ...]]:
    """Sites by the number, all allowed, spread over the three squares."""
    drawn = np.random.default_rng(7).uniform(0, 1, (count, 8))
    return [
        (f"site-{at:05}", f"候选地{at}", f"Candidate {at}", "allowed",
         round(120.0 + 0.031 * row[0], 6), round(30.0 + 0.007 * row[1], 6), 0, 0.2,
         (round(3 * row[2]), round(3 * row[3]), round(10 * row[4]), 60000 * row[5], 3 * row[6],
          500000 * row[7]))
        for at, row in enumerate(drawn.tolist())
    ]  # fmt: skip


BRIEF: Mapping[str, Any] = {
    "title": "机器人整机厂",
    "project": {"sector": "robots", "investment_wanyuan": 100000, "land_mu": 150, "workers": 800},
    "candidates": {"kind": "platforms"},
}


def criteria_rows(header: Sequence[str]) -> list[list[str]]:
    """The criteria as rows of ``data/criteria.csv``, so that a plan knows them."""
    rows = [list(header)]
    for one in CRITERIA:
        cells = {
            "id": one["id"], "name_zh": one["zh"], "name_en": one["en"],
            "weight": str(one["weight"]),
            "value_points": "|".join(f"{x}:{y}" for x, y in one["points"]),
            "source_id": "desk", "basis": "inferred", "note": "示例",
        }  # fmt: skip
        rows.append([cells.get(name, "") for name in header])
    return rows


def range_of(given: Any) -> tuple[float | None, float | None, float | None]:
    """Best, low, high of a measured value; one number is exact."""
    if isinstance(given, tuple):
        return given[1], given[0], given[2]
    return given, given, given


def record(
    sites: Sequence[Sequence[Any]] = _SITES,
    criteria: Sequence[Mapping[str, Any]] = CRITERIA,
    brief: Mapping[str, Any] = BRIEF,
    checks: Mapping[str, list[dict[str, Any]]] = _CHECKS,
    draws: int = 400,
) -> dict[str, Any]:
    """A record as the contract of the page has it."""
    told = [_site(row, criteria, checks) for row in sites]
    allowed = [site for site in told if site["state"] == "allowed"]
    allowed.sort(key=lambda site: (-site["score"], site["id"]))
    for site in allowed:
        site["rank"] = 1 + sum(other["score"] > site["score"] + 1e-9 for other in allowed)
    _survive(allowed, criteria, draws)
    if allowed:
        for site in allowed[1:]:
            site["flips"] = _flips(site, allowed[0], criteria)
    order = {"allowed": 0, "unknown": 1, "excluded": 2}
    rest = [site for site in told if site["state"] != "allowed"]
    rest.sort(key=lambda site: (order[site["state"]], -site["score"]))
    states = [site["state"] for site in told]
    return {
        "format": "geoplan decision record",
        "version": 1,
        "made": "2026-11-22T08:00:00Z",
        "software": {"geoplan": "0.1.0"},
        "plan": {"id": "tiny", "title_zh": "三方块规划", "title_en": "Plan of three squares",
                 "analysis_crs": "EPSG:4549", "hash": "0" * 64, "files": {}},
        "inputs": {},
        "brief": dict(brief),
        "question": {
            "title": brief.get("title", ""), "sector": {"id": "robots", "zh": "机器人产业",
            "en": "Robots"}, "segment": None, "products": [], "investment_wanyuan": 100000,
            "land_km2": 0.1, "land_mu": 150, "workers": 800, "candidates": "platforms",
            "like": None,
        },
        "counts": {"candidates": len(told), **{s: states.count(s) for s in order}},
        "criteria": [
            {"params": {}, "note_zh": "示例", "note_en": "Example", "cite": CITE, **one}
            for one in criteria
        ],
        "weighting": {"method": "direct", "spread": 0.2, "mode": "around", "lambda_max": None,
                      "consistency_ratio": None, "random_index": None, "flagged": False,
                      "revisit": None},
        "rules": [dict(rule) for rule in RULES],
        "sites": [*allowed, *rest],
        "agreement": {
            name: {"kendall_tau": 0.81, "spearman": 0.9, "same_first": True, "normalisation": how}
            for name, how in (("topsis", "vector"), ("spotis", "bounds"), ("promethee_ii", "none"))
        },
        "robustness": {"mode": "around", "spread": 0.2, "draws": 10000, "seed": 1},
        "notes": [{"zh": "距离均为直线距离。", "en": "All distances are straight lines."}],
        "result": "0" * 64,
    }  # fmt: skip


def _site(
    row: Sequence[Any],
    criteria: Sequence[Mapping[str, Any]],
    checks: Mapping[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    key, zh, en, state, lon, lat, accuracy, km2, given = row
    measured, values, low, high = {}, {}, {}, {}
    for criterion, value in zip(criteria, given, strict=True):
        name = criterion["id"]
        best, least, most = range_of(value)
        measured[name] = {"best": best, "low": least, "high": most}
        xs, ys = np.array(criterion["points"], float).T
        if best is None:
            values[name], low[name], high[name] = 0.0, 0.0, 1.0
        else:
            ends = np.interp([least, most], xs, ys)
            values[name] = round(float(np.interp(best, xs, ys)), 6)
            low[name], high[name] = round(float(min(ends)), 6), round(float(max(ends)), 6)
    weights = {one["id"]: one["weight"] for one in criteria}
    contributions = {name: round(weights[name] * value, 6) for name, value in values.items()}
    return {
        "id": key, "zh": zh, "en": en, "kind": "park", "kind_zh": "产业园",
        "kind_en": "industrial park", "district": {"code": "A", "zh": "甲区", "en": "A"},
        "wing": None, "lon": lon, "lat": lat, "accuracy_m": accuracy, "area_km2": km2,
        "basis": "read", "state": state, "rank": None,
        "score": round(sum(contributions.values()), 6),
        "score_low": round(sum(weights[n] * v for n, v in low.items()), 6),
        "score_high": round(sum(weights[n] * v for n, v in high.items()), 6),
        "measured": measured, "values": values, "values_low": low, "values_high": high,
        "contributions": contributions,
        "reasons": [{"criterion": "platform_named", "zh": f"规划在此布局该产业：{zh}",
                     "en": f"The plan puts the sector here: {en}", "cite": CITE}],
        "checks": checks.get(key, [
            {"rule": "min-land", "state": "allowed", "low": km2, "high": km2, "limit": 0.1,
             "margin": round((km2 or 0.2) - 0.1, 4), "unit": "km2",
             "zh": f"面积 {km2} 平方公里，达到所需 0.1 平方公里",
             "en": f"The area is {km2} km², at least the 0.1 km² asked"},
        ]),
        "first": None, "ranks": [], "rank_best": None, "rank_worst": None,
        "dominated_by": None, "pareto": False, "flips": {"weights": [], "values": []},
        "opinions": {},
    }  # fmt: skip


def _survive(
    allowed: list[dict[str, Any]], criteria: Sequence[Mapping[str, Any]], draws: int
) -> None:
    if not allowed:
        return
    names = [one["id"] for one in criteria]
    values = np.array([[site["values"][name] for name in names] for site in allowed])
    centre = np.array([one["weight"] for one in criteria])
    drawn = centre * np.random.default_rng(1).uniform(0.8, 1.2, (draws, len(names)))
    scores = values @ (drawn / drawn.sum(axis=1, keepdims=True)).T
    ranks = (-scores).argsort(axis=0, kind="stable").argsort(axis=0)
    for number, site in enumerate(allowed):
        counts = np.bincount(ranks[number], minlength=len(allowed)) / draws
        share = float(counts[0])
        site["ranks"] = [round(float(one), 6) for one in counts[:20]]
        site["first"] = {
            "share": share,
            "error": round(1.96 * (share * (1 - share) / draws) ** 0.5, 6),
        }
        found = np.flatnonzero(counts)
        site["rank_best"], site["rank_worst"] = int(found[0]) + 1, int(found[-1]) + 1
        better = [o for o in allowed if o is not site
                  and all(o["values"][n] >= site["values"][n] for n in names)
                  and any(o["values"][n] > site["values"][n] for n in names)]  # fmt: skip
        site["dominated_by"] = better[0]["id"] if better else None
        site["pareto"] = not better
        site["opinions"] = {
            name: {"score": site["score"], "rank": site["rank"]}
            for name in ("topsis", "spotis", "promethee_ii")
        }


def _flips(
    site: Mapping[str, Any], winner: Mapping[str, Any], criteria: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    weights, values = [], []
    gap = winner["score"] - site["score"]
    for one in criteria:
        name, weight = one["id"], one["weight"]
        own, best = site["values"][name], winner["values"][name]
        rest = gap - weight * (best - own)
        rest /= 1 - weight
        if own != best and rest - (best - own) != 0:
            to = rest / (rest - (best - own))
            if 0 <= to <= 1:
                weights.append({"criterion": name, "from": weight, "to": round(to, 6)})
        wanted = own + gap / weight
        xs, ys = np.array(one["points"], float).T
        order = np.argsort(ys)
        if wanted <= 1 and site["measured"][name]["best"] is not None:
            to = float(np.interp(wanted, ys[order], xs[order]))
            values.append({"criterion": name, "from": site["measured"][name]["best"],
                           "to": round(to, 3), "unit": one["unit"]})  # fmt: skip
    weights.sort(key=lambda flip: abs(flip["to"] - flip["from"]))
    return {"weights": weights, "values": values}
