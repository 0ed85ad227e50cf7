"""Names and texts of KML, DXF, TAB, MIF and careless GeoJSON arrive as they were written."""

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from making import archive

from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.geodata.charsets import correct_mapinfo
from geoplan.exchange.geodata.kmlreading import with_described
from geoplan.exchange.geodata.vectors import read_vectors

KML = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
POINT = "<Point><coordinates>120.3,30.2</coordinates></Point>"
RING = [[120.26, 30.18], [120.27, 30.18], [120.27, 30.19], [120.26, 30.18]]


def kml(path: Path, content: str) -> Path:
    path.write_text(KML.format(content), "utf-8")
    return path


def placemark(name: str, more: str) -> str:
    return f"<Placemark><name>{name}</name>{more}{POINT}</Placemark>"


def features(*geometries: Any, **properties: Any) -> list[dict[str, Any]]:
    return [{"type": "Feature", "properties": properties, "geometry": one} for one in geometries]


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return path


def test_chinese_names_of_untyped_data_and_all_folders(tmp_path: Path) -> None:
    data = '<ExtendedData><Data name="平台&amp;名称"><value>{}</value></Data><Data name="kind"><value>园</value></Data></ExtendedData>'
    path = kml(
        tmp_path / "a.kml",
        f"<Folder><name>甲夹</name>{placemark('一', data.format('甲园'))}</Folder>"
        f"<Folder><name>乙夹</name>{placemark('二', data.format('乙园'))}</Folder>",
    )
    found = read_vectors(path)
    assert found.columns["平台&名称"] == ["甲园", "乙园"]
    assert found.columns["Folder"] == ["甲夹", "乙夹"]
    assert found.columns["kind"] == ["园", "园"]
    assert found.layers == ()
    only = read_vectors(path, layer="乙夹")
    assert only.columns["Name"] == ["二"]


def test_a_field_written_in_both_ways_is_one(tmp_path: Path) -> None:
    schema = '<Schema name="s" id="s"><SimpleField name="类别" type="string"/></Schema>'
    typed = '<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="类别">甲</SimpleData></SchemaData></ExtendedData>'
    free = '<ExtendedData><Data name="类别"><value>乙</value></Data></ExtendedData>'
    path = kml(
        tmp_path / "a.kml",
        f"{schema}<Folder><name>一</name>{placemark('1', typed)}</Folder>"
        f"<Folder><name>二</name>{placemark('2', free)}</Folder>",
    )
    found = read_vectors(path).columns
    assert dict(zip(found["Name"], found["类别"], strict=True)) == {"1": "甲", "2": "乙"}
    assert "类别_" not in found


def test_a_kml_of_links_alone_is_refused_and_links_are_not_followed(tmp_path: Path) -> None:
    secret = kml(tmp_path / "secret.kml", placemark("秘密", ""))
    link = f"<NetworkLink><Link><href>{secret}</href></Link></NetworkLink>"
    with pytest.raises(RefusedFileError, match="NetworkLink"):
        read_vectors(kml(tmp_path / "a.kml", link))
    assert read_vectors(kml(tmp_path / "b.kml", link + placemark("公开", ""))).columns == {
        "Name": ["公开"]
    }


def test_tables_in_descriptions_become_columns() -> None:
    inner = "<table><tr><td>地块编号</td><td>甲-{}</td></tr><tr><td>备注</td><td></td></tr></table>"
    table = (
        f"<html><body><table><tr><td>宗地</td></tr><tr><td>{inner}</td></tr></table></body></html>"
    )
    columns = {
        "Name": ["a", "b", "c"],
        "description": [table.format(1), table.format(2), "<b>说明</b><br>二期<script>x</script>"],
    }
    assert with_described(columns) == {
        "Name": ["a", "b", "c"],
        "地块编号": ["甲-1", "甲-2", None],
        "备注": [None, None, None],
        "description": [None, None, "说明\n二期"],
    }


def test_a_table_that_repeats_the_columns_adds_none() -> None:
    table = "<table><tr><th>项目名称</th><td>一号</td></tr></table>"
    columns = {"Name": ["一号"], "name_zh": ["一号"], "description": [table]}
    assert list(with_described(columns)) == ["Name", "name_zh", "description"]


DXF_HEAD = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n{}0\nENDSEC\n0\nSECTION\n2\nTABLES\n0\nENDSEC\n0\nSECTION\n2\nENTITIES\n"


def drawing(path: Path, page: str = "", encoding: str = "gbk") -> Path:
    def area(x: int, size: int) -> str:
        corners = ((x, 0), (x + size, 0), (x + size, size), (x, size))
        points = "".join(f"10\n{a}\n20\n{b}\n" for a, b in corners)
        return f"0\nLWPOLYLINE\n8\n地块边界\n100\nAcDbPolyline\n90\n4\n70\n1\n{points}"

    def text(x: int, y: int, said: str) -> str:
        return f"0\nTEXT\n8\n注记\n10\n{x}\n20\n{y}\n30\n0\n40\n5\n1\n{said}\n"

    body = area(-10, 500) + area(0, 100) + area(200, 100)
    body += text(50, 20, "二类工业") + text(50, 60, "甲-01") + text(250, 50, "甲-02")
    whole = DXF_HEAD.format(page) + body + text(900, 900, "图名") + "0\nENDSEC\n0\nEOF\n"
    path.write_bytes(whole.encode(encoding))
    return path


def test_closed_lines_of_a_drawing_are_areas_with_the_texts_inside(tmp_path: Path) -> None:
    found = read_vectors(drawing(tmp_path / "a.dxf", "9\n$DWGCODEPAGE\n3\nANSI_936\n"))
    assert [shape.geom_type for shape in found.shapes[:3]] == ["Polygon"] * 3
    assert found.columns["Text"][:3] == [None, "甲-01 二类工业", "甲-02"]
    assert found.columns["Layer"][0] == "地块边界"
    assert "SubClasses" not in found.columns
    assert found.layer == "a"
    assert [remark.code for remark in found.remarks] == ["dxf.attributes"]


def test_a_drawing_that_hides_its_code_page_is_read(tmp_path: Path) -> None:
    found = read_vectors(drawing(tmp_path / "a.dxf"))
    assert found.columns["Layer"][0] == "地块边界"
    assert [remark.code for remark in found.remarks] == ["encoding.found", "dxf.attributes"]
    with pytest.raises(RefusedFileError, match="encoding"):
        read_vectors(tmp_path / "a.dxf", encoding="klingon")


@pytest.mark.parametrize("suffix", ["tab", "mif"])
@pytest.mark.parametrize("charset", ["Neutral", "WindowsLatin1"])
def test_a_wrong_charset_of_mapinfo_is_corrected(tmp_path: Path, suffix: str, charset: str) -> None:
    frame = gpd.GeoDataFrame(
        {"地块编号": ["甲-01"], "备注": ["工业用地"]},
        geometry=[shapely.box(120, 30, 121, 31)],
        crs=4326,
    )
    (tmp_path / "made").mkdir()
    frame.to_file(
        tmp_path / f"made/宗地.{suffix}", driver="MapInfo File", layer_options={"ENCODING": "CP936"}
    )
    members = {part.name: part.read_bytes() for part in (tmp_path / "made").iterdir()}
    head = f"宗地.{suffix}"
    members[head] = members[head].replace(b"WindowsSimpChinese", charset.encode())
    found = read_vectors(archive(tmp_path / "a.zip", members))
    assert found.columns == {"地块编号": ["甲-01"], "备注": ["工业用地"]}
    assert [remark.code for remark in found.remarks] == ["encoding.found"]


def test_a_header_without_a_charset_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "a.mif"
    path.write_bytes('Version 300\nDelimiter ","\nColumns 1\n  名称 Char(9)\nData\n'.encode("gbk"))
    assert len(correct_mapinfo(path, "a.mif", "")) == 1
    assert b'\nCharset "WindowsSimpChinese"\n' in path.read_bytes()
    assert correct_mapinfo(path, "a.mif", "") == []


@pytest.mark.parametrize("name", ["a.geojsonl", "a.ndjson", "a.geojson", "a.json"])
@pytest.mark.parametrize("mark", ["", "\x1e"])
def test_a_feature_a_line(tmp_path: Path, name: str, mark: str) -> None:
    lines = features({"type": "Point", "coordinates": [120, 30]}, None, 名称="甲")
    (tmp_path / name).write_text("".join(f"{mark}{json.dumps(line)}\n" for line in lines), "utf-8")
    found = read_vectors(tmp_path / name)
    assert found.columns == {"名称": ["甲", "甲"]}
    assert found.layer == "a"


def test_what_scripts_write_carelessly(tmp_path: Path) -> None:
    open_ring = {"type": "Polygon", "coordinates": [RING[:-1]]}
    as_texts = {"type": "Point", "coordinates": ["120.3", "30.2"]}
    lower = {"type": "multipolygon", "coordinates": [[RING]]}
    half = {"type": "Point", "coordinates": [120.3]}
    none = {"type": "Polygon", "coordinates": [[["x", 1]]]}
    content = features(open_ring, as_texts, lower, half, none, 面积=float("nan"))
    found = read_vectors(written(tmp_path / "a.geojson", content))
    assert [s.geom_type if s is not None else None for s in found.shapes] == [
        "Polygon", "Point", "MultiPolygon", None, None,
    ]  # fmt: skip
    assert found.broken == (3, 4)
    assert found.columns["面积"] == [None] * 5


def test_geometry_nested_without_end_is_broken(tmp_path: Path) -> None:
    nested = '{"type":"GeometryCollection","geometries":[' * 500 + "]}" * 500
    text = f'{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"a":{"[" * 600}{"]" * 600}}},"geometry":{nested}}}]}}'
    (tmp_path / "a.geojson").write_text(text)
    assert read_vectors(tmp_path / "a.geojson").broken == (0,)


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}, 4549),
        ({"type": "EPSG", "properties": {"code": 4528}}, 4528),
        ({"type": "link", "properties": {"href": "http://example.org/epsg/0/4549"}}, 4549),
        ({"type": "name", "properties": {"name": "+proj=latlong +nadgrids=/etc/passwd"}}, None),
        (None, None),
    ],
)
def test_the_crs_of_former_versions(tmp_path: Path, crs: Any, expected: int | None) -> None:
    point = {"type": "Point", "coordinates": [525_000, 3_340_000]}
    content = {"type": "FeatureCollection", "crs": crs, "features": features(point)}
    found = read_vectors(written(tmp_path / "a.geojson", content)).crs
    assert (found.to_epsg() if found is not None else None) == expected


def test_one_wild_coordinate_leaves_degrees_degrees(tmp_path: Path) -> None:
    points = [{"type": "Point", "coordinates": xy} for xy in ([1e308, 1], [120, 30], [121, 30])]
    content = {"type": "FeatureCollection", "features": features(*points)}
    assert read_vectors(written(tmp_path / "a.geojson", content)).crs is not None


def test_other_json_is_named(tmp_path: Path) -> None:
    for members, word in (({"geometryType": "x"}, "Esri"), ({"arcs": []}, "TopoJSON")):
        with pytest.raises(RefusedFileError) as caught:
            read_vectors(written(tmp_path / "a.json", members))
        assert re.search(word, caught.value.message("zh"))
