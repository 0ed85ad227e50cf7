"""Rows that follow from an import in other tables: new firms, names, and the file as a source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.proposals import TableChange
from geoplan.exchange.incoming.changes import Cited, rows_of
from geoplan.exchange.incoming.identity import new_ids
from geoplan.exchange.incoming.resolving import NewNames
from geoplan.exchange.sheets.reading import Records
from geoplan.plan.opening import Plan
from geoplan.schema import QUOTE_MAX_CHARS

LICENCE = "未注明 not stated"
_ALIAS_TABLES = {
    "enterprises": ("enterprise_names", "enterprise_id"),
    "platforms": ("platform_names", "platform_id"),
}


@dataclass(frozen=True)
class Origin:
    """The file that a change comes from."""

    file: str
    sha256: str
    facts: Mapping[str, str]
    today: date


def source_id(plan: Plan, origin: Origin) -> str:
    """The id of the file's row in ``sources``: the one it has, or one that follows from it."""
    sources = plan.sources
    known = sources.loc[sources["document_sha256"] == origin.sha256, "id"].dropna()
    return str(known.iloc[0]) if len(known) else f"file-{origin.sha256[:10]}"


def name_firms(
    records: Records, new: NewNames, plan: Plan, directory: Directory
) -> dict[str, tuple[str, int]]:
    """Give ids to firms the plan does not know; id → name and first row."""
    if not new.firms:
        return {}
    frame = pd.DataFrame({"name_zh": [name for name, _ in new.firms.values()]}, dtype=object)
    ids = new_ids("enterprises", frame, set(plan.tables["enterprises"]["id"].dropna()))
    by_key = {f"?{key}": one for key, one in zip(new.firms, ids, strict=True)}
    for name in ("enterprise_id", "parent_id"):
        if name in records.texts:
            records.texts[name] = [by_key.get(text, text) for text in records.texts[name]]
    firms = dict(zip(ids, new.firms.values(), strict=True))
    for key, (name, _) in firms.items():
        directory.name("enterprises", key, name)
    return firms


def _citation(records: Records, at: int, text: str, cited: Cited) -> dict[str, str]:
    return {
        "source_id": cited.source_id,
        "locus": f"{records.sheets[at]}/第{records.numbers[at]}行",
        "quote": text[:QUOTE_MAX_CHARS],
        "basis": "read",
    }


def _merge(
    tables: dict[str, TableChange], table: str, rows: Sequence[tuple[Mapping[str, str], int]]
) -> None:
    if not rows:
        return
    more = rows_of(table, [row for row, _ in rows], [number for _, number in rows])
    old = tables.get(table) or TableChange(table, more.iloc[:0])
    added = pd.concat([old.added, more])
    tables[table] = TableChange(table, added, old.changed, old.fields, old.removed, old.unchanged)


def add_firms(
    tables: dict[str, TableChange], records: Records, rows: Sequence[int],
    firms: Mapping[str, tuple[str, int]], cited: Cited,
) -> None:  # fmt: skip
    """Rows for the new firms that the rows taken name, and for the strings that name them."""
    used = {
        text
        for name in ("enterprise_id", "parent_id")
        for text, row in zip(records.texts.get(name, []), rows, strict=False)
        if row >= 0
    }
    firm_rows: list[tuple[Mapping[str, str], int]] = []
    name_rows: list[tuple[Mapping[str, str], int]] = []
    for key, (name, at) in firms.items():
        if key not in used:
            continue
        citation, number = _citation(records, at, name, cited), int(records.numbers[at])
        firm_rows.append(({"id": key, "name_zh": name, **citation}, number))
        full = {"enterprise_id": key, "name_zh": name, "name_basis": "full"}
        name_rows.append((full | citation, number))
    _merge(tables, "enterprises", firm_rows)
    _merge(tables, "enterprise_names", name_rows)


def add_aliases(
    tables: dict[str, TableChange], records: Records, rows: Sequence[int], ids: Mapping[int, str],
    new: NewNames, directory: Directory, cited: Cited,
) -> None:  # fmt: skip
    """New firms and platforms get their names listed; confirmed spellings are remembered."""
    for table, (alias_table, column) in _ALIAS_TABLES.items():
        found: list[tuple[dict[str, str], int]] = []
        for text, (key, said_at) in new.aliases.get(table, {}).items():
            at = next((at for at in said_at if rows[at] >= 0), None)
            if at is None:
                continue
            alias = {
                column: key,
                "name_zh": text,
                "name_basis": "variant",
                "note": "导入时由人确认",
            }
            found.append((_citation(records, at, text, cited) | alias, int(records.numbers[at])))
        if records.table == table:
            for at, row in enumerate(rows):
                if row == 0:
                    name = records.text(at, "name_zh")
                    full = {column: ids[at], "name_zh": name, "name_basis": "full"}
                    found.append(
                        (_citation(records, at, name, cited) | full, int(records.numbers[at]))
                    )
            found += _renamed(records, rows, ids, directory, cited)
        unique = {row["name_zh"]: (row, number) for row, number in found}
        _merge(tables, alias_table, list(unique.values()))


def _renamed(
    records: Records,
    rows: Sequence[int],
    ids: Mapping[int, str],
    directory: Directory,
    cited: Cited,
) -> list[tuple[dict[str, str], int]]:
    """Names under which a person recognised a thing that the plan calls otherwise."""
    table = records.table
    found = []
    for at, row in enumerate(rows):
        name = records.text(at, "name_zh")
        if row > 0 and name and not directory.find(table, name).ids:
            alias = {"name_zh": name, "name_basis": "variant", _ALIAS_TABLES[table][1]: ids[at]}
            found.append((alias | _citation(records, at, name, cited), int(records.numbers[at])))
    return found


def add_source(tables: dict[str, TableChange], plan: Plan, origin: Origin, key: str) -> None:
    """A row for the file itself, once anything is taken from it."""
    if all(change.is_empty for change in tables.values()):
        return
    if key in set(plan.sources["id"].dropna()):
        return
    _add_file(tables, origin, key)


def _add_file(tables: dict[str, TableChange], origin: Origin, key: str) -> None:
    facts = {name: value for name, value in origin.facts.items() if value}
    title = facts.pop("title_zh", "") or Path(origin.file).stem
    row = {
        "id": key, "kind": "dataset", "title_zh": title, "licence": LICENCE,
        "accessed": origin.today.isoformat(), "document_sha256": origin.sha256,
        "note": f"导入自文件 {origin.file}",
    }  # fmt: skip
    _merge(tables, "sources", [(row | facts, 0)])


def sources_change(plan: Plan, origin: Origin, key: str) -> dict[str, TableChange]:
    """The change to ``sources`` that goes with a change elsewhere."""
    if key in set(plan.sources["id"].dropna()):
        return {}
    tables: dict[str, TableChange] = {}
    _add_file(tables, origin, key)
    return tables
