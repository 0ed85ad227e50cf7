"""OGC API - Features at ``/ogc``: every layer, located thing and density result, for any GIS.

Parts 1 (core, GeoJSON, HTML, OpenAPI), 2 (CRS by reference) and 3 (queryables,
CQL2 filters). What a request may ask is in :mod:`webmap.ogc_items`, the
documents in :mod:`webmap.ogc_documents`, the pages in :mod:`webmap.ogc_pages`.
"""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import HTTPException

from geoplan.errors import GeoplanError
from geoplan.exchange.outgoing.dataset import Dataset
from webmap import ogc_documents as documents
from webmap import ogc_maps as maps
from webmap import ogc_pages as pages
from webmap import openapi
from webmap.answering import answer, encoded, shelf
from webmap.asking import AskedWrongError, Reader, asked, one_of
from webmap.failing import failed
from webmap.i18n import HTML_LANG, language, t
from webmap.ogc_collections import Collection, available, collection_of, served
from webmap.ogc_cql2 import FilterError
from webmap.ogc_crs import Reference
from webmap.ogc_documents import Addresses, Form, Link
from webmap.ogc_forms import asked_form, refusal
from webmap.ogc_items import (
    DEFAULT_LIMIT,
    features,
    item_readers,
    page_of,
    question_readers,
    reference_reader,
    wanted_of,
)
from webmap.shelf import Shown

blueprint = Blueprint("ogc", __name__, url_prefix="/ogc")

_SMALLEST_COMPRESSED = 1024
_MOST_ON_A_PAGE = 500
_EXPOSED = "Content-Crs, ETag, Link"


# ---- of every answer
@blueprint.after_app_request
def open_to_viewers(response: Response) -> Response:
    """Let the pages of other sites read what lies here; nothing here can be changed."""
    if _is_here():
        response.headers["Content-Language"] = HTML_LANG[language()]
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            response.headers["Access-Control-Allow-Headers"] = "*"
        response.vary.add("Accept")
    return response


def _is_here() -> bool:
    return request.path == "/ogc" or request.path.startswith("/ogc/")


@blueprint.app_errorhandler(405)
def unchangeable(error: HTTPException) -> Response:
    """A method that would change something; no rule of ours fits it, so all such errors come here."""
    if not _is_here():
        return failed(error)
    response = refusal(405, t("frame.error_405"))
    response.headers.extend(
        pair for pair in error.get_headers(request.environ) if pair[0] == "Allow"
    )
    return response


@blueprint.errorhandler(500)
def broken(error: HTTPException) -> Response:
    """A fault of ours."""
    return refusal(500, t("frame.error_500"))


@blueprint.errorhandler(AskedWrongError)
def refused(error: AskedWrongError) -> Response:
    """A request for what there is not."""
    return refusal(error.status, str(error))


@blueprint.errorhandler(FilterError)
def misunderstood(error: FilterError) -> Response:
    """A filter or box that cannot be read."""
    return refusal(400, t("ogc.error_filter", reason=error.said[language()]))


@blueprint.errorhandler(GeoplanError)
def unanswerable(error: GeoplanError) -> Response:
    """What cannot be worked out of the plan as its files are now."""
    return refusal(503, str(error))


def _addresses(form: Form = "json") -> Addresses:
    spoken = request.args.get("lang", "")
    # A page's links hold under whatever name the server was asked; other programs need it whole.
    root = request.url_root if form == "json" else f"{request.script_root}/"
    return Addresses(root, (("lang", spoken),) if spoken else ())


def _asked(readers: Mapping[str, Reader] | None = None) -> dict[str, Any]:
    return asked({**(readers or {}), "f": one_of(("json", "html"))})


def _asked_in_form(readers: Mapping[str, Reader]) -> dict[str, Any]:
    """As :func:`_asked`, where a field of the page's form that was left empty asks nothing."""

    def lenient(read: Reader) -> Reader:
        return lambda text: read(text) if text else None

    given = _asked({name: lenient(read) for name, read in readers.items()})
    given["limit"] = min(given.get("limit") or DEFAULT_LIMIT, _MOST_ON_A_PAGE)
    return {name: value for name, value in given.items() if value is not None}


def _document(shown: Shown, kind: str, make: Callable[[], Mapping[str, Any]]) -> Response:
    key = ("ogc", request.url_root, request.path, _arguments(), language())
    response = answer(shown, key, lambda: encoded(make()))
    response.content_type = kind
    return response


def _arguments() -> tuple[tuple[str, str], ...]:
    return tuple(sorted(request.args.items(multi=True)))


# ---- what there is
@blueprint.get("/", strict_slashes=False)
def landing() -> Response | str:
    """Where everything begins."""
    _asked()
    form, shown = asked_form(), shelf().shown()
    at = _addresses(form)
    if form == "html":
        return render_template(
            "ogc_landing.html",
            at=at,
            found=available(shown),
            address=_addresses()().partition("?")[0],
            **pages.WORDS,
        )
    return _document(
        shown, documents.JSON, lambda: documents.landing(shown.plan, at, form, language())
    )


@blueprint.get("/conformance")
def conformance() -> Response | str:
    """What of the standards is kept."""
    _asked()
    form, shown = asked_form(), shelf().shown()
    at = _addresses(form)
    if form == "html":
        return render_template("ogc_conformance.html", at=at, classes=documents.CONFORMANCE)
    return _document(shown, documents.JSON, lambda: documents.conformance(at, form))


@blueprint.get("/api")
def api() -> Response | str:
    """The interface in OpenAPI, and as a page."""
    _asked()
    form, shown = asked_form(), shelf().shown()
    found = openapi.document(shown, request.url_root, language())
    if form == "html":
        return render_template(
            "ogc_api.html", at=_addresses(), api=pages.told_api(found), **pages.WORDS
        )
    return _document(shown, documents.OPENAPI, lambda: found)


@blueprint.get("/collections")
def collections() -> Response | str:
    """All collections."""
    _asked()
    form, shown = asked_form(), shelf().shown()
    at = _addresses(form)
    if form == "html":
        found = available(shown)
        return render_template("ogc_collections.html", at=at, found=found, **pages.WORDS)
    return _document(
        shown,
        documents.JSON,
        lambda: documents.collections(available(shown), at, form, language()),
    )


def _dataset(shown: Shown, name: str) -> Dataset:
    every = served(shown.plan)
    if name not in every:
        known = ", ".join(every)
        raise AskedWrongError(404, t("ogc.error_collection", name=name[:80], known=known))
    return every[name]


def _one(shown: Shown, name: str) -> tuple[Form, Addresses, Collection]:
    """What a document about one collection is made of, and the form it is wanted in."""
    dataset = _dataset(shown, name)
    _asked()
    form = asked_form()
    return form, _addresses(form), collection_of(shown, dataset)


@blueprint.get("/collections/<name>")
def collection(name: str) -> Response | str:
    """One collection."""
    shown = shelf().shown()
    form, at, found = _one(shown, name)
    if form == "html":
        said = documents.collection(found, at, form, language())
        return render_template(
            "ogc_collection.html", at=at, one=found, said=said, **pages.WORDS,
            **maps.map_of(shown, found, at),
        )  # fmt: skip
    response = _document(
        shown, documents.JSON, lambda: documents.collection(found, at, form, language())
    )
    return _linked(response, documents.collection_links(found, at, form))


@blueprint.get("/collections/<name>/queryables")
def queryables(name: str) -> Response | str:
    """What a filter may name."""
    shown = shelf().shown()
    form, at, found = _one(shown, name)
    if form == "html":
        return render_template("ogc_queryables.html", at=at, one=found, **pages.WORDS)
    return _document(shown, documents.SCHEMA, lambda: documents.queryables(found, at, language()))


# ---- items
@blueprint.get("/collections/<name>/items")
def items(name: str) -> Response | str:
    """The features that the parameters select, page by page."""
    shown = shelf().shown()
    dataset = _dataset(shown, name)
    everything = collection_of(shown, dataset)
    readers = {**question_readers(shown, dataset), **item_readers(everything)}
    form = asked_form()
    at = _addresses(form)
    given = _asked_in_form(readers) if form == "html" else _asked(readers)
    found = collection_of(shown, dataset, wanted_of(given))
    reference: Reference = given.get("crs", found.references[0])
    page = page_of(found, given)
    links = _page_links(found, at, form, page.offset, page.limit, page.following)
    if form == "html":
        return render_template(
            "ogc_items.html", at=at, one=found, page=page, given=request.args,
            links={link.rel: link.href for link in links}, **pages.WORDS,
            **pages.rows_of(shown, found, page), **maps.map_of(shown, found, at, given),
        )  # fmt: skip

    def make() -> bytes:
        head = {
            "numberMatched": page.matched,
            "numberReturned": len(page.rows),
            "links": [link.as_json() for link in links],
            "metadata": documents.items_metadata(found),
        }
        written = features(found, page.rows, reference)
        return encoded(head)[1:-1] + b',"features":[\n' + b",\n".join(written) + b"\n]}\n"

    key = ("ogc items", request.url_root, request.path, _arguments(), language())
    response = _stamped(shown.answers.get(key, make))
    response.headers["Content-Crs"] = f"<{reference.uri}>"
    return _linked(response, links)


def _page_links(
    found: Collection, at: Addresses, form: Form, offset: int, limit: int, following: int | None
) -> list[Link]:
    path = ("collections", found.id, "items")
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in ("f", "lang")]
    links = at.both(*path, form=form, kind=documents.GEOJSON, query=kept)
    kind = documents.HTML if form == "html" else documents.GEOJSON
    others = [pair for pair in kept if pair[0] not in ("offset", "limit")]

    def turned(rel: str, to: int, count: int) -> Link:
        place = [("limit", str(count)), ("offset", str(to))]
        return Link(at(*path, query=[*others, *place, ("f", form)]), rel, kind, t(f"ogc.{rel}"))

    if following is not None:
        links.append(turned("next", following, limit))
    if offset:
        links.append(turned("prev", max(0, offset - limit), min(limit, offset)))
    own = at("collections", found.id, query=[("f", form)])
    links.append(
        Link(own, "collection", documents.HTML if form == "html" else documents.JSON,
             t("ogc.collection"))
    )  # fmt: skip
    links.append(
        Link(at("collections", found.id, "queryables"), documents.QUERYABLES_REL, documents.SCHEMA,
             t("ogc.queryables"))
    )  # fmt: skip
    return links


def _stamped(rest: bytes) -> Response:
    """A collection with the time of this answer, which its ETag does not depend on."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = b'{"type":"FeatureCollection","timeStamp":"' + now.encode() + b'",' + rest
    response = Response(body, mimetype=documents.GEOJSON)
    response.set_etag(hashlib.blake2b(rest, digest_size=16).hexdigest(), weak=True)
    response.vary.add("Accept-Encoding")
    response.make_conditional(request)
    is_long = response.status_code == 200 and len(body) > _SMALLEST_COMPRESSED
    if is_long and request.accept_encodings.quality("gzip") > 0:
        response.set_data(gzip.compress(body, 4))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _linked(response: Response, links: list[Link]) -> Response:
    response.headers["Link"] = ", ".join(link.as_header() for link in links)
    return response


@blueprint.get("/collections/<name>/items/<path:key>")
def item(name: str, key: str) -> Response | str:
    """One feature."""
    shown = shelf().shown()
    dataset = _dataset(shown, name)
    given = _asked({**question_readers(shown, dataset), "crs": reference_reader(dataset.crs)})
    form = asked_form()
    at = _addresses(form)
    found = collection_of(shown, dataset, wanted_of(given))
    number = found.position.get(key)
    if number is None:
        raise AskedWrongError(404, t("ogc.error_item", collection=name, name=key[:80]))
    reference: Reference = given.get("crs", found.references[0])
    links = _item_links(found, at, form, key)
    if form == "html":
        return render_template(
            "ogc_item.html", at=at, one=found, key=key, links={one.rel: one.href for one in links},
            **pages.WORDS, **pages.row_of(shown, found, number),
            **maps.map_of(shown, found, at, key=key),
        )  # fmt: skip

    def make() -> bytes:
        (text,) = features(found, np.array([number]), reference)
        return text[:-1] + b',"links":' + encoded([link.as_json() for link in links]) + b"}"

    cached = ("ogc item", request.url_root, request.path, _arguments(), language())
    response = answer(shown, cached, make, documents.GEOJSON)
    response.headers["Content-Crs"] = f"<{reference.uri}>"
    return _linked(response, links)


def _item_links(found: Collection, at: Addresses, form: Form, key: str) -> list[Link]:
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in ("f", "lang")]
    own = ("collections", found.id)
    kind = documents.HTML if form == "html" else documents.JSON
    return [
        *at.both(*own, "items", key, form=form, kind=documents.GEOJSON, query=kept),
        Link(at(*own, query=[("f", form)]), "collection", kind, t("ogc.collection")),
    ]


@blueprint.get("/<path:rest>")
def nowhere(rest: str) -> Response:
    """Addresses that are none."""
    raise AskedWrongError(404, t("ogc.error_address", start=_addresses()()))
