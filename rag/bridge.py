"""Finds what a question needs besides: passages on the names that its best sentences bring up, in a second search.

"Where was the director of that film born?" finds the film; its sentence names the director, and the second search, of
that name with the words that the sentence leaves open, finds the passage on the director.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.hidden import without_hidden
from rag.mentions import names
from rag.records import Hit, RankedSentence
from rag.words import terms

KEPT = 8
"""Hits that stay where they are; with 7 and three brought forward hotpotqa-slice gained no more."""
BROUGHT = 2
"""Hits that are brought forward at most, right after those."""
FOUND = 6
"""Hits that are looked at of each second search."""
_SENTENCES = 2
"""That give a second search each; a third brought nothing."""


@dataclass(frozen=True, slots=True)
class Second:
    """A second search."""

    query: str
    names: frozenset[str]
    """Stemmed words of the names that are new."""
    left: frozenset[str]
    """Stemmed words of the first query that the sentence leaves open."""


def second_searches(query: str, ranked: Sequence[RankedSentence]) -> list[Second]:
    """What to search for next, of each best sentence that has a name which is not in the query."""
    asked = frozenset(terms(query))
    found = []
    for sentence in ranked[:_SENTENCES]:
        new = [name.text for name in names(without_hidden(sentence.text)) if not asked.issuperset(terms(name.text))]
        left = [word for word in query.split() if (own := frozenset(terms(word))) and own.isdisjoint(sentence.words)]
        if new and left:
            query_of_both = " ".join((*dict.fromkeys(new), *left))
            found.append(Second(query_of_both, frozenset(terms(" ".join(new))) - asked, asked - sentence.words))
    return found


def bridged(hits: Sequence[Hit], finds: Sequence[tuple[Second, Sequence[Hit]]]) -> list[Hit]:
    """The hits, of which those that hold a new name and a word left open come after the first eight, two at most.

    Such a hit has the score of the one before it, so that scores descend, and no BM25, which was of other words.
    """
    kept, rest = hits[:KEPT], hits[KEPT:]
    here = {_place(hit) for hit in kept}
    holding = [[hit for hit in found[:FOUND] if _holds(hit, second)] for second, found in finds]
    turns = [found[turn] for turn in range(FOUND) for found in holding if turn < len(found)]
    new = {_place(hit): hit for hit in reversed(turns) if _place(hit) not in here}
    brought = [new[place] for place in dict.fromkeys(map(_place, turns)) if place in new][:BROUGHT]
    taken = {_place(hit) for hit in brought}
    return [*kept, *(_after(kept[-1], hit) for hit in brought), *(hit for hit in rest if _place(hit) not in taken)]


def _holds(hit: Hit, second: Second) -> bool:
    words = frozenset[str]().union(*hit.sentence_words)
    return not words.isdisjoint(second.names) and not words.isdisjoint(second.left)


def _place(hit: Hit) -> tuple[str, int]:
    return hit.passage.document_id, hit.passage.start


def _after(last: Hit, hit: Hit) -> Hit:
    return replace(hit, score=last.score, scores=replace(hit.scores, lexical=None))
