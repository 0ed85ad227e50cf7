"""A table written and read again is the same table."""

import string
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, TINY
from hypothesis import given, settings
from hypothesis import strategies as st

import geoplan
from geoplan.plan.tables import file_of, read_table, table_text
from geoplan.schema import TABLES, VOCABULARIES, Column, Table


@pytest.mark.parametrize("folder", [TINY, ROOT], ids=["tiny", "embedded"])
def test_a_plan_written_and_read_again_is_the_same(folder: Path, tmp_path: Path) -> None:
    plan = geoplan.open_plan(folder)
    (tmp_path / "data").mkdir()
    for name, table in TABLES.items():
        path = tmp_path / file_of(name)
        path.write_text(table_text(plan.tables[name], table), "utf-8")
        again, problems = read_table(path, table)
        assert problems == []
        pd.testing.assert_frame_equal(
            again.reset_index(drop=True), plan.tables[name].reset_index(drop=True)
        )


_IDS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
_TEXTS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cn", "Zs", "Zl", "Zp"), blacklist_characters="\ufffd\ufeff"),
    min_size=1, max_size=20,
)  # fmt: skip


def cells(column: Column) -> st.SearchStrategy[str]:
    """Texts that a cell of the column may hold."""
    low = -1e6 if column.minimum is None else column.minimum
    high = 1e6 if column.maximum is None else column.maximum
    some: st.SearchStrategy[str] = {
        "id": _IDS,
        "integer": st.integers(int(low), 10**12).map(str),
        "number": st.floats(low, high, allow_nan=False).map(
            lambda x: f"{x:.6f}".rstrip("0").rstrip(".")
        ),
        "year": st.integers(1900, 2100).map(str),
        "date": st.dates(min_value=pd.Timestamp(1700, 1, 1).date())
        .map(lambda d: d.isoformat())
        .filter(lambda d: d < "2200"),
        "colour": st.sampled_from(["#0072B2", "#d55e00"]),
    }.get(column.kind, _TEXTS)
    if column.vocabulary:
        some = st.sampled_from(list(VOCABULARIES[column.vocabulary]))
    return some if column.required else st.one_of(st.just(""), some)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(sorted(TABLES)))
def test_whatever_a_table_holds_it_comes_back(data: st.DataObject, name: str) -> None:
    table: Table = TABLES[name]
    rows = data.draw(st.lists(st.tuples(*(cells(c) for c in table.columns)), max_size=4))
    frame = pd.DataFrame(rows, columns=list(table.column_names), dtype="str")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(frame.to_csv(index=False, lineterminator="\n"), "utf-8")
        first, problems = read_table(path, table)
        assert [p.code for p in problems if p.code != "encoding.garbled"] == []
        path.write_text(table_text(first, table), "utf-8")
        second, _ = read_table(path, table)
    pd.testing.assert_frame_equal(first.reset_index(drop=True), second.reset_index(drop=True))
