"""Saved briefs: named by their content, bounded, and no harm where the disk says no."""

import os
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webmap.briefs import ID, BriefStore, UnkeptBriefError, identity, workspace

BRIEF: dict[str, Any] = {"title": "机器人", "project": {"sector": "robots", "land_km2": 0.1}}

WORDS = st.text(max_size=12)
BRIEFS = st.dictionaries(
    WORDS,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**31), 2**31) | WORDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@pytest.fixture
def store(tmp_path: Path) -> BriefStore:
    return BriefStore(tmp_path / "work" / "briefs")


def test_what_is_saved_comes_back(store: BriefStore) -> None:
    name = store.save(BRIEF)
    assert ID.fullmatch(name)
    assert store.load(name) == BRIEF
    assert [path.name for path in store.folder.iterdir()] == [f"{name}.json"]


def test_the_same_brief_has_the_same_name_whatever_the_order(store: BriefStore) -> None:
    turned = {key: BRIEF[key] for key in reversed(BRIEF)}
    assert store.save(BRIEF) == store.save(turned)
    assert len(list(store.folder.iterdir())) == 1
    assert identity({**BRIEF, "title": "x"}) != identity(BRIEF)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BRIEFS)
def test_names_follow_from_the_content_alone(brief: dict[str, Any]) -> None:
    again = orjson.loads(orjson.dumps(brief))
    assert identity(again) == identity(brief)


@pytest.mark.parametrize("name", ["", "../secret", "0" * 15, "G" * 16, "0" * 16 + "/", "0" * 16])
def test_a_name_that_is_none_finds_nothing(store: BriefStore, name: str) -> None:
    store.save(BRIEF)
    (store.folder.parent / "secret.json").write_text("{}")
    assert store.load(name) is None


def test_a_file_that_was_changed_is_no_brief(store: BriefStore) -> None:
    name = store.save(BRIEF)
    (store.folder / f"{name}.json").write_bytes(orjson.dumps({"title": "forged"}))
    assert store.load(name) is None
    assert store.save(BRIEF) == name
    assert store.load(name) == BRIEF


def test_the_longest_unused_makes_room(store: BriefStore) -> None:
    bounded = BriefStore(store.folder, most=3)
    names = [bounded.save({"title": str(number)}) for number in range(3)]
    for age, name in enumerate(names):
        os.utime(bounded.folder / f"{name}.json", ns=(10**18 + age, 10**18 + age))
    assert bounded.load(names[0]) is not None
    newest = bounded.save({"title": "new"})
    assert bounded.load(names[1]) is None
    assert [bounded.load(name) is not None for name in (names[0], names[2], newest)] == [True] * 3


def test_all_briefs_together_are_bounded_in_bytes(store: BriefStore) -> None:
    bounded = BriefStore(store.folder, most_bytes=400)
    for number in range(20):
        bounded.save({"title": f"{number:03}" * 20})
    assert sum(path.stat().st_size for path in bounded.folder.iterdir()) <= 400


def test_a_brief_that_is_too_large_is_not_kept(store: BriefStore) -> None:
    with pytest.raises(UnkeptBriefError):
        BriefStore(store.folder, most_bytes=50).save({"title": "x" * 60})
    assert not store.folder.exists()


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnkeptBriefError, match="file"):
        BriefStore(tmp_path / "file" / "briefs").save(BRIEF)


def test_a_write_that_fails_leaves_nothing_half(
    store: BriefStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = store.save(BRIEF)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UnkeptBriefError, match="No space left"):
        store.save({"title": "second"})
    assert [path.name for path in store.folder.iterdir()] == [f"{name}.json"]


def test_many_at_once_do_not_disturb_each_other(store: BriefStore) -> None:
    bounded = BriefStore(store.folder, most=5)
    failures: list[BaseException] = []

    def work(start: int) -> None:
        try:
            for number in range(start, start + 25):
                name = bounded.save({"title": str(number % 10)})
                found = bounded.load(name)
                assert found in (None, {"title": str(number % 10)})
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(list(bounded.folder.glob("*.json"))) <= 5
    assert list(bounded.folder.glob("*.part")) == []


def test_the_workspace_is_outside_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert workspace(tmp_path, "plan") == tmp_path / "briefs"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert workspace(None, "my-city") == tmp_path / "state/geoplan/my-city/briefs"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert workspace("", "a/../b") == tmp_path / ".local/state/geoplan/a_.._b/briefs"
