import re
import shutil
import struct
import subprocess
import sys
import threading
import zlib
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import TINY, edit_layer, set_cell

import geoplan
from geoplan.errors import OutputError, QuestionError
from geoplan.exchange.prints import lettering
from geoplan.exchange.prints.lettering import Label, drawable, place_labels, width_mm, wrapped
from geoplan.exchange.prints.pictures import View, compose, draw, file_name
from geoplan.exchange.prints.sheet import request_of
from geoplan.exchange.prints.showing import layer_keys, marks_of

DAY = date(2026, 11, 22)
FORMS = ("png", "pdf", "svg")
SVG = "{http://www.w3.org/2000/svg}"
WEST_HALF = (120.0, 30.0, 120.01, 30.005)


@pytest.fixture(scope="module")
def tiny() -> geoplan.Plan:
    return geoplan.open_plan(TINY)


def view(**fields: Any) -> View:
    return View(**{"drawn_on": DAY, **fields})


def keys_of(plan: geoplan.Plan, **fields: Any) -> list[str]:
    return [entry.key for entry in compose(plan, view(**fields)).legend]


def png_size(content: bytes) -> tuple[int, int]:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert content.endswith(b"IEND" + struct.pack(">I", zlib.crc32(b"IEND")))
    return struct.unpack(">II", content[16:24])


# ---- the files


@pytest.mark.parametrize(
    ("paper", "orientation", "size"),
    [
        ("A4", "landscape", (3508, 2480)),
        ("A4", "portrait", (2480, 3508)),
        ("A3", "landscape", (4134, 2923)),
    ],
)
def test_a_png_has_the_pixels_of_its_paper(
    tiny: geoplan.Plan, paper: Any, orientation: Any, size: tuple[int, int]
) -> None:
    content = draw(tiny, view(by="district", paper=paper, orientation=orientation), "png")
    assert png_size(content) == size


@pytest.mark.parametrize(("paper", "size"), [("A4", (297, 210)), ("A3", (420, 297))])
def test_a_pdf_is_one_page_of_its_paper_with_its_font_inside(
    tiny: geoplan.Plan, paper: Any, size: tuple[int, int]
) -> None:
    content = draw(tiny, view(paper=paper), "pdf")
    assert content.startswith(b"%PDF-1.")
    assert content.rstrip().endswith(b"%%EOF")
    boxes = re.findall(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]", content)
    assert len(boxes) == 1
    assert [float(side) / 72 * 25.4 for side in boxes[0]] == pytest.approx(size, abs=0.01)
    assert set(re.findall(rb"/Type /Font /Subtype /(\w+)", content)) | set(
        re.findall(rb"/Subtype /(Type\d|TrueType)", content)
    ) == {b"Type3"}


def test_an_svg_needs_no_font_and_no_other_file(tiny: geoplan.Plan) -> None:
    content = draw(tiny, view(by="grid"), "svg")
    root = ElementTree.fromstring(content)
    assert root.tag == f"{SVG}svg"
    assert [float(root.attrib[side].removesuffix("pt")) for side in ("width", "height")] == (
        pytest.approx([297 / 25.4 * 72, 210 / 25.4 * 72], abs=0.01)
    )
    assert not root.findall(f".//{SVG}text")
    assert not re.search(rb'href="(?!#)', content)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_view_gives_the_same_bytes(tiny: geoplan.Plan, form: Any) -> None:
    asked = view(by="district", selected="projects:p2")
    again = geoplan.open_plan(TINY)
    assert draw(tiny, asked, form) == draw(again, asked, form)


def test_two_threads_draw_at_once(tiny: geoplan.Plan) -> None:
    asked = [view(by="district"), view(language="en", sector="robots")] * 2
    alone = [draw(tiny, one, "svg") for one in asked[:2]] * 2
    made: dict[int, bytes] = {}
    threads = [
        threading.Thread(target=lambda i=i: made.update({i: draw(tiny, asked[i], "svg")}))
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [made[i] for i in range(4)] == alone


def test_drawing_leaves_no_trace_in_matplotlib(tiny: geoplan.Plan) -> None:
    code = (
        "import sys, geoplan, matplotlib as mpl; from geoplan.exchange.prints.pictures import View, draw\n"
        "before = mpl.rcParams.copy()\n"
        f"draw(geoplan.open_plan({str(TINY)!r}), View(), 'svg')\n"
        "assert mpl.rcParams.copy() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_importing_pictures_does_not_load_matplotlib() -> None:
    code = "import sys, geoplan.exchange.prints.pictures; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- what is on the sheet


def test_the_legend_of_the_layout_is_what_is_shown(tiny: geoplan.Plan) -> None:
    assert keys_of(tiny) == [
        "projects:robots", "layer:platforms", "wing:east", "layer:districts",
    ]  # fmt: skip


def test_what_is_off_is_not_in_the_legend(tiny: geoplan.Plan) -> None:
    assert keys_of(tiny, layers=("districts",)) == ["layer:districts"]
    assert keys_of(tiny, layers=()) == []
    assert keys_of(tiny, layers=("platforms",), hidden=("p:park",)) == []
    assert keys_of(tiny, layers=("hubs", "districts_before")) == [
        "hub:rail_station", "layer:districts_before",
    ]  # fmt: skip


def test_what_lies_outside_the_frame_is_not_in_the_legend(tiny: geoplan.Plan) -> None:
    shown = ("hubs", "districts")
    assert "hub:rail_station" in keys_of(tiny, layers=shown)
    assert keys_of(tiny, layers=shown, bounds=WEST_HALF) == ["layer:districts"]


def test_the_legend_counts_each_class_and_keeps_zero_apart(tiny: geoplan.Plan) -> None:
    picture = compose(tiny, view(by="district", measure="investment_wanyuan", layers=()))
    # A: 100 + 200, B: 300, C: nothing.
    assert [(e.key, e.text) for e in picture.legend] == [
        ("class:1", "300 (2)"),
        ("class:0", "0（无） (1)"),
    ]
    zoomed = compose(
        tiny,
        view(
            by="district",
            measure="investment_wanyuan",
            layers=(),
            bounds=(120, 30, 120.004, 30.002),
        ),
    )
    assert [(e.key, e.text) for e in zoomed.legend] == [("class:1", "300 (1/2)")]


def test_no_data_is_hatched_and_not_a_class(folder: Path) -> None:
    set_cell(folder, "platforms", 2, "area_km2", "")
    picture = compose(geoplan.open_plan(folder), view(by="platform", layers=()))
    (entry,) = picture.legend
    assert entry.key == "class:nodata"
    assert entry.style.hatch


def test_no_data_never_covers_a_value(tiny: geoplan.Plan) -> None:
    marks = {mark.key: mark for mark in marks_of(request_of(tiny, view(by="platform", layers=())))}
    assert marks["class:nodata"].order < marks["class:0"].order < marks["class:1"].order


def test_every_area_drawn_has_the_colour_of_its_legend(tiny: geoplan.Plan) -> None:
    for asked in (view(), view(by="district"), view(sector="fibre"), view(by="grid")):
        picture = compose(tiny, asked)
        styles = {mark.key: mark.style for mark in picture.marks if mark.label}
        assert {entry.key: entry.style for entry in picture.legend} == styles


def test_a_sector_shades_its_districts_by_role(tiny: geoplan.Plan) -> None:
    assert "role:read" in keys_of(tiny, sector="fibre")
    assert not [k for k in keys_of(tiny, sector="fibre", shades_sector=False) if "role" in k]


def test_the_scale_bar_is_as_long_as_it_says(tiny: geoplan.Plan) -> None:
    for asked in (view(), view(paper="A3"), view(bounds=WEST_HALF), view(orientation="portrait")):
        picture = compose(tiny, asked)
        west, south, east, north = picture.bounds_m
        m_per_mm = (east - west) / picture.frame.width
        assert picture.bar.length_mm * m_per_mm == pytest.approx(picture.bar.length_m, rel=1e-12)
        assert (north - south) / picture.frame.height == pytest.approx(m_per_mm, rel=1e-12)
        assert picture.scale == pytest.approx(m_per_mm * 1000, rel=1e-12)
        assert re.fullmatch(r"[125]0*", f"{picture.bar.length_m:.0f}")


def test_a_kilometre_of_the_plan_is_a_kilometre_on_paper(tiny: geoplan.Plan) -> None:
    picture = compose(tiny, view(layers=("districts",)))
    mark = next(mark for mark in picture.marks if mark.key == "layer:districts")
    west, south, east, north = mark.shapes[0].bounds
    # The squares of the tiny plan have sides of 1 km.
    assert (east - west) * picture.scale / 1000 == pytest.approx(1000, rel=0.01)
    assert (north - south) * picture.scale / 1000 == pytest.approx(1000, rel=0.01)


def test_all_of_the_plan_is_in_the_frame(tiny: geoplan.Plan) -> None:
    west, south, east, north = compose(tiny, view()).bounds_m
    inner = tiny.layers["districts"].frame.total_bounds
    assert west < inner[0] < inner[2] < east
    assert south < inner[1] < inner[3] < north


def test_the_money_line_adds_up(tiny: geoplan.Plan) -> None:
    assert compose(tiny, view(by="district")).money_text == (
        "资金：落入分区 600 + 分区之外 0 + 仅知更粗位置 0 + 未落位 50 = 合计 650（万元）"
    )
    assert compose(tiny, view(language="en")).money_text == (
        "Money: on the map 3.00 + outside the frame 0.00 + known only more coarsely 3.00 "
        "+ not placed 0.50 = total 6.50 (CNY m)"
    )
    east = compose(tiny, view(bounds=(120.02, 30.0, 120.03, 30.009))).money
    assert (east.placed, east.outside) == (0, 300)
    for fields in ({}, {"sector": "robots"}, {"year": 2022}, {"without_largest": True}):
        for by in (None, "district", "grid"):
            line = compose(tiny, view(by=by, **fields)).money
            assert line.placed + line.outside + line.coarser + line.unplaced == line.total


def test_a_picture_says_what_it_shows_when_and_how_to_see_it_again(tiny: geoplan.Plan) -> None:
    asked = view(by="district", year=2022, without_largest=True, address="http://localhost:8000/")
    picture = compose(tiny, asked)
    assert picture.title == "三方块规划"
    assert "2022 年" in " ".join(picture.subtitle)
    assert "不含最大项目" in " ".join(picture.subtitle)
    foot = "".join(line.text for line in picture.foot)
    for said in (
        "规划示意，非测绘成果", "2026-11-22", "来源：三方块规划（2021-01-01 发布）", "EPSG:4549",
        "http://localhost:8000/?y=2022&x=1&lang=zh",
    ):  # fmt: skip
        assert said in foot


def test_a_picture_ages(tiny: geoplan.Plan) -> None:
    late = compose(tiny, view()).alerts
    assert any("2025 年末" in notice for notice in late)
    assert any("超出保鲜承诺" in notice for notice in late)
    assert compose(tiny, view(drawn_on=date(2021, 6, 1))).alerts == ()


def test_a_selected_subject_is_outlined_and_named(tiny: geoplan.Plan) -> None:
    picture = compose(tiny, view(selected="platforms:park"))
    assert [e.text for e in picture.legend if e.key == "selected"] == ["选中：甲区机器人园"]
    # p4 is nowhere: nothing to outline.
    assert "selected" not in keys_of(tiny, selected="projects:p4")
    with pytest.raises(QuestionError):
        compose(tiny, view(selected="platforms:none"))


def test_labels_keep_apart_and_inside() -> None:
    labels = [
        Label((f"name {i}",), ((10.0, 10.0), (30.0, 10.0), (100.0, 10.0)), 7, "#000000", i)
        for i in range(4)
    ]
    placed = place_labels(labels, 60, 20)
    # Two find a place (one of them the smaller letters), none overlaps or leaves the frame.
    assert [(item.x, item.label.priority) for item in placed] == [(10.0, 0), (30.0, 1)]


# ---- names that would break a picture


HOSTILE = [
    "$x^2$", r"$\frac{", "<b>&amp;</b>]]>", "😀🏭 emoji", "\x00\x1b[31m\u202e", "a\nb\tc", "%s {0} \\",
    "名" * 1365, "\ud800", "", "　",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_hostile_names_are_text(tmp_path: Path, form: Any) -> None:
    folder = Path(shutil.copytree(TINY, tmp_path / "plan"))

    def rename(content: dict[str, Any]) -> None:
        for number, feature in enumerate(content["features"]):
            feature["properties"]["name_zh"] = HOSTILE[number % 3]

    edit_layer(folder, "districts", rename)
    plan = geoplan.open_plan(folder)
    for table, column in (
        ("projects", "name_zh"),
        ("sectors", "name_zh"),
        ("platforms", "name_zh"),
    ):
        frame = plan.tables[table]
        plan.tables[table][column] = [HOSTILE[i % len(HOSTILE)] for i in range(len(frame))]  # type: ignore[index]
    names = iter(HOSTILE * 3)
    for layer in plan.layers.values():
        if layer.role in ("platforms", "wings"):
            layer.frame["name_zh"] = [next(names) for _ in range(len(layer.frame))]
    content = draw(plan, view(selected="projects:p1", address="http://h/$a$<&>"), form)
    assert len(content) > 10_000
    if form == "svg":
        ElementTree.fromstring(content)


@pytest.mark.parametrize("name", HOSTILE)
def test_any_title_can_be_drawn(tiny: geoplan.Plan, name: str) -> None:
    meta = geoplan.open_plan(TINY).meta
    object.__setattr__(meta, "title_zh", name)
    plan = geoplan.Plan(tiny.folder, meta, tiny.tables, tiny.layers)
    ElementTree.fromstring(draw(plan, view(layers=()), "svg"))
    written = file_name(plan, view(), "png")
    assert re.fullmatch(r"[\w.-]{1,200}\.png", written)


def test_a_text_keeps_what_the_font_has() -> None:
    assert drawable("$x^2$ <甲>\n&\u200b😀\ufe0f") == "$x^2$ <甲> &□"
    assert drawable(None) == drawable(float("nan")) == ""


def test_lines_are_no_wider_than_asked() -> None:
    text = "高端装备制造业 high-end equipment manufacturing, " * 5 + "x" * 300
    lines = wrapped(text, 40, 7)
    assert max(width_mm(line, 7) for line in lines) <= 40 * 1.06
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert wrapped(text, 40, 7, most_lines=2)[1].endswith("…")


def test_without_a_chinese_font_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from matplotlib import font_manager

    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    lettering.font_family.cache_clear()
    try:
        with pytest.raises(OutputError, match="fonts-noto-cjk"):
            lettering.font_family()
    finally:
        lettering.font_family.cache_clear()


# ---- the state of the page


def test_an_address_is_read_and_written_as_the_page_does(tiny: geoplan.Plan) -> None:
    keys = layer_keys(tiny)
    query = "l=g.d0.j&s=robots&y=2022&v=2021&x=1&c=30.0040,120.0100,14&o=platforms:park&lang=en"
    asked = View.from_query(dict(part.split("=") for part in query.split("&")))
    assert asked.layers == ("g", "d0", "j")
    assert (asked.by, asked.sector, asked.year, asked.vintage) == (None, "robots", 2022, "2021")
    assert asked.query(keys) == query
    assert keys_of(tiny, layers=asked.layers) == ["projects:robots", "wing:east", "layer:districts"]
    assert {keys["districts"], keys["districts_before"]} == {"d0", "d1"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"m": "n"},
        {"s": "robots"},
        {"s": "robots", "m": "d", "d": "wing.im.q.3"},
        {"s": "robots", "m": "n"},
        {"d": "hex.fk.n.7"},
        {"d": "platform.p", "l": "-"},
        {"h": "p:park", "l": "p.h"},
    ],
)
def test_a_written_address_gives_the_same_view(query: dict[str, str]) -> None:
    asked = View.from_query(query)
    again = View.from_query(dict(part.split("=") for part in asked.query().split("&")))
    assert asked == again


def test_bounds_become_a_centre_that_shows_them() -> None:
    asked = view(bounds=(120.0, 30.0, 120.1, 30.05))
    centre = dict(part.split("=") for part in asked.query().split("&"))["c"]
    west, south, east, north = View.from_query({"c": centre}).bounds or (0, 0, 0, 0)
    assert west <= 120.0 < 120.1 <= east
    assert south <= 30.0 < 30.05 <= north


@pytest.mark.parametrize(
    "query",
    [
        {"unknown": "1"}, {"d": "town"}, {"d": "district.money"}, {"d": "district.i.own"},
        {"d": "district.i.n.99"}, {"d": "a.b.c.d.e"}, {"y": "soon"}, {"x": "2"}, {"c": "1,2"},
        {"c": "nan,0,3"}, {"c": "95,0,3"}, {"b": "5,5,4,4"}, {"paper": "A0"}, {"lang": "fr"},
        {"m": "z"}, {"l": "a" * 81}, {"s": "x" * 3000},
    ],
)  # fmt: skip
def test_an_address_that_says_nothing_known_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(QuestionError):
        View.from_query(query)


@pytest.mark.parametrize(
    "fields", [{"layers": ("none",)}, {"sector": "none", "by": "grid"}, {"vintage": "soon"}]
)
def test_what_the_plan_has_not_is_refused(tiny: geoplan.Plan, fields: Any) -> None:
    with pytest.raises(QuestionError):
        compose(tiny, view(**fields))


def test_a_form_must_be_known(tiny: geoplan.Plan) -> None:
    with pytest.raises(QuestionError):
        draw(tiny, view(), "gif")  # type: ignore[arg-type]


# ---- the web


@pytest.fixture(scope="module")
def client() -> Any:
    from webmap import create_app

    app = create_app(TINY)
    app.testing = True
    return app.test_client()


@pytest.mark.parametrize(
    ("form", "kind"), [("png", "image/png"), ("pdf", "application/pdf"), ("svg", "image/svg+xml")]
)
def test_a_picture_is_downloaded(client: Any, form: str, kind: str) -> None:
    answer = client.get(f"/picture.{form}?d=district.p&lang=en&paper=A4")
    assert answer.status_code == 200
    assert answer.mimetype == kind
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="tiny.')
    assert (
        "filename*=UTF-8''Plan_of_three_squares-Projects-by_district-"
        in (answer.headers["Content-Disposition"])
    )
    again = client.get(
        f"/picture.{form}?d=district.p&lang=en&paper=A4",
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    "query", ["z=1", "paper=A9", "lang=en&paper=A4&paper=A3", "l=none", "o=a:b"]
)
def test_a_wrong_question_is_400(client: Any, query: str) -> None:
    assert client.get(f"/picture.png?{query}").status_code == 400


def test_there_are_three_forms(client: Any) -> None:
    assert client.get("/picture.gif").status_code == 404
