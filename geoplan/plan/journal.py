"""Changes to several files of a plan at once: all of them or none, whatever happens.

New files are written aside and flushed, then one journal is put in place: from
that moment the change counts. The files are then moved over the old ones; if
the program dies in between, whoever reads or changes the plan next finishes
the moves. The former files are kept in ``.geoplan/history``.

Readers first lock nothing, and so work in folders they may not write to: they
read again if a change happened meanwhile.
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
from typing import Any, TypeVar

from geoplan.errors import GeoplanError, OutputError, UnusablePlanError

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

Found = TypeVar("Found")
Step = dict[str, str]
"""``do`` move or remove, ``to`` a file of the plan, ``from`` where its new content lies."""


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
        # Who shares the folder with a group shares the lock, as far as the umask lets him.
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be changed ({error.strerror})") from error
    try:
        _lock(handle, folder, wait_s)
        _finish(folder)
        yield
    finally:
        os.close(handle)


def whole(folder: Path, read: Callable[[], Found], *, wait_s: float = _WAIT_S) -> Found:
    """What ``read`` finds in a plan that nobody changed meanwhile.

    An interrupted change is finished first; after a change that came in
    between ``read`` is called again, while others wait if they can be made to.

    Raises
    ------
    BusyPlanError
        The plan went on changing for longer than ``wait_s``.
    UnusablePlanError
        A change was interrupted half-way, and cannot be finished from here.
    """
    until = time.monotonic() + wait_s
    while True:
        _settle(folder, until)
        before = _entries(folder)
        error: GeoplanError | OSError | None = None
        try:
            found = read()
        except (GeoplanError, OSError) as raised:
            error = raised
        # In this order: a change is in the history before its journal is gone.
        if not (folder / _JOURNAL).exists() and _entries(folder) == before:
            if error is not None:
                raise error
            return found
        if time.monotonic() > until:
            raise _busy(folder)
        if os.access(folder, os.W_OK):
            with exclusive(folder, wait_s=max(0.0, until - time.monotonic())):
                return read()


def _settle(folder: Path, until: float) -> None:
    """Wait for a change that is under way; finish one that was interrupted."""
    journal = folder / _JOURNAL
    while journal.exists():
        try:
            with exclusive(folder, wait_s=max(0.0, until - time.monotonic())):
                pass
        except BusyPlanError:
            raise
        except OutputError as error:
            # Not ours to finish; perhaps somebody who may is at it.
            if time.monotonic() > until:
                raise UnusablePlanError(
                    f"{folder}: a change was interrupted half-way and cannot be finished from "
                    f"here ({error}); open the plan once as somebody who may write to it"
                ) from error
            time.sleep(_POLL_S)


def _entries(folder: Path) -> frozenset[str]:
    try:
        return frozenset(path.name for path in (folder / HISTORY).iterdir())
    except OSError:
        return frozenset()


def _busy(folder: Path) -> BusyPlanError:
    return BusyPlanError(f"{folder}: somebody else is changing this plan; try again in a moment")


def _lock(handle: int, folder: Path, wait_s: float) -> None:
    if fcntl is None:  # pragma: no cover
        return
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() > until:
                raise _busy(folder) from error
            time.sleep(_POLL_S)
        else:
            return


def write_together(
    folder: Path, files: Mapping[str, bytes | None], record: Mapping[str, Any]
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
    try:
        steps = _stage(folder, staged, name, files, record)
        _write_flushed(folder / f"{_JOURNAL}.new", json.dumps(steps).encode())
        (folder / f"{_JOURNAL}.new").replace(folder / _JOURNAL)
        _flush_folder(folder / FOLDER)
        _carry_out(folder, steps)
    except OSError as error:
        _take_back(folder, staged)
        raise OutputError(
            f"{folder}: cannot be written ({error.strerror}); nothing has changed"
        ) from error
    finally:
        if not (folder / _JOURNAL).exists():
            _clear(folder)
    return name


def history(folder: Path) -> list[dict[str, Any]]:
    """The changes made by geoplan, oldest first; each with its ``name``.

    Raises
    ------
    UnusablePlanError
        An entry cannot be read.
    """
    entries = []
    for path in sorted((folder / HISTORY).glob("*/manifest.json")):
        try:
            said = json.loads(path.read_text("utf-8"))
            entries.append({**said, "name": path.parent.name, "files": dict(said["files"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UnusablePlanError(
                f"{path}: damaged; move the folder {path.parent.name} away, and what it kept is "
                "no longer known"
            ) from error
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
    record: Mapping[str, Any],
) -> list[Step]:  # fmt: skip
    """Write everything aside; the steps that then remain."""
    kept = staged / "history"
    kept.mkdir(parents=True)
    steps: list[Step] = []
    changed = {}
    for number, (file, content) in enumerate(files.items()):
        target = _inside(folder, file)
        before = _content(target)
        changed[file] = {"before": sha256_of(before), "after": sha256_of(content)}
        if before is not None:
            _write_flushed(kept / "before" / file, before)
        if content is None:
            steps.append({"do": "remove", "to": file})
            continue
        _write_flushed(staged / f"{number}", content)
        if before is not None:
            (staged / f"{number}").chmod(target.stat().st_mode & 0o777)
        steps.append({"do": "move", "from": f"{_STAGED}/{name}/{number}", "to": file})
    manifest = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "files": changed, **record}
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    _write_flushed(kept / "manifest.json", text.encode())
    steps.append({"do": "move", "from": f"{_STAGED}/{name}/history", "to": f"{HISTORY}/{name}"})
    for path in (*kept.rglob("*"), kept, staged, staged.parent):
        if path.is_dir():
            _flush_folder(path)
    return steps


def _inside(folder: Path, file: str) -> Path:
    """Where a file of the plan lies; a plan from elsewhere cannot point out of its folder."""
    path = PurePosixPath(file)
    is_named_so = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    if not is_named_so or path.parts[0] == FOLDER:
        raise OutputError(f"{file}: not a file of the plan")
    target = folder / path
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise OutputError(
            f"{file}: {path.parent} is a link out of {folder}; put the folder itself there"
        )
    return target


def _carry_out(folder: Path, steps: list[Step]) -> None:
    """Take the steps of a journal, and drop it; steps taken already do nothing."""
    for step in steps:
        target = folder / step["to"]
        if step["do"] == "remove":
            target.unlink(missing_ok=True)
        elif (folder / step["from"]).exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            (folder / step["from"]).rename(target)
        if target.parent.is_dir():
            _flush_folder(target.parent)
    (folder / _JOURNAL).unlink(missing_ok=True)
    # A journal that comes back after a power cut finds its steps taken.
    with contextlib.suppress(OSError):
        _flush_folder(folder / FOLDER)


def _take_back(folder: Path, staged: Path) -> None:
    """Undo the steps of a change that cannot be finished, and forget it.

    At any moment the journal still leads to the whole change, until it is gone.
    """
    try:
        if (folder / _JOURNAL).is_file():
            for step in reversed(_journal(folder)):
                _step_back(folder, staged, step)
            (folder / _JOURNAL).unlink()
            _flush_folder(folder / FOLDER)
    except OSError as error:
        raise OutputError(
            f"{folder}: the change was interrupted ({error.strerror}); it is finished when the "
            "plan is opened again"
        ) from error


def _step_back(folder: Path, staged: Path, step: Step) -> None:
    target, back = folder / step["to"], staged / "back"
    before = staged / "history/before" / step["to"]
    if step["do"] == "move" and (folder / step["from"]).exists():
        return
    if before.is_file():
        # The content first: there may be no room for it.
        shutil.copyfile(before, back)
        if target.exists():
            shutil.copymode(target, back)
    if step["do"] == "move":
        target.rename(folder / step["from"])
    if back.exists():
        back.rename(target)


def _finish(folder: Path) -> None:
    """Finish a change whose journal is there, drop one whose journal is not."""
    if (folder / _JOURNAL).is_file():
        steps = _journal(folder)
        try:
            _carry_out(folder, steps)
        except OSError as error:
            raise OutputError(
                f"{folder}: a change was interrupted half-way and cannot be finished "
                f"({error.filename}: {error.strerror}); remove the cause and open the plan again"
            ) from error
    _clear(folder)


def _journal(folder: Path) -> list[Step]:
    """The steps of the journal, each within the plan's folder."""
    journal = folder / _JOURNAL
    try:
        steps = json.loads(journal.read_text("utf-8"))
        for step in steps:
            _allow(folder, step)
    except (ValueError, TypeError, KeyError, AttributeError, OutputError) as error:
        raise UnusablePlanError(
            f"{journal}: damaged; restore the plan from {folder / HISTORY} or a backup, then "
            "delete this file"
        ) from error
    return list(steps)


def _allow(folder: Path, step: Step) -> None:
    to, source = step["to"], step.get("from", _STAGED)
    into_history = step["do"] == "move" and to.startswith(f"{HISTORY}/") and ".." not in to
    if not into_history:
        _inside(folder, to)
    if step["do"] == "move" and (not source.startswith(f"{_STAGED}/") or ".." in source):
        raise OutputError(f"{source}: not staged")


def _clear(folder: Path) -> None:
    """Remove what a change left aside; what cannot be removed harms nobody."""
    with contextlib.suppress(OSError):
        (folder / f"{_JOURNAL}.new").unlink(missing_ok=True)
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
