"""Why not, and what would change it: the words for rivals, broken rules and flips of a record."""

from collections.abc import Iterator
from dataclasses import dataclass

from geoplan.exchange.decisions.sitecites import Cited
from geoplan.exchange.decisions.sitewords import (
    Record,
    finding_of,
    measured,
    opinion_name,
    percent,
    points,
    quantity,
    said,
    share_with_error,
    value_change,
    weight_change,
)
from geoplan.plan.problems import Both, Language

_RIVALS = 2
_DIFFERENCES = 2
_FLIPS = 2
# Less than this shows as 0.0 points.
_NOTICED = 0.0005


@dataclass(frozen=True)
class Note:
    """A heading and what is said under it."""

    head: str
    body: tuple[str, ...]


def ranked(record: Record) -> list[Record]:
    """The sites that have a rank, best first."""
    found = [site for site in record["sites"] if site.get("rank")]
    return sorted(found, key=lambda site: int(site["rank"]))


def reasons_against(
    record: Record, site: Record, language: Language, cited: Cited
) -> tuple[str, tuple[Note, ...]]:
    """Why the next sites lose to this one; or why this one loses, is excluded, is not known."""
    if site["state"] != "allowed" or not site.get("rank"):
        why = Both("为什么不能选", "Why not")
        if site["state"] == "unknown":
            why = Both("为什么不能判定", "What is not known")
        return why[language], tuple(_broken_rules(record, site, language, cited))
    order = ranked(record)
    if site["rank"] == 1:
        rivals = [other for other in order if other["id"] != site["id"]][:_RIVALS]
        notes = tuple(_rival(record, site, rival, language) for rival in rivals)
        alone = Both("没有其他可选的候选。", "No other candidate is allowed.")
        title = Both("为什么不是后面的候选", "Why not the next ones")
        return title[language], notes or (Note(alone[language], ()),)
    better = [order[0]]
    before = [other for other in order if other["rank"] < site["rank"]][-1]
    if before["id"] != order[0]["id"]:
        better.append(before)
    title = Both("为什么不是第一", "Why it is not first")
    return title[language], tuple(_better(record, site, other, language) for other in better)


def _rival(record: Record, site: Record, rival: Record, language: Language) -> Note:
    zh = language == "zh"
    body = []
    losses = _differences(record, rival, site, -1, Both("本处", "here")[language], language)
    if losses:
        body.append(("差在：" if zh else "It loses on ") + losses)
    wins = _flips(record, rival, language)
    if wins:
        joined = ("；或" if zh else "; or if ").join(wins)
        body.append(f"若{joined}，则它排第一。" if zh else f"It would be first if {joined}.")
    else:
        body.append(
            "任何单项权重或实测值的改变都不能使它排第一。" if zh
            else "No change of a single weight or measured value puts it first."
        )  # fmt: skip
    return Note(_ranked_name(rival, site, language), tuple(body))


def _better(record: Record, site: Record, other: Record, language: Language) -> Note:
    zh = language == "zh"
    body = []
    there = Both("对方", "there")[language]
    losses = _differences(record, site, other, -1, there, language)
    if losses:
        body.append(("本处差在：" if zh else "This site loses on ") + losses)
    gains = _differences(record, site, other, 1, there, language)
    if gains:
        body.append(("本处强在：" if zh else "This site is better on ") + gains)
    if site.get("dominated_by") == other["id"]:
        body.append(
            "它在每一项准则上都不低于本处。" if zh else "It is at least as good on every criterion."
        )
    return Note(_ranked_name(other, site, language), tuple(body))


def _ranked_name(other: Record, site: Record, language: Language) -> str:
    gap = (other.get("score") or 0.0) - (site.get("score") or 0.0)
    name, score = said(other, language), points(other.get("score"))
    if language == "zh":
        side = "低" if gap < 0 else "高"
        return f"第 {other['rank']} 名 {name}：{score} 分（{side} {points(abs(gap))} 分）"
    side = "less" if gap < 0 else "more"
    return f"No. {other['rank']} {name}: {score} points ({points(abs(gap))} {side})"


def _differences(
    record: Record, site: Record, other: Record, side: int, there: str, language: Language
) -> str:
    """On which criteria a site differs most from another, with both measured values.

    Parameters
    ----------
    side :
        −1 for those on which the site loses, 1 for those on which it gains.
    there :
        What the other site is called.
    """
    found = []
    for criterion in record["criteria"]:
        key = criterion["id"]
        gap = side * (
            (site["contributions"].get(key) or 0.0) - (other["contributions"].get(key) or 0.0)
        )
        if gap > _NOTICED:
            own, theirs = (
                measured(_plain(s["measured"].get(key)), criterion["unit"], language)
                for s in (site, other)
            )
            name = said(criterion, language)
            points_text = ("+" if side > 0 else "") + points(side * gap)
            text = (
                f"{name} {own}，{there} {theirs}（{points_text} 分）"
                if language == "zh"
                else f"{name}: {own}, {there} {theirs} ({points_text})"
            )
            found.append((-gap, text))
    biggest = sorted(found, key=lambda pair: pair[0])[:_DIFFERENCES]
    return ("；" if language == "zh" else "; ").join(text for _, text in biggest)


def _plain(value: Record | None) -> Record | None:
    """A measured value without its range."""
    return None if not value else {"best": value.get("best"), "low": None, "high": None}


def _flips(record: Record, site: Record, language: Language, most: int = 1) -> list[str]:
    """The smallest changes of a measured value and of a weight that make a site win."""
    criteria = {criterion["id"]: criterion for criterion in record["criteria"]}
    flips = site.get("flips") or {}
    values = [
        value_change(flip, criteria[flip["criterion"]], language)
        for flip in flips.get("values", ())[:most]
    ]
    weights = [
        weight_change(flip, criteria[flip["criterion"]], language)
        for flip in flips.get("weights", ())[:most]
    ]
    return values + weights


def _broken_rules(record: Record, site: Record, language: Language, cited: Cited) -> Iterator[Note]:
    """Every rule that excludes a site, then every one that cannot be decided."""
    zh = language == "zh"
    rules = {rule["id"]: rule for rule in record["rules"]}
    for state in ("excluded", "unknown"):
        for check in site.get("checks", ()):
            if check["state"] != state:
                continue
            rule = rules.get(check["rule"], {"id": check["rule"]})
            head = said(rule, language)
            margin = check.get("margin")
            if state == "unknown":
                head = f"待核实：{head}" if zh else f"Not known: {head}"
            elif margin is not None and margin < 0:
                short = quantity(-margin, check.get("unit") or "", language)
                head += f"（差 {short}）" if zh else f" (short by {short})"
            body = [finding_of(check, rule, language)]
            if not body[0]:
                body = [_against_limit(check, rule, language)]
            quote, where = cited.quote_of(rule.get("cite"))
            clause = str(rule.get("clause_zh") or quote)
            if clause or where:
                marked = f"“{clause}”" if clause else ""
                body.append(marked + (f"——{where}" if zh else f" — {where}") if where else marked)
            yield Note(head, tuple(line for line in body if line))


def _against_limit(check: Record, rule: Record, language: Language) -> str:
    zh, unit = language == "zh", check.get("unit") or ""
    low, high, limit = check.get("low"), check.get("high"), check.get("limit")
    if limit is None or (low is None and high is None):
        return ""
    best = low if low is not None else high
    value = measured({"best": best, "low": best, "high": best}, unit, language)
    if low is not None and high is not None and low != high:
        value = f"{quantity(low, unit, language)}–{quantity(high, unit, language)}"
    asked = quantity(limit, unit, language)
    if rule.get("least") == limit:
        asked = f"≥ {asked}"
    elif rule.get("most") == limit:
        asked = f"≤ {asked}"
    return f"实测 {value}；限值 {asked}。" if zh else f"Measured {value}; limit {asked}."


def changes(record: Record, site: Record, language: Language) -> tuple[str, ...]:
    """What would change the answer for a site."""
    if site["state"] != "allowed" or not site.get("rank"):
        return tuple(_if_allowed(record, site, language))
    if site["rank"] == 1:
        return tuple(_if_first(record, site, language))
    return tuple(_if_behind(record, site, language))


def _if_first(record: Record, site: Record, language: Language) -> Iterator[str]:
    zh = language == "zh"
    nearest = _nearest_flip(record, site, language)
    if nearest:
        yield nearest
    yield from _robust(record, site, language)
    yield from _second_opinions(record, site, language)
    count = record["counts"]["unknown"]
    if count:
        yield (
            f"另有 {count:,} 处因资料不足未参加排名，补齐后可能改变结论。" if zh
            else f"{count:,} candidates are not ranked for lack of data and may change the answer."
        )  # fmt: skip


def _nearest_flip(record: Record, site: Record, language: Language) -> str:
    """The smallest change of a weight with which any other site wins."""
    criteria = {criterion["id"]: criterion for criterion in record["criteria"]}
    found = [
        (abs(flip["to"] - flip["from"]), place, other, flip)
        for place, other in enumerate(ranked(record))
        if other["id"] != site["id"]
        for flip in (other.get("flips") or {}).get("weights", ())[:1]
    ]
    if not found:
        return Both(
            "单独改变任何一项权重，都没有其他候选能排到第一。",
            "No change of a single weight puts another site first.",
        )[language]
    _, _, other, flip = min(found, key=lambda item: item[:2])
    change = weight_change(flip, criteria[flip["criterion"]], language)
    name = said(other, language)
    if language == "zh":
        return f"最小的权重变化：{change}时，{name}排第一。"
    return f"Smallest change of a weight: if {change}, {name} is first."


def _robust(record: Record, site: Record, language: Language) -> Iterator[str]:
    zh, how = language == "zh", record.get("robustness") or {}
    first = site.get("first")
    if not first:
        return
    spread = percent(how.get("spread"))
    ways = {
        "around": Both(f"权重各在 ±{spread} 内变动", f"weights within ±{spread}"),
        "order": Both("只定准则的次序", "only the order of the criteria given"),
        "any": Both("权重任意", "any weights"),
    }
    way = ways[how["mode"]][language] if how.get("mode") in ways else str(how.get("mode", ""))
    often = share_with_error(first)
    others = [other for other in ranked(record) if other["id"] != site["id"] and other.get("first")]
    rival = max(others, key=lambda other: float(other["first"]["share"]), default=None)
    text = f"{way}：{often} 的抽样中排第一" if zh else f"{way}: first in {often} of the draws"
    if rival is not None and rival["first"]["share"] > 0:
        name, share = said(rival, language), share_with_error(rival["first"])
        if site["rank"] == 1:
            text += (
                f"，取代它最多的是{name}（{share}）"
                if zh
                else f"; otherwise mostly {name} ({share})"
            )
        else:
            text += (
                f"，最常排第一的是{name}（{share}）"
                if zh
                else f"; most often first is {name} ({share})"
            )
    yield text[0].upper() + text[1:] + ("。" if zh else ".")


def _second_opinions(record: Record, site: Record, language: Language) -> Iterator[str]:
    ranks = {
        name: opinion["rank"]
        for name, opinion in (site.get("opinions") or {}).items()
        if opinion and opinion.get("rank")
    }
    if not ranks:
        return
    zh = language == "zh"
    words = [
        f"{opinion_name(name, language)} {'第' if zh else 'no.'} {rank}"
        for name, rank in ranks.items()
    ]
    listed = ("、" if zh else ", ").join(words)
    agree = all(rank == site["rank"] for rank in ranks.values())
    if zh:
        yield f"其他方法：{listed}，{'名次一致' if agree else '名次不一，须讨论'}。"
    else:
        yield f"Other methods: {listed}; {'they agree' if agree else 'they differ'}."


def _if_behind(record: Record, site: Record, language: Language) -> Iterator[str]:
    zh = language == "zh"
    flips = _flips(record, site, language, _FLIPS)
    for flip in flips:
        yield f"{flip}时，本处排第一。" if zh else f"It is first if {flip}."
    if not flips:
        yield (
            "任何单项权重或实测值的改变都不能使本处排第一。" if zh
            else "No change of a single weight or measured value puts it first."
        )  # fmt: skip
    yield from _robust(record, site, language)
    yield from _second_opinions(record, site, language)


def _if_allowed(record: Record, site: Record, language: Language) -> Iterator[str]:
    zh = language == "zh"
    rules = {rule["id"]: rule for rule in record["rules"]}
    wanted = "excluded" if site["state"] == "excluded" else "unknown"
    checks = [check for check in site.get("checks", ()) if check["state"] == wanted]
    for check in checks:
        name = said(rules.get(check["rule"], {"id": check["rule"]}), language)
        margin = check.get("margin")
        if wanted == "unknown":
            yield f"查明“{name}”所需的资料。" if zh else f'Data for "{name}".'
        elif margin is not None and margin < 0:
            short = quantity(-margin, check.get("unit") or "", language, "up")
            yield (
                f"“{name}”的实测值再好 {short}，或该规则不再适用。" if zh
                else f'"{name}": better by {short}, or the rule no longer applies.'
            )  # fmt: skip
        else:
            yield f"“{name}”不再适用。" if zh else f'"{name}" no longer applies.'
    if len(checks) > 1 and wanted == "excluded":
        yield "以上须同时满足。" if zh else "All of these together."
    yield from _place_if_allowed(record, site, language)


def _place_if_allowed(record: Record, site: Record, language: Language) -> Iterator[str]:
    """Which place its score would give a site among the ranked, or among the undecided."""
    if not site.get("score"):
        return
    zh, order = language == "zh", ranked(record)
    if order:
        place, many = 1 + sum(o["score"] > site["score"] for o in order), len(order) + 1
        yield (
            f"若因此可选，按参考得分排第 {place:,} 名（共 {many:,} 处）。" if zh
            else f"If it were allowed, its score would make it no. {place:,} of {many:,}."
        )  # fmt: skip
        return
    undecided = [other for other in record["sites"] if other["state"] == "unknown"]
    place, many = 1 + sum(o["score"] > site["score"] for o in undecided), len(undecided)
    if site["state"] == "unknown" and many > 1:
        yield (
            f"在待核实的 {many:,} 处中，参考得分排第 {place:,}。" if zh
            else f"Among the {many:,} candidates that are not known, its score is no. {place:,}."
        )  # fmt: skip
