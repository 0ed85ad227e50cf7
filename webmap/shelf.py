"""The plan that is being shown, and the answers computed from it.

A planner edits a table while the map is open. The shelf looks at the files at
most once a second and opens the plan anew when one has changed. While one
request opens it, the others are answered from the old state; a new state that
cannot be opened leaves the old one in place, and says so.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast

from geoplan import Plan, open_plan
from geoplan.errors import GeoplanError, UnusablePlanError
from geoplan.place.density import Density
from geoplan.plan.opening import PLAN_FILE, find_plan

Found = TypeVar("Found")
Signature = frozenset[tuple[str, int, int]]

_LOOK_EVERY_S = 1.0
_ANSWER_BYTES = 96 * 2**20
_KEPT_ZONES = 120_000
_KEPT_THINGS = 96


class Memory:
    """Results by key, each computed once, the least used forgotten first.

    Two requests for the same result wait for one computation. A computation
    that fails is not kept.

    Parameters
    ----------
    limit :
        What the sizes of all results may add up to.
    size :
        Size of one result.
    """

    def __init__(self, limit: int, size: Callable[[object], int]) -> None:
        self._limit, self._size = limit, size
        self._held: OrderedDict[Hashable, object] = OrderedDict()
        self._pending: dict[Hashable, Future[object]] = {}
        self._total = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """The result for a key, computed if it is not held."""
        promise: Future[object] = Future()
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return cast(Found, self._held[key])
            waiting = self._pending.get(key)
            if waiting is None:
                self._pending[key] = promise
        if waiting is not None:
            return cast(Found, waiting.result())
        try:
            made = make()
        except BaseException as error:
            with self._lock:
                del self._pending[key]
            promise.set_exception(error)
            raise
        with self._lock:
            del self._pending[key]
            self._keep(key, made)
        promise.set_result(made)
        return made

    def _keep(self, key: Hashable, made: object) -> None:
        size = self._size(made)
        if size > self._limit // 4:
            return
        self._held[key] = made
        self._total += size
        while self._total > self._limit:
            _, dropped = self._held.popitem(last=False)
            self._total -= self._size(dropped)


@dataclass(frozen=True)
class Shown:
    """One state of a plan, with what has been computed from it.

    Attributes
    ----------
    answers :
        Encoded answers, limited by their bytes.
    densities :
        Zones with their amounts, limited by the number of zones.
    things :
        Everything else that is worth keeping, limited by number.
    """

    plan: Plan
    opened: datetime
    answers: Memory = field(default_factory=lambda: Memory(_ANSWER_BYTES, _length))
    densities: Memory = field(default_factory=lambda: Memory(_KEPT_ZONES, _zones))
    things: Memory = field(default_factory=lambda: Memory(_KEPT_THINGS, lambda _: 1))


def _length(answer: object) -> int:
    return len(cast(bytes, answer))


def _zones(found: object) -> int:
    return len(cast(Density, found).zones)


@dataclass(frozen=True)
class Refusal:
    """Why the newest state of the files is not shown, and since when."""

    reason: str
    since: datetime


_LOST = frozenset({"table.unreadable", "table.missing", "encoding.wrong", "layer.unreadable"})
"""Faults that cost a whole file: what was shown before is better than a map without it."""


class PlanShelf:
    """Holds the plan that is shown; see the module's notes.

    Parameters
    ----------
    plan :
        An opened plan, its folder, or nothing for the default of
        :func:`geoplan.open_plan`.
    clock :
        Seconds that never go back.

    Raises
    ------
    UnusablePlanError
        The folder cannot be opened now: there is no old state to keep.
    """

    def __init__(
        self, plan: Plan | Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._lock = Lock()
        folder = plan.folder if isinstance(plan, Plan) else find_plan(plan)
        self._folder = folder.resolve()
        # Taken before opening: a file that changes meanwhile is noticed next time.
        self._seen = signature(self._folder)
        opened = plan if isinstance(plan, Plan) else open_plan(self._folder)
        self._shown = Shown(opened, _now())
        self._refused: Refusal | None = None
        self._next_look = clock() + _LOOK_EVERY_S

    @property
    def refusal(self) -> Refusal | None:
        """What keeps the newest files from being shown; ``None`` when they are."""
        return self._refused

    def shown(self) -> Shown:
        """The state to answer from; opens the plan anew if its files have changed."""
        if self._clock() < self._next_look or not self._lock.acquire(blocking=False):
            return self._shown
        try:
            self._next_look = self._clock() + _LOOK_EVERY_S
            self._look()
        finally:
            self._lock.release()
        return self._shown

    def _look(self) -> None:
        try:
            now = signature(self._folder)
            if now == self._seen:
                return
            self._seen = now
            opened = open_plan(self._folder)
            lost = [fault for fault in opened.faults if fault.code in _LOST]
            if lost:
                raise UnusablePlanError(f"{lost[0].place()}: {lost[0].message()}")
            self._shown = Shown(opened, _now())
        except (GeoplanError, OSError, ValueError) as error:
            since = self._refused.since if self._refused else _now()
            self._refused = Refusal(str(error), since)
        else:
            self._refused = None


def signature(folder: Path) -> Signature:
    """Name, time and size of every file that a plan is read from."""
    return frozenset(_stamps(folder))


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in (folder / PLAN_FILE, *folder.glob("data/*"), *folder.glob("layers/*")):
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        yield str(path.relative_to(folder)), found.st_mtime_ns, found.st_size


def _now() -> datetime:
    return datetime.now(UTC)
