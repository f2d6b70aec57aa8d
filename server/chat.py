"""The routes that chat programs know: OpenAI's chat completions and models, over the same answers as `/v1/ask`."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial
from time import monotonic

import orjson
from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rag import DEFAULT_COLLECTION, Library, NotFoundError
from rag.client.replies import ChatProblemReply, CompletionReply, ModelReply, ModelsReply
from rag.settings import Settings
from server.access import access_of, as_allowed, check_access
from server.asked import read_body
from server.completions import completion_json
from server.conversation import ChatRequest
from server.describe import body_of, problems
from server.limits import Gate
from server.stream import HEARTBEAT_S, MEDIA_TYPE, SEND_TIMEOUT_S, STOPPING_S, heartbeat, problem_of
from server.telling import Telling
from server.wire import Json
from server.writing import Question, Writing

_MODEL = "rag"
"""The model that answers from the default collection; those of other collections stand below it."""
_EVENT = {
    "type": "object",
    "description": "One event: a `chat.completion.chunk` as JSON, or `[DONE]`.",
    "properties": {"data": {"type": "string"}},
    "required": ["data"],
}


class Chat:
    """Answers conversations from a library, through a gate."""

    def __init__(self, library: Library, gate: Gate, settings: Settings, writing: Writing) -> None:
        """Serve a library."""
        self._library = library
        self._gate = gate
        self._writing = writing
        self._settings = settings

    def routes(self) -> APIRouter:
        """The routes, described for OpenAPI."""
        router = APIRouter(tags=["chat"])
        refused = (401, 403, 404, 408, 413, 421, 422, 429, 500, 503)
        router.add_api_route(
            "/v1/chat/completions",
            self.complete,
            methods=["POST"],
            response_model=CompletionReply,
            responses={
                200: {"content": {MEDIA_TYPE: {"schema": _EVENT}}},
                **problems(400, 415, *refused, model=ChatProblemReply),
            },
            openapi_extra=body_of(ChatRequest),
        )
        router.add_api_route(
            "/v1/models",
            self.models,
            response_model=ModelsReply,
            responses=problems(401, 413, 421, 429, 500, 503, model=ChatProblemReply),
        )
        router.add_api_route(
            "/v1/models/{model:path}",
            self.model,
            response_model=ModelReply,
            responses=problems(*refused, model=ChatProblemReply),
        )
        return router

    async def complete(self, request: Request) -> Response:
        """The answer to the last user message, in OpenAI's shape; as a stream of chunks where asked for.

        Our own members stand under `rag`, with every citation; `annotations` point to the quotes in the answer.
        """
        since = monotonic()
        asked = await read_body(request, ChatRequest)
        question, collection = self._question(asked), _collection(asked.model)
        check_access(request, collection)
        history = asked.history(self._settings.max_history)
        ask = partial(self._library.ask, question, collection, history=history)
        told = Telling(
            self._writing,
            Question(ask, collection, history, "auto", since),
            asked.model,
            [*(turn.content for turn in history), question],
            str(request.base_url),
            partial(as_allowed, request),
        )
        usage = asked.stream_options is not None and asked.stream_options.include_usage is True
        try:
            if asked.stream:
                return streamed(await told.chunks(usage), request.url.path)
            return _json(completion_json(await told.whole()))
        except NotFoundError:
            raise _unknown(asked.model) from None

    async def models(self, request: Request) -> Response:
        """A model for each collection that the key opens."""
        access = access_of(request)
        found = await self._gate.run(self._library.collections)
        return _json({"object": "list", "data": [_model(info.name) for info in found if access.sees(info.name)]})

    async def model(self, request: Request, model: str) -> Response:
        """One model."""
        collection = _collection(model)
        check_access(request, collection)
        if collection not in {info.name for info in await self._gate.run(self._library.collections)}:
            raise _unknown(model)
        return _json(_model(collection))

    def _question(self, asked: ChatRequest) -> str:
        question, most = asked.question(), self._settings.max_question
        if len(question) > most:
            raise HTTPException(
                422, f"messages: the last message of the user may have {most:,} characters at most (RAG_MAX_QUESTION)"
            )
        return question


def _collection(model: str) -> str:
    """The collection that a model answers from; whether there is one shows when it is asked."""
    kind, separate, collection = model.partition("/")
    if kind != _MODEL or (separate and not collection):
        raise _unknown(model)
    return collection or DEFAULT_COLLECTION


def _unknown(model: str) -> HTTPException:
    return HTTPException(404, f"There is no model {model[:100]!r}; GET /v1/models lists those there are.")


def _model(collection: str) -> Json:
    name = _MODEL if collection == DEFAULT_COLLECTION else f"{_MODEL}/{collection}"
    return {"id": name, "object": "model", "created": 0, "owned_by": _MODEL}


def _json(body: Json) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


def streamed(chunks: AsyncGenerator[Json], instance: str) -> EventSourceResponse:
    """Chunks as events without a name, then `[DONE]`; an error on the way is a chunk of its own."""
    return EventSourceResponse(
        _events(chunks, instance),
        ping=HEARTBEAT_S,
        ping_message_factory=heartbeat,
        sep="\n",
        send_timeout=SEND_TIMEOUT_S,
        shutdown_grace_period=STOPPING_S,
    )


async def _events(chunks: AsyncGenerator[Json], instance: str) -> AsyncIterator[ServerSentEvent]:
    try:
        async with aclosing(chunks):
            async for chunk in chunks:
                yield _event(chunk)
    except Exception as error:  # noqa: BLE001 - the status is sent: the stream has to say it
        yield _event(problem_of(error, instance))
    yield ServerSentEvent("[DONE]", sep="\n")


def _event(data: Json) -> ServerSentEvent:
    return ServerSentEvent(orjson.dumps(data).decode(), sep="\n")
