import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import cast

import anyio
import anyio.lowlevel
import httpx
import pytest
from starlette.exceptions import HTTPException

from rag import Library, SearchResult
from server.limits import MOST_BODY_BYTES, Gate
from tests.server.conftest import Start


class _Held:
    """A library whose searches take until they are let go."""

    def __init__(self) -> None:
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


def test_over_the_queue_a_request_is_told_to_come_again(start: Start) -> None:
    held = _Held()
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
