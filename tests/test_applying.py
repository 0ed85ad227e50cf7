"""A change is written whole or not at all, whenever the program dies, and can be taken back."""

import errno
import json
import multiprocessing
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import set_cell
from making import PROJECT_HEADER, xlsx

import geoplan
from geoplan.exchange.asking.proposals import Proposal
from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.incoming.applying import (
    LostStateError,
    UnknownEntryError,
    apply,
    contents,
    imports,
    proposed,
    undo,
)
from geoplan.exchange.incoming.importing import propose
from geoplan.plan.journal import BusyPlanError, exclusive, history, whole, write_together

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


def test_a_plan_that_changes_while_a_file_is_read_is_compared_again(
    folder: Path, sheet: Path
) -> None:
    values = iter(["150", "160", "170", "180"])

    def found(plan: geoplan.Plan) -> Proposal:
        # Somebody saves the table while the file is being read.
        set_cell(folder, "projects", 2, "investment_wanyuan", next(values, "180"))
        return propose(plan, sheet, "projects", today=DAY)

    with pytest.raises(RefusedFileError) as caught:
        proposed(folder, found)
    assert code(caught) == "change.stale"
    assert proposed(folder, found).tables["projects"].fields[0].old == "180"


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


# ---- killed
_WRITES = {
    "os.rename": 2, "os.remove": 1, "os.rmdir": 1, "os.mkdir": 1, "os.chmod": 1,
}  # fmt: skip
"""Events of the interpreter before it changes a folder, and how many of their arguments are paths."""


def on_each_write(folder: Path, do: Callable[[int], None]) -> None:
    """Call ``do(n)`` before the n-th step, from 1, that this process takes to change a folder."""
    count, sync = 0, os.fsync

    def step() -> None:
        nonlocal count
        count += 1
        do(count)

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            is_writing = bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            paths = arguments[:1] if is_writing else ()
        else:
            paths = arguments[: _WRITES.get(event, 0)]
        if any(str(folder) in str(path) for path in paths):
            step()

    def flushed(handle: int) -> None:
        step()
        sync(handle)

    sys.addaudithook(heard)
    os.fsync = flushed  # type: ignore[assignment]


def forked(work: Callable[[], object]) -> int:
    """Do something in a process of its own, and go on at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def killed_at(stop: int, folder: Path, work: Callable[[], object]) -> bool:
    """Do something in a process that is killed before its step ``stop``; whether it was."""

    def kill(step: int) -> None:
        if step == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched() -> None:
        on_each_write(folder, kill)
        work()

    _, status = os.waitpid(forked(watched), 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def left_aside(folder: Path) -> set[str]:
    """What geoplan keeps for itself in a plan that nobody is changing."""
    return {path.name for path in (folder / ".geoplan").iterdir()} - {"history", "lock", ".gitignore"}  # fmt: skip


def settled(folder: Path) -> dict[str, bytes]:
    """The plan as the next reader sees it."""
    return whole(folder, lambda: state(folder), wait_s=5)


def changed(folder: Path, files: dict[str, bytes]) -> None:
    with exclusive(folder, wait_s=0):
        write_together(folder, files, {"what": "import"})


def errors(folder: Path) -> list[geoplan.Problem]:
    problems = geoplan.check(geoplan.open_plan(folder), today=DAY)
    return [problem for problem in problems if problem.severity == "error"]


@pytest.mark.parametrize("what", ["import", "undo"])
def test_a_kill_at_any_step_leaves_the_old_or_the_new_plan(
    folder: Path, sheet: Path, tmp_path: Path, what: str
) -> None:
    files = contents(proposal_for(folder, sheet), folder)
    if what == "undo":
        changed(folder, files)
    original = Path(shutil.copytree(folder, tmp_path / "original"))
    before = state(original)
    work = undo if what == "undo" else (lambda at: changed(at, files))
    work(folder)
    after = state(folder)
    assert errors(original) == errors(folder) == []
    outcomes = []
    was_killed = True
    while was_killed:
        copy = Path(shutil.copytree(original, tmp_path / f"copy{len(outcomes)}"))
        was_killed = killed_at(len(outcomes) + 1, copy, lambda at=copy: work(at))
        now = settled(copy)
        # Byte for byte: what opens and passes the check as one of the two does so here.
        assert now in (before, after), len(outcomes)
        # Nobody is in the way of the next, and what was left aside is gone with it.
        changed(copy, {"data/projects.csv": b"next"})
        assert state(copy) == {**now, "data/projects.csv": b"next"}
        assert left_aside(copy) == set()
        assert len(history(copy)) == len(history(original)) + 1 + (now == after)
        outcomes.append(now == after)
        shutil.rmtree(copy)
    assert outcomes == sorted(outcomes)
    # Four files are written aside, flushed and moved; the journal in between decides.
    assert outcomes.count(False) > 2 * 4
    assert outcomes.count(True) > 2 * 4


def test_a_kill_while_an_interrupted_change_is_finished_loses_nothing(
    folder: Path, sheet: Path, tmp_path: Path
) -> None:
    before, files = state(folder), contents(proposal_for(folder, sheet), folder)
    after = {**before, **files}

    def is_interrupted(stop: int, at: Path) -> bool:
        shutil.copytree(folder, at)
        assert killed_at(stop, at, lambda: changed(at, files))
        return (at / ".geoplan/journal.json").exists()

    steps = iter(range(1, 200))
    stop = next(n for n in steps if is_interrupted(n, tmp_path / f"a{n}"))
    again = 0
    was_killed = True
    while was_killed:
        copy = shutil.copytree(tmp_path / f"a{stop}", tmp_path / f"b{again}")
        again += 1
        was_killed = killed_at(again, copy, lambda at=copy: settled(at))
        assert settled(copy) == after, again
        with exclusive(copy):
            assert left_aside(copy) == set()
        assert len(history(copy)) == 1
    assert again > 2 * len(files)


# ---- nothing can be written
@pytest.mark.parametrize("is_lasting", [False, True], ids=["once", "from-then-on"])
@pytest.mark.parametrize("removed", [(), ("data/projects.csv",)], ids=["replace", "remove"])
def test_a_fault_of_the_disk_at_any_step_changes_nothing(
    folder: Path, sheet: Path, removed: tuple[str, ...], is_lasting: bool
) -> None:
    files = {**contents(proposal_for(folder, sheet), folder), **dict.fromkeys(removed)}
    before = state(folder)
    after = {file: content for file, content in {**before, **files}.items() if content is not None}
    outcomes = set()
    for stop in range(1, 500):
        told, is_done = told_by_a_writer_with_a_fault(folder, files, stop, is_lasting)
        outcomes.add(told.rpartition("; ")[2])
        if not told or "finished when" in told:
            # What could not be taken back either is finished by the next.
            assert settled(folder) == after
            restore(folder, before)
        else:
            assert "No space left" in told
            assert settled(folder) == before, stop
            assert history(folder) == []
        if is_done:
            break
        with exclusive(folder):
            assert left_aside(folder) == set()
    assert stop > 4 * len(files)
    finished = {"it is finished when the plan is opened again"} if is_lasting else set()
    assert outcomes == {"", "nothing has changed"} | finished


def told_by_a_writer_with_a_fault(
    folder: Path, files: dict[str, bytes | None], stop: int, is_lasting: bool
) -> tuple[str, bool]:
    """What a change says whose step ``stop`` fails, and whether it took fewer steps."""
    report, reached = folder.parent / "report.json", 0

    def fail(step: int) -> None:
        nonlocal reached
        reached = step
        if step == stop or (is_lasting and step > stop):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def change() -> None:
        with exclusive(folder):
            on_each_write(folder, fail)
            try:
                write_together(folder, files, {"what": "import"})
                told = ""
            except geoplan.GeoplanError as error:
                told = str(error)
        report.write_text(json.dumps([told, reached < stop]), "utf-8")

    _, status = os.waitpid(forked(change), 0)
    assert os.waitstatus_to_exitcode(status) == 0, stop
    told, is_done = json.loads(report.read_text("utf-8"))
    return told, is_done


def restore(folder: Path, before: dict[str, bytes]) -> None:
    for file in set(state(folder)) - set(before):
        (folder / file).unlink()
    for file, content in before.items():
        (folder / file).write_bytes(content)
    shutil.rmtree(folder / ".geoplan/history")


def test_a_full_disk_is_told_and_the_next_import_works(
    folder: Path, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(folder)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(geoplan.GeoplanError, match=r"No space left.*nothing has changed"):
        apply(proposal_for(folder, sheet), folder)
    monkeypatch.undo()
    assert state(folder) == before
    assert history(folder) == []
    apply(proposal_for(folder, sheet), folder)


def test_a_folder_that_cannot_be_written_to_is_told(
    folder: Path, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = proposal_for(folder, sheet)
    before = state(folder)

    def closed(path: Any, *_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "mkdir", closed)
    with pytest.raises(geoplan.GeoplanError, match=r"cannot be changed .Permission denied"):
        apply(proposal, folder)
    monkeypatch.undo()
    assert state(folder) == before


def test_a_file_keeps_who_may_read_and_write_it(folder: Path, sheet: Path) -> None:
    (folder / "data/projects.csv").chmod(0o664)
    apply(proposal_for(folder, sheet), folder)
    assert (folder / "data/projects.csv").stat().st_mode & 0o777 == 0o664


def test_what_an_interrupted_change_left_aside_is_cleared(folder: Path) -> None:
    (folder / ".geoplan/staged/x").mkdir(parents=True)
    with exclusive(folder):
        assert not (folder / ".geoplan/staged").exists()


def test_a_damaged_journal_is_told(folder: Path) -> None:
    (folder / ".geoplan").mkdir()
    (folder / ".geoplan/journal.json").write_text("{", "utf-8")
    with pytest.raises(geoplan.UnusablePlanError, match="damaged"), exclusive(folder):
        pass


@pytest.mark.parametrize(
    "step",
    [
        {"do": "remove", "to": "../outside"},
        {"do": "remove", "to": "/etc/hostname"},
        {"do": "move", "from": "../outside", "to": "data/x.csv"},
        {"do": "move", "from": ".geoplan/staged/../../plan.toml", "to": "data/x.csv"},
        {"do": "move", "from": ".geoplan/staged/1", "to": ".geoplan/history/../../../outside"},
        {"do": "move", "from": ".geoplan/staged/1", "to": "linked/outside"},
    ],
)
def test_a_journal_that_came_with_a_plan_reaches_nothing_outside(
    folder: Path, tmp_path: Path, step: dict[str, str]
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine", "utf-8")
    (folder / "linked").symlink_to(tmp_path)
    (folder / ".geoplan/staged").mkdir(parents=True)
    (folder / ".geoplan/staged/1").write_text("theirs", "utf-8")
    (folder / ".geoplan/journal.json").write_text(json.dumps([step]), "utf-8")
    before = state(folder)
    with pytest.raises(geoplan.UnusablePlanError, match="damaged"):
        settled(folder)
    assert outside.read_text("utf-8") == "mine"
    assert {**before, "linked/outside": b"mine"} == {**state(folder), "linked/outside": b"mine"}


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


def test_who_waits_for_a_writer_that_is_killed_goes_on(folder: Path, sheet: Path) -> None:
    proposal = proposal_for(folder, sheet)
    writer = forked(lambda: stopped_at_the_journal(folder, lambda: apply(proposal, folder)))
    _, status = os.waitpid(writer, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    with pytest.raises(RefusedFileError) as caught:
        apply(proposal, folder, wait_s=0.1)
    assert code(caught) == "change.busy"
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    # The dead one's change counted; the second sees that, and does not write over it.
    with pytest.raises(RefusedFileError) as caught:
        apply(proposal, folder, wait_s=0.1)
    assert code(caught) == "change.stale"
    assert proposal_for(folder, sheet).is_empty


def stopped_at_the_journal(folder: Path, work: Callable[[], object]) -> None:
    """Do something and halt, as a computer that is put to sleep, between two moves of files."""

    def halt(_: int) -> None:
        journal = folder / ".geoplan/journal.json"
        if journal.exists() and "新项目" in (folder / "data/projects.csv").read_text("utf-8"):
            os.kill(os.getpid(), signal.SIGSTOP)

    on_each_write(folder, halt)
    work()


def test_a_reader_waits_until_all_files_are_in_place(folder: Path, sheet: Path) -> None:
    proposal = proposal_for(folder, sheet)
    after = {**state(folder), **contents(proposal, folder)}
    writer = forked(lambda: stopped_at_the_journal(folder, lambda: apply(proposal, folder)))
    os.waitpid(writer, os.WUNTRACED)
    assert state(folder) != after
    with pytest.raises(BusyPlanError, match="try again"):
        whole(folder, lambda: state(folder), wait_s=0.1)
    halted = True
    while halted:
        os.kill(writer, signal.SIGCONT)
        _, status = os.waitpid(writer, os.WUNTRACED)
        halted = os.WIFSTOPPED(status)
    assert settled(folder) == after


def test_a_reader_begins_again_after_a_change_in_between(folder: Path, sheet: Path) -> None:
    proposal = proposal_for(folder, sheet)
    before = state(folder)
    seen = []

    def read() -> dict[str, bytes]:
        first = (folder / "data/enterprises.csv").read_bytes()
        if not seen:
            apply(proposal, folder)
        seen.append({**state(folder), "data/enterprises.csv": first})
        return seen[-1]

    found = whole(folder, read)
    assert len(seen) == 2
    assert seen[0] not in (before, state(folder))
    assert found == state(folder)


def test_a_reader_is_served_however_often_others_write(folder: Path) -> None:
    old = (folder / "data/projects.csv").read_bytes()
    seen: list[bytes] = []

    def read() -> bytes:
        seen.append((folder / "data/projects.csv").read_bytes())
        # Somebody who writes faster than the plan can be read has to wait the second time.
        writer = forked(lambda: changed(folder, {"data/projects.csv": b"%d" % len(seen)}))
        os.waitpid(writer, 0)
        return seen[-1]

    assert whole(folder, read) == b"1"
    assert seen == [old, b"1"]
    assert (folder / "data/projects.csv").read_bytes() == b"1"


def test_a_reader_without_the_right_to_write_reads_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    calls = []

    def read() -> bytes:
        calls.append((folder / "data/projects.csv").read_bytes())
        if len(calls) < 3:
            changed(folder, {"data/projects.csv": b"%d" % len(calls)})
        return calls[-1]

    assert whole(folder, read) == b"2"
    calls.clear()
    with pytest.raises(BusyPlanError):
        whole(folder, read, wait_s=0)


def test_whoever_opens_a_plan_finishes_an_interrupted_change(folder: Path, sheet: Path) -> None:
    proposal = proposal_for(folder, sheet)
    writer = forked(lambda: stopped_at_the_journal(folder, lambda: apply(proposal, folder)))
    os.waitpid(writer, os.WUNTRACED)
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    plan = geoplan.open_plan(folder)
    assert "新项目" in set(plan.tables["projects"]["name_zh"])
    assert "丁四新材料" in set(plan.tables["enterprises"]["name_zh"])
    assert errors(folder) == []
    assert left_aside(folder) == set()


def test_a_fault_of_half_a_state_is_not_told(folder: Path, sheet: Path) -> None:
    proposal = proposal_for(folder, sheet)

    def read() -> str:
        if not history(folder):
            apply(proposal, folder)
            raise geoplan.UnusablePlanError("a table without its file")
        return "whole"

    assert whole(folder, read) == "whole"
    with pytest.raises(geoplan.UnusablePlanError, match="really"):
        whole(folder, lambda: (_ for _ in ()).throw(geoplan.UnusablePlanError("really")))


# ---- back to a chosen import
@pytest.fixture
def three(folder: Path, sheet: Path) -> tuple[list[str], list[dict[str, bytes]]]:
    """Three imports one after the other: their names, and the plan before each and after all."""
    names, states = [], [state(folder)]
    for files in (
        contents(proposal_for(folder, sheet), folder),
        {"data/projects.csv": b"second", "data/more.csv": b"new"},
        {"data/projects.csv": b"third"},
    ):
        changed(folder, files)
        names.append(history(folder)[-1]["name"])
        states.append(state(folder))
    return names, states


@pytest.mark.parametrize("at", [0, 1, 2])
def test_undo_goes_back_to_before_a_chosen_import_in_one_change(
    folder: Path, three: tuple[list[str], list[dict[str, bytes]]], at: int
) -> None:
    names, states = three
    assert undo(folder, to=names[at]) == names[at]
    assert state(folder) == states[at]
    assert [one.is_undone for one in imports(folder)] == [n >= at for n in range(3)]
    assert len(history(folder)) == 4


def test_undo_goes_on_from_where_it_went_back_to(
    folder: Path, three: tuple[list[str], list[dict[str, bytes]]]
) -> None:
    names, states = three
    undo(folder, to=names[1])
    assert undo(folder) == names[0]
    assert state(folder) == states[0]
    with pytest.raises(UnknownEntryError, match="taken back before"):
        undo(folder, to=names[1])
    with pytest.raises(UnknownEntryError, match="no import of this plan"):
        undo(folder, to="000009-x")


def test_undo_past_a_change_by_hand_is_refused(folder: Path, sheet: Path, tmp_path: Path) -> None:
    first = apply(proposal_for(folder, sheet), folder).entry
    set_cell(folder, "projects", 2, "name_zh", "手改")
    changed(folder, {"data/projects.csv": b"second"})
    before = state(folder)
    with pytest.raises(RefusedFileError) as caught:
        undo(folder, to=first)
    assert code(caught) == "change.since"
    assert "data/projects.csv" in str(caught.value)
    assert state(folder) == before


def test_undo_without_the_former_content_removes_nothing(folder: Path, sheet: Path) -> None:
    entry = apply(proposal_for(folder, sheet), folder).entry
    before = state(folder)
    kept = folder / ".geoplan/history" / entry / "before/data/projects.csv"
    for spoil in (lambda: kept.write_text("other", "utf-8"), kept.unlink):
        spoil()
        with pytest.raises(LostStateError, match=r"data/projects\.csv"):
            undo(folder)
        assert state(folder) == before


def test_undo_may_be_bound_to_the_import_that_was_seen(
    folder: Path, three: tuple[list[str], list[dict[str, bytes]]]
) -> None:
    names, states = three
    with pytest.raises(UnknownEntryError):
        undo(folder, only=names[1])
    assert state(folder) == states[3]
    assert undo(folder, only=names[2]) == names[2]


def test_a_history_of_an_older_geoplan_is_understood(folder: Path, sheet: Path) -> None:
    entry = apply(proposal_for(folder, sheet), folder).entry
    undo(folder)
    manifest = folder / ".geoplan/history" / history(folder)[-1]["name"] / "manifest.json"
    said = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps({**said, "undoes": entry}), "utf-8")
    assert [one.is_undone for one in imports(folder)] == [True]


def test_a_damaged_entry_of_the_history_is_named(folder: Path, sheet: Path) -> None:
    entry = apply(proposal_for(folder, sheet), folder).entry
    (folder / ".geoplan/history" / entry / "manifest.json").write_text("{}", "utf-8")
    with pytest.raises(geoplan.UnusablePlanError, match=entry):
        imports(folder)


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
