"""The sheets of a decision record: what a row is, its columns with units, and its cells."""

from collections.abc import Iterator, Sequence
from typing import Any

from geoplan.exchange.decisions.sitecites import Cited
from geoplan.exchange.decisions.sitewords import (
    FULL_MARKS,
    Record,
    basis_name,
    finding_of,
    opinion_name,
    said,
    state_name,
    unit_name,
    value_change,
    weight_change,
    why_so,
)
from geoplan.exchange.office.cells import Column, Kind
from geoplan.exchange.office.workbooks import Sheet
from geoplan.exchange.prints.captions import number
from geoplan.plan.problems import Both, Language
from geoplan.schema import VOCABULARIES

_BETTER = {
    "high": Both("越大越好", "more is better"),
    "low": Both("越小越好", "less is better"),
}
_WHOLE = ("m", "wanyuan")


def _names(language: Language) -> list[Column]:
    """The columns that every sheet of sites begins with."""
    return [
        Column(Both("名次", "Rank")[language], kind="integer", width=7),
        Column(Both("名称", "Name")[language]),
        Column(Both("状态", "State")[language], width=10),
    ]


def _named(site: Record, language: Language) -> list[Any]:
    return [site.get("rank"), said(site, language), state_name(site["state"], language)]


def ranking_sheet(record: Record, language: Language) -> Sheet:
    """A row a site: rank, score with its range, how sure, where, and the main reason."""
    of = Both(f"满分 {FULL_MARKS}", f"of {FULL_MARKS}")[language]
    titles: list[tuple[Both, str, Kind, int]] = [
        (Both("得分", "Score"), of, "number", 2),
        (Both("得分下限", "Score, lowest"), of, "number", 2),
        (Both("得分上限", "Score, highest"), of, "number", 2),
        (Both("排第一的份额", "First in"), "", "share", 0),
        (Both("抽样误差 ±", "Error ±"), "", "share", 0),
        (Both("最好名次", "Best rank"), "", "integer", 0),
        (Both("最差名次", "Worst rank"), "", "integer", 0),
        (Both("区县", "District"), "", "text", 0),
        (Both("主要理由或原因", "Main reason"), "", "text", 0),
        (Both("帕累托最优", "Pareto"), "", "flag", 0),
        (Both("各项均不如", "Dominated by"), "", "text", 0),
        (Both("类别", "Kind"), "", "text", 0),
        (Both("翼", "Wing"), "", "text", 0),
        (Both("载明面积", "Stated area"), unit_name("km2", language), "number", 4),
        (Both("位置精度 ±", "Located to ±"), unit_name("m", language), "integer", 0),
        (Both("位置依据", "Basis of the location"), "", "text", 0),
        (Both("经度", "Longitude"), "", "number", 6),
        (Both("纬度", "Latitude"), "", "number", 6),
        (Both("编号", "Id"), "", "text", 0),
    ]
    columns = _names(language)
    columns += [Column(t[language], unit, kind, decimals=d) for t, unit, kind, d in titles]
    printed = len(columns) - 10
    methods = list(dict.fromkeys(m for site in record["sites"] for m in site.get("opinions") or ()))
    columns += [
        Column(opinion_name(m, language) + Both("名次", " rank")[language], kind="integer")
        for m in methods
    ]
    names = {site["id"]: said(site, language) for site in record["sites"]}
    rows = []
    for site in record["sites"]:
        first, opinions = site.get("first") or {}, site.get("opinions") or {}
        scores = [_marks(site.get(key)) for key in ("score", "score_low", "score_high")]
        dominating = site.get("dominated_by")
        rows.append([
            *_named(site, language), *scores, first.get("share"), first.get("error"),
            site.get("rank_best"), site.get("rank_worst"), said(site.get("district"), language),
            why_so(record, site, language), site.get("pareto"), names.get(dominating, dominating),
            site.get(f"kind_{language}") or site.get("kind"), said(site.get("wing"), language),
            site.get("area_km2"), site.get("accuracy_m"),
            basis_name(site.get("basis") or "", language), site.get("lon"), site.get("lat"),
            site["id"], *((opinions.get(m) or {}).get("rank") for m in methods),
        ])  # fmt: skip
    title = Both("排名", "Ranking")[language]
    return Sheet(title, columns, rows, frozen=2, printed=printed)


def _marks(score: float | None) -> float | None:
    return None if score is None else round(score * FULL_MARKS, 4)


def contributions_sheet(record: Record, language: Language) -> Sheet:
    """A row a site: what each criterion adds to the score, and the sum."""
    columns = _names(language)
    for criterion in record["criteria"]:
        most = Both("满分 {}", "of {}")[language].format(number(criterion["weight"] * FULL_MARKS))
        columns.append(Column(said(criterion, language), most, "number", width=13))
    columns.append(Column(Both("合计", "Total")[language], "", "number"))
    rows = []
    for site in record["sites"]:
        added = [(site.get("contributions") or {}).get(c["id"]) for c in record["criteria"]]
        total = sum(value for value in added if value is not None)
        rows.append([*_named(site, language), *map(_marks, added), _marks(total)])
    return Sheet(Both("贡献", "Contributions")[language], columns, rows, frozen=3)


def measured_sheet(record: Record, language: Language) -> Sheet:
    """A row a site: what was measured, in real units, with the range where there is one."""
    columns, keys = _names(language), []
    for criterion in record["criteria"]:
        key, unit = criterion["id"], criterion["unit"]
        ends = ["best"]
        if any(_has_range((site.get("measured") or {}).get(key)) for site in record["sites"]):
            ends += ["low", "high"]
        kind: Kind = "share" if unit == "share" else "integer" if unit in _WHOLE else "number"
        for end in ends:
            name = said(criterion, language)
            if end != "best":
                name += Both("·下限", ", lowest")[language] if end == "low" else Both("·上限", ", highest")[language]  # fmt: skip
            shown = "" if unit == "share" else unit_name(unit, language)
            columns.append(Column(name, shown, kind, width=13))
            keys.append((key, end))
    rows = [
        [*_named(site, language), *((site.get("measured") or {}).get(k, {}).get(end) for k, end in keys)]
        for site in record["sites"]
    ]  # fmt: skip
    return Sheet(Both("实测值", "Measured")[language], columns, rows, frozen=3)


def _has_range(value: Record | None) -> bool:
    return value is not None and value.get("low") != value.get("high")


def exclusions_sheet(record: Record, language: Language, cited: Cited) -> Sheet:
    """A row for each rule that excludes a site or cannot be decided for it."""
    titles: list[tuple[Both, Kind]] = [
        (Both("名称", "Name"), "text"), (Both("规则", "Rule"), "text"),
        (Both("判定", "Judged"), "text"), (Both("实测下限", "Measured, lowest"), "number"),
        (Both("实测上限", "Measured, highest"), "number"), (Both("限值", "Limit"), "number"),
        (Both("余量（负为不足）", "Margin (negative: short)"), "number"),
        (Both("单位", "Unit"), "text"), (Both("说明", "In words"), "text"),
        (Both("条款", "Clause"), "text"), (Both("出处", "Source"), "text"),
        (Both("编号", "Id"), "text"),
    ]  # fmt: skip
    rules = {rule["id"]: rule for rule in record["rules"]}
    rows = []
    for site in record["sites"]:
        for check in site.get("checks") or ():
            if check["state"] == "allowed":
                continue
            rule = rules.get(check["rule"], {"id": check["rule"]})
            quote, where = cited.quote_of(rule.get("cite"))
            rows.append([
                said(site, language), said(rule, language), state_name(check["state"], language),
                *(check.get(key) for key in ("low", "high", "limit", "margin")),
                unit_name(check.get("unit") or "", language), finding_of(check, rule, language),
                rule.get("clause_zh") or quote, where, site["id"],
            ])  # fmt: skip
    columns = [Column(title[language], kind=kind) for title, kind in titles]
    return Sheet(Both("排除原因", "Why not")[language], columns, rows, frozen=1)


def rules_sheet(record: Record, language: Language, cited: Cited) -> Sheet:
    """A row a rule: its limits, how many it excludes, alone and at all, and its clause."""
    titles: list[tuple[Both, Kind]] = [
        (Both("规则", "Rule"), "text"), (Both("作用", "Effect"), "text"),
        (Both("不小于", "At least"), "number"), (Both("不大于", "At most"), "number"),
        (Both("单位", "Unit"), "text"), (Both("排除处数", "Excludes"), "integer"),
        (Both("仅由它排除", "Excludes alone"), "integer"),
        (Both("无法判定", "Undecided"), "integer"), (Both("条款", "Clause"), "text"),
        (Both("出处", "Source"), "text"), (Both("编号", "Id"), "text"),
    ]  # fmt: skip
    rows = []
    for rule in record["rules"]:
        quote, where = cited.quote_of(rule.get("cite"))
        effects = VOCABULARIES["rule_effect"].get(rule.get("effect") or "", ("", ""))
        rows.append([
            said(rule, language), effects[language == "en"], rule.get("least"), rule.get("most"),
            unit_name(rule.get("unit") or "", language), rule.get("hits"), rule.get("alone"),
            rule.get("unknown"), rule.get("clause_zh") or quote, where, rule["id"],
        ])  # fmt: skip
    columns = [Column(title[language], kind=kind) for title, kind in titles]
    return Sheet(Both("规则", "Rules")[language], columns, rows, frozen=1)


def criteria_sheet(record: Record, language: Language, cited: Cited) -> Sheet:
    """A row a criterion: weight, direction, value function, and what they rest on."""
    titles: list[tuple[Both, Kind]] = [
        (Both("准则", "Criterion"), "text"), (Both("权重", "Weight"), "share"),
        (Both("单位", "Unit"), "text"), (Both("方向", "Direction"), "text"),
        (Both("评分标准（实测值→0…1）", "Value function (measured → 0…1)"), "text"),
        (Both("参数", "Parameters"), "text"), (Both("说明", "Note"), "text"),
        (Both("依据", "Source"), "text"), (Both("编号", "Id"), "text"),
    ]  # fmt: skip
    rows = []
    for criterion in record["criteria"]:
        better = criterion.get("better", "")
        steps = "; ".join(f"{number(x, 6)} → {number(y)}" for x, y in criterion["points"])
        params = "; ".join(
            f"{key} = {_text(value)}" for key, value in (criterion.get("params") or {}).items()
        )
        quote, where = cited.quote_of(criterion.get("cite"))
        source = f"“{quote}” {where}" if quote else where
        rows.append([
            said(criterion, language), criterion["weight"], unit_name(criterion["unit"], language),
            _BETTER[better][language] if better in _BETTER else better, steps, params,
            criterion.get(f"note_{language}"), source, criterion["id"],
        ])  # fmt: skip
    columns = [Column(title[language], kind=kind) for title, kind in titles]
    return Sheet(Both("准则与权重", "Criteria and weights")[language], columns, rows, frozen=1)


def flips_sheet(record: Record, language: Language) -> Sheet:
    """A row for each smallest change of a weight or of a measured value that makes a site first."""
    titles: list[tuple[Both, Kind]] = [
        (Both("改变什么", "What changes"), "text"), (Both("准则", "Criterion"), "text"),
        (Both("现值", "From"), "number"), (Both("临界值", "To"), "number"),
        (Both("单位", "Unit"), "text"), (Both("说明（改变后排第一）", "In words (then it is first)"), "text"),
        (Both("编号", "Id"), "text"),
    ]  # fmt: skip
    columns = _names(language) + [
        Column(title[language], kind=kind, decimals=3) for title, kind in titles
    ]
    rows = [
        [*_named(site, language), *cells, site["id"]]
        for site in record["sites"]
        for cells in _flip_rows(record, site, language)
    ]
    return Sheet(Both("翻转条件", "What would flip it")[language], columns, rows, frozen=2)


def _flip_rows(record: Record, site: Record, language: Language) -> Iterator[list[Any]]:
    criteria = {criterion["id"]: criterion for criterion in record["criteria"]}
    flips = site.get("flips") or {}
    for flip in flips.get("weights") or ():
        criterion = criteria[flip["criterion"]]
        yield [
            Both("权重", "weight")[language], said(criterion, language),
            flip["from"] * FULL_MARKS, flip["to"] * FULL_MARKS, "%",
            weight_change(flip, criterion, language),
        ]  # fmt: skip
    for flip in flips.get("values") or ():
        criterion = criteria[flip["criterion"]]
        unit = str(flip.get("unit") or criterion["unit"])
        yield [
            Both("实测值", "measured value")[language], said(criterion, language), flip["from"],
            flip["to"], "" if unit == "share" else unit_name(unit, language),
            value_change(flip, criterion, language),
        ]  # fmt: skip


def sources_sheet(record: Record, language: Language, cited: Cited) -> Sheet:
    """A row for each sentence that a reason, a rule or a criterion rests on."""
    titles: list[tuple[Both, Kind]] = [
        (Both("用于", "Used for"), "text"), (Both("来源", "Source"), "text"),
        (Both("标题路径", "Heading"), "text"), (Both("原文", "Quote"), "text"),
        (Both("依据", "Basis"), "text"), (Both("说明", "Note"), "text"),
        (Both("文件", "File"), "text"), (Both("行", "Row"), "integer"),
    ]  # fmt: skip
    used: dict[tuple[Any, ...], list[str]] = {}
    for name, cite in _citations(record, language):
        key = tuple(
            cite.get(k) for k in ("source", "locus", "quote", "basis", "note", "file", "row")
        )
        names = used.setdefault(key, [])
        if name not in names:
            names.append(name)
    joint = Both("、", ", ")[language]
    rows = [
        [joint.join(names), cited.title(source), locus, quote, basis_name(basis or "", language), *rest]
        for (source, locus, quote, basis, *rest), names in used.items()
    ]  # fmt: skip
    columns = [Column(title[language], kind=kind) for title, kind in titles]
    return Sheet(Both("来源", "Sources")[language], columns, rows)


def _citations(record: Record, language: Language) -> Iterator[tuple[str, Record]]:
    for criterion in record["criteria"]:
        if criterion.get("cite"):
            yield said(criterion, language), criterion["cite"]
    for rule in record["rules"]:
        if rule.get("cite"):
            yield said(rule, language), rule["cite"]
    for site in record["sites"]:
        for reason in site.get("reasons") or ():
            if reason.get("cite"):
                yield said(site, language), reason["cite"]


def decision_sheet(record: Record, language: Language) -> Sheet:
    """What was asked, how it was judged, and what the result can be checked with."""
    zh = language == "zh"
    asked, counts, plan = record["question"], record["counts"], record["plan"]
    weighting, draws = record["weighting"], record.get("robustness") or {}
    facts: Sequence[tuple[Both, Any]] = [
        (Both("项目", "Project"), asked.get("title")),
        (Both("产业", "Sector"), said(asked.get("sector"), language)),
        (Both("细分", "Segment"), said(asked.get("segment"), language)),
        (Both("产品", "Products"), ("、" if zh else ", ").join(map(str, asked.get("products") or ()))),
        (Both("投资（万元）", "Investment (10k CNY)"), asked.get("investment_wanyuan")),
        (Both("用地（亩）", "Land (mu)"), asked.get("land_mu")),
        (Both("用工（人）", "Workers"), asked.get("workers")),
        (Both("候选（处）", "Candidates"), counts["candidates"]),
        (Both("可选", "Allowed"), counts["allowed"]),
        (Both("排除", "Excluded"), counts["excluded"]),
        (Both("待核实", "Not known"), counts["unknown"]),
        (Both("定权方法", "Weighting"), weighting.get("method")),
        (Both("λmax", "λmax"), weighting.get("lambda_max")),
        (Both("一致性比率 CR", "Consistency ratio"), weighting.get("consistency_ratio")),
        (Both("抽样方式", "Draws"), draws.get("mode")),
        (Both("权重变动幅度", "Spread of weights"), draws.get("spread")),
        (Both("抽样次数", "Number of draws"), draws.get("draws")),
        (Both("种子", "Seed"), draws.get("seed")),
        *((Both(f"与 {name} 名次的 Kendall τ", f"Kendall τ with {name}"), value.get("kendall_tau"))
          for name, value in _agreements(record, language)),
        (Both("计划", "Plan"), plan.get(f"title_{language}") or plan["id"]),
        (Both("数据哈希", "Data hash"), plan.get("hash")),
        *((Both(f"文件 {name}", f"File {name}"), value)
          for name, value in {**(plan.get("files") or {}), **(record.get("inputs") or {})}.items()),
        (Both("决策时间（UTC）", "Decided (UTC)"), record["made"]),
        *((Both(f"软件 {name}", f"Software {name}"), value)
          for name, value in (record.get("software") or {}).items()),
        (Both("结果哈希", "Result hash"), record.get("result")),
        *((Both("说明", "Note"), said(note, language)) for note in record.get("notes") or ()),
    ]  # fmt: skip
    columns = [
        Column(Both("事项", "Item")[language], width=34),
        Column(Both("内容", "Content")[language], width=80),
    ]
    rows = [[name[language], _text(value)] for name, value in facts if value not in (None, "")]
    return Sheet(Both("决策说明", "Decision")[language], columns, rows)


def _agreements(record: Record, language: Language) -> Iterator[tuple[str, Record]]:
    for method, value in (record.get("agreement") or {}).items():
        yield opinion_name(method, language), value


def _text(value: Any) -> str:
    is_figure = isinstance(value, int | float) and not isinstance(value, bool)
    return number(float(value), 6) if is_figure else str(value)
