"""Errors as answers: JSON for the API, a page for a reader, in the request's language."""

from typing import cast

from flask import Response, g, has_request_context, render_template, request
from werkzeug.exceptions import HTTPException

from webmap.answering import encoded
from webmap.asking import AskedWrongError
from webmap.i18n import t

_SAID = {404: "frame.error_404", 405: "frame.error_405", 500: "frame.error_500"}


def refused(error: AskedWrongError) -> Response:
    """The answer to a request that asks for something unknown."""
    return _answer(error.status, str(error))


def failed(error: HTTPException) -> Response:
    """The answer to what Flask itself refuses, and to a fault of ours."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return cast(Response, Response.force_type(error.get_response()))
    key = _SAID.get(status)
    made = _answer(status, t(key) if key else f"{status} {error.name}")
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            made.headers[name] = value
    return made


def _answer(status: int, message: str) -> Response:
    if has_request_context() and "language" not in g:
        g.language = "zh"
    if request.path.startswith(("/api/", "/healthz")):
        return Response(encoded({"error": message}), status, mimetype="application/json")
    return Response(render_template("error.html", status=status, message=message), status)
