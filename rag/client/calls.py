"""What each call sends, and how its reply is read: shared by the client that waits and the one that awaits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, TypedDict, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from rag.client.errors import BrokenReplyError
from rag.client.replies import (
    AskReply,
    CollectionReply,
    CollectionsReply,
    DocumentReply,
    DocumentsReply,
    FeedbackReply,
    HealthReply,
    JobReply,
    SearchReply,
    SupportReply,
    TextReply,
    VerifyReply,
)

T_co = TypeVar("T_co", covariant=True)
Reply = TypeVar("Reply", bound=BaseModel)
Turn = Mapping[str, str]
"""`{"role": "user", "content": "…"}`, or `"assistant"`."""
File = Path | tuple[str, bytes]
"""A file, uploaded under its name without folders; or a name, folders with `/` included, and the bytes."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """A request, and what becomes of its response."""

    method: str
    path: str
    parse: Callable[[httpx.Response], T_co]
    params: Mapping[str, str | int] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    files: tuple[tuple[str, bytes], ...] = ()
    repeatable: bool = True
    """Whether sending it twice does no more than once, so that it may be sent again when the connection broke."""
    accepted: tuple[int, ...] = ()
    """Statuses that are replies too, not errors."""
    stream: bool = False

    def request(self, client: httpx.Client | httpx.AsyncClient, timeout_s: float) -> httpx.Request:
        """The request, for a client of either kind."""
        headers = {"Accept": "text/event-stream" if self.stream else "application/json"}
        files = [("file", (name, data)) for name, data in self.files] or None
        return client.build_request(
            self.method,
            self.path,
            params=self.params,
            json=self.json,
            files=files,
            headers=headers,
            timeout=timeout_s,
        )

    def succeeded(self, response: httpx.Response) -> bool:
        """Whether a response is a reply to this call, and no error."""
        return response.is_success or response.status_code in self.accepted


class Asked(TypedDict, total=False):
    """What may be said with a question."""

    collection: str
    mode: Literal["auto", "extractive", "llm"]
    top_k: int
    source: str
    """Only of documents whose source fits this pattern with `*` and `?`."""
    document_ids: Sequence[str]
    """Only of these documents."""
    history: Sequence[Turn]
    """The conversation before, oldest first."""


def ask(question: str, asked: Asked) -> Call[AskReply]:
    """An answer."""
    return Call("POST", "/v1/ask", _as(AskReply), json=_question(question, asked))


def ask_stream(question: str, asked: Asked) -> Call[httpx.Response]:
    """An answer as it comes: the open response."""
    return Call("POST", "/v1/ask", _open, json={**_question(question, asked), "stream": True}, stream=True)


def search(
    query: str, collection: str, top_k: int, source: str | None, document_ids: Sequence[str] | None
) -> Call[SearchReply]:
    """Ranked passages."""
    body = {"query": query, "collection": collection, "top_k": top_k, "filters": _filters(source, document_ids)}
    return Call("POST", "/v1/search", _as(SearchReply), json=body)


def verify(answer: AskReply | Mapping[str, object], collection: str) -> Call[VerifyReply]:
    """What became of the quotes of a saved answer."""
    citations = _plain(answer)["citations"]
    return Call("POST", "/v1/verify", _as(VerifyReply), json={"citations": citations, "collection": collection})


def feedback(
    answer: AskReply | str, rating: Literal["up", "down"], comment: str | None, collection: str
) -> Call[FeedbackReply]:
    """A thumb on an answer; one known by its id alone goes without its question and quotes."""
    body: dict[str, object] = {"rating": rating, "comment": comment, "collection": collection}
    if isinstance(answer, str):
        body |= {"answer_id": answer}
    else:
        kept = {"status": answer.status, "citations": _plain(answer)["citations"]}
        body |= {"answer_id": answer.id, "question": answer.question, "answer": kept}
    return Call("POST", "/v1/feedback", _as(FeedbackReply), json=body)


def check(text: str, collection: str, passages: Sequence[str] | None, markers: bool) -> Call[SupportReply]:
    """Which sentences of a text are borne out, by a collection or by the passages given."""
    against = {"collection": collection} if passages is None else {"passages": list(passages)}
    return Call("POST", "/v1/check", _as(SupportReply), json={"text": text, "markers": markers, **against})


def documents(collection: str, limit: int, after: str) -> Call[DocumentsReply]:
    """A page of documents."""
    params: dict[str, str | int] = {"collection": collection, "limit": limit, "after": after}
    return Call("GET", "/v1/documents", _as(DocumentsReply), params)


def document(document_id: str, collection: str) -> Call[DocumentReply]:
    """One document."""
    return Call("GET", _path("documents", document_id), _as(DocumentReply), {"collection": collection})


def text(document_id: str, collection: str) -> Call[TextReply]:
    """A document's text."""
    return Call("GET", f"{_path('documents', document_id)}/text", _as(TextReply), {"collection": collection})


def upload(files: Sequence[File], collection: str) -> Call[JobReply]:
    """An upload, read from disk now."""
    read = tuple((file.name, file.read_bytes()) if isinstance(file, Path) else file for file in files)
    return Call("POST", "/v1/documents", _as(JobReply), {"collection": collection}, files=read)


def job_id(job: JobReply | str) -> str:
    """The id of an upload."""
    return job if isinstance(job, str) else job.id


def job(job_id: str) -> Call[JobReply]:
    """How far an upload is."""
    return Call("GET", _path("jobs", job_id), _as(JobReply))


def cancel(job_id: str) -> Call[JobReply]:
    """Cancels what still waits of an upload."""
    return Call("DELETE", _path("jobs", job_id), _as(JobReply))


def delete(document_id: str, collection: str) -> Call[None]:
    """Removes a document."""
    return Call("DELETE", _path("documents", document_id), _nothing, {"collection": collection}, repeatable=False)


def collections() -> Call[list[CollectionReply]]:
    """The collections."""
    parse = _as(CollectionsReply)
    return Call("GET", "/v1/collections", lambda response: parse(response).collections)


def create(name: str) -> Call[CollectionReply]:
    """Makes a collection."""
    return Call("POST", "/v1/collections", _as(CollectionReply), json={"name": name})


def drop(name: str) -> Call[None]:
    """Drops a collection."""
    return Call("DELETE", _path("collections", name), _nothing, repeatable=False)


def health() -> Call[HealthReply]:
    """That the service lives."""
    return Call("GET", "/healthz", _as(HealthReply))


def ready() -> Call[bool]:
    """Whether it can answer."""
    return Call("GET", "/readyz", lambda response: response.is_success, accepted=(503,))


def _as(model: type[Reply]) -> Callable[[httpx.Response], Reply]:
    """Reads a reply; fields that only a newer service has are passed over."""

    def parse(response: httpx.Response) -> Reply:
        try:
            return model.model_validate_json(response.content, extra="ignore")
        except ValidationError as error:
            raise BrokenReplyError(f"{response.url} answered what is no {model.__name__}: {error}") from error

    return parse


def _open(response: httpx.Response) -> httpx.Response:
    return response


def _nothing(_: httpx.Response) -> None:
    return None


def _path(kind: str, name: str) -> str:
    return f"/v1/{kind}/{quote(name, safe='')}"


def _question(question: str, asked: Asked) -> Mapping[str, object]:
    filters = _filters(asked.get("source"), asked.get("document_ids"))
    said = {name: value for name, value in asked.items() if name not in {"source", "document_ids", "history"}}
    return {"question": question, **said, "filters": filters, "history": [dict(t) for t in asked.get("history", ())]}


def _filters(source: str | None, document_ids: Sequence[str] | None) -> Mapping[str, object]:
    return {"source": source, "document_id": None if document_ids is None else list(document_ids)}


def _plain(answer: AskReply | Mapping[str, object]) -> Mapping[str, object]:
    return answer.model_dump(mode="json") if isinstance(answer, AskReply) else answer
