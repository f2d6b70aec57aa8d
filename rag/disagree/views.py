"""Says whether two clauses on the same thing take opposed views of it."""

import re

from rag.disagree.clauses import Clause
from rag.language.reading import Word
from rag.language.wording import opposites, stem


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, text.split()))


_STANCES = _stems(
    "support favour back oppose accept approve adopt agree welcome reject refuse disagree praise blame criticise"
    " defend attack endorse condemn object resist"
)
_JUDGING = _STANCES | _stems(
    "rise increase grow climb gain expand raise improve fall decrease decline drop shrink lose reduce worsen"
    " change same succeed success fail failure right wrong true false correct safe dangerous good bad better worse"
    " best worst easy difficult hard simple strong weak encourage discourage strengthen weaken harm damage benefit"
    " cause prevent protect endanger promote stimulate inhibit suppress possible impossible cheap expensive healthy"
    " poor always never often rarely positive negative voluntary compulsory include exclude allow permit forbid ban"
    " prohibit"
)
_NOT = re.compile(r"(?:\b(?:not|never|cannot|nor)|n['’]t)(?:\W+\w+){0,2}\W*$", re.IGNORECASE)
_HOLDS_NOT = re.compile(r"\b(?:not|never|no|none|nor|neither|nobody|nothing|without|cannot)\b|n['’]t\b", re.IGNORECASE)
_PREFIXED = ("un", "in", "im", "ir", "il", "dis", "non")


def opposed(one: Clause, other: Clause) -> tuple[frozenset[str], frozenset[str]] | None:
    """The stems by which the clauses contradict each other, of either, and of who holds the view; `None` if nothing."""
    pairs = [(a, b) for a in one.words for b in other.words if _against(a, b) and _only(a, b, one, other)]
    turned = _turned(one, other)
    if len(pairs) == 1:
        a, b = pairs[0]
        once = _negated(one, a) == _negated(other, b) and (not turned or a.denies or b.denies)
        return (_set_aside(one, a), _set_aside(other, b)) if once else None
    return (frozenset(), frozenset()) if turned and not pairs else None


def _against(a: Word, b: Word) -> bool:
    if b.stem not in opposites(a.text):
        return False
    return (a.stem in _JUDGING and b.stem in _JUDGING) or _prefixed(a, b) or _prefixed(b, a)


def _prefixed(a: Word, b: Word) -> bool:
    return any(a.text.lower() == prefix + b.text.lower() for prefix in _PREFIXED)


def _only(a: Word, b: Word, one: Clause, other: Clause) -> bool:
    """Whether neither clause has both words."""
    return b.stem not in one.stems and a.stem not in other.stems


def _turned(one: Clause, other: Clause) -> bool:
    """Whether a "not" in the one clause reaches words that the other has without."""
    ones, others = ({word.stem: word.denied for word in clause.words} for clause in (one, other))
    both = ones.keys() & others.keys()
    against = [stemmed for stemmed in both if ones[stemmed] != others[stemmed]]
    denying = {ones[stemmed] for stemmed in against}
    return len(denying) == 1 and _HOLDS_NOT.search((one if denying == {True} else other).text) is not None


def _negated(clause: Clause, word: Word) -> bool:
    """Whether a "not" reaches a word, "reject" in "did not reject" included, which denies what follows itself."""
    before = clause.text[: word.start - clause.start]
    return word.denied or (word.denies and _NOT.search(before) is not None)


def _set_aside(clause: Clause, word: Word) -> frozenset[str]:
    """The word itself, and of one that takes a side who takes it."""
    holder = [w.stem for w in clause.words if w.start < word.start] if word.stem in _STANCES else []
    return frozenset((word.stem, *holder))
