"""Asks an index in this process."""

import time
from collections.abc import Sequence
from importlib.metadata import version

from eval.records import Example, Placed, Quoted, Reply, System
from eval.subject import RETRIEVED, SHOWN, asked, fingerprint
from rag import Answer, Hit, Library, RagError


class LibrarySubject:
    """An index in this process."""

    def __init__(self, library: Library, collection: str = "default", threshold: float | None = None) -> None:
        """Ask a collection of an open library; `threshold` as `Library.ask` takes it."""
        self._threshold = threshold
        self._library = library
        self._collection = collection
        self._ids = {info.source: info.id for info in library.documents(collection)}
        self._texts: dict[str, str] = {}

    def system(self) -> System:
        """The library's version, model and documents."""
        status = self._library.status(self._collection)
        infos = self._library.documents(self._collection)
        return System(
            kind="library",
            name=version("rag-cited"),
            corpus=fingerprint((info.source, info.sha256) for info in infos),
            documents=len(infos),
            model=f"{status.model} ({status.backend})",
        )

    def reply(self, example: Example, alone: bool = False) -> Reply:
        """An answer, and the passages as retrieval ranked them."""
        question, history = asked(example, alone)
        try:
            begin = time.perf_counter()
            answer = self._library.ask(question, self._collection, SHOWN, history=history, threshold=self._threshold)
            milliseconds = (time.perf_counter() - begin) * 1000
            found = self._library.search(answer.rewritten or question, self._collection, RETRIEVED)
        except RagError as error:
            return Reply(example.id, "failed", str(error))
        return Reply(
            id=example.id,
            status=answer.status,
            answer=_marked(answer),
            confidence=answer.confidence,
            quotes=tuple(
                Quoted(c.n, c.source, c.document_id, c.start, c.end, c.quote)
                for claim in answer.claims
                for c in claim.citations
            ),
            retrieved=_placed(found.hits),
            ranked=_placed(answer.hits),
            rewritten=answer.rewritten,
            milliseconds=milliseconds,
            timings_ms=dict(answer.timings_ms),
        )

    def text(self, source: str) -> str | None:
        """The stored text."""
        if source not in self._ids:
            return None
        if source not in self._texts:
            self._texts[source] = self._library.text(self._ids[source], self._collection)
        return self._texts[source]

    def holds(self, source: str, start: int, end: int) -> bool | None:
        """Whether a passage covers the middle of a stretch."""
        if source not in self._ids:
            return False
        middle = (start + end) // 2
        return any(s.start <= middle < s.end for s in self._library.passage_spans(self._ids[source], self._collection))


def _marked(answer: Answer) -> str:
    if answer.status == "abstained":
        return answer.reason or ""
    return " ".join(f"{claim.text} {''.join(f'[{c.n}]' for c in claim.citations)}" for claim in answer.claims)


def _placed(hits: Sequence[Hit]) -> tuple[Placed, ...]:
    return tuple(
        Placed(hit.document.source, hit.passage.start, hit.passage.end, hit.passage.text, hit.score) for hit in hits
    )
