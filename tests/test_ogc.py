"""OGC API - Features on the tiny plan: documents, items, coordinates, refusals."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import pytest
import shapely
from conftest import ROOT, TINY, edit_layer
from flask.testing import FlaskClient
from pyproj import Transformer
from werkzeug.test import TestResponse

import geoplan
from webmap import create_app
from webmap.ogc_documents import CONFORMANCE

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
SQUARES = "/ogc/collections/districts/items"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = create_app(TINY)
    app.testing = True
    return app.test_client()


@pytest.fixture
def own(folder: Path) -> FlaskClient:
    app = create_app(folder)
    app.testing = True
    return app.test_client()


def ask(client: FlaskClient, path: str, **query: Any) -> Any:
    joined = path + ("?" + urlencode(query) if query else "")
    answer = client.get(joined)
    assert answer.status_code == 200, (joined, answer.text)
    return answer.get_json()


def ids(client: FlaskClient, path: str = SQUARES, **query: Any) -> list[str]:
    found = ask(client, path, **{name.replace("_", "-"): value for name, value in query.items()})
    assert found["numberReturned"] == len(found["features"])
    return [feature["id"] for feature in found["features"]]


def links(found: Any, rel: str) -> list[str]:
    return [link["href"] for link in found["links"] if link["rel"] == rel]


# ---- documents
def test_the_landing_page_leads_everywhere(client: FlaskClient) -> None:
    for path in ("/ogc", "/ogc/"):
        found = ask(client, path)
        assert found["title"] == "三方块规划"
        for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data"):
            (href,) = links(found, rel)
            answer = client.get(href)
            assert answer.status_code == 200
            kind = next(link["type"] for link in found["links"] if link["rel"] == rel)
            assert answer.content_type.split(";")[0] == kind.split(";")[0]
    assert ask(client, "/ogc", lang="en")["title"] == "Plan of three squares"


def test_the_conformance_declared_is_the_one_listed(client: FlaskClient) -> None:
    found = ask(client, "/ogc/conformance")["conformsTo"]
    assert found == list(CONFORMANCE)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in found
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in found
    assert "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter" in found
    assert "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json" in found


def test_every_layer_located_thing_and_density_is_a_collection(client: FlaskClient) -> None:
    found = {one["id"]: one for one in ask(client, "/ogc/collections")["collections"]}
    assert set(found) == {
        "projects", "enterprises", "platforms", "hubs", "districts", "districts_before",
        "layer_hubs", "layer_platforms", "wings", "density_district", "density_wing",
        "density_platform", "density_grid", "density_hex",
    }  # fmt: skip
    for name, one in found.items():
        assert one == ask(client, f"/ogc/collections/{name}")
        assert one["itemType"] == "feature"
        assert one["crs"][0] == CRS84
        assert one["storageCrs"] == EPSG + "4549"
        assert one["storageCrs"] in one["crs"]
        assert one["license"]
        assert one["attribution"]
        assert one["provenance"]["sources"]
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        assert west < east or name in ("hubs", "layer_hubs", "enterprises")
        assert south <= north
        for rel in ("self", "items"):
            for href in links(one, rel):
                assert client.get(href).status_code == 200


def test_a_collection_says_when_it_holds(client: FlaskClient) -> None:
    def interval(name: str) -> list[Any]:
        found: list[Any] = ask(client, f"/ogc/collections/{name}")["extent"]["temporal"]["interval"]
        return found[0]  # type: ignore[no-any-return]

    assert interval("projects") == ["2021-01-01T00:00:00Z", "2025-12-31T23:59:59Z"]
    assert interval("districts") == ["2020-01-01T00:00:00Z", None]
    assert interval("districts_before") == [None, "2019-12-31T23:59:59Z"]
    assert "temporal" not in ask(client, "/ogc/collections/hubs")["extent"]


def test_queryables_are_a_schema_of_what_a_filter_may_name(client: FlaskClient) -> None:
    answer = client.get("/ogc/collections/projects/queryables?lang=en")
    assert answer.mimetype == "application/schema+json"
    found = answer.get_json()
    assert found["$id"] == "http://localhost/ogc/collections/projects/queryables?lang=en"
    assert found["additionalProperties"] is False
    money = found["properties"]["investment_wanyuan"]
    assert (money["type"], money["x-ogc-unit"]) == ("integer", "万元")
    words = {one["const"]: one["title"] for one in found["properties"]["precision"]["oneOf"]}
    assert words["district"] == "district"
    assert found["properties"]["geometry"]["x-ogc-role"] == "primary-geometry"
    for name, schema in found["properties"].items():
        field = name if name != "geometry" else "id"
        query = {"filter": f"{field} IS NULL"}
        assert client.get(f"/ogc/collections/projects/items?{urlencode(query)}").status_code == 200
        assert "type" in schema or schema["format"].startswith("geometry-")


# ---- items
def test_items_are_geojson_with_counts_links_and_origin(client: FlaskClient) -> None:
    before = datetime.now(UTC)
    answer = client.get("/ogc/collections/projects/items")
    assert answer.mimetype == "application/geo+json"
    assert answer.headers["Content-Crs"] == f"<{CRS84}>"
    found = answer.get_json()
    assert found["type"] == "FeatureCollection"
    assert (found["numberMatched"], found["numberReturned"]) == (3, 3)
    said = datetime.fromisoformat(found["timeStamp"])
    assert abs((said - before).total_seconds()) < 5
    assert [one["id"] for one in found["features"]] == ["p1", "p2", "p3"]
    first = found["features"][0]
    assert first["properties"]["name_zh"] == "机械臂项目"
    assert first["properties"]["investment_wanyuan"] == 100
    assert first["properties"]["platform_id"] is None
    assert first["geometry"]["type"] == "Point"
    # What has no known place is no feature, and that is said.
    assert found["metadata"]["unlocated"] == 1
    assert found["metadata"]["plan"]["id"] == "tiny"
    assert found["metadata"]["money"] == {"placed": 600, "unplaced": 50, "total": 650}
    assert found["metadata"]["disclaimer_zh"] == "规划示意，非测绘成果"


def test_one_item_by_its_id(client: FlaskClient) -> None:
    answer = client.get("/ogc/collections/districts/items/A")
    found = answer.get_json()
    assert (found["type"], found["id"]) == ("Feature", "A")
    assert found["properties"]["name_en"] == "District A"
    assert links(found, "collection")[0].startswith("http://localhost/ogc/collections/districts?")
    assert links(found, "self")
    assert links(found, "alternate")
    assert answer.headers["Content-Crs"] == f"<{CRS84}>"
    assert client.get("/ogc/collections/districts/items/Z").status_code == 404


def test_pages_follow_each_other_and_hold_everything_once(client: FlaskClient) -> None:
    address = SQUARES + "?limit=1&lang=en"
    seen, pages = [], []
    while address:
        found = client.get(address).get_json()
        assert found["numberMatched"] == 3
        seen += [one["id"] for one in found["features"]]
        pages.append(found)
        address = next(iter(links(found, "next")), "")
        assert "lang=en" in address or not address
    assert seen == ["A", "B", "C"]
    assert len(pages) == 3
    assert links(pages[0], "prev") == []
    assert "offset=0" in links(pages[1], "prev")[0]
    assert ids(client, SQUARES, limit=2, offset=1) == ["B", "C"]


def test_what_was_asked_stays_on_the_next_page(client: FlaskClient) -> None:
    query = {"limit": 1, "filter": "code <> 'A'", "crs": EPSG + "4326", "bbox": "119,29,121,31"}
    first = ask(client, SQUARES, **query)
    assert [one["id"] for one in first["features"]] == ["B"]
    answer = client.get(links(first, "next")[0])
    assert [one["id"] for one in answer.get_json()["features"]] == ["C"]
    assert answer.headers["Content-Crs"] == f"<{EPSG}4326>"


def test_a_limit_that_is_too_large_is_the_largest(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(ids(client, SQUARES, limit="10001")) == 3
    monkeypatch.setattr("webmap.ogc_items.MOST_ITEMS", 2)
    for limit in ("2", "3", "999999999999999999"):
        assert ids(client, SQUARES, limit=limit) == ["A", "B"]


def test_a_page_with_too_many_corners_ends_early(
    own: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webmap.ogc_items._MOST_CORNERS", 11)
    found = ask(own, SQUARES)
    assert (found["numberMatched"], found["numberReturned"]) == (3, 2)
    assert [one["id"] for one in own.get(links(found, "next")[0]).get_json()["features"]] == ["C"]


def test_properties_are_parameters(client: FlaskClient) -> None:
    projects = "/ogc/collections/projects/items"
    found = ask(client, projects + "?sector_id=robots")
    assert [one["id"] for one in found["features"]] == ["p1", "p2"]
    found = ask(client, projects + "?investment_wanyuan=100&name_zh=" + quote("机械臂项目"))
    assert [one["id"] for one in found["features"]] == ["p1"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2019-01-01", ["A", "B"]),
        ("2020-06-01T00:00:00Z", []),
        ("../2019-12-31", ["A", "B"]),
        ("2020-01-01/..", []),
        ("2019-12-31T23:00:00Z/2025-01-01", ["A", "B"]),
    ],
)
def test_time_selects_by_when_things_hold(
    client: FlaskClient, asked: str, found: list[str]
) -> None:
    assert ids(client, "/ogc/collections/districts_before/items", datetime=asked) == found
    # What says nothing of time is there at any time.
    assert ids(client, "/ogc/collections/hubs/items", datetime=asked) == ["station"]


def test_a_span_finds_what_begins_within_it(client: FlaskClient) -> None:
    assert ids(client, SQUARES, datetime="2019-06-01/2020-06-01") == ["A", "B", "C"]
    assert ids(client, SQUARES, datetime="2019-06-01/2019-12-31") == []
    assert ids(client, SQUARES, datetime="2019-06-01/2020-01-01T00:00:00Z") == ["A", "B", "C"]


def test_projects_are_there_in_the_years_they_run(client: FlaskClient) -> None:
    projects = "/ogc/collections/projects/items"
    assert ids(client, projects, datetime="2022-12-31T12:00:00Z/..") == ["p1", "p2", "p3"]
    assert "p1" not in ids(client, projects, datetime="2023-01-01")


# ---- coordinates
CORNER = (500_000.0, 3_320_000.0)
"""South-west corner of square A in the plan's own coordinates: east, north."""


@pytest.mark.parametrize(
    ("crs", "code", "is_swapped", "off"),
    [
        (CRS84, "OGC:CRS84", False, 1e-5),
        (EPSG + "4326", "EPSG:4326", True, 1e-5),
        (EPSG + "4490", "EPSG:4490", True, 1e-5),
        (EPSG + "4549", "EPSG:4549", True, 1.0),
        (EPSG + "3857", "EPSG:3857", False, 1.0),
    ],
)
def test_coordinates_come_in_the_axis_order_of_their_crs(
    client: FlaskClient, crs: str, code: str, is_swapped: bool, off: float
) -> None:
    answer = client.get(f"{SQUARES}/A?{urlencode({'crs': crs})}")
    assert answer.headers["Content-Crs"] == f"<{crs}>"
    # Without always_xy pyproj speaks in the order of each CRS itself.
    expected = Transformer.from_crs("EPSG:4549", code).transform(CORNER[1], CORNER[0])
    assert (expected[0] > expected[1]) == (
        code == "EPSG:4549" or (code in ("OGC:CRS84", "EPSG:3857"))
    )
    ring = np.array(answer.get_json()["geometry"]["coordinates"][0])
    assert np.abs(ring - expected).max(axis=1).min() < off
    assert is_swapped == (code not in ("OGC:CRS84", "EPSG:3857"))


@pytest.mark.parametrize(
    ("crs", "box"),
    [
        ("", "120.0106,30.001,120.0200,30.002"),
        (CRS84, "120.0106,30.001,0,120.0200,30.002,99"),
        (EPSG + "4326", "30.001,120.0106,30.002,120.0200"),
        (EPSG + "4490", "30.001,120.0106,30.002,120.0200"),
        (EPSG + "4549", "3320100,501100,3320200,501900"),
        (EPSG + "3857", "13359519,3503700,13360565,3503801"),
        ("[EPSG:4549]", "3320100,501100,3320200,501900"),
    ],
)
def test_a_box_is_read_in_the_axis_order_of_its_crs(
    client: FlaskClient, crs: str, box: str
) -> None:
    query = {"bbox": box} | ({"bbox_crs": crs} if crs else {})
    assert ids(client, **query) == ["B"]
    if "0," not in box[10:20] and crs != CRS84:
        numbers = f"S_INTERSECTS(geometry, BBOX({box}))"
        asked = {"filter": numbers} | ({"filter_crs": crs} if crs else {})
        assert ids(client, **asked) == ["B"]


def test_a_box_may_span_the_antimeridian(client: FlaskClient) -> None:
    assert ids(client, bbox="100,-90,-100,90") == ["A", "B", "C"]
    assert ids(client, bbox="170,-90,-170,90") == []
    assert ids(client, bbox="-180,-90,180,90") == ["A", "B", "C"]


def test_the_extent_holds_every_feature(client: FlaskClient) -> None:
    for one in ask(client, "/ogc/collections")["collections"]:
        box = ",".join(map(repr, one["extent"]["spatial"]["bbox"][0]))
        path = f"/ogc/collections/{one['id']}/items"
        every = ids(client, path)
        assert ids(client, path, bbox=box) == every
        assert ids(client, path, filter=f"S_WITHIN(geometry, BBOX({box}))") == every


# ---- filters
def test_filters_in_text_and_json_select_the_same(client: FlaskClient) -> None:
    text = "code IN ('A', 'C') AND S_INTERSECTS(geometry, POINT(120.005 30.005))"
    tree = {"op": "and", "args": [
        {"op": "in", "args": [{"property": "code"}, ["A", "C"]]},
        {"op": "s_intersects", "args": [
            {"property": "geometry"}, {"type": "Point", "coordinates": [120.005, 30.005]}]}]}  # fmt: skip
    assert ids(client, filter=text) == ["A"]
    assert ids(client, filter=text, filter_lang="cql2-text") == ["A"]
    assert ids(client, filter=json.dumps(tree), filter_lang="cql2-json") == ["A"]


def test_all_conditions_hold_at_once(client: FlaskClient) -> None:
    query = {"filter": "code <> 'C'", "bbox": "120.0106,30,120.03,30.1", "datetime": "2021-01-01"}
    assert ids(client, **query) == ["B"]


# ---- density results as collections
def test_density_may_be_asked_for_a_sector_and_a_year(client: FlaskClient) -> None:
    path = "/ogc/collections/density_district/items"

    def money(**query: Any) -> dict[str, int]:
        found = ask(client, path, **query)
        line = found["metadata"]["money"]
        parts = sum(value for name, value in line.items() if name != "total")
        assert parts == line["total"]
        return {one["id"]: one["properties"]["investment_wanyuan"] for one in found["features"]}

    assert money() == {"A": 300, "B": 300, "C": 0}
    assert money(sector="robots") == {"A": 300, "B": 0, "C": 0}
    assert money(year=2021)["A"] == 50 + 40
    assert money(without_largest=1) == {"A": 300, "B": 0, "C": 0}
    whole = ask(
        client, "/api/density?by=district&sector=robots&year=2022&measure=investment_wanyuan"
    )
    assert money(sector="robots", year=2022) == whole["values"]
    one = ask(client, path + "/A?sector=robots")
    assert one["properties"]["investment_wanyuan"] == 300
    assert "sector=robots" in links(one, "self")[0]


@pytest.mark.parametrize("by", ["grid", "hex"])
def test_cells_may_be_asked_too(client: FlaskClient, by: str) -> None:
    path = f"/ogc/collections/density_{by}/items"
    whole, part = ask(client, path), ask(client, path, sector="fibre")
    assert {one["id"] for one in part["features"]} <= {one["id"] for one in whole["features"]}
    assert set(whole["features"][0]["properties"]) == set(part["features"][0]["properties"])
    assert part["metadata"]["money"]["total"] < whole["metadata"]["money"]["total"]


# ---- forms, keeping, other sites
@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/geo+json"),
        ("*/*", "application/geo+json"),
        ("application/geo+json", "application/geo+json"),
        ("application/json", "application/geo+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/html;q=0.5, application/geo+json", "application/geo+json"),
    ],
)
def test_the_form_follows_from_what_is_accepted(
    client: FlaskClient, accept: str | None, kind: str
) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = client.get(SQUARES, headers=headers)
    assert answer.mimetype == kind
    assert "Accept" in answer.headers["Vary"]
    assert client.get(SQUARES + "?f=json", headers=headers).mimetype == "application/geo+json"
    assert client.get(SQUARES + "?f=html", headers=headers).mimetype == "text/html"


def test_a_form_that_there_is_not_is_refused(client: FlaskClient) -> None:
    answer = client.get("/ogc", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert client.get("/ogc?f=xml").status_code == 400


@pytest.mark.parametrize(
    "path", ["/ogc", "/ogc/collections", "/ogc/api", SQUARES, SQUARES + "/A", SQUARES + "?f=html"]
)
def test_an_answer_is_sent_once(client: FlaskClient, path: str) -> None:
    first = client.get(path, headers={"Accept-Encoding": "gzip"})
    etag = first.headers["ETag"]
    again = client.get(path, headers={"If-None-Match": etag, "Accept-Encoding": "gzip"})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == etag
    assert first.headers["Cache-Control"] == "no-cache"


def test_the_etag_tells_answers_apart(client: FlaskClient) -> None:
    etags = {
        client.get(SQUARES + query).headers["ETag"]
        for query in ("", "?limit=1", "?code=A", "?crs=[EPSG:4549]", "?lang=en")
    }
    assert len(etags) == 5


def test_items_are_compressed(client: FlaskClient) -> None:
    answer = client.get("/ogc/collections/density_grid/items", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_changed_plan_is_served_anew(own: FlaskClient, folder: Path) -> None:
    assert ids(own) == ["A", "B", "C"]
    edit_layer(folder, "districts", lambda content: content["features"].pop())
    own.application.extensions["shelf"]._next_look = 0.0
    assert ids(own) == ["A", "B"]


@pytest.mark.parametrize(
    "path", ["/ogc", SQUARES, "/ogc/collections/nope", "/ogc/nope", SQUARES + "?x=1"]
)
def test_pages_of_other_sites_may_read(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": "https://viewer.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Crs" in answer.headers["Access-Control-Expose-Headers"]
    asked = client.options(path, headers={"Origin": "https://viewer.example"})
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


def test_only_this_interface_is_open(client: FlaskClient) -> None:
    for path in ("/", "/api/state", "/healthz", "/ogcx"):
        assert "Access-Control-Allow-Origin" not in client.get(path).headers
    assert client.post("/ogc/collections").status_code == 405


def test_links_stand_in_the_header_too(client: FlaskClient) -> None:
    query = urlencode({"limit": 1, "bbox": "119,29,121,31", "filter": "code <> 'A,B'"})
    header = client.get(f"{SQUARES}?{query}").headers["Link"]
    parts = re.findall(r'<([^>]*)>; rel="([^"]*)"; type="([^"]*)"', header)
    assert {rel for _, rel, _ in parts} >= {"self", "alternate", "next", "collection"}
    assert header.count(", ") == len(parts) - 1
    following = next(href for href, rel, _ in parts if rel == "next")
    assert client.get(following).get_json()["features"][0]["id"] == "B"


def test_addresses_follow_the_root_the_application_is_served_under(client: FlaskClient) -> None:
    found = client.get(SQUARES, base_url="https://example.org/plans/").get_json()
    assert links(found, "self") == ["https://example.org/plans" + SQUARES + "?f=json"]


# ---- refusals
def refused(answer: TestResponse) -> str:
    assert answer.status_code in (400, 404), answer.text
    found = answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert set(found) == {"title", "status", "detail", "code", "description"}
    assert found["status"] == answer.status_code
    assert found["detail"] == found["description"]
    return str(found["description"])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ooga=booga", "There is no parameter “ooga”. There are: bbox, bbox-crs, code, crs"),
        ("limit=unlimited", "1 – 10000"),
        ("limit=0", "1 – 10000"),
        ("limit=-1", "1 – 10000"),
        ("limit=1&limit=2", "given more than once"),
        ("offset=-1", "0 – 999999999"),
        ("offset=99999999999999999999", "0 – 999999999"),
        ("bbox=1,2,3", "four numbers"),
        ("bbox=1,2,3,4,5", "four numbers"),
        ("bbox=a,b,c,d", "four numbers"),
        ("bbox=nan,0,1,1", "four numbers"),
        ("bbox=inf,0,1,1", "four numbers"),
        ("bbox=1e400,0,1,1", "four numbers"),
        ("bbox=1e300,0,1e301,1", "coordinates outside of OGC:CRS84"),
        ("bbox=0,5,1,3", "the lower corner"),
        ("bbox=5,0,3,1&bbox-crs=[EPSG:3857]", "the lower corner"),
        ("bbox-crs=EPSG:9999", EPSG + "4549"),
        ("crs=nope", EPSG + "4549"),
        ("datetime=yesterday", "is no time"),
        ("datetime=2020-01-02/2020-01-01", "is no time"),
        ("datetime=../..x", "is no time"),
        ("datetime=..", "is no time"),
        ("datetime=9999-99-99", "is no time"),
        ("filter=code", "there should be true or false"),
        ("filter=" + "(" * 3000, "too long"),
        ("filter=code%20%3D%201", "texts go in single quotes"),
        ("filter=code=%27A%27%20OR%201%3D1--", "a value is missing"),
        ("filter=code=%27A%27&filter-lang=sql", "cql2-text, cql2-json"),
        ("filter=%7B%7D&filter-lang=cql2-json", "no part of CQL2 JSON"),
        ("filter=" + "x" * 20001, "20000"),
        ("filter-crs=EPSG:1", "Use: "),
        ("f=xml", "json, html"),
        ("lang=fr", "zh and en"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(
    client: FlaskClient, query: str, said: str
) -> None:
    lang = "" if "lang=" in query and "filter" not in query else "&lang=en"
    answer = client.get(f"{SQUARES}?{query}{lang}")
    assert answer.status_code == 400
    told = refused(answer)
    assert said in told or "lang" in query
    assert "Traceback" not in told


def test_typed_properties_take_values_of_their_type(client: FlaskClient) -> None:
    path = "/ogc/collections/projects/items?lang=en&"
    for query in ("investment_wanyuan=much", "year_start=nan", "investment_wanyuan=1e999"):
        assert "a number" in refused(client.get(path + query))


@pytest.mark.parametrize(
    "path",
    ["/ogc/collections/nope", "/ogc/collections/nope/items", "/ogc/collections/nope/queryables",
     "/ogc/collections/table_projects", "/ogc/collections/nope/items/1", "/ogc/nope",
     SQUARES + "/" + quote("<script>alert(1)</script>"), SQUARES + "/" + "x" * 5000,
     SQUARES + "/%00", "/ogc/collections/%ff"],
)  # fmt: skip
def test_what_there_is_not_is_not_found(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    told = refused(answer)
    assert len(told) < 1000
    assert not set(b"<>&") & set(answer.data)


def test_an_offset_beyond_the_end_is_an_empty_page(client: FlaskClient) -> None:
    found = ask(client, SQUARES, offset=999_999_999)
    assert (found["numberMatched"], found["numberReturned"], found["features"]) == (3, 0, [])
    assert links(found, "next") == []
    assert links(found, "prev")


HOSTILE = [
    "' OR '1'='1", "a' ; DROP TABLE projects; --", "\x00", "𝕏" * 50, "{{7*7}}", "${jndi:ldap://x}",
    "../../etc/passwd", "%s%n", "NaN", "1e309", "S_INTERSECTS(geometry, POINT(inf inf))",
    "S_INTERSECTS(geometry, POLYGON((0 0,0 0,0 0,0 0)))", "S_WITHIN(geometry, POINT Z (1 2 3))",
    "S_INTERSECTS(geometry, SRID=4326;POINT(1 2))", "code LIKE '" + "%_" * 500 + "'",
    "1" + "0" * 5000 + " = 1", "code = code = code", "NOT", "((code = 'A'))", "T_AFTER(1, 2)",
    "code IN (" + "'x'," * 1500 + "'A')", "0x10 = 16", "geometry = geometry", "- - - 1 = 1",
    "S_EQUALS(geometry, GEOMETRYCOLLECTION EMPTY)", "S_CROSSES(geometry, GEOMETRYCOLLECTION(POINT(1 1)))",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_values_are_answered_calmly(client: FlaskClient, text: str) -> None:
    for name in ("filter", "bbox", "datetime", "code", "crs", "limit", "offset"):
        for more in ({}, {"filter-lang": "cql2-json"} if name == "filter" else {"f": "html"}):
            answer = client.get(f"{SQUARES}?{urlencode({name: text, **more})}")
            assert answer.status_code in (200, 400)
            if "json" in answer.mimetype:
                assert not set(b"<>&") & set(answer.data)
                answer.get_json()


# ---- plans of other kinds
def test_damaged_keys_are_counted(own: FlaskClient, folder: Path) -> None:
    def twice(content: dict[str, Any]) -> None:
        for feature in content["features"]:
            feature["properties"]["code"] = "A"

    edit_layer(folder, "districts_before", twice)
    own.application.extensions["shelf"]._next_look = 0.0
    path = "/ogc/collections/districts_before/items"
    assert ids(own, path) == ["1", "2"]
    assert ask(own, path + "/2")["properties"]["code"] == "A"


def test_any_layer_may_have_any_columns(own: FlaskClient, folder: Path) -> None:
    shape = shapely.to_geojson(shapely.box(120, 30, 120.01, 30.01))
    values = [
        {"id": "a/b c?#", "limit": 5, "名 称": "<b>", "flag": True, "list": [1, 2], "f": "x",
         "geometry": "no", "day": "2020-01-01", "filter": None},
        {"id": "ü", "limit": 6, "名 称": "&", "flag": False, "list": None, "f": "y",
         "geometry": "no", "day": None, "filter": None},
    ]  # fmt: skip
    features = [
        {"type": "Feature", "properties": own_values, "geometry": json.loads(shape)}
        for own_values in values
    ]
    (folder / "layers/odd.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), "utf-8"
    )
    (folder / "layers/odd.toml").write_text(
        'title_zh = "奇"\nrole = "other"\nkey = "id"\nsource_id = ["drawn"]\nlicence = "CC0"\n'
        'datum = "WGS 84"\ngeometry_basis = "published"\naccuracy_m = 1\ncoverage = false\n', "utf-8",
    )  # fmt: skip
    own.application.extensions["shelf"]._next_look = 0.0
    path = "/ogc/collections/odd/items"
    found = ask(own, path)
    assert [one["id"] for one in found["features"]] == ["a/b c?#", "ü"]
    assert found["features"][0]["properties"]["list"] in ([1, 2], "[ 1, 2 ]", "[1, 2]")
    for one in found["features"]:
        answer = own.get(f"{path}/{quote(one['id'], safe='')}")
        assert answer.get_json()["properties"] == one["properties"]
        assert own.get(links(answer.get_json(), "self")[0]).status_code == 200
    # A property that is called as a parameter can be asked for in a filter only.
    assert ids(own, path, limit=5) == ["a/b c?#", "ü"]
    assert ids(own, path, filter='"limit" = 5') == ["a/b c?#"]
    assert ids(own, path, filter="\"名 称\" = '&'") == ["ü"]
    assert ids(own, path, **{"名 称": "&"}) == ["ü"]
    assert ids(own, path, flag="true") == ["a/b c?#"]
    assert own.get("/ogc/api").status_code == 200
    for page in (path, "/ogc/collections/odd", "/ogc/collections/odd/queryables", "/ogc/api"):
        assert own.get(page + "?f=html&lang=en").status_code == 200


def test_a_plan_without_anything_has_no_collection_and_no_fault(tmp_path: Path) -> None:
    geoplan.init_plan(
        tmp_path / "new", title_zh="新", title_en="New", extent=(119.0, 29.0, 120.0, 30.0)
    )
    app = create_app(tmp_path / "new")
    app.testing = True
    client = app.test_client()
    assert [one["id"] for one in ask(client, "/ogc/collections")["collections"]] == [
        "projects", "enterprises", "platforms", "hubs",
    ]  # fmt: skip
    for path in ("/ogc", "/ogc/api", "/ogc/collections", "/ogc/collections/projects/items"):
        for form in ("json", "html"):
            assert client.get(f"{path}?f={form}").status_code == 200


def test_the_embedded_plan_is_served_whole() -> None:
    app = create_app(ROOT)
    app.testing = True
    client = app.test_client()
    for one in ask(client, "/ogc/collections")["collections"]:
        found = ask(client, f"/ogc/collections/{one['id']}/items", limit=10_000)
        assert found["numberReturned"] == found["numberMatched"] > 0
        assert len({feature["id"] for feature in found["features"]}) == found["numberMatched"]
        assert all(feature["geometry"] for feature in found["features"])
