import hashlib
import json
import re
from base64 import b64encode

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from webmap.security import safe_json, script_tag, secure


def client_of(page: str, **values: object) -> FlaskClient:
    app = Flask(__name__)
    secure(app)
    app.add_url_rule("/", "page", lambda: render_template_string(page, **values))
    return app.test_client()


def policy_of(client: FlaskClient) -> dict[str, list[str]]:
    header = client.get("/").headers["Content-Security-Policy"]
    return {name: sources for name, *sources in map(str.split, header.split(";"))}


def test_every_answer_carries_the_headers() -> None:
    client = client_of("ok")
    for path in ("/", "/missing"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
    policy = policy_of(client)
    assert policy["script-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'"]
    assert policy["worker-src"] == ["'self'", "blob:"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]


def test_a_basemap_host_may_send_images_and_nothing_else() -> None:
    client = client_of("ok")
    client.application.config["BASEMAP_HOSTS"] = ["https://tiles.example.org"]
    allowed = [n for n, s in policy_of(client).items() if "https://tiles.example.org" in s]
    assert allowed == ["img-src"]


@pytest.mark.parametrize(
    "code",
    [
        "var a = 1;",
        "var a = '萧山';\r\nvar b;\r",
        'var a = "</script><!--";',
        "var a = `</SCRIPT>`;",
    ],
)
def test_the_policy_allows_exactly_the_script_sent(code: str) -> None:
    client = client_of("{{ script_tag(code) }}", code=code)
    text = client.get("/").get_data(as_text=True)
    (inside,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL | re.IGNORECASE)
    digest = b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    assert policy_of(client)["script-src"] == ["'self'", f"'sha256-{digest}'"]
    assert "\r" not in inside
    assert "<!--" not in inside
    assert text.endswith("</script>")


def test_scripts_of_one_request_are_not_allowed_in_the_next() -> None:
    client = client_of("{% if request.args.run %}{{ script_tag('1') }}{% endif %}")
    assert "sha256" in client.get("/?run=1").headers["Content-Security-Policy"]
    assert "sha256" not in client.get("/").headers["Content-Security-Policy"]


def test_a_page_is_the_same_twice() -> None:
    client = client_of("{{ script_tag('var a;') }}")
    first, second = client.get("/"), client.get("/")
    assert first.data == second.data
    assert first.headers["Content-Security-Policy"] == second.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "value",
    [
        "</script><script>alert(1)</script>",
        "<!--",
        "a&b",
        "\u2028\u2029",
        "萧山 '\"`",
        {"a": [1, None]},
    ],
)
def test_json_in_a_page_is_only_data(value: object) -> None:
    text = safe_json(value)
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == value
    page = '<script type="application/json">{{ value | safe_json }}</script>'
    assert str(text) in client_of(page, value=value).get("/").get_data(as_text=True)


def test_json_cannot_say_not_a_number() -> None:
    with pytest.raises(ValueError, match="JSON"):
        safe_json(float("nan"))


def test_a_view_may_be_stricter() -> None:
    app = Flask(__name__)
    secure(app)
    header = {"Content-Security-Policy": "default-src 'none'"}
    app.add_url_rule("/", view_func=lambda: ("ok", header))
    assert app.test_client().get("/").headers["Content-Security-Policy"] == "default-src 'none'"


def test_a_script_needs_a_request() -> None:
    with pytest.raises(RuntimeError, match="context"):
        script_tag("1")
