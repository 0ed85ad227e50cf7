"""Every kind of fault is planted once and must be found where it was planted."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import (
    TINY,
    edit_layer,
    move_layer,
    problems_of,
    read_rows,
    set_cell,
    write_rows,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import geoplan
from geoplan.plan.crs import wgs84_to_bd09, wgs84_to_gcj02
from geoplan.plan.problems import KINDS
from geoplan.schema import TABLES

Fault = tuple[str, str, int, str]


def cell(table: str, row: int, column: str, value: str) -> Callable[[Path], None]:
    return lambda folder: set_cell(folder, table, row, column, value)


def header(table: str, change: Callable[[list[list[str]]], None]) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        rows = read_rows(folder, table)
        change(rows)
        write_rows(folder, table, rows)

    return plant


def feature(layer: str, change: Callable[[list[dict[str, Any]]], None]) -> Callable[[Path], None]:
    return lambda folder: edit_layer(folder, layer, lambda content: change(content["features"]))


def sidecar(layer: str, old: str, new: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        path = folder / f"layers/{layer}.toml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return plant


def shift_table(transform: Any) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        rows = read_rows(folder, "locations")
        at_lon, at_lat = rows[0].index("lon"), rows[0].index("lat")
        for row in rows[1:]:
            if row[at_lon]:
                lon, lat = transform(np.array([float(row[at_lon])]), np.array([float(row[at_lat])]))
                row[at_lon], row[at_lat] = f"{lon[0]:.7f}", f"{lat[0]:.7f}"
        write_rows(folder, "locations", rows)

    return plant


def shift_layer(layer: str, transform: Any) -> Callable[[Path], None]:
    def move(lon: float, lat: float) -> tuple[float, float]:
        moved = transform(np.array([lon]), np.array([lat]))
        return float(moved[0][0]), float(moved[1][0])

    return lambda folder: move_layer(folder, layer, move)


def meta(old: str, new: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        text = (folder / "plan.toml").read_text("utf-8")
        assert old in text
        (folder / "plan.toml").write_text(text.replace(old, new), "utf-8")

    return plant


def raw(file: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / file).write_bytes(content) and None


def drop_column(name: str) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        at = rows[0].index(name)
        for row in rows:
            del row[at]

    return change


def rename(old: str, new: str) -> Callable[[list[list[str]]], None]:
    return lambda rows: rows[0].__setitem__(rows[0].index(old), new)


def spoil_geometry(rows: list[dict[str, Any]]) -> None:
    ring = rows[2]["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]


def overlap(rows: list[dict[str, Any]]) -> None:
    first = rows[0]["geometry"]["coordinates"][0]
    east = rows[1]["geometry"]["coordinates"][0][1]
    first[1][0] = (first[1][0] + east[0]) / 2
    first[2][0] = first[1][0]


def hole(rows: list[dict[str, Any]]) -> None:
    west, south = rows[0]["geometry"]["coordinates"][0][0]
    west, south, step = west + 0.004, south + 0.004, 0.002
    rows[0]["geometry"]["coordinates"].append(
        [
            [west + step, south + step],
            [west + step, south + 2 * step],
            [west + 2 * step, south + 2 * step],
            [west + 2 * step, south + step],
            [west + step, south + step],
        ]
    )


P = "data/projects.csv"
L = "data/locations.csv"


def declare_crs(content: dict[str, Any]) -> None:
    content["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}


D = "layers/districts.geojson"
FAULTS: dict[str, tuple[Callable[[Path], None], Fault]] = {
    "meta.missing": (meta('id = "tiny"\n', ""), ("meta.missing", "plan.toml", 0, "id")),
    "meta.wrong": (meta("EPSG:4549", "EPSG:4326"), ("meta.wrong", "plan.toml", 0, "analysis_crs")),
    "areas off": (
        meta("EPSG:4549", "EPSG:3857"),
        ("meta.wrong", "plan.toml", 0, "analysis_crs"),
    ),
    "extent": (meta("[119.9, 29.9,", "[120.9, 29.9,"), ("meta.wrong", "plan.toml", 0, "extent")),
    "table.missing": (
        lambda folder: (folder / "data/plans.csv").unlink(),
        ("table.missing", "data/plans.csv", 0, ""),
    ),
    "table.unknown": (raw("data/other.csv", b"a\n"), ("table.unknown", "data/other.csv", 0, "")),
    "table.unreadable": (raw(P, b""), ("table.unreadable", P, 0, "")),
    "open quote": (raw(P, b'id,"enter\n'), ("table.unreadable", P, 0, "")),
    "encoding.wrong": (
        lambda f: (f / P).write_text((f / P).read_text("utf-8"), "utf-16"),
        ("encoding.wrong", P, 0, ""),
    ),
    "encoding.garbled": (
        cell("projects", 2, "name_zh", "机械臂".encode().decode("gb18030", "replace")),
        ("encoding.garbled", P, 2, ""),
    ),
    "header.missing": (
        header("projects", drop_column("name_en")),
        ("header.missing", P, 1, "name_en"),
    ),
    "header.unknown": (
        header("projects", lambda rows: [row.append("x") for row in rows] and None),
        ("header.unknown", P, 1, "x"),
    ),
    "header.duplicate": (
        header("projects", lambda rows: [row.append(row[0]) for row in rows] and None),
        ("header.duplicate", P, 1, "id"),
    ),
    "row.ragged": (header("projects", lambda rows: rows[3].append("")), ("row.ragged", P, 4, "")),
    "value.required": (cell("projects", 3, "name_zh", ""), ("value.required", P, 3, "name_zh")),
    "value.type": (
        cell("projects", 2, "investment_wanyuan", "约3亿"),
        ("value.type", P, 2, "investment_wanyuan"),
    ),
    "endless number": (
        cell("projects", 2, "investment_wanyuan", "9" * 5000),
        ("value.type", P, 2, "investment_wanyuan"),
    ),
    "value.vocabulary": (
        cell("hubs", 2, "kind", "spaceport"),
        ("value.vocabulary", "data/hubs.csv", 2, "kind"),
    ),
    "value.negative": (
        cell("projects", 4, "investment_wanyuan", "-300"),
        ("value.negative", P, 4, "investment_wanyuan"),
    ),
    "value.range": (cell("locations", 2, "lat", "300.5"), ("value.range", L, 2, "lat")),
    "key.duplicate": (
        cell("sectors", 3, "id", "robots"),
        ("key.duplicate", "data/sectors.csv", 3, "id"),
    ),
    "key.dangling": (
        cell("projects", 5, "enterprise_id", "bing-sann"),
        ("key.dangling", P, 5, "enterprise_id"),
    ),
    "subject": (cell("locations", 4, "subject_id", "p9"), ("key.dangling", L, 4, "subject_id")),
    "key.vintage": (cell("locations", 5, "as_of", "2019-01-01"), ("", "", 0, "")),
    "key.cycle": (
        cell("enterprises", 2, "parent_id", "jia-yi"),
        ("key.cycle", "data/enterprises.csv", 2, "parent_id"),
    ),
    "source.unknown": (
        cell("measures", 2, "source_id", "nowhere"),
        ("source.unknown", "data/measures.csv", 2, "source_id"),
    ),
    "quote.long": (
        cell("measures", 2, "quote", "长" * 41),
        ("quote.long", "data/measures.csv", 2, "quote"),
    ),
    "quote.missing": (
        cell("measures", 2, "quote", ""),
        ("quote.missing", "data/measures.csv", 2, "quote"),
    ),
    "locus.missing": (
        cell("measures", 2, "locus", ""),
        ("locus.missing", "data/measures.csv", 2, "locus"),
    ),
    "note.missing": (
        cell("measures", 2, "basis", "inferred"),
        ("note.missing", "data/measures.csv", 2, "note"),
    ),
    "years.reversed": (
        cell("projects", 2, "year_start", "2024"),
        ("years.reversed", P, 2, "year_start"),
    ),
    "range.reversed": (
        cell("indicators", 2, "value_high", "6"),
        ("range.reversed", "data/indicators.csv", 2, "value_high"),
    ),
    "counted.unreadable": (
        cell("indicators", 2, "counted", "nothing?x=1"),
        ("counted.unreadable", "data/indicators.csv", 2, "counted"),
    ),
    "share.not_one": (
        header(
            "sector_links",
            lambda rows: rows.append(
                [
                    "l1",
                    "robots",
                    "",
                    "tiny",
                    "fibre",
                    "",
                    "0.5",
                    "tiny-plan",
                    "附件",
                    "甲一公司",
                    "read",
                    "",
                ]
            ),
        ),
        ("share.not_one", "data/sector_links.csv", 2, "share"),
    ),
    "location.half": (cell("locations", 2, "lat", ""), ("location.half", L, 2, "lat")),
    "location.swapped": (
        header(
            "locations",
            lambda rows: rows[3].__setitem__(slice(6, 8), rows[3][6:8][::-1]),
        ),
        ("location.swapped", L, 4, "lon"),
    ),
    "location.outside_extent": (
        cell("locations", 4, "lon", "121.5"),
        ("location.outside_extent", L, 4, "lon"),
    ),
    "location.outside_district": (
        cell("locations", 4, "district_code", "C"),
        ("location.outside_district", L, 4, "lon"),
    ),
    "location.datum": (shift_table(wgs84_to_gcj02), ("location.datum", L, 0, "lon")),
    "location.datum BD-09": (shift_table(wgs84_to_bd09), ("location.datum", L, 0, "lon")),
    "location.false_precision": (
        cell("locations", 3, "accuracy_m", "2000"),
        ("location.false_precision", L, 3, "precision"),
    ),
    "location.point_for_area": (
        header("locations", lambda rows: rows[4].__setitem__(slice(6, 8), rows[2][6:8])),
        ("location.point_for_area", L, 5, "precision"),
    ),
    "location.no_point": (
        cell("locations", 5, "precision", "street"),
        ("location.no_point", L, 5, "lon"),
    ),
    "location.no_accuracy": (
        cell("locations", 4, "accuracy_m", ""),
        ("location.no_accuracy", L, 4, "accuracy_m"),
    ),
    "layer.no_districts": (
        lambda f: [p.unlink() for p in (f / "layers").glob("districts*")] and None,
        ("layer.no_districts", "layers/", 0, ""),
    ),
    "layer.unreadable": (raw(D, b'{"type": "FeatureColl'), ("layer.unreadable", D, 0, "")),
    "layer.no_sidecar": (
        lambda folder: (folder / "layers/hubs.toml").unlink(),
        ("layer.no_sidecar", "layers/hubs.geojson", 0, ""),
    ),
    "sidecar.orphan": (
        lambda folder: (folder / "layers/wings.geojson").unlink(),
        ("sidecar.orphan", "layers/wings.toml", 0, ""),
    ),
    "sidecar.unreadable": (
        raw("layers/hubs.toml", b"title = ["),
        ("sidecar.unreadable", "layers/hubs.toml", 0, ""),
    ),
    "sidecar.missing": (
        sidecar("hubs", 'licence = "CC BY 4.0"\n', ""),
        ("sidecar.missing", "layers/hubs.toml", 0, "licence"),
    ),
    "sidecar.wrong": (
        sidecar("hubs", 'role = "hubs"', 'role = "spots"'),
        ("sidecar.wrong", "layers/hubs.toml", 0, "role"),
    ),
    "layer.no_crs": (
        sidecar("hubs", 'datum = "WGS 84"\n', ""),
        ("layer.no_crs", "layers/hubs.toml", 0, "datum"),
    ),
    "years.outside_period": (
        cell("projects", 3, "year_end", "2026"),
        ("years.outside_period", "data/projects.csv", 3, "year_start"),
    ),
    "layer.crs_member": (
        lambda folder: edit_layer(folder, "hubs", declare_crs),
        ("layer.crs_member", "layers/hubs.geojson", 0, ""),
    ),
    "layer.empty_geometry": (
        feature("wings", lambda rows: rows[0].__setitem__("geometry", None)),
        ("layer.empty_geometry", "layers/wings.geojson", 1, "geometry"),
    ),
    "layer.invalid_geometry": (
        feature("districts", spoil_geometry),
        ("layer.invalid_geometry", D, 3, "geometry"),
    ),
    "layer.overlap": (feature("districts", overlap), ("layer.overlap", D, 2, "geometry")),
    "layer.gap": (feature("districts", hole), ("layer.gap", D, 0, "geometry")),
    "layer.key_missing": (
        feature("wings", lambda rows: rows[0]["properties"].pop("id") and None),
        ("layer.key_missing", "layers/wings.geojson", 1, "id"),
    ),
    "layer.key_duplicate": (
        feature("hubs", lambda rows: rows.append(rows[0])),
        ("layer.key_duplicate", "layers/hubs.geojson", 2, "id"),
    ),
    "layer.swapped": (
        lambda folder: move_layer(folder, "districts", lambda lon, lat: (lat, lon)),
        ("layer.swapped", D, 0, "geometry"),
    ),
    "layer.outside_extent": (
        lambda folder: move_layer(folder, "hubs", lambda lon, lat: (lon + 5, lat)),
        ("layer.outside_extent", "layers/hubs.geojson", 0, "geometry"),
    ),
    "layer.datum": (shift_layer("districts", wgs84_to_gcj02), ("layer.datum", D, 0, "geometry")),
    "layer.datum hubs": (
        shift_layer("hubs", wgs84_to_bd09),
        ("layer.datum", "layers/hubs.geojson", 0, "geometry"),
    ),
}
del FAULTS["key.vintage"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_where_it_is(name: str, folder: Path) -> None:
    plant, expected = FAULTS[name]
    plant(folder)
    found = [(p.code, p.file, p.row, p.column) for p in problems_of(folder)]
    assert expected in found


@pytest.mark.parametrize("name", FAULTS)
def test_the_message_has_a_remedy_in_both_languages(name: str, folder: Path) -> None:
    plant, (code, *_) = FAULTS[name]
    plant(folder)
    (problem, *_) = [p for p in problems_of(folder) if p.code == code]
    for language in ("zh", "en"):
        message = problem.message(language)  # type: ignore[arg-type]
        assert "{" not in message
        assert "Both(" not in message
        assert len(message) > 10
    assert problem.message("zh") != problem.message("en")


def test_the_tiny_plan_has_no_problems() -> None:
    assert problems_of(TINY, documents=TINY / "documents") == []


def test_every_kind_of_problem_is_planted_by_some_test() -> None:
    planted = {code for _, (code, *_) in FAULTS.values()}
    elsewhere = {
        "key.vintage",
        "plan.ended",
        "freshness.passed",
        "quote.not_found",
        "document.missing",
        "document.changed",
        "site.unusable",
    }
    assert planted | elsewhere == set(KINDS)


def test_a_code_of_another_time_is_named(folder: Path) -> None:
    edit_layer(
        folder,
        "districts_before",
        lambda content: content["features"][1]["properties"].update(code="Z"),
    )
    set_cell(folder, "sector_areas", 2, "district_code", "Z")
    (problem,) = problems_of(folder)
    assert (problem.code, problem.row, problem.column) == ("key.vintage", 2, "district_code")
    assert "2021-01-01" in problem.message()


def test_freshness_passes_with_time(folder: Path) -> None:
    late = problems_of(folder, today=date(2026, 2, 1))
    assert {p.code for p in late} == {"plan.ended", "freshness.passed"}
    assert all(p.severity == "warning" for p in late)
    (stale,) = [p for p in late if p.code == "freshness.passed"]
    assert stale.details["over"] == 31


def test_a_quote_that_is_not_in_the_document_is_found(folder: Path) -> None:
    set_cell(folder, "measures", 2, "quote", "加强领导（责任单位：市经信局、市发改厅）")
    (problem,) = problems_of(folder, documents=folder / "documents")
    assert (problem.code, problem.file, problem.row) == ("quote.not_found", "data/measures.csv", 2)


def test_a_missing_or_changed_document_is_a_warning(folder: Path) -> None:
    document = folder / "documents/tiny.txt"
    document.write_text(document.read_text("utf-8") + "补记\n", "utf-8")
    assert [p.code for p in problems_of(folder, documents=document.parent)] == ["document.changed"]
    document.unlink()
    assert [p.code for p in problems_of(folder, documents=document.parent)] == ["document.missing"]


def test_ten_faults_at_once_are_ten_problems(folder: Path) -> None:
    names = [
        "header.unknown",
        "value.type",
        "value.vocabulary",
        "key.cycle",
        "source.unknown",
        "range.reversed",
        "location.no_accuracy",
        "layer.key_duplicate",
        "sidecar.missing",
        "layer.gap",
    ]
    for name in names:
        FAULTS[name][0](folder)
    found = [(p.code, p.file, p.row, p.column) for p in problems_of(folder)]
    assert sorted(found) == sorted(FAULTS[name][1] for name in names)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_other_encodings_of_a_spreadsheet_read_the_same(encoding: str, folder: Path) -> None:
    before = geoplan.open_plan(folder).tables["projects"]
    write_rows(folder, "projects", read_rows(folder, "projects"), encoding)
    assert geoplan.open_plan(folder).tables["projects"].equals(before)


def test_big5_is_named_not_garbled(folder: Path) -> None:
    rows = read_rows(folder, "projects")
    for row in rows[1:]:
        row[rows[0].index("name_zh")] = "機器人產業發展計畫與縣市經濟開發區"
        row[rows[0].index("quote")] = row[rows[0].index("note")] = ""
        row[rows[0].index("locus")] = ""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    (folder / P).write_bytes(buffer.getvalue().encode("big5"))
    (problem, *_) = [p for p in problems_of(folder) if p.file == P]
    assert problem.code == "encoding.wrong"
    assert "Big5" in problem.message()


def test_a_remedy_does_the_arithmetic(folder: Path) -> None:
    set_cell(folder, "projects", 2, "investment_wanyuan", "约３.５亿元")
    (problem,) = problems_of(folder)
    assert "35000" in problem.message("zh")


def test_layers_in_declared_gcj02_come_to_the_same_place(folder: Path) -> None:
    before = geoplan.open_plan(folder).layers["districts"].frame
    FAULTS["layer.datum"][0](folder)
    sidecar("districts", 'datum = "WGS 84"', 'datum = "GCJ-02"')(folder)
    after = geoplan.open_plan(folder).layers["districts"].frame
    assert before.geometry.hausdorff_distance(after.geometry).max() < 0.01
    assert problems_of(folder) == []


def test_a_dozen_rows_moved_inside_one_big_district_are_still_recognised(folder: Path) -> None:
    for path in ("platforms", "hubs"):
        for suffix in (".geojson", ".toml"):
            (folder / f"layers/{path}{suffix}").unlink()
    rows = read_rows(folder, "locations")
    template = rows[2]
    for number in range(8):
        row = list(template)
        row[1] = f"p{number}"
        row[rows[0].index("lon")] = f"{120.0 + 0.0005 + 0.0001 * number:.7f}"
        rows.append(row)
    write_rows(folder, "locations", rows)
    shift_table(wgs84_to_gcj02)(folder)
    assert "location.datum" in {p.code for p in problems_of(folder)}


_CELLS = [
    (name, row, column.name)
    for name, table in TABLES.items()
    for row in range(2, len((TINY / f"data/{name}.csv").read_text("utf-8").splitlines()) + 1)
    for column in table.columns
]
_TEXTS = st.one_of(
    st.sampled_from(
        ["", "=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>", "{{7*7}}", "-1", "1e308", "９９"]
    ),
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=60),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_CELLS), _TEXTS), min_size=1, max_size=4))
def test_whatever_stands_in_the_cells_the_plan_opens_and_is_judged(changes: Any) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        copy = Path(shutil.copytree(TINY, Path(name) / "plan"))
        for (table, row, column), text in changes:
            set_cell(copy, table, row, column, text)
        plan = geoplan.open_plan(copy)
        for problem in geoplan.check(plan, today=date(2021, 6, 1)):
            assert problem.message("zh")
            assert problem.message("en")
            assert problem.file
        geoplan.ledger(plan)
        geoplan.conflicts(plan)


@settings(max_examples=30, deadline=None)
@given(st.integers(-(10**6), -1))
def test_negative_money_is_always_named(amount: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        copy = Path(shutil.copytree(TINY, Path(name) / "plan"))
        set_cell(copy, "projects", 3, "investment_wanyuan", str(amount))
        (problem,) = problems_of(copy)
        assert (problem.code, problem.row) == ("value.negative", 3)
        assert str(amount) in problem.message()


def test_a_plan_file_that_is_no_toml_is_unusable(folder: Path) -> None:
    (folder / "plan.toml").write_text("id = [", "utf-8")
    with pytest.raises(geoplan.UnusablePlanError, match=r"plan\.toml: not valid TOML"):
        geoplan.open_plan(folder)


def test_a_folder_without_plan_file_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(geoplan.UnusablePlanError, match="geoplan init"):
        geoplan.open_plan(tmp_path)


def test_a_layer_with_strange_features_still_opens(folder: Path) -> None:
    content = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": None,
                "geometry": {"type": "Polygon", "coordinates": [[[120, 30]]]},
            },
            {"type": "Feature", "properties": {"id": "x"}, "geometry": {"type": "Nothing"}},
        ],
    }
    (folder / "layers/wings.geojson").write_text(json.dumps(content), "utf-8")
    codes = {p.code for p in problems_of(folder) if p.file == "layers/wings.geojson"}
    assert "layer.invalid_geometry" in codes


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ('licence = "CC BY 4.0"', 'licence = " "', "licence"),
        ("coverage = false", 'coverage = "no"', "coverage"),
        ('key = "id"', 'key = "id"\nfreshness_days = -3', "freshness_days"),
    ],
)
def test_a_sidecar_that_says_nothing_usable(old: str, new: str, column: str, folder: Path) -> None:
    sidecar("hubs", old, new)(folder)
    found = [(p.code, p.file, p.column) for p in problems_of(folder)]
    assert ("sidecar.wrong", "layers/hubs.toml", column) in found


def test_a_layer_from_an_unknown_source_is_named(folder: Path) -> None:
    sidecar("hubs", 'source_id = ["desk"]', 'source_id = ["nosuch"]')(folder)
    (problem,) = problems_of(folder)
    assert (problem.code, problem.file) == ("source.unknown", "layers/hubs.toml")


def test_dates_of_no_calendar_and_folders_for_files_do_not_stop_the_check(folder: Path) -> None:
    set_cell(folder, "plans", 2, "boundaries_on", "0000-01-01")
    (folder / "layers/wings.geojson").unlink()
    (folder / "layers/wings.geojson").mkdir()
    codes = {(p.code, p.file) for p in problems_of(folder)}
    assert ("value.type", "data/plans.csv") in codes
    assert ("layer.unreadable", "layers/wings.geojson") in codes
