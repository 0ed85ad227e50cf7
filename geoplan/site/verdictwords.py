"""Why a site is allowed, excluded or unknown, in a sentence with the measured value and the margin."""

import math
from collections.abc import Callable

from geoplan.plan.problems import NOTHING, Both
from geoplan.site.rule import Rule

_NO_PLACE = Both("位置不详，无法判定", "its place is not known")
_DOUBT = Both("；不能断定本规则是否适用", "; it is not known whether the rule applies")


def sentence(
    rule: Rule,
    target: Both,
    state: str,
    low: float,
    high: float,
    margin: float,
    told: Both,
    doubted: bool,
) -> Both:
    """One rule's verdict on one site.

    Parameters
    ----------
    target :
        What the layer of the rule is called.
    low, high, margin :
        As in the table of verdicts.
    told :
        What is said of the site where nothing is measured: its attributes, or the
        statement of its district.
    doubted :
        Whether it is not known if the rule applies.
    """
    if rule.measure in ("inside", "districts", "wings"):
        found = _inside(target, state, low, high, told)
    elif rule.measure == "attribute" and math.isnan(low):
        found = told
    else:
        found = _size(rule, target, state, low, high, margin, told)
    doubt, ending = _DOUBT if doubted else NOTHING, _origin(rule)
    return Both(
        f"{rule.name.zh}：{found.zh}{doubt.zh}{ending.zh}",
        f"{rule.name.en}: {found.en}{doubt.en}{ending.en}",
    )


def _origin(rule: Rule) -> Both:
    if not rule.row:
        return Both(f"（任务书：{rule.origin}）", f" (brief: {rule.origin})")
    # Clauses are quoted in the language they were written in.
    return Both(f"（条款：{rule.clause_zh}）", "") if rule.clause_zh else NOTHING


def metres(size: float) -> Both:
    """A length: in metres below a kilometre, else in kilometres."""
    if size < 999.5:
        return Both(f"{size:.0f} 米", f"{size:.0f} m")
    text = f"{size / 1000:,.1f}".removesuffix(".0")
    return Both(f"{text} 公里", f"{text} km")


def _square(size: float) -> Both:
    return Both(
        f"{size:,.3g} 平方公里({size * 1500:,.0f} 亩)", f"{size:,.3g} km² ({size * 1500:,.0f} mu)"
    )


def _percent(size: float) -> Both:
    return Both(f"{size:.1%}", f"{size:.1%}")


def _times(size: float) -> Both:
    return Both(f"{size:.2f} 倍", f"{size:.2f} times")


def _plain(size: float) -> Both:
    return Both(f"{size:,.6g}", f"{size:,.6g}")


_WRITTEN: dict[str, Callable[[float], Both]] = {
    "distance_m": metres,
    "share_covered": _percent,
    "area_km2": _square,
    "area_ratio": _times,
}
_THING = {
    "distance_m": Both("到{}的直线距离", "straight line to {}"),
    "share_covered": Both("被{}覆盖", "covered by {}"),
    "area_km2": Both("面积", "area"),
    "area_ratio": Both("面积与所需用地之比", "area over the land asked"),
    "attribute": Both("数值", "value"),
}


def _span(written: Callable[[float], Both], low: float, high: float) -> Both:
    first, last = written(low), written(high)
    if first == last:
        return first
    if math.isinf(high):
        return Both(f"至少 {first.zh}", f"at least {first.en}")
    return Both(f"{first.zh}至{last.zh}", f"{first.en} to {last.en}")


def _size(
    rule: Rule, target: Both, state: str, low: float, high: float, margin: float, told: Both
) -> Both:
    if math.isnan(low):
        return told if told != NOTHING else _NO_PLACE
    written = _WRITTEN.get(rule.measure, _plain)
    thing, span = _THING[rule.measure], _span(written, low, high)
    limit = _limits(rule, written) if rule.measure != "attribute" else told
    zh = f"{thing.zh.format(target.zh)}{span.zh}，{limit.zh}"
    en = f"{thing.en.format(target.en)} {span.en}, {limit.en}"
    if state == "unknown":
        return Both(
            f"{zh}，界限在此范围之内，尚不能判定", f"{en}; the limit lies within that range"
        )
    if math.isnan(margin):
        return Both(zh, en)
    by = written(abs(margin))
    if state == "excluded":
        return Both(f"{zh}，相差 {by.zh}", f"{en}, wrong by {by.en}")
    return Both(f"{zh}，余量 {by.zh}", f"{en}, right by {by.en}")


def _limits(rule: Rule, written: Callable[[float], Both]) -> Both:
    parts = []
    if rule.least is not None:
        least = written(rule.least)
        parts.append(Both(f"不少于 {least.zh}", f"at least {least.en}"))
    if rule.most is not None:
        most = written(rule.most)
        parts.append(Both(f"不超过 {most.zh}", f"at most {most.en}"))
    zh, en = "且".join(part.zh for part in parts), " and ".join(part.en for part in parts)
    if rule.effect == "include":
        return Both(f"要求{zh}", f"required {en}")
    return Both(f"排除{zh}者", f"excluded if {en}")


def _inside(target: Both, state: str, low: float, high: float, told: Both) -> Both:
    if math.isnan(low):
        return told if told != NOTHING else _NO_PLACE
    if low == high == math.inf:
        return told
    if low == high == -math.inf and told != NOTHING:
        return Both(f"{told.zh}，不属{target.zh}", f"{told.en}, not in {target.en}")
    if low > 0 or (low == 0 and high > 0):
        deep = metres(low)
        return Both(
            f"在{target.zh}之内，距边界至少 {deep.zh}",
            f"inside {target.en}, at least {deep.en} from its edge",
        )
    if high <= 0:
        far = metres(-high)
        away = (
            NOTHING
            if math.isinf(high)
            else Both(f"，相距至少 {far.zh}", f", at least {far.en} away")
        )
        return Both(f"在{target.zh}之外{away.zh}", f"outside {target.en}{away.en}")
    return Both(
        f"与{target.zh}的边界太近或跨越边界，按现有精度不能判定在内在外",
        f"too near the edge of {target.en}, or across it, to tell inside from outside",
    )
