"""Asks a running service and waits for what it says."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from types import TracebackType
from typing import Literal, Self, TypeVar, Unpack

import httpx

from rag.client import calls
from rag.client.calls import Asked, Call, File
from rag.client.events import AnswerEvent, Decoder
from rag.client.exchange import Outcome, Patience, Pause, Send, Steps, exchange, finished
from rag.client.opening import LIMITS, TIMEOUT_S, address, headers
from rag.client.problems import unreachable
from rag.client.replies import (
    AskReply,
    CollectionReply,
    DocumentReply,
    FeedbackReply,
    HealthReply,
    JobReply,
    SearchReply,
    SupportReply,
    TextReply,
    VerifyReply,
)

T = TypeVar("T")


class Client:
    """A service, asked one call after the other; safe to use from several threads.

    Every call may raise ApiError (the service refused; RateLimitedError for too many calls), UnreachableError (no
    answer) and BrokenReplyError, all of them ClientError.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        api_key: str | None = None,
        timeout: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Ask the service at an address; `timeout` is in seconds, for a call with all its tries.

        Raises:
            ValueError: The address is none of HTTP.
        """
        self._address = address(base_url)
        self._patience = Patience(timeout, time.monotonic, Random())  # noqa: S311 - jitter, no secret
        self._http = httpx.Client(base_url=base_url, headers=headers(api_key), limits=LIMITS, transport=transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Itself, closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    # --- questions

    def ask(self, question: str, **asked: Unpack[Asked]) -> AskReply:
        """An answer with citations, or an abstention with the nearest passages."""
        return self._call(calls.ask(question, asked))

    @contextmanager
    def ask_stream(self, question: str, **asked: Unpack[Asked]) -> Iterator[Iterator[AnswerEvent]]:
        """The events of an answer, the last one Done; leaving the block stops the service's work on it."""
        response = self._call(calls.ask_stream(question, asked))
        try:
            yield self._events(response)
        finally:
            response.close()

    def search(
        self,
        query: str,
        *,
        collection: str = "default",
        top_k: int = 10,
        source: str | None = None,
        document_ids: Sequence[str] | None = None,
    ) -> SearchReply:
        """Ranked passages."""
        return self._call(calls.search(query, collection, top_k, source, document_ids))

    def verify(self, answer: AskReply | Mapping[str, object], *, collection: str = "default") -> VerifyReply:
        """What became of the quotes of an answer, or of its saved JSON."""
        return self._call(calls.verify(answer, collection))

    def check(
        self, text: str, *, collection: str = "default", passages: Sequence[str] | None = None, markers: bool = True
    ) -> SupportReply:
        """Which sentences of a text are borne out, and by which quotes: of a collection, or of the passages given.

        With `markers`, a sentence with [n] must be borne out by the passages it names, the first being 1.
        """
        return self._call(calls.check(text, collection, passages, markers))

    def feedback(
        self,
        answer: AskReply | str,
        rating: Literal["up", "down"],
        comment: str | None = None,
        *,
        collection: str = "default",
    ) -> FeedbackReply:
        """A thumb on an answer, or on one known only by its id; the last one counts."""
        return self._call(calls.feedback(answer, rating, comment, collection))

    # --- documents

    def documents(self, collection: str = "default", *, page: int = 100) -> Iterator[DocumentReply]:
        """Every document by source, fetched so many at a time (200 at most)."""
        after: str | None = ""
        while after is not None:
            found = self._call(calls.documents(collection, page, after))
            yield from found.documents
            after = found.next

    def document(self, document_id: str, *, collection: str = "default") -> DocumentReply:
        """One document."""
        return self._call(calls.document(document_id, collection))

    def text(self, document_id: str, *, collection: str = "default") -> str:
        """A document's text, to which all offsets refer."""
        found: TextReply = self._call(calls.text(document_id, collection))
        return found.text

    def upload(self, *files: File, collection: str = "default") -> JobReply:
        """The job of files that are being added or updated; `wait` for it.

        A path is uploaded under its name without folders; a pair is a name, with `/` between folders, and bytes.

        Raises:
            OSError: A file cannot be read.
        """
        return self._call(calls.upload(files, collection))

    def job(self, job_id: str) -> JobReply:
        """How far an upload is, and what became of each file."""
        return self._call(calls.job(job_id))

    def wait(self, job: JobReply | str, within: float = 600) -> JobReply:
        """An upload that is done; whether each file could be read is in its `files`.

        Raises:
            UnfinishedError: It is not done after `within` seconds.
        """
        return self._run(finished(calls.job_id(job), within, self._patience, self._address))

    def cancel(self, job: JobReply | str) -> JobReply:
        """Cancel what still waits of an upload."""
        return self._call(calls.cancel(calls.job_id(job)))

    def delete(self, document_id: str, *, collection: str = "default") -> None:
        """Remove a document; the next answer no longer uses it."""
        self._call(calls.delete(document_id, collection))

    # --- collections

    def collections(self) -> list[CollectionReply]:
        """The collections that the key opens, by name."""
        return self._call(calls.collections())

    def create_collection(self, name: str) -> CollectionReply:
        """A collection, made unless it was there."""
        return self._call(calls.create(name))

    def drop_collection(self, name: str) -> None:
        """Drop a collection with all that belongs to it; the default one is left, empty."""
        self._call(calls.drop(name))

    # --- the service

    def health(self) -> HealthReply:
        """That the service lives."""
        return self._call(calls.health())

    def ready(self) -> bool:
        """Whether the service can answer."""
        return self._call(calls.ready())

    # ---

    def _call(self, call: Call[T]) -> T:
        return self._run(exchange(call, self._patience, self._address))

    def _run(self, steps: Steps[T]) -> T:
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                found: T = end.value
                return found
            outcome = self._taken(step)

    def _taken(self, step: Send | Pause) -> Outcome:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            response = self._http.send(step.call.request(self._http, step.timeout_s), stream=step.call.stream)
            if not step.call.succeeded(response):
                response.read()
        except httpx.RequestError as error:
            return error
        return response

    def _events(self, response: httpx.Response) -> Iterator[AnswerEvent]:
        decoder = Decoder(response.headers.get("x-request-id"))
        try:
            for piece in response.iter_bytes():
                yield from decoder.feed(piece)
        except httpx.RequestError as error:
            raise unreachable(error, self._address) from error
        decoder.close()
