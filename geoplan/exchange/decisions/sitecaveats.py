"""What must be borne in mind with a site sheet: its limits, the age of its sources, its identity."""

from collections.abc import Sequence
from datetime import date, datetime

from geoplan.exchange.decisions.sitewords import Record, said
from geoplan.exchange.prints.captions import age_notices, number
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language
from geoplan.site.record import hashes_of

_METHODS = {
    "direct": Both("直接给定", "given directly"),
    "order": Both("按重要性排序推算", "from an order of importance"),
    "ahp": Both("层次分析法（AHP）", "AHP"),
}


def caveats(record: Record, site: Record, language: Language) -> tuple[str, ...]:
    """What the sheet does not say: distances, free land, unknowns, weights, the record's notes."""
    zh = language == "zh"
    found = []
    if any(criterion["unit"] == "m" for criterion in record["criteria"]):
        found.append(
            "距离均为直线距离，不是道路里程或行车时间。" if zh
            else "Distances are straight lines, neither road lengths nor driving times."
        )  # fmt: skip
    found.append(
        "规划面积不等于可供土地；权属、用地性质、规划条件、环保和安全须另行核实。" if zh
        else "Planned area is not free land; title, land use, environment and safety need their own check."
    )  # fmt: skip
    if site.get("accuracy_m") or site.get("accuracy_m", 0) is None:
        found.append(
            "图上虚线为该处可能所在的范围，不是边界；距离和周边数因此给出区间。" if zh
            else "The dashed outline is where the site may lie, no boundary; hence the ranges."
        )  # fmt: skip
    missing = [
        said(criterion, language)
        for criterion in record["criteria"]
        if (site.get("measured", {}).get(criterion["id"]) or {}).get("best") is None
    ]
    if missing:
        names = ("、" if zh else ", ").join(missing)
        found.append(
            f"不详的准则按 0 分计：{names}。" if zh else f"Not known, counted as nothing: {names}."
        )
    found.append(_weights_caveat(record, language))
    found += [text for note in record.get("notes", ()) if (text := said(note, language))]
    return tuple(dict.fromkeys(found))


def _weights_caveat(record: Record, language: Language) -> str:
    weighting, zh = record["weighting"], language == "zh"
    method = weighting.get("method", "direct")
    name = _METHODS[method][language] if method in _METHODS else str(method)
    text = (
        f"权重和评分标准是判断（{name}），依据见决策记录。" if zh
        else f"Weights and scales are judgements ({name}); their basis is in the record."
    )  # fmt: skip
    if weighting.get("flagged"):
        ratio = number(weighting.get("consistency_ratio") or 0.0, 2)
        text += (
            f"一致性比率 CR = {ratio} ≥ 0.1，判断矩阵应复议。" if zh
            else f" Consistency ratio {ratio} ≥ 0.1: the judgements should be revisited."
        )  # fmt: skip
    return text


def alerts(
    record: Record, site: Record, plan: Plan, language: Language, printed_on: date
) -> Sequence[str]:
    """What the sheet rests on and is older than promised."""
    cites = [reason.get("cite") for reason in site.get("reasons", ())]
    cites += [rule.get("cite") for rule in record["rules"]]
    sources = {str(cite["source"]) for cite in cites if cite and cite.get("source")}
    layers = [layer.name for layer in plan.layers.values() if layer.role in ("districts", "hubs")]
    found = age_notices(plan, sources, layers, printed_on, language)
    if hashes_of(plan)["hash"] != record["plan"].get("hash"):
        changed = Both(
            "计划数据在决策之后已改变，地图据现有数据绘制",
            "the plan's data changed after the decision; the map shows today's",
        )
        found.insert(0, changed[language])
    return found


def identity(
    record: Record, made: datetime, printed_on: date, language: Language
) -> tuple[str, ...]:
    """When and from what the decision was made, with its hashes."""
    zh, plan = language == "zh", record["plan"]
    title = str(plan.get(f"title_{language}") or plan.get("title_zh") or plan["id"])
    software = record.get("software", {}).get("geoplan", "")
    draws = record.get("robustness", {})
    seed = f"{draws.get('draws', 0):,}" if draws else "–", draws.get("seed", "–")
    day = f"{made:%Y-%m-%d %H:%M} UTC"
    if zh:
        lines = (
            f"决策时间 {day} · 打印 {printed_on} · geoplan {software} · 抽样 {seed[0]} 次，种子 {seed[1]}",
            f"计划“{title}”（{plan['id']}） · 数据哈希 {plan['hash']}",
            f"结果哈希 {record.get('result', '')}",
        )
    else:
        lines = (
            f"Decided {day} · printed {printed_on} · geoplan {software} · {seed[0]} draws, seed {seed[1]}",
            f"Plan: {title} ({plan['id']}) · data hash {plan['hash']}",
            f"Result hash {record.get('result', '')}",
        )
    return lines
