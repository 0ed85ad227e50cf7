"""Rows that are no data are told and passed over, however a bureau writes them."""

from datetime import date
from pathlib import Path

import pytest
from making import PROJECT_HEADER, xlsx

from geoplan.exchange.incoming.importing import propose
from geoplan.plan.opening import Plan

ROW = [1, "新项目", "甲一公司", "机器人产业", 300, "2021-2023年"]


@pytest.mark.parametrize(
    ("row", "code"),
    [(["合计（1个）", None, None, None, 300], "row.total"), (["合  计", "1个", None, None, 300], "row.total"),
     ([None, "合　计（共１个）", None, None, 300], "row.total"), (["其中：新建", None, None, None, 300], "row.total"),
     (["（一）", "新建项目", None, None, 300], "row.total"), ([None, "其中：省重点", None, None, 300], "row.total"),
     ([None, "其中：一期工程", "甲一公司", None, 100, "2021-2022年"], "row.total"),
     ([None, "某局（盖章）"], "row.note"), (["2018年3月5日"], "row.note"), (["以上为新建项目"], "row.note"),
     (["打印时间：2018-3-5", None, None, None, None, "第1页"], "row.note")],
)  # fmt: skip
def test_what_is_no_row_is_passed_over(
    tiny: Plan, tmp_path: Path, row: list[object], code: str
) -> None:
    path = xlsx(tmp_path / "表.xlsx", [PROJECT_HEADER, row, ROW, row])
    proposal = propose(tiny, path, "projects", today=date(2026, 11, 22))
    assert proposal.tables["projects"].added["name_zh"].tolist() == ["新项目"]
    assert [remark.code for remark in proposal.skipped] == [code]
    assert proposal.refused == ()


def test_a_row_without_its_firm_is_still_refused_and_not_lost(tiny: Plan, tmp_path: Path) -> None:
    blank = [2, "无主项目", None, "机器人产业", 300, "2021-2023年"]
    path = xlsx(tmp_path / "表.xlsx", [PROJECT_HEADER, ROW, blank])
    proposal = propose(tiny, path, "projects", today=date(2026, 11, 22))
    assert [remark.code for remark in proposal.refused] == ["value.required"]
