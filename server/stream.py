"""Sends an answer as server-sent events: `passages`, then `delta` and `citation`, then `done`, or `error`."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import NamedTuple

import anyio
import orjson
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.requests import Request

from rag import Answer, Claim, RagError
from server.problems import internal, of_rag_error, problem
from server.wire import Json, Sheet, Written, answer_json, passages_json

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_S = 15.0
"""Between signs of life; the proxies in use give up on a silent service after 60 s (nginx, AWS) or 30 s (Heroku)."""
SEND_TIMEOUT_S = 30.0
"""For a client to take an event when the buffers between are full."""
STOPPING_S = 8.0
"""What streams may still take when the service is told to stop; less than the server itself waits."""
_FAREWELL_S = 1.0
"""After that, to say that there will be no answer."""
DESCRIBED = {
    MEDIA_TYPE: {
        "schema": {
            "type": "object",
            "properties": {
                "event": {"enum": ["passages", "delta", "citation", "done", "error"]},
                "data": {"type": "string", "contentMediaType": "application/json"},
            },
            "required": ["event", "data"],
        }
    }
}
"""For OpenAPI, which before version 3.2 has the schema of a stream describe each event."""
_log = logging.getLogger("rag.server")


class Event(NamedTuple):
    """One server-sent event."""

    name: str
    data: Json


def wants_events(request: Request, asked: bool) -> bool:
    """Whether the client asks for a stream, in the body or by `Accept`."""
    return asked or MEDIA_TYPE in request.headers.get("accept", "")


async def answer_events(
    coming: AsyncGenerator[Answer | Claim], allowed: Callable[[Json], Json]
) -> AsyncGenerator[Event]:
    """The events of an answer as it comes; see `server.writing.Writing.answers`.

    The deltas together are the answer, unless an LLM failed after some, or a document that they cite changed: then what
    `done` holds takes their place.
    """
    sheet, final, begun = Sheet(), None, False
    async with aclosing(coming):
        async for found in coming:
            if isinstance(found, Claim):
                begun = True
                for event in _claim_events(sheet.add(found), allowed):
                    yield event
            elif final is None:
                final = found
                yield Event("passages", allowed({"passages": passages_json(found.hits)}))
            else:
                final = found
    assert final is not None
    reply = allowed(answer_json(final))
    for event in () if begun else _reply_events(reply):
        yield event
    yield Event("done", reply)


def _claim_events(written: Written, allowed: Callable[[Json], Json]) -> Iterator[Event]:
    # Text and markers apart: two deltas in a row are how the widget tells the words of an LLM from extracts.
    yield Event("delta", {"text": written.text})
    yield Event("delta", {"text": written.markers})
    for citation in written.citations:
        yield Event("citation", allowed(citation))


def _reply_events(reply: Json) -> Iterator[Event]:
    """The deltas and citations of a finished reply: one delta for each quote, with the markers after it."""
    answer, citations = str(reply["answer"]), reply["citations"]
    assert isinstance(citations, list)
    starts = [citation["answer_span"][0] for citation in citations]
    begins, ends = [0, *starts[1:]], [*starts[1:], len(answer)]
    for citation, begin, end in zip(citations, begins, ends, strict=False):
        yield Event("delta", {"text": answer[begin:end]})
        yield Event("citation", citation)
    if not citations:
        yield Event("delta", {"text": answer})


async def respond(
    events: AsyncGenerator[Event],
    instance: str,
    heartbeat_s: float = HEARTBEAT_S,
    send_timeout_s: float = SEND_TIMEOUT_S,
    stopping_s: float = STOPPING_S,
) -> EventSourceResponse:
    """The events as a response, begun with the first, or with a heartbeat where that is long in coming.

    An error before either is raised, to be an ordinary problem; a later one is the stream's last event.
    """
    first = asyncio.create_task(_next(events))
    try:
        await asyncio.wait({first}, timeout=heartbeat_s)
    except asyncio.CancelledError:
        first.cancel()
        raise
    if first.done() and (error := first.exception()):
        raise error
    stopping = anyio.Event()
    return EventSourceResponse(
        _told(first, events, instance, stopping, stopping_s),
        ping=heartbeat_s,
        ping_message_factory=heartbeat,
        send_timeout=send_timeout_s,
        sep="\n",
        shutdown_event=stopping,
        shutdown_grace_period=stopping_s + _FAREWELL_S,
    )


async def _told(
    first: asyncio.Task[Event | None],
    rest: AsyncGenerator[Event],
    instance: str,
    stopping: anyio.Event,
    stopping_s: float,
) -> AsyncIterator[ServerSentEvent]:
    over = asyncio.create_task(_over(stopping, stopping_s))
    coming = first
    try:
        if not first.done():
            yield heartbeat()
        while event := await _unless(over, coming):
            yield _encoded(event)
            coming = asyncio.create_task(_next(rest))
    except Exception as error:  # noqa: BLE001 - the status is sent: the stream has to say it
        yield _encoded(Event("error", problem_of(error, instance)))
    finally:
        over.cancel()
        if not coming.cancel():  # else the events end with the task that waits for the next of them
            await rest.aclose()


async def _next(events: AsyncIterator[Event]) -> Event | None:
    return await anext(events, None)


async def _over(stopping: anyio.Event, stopping_s: float) -> None:
    """Comes to its end when a service that is told to stop has waited long enough."""
    await stopping.wait()
    await asyncio.sleep(stopping_s)


async def _unless(over: asyncio.Task[None], coming: asyncio.Task[Event | None]) -> Event | None:
    """What comes; not waited for any longer once it is over."""
    try:
        await asyncio.wait({over, coming}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        coming.cancel()
    if coming.done():
        return coming.result()
    await asyncio.wait({coming})
    raise HTTPException(503, "The service stops. Ask again.")


def problem_of(error: Exception, instance: str) -> Json:
    """What an error is in a stream whose status is sent."""
    if isinstance(error, RagError):
        return of_rag_error(error, instance)
    if isinstance(error, HTTPException):
        return problem(error.status_code, error.detail, instance)
    _log.error("a stream of %s broke", instance, exc_info=error)
    return internal(instance)


def _encoded(event: Event) -> ServerSentEvent:
    return ServerSentEvent(orjson.dumps(event.data).decode(), event=event.name, sep="\n")


def heartbeat() -> ServerSentEvent:
    """A comment, which says that the service is there."""
    return ServerSentEvent(comment="heartbeat", sep="\n")
