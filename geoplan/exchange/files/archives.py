"""Archives that may come from anybody: looked through before anything is unpacked."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from geoplan.exchange.asking.remarks import RefusedFileError, refused

MOST_FILE_BYTES = 200_000_000
"""A larger upload is not looked at."""

_MOST_ENTRIES = 2_000
_MOST_TOTAL_BYTES = 600_000_000
_MOST_RATIO = 200
_RATIO_FROM_BYTES = 10_000_000
_ARCHIVES = (".zip", ".kmz", ".xlsx", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz")
_LITTER = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Archive:
    """An archive found harmless: member name → how to read it."""

    file: str
    members: dict[str, zipfile.ZipInfo]
    source: zipfile.ZipFile

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A member as a stream; a damaged one is refused while it is read."""
        try:
            with self.source.open(self.members[name]) as stream:
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise refused(self.file, "file.damaged", reason=f"{name}: {error}") from error

    def read(self, name: str) -> bytes:
        """The whole of a member."""
        with self.opened(name) as stream:
            return stream.read()


def judge_size(path: Path, file: str) -> None:
    """Refuse a file that is missing, empty or too large to be looked at."""
    if not path.is_file():
        raise refused(file, "file.missing")
    size = path.stat().st_size
    if size == 0:
        raise refused(file, "file.empty")
    if size > MOST_FILE_BYTES:
        raise refused(
            file,
            "file.large",
            found=f"{size / 1e6:,.0f} MB",
            limit=f"{MOST_FILE_BYTES / 1e6:,.0f} MB",
        )


@contextmanager
def opened_archive(path: Path, file: str, *, is_upload: bool = True) -> Iterator[Archive]:
    """Open a ZIP after judging all of it.

    Parameters
    ----------
    is_upload :
        Packed by a person; a spreadsheet may hold archives that nobody reads.

    Raises
    ------
    RefusedFileError
        Paths that leave the archive, links, archives inside, too many or too
        large members, passwords, damage.
    """
    judge_size(path, file)
    try:
        source = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refused(file, "file.damaged", reason=str(error)) from error
    with source:
        infos = source.infolist()
        if len(infos) > _MOST_ENTRIES:
            raise refused(file, "zip.count", found=f"{len(infos):,}", limit=f"{_MOST_ENTRIES:,}")
        members: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = _name(info)
            fault = _fault(file, name, info, is_upload=is_upload)
            if fault is not None:
                raise fault
            if info.is_dir() or name.lower().startswith(_LITTER) or _base(name) in _LITTER:
                continue
            if name in members:
                raise refused(file, "zip.twice", name=name)
            members[name] = info
        _judge_total(path, file, infos)
        yield Archive(file, members, source)


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; Chinese Windows writes GBK and does not say so."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _base(name: str) -> str:
    return PurePosixPath(name).name.lower()


def _fault(
    file: str, name: str, info: zipfile.ZipInfo, *, is_upload: bool
) -> RefusedFileError | None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    drive = len(name) > 1 and name[1] == ":"
    if not parts or name.startswith(("/", "\\")) or drive or ".." in parts or "\0" in name:
        return refused(file, "zip.path", name=name)
    if stat.S_ISLNK(info.external_attr >> 16):
        return refused(file, "zip.link", name=name)
    if info.flag_bits & _ENCRYPTED:
        return refused(file, "zip.encrypted", name=name)
    if is_upload and not name.lower().startswith(_LITTER) and name.lower().endswith(_ARCHIVES):
        return refused(file, "zip.nested", name=name)
    ratio = info.file_size / max(info.compress_size, 1)
    if info.file_size > _RATIO_FROM_BYTES and ratio > _MOST_RATIO:
        return refused(file, "zip.ratio", name=name, found=f"{ratio:,.0f}")
    return None


def _judge_total(path: Path, file: str, infos: list[zipfile.ZipInfo]) -> None:
    if sum(info.file_size for info in infos) > _MOST_TOTAL_BYTES:
        raise refused(file, "zip.total", limit=f"{_MOST_TOTAL_BYTES / 1e6:,.0f} MB")
    # Members that share their bytes unpack to more than they seem to hold.
    if sum(info.compress_size for info in infos) > path.stat().st_size:
        raise refused(file, "file.damaged", reason="overlapping members")
