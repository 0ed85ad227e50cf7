"""What an import finds on its way: remarks, refusals, questions; and the answers given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from geoplan.exchange.asking.remarks import Remark, refused
from geoplan.plan.problems import Both

NEW = "new"
LEAVE = "leave"
_SHOWN_ROWS = 12


@dataclass(frozen=True)
class Option:
    """One possible answer."""

    value: str
    label: Both


@dataclass(frozen=True)
class Question:
    """Something to confirm before rows are taken.

    Attributes
    ----------
    id :
        Key of the answer: ``datum``, ``firm:NAME``; ``firm:*`` answers all
        of a kind, with an option or with ``accept`` for what is proposed.
    proposed :
        The option geoplan would choose; empty where it would not.
    is_open_ended :
        Whether a value outside the options may be given.
    is_blocking :
        Whether rows wait for the answer; otherwise what is proposed is done.
    """

    id: str
    asked: Both
    options: tuple[Option, ...]
    proposed: str = ""
    rows: tuple[int, ...] = ()
    count: int = 0
    is_open_ended: bool = False
    is_blocking: bool = True

    def as_dict(self) -> dict[str, object]:
        """The question as JSON knows it."""
        return {
            "id": self.id,
            "asked": {"zh": self.asked.zh, "en": self.asked.en},
            "options": [
                {"value": o.value, "zh": o.label.zh, "en": o.label.en} for o in self.options
            ],
            "proposed": self.proposed,
            "rows": list(self.rows[:_SHOWN_ROWS]),
            "count": self.count,
            "open_ended": self.is_open_ended,
            "blocking": self.is_blocking,
        }


@dataclass
class Findings:
    """Gathers what is to be said about one file.

    Attributes
    ----------
    answers :
        Question id → the answer given.
    refused :
        Remarks on rows that are not taken.
    skipped :
        Remarks on rows that are no data: totals, notes, repeated headers.
    """

    file: str
    answers: Mapping[str, str] = field(default_factory=dict)
    warnings: list[Remark] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)
    skipped: list[Remark] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    _positions: dict[str, int] = field(default_factory=dict)

    def ask(self, question: Question) -> str:
        """The answer to a question; empty, and the question noted, while it is open.

        Raises
        ------
        RefusedFileError
            The answer given is none of the options.
        """
        given = self.answers.get(question.id)
        kind, colon, _ = question.id.partition(":")
        if given is None and colon:
            given = self.answers.get(f"{kind}:*")
        if given == "accept":
            given = question.proposed or None
        values = [option.value for option in question.options]
        if given is not None and not question.is_open_ended and given not in values:
            raise refused(
                self.file, "answer.wrong", id=question.id, value=given, known=listed(values)
            )
        if given is None:
            self._note(question)
            return "" if question.is_blocking else question.proposed
        return given

    def _note(self, question: Question) -> None:
        """Keep a question; one that several sheets raise is asked once for all of them."""
        at = self._positions.setdefault(question.id, len(self.questions))
        if at == len(self.questions):
            self.questions.append(question)
            return
        first = self.questions[at]
        rows, count = (*first.rows, *question.rows), first.count + question.count
        self.questions[at] = replace(first, rows=rows[:_SHOWN_ROWS], count=count)

    def told(self) -> tuple[tuple[Remark, ...], tuple[Remark, ...], tuple[Remark, ...]]:
        """What was refused, skipped and noted, each by sheet and row."""
        refused, skipped, noted = (
            tuple(sorted(remarks, key=_place))
            for remarks in (self.refused, self.skipped, self.warnings)
        )
        return refused, skipped, noted

    def warn(
        self, code: str, row: int = 0, column: str = "", sheet: str = "", **of: object
    ) -> None:
        """Note something worth knowing."""
        self.warnings.append(Remark(code, row, column, sheet, of))

    def refuse(
        self, code: str, row: int = 0, column: str = "", sheet: str = "", **of: object
    ) -> None:
        """Note a row that is not taken."""
        self.refused.append(Remark(code, row, column, sheet, of))

    def skip(self, code: str, row: int = 0, sheet: str = "", **of: object) -> None:
        """Note rows that are no data."""
        self.skipped.append(Remark(code, row, "", sheet, of))


def _place(remark: Remark) -> tuple[str, int]:
    return remark.sheet, remark.row


def listed(values: Iterable[object], most: int = 12) -> str:
    """Values as a phrase, the many cut short.

    Examples
    --------
    >>> listed([3, 4, 5, 9]), listed(range(40), 3)
    ('3, 4, 5, 9', '0, 1, 2, … (40)')
    """
    texts = [str(value) for value in values]
    shown = ", ".join(texts[:most])
    return shown if len(texts) <= most else f"{shown}, … ({len(texts)})"


def row_numbers(rows: Sequence[int], most: int = 12) -> str:
    """Row numbers as a phrase, neighbours joined.

    Examples
    --------
    >>> row_numbers([3, 4, 5, 9])
    '3–5, 9'
    """
    spans: list[list[int]] = []
    for row in sorted(rows):
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    return listed([str(a) if a == b else f"{a}–{b}" for a, b in spans], most)
