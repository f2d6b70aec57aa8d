"""The records that flow through the pipeline: frozen, without behaviour beyond a derived property.

Every offset counts Unicode code points of one document's `text`; spans are half-open, `[start, end)`.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Rows of unit length unless a docstring says otherwise; shape (n, dim)."""

Keys = NDArray[np.int64]
"""The store's numbers of passages; shape (n,)."""

DEFAULT_COLLECTION = "default"
"""The collection that is there without having been made."""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a document.

    A document's sections ascend, do not overlap, and together hold every non-blank character of its text.
    """

    start: int
    end: int
    heading: tuple[str, ...] = ()
    """Heading path, outermost first; empty where the source shows no heading."""
    author: str | None = None
    date: str | None = None
    """ISO 8601 date (`2012-11-28`, `2018-06` or `2018`) where the source shows one."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One source with its text."""

    id: str
    source: str
    """Path relative to the ingested folder, with `/`; for a bulk import the line's `doc_id`."""
    title: str
    media_type: str
    sha256: str
    """Of the source's bytes, in hexadecimal."""
    text: str
    sections: tuple[Section, ...]
    page_starts: tuple[int, ...] = ()
    """Offset at which page 1, 2, … begins; empty where the source has no pages."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document as listed: all but its text and structure."""

    id: str
    source: str
    title: str
    media_type: str
    sha256: str
    characters: int
    passages: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A contiguous span of whole sentences within one section, the unit that is embedded and ranked."""

    document_id: str
    section: int
    """Index into the document's sections."""
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]
    """Ascending, in offsets of the document; blank characters between them belong to none."""


@dataclass(frozen=True, slots=True)
class Split:
    """A document cut up: each non-blank character is in exactly one passage or in named boilerplate."""

    passages: tuple[Passage, ...]
    boilerplate: tuple[Span, ...]


class PassageVectors(NamedTuple):
    """What an embedder makes of one passage."""

    passage: Vectors
    """Shape (dim,)."""
    sentences: Vectors
    """Shape (sentences, dim)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A passage ready to be stored."""

    passage: Passage
    context: str
    """Title and headings, embedded and indexed before the text."""
    digest: bytes
    """Of all that the vectors depend on."""
    vectors: PassageVectors
    words: tuple[str, ...]
    """Stemmed words of each sentence, parted by blanks."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A passage as the store gives it, with its document, section and vectors."""

    key: int
    passage: Passage
    document: DocumentInfo
    section: Section
    page: int | None
    sentence_vectors: Vectors
    """Shape (sentences, dim)."""
    words: tuple[frozenset[str], ...]
    """Stemmed words of each sentence."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Where a hit's score came from; `None` where that stage did not see the passage."""

    dense: float | None = None
    """Cosine of question and passage, in [-1, 1]."""
    lexical: float | None = None
    """BM25 score, >= 0."""
    rerank: float | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked passage with all that is needed to show and cite it."""

    passage: Passage
    document: DocumentInfo
    section: Section
    page: int | None
    """Page on which the passage begins, counted from 1."""
    score: float
    """Fused score in [0, 1]; comparable within one question only."""
    scores: Scores
    sentence_cosines: tuple[float, ...] = ()
    """Cosine of the question and each sentence, parallel to `passage.sentences`."""
    sentence_words: tuple[frozenset[str], ...] = ()
    """Stemmed words of each sentence, parallel to `passage.sentences`."""


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence of a hit with its score and what the score was made of."""

    hit: Hit
    span: Span
    text: str
    score: float
    """In [0, 1]; comparable within one question only."""
    cosine: float
    """Of question and sentence, in [-1, 1]."""
    coverage: float
    """Share of the question's words, weighted by rarity, that stand in the sentence, in [0, 1]."""
    words: frozenset[str]
    """Stemmed words of the sentence."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands: `text[start:end] == quote` of the document, always."""

    n: int
    """The marker `[n]` in the answer, counted from 1."""
    document_id: str
    title: str
    source: str
    section: tuple[str, ...]
    page: int | None
    start: int
    end: int
    quote: str
    score: float
    author: str | None = None
    date: str | None = None

    @classmethod
    def of(cls, hit: Hit, span: Span, score: float, n: int = 0) -> "Citation":
        """What a hit's passage says at a span of its document."""
        first = hit.passage.start
        return cls(
            n=n,
            document_id=hit.document.id,
            title=hit.document.title,
            source=hit.document.source,
            section=hit.section.heading,
            page=hit.page,
            start=span.start,
            end=span.end,
            quote=hit.passage.text[span.start - first : span.end - first],
            score=score,
            author=hit.section.author,
            date=hit.section.date,
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of the answer with the citations that bear it."""

    text: str
    citations: tuple[Citation, ...]
    support: float
    """How far the citations bear the text, in [0, 1]; 1.0 for a verbatim extract."""


AbstainedBecause = Literal["no_documents", "nothing_found", "no_sentence_answers", "false_premise", "llm_found_none"]
"""There is no document, or no passage that could answer, or no sentence that is likely enough to, or the passages speak
against what the question takes for granted, or an LLM says of them that they do not hold the answer."""


Difference = Literal["figures", "dates", "views"]
"""In what two sources differ: numbers, when something was, or opposed opinions."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two quotes of an answer that say different things of what was asked; who and when stands with each citation."""

    citations: tuple[int, int]
    """Their markers, ascending; of two documents with dates the earlier is first."""
    about: Difference


Degraded = Literal["llm_unavailable", "llm_timeout", "llm_unsupported"]
"""The LLM gave no reply, or none in time, or no sentence of it is borne out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Claims, or a reason to abstain: never both, never neither."""

    question: str
    status: Literal["answered", "abstained"]
    claims: tuple[Claim, ...]
    hits: tuple[Hit, ...]
    confidence: float
    """Estimated probability that the answer is right, in [0, 1]."""
    reason: str | None = None
    """One plain sentence, when abstaining."""
    timings_ms: dict[str, float] = field(default_factory=dict)
    rewritten: str | None = None
    """A follow-up as it was understood; `None` when the question stood alone."""
    because: AbstainedBecause | None = None
    """Why it abstains; `None` when answered."""
    mode: Literal["extractive", "llm"] = "extractive"
    """Whether the claims are quotes, or sentences that an LLM wrote and quotes bear out."""
    degraded: Degraded | None = None
    """Why the claims are quotes although an LLM was asked; `None` when nothing was missing."""
    disagreement: Disagreement | None = None
    """Where two of its quotes differ in what was asked."""
    removed: int = 0
    """Sentences of an LLM that were cut, since no quote that they cite bears them out."""


@dataclass(frozen=True, slots=True)
class QuoteCheck:
    """What became of one citation when its quote was looked up again."""

    n: int
    status: Literal["valid", "moved", "changed", "gone"]
    document_id: str
    start: int | None
    """Where the quote stands now; `None` unless valid or moved."""
    end: int | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One source that could not be ingested as it is, and why."""

    source: str
    reason: str
    """What was found, what was expected, what to do."""
    fatal: bool = True
    """False for a remark about a source that was ingested all the same."""


@dataclass(slots=True)
class IngestReport:
    """What an ingest did."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    dropped: int = 0
    """Documents among the added and updated that were removed while they came in, and so were not stored."""
    passages: int = 0
    """Passages written."""
    embedded: int = 0
    """Passages that had to be embedded; the others' vectors were known."""
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is."""

    files: int
    """Files found."""
    file: int
    """Files done."""
    passages: int
    """Passages embedded."""
    source: str


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """How sure an answer has to be, with what that was set on and what it promises."""

    threshold: float
    """Least confidence of an answer, in [0, 1]; above 1 nothing is answered."""
    max_error: float
    """Greatest share of all questions, of those like it was set on, that is expected to be answered wrongly."""
    questions: int
    """Judged questions that it was set on."""
    answered: float
    """Share of those that is answered at the threshold."""
    wrong: float
    """Share of those that is answered wrongly at it."""
    dataset: str
    dataset_sha256: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation before a question."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message to an LLM."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """A collection as listed."""

    name: str
    documents: int
    passages: int
    characters: int


@dataclass(frozen=True, slots=True)
class Audit:
    """Whether an index holds exactly what its documents say: nothing of a removed one, nothing missing."""

    findings: tuple[str, ...]
    """What is wrong, a sentence each; empty when all is well."""
    documents: int
    passages: int
    """Both over all collections that were looked at."""
