"""The documents of OGC API - Features: what there is, where it lies, what may be asked of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

from geoplan.exchange.outgoing.encoding import MEDIA_TYPE
from geoplan.exchange.outgoing.fields import Field
from geoplan.exchange.outgoing.provenance import provenance
from geoplan.exchange.prints.captions import SKETCH_NOTE
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Language
from geoplan.schema import VOCABULARIES
from webmap.i18n import t
from webmap.ogc_collections import GEOMETRY, Collection, title
from webmap.ogc_crs import storage
from webmap.ogc_times import told

Form = Literal["json", "html"]
JSON = "application/json"
GEOJSON = MEDIA_TYPE
HTML = "text/html"
PROBLEM = "application/problem+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_GEOMETRY_FORMATS = {
    "Point": "geometry-point-or-multipoint",
    "LineString": "geometry-linestring-or-multilinestring",
    "Polygon": "geometry-polygon-or-multipolygon",
}
_FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
CONFORMANCE = (
    *("http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/" + name
      for name in ("core", "landing-page", "json", "html", "oas30")),
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    *(f"{_FEATURES}1/1.0/conf/{name}" for name in ("core", "geojson", "html", "oas30")),
    f"{_FEATURES}2/1.0/conf/crs",
    *(f"{_FEATURES}3/1.0/conf/{name}"
      for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(_CQL2 + name
      for name in ("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators",
                   "case-insensitive-comparison", "accent-insensitive-comparison",
                   "basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions",
                   "temporal-functions", "property-property", "arithmetic")),
)  # fmt: skip


@dataclass(frozen=True)
class Link:
    """A link as JSON, pages and the header ``Link`` carry it."""

    href: str
    rel: str
    type: str
    title: str = ""

    def as_json(self) -> dict[str, str]:
        """The link in a document."""
        said = {"href": self.href, "rel": self.rel, "type": self.type, "title": self.title}
        return {key: value for key, value in said.items() if value}

    def as_header(self) -> str:
        """The link in a header, where no comma may stand in an address."""
        href = quote(self.href, safe=":/?&=%#[]@!$'()*+~")
        return f'<{href}>; rel="{self.rel}"; type="{self.type}"'


@dataclass(frozen=True)
class Addresses:
    """Makes addresses below the interface's root, in the language that was asked for.

    Attributes
    ----------
    root :
        Address of the application, with a slash at its end.
    kept :
        Parameters that every link keeps: the language, if it was asked for.
    """

    root: str
    kept: tuple[tuple[str, str], ...] = ()

    def __call__(self, *parts: str, query: Iterable[tuple[str, str]] = ()) -> str:
        """The address of a part of the interface."""
        path = "/".join(["ogc", *(quote(part, safe="") for part in parts)])
        pairs = [pair for pair in (*query, *self.kept) if pair[1]]
        return (
            self.root + path + (f"?{urlencode(pairs, safe=':/', quote_via=quote)}" if pairs else "")
        )

    def both(
        self, *parts: str, form: Form, kind: str, query: Iterable[tuple[str, str]] = ()
    ) -> list[Link]:
        """Links to a document as it is sent, and in its other form."""
        pairs = list(query)
        kinds: Mapping[Form, str] = {"json": kind, "html": HTML}
        return [
            Link(
                self(*parts, query=[*pairs, ("f", name)]),
                "self" if name == form else "alternate",
                kinds[name],
                t(f"ogc.as_{name}"),
            )
            for name in sorted(kinds, key=lambda name: name != form)
        ]


def landing(plan: Plan, at: Addresses, form: Form, language: Language) -> dict[str, Any]:
    """Where everything begins."""
    links = [
        *at.both(form=form, kind=JSON),
        Link(at("api", query=[("f", "json")]), "service-desc", OPENAPI, t("ogc.api_json")),
        Link(at("api", query=[("f", "html")]), "service-doc", HTML, t("ogc.api_html")),
        Link(at("conformance", query=[("f", "json")]), "conformance", JSON, t("ogc.conformance")),
        Link(at("collections", query=[("f", "json")]), "data", JSON, t("ogc.collections")),
    ]
    return {
        "title": _name(plan, language),
        "description": t("ogc.description", note=SKETCH_NOTE[language]),
        "links": [link.as_json() for link in links],
    }


def _name(plan: Plan, language: Language) -> str:
    meta = plan.meta
    names = {"zh": meta.title_zh, "en": meta.title_en}
    return names[language] or meta.title_zh or meta.id


def conformance(at: Addresses, form: Form) -> dict[str, Any]:
    """What of the standards is kept."""
    links = at.both("conformance", form=form, kind=JSON)
    return {"links": [link.as_json() for link in links], "conformsTo": list(CONFORMANCE)}


def collections(
    found: Iterable[Collection], at: Addresses, form: Form, language: Language
) -> dict[str, Any]:
    """All collections."""
    links = at.both("collections", form=form, kind=JSON)
    return {
        "links": [link.as_json() for link in links],
        "collections": [collection(one, at, form, language) for one in found],
    }


def collection_links(found: Collection, at: Addresses, form: Form) -> list[Link]:
    """Where a collection leads."""
    own = ("collections", found.id)
    items = (*own, "items")
    return [
        *at.both(*own, form=form, kind=JSON),
        Link(at(*items, query=[("f", "json")]), "items", GEOJSON, t("ogc.items_json")),
        Link(at(*items, query=[("f", "html")]), "items", HTML, t("ogc.items_html")),
        Link(at(*own, "queryables", query=[("f", "json")]), QUERYABLES_REL, SCHEMA,
             t("ogc.queryables")),
        Link(at(*own, "queryables", query=[("f", "html")]), QUERYABLES_REL, HTML,
             t("ogc.queryables")),
        Link(at("collections", query=[("f", "json")]), "data", JSON, t("ogc.collections")),
    ]  # fmt: skip


def collection(found: Collection, at: Addresses, form: Form, language: Language) -> dict[str, Any]:
    """One collection: where and when it is, where it comes from, on what terms."""
    dataset = found.dataset
    origin = provenance(found.plan, dataset)
    held = storage(dataset.crs)
    note = dataset.note[language] or dataset.note.zh
    lost = t("ogc.unlocated", count=found.unlocated) if found.unlocated else ""
    said: dict[str, Any] = {
        "id": found.id,
        "title": title(dataset)[language],
        "description": "\n".join(part for part in (note, lost, SKETCH_NOTE[language]) if part),
        "attribution": "; ".join(_source_title(one, language) for one in origin["sources"]),
        "license": dataset.licence,
        "extent": _extent(found),
        "itemType": "feature",
        "crs": [one.uri for one in found.references],
        "storageCrs": held.uri if held else None,
        "links": [link.as_json() for link in collection_links(found, at, form)],
        "provenance": origin,
    }
    return {key: value for key, value in said.items() if value not in (None, "", {})}


def _source_title(source: Mapping[str, str], language: Language) -> str:
    return source.get(f"title_{language}") or source.get("title_zh") or source["id"]


def _extent(found: Collection) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if found.extent is not None:
        said["spatial"] = {"bbox": [list(found.extent)], "crs": found.references[0].uri}
    if found.span is not None:
        said["temporal"] = {
            "interval": [[told(end) for end in found.span]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        }
    return said


# ---- what may be asked
_TYPES: Mapping[str, Mapping[str, str]] = {
    "integer": {"type": "integer"},
    "year": {"type": "integer"},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "date-time"},
}


def property_schema(field: Field, language: Language) -> dict[str, Any]:
    """A property as JSON Schema: title, type, unit, the words it may hold."""
    said: dict[str, Any] = {
        "title": field.title[language] or field.name,
        **_TYPES.get(field.kind, {"type": "string"}),
    }
    if field.unit:
        said["x-ogc-unit"] = field.unit
    if field.vocabulary in VOCABULARIES:
        words = VOCABULARIES[field.vocabulary]
        said["oneOf"] = [
            {"const": code, "title": pair[language == "en"]} for code, pair in words.items()
        ]
    return said


def queryables(found: Collection, at: Addresses, language: Language) -> dict[str, Any]:
    """The properties that a filter may name, as JSON Schema."""
    dataset = found.dataset
    properties = {one.name: property_schema(one, language) for one in found.fields}
    if dataset.key in properties:
        properties[dataset.key]["x-ogc-role"] = "id"
    properties[GEOMETRY] = {
        "title": t("ogc.geometry"),
        "format": _GEOMETRY_FORMATS.get(dataset.geometry, "geometry-any"),
        "x-ogc-role": "primary-geometry",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": at("collections", found.id, "queryables"),
        "type": "object",
        "title": title(dataset)[language],
        "properties": properties,
        "additionalProperties": False,
    }


def items_metadata(found: Collection) -> dict[str, Any]:
    """What every page of items says of its origin."""
    origin = provenance(found.plan, found.dataset)
    names = ("plan", "dataset", "as_of", "valid_from", "valid_to", "licence", "disclaimer_zh",
             "disclaimer_en")  # fmt: skip
    said = {name: origin[name] for name in names if name in origin}
    said["unlocated"] = found.unlocated
    if found.money:
        said["money"] = dict(found.money)
    return said
