"""Copy the browser files of the pinned npm packages to where they are served.

Run in this folder ``npm ci --ignore-scripts``, which checks each package
against the hash in the lock file, then ``python -m webmap.vendor``.
"""

import shutil
import sys
from pathlib import Path

FILES = (
    "d3/LICENSE",
    "d3/d3.min.js",
    "jquery/LICENSE.txt",
    "jquery/dist/jquery.min.js",
    "leaflet/LICENSE",
    "leaflet/dist/leaflet.css",
    "leaflet/dist/leaflet.js",
    "leaflet/dist/images/layers-2x.png",
    "leaflet/dist/images/layers.png",
    "leaflet/dist/images/marker-icon-2x.png",
    "leaflet/dist/images/marker-icon.png",
    "leaflet/dist/images/marker-shadow.png",
)
_HERE = Path(__file__).resolve().parent
PACKAGES = _HERE / "node_modules"
VENDOR = _HERE / "static" / "vendor"


def copy_files(packages: Path, vendor: Path) -> None:
    """Fill a folder with exactly the files that pages use.

    Parameters
    ----------
    packages :
        The ``node_modules`` that npm has installed.
    vendor :
        The folder to fill; what it held before is removed.

    Raises
    ------
    FileNotFoundError
        A package or one of its files is absent; nothing has been changed.
    """
    absent = [name for name in FILES if not (packages / name).is_file()]
    if absent:
        raise FileNotFoundError(
            f"{packages}: {', '.join(absent)} not found; run `npm ci --ignore-scripts` in {_HERE}"
        )
    shutil.rmtree(vendor, ignore_errors=True)
    for name in FILES:
        target = vendor / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(packages / name, target)


def main() -> None:
    """Copy, or say what is missing."""
    try:
        copy_files(PACKAGES, VENDOR)
    except FileNotFoundError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
