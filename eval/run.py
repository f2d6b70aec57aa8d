"""Asks every question of a set and counts what came back."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.examples import Example
from eval.metrics import answer_hit, auroc, fold, wilson
from rag import Library
from rag.records import Answer

QUOTE_BUDGET = 700
"""Characters of quotes within which an answer has to be right."""
_TOP = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question got."""

    example: Example
    answered: bool
    confidence: float
    right: bool
    """The quotes, up to the budget, hold what the example asks for."""
    in_passages: bool
    """The first five passages together hold it."""
    gold_rank: int | None
    """Rank of the first passage of a gold document, of ten; `None` when none came."""
    misquotes: int
    """Quotes that are not `text[start:end]` of their document."""
    milliseconds: float


@contextmanager
def opened(index: Path | None, corpus: Path | None) -> Iterator[Library]:
    """The library to ask: an index folder, or a temporary one made of a corpus."""
    with tempfile.TemporaryDirectory() as scratch:
        library = Library(index if corpus is None and index is not None else Path(scratch) / "index")
        try:
            if corpus is not None:
                report = library.ingest([corpus])
                for problem in report.problems:
                    if problem.fatal:
                        raise ValueError(f"{problem.source}: {problem.reason}")
            yield library
        finally:
            library.close()


def run(library: Library, examples: Sequence[Example], on_done: Callable[[], None] = lambda: None) -> Iterator[Outcome]:
    """Outcomes in the order of the examples."""
    for example in examples:
        yield outcome(library, example, library.ask(example.question, top_k=10))
        on_done()


def outcome(library: Library, example: Example, answer: Answer) -> Outcome:
    """What an answer is worth for an example."""
    citations = [c for claim in answer.claims for c in claim.citations]
    quotes = " ".join(c.quote for c in citations)[:QUOTE_BUDGET]
    passages = " ".join(hit.passage.text for hit in answer.hits[:_TOP])
    ranks = [n for n, hit in enumerate(answer.hits, 1) if hit.document.source in example.gold_docs]
    return Outcome(
        example=example,
        answered=answer.status == "answered",
        confidence=answer.confidence,
        right=answer_hit(example, quotes),
        in_passages=answer_hit(example, passages),
        gold_rank=min(ranks, default=None),
        misquotes=sum(library.text(c.document_id)[c.start : c.end] != c.quote for c in citations),
        milliseconds=answer.timings_ms["total"],
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """The figures of a run; a rate is `{"rate", "low", "high", "hits", "of"}` with its Wilson interval."""
    yes = [o for o in outcomes if o.example.answerable and o.example.must_include]
    no = [o for o in outcomes if o.example.answerable is False]
    gold = [o for o in outcomes if o.example.gold_docs]
    judged = [o for o in outcomes if o.example.answerable is not None]
    return {
        "questions": len(outcomes),
        "right_within_700": _rate([o.right for o in yes]),
        "answer_in_top_5_passages": _rate([o.in_passages for o in yes]),
        "gold_document_in_top_10": _rate([o.gold_rank is not None for o in gold]),
        "false_refusals": _rate([not o.answered for o in yes]),
        "right_refusals": _rate([not o.answered for o in no]),
        "answered_and_wrong": _rate([o.answered and not o.right for o in judged]),
        "auroc_of_confidence": auroc([o.confidence for o in yes], [o.confidence for o in no]),
        "misquotes": sum(o.misquotes for o in outcomes),
    }


def _rate(hits: Sequence[bool]) -> dict[str, float | int] | None:
    if not hits:
        return None
    low, high = wilson(sum(hits), len(hits))
    return {"rate": sum(hits) / len(hits), "low": low, "high": high, "hits": sum(hits), "of": len(hits)}


def evidence_stands(library: Library, examples: Sequence[Example]) -> list[str]:
    """Ids of the examples whose gold quote is in none of the documents it names."""
    texts = {d.source: fold(library.text(d.id)) for d in library.documents()}
    return [e.id for e in examples for quote in e.evidence if fold(quote.quote) not in texts.get(quote.doc, "")]
