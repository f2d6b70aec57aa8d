import asyncio
from collections.abc import Awaitable, Callable

import pytest

from rag.client import ApiError, AsyncClient, Delta, Done, UnreachableError
from tests.client.playing import BREAKS, OK, Reply, playing
from tests.program import NESTS

TOWER = b"The tower of Alnmouth is 31 metres high. Its bell was cast in 1788.\n"


def _with(address: str, scene: Callable[[AsyncClient], Awaitable[None]]) -> None:
    async def run() -> None:
        async with AsyncClient(address) as client:
            await scene(client)

    asyncio.run(run())


def test_many_questions_are_asked_at_a_time(address: str) -> None:
    async def scene(client: AsyncClient) -> None:
        answers = await asyncio.gather(*(client.ask(NESTS) for _ in range(8)))
        assert len({answer.id for answer in answers}) == 8
        assert all("160 nests" in answer.answer for answer in answers)

    _with(address, scene)


def test_a_stream_tells_the_answer_piece_by_piece(address: str) -> None:
    async def scene(client: AsyncClient) -> None:
        async with client.ask_stream(NESTS) as events:
            told = [event async for event in events]
        done = told[-1]
        assert isinstance(done, Done)
        assert "".join(event.text for event in told if isinstance(event, Delta)) == done.answer.answer

    _with(address, scene)


def test_every_reading_call_is_answered(address: str) -> None:
    async def scene(client: AsyncClient) -> None:
        documents = [document async for document in client.documents(page=3)]
        assert [document.source for document in documents][-1] == "lighthouse.txt"
        heron = documents[0]
        assert (await client.document(heron.document_id)).sha256 == heron.sha256
        assert "160 nests" in await client.text(heron.document_id)
        assert (await client.search("barn owl")).hits
        assert (await client.verify(await client.ask(NESTS))).valid
        assert (await client.check("A heronry in Kent counted 160 nests in 2009.")).supported == 1
        assert [c.name for c in await client.collections()] == ["default"]
        assert (await client.health()).status == "ok"
        assert await client.ready()
        with pytest.raises(ApiError, match="nowhere"):
            await client.ask(NESTS, collection="nowhere")

    _with(address, scene)


def test_every_changing_call_is_done(own_address: str) -> None:
    async def scene(client: AsyncClient) -> None:
        await client.create_collection("harbour")
        job = await client.wait(await client.upload(("tower.txt", TOWER), collection="harbour"))
        assert await client.job(job.id) == await client.cancel(job) == job
        answer = await client.ask("How high is the tower of Alnmouth?", collection="harbour")
        assert (await client.feedback(answer, "up", collection="harbour")).citations
        await client.delete(answer.citations[0].document_id, collection="harbour")
        assert [document async for document in client.documents("harbour")] == []
        await client.drop_collection("harbour")
        assert [c.name for c in await client.collections()] == ["default"]

    _with(own_address, scene)


def test_what_was_refused_or_broke_is_tried_again() -> None:
    async def scene(client: AsyncClient) -> None:
        assert (await client.health()).status == "ok"
        with pytest.raises(UnreachableError):
            await client.delete("doc_1")

    with playing(Reply(429, b"{}", (("Retry-After", "0"),)), BREAKS, OK, BREAKS) as service:
        _with(service.address, scene)
    assert [request.split()[0] for request in service.requests] == ["GET", "GET", "GET", "DELETE"]
