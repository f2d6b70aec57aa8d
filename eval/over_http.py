"""Asks a running service: ours, or any with the OpenAI-compatible face."""

import re
import time
from collections.abc import Sequence
from typing import Any

import httpx
from pydantic import TypeAdapter

from eval.records import Example, Placed, Quoted, Reply, System
from eval.subject import RETRIEVED, SHOWN, asked, fingerprint
from rag import Turn

_TEXTS = (
    r"(?:documents?|context|texts?|passages?|sources?|extracts?|excerpts?|articles?|material|notes?"
    r"|(?:provided|given|available)\s+information)\b"
)
_NOT = r"\b(?:do(?:es)?\s+not|do(?:es)?n['’]t|can\s?not|can['’]t|could\s+not|couldn['’]t|(?:un|not\s+)able\s+to)\b"
_NOTHING = r"\b(?:no|not\s+enough|insufficient)\s+(?:\w+\s+)?(?:answer|information|mention)\b"
_REFUSAL = re.compile(
    # I could not find an answer. We are unable to say.
    rf"\b(?:I|we)\b[^.!?]{{0,9}}{_NOT}[^.!?]{{0,40}}\b(?:answer|know|find|tell|say|determine|see|provide|locate|have)\b"
    # The documents do not seem to hold the answer. The context provided has no answer.
    rf"|\b{_TEXTS}(?:\s+(?:provided|given|above|available|retrieved|here))?\s+"
    rf"(?:{_NOT}[^.!?]{{0,20}}\b(?:answer|hold|contain|mention|say|provide|include|specify|state|address|cover|give)"
    r"|(?:ha(?:s|ve)|holds?|contains?|gives?|provides?|says?)\s+(?:no|nothing)\b|lacks?\b)"
    # There is no mention of it in the sources. It is not stated in the given text.
    r"|\b(?:no|not|nothing|insufficient)\b[^.!?,]{0,60}\b(?:in|by|from|within|of)\s+(?:the|any|your|these|this)\s+"
    rf"(?:\w+\s+)?{_TEXTS}"
    # There is not enough information about it. No answer found. Unanswerable.
    rf"|\bthere\s+is\s+{_NOTHING}"
    rf"|^\W*(?:(?:sorry|unfortunately)\W*)?{_NOTHING}(?:\s+(?:is|was|found|available|given))*\W*$"
    r"|^\W*(?:unanswerable|unknown|n/?a|not\s+(?:found|known|stated|specified|mentioned))\W*$",
    re.IGNORECASE,
)
"""How a system that has no field for it says that it does not know; looked for in an answer's first sentence."""
_REPLY = TypeAdapter(Reply)
_TROUBLE = (httpx.HTTPError, ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What comes of asking a service that is away, busy, or something else than it was taken for."""


class ServiceSubject:
    """A running service of ours."""

    def __init__(self, client: httpx.Client, collection: str = "default") -> None:
        """Ask through a client whose base URL is the service's.

        Raises:
            ValueError: It does not list its documents, as ours does.
        """
        self._client = client
        self._collection = collection
        try:
            self._listed = {d["source"]: (d["document_id"], d["sha256"]) for d in self._documents()}
        except _TROUBLE as error:
            raise ValueError(_said(error)) from None
        self._texts: dict[str, str | None] = {}

    def system(self) -> System:
        """The service's address and documents."""
        return System(
            kind="service",
            name=str(self._client.base_url),
            corpus=fingerprint((source, sha256) for source, (_, sha256) in self._listed.items()),
            documents=len(self._listed),
            model=None,
        )

    def reply(self, example: Example, alone: bool = False) -> Reply:
        """An answer over HTTP, and the passages as retrieval ranked them."""
        question, history = asked(example, alone)
        body = {"question": question, "collection": self._collection, "top_k": SHOWN, "history": _messages(history)}
        try:
            begin = time.perf_counter()
            told = _posted(self._client, "/v1/ask", body)
            milliseconds = (time.perf_counter() - begin) * 1000
            search = {
                "query": told.get("rewritten_question") or question,
                "collection": self._collection,
                "top_k": RETRIEVED,
            }
            found = _posted(self._client, "/v1/search", search)
            return _of_service(example.id, told, found["hits"], milliseconds)
        except _TROUBLE as error:
            return Reply(example.id, "failed", _said(error))

    def text(self, source: str) -> str | None:
        """The text as the service gives it; `None` also when it does not."""
        if source not in self._listed:
            return None
        if source not in self._texts:
            self._texts[source] = self._text(self._listed[source][0])
        return self._texts[source]

    def holds(self, source: str, start: int, end: int) -> bool | None:  # noqa: ARG002 - the Protocol's shape
        """Only that a document which is not listed holds nothing."""
        return None if source in self._listed else False

    def _text(self, document_id: str) -> str | None:
        try:
            reply = self._client.get(f"/v1/documents/{document_id}/text", params={"collection": self._collection})
            text = reply.raise_for_status().json()["text"]
        except _TROUBLE:
            return None
        return text if isinstance(text, str) else None

    def _documents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        params: dict[str, str] = {"collection": self._collection}
        while True:
            reply = self._client.get("/v1/documents", params=params)
            reply.raise_for_status()
            page = reply.json()
            found += page["documents"]
            if not page["next"]:
                return found
            params["after"] = page["next"]


def _messages(history: Sequence[Turn]) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in history]


def _posted(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = client.post(path, json=body)
    reply.raise_for_status()
    told: dict[str, Any] = reply.json()
    return told


def _of_service(example_id: str, told: dict[str, Any], hits: Sequence[dict[str, Any]], milliseconds: float) -> Reply:
    """The reply; raises ValueError where a field is not what ours would give."""
    return _REPLY.validate_python(
        {
            "id": example_id,
            "status": told["status"],
            "answer": told["answer"],
            "confidence": told["confidence"],
            "quotes": [{name: c[name] for name in Quoted.__dataclass_fields__} for c in told["citations"]],
            "retrieved": [_passage(hit) for hit in hits],
            "ranked": [_passage(hit) for hit in told["passages"]],
            "rewritten": told.get("rewritten_question"),
            "degraded": told["degraded"],
            "milliseconds": milliseconds,
            "timings_ms": told["timings_ms"],
        }
    )


def _passage(hit: dict[str, Any]) -> dict[str, Any]:
    return {name: hit[name] for name in Placed.__dataclass_fields__}


def _said(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error.response.status_code} from {error.request.url.path}: {error.response.text[:200]}"
    return f"{type(error).__name__}: {error}"


class ChatSubject:
    """Any service with the OpenAI-compatible face; of its answers only the words can be judged."""

    def __init__(self, client: httpx.Client, model: str) -> None:
        """Ask a model through a client whose base URL ends in `/v1`."""
        self._client = client
        self._model = model

    def system(self) -> System:
        """The address and model; the documents are not known."""
        return System("openai", f"{self._client.base_url} {self._model}", None, None, self._model)

    def reply(self, example: Example, alone: bool = False) -> Reply:
        """What the model says, with the talk so far."""
        question, history = asked(example, alone)
        messages = [*_messages(history), {"role": "user", "content": question}]
        body = {"model": self._model, "temperature": 0, "messages": messages}
        begin = time.perf_counter()
        try:
            told = _posted(self._client, "chat/completions", body)["choices"][0]["message"]["content"] or ""
            milliseconds = (time.perf_counter() - begin) * 1000
            first = re.split(r"(?<=[.!?])\s", told.strip(), maxsplit=1)[0]
        except _TROUBLE as error:
            return Reply(example.id, "failed", _said(error))
        refused = not first or _REFUSAL.search(first)
        return Reply(example.id, "abstained" if refused else "answered", told, milliseconds=milliseconds)

    def text(self, source: str) -> str | None:  # noqa: ARG002 - the Protocol's shape
        """Not to be had."""
        return None

    def holds(self, source: str, start: int, end: int) -> bool | None:  # noqa: ARG002 - the Protocol's shape
        """Not to be known."""
        return None


def service_client(url: str, key: str | None, timeout_s: float = 120) -> httpx.Client:
    """A client of a service, which asks nobody else: no proxy, no redirect.

    Raises:
        ValueError: The URL is none of HTTP.
    """
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{url} is no address: {error}.") from None
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise ValueError(f"{url} is no address; expected such as http://127.0.0.1:8000.")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=url, headers=headers, timeout=timeout_s, trust_env=False)
