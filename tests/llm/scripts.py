"""Scripts for `scripted`: how the real servers reply, and every way in which one goes wrong.

The dialects are those that the servers document or send: OpenAI's own, Ollama, llama.cpp's server, vLLM and
llama-cpp-python. What differs is what a first and a last chunk hold, fields of their own, comments and line ends.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from tests.llm.scripted import Forever, Script, Step, Stop, Wait

DONE = b"data: [DONE]\n\n"
_PIECES = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of server writes the same reply."""

    shared: dict[str, object]
    """Fields of every chunk."""
    opening: dict[str, object] | None
    """The delta of a first chunk without text."""
    delta: dict[str, object]
    """What a delta holds beside its text."""
    closing: dict[str, object]
    """Fields of the last choice."""
    usage: bool
    """Whether a chunk without choices follows."""
    comment: bytes = b""
    line_end: bytes = b"\n"


_TOKENS = {"prompt_tokens": 700, "completion_tokens": 20, "total_tokens": 720}
DIALECTS = {
    "openai": Dialect(
        {"id": "chatcmpl-1", "system_fingerprint": "fp_1", "service_tier": "default", "usage": None},
        {"role": "assistant", "content": "", "refusal": None},
        {},
        {"logprobs": None},
        usage=True,
    ),
    "ollama": Dialect({"id": "chatcmpl-1", "system_fingerprint": "fp_ollama"}, None, {"role": "assistant"}, {}, False),
    "llama.cpp": Dialect(
        {"id": "chatcmpl-1", "system_fingerprint": "b1-1"},
        {"role": "assistant", "content": None},
        {},
        {},
        usage=True,
        comment=b":\n\n",
    ),
    "vllm": Dialect(
        {"id": "chatcmpl-1"},
        {"role": "assistant", "content": ""},
        {"reasoning_content": None},
        {"stop_reason": None, "token_ids": None},
        usage=True,
    ),
    "llama-cpp-python": Dialect(
        {"id": "chatcmpl-1"}, {"role": "assistant"}, {}, {}, False, b": ping - 2026-11-22\r\n\r\n", b"\r\n"
    ),
}
Spoken = Literal["openai", "ollama", "llama.cpp", "vllm", "llama-cpp-python"]


# --- as it should be


def replying(
    text: str, *, dialect: Spoken = "openai", finish: str = "stop", first_s: float = 0, each_s: float = 0
) -> Script:
    """A reply in pieces of a word; the first comes after `first_s` seconds, the others `each_s` after each other."""
    opening, *rest = events(text, dialect, finish)
    return Script((opening, Wait(first_s), *_with_pauses(rest, each_s)))


def events(text: str, dialect: Spoken = "openai", finish: str = "stop") -> list[bytes]:
    """The events of a reply, as a server of a kind writes them."""
    spoken = DIALECTS[dialect]
    deltas = [{**spoken.delta, "content": piece} for piece in _PIECES.findall(text)]
    opening = [] if spoken.opening is None else [_event(spoken, spoken.opening)]
    closing = _event(spoken, {**spoken.delta} if spoken.opening else {**spoken.delta, "content": ""}, finish)
    usage = [_framed(spoken, {**_chunk(spoken), "choices": [], "usage": _TOKENS})] if spoken.usage else []
    written = [*opening, *(_event(spoken, delta) for delta in deltas), closing, *usage, DONE]
    return [spoken.comment + written[0], *written[1:]]


def in_one(text: str | None) -> Script:
    """A reply that is one JSON document, from a server that does not stream."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice], "usage": _TOKENS}
    return Script((json.dumps(body).encode(),), content_type="application/json")


def thinking(thought: str, text: str, field: str | None = "reasoning_content") -> Script:
    """A reply after some reasoning: in a field of its own, or as a `<think>` block in the text."""
    if field is None:
        return replying(f"<think>\n{thought}\n</think>\n\n{text}")
    opening, *rest = events(text)
    spoken = DIALECTS["openai"]
    thoughts = (_event(spoken, {"content": None, field: piece}) for piece in _PIECES.findall(thought))
    return Script((opening, *thoughts, *rest))


def in_pieces(script: Script, ends: Iterable[int]) -> Script:
    """The same bytes, cut elsewhere: each piece ends at one of the places, counted in bytes from the start."""
    whole = b"".join(step for step in script.steps if isinstance(step, bytes))
    places = sorted({0, *(end for end in ends if 0 < end < len(whole)), len(whole)})
    return replace(script, steps=tuple(whole[start:end] for start, end in pairwise(places)))


# --- not so


def failing(status: int, *, retry_after: str | None = None) -> Script:
    """A refusal with an error object."""
    headers = () if retry_after is None else (("retry-after", retry_after),)
    return Script((json.dumps(ERROR).encode(),), status, "application/json", headers)


def stalling(text: str) -> Script:
    """The start of a reply, and then nothing more."""
    return Script((*_started(text), Stop.HANG))


def cut(text: str, *, how: Stop = Stop.CUT) -> Script:
    """The start of a reply, and half a chunk when the connection is closed."""
    *whole, last = _started(text)
    return Script((*whole, last[: len(last) // 2], how))


def unended(text: str) -> Script:
    """A reply whose body ends without `[DONE]` and without a reason to finish."""
    return Script(tuple(_started(text)))


def broken_off(text: str, error: object = None) -> Script:
    """The start of a reply, and then an error object in the stream."""
    return Script((*_started(text), b"data: " + json.dumps(error or ERROR).encode() + b"\n\n", DONE))


def garbled(text: str, garbage: bytes = b"data: {\n\n") -> Script:
    """The start of a reply, then bytes that are none of it."""
    return Script((*_started(text), garbage, DONE))


def not_utf8(text: str) -> Script:
    """A reply in which a character is cut for good."""
    return garbled(text, b'data: {"choices": [{"index": 0, "delta": {"content": "\xe2\x82"}}]}\n\n')


def endless(text: str = "and so on ", pause_s: float = 0) -> Script:
    """A reply that never ends."""
    return Script((*_started("So "), Forever(_event(DIALECTS["openai"], {"content": text}), pause_s)))


def endless_thought(pause_s: float = 0) -> Script:
    """Reasoning without end."""
    return Script((Forever(_event(DIALECTS["openai"], {"reasoning_content": "hm "}), pause_s),))


def endless_comments(pause_s: float = 0) -> Script:
    """Heartbeats, and nothing else."""
    return Script((Forever(b": still here\n\n", pause_s),))


def endless_line() -> Script:
    """One line that never ends."""
    return Script((b"data: ", Forever(b"x" * 60_000)))


def silent() -> Script:
    """A connection that is accepted, and then nothing at all."""
    return Script(before=(Stop.HANG,))


def hung_up() -> Script:
    """A connection that is closed instead of a reply."""
    return Script(before=(Stop.CUT,))


def no_http() -> Script:
    """Something else than HTTP."""
    return Script(before=(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", Stop.CUT))


def page(status: int = 200) -> Script:
    """A web page where JSON is expected, as from a proxy."""
    return Script((b"<!doctype html><title>Sign in</title><p>Sign in to go on.",), status, "text/html; charset=utf-8")


def redirecting(to: str, status: int = 307) -> Script:
    """A redirect."""
    return Script((), status, None, (("location", to),))


ERROR = {"error": {"message": "The model is overloaded.", "type": "server_error", "param": None, "code": "overloaded"}}
FAULTS: dict[str, Callable[[], Script]] = {
    "slow first token": lambda: replying("Late [1].", first_s=60),
    "stall": lambda: stalling("The bridge cost 24 million pounds to build [1]. Its main"),
    "cut": lambda: cut("The bridge cost 24 million pounds to build [1]. Its main"),
    "reset": lambda: cut("The bridge cost 24 million pounds to build [1]. Its main", how=Stop.RESET),
    "no end": lambda: unended("The bridge cost 24 million pounds to build [1]. Its main"),
    "invalid UTF-8": lambda: not_utf8("The bridge cost 24 million pounds to build [1]. Its main"),
    "invalid JSON": lambda: garbled("The bridge cost 24 million pounds to build [1]. Its main"),
    "error in the stream": lambda: broken_off("The bridge cost 24 million pounds to build [1]. Its main"),
    "429": lambda: failing(429),
    "429, come back later": lambda: failing(429, retry_after="3600"),
    "500": lambda: failing(500),
    "401": lambda: failing(401),
    "HTML": page,
    "HTML 502": lambda: page(502),
    "redirect": lambda: redirecting("http://127.0.0.1:9/v1/chat/completions"),
    "endless": lambda: endless(pause_s=0.001),
    "endless thought": lambda: endless_thought(0.001),
    "endless comments": lambda: endless_comments(0.001),
    "endless line": endless_line,
    "silent": silent,
    "hung up": hung_up,
    "no HTTP": no_http,
}
"""Each way to go wrong, by name: none of them ends in a reply."""
TIMEOUTS = frozenset({"slow first token", "stall", "endless", "endless thought", "endless comments", "silent"})
"""Those that end by the deadline; the others end at once, as unavailable."""


def _started(text: str) -> list[bytes]:
    return events(text)[:-3]


def _with_pauses(pieces: list[bytes], each_s: float) -> Iterator[Step]:
    for piece in pieces:
        yield piece
        if each_s and piece != DONE:
            yield Wait(each_s)


def _chunk(spoken: Dialect) -> dict[str, object]:
    return {**spoken.shared, "object": "chat.completion.chunk", "created": 1_795_000_000, "model": "any"}


def _event(spoken: Dialect, delta: dict[str, object], finish: str | None = None) -> bytes:
    ended = spoken.closing if finish else {}
    choice = {"index": 0, "delta": delta, "finish_reason": finish, **ended}
    return _framed(spoken, {**_chunk(spoken), "choices": [choice]})


def _framed(spoken: Dialect, chunk: dict[str, object]) -> bytes:
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + spoken.line_end * 2
