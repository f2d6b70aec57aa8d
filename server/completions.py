"""Turns the reply to a question into the shapes of OpenAI's chat completions."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from time import time
from typing import Any
from urllib.parse import quote, urlencode

from rag import DEFAULT_COLLECTION
from rag.tokens import estimate_tokens
from server.wire import Json

_RAG = (
    "status",
    "confidence",
    "abstained_because",
    "mode",
    "disagreement",
    "degraded",
    "removed_sentences",
    "rewritten_question",
    "citations",
)
"""Members of our own reply that a completion has no place for."""
PART = "\n\n"
"""Between the sentences of an LLM that are not the answer after all and the answer, which follows instead."""
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


def completed(reply: dict[str, Any], prompt_tokens: int, model: str, collection: str, base_url: str) -> Completion:
    """The completion that a reply makes; `prompt_tokens` are those of the messages that were looked at."""
    return Completion(
        reply=reply,
        model=model,
        created=int(time()),
        prompt_tokens=prompt_tokens,
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
    head = {
        "id": completion.reply["id"],
        "object": "chat.completion",
        "created": completion.created,
        "model": completion.model,
    }
    return {**head, "choices": [choice], "usage": _usage(completion), **_own(completion)}


def chunk_head(answer_id: str, model: str, with_usage: bool) -> Json:
    """What all chunks of a completion that begins now have in common."""
    head: Json = {"id": answer_id, "object": "chat.completion.chunk", "created": int(time()), "model": model}
    return {**head, **({"usage": None} if with_usage else {})}


def opening_chunk(head: Json) -> Json:
    """The first chunk: the role."""
    return {**head, **_delta({"role": "assistant", "content": "", "refusal": None})}


def text_chunk(head: Json, text: str) -> Json:
    """A piece of the text."""
    return {**head, **_delta({"content": text})}


def closing_chunks(head: Json, completion: Completion) -> Iterator[Json]:
    """The last chunks: the end with annotations and `rag`, and the usage where the head announces one."""
    yield {**head, **_delta({"annotations": completion.annotations}, "stop"), **_own(completion)}
    if "usage" in head:
        yield {**head, "choices": [], "usage": _usage(completion)}


def pieces(reply: dict[str, Any]) -> Iterator[str]:
    """The answer, cut before each quote."""
    answer: str = reply["answer"]
    cuts = {0, len(answer), *(citation["answer_span"][0] for citation in reply["citations"])}
    return (answer[start:end] for start, end in pairwise(sorted(cuts)))


def after(said: str, reply: dict[str, Any]) -> dict[str, Any]:
    """The reply as it is where something was said before it: its spans count from the beginning of that."""
    moved = [
        {**citation, "answer_span": [offset + len(said) for offset in citation["answer_span"]]}
        for citation in reply["citations"]
    ]
    return {**reply, "answer": f"{said}{reply['answer']}", "citations": moved}


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


def _delta(delta: Json, finish_reason: str | None = None) -> Json:
    return {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]}


def _usage(completion: Completion) -> Json:
    prompt, answer = completion.prompt_tokens, completion.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _own(completion: Completion) -> Json:
    return {"rag": {name: completion.reply[name] for name in _RAG}}
