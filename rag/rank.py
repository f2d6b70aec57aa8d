"""Ranks the sentences of the retrieved passages by how well they answer."""

import re
from collections.abc import Iterator, Sequence
from math import fsum

from rag.hidden import without_hidden
from rag.records import Hit, RankedSentence, Span
from rag.words import terms

PASSAGES_READ = 5
"""Passages whose sentences are candidates for an extract."""
COVERAGE_WEIGHT = 0.6
"""Of the share of the question's words in the sentence, against 1 for its cosine."""
CONTEXT_WEIGHT = 0.3
"""Of the share of the question's words in the sentence, its neighbours and its headings together. Both weights were set
on squad2 and clapnq and held on covidqa, hotpotqa-slice and the originals; see rag/README.md."""
_FEWEST_LETTERS = 12
"""Of a piece without a full stop that can answer; shorter ones are labels, numbers of pages and cells."""
_ENDS = (".", "!", "?", "。", "！", "？")
_TABLE_RULE = re.compile(r"[|:\s-]*-[|:\s-]*")
"""The line of Markdown that parts the head of a table from its rows."""


def rank(hits: Sequence[Hit], rarity: dict[str, float]) -> list[RankedSentence]:
    """Sentences of the best hits, best first; `rarity` weighs each stemmed word of the question.

    Equal scores stand in order of the hits and of the text.
    """
    ranked = [sentence for hit in hits[:PASSAGES_READ] for sentence in _of_passage(hit, rarity)]
    return sorted(ranked, key=lambda sentence: -sentence.score)


def _of_passage(hit: Hit, rarity: dict[str, float]) -> Iterator[RankedSentence]:
    words = hit.sentence_words
    headings = frozenset(terms(" ".join((hit.document.title, *hit.section.heading))))
    texts = [_text(hit, span) for span in hit.passage.sentences]
    for i, (span, cosine) in enumerate(zip(hit.passage.sentences, hit.sentence_cosines, strict=True)):
        if _can_answer(texts[i], texts[i + 1 : i + 2], hit.section.heading):
            coverage = _coverage(words[i], rarity)
            around = _coverage(headings.union(*words[max(i - 1, 0) : i + 2]), rarity)
            weighted = max(cosine, 0.0) + COVERAGE_WEIGHT * coverage + CONTEXT_WEIGHT * around
            score = weighted / (1 + COVERAGE_WEIGHT + CONTEXT_WEIGHT)
            yield RankedSentence(hit, span, texts[i], score, cosine, coverage, words[i])


def _coverage(words: frozenset[str], rarity: dict[str, float]) -> float:
    """Share of the question's words, weighted by rarity, among some words, in [0, 1]."""
    # fsum, since sets come in another order in another process, and the last digits of a plain sum with them.
    return fsum(rarity[word] for word in words & rarity.keys()) / (fsum(rarity.values()) or 1.0)


def _can_answer(sentence: str, following: Sequence[str], heading: Sequence[str]) -> bool:
    """Whether a sentence says something: no heading, no label, no head or rule of a table."""
    text = " ".join(without_hidden(sentence).split())
    heads_table = any(_TABLE_RULE.fullmatch(row) for row in following)
    letters = sum(map(str.isalnum, text))
    says = letters >= _FEWEST_LETTERS or (letters > 1 and text.endswith(_ENDS) and " " in text)
    return says and not heads_table and text.lstrip("# ") not in heading


def _text(hit: Hit, span: Span) -> str:
    start = hit.passage.start
    return hit.passage.text[span.start - start : span.end - start]
