"""What is said of each dataset on the data page: rows, origin, age, forms, a look inside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.datasets import datasets
from geoplan.exchange.outgoing.fields import Field
from geoplan.exchange.outgoing.formats import FORMATS
from geoplan.exchange.outgoing.provenance import sources_of
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import TABLES, VOCABULARIES, Column

PREVIEWED = 6
_LONGEST_CELL = 90
_GROUPS = ("located", "layer", "result", "table")


@dataclass(frozen=True)
class Form:
    """One entry of a format menu."""

    format: str
    encoding: str = "UTF-8"
    short: str = ""


FORMS: Mapping[str, Form] = {
    "geojson": Form("geojson", short="GeoJSON"),
    "gpkg": Form("gpkg", short="GPKG"),
    "shapefile": Form("shapefile", short="SHP"),
    "shapefile_gb18030": Form("shapefile", "GB18030"),
    "kml": Form("kml", short="KML"),
    "kmz": Form("kmz"),
    "flatgeobuf": Form("flatgeobuf"),
    "geoparquet": Form("geoparquet"),
    "csv": Form("csv", short="CSV"),
    "xlsx": Form("xlsx", short="XLSX"),
    "qml": Form("qml"),
}
_OPTIONAL = {"geoparquet": "pyarrow"}
_SHORT = {True: ("geojson", "gpkg", "shapefile", "xlsx"), False: ("xlsx", "csv")}
_TOLD = (
    "title_zh", "title_en", "licence", "issued", "accessed", "fresh_until", "address",
)  # fmt: skip
_CHINA_CRS = ("EPSG:4490", "EPSG:4326", "EPSG:3857", "EPSG:4549", "EPSG:4528")


@dataclass(frozen=True)
class Source:
    """A source as the page names it; ``days_over`` counts from the end of its promise."""

    id: str
    title_zh: str
    title_en: str
    licence: str
    issued: str
    accessed: str
    fresh_until: str
    address: str
    days_over: int


@dataclass(frozen=True)
class Card:
    """A dataset as the list shows it."""

    dataset: Dataset
    count: int
    sources: tuple[Source, ...]
    days_over: int

    @property
    def days(self) -> tuple[str, ...]:
        """The oldest and the newest day of its sources; one where they are the same."""
        known = [source.issued or source.accessed for source in self.sources]
        newest = self.dataset.as_of
        every = sorted({*filter(None, known), *([newest.isoformat()] if newest else [])})
        return tuple(dict.fromkeys([*every[:1], *every[-1:]]))

    @property
    def short_forms(self) -> list[tuple[str, str]]:
        """The formats most asked for, each with a short name."""
        offered = forms_of(self.dataset)
        return [
            (name, FORMS[name].short) for name in _SHORT[self.dataset.is_spatial] if name in offered
        ]


def forms_of(dataset: Dataset) -> list[str]:
    """The formats a dataset can be had in, as far as they are installed."""
    return [name for name, form in FORMS.items() if _can_hold(dataset, name, form)]


def _can_hold(dataset: Dataset, name: str, form: Form) -> bool:
    needed = _OPTIONAL.get(name)
    if needed and find_spec(needed) is None:
        return False
    if name == "qml" and dataset.geometry in ("", "Geometry"):
        return False
    return dataset.is_spatial or FORMATS[form.format].tables


def crs_choices(plan: Plan) -> list[tuple[str, str]]:
    """Codes that a download may be asked for in, the plan's own first, and their names."""
    own = plan.meta.analysis_crs.upper()
    codes = dict.fromkeys([own, *_CHINA_CRS])
    return [(code, _CRS_NAMES.get(code, "")) for code in codes]


_CRS_NAMES = {
    "EPSG:4490": "CGCS2000",
    "EPSG:4326": "WGS 84",
    "EPSG:3857": "Web Mercator",
    "EPSG:4549": "CGCS2000 / 3-degree CM 120E",
    "EPSG:4528": "CGCS2000 / 3-degree zone 40",
}


def title_of(dataset: Dataset) -> Both:
    """Its name; the schema's English says what a row of a table is, not what the table is called."""
    if dataset.kind == "table":
        return Both(dataset.title.zh, table_name(dataset.of))
    return dataset.title


def table_name(table: str) -> str:
    """A table's name for an English reader.

    Examples
    --------
    >>> table_name("sector_links")
    'Sector links'
    """
    return table.replace("_", " ").capitalize()


# ---- the list
def cards_of(plan: Plan, today: date) -> list[tuple[str, list[Card]]]:
    """Every dataset by kind; tables without a row come last within theirs."""
    found = [card_of(plan, dataset, today) for dataset in datasets(plan).values()]
    groups = [
        (kind, sorted((c for c in found if c.dataset.kind == kind), key=lambda c: not c.count))
        for kind in _GROUPS
    ]
    return [(kind, cards) for kind, cards in groups if cards]


def card_of(plan: Plan, dataset: Dataset, today: date) -> Card:
    """One dataset with its size and origin."""
    sources = tuple(_sources(plan, dataset, today))
    over = max((source.days_over for source in sources), default=0)
    return Card(dataset, _count(plan, dataset), sources, over)


def _count(plan: Plan, dataset: Dataset) -> int:
    if dataset.kind == "table":
        return len(plan.tables[dataset.of])
    if dataset.kind == "layer":
        return len(plan.layers[dataset.of].frame)
    return len(dataset.frame(plan))


def _sources(plan: Plan, dataset: Dataset, today: date) -> Iterator[Source]:
    for said in sources_of(plan, dataset):
        until = said.get("fresh_until", "")
        over = (today - date.fromisoformat(until)).days if until else 0
        told = {name: str(said.get(name, "")) for name in _TOLD}
        yield Source(id=said["id"], days_over=max(0, over), **told)


# ---- a look inside
@dataclass(frozen=True)
class Cell:
    """A value as a file holds it, shortened; ``label`` says a code in words."""

    text: str
    is_number: bool = False
    label_zh: str = ""
    label_en: str = ""


def preview_of(plan: Plan, dataset: Dataset) -> list[list[Cell]]:
    """The first rows, field by field, and the kind of the shape at the end."""
    frame = dataset.flat(dataset.frame(plan).head(PREVIEWED))
    fields = [one for one in dataset.fields if one.name in frame]
    columns: list[list[Cell]] = [
        [_cell(value, one) for value in frame[one.name].tolist()] for one in fields
    ]
    if isinstance(frame, gpd.GeoDataFrame):
        kinds = frame.geometry.geom_type.fillna("").tolist()
        columns.append([Cell(str(kind or "—")) for kind in kinds])
    return [list(row) for row in zip(*columns, strict=True)]


def previewed_fields(plan: Plan, dataset: Dataset) -> Sequence[Field]:
    """The fields of :func:`preview_of`."""
    names = set(dataset.flat(dataset.frame(plan).head(1)).columns)
    return [one for one in dataset.fields if one.name in names]


def _cell(value: Any, of: Field) -> Cell:
    if value is None or (not isinstance(value, list | dict) and pd.isna(value)):
        return Cell("—")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, float):
        text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    elif isinstance(value, int) and of.kind == "integer":
        text = f"{value:,}"
    elif isinstance(value, pd.Timestamp):
        text = value.date().isoformat()
    else:
        text = str(value)
    labels = VOCABULARIES.get(of.vocabulary, {}).get(text, ("", ""))
    shown = text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
    return Cell(shown, is_number, *labels)


# ---- the dictionary
@dataclass(frozen=True)
class Entry:
    """One column of the data dictionary."""

    field: Field
    is_key: bool
    is_required: bool
    example: str
    choices: tuple[tuple[str, str, str], ...]


def dictionary_of(dataset: Dataset) -> list[Entry]:
    """What every column means."""
    table = TABLES.get(dataset.of) if dataset.kind == "table" else None
    columns: dict[str, Column] = {one.name: one for one in table.columns} if table else {}
    key = set(table.key) if table else {dataset.key}
    return [_entry(one, columns.get(one.name), one.name in key) for one in dataset.fields]


def _entry(of: Field, column: Column | None, is_key: bool) -> Entry:
    words = VOCABULARIES.get(of.vocabulary, {})
    return Entry(
        of,
        is_key,
        bool(column and column.required),
        column.example if column else "",
        tuple((code, zh, en) for code, (zh, en) in words.items()),
    )
