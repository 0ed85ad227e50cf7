"""Nothing from data is code: hostile texts in every cell, every page and endpoint asked for."""

import csv
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import TINY, edit_layer, read_rows, write_rows
from flask.testing import FlaskClient

from geoplan.schema import TABLES
from webmap import create_app

MARK = "xss-mark"
HOSTILE = (
    f"<img src=x onerror=alert('{MARK}')>",
    f"</script><script>alert('{MARK}')</script>",
    f"\"'><svg/onload=alert(`{MARK}`)>",
    f"`{MARK}` ${{7*7}} {{{{7*7}}}} {{%raw%}} #{{7*7}}",
    f"{MARK} \U0001f4a5\u202e\u2028\u2029\x7f𠮷 &lt;b&gt; <!-- ]]>",
    f"{MARK} {{0}} {{name}} %s %(x)s {{}} \\u003c \\",
    f"javascript:alert('{MARK}')",
    MARK + "长" * 4096,
)
KEPT = {"unit"}


def hostile(number: int) -> str:
    return HOSTILE[number % len(HOSTILE)]


def poison_tables(folder: Path) -> None:
    """Write a hostile text into every cell of free text; keys and numbers stay as they are."""
    number = 0
    for name, table in TABLES.items():
        if not (folder / f"data/{name}.csv").is_file():
            continue
        rows = read_rows(folder, name)
        for row in rows[1:]:
            for at, column in enumerate(rows[0]):
                declared = table.column(column)
                free = declared.kind in ("text", "list") and not declared.vocabulary
                if free and not declared.references and column not in KEPT:
                    row[at] = hostile(number)
                    number += 1
        write_rows(folder, name, rows)


def poison_layers(folder: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        for number, feature in enumerate(content["features"]):
            for at, name in enumerate(feature["properties"]):
                if name in ("name_zh", "name_en", "name", "basis", "axis_zh", "axis_en"):
                    feature["properties"][name] = hostile(number + at)

    for path in (folder / "layers").glob("*.geojson"):
        edit_layer(folder, path.stem, change)
    for path in (folder / "layers").glob("*.toml"):
        lines = path.read_text("utf-8").splitlines()
        for at, line in enumerate(lines):
            if line.split(" ")[0] in ("title_zh", "title_en", "licence", "note_zh", "note_en"):
                lines[at] = f"{line.split(' ')[0]} = {json.dumps(toml_safe(hostile(at)))}"
        path.write_text("\n".join(lines) + "\n", "utf-8")


def toml_safe(text: str) -> str:
    # JSON writes what is beyond the first plane as two halves, which TOML refuses.
    return "".join(
        character for character in text if ord(character) < 0xFFFF and character != "\x7f"
    )


@pytest.fixture
def poisoned(folder: Path) -> FlaskClient:
    poison_tables(folder)
    poison_layers(folder)
    plan = (folder / "plan.toml").read_text("utf-8").splitlines()
    titles = {"title_zh": HOSTILE[1], "title_en": HOSTILE[0]}
    plan = [
        f"{line.split(' ')[0]} = {json.dumps(titles[line.split(' ')[0]])}"
        if line.split(" ")[0] in titles
        else line
        for line in plan
    ]
    (folder / "plan.toml").write_text("\n".join(plan), "utf-8")
    app = create_app(folder)
    app.testing = True
    return app.test_client()


class Structure(HTMLParser):
    """Elements and attributes of a page; no text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.bad: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = tag
        given = dict(attrs)
        if tag == "script" and given.get("type") == "application/json":
            self.inside = "json"
        for name, value in attrs:
            leads = name in ("href", "src", "action", "formaction", "xlink:href", "srcdoc")
            runs = leads and str(value).strip().lower().startswith("javascript:")
            if name.startswith("on") or runs:
                self.bad.append(f"{tag} {name}={value}")
            if name in ("src", "href", "action", "style") and MARK in str(value):
                local = str(value).startswith(("/", "?", "#"))
                if not local or name == "style":
                    self.bad.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script" and MARK in data:
            self.bad.append(f"script: {data[:80]}")
        if self.inside == "json":
            json.loads(data)
        if "49" in data and self.inside not in ("script", "json", "style") and MARK in data:
            self.bad.append(f"template ran: {data[:80]}")


def structure(text: str) -> Structure:
    parser = Structure()
    parser.feed(text)
    parser.close()
    return parser


def subjects(client: FlaskClient) -> Iterator[str]:
    names = client.get("/api/search").get_json()["names"]
    for kind, key in sorted({(one["kind"], one["id"]) for one in names}):
        yield f"/api/subject/{kind}/{key}"


def endpoints(client: FlaskClient) -> list[str]:
    """Every address of the interface, each parameter route filled with what the plan holds."""
    state = client.get("/api/state").get_json()
    layers = [layer["name"] for layer in (*state["layers"], *state["virtual"])]
    return [
        "/healthz",
        "/api/state",
        "/api/coarse",
        "/api/projects",
        "/api/search",
        *(f"/api/search?q={text[:100]}" for text in ("img", "script", "长", MARK, "{{7*7}}")),
        *(f"/api/layers/{name}.geojson" for name in layers),
        *(f"/api/zones/{by['id']}.geojson" for by in state["by"]),
        *(f"/api/density?by={by['id']}&without_largest=1" for by in state["by"]),
        *(f"/api/placement?sector={sector['id']}" for sector in state["sectors"]),
        "/api/placement?district=A",
        "/api/placement?district=C",
        *subjects(client),
    ]


def test_every_answer_is_json_in_which_nothing_is_html(poisoned: FlaskClient) -> None:
    asked = endpoints(poisoned)
    assert len(asked) > 40
    seen = 0
    for path in asked:
        answer = poisoned.get(path)
        assert answer.status_code == 200, (path, answer.text[:200])
        assert not set(b"<>&") & set(answer.data), path
        assert "json" in answer.mimetype
        text = json.dumps(json.loads(answer.data), ensure_ascii=False)
        seen += MARK in text
    assert seen > 25


def test_hostile_texts_arrive_letter_by_letter(poisoned: FlaskClient, folder: Path) -> None:
    with (folder / "data/projects.csv").open(encoding="utf-8", newline="") as file:
        names = {row["id"]: row["name_zh"] for row in csv.DictReader(file)}
    rows = poisoned.get("/api/projects").get_json()["rows"]
    assert {row["id"]: row["zh"] for row in rows} == {k: v.strip() for k, v in names.items()}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_have_the_same_structure_whatever_the_texts(poisoned: FlaskClient, lang: str) -> None:
    clean = create_app(TINY, {"TESTING": True}).test_client()
    for path in ("/", "/nowhere"):
        answer = poisoned.get(f"{path}?lang={lang}")
        found, wanted = structure(answer.text), structure(clean.get(f"{path}?lang={lang}").text)
        assert found.bad == [], path
        assert "img" not in found.tags
        assert "svg" not in found.tags
        # A name without its English is marked as Chinese; nothing else may differ.
        assert [tag for tag in found.tags if tag != "span"] == [
            tag for tag in wanted.tags if tag != "span"
        ]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/ledger", "/targets", f"/ledger?q={MARK}"])
def test_pages_to_read_run_nothing(poisoned: FlaskClient, path: str, lang: str) -> None:
    joined = path + ("&" if "?" in path else "?") + f"lang={lang}"
    answer = poisoned.get(joined)
    assert answer.status_code == 200
    found = structure(answer.text)
    assert found.bad == []
    assert "img" not in found.tags


def test_a_picture_runs_nothing(poisoned: FlaskClient) -> None:
    answer = poisoned.get("/picture.svg")
    assert answer.status_code == 200
    found = structure(answer.text)
    assert found.bad == []
    assert not {"script", "img", "image", "foreignobject"} & set(found.tags)


@pytest.mark.parametrize("path", ["/ledger.json", "/ledger.csv", "/conflicts.csv", "/targets.csv"])
def test_downloads_are_no_pages(poisoned: FlaskClient, path: str) -> None:
    answer = poisoned.get(path)
    assert answer.status_code == 200
    assert answer.mimetype in ("application/json", "text/csv")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_only_scripts_of_ours_may_run(poisoned: FlaskClient) -> None:
    policy = poisoned.get("/").headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "http" not in scripts


@pytest.mark.parametrize("text", HOSTILE[:7])
@pytest.mark.parametrize(
    "route",
    ["/{}", "/api/subject/projects/{}", "/api/layers/{}.geojson", "/api/state?{}=1", "/?s={}",
     "/api/search?q={}", "/?lang={}", "/api/density?sector={}", "/?o=projects:{}&c={}"],
)  # fmt: skip
def test_hostile_addresses_are_answered_calmly(
    route: str, text: str, reflected: FlaskClient
) -> None:
    answer = reflected.get(route.replace("{}", quote(text, safe="")))
    assert answer.status_code in (200, 400, 404)
    if "json" in answer.mimetype:
        assert not set(b"<>&") & set(answer.data)
        json.loads(answer.data)
    else:
        assert structure(answer.text).bad == []


@pytest.fixture(scope="module")
def reflected() -> FlaskClient:
    app = create_app(TINY)
    app.testing = True
    return app.test_client()


@pytest.mark.parametrize(
    "raw", ["/%ff%fe", "/api/subject/projects/%00", "/api/search?q=%ff", "//", "/api//state"]
)
def test_broken_addresses_are_no_fault_of_ours(reflected: FlaskClient, raw: str) -> None:
    assert reflected.get(raw).status_code < 500


def test_the_reason_of_a_refusal_is_text(poisoned: FlaskClient, folder: Path) -> None:
    (folder / "plan.toml").write_text('<img src=x onerror="alert(1)"> = [', "utf-8")
    poisoned.application.extensions["shelf"]._next_look = 0.0
    found = structure(poisoned.get("/").text)
    assert found.bad == []
    assert "img" not in found.tags
