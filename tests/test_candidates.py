import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from conftest import TINY

import geoplan
from geoplan.plan.crs import wgs84_to_gcj02
from geoplan.site.brief import brief_from
from geoplan.site.candidates import MOST_CELLS, candidates
from geoplan.site.entries import BriefError
from geoplan.site.parcels import COLUMNS

CRS = "EPSG:4549"
X, Y = 500_000, 3_320_000
"""South-west corner of district A; each district is a square kilometre."""


@pytest.fixture(scope="module")
def plan() -> geoplan.Plan:
    return geoplan.open_plan(TINY)


def square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(X + x, Y + y, X + x + side, Y + y + side)


def parcels(*geometries: Any, **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(geometries), crs=CRS)


def inline(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(frame.to_crs("OGC:CRS84").to_json(drop_id=True))
    content.pop("crs", None)
    return content


def found(plan: geoplan.Plan, folder: Path | None = None, **entries: Any) -> gpd.GeoDataFrame:
    brief = brief_from({"project": {"sector": "robots"}, "candidates": entries}, plan, folder)
    return candidates(plan, brief)


def complaint(plan: geoplan.Plan, folder: Path | None = None, **entries: Any) -> BriefError:
    with pytest.raises(BriefError) as caught:
        found(plan, folder, **entries)
    assert all(fault.said.zh != fault.said.en for fault in caught.value.problems)
    return caught.value


TWO = parcels(
    square(100, 100, 200), square(900, 100, 200), 地块=["甲1", "乙<b>2"], 用途=["工业", "住宅"]
)


def test_the_platforms_of_the_plan(plan: geoplan.Plan) -> None:
    frame = found(plan)
    assert tuple(frame.columns) == COLUMNS
    assert frame.index.tolist() == ["park"]
    park = frame.loc["park"]
    assert (park["name_zh"], park["kind"], park["candidate"]) == (
        "甲区机器人园",
        "park",
        "platform",
    )
    assert (park["district_code"], park["district_via"], park["wing_id"]) == ("A", "stated", "east")
    assert (park["area_km2"], park["accuracy_m"], park["basis"]) == (0.25, 400, "unverified")
    assert (park["table"], park["row"]) == ("platforms", 2)
    assert park["centre"].distance(shapely.Point(X + 500, Y + 500)) < 0.1
    assert park["geometry"].area == pytest.approx(np.pi * 400**2, rel=0.01)


def test_a_platform_without_a_place_stays(folder: Path) -> None:
    path = folder / "data/locations.csv"
    lines = [line for line in path.read_text("utf-8").splitlines() if "park" not in line]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    frame = found(geoplan.open_plan(folder))
    assert frame.loc["park", "geometry"] is None
    assert frame.loc["park", "centre"] is None
    assert np.isnan(frame.loc["park", "accuracy_m"])
    assert frame.loc["park", "district_code"] == "A"


def test_platforms_of_a_kind(plan: geoplan.Plan) -> None:
    assert found(plan, platform_kinds=["产业园"]).index.tolist() == ["park"]
    assert found(plan, platform_kinds=["building"]).empty


def test_own_parcels_are_measured_and_placed(plan: geoplan.Plan) -> None:
    frame = found(plan, features=inline(TWO), name="地块")
    assert tuple(frame.columns) == (*COLUMNS, "地块", "用途")
    assert frame.index.tolist() == ["parcel-1", "parcel-2"]
    assert frame["name_zh"].tolist() == ["甲1", "乙<b>2"]
    assert frame["name_en"].tolist() == ["甲1", "乙<b>2"]
    assert frame["area_km2"].to_numpy() == pytest.approx([0.04, 0.04], rel=1e-6)
    assert frame["district_code"].tolist()[0] == "A"
    assert frame["district_via"].tolist() == ["inside", "part"]
    assert frame["wing_id"].tolist() == ["east", "east"]
    assert set(frame["candidate"]) == {"parcel"}
    assert set(frame["accuracy_m"]) == {0.0}
    assert set(frame["table"]) == {""}
    assert frame.crs == CRS


def test_a_parcel_near_the_line_is_in_no_district_for_sure(plan: geoplan.Plan) -> None:
    near = parcels(square(100, 100, 899.5), square(100, 100, 850))
    assert found(plan, features=inline(near))["district_via"].tolist() == ["part", "inside"]
    assert (
        found(plan, features=inline(near), accuracy_m=60)["district_via"].tolist() == ["part"] * 2
    )


def test_a_parcel_outside_all_districts_has_none(plan: geoplan.Plan) -> None:
    frame = found(plan, features=inline(parcels(square(100, 5_000, 100))))
    assert frame["district_code"].isna().all()
    assert frame["district_via"].tolist() == [""]


def test_the_centre_of_a_horseshoe_is_on_it(plan: geoplan.Plan) -> None:
    horseshoe = square(100, 100, 300).difference(square(150, 150, 400))
    frame = found(plan, features=inline(parcels(horseshoe)))
    assert frame["geometry"].iloc[0].buffer(0.01).contains(frame["centre"].iloc[0])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("parcels.geojson", {}),
        ("parcels.gpkg", {}),
        ("parcels.shp", {"encoding": "UTF-8"}),
        ("parcels.shp", {"encoding": "GB18030"}),
    ],
)
def test_the_usual_files_are_read(
    plan: geoplan.Plan, tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    frame = TWO.to_crs("OGC:CRS84") if name.endswith("json") else TWO
    pyogrio.write_dataframe(frame, tmp_path / name, **options)
    # Without its .cpg a shapefile does not say its encoding.
    for path in tmp_path.glob("*.cpg"):
        path.unlink()
    made = found(plan, tmp_path, file=name, id="地块")
    assert made.index.tolist() == ["甲1", "乙<b>2"]
    assert made["用途"].tolist() == ["工业", "住宅"]
    assert made["area_km2"].to_numpy() == pytest.approx([0.04, 0.04], rel=1e-6)


def test_a_wrong_cpg_is_not_believed(plan: geoplan.Plan, tmp_path: Path) -> None:
    pyogrio.write_dataframe(TWO, tmp_path / "p.shp", encoding="GB18030")
    (tmp_path / "p.cpg").write_text("UTF-8")
    assert found(plan, tmp_path, file="p.shp", id="地块").index.tolist() == ["甲1", "乙<b>2"]


def test_one_layer_of_several_is_named(plan: geoplan.Plan, tmp_path: Path) -> None:
    for layer in ("工业", "住宅"):
        pyogrio.write_dataframe(TWO, tmp_path / "p.gpkg", layer=layer, append=layer == "住宅")
    error = complaint(plan, tmp_path, file="p.gpkg")
    assert "p.gpkg: it has 2 layers (工业, 住宅); name one with layer" in str(error)
    assert "there is no layer “工业用”; is it “工业”?" in str(
        complaint(plan, tmp_path, file="p.gpkg", layer="工业用")
    )
    assert len(found(plan, tmp_path, file="p.gpkg", layer="工业")) == 2


def test_a_file_without_crs_is_refused_until_it_is_declared(
    plan: geoplan.Plan, tmp_path: Path
) -> None:
    pyogrio.write_dataframe(TWO, tmp_path / "p.shp")
    (tmp_path / "p.prj").unlink()
    error = complaint(plan, tmp_path, file="p.shp")
    assert "brief, candidates.file: p.shp: it does not declare its CRS" in str(error)
    assert 'crs = "EPSG:4549"' in error.message("zh")
    made = found(plan, tmp_path, file="p.shp", crs=CRS)
    assert made["area_km2"].to_numpy() == pytest.approx([0.04, 0.04], rel=1e-6)
    assert "is not known" in str(complaint(plan, tmp_path, file="p.shp", crs="EPSG:99999999"))


def test_a_crs_that_contradicts_the_file_is_refused(plan: geoplan.Plan, tmp_path: Path) -> None:
    pyogrio.write_dataframe(TWO, tmp_path / "p.gpkg")
    assert "the brief WGS 84" in str(complaint(plan, tmp_path, file="p.gpkg", crs="EPSG:4326"))


def test_gcj02_is_converted_where_it_is_declared(plan: geoplan.Plan) -> None:
    lonlat = TWO.to_crs("OGC:CRS84")
    moved = shapely.transform(
        lonlat.geometry.to_numpy(), lambda xy: np.column_stack(wgs84_to_gcj02(*xy.T))
    )
    features = inline(lonlat.set_geometry(gpd.GeoSeries(moved, crs="OGC:CRS84")))
    back = found(plan, features=features, datum="GCJ-02")
    away = found(plan, features=features)
    there = TWO.geometry.centroid.to_numpy()
    assert shapely.distance(back["centre"].to_numpy(), there).max() < 0.01
    assert shapely.distance(away["centre"].to_numpy(), there).min() > 300


def test_gcj02_in_metres_is_a_contradiction(plan: geoplan.Plan, tmp_path: Path) -> None:
    pyogrio.write_dataframe(TWO, tmp_path / "p.gpkg")
    error = complaint(plan, tmp_path, file="p.gpkg", datum="GCJ-02")
    assert "GCJ-02 is longitude and latitude, the file is in" in str(error)


def test_swapped_axes_are_named(plan: geoplan.Plan, tmp_path: Path) -> None:
    def swap(xy: Any) -> Any:
        return xy[:, ::-1]

    lonlat = TWO.to_crs("OGC:CRS84")
    swapped = lonlat.set_geometry(
        gpd.GeoSeries(shapely.transform(lonlat.geometry.to_numpy(), swap))
    )
    error = complaint(plan, features=json.loads(swapped.to_json(drop_id=True)))
    assert "features: feature 1, 2: its coordinates look like latitude, longitude" in str(error)
    north_first = TWO.set_geometry(
        gpd.GeoSeries(shapely.transform(TWO.geometry.to_numpy(), swap), crs=CRS)
    )
    pyogrio.write_dataframe(north_first, tmp_path / "p.gpkg")
    error = complaint(plan, tmp_path, file="p.gpkg")
    assert "p.gpkg：第 1、2 个要素的坐标像是 纬度,经度(或 北,东)" in error.message("zh")


def test_what_lies_outside_the_extent_is_named(plan: geoplan.Plan) -> None:
    far = parcels(square(0, 0, 10), square(200_000, 0, 10))
    error = complaint(plan, features=inline(far))
    assert "feature 2: it lies outside the plan's extent (longitude 119.9–120.1" in str(error)


BOW_TIE = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])


@pytest.mark.parametrize(
    ("geometries", "reason"),
    [
        ([square(0, 0, 9), BOW_TIE], "feature 2: its geometry is invalid (Self-intersection"),
        ([None, square(0, 0, 9)], "feature 1: it has no geometry; draw or delete it"),
        ([shapely.Polygon(), square(0, 0, 9)], "feature 1: it has no geometry"),
        (
            [shapely.LineString([(X, Y), (X + 9, Y)])],
            "feature 1: its geometry is no Polygon or Point",
        ),
        ([None] * 9, "feature 1, 2, 3, 4, 5 and 4 more: it has no geometry"),
    ],
)
def test_a_geometry_that_is_none_is_named(
    plan: geoplan.Plan, geometries: list[Any], reason: str
) -> None:
    assert reason in str(complaint(plan, features=inline(parcels(*geometries))))


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        ({"type": "FeatureCollection"}, "it must be a GeoJSON FeatureCollection"),
        ({"type": "Topology", "features": []}, "it must be a GeoJSON FeatureCollection"),
        ({"type": "FeatureCollection", "features": []}, "it has no feature"),
        ({"type": "FeatureCollection", "features": [1]}, "it is no GeoJSON FeatureCollection"),
        ({"type": "FeatureCollection", "features": [{}]}, "feature 1: it has no geometry"),
    ],
)
def test_what_is_no_geojson_is_refused(plan: geoplan.Plan, features: Any, reason: str) -> None:
    assert reason in str(complaint(plan, features=features))


@pytest.mark.parametrize(
    "geometry", ["x", {"type": "Point"}, {"type": "Point", "coordinates": "x"}]
)
def test_coordinates_that_make_no_geometry_are_named(plan: geoplan.Plan, geometry: Any) -> None:
    features = {"type": "FeatureCollection", "features": [{"geometry": geometry}]}
    assert "feature 1: the coordinates make no geometry" in str(complaint(plan, features=features))


def test_a_file_is_what_it_is_and_not_what_it_is_called(plan: geoplan.Plan, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="s"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    for name, reason in (
        ("p.gpkg", "its content is no GeoPackage"),
        ("p.shp", "its content is no Shapefile"),
        ("p.geojson", "it is no valid JSON"),
        ("p.vrt", "“.vrt” cannot be read"),
        ("p.csv", "“.csv” cannot be read"),
    ):
        (tmp_path / name).write_text(vrt)
        assert reason in str(complaint(plan, tmp_path, file=name))
    broken = tmp_path / "q.gpkg"
    broken.write_bytes(b"SQLite format 3\x00" + b"\x00" * 52 + b"GPKG" + b"x" * 100)
    assert "it cannot be read" in str(complaint(plan, tmp_path, file="q.gpkg"))
    for name in ("none.shp", "/vsicurl/http://127.0.0.1/p.shp", "a" * 400 + ".shp"):
        assert "there is no such file" in str(complaint(plan, tmp_path, file=name))


def test_a_brief_from_the_network_reads_no_file(plan: geoplan.Plan) -> None:
    assert "a brief given here cannot name files" in str(complaint(plan, file="parcels.gpkg"))


def test_ids_are_unique_and_told(plan: geoplan.Plan) -> None:
    three = parcels(
        *[square(n * 100, 0, 50) for n in range(3)], id=["a", "a", None], no=[1.0, 2.0, 3.0]
    )
    assert found(plan, features=inline(three)).index.tolist() == [
        "parcel-1",
        "parcel-2",
        "parcel-3",
    ]
    assert found(plan, features=inline(three), id="no").index.tolist() == ["1", "2", "3"]
    assert "feature 3: “id” is empty" in str(complaint(plan, features=inline(three), id="id"))
    twice = inline(three.iloc[:2])
    assert "feature 1, 2: “id” is the same" in str(complaint(plan, features=twice, id="id"))
    error = complaint(plan, features=inline(three), id="noo", name="nме")
    assert [fault.field for fault in error.problems] == ["candidates.id", "candidates.name"]
    assert "no column “noo”; is it “no”?" in str(error)


def test_the_id_of_a_feature_counts(plan: geoplan.Plan) -> None:
    content = inline(TWO)
    content["features"][0]["id"], content["features"][1]["id"] = 7, 8
    assert found(plan, features=content).index.tolist() == ["7", "8"]


def test_columns_with_our_names_keep_out_of_the_way(plan: geoplan.Plan) -> None:
    own = parcels(square(0, 0, 50), kind=["B29"], area_km2=[7], tags=[["a"]])
    frame = found(plan, features=inline(own))
    assert frame.loc["parcel-1", "kind"] == "parcel"
    assert frame.loc["parcel-1", "own.kind"] == "B29"
    assert frame.loc["parcel-1", "own.area_km2"] == 7
    assert "tags" not in frame


@pytest.mark.parametrize(
    ("cells", "unit", "expected"),
    [
        (["150亩", "0.5平方公里"], "", [0.1, 0.5]),
        ([150, 300], "mu", [0.1, 0.2]),
        ([1_000.0, None], "m2", [0.001, np.nan]),
        (["10公顷", ""], "", [0.1, np.nan]),
    ],
)
def test_land_may_be_stated(
    plan: geoplan.Plan, cells: list[Any], unit: str, expected: list[float]
) -> None:
    frame = parcels(square(0, 0, 9), square(50, 0, 9), 面积=cells)
    made = found(plan, features=inline(frame), land="面积", **({"land_unit": unit} if unit else {}))
    assert made["area_km2"].to_numpy() == pytest.approx(expected, nan_ok=True)


def test_land_in_no_unit_is_refused(plan: geoplan.Plan) -> None:
    bare = inline(parcels(square(0, 0, 9), 面积=[150]))
    error = complaint(plan, features=bare, land="面积")
    assert error.problems[0].field == "candidates.land_unit"
    assert "the column “面积” has bare numbers" in str(error)
    wrong = inline(parcels(square(0, 0, 9), square(50, 0, 9), 面积=["150亩", "大"]))
    assert "feature 2: “面积”: “大” is no area" in str(complaint(plan, features=wrong, land="面积"))
    nested = inline(parcels(square(0, 0, 9), square(50, 0, 9), 面积=[["A"], True]))
    assert "“[…]” is no area" in str(complaint(plan, features=nested, land="面积"))
    negative = inline(parcels(square(0, 0, 9), 面积=[-1]))
    error = complaint(plan, features=negative, land="面积", land_unit="mu")
    assert "-1 is no area" in str(error)


def test_the_district_may_be_stated(plan: geoplan.Plan) -> None:
    stated = parcels(square(900, 100, 200), square(50, 50, 9), 区=["乙区", None])
    frame = found(plan, features=inline(stated), district="区")
    assert frame["district_code"].tolist() == ["B", "A"]
    assert frame["district_via"].tolist() == ["stated", "inside"]
    wrong = inline(parcels(square(0, 0, 9), 区=["丁区"]))
    error = complaint(plan, features=wrong, district="区")
    assert "feature 1: “区”: there is no district “丁区”" in str(error)


def test_points_are_sites_of_unknown_land(plan: geoplan.Plan) -> None:
    frame = found(plan, features=inline(parcels(shapely.Point(X + 500, Y + 500))))
    assert frame["area_km2"].isna().all()
    assert frame["district_code"].tolist() == ["A"]


def test_a_grid_covers_the_area(plan: geoplan.Plan) -> None:
    frame = found(plan, kind="grid", cell_m=100)
    assert len(frame) == 300
    assert set(frame["kind"]) == {"cell"}
    assert set(frame["candidate"]) == {"grid"}
    assert frame["area_km2"].to_numpy() == pytest.approx(0.01)
    assert frame["geometry"].area.sum() == pytest.approx(3e6)
    assert frame["district_code"].value_counts().to_dict() == {"A": 100, "B": 100, "C": 100}
    assert frame.index.is_unique


def test_a_cell_has_the_same_id_in_every_area(plan: geoplan.Plan) -> None:
    whole = found(plan, kind="grid", cell_m=100)
    part = found(plan, kind="grid", cell_m=100, within=["乙区"])
    assert len(part) == 100
    assert whole.loc[part.index, "geometry"].geom_equals(part["geometry"]).all()
    assert set(part["district_code"]) == {"B"}


@pytest.mark.parametrize(
    ("within", "count"),
    [
        (["A"], 100),
        (["A", "B"], 200),
        (["east"], 300),
        (["points"], 100),
        (["park"], 52),
        ([], 300),
    ],
)
def test_a_grid_may_be_laid_over_districts_wings_and_platforms(
    plan: geoplan.Plan, within: list[str], count: int
) -> None:
    assert len(found(plan, kind="grid", cell_m=100, within=within)) == count


def test_a_grid_of_too_many_cells_is_refused_with_a_size_that_fits(plan: geoplan.Plan) -> None:
    error = complaint(plan, kind="grid", cell_m=10)
    assert f"about 30,000 cells, at most {MOST_CELLS:,} are judged; write cell_m = 50" in str(error)
    assert len(found(plan, kind="grid", cell_m=50)) == 1_200
    assert "make cell_m smaller" in str(complaint(plan, kind="grid", cell_m=9_000))


def test_a_grid_over_what_has_no_place_is_refused(folder: Path) -> None:
    path = folder / "data/locations.csv"
    lines = [line for line in path.read_text("utf-8").splitlines() if "park" not in line]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    error = complaint(geoplan.open_plan(folder), kind="grid", within=["park"])
    assert "the place of “park” is not known" in str(error)


def test_what_is_computed_twice_is_the_same(plan: geoplan.Plan) -> None:
    for entries in ({}, {"features": inline(TWO)}, {"kind": "grid"}):
        pd.testing.assert_frame_equal(found(plan, **entries), found(plan, **entries))
