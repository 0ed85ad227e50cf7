"""Make a recorded decision again, and say what differs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.site.brief import brief_from
from geoplan.site.deciding import choose
from geoplan.site.record import Record, record_of

_TOLERANCE = 2e-6
_NAMED = 12
_UNSEEN = Both(
    "文件、规则、准则和软件版本均无变化：程序本身可能被改动过。",
    "No file, rule, criterion or software version differs: the program itself may have been changed.",
)


@dataclass(frozen=True)
class Replay:
    """A decision made again.

    Attributes
    ----------
    same :
        Whether every site has the state, rank, score and measures it had.
    causes :
        What is not as it was when the decision was made: files, inputs, rules,
        criteria, software. Some of it may have changed nothing.
    effects :
        What is different in the result, the ranking first.
    record :
        The decision made now.
    """

    same: bool
    causes: tuple[Both, ...]
    effects: tuple[Both, ...]
    record: Record


def replay(record: Mapping[str, Any], plan: Plan, folder: Path | None = None) -> Replay:
    """Answer a record's brief again, on the plan as it is now.

    Parameters
    ----------
    record :
        See :func:`geoplan.site.record.read_record`.
    folder :
        Where the files that the brief names lie.

    Raises
    ------
    BriefError
        The brief cannot be answered on this plan any more; the message says why.
    """
    now = record_of(choose(plan, brief_from(record["brief"], plan, folder)))
    effects, causes = tuple(_effects(record, now)), tuple(_causes(record, now))
    return Replay(not effects, causes or (_UNSEEN,) * bool(effects), effects, now)


def _causes(then: Mapping[str, Any], now: Record) -> Iterator[Both]:
    if then["plan"].get("id") != now["plan"]["id"]:
        old, new = then["plan"].get("id"), now["plan"]["id"]
        yield Both(
            f"规划不同：原为“{old}”，现为“{new}”。", f"Another plan: “{old}” then, “{new}” now."
        )
    yield from _files(then["plan"].get("files", {}), now["plan"]["files"])
    yield from _files(then.get("inputs", {}), now["inputs"])
    for name, new in now["software"].items():
        old = then["software"].get(name)
        if old != new:
            yield Both(f"软件 {name}：{old} → {new}。", f"Software {name}: {old} → {new}.")
    yield from _entries("规则", "rule", then["rules"], now["rules"], ("effect", "least", "most"))
    keys = ("weight", "points", "params")
    yield from _entries("准则", "criterion", then["criteria"], now["criteria"], keys)


def _files(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Both]:
    for name in sorted({*then, *now}):
        if name not in now:
            yield Both(f"文件 {name} 已不存在。", f"The file {name} is gone.")
        elif name not in then:
            yield Both(f"新增文件 {name}。", f"The file {name} is new.")
        elif then[name] != now[name]:
            yield Both(f"文件 {name} 已改动。", f"The file {name} has changed.")


def _entries(
    zh: str, en: str, then: list[Any], now: list[Any], keys: tuple[str, ...]
) -> Iterator[Both]:
    old, new = ({entry["id"]: entry for entry in entries} for entries in (then, now))
    for key in sorted({*old, *new}):
        if key not in new:
            yield Both(f"{zh}“{key}”已取消。", f"The {en} “{key}” is gone.")
        elif key not in old:
            yield Both(f"新增{zh}“{key}”。", f"The {en} “{key}” is new.")
        else:
            for part in keys:
                if not _equal(old[key].get(part), new[key].get(part)):
                    change = f"{part} {old[key].get(part)} → {new[key].get(part)}"
                    yield Both(f"{zh}“{key}”：{change}。", f"The {en} “{key}”: {change}.")


def _effects(then: Mapping[str, Any], now: Record) -> Iterator[Both]:
    old, new = ({site["id"]: site for site in record["sites"]} for record in (then, now))
    names = {key: Both(site["zh"], site["en"]) for key, site in {**old, **new}.items()}
    changes = 0
    for key in [*new, *(key for key in old if key not in new)]:
        change = _change(names[key], old.get(key), new.get(key))
        if change is not None:
            changes += 1
            if changes <= _NAMED:
                yield change
    if changes > _NAMED:
        more = changes - _NAMED
        yield Both(f"另有 {more} 处不同。", f"{more} more sites differ.")


def _change(name: Both, old: Any, new: Any) -> Both | None:
    if new is None:
        return Both(f"{name.zh}：不再是候选地。", f"{name.en}: no candidate any more.")
    if old is None:
        return Both(f"{name.zh}：新的候选地。", f"{name.en}: a new candidate.")
    for key, zh, en in (("state", "状态", "state"), ("rank", "名次", "rank")):
        if old.get(key) != new[key]:
            change = f"{old.get(key)} → {new[key]}"
            return Both(f"{name.zh}：{zh} {change}。", f"{name.en}: {en} {change}.")
    for key, zh, en in (("score", "得分", "score"), ("first", "第一的频率", "how often first")):
        if not _equal(old.get(key), new[key]):
            change = f"{old.get(key)} → {new[key]}"
            return Both(f"{name.zh}：{zh} {change}。", f"{name.en}: {en} {change}.")
    for key, ends in new["measured"].items():
        before = old.get("measured", {}).get(key)
        if not _equal(before, ends):
            change = f"{before} → {ends}"
            return Both(f"{name.zh}：{key} {change}。", f"{name.en}: {key} {change}.")
    return None


def _equal(old: Any, new: Any) -> bool:
    """Whether two parts of a record are the same but for rounding in the last decimal."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_equal(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_equal, old, new))
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (old, new))
    if numbers:
        return bool(abs(old - new) <= _TOLERANCE * max(1.0, abs(old)))
    return bool(old == new)
