"""Tiles of a folder on this machine, where an installation has some."""

from pathlib import Path

from flask import Blueprint, Response, current_app

from webmap.asking import missing
from webmap.config import Config

blueprint = Blueprint("basemaps", __name__)

_KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}


@blueprint.get("/tiles/<int:zoom>/<int:column>/<int:row>")
def tile(zoom: int, column: int, row: int) -> Response:
    """One tile of the configured folder, ``z/x/y`` with any ending of a picture."""
    config: Config = current_app.extensions["config"]
    folder = config.basemap.folder
    for ending, kind in _KINDS.items() if folder else ():
        path = Path(str(folder), str(zoom), str(column), f"{row}{ending}")
        if path.is_file():
            found = Response(path.read_bytes(), mimetype=kind)
            found.headers["Cache-Control"] = "max-age=86400"
            return found
    raise missing("tiles", f"{zoom}/{column}/{row}")
