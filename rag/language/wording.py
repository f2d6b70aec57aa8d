"""How English words hang together: forms of one word, words that can say the same, words that say the opposite."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from rag.words import terms

_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non")
_SHORTEST = 4
"""Letters of what can be left without such a prefix."""
_DESIGNATION = re.compile(r"[A-Za-z]\w*(?:[-/]\w+)*[-/]\w*\d\w*|[A-Za-z]+(?:&[A-Za-z]+)+")
"""Such as GPT-4 and R&D: what stands before the hyphen is not the same."""
_DOUBLED = frozenset(("big", "hot", "thin"))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The form by which words are matched: stemmed, irregular forms as their base."""
    stemmed = _stemmed(word)
    return _BASES.get(stemmed, stemmed)


def is_irregular(word: str) -> bool:
    """Whether a word is an irregular form of another."""
    return _stemmed(word) in _BASES


def says_little(stemmed: str) -> bool:
    """Whether a stem says little of its own."""
    return stemmed in _LIGHT


def synonyms(stemmed: str) -> frozenset[str]:
    """Stems that can say the same."""
    return _NEAR.get(stemmed, frozenset())


def has_opposite(stemmed: str) -> bool:
    """Whether a stem stands among the opposites written down."""
    return stemmed in _FAR


def opposites(word: str) -> frozenset[str]:
    """Stems that say the opposite of a word, those made with "un-" and its like included."""
    low = word.lower()
    made = {stem(prefix + low) for prefix in _PREFIXES}
    bared = {low.removeprefix(prefix) for prefix in _PREFIXES if low.startswith(prefix)}
    return _FAR.get(stem(low), frozenset()) | made | {stem(bare) for bare in bared if len(bare) >= _SHORTEST}


def listed(name: str) -> frozenset[str]:
    """The words of a list of `wording.toml`."""
    return frozenset(_LISTS[name].split())


def _stemmed(word: str) -> str:
    if _DESIGNATION.fullmatch(word):
        return word.lower()
    return next(iter(terms(word)), word.lower())


def _degrees(word: str) -> tuple[str, str]:
    """The comparative and the superlative."""
    root = word.removesuffix("e") if word.endswith("e") else word[:-1] + "i" if word.endswith("y") else word
    root += word[-1] if word in _DOUBLED else ""
    return f"{root}er", f"{root}est"


def _bases(groups: Iterable[str], graded: Iterable[str]) -> Mapping[str, str]:
    irregular = [[_stemmed(word) for word in group.split()] for group in groups]
    bases = {form: base for base, *forms in irregular for form in forms if form != base}
    return bases | {_stemmed(form): _stemmed(word) for word in graded for form in _degrees(word)}


def _linked(groups: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for ones, others in groups:
        for one in map(stem, ones.split()):
            found.setdefault(one, set()).update(map(stem, others.split()))
    return {word: frozenset(linked - {word}) for word, linked in found.items()}


def _both_ways(groups: Iterable[str]) -> Iterable[tuple[str, str]]:
    for group in groups:
        ones, _, others = group.partition(":")
        yield from ((ones, others), (others, ones))


_LISTS: Mapping[str, str] = tomllib.loads(Path(__file__).with_name("wording.toml").read_text("utf-8"))
_BASES = _bases(_LISTS["irregular"].strip().split("\n"), _LISTS["graded"].split())
_NEAR = _linked((group, group) for group in _LISTS["same"].strip().split("\n"))
_FAR = _linked(_both_ways(_LISTS["opposite"].strip().split("\n")))
_LIGHT = frozenset(map(stem, _LISTS["light"].split()))
