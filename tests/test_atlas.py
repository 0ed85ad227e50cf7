"""The map in one file: everything inside, nothing asked of anyone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import NARROW, Visit
from conftest import read_rows, set_cell
from flask import Flask
from playwright.sync_api import expect

from geoplan.errors import GeoplanError
from webmap import create_app
from webmap.atlas import AtlasError, answers_of, atlas_html, packed, path_of

pytest_plugins = ["browsing"]

READY = "body[data-ready]"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The tiny plan with all its projects in one year: fewer questions to answer."""
    import shutil

    from conftest import TINY

    folder = Path(shutil.copytree(TINY, tmp_path_factory.mktemp("atlas") / "plan"))
    for row in range(2, len(read_rows(folder, "projects")) + 1):
        set_cell(folder, "projects", row, "year_start", "2021")
        set_cell(folder, "projects", row, "year_end", "2021")
    set_cell(folder, "projects", 2, "name_zh", '</script><img src="x" onerror="window.ran=1">')
    made = create_app(folder)
    made.testing = True
    return made


@pytest.fixture(scope="module")
def file(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("carried") / "atlas.html"
    path.write_text(atlas_html(app, "zh"), "utf-8")
    return path


def test_a_path_is_written_as_the_page_writes_it() -> None:
    assert path_of("density", k=5, by="grid", year="", sector="a b") == (
        "/api/density?by=grid&k=5&sector=a%20b"
    )
    assert path_of("coarse") == "/api/coarse"


def test_equal_answers_are_packed_once() -> None:
    small = packed({"/a": b'{"x":1}', "/b": b'{"y":2}'})
    same = packed({"/a": b'{"x":1}', "/b": b'{"x":1}'})
    assert len(same) <= len(small)


def test_an_unknown_language_is_refused(app: Flask) -> None:
    with pytest.raises(GeoplanError, match="zh"):
        atlas_html(app, "xx")


def test_an_answer_that_is_refused_stops_the_work(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.view_functions, "api.coarse_things", lambda: ("no", 500))
    with pytest.raises(AtlasError, match="/api/coarse: 500"):
        answers_of(app)


def test_the_file_names_nothing_outside_itself(file: Path) -> None:
    text = file.read_text("utf-8")
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"'](?!data:|#)", text)
    assert "url(images/" not in text
    assert "</script><img" not in text
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe-eval" not in policy[1]
    assert "script-src &#39;sha256-" in policy[1]


@pytest.mark.browser
def test_it_opens_from_a_disk(file: Path, browser_page: Callable[..., Visit]) -> None:
    visit = browser_page(NARROW, offline=True)
    page = visit.page
    page.goto(file.as_uri())
    page.wait_for_selector(READY)
    expect(page.locator("#money")).to_contain_text("合计 650 万元")
    for name in ("翼", "平台", "方格", "六边形", "区县"):
        page.locator("#section-shade").get_by_role("button", name=name, exact=True).click()
        expect(page.locator("#failure")).to_be_hidden()
        expect(page.locator("#section-shade .notice")).to_have_count(0)
    page.get_by_role("button", name="2021", exact=True).click()
    page.get_by_role("button", name="去除最大项目").click()
    expect(page.locator("#money")).to_contain_text("合计 350 万元")
    page.locator("#sector-button").click()
    page.get_by_role("option", name=re.compile("机器人产业")).click()
    expect(page.locator("#drawer h2")).to_have_text("机器人产业")
    page.locator("#search").fill("甲一")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer h2")).to_contain_text("甲一")
    page.locator("#table-toggle").click()
    expect(page.locator("#table tbody")).to_contain_text("</script><img")
    assert page.evaluate("window.ran") is None
    visit.assert_clean()


@pytest.mark.browser
def test_its_links_and_its_language_work(file: Path, browser_page: Callable[..., Visit]) -> None:
    visit = browser_page()
    page = visit.page
    page.goto(f"{file.as_uri()}#d=wing.i&o=platforms:park")
    page.wait_for_selector(READY)
    expect(page.locator("#drawer h2")).to_have_text("甲区机器人园")
    page.locator("#language").click()
    expect(page.locator("#drawer h2")).to_have_text("Robot park")
    expect(page.locator(".frame-title")).to_have_text("Plan of three squares")
    assert "d=wing.i" in page.url
    visit.assert_clean()


def test_both_languages_hold_the_same_answers(file: Path, app: Flask) -> None:
    def carried(text: str) -> Any:
        found = re.search(r'id="answers">(.*?)</script>', text, re.DOTALL)
        assert found is not None
        return found[1]

    english = atlas_html(app, "en")
    assert '<html lang="en">' in english
    assert carried(english) == carried(file.read_text("utf-8"))
