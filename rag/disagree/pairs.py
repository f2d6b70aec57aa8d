"""Finds two sentences of different sources that speak of the same thing and say different things of it."""

import re
from collections.abc import Sequence
from math import fsum
from typing import NamedTuple

from rag.records import Difference, RankedSentence
from rag.words import terms

_LOOKED_AT = 12
"""Sentences from the best down."""
_LEAST_COVERED = 0.4
"""Of the question's words, by rarity, that a sentence holds with its headings and title."""
_FARTHER = 0.25
"""By which the second's cosine may be less."""
_LESS_COVERED = 0.25
"""The same, of the second: "It" stands for the rest."""
_SHARED = 0.35
"""Share of the words of the shorter sentence that stand in the other, from which they are looked at."""
_SLACK = 0.5
"""Words fewer that will do, for short sentences."""
_ASKS_FOR_FIGURES = re.compile(r"^\W*(?:when|how (?:many|much|long|old|far|large|big|high))\b", re.IGNORECASE)
"""So that most sentences need not be read; `figures.py` knows more of such questions."""
_FIGURE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|dozen)\b",
    re.IGNORECASE,
)


class Differing(NamedTuple):
    """Two sentences that say different things of the same, the better one first, and of what kind."""

    first: RankedSentence
    second: RankedSentence
    about: Difference


def differing(question: str, ranked: Sequence[RankedSentence], rarity: dict[str, float]) -> Differing | None:
    """The best sentence with the best of another source that says otherwise; mostly `None`.

    Where the best one has no counterpart nothing is looked for: what others differ in need not be what was asked.
    """
    if not ranked or _covered(ranked[0], rarity) < _LEAST_COVERED:
        return None
    first = ranked[0]
    figures = _ASKS_FOR_FIGURES.search(question) is not None
    if figures and not _FIGURE.search(first.text):
        return None
    for second in ranked[1:_LOOKED_AT]:
        about = _about(question, first, second) if _comparable(first, second, rarity, figures) else None
        if about:
            return Differing(first, second, about)
    return None


def _comparable(one: RankedSentence, other: RankedSentence, rarity: dict[str, float], figures: bool) -> bool:
    fewer = min(len(one.words), len(other.words))
    return (
        (not figures or _FIGURE.search(other.text) is not None)
        and _apart(one, other)
        and other.cosine >= one.cosine - _FARTHER
        and len(one.words & other.words) >= max(_SHARED * fewer - _SLACK, 1)
        and _covered(other, rarity) >= _LESS_COVERED
    )


def _covered(sentence: RankedSentence, rarity: dict[str, float]) -> float:
    above = terms(" ".join((sentence.hit.document.title, *sentence.hit.section.heading)))
    held = sentence.words.union(above) & rarity.keys()
    return fsum(rarity[word] for word in held) / (fsum(rarity.values()) or 1.0)


def _apart(one: RankedSentence, other: RankedSentence) -> bool:
    """Whether two sentences are of different sources: documents, or parts by other authors or of other dates."""
    if one.hit.document.id != other.hit.document.id:
        return True
    a, b = one.hit.section, other.hit.section
    return (a.author, a.date) != (b.author, b.date)


def _about(question: str, one: RankedSentence, other: RankedSentence) -> Difference | None:
    from rag.disagree.same import about  # noqa: PLC0415 - the tables of rag.language are for the few that come this far

    return about(question, one, other)
