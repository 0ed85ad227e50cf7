"""Shapes as the text of GeoJSON geometries: corners rounded, rings right-handed, still valid.

Corners are counted in whole units of their last decimal, so that which way a
ring turns and whether it is convex is exact. A convex ring is valid; only the
others are asked of GEOS, which costs more than all the rest.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely

DECIMALS = 6
_COLLECTION = 7
_POLYGONAL = (3, 6)
_CLOSING = ord("]")
_NULL = b"null"
# Longest side of a box, in units of the last decimal, whose areas whole numbers of 64 bits hold.
_MOST_UNITS = 2_000_000_000
_MANY_CORNERS = 100
_TYPES = {
    0: "Point", 1: "LineString", 2: "LineString", 3: "Polygon", 4: "MultiPoint",
    5: "MultiLineString", 6: "MultiPolygon",
}  # fmt: skip

Shapes = npt.NDArray[np.object_]
_Floats = npt.NDArray[np.float64]
_Whole = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]


def geometry_texts(shapes: Shapes, decimals: int = DECIMALS) -> list[bytes]:
    """Each shape as the text of a GeoJSON geometry; ``null`` for none.

    Corners are rounded each by itself, so that neighbours still share their
    edges; a polygon that this would make invalid is repaired.
    """
    return list(_texts(shapes, decimals, mends=True).tolist())


def rounded(shapes: Shapes, decimals: int = DECIMALS) -> Shapes:
    """Shapes with every corner rounded; polygons that were valid stay valid."""
    near = _near(shapes, decimals)
    polygonal = np.flatnonzero(np.isin(shapely.get_type_id(near), _POLYGONAL))
    where, mended = _mended(shapes[polygonal], near[polygonal], decimals)
    near[polygonal[where]] = mended
    return near


def _near(shapes: Shapes, decimals: int) -> Shapes:
    is_high = bool(shapely.has_z(shapes).any())
    return shapely.transform(shapes, lambda xyz: np.round(xyz, decimals) + 0.0, include_z=is_high)


def _mended(shapes: Shapes, near: Shapes, decimals: int) -> tuple[_Whole, Shapes]:
    """Which rounded polygons were broken by it, and what stands for them."""
    broken = np.flatnonzero(~shapely.is_valid(near))
    broken = broken[shapely.is_valid(shapes[broken])]
    mended = _near(shapely.set_precision(shapes[broken], 10.0**-decimals), decimals)
    # What is smaller than the last decimal is kept as it is rather than lost.
    kept = ~shapely.is_empty(mended) & np.isin(shapely.get_type_id(mended), _POLYGONAL)
    return broken[kept], mended[kept]


def _texts(shapes: Shapes, decimals: int, mends: bool) -> Shapes:
    texts: Shapes = np.full(len(shapes), _NULL, dtype=object)
    types = shapely.get_type_id(shapes)
    types[shapely.is_empty(shapes)] = -1
    high = shapely.has_z(shapes)
    for kind in np.unique(types[types >= 0]).tolist():
        for is_high in (False, True):
            here = np.flatnonzero((types == kind) & (high == is_high))
            if not len(here):
                continue
            if kind == _COLLECTION:
                texts[here] = _collections(shapes[here], decimals, mends)
            else:
                texts[here] = _alike(shapes[here], kind, is_high, decimals, mends)
    return texts


def _alike(shapes: Shapes, kind: int, is_high: bool, decimals: int, mends: bool) -> Shapes:
    """Texts of shapes of one type."""
    doubtful = np.full(len(shapes), kind in _POLYGONAL)
    near = shapes
    if kind in _POLYGONAL and _are_large(shapes):
        # With many corners each shape is worth a call of its own.
        near = _near(shapely.orient_polygons(shapes), decimals)
        corners, offsets = _ragged(near, kind, is_high)
    else:
        corners, offsets = _ragged(shapes, kind, is_high)
        units = np.rint(corners * 10.0**decimals)
        # Adding nothing makes a negative zero positive.
        corners = units / 10.0**decimals + 0.0
        if kind in _POLYGONAL:
            rings = _Rings.of(units[:, :2], offsets)
            corners = rings.right_handed(corners)
            doubtful = ~rings.are_surely_valid(offsets)
    head = b'{"type":"' + _TYPES[kind].encode() + b'","coordinates":'
    texts: Shapes = np.empty(len(shapes), dtype=object)
    texts[:] = [head + part + b"}" for part in _nested(corners, offsets)]
    some = np.flatnonzero(doubtful)
    if mends and len(some):
        close = _near(shapes[some], decimals) if near is shapes else near[some]
        where, mended = _mended(shapes[some], close, decimals)
        texts[some[where]] = _texts(mended, decimals, mends=False)
    return texts


def _are_large(shapes: Shapes) -> bool:
    return int(shapely.get_num_coordinates(shapes).sum()) > _MANY_CORNERS * len(shapes)


def _ragged(shapes: Shapes, kind: int, is_high: bool) -> tuple[_Floats, list[_Whole]]:
    """All corners of shapes of one type, and where rings, parts and shapes begin."""
    if kind in (0, 1, 2) or (kind == 3 and not shapely.get_num_interior_rings(shapes).any()):
        corners = shapely.get_coordinates(shapes, include_z=is_high)
        if kind == 0:
            return corners, []
        counts = shapely.get_num_coordinates(shapes)
        offsets = [np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))]
        if kind == 3:
            offsets.append(np.arange(len(shapes) + 1))
        return corners, offsets
    _, corners, found = shapely.to_ragged_array(shapes, include_z=is_high)
    return corners, [one.astype(np.int64) for one in found]


class _Rings:
    """Rings of polygons, their corners in whole units of the last decimal."""

    def __init__(self, sides: _Whole, heights: _Whole, offsets: Sequence[_Whole], fits: bool):
        self._sides = sides
        self._heights = heights
        self._rings = offsets[0]
        self._polygons = offsets[1]
        self._fits = fits

    @classmethod
    def of(cls, units: _Floats, offsets: Sequence[_Whole]) -> "_Rings":
        rings = offsets[0]
        # From each ring's own first corner, so that numbers stay small.
        local = units - np.repeat(units[rings[:-1]], np.diff(rings), axis=0)
        fits = bool((np.abs(local) < _MOST_UNITS).all())
        whole = local.astype(np.int64) if fits else np.rint(local).astype(np.int64)
        sides = np.zeros_like(whole)
        sides[:-1] = np.diff(whole, axis=0)
        # The closing corner has no side of its own: it repeats the first.
        last = rings[1:] - 1
        sides[last] = sides[rings[:-1]]
        return cls(sides, whole[:, 1], offsets, fits)

    def right_handed(self, corners: _Floats) -> _Floats:
        """Corners in the order of the right-hand rule: outer rings counter-clockwise."""
        strips = np.zeros(len(corners))
        strips[:-1] = -self._sides[:-1, 0] * (self._heights[:-1] + self._heights[1:])
        strips[self._rings[1:] - 1] = 0
        doubled_area = np.add.reduceat(strips, self._rings[:-1])
        is_outer = np.zeros(len(self._rings) - 1, dtype=bool)
        is_outer[self._polygons[:-1]] = True
        wrong = np.where(is_outer, doubled_area < 0, doubled_area > 0)
        if not wrong.any():
            return corners
        lengths = np.diff(self._rings)
        order = np.arange(len(corners))
        flipped = np.repeat(wrong, lengths)
        # Mirrored about the middle of its own ring.
        mirror = np.repeat(self._rings[:-1] + self._rings[1:] - 1, lengths)
        order[flipped] = mirror[flipped] - order[flipped]
        turned: _Floats = corners[order]
        return turned

    def are_surely_valid(self, offsets: Sequence[_Whole]) -> _Mask:
        """Which shapes are one convex ring: always a turn to the same side, and once around."""
        bounds = offsets[1]
        for level in offsets[2:]:
            bounds = bounds[level]
        alone = np.diff(bounds) == 1
        if not self._fits or not alone.any():
            # Holes, or several parts: not to be seen so quickly.
            return np.zeros(len(alone), dtype=bool)
        here, after = self._sides[:-1], self._sides[1:]
        turn = here[:, 0] * after[:, 1] - here[:, 1] * after[:, 0]
        ahead = here[:, 0] * after[:, 0] + here[:, 1] * after[:, 1]
        straight = (turn == 0) & (ahead > 0)
        towards = np.where(self._sides[:, 0] != 0, self._sides[:, 0], self._sides[:, 1]) > 0
        changes = towards[:-1] != towards[1:]
        firsts = self._rings[:-1]
        inside = np.ones(len(turn), dtype=bool)
        inside[self._rings[1:-1] - 1] = False

        def per_ring(flags: _Mask) -> _Whole:
            padded = np.append(flags & inside, False)
            return np.add.reduceat(padded, firsts, dtype=np.int64)

        left, right = per_ring((turn > 0) | straight), per_ring((turn < 0) | straight)
        corners = np.diff(self._rings) - 1
        once = per_ring(changes) == 2
        convex = once & ((left == corners) | (right == corners))
        valid: _Mask = alone & convex[bounds[:-1]]
        return valid


def _nested(corners: _Floats, offsets: Sequence[_Whole]) -> list[bytes]:
    """Text of the corners of each shape, brackets and all.

    The corners of all shapes are written in one go; each ring is then a slice
    of that text, found by its closing brackets.
    """
    text = orjson.dumps(np.ascontiguousarray(corners), option=orjson.OPT_SERIALIZE_NUMPY)
    stops = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _CLOSING)[: len(corners)] + 1
    starts = np.concatenate(([1], stops[:-1] + 1)).astype(np.int64)
    if not offsets:
        return [text[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
    first, *upper = offsets
    begins, ends = starts[first[:-1]].tolist(), stops[first[1:] - 1].tolist()
    parts = [b"[" + text[a:b] + b"]" for a, b in zip(begins, ends, strict=True)]
    for level in upper:
        bounds = level.tolist()
        if len(bounds) == len(parts) + 1:
            parts = [b"[" + part + b"]" for part in parts]
            continue
        parts = [b"[" + b",".join(parts[a:b]) + b"]" for a, b in itertools.pairwise(bounds)]
    return parts


def _collections(shapes: Shapes, decimals: int, mends: bool) -> Shapes:
    parts, owners = shapely.get_parts(shapes, return_index=True)
    own: list[list[Any]] = [[] for _ in shapes]
    for owner, text in zip(owners.tolist(), _texts(parts, decimals, mends).tolist(), strict=True):
        if text != _NULL:
            own[owner].append(text)
    made: Shapes = np.empty(len(shapes), dtype=object)
    made[:] = [
        b'{"type":"GeometryCollection","geometries":[' + b",".join(one) + b"]}" for one in own
    ]
    return made
