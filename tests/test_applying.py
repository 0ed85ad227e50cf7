"""A change is written whole or not at all, whenever the program dies, and can be taken back."""

import json
import multiprocessing
import os
import signal
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import set_cell
from making import PROJECT_HEADER, xlsx

import geoplan
from geoplan.exchange.applying import apply, contents, undo
from geoplan.exchange.importing import propose
from geoplan.exchange.proposals import Proposal
from geoplan.exchange.remarks import RefusedFileError
from geoplan.plan.journal import exclusive, history, steady, write_together

DAY = date(2026, 11, 22)
ROWS = [
    PROJECT_HEADER,
    [1, "新项目", "丁四新材料", "机器人产业", 300, "2021-2023年"],
    [2, "机械臂项目", "甲一公司", "机器人", 150, "2021-2022"],
]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return xlsx(tmp_path / "表.xlsx", ROWS)


def proposal_for(folder: Path, sheet: Path, **more: Any) -> Proposal:
    return propose(geoplan.open_plan(folder), sheet, "projects", today=DAY, **more)


def state(folder: Path) -> dict[str, bytes]:
    """Every file of the plan, without geoplan's own."""
    files = (p for p in folder.rglob("*") if p.is_file() and ".geoplan" not in p.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def code(error: pytest.ExceptionInfo[RefusedFileError]) -> str:
    return error.value.remarks[0].code


def test_rows_are_written_and_every_other_cell_stays(folder: Path, sheet: Path) -> None:
    before = state(folder)
    applied = apply(proposal_for(folder, sheet), folder)
    after = state(folder)
    assert set(applied.files) == {f for f in after if after[f] != before[f]} == {
        "data/projects.csv", "data/enterprises.csv", "data/enterprise_names.csv", "data/sources.csv",
    }  # fmt: skip
    old, new = (text["data/projects.csv"].decode().splitlines() for text in (before, after))
    assert len(new) == len(old) + 1
    assert [at for at, line in enumerate(old) if new[at] != line] == [1]
    plan = geoplan.open_plan(folder)
    assert plan.tables["projects"]["investment_wanyuan"].tolist() == [150, 200, 300, 50, 300]
    assert not [p for p in geoplan.check(plan, today=DAY) if p.severity == "error"]


def test_the_same_import_twice_changes_nothing(folder: Path, sheet: Path) -> None:
    apply(proposal_for(folder, sheet), folder)
    after = state(folder)
    again = proposal_for(folder, sheet)
    assert again.is_empty
    assert again.counts()["unchanged"] == 2
    assert apply(again, folder).files == ()
    assert state(folder) == after


def test_undo_brings_back_every_byte_and_goes_further_back(
    folder: Path, sheet: Path, tmp_path: Path
) -> None:
    before = state(folder)
    apply(proposal_for(folder, sheet), folder)
    between = state(folder)
    more = xlsx(tmp_path / "b.xlsx", [PROJECT_HEADER, [1, "第三个", "乙二公司", "纤维", 5, "2022"]])
    apply(proposal_for(folder, more), folder)
    undo(folder)
    assert state(folder) == between
    undo(folder)
    assert state(folder) == before
    with pytest.raises(RefusedFileError) as caught:
        undo(folder)
    assert code(caught) == "change.nothing"
    assert [entry["what"] for entry in history(folder)] == ["import", "import", "undo", "undo"]


def test_undo_refuses_where_somebody_went_on(folder: Path, sheet: Path) -> None:
    apply(proposal_for(folder, sheet), folder)
    set_cell(folder, "projects", 2, "name_zh", "改过")
    with pytest.raises(RefusedFileError) as caught:
        undo(folder)
    assert code(caught) == "change.since"


def test_a_plan_changed_since_the_preview_is_not_overwritten(folder: Path, sheet: Path) -> None:
    proposal = proposal_for(folder, sheet)
    set_cell(folder, "projects", 3, "name_zh", "别人改了")
    before = state(folder)
    with pytest.raises(RefusedFileError) as caught:
        apply(proposal, folder)
    assert code(caught) == "change.stale"
    assert state(folder) == before


def test_open_questions_stop_the_change_unless_partial(folder: Path, tmp_path: Path) -> None:
    rows = [*ROWS, [3, "还没定", "甲一公司", "航天", 5, "2022"]]
    proposal = proposal_for(folder, xlsx(tmp_path / "a.xlsx", rows))
    with pytest.raises(RefusedFileError) as caught:
        apply(proposal, folder)
    assert code(caught) == "change.questions"
    apply(proposal, folder, partial=True)
    assert "还没定" not in (folder / "data/projects.csv").read_text("utf-8")


def test_a_change_that_breaks_the_plan_is_refused_unless_forced(
    folder: Path, tmp_path: Path
) -> None:
    header = [*PROJECT_HEADER, "来源", "依据"]
    rows = [header, [1, "新项目", "甲一公司", "机器人", 3, "2021", "tiny-plan", "read"]]
    proposal = proposal_for(folder, xlsx(tmp_path / "a.xlsx", rows))
    before = state(folder)
    with pytest.raises(RefusedFileError) as caught:
        apply(proposal, folder)
    assert code(caught) == "change.errors"
    assert "quote" in str(caught.value)
    assert state(folder) == before
    assert apply(proposal, folder, force=True).errors


def test_faults_the_plan_has_already_do_not_stop_a_change(folder: Path, sheet: Path) -> None:
    set_cell(folder, "projects", 4, "investment_wanyuan", "三百")
    set_cell(folder, "projects", 4, "note", "带,逗号")
    apply(proposal_for(folder, sheet), folder)
    text = (folder / "data/projects.csv").read_text("utf-8")
    assert "三百" in text
    assert '"带,逗号"' in text


def test_a_table_in_gb18030_with_other_columns_keeps_them(folder: Path, sheet: Path) -> None:
    path = folder / "data/projects.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_bytes(
        "\r\n".join(
            line + ("，备用" if i else ",extra").replace("，", ",") for i, line in enumerate(lines)
        ).encode("gb18030")
    )
    apply(proposal_for(folder, sheet), folder, force=True)
    text = path.read_bytes().decode("utf-8")
    assert text.startswith("id,")
    assert text.count("备用") == 4
    assert text.endswith("\r\n")


def test_a_full_disk_leaves_the_plan_as_it_was(
    folder: Path, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(folder)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(geoplan.GeoplanError, match="No space left"):
        apply(proposal_for(folder, sheet), folder)
    monkeypatch.undo()
    assert state(folder) == before
    assert history(folder) == []
    apply(proposal_for(folder, sheet), folder)


def killed_at(files: dict[str, bytes], folder: Path, stop: int) -> bool:
    """Write in a process of its own that is killed before its step number ``stop``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        seen: list[str] = []

        def watch(step: str) -> None:
            if len(seen) == stop:
                os.kill(os.getpid(), signal.SIGKILL)
            seen.append(step)

        with exclusive(folder):
            write_together(folder, dict(files), {}, watch=watch)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def test_a_kill_at_any_step_leaves_the_old_or_the_new_plan(folder: Path, sheet: Path) -> None:
    before = state(folder)
    proposal = proposal_for(folder, sheet)
    files = contents(proposal, folder)
    after = {**before, **files}
    outcomes = []
    was_killed = True
    while was_killed:
        was_killed = killed_at(files, folder, len(outcomes))
        # Whoever opens the plan next finishes or drops the change.
        with steady(folder):
            now = state(folder)
        assert now in (before, after), len(outcomes)
        assert not (folder / ".geoplan/journal.json").exists()
        outcomes.append(now == after)
        if now == after:
            undo(folder)
    # Four files are staged and moved; the journal in between decides.
    assert len(outcomes) > 2 * len(files) + 3
    assert outcomes == sorted(outcomes)
    assert outcomes.count(False) > 4
    assert outcomes.count(True) > 5


def test_what_an_interrupted_change_left_aside_is_cleared(folder: Path) -> None:
    (folder / ".geoplan/staged/x").mkdir(parents=True)
    with exclusive(folder):
        assert not (folder / ".geoplan/staged").exists()


def test_a_damaged_journal_is_told(folder: Path) -> None:
    (folder / ".geoplan").mkdir()
    (folder / ".geoplan/journal.json").write_text("{", "utf-8")
    with pytest.raises(geoplan.UnusablePlanError, match="damaged"), exclusive(folder):
        pass


@pytest.mark.parametrize("file", ["../outside.csv", "/etc/x", ".geoplan/lock"])
def test_nothing_is_written_outside_the_plan(folder: Path, file: str) -> None:
    with exclusive(folder), pytest.raises(geoplan.GeoplanError, match="not a file of the plan"):
        write_together(folder, {file: b"x"}, {})


def _hold(folder: Path, ready: Any, release: Any) -> None:
    with exclusive(folder):
        ready.set()
        release.wait(30)


def test_two_people_do_not_change_a_plan_at_once(folder: Path, sheet: Path) -> None:
    proposal = proposal_for(folder, sheet)
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(folder, ready, release))
    other.start()
    assert ready.wait(60)
    with pytest.raises(RefusedFileError) as caught:
        apply(proposal, folder, wait_s=0.2)
    assert code(caught) == "change.busy"
    release.set()
    other.join()
    assert apply(proposal, folder).files


def test_readers_wait_for_a_change_to_end(folder: Path, sheet: Path) -> None:
    apply(proposal_for(folder, sheet), folder)
    with (
        steady(folder),
        steady(folder),
        pytest.raises(geoplan.GeoplanError),
        exclusive(folder, wait_s=0.1),
    ):
        pass


def test_the_history_says_what_was_done(folder: Path, sheet: Path) -> None:
    proposal = proposal_for(folder, sheet)
    entry = apply(proposal, folder).entry
    (said,) = history(folder)
    assert said["name"] == entry
    assert (said["file"], said["target"], said["digest"]) == (
        "表.xlsx",
        "projects",
        proposal.digest,
    )
    assert said["counts"]["taken"] == 1
    assert json.dumps(said)
    assert (folder / ".geoplan/.gitignore").read_text() == "*\n"
