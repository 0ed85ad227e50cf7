"""A file appears whole or not at all: written aside, then put in its place in one step."""

import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from geoplan.errors import OutputError

_PREFIX = ".geoplan-"


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path to write a file to, which takes the place of ``path`` when all went well.

    The file is made in a hidden folder beside its place, so that putting it
    there is one step: whenever the process is stopped, there is the old file
    or the new one. What a killed process left is cleared away by the next.

    Raises
    ------
    OutputError
        The folder does not exist or cannot be written, or nothing was made.
    """
    if path.is_dir():
        raise OutputError(f"{path}: this is a folder; name a file in it")
    folder = _folder_beside(path)
    made = folder / path.name
    try:
        yield made
        _put(made, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_chunks(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a whole file piece by piece, or nothing; see :func:`replaced`."""
    with replaced(path) as made, made.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)


def _folder_beside(path: Path) -> Path:
    _clear(path.parent)
    try:
        name = tempfile.mkdtemp(dir=path.parent, prefix=f"{_PREFIX}{_machine()}-{os.getpid()}-")
    except OSError as error:
        raise OutputError(f"{path}: cannot write there ({error.strerror})") from error
    return Path(name)


def _put(made: Path, path: Path) -> None:
    if not made.is_file():
        raise OutputError(f"{path}: nothing was written")
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    made.chmod(0o644)
    made.replace(path)


def _clear(folder: Path) -> None:
    """Remove what processes of this machine left here that are no more."""
    try:
        left = list(folder.glob(f"{_PREFIX}{_machine()}-*"))
    except OSError:
        return
    for one in left:
        number = one.name.removeprefix(f"{_PREFIX}{_machine()}-").partition("-")[0]
        if number.isdecimal() and not _is_alive(int(number)):
            shutil.rmtree(one, ignore_errors=True)


def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
