"""Takes the uploads up in the background, one file after the other, in one process of all that serve an index."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple, Protocol

from filelock import FileLock, Timeout

from rag import IndexBusyError, IndexUnusableError, IngestReport, ModelError, Progress
from rag.store import FileState, Jobs, Taken

POLL_S = 0.5
"""How soon an upload that another process accepted is noticed; a look costs some 40 µs."""
GRACE_S = 5.0
"""For the file in hand when the service stops; with `LAST_S` well within the ten seconds after which it is killed."""
LAST_S = 3.0
"""After that, for the next moment at which the file in hand can be left; it has been put back in any case."""
PAUSE_S = 5.0
"""After a failure that may pass, such as a full disk."""
KEPT = timedelta(days=7)
MOST_KEPT = 10_000
_MOST_LINES = 20
"""Of what is said of one file."""
_TIDY_S = 60.0
_SHORTEST_WAIT_S = 0.05
_LONGEST_WAIT_S = 2.0
"""While another process writes. A reader that brings its indexes in step does so for some hundredths of a second, an
ingest for minutes."""
_LONGEST_REST_S = 60.0
"""After errors of the index itself."""
_PASSING = (sqlite3.OperationalError, OSError, MemoryError, ModelError, IndexUnusableError)
"""Failures of the machine or of the index rather than of the file."""
_FAILED = "The service failed on this file; its log says why. It may work another time."
_log = logging.getLogger("rag.server")


class Adds(Protocol):
    """What takes a file up, as `Library` does."""

    def add(
        self, data: bytes, source: str, collection: str, since: int | None, on_progress: Callable[[Progress], None]
    ) -> IngestReport:
        """Add or update the documents of a file, which can be found when this returns; raises IndexBusyError."""


class End(NamedTuple):
    """What became of a file."""

    state: FileState
    detail: str | None = None
    passages: int = 0


class _LeftError(Exception):
    """The file in hand was cancelled, or the service stops and waits no longer for it."""


class _PassingError(Exception):
    """The file in hand failed for now."""


class Runner:
    """Takes uploads up while the service runs; does nothing while another process does."""

    def __init__(
        self,
        library: Adds,
        jobs: Jobs,
        lock: Path,
        grace_s: float = GRACE_S,
        last_s: float = LAST_S,
        poll_s: float = POLL_S,
        pause_s: float = PAUSE_S,
    ) -> None:
        """Add files of `jobs` to a library; who holds the file `lock` is the one process that does."""
        self._library = library
        self._jobs = jobs
        self._lock = lock
        self._grace_s = grace_s
        self._last_s = last_s
        self._poll_s = poll_s
        self._pause_s = pause_s
        self._woken = Event()
        self._stopping = Event()
        self._leaving = Event()
        self._in_hand: Taken | None = None
        self._rest_s = _SHORTEST_WAIT_S
        self._tidied = -_TIDY_S

    def wake(self) -> None:
        """Have a look at once."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs inside the block; at its end the file in hand is finished if that takes no longer than `grace_s`."""
        self._stopping.clear()
        self._leaving.clear()
        # A daemon: what hangs in spite of all must not keep the service from ending, and comes again.
        thread = Thread(target=self._run, name="rag-jobs", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self.wake()
            await asyncio.to_thread(self._leave, thread)

    def _leave(self, thread: Thread) -> None:
        taken = self._in_hand
        try:
            # At once, so that a process killed while it waits has lost no attempt; the thread may finish it yet.
            if taken is not None:
                self._jobs.put_back(taken)
        finally:
            thread.join(self._grace_s)
            self._leaving.set()
            thread.join(self._last_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with FileLock(self._lock, timeout=0):
                    self._jobs.recover()
                    self._work()
            except Timeout:
                self._wait()
            except Exception:  # noqa: BLE001 - whatever it is, the next look may find the index well
                if not self._leaving.is_set():
                    _log.exception("uploads rest for %.1f s", self._rest_s)
                self._stopping.wait(self._rest_s)
                self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S)

    def _work(self) -> None:
        busy_s = _SHORTEST_WAIT_S
        while not self._stopping.is_set():
            self._tidy()
            taken = self._jobs.take()
            self._in_hand = taken
            if taken is None:
                self._wait()
            elif self._stopping.is_set():  # just now: who stops it may have seen nothing in hand
                self._jobs.put_back(taken)
            elif self._take_up(taken):
                busy_s = _SHORTEST_WAIT_S
            else:
                self._stopping.wait(busy_s)
                busy_s = min(2 * busy_s, _LONGEST_WAIT_S)

    def _take_up(self, taken: Taken) -> bool:
        """Add a file; `False` where it has to wait for another process."""
        try:
            end = self._end(taken)
        except IndexBusyError:
            self._jobs.put_back(taken)
            return False
        except _PassingError:
            self._try_again(taken)
            return True
        except _LeftError:
            return True
        self._finish(taken, end)
        return True

    def _try_again(self, taken: Taken) -> None:
        if self._leaving.is_set():
            return
        if self._jobs.try_again(taken):
            self._stopping.wait(self._pause_s)
        else:
            self._finish(taken, End("failed", _FAILED))

    def _finish(self, taken: Taken, end: End) -> None:
        if not self._leaving.is_set():  # else it comes again
            self._jobs.finish(taken, *end)
        self._rest_s = _SHORTEST_WAIT_S

    def _end(self, taken: Taken) -> End:
        add = partial(self._library.add, taken.data, taken.source, taken.collection, taken.change)
        try:
            return outcome(add(partial(self._watch, taken)), taken.source)
        except (IndexBusyError, _LeftError):
            raise
        except Exception as error:  # whatever it is, the other files go on
            if not self._leaving.is_set():  # the database is closed then
                _log.exception("file %d of %s failed", taken.number, taken.job)
            if isinstance(error, _PASSING):
                raise _PassingError from error
            return End("failed", _FAILED)

    def _watch(self, taken: Taken, progress: Progress) -> None:
        if self._leaving.is_set() or not self._jobs.note_passages(taken, progress.passages):
            raise _LeftError

    def _wait(self) -> None:
        self._woken.wait(self._poll_s)
        self._woken.clear()

    def _tidy(self) -> None:
        if monotonic() - self._tidied >= _TIDY_S:
            self._tidied = monotonic()
            self._jobs.forget(datetime.now(UTC) - KEPT, MOST_KEPT)


def outcome(report: IngestReport, source: str) -> End:
    """What became of a file; of one that holds many documents, the best that became of any."""
    stored = report.added + report.updated - report.dropped
    detail = "\n".join(_lines(report, source)) or None
    if stored > 0:
        return End("added" if report.added else "updated", detail, report.passages)
    if report.unchanged:
        return End("unchanged", detail)
    if report.dropped:
        return End("cancelled", "It was removed while it came in.")
    return End("failed", detail or "It holds no document.")


def _lines(report: IngestReport, source: str) -> Iterator[str]:
    """What was remarked, a line each, after a line of counts where there are several documents."""
    if report.added + report.updated + report.unchanged > 1:
        yield f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged"
    for problem in report.problems[:_MOST_LINES]:
        where = problem.source.removeprefix(source).strip()
        yield f"{where}: {problem.reason}" if where else problem.reason
    if len(report.problems) > _MOST_LINES:
        yield f"and {len(report.problems) - _MOST_LINES:,} more"
