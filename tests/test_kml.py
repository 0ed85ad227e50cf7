import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from conftest import edit_layer, set_cell
from test_round_trips import part_of

import geoplan
from geoplan.exchange.outgoing.exporting import export
from geoplan.exchange.outgoing.formats import FORMATS
from geoplan.exchange.outgoing.kml import write_kml, write_kmz
from geoplan.exchange.outgoing.order import Order
from geoplan.plan.problems import Both

KML = "{http://www.opengis.net/kml/2.2}"


def tree(path: Path) -> Xml.Element:
    return Xml.parse(path).getroot()


def places(root: Xml.Element) -> list[Xml.Element]:
    return list(root.iter(f"{KML}Placemark"))


def test_places_have_names_descriptions_styles_and_all_columns(
    tiny: geoplan.Plan, tmp_path: Path
) -> None:
    root = tree(export(tiny, "projects", tmp_path / "p.kml"))
    found = places(root)
    table = tiny.tables["projects"]
    assert [p.findtext(f"{KML}name") for p in found] == table["name_zh"].tolist()
    styles = {s.get("id") for s in root.iter(f"{KML}Style")}
    for place in found:
        assert (place.findtext(f"{KML}styleUrl") or "")[1:] in styles
        assert (place.findtext(f"{KML}description") or "").startswith("<table>")
        data = {d.get("name"): d.text for d in place.iter(f"{KML}SimpleData")}
        assert data["investment_wanyuan"]
    assert [p.get("id") for p in found] == table["id"].tolist()
    about = root.findtext(f"{KML}Document/{KML}description")
    assert about is not None
    assert "规划示意，非测绘成果" in about
    assert "= 650" in about


def test_ids_of_the_document_are_used_once(tiny: geoplan.Plan, tmp_path: Path) -> None:
    root = tree(export(tiny, "all", tmp_path / "all.kml"))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", i or "") for i in ids)
    targets = [u.text for u in root.iter(f"{KML}styleUrl")]
    targets += [d.get("schemaUrl") for d in root.iter(f"{KML}SchemaData")]
    assert {t[1:] for t in targets if t} <= set(ids)


def test_english_names_come_first_in_english(tiny: geoplan.Plan, tmp_path: Path) -> None:
    root = tree(export(tiny, "districts", tmp_path / "p.kml", language="en"))
    names = tiny.layers["districts"].frame["name_en"].tolist()
    assert [p.findtext(f"{KML}name") for p in places(root)] == names


def test_what_our_maps_hide_is_there_but_not_seen(tiny: geoplan.Plan, tmp_path: Path) -> None:
    root = tree(export(tiny, "projects", tmp_path / "p.kml"))
    hidden = [p.findtext(f"{KML}visibility") == "0" for p in places(root)]
    coarse = [
        d.text in ("district", "unknown")
        for d in root.iter(f"{KML}SimpleData")
        if d.get("name") == "precision"
    ]
    assert hidden == coarse
    assert any(hidden)


def test_a_kmz_holds_the_same_document(tiny: geoplan.Plan, tmp_path: Path) -> None:
    kml = export(tiny, "districts,projects", tmp_path / "p.kml")
    kmz = export(tiny, "districts,projects", tmp_path / "p.kmz")
    with zipfile.ZipFile(kmz) as archive:
        assert archive.namelist() == ["doc.kml"]
        assert archive.read("doc.kml") == kml.read_bytes()
    for path in (kml, kmz):
        names = [name for name, _ in pyogrio.list_layers(path)]
        assert names == ["区", "投资项目(已知范围)"]
        found = pyogrio.read_dataframe(path, layer="投资项目(已知范围)")
        assert found["investment_wanyuan"].sum() == 650
        assert found["id"].tolist() == tiny.tables["projects"]["id"].tolist()


def test_rings_follow_the_right_hand_rule_and_holes_stay_holes(tmp_path: Path) -> None:
    shape = shapely.box(0, 0, 1, 1).difference(shapely.box(0.2, 0.2, 0.4, 0.4))
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.reverse(shape)], crs="EPSG:4326")
    path = tmp_path / "x.kml"
    write_kml(path, [part_of(frame)], Order())
    rings = [
        shapely.LinearRing([tuple(map(float, c.split(","))) for c in (r.text or "").split()])
        for r in tree(path).iter(f"{KML}coordinates")
    ]
    assert [ring.is_ccw for ring in rings] == [True, False]
    assert pyogrio.read_dataframe(path).geometry.iloc[0].equals(shape)


def test_markup_in_the_data_stays_text_even_in_the_description(
    folder: Path, tmp_path: Path
) -> None:
    bad = "<script>alert('x')</script>&]]>"
    set_cell(folder, "hubs", 2, "name_zh", bad)
    edit_layer(folder, "hubs", lambda c: c["features"][0]["properties"].update(name_zh=bad))
    plan = geoplan.open_plan(folder)
    path = export(plan, "layer_hubs", tmp_path / "h.kml")
    (place,) = places(tree(path))
    assert place.findtext(f"{KML}name") == bad
    description = place.findtext(f"{KML}description") or ""
    assert "<script>" not in description
    assert "&lt;script&gt;" in description


def test_columns_that_readers_cannot_tell_apart_are_renamed_and_told(tmp_path: Path) -> None:
    columns = {"code": ["a"], "CODE": ["b"], "Code\t": ["c"], "": ["d"]}
    frame = gpd.GeoDataFrame(columns, geometry=[shapely.Point(120, 30)], crs="EPSG:4326")
    told: list[Both] = []
    for name, write in (("x.kml", write_kml), ("x.kmz", write_kmz)):
        write(tmp_path / name, [part_of(frame)], Order(tell=told.append))
        found = pyogrio.read_dataframe(tmp_path / name).iloc[0]
        assert [found[one] for one in ("code", "CODE_2", "Code_3", "_")] == ["a", "b", "c", "d"]
    assert [one.en for one in told[:2]] == [
        "probe: “CODE” is now “CODE_2”.", "probe: “Code\t” is now “Code_3”.",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["flatgeobuf", "geoparquet"])
def test_flat_files_tell_of_renamed_columns_too(tmp_path: Path, form: str) -> None:
    columns = {"code": ["a"], "CODE": ["b"]}
    frame = gpd.GeoDataFrame(columns, geometry=[shapely.Point(120, 30)], crs="EPSG:4326")
    told: list[Both] = []
    FORMATS[form].write(tmp_path / "x", [part_of(frame)], Order(tell=told.append))
    assert [one.zh for one in told] == ["probe：列“CODE”改名为“CODE_2”。"]


def test_what_xml_cannot_hold_is_replaced(tmp_path: Path) -> None:
    texts = pd.Series(["x\x00y\ud800", "\x0b"], dtype=object)
    frame = pd.DataFrame({"a\x01": texts, "big": [2**40, 1]})
    path = tmp_path / "x.kml"
    write_kml(path, [part_of(frame)], Order())
    cells = [d.text for d in tree(path).iter(f"{KML}SimpleData")]
    assert cells == ["x\ufffdy\ufffd", str(2**40), "\ufffd", "1"]
    kinds: dict[str, Any] = {
        f.get("name") or "": f.get("type") for f in tree(path).iter(f"{KML}SimpleField")
    }
    assert kinds == {"a": "string", "big": "string"}
