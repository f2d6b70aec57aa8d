"""A sentence to be supported, read against the evidence: what it holds, and the quotes that hold most of it."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from itertools import chain

from rag.language.facts import Fact, facts, name_words, stands_in
from rag.language.reading import Word, match, words
from rag.language.wording import says_little, stem
from rag.mentions import BE, DO
from rag.support.evidence import Evidence, Unit

LIGHT_WEIGHT = 0.3
"""Of a word that says little, against 1 for another."""
_MOST_UNITS = 3
_CANDIDATES = 24
"""Units that share the most with a claim, of which windows are made."""
_MOST_PLACES = 5_000
"""Of a claim's words in the evidence that are counted, which bounds the time; sentences on one subject have fewer."""
_LONGEST = 300
"""Words of a sentence of the quotes that are followed."""
_FACT_COST = 0.2
_UNIT_COST = 0.05
"""What a window loses, in shares of the claim, for a fact or name that it lacks, and for a further sentence."""
_JOINS = re.compile(r",| and | while | whereas |;")
_PRONOUN = re.compile(r"\b(?:he|she|it|they)\b")
_SUBJECT_ELSEWHERE = re.compile(
    r"\W*(?:(?:in|on|at|for|to|through|by|from|under|with)\b[^,]{0,40},? )?(?:[a-z]+ ){0,2}?"
    r"(?:he|she|it|they|this|these|his|her|its|their)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sentence says, word by word."""

    text: str
    words: tuple[Word, ...]
    facts: tuple[Fact, ...]
    names: tuple[Fact, ...]
    fact_stems: frozenset[str]
    """Stems of the words inside numbers and dates, which are looked for as facts."""
    weights: dict[str, float]
    """Of each stem that says something."""

    @property
    def content(self) -> list[Word]:
        """Its words without grammar."""
        return [word for word in self.words if word.content]

    @property
    def plain(self) -> list[Word]:
        """Its words without marks of punctuation."""
        return [word for word in self.words if word.text[0].isalnum()]

    @property
    def telling(self) -> list[Word]:
        """Its words that say something of their own."""
        return [word for word in self.content if not says_little(word.stem)]


def read_claim(text: str, evidence: Evidence) -> Claim:
    """The claim; a lone first word counts as a name where the evidence never writes it small."""
    found, numbers = words(text), facts(text)
    inside = frozenset(w.stem for w in found if any(f.start <= w.start < f.end for f in numbers))
    names = [n for n in name_words(text) if not any(f.start <= n.start < f.end for f in numbers)]
    for word in found:
        known = word.text in evidence.capitals and word.text.lower() not in evidence.smalls
        taken = any(fact.start <= word.start < fact.end for fact in (*names, *numbers))
        if known and word.content and word.text[0].isupper() and not taken:
            names.append(Fact("name", word.text, word.start, word.end, frozenset()))
    weights = {w.stem: LIGHT_WEIGHT if says_little(w.stem) else 1.0 for w in found if w.content}
    return Claim(text, found, numbers, tuple(sorted(names, key=lambda n: n.start)), inside, weights)


class Window:
    """Up to three units of one passage, against a claim."""

    def __init__(self, claim: Claim, evidence: Evidence, numbers: Sequence[int]) -> None:
        """Take the units of these numbers; the first is the one that holds most of the claim."""
        self.claim = claim
        self.evidence = evidence
        self.numbers = tuple(numbers)

    @cached_property
    def main(self) -> Unit:
        """The unit that holds most of the claim."""
        return self.evidence.units[self.numbers[0]]

    @cached_property
    def units(self) -> list[Unit]:
        """In order of the text."""
        return [self.evidence.units[number] for number in sorted(self.numbers)]

    @cached_property
    def told(self) -> list[list[Word]]:
        """Of each unit its own words, without marks and no more than bound the time."""
        return [[w for w in unit.words[: unit.own] if w.text[0].isalnum()][:_LONGEST] for unit in self.units]

    @cached_property
    def stems(self) -> list[frozenset[str]]:
        """Of each unit, acronyms resolved."""
        return [self.evidence.spelt_out(unit.stems, self.claim.text) for unit in self.units]

    @cached_property
    def all_stems(self) -> frozenset[str]:
        """Of all units."""
        return frozenset().union(*self.stems)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """Of all units."""
        return tuple(fact for unit in self.units for fact in unit.facts)

    @cached_property
    def facts_missing(self) -> list[Fact]:
        """The claim's numbers and dates that no unit holds."""
        return [fact for fact in self.claim.facts if not stands_in(fact, self.facts)]

    @cached_property
    def names_missing(self) -> list[Fact]:
        """The claim's names that neither a unit nor the title of their document holds."""
        text = " ".join(unit.text for unit in self.units)
        return [
            name for name in self.claim.names if not holds_name(name, self.all_stems, text) and not self._in_title(name)
        ]

    def _in_title(self, name: Fact) -> bool:
        return _stands_whole(name.text, self.evidence.passages[self.main.passage].title)

    @cached_property
    def words_missing(self) -> list[str]:
        """Stems of the claim that no unit matches, numbers and dates aside."""
        titled = {stem(name.text.lower()) for name in self.claim.names if self._in_title(name)}
        sought = self.claim.weights.keys() - self.claim.fact_stems - titled
        return [stemmed for stemmed in self.claim.weights if stemmed in sought and not match(stemmed, self.all_stems)]

    @cached_property
    def subject_elsewhere(self) -> str | None:
        """The claim's first telling word where the main unit leaves its subject to the text before it, which has it."""
        first = next((word.stem for word in self.claim.content), None)
        opening = self.main.words[0].text.lower() if self.main.words else ""
        leaves = self.main.row or (self.main.item and opening in BE | DO) or _SUBJECT_ELSEWHERE.match(self.main.text)
        return first if leaves and first in self.words_missing and match(first, self._told_before) else None

    @cached_property
    def _told_before(self) -> frozenset[str]:
        """Stems of the title, and of the text of the passage before the main unit."""
        title = frozenset(word.stem for word in words(self.evidence.passages[self.main.passage].title))
        return title.union(*(unit.stems for unit in self.evidence.before(self.main)))

    @cached_property
    def missing(self) -> float:
        """Weight of the words that are missing: 1 for each, 0.3 for one that says little."""
        light = {self.subject_elsewhere}
        return sum(LIGHT_WEIGHT if word in light else self.claim.weights[word] for word in self.words_missing)

    @cached_property
    def value(self) -> float:
        """By which windows are chosen: the share of the claim that it holds, less its costs."""
        total = sum(self.claim.weights.values()) or 1.0
        held = 1 - sum(self.claim.weights[word] for word in self.words_missing) / total
        lacking = len(self.facts_missing) + len(self.names_missing)
        return held - _FACT_COST * lacking - _UNIT_COST * (len(self.numbers) - 1)


def holds_name(name: Fact, stems: frozenset[str], text: str) -> bool:
    """Whether a name stands in a text, whole or in its parts."""
    low = re.sub(r"(?<=[A-Z]{2})s$", "", name.text).lower()
    parts = [part for part in re.split(r"[-&/.’']", low) if part]
    return stem(low) in stems or all(stem(part) in stems for part in parts) or _stands_whole(name.text, text)


def _stands_whole(name: str, text: str) -> bool:
    """Whether a name stands in a text with no letter or figure before and after it."""
    at = text.find(name)
    while at >= 0:
        around = text[max(at - 1, 0) : at] + text[at + len(name) : at + len(name) + 1]
        if not any(character.isalnum() or character == "_" for character in around):
            return True
        at = text.find(name, at + 1)
    return False


def best_window(claim: Claim, evidence: Evidence, among: AbstractSet[int] | None = None) -> Window | None:
    """The window that holds most of a claim in the fewest sentences, of the passages `among` the evidence if given.

    `None` without any evidence.
    """
    numbers = _candidates(claim, evidence, among)
    best = max((Window(claim, evidence, [n]) for n in numbers), key=lambda w: w.value, default=None)
    while best is not None and len(best.numbers) < _MOST_UNITS:
        wider = [
            Window(claim, evidence, [*best.numbers, n])
            for n in numbers
            if n not in best.numbers and all(_join(claim, evidence.units[m], evidence.units[n]) for m in best.numbers)
        ]
        widest = max(wider, key=lambda w: w.value, default=None)
        if widest is None or widest.value <= best.value + 1e-9:
            break
        best = widest
    return best


def _candidates(claim: Claim, evidence: Evidence, among: AbstractSet[int] | None) -> list[int]:
    """Units that share the most words with the claim, and those around them, in order."""
    units = evidence.units_of(among)
    if sum(map(len, units)) <= _CANDIDATES:
        return list(chain.from_iterable(units))
    shared = _shared(claim, evidence, units)
    best = nsmallest(_CANDIDATES // 2, shared, key=lambda n: (-shared[n], n))
    near = {m for n in best[: _CANDIDATES // 8] for m in range(n - 2, n + 3) if any(m in run for run in units)}
    return sorted({*best, *near})


def _shared(claim: Claim, evidence: Evidence, units: Sequence[range]) -> Mapping[int, float]:
    """The weight of the claim's words that each unit holds, rare words first and until too many places are seen."""
    shared: dict[int, float] = {}
    seen = 0
    stems = {word.stem for word in claim.words if word.content} & evidence.where.keys()
    for held in sorted((evidence.held(stemmed, units) for stemmed in sorted(stems)), key=len):
        if shared and (seen := seen + len(held)) > _MOST_PLACES:
            break
        for number in held[:_MOST_PLACES]:
            shared[number] = shared.get(number, 0.0) + 1 / len(held)
    return shared


def _join(claim: Claim, one: Unit, other: Unit) -> bool:
    """Whether two units can bear a claim together: no rows, and items only where the claim itself lists."""
    if one.passage != other.passage or one.row or other.row:
        return False
    lists = _JOINS.search(claim.text) is not None
    return lists or not any(unit.item and not _PRONOUN.search(unit.text) for unit in (one, other))
