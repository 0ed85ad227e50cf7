"""Questions of site selection and their answers, asked by the page or by anyone who speaks JSON.

A question is a brief. Its answer follows from the brief and the plan's files,
is worked out once for each state of the plan, and has the brief's name as its
address: ``/api/site/<name>/record.json``.
"""

import gzip
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson
from flask import Blueprint, Response, current_app, request

from geoplan.errors import GeoplanError
from geoplan.exchange.files.reports import plain
from geoplan.site.measuring import CriterionError
from webmap import siting
from webmap.answering import collection, encoded, shelf
from webmap.asking import AskedWrongError, asked, missing, words
from webmap.briefs import BriefStore, UnkeptBriefError, identity, workspace
from webmap.failing import refused
from webmap.i18n import language, t
from webmap.posting import posted
from webmap.shelf import Shown
from webmap.siting import Brief, BriefError, BusyError, Fault
from webmap.tomltext import toml_text
from webmap.uploads import USES, features_of

blueprint = Blueprint("api_site", __name__, url_prefix="/api/site")

_SMALLEST_COMPRESSED = 1024


def wrong(error: BriefError) -> Response:
    """Everything that is wrong with a brief, each fault at its field."""
    problems = [told_fault(fault) for fault in error.problems]
    said = encoded({"error": t("site.error_brief", count=len(problems)), "problems": problems})
    return Response(said, 400, mimetype="application/json")


def unmeasurable(error: CriterionError) -> Response:
    """A criterion that cannot be used as the plan or the brief declares it."""
    return wrong(BriefError("brief", [Fault("", said) for said in error.problems]))


def unanswerable(error: GeoplanError) -> Response:
    """A question that this plan cannot answer."""
    if isinstance(error, AskedWrongError):
        return refused(error)
    return Response(encoded({"error": str(error)}), 400, mimetype="application/json")


def busy(_error: BusyError) -> Response:
    """Too many ask at once."""
    response = Response(encoded({"error": t("site.error_busy")}), 503, mimetype="application/json")
    response.headers["Retry-After"] = "3"
    return response


def refuse_on(part_of: Blueprint) -> None:
    """Answer the errors of a brief on every address of a blueprint."""
    for error, handler in (
        (BriefError, wrong),
        (CriterionError, unmeasurable),
        (BusyError, busy),
        (GeoplanError, unanswerable),
    ):
        part_of.register_error_handler(error, handler)


refuse_on(blueprint)


def told_fault(fault: Fault) -> dict[str, str]:
    """A fault as the page shows it."""
    return {"field": fault.field, "zh": fault.said.zh, "en": fault.said.en}


@blueprint.post("/decide")
def decide() -> Response:
    """The decision record of a brief, with ``geometry`` and the name it is ``saved`` under."""
    shown = shelf().shown()
    brief = siting.brief_of(shown.plan, posted())
    record, geometry = decision_bytes(shown, brief)
    # The record is long and already encoded: the rest is put behind it.
    body = record[:-1] + b',"geometry":' + geometry + b',"saved":' + encoded(saved_as(brief)) + b"}"
    return compressed(body)


def decision_bytes(shown: Shown, brief: Brief) -> tuple[bytes, bytes]:
    """Record and footprints of a decision, encoded; made once for each state of the plan."""
    name = identity(brief.as_dict())
    both = shown.answers.get(("decision", name), lambda: _decided(shown, brief))
    length = int.from_bytes(both[:8], "big")
    return both[8 : 8 + length], both[8 + length :]


def _decided(shown: Shown, brief: Brief) -> bytes:
    found = siting.decided(shown.plan, brief)
    record = encoded(found.record)
    frame = found.footprints[found.footprints.geometry.notna()]
    geometry = collection(
        frame,
        [str(plain(key)) for key in frame.index],
        [{} for _ in range(len(frame))],
    )
    return len(record).to_bytes(8, "big") + record + geometry


def compressed(body: bytes) -> Response:
    """An answer to a question that was sent: not stored, and packed where that is understood."""
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if request.accept_encodings.quality("gzip") > 0 and len(body) > _SMALLEST_COMPRESSED:
        response.set_data(gzip.compress(body, 5))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


# ---- briefs by link
def store() -> BriefStore:
    """Where briefs of the current plan are kept."""
    plan = shelf().shown().plan.meta.id
    return BriefStore(workspace(current_app.config.get("WORKSPACE"), plan))


def saved_as(brief: Brief) -> dict[str, Any]:
    """The name of a brief, and whether a link to it will work."""
    mapping = brief.as_dict()
    try:
        return {"id": store().save(mapping), "kept": True}
    except UnkeptBriefError as error:
        current_app.logger.warning("brief not kept: %s", error)
        return {"id": identity(mapping), "kept": False}


@blueprint.post("/briefs")
def save_brief() -> Response:
    """Keep a brief: ``{"id": …, "kept": …}``; the page ``/site?b=<id>`` reopens it."""
    brief = siting.brief_of(shelf().shown().plan, posted())
    saved = saved_as(brief)
    if not saved["kept"]:
        raise AskedWrongError(503, t("site.error_unkept"))
    return Response(encoded(saved), 201, mimetype="application/json")


@blueprint.get("/briefs/<name>.<form>")
def brief_file(name: str, form: str) -> Response:
    """A saved brief, as JSON or TOML."""
    asked({})
    mapping = saved_brief(name)
    if form == "json":
        return Response(encoded(mapping), mimetype="application/json")
    if form == "toml":
        return kept(toml_text(mapping).encode(), "application/toml", f"brief-{name}.toml")
    raise missing("brief", f"{name}.{form}")


def saved_brief(name: str) -> dict[str, Any]:
    """A saved brief by its name.

    Raises
    ------
    AskedWrongError
        404: it was never saved here, or had to make room.
    """
    found = store().load(name)
    if found is None:
        raise AskedWrongError(404, t("site.error_no_brief", name=name[:40]))
    return found


# ---- smaller questions
@blueprint.post("/weights")
def weights() -> Response:
    """Weights from an order of importance or from pairwise judgements."""
    return _fresh(siting.weighted(posted()))


@blueprint.post("/compare")
def compare() -> Response:
    """What would make either of two sites the better of the two."""
    shown = shelf().shown()
    given = posted()
    brief = siting.brief_of(shown.plan, part(given, "brief"))
    record, _ = decision_bytes(shown, brief)
    pair = [str(given.get(name, "")) for name in ("a", "b")]
    found = siting.between(orjson.loads(record), *pair)
    if found is None:
        raise missing("site", " / ".join(pair))
    return _fresh(found)


@blueprint.post("/text")
def text() -> Response:
    """A brief as text ↔ a brief as fields: give ``text`` or ``brief``, get both."""
    given = posted()
    plan = shelf().shown().plan
    if isinstance(given.get("text"), str):
        brief = siting.brief_of(plan, siting.mapping_of(given["text"]))
    else:
        brief = siting.brief_of(plan, part(given, "brief"))
    mapping = brief.as_dict()
    return _fresh({"brief": mapping, "toml": toml_text(mapping)})


@blueprint.post("/parcels")
def parcels() -> Response:
    """An uploaded file of parcels, or of areas to keep away from, as features for a brief."""
    given = posted()
    name, content = (str(given.get(key, "")) for key in ("name", "content"))
    use = given.get("use", "candidates")
    if use not in USES:
        raise AskedWrongError(400, t("site.error_part", name="use"))
    return _fresh({"features": features_of(shelf().shown().plan, name, content, use)})


@blueprint.post("/replay")
def replay() -> Response:
    """Whether a decision record still holds, or what has changed since."""
    given = posted()
    found = siting.replayed(shelf().shown().plan, given)
    return _fresh(found)


def part(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object within what was sent."""
    found = given.get(name)
    if not isinstance(found, dict):
        raise AskedWrongError(400, t("site.error_part", name=name))
    return found


def _fresh(value: Any) -> Response:
    return compressed(encoded(value))


# ---- what is taken along
@blueprint.get("/<name>/<file>")
def result_file(name: str, file: str) -> Response:
    """A file of a saved brief's result: see :data:`FILES`; a sheet is of ``site``."""
    given = asked({"site": words})
    shown = shelf().shown()
    brief = siting.brief_of(shown.plan, saved_brief(name))
    response = _file(shown, brief, file, given.get("site", ""))
    if response.mimetype not in ("application/json", "application/geo+json"):
        # Texts get theirs where they are compressed.
        response.add_etag()
        response.make_conditional(request)
    return response


@blueprint.post("/files/<file>")
def result_file_of(file: str) -> Response:
    """As :func:`result_file`, of a brief that could not be saved."""
    given = posted()
    shown = shelf().shown()
    brief = siting.brief_of(shown.plan, part(given, "brief"))
    return _file(shown, brief, file, str(given.get("site", "")))


FILES: Mapping[str, str] = {
    "record.json": "application/json",
    "result.geojson": "application/geo+json",
    "result.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "sheet.pdf": "application/pdf",
    "sheet.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def _file(shown: Shown, brief: Brief, file: str, site: str) -> Response:
    if file not in FILES:
        raise missing("file", file)
    text = decision_bytes(shown, brief)[0]
    record = orjson.loads(text)
    name = identity(brief.as_dict())
    if file.startswith("sheet.") and site not in {one["id"] for one in record["sites"]}:
        raise missing("site", site)
    lang = language()
    body = (
        orjson.dumps(record, option=orjson.OPT_INDENT_2)
        if file == "record.json"
        else shown.answers.get(
            ("site-file", name, file, site, lang),
            lambda: siting.file_of(shown.plan, record, file, site, lang),
        )
    )
    stem, _, ending = file.rpartition(".")
    title = brief.title or t("site.title")
    call = "-".join(
        part for part in (title, site if stem == "sheet" else t(f"site.file_{stem}")) if part
    )
    return kept(body, FILES[file], f"{stem}-{name}.{ending}", f"{call}.{ending}")


def kept(body: bytes, kind: str, plain_name: str, name: str = "") -> Response:
    """A file to keep; the second name is what browsers of this century take."""
    response = Response(body, mimetype=kind)
    safe = "".join("_" if c in '\\/:*?"<>|' or ord(c) < 32 else c for c in name or plain_name)[
        -150:
    ]
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(safe, safe='')}"
    )
    return response
