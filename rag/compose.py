"""Composes an answer of extracts, or abstains."""

import math
import re
from collections.abc import Sequence

from rag.disagree import Differing, differing
from rag.premise import denied
from rag.records import AbstainedBecause, Answer, Citation, Claim, Disagreement, Hit, RankedSentence, Span
from rag.widen import widened

MOST_EXTRACTS = 3
MOST_FOR_SEVERAL = 5
"""Where the question asks for several things."""
MOST_CHARACTERS = 700
"""Of all quotes together."""
_MARGIN = 0.26
"""How far below the best a further extract's score may lie; 0.16 lost 2 answers in 100 on squad2, 4 on clapnq."""
_REPEATING = 0.16
"""Cost of a further extract that covers again what the chosen ones cover of the question, per share of its words; it
brings the second passage of a two-passage question forward (hotpotqa-slice .46 to .51, other sets as before)."""
_ASKS_FOR_SEVERAL = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|both|each|several|list|besides)\b"
    r"|\band,? (?:how|what|which|who|whom|when|where|why|in what)\b"
    r"|^(?:what|which|who) (?:\w+ ){0,3}?(?:are|were|have)\b",
    re.IGNORECASE,
)
_CONSIDERED = 20
"""Sentences from the best down; the margin leaves fewer than these."""
_SAME_WORDS = 0.8
"""Share of two sentences' words (Jaccard) from which they say the same."""
ABSTAIN_BELOW = 0.05
"""Confidence. Off-topic questions fall below it; refusing more would lose right answers (at 0.1, 2 in 100 on squad2
and clapnq, 11 in 100 on the originals)."""
_CONFIDENCE = {"cosine": 5.8, "coverage": 2.5, "dense": 1.7, "intercept": -6.0}
"""Logistic regression on squad2 and clapnq (each set weighing the same) of whether the three best sentences hold the
answer: AUROC of answerable against not .73 and .88, on the originals .54."""
_RIGHT_THOUGH_DENIED = 0.04
"""Share of the confidence that stays where the passages deny what the question takes for granted: of 68 such questions
of squad2-para 2 could be answered. It falls below the shipped threshold whatever it was."""
_SAID: dict[AbstainedBecause, str] = {
    "no_documents": "There are no documents to answer from yet.",
    "nothing_found": "The documents hold nothing on this question.",
    "no_sentence_answers": "The documents do not seem to hold the answer; the nearest passages are shown instead.",
}


_Extract = tuple[Hit, Span, str, float]
"""A stretch of a hit, its text and its score."""


def compose(
    question: str,
    hits: Sequence[Hit],
    ranked: Sequence[RankedSentence],
    rarity: dict[str, float],
    threshold: float = ABSTAIN_BELOW,
) -> Answer:
    """An answer of the best sentences, the best extract first, or a reason to abstain.

    `rarity` weighs question words; `threshold` is the least confidence of an answer.
    """
    if not ranked:
        return abstain(question, hits, 0.0, "nothing_found")
    sure = confidence(ranked)
    denial = denied(question, hits, ranked) if sure >= threshold else None
    if denial:
        sure *= _RIGHT_THOUGH_DENIED
        if sure < threshold:
            return abstain(question, hits, sure, "false_premise", denial)
    if sure < threshold:
        return abstain(question, hits, sure, "no_sentence_answers")
    chosen, differ = _with_both(question, choose(question, ranked, rarity), differing(question, ranked, rarity))
    joined = _joined(_widened(question, _in_reading_order(chosen, hits)))
    extracts = _by_date(sorted(joined, key=lambda extract: -extract[3]), differ)
    claims = tuple(
        Claim(quote, (Citation.of(hit, span, score, n),), 1.0)
        for n, (hit, span, quote, score) in enumerate(extracts, 1)
    )
    return Answer(question, "answered", claims, tuple(hits), sure, disagreement=_disagreement(differ, extracts))


def abstain(
    question: str, hits: Sequence[Hit], sure: float, because: AbstainedBecause, said: str | None = None
) -> Answer:
    """An answer that gives none, with the reason and the sentence that says so, `said` or the one of the reason."""
    return Answer(question, "abstained", (), tuple(hits), sure, said or _SAID[because], because=because)


def choose(question: str, ranked: Sequence[RankedSentence], rarity: dict[str, float]) -> list[RankedSentence]:
    """The best sentences, near the best in score and unlike each other, within the length of an answer.

    Three at most, five for a question that asks for several things.
    """
    most = _most(question)
    total = math.fsum(rarity.values()) or 1.0
    left, chosen, characters = list(ranked[:_CONSIDERED]), list[RankedSentence](), 0
    covered: set[str] = set()
    while left and len(chosen) < most:
        best = max(left, key=lambda s: s.score - _REPEATING * math.fsum(rarity[w] for w in covered & s.words) / total)
        left.remove(best)
        length = _length(best)
        if chosen and (
            best.score < ranked[0].score - _MARGIN
            or characters + length > MOST_CHARACTERS
            or any(_alike(best, other) for other in chosen)
        ):
            continue
        chosen.append(best)
        characters += length
        covered |= best.words & rarity.keys()
    return chosen


def _with_both(
    question: str, chosen: Sequence[RankedSentence], differ: Differing | None
) -> tuple[Sequence[RankedSentence], Differing | None]:
    """The chosen sentences with both that differ, in the place of the least; as they were where both are too long."""
    if differ is None:
        return chosen, None
    kept = [differ.first, differ.second]
    room = MOST_CHARACTERS - sum(map(_length, kept))
    if room < 0:
        return chosen, None
    for sentence in chosen:
        if sentence not in kept and len(kept) < _most(question) and _length(sentence) <= room:
            kept.append(sentence)
            room -= _length(sentence)
    return kept, differ


def _by_date(extracts: Sequence[_Extract], differ: Differing | None) -> Sequence[_Extract]:
    """The extracts, of which two that differ and are dated come first, the earlier before the later."""
    if differ is None or not (differ.first.hit.section.date and differ.second.hit.section.date):
        return extracts
    both = [n - 1 for n in _markers(differ, extracts)]
    dated = sorted((extracts[n] for n in both), key=lambda extract: extract[0].section.date or "")
    return [*dated, *(extract for n, extract in enumerate(extracts) if n not in both)]


def _disagreement(differ: Differing | None, extracts: Sequence[_Extract]) -> Disagreement | None:
    return None if differ is None else Disagreement(_markers(differ, extracts), differ.about)


def _markers(differ: Differing, extracts: Sequence[_Extract]) -> tuple[int, int]:
    """The numbers, ascending, of the extracts that hold the two sentences."""
    one, other = sorted(_marker(sentence, extracts) for sentence in (differ.first, differ.second))
    return one, other


def _marker(sentence: RankedSentence, extracts: Sequence[_Extract]) -> int:
    return next(
        n
        for n, (hit, span, _, _) in enumerate(extracts, 1)
        if hit is sentence.hit and span.start <= sentence.span.start and sentence.span.end <= span.end
    )


def confidence(ranked: Sequence[RankedSentence]) -> float:
    """Estimated probability, in [0, 1], that the extracts hold the answer."""
    weights, best = _CONFIDENCE, ranked[0]
    dense = max(sentence.hit.scores.dense or 0.0 for sentence in ranked)
    total = weights["cosine"] * best.cosine + weights["coverage"] * best.coverage + weights["dense"] * dense
    return 1 / (1 + math.exp(-(total + weights["intercept"])))


def _most(question: str) -> int:
    return MOST_FOR_SEVERAL if _ASKS_FOR_SEVERAL.search(question) else MOST_EXTRACTS


def _length(sentence: RankedSentence) -> int:
    return sentence.span.end - sentence.span.start


def _alike(a: RankedSentence, b: RankedSentence) -> bool:
    union = a.words | b.words
    return bool(union) and len(a.words & b.words) / len(union) >= _SAME_WORDS


def _in_reading_order(chosen: Sequence[RankedSentence], hits: Sequence[Hit]) -> list[RankedSentence]:
    """By rank of the document, then by place in it."""
    documents = list(dict.fromkeys(hit.passage.document_id for hit in hits))
    return sorted(chosen, key=lambda s: (documents.index(s.hit.passage.document_id), s.span.start))


def _widened(question: str, chosen: Sequence[RankedSentence]) -> list[tuple[RankedSentence, Span]]:
    """Each sentence with what it needs to be read, as far as the length of an answer allows."""
    several = bool(_ASKS_FOR_SEVERAL.search(question))
    room = MOST_CHARACTERS - sum(map(_length, chosen))
    wide = []
    for sentence in chosen:
        span = widened(sentence.hit, sentence.hit.passage.sentences.index(sentence.span), several)
        held = [
            s.span for s in chosen if s.hit is sentence.hit and span.start <= s.span.start and s.span.end <= span.end
        ]
        cost = span.end - span.start - sum(one.end - one.start for one in held)
        if cost > room:
            span, cost = sentence.span, 0
        room -= max(cost, 0)
        wide.append((sentence, span))
    return wide


def _joined(chosen: Sequence[tuple[RankedSentence, Span]]) -> list[_Extract]:
    """Extracts, of which those that follow or hold each other in one passage are one."""
    joined: list[_Extract] = []
    for sentence, wide in chosen:
        hit, span, score = sentence.hit, wide, sentence.score
        if joined and joined[-1][0] is hit and not _text(hit, joined[-1][1].end, span.start).strip():
            _, before, _, other = joined.pop()
            span = Span(min(before.start, span.start), max(before.end, span.end))
            score = max(score, other)
        joined.append((hit, span, _text(hit, span.start, span.end), score))
    return joined


def _text(hit: Hit, start: int, end: int) -> str:
    return hit.passage.text[start - hit.passage.start : end - hit.passage.start]
