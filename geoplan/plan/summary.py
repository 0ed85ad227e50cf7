"""What a plan holds, and what every column means: short tables for a reader."""

from typing import Any

from geoplan.errors import QuestionError
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language
from geoplan.schema import TABLES, VOCABULARIES, Table


def summary(plan: Plan, language: Language) -> list[dict[str, Any]]:
    """One record a table and layer that holds something, then the money of the projects."""
    records = []
    for name, table in TABLES.items():
        if len(plan.tables[name]):
            what = table.zh if language == "zh" else table.en
            records.append(
                {"item": f"data/{name}.csv", "what": what, "count": len(plan.tables[name])}
            )
    for layer in plan.layers.values():
        title = layer.title_zh if language == "zh" else layer.title_en
        records.append({"item": layer.file, "what": title, "count": len(layer.frame)})
    money = plan.tables["projects"]["investment_wanyuan"].dropna()
    if len(money):
        what = Both("计划总投资(万元)", "planned investment (万元)")[language]
        records.append({"item": "investment_wanyuan", "what": what, "count": int(money.sum())})
    if not records:
        what = Both(
            "还没有内容：先填 data/sources.csv 和 data/plans.csv",
            "nothing yet: start with data/sources.csv and data/plans.csv",
        )[language]
        records.append({"item": "data/", "what": what, "count": 0})
    return records


def dictionary(language: Language, table: str | None = None) -> list[dict[str, Any]]:
    """The data dictionary: one record a column, read from the schema.

    Raises
    ------
    QuestionError
        There is no such table.
    """
    if table is not None and table not in TABLES:
        raise QuestionError(f"there is no table “{table}”; there are {', '.join(TABLES)}")
    chosen = [TABLES[table]] if table else list(TABLES.values())
    return [record for one in chosen for record in _column_records(one, language)]


def _column_records(table: Table, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "table": table.name,
            "column": column.name,
            "key": "key" if column.name in table.key else "",
            "type": column.kind,
            "unit": column.unit,
            "required": "yes" if column.required else "",
            "values": _values(column.vocabulary, language) or column.references,
            "meaning": column.zh if language == "zh" else column.en,
        }
        for column in table.columns
    ]


def _values(vocabulary: str, language: Language) -> str:
    index = 0 if language == "zh" else 1
    words = VOCABULARIES.get(vocabulary, {})
    return "; ".join(f"{code} = {labels[index]}" for code, labels in words.items())
