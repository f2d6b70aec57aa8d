"""The order of the work done once per document: load, split, embed, store."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path, PurePosixPath

import numpy as np

from rag.boilerplate import edge_keys
from rag.errors import NotFoundError
from rag.hidden import without_hidden_in
from rag.load import Found, Loader, find
from rag.protocols import Embedder
from rag.records import Document, IngestReport, Passage, Prepared, Problem, Progress, Span, Split
from rag.split import context, split
from rag.store import Known, Store
from rag.words import terms

SHARED_EDGE_DOCUMENTS = 3
"""Documents of different content that must open or close alike before it counts as furniture."""
UPLOADED = "upload:"
"""Stands for the folder of what was uploaded; no path of a machine begins so."""
_WAITING = 512
"""Passages gathered before documents are stored: little is lost by a kill, and little time with small documents."""
_AT_ONCE = 128
"""Passages per call of the embedder, between which an ingest can be left. The 400 of `seeds` took 23.4 and 24.0 s of
CPU time with 128, 20.4, 22.4 and 23.8 s with 512, and 29.4 s with 64 (busy machine, 2026-11-22)."""


@dataclass(slots=True)
class _Waiting:
    """A document that is split and waits for its vectors."""

    document: Document
    split: Split
    root: str
    file: str
    since: int
    """Count of changes when the document was read."""
    came: bool
    """Whether it comes from a file, not from the store."""


class Ingest:
    """One run over files and folders, into one collection; the caller holds the writer lock."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        loader: Loader,
        collection: str,
        on_progress: Callable[[Progress], None] = lambda _: None,
        flush: Callable[[], None] = lambda: None,
        since: int | None = None,
    ) -> None:
        """Work with these parts; `flush` is called now and then so that what is stored can be searched.

        `since` is the store's count of changes when what is to be ingested was handed over, `None` for now.
        """
        self._store = store
        self._embedder = embedder
        self._loader = loader
        self._collection = collection
        self._on_progress = on_progress
        self._flush_index = flush
        self._since = store.changes() if since is None else since
        self._shared = shared_edges(store, collection)
        self._waiting: list[_Waiting] = []
        self._waits: set[str] = set()
        self._finished: list[tuple[str, str, str]] = []
        self._failed: set[tuple[str, str]] = set()
        self._dropped: set[tuple[str, str]] = set()
        self._contexts: dict[tuple[str, tuple[str, ...]], str] = {}
        self._taken: set[str] = set()
        self._files = self._file = 0
        self.report = IngestReport()

    def run(self, paths: Sequence[Path], prune: bool = False) -> IngestReport:
        """Add and update what the paths hold; with `prune` also remove what is gone from folders given before."""
        found = [(path, item) for path in paths for item in find(path)]
        self._files = len(found)
        seen: dict[str, set[str]] = {}
        for self._file, (path, item) in enumerate(found, 1):
            root = str(_root(path))
            if isinstance(item, Problem):
                self.report.problems.append(item)
                self._failed.add((root, item.source))
                continue
            seen.setdefault(root, set()).update(self._take_file(item, root))
        self._flush()
        if prune:
            for path in paths:
                if path.is_dir() and (str(_root(path)), path.name) in self._failed:
                    continue  # it could not be listed itself
                self._prune(str(_root(path)), seen.get(str(_root(path)), set()), path)
        self.settle()
        return self.report

    def add(self, data: bytes, source: str) -> IngestReport:
        """Add or update the documents of an uploaded file, named by its source."""
        self._files = self._file = 1
        digest = sha256(data).hexdigest()
        if digest == self._store.documents.file_sha256(self._collection, UPLOADED, source):
            list(self._keep(UPLOADED, source))
        else:
            list(self._take_items(self._loader.load_bytes(data, source), UPLOADED, source, digest))
        self._flush()
        self.settle()
        return self.report

    def redo_all(self) -> IngestReport:
        """Split and embed every stored document of the collection again."""
        for info in self._store.documents.listed(self._collection):
            self.redo(info.id)
        self._flush()
        return self.report

    def settle(self) -> None:
        """Split anew the documents whose opening or closing became, or ceased to be, one that files share."""
        shared = self._store.documents.shared_edges(self._collection, SHARED_EDGE_DOCUMENTS)
        changed = shared ^ self._shared
        self._shared = shared
        for document_id in self._store.documents.with_edges(self._collection, changed):
            self.redo(document_id)
        self._flush()
        with self._store.database.transaction():
            self._store.database.set_meta(f"shared_edges:{self._collection}", " ".join(sorted(shared)))

    def redo(self, document_id: str) -> None:
        """Split and embed a stored document again, from its stored text."""
        since = self._store.changes()
        known = self._store.documents.known(self._collection, document_id)
        if known is None:
            return
        digest = self._store.documents.file_sha256(self._collection, known.root, known.file)
        try:
            document = self._store.documents.restore(self._collection, document_id)
        except NotFoundError:  # removed just now
            return
        self._queue(document, known.root, known.file, since, came=False)
        if digest is not None:
            self._finished.append((known.root, known.file, digest))

    def _take_file(self, found: Found, root: str) -> Iterator[str]:
        """Queue a file's documents; their ids."""
        file = found.source
        digest = self._loader.digest(found)
        if digest is not None and digest == self._store.documents.file_sha256(self._collection, root, file):
            yield from self._keep(root, file)
            return
        yield from self._take_items(self._loader.load(found), root, file, digest)
        self._tell(file)

    def _take_items(
        self, items: Iterable[Document | Problem], root: str, file: str, digest: str | None
    ) -> Iterator[str]:
        for item in items:
            if isinstance(item, Problem):
                self.report.problems.append(item)
                if item.fatal:
                    self._failed.add((root, file))
                continue
            yield item.id
            self._take(item, root, file)
        if digest is not None and (root, file) not in self._failed:
            self._finished.append((root, file, digest))

    def _keep(self, root: str, file: str) -> Iterator[str]:
        for known in self._store.documents.under_file(self._collection, root, file):
            self.report.unchanged += 1
            self._taken.add(known.id)
            yield known.id

    def _take(self, document: Document, root: str, file: str) -> None:
        if {document.id, document.sha256} & self._waits:
            self._flush()  # so that the store knows the other
        known = self._store.documents.known(self._collection, document.id)
        elsewhere = known and (known.root, known.file) != (root, file) and _exists(known.root, known.file)
        if known and elsewhere and (known.root != root or document.id in self._taken):
            self.report.problems.append(Problem(document.source, _taken(known, root)))
            self._failed.add((root, file))
            return
        self._taken.add(document.id)
        if known and (known.sha256, known.root, known.file) == (document.sha256, root, file):
            self.report.unchanged += 1
            return
        twin = self._store.documents.same_content(self._collection, document.sha256, document.id)
        if twin:
            remark = f"The content is the same as that of {twin!r}; both are kept, answers quote one of them."
            self.report.problems.append(Problem(document.source, remark, fatal=False))
        self.report.updated += known is not None
        self.report.added += known is None
        self._queue(document, root, file, self._since, came=True)

    def _queue(self, document: Document, root: str, file: str, since: int, came: bool) -> None:
        cut = split(document, self._embedder.count, self._embedder.limit, self._shared)
        if not cut.passages:
            remark = "All of its text looks like furniture of a page; it is kept, and no answer quotes it."
            self.report.problems.append(Problem(document.source, remark, fatal=False))
        self._waiting.append(_Waiting(document, cut, root, file, since, came))
        self._waits |= {document.id, document.sha256}
        if sum(len(w.split.passages) for w in self._waiting) >= _WAITING:
            self._flush()

    def _flush(self) -> None:
        """Embed and store what waits, each document in one transaction."""
        self._contexts.clear()
        waiting, self._waiting, self._waits = self._waiting, [], set()
        small = [w for w in waiting if len(w.split.passages) <= _WAITING]
        prepared = self._prepare([(w.document, p) for w in small for p in w.split.passages])
        for w in small:
            self._put(w, [next(prepared) for _ in w.split.passages])
        for w in waiting:
            if len(w.split.passages) > _WAITING:
                self._put(w, self._prepare([(w.document, p) for p in w.split.passages]))
        finished, self._finished = self._finished, []
        for root, file, digest in finished:
            if (root, file) not in self._dropped:
                self._store.finish_file(self._collection, root, file, digest)
        self._flush_index()

    def _put(self, w: _Waiting, prepared: Iterable[Prepared]) -> None:
        edges = edge_keys(w.document.text)
        if self._store.put(self._collection, w.document, w.split, prepared, edges, w.root, w.file, w.since):
            self.report.passages += len(w.split.passages)
        else:
            self._dropped.add((w.root, w.file))
            self.report.dropped += w.came
        self._tell(w.document.source)

    def _prepare(self, items: Sequence[tuple[Document, Passage]]) -> Iterator[Prepared]:
        for begin in range(0, len(items), _AT_ONCE):
            self._tell(items[begin][0].source)
            yield from self._embed(items[begin : begin + _AT_ONCE])

    def _tell(self, source: str) -> None:
        self._on_progress(Progress(self._files, self._file, self.report.embedded, source))

    def _embed(self, items: Sequence[tuple[Document, Passage]]) -> Iterator[Prepared]:
        """Vectors for each passage, taken from the store where the same text was embedded before."""
        contexts = [self._context(document, passage) for document, passage in items]
        whole = [f"{c}\n{p.text}" for c, (_, p) in zip(contexts, items, strict=True)]
        shifted = [_relative(p, len(c) + 1) for c, (_, p) in zip(contexts, items, strict=True)]
        seen = [without_hidden_in(text, spans) for text, spans in zip(whole, shifted, strict=True)]
        texts, spans = [text for text, _ in seen], [spans for _, spans in seen]
        digests = [self._digest(t, s) for t, s in zip(texts, spans, strict=True)]
        vectors = self._store.passages.vectors_by_digest(set(digests))
        missing = [i for i, d in enumerate(digests) if d not in vectors]
        made = self._embedder.passages([texts[i] for i in missing], [spans[i] for i in missing])
        vectors |= {digests[i]: v for i, v in zip(missing, made, strict=True)}
        self.report.embedded += len(missing)
        for (_, passage), c, digest in zip(items, contexts, digests, strict=True):
            words = tuple(
                " ".join(terms(passage.text[s.start - passage.start : s.end - passage.start]))
                for s in passage.sentences
            )
            yield Prepared(passage, c, digest, vectors[digest], words)

    def _context(self, document: Document, passage: Passage) -> str:
        section = document.sections[passage.section]
        key = (document.title, section.heading)
        if key not in self._contexts:
            self._contexts[key] = context(document.title, section, self._embedder.count, self._embedder.limit)
        return self._contexts[key]

    def _digest(self, text: str, spans: Sequence[Span]) -> bytes:
        digest = blake2b(f"{self._embedder.fingerprint}\0{text}\0".encode(), digest_size=16)
        digest.update(np.array([[s.start, s.end] for s in spans], np.int32).tobytes())
        return digest.digest()

    def _prune(self, root: str, seen: set[str], path: Path) -> None:
        """Remove what a folder, or a single file, held before and holds no more; what failed to load or list stays."""
        for known in self._store.documents.under_root(self._collection, root):
            given = not path.is_file() or known.file == path.name
            if (
                given
                and not self._failed_under(root, known.file)
                and known.id not in seen
                and self._store.remove(self._collection, known.id)
            ):
                self.report.removed += 1

    def _failed_under(self, root: str, file: str) -> bool:
        """Whether a file, or a folder that it is in, is there and could not be read."""
        names = [file, *(parent.as_posix() for parent in PurePosixPath(file).parents)]
        return any((root, name) in self._failed and _exists(root, name) for name in names)


def shared_edges(store: Store, collection: str) -> frozenset[str]:
    """Keys of the openings and closings by which the collection's documents were last split."""
    return frozenset((store.database.meta(f"shared_edges:{collection}") or "").split())


def _taken(known: Known, root: str) -> str:
    if root == UPLOADED:
        return (
            "The name is taken by a document from a folder of the service's own machine. Upload it under another name, "
            "or into another collection."
        )
    return (
        f"The name is taken by {Path(known.root, known.file)}. Sources are named relative to the folder that "
        "is ingested: ingest a common parent folder instead, or use another collection."
    )


def _relative(passage: Passage, shift: int) -> list[Span]:
    return [Span(s.start - passage.start + shift, s.end - passage.start + shift) for s in passage.sentences]


def _exists(root: str, file: str) -> bool:
    # os.path gives False where a folder may not be searched; Path raises.
    return os.path.exists(os.path.join(root, file))  # noqa: PTH110, PTH118


def _root(path: Path) -> Path:
    """The folder that sources are named relative to; a folder that is gone stands for itself."""
    return path.parent.resolve() if path.is_file() else path.resolve()
