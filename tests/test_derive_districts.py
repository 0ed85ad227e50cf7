"""The simplifying of a coverage: no gap, no overlap, no part lost."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).parents[1]
TOLERANCE = 50.0
GRID = 0.01


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its own module up while it is being made.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


derive = _load("derive_districts")


def _wiggly(start: tuple[float, float], end: tuple[float, float], seed: int) -> BaseGeometry:
    """Draw a line of 200 points, each up to 30 m off the straight one."""
    steps = np.linspace(0, 1, 200)[:, None]
    points = np.array(start) + steps * (np.array(end) - np.array(start))
    points[1:-1] += np.random.default_rng(seed).uniform(-30, 30, (198, 2))
    return shapely.set_precision(shapely.LineString(points), GRID)


@pytest.fixture
def coverage() -> dict[str, BaseGeometry]:
    """Three neighbours that meet in one point, and an enclave in the first."""
    corners = [(0, 0), (10_000, 0), (10_000, 10_000), (0, 10_000)]
    middle = (5_000, 5_000)
    edges = [
        *(_wiggly(corners[i], corners[i - 1], seed=i) for i in range(4)),
        *(_wiggly(middle, corners[i], seed=10 + i) for i in (0, 1, 2)),
    ]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(edges, grid_size=GRID)]))
    large = [face for face in faces if face.area > 1e6]
    assert len(large) == 3
    west = max(large, key=shapely.area)
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    centre = np.array(shapely.point_on_surface(west).coords[0])
    ring = centre + 1_500 * np.column_stack([np.cos(angle), np.sin(angle)])
    enclave = shapely.set_precision(shapely.Polygon(ring), GRID)
    parts = [part for part in large if part is not west]
    return {
        "west": shapely.difference(west, enclave, grid_size=GRID),
        "south": parts[0],
        "east": parts[1],
        "enclave": enclave,
    }


def _simplified(coverage: dict[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    faces = derive.simplify_coverage(coverage, TOLERANCE, grid=GRID)
    result: dict[str, BaseGeometry] = derive.dissolve(faces, derive.label_faces(faces, coverage))
    return result


def test_simplified_coverage_passes_its_own_checks(coverage: dict[str, BaseGeometry]) -> None:
    simple = _simplified(coverage)
    derive.check_coverage("test", coverage, simple, TOLERANCE, derive.same, max_area_change=0.05)
    before, after = (
        sum(shapely.get_num_coordinates(list(parts.values()))) for parts in (coverage, simple)
    )
    assert after < before / 4


def test_neighbours_keep_the_same_vertices(coverage: dict[str, BaseGeometry]) -> None:
    simple = _simplified(coverage)
    assert shapely.coverage_is_valid(list(simple.values()))
    hole = shapely.Polygon(shapely.get_interior_ring(simple["west"], 0))
    assert hole.normalize().equals_exact(simple["enclave"].normalize(), 0)


def test_small_enclave_does_not_collapse() -> None:
    dot = shapely.box(500, 500, 530, 530)
    coverage = {"land": shapely.box(0, 0, 1_000, 1_000) - dot, "dot": dot}
    assert _simplified(coverage)["dot"].equals(dot)


def test_crossing_arcs_are_noded_again() -> None:
    # The upper part's tongue hangs into a bulge of the frame. The bulge is
    # simplified away, the tongue is not: their arcs cross.
    bulge = [(900, -165), (1_000, -195), (1_100, -135)]
    frame = [(0, -300), *bulge, (2_000, 0), (2_000, 900), (0, 900)]
    divide = [(0, 450), (980, 450), (1_000, -175), (1_020, 450), (2_000, 450)]
    lines = [shapely.LinearRing(frame), shapely.LineString(divide)]
    edges = shapely.union_all(lines, grid_size=GRID)
    lower, upper = sorted(
        shapely.get_parts(shapely.polygonize([edges])), key=lambda part: part.centroid.y
    )
    coverage = {"lower": lower, "upper": upper}

    arcs = derive.node_arcs([shapely.boundary(part) for part in coverage.values()], GRID)
    once = shapely.get_parts(
        shapely.polygonize([derive.simplify_arc(arc, TOLERANCE) for arc in arcs])
    )
    # The trap: a part is gone, and what remains counts as a valid coverage.
    assert shapely.coverage_is_valid(once)
    assert set(derive.label_faces(once, coverage)) == {"upper"}

    twice = _simplified(coverage)
    assert shapely.coverage_is_valid(list(twice.values()))
    assert shapely.is_valid(list(twice.values())).all()
    assert twice["lower"].area == pytest.approx(lower.area, rel=0.02)


def test_a_lost_part_is_reported() -> None:
    thin = {"land": shapely.box(0, 0, 1_000, 1_000), "strip": shapely.box(0, 1_000, 1_000, 1_010)}
    with pytest.raises(derive.DerivationError, match="strip is missing"):
        derive.check_coverage("test", thin, {"land": thin["land"]}, TOLERANCE, derive.same)


def test_unchanged_districts_are_the_same_in_both_vintages() -> None:
    today, before = (
        {
            feature["properties"]["code"]: feature["geometry"]
            for feature in json.loads(
                (ROOT / "layers" / f"districts_{year}.geojson").read_text(encoding="utf-8")
            )["features"]
        }
        for year in (2021, 2017)
    )
    same = {code for code in today if today[code] == before.get(code)}
    assert same == {"330106", "330108", "330111", "330112", "330122", "330127", "330182"}
