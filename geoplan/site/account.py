"""What a decision says of each site, rule and criterion, as plain data in both languages."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.plan.crs import DATUMS
from geoplan.plan.ledger import subject_names
from geoplan.plan.statements import cited, text
from geoplan.site.deciding import Decision
from geoplan.site.rules import KINDS

DECIMALS = 6
"""Of scores, values, shares and degrees."""

MU_PER_KM2 = 1500
RANKS_TOLD = 10
"""So many ranks are told with how often a site has them."""

Plain = dict[str, Any]


class Account:
    """A decision told piece by piece; every number rounded, every text in both languages."""

    def __init__(self, decision: Decision) -> None:
        self._of = decision
        self._names = subject_names(decision.plan)
        self._cited: dict[tuple[str, Any], Plain] = {}

    def question(self) -> Plain:
        """What was asked."""
        brief = self._of.brief
        project = brief.project
        land = project.land_km2
        return {
            "title": brief.title,
            "sector": self._named("sectors", project.sector),
            "segment": self._named("segments", project.segment),
            "products": list(project.products),
            "investment_wanyuan": project.investment_wanyuan,
            "land_km2": land,
            "land_mu": None if land is None else plain(land * MU_PER_KM2),
            "workers": project.workers,
            "candidates": brief.candidates.kind,
            "gathering": brief.preferences.gathering,
            "like": self._named("platforms", brief.like),
        }

    def criteria(self) -> list[Plain]:
        """The criteria with weight, scale and origin."""
        weights = self._of.weighting.weights
        return [
            {
                "id": one.id,
                "zh": one.name.zh,
                "en": one.name.en,
                "unit": one.unit,
                "better": one.better,
                "weight": plain(weights[one.id]),
                "points": [list(point) for point in one.points.points],
                "params": dict(one.params),
                "changed": list(one.changed),
                "cite": cite,
                "note_zh": cite["note"] if cite else "",
                "note_en": cite["note"] if cite else "",
            }
            for one in self._of.chosen
            for cite in (self.cite(one.table, one.row),)
        ]

    def rules(self) -> list[Plain]:
        """The hard rules with clause, origin and what each excludes."""
        effects: dict[Any, dict[Any, int]] = self._of.verdicts.effects.to_dict("index")
        return [
            {
                "id": rule.id,
                "zh": rule.name.zh,
                "en": rule.name.en,
                "effect": rule.effect,
                "measure": rule.measure,
                "unit": rule.unit,
                "least": plain(rule.least),
                "most": plain(rule.most),
                "clause_zh": rule.clause_zh,
                "origin": rule.origin,
                "cite": self.cite("rules", rule.row) if rule.row else None,
                **effects[rule.id],
            }
            for rule in self._of.verdicts.rules
        ]

    def weighting(self) -> Plain:
        """How the weights were made."""
        made, robust = self._of.weighting, self._of.brief.robustness
        revisit = made.revisit
        return {
            "method": made.method,
            "lambda_max": plain(made.lambda_max),
            "consistency_ratio": plain(made.ratio),
            "random_index": plain(made.random_index),
            "flagged": made.flagged,
            "revisit": None
            if revisit is None
            else {
                "row": revisit.row,
                "column": revisit.column,
                "given": plain(revisit.given),
                "suggested": plain(revisit.suggested),
                "ratio": plain(revisit.ratio),
            },
            "mode": robust.mode,
            "spread": robust.spread,
        }

    def robustness(self) -> Plain:
        """Over which weights the ranking was tried, and what keeps the first one first."""
        robust = self._of.brief.robustness
        return {
            "mode": robust.mode,
            "spread": robust.spread,
            "draws": robust.draws,
            "seed": robust.seed,
            "stability": [
                {
                    "criterion": name,
                    **{key: plain(row[key]) for key in ("weight", "low", "high")},
                    **{key: row[key] for key in ("below", "above")},
                }
                for name, row in self._of.stability.to_dict("index").items()
            ],
        }

    def agreement(self) -> Plain:
        """How far the second opinions agree."""
        return {
            name: {
                "kendall_tau": plain(found.kendall_tau),
                "spearman": plain(found.spearman),
                "same_first": found.same_first,
                "same_top_three": plain(found.same_top_three),
                "normalisation": self._of.opinions[name].normalisation,
            }
            for name, found in self._of.agreements.items()
        }

    def sites(self) -> list[Plain]:
        """All sites: the allowed by rank, then the unknown and the excluded by their score."""
        state = self._of.verdicts.state
        order = {"allowed": 0, "unknown": 1, "excluded": 2}
        ranks = self._of.ranked.ranks if self._of.ranked else pd.Series(dtype="int64")
        frame = pd.DataFrame(
            {
                "state": state.map(order).loc[self._of.sites.index],
                "rank": ranks.reindex(self._of.sites.index).fillna(0),
                "score": -self._of.scored.scores.round(DECIMALS),
                "name": self._of.sites.index.astype(str),
            }
        )
        ordered = frame.sort_values(["state", "rank", "score", "name"], kind="stable").index
        return [self._site(key) for key in ordered]

    def _site(self, key: Any) -> Plain:
        of = self._of
        row = of.sites.loc[key]
        rank = of.ranked.ranks.get(key) if of.ranked else None
        lon, lat = self._lonlat.get(key, (None, None))
        weights = of.weighting.weights
        low, high = of.worth.low.loc[key], of.worth.high.loc[key]
        return {
            "id": str(key),
            "zh": text(row["name_zh"]) or str(key),
            "en": text(row["name_en"]) or text(row["name_zh"]) or str(key),
            "kind": text(row["kind"]),
            **self._kind(text(row["kind"])),
            "district": self._named("districts", text(row["district_code"]), "code"),
            "wing": self._named("wings", text(row["wing_id"])),
            "lon": lon,
            "lat": lat,
            "accuracy_m": plain(row["accuracy_m"]),
            "area_km2": plain(row["area_km2"]),
            "basis": text(row["basis"]),
            "cite": self.cite(text(row["table"]), row["row"]),
            "state": str(of.verdicts.state[key]),
            "rank": None if rank is None else int(rank),
            "score": plain(of.scored.scores[key]),
            "score_low": plain(float((low * weights).sum())),
            "score_high": plain(float((high * weights).sum())),
            "measured": {
                name: {end: plain(getattr(found, end)[key]) for end in ("best", "low", "high")}
                for name, found in of.measured.items()
            },
            "values": _rounded(of.worth.best.loc[key]),
            "values_low": _rounded(low),
            "values_high": _rounded(high),
            "contributions": _rounded(of.scored.contributions.loc[key]),
            "reasons": self._reasons.get(str(key), []),
            "checks": self._checks.get(str(key), []),
            **self._sureness(key),
            "flips": self._flips(key),
            "opinions": {
                name: {"score": plain(opinion.scores[key]), "rank": int(opinion.ranks[key])}
                for name, opinion in of.opinions.items()
                if key in opinion.ranks.index
            },
        }

    def _sureness(self, key: Any) -> Plain:
        survival = self._of.survival
        if survival is None or key not in survival.first.index:
            return {"first": None, "ranks": [], "rank_best": None, "rank_worst": None,
                    "dominated_by": None, "surely_dominated_by": None, "pareto": None}  # fmt: skip
        ranks = survival.rank_range.loc[key]
        shares = survival.matrix.loc[key].iloc[:RANKS_TOLD] if key in survival.matrix.index else []
        dominated, surely = self._of.dominated_by[key], self._of.surely_dominated_by[key]
        return {
            "first": {"share": plain(survival.first[key]), "error": plain(survival.error[key])},
            "ranks": [plain(share) for share in shares],
            "mean_rank": plain(survival.mean_rank[key]),
            "rank_best": int(ranks["best"]),
            "rank_worst": int(ranks["worst"]),
            "confidence": plain(survival.confidence[key]),
            "dominated_by": None if dominated is None else str(dominated),
            "surely_dominated_by": None if surely is None else str(surely),
            "pareto": dominated is None,
        }

    def _flips(self, key: Any) -> Plain:
        found = self._of.flips.get(key)
        if found is None:
            return {"weights": [], "values": []}
        spans = {
            name: one.points[-1][0] - one.points[0][0]
            for name, one in self._of.worth.functions.items()
        }
        units = {one.id: one.unit for one in self._of.chosen}
        # Changes in different units are compared as shares of their scales.
        told = {"weights": _smallest(found.weights, dict.fromkeys(spans, 1.0)),
                "values": _smallest(found.values, spans)}  # fmt: skip
        for entry in told["values"]:
            entry["unit"] = units[entry["criterion"]]
        return told

    @cached_property
    def _reasons(self) -> dict[str, list[Plain]]:
        """Site → sentences, those of the greatest contributions first."""
        found: dict[str, list[tuple[float, Plain]]] = {}
        contributions = self._of.scored.contributions
        for name, measured in self._of.measured.items():
            shares: dict[Any, float] = contributions[name].to_dict()
            for row in measured.evidence.to_dict("records"):
                key = str(row["candidate"])
                if key in shares:
                    entry = {"criterion": name, "zh": row["zh"], "en": row["en"]}
                    entry["cite"] = self.cite(str(row["table"]), row["row"])
                    found.setdefault(key, []).append((-shares[key], entry))
        return {
            key: [entry for _, entry in sorted(entries, key=lambda pair: pair[0])]
            for key, entries in found.items()
        }

    @cached_property
    def _checks(self) -> dict[str, list[Plain]]:
        """Site → every rule that applies to it, what excludes it first."""
        order = {"excluded": 0, "unknown": 1, "allowed": 2}
        table = self._of.verdicts.table
        table = table.iloc[table["state"].map(order).argsort(kind="stable")]
        found: dict[str, list[Plain]] = {}
        for row in table.itertuples(index=False):
            entry = {
                "rule": str(row.rule),
                "state": str(row.state),
                "low": plain(row.measured_low),
                "high": plain(row.measured_high),
                "limit": plain(row.limit),
                "margin": plain(row.margin),
                "unit": str(row.unit),
                "zh": str(row.zh),
                "en": str(row.en),
            }
            found.setdefault(str(row.candidate), []).append(entry)
        return found

    @cached_property
    def _lonlat(self) -> dict[Any, tuple[float, float]]:
        centres = gpd.GeoSeries(self._of.sites["centre"], crs=self._of.plan.meta.analysis_crs)
        centres = centres[~shapely.is_missing(centres.to_numpy())]
        moved = centres.to_crs(DATUMS["WGS 84"])
        return {
            key: (round(point.x, DECIMALS), round(point.y, DECIMALS))
            for key, point in moved.items()
            if not point.is_empty
        }

    def sources(self) -> dict[str, Plain]:
        """The documents and datasets that the plan cites, by id."""
        named = self._of.plan.sources.dropna(subset=["id"]).drop_duplicates("id")
        return {
            str(row["id"]): {
                "zh": text(row["title_zh"]),
                "en": text(row["title_en"]) or text(row["title_zh"]),
            }
            for row in named.to_dict("records")
        }

    def cite(self, table: str, row: Any) -> Plain | None:
        """The citation of a row of the plan's tables; none for what rests on no row."""
        if not table or row not in self._of.plan.tables[table].index:
            return None
        if (table, row) not in self._cited:
            self._cited[table, row] = self._read(table, row)
        return self._cited[table, row]

    def _read(self, table: str, row: Any) -> Plain:
        cells = self._of.plan.tables[table].loc[row].to_dict()
        found = cited(table, row, {str(name): value for name, value in cells.items()})
        return {
            "source": found.source_id,
            "locus": found.locus,
            "quote": found.quote,
            "basis": found.basis,
            "note": found.note,
            "file": found.file,
            "row": found.row,
        }

    def _named(self, kind: str, key: str, as_: str = "id") -> Plain | None:
        if not key:
            return None
        zh, en = self._names.get((kind, key), (key, key))
        return {as_: key, "zh": zh, "en": en or zh}

    def _kind(self, kind: str) -> dict[str, str]:
        zh, en = KINDS.get(kind, (kind, kind))
        return {"kind_zh": zh, "kind_en": en}


def plain(value: Any) -> float | int | None:
    """A number for JSON: rounded, and nothing where it is missing or infinite."""
    if value is None or pd.isna(value) or not math.isfinite(float(value)):
        return None
    if isinstance(value, int | np.integer):
        return int(value)
    return round(float(value), DECIMALS)


def _rounded(values: "pd.Series[Any]") -> Plain:
    return {str(name): plain(value) for name, value in values.items()}


def _smallest(changes: pd.DataFrame, scales: Mapping[str, float]) -> list[Plain]:
    """The changes that work, smallest first."""
    found = changes[changes["to"].notna() & (changes["change"] != 0)]
    relative = found["change"].abs() / pd.Series(scales).reindex(found.index)
    return [
        {
            "criterion": str(name),
            "from": plain(found.at[name, "from"]),
            "to": plain(found.at[name, "to"]),
        }
        for name in relative.fillna(1.0).sort_values(kind="stable").index
    ]
