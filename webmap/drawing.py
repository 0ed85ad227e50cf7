"""The map view of a page as a picture for print, to be kept."""

from datetime import date
from urllib.parse import quote

from flask import Blueprint, Response, abort, request

from geoplan.errors import OutputError, QuestionError
from geoplan.exchange.prints.pictures import FORMS, MIMETYPES, View, draw, file_name
from webmap.answering import shelf
from webmap.asking import AskedWrongError
from webmap.i18n import language, t

blueprint = Blueprint("drawing", __name__)


@blueprint.get("/picture.<form>")
def picture(form: str) -> Response:
    """The view that the query describes, as the page's own address does, and ``paper=A4|A3``."""
    if form not in FORMS:
        abort(404)
    chosen = form
    shown = shelf().shown()
    for name, values in request.args.lists():
        if len(values) > 1:
            raise AskedWrongError(400, t("frame.error_twice", name=name[:80]))
    try:
        view = View.from_query(
            {"lang": language(), **request.args.to_dict()},
            drawn_on=date.today(),
            address=request.host_url,
        )
        body = shown.answers.get(("picture", form, view), lambda: draw(shown.plan, view, chosen))
    except QuestionError as error:
        raise AskedWrongError(400, str(error)) from error
    except OutputError as error:
        raise AskedWrongError(503, str(error)) from error
    response = Response(body, mimetype=MIMETYPES[chosen])
    name = file_name(shown.plan, view, chosen)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{shown.plan.meta.id.encode("ascii", "ignore").decode()[:60]}.{form}"; '
        f"filename*=UTF-8''{quote(name, safe='')}"
    )
    if form != "svg":
        # Texts get theirs where they are compressed.
        response.add_etag()
        response.make_conditional(request)
    return response
