"""The work on uploads: few at once, each in a process of its own that can be stopped.

Who looks at the map does not wait for somebody's large spreadsheet, and a
file that crashes a reader takes no server with it.
"""

import multiprocessing
import threading
import time
from functools import lru_cache
from typing import Any

from geoplan.errors import GeoplanError
from webmap.data_uploads import Upload
from webmap.data_work import Order, ready, work

AT_ONCE = 2
MOST_WAITING = 6
SECONDS = 180.0
LOST_S = 20.0
"""Silence after which the work is taken to be gone."""

UNWATCHED_S = 3.0
"""Silence after which nobody watches the work any more, but it may go on."""

_LOOK_S = 0.1
_SAY_S = 1.0
_WORKING = ("waiting", "working")


class CrowdedError(GeoplanError):
    """Too many others are waiting."""


class WorkingError(GeoplanError):
    """The upload is being worked on already."""


@lru_cache(maxsize=1)
def _context() -> Any:
    # A forked server would carry locks of its threads along; this one starts clean, once.
    kinds = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in kinds else "spawn")
    context.set_forkserver_preload(["webmap.data_work"])
    return context


def _load() -> None:
    process = _context().Process(target=ready, daemon=True)
    process.start()
    process.join()


def is_working(state: dict[str, Any]) -> bool:
    """Whether somebody is at work on an upload."""
    return state["state"] in _WORKING and state.get("silent_s", 0.0) < LOST_S


class Jobs:
    """Starts the work on uploads and watches over it.

    Parameters
    ----------
    seconds :
        Time that one piece of work may take.
    """

    def __init__(self, seconds: float = SECONDS, at_once: int = AT_ONCE) -> None:
        self._seconds = seconds
        self._rooms = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._waiting = 0
        self._is_warm = False

    def warm(self) -> None:
        """Load what the work needs before anybody waits for it."""
        with self._lock:
            if self._is_warm:
                return
            self._is_warm = True
        threading.Thread(target=_load, daemon=True).start()

    def start(self, upload: Upload, order: Order) -> None:
        """Begin, and return at once; the upload says how it goes.

        Raises
        ------
        WorkingError
            It is being worked on.
        CrowdedError
            Too many are waiting.
        """
        with self._lock:
            if is_working(upload.state()):
                raise WorkingError(upload.token)
            if self._waiting >= MOST_WAITING:
                raise CrowdedError("too many uploads are waiting")
            upload.begin()
            upload.tell(state="waiting", what=_what(order))
            self._waiting += 1
        threading.Thread(target=self._run, args=(upload, order), daemon=True).start()

    def _run(self, upload: Upload, order: Order) -> None:
        what = _what(order)
        try:
            has_room = self._wait(upload, what)
        finally:
            with self._lock:
                self._waiting -= 1
        if not has_room:
            upload.tell(state="cancelled", what=what)
            return
        try:
            outcome = self._watched(upload, order)
        except OSError:
            outcome = "failed"
        finally:
            self._rooms.release()
        upload.tell(state=outcome, what=what)
        if outcome == "done" and "written" in (upload.result() or {}):
            upload.drop_content()

    def _wait(self, upload: Upload, what: str) -> bool:
        while not self._rooms.acquire(timeout=_SAY_S):
            if upload.is_cancelled:
                return False
            upload.tell(state="waiting", what=what)
        return True

    def _watched(self, upload: Upload, order: Order) -> str:
        process = _context().Process(target=work, args=(order.as_dict(),), daemon=True)
        process.start()
        started = said = time.monotonic()
        upload.tell(state="working", what=_what(order))
        outcome = ""
        while process.is_alive() and not outcome:
            process.join(_LOOK_S)
            now = time.monotonic()
            if now - started > self._seconds:
                outcome = "timeout"
            elif not order.digest and upload.is_cancelled:
                # Writing is not stopped half-way: it is done in a moment.
                outcome = "cancelled"
            elif now - said > _SAY_S:
                said = now
                upload.tell(state="working", what=_what(order))
        if process.is_alive():
            process.kill()
            process.join()
        if upload.result() is not None:
            return "done"
        return outcome or "failed"


def _what(order: Order) -> str:
    return "write" if order.digest else "preview"
