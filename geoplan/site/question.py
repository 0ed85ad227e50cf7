"""What a brief asks: the new project, the candidates, the conditions, the preferences.

Plain frozen values, checked by :mod:`geoplan.site.brief`; their form as a
dictionary has the keys of the file and reads back to the same values.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

CandidateKind = Literal["platforms", "file", "grid"]
Gathering = Literal["cluster", "crowding"]
Mode = Literal["around", "order", "any"]
Method = Literal["direct", "order", "ahp"]
Formula = Literal["roc", "rank_sum", "rank_reciprocal"]
Judgements = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Project:
    """The new project. What is not said is ``None`` or empty."""

    sector: str = ""
    segment: str = ""
    products: tuple[str, ...] = ()
    investment_wanyuan: float | None = None
    land_km2: float | None = None
    workers: int | None = None


@dataclass(frozen=True)
class CandidateList:
    """Where the candidates come from.

    ``file`` is relative to the brief. ``features`` is an inline GeoJSON
    FeatureCollection as text. ``layer`` is a layer of a GeoPackage; ``id`` to
    ``district`` name columns of the file; ``land_unit`` is the unit of a
    ``land`` column that holds bare numbers. ``crs`` and ``datum`` say what
    the file does not.
    """

    kind: CandidateKind = "platforms"
    platform_kinds: tuple[str, ...] = ()
    file: str = ""
    features: str = ""
    layer: str = ""
    id: str = ""
    name: str = ""
    name_en: str = ""
    land: str = ""
    land_unit: str = ""
    district: str = ""
    crs: str = ""
    datum: str = ""
    accuracy_m: float = 0.0
    cell_m: float = 500.0
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """A distance limit: to a kind of hub, or to ``layer:NAME where CONDITION``."""

    to: str
    metres: float


@dataclass(frozen=True)
class Must:
    """What every site must satisfy; what is empty is not asked."""

    districts: tuple[str, ...] = ()
    wings: tuple[str, ...] = ()
    platform_kinds: tuple[str, ...] = ()
    min_land: bool = False
    within_m: tuple[Reach, ...] = ()


@dataclass(frozen=True)
class MustNot:
    """What no site may be."""

    districts: tuple[str, ...] = ()
    wings: tuple[str, ...] = ()
    platform_kinds: tuple[str, ...] = ()
    nearer_than_m: tuple[Reach, ...] = ()


@dataclass(frozen=True)
class OwnRule:
    """A hard rule of the brief: the columns of ``data/rules.csv``, or ``off`` for a rule of the plan.

    ``file`` is an own layer relative to the brief, ``layer`` then a layer
    inside it, and ``accuracy_m`` how far its lines may be off. ``features`` is
    an inline GeoJSON FeatureCollection in place of a file.
    """

    id: str
    off: bool = False
    name_zh: str = ""
    name_en: str = ""
    effect: str = ""
    measure: str = ""
    layer: str = ""
    file: str = ""
    features: str = ""
    crs: str = ""
    datum: str = ""
    accuracy_m: float = 0.0
    where: str = ""
    condition: str = ""
    least: float | None = None
    most: float | None = None
    scope: str = ""
    exceptions: str = ""
    overrides: tuple[str, ...] = ()
    clause_zh: str = ""
    note: str = ""

    @property
    def looks_at_own(self) -> bool:
        """Whether it looks at data of the brief, not at a layer of the plan."""
        return bool(self.file or self.features)


@dataclass(frozen=True)
class OwnCriterion:
    """A change of a default criterion, or with ``measure`` a criterion of the brief's own.

    ``points`` is a value function as text (``0:1|60000:0``). ``column`` is
    the attribute that ``zonal_mean`` and ``attribute`` measure. ``features`` is
    an inline GeoJSON FeatureCollection in place of a file.
    """

    id: str
    off: bool = False
    weight: float | None = None
    points: str = ""
    params: tuple[tuple[str, float | str], ...] = ()
    measure: str = ""
    layer: str = ""
    file: str = ""
    features: str = ""
    crs: str = ""
    datum: str = ""
    accuracy_m: float = 0.0
    where: str = ""
    column: str = ""
    unit: str = ""
    better: str = ""
    name_zh: str = ""
    name_en: str = ""

    @property
    def looks_at_own(self) -> bool:
        """Whether it looks at data of the brief, not at a layer of the plan."""
        return bool(self.file or self.features)


@dataclass(frozen=True)
class Weights:
    """How the criteria are weighed.

    ``order`` holds groups of equally important criteria, the most important
    first; ``judgements`` one matrix for each judge, over ``criteria``.
    """

    method: Method = "direct"
    order: tuple[tuple[str, ...], ...] = ()
    formula: Formula = "roc"
    criteria: tuple[str, ...] = ()
    judgements: tuple[Judgements, ...] = ()
    random_index: str = "saaty"


@dataclass(frozen=True)
class Preferences:
    """Matters of taste: whether planned investment nearby is good or bad."""

    gathering: Gathering = "cluster"


@dataclass(frozen=True)
class Robustness:
    """Over which other weights the ranking is tried, how often and from which seed."""

    mode: Mode = "around"
    spread: float = 0.2
    draws: int = 10_000
    seed: int = 1


@dataclass(frozen=True)
class Brief:
    """One question of site selection.

    Attributes
    ----------
    like :
        Id of a candidate or platform that the others are compared with; empty
        for the usual ranking.
    folder :
        Where the files named in the brief lie; ``None`` where a brief may name
        none. No part of the question: two briefs are equal without it.
    file :
        What messages call the brief.
    """

    title: str = ""
    project: Project = Project()
    candidates: CandidateList = CandidateList()
    must: Must = Must()
    must_not: MustNot = MustNot()
    rules: tuple[OwnRule, ...] = ()
    criteria: tuple[OwnCriterion, ...] = ()
    weights: Weights = Weights()
    preferences: Preferences = Preferences()
    robustness: Robustness = Robustness()
    like: str = ""
    folder: Path | None = field(default=None, compare=False)
    file: str = field(default="brief", compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The brief with the keys of its file, ready for JSON; what is not said is left out."""
        weights = _said(self.weights)
        if self.weights.judgements:
            weights["judgements"] = [
                [[_ratio(cell) for cell in row] for row in matrix]
                for matrix in self.weights.judgements
            ]
        sections: dict[str, Any] = {
            "title": self.title,
            "project": _said(self.project),
            "candidates": _said(self.candidates),
            "must": _said(self.must)
            | ({"within_m": _reaches(self.must.within_m, "most_m")} if self.must.within_m else {}),
            "must_not": _said(self.must_not)
            | (
                {"nearer_than_m": _reaches(self.must_not.nearer_than_m, "least_m")}
                if self.must_not.nearer_than_m
                else {}
            ),
            "rules": [_said(rule) for rule in self.rules],
            "criteria": {own.id: _without_id(own) for own in self.criteria},
            "weights": weights,
            "preferences": _said(self.preferences),
            "robustness": _said(self.robustness),
            "like": {"site": self.like} if self.like else {},
        }
        return {key: value for key, value in sections.items() if value not in ("", {}, [])}


def _said(part: Any) -> dict[str, Any]:
    """The fields of a section that say something."""
    values = {entry.name: getattr(part, entry.name) for entry in fields(part)}
    said = {
        name: _plain(value) for name, value in values.items() if value is not None and value != ""
        and value != ()
    }  # fmt: skip
    if "features" in said:
        said["features"] = json.loads(said["features"])
    return said


def _without_id(own: OwnCriterion) -> dict[str, Any]:
    said = _said(own)
    del said["id"]
    if own.params:
        said["params"] = {name: _plain(value) for name, value in own.params}
    return said


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def _reaches(reaches: tuple[Reach, ...], key: str) -> list[Mapping[str, Any]]:
    return [{"to": reach.to, key: _plain(reach.metres)} for reach in reaches]


def _ratio(judgement: float) -> float | int | str:
    """A judgement as people write it: 3, or "1/3"."""
    inverse = 1.0 / judgement
    if judgement < 1 and 1.0 / round(inverse) == judgement:
        return f"1/{round(inverse)}"
    plain: float | int = _plain(judgement)
    return plain
