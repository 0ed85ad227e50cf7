"""Write a proposal into the plan, as one change that can be taken back."""

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from geoplan.exchange.findings import listed
from geoplan.exchange.proposals import Proposal, hash_of
from geoplan.exchange.remarks import refused
from geoplan.exchange.tabletext import edited
from geoplan.plan.checks import check
from geoplan.plan.journal import (
    BusyPlanError,
    Watcher,
    exclusive,
    former,
    history,
    write_together,
)
from geoplan.plan.opening import PLAN_FILE, open_plan
from geoplan.plan.problems import Both, Language, Problem
from geoplan.plan.tables import file_of

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


def apply(
    proposal: Proposal,
    folder: Path,
    *,
    partial: bool = False,
    force: bool = False,
    today: date | None = None,
    wait_s: float = _WAIT_S,
    watch: Watcher = lambda _: None,
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
            entry = write_together(folder, files, record, watch=watch)
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
    before = Counter(map(_sort_of, _errors(folder, {}, today)))
    found = []
    for problem in _errors(folder, files, today):
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
        for path in (folder / PLAN_FILE, *folder.glob("data/*"), *folder.glob("layers/*")):
            inside = path.relative_to(folder)
            if path.is_file() and inside.as_posix() not in files:
                (copy / inside).parent.mkdir(exist_ok=True)
                (copy / inside).symlink_to(path.resolve())
        for name, content in files.items():
            if content is not None:
                (copy / name).parent.mkdir(exist_ok=True)
                (copy / name).write_bytes(content)
        problems = check(open_plan(copy), today=today)
    return [problem for problem in problems if problem.severity == "error"]


def undo(folder: Path, *, wait_s: float = _WAIT_S, watch: Watcher = lambda _: None) -> str:
    """Take back the last import that still stands; its name in the history.

    Raises
    ------
    RefusedFileError
        There is none, or its files were changed since.
    """
    folder = Path(folder)
    try:
        with exclusive(folder, wait_s=wait_s):
            entries = history(folder)
            undone = {entry.get("undoes") for entry in entries}
            standing = [e for e in entries if e["name"] not in undone and not e.get("undoes")]
            if not standing:
                raise refused(str(folder), "change.nothing")
            last = standing[-1]
            since = [
                f for f, facts in last["files"].items() if hash_of(folder / f) != facts["after"]
            ]
            if since:
                raise refused(str(folder), "change.since", files=listed(since))
            name = str(last["name"])
            files = {file: former(folder, name, file) for file in last["files"]}
            write_together(folder, files, {"what": "undo", "undoes": name}, watch=watch)
            return name
    except BusyPlanError as error:
        raise refused(str(folder), "change.busy") from error
