"""What a dataset is: rows on a key, their fields, their sources and terms."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pandas as pd

from geoplan.errors import QuestionError
from geoplan.exchange.outgoing.fields import Field, typed
from geoplan.plan.opening import Plan
from geoplan.plan.problems import NOTHING, Both
from geoplan.plan.relations import day_of

DatasetKind = Literal["table", "layer", "located", "result"]
GeometryKind = Literal["", "Point", "LineString", "Polygon", "Geometry"]
NUMBERED = ("row", "feature", "number")
"""Keys that are numbers of ours, not values of the dataset."""


@dataclass(frozen=True)
class Dataset:
    """One thing that can be exported or served.

    Attributes
    ----------
    name :
        Unique in the plan, fit for addresses and file names as far as the
        plan's own names are.
    kind :
        ``table`` of ``data/``; ``layer`` of ``layers/``; ``located``: rows of
        a table with where they are known to be; ``result`` of an analysis.
    of :
        The table, layer or analysis behind it: ``projects`` for the table
        ``table_projects``.
    role :
        What it shows: a layer's role, else as ``of``.
    key :
        Name of the frame's index. ``row``, ``feature`` and ``number`` are only
        numbers of the rows; any other is also a field.
    fields :
        Of the rows, the key first where it is one of them.
    geometry :
        Kind of the shapes, single or multiple; ``Geometry`` for several kinds;
        empty for none.
    sources :
        Ids in the table ``sources``.
    as_of :
        The newest day one of its sources was issued or read.
    accuracy_m, basis :
        Of a layer, as its sidecar says.
    """

    name: str
    title: Both
    kind: DatasetKind
    of: str
    role: str
    key: str
    fields: tuple[Field, ...]
    geometry: GeometryKind
    crs: str
    sources: tuple[str, ...]
    licence: str
    note: Both = NOTHING
    as_of: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    accuracy_m: float | None = None
    basis: str = ""
    make: Callable[[Plan], pd.DataFrame] = field(
        default=lambda plan: pd.DataFrame(), repr=False, compare=False, kw_only=True
    )

    @property
    def is_spatial(self) -> bool:
        """Whether its rows have shapes."""
        return bool(self.geometry)

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of the fields."""
        return tuple(one.name for one in self.fields)

    @property
    def import_as(self) -> str:
        """What an import takes an export of it as: a table or layer; nothing for a result."""
        if self.kind == "result":
            return ""
        return f"layer:{self.of}" if self.kind == "layer" else self.of

    def frame(self, plan: Plan) -> pd.DataFrame:
        """The rows on the key; a GeoDataFrame in the plan's CRS where they have shapes."""
        return typed(self.make(plan), self.fields)

    def flat(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows as a file holds them: the key is the first column unless it is only a number."""
        return frame.reset_index(drop=self.key in NUMBERED)


class Datasets(Mapping[str, Dataset]):
    """The datasets of a plan: located things, layers, results, tables."""

    def __init__(self, found: Iterable[Dataset]) -> None:
        self._by_name = {one.name: one for one in found}

    def __getitem__(self, name: str) -> Dataset:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, name: str, spatial: bool | None = None) -> Dataset:
        """A dataset by its name, or by that of the table or layer behind it.

        Parameters
        ----------
        spatial :
            Prefer one with shapes, or one without, where a name means both:
            ``projects`` is the table for a spreadsheet, the located projects
            for a map.

        Raises
        ------
        QuestionError
            There is none.
        """
        named = [one for one in self.values() if one.of == name or one.name == name]
        if not named:
            raise QuestionError(
                f"there is no dataset “{name[:80]}”; choose from {', '.join(self._by_name)}"
            )
        exact = [one for one in named if one.name == name]
        if spatial is None and exact:
            return exact[0]
        if exact and exact[0].name != exact[0].of:
            return exact[0]
        fitting = [one for one in named if one.is_spatial == spatial]
        order = ("table", "result", "located", "layer") if not spatial else (
            "located", "layer", "result", "table")  # fmt: skip
        return min(fitting or named, key=lambda one: order.index(one.kind))


def listed(value: object) -> list[Any]:
    """A list as it is; nothing where it is none."""
    return value if isinstance(value, list) else []


def cited(plan: Plan, tables: Iterable[str]) -> list[str]:
    """Ids of the sources that the rows of some tables cite."""
    every = [plan.tables[name]["source_id"].dropna().drop_duplicates() for name in tables]
    return [str(source) for source in pd.concat(every).drop_duplicates()]


def described(
    plan: Plan,
    name: str,
    title: Both,
    kind: DatasetKind,
    of: str,
    *,
    sources: Iterable[Any],
    make: Callable[[Plan], pd.DataFrame],
    **said: Any,
) -> Dataset:
    """A dataset of which dates and licence follow from its sources, unless they are said.

    Parameters
    ----------
    of :
        See :class:`Dataset`; also the role unless that is said.
    said :
        Other fields of :class:`Dataset`; ``None`` as if not said.
    """
    ids = tuple(dict.fromkeys(str(source) for source in sources))
    rows = plan.sources[plan.sources["id"].isin(ids)]
    days = [day for column in ("issued", "accessed") for day in map(day_of, rows[column]) if day]
    given: dict[str, Any] = {
        "role": of,
        "geometry": "",
        "licence": "; ".join(rows["licence"].dropna().drop_duplicates()),
        "as_of": max(days, default=None),
    }
    given |= {key: value for key, value in said.items() if value is not None}
    return Dataset(
        name, title, kind, of, crs=plan.meta.analysis_crs, sources=ids, make=make, **given
    )
