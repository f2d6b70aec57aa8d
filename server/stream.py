"""Sends an answer as server-sent events: `passages`, then `delta` and `citation`, then `done`, or `error`."""

import logging
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse

from rag import RagError
from server.problems import internal, of_rag_error
from server.wire import Json

MEDIA_TYPE = "text/event-stream"
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_log = logging.getLogger("rag.server")


class Event(NamedTuple):
    """One server-sent event."""

    name: str
    data: Json


def wants_events(request: Request, asked: bool) -> bool:
    """Whether the client asks for a stream, in the body or by `Accept`."""
    return asked or MEDIA_TYPE in request.headers.get("accept", "")


def answer_events(reply: Json) -> Iterator[Event]:
    """The events of a finished reply; its deltas together are its answer."""
    yield Event("passages", {"passages": reply["passages"]})
    answer, citations = str(reply["answer"]), reply["citations"]
    assert isinstance(citations, list)
    starts = [citation["answer_span"][0] for citation in citations]
    begins, ends = [0, *starts[1:]], [*starts[1:], len(answer)]
    for citation, begin, end in zip(citations, begins, ends, strict=False):
        yield Event("delta", {"text": answer[begin:end]})
        yield Event("citation", citation)
    if not citations:
        yield Event("delta", {"text": answer})
    yield Event("done", reply)


async def respond(events: AsyncIterator[Event], instance: str) -> StreamingResponse:
    """The events as a response, begun once there is one: an error before the first is an ordinary problem."""
    first = await anext(events)
    return StreamingResponse(_encoded(first, events, instance), media_type=MEDIA_TYPE, headers=_HEADERS)


async def _encoded(first: Event, rest: AsyncIterator[Event], instance: str) -> AsyncIterator[bytes]:
    yield _bytes(first)
    try:
        async for event in rest:
            yield _bytes(event)
    except RagError as error:
        yield _bytes(Event("error", of_rag_error(error, instance)))
    except Exception:  # noqa: BLE001 - the status is sent: the stream has to say it
        _log.exception("a stream of %s broke", instance)
        yield _bytes(Event("error", internal(instance)))


def _bytes(event: Event) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (event.name.encode(), orjson.dumps(event.data))
