"""The pages to read: the ledger of every figure and conflict, and the targets."""

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, Response, abort, render_template, request

from geoplan.exchange.files.reports import ListFormat, Record, listed, records_of
from geoplan.plan.targets import targets as targets_of
from geoplan.schema import VOCABULARIES
from webmap import known
from webmap.answering import shelf
from webmap.figures import decimal
from webmap.goals import chapters
from webmap.i18n import language
from webmap.sentences import Sentences, figure, marked, unit_markup, units_note, years
from webmap.shelf import Shown
from webmap.sifting import (
    FILTERS,
    PAGE_CONFLICTS,
    SORTS,
    Dispute,
    Line,
    Wanted,
    by_severity,
    choices,
    conflict_records,
    disputes_of,
    fitted,
    lines_of,
    rows_per_page,
    sifted,
)

blueprint = Blueprint("reading", __name__)

_KINDS: dict[str, ListFormat] = {"csv": "csv", "json": "json"}
_MIME = {"csv": "text/csv", "json": "application/json"}


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    """What templates need to write figures and quotations."""
    return {
        "decimal": decimal,
        "figure": figure,
        "marked": marked,
        "unit": unit_markup,
        "years": years,
        "label": _label,
    }


def _label(vocabulary: str, code: str) -> str:
    """A word of the schema's vocabularies in the language of the page."""
    zh, en = VOCABULARIES[vocabulary].get(code, (code, code))
    return zh if language() == "zh" else en


def _lines(shown: Shown) -> list[Line]:
    return shown.things.get("ledger lines", lambda: lines_of(shown.plan))


def _disputes(shown: Shown) -> list[Dispute]:
    return shown.things.get("disputes", lambda: disputes_of(shown.plan))


@blueprint.get("/targets")
def targets() -> str:
    """Base, target, needed growth and what is observed, plan by plan."""
    shown = shelf().shown()
    found = shown.things.get(("chapters", date.today()), lambda: chapters(shown.plan, date.today()))
    used = {way.base.unit for chapter in found for goal in chapter.goals for way in goal.ways}
    return render_template(
        "targets.html",
        chapters=found,
        sentences=Sentences(shown.plan),
        units=units_note(used),
        today=date.today(),
    )


@blueprint.get("/ledger")
def ledger() -> str:
    """Every conflict and every figure, each with its sentence."""
    shown = shelf().shown()
    wanted = Wanted.from_query(request.args)
    lines, disputes = _lines(shown), _disputes(shown)
    found = sifted(lines, wanted)
    told = wanted.told(disputes)
    # Short enough: the whole ledger is on the page, and the search is instant.
    most = rows_per_page(lines)
    whole = len(lines) <= most and len(disputes) <= PAGE_CONFLICTS
    rows = found if whole else [one for one in found if one[1]]
    pages = max(1, -(-len(rows) // most))
    page = min(wanted.page, pages)
    quarrels = told if whole else [one for one in told if one[1]]
    shown_disputes = fitted([dispute for dispute, _ in quarrels])
    return render_template(
        "ledger.html",
        wanted=wanted,
        whole=whole,
        rows=rows[(page - 1) * most : page * most],
        matching=sum(match for _, match in found),
        total=len(lines),
        groups=by_severity(zip(shown_disputes, [match for _, match in quarrels], strict=False)),
        disputes_matching=sum(match for _, match in told),
        disputes_shown=len(shown_disputes),
        disputes_total=len(disputes),
        page=page,
        page_count=pages,
        choices=choices(lines),
        filters=list(FILTERS),
        sorts=list(SORTS),
        names=known.names(shown),
        units=units_note(line.record["unit"] for line in lines),
    )


@blueprint.get("/ledger.<form>")
def ledger_file(form: str) -> Response:
    """The figures asked for as CSV or JSON."""
    found = sifted(_lines(shelf().shown()), Wanted.from_query(request.args))
    return _file([line.record for line, match in found if match], "ledger", form)


@blueprint.get("/conflicts.<form>")
def conflicts_file(form: str) -> Response:
    """The conflicts asked for as CSV or JSON."""
    told = Wanted.from_query(request.args).told(_disputes(shelf().shown()))
    return _file(conflict_records(dispute for dispute, match in told if match), "conflicts", form)


@blueprint.get("/targets.<form>")
def targets_file(form: str) -> Response:
    """Every target with its bases as CSV or JSON."""
    return _file(records_of(targets_of(shelf().shown().plan)), "targets", form)


def _file(records: Sequence[Record], name: str, form: str) -> Response:
    if form not in _KINDS:
        abort(404)
    response = Response(listed(records, _KINDS[form]), mimetype=_MIME[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response
