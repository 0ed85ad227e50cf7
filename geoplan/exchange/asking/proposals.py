"""A change to a plan that nobody has made yet: to be looked at, confirmed, then applied."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from geoplan.exchange.asking.findings import Question
from geoplan.exchange.asking.remarks import Remark
from geoplan.plan.problems import Both, Language
from geoplan.plan.tables import file_of
from geoplan.schema import TABLES

_LISTED = 200
_NAMED = 5


@dataclass(frozen=True)
class Mapped:
    """How one column of the file was read; ``field`` is empty where it was not."""

    title: str
    field: str
    unit: str = ""
    how: str = "title"


@dataclass(frozen=True)
class FieldChange:
    """One cell of the plan that would change.

    ``row`` is its row in the plan's table, ``source_row`` that of the file.
    """

    row: int
    id: str
    field: str
    old: str
    new: str
    source_row: int = 0

    def as_dict(self) -> dict[str, object]:
        """The change as JSON knows it."""
        return {
            "row": self.row, "id": self.id, "field": self.field, "old": self.old,
            "new": self.new, "source_row": self.source_row,
        }  # fmt: skip


@dataclass(frozen=True)
class TableChange:
    """What would change in one table.

    Attributes
    ----------
    added :
        New rows as texts, with the table's columns; the index is the row in
        the file.
    changed :
        Row of the plan's table → column → new text; with the citation that
        goes with it.
    fields :
        The same for people, without the citations.
    removed :
        Rows of the plan's table that would go.
    """

    table: str
    added: pd.DataFrame
    changed: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    fields: tuple[FieldChange, ...] = ()
    removed: tuple[int, ...] = ()
    unchanged: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not len(self.added) and not self.changed and not self.removed


@dataclass(frozen=True)
class LayerChange:
    """What would change in one layer; ``files`` holds the new content of its files."""

    name: str
    files: Mapping[str, bytes]
    added: tuple[str, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    moved: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not self.files


@dataclass(frozen=True)
class Proposal:
    """All that importing a file would do, and all there is to say about it.

    Nothing is written before :func:`geoplan.exchange.incoming.applying.apply`.

    Attributes
    ----------
    target :
        Table, or ``layer:NAME``.
    before :
        File of the plan → SHA-256 of its content when the proposal was made;
        empty for a file that was not there.
    waiting :
        How many rows wait for an answer.
    """

    file: str
    sha256: str
    target: str
    source_id: str = ""
    form: str = ""
    mapping: tuple[Mapped, ...] = ()
    tables: Mapping[str, TableChange] = field(default_factory=dict)
    layers: Mapping[str, LayerChange] = field(default_factory=dict)
    refused: tuple[Remark, ...] = ()
    skipped: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
    questions: tuple[Question, ...] = ()
    waiting: int = 0
    rows: int = 0
    before: Mapping[str, str] = field(default_factory=dict)

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """The questions that rows wait for."""
        return tuple(q for q in self.questions if q.is_blocking)

    @property
    def is_empty(self) -> bool:
        """Whether applying it would change nothing."""
        return all(change.is_empty for change in self.tables.values()) and all(
            change.is_empty for change in self.layers.values()
        )

    @property
    def digest(self) -> str:
        """A short name of exactly this change, to be sure that what was shown is applied."""
        parts: list[object] = [self.sha256, self.target, sorted(self.before.items())]
        for name, table in sorted(self.tables.items()):
            changed = sorted((row, sorted(cells.items())) for row, cells in table.changed.items())
            added = table.added.drop(columns=[c for c in ("accessed",) if c in table.added])
            text = added.to_csv(index=False, lineterminator="\n")
            parts += [name, text, changed, list(table.removed)]
        for name, layer in sorted(self.layers.items()):
            hashes = {f: hashlib.sha256(b).hexdigest() for f, b in sorted(layer.files.items())}
            parts += [name, hashes]
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def counts(self) -> dict[str, int]:
        """Rows taken, changed, unchanged, refused, waiting, of the target alone."""
        table = self.tables.get(self.target)
        layer = next(iter(self.layers.values()), None)
        taken = changed = unchanged = removed = 0
        if table is not None:
            taken, changed = len(table.added), len(table.changed)
            unchanged, removed = table.unchanged, len(table.removed)
        elif layer is not None:
            moved = {change.id for change in layer.fields} | set(layer.moved)
            taken, changed = len(layer.added), len(moved)
            unchanged, removed = layer.unchanged, len(layer.removed)
        return {
            "rows": self.rows, "taken": taken, "changed": changed, "unchanged": unchanged,
            "removed": removed, "refused": len({(r.sheet, r.row) for r in self.refused}),
            "waiting": self.waiting,
        }  # fmt: skip

    def summary(self, language: Language = "en") -> str:
        """The proposal in a few lines."""
        return "\n".join(_lines(self, language))

    def as_dict(self, most: int = _LISTED) -> dict[str, object]:
        """The proposal as JSON knows it; of long lists the first ``most`` entries."""
        return {
            "file": self.file, "sha256": self.sha256, "target": self.target, "form": self.form,
            "source_id": self.source_id, "digest": self.digest, "counts": self.counts(),
            "mapping": [vars(mapped) for mapped in self.mapping],
            "tables": {
                name: {
                    "added": [
                        {"row": int(str(row)), **{k: v for k, v in record.items() if v}}
                        for row, record in zip(
                            change.added.index[:most], change.added[:most].to_dict("records"),
                            strict=True,
                        )
                    ],
                    "added_count": len(change.added),
                    "changed": [change.as_dict() for change in change.fields[:most]],
                    "changed_count": len(change.changed),
                    "removed": list(change.removed[:most]),
                    "unchanged_count": change.unchanged,
                }
                for name, change in self.tables.items()
            },
            "layers": {
                name: {
                    "added": list(layer.added[:most]), "added_count": len(layer.added),
                    "changed": [change.as_dict() for change in layer.fields[:most]],
                    "moved": list(layer.moved[:most]), "removed": list(layer.removed[:most]),
                    "unchanged_count": layer.unchanged,
                }
                for name, layer in self.layers.items()
            },
            "refused": [remark.as_dict() for remark in self.refused[:most]],
            "refused_count": len(self.refused),
            "skipped": [remark.as_dict() for remark in self.skipped[:most]],
            "warnings": [remark.as_dict() for remark in self.warnings[:most]],
            "questions": [question.as_dict() for question in self.questions[:most]],
            "questions_count": len(self.questions),
        }  # fmt: skip


def _lines(proposal: Proposal, language: Language) -> list[str]:
    zh = language == "zh"
    counts = proposal.counts()
    said = Both(
        "{file} → {target}：{rows} 行，新增 {taken}，修改 {changed}，不变 {unchanged}，删除 {removed}，"
        "未取 {refused}，待确认 {waiting}",
        "{file} → {target}: {rows} rows, {taken} new, {changed} changed, {unchanged} unchanged, "
        "{removed} removed, {refused} refused, {waiting} waiting",
    )
    lines = [
        said[language].format(
            file=proposal.file, target=_title(proposal.target, language), **counts
        )
    ]
    for name, change in proposal.tables.items():
        if name != proposal.target and not change.is_empty:
            also = Both(
                "另有 {table}：新增 {added}，修改 {changed}",
                "also {table}: {added} new, {changed} changed",
            )
            lines.append(
                "  "
                + also[language].format(
                    table=_title(name, language),
                    added=len(change.added),
                    changed=len(change.changed),
                )
                + _names_of(change, language)
            )
    for change in proposal.tables.values():
        for one in change.fields[:_LISTED]:
            lines.append(
                f"  {file_of(change.table)} {one.id}.{one.field}: {one.old or '∅'} → {one.new or '∅'}"
            )
    for title, remarks in (
        ("未取" if zh else "refused", proposal.refused),
        ("跳过" if zh else "passed over", proposal.skipped),
        ("提示" if zh else "note", proposal.warnings),
    ):
        lines += [f"  [{title}] {remark.message(language)}" for remark in remarks[:_LISTED]]
    for question in proposal.questions[:_LISTED]:
        options = " | ".join(option.value for option in question.options[:8])
        mark = "?" if question.is_blocking else "·"
        lines.append(
            f"  {mark} {question.id}: {question.asked[language]} [{options}] → {question.proposed}"
        )
    return lines


def _names_of(change: TableChange, language: Language) -> str:
    """The first of what is new, by name, where it has one."""
    if "name_zh" not in change.added or change.added.empty:
        return ""
    zh = language == "zh"
    names = change.added["name_zh"].astype(str).tolist()
    more = len(names) - _NAMED
    listed = ("、" if zh else ", ").join(names[:_NAMED])
    rest = "…" if more > 0 else ""
    return f"（{listed}{rest}）" if zh else f" ({listed}{rest})"


def _title(target: str, language: Language) -> str:
    table = TABLES.get(target)
    return target if table is None or language == "en" else table.zh


def hash_of(path: Path) -> str:
    """SHA-256 of a file's content, or an empty text where there is no file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
