"""The sections of a brief about worth: changed and own criteria, and how they are weighed."""

import re
import unicodedata
from fractions import Fraction
from pathlib import Path
from typing import Any

from geoplan.errors import QuestionError
from geoplan.plan.crs import DATUMS
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.site.briefplaces import own_data
from geoplan.site.conditions import ConditionError, parse
from geoplan.site.entries import Entries, Fault, nearest, shown, size_of
from geoplan.site.judgements import RANDOM_INDEX, joined
from geoplan.site.question import Judgements, OwnCriterion, Weights
from geoplan.site.values import ValueFunction

MOST_CRITERIA = 50
_OVERLAY_MEASURES = ("distance_m", "share_covered", "zonal_mean", "attribute")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,79}")
_RATIO = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?|[0-9]{1,9}/[0-9]{1,9}")


def own_criteria(part: Entries, plan: Plan, folder: Path | None) -> tuple[OwnCriterion, ...]:
    """The section ``criteria``: one table for each criterion."""
    known = [key for key in plan.tables["criteria"]["id"] if isinstance(key, str)]
    names = list(part.content)
    if len(names) > MOST_CRITERIA:
        part.faults.append(_too_many(part, len(names)))
        names = []
    found = []
    for name in names:
        if not isinstance(name, str) or not _ID.fullmatch(name):
            part.complain(
                shown(name),
                "准则编号应以字母开头，只含字母、数字、下划线",
                "the id of a criterion starts with a letter and has letters, digits, underscores",
            )
            part.get(name)
            continue
        found.append(_criterion(part.section(name), name, known, folder))
    part.finish()
    return tuple(found)


def _too_many(part: Entries, count: int) -> Fault:
    said = Both(
        f"有 {count} 个准则，最多 {MOST_CRITERIA} 个；请删减",
        f"it has {count} criteria, at most {MOST_CRITERIA} are allowed; remove some",
    )
    return Fault(part.path, said)


def _criterion(part: Entries, name: str, known: list[str], folder: Path | None) -> OwnCriterion:
    measure = part.choice("measure", _OVERLAY_MEASURES, "")
    file, features = own_data(part, folder)
    own = OwnCriterion(
        id=name,
        off=part.flag("off"),
        weight=part.number("weight", most=1e6),
        points=_points(part),
        params=_params(part),
        measure=measure,
        layer=part.text("layer", "hubs"),
        file=file,
        features=features,
        crs=part.text("crs", "EPSG:4549", longest=200),
        datum=part.choice("datum", tuple(DATUMS), ""),
        accuracy_m=part.number("accuracy_m", most=100_000.0) or 0.0,
        where=_where(part),
        column=part.text("column", "noise_db"),
        unit=part.text("unit", "m", longest=20),
        better=part.choice("better", ("high", "low"), ""),
        name_zh=part.text("name_zh", longest=80),
        name_en=part.text("name_en", longest=80),
    )
    if name not in known and part.get("measure") is None:
        if own.weight is None or not own.points:
            hint = nearest(name, known)
            part.complain(
                "measure",
                f"“{name}”不是规划的准则{hint.zh}；自设准则请写 measure、layer 或 file、points、weight",
                f"“{name}” is no criterion of the plan{hint.en}; for one of your own write measure, "
                "layer or file, points and weight",
            )
    elif part.get("measure") is not None and not own.off:
        for key, value in (("points", own.points), ("weight", own.weight)):
            if part.get(key) is None and value in ("", None) and name not in known:
                example = 'points = "0:1|3000:0"' if key == "points" else "weight = 0.1"
                part.complain(
                    key,
                    f"自设准则需要 {key}；请写 {example}",
                    f"a criterion of your own needs {key}; write {example}",
                )
    part.finish()
    return own


def _where(part: Entries) -> str:
    text = part.text("where", "kind = metro_station")
    if text:
        try:
            parse(text)
        except ConditionError as error:
            part.complain("where", error.said.zh, error.said.en)
            return ""
    return text


def _points(part: Entries) -> str:
    """A value function as text, from text or from pairs."""
    value = part.get("points")
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        pairs = [tuple(pair) if isinstance(pair, list | tuple) else () for pair in value[:100]]
        numbers = all(
            len(pair) == 2
            and all(isinstance(n, int | float) and not isinstance(n, bool) for n in pair)
            for pair in pairs
        )
        text = (
            "|".join(f"{size_of(x):.15g}:{size_of(y):.15g}" for x, y in pairs) if numbers else "…"
        )
    else:
        text = part.text("points", "0:1|60000:0").replace(" ", "")
        if not text:
            return ""
    try:
        return str(ValueFunction.parse(text))
    except QuestionError as error:
        part.complain(
            "points",
            f"“{shown(text)}”不是价值函数({error})；请写 量值:得分 对，量值递增，得分 0 到 1，"
            '例如 points = "0:1|60000:0"',
            str(error),
        )
        return ""


def _params(part: Entries) -> tuple[tuple[str, float | str], ...]:
    inner = part.section("params")
    found: list[tuple[str, float | str]] = []
    for name in list(inner.content)[:20]:
        value = inner.get(name)
        if isinstance(value, str):
            text = inner.text(name, "…", longest=200)
            found.append((str(name), text))
        else:
            number = inner.number(name, least=-1e12, most=1e12)
            if number is not None:
                found.append((str(name), number))
    inner.finish()
    return tuple(sorted(found))


def weights(part: Entries) -> Weights:
    """The section ``weights``."""
    usual = Weights()
    order, criteria = _order(part), part.texts("criteria", "airport_m")
    judgements = _judgements(part, criteria)
    default = "ahp" if judgements else "order" if order else usual.method
    method = part.choice("method", ("direct", "order", "ahp"), default)
    formula = part.choice("formula", ("roc", "rank_sum", "rank_reciprocal"), usual.formula)
    found = Weights(
        method="ahp" if method == "ahp" else "order" if method == "order" else "direct",
        order=order,
        formula="rank_sum" if formula == "rank_sum"
        else "rank_reciprocal" if formula == "rank_reciprocal" else "roc",
        criteria=criteria,
        judgements=judgements,
        random_index=part.choice("random_index", tuple(RANDOM_INDEX), usual.random_index),
    )  # fmt: skip
    if method == "order" and part.get("order") is None:
        example = 'order = ["platform_named", "airport_m"]'
        part.complain(
            "order", f"缺少次序；请写 {example}", f"the order is missing; write {example}"
        )
    if method == "ahp" and part.get("judgements") is None:
        example = 'judgements = [[1, 3], ["1/3", 1]]'
        part.complain("judgements", f"缺少两两比较；请写 {example}",
                      f"the paired comparisons are missing; write {example}")  # fmt: skip
    part.finish()
    return found


def _order(part: Entries) -> tuple[tuple[str, ...], ...]:
    value = part.get("order")
    if value is None:
        return ()
    example = 'order = ["platform_named", ["airport_m", "rail_m"]]'
    groups = []
    for group in value if isinstance(value, list | tuple) else [None]:
        names = [group] if isinstance(group, str) else group
        if not isinstance(names, list | tuple) or not names or not all(
            isinstance(name, str) and _ID.fullmatch(name) for name in names
        ):  # fmt: skip
            part.complain("order", f"应为准则编号的列表，最重要的在前；请写 {example}",
                          f"it must be a list of criteria, most important first; write {example}")  # fmt: skip
            return ()
        groups.append(tuple(names))
    names = [name for group in groups for name in group]
    twice = sorted({name for name in names if names.count(name) > 1})[:5]
    if twice:
        listed = ", ".join(twice)
        part.complain(
            "order", f"{listed} 出现了两次；请只写一次", f"{listed} stands twice; name it once"
        )
        return ()
    return tuple(groups)


def _judgements(part: Entries, criteria: tuple[str, ...]) -> tuple[Judgements, ...]:
    value = part.get("judgements")
    if value is None:
        return ()
    example = 'criteria = ["a", "b"]、judgements = [[1, 3], ["1/3", 1]]'
    try:
        several = isinstance(value[0][0], list | tuple)
        matrices = tuple(
            tuple(tuple(_ratio(cell) for cell in row) for row in matrix)
            for matrix in (value if several else [value])
        )
        if sum(len(matrix) for matrix in matrices) > MOST_CRITERIA * MOST_CRITERIA:
            raise ValueError("too many rows")
        joined(matrices, criteria)
    except (QuestionError, ValueError, TypeError, KeyError, IndexError, ZeroDivisionError) as error:
        reason = shown(error)
        part.complain(
            "judgements",
            f"不是两两比较矩阵({reason})；每个准则一行一列，例如 {example}",
            f"it is no matrix of paired comparisons ({reason}); one row and column for each "
            f"criterion, for example {example.replace('、', ', ')}",
        )
        return ()
    return matrices


def _ratio(cell: Any) -> float:
    """A judgement as a number: 3, "1/3", "⅓"."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        raise ValueError(f"“{shown(cell)}” is no number")
    if isinstance(cell, str):
        text = unicodedata.normalize("NFKC", cell[:40]).replace("⁄", "/").strip()
        if not _RATIO.fullmatch(text):
            raise ValueError(f"“{shown(cell)}” is no number")
        cell = Fraction(text)
    size = size_of(cell)
    if not 1e-6 <= size <= 1e6:
        raise ValueError(f"“{shown(cell)}” is beyond all comparison")
    return size
