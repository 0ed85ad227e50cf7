"""Criteria of other packages: added without touching code, and trusted no further."""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sites import points

import geoplan
from geoplan.plan.problems import Both
from geoplan.site import installed
from geoplan.site.criteria import chosen, measure_all
from geoplan.site.installed import measured, registered
from geoplan.site.measuring import (
    REGISTRY,
    CriterionError,
    Measured,
    Setting,
    criterion,
)
from geoplan.site.question import Brief, OwnCriterion

CODE = """
from geoplan.plan.problems import Both
from geoplan.site.criteria import Measured, Setting, criterion

@criterion("{id}", Both("东经", "Easting"), unit="m", better="high", params={{"shift_m": 0.0}})
def easting(at: Setting) -> Measured:
    "How far east."
    return Measured.of(at.sites.index, at.centres[:, 0] + at.number("shift_m"))
"""


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Pretend that a package is installed whose module holds some code."""
    before = dict(REGISTRY)
    entries: list[Any] = []

    class Module:
        def __init__(self, code: str) -> None:
            self.code = code
            self.name, self.value = "bureau", "my_bureau.criteria"
            self.dist = SimpleNamespace(name="my-bureau")

        def load(self) -> ModuleType:
            module = ModuleType("my_bureau.criteria")
            exec(self.code, module.__dict__)
            return module

    monkeypatch.setattr(installed, "entry_points", lambda group: entries)
    yield lambda code: entries.append(Module(code))
    REGISTRY.clear()
    REGISTRY.update(before)


def test_an_installed_package_adds_a_criterion(
    install: Callable[[str], None], tiny: geoplan.Plan
) -> None:
    install(CODE.format(id="easting_m"))
    own = OwnCriterion(
        "easting_m", weight=1.0, points="500000:0|503000:1", params=(("shift_m", 5.0),)
    )
    brief = Brief(criteria=(own,))
    found = chosen(tiny, brief)
    sites = points(tiny, (100, 0), (200, 0))
    values = measure_all(tiny, brief, found, sites)["easting_m"]
    assert values.best.tolist() == [500_105, 500_205]
    assert registered()["easting_m"].doc == "How far east."
    # Loading it again is no duplicate.
    assert "easting_m" in registered()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_module", "package my-bureau cannot be loaded: ModuleNotFoundError"),
        ("1 / 0", "“bureau” .my_bureau.criteria. of the package my-bureau .*ZeroDivisionError"),
        (
            CODE.format(id="rail_m"),
            "package my-bureau: criterion “rail_m” is already registered by",
        ),
        (CODE.format(id="x").replace('"high"', '"up"'), "better is “up”; write high or low"),
    ],
)
def test_a_broken_one_is_named(install: Callable[[str], None], code: str, said: str) -> None:
    registered()
    before = dict(REGISTRY)
    install(CODE.format(id="first_m") + "\n" + code)
    with pytest.raises(CriterionError, match=said):
        registered()
    # Nothing of it stays behind.
    assert before == REGISTRY


def test_real_entry_points_are_asked_for() -> None:
    assert isinstance(EntryPoint("a", "b", installed.EXTENSIONS), EntryPoint)
    assert set(registered()) >= {"platform_named", "airport_m", "chain_gap"}
    assert "geoplan.site.installed" in sys.modules


def test_an_id_is_taken_once() -> None:
    registered()
    with pytest.raises(CriterionError, match="must take another id"):
        criterion("rail_m", Both("a", "a"), unit="m", better="low")(lambda at: None)  # type: ignore[arg-type, return-value]


def wrong(name: str, at: Setting) -> Any:
    index = at.sites.index
    right = Measured.of(index, np.ones(len(index)))
    if name == "fails":
        raise KeyError("secret")
    if name == "index":
        return Measured.of(index[::-1], np.ones(len(index)))
    if name == "order":
        return Measured(right.best, right.best + 1, right.best, right.evidence)
    if name == "draws":
        return Measured.of(index, np.ones(len(index)), draws=np.ones((1, 1)))
    return Measured(right.best, right.low, right.high, right.evidence.drop(columns="row"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fails", "“odd” fails: KeyError"),
        ("index", "best, low, high not on the candidates' index"),
        ("order", "not low ≤ best ≤ high"),
        ("draws", r"draws of shape \(1, 1\), not \(2, 64\)"),
        ("evidence", "evidence without the columns candidate, zh"),
    ],
)
def test_what_does_not_fit_is_refused(tiny: geoplan.Plan, name: str, said: str) -> None:
    at = Setting(tiny, Brief(), points(tiny, (0, 0), (1, 1)))
    odd = installed.Criterion("odd", Both("怪", "Odd"), "", "high", lambda at: wrong(name, at))
    with pytest.raises(CriterionError, match=said):
        measured(at, odd)


def test_a_range_always_holds_its_best() -> None:
    index = points(geoplan.open_plan("tests/plans/tiny"), (0, 0), (1, 1)).index
    found = Measured.of(index, [1.0, np.inf], [2.0, 0.0], [0.5, 3.0])
    assert (found.low["s0"], found.best["s0"], found.high["s0"]) == (1, 1, 1)
    # What is infinite is not known.
    assert found.best.isna().tolist() == [False, True]
    assert found.high.isna().tolist() == [False, True]
