"""Reads an LLM's reply as it comes: finished sentences, the work ended at once when nobody wants them any more."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic

from rag.errors import LlmTimeoutError
from rag.generate.sentences import QUIET_S, Sentences

_LARGEST = 500
"""Characters that are read at once; in between, others have their turn."""
_MOST_PIECES = 256
"""That wait to be read; a faster model waits."""
_GRACE_S = 1.0
"""For a reply to end by itself once its time is up; nobody waits for it."""


async def read_sentences(reply: AsyncGenerator[str], deadline: float) -> AsyncGenerator[str]:
    """The sentences of a reply, each once it is finished; whoever stops before the end closes this generator.

    `deadline` is on the clock of `time.monotonic`.

    Raises:
        LlmTimeoutError: The reply has not ended by the deadline.
        Exception: What the reply raised.
    """
    pieces: asyncio.Queue[str | Exception | None] = asyncio.Queue(_MOST_PIECES)
    pumping = asyncio.create_task(_pump(reply, pieces))
    found = Sentences()
    try:
        while (piece := await _next(pieces, deadline)) is not None:
            for sentence in found.feed(piece) if piece else found.settled():
                yield sentence
            await asyncio.sleep(0)  # a queue that is never empty gives nobody else a turn
        for sentence in found.close():
            yield sentence
    finally:
        _end(pumping, deadline)


def _end(pumping: asyncio.Task[None], deadline: float) -> None:
    """Ends a reply that nobody reads any more: at once, or where its time is up a little after it should end itself.

    It is a task of its own, so that nothing that ends the reader keeps it from closing its connection, and it is not
    cancelled while it may be doing so: an HTTP client that is interrupted there leaves the connection open.
    """
    if monotonic() < deadline:
        pumping.cancel()
    else:
        asyncio.get_running_loop().call_later(_GRACE_S, pumping.cancel)


async def _pump(reply: AsyncGenerator[str], pieces: "asyncio.Queue[str | Exception | None]") -> None:
    try:
        async with aclosing(reply):
            async for piece in reply:
                for start in range(0, len(piece), _LARGEST):
                    await pieces.put(piece[start : start + _LARGEST])
    except Exception as error:  # noqa: BLE001 - for who reads, whatever it is
        await pieces.put(error)
    else:
        await pieces.put(None)


async def _next(pieces: "asyncio.Queue[str | Exception | None]", deadline: float) -> str | None:
    """The next piece, an empty one after a quiet while, `None` at the end."""
    if (left := deadline - monotonic()) <= 0:
        raise LlmTimeoutError("The reply of the LLM did not end by the deadline.")
    try:
        async with asyncio.timeout(min(left, QUIET_S)):  # before Python 3.12 wait_for may lose a cancellation
            piece = await pieces.get()
    except TimeoutError:
        return ""
    if isinstance(piece, Exception):
        raise piece
    return piece
