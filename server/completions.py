"""Turns the reply to a question into the shapes of OpenAI's chat completions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import time
from typing import Any
from urllib.parse import quote, urlencode

from rag import DEFAULT_COLLECTION
from rag.tokens import estimate_tokens
from server.wire import Json

_RAG = ("status", "confidence", "abstained_because", "degraded", "rewritten_question", "citations")
"""Members of our own reply that a completion has no place for."""
_FRAGMENT_WORDS = 5
"""At either end of a quote: enough to be found, and short of a line break in most texts."""


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer, with what a completion tells beside it."""

    reply: dict[str, Any]
    """As `POST /v1/ask` gives it."""
    model: str
    created: int
    """Seconds since 1970."""
    prompt_tokens: int
    completion_tokens: int
    annotations: list[Json]


def completed(reply: dict[str, Any], read: Sequence[str], model: str, collection: str, base_url: str) -> Completion:
    """The completion that a reply makes; `read` is the text of the messages that were looked at.

    Tokens of a text beyond 20,000 characters are estimated from its beginning: usage figures are information only.
    Counting loads the ranks of the encoding when first called, a good part of a second.
    """
    return Completion(
        reply=reply,
        model=model,
        created=int(time()),
        prompt_tokens=sum(map(estimate_tokens, read)),
        completion_tokens=estimate_tokens(reply["answer"]),
        annotations=_annotations(reply["citations"], base_url, collection),
    )


def completion_json(completion: Completion) -> Json:
    """The whole answer at once."""
    message = {
        "role": "assistant",
        "content": completion.reply["answer"],
        "refusal": None,
        "annotations": completion.annotations,
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    head = _head(completion, "chat.completion")
    return {**head, "choices": [choice], "usage": _usage(completion), **_own(completion)}


def completion_chunks(completion: Completion, with_usage: bool) -> Iterator[Json]:
    """The answer in pieces: the role, the text, the end with annotations and `rag`, and the usage where asked for."""
    head = {**_head(completion, "chat.completion.chunk"), **({"usage": None} if with_usage else {})}
    yield {**head, **_delta({"role": "assistant", "content": "", "refusal": None})}
    for piece in _pieces(completion.reply):
        yield {**head, **_delta({"content": piece})}
    yield {**head, **_delta({"annotations": completion.annotations}, "stop"), **_own(completion)}
    if with_usage:
        yield {**head, "choices": [], "usage": _usage(completion)}


def _annotations(citations: list[dict[str, Any]], base_url: str, collection: str) -> list[Json]:
    """Each citation as OpenAI's `url_citation`: where its quote stands in the answer, and where to read on.

    The address is the document's text on this service; browsers go to the quote in it and mark it.
    """
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": citation["answer_span"][0],
                "end_index": citation["answer_span"][1],
                "title": citation["title"],
                "url": _address(citation, base_url, collection),
            },
        }
        for citation in citations
    ]


def _address(citation: dict[str, Any], base_url: str, collection: str) -> str:
    query = "" if collection == DEFAULT_COLLECTION else f"?{urlencode({'collection': collection})}"
    path = f"v1/documents/{quote(citation['document_id'], safe='')}/text"
    return f"{base_url.rstrip('/')}/{path}{query}#:~:text={_text_fragment(citation['quote'])}"


def _text_fragment(passage: str) -> str:
    """The text directive of a URL for a quote, by its first and last words: never across a line break."""
    lines = passage.strip().splitlines()
    first, last = lines[0].split(), lines[-1].split()
    if len(lines) == 1 and len(first) <= 2 * _FRAGMENT_WORDS:
        return _term(first)
    return f"{_term(first[:_FRAGMENT_WORDS])},{_term(last[-_FRAGMENT_WORDS:])}"


def _term(words: list[str]) -> str:
    return quote(" ".join(words), safe="").replace("-", "%2D")


def _head(completion: Completion, kind: str) -> Json:
    return {"id": completion.reply["id"], "object": kind, "created": completion.created, "model": completion.model}


def _delta(delta: Json, finish_reason: str | None = None) -> Json:
    return {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]}


def _pieces(reply: dict[str, Any]) -> Iterator[str]:
    """The answer, cut before each quote."""
    answer: str = reply["answer"]
    cuts = {0, len(answer), *(citation["answer_span"][0] for citation in reply["citations"])}
    return (answer[start:end] for start, end in pairwise(sorted(cuts)))


def _usage(completion: Completion) -> Json:
    prompt, answer = completion.prompt_tokens, completion.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _own(completion: Completion) -> Json:
    return {"rag": {name: completion.reply[name] for name in _RAG}}
