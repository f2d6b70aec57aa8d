"""Whether the figures of a claim are those of its quotes in full: over or under, from or to, of what, in what sign."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.language.facts import Fact, before, facts, stands_in
from rag.language.reading import Word, match, stems_of
from rag.language.wording import is_irregular, says_little
from rag.support.claim import Claim, Window
from rag.support.evidence import Unit

_BOUNDS = {
    "no more than": "at most",
    "not more than": "at most",
    "not over": "at most",
    "at most": "at most",
    "up to": "at most",
    "a maximum of": "at most",
    "as many as": "at most",
    "as much as": "at most",
    "no fewer than": "at least",
    "no less than": "at least",
    "not less than": "at least",
    "at least": "at least",
    "a minimum of": "at least",
    "more than": "over",
    "greater than": "over",
    "over": "over",
    "above": "over",
    "exceeding": "over",
    "exceeded": "over",
    "exceeds": "over",
    "in excess of": "over",
    "upwards of": "over",
    "less than": "under",
    "fewer than": "under",
    "under": "under",
    "below": "under",
    "beneath": "under",
    "nearly": "nearly",
    "almost": "nearly",
    "close to": "nearly",
    "about": "about",
    "around": "about",
    "approximately": "about",
    "roughly": "about",
    "circa": "about",
    "some": "about",
    "an estimated": "about",
    "only": "only",
}
_BOUND = re.compile(
    rf"\b({'|'.join(sorted(_BOUNDS, key=len, reverse=True))})\s+(?:the |a |an |age of )?$", re.IGNORECASE
)
_LONGEST = 1_000
"""Words of a sentence of the quotes that are followed, which bounds the time."""
_WAYS = re.compile(
    r"\b(from|to|before|after|until|till|since|by)\s+(?:the |about |around |over |under |nearly )?$", re.IGNORECASE
)
_OTHER_WAY = {
    "from": frozenset(("to", "until", "till", "before")),
    "to": frozenset(("from", "since", "after")),
    "until": frozenset(("from", "since", "after", "")),
    "till": frozenset(("from", "since", "after", "")),
    "since": frozenset(("to", "until", "till", "before", "by")),
    "before": frozenset(("from", "to", "since", "after", "")),
    "after": frozenset(("to", "until", "till", "before", "by", "")),
    "by": frozenset(("from", "to", "since", "after")),
}
_RANGE = re.compile(r"\W*(?:\w+ ){0,2}(?:and|to|or|until)\s+(?:the\s+)?", re.IGNORECASE)
_RANGE_OPENS = re.compile(r"\b(?:between|from)\s+(?:the\s+|about\s+)?$", re.IGNORECASE)
_BREAK = re.compile(r"[,;:](?!\d)|\b(?:and|but|while|whereas|or)\b")
_MONEY = {"£": ("pound", "£"), "$": ("dollar", "$"), "€": ("euro", "€")}
_SIGN = frozenset(("Sc", "Sm", "Nl", "No"))
_PLAIN = frozenset("£$€%+")
_MINUS = re.compile(r"(?<![\w.,)])[-−–‐‑﹣－]$")


def amounts(claim: Claim, window: Window) -> Iterator[str]:
    """What the figures of a claim say that those of its quotes do not, in plain words."""
    for fact in claim.facts:
        homes = [(unit, f) for unit in window.units for f in facts(unit.text) if stands_in(fact, [f])]
        if not homes:
            continue
        bound = _bound(claim.text, fact)
        if fact.kind == "number" and all(_bound(unit.text, f) != bound for unit, f in homes):
            yield f'"{bound} {fact.text}" does not stand so in a quote'.replace('" ', '"')
        way = _way(claim.text, fact)
        if way and all(_way(unit.text, f) in _OTHER_WAY[way] for unit, f in homes):
            yield f'"{way} {fact.text}" does not stand so in a quote'
        if all(not _same_sign(claim.text, fact, unit, f) for unit, f in homes):
            yield f'"{fact.text}" stands in no quote with this sign'
        if _replaces(fact, [unit for unit, _ in homes], claim, window):
            yield f'the quote has another figure than "{fact.text}" here'
    yield from (f'"{pair}" does not stand so in a quote' for pair in _turned_round(claim, window))
    yield from (f'the quote says "{word.text}" of another figure' for word in _of_another(claim, window))


def _replaces(fact: Fact, homes: Sequence[Unit], claim: Claim, window: Window) -> bool:
    """Whether a number is taken from another sentence than the rest, which has one of its kind of its own."""
    if fact.kind != "number" or window.main in homes:
        return False
    kinds = {reading[0:1] + reading[2:] for reading in fact.readings if reading[-1]}
    rivals = [other for other in window.main.facts if not stands_in(other, claim.facts)]
    return any(reading[0:1] + reading[2:] in kinds for other in rivals for reading in other.readings)


def _turned_round(claim: Claim, window: Window) -> Iterator[str]:
    """Two figures that the claim links with "and" or "to" after "between" or "from", the other way than all quotes."""
    for one, two in pairwise(claim.facts):
        link = claim.text[one.end : two.start]
        if not _RANGE.fullmatch(link) or not _RANGE_OPENS.search(claim.text[: one.start]):
            continue
        places = [_places(unit, (one, two)) for unit in window.units]
        if any(a and b for a, b in places) and not any(x < y for a, b in places for x in a for y in b):
            yield claim.text[one.start : two.end]


def _places(unit: Unit, pair: tuple[Fact, Fact]) -> list[list[int]]:
    told = facts(unit.text)
    return [[f.start for f in told if stands_in(mine, [f])] for mine in pair]


def _bound(text: str, fact: Fact) -> str:
    found = _BOUND.search(before(text, fact))
    return _BOUNDS[" ".join(found[1].lower().split())] if found else ""


def _way(text: str, fact: Fact) -> str:
    found = _WAYS.search(near := before(text, fact))
    prior = found and re.search(r"\bprior $", text[: fact.start - len(near) + found.start()], re.IGNORECASE)
    return "before" if prior else found[1].lower() if found else ""


# --- signs


def _same_sign(text: str, fact: Fact, unit: Unit, other: Fact) -> bool:
    mine, theirs = _signs(text, fact), _signs(unit.text, other)
    if mine - theirs or ("-" in theirs - mine and "minus" not in text):
        return False
    money = {str(reading[2]) for reading in fact.readings if reading[0] == "number"} & _MONEY.keys()
    whole = f"{unit.lead} {unit.text}".lower()
    return all(any(sign in whole for sign in _MONEY[one]) for one in money)


def _signs(text: str, fact: Fact) -> set[str]:
    """Signs that change a figure, and digits that are not ASCII, in and right beside it."""
    before, after = text[max(fact.start - 2, 0) : fact.start], text[fact.end : fact.end + 2]
    beside = before[-1:].strip() or before[:1], after[:1].strip() or after[1:]
    found = {c for c in "".join(beside) if unicodedata.category(c) in _SIGN or c in "‰‱"} - _PLAIN
    found |= {c for c in fact.text if not c.isascii() and (c.isdigit() or c.isnumeric())}
    return found | ({"-"} if _MINUS.search(text[max(fact.start - 3, 0) : fact.start]) else set())


# --- figures of one sentence


def _of_another(claim: Claim, window: Window) -> Iterator[Word]:
    """Words beside a figure of the claim that its quote has beside another figure only."""
    for unit in window.units:
        stretches = _stretches(unit.text)
        if len(stretches) < 2 or unit.row:  # noqa: PLR2004
            continue
        told = [w for w in unit.words[: unit.own] if w.content][:_LONGEST]
        yield from _astray(claim, stretches, told)


def _astray(claim: Claim, stretches: Sequence[tuple[int, int, list[Fact]]], told: Sequence[Word]) -> Iterator[Word]:
    for start, end, own in _stretches(claim.text):
        mine = [k for k, (_, _, theirs) in enumerate(stretches) if any(stands_in(f, theirs) for f in own)]
        if _parted(own, stretches):
            yield from (word for word in claim.words if any(word.start == f.start for f in own[:1]))
        if not mine or any(not stands_in(f, [t for k in mine for t in stretches[k][2]]) for f in own):
            continue
        opening = stretches[0][2][0].start
        yield from _other_doer(claim, stretches, mine, told)
        exchanged = _held_elsewhere(claim, own, [held for k, (_, _, held) in enumerate(stretches) if k not in mine])
        if not (exchanged or _has_other(claim, told, [stretches[k] for k in mine])):
            continue
        following = {_next(claim.words, fact) for fact in own}
        for word in claim.telling:
            if not start <= word.start < end or word in following or word.stem in claim.fact_stems:
                continue
            at = [w.start for w in told if match(word.stem, {w.stem})]
            if at and all(place > opening and not any(_in(place, stretches[k]) for k in mine) for place in at):
                yield word


def _held_elsewhere(claim: Claim, own: Sequence[Fact], others: Sequence[Sequence[Fact]]) -> bool:
    """Whether the claim has figures beside its own that other stretches of the quote hold, all of them."""
    rest = [fact for fact in claim.facts if fact not in own]
    return bool(rest) and all(any(stands_in(f, rest) for f in held) for held in others)


def _parted(own: Sequence[Fact], stretches: Sequence[tuple[int, int, list[Fact]]]) -> bool:
    """Whether figures that the claim has together stand in the quote each beside another of the same kind."""
    if len(own) < 2 or any(all(stands_in(f, held) for f in own) for _, _, held in stretches):  # noqa: PLR2004
        return False
    kinds = {fact.kind for fact in own}
    return len(kinds) > 1 and all(
        {f.kind for f in held} >= kinds for _, _, held in stretches if any(stands_in(f, held) for f in own)
    )


def _other_doer(
    claim: Claim, stretches: Sequence[tuple[int, int, list[Fact]]], mine: Sequence[int], told: Sequence[Word]
) -> Iterator[Word]:
    """Names and verbs of the claim, where the figure's own stretch, a later one, has others before the figure."""
    said = stems_of(claim.words)
    for sort in (_is_name, _is_past):
        ours = [w for w in claim.telling if sort(w)]
        near = [[w for w in told if _in(w.start, stretches[k]) and w.start < stretches[k][2][0].start] for k in mine]
        others = [[w for w in run if sort(w)] for run in near]
        if ours and 0 not in mine and all(run and not any(match(w.stem, said) for w in run) for run in others):
            at = {w.stem for k in mine for w in told if _in(w.start, stretches[k])}
            if not any(match(w.stem, at) for w in ours):
                yield ours[0]


def _is_name(word: Word) -> bool:
    return word.text[0].isupper()


def _is_past(word: Word) -> bool:
    return word.text[0].islower() and (word.text.endswith("ed") or is_irregular(word.text))


def _has_other(claim: Claim, told: Sequence[Word], stretches: Sequence[tuple[int, int, list[Fact]]]) -> bool:
    """Whether the quote says something else of the figures than the claim does."""
    inside = [w for stretch in stretches for w in told if _in(w.start, stretch)]
    figures = {w for _, _, held in stretches for w in inside for f in held if f.start <= w.start < f.end}
    said = stems_of(claim.words)
    return any(w not in figures and not says_little(w.stem) and not match(w.stem, said) for w in inside)


def _in(place: int, stretch: tuple[int, int, list[Fact]]) -> bool:
    return stretch[0] <= place < stretch[1]


def _next(found: Sequence[Word], fact: Fact) -> Word | None:
    return next((word for word in found if word.start >= fact.end), None)


def _stretches(text: str) -> list[tuple[int, int, list[Fact]]]:
    """A text cut between its figures, at the last break of those between two; with the figures of each stretch."""
    found: list[tuple[int, int, list[Fact]]] = []
    start, held = 0, list[Fact]()
    for fact in facts(text):
        if any(reading[-1] == "nth" for reading in fact.readings):
            continue
        breaks = [b.start() for b in _BREAK.finditer(text, held[-1].end, fact.start)] if held else []
        if breaks:
            found.append((start, breaks[-1], held))
            start, held = breaks[-1], []
        held.append(fact)
    return [*found, (start, len(text), held)] if held else found
