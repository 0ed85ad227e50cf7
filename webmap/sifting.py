"""The figures and conflicts that a reader of the ledger asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from geoplan.exchange.files.reports import records_of
from geoplan.plan.conflicts import SEVERITIES, Conflict, ConflictSeverity
from geoplan.plan.disagreements import conflicts
from geoplan.plan.ledger import ledger
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from webmap.sentences import Sentence, Sentences, finder, folded

Record = Mapping[str, Any]

FILTERS: Mapping[str, str] = {
    "plan": "plan_id",
    "kind": "subject_kind",
    "basis": "basis",
    "status": "status",
}
"""Parameter of the page → column of the ledger."""

PAGE_ROWS = 2_000
PAGE_CONFLICTS = 150
PAGE_SENTENCES = 600
_ROWS_BYTES = 1_300_000
_ROW_MARKUP_BYTES = 550


def _text(column: str) -> Callable[[Record], Any]:
    return lambda record: (record[column] is None, str(record[column]))


def _number(column: str) -> Callable[[Record], Any]:
    return lambda record: (record[column] is None, -float(record[column] or 0))


SORTS: Mapping[str, Callable[[Record], Any]] = {
    "subject": _text("subject_zh"),
    "measure": _text("measure_zh"),
    # Amounts in different units have no order among themselves.
    "value": lambda record: (str(record["unit"]), _number("value")(record)),
    "year": _number("year"),
}


@dataclass(frozen=True)
class Wanted:
    """What the address of the page asks for."""

    q: str = ""
    plan: str = ""
    kind: str = ""
    basis: str = ""
    status: str = ""
    sort: str = ""
    page: int = 1

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Wanted":
        """From the parameters of a request; what is unknown is passed over."""
        page = query.get("page", "1")
        return cls(
            q=query.get("q", "")[:200].strip(),
            **{name: query.get(name, "")[:200] for name in FILTERS},
            sort=query.get("sort", "") if query.get("sort", "") in SORTS else "",
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        )

    @property
    def narrows(self) -> bool:
        """Whether it asks for less than everything."""
        return bool(self.q or any(getattr(self, name) for name in FILTERS))

    def told(self, disputes: Iterable["Dispute"]) -> list[tuple["Dispute", bool]]:
        """The conflicts, each with whether its words were asked for."""
        holds = finder(self.q)
        return [(dispute, holds(dispute.text)) for dispute in disputes]

    def query(self, lang: str, **changes: object) -> str:
        """The query string that asks for this with some changes."""
        return query_of(replace(self, **changes), lang)  # type: ignore[arg-type]


def query_of(wanted: Wanted, lang: str) -> str:
    """The query string of a wish, without what is not asked."""
    parameters = {name: getattr(wanted, name) for name in ("q", *FILTERS, "sort")}
    given = {name: value for name, value in parameters.items() if value}
    if wanted.page > 1:
        given["page"] = str(wanted.page)
    return "?" + urlencode({**given, "lang": lang})


@dataclass(frozen=True)
class Line:
    """A figure of the ledger, with the text a search looks into."""

    record: Record
    text: str


@dataclass(frozen=True)
class Dispute:
    """A conflict with the sentences it rests on."""

    conflict: Conflict
    sentences: tuple[Sentence, ...]
    text: str
    more: int = 0


_SEARCHED = (
    *("subject_zh", "subject_en", "measure_zh", "measure_en", "unit", "locus", "quote", "note"),
    *("figure_id", "subject_id", "file", "source_id"),
)


def lines_of(plan: Plan) -> list[Line]:
    """Every figure of the ledger, in the plan's order."""
    lines = []
    for record in records_of(ledger(plan)):
        numbers = [str(record[name]) for name in ("value", "year") if record[name] is not None]
        lines.append(Line(record, folded(*(record[name] for name in _SEARCHED), *numbers)))
    return lines


def sifted(lines: Iterable[Line], wanted: Wanted) -> list[tuple[Line, bool]]:
    """The figures in the order asked for, each with whether it was asked for."""
    holds = finder(wanted.q)
    asked = {column: getattr(wanted, name) for name, column in FILTERS.items()}
    marked = [
        (
            line,
            holds(line.text)
            and all(not value or line.record[column] == value for column, value in asked.items()),
        )
        for line in lines
    ]
    if wanted.sort:
        marked.sort(key=lambda one: SORTS[wanted.sort](one[0].record))
    return marked


def rows_per_page(lines: Sequence[Line]) -> int:
    """As many rows as keep the page below two megabytes, by the length of their texts."""
    texts = sum(len(line.text.encode()) for line in lines)
    mean = texts / max(1, len(lines)) + _ROW_MARKUP_BYTES
    return min(PAGE_ROWS, int(_ROWS_BYTES / mean))


def choices(lines: Iterable[Line]) -> dict[str, list[str]]:
    """What each filter can be set to: the values that occur, in order of appearance."""
    found: dict[str, dict[str, None]] = {name: {} for name in FILTERS}
    for line in lines:
        for name, column in FILTERS.items():
            if line.record[column] is not None:
                found[name][str(line.record[column])] = None
    return {name: list(values) for name, values in found.items()}


def disputes_of(plan: Plan) -> list[Dispute]:
    """Every conflict with its sentences, gravest first."""
    sentences = Sentences(plan)
    found = []
    for conflict in conflicts(plan):
        behind = tuple(sentences.of(conflict.evidence))
        told = (conflict.statement, conflict.arithmetic, *(one.about for one in behind))
        texts = [text for both in told for text in (both.zh, both.en)]
        found.append(Dispute(conflict, behind, folded(*texts, *(one.quote for one in behind))))
    return found


def fitted(disputes: Sequence[Dispute]) -> list[Dispute]:
    """As many conflicts, with as many sentences, as one page carries."""
    left, kept = PAGE_SENTENCES, []
    for dispute in disputes[:PAGE_CONFLICTS]:
        shown = dispute.sentences[:left]
        left -= len(shown)
        kept.append(replace(dispute, sentences=shown, more=len(dispute.sentences) - len(shown)))
    return kept


def by_severity(
    marked: Iterable[tuple[Dispute, bool]],
) -> list[tuple[ConflictSeverity, Both, list[tuple[Dispute, bool]]]]:
    """Conflicts under the name of their severity, gravest first."""
    every = list(marked)
    groups = []
    for severity in ("contradiction", "tension", "remark"):
        own = [one for one in every if one[0].conflict.severity == severity]
        if own:
            groups.append((severity, SEVERITIES[severity], own))
    return groups  # type: ignore[return-value]


def conflict_records(disputes: Iterable[Dispute]) -> list[dict[str, Any]]:
    """Conflicts for a download: one row each, the evidence as file and row."""
    return [
        {
            "severity": dispute.conflict.severity,
            "rule": dispute.conflict.rule,
            "statement_zh": dispute.conflict.statement.zh,
            "statement_en": dispute.conflict.statement.en,
            "arithmetic_zh": dispute.conflict.arithmetic.zh,
            "arithmetic_en": dispute.conflict.arithmetic.en,
            "subjects": " ".join(f"{kind}:{key}" for kind, key in dispute.conflict.subjects),
            "evidence": " ".join(f"{one.file}:{one.row}" for one in dispute.sentences),
        }
        for dispute in disputes
    ]
