"""Whether quotes say it of fewer than a claim, or of another of the kind: "second largest", "non-vested", Class II."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.language.reading import Word
from rag.support.claim import Claim, Window

_RANKS = re.compile(
    r"first|last|best|worst|(?!(?:inter|for|harv|rainfor|prot|hon|dishon|mod|inv|arr|cont|dig|sugg|att|manif|inf|ing|earn|pri)est$)"
    r"[a-z]{2,}[^aeiou]est|[a-z]+iest",
    re.IGNORECASE,
)
_ORDINALS = frozenset("second third fourth fifth sixth seventh eighth ninth tenth next".split())  # noqa: SIM905
_LETTER = re.compile(r"[A-Z]|[IVX]{2,4}")
_SIDE = re.compile(r"(\w{3,30}?)(ee|er|or)s?")
_OTHER_SIDE = {"ee": "er", "er": "ee", "or": "ee"}
_NON = frozenset(("non", "not"))
_ONE_OF_WITHIN = 6
"""Words after "one of" in which a superlative goes with it."""
_SHARED = re.compile(
    r"\b(?:among|one of|some of|several of|many of|most of) (?:those|the)\b[^.;,]{0,30}?\bwho\b", re.IGNORECASE
)
_SHARES = re.compile(r"\b(?:among|one|some|several|many|most|others|with|help\w*)\b", re.IGNORECASE)


def narrowed(claim: Claim, window: Window) -> Iterator[str]:
    """What the quotes say of fewer than the claim, in plain words."""
    ours, theirs = claim.plain, window.told
    yield from (f'the quote narrows "{word.text}"' for word in _widened(ours, theirs))
    yield from (f'the quote says "non-{word.text}"' for word in _excluded(ours, theirs))
    yield from (f'"{one.text} {letter.text}" stands in no quote' for one, letter in _lettered(ours, theirs))
    yield from (f'"{word.text}" stands in no quote' for word in _other_side(ours, theirs))
    shared = any(_SHARED.search(unit.text) for unit in window.units) and not _SHARES.search(claim.text)
    yield from ["the quote says this of several"] * shared


def _lettered(ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> Iterator[tuple[Word, Word]]:
    """What a claim names with another letter or Roman number than the quotes: "Hepatitis A" for "Hepatitis B"."""
    told = [(one.stem, two.text) for unit in theirs for one, two in pairwise(unit) if _LETTER.fullmatch(two.text)]
    for one, letter in pairwise(ours):
        named = {other for stem, other in told if stem == one.stem}
        if _LETTER.fullmatch(letter.text) and one.content and named and letter.text not in named:
            yield one, letter


def _other_side(ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> Iterator[Word]:
    """An employer where the quotes have an employee, and the like."""
    told = {match.groups() for unit in theirs for word in unit if (match := _SIDE.fullmatch(word.text.lower()))}
    for word in ours:
        side = _SIDE.fullmatch(word.text.lower())
        if side and side.groups() not in told and (side[1], _OTHER_SIDE[side[2]]) in told:
            yield word


def _widened(ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> Iterator[Word]:
    """Firsts, lasts and mosts of a claim that are in its quotes of fewer: "second largest", "first female pilot"."""
    for k, (word, noun) in enumerate(pairwise(ours)):
        ordered = k > 0 and ours[k - 1].text.lower() in _ORDINALS
        if ordered or not word.text.islower() or not _RANKS.fullmatch(word.text) or _one_of(ours, k):
            continue
        places = ((unit, at) for unit in theirs for at, told in enumerate(unit) if told.text.lower() == word.text)
        if all(_ranks_fewer(unit, at, noun) for unit, at in places):
            yield word


def _excluded(ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> Iterator[Word]:
    """Words of a claim that the quotes have behind "non" only: "vested" of "non-vested"."""
    told = [
        (one.text.lower() if one else "", two.stem)
        for unit in theirs
        for one, two in zip((None, *unit), unit, strict=False)
    ]
    excluded = {stem for one, stem in told if one == "non"} - {stem for one, stem in told if one != "non"}
    for one, word in zip((None, *ours), ours, strict=False):
        if word.stem in excluded and not (one and one.text.lower() in _NON):
            yield word


def _ranks_fewer(unit: Sequence[Word], at: int, noun: Word) -> bool:
    between = [word.stem for word in unit[at + 1 : at + 3]]
    narrowed = noun.content and between[1:] == [noun.stem] and between[0] != noun.stem
    return narrowed or _one_of(unit, at) or (at > 0 and unit[at - 1].text.lower() in _ORDINALS)


def _one_of(words: Sequence[Word], at: int) -> bool:
    """Whether "one of" or "among" leads to a word."""
    near = [word.text.lower() for word in words[max(at - _ONE_OF_WITHIN, 0) : at]]
    return "among" in near or ("one", "of") in pairwise(near)
