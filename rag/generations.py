"""Gives readers the newest whole generation of each collection's indexes, and heals what is not whole."""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

from filelock import FileLock, Timeout

from rag.derived import Generation, bring_in_step, in_step, load, manifest_stamp
from rag.errors import IndexBusyError, IndexUnusableError, NotFoundError
from rag.records import DEFAULT_COLLECTION
from rag.store import Store

_WAIT_S = 10.0
"""How long a reader waits for a writer that is just replacing the index files."""


class Generations:
    """The indexes of an index folder; readers swap to the next generation without stopping."""

    def __init__(self, store: Store, index: Path, dim: Callable[[], int]) -> None:
        """Serve a folder; `dim` tells the length of vectors when an index is made from nothing."""
        self._store = store
        self._index = index
        self._dim = dim
        self._current: dict[str, Generation] = {}
        self._lock = threading.Lock()
        self._claiming = threading.Lock()

    def current(self, collection: str) -> Generation:
        """The newest generation; made anew where its files are missing, damaged or stale and nobody else writes."""
        found = self._current.get(collection)
        if found is not None and self._is_newest(found, collection):
            return found
        with self._lock:
            found = self._current.get(collection)
            if found is None or not self._is_newest(found, collection):
                found = self._current[collection] = self._renewed(found, collection)
            return found

    def _is_newest(self, generation: Generation, collection: str) -> bool:
        stamp = manifest_stamp(self._folder(collection))
        return generation.stamp == stamp and generation.changes == self._store.changes()

    def _renewed(self, found: Generation | None, collection: str) -> Generation:
        """A generation in step with the store; while somebody writes, the one that they saved last."""
        if found is None or found.stamp != manifest_stamp(self._folder(collection)):
            return self._opened(collection)
        try:
            return self._healed(collection)
        except IndexBusyError:
            return found

    def _healed(self, collection: str) -> Generation:
        """A generation in step with the store, of a collection that is there at this moment."""
        with self._claiming, self._claimed():
            if collection != DEFAULT_COLLECTION and collection not in self._store.collections.names():
                raise NotFoundError(f"There is no collection {collection!r}.")
            return bring_in_step(self._folder(collection), self._store, collection, self._dim())

    def update(self, collection: str) -> Generation:
        """Bring a collection's indexes in step with the store; the caller holds `writing`."""
        fresh = bring_in_step(self._folder(collection), self._store, collection, self._dim())
        self._current[collection] = fresh
        return fresh

    def drop_all_but(self, collections: Sequence[str]) -> None:
        """Delete the files of collections that are no more; the caller holds `writing`."""
        for name in set(self.folders()) - set(collections):
            self._current.pop(name, None)
            shutil.rmtree(self._folder(name), ignore_errors=True)

    def folders(self) -> list[str]:
        """The collections that have files, ascending."""
        return sorted(folder.name for folder in (self._index / "search").glob("*"))

    def stored(self, collection: str) -> Generation:
        """The generation that the files hold, in step or not.

        Raises:
            IndexUnusableError: They are missing or damaged.
        """
        return load(self._folder(collection), self._store)

    def healthy(self, collection: str) -> bool:
        """Whether the files are whole and hold exactly the stored passages."""
        try:
            return in_step(self.stored(collection), self._store, collection)
        except IndexUnusableError:
            return False

    def stamps(self) -> tuple[object, ...]:
        """What changes with every write to the store or to the files of a collection."""
        return (self._store.changes(), *(manifest_stamp(self._folder(name)) for name in self.folders()))

    def being_written(self) -> bool:
        """Whether somebody has the right to write at this moment, or a reader here heals files."""
        if not self._claiming.acquire(blocking=False):
            return True
        try:
            with self._claimed():
                return False
        except IndexBusyError:
            return True
        finally:
            self._claiming.release()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The right to write to this index folder, held by one at a time; waits for a reader here that heals files.

        Raises:
            IndexBusyError: Another has it.
        """
        with ExitStack() as held:
            with self._claiming:
                held.enter_context(self._claimed())
            yield

    @contextmanager
    def _claimed(self) -> Iterator[None]:
        lock = FileLock(self._index / "writer.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise IndexBusyError(
                f"Another process is writing to {self._index}. Wait until it is done, or stop it, and try again."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _opened(self, collection: str) -> Generation:
        deadline = monotonic() + _WAIT_S
        while True:
            stale = None
            try:
                stale = self.stored(collection)
                if in_step(stale, self._store, collection):
                    return stale
            except IndexUnusableError:
                pass
            try:
                return self._healed(collection)
            except IndexBusyError:
                if stale is not None:
                    return replace(stale, changes=-1)
                if monotonic() > deadline:
                    raise
            sleep(0.05)

    def _folder(self, collection: str) -> Path:
        return self._index / "search" / collection
