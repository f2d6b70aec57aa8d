import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from rag import NotFoundError
from rag.client.replies import AskReply
from server.stream import Event, respond

NESTS = "How many nests did a heronry in Kent count in 2009?"


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


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


def test_an_error_before_the_first_event_is_an_ordinary_problem(client: httpx.Client) -> None:
    response = client.post("/v1/ask", json={"question": NESTS, "stream": True, "collection": "nowhere"})
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("error", "status"), [(NotFoundError("It is gone."), 404), (RuntimeError("secret"), 500)])
def test_an_error_after_the_first_event_ends_the_stream_with_a_problem(error: Exception, status: int) -> None:
    async def breaking() -> AsyncIterator[Event]:
        yield Event("passages", {"passages": []})
        raise error

    async def read() -> str:
        response = await respond(breaking(), "/v1/ask")
        return b"".join([bytes(piece) async for piece in response.body_iterator if not isinstance(piece, str)]).decode()

    text = anyio.run(read)
    name, problem = _events(text)[-1]
    assert name == "error"
    assert (problem["status"], problem["instance"]) == (status, "/v1/ask")
    assert "secret" not in text
