import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from rag import Library
from rag.client.replies import AskReply, CompletionReply
from rag.settings import read_settings
from server.app import create_app
from tests.llm.scripted import Play, Script, Server, Stop, Wait, refusing, scripted_in_thread
from tests.llm.scripts import FAULTS, TIMEOUTS, events, replying, stalling
from tests.server.conftest import Start
from tests.server.listening import listening

QUESTION = "What did the bridge cost to build?"
COST = "The bridge cost 24 million pounds to build [1]."
SAID = f"Sure! {COST} Its main span is 190 metres long [1]. It cost 99 million pounds [1]."
ANSWER = "The bridge cost 24 million pounds to build. [1] Its main span is 190 metres long. [2]"
DEADLINE_S = 1.0
LATE_S = 0.2
"""After the deadline, as promised."""
HELD_UP_S = 5.0
"""Not by a busy machine, but by work that grows with the square of a reply: such took 11 seconds."""
Scripted = Callable[..., Server]


@pytest.fixture
def llm() -> Iterator[Scripted]:
    """Starts scripted servers, which end after the services that ask them: name it before `start`."""
    with ExitStack() as stack:

        def scripted(*plays: Play) -> Server:
            opened: AbstractContextManager[Server] = scripted_in_thread(*plays)
            return stack.enter_context(opened)

        yield scripted


def _ask(client: httpx.Client, **body: object) -> dict[str, Any]:
    response = client.post("/v1/ask", json={"question": QUESTION, **body})
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    AskReply.model_validate(reply)
    return reply


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, json.loads(data)) for name, data in re.findall(r"event: (\w+)\ndata: (.*)\n", text)]


def _streamed(client: httpx.Client, **body: object) -> list[tuple[str, dict[str, Any]]]:
    response = client.post("/v1/ask", json={"question": QUESTION, "stream": True, **body})
    assert response.status_code == 200
    return _events(response.text)


def _chat(client: httpx.Client, **body: object) -> httpx.Response:
    said = {"model": "rag", "messages": [{"role": "user", "content": QUESTION}], **body}
    return client.post("/v1/chat/completions", json=said)


def _chunks(client: httpx.Client, **body: object) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in _chat(client, stream=True, **body).text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1] if not line.startswith(":")]


# --- as it should be


@pytest.mark.parametrize("mode", ["auto", "llm"])
def test_the_llm_words_the_answer(llm: Scripted, start: Start, library: Library, mode: str) -> None:
    server = llm(replying(SAID))
    reply = _ask(start(llm_base_url=server.base_url, llm_model="any"), mode=mode)
    assert (reply["answer"], reply["mode"], reply["status"]) == (ANSWER, "llm", "answered")
    assert (reply["degraded"], reply["removed_sentences"]) == (None, 1)
    assert {"embed", "llm", "total"} <= reply["timings_ms"].keys()
    for citation in reply["citations"]:
        text = library.text(citation["document_id"])
        assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert citation["title"] == "The Orwell bridge"
    assert [c["n"] for c in reply["citations"]] == [1, 2]
    assert [reply["answer"][slice(*c["answer_span"])] for c in reply["citations"]] == [
        "The bridge cost 24 million pounds to build.",
        "Its main span is 190 metres long.",
    ]
    (asked,) = server.requests
    assert asked.path == "/v1/chat/completions"
    assert asked.body["model"] == "any"
    assert asked.body["max_tokens"] == 500
    assert QUESTION in asked.prompt


def test_settings_of_the_llm_reach_it(llm: Scripted, start: Start) -> None:
    server = llm(replying(SAID))
    client = start(
        llm_base_url=f"{server.base_url}/",
        llm_model="any",
        llm_api_key="s3cret",
        llm_headers='{"X-Title": "rag"}',
        llm_reply_tokens=77,
        llm_prompt_tokens=500,
    )
    assert _ask(client)["mode"] == "llm"
    (asked,) = server.requests
    assert (asked.headers["authorization"], asked.headers["x-title"]) == ("Bearer s3cret", "rag")
    assert asked.body["max_tokens"] == 77


@pytest.mark.parametrize("mode", ["auto", "llm", "extractive"])
def test_whoever_wants_extracts_or_gets_none_costs_no_llm(llm: Scripted, start: Start, mode: str) -> None:
    server = llm(replying(SAID))
    client = start(llm_base_url=server.base_url, llm_model="any")
    refused = _ask(client, question="Who won the chess olympiad of 1972?", mode=mode)
    assert (refused["status"], refused["degraded"]) == ("abstained", None)
    assert _ask(client, mode="extractive")["mode"] == "extractive"
    assert server.requests == []


def test_a_reply_that_finds_nothing_abstains(llm: Scripted, start: Start) -> None:
    server = llm(replying("The passages do not say what the bridge cost."))
    client = start(llm_base_url=server.base_url, llm_model="any")
    reply = _ask(client)
    assert (reply["status"], reply["abstained_because"]) == ("abstained", "llm_found_none")
    assert (reply["citations"], reply["degraded"], reply["mode"]) == ([], None, "llm")
    assert reply["answer"]
    assert reply["passages"]
    found = _streamed(client)
    assert [name for name, _ in found] == ["passages", "delta", "done"]
    assert found[1][1]["text"] == reply["answer"]


def test_a_sentence_is_streamed_while_the_llm_still_writes(llm: Scripted, start: Start) -> None:
    server = llm(Script((*events(COST)[:-3], Stop.HANG)))
    client = start(llm_base_url=server.base_url, llm_model="any")
    with client.stream("POST", "/v1/ask", json={"question": QUESTION, "stream": True}) as response:
        told = ""
        for line in response.iter_lines():
            told += f"{line}\n"
            if line == "event: citation":
                break
    assert [name for name, _ in _events(told)] == ["passages", "delta", "delta"]
    asyncio.run(server.until_served())


def test_the_deltas_together_are_the_answer(llm: Scripted, start: Start) -> None:
    server = llm(replying(f"{SAID} {COST} The bridge cost 24 million pounds [1]."))
    found = _streamed(start(llm_base_url=server.base_url, llm_model="any"))
    done = found[-1][1]
    AskReply.model_validate(done)
    assert (
        "".join(data["text"] for name, data in found if name == "delta")
        == done["answer"]
        == f"{ANSWER} The bridge cost 24 million pounds. [1]"
    )
    assert [data for name, data in found if name == "citation"] == done["citations"]
    assert found[0][1]["passages"] == done["passages"]


def test_a_page_is_told_no_scores(llm: Scripted, start: Start, own_index: Path) -> None:
    server = llm(replying(SAID))
    library = Library(own_index)
    _, key = library.store.keys.create("page", origins=("https://a.example",), write=False)
    client = start(library, llm_base_url=server.base_url, llm_model="any")
    client.headers.update({"Authorization": f"Bearer {key}", "Origin": "https://a.example"})
    found = _streamed(client)
    library.close()
    told = [data for name, data in found if name == "citation"]
    told += [part for name, data in found if name == "passages" for part in data["passages"]]
    assert {name for name, _ in found} >= {"citation", "passages"}
    assert len(told) > 2
    assert {part["score"] for part in told} == {None}


# --- chat completions


def test_a_completion_is_the_same_answer(llm: Scripted, start: Start) -> None:
    server = llm(replying(SAID))
    client = start(llm_base_url=server.base_url, llm_model="any")
    whole = CompletionReply.model_validate(_chat(client).json())
    message = whole.choices[0].message
    assert message.content == ANSWER
    assert (whole.rag.mode, whole.rag.removed_sentences, whole.rag.degraded) == ("llm", 1, None)
    found = _chunks(client, stream_options={"include_usage": True})
    assert "".join(_text(chunk) for chunk in found) == ANSWER
    assert [_text(chunk) for chunk in found if _text(chunk)] == [
        "The bridge cost 24 million pounds to build. [1]",
        " Its main span is 190 metres long. [2]",
    ]
    assert found[-2]["choices"][0]["delta"]["annotations"] == [a.model_dump() for a in message.annotations]
    assert found[-1]["usage"] == whole.usage.model_dump()
    assert len({chunk["id"] for chunk in found}) == 1


def test_a_fault_after_sentences_were_told_adds_the_extracts(llm: Scripted, start: Start) -> None:
    server = llm(Script((*events(COST)[:-3], Wait(1), Stop.CUT)))
    client = start(llm_base_url=server.base_url, llm_model="any")
    extracts = _ask(client, mode="extractive")
    found = _chunks(client)
    content = "".join(_text(chunk) for chunk in found)
    assert content == f"The bridge cost 24 million pounds to build. [1]\n\n{extracts['answer']}"
    quotes = [content[a["start_index"] : a["end_index"]] for a in _places(found[-1])]
    assert quotes == [citation["quote"] for citation in extracts["citations"]]
    assert (found[-1]["rag"]["mode"], found[-1]["rag"]["degraded"]) == ("extractive", "llm_unavailable")
    assert [content[slice(*c["answer_span"])] for c in found[-1]["rag"]["citations"]] == quotes


def _text(chunk: dict[str, Any]) -> str:
    return "".join(choice["delta"].get("content") or "" for choice in chunk["choices"])


def _places(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    return [annotation["url_citation"] for annotation in chunk["choices"][0]["delta"]["annotations"]]


# --- whatever goes wrong


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_in_extracts_within_the_deadline(llm: Scripted, start: Start, fault: str) -> None:
    server = llm(FAULTS[fault]())
    client = start(llm_base_url=server.base_url, llm_model="any", llm_timeout_s=DEADLINE_S)
    extracts = _ask(client, mode="extractive")
    with ThreadPoolExecutor(3) as at_once:
        whole, streamed, chunks = (
            at_once.submit(_ask, client),
            at_once.submit(_streamed, client),
            at_once.submit(_chunks, client),
        )
        reply, (last, done), end = whole.result(), streamed.result()[-1], chunks.result()[-1]
    degraded = "llm_timeout" if fault in TIMEOUTS else "llm_unavailable"
    for told in (reply, done, end["rag"]):
        assert (told["mode"], told["degraded"], told["status"]) == ("extractive", degraded, "answered")
        assert [c["quote"] for c in told["citations"]] == [c["quote"] for c in extracts["citations"]]
    assert last == "done"
    assert reply["answer"] == done["answer"] == extracts["answer"]
    asyncio.run(server.until_served())


@pytest.mark.parametrize("fault", sorted(TIMEOUTS))
def test_every_fault_of_time_is_over_by_the_deadline(llm: Scripted, start: Start, fault: str) -> None:
    server = llm(FAULTS[fault]())
    # Five time-outs in a row would have it left alone.
    clients = [start(llm_base_url=server.base_url, llm_model="any", llm_timeout_s=DEADLINE_S) for _ in range(2)]
    _ask(clients[0], mode="extractive")
    # Later by its own fault, it would be late each time; a busy machine is not.
    assert any(_late_s(client) < LATE_S for client in (*clients, *clients, clients[0]))
    asyncio.run(server.until_served())


def _late_s(client: httpx.Client) -> float:
    """By how much an answer is later than a bare timer of the deadline, which a busy machine delays as much."""
    with ThreadPoolExecutor(1) as beside:
        timer = beside.submit(_ended_at, DEADLINE_S)
        assert _ask(client)["degraded"] == "llm_timeout"
        return perf_counter() - timer.result()


def _ended_at(seconds: float) -> float:
    threading.Event().wait(seconds)
    return perf_counter()


def test_where_nobody_listens_extracts_are_given(start: Start) -> None:
    with refusing() as base_url:
        reply = _ask(start(llm_base_url=base_url, llm_model="any"))
    assert (reply["mode"], reply["degraded"]) == ("extractive", "llm_unavailable")


def test_what_none_of_the_passages_bears_out_is_not_told(llm: Scripted, start: Start) -> None:
    server = llm(replying("The bridge cost 99 million pounds to build [1]. It is the finest in the land."))
    client = start(llm_base_url=server.base_url, llm_model="any")
    reply = _ask(client)
    assert (reply["mode"], reply["degraded"], reply["removed_sentences"]) == ("extractive", "llm_unsupported", 2)
    found = _streamed(client)
    assert "".join(data["text"] for name, data in found if name == "delta") == found[-1][1]["answer"] == reply["answer"]


def _counting_tasks(app: ASGIApp) -> ASGIApp:
    """The application, which also says at `/tasks` how many tasks its loop has."""

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/tasks":
            await PlainTextResponse(str(len(asyncio.all_tasks())))(scope, receive, send)
        else:
            await app(scope, receive, send)

    return counting


_CHAT: dict[str, object] = {"model": "rag", "messages": [{"role": "user", "content": QUESTION}]}
_REQUESTS: list[tuple[str, dict[str, object]]] = [
    ("/v1/ask", {"question": QUESTION}),
    ("/v1/ask", {"question": QUESTION, "stream": True}),
    ("/v1/chat/completions", _CHAT),
    ("/v1/chat/completions", {**_CHAT, "stream": True}),
]


@pytest.mark.parametrize("play", [stalling(f"{COST} Its main"), replying(SAID, each_s=0.02)])
def test_clients_that_hang_up_end_the_reply_and_leave_nothing(llm: Scripted, library: Library, play: Script) -> None:
    server = llm(play)
    app = create_app(library, read_settings(llm_base_url=server.base_url, llm_model="any", queue=100))
    with (
        listening(_counting_tasks(app)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):

        def hang_up(n: int) -> None:
            path, body = _REQUESTS[n % len(_REQUESTS)]
            with (
                httpx.Client(base_url=client.base_url, timeout=httpx.Timeout(30, read=0.02 * n)) as going,
                suppress(httpx.ReadTimeout),
                going.stream("POST", path, json=body) as response,
            ):
                next(response.iter_raw())

        _streamed(client, mode="extractive")  # the first stream starts a watcher that stays
        before = int(client.get("/tasks").text)
        with ThreadPoolExecutor(4) as at_once:
            list(at_once.map(hang_up, range(1, 17)))
        asyncio.run(server.until_served(20))
        _until(lambda: int(client.get("/tasks").text) <= before)
    assert server.requests


def _until(condition: Callable[[], bool]) -> None:
    deadline = perf_counter() + 20
    while not condition():
        assert perf_counter() < deadline
        threading.Event().wait(0.02)


def test_slow_replies_hold_no_place_of_the_gate(llm: Scripted, start: Start) -> None:
    server = llm(stalling("The"))
    client = start(llm_base_url=server.base_url, llm_model="any", llm_timeout_s=DEADLINE_S, max_concurrency=1, queue=1)
    with ThreadPoolExecutor(6) as at_once:
        waiting = [at_once.submit(_ask, client)]
        _until(lambda: bool(server.requests))
        assert _ask(client, mode="extractive")["mode"] == "extractive"
        assert not waiting[0].done()
    assert waiting[0].result()["degraded"] == "llm_timeout"


def test_what_came_of_the_llm_is_counted(llm: Scripted, start: Start) -> None:
    server = llm(replying(SAID), replying("The bridge is pink [1]."), replying("The passages do not say."))
    client = start(llm_base_url=server.base_url, llm_model="any")
    for _ in range(3):
        _ask(client)
    told = client.get("/metrics").text
    for line in (
        'rag_llm_answers_total{outcome="answered"} 1.0',
        'rag_llm_answers_total{outcome="llm_unsupported"} 1.0',
        'rag_llm_answers_total{outcome="llm_found_none"} 1.0',
        "rag_llm_removed_sentences_total 2.0",
        "rag_llm_first_sentence_seconds_count 1.0",
        'rag_degraded_total{reason="llm_unsupported"} 1.0',
        'rag_answers_total{because="",status="answered"} 2.0',
        'rag_answers_total{because="llm_found_none",status="abstained"} 1.0',
        'rag_stage_seconds_count{stage="llm"} 3.0',
    ):
        assert line in told, line


@pytest.mark.parametrize("token", ["![", "[1]", "e.g. "])
def test_a_degenerate_reply_holds_up_nobody_else(llm: Scripted, start: Start, token: str) -> None:
    written = [f"data: {json.dumps({'choices': [{'delta': {'content': token}}]})}\n\n".encode()] * 1_500
    server = llm(Script((*written, *events("")[1:])))
    client = start(llm_base_url=server.base_url, llm_model="any")
    _ask(client, mode="extractive")
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(_ask, client)
        while not asked.done():
            assert client.get("/healthz", timeout=HELD_UP_S).status_code == 200
    assert asked.result()["degraded"] == "llm_unsupported"


def test_a_question_that_fills_the_prompt_switches_nothing_off(llm: Scripted, start: Start) -> None:
    server = llm(replying(SAID))
    client = start(llm_base_url=server.base_url, llm_model="any", llm_prompt_tokens=700)
    for _ in range(6):
        assert _ask(client, question=f"{QUESTION} {'🦉' * 900}", mode="llm")["mode"] == "extractive"
    assert server.requests == []
    assert _ask(client)["mode"] == "llm"
