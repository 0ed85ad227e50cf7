"""The pages to read: what they say, in which language, and that data stays text."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, read_rows, set_cell, write_rows
from flask.testing import FlaskClient
from playwright.sync_api import expect

import geoplan
from webmap import create_app
from webmap.sentences import figure, unit_en, years
from webmap.sifting import Wanted

pytest_plugins = ["browsing"]

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}</td>"
MOST_BYTES = 2_000_000


def client_of(folder: Path) -> FlaskClient:
    app = create_app(folder)
    app.testing = True
    return app.test_client()


@pytest.fixture
def client(folder: Path) -> FlaskClient:
    return client_of(folder)


@pytest.fixture(scope="module")
def embedded() -> FlaskClient:
    return client_of(ROOT)


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def visible_rows(page: str) -> list[str]:
    body = page.partition('<tbody id="rows">')[2].partition("</tbody>")[0]
    return [row for row in body.split("<tr")[1:] if not row.lstrip().startswith("hidden")]


def visible_disputes(page: str) -> int:
    return len(re.findall(r'<li class="dispute" data-text', page))


def downloaded(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(client, path).lstrip("\ufeff"))))


def test_the_targets_name_base_growth_and_missing_observation(client: FlaskClient) -> None:
    page = text_of(client, "/targets?lang=en")
    for said in ("Robots", "14.9%", "sum of the sectors", "14.9%", "none since the base"):
        assert said in page
    assert "ended with 2025" in page
    assert "机器人产业产值达到120亿元" in page


def test_the_published_growths_are_on_the_page(embedded: FlaskClient) -> None:
    page = text_of(embedded, "/targets")
    assert "13.8%" in page
    assert "16.9%" in page
    assert "销售产值" in page
    assert "各产业合计" in page
    assert "12.7%" in page
    assert "38.0%" in page


def test_nothing_is_said_to_be_on_track(embedded: FlaskClient) -> None:
    page = text_of(embedded, "/targets?lang=en")
    assert not re.search(r"on track|ahead|behind schedule|green", page)


def test_every_figure_has_its_sentence_and_its_place(client: FlaskClient) -> None:
    rows = visible_rows(text_of(client, "/ledger"))
    assert len(rows) == 7 + 4 + 1
    for row in rows:
        assert "<q " in row
        assert 'data-basis="read"' in row
        assert re.search(r'href="/\?o=\w+:[\w-]+', row.replace("%3A", ":"))


@pytest.mark.parametrize(
    ("query", "count"),
    [("q=robots", 2), ("q=机器人产业", 2), ("q=ＲＯＢＯＴＳ 2025", 1), ("q=120", 1), ("q=nothing", 0),
     ("kind=sectors", 4), ("kind=sectors&status=target", 2), ("basis=inferred", 0), ("plan=tiny", 12),
     ("kind=no-such-kind", 0), ("from=singlemessage", 12)],
)  # fmt: skip
def test_the_server_searches_and_filters(client: FlaskClient, query: str, count: int) -> None:
    page = text_of(client, f"/ledger?{query}")
    assert len(visible_rows(page)) == len(downloaded(client, f"/ledger.csv?{query}")) == count
    assert ('id="nothing" hidden' in page) == (count > 0)


def test_sorting_by_value_keeps_units_apart(client: FlaskClient) -> None:
    rows = visible_rows(text_of(client, "/ledger?sort=value"))
    cells = [re.search(r'"number">(?:≈ )?([^<]*)</td>\s*<td>([^<]*)', row) for row in rows]
    shown = [(found.group(2), float(found.group(1))) for found in cells if found]
    assert len(shown) == 12
    assert shown == sorted(shown, key=lambda cell: (cell[0], -cell[1]))


def test_conflicts_come_first_and_gravest_first(folder: Path) -> None:
    set_cell(folder, "indicators", 4, "value", "150")
    set_cell(folder, "indicators", 7, "operator", "gt")
    page = text_of(client_of(folder), "/ledger")
    order = [page.index(f'data-severity="{name}"') for name in ("contradiction", "tension")]
    assert order == sorted(order)
    assert order[-1] < page.index('id="figures"')
    assert "60 + 40 = 100; 150 − 100 = 50" in page
    assert "机器人产业产值约60亿元" in page.partition('id="figures"')[0]


def test_a_search_narrows_the_conflicts_too(embedded: FlaskClient) -> None:
    every = visible_disputes(text_of(embedded, "/ledger"))
    assert every == len(geoplan.conflicts(geoplan.open_plan(ROOT)))
    some = visible_disputes(text_of(embedded, "/ledger?q=2520"))
    assert 0 < some < every
    assert len(json.loads(text_of(embedded, "/conflicts.json?q=2520"))) == some


@pytest.mark.parametrize("path", ["/ledger", "/targets"])
def test_names_stay_text(folder: Path, path: str) -> None:
    set_cell(folder, "sectors", 2, "name_zh", HOSTILE)
    set_cell(folder, "sectors", 2, "colour", "#0072B2")
    for column in ("quote", "locus", "note", "measure_zh", "unit"):
        for row in (2, 5):
            set_cell(folder, "indicators", row, column, HOSTILE)
    for lang in ("zh", "en"):
        page = text_of(client_of(folder), f"{path}?lang={lang}&q=")
        assert "<script>alert" not in page
        assert "{{7*7}}" in page
        assert "</td>\"'" not in page


def test_a_hostile_search_and_plan_colour_stay_text(folder: Path) -> None:
    set_cell(folder, "sectors", 2, "colour", 'red" onload="alert(1)')
    client = client_of(folder)
    assert 'onload="alert' not in text_of(client, "/targets")
    page = client.get("/ledger", query_string={"q": HOSTILE, "sort": "x'", "page": "-1"})
    assert "<script>alert" not in page.get_data(as_text=True)


def test_formulas_are_defused_in_downloads(folder: Path) -> None:
    set_cell(folder, "indicators", 2, "quote", "=cmd|' /C calc'!A0")
    client = client_of(folder)
    assert downloaded(client, "/ledger.csv")[0]["quote"].startswith("'=cmd")
    assert {row["target_id"] for row in downloaded(client, "/targets.csv")} == {
        "robots-2025", "fibre-2025", "total-2025",
    }  # fmt: skip
    assert len(json.loads(text_of(client, "/ledger.json"))) == 12
    assert client.get("/ledger.csv").headers["Content-Disposition"].startswith("attachment")
    assert client.get("/ledger.exe").status_code == 404


@pytest.mark.parametrize("path", ["/ledger", "/targets"])
def test_an_english_page_marks_its_chinese(embedded: FlaskClient, path: str) -> None:
    page = text_of(embedded, f"{path}?lang=en").partition("<main")[2].partition("</main>")[0]
    page = re.sub(r'data-text="[^"]*"', "", page)
    page = re.sub(r"<option.*?</option>", "", page, flags=re.DOTALL)
    page = re.sub(r'<(\w+)[^>]*lang="zh[^>]*>.*?</\1>', "", page, flags=re.DOTALL)
    assert re.findall(r"[\u4e00-\u9fff]+", page) == []


def test_an_empty_plan_says_what_to_do_next(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    geoplan.init_plan(
        folder, title_zh="新", title_en="New", analysis_crs="EPSG:4549", extent=(119, 29, 121, 31)
    )
    client = client_of(folder)
    assert "data/indicators.csv" in text_of(client, "/targets")
    page = text_of(client, "/ledger")
    assert "data/indicators.csv" in page
    assert "没有发现不一致" in page


def test_a_large_plan_is_paged(folder: Path) -> None:
    rows = read_rows(folder, "indicators")
    note = rows[0].index("note")
    for number in range(3000):
        copy = [f"more-{number}", *rows[1][1:]]
        copy[rows[0].index("status")] = "observed"
        copy[rows[0].index("year")] = str(1900 + number % 100)
        copy[rows[0].index("measure")] = f"measure{number}"
        copy[rows[0].index("quote")] = "机" * 40
        copy[rows[0].index("locus")] = "一、发展现状/（一）现状基础/1.总体发展情况"
        copy[note] = "注" * 80
        rows.append(copy)
    write_rows(folder, "indicators", rows)
    client = client_of(folder)
    first = text_of(client, "/ledger")
    assert len(first.encode()) < MOST_BYTES
    assert "data-whole" not in first
    found = re.search(r"第 1 / (\d+) 页", first)
    assert found
    pages = int(found.group(1))
    every = [text_of(client, f"/ledger?page={page}") for page in range(1, pages + 1)]
    assert pages > 1
    assert sum(len(visible_rows(page)) for page in every) == 3012
    assert text_of(client, "/ledger?page=999") == every[-1].replace(f"page={pages}", "page=999")
    assert len(visible_rows(text_of(client, "/ledger?q=more-77"))) == 1 + 10


def test_what_the_address_asks_for() -> None:
    wanted = Wanted.from_query({"q": " a ", "kind": "sectors", "sort": "bad", "page": "٣"})
    assert (wanted.q, wanted.sort, wanted.page, wanted.narrows) == ("a", "", 1, True)
    assert wanted.query("en", page=2) == "?q=a&kind=sectors&page=2&lang=en"


def test_figures_are_written_as_the_plan_says_them() -> None:
    assert figure(8776300.0, None, "approx") == "≈ 8,776,300"
    assert figure(6, 8.0, "eq") == "6–8"
    assert (years(None, None), years(2020, 2020)) == ("", "2020")
    assert (unit_en("平方公里"), unit_en("某单位")) == ("km²", "某单位")


@pytest.mark.browser
def test_the_ledger_in_a_browser(
    folder: Path, browser_page: Callable[..., Any], live: Callable[..., str]
) -> None:
    set_cell(folder, "indicators", 4, "value", "150")
    set_cell(folder, "sectors", 3, "name_zh", "<img src=x onerror=alert(1)>")
    visit = browser_page()
    page = visit.page
    page.goto(live(create_app(folder)) + "/ledger?lang=en")
    shown = "#rows > tr:not([hidden])"
    assert page.locator(shown).count() == 12
    page.fill("input[name=q]", "机器人产业 2020")
    expect(page.locator(shown)).to_have_count(1)
    assert page.locator("[data-count=figures]").inner_text() == "1"
    assert "q=" in page.url
    assert "q=" in (page.locator("a[data-keep][download]").last.get_attribute("href") or "")
    page.select_option("select[name=status]", "target")
    assert page.locator("#nothing").is_visible()
    page.locator("#clear").click()
    assert page.locator(shown).count() == 12
    assert page.url.endswith("?lang=en")
    page.locator(".dispute summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".dispute blockquote").first.is_visible()
    page.locator("nav a[href*=targets]").click()
    page.locator("#expand").click()
    assert page.locator(".chapter blockquote").first.is_visible()
    assert page.locator("svg.trajectory").count() == 3
    page.emulate_media(media="print")
    assert page.locator(".ages").count() == 0 or page.locator(".ages").is_visible()
    visit.assert_clean()
