"""What the plan says about one subject, and where things that are drawn once lie."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import read_rows, write_rows

import geoplan
from geoplan.place.footprints import all_boxes, coarse, grouped
from geoplan.place.histogram import histogram
from geoplan.place.locate import KINDS as LOCATED
from geoplan.place.locate import locate
from geoplan.place.series import money_by_year, projects_of, summed
from geoplan.plan.finding import find, names_of
from geoplan.plan.ledger import subject_names
from geoplan.plan.subjects import KINDS, LISTED_AT_MOST, details


def test_every_named_subject_of_every_kind_has_details(tiny: geoplan.Plan) -> None:
    names = subject_names(tiny)
    seen = set()
    for kind, key in names:
        if kind in KINDS:
            found = details(tiny, kind, key, names=names)
            assert found.name.zh == names[kind, key][0]
            seen.add(kind)
    assert seen == set(KINDS)


def test_every_fact_of_a_row_names_its_row(tiny: geoplan.Plan) -> None:
    found = details(tiny, "projects", "p2")
    cites = {fact.cite.row for fact in found.facts if fact.cite and "projects" in fact.cite.file}
    assert cites == {3}
    platform = next(fact for fact in found.facts if fact.label.en == "Platform")
    assert (platform.value.en, platform.basis, platform.about) == (
        "Robot park",
        "read",
        ("platforms", "park"),
    )


@pytest.mark.parametrize(("kind", "key"), [("projects", "p99"), ("sources", "desk"), ("", "")])
def test_what_the_plan_does_not_hold_is_a_question_error(
    tiny: geoplan.Plan, kind: str, key: str
) -> None:
    with pytest.raises(geoplan.QuestionError):
        details(tiny, kind, key)


def test_a_long_list_is_cut_at_the_largest_and_counted(folder: Path) -> None:
    rows = read_rows(folder, "projects")
    at = rows[0].index("investment_wanyuan")
    for number in range(LISTED_AT_MOST + 50):
        row = list(rows[1])
        row[0], row[at] = f"more-{number}", str(1000 + number)
        rows.append(row)
    write_rows(folder, "projects", rows)
    found = details(geoplan.open_plan(folder), "sectors", "robots")
    listed = found.related["projects"]
    assert len(listed) == LISTED_AT_MOST
    assert listed[0].id == f"more-{LISTED_AT_MOST + 49}"
    assert found.more["projects"] == 52
    assert all(one.name.zh and one.cite for one in listed)


def test_an_alias_is_a_fact_with_its_basis(tiny: geoplan.Plan) -> None:
    facts = details(tiny, "enterprises", "jia-yi").facts
    alias = next(fact for fact in facts if fact.value.zh == "甲一")
    assert alias.label.zh == "又称（文中括注）"


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("机器人园", ("platforms", "park")),
        ("ｒｏｂｏｔ　ＰＡＲＫ", ("platforms", "park")),
        ("东翼", ("wings", "east")),
        ("三方块规划", ("plans", "tiny")),
        ("机器人", ("sectors", "robots")),
    ],
)
def test_names_are_found_whatever_their_form(
    tiny: geoplan.Plan, words: str, first: tuple[str, str]
) -> None:
    hit = find(names_of(tiny), words)[0]
    assert (hit.kind, hit.id) == first


def test_nothing_is_found_for_nothing(tiny: geoplan.Plan) -> None:
    assert find(names_of(tiny), " \u3000") == []


def test_a_subject_is_found_once_and_not_more_than_asked(tiny: geoplan.Plan) -> None:
    hits = find(names_of(tiny), "a", limit=3)
    assert len(hits) == len({(hit.kind, hit.id) for hit in hits}) == 3


def places(*rows: tuple[str, str, shapely.Geometry | None]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "precision": [precision for _, precision, _ in rows],
            "accuracy_m": 1.0,
            "platform_id": None,
            "district_code": "A",
            "district_layer": "districts",
        },
        geometry=[geometry for _, _, geometry in rows],
        index=[key for key, _, _ in rows],
        crs="EPSG:4549",
    )


def test_equal_footprints_are_one_and_keep_their_coarsest_class() -> None:
    area, point = shapely.box(0, 0, 9, 9), shapely.Point(1, 1)
    found = grouped(
        places(
            ("a", "exact", point),
            ("b", "platform", area),
            ("c", "town", shapely.box(0, 0, 9, 9)),
            ("d", "district", area),
            ("e", "unknown", None),
            ("f", "platform", shapely.Point()),
        )
    )
    rows = list(zip(found["ids"], found["count"], found["precision"], strict=True))
    assert rows == [(("b", "c"), 2, "town"), (("a",), 1, "exact")]
    assert found.geometry.iloc[0].equals(area)


def test_no_footprint_at_all_is_an_empty_table() -> None:
    found = grouped(places(("a", "unknown", None)))
    assert len(found) == 0
    assert found.crs == "EPSG:4549"


def test_drawn_and_coarse_are_together_everything(tiny: geoplan.Plan) -> None:
    for kind in ("projects", "enterprises"):
        located = locate(tiny, kind)
        drawn = [key for ids in grouped(located)["ids"] for key in ids]
        listed = [key for one in coarse(located, kind) for key in one.ids]
        assert sorted(drawn + listed) == sorted(located.index)


def test_boxes_are_those_of_the_footprints(tiny: geoplan.Plan) -> None:
    located = {kind: locate(tiny, kind) for kind in LOCATED}
    found = all_boxes(tiny, located)
    assert ("projects", "p4") not in found
    west, south, east, north = found["projects", "p3"]
    b = found["districts", "B"]
    assert np.allclose((west, south, east, north), b, atol=1e-4)
    assert found["wings", "east"][0] < found["wings", "east"][2]
    assert found["projects", "p1"][0] == found["projects", "p1"][2]


def test_series_of_a_sector_counts_the_crosswalk_by_share(folder: Path) -> None:
    rows = read_rows(folder, "sector_links")
    header = dict.fromkeys(rows[0], "")
    link = {**header, "id": "l", "from_sector_id": "fibre", "project_id": "p3"}
    link |= {"to_plan_id": "tiny", "to_sector_id": "robots", "share": "0.5", "basis": "read"}
    write_rows(folder, "sector_links", [rows[0], [link[name] for name in rows[0]]])
    plan = geoplan.open_plan(folder)
    share = projects_of(plan, "sectors", "robots", {})
    assert share.to_dict() == {"p1": 1.0, "p2": 1.0, "p3": 0.5}
    by_year = summed(money_by_year(plan), share)
    assert sum(by_year.values()) == 100 + 200 + 150
    assert list(by_year) == [2021, 2022, 2023, 2024, 2025]


@pytest.mark.parametrize(
    ("kind", "key", "ids"),
    [
        ("platforms", "park", ["p2"]),
        ("enterprises", "yi-er", ["p3"]),
        ("projects", "p4", ["p4"]),
        ("districts", "A", ["p1", "p2"]),
        ("wings", "east", []),
    ],
)
def test_projects_of_a_subject(tiny: geoplan.Plan, kind: str, key: str, ids: list[str]) -> None:
    codes = {"projects": locate(tiny, "projects")["district_code"]}
    assert list(projects_of(tiny, kind, key, codes).index) == ids


@pytest.mark.parametrize("values", [[], [0, 0], [np.nan, -3], [5], [1, 2, 3], [1, 1e9], [1e-9, 7]])
def test_a_histogram_counts_every_value_above_zero(values: list[float]) -> None:
    found = histogram(pd.Series(values, dtype=float))
    assert sum(found.counts) == sum(value > 0 for value in values)
    assert len(found.edges) in (0, len(found.counts) + 1)
    assert list(found.edges) == sorted(found.edges)
