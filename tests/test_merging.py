"""What went out and came back: only what was changed out there is taken, never silently over ours."""

import csv
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from conftest import ROOT, edit_layer, set_cell
from hypothesis import given
from hypothesis import strategies as st
from making import archive

import geoplan
from geoplan.exchange.asking.proposals import Proposal
from geoplan.exchange.incoming.applying import apply
from geoplan.exchange.incoming.importing import propose
from geoplan.exchange.incoming.merging import Conflict, three_way
from geoplan.exchange.outgoing.exporting import export
from geoplan.plan.journal import exclusive, write_together

DAY = date(2026, 11, 22)


def exported(folder: Path, name: str, suffix: str, to: Path) -> Path:
    return export(geoplan.open_plan(folder), name, to / f"{name}.{suffix}", today=DAY)


def proposed(folder: Path, path: Path, as_: str, **more: Any) -> Proposal:
    return propose(geoplan.open_plan(folder), path, as_, today=DAY, **more)


def changes(proposal: Proposal, table: str = "projects") -> dict[tuple[str, str], str]:
    change = proposal.tables.get(table)
    return {} if change is None else {(c.id, c.field): c.new for c in change.fields}


def edited(path: Path, **cells: Any) -> Path:
    """Change cells of a GeoPackage in place, as a GIS does: field → (id, value)."""
    with closing(sqlite3.connect(path)) as book:
        for name, (key, value) in cells.items():
            book.execute(f"UPDATE {path.stem} SET {name} = ? WHERE id = ?", (value, key))
        book.commit()
    return path


def edited_features(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> Path:
    """Change the features of a GeoJSON file, its other members as they were."""
    content = json.loads(path.read_text("utf-8"))
    change(content["features"])
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return path


def by_geoplan(folder: Path, file: str, content: str) -> None:
    """Change a file of the plan so that its history knows the former state."""
    with exclusive(folder):
        write_together(folder, {file: content.encode()}, {"what": "test"})


def replaced(folder: Path, old: str, new: str, file: str = "data/projects.csv") -> None:
    by_geoplan(folder, file, (folder / file).read_text("utf-8").replace(old, new))


FORMATS = ("xlsx", "csv", "geojson", "gpkg", "zip", "kml", "kmz", "fgb")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", ["projects", "platforms", "enterprises", "hubs"])
def test_an_untouched_export_changes_nothing(
    folder: Path, tmp_path: Path, name: str, suffix: str
) -> None:
    proposal = proposed(folder, exported(folder, name, suffix, tmp_path), name)
    assert proposal.is_empty
    assert not proposal.questions
    assert not proposal.refused


@pytest.mark.parametrize("suffix", FORMATS[2:])
@pytest.mark.parametrize(
    ("name", "as_"),
    [
        ("districts", "districts"),
        ("layer_platforms", "layer:platforms"),
        ("layer_wings", "layer:wings"),
    ],
)
def test_an_untouched_layer_changes_nothing(
    folder: Path, tmp_path: Path, name: str, as_: str, suffix: str
) -> None:
    if name == "layer_wings":
        name = "wings"
    assert proposed(folder, exported(folder, name, suffix, tmp_path), as_).is_empty


def test_an_untouched_export_of_the_embedded_plan_changes_nothing(tmp_path: Path) -> None:
    plan = geoplan.open_plan(ROOT)
    for name in ("projects", "platforms"):
        path = export(plan, name, tmp_path / f"{name}.gpkg", today=DAY)
        proposal = propose(plan, path, name, today=DAY)
        assert proposal.is_empty
        assert not proposal.questions


def test_a_cell_changed_out_there_is_taken_with_a_new_citation(
    folder: Path, tmp_path: Path
) -> None:
    path = edited(
        exported(folder, "table_projects", "gpkg", tmp_path), investment_wanyuan=("p3", 333)
    )
    proposal = proposed(folder, path, "projects")
    assert changes(proposal) == {("p3", "investment_wanyuan"): "333"}
    cells = proposal.tables["projects"].changed[4]
    assert cells["source_id"] == proposal.source_id
    assert proposal.counts()["unchanged"] == 3


def test_an_edited_workbook_comes_back(folder: Path, tmp_path: Path) -> None:
    path = exported(folder, "table_projects", "xlsx", tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    sheet.cell(3, titles.index("项目名称") + 1).value = "园区二期项目"
    book.save(path)
    assert changes(proposed(folder, path, "projects")) == {("p2", "name_zh"): "园区二期项目"}


def test_what_changed_here_meanwhile_stays(folder: Path, tmp_path: Path) -> None:
    path = edited(exported(folder, "table_projects", "gpkg", tmp_path), year_end=("p3", 2024))
    replaced(folder, ",300,2023,", ",301,2023,")
    proposal = proposed(folder, path, "projects")
    assert changes(proposal) == {("p3", "year_end"): "2024"}
    apply(proposal, folder)
    row = geoplan.open_plan(folder).tables["projects"].loc[4]
    assert (row["investment_wanyuan"], row["year_end"]) == (301, 2024)


def test_a_conflict_is_shown_and_ours_stands_until_decided(folder: Path, tmp_path: Path) -> None:
    path = edited(
        exported(folder, "table_projects", "gpkg", tmp_path), investment_wanyuan=("p3", 333)
    )
    replaced(folder, ",300,2023,", ",301,2023,")
    proposal = proposed(folder, path, "projects")
    assert proposal.is_empty
    (question,) = proposal.questions
    assert question.id == "conflict:p3:investment_wanyuan"
    assert all(number in question.asked.en for number in ("300", "301", "333"))
    assert "merge.conflict" in [remark.code for remark in proposal.warnings]
    decided = proposed(folder, path, "projects", answers={question.id: "theirs"})
    assert changes(decided) == {("p3", "investment_wanyuan"): "333"}
    assert not [r for r in decided.warnings if r.code == "merge.conflict"]


def test_both_sides_doing_the_same_is_no_conflict(folder: Path, tmp_path: Path) -> None:
    path = edited(
        exported(folder, "table_projects", "gpkg", tmp_path), investment_wanyuan=("p3", 301)
    )
    replaced(folder, ",300,2023,", ",301,2023,")
    proposal = proposed(folder, path, "projects")
    assert proposal.is_empty
    assert not proposal.questions


def test_without_the_state_at_export_every_difference_is_a_conflict(
    folder: Path, tmp_path: Path
) -> None:
    path = exported(folder, "table_projects", "gpkg", tmp_path)
    set_cell(folder, "projects", 4, "investment_wanyuan", "999")
    proposal = proposed(folder, path, "projects")
    assert "merge.no_base" in [remark.code for remark in proposal.warnings]
    assert [question.id for question in proposal.questions] == ["conflict:p3:investment_wanyuan"]
    assert proposal.is_empty


def test_cleared_cells_are_cleared_and_required_ones_are_not_lost(
    folder: Path, tmp_path: Path
) -> None:
    path = edited(exported(folder, "table_projects", "gpkg", tmp_path), platform_id=("p2", None))
    proposal = proposed(folder, path, "projects")
    assert changes(proposal) == {("p2", "platform_id"): ""}
    apply(proposal, folder, force=True)
    assert pd.isna(geoplan.open_plan(folder).tables["projects"]["platform_id"][3])
    path = edited(exported(folder, "table_projects", "gpkg", tmp_path), name_zh=("p2", None))
    with pytest.raises(geoplan.GeoplanError, match="name_zh"):
        apply(proposed(folder, path, "projects"), folder)


def test_rows_added_and_missing_out_there(folder: Path, tmp_path: Path) -> None:
    path = exported(folder, "table_projects", "csv", tmp_path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    head = rows[0]
    new = dict(zip(head, rows[1], strict=True)) | {"id": "p9", "name_zh": "补录项目"}
    kept = [*rows[:2], *rows[3:], [new[name] for name in head]]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(kept)
    proposal = proposed(folder, path, "projects")
    assert proposal.tables["projects"].added["id"].tolist() == ["p9"]
    assert [question.id for question in proposal.questions] == ["removed:p2"]
    assert proposal.tables["projects"].removed == ()
    removing = proposed(folder, path, "projects", answers={"removed:p2": "remove"})
    assert removing.tables["projects"].removed == (3,)
    apply(removing, folder)
    assert geoplan.open_plan(folder).tables["projects"]["id"].tolist() == ["p1", "p3", "p4", "p9"]


def test_a_point_moved_in_a_gis_moves_and_the_others_stay(folder: Path, tmp_path: Path) -> None:
    def move(features: list[dict[str, Any]]) -> None:
        for feature in features:
            if feature["properties"]["id"] == "p1":
                feature["geometry"]["coordinates"] = [120.0035, 30.0022]

    path = edited_features(exported(folder, "projects", "geojson", tmp_path), move)
    proposal = proposed(folder, path, "projects")
    assert changes(proposal, "locations") == {("p1", "lon"): "120.0035", ("p1", "lat"): "30.0022"}
    assert not changes(proposal)


def test_a_layer_merges_feature_by_feature(folder: Path, tmp_path: Path) -> None:
    def change_all(features: list[dict[str, Any]]) -> None:
        features[0]["properties"]["name_zh"] = "甲新区"
        features[1]["properties"]["name_zh"] = "乙新区"
        features[2]["geometry"]["coordinates"][0][1][0] -= 0.0001

    path = edited_features(exported(folder, "districts", "geojson", tmp_path), change_all)
    text = (folder / "layers/districts.geojson").read_text("utf-8").replace("乙区", "乙城区")
    by_geoplan(folder, "layers/districts.geojson", text)
    proposal = proposed(folder, path, "districts")
    change = proposal.layers["districts"]
    assert {(c.id, c.new) for c in change.fields} == {("A", "甲新区")}
    assert change.moved == ("C",)
    assert [question.id for question in proposal.questions] == ["conflict:B:name_zh"]


def test_a_feature_deleted_in_a_gis_is_asked(folder: Path, tmp_path: Path) -> None:
    path = exported(folder, "districts", "geojson", tmp_path)
    edited_features(path, lambda features: features.__delitem__(0))
    proposal = proposed(folder, path, "districts")
    assert [question.id for question in proposal.questions] == ["removed:A"]
    assert proposal.is_empty
    gone = proposed(folder, path, "districts", answers={"removed:*": "remove"})
    assert gone.layers["districts"].removed == ("A",)


def test_a_file_of_another_plan_is_no_export_of_this_one(folder: Path, tmp_path: Path) -> None:
    path = edited(
        exported(folder, "table_projects", "gpkg", tmp_path), investment_wanyuan=("p3", 333)
    )
    text = (folder / "plan.toml").read_text("utf-8").replace('"tiny"', '"other"')
    (folder / "plan.toml").write_text(text, "utf-8")
    assert changes(proposed(folder, path, "projects")) == {("p3", "investment_wanyuan"): "333"}


def test_edits_of_ours_alone_survive_an_old_export(folder: Path, tmp_path: Path) -> None:
    path = exported(folder, "districts", "geojson", tmp_path)
    edit_layer(
        folder, "hubs", lambda content: content["features"][0]["properties"].update(name_zh="新站")
    )
    by_geoplan(
        folder,
        "layers/districts.geojson",
        (folder / "layers/districts.geojson").read_text("utf-8").replace("甲区", "甲新区"),
    )
    assert proposed(folder, path, "districts").is_empty


_IDS = st.sampled_from("abcd")
_VALUES = st.sampled_from(["", "1", "2", "x"])
_ROWS = st.dictionaries(_IDS, st.fixed_dictionaries({"f": _VALUES, "g": _VALUES}), max_size=4)


@given(_ROWS, _ROWS)
def test_laws_of_the_merge(
    base: dict[str, dict[str, str]], other: dict[str, dict[str, str]]
) -> None:
    unchanged = three_way(base, other, base)
    assert not unchanged.changed
    assert not unchanged.conflicts
    alone = three_way(base, base, other)
    assert not alone.conflicts
    for key, cells in alone.changed.items():
        assert {name: other[key][name] for name in cells} == cells
    same = three_way(base, other, other)
    assert (same.changed, same.conflicts, same.gone) == ({}, [], [])
    unknown = three_way(None, base, other)
    assert not unknown.changed


@given(_ROWS, _ROWS, _ROWS)
def test_nothing_of_ours_is_overwritten_silently(
    base: dict[str, dict[str, str]],
    ours: dict[str, dict[str, str]],
    theirs: dict[str, dict[str, str]],
) -> None:
    merged = three_way(base, ours, theirs)
    for key, cells in merged.changed.items():
        for name in cells:
            assert ours[key][name] == base[key][name]
    for conflict in merged.conflicts:
        assert conflict.ours != conflict.theirs
        assert conflict.ours != conflict.base


def test_numbers_and_cut_texts_are_compared_as_what_they_mean() -> None:
    long = "长" * 200
    base = {"a": {"n": "0.25", "t": long, "s": "两  空格"}}
    theirs = {"a": {"n": "0.250", "t": long[:84], "s": "两 空格"}}
    assert three_way(base, base, theirs).changed == {}
    assert three_way(base, {"a": {"n": "1", "t": "", "s": ""}}, {"a": {"n": "2"}}).conflicts == [
        Conflict("a", "n", "0.25", "1", "2")
    ]


def without_marks(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> Path:
    """The features alone, changed, as programs save a layer anew."""
    features = json.loads(path.read_text("utf-8"))["features"]
    change(features)
    bare = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(bare, ensure_ascii=False), "utf-8")
    return path


def by_id(features: list[dict[str, Any]], key: str, name: str = "id") -> dict[str, Any]:
    return next(f for f in features if f["properties"].get(name, f.get("id")) == key)


def test_an_export_that_lost_its_marks_is_merged_with_the_nearest_state(
    folder: Path, tmp_path: Path
) -> None:
    def change(features: list[dict[str, Any]]) -> None:
        by_id(features, "p2")["properties"]["name_zh"] = "外部改名"
        features.remove(by_id(features, "p1"))

    path = without_marks(exported(folder, "projects", "geojson", tmp_path), change)
    replaced(folder, ",300,2023,", ",301,2023,")
    proposal = proposed(folder, path, "projects")
    assert changes(proposal) == {("p2", "name_zh"): "外部改名"}
    assert "locations" not in proposal.tables or proposal.tables["locations"].is_empty
    assert [question.id for question in proposal.questions] == ["export", "removed:p1"]
    assert not proposal.open_questions
    apply(proposal, folder)
    assert proposed(folder, path, "projects").is_empty
    plain = proposed(folder, path, "projects", answers={"export": "plain"})
    assert changes(plain)[("p3", "investment_wanyuan")] == "300"


def test_a_cell_that_both_changed_is_a_conflict_without_marks_too(
    folder: Path, tmp_path: Path
) -> None:
    def change(features: list[dict[str, Any]]) -> None:
        by_id(features, "p3")["properties"]["investment_wanyuan"] = 333

    path = without_marks(exported(folder, "projects", "geojson", tmp_path), change)
    replaced(folder, ",300,2023,", ",301,2023,")
    proposal = proposed(folder, path, "projects")
    assert proposal.is_empty
    assert "conflict:p3:investment_wanyuan" in [question.id for question in proposal.questions]


def test_a_shapefile_without_its_key_file_is_understood(folder: Path, tmp_path: Path) -> None:
    path = exported(folder, "projects", "zip", tmp_path)
    with zipfile.ZipFile(path) as packed:
        parts = {n: packed.read(n) for n in packed.namelist() if n.startswith("projects")}
    bare = archive(tmp_path / "bare.zip", parts)
    replaced(folder, ",300,2023,", ",301,2023,")
    proposal = proposed(folder, bare, "projects")
    assert proposal.is_empty
    assert [question.id for question in proposal.questions] == ["export"]


def test_a_layer_that_lost_its_marks_keeps_what_changed_here(folder: Path, tmp_path: Path) -> None:
    path = exported(folder, "layer_platforms", "geojson", tmp_path)
    file = "layers/platforms.geojson"
    keys = [
        f["properties"]["id"] for f in json.loads((folder / file).read_text("utf-8"))["features"]
    ]

    def change(features: list[dict[str, Any]]) -> None:
        by_id(features, keys[0])["geometry"] = json.loads(
            shapely.to_geojson(shapely.box(120.002, 30.002, 120.006, 30.005))
        )

    without_marks(path, change)
    ours = json.loads((folder / file).read_text("utf-8"))
    by_id(ours["features"], keys[0])["properties"]["name_zh"] = "本地改名"
    by_geoplan(folder, file, json.dumps(ours, ensure_ascii=False))
    proposal = proposed(folder, path, "layer:platforms")
    layer = proposal.layers["platforms"]
    assert (layer.moved, layer.fields) == ((keys[0],), ())


def test_a_layer_from_elsewhere_is_brought_up_to_date_from_there(
    folder: Path, tmp_path: Path
) -> None:
    areas = [shapely.box(120.001, 30.001, 120.004, 30.006), shapely.box(120.005, 30.001, 120.009, 30.006)]  # fmt: skip
    frame = gpd.GeoDataFrame({"code": ["甲", "乙"], "面积": [1.5, 2.5]}, geometry=areas, crs=4326)
    frame.to_file(tmp_path / "first.gpkg")
    apply(proposed(folder, tmp_path / "first.gpkg", "layer:plots"), folder)
    frame["面积"] = [9.5, 2.5]
    frame.to_file(tmp_path / "second.gpkg")
    apply(proposed(folder, tmp_path / "second.gpkg", "layer:plots"), folder)
    again = proposed(folder, tmp_path / "first.gpkg", "layer:plots")
    assert [(c.field, c.new) for c in again.layers["plots"].fields] == [("面积", "1.5")]
    assert "export" not in [question.id for question in again.questions]


def test_a_row_copied_out_there_does_not_change_its_model(folder: Path, tmp_path: Path) -> None:
    def change(features: list[dict[str, Any]]) -> None:
        copy = json.loads(json.dumps(by_id(features, "p2")))
        copy["properties"]["name_zh"] = "复制后改名"
        features.append(copy)

    path = edited_features(exported(folder, "projects", "geojson", tmp_path), change)
    proposal = proposed(folder, path, "projects")
    assert proposal.is_empty
    assert [remark.code for remark in proposal.refused] == ["key.twice"]
    layer = edited_features(
        exported(folder, "layer_platforms", "geojson", tmp_path),
        lambda features: features.append(
            {**features[0], "properties": {**features[0]["properties"], "name_zh": "复制"}}
        ),
    )
    proposal = proposed(folder, layer, "layer:platforms")
    assert proposal.is_empty
    assert [remark.code for remark in proposal.refused] == ["key.twice"]


def test_columns_added_for_reading_are_not_told_as_unread(folder: Path, tmp_path: Path) -> None:
    proposal = proposed(folder, exported(folder, "projects", "gpkg", tmp_path), "projects")
    assert "column.unread" not in [remark.code for remark in proposal.warnings]
