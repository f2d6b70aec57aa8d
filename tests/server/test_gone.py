"""Clients that hang up leave nothing behind; RAG_HANGUPS=1000 hangs up so many."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from random import Random
from time import perf_counter
from typing import NamedTuple

import httpx
import orjson
import psutil
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from rag import Library
from rag.settings import read_settings
from server.app import create_app
from server.gone import Gone
from server.limits import Gate
from tests.server.listening import listening

HANGUPS = int(os.environ.get("RAG_HANGUPS", "300"))
AT_ONCE = 50
NESTS = "How many nests did a heronry in Kent count in 2009?"


def _counting_tasks(app: ASGIApp) -> ASGIApp:
    """The application, which also says at `/tasks` how many tasks its loop has."""

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/tasks":
            await PlainTextResponse(str(len(asyncio.all_tasks())))(scope, receive, send)
        else:
            await app(scope, receive, send)

    return counting


def _request(path: str, body: object) -> bytes:
    content = orjson.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


ASK = _request("/v1/ask", {"question": NESTS})
STREAM = _request("/v1/ask", {"question": NESTS, "stream": True})


UPLOAD = (
    b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + b"x" * 1_500_000
)
"""Never whole, and long enough to be put on disk."""


async def _told(port: int, request: bytes) -> bytes:
    """The whole reply to a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def _hang_up(port: int, chance: Random, longest_s: float) -> None:
    """A client that goes at some moment: in its request, before the answer, or while that comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = chance.choice([ASK, STREAM, UPLOAD])
    part = chance.choice(["request", "wait", "read"])
    writer.write(request[: chance.randrange(len(request))] if part == "request" else request)
    await asyncio.sleep(chance.uniform(0, longest_s))
    if part == "read" and request is not UPLOAD:
        await reader.read(chance.randrange(1, 4000))
    if chance.random() < 0.5:
        writer.transport.abort()
    writer.close()


async def _many(port: int, count: int, longest_s: float) -> None:
    chance = Random(2026)
    places = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with places:
            await _hang_up(port, chance, longest_s)

    await asyncio.gather(*(one() for _ in range(count)))


class _Kept(NamedTuple):
    """What of the process is in use."""

    tasks: int
    threads: int
    """Without those that anyio keeps to write uploads to disk: as many as were ever busy, forty at most."""
    files: int


def _kept(port: int) -> _Kept:
    tasks = httpx.get(f"http://127.0.0.1:{port}/tasks", headers={"Connection": "close"})
    process = psutil.Process()
    lent = sum(thread.name.startswith("AnyIO") for thread in threading.enumerate())
    return _Kept(int(tasks.text), process.num_threads() - lent, process.num_fds())


async def _at_once(port: int, request: bytes, count: int) -> list[bytes]:
    return list(await asyncio.gather(*(_told(port, request) for _ in range(count))))


@pytest.mark.timeout(60 + HANGUPS)
def test_clients_that_hang_up_leave_no_task_thread_or_file_behind(library: Library) -> None:
    app = create_app(library, read_settings(max_concurrency=2, queue=AT_ONCE))
    with listening(_counting_tasks(app)) as port:
        asyncio.run(_at_once(port, STREAM, 20))
        begin = perf_counter()
        asyncio.run(_at_once(port, ASK, 20))
        longest_s = perf_counter() - begin
        before = _settled(port, _kept(port))

        asyncio.run(_many(port, HANGUPS, longest_s))

        after = _settled(port, before)
        assert all(now <= then for now, then in zip(after, before, strict=True)), (before, after)
        assert b"160 nests" in asyncio.run(_told(port, ASK))


def _settled(port: int, wanted: _Kept) -> _Kept:
    """What is in use once it is no more than wanted, or after half a minute."""
    deadline = perf_counter() + 30
    found = _kept(port)
    while any(now > then for now, then in zip(found, wanted, strict=True)) and perf_counter() < deadline:
        threading.Event().wait(0.02)
        found = _kept(port)
    return found


def test_a_request_whose_client_has_gone_leaves_the_queue() -> None:
    gate, begun, go, ran = Gate(1, 1), threading.Event(), threading.Event(), list[str]()

    def work(name: str) -> None:
        ran.append(name)
        begun.set()
        assert go.wait(20)

    async def ask(request: Request) -> Response:
        await gate.run(partial(work, request.path_params["name"]))
        return PlainTextResponse("done")

    async def scene(port: int) -> list[bytes]:
        first = asyncio.create_task(_told(port, _request("/first", {})))
        await asyncio.to_thread(begun.wait, 20)
        _, gone = await asyncio.open_connection("127.0.0.1", port)
        gone.write(_request("/gone", {}))
        await asyncio.to_thread(_until, lambda: gate.waiting == 1)
        refused = await _told(port, _request("/refused", {}))
        gone.close()
        await asyncio.to_thread(_until, lambda: gate.waiting == 0)
        last = asyncio.create_task(_told(port, _request("/last", {})))
        await asyncio.to_thread(_until, lambda: gate.waiting == 1)
        go.set()
        return [await first, refused, await last]

    with _serving(Route("/{name}", ask, methods=["POST"])) as client:
        replies = asyncio.run(scene(client.base_url.port or 0))
    assert [reply[:12] for reply in replies] == [b"HTTP/1.1 200", b"HTTP/1.1 503", b"HTTP/1.1 200"]
    assert ran == ["first", "last"]


def _until(condition: Callable[[], bool]) -> None:
    deadline = perf_counter() + 30
    while not condition():
        assert perf_counter() < deadline
        threading.Event().wait(0.005)


# --- what is not to be disturbed


@contextmanager
def _serving(*routes: Route | Mount) -> Iterator[httpx.Client]:
    with (
        listening(Starlette(routes=routes, middleware=[Middleware(Gone)])) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        yield client


def test_a_body_comes_whole_however_it_is_cut() -> None:
    async def digest(request: Request) -> Response:
        return PlainTextResponse(sha256(await request.body()).hexdigest())

    body = Random(1).randbytes(3_000_000)
    with _serving(Route("/", digest, methods=["POST"])) as client:
        pieces = (body[start : start + 70_001] for start in range(0, len(body), 70_001))
        assert client.post("/", content=pieces).text == sha256(body).hexdigest()
        assert client.post("/", content=body).text == sha256(body).hexdigest()
        assert client.post("/").text == sha256(b"").hexdigest()


def test_what_is_left_to_do_after_the_response_is_done() -> None:
    gone, done = threading.Event(), threading.Event()

    async def later() -> None:
        await asyncio.to_thread(gone.wait, 20)
        await asyncio.sleep(0)
        done.set()

    async def answer(_: Request) -> Response:
        return PlainTextResponse("answered", background=BackgroundTask(later))

    with _serving(Route("/", answer)) as client:
        assert client.get("/", headers={"Connection": "close"}).text == "answered"
        gone.set()
        assert done.wait(20)
