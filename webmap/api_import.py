"""Files that are to change the plan: sent, looked at, corrected, and written if that is allowed.

An upload has a name that only its sender knows. Nothing is written to the plan
unless the server was started with ``EDIT``, and then only exactly the change
that was shown.
"""

import csv
import io
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request

from geoplan.errors import GeoplanError
from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.incoming.applying import (
    Import,
    LostStateError,
    UnknownEntryError,
    imports,
    undo,
)
from geoplan.exchange.outgoing.tabular import guarded
from webmap.answering import encoded, shelf
from webmap.api_site import kept
from webmap.asking import AskedWrongError, asked, missing, words
from webmap.briefs import workspace
from webmap.data_jobs import (
    SECONDS,
    UNWATCHED_S,
    CrowdedError,
    Jobs,
    WorkingError,
    is_working,
)
from webmap.data_uploads import LARGEST, NoRoomError, TooLargeError, Upload, UploadStore
from webmap.data_work import Order
from webmap.i18n import language, t
from webmap.posting import posted, refuse_foreign

blueprint = Blueprint("api_import", __name__, url_prefix="/api/data")

_CHUNK = 1 << 16
_MOST_ANSWERS = 5_000
_LONGEST = 1_000
_SOURCE = ("title_zh", "title_en", "publisher_zh", "licence", "issued", "address")


@blueprint.record_once
def _begin(state: Any) -> None:
    config = state.app.config
    config.setdefault("EDIT", False)
    config.setdefault("IMPORT_BYTES", LARGEST)
    seconds = float(config.setdefault("IMPORT_SECONDS", SECONDS))
    state.app.extensions["jobs"] = Jobs(seconds)


def uploads() -> UploadStore:
    """Where uploads for the current plan lie."""
    plan = shelf().shown().plan.meta.id
    folder = workspace(current_app.config.get("WORKSPACE"), plan).with_name("uploads")
    return UploadStore(folder, largest=int(current_app.config["IMPORT_BYTES"]))


def may_write() -> bool:
    """Whether this server was started to let visitors change the plan."""
    return bool(current_app.config["EDIT"])


# ---- sending
@blueprint.post("/imports")
def send() -> Response:
    """Take in one file, sent as it is; ``name`` is what it is called."""
    given = asked({"name": words})
    refuse_foreign()
    # A form of another site can send neither this type nor its own file with our address.
    if request.mimetype != "application/octet-stream":
        raise AskedWrongError(415, t("data.error_type"))
    store = uploads()
    length = request.content_length
    if length is not None and length > store.largest:
        raise _too_large(store)
    request.max_content_length = None
    try:
        upload = store.receive(given.get("name", ""), _sent(length))
    except TooLargeError as error:
        raise _too_large(store) from error
    except NoRoomError as error:
        current_app.logger.warning("upload not kept: %s", error)
        raise AskedWrongError(503, t("data.error_room")) from error
    if not upload.facts["size"]:
        upload.remove()
        raise AskedWrongError(400, t("data.error_empty"))
    facts = upload.facts
    said = {"token": upload.token, "name": facts["name"], "size": facts["size"]}
    return _fresh(said, 201)


def _sent(length: int | None) -> Iterator[bytes]:
    got = 0
    while chunk := request.stream.read(_CHUNK):
        got += len(chunk)
        yield chunk
    if length is not None and got < length:
        raise AskedWrongError(400, t("data.error_cut"))


def _too_large(store: UploadStore) -> AskedWrongError:
    return AskedWrongError(413, t("data.error_size", limit=store.largest // 2**20))


# ---- looking
@blueprint.post("/imports/<token>/preview")
def preview(token: str) -> Response:
    """Begin to work out what the file would change; ``GET`` the upload for the outcome."""
    given = posted()
    upload = _upload(token)
    plan = shelf().shown().plan
    order = Order(
        plan=str(plan.folder.resolve()),
        folder=str(upload.folder),
        content=str(upload.facts["content"]),
        name=str(upload.facts["name"]),
        target=_text(given, "as"),
        mapping=_texts(given, "mapping"),
        answers={k: v for k, v in _texts(given, "answers").items() if v},
        source={k: v for k, v in _texts(given, "source").items() if k in _SOURCE and v},
    )
    _start(upload, order)
    upload.keep_order("preview", order.as_dict())
    return _fresh(_state(upload), 202)


@blueprint.get("/imports/<token>")
def outcome(token: str) -> Response:
    """How far the work is; when it is ``done``, what it found."""
    asked({})
    return _fresh(_state(_upload(token, with_content=False)))


@blueprint.delete("/imports/<token>")
def forget(token: str) -> Response:
    """Stop the work, and remove the file."""
    asked({})
    refuse_foreign()
    upload = _upload(token, with_content=False)
    upload.cancel()
    if not is_working(upload.state()):
        upload.remove()
    return Response(status=204)


@blueprint.post("/imports/<token>/cancel")
def cancel(token: str) -> Response:
    """Stop a preview; the file stays."""
    posted()
    upload = _upload(token, with_content=False)
    upload.cancel()
    return _fresh(_state(upload), 202)


def _upload(token: str, with_content: bool = True) -> Upload:
    found = uploads().find(token)
    if found is None or (with_content and not found.has_content):
        raise AskedWrongError(404, t("data.error_gone"))
    return found


def _start(upload: Upload, order: Order) -> None:
    jobs: Jobs = current_app.extensions["jobs"]
    try:
        jobs.start(upload, order)
    except WorkingError as error:
        raise AskedWrongError(409, t("data.error_working")) from error
    except CrowdedError as error:
        raise AskedWrongError(503, t("data.error_busy")) from error


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise AskedWrongError(400, t("data.error_part", name=name))
    return value


def _texts(given: Mapping[str, Any], name: str) -> dict[str, str]:
    found = given.get(name, {})
    is_plain = isinstance(found, dict) and len(found) <= _MOST_ANSWERS
    if not is_plain or any(
        not isinstance(value, str) or len(value) > _LONGEST or len(key) > _LONGEST
        for key, value in found.items()
    ):
        raise AskedWrongError(400, t("data.error_part", name=name))
    return dict(found)


def _state(upload: Upload) -> dict[str, Any]:
    state = upload.state()
    silent = state.pop("silent_s", 0.0)
    if state["state"] in ("waiting", "working") and silent > UNWATCHED_S:
        # The server that watched the work is gone; the work itself may have come to its end.
        if upload.result() is not None:
            state["state"] = "done"
        elif not is_working({**state, "silent_s": silent}):
            state["state"] = "lost"
    said = {"token": upload.token, **state, **upload.facts, "limit_s": _seconds()}
    said.pop("content", None)
    if state["state"] == "working":
        said |= upload.progress()
    elif state["state"] == "done":
        said["result"] = upload.result()
        order = upload.order("preview")
        if order and "report" in (said["result"] or {}):
            said["command"] = command_of(order, str(said["result"]["report"]["target"]))
            said["given"] = {k: order[k] for k in ("target", "mapping", "answers", "source")}
    if state["state"] not in ("received", "waiting", "working", "done"):
        said["message"] = t(f"data.state_{state['state']}", seconds=_seconds())
    return said


def _seconds() -> int:
    return int(current_app.config["IMPORT_SECONDS"])


def command_of(order: Mapping[str, Any], target: str) -> str:
    """What to type to make the same change on the command line."""
    said = ["geoplan", "import", str(order["name"]), "--as", order["target"] or target]
    for option, pairs in (("--map", order["mapping"]), ("--answer", order["answers"])):
        for name, value in pairs.items():
            said += [option, f"{name}={value}"]
    return shlex.join([*said, "--plan", shelf().shown().plan.folder.name])


# ---- taking along
@blueprint.get("/imports/<token>/change.zip")
def change(token: str) -> Response:
    """The files of the plan as they would be, with the report."""
    asked({})
    body = _upload(token).change()
    if body is None:
        raise AskedWrongError(404, t("data.error_no_change"))
    plan = shelf().shown().plan.meta.id
    name = f"{plan}-{t('data.change_file')}.zip"
    return _unstored(kept(body, "application/zip", "change.zip", name))


@blueprint.get("/imports/<token>/remarks.csv")
def remarks(token: str) -> Response:
    """What was refused, passed over or doubted, to be sent back with the file."""
    asked({})
    upload = _upload(token, with_content=False)
    report = (upload.result() or {}).get("report")
    if report is None:
        raise AskedWrongError(404, t("data.error_no_change"))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    names = ("kind", "sheet", "row", "column", "reason", "remedy")
    writer.writerow([t(f"data.col_{name}") for name in names])
    for kind in ("refused", "skipped", "warnings"):
        for one in report[kind]:
            cells = [t(f"data.{kind}"), one["sheet"], one["row"] or "", one["column"]]
            cells += [one["reason"][language()], one["remedy"][language()]]
            writer.writerow([guarded(c) if isinstance(c, str) else c for c in cells])
    stem = str(upload.facts["name"]).rpartition(".")[0]
    body = ("\ufeff" + text.getvalue()).encode()
    name = f"{stem}-{t('data.remarks_file')}.csv"
    return _unstored(kept(body, "text/csv", "remarks.csv", name))


@blueprint.get("/templates/<table>.xlsx")
def template_file(table: str) -> Response:
    """A spreadsheet to fill in for one table."""
    from geoplan.exchange.office.workbooks import MIMETYPE
    from geoplan.exchange.sheets.templates import template
    from geoplan.schema import TABLES

    asked({})
    if table not in TABLES:
        raise missing("table", table)
    shown = shelf().shown()
    lang = language()
    body = shown.answers.get(("template", table, lang), lambda: template(table, lang, shown.plan))
    title = TABLES[table].zh if lang == "zh" else table
    name = f"{shown.plan.meta.id}-{title}-{t('data.template_file')}.xlsx"
    return kept(body, MIMETYPE, f"{shown.plan.meta.id}-{table}-template.xlsx", name)


# ---- writing
@blueprint.post("/imports/<token>/write")
def write(token: str) -> Response:
    """Write exactly the change that was shown (``digest``)."""
    given = posted()
    _refuse_writing()
    upload = _upload(token)
    report = (upload.result() or {}).get("report")
    order = upload.order("preview")
    if report is None or order is None:
        raise AskedWrongError(409, t("data.error_no_preview"))
    if not report["digest"] or given.get("digest") != report["digest"]:
        raise AskedWrongError(409, t("data.error_stale"))
    _start(
        upload,
        Order(**{**order, "digest": report["digest"], "partial": given.get("partial") is True}),
    )
    return _fresh(_state(upload), 202)


@blueprint.post("/undo")
def take_back() -> Response:
    """Take back an import (``entry``) and those after it, up to ``last`` that the visitor saw."""
    given = posted()
    _refuse_writing()
    folder = shelf().shown().plan.folder
    entry = _text(given, "entry")
    try:
        # Another import may have come meanwhile: it is not ours to take back.
        name = undo(folder, to=entry, only=_text(given, "last") or entry)
    except UnknownEntryError as error:
        raise AskedWrongError(409, t("data.error_undo")) from error
    except LostStateError as error:
        raise AskedWrongError(409, t("data.error_lost")) from error
    except RefusedFileError as error:
        said = " ".join(remark.message(language()) for remark in error.remarks)
        raise AskedWrongError(409, said) from error
    except GeoplanError as error:
        raise AskedWrongError(503, str(error)) from error
    return _fresh({"undone": name})


def _refuse_writing() -> None:
    if not may_write():
        raise AskedWrongError(403, t("data.error_read_only"))


def recent_imports(folder: Path) -> tuple[list[Import], str]:
    """The imports that were written, oldest first, and why they are not known where they are not."""
    try:
        return imports(folder), ""
    except GeoplanError as error:
        return [], str(error)


def _fresh(value: Any, status: int = 200) -> Response:
    return _unstored(Response(encoded(value), status, mimetype="application/json"))


def _unstored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
