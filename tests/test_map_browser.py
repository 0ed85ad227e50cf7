"""The map page in a real browser: what a planner does with it, and that nothing leaks or breaks."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import NARROW, WIDE, Visit
from conftest import ROOT, TINY
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from webmap import create_app

pytest_plugins = ["browsing"]
pytestmark = pytest.mark.browser

READY = "body[data-ready]"


def _served(folder: Any) -> Iterator[str]:
    import threading

    app = create_app(folder)
    app.testing = True
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def tiny_address() -> Iterator[str]:
    yield from _served(TINY)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The embedded plan."""
    yield from _served(ROOT)


@pytest.fixture
def opened(tiny_address: str, browser_page: Callable[..., Visit]) -> Iterator[Callable[..., Page]]:
    """``opened(query)`` → the page of the tiny plan; complaints of the browser fail the test."""
    visits = []

    def open_page(query: str = "", size: tuple[int, int] = WIDE, at: str = tiny_address) -> Page:
        visit = browser_page(size)
        visits.append(visit)
        visit.page.goto(f"{at}/{query}")
        visit.page.wait_for_selector(READY, timeout=30_000)
        return visit.page

    yield open_page
    for visit in visits:
        visit.assert_clean()


def colours_at(page: Page, lon: float, lat: float) -> list[str]:
    """Fills of the shapes of the density pane that cover a position."""
    found = page.evaluate(
        """([lon, lat]) => {
            const at = geoplan.map.latLngToContainerPoint([lat, lon]);
            const box = geoplan.map.getContainer().getBoundingClientRect();
            return [...document.querySelectorAll(".leaflet-density-pane path")].filter((path) => {
                const own = path.getBoundingClientRect();
                const [x, y] = [box.x + at.x, box.y + at.y];
                return own.left < x && x < own.right && own.top < y && y < own.bottom;
            }).map((path) => path.getAttribute("fill"));
        }""",
        [lon, lat],
    )
    return [str(fill) for fill in found]


def click_at(page: Page, lon: float, lat: float) -> None:
    point = page.evaluate(
        """([lon, lat]) => {
            const at = geoplan.map.latLngToContainerPoint([lat, lon]);
            const box = geoplan.map.getContainer().getBoundingClientRect();
            return [box.x + at.x, box.y + at.y];
        }""",
        [lon, lat],
    )
    page.mouse.click(*point)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_page_fits_the_window(opened: Callable[..., Page], size: tuple[int, int]) -> None:
    page = opened("", size)
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    assert box["width"] > 800
    assert box["height"] > 500
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    expect(page.locator("#money")).to_contain_text("合计 650 万元")
    expect(page.locator(".label-districts")).to_have_count(3)


def test_labels_do_not_overlap_and_let_clicks_through(opened: Callable[..., Page]) -> None:
    page = opened("?l=d0.g.p.j.e.h")
    boxes = page.evaluate(
        """() => [...document.querySelectorAll(".label:not(.label-wings)")].map((one) => {
            const { left, top, right, bottom } = one.getBoundingClientRect();
            return [left, top, right, bottom];
        })"""
    )
    assert len(boxes) >= 3
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert (
                one[0] >= other[2] or one[2] <= other[0] or one[1] >= other[3] or one[3] <= other[1]
            )
    page.locator(".label-districts", has_text="丙区").click(force=True)
    expect(page.locator("#drawer h2")).to_have_text("丙区")


def test_search_by_keyboard_opens_the_thing_and_its_sentence(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator("#search").fill("robot park")
    expect(page.locator("#hits [role=option]").first).to_contain_text("甲区机器人园")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    drawer = page.locator("#drawer")
    expect(drawer.locator("h2")).to_have_text("甲区机器人园")
    area = drawer.locator(".said", has_text="规划面积").first
    expect(area.locator(".badge")).to_have_text("原文")
    area.locator("button.cite").click()
    expect(area.locator("blockquote")).to_contain_text("甲区机器人园，规划面积0.25平方公里")
    assert "o=platforms:park" in page.url
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator("#search")).to_be_focused()
    page.locator("#search").fill("没有的名字")
    expect(page.locator("#hits")).to_contain_text("没有找到")


def test_a_click_opens_what_lies_there(opened: Callable[..., Page]) -> None:
    page = opened()
    click_at(page, 120.0025911, 30.0012323)
    expect(page.locator("#drawer h2")).to_have_text("机械臂项目")
    expect(page.locator("#drawer .also-here")).to_contain_text("甲区")
    click_at(page, 120.0155, 30.0035)
    expect(page.locator("#drawer h2")).to_have_text("乙区")
    # Known only to the district: listed there, no point on the map.
    listed = page.locator("#drawer details", has_text="项目")
    listed.locator("summary").first.click()
    expect(listed).to_contain_text("乙区项目")


def test_filters_change_the_money_line(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator("#sector-button").click()
    page.get_by_role("option", name=re.compile("机器人产业")).click()
    expect(page.locator("#money")).to_contain_text("合计 300 万元")
    expect(page.locator("#drawer h2")).to_have_text("机器人产业")
    page.get_by_role("button", name="2021", exact=True).click()
    expect(page.locator("#money")).to_contain_text("合计 90 万元")
    page.get_by_role("button", name="去除最大项目").click()
    expect(page.locator("#money")).to_contain_text("合计 40 万元")
    expect(page.locator("#money")).to_contain_text("机械臂项目")
    assert {"s=robots", "y=2021", "x=1"} <= set(page.url.split("?")[1].split("&"))
    page.go_back()
    expect(page.locator("#money")).to_contain_text("合计 90 万元")


def test_a_sector_shades_districts_by_role(opened: Callable[..., Page]) -> None:
    page = opened("?s=fibre")
    legend = page.locator("#section-shade")
    expect(legend).to_contain_text("产业布局 · 纤维")
    fills = colours_at(page, 120.0259, 30.0034)
    assert fills
    assert fills[-1] != "#faf7f0"


def test_density_goes_through_every_kind_of_zone(opened: Callable[..., Page]) -> None:
    page = opened("?d=district.i")
    legend = page.locator("#section-shade")
    expect(legend.locator(".classes tbody tr").first).to_contain_text("300")
    for name, total in (("翼", "650"), ("平台", "650"), ("方格", "650"), ("六边形", "650")):
        legend.get_by_role("button", name=name, exact=True).click()
        expect(legend.get_by_role("button", name=name, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        expect(page.locator("#money")).to_contain_text(f"合计 {total} 万元")
    assert "d=hex.i" in page.url


def test_without_stated_area_a_platform_is_hatched(
    opened: Callable[..., Page], address: str
) -> None:
    page = opened("?d=platform.ik", at=address)
    expect(page.locator("#section-shade")).to_contain_text("未载明面积")
    assert page.locator('.leaflet-density-pane path[fill^="url(#pattern-hatched"]').count() > 5


def test_a_link_opens_the_same_view(opened: Callable[..., Page]) -> None:
    query = "?l=d0.p&h=p:park&a=p:60&m=d&s=robots&y=2022&d=wing.i.q.4&v=districts_before&x=1"
    query += "&c=30.0035,120.0150,15&o=platforms:park&t=1&lang=en"
    page = opened(query)
    expect(page.locator("#drawer h2")).to_have_text("Robot park")
    expect(page.locator("#table")).to_be_visible()
    expect(page.get_by_role("button", name="2022", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_label("Measure")).to_have_value("investment_wanyuan")
    expect(page.locator('[data-layer="j"]')).not_to_be_checked()
    assert page.evaluate("geoplan.map.getZoom()") == 15
    given = set(query[1:].split("&"))
    page.get_by_role("button", name="2021", exact=True).click()
    expect(page).to_have_url(re.compile("y=2021"))
    assert set(page.url.split("?")[1].split("&")) == given - {"y=2022"} | {"y=2021"}
    assert len(page.url.split("?")[1]) < 200


def test_english_is_english_all_over(opened: Callable[..., Page]) -> None:
    page = opened("?o=sectors:robots&t=1")
    page.locator("#language").click()
    page.wait_for_selector(READY)
    assert "o=sectors:robots" in page.url
    chinese = page.evaluate(
        """() => {
            const found = [];
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const own = walk.currentNode.parentElement;
                if (own.closest('script, [lang^="zh"]')) continue;
                if (/[\\u3400-\\u9fff]/.test(walk.currentNode.data)) found.push(walk.currentNode.data);
            }
            for (const one of document.querySelectorAll("[title], [aria-label], [placeholder]")) {
                if (one.closest('[lang^="zh"], td')) continue;
                for (const name of ["title", "aria-label", "placeholder"]) {
                    if (/[\\u3400-\\u9fff]/.test(one.getAttribute(name) || "")) found.push(one.getAttribute(name));
                }
            }
            return found;
        }"""
    )
    assert chinese == []
    expect(page.locator(".leaflet-control-zoom-in")).to_have_attribute("title", "Zoom in")


def test_table_and_map_drive_each_other(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator("#table-toggle").click()
    rows = page.locator("#table tbody tr[data-id]")
    expect(rows).to_have_count(4)
    page.locator('tr[data-id="p2"]').click()
    expect(page.locator("#drawer h2")).to_have_text("园区项目")
    expect(page.locator('tr[data-id="p2"]')).to_have_attribute("aria-selected", "true")
    click_at(page, 120.0025911, 30.0012323)
    expect(page.locator('tr[data-id="p1"]')).to_have_class("is-chosen")
    page.get_by_label("只看所选").check()
    expect(rows).to_have_count(1)


def test_layers_can_be_hidden_faded_and_explained(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator('[data-layer="p"]').uncheck()
    expect(page).to_have_url(re.compile(r"l=[^&]*"))
    assert "p" not in re.search(r"l=([^&]*)", page.url)[1].split(".")  # type: ignore[index]
    page.get_by_role("button", name=re.compile("这是什么图层 平台")).click()
    expect(page.locator("#about-p")).to_contain_text("示意")
    expect(page.locator("#about-p")).to_contain_text("精度")


def test_names_that_look_like_markup_stay_text(
    folder: Any, browser_page: Callable[..., Visit], live: Callable[..., str]
) -> None:
    from conftest import set_cell

    evil = '<img src=x onerror="window.ran=1">'
    set_cell(folder, "projects", 2, "name_zh", evil)
    set_cell(folder, "platforms", 2, "name_zh", evil)
    set_cell(folder, "sectors", 2, "name_zh", evil)
    visit = browser_page()
    visit.page.goto(live(create_app(folder)) + "/?o=projects:p1&t=1&s=robots")
    visit.page.wait_for_selector(READY)
    expect(visit.page.locator("#drawer h2")).to_have_text(evil)
    assert visit.page.locator("img[src=x]").count() == 0
    assert visit.page.evaluate("window.ran") is None
    visit.assert_clean()


def test_the_embedded_plan_opens_within_its_budget(
    address: str, browser_page: Callable[..., Visit]
) -> None:
    visit = browser_page()
    page = visit.page
    sizes: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address)
    page.wait_for_selector(READY, timeout=30_000)
    assert sum(sizes) < 600_000
    assert page.evaluate("document.documentElement.outerHTML.length") > 1000
    assert page.locator(".label-districts").count() >= 6
    assert page.locator(".label-wings").count() == 2
    visit.assert_clean()


def test_things_with_one_footprint_are_listed_by_name(
    opened: Callable[..., Page], address: str
) -> None:
    page = opened("?c=30.2000,120.3000,11&m=n", at=address)
    at = page.evaluate(
        """() => geoplan.layers.entries.get("j").features.find((one) => one.properties.count > 1).at"""
    )
    click_at(page, *at)
    expect(page.locator("#drawer h2")).to_contain_text("同一范围")
    names = page.locator("#drawer > .said .subject").all_inner_texts()
    assert len(names) > 1
    assert all(re.search("[\u4e00-\u9fff]", name) for name in names)
    page.locator("#drawer > .said .subject").first.click()
    expect(page.locator("#drawer h2")).to_have_text(names[0])


def test_a_mistyped_or_outdated_link_still_opens(opened: Callable[..., Page]) -> None:
    page = opened("?d=h.zz.q.99&y=abc&s=nothing&v=xx")
    state = page.evaluate(
        "({by, sector, vintage, year, method}) => [by, sector, vintage, year, method]",
        page.evaluate("geoplan.state"),
    )
    assert state == ["district", "", "", "", "quantiles"]
