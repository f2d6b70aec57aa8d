"""The contract's JSON shapes as models, for OpenAPI; what is sent is not checked against them while serving."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from rag.records import AbstainedBecause, Degraded, Difference


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
    score: float | None
    """`null` where the key is one for browsers."""
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
    score: float | None
    """`null` where the key is one for browsers."""
    scores: ScoresReply | None
    """`null` where the key is one for browsers."""


class DisagreementReply(_Reply):
    """Two citations that say different things of what was asked; each names its author and date where it has them."""

    citations: tuple[int, int]
    """Their `n`; of two with dates the earlier first."""
    about: Difference


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
    disagreement: DisagreementReply | None = None
    """`null` where no two quotes were found to differ."""
    passages: list[PassageReply]
    degraded: Degraded | None
    removed_sentences: int = 0
    """Of an LLM, cut since no quote that they cite bears them out."""
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


class CollectionReply(_Reply):
    """A collection as listed."""

    name: str
    documents: int
    passages: int
    characters: int
    writable: bool
    """Whether the key may upload to it and delete from it."""


class UploadLimitsReply(_Reply):
    """What one upload may be."""

    bytes: int
    """Of the whole body."""
    files: int
    suffixes: list[str]


class CollectionsReply(_Reply):
    """The collections that the key opens, by name, and what may be uploaded where it may write."""

    collections: list[CollectionReply]
    uploads: UploadLimitsReply


class ErrorReply(_Reply):
    """An error in OpenAI's words."""

    message: str
    type: str
    param: None
    code: None


class ChatProblemReply(ProblemReply):
    """An error of a route that chat programs know, in the words of RFC 9457 and of OpenAI."""

    error: ErrorReply


class UrlCitationReply(_Reply):
    """Where a quote stands in the answer, in code points, and an address where its document can be read."""

    start_index: int
    end_index: int
    title: str
    url: str


class AnnotationReply(_Reply):
    """A quote of an answer."""

    type: Literal["url_citation"]
    url_citation: UrlCitationReply


class CompletionMessageReply(_Reply):
    """The answer with its markers, and its quotes."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[AnnotationReply]


class ChoiceReply(_Reply):
    """The one answer."""

    index: int
    message: CompletionMessageReply
    logprobs: None
    finish_reason: Literal["stop"]


class UsageReply(_Reply):
    """Tokens, as cl100k counts them, of the messages that were read and of the answer."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class OwnReply(_Reply):
    """What our own answer has, and a completion has no place for."""

    status: Literal["answered", "abstained"]
    confidence: float
    abstained_because: AbstainedBecause | None
    mode: Literal["extractive", "llm"]
    disagreement: DisagreementReply | None
    degraded: Degraded | None
    removed_sentences: int
    rewritten_question: str | None
    citations: list[CitationReply]


class CompletionReply(_Reply):
    """An answer in the shape of OpenAI's chat completions; its id is that of the answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChoiceReply]
    usage: UsageReply
    rag: OwnReply


class ModelReply(_Reply):
    """A collection, as a model that answers from it."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: Literal["rag"]


class ModelsReply(_Reply):
    """The models that the key opens."""

    object: Literal["list"]
    data: list[ModelReply]


class TextPageReply(_Reply):
    """A stretch of a document's text: `text[start:end]` of its `characters`, and where the next one starts."""

    document_id: str
    source: str
    title: str
    start: int
    end: int
    characters: int
    next: int | None
    """`null` at the end of the text."""
    text: str


class JobCountsReply(_Reply):
    """How many files of an upload are in each state."""

    queued: int
    running: int
    added: int
    updated: int
    unchanged: int
    failed: int
    cancelled: int


class JobFileReply(_Reply):
    """A file of an upload, and what became of it."""

    source: str
    document_id: str | None
    """`null` for `.jsonl`, which holds many documents."""
    state: Literal["queued", "running", "added", "updated", "unchanged", "failed", "cancelled"]
    detail: str | None
    """What is wrong with it, or was remarked."""
    bytes: int
    passages: int
    """Taken up so far."""


class JobSummaryReply(_Reply):
    """An upload as listed."""

    id: str
    collection: str
    state: Literal["queued", "running", "done"]
    created: str
    finished: str | None
    counts: JobCountsReply


class JobReply(_Reply):
    """An upload with its files."""

    id: str
    collection: str
    state: Literal["queued", "running", "done"]
    created: str
    finished: str | None
    counts: JobCountsReply
    files: list[JobFileReply]


class JobsReply(_Reply):
    """A page of uploads."""

    jobs: list[JobSummaryReply]
    next: str | None


class KeptQuoteReply(_Reply):
    """A quote of a rated answer, where it stands in its document now."""

    n: int
    document_id: str
    start: int
    end: int
    quote: str


class DroppedQuoteReply(_Reply):
    """A quote of a rated answer that is not kept: not in its document, which may be gone, or over the limit."""

    n: int
    status: Literal["changed", "gone", "over_limit"]


class FeedbackReply(_Reply):
    """A rating as it is kept."""

    answer_id: str
    collection: str
    rating: Literal["up", "down"]
    comment: str | None
    question: str | None
    status: Literal["answered", "abstained"] | None
    """Of the answer; `null` where it was not sent."""
    citations: list[KeptQuoteReply]
    dropped: list[DroppedQuoteReply]
    created: str


class SupportingCitationReply(_Reply):
    """A quote of a document that bears a sentence out: `text[start:end] == quote`."""

    document_id: str
    source: str
    title: str
    section: list[str]
    page: int | None
    start: int
    end: int
    quote: str


class PassageQuoteReply(_Reply):
    """A quote of a passage of the request that bears a sentence out: `passages[passage][start:end] == quote`."""

    passage: int
    """Counted from 0."""
    start: int
    end: int
    quote: str


class SentenceReply(_Reply):
    """A sentence of the text, and whether quotes bear it out."""

    start: int
    end: int
    sentence: str
    checkable: bool
    """False for what claims nothing: questions, greetings, "the documents do not say"."""
    supported: bool
    support: float | None
    """Estimated probability that the quotes bear it out; `null` for a browser's key."""
    missing: list[str]
    """What stands in no quote, or speaks against it; empty when supported."""
    citations: list[SupportingCitationReply]
    """Where a collection was asked."""
    quotes: list[PassageQuoteReply]
    """Where passages were given."""


class SupportReply(_Reply):
    """Of each sentence of a text, whether quotes bear it out."""

    sentences: list[SentenceReply]
    checkable: int
    supported: int
