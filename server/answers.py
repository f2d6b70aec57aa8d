"""The routes that answer: ask, search and verify."""

from functools import partial
from time import monotonic

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from rag import Library, QuoteCheck, Turn
from rag.client.replies import AskReply, SearchReply, VerifyReply
from server import stream
from server.access import as_allowed, check_access
from server.asked import AskRequest, SearchRequest, VerifyRequest, read_body
from server.describe import body_of, problems
from server.limits import Gate
from server.wire import Json, answer_json, checks_json, search_json
from server.writing import Question, Writing


class Answers:
    """Answers from a library, through a gate."""

    def __init__(self, library: Library, gate: Gate, writing: Writing) -> None:
        """Serve a library."""
        self._library = library
        self._gate = gate
        self._writing = writing

    def routes(self) -> APIRouter:
        """The routes, described for OpenAPI."""
        router = APIRouter(tags=["answers"])
        router.add_api_route(
            "/v1/ask",
            self.ask,
            methods=["POST"],
            response_model=AskReply,
            responses={
                **problems(400, 401, 403, 404, 413, 415, 422, 500, 503),
                200: {"content": stream.DESCRIBED},
            },
            openapi_extra=body_of(AskRequest),
        )
        router.add_api_route(
            "/v1/search",
            self.search,
            methods=["POST"],
            response_model=SearchReply,
            responses=problems(400, 401, 403, 404, 413, 415, 422, 500, 503),
            openapi_extra=body_of(SearchRequest),
        )
        router.add_api_route(
            "/v1/verify",
            self.verify,
            methods=["POST"],
            response_model=VerifyReply,
            responses=problems(400, 401, 403, 404, 413, 415, 422, 500, 503),
            openapi_extra=body_of(VerifyRequest),
        )
        return router

    async def ask(self, request: Request) -> Response:
        """An answer with citations, or an abstention with the nearest passages; as events where asked for."""
        since = monotonic()
        asked = await read_body(request, AskRequest)
        check_access(request, asked.collection)
        question = self._question(asked, since)
        if stream.wants_events(request, asked.stream):
            events = stream.answer_events(self._writing.answers(question), partial(as_allowed, request))
            return await stream.respond(events, request.url.path)
        return _json(as_allowed(request, answer_json(await self._writing.answer(question))))

    async def search(self, request: Request) -> Response:
        """Ranked passages."""
        asked = await read_body(request, SearchRequest)
        check_access(request, asked.collection)
        work = partial(self._library.search, asked.query, asked.collection, asked.top_k, asked.filters.filters())
        return _json(as_allowed(request, search_json(asked.query, await self._gate.run(work))))

    async def verify(self, request: Request) -> Response:
        """What became of each quote of a saved answer in the documents as they are now."""
        asked = await read_body(request, VerifyRequest)
        check_access(request, asked.collection)
        return _json(checks_json(await self._gate.run(partial(self._checks, asked))))

    def _checks(self, asked: VerifyRequest) -> list[QuoteCheck]:
        return self._library.verify(asked.citations, asked.collection)

    def _question(self, asked: AskRequest, since: float) -> Question:
        history = [Turn(turn.role, turn.content) for turn in asked.history]
        work = partial(
            self._library.ask, asked.question, asked.collection, asked.top_k, asked.filters.filters(), history
        )
        return Question(work, asked.collection, history, asked.mode, since)


def _json(body: Json) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
