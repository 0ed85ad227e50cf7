import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from conftest import ROOT, TINY, edit_layer, set_cell

import geoplan
from geoplan.errors import QuestionError
from geoplan.exchange.outgoing.datasets import datasets, provenance
from geoplan.exchange.outgoing.fields import Field, fields_of, kind_of
from geoplan.exchange.outgoing.outcomes import hex_resolution
from geoplan.exchange.outgoing.provenance import exported_as, plan_hash, summary_of
from geoplan.place.density import density
from geoplan.place.locate import locate
from geoplan.plan.problems import Both
from geoplan.schema import TABLES


def test_every_table_layer_and_result_is_there_under_a_name_of_its_own(tiny: geoplan.Plan) -> None:
    found = datasets(tiny)
    assert {d.of for d in found.values() if d.kind == "table"} == set(TABLES)
    assert {d.of for d in found.values() if d.kind == "layer"} == set(tiny.layers)
    assert {d.name for d in found.values() if d.kind == "located"} == {
        "projects", "enterprises", "platforms", "hubs",
    }  # fmt: skip
    assert {
        "density_district",
        "density_grid",
        "density_hex",
        "placement",
        "conformity",
        "ledger",
    } <= set(found)
    assert all(name == d.name for name, d in found.items())


@pytest.mark.parametrize("folder", [ROOT, TINY], ids=["embedded", "tiny"])
def test_every_frame_is_as_its_dataset_says(folder: Path) -> None:
    plan = geoplan.open_plan(folder)
    for dataset in datasets(plan).values():
        frame = dataset.frame(plan)
        assert frame.index.name == dataset.key, dataset.name
        assert isinstance(frame, gpd.GeoDataFrame) == dataset.is_spatial
        flat = dataset.flat(frame)
        names = [n for n in flat.columns if not dataset.is_spatial or n != flat.geometry.name]
        assert tuple(names) == dataset.field_names, dataset.name
        if dataset.is_spatial:
            assert frame.crs == plan.meta.analysis_crs
        for field in dataset.fields:
            found = kind_of(flat[field.name])
            alike = {
                "id": "text", "list": "text", "colour": "text", "year": "integer",
                "number": "integer",
            }  # fmt: skip
            assert found in (field.kind, alike.get(field.kind)), (dataset.name, field)


def test_a_frame_may_be_changed_without_harm(tiny: geoplan.Plan) -> None:
    for dataset in datasets(tiny).values():
        first = dataset.frame(tiny)
        count = len(first)
        first["added"] = 1
        if count:
            first.iloc[0, 0] = None
        second = dataset.frame(tiny)
        assert "added" not in second
        assert len(second) == count
    assert datasets(tiny)["projects"].frame(tiny)["enterprise_id"].notna().all()
    assert tiny.tables["projects"]["id"].notna().all()


def test_located_projects_have_their_footprint_and_how_well_it_is_known(tiny: geoplan.Plan) -> None:
    frame = datasets(tiny)["projects"].frame(tiny)
    known = locate(tiny, "projects")
    assert frame["precision"].to_dict() == known["precision"].to_dict()
    assert frame["location_basis"].equals(known["basis"])
    assert frame["basis"].tolist() == tiny.tables["projects"]["basis"].tolist()
    assert frame.geometry.isna().sum() == 1
    assert frame["investment_wanyuan"].sum() == 650
    names = dict(zip(tiny.tables["sectors"]["id"], tiny.tables["sectors"]["name_zh"], strict=True))
    assert frame["sector_zh"].tolist() == [names[s] for s in frame["sector_id"]]


def test_density_is_that_of_the_analysis(tiny: geoplan.Plan) -> None:
    frame = datasets(tiny)["density_district"].frame(tiny)
    zones = density(tiny, by="district").zones
    assert frame["investment_wanyuan"].to_dict() == zones["investment_wanyuan"].to_dict()
    for by in ("grid", "hex"):
        cells = datasets(tiny)[f"density_{by}"].frame(tiny)
        assert cells["investment_wanyuan"].sum() == pytest.approx(600, abs=0.5)


def test_hexagons_grow_with_the_plan(tiny: geoplan.Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hex_resolution(tiny) == 7
    for most, resolution in ((0.6, 7), (0.1, 6), (0.01, 5), (0.0, 5)):
        monkeypatch.setattr("geoplan.exchange.outgoing.outcomes._MOST_HEXAGONS", most)
        assert hex_resolution(tiny) == resolution


@pytest.mark.parametrize("by", ["grid", "hex"])
def test_figures_of_cells_do_not_depend_on_the_run(by: str) -> None:
    plan = geoplan.open_plan(ROOT)
    frame = datasets(plan)[f"density_{by}"].frame(plan)
    money = frame["investment_wanyuan"]
    assert len(money) > 1000
    # Eight digits, which still add up to the 万元.
    assert all(float(f"{value:.8g}") == pytest.approx(value, rel=1e-14) for value in money)
    total = density(plan, by="district").money.total
    assert money.sum() == pytest.approx(total, abs=0.5)


def test_a_name_means_the_table_for_a_spreadsheet_and_the_places_for_a_map(
    tiny: geoplan.Plan,
) -> None:
    found = datasets(tiny)
    assert found.find("projects", spatial=False).name == "table_projects"
    assert found.find("projects", spatial=True).name == "projects"
    assert found.find("projects").name == "projects"
    assert found.find("table_projects", spatial=True).name == "table_projects"
    assert found.find("layer_platforms", spatial=False).name == "layer_platforms"
    assert found.find("sectors", spatial=True).name == "table_sectors"
    assert found.find("wings", spatial=False).name == "table_wings"
    with pytest.raises(QuestionError, match="no dataset “nowhere”; choose from projects"):
        found.find("nowhere")


def test_a_layer_called_like_something_else_gets_another_name(folder: Path) -> None:
    for ending in ("geojson", "toml"):
        source = folder / f"layers/hubs.{ending}"
        shutil.copy(source, folder / f"layers/density_grid.{ending}")
        shutil.copy(source, folder / f"layers/layer_hubs.{ending}")
    plan = geoplan.open_plan(folder)
    found = datasets(plan)
    assert {d.of for d in found.values() if d.kind == "layer"} == set(plan.layers)
    assert found["density_grid"].kind == "result"


def test_an_empty_plan_and_a_broken_one_have_datasets(tmp_path: Path, folder: Path) -> None:
    empty = tmp_path / "empty"
    geoplan.init_plan(
        empty, title_zh="空", title_en="Empty", analysis_crs="EPSG:4549", extent=(119, 29, 121, 31)
    )
    set_cell(folder, "projects", 3, "id", "")
    set_cell(folder, "platforms", 2, "district_code", "nowhere")
    edit_layer(folder, "hubs", lambda content: content["features"][0]["properties"].pop("id"))
    for plan in (geoplan.open_plan(empty), geoplan.open_plan(folder)):
        for dataset in datasets(plan).values():
            frame = dataset.flat(dataset.frame(plan))
            kinds = {f.name: kind_of(frame[f.name]) for f in dataset.fields}
            if not len(frame):
                assert set(kinds.values()) <= {"text", "integer", "number", "date", "flag"}
            json.dumps(provenance(plan, dataset))


def test_provenance_says_plan_sources_dates_terms_and_money(tiny: geoplan.Plan) -> None:
    said = provenance(tiny, datasets(tiny)["density_district"], date(2026, 11, 22))
    assert said["plan"]["id"] == "tiny"
    assert said["plan"]["sha256"] == plan_hash(tiny)
    assert said["exported"] == "2026-11-22"
    assert said["disclaimer_zh"] == "规划示意，非测绘成果"
    assert said["valid_from"] == "2020-01-01"
    assert {s["id"] for s in said["sources"]} >= {"tiny-plan", "drawn"}
    assert said["money"] == {
        "placed": 600, "outside": 0, "coarser": 0, "unplaced": 50, "total": 650,
    }  # fmt: skip
    located = provenance(tiny, datasets(tiny)["projects"])
    assert located["money"] == {"placed": 600, "unplaced": 50, "total": 650}
    assert provenance(tiny, datasets(tiny)["table_projects"])["money"] == {"total": 650}
    assert "exported" not in located
    assert "money" not in provenance(tiny, datasets(tiny)["districts"])


def test_a_promise_of_freshness_is_carried_as_a_day(folder: Path) -> None:
    set_cell(folder, "sources", 2, "issued", "2020-01-01")
    set_cell(folder, "sources", 2, "freshness_days", "31")
    plan = geoplan.open_plan(folder)
    source = plan.sources["id"].iloc[0]
    said = provenance(plan, datasets(plan)["table_projects"])
    (own,) = [s for s in said["sources"] if s["id"] == source]
    assert own["fresh_until"] == "2020-02-01"


def test_an_unregistered_source_is_named_all_the_same(folder: Path) -> None:
    set_cell(folder, "hubs", 2, "source_id", "nobody")
    plan = geoplan.open_plan(folder)
    assert {"id": "nobody"} in provenance(plan, datasets(plan)["table_hubs"])["sources"]


def test_the_summary_holds_title_disclaimer_sources_and_the_money_line(tiny: geoplan.Plan) -> None:
    said = provenance(tiny, datasets(tiny)["density_district"], date(2026, 11, 22))
    zh, en = summary_of(said, "zh"), summary_of(said, "en")
    assert "规划示意，非测绘成果" in zh
    assert "资金(万元)：落位 600 + 区外 0 + 仅知更粗位置 0 + 未落位 50 = 650" in zh
    assert "placed 600 + outside 0 + known only more coarsely 0 + not placed 50 = 650" in en
    assert "exported 2026-11-22" in en
    assert plan_hash(tiny)[:12] in zh


def test_the_identity_of_a_plan_follows_its_files_and_not_its_folder(
    tmp_path: Path, tiny: geoplan.Plan
) -> None:
    same = geoplan.open_plan(shutil.copytree(TINY, tmp_path / "same"))
    other = Path(shutil.copytree(TINY, tmp_path / "other"))
    set_cell(other, "projects", 2, "investment_wanyuan", "301")
    assert plan_hash(same) == plan_hash(tiny)
    assert plan_hash(geoplan.open_plan(other)) != plan_hash(tiny)


def test_fields_are_told_from_the_dictionary_or_from_what_they_hold() -> None:
    frame = pd.DataFrame(
        {
            "area_km2": [1.0],
            "kind": ["park"],
            "accuracy_m": ["unknown"],
            "备注": ["x"],
            "when": pd.to_datetime(["2021-05-01"]),
            "at": pd.to_datetime(["2021-05-01T08:00"]),
            "tags": [["a"]],
        }
    )
    fields = {f.name: f for f in fields_of(frame, ["platforms"])}
    assert fields["area_km2"].heading("zh") == "规划面积(km²)"
    assert fields["kind"].vocabulary == "platform_kind"
    assert fields_of(frame)[1].vocabulary == ""
    assert (fields["accuracy_m"].kind, fields["accuracy_m"].unit) == ("text", "")
    assert fields["备注"] == Field("备注", "text", Both("备注", "备注"))
    assert [fields[n].kind for n in ("when", "at", "tags")] == ["date", "time", "nested"]


def test_an_export_says_what_it_is_to_be_imported_as(tiny: geoplan.Plan) -> None:
    found = datasets(tiny)
    said = {name: provenance(tiny, one) for name, one in found.items()}
    for name, as_ in (
        ("projects", "projects"), ("table_projects", "projects"), ("layer_hubs", "layer:hubs"),
        ("districts", "layer:districts"), ("density_grid", ""), ("ledger", ""),
    ):  # fmt: skip
        texts = [summary_of(said[name], "zh"), summary_of(said[name], "en")]
        as_json = json.dumps(said[name], ensure_ascii=False)
        for text in (*texts, as_json, json.dumps({"dc:provenance": as_json})):
            assert exported_as(text, tiny) == as_, (name, text)
    both = json.dumps([said["projects"], said["districts"]])
    assert exported_as(both, tiny) == ""
    other = replace(tiny, meta=replace(tiny.meta, id="other"))
    assert exported_as(json.dumps(said["projects"]), other) == ""
    assert exported_as(f"{tiny.meta.id} 96b2907b3945 · 资料截至 2026", tiny) == ""
