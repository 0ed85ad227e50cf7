"""The map in one file: opens from a memory stick, asks nobody for anything.

The file is the layout page with its scripts, styles and every answer that it
can ask for. Answers are packed in groups (gzip, base64) that the page opens
when it needs one. What a file leaves out, the page shows as not available:
densities come in the default classes, on cells for the main measures only.
"""

import base64
import gzip
import hashlib
import itertools
import json
import mimetypes
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, current_app, render_template
from flask.testing import FlaskClient
from markupsafe import Markup

from geoplan.errors import GeoplanError
from geoplan.exchange.prints.captions import MEASURE_NAMES as MEASURES
from geoplan.place.zones import district_layer
from geoplan.plan.opening import Plan
from webmap import known
from webmap.answering import encoded, shelf
from webmap.assets import map_fragments
from webmap.config import Config
from webmap.i18n import HTML_LANG, language
from webmap.maps import layout_map
from webmap.security import safe_json
from webmap.shelf import Shown
from webmap.state import state_of, years_of

Answers = dict[str, bytes]

_LEAFLET = "vendor/leaflet/dist/leaflet"
_STYLES = (f"{_LEAFLET}.css", "frame.css", "map.css")
_URL_IN_CSS = re.compile(r"url\(([^)#\"']+)\)")
_STYLE_IN_HEAD = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_PART_BYTES = 600_000
_CLASSES = {"method": "natural_breaks", "k": 5}
_CELLS = ("grid", "hex")
_CELL_MEASURES = ("investment_wanyuan_per_km2", "firms_per_km2")
_SUBJECT_KINDS = (
    "plans", "sectors", "segments", "wings", "districts", "platforms", "enterprises", "projects",
    "hubs",
)  # fmt: skip


class AtlasError(GeoplanError):
    """The application does not give an answer that the file needs."""


def atlas_html(app: Flask, lang: str | None = None) -> str:
    """The layout map as one HTML file.

    Parameters
    ----------
    app :
        The application, as :func:`webmap.create_app` builds it.
    lang :
        Language it opens in, the plan's if none; the file holds both.

    Raises
    ------
    AskedWrongError
        The language is unknown.
    AtlasError
        The application refuses an answer.
    """
    asked = {"query_string": {"lang": lang} if lang else {}}
    with app.test_request_context("/", **asked):
        # An unknown language is refused before the long work.
        app.preprocess_request()
    answers = packed(answers_of(app))
    with app.test_request_context("/", **asked):
        app.preprocess_request()
        return _page(answers)


def _page(answers: Markup) -> str:
    shown = shelf().shown()
    config: Config = current_app.extensions["config"]
    today = date.today()
    plan_map = map_fragments(layout_map(shown.plan), lambda file: file, HTML_LANG[language()])
    scripts = [_text(f"{_LEAFLET}.js"), *map(_text, script_names()), str(plan_map.script)]
    codes = [_inline(script) for script in scripts]
    styles = [_styles(name) for name in _STYLES]
    styles += _STYLE_IN_HEAD.findall(plan_map.head)
    texts: Mapping[str, Mapping[str, Any]] = current_app.extensions["strings"]
    return render_template(
        "atlas.html",
        policy=_policy(codes),
        styles=Markup("\n".join(styles)),  # noqa: S704  # files of our own
        libraries=[Markup(codes[0])],  # noqa: S704
        codes=[Markup(code) for code in codes[1:]],  # noqa: S704
        fragments=plan_map,
        page=safe_json({"lang": language(), "root": "", "made": today.isoformat()}),
        texts=safe_json(
            {one: {**texts[one]["map"], "sketch": texts[one]["frame"]["sketch"]} for one in texts}
        ),
        state=safe_json(state_of(shown, config, today)),
        answers=answers,
        made=today.isoformat(),
    )


def script_names() -> list[str]:
    """The page's own scripts, in the order in which they must run."""
    parts: Any = current_app.jinja_env.get_template("map_parts.html").module
    return [*parts.scripts[:1], "carried.js", *parts.scripts[1:]]


def _static(name: str) -> Path:
    return Path(current_app.static_folder or "", name)


def _text(name: str) -> str:
    return _static(name).read_text("utf-8")


def _inline(code: str) -> str:
    return re.sub(r"<(?=/script|!--)", r"<\\", code.replace("\r\n", "\n"), flags=re.IGNORECASE)


def _styles(name: str) -> str:
    folder = _static(name).parent

    def embedded(found: re.Match[str]) -> str:
        path = folder / found[1]
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return f"url(data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()})"

    return _URL_IN_CSS.sub(embedded, _text(name))


def _policy(codes: list[str]) -> str:
    """Only these scripts, nothing from anywhere."""
    digests = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in codes]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src " + " ".join(f"'sha256-{digest}'" for digest in digests),
            "style-src 'unsafe-inline'",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


# Answers -------------------------------------------------------------------------------


def path_of(name: str, **parameters: object) -> str:
    """The address of an answer, written as ``source.pathOf`` in JavaScript writes it.

    Examples
    --------
    >>> path_of("density", k=5, by="grid", year="")
    '/api/density?by=grid&k=5'
    """
    pairs = sorted((key, value) for key, value in parameters.items() if value not in ("", None))
    query = "&".join(f"{key}={_component(value)}" for key, value in pairs)
    return f"/api/{name}?{query}" if query else f"/api/{name}"


def _component(value: object) -> str:
    """As JavaScript's ``encodeURIComponent``."""
    return quote(str(value), safe="!'()*-._~")


def answers_of(app: Flask) -> Answers:
    """Every answer that the file carries, by its path."""
    client = app.test_client()
    with app.test_request_context("/"):
        shown = shelf().shown()
        found: Answers = {}
        for path in _plain_paths(shown):
            found[path] = _asked(client, path)
        found[path_of("search")] = encoded({"names": _names(shown)})
    for groups in _density_paths(shown):
        _add_densities(client, groups, found)
    return found


def _asked(client: FlaskClient, path: str) -> bytes:
    response = client.get(path)
    if response.status_code != 200:
        raise AtlasError(f"{path}: {response.status_code} {response.get_data(as_text=True)[:200]}")
    return bytes(response.get_data())


def _plain_paths(shown: Shown) -> Iterator[str]:
    plan = shown.plan
    for name in (*plan.layers, "projects", "enterprises"):
        yield path_of(f"layers/{name}.geojson")
    for by in ("wing", "platform", *_CELLS):
        yield path_of(f"zones/{by}.geojson")
    yield path_of("coarse")
    yield path_of("projects")
    for kind, key in known.names(shown):
        if kind in _SUBJECT_KINDS:
            yield path_of(f"subject/{kind}/{_component(key)}")
        if kind == "sectors":
            yield path_of("placement", sector=key)
        elif kind == "districts":
            yield path_of("placement", district=key)


def _names(shown: Shown) -> list[dict[str, Any]]:
    """What the search looks through, as its hits."""
    names, boxes = known.names(shown), known.boxes(shown)
    found = []
    for hit in known.strings(shown).hits:
        zh, en = names[hit.kind, hit.id]
        found.append(
            {"kind": hit.kind, "id": hit.id, "zh": zh, "en": en, "matched": hit.matched,
             "bbox": boxes.get((hit.kind, hit.id))}
        )  # fmt: skip
    return found


def _density_paths(shown: Shown) -> Iterator[list[list[str]]]:
    """Groups of paths with the same answer, measure by measure of one question.

    A sector without projects has the same answer in every year, and with and
    without the largest project.
    """
    plan = shown.plan
    first = district_layer(plan).name if plan.layers_of("districts") else ""
    vintages = [layer.name for layer in plan.layers_of("districts") if layer.name != first]
    places = [("district", vintage) for vintage in ("", *vintages)]
    places += [("wing", ""), ("platform", ""), *((by, "") for by in _CELLS)]
    moments = list(itertools.product(("", *years_of(plan.tables["projects"])), ("", 1)))
    for sector, (by, vintage) in itertools.product(("", *_sector_ids(plan)), places):
        given = {"by": by, "vintage": vintage, "sector": sector, **_CLASSES}
        chosen = _CELL_MEASURES if by in _CELLS else tuple(MEASURES)
        written = [
            [
                path_of("density", measure=measure, year=year, without_largest=largest, **given)
                for year, largest in moments
            ]
            for measure in chosen
        ]
        if sector and not _has_projects(plan, sector):
            yield written
        else:
            for moment in range(len(moments)):
                yield [[paths[moment]] for paths in written]


def _sector_ids(plan: Plan) -> list[str]:
    return [str(key) for key in plan.tables["sectors"]["id"].dropna()]


def _has_projects(plan: Plan, sector: str) -> bool:
    projects, links = plan.tables["projects"], plan.tables["sector_links"]
    own = (projects["sector_id"] == sector).any()
    linked = (links["to_sector_id"] == sector) & links["project_id"].notna()
    return bool(own or linked.any())


def _add_densities(client: FlaskClient, groups: list[list[str]], found: Answers) -> None:
    for paths in groups:
        answer = json.loads(_asked(client, paths[0]))
        answer.pop("money_by_zone", None)
        if answer["by"] in _CELLS:
            # Most cells are empty: what is not listed is none.
            answer["values"] = {key: value for key, value in answer["values"].items() if value}
            counts = answer["counts"]
            answer["counts"] = {key: counts[key] for key in answer["values"]}
        body = encoded(answer)
        found.update(dict.fromkeys(paths, body))


def packed(answers: Answers) -> Markup:
    """The answers as JSON for the page: an index and groups, compressed; equal answers once."""
    parts: list[list[bytes]] = [[]]
    size = 0
    index: dict[str, tuple[int, int]] = {}
    places: dict[bytes, tuple[int, int]] = {}
    for path, body in answers.items():
        if body not in places:
            if size + len(body) > _PART_BYTES and parts[-1]:
                parts.append([])
                size = 0
            places[body] = (len(parts) - 1, len(parts[-1]))
            parts[-1].append(body)
            size += len(body)
        index[path] = places[body]
    groups = [b"[" + b",".join(part) + b"]" for part in parts]
    return safe_json({"index": _packed(encoded(index)), "parts": [_packed(one) for one in groups]})


def _packed(body: bytes) -> str:
    return base64.b64encode(gzip.compress(body, 9, mtime=0)).decode()
