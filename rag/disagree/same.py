"""Says of two sentences whether they speak of the same thing, at the same time and place, and in what they differ."""

import re
from collections.abc import Iterator
from itertools import product

from rag.disagree.clauses import Clause, clauses, of_its_own, shared, years
from rag.disagree.figures import ASKS_HOW_MUCH, ASKS_WHEN, ASKS_YES_NO, dates_differ, figures_differ
from rag.disagree.views import opposed
from rag.hidden import without_hidden
from rag.language.facts import facts
from rag.language.reading import match, stems_of, words
from rag.records import Difference, RankedSentence

_PRONOUN = re.compile(r"\W*(?:it|they|he|she)\b", re.IGNORECASE)
_FEWEST_SHARED = 2
"""Words that two clauses must share to speak of one thing."""
_SHARED_FOR_EACH_OWN = 3
"""Words that two clauses must share for each that only one has, where a "not" is all that they differ in."""

_Pair = tuple[Clause, Clause]
_Aside = tuple[frozenset[str], frozenset[str]]
_NOTHING: _Aside = (frozenset(), frozenset())


def about(question: str, one: RankedSentence, other: RankedSentence) -> Difference | None:
    """In what the two sentences differ; `None` where they do not, or speak of different things."""
    pairs = list(_pairs(question, one, other))
    if ASKS_WHEN.search(question):
        return "dates" if any(dates_differ(*pair) and _same(pair, one, other) for pair in pairs) else None
    if not _one_time(one, other):
        return None
    if ASKS_HOW_MUCH.search(question) and not ASKS_YES_NO.search(question):
        differ = (figures_differ(question, *pair) and _same(pair, one, other) for pair in pairs)
        return "figures" if any(differ) else None
    views = ((pair, aside) for pair in pairs if (aside := opposed(*pair)) is not None and (any(aside) or _alike(*pair)))
    return "views" if any(_same(pair, one, other, aside) for pair, aside in views) else None


def _pairs(question: str, one: RankedSentence, other: RankedSentence) -> Iterator[_Pair]:
    """Clauses of the two that share something of the question."""
    asked = stems_of([word for word in words(question) if word.content])
    ones, others = (clauses(without_hidden(sentence.text)) for sentence in (one, other))
    return ((a, b) for a, b in product(ones, others) if asked & a.stems & b.stems)


def _alike(a: Clause, b: Clause) -> bool:
    """Whether two clauses differ in hardly more than a "not", which alone may well be on another matter."""
    own = of_its_own(a, b) | of_its_own(b, a)
    return len(own) * _SHARED_FOR_EACH_OWN <= len(shared(a, b))


def _same(pair: _Pair, one: RankedSentence, other: RankedSentence, aside: _Aside = _NOTHING) -> bool:
    """Whether the clauses share what they are about, and only one of them says more, and that of no other name.

    `aside` is what they say of it, which is not compared.
    """
    a, b = pair
    own_a, own_b = (
        of_its_own(a, b) - aside[0] - _meant(a, b, other),
        of_its_own(b, a) - aside[1] - _meant(b, a, one),
    )
    both = (shared(a, b) | _meant(a, b, other) | _meant(b, a, one)) - aside[0] - aside[1]
    enough = len(both) >= _FEWEST_SHARED or (both and aside[0] and not (own_a or own_b))
    return (
        bool(enough)
        and not (own_a and own_b)
        and max(len(own_a), len(own_b)) <= len(both)
        and _known(own_a & a.names, other)
        and _known(own_b & b.names, one)
    )


def _meant(clause: Clause, other: Clause, sentence: RankedSentence) -> frozenset[str]:
    """Stems of a clause that stand above another's sentence, where that has only "it" or "they" for them."""
    if not _PRONOUN.match(other.text):
        return frozenset()
    above = _above(sentence)
    return frozenset(stemmed for stemmed in clause.stems if match(stemmed, above))


def _known(names: frozenset[str], sentence: RankedSentence) -> bool:
    """Whether names stand above a sentence, in its headings or its document's title."""
    above = _above(sentence)
    return all(match(name, above) for name in names)


def _above(sentence: RankedSentence) -> frozenset[str]:
    headings = " ".join((sentence.hit.document.title, *sentence.hit.section.heading))
    return stems_of([word for word in words(headings) if word.content])


def _one_time(one: RankedSentence, other: RankedSentence) -> bool:
    """Whether the two can speak of the same year: both name it or none, or the one that names none is dated in it."""
    ones, others = (years(facts(sentence.text)) for sentence in (one, other))
    if bool(ones) == bool(others):
        return ones == others
    date = (other if ones else one).hit.section.date
    return date is not None and bool({int(date[:4]), int(date[:4]) - 1} & (ones | others))
