"""Everything of a plan that can be exported or served, under one notion.

A plan's tables and layers, where its projects, firms, platforms and hubs are
known to be, and the results computed of it: all are datasets, with the same
way to their rows, fields, sources and terms.
"""

from datetime import date
from functools import lru_cache

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.exchange.outgoing.dataset import (
    Dataset,
    DatasetKind,
    Datasets,
    GeometryKind,
    cited,
    described,
    listed,
)
from geoplan.exchange.outgoing.fields import Field, fields_of, table_fields
from geoplan.exchange.outgoing.outcomes import results
from geoplan.exchange.outgoing.placed import located
from geoplan.exchange.outgoing.provenance import provenance
from geoplan.place.locate import KINDS
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import TABLES

__all__ = [
    "Dataset",
    "DatasetKind",
    "Datasets",
    "Field",
    "GeometryKind",
    "datasets",
    "provenance",
]


@lru_cache(maxsize=8)
def datasets(plan: Plan) -> Datasets:
    """Everything of a plan that can be exported or served, by name.

    Located things come first, then layers, results and tables. A table is
    called ``table_`` and its name; a layer has its own name unless located
    things have it: ``layer_platforms``.

    Examples
    --------
    >>> import geoplan
    >>> found = datasets(geoplan.open_plan("tests/plans/tiny"))
    >>> found["districts"].key, found["table_projects"].of, found["projects"].kind
    ('code', 'projects', 'located')
    """
    placed = [located(plan, kind) for kind in KINDS]
    computed = list(results(plan))
    tables = [_table(plan, name) for name in TABLES]
    taken = {one.name for one in (*placed, *computed, *tables)}
    layers = []
    for layer in plan.layers.values():
        name = layer.name
        while name in taken:
            name = f"layer_{name}"
        taken.add(name)
        layers.append(_layer(plan, layer, name))
    return Datasets([*placed, *layers, *computed, *tables])


def _table(plan: Plan, name: str) -> Dataset:
    table = TABLES[name]
    key = table.key[0] if len(table.key) == 1 else "row"
    frame = plan.tables[name]
    sources = frame["id"].dropna().drop_duplicates() if name == "sources" else cited(plan, (name,))
    return described(
        plan, f"table_{name}", Both(table.zh, table.en), "table", name,
        key=key, fields=table_fields(name), sources=sources,
        make=lambda plan: _keyed(plan.tables[name], key),
    )  # fmt: skip


def _keyed(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    return frame.copy() if frame.index.name == key else frame.set_index(key)


def _layer(plan: Plan, layer: Layer, name: str) -> Dataset:
    frame = layer.frame
    has_key = layer.key in frame
    facts = layer.facts
    key = layer.key if has_key else "feature"
    fields = fields_of(frame, [layer.role])
    first = [one for one in fields if one.name == key]
    accuracy = facts.get("accuracy_m")
    return described(
        plan, name, Both(layer.title_zh, layer.title_en), "layer", layer.name, role=layer.role,
        key=key, fields=(*first, *(one for one in fields if one.name != key)),
        geometry=_geometry_kind(frame.geometry),
        sources=listed(facts.get("source_id")),
        licence=str(facts.get("licence", "")),
        note=Both(str(facts.get("note_zh", "")).strip(), str(facts.get("note_en", "")).strip()),
        as_of=_day(facts.get("accessed")),
        valid_from=_day(facts.get("valid_from")), valid_to=_day(facts.get("valid_to")),
        accuracy_m=float(accuracy) if isinstance(accuracy, int | float) else None,
        basis=str(facts.get("geometry_basis", "")),
        make=lambda plan: _keyed(plan.layers[layer.name].frame, key),
    )  # fmt: skip


def _day(value: object) -> date | None:
    return value if type(value) is date else None


def _geometry_kind(shapes: gpd.GeoSeries) -> GeometryKind:
    known = shapes[shapes.notna()].to_numpy()
    kinds = set(shapely.get_dimensions(known).tolist()) - {-1}
    if (shapely.get_type_id(known) == 7).any() or len(kinds) != 1:
        return "Geometry"
    names: tuple[GeometryKind, ...] = ("Point", "LineString", "Polygon")
    kind: GeometryKind = names[kinds.pop()]
    return kind
