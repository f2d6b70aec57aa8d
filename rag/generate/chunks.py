"""Reads the body of a chat completion: bytes of any server in, pieces of the reply out.

What OpenAI, Ollama, llama.cpp, vLLM and llama-cpp-python write differs in the chunks around the text; all that is read
here is the text, the reason to finish and errors. httpx-sse takes the events apart; it neither minds invalid UTF-8 nor
bounds what it holds, so that both are seen to before it (`_Bounded`).
"""

import asyncio
import codecs
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

import httpx
from httpx_sse import EventSource, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import LlmTimeoutError, LlmUnavailableError
from rag.generate.refusals import NotThisError
from rag.generate.thoughts import Thoughts

EVENTS, JSON = "text/event-stream", "application/json"
_MOST_HELD = 1 << 20
"""Bytes of one event, or of a reply in one piece: thousands of times a usual chunk."""
_LAST_S = 0.05
"""For what follows the end of a reply, so that its connection can be used again."""
_DONE = "[DONE]"


class _Read(BaseModel):
    # An error of validation would show the reply otherwise.
    model_config = ConfigDict(hide_input_in_errors=True)


class _Text(_Read):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None

    @property
    def length(self) -> int:
        return sum(len(text or "") for text in (self.content, self.reasoning_content, self.reasoning))


class _Choice(_Read):
    delta: _Text | None = None
    message: _Text | None = None
    finish_reason: str | None = None

    @property
    def text(self) -> _Text:
        """What was written; raises where the rest of it is withheld."""
        if self.finish_reason == "content_filter":
            raise NotThisError("The LLM's server withheld its reply or a part of it (content_filter).")
        return self.delta or self.message or _Text()


class _Chunk(_Read):
    kind: str | None = Field(None, alias="object")
    error: object = None
    choices: list[_Choice] | None = None


async def pieces(response: httpx.Response, most: int) -> AsyncGenerator[str]:
    """The text of a reply as it comes, without what the model thought before it.

    Raises:
        LlmUnavailableError: The body is no chat completion, or breaks off.
        LlmTimeoutError: It is longer than `most` characters, thoughts included.
    """
    thoughts, length = Thoughts(), 0
    async with aclosing(_texts(response)) as texts:
        async for text in texts:
            length += text.length
            if length > most:
                raise LlmTimeoutError(
                    f"The LLM wrote over {most} characters, far beyond its limit of tokens, and was stopped; "
                    "expected is a server that keeps to max_tokens."
                )
            if piece := thoughts.without(text.content or ""):
                yield piece
    if rest := thoughts.rest():
        yield rest


async def _texts(response: httpx.Response) -> AsyncGenerator[_Text]:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == EVENTS:
            async with aclosing(_streamed(response)) as texts:
                async for text in texts:
                    yield text
        elif kind == JSON:
            yield await _whole(response)
        else:
            raise LlmUnavailableError(
                f"The LLM's server answered with {kind[:80] or 'no content type'!r}; expected is {EVENTS}: "
                "is RAG_LLM_BASE_URL the address of an OpenAI-compatible API, with its /v1?"
            )
    except httpx.HTTPError as error:
        raise LlmUnavailableError(f"The LLM's reply broke off ({type(error).__name__}).") from None
    except UnicodeDecodeError:
        raise LlmUnavailableError("The LLM's reply holds bytes that are no UTF-8.") from None


async def _streamed(response: httpx.Response) -> AsyncGenerator[_Text]:
    body, written = _Bounded(response), 0
    async with aclosing(_events(body)) as events:
        async for event in events:
            body.held = 0
            choice = _choice(event)
            if choice is not None:
                yield choice.text
                written += choice.text.length
            # The mark of the end alone does not tell a reply from an error that had no place in the stream.
            if choice.finish_reason if choice else written and event.data.strip() == _DONE:
                await _drained(events)
                return
    raise LlmUnavailableError("The LLM's reply broke off: its stream ended without a reason to finish.")


def _events(body: "_Bounded") -> AsyncGenerator[ServerSentEvent]:
    headers = {"content-type": f"{EVENTS}; charset=utf-8"}
    return EventSource(httpx.Response(200, headers=headers, content=body)).aiter_sse()


def _choice(event: ServerSentEvent) -> _Choice | None:
    """What a chunk holds of the reply; `None` of those that tell something else, such as the tokens used."""
    if event.data.strip() in {"", _DONE}:
        return None
    choices = _chunk(event.data).choices
    return choices[0] if choices else None


def _chunk(data: str | bytes) -> _Chunk:
    try:
        chunk = _Chunk.model_validate_json(data)
    except ValidationError:
        raise LlmUnavailableError("The LLM's reply holds something that is no chat completion.") from None
    if chunk.error is not None or chunk.kind == "error":
        raise LlmUnavailableError("The LLM's server reported an error in the middle of its reply; its log says why.")
    return chunk


async def _whole(response: httpx.Response) -> _Text:
    choices = _chunk(b"".join([raw async for raw in _Bounded(response)])).choices
    if not choices:
        raise LlmUnavailableError("The LLM's reply is JSON without a choice; expected is a chat completion.")
    return choices[0].text


async def _drained(events: AsyncIterator[ServerSentEvent]) -> None:
    # The reply is whole: whatever goes wrong from here on takes nothing from it.
    with suppress(TimeoutError, httpx.HTTPError, LlmUnavailableError, UnicodeDecodeError):
        async with asyncio.timeout(_LAST_S):
            async for _ in events:
                pass


class _Bounded:
    """The bytes of a body as they come; refuses those that are no UTF-8, and too many without an event."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.held = 0
        """Bytes since the last event; its reader sets it back."""

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        decoder = codecs.getincrementaldecoder("utf-8")()
        async for raw in self._response.aiter_raw():
            decoder.decode(raw)
            self.held += len(raw)
            if self.held > _MOST_HELD:
                raise LlmUnavailableError(f"The LLM's server sent over {_MOST_HELD} bytes without an end of an event.")
            yield raw
        decoder.decode(b"", final=True)
