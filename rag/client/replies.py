"""The contract's JSON shapes as models, for OpenAPI; what is sent is not checked against them while serving."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from rag.records import AbstainedBecause


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CitationReply(_Reply):
    """Where a quote stands: `text[start:end] == quote`, counted in code points."""

    n: int
    document_id: str
    title: str
    source: str
    section: list[str]
    page: int | None
    author: str | None
    date: str | None
    start: int
    end: int
    quote: str
    score: float
    answer_span: tuple[int, int]


class ScoresReply(_Reply):
    """Where a passage's score came from."""

    dense: float | None
    lexical: float | None
    rerank: float | None


class PassageReply(_Reply):
    """A ranked passage."""

    rank: int
    document_id: str
    title: str
    source: str
    section: list[str]
    page: int | None
    start: int
    end: int
    text: str
    score: float
    scores: ScoresReply


class AskReply(_Reply):
    """An answer with citations, or an abstention with the nearest passages."""

    id: str
    question: str
    rewritten_question: str | None
    """A follow-up as it was understood from the history; `null` when the question stood alone."""
    status: Literal["answered", "abstained"]
    answer: str
    abstained_because: AbstainedBecause | None
    """`null` when answered."""
    mode: Literal["extractive", "llm"]
    confidence: float
    citations: list[CitationReply]
    passages: list[PassageReply]
    degraded: Literal["llm_unavailable", "llm_timeout", "llm_unsupported"] | None
    timings_ms: dict[str, float]


class SearchReply(_Reply):
    """Ranked passages."""

    query: str
    hits: list[PassageReply]
    timings_ms: dict[str, float]


class DocumentReply(_Reply):
    """A document as listed."""

    document_id: str
    source: str
    title: str
    media_type: str
    sha256: str
    characters: int
    passages: int


class DocumentsReply(_Reply):
    """A page of documents."""

    documents: list[DocumentReply]
    next: str | None


class TextReply(_Reply):
    """A document's text."""

    document_id: str
    source: str
    title: str
    text: str


class CheckReply(_Reply):
    """What became of one quote."""

    n: int
    status: Literal["valid", "moved", "changed", "gone"]
    document_id: str
    start: int | None
    end: int | None


class VerifyReply(_Reply):
    """What became of each quote, and whether all stand where they say."""

    citations: list[CheckReply]
    valid: bool


class HealthReply(_Reply):
    """That the service is there, or ready."""

    status: Literal["ok", "ready"]


class WrongField(_Reply):
    """A field of the request, and what is wrong with it."""

    field: str
    detail: str


class ProblemReply(_Reply):
    """An error, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[WrongField] = []
