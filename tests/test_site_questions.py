"""Smaller questions of site selection: briefs as text, weights, pairs, replays; and the engine's form."""

import json
import tomllib
from typing import Any

import pytest
import shapely
import site_records
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from site_asking import BRIEF, scores

from webmap.tomltext import toml_text

pytest_plugins = ["site_asking"]


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


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
