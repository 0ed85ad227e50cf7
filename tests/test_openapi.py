"""The OpenAPI document: complete, sound, and true of what the application answers."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from conftest import ROOT, TINY
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from webmap import create_app

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
PLAIN = {"Accept-Encoding": "identity"}
EXAMPLES = 4


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    # Not as a test: what fails must become a 500 that is seen, not an exception.
    return create_app(TINY, {"WORKSPACE": tmp_path_factory.mktemp("briefs")})


@pytest.fixture(scope="module")
def document(app: Flask) -> Any:
    return app.test_client().get("/ogc/api?f=json&lang=en").get_json()


def whole_path(document: Any, path: str) -> str:
    entry = document["paths"][path]
    server = entry.get("servers", document["servers"])[0]["url"]
    return str(server).removeprefix("http://localhost").rstrip("/") + path


def rooted(document: Any) -> Any:
    """The document with every path from the root of the application."""
    found = deepcopy(document)
    found["paths"] = {
        whole_path(document, path): {k: v for k, v in entry.items() if k != "servers"}
        for path, entry in found["paths"].items()
    }
    found["servers"] = [{"url": "/"}]
    return found


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path in document["paths"]:
        for method, operation in document["paths"][path].items():
            if method in ("get", "post", "delete"):
                yield whole_path(document, path), method, operation


# ---- complete
def test_every_route_is_described_and_nothing_else(app: Flask, document: Any) -> None:
    shown = {path: re.sub(r"\{\w+\}", "<>", path) for path, _, _ in operations(document)}
    collections = {
        one["id"] for one in app.test_client().get("/ogc/collections").get_json()["collections"]
    }
    described = {(shown[path], method) for path, method, _ in operations(document)}
    routes = set()
    for rule in app.url_map.iter_rules():
        if (
            not rule.rule.startswith(("/api/", "/ogc", "/healthz"))
            or rule.endpoint == "ogc.nowhere"
        ):
            continue
        for method in rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}:  # type: ignore[operator]
            path = re.sub(r"<(\w+:)?\w+>", "<>", rule.rule)
            if not path.startswith("/ogc/collections/<>"):
                routes.add((path, method.lower()))
                continue
            # Each collection is described by its own name, with its own properties.
            routes |= {(path.replace("<>", name, 1), method.lower()) for name in collections}
    assert described == routes


def test_every_parameter_of_items_is_described_and_taken(app: Flask, document: Any) -> None:
    client = app.test_client()
    for path, method, operation in operations(document):
        if method != "get" or "{" in path:
            continue
        names = {
            resolved(document, one)["name"] for one in operation["parameters"]
        } - {"sector", "district"}  # fmt: skip
        told = client.get(path + "?no_such_parameter=1&lang=en")
        assert told.status_code == 400, path
        text = told.get_json().get("description") or told.get_json()["error"]
        there = set(text.rpartition("There are: ")[2].rstrip(".").split(", "))
        assert there - {"sector", "district"} == names, path


def resolved(document: Any, given_object: Any) -> Any:
    reference = given_object.get("$ref")
    if reference is None:
        return given_object
    found = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


# ---- sound
def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_document_is_sound(document: Any) -> None:
    assert document["openapi"].startswith("3.0.")
    used = set(references(document))
    for reference in used:
        assert resolved(document, {"$ref": reference})
    for kind in ("schemas", "parameters", "responses"):
        for name in document["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, (kind, name)
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in operations(document):
        assert set(operation["tags"]) <= tags
        assert operation["summary"], path
        assert "400" in operation["responses"]
        placed = [one for one in operation["parameters"] if one.get("in") == "path"]
        assert {one["name"] for one in placed} == set(re.findall(r"\{(\w+)\}", path))
        assert all(one["required"] for one in placed)
        assert ("requestBody" in operation) == (method == "post")


def test_what_the_standard_asks_of_parameters(document: Any) -> None:
    shared = document["components"]["parameters"]
    for name in ("limit", "bbox", "datetime"):
        assert (shared[name]["in"], shared[name]["style"], shared[name]["explode"]) == (
            "query", "form", False,
        )  # fmt: skip
        assert not shared[name].get("required")
    assert shared["limit"]["schema"]["type"] == "integer"
    box = shared["bbox"]["schema"]
    assert (box["type"], box["minItems"], box["maxItems"]) == ("array", 4, 6)
    assert box["items"] == {"type": "number"}
    assert "/collections/projects/items" in document["paths"]


def test_both_languages_describe_the_same(app: Flask, document: Any) -> None:
    other = app.test_client().get("/ogc/api?f=json&lang=zh").get_json()

    def without_words(value: Any) -> Any:
        if isinstance(value, dict):
            words = ("description", "summary", "title", "example")
            return {k: without_words(v) for k, v in value.items() if k not in words}
        return [without_words(one) for one in value] if isinstance(value, list) else value

    assert without_words(other) == without_words(document)
    assert other["paths"]["/collections"]["get"]["summary"] == "全部数据集"


def test_the_examples_of_parameters_are_answered(app: Flask, document: Any) -> None:
    client = app.test_client()
    for one in document["components"]["parameters"].values():
        if "example" not in one:
            continue
        value = one["example"]
        text = ",".join(map(str, value)) if isinstance(value, list) else value
        answer = client.get("/ogc/collections/projects/items", query_string={one["name"]: text})
        assert answer.status_code == 200, one["name"]


def test_the_document_of_the_embedded_plan_is_of_a_bearable_size() -> None:
    answer = create_app(ROOT).test_client().get("/ogc/api", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) < 40_000


# ---- true
@pytest.fixture(scope="module")
def schema(app: Flask, document: Any) -> Any:
    found = rooted(document)
    client = app.test_client()
    for path, _, operation in operations(found):
        # Ids that exist: an answer tells more than a 404.
        for one in operation["parameters"]:
            if one.get("name") == "featureId":
                items = client.get(path.removesuffix("/{featureId}")).get_json()["features"]
                one["schema"]["enum"] = [item["id"] for item in items[:4]] + ["no such id"]
            if path.startswith("/api/subject/") and one.get("name") == "id":
                one["schema"]["enum"] = ["p1", "robots", "A", "park", "jia-yi", "station", "east"]
    loaded = schemathesis.openapi.from_dict(found)
    loaded.app = app
    return loaded


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_what_is_answered_is_what_is_described(schema: Any, mode: GenerationMode) -> None:
    statuses = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            answer = case.call(headers=PLAIN)
            statuses.add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        ask()
    assert statuses & {200} if mode == GenerationMode.POSITIVE else statuses >= {400, 404}


def test_documented_bodies_are_answered_as_described(schema: Any, document: Any) -> None:
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        body = operation.definition.raw.get("requestBody", {}).get("content", {})
        example = body.get("application/json", {}).get("example")
        if example is None:
            continue
        case = operation.Case(body=example, media_type="application/json")
        answer = case.call(headers=PLAIN)
        assert answer.status_code in (200, 201), (operation.label, answer.text)
        case.validate_response(answer, checks=CHECKS)
        asked += 1
    assert asked >= 4


def test_files_of_a_saved_brief_are_answered_as_described(app: Flask, schema: Any) -> None:
    brief = {"project": {"sector": "robots"}, "candidates": {"kind": "platforms"}}
    name = app.test_client().post("/api/site/briefs", json=brief).get_json()["id"]
    for path, parameters in (
        ("/api/site/briefs/{name}.{form}", {"name": name, "form": "json"}),
        ("/api/site/briefs/{name}.{form}", {"name": name, "form": "toml"}),
        ("/api/site/{name}/{file}", {"name": name, "file": "record.json"}),
        ("/api/site/{name}/{file}", {"name": name, "file": "result.geojson"}),
    ):
        case = schema[path]["GET"].Case(path_parameters=parameters)
        answer = case.call(headers=PLAIN)
        assert answer.status_code == 200
        case.validate_response(answer, checks=CHECKS)


def test_the_document_would_catch_an_untrue_answer(app: Flask, document: Any) -> None:
    found = rooted(document)
    found["components"]["schemas"]["Items"]["required"].append("no_such_member")
    loaded = schemathesis.openapi.from_dict(json.loads(json.dumps(found)))
    loaded.app = app
    case = loaded["/ogc/collections/projects/items"]["GET"].Case()
    with pytest.raises(BaseException, match="no_such_member"):
        case.validate_response(case.call(headers=PLAIN), checks=CHECKS)


def test_no_document_names_a_folder_of_this_machine(document: Any) -> None:
    assert str(Path.home()) not in json.dumps(document)
    assert str(ROOT) not in json.dumps(document)
