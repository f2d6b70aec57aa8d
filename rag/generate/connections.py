"""Connections to the LLM's server: each is for one reply at a time, and given up where that does not end by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import httpx

from rag.errors import LlmTimeoutError

KEEP_S = 5.0
"""For a connection that nobody uses, as httpx has it: not so long that many servers close it first."""
GRACE_S = 2.0
"""For replies under way when all is closed: one that was cancelled needs some turns of the loop, one whose time is up
has a second (reading.py)."""


class Connections:
    """So many connections at most, kept open a while between replies; for the tasks of one loop.

    Each is a client of its own: httpcore's pool may lose a place for good where a task is cancelled while it connects
    (github.com/encode/httpcore/issues/1093), until it is full and nothing can be asked any more.
    """

    def __init__(
        self, most: int, client: Callable[[], httpx.AsyncClient], keep_s: float = KEEP_S, grace_s: float = GRACE_S
    ) -> None:
        """Make clients as they are needed; one that is idle for `keep_s` seconds is closed."""
        self._places = asyncio.Semaphore(most)
        self._client = client
        self._keep_s = keep_s
        self._grace_s = grace_s
        self._closed = False
        self._idle: dict[httpx.AsyncClient, asyncio.TimerHandle] = {}
        self._busy: set[asyncio.Future[None]] = set()

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
        back: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._note(back)
        try:
            with self._lent() as http:
                yield http
        finally:
            back.set_result(None)
            self._places.release()

    async def aclose(self) -> None:
        """Close all, those that are lent once they are given back: it waits `grace_s` seconds at most for them."""
        self._closed = True
        while self._idle:
            self._close(self._taken())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace_s):
                while self._busy:
                    await asyncio.wait(self._busy)

    @contextmanager
    def _lent(self) -> Iterator[httpx.AsyncClient]:
        http = self._taken()
        try:
            yield http
        except BaseException:
            self._close(http)
            raise
        self._give_back(http)

    def _taken(self) -> httpx.AsyncClient:
        if not self._idle:
            return self._client()
        http, expiry = self._idle.popitem()
        expiry.cancel()
        return http

    def _give_back(self, http: httpx.AsyncClient) -> None:
        if self._closed:
            self._close(http)
        else:
            self._idle[http] = asyncio.get_running_loop().call_later(self._keep_s, self._expire, http)

    def _expire(self, http: httpx.AsyncClient) -> None:
        del self._idle[http]
        self._close(http)

    def _close(self, http: httpx.AsyncClient) -> None:
        # A task of its own, for who gave it up may be cancelled once more.
        self._note(asyncio.create_task(http.aclose()))

    def _note(self, busy: asyncio.Future[None]) -> None:
        self._busy.add(busy)
        busy.add_done_callback(self._busy.discard)
