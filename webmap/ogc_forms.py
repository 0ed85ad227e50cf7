"""In which form ``/ogc`` answers, and how it says that it does not."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import quote

from flask import Response, render_template, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import HTTP_STATUS_CODES

from webmap.answering import encoded
from webmap.asking import AskedWrongError
from webmap.i18n import language, t
from webmap.ogc_documents import GEOJSON, HTML, JSON, PROBLEM, SCHEMA, Form

_FORMS: Mapping[str, Form] = {
    JSON: "json",
    GEOJSON: "json",
    SCHEMA: "json",
    "application/vnd.oai.openapi+json": "json",
    HTML: "html",
    "application/xhtml+xml": "html",
}
_CODES = {
    400: "InvalidParameterValue",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
}


def accepted() -> Form | None:
    """The form that the parameter ``f`` or the header ``Accept`` asks for."""
    if request.args.get("f") in ("json", "html"):
        return cast(Form, request.args["f"])
    if not request.accept_mimetypes:
        return "json"
    # Whatever version or charset is asked for: there is one of each.
    plain = [(kind.partition(";")[0], q) for kind, q in request.accept_mimetypes]
    best = MIMEAccept(plain).best_match(_FORMS)
    return _FORMS[best] if best else None


def asked_form() -> Form:
    """As :func:`accepted`; a refusal where there is no such form."""
    form = accepted()
    if form is None:
        raise AskedWrongError(406, t("ogc.error_accept"))
    return form


def refusal(status: int, message: str) -> Response:
    """Why a request is not answered, as a page or as JSON."""
    if accepted() == "html":
        # What is wrong with a question is put right where it was asked.
        here = request.path if status == 400 else "/ogc"
        back = f"{request.script_root}{quote(here)}?f=html&lang={language()}"
        page = render_template("ogc_error.html", status=status, message=message, back=back)
        return Response(page, status, mimetype=HTML)
    # As RFC 9457 has it, with the words that Features 1.0 has for the same.
    said = {
        "title": HTTP_STATUS_CODES[status],
        "status": status,
        "detail": message,
        "code": _CODES.get(status, str(status)),
        "description": message,
    }
    return Response(encoded(said), status, mimetype=PROBLEM)
