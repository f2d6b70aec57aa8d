"""Scores one sentence against passages: rules first, then the weight of the words that stand in no quote."""

import math
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rag.language.wording import says_little
from rag.support.claim import Claim, Window, best_window, read_claim
from rag.support.conflicts import conflicts
from rag.support.doubts import doubts
from rag.support.evidence import Evidence

_INTERCEPT = 1.61
_PER_WORD = -0.82
"""Logistic regression of being supported on the weight of the words missing, over the sentences of support.jsonl that
break no rule: of `tune`, the 1,366 that were there first (`python -m eval.support --fit` goes by all)."""
_LONGEST = 1_000
_MOST_FACTS = 40
"""Characters, and figures and dates, of a sentence that is scored, which bounds the time."""
_BROKEN = 0.25
_DOUBTED = 0.8
"""What is left of the probability where a rule is broken, and where it is in doubt. On `seen` (see eval/README.md):
precision .95 and recall .40 with the doubts, .73 and .62 without, .75 and .48 with none but the order of the words."""
SUPPORTED_FROM = 0.75
"""Support from which a sentence counts as supported: no rule broken, nothing in doubt, and no word missing that tells
something; two may be missing that say little."""


@dataclass(frozen=True, slots=True)
class Score:
    """How far passages bear a sentence out."""

    support: float
    """Estimated probability that they do, in [0, 1]."""
    missing: tuple[str, ...]
    """What stands in no quote and what speaks against it, in plain words; empty when supported."""
    window: Window | None
    """The sentences that hold most of it; `None` where there are none."""
    weight: float = 0.0
    """Of the words that are missing: 1 for each, 0.3 for one that says little."""
    broken: bool = False
    """Whether a rule is broken: a number, date or name is missing, or the quote says otherwise."""

    @property
    def supported(self) -> bool:
        """Whether the passages bear the sentence out."""
        return self.support >= SUPPORTED_FROM


def score(sentence: str, evidence: Evidence, among: AbstractSet[int] | None = None) -> Score:
    """How far passages bear a sentence out, without the markers that it may carry.

    Quotes come from the passages `among` the evidence, if given; what acronyms stand for, from all.
    """
    claim = read_claim(sentence[: _LONGEST + 1], evidence)
    if len(sentence) > _LONGEST or len(claim.facts) > _MOST_FACTS:
        return Score(0.0, ("the sentence is too long to be held against quotes",), None)
    window = best_window(claim, evidence, among)
    if window is None:
        return Score(0.0, ("there is no passage to hold it against",), None)
    facts = [fact.text for fact in (*window.facts_missing, *window.names_missing)]
    broken = [*(f'"{fact}" stands in no quote' for fact in facts), *conflicts(claim, window)]
    doubted = [] if broken else doubts(claim, window)
    support = _probability(window.missing) * (_BROKEN if broken else _DOUBTED if doubted else 1.0)
    why = [] if support >= SUPPORTED_FROM else [*broken, *doubted, *_absent(claim, window, facts)]
    return Score(support, tuple(dict.fromkeys(why)), window, window.missing, bool(broken))


def _probability(weight: float) -> float:
    return 1 / (1 + math.exp(-(_INTERCEPT + _PER_WORD * weight)))


def _absent(claim: Claim, window: Window, told: list[str]) -> list[str]:
    """The words that no quote holds: those that say something, or the others where there are none."""
    written = {word.stem: word.text for word in reversed(claim.words)}
    words = [stem for stem in window.words_missing if not says_little(stem)] or window.words_missing
    return [f'"{written[stem]}" stands in no quote' for stem in words if written[stem] not in told]
