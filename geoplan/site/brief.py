"""Read a brief: what a planner writes by hand, checked against the plan.

Every fault is found before anybody is told, and each names the entry and the
remedy. Sectors, districts and other things of the plan may be called by name;
a brief knows them by id.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.texts import decode
from geoplan.site.amounts import MOST_KM2, MOST_WANYUAN, AmountError, km2, land_in_km2, wanyuan
from geoplan.site.briefcriteria import own_criteria, weights
from geoplan.site.briefplaces import candidate_list, must, must_not, own_rules_of
from geoplan.site.entries import BriefError, Entries, Fault, nearest, shown
from geoplan.site.lookup import look_up
from geoplan.site.question import (
    Brief,
    CandidateList,
    Must,
    MustNot,
    OwnCriterion,
    OwnRule,
    Preferences,
    Project,
    Reach,
    Robustness,
    Weights,
)
from geoplan.site.rulebook import own_rules
from geoplan.site.template import template

__all__ = [
    "Brief",
    "BriefError",
    "CandidateList",
    "Must",
    "MustNot",
    "OwnCriterion",
    "OwnRule",
    "Preferences",
    "Project",
    "Reach",
    "Robustness",
    "Weights",
    "brief_from",
    "read_brief",
    "template",
]

MOST_BYTES = 20_000_000
_MOST_WORKERS = 10_000_000
_MOST_DRAWS = 1_000_000
_MOST_SEED = 2**32 - 1


def read_brief(path: Path | str, plan: Plan) -> Brief:
    """Read a brief from a TOML or JSON file.

    Files that it names are relative to its folder.

    Raises
    ------
    BriefError
        It cannot be used; all faults together.
    """
    path = Path(path)
    if not path.is_file():
        raise _unreadable(path.name, Both("没有这个文件", "there is no such file"))
    if path.stat().st_size > MOST_BYTES:
        size = f"{path.stat().st_size / 1e6:,.0f} MB"
        raise _unreadable(path.name, Both(
            f"有 {size}，最多 {MOST_BYTES / 1e6:,.0f} MB；请把地块放进单独的文件",
            f"it has {size}, at most {MOST_BYTES / 1e6:,.0f} MB are read; put parcels into a file of their own",
        ))  # fmt: skip
    text, problems = decode(path, path.name)
    if text is None:
        raise _unreadable(path.name, Both(problems[0].message("zh"), problems[0].message("en")))
    content = _parsed(text, path.name, json=path.suffix.lower() == ".json")
    return brief_from(content, plan, path.parent, file=path.name)


def _unreadable(file: str, said: Both) -> BriefError:
    return BriefError(file, [Fault("", said)])


def _parsed(text: str, file: str, *, json: bool) -> Any:
    try:
        return orjson.loads(text) if json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        form = "JSON" if json else "TOML"
        reason = shown(error) or "RecursionError"
        raise _unreadable(
            file,
            Both(
                f"不是有效的 {form}：{reason}；可从 `geoplan site --template` 开始",
                f"it is no valid {form}: {reason}; start from `geoplan site --template`",
            ),
        ) from None


def brief_from(
    content: Any, plan: Plan, folder: Path | None = None, *, file: str = "brief"
) -> Brief:
    """A brief from its entries, as they stand in a TOML or JSON file or in :meth:`Brief.as_dict`.

    Parameters
    ----------
    folder :
        Where the files it names lie. Without, it may name none: a brief from
        the network must not read the disk.
    file :
        What messages call it.

    Raises
    ------
    BriefError
        It cannot be used; all faults together.
    """
    faults: list[Fault] = []
    if not isinstance(content, Mapping):
        raise _unreadable(file, Both("任务书应是一组键值", "a brief must be a table of entries"))
    whole = Entries(content, "", faults)
    brief = Brief(
        title=whole.text("title", longest=200),
        project=_project(whole, plan),
        candidates=candidate_list(whole.section("candidates"), plan, folder),
        must=must(whole.section("must"), plan),
        must_not=must_not(whole.section("must_not"), plan),
        rules=own_rules_of(whole, folder),
        criteria=own_criteria(whole.section("criteria"), plan, folder),
        weights=weights(whole.section("weights")),
        preferences=_preferences(whole.section("preferences")),
        robustness=_robustness(whole.section("robustness")),
        like=_like(whole.section("like"), plan),
        folder=folder,
        file=file,
    )
    whole.finish()
    _judge_together(brief, plan, faults)
    if faults:
        raise BriefError(file, faults)
    return brief


def _project(whole: Entries, plan: Plan) -> Project:
    part, readable = whole.section("project"), isinstance(whole.get("project") or {}, Mapping)
    sector = _named(part, "sector", plan, "sectors")
    segment = _segment(part, plan, sector)
    if segment and not sector:
        table = plan.tables["segments"].drop_duplicates("id").set_index("id")
        sector = str(table.at[segment, "sector_id"])
    if readable and part.get("sector") is None and not sector and len(plan.tables["sectors"]):
        ids = plan.tables["sectors"]["id"].dropna()
        hint = nearest("", ids)
        part.complain(
            "sector", f"请写明产业的编号或名称{hint.zh}", f"name the sector, by id or name{hint.en}"
        )
    project = Project(
        sector=sector,
        segment=segment,
        products=part.texts("products", "动力电池"),
        investment_wanyuan=_investment(part),
        land_km2=_land(part),
        workers=part.whole("workers", least=1, most=_MOST_WORKERS),
    )
    part.finish()
    return project


def _named(part: Entries, key: str, plan: Plan, kind: str) -> str:
    said = part.text(key, "…")
    if not said:
        return ""
    found = look_up(plan, kind, said)
    if isinstance(found, Both):
        part.complain(key, found.zh, found.en)
        return ""
    return found


def _segment(part: Entries, plan: Plan, sector: str) -> str:
    """A segment by id or name; of several of one name that of the sector is meant."""
    said = part.text("segment", "…")
    if not said:
        return ""
    table = plan.tables["segments"].dropna(subset=["id", "sector_id"]).drop_duplicates("id")
    own = table[table["sector_id"] == sector] if sector else table
    named = own[(own["name_zh"] == said) | (own["name_en"] == said) | (own["id"] == said)]
    if len(named) == 1:
        return str(named["id"].iloc[0])
    found = look_up(plan, "segments", said)
    if isinstance(found, Both):
        part.complain("segment", found.zh, found.en)
        return ""
    home = str(table.set_index("id").at[found, "sector_id"])
    if sector and home != sector:
        part.complain(
            "segment",
            f"“{shown(said)}”属于产业 {home}，不属于 {sector}；请改正其一",
            f"“{shown(said)}” belongs to the sector {home}, not to {sector}; correct one of them",
        )
        return ""
    return found


def _investment(part: Entries) -> float | None:
    return _amount(part, "investment", "10亿元", wanyuan, {"investment_wanyuan": 1.0}, MOST_WANYUAN)


def _land(part: Entries) -> float | None:
    units = {"land_mu": land_in_km2(1, "mu"), "land_km2": 1.0}
    return _amount(part, "land", "150亩", km2, units, MOST_KM2)


def _amount(
    part: Entries, key: str, example: str, read: Any, units: Mapping[str, float], most: float
) -> float | None:
    """An amount that is written once: as a text with its unit, or as a number in a named unit."""
    given = [name for name in (key, *units) if part.get(name) is not None]
    if len(given) > 1:
        part.complain(
            given[1],
            f"与 {given[0]} 重复；请只留一个",
            f"it says the same as {given[0]}; keep only one of them",
        )
    amount: float | None = None
    if part.get(key) is not None:
        value = part.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            named = " / ".join(f"{name} = {shown(value)}" for name in units)
            part.complain(
                key,
                f"{shown(value)} 没有单位；请写 {key} = \"{example}\" 或 {named}",
                f"{shown(value)} has no unit; write {key} = \"{example}\" or {named}",
            )  # fmt: skip
        else:
            text = part.text(key, example)
            try:
                amount = read(text) if text else None
            except AmountError as error:
                part.complain(key, error.said.zh, error.said.en)
    for name, size in units.items():
        number = part.number(name, least=0.0, most=most / size, above=True)
        if number is not None and amount is None:
            amount = land_in_km2(number, "mu") if name == "land_mu" else number
    return amount


def _preferences(part: Entries) -> Preferences:
    gathering = part.choice("gathering", ("cluster", "crowding"), "cluster")
    part.finish()
    return Preferences("crowding" if gathering == "crowding" else "cluster")


def _robustness(part: Entries) -> Robustness:
    usual = Robustness()
    mode = part.choice("mode", ("around", "order", "any"), usual.mode)
    spread = part.number("spread", least=0.0, most=1.0)
    draws = part.whole("draws", least=100, most=_MOST_DRAWS)
    seed = part.whole("seed", least=0, most=_MOST_SEED)
    part.finish()
    return Robustness(
        mode="order" if mode == "order" else "any" if mode == "any" else "around",
        spread=usual.spread if spread is None else spread,
        draws=usual.draws if draws is None else draws,
        seed=usual.seed if seed is None else seed,
    )


def _like(part: Entries, plan: Plan) -> str:
    site = part.text("site", "xiaoshan-robot-town")
    part.finish()
    if site:
        found = look_up(plan, "platforms", site)
        # An own parcel may be the good site as well; whether there is one is seen later.
        return site if isinstance(found, Both) else found
    return ""


def _judge_together(brief: Brief, plan: Plan, faults: list[Fault]) -> None:
    """Faults that only two entries together make."""

    def note(field: str, zh: str, en: str) -> None:
        faults.append(Fault(field, Both(zh, en)))

    if brief.must.min_land and brief.project.land_km2 is None:
        note(
            "must.min_land",
            '没有说明需要多少用地；请写 [project] land = "150亩"',
            'the land asked is not stated; write [project] land = "150亩"',
        )
    if brief.candidates.kind != "platforms":
        for key, part in (("must", brief.must), ("must_not", brief.must_not)):
            if part.platform_kinds:
                note(
                    f"{key}.platform_kinds",
                    "只有平台才有平台类别；请删去，或写规则 measure = \"inside\"、layer = \"platforms\"",
                    "only platforms are of a kind of platform; remove it, or write a rule with "
                    "measure = \"inside\" and layer = \"platforms\"",
                )  # fmt: skip
    for name in ("districts", "wings", "platform_kinds"):
        both = set(getattr(brief.must, name)) & set(getattr(brief.must_not, name))
        if both:
            listed = ", ".join(sorted(both))
            note(
                f"must_not.{name}",
                f"{listed} 既必须又不可；请删去其一",
                f"{listed} must be and must not be; remove one of them",
            )
    known = [key for key in plan.tables["rules"]["id"] if isinstance(key, str)]
    own_rules(plan, brief, known, faults)
