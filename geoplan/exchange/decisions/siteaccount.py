"""What a site sheet says, in words and before any layout: the same for PDF and Word.

Everything comes from the decision record; nothing is computed anew. A shorter
account drops its least important parts first and says that it did.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from geoplan.exchange.decisions.siteagainst import Note, changes, reasons_against
from geoplan.exchange.decisions.sitecaveats import alerts, caveats, identity
from geoplan.exchange.decisions.sitecites import citing
from geoplan.exchange.decisions.sitewords import (
    FULL_MARKS,
    Record,
    basis_name,
    measured,
    points,
    quantity,
    said,
    share_with_error,
    site_of,
)
from geoplan.exchange.prints.captions import money, number
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language

_KINDS = {
    "platforms": Both("规划平台", "platforms of the plan"),
    "file": Both("自有地块", "own parcels"),
    "grid": Both("格网单元", "grid cells"),
}
_SIGNATURES = (
    Both("经办人", "Prepared by"),
    Both("复核人", "Checked by"),
    Both("负责人", "Approved by"),
    Both("日期", "Date"),
)


@dataclass(frozen=True)
class Bar:
    """A criterion: what was measured, and what it adds to the score.

    ``weight`` is the most it could add; ``low`` and ``high`` what it adds at
    the ends of its range.
    """

    name: str
    measured: str
    weight: float
    adds: float
    low: float
    high: float


@dataclass(frozen=True)
class Reason:
    """A reason with the sentence it rests on; ``quote`` is verbatim or empty."""

    text: str
    quote: str
    where: str

    def cited(self, language: Language) -> str:
        """The sentence and where it stands, as one line; empty for none."""
        if not self.quote:
            return self.where
        dash = "——" if language == "zh" else " — "
        return f"“{self.quote}”" + (dash + self.where if self.where else "")


@dataclass(frozen=True)
class Extent:
    """How much of an account is said: the most of each part, and of lines per paragraph."""

    reasons: int = 6
    notes: int = 6
    changes: int = 6
    caveats: int = 9
    bars: int = 14
    lines: int = 4


EXTENTS = (
    Extent(),
    Extent(notes=5, changes=5, caveats=8, lines=3),
    Extent(reasons=5, notes=4, changes=5, caveats=7, lines=3),
    Extent(reasons=5, notes=3, changes=4, caveats=6, bars=12, lines=2),
    Extent(reasons=4, notes=3, changes=4, caveats=5, bars=12, lines=2),
    Extent(reasons=4, notes=2, changes=3, caveats=4, bars=10, lines=1),
)
"""From all to the least that a sheet says; the first that fits is taken."""


@dataclass(frozen=True)
class Account:
    """All that a site sheet says.

    Attributes
    ----------
    verdict, verdict_lines :
        The answer in large letters, and what belongs to it.
    is_good, is_first :
        The site may be chosen; it has the first rank.
    alerts :
        What is older than its source promised.
    """

    language: Language
    heading: str
    plan_title: str
    title: str
    project: tuple[str, ...]
    site: str
    about: str
    verdict: str
    verdict_lines: tuple[str, ...]
    is_good: bool
    is_first: bool
    bars_title: str
    bars: tuple[Bar, ...]
    reasons_title: str
    reasons: tuple[Reason, ...]
    against_title: str
    against: tuple[Note, ...]
    changes_title: str
    changes: tuple[str, ...]
    caveats_title: str
    caveats: tuple[str, ...]
    alerts: tuple[str, ...]
    signatures: tuple[str, ...]
    identity: tuple[str, ...]
    made: datetime
    is_shortened: bool = False

    def said(self, zh: str, en: str) -> str:
        """The one of two texts that is in the account's language."""
        return zh if self.language == "zh" else en

    @property
    def shortened_note(self) -> str:
        """Where the whole is to be read."""
        return self.said("有删节，全文见决策记录", "Shortened; in full in the decision record")

    def cut(self, extent: Extent) -> "Account":
        """No more than an extent allows of each part."""
        parts = {
            "reasons": self.reasons[: extent.reasons],
            "against": self.against[: extent.notes],
            "changes": self.changes[: extent.changes],
            "caveats": self.caveats[: extent.caveats],
        }
        # More than the strongest reasons are never promised.
        lost = any(
            len(parts[name]) < min(len(getattr(self, name)), getattr(EXTENTS[0], most))
            for name, most in _PROMISED.items()
        )
        bars = _fewer(self.bars, extent.bars, self.language)
        lost |= len(bars) < len(self.bars)
        return replace(self, bars=bars, is_shortened=self.is_shortened or lost, **parts)  # type: ignore[arg-type]


_PROMISED = {"reasons": "reasons", "against": "notes", "changes": "changes", "caveats": "caveats"}


def _fewer(bars: tuple[Bar, ...], most: int, language: Language) -> tuple[Bar, ...]:
    """The heaviest criteria, and one line for all others."""
    if len(bars) <= most:
        return bars
    rest = bars[most - 1 :]
    name = f"其余 {len(rest)} 项" if language == "zh" else f"{len(rest)} others"
    sums = [sum(values) for values in zip(*((b.weight, b.adds, b.low, b.high) for b in rest), strict=True)]  # fmt: skip
    return (*bars[: most - 1], Bar(name, "", *sums))


def account(
    record: Record, site_id: str, plan: Plan, language: Language, printed_on: date
) -> Account:
    """Say what a record says of one of its sites.

    Parameters
    ----------
    printed_on :
        Printed, and judged by for freshness.

    Raises
    ------
    QuestionError
        The record has no such site.
    """
    site = site_of(record, site_id)
    zh = language == "zh"
    allowed = site["state"] == "allowed"
    made = datetime.fromisoformat(record["made"]).astimezone(UTC)
    against_title, against = reasons_against(record, site, language, citing(plan, language))
    first = site["rank"] == 1
    return Account(
        language=language,
        heading="项目选址比选单" if zh else "Site selection sheet",
        plan_title=str(record["plan"].get(f"title_{language}") or record["plan"]["id"]),
        title=str(record["question"].get("title") or ("未命名项目" if zh else "Untitled project")),
        project=_project(record, language),
        site=said(site, language),
        about=_about(site, language),
        verdict=_verdict(record, site, language),
        verdict_lines=_verdict_lines(record, site, language),
        is_good=allowed,
        is_first=first,
        bars_title=(
            f"各准则得分（满分 {FULL_MARKS}）与实测值"
            if zh
            else f"Points by criterion (of {FULL_MARKS}) and what was measured"
        ),
        bars=_bars(record, site, language),
        reasons_title=_reasons_title(first, language),
        reasons=_reasons(site, plan, language),
        against_title=against_title,
        against=against,
        changes_title="什么会改变结论" if zh else "What would change the answer",
        changes=changes(record, site, language),
        caveats_title="使用须知" if zh else "To be borne in mind",
        caveats=caveats(record, site, language),
        alerts=tuple(alerts(record, site, plan, language, printed_on)),
        signatures=tuple(name[language] for name in _SIGNATURES),
        identity=identity(record, made, printed_on, language),
        made=made,
    )


def _project(record: Record, language: Language) -> tuple[str, ...]:
    asked, zh = record["question"], language == "zh"
    parts = [said(asked.get("sector"), language)]
    if asked.get("segment"):
        parts.append(said(asked["segment"], language))
    if asked.get("products"):
        joined = ("、" if zh else ", ").join(str(p) for p in asked["products"])
        parts.append(f"产品：{joined}" if zh else f"products: {joined}")
    if asked.get("investment_wanyuan"):
        amount = money(round(asked["investment_wanyuan"]), language)
        parts.append(f"投资 {amount}" if zh else f"investment {amount}")
    if asked.get("land_mu"):
        mu, area = number(asked["land_mu"], 6), quantity(asked.get("land_km2"), "km2", language)
        parts.append(f"用地 {mu} 亩（{area}）" if zh else f"land {mu} mu ({area})")
    if asked.get("workers"):
        parts.append(f"用工 {asked['workers']:,} 人" if zh else f"{asked['workers']:,} workers")
    counts = record["counts"]
    kind = _KINDS[asked["candidates"]][language] if asked.get("candidates") in _KINDS else ""
    numbers = [f"{counts[key]:,}" for key in ("candidates", "allowed", "excluded", "unknown")]
    among = (
        "候选：{} {} 处（可选 {}，排除 {}，待核实 {}）"
        if zh
        else "Candidates: {}, {} (allowed {}, excluded {}, not known {})"
    ).format(kind, *numbers)
    return " · ".join(part for part in parts if part), among


def _about(site: Record, language: Language) -> str:
    zh = language == "zh"
    parts = [str(site.get(f"kind_{language}") or ""), said(site.get("district"), language)]
    parts.append(said(site.get("wing"), language))
    if site.get("area_km2"):
        area = quantity(site["area_km2"], "km2", language)
        is_stated = site.get("kind") not in ("parcel", "cell")
        name = Both("载明面积", "stated area") if is_stated else Both("面积", "area")
        parts.append(f"{name[language]} {area}")
    basis = basis_name(site.get("basis") or "", language)
    if site.get("lon") is None:
        parts.append("位置不详" if zh else "location not known")
    elif site.get("accuracy_m"):
        radius = quantity(site["accuracy_m"], "m", language)
        tail = (f"（{basis}）" if zh else f" ({basis})") if basis else ""
        parts.append((f"位置精度 ±{radius}" if zh else f"located to ±{radius}") + tail)
    elif site.get("accuracy_m") is None:
        parts.append("位置仅知大致范围" if zh else "known only to an area")
    return " · ".join(part for part in parts if part)


def _verdict(record: Record, site: Record, language: Language) -> str:
    zh = language == "zh"
    if site["state"] == "excluded":
        return "排除：不符合硬性条件" if zh else "Excluded by a hard rule"
    if site["state"] == "unknown" or not site["rank"]:
        return "待核实：资料不足以判定" if zh else "Not known: data are missing"
    alike = sum(other["rank"] == site["rank"] for other in record["sites"])
    many = record["counts"]["allowed"]
    if zh:
        return f"{'并列' if alike > 1 else ''}第 {site['rank']} 名（{many:,} 处可选）"
    return f"Rank {site['rank']}{' (tied)' if alike > 1 else ''} of {many:,}"


def _verdict_lines(record: Record, site: Record, language: Language) -> tuple[str, ...]:
    zh = language == "zh"
    lines = []
    if site.get("score") is not None:
        span = ""
        low, high = points(site.get("score_low")), points(site.get("score_high"))
        if low != high and "–" not in (low, high):
            span = f"（区间 {low}–{high}）" if zh else f" (range {low}–{high})"
        name = "综合得分" if site["state"] == "allowed" else "参考得分"
        name = name if zh else ("Score" if site["state"] == "allowed" else "Score if allowed")
        lines.append(f"{name} {points(site['score'])} / {FULL_MARKS}{span}")
    if site["state"] == "allowed" and site.get("first"):
        share = share_with_error(site["first"])
        lines.append(f"在 {share} 的权重组合中排第一" if zh else f"first in {share} of weightings")
        if site.get("rank_best") and site.get("rank_worst"):
            best, worst = site["rank_best"], site["rank_worst"]
            lines.append(f"名次范围 {best}–{worst}" if zh else f"ranks from {best} to {worst}")
    for state, chinese, english in (
        ("excluded", "违反 {} 条规则", "rules broken: {}"),
        ("unknown", "{} 条规则无法判定", "rules undecided: {}"),
    ):
        count = sum(check["state"] == state for check in site.get("checks", ()))
        if count and site["state"] != "allowed":
            lines.append((chinese if zh else english).format(count))
    return tuple(lines)


def _bars(record: Record, site: Record, language: Language) -> tuple[Bar, ...]:
    found = []
    for criterion in sorted(record["criteria"], key=lambda c: -c["weight"]):
        key, weight = criterion["id"], criterion["weight"]
        adds = site.get("contributions", {}).get(key) or 0.0
        low = (site.get("values_low", {}).get(key) or 0.0) * weight
        high = (site.get("values_high", {}).get(key) or 0.0) * weight
        value = measured(site.get("measured", {}).get(key), criterion["unit"], language)
        found.append(Bar(said(criterion, language), value, weight, adds, low, high))
    return tuple(found)


def _reasons_title(is_first: bool, language: Language) -> str:
    if is_first:
        return Both(
            "为什么选它：主要理由与规划原文", "Why here: the reasons and what the plan says"
        )[language]
    return Both("它的有利条件与规划原文", "What speaks for it, and what the plan says")[language]  # fmt: skip


def _reasons(site: Record, plan: Plan, language: Language) -> tuple[Reason, ...]:
    """The reasons, strongest first: of each criterion the first that quotes the plan, then others.

    What is only measured stands in the bars already; it comes last.
    """
    added = site.get("contributions") or {}
    placed: list[tuple[int, int, float, Record]] = []
    seen: dict[tuple[str, bool], int] = {}
    for reason in site.get("reasons") or ():
        is_quoted = bool((reason.get("cite") or {}).get("quote"))
        key = (str(reason["criterion"]), is_quoted)
        turn = seen[key] = seen.get(key, -1) + 1
        gain = float(added.get(reason["criterion"]) or 0.0)
        placed.append((0 if is_quoted else 1, turn, -gain, reason))
    ordered = [item[3] for item in sorted(placed, key=lambda item: item[:3])]
    cited = citing(plan, language)
    return tuple(
        Reason(
            said({"zh": r.get("zh"), "en": r.get("en")}, language), *cited.quote_of(r.get("cite"))
        )
        for r in ordered
    )
