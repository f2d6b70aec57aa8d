"""The backend and the service against a real server of llama.cpp; run by `make test-llm`, not by the suite.

Its model has chance weights: it writes nonsense, of which nothing may be served.
"""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from rag import Library
from rag.errors import LlmTimeoutError, LlmUnavailableError
from rag.generate import ChatBackend
from rag.records import Message
from tests.llm.real_server import MODEL, served
from tests.llm.scripted import no_task_left
from tests.llm.tiny import tiny_model
from tests.program import NESTS
from tests.server.conftest import Start, start

ASKED = [Message("system", "Answer in one sentence."), Message("user", "What did the bridge cost?")]
LATE_S = 0.2
__all__ = ["start"]


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("llm")
    with served(tiny_model(folder / "tiny.gguf"), folder / "server.log") as url:
        yield url


async def _pieces(backend: ChatBackend, within_s: float) -> list[str]:
    try:
        async with aclosing(backend.reply(ASKED, time.monotonic() + within_s)) as reply:
            return [piece async for piece in reply]
    finally:
        await backend.aclose()


def test_a_reply_streams_in_pieces(base_url: str) -> None:
    pieces = asyncio.run(_pieces(ChatBackend(base_url, MODEL, max_tokens=40), 120))
    print(f"\n{len(pieces)} pieces: {''.join(pieces)[:200]!r}")
    assert len(pieces) > 1


def test_the_same_question_gets_the_same_reply(base_url: str) -> None:
    first, second = (asyncio.run(_pieces(ChatBackend(base_url, MODEL, max_tokens=40), 120)) for _ in range(2))
    assert "".join(first) == "".join(second)


def test_the_deadline_ends_a_reply(base_url: str) -> None:
    begin = time.monotonic()
    with pytest.raises(LlmTimeoutError):
        asyncio.run(_pieces(ChatBackend(base_url, MODEL, max_tokens=10_000), 0.5))
    seconds = time.monotonic() - begin
    print(f"\nended after {seconds:.3f} s of 0.5")
    assert seconds < 0.5 + LATE_S


def test_a_reply_that_is_closed_lets_the_next_one_in(base_url: str) -> None:
    async def closed() -> list[str]:
        async with aclosing(ChatBackend(base_url, MODEL, max_tokens=10_000)) as backend:
            async with aclosing(backend.reply(ASKED, time.monotonic() + 120)) as reply:
                await anext(reply)
            await no_task_left()  # its connection is closed by a task of its own
        return await _pieces(ChatBackend(base_url, MODEL, max_tokens=5), 60)

    assert asyncio.run(closed())


def test_a_prompt_beyond_the_context_is_an_error_that_says_so(base_url: str) -> None:
    async def asked() -> None:
        too_long = [Message("user", "heron " * 20_000)]
        async with (
            aclosing(ChatBackend(base_url, MODEL)) as backend,
            aclosing(backend.reply(too_long, time.monotonic() + 120)) as reply,
        ):
            async for _ in reply:
                pass

    with pytest.raises(LlmUnavailableError) as raised:
        asyncio.run(asked())
    print(f"\n{raised.value}")


def test_what_a_model_makes_up_is_not_served(base_url: str, library: Library, start: Start) -> None:
    client = start(llm_base_url=base_url, llm_model=MODEL, llm_reply_tokens=60, llm_timeout_s=120)
    answer = client.post("/v1/ask", json={"question": NESTS, "mode": "llm"}, timeout=150).json()
    print(f"\nmode {answer['mode']}, degraded {answer['degraded']}, removed {answer['removed_sentences']}")
    texts = {c["document_id"]: library.text(c["document_id"]) for c in answer["citations"]}
    assert answer["citations"]
    assert all(texts[c["document_id"]][c["start"] : c["end"]] == c["quote"] for c in answer["citations"])
    assert answer["mode"] == "extractive"
    assert answer["degraded"] == "llm_unsupported"
    assert re.search(r"\b160 nests\b", answer["answer"])
