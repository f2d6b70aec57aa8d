"""Bounds what a client can make the service do: the size of a body, and how much work runs and waits at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.problems import RETRY_AFTER_S, problem, respond

MOST_BODY_BYTES = 1 << 20
_MOST_DIGITS = 18
T = TypeVar("T")


class BodyLimit:
    """ASGI middleware that refuses a larger body before it is read or parsed."""

    def __init__(self, app: ASGIApp, most: int = MOST_BODY_BYTES) -> None:
        """Wrap an application; `most` is in bytes."""
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or len(declared) > _MOST_DIGITS or int(declared) > self._most:
            await respond(problem(413, self._detail(), scope["path"]))(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise HTTPException(413, self._detail())
            return message

        await self._app(scope, receive_counted, send)

    def _detail(self) -> str:
        return f"The body is longer than the limit of {self._most:,} bytes."


class Gate:
    """Runs blocking work in threads: so much at once, so much waiting, the rest refused.

    The threads stay. Those that anyio lends end after ten idle seconds, and with each the database connection and
    what else the library keeps for a thread, to be made anew by the next question.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        """Let in `at_once` calls to run and `waiting` more to wait."""
        self._threads = ThreadPoolExecutor(at_once, "rag")
        self._most = at_once + waiting
        self._inside = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What the work returns; a caller that goes away while waiting takes its work with it.

        Raises:
            HTTPException: Too much is waiting (503).
        """
        if self._inside >= self._most:
            raise HTTPException(
                503, "Too many requests are waiting (limit RAG_QUEUE). Try again.", {"Retry-After": RETRY_AFTER_S}
            )
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1
