"""Composes an answer of extracts, or abstains."""

import math
from collections.abc import Sequence

from rag.records import Answer, Citation, Claim, Hit, RankedSentence, Span

MOST_EXTRACTS = 3
MOST_CHARACTERS = 700
"""Of all quotes together."""
_MARGIN = 0.35
"""How far below the best a further extract's score may lie."""
_SAME_WORDS = 0.8
"""Share of two sentences' words (Jaccard) from which they say the same."""
ABSTAIN_BELOW = 0.2
"""Confidence; see rag/README.md for what it was set on."""
_NOTHING_FOUND = "The documents hold nothing on this question."
_NO_SUPPORT = "The documents do not seem to hold the answer; the nearest passages are shown instead."
_NO_DOCUMENTS = "There are no documents to answer from yet."


def compose(question: str, hits: Sequence[Hit], ranked: Sequence[RankedSentence]) -> Answer:
    """An answer of the best sentences in reading order, or a reason to abstain."""
    if not ranked:
        return abstain(question, hits, 0.0, _NOTHING_FOUND if hits else _NO_DOCUMENTS)
    sure = confidence(hits, ranked)
    if sure < ABSTAIN_BELOW:
        return abstain(question, hits, sure, _NO_SUPPORT)
    chosen = _joined(_in_reading_order(choose(ranked), hits))
    claims = tuple(
        Claim(quote, (_citation(n, hit, span, quote, score),), 1.0)
        for n, (hit, span, quote, score) in enumerate(chosen, 1)
    )
    return Answer(question, "answered", claims, tuple(hits), sure)


def abstain(question: str, hits: Sequence[Hit], sure: float, reason: str) -> Answer:
    """An answer that gives none, with the reason."""
    return Answer(question, "abstained", (), tuple(hits), sure, reason)


def choose(ranked: Sequence[RankedSentence]) -> list[RankedSentence]:
    """The best sentences, one to three, near the best in score and unlike each other, within the length of an answer."""
    chosen: list[RankedSentence] = []
    characters = 0
    for sentence in ranked:
        length = sentence.span.end - sentence.span.start
        if chosen and (
            sentence.score < chosen[0].score - _MARGIN
            or characters + length > MOST_CHARACTERS
            or any(_alike(sentence, other) for other in chosen)
        ):
            continue
        chosen.append(sentence)
        characters += length
        if len(chosen) == MOST_EXTRACTS:
            break
    return chosen


def confidence(hits: Sequence[Hit], ranked: Sequence[RankedSentence]) -> float:
    """Estimated probability, in [0, 1], that the best sentence answers."""
    best = ranked[0]
    dense = max((hit.scores.dense or 0.0 for hit in hits), default=0.0)
    return 1 / (1 + math.exp(-(6.0 * best.cosine + 3.0 * best.coverage + 4.0 * dense - 5.0)))


def _alike(a: RankedSentence, b: RankedSentence) -> bool:
    union = a.words | b.words
    return bool(union) and len(a.words & b.words) / len(union) >= _SAME_WORDS


def _in_reading_order(chosen: Sequence[RankedSentence], hits: Sequence[Hit]) -> list[RankedSentence]:
    """By rank of the document, then by place in it."""
    documents = list(dict.fromkeys(hit.passage.document_id for hit in hits))
    return sorted(chosen, key=lambda s: (documents.index(s.hit.passage.document_id), s.span.start))


def _joined(chosen: Sequence[RankedSentence]) -> list[tuple[Hit, Span, str, float]]:
    """Extracts, of which those that follow each other in one passage are one."""
    joined: list[tuple[Hit, Span, str, float]] = []
    for s in chosen:
        if joined and joined[-1][0] is s.hit and not _text(s.hit, joined[-1][1].end, s.span.start).strip():
            hit, span, _, score = joined.pop()
            joined.append((hit, Span(span.start, s.span.end), _text(hit, span.start, s.span.end), max(score, s.score)))
        else:
            joined.append((s.hit, s.span, s.text, s.score))
    return joined


def _text(hit: Hit, start: int, end: int) -> str:
    return hit.passage.text[start - hit.passage.start : end - hit.passage.start]


def _citation(n: int, hit: Hit, span: Span, quote: str, score: float) -> Citation:
    return Citation(
        n=n,
        document_id=hit.document.id,
        title=hit.document.title,
        source=hit.document.source,
        section=hit.section.heading,
        page=hit.page,
        start=span.start,
        end=span.end,
        quote=quote,
        score=score,
        author=hit.section.author,
        date=hit.section.date,
    )
