"""Turns the library's records into the contract's JSON shapes, as plain dictionaries."""

import secrets
from collections.abc import Iterable, Sequence

from rag import Answer, Citation, Claim, DocumentInfo, Hit, QuoteCheck, SearchResult

Json = dict[str, object]

_SCORES = frozenset({"score", "scores"})
_SCORE_DIGITS = 4
_MS_DIGITS = 1


def answer_json(answer: Answer, degraded: str | None = None) -> Json:
    """The reply to a question; `degraded` names what was asked for and missing."""
    text, citations = _marked(answer.claims)
    return {
        "id": f"ans_{secrets.token_hex(12)}",
        "question": answer.question,
        "rewritten_question": answer.rewritten,
        "status": answer.status,
        "answer": text if answer.claims else answer.reason,
        "abstained_because": answer.because,
        "mode": "extractive",
        "confidence": _score(answer.confidence),
        "citations": citations,
        "passages": passages_json(answer.hits),
        "degraded": degraded,
        "timings_ms": _timings(answer.timings_ms),
    }


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


def _marked(claims: Iterable[Claim]) -> tuple[str, list[Json]]:
    """The claims one after the other, each with its markers, and their citations with where each quote stands in it."""
    text = ""
    citations: list[Json] = []
    for claim in claims:
        start = len(text) + bool(text)
        markers = "".join(f"[{c.n}]" for c in claim.citations)
        text += f"{' ' if text else ''}{claim.text} {markers}"
        citations += [_citation(c, start, claim) for c in claim.citations]
    return text, citations


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
