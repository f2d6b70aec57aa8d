"""An index folder, opened: the one place that puts the parts together and knows the order of a question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from rag.audit import audit
from rag.bridge import FOUND, KEPT, bridged, second_searches
from rag.changes import Changes
from rag.compose import ABSTAIN_BELOW, abstain, compose
from rag.derived import Generation
from rag.errors import IndexUnusableError, NotFoundError
from rag.follow_up import rewrite
from rag.generations import Generations
from rag.hidden import without_hidden
from rag.model import Model, model_note
from rag.operating import keep_point, read_point
from rag.protocols import Embedder
from rag.rank import PASSAGES_READ, rank
from rag.records import (
    DEFAULT_COLLECTION,
    Answer,
    Audit,
    Claim,
    CollectionInfo,
    DocumentInfo,
    Hit,
    IngestReport,
    Keys,
    OperatingPoint,
    Progress,
    QuoteCheck,
    Span,
    Turn,
    Vectors,
)
from rag.retrieve import candidates, fuse, hits
from rag.store import Store
from rag.verify import Quoted, holds, verify

if TYPE_CHECKING:
    from rag.support import CheckedSentence

_TRIES = 3
"""For an answer whose documents change, or go, while it is made."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents may answer; nothing set means all."""

    document_ids: tuple[str, ...] | None = None
    source: str | None = None
    """Pattern with `*` and `?`."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked passages and what each stage took."""

    hits: tuple[Hit, ...]
    timings_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class Status:
    """What an index holds and how it is."""

    index: str
    collection: str
    collections: tuple[str, ...]
    documents: int
    passages: int
    characters: int
    model: str
    backend: str
    note: str
    bytes: int
    healthy: bool
    """Whether the search indexes hold exactly the stored passages."""
    operating_point: OperatingPoint | None
    """As `rag eval calibrate` set it; `None` for the shipped one."""


class Library:
    """Documents that can be searched and asked; safe to use from several threads."""

    def __init__(self, index: Path, model: str | None = None, threads: int = 0) -> None:
        """Open, or make, the index in a folder.

        `model` is a sentence-transformers model by path or name, `None` for the index's own or the packaged one;
        `threads` is for the model, 0 for every core.

        Raises:
            IndexUnusableError: The folder is not usable.
        """
        self.index = index
        self.store = Store(index / "truth.sqlite")
        self.model = Model(self.store, index, model, threads)
        self._generations = Generations(self.store, index, self.model.dim)
        self._changes = Changes(self.store, index, self.model, self._generations)

    def close(self) -> None:
        """Let go of the database, and of the process that parses."""
        self._changes.close()
        self.store.close()

    # --- once per question

    def ask(
        self,
        question: str,
        collection: str = DEFAULT_COLLECTION,
        top_k: int = 8,
        filters: Filters | None = None,
        history: Sequence[Turn] = (),
        threshold: float | None = None,
    ) -> Answer:
        """An answer of checked extracts, or an abstention with the nearest passages.

        A question that leans on its `history`, oldest first, is answered as the answer's `rewritten` has it.
        `threshold` is the least confidence of an answer; `None` for the collection's operating point.
        """
        asked = rewrite(question, history) if history else question
        point = read_point(self.store, collection) if threshold is None else None
        least = threshold if threshold is not None else point.threshold if point else ABSTAIN_BELOW
        answer = self._answer(asked, collection, top_k, filters, least)
        return answer if asked == question else replace(answer, question=question, rewritten=asked)

    def _answer(self, question: str, collection: str, top_k: int, filters: Filters | None, threshold: float) -> Answer:
        for _ in range(_TRIES):
            begin = perf_counter()
            found = self.search(question, collection, max(top_k, PASSAGES_READ), filters)
            if not found.hits and not self.store.documents.counts(collection)[0]:
                return replace(abstain(question, (), 0.0, "no_documents"), timings_ms=found.timings_ms)
            ranking = perf_counter()
            rarity = self._generations.current(collection).lexical.rarity(question)
            ranked = rank(found.hits, rarity)
            composing = perf_counter()
            answer = self._checked(compose(question, found.hits, ranked, rarity, threshold), collection)
            end = perf_counter()
            if answer is not None:
                stages = {"rerank": _ms(ranking, composing), "compose": _ms(composing, end), "total": _ms(begin, end)}
                return replace(answer, hits=answer.hits[:top_k], timings_ms={**found.timings_ms, **stages})
        raise IndexUnusableError(
            "The documents keep changing while they are quoted, or the index is damaged. Ask again; if this stays, run "
            "`rag ingest --rebuild`."
        )

    def search(
        self, query: str, collection: str = DEFAULT_COLLECTION, top_k: int = 10, filters: Filters | None = None
    ) -> SearchResult:
        """Ranked passages."""
        begin = perf_counter()
        generation = self._generations.current(self._known(collection))
        if not len(generation.keys):
            return SearchResult((), {"embed": 0.0, "retrieve": 0.0, "total": _ms(begin, perf_counter())})
        vector = self.embedder.questions([without_hidden(query)])[0]
        embedded = perf_counter()
        allowed = self._allowed(collection, filters)
        found = self._found(generation, vector, query, allowed, top_k)
        if top_k > KEPT:
            seconds = second_searches(query, rank(found, generation.lexical.rarity(query)))
            finds = [(second, self._found(generation, vector, second.query, allowed, FOUND)) for second in seconds]
            found = bridged(found, finds)[:top_k]
        end = perf_counter()
        timings = {"embed": _ms(begin, embedded), "retrieve": _ms(embedded, end), "total": _ms(begin, end)}
        return SearchResult(tuple(found), timings)

    def _found(self, generation: Generation, vector: Vectors, query: str, allowed: Keys | None, most: int) -> list[Hit]:
        """The best passages by a vector and by the words of a query."""
        ranking = fuse(candidates(generation.vectors, generation.lexical, vector, query, allowed))
        reserve = most
        while reserve < len(ranking) and ranking[reserve][1:3] == ranking[reserve - 1][1:3]:  # which of equals is first
            reserve += 1
        stored = self.store.passages.get([found.key for found in ranking[:reserve]])
        if len(stored) < min(most, len(ranking)):
            # Some were deleted since this generation was made; others take their places.
            stored = self.store.passages.get([found.key for found in ranking])
        return hits(ranking, stored, vector)[:most]

    def _allowed(self, collection: str, filters: Filters | None) -> Keys | None:
        if filters is None or (filters.document_ids is None and filters.source is None):
            return None
        return self.store.passages.keys_of(collection, filters.document_ids, filters.source)

    def _checked(self, answer: Answer, collection: str) -> Answer | None:
        """The answer with the page of each quote, if all quotes stand in the documents as they are now."""
        claims = []
        for claim in answer.claims:
            standing = self.standing(claim, collection)
            if standing is None:
                return None
            claims.append(standing)
        return replace(answer, claims=tuple(claims))

    def standing(self, claim: Claim, collection: str = DEFAULT_COLLECTION) -> Claim | None:
        """The claim with the page of each quote, if all its quotes stand in the documents as they are now."""
        documents = self.store.documents
        if not all(holds(c, lambda *at: documents.text_slice(collection, *at)) for c in claim.citations):
            return None
        placed = tuple(
            c if c.page is None else replace(c, page=documents.page(collection, c.document_id, c.start))
            for c in claim.citations
        )
        return replace(claim, citations=placed)

    # --- documents

    def documents(self, collection: str = DEFAULT_COLLECTION, limit: int = -1, after: str = "") -> list[DocumentInfo]:
        """Documents by source, from the one after a source; raises NotFoundError for an unknown collection."""
        return self.store.documents.listed(self._known(collection), limit, after)

    def document(self, document_id: str, collection: str = DEFAULT_COLLECTION) -> DocumentInfo:
        """One document; raises NotFoundError."""
        return self.store.documents.get(collection, document_id)

    def text(self, document_id: str, collection: str = DEFAULT_COLLECTION) -> str:
        """A document's text, to which all offsets refer; raises NotFoundError."""
        return self.store.documents.text(collection, document_id)

    def passage_spans(self, document_id: str, collection: str = DEFAULT_COLLECTION) -> list[Span]:
        """Where a document's passages stand, ascending; what is in none is boilerplate. Raises NotFoundError."""
        return self.store.passages.spans(self.store.documents.row(collection, document_id))

    def verify(self, citations: Sequence[Quoted], collection: str = DEFAULT_COLLECTION) -> list[QuoteCheck]:
        """What became of each citation's quote in the documents as they are now; raises NotFoundError."""
        self._known(collection)
        return verify(
            citations,
            lambda *at: self.store.documents.text_slice(collection, *at),
            lambda document_id: self.store.documents.text(collection, document_id),
        )

    def check(self, text: str, collection: str = DEFAULT_COLLECTION) -> "list[CheckedSentence]":
        """Each sentence of a text with the quotes of the documents that bear it out; raises NotFoundError."""
        from rag.support import PASSAGES_CHECKED, check_documents  # noqa: PLC0415 - its tables are not for a question

        known, documents = self._known(collection), self.store.documents
        return check_documents(
            text,
            lambda sentence: self.search(sentence, known, PASSAGES_CHECKED).hits,
            lambda *at: documents.text_slice(known, *at),
            lambda *at: documents.page(known, *at),
        )

    def status(self, collection: str = DEFAULT_COLLECTION) -> Status:
        """What the index holds and how it is."""
        documents, passages, characters = self.store.documents.counts(self._known(collection))
        name, backend, note = model_note(self.index)
        return Status(
            index=str(self.index),
            collection=collection,
            collections=tuple(self.store.collections.names()),
            documents=documents,
            passages=passages,
            characters=characters,
            model=name,
            backend=backend,
            note=note,
            bytes=sum(_size(file) for file in self.index.rglob("*")),
            healthy=not documents or self._generations.healthy(collection),
            operating_point=read_point(self.store, collection),
        )

    def collections(self) -> list[CollectionInfo]:
        """Every collection, by name; the default one always is."""
        names = sorted({DEFAULT_COLLECTION, *self.store.collections.names()})
        return [CollectionInfo(name, *self.store.documents.counts(name)) for name in names]

    def audit(self, wait_s: float = 10.0) -> Audit:
        """Whether the index holds exactly what its documents say, and nothing of one that was removed.

        While somebody writes, findings are looked at again for `wait_s` seconds at most.
        """
        return audit(self.store, self._generations, [info.name for info in self.collections()], wait_s)

    def _known(self, collection: str) -> str:
        if collection != DEFAULT_COLLECTION and collection not in self.store.collections.names():
            raise NotFoundError(f"There is no collection {collection!r}.")
        return collection

    # --- changes

    def ingest(
        self,
        paths: Sequence[Path],
        collection: str = DEFAULT_COLLECTION,
        prune: bool = False,
        rebuild: bool = False,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> IngestReport:
        """Add and update files and folders; `rebuild` first splits and embeds all that is stored anew.

        Raises:
            SettingError: The collection's name is not letters, digits, `.`, `_` and `-`, at most 64, a letter or digit
                first.
            IndexBusyError: Another process is writing.
            ModelError: There is no model to embed with.
        """
        return self._changes.ingest(paths, collection, prune, rebuild, on_progress)

    def add(
        self,
        data: bytes,
        source: str,
        collection: str = DEFAULT_COLLECTION,
        since: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> IngestReport:
        """Add or update the documents of one uploaded file, which its source names; they can be found on return.

        `since` is the store's count of changes when the file was taken in: what was removed after that stays so.

        Raises:
            SettingError: The collection's name cannot be one.
            IndexBusyError: Another process is writing.
            ModelError: There is no model to embed with.
        """
        return self._changes.add(data, source, collection, since, on_progress)

    def remove(self, document_ids: Sequence[str], collection: str = DEFAULT_COLLECTION) -> list[str]:
        """Delete documents, uploads of them that wait included; the ids that were not there.

        No answer uses them from then on. Where another process is writing, the search files follow with its next step.
        """
        return self._changes.remove(document_ids, collection)

    def catch_up(self) -> None:
        """Bring the search files in step with removals that a process left when it ended, unless another writes."""
        self._changes.catch_up()

    def create_collection(self, name: str) -> bool:
        """Make a collection; whether it is new. Raises SettingError where the name cannot be one."""
        return self._changes.create(name)

    def drop_collection(self, name: str) -> None:
        """Delete a collection with all that belongs to it; raises NotFoundError. The default one is left empty."""
        self._changes.drop(self._known(name))

    def set_operating_point(self, point: OperatingPoint, collection: str = DEFAULT_COLLECTION) -> None:
        """Keep with the index how sure an answer has to be, from the next question on.

        Raises:
            NotFoundError: There is no such collection.
            IndexBusyError: Another process is writing.
        """
        with self._generations.writing():
            keep_point(self.store, self._known(collection), point)

    @property
    def embedder(self) -> Embedder:
        """The index's embedding model, loaded at first use.

        Raises:
            IndexUnusableError: The index was made with another model.
            ModelError: The model cannot be loaded.
        """
        return self.model.embedder


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:  # replaced by a writer just now
        return 0


def _ms(begin: float, end: float) -> float:
    return (end - begin) * 1000
