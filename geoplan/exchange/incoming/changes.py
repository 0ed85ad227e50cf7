"""Records that know which rows they are → what would change in a table, with its citations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoplan.exchange.asking.proposals import FieldChange, TableChange
from geoplan.exchange.incoming.identity import new_ids
from geoplan.exchange.incoming.standing import Standing
from geoplan.exchange.sheets.reading import Records
from geoplan.schema import CITATION_NAMES, QUOTE_MAX_CHARS, TABLES

_NAME_FIELDS = ("name_zh", "title_zh", "measure_zh", "item_zh")
_FIGURE_FIELDS = (
    "investment_wanyuan",
    "area_km2",
    "value",
    "years",
    "year_start",
    "year_end",
    "year",
)
_PLACE_FIELDS = ("district_code", "township_zh", "place_zh", "position", "lon", "lat")


@dataclass(frozen=True)
class Cited:
    """The source that the rows of a file are read from."""

    source_id: str
    known_sources: frozenset[str]

    def citations(
        self, records: Records, at: Sequence[int], table: str = ""
    ) -> list[dict[str, str]]:
        """Where records were read: sheet and row, and the cells' own words.

        Parameters
        ----------
        table :
            Table whose fields the citations are for; the records' own by default.
        """
        columns = frozenset(TABLES[table or records.table].column_names)
        own = [n for n in CITATION_NAMES if records.has(n)] if not table else []
        quotes = _quotes(records, at, _PLACE_FIELDS if table == "locations" else _FIGURE_FIELDS)
        inherited = np.zeros(len(records), dtype=bool)
        for name, is_inherited in records.inherited.items():
            if name in columns:
                inherited |= is_inherited
        numbers, sheets = records.numbers.tolist(), records.sheets.tolist()
        found = []
        for position, quote, is_inherited in zip(
            at, quotes, inherited[list(at)].tolist(), strict=True
        ):
            given = {name: records.texts[name][position] for name in own}
            if given.get("source_id") in self.known_sources:
                basis = given.get("basis") or "read"
                found.append(
                    {name: given.get(name, "") for name in CITATION_NAMES} | {"basis": basis}
                )
                continue
            noted = records.notes.get(position)
            notes = [given["note"]] if given.get("note") else []
            if noted is not None:
                notes += [
                    text for name, texts in noted.items() if name in columns for text in texts
                ]
            found.append({
                "source_id": self.source_id,
                "locus": f"{sheets[position]}/第{numbers[position]}行",
                "quote": quote,
                "basis": "inherited" if is_inherited else "read",
                "note": "；".join(notes),
            })  # fmt: skip
        return found


def _quotes(records: Records, at: Sequence[int], after: Sequence[str]) -> list[str]:
    """The words of the cells that carry each row, at most as long as a quote may be."""
    evidence = records.evidence
    names = next((evidence[n] for n in _NAME_FIELDS if n in evidence), None)
    columns = [evidence[n] for n in after if n in evidence]
    if names is None and not columns:
        columns = list(evidence.values())
    quotes = []
    for position in at:
        rest = " ".join(filter(None, [texts[position] for texts in columns]))[:QUOTE_MAX_CHARS]
        name = names[position] if names is not None else ""
        room = QUOTE_MAX_CHARS - len(rest) - 1
        # A long name keeps its end, as the words next to the figure.
        kept = name if len(name) <= room else (name[-room:] if room > 0 else "")
        quotes.append(f"{kept} {rest}".strip()[:QUOTE_MAX_CHARS])
    return quotes


def table_change(
    records: Records,
    rows: Sequence[int],
    there: Standing,
    cited: Cited,
    *,
    defaults: Mapping[str, str],
    taken_ids: set[str],
) -> tuple[TableChange, dict[int, str]]:
    """What the records would change in their table.

    Parameters
    ----------
    rows :
        Row of the plan's table per record: 0 new, -1 left out.
    defaults :
        Column → text for new rows where the file says nothing.

    Returns
    -------
    tuple
        The change, and position of a record → id, for tables with ids.
    """
    table = TABLES[records.table]
    names = [name for name in table.column_names if records.has(name)]
    added_at = [at for at, row in enumerate(rows) if row == 0]
    added = _added(records, added_at, cited, defaults, taken_ids)
    changed: dict[int, dict[str, str]] = {}
    fields: list[FieldChange] = []
    unchanged = 0
    compared = [n for n in names if n not in CITATION_NAMES and n != "id" and n not in records.weak]
    columns = {name: records.texts[name] for name in compared}
    for at, row in enumerate(rows):
        if row <= 0:
            continue
        new = {
            name: columns[name][at]
            for name in compared
            if columns[name][at]
            and not _same(columns[name][at], there.text(row, name), table.column(name).kind)
        }
        cleared = [n for n in records.cleared.get(at, ()) if n in compared and there.text(row, n)]
        new |= dict.fromkeys(cleared, "")
        if _known_by_another_name(records, at):
            new = {name: text for name, text in new.items() if name not in _NAME_FIELDS}
        if not new:
            unchanged += 1
            continue
        key = there.text(row, "id") if "id" in there.texts else str(row)
        fields += [
            FieldChange(row, key, name, there.text(row, name), text, int(records.numbers[at]))
            for name, text in new.items()
        ]
        changed[row] = (
            new | _new_citation(records, at, cited, there.text(row, "note")) | _bases(new)
        )
    ids = {}
    if "id" in there.texts:
        ids = {at: there.text(row, "id") for at, row in enumerate(rows) if row > 0}
        ids |= dict(zip(added_at, added["id"].tolist(), strict=True))
    change = TableChange(records.table, added, changed, tuple(fields), (), unchanged)
    return change, ids


def _new_citation(records: Records, at: int, cited: Cited, old_note: str) -> dict[str, str]:
    if "source_id" not in TABLES[records.table].column_names:
        return {}
    citation = cited.citations(records, [at])[0]
    notes = [text for text in (old_note, citation["note"]) if text]
    return citation | {"note": "；".join(dict.fromkeys(notes))}


def _bases(new: Mapping[str, str]) -> dict[str, str]:
    """A basis of its own goes with the platform, and with the district."""
    found: dict[str, str] = {}
    if "platform_id" in new:
        found |= {"platform_basis": "read", "platform_note": ""}
    if "district_code" in new:
        found |= {"district_basis": "read"}
    return found


def _known_by_another_name(records: Records, at: int) -> bool:
    """What was found by its name, or an alias, keeps its own; only an id in the file renames it."""
    return not ("id" in records.evidence and bool(records.evidence["id"][at]))


def _same(new: str, old: str, kind: str) -> bool:
    if new == old:
        return True
    if kind == "number" and new and old:
        return abs(float(new) - float(old)) <= 1e-9 * max(1.0, abs(float(old)))
    return False


def _added(
    records: Records,
    at: Sequence[int],
    cited: Cited,
    defaults: Mapping[str, str],
    taken_ids: set[str],
) -> pd.DataFrame:
    table = TABLES[records.table]
    blank = [""] * len(at)
    columns: dict[str, list[str]] = {}
    for name in table.column_names:
        said = records.texts.get(name)
        texts = [said[position] for position in at] if said is not None else blank
        default = defaults.get(name, "")
        columns[name] = [text or default for text in texts] if default else texts
    numbers = [int(records.numbers[position]) for position in at]
    frame = pd.DataFrame(columns, index=numbers, dtype=object)
    if "source_id" in table.column_names:
        citations = cited.citations(records, at)
        for name in CITATION_NAMES:
            frame[name] = [citation[name] for citation in citations]
    if "id" in table.column_names:
        frame["id"] = new_ids(records.table, frame, taken_ids)
    for basis, of in (("platform_basis", "platform_id"), ("district_basis", "district_code")):
        if basis in frame and records.has(of):
            frame[basis] = [
                records.text(position, basis)
                or ("inherited" if records.is_inherited(position, of) else "read")
                if records.text(position, of)
                else ""
                for position in at
            ]
    return frame


def rows_of(
    table: str, records: Sequence[Mapping[str, str]], numbers: Sequence[int]
) -> pd.DataFrame:
    """Rows given as mappings, as the texts of a table."""
    names = TABLES[table].column_names
    return pd.DataFrame(
        {name: [record.get(name, "") for record in records] for name in names},
        index=list(numbers),
        dtype=object,
    )
