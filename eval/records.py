"""The records of an evaluation: frozen, and the same again after a way through JSON.

Offsets count Unicode code points of one document's text; spans are half-open, `[start, end)`. `None` always means "not
measured" or "not known", and is never counted as 0.
"""

from dataclasses import dataclass, field
from typing import Literal

from rag import Turn

Misquote = Literal["fabricated", "stitched", "misattributed", "stale", "truncated"]
Stage = Literal["not indexed", "not retrieved", "ranked out", "not extracted", "wrongly abstained", "wrongly answered"]

STAGES: tuple[Stage, ...] = (
    "not indexed",
    "not retrieved",
    "ranked out",
    "not extracted",
    "wrongly abstained",
    "wrongly answered",
)


# --- what is asked


@dataclass(frozen=True, slots=True)
class Evidence:
    """A verbatim quote of a document that holds the answer, or part of it."""

    doc: str
    """The document's `source`."""
    quote: str
    alternatives: tuple["Evidence", ...] = ()
    """Other places that say the same; any one of them will do."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question with what a right answer holds."""

    id: str
    question: str
    type: str = ""
    answerable: bool | None = None
    """`None` where the set does not say (ranking sets)."""
    answers: tuple[str, ...] = ()
    must_include: tuple[tuple[str, ...], ...] = ()
    """Right when for every group at least one of its strings stands in the answer."""
    evidence: tuple[Evidence, ...] = ()
    gold_docs: dict[str, float] = field(default_factory=dict)
    """Relevance, > 0, of each document that holds the answer, by its `source`."""
    history: tuple[Turn, ...] = ()
    standalone: str | None = None
    """A follow-up's question as it would be asked without its history."""
    paraphrase_of: str | None = None
    """Id of the question that asks the same in other words."""
    note: str = ""


# --- what comes back


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote as it was served."""

    n: int
    source: str
    document_id: str
    start: int | None
    end: int | None
    quote: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A ranked passage as it was served."""

    source: str
    start: int | None
    end: int | None
    text: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a system said to one question."""

    id: str
    """Of the example."""
    status: Literal["answered", "abstained", "failed"]
    answer: str = ""
    """With its markers `[n]`; when failed, what went wrong."""
    confidence: float | None = None
    quotes: tuple[Quoted, ...] = ()
    retrieved: tuple[Placed, ...] | None = None
    """Passages as retrieval ranked them."""
    ranked: tuple[Placed, ...] | None = None
    """Passages as the answer shows them, after ranking."""
    rewritten: str | None = None
    """The question as it was understood, where the system says so."""
    degraded: str | None = None
    milliseconds: float = 0.0
    """From the question to the whole answer, as the asker saw it."""
    timings_ms: dict[str, float] = field(default_factory=dict)
    """What the system says each stage took."""


# --- what it is worth


@dataclass(frozen=True, slots=True)
class CheckedQuote:
    """A quote with what it was found to be."""

    n: int
    source: str
    start: int | None
    end: int | None
    quote: str
    verbatim: bool | None
    """`text[start:end] == quote`; `None` where the document's text cannot be had."""
    misquote: Misquote | None = None
    """What kind of misquote it is; `None` unless `verbatim` is False."""


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """Where a piece of gold evidence stands; start and end are `None` when no document holds it."""

    source: str
    start: int | None
    end: int | None
    quote: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of an excerpt, in offsets of the excerpt."""

    start: int
    end: int
    kind: Literal["gold", "quote"]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of a document around quotes and gold evidence, for a reader of the report."""

    source: str
    start: int
    """Offset of its first character in the document's text."""
    text: str
    marks: tuple[Mark, ...]
    """By start; gold and quotes may overlap."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question, what came back, and what that is worth."""

    id: str
    question: str
    type: str
    answerable: bool | None
    cluster: str
    """The document that the question is about, the unit of the bootstrap; its own id when there is none."""
    history: tuple[Turn, ...]
    answers: tuple[str, ...]
    status: Literal["answered", "abstained", "failed"]
    answer: str
    confidence: float | None
    quotes: tuple[CheckedQuote, ...]
    gold: tuple[GoldSpan, ...]
    scores: dict[str, float | None]
    """Each metric of a single question by its name in `eval.metrics.METRICS`; `None` is not measured."""
    failure: Stage | None
    excerpts: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a run with its interval."""

    value: float | None
    """`None` is not measured."""
    low: float | None = None
    high: float | None = None
    """The ends of the 95 % interval; `None` where there is none."""
    n: int = 0
    """Questions that it rests on."""
    hits: int | None = None
    """Where it is a rate: how many of `n`."""
    interval: Literal["wilson", "bootstrap"] | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a chart: parallel lists."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    n: tuple[int, ...] = ()
    """Questions behind each point, where that differs."""


@dataclass(frozen=True, slots=True)
class System:
    """What was asked."""

    kind: Literal["library", "service", "openai"]
    name: str
    """Its version, or address and model."""
    corpus: str | None
    """Fingerprint of the documents; `None` when it cannot be had."""
    documents: int | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Timings:
    """All of a run that is not the same the next time."""

    created: str
    """ISO 8601, UTC."""
    commit: str | None
    machine: str
    jobs: int
    seconds: float
    ask_ms: dict[str, float | None]
    """p50, p95 and p99 of the questions."""
    stages_ms: dict[str, float]
    """p50 of what the system says of its stages."""
    peak_mb: float | None
    """Largest resident size of the process that answered; `None` when it is another's."""
    per_question_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class Run:
    """A whole evaluation."""

    dataset: str
    """Name of the file or folder."""
    dataset_sha256: str
    system: System
    figures: dict[str, Figure]
    by_type: dict[str, dict[str, Figure]]
    """Figures of each type of question."""
    failures: dict[Stage, int]
    misquotes: dict[Misquote, int]
    smallest_difference: dict[str, float]
    """Of each rate: the least difference to another run that a paired comparison on this set can show (80 % power)."""
    risk_coverage: Curve
    """x: share of questions answered, most confident first; y: share of those that is wrong."""
    reliability: Curve
    """x: mean confidence of a bin; y: share of it that is right."""
    warnings: tuple[str, ...]
    rows: tuple[Row, ...]
    timings: Timings
    format: int = 1
