"""Turns the library's records into the contract's JSON shapes, as plain dictionaries."""

import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rag import Answer, Citation, Claim, Disagreement, DocumentInfo, Hit, QuoteCheck, SearchResult

Json = dict[str, object]

_SCORES = frozenset({"score", "scores"})
_SCORE_DIGITS = 4
_MS_DIGITS = 1


def new_id() -> str:
    """An id for an answer."""
    return f"ans_{secrets.token_hex(12)}"


def answer_json(answer: Answer, answer_id: str | None = None) -> Json:
    """The reply to a question, under a new id unless one is given."""
    sheet = Sheet()
    written = [sheet.add(claim) for claim in answer.claims]
    return {
        "id": answer_id or new_id(),
        "question": answer.question,
        "rewritten_question": answer.rewritten,
        "status": answer.status,
        "answer": "".join(f"{text}{markers}" for text, markers, _ in written) if written else answer.reason,
        "abstained_because": answer.because,
        "mode": answer.mode,
        "confidence": _score(answer.confidence),
        "citations": [citation for _, _, citations in written for citation in citations],
        "disagreement": _disagreement(answer.disagreement),
        "passages": passages_json(answer.hits),
        "degraded": answer.degraded,
        "removed_sentences": answer.removed,
        "timings_ms": _timings(answer.timings_ms),
    }


class Written(NamedTuple):
    """A claim on the sheet."""

    text: str
    """As it follows what stands there."""
    markers: str
    citations: list[Json]
    """Those whose markers stand there for the first time."""


class Sheet:
    """The text of an answer, to which claims are added one after the other, each with its markers."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._length = 0
        self._told: set[int] = set()

    def add(self, claim: Claim) -> Written:
        """The claim as it is written, and its new citations with where each quote stands in the answer."""
        start = self._length + bool(self._length)
        text = f"{' ' if self._length else ''}{claim.text}"
        markers = " " + "".join(f"[{c.n}]" for c in claim.citations)
        self._length += len(text) + len(markers)
        new = [c for c in claim.citations if c.n not in self._told]
        self._told |= {c.n for c in new}
        return Written(text, markers, [_citation(c, start, claim) for c in new])


def search_json(query: str, result: SearchResult) -> Json:
    """The reply to a search."""
    return {"query": query, "hits": passages_json(result.hits), "timings_ms": _timings(result.timings_ms)}


def passages_json(hits: Iterable[Hit]) -> list[Json]:
    """Ranked passages, the first with rank 1."""
    return [_passage(rank, hit) for rank, hit in enumerate(hits, 1)]


def without_scores(reply: Json) -> Json:
    """A reply with every `score` and `scores` null: from scores one can tell what documents hold without being told.

    The `confidence` stays: it is how likely the answer is right, for a page to say in words.
    """
    return {name: None if name in _SCORES else _without(part) for name, part in reply.items()}


def _without(part: object) -> object:
    if isinstance(part, list):
        return [_without(one) for one in part]
    return without_scores(part) if isinstance(part, dict) else part


def document_json(info: DocumentInfo) -> Json:
    """A document as listed."""
    return {
        "document_id": info.id,
        "source": info.source,
        "title": info.title,
        "media_type": info.media_type,
        "sha256": info.sha256,
        "characters": info.characters,
        "passages": info.passages,
    }


def checks_json(checks: Sequence[QuoteCheck]) -> Json:
    """What became of each quote, and whether all stand where they say."""
    return {
        "citations": [
            {"n": c.n, "status": c.status, "document_id": c.document_id, "start": c.start, "end": c.end} for c in checks
        ],
        "valid": all(c.status == "valid" for c in checks),
    }


def _disagreement(found: Disagreement | None) -> Json | None:
    return None if found is None else {"citations": list(found.citations), "about": found.about}


def _citation(citation: Citation, start: int, claim: Claim) -> Json:
    # A claim that an LLM worded may not hold the quote: then the span is the claim itself.
    at = claim.text.find(citation.quote)
    begin, length = (start + at, len(citation.quote)) if at >= 0 else (start, len(claim.text))
    return {
        "n": citation.n,
        "document_id": citation.document_id,
        "title": citation.title,
        "source": citation.source,
        "section": list(citation.section),
        "page": citation.page,
        "author": citation.author,
        "date": citation.date,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "score": _score(citation.score),
        "answer_span": [begin, begin + length],
    }


def _passage(rank: int, hit: Hit) -> Json:
    return {
        "rank": rank,
        "document_id": hit.document.id,
        "title": hit.document.title,
        "source": hit.document.source,
        "section": list(hit.section.heading),
        "page": hit.page,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.passage.text,
        "score": _score(hit.score),
        "scores": {
            "dense": _score(hit.scores.dense),
            "lexical": _score(hit.scores.lexical),
            "rerank": _score(hit.scores.rerank),
        },
    }


def _score(score: float | None) -> float | None:
    return None if score is None else round(score, _SCORE_DIGITS)


def _timings(timings: dict[str, float]) -> dict[str, float]:
    """The stages in their order, the total last."""
    return {name: round(ms, _MS_DIGITS) for name, ms in sorted(timings.items(), key=lambda item: item[0] == "total")}
