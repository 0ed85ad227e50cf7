import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, jsonify
from flask.testing import FlaskClient

from webmap import caching
from webmap.caching import CompressedBodies, cache

LONG = "萧山区 " * 1000
GZIP = {"Accept-Encoding": "br, gzip;q=0.8"}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    (tmp_path / "leaflet.js").write_text("//" + "x" * 5000)
    (tmp_path / "icon.png").write_bytes(bytes(5000))
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    cache(app)
    app.add_url_rule("/", "page", lambda: LONG)
    app.add_url_rule("/short", "short", lambda: "short")
    app.add_url_rule("/data", "data", lambda: jsonify(name=LONG))
    app.add_url_rule("/form", "form", lambda: LONG, methods=["POST"])
    app.add_url_rule("/fault", "fault", lambda: (LONG, 500))
    app.add_url_rule("/secret", "secret", lambda: (LONG, {"Cache-Control": "no-store"}))
    app.add_url_rule("/picture", "picture", lambda: Response(bytes(5000), mimetype="image/png"))

    @app.get("/stream")
    def stream() -> Response:
        def parts() -> Iterator[str]:
            yield from LONG

        return Response(parts(), mimetype="text/csv")

    return app.test_client()


@pytest.mark.parametrize("path", ["/", "/short", "/data"])
@pytest.mark.parametrize("headers", [{}, GZIP], ids=["plain", "gzip"])
def test_an_answer_that_still_holds_is_not_sent_again(
    client: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    first = client.get(path, headers=headers)
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={**headers, "If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == etag
    assert client.get(path, headers={**headers, "If-None-Match": '"old"'}).status_code == 200


def test_a_long_text_is_compressed_for_who_can_read_it(client: FlaskClient) -> None:
    plain, packed = client.get("/"), client.get("/", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) == packed.content_length < len(plain.data) / 10
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert "Content-Encoding" not in client.get("/short", headers=GZIP).headers
    refused = client.get("/", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


def test_head_has_the_headers_of_get(client: FlaskClient) -> None:
    head, get = client.head("/", headers=GZIP), client.get("/", headers=GZIP)
    assert head.data == b""
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("path", ["/stream", "/picture", "/fault", "/secret", "/form"])
def test_what_is_not_ours_is_left_alone(client: FlaskClient, path: str) -> None:
    answer = client.open(path, method="POST" if path == "/form" else "GET", headers=GZIP)
    assert "ETag" not in answer.headers
    assert "Content-Encoding" not in answer.headers
    if path == "/secret":
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_static_file_with_a_version_is_kept_for_ever(client: FlaskClient) -> None:
    dated = client.get("/static/leaflet.js?v=1", headers=GZIP, buffered=True)
    assert dated.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    undated = client.get("/static/leaflet.js", buffered=True)
    assert undated.headers["Cache-Control"] == "no-cache"
    assert client.get("/?v=1").headers["Cache-Control"] == "no-cache"


def test_a_static_text_is_compressed_and_a_picture_is_not(client: FlaskClient) -> None:
    plain = client.get("/static/leaflet.js", buffered=True)
    packed = client.get("/static/leaflet.js", headers=GZIP, buffered=True)
    assert gzip.decompress(packed.data) == plain.data
    held = {**GZIP, "If-None-Match": packed.headers["ETag"]}
    assert client.get("/static/leaflet.js", headers=held, buffered=True).status_code == 304
    with client.get("/static/icon.png", headers=GZIP) as picture:
        assert "Content-Encoding" not in picture.headers
        assert picture.data == bytes(5000)


def test_a_part_of_a_static_file_is_a_part_of_the_file(client: FlaskClient) -> None:
    with client.get("/static/leaflet.js", headers={**GZIP, "Range": "bytes=0-1"}) as part:
        assert (part.status_code, part.data) == (206, b"//")


def test_a_repeated_answer_is_compressed_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    compress = gzip.compress

    def counted(body: bytes, **options: int) -> bytes:
        calls.append(len(body))
        return compress(body, **options)

    monkeypatch.setattr(caching.gzip, "compress", counted)
    for _ in range(3):
        client.get("/", headers=GZIP)
    assert len(calls) == 1


def test_the_store_forgets_the_oldest_and_never_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching.gzip, "compress", lambda body, **_: body)
    bodies = CompressedBodies(max_bytes=100)
    for etag in ("a", "b", "c", "d"):
        bodies.compressed(etag, etag.encode() * 25)
    bodies.compressed("a", b"unused")
    bodies.compressed("e", b"e" * 25)
    assert bodies.compressed("a", b"unused") == b"a" * 25
    assert bodies.compressed("b", b"new") == b"new"
    assert bodies.compressed("large", b"x" * 26) == b"x" * 26
    assert bodies.compressed("large", b"again") == b"again"
