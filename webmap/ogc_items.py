"""The items of a collection that a request selects, one page of them, as GeoJSON."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.encoding import feature_texts
from geoplan.exchange.outgoing.fields import NUMERIC, Field
from webmap.answering import encoded
from webmap.asking import Reader, flag, one_of, whole, words
from webmap.i18n import language, t
from webmap.ogc_collections import Collection, Wanted, density_by, seconds
from webmap.ogc_cql2 import LONGEST, FilterError, Node, box, read_json
from webmap.ogc_cql2_text import read_text
from webmap.ogc_crs import Reference, asked_box, find, in_axis_order
from webmap.ogc_filters import selected
from webmap.ogc_times import Span, TimeError, moment, span
from webmap.shelf import Shown
from webmap.state import years_of

DEFAULT_LIMIT = 100
MOST_ITEMS = 10_000
FURTHEST = 999_999_999
_MOST_CORNERS = 400_000
LANGUAGES: Mapping[str, Callable[[str], Node]] = {
    "cql2-text": read_text,
    "cql2-json": read_json,
    # The draft's name: by it GDAL knows that a server can filter.
    "cql-text": read_text,
}
RESERVED = frozenset(
    {"limit", "offset", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang",
     "filter-crs", "f", "lang"}
)  # fmt: skip
"""Parameters that are no properties, whatever a layer calls its own."""


@dataclass(frozen=True)
class Page:
    """Some of the items that were selected.

    Attributes
    ----------
    rows :
        Numbers of the rows on this page.
    matched :
        How many were selected in all.
    following :
        Offset of the next page; none after the last.
    """

    rows: npt.NDArray[np.int64]
    matched: int
    offset: int
    limit: int
    following: int | None


# ---- what may be asked
def question_readers(shown: Shown, dataset: Dataset) -> dict[str, Reader]:
    """Parameters that change what is computed before items are selected."""
    if density_by(dataset) is None:
        return {}
    tables = shown.plan.tables
    return {
        "sector": one_of(tables["sectors"]["id"].dropna()),
        "year": one_of(str(year) for year in years_of(tables["projects"])),
        "without_largest": flag,
    }


def wanted_of(given: Mapping[str, Any]) -> Wanted:
    """What a density result is asked for."""
    year = given.get("year")
    return Wanted(
        sector=given.get("sector", ""),
        year=int(year) if year is not None else None,
        without_largest=given.get("without_largest", False),
    )


def reference_reader(collection_crs: str) -> Reader:
    """Reads the name of a CRS."""
    return lambda text: find(text, collection_crs)


def item_readers(collection: Collection) -> dict[str, Reader]:
    """Every parameter of a collection's items but those of every page."""
    reference = reference_reader(collection.dataset.crs)
    return {
        **{one.name: property_reader(one) for one in collection.fields},
        "limit": at_most(MOST_ITEMS),
        "offset": whole(0, FURTHEST),
        "bbox": box_reader,
        "bbox-crs": reference,
        "datetime": span_reader,
        "crs": reference,
        "filter": _filter_text,
        "filter-lang": one_of(LANGUAGES),
        "filter-crs": reference,
    }


def at_most(most: int) -> Reader:
    """A count; one that is too large becomes the largest."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text)):
            raise ValueError(f"1 – {most}")
        return min(int(text), most)

    return read


def box_reader(text: str) -> tuple[float, float, float, float]:
    """Four numbers, or six."""
    try:
        return box([float(part) for part in text.split(",", 6)]).bounds
    except (FilterError, ValueError) as error:
        raise ValueError(t("ogc.error_bbox")) from error


def span_reader(text: str) -> Span:
    """A moment or a span of time."""
    try:
        return span(text)
    except TimeError as error:
        raise ValueError(error.said[language()]) from error


def _filter_text(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(t("frame.error_long", limit=LONGEST))
    return text


def property_reader(field: Field) -> Reader:
    """Reads a value that a property must equal."""
    if field.kind in NUMERIC:
        return _number
    if field.kind == "flag":
        return _flag
    if field.kind in ("date", "time"):
        return _moment
    return words


def _flag(text: str) -> bool:
    return bool(one_of(("true", "false"))(text) == "true")


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(t("ogc.error_number"))
    return number


def _moment(text: str) -> float:
    try:
        return moment(text)[0]
    except TimeError as error:
        raise ValueError(error.said[language()]) from error


# ---- selecting
def selection(collection: Collection, given: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """Which items the parameters select.

    Raises
    ------
    FilterError
        A filter or box cannot be understood.
    """
    chosen = np.ones(len(collection.ids), dtype=bool)
    usual = collection.references[0]
    if "bbox" in given:
        reference = given.get("bbox-crs", usual)
        area = asked_box(given["bbox"], reference)
        shapely.prepare(area)
        chosen &= shapely.intersects(area, collection.shapes(reference))
    if "datetime" in given and collection.spans is not None:
        start, end = given["datetime"]
        first, last = collection.spans
        chosen &= (last >= start) & (first <= end)
    for field in collection.fields:
        if field.name in given and field.name not in RESERVED:
            chosen &= _equals(collection, field, given[field.name])
    if "filter" in given:
        read = LANGUAGES[given.get("filter-lang", "cql2-text")]
        tree = read(given["filter"])
        chosen &= selected(tree, collection, given.get("filter-crs", usual))
    return chosen


def _equals(collection: Collection, field: Field, value: Any) -> npt.NDArray[np.bool_]:
    column = collection.rows[field.name]
    found: npt.NDArray[np.bool_]
    if field.kind in NUMERIC:
        found = column.to_numpy(dtype=np.float64, na_value=np.nan) == value
    elif field.kind in ("date", "time"):
        found = seconds(column) == value
    elif field.kind == "flag":
        found = column.fillna(not value).to_numpy(dtype=bool) == value
    else:
        texts = column.astype(object).where(column.notna(), None).map(str, na_action="ignore")
        found = (texts == value).to_numpy(dtype=bool)
    return found


def page_of(collection: Collection, given: Mapping[str, Any]) -> Page:
    """The page of items that the parameters ask for.

    A page ends early when its shapes have more corners than an answer should
    carry; the next page goes on from there.
    """
    rows = np.flatnonzero(selection(collection, given))
    offset, limit = given.get("offset", 0), given.get("limit", DEFAULT_LIMIT)
    here = rows[offset : offset + limit]
    if len(here):
        corners = shapely.get_num_coordinates(collection.frame.geometry.to_numpy()[here])
        fitting = int(np.searchsorted(np.cumsum(corners), _MOST_CORNERS, side="right"))
        here = here[: max(1, fitting)]
    end = offset + len(here)
    following = end if len(here) and end < len(rows) else None
    return Page(here, len(rows), offset, limit, following)


# ---- writing
def features(
    collection: Collection, rows: npt.NDArray[np.int64], reference: Reference
) -> list[bytes]:
    """Rows as GeoJSON features whose text means nothing to HTML."""
    frame = collection.rows.iloc[rows]
    shapes = collection.shapes(reference)[rows]
    texts = feature_texts(frame, in_axis_order(shapes, reference), "", reference.decimals)
    ids = [collection.ids[number] for number in rows.tolist()]
    return [
        # Nothing is changed but what HTML would give a meaning to.
        encoded(orjson.Fragment(_with_id(text, key)))
        for text, key in zip(texts, ids, strict=True)
    ]


_HEAD = b'{"type":"Feature",'


def _with_id(text: bytes, key: str) -> bytes:
    return _HEAD + b'"id":' + encoded(key) + b"," + text.removeprefix(_HEAD)
