import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx
import pytest

from rag.errors import LlmTimeoutError
from rag.generate.connections import Connections
from tests.llm.scripted import no_task_left

T = TypeVar("T")
WITHIN_S = 30
"""Where time is not what is tested."""


def _run(scene: Coroutine[None, None, T]) -> T:
    faults: list[dict[str, Any]] = []

    async def whole() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        found = await scene
        await no_task_left(WITHIN_S)
        return found

    found = asyncio.run(whole())
    assert not faults
    return found


async def _used(connections: Connections, fault: BaseException | None = None) -> httpx.AsyncClient:
    try:
        async with connections.one(time.monotonic() + WITHIN_S) as http:
            if fault:
                raise fault
    except (OSError, asyncio.CancelledError):
        pass
    return http


def test_a_connection_whose_reply_ended_is_lent_again() -> None:
    async def scene() -> bool:
        connections = Connections(2, httpx.AsyncClient)
        first, second = await _used(connections), await _used(connections)
        kept = first is second and not first.is_closed
        await connections.aclose()
        return kept and first.is_closed

    assert _run(scene())


@pytest.mark.parametrize("fault", [OSError(), asyncio.CancelledError()])
def test_a_connection_whose_reply_broke_off_is_closed(fault: BaseException) -> None:
    async def scene() -> bool:
        connections = Connections(1, httpx.AsyncClient)
        first, second = await _used(connections, fault), await _used(connections)
        await connections.aclose()
        return first is not second and first.is_closed

    assert _run(scene())


def test_no_more_are_lent_at_once_than_there_are() -> None:
    async def scene() -> tuple[int, int]:
        connections, lent, most = Connections(3, httpx.AsyncClient), 0, 0

        async def use() -> None:
            nonlocal lent, most
            async with connections.one(time.monotonic() + WITHIN_S):
                lent += 1
                most = max(most, lent)
                await asyncio.sleep(0)
                lent -= 1

        await asyncio.gather(*(use() for _ in range(20)))
        await connections.aclose()
        return most, lent

    assert _run(scene()) == (3, 0)


def test_where_none_is_free_by_the_deadline_the_setting_is_named() -> None:
    async def scene() -> None:
        connections = Connections(1, httpx.AsyncClient)
        async with connections.one(time.monotonic() + WITHIN_S):
            with pytest.raises(LlmTimeoutError, match="RAG_LLM_CONNECTIONS"):
                async with connections.one(time.monotonic() + 0.01):
                    pass
        await _used(connections)
        await connections.aclose()

    _run(scene())


def test_closing_waits_for_those_that_were_given_up() -> None:
    async def scene() -> bool:
        connections = Connections(1, httpx.AsyncClient)
        given_up = await _used(connections, OSError())
        await connections.aclose()
        return given_up.is_closed

    assert _run(scene())


async def _using(connections: Connections, ended: asyncio.Event) -> tuple[asyncio.Task[None], httpx.AsyncClient]:
    """A reply under way, with its connection."""
    lent: asyncio.Future[httpx.AsyncClient] = asyncio.get_running_loop().create_future()

    async def use() -> None:
        async with connections.one(time.monotonic() + WITHIN_S) as http:
            lent.set_result(http)
            await ended.wait()

    using = asyncio.create_task(use())
    return using, await lent


def test_closing_waits_for_a_reply_that_ends_by_itself_and_keeps_nothing() -> None:
    async def scene() -> tuple[bool, bool]:
        connections, ended = Connections(1, httpx.AsyncClient, grace_s=WITHIN_S), asyncio.Event()
        _, lent = await _using(connections, ended)
        closing = asyncio.create_task(connections.aclose())
        for _turn in range(9):
            await asyncio.sleep(0)
        waits = not closing.done()
        ended.set()
        await closing
        return waits, lent.is_closed

    assert _run(scene()) == (True, True)


def test_closing_waits_for_a_reply_that_was_just_cancelled() -> None:
    async def scene() -> bool:
        connections = Connections(1, httpx.AsyncClient, grace_s=WITHIN_S)
        using, lent = await _using(connections, asyncio.Event())
        using.cancel()
        await connections.aclose()
        return lent.is_closed

    assert _run(scene())


def test_a_reply_that_nobody_ends_holds_closing_up_for_its_grace_only() -> None:
    async def scene() -> tuple[bool, bool]:
        connections, ended = Connections(1, httpx.AsyncClient, grace_s=0), asyncio.Event()
        using, lent = await _using(connections, ended)
        async with asyncio.timeout(WITHIN_S):
            await connections.aclose()
        before = lent.is_closed
        ended.set()
        await using
        await asyncio.sleep(0)
        return before, lent.is_closed

    assert _run(scene()) == (False, True)


def test_a_connection_that_stays_idle_is_closed() -> None:
    async def scene() -> bool:
        connections = Connections(8, httpx.AsyncClient, keep_s=0)
        idle = await _used(connections)
        async with asyncio.timeout(WITHIN_S):
            while not idle.is_closed:  # noqa: ASYNC110 - a client tells nobody
                await asyncio.sleep(0)
        return await _used(connections) is not idle

    assert _run(scene())


def test_a_connection_that_is_lent_again_in_time_stays_open() -> None:
    async def scene() -> tuple[bool, bool]:
        connections = Connections(1, httpx.AsyncClient, keep_s=0)
        first = await _used(connections)
        async with connections.one(time.monotonic() + WITHIN_S) as second:
            for _turn in range(9):
                await asyncio.sleep(0)
            return second is first, second.is_closed

    assert _run(scene()) == (True, False)


def test_a_connection_that_cannot_be_made_uses_up_no_place() -> None:
    async def scene() -> None:
        faults = iter([True, False])

        def client() -> httpx.AsyncClient:
            if next(faults):
                raise OSError
            return httpx.AsyncClient()

        connections = Connections(1, client)
        with pytest.raises(OSError):  # noqa: PT011 - it has no message
            await connections.one(time.monotonic() + WITHIN_S).__aenter__()
        async with connections.one(time.monotonic() + 0.01):
            pass
        await connections.aclose()

    _run(scene())
