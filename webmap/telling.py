"""The details of a subject as the page's drawer needs them."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from geoplan.exchange.files.reports import plain
from geoplan.place.density import Question
from geoplan.place.locate import KINDS as LOCATED
from geoplan.place.series import projects_of, summed
from geoplan.place.zones import district_layer
from geoplan.plan.problems import Both
from geoplan.plan.relations import codes
from geoplan.plan.statements import Citation, Fact
from geoplan.plan.subjects import Details, Related
from geoplan.schema import VOCABULARIES
from webmap import known
from webmap.figures import area, decimal, money
from webmap.shelf import Shown
from webmap.state import years_of

RELATED = (
    "projects", "enterprises", "platforms", "sectors", "segments", "districts", "wings", "hubs",
)  # fmt: skip
_CALLED = {"enterprises": "firms"}
_CITED = ("source_id", "locus", "quote", "basis", "note", "file")


def told(shown: Shown, found: Details) -> dict[str, Any]:
    """The answer of ``/api/subject/<kind>/<id>``."""
    figures = found.figures.to_dict("records")
    sources = source_titles(shown)
    place = _place(shown, found.kind, found.id)
    return {
        "kind": found.kind,
        "id": found.id,
        "zh": found.name.zh,
        "en": found.name.en,
        "facts": [_fact(fact, sources) for fact in found.facts],
        "figures": [_figure(row, sources) for row in figures],
        **{
            _CALLED.get(kind, kind): [_related(one, sources) for one in found.related.get(kind, ())]
            for kind in RELATED
        },
        "more": {kind: count for kind, count in found.more.items() if count},
        "pairs": _pairs(found.figures),
        "series": _money_by_year(shown, found),
        "trends": _trends(found.figures),
        "links": {"ledger": "/ledger?" + urlencode({"kind": found.kind, "q": found.name.zh})},
        **place,
    }


def source_titles(shown: Shown) -> Mapping[str, tuple[str, str]]:
    """Source id → title in Chinese and English."""
    return {key: pair for (kind, key), pair in known.names(shown).items() if kind == "sources"}


def cite(citation: Citation | None, sources: Mapping[str, tuple[str, str]]) -> Any:
    """A citation with the title of its source; ``None`` where there is none."""
    if citation is None:
        return None
    zh, en = sources.get(citation.source_id, (citation.source_id, citation.source_id))
    return {
        "source": {"id": citation.source_id, "zh": zh, "en": en},
        "locus": citation.locus,
        "quote": citation.quote,
        "basis": citation.basis,
        "note": citation.note,
        "file": citation.file,
        "row": citation.row,
    }


def _fact(fact: Fact, sources: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    value = fact.value
    if fact.unit == "wanyuan":
        value = money(fact.number)
    elif fact.unit == "km2":
        value = area(fact.number)
    return {
        "label_zh": fact.label.zh,
        "label_en": fact.label.en,
        "value_zh": value.zh,
        "value_en": value.en,
        "number": fact.number,
        "unit": fact.unit,
        "kind": fact.about[0] if fact.about else None,
        "id": fact.about[1] if fact.about else None,
        "basis": fact.basis,
        "cite": cite(fact.cite, sources),
    }


def _related(one: Related, sources: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "id": one.id,
        "zh": one.name.zh,
        "en": one.name.en,
        "role_zh": one.role.zh,
        "role_en": one.role.en,
        "wanyuan": one.investment_wanyuan,
        "years": list(one.years) if one.years else None,
        "cite": cite(one.cite, sources),
    }


def _figure(row: Mapping[Any, Any], sources: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    value = written(row)
    texts = {name: str(plain(row[name]) or "") for name in _CITED}
    citation = Citation(**texts, row=int(row["row"]))
    return {
        "id": plain(row["figure_id"]),
        "measure": plain(row["measure"]),
        "measure_zh": plain(row["measure_zh"]),
        "measure_en": plain(row["measure_en"]) or plain(row["measure_zh"]),
        "kind": plain(row["kind"]),
        "status": plain(row["status"]),
        "operator": plain(row["operator"]),
        "number": plain(row["value"]),
        "number_high": plain(row["value_high"]),
        "unit": plain(row["unit"]),
        "year_start": plain(row["year_start"]),
        "year": plain(row["year"]),
        "value_zh": value.zh,
        "value_en": value.en,
        "cite": cite(citation, sources),
    }


def written(row: Mapping[Any, Any]) -> Both:
    """A figure as the document states it: operator, number, unit."""
    number = decimal(float(row["value"]), 4) if pd.notna(row["value"]) else "—"
    if pd.notna(row["value_high"]):
        number += "–" + decimal(float(row["value_high"]), 4)
    unit = plain(row["unit"]) or ""
    zh, en = VOCABULARIES["operator"].get(str(row["operator"]), ("", ""))
    after = str(row["operator"]) in ("ge", "le")
    space = "" if unit == "%" else " "
    chinese = f"{number}{space}{unit}"
    chinese = chinese + zh if after else zh + chinese
    english = f"{number}{space}{unit}"
    return Both(chinese, english if en in ("", "exactly") else f"{en} {english}")


def _levels(figures: pd.DataFrame) -> pd.DataFrame:
    rows = figures[figures["kind"].isin(["level", "share", "count"])]
    return rows.dropna(subset=["year", "value"]).sort_values("year", kind="stable")


def _pairs(figures: pd.DataFrame) -> list[dict[str, Any]]:
    """The last observed figure beside each target of the same measure and unit."""
    pairs = []
    for _, rows in _levels(figures).groupby(["measure", "unit", "kind"], sort=False):
        observed, targets = (rows[rows["status"] == s] for s in ("observed", "target"))
        if observed.empty or targets.empty:
            continue
        base, target = observed.iloc[-1], targets.iloc[-1]
        pairs.append(
            {
                "measure": plain(target["measure"]),
                "measure_zh": plain(target["measure_zh"]),
                "measure_en": plain(target["measure_en"]) or plain(target["measure_zh"]),
                "base_year": plain(base["year"]),
                "base": plain(base["value"]),
                "base_operator": plain(base["operator"]),
                "target_year": plain(target["year"]),
                "target": plain(target["value"]),
                "target_operator": plain(target["operator"]),
                "unit": plain(target["unit"]),
            }
        )
    return pairs


def _money_by_year(shown: Shown, found: Details) -> list[dict[str, Any]]:
    if found.kind == "districts":
        return _district_money(shown, found.id)
    share = projects_of(shown.plan, found.kind, found.id, known.district_codes(shown))
    by_year = summed(known.yearly_money(shown), share)
    return [{"year": year, "value": plain(value)} for year, value in by_year.items()]


def _district_money(shown: Shown, code: str) -> list[dict[str, Any]]:
    """As the map counts it: what is known only to an older district comes by its share of area."""
    plan = shown.plan
    layers = [layer for layer in plan.layers_of("districts") if code in codes(layer)]
    own = district_layer(plan)
    layer = own if own in layers else layers[0] if layers else own
    money = []
    for year in years_of(plan.tables["projects"]):
        question = Question(by="district", vintage=layer.name, year=year)
        zones = known.answered(shown, question).zones["investment_wanyuan"]
        money.append({"year": year, "value": int(zones.get(code, 0))})
    return money if any(one["value"] for one in money) else []


def _trends(figures: pd.DataFrame) -> list[dict[str, Any]]:
    """Figures of one measure and unit in more than one year."""
    trends = []
    for _, rows in _levels(figures).groupby(["measure", "unit", "kind"], sort=False):
        if rows["year"].nunique() > 1:
            first = rows.iloc[0]
            trends.append(
                {
                    "measure": plain(first["measure"]),
                    "measure_zh": plain(first["measure_zh"]),
                    "measure_en": plain(first["measure_en"]) or plain(first["measure_zh"]),
                    "unit": plain(first["unit"]),
                    "points": list(_points(rows)),
                }
            )
    return trends


def _points(rows: pd.DataFrame) -> Iterable[dict[str, Any]]:
    for row in rows.to_dict("records"):
        yield {
            "year": plain(row["year"]),
            "value": plain(row["value"]),
            "status": plain(row["status"]),
            "operator": plain(row["operator"]),
        }


def _place(shown: Shown, kind: str, key: str) -> dict[str, Any]:
    box = known.boxes(shown).get((kind, key))
    precision, accuracy, basis = "", None, ""
    if kind in LOCATED:
        places = known.located(shown, kind)
        if key in places.index:
            precision = str(places.at[key, "precision"])
            accuracy = plain(places.at[key, "accuracy_m"])
            basis = plain(places.at[key, "basis"]) or ""
    return {
        "bbox": list(box) if box else None,
        "precision": precision,
        "accuracy_m": accuracy,
        "place_basis": basis,
    }
