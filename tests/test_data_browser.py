"""The data page in a real browser: a messy spreadsheet on its way into a plan, and back out."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import NARROW, WIDE, Visit
from conftest import TINY, set_cell
from flask import Flask
from playwright.sync_api import Page, expect
from test_data_page import ROWS, workbook

from webmap import create_app

pytest_plugins = ["browsing"]
pytestmark = pytest.mark.browser

READY = "body[data-ready]"
PATIENT_MS = 60_000
Opened = Callable[..., Page]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "plan"))


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    path = tmp_path / "2021年<i>汇总<i>.xlsx"
    path.write_bytes(workbook())
    return path


@pytest.fixture
def opened(
    plan: Path, tmp_path: Path, live: Callable[[Flask], str], browser_page: Callable[..., Visit]
) -> Iterator[Opened]:
    """``opened(path, size, **config)`` → the page; complaints of the browser fail the test."""
    visits: list[Visit] = []

    def open_page(
        path: str,
        size: tuple[int, int] = WIDE,
        options: dict[str, Any] | None = None,
        **config: Any,
    ) -> Page:
        app = create_app(plan, {"WORKSPACE": tmp_path / "work", "TESTING": True, **config})
        visit = browser_page(size, **(options or {}))
        visits.append(visit)
        visit.page.goto(live(app) + path)
        return visit.page

    yield open_page
    for visit in visits:
        visit.assert_clean()


def preview(page: Page, file: Path) -> None:
    page.wait_for_selector(READY)
    page.set_input_files("#file", file)
    expect(page.locator("#again")).to_be_visible(timeout=PATIENT_MS)


@pytest.mark.parametrize(("lang", "size"), [("zh", WIDE), ("en", NARROW)])
def test_a_messy_spreadsheet_is_looked_at_answered_written_and_taken_back(
    opened: Opened, plan: Path, messy: Path, lang: str, size: tuple[int, int]
) -> None:
    before = (plan / "data/projects.csv").read_bytes()
    page = opened(f"/data/import?lang={lang}", size, EDIT=True)
    preview(page, messy)
    expect(page.locator("#how li").first).to_contain_text("汇总")
    expect(page.locator("#changes del")).to_have_text("100")
    expect(page.locator("#changes ins")).to_have_text("200")
    expect(page.locator("#refused tbody")).to_contain_text("abc")
    expect(page.locator(".report-head")).to_contain_text("<i>汇总<i>")
    # A row waits: what was not answered is not written.
    expect(page.locator("#write")).to_be_disabled()
    page.get_by_role("radio").first.check()
    page.click("#again")
    added = page.locator("#changes table.added", has_text="新建<b>工厂</b>").first
    expect(added).to_be_visible(timeout=PATIENT_MS)
    expect(page.locator("#write")).to_be_enabled()
    page.locator("#mapping select").first.select_option("")
    expect(page.locator("#unseen")).to_be_visible()
    expect(page.locator("#write")).to_be_disabled()
    page.click("#again")
    expect(page.locator("#write")).to_be_enabled(timeout=PATIENT_MS)
    assert (plan / "data/projects.csv").read_bytes() == before
    page.click("#write")
    expect(page.locator(".written")).to_contain_text(".geoplan/history/", timeout=PATIENT_MS)
    assert "新建<b>工厂</b>" in (plan / "data/projects.csv").read_text("utf-8")
    page.click("#undo")
    expect(page.locator(".done")).to_be_visible()
    assert (plan / "data/projects.csv").read_bytes() == before
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]


def test_without_the_right_to_write_files_and_a_command_are_offered(
    opened: Opened, plan: Path, messy: Path
) -> None:
    page = opened("/data/import?lang=zh")
    preview(page, messy)
    expect(page.locator("#write")).to_have_count(0)
    expect(page.locator(".command")).to_contain_text("geoplan import")
    with page.expect_download() as begun:
        page.get_by_role("link", name="下载改好的文件").click()
    assert begun.value.suggested_filename.endswith(".zip")
    assert not (plan / ".geoplan/history").exists()


def test_a_plan_that_changed_meanwhile_is_not_overwritten(
    opened: Opened, plan: Path, messy: Path
) -> None:
    page = opened("/data/import?lang=zh", EDIT=True)
    preview(page, messy)
    set_cell(plan, "projects", 2, "investment_wanyuan", "150")
    page.check("#partial")
    page.click("#write")
    expect(page.locator("#working [role=alert]")).to_contain_text("重新预览", timeout=PATIENT_MS)
    page.locator("#working button").click()
    expect(page.locator("#changes del")).to_have_text("150", timeout=PATIENT_MS)


def test_imports_are_listed_as_they_come_and_taken_back_together(
    opened: Opened, plan: Path, tmp_path: Path
) -> None:
    before = (plan / "data/projects.csv").read_bytes()
    page = opened("/data/import?lang=zh", EDIT=True)
    for number, amount in enumerate((0.02, 0.03), 1):
        file = tmp_path / f"第{number}次.xlsx"
        file.write_bytes(workbook([[*ROWS[0][:4], amount, *ROWS[0][5:]]]))
        preview(page, file)
        page.click("#write")
        expect(page.locator(".recent li", has_text=file.name)).to_be_visible(timeout=PATIENT_MS)
        expect(page.locator(".written h2")).to_be_focused()
    page.get_by_role("button", name="撤销此次及其后 1 次 · 第1次.xlsx").click()
    expect(page.locator(".recent .is-undone")).to_have_count(2, timeout=PATIENT_MS)
    expect(page.locator("#report")).to_be_empty()
    assert (plan / "data/projects.csv").read_bytes() == before


_BREAKING = """() => {
  const send = window.fetch;
  let looks = 0;
  window.fetch = (address, options) => {
    const isLook = options && options.method === "GET" && address.includes("/imports/");
    if (!isLook) return send(address, options);
    looks += 1;
    if (looks === 1) window.stopButton = document.getElementById("stop");
    if (looks < 4) return Promise.resolve(new Response('{"state": "working", "share": 0.5}'));
    if (looks < 7) return Promise.reject(new TypeError("the server is gone"));
    window.wasKept = document.getElementById("working").querySelector("button") === window.stopButton;
    window.label = document.getElementById("working").textContent;
    return send(address, options);
  };
}"""


def test_a_server_that_comes_back_is_asked_again(opened: Opened, messy: Path) -> None:
    page = opened("/data/import?lang=zh")
    page.wait_for_selector(READY)
    page.evaluate(_BREAKING)
    preview(page, messy)
    assert "正在重连" in page.evaluate("window.label")
    # What is clicked, or has the focus, stays while the work goes on.
    assert page.evaluate("window.wasKept")
    expect(page.locator("#report h2").first).to_be_focused()


def test_what_was_answered_looks_so(opened: Opened, messy: Path) -> None:
    page = opened("/data/import?lang=en")
    preview(page, messy)
    expect(page.locator("fieldset.is-open")).to_have_count(1)
    page.get_by_role("radio").first.check()
    page.locator("#questions").get_by_role("button", name="Preview again").click()
    expect(page.locator("fieldset.question")).to_have_count(1)
    expect(page.locator("fieldset.is-open")).to_have_count(0, timeout=PATIENT_MS)


def test_a_file_that_cannot_be_read_says_why(opened: Opened, tmp_path: Path) -> None:
    page = opened("/data/import?lang=en")
    page.wait_for_selector(READY)
    (tmp_path / "a.xlsx").write_bytes(b"not a workbook")
    page.set_input_files("#file", tmp_path / "a.xlsx")
    expect(page.locator("#report [role=alert] li").first).to_be_visible(timeout=PATIENT_MS)


def test_a_file_too_large_is_not_sent(opened: Opened, tmp_path: Path) -> None:
    page = opened("/data/import?lang=en", IMPORT_BYTES=2**20)
    page.wait_for_selector(READY)
    (tmp_path / "a.csv").write_bytes(b"x" * (2**20 + 1))
    page.set_input_files("#file", tmp_path / "a.csv")
    expect(page.locator("#working [role=alert]")).to_contain_text("1 MB")


def test_downloads_work_without_a_script(opened: Opened) -> None:
    page = opened("/data/set/projects?lang=zh", options={"java_script_enabled": False})
    page.locator("[name=format]").select_option("gpkg")
    page.locator("[name=where]").fill("investment_wanyuan >= 200")
    with page.expect_download() as begun:
        page.locator(".take button").click()
    assert begun.value.suggested_filename.startswith("tiny-projects-2")
    assert begun.value.suggested_filename.endswith(".gpkg")


def test_a_layer_of_the_map_is_taken_along(opened: Opened) -> None:
    page = opened("/?lang=zh")
    row = page.locator("li.layer", has=page.locator("[data-layer=h]"))
    row.locator(".about-button").click(timeout=PATIENT_MS)
    with page.expect_download() as begun:
        row.locator(".downloads a").first.click()
    assert begun.value.suggested_filename.startswith("tiny-layer_hubs-2")
    with page.expect_download() as begun:
        page.locator("#section-shade .downloads a").first.click()
    assert begun.value.suggested_filename.startswith("tiny-density_district-2")
