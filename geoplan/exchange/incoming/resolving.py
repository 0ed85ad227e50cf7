"""Names in a file → ids of the plan: by code, name, alias; what is only similar is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from geoplan.exchange.asking.directory import Directory, Found
from geoplan.exchange.asking.findings import LEAVE, NEW, Findings, Option, Question, row_numbers
from geoplan.exchange.asking.resemblance import name_key
from geoplan.exchange.sheets.assigning import column_of
from geoplan.exchange.sheets.reading import Records
from geoplan.exchange.sheets.titles import fields_of_table
from geoplan.plan.problems import Both
from geoplan.plan.tables import split_list
from geoplan.schema import LIST_SEPARATOR, TABLES, Column

KIND_WORDS: Mapping[str, str] = {
    "enterprises": "firm", "sectors": "sector", "segments": "segment", "platforms": "platform",
    "districts": "district", "wings": "wing", "plans": "plan", "projects": "project",
    "hubs": "hub", "indicators": "figure", "measures": "measure",
}  # fmt: skip
"""Table → the word that begins the ids of questions about its names, and new ids."""

_SUBJECTS = ("sectors", "plans", "districts", "platforms", "segments", "wings", "enterprises",
             "projects", "hubs")  # fmt: skip
_MOST_OPTIONS = 60
_SHOWN_ROWS = 12
_PROPOSED_FROM = 0.7


@dataclass
class NewNames:
    """Firms that the file names and the plan does not know.

    Attributes
    ----------
    firms :
        Name key → (name as written, position of the first row).
    aliases :
        Table → text → id and rows, where a person confirmed the meaning.
    """

    firms: dict[str, tuple[str, int]] = field(default_factory=dict)
    aliases: dict[str, dict[str, tuple[str, list[int]]]] = field(default_factory=dict)


class Resolver:
    """Replaces names by ids, column by column."""

    def __init__(self, records: Records, directory: Directory, findings: Findings) -> None:
        self.records, self.directory, self.findings = records, directory, findings
        self.new = NewNames()
        self._at: dict[str, list[int]] = {}

    def resolve(self) -> NewNames:
        """Resolve every column that refers to another table."""
        for name in list(self.records.texts):
            if name in ("id", "source_id", "subject_id", "position"):
                continue
            column = column_of(self.records.table, name)
            if column.references and column.references not in ("sources", "subject_kind"):
                self._column(name, column)
        if "subject_id" in fields_of_table(self.records.table):
            self._subjects()
        return self.new

    def _column(self, name: str, column: Column) -> None:
        values = self.records.texts[name]
        self._at = {}
        if column.kind == "list":
            for at, value in enumerate(values):
                for part in split_list(value):
                    self._at.setdefault(part, []).append(at)
            ids = self._ids(column, values)
            self.records.texts[name] = [
                LIST_SEPARATOR.join(i for part in split_list(v) if (i := ids.get(part, "")))
                for v in values
            ]
            return
        for at, value in enumerate(values):
            if value:
                self._at.setdefault(value, []).append(at)
        ids = self._ids(column, values)
        self.records.texts[name] = [ids.get(value, "") for value in values]

    def _ids(self, column: Column, values: Sequence[str]) -> dict[str, str]:
        table, unique = column.references, list(self._at)
        found = {text: self._preferred(table, self.directory.find(table, text)) for text in unique}
        ids = {text: one.ids[0] for text, one in found.items() if len(one.ids) == 1}
        usual = self._usual_plan(table, [ids[v] for v in values if v in ids])
        for text, one in found.items():
            if len(one.ids) > 1:
                mine = [i for i in one.ids if usual and self._plan_of(table, i) == usual]
                ids[text] = self._ask(column, text, [(i, 1.0) for i in mine or one.ids])
        if table == "sectors" and usual:
            self._tell_other_plans(ids, usual)
        unknown = [text for text in unique if not found[text].ids]
        if unknown:
            self._unknown(column, unknown, ids)
        return ids

    def _preferred(self, table: str, found: Found) -> Found:
        """Of several districts of one name, that of today's boundaries."""
        if table != "districts" or len(found.ids) < 2 or found.how == "part":
            return found
        for layer in self.directory.plan.layers_of("districts"):
            here = [i for i in found.ids if i in set(layer.frame[layer.key].astype(str))]
            if len(here) == 1:
                return Found(tuple(here), found.how)
        return found

    def _unknown(self, column: Column, unknown: Sequence[str], ids: dict[str, str]) -> None:
        table = column.references
        likenesses = self.directory.near(table, unknown)
        for text in unknown:
            close = likenesses[text]
            if table == "enterprises" and not close:
                self.new.firms.setdefault(name_key(text), (text, int(self._at[text][0])))
                ids[text] = f"?{name_key(text)}"
            elif close or column.required or self._may_choose(table, text):
                ids[text] = self._ask(column, text, close)
            else:
                at = self._at[text]
                self.findings.warn(
                    "name.left", value=text, table=_title(table),
                    rows=row_numbers(self.records.numbers[at].tolist()),
                    answer=f"{KIND_WORDS.get(table, table)}:{text}",
                )  # fmt: skip
                for row in at:
                    self.records.note(
                        row, column.name, f"文件写“{text}”，{_title(table).zh}表中没有"
                    )

    def _may_choose(self, table: str, text: str) -> bool:
        word = KIND_WORDS.get(table, table)
        answers = self.findings.answers
        return f"{word}:{text}" in answers or f"{word}:*" in answers

    def _ask(self, column: Column, text: str, close: Sequence[tuple[str, float]]) -> str:
        table = column.references
        word = KIND_WORDS.get(table, table)
        options = [Option(key, self.directory.label(table, key)) for key, _ in close]
        listed = {option.value for option in options}
        if table == "enterprises":
            options.append(Option(NEW, Both("新企业", "a new firm")))
        elif len(self.directory.ids(table)) <= _MOST_OPTIONS:
            options += [
                Option(key, self.directory.label(table, key))
                for key in self.directory.ids(table)
                if key not in listed
            ]
        if not column.required:
            options.append(Option(LEAVE, Both("留空", "leave it empty")))
        at = self._at[text]
        sure = (
            bool(close)
            and close[0][1] >= _PROPOSED_FROM
            and not (len(close) > 1 and close[0][1] == close[1][1])
        )
        names = "、".join(f"{self.directory.label(table, k).zh}" for k, _ in close[:3])
        english = ", ".join(f"{self.directory.label(table, k).en}" for k, _ in close[:3])
        title = Both(column.zh, column.en)
        answer = self.findings.ask(
            Question(
                f"{word}:{text}",
                Both(
                    f"“{title.zh}”中的“{text}”是哪一个？" + (f"与其相近：{names}" if names else ""),
                    f"Which {title.en} is “{text}”?"
                    + (f" Close to it: {english}" if english else ""),
                ),
                tuple(options),
                close[0][0] if sure else (NEW if table == "enterprises" and not close else ""),
                tuple(self.records.numbers[at][:_SHOWN_ROWS].tolist()),
                len(at),
                is_open_ended=len(self.directory.ids(table)) > _MOST_OPTIONS,
            )
        )
        if answer == LEAVE:
            return ""
        if answer == NEW and table == "enterprises":
            self.new.firms.setdefault(name_key(text), (text, int(at[0])))
            return f"?{name_key(text)}"
        if not answer:
            self.records.is_waiting[at] = True
            return ""
        if answer not in self.directory.ids(table):
            for row in at:
                self._refuse(int(row), column, text)
            return ""
        self.new.aliases.setdefault(table, {})[text] = (answer, at)
        return answer

    def _refuse(self, at: int, column: Column, text: str) -> None:
        table = column.references
        word = KIND_WORDS.get(table, table)
        self.findings.refuse(
            "name.unknown", int(self.records.numbers[at]), column.zh, str(self.records.sheets[at]),
            value=text, table=_title(table), answer=f"{word}:{text}",
        )  # fmt: skip
        self.records.is_refused[at] = True

    def _plan_of(self, table: str, key: str) -> str:
        if table != "sectors":
            return ""
        rows = self.directory.plan.tables["sectors"]
        found = rows.loc[rows["id"] == key, "plan_id"].dropna()
        return str(found.iloc[0]) if len(found) else ""

    def _usual_plan(self, table: str, ids: Sequence[str]) -> str:
        """The plan of whose taxonomy most of the rows' sectors are."""
        if table != "sectors" or not ids:
            return ""
        plans = dict(self.directory.plan.tables["sectors"][["id", "plan_id"]].dropna().to_numpy())
        counted = pd.Series([plans.get(i, "") for i in ids]).value_counts()
        return str(counted.index[0])

    def _tell_other_plans(self, ids: dict[str, str], usual: str) -> None:
        """A sector of another plan's taxonomy stands; its counterpart is shown."""
        links = self.directory.plan.tables["sector_links"]
        titles = self.directory.label
        for text, key in list(ids.items()):
            plan = self._plan_of("sectors", key)
            if not plan or plan == usual:
                continue
            ahead = links[(links["from_sector_id"] == key) & (links["to_plan_id"] == usual)]
            back = links[(links["to_sector_id"] == key) & (links["from_sector_id"].map(
                lambda k: self._plan_of("sectors", str(k))) == usual)]  # fmt: skip
            near = [*ahead["to_sector_id"].dropna(), *back["from_sector_id"].dropna()]
            counterparts = list(dict.fromkeys(near))
            answer = self.findings.answers.get(f"sector:{text}", "")
            if answer in self.directory.ids("sectors"):
                ids[text] = answer
                continue
            named = [titles("sectors", k) for k in counterparts]
            said = Both(
                "、".join(f"{n.zh}({k})" for n, k in zip(named, counterparts, strict=True))
                or "(对照表未列)",
                ", ".join(f"{n.en} ({k})" for n, k in zip(named, counterparts, strict=True))
                or "not in the crosswalk",
            )
            self.findings.warn(
                "name.other_plan", int(self.records.numbers[self._at[text][0]]), value=text,
                plan=titles("plans", plan), usual=titles("plans", usual), counterpart=said,
                answer=f"sector:{text}",
            )  # fmt: skip

    def _subjects(self) -> None:
        """Kind and id of what a figure or location is about."""
        texts = self.records.texts
        if "subject_id" not in texts:
            return
        kinds = texts.get("subject_kind") or [""] * len(self.records)
        column = TABLES[self.records.table].column("subject_id")
        found_kinds, found_ids = [], []
        known: dict[tuple[str, str], tuple[str, str]] = {}
        for at, (kind, text) in enumerate(zip(kinds, texts["subject_id"], strict=True)):
            if (kind, text) not in known:
                known[kind, text] = self._subject(kind, text)
            found_kind, key = known[kind, text]
            if text and not key:
                self._refuse(at, column, text)
            found_kinds.append(found_kind)
            found_ids.append(key)
        texts["subject_kind"], texts["subject_id"] = found_kinds, found_ids

    def _subject(self, kind: str, text: str) -> tuple[str, str]:
        for table in (kind,) if kind else _SUBJECTS:
            found = self._preferred(table, self.directory.find(table, text)) if text else Found()
            if len(found.ids) == 1:
                return table, found.ids[0]
        return kind, ""


def _title(table: str) -> Both:
    if table == "districts":
        return Both("区县", "districts")
    return Both(TABLES[table].zh, table) if table in TABLES else Both(table, table)
