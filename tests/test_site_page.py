"""The page of site selection and what it asks: forms, answers, refusals, files."""

import base64
import gzip
import io
import json
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import site_records
from conftest import TINY
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from test_webmap_i18n import Unmarked
from test_webmap_safety import poison_layers, poison_tables, structure

from geoplan.plan.opening import Plan
from webmap import create_app, siting, surfaces
from webmap.siting import Decided
from webmap.tomltext import toml_text

BRIEF: dict[str, Any] = {
    "title": "机器人整机厂",
    "project": {"sector": "robots", "investment": "10亿元", "land": "150亩", "workers": 800},
}
SQUARE = shapely.box(120.002, 30.002, 120.004, 30.004)


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    app = create_app(TINY, {"WORKSPACE": tmp_path / "work"})
    app.testing = True
    return app.test_client()


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A record made by hand instead of the engine's; the briefs that were decided."""
    asked: list[Any] = []

    def decide(plan: Plan, brief: Any) -> Decided:
        asked.append(brief)
        ids = ["park", "evil", "nowhere"]
        frame = gpd.GeoDataFrame(
            geometry=[SQUARE, shapely.Point(120.018, 30.006), None], index=ids, crs="OGC:CRS84"
        )
        return Decided(
            site_records.record(brief=brief.as_dict()), frame.to_crs(plan.meta.analysis_crs)
        )

    monkeypatch.setattr(siting, "decided", decide)
    return asked


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
    import re

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
        {"candidates": {"kind": "file", "file": "../../plan.toml"}},
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


# ---- briefs as text
def test_text_and_fields_say_the_same(client: FlaskClient) -> None:
    made = client.post("/api/site/text", json={"brief": BRIEF}).get_json()
    assert tomllib.loads(made["toml"]) == made["brief"]
    again = client.post("/api/site/text", json={"text": made["toml"]}).get_json()
    assert again == made
    by_json = client.post("/api/site/text", json={"text": json.dumps(made["brief"])}).get_json()
    assert by_json == made


@pytest.mark.parametrize("text", ["title = ", "{", "[1, 2]", "= 3", "title = 1979-05-27T07:32:00Z"])
def test_text_that_is_no_brief_says_why(client: FlaskClient, text: str) -> None:
    answer = client.post("/api/site/text", json={"text": text})
    assert answer.status_code == 400
    assert answer.get_json()["problems"]


def test_a_saved_brief_can_be_taken_as_toml(client: FlaskClient, answered: list[Any]) -> None:
    name = client.post("/api/site/decide", json=BRIEF).get_json()["saved"]["id"]
    answer = client.get(f"/api/site/briefs/{name}.toml")
    assert answer.mimetype == "application/toml"
    assert tomllib.loads(answer.text)["title"] == BRIEF["title"]
    assert client.get(f"/api/site/briefs/{name}.yaml").status_code == 404


_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
_SCALARS = st.booleans() | st.integers(-(2**53), 2**53) | _WORDS | st.floats(-1e9, 1e9)


@given(
    st.dictionaries(
        _WORDS,
        st.recursive(
            _SCALARS,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
            max_leaves=10,
        ),
        max_size=4,
    )
)
def test_toml_comes_back_as_it_went(content: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(content)) == content


# ---- weights, pairs, replay
def test_weights_from_an_order_and_from_judgements(client: FlaskClient) -> None:
    order = client.post("/api/site/weights", json={"method": "order", "order": ["a", ["b", "c"]]})
    weights = order.get_json()["weights"]
    assert round(weights["a"], 4) == 0.6111
    assert weights["b"] == weights["c"]
    names = ["a", "b", "c"]
    good = [[1, 3, 5], ["1/3", 1, 3], ["1/5", "1/3", 1]]
    found = client.post(
        "/api/site/weights", json={"method": "ahp", "criteria": names, "judgements": good}
    ).get_json()
    assert round(found["weights"]["a"], 3) == 0.637
    assert found["flagged"] is False
    bad = [[1, 9, "1/9"], ["1/9", 1, 9], [9, "1/9", 1]]
    found = client.post(
        "/api/site/weights", json={"method": "ahp", "criteria": names, "judgements": bad}
    ).get_json()
    assert found["flagged"] is True
    assert {found["revisit"]["row"], found["revisit"]["column"]} <= set(names)


@pytest.mark.parametrize(
    "question",
    [{}, {"method": "ahp"}, {"method": "order", "order": ["a", "a"]}, {"order": 3},
     {"method": "ahp", "criteria": ["a", "b"], "judgements": [[1, "x"], [1, 1]]},
     {"method": "ahp", "criteria": ["a", "b"], "judgements": "x"}],
)  # fmt: skip
def test_impossible_weights_are_refused(client: FlaskClient, question: dict[str, Any]) -> None:
    answer = client.post("/api/site/weights", json=question)
    assert answer.status_code == 400
    assert answer.get_json()["error"]


def scores(record: dict[str, Any], weights: dict[str, float], site: str) -> float:
    values = next(one["values"] for one in record["sites"] if one["id"] == site)
    return sum(weights[name] * value for name, value in values.items())


def test_a_pair_is_turned_at_the_stated_weight_and_not_before(
    client: FlaskClient, answered: list[Any]
) -> None:
    record = client.post("/api/site/decide", json=BRIEF).get_json()
    answer = client.post("/api/site/compare", json={"brief": BRIEF, "a": "park", "b": "north-yard"})
    found = answer.get_json()
    assert (found["winner"], found["loser"]) == ("park", "north-yard")
    assert found["weights"]
    own = {one["id"]: one["weight"] for one in record["criteria"]}
    for flip in found["weights"]:
        for share, turned in ((flip["to"], None), (2 * flip["to"] - flip["from"], True)):
            rest = 1 - own[flip["criterion"]]
            weights = {
                name: share if name == flip["criterion"] else weight / rest * (1 - share)
                for name, weight in own.items()
            }
            lead = scores(record, weights, "north-yard") - scores(record, weights, "park")
            assert abs(lead) < 1e-5 if turned is None else lead > 0 or share > 1
    for flip in found["values"]:
        assert flip["unit"] == next(
            one["unit"] for one in record["criteria"] if one["id"] == flip["criterion"]
        )


def test_equals_need_no_turning_and_strangers_are_not_found(
    client: FlaskClient, answered: list[Any]
) -> None:
    asked = {"brief": BRIEF, "a": "twin-a", "b": "twin-b"}
    assert client.post("/api/site/compare", json=asked).get_json()["loser"] is None
    for pair in ({"a": "park", "b": "x"}, {"a": "park", "b": "park"}, {}):
        answer = client.post("/api/site/compare", json={"brief": BRIEF, **pair})
        assert answer.status_code == 404


# ---- uploads
def upload(client: FlaskClient, name: str, body: bytes) -> Any:
    content = base64.b64encode(body).decode()
    return client.post("/api/site/parcels", json={"name": name, "content": content})


def written(tmp_path: Path, name: str, crs: str = "EPSG:4549", **options: Any) -> Path:
    frame = gpd.GeoDataFrame(
        {"name": ["一号地块", site_records.SCRIPT]},
        geometry=[SQUARE, shapely.box(120.012, 30.002, 120.013, 30.003)],
        crs="OGC:CRS84",
    ).to_crs(crs)
    path = tmp_path / name
    frame.to_file(path, engine="pyogrio", **options)
    return path


def zipped(path: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part in path.parent.glob(f"{path.stem}.*"):
            archive.write(part, f"folder/{part.name}")
        archive.writestr("__MACOSX/._parcels.shp", b"x")
        archive.writestr("../../evil.txt", b"x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "crs", "options"),
    [
        ("parcels.geojson", "OGC:CRS84", {}),
        ("parcels.gpkg", "EPSG:4549", {"layer": "parcels"}),
        ("parcels.shp", "EPSG:4549", {"encoding": "UTF-8"}),
        ("parcels.shp", "EPSG:4549", {"encoding": "GB18030"}),
    ],
)
def test_parcels_become_features_of_a_brief(
    client: FlaskClient, tmp_path: Path, name: str, crs: str, options: dict[str, Any]
) -> None:
    path = written(tmp_path, name, crs, **options)
    if name.endswith(".shp"):
        (tmp_path / "parcels.cpg").unlink(missing_ok=True)
    body = zipped(path) if name.endswith(".shp") else path.read_bytes()
    sent = "我的地块.zip" if name.endswith(".shp") else name
    answer = upload(client, sent, body)
    assert answer.status_code == 200, answer.text
    features = answer.get_json()["features"]
    assert features["features"][0]["properties"]["name"] == "一号地块"
    west, south, *_ = shapely.from_geojson(json.dumps(features["features"][0]["geometry"])).bounds
    assert (round(west, 5), round(south, 5)) == (120.002, 30.002)
    asked = {**BRIEF, "candidates": {"kind": "file", "features": features}}
    assert client.post("/api/site/text", json={"brief": asked}).status_code == 200


VRT = b"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in (".shp", ".shx", ".dbf"):
            archive.writestr(f"a{ending}", b"\x00" * (25 * 2**20))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.geojson", b"not json"), ("a.geojson", VRT), ("a.gpkg", VRT), ("a.gpkg", b""),
        ("a.zip", b"PK\x03\x04broken"), ("a.zip", bomb()), ("a.exe", b"MZ"), ("noending", b"{}"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}'),
    ],
    ids=["text", "vrt", "vrt-gpkg", "empty", "zip", "bomb", "exe", "none", "no-features"],
)  # fmt: skip
def test_files_that_are_no_parcels_are_refused(client: FlaskClient, name: str, body: bytes) -> None:
    answer = upload(client, name, body)
    assert answer.status_code == 400
    problems = answer.get_json()["problems"]
    assert problems
    assert all(one["field"].startswith("candidates.") for one in problems)


def test_an_upload_that_is_no_base64_or_too_large_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/site/parcels", json={"name": "a.geojson", "content": "@@@"})
    assert answer.status_code == 400
    large = upload(client, "a.geojson", b" " * (5 * 2**20 + 1))
    assert large.status_code == 400
    assert "5 MB" in large.get_json()["problems"][0]["zh"]


# ---- files of a result
@pytest.fixture
def saved(client: FlaskClient, answered: list[Any]) -> str:
    name: str = client.post("/api/site/decide", json=BRIEF).get_json()["saved"]["id"]
    return name


def test_the_record_is_the_record(client: FlaskClient, saved: str) -> None:
    answer = client.get(f"/api/site/{saved}/record.json")
    assert answer.mimetype == "application/json"
    record = json.loads(answer.data)
    assert record["format"] == "geoplan decision record"
    assert "geometry" not in record
    assert "saved" not in record
    named = answer.headers["Content-Disposition"]
    assert "attachment" in named
    assert "filename*=UTF-8''%E6%9C%BA" in named


def test_files_and_sites_that_do_not_exist(client: FlaskClient, saved: str) -> None:
    for path in ("result.exe", "sheet.pdf", "sheet.pdf?site=nobody", "sheet.docx?site=../x"):
        assert client.get(f"/api/site/{saved}/{path}").status_code == 404, path
    assert client.get(f"/api/site/{saved}/record.json?x=1").status_code == 400


def test_a_hostile_title_stays_in_its_header(client: FlaskClient, answered: list[Any]) -> None:
    title = 'a"\r\nSet-Cookie: x=1;/\\..<script>机器人'
    taken = client.post("/api/site/decide", json={**BRIEF, "title": title})
    if taken.status_code == 400:
        return
    name = taken.get_json()["saved"]["id"]
    headers = client.get(f"/api/site/{name}/record.json").headers
    assert "Set-Cookie" not in headers
    assert '"' not in headers["Content-Disposition"].split("filename*=")[1]


# ---- with the engine itself
def test_the_engine_answers_in_the_form_the_page_reads(client: FlaskClient) -> None:
    found = client.post("/api/site/decide", json=BRIEF).get_json()
    stand_in = site_records.record()
    for part in ("counts", "weighting", "robustness", "question"):
        assert set(stand_in[part]) <= set(found[part]), part
    for part in ("criteria", "rules", "sites"):
        lacking = set(stand_in[part][0]) - set(found[part][0])
        assert lacking <= {"note_zh", "note_en"}, part
    site = found["sites"][0]
    assert site["id"] == "park"
    assert site["rank"] == 1
    for part in ("first", "flips"):
        assert set(stand_in["sites"][1][part]) <= set(site[part])
    weights = {one["id"]: one["weight"] for one in found["criteria"]}
    # What the page works out itself is what the engine has worked out.
    assert abs(scores(found, weights, "park") - site["score"]) < 2e-6
    assert all({"zh", "en", "cite"} <= set(one) for one in site["reasons"])


def test_own_parcels_are_ranked(client: FlaskClient) -> None:
    squares = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"name": name},
             "geometry": json.loads(shapely.to_geojson(shapely.box(x, 30.002, x + 0.003, 30.005)))}
            for name, x in (("甲地块", 120.003), ("丙地块", 120.024))
        ],
    }  # fmt: skip
    asked = {**BRIEF, "candidates": {"kind": "file", "features": squares}}
    found = client.post("/api/site/decide", json=asked).get_json()
    assert [site["zh"] for site in found["sites"]] == ["甲地块", "丙地块"]
    assert len(found["geometry"]["features"]) == 2


def test_a_record_is_replayed(client: FlaskClient) -> None:
    name = client.post("/api/site/decide", json=BRIEF).get_json()["saved"]["id"]
    record = json.loads(client.get(f"/api/site/{name}/record.json").data)
    assert client.post("/api/site/replay", json=record).get_json()["same"] is True
    record["sites"][0]["score"] = 0.123
    found = client.post("/api/site/replay", json=record).get_json()
    assert found["same"] is False
    assert "0.123" in found["effects"][0]["zh"]
    del record["sites"]
    assert client.post("/api/site/replay", json=record).status_code == 400
    assert client.post("/api/site/replay", json=BRIEF).status_code == 400


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_results_and_sheets_are_files(client: FlaskClient, lang: str) -> None:
    name = client.post("/api/site/decide", json=BRIEF).get_json()["saved"]["id"]
    begins = {
        "result.geojson": b"{",
        "result.xlsx": b"PK",
        "sheet.pdf?site=park": b"%PDF",
        "sheet.docx?site=park": b"PK",
    }
    for path, start in begins.items():
        joined = f"{path}{'&' if '?' in path else '?'}lang={lang}"
        answer = client.get(f"/api/site/{name}/{joined}")
        assert answer.status_code == 200, (path, answer.text[:300])
        assert answer.data.startswith(start)
        assert "attachment" in answer.headers["Content-Disposition"]
        again = client.get(
            f"/api/site/{name}/{joined}", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == 304, path


# ---- a grid explored
GRID = {**BRIEF, "candidates": {"kind": "grid", "cell_m": 100}}


def test_a_grid_is_explored(client: FlaskClient) -> None:
    found = client.post("/api/site/explore", json={"brief": GRID, "mu": 150, "count": 3}).get_json()
    counts = found["counts"]
    assert counts["candidates"] == 300
    assert counts["allowed"] + counts["unknown"] + counts["excluded"] == 300
    assert base64.b64decode(found["image"].partition(",")[2]).startswith(b"\x89PNG")
    assert len(found["edges"]) == len(found["colours"]) + 1
    west, south, east, north = found["bounds"]
    assert west <= 120.0001 < 120.031 <= east
    assert south <= 29.9999 < 30.0075 <= north
    best, *others = found["areas"]
    assert best["district"]["code"] == "A"
    assert (best["mu"], best["cells"]) == (150, 10)
    assert all(best["score"] >= other["score"] for other in others)
    shape = shapely.from_geojson(json.dumps(found["geometry"]["features"][0]["geometry"]))
    assert shape.geom_type == "Polygon"
    rules = {one["id"]: one for one in found["rules"]}
    assert rules["in-the-squares"]["unknown"] == counts["unknown"]


def test_a_cell_says_what_the_surface_shows(client: FlaskClient) -> None:
    found = client.post("/api/site/explore", json={"brief": GRID, "mu": 15, "count": 1}).get_json()
    best = found["areas"][0]
    at = {"lon": best["lon"], "lat": best["lat"]}
    cell = client.post("/api/site/cell", json={"brief": GRID, **at}).get_json()
    assert cell["state"] == "allowed"
    # The surface is right to what a field of distances is.
    assert abs(cell["score"] - best["score"]) < 0.01
    assert cell["ahead"] < 0.1
    west, south, east, north = cell["square"]
    assert west < best["lon"] < east
    assert south < best["lat"] < north
    assert cell["reasons"]
    assert cell["checks"]
    alone = {name: {"weight": 1.0 if name == "rail_m" else 0.0} for name in cell["measured"]}
    other = client.post("/api/site/cell", json={"brief": {**GRID, "criteria": alone}, **at})
    assert abs(other.get_json()["score"] - cell["values"]["rail_m"]) < 1e-5


def test_other_weights_do_not_explore_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    explored: list[Any] = []
    true = surfaces.explore
    monkeypatch.setattr(surfaces, "explore", lambda *asked: explored.append(asked) or true(*asked))
    first = client.post("/api/site/explore", json={"brief": GRID}).get_json()
    criteria = {one["id"]: {"weight": 0.1} for one in first["criteria"]}
    criteria["rail_m"] = {"weight": 0.9}
    again = client.post(
        "/api/site/explore", json={"brief": {**GRID, "title": "x", "criteria": criteria}}
    ).get_json()
    assert len(explored) == 1
    assert again["areas"][0]["district"]["code"] == "C"
    finer = {**GRID, "candidates": {"kind": "grid", "cell_m": 50}}
    client.post("/api/site/explore", json={"brief": finer})
    assert len(explored) == 2


def test_a_surface_is_an_image_by_its_address(client: FlaskClient) -> None:
    name = client.post("/api/site/explore", json={"brief": GRID}).get_json()["saved"]["id"]
    answer = client.get(f"/api/site/{name}/surface.png")
    assert answer.mimetype == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    assert len(answer.headers["X-Bounds"].split(",")) == 4


@pytest.mark.parametrize(
    ("more", "field"),
    [({"mu": -1}, "areas.mu"), ({"mu": "x"}, "areas.mu"), ({"count": 500}, "areas.count"),
     ({"count": 1.5}, "areas.count"), ({"mu": True}, "areas.mu")],
)  # fmt: skip
def test_areas_that_cannot_be_are_refused(
    client: FlaskClient, more: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/site/explore", json={"brief": GRID, **more})
    assert answer.status_code == 400
    assert [one["field"] for one in answer.get_json()["problems"]] == [field]


def test_a_grid_that_is_too_fine_is_refused(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surfaces, "MOST_CELLS", 100)
    answer = client.post("/api/site/explore", json={"brief": GRID})
    assert [one["field"] for one in answer.get_json()["problems"]] == ["candidates.cell_m"]
    monkeypatch.setattr(siting, "MOST_CANDIDATES", 100)
    answer = client.post("/api/site/decide", json=GRID)
    assert [one["field"] for one in answer.get_json()["problems"]] == ["candidates.cell_m"]


@pytest.mark.parametrize(
    "at", [{"lon": 110, "lat": 30}, {"lon": 1e400, "lat": 0}, {}, {"lon": "x", "lat": 30}]
)
def test_beside_the_area_there_is_no_cell(client: FlaskClient, at: dict[str, Any]) -> None:
    answer = client.post(
        "/api/site/cell",
        data=json.dumps({"brief": GRID, **at}),
        content_type="application/json",
    )
    assert answer.status_code in (400, 404)
