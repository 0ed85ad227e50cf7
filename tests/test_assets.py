import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import pytest
import shapely
from branca.element import CssLink, Element, JavascriptLink
from browsing import NARROW, WIDE, Visit
from flask import Flask, Response, render_template_string, request, request_finished

import webmap
from geoplan.errors import GeoplanError
from webmap import assets, vendor
from webmap.assets import MapFragments, MissingAssetError, UnknownAssetError, map_fragments
from webmap.caching import cache
from webmap.security import secure

pytest_plugins = ["browsing"]

STATIC = Path(webmap.__file__).parent / "static"
FOREIGN = re.compile(
    r"""<(?:script|link)\b[^>]*(?:src|href)=["']?(?:https?:)?//|@import|url\(["']?(?:https?:)?//"""
)
SQUARES = gpd.GeoDataFrame(
    {"code": ["a", "b"], "money": [1.0, 9.0], "name": ["萧山", "</script>`${alert(1)}"]},
    geometry=[shapely.box(120, 30, 120.1, 30.1), shapely.box(120.1, 30, 120.2, 30.1)],
    crs="OGC:CRS84",
)


def own(file: str) -> str:
    return f"/static/{file}"


def plain_map(**options: Any) -> folium.Map:
    return folium.Map(location=[30.05, 120.1], zoom_start=11, tiles=None, **options)


def layered_map() -> folium.Map:
    shown = plain_map()
    group = folium.FeatureGroup("区县").add_to(shown)
    folium.GeoJson(SQUARES, name="区县", tooltip=folium.GeoJsonTooltip(["name"])).add_to(group)
    folium.LayerControl().add_to(shown)
    return shown


def choropleth_map() -> folium.Map:
    shown = plain_map()
    folium.Choropleth(
        SQUARES,
        data=SQUARES,
        columns=["code", "money"],
        key_on="feature.properties.code",
        legend_name="投资",
    ).add_to(shown)
    return shown


def linked(fragments: MapFragments) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]*)"', fragments.head)


LEAFLET = ["/static/vendor/leaflet/dist/leaflet.js", "/static/vendor/leaflet/dist/leaflet.css"]
JQUERY = "/static/vendor/jquery/dist/jquery.min.js"
D3 = "/static/vendor/d3/d3.min.js"


def test_a_map_with_layers_loads_leaflet_alone() -> None:
    assert linked(map_fragments(layered_map(), own, "zh-CN")) == LEAFLET


def test_maps_one_after_another_share_nothing() -> None:
    before = copy.deepcopy((folium.Map.default_js, folium.Map.default_css))
    with_legend = map_fragments(choropleth_map(), own, "zh-CN")
    without = map_fragments(layered_map(), own, "zh-CN")
    assert linked(with_legend) == [*LEAFLET, D3]
    assert linked(without) == LEAFLET
    assert (folium.Map.default_js, folium.Map.default_css) == before
    for fragments in (with_legend, without):
        assert not FOREIGN.search("".join(fragments[:3]))


def popup_map() -> folium.Map:
    shown = plain_map()
    folium.CircleMarker([30, 120], popup="a").add_to(shown)
    return shown


def linking_map() -> folium.Map:
    shown = plain_map()
    layer = folium.GeoJson(SQUARES).add_to(shown)
    layer.embed, layer.embed_link = False, "/squares.json"
    return shown


def front_map() -> folium.Map:
    shown = plain_map()
    shown.keep_in_front(folium.FeatureGroup("区县").add_to(shown))
    return shown


@pytest.mark.parametrize("build", [popup_map, linking_map, front_map])
def test_jquery_comes_only_where_folium_calls_it(build: Callable[[], folium.Map]) -> None:
    fragments = map_fragments(build(), own, "zh-CN")
    assert re.search(r"\$[.(]", fragments.script)
    assert JQUERY in linked(fragments)


@pytest.mark.parametrize(
    "link",
    [
        JavascriptLink("https://cdn.example.org/x.js"),
        CssLink("//cdn.example.org/x.css"),
        Element('<link rel="stylesheet" href="https://cdn.example.org/x.css">'),
        Element("<style>@import url(https://cdn.example.org/x.css);</style>"),
    ],
)
def test_an_unknown_address_is_refused(link: Element) -> None:
    shown = plain_map()
    shown.get_root().header.add_child(link)
    with pytest.raises(UnknownAssetError, match=r"//cdn\.example\.org/x"):
        map_fragments(shown, own, "zh-CN")
    assert issubclass(UnknownAssetError, GeoplanError)


def test_a_figure_alone_is_judged_too() -> None:
    shown = plain_map()
    shown.get_root().header.add_child(JavascriptLink("https://cdn.example.org/x.js"))
    with pytest.raises(UnknownAssetError):
        assets.localise(shown.get_root(), own)


def test_an_icon_whose_script_is_left_out_is_refused() -> None:
    shown = plain_map()
    folium.Marker([30, 120], icon=folium.Icon()).add_to(shown)
    with pytest.raises(UnknownAssetError, match="DivIcon"):
        map_fragments(shown, own, "zh-CN")


def test_our_own_link_stays_once() -> None:
    shown = plain_map()
    for name in ("one", "two"):
        shown.get_root().header.add_child(JavascriptLink("/static/map.js"), name=name)
    assert linked(map_fragments(shown, own, "zh-CN")).count("/static/map.js") == 1


def test_equal_maps_give_equal_fragments() -> None:
    first = map_fragments(choropleth_map(), own, "zh-CN")
    assert map_fragments(choropleth_map(), own, "zh-CN") == first
    assert not re.search(r"[0-9a-f]{32}", "".join(first))


def test_two_maps_fit_on_one_page() -> None:
    names = re.compile(r"\b(?:var|let|function) (\w+_[a-z]+\d+\w*)")
    left = map_fragments(layered_map(), own, "zh-CN", prefix="left")
    right = map_fragments(layered_map(), own, "zh-CN", prefix="right")
    assert (left.map_name, right.map_name) == ("map_left1", "map_right1")
    assert len(names.findall(left.script)) > 3
    assert not set(names.findall(left.script)) & set(names.findall(right.script))


def test_the_page_is_left_to_the_template() -> None:
    fragments = map_fragments(layered_map(), own, "zh-CN")
    assert "<meta" not in fragments.head
    assert "html, body" not in fragments.head
    assert "<script>" not in fragments.head
    assert f'id="{fragments.map_name}"' in fragments.body
    assert 'lang="zh-CN"' in fragments.body


def test_every_file_of_the_manifest_is_copied(tmp_path: Path) -> None:
    packages, target = tmp_path / "node_modules", tmp_path / "vendor"
    (target / "stale").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="npm ci"):
        vendor.copy_files(packages, target)
    for name in vendor.FILES:
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(name)
    vendor.copy_files(packages, target)
    copied = {p.relative_to(tmp_path).as_posix() for p in target.rglob("*") if p.is_file()}
    assert copied == {f"vendor/{name}" for name in vendor.FILES}
    assert {file for file in assets.MANIFEST.values() if file} <= copied


def test_the_lock_names_no_download_address() -> None:
    lock = (Path(webmap.__file__).parent / "package-lock.json").read_text("utf-8")
    assert "resolved" not in lock
    assert lock.count("integrity") == 3


def test_a_static_url_changes_with_the_content(tmp_path: Path) -> None:
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    with app.test_request_context():
        with pytest.raises(MissingAssetError, match=r"webmap\.vendor"):
            assets.static_url("a.js")
        urls = []
        for content in ("1", "22"):
            (tmp_path / "a.js").write_text(content)
            assets._version.cache_clear()
            urls.append(assets.static_url("a.js"))
    assert urls[0].startswith("/static/a.js?v=")
    assert urls[0] != urls[1]


PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>map</title>
<link rel="icon" href="data:,"><style>html, body { height: 100%; margin: 0 }</style>
{{ map.head }}</head><body>{{ map.body }}{{ script_tag(map.script) }}</body></html>"""


def app_showing(build: Callable[[], folium.Map]) -> Flask:
    app = Flask(__name__, static_folder=str(STATIC), static_url_path="/static")
    cache(app)
    secure(app)

    @app.get("/")
    def page() -> str:
        shown = map_fragments(build(), assets.static_url, "zh-CN")
        return render_template_string(PAGE, map=shown)

    @app.get("/squares.json")
    def squares() -> Response:
        return Response(SQUARES.to_json(), mimetype="application/json")

    return app


def rich_map() -> folium.Map:
    """Everything that the manifest has a file for, on one map."""
    shown = choropleth_map()
    folium.CircleMarker([30.05, 120.1], popup="弹窗").add_to(shown)
    folium.Marker([30.02, 120.05]).add_to(shown)
    layer = folium.GeoJson(SQUARES, name="链接").add_to(shown)
    layer.embed, layer.embed_link = False, "/squares.json"
    folium.LayerControl().add_to(shown)
    return shown


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("build", [layered_map, rich_map])
def test_the_browser_draws_the_map_without_asking_anyone(
    build: Callable[[], folium.Map],
    size: tuple[int, int],
    live: Callable[[Flask], str],
    browser_page: Callable[..., Visit],
) -> None:
    visit = browser_page(size)
    visit.page.goto(live(app_showing(build)), wait_until="networkidle")
    name = visit.page.locator(".folium-map").get_attribute("id")
    assert visit.page.evaluate(f"window.{name} instanceof L.Map")
    box = visit.page.locator(".folium-map").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == size
    assert visit.page.locator("path.leaflet-interactive").count() >= 2
    visit.assert_clean()


@pytest.mark.browser
def test_a_stored_page_still_runs_after_a_304(
    live: Callable[[Flask], str], browser_page: Callable[..., Visit]
) -> None:
    app = app_showing(layered_map)
    statuses = []

    def note(_: Flask, response: Response) -> None:
        if request.path == "/":
            statuses.append(response.status_code)

    request_finished.connect(note, app)
    visit = browser_page()
    address = live(app)
    visit.page.goto(address, wait_until="networkidle")
    visit.page.goto("about:blank")
    visit.page.goto(address, wait_until="networkidle")
    assert statuses == [200, 304]
    name = visit.page.locator(".folium-map").get_attribute("id")
    assert visit.page.evaluate(f"window.{name} instanceof L.Map")
    visit.assert_clean()


@pytest.mark.browser
def test_the_visit_notices_foreign_requests_and_blocked_scripts(
    live: Callable[[Flask], str], browser_page: Callable[..., Visit]
) -> None:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: '<script src="https://cdn.example.org/x.js"></script>')
    blocked = Flask(__name__)
    secure(blocked)
    blocked.add_url_rule("/", view_func=lambda: "<script>window.ran = 1</script>")
    visit = browser_page()
    visit.page.goto(live(app))
    assert visit.foreign == ["https://cdn.example.org/x.js"]
    visit = browser_page()
    visit.page.goto(live(blocked))
    assert visit.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in error for error in visit.errors)
