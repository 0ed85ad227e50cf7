"""Pieces that OpenAPI documents are made of, and the schemas that several answers share."""

from collections.abc import Iterable, Mapping
from typing import Any

from geoplan.plan.problems import Both, Language

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date"}
COUNT: Schema = {**INTEGER, "minimum": 0}
BINARY: Schema = {"type": "string", "format": "binary"}
FREE: Schema = {"type": "object"}
"""An object of any form."""

JSON = "application/json"
POSTED = (400, 403, 413, 415)
"""Statuses with which :mod:`webmap.posting` refuses what is sent."""


def maybe(schema: Schema) -> Schema:
    """A schema that also takes null."""
    return {**schema, "nullable": True}


def listed(items: Schema, **more: Any) -> Schema:
    """An array."""
    return {"type": "array", "items": items, **more}


def mapped(values: Schema) -> Schema:
    """An object whose keys are ids."""
    return {"type": "object", "additionalProperties": values}


def held(_optional: Iterable[str] = (), /, **properties: Schema) -> Schema:
    """An object with these properties, all there but the optional ones."""
    optional = set(_optional)
    required = [name for name in properties if name not in optional]
    found: Schema = {"type": "object", "properties": properties}
    return {**found, "required": required} if required else found


def ref(name: str) -> Schema:
    """One of the shared schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def one_of(words: Iterable[str]) -> Schema:
    """One of some words; any text where there are none."""
    found = list(words)
    return {"type": "string", "enum": found} if found else dict(TEXT)


def called(_optional: Iterable[str] = (), /, **more: Schema) -> Schema:
    """An object with a name in Chinese and one in English."""
    return held(_optional, zh=TEXT, en=TEXT, **more)


def parameter(
    name: str, said: str, schema: Schema, *, where: str = "query", **more: Any
) -> dict[str, Any]:
    """A parameter; one in the path is required."""
    found: dict[str, Any] = {"name": name, "in": where, "description": said, "schema": schema}
    if where == "path":
        found["required"] = True
    if where == "query":
        found |= {"style": "form", "explode": False}
    return {**found, **more}


def shared(name: str) -> dict[str, str]:
    """One of the shared parameters."""
    return {"$ref": f"#/components/parameters/{name}"}


def content(kind: str, schema: Schema) -> dict[str, Any]:
    """The content of a body."""
    return {kind: {"schema": schema}}


def answered(said: str, contents: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A response."""
    return {"description": said, "content": dict(contents), **more}


def refusals(*statuses: int) -> dict[str, Any]:
    """The responses of the pages' interface that say what is wrong."""
    return {str(status): {"$ref": f"#/components/responses/Refusal{status}"} for status in statuses}


def operation(
    tag: str, name: str, summary: str, parameters: Iterable[Any], responses: Schema, **more: Any
) -> dict[str, Any]:
    """What one method of an address does; every one may be told the language."""
    return {
        "tags": [tag],
        "operationId": name,
        "summary": summary,
        "parameters": [*parameters, shared("lang")],
        **more,
        "responses": responses,
    }


def chooser(language: Language) -> Any:
    """``say(zh, en)`` → the phrase of a language."""
    return lambda zh, en: Both(zh, en)[language]


def geojson_schemas() -> dict[str, Schema]:
    """GeoJSON as RFC 7946 has it."""
    position = listed(NUMBER, minItems=2)
    line = listed(position, minItems=2)
    ring = listed(position, minItems=4)
    depths = {
        "Point": position,
        "MultiPoint": listed(position),
        "LineString": line,
        "MultiLineString": listed(line),
        "Polygon": listed(ring),
        "MultiPolygon": listed(listed(ring)),
    }
    shapes = {
        name: held(type=one_of([name]), coordinates=coordinates)
        for name, coordinates in depths.items()
    }
    shapes["GeometryCollection"] = held(
        type=one_of(["GeometryCollection"]), geometries=listed(ref("Geometry"))
    )
    return {
        **shapes,
        "Geometry": {"oneOf": [ref(name) for name in shapes]},
        "Feature": held(
            ["links", "id"],
            type=one_of(["Feature"]),
            id={"oneOf": [TEXT, INTEGER]},
            properties=maybe({"type": "object"}),
            geometry=maybe({"allOf": [ref("Geometry")]}),
            links=listed(ref("Link")),
        ),
        "FeatureCollection": held(
            ["more"],
            type=one_of(["FeatureCollection"]),
            features=listed(ref("Feature")),
            more=COUNT,
        ),
    }


def citation_schemas() -> dict[str, Schema]:
    """Where something was read, and names in two languages."""
    return {
        "Both": called(),
        "Citation": held(
            source=held(id=TEXT, zh=maybe(TEXT), en=maybe(TEXT)),
            locus=TEXT,
            quote=TEXT,
            basis=TEXT,
            note=TEXT,
            file=TEXT,
            row=INTEGER,
        ),
        "Refusal": held(error=TEXT),
        "Box": listed(NUMBER, minItems=4, maxItems=4),
    }
