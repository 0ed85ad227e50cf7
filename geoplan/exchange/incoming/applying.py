"""Write a proposal into the plan, as one change that can be taken back."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from geoplan.errors import GeoplanError, QuestionError
from geoplan.exchange.asking.findings import listed
from geoplan.exchange.asking.proposals import Proposal, hash_of
from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.incoming.tabletext import edited
from geoplan.plan.checks import check
from geoplan.plan.journal import (
    BusyPlanError,
    exclusive,
    former,
    history,
    sha256_of,
    write_together,
)
from geoplan.plan.opening import PLAN_FILE, Plan, open_plan
from geoplan.plan.problems import Both, Language, Problem
from geoplan.plan.tables import file_of

_MOST_TRIES = 3
_SHOWN = 5
_WAIT_S = 10.0


@dataclass(frozen=True)
class Applied:
    """What was written.

    Attributes
    ----------
    entry :
        Name of the change in ``.geoplan/history``; empty if nothing changed.
    errors :
        New errors of the plan, where they were forced.
    """

    files: tuple[str, ...] = ()
    entry: str = ""
    errors: tuple[Problem, ...] = ()


def proposed(folder: Path, propose: Callable[[Plan], Proposal]) -> Proposal:
    """What ``propose`` finds on a plan that nobody changed while it was worked out.

    Raises
    ------
    RefusedFileError
        The plan went on changing.
    """
    for _ in range(_MOST_TRIES):
        as_read = {path.relative_to(folder).as_posix(): hash_of(path) for path in _files(folder)}
        proposal = propose(open_plan(folder))
        since = [f for f, sha256 in proposal.before.items() if as_read.get(f, "") != sha256]
        if not since:
            return proposal
    raise refused(proposal.file, "change.stale", files=listed(since))


def _files(folder: Path) -> Iterator[Path]:
    for path in (folder / PLAN_FILE, *folder.glob("data/*"), *folder.glob("layers/*")):
        if path.is_file():
            yield path


def apply(
    proposal: Proposal,
    folder: Path,
    *,
    partial: bool = False,
    force: bool = False,
    today: date | None = None,
    wait_s: float = _WAIT_S,
) -> Applied:
    """Write a proposal; all of it or nothing.

    Parameters
    ----------
    folder :
        The plan's folder, as it was when the proposal was made.
    partial :
        Write although rows wait for answers; those rows are left out.
    force :
        Write although the plan would have new errors.

    Raises
    ------
    RefusedFileError
        Open questions, a plan that changed meanwhile or is being changed, or
        new errors; nothing was written.
    """
    folder = Path(folder)
    if proposal.open_questions and not partial:
        ids = listed(question.id for question in proposal.open_questions)
        count = len(proposal.open_questions)
        raise refused(proposal.file, "change.questions", count=count, ids=ids)
    if proposal.is_empty:
        return Applied()
    try:
        with exclusive(folder, wait_s=wait_s):
            stale = [f for f, sha256 in proposal.before.items() if hash_of(folder / f) != sha256]
            if stale:
                raise refused(proposal.file, "change.stale", files=listed(stale))
            files = contents(proposal, folder)
            errors = new_errors(folder, files, today or date.today())
            if errors and not force:
                sample = Both(_said(errors, "zh"), _said(errors, "en"))
                raise refused(proposal.file, "change.errors", count=len(errors), sample=sample)
            record = {
                "what": "import", "file": proposal.file, "sha256": proposal.sha256,
                "target": proposal.target, "counts": proposal.counts(), "digest": proposal.digest,
            }  # fmt: skip
            entry = write_together(folder, files, record)
    except BusyPlanError as error:
        raise refused(proposal.file, "change.busy") from error
    return Applied(tuple(files), entry, tuple(errors))


def _said(problems: list[Problem], language: Language) -> str:
    return "; ".join(f"{p.place(language)} {p.message(language)}" for p in problems[:_SHOWN])


def contents(proposal: Proposal, folder: Path) -> dict[str, bytes]:
    """The files of the plan that a proposal replaces, with their new content."""
    files = {}
    for table, change in proposal.tables.items():
        if not change.is_empty:
            path = folder / file_of(table)
            files[file_of(table)] = edited(path.read_bytes() if path.is_file() else None, change)
    for layer in proposal.layers.values():
        files |= dict(layer.files)
    return files


def new_errors(folder: Path, files: Mapping[str, bytes | None], today: date) -> list[Problem]:
    """The errors that the plan would have after the change and has not now."""
    after = _errors(folder, files, today)
    # A plan without an error has no new one, and need not be compared.
    before = Counter(map(_sort_of, _errors(folder, {}, today) if after else ()))
    found = []
    for problem in after:
        if before[_sort_of(problem)] > 0:
            before[_sort_of(problem)] -= 1
        else:
            found.append(problem)
    return found


def _sort_of(problem: Problem) -> tuple[str, str, str, str]:
    # Rows move when rows are removed; what is wrong with them does not.
    return problem.code, problem.file, problem.column, str(sorted(problem.details.items()))


def _errors(folder: Path, files: Mapping[str, bytes | None], today: date) -> list[Problem]:
    """The errors of a copy of the plan with some files replaced; unchanged files are linked."""
    with tempfile.TemporaryDirectory(prefix="geoplan-") as temporary:
        copy = Path(temporary)
        for path in _files(folder):
            inside = path.relative_to(folder)
            if inside.as_posix() not in files:
                (copy / inside).parent.mkdir(exist_ok=True)
                (copy / inside).symlink_to(path.resolve())
        for name, content in files.items():
            if content is not None:
                (copy / name).parent.mkdir(exist_ok=True)
                (copy / name).write_bytes(content)
        problems = check(open_plan(copy), today=today)
    return [problem for problem in problems if problem.severity == "error"]


@dataclass(frozen=True)
class Import:
    """One import of a plan's history.

    Attributes
    ----------
    name :
        Its entry in ``.geoplan/history``.
    facts :
        What the history says of it: ``time``, ``file``, ``target``, ``counts`` …
    """

    name: str
    is_undone: bool
    facts: Mapping[str, Any]


def imports(folder: Path) -> list[Import]:
    """The imports of a plan, oldest first, those taken back included."""
    entries = history(Path(folder))
    undone = {name for entry in entries for name in _undone_by(entry)}
    return [Import(e["name"], e["name"] in undone, e) for e in entries if not _undone_by(e)]


def _undone_by(entry: Mapping[str, Any]) -> list[str]:
    said = entry.get("undoes") or []
    return [said] if isinstance(said, str) else list(said)


def undo(folder: Path, *, to: str = "", only: str = "", wait_s: float = _WAIT_S) -> str:
    """Take imports back, as one change: the last that still stands, or more.

    Parameters
    ----------
    to :
        An import of the history: it and all that came after it are taken
        back, so that the plan is as it was before it.
    only :
        Take the last import back if it is this one.

    Returns
    -------
    str
        Name of the import up to which the plan was taken back.

    Raises
    ------
    RefusedFileError
        There is none, its files were changed since, or what they were is not
        known any more; nothing was written.
    UnknownEntryError
        There is no such import, or it was taken back before.
    """
    folder = Path(folder)
    try:
        with exclusive(folder, wait_s=wait_s):
            standing = [one.name for one in imports(folder) if not one.is_undone]
            if to:
                _judge_entry(folder, to, standing)
            if not standing:
                raise refused(str(folder), "change.nothing")
            if only and standing[-1] != only:
                raise UnknownEntryError(f"{only}: it is not the last import that stands")
            name = to or standing[-1]
            files = _as_before(folder, [e for e in history(folder) if e["name"] >= name])
            taken = [one for one in standing if one >= name]
            write_together(folder, files, {"what": "undo", "undoes": taken})
            return name
    except BusyPlanError as error:
        raise refused(str(folder), "change.busy") from error


class UnknownEntryError(QuestionError):
    """There is no import of this name that could be taken back."""


def _judge_entry(folder: Path, name: str, standing: Sequence[str]) -> None:
    if name in standing:
        return
    known = [one.name for one in imports(folder)]
    said = "was taken back before" if name in known else "is no import of this plan"
    choice = f"; choose one of {listed(standing)}" if standing else "; there is none to take back"
    raise UnknownEntryError(f"{folder}: “{name[:80]}” {said}{choice}")


def _as_before(folder: Path, entries: Sequence[Mapping[str, Any]]) -> dict[str, bytes | None]:
    """Content of every file that some changes touched, as it was before the first of them."""
    files: dict[str, bytes | None] = {}
    now: dict[str, str] = {}
    since: set[str] = set()
    lost: set[str] = set()
    for entry in reversed(entries):
        for file, facts in entry["files"].items():
            if now.setdefault(file, hash_of(folder / file)) != facts["after"]:
                since.add(file)
            now[file] = facts["before"]
            files[file] = former(folder, entry["name"], file)
            (lost.add if sha256_of(files[file]) != facts["before"] else lost.discard)(file)
    if since:
        raise refused(str(folder), "change.since", files=listed(sorted(since)))
    if lost:
        raise LostStateError(
            f"{folder}: what {listed(sorted(lost))} held before is no longer in .geoplan/history, "
            "so it cannot be taken back; restore it from a backup"
        )
    return {file: content for file, content in files.items() if now[file] != hash_of(folder / file)}


class LostStateError(GeoplanError):
    """A former state that is not known any more."""
