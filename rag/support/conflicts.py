"""The rules by which quotes that hold a claim's words still do not bear it out, each with what it says against it."""

import re
from collections.abc import Iterator, Sequence

from rag.language.facts import Fact, facts, stands_in
from rag.language.reading import Word, match, stems_of, words
from rag.language.wording import has_opposite, listed, opposites, says_little, synonyms
from rag.support import flow, roles
from rag.support.claim import Claim, Window
from rag.support.evidence import Unit
from rag.support.pairs import in_line

_DENIED = 3
"""Telling words after a "not" of the claim that are compared."""
_HEDGES = listed("hedges")
_HEDGED = _HEDGES | listed("hedged")
_HEDGE_REACH = 8
_HEDGED_WORDS = 2
_COLUMNS = 4
"""Strokes of a row from which on it can be read in the wrong column."""


def conflicts(claim: Claim, window: Window) -> list[str]:
    """What the window says against the claim although it may hold its words; empty where nothing."""
    return [
        *(f'the quote says "{other}" where the sentence says "{word}"' for word, other in _opposed(claim, window)),
        *(f'the quote does not deny "{word}"' for word in _denials(claim.words, _words(window), strictly=False)),
        *(f'the quote denies "{word}"' for word in _denials(_words(window), claim.words, strictly=True)),
        *(f'the quote only says "{word}"' for word in _overstated(claim, window)),
        *(f'the quote counts something other than "{word}"' for word in _miscounted(claim, window)),
        *(f'the quote has "{other}" where the sentence says "{fact}"' for fact, other in _exchanged(claim, window)),
        *(f'the quote says this of something other than "{word}"' for word in roles.not_of(claim, window)),
        *(f'"{phrase}" stands in no quote' for phrase in roles.other_relations(claim, window)),
        *(
            ["the quote says this of different things"]
            * (flow.crossed(claim, window) and not in_line(claim, window.main))
        ),
        *(["its words stand apart in the quotes"] * flow.scattered(claim, window)),
        *(["the quote says this in another column"] * _other_column(claim, window.main)),
    ]


def _words(window: Window) -> list[Word]:
    return [word for unit in window.units for word in unit.words]


def _opposed(claim: Claim, window: Window) -> Iterator[tuple[str, str]]:
    """Words of the claim of which the quote has only the opposite, unless a "not" turns one of the two round."""
    said = {word.stem for word in claim.words}
    for word in claim.words:
        among = _instead(word, claim, window)
        for opposite in sorted(opposites(word.text) & stems_of(among)) if among else ():
            found = [other for other in among if other.stem == opposite]
            turned = any(other.denied != word.denied for other in found)
            if found and not turned and opposite not in said and synonyms(opposite).isdisjoint(said):
                yield word.text, found[0].text


def _instead(word: Word, claim: Claim, window: Window) -> Sequence[Word]:
    """Where the opposite of a word would speak against it: the main sentence when another has the word, else all."""
    main = window.main
    if not (word.content or has_opposite(word.stem)):
        return ()
    if match(word.stem, main.stems) if word.content else word.stem in {other.stem for other in main.words}:
        return ()
    if not match(word.stem, window.all_stems):
        return _words(window)
    return () if flow.lists(claim) else main.words


def _denials(ones: Sequence[Word], others: Sequence[Word], strictly: bool) -> Iterator[str]:
    """Words that a "not" of the one text denies and the other holds undenied.

    `strictly` one of the first two words denied must be among them, or two of all.
    """
    polarity: dict[str, set[bool]] = {}
    for word in others:
        if word.content:
            polarity.setdefault(word.stem, set()).add(word.denied)
    undenied = {word.text.lower() for word in ones if word.content and not word.denied}
    spared = {word.stem for word in others if word.text.lower() in undenied}
    for k, word in enumerate(ones):
        reached = _reached(ones[k + 1 :], None if strictly else _DENIED) if word.denies else []
        found = [(w, other) for w in reached if (other := match(w.stem, polarity.keys())) and other not in spared]
        close = not strictly or len(found) > 1 or any(w in reached[:2] for w, _ in found)
        if found and close and not any(True in polarity[other] for _, other in found):
            yield found[0][0].text


def _reached(following: Sequence[Word], most: int | None) -> list[Word]:
    """The telling words that a "not" before them denies; where there is none, the first of the others."""
    end = next((k for k, word in enumerate(following) if not word.denied), len(following))
    content = [word for word in following[:end] if word.content]
    return [word for word in content if not says_little(word.stem)][:most] or content[:1]


def _overstated(claim: Claim, window: Window) -> Iterator[str]:
    """The "may" or "claims" of a quote that the claim leaves out."""
    if any(word.text.lower() in _HEDGED for word in claim.words):
        return
    said = {word.stem for word in claim.telling}
    own = window.main.words[: window.main.own]
    for k, word in enumerate(own):
        after = sum(other.stem in said for other in own[k + 1 : k + 1 + _HEDGE_REACH])
        if word.text in _HEDGES and after >= _HEDGED_WORDS:
            yield word.text
            return


def _miscounted(claim: Claim, window: Window) -> Iterator[str]:
    """Words right after a number of the claim that in the quote stand right after another number only."""
    own = window.main.words[: window.main.own]
    numbers = [fact for fact in facts(window.main.text) if fact.kind == "number"]
    for fact in claim.facts:
        counted = _right_after(claim.words, fact) if fact.kind == "number" else None
        same = _counted(own, [f for f in numbers if stands_in(fact, [f])])
        other = _counted(own, [f for f in numbers if not stands_in(fact, [f])])
        if counted and same and not match(counted.stem, same) and match(counted.stem, other):
            yield counted.text


def _exchanged(claim: Claim, window: Window) -> Iterator[tuple[str, str]]:
    """Figures and dates of the claim that stand only beside its main sentence, which has another in their place."""
    left = [fact for fact in window.main.facts if not stands_in(fact, claim.facts)]
    for fact in claim.facts:
        beside = stands_in(fact, window.facts) and not stands_in(fact, window.main.facts)
        if beside:
            yield from [(fact.text, other.text) for other in left if other.kind == fact.kind][:1]


def _counted(own: Sequence[Word], numbers: Sequence[Fact]) -> set[str]:
    return {word.stem for fact in numbers if (word := _right_after(own, fact))}


def _right_after(found: Sequence[Word], fact: Fact) -> Word | None:
    following = next((word for word in found if word.start >= fact.end and word.text not in "()"), None)
    return following if following and following.content and not says_little(following.stem) else None


def _other_column(claim: Claim, unit: Unit) -> bool:
    """Whether the claim takes the head of one column of a table and the cell of another."""
    heads, cells = (re.split(r"\|", text) for text in (unit.lead, unit.text))
    if not unit.row or len(cells) - 1 < _COLUMNS or len(heads) != len(cells):
        return False
    in_heads, in_cells = ([frozenset(word.stem for word in words(cell)) for cell in row[2:]] for row in (heads, cells))
    headed, celled = set[int](), set[int]()
    for word in claim.telling:
        of_heads = {k for k, stems in enumerate(in_heads) if match(word.stem, stems)}
        of_cells = {k for k, stems in enumerate(in_cells) if match(word.stem, stems)}
        headed |= of_heads if len(of_heads) == 1 and not of_cells else set()
        celled |= of_cells if len(of_cells) == 1 and not of_heads else set()
    return bool(headed and celled and headed.isdisjoint(celled))
