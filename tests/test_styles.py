from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, edit_layer, set_cell

import geoplan
from geoplan.exchange.outgoing.datasets import datasets
from geoplan.exchange.outgoing.looks import Condition, Look, Names, Rule, look_of
from geoplan.exchange.outgoing.styles import expression, qml
from geoplan.exchange.prints import marks
from geoplan.exchange.prints.marks import Style

PLAN = geoplan.open_plan(ROOT)


def looked(plan: geoplan.Plan, name: str, language: Any = "zh") -> tuple[Look, pd.DataFrame]:
    dataset = datasets(plan)[name]
    frame = dataset.flat(dataset.frame(plan))
    look = look_of(plan, dataset, frame, language)
    assert look is not None
    return look, frame


@pytest.mark.parametrize("name", [n for n, d in datasets(PLAN).items() if d.is_spatial])
def test_every_row_has_just_one_look(name: str) -> None:
    look, frame = looked(PLAN, name)
    met = np.array([rule.rows(frame) for rule in look.rules])
    assert (met.sum(axis=0) == 1).all()
    assert (look.rule_of(frame) == met.argmax(axis=0)).all()


def test_projects_have_the_colour_of_their_sector() -> None:
    look, frame = looked(PLAN, "projects")
    colours = PLAN.tables["sectors"].set_index("id")["colour"].to_dict()
    fine = ~frame["precision"].isin(["district", "unknown"])
    for rule, sector in zip(look.rule_of(frame)[fine], frame["sector_id"][fine], strict=True):
        style = look.rules[rule].style
        assert (style.fill, style.edge) == (colours[sector], colours[sector])
        assert style.dash_pt


def test_what_is_known_only_to_a_district_is_hidden_but_in_the_legend() -> None:
    look, frame = looked(PLAN, "projects")
    coarse = frame["precision"].isin(["district", "unknown"])
    shown = np.array([look.rules[r].is_shown for r in look.rule_of(frame)])
    assert (shown == ~coarse.to_numpy()).all()


def test_density_has_the_classes_of_our_maps_and_no_data_is_hatched() -> None:
    look, frame = looked(PLAN, "density_platform")
    unknown = frame["investment_wanyuan_per_km2"].isna().to_numpy()
    assert unknown.any()
    for row, rule in enumerate(look.rule_of(frame)):
        style = look.rules[rule].style
        assert bool(style.hatch) == unknown[row]
        assert style.dash_pt, "its outline is approximate"


@pytest.mark.parametrize("by", ["grid", "hex"])
def test_the_densest_lies_on_top_and_no_data_at_the_bottom(by: str) -> None:
    rules = looked(PLAN, f"density_{by}")[0].rules
    levels = [rule.level for rule in rules]
    assert levels == [*range(2, len(levels)), 1, 0]
    assert len(levels) > 4
    # Cells have no lines between them.
    assert all(rule.style.edge == rule.style.fill for rule in rules[:-2])
    assert not rules[-1].style.edge


def test_the_districts_shown_first_have_land_and_others_a_dashed_line() -> None:
    (first,), (other,) = (looked(PLAN, f"districts_{y}")[0].rules for y in (2021, 2017))
    assert first.style.fill == marks.LAND
    assert other.style.fill == ""
    assert other.style.dash_pt


def test_tables_have_no_look(tiny: geoplan.Plan) -> None:
    dataset = datasets(tiny)["table_projects"]
    assert look_of(tiny, dataset, dataset.frame(tiny), "zh") is None


FRAME = pd.DataFrame({"kind": ["park", "it's", None], "x": [1.0, 2.0, np.nan]})


@pytest.mark.parametrize(
    ("condition", "met", "text"),
    [
        (Condition("kind", "=", "it's"), [0, 1, 0], "\"kind\" = 'it''s'"),
        (Condition("kind", "in", ("park", "b")), [1, 0, 0], "\"kind\" IN ('park', 'b')"),
        (Condition("kind", "not in", ("park",)), [0, 1, 0], "\"kind\" NOT IN ('park')"),
        (Condition("x", ">", 1.0), [0, 1, 0], '"x" > 1.0'),
        (Condition("x", "<=", 1.0), [1, 0, 0], '"x" <= 1.0'),
        (Condition("x", "missing"), [0, 0, 1], '"x" IS NULL'),
        (Condition('a"b', "missing"), None, '"a""b" IS NULL'),
    ],
)
def test_a_condition_means_the_same_here_and_in_qgis(
    condition: Condition, met: list[int] | None, text: str
) -> None:
    assert expression(condition) == text
    if met is not None:
        assert condition.met(FRAME).astype(int).tolist() == met


def layers_of(root: Xml.Element) -> list[dict[str, str]]:
    return [
        {"class": layer.get("class", "")}
        | {prop.get("k", ""): prop.get("v", "") for prop in layer.iterfind("prop")}
        for layer in root.iterfind("renderer-v2/symbols/symbol/layer")
    ]


def test_a_dashed_area_is_a_fill_and_a_line_of_its_own() -> None:
    style = Style(fill="#102030", edge="#405060", width_pt=1.0, dash_pt=(3.0, 1.5), strength=0.5)
    fill, line = layers_of(Xml.fromstring(qml(Look((Rule("a", style),)), "fill")))
    assert (fill["class"], fill["color"], fill["outline_style"]) == ("SimpleFill", "16,32,48,128", "no")  # fmt: skip
    assert (line["class"], line["line_color"]) == ("SimpleLine", "64,80,96,255")
    assert (line["use_custom_dash"], line["customdash"]) == ("1", "1.058;0.529")
    assert line["line_width"] == "0.353"


def test_hatching_is_lines_and_nothing_is_nothing() -> None:
    hatched = layers_of(Xml.fromstring(qml(Look((Rule("a", Style(hatch="#A9A196")),)), "fill")))
    assert [layer["class"] for layer in hatched] == ["SimpleFill", "LinePatternFill"]
    assert hatched[0]["style"] == "no"
    assert hatched[1]["color"] == "169,161,150,255"


def test_a_marker_keeps_its_form_and_is_not_too_pale() -> None:
    style = Style(fill="#102030", edge="#FFFFFF", marker="v", size_pt=10, strength=0.1)
    (marker,) = layers_of(Xml.fromstring(qml(Look((Rule("a", style),)), "marker")))
    assert (marker["name"], marker["angle"], marker["size"]) == ("triangle", "180", "3.528")
    assert marker["color"] == "16,32,48,128"


def test_labels_rules_and_titles_are_text_whatever_they_hold() -> None:
    look = Look(
        (Rule("<b>&\x00\"'", Style(), (Condition("a", "=", "<x>"),)),),
        Names(("a",), 8.0, "#000000"),
    )
    text = qml(look, "line", datasets(PLAN)["waters"].fields, "zh")
    root = Xml.fromstring(text)
    rule = root.find("renderer-v2/rules/rule")
    assert rule is not None
    assert rule.get("label") == "<b>&\"'"
    assert rule.get("filter") == "\"a\" = '<x>'"
    assert root.get("labelsEnabled") == "1"
    aliases = {a.get("field"): a.get("name") for a in root.iterfind("aliases/alias")}
    assert aliases["name_zh"] == "名称"


def test_a_look_can_be_told_of_other_names() -> None:
    look = Look(
        (Rule("a", Style(), (Condition("long", "=", 1),)),), Names(("long", "b"), 8, "#000000")
    )
    named = look.renamed({"long": "short"})
    assert named.rules[0].conditions[0].column == "short"
    assert named.names is not None
    assert named.names.columns == ("short", "b")
    assert Look(()).renamed({}).names is None


def test_what_no_rule_knows_is_drawn_as_something_else(folder: Path) -> None:
    set_cell(folder, "projects", 2, "sector_id", "nobody")
    edit_layer(folder, "hubs", lambda c: c["features"][0]["properties"].update(kind="heliport"))
    plan = geoplan.open_plan(folder)
    for name in ("projects", "layer_hubs"):
        look, frame = looked(plan, name)
        assert (look.rule_of(frame) >= 0).all()
        assert look.rules[-1].is_rest
        rules = Xml.fromstring(qml(look, "marker")).findall("renderer-v2/rules/rule")
        assert [rule.get("filter") == "ELSE" for rule in rules].index(True) == len(rules) - 1
