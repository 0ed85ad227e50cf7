"""The record of a decision, and making the decision again from it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import TINY, set_cell
from test_deciding import PARCELS, PLAN, asked

import geoplan
from geoplan.site.brief import brief_from
from geoplan.site.record import RecordError, read_record, record_of, record_text
from geoplan.site.replaying import replay


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return json.loads(record_text(record_of(asked(must_not={"districts": ["A"]}))))


def test_it_holds_what_the_decision_rests_on(record: dict[str, Any]) -> None:
    assert set(record["plan"]["files"]) >= {"plan.toml", "data/criteria.csv", "data/rules.csv",
                                            "layers/districts.geojson"}  # fmt: skip
    assert all(len(value) == 64 for value in record["plan"]["files"].values())
    assert record["software"]["geoplan"] == geoplan.__version__
    assert record["robustness"]["seed"] == 1
    assert brief_from(record["brief"], PLAN).as_dict() == record["brief"]
    assert record["counts"] == {"candidates": 4, "allowed": 3, "excluded": 1, "unknown": 0}


def test_sites_come_by_rank_then_the_excluded_with_their_reasons(record: dict[str, Any]) -> None:
    assert [site["rank"] for site in record["sites"]] == [1, 2, 3, None]
    for site in record["sites"]:
        assert sum(site["contributions"].values()) == pytest.approx(site["score"], abs=1e-5)
        assert site["score_low"] <= site["score"] <= site["score_high"]
    out = record["sites"][-1]
    assert (out["id"], out["state"]) == ("west", "excluded")
    assert out["checks"][0]["state"] == "excluded"
    assert out["checks"][0]["zh"]
    assert out["checks"][0]["margin"] < 0


def test_reasons_lead_to_a_row_of_the_plan(record: dict[str, Any]) -> None:
    cites = [r["cite"] for s in record["sites"] for r in s["reasons"] if r["cite"]]
    assert cites
    for cite in cites:
        table = cite["file"].removeprefix("data/").removesuffix(".csv")
        row = PLAN.tables[table].loc[cite["row"]]
        assert (row["source_id"], row["basis"]) == (cite["source"], cite["basis"])
        assert cite["source"] in record["sources"]


def test_replayed_it_is_the_same(record: dict[str, Any]) -> None:
    found = replay(record, PLAN)
    assert found.same
    assert found.causes == ()
    assert found.record["result"] == record["result"]


def test_the_same_question_gives_the_same_bytes() -> None:
    one, two = (record_of(asked()) for _ in range(2))
    one["made"] = two["made"] = ""
    assert record_text(one) == record_text(two)


def test_a_changed_plan_is_named_and_its_effect(record: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(TINY, folder)
    set_cell(folder, "criteria", 5, "weight", "0.9")
    found = replay(record, geoplan.open_plan(folder))
    assert not found.same
    causes = [cause.en for cause in found.causes]
    assert "The file data/criteria.csv has changed." in causes
    assert any("“rail_m”: weight 0.2 → " in cause for cause in causes)
    assert any("score" in effect.en or "rank" in effect.en for effect in found.effects)
    assert all(both.zh for both in (*found.causes, *found.effects))


def test_a_change_without_effect_is_told_but_the_result_is_the_same(
    record: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "plan"
    shutil.copytree(TINY, folder)
    set_cell(folder, "measures", 2, "note", "另注")
    found = replay(record, geoplan.open_plan(folder))
    assert found.same
    assert [cause.en for cause in found.causes] == ["The file data/measures.csv has changed."]


def test_a_site_that_is_gone_or_new_is_named(record: dict[str, Any]) -> None:
    other = record_of(asked(PARCELS[:3], must_not={"districts": ["A"]}))
    effects = [effect.en for effect in replay(other | {"brief": record["brief"]}, PLAN).effects]
    assert "地块corner: a new candidate." in effects


def test_input_files_are_hashed(tmp_path: Path) -> None:
    file = tmp_path / "parcels.geojson"
    features = {"type": "FeatureCollection", "features": list(PARCELS)}
    file.write_text(json.dumps(features, ensure_ascii=False), "utf-8")
    (tmp_path / "brief.json").write_text(
        json.dumps({"project": {"sector": "robots"},
                    "candidates": {"kind": "file", "file": "parcels.geojson"}}), "utf-8")  # fmt: skip
    from geoplan.site.brief import read_brief
    from geoplan.site.deciding import choose

    record = record_of(choose(PLAN, read_brief(tmp_path / "brief.json", PLAN)))
    assert set(record["inputs"]) == {"parcels.geojson"}
    file.write_text(file.read_text("utf-8").replace("地块west", "西块"), "utf-8")
    found = replay(record, PLAN, tmp_path)
    assert "The file parcels.geojson has changed." in [cause.en for cause in found.causes]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no decision record"),
        ('{"format": "geoplan decision record", "version": 9}', "version 9"),
        ('{"format": "geoplan decision record", "version": 1}', "has no"),
    ],
)
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text, "utf-8")
    with pytest.raises(RecordError, match=said):
        read_record(path)
    with pytest.raises(RecordError, match="cannot be read"):
        read_record(tmp_path / "none.json")
