"""Importing geoplan; opening and checking the embedded plan and a large synthetic one.

Beside them, in the same run: importing geopandas, and reading the same files
with pandas and geopandas alone, without types, keys or a verdict.

    python -m benchmarks.bench_opening [--quick]
"""

import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geoplan

_REPEATS = 5
_BARE = """
import pandas, geopandas, sys, pathlib
folder = pathlib.Path(sys.argv[1])
tables = [pandas.read_csv(p, dtype=str) for p in sorted((folder / "data").glob("*.csv"))]
layers = [geopandas.read_file(p) for p in sorted((folder / "layers").glob("*.geojson"))]
"""
_OURS = """
import geoplan, sys
problems = geoplan.check(geoplan.open_plan(sys.argv[1]))
"""


def seconds_and_peak_mb(code: str, *arguments: str) -> tuple[float, float]:
    """Wall seconds and peak memory of a fresh interpreter that runs ``code``, median of repeats."""
    tail = "\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    times, peak = [], 0.0
    for _ in range(_REPEATS):
        start = time.perf_counter()
        out = subprocess.run(
            [sys.executable, "-c", code + tail, *arguments],
            check=True,
            capture_output=True,
            text=True,
        )
        times.append(time.perf_counter() - start)
        peak = float(out.stdout.split()[-1])
    return statistics.median(times), peak


def synthetic_plan(target: Path, projects: int, platforms: int) -> None:
    """The embedded plan with many more projects and platforms, each with its location."""
    source = geoplan.open_plan().folder
    shutil.copytree(source / "data", target / "data")
    shutil.copytree(source / "layers", target / "layers")
    shutil.copy(source / "plan.toml", target)

    def rows(table: str) -> list[list[str]]:
        with (target / f"data/{table}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def extend(table: str, more: list[list[str]]) -> None:
        with (target / f"data/{table}.csv").open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(more)

    places = rows("locations")[1:]
    for table, count, prefix in (("projects", projects, "p"), ("platforms", platforms, "f")):
        base = rows(table)[1:]
        said = [place for place in places if place[0] == table]
        extend(table, [[f"{prefix}-{i}", *base[i % len(base)][1:]] for i in range(count)])
        more = [[table, f"{prefix}-{i}", *said[i % len(said)][2:]] for i in range(count)]
        extend("locations", more)


def line(name: str, ours: tuple[float, float], peer: tuple[float, float]) -> str:
    """One row of the table."""
    return (
        f"| {name} | {ours[0]:.2f} | {peer[0]:.2f} | {ours[0] / peer[0]:.2f} | "
        f"{ours[1]:.0f} | {peer[1]:.0f} |"
    )


def main() -> None:
    """Print the table."""
    quick = "--quick" in sys.argv
    print("| job | ours s | peer s | ratio | ours MB | peer MB |\n|---|---|---|---|---|---|")
    both = seconds_and_peak_mb("import geoplan"), seconds_and_peak_mb("import geopandas")
    print(line("import (peer: geopandas)", *both))
    embedded = str(geoplan.open_plan().folder)
    both = seconds_and_peak_mb(_OURS, embedded), seconds_and_peak_mb(_BARE, embedded)
    print(line("open and check the embedded plan (peer: bare reading)", *both))
    sizes = [(10_000, 500)] if quick else [(10_000, 500), (100_000, 5_000)]
    for projects, platforms in sizes:
        with tempfile.TemporaryDirectory() as name:
            target = Path(name) / "plan"
            target.mkdir()
            synthetic_plan(target, projects, platforms)
            both = seconds_and_peak_mb(_OURS, str(target)), seconds_and_peak_mb(_BARE, str(target))
            print(line(f"{projects:,} projects, {platforms:,} platforms", *both))


if __name__ == "__main__":
    main()
