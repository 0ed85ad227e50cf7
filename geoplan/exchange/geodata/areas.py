"""Areas among the shapes of a file: lines that close, texts inside, and what is no area at all."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geoplan.exchange.asking.findings import Findings, row_numbers
from geoplan.plan.problems import Both

Shapes = npt.NDArray[np.object_]

_TEXT = "Text"
_AREA = Both("面", "an area")
_KINDS = {0: Both("点", "a point"), 1: Both("线", "a line")}


def with_texts_inside(columns: Mapping[str, list[Any]], shapes: Shapes) -> dict[str, list[Any]]:
    """Columns of a drawing whose areas have the texts written into them.

    A text belongs to the smallest area around it; several are read from above.
    """
    texts = list(columns.get(_TEXT, ()))
    areas = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    points = [at for at, text in enumerate(texts) if text and shapely.get_type_id(shapes[at]) == 0]
    if not len(areas) or not points:
        return dict(columns)
    tree = shapely.STRtree(shapes[areas])
    which, around = tree.query(shapes[points], predicate="intersects")
    sizes = shapely.area(shapes[areas])
    owner: dict[int, int] = {}
    for at, area in zip(which.tolist(), around.tolist(), strict=True):
        if at not in owner or sizes[area] < sizes[owner[at]]:
            owner[at] = area
    inside: dict[int, list[tuple[float, str]]] = {}
    for at, area in owner.items():
        own = inside.setdefault(int(areas[area]), [])
        own.append((-shapely.get_y(shapes[points[at]]), str(texts[points[at]])))
    for at, found in inside.items():
        texts[at] = texts[at] or " ".join(text for _, text in sorted(found))
    return {**columns, _TEXT: texts}


def closed(shapes: Shapes) -> Shapes:
    """Shapes with areas for lines that close, and for collections the areas in them."""
    found = shapes.copy()
    for at in np.flatnonzero(shapely.get_type_id(shapes) == 7).tolist():
        parts = shapely.get_parts(shapes[at])
        areas = parts[shapely.get_dimensions(parts) == 2]
        found[at] = shapely.union_all(areas) if len(areas) else shapes[at]
    for at in np.flatnonzero(shapely.get_type_id(found) == 1).tolist():
        if shapely.is_ring(found[at]):
            found[at] = shapely.polygons(shapely.get_coordinates(found[at]))
    return found


def only_areas(shapes: Shapes, form: str, findings: Findings) -> Shapes:
    """The shapes where a layer is of areas, without what is none.

    Lines and labels belong to a drawing and are passed over; in other files a
    feature that is no area is refused.
    """
    found = shapes.copy()
    dimensions = shapely.get_dimensions(found)
    wrong = np.flatnonzero((dimensions >= 0) & (dimensions < 2) & ~shapely.is_empty(found))
    if form == "DXF" and len(wrong):
        rows = row_numbers((wrong + 1).tolist())
        kinds = Both(f"点或线(第{rows}个)", f"a point or line ({rows})")
        findings.skip("geometry.kind", found=kinds, wanted=_AREA)
    elif len(wrong):
        for at in wrong.tolist():
            kind = _KINDS[int(dimensions[at])]
            findings.refuse("geometry.kind", at + 1, found=kind, wanted=_AREA)
    found[wrong] = None
    return found
