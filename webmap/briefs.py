"""Briefs that a link reopens: one small file each, named by its content.

They lie in a workspace outside the plan, which is never written to. A disk
that cannot be written to costs the links, not the page.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from geoplan.errors import GeoplanError

ID = re.compile(r"[0-9a-f]{16}")
MOST_BRIEFS = 2_000
MOST_BYTES = 200 * 2**20
LARGEST = 6 * 2**20


class UnkeptBriefError(GeoplanError):
    """A brief cannot be kept: there is no room for it, or no right to write."""


def identity(brief: Mapping[str, Any]) -> str:
    """Name of a brief: the beginning of the hash of its content, whatever the order of keys.

    Examples
    --------
    >>> identity({"a": 1, "b": 2}) == identity({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(_canonical(brief)).hexdigest()[:16]


def _canonical(brief: Mapping[str, Any]) -> bytes:
    return orjson.dumps(brief, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True)
class BriefStore:
    """The saved briefs of one plan.

    Attributes
    ----------
    folder :
        Made when the first brief is saved.
    most, most_bytes :
        What all briefs together may be; those used longest ago make room.
    """

    folder: Path
    most: int = MOST_BRIEFS
    most_bytes: int = MOST_BYTES

    def save(self, brief: Mapping[str, Any]) -> str:
        """Keep a brief and return its name.

        Raises
        ------
        UnkeptBriefError
            It is too large, or the folder cannot be written to.
        """
        body = _canonical(brief)
        name = identity(brief)
        if len(body) > min(LARGEST, self.most_bytes):
            raise UnkeptBriefError(f"{len(body)} bytes are more than {LARGEST}")
        try:
            self._write(self._path(name), body)
        except OSError as error:
            raise UnkeptBriefError(f"{self.folder}: {error.strerror or error}") from error
        return name

    def load(self, name: str) -> dict[str, Any] | None:
        """The brief of a name; ``None`` where there is none (any more)."""
        if not ID.fullmatch(name):
            return None
        path = self._path(name)
        try:
            found = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return None
        with suppress(OSError):
            # What is used stays longest.
            os.utime(path)
        return found if isinstance(found, dict) and identity(found) == name else None

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _write(self, path: Path, body: bytes) -> None:
        # Another request may remove it meanwhile.
        with suppress(FileNotFoundError):
            if path.read_bytes() == body:
                os.utime(path)
                return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, written = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            Path(written).replace(path)
        except BaseException:
            Path(written).unlink(missing_ok=True)
            raise
        self._make_room(path)

    def _make_room(self, keep: Path) -> None:
        held = sorted(self._held(), reverse=True)
        size = count = 0
        for _, bytes_, path in held:
            count, size = count + 1, size + bytes_
            if path != keep and (count > self.most or size > self.most_bytes):
                path.unlink(missing_ok=True)

    def _held(self) -> Iterator[tuple[int, int, Path]]:
        for path in self.folder.glob("*.json"):
            with suppress(FileNotFoundError):
                found = path.stat()
                yield found.st_mtime_ns, found.st_size, path


def workspace(configured: object, plan_id: str) -> Path:
    """Where the briefs of a plan are kept: as configured, else in the user's state folder."""
    if configured:
        return Path(str(configured)).expanduser() / "briefs"
    state = os.environ.get("XDG_STATE_HOME", "")
    root = Path(state) if Path(state).is_absolute() else Path("~/.local/state").expanduser()
    return root / "geoplan" / (re.sub(r"[^\w.-]", "_", plan_id).strip(".") or "plan") / "briefs"
