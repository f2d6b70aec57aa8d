"""Connections to the LLM's server: each is for one reply at a time, and given up where that does not end by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from rag.errors import LlmTimeoutError


class Connections:
    """So many connections at most, kept open between replies; for the tasks of one loop.

    Each is a client of its own: httpcore's pool may lose a place for good where a task is cancelled while it connects
    (github.com/encode/httpcore/issues/1093), until it is full and nothing can be asked any more.
    """

    def __init__(self, most: int, client: Callable[[], httpx.AsyncClient]) -> None:
        """Make clients as they are needed."""
        self._places = asyncio.Semaphore(most)
        self._client = client
        self._idle: list[httpx.AsyncClient] = []
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def one(self, deadline: float) -> AsyncIterator[httpx.AsyncClient]:
        """A connection for one reply, on the clock of `time.monotonic`; kept where that ends by itself, else closed.

        Raises:
            LlmTimeoutError: None was free by the deadline.
        """
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                await self._places.acquire()
        except TimeoutError:
            raise LlmTimeoutError(
                "All connections to the LLM were in use until the deadline; RAG_LLM_CONNECTIONS sets their number."
            ) from None
        http = self._idle.pop() if self._idle else self._client()
        try:
            yield http
            self._idle.append(http)
        except BaseException:
            self._close(http)
            raise
        finally:
            self._places.release()

    async def aclose(self) -> None:
        """Close those that are idle, and wait for those that are being closed."""
        while self._idle:
            self._close(self._idle.pop())
        await asyncio.gather(*self._closing)

    def _close(self, http: httpx.AsyncClient) -> None:
        # A task of its own, for who gave it up may be cancelled once more.
        closing = asyncio.create_task(http.aclose())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
