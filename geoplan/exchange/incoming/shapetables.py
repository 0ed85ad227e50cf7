"""Geodata as rows of a table: attributes as cells, shapes as locations."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.findings import Findings
from geoplan.exchange.asking.proposals import Proposal
from geoplan.exchange.geodata.vectors import Vectors
from geoplan.exchange.incoming.consequences import Origin
from geoplan.exchange.incoming.merging import exported_state
from geoplan.exchange.incoming.placing import placed
from geoplan.exchange.incoming.recalling import recalled_table
from geoplan.exchange.incoming.returning import strict_fields, without_unmoved
from geoplan.exchange.incoming.tabulating import Progress, propose_records
from geoplan.exchange.sheets.grids import Grid, cells_of
from geoplan.exchange.sheets.headers import Header, Heading, title_and_unit
from geoplan.exchange.sheets.parsing import said
from geoplan.exchange.sheets.reading import read_sheet
from geoplan.exchange.sheets.titles import LOCATED, field_of_title, fields_by_title, title_key
from geoplan.plan.opening import Plan
from geoplan.schema import TABLES

_POINT_ACCURACY_M = 200.0
_LOCATION_TITLES = ("lon", "lat", "accuracy_m")
CUT_NAME_BYTES = (9, 10)
"""How long a name may be that a shapefile has cut, in bytes."""


def propose_shapes(
    plan: Plan, vectors: Vectors, table: str, mapping: Mapping[str, str], findings: Findings,
    origin: Origin, progress: Progress,
) -> Proposal:  # fmt: skip
    """What importing geodata as rows of a table would change."""
    directory = Directory(plan)
    vectors = recalled_table(plan, vectors, table, findings)
    is_export = bool(exported_state(vectors.said, plan))
    names = {name: full_name(vectors.keys.get(name, name), table) for name in vectors.columns}
    columns: dict[str, list[Any]] = {
        names[n]: list(values) for n, values in vectors.columns.items()
    }
    is_open = False
    kept = np.ones(len(vectors), dtype=bool)
    if table in LOCATED and not shapely.is_missing(vectors.shapes).all():
        placement = placed(vectors, plan, directory, findings)
        is_open = placement.is_open
        has_accuracy = not is_export and any(_field(n, table) == "accuracy_m" for n in columns)
        shapes = placement.shapes
        if not is_export:
            # A row missing from an export would be one deleted.
            kept = _taken(vectors, shapes, findings)
        if is_export and "id" in columns:
            ids = [said(value) if value is not None else "" for value in columns["id"]]
            shapes = without_unmoved(shapes, ids, plan, table, vectors.said)
        located = _locations(shapes, plan)
        columns = {
            n: c for n, c in columns.items() if _field(n, table) not in ("lon", "lat", "position")
        }
        if has_accuracy:
            name = next(n for n in columns if _field(n, table) == "accuracy_m")
            own = [known if known is not None else reach
                   for known, reach in zip(columns[name], located["accuracy_m"], strict=True)]  # fmt: skip
            located = {name: own, **{n: located[n] for n in _LOCATION_TITLES[:2]}}
        columns |= located
    if is_export:
        # What the export added for reading is not the table's.
        fields = strict_fields({n: n for n in columns}, table)
        added = {n for n, field in fields.items() if not field} - {"accuracy_m"} - set(mapping)
        columns = {n: c for n, c in columns.items() if n not in added}
    features = zip(*columns.values(), strict=True)
    rows = [list(columns), *(list(r) for r, k in zip(features, kept, strict=True) if k)]
    cells = cells_of([[v if v != "" else None for v in row] for row in rows], len(columns))
    # The header is line 0, so that the first feature is row 1.
    numbers = np.concatenate(([0], np.flatnonzero(kept) + 1)).astype(np.int64)
    grid = Grid(vectors.layer, cells, numbers, has_merges=False)
    if is_export:
        mapping = {**strict_fields({n: n for n in columns}, table), **mapping}
        mapping |= {"accuracy_m": "accuracy_m"} if "accuracy_m" in columns else {}
    records = read_sheet(grid, _header(grid, table), table, directory, mapping, findings)
    records.has_known_datum = True
    if is_open:
        records.is_waiting[:] = True
    return propose_records(
        plan,
        records,
        directory,
        findings,
        origin,
        form=vectors.form,
        said=vectors.said,
        progress=progress,
    )


def _taken(
    vectors: Vectors, shapes: npt.NDArray[np.object_], findings: Findings
) -> npt.NDArray[np.bool_]:
    """Features that may become rows: not those refused, nor a name without a shape."""
    taken = ~(shapely.is_missing(shapes) & ~shapely.is_missing(vectors.shapes))
    taken[list(vectors.broken)] = False
    is_blank = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for at in np.flatnonzero(is_blank & taken).tolist():
        if sum(values[at] not in (None, "") for values in vectors.columns.values()) <= 1:
            findings.refuse("geometry.empty", at + 1)
            taken[at] = False
    return taken


def _header(grid: Grid, table: str) -> Header:
    """The names of the fields; a line of its own in no other way than by being the first."""
    headings = []
    for index, name in enumerate(grid.cells[0]):
        title, unit = title_and_unit(str(name), table)
        headings.append(Heading(index, (title,), unit))
    return Header(0, 0, tuple(headings))


def required_share(vectors: Vectors, table: str) -> float:
    """Share of a table's required columns that the fields of a file name."""
    found = set(fields_of(vectors, table))
    found |= {"year_start", "year_end"} if "years" in found else set()
    own = {"id", "source_id", "basis"}
    needed = {c.name for c in TABLES[table].columns if c.required} - own
    return len(needed & found) / len(needed)


def fields_of(vectors: Vectors, table: str) -> dict[str, str]:
    """Fields of a table that the attributes are, each with the attribute's name."""
    names = {_field(full_name(vectors.keys.get(n, n), table), table): n for n in vectors.columns}
    return {field: name for field, name in names.items() if field}


def _field(name: str, table: str) -> str:
    found = field_of_title(table, (name,))
    return found[0] if found is not None else ""


def full_name(name: str, table: str) -> str:
    """The title that a field name was cut from: a shapefile's names have ten bytes.

    Examples
    --------
    >>> full_name("计划总投资", "projects"), full_name("计划总投", "projects")
    ('计划总投资', '计划总投')
    >>> full_name("建设单", "projects")
    'enterprise_id'
    """
    sizes = {len(name.encode("utf-8")), len(name.encode("gb18030", "replace"))}
    if _field(name, table) or not sizes & set(CUT_NAME_BYTES):
        return name
    key = title_key(name)
    fields = {
        field for title, (field, _) in fields_by_title(table).items() if title.startswith(key)
    }
    return fields.pop() if len(fields) == 1 else name


def _locations(shapes: npt.NDArray[np.object_], plan: Plan) -> dict[str, list[Any]]:
    """A point inside each shape, and how far the shape reaches from there."""
    known = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    points = np.full(len(shapes), None, dtype=object)
    points[known] = [_middle(shape) for shape in shapes[known]]
    metres = gpd.GeoSeries(shapes, crs="OGC:CRS84").to_crs(plan.meta.analysis_crs)
    centres = gpd.GeoSeries(points, crs="OGC:CRS84").to_crs(plan.meta.analysis_crs)
    is_point = shapely.get_type_id(shapes) == 0
    # What lies far off cannot be projected, and is refused later for where it lies.
    is_far = ~np.isfinite(metres.bounds.to_numpy()).all(axis=1)
    is_measured = known & ~is_point & ~is_far
    accuracy = np.full(len(shapes), _POINT_ACCURACY_M)
    accuracy[is_measured] = np.ceil(
        shapely.hausdorff_distance(centres.to_numpy()[is_measured], metres.to_numpy()[is_measured])
    )
    lon = [round(float(p.x), 7) if p is not None else None for p in points]
    lat = [round(float(p.y), 7) if p is not None else None for p in points]
    found = [float(a) if k else None for a, k in zip(accuracy, known, strict=True)]
    return {"lon": lon, "lat": lat, "accuracy_m": found}


def _middle(shape: Any) -> Any:
    centre = shape.centroid
    return (
        centre
        if shape.geom_type == "Point" or shape.covers(centre)
        else shapely.point_on_surface(shape)
    )
