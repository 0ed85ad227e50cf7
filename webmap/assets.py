"""What a Folium map loads: our own files, or nothing.

Folium names its scripts and styles by addresses on foreign hosts. They are
exchanged here, once, when a map is rendered; an address that the manifest does
not know is an error, so that no page can ask a foreign host for anything.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, cast

import folium
from branca.element import Element, Figure, Link
from flask import current_app, url_for
from markupsafe import Markup, escape

from geoplan.errors import GeoplanError

StaticUrl = Callable[[str], str]

_JQUERY = "vendor/jquery/dist/jquery.min.js"
_CDNJS = "https://cdnjs.cloudflare.com/ajax/libs"
_JSDELIVR = "https://cdn.jsdelivr.net"

MANIFEST: Mapping[str, str | None] = {
    f"{_JSDELIVR}/npm/leaflet@1.9.3/dist/leaflet.js": "vendor/leaflet/dist/leaflet.js",
    f"{_JSDELIVR}/npm/leaflet@1.9.3/dist/leaflet.css": "vendor/leaflet/dist/leaflet.css",
    "https://code.jquery.com/jquery-3.7.1.min.js": _JQUERY,
    f"{_CDNJS}/d3/3.5.5/d3.min.js": "vendor/d3/d3.min.js",
    f"{_JSDELIVR}/npm/bootstrap@5.2.2/dist/js/bootstrap.bundle.min.js": None,
    f"{_JSDELIVR}/npm/bootstrap@5.2.2/dist/css/bootstrap.min.css": None,
    "https://netdna.bootstrapcdn.com/bootstrap/3.0.0/css/bootstrap-glyphicons.css": None,
    f"{_JSDELIVR}/npm/@fortawesome/fontawesome-free@6.2.0/css/all.min.css": None,
    f"{_CDNJS}/Leaflet.awesome-markers/2.0.2/leaflet.awesome-markers.js": None,
    f"{_CDNJS}/Leaflet.awesome-markers/2.0.2/leaflet.awesome-markers.css": None,
    f"{_JSDELIVR}/gh/python-visualization/folium/folium/templates/leaflet.awesome.rotate.min.css": None,
}
"""Foreign address → file below ``static``; ``None``: known, and not loaded on purpose."""

_FOREIGN = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_FOREIGN_IN_HTML = re.compile(
    r"""(?:<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)\s*=\s*|@import\s+|url\(\s*)"""
    r"""["']?((?:https?:)?//[^"'\s)>]+)""",
    re.IGNORECASE,
)
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# Folium writes the whole page's meta tags and layout; here they belong to our template.
_PAGE_WIDE = re.compile(r"<meta\b[^>]*>|<style>\s*(?:html, body|#map)\s*\{[^}]*\}\s*</style>")
_RANDOM_ID = re.compile(r"[0-9a-f]{32}")


class UnknownAssetError(GeoplanError):
    """A map asks for a file that we neither serve nor leave out on purpose."""


class MissingAssetError(GeoplanError):
    """A file that we serve has not been copied yet."""


class MapFragments(NamedTuple):
    """The parts of a map that a page puts in its own places.

    Attributes
    ----------
    head :
        Links to scripts and styles, and the map's own style.
    body :
        The map's element.
    script :
        JavaScript without a tag; goes after ``body``, through
        :func:`webmap.security.script_tag`.
    map_name :
        The element's id, and the global variable that holds the Leaflet map.
    """

    head: Markup
    body: Markup
    script: Markup
    map_name: str


def map_fragments(
    folium_map: folium.Map, static_url: StaticUrl, lang: str, *, prefix: str = ""
) -> MapFragments:
    """Render a map for inclusion in a page.

    Equal maps give equal fragments: Folium's random ids are numbered in the
    order of the map's elements, so that the page's ETag can be relied on. A map
    is rendered once, because Folium adds to it while rendering; keep the
    fragments if they are needed again.

    Parameters
    ----------
    folium_map :
        The map with all its layers.
    static_url :
        File below ``static`` → URL; usually :func:`static_url`.
    lang :
        Language of the labels, ``"zh-CN"`` or ``"en"``; without it browsers
        draw Japanese glyphs.
    prefix :
        Lowercase letters that keep the ids of two maps on one page apart.

    Raises
    ------
    UnknownAssetError
        The map uses a file that the manifest does not know, or an element
        whose script is not loaded.
    """
    figure = cast(Figure, folium_map.get_root())
    localise(figure, static_url)
    head, body, script = (
        "\n".join(child.render() for child in part._children.values())
        for part in (figure.header, figure.html, figure.script)
    )
    for url in _FOREIGN_IN_HTML.findall(head + body):
        raise UnknownAssetError(_unknown(url))
    script = "\n".join([*_INLINE_SCRIPT.findall(head), script])
    head = _PAGE_WIDE.sub("", _INLINE_SCRIPT.sub("", head))
    body = body.replace('class="folium-map"', f'class="folium-map" lang="{escape(lang)}"')

    numbers = {e._id: f"{prefix}{n}" for n, e in enumerate(_elements(folium_map), 1)}

    def numbered(text: str) -> str:
        return _RANDOM_ID.sub(lambda found: numbers.get(found[0], found[0]), text)

    return MapFragments(
        Markup(numbered(head)),  # noqa: S704  # Folium's own templates
        Markup(numbered(body)),  # noqa: S704
        Markup(numbered(script)),  # noqa: S704
        numbered(folium_map.get_name()),
    )


def localise(figure: Figure, static_url: StaticUrl) -> None:
    """Render a figure's children and exchange every link in its header.

    Links appear while elements render, so this is the only moment at which all
    are known. Nothing but this figure is changed.

    Raises
    ------
    UnknownAssetError
        As for :func:`map_fragments`.
    """
    for child in figure._children.values():
        child.render()
    elements = list(_elements(figure))
    if any(isinstance(element, folium.Icon) for element in elements):
        raise UnknownAssetError(
            "folium.Icon needs Leaflet.awesome-markers, which is not loaded; use folium.DivIcon"
        )
    calls_jquery = any(map(_calls_jquery, elements))
    header = figure.header._children
    linked: set[str] = set()
    for name, link in list(header.items()):
        if not isinstance(link, Link):
            continue
        url = _own_url(link.url, static_url, calls_jquery)
        if url is None or url in linked:
            del header[name]
        else:
            link.url = url
            linked.add(url)


def _own_url(url: str, static_url: StaticUrl, calls_jquery: bool) -> str | None:
    if url not in MANIFEST:
        if _FOREIGN.match(url):
            raise UnknownAssetError(_unknown(url))
        return url
    file = MANIFEST[url]
    return None if file is None or (file == _JQUERY and not calls_jquery) else static_url(file)


def _calls_jquery(element: Element) -> bool:
    """Whether Folium writes ``$`` for this element; it links jQuery on every map."""
    return (
        isinstance(element, folium.Popup)
        or (isinstance(element, folium.GeoJson) and not element.embed)
        or (isinstance(element, folium.Map) and bool(element.objects_to_stay_in_front))
    )


def _elements(root: Element) -> Iterator[Element]:
    yield root
    for child in root._children.values():
        yield from _elements(child)
    if isinstance(root, folium.Popup):
        yield from _elements(root.html)


def _unknown(url: str) -> str:
    return (
        f"{url}: the manifest in webmap/assets.py does not know this file; add its npm package "
        "to webmap/package.json, the file to webmap/vendor.py and the address to the manifest"
    )


def static_url(file: str) -> str:
    """URL of a file below ``static``, with the version of its content.

    Raises
    ------
    MissingAssetError
        There is no such file.
    """
    path = Path(current_app.static_folder or "", file)
    try:
        version = _version(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise MissingAssetError(
            f"{path}: not found; run `npm ci --ignore-scripts` in webmap, "
            "then `python -m webmap.vendor`"
        ) from None
    return url_for("static", filename=file, v=version)


@lru_cache(maxsize=256)
def _version(path: Path, _changed_ns: int) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()
