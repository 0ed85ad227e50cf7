"""The plan that is shown follows its files, and never gets worse than it was."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import set_cell

import geoplan
from webmap import create_app
from webmap.shelf import Memory, PlanShelf, signature


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(folder: Path, clock: Clock) -> PlanShelf:
    return PlanShelf(folder, clock)


def name_of_p1(shelf: PlanShelf) -> str:
    return str(shelf.shown().plan.tables["projects"].loc[2, "name_zh"])


def test_a_changed_table_is_read_again_and_answers_are_forgotten(
    shelf: PlanShelf, folder: Path, clock: Clock
) -> None:
    before = shelf.shown()
    assert before.answers.get("x", lambda: b"old") == b"old"
    set_cell(folder, "projects", 2, "name_zh", "新名字项目")
    assert shelf.shown() is before, "not looked at twice within a second"
    clock.seconds = 2
    assert name_of_p1(shelf) == "新名字项目"
    assert shelf.shown().answers.get("x", lambda: b"new") == b"new"


def test_without_a_change_the_same_state_stays(shelf: PlanShelf, clock: Clock) -> None:
    before = shelf.shown()
    clock.seconds = 100
    assert shelf.shown() is before


def test_a_new_layer_and_a_removed_one_are_changes(
    shelf: PlanShelf, folder: Path, clock: Clock
) -> None:
    for end in ("geojson", "toml"):
        shutil.copy(folder / f"layers/hubs.{end}", folder / f"layers/more.{end}")
    clock.seconds = 2
    assert "more" in shelf.shown().plan.layers
    (folder / "layers/more.geojson").unlink()
    clock.seconds = 4
    assert "more" not in shelf.shown().plan.layers


def test_the_same_size_within_the_same_second_is_a_change(folder: Path) -> None:
    path = folder / "data/projects.csv"
    before, times = signature(folder), path.stat()
    path.write_text(path.read_text("utf-8").replace("机械臂", "械机臂"), "utf-8")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert signature(folder) != before


def test_a_state_that_cannot_be_opened_leaves_the_old_one(
    shelf: PlanShelf, folder: Path, clock: Clock
) -> None:
    before, text = shelf.shown(), (folder / "plan.toml").read_text("utf-8")
    (folder / "plan.toml").write_text("not toml [", "utf-8")
    clock.seconds = 2
    assert shelf.shown() is before
    assert shelf.refusal is not None
    assert "plan.toml" in shelf.refusal.reason
    since = shelf.refusal.since
    set_cell(folder, "projects", 2, "name_zh", "仍然打不开")
    clock.seconds = 4
    assert shelf.shown() is before
    assert shelf.refusal.since == since
    (folder / "plan.toml").write_text(text, "utf-8")
    clock.seconds = 6
    assert name_of_p1(shelf) == "仍然打不开"
    assert shelf.refusal is None


def test_a_folder_that_disappears_leaves_the_old_state(
    shelf: PlanShelf, folder: Path, clock: Clock
) -> None:
    before = shelf.shown()
    shutil.rmtree(folder)
    clock.seconds = 2
    assert shelf.shown() is before
    assert shelf.refusal is not None


def test_an_unusable_plan_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(geoplan.UnusablePlanError):
        PlanShelf(tmp_path)


def test_an_opened_plan_is_shown_as_it_is(tiny: geoplan.Plan) -> None:
    assert PlanShelf(tiny).shown().plan is tiny


def test_while_one_request_opens_the_plan_others_get_the_old_state(
    shelf: PlanShelf, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, opening, go_on = shelf.shown(), threading.Event(), threading.Event()

    def slow(path: Path) -> geoplan.Plan:
        opening.set()
        assert go_on.wait(10)
        return geoplan.open_plan(path)

    monkeypatch.setattr("webmap.shelf.open_plan", slow)
    set_cell(folder, "projects", 2, "name_zh", "慢")
    clock.seconds = 2
    first = threading.Thread(target=shelf.shown)
    first.start()
    assert opening.wait(10)
    assert shelf.shown() is before
    go_on.set()
    first.join()
    assert name_of_p1(shelf) == "慢"


def run_together(count: int, job: Callable[[], None]) -> None:
    threads = [threading.Thread(target=job) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_result_is_computed_once_for_many_threads() -> None:
    memory, made, found = Memory(100, lambda _: 1), [], []

    def make() -> object:
        time.sleep(0.05)
        made.append(1)
        return object()

    run_together(8, lambda: found.append(memory.get("key", make)))
    assert len(made) == 1
    assert len(set(map(id, found))) == 1
    assert len(found) == 8


def test_a_failure_is_told_to_all_and_not_kept() -> None:
    memory, told = Memory(100, lambda _: 1), []

    def fail() -> object:
        time.sleep(0.05)
        raise geoplan.QuestionError("no")

    def ask() -> None:
        try:
            memory.get("key", fail)
        except geoplan.QuestionError as error:
            told.append(error)

    run_together(4, ask)
    assert len(told) == 4
    assert memory.get("key", lambda: "well") == "well"


def test_memory_is_limited_and_forgets_what_was_used_least() -> None:
    memory = Memory(10, lambda made: len(str(made)))
    memory.get("a", lambda: "11")
    memory.get("b", lambda: "22")
    for name in "cdef":
        memory.get("a", lambda: "again")
        memory.get(name, lambda: "33")
    assert memory.get("a", lambda: "again") == "11"
    assert memory.get("b", lambda: "again") == "again"
    assert memory.get("large", lambda: "x" * 9) == "x" * 9
    assert memory.get("large", lambda: "not kept") == "not kept"


@pytest.mark.parametrize("file", ["data/projects.csv", "layers/districts.geojson"])
def test_a_file_that_is_lost_keeps_the_old_state_and_says_so(file: str, folder: Path) -> None:
    clock = [0.0]
    app = create_app(folder)
    shelf = app.extensions["shelf"]
    shelf._clock = lambda: clock[0]
    client = app.test_client()
    assert client.get("/api/projects").get_json()["total"] == 4
    (folder / file).write_bytes(b'{"bad\x00')
    clock[0] += 1e6
    assert client.get("/api/projects").get_json()["total"] == 4
    page = client.get("/?lang=en").get_data(as_text=True)
    assert file in page
    assert client.get("/healthz").get_json()["refused"]


def test_a_cell_that_cannot_be_read_is_told_on_the_page(folder: Path) -> None:
    set_cell(folder, "projects", 3, "investment_wanyuan", "abc")
    client = create_app(folder).test_client()
    for path in ("/", "/ledger", "/targets"):
        page = client.get(f"{path}?lang=zh").get_data(as_text=True)
        assert "data/projects.csv，第 3 行，列 investment_wanyuan" in page
        assert "1 处读不出" in page


def test_errors_of_the_api_speak_the_language_of_the_page(folder: Path) -> None:
    client = create_app(folder).test_client()
    answer = client.get("/api/subject/projects/none", headers={"X-Language": "en"}).get_json()
    assert answer["error"].isascii() or "“" in answer["error"]
    assert not any("\u4e00" <= c <= "\u9fff" for c in answer["error"])
