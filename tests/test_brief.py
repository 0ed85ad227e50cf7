import json
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, TINY, edit_layer
from hypothesis import given, settings
from hypothesis import strategies as st

import geoplan
from geoplan.site.brief import (
    Brief,
    BriefError,
    CandidateList,
    Must,
    MustNot,
    OwnCriterion,
    OwnRule,
    Preferences,
    Project,
    Reach,
    Robustness,
    Weights,
    brief_from,
    read_brief,
    template,
)
from geoplan.site.candidates import candidates
from geoplan.site.rules import judge, rules_for

PLAN = geoplan.open_plan(TINY)
SMALL: dict[str, Any] = {"project": {"sector": "robots"}}
RULE = {"id": "x", "effect": "exclude", "measure": "inside", "layer": "districts"}
FULL = """
title = "工业机器人<b>整机厂"
[project]
sector = "机器人"
segment = "机械臂"
products = ["减速器", "轴承"]
investment = "10亿元"
land = "１５０亩"
workers = 800
[candidates]
kind = "file"
file = "parcels.gpkg"
layer = "地块"
id = "编号"
name = "名称"
land = "面积"
land_unit = "mu"
district = "区"
crs = "EPSG:4549"
datum = "CGCS2000"
accuracy_m = 5
[must]
districts = ["甲区", "District B"]
wings = ["东翼"]
min_land = true
within_m = [{to = "铁路车站", most_m = 40000}]
[must_not]
districts = ["C"]
wings = ["points"]
nearer_than_m = [{to = "layer:districts where code = C", least_m = 500}]
[[rules]]
id = "red-line"
name_zh = "红线"
effect = "exclude"
measure = "inside"
file = "red.geojson"
accuracy_m = 20
where = "类 = 红线"
scope = "candidate = parcel"
exceptions = "编号 = 3"
overrides = ["in-the-squares"]
clause_zh = "第三条"
[[rules]]
id = "no-building"
off = true
[criteria.platform_named]
weight = 0.3
points = "0:0|3:1"
params = {radius_m = 5000, how = "near"}
[criteria.near_rail]
measure = "distance_m"
layer = "hubs"
where = "kind = rail_station"
name_zh = "车站"
points = [[0, 1], [3000, 0]]
weight = 0.05
[criteria.slope]
measure = "zonal_mean"
file = "slope.tif"
column = "band"
points = "0:1|25:0"
weight = 1
better = "low"
[weights]
method = "ahp"
order = ["platform_named", ["near_rail", "slope"]]
criteria = ["platform_named", "near_rail", "slope"]
judgements = [[[1, 3, "5"], ["1/3", 1, 2], ["1/5", "½", 1]], [[1, 2, 4], ["1/2", 1, 2], [0.25, 0.5, 1]]]
[preferences]
gathering = "crowding"
[robustness]
mode = "order"
spread = 0.3
draws = 2000
seed = 7
[like]
site = "机器人园"
"""


def read(content: dict[str, Any], folder: Path | None = None) -> Brief:
    return brief_from(content, PLAN, folder)


def complaints(content: Any, folder: Path | None = None) -> dict[str, str]:
    with pytest.raises(BriefError) as caught:
        brief_from(content, PLAN, folder)
    for fault in caught.value.problems:
        assert fault.said.zh != fault.said.en
        assert fault.message("en") in str(caught.value)
        assert fault.message("zh") in caught.value.message("zh")
    return {fault.field: fault.said.en for fault in caught.value.problems}


def test_everything_is_read_and_named_by_id() -> None:
    brief = read(tomllib.loads(FULL), Path("/somewhere"))
    assert brief.title == "工业机器人<b>整机厂"
    assert brief.project == Project("robots", "arms", ("减速器", "轴承"), 100_000.0, 0.1, 800)
    assert brief.candidates == CandidateList(
        kind="file", file="parcels.gpkg", layer="地块", id="编号", name="名称", land="面积",
        land_unit="mu", district="区", crs="EPSG:4549", datum="CGCS2000", accuracy_m=5,
    )  # fmt: skip
    assert brief.must == Must(("A", "B"), ("east",), (), True, (Reach("rail_station", 40_000),))
    reach = Reach("layer:districts where code = C", 500)
    assert brief.must_not == MustNot(("C",), ("points",), (), (reach,))
    assert [rule.id for rule in brief.rules] == ["red-line", "no-building"]
    assert brief.rules[1] == OwnRule("no-building", off=True)
    assert brief.rules[0].overrides == ("in-the-squares",)
    assert brief.criteria[0] == OwnCriterion(
        "platform_named",
        weight=0.3,
        points="0:0|3:1",
        params=(("how", "near"), ("radius_m", 5_000.0)),
    )
    assert brief.criteria[1].points == "0:1|3000:0"
    assert brief.criteria[2].better == "low"
    assert brief.weights.judgements[0][1] == (1 / 3, 1, 2)
    assert brief.weights.judgements[0][2] == (1 / 5, 0.5, 1)
    assert brief.weights.order == (("platform_named",), ("near_rail", "slope"))
    assert brief.preferences == Preferences("crowding")
    assert brief.robustness == Robustness("order", 0.3, 2_000, 7)
    assert brief.like == "park"
    assert hash(brief) == hash(read(tomllib.loads(FULL), Path("/elsewhere")))


def test_a_brief_comes_back_from_its_dictionary() -> None:
    folder = Path("/somewhere")
    brief = read(tomllib.loads(FULL), folder)
    written = json.loads(json.dumps(brief.as_dict(), allow_nan=False))
    assert read(written, folder) == brief
    assert read(written, folder).as_dict() == brief.as_dict()
    assert written["project"]["investment_wanyuan"] == 100_000
    assert written["project"]["land_km2"] == 0.1
    assert written["weights"]["judgements"][0] == [[1, 3, 5], ["1/3", 1, 2], ["1/5", "1/2", 1]]
    assert written["must"]["within_m"] == [{"to": "rail_station", "most_m": 40_000}]
    assert list(written) == [
        "title", "project", "candidates", "must", "must_not", "rules", "criteria", "weights",
        "preferences", "robustness", "like",
    ]  # fmt: skip


def test_a_small_brief_says_what_is_usual() -> None:
    brief = read(SMALL)
    assert brief == Brief(project=Project("robots"))
    assert brief.robustness == Robustness("around", 0.2, 10_000, 1)
    assert brief.weights == Weights("direct")
    assert read(brief.as_dict()) == brief


@pytest.mark.parametrize(
    "said", [{"sector": "robots"}, {"sector": "机器人产业"}, {"sector": "Robots"}, {"sector": " 机器人 "},
             {"segment": "arms"}, {"segment": "机械臂"}, {"segment": "Arms", "sector": "robots"}]
)  # fmt: skip
def test_a_sector_is_called_by_any_of_its_names(said: dict[str, str]) -> None:
    assert read({"project": said}).project.sector == "robots"


@pytest.mark.parametrize(
    ("project", "land", "investment"),
    [
        ({"land": "1,500亩", "investment": "60亿元"}, 1.0, 600_000.0),
        ({"land_mu": 1_500, "investment_wanyuan": 600_000}, 1.0, 600_000.0),
        ({"land_km2": 1, "investment": "６０亿"}, 1.0, 600_000.0),
        ({}, None, None),
    ],
)
def test_amounts_are_said_in_several_ways(
    project: dict[str, Any], land: float | None, investment: float | None
) -> None:
    brief = read({"project": {"sector": "robots"} | project})
    assert (brief.project.land_km2, brief.project.investment_wanyuan) == (land, investment)


def test_a_name_that_two_things_have_is_not_guessed(folder: Path) -> None:
    path = folder / "data/sectors.csv"
    path.write_text(
        path.read_text("utf-8").replace("纤维产业,Fibre", "机器人产业,Fibre", 1), "utf-8"
    )
    with pytest.raises(
        BriefError, match="may be several sectors; write one of the ids robots, fibre"
    ):
        brief_from({"project": {"sector": "机器人产业"}}, geoplan.open_plan(folder))


def test_a_name_means_the_district_of_today(folder: Path) -> None:
    def rename(content: dict[str, Any]) -> None:
        content["features"][0]["properties"] |= {"code": "OLD", "name_zh": "古区"}
        content["features"][1]["properties"] |= {"code": "BC", "name_zh": "丙区", "name_en": "x"}

    edit_layer(folder, "districts_before", rename)
    plan = geoplan.open_plan(folder)
    said = {"districts": ["丙区", "古区", "BC", "district b"]}
    brief = brief_from({**SMALL, "must": said}, plan)
    assert brief.must.districts == ("C", "OLD", "BC", "B")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"project": {}}, "project.sector", "name the sector, by id or name; there are robots, fibre"),
    ({"project": {"sector": "robot"}}, "project.sector", "no sector “robot”; is it “robots”?"),
    ({"project": {"sector": 3}}, "project.sector", "“3” is a number, a text is wanted"),
    ({"project": {"segment": "leg"}}, "project.segment", "there is no segment “leg”"),
    ({"project": {"sector": "fibre", "segment": "arms"}}, "project.segment", "belongs to the sector robots"),
    ({"project": {"land": "abc"}}, "project.land", "“abc” is no area; write land = \"150亩\""),
    ({"project": {"land": 150}}, "project.land", "150 has no unit; write land = \"150亩\" or land_mu = 150"),
    ({"project": {"land": True}}, "project.land", "“true” is a yes or no, a text is wanted"),
    ({"project": {"land": "150亩", "land_mu": 150}}, "project.land_mu", "the same as land; keep only one"),
    ({"project": {"land_mu": -5}}, "project.land_mu", "-5 cannot be used; it must be above 0"),
    ({"project": {"land_km2": float("nan")}}, "project.land_km2", "nan cannot be used"),
    ({"project": {"investment": "10亿美元"}}, "project.investment", "the unit “亿美元”"),
    ({"project": {"investment": float("inf")}}, "project.investment", "inf has no unit"),
    ({"project": {"investment_wanyuan": 10**400}}, "project.investment_wanyuan", "… cannot be used"),
    ({"project": {"workers": 0}}, "project.workers", "0 cannot be used; it must be at least 1"),
    ({"project": {"workers": 1.5}}, "project.workers", "1.5 is no whole number"),
    ({"project": {"workers": "800人"}}, "project.workers", "is a text, a number is wanted; write workers = 100"),
    ({"project": {"products": "电池"}}, "project.products", "is a text, a list of texts is wanted; write products = [\"动力电池\"]"),
    ({"project": {"products": ["a", 5]}}, "project.products", "“5” in the list is a number"),
    ({"project": {"products": ["a"] * 2_000}}, "project.products", "2000 items, at most 1000"),
    ({"project": {"secter": "x"}}, "project.secter", "no such entry; is it “sector”?; rename or remove it"),
    ({"projekt": {}}, "projekt", "there is no such entry; is it “project”?"),
    ({"project": 5}, "project", "“5” is a number, a table is wanted; write [project]"),
    ({"title": "a\nb"}, "title", "has line breaks or control characters"),
    ({"title": "a" * 900}, "title", "it has 900 characters, at most 200"),
    ({"title": {"zh": "x"}}, "title", "“{…}” is a table, a text is wanted"),
    ({"candidates": {"kind": "platform"}}, "candidates.kind", "“platform” is no choice; is it “platforms”?"),
    ({"candidates": {"kind": "file"}}, "candidates.file", "no candidates are given"),
    ({"candidates": {"file": "p.gpkg"}}, "candidates.file", "a brief given here cannot name files"),
    ({"candidates": {"kind": "grid", "features": {"type": "FeatureCollection", "features": []}}}, "candidates.kind", "parcels are given but the kind is grid"),
    ({"candidates": {"features": "x"}}, "candidates.features", "it must be a GeoJSON FeatureCollection"),
    ({"candidates": {"platform_kinds": ["parc"]}}, "candidates.platform_kinds", "no kind of platform “parc”; is it “park”?"),
    ({"candidates": {"within": ["D"]}}, "candidates.within", "there is no district “D”"),
    ({"candidates": {"cell_m": 1}}, "candidates.cell_m", "1 cannot be used; it must be at least 10"),
    ({"candidates": {"datum": "GCJ02"}}, "candidates.datum", "is it “GCJ-02”?"),
    ({"candidates": {"land_unit": "acre"}}, "candidates.land_unit", "“acre” is no choice"),
    ({"must": {"districts": ["甲"]}}, "must.districts", "no district “甲”"),
    ({"must": {"districts": "甲区"}}, "must.districts", "a list of texts is wanted"),
    ({"must": {"wings": ["west"]}}, "must.wings", "there is no wing “west”; is it “east”?"),
    ({"must": {"min_land": "yes"}}, "must.min_land", "true or false is wanted; write min_land = true"),
    ({"must": {"min_land": True}}, "must.min_land", "the land asked is not stated"),
    ({"must": {"within_m": [{"to": "airport", "most_m": 5}]}}, "must.within_m[0].to", "the plan has no “airport”; there are rail_station"),
    ({"must": {"within_m": [{"to": "moon", "most_m": 5}]}}, "must.within_m[0].to", "“moon” is no kind of hub"),
    ({"must": {"within_m": [{"to": "rail_station"}]}}, "must.within_m[0].most_m", "the distance is missing; write within_m = [{to"),
    ({"must": {"within_m": [{"most_m": 5}]}}, "must.within_m[0].to", "to what?"),
    ({"must": {"within_m": [{"to": "rail_station", "most_m": 5, "least_m": 5}]}}, "must.within_m[0].least_m", "no such entry"),
    ({"must": {"within_m": {"to": "rail_station", "most_m": 5}}}, "must.within_m", "a list of tables is wanted"),
    ({"must": {"within_m": [5]}}, "must.within_m[0]", "a table is wanted here"),
    ({"must": {"within_m": [{"to": "layer:lakes", "most_m": 5}]}}, "must.within_m[0].to", "the plan has no layer “lakes”"),
    ({"must": {"within_m": [{"to": "layer:districts where nam = x", "most_m": 5}]}}, "must.within_m[0].to", "there is no column “nam”"),
    ({"must": {"within_m": [{"to": "layer: where", "most_m": 5}]}}, "must.within_m[0].to", "no layer “where”"),
    ({"must": {"within_m": [{"to": "layer:", "most_m": 5}]}}, "must.within_m[0].to", "write layer:NAME where CONDITION"),
    ({"must": {"districts": ["A"]}, "must_not": {"districts": ["甲区"]}}, "must_not.districts", "A must be and must not be"),
    ({"candidates": {"kind": "grid"}, "must": {"platform_kinds": ["park"]}}, "must.platform_kinds", "only platforms are of a kind"),
    ({"rules": [{"id": "x", "measure": "inside", "layer": "hubs"}]}, "rules[0].effect", "it is missing; there are include, exclude"),
    ({"rules": {"id": "x"}}, "rules", "a list of tables is wanted; write [[rules]]"),
    ({"rules": [RULE | {"least": "5"}]}, "rules[0].least", "a number is wanted"),
    ({"rules": [RULE | {"file": "r.gpkg"}]}, "rules[0].file", "cannot name files"),
    ({"rules": [RULE | {"features": 5}]}, "rules[0].features", "it must be a GeoJSON FeatureCollection"),
    ({"criteria": {"platform_name": {"weight": 1}}}, "criteria.platform_name.measure", "“platform_name” is no criterion of the plan; is it “platform_named”?"),
    ({"criteria": {"own": {"measure": "distance", "points": "0:1|9:0", "weight": 1}}}, "criteria.own.measure", "is it “distance_m”?"),
    ({"criteria": {"own": {"measure": "distance_m", "weight": 1}}}, "criteria.own.points", "needs points; write points"),
    ({"criteria": {"own": {"measure": "distance_m", "points": "0:1|9:0"}}}, "criteria.own.weight", "needs weight"),
    ({"criteria": {"platform_named": {"weight": -1}}}, "criteria.platform_named.weight", "-1 cannot be used"),
    ({"criteria": {"platform_named": {"points": "1:0"}}}, "criteria.platform_named.points", "at least two points"),
    ({"criteria": {"platform_named": {"points": "5:0|1:1"}}}, "criteria.platform_named.points", "does not ascend"),
    ({"criteria": {"platform_named": {"points": [[0, 1], [10**400, 0]]}}}, "criteria.platform_named.points", "not finite"),
    ({"criteria": {"platform_named": {"where": "kind ="}}}, "criteria.platform_named.where", "a value is missing"),
    ({"criteria": {"1": {}}}, "criteria.1", "the id of a criterion starts with a letter"),
    ({"criteria": {"platform_named": {"params": {"radius_m": [1]}}}}, "criteria.platform_named.params.radius_m", "is a list, a number is wanted"),
    ({"weights": {"method": "saaty"}}, "weights.method", "“saaty” is no choice"),
    ({"weights": {"method": "order"}}, "weights.order", "the order is missing"),
    ({"weights": {"order": ["a", "a"]}}, "weights.order", "a stands twice"),
    ({"weights": {"order": [5]}}, "weights.order", "a list of criteria, most important first"),
    ({"weights": {"method": "ahp"}}, "weights.judgements", "the paired comparisons are missing"),
    ({"weights": {"criteria": ["a", "b"], "judgements": [[1, 3]]}}, "weights.judgements", "no matrix of paired comparisons"),
    ({"weights": {"criteria": ["a", "b"], "judgements": [[1, 3], [3, 1]]}}, "weights.judgements", "no matrix"),
    ({"weights": {"criteria": ["a", "b"], "judgements": [[1, "1e999999999"], [1, 1]]}}, "weights.judgements", "is no number"),
    ({"weights": {"criteria": ["a", "b"], "judgements": [[1, 0], [0, 1]]}}, "weights.judgements", "beyond all comparison"),
    ({"preferences": {"gathering": "clusters"}}, "preferences.gathering", "is it “cluster”?"),
    ({"robustness": {"mode": "all"}}, "robustness.mode", "“all” is no choice"),
    ({"robustness": {"spread": 20}}, "robustness.spread", "20 cannot be used; it must be at least 0 and at most 1"),
    ({"robustness": {"draws": 10**9}}, "robustness.draws", "at most 1e+06"),
    ({"robustness": {"seed": -1}}, "robustness.seed", "-1 cannot be used"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "field", "reason"), WRONG, ids=[f"{f}-{n}" for n, (_, f, _) in enumerate(WRONG)]
)
def test_a_fault_names_the_entry_and_the_remedy(
    content: dict[str, Any], field: str, reason: str
) -> None:
    whole = {**SMALL, **content}
    whole["project"] = (
        content["project"]
        if content.get("project") in ({}, 5)
        else {**SMALL["project"], **content.get("project", {})}
    )
    found = complaints(whole)
    assert reason in found[field]
    assert len(found) == 1


def test_all_faults_are_told_together() -> None:
    found = complaints(
        {"project": {"land": "x", "workers": -1}, "must": {"districts": ["Z"]}, "typo": 1}
    )
    assert set(found) == {
        "project.sector",
        "project.land",
        "project.workers",
        "must.districts",
        "typo",
    }


@pytest.mark.parametrize("content", [None, 5, "x", [1], [[]], True])
def test_what_is_no_table_is_no_brief(content: Any) -> None:
    assert complaints(content) == {"": "a brief must be a table of entries"}


def test_a_file_is_read_with_its_folder(tmp_path: Path) -> None:
    for name, text in (("brief.toml", FULL), ("brief.json", json.dumps(tomllib.loads(FULL)))):
        (tmp_path / name).write_text(text, "utf-8")
        brief = read_brief(tmp_path / name, PLAN)
        assert (brief.file, brief.folder) == (name, tmp_path)
    legacy = tmp_path / "gbk.toml"
    legacy.write_bytes('title = "机器人"\n[project]\nsector = "机器人"\n'.encode("gb18030"))
    assert read_brief(legacy, PLAN).title == "机器人"


def deep(n: int, opening: str, closing: str) -> str:
    return opening * n + closing * n


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("b.toml", b"title = ", "it is no valid TOML"),
        ("b.json", b"{", "it is no valid JSON"),
        ("b.json", b'{"project": NaN}', "it is no valid JSON"),
        ("b.json", deep(100_000, "[", "]").encode(), "it is no valid JSON"),
        ("b.toml", ("a = " + deep(5_000, "[", "]")).encode(), "it is no valid TOML"),
        ("b.toml", b"a = " + b"9" * 6_000, "it is no valid TOML"),
        ("b.toml", b"\xff\xfe\x00a", "UTF-16"),
        ("b.toml", b"\x00\x01", "binary or UTF-16"),
        ("b.json", b"[]", "a brief must be a table of entries"),
        ("b.toml", b"# " + b"x" * 20_000_001, "at most 20 MB are read"),
        ("b.toml", b'title = "' + b"x" * 10_000_000 + b'"', "10000000 characters, at most 200"),
    ],
)
def test_a_hostile_file_is_refused_in_one_sentence(
    tmp_path: Path, name: str, raw: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(BriefError) as caught:
        read_brief(tmp_path / name, PLAN)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(name)
    assert len(str(caught.value)) < 600


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(BriefError, match="there is no such file"):
            read_brief(path, PLAN)


def test_messages_are_short_whatever_was_written() -> None:
    nested: list[Any] = []
    for _ in range(5_000):
        nested = [nested]
    hostile = {"project": {"sector": "<script>" * 200, "land": nested, "products": [nested]},
               "candidates": {"features": {"type": nested}}, "x" * 10_000: 1, "a\x00b": 2}  # fmt: skip
    found = complaints(hostile)
    assert len(found) == 6
    assert all(len(field) < 60 for field in found)
    assert all(len(said) < 400 for said in found.values())
    assert not any("\x00" in field for field in found)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("folder", [TINY, ROOT])
def test_the_template_reads_as_it_stands(folder: Path, language: Any) -> None:
    plan = geoplan.open_plan(folder)
    text = template(plan, language)
    brief = brief_from(tomllib.loads(text), plan)
    assert brief_from(brief.as_dict(), plan) == brief
    assert brief.project.sector == plan.tables["sectors"]["id"].iloc[0]
    assert (brief.project.land_km2, brief.project.investment_wanyuan) == (0.1, 100_000)
    # Nothing asked for, nothing lost: the template excludes what the plan's own rules exclude.
    frame = candidates(plan, brief)
    plain = Brief(project=brief.project)
    states = [judge(plan, rules_for(plan, one), frame, one).state for one in (brief, plain)]
    assert states[0].equals(states[1])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_explains_every_entry(language: Any) -> None:
    text = template(PLAN, language)
    entries = {line.lstrip("#").split(" = ")[0] for line in text.splitlines() if " = " in line}
    parts = (Project, CandidateList, Must, MustNot, OwnRule, OwnCriterion, Weights, Preferences)
    wanted = {entry.name for part in (*parts, Robustness) for entry in fields(part)}
    wanted |= {"title", "investment", "land", "site"}
    # These are said in another way: 10亿元, 150亩, and a criterion by the name of its table.
    assert wanted - entries == {"investment_wanyuan", "land_km2"}
    comments = [line for line in text.splitlines() if line.startswith("# ")]
    chinese = sum(any("\u4e00" <= letter <= "\u9fff" for letter in line) for line in comments)
    assert chinese == len(comments) if language == "zh" else chinese <= 2


def test_every_optional_line_of_the_template_is_sound(tmp_path: Path) -> None:
    """Each line behind a # is TOML, and known to the reader where it stands."""
    section, known = "", 0
    for line in template(PLAN, "en").splitlines():
        bare = line.removeprefix("#")
        if bare.startswith("["):
            section = bare
        elif line.startswith("#") and not line.startswith("# "):
            inner = f"{section}\n{bare}" if section else bare
            try:
                brief_from(tomllib.loads(inner), PLAN, tmp_path)
            except BriefError as error:
                told = str(error)
                assert "no such entry" not in told, line
            known += 1
    assert known > 50


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=8),
        st.sampled_from(["A", "robots", "1e9亩", "kind = a", "layer:districts", "\x00", "../x"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip


@st.composite
def mutilated(draw: st.DrawFn) -> Any:
    """A full brief in which some entries, however deep, are replaced by anything."""
    content = json.loads(json.dumps(read(tomllib.loads(FULL), Path("/somewhere")).as_dict()))
    for _ in range(draw(st.integers(1, 3))):
        place = content
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, dict | list) and inner and draw(st.booleans()):
                place = inner
                continue
            place[key] = draw(anything)
            break
    return content


@settings(max_examples=200, deadline=None)
@given(mutilated())
def test_whatever_is_written_is_read_or_refused(content: Any) -> None:
    try:
        brief = brief_from(content, PLAN, Path("/somewhere"))
    except BriefError as error:
        told = error
        assert told.problems
        assert told.message("zh") != told.message("en")
    else:
        written = json.loads(json.dumps(brief.as_dict(), allow_nan=False))
        assert brief_from(written, PLAN, Path("/somewhere")) == brief
