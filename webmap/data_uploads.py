"""Files that visitors send: in a bounded area, under names nobody can guess, for a short time.

Nothing of a name that came from outside is used as a path.
"""

import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from geoplan.errors import GeoplanError
from webmap.data_work import CHANGE, PROGRESS, RESULT, put

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
LARGEST = 50 * 2**20
MOST_UPLOADS = 40
MOST_BYTES = 600 * 2**20
KEPT_S = 2 * 3600.0
_LONGEST_NAME = 120
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
_FACTS, _STATE, _CANCEL = "facts.json", "state.json", "cancel"


class TooLargeError(GeoplanError):
    """A file larger than the area takes."""


class NoRoomError(GeoplanError):
    """The area is full, or cannot be written to."""


def plain_name(name: str) -> str:
    r"""What a file is called, without the folders it came from and without control characters.

    Examples
    --------
    >>> plain_name("..\\..\\a/../../表<b>.xlsx"), plain_name("/"), plain_name("a\x00\nb.csv")
    ('表<b>.xlsx', 'upload', 'ab.csv')
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    return shown[-_LONGEST_NAME:] or "upload"


@dataclass(frozen=True)
class Upload:
    """One file that was sent, and what has become of it."""

    folder: Path

    @property
    def token(self) -> str:
        """Its name in addresses."""
        return self.folder.name

    @property
    def facts(self) -> dict[str, Any]:
        """``name``, ``size`` and ``content`` (the file in the folder)."""
        return _read(self.folder / _FACTS) or {}

    @property
    def has_content(self) -> bool:
        """Whether the file itself is still there."""
        content = self.facts.get("content")
        return bool(content) and (self.folder / str(content)).is_file()

    def state(self) -> dict[str, Any]:
        """What it is doing: ``state``, ``what``, and since when this was said."""
        found = _read(self.folder / _STATE) or {"state": "received"}
        heard = [0.0]
        for name in (_STATE, PROGRESS):
            with suppress(OSError):
                heard.append((self.folder / name).stat().st_mtime)
        found["silent_s"] = time.time() - max(heard)
        return found

    def tell(self, **said: Any) -> None:
        """Say what it is doing; nothing where it was removed meanwhile."""
        with suppress(FileNotFoundError):
            put(self.folder / _STATE, orjson.dumps(said))

    def progress(self) -> dict[str, Any]:
        """How far the work is."""
        return _read(self.folder / PROGRESS) or {}

    def result(self) -> dict[str, Any] | None:
        """What the last work found."""
        return _read(self.folder / RESULT)

    def order(self, name: str) -> dict[str, Any] | None:
        """An order that was kept under a name."""
        return _read(self.folder / f"order-{name}.json")

    def keep_order(self, name: str, order: dict[str, Any]) -> None:
        """Keep what was asked for."""
        put(self.folder / f"order-{name}.json", orjson.dumps(order))

    def begin(self) -> None:
        """Clear away what the last work found."""
        for name in (PROGRESS, RESULT, _CANCEL):
            (self.folder / name).unlink(missing_ok=True)

    def change(self) -> bytes | None:
        """The archive of changed files; ``None`` where nothing would change."""
        try:
            return (self.folder / CHANGE).read_bytes()
        except OSError:
            return None

    def cancel(self) -> None:
        """Ask the work to stop."""
        with suppress(OSError):
            (self.folder / _CANCEL).touch()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop, or removed."""
        return (self.folder / _CANCEL).exists() or not self.folder.is_dir()

    def drop_content(self) -> None:
        """Forget the file and what would have changed; what was done with it stays known."""
        for name in (str(self.facts.get("content") or "content"), CHANGE):
            (self.folder / name).unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class UploadStore:
    """All uploads of one plan.

    Attributes
    ----------
    folder :
        Shared by the processes of a server.
    largest :
        Bytes of one file.
    most, most_bytes :
        Of all files together; the oldest make room.
    kept_s :
        Seconds after which an upload is removed.
    """

    folder: Path
    largest: int = LARGEST
    most: int = MOST_UPLOADS
    most_bytes: int = MOST_BYTES
    kept_s: float = KEPT_S

    def receive(self, name: str, chunks: Iterable[bytes]) -> Upload:
        """Take in a file piece by piece.

        Raises
        ------
        TooLargeError
            It is larger than allowed; nothing of it is kept.
        NoRoomError
            The area cannot be written to.
        """
        shown = plain_name(name)
        ending = Path(shown).suffix.lower()
        content = "content" + (ending if _ENDING.fullmatch(ending) else "")
        upload = Upload(self.folder / secrets.token_urlsafe(16))
        try:
            self.clear()
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            upload.folder.mkdir(mode=0o700)
            size = self._write(upload.folder / content, chunks)
            facts = {"name": shown, "size": size, "content": content}
            put(upload.folder / _FACTS, orjson.dumps(facts))
        except TooLargeError:
            upload.remove()
            raise
        except OSError as error:
            upload.remove()
            raise NoRoomError(f"{self.folder}: {error.strerror or error}") from error
        except BaseException:
            upload.remove()
            raise
        return upload

    def _write(self, path: Path, chunks: Iterable[bytes]) -> int:
        size = 0
        with path.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > self.largest:
                    raise TooLargeError(f"more than {self.largest} bytes")
                file.write(chunk)
        return size

    def find(self, token: str) -> Upload | None:
        """The upload of a name; ``None`` where there is none (any more)."""
        if not TOKEN.fullmatch(token):
            return None
        upload = Upload(self.folder / token)
        return upload if (upload.folder / _FACTS).is_file() else None

    def clear(self) -> None:
        """Remove what is too old, and the oldest of what is too much."""
        held = sorted(self._held(), reverse=True)
        now, size = time.time(), 0
        for count, (since, bytes_, folder) in enumerate(held, 1):
            size += bytes_
            # Room for the one that is coming.
            is_much = count >= self.most or size > self.most_bytes - self.largest
            if now - since > self.kept_s or is_much:
                shutil.rmtree(folder, ignore_errors=True)

    def _held(self) -> Iterator[tuple[float, int, Path]]:
        for folder in self.folder.glob("*"):
            with suppress(OSError):
                if folder.is_dir() and TOKEN.fullmatch(folder.name):
                    sizes = [path.stat().st_size for path in folder.iterdir()]
                    yield folder.stat().st_mtime, sum(sizes), folder


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None
