"""The application as a whole: pages, health, errors, methods, headers, reloading."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT, TINY, set_cell
from flask.testing import FlaskClient

import geoplan
from webmap import commands, create_app
from webmap.shelf import PlanShelf


@pytest.fixture
def client(folder: Path) -> FlaskClient:
    app = create_app(folder)
    app.testing = True
    return app.test_client()


def look_again(client: FlaskClient) -> None:
    """Let the shelf look at the files at the next request."""
    shelf: PlanShelf = client.application.extensions["shelf"]
    shelf._next_look = 0.0


@pytest.mark.parametrize("plan", [TINY, str(TINY), geoplan.open_plan(TINY)])
def test_an_application_is_built_from_a_folder_or_a_plan(plan: Any) -> None:
    given = Path(plan) if isinstance(plan, str) else plan
    assert create_app(given).test_client().get("/healthz").get_json()["plan"] == "tiny"


def test_two_applications_do_not_know_each_other(folder: Path) -> None:
    first, second = create_app(folder), create_app(TINY, {"TESTING": True})
    assert first.extensions["shelf"] is not second.extensions["shelf"]
    assert (first.testing, second.testing) == (False, True)


def test_what_is_no_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(geoplan.UnusablePlanError):
        create_app(tmp_path)


def test_the_map_page_comes_in_both_languages(client: FlaskClient) -> None:
    chinese, english = client.get("/").text, client.get("/?lang=en").text
    assert '<html lang="zh-CN">' in chinese
    assert "三方块规划" in chinese
    assert '<html lang="en">' in english
    assert "Plan of three squares" in english
    assert 'id="state"' in english


def test_the_plan_says_which_language_is_first(folder: Path) -> None:
    path = folder / "plan.toml"
    path.write_text(path.read_text("utf-8").replace('language = "zh"', 'language = "en"'), "utf-8")
    assert '<html lang="en">' in create_app(folder).test_client().get("/").text


def test_the_language_switch_keeps_the_view(client: FlaskClient) -> None:
    page = client.get("/?s=robots&c=30.0000,120.0100,12").text
    assert "lang=en" in page
    assert "s=robots" in page
    assert "c=30.0000,120.0100,12" in page or "c=30.0000%2C120.0100%2C12" in page


def test_the_language_switch_leads_nowhere_else(client: FlaskClient) -> None:
    for path in (
        "/?_scheme=javascript&_external=1&endpoint=x&_anchor=a",
        "/nowhere//evil.example/",
    ):
        page = client.get(path).text
        link = page.partition('id="language" href="')[2].partition('"')[0]
        assert link.startswith("?"), link


def test_a_messenger_may_add_to_a_shared_link(client: FlaskClient) -> None:
    assert client.get("/?s=robots&from=singlemessage&isappinstalled=0").status_code == 200


def test_health_tells_the_plan_and_is_never_stored(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    found = answer.get_json()
    assert (found["status"], found["plan"], found["faults"]) == ("ok", "tiny", 0)
    assert found["version"] == geoplan.__version__
    assert answer.headers["Cache-Control"] == "no-store"


def test_edits_show_at_the_next_request(client: FlaskClient, folder: Path) -> None:
    assert "机械臂项目" in client.get("/api/projects").text
    set_cell(folder, "projects", 2, "name_zh", "新名字项目")
    look_again(client)
    assert "新名字项目" in client.get("/api/projects").text


def test_a_broken_state_is_told_on_the_page_and_in_health(
    client: FlaskClient, folder: Path
) -> None:
    (folder / "plan.toml").write_text("<script>alert(1)</script> = [", "utf-8")
    look_again(client)
    page = client.get("/")
    assert page.status_code == 200
    assert "最新改动无法打开" in page.text
    found = client.get("/healthz").get_json()
    assert found["status"] == "stale"
    assert "plan.toml" in found["refused"]
    assert client.get("/api/state").status_code == 200


def test_age_is_said_on_every_page(client: FlaskClient) -> None:
    # The tiny plan ended in 2025 and its source has promised freshness for five years.
    assert "已过时限" in client.get("/").text
    assert "Past their date" in client.get("/?lang=en").text
    codes = {notice["code"] for notice in client.get("/api/state").get_json()["notices"]}
    assert codes == {"plan.ended", "freshness.passed"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/api/nowhere", 404),
        ("/api/subject/projects", 404),
        ("/static/nowhere.js", 404),
        ("/?lang=fr", 400),
        ("/api/state?lang=fr", 400),
        ("/healthz?x=1", 400),
    ],
)
def test_errors_say_what_to_do_in_the_language_of_the_request(
    client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    if path.startswith(("/api", "/healthz")):
        assert len(answer.get_json()["error"]) > 5
    else:
        assert answer.mimetype == "text/html"
    joined = path + ("&" if "?" in path else "?")
    if "lang" not in path:
        english = client.get(joined + "lang=en").text
        assert english.isascii() or "“" in english or "·" in english or "中文" in english


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/state", "/api/layers/districts.geojson"])
def test_head_and_options_are_answered_without_a_body(client: FlaskClient, path: str) -> None:
    whole, head, options = client.get(path), client.head(path), client.options(path)
    assert (head.status_code, head.data) == (200, b"")
    if path != "/healthz":
        assert head.headers["ETag"] == whole.headers["ETag"]
    assert options.status_code == 200
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
@pytest.mark.parametrize("path", ["/", "/api/state"])
def test_nothing_can_be_written(client: FlaskClient, method: str, path: str) -> None:
    answer = getattr(client, method)(path, data={"a": 1})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "只供读取" in answer.text


def test_a_fault_of_ours_is_a_page_not_a_trace(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret /etc/path")

    monkeypatch.setattr("webmap.api.state_of", fail)
    monkeypatch.setattr("webmap.pages.state_on", fail)
    client = create_app(folder).test_client()
    for path in ("/", "/api/state"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "Content-Security-Policy" in answer.headers


def test_every_answer_has_the_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/api/state", "/nowhere", "/api/nowhere", "/healthz"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_is_the_same_twice_and_then_not_sent(client: FlaskClient) -> None:
    for path in ("/", "/?lang=en", "/api/state", "/api/density?by=grid"):
        first = client.get(path)
        assert client.get(path).data == first.data
        etag = {"If-None-Match": first.headers["ETag"]}
        assert client.get(path, headers=etag).status_code == 304


def test_building_an_application_reads_no_environment_and_no_city() -> None:
    code = "import webmap, sys; print('matplotlib' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "False\n"


def test_the_embedded_plan_answers_within_its_size() -> None:
    client = create_app(ROOT).test_client()
    for path in ("/", "/api/state", "/api/projects", "/api/layers/districts_2021.geojson"):
        packed = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert packed.status_code == 200
        assert len(packed.data) < 40_000
    assert len(client.get("/api/zones/grid.geojson").data) < 2_000_000


@pytest.mark.parametrize("command", [commands.serve, commands.carry])
def test_commands_explain_themselves(command: Any) -> None:
    result = CliRunner().invoke(command, ["--help"])
    assert result.exit_code == 0
    assert "--plan" in result.output


def test_serve_hands_plan_port_and_basemap_over(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Any] = []
    monkeypatch.setattr("webmap.serving.serve", lambda *given: served.extend(given))
    arguments = ["--plan", str(TINY), "--port", "0", "--basemap", "tianditu"]
    result = CliRunner().invoke(commands.serve, [*arguments, "--basemap-source", "key"])
    assert result.exit_code == 0, result.output
    app, host, port = served
    assert (host, port) == ("127.0.0.1", 0)
    assert len(app.config["BASEMAP_HOSTS"]) == 8


def test_serve_refuses_a_basemap_without_a_datum() -> None:
    arguments = [
        "--plan",
        str(TINY),
        "--basemap",
        "xyz",
        "--basemap-source",
        "https://a/{z}/{x}/{y}",
    ]
    result = CliRunner().invoke(commands.serve, arguments)
    assert "datum" in str(result.exception)
