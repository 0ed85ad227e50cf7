"""Answers that are sent once: ETag, 304, compression, lifetimes."""

import gzip
import hashlib
from collections import OrderedDict
from threading import Lock

from flask import Flask, Response, request

_SMALLEST_COMPRESSED = 1024
_STORE_BYTES = 32 * 2**20
_YEAR_S = 365 * 24 * 3600
_TEXT_TYPES = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/manifest+json",
        "application/xml",
        "image/svg+xml",
    }
)


class CompressedBodies:
    """The bodies compressed most recently, up to a total size.

    Parameters
    ----------
    max_bytes :
        Compressed bytes kept; a body larger than a quarter of it is not kept.
    """

    def __init__(self, max_bytes: int = _STORE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def compressed(self, etag: str, body: bytes) -> bytes:
        """A body with gzip; the ETag must follow from the body alone."""
        with self._lock:
            if etag in self._bodies:
                self._bodies.move_to_end(etag)
                return self._bodies[etag]
        packed = gzip.compress(body, compresslevel=6, mtime=0)
        if len(packed) <= self._max_bytes // 4:
            self._keep(etag, packed)
        return packed

    def _keep(self, etag: str, packed: bytes) -> None:
        with self._lock:
            if etag in self._bodies:
                return
            self._bodies[etag] = packed
            self._held_bytes += len(packed)
            while self._held_bytes > self._max_bytes:
                _, dropped = self._bodies.popitem(last=False)
                self._held_bytes -= len(dropped)


def cache(app: Flask) -> None:
    """Let clients keep every text answer and ask only whether it still holds.

    Pages and data are revalidated at each use; a static file whose URL carries
    a version is never asked for again. Left alone: streams, binary answers,
    everything marked ``no-store``, and answers with an ETag of their own.
    """
    bodies = CompressedBodies()

    @app.after_request
    def revalidate(response: Response) -> Response:
        if request.method not in ("GET", "HEAD") or response.status_code not in (200, 304):
            return response
        is_static = (request.endpoint or "").rpartition(".")[2] == "static"
        if is_static and "v" in request.args:
            response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-cache"
        if response.status_code == 200 and _is_ours(response, is_static):
            _answer_conditionally(response, bodies)
        return response


def _is_ours(response: Response, is_static: bool) -> bool:
    kind = response.mimetype or ""
    is_text = kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith("+json")
    is_whole = is_static or not (response.is_streamed or response.get_etag()[0])
    is_open = "Content-Encoding" not in response.headers and not response.cache_control.no_store
    return is_text and is_whole and is_open


def _answer_conditionally(response: Response, bodies: CompressedBodies) -> None:
    # Only static files arrive here as an open file; they are small.
    response.direct_passthrough = False
    body = response.get_data()
    etag = hashlib.blake2b(body, digest_size=16).hexdigest()
    accepts_gzip = request.accept_encodings.quality("gzip") > 0
    compress = accepts_gzip and len(body) > _SMALLEST_COMPRESSED
    # A strong ETag names exact bytes, so each encoding has its own.
    response.set_etag(f"{etag}-gzip" if compress else etag)
    response.vary.add("Accept-Encoding")
    response.make_conditional(request)
    if compress and response.status_code == 200:
        response.set_data(bodies.compressed(etag, body))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.pop("Accept-Ranges", None)
