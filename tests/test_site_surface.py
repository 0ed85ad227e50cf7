"""A grid explored through the page: the surface, its best areas, one cell with its reasons."""

import base64
import json
from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient
from site_asking import BRIEF

from webmap import siting, surfaces

pytest_plugins = ["site_asking"]


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
