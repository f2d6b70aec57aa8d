"""Reads a text into words, each with its stem and whether a "not" reaches it, and says which words match."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from rag.language.wording import listed, stem, synonyms
from rag.mentions import FUNCTION

_WORD = re.compile(r"[^\W_]+(?:[.,/'’&-][^\W_]+)*|[,;:.()!?|]")
_COUNTED = re.compile(r"\d+-[a-z]+")
_JOINT = re.compile(r"[/&-]")
_NOT = listed("not")
_DENYING = listed("denying")
_ENDS_REACH = frozenset((*",;:.()!?|", "but", "while", "whereas", "although", "though", "because"))
_OR = re.compile(r", n?or\b")
_REACH = 9
"""Words after a "not" that it can deny, as far as the clause goes on."""
_SHORT_REACH = 3
_BEGINNING = 5
_BEGINNING_SHARE = 0.7
"""Letters, and share of the longer word, from which two words with the same beginning match ("fund", "funding")."""
_APART = [{"id", "at"}, {"id", "it"}, {"at", "it"}]
"""Ends of stems that name other things: sulphide, sulphate, sulphite."""
_MOST_ALIKE = 20
"""Stems of a set with the same beginning that are compared, which bounds the time."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a mark of punctuation where it stands."""

    text: str
    stem: str
    start: int
    end: int
    content: bool
    """Whether it says something, and is no grammar."""
    denies: bool
    """Whether it is a "not", or works as one."""
    denied: bool
    """Whether a word before it denies it."""


@lru_cache(maxsize=256)
def words(text: str) -> tuple[Word, ...]:
    """Words and marks, in order."""
    found: list[Word] = []
    reach = 0
    for part, start in _parts(text):
        low = part.lower().replace("’", "'")
        plain_not = low in _NOT or low.endswith("n't")
        denies = plain_not or low in _DENYING
        ends = low in _ENDS_REACH and not _OR.match(text, start)
        content = not (plain_not or ends) and low not in FUNCTION and (len(low) > 1 or low.isdigit())
        reach = 0 if ends else reach
        found.append(Word(part, stem(low), start, start + len(part), content, denies, reach > 0 and not denies))
        reach = (_SHORT_REACH if low == "without" else _REACH) if denies else reach - 1
    return tuple(found)


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """Words without "'s"; what a hyphen or a stroke joins, in its parts unless there is a digit in it."""
    for match in _WORD.finditer(text):
        word, at = re.sub(r"['’]s$|(?<=[A-Z]{2})s$", "", match[0]), match.start()
        if (any(map(str.isdigit, word)) or not _JOINT.search(word)) and not _COUNTED.fullmatch(word):
            yield word, at
            continue
        for part in re.finditer(r"[^/&-]+", word):
            yield part[0], at + part.start()


def match(stemmed: str, among: AbstractSet[str]) -> str | None:
    """The stem among others that is the same, can say the same, or has the same long beginning."""
    if stemmed in among:
        return stemmed
    near = synonyms(stemmed)
    if isinstance(among, frozenset):
        alike = _by_beginning(among).get(stemmed[:_BEGINNING], ()) if len(stemmed) >= _BEGINNING else ()
        return min(near & among, default=None) or next((other for other in alike if _begin_alike(stemmed, other)), None)
    if len(stemmed) < _BEGINNING and near.isdisjoint(among):
        return None
    return next((other for other in among if other in near or _begin_alike(stemmed, other)), None)


@lru_cache(maxsize=128)
def _by_beginning(stems: frozenset[str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for stemmed in sorted(stems):
        if len(alike := found.setdefault(stemmed[:_BEGINNING], [])) < _MOST_ALIKE:
            alike.append(stemmed)
    return found


def _begin_alike(one: str, other: str) -> bool:
    if one[:_BEGINNING] != other[:_BEGINNING] or len(one) < _BEGINNING or {one[-2:], other[-2:]} in _APART:
        return False
    same = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return same >= _BEGINNING_SHARE * max(len(one), len(other))


def stems_of(found: Sequence[Word]) -> frozenset[str]:
    """The stems of words."""
    return frozenset(word.stem for word in found)
