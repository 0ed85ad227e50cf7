"""One hard rule of site selection, read and understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from geoplan.plan.problems import Both
from geoplan.site.conditions import Condition

Effect = Literal["include", "exclude"]

UNITS: Mapping[str, str] = {
    "inside": "m",
    "distance_m": "m",
    "area_km2": "km2",
    "districts": "m",
    "wings": "m",
}
"""Unit of a measure; none for shares, ratios and attributes."""


@dataclass(frozen=True)
class Rule:
    """One hard rule.

    Attributes
    ----------
    id :
        Of the plan's table, of the brief, or such as ``must.districts``.
    effect :
        ``include``: only a site for which it holds is allowed; ``exclude``: never such a site.
    measure :
        As in ``data/rules.csv``, or ``districts`` and ``wings`` for a brief's ``values``.
    least, most :
        The measured value must (or must not) lie from ``least`` to ``most``, ends included.
    row :
        Row of ``data/rules.csv``; 0 for a rule of the brief.
    origin :
        Where it was written, for people: ``data/rules.csv`` or an entry of the brief.
    file, features, crs, datum, accuracy_m :
        The own layer of a rule of the brief; ``layer`` is then a layer inside the file.
    """

    id: str
    name: Both
    effect: Effect
    measure: str
    origin: str
    row: int = 0
    layer: str = ""
    file: str = ""
    features: str = ""
    crs: str = ""
    datum: str = ""
    accuracy_m: float = 0.0
    where: Condition | None = None
    condition: Condition | None = None
    least: float | None = None
    most: float | None = None
    values: tuple[str, ...] = ()
    scope: Condition | None = None
    exceptions: Condition | None = None
    overrides: tuple[str, ...] = ()
    clause_zh: str = ""
    note: str = ""

    @property
    def looks_at_own(self) -> bool:
        """Whether it looks at an own layer of the brief, not at one of the plan."""
        return bool(self.file or self.features)

    @property
    def unit(self) -> str:
        """Unit of what is measured; empty for a plain number or an attribute."""
        return UNITS.get(self.measure, "")
