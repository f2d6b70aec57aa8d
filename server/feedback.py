"""The route that takes thumbs on answers."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from itertools import accumulate
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rag import DEFAULT_COLLECTION, Library, QuoteCheck, RatedQuote, Rating
from rag.client.replies import FeedbackReply
from server.access import check_access
from server.asked import Collection, Question, QuotedCitation, not_blank, read_body
from server.describe import body_of, problems
from server.limits import Gate
from server.wire import Json

MOST_COMMENT_CHARACTERS = 2000
MOST_CITATIONS = 50
MOST_QUOTED_CHARACTERS = 20_000
"""Of one answer; its extracts have some 700. What is beyond is not kept, so that a client cannot fill the disk."""


class RatedAnswer(BaseModel):
    """A saved answer, or what of it is kept; its text is passed over, since only its quotes can be checked."""

    model_config = ConfigDict(strict=True, frozen=True)

    status: Literal["answered", "abstained"] | None = None
    citations: list[QuotedCitation] = Field(default=[], max_length=MOST_CITATIONS)


class FeedbackRequest(BaseModel):
    """A thumb on an answer."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    answer_id: Annotated[str, Field(pattern=r"^ans_[0-9A-Za-z]{1,60}$", description="`id` of the answer.")]
    rating: Literal["up", "down"]
    comment: str | None = Field(None, max_length=MOST_COMMENT_CHARACTERS)
    collection: Collection = DEFAULT_COLLECTION
    question: Question | None = None
    answer: RatedAnswer | None = None

    @field_validator("question")
    @classmethod
    def _not_blank(cls, question: str | None) -> str | None:
        return None if question is None else not_blank(question)


class Ratings:
    """Keeps thumbs with a library, through a gate."""

    def __init__(self, library: Library, gate: Gate) -> None:
        """Keep them with the documents that were asked."""
        self._library = library
        self._gate = gate

    def routes(self) -> APIRouter:
        """The route, described for OpenAPI."""
        router = APIRouter(tags=["feedback"])
        router.add_api_route(
            "/v1/feedback",
            self.rate,
            methods=["POST"],
            status_code=201,
            response_model=FeedbackReply,
            responses={
                **problems(400, 401, 403, 404, 409, 413, 415, 422, 500, 503),
                200: {"description": "It replaced what was kept of this answer.", "model": FeedbackReply},
            },
            openapi_extra=body_of(FeedbackRequest),
        )
        return router

    async def rate(self, request: Request) -> Response:
        """A thumb up or down, kept with those quotes of the answer that stand in the documents; the last one counts."""
        asked = await read_body(request, FeedbackRequest)
        check_access(request, asked.collection)
        status, body = await self._gate.run(partial(self._keep, asked))
        return Response(orjson.dumps(body), status, media_type="application/json")

    def _keep(self, asked: FeedbackRequest) -> tuple[int, Json]:
        answer = asked.answer or RatedAnswer()
        checks = self._library.verify(answer.citations, asked.collection)
        placed = _placed(answer.citations, checks)
        given = (asked.answer_id, asked.collection, asked.rating, asked.comment, asked.question, answer.status)
        kept = self._library.store.feedback.keep(Rating(*given, tuple(filter(None, placed))))
        if kept is None:
            raise HTTPException(409, f"The answer {asked.answer_id} is not of the collection {asked.collection!r}.")
        rating, first = kept
        return 201 if first else 200, _body(rating, placed, checks)


def _placed(citations: Sequence[QuotedCitation], checks: Sequence[QuoteCheck]) -> list[RatedQuote | None]:
    """Each quote where it stands in its document; `None` where it does not, or is beyond the limit."""
    lengths = accumulate(len(citation.quote) for citation in citations)
    return [
        RatedQuote(check.n, check.document_id, check.start, check.end, citation.quote)
        if check.start is not None and check.end is not None and length <= MOST_QUOTED_CHARACTERS
        else None
        for citation, check, length in zip(citations, checks, lengths, strict=True)
    ]


def _body(rating: Rating, placed: Sequence[RatedQuote | None], checks: Sequence[QuoteCheck]) -> Json:
    dropped = [
        {"n": check.n, "status": _missing(check, quote)}
        for check, quote in zip(checks, placed, strict=True)
        if quote not in rating.quotes
    ]
    kept = asdict(rating)
    return {"citations": kept.pop("quotes"), "dropped": dropped, **kept}


def _missing(check: QuoteCheck, quote: RatedQuote | None) -> str:
    if check.start is None:
        return check.status
    return "over_limit" if quote is None else "gone"  # in between: the document was changed or removed
