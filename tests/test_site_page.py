"""The page of site selection, and who may ask it what: forms, answers, refusals."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
import shapely
import site_records
from conftest import TINY
from flask.testing import FlaskClient
from site_asking import BRIEF
from test_webmap_i18n import Unmarked
from test_webmap_safety import poison_layers, poison_tables, structure

from webmap import create_app, siting

pytest_plugins = ["site_asking"]


# ---- the page
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_offers_what_the_plan_has(client: FlaskClient, lang: str) -> None:
    text = client.get(f"/site?lang={lang}").text
    found = structure(text)
    assert found.bad == []
    for value in ("robots", "fibre", "park", "east", "A", "B", "C", "rail_station"):
        assert f'"{value}"' in text, value
    given = json.loads(text.split('id="offer">')[1].split("</script>")[0])
    assert [one["id"] for one in given["examples"]] == ["robots", "fibre"]
    assert 'id="decide"' in text
    parser = Unmarked()
    parser.feed(text)
    assert lang == "zh" or parser.found == []


def test_the_frame_links_to_the_page(client: FlaskClient) -> None:
    assert 'href="/site?lang=zh"' in client.get("/").text
    assert 'aria-current="page"' in client.get("/site").text


def test_every_field_of_the_form_has_a_label(client: FlaskClient) -> None:
    text = client.get("/site").text
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', text))
    fields = re.findall(r"<(?:input|select|textarea)[^>]*>", text)
    assert len(fields) > 15
    for field in fields:
        own = re.search(r' id="([^"]+)"', field)
        inside = "checkbox" in field or "aria-label=" in field
        assert inside or (own and own[1] in labelled), field


def test_a_plan_without_anything_still_opens(folder: Path, tmp_path: Path) -> None:
    for name in ("sectors", "segments", "platforms", "wings", "hubs", "criteria"):
        path = folder / f"data/{name}.csv"
        path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    app = create_app(folder, {"WORKSPACE": tmp_path})
    app.testing = True
    assert app.test_client().get("/site").status_code == 200


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_names_are_text(folder: Path, tmp_path: Path, lang: str) -> None:
    poison_tables(folder)
    poison_layers(folder)
    clean, evil = (
        create_app(one, {"WORKSPACE": tmp_path, "TESTING": True}).test_client()
        for one in (TINY, folder)
    )
    found = structure(evil.get(f"/site?lang={lang}").text)
    assert found.bad == []
    assert "img" not in found.tags
    kept = [
        tag for tag in found.tags if tag not in ("span", "option", "optgroup", "label", "input")
    ]
    wanted = structure(clean.get(f"/site?lang={lang}").text).tags
    assert kept == [
        tag for tag in wanted if tag not in ("span", "option", "optgroup", "label", "input")
    ]


# ---- deciding
def test_a_brief_is_answered_and_kept(client: FlaskClient, answered: list[Any]) -> None:
    answer = client.post("/api/site/decide", json=BRIEF)
    assert answer.status_code == 200
    assert not set(b"<>&") & set(answer.data)
    found = answer.get_json()
    assert found["sites"][5]["zh"] == site_records.SCRIPT
    assert [one["id"] for one in found["geometry"]["features"]] == ["park", "evil"]
    west, south, *_ = shapely.from_geojson(
        json.dumps(found["geometry"]["features"][0]["geometry"])
    ).bounds
    assert (round(west, 4), round(south, 4)) == (120.002, 30.002)
    assert found["saved"]["kept"] is True
    kept = client.get(f"/api/site/briefs/{found['saved']['id']}.json").get_json()
    assert kept["project"]["sector"] == "robots"
    assert kept["project"]["investment_wanyuan"] == 100_000


def test_the_same_brief_is_decided_once(client: FlaskClient, answered: list[Any]) -> None:
    same = {**BRIEF, "project": {**BRIEF["project"], "land": None, "land_mu": 150}}
    names = {
        client.post("/api/site/decide", json=brief).get_json()["saved"]["id"]
        for brief in (BRIEF, BRIEF, same)
    }
    assert len(names) == 1
    assert len(answered) == 1


def test_a_changed_plan_is_decided_anew(folder: Path, tmp_path: Path, answered: list[Any]) -> None:
    app = create_app(folder, {"WORKSPACE": tmp_path, "TESTING": True})
    client = app.test_client()
    client.post("/api/site/decide", json=BRIEF)
    path = folder / "data/platforms.csv"
    path.write_text(path.read_text("utf-8").replace("0.25,", "0.50,", 1), "utf-8")
    app.extensions["shelf"]._next_look = 0.0
    client.post("/api/site/decide", json=BRIEF)
    assert len(answered) == 2


def test_answers_are_compressed(client: FlaskClient, answered: list[Any]) -> None:
    answer = client.post("/api/site/decide", json=BRIEF, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.data))["version"] == 1
    assert answer.headers["Cache-Control"] == "no-store"


def test_all_faults_come_at_once_in_both_languages(client: FlaskClient) -> None:
    wrong = {
        "project": {"sector": "robotz", "land": "abc"},
        "must": {"districts": ["Z"]},
        "candidates": {"kind": "boats"},
        "robustness": {"draws": 3},
    }
    answer = client.post("/api/site/decide?lang=en", json=wrong)
    assert answer.status_code == 400
    problems = answer.get_json()["problems"]
    fields = {one["field"] for one in problems}
    assert {"project.sector", "project.land", "candidates.kind", "robustness.draws"} <= fields
    assert any(field.startswith("must.districts") for field in fields)
    assert all(one["zh"] and one["en"] and one["zh"] != one["en"] for one in problems)


@pytest.mark.parametrize(
    "brief",
    [
        {"candidates": {"kind": "file", "file": "/etc/passwd"}},
        {"candidates": {"kind": "file", "file": "layers/districts.geojson"}},
        {"rules": [{"id": "own", "effect": "exclude", "measure": "inside", "file": "x.gpkg"}]},
        {"criteria": {"own": {"measure": "zonal_mean", "file": "x.tif", "weight": 1,
                              "points": "0:0|1:1"}}},
    ],
)  # fmt: skip
def test_a_brief_from_the_web_reads_no_file_of_the_server(
    client: FlaskClient, brief: dict[str, Any]
) -> None:
    answer = client.post("/api/site/decide", json={**BRIEF, **brief})
    assert answer.status_code == 400
    assert any("file" in one["field"] for one in answer.get_json()["problems"])


def test_more_than_a_shared_server_gives_is_refused(client: FlaskClient) -> None:
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [120.003, 30.003]}}  # fmt: skip
    many = {"type": "FeatureCollection", "features": [point] * (siting.MOST_CANDIDATES + 1)}
    asked = {
        **BRIEF,
        "candidates": {"kind": "file", "features": many},
        "robustness": {"draws": siting.MOST_DRAWS + 1},
    }
    problems = client.post("/api/site/decide", json=asked).get_json()["problems"]
    assert {one["field"] for one in problems} == {"candidates.features", "robustness.draws"}


def test_when_too_many_ask_the_rest_is_told_to_wait(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(siting, "_WAIT_S", 0.01)
    for _ in range(2):
        assert siting._AT_ONCE.acquire(blocking=False)
    try:
        answer = client.post("/api/site/decide", json=BRIEF)
        assert siting._IN_LINE.acquire(blocking=False)
        behind = client.post("/api/site/decide", json=BRIEF)
        siting._IN_LINE.release()
    finally:
        for _ in range(2):
            siting._AT_ONCE.release()
    assert behind.status_code == 503
    assert client.post("/api/site/decide", json=BRIEF).status_code == 200
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "error" in answer.get_json()


def test_without_a_disk_the_page_still_answers(
    client: FlaskClient, tmp_path: Path, answered: list[Any]
) -> None:
    (tmp_path / "work").write_text("no folder")
    found = client.post("/api/site/decide", json=BRIEF).get_json()
    assert found["saved"]["kept"] is False
    refused = client.post("/api/site/briefs", json=BRIEF)
    assert refused.status_code == 503
    assert "存不下来" in refused.get_json()["error"]
    taken = client.post("/api/site/files/record.json", json={"brief": BRIEF})
    assert taken.status_code == 200
    assert json.loads(taken.data)["version"] == 1


# ---- what may be sent
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://proxy.example"}, 200),
        ({}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"}, 403),
    ],
)
def test_only_pages_of_ours_may_ask(
    client: FlaskClient, answered: list[Any], headers: dict[str, str], status: int
) -> None:
    assert client.post("/api/site/decide", json=BRIEF, headers=headers).status_code == status


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_taken(client: FlaskClient, kind: str) -> None:
    answer = client.post("/api/site/decide", data=json.dumps(BRIEF), content_type=kind)
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"{", b"[1]", b"null", b'"x"', b"\xff\xfe", b"", b"{" * 5000])
def test_broken_bodies_are_answered_calmly(client: FlaskClient, body: bytes) -> None:
    for path in ("decide", "briefs", "weights", "compare", "text", "parcels", "replay"):
        answer = client.post(f"/api/site/{path}", data=body, content_type="application/json")
        assert answer.status_code == 400, path
        assert answer.get_json()["error"]


def test_a_body_has_a_limit(client: FlaskClient) -> None:
    body = b'{"title": "' + b"x" * (9 * 2**20) + b'"}'
    answer = client.post("/api/site/decide", data=body, content_type="application/json")
    assert answer.status_code == 413
    assert "8 MB" in answer.get_json()["error"]


@pytest.mark.parametrize("path", ["/api/site/decide", "/api/site/weights"])
def test_questions_are_not_asked_by_reading(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (404, 405)


def test_a_name_that_is_no_brief_is_not_found(client: FlaskClient) -> None:
    for path in ("briefs/0000000000000000.json", "0000000000000000/record.json", "x/result.xlsx",
                 "briefs/..%2f..%2fplan.toml"):  # fmt: skip
        answer = client.get(f"/api/site/{path}")
        assert answer.status_code == 404
        assert answer.get_json()["error"]
