"""Where the plans disagree with themselves or with each other, found by computation.

Each rule is a function from a plan to the conflicts it finds; it knows the
tables and no city. A new plan gets its own conflicts from the same rules.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geoplan.plan.bases import (
    all_parts,
    bases_of,
    growth_needed,
    is_same_measure,
    usable_figures,
)
from geoplan.plan.ledger import subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.relations import counted_rows, counting_fault

ConflictSeverity = Literal["contradiction", "tension", "remark"]

SEVERITIES: Mapping[str, Both] = {
    "contradiction": Both("矛盾", "contradiction"),
    "tension": Both("存疑", "tension"),
    "remark": Both("提示", "remark"),
}

_APPROX_SHARE = 0.05
_GROWTH_TOLERANCE_POINTS = 0.5
_KEEP_WORD = "保持"


@dataclass(frozen=True)
class Conflict:
    """One disagreement.

    Attributes
    ----------
    rule :
        Name of the rule that found it, a key of ``RULES``.
    severity :
        ``contradiction``: the figures cannot all be true. ``tension``: they
        need something the plan does not say. ``remark``: worth knowing.
    statement, arithmetic :
        What disagrees, and the computation that shows it.
    evidence :
        (table, row) of every figure or sentence it rests on.
    subjects :
        (kind, id) of what it is about, for links to the map.
    """

    rule: str
    severity: ConflictSeverity
    statement: Both
    arithmetic: Both
    evidence: tuple[tuple[str, int], ...]
    subjects: tuple[tuple[str, str], ...] = ()


Rule = Callable[[Plan], Iterator[Conflict]]


def same(text: str) -> Both:
    """A phrase that reads the same in both languages."""
    return Both(text, text)


def named(names: Mapping[tuple[str, str], tuple[str, str]], kind: str, key: str) -> Both:
    """The name of a subject in both languages; its id where it has none."""
    return Both(*names.get((kind, key), (key, key)))


def rows_of(frame: pd.DataFrame, table: str) -> tuple[tuple[str, int], ...]:
    """Evidence: the rows of a frame that kept its file's row numbers."""
    return tuple((table, int(row)) for row in frame.index)


def _slack(figures: pd.DataFrame) -> float:
    """What the word “about” allows a sum of figures to be off by."""
    return float((figures["value"] * _APPROX_SHARE).where(figures["operator"] == "approx", 0).sum())


def sum_and_total(plan: Plan) -> Iterator[Conflict]:
    """The sectors' figures do not add up to the plan's figure of the same measure."""
    figures = usable_figures(plan)
    totals = figures[(figures["kind"] == "level") & (figures["subject_kind"] == "plans")]
    for key, parts in all_parts(plan, figures):
        candidates = totals[
            is_same_measure(totals["measure"], key["measure"])
            & (totals["plan_id"] == key["plan_id"])
            & (totals["year"] == key["year"])
            & (totals["unit"] == key["unit"])
            & (totals["status"] == key["status"])
        ]
        added = float(parts["value"].sum())
        terms = " + ".join(f"{value:g}" for value in parts["value"])
        for row, total in candidates.iterrows():
            stated, operator = float(total["value"]), total["operator"]
            gap = stated - added
            if abs(gap) <= _slack(parts) and not (operator == "gt" and gap >= 0):
                continue
            if operator in ("ge", "gt") and gap < 0:
                continue
            exact = gap == 0
            yield Conflict(
                "sum_and_total",
                "remark" if exact else "contradiction",
                Both(
                    f"{key['year']}年各产业{parts['measure_zh'].iloc[0]}合计 {added:g} {key['unit']}，"
                    + (
                        f"恰为而未超过{total['measure_zh']}目标 {stated:g}"
                        if exact
                        else f"与全部{total['measure_zh']} {stated:g} 相差 {abs(gap):g}"
                    ),
                    f"The sectors' {parts['measure_en'].iloc[0]} of {key['year']} adds up to "
                    f"{added:g} {key['unit']}, "
                    + (
                        f"exactly the stated {total['measure_en']} of {stated:g}, not more than it"
                        if exact
                        else f"{abs(gap):g} off the stated {total['measure_en']} of {stated:g}"
                    ),
                ),
                same(f"{terms} = {added:g}; {stated:g} − {added:g} = {gap:g} ({gap / stated:.1%})"),
                (*rows_of(parts, "indicators"), ("indicators", int(str(row)))),
                (("plans", str(key["plan_id"])),),
            )


def growth_and_base(plan: Plan) -> Iterator[Conflict]:
    """A stated yearly growth does not lead from a possible base to the stated target."""
    figures = usable_figures(plan)
    names = subject_names(plan)
    for row, growth in figures[figures["kind"] == "growth_per_year"].iterrows():
        targets = figures[
            (figures["kind"] == "level")
            & (figures["status"] == "target")
            & (figures["subject_id"] == growth["subject_id"])
            & (figures["plan_id"] == growth["plan_id"])
            & (figures["measure"] == growth["measure"])
            & (figures["year"] == growth["year"])
        ]
        if targets.empty or pd.isna(growth["base_year"]):
            continue
        target = targets.iloc[0]
        years = int(growth["year"] - growth["base_year"])
        bases = bases_of(plan, figures, growth, int(growth["base_year"]))
        needed = [growth_needed(base.value, target["value"], years) or 0.0 for base in bases]
        off = [abs(rate - growth["value"]) > _GROWTH_TOLERANCE_POINTS for rate in needed]
        if not any(off):
            continue
        sums = [
            f"({target['value']:g} / {base.value:g})^(1/{years}) − 1 = {rate:.1f} %"
            for base, rate in zip(bases, needed, strict=True)
        ]
        pairs = list(zip(bases, sums, strict=True))
        subject = named(names, growth["subject_kind"], growth["subject_id"])
        evidence = [("indicators", int(str(row))), *rows_of(targets, "indicators")]
        evidence += [("indicators", row) for base in bases for row in base.rows]
        yield Conflict(
            "growth_and_base",
            "contradiction" if all(off) else "tension",
            Both(
                f"{subject.zh}：年均增长 {growth['value']:g}% 只与部分基数相符，规划未写明基数",
                f"{subject.en}: growth of {growth['value']:g} % a year fits only one base, and the "
                "plan does not name its base",
            )
            if not all(off)
            else Both(
                f"{subject.zh}：年均增长 {growth['value']:g}% 与目标和基数不符",
                f"{subject.en}: growth of {growth['value']:g} % a year fits neither target nor base",
            ),
            Both(
                "；".join(f"{base.name.zh} {base.value:g}: {text}" for base, text in pairs),
                "; ".join(f"{base.name.en} {base.value:g}: {text}" for base, text in pairs),
            ),
            tuple(evidence),
            ((str(growth["subject_kind"]), str(growth["subject_id"])),),
        )


def _least_multiple(figures: pd.DataFrame, start: int, end: int) -> tuple[float, str] | None:
    """What stated yearly growth multiplies to over the years start … end, at the least."""
    product, terms = 1.0, []
    for year in range(start, end + 1):
        rates = figures[
            (figures["year_start"].fillna(figures["year"]) <= year) & (figures["year"] >= year)
        ]
        if rates.empty:
            return None
        factor = 1 + float(rates["value"].iloc[0]) / 100
        product *= factor
        terms.append(f"{factor:g}")
    return product, " × ".join(terms)


def growth_and_multiple(plan: Plan) -> Iterator[Conflict]:
    """Growth at the stated yearly rates falls short of the stated multiple."""
    figures = usable_figures(plan)
    names = subject_names(plan)
    rates = figures[figures["kind"] == "growth_per_year"]
    for row, goal in (
        figures[figures["kind"] == "multiple"].dropna(subset=["year_start"]).iterrows()
    ):
        start, end = int(goal["year_start"]), int(goal["year"])
        wanted = rates[
            (rates["plan_id"] == goal["plan_id"]) & (rates["measure"] == goal["measure"])
        ]
        own = wanted[wanted["subject_id"] == goal["subject_id"]]
        reached = _least_multiple(own, start, end) if len(own) else None
        subject = named(names, goal["subject_kind"], goal["subject_id"])
        here = (str(goal["subject_kind"]), str(goal["subject_id"]))
        if reached is not None and reached[0] < goal["value"]:
            yield Conflict(
                "growth_and_multiple",
                "tension",
                Both(
                    f"{subject.zh}：按所写增速下限，{end}年只到基数的 {reached[0]:.3f} 倍，不足"
                    f" {goal['value']:g} 倍",
                    f"{subject.en}: at the stated minimum growth {end} reaches {reached[0]:.3f} "
                    f"times the base, short of {goal['value']:g} times",
                ),
                same(f"{reached[1]} = {reached[0]:.3f} < {goal['value']:g}"),
                (("indicators", int(str(row))), *rows_of(own, "indicators")),
                (here,),
            )
        if goal["subject_kind"] == "plans":
            yield from _parts_and_multiple(plan, names, goal, int(str(row)), wanted, start, end)


def _parts_and_multiple(
    plan: Plan,
    names: Mapping[tuple[str, str], tuple[str, str]],
    goal: pd.Series,
    row: int,
    rates: pd.DataFrame,
    start: int,
    end: int,
) -> Iterator[Conflict]:
    parts = rates[rates["subject_kind"] == "sectors"]
    sectors = plan.tables["sectors"]
    expected = set(sectors.loc[sectors["plan_id"] == goal["plan_id"], "id"])
    if not expected or set(parts["subject_id"]) != expected:
        return
    reached = {
        str(sector): multiple
        for sector, own in parts.groupby("subject_id")
        if (multiple := _least_multiple(own, start, end)) is not None
    }
    short = {sector for sector, (multiple, _) in reached.items() if multiple < goal["value"]}
    if not short:
        return
    terms = [
        Both(
            f"{named(names, 'sectors', sector).zh} {product} = {multiple:.3f}",
            f"{named(names, 'sectors', sector).en} {product} = {multiple:.3f}",
        )
        for sector, (multiple, product) in reached.items()
    ]
    whole = named(names, "plans", str(goal["plan_id"]))
    measure = Both(str(goal["measure_zh"]), str(goal["measure_en"]))
    yield Conflict(
        "growth_and_multiple",
        "contradiction" if len(short) == len(reached) else "tension",
        Both(
            f"{whole.zh}：{measure.zh}要达 {goal['value']:g} 倍，而 {len(reached)} 个产业中 {len(short)} 个按增速下限达不到",
            f"{whole.en}: {measure.en} is to reach {goal['value']:g} times its base, but {len(short)} of "
            f"{len(reached)} sectors do not at their minimum growth",
        ),
        Both("；".join(t.zh for t in terms), "; ".join(t.en for t in terms)),
        (("indicators", row), *rows_of(parts, "indicators")),
        (("plans", str(goal["plan_id"])),),
    )


def _per_year(figure: pd.Series) -> float:
    start = figure["year"] if pd.isna(figure["year_start"]) else figure["year_start"]
    return float(figure["value"]) / (int(figure["year"]) - int(start) + 1)


def target_and_reached(plan: Plan) -> Iterator[Conflict]:
    """A target at or below what is reached already, or a level to be kept that is not reached."""
    figures = usable_figures(plan)
    names = subject_names(plan)
    comparable = figures[figures["kind"].isin(["level", "share", "cumulative"])]
    keys = ["plan_id", "subject_kind", "subject_id", "measure", "kind"]
    for values, group in comparable.groupby(keys):
        kind = values[-1]
        observed = group[group["status"] == "observed"]
        targets = group[(group["status"] == "target") & (group["operator"] != "le")]
        if observed.empty or targets.empty:
            continue
        latest = observed.sort_values("year").iloc[-1]
        subject = named(names, str(values[1]), str(values[2]))
        for row, target in targets.iterrows():
            wanted, reached = float(target["value"]), float(latest["value"])
            if kind == "cumulative":
                wanted, reached = _per_year(target), _per_year(latest)
            kept = _KEEP_WORD in str(target["quote"]) and reached < wanted
            if not kept and wanted > reached:
                continue
            unit = f"{target['unit']}/年" if kind == "cumulative" else str(target["unit"])
            unit_en = f"{target['unit']} a year" if kind == "cumulative" else str(target["unit"])
            measure = Both(str(target["measure_zh"]), str(target["measure_en"]))
            yield Conflict(
                "target_and_reached",
                "tension",
                Both(
                    f"{subject.zh}：{measure.zh}要“保持”在 {wanted:g} {unit}，而 {latest['year']} 年为"
                    f" {reached:g}",
                    f"{subject.en}: {measure.en} is to be “kept” at {wanted:g} {unit_en}, but "
                    f"{latest['year']} shows {reached:g}",
                )
                if kept
                else Both(
                    f"{subject.zh}：{measure.zh}目标 {wanted:g} {unit} 不高于已达到的 {reached:g}"
                    f"({latest['year']}年)",
                    f"{subject.en}: the target for {measure.en}, {wanted:g} {unit_en}, is not above "
                    f"the {reached:g} reached in {latest['year']}",
                ),
                same(_reached_arithmetic(target, latest, str(kind))),
                (("indicators", int(str(row))), ("indicators", int(str(latest.name)))),
                ((str(values[1]), str(values[2])),),
            )


def _reached_arithmetic(target: pd.Series, latest: pd.Series, kind: str) -> str:
    if kind != "cumulative":
        return f"{target['year']}: {target['value']:g}; {latest['year']}: {latest['value']:g}"
    terms = []
    for figure in (target, latest):
        start = figure["year"] if pd.isna(figure["year_start"]) else figure["year_start"]
        years = int(figure["year"]) - int(start) + 1
        terms.append(
            f"{start}–{figure['year']}: {figure['value']:g} / {years} = {_per_year(figure):g}"
        )
    return "; ".join(terms)


def announced_and_listed(plan: Plan) -> Iterator[Conflict]:
    """An announced count differs from the rows that the plan lists."""
    names = subject_names(plan)
    figures = usable_figures(plan).dropna(subset=["counted"])
    for row, figure in figures.iterrows():
        question = str(figure["counted"])
        if counting_fault(question) is not None:
            continue
        rows = counted_rows(plan, question)
        low = float(figure["value"])
        high = low if pd.isna(figure["value_high"]) else float(figure["value_high"])
        enough = len(rows) >= low and (figure["operator"] in ("ge", "gt") or len(rows) <= high)
        if enough:
            continue
        subject = named(names, figure["subject_kind"], figure["subject_id"])
        said = f"{low:g}" if low == high else f"{low:g}–{high:g}"
        yield Conflict(
            "announced_and_listed",
            # More candidates than the target, or a list that is not closed, is no contradiction.
            "tension" if figure["status"] == "observed" and len(rows) > high else "remark",
            Both(
                f"{subject.zh}：称{figure['measure_zh']} {said} {figure['unit']}，规划列出 {len(rows)}",
                f"{subject.en}: {figure['measure_en']} announced {said}, the plan lists {len(rows)}",
            ),
            same(f"{question}: {len(rows)} ≠ {said}"),
            (("indicators", int(str(row))), *rows_of(rows, question.partition("?")[0])),
            ((str(figure["subject_kind"]), str(figure["subject_id"])),),
        )


NUMBER_RULES: tuple[Rule, ...] = (
    sum_and_total,
    growth_and_base,
    growth_and_multiple,
    target_and_reached,
    announced_and_listed,
)
"""The rules that compare figures with figures."""


def found_by(rules: Iterable[Rule], plan: Plan) -> list[Conflict]:
    """The conflicts that the rules find, gravest first."""
    order = list(SEVERITIES)
    found = [conflict for rule in rules for conflict in rule(plan)]
    return sorted(found, key=lambda conflict: order.index(conflict.severity))
