import copy
import io
import itertools
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
import shapely
from conftest import TINY
from hypothesis import given, settings
from hypothesis import strategies as st
from siterecords import hostile, parcel_record, platform_record

import geoplan
from geoplan.errors import OutputError, QuestionError
from geoplan.exchange.decisions.siteaccount import EXTENTS, account
from geoplan.exchange.decisions.sitemap import SiteMap
from geoplan.exchange.decisions.sitepage import BOTTOM, LEFT, PAGE_MM, RIGHT, Page
from geoplan.exchange.decisions.sitesheet import compose, sheet, sheet_docx, sheet_name, sheet_pdf
from geoplan.exchange.decisions.sitewords import (
    percent,
    quantity,
    share_with_error,
    value_change,
    weight_change,
)
from geoplan.exchange.prints.folding import folded, width_em
from geoplan.exchange.prints.lettering import MM_PER_POINT, width_mm

DAY = date(2026, 11, 23)
Record = dict[str, Any]


@pytest.fixture(scope="module")
def tiny() -> geoplan.Plan:
    return geoplan.open_plan(TINY)


@pytest.fixture(scope="module")
def told(tiny: geoplan.Plan) -> Record:
    return parcel_record(tiny)


@pytest.fixture
def record(told: Record) -> Record:
    """A record that a test may change."""
    return copy.deepcopy(told)


def ids_of(record: Record) -> dict[str, str]:
    """One site of each kind: the first, one behind, one not known, one excluded."""
    of = {state: [s["id"] for s in record["sites"] if s["state"] == state] for state in
          ("allowed", "unknown", "excluded")}  # fmt: skip
    return {"first": of["allowed"][0], "behind": of["allowed"][4],
            "unknown": of["unknown"][0], "excluded": of["excluded"][0]}  # fmt: skip


def laid_out(
    record: Record, plan: geoplan.Plan, kind: str, language: Any = "zh"
) -> tuple[Page, SiteMap]:
    return compose(record, ids_of(record)[kind], plan, language, printed_on=DAY)


def text_of(page: Page) -> str:
    return "".join(words.text for words in page.words).replace(" ", "")


# ---- where things stand


@pytest.mark.parametrize("kind", ["first", "behind", "unknown", "excluded"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("is_hostile", [False, True])
def test_no_words_cover_others_or_leave_the_page(
    told: Record, tiny: geoplan.Plan, kind: str, language: Any, is_hostile: bool
) -> None:
    page, drawn = laid_out(hostile(told) if is_hostile else told, tiny, kind, language)
    boxes = [shapely.box(*words.box()) for words in page.words]
    inner = shapely.box(LEFT - 0.1, BOTTOM - 0.5, PAGE_MM[0] - RIGHT + 0.4, PAGE_MM[1])
    for words, box in zip(page.words, boxes, strict=True):
        assert inner.contains(box), words.text
    for one, other in itertools.combinations(range(len(boxes)), 2):
        shared = boxes[one].intersection(boxes[other]).area
        assert shared < 0.02, (page.words[one].text, page.words[other].text)
    ground = page.map_box
    area = shapely.box(ground.left, ground.bottom, ground.right, ground.top)
    assert not [w.text for w, b in zip(page.words, boxes, strict=True) if area.intersects(b)]
    assert drawn.outer == ground
    assert ground.height > 60
    # Bars stay in their column.
    for item in page.areas:
        assert item.box.left >= LEFT - 0.1
        assert item.box.right <= PAGE_MM[0] - RIGHT + 0.1


def test_what_is_shortened_is_told(told: Record, tiny: geoplan.Plan) -> None:
    page, _ = laid_out(told, tiny, "first")
    assert not page.is_shortened
    assert "有删节" not in text_of(page)
    page, _ = laid_out(hostile(told), tiny, "first")
    assert page.is_shortened
    assert "有删节，全文见决策记录" in text_of(page)
    page, _ = laid_out(hostile(told), tiny, "excluded", "en")
    assert "Shortenedinthedecisionrecord" in text_of(page).replace(";infull", "")


def test_shortening_drops_the_least_first(told: Record, tiny: geoplan.Plan) -> None:
    whole = account(told, ids_of(told)["first"], tiny, "zh", DAY)
    last = whole
    for extent in EXTENTS:
        cut = whole.cut(extent)
        assert len(cut.reasons) <= len(last.reasons)
        assert cut.reasons == whole.reasons[: len(cut.reasons)]
        assert len(cut.bars) <= extent.bars
        # The bars always add up.
        assert sum(bar.adds for bar in cut.bars) == pytest.approx(sum(b.adds for b in whole.bars))
        last = cut
    assert last.is_shortened
    assert len(last.reasons) >= 4
    assert not whole.cut(EXTENTS[0]).is_shortened


@settings(max_examples=40, deadline=None)
@given(
    st.text(alphabet="甲乙丙，。（）“”—ab c1.2 %±−km", max_size=120),
    st.floats(8, 60),
    st.integers(1, 4),
)
def test_lines_are_no_wider_than_asked(text: str, width: float, most: int) -> None:
    lines, is_cut = folded(text, width, 8.0, most)
    assert len(lines) <= most
    for line in lines:
        assert width_em(line) * 8 * MM_PER_POINT <= width
        # The sum of the letters is what is drawn, kerning aside.
        assert width_mm(line, 8.0) <= width * 1.01
    if not is_cut:
        assert "".join("".join(lines).split()) == "".join(text.split())
    else:
        assert lines[-1].endswith("…")


def test_lines_break_where_they_may() -> None:
    lines, _ = folded("距离 27.2 公里，其中 9 % 是（甲）", 18, 8.0, 9)
    assert lines == ("距离", "27.2 公里，其", "中 9 % 是", "（甲）")
    for line in lines:
        assert line[0] not in "，）%公"
        assert line[-1] != "（"
    # A word wider than the line is torn, nothing is lost.
    lines, _ = folded("x" * 60, 14, 8.0, 99)
    assert "".join(lines) == "x" * 60


# ---- what it says


def test_the_sheet_says_what_was_asked_and_answered(told: Record, tiny: geoplan.Plan) -> None:
    page, _ = laid_out(told, tiny, "first")
    text = text_of(page)
    site = told["sites"][0]
    for said in (
        "工业机器人整机厂", "机器人产业", "投资10亿元", "用地150亩", "用工800人", "自有地块12处",
        site["zh"], "第1名（8处可选）", "在63%±1%的权重组合中排第一",
        f"综合得分{site['score'] * 100:.1f}/100", "名次范围1–4",
        "经办人", "复核人", "负责人", "日期", "2026-11-22", "2026-11-23", "geoplan0.1.0", "种子1",
        told["plan"]["hash"], told["result"], "三方块规划",
    ):  # fmt: skip
        assert said in text, said
    english = text_of(laid_out(told, tiny, "first", "en")[0])
    for said in ("Rank1of8", "firstin63%±1%ofweightings", "CNY1bn", "Preparedby", "Approvedby"):
        assert said in english, said


def test_every_reason_has_the_plans_own_words(told: Record, tiny: geoplan.Plan) -> None:
    page, _ = laid_out(told, tiny, "first")
    text = text_of(page)
    quoted = [r for r in told["sites"][0]["reasons"] if r["cite"]]
    assert len(quoted) >= 4
    for reason in quoted:
        assert f"“{reason['cite']['quote']}”".replace(" ", "") in text
        assert reason["cite"]["locus"].replace(" ", "") in text
    assert 4 <= len(page.account.reasons) <= 6


def test_what_was_not_read_is_not_shown_as_read(record: Record, tiny: geoplan.Plan) -> None:
    record["sites"][0]["reasons"][0]["cite"] |= {"basis": "inferred", "note": "按名称推断"}
    page, _ = laid_out(record, tiny, "first")
    assert "（推断：按名称推断）" in text_of(page)


def test_the_strongest_reason_of_each_criterion_comes_first(
    record: Record, tiny: geoplan.Plan
) -> None:
    site = record["sites"][0]
    key = max(site["contributions"], key=lambda name: site["contributions"][name])
    cite = site["reasons"][0]["cite"]
    site["reasons"] = [
        {"criterion": key, "zh": f"句{i}", "en": f"s{i}", "cite": cite} for i in range(9)
    ] + [{"criterion": "rail_m", "zh": "另一", "en": "other", "cite": cite}]
    page, _ = laid_out(record, tiny, "first")
    assert [reason.text for reason in page.account.reasons][:3] == ["句0", "另一", "句1"]


def test_bars_are_the_contributions_with_measured_values(told: Record, tiny: geoplan.Plan) -> None:
    page, _ = laid_out(told, tiny, "behind")
    site = next(s for s in told["sites"] if s["id"] == ids_of(told)["behind"])
    bars = {bar.name: bar for bar in page.account.bars}
    assert sum(bar.adds for bar in bars.values()) == pytest.approx(site["score"], abs=1e-5)
    rail = bars["铁路车站直线距离"]
    assert rail.adds == site["contributions"]["rail_m"]
    assert rail.measured.endswith(("公里", "米"))
    airport = bars["机场直线距离"]
    assert (airport.measured, airport.adds, airport.low) == ("不详", 0.0, 0.0)
    assert airport.high == pytest.approx(airport.weight)
    assert "不详的准则按0分计" in text_of(page)
    weights = [bar.weight for bar in page.account.bars]
    assert weights == sorted(weights, reverse=True)


def test_the_first_site_says_why_the_next_two_lose(told: Record, tiny: geoplan.Plan) -> None:
    page, _ = laid_out(told, tiny, "first")
    heads = [note.head for note in page.account.against]
    assert [head[:5] for head in heads] == ["第 2 名", "第 3 名"]
    first, second = told["sites"][:2]
    gap = (first["score"] - second["score"]) * 100
    assert f"低 {gap:.1f} 分" in heads[0]
    flip = second["flips"]["values"][0]
    assert quantity(flip["to"], flip["unit"], "zh", "up") in " ".join(page.account.against[0].body)
    changes = " ".join(page.account.changes)
    assert "权重由" in changes
    assert "63 % ± 1 %" in changes
    assert "TOPSIS 第 1" in changes
    assert "另有 2 处因资料不足未参加排名" in changes


def test_a_losing_site_says_what_would_make_it_first(told: Record, tiny: geoplan.Plan) -> None:
    page, _ = laid_out(told, tiny, "behind")
    assert page.account.against_title == "为什么不是第一"
    assert page.account.against[0].head.startswith("第 1 名")
    assert [note.head[:5] for note in page.account.against] == ["第 1 名", "第 4 名"]
    site = next(s for s in told["sites"] if s["id"] == ids_of(told)["behind"])
    weight = site["flips"]["weights"][0]
    expected = f"{percent(weight['from'])} 升到 {percent(weight['to'], 'up')}时，本处排第一"
    assert expected in " ".join(page.account.changes)


def test_an_excluded_site_says_rule_clause_value_and_margin(
    told: Record, tiny: geoplan.Plan
) -> None:
    page, _ = laid_out(told, tiny, "excluded")
    site = next(s for s in told["sites"] if s["id"] == ids_of(told)["excluded"])
    check = site["checks"][0]
    text = text_of(page)
    assert "排除：不符合硬性条件" in text
    assert f"距饮用水源地不少于500米（差{-check['margin']:.0f}米）" in text
    assert "饮用水水源二级保护区内禁止新建" in text
    assert check["zh"].replace(" ", "") in text
    assert f"再好{-check['margin']:.0f}米" in text
    assert re.search(r"若因此可选，按参考得分排第\d名（共9处）", text)
    # Why not comes before what speaks for it.
    assert text.index("为什么不能选") < text.index("它的有利条件")


def test_an_unknown_site_says_what_is_missing(told: Record, tiny: geoplan.Plan) -> None:
    page, _ = laid_out(told, tiny, "unknown")
    text = text_of(page)
    assert "待核实：资料不足以判定" in text
    assert "规划没有写明面积" in text
    assert "查明“载明面积不小于用地需求”所需的资料" in text
    assert "名次范围" not in text


def test_a_sheet_ages(told: Record, tiny: geoplan.Plan) -> None:
    assert "时效提示" in text_of(laid_out(told, tiny, "first")[0])
    young, _ = compose(told, ids_of(told)["first"], tiny, "zh", printed_on=date(2021, 6, 1))
    assert young.account.alerts == ()


def test_a_plan_that_changed_since_is_told(record: Record, tiny: geoplan.Plan) -> None:
    assert "已改变" not in text_of(laid_out(record, tiny, "first")[0])
    record["plan"]["hash"] = "0" * 64
    assert "计划数据在决策之后已改变" in text_of(laid_out(record, tiny, "first")[0])


@settings(max_examples=200, deadline=None)
@given(st.floats(0.01, 1e7), st.sampled_from(["m", "wanyuan", "firms", "share", "km2"]))
def test_a_threshold_is_never_rounded_over_the_edge(value: float, unit: str) -> None:
    def written(text: str) -> float:
        figure = float(re.sub(r"[^0-9.]", "", text.replace("km²", "")))
        scale = {"公里": 1000, "亿元": 1e4, "%": 0.01}.get(text.rsplit(" ", 1)[-1], 1)
        return figure * scale

    low, high = (quantity(value, unit, "zh", side) for side in ("down", "up"))  # type: ignore[arg-type]
    assert written(low) <= value * (1 + 1e-6) or low.startswith("<")
    assert written(high) >= value * (1 - 1e-6)
    assert written(high) - written(low) <= value * 0.011 or value < 0.1
    weight = min(value / 1e7, 1.0)
    assert float(percent(weight, "down")[:-2]) <= weight * 100 + 1e-9
    assert float(percent(weight, "up")[:-2]) >= weight * 100 - 1e-9


def test_a_flip_is_told_with_a_change_that_suffices() -> None:
    near = {"id": "rail_m", "zh": "车站距离", "en": "Way to a station", "unit": "m"}
    flip = {"criterion": "rail_m", "from": 18_432.0, "to": 6_347.8, "unit": "m"}
    assert value_change(flip, near, "zh") == "“车站距离”由 18.4 公里降到 6.34 公里"
    flip = {"criterion": "rail_m", "from": None, "to": 950.4, "unit": "m"}
    assert value_change(flip, near, "en") == '"Way to a station" rises from not known to 951 m'
    weight = {"criterion": "rail_m", "from": 0.1, "to": 0.20001}
    assert weight_change(weight, near, "zh") == "“车站距离”的权重由 10 % 升到 20.1 %"
    weight = {"criterion": "rail_m", "from": 0.1, "to": 0.0599}
    assert weight_change(weight, near, "en").endswith("falls from 10 % to 5.9 %")


def test_the_smallest_change_of_a_weight_is_told_whoever_wins(
    record: Record, tiny: geoplan.Plan
) -> None:
    winner = record["sites"][5]
    winner["flips"]["weights"] = [{"criterion": "rail_m", "from": 0.05, "to": 0.07}]
    page, _ = laid_out(record, tiny, "first")
    assert page.account.changes[0] == (
        f"最小的权重变化：“铁路车站直线距离”的权重由 5 % 升到 7 %时，{winner['zh']}排第一。"
    )
    for site in record["sites"]:
        site["flips"] = {"weights": [], "values": []}
    page, _ = laid_out(record, tiny, "first")
    assert page.account.changes[0].startswith("单独改变任何一项权重，都没有")
    assert "任何单项权重或实测值的改变都不能使它排第一。" in page.account.against[0].body


def test_shares_say_how_sure_they_are() -> None:
    assert share_with_error({"share": 0.9996, "error": 0.000628}) == "99.96 % ± 0.06 %"
    assert share_with_error({"share": 1.0, "error": 0.0}) == "100 %"
    assert share_with_error(None) == "–"


# ---- the map


def test_an_approximate_site_is_dashed_and_an_exact_one_is_not(
    told: Record, tiny: geoplan.Plan
) -> None:
    _, drawn = laid_out(told, tiny, "first")
    site = next(mark for mark in drawn.marks if mark.key == "site")
    assert site.style.dash_pt == ()
    assert site.label == "本处"
    wide = platform_record(tiny)
    _, drawn = compose(wide, wide["sites"][0]["id"], tiny, "zh", printed_on=DAY)
    site = next(mark for mark in drawn.marks if mark.key == "site")
    assert site.style.dash_pt
    assert "虚线" in site.label


def test_the_map_shows_neighbours_hubs_and_scale(told: Record, tiny: geoplan.Plan) -> None:
    _, drawn = laid_out(told, tiny, "first")
    keys = {mark.key for mark in drawn.marks}
    assert keys >= {"site", "hub:rail_m", "straight lines", "neighbours:allowed",
                    "neighbours:excluded", "neighbours:unknown", "layer:districts"}  # fmt: skip
    hub = next(mark for mark in drawn.marks if mark.key == "hub:rail_m")
    way = told["sites"][0]["measured"]["rail_m"]["best"]
    # The record's own distance.
    assert hub.label == f"铁路车站 {quantity(way, 'm', 'zh')}"
    west, _, east, _ = drawn.bounds_m
    assert (east - west) / drawn.frame.width * 1000 == pytest.approx(drawn.scale, rel=1e-9)
    assert drawn.bar.length_mm * drawn.scale / 1000 == pytest.approx(drawn.bar.length_m)
    legend = {entry.text for row in drawn.rows for _, entry in row}
    assert legend == {mark.label for mark in drawn.marks if mark.label}
    assert any("来源：" in note for note in drawn.notes)
    labels = {item.label.lines[0] for item in drawn.labels}
    assert told["sites"][0]["zh"] in labels


def test_the_legend_stays_in_the_maps_width(told: Record, tiny: geoplan.Plan) -> None:
    _, drawn = laid_out(hostile(told), tiny, "first", "en")
    for row in drawn.rows:
        left, last = row[-1]
        assert left + width_mm(last.text, 5.6) + 6 <= drawn.outer.width or len(row) == 1
    for record in (hostile(told), told):
        _, drawn = laid_out(record, tiny, "first")
        lines = [2.9 * len(drawn.rows), 4.8 * MM_PER_POINT * 1.3 * len(drawn.notes)]
        assert drawn.frame.bottom - drawn.outer.bottom >= sum(lines)
        assert len(drawn.rows) > 1


def test_what_is_known_to_a_district_is_no_point(tiny: geoplan.Plan) -> None:
    record = platform_record(tiny)
    site = record["sites"][0] | {"accuracy_m": None}
    record["sites"] = [site, copy.deepcopy(site) | {"id": "other", "rank": 2}]
    record["counts"] |= {"candidates": 2}
    _, drawn = compose(record, site["id"], tiny, "zh", printed_on=DAY)
    keys = {mark.key for mark in drawn.marks}
    assert "straight lines" not in keys
    assert "neighbours:allowed" not in keys
    assert any("只知到区县" in note for note in drawn.notes)


def test_a_site_without_a_place_says_so(record: Record, tiny: geoplan.Plan) -> None:
    record["brief"] = {}
    record["sites"][0] |= {"lon": None, "lat": None}
    page, drawn = laid_out(record, tiny, "first")
    assert "site" not in {mark.key for mark in drawn.marks}
    assert any("位置不详" in note for note in drawn.notes)
    assert "位置不详" in text_of(page)


# ---- the files


def test_the_pdf_is_one_page_to_sign(told: Record, tiny: geoplan.Plan) -> None:
    content = sheet_pdf(told, ids_of(told)["first"], tiny, printed_on=DAY)
    boxes = re.findall(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]", content)
    assert len(boxes) == 1
    assert [float(side) / 72 * 25.4 for side in boxes[0]] == pytest.approx(PAGE_MM, abs=0.01)
    assert set(re.findall(rb"/Subtype /(Type\d)", content)) == {b"Type3"}
    again = sheet_pdf(told, ids_of(told)["first"], tiny, printed_on=DAY)
    assert content == again


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_hostile_names_are_text(told: Record, tiny: geoplan.Plan, form: Any) -> None:
    bad = hostile(told)
    before = copy.deepcopy(bad)
    for kind in ("first", "excluded"):
        assert len(sheet(bad, ids_of(bad)[kind], tiny, form, printed_on=DAY)) > 10_000
    assert bad == before


def opened(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def words_of(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        xml = package.read("word/document.xml").decode()
    return "".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", xml)).replace("\u00a0", " ")


@pytest.mark.parametrize("kind", ["first", "excluded"])
def test_the_word_file_says_the_same(told: Record, tiny: geoplan.Plan, kind: str) -> None:
    site = ids_of(told)[kind]
    said = words_of(sheet_docx(told, site, tiny, printed_on=DAY))
    page, _ = compose(told, site, tiny, "zh", printed_on=DAY)
    held = page.account
    for text in (
        held.title, *held.project, held.site, held.about, held.verdict, *held.verdict_lines,
        *(r.text for r in held.reasons), *(r.quote for r in held.reasons),
        *(line for note in held.against for line in (note.head, *note.body)), *held.changes,
        *held.caveats, *held.alerts, *held.signatures, *held.identity,
        *(bar.measured for bar in held.bars),
    ):  # fmt: skip
        assert text.strip() in said, text


def test_the_word_file_can_be_edited(told: Record, tiny: geoplan.Plan) -> None:
    content = sheet_docx(told, ids_of(told)["first"], tiny, printed_on=DAY)
    document = opened(content)
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert len(document.inline_shapes) == 1
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = package.namelist()
        everything = b"".join(package.read(name) for name in names)
        xml = package.read("word/document.xml").decode()
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert 'w:eastAsia="SimSun"' in xml
    assert 'w:eastAsia="Microsoft YaHei"' in xml
    assert "<w:tblHeader/>" in xml
    # Nobody else's name, program or picture comes with it.
    assert b"python-docx" not in everything
    assert b"Macintosh" not in everything
    assert not [name for name in names if "thumbnail" in name]
    facts = document.core_properties
    assert (facts.author, facts.last_modified_by, facts.language) == ("geoplan", "geoplan", "zh-CN")
    assert "工业机器人整机厂" in facts.title
    assert str(facts.created)[:16] == "2026-11-22 08:00"
    signing = document.tables[-1]
    assert [cell.text for cell in signing.rows[0].cells] == ["经办人", "复核人", "负责人", "日期"]
    assert content == sheet_docx(told, ids_of(told)["first"], tiny, printed_on=DAY)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_the_word_file_is_one_page(told: Record, tiny: geoplan.Plan, tmp_path: Path) -> None:
    files = []
    for name, record in (("plain", told), ("long", hostile(told))):
        for kind, language in (("first", "zh"), ("behind", "en"), ("excluded", "zh")):
            path = tmp_path / f"{name}-{kind}.docx"
            path.write_bytes(sheet_docx(record, ids_of(record)[kind], tiny, language))  # type: ignore[arg-type]
            files.append(path)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless",
               "--convert-to", "pdf", "--outdir", str(tmp_path), *map(str, files)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for path in files:
        pages = re.findall(rb"/Type\s*/Page\b", path.with_suffix(".pdf").read_bytes())
        assert len(pages) == 1, path.name


def test_the_name_of_the_file_is_safe(told: Record) -> None:
    name = sheet_name(told, told["sites"][0]["id"], "zh", "pdf")
    assert name == "工业机器人整机厂-地块3号-2026-11-22.pdf"
    bad = hostile(told)
    for site in bad["sites"]:
        assert re.fullmatch(r"[\w.-]{1,120}\.docx", sheet_name(bad, site["id"], "en", "docx"))


def test_what_cannot_be_printed_is_refused(told: Record, tiny: geoplan.Plan) -> None:
    site = ids_of(told)["first"]
    for write in (
        lambda: sheet_pdf(told, "none", tiny),
        lambda: sheet_pdf({"format": "x", "sites": []}, site, tiny),
        lambda: sheet_pdf(told, site, tiny, "fr"),  # type: ignore[arg-type]
        lambda: sheet(told, site, tiny, "doc"),  # type: ignore[arg-type]
    ):
        with pytest.raises(QuestionError):
            write()


def test_without_python_docx_it_says_what_to_install(
    told: Record, tiny: geoplan.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(OutputError, match="geoplan\\[map\\]"):
        sheet_docx(told, ids_of(told)["first"], tiny)
