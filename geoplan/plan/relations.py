"""Whether the rows of a plan fit one another: keys, references, years, shares."""

import difflib
from collections.abc import Iterable
from datetime import date

import pandas as pd

from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both, Problem
from geoplan.plan.tables import file_of, split_list
from geoplan.schema import TABLES, Column, Table

_HINTS_AT_MOST = 50
_SHARE_TOLERANCE = 1e-6


def relation_problems(plan: Plan) -> Iterable[Problem]:
    """Duplicate and dangling keys, cycles, reversed years and ranges, broken shares."""
    keys = _keys(plan)
    for name, table in TABLES.items():
        frame = plan.tables[name]
        yield from _duplicates(frame, table)
        for column in table.columns:
            if column.references:
                yield from _dangling(plan, frame, table, column, keys)
    yield from _no_districts(plan)
    yield from _cycles(plan)
    yield from _reversed_spans(plan)
    yield from _outside_period(plan)
    yield from _shares(plan)
    yield from _counts(plan)


def _keys(plan: Plan) -> dict[str, set[str]]:
    keys = {
        name: set(plan.tables[name][table.key[0]].dropna())
        for name, table in TABLES.items()
        if len(table.key) == 1
    }
    keys["districts"] = set().union(*(codes(layer) for layer in plan.layers_of("districts")))
    return keys


def codes(layer: Layer) -> set[str]:
    """The keys of a layer's features, as text."""
    if layer.key not in layer.frame:
        return set()
    return set(layer.frame[layer.key].dropna().astype(str))


def _duplicates(frame: pd.DataFrame, table: Table) -> Iterable[Problem]:
    required = [name for name in table.key if table.column(name).required]
    whole = frame[frame[required].notna().all(axis=1)] if required else frame
    key = whole[list(table.key)].fillna("")
    repeated = key.duplicated()
    if not repeated.any():
        return
    first = {
        values: row
        for row, values in reversed(list(zip(key.index, key.values.tolist(), strict=True)))
        for values in [tuple(values)]
    }
    for row in key.index[repeated]:
        values = tuple(key.loc[row])
        details = {"value": " / ".join(v for v in values if v), "first": first[values]}
        yield Problem("key.duplicate", file_of(table.name), row, table.key[0], details)


def _dangling(
    plan: Plan, frame: pd.DataFrame, table: Table, column: Column, keys: dict[str, set[str]]
) -> Iterable[Problem]:
    cells = frame[column.name].dropna()
    if cells.empty:
        return
    if column.kind == "list":
        cells = cells.map(split_list).explode().dropna()
    if column.references == "subject_kind":
        for kind, rows in cells.groupby(frame["subject_kind"].reindex(cells.index)):
            if kind in keys and (kind != "districts" or keys["districts"]):
                yield from _missing(rows, str(kind), table, column, keys[str(kind)])
        return
    if column.references == "districts":
        if not plan.layers_of("districts"):
            return
        yield from _wrong_vintage(plan, frame, cells, table, column, keys["districts"])
    yield from _missing(cells, column.references, table, column, keys[column.references])


def _missing(
    cells: pd.Series, target: str, table: Table, column: Column, known: set[str]
) -> Iterable[Problem]:
    unknown = cells[~cells.isin(known)]
    for count, (row, value) in enumerate(unknown.items()):
        if target == "sources":
            details: dict[str, object] = {"value": value}
            yield Problem(
                "source.unknown", file_of(table.name), int(str(row)), column.name, details
            )
            continue
        near = difflib.get_close_matches(value, known, n=1) if count < _HINTS_AT_MOST else []
        hint = Both(f"(是否应为“{near[0]}”？)", f" (is it “{near[0]}”?)") if near else NOTHING
        where = "layers/" if target == "districts" else file_of(target)
        details = {"value": value, "table": where, "hint": hint}
        yield Problem("key.dangling", file_of(table.name), int(str(row)), column.name, details)


def boundaries_day(plan: Plan, frame: pd.DataFrame) -> pd.Series:
    """The day whose boundaries a row's district names refer to; missing where nothing says so.

    A location has its own ``as_of``; any other row follows the plan whose
    document it cites.
    """
    if "as_of" in frame:
        return frame["as_of"]
    plans = plan.tables["plans"].dropna(subset=["source_id"]).drop_duplicates("source_id")
    days = dict(zip(plans["source_id"], plans["boundaries_on"], strict=True))
    return pd.to_datetime(pd.Series([days.get(s) for s in frame["source_id"]], index=frame.index))


def _wrong_vintage(
    plan: Plan, frame: pd.DataFrame, cells: pd.Series, table: Table, column: Column, known: set[str]
) -> Iterable[Problem]:
    days = boundaries_day(plan, frame).reindex(cells.index)
    for day, rows in cells.groupby(days):
        layer = plan.districts_on(day.date()) if isinstance(day, pd.Timestamp) else None
        if layer is None:
            continue
        current = codes(layer)
        for row, value in rows[rows.isin(known) & ~rows.isin(current)].items():
            details = {"value": value, "day": str(day.date()), "layer": layer.file}
            yield Problem("key.vintage", file_of(table.name), int(str(row)), column.name, details)


def _no_districts(plan: Plan) -> Iterable[Problem]:
    if plan.layers_of("districts"):
        return
    for name, table in TABLES.items():
        for column in table.columns:
            if column.references == "districts" and plan.tables[name][column.name].notna().any():
                yield Problem("layer.no_districts", "layers/")
                return


def _cycles(plan: Plan) -> Iterable[Problem]:
    for name, table in TABLES.items():
        for column in table.columns:
            if column.references != name or table.key != ("id",):
                continue
            frame = plan.tables[name].dropna(subset=["id", column.name])
            above = dict(zip(frame["id"], frame[column.name], strict=True))
            for row, start in zip(frame.index, frame["id"], strict=True):
                seen, at = set(), start
                while at in above and at not in seen:
                    seen.add(at)
                    at = above[at]
                if at == start and start in seen:
                    details = {"value": start, "column": column.name}
                    yield Problem("key.cycle", file_of(name), row, column.name, details)


def _reversed_spans(plan: Plan) -> Iterable[Problem]:
    spans = (("plans", "year_end"), ("projects", "year_end"), ("indicators", "year"))
    for name, end in spans:
        frame = plan.tables[name]
        late = (frame["year_start"] > frame[end]).fillna(False)
        for row in frame.index[late]:
            details = {"start": frame.at[row, "year_start"], "end": frame.at[row, end]}
            yield Problem("years.reversed", file_of(name), row, "year_start", details)
    figures = plan.tables["indicators"]
    for row in figures.index[figures["value"] > figures["value_high"]]:
        low, high = figures["value"][row], figures["value_high"][row]
        details = {"low": f"{low:g}", "high": f"{high:g}"}
        yield Problem("range.reversed", file_of("indicators"), row, "value_high", details)


def _outside_period(plan: Plan) -> Iterable[Problem]:
    """Projects with a year that the plan of their sector does not cover."""
    sectors = plan.tables["sectors"].dropna(subset=["id", "plan_id"]).drop_duplicates("id")
    plans = plan.tables["plans"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    frame = plan.tables["projects"]
    own = frame[["sector_id"]].merge(sectors, "left", left_on="sector_id", right_on="id")["plan_id"]
    period = plans.reindex(own)[["year_start", "year_end"]].set_axis(frame.index)
    early = (frame["year_start"] < period["year_start"]).fillna(False)
    late = (frame["year_end"] > period["year_end"]).fillna(False)
    titles = plans["title_zh"].reindex(own).set_axis(frame.index)
    outside = pd.DataFrame(
        {
            "start": frame["year_start"], "end": frame["year_end"], "title": titles,
            "first": period["year_start"], "last": period["year_end"],
        }
    )[early | late]  # fmt: skip
    for row, *cells in outside.itertuples(name=None):
        details = dict(zip(outside.columns, cells, strict=True))
        yield Problem("years.outside_period", file_of("projects"), row, "year_start", details)


def _shares(plan: Plan) -> Iterable[Problem]:
    links = plan.tables["sector_links"].dropna(subset=["from_sector_id", "to_plan_id", "share"])
    thing = links["project_id"].fillna(links["from_sector_id"])
    groups = links["share"].groupby([thing, links["to_plan_id"]])
    for (subject, _), shares in groups:
        if abs(shares.sum() - 1.0) > _SHARE_TOLERANCE:
            details = {"value": subject, "found": f"{shares.sum():g}"}
            yield Problem(
                "share.not_one", file_of("sector_links"), shares.index[0], "share", details
            )


def _counts(plan: Plan) -> Iterable[Problem]:
    figures = plan.tables["indicators"]
    for row, question in figures["counted"].dropna().items():
        reason = counting_fault(question)
        if reason is not None:
            details = {"value": question, "reason": reason}
            yield Problem(
                "counted.unreadable", file_of("indicators"), int(str(row)), "counted", details
            )


def counting_fault(question: str) -> Both | None:
    """What is wrong with a ``table?column=value&…`` question, if anything."""
    name, _, filters = question.partition("?")
    if name not in TABLES:
        return Both(f"没有表“{name}”", f"there is no table “{name}”")
    for part in filters.split("&") if filters else []:
        column, equals, value = part.partition("=")
        if not equals or not value or column not in TABLES[name].column_names:
            return Both(f"“{part}”不是 列=值", f"“{part}” is not column=value")
    return None


def counted_rows(plan: Plan, question: str) -> pd.DataFrame:
    """The rows that an announced count speaks of; see :func:`counting_fault` for the form."""
    name, _, filters = question.partition("?")
    frame = plan.tables[name]
    for part in filters.split("&") if filters else []:
        column, _, value = part.partition("=")
        frame = frame[(frame[column].astype("str") == value).fillna(False)]
    return frame


def day_of(value: object) -> date | None:
    """A cell of kind ``date`` as a date."""
    return value.date() if isinstance(value, pd.Timestamp) else None
