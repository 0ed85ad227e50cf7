"""In which form ``/ogc`` answers, what it refuses, and addresses that hold any id."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import shapely
from conftest import TINY
from flask.testing import FlaskClient

from webmap import create_app

SQUARES = "/ogc/collections/districts/items"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = create_app(TINY)
    app.testing = True
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/ogc/api", "application/vnd.oai.openapi+json;version=3.0", "application/vnd.oai.openapi+json"),
        ("/ogc/api", "application/vnd.oai.openapi+json;version=3.1, text/html;q=0.1", "application/vnd.oai.openapi+json"),
        (SQUARES, "application/geo+json; charset=utf-8", "application/geo+json"),
        (SQUARES, 'text/html; charset="utf-8";q=0.4, application/json;q=0.3', "text/html"),
        (SQUARES, "application/geo+json;q=0.1, text/html;q=0.05", "application/geo+json"),
        (SQUARES, "image/png, */*;q=0.1", "application/geo+json"),
        (SQUARES, "text/*", "text/html"),
    ],
)  # fmt: skip
def test_versions_and_charsets_do_not_matter(
    client: FlaskClient, path: str, accept: str, kind: str
) -> None:
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.mimetype == kind


def test_every_link_is_answered_in_the_form_it_names(client: FlaskClient) -> None:
    for path in ("/ogc", "/ogc/collections", "/ogc/collections/districts", SQUARES):
        for link in client.get(path).get_json()["links"]:
            bare = link["href"].replace("?f=json", "").replace("?f=html", "")
            answer = client.get(bare, headers={"Accept": link["type"]})
            assert answer.mimetype == link["type"].partition(";")[0], link


@pytest.mark.parametrize("path", ["/ogc/", SQUARES, SQUARES + "/A", "/ogc/api", "/ogc/nowhere"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "NOPE"])
def test_what_would_change_something_is_refused_as_json(
    client: FlaskClient, path: str, method: str
) -> None:
    answer = client.open(path + "?lang=en", method=method)
    assert answer.status_code == 405
    assert answer.mimetype == "application/problem+json"
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    told = answer.get_json()
    assert (told["status"], told["code"]) == (405, "MethodNotAllowed")
    assert told["detail"] == "This address can only be read."
    page = client.open(path, method=method, headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (405, "text/html")


def test_other_addresses_refuse_as_before(client: FlaskClient) -> None:
    answer = client.post("/api/density")
    assert (answer.status_code, set(answer.get_json())) == (405, {"error"})
    assert client.post("/ogcx/").mimetype == "text/html"


def test_a_fault_of_ours_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("webmap.ogc.documents.conformance", broken)
    answer = create_app(TINY).test_client().get("/ogc/conformance")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "secret" not in answer.text


@pytest.mark.parametrize(("query", "spoken"), [("", "zh-CN"), ("?lang=zh", "zh-CN"), ("?lang=en", "en")])  # fmt: skip
def test_the_language_is_said(client: FlaskClient, query: str, spoken: str) -> None:
    for path in ("/ogc", SQUARES, "/ogc/nowhere"):
        assert client.get(path + query).headers["Content-Language"] == spoken


@pytest.mark.parametrize(
    ("keys", "kept"),
    [
        (["a/b", "a//b", "tail/", " x ", "中文/名", "it's", 'q"uote', "a%2Fb", "a?b#c&d=e+f",
          "<b>", "\\back", "😀", "a;b,c", "\u00e9", "e\u0301", "[1]{2}|"], True),
        (["a", "/lead"], False),
        (["a", "two\nlines"], False),
        (["a", ".."], False),
        (["a", "."], False),
        (["a", ""], False),
    ],
)  # fmt: skip
def test_every_feature_is_found_at_its_own_address(
    folder: Path, keys: list[str], kept: bool
) -> None:
    square = json.loads(shapely.to_geojson(shapely.box(120, 30, 120.01, 30.01)))
    features = [{"type": "Feature", "properties": {"id": key}, "geometry": square} for key in keys]
    (folder / "layers/odd.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), "utf-8"
    )
    (folder / "layers/odd.toml").write_text(
        'title_zh = "奇"\nrole = "other"\nkey = "id"\n', "utf-8"
    )
    client = create_app(folder).test_client()
    path = "/ogc/collections/odd/items"
    found = client.get(path).get_json()["features"]
    numbers = [str(n) for n in range(1, len(keys) + 1)]
    assert [one["id"] for one in found] == (keys if kept else numbers)
    page = client.get(path + "?f=html").text
    for one in found:
        escaped = f"{path}/{percent(one['id'])}"
        answer = client.get(escaped)
        assert answer.status_code == 200, one["id"]
        assert answer.get_json()["properties"] == one["properties"]
        (own,) = [link for link in answer.get_json()["links"] if link["rel"] == "self"]
        assert urlsplit(own["href"]).path == escaped
        assert f"{escaped}?" in page


def percent(text: str) -> str:
    """Every byte as an address spells it if it must: the strictest reading of RFC 3986."""
    return "".join(
        c
        if c.isascii() and (c.isalnum() or c in "-._~")
        else "".join(f"%{b:02X}" for b in c.encode())
        for c in text
    )
