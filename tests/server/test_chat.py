from collections.abc import AsyncGenerator, Iterator
from contextlib import closing
from pathlib import Path

import anyio
import anyio.lowlevel
import httpx
import openai
import pytest
from starlette.types import Message

from rag import Library
from rag.client.replies import AskReply, CompletionReply
from server.chat import streamed
from tests.server.conftest import Start
from tests.server.official import NESTS, OFF_TOPIC, asked, chunks, opened, own


@pytest.fixture(scope="module")
def official(client: httpx.Client) -> Iterator[openai.OpenAI]:
    with opened(client) as found:
        yield found


def test_an_answer_is_that_of_ask(official: openai.OpenAI, client: httpx.Client) -> None:
    found = official.chat.completions.create(model="rag", messages=asked(NESTS))
    ours = AskReply.model_validate(client.post("/v1/ask", json={"question": NESTS}).json())
    assert found.choices[0].message.content == ours.answer
    assert found.choices[0].finish_reason == "stop"
    assert found.model == "rag"
    assert found.id.startswith("ans_")
    members = own(found)
    assert (members["status"], members["confidence"], members["degraded"]) == ("answered", ours.confidence, None)
    assert members["citations"] == [c.model_dump(mode="json") for c in ours.citations]
    CompletionReply.model_validate_json(found.model_dump_json(exclude_unset=True))


def test_an_abstention_is_a_plain_sentence(official: openai.OpenAI) -> None:
    found = official.chat.completions.create(model="rag", messages=asked(OFF_TOPIC))
    message = found.choices[0].message
    assert message.content
    assert "[1]" not in message.content
    assert message.annotations == []
    ours = own(found)
    assert (ours["status"], ours["citations"]) == ("abstained", [])
    assert ours["abstained_because"]


def test_a_follow_up_is_understood_from_the_conversation(official: openai.OpenAI) -> None:
    found = official.chat.completions.create(
        model="rag",
        messages=[
            {"role": "user", "content": "How much did the Orwell bridge cost?"},
            {"role": "assistant", "content": "The bridge cost 24 million pounds to build. [1]"},
            {"role": "user", "content": "When did it open?"},
        ],
    )
    assert "December 1982" in (found.choices[0].message.content or "")
    assert "bridge" in own(found)["rewritten_question"]


async def _both(base_url: str) -> tuple[str, str]:
    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0) as opened:
        whole = await opened.chat.completions.create(model="rag", messages=asked(NESTS))
        async with await opened.chat.completions.create(model="rag", messages=asked(NESTS), stream=True) as stream:
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
        return whole.choices[0].message.content or "", "".join(pieces)


def test_the_asynchronous_client_gets_the_same(client: httpx.Client) -> None:
    whole, streamed = anyio.run(_both, f"{client.base_url}/v1")
    assert whole == streamed
    assert "160 nests" in whole


def test_a_client_may_stop_in_mid_stream(official: openai.OpenAI) -> None:
    with official.chat.completions.create(model="rag", messages=asked(NESTS), stream=True) as stream:
        assert next(stream).choices[0].delta.role == "assistant"
    assert chunks(official, NESTS)[-1].choices[0].finish_reason == "stop"


def test_a_stream_stops_when_its_client_goes() -> None:
    ended = []

    async def endless() -> AsyncGenerator[dict[str, object]]:
        try:
            while True:
                yield {"choices": []}
        finally:
            ended.append(True)

    async def hang_up() -> int:
        sent = 0
        third = anyio.Event()

        async def receive() -> Message:
            await third.wait()
            return {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            nonlocal sent
            sent += 1
            if sent == 3:
                third.set()
            await anyio.lowlevel.checkpoint()

        await streamed(endless(), "/v1/chat/completions")({"type": "http", "method": "POST"}, receive, send)
        return sent

    assert anyio.run(hang_up) < 20
    assert ended


@pytest.fixture
def two(own_index: Path, tmp_path: Path) -> Iterator[Library]:
    """A library with a collection beside the default one."""
    (tmp_path / "ships.txt").write_text("The Vasa sank on 10 August 1628, after 1,300 metres of its first voyage.\n")
    with closing(Library(own_index)) as opened:
        opened.ingest([tmp_path / "ships.txt"], "ships")
        yield opened


def test_a_model_stands_for_a_collection(start: Start, two: Library) -> None:
    with opened(start(two)) as official:
        assert [model.id for model in official.models.list()] == ["rag", "rag/ships"]
        assert official.models.retrieve("rag/ships").id == "rag/ships"
        assert official.models.retrieve("rag").object == "model"
        with pytest.raises(openai.NotFoundError, match="There is no model"):
            official.models.retrieve("rag/boats")
        found = official.chat.completions.create(model="rag/ships", messages=asked("When did the Vasa sink?"))
        assert "10 August 1628" in (found.choices[0].message.content or "")
        annotations = found.choices[0].message.annotations
        assert annotations
        assert "Vasa" in httpx.get(annotations[0].url_citation.url, headers={"Accept": "text/plain"}).text
        elsewhere = official.chat.completions.create(model="rag", messages=asked("When did the Vasa sink?"))
        assert "1628" not in (elsewhere.choices[0].message.content or "")


def test_a_conversation_has_an_end(client: httpx.Client) -> None:
    said = [{"role": "assistant", "content": "Yes."}] * 999
    body = {"model": "rag", "messages": [*said, {"role": "user", "content": NESTS}]}
    assert client.post("/v1/chat/completions", json=body).status_code == 200
    refused = client.post("/v1/chat/completions", json={**body, "messages": [*said, *said]})
    assert refused.status_code == 422
    assert "messages" in refused.json()["error"]["message"]
    assert "1000" in refused.json()["error"]["message"]


def test_a_wrong_key_is_told_in_words(start: Start, two: Library) -> None:
    two.store.keys.create("reader", write=False)
    with opened(start(two), "wrong") as official:
        for attempt in (
            lambda: official.chat.completions.create(model="rag", messages=asked(NESTS)),
            official.models.list,
        ):
            with pytest.raises(openai.AuthenticationError, match="key"):
                attempt()


def test_a_key_sees_the_models_of_its_collections_only(start: Start, two: Library) -> None:
    _, key = two.store.keys.create("reader", write=False, collections=["ships"])
    with opened(start(two), key) as official:
        assert [model.id for model in official.models.list()] == ["rag/ships"]
        assert official.chat.completions.create(model="rag/ships", messages=asked(NESTS)).choices
        with pytest.raises(openai.PermissionDeniedError, match="does not open the collection 'default'"):
            official.chat.completions.create(model="rag", messages=asked(NESTS))
        with pytest.raises(openai.PermissionDeniedError):
            official.models.retrieve("rag/secret")


def test_a_browser_key_is_told_no_scores(start: Start, two: Library) -> None:
    _, key = two.store.keys.create("page", write=False, origins=["https://example.org"])
    with opened(start(two), key) as official:
        found = official.chat.completions.create(
            model="rag", messages=asked(NESTS), extra_headers={"Origin": "https://example.org"}
        )
    assert [c["score"] for c in own(found)["citations"]] == [None]
    assert 0 < own(found)["confidence"] < 1
