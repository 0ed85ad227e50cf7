"""What the pages of OGC API - Features show: rows and parameters as a reader wants them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from markupsafe import Markup, escape

from geoplan.exchange.files.reports import plain
from geoplan.exchange.outgoing.fields import NUMERIC, Field
from geoplan.schema import CITATION_NAMES, VOCABULARIES
from webmap.figures import decimal, exact_money
from webmap.i18n import language
from webmap.ogc_collections import Collection, title
from webmap.ogc_items import Page
from webmap.ogc_maps import subject_link
from webmap.sentences import marked, unit_markup
from webmap.shelf import Shown

_DETAILS = frozenset({*CITATION_NAMES, "order", "district_layer", "via", "platform_note"})
_NUMBER_PLACES = 4


@dataclass(frozen=True)
class Row:
    """One item on a page."""

    key: str
    cells: list[Markup]
    on_map: str


# ---- words
def _title(one: Collection) -> Markup:
    said = title(one.dataset)
    return marked(said[language()])


def _heading(field: Field) -> Markup:
    name = marked(field.title[language()] or field.name)
    if not field.unit:
        return name
    return Markup('{} <span class="unit">{}</span>').format(name, unit_markup(field.unit))


def _money(one: Collection) -> list[tuple[str, Markup]]:
    return [
        (part, marked(exact_money(int(amount))[language()])) for part, amount in one.money.items()
    ]


def _words(field: Field) -> list[tuple[str, Markup]]:
    words = VOCABULARIES.get(field.vocabulary, {})
    return [(code, marked(pair[language() == "en"])) for code, pair in words.items()]


def _type(field: Field) -> str:
    if field.kind in NUMERIC:
        return "number"
    return {"flag": "flag", "date": "time", "time": "time"}.get(field.kind, "text")


WORDS: Mapping[str, Any] = {
    "title_of": _title,
    "heading": _heading,
    "money_of": _money,
    "words_of": _words,
    "marked": marked,
    "is_number": lambda field: field.kind in NUMERIC,
    "type_of": _type,
}


# ---- rows
def rows_of(shown: Shown, found: Collection, page: Page) -> dict[str, Any]:
    """The items of a page in a few columns."""
    columns = shown_columns(found)
    frame = found.rows.iloc[page.rows]
    cells = [[cell(one, value) for value in frame[one.name].tolist()] for one in columns]
    keys = [found.ids[number] for number in page.rows.tolist()]
    rows = [
        Row(key, [column[at] for column in cells], subject_link(shown, found, key))
        for at, key in enumerate(keys)
    ]
    return {"columns": columns, "rows": rows}


def shown_columns(found: Collection) -> list[Field]:
    """The fields worth a column: one of each pair of names, nothing that only details say."""
    other = "_zh" if language() == "en" else "_en"
    own = "_en" if language() == "en" else "_zh"
    names = {one.name for one in found.fields}
    return [
        one
        for one in found.fields
        if one.name not in _DETAILS
        and one.name != found.dataset.key
        and not (one.name.endswith(other) and one.name.removesuffix(other) + own in names)
        and not (one.references and _is_named(one.name, names))
    ]


def _is_named(name: str, names: set[str]) -> bool:
    stem = name.removesuffix("_id").removesuffix("_code")
    return stem != name and f"{stem}_zh" in names


def row_of(shown: Shown, found: Collection, number: int) -> dict[str, Any]:
    """Everything that is said of one item."""
    row = found.rows.iloc[[number]]
    facts = [(one, cell(one, row[one.name].tolist()[0])) for one in found.fields]
    return {
        "facts": [fact for fact in facts if fact[1]],
        "name": _name_of(row) or escape(found.ids[number]),
    }


def _name_of(row: pd.DataFrame) -> Markup:
    names = [f"name_{language()}", "name_zh", "name_en", "name"]
    said = [plain(row[name].tolist()[0]) for name in names if name in row]
    return marked(next((name for name in said if isinstance(name, str) and name), ""))


def cell(field: Field, value: Any) -> Markup:
    """A value as a reader wants it; nothing where it is missing."""
    found = plain(value)
    if found is None or found == "":
        return Markup("")
    if field.vocabulary in VOCABULARIES and found in VOCABULARIES[field.vocabulary]:
        return marked(VOCABULARIES[field.vocabulary][found][language() == "en"])
    if field.kind in ("integer", "number") and isinstance(found, int | float):
        return escape(decimal(found, _NUMBER_PLACES))
    return marked(str(found))


# ---- the page of the interface
def told_api(api: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI document as its page shows it: operations by subject, references resolved."""
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in api["tags"]}
    for path, entry in api["paths"].items():
        server = entry.get("servers", api["servers"])[0]["url"].rstrip("/")
        for method, operation in entry.items():
            if method not in ("get", "post", "delete"):
                continue
            parameters = [_resolved(api, one) for one in
                          (*entry.get("parameters", ()), *operation.get("parameters", ()))]  # fmt: skip
            body = operation.get("requestBody", {}).get("content", {})
            groups[operation["tags"][0]].append(
                {
                    "method": method.upper(),
                    "path": path,
                    "address": server + path + _opened_with(operation),
                    "summary": operation["summary"],
                    "description": operation.get("description", ""),
                    "parameters": [_told_parameter(api, one) for one in parameters],
                    "body": [(kind, one["schema"]) for kind, one in body.items()],
                    "responses": [
                        (status, _resolved(api, one)["description"],
                         ", ".join(_resolved(api, one).get("content", {})))
                        for status, one in operation["responses"].items()
                    ],
                }
            )  # fmt: skip
    titles = {tag["name"]: tag["description"] for tag in api["tags"]}
    return {
        "info": api["info"],
        "groups": [(name, titles[name], found) for name, found in groups.items() if found],
    }


def _opened_with(operation: Mapping[str, Any]) -> str:
    """What must be asked along with an operation that asks for something."""
    asked = operation.get("x-open", {})
    return f"?{urlencode(asked)}" if asked else ""


def _told_parameter(api: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    schema = _resolved(api, given.get("schema", {}))
    kind = schema.get("format") or schema.get("type", "")
    choices = [str(one) for one in schema.get("enum", ())]
    return {
        "name": given["name"],
        "in": given["in"],
        "required": given.get("required", False),
        "description": given.get("description", ""),
        "kind": kind,
        "choices": choices[:20],
        "more": max(0, len(choices) - 20),
        "default": schema.get("default"),
        "example": given.get("example"),
    }


def _resolved(api: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = given.get("$ref")
    if reference is None:
        return given
    found: Any = api
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)
