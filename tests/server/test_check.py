import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from rag import Library, split_reply
from rag.client.replies import SupportReply
from rag.settings import read_settings
from server.check import Check
from server.limits import Gate
from tests.server.conftest import Start

KENT = "A heronry in Kent counted 160 nests in 2009."
TOLD = f"{KENT} The bridge cost 42 million pounds to build. What else is there?"


def _check(client: httpx.Client, **body: object) -> dict[str, Any]:
    response = client.post("/v1/check", json=body)
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    SupportReply.model_validate(reply)
    return reply


def test_each_sentence_is_held_against_the_documents(client: httpx.Client, library: Library) -> None:
    reply = _check(client, text=TOLD)

    nests, bridge, question = reply["sentences"]
    assert (nests["checkable"], nests["supported"], nests["missing"]) == (True, True, [])
    assert (bridge["checkable"], bridge["supported"]) == (True, False)
    assert bridge["missing"] == ['"42 million pounds" stands in no quote']
    assert (question["checkable"], question["supported"], question["support"]) == (False, False, 0)
    assert (reply["checkable"], reply["supported"]) == (2, 1)
    (citation,) = nests["citations"]
    assert (citation["source"], citation["page"], nests["quotes"]) == ("birds/heron.txt", None, [])
    text = library.text(citation["document_id"])
    assert text[citation["start"] : citation["end"]] == citation["quote"] == KENT


def test_offsets_count_code_points_of_the_text_and_of_the_passages(client: httpx.Client) -> None:
    text, passages = f"🦉 Owls! {KENT}", ["🦉🦉 Owls hoot.", f"🦉 Herons stand in cold water. {KENT}"]

    reply = _check(client, text=text, passages=passages)

    for sentence in reply["sentences"]:
        assert text[sentence["start"] : sentence["end"]] == sentence["sentence"]
    (quote,) = reply["sentences"][-1]["quotes"]
    assert quote["passage"] == 1
    assert passages[1][quote["start"] : quote["end"]] == quote["quote"] == KENT


def test_a_sentence_with_markers_is_held_against_what_it_names(client: httpx.Client) -> None:
    passages = [KENT, "Herons return to the same trees each February."]
    text = f"{KENT[:-1]} [1]. {KENT[:-1]} [2]. {KENT} [1][2] {KENT[:-1]} [3]."

    right, wrong, both, none = _check(client, text=text, passages=passages)["sentences"]

    assert [s["supported"] for s in (right, wrong, both, none)] == [True, False, True, False]
    assert '"160" stands in no quote' in wrong["missing"]
    assert none["missing"] == ["[3] names no passage"]
    passed_over = _check(client, text=text, passages=passages, markers=False)["sentences"]
    assert all(sentence["supported"] for sentence in passed_over)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "One is here. " * 101}, "text"),
        ({"text": KENT, "passages": []}, "passages"),
        ({"text": KENT, "passages": [""]}, "passages.0"),
        ({"text": KENT, "passages": ["x"] * 51}, "passages"),
        (
            {"text": KENT, "passages": ["x" * 50_000, "x" * 50_001]},
            "hold 100,001 characters, over the limit of 100,000",
        ),
        ({"text": KENT, "passages": ["x"], "collection": "default"}, "passages"),
        ({"text": KENT, "language": "en"}, "language"),
        ({"text": KENT, "markers": "yes"}, "markers"),
    ],
)
def test_what_is_over_a_limit_or_not_of_the_shape_is_refused(
    client: httpx.Client, body: dict[str, object], field: str
) -> None:
    response = client.post("/v1/check", json=body)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert field in response.json()["detail"]


def test_sentences_keep_their_place_when_held_against_documents(client: httpx.Client) -> None:
    text = f"🦉 {TOLD} [1]\n\n- {KENT}\n"

    found = _check(client, text=text)["sentences"]

    assert [(s["start"], s["end"]) for s in found] == [(span.start, span.end) for span in split_reply(text)]
    assert all(text[s["start"] : s["end"]] == s["sentence"] for s in found)
    assert [s["supported"] for s in found if KENT in s["sentence"]] == [True, True]


class _Runs:
    """Counts what enters a gate."""

    def __init__(self) -> None:
        self.entered = 0
        self.first = asyncio.Event()
        self._inside = 0

    def inside(self, count: int) -> None:
        self.entered += count > self._inside
        self._inside = count
        self.first.set()

    def refused(self) -> None:
        raise AssertionError

    def done(self, result: object) -> None:
        pass


async def _started(
    library: Library, gate: Gate, runs: _Runs, body: dict[str, object]
) -> "asyncio.Task[httpx.Response]":
    """A check that goes back to the queue after each sentence, when its first is in the gate."""
    app = FastAPI()
    app.state.settings = read_settings()
    app.include_router(Check(library, gate, stretch_s=0).routes())

    async def sent() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://check") as client:
            return await client.post("/v1/check", json=body)

    check = asyncio.create_task(sent())
    await runs.first.wait()
    return check


BODIES = [{"text": f"{KENT} " * 20}, {"text": f"{KENT} " * 20, "passages": [KENT]}]


@pytest.mark.parametrize("body", BODIES)
def test_other_work_gets_its_turn_between_two_sentences(library: Library, body: dict[str, object]) -> None:
    async def both() -> tuple[bool, httpx.Response]:
        gate = Gate(1, 10, runs := _Runs())
        check = await _started(library, gate, runs, body)
        await gate.run(lambda: None)
        return check.done(), await check

    ended_first, response = asyncio.run(both())

    assert not ended_first
    assert response.json()["supported"] == 20


@pytest.mark.parametrize("body", BODIES)
def test_a_check_goes_no_further_when_it_is_cancelled(library: Library, body: dict[str, object]) -> None:
    runs = _Runs()

    async def hung_up() -> None:
        gate = Gate(1, 10, runs)
        check = await _started(library, gate, runs, body)
        check.cancel()
        await asyncio.wait([check])
        await gate.run(lambda: None)
        assert check.cancelled()

    asyncio.run(hung_up())

    assert runs.entered == 2


def test_an_unknown_collection_is_not_found(client: httpx.Client) -> None:
    response = client.post("/v1/check", json={"text": KENT, "collection": "nowhere"})
    assert response.status_code == 404
    assert "nowhere" in response.json()["detail"]


def test_a_key_checks_against_the_collections_it_opens(start: Start, own_index: Path) -> None:
    with closing(Library(own_index)) as library:
        _, inside = library.store.keys.create("inside", write=False, collections=["default"])
        _, outside = library.store.keys.create("outside", write=False, collections=["other"])
        client = start(library)

        assert _status(client, inside) == 200
        assert _status(client, outside) == 403
        assert _status(client, outside, passages=[KENT]) == 200
        assert _status(client, "rag_no_key") == 401


def test_a_browser_key_is_told_no_probabilities(start: Start, own_index: Path) -> None:
    with closing(Library(own_index)) as library:
        _, key = library.store.keys.create("page", write=False, origins=["https://page.example"])
        headers = {"Authorization": f"Bearer {key}", "Origin": "https://page.example"}
        reply = start(library).post("/v1/check", json={"text": KENT}, headers=headers).json()

    SupportReply.model_validate(reply)
    assert [(s["supported"], s["support"]) for s in reply["sentences"]] == [(True, None)]


def _status(client: httpx.Client, key: str, **body: object) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return client.post("/v1/check", json={"text": KENT, **body}, headers=headers).status_code
