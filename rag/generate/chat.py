"""Asks a model behind an OpenAI-compatible chat endpoint: Ollama, llama.cpp's server, vLLM or a hosted one."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from functools import partial

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random, wait_random_exponential

from rag.errors import LlmTimeoutError
from rag.generate.breaker import Breaker, SparedError
from rag.generate.chunks import pieces
from rag.generate.connections import Connections
from rag.generate.endpoint import address, sent_headers
from rag.generate.refusals import NotNowError, refusal, unreachable
from rag.records import Message

_TRIES = 3
_PAUSE = wait_random_exponential(multiplier=0.2, max=2)
"""Seconds before the next try, by full jitter: up to .2, then up to .4 (as in AWS's Exponential Backoff And Jitter)."""
_JITTER = wait_random(0, 0.1)
"""Seconds added to a pause that the server names, so that those refused together do not come back together."""
_CONNECT_S = 5.0
"""For a connection alone, as httpx has it: the extracts need not wait until the deadline for a machine that is off."""
_LONGEST_TOKEN = 16
"""Characters; a token of English has about four, and code or other scripts have fewer."""
_FAILURES = 5
"""In a row, and the server is left alone: as circuitbreaker and purgatory have it."""
REST_S = 10.0
"""For so long: a model that is loaded again takes about that."""


class ChatBackend:
    """An LLM behind an OpenAI-compatible chat endpoint; fits `Generator`, for the requests of one loop."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        max_tokens: int = 1024,
        headers: Mapping[str, str] | None = None,
        connections: int = 8,
        rest_s: float = REST_S,
        timeout_s: float = 0,
    ) -> None:
        """Ask the model at `base_url` (`…/v1`) for replies of `max_tokens` at most, over so many connections.

        After five failures in a row the server is left alone for `rest_s` seconds. A reply that does not end in time
        is one where the last try had at least half of `timeout_s`, which is what is given an answer in all.

        Raises:
            SettingError: The URL, the key or a header cannot be sent.
        """
        url = address(base_url)
        self._asked = {"model": model, "temperature": 0, "max_tokens": max_tokens, "stream": True}
        self._most = max_tokens * _LONGEST_TOKEN
        self._url = url.copy_with(path=f"{url.path.rstrip('/')}/chat/completions")
        self._shown = str(url.copy_with(query=None))
        self._breaker = Breaker(_FAILURES, rest_s)
        self._fair_s = timeout_s / 2
        # Its own time-outs are off but for connecting: what is left until the deadline covers all.
        client = partial(
            httpx.AsyncClient,
            headers=sent_headers(api_key, headers or {}),
            timeout=httpx.Timeout(None, connect=_CONNECT_S),
            trust_env=False,
            verify=httpx.create_ssl_context(trust_env=False),  # takes a while to make
        )
        self._connections = Connections(connections, client)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    async def reply(self, messages: Sequence[Message], deadline: float) -> AsyncGenerator[str]:
        """Pieces of the reply as they come; who stops before its end closes it, which ends the work.

        `deadline` is on the clock of `time.monotonic`. What a model thinks is left out; a reply may be empty.

        Raises:
            LlmUnavailableError: There is no reply, or it breaks off.
            LlmTimeoutError: It did not end by the deadline, or grew beyond what was asked for.
        """
        if time.monotonic() >= deadline:
            raise LlmTimeoutError("No time was left to ask the LLM; RAG_LLM_TIMEOUT_S sets how much there is.")
        self._breaker.ensure_asked()
        async with self._connections.one(deadline) as http:
            asking = _Asking(http, deadline)
            with self._breaker.call():
                async with aclosing(self._pieces(asking, messages)) as coming:
                    while (piece := await _next(asking, coming, self._fair_s)) is not None:
                        yield piece

    async def _pieces(self, asking: "_Asking", messages: Sequence[Message]) -> AsyncGenerator[str]:
        response = await self._begun(asking, messages)
        try:
            async with aclosing(pieces(response, self._most)) as coming:
                async for piece in coming:
                    yield piece
        finally:
            await response.aclose()

    async def _begun(self, asking: "_Asking", messages: Sequence[Message]) -> httpx.Response:
        def enough(state: RetryCallState) -> bool:
            return state.attempt_number >= _TRIES or time.monotonic() + state.upcoming_sleep >= asking.deadline

        tries = AsyncRetrying(retry=retry_if_exception_type(NotNowError), wait=_pause, stop=enough, reraise=True)
        content = {**self._asked, "messages": [asdict(message) for message in messages]}
        return await tries(self._sent, asking, content)

    async def _sent(self, asking: "_Asking", content: Mapping[str, object]) -> httpx.Response:
        asking.since = time.monotonic()
        request = asking.http.build_request("POST", self._url, json=content)
        try:
            response = await asking.http.send(request, stream=True)
        except httpx.HTTPError as error:
            raise unreachable(error, self._shown) from None
        if response.status_code != httpx.codes.OK:
            try:
                raise await refusal(response, self._shown, str(self._asked["model"]))
            finally:
                await response.aclose()
        return response


@dataclass(slots=True)
class _Asking:
    """How one reply is asked for."""

    http: httpx.AsyncClient
    deadline: float
    since: float = field(default_factory=time.monotonic)
    """When the try in hand began: a pause that the server asked for is none of its time."""


class _CutShortError(SparedError, LlmTimeoutError):
    """The server had too little time."""


async def _next(asking: _Asking, coming: AsyncGenerator[str], fair_s: float) -> str | None:
    """The next piece; `None` at the end. Where the try in hand had not `fair_s` seconds, the server is spared."""
    try:
        async with asyncio.timeout(asking.deadline - time.monotonic()):
            return await anext(coming, None)
    except TimeoutError:
        kind = LlmTimeoutError if asking.deadline - asking.since >= fair_s else _CutShortError
        raise kind(
            "The LLM did not end its reply by the deadline; RAG_LLM_TIMEOUT_S sets how long it may take."
        ) from None


def _pause(state: RetryCallState) -> float:
    error = state.outcome and state.outcome.exception()
    if isinstance(error, NotNowError) and error.after_s is not None:
        return error.after_s + _JITTER(state)
    return _PAUSE(state)
