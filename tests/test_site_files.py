"""Files of site selection: parcels that are sent, results that are taken along."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import site_records
from flask.testing import FlaskClient
from site_asking import BRIEF, SQUARE

pytest_plugins = ["site_asking"]


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


def test_areas_to_keep_away_from_may_be_lines_and_reach_beyond_the_plan(
    client: FlaskClient, tmp_path: Path
) -> None:
    path = tmp_path / "红线.gpkg"
    lines = [
        shapely.LineString([(120.0, 30.0), (120.01, 30.01)]),
        shapely.LineString([(1, 1), (2, 2)]),
    ]
    gpd.GeoDataFrame(geometry=lines, crs="OGC:CRS84").to_file(path, engine="pyogrio")
    sent = {"name": path.name, "content": base64.b64encode(path.read_bytes()).decode()}
    answer = client.post("/api/site/parcels", json={**sent, "use": "areas"})
    assert answer.status_code == 200, answer.text
    features = answer.get_json()["features"]
    assert [one["geometry"]["type"] for one in features["features"]] == ["LineString"] * 2
    rule = {
        "id": "away",
        "effect": "exclude",
        "measure": "distance_m",
        "most": 50,
        "features": features,
    }
    brief = {**BRIEF, "rules": [rule]}
    told = client.post("/api/site/text", json={"brief": brief})
    assert told.status_code == 200, told.text
    again = client.post("/api/site/text", json={"text": told.get_json()["toml"]})
    assert again.get_json()["brief"]["rules"] == told.get_json()["brief"]["rules"]
    assert again.get_json()["brief"]["rules"][0]["features"] == features
    refused = client.post("/api/site/parcels", json={**sent, "use": "candidates"})
    assert refused.status_code == 400
    assert client.post("/api/site/parcels", json={**sent, "use": "x"}).status_code == 400


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
