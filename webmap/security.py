"""What a page may load and run, and data inside a page that cannot become code."""

import hashlib
import json
import re
from base64 import b64encode
from typing import Any

from flask import Flask, Response, g
from markupsafe import Markup

_ENDS_SCRIPT = re.compile(r"<(?=/script|!--)", re.IGNORECASE)
_NEWLINE = re.compile(r"\r\n?")
_JSON_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def secure(app: Flask) -> None:
    """Send the security headers with every answer.

    Templates get :func:`script_tag` and the filter ``safe_json``. The setting
    ``BASEMAP_HOSTS``, a list such as ``["https://tiles.example.org"]``, names
    the hosts that images may come from; it is empty by default.
    """
    app.config.setdefault("BASEMAP_HOSTS", [])
    app.jinja_env.globals["script_tag"] = script_tag
    app.jinja_env.filters["safe_json"] = safe_json

    @app.after_request
    def add_headers(response: Response) -> Response:
        policy = content_security_policy(app.config["BASEMAP_HOSTS"], g.get("script_hashes", ()))
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        # Tile servers refuse clients that send no origin at all.
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        return response


def content_security_policy(
    image_hosts: list[str] | tuple[str, ...] = (), script_hashes: list[str] | tuple[str, ...] = ()
) -> str:
    """The policy's text: our own files, the scripts with these hashes, images of these hosts."""
    directives = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *(f"'{digest}'" for digest in script_hashes)],
        # Leaflet positions everything through style attributes.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:", *image_hosts],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def script_tag(code: str) -> Markup:
    """An inline script that the policy of the current answer allows.

    The policy names the script's hash, not a nonce: a nonce would change the
    page, and so its ETag, with every request, and a stored page would no
    longer fit the policy of a later 304.

    Parameters
    ----------
    code :
        JavaScript of our own or of Folium; never text from a user.
    """
    # A browser hashes what it has parsed: line ends as \n, the text up to </script>.
    text = _ENDS_SCRIPT.sub(r"<\\", _NEWLINE.sub("\n", str(code)))
    digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    if "script_hashes" not in g:
        g.script_hashes = []
    g.script_hashes.append(f"sha256-{digest}")
    return Markup(f"<script>{text}</script>")  # noqa: S704  # cannot end its own tag


def safe_json(value: Any) -> Markup:
    r"""JSON that stays data wherever it stands in a page.

    For ``<script type="application/json">`` and for values inside a script.

    Raises
    ------
    ValueError
        The value holds NaN or infinity, which JSON cannot say.

    Examples
    --------
    >>> print(safe_json({"name": "</script>&"}))
    {"name":"\u003c/script\u003e\u0026"}
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escaped in _JSON_ESCAPES.items():
        text = text.replace(character, escaped)
    return Markup(text)  # noqa: S704  # no character left that HTML gives a meaning to
