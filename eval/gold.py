"""Finds where gold evidence stands in the documents."""

import re
from collections.abc import Callable
from functools import lru_cache

from eval.metrics.evidence import Place
from eval.records import Evidence, Example

Texts = Callable[[str], str | None]
"""A document's text by its `source`; `None` when there is no such document, or it cannot be had."""
_MOST_PLACES = 50
"""Of one quote in one document; a word that stands more often tells nothing by its place."""


def gold_places(example: Example, texts: Texts) -> list[list[Place]]:
    """For each piece of evidence, every place where it or an alternative of it stands; empty where none does.

    A quote that its document does not hold is looked for in the other gold documents: sets whose questions need two
    (HotpotQA) name one of them for all.
    """
    return [
        [place for one in (piece, *piece.alternatives) for place in _places(one, example, texts)]
        for piece in example.evidence
    ]


def _places(evidence: Evidence, example: Example, texts: Texts) -> list[Place]:
    return places(evidence, texts) or [
        place
        for source in example.gold_docs
        if source != evidence.doc
        for place in places(Evidence(source, evidence.quote), texts)
    ]


def places(evidence: Evidence, texts: Texts) -> list[Place]:
    """Where a quote stands in its document, in order: as it is, else with case and white space folded."""
    text = texts(evidence.doc)
    if text is None or not evidence.quote.strip():
        return []
    found = list(_exact(text, evidence.quote))
    if not found:
        found = [match.span() for match in _folded(evidence.quote).finditer(text)][:_MOST_PLACES]
    return [Place(evidence.doc, start, end) for start, end in found]


def _exact(text: str, quote: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = text.find(quote)
    while at >= 0 and len(found) < _MOST_PLACES:
        found.append((at, at + len(quote)))
        at = text.find(quote, at + 1)
    return found


@lru_cache(maxsize=512)
def _folded(quote: str) -> re.Pattern[str]:
    """Matches the quote whatever its case and white space."""
    return re.compile(r"\s+".join(map(re.escape, quote.split())), re.IGNORECASE)
