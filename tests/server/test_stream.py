import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rag import NotFoundError
from rag.client.replies import AskReply
from server.gone import Gone
from server.stream import Event, respond
from tests.server.listening import listening

ROOT = Path(__file__).parents[2]
NESTS = "How many nests did a heronry in Kent count in 2009?"
FIRST = Event("passages", {"passages": []})
Events = Callable[[], AsyncGenerator[Event]]


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, json.loads(data)) for name, data in re.findall(r"event: (\w+)\ndata: (.*)\n", text)]


def _streamed(client: httpx.Client, question: str = NESTS) -> list[tuple[str, dict[str, Any]]]:
    response = client.post("/v1/ask", json={"question": question, "stream": True})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-request-id"]
    return _events(response.text)


def test_the_events_come_in_order_and_end_with_the_whole_answer(client: httpx.Client) -> None:
    events = _streamed(client)
    names = [name for name, _ in events]
    done = events[-1][1]
    assert names[0] == "passages"
    assert names[1:-1] == ["delta", "citation"] * len(done["citations"])
    assert names[-1] == "done"
    AskReply.model_validate(done)
    assert events[0][1]["passages"] == done["passages"]
    assert [data for name, data in events if name == "citation"] == done["citations"]


@pytest.mark.parametrize("question", [NESTS, "What does the barn owl do, and the heron?", "Who won the 1972 olympiad?"])
def test_the_deltas_together_are_the_answer(client: httpx.Client, question: str) -> None:
    events = _streamed(client, question)
    assert "".join(data["text"] for name, data in events if name == "delta") == events[-1][1]["answer"]


def test_accept_asks_for_a_stream_too(client: httpx.Client) -> None:
    response = client.post("/v1/ask", json={"question": NESTS}, headers={"Accept": "text/event-stream"})
    assert _events(response.text)[-1][0] == "done"


def test_no_proxy_holds_a_stream_back_or_keeps_it(client: httpx.Client) -> None:
    response = client.post("/v1/ask", json={"question": NESTS, "stream": True})
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["cache-control"] == "no-store"
    assert not any(line.startswith(("id:", "retry:")) for line in response.text.splitlines())


def test_an_error_before_the_first_event_is_an_ordinary_problem(client: httpx.Client) -> None:
    response = client.post("/v1/ask", json={"question": NESTS, "stream": True, "collection": "nowhere"})
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


# --- streams of any events


@contextmanager
def _serving(events: Events, heartbeat_s: float = 15, send_timeout_s: float = 15) -> Iterator[httpx.Client]:
    async def ask(_: Request) -> Response:
        return await respond(events(), "/v1/ask", heartbeat_s, send_timeout_s)

    app = Starlette(routes=[Route("/v1/ask", ask)], middleware=[Middleware(Gone)])
    with (
        listening(app) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotFoundError("It is gone."), 404), (HTTPException(503, "Full."), 503), (RuntimeError("secret"), 500)],
)
def test_an_error_after_the_first_event_ends_the_stream_with_a_problem(error: Exception, status: int) -> None:
    async def breaking() -> AsyncGenerator[Event]:
        yield FIRST
        raise error

    with _serving(breaking) as client:
        text = client.get("/v1/ask").text
    (first, _), (name, problem) = _events(text)
    assert (first, name) == ("passages", "error")
    assert (problem["status"], problem["instance"]) == (status, "/v1/ask")
    assert "secret" not in text


def test_while_nothing_comes_the_stream_shows_that_it_lives() -> None:
    heard = threading.Event()

    async def slow() -> AsyncGenerator[Event]:
        yield FIRST
        await asyncio.to_thread(heard.wait, 20)
        yield Event("done", {})

    with _serving(slow, heartbeat_s=0.01) as client, client.stream("GET", "/v1/ask") as response:
        told = []
        for line in response.iter_lines():
            told.append(line)
            if told.count(": heartbeat") == 3:
                heard.set()
    assert told[:2] == ["event: passages", 'data: {"passages":[]}']
    assert told[-3:] == ["event: done", "data: {}", ""]


def test_a_first_event_that_is_long_in_coming_does_not_hold_the_stream_back() -> None:
    heard = threading.Event()

    async def refused() -> AsyncGenerator[Event]:
        await asyncio.to_thread(heard.wait, 20)
        raise HTTPException(503, "Full.")
        yield FIRST

    with _serving(refused, heartbeat_s=0.01) as client, client.stream("GET", "/v1/ask") as response:
        assert response.status_code == 200
        lines = response.iter_lines()
        assert next(lines) == ": heartbeat"
        heard.set()
        events = _events("\n".join(lines))
    assert [(name, problem["status"]) for name, problem in events] == [("error", 503)]


def _endless(stopped: threading.Event, data: str) -> Events:
    async def events() -> AsyncGenerator[Event]:
        try:
            while True:
                yield Event("delta", {"text": data})
                await asyncio.sleep(0)
        finally:
            stopped.set()

    return events


def test_a_client_that_goes_stops_the_work() -> None:
    stopped = threading.Event()
    with _serving(_endless(stopped, "x")) as client:
        with client.stream("GET", "/v1/ask") as response:
            assert next(response.iter_lines()) == "event: delta"
        assert stopped.wait(20)


def test_a_client_that_does_not_read_stops_the_work() -> None:
    stopped = threading.Event()
    with (
        _serving(_endless(stopped, "x" * 100_000), send_timeout_s=0.05) as client,
        socket.create_connection((client.base_url.host, client.base_url.port or 0)) as silent,
    ):
        silent.sendall(b"GET /v1/ask HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert stopped.wait(20)


def test_a_service_that_is_told_to_stop_ends_its_streams_with_a_problem() -> None:
    command = [sys.executable, "-m", "tests.server.stopped_driver"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = f"http://127.0.0.1:{int(process.stdout.readline())}/v1/ask"
        with httpx.stream("GET", address, timeout=30) as response:
            pieces = response.iter_text()
            text = next(pieces)
            process.send_signal(signal.SIGTERM)
            text += "".join(pieces)
    assert [name for name, _ in _events(text)] == ["passages", "error"]
    assert _events(text)[-1][1]["status"] == 503
