"""Names are found by code, name, alias and short form; likeness is only ever proposed."""

from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.resemblance import core, name_key, near


@pytest.fixture(scope="module")
def embedded() -> Directory:
    return Directory(geoplan.open_plan(ROOT))


@pytest.mark.parametrize(
    ("text", "how"),
    [("330109", "code"), ("萧山区", "exact"), ("萧山", "short"), ("杭州市萧山区", "part"), ("浙江省杭州市萧山区", "part"),
     ("Xiaoshan District", "exact"), ("330109000000", "code"), ("杭州萧山区宁围街道", "part"), (" 萧山 区 ", "exact")],
)  # fmt: skip
def test_a_district_in_every_form(embedded: Directory, text: str, how: str) -> None:
    found = embedded.find("districts", text)
    assert (found.ids, found.how) == (("330109",), how)


def test_a_part_of_a_district_is_in_it(embedded: Directory) -> None:
    assert embedded.find("districts", "余杭（未来科技城）").ids == ("330110",)
    assert embedded.find("districts", "某地（未来科技城）").ids == ()


def test_two_districts_are_two(embedded: Directory) -> None:
    assert embedded.find("districts", "萧山区、余杭区").ids == ("330109", "330110")
    assert embedded.find("districts", "某某区").ids == ()


def test_firms_platforms_and_sectors(embedded: Directory) -> None:
    assert embedded.find("enterprises", "奥的斯").ids == ("otis",)
    assert embedded.find("platforms", "前进智造园").ids == (
        "hangzhou-qianjin-smart-manufacturing-park",
    )
    assert embedded.find("sectors", "物流装备").ids == ("hz-logistics",)
    assert embedded.find("sectors", "机器人与智能制造装备产业").ids == ("hz-robotics",)
    assert embedded.find("sectors", "hz-robotics").how == "code"
    assert embedded.find("enterprises", "随便 [otis]").ids == ("otis",)


def test_similar_firms_are_proposed_best_first(embedded: Directory) -> None:
    close = embedded.near(
        "enterprises", ["先临三维科技股份有限公司", "杭州杭叉集团有限公司", "毫不相干水产"]
    )
    assert close["先临三维科技股份有限公司"][0][0] == "shining-3d"
    assert close["杭州杭叉集团有限公司"][0][0] == "hangcha-group"
    assert close["毫不相干水产"] == []


def test_a_former_name_in_brackets_resembles_too() -> None:
    known = ["乙二机电", "丙三纺织"]
    assert near(["全新名称有限公司（原乙二机电厂）"], known)[0][0][0] == 0
    assert near(["丙三纺织集团（曾用名：某某）"], known)[0][0][0] == 1
    assert near(["全新名称有限公司（二期）"], known) == [[]]


@pytest.mark.parametrize(
    ("one", "other"),
    [("甲一公司", "甲二公司"), ("三号产业园", "四号产业园"), ("第1分公司", "第2分公司"), ("萧山科技园", "余杭农业园"), ("中国银行", "中国铁路")],
)  # fmt: skip
def test_names_that_differ_in_what_matters_are_not_alike(one: str, other: str) -> None:
    assert near([one], [other]) == [[]]


def test_the_telling_part_of_a_name() -> None:
    assert core(name_key("浙江省某某机器人科技股份有限公司")) == "某某机器人"
    assert core(name_key("公司")) == "公司"
    assert name_key("ＡＢＣ（集团）·有限 公司") == "abc集团有限公司"


@given(
    st.lists(
        st.text(alphabet="甲乙丙丁戊己机器人科技园", min_size=2, max_size=8),
        min_size=1,
        max_size=8,
        unique=True,
    )
)
def test_every_name_resembles_itself_most(names: list[str]) -> None:
    for at, close in enumerate(near(names, names)):
        assert close[0][1] == 1.0
        assert at in [i for i, score in close if score == 1.0] or len(close) == 3


def test_a_plan_without_districts_has_a_directory(tmp_path: Path) -> None:
    geoplan.init_plan(
        tmp_path / "p",
        title_zh="空",
        title_en="Empty",
        analysis_crs="EPSG:4549",
        extent=(119, 29, 121, 31),
    )
    directory = Directory(geoplan.open_plan(tmp_path / "p"))
    assert directory.find("districts", "甲区").ids == ()
    assert directory.near("enterprises", ["甲"]) == {"甲": []}
