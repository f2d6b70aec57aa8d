"""Everything that changes an index: what comes in, what goes, collections; one process at a time."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from rag.errors import IndexBusyError, SettingError
from rag.generations import Generations
from rag.model import Model, finish_rebuild, record_model
from rag.operating import forget_points
from rag.protocols import Embedder
from rag.records import DEFAULT_COLLECTION, IngestReport, Progress
from rag.store import Store

if TYPE_CHECKING:
    from rag.ingest import Ingest
    from rag.load import Loader

COLLECTION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What may name a collection; the name is also that of a folder."""
_FLUSH_S = 5.0
_FLUSH_SHARE = 0.02
"""While documents come in, what is stored becomes searchable this often, in seconds, and at this share of the time."""


def _do_nothing(_: Progress) -> None:
    pass


class Changes:
    """Changes an index."""

    def __init__(self, store: Store, index: Path, model: Model, generations: Generations) -> None:
        """Change the index in a folder, of which these are the parts."""
        self._store = store
        self._index = index
        self._model = model
        self._generations = generations
        self._loader: Loader | None = None

    def close(self) -> None:
        """End the process that parses, if there is one."""
        if self._loader is not None:
            self._loader.close()

    def ingest(
        self,
        paths: Sequence[Path],
        collection: str,
        prune: bool,
        rebuild: bool,
        on_progress: Callable[[Progress], None] = _do_nothing,
    ) -> IngestReport:
        """Add and update files and folders; `rebuild` first splits and embeds all that is stored anew."""
        check_name(collection)
        with self._changing(on_progress) as changing:
            rebuilt = self._rebuild(changing) if rebuild else []
            ingest = self._into(changing, collection, None)
            try:
                report = ingest.run(paths, prune)
            finally:  # what is stored can be found, whatever came after it
                self._generations.update(collection)
        report.passages += sum(r.passages for r in rebuilt)
        report.embedded += sum(r.embedded for r in rebuilt)
        return report

    def add(
        self,
        data: bytes,
        source: str,
        collection: str,
        since: int | None,
        on_progress: Callable[[Progress], None] = _do_nothing,
    ) -> IngestReport:
        """Add or update the documents of one uploaded file."""
        check_name(collection)
        with self._changing(on_progress) as changing:
            ingest = self._into(changing, collection, since)
            try:
                report = ingest.add(data, source)
            finally:
                self._generations.update(collection)
        return report

    def _into(self, changing: "Callable[..., Ingest]", collection: str, since: int | None) -> "Ingest":
        """What ingests into a collection, which is there from now on."""
        record_model(self._store, self._index, self._model.embedder)
        if collection != DEFAULT_COLLECTION and not self._store.removed_since(collection, since):
            self._store.collections.create(collection)
        return changing(self._model.embedder, collection, since, self._flusher(collection))

    def remove(self, document_ids: Sequence[str], collection: str) -> list[str]:
        """Delete documents; the ids that were not there."""
        missing = [i for i in document_ids if not self._store.remove(collection, i)]
        if len(missing) < len(document_ids):
            self._tidy()
        return missing

    def create(self, collection: str) -> bool:
        """Make a collection; whether it is new."""
        check_name(collection)
        return self._store.collections.create(collection)

    def drop(self, collection: str) -> None:
        """Delete a collection with all that belongs to it."""
        self._store.drop(collection)
        self._tidy()

    def _tidy(self) -> None:
        """Bring the derived files in step with a removal; where another writes, they do it."""
        self.catch_up()
        self._store.database.shed()

    def catch_up(self) -> None:
        """Bring the search files in step with removals that they have not followed, unless another process writes."""
        while True:
            try:
                with self._generations.writing():
                    self._follow()
            except IndexBusyError:  # who looks for what they left when they are done
                return
            if not self._store.behind():
                return

    def _rebuild(self, changing: "Callable[..., Ingest]") -> list[IngestReport]:
        embedder = self._model.start_rebuild()
        reports = [changing(embedder, collection).redo_all() for collection in self._store.documents.collections()]
        forget_points(self._store)  # before the rebuild counts as done: killed in between, it is made again
        finish_rebuild(self._store, self._index, embedder)
        return reports

    @contextmanager
    def _changing(self, on_progress: Callable[[Progress], None] = _do_nothing) -> "Iterator[Callable[..., Ingest]]":
        """The right to write, with what makes an ingest into a collection; at the end all is in step with removals."""
        # Imported here, since the parsers take a quarter of a second to load and a question needs none of them.
        from rag.ingest import Ingest  # noqa: PLC0415

        def changing(
            embedder: Embedder, collection: str, since: int | None = None, flush: Callable[[], None] = lambda: None
        ) -> Ingest:
            def progressed(progress: Progress) -> None:
                on_progress(progress)
                flush()

            return Ingest(self._store, embedder, self._parsing(), collection, progressed, flush, since)

        try:
            with self._generations.writing():
                yield changing
        except IndexBusyError:
            raise
        except Exception:
            with suppress(Exception):  # the first says what is wrong
                self.catch_up()
            raise
        self.catch_up()

    def _follow(self) -> None:
        """Bring the search files of every collection in step with what was removed; the caller holds the lock."""
        from rag.ingest import Ingest  # noqa: PLC0415

        known = [DEFAULT_COLLECTION, *self._store.collections.names()]
        for collection, change in self._store.behind().items():
            if collection in known:
                Ingest(self._store, self._model.embedder, self._parsing(), collection).settle()
                self._generations.update(collection)
            self._store.caught_up(collection, change)
        self._generations.drop_all_but(known)

    def _parsing(self) -> "Loader":
        """What loads files; kept, since the process that parses takes half a second to start."""
        from rag.load import Loader  # noqa: PLC0415

        if self._loader is None:
            self._loader = Loader()
        return self._loader

    def _flusher(self, collection: str) -> Callable[[], None]:
        """Brings the search indexes in step from time to time, at a small share of the time that passes."""
        last, took = perf_counter(), 0.0

        def flush() -> None:
            nonlocal last, took
            begin = perf_counter()
            if begin - last >= max(_FLUSH_S, took / _FLUSH_SHARE):
                for name in {collection, *self._store.behind()}:
                    self._generations.update(name)
                last = perf_counter()
                took = last - begin

        return flush


def check_name(collection: str) -> None:
    """Nothing where a name may be that of a collection.

    Raises:
        SettingError: It may not.
    """
    if not COLLECTION_NAME.fullmatch(collection):
        raise SettingError(
            f"{collection!r} cannot name a collection: letters, digits, '.', '_' and '-', 64 at most, a letter or "
            "digit first."
        )
