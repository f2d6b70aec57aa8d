"""Bounds what a client can make the service do: the size of a body, and how much work runs and waits at once."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Protocol, TypeVar

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.overload import Overload, Ticket
from server.problems import RETRY_AFTER_S, problem, respond

MOST_BODY_BYTES = 1 << 20
MOST_UPLOAD_BYTES = 25 << 20
REQUEST_TIMEOUT_S = 30.0
TOO_MUCH = "Too many requests are waiting (limit RAG_QUEUE). Try again."
_UPLOADS = ("POST", "/v1/documents")
_MOST_DIGITS = 18
_UPLOAD_BYTES_PER_S = 16 << 10
"""Of an upload, over the whole of it: a line slower than any that is sold today, and at it 25 MiB end within half an
hour."""
T = TypeVar("T")


class BodyLimit:
    """ASGI middleware that refuses a larger body before it is read or parsed, and does not wait for a slow one.

    An upload may take longer than other bodies, as long as it comes on: at 16 KiB a second or more over the whole.
    """

    def __init__(
        self,
        app: ASGIApp,
        most: int = MOST_BODY_BYTES,
        most_upload: int = MOST_UPLOAD_BYTES,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Wrap an application; limits are in bytes, and in seconds for a body, of an upload for its next bytes."""
        self._app = app
        self._most = (most, "RAG_MAX_BODY_BYTES")
        self._most_upload = (most_upload, "RAG_MAX_UPLOAD_BYTES")
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = (scope["method"], scope["path"]) == _UPLOADS
        most, setting = self._most_upload if upload else self._most
        detail = f"The body is longer than the limit of {most:,} bytes ({setting})."
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or len(declared) > _MOST_DIGITS or int(declared) > most:
            await respond(problem(413, detail, scope["path"]))(scope, receive, send)
            return
        await self._app(scope, _Body(receive, most, detail, self._timeout_s, upload).receive, send)


class _Body:
    """The body of one request, as it arrives."""

    def __init__(self, receive: Receive, most: int, detail: str, timeout_s: float, upload: bool) -> None:
        self._receive = receive
        self._left = most
        self._detail = detail
        self._timeout_s = timeout_s
        self._upload = upload
        self._until: float | None = None
        self._arrived = False

    async def receive(self) -> Message:
        """The next message.

        Raises:
            HTTPException: The body is too long (413), or late (408).
        """
        if self._arrived:  # what comes now is that the client goes away, whenever that is
            return await self._receive()
        message = await self._in_time()
        self._count(len(message.get("body", b"")))
        self._arrived = not message.get("more_body", False)
        if self._left < 0:
            raise HTTPException(413, self._detail)
        return message

    def _count(self, size: int) -> None:
        self._left -= size
        if self._upload and self._until is not None:
            self._until += size / _UPLOAD_BYTES_PER_S

    async def _in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        if self._until is None:
            self._until = now + self._timeout_s
        try:
            async with asyncio.timeout_at(min(self._until, now + self._timeout_s)):
                return await self._receive()
        except TimeoutError:
            raise HTTPException(408, self._late(), {"Connection": "close"}) from None

    def _late(self) -> str:
        if self._upload:
            return f"No byte came for {self._timeout_s:g} seconds (RAG_REQUEST_TIMEOUT_S), or under 16 KiB a second."
        return f"The body did not arrive within {self._timeout_s:g} seconds (RAG_REQUEST_TIMEOUT_S)."


class Meter(Protocol):
    """Who is told what a gate does."""

    def inside(self, count: int) -> None:
        """So much runs or waits from now on."""

    def refused(self) -> None:
        """One piece of work was refused."""

    def done(self, result: object) -> None:
        """One piece of work was done, with this result."""


class _NoMeter:
    """Who does not listen."""

    def inside(self, count: int) -> None:
        pass

    def refused(self) -> None:
        pass

    def done(self, result: object) -> None:
        pass


@dataclass(slots=True, eq=False)
class _Waiting:
    """A caller whose turn has not come."""

    ticket: Ticket
    turn: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gate:
    """Runs blocking work in threads: so much at once, so much waiting, the rest refused; see `Overload` for the rules.

    The threads stay. Those that anyio lends end after ten idle seconds, and with each the database connection and
    what else the library keeps for a thread, to be made anew by the next question.
    """

    def __init__(
        self,
        at_once: int,
        waiting: int,
        meter: Meter | None = None,
        timeout_s: float = REQUEST_TIMEOUT_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Let in `at_once` calls to run and `waiting` more to wait, none for longer than `timeout_s`."""
        self._meter = meter or _NoMeter()
        self._threads = ThreadPoolExecutor(at_once, "rag")
        self._overload = Overload(at_once, waiting)
        self._queue: deque[_Waiting] = deque()
        self._timeout_s = timeout_s
        self._clock = clock

    @property
    def running(self) -> int:
        """How much runs."""
        return self._overload.running

    @property
    def waiting(self) -> int:
        """How much waits."""
        return self._overload.waiting

    @property
    def refused(self) -> int:
        """How much was refused so far."""
        return self._overload.refused

    async def run(self, work: Callable[[], T]) -> T:
        """What the work returns; a caller that goes away while waiting takes its work with it.

        Raises:
            HTTPException: Too much is waiting, or it waited too long (503).
        """
        ticket = Ticket(self._clock())
        verdict = self._overload.arrive(ticket.arrived)
        self._say_inside()
        if verdict == "refuse" or (verdict == "wait" and not await self._turn_of(ticket)):
            self._meter.refused()
            raise HTTPException(503, TOO_MUCH, {"Retry-After": RETRY_AFTER_S})
        self._overload.begin(ticket, self._clock())
        running = self._threads.submit(copy_context().run, work)
        running.add_done_callback(partial(self._tell, asyncio.get_running_loop(), ticket))
        result = await asyncio.wrap_future(running)
        self._meter.done(result)
        return result

    def refuse(self) -> bool:
        """Whether work that arrived now would be refused, which is counted as refused if so."""
        refused = self._overload.refuse(self._clock())
        if refused:
            self._meter.refused()
        return refused

    def _say_inside(self) -> None:
        self._meter.inside(self.running + self.waiting)

    async def _turn_of(self, ticket: Ticket) -> bool:
        """Whether work that waits is to run, once that is known."""
        waiting = _Waiting(ticket)
        self._queue.append(waiting)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await waiting.turn
        except TimeoutError:
            self._give_up(waiting)
            self._overload.refused += 1
            return False
        except asyncio.CancelledError:
            self._give_up(waiting)
            raise

    def _give_up(self, waiting: _Waiting) -> None:
        if waiting in self._queue:
            self._queue.remove(waiting)
            self._overload.leave()
        elif not waiting.turn.cancelled() and waiting.turn.result():  # its turn came at the same moment
            self._overload.running -= 1
            self._call_next()
        self._say_inside()

    def _tell(self, loop: asyncio.AbstractEventLoop, ticket: Ticket, _: Future[T]) -> None:
        with suppress(RuntimeError):  # the service has ended meanwhile
            loop.call_soon_threadsafe(self._finished, ticket)

    def _finished(self, ticket: Ticket) -> None:
        self._overload.finish(ticket, self._clock())
        self._call_next()
        self._say_inside()

    def _call_next(self) -> None:
        while self._queue and self._overload.has_room():
            waiting = self._queue.popleft()
            if waiting.turn.cancelled():
                self._overload.leave()
            else:
                waiting.turn.set_result(self._overload.turn(waiting.ticket, self._clock()))
