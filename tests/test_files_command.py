"""The commands that take files in say what they are at, and can go back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from making import PROJECT_HEADER, xlsx

from geoplan.cli import files, main


def run(*words: str) -> str:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


def imported(folder: Path, path: Path, name: str) -> None:
    row = [1, f"{name}项目", "甲一公司", "机器人产业", 300, "2021-2023年"]
    file = xlsx(path / f"{name}.xlsx", [PROJECT_HEADER, row])
    run("import", str(file), "--plan", str(folder), "--as", "projects")


def test_the_imports_are_listed_and_one_of_them_can_be_gone_back_to(
    folder: Path, tmp_path: Path
) -> None:
    before = (folder / "data/projects.csv").read_bytes()
    for name in ("一", "二"):
        imported(folder, tmp_path, name)
    plan = ("--plan", str(folder), "--lang", "zh")
    first, second = run("undo", "--list", *plan).splitlines()
    assert (first.split()[1:], second.split()[1:]) == (
        ["一.xlsx", "projects"],
        ["二.xlsx", "projects"],
    )
    assert run("undo", "--to", first.split()[0], *plan).strip() == first.split()[0]
    assert (folder / "data/projects.csv").read_bytes() == before
    assert all(line.endswith("已撤回") for line in run("undo", "--list", *plan).splitlines())


def test_an_import_says_which_stage_it_is_in(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    running: list[str] = []

    @contextmanager
    def progress(label: str) -> Iterator[None]:
        said.append(label)
        running.append(label)
        yield
        running.remove(label)

    monkeypatch.setattr(files, "progress", progress)
    imported(folder, tmp_path, "一")
    assert said[0] == "reading (0%)"
    assert {"matching (50%)", "comparing (70%)", "writing"} <= set(said)
    assert running == []


@pytest.mark.parametrize(("language", "said"), [("zh", "缺少必需的列"), ("en", "is missing")])
def test_a_refusal_is_told_in_the_language_asked_for(
    folder: Path, tmp_path: Path, language: str, said: str
) -> None:
    file = xlsx(tmp_path / "a.xlsx", [["项目名称", "企业"], ["甲", "甲一公司"]])
    words = ["import", str(file), "--plan", str(folder), "--as", "projects", "--lang", language]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert said in result.stderr
