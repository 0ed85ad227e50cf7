"""What an installation may choose: the basemap, and nothing that a plan decides.

There is no basemap by default, so that no page asks a foreign host for
anything. Whoever configures one says in which datum its tiles are drawn:
GCJ-02 and BD-09 tiles lie some 500 m off, and the page has to know.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import quote, urlsplit

from geoplan.errors import GeoplanError
from geoplan.plan.crs import DATUMS

BasemapKind = Literal["none", "xyz", "wmts", "tianditu", "tiles"]
BASEMAP_KINDS: tuple[BasemapKind, ...] = get_args(BasemapKind)
LOCAL_TILES = "/tiles/{z}/{x}/{y}"

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?", re.IGNORECASE)
_WMTS = {"{TileMatrix}": "{z}", "{TileRow}": "{y}", "{TileCol}": "{x}"}
_TIANDITU = (
    "https://t{s}.tianditu.gov.cn/%s_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER=%s&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk="
)
_TIANDITU_LAYERS = ("vec", "cva")
_KEYS = {"kind", "source", "datum", "credit", "max_zoom"}


class ConfigError(GeoplanError):
    """The installation is configured in a way that cannot work."""


@dataclass(frozen=True)
class Basemap:
    """Tiles below the plan's own layers.

    Attributes
    ----------
    urls :
        Templates with ``{z} {x} {y}`` and perhaps ``{s}``, drawn in this order.
    datum :
        Datum the tiles are drawn in, as a layer's sidecar names it.
    folder :
        Where local tiles lie; ``None`` for tiles of a server.
    """

    kind: BasemapKind = "none"
    urls: tuple[str, ...] = ()
    subdomains: str = ""
    datum: str = "WGS 84"
    credit: str = ""
    max_zoom: int = 18
    folder: Path | None = None

    @property
    def hosts(self) -> list[str]:
        """Origins that images may come from, for the page's security policy."""
        found: dict[str, None] = {}
        for url in self.urls:
            if url.startswith("/"):
                continue
            for letter in self.subdomains or " ":
                parts = urlsplit(url.replace("{s}", letter.strip()))
                found[f"{parts.scheme}://{parts.netloc}"] = None
        return list(found)

    def described(self) -> dict[str, Any] | None:
        """What the page needs to draw it; ``None`` where there is none."""
        if self.kind == "none":
            return None
        return {
            "kind": self.kind,
            "urls": list(self.urls),
            "subdomains": self.subdomains,
            "datum": self.datum,
            "credit": self.credit,
            "max_zoom": self.max_zoom,
        }


@dataclass(frozen=True)
class Config:
    """Everything an installation may choose."""

    basemap: Basemap = Basemap()


def read_config(given: Mapping[str, Any] | None) -> Config:
    """The configuration from the mapping that :func:`webmap.create_app` takes.

    Parameters
    ----------
    given :
        ``BASEMAP``: a mapping with ``kind`` (none, xyz, wmts, tianditu, tiles),
        ``source`` (URL template, key, or folder), ``datum``, ``credit`` and
        ``max_zoom``. Other keys are left to Flask.

    Raises
    ------
    ConfigError
        The basemap cannot work as it is described.
    """
    chosen = dict((given or {}).get("BASEMAP") or {})
    unknown = sorted(set(chosen) - _KEYS)
    if unknown:
        raise ConfigError(f"basemap: there is no option “{unknown[0]}”; use {sorted(_KEYS)}")
    return Config(read_basemap(**chosen))


def read_basemap(
    kind: str = "none",
    source: str | Path = "",
    datum: str = "",
    credit: str = "",
    max_zoom: int = 18,
) -> Basemap:
    """One basemap from its options; see :func:`read_config`."""
    if kind not in BASEMAP_KINDS:
        raise ConfigError(f"basemap “{kind}”: choose one of {', '.join(BASEMAP_KINDS)}")
    if kind == "none":
        return Basemap()
    if not source:
        needed = {"tianditu": "a key", "tiles": "a folder"}.get(kind, "a URL template")
        raise ConfigError(f"basemap {kind}: it needs {needed} as its source")
    if not 1 <= max_zoom <= 24:
        raise ConfigError(f"basemap {kind}: max_zoom {max_zoom} is not between 1 and 24")
    if kind == "tianditu":
        key = quote(str(source), safe="")
        urls = tuple(_TIANDITU % (name, name) + key for name in _TIANDITU_LAYERS)
        return Basemap("tianditu", urls, "01234567", "CGCS2000", credit or "天地图", max_zoom)
    if datum not in DATUMS:
        raise ConfigError(f"basemap {kind}: say its datum, one of {', '.join(DATUMS)}")
    if kind == "tiles":
        folder = Path(source).resolve()
        if not folder.is_dir():
            raise ConfigError(f"basemap tiles: {folder} is no folder")
        return Basemap("tiles", (LOCAL_TILES,), "", datum, credit, max_zoom, folder)
    url = _checked_url(kind, str(source))
    letters = "abc" if "{s}" in url else ""
    return Basemap("wmts" if kind == "wmts" else "xyz", (url,), letters, datum, credit, max_zoom)


def _checked_url(kind: str, url: str) -> str:
    for theirs, ours in _WMTS.items():
        url = url.replace(theirs, ours)
    missing = [name for name in ("{z}", "{x}", "{y}") if name not in url]
    if missing:
        raise ConfigError(f"basemap {kind}: the URL template has no {', '.join(missing)}")
    parts = urlsplit(url.replace("{s}", "a"))
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        raise ConfigError(f"basemap {kind}: {url} is no http or https address of a server")
    return url
