"""Geodata of every kind is read as it is, and bad files harm nobody."""

import json
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from making import archive, shapefile

from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.geodata import vectors, vectorworker
from geoplan.exchange.geodata.dbase import read_table, table_encoding
from geoplan.exchange.geodata.vectorfiles import is_vector
from geoplan.exchange.geodata.vectors import read_vectors

HOLED = shapely.box(120, 30, 120.02, 30.02).difference(shapely.box(120.005, 30.005, 120.01, 30.01))


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    names = ["上塘片区", "钱江世纪城“核心”", None]
    shapes = [
        HOLED,
        shapely.box(120.03, 30, 120.04, 30.01),
        shapely.MultiPolygon([shapely.box(120.05, 30, 120.06, 30.01)]),
    ]
    return gpd.GeoDataFrame(
        {"名称": names, "面积": [1.5, None, 3.0], "年份": [2021, 2022, 2023]},
        geometry=shapes,
        crs=4326,
    )


def refusal(path: Path) -> str:
    with pytest.raises(RefusedFileError) as caught:
        read_vectors(path)
    return caught.value.remarks[0].code


@pytest.mark.parametrize(
    "name", ["a.geojson", "a.gpkg", "a.zip", "a.kml", "a.kmz", "a.fgb", "a.tab", "a.shp"]
)
def test_shapes_attributes_and_missing_values_of_every_format(
    areas: gpd.GeoDataFrame, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "a.zip":
        shapefile(path, areas)
    elif name == "a.kmz":
        areas.to_file(tmp_path / "doc.kml", driver="KML")
        archive(path, {"doc.kml": (tmp_path / "doc.kml").read_bytes()})
    elif name == "a.tab":
        areas.to_file(path, driver="MapInfo File", layer_options={"ENCODING": "CP936"})
    elif name == "a.kml":
        areas.to_file(path, driver="KML")
    else:
        areas.to_file(path)
    found = read_vectors(path)
    order = np.argsort(shapely.bounds(found.shapes)[:, 0])
    titles = dict(zip(("名称", "面积"), (n for n in found.columns if n[0] in "名面"), strict=True))
    assert [found.columns[titles["名称"]][i] for i in order] == [
        "上塘片区",
        "钱江世纪城“核心”",
        None,
    ]
    sizes = [found.columns[titles["面积"]][i] for i in order]
    assert [s if s in (None, "") else float(s) for s in sizes][:1] == [1.5]
    assert (
        len(
            found.shapes[order[0]].interiors
            if found.shapes[order[0]].geom_type == "Polygon"
            else found.shapes[order[0]].geoms[0].interiors
        )
        == 1
    )
    assert np.allclose(
        shapely.area(found.shapes[order]), shapely.area(areas.geometry.to_numpy()), rtol=1e-5
    )
    assert found.crs is not None
    assert found.crs.is_geographic


def test_gbk_without_cpg_is_detected_and_shown(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    found = read_vectors(shapefile(tmp_path / "a.zip", areas, encoding="GBK", without=[".cpg"]))
    assert found.columns["名称"][0] == "上塘片区"
    (remark,) = found.remarks
    assert remark.code == "encoding.found"
    assert "GB18030" in remark.message("zh")


@pytest.mark.parametrize(
    ("encoding", "cpg"), [("GBK", "UTF-8"), ("UTF-8", "GBK"), ("GBK", "ISO-8859-1")]
)
def test_a_wrong_cpg_is_corrected(
    areas: gpd.GeoDataFrame, tmp_path: Path, encoding: str, cpg: str
) -> None:
    found = read_vectors(shapefile(tmp_path / "a.zip", areas, encoding=encoding, cpg=cpg))
    assert found.columns["名称"][1] == "钱江世纪城“核心”"
    assert [remark.code for remark in found.remarks] == ["encoding.cpg_wrong"]


def test_the_encoding_may_be_said(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.zip", areas, encoding="GBK", without=[".cpg"])
    assert read_vectors(path, encoding="latin-1").columns != read_vectors(path).columns
    with pytest.raises(RefusedFileError):
        read_vectors(path, encoding="no-such")


@pytest.mark.filterwarnings("ignore")
def test_names_cut_within_a_character_lose_only_that(
    areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = shapefile(tmp_path / "a.zip", areas.rename(columns={"名称": "区县名称代码"}))
    assert "区县名" in read_vectors(path).columns


def test_a_table_with_deleted_records_and_odd_fields() -> None:
    def field(name: bytes, kind: bytes, width: int) -> bytes:
        return name.ljust(11, b"\0") + kind + bytes(4) + bytes([width]) + bytes(15)

    head = (
        field(b"NAME", b"C", 6)
        + field(b"N", b"N", 8)
        + field(b"DAY", b"D", 8)
        + field(b"OK", b"L", 1)
        + b"\r"
    )
    rows = [b" " + "甲区".encode("gbk").ljust(6) + b"    1.50" + b"20210305" + b"T",
            b"*" + b"gone  " + b"        " + b"        " + b"?",
            b" " + b"      " + b"********" + b"00000000" + b"F"]  # fmt: skip
    start = 32 + len(head)
    dbf = (
        b"\x03\x7a\x01\x01"
        + (3).to_bytes(4, "little")
        + start.to_bytes(2, "little")
        + (24).to_bytes(2, "little")
    )
    dbf = dbf.ljust(32, b"\0") + head + b"".join(rows) + b"\x1a"
    names, columns, deleted = read_table(dbf, "gb18030")
    assert names == ["NAME", "N", "DAY", "OK"]
    assert columns == [
        ["甲区", "gone", None],
        [1.5, None, None],
        ["20210305", None, None],
        [True, None, False],
    ]
    assert deleted == {1}
    assert table_encoding(dbf, b"").encoding.name == "GB18030"
    for cut in (10, 40, start + 30):
        with pytest.raises(ValueError, match=r"table|fields"):
            read_table(dbf[:cut], "utf-8")


def test_layers_are_listed_and_chosen(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    areas.to_file(path, layer="一")
    areas[:1].to_file(path, layer="二")
    assert set(read_vectors(path).layers) == {"一", "二"}
    assert len(read_vectors(path, layer="二")) == 1
    both = {
        f"{stem}{part.suffix}": part.read_bytes()
        for stem in "ab"
        for part in _parts(areas, tmp_path)
    }
    found = read_vectors(archive(tmp_path / "two.zip", both), layer="b")
    assert (found.layer, set(found.layers)) == ("b", {"a", "b"})


def _parts(areas: gpd.GeoDataFrame, folder: Path) -> list[Path]:
    (folder / "parts").mkdir(exist_ok=True)
    areas.to_file(folder / "parts/x.shp")
    return list((folder / "parts").iterdir())


def test_dxf_has_shapes_alone(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    lines = areas[["geometry"]].set_geometry(areas.geometry.boundary).explode()
    lines.to_file(tmp_path / "a.dxf", driver="DXF")
    found = read_vectors(tmp_path / "a.dxf")
    assert found.crs is None
    assert [remark.code for remark in found.remarks] == ["dxf.attributes"]


def test_a_shapefile_needs_its_table_and_not_its_index(
    areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    assert refusal(shapefile(tmp_path / "a.zip", areas, without=[".dbf"])) == "layer.parts"
    assert len(read_vectors(shapefile(tmp_path / "b.zip", areas, without=[".shx", ".prj"]))) == 3


@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "kml", "dxf", "geojson"])
@pytest.mark.parametrize(
    "content",
    [
        b"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        b"\x00\x01\x02 rubbish",
        b"words",
    ],
)
def test_what_is_not_what_its_name_says_is_not_given_to_gdal(
    tmp_path: Path, suffix: str, content: bytes
) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(content)
    assert refusal(tmp_path / f"a.{suffix}") in (
        "file.not_what_it_says",
        "layer.unreadable",
        "encoding.unknown",
        "file.damaged",
    )


def test_a_tab_that_points_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tab").write_text(
        '!table\n!version 300\nDefinition Table\n  File "/etc/passwd"\n  Type LINKED\n'
    )
    assert refusal(tmp_path / "a.tab") == "file.not_what_it_says"


def test_entities_in_kml_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><kml><Document><name>&b;</name></Document></kml>'
    (tmp_path / "a.kml").write_text(f'<?xml version="1.0"?>{bomb}', "utf-8")
    assert refusal(tmp_path / "a.kml") == "xml.dtd"
    assert refusal(archive(tmp_path / "a.kmz", {"doc.kml": bomb})) == "xml.dtd"


def test_kml_in_gbk(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    areas.to_file(tmp_path / "a.kml", driver="KML")
    text = (
        (tmp_path / "a.kml")
        .read_text("utf-8")
        .replace('encoding="utf-8"', 'encoding="GB2312"')
        .replace('encoding="UTF-8"', 'encoding="GB2312"')
    )
    (tmp_path / "a.kml").write_bytes(text.encode("gbk"))
    assert read_vectors(tmp_path / "a.kml").columns["名称"][0] == "上塘片区"


@pytest.mark.parametrize(
    "content",
    ["[1, 2", "[]", '{"type": "Topology"}', '{"type": "FeatureCollection", "features": [1]}', "[" * 100_000,
     '{"type": "FeatureCollection", "features": "x"}', '{"a": NaN}'],
)  # fmt: skip
def test_json_that_is_no_geojson_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.geojson").write_text(content)
    assert refusal(tmp_path / "a.geojson") == "layer.unreadable"


def test_broken_shapes_become_none_and_nested_properties_text(tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"a": {"b": 1}},
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        },
        {"type": "Feature", "properties": None, "geometry": None},
        {
            "type": "Feature",
            "properties": {"c": 2},
            "geometry": {"type": "Point", "coordinates": [120, 30, 5]},
        },
    ]
    (tmp_path / "a.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features})
    )
    found = read_vectors(tmp_path / "a.geojson")
    assert [shape is None for shape in found.shapes] == [True, True, False]
    assert not found.shapes[2].has_z
    assert found.columns == {
        "id": [7.0, None, None],
        "a": ['{"b": 1}', None, None],
        "c": [None, None, 2.0],
    }


def test_too_many_features_and_vertices_are_refused(
    areas: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    areas.to_file(tmp_path / "a.gpkg")
    areas.to_file(tmp_path / "a.geojson")
    monkeypatch.setattr(vectors, "MOST_VERTICES", 10)
    assert [refusal(tmp_path / f"a.{s}") for s in ("gpkg", "geojson")] == ["layer.vertices"] * 2
    monkeypatch.setattr(vectors, "MOST_VERTICES", 1_000)
    monkeypatch.setattr(vectors, "MOST_FEATURES", 2)
    assert [refusal(tmp_path / f"a.{s}") for s in ("gpkg", "geojson")] == ["layer.features"] * 2


def test_a_file_that_hangs_or_crashes_the_reader_is_refused(
    areas: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.gpkg"
    areas.to_file(path)
    raw = bytearray(path.read_bytes())
    raw[100:4_000] = os.urandom(3_900)
    (tmp_path / "b.gpkg").write_bytes(bytes(raw))
    assert refusal(tmp_path / "b.gpkg") == "layer.unreadable"
    monkeypatch.setattr(vectors, "_WAIT_S", 0.01)
    assert refusal(path) == "layer.unreadable"


def test_safe_archives_only(tmp_path: Path) -> None:
    assert refusal(archive(tmp_path / "a.zip", {"../a.shp": b"x"})) == "zip.path"
    assert refusal(archive(tmp_path / "b.zip", {"a.txt": b"x"})) == "zip.nothing"
    assert refusal(archive(tmp_path / "c.kmz", {"a.zip": b"x"})) == "zip.nested"


def test_what_counts_as_geodata(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    areas.to_file(tmp_path / "a.geojson")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("[Content_Types].xml", "<a/>")
    (tmp_path / "a.csv").write_text("a,b")
    assert [is_vector(tmp_path / n) for n in ("a.geojson", "a.zip", "a.csv")] == [
        True,
        False,
        False,
    ]
    assert not is_vector(tmp_path / "a.geojson", "a.xlsx")


def test_other_layers_of_an_archive_are_named_whatever_their_kind(
    areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    areas.to_file(tmp_path / "b.geojson")
    one = (tmp_path / "b.geojson").read_bytes()
    parts = {f"2020/x{p.suffix}": p.read_bytes() for p in _parts(areas, tmp_path)}
    parts |= {f"2021/x{p.suffix}": p.read_bytes() for p in _parts(areas[:1], tmp_path)}
    path = archive(tmp_path / "a.zip", {"b.geojson": one, "设置.json": b"{}", **parts})
    found = read_vectors(path)
    assert (found.form, found.layer) == ("Shapefile", "2020/x")
    assert found.layers == ("2020/x", "2021/x", "b")
    assert len(read_vectors(path, layer="2021/x")) == 1
    assert read_vectors(path, layer="b").form == "GeoJSON"


@pytest.mark.parametrize("name", ["a.gml", "a.dwg", "a.sqlite", "a.parquet", "a.vrt"])
def test_geodata_that_is_not_read_is_no_spreadsheet(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(RefusedFileError) as caught:
        is_vector(tmp_path / name)
    assert caught.value.remarks[0].code == "file.unknown"
    assert "DXF" in caught.value.message("zh")


def test_what_is_inside_is_said_instead(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(RefusedFileError, match="archive"):
        read_vectors(tmp_path / "a.gpkg")


def test_malformed_shapes_of_a_geopackage_are_broken(
    areas: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "a.gpkg"
    areas.to_file(path, layer="a", spatial_index=False)
    with closing(sqlite3.connect(path)) as book:
        for name in [row[0] for row in book.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:  # fmt: skip
            book.execute(f'DROP TRIGGER "{name}"')
        book.execute("UPDATE a SET geom = X'47500001E610000001030000000FFFFFFF' WHERE fid = 1")
        book.commit()
    found = read_vectors(path)
    assert [shape is not None for shape in found.shapes] == [False, True, True]


def test_a_file_without_end_is_stopped_and_told_so(
    areas: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    areas.to_file(tmp_path / "a.gpkg")
    text = Path(vectorworker.__file__).read_text("utf-8")
    (tmp_path / "worker.py").write_text(
        text.replace("CPU_SECONDS = 60", "CPU_SECONDS = 1").replace(
            "    path, out =", "    while True:\n        pass\n    path, out ="
        )
    )
    monkeypatch.setattr(vectorworker, "__file__", str(tmp_path / "worker.py"))
    with pytest.raises(RefusedFileError, match="more time or memory"):
        read_vectors(tmp_path / "a.gpkg")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux ends a child so")
def test_the_reader_ends_with_whoever_started_it(areas: gpd.GeoDataFrame, tmp_path: Path) -> None:
    areas.to_file(tmp_path / "a.gpkg")
    told = tmp_path / "pid"
    text = Path(vectorworker.__file__).read_text("utf-8")
    endless = (
        f"    open({str(told)!r}, 'w').write(str(os.getpid()))\n    while True:\n        pass\n"
    )
    assert "    import pyogrio\n" in text
    (tmp_path / "worker.py").write_text(text.replace("    import pyogrio\n", endless, 1))
    code = (
        "import sys, pathlib; from geoplan.exchange.geodata import vectors, vectorworker; "
        "vectorworker.__file__ = sys.argv[1]; vectors.read_vectors(pathlib.Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "worker.py"), str(tmp_path / "a.gpkg")]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environment) as parent:
        while not (told.exists() and told.read_text()):
            assert parent.poll() is None
            time.sleep(0.02)
        parent.kill()
    state = Path(f"/proc/{told.read_text()}/stat")
    for _ in range(500):
        # What nobody waits for stays as a name without a life.
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the reader goes on")
