"""The page of site selection in a real browser: what a planner does with it."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import site_records
from browsing import NARROW, WIDE, Visit
from conftest import TINY, read_rows, write_rows
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from geoplan.plan.opening import Plan
from webmap import create_app, siting
from webmap.siting import Decided

pytest_plugins = ["browsing"]
pytestmark = pytest.mark.browser

READY = "body[data-ready]"
ROWS = "table.ranking tbody tr[data-id]"
SITES = {one["id"]: one for one in site_records.record()["sites"]}


def decide(plan: Plan, brief: Any) -> Decided:
    """A record made by hand; the title of the brief may ask for a number of sites."""
    count = int(brief.title) if brief.title.isdigit() else 0
    rows = site_records.many(count) if count else site_records._SITES
    weights = {one.id: one.weight for one in brief.criteria if one.weight is not None}
    criteria = [{**one, "weight": weights.get(one["id"], one["weight"])} for one in site_records.CRITERIA]  # fmt: skip
    total = sum(one["weight"] for one in criteria)
    criteria = [{**one, "weight": one["weight"] / total} for one in criteria]
    record = site_records.record(rows, criteria, brief.as_dict(), draws=1 if count else 400)
    record["question"]["title"] = brief.title
    shapes = {
        row[0]: shapely.Point(row[4], row[5]).buffer(0.0004 + (row[6] or 0) / 4e5, 6)
        for row in rows
        if row[4] is not None
    }
    frame = gpd.GeoDataFrame(geometry=list(shapes.values()), index=list(shapes), crs="OGC:CRS84")
    return Decided(record, frame.to_crs(plan.meta.analysis_crs))


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A grid is worked out while a test waits, on a machine that others use too."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(siting, "decided", decide)
        folder = Path(shutil.copytree(TINY, tmp_path_factory.mktemp("plan") / "tiny"))
        header = read_rows(folder, "criteria")[0]
        write_rows(folder, "criteria", site_records.criteria_rows(header))
        app = create_app(folder, {"WORKSPACE": tmp_path_factory.mktemp("work"), "TESTING": True})
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def opened(address: str, browser_page: Callable[..., Visit]) -> Iterator[Callable[..., Page]]:
    """``opened(query)`` → the page; complaints of the browser fail the test."""
    visits = []

    def open_page(query: str = "", size: tuple[int, int] = WIDE, ready: bool = True) -> Page:
        visit = browser_page(size)
        visits.append(visit)
        visit.page.goto(f"{address}/site{query}")
        if ready:
            visit.page.wait_for_selector(READY, timeout=30_000)
        return visit.page

    yield open_page
    for visit in visits:
        visit.assert_clean()
        assert visit.page.evaluate("window.ran") is None


@pytest.fixture
def decided(opened: Callable[..., Page]) -> Callable[..., Page]:
    """``decided(query)`` → the page with the result of an example brief."""

    def open_page(query: str = "", size: tuple[int, int] = WIDE, title: str = "") -> Page:
        page = opened(query, size)
        if title:
            page.locator("#f-title").fill(title)
            page.locator('[id="f-project.sector"]').select_option("robots")
            page.locator("#decide").click()
        else:
            page.locator('[data-example="robots"]').click()
        page.wait_for_selector(ROWS, timeout=30_000)
        return page

    return open_page


def order(page: Page) -> list[str]:
    """Ids of the allowed sites as the table has them."""
    rows = page.locator("table.ranking tr.is-allowed[data-id]")
    return [str(one) for one in rows.evaluate_all("rows => rows.map(row => row.dataset.id)")]


def expected(weights: dict[str, float]) -> list[str]:
    """The ranking under some weights, by hand."""
    total = sum(weights.values())
    found = [
        (-round(sum(weights[n] / total * v for n, v in one["values"].items()), 6), key)
        for key, one in SITES.items()
        if one["state"] == "allowed"
    ]
    return [key for _, key in sorted(found)]


def where(page: Page, site: str) -> list[float]:
    found: list[float] = page.evaluate(
        """(id) => {
            const item = geoplan.site.map.itemOf(id);
            const at = geoplan.map.latLngToContainerPoint([item.at[1], item.at[0]]);
            const shift = item.mark.options.shift || [0, 0];
            const box = geoplan.map.getContainer().getBoundingClientRect();
            return [box.x + at.x + shift[0], box.y + at.y + shift[1]];
        }""",
        site,
    )
    return found


# ---- first visit, layout
@pytest.mark.parametrize("size", [WIDE, NARROW, (1024, 768)])
def test_the_page_fits_the_window(
    decided: Callable[..., Page], opened: Callable[..., Page], size: tuple[int, int]
) -> None:
    for page in (opened("", size), decided("", size)):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        box = page.locator(".folium-map").bounding_box()
        assert box is not None
        assert box["width"] > 600
    page.locator(ROWS).nth(1).click()
    expect(page.locator("#drawer")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    scroller = "document.querySelector('.table-scroll')"
    assert page.evaluate(f"{scroller}.scrollWidth <= {scroller}.clientWidth")


def test_the_first_visit_says_what_to_do(opened: Callable[..., Page]) -> None:
    page = opened()
    expect(page.locator(".welcome")).to_contain_text("开始选址")
    expect(page.locator("[data-example]")).to_have_count(2)
    page.locator("[data-example]").first.click()
    expect(page.locator(ROWS).first).to_contain_text("甲区机器人园")
    expect(page.locator('[id="f-project.sector"]')).to_have_value("robots")
    expect(page.locator('[id="f-project.investment"]')).to_have_value("10")
    expect(page.locator(".summary")).to_contain_text("排除 3")


# ---- ranking, map, details
def test_table_map_and_details_drive_each_other(decided: Callable[..., Page]) -> None:
    page = decided()
    assert order(page) == expected({one["id"]: one["weight"] for one in site_records.CRITERIA})
    page.locator('tr[data-id="north-yard"]').click()
    drawer = page.locator("#drawer")
    expect(drawer.locator("h2")).to_have_text("北场")
    expect(drawer).to_contain_text("第 3 名")
    page.mouse.click(*where(page, "east-works"))
    expect(drawer.locator("h2")).to_have_text("东部智造园")
    expect(page.locator('tr[data-id="east-works"]')).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile("o=east-works"))
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_details_show_sentence_contributions_and_what_would_flip_it(
    decided: Callable[..., Page],
) -> None:
    page = decided()
    page.locator('tr[data-id="east-works"]').click()
    drawer = page.locator("#drawer")
    said = drawer.locator(".said").first
    expect(said.locator(".badge")).to_have_text("原文")
    said.locator("button.cite").click()
    expect(said.locator("blockquote")).to_contain_text("依托甲区机器人园")
    rows = drawer.locator(".contributions tbody tr")
    expect(rows).to_have_count(6)
    expect(rows.nth(3)).to_contain_text("21 公里")
    expect(drawer).to_contain_text("若“同业企业”的权重由 20% 升至 60.9%，则胜出")
    page.locator('tr[data-id="park"]').click()
    expect(drawer.locator(".contributions tbody tr").nth(2)).to_contain_text("6（4–7）")


def test_why_not_has_rule_value_and_margin(decided: Callable[..., Page]) -> None:
    page = decided()
    row = page.locator('tr[data-id="in-water"]')
    expect(row).to_contain_text("差 380 米")
    expect(row).to_contain_text("距水域 120 米")
    row.click()
    expect(page.locator("#drawer")).to_contain_text("违反下列规则，不能选")
    expect(page.locator('tr[data-id="nowhere"]')).to_contain_text("+1")
    expect(page.locator('tr[data-id="nowhere"]')).to_contain_text("未落位")
    page.locator("#results-rules").click()
    page.locator("table.rules tr", has_text="距水域不少于").get_by_role(
        "button", name="1"
    ).first.click()
    expect(page.locator(ROWS)).to_have_count(2)
    page.locator(".rule-chip button").click()
    expect(page.locator(ROWS)).to_have_count(12)


def test_the_keyboard_goes_through_the_ranking(decided: Callable[..., Page]) -> None:
    page = decided()
    page.locator('tr[data-id="park"]').focus()
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    # Over the heading of the next group.
    assert page.evaluate("document.activeElement.dataset.id") == "nowhere"
    page.keyboard.press("Enter")
    expect(page.locator("#drawer h2")).to_be_focused()


# ---- live weights
def pull(page: Page, criterion: str, percent: float) -> None:
    page.locator("#tab-weights").click()
    page.locator(f'[data-criterion="{criterion}"] input[type=range]').evaluate(
        """(slider, value) => {
            // Past the end and back, as a hand does: the others keep their proportions.
            for (const at of [100, value]) {
                slider.value = at;
                slider.dispatchEvent(new Event("input", {bubbles: true}));
            }
            slider.dispatchEvent(new Event("change", {bubbles: true}));
        }""",
        percent,
    )


def test_weights_change_the_ranking_at_once_and_back(decided: Callable[..., Page]) -> None:
    page = decided()
    before = order(page)
    own = {one["id"]: one["weight"] for one in site_records.CRITERIA}
    pull(page, "airport_m", 70)
    rest = 1 - own["airport_m"]
    weights = {k: 0.7 if k == "airport_m" else w / rest * 0.3 for k, w in own.items()}
    assert order(page) == expected(weights)
    assert order(page) != before
    for site in ("park", "north-yard"):
        score = sum(weights[name] * value for name, value in SITES[site]["values"].items())
        expect(page.locator(f'tr[data-id="{site}"] .cell-score')).to_have_text(f"{score:.3f}")
    expect(page.locator('tr[data-id="north-yard"] .moved')).to_have_text("↑")
    expect(page.locator(".warning")).to_contain_text("权重已改动")
    expect(page.locator("td.is-stale").first).to_be_visible()
    assert page.evaluate("geoplan.site.map.itemOf(geoplan.site.model.sites[geoplan.site.model.order[0]].id).mark.options.sign") == "1"  # fmt: skip
    sums = page.locator(".slider-number").evaluate_all(
        "all => all.reduce((sum, one) => sum + Number(one.value), 0)"
    )
    assert abs(sums - 100) < 0.4
    page.locator("#reset-weights").click()
    assert order(page) == before
    expect(page.locator(".warning")).to_be_hidden()
    assert "weight" not in json.dumps(page.evaluate("geoplan.site.form.read()"))


def test_recomputing_asks_with_the_new_weights(decided: Callable[..., Page]) -> None:
    page = decided()
    first = page.url
    pull(page, "platform_named", 5)
    shown = order(page)
    with page.expect_request("**/api/site/decide") as asked:
        page.locator("#recompute").click()
    sent = asked.value.post_data_json
    assert sent["criteria"]["platform_named"]["weight"] == 0.05
    expect(page.locator(".warning")).to_be_hidden()
    expect(page).not_to_have_url(first)
    assert order(page) == shown
    page.go_back()
    expect(page.locator('tr[data-id="park"] .cell-rank strong')).to_have_text("1")


@pytest.mark.parametrize("count", [60, 2000])
def test_a_weight_is_felt_within_a_tenth_of_a_second(
    decided: Callable[..., Page], count: int
) -> None:
    page = decided(title=str(count))
    page.locator(ROWS).first.click()
    spent = page.evaluate(
        """async () => {
            const { site } = geoplan;
            const spent = [];
            for (let turn = 1; turn <= 8; turn += 1) {
                const next = site.weighing.withOne(site.weighing.current(), "airport_m", turn / 10);
                await new Promise(requestAnimationFrame);
                const started = performance.now();
                site.weighing.setWeights(next, { live: true });
                // Leaflet draws in the next frame; the one after it comes when that is done.
                await new Promise(requestAnimationFrame);
                spent.push(performance.now() - started);
            }
            return spent;
        }"""
    )
    assert page.evaluate("geoplan.site.model.sites.length") == count
    # The machine may be busy with others; what the page itself needs is its best.
    assert min(spent) < 100, spent


def test_an_order_of_importance_makes_weights(decided: Callable[..., Page]) -> None:
    page = decided()
    page.locator("#tab-weights").click()
    with page.expect_response("**/api/site/weights"):
        page.get_by_role("button", name="排先后").click()
    first = page.locator(".order-row").first
    expect(first).to_contain_text("规划点名")
    expect(first.locator(".order-share")).to_have_text("40.8%")
    with page.expect_response("**/api/site/weights"):
        page.locator('.order-row[data-criterion="airport_m"]').get_by_role(
            "button", name=re.compile("上移")
        ).click()
    with page.expect_response("**/api/site/weights"):
        page.locator('.order-row[data-criterion="airport_m"]').get_by_role(
            "button", name=re.compile("同样重要")
        ).click()
    part = page.evaluate("geoplan.site.form.read().weights")
    assert part["method"] == "order"
    assert part["order"][:2] == ["platform_named", ["key_district", "airport_m"]]


def test_judgements_in_pairs_show_their_contradiction(decided: Callable[..., Page]) -> None:
    page = decided()
    page.locator("#tab-weights").click()
    page.get_by_role("button", name="两两比较").click()
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("判断一致")
    selects = sheet.locator("table.ahp select")
    selects.nth(0).select_option("9")
    sheet.locator("table.ahp select").nth(1).select_option("1/9")
    expect(sheet).to_contain_text("判断前后矛盾")
    expect(sheet.locator("td.is-doubtful")).to_have_count(1)
    sheet.get_by_role("button", name="采用", exact=True).click()
    page.locator("#ahp-use").click()
    expect(sheet).to_be_hidden()
    part = page.evaluate("geoplan.site.form.read().weights")
    assert part["method"] == "ahp"
    assert len(part["judgements"]) == len(part["criteria"]) == 5
    expect(page.locator(".warning")).to_be_visible()


# ---- compare, rules, criteria
def test_two_sites_side_by_side(decided: Callable[..., Page]) -> None:
    page = decided()
    page.locator("#results-compare").click()
    table = page.locator("table.compared")
    expect(table.locator("tbody tr")).to_have_count(6)
    expect(table.locator("tfoot")).to_contain_text("A +0.209")
    page.get_by_label("第二个候选地").select_option("north-yard")
    expect(page.locator(".compare-turn")).to_contain_text("北场")
    expect(page.locator(".compare-turn li").first).to_contain_text("则胜出")
    page.get_by_title("互换").click()
    expect(table.locator("tfoot")).to_contain_text("B +0.355")


def test_criteria_show_their_scale(decided: Callable[..., Page]) -> None:
    page = decided()
    page.locator("#results-criteria").click()
    curves = page.locator("table.criteria .curve")
    expect(curves).to_have_count(6)
    expect(curves.nth(3)).to_have_attribute("aria-label", "0 米 → 1; 60 公里 → 0")


# ---- the form
def test_faults_stand_at_their_fields_all_at_once(
    address: str, browser_page: Callable[..., Visit]
) -> None:
    page = browser_page(WIDE).page
    page.goto(f"{address}/site?lang=en")
    page.wait_for_selector(READY)
    page.locator('[id="f-project.land"]').fill("abc")
    page.locator("details", has_text="More").locator("summary").last.click()
    page.locator('[id="f-robustness.draws"]').fill("3")
    page.locator("#decide").click()
    for field in ("project.sector", "project.land", "robustness.draws"):
        fault = page.locator(f'[data-entry="{field}"] .fault')
        expect(fault).to_have_count(1)
        assert not re.search("[\u3400-\u9fff]", re.sub('“[^”]*”|"[^"]*"', "", fault.inner_text()))
    expect(page.locator('[id="f-project.sector"]')).to_be_focused()
    expect(page.locator("#progress")).to_have_text("3 to correct")
    page.locator('[id="f-project.land"]').fill("150")
    expect(page.locator('[data-entry="project.land"] .fault')).to_have_count(0)


def test_the_form_writes_what_was_chosen_and_reads_it_back(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator("#f-title").fill("机器人 <b>厂</b>")
    page.locator('[id="f-project.sector"]').select_option("robots")
    page.locator('[id="f-project.products"]').fill("减速器、伺服电机")
    page.locator('[id="f-project.land"]').fill("0.1")
    page.locator('[data-unit-of="project.land"]').select_option("km2")
    for name in ("必须", "不可"):
        page.locator("details.panel-section", has_text=name).locator("summary").first.click()
    several = page.locator('[data-field="must.districts"]')
    several.locator("summary").click()
    several.get_by_label("甲区").check()
    expect(several.locator(".several-chosen")).to_have_text("甲区")
    page.locator('[data-add="must.within_m"]').click()
    reach = page.locator('[data-field="must.within_m"] .reach')
    reach.locator("select").select_option("rail_station")
    reach.locator("input").fill("2.5")
    brief = page.evaluate("geoplan.site.form.read()")
    assert brief["title"] == "机器人 <b>厂</b>"
    assert brief["project"]["products"] == ["减速器", "伺服电机"]
    assert brief["project"]["land"] == "0.1平方公里"
    assert brief["must"] == {
        "districts": ["A"],
        "within_m": [{"to": "rail_station", "most_m": 2500}],
    }
    page.locator("#decide").click()
    page.wait_for_selector(ROWS)
    page.reload()
    page.wait_for_selector(ROWS)
    expect(page.locator("#f-title")).to_have_value("机器人 <b>厂</b>")
    expect(page.locator('[id="f-project.land"]')).to_have_value("150")
    expect(reach.locator("input")).to_have_value("2.5")
    assert page.evaluate("geoplan.site.form.read().must") == brief["must"]


def test_a_link_reopens_form_result_and_site(
    decided: Callable[..., Page], opened: Callable[..., Page]
) -> None:
    page = decided()
    page.locator('tr[data-id="too-small"]').click()
    page.wait_for_url(re.compile("[?&]o=too-small"))
    address = page.url
    assert len(address.split("?")[1]) < 60
    other = opened("?" + address.split("?")[1])
    expect(other.locator("#drawer h2")).to_have_text("小园")
    expect(other.locator('[id="f-project.workers"]')).to_have_value("800")
    other.locator("#language").click()
    other.wait_for_selector(ROWS)
    expect(other.locator("#drawer h2")).to_have_text("Small park")
    expect(other.locator("#decide")).to_have_text("Choose a site")


def test_a_link_that_is_gone_says_so(address: str, browser_page: Callable[..., Visit]) -> None:
    page = browser_page(WIDE).page
    page.goto(f"{address}/site?b=0000000000000000")
    page.wait_for_selector(READY)
    expect(page.locator("#failure")).to_contain_text("没有任务书")
    page.locator('[data-example="robots"]').click()
    page.wait_for_selector(ROWS)


def test_text_and_form_are_one_brief(decided: Callable[..., Page], tmp_path: Path) -> None:
    page = decided()
    with page.expect_response("**/api/site/text"):
        page.locator("#tab-text").click()
    area = page.locator("#brief-text")
    expect(area).to_have_value(re.compile(r'sector = "robots"'))
    text = area.input_value().replace("workers = 800", "workers = 950")
    area.fill(text)
    page.locator("#text-apply").click()
    expect(page.locator('[id="f-project.workers"]')).to_have_value("950")
    file = tmp_path / "brief.json"
    file.write_text(json.dumps({"project": {"sector": "fibre", "workers": 12}}), "utf-8")
    page.locator("#brief-file").set_input_files(file)
    expect(page.locator('[id="f-project.sector"]')).to_have_value("fibre")


def test_own_parcels_are_uploaded(opened: Callable[..., Page], tmp_path: Path) -> None:
    page = opened()
    file = tmp_path / "parcels.geojson"
    square = shapely.box(120.002, 30.002, 120.004, 30.004)
    file.write_text(
        gpd.GeoDataFrame({"name": ["地块一"]}, geometry=[square], crs="OGC:CRS84").to_json(),
        "utf-8",
    )
    page.get_by_role("radio", name="自有地块").click()
    page.locator('[id="f-candidates.features"]').set_input_files(file)
    expect(page.locator("#parcels-said")).to_have_text("已读入 1 个地块")
    given = page.evaluate("geoplan.site.form.read().candidates")
    assert given["kind"] == "file"
    assert given["features"]["features"][0]["properties"]["name"] == "地块一"


def test_own_exclusion_areas_are_a_rule_of_the_brief(
    decided: Callable[..., Page], tmp_path: Path
) -> None:
    page = decided()
    file = tmp_path / "red <b>line.geojson"
    square = shapely.box(120.002, 30.002, 120.004, 30.004)
    file.write_text(gpd.GeoDataFrame(geometry=[square], crs="OGC:CRS84").to_json(), "utf-8")
    page.get_by_text("不可", exact=True).click()
    page.locator("#exclusion-file").set_input_files(file)
    expect(page.locator("#exclusion-said")).to_contain_text("已读入 1 个要素：red <b>line.geojson")
    page.locator("#exclusion-distance").fill("0.3")
    rules = page.evaluate("geoplan.site.form.read().rules")
    assert [(rule["id"], rule["measure"], rule["most"]) for rule in rules] == [
        ("own-exclusion", "distance_m", 300)
    ]
    assert len(rules[0]["features"]["features"]) == 1
    page.locator("#decide").click()
    expect(page.locator("#key")).to_contain_text("自有排除范围")
    page.evaluate("geoplan.site.form.fill(geoplan.site.form.read())")
    expect(page.locator("#exclusion-distance")).to_have_value("0.3")
    page.locator("#exclusion-remove").click()
    assert page.evaluate("geoplan.site.form.read().rules") is None


# ---- languages, safety
def unmarked(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """() => {
            const found = [];
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const own = walk.currentNode.parentElement;
                if (own.closest('script, textarea, [lang^="zh"]')) continue;
                if (/[\\u3400-\\u9fff]/.test(walk.currentNode.data)) found.push(walk.currentNode.data);
            }
            for (const one of document.querySelectorAll("[title], [aria-label], [placeholder]")) {
                if (one.closest('[lang^="zh"]')) continue;
                for (const name of ["title", "aria-label", "placeholder"]) {
                    if (/[\\u3400-\\u9fff]/.test(one.getAttribute(name) || "")) found.push(one.getAttribute(name));
                }
            }
            return found;
        }"""
    )
    return found


def test_english_is_english_all_over(decided: Callable[..., Page]) -> None:
    page = decided("?lang=en")
    page.locator('tr[data-id="in-water"]').click()
    assert unmarked(page) == []
    page.locator('tr[data-id="east-works"]').click()
    for tab in ("rules", "criteria", "compare", "ranking"):
        page.locator(f"#results-{tab}").click()
        assert unmarked(page) == [], tab
    pull(page, "airport_m", 60)
    assert unmarked(page) == []
    page.get_by_role("button", name="In pairs").click()
    expect(page.locator("#sheet")).to_contain_text("agree")
    assert unmarked(page) == []


def test_names_that_look_like_markup_stay_text(decided: Callable[..., Page]) -> None:
    page = decided()
    page.locator('tr[data-id="evil"]').click()
    expect(page.locator("#drawer h2")).to_have_text(site_records.SCRIPT)
    page.locator("#results-compare").click()
    page.get_by_label("第一个候选地").select_option("evil")
    expect(page.locator("table.compared thead")).to_contain_text("<img src=x")
    page.mouse.move(*where(page, "evil"))
    expect(page.locator("#tip")).to_contain_text("<img src=x")
    assert page.locator("img:not(.leaflet-tile)").count() == 0
    assert page.evaluate("window.ran") is None


def test_without_a_disk_the_page_says_what_is_lost(
    tmp_path: Path, browser_page: Callable[..., Visit], live: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(siting, "decided", decide)
    app = create_app(TINY, {"WORKSPACE": tmp_path / "file", "TESTING": True})
    visit = browser_page(WIDE)
    visit.page.goto(f"{live(app)}/site")
    visit.page.wait_for_selector(READY)
    visit.page.locator('[data-example="robots"]').click()
    expect(visit.page.locator(".warning")).to_contain_text("不能保存任务书")
    visit.page.locator(".take summary").click()
    with visit.page.expect_download() as taken:
        visit.page.get_by_role("button", name="决策记录（JSON）").click()
    assert json.loads(Path(taken.value.path()).read_text("utf-8"))["version"] == 1
    visit.assert_clean()


def test_a_record_is_taken_along_and_replayed(decided: Callable[..., Page], tmp_path: Path) -> None:
    page = decided()
    page.locator(".take summary").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="决策记录（JSON）").click()
    assert taken.value.suggested_filename.endswith(".json")
    file = tmp_path / "record.json"
    taken.value.save_as(file)
    page.locator("#tab-text").click()
    page.route(
        "**/api/site/replay",
        lambda route: route.fulfill(
            json={"same": False, "causes": [{"zh": "文件 data/hubs.csv 已改动。", "en": "changed"}],
                  "effects": [{"zh": "北场：名次 3 → 2。", "en": "rank"}]}
        ),
    )  # fmt: skip
    page.locator("#brief-file").set_input_files(file)
    expect(page.locator(".text-said")).to_contain_text("data/hubs.csv 已改动")
    expect(page.locator(".text-said")).to_contain_text("名次 3 → 2")


# ---- a grid explored
def test_a_grid_shows_its_best_areas_and_explains_a_cell(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator('[id="f-project.sector"]').select_option("robots")
    page.locator('[id="f-project.land"]').fill("150")
    page.get_by_role("radio", name="格网").click()
    page.locator('[id="f-candidates.cell_m"]').select_option("100")
    page.locator("#decide").click()
    rows = page.locator("table.areas tr[data-area]")
    expect(rows.first).to_contain_text("甲区")
    expect(page.locator("img.surface")).to_have_count(1)
    expect(page.locator("#key")).to_contain_text("待核")
    rows.first.click()
    drawer = page.locator("#drawer")
    expect(drawer).to_contain_text("没有可选格网得分更高")
    expect(drawer.locator(".contributions tbody tr")).to_have_count(5)
    expect(drawer).to_contain_text("规则核对")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    before = rows.first.inner_text()
    with page.expect_response("**/api/site/explore"):
        pull(page, "airport_m", 90)
    expect(page.locator("#decide")).not_to_have_attribute("aria-busy", "true")
    page.locator(".area-form input[name=mu]").fill("300")
    with page.expect_response("**/api/site/explore"):
        page.get_by_role("button", name="查找").click()
    expect(rows.first).to_contain_text("300 亩")
    assert rows.first.inner_text() != before
    page.get_by_role("tab", name=re.compile("规则")).click()
    expect(page.locator("table.rules")).to_contain_text("须在三区之内")
    page.locator("#tab-form").click()
    page.get_by_role("radio", name="规划平台").click()
    page.locator("#decide").click()
    page.locator("#results-ranking").click()
    expect(page.locator(ROWS).first).to_be_visible()
    expect(page.locator("img.surface")).to_have_count(0)
