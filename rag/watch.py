"""Keeps a collection in step with a folder while the folder changes."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from filelock import FileLock, Timeout
from watchfiles import Change, watch
from watchfiles.main import FileChange

from rag.errors import IndexBusyError
from rag.library import Library
from rag.records import DEFAULT_COLLECTION, IngestReport, Problem, Progress

_log = logging.getLogger("rag.watch")
_Stamp = tuple[int, int]
_DEBOUNCE_MS = 500


class _StopWatchingError(Exception):
    """Raised inside an ingest to end it; what is stored stays, the rest follows at the next start."""


class Watch:
    """Follows a folder, in whichever process of those that serve an index has its `watch.lock`.

    A file counts once its size and time have stood still for `still_s` seconds, or after `most_wait_s` however they
    change. `look_s` is how often it is seen whether the folder is still there, `again_s` how often all of it is gone
    through even if nothing was told, for disks that tell of no change.
    """

    def __init__(
        self,
        library: Library,
        folder: Path,
        still_s: float = 0.5,
        most_wait_s: float = 60.0,
        look_s: float = 1.0,
        again_s: float = 600.0,
        most_pause_s: float = 30.0,
    ) -> None:
        """Follow a folder with the default collection of a library."""
        self._library = library
        self._folder = folder
        self._still_s = still_s
        self._most_wait_s = most_wait_s
        self._look_s = look_s
        self._again_s = again_s
        self._most_pause_s = most_pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._told: frozenset[Problem] = frozenset()
        self._held: tuple[int, int] | None = None
        self._said = ""
        self._polling = False

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End; an ingest that runs ends with the document it is at."""
        self._stop.set()
        self._thread.join()

    # --- the thread

    def _run(self) -> None:
        pause = self._look_s
        while not self._stop.is_set():
            try:
                with self._only_one() as alone:
                    if alone:
                        self._follow()
                pause = self._look_s
            except _StopWatchingError:
                return
            except Exception:  # noqa: BLE001 - whatever it is, the folder is followed again
                if self._stop.is_set():  # what it worked with may have been closed under it
                    return
                _log.exception("watching the folder failed; it is tried again")
                pause = min(2 * pause, self._most_pause_s)
            self._stop.wait(pause)

    @contextmanager
    def _only_one(self) -> Iterator[bool]:
        """Whether no other process follows; while it lasts none does."""
        lock = FileLock(self._library.index / "watch.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def _follow(self) -> None:
        """Bring the index in step, and again after each change, until the folder goes or the watch is stopped."""
        found = self._identity()
        if found is None:
            return
        due, last = True, 0.0
        for changes in self._changes():
            self._settle({path for _, path in changes})
            if self._identity() != found:
                return
            if due or changes or monotonic() - last > self._again_s:
                due, last = not self._bring_in_step(found), monotonic()

    def _changes(self) -> Iterator[set[FileChange]]:
        """What changes from now on, also while nobody asks; now and then an empty set."""
        looked = False
        try:
            for changes in watch(
                self._folder,
                watch_filter=_matters,
                debounce=_DEBOUNCE_MS,
                stop_event=self._stop,
                rust_timeout=int(self._look_s * 1000),
                yield_on_timeout=True,
                raise_interrupt=False,
                force_polling=self._polling or None,
            ):
                looked = True
                yield changes
        except (OSError, RuntimeError) as error:
            if looked or not self._folder.is_dir():
                raise
            _log.warning("the system cannot tell of changes (%s): the folder is looked through again and again", error)
            self._polling = True

    def _settle(self, paths: set[str]) -> None:
        """Wait until none of the files has changed for a while."""
        deadline = monotonic() + self._most_wait_s
        before = {path: _stamp(path) for path in paths}
        while paths and monotonic() < deadline and not self._stop.wait(self._still_s):
            now = {path: _stamp(path) for path in paths}
            paths = {path for path in paths if now[path] != before[path]}
            before = now

    def _bring_in_step(self, found: tuple[int, int]) -> bool:
        """Ingest what the folder holds, and remove what it held; whether that could be done."""
        if self._held != found and self._looks_unmounted():
            self._say(
                f"{self._folder} holds no document, and the index holds some of it, as if a disk were not mounted: "
                "nothing is removed. If it is meant, run `rag ingest --prune` on the folder"
            )
            return False
        report = self._ingested()
        if report is None:
            return False
        self._held = found
        self._tell(report)
        return True

    def _looks_unmounted(self) -> bool:
        """Whether the folder is as empty as the place where a disk is mounted, and was not when it was ingested."""
        from rag.load import find  # noqa: PLC0415 - the parsers take a quarter of a second to load

        known = self._library.store.documents.under_root(DEFAULT_COLLECTION, str(self._folder.resolve()))
        return next(iter(find(self._folder)), None) is None and next(iter(known), None) is not None

    def _ingested(self) -> IngestReport | None:
        pause = self._look_s
        while not self._stop.is_set():
            try:
                return self._library.ingest([self._folder], prune=True, on_progress=self._check_stop)
            except IndexBusyError:
                self._say("another process is writing to the index; the folder is gone through after it")
                self._stop.wait(pause)
                pause = min(2 * pause, self._most_pause_s)
        return None

    def _check_stop(self, _: Progress) -> None:
        if self._stop.is_set():
            raise _StopWatchingError

    def _identity(self) -> tuple[int, int] | None:
        """What tells the folder from another of its name, as the bare one below a mount; `None` where there is none."""
        try:
            found = self._folder.stat()
            os.scandir(self._folder).close()
        except OSError as error:
            self._say(f"{self._folder} cannot be read ({error.strerror}): nothing is removed, it is waited for")
            return None
        return found.st_dev, found.st_ino

    def _tell(self, report: IngestReport) -> None:
        """Log what changed, and each problem when it is new."""
        self._said = ""
        changed = report.added + report.updated + report.removed
        if changed:
            counts = {name: getattr(report, name) for name in ("added", "updated", "removed", "unchanged")}
            _log.info("the index is in step with the folder", extra=counts)
        for problem in report.problems:
            if problem not in self._told:
                level = logging.WARNING if problem.fatal else logging.INFO
                _log.log(level, "%s: %s", problem.source, problem.reason)
        self._told = frozenset(report.problems)

    def _say(self, message: str) -> None:
        """Log a message, once in a row."""
        if message != self._said:
            _log.warning("%s", message)
        self._said = message


def _matters(change: Change, path: str) -> bool:
    """Whether a change can change a document: a folder that goes away is told by its own name only."""
    from rag.load import SUPPORTED, suffix_of  # noqa: PLC0415 - the parsers take a quarter of a second to load

    return change == Change.deleted or suffix_of(path) in SUPPORTED or os.path.isdir(path)  # noqa: PTH112


def _stamp(path: str) -> _Stamp | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:  # gone, which is a state as good as any
        return None
    return found.st_size, found.st_mtime_ns
