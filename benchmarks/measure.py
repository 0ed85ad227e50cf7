"""Measure contenders side by side: seconds, memory, and whether they agree.

Each contender works in a fresh process of its own, so that its peak of memory is
its own. Libraries and input columns are loaded before the clock starts; whatever
a contender needs on top (points, frames, evaluation nodes) counts as memory, and
as time only where the contender makes it while it runs.
"""

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Answer = npt.NDArray[Any]
Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Contender:
    """One way to do the job.

    Attributes
    ----------
    name :
        As it appears in the table.
    prepare :
        Takes the columns to what the contender starts from; not timed.
    run :
        Does the job; timed.
    modules :
        What to import before memory is counted.
    """

    name: str
    prepare: Callable[[Columns], Any]
    run: Callable[[Any], Answer]
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What one contender took, and its answer; no answer if it was stopped."""

    name: str
    seconds: float
    repeats: int
    peak_mb: float
    answer: Answer | None


def compare(
    contenders: Sequence[Contender],
    columns: Columns,
    repeats: int = 7,
    enough_s: float = 20.0,
    limit_s: float = 600.0,
) -> list[Outcome]:
    """Run each contender in its own process, the first one twice: before and after the others.

    Parameters
    ----------
    contenders :
        The first is ours: the ratios are to it.
    columns :
        Input, the same for all.
    repeats, enough_s :
        Runs of each, fewer once they took `enough_s` seconds together.
    limit_s :
        Seconds after which a contender is stopped.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, column in columns.items():
            np.save(Path(folder) / f"{name}.npy", column)
        runs = [
            _measured(contender, list(columns), folder, repeats, enough_s, limit_s)
            for contender in (*contenders, contenders[0])
        ]
    first, again = runs[0], runs.pop()
    both = statistics.mean([first.seconds, again.seconds])
    runs[0] = Outcome(first.name, both, first.repeats + again.repeats, first.peak_mb, first.answer)
    return runs


def print_table(title: str, outcomes: Sequence[Outcome], remarks: Sequence[str]) -> None:
    """Print a Markdown table: seconds, ratio to the first, peak of memory, a remark."""
    ours = outcomes[0].seconds
    print(f"\n**{title}**\n")
    print("| contender | seconds (median) | ratio | peak MB | runs | agreement |")
    print("|---|---:|---:|---:|---:|---|")
    for outcome, remark in zip(outcomes, remarks, strict=True):
        over = "" if outcome.answer is not None else "> "
        print(
            f"| {outcome.name} | {over}{outcome.seconds:.4g} | {over}{outcome.seconds / ours:.3g} "
            f"| {outcome.peak_mb:.0f} | {outcome.repeats} | {remark} |",
            flush=True,
        )


def _measured(
    contender: Contender,
    names: list[str],
    folder: str,
    repeats: int,
    enough_s: float,
    limit_s: float,
) -> Outcome:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(
        target=_work, args=(theirs, contender, names, folder, repeats, enough_s), daemon=True
    )
    began = time.perf_counter()
    process.start()
    theirs.close()
    try:
        if ours.poll(limit_s):
            seconds, n_runs, peak_mb = ours.recv()
            answer = np.load(Path(folder) / "answer.npy")
            return Outcome(contender.name, seconds, n_runs, peak_mb, answer)
    except EOFError:
        # It died, most likely for want of memory: as good as stopped.
        pass
    finally:
        process.kill()
        process.join()
    return Outcome(contender.name, time.perf_counter() - began, 0, float("nan"), None)


def _work(
    parent: Connection,
    contender: Contender,
    names: list[str],
    folder: str,
    repeats: int,
    enough_s: float,
) -> None:
    for module in contender.modules:
        import_module(module)
    columns = {name: np.load(Path(folder) / f"{name}.npy") for name in names}
    before_mb = _memory_mb("VmRSS")
    start = contender.prepare(columns)
    took: list[float] = []
    while len(took) < repeats and sum(took) < enough_s:
        began = time.perf_counter()
        answer = contender.run(start)
        took.append(time.perf_counter() - began)
    np.save(Path(folder) / "answer.npy", answer)
    parent.send((statistics.median(took), len(took), _memory_mb("VmHWM") - before_mb))


def _memory_mb(field: str) -> float:
    """Resident memory now (VmRSS) or at its peak (VmHWM); not a number where Linux is not."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024
