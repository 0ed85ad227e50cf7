"""The pages of OGC API - Features: both languages, hostile names, ways to the map, the map itself."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from conftest import TINY
from flask import Flask
from flask.testing import FlaskClient
from test_webmap_i18n import HAN, Unmarked
from test_webmap_safety import HOSTILE, MARK, poison_layers, poison_tables, structure

from webmap import create_app

pytest_plugins = ["browsing"]

PAGES = (
    "/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/api", "/ogc/collections/projects",
    "/ogc/collections/density_grid", "/ogc/collections/projects/queryables",
    "/ogc/collections/projects/items", "/ogc/collections/density_district/items?sector=robots",
    "/ogc/collections/projects/items?limit=1&offset=1", "/ogc/collections/platforms/items?name_zh=x",
    "/ogc/collections/projects/items/p2", "/ogc/collections/districts/items/A",
    "/ogc/collections/nope", "/ogc/collections/projects/items?filter=nope",
)  # fmt: skip


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = create_app(TINY)
    app.testing = True
    return app.test_client()


def page(client: FlaskClient, path: str, lang: str = "zh") -> str:
    answer = client.get(f"{path}{'&' if '?' in path else '?'}f=html&lang={lang}")
    assert answer.status_code in (200, 400, 404), answer.text
    assert answer.mimetype == "text/html"
    return answer.text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_comes_in_both_languages(client: FlaskClient, path: str) -> None:
    chinese, english = page(client, path), page(client, path, "en")
    assert '<html lang="zh-CN">' in chinese
    assert HAN.search(chinese)
    parser = Unmarked()
    parser.feed(english)
    assert parser.found == []


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.add(str(dict(attrs).get("href")))


def crawl(client: FlaskClient, start: str) -> Iterator[str]:
    left, seen = [start], {start}
    while left:
        address = left.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        yield address
        if answer.mimetype != "text/html" or "/ogc" not in address:
            continue
        parser = Links()
        parser.feed(answer.text)
        new = {one for one in parser.found if one.startswith(("/", "http://localhost/"))} - seen
        seen |= new
        left += new


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_address_for_other_programs_has_no_query(client: FlaskClient, lang: str) -> None:
    text = page(client, "/ogc", lang)
    assert '<code class="address">http://localhost/ogc</code>' in text
    assert '<code class="address">ogrinfo OAPIF:http://localhost/ogc</code>' in text


def test_every_link_leads_somewhere(client: FlaskClient) -> None:
    visited = list(crawl(client, "/ogc?f=html&lang=en"))
    assert len(visited) > 60
    assert any("/?o=projects:p1&lang=en" in address for address in visited)
    assert any("/?d=density" not in address and "d=district.ik" in address for address in visited)


def test_items_stand_in_a_table_with_a_way_to_the_map(client: FlaskClient) -> None:
    text = page(client, "/ogc/collections/projects/items?limit=2", "en")
    assert "3 of 3 features" in text
    assert "1 more rows have no known place" in text
    assert "Arm project" in text
    assert "机械臂项目" not in text
    assert 'href="/?o=projects:p1&amp;lang=en"' in text
    assert "1–2 of 3" in text
    assert 'rel="next"' in text
    assert "placed" in text
    item = page(client, "/ogc/collections/projects/items/p2", "en")
    assert "<h1>Park project</h1>" in item
    assert "planned for" in item or "200" in item


def test_an_empty_field_of_the_form_asks_nothing(client: FlaskClient) -> None:
    path = "/ogc/collections/districts/items?filter=&bbox=&datetime=&limit="
    assert "3 of 3 features" in page(client, path, "en")
    path = "/ogc/collections/districts/items?filter=code+%3D+%27A%27&bbox="
    text = page(client, path, "en")
    assert "1 of 3 features" in text
    assert 'value="code = &#39;A&#39;"' in text
    assert client.get("/ogc/collections/districts/items?filter=").status_code == 400


def test_a_wrong_filter_says_so_and_leads_back(client: FlaskClient) -> None:
    path = "/ogc/collections/districts/items?filter=nope+%3D+1"
    answer = client.get(path + "&f=html&lang=en")
    assert answer.status_code == 400
    assert "there is no property “nope”" in answer.text
    assert 'href="/ogc/collections/districts/items?f=html&amp;lang=en"' in answer.text


def test_a_long_list_is_cut_into_pages(client: FlaskClient) -> None:
    text = page(client, "/ogc/collections/density_grid/items?limit=10000")
    assert 'name="limit" inputmode="numeric" size="5" value="500"' in text


def test_the_interface_is_described_without_foreign_hosts(client: FlaskClient) -> None:
    answer = client.get("/ogc/api?f=html&lang=en")
    text = answer.text
    for said in (
        "/api/density",
        "/collections/projects/items",
        "bbox-crs",
        "POST",
        "Site selection",
    ):
        assert said in text
    assert "https://" not in text.replace("https://example", "")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert structure(text).bad == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_names_are_text_on_every_page(folder: Path, lang: str) -> None:
    poison_tables(folder)
    poison_layers(folder)
    app = create_app(folder)
    app.testing = True
    client = app.test_client()
    seen = 0
    for path in PAGES:
        text = page(client, path, lang)
        found = structure(text)
        assert found.bad == [], path
        assert not {"img", "svg"} & set(found.tags), path
        seen += MARK in text
        answer = client.get(f"{path}{'&' if '?' in path else '?'}f=json")
        assert not set(b"<>&") & set(answer.data), path
    assert seen > 8


@pytest.mark.parametrize("text", HOSTILE[:7])
def test_hostile_questions_are_text(client: FlaskClient, text: str) -> None:
    for path in (
        "/ogc/collections/projects/items?" + urlencode({"name_zh": text}),
        "/ogc/collections/projects/items?" + urlencode({"filter": f"name_zh = '{text}'"}),
        "/ogc/collections/projects/items/" + quote(text, safe=""),
        "/ogc/collections/" + quote(text, safe=""),
        "/ogc/" + quote(text, safe=""),
    ):
        found = structure(page(client, path))
        assert found.bad == [], path
        assert not {"img", "svg"} & set(found.tags)


@pytest.mark.browser
def test_the_small_map_draws_what_the_page_lists(
    browser_page: Callable[..., object], live: Callable[[Flask], str]
) -> None:
    address = live(create_app(TINY))
    visit = browser_page()
    shown = visit.page  # type: ignore[attr-defined]
    shown.goto(address + "/ogc/collections/projects/items?f=html&lang=en")
    shown.locator(".items-map canvas").first.wait_for()
    shown.wait_for_load_state("networkidle")
    assert shown.locator("#items-note").is_hidden()
    inks = """() => {
      const canvas = document.querySelector('.items-map canvas');
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
      return seen.size;
    }"""
    assert shown.evaluate(inks) > 5
    shown.locator("tr[data-key=p2]").hover()
    assert "is-pointed" in shown.locator("tr[data-key=p2]").get_attribute("class")
    shown.locator("tr[data-key=p2] th a").first.click()
    shown.wait_for_load_state("networkidle")
    assert shown.locator("h1").inner_text() == "Park project"
    shown.goto(address + "/ogc/collections/density_district?f=html")
    shown.wait_for_load_state("networkidle")
    assert shown.locator(".swatch").count() >= 1
    visit.assert_clean()  # type: ignore[attr-defined]
