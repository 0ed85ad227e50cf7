"""What may be sent to the application: JSON of our own pages, of a bounded size."""

from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from webmap.asking import AskedWrongError, asked
from webmap.i18n import t

LARGEST_BODY = 8 * 2**20
"""Room for an upload of five megabytes in base64, and what stands around it."""

_MB = 2**20


def posted(limit: int = LARGEST_BODY) -> dict[str, Any]:
    """The object that a page of ours has sent.

    Another site's page can make a browser send a form or plain text, but
    neither JSON nor our own address as its origin.

    Raises
    ------
    AskedWrongError
        403 from elsewhere, 415 no JSON, 413 too large, 400 no JSON object.
    """
    asked({})
    refuse_foreign()
    if request.mimetype != "application/json":
        raise AskedWrongError(415, t("site.error_type"))
    request.max_content_length = limit
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise AskedWrongError(413, t("site.error_size", limit=limit // _MB)) from error
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise AskedWrongError(400, t("site.error_json", reason=str(error))) from error
    if not isinstance(found, dict):
        raise AskedWrongError(400, t("site.error_object"))
    return found


def refuse_foreign() -> None:
    """Refuse what a page of another site made the browser send.

    Raises
    ------
    AskedWrongError
        403.
    """
    if not _is_own():
        raise AskedWrongError(403, t("site.error_origin", host=request.host))


def _is_own() -> bool:
    # Browsers send the first only over HTTPS and to this machine, the second with every POST.
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
