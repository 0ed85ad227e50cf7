"""Features as they stand in a layer's file: compared, and written back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from geoplan.exchange.sheets.parsing import said

Shapes = npt.NDArray[np.object_]

DECIMALS = 6
_SAME_DEG = 2e-6
_CUT_BYTES = 250
_SAME_SHARE = 1e-9


def rounded(shapes: Shapes) -> Shapes:
    """Shapes with six decimals, every vertex kept; where that makes one invalid, it is reduced."""
    near = shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS))
    broken = shapely.is_valid(shapes) & ~shapely.is_valid(near)
    near[broken] = shapely.set_precision(shapes[broken], 10.0**-DECIMALS)
    return np.asarray(near, dtype=object)


def shapes_of(features: Sequence[Mapping[str, Any]]) -> Shapes:
    """The shapes of features as GeoJSON has them."""
    texts = [orjson.dumps(f["geometry"]) if f.get("geometry") else None for f in features]
    return np.asarray(
        shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore"), dtype=object
    )


def is_same_shape(one: Any, other: Any) -> bool:
    """Whether two shapes differ by no more than the rounding of a way there and back."""
    if one is None or other is None:
        return one is other
    if not np.allclose(one.bounds, other.bounds, rtol=0, atol=_SAME_DEG):
        return False
    if shapely.equals_exact(one, other, _SAME_DEG, normalize=True):
        return True
    # A ring may begin elsewhere, which rounding hides from the comparison above.
    same_kind = shapely.get_dimensions(one) == shapely.get_dimensions(other)
    return bool(same_kind and shapely.hausdorff_distance(one, other) <= _SAME_DEG)


def differing(
    old: Mapping[str, Any], new: Mapping[str, Any], key: str
) -> dict[str, tuple[Any, Any]]:
    """Properties that are said otherwise: name → before and now. What is not said is no change."""
    found = {}
    for name, value in new.items():
        before = old.get(name)
        if name == key or value is None or before == value:
            continue
        if _is_same_number(before, value):
            continue
        if isinstance(before, str) and isinstance(value, str):
            cut = len(value.encode()) >= _CUT_BYTES and before.startswith(value)
            if cut or said(before) == value:
                continue
        elif isinstance(before, dict | list) and isinstance(value, str):
            if json.dumps(before, ensure_ascii=False) == value:
                continue
        elif isinstance(before, str | int | float) and str(before) == str(value):
            continue
        found[name] = (before, value)
    return found


def _is_same_number(one: Any, other: Any) -> bool:
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return False
    return abs(one - other) <= _SAME_SHARE * max(1.0, abs(one))


def shown(value: Any) -> str:
    """A property as a text."""
    return "" if value is None else said(value)


def collection_text(content: Mapping[str, Any], features: Sequence[Mapping[str, Any]]) -> str:
    """A FeatureCollection, one feature a line, with its other members as they were."""
    shapes = shapes_of(features)
    box = shapely.total_bounds(shapes)
    members = {k: v for k, v in content.items() if k not in ("type", "features", "bbox")}
    head = {"type": "FeatureCollection"}
    if np.isfinite(box).all():
        members = {"bbox": [round(float(v), DECIMALS) for v in box], **members}
    opening = json.dumps({**head, **members}, ensure_ascii=False)[:-1]
    lines = ",\n".join(orjson.dumps(feature).decode() for feature in features)
    return f'{opening}, "features": [\n{lines}\n]}}\n'
