"""Own layers and layers of the plan laid over the sites."""

import math
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import X0, Y0, assert_lawful, ends, plots, points

import geoplan
from geoplan.site.candidates import candidates
from geoplan.site.entries import BriefError
from geoplan.site.measuring import Measured, Setting
from geoplan.site.overlays import overlay
from geoplan.site.question import Brief, OwnCriterion

TINY = geoplan.open_plan(Path(__file__).parent / "plans" / "tiny")
CRS = "EPSG:4549"


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X0 + west, Y0 + south, X0 + east, Y0 + north)


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Two zones, 40 and 60 dB, that meet at x = 500, and one whose noise nobody has measured."""
    zones = gpd.GeoDataFrame(
        {"db": [40.0, 60.0, None], "use": ["day", "day", None]},
        geometry=[box(0, 0, 500, 1000), box(500, 0, 1000, 1000), box(1000, 0, 1200, 1000)],
        crs=CRS,
    )
    zones.to_file(tmp_path / "noise.gpkg", layer="noise")
    return tmp_path


@pytest.fixture
def slope(tmp_path: Path) -> Path:
    """Ten columns of 100 m from x = 0, whose slope is the number of the column; the last unknown."""
    import rasterio

    values = np.tile(np.arange(10, dtype="float32"), (10, 1))
    values[:, 9] = -9999
    with rasterio.open(
        tmp_path / "slope.tif", "w", driver="GTiff", height=10, width=10, count=1, dtype="float32",
        crs=CRS, nodata=-9999, transform=rasterio.Affine(100, 0, X0, 0, -100, Y0 + 1000),
    ) as file:  # fmt: skip
        file.write(values, 1)
    return tmp_path


def laid(
    plan: geoplan.Plan,
    sites: gpd.GeoDataFrame,
    folder: Path | None = None,
    n_draws: int = 64,
    **own: Any,
) -> Measured:
    brief = Brief(folder=folder, file="brief.toml")
    entry = OwnCriterion("mine", name_zh="自定", name_en="Mine", **own)
    measure = overlay(plan, brief, entry, "low").measure
    return measure(Setting(plan, brief, sites, n_draws=n_draws))


def test_distance_from_the_edge_of_a_parcel(noise: Path, tiny: geoplan.Plan) -> None:
    sites = plots(tiny, {"a": (1300, 0, 1500, 100), "b": (900, 0, 1100, 100)})
    asked: dict[str, Any] = {"measure": "distance_m", "file": "noise.gpkg", "where": "db > 50"}
    far = laid(tiny, sites, noise, accuracy_m=20.0, **asked)
    # Of the third zone it is not known whether it is loud: it may be, and is 100 m away.
    assert ends(far, "a") == pytest.approx((80, 300, 320))
    assert ends(far, "b") == pytest.approx((0, 0, 20))
    assert far.evidence.loc[0, "zh"] == "自定：直线 ≈ 300 m（80–320 m）"
    # The whole layer is off by one and the same step.
    assert far.draws is not None
    assert (far.draws >= far.low.to_numpy()[:, None]).all()
    assert (far.draws <= far.high.to_numpy()[:, None]).all()
    assert np.corrcoef(far.draws)[0, 1] > 0.5
    exact = laid(
        tiny,
        sites,
        noise,
        measure="distance_m",
        file="noise.gpkg",
        where="db > 50 and use is known",
    )
    assert ends(exact, "a")[1:] == pytest.approx((300, 300))


def test_features_of_the_brief_are_measured_like_those_of_a_file(
    noise: Path, tiny: geoplan.Plan
) -> None:
    sites = plots(tiny, {"a": (1300, 0, 1500, 100), "b": (900, 0, 1100, 100)})
    features = gpd.read_file(noise / "noise.gpkg").to_crs("OGC:CRS84").to_json(drop_id=True)
    asked: dict[str, Any] = {"measure": "distance_m", "where": "db > 50", "accuracy_m": 20.0}
    given = laid(tiny, sites, features=features, **asked)
    filed = laid(tiny, sites, noise, file="noise.gpkg", **asked)
    np.testing.assert_allclose(given.low, filed.low, atol=1e-3)
    np.testing.assert_allclose(given.best, filed.best, atol=1e-3)


def test_distance_to_hubs_is_that_of_the_criterion(tiny: geoplan.Plan) -> None:
    sites = plots(tiny, {"a": (0, 400, 200, 600)})
    far = laid(tiny, sites, measure="distance_m", layer="hubs", where="kind = rail_station")
    assert ends(far, "a") == pytest.approx((2200, 2400, 2600), abs=1)
    nowhere = laid(tiny, sites, measure="distance_m", layer="hubs", where="kind = port")
    assert nowhere.best.isna().all()


def test_distance_of_a_platform_is_a_range_over_its_footprint(tiny: geoplan.Plan) -> None:
    sites = candidates(tiny, Brief())
    far = laid(tiny, sites, measure="distance_m", layer="districts", where="code = C")
    # 400 m around (500, 500) to x = 2000, whose line is right to 1 m.
    low, best, high = ends(far, "park")
    assert best == pytest.approx(1500, abs=1)
    assert low == pytest.approx(1100, abs=3)
    assert 1900 <= high <= 1950
    assert far.draws is not None
    assert np.ptp(far.draws) > 300


def test_share_covered(noise: Path, tiny: geoplan.Plan) -> None:
    sites = plots(tiny, {"a": (400, 0, 600, 100), "b": (0, 0, 100, 100), "c": (2000, 0, 2100, 100)})
    asked: dict[str, Any] = {"measure": "share_covered", "file": "noise.gpkg", "where": "db = 40"}
    share = laid(tiny, sites, noise, **asked)
    assert share.best.tolist() == pytest.approx([0.5, 1, 0])
    share = laid(tiny, sites, noise, accuracy_m=50.0, **asked)
    assert ends(share, "a") == pytest.approx((0.125, 0.5, 0.75), abs=0.02)
    assert ends(share, "c") == (0, 0, 0)
    assert share.evidence.loc[0, "zh"].startswith("自定：约 50 %")
    point = laid(tiny, points(tiny, (250, 500), (750, 500)), noise, **asked)
    assert point.best.tolist() == [1, 0]


def test_a_platform_is_covered_or_not(noise: Path, tiny: geoplan.Plan) -> None:
    sites = candidates(tiny, Brief())
    share = laid(tiny, sites, noise, measure="share_covered", file="noise.gpkg", where="db = 40")
    assert ends(share, "park") == pytest.approx((0, 0.5, 1), abs=0.01)
    assert share.draws is not None
    assert set(np.unique(share.draws)) == {0, 1}
    assert 0.3 < share.draws.mean() < 0.7


def test_zonal_mean_of_an_attribute(noise: Path, tiny: geoplan.Plan) -> None:
    sites = plots(tiny, {"a": (400, 0, 800, 100), "b": (0, 0, 100, 100), "c": (2000, 0, 2100, 100)})
    asked: dict[str, Any] = {
        "measure": "zonal_mean",
        "file": "noise.gpkg",
        "column": "db",
        "unit": "dB",
    }
    mean = laid(tiny, sites, noise, **asked)
    assert ends(mean, "a") == pytest.approx((55, 55, 55))
    assert np.isnan(mean.best["c"])
    assert mean.evidence["zh"].tolist() == ["自定：55 dB", "自定：40 dB"]
    # A layer that may be off by 100 m moves the line by a quarter of the parcel.
    mean = laid(tiny, sites, noise, accuracy_m=100.0, **asked)
    assert ends(mean, "a") == pytest.approx((50, 55, 60))
    assert ends(mean, "b") == pytest.approx((40, 40, 40))


def test_zonal_mean_of_a_platform_holds_all_it_may_stand_on(
    noise: Path, tiny: geoplan.Plan
) -> None:
    sites = candidates(tiny, Brief())
    mean = laid(tiny, sites, noise, measure="zonal_mean", file="noise.gpkg", column="db")
    assert ends(mean, "park") == pytest.approx((40, 50, 60), abs=0.1)
    assert mean.draws is not None
    assert set(np.unique(mean.draws)) == {40, 60}


def test_attribute_at_the_centre(noise: Path, tiny: geoplan.Plan) -> None:
    sites = points(tiny, (250, 500), (750, 500), (2500, 500))
    asked: dict[str, Any] = {"measure": "attribute", "file": "noise.gpkg", "column": "db"}
    value = laid(tiny, sites, noise, **asked)
    assert value.best.tolist()[:2] == [40, 60]
    assert np.isnan(value.best["s2"])
    value = laid(tiny, points(tiny, (490, 500)), noise, accuracy_m=20.0, **asked)
    assert ends(value, "s0") == (40, 40, 60)


def test_attribute_of_the_candidates_themselves(tiny: geoplan.Plan) -> None:
    sites = plots(tiny, {"a": (0, 0, 100, 100), "b": (0, 0, 200, 100)}, price=[3.5, None])
    value = laid(tiny, sites, measure="attribute", column="price")
    assert value.best["a"] == 3.5
    assert np.isnan(value.best["b"])
    with pytest.raises(BriefError, match="no column of numbers “prise”; is it “price”"):
        laid(tiny, sites, measure="attribute", column="prise")


def test_a_raster_is_measured_by_area(slope: Path, tiny: geoplan.Plan) -> None:
    sites = plots(tiny, {"a": (100, 0, 300, 100), "b": (150, 0, 200, 50), "c": (850, 0, 1000, 50),
                         "d": (2000, 0, 2100, 50)})  # fmt: skip
    mean = laid(tiny, sites, slope, measure="zonal_mean", file="slope.tif")
    assert mean.best.tolist()[:3] == pytest.approx([1.5, 1, 8])
    assert np.isnan(mean.best["d"])
    mean = laid(tiny, sites, slope, measure="zonal_mean", file="slope.tif", accuracy_m=100.0)
    assert ends(mean, "a") == pytest.approx((0.5, 1.5, 2.5))
    value = laid(
        tiny, points(tiny, (250, 500), (950, 500)), slope, measure="attribute", file="slope.tif"
    )
    assert value.best["s0"] == 2
    assert np.isnan(value.best["s1"])


@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
def test_a_raster_in_another_crs_is_the_same(slope: Path, tiny: geoplan.Plan) -> None:
    import rasterio
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    with rasterio.open(slope / "slope.tif") as old:
        transform, width, height = calculate_default_transform(
            old.crs, "EPSG:4326", old.width, old.height, *old.bounds, resolution=0.0001
        )
        made = np.full((height, width), -9999, dtype="float32")
        reproject(old.read(1), made, src_transform=old.transform, src_crs=old.crs, dst_transform=transform,
                  dst_crs="EPSG:4326", resampling=Resampling.nearest, src_nodata=-9999, dst_nodata=-9999)  # fmt: skip
    with rasterio.open(
        slope / "lonlat.tif", "w", driver="GTiff", height=height, width=width, count=1, dtype="float32",
        crs="EPSG:4326", nodata=-9999, transform=transform,
    ) as file:  # fmt: skip
        file.write(made, 1)
    sites = plots(tiny, {"a": (100, 100, 500, 500)})
    mean = laid(tiny, sites, slope, measure="zonal_mean", file="lonlat.tif")
    assert mean.best["a"] == pytest.approx(2.5, abs=0.05)


def test_a_raster_that_cannot_be_used_says_why(
    slope: Path, tiny: geoplan.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    sites = points(tiny, (250, 500))
    asked: dict[str, Any] = {"measure": "zonal_mean", "file": "slope.tif"}
    with pytest.raises(BriefError, match="no band 2, it has 1"):
        laid(tiny, sites, slope, column="2", **asked)
    with pytest.raises(BriefError, match="column is the band"):
        laid(tiny, sites, slope, column="db", **asked)
    with pytest.raises(BriefError, match=r"the file declares .* the brief WGS 84"):
        laid(tiny, sites, slope, crs="EPSG:4326", **asked)
    with pytest.raises(BriefError, match="there is no such file"):
        laid(tiny, sites, slope, measure="zonal_mean", file="slop.tif")
    (slope / "text.tif").write_text("<VRTDataset/>")
    with pytest.raises(BriefError, match="its content is no GeoTIFF"):
        laid(tiny, sites, slope, measure="zonal_mean", file="text.tif")
    blank: dict[str, Any] = {
        "driver": "GTiff",
        "height": 1,
        "width": 1,
        "count": 1,
        "dtype": "uint8",
    }
    with (
        pytest.warns(NotGeoreferencedWarning),
        rasterio.open(slope / "lost.tif", "w", crs=CRS, **blank) as file,
    ):
        file.write(np.zeros((1, 1), "uint8"), 1)
    with pytest.raises(BriefError, match="neither where it lies nor"):
        laid(tiny, sites, slope, measure="zonal_mean", file="lost.tif")
    here = rasterio.Affine(100, 0, X0, 0, -100, Y0 + 1000)
    with rasterio.open(slope / "bare.tif", "w", transform=here, **blank) as file:
        file.write(np.zeros((1, 1), "uint8"), 1)
    with pytest.raises(BriefError, match="does not declare its CRS; write crs ="):
        laid(tiny, sites, slope, measure="zonal_mean", file="bare.tif")
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(BriefError, match=r"pip install geoplan\[raster\]"):
        laid(tiny, sites, slope, **asked)


@pytest.mark.parametrize(
    ("own", "entry", "said"),
    [
        ({"measure": "distance"}, "measure", "is it “distance_m”"),
        ({"measure": "distance_m", "layer": "districs"}, "layer", "no layer “districs”; is it “districts"),
        ({"measure": "distance_m"}, "layer", "layer is missing"),
        ({"measure": "zonal_mean", "layer": "districts"}, "column", "write column"),
        ({"measure": "zonal_mean", "layer": "districts", "column": "cod"}, "column", "is it “code”"),
        ({"measure": "share_covered", "layer": "hubs"}, "layer", "hubs are points"),
        ({"measure": "distance_m", "layer": "districts", "where": "kod = A"}, "where", "no column “kod”"),
        ({"measure": "distance_m", "layer": "districts", "where": "code ="}, "where", "value is missing"),
        ({"measure": "distance_m", "file": "a.tif"}, "measure", "zonal_mean and attribute only"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_used_is_named(own: dict[str, str], entry: str, said: str) -> None:
    with pytest.raises(BriefError, match=said) as caught:
        overlay(TINY, Brief(), OwnCriterion("mine", **own), "low")  # type: ignore[arg-type]
    assert caught.value.problems[0].field == f"criteria.mine.{entry}"


def test_an_own_file_must_declare_its_crs_and_its_column(noise: Path, tiny: geoplan.Plan) -> None:
    sites = points(tiny, (250, 500))
    bare = gpd.read_file(noise / "noise.gpkg").set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        bare.to_file(noise / "bare.gpkg")
    with pytest.raises(BriefError, match="does not declare its CRS"):
        laid(tiny, sites, noise, measure="distance_m", file="bare.gpkg")
    far = laid(tiny, sites, noise, measure="distance_m", file="bare.gpkg", crs=CRS)
    assert far.best["s0"] == 0
    with pytest.raises(BriefError, match="no column “dB”; there are db, use"):
        laid(tiny, sites, noise, measure="zonal_mean", file="noise.gpkg", column="dB")
    with pytest.raises(BriefError, match="no area has a number in that column"):
        laid(tiny, sites, noise, measure="zonal_mean", file="noise.gpkg", column="use")


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 2500), st.floats(0, 900), st.floats(1, 400), st.floats(0, 300))
def test_ranges_are_lawful_and_grow_with_the_sites_accuracy(
    x: float, y: float, size: float, off: float
) -> None:
    corners = {"a": (x, y, x + size, y + size)}
    sharp, vague = plots(TINY, corners), plots(TINY, corners, off)
    for own in (
        {"measure": "distance_m", "layer": "districts", "where": "code = C"},
        {"measure": "share_covered", "layer": "districts", "where": "code = B"},
    ):
        narrow, wide = (laid(TINY, sites, **own) for sites in (sharp, vague))
        assert_lawful(narrow, sharp)
        assert_lawful(wide, vague)
        assert wide.low["a"] <= narrow.low["a"] + 1e-6
        assert wide.high["a"] >= narrow.high["a"] - 1e-6
    inner = max(0.0, min(x + size, 2000) - max(x, 1000)) * max(0.0, min(y + size, 1000) - y)
    assert narrow.best["a"] == pytest.approx(inner / size**2, abs=1e-6)
    assert math.isfinite(inner)
