import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import cast

import anyio
import anyio.lowlevel
import httpx
import pytest
from starlette.exceptions import HTTPException

from rag import Library, SearchResult
from rag.store import Store
from server.limits import MOST_BODY_BYTES, Gate
from tests.server.conftest import Start


class _Held:
    """A library whose searches take until they are let go."""

    def __init__(self, index: Path) -> None:
        self.index = index
        self.store = Store(index / "truth.sqlite")
        self.begun = threading.Event()
        self.go = threading.Event()

    def search(self, *_: object, **__: object) -> SearchResult:
        self.begun.set()
        assert self.go.wait(20)
        return SearchResult((), {})


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: httpx.Client) -> None:
    body = b'{"question": "' + b"x" * MOST_BODY_BYTES + b'"}'
    response = client.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert f"{MOST_BODY_BYTES:,}" in response.json()["detail"]


def test_a_body_of_undeclared_length_is_refused_at_the_limit(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * (MOST_BODY_BYTES // 16)

    response = client.post("/v1/ask", content=pieces(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413


def test_a_body_at_the_limit_is_read(client: httpx.Client) -> None:
    body = b'{"question": "nests"}'.ljust(MOST_BODY_BYTES)
    response = client.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200


def test_over_the_queue_a_request_is_told_to_come_again(start: Start, tmp_path: Path) -> None:
    held = _Held(tmp_path)
    client = start(cast("Library", held), max_concurrency=1, queue=0)
    found: list[httpx.Response] = []
    first = threading.Thread(target=lambda: found.append(client.post("/v1/search", json={"query": "x"})))
    first.start()
    assert held.begun.wait(20)
    refused = client.post("/v1/search", json={"query": "x"})
    alive = client.get("/healthz")
    held.go.set()
    first.join()
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert "RAG_QUEUE" in refused.json()["detail"]
    assert alive.status_code == 200
    assert found[0].status_code == 200
    assert client.post("/v1/search", json={"query": "x"}).status_code == 200


class _Work:
    """Work that notes that it ran, when it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.ran: list[int] = []

    def run(self, n: int) -> int:
        assert self.go.wait(20)
        self.ran.append(n)
        return n


async def _settled() -> None:
    for _ in range(20):
        await anyio.lowlevel.checkpoint()


def _in_loop(scene: Callable[[Gate, _Work], Awaitable[None]]) -> None:
    work = _Work()
    try:
        anyio.run(scene, Gate(1, 1), work)
    finally:
        work.go.set()


def test_what_waits_runs_in_its_turn() -> None:
    async def scene(gate: Gate, work: _Work) -> None:
        async with anyio.create_task_group() as group:
            for n in (1, 2):
                group.start_soon(gate.run, partial(work.run, n))
            await _settled()
            with pytest.raises(HTTPException) as refused:
                await gate.run(partial(work.run, 3))
            assert refused.value.status_code == 503
            work.go.set()
        assert work.ran == [1, 2]
        assert await gate.run(partial(work.run, 4)) == 4

    _in_loop(scene)


def test_work_of_a_caller_that_stopped_waiting_is_not_done() -> None:
    async def scene(gate: Gate, work: _Work) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(gate.run, partial(work.run, 1))
            await _settled()
            with anyio.CancelScope() as scope:
                group.start_soon(_cancel_soon, scope)
                await gate.run(partial(work.run, 2))
            work.go.set()
        assert work.ran == [1]
        assert await gate.run(partial(work.run, 3)) == 3

    _in_loop(scene)


async def _cancel_soon(scope: anyio.CancelScope) -> None:
    await _settled()
    scope.cancel()


def test_work_that_fails_leaves_its_place() -> None:
    def fail() -> None:
        raise LookupError

    async def scene(gate: Gate, _: _Work) -> None:
        for _n in range(5):
            with pytest.raises(LookupError):
                await gate.run(fail)

    _in_loop(scene)


def test_uploads_have_a_limit_of_their_own(start: Start) -> None:
    client = start(max_body_bytes=1000, max_upload_bytes=5000)
    body = b"x" * 2000
    for path, most, setting in (
        ("/v1/ask", 1000, "RAG_MAX_BODY_BYTES"),
        ("/v1/documents/", 1000, "RAG_MAX_BODY_BYTES"),
        ("/mcp", 1000, "RAG_MAX_BODY_BYTES"),
        ("/v1/documents", 5000, "RAG_MAX_UPLOAD_BYTES"),
    ):
        refused = client.post(path, content=b"x" * (most + 1))
        assert refused.status_code == 413, path
        assert f"{most:,} bytes ({setting})" in refused.json()["detail"]
    assert client.post("/v1/documents", content=body).status_code != 413


@pytest.mark.parametrize("declared", ["-1", "1e3", "99999999999999999999", "0x10"])
def test_a_length_that_is_none_is_refused(client: httpx.Client, declared: str) -> None:
    head = f"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {declared}\r\n\r\n"
    assert _said(client, head.encode())[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 413"}


def test_a_body_that_does_not_come_is_not_waited_for(start: Start) -> None:
    client = start(request_timeout_s=0.2)
    for begun in (b"", b'{"question": '):
        said = _said(client, b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n" + begun)
        assert said.startswith(b"HTTP/1.1 408")
        assert b"application/problem+json" in said
        assert b"RAG_REQUEST_TIMEOUT_S" in said
    assert client.post("/v1/ask", json={"question": "How many nests?"}).status_code == 200


_UPLOAD = (
    b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n"
)
_PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'


def test_an_upload_that_comes_on_may_take_longer_than_other_bodies(start: Start) -> None:
    client = start(request_timeout_s=1)
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20) as line:
        body, pieces = b"x" * (64 << 10), 6
        line.sendall(_UPLOAD % (len(_PART) + len(body) * pieces) + _PART)
        for _ in range(pieces):
            time.sleep(0.25)
            line.sendall(body)
        assert b"ends before its last boundary" in line.recv(1 << 16)  # so it was read to its end


def test_an_upload_that_stands_still_or_trickles_is_not_waited_for(start: Start) -> None:
    client = start(request_timeout_s=0.3)
    head = _UPLOAD % 1_000_000 + _PART
    said = _said(client, head + b"x" * 100_000)
    assert said.startswith(b"HTTP/1.1 408")
    assert b"RAG_REQUEST_TIMEOUT_S" in said
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=0.02) as line:
        line.sendall(head)
        for _ in range(1000):
            with suppress(TimeoutError):
                assert line.recv(12) == b"HTTP/1.1 408"
                return
            line.sendall(b"x")
    pytest.fail("a trickle is waited for")


def _said(client: httpx.Client, request: bytes) -> bytes:
    """All that is answered to these bytes, until the service hangs up."""
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20) as line:
        line.sendall(request)
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_work_whose_turn_does_not_come_in_time_is_refused() -> None:
    async def scene() -> None:
        gate, work = Gate(1, 5, timeout_s=0.05), _Work()
        async with anyio.create_task_group() as group:
            group.start_soon(gate.run, partial(work.run, 1))
            await _settled()
            with pytest.raises(HTTPException) as refused:
                await gate.run(partial(work.run, 2))
            assert (gate.running, gate.waiting, gate.refused) == (1, 0, 1)
            work.go.set()
        assert (refused.value.status_code, refused.value.headers) == (503, {"Retry-After": "1"})
        assert work.ran == [1]

    anyio.run(scene)


def test_a_gate_tells_how_it_stands() -> None:
    class Heard:
        def __init__(self) -> None:
            self.all: list[object] = []

        def inside(self, count: int) -> None:
            self.all.append(count)

        def refused(self) -> None:
            self.all.append("refused")

        def done(self, result: object) -> None:
            self.all.append(f"done {result}")

    async def scene() -> None:
        heard, work = Heard(), _Work()
        gate = Gate(1, 1, heard)
        async with anyio.create_task_group() as group:
            for n in (1, 2):
                group.start_soon(gate.run, partial(work.run, n))
            await _settled()
            with pytest.raises(HTTPException):
                await gate.run(partial(work.run, 3))
            assert (gate.running, gate.waiting, gate.refused) == (1, 1, 1)
            work.go.set()
        assert (gate.running, gate.waiting) == (0, 0)
        assert heard.all[:4] == [1, 2, 2, "refused"]
        assert [said for said in heard.all if str(said).startswith("done")] == ["done 1", "done 2"]
        assert heard.all[-1] in {0, "done 2"}

    anyio.run(scene)


def test_running_work_whose_caller_left_keeps_its_thread_until_it_is_done() -> None:
    async def scene(gate: Gate, work: _Work) -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(_cancel_soon, scope)
                await gate.run(partial(work.run, 1))
        assert gate.running == 1
        async with anyio.create_task_group() as group:
            group.start_soon(gate.run, partial(work.run, 2))
            await _settled()
            assert gate.waiting == 1
            work.go.set()
        assert work.ran == [1, 2]
        assert (gate.running, gate.waiting) == (0, 0)

    _in_loop(scene)


def test_callers_that_leave_at_any_moment_leave_nothing_behind() -> None:
    async def scene() -> None:
        gate = Gate(2, 30)

        async def come_and_go(n: int) -> None:
            with anyio.move_on_after(n % 7 / 1000), suppress(HTTPException):
                await gate.run(partial(time.sleep, 0.001))

        for _ in range(10):
            async with anyio.create_task_group() as group:
                for n in range(40):
                    group.start_soon(come_and_go, n)
        while gate.running:  # noqa: ASYNC110 - work whose caller left tells nobody of its end
            await anyio.sleep(0.001)
        assert gate.waiting == 0
        assert await gate.run(lambda: "well") == "well"

    anyio.run(scene)
