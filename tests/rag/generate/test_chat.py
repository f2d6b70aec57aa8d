"""The backend over real sockets: a server that replies, and one that goes wrong in every way."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import LlmTimeoutError, LlmUnavailableError, SettingError
from rag.generate.chat import ChatBackend
from rag.records import Message
from tests.llm.scripted import Play, Request, Script, Server, no_task_left, refusing, scripted, scripted_in_thread
from tests.llm.scripts import (
    DIALECTS,
    DONE,
    FAULTS,
    TIMEOUTS,
    Spoken,
    broken_off,
    cut,
    endless,
    endless_thought,
    events,
    failing,
    in_one,
    in_pieces,
    replying,
    silent,
    stalling,
    thinking,
)

T = TypeVar("T")
WITHIN_S = 30
"""Where time is not what is tested."""
LATE_S = 0.2
TEXT = "The bridge cost 24 million pounds to build [1]. Ein Gänseblümchen 🦉 blüht [2]."
ASKED = [Message("system", "Cite what you say."), Message("user", "What did the bridge in Suffolk cost?")]
KEY = "sk-never-to-be-seen"


async def _whole(backend: ChatBackend, within_s: float = WITHIN_S) -> str:
    async with aclosing(backend.reply(ASKED, time.monotonic() + within_s)) as reply:
        return "".join([piece async for piece in reply])


@asynccontextmanager
async def _asking(base_url: str, **given: Any) -> AsyncIterator[ChatBackend]:  # noqa: ANN401 - as the constructor takes them
    """A backend, closed at the end, after which no task is left."""
    backend = ChatBackend(base_url, "any", **given)
    try:
        yield backend
    finally:
        await backend.aclose()
    await no_task_left()


def _served(*plays: Play, to: Callable[[ChatBackend, Server], Coroutine[None, None, T]], **given: Any) -> T:  # noqa: ANN401
    """What comes of asking a server that does as the scripts say; afterwards it has no connection left."""
    with scripted_in_thread(*plays) as server:

        async def asked() -> T:
            async with _asking(server.base_url, **given) as backend:
                found = await to(backend, server)
                await server.until_served()
            await server.until_left()
            return found

        return asyncio.run(asked())


async def _reply(backend: ChatBackend, _: Server) -> str:
    return await _whole(backend)


async def _requested(server: Server, times: int) -> None:
    while len(server.requests) < times:  # noqa: ASYNC110 - the server has another loop
        await asyncio.sleep(0.005)


async def _error(backend: ChatBackend, _: Server) -> Exception:
    with pytest.raises((LlmUnavailableError, LlmTimeoutError)) as raised:
        await _whole(backend)
    return raised.value


# --- a server that replies


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_reply_of_each_kind_of_server_arrives_whole(dialect: Spoken) -> None:
    assert _served(replying(TEXT, dialect=dialect), to=_reply) == TEXT


def test_what_is_asked_is_what_such_servers_document() -> None:
    async def asked(backend: ChatBackend, server: Server) -> Request:
        await _whole(backend)
        return server.requests[0]

    request = _served(replying(TEXT), to=asked, api_key=KEY, max_tokens=77, headers={"x-project": "herons"})
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-project"] == "herons"
    assert request.body == {
        "model": "any",
        "temperature": 0,
        "max_tokens": 77,
        "stream": True,
        "messages": [{"role": message.role, "content": message.content} for message in ASKED],
    }


@pytest.mark.parametrize("tail", ["", "/", "?api-version=1"])
def test_a_base_url_may_end_in_a_slash_or_a_query(tail: str) -> None:
    with scripted_in_thread(replying(TEXT)) as server:

        async def asked() -> str:
            async with _asking(server.base_url + tail) as backend:
                return await _whole(backend)

        assert asyncio.run(asked()) == TEXT
        assert server.requests[0].path.startswith("/v1/chat/completions")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", None])
def test_what_a_model_thinks_is_not_its_reply(field: str | None) -> None:
    assert _served(thinking("Hm, 99 million?", TEXT, field), to=_reply).strip() == TEXT


@pytest.mark.parametrize("text", ["Is 3 < 4? <thin ice>", "<think>never ended", "a</think>b", "<think></think>"])
def test_only_a_whole_tag_hides_text(text: str) -> None:
    hidden = text.startswith("<think>")
    assert _served(replying(text), to=_reply) == ("" if hidden else text)


def test_a_reply_in_one_document_is_accepted() -> None:
    assert _served(in_one(TEXT), to=_reply) == TEXT


@pytest.mark.parametrize("script", [replying(""), in_one(""), in_one(None)])
def test_an_empty_reply_is_a_reply(script: Script) -> None:
    assert _served(script, to=_reply) == ""


def test_a_reply_that_the_limit_of_tokens_ends_is_a_reply() -> None:
    assert _served(replying("The bridge cost", finish="length"), to=_reply) == "The bridge cost"


def test_the_end_is_told_by_a_reason_to_finish_or_by_the_mark() -> None:
    whole = events(TEXT)
    finished, unfinished = tuple(whole[:-2]), (*whole[:-3], DONE)
    assert [_served(Script(steps), to=_reply) for steps in (finished, unfinished)] == [TEXT, TEXT]


@pytest.mark.parametrize("choices", [[], None, [{"index": 0}], [{"index": 0, "delta": None}], [{"delta": {}}]])
def test_chunks_without_text_are_passed_over(choices: object) -> None:
    opening, *rest = events(TEXT)
    chunk = b"data: " + json.dumps({"choices": choices}).encode() + b"\n\n"
    assert _served(Script((opening, chunk, *rest)), to=_reply) == TEXT


def test_a_connection_is_used_again() -> None:
    async def twice(backend: ChatBackend, server: Server) -> int:
        await _whole(backend)
        await _whole(backend)
        return server.open_connections

    assert _served(replying(TEXT), to=twice) == 1


def test_any_text_arrives_whole_however_its_bytes_are_cut() -> None:
    scripts: list[Script] = []
    awkward = st.sampled_from(["<th", "</think", "\r\n", "\n\n", "data: [DONE]", "\u2028", "\x85", "🦉", "ä", "\x00"])
    texts = st.lists(awkward | st.text(max_size=10), max_size=6).map("".join)
    with asyncio.Runner() as runner:
        serving = scripted(lambda _: scripts[-1])
        backend = ChatBackend(runner.run(serving.__aenter__()).base_url, "any")

        @settings(deadline=None)
        @given(texts, st.sampled_from([*DIALECTS]), st.lists(st.integers(1, 3_000), max_size=40))
        def arrives(text: str, dialect: Spoken, ends: list[int]) -> None:
            scripts.append(in_pieces(replying(text, dialect=dialect), ends))
            assert runner.run(_whole(backend)) == text

        arrives()
        runner.run(backend.aclose())
        runner.run(serving.__aexit__(None, None, None))


def test_a_text_arrives_whole_when_each_byte_comes_alone() -> None:
    script = in_pieces(replying(TEXT, dialect="llama-cpp-python"), range(100_000))
    assert _served(script, to=_reply) == TEXT


# --- one that goes wrong


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - TIMEOUTS))
def test_every_fault_but_those_of_time_is_told_as_soon_as_it_is_seen(fault: str) -> None:
    assert isinstance(_served(FAULTS[fault](), to=_error), LlmUnavailableError)


@pytest.mark.parametrize("fault", sorted(TIMEOUTS))
@pytest.mark.parametrize("within_s", [0.5, 1.0])
def test_every_fault_of_time_is_told_by_the_deadline(fault: str, within_s: float) -> None:
    async def late_s(backend: ChatBackend, _: Server) -> float:
        timer = asyncio.create_task(_timer(within_s))
        with pytest.raises(LlmTimeoutError):
            await _whole(backend, within_s)
        return time.monotonic() - await timer

    # Later by its own fault, it would be late each time; a busy machine is not.
    assert any(_served(FAULTS[fault](), to=late_s) < LATE_S for _ in range(5))


async def _timer(seconds: float) -> float:
    """When a bare timer of this loop ends, which a busy machine delays as much."""
    await asyncio.sleep(seconds)
    return time.monotonic()


def test_a_port_where_nobody_listens_is_an_error_soon() -> None:
    async def asked(base_url: str) -> None:
        async with _asking(base_url) as backend:
            with pytest.raises(LlmUnavailableError, match="start it, or correct RAG_LLM_BASE_URL"):
                await _whole(backend)

    with refusing() as base_url:
        asyncio.run(asked(base_url))


def test_no_time_left_is_no_request() -> None:
    async def late(backend: ChatBackend, server: Server) -> int:
        with pytest.raises(LlmTimeoutError):
            await _whole(backend, -1)
        return len(server.requests)

    assert _served(replying(TEXT), to=late) == 0


def test_what_came_before_a_fault_is_told() -> None:
    async def told(backend: ChatBackend, _: Server) -> str:
        reply = backend.reply(ASKED, time.monotonic() + WITHIN_S)
        told = [await anext(reply), await anext(reply)]
        with pytest.raises(LlmUnavailableError):
            await anext(reply)
        return "".join(told)

    assert _served(cut("One two three"), to=told) == "One two"


@pytest.mark.parametrize("script", [endless("so on " * 20), endless_thought()])
def test_a_reply_far_beyond_its_tokens_is_stopped_before_the_time(script: Script) -> None:
    async def stopped(backend: ChatBackend, _: Server) -> None:
        with pytest.raises(LlmTimeoutError, match="far beyond its limit of tokens"):
            await _whole(backend)

    _served(script, to=stopped, max_tokens=20)


def test_an_error_that_old_servers_hide_in_a_field_of_their_own_is_no_empty_reply() -> None:
    opening, *_ = events("", "llama.cpp")
    script = Script((opening, b'error: {"code": 400, "message": "too long"}\n\n', DONE))
    assert isinstance(_served(script, to=_error), LlmUnavailableError)


@pytest.mark.parametrize("error", [{"object": "error", "message": "No.", "code": 500}, {"error": "No."}])
def test_errors_in_the_stream_have_several_shapes(error: object) -> None:
    assert isinstance(_served(broken_off("So ", error), to=_error), LlmUnavailableError)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"choices": []}', b'{"detail": "no"}', b"\xff", b""])
def test_json_that_is_no_completion_is_an_error(body: bytes) -> None:
    script = Script((body,), content_type="application/json")
    assert isinstance(_served(script, to=_error), LlmUnavailableError)


# --- another try


@pytest.mark.parametrize("refusal", [failing(500), failing(503), failing(429), failing(429, retry_after="0")])
def test_what_may_pass_is_tried_again(refusal: Script) -> None:
    async def asked(backend: ChatBackend, server: Server) -> tuple[str, int]:
        return await _whole(backend), len(server.requests)

    assert _served(refusal, replying(TEXT), to=asked) == (TEXT, 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    async def asked(backend: ChatBackend, server: Server) -> int:
        with pytest.raises(LlmUnavailableError, match=str(status)):
            await _whole(backend)
        return len(server.requests)

    assert _served(failing(status), to=asked) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_prompts_that_are_refused_leave_the_server_asked(status: int) -> None:
    async def asked(backend: ChatBackend, _: Server) -> str:
        await _failures(backend, 7)
        return await _whole(backend)

    assert _served(*[failing(status)] * 7, replying(TEXT), to=asked) == TEXT


def test_a_reply_that_is_withheld_is_an_error_and_leaves_the_server_asked() -> None:
    async def asked(backend: ChatBackend, _: Server) -> str:
        for _time in range(7):
            with pytest.raises(LlmUnavailableError, match="content_filter"):
                await _whole(backend)
        return await _whole(backend)

    assert _served(*[replying("So", finish="content_filter")] * 7, replying(TEXT), to=asked) == TEXT


def test_a_reply_that_has_begun_is_not_begun_again() -> None:
    async def asked(backend: ChatBackend, server: Server) -> int:
        await _error(backend, server)
        return len(server.requests)

    assert _served(cut("So far"), replying(TEXT), to=asked) == 1


@pytest.mark.parametrize(
    "retry_after",
    [lambda: "0.4", lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)],
    ids=["seconds", "date"],
)
def test_the_next_try_waits_as_long_as_the_server_says(retry_after: Callable[[], str]) -> None:
    async def asked(backend: ChatBackend, _: Server) -> float:
        start = time.monotonic()
        assert await _whole(backend) == TEXT
        return time.monotonic() - start

    assert _served(failing(429, retry_after=retry_after()), replying(TEXT), to=asked) >= 0.4


@pytest.mark.parametrize("retry_after", ["60", "Thu, 01 Jan 2099 00:00:00 GMT"])
def test_a_server_that_wants_more_time_than_there_is_fails_at_once(retry_after: str) -> None:
    async def asked(backend: ChatBackend, server: Server) -> int:
        assert isinstance(await _error(backend, server), LlmUnavailableError)
        return len(server.requests)

    assert _served(failing(503, retry_after=retry_after), replying(TEXT), to=asked) == 1


@pytest.mark.parametrize(
    "retry_after", ["soon", "-3", "nan", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2300"]
)
def test_a_time_that_means_nothing_is_no_time(retry_after: str) -> None:
    assert _served(failing(503, retry_after=retry_after), replying(TEXT), to=_reply) == TEXT


# --- one that is left alone


async def _failures(backend: ChatBackend, times: int) -> None:
    for _ in range(times):
        with pytest.raises(LlmUnavailableError):
            await _whole(backend)


def test_a_server_that_fails_five_times_is_left_alone() -> None:
    async def asked(backend: ChatBackend, server: Server) -> int:
        await _failures(backend, 5)
        with pytest.raises(LlmUnavailableError, match="left alone"):
            await _whole(backend)
        return len(server.requests)

    assert _served(failing(401), to=asked) == 5


def test_a_server_left_alone_is_tried_again_by_one() -> None:
    async def asked(backend: ChatBackend, server: Server) -> tuple[list[object], int]:
        await _failures(backend, 5)
        await asyncio.sleep(0.15)
        tried = await asyncio.gather(*(_whole(backend) for _ in range(3)), return_exceptions=True)
        return [*tried, await _whole(backend)], len(server.requests)

    slow = replying(TEXT, first_s=0.1)
    found, requests = _served(*[failing(401)] * 5, slow, to=asked, rest_s=0.1)
    assert [one for one in found if one == TEXT] == [TEXT, TEXT]
    assert requests == 7


def test_a_reply_counts_the_failures_anew() -> None:
    async def asked(backend: ChatBackend, _: Server) -> str:
        await _failures(backend, 4)
        await _whole(backend)
        await _failures(backend, 4)
        return await _whole(backend)

    refusals = [failing(401)] * 4
    assert _served(*refusals, replying(TEXT), *refusals, replying(TEXT), to=asked) == TEXT


def test_replies_that_nobody_waits_for_are_no_failures() -> None:
    async def asked(backend: ChatBackend, server: Server) -> str:
        for times in range(1, 7):
            task = asyncio.create_task(_whole(backend))
            await _requested(server, times)
            task.cancel()
        return await _whole(backend)

    assert _served(*[silent()] * 6, replying(TEXT), to=asked) == TEXT


# --- who asks goes away


def test_a_reply_closed_before_its_end_leaves_nothing() -> None:
    async def closed(backend: ChatBackend, server: Server) -> int:
        reply = backend.reply(ASKED, time.monotonic() + WITHIN_S)
        assert await anext(reply) == "So"
        await reply.aclose()
        await server.until_served()
        await no_task_left()
        return server.open_connections

    assert _served(stalling("So far so good"), to=closed) == 0


@pytest.mark.parametrize("script", [stalling("So far"), silent(), endless(pause_s=0.001)])
def test_a_task_cancelled_meanwhile_leaves_nothing(script: Script) -> None:
    async def cancelled(backend: ChatBackend, server: Server) -> int:
        task = asyncio.create_task(_whole(backend))
        await _requested(server, 1)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.until_served()
        return server.open_connections

    assert _served(script, to=cancelled) == 0


def test_tasks_cancelled_at_any_moment_use_up_no_connection() -> None:
    async def asked(backend: ChatBackend, _: Server) -> str:
        for turns in range(60):
            tasks = [asyncio.create_task(_whole(backend)) for _ in range(2)]
            for _turn in range(turns):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return await _whole(backend)

    assert _served(replying(TEXT), to=asked, connections=1) == TEXT


def test_a_reply_that_is_never_begun_asks_nothing() -> None:
    async def unbegun(backend: ChatBackend, server: Server) -> int:
        await backend.reply(ASKED, time.monotonic() + WITHIN_S).aclose()
        return len(server.requests)

    assert _served(replying(TEXT), to=unbegun) == 0


def test_waiting_for_a_connection_ends_by_the_deadline() -> None:
    async def asked(backend: ChatBackend, server: Server) -> int:
        first = asyncio.create_task(_whole(backend))
        await _requested(server, 1)
        with pytest.raises(LlmTimeoutError):
            await _whole(backend, 0.2)
        first.cancel()
        return len(server.requests)

    assert _served(silent(), to=asked, connections=1) == 1


def test_waiting_for_a_connection_is_no_failure_of_the_server() -> None:
    async def asked(backend: ChatBackend, server: Server) -> str:
        first = asyncio.create_task(_whole(backend))
        await _requested(server, 1)
        late = await asyncio.gather(*(_whole(backend, 0.2) for _ in range(7)), return_exceptions=True)
        assert {type(error) for error in late} == {LlmTimeoutError}
        first.cancel()
        return await _whole(backend)

    assert _served(silent(), replying(TEXT), to=asked, connections=1) == TEXT


async def _late(backend: ChatBackend, within_s: float) -> bool:
    """Whether the server was asked, and had no time to end its reply."""
    try:
        await _whole(backend, within_s)
    except LlmTimeoutError:
        return True
    except LlmUnavailableError:
        return False
    raise AssertionError


def test_a_server_that_had_little_of_the_time_is_spared() -> None:
    loaded = threading.Event()

    async def asked(backend: ChatBackend, _: Server) -> str:
        assert all([await _late(backend, 0.1) for _ in range(6)])
        loaded.set()
        return await _whole(backend)

    assert _served(lambda _: replying(TEXT) if loaded.is_set() else silent(), to=asked, timeout_s=4) == TEXT


def test_a_server_that_had_half_of_the_time_is_not_spared() -> None:
    async def asked(backend: ChatBackend, _: Server) -> bool:
        # On a busy machine the time may be over before it is asked, which is no failure of the server.
        return all([await _late(backend, 0.1) for _ in range(50)])

    assert not _served(silent(), to=asked, timeout_s=0.1)


def test_the_pause_that_a_server_asks_for_is_none_of_its_time() -> None:
    loaded = threading.Event()
    begun = 0

    def play(_: Request) -> Script:
        nonlocal begun
        begun += 1
        if loaded.is_set():
            return replying(TEXT)
        return failing(429, retry_after="0.6") if begun <= 6 else silent()

    async def asked(backend: ChatBackend, _: Server) -> str:
        assert all(await asyncio.gather(*(_late(backend, 2) for _ in range(6))))
        loaded.set()
        return await _whole(backend)

    assert _served(play, to=asked, timeout_s=3) == TEXT


def test_a_connection_given_back_serves_who_waited() -> None:
    async def asked(backend: ChatBackend, server: Server) -> tuple[list[str], int]:
        return await asyncio.gather(*(_whole(backend) for _ in range(5))), server.open_connections

    assert _served(replying(TEXT, first_s=0.02), to=asked, connections=2) == ([TEXT] * 5, 2)


# --- what nobody may see, and what nobody but the operator says


def _echoing(request: Request) -> Script:
    said = {"message": f"{request.prompt} {request.headers}", "type": KEY, "code": request.headers["authorization"]}
    return Script((json.dumps({"error": said, "detail": said}).encode(),), 400, "application/json")


def _echoing_late(request: Request) -> Script:
    return broken_off("So ", {"error": f"{request.prompt} {request.headers}"})


def _echoing_nonsense(request: Request) -> Script:
    return Script((f"data: {request.prompt!r} {request.headers}\n\n".encode(),))


@pytest.mark.parametrize("play", [_echoing, _echoing_late, _echoing_nonsense, replying(TEXT), failing(500), silent()])
def test_neither_key_nor_prompt_is_in_an_error_a_repr_or_a_log(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def shown(backend: ChatBackend, _: Server) -> str:
        try:
            await _whole(backend, 0.5)
        except (LlmUnavailableError, LlmTimeoutError) as error:
            return f"{error!r} {error} {error.__cause__!r} {backend!r} {vars(backend)}"
        return f"{backend!r} {vars(backend)}"

    seen = _served(play, to=shown, api_key=KEY, headers={"x-secret": KEY}) + caplog.text
    assert KEY not in seen
    assert "Suffolk" not in seen


def test_an_error_code_is_told_since_it_says_what_to_mend() -> None:
    told = str(_served(failing(404), to=_error))
    assert "(overloaded)" in told
    assert "RAG_LLM_MODEL" in told


@pytest.mark.parametrize(
    ("base_url", "given"),
    [
        ("127.0.0.1:8000/v1", {}),
        ("ftp://127.0.0.1/v1", {}),
        ("http://", {}),
        ("http://127.0.0.1:port/v1", {}),
        (f"http://me:{KEY}@127.0.0.1/v1", {}),
        ("http://127.0.0.1/v1", {"api_key": f"{KEY}\r\nx: y"}),
        ("http://127.0.0.1/v1", {"api_key": f"{KEY}ä"}),
        ("http://127.0.0.1/v1#part", {}),
        ("http://127.0.0.1/v1/chat/completions", {}),
        ("http://127.0.0.1/v1/chat/completions/?a=b", {}),
        ("http://127.0.0.1:0/v1", {}),
        ("http://127.0.0.1:70000/v1", {}),
        ("http://127.0.0.1/v1", {"headers": {"x-key": f"{KEY}\n"}}),
    ],
)
def test_what_cannot_be_sent_is_refused_without_showing_it(base_url: str, given: Mapping[str, Any]) -> None:
    with pytest.raises(SettingError, match="RAG_LLM_") as raised:
        ChatBackend(base_url, "any", **given)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    "name",
    [
        *("", "bad name", "x:", "é", f"Authorization: {KEY}", "X-A\n"),
        *("Host", "Content-Length", "transfer-encoding", "Accept-Encoding", "CONNECTION", "AUTHORIZATION"),
    ],
)
def test_headers_that_would_spoil_each_request_are_refused(name: str) -> None:
    with pytest.raises(SettingError, match="RAG_LLM_HEADERS") as raised:
        ChatBackend("http://127.0.0.1/v1", "any", api_key="other", headers={name: "v"})
    assert KEY not in str(raised.value)


def test_a_header_named_twice_is_refused() -> None:
    with pytest.raises(SettingError, match="RAG_LLM_HEADERS names a header twice"):
        ChatBackend("http://127.0.0.1/v1", "any", headers={"X-A": "1", "x-a": "2"})


def test_a_header_takes_the_place_of_a_usual_one_however_it_is_spelt() -> None:
    async def asked(backend: ChatBackend, server: Server) -> Request:
        await _whole(backend)
        return server.requests[0]

    request = _served(replying(TEXT), to=asked, headers={"ACCEPT": "*/*", "Authorization": "Basic eA=="})
    assert (request.headers["accept"], request.headers["authorization"]) == ("*/*", "Basic eA==")


def test_the_environment_names_neither_proxy_nor_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password sesame\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    async def asked(backend: ChatBackend, server: Server) -> bool:
        assert await _whole(backend) == TEXT
        return "authorization" in server.requests[0].headers

    assert not _served(replying(TEXT), to=asked)
