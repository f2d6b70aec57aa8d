"""The route that checks a text, sentence by sentence, against passages or against a collection."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from time import monotonic
from typing import Annotated

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rag import DEFAULT_COLLECTION, CheckedSentence, Citation, Library, split_reply
from rag.client.replies import SupportReply
from rag.support import checked_sentences
from server.access import access_of, check_access
from server.asked import NOT_BLANK, Collection, not_blank, read_body
from server.describe import body_of, problems
from server.limits import Gate
from server.wire import Json

MOST_CHARACTERS = 20_000
MOST_SENTENCES = 100
MOST_PASSAGES = 50
MOST_PASSAGE_CHARACTERS = 100_000
"""Of one check, the last of all passages together. Passages of 100,000 characters take 0.3 s of a core to read, and a
sentence 5 ms to be held against them; the slowest texts found at these limits take 1 to 2.6 s in all. A sentence
against a collection takes some 45 ms."""
_STRETCH_S = 0.1
"""Of the order of an answer, so that a question waits no longer for a check than for another question."""
_DIGITS = 4


class CheckRequest(BaseModel):
    """A text, and what it is held against."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"not": {"required": ["passages", "collection"]}},
    )

    text: str = Field(
        min_length=1,
        max_length=MOST_CHARACTERS,
        description=f"{MOST_SENTENCES} sentences at most.",
        json_schema_extra=NOT_BLANK,
    )
    collection: Collection = DEFAULT_COLLECTION
    passages: (
        Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=MOST_PASSAGES)] | None
    ) = Field(
        None,
        description=f"In place of a collection; of {MOST_PASSAGE_CHARACTERS:,} characters at most, all together.",
    )
    markers: bool = Field(
        default=True,
        description="Whether a sentence with [n] must be borne out by the passages it names, the first being 1.",
    )

    @field_validator("text")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        return not_blank(text)

    @field_validator("passages")
    @classmethod
    def _not_too_long(cls, passages: list[str] | None) -> list[str] | None:
        if (held := sum(map(len, passages or ()))) > MOST_PASSAGE_CHARACTERS:
            raise ValueError(f"hold {held:,} characters, over the limit of {MOST_PASSAGE_CHARACTERS:,} of all together")
        return passages

    @model_validator(mode="after")
    def _one_of_two(self) -> "CheckRequest":
        if {"passages", "collection"} <= self.model_fields_set:
            raise ValueError("holds both passages and a collection; give one of them")
        return self


class Check:
    """Checks texts, through a gate."""

    def __init__(self, library: Library, gate: Gate, stretch_s: float = _STRETCH_S) -> None:
        """Serve a library; after every so many seconds a check goes back to the end of the queue."""
        self._library = library
        self._gate = gate
        self._stretch_s = stretch_s

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
        """Of each sentence of a text, whether quotes bear it out, which ones, and what stands in none.

        Other questions get their turn after each tenth of a second, and who hangs up is not checked on.
        """
        asked = await read_body(request, CheckRequest)
        if asked.passages is None:
            check_access(request, asked.collection)
        found: list[CheckedSentence] = []
        left = self._checked(asked)
        while more := await self._gate.run(partial(_stretch, left, self._stretch_s)):
            found += more
        scored = not access_of(request).browser
        return Response(orjson.dumps(support_json(found, scored)), media_type="application/json")

    def _checked(self, asked: CheckRequest) -> Iterator[CheckedSentence]:
        spans = split_reply(asked.text)
        if len(spans) > MOST_SENTENCES:
            raise HTTPException(422, f"text: holds {len(spans)} sentences, over the limit of {MOST_SENTENCES}")
        if asked.passages is not None:
            yield from checked_sentences(asked.text, asked.passages, asked.markers)
            return
        for span in spans:
            for found in self._library.check(asked.text[span.start : span.end], asked.collection):
                yield replace(found, start=span.start + found.start, end=span.start + found.end)


def _stretch(left: Iterator[CheckedSentence], seconds: float) -> list[CheckedSentence]:
    """The sentences checked within a stretch, one at least; none when all are."""
    until = monotonic() + seconds
    found: list[CheckedSentence] = []
    for sentence in left:
        found.append(sentence)
        if monotonic() >= until:
            break
    return found


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
