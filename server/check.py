"""The route that checks a text, sentence by sentence, against passages or against a collection."""

from dataclasses import asdict
from functools import partial
from typing import Annotated

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rag import DEFAULT_COLLECTION, CheckedSentence, Citation, Library, check_passages, split_reply
from rag.client.replies import SupportReply
from server.access import access_of, check_access
from server.asked import Collection, not_blank, read_body
from server.describe import body_of, problems
from server.limits import Gate
from server.wire import Json

MOST_CHARACTERS = 20_000
MOST_SENTENCES = 100
MOST_PASSAGES = 50
"""Of one check. A sentence takes some ten milliseconds; how long passages are together, the limit of the body says."""
_DIGITS = 4


class CheckRequest(BaseModel):
    """A text, and what it is held against."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"not": {"required": ["passages", "collection"]}},
    )

    text: str = Field(min_length=1, max_length=MOST_CHARACTERS, description=f"{MOST_SENTENCES} sentences at most.")
    collection: Collection = DEFAULT_COLLECTION
    passages: (
        Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=MOST_PASSAGES)] | None
    ) = Field(None, description="In place of a collection.")
    markers: bool = Field(
        default=True,
        description="Whether a sentence with [n] must be borne out by the passages it names, the first being 1.",
    )

    @field_validator("text")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        return not_blank(text)

    @model_validator(mode="after")
    def _one_of_two(self) -> "CheckRequest":
        if {"passages", "collection"} <= self.model_fields_set:
            raise ValueError("holds both passages and a collection; give one of them")
        return self


class Check:
    """Checks texts, through a gate."""

    def __init__(self, library: Library, gate: Gate) -> None:
        """Serve a library."""
        self._library = library
        self._gate = gate

    def routes(self) -> APIRouter:
        """The route, described for OpenAPI."""
        router = APIRouter(tags=["answers"])
        router.add_api_route(
            "/v1/check",
            self.check,
            methods=["POST"],
            response_model=SupportReply,
            responses=problems(400, 401, 403, 404, 413, 415, 422, 500, 503),
            openapi_extra=body_of(CheckRequest),
        )
        return router

    async def check(self, request: Request) -> Response:
        """Of each sentence of a text, whether quotes bear it out, which ones, and what stands in none."""
        asked = await read_body(request, CheckRequest)
        if asked.passages is None:
            check_access(request, asked.collection)
        found = await self._gate.run(partial(self._checked, asked))
        scored = not access_of(request).browser
        return Response(orjson.dumps(support_json(found, scored)), media_type="application/json")

    def _checked(self, asked: CheckRequest) -> list[CheckedSentence]:
        if (held := len(split_reply(asked.text))) > MOST_SENTENCES:
            raise HTTPException(422, f"text: holds {held} sentences, over the limit of {MOST_SENTENCES}")
        if asked.passages is None:
            return self._library.check(asked.text, asked.collection)
        return check_passages(asked.text, asked.passages, asked.markers)


def support_json(found: list[CheckedSentence], scored: bool = True) -> Json:
    """The reply to a check; without its probabilities where the sender may have no scores."""
    checkable = [sentence for sentence in found if sentence.checkable]
    return {
        "sentences": [_sentence(sentence, scored) for sentence in found],
        "checkable": len(checkable),
        "supported": sum(sentence.supported for sentence in checkable),
    }


def _sentence(sentence: CheckedSentence, scored: bool) -> Json:
    return {
        "start": sentence.start,
        "end": sentence.end,
        "sentence": sentence.sentence,
        "checkable": sentence.checkable,
        "supported": sentence.supported,
        "support": round(sentence.support, _DIGITS) if scored else None,
        "missing": list(sentence.missing),
        "citations": [_citation(citation) for citation in sentence.citations],
        "quotes": [asdict(quote) for quote in sentence.quotes],
    }


def _citation(citation: Citation) -> Json:
    return {
        "document_id": citation.document_id,
        "source": citation.source,
        "title": citation.title,
        "section": list(citation.section),
        "page": citation.page,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }
