"""Ranks the sentences of the retrieved passages by how well they answer."""

import re
from collections.abc import Sequence

from rag.hidden import without_hidden
from rag.records import Hit, RankedSentence, Span
from rag.words import terms

PASSAGES_READ = 5
"""Passages whose sentences are candidates for an extract."""
COSINE_WEIGHT = 1.0
COVERAGE_WEIGHT = 0.6
PASSAGE_WEIGHT = 0.2
"""Weights of the sentence's cosine, its share of the question's words and its passage's score; compared in
rag/README.md."""
_FEWEST_LETTERS = 12
"""Of a sentence that can answer; shorter ones are labels, numbers of pages and cells."""
_LETTER = re.compile(r"\w")


def rank(hits: Sequence[Hit], rarity: dict[str, float]) -> list[RankedSentence]:
    """Sentences of the best hits, best first; `rarity` weighs each stemmed word of the question.

    Equal scores stand in order of the hits and of the text.
    """
    ranked = [
        _ranked(hit, span, cosine, rarity)
        for hit in hits[:PASSAGES_READ]
        for span, cosine in zip(hit.passage.sentences, hit.sentence_cosines, strict=True)
        if _can_answer(hit, span)
    ]
    return sorted(ranked, key=lambda sentence: -sentence.score)


def _ranked(hit: Hit, span: Span, cosine: float, rarity: dict[str, float]) -> RankedSentence:
    text = _text(hit, span)
    words = frozenset(terms(text))
    covered = sum(weight for word, weight in rarity.items() if word in words)
    coverage = covered / (sum(rarity.values()) or 1.0)
    score = COSINE_WEIGHT * cosine + COVERAGE_WEIGHT * coverage + PASSAGE_WEIGHT * hit.score
    return RankedSentence(hit, span, text, score, cosine, coverage, words)


def _can_answer(hit: Hit, span: Span) -> bool:
    text = " ".join(without_hidden(_text(hit, span)).split())
    return len(_LETTER.findall(text)) >= _FEWEST_LETTERS and text not in hit.section.heading


def _text(hit: Hit, span: Span) -> str:
    start = hit.passage.start
    return hit.passage.text[span.start - start : span.end - start]
