"""Cuts a sentence into clauses, with what each is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.language.facts import Fact, facts, name_words
from rag.language.reading import Word, match, words
from rag.language.wording import listed, says_little, stem

_APART = re.compile(
    r"[,;:()]|\b(?:but|while|whereas|although|though|because|since|once|when|if|as|which|who|after|before)\b"
    r"|(?:\band )(?=(?:the|it|they|we|he|she|this|these)\b)"
)
_FEWEST_WORDS = 2
"""Of a clause."""
_LONGEST = 400
"""Characters of a sentence that is compared; longer ones are tables and lists."""
_SAYING = (
    "say says claim claims claimed report reports reported estimate estimates estimated believe"
    " believes think thinks reckon reckons put puts count counted counts write writes wrote show shows showed"
    " suggest suggests according figure figures account come comes came give gives gave average some about around"
    " nearly almost over roughly approximately least most still now currently today already yet also only just"
    " actually really alone total overall"
)
_REPORTING = frozenset(map(stem, {*_SAYING.split(), *listed("hedges"), *listed("hedged")}))
"""Stems of what says who says it or how exactly, and not of what."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence with its words and its figures."""

    text: str
    start: int
    words: tuple[Word, ...]
    """Those that tell what it is about or says of it: no grammar, no numbers, no reporting."""
    facts: tuple[Fact, ...]
    names: frozenset[str]
    """Stems of its names."""

    @property
    def stems(self) -> frozenset[str]:
        """Of its words."""
        return frozenset(word.stem for word in self.words)


@lru_cache(maxsize=64)
def clauses(sentence: str) -> Sequence[Clause]:
    """The clauses of a sentence, in order; none of one that is too long to be one."""
    if len(sentence) > _LONGEST:
        return ()
    told, read, named = facts(sentence), words(sentence), name_words(sentence)
    kept = [word for word in read if _tells(word, told)]
    found = []
    for start, end in pairwise(_cuts(sentence, told, kept)):
        names = frozenset(stem(name.text.lower()) for name in named if start <= name.start < end)
        own = tuple(fact for fact in told if start <= fact.start < end)
        found.append(Clause(sentence[start:end], start, tuple(w for w in kept if start <= w.start < end), own, names))
    return tuple(found)


def _cuts(sentence: str, told: Sequence[Fact], kept: Sequence[Word]) -> list[int]:
    """Where clauses begin and end; one that says too little is one with what follows, or with what goes before."""
    cuts = [0]
    for mark in _APART.finditer(sentence):
        before = sum(cuts[-1] <= word.start < mark.start() for word in kept)
        after = sum(word.start >= mark.start() for word in kept)
        inside = any(fact.start < mark.start() < fact.end for fact in told)
        if min(before, after) >= _FEWEST_WORDS and not inside:
            cuts.append(mark.start())
    return [*cuts, len(sentence)]


def _tells(word: Word, told: Sequence[Fact]) -> bool:
    figure = any(fact.start <= word.start < fact.end for fact in told)
    return word.content and not figure and word.stem not in _REPORTING and not word.text.isdigit()


def of_its_own(clause: Clause, other: Clause) -> frozenset[str]:
    """Stems of a clause that the other has nothing like."""
    return frozenset(s for s in clause.stems if not match(s, other.stems) and not says_little(s))


def shared(clause: Clause, other: Clause) -> frozenset[str]:
    """Stems of a clause that the other has, or that can say the same as one of them."""
    return frozenset(s for s in clause.stems if match(s, other.stems))


def years(told: Sequence[Fact]) -> frozenset[int]:
    """The years that dates name, both of a financial year."""
    readings = (reading for fact in told if fact.kind == "date" for reading in fact.readings if reading[0] == "date")
    return frozenset(year for reading in readings for year in reading[1:3] if isinstance(year, int))
