"""Downloads: every dataset in every format, and the whole plan as one archive.

A link and a form without a script do; what is wrong with a request is told
at its field on the dataset's page, or as JSON to a program.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import BoundedSemaphore

from flask import Blueprint, Response, request

from geoplan.errors import GeoplanError, OutputError
from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.datasets import datasets
from geoplan.exchange.outgoing.exporting import exported
from geoplan.exchange.outgoing.formats import FORMATS
from geoplan.exchange.outgoing.packing import USUAL_FORMATS, pack
from geoplan.plan.opening import Plan
from geoplan.site.conditions import ConditionError
from webmap.answering import encoded, shelf
from webmap.api_site import kept
from webmap.asking import AskedWrongError, asked, missing
from webmap.data import dataset_page
from webmap.data_sets import FORMS, crs_choices, forms_of
from webmap.i18n import language, t
from webmap.shelf import Shown

blueprint = Blueprint("api_data", __name__, url_prefix="/data")

_AT_ONCE = BoundedSemaphore(2)
_WAIT_S = 60
_LONGEST_WHERE = 500
_FIELDS = ("format", "crs", "where")


@dataclass(frozen=True)
class Wanted:
    """What a download was asked for with, as it was written."""

    format: str = ""
    crs: str = ""
    where: str = ""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field of the form; ``aside`` is in English only."""

    field: str
    said: str
    aside: str = ""


@blueprint.get("/download/<name>")
def download(name: str) -> Response:
    """One dataset in one format: ``format``, ``crs``, ``where``, ``lang``."""
    shown = shelf().shown()
    dataset = dataset_of(shown.plan, name)
    wanted = Wanted(**asked(dict.fromkeys(_FIELDS, str)))
    fault = _fault(shown.plan, dataset, wanted)
    if fault is None:
        try:
            return _file(shown, dataset, wanted)
        except ConditionError as error:
            fault = Fault("where", error.said[language()])
        except OutputError as error:
            fault = Fault("format", t("data.error_output"), str(error))
    return _refused(shown, dataset, wanted, fault)


@blueprint.get("/package")
def package() -> Response:
    """The whole plan as one archive."""
    asked({})
    shown = shelf().shown()
    lang = language()
    body = shown.answers.get(("package", lang), lambda: _packed(shown.plan))
    stem = f"{shown.plan.meta.id}-{date.today().isoformat()}"
    return _conditional(kept(body, "application/zip", f"{_ascii(stem)}.zip", f"{stem}.zip"))


def dataset_of(plan: Plan, name: str) -> Dataset:
    """A dataset by its name; ``layer:NAME`` is the one of a layer.

    Raises
    ------
    AskedWrongError
        404: there is none.
    """
    found = datasets(plan)
    kind, colon, of = name.partition(":")
    if colon and kind == "layer":
        for dataset in found.values():
            if dataset.kind == "layer" and dataset.of == of:
                return dataset
    if name in found:
        return found[name]
    raise missing("dataset", name)


def _fault(plan: Plan, dataset: Dataset, wanted: Wanted) -> Fault | None:
    offered = forms_of(dataset)
    if wanted.format not in offered:
        known = ", ".join(offered)
        return Fault("format", t("data.error_format", value=wanted.format[:40], known=known))
    form = FORMATS[FORMS[wanted.format].format]
    known_crs = [code for code, _ in crs_choices(plan)]
    if wanted.crs and wanted.crs not in known_crs:
        return Fault("crs", t("data.error_crs", value=wanted.crs[:40], known=", ".join(known_crs)))
    if wanted.crs and form.lonlat_only and wanted.crs != "EPSG:4326":
        return Fault("crs", t("data.error_lonlat", format=wanted.format))
    if len(wanted.where) > _LONGEST_WHERE:
        return Fault("where", t("data.error_where_long", limit=_LONGEST_WHERE))
    return None


def _file(shown: Shown, dataset: Dataset, wanted: Wanted) -> Response:
    chosen = FORMS[wanted.format]
    form = FORMATS[chosen.format]
    lang, today = language(), date.today()
    # A table has no CRS; what does not count is no second answer.
    crs = wanted.crs if dataset.is_spatial and form.shapes else ""

    def make() -> bytes:
        with _room():
            return exported(
                shown.plan, [dataset.name], form.name, crs or None, lang, wanted.where,
                encoding=chosen.encoding, today=today,
            ).content  # fmt: skip

    key = ("download", dataset.name, wanted.format, crs, lang, wanted.where.strip(), today)
    body = shown.answers.get(key, make)
    stem = f"{shown.plan.meta.id}-{dataset.name}-{today.isoformat()}"
    return _conditional(
        kept(body, form.media_type, f"{_ascii(stem)}{form.ending}", f"{stem}{form.ending}")
    )


def _refused(shown: Shown, dataset: Dataset, wanted: Wanted, fault: Fault) -> Response:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if best == "application/json":
        said = {"error": fault.said, "field": fault.field}
        return Response(encoded(said), 400, mimetype="application/json")
    return Response(dataset_page(shown, dataset, wanted, fault), 400)


@contextmanager
def _room() -> Iterator[None]:
    """One of the places in which something long may be worked out."""
    if not _AT_ONCE.acquire(timeout=_WAIT_S):
        raise AskedWrongError(503, t("data.error_busy"))
    try:
        yield
    finally:
        _AT_ONCE.release()


def _packed(plan: Plan) -> bytes:
    with _room(), tempfile.TemporaryDirectory(prefix="geoplan-") as folder:
        try:
            return pack(plan, Path(folder) / "plan.zip", USUAL_FORMATS, language()).read_bytes()
        except GeoplanError as error:
            raise AskedWrongError(500, f"{t('data.error_output')} {error}") from error


def _conditional(response: Response) -> Response:
    if not (response.mimetype or "").startswith("text/") and "json" not in (
        response.mimetype or ""
    ):
        # Texts get theirs where they are compressed.
        response.add_etag()
        response.make_conditional(request)
    return response


def _ascii(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)[-120:]
