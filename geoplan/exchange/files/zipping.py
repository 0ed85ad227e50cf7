"""Zip archives whose bytes depend on their content only."""

import shutil
import zipfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

_FIRST_DAY = date(1980, 1, 1)
_LAST_DAY = date(2107, 12, 31)
_LEVEL = 6


def zip_files(path: Path, members: Iterable[tuple[str, Path | bytes]], day: date) -> None:
    """Write files into an archive, in the order given, each with the same day.

    Parameters
    ----------
    members :
        Name inside the archive, and a file or its content.
    """
    stamp = min(max(day, _FIRST_DAY), _LAST_DAY)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, (stamp.year, stamp.month, stamp.day, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            if isinstance(content, bytes):
                archive.writestr(info, content)
                continue
            info.file_size = content.stat().st_size
            with content.open("rb") as source, archive.open(info, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)
