"""A chat endpoint on a real socket that does what a script says: as the real ones do, or in any way wrong.

    async with scripted(replying("Herons nest in trees [1].")) as server:
        backend = ChatBackend(server.base_url, "any")
        ...
    assert server.requests[0].prompt
    assert server.open_connections == 0

    with scripted_in_thread(failing(500), replying("...")) as server:    # for tests without a loop
        start(llm_base_url=server.base_url, llm_model="any")

The first request gets the first script, the next the next, and the last script stays. A function from `Request` to
`Script` in the place of a script reads the prompt first:

    scripted(lambda request: replying("It cost 24 million pounds [1]." if "bridge" in request.prompt else "No."))

Scripts are made in `scripts.py`: `replying`, `failing`, `stalling`, `cut`, `endless` and so on. What is sent is a
tuple of steps, so that any other is `Script(steps=(...))`.
"""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True, slots=True)
class Wait:
    """Send nothing for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Forever:
    """Send the same until the client goes, as fast as it reads or with a pause after each."""

    content: bytes
    pause_s: float = 0


class Stop(Enum):
    """How a body ends that does not end well."""

    HANG = auto()
    """Nothing more, until the client goes."""
    CUT = auto()
    """The connection is closed in the middle."""
    RESET = auto()
    """It is reset."""


Step = bytes | Wait | Forever | Stop
"""Bytes are one HTTP chunk of the body, so that they reach the client apart from the next."""


@dataclass(frozen=True, slots=True)
class Script:
    """What the server does with one request."""

    steps: tuple[Step, ...] = ()
    """The body."""
    status: int = 200
    content_type: str | None = "text/event-stream"
    headers: tuple[tuple[str, str], ...] = ()
    before: tuple[Step, ...] = ()
    """What comes before the status line; bytes are sent as they are."""

    @property
    def head(self) -> bytes:
        """Status line and headers."""
        kind = () if self.content_type is None else (("content-type", self.content_type),)
        lines = [f"{name}: {value}" for name, value in (*kind, ("transfer-encoding", "chunked"), *self.headers)]
        return "\r\n".join((f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", *lines, "\r\n")).encode()


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    """By name in small letters."""
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        """The contents of all messages."""
        return "\n".join(message["content"] for message in self.body["messages"])


Play = Script | Callable[[Request], Script]


@dataclass(slots=True)
class Server:
    """What a test sees of it."""

    base_url: str
    plays: tuple[Play, ...]
    requests: list[Request] = field(default_factory=list)
    open_connections: int = 0
    """Kept-alive ones included: none are left once the backend is closed."""
    serving: int = 0
    """Replies that have not ended, for which the client still waits."""

    async def until_served(self, within_s: float = 30) -> None:
        """Return once no reply goes on; TimeoutError tells that a client holds on to one."""
        async with asyncio.timeout(within_s):
            while self.serving:  # noqa: ASYNC110 - in a thread, the server has another loop
                await asyncio.sleep(0.005)

    async def until_left(self, within_s: float = 30) -> None:
        """Return once no connection is open; TimeoutError tells that a client left one."""
        async with asyncio.timeout(within_s):
            while self.open_connections:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def next_script(self, request: Request) -> Script:
        """What is done with this request."""
        play = self.plays[min(len(self.requests), len(self.plays)) - 1]
        return play if isinstance(play, Script) else play(request)


async def no_task_left(within_s: float = 30) -> None:
    """Return once the caller's task is the loop's only one; TimeoutError tells that another stays."""
    async with asyncio.timeout(within_s):
        while asyncio.all_tasks() != {asyncio.current_task()}:  # noqa: ASYNC110 - tasks tell nobody that they end
            await asyncio.sleep(0)


@asynccontextmanager
async def scripted(*plays: Play) -> AsyncIterator[Server]:
    """A server on a free port of this machine; at the end of the block it is gone with its connections."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", plays)
        connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(_connection(server, reader, writer))
            connections[task] = writer
            task.add_done_callback(connections.pop)

        listener = await asyncio.start_server(connected, sock=listening, limit=1 << 24)
        try:
            yield server
        finally:
            listener.close()
            await _closed(connections)


async def _closed(connections: dict[asyncio.Task[None], asyncio.StreamWriter]) -> None:
    tasks = list(connections)
    for task, writer in list(connections.items()):
        task.cancel()
        writer.transport.abort()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def scripted_in_thread(*plays: Play) -> Iterator[Server]:
    """The same with a loop of its own in a thread."""
    ready: Future[tuple[Server, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        async with scripted(*plays) as server:
            ended = asyncio.Event()
            ready.set_result((server, asyncio.get_running_loop(), ended))
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    server, loop, ended = ready.result()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


@contextmanager
def refusing() -> Iterator[str]:
    """The base URL of a port where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/v1"


async def _connection(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    server.open_connections += 1
    try:
        while (request := await _request(reader)) is not None:
            server.requests.append(request)
            server.serving += 1
            try:
                await _played(server.next_script(request), reader, writer)
            finally:
                server.serving -= 1
    except (ConnectionError, _Ended):
        pass
    finally:
        server.open_connections -= 1
        writer.close()


class _Ended(Exception):  # noqa: N818 - no error
    """The client is gone, or the script ends the connection."""


async def _request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = head[0].split(" ")
    return Request(method, path, headers, json.loads(content or b"{}"))


async def _played(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for step in script.before:
        await _step(step, lambda raw: raw, reader, writer)
    writer.write(script.head)
    for step in script.steps:
        await _step(step, _chunk, reader, writer)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _step(
    step: Step, framed: Callable[[bytes], bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    match step:
        case bytes():
            writer.write(framed(step) if step else b"")
            await writer.drain()
        case Wait(seconds):
            await _pause(reader, seconds)
        case Forever(content, pause_s):
            while True:
                writer.write(framed(content))
                await writer.drain()
                await _pause(reader, pause_s)
        case Stop.HANG:
            await _pause(reader, None)
        case Stop.CUT:
            raise _Ended
        case Stop.RESET:
            writer.transport.abort()
            raise _Ended


def _chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


async def _pause(reader: asyncio.StreamReader, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await reader.read(1)  # nothing is sent meanwhile: this ends when the client goes
    except TimeoutError:
        return
    raise _Ended
