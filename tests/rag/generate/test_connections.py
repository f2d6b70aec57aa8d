import asyncio
import time
from collections.abc import Coroutine
from typing import TypeVar

import httpx
import pytest

from rag.errors import LlmTimeoutError
from rag.generate.connections import Connections

T = TypeVar("T")
WITHIN_S = 30
"""Where time is not what is tested."""


def _run(scene: Coroutine[None, None, T]) -> T:
    async def whole() -> T:
        found = await scene
        async with asyncio.timeout(WITHIN_S):
            while asyncio.all_tasks() != {asyncio.current_task()}:  # noqa: ASYNC110 - tasks tell nobody that they end
                await asyncio.sleep(0)
        return found

    return asyncio.run(whole())


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
