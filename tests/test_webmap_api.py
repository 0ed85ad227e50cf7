"""The JSON interface on the tiny plan, whose answers can be worked out by hand."""

from typing import Any

import pytest
from conftest import TINY
from flask.testing import FlaskClient

from geoplan.exchange.prints.marks import class_colours as colours
from webmap import create_app


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = create_app(TINY)
    app.testing = True
    return app.test_client()


def ask(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_state_holds_what_the_page_needs_once(client: FlaskClient) -> None:
    state = ask(client, "/api/state")
    assert state["plan"]["zh"] == "三方块规划"
    assert state["years"] == [2021, 2022, 2023, 2024, 2025]
    assert [(s["id"], s["projects"], s["linked"]) for s in state["sectors"]] == [
        ("robots", 2, 0),
        ("fibre", 2, 0),
    ]
    assert [wing["id"] for wing in state["wings"]] == ["east", "points"]
    assert [one["layer"] for one in state["vintages"]] == ["districts", "districts_before"]
    layers = {layer["name"]: layer for layer in state["layers"]}
    assert layers["districts"]["count"] == 3
    assert layers["districts"]["geometry_basis"] == "published"
    assert layers["platforms"]["note_en"].startswith("A circle")
    assert state["basemap"] is None
    assert {m["id"] for m in state["measures"]} >= {"investment_wanyuan_per_km2", "firm_count"}
    assert state["words"]["precision"]["district"] == {"zh": "区县", "en": "district"}
    virtual = {one["name"]: (one["count"], one["coarse"]) for one in state["virtual"]}
    assert virtual == {"projects": (2, 2), "enterprises": (1, 2)}


def test_layers_come_in_degrees_with_their_keys(client: FlaskClient) -> None:
    answer = client.get("/api/layers/districts.geojson")
    assert answer.mimetype == "application/geo+json"
    found = answer.get_json()
    assert [feature["id"] for feature in found["features"]] == ["A", "B", "C"]
    west, south = found["features"][0]["geometry"]["coordinates"][0][0]
    assert 119.9 < west < 120.1
    assert 29.9 < south < 30.1
    assert found["more"] == 0


def test_footprints_are_drawn_once_and_never_for_what_is_coarse(client: FlaskClient) -> None:
    features = ask(client, "/api/layers/projects.geojson")["features"]
    found = {tuple(f["properties"]["ids"]): f for f in features}
    assert set(found) == {("p1",), ("p2",)}
    assert found["p1",]["geometry"]["type"] == "Point"
    assert found["p2",]["geometry"]["type"] == "Polygon"
    assert found["p2",]["properties"]["sectors"] == ["robots"]
    assert found["p2",]["properties"]["wanyuan"] == 200


def test_coarse_things_are_listed_by_district(client: FlaskClient) -> None:
    found = ask(client, "/api/coarse")
    projects = [(one["code"], one["ids"]) for one in found if one["kind"] == "projects"]
    assert projects == [("B", ["p3"]), (None, ["p4"])]
    assert found[0]["names"] == [{"zh": "乙区项目", "en": "Project in B"}]


@pytest.mark.parametrize("by", ["district", "wing", "platform", "grid", "hex"])
def test_zones_and_density_speak_of_the_same_zones(client: FlaskClient, by: str) -> None:
    zones = ask(client, f"/api/zones/{by}.geojson")
    values = ask(client, f"/api/density?by={by}")["values"]
    assert {feature["id"] for feature in zones["features"]} == set(values)


def test_density_by_district_is_that_of_the_hand(client: FlaskClient) -> None:
    found = ask(client, "/api/density?by=district&measure=investment_wanyuan")
    assert found["values"] == {"A": 300, "B": 300, "C": 0}
    money = {"placed": 600, "outside": 0, "coarser": 0, "unplaced": 50, "total": 650}
    assert found["money"] == money
    classes = found["classes"]
    assert (classes["edges"], classes["counts"]) == ([300.0], [2])
    assert (classes["has_zero"], classes["zero_count"], classes["has_nodata"]) == (True, 1, False)
    assert len(classes["colours"]) == len(classes["labels_zh"]) == len(classes["labels_en"]) == 1
    assert classes["labels_zh"] == ["300 万元"]
    assert sum(found["histogram"]["counts"]) == 2


@pytest.mark.parametrize("by", ["district", "wing", "platform", "grid", "hex"])
@pytest.mark.parametrize("more", ["", "&sector=robots", "&year=2023", "&without_largest=1"])
def test_money_reconciles_on_every_map(client: FlaskClient, by: str, more: str) -> None:
    money = ask(client, f"/api/density?by={by}{more}")["money"]
    total = money.pop("total")
    assert sum(money.values()) == total


def test_the_largest_project_can_be_left_out(client: FlaskClient) -> None:
    found = ask(client, "/api/density?without_largest=1")
    left_out = {"id": "p3", "zh": "乙区项目", "en": "Project in B", "wanyuan": 300}
    assert found["left_out"] == left_out
    assert found["money"]["total"] == 350
    assert ask(client, "/api/density")["left_out"] is None


def test_no_area_means_no_density_not_zero(client: FlaskClient) -> None:
    found = ask(client, "/api/density?by=district&measure=firm_count&method=quantiles&k=3")
    assert found["unit_en"] == "firms"
    assert found["classes"]["method"] == "quantiles"


def test_placement_by_sector_and_by_district(client: FlaskClient) -> None:
    robots = ask(client, "/api/placement?sector=robots")
    assert [one["code"] for one in robots["districts"]["read"]] == ["A"]
    assert robots["districts"]["inherited"][0]["cite"]["row"] == 3
    assert robots["districts"]["read"][0]["cite"]["quote"] == "机械臂重点区域为甲区"
    assert [one["id"] for one in robots["platforms"]] == ["park"]
    assert {one["conformity"] for one in robots["projects"]} <= {
        "wanted",
        "tolerated",
        "against",
        "silent",
    }
    assert robots["projects"][0]["reason_en"]
    district = ask(client, "/api/placement?district=C")
    assert [one["id"] for one in district["sectors"]["read"]] == ["fibre"]
    assert [one["id"] for one in district["sectors"]["points"]] == ["fibre"]


def test_a_sector_has_figures_pairs_and_series(client: FlaskClient) -> None:
    found = ask(client, "/api/subject/sectors/robots")
    assert found["pairs"] == [
        {
            "measure": "output",
            "measure_zh": "产值",
            "measure_en": "output",
            "base_year": 2020,
            "base": 60,
            "base_operator": "approx",
            "target_year": 2025,
            "target": 120,
            "target_operator": "eq",
            "unit": "亿元",
        }
    ]
    figure = found["figures"][0]
    assert (figure["value_zh"], figure["value_en"]) == ("约60 亿元", "about 60 亿元")
    assert figure["cite"]["quote"] == "机器人产业产值约60亿元"
    assert figure["cite"]["file"] == "data/indicators.csv"
    assert sum(one["value"] for one in found["series"]) == 300
    assert [one["id"] for one in found["projects"]] == ["p2", "p1"]
    assert [one["id"] for one in found["firms"]] == ["jia-yi"]
    labels = [(fact["label_en"], fact["value_zh"]) for fact in found["facts"]]
    assert ("Missing link", "减速器") in labels


def test_a_project_flies_to_its_footprint_and_says_how_sure(client: FlaskClient) -> None:
    coarse = ask(client, "/api/subject/projects/p3")
    assert (coarse["precision"], coarse["accuracy_m"]) == ("district", None)
    box = coarse["bbox"]
    # The whole district, never a point of it.
    assert box[0] < box[2]
    assert box[1] < box[3]
    assert ask(client, "/api/subject/projects/p4")["bbox"] is None
    exact = ask(client, "/api/subject/projects/p1")
    assert (exact["precision"], exact["accuracy_m"]) == ("exact", 20)
    sector = next(fact for fact in exact["facts"] if fact["label_en"] == "Sector")
    assert (sector["kind"], sector["id"]) == ("sectors", "robots")


def test_a_district_lists_what_lies_in_it(client: FlaskClient) -> None:
    found = ask(client, "/api/subject/districts/A")
    assert {one["id"] for one in found["projects"]} == {"p1", "p2"}
    assert [one["id"] for one in found["platforms"]] == ["park"]
    assert [one["id"] for one in found["sectors"]] == ["robots"]


def test_every_subject_there_is_has_details(client: FlaskClient) -> None:
    names = ask(client, "/api/search")["names"]
    for kind, key in {(one["kind"], one["id"]) for one in names}:
        found = ask(client, f"/api/subject/{kind}/{key}")
        assert (found["kind"], found["id"]) == (kind, key)


def test_search_finds_aliases_in_both_languages(client: FlaskClient) -> None:
    hit = ask(client, "/api/search?q=甲一")[0]
    assert (hit["kind"], hit["id"], hit["matched"]) == ("enterprises", "jia-yi", "甲一")
    assert hit["bbox"][0] < 120.0026 < hit["bbox"][2] + 1e-4
    assert ask(client, "/api/search?q=ROBOT%20p")[0]["id"] == "park"
    assert ask(client, "/api/search?q=")[:1] == []
    assert ask(client, "/api/search?q=没有这样的东西") == []


def test_projects_are_a_table_by_falling_money(client: FlaskClient) -> None:
    found = ask(client, "/api/projects")
    assert [row["id"] for row in found["rows"]] == ["p3", "p2", "p1", "p4"]
    assert (found["total"], found["total_wanyuan"], found["more"]) == (4, 650, 0)
    row = found["rows"][1]
    assert (row["years"], row["platform_zh"], row["district"]) == (
        [2021, 2025],
        "甲区机器人园",
        "A",
    )
    assert ask(client, "/api/projects?from=3")["rows"] == found["rows"][3:]
    assert ask(client, "/api/projects?from=99")["rows"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/state?x=1",
        "/api/coarse?by=district",
        "/api/layers/districts.geojson?vintage=2021",
        "/api/zones/district.geojson?vintage=20a1",
        "/api/zones/district.geojson?vintage=hubs",
        "/api/density?by=province",
        "/api/density?measure=happiness",
        "/api/density?sector=nothing",
        "/api/density?year=1999",
        "/api/density?year=2021.0",
        "/api/density?without_largest=yes",
        "/api/density?method=equal_interval",
        "/api/density?k=1",
        "/api/density?k=%E4%BA%94",
        "/api/density?by=grid&by=hex",
        "/api/placement",
        "/api/placement?sector=robots&district=A",
        "/api/projects?from=-1",
        "/api/search?q=" + "x" * 201,
    ],
)
def test_what_is_unknown_is_refused_in_both_languages(client: FlaskClient, path: str) -> None:
    joined = path + ("&" if "?" in path else "?")
    chinese, english = client.get(path), client.get(joined + "lang=en")
    assert chinese.status_code == english.status_code == 400
    assert chinese.get_json()["error"] != english.get_json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/layers/nothing.geojson",
        "/api/layers/..%2fplan.geojson",
        "/api/zones/province.geojson",
        "/api/subject/projects/p99",
        "/api/subject/dragons/p1",
        "/api/subject/sources/desk",
        "/api/placement?sector=nothing",
        "/api/placement?district=Z",
    ],
)
def test_what_does_not_exist_is_not_found_with_a_message(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.get_json()["error"]


def test_a_vintage_is_a_layer_or_a_year(client: FlaskClient) -> None:
    by_name = client.get("/api/density?vintage=districts_before").get_json()
    by_year = client.get("/api/density?vintage=2019").get_json()
    assert by_name == by_year
    assert set(by_name["values"]) != set(client.get("/api/density").get_json()["values"])


@pytest.mark.parametrize("count", range(12))
def test_colours_run_from_light_to_dark(count: int) -> None:
    made = colours(count)
    light = [sum(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in made]
    assert len(set(made)) == count
    assert light == sorted(light, reverse=True)
