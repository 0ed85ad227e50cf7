"""Changes to several files of a plan at once: all of them or none, whatever happens.

New files are written aside and flushed, then one journal is put in place: from
that moment the change counts. The files are then moved over the old ones; if
the program dies in between, whoever opens the plan next finishes the moves.
The former files are kept in ``.geoplan/history``.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from geoplan.errors import OutputError, UnusablePlanError

try:
    import fcntl
except ImportError:  # pragma: no cover - no such locks on this system
    fcntl = None  # type: ignore[assignment]

FOLDER = ".geoplan"
HISTORY = f"{FOLDER}/history"
_JOURNAL = f"{FOLDER}/journal.json"
_STAGED = f"{FOLDER}/staged"
_LOCK = f"{FOLDER}/lock"
_WAIT_S = 10.0
_POLL_S = 0.05

Watcher = Callable[[str], None]
"""Told the name of each step before it is taken; tests kill the program there."""


class BusyPlanError(OutputError):
    """Somebody else is changing the plan."""


@contextlib.contextmanager
def exclusive(folder: Path, *, wait_s: float = _WAIT_S) -> Iterator[None]:
    """Hold the plan alone; what an interrupted change left is finished first.

    Raises
    ------
    BusyPlanError
        Somebody else held it for longer than ``wait_s``.
    """
    own = folder / FOLDER
    try:
        own.mkdir(exist_ok=True)
        ignored = own / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", "utf-8")
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be changed ({error.strerror})") from error
    try:
        _lock(handle, folder, wait_s, is_shared=False)
        _finish(folder)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def steady(folder: Path, *, wait_s: float = _WAIT_S) -> Iterator[None]:
    """Read a plan that nobody changes meanwhile; an interrupted change is finished first."""
    if (folder / _JOURNAL).is_file():
        with exclusive(folder, wait_s=wait_s):
            pass
    try:
        handle = os.open(folder / _LOCK, os.O_RDONLY)
    except OSError:
        # Never changed by geoplan, or not ours to lock.
        yield
        return
    try:
        _lock(handle, folder, wait_s, is_shared=True)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path, wait_s: float, *, is_shared: bool) -> None:
    if fcntl is None:  # pragma: no cover
        return
    kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() > until:
                raise BusyPlanError(
                    f"{folder}: somebody else is changing this plan; try again in a moment"
                ) from error
            time.sleep(_POLL_S)
        else:
            return


def write_together(
    folder: Path,
    files: Mapping[str, bytes | None],
    record: Mapping[str, Any],
    *,
    watch: Watcher = lambda _: None,
) -> str:
    """Replace files of a plan as one change; call it inside :func:`exclusive`.

    Parameters
    ----------
    files :
        Path inside the plan's folder → new content; ``None`` removes the file.
    record :
        What the history says of the change, as JSON knows it.

    Returns
    -------
    str
        Name of the entry in the history.

    Raises
    ------
    OutputError
        The new files could not be written; nothing has changed.
    """
    name = _entry_name(folder)
    staged = folder / _STAGED / name
    steps: list[dict[str, str]] = []
    try:
        watch("stage")
        _stage(folder, staged, name, files, record, steps, watch)
        watch("journal")
        _write_flushed(folder / f"{_JOURNAL}.new", json.dumps(steps).encode())
        (folder / f"{_JOURNAL}.new").replace(folder / _JOURNAL)
        _flush_folder(folder / FOLDER)
    except OSError as error:
        shutil.rmtree(staged, ignore_errors=True)
        raise OutputError(f"{folder}: cannot be written ({error.strerror})") from error
    _carry_out(folder, steps, watch)
    return name


def history(folder: Path) -> list[dict[str, Any]]:
    """The changes made by geoplan, oldest first; each with its ``name``."""
    entries = []
    for path in sorted((folder / HISTORY).glob("*/manifest.json")):
        entries.append({**json.loads(path.read_text("utf-8")), "name": path.parent.name})
    return entries


def former(folder: Path, name: str, file: str) -> bytes | None:
    """Content of a file before a change of the history; ``None`` if it was not there."""
    path = folder / HISTORY / name / "before" / file
    return path.read_bytes() if path.is_file() else None


def former_states(folder: Path) -> Iterator[dict[str, str]]:
    """What the plan was before each change, latest first: file → SHA-256 of its content.

    The first is the plan as it is. Files that geoplan did not change count as
    they are now.
    """
    state = {
        path.relative_to(folder).as_posix(): sha256_of(path.read_bytes())
        for path in (*folder.glob("*.toml"), *folder.glob("data/*"), *folder.glob("layers/*"))
        if path.is_file()
    }
    yield dict(state)
    for entry in reversed(history(folder)):
        for file, facts in entry["files"].items():
            state.pop(file, None)
            if facts["before"]:
                state[file] = facts["before"]
        yield dict(state)


def contents_by_sha256(folder: Path) -> dict[str, Path]:
    """Every content of a file that the plan has or had: SHA-256 → where it is."""
    found = {}
    for pattern in ("*.toml", "data/*", "layers/*", f"{HISTORY}/*/before/**/*"):
        for path in folder.glob(pattern):
            if path.is_file():
                found[sha256_of(path.read_bytes())] = path
    return found


def sha256_of(content: bytes | None) -> str:
    """SHA-256 of a content; empty for a file that is not there."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _entry_name(folder: Path) -> str:
    # The number orders changes even when the clock is set back.
    numbers = [int(p.name[:6]) for p in (folder / HISTORY).glob("[0-9]*") if p.name[:6].isdigit()]
    return f"{max(numbers, default=0) + 1:06d}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def _stage(
    folder: Path, staged: Path, name: str, files: Mapping[str, bytes | None],
    record: Mapping[str, Any], steps: list[dict[str, str]], watch: Watcher,
) -> None:  # fmt: skip
    kept = staged / "history"
    kept.mkdir(parents=True)
    changed = {}
    for number, (file, content) in enumerate(files.items()):
        parts = PurePosixPath(file).parts
        if PurePosixPath(file).is_absolute() or ".." in parts or parts[0] == FOLDER:
            raise OutputError(f"{file}: not a file of the plan")
        before = _content(folder / file)
        changed[file] = {"before": sha256_of(before), "after": sha256_of(content)}
        if before is not None:
            _write_flushed(kept / "before" / file, before)
        if content is None:
            steps.append({"do": "remove", "to": file})
        else:
            watch(f"stage {file}")
            _write_flushed(staged / f"{number}", content)
            steps.append({"do": "move", "from": f"{_STAGED}/{name}/{number}", "to": file})
    manifest = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "files": changed, **record}
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    _write_flushed(kept / "manifest.json", text.encode())
    steps.append({"do": "move", "from": f"{_STAGED}/{name}/history", "to": f"{HISTORY}/{name}"})
    for path in (*kept.rglob("*"), kept, staged, staged.parent):
        if path.is_dir():
            _flush_folder(path)


def _carry_out(folder: Path, steps: list[dict[str, str]], watch: Watcher) -> None:
    """Take the steps of a journal; those taken already do nothing."""
    try:
        for step in steps:
            watch(f"{step['do']} {step['to']}")
            target = folder / step["to"]
            if step["do"] == "remove":
                target.unlink(missing_ok=True)
            elif (folder / step["from"]).exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                (folder / step["from"]).rename(target)
            if target.parent.is_dir():
                _flush_folder(target.parent)
        watch("unjournal")
        (folder / _JOURNAL).unlink(missing_ok=True)
        _flush_folder(folder / FOLDER)
        watch("clean")
        shutil.rmtree(folder / _STAGED, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: the change was interrupted ({error.strerror}); it is finished when the "
            "plan is opened again"
        ) from error


def _finish(folder: Path) -> None:
    """Finish a change whose journal is there, drop one whose journal is not."""
    journal = folder / _JOURNAL
    if journal.is_file():
        try:
            steps = json.loads(journal.read_text("utf-8"))
        except ValueError as error:
            raise UnusablePlanError(
                f"{journal}: damaged; restore the plan from {folder / HISTORY} or a backup, then "
                "delete this file"
            ) from error
        _carry_out(folder, steps, lambda _: None)
    elif (folder / _STAGED).is_dir():
        shutil.rmtree(folder / _STAGED, ignore_errors=True)


def _write_flushed(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # pragma: no cover - folders cannot be opened on this system
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
