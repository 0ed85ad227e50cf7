"""Which row of the plan a row of the file is; and ids for those that are new.

A new id is stable: it follows from what the thing is called, not from its
place in the file. It is the slug of the English name where there is one
(``robot-town``), else the kind of thing with ten digits of a checksum of its
name (``project-3fa9c1d20b``); the same file gives the same ids everywhere.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence

import pandas as pd

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.findings import NEW, Findings, Option, Question
from geoplan.exchange.asking.resemblance import name_key, near
from geoplan.exchange.incoming.resolving import KIND_WORDS
from geoplan.exchange.incoming.standing import standing
from geoplan.exchange.sheets.assigning import column_of
from geoplan.exchange.sheets.reading import Records
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import TABLES

NATURAL: Mapping[str, tuple[str, ...]] = {
    "sources": ("title_zh",), "plans": ("title_zh",), "sectors": ("plan_id", "name_zh"),
    "segments": ("sector_id", "name_zh"), "wings": ("plan_id", "name_zh"),
    "platforms": ("name_zh",), "enterprises": ("name_zh",), "hubs": ("name_zh",),
    "projects": ("name_zh", "enterprise_id"),
    "layout": ("wing_id", "district_code", "sector_id", "segment_id", "product_zh"),
    "sector_links": ("from_sector_id", "project_id", "to_plan_id", "to_sector_id", "to_segment_id"),
    "indicators": ("plan_id", "subject_kind", "subject_id", "measure", "kind", "status",
                   "year_start", "year"),
    "measures": ("plan_id", "kind", "title_zh"), "criteria": ("name_zh",), "rules": ("name_zh",),
}  # fmt: skip
"""Table with ids → the columns by which a person would recognise a row."""

_NAMES = ("name_zh", "title_zh", "product_zh")
_ASKED_ALIKE = ("enterprises", "platforms", "projects", "hubs")
_ALIKE_FROM = 0.7
_DIGITS = 10
_LONGEST_SLUG = 80


def key_columns(table: str) -> tuple[str, ...]:
    """The columns by which rows of a table are told apart, other than by id."""
    own = TABLES[table].key
    return NATURAL.get(table, own) if own == ("id",) else own


def identify(records: Records, plan: Plan, directory: Directory, findings: Findings) -> list[int]:
    """Row of the plan's table that each record is; 0 for a new one, -1 where it is left out.

    Writes the ids of known rows into the records. Rows that repeat an earlier
    one are left out if they say the same and refused if they do not.
    """
    one = _Identifier(records, plan, directory, findings)
    found = one.found()
    one.ask_alike(found)
    one.drop_repeated(found)
    if "id" in one.there.texts:
        ids = [
            one.there.text(row, "id") if row > 0 else code
            for row, code in zip(found, one.codes, strict=True)
        ]
        records.texts["id"] = ids
    left_out = records.is_refused | records.is_waiting
    return [-1 if out else row for row, out in zip(found, left_out, strict=True)]


def recognise(records: Records, plan: Plan, required: Sequence[str]) -> None:
    """Mark rows that lack something required but name one row of the plan: they change it.

    By id, or by a name that one row alone has and nothing else contradicts. Writes
    their ids into the records.
    """
    count = len(records)
    blank = [""] * count
    given = [records.texts.get(column, blank) for column in required]
    lacking = [at for at in range(count) if not all(texts[at] for texts in given)]
    if not lacking or not {"id", "name_zh"} <= set(TABLES[records.table].column_names):
        return
    there = standing(plan, records.table)
    by_id = there.by_id()
    by_name: dict[str, list[int]] = {}
    for row, name in zip(there.rows, there.texts["name_zh"], strict=True):
        by_name.setdefault(name_key(name), []).append(row)
    codes = list(records.texts.get("id", blank))
    names = records.texts.get("name_zh", blank)
    others = [c for c in key_columns(records.table) if c != "name_zh" and c in records.texts]
    for at in lacking:
        rows = [by_id[codes[at]]] if codes[at] in by_id else []
        if not codes[at] and names[at]:
            rows = [
                row
                for row in by_name.get(name_key(names[at]), [])
                if all(records.texts[c][at] in ("", there.text(row, c)) for c in others)
            ]
        if len(rows) == 1:
            codes[at] = there.text(rows[0], "id")
            records.is_known[at] = True
    if records.is_known.any():
        records.texts["id"] = codes


class _Identifier:
    def __init__(
        self, records: Records, plan: Plan, directory: Directory, findings: Findings
    ) -> None:
        self.records, self.directory, self.findings = records, directory, findings
        self.there = standing(plan, records.table)
        self.columns = key_columns(records.table)
        self.count = len(records)
        self.said = records.texts
        self.codes: list[str] = self.said.get("id", [""] * self.count)
        self.own = _keys(self.said, self.columns, self.count)

    def found(self) -> list[int]:
        """Row of each record by id, else by what tells rows apart; 0 where there is none."""
        known: dict[tuple[str, ...], list[int]] = {}
        keys = _keys(self.there.texts, self.columns, len(self.there.rows))
        for row, values in zip(self.there.rows, keys, strict=True):
            known.setdefault(values, []).append(row)
        by_id = self.there.by_id()
        # A code that the plan does not know makes a new row, whatever its name.
        return [
            by_id.get(code, 0) if code else self._by_name(at, values, known, by_id)
            for at, (code, values) in enumerate(zip(self.codes, self.own, strict=True))
        ]

    def _by_name(
        self, at: int, values: tuple[str, ...], known: Mapping[tuple[str, ...], list[int]],
        by_id: Mapping[str, int],
    ) -> int:  # fmt: skip
        rows = known.get(values, []) if any(values) else []
        if not rows and self.records.table in ("enterprises", "platforms") and values[0]:
            ids = self.directory.find(self.records.table, self.said["name_zh"][at]).ids
            rows = [by_id[i] for i in ids if i in by_id]
        if len(rows) > 1:
            rows = self._narrowed(at, rows)
        if len(rows) > 1 and not self.records.is_refused[at]:
            said = (
                self.there.text(row, "id") if "id" in self.there.texts else str(row) for row in rows
            )
            self._refuse("row.ambiguous", at, ids=", ".join(said))
        return rows[0] if len(rows) == 1 else 0

    def _narrowed(self, at: int, rows: list[int]) -> list[int]:
        """Of rows with the same name, those that agree in most of what the file says."""
        said = {name: texts[at] for name, texts in self.said.items() if texts[at]}
        agreeing = {
            row: sum(self.there.text(row, n) == t for n, t in said.items() if n in self.there.texts)
            for row in rows
        }
        best = max(agreeing.values())
        return [row for row in rows if agreeing[row] == best]

    def _refuse(self, code: str, at: int, **details: object) -> None:
        records = self.records
        self.findings.refuse(code, int(records.numbers[at]), "", str(records.sheets[at]), **details)
        records.is_refused[at] = True

    def ask_alike(self, found: list[int]) -> None:
        """Ask of new names that resemble one the plan has whether it is the same."""
        records, table = self.records, self.records.table
        if table not in _ASKED_ALIKE or "name_zh" not in self.said:
            return
        left_out = records.is_refused | records.is_waiting
        at_new = [
            a for a in range(self.count) if not found[a] and not left_out[a] and not self.codes[a]
        ]
        names = [self.said["name_zh"][at] for at in at_new]
        known = [
            (row, name)
            for row, name in zip(self.there.rows, self.there.texts["name_zh"], strict=True)
            if name
        ]
        alike = near(names, [name for _, name in known])
        for at, close in zip(at_new, alike, strict=True):
            rows = [known[i][0] for i, score in close if score >= _ALIKE_FROM]
            if table == "projects":
                rows = self._of_the_firm(at, rows)
            if rows:
                self._ask(at, rows, found)

    def _of_the_firm(self, at: int, rows: list[int]) -> list[int]:
        """Projects of the same firm; one of the same name elsewhere is told."""
        firm = self.records.text(at, "enterprise_id")
        name = self.said["name_zh"][at]
        for row in rows:
            if (
                self.there.text(row, "enterprise_id") != firm
                and self.there.text(row, "name_zh") == name
            ):
                self.findings.warn(
                    "row.same_name", int(self.records.numbers[at]), name=name,
                    id=self.there.text(row, "id"),
                )  # fmt: skip
        return [row for row in rows if self.there.text(row, "enterprise_id") == firm]

    def _ask(self, at: int, rows: list[int], found: list[int]) -> None:
        table, name = self.records.table, self.said["name_zh"][at]
        ids = {self.there.text(row, "id"): row for row in rows}
        options = [Option(key, self.directory.label(table, key)) for key in ids]
        answer = self.findings.ask(
            Question(
                f"same:{name}",
                Both(f"“{name}”与已有的“{options[0].label.zh}”是同一个吗？",
                     f"Is “{name}” the same as “{options[0].label.en}”, which the plan has?"),
                (*options, Option(NEW, Both("不是，新增", "no, it is new"))),
                options[0].value, (int(self.records.numbers[at]),), 1,
            )
        )  # fmt: skip
        if not answer:
            self.records.is_waiting[at] = True
        elif answer != NEW:
            found[at] = ids[answer]

    def drop_repeated(self, found: list[int]) -> None:
        """Leave out rows that repeat an earlier one; refuse those that contradict it."""
        records = self.records
        names = [n for n in self.said if n not in records.weak and n != "note"]
        block = list(zip(*(self.said[n] for n in names), strict=True))
        first: dict[object, int] = {}
        for at, values in enumerate(self.own):
            if records.is_refused[at] or records.is_waiting[at]:
                continue
            if not any(values) and not self.codes[at]:
                continue
            key: object = found[at] or (values, self.codes[at])
            before = first.setdefault(key, at)
            if before == at:
                continue
            row = int(records.numbers[before])
            differing = [i for i, name in enumerate(names) if block[at][i] != block[before][i]]
            if not differing:
                self.findings.skip(
                    "row.duplicate", int(records.numbers[at]), str(records.sheets[at]), first=row
                )
                found[at] = -1
                continue
            column = column_of(records.table, names[differing[0]])
            one, other = (block[a][differing[0]] or "∅" for a in (before, at))
            title = Both(column.zh, column.en)
            self._refuse("row.contradicts", at, first=row, title=title, one=one, other=other)


def _keys(
    texts: Mapping[str, Sequence[str]], columns: Sequence[str], count: int
) -> list[tuple[str, ...]]:
    blank = [""] * count
    parts: list[Sequence[str]] = [
        [name_key(text) for text in texts.get(column, blank)]
        if column in _NAMES
        else texts.get(column, blank)
        for column in columns
    ]
    return list(zip(*parts, strict=True)) if parts else []


def new_ids(table: str, frame: pd.DataFrame, taken: set[str]) -> list[str]:
    """Ids for new rows of a table; those that bring one keep it."""
    texts = {str(name): frame[name].tolist() for name in frame}
    blank = [""] * len(frame)
    keys = _keys(texts, key_columns(table), len(frame))
    ids = []
    for code, name, values in zip(
        texts.get("id", blank), texts.get("name_en", blank), keys, strict=True
    ):
        key = code or _slug(name)
        if not key or (not code and key in taken):
            key = _checked_id(KIND_WORDS.get(table, table.removesuffix("s")), values, taken)
        taken.add(key)
        ids.append(key)
    return ids


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_SLUG].strip("-")
    return slug if len(slug) > 2 and re.search("[a-z]", slug) else ""


def _checked_id(kind: str, values: Sequence[str], taken: set[str]) -> str:
    digest = hashlib.sha256("\x1f".join(values).encode()).hexdigest()
    digits = _DIGITS
    while (key := f"{kind}-{digest[:digits]}") in taken:
        digits += 2
    return key
