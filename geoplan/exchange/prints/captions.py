"""What is written around a picture: title, money line, sources with their age, notes."""

import math
from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd

from geoplan.exchange.prints.lettering import drawable
from geoplan.exchange.prints.view import View
from geoplan.place.density import MoneyLine
from geoplan.plan.evidence import passed_by
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language
from geoplan.plan.relations import day_of

WANYUAN_PER_YI = 10_000
WANYUAN_PER_BILLION = 100_000
WANYUAN_PER_MILLION = 100

MEASURE_NAMES = {
    "investment_wanyuan": Both("计划投资", "Planned investment"),
    "investment_wanyuan_per_km2": Both("每平方公里投资", "Investment per km²"),
    "investment_wanyuan_per_mu": Both("亩均投资", "Investment per mu"),
    "project_count": Both("项目数", "Projects"),
    "projects_per_km2": Both("每平方公里项目数", "Projects per km²"),
    "firm_count": Both("企业数", "Firms"),
    "firms_per_km2": Both("每平方公里企业数", "Firms per km²"),
}
BY_NAMES = {
    "district": Both("按区县", "by district"),
    "wing": Both("按两翼", "by wing"),
    "platform": Both("按平台", "by platform"),
    "grid": Both("按方格", "by grid square"),
    "hex": Both("按六边形格网", "by hexagon"),
}
METHOD_NAMES = {
    "quantiles": Both("分位数分级", "quantiles"),
    "natural_breaks": Both("自然断点分级", "natural breaks"),
    "head_tail": Both("头尾分级", "head/tail breaks"),
    "box_plot": Both("箱线图分级", "box plot"),
}
SKETCH_NOTE = Both("规划示意，非测绘成果", "Sketch for planning, not a survey")


def number(value: float, digits: int = 3) -> str:
    """A figure with about three significant digits and separated thousands.

    Examples
    --------
    >>> number(8307.13), number(0.03456), number(2.0)
    ('8,307', '0.0346', '2')
    """
    if 0 < abs(value) < 0.001:
        return "<0.001" if value > 0 else ">−0.001"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = min(8, max(0, digits - 1 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(wanyuan: int, language: Language) -> str:
    """An amount for people.

    Examples
    --------
    >>> money(8776300, "zh"), money(950, "zh"), money(8776300, "en")
    ('877.63 亿元', '950 万元', 'CNY 87.763 bn')
    """
    if language == "zh":
        if abs(wanyuan) < WANYUAN_PER_YI:
            return f"{wanyuan:,} 万元"
        return f"{wanyuan / WANYUAN_PER_YI:,.4f}".rstrip("0").rstrip(".") + " 亿元"
    if abs(wanyuan) < WANYUAN_PER_BILLION:
        return "CNY " + f"{wanyuan / WANYUAN_PER_MILLION:,.2f}".rstrip("0").rstrip(".") + " m"
    return "CNY " + f"{wanyuan / WANYUAN_PER_BILLION:,.5f}".rstrip("0").rstrip(".") + " bn"


def unit_of(measure: str, largest: float, language: Language) -> tuple[str, float]:
    """Unit to write a measure's values in, and how many of the table's units one of it is."""
    if not measure.startswith("investment"):
        per = {"project_count": ("个", "projects"), "firm_count": ("家", "firms")}.get(measure)
        if per is None:
            what = "个" if measure.startswith("project") else "家"
            per = (f"{what}/平方公里", "per km²")
        return per[language == "en"], 1.0
    if language == "zh":
        unit, size = ("亿元", WANYUAN_PER_YI) if largest >= WANYUAN_PER_YI else ("万元", 1)
    else:
        large = largest >= WANYUAN_PER_BILLION
        unit, size = ("CNY bn", WANYUAN_PER_BILLION) if large else ("CNY m", WANYUAN_PER_MILLION)
    area = {"km2": ("/平方公里", " per km²"), "mu": ("/亩", " per mu")}.get(
        measure.rpartition("_")[2]
    )
    return unit + (area[language == "en"] if area else ""), float(size)


def _exact(wanyuan: int, language: Language) -> str:
    return f"{wanyuan:,}" if language == "zh" else f"{wanyuan / WANYUAN_PER_MILLION:,.2f}"


def money_line(line: MoneyLine, language: Language, shown: Both, outside: Both) -> str:
    """The four parts and their total, to the 万元.

    Parameters
    ----------
    shown, outside :
        What the first two parts are called here.
    """
    parts = (
        (shown, line.placed),
        (outside, line.outside),
        (Both("仅知更粗位置", "known only more coarsely"), line.coarser),
        (Both("未落位", "not placed"), line.unplaced),
    )
    terms = " + ".join(f"{name[language]} {_exact(value, language)}" for name, value in parts)
    if language == "zh":
        return f"资金：{terms} = 合计 {_exact(line.total, language)}（万元）"
    return f"Money: {terms} = total {_exact(line.total, language)} (CNY m)"


def title(plan: Plan, language: Language) -> str:
    """The plan's title, drawable."""
    return drawable(plan.meta.title_zh if language == "zh" else plan.meta.title_en, bold=True)


def subtitle(plan: Plan, view: View, left_out: str, district_title: str) -> str:
    """What is shown: measure, zones, sector, year, what was left out, whose boundaries."""
    zh = view.language == "zh"
    parts = []
    if view.by is not None:
        joint = "，" if zh else " "
        parts.append(
            MEASURE_NAMES[view.measure][view.language] + joint + BY_NAMES[view.by][view.language]
        )
    elif view.sector:
        parts.append("产业布局" if zh else "Where the plan puts the sector")
    else:
        parts.append("产业平台与项目布局" if zh else "Platforms and projects")
    if view.sector:
        parts.append(name_of(plan, "sectors", view.sector, view.language))
    elif view.by is not None:
        parts.append("全部产业" if zh else "all sectors")
    if view.year is not None:
        parts.append(f"{view.year} 年（按年均摊）" if zh else f"{view.year} (equal yearly shares)")
    if left_out:
        table = plan.tables["projects"].drop_duplicates("id").set_index("id")
        amount = money(int(table["investment_wanyuan"][left_out]), view.language)
        name = drawable(name_of(plan, "projects", left_out, view.language))
        name = name if len(name) <= 36 else name[:35] + "…"
        parts.append(f"不含最大项目“{name}”（{amount}）" if zh else f'without "{name}" ({amount})')
    if district_title:
        parts.append(district_title)
    return drawable(" · ".join(parts), bold=False)


def name_of(plan: Plan, table: str, key: str, language: Language) -> str:
    """Name of one row of a table in a language; its id where it has none."""
    frame = plan.tables[table]
    rows = frame[frame["id"] == key]
    if rows.empty:
        return key
    names = [rows[f"name_{x}"].iloc[0] for x in (language, "zh")]
    return next((str(name) for name in names if isinstance(name, str) and name), key)


def source_line(plan: Plan, sources: Iterable[str], language: Language) -> str:
    """The sources of what is shown, each with the day it was issued or read."""
    wanted = set(sources)
    zh = language == "zh"
    said = []
    for _, row in plan.sources.dropna(subset=["id"]).iterrows():
        if row["id"] not in wanted:
            continue
        issued, accessed = day_of(row["issued"]), day_of(row["accessed"])
        title_en = row["title_en"] if isinstance(row["title_en"], str) else row["title_zh"]
        when = ""
        if issued:
            when = f"{issued} 发布" if zh else f"issued {issued}"
        elif accessed:
            when = f"{accessed} 取得" if zh else f"accessed {accessed}"
        name = drawable(row["title_zh"] if zh else title_en)
        when = (f"（{when}）" if zh else f" ({when})") if when else ""
        said.append((name if len(name) <= 90 else name[:89] + "…") + when)
    return ("来源：" + "；".join(said) if zh else "Sources: " + "; ".join(said)) if said else ""


def age_notices(
    plan: Plan, sources: Iterable[str], layers: Iterable[str], today: date, language: Language
) -> list[str]:
    """What is shown and older than promised, and plans whose period has ended."""
    zh = language == "zh"
    notices = []
    plans = plan.tables["plans"]
    for _, row in plans[(plans["year_end"] < today.year).fillna(False)].iterrows():
        name = _short(row, language)
        notices.append(
            f"“{name}”规划期至 {row['year_end']} 年末，已满"
            if zh
            else f'the period of "{name}" ended in {row["year_end"]}'
        )
    wanted = set(sources)
    aged: list[tuple[str, int]] = []
    for _, row in plan.sources.dropna(subset=["id"]).iterrows():
        days = None if pd.isna(row["freshness_days"]) else int(row["freshness_days"])
        over = passed_by(day_of(row["issued"]) or day_of(row["accessed"]), days, today)
        if row["id"] in wanted and over:
            aged.append((_short(row, language), over))
    for key in layers:
        layer = plan.layers[key]
        accessed = layer.facts.get("accessed")
        day = accessed if type(accessed) is date else None
        over = passed_by(day, layer.facts.get("freshness_days"), today)
        if over:
            aged.append((drawable(layer.title_zh if zh else layer.title_en), over))
    for name, over in aged:
        notices.append(
            f"“{name}”超出保鲜承诺 {over:,} 天"
            if zh
            else f'"{name}" is {over:,} days past its promise'
        )
    return notices


def _short(row: "pd.Series[Any]", language: Language) -> str:
    names = (row.get(f"short_{language}"), row.get(f"title_{language}"), row.get("title_zh"))
    name = drawable(next((n for n in names if isinstance(n, str) and n), ""))
    return name if len(name) <= 60 else name[:59] + "…"
