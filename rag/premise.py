"""Notices where a question takes for granted what the documents deny: the opposite word, a "not", an unknown year.

English only. Measured on SQuAD 2.0, whose unanswerable questions are often made so; rag/README.md has the figures.
"""

import re
from collections.abc import Iterator, Sequence

from rag.hidden import without_hidden
from rag.language.facts import Fact, facts
from rag.language.reading import Word, match, stems_of, words
from rag.language.wording import opposites, stem
from rag.records import Hit, RankedSentence

_LEAST_COVERED = 0.5
"""Of the question's words, by rarity, that the best sentence holds; with less it may speak of something else."""
_NEARLY_COVERED = 0.7
"""Of that share, from which on another sentence can bear the question out."""
_LOOKED_AT = 8
"""Sentences that can."""
_SAYS = "The documents do not seem to hold the answer"
_CLOSE = 3
"""Words before one that itself denies, in which a "not" turns it round."""
_FOUR_DIGITS = re.compile(r"\d{4}")
_YES_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|had|may|might|must)\b|\bor\b",
    re.IGNORECASE,
)
"""A question that leaves open whether it is so."""
_LEFT_OPEN = re.compile(
    r"\b(?:if|unless|when|whether|must|may|might|should|shall|can|could|would)\b[^,;]*(?:\bnot\b|n['’]t\b)|\bcannot\b"
    r"|^\W*which\b",
    re.IGNORECASE,
)
"""A "not" that the documents need not have: of a condition, of what is forbidden, or that asks for the exception."""
_EXCEPTS = frozenset(
    stem(word)
    for word in (
        *("only", "except", "other", "instead", "elsewhere", "late", "otherwise"),
        *("forbid", "forbidden", "prohibit", "ban", "exclude", "exempt", "belong"),
    )
)
"""Words that leave something out without a "not"."""
_BOUND = re.compile(
    r"\b(?:since|before|after|until|till|by|from|than|prior to|up to|between|between\b[^?]{1,30}\b(?:and|to))"
    r"\s+(?:the\s+)?(?:(?:early|mid|late|start of|beginning of|end of)[\s-]+)?$",
    re.IGNORECASE,
)
"""What makes of the year behind it a bound, so that other years answer."""
_EVENTS = frozenset(
    stem(word)
    for word in (
        *("buy", "purchase", "sell", "lend", "borrow", "give", "receive", "take", "send", "win", "lose", "gain"),
        *("begin", "start", "end", "stop", "finish", "open", "close", "join", "enter", "leave", "arrive", "depart"),
        *("create", "build", "construct", "destroy", "demolish", "birth", "born", "death", "die", "fill", "empty"),
        *("attack", "defend", "add", "remove", "keep", "retain", "drop", "abandon", "import", "export", "freeze"),
        *("melt", "advance", "retreat", "reward", "punish", "present", "absent"),
    )
)
"""Words whose opposite tells the same event from its other side, or another of the same course."""
_DEGREES = frozenset(
    stem(word)
    for word in (
        *("more", "most", "much", "many", "less", "least", "little", "few", "all", "every", "none", "no", "both"),
        *("up", "down", "over", "under", "above", "below"),
    )
)
"""Words whose opposite nearby says little: "at least two", "most of them"."""


def denied(question: str, hits: Sequence[Hit], ranked: Sequence[RankedSentence]) -> str | None:
    """One plain sentence on what the question takes for granted and the documents speak against; mostly `None`."""
    if not ranked or _YES_NO.search(question):
        return None
    return _opposite(question, ranked) or _not_denied(question, ranked) or _unknown_year(question, hits)


def _opposite(question: str, ranked: Sequence[RankedSentence]) -> str | None:
    """The best sentence has the opposite of a word of the question, and no sentence like it the word itself."""
    best, asked = ranked[0], words(question)
    if best.coverage < _LEAST_COVERED:
        return None
    known = stems_of(asked)
    for word, other in _against(asked, words(without_hidden(best.text))):
        if match(other.stem, known) is None and not _elsewhere(word, ranked):
            return f'{_SAYS}: they say "{other.text}" where the question says "{word.text}".'
    return None


def _against(asked: Sequence[Word], said: Sequence[Word]) -> Iterator[tuple[Word, Word]]:
    """Words of the question with their opposite in a sentence that has not the word itself."""
    known, told = stems_of(asked), stems_of(said)
    missing = [w for w in asked if w.content and w.stem not in _DEGREES | _EVENTS and match(w.stem, told) is None]
    for word in missing:
        far = opposites(word.text)
        if not far.isdisjoint(told) and far.isdisjoint(known):
            opposed = ((k, other) for k, other in enumerate(said) if other.stem in far)
            yield from ((word, other) for k, other in opposed if _turned(said, k) == word.denied)


def _turned(said: Sequence[Word], k: int) -> bool:
    """Whether a "not" reaches a word, "reject" in "did not reject" included, which denies what follows itself."""
    return said[k].denied or (said[k].denies and any(word.denies for word in said[max(k - _CLOSE, 0) : k]))


def _elsewhere(word: Word, ranked: Sequence[RankedSentence]) -> bool:
    near = [s for s in ranked[1:_LOOKED_AT] if s.coverage >= _NEARLY_COVERED * ranked[0].coverage]
    return any(match(word.stem, stems_of(words(without_hidden(sentence.text)))) for sentence in near)


def _not_denied(question: str, ranked: Sequence[RankedSentence]) -> str | None:
    """The question denies a word that the best sentence has, and neither that nor one like it denies anything."""
    best = ranked[0]
    asked = [word for word in words(question) if word.content and word.denied]
    if best.coverage < _LEAST_COVERED or not asked or _LEFT_OPEN.search(question):
        return None
    near = [best, *(s for s in ranked[1:_LOOKED_AT] if s.coverage >= _NEARLY_COVERED * best.coverage)]
    if any(word.denies or word.stem in _EXCEPTS for s in near for word in words(without_hidden(s.text))):
        return None
    told = stems_of(words(without_hidden(best.text)))
    found = next((word for word in asked if word.stem in told), None)
    return f'{_SAYS}: the question denies "{found.text}", and they do not.' if found else None


def _unknown_year(question: str, hits: Sequence[Hit]) -> str | None:
    """A year of the question, not a decade, that stands in none of the passages, nor in their dates."""
    if not _FOUR_DIGITS.search(question):
        return None
    shown = " ".join(map(_shown, hits))
    dated = [fact for fact in facts(question) if _years([fact]) and _one_year(question, fact)]
    asked = [fact for fact in dated if not any(str(year) in shown for year in _years([fact]))]
    told = _years([fact for hit in hits for fact in facts(_shown(hit))]) if asked else frozenset()
    unknown = next((fact for fact in asked if not told & _years([fact])), None)
    return f"{_SAYS}: no passage found speaks of {unknown.text}." if unknown else None


def _one_year(question: str, fact: Fact) -> bool:
    """Whether a date of the question is what it asks about, and neither a decade nor a bound."""
    return not question.startswith("s", fact.end) and not _BOUND.search(question[: fact.start])


def _shown(hit: Hit) -> str:
    return " ".join((hit.document.title, *hit.section.heading, hit.section.date or "", hit.passage.text))


def _years(told: Sequence[Fact]) -> frozenset[int]:
    readings = (reading for fact in told if fact.kind == "date" for reading in fact.readings if reading[0] == "date")
    return frozenset(year for reading in readings for year in reading[1:3] if isinstance(year, int))
