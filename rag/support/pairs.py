"""Whether what a claim has together goes together in its quotes: a figure with its words and date, a name with its."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, combinations, pairwise

from rag.language.facts import Fact, facts, stands_in
from rag.language.reading import Word
from rag.mentions import FUNCTION
from rag.support.claim import Claim, Window
from rag.support.evidence import Unit

_MOST = 12
"""Figures, or names, of a sentence that are paired, which bounds the time."""
_JOINS = re.compile(r"[\s)]*,?\s*(?:and|or|&)?\s*(?:(?:for|in|of|at|to|on|by) )?")
"""Between two members of a list."""
_PARTS = re.compile(
    r"\b(?:compared (?:to|with)|versus|against|than|and|but|while|whereas|from)\b|;|,(?!\d)|\bto (?=[£$€]?\d)",
    re.IGNORECASE,
)

Place = Fact | Word
"""Where a figure or a name stands."""


def mispaired(claim: Claim, window: Window) -> Iterator[str]:
    """What stands together in a claim, and each with something else in its quote, in plain words."""
    for unit in window.units:
        told = facts(unit.text)
        if unit.row or len(told) > _MOST or len(claim.facts) > _MOST:
            continue
        if "respectively" in unit.text:
            pairs: list[tuple[Place, Place]] = list(_out_of_line(claim.facts, told, unit.text))
        else:
            pairs = [*_figures(claim, unit, told), *_names(claim, unit, told), *_misdated(claim, unit)]
        yield from (f'"{one.text}" and "{two.text}" do not stand so in a quote' for one, two in pairs)


# --- each with the words of the other


def _figures(claim: Claim, unit: Unit, told: Sequence[Fact]) -> Iterator[tuple[Fact, Fact]]:
    """Two figures of one unit, each with words that the quote has beside the other."""
    for one, two in combinations((fact for fact in claim.facts if fact.kind == "number"), 2):
        homes = [[f for f in told if f.kind == "number" and stands_in(mine, [f])] for mine in (one, two)]
        if not one.units & two.units or any(len(home) != 1 for home in homes) or homes[0] == homes[1]:
            continue
        numbers = [[f for f in found if f.kind == "number"] for found in (claim.facts, told)]
        ours = [_beside(claim.words, claim.facts, mine, numbers[0]) for mine in (one, two)]
        theirs = [_beside(unit.words[: unit.own], told, home[0], numbers[1]) for home in homes]
        if _is_turned(ours, theirs):
            yield one, two


def _names(claim: Claim, unit: Unit, told: Sequence[Fact]) -> Iterator[tuple[Word, Word]]:
    """Two names that stand once each, with words that the quote has beside the other."""
    mine, theirs_once = _once(claim.words, claim.facts), _once(unit.words[: unit.own], told)
    for one, two in combinations([mine[name] for name in mine if name in theirs_once][:_MOST], 2):
        homes = theirs_once[one.text], theirs_once[two.text]
        ours = [_beside(claim.words, claim.facts, word, (one, two)) for word in (one, two)]
        theirs = [_beside(unit.words[: unit.own], told, home, homes) for home in homes]
        if _is_turned(ours, theirs):
            yield one, two


def _once(words: Sequence[Word], found: Sequence[Fact]) -> dict[str, Word]:
    """The words with a capital or a figure in them that stand once, dates and numbers aside."""
    named = [w for w in words if w.text[0].isupper() or (w.text[0].isalpha() and any(map(str.isdigit, w.text)))]
    apart = [w for w in named if not _inside(w, found) and w.text.lower() not in FUNCTION]
    texts = [word.text for word in apart]
    return {word.text: word for word in apart if texts.count(word.text) == 1}


def _is_turned(ours: Sequence[Sequence[AbstractSet[str]]], theirs: Sequence[Sequence[AbstractSet[str]]]) -> bool:
    """Whether two things share words with each other's home, and not with their own, before them or after them."""
    before, after = (_shared([sides[k] for sides in ours], [sides[k] for sides in theirs]) for k in (0, 1))
    return (after[0] > after[1] and not before[1]) or (before[0] > before[1] and not after[1])


def _shared(ours: Sequence[AbstractSet[str]], theirs: Sequence[AbstractSet[str]]) -> tuple[int, int]:
    """How many words two things share with the other's home and with their own; 0 unless both share any."""
    (a, b), (c, d) = (ours[0] - ours[1], ours[1] - ours[0]), (theirs[0] - theirs[1], theirs[1] - theirs[0])
    turned, kept = (len(a & d), len(b & c)), (len(a & c), len(b & d))
    return (sum(turned) if all(turned) else 0), (sum(kept) if all(kept) else 0)


def _beside(
    words: Sequence[Word], found: Sequence[Fact], place: Place, others: Sequence[Place]
) -> tuple[set[str], set[str]]:
    """Stems and dates before a place and after it, up to the next of the others."""
    first = max((other.end for other in others if other.end <= place.start), default=0)
    last = min((other.start for other in others if other.start >= place.end), default=len(words) and words[-1].end)
    stems = [(w.start, w.stem) for w in words if w.content and not _inside(w, [*found, *others])]
    dates = [(f.start, min(map(str, f.readings))) for f in found if f.kind == "date"]
    near = [at for at in (*stems, *dates) if first <= at[0] < last]
    return {what for at, what in near if at < place.start}, {what for at, what in near if at >= place.end}


def _inside(word: Word, places: Sequence[Place]) -> bool:
    return any(place.start <= word.start < place.end for place in places)


# --- each with a date


def _misdated(claim: Claim, unit: Unit) -> Iterator[tuple[Fact, Fact]]:
    """A number and its date, where the quote has both in parts of their own, with others."""
    parts = _dated(unit.text, whole=False)
    if len(parts) < 2:  # noqa: PLR2004
        return
    for number, date in _dated(claim.text, whole=True):
        of_number = [d for n, d in parts if stands_in(number, [n])]
        if of_number and not stands_in(date, of_number) and stands_in(date, [d for _, d in parts]):
            yield number, date


def _dated(text: str, whole: bool) -> list[tuple[Fact, Fact]]:
    """The number and the date of each part of a sentence that has one of both, or of the `whole` where that has."""
    told = facts(text)
    parts = (p.span() for p in _PARTS.finditer(text) if not any(f.start < p.start() < f.end for f in told))
    cuts = [0, *chain.from_iterable(parts), len(text)]
    spans = list(zip(cuts[::2], cuts[1::2], strict=True))
    pairs = [_pair(told, *span) for span in ([(0, len(text))] * whole + spans)]
    return [pair for pair in pairs if pair is not None]


def _pair(found: Sequence[Fact], start: int, end: int) -> tuple[Fact, Fact] | None:
    inside = [fact for fact in found if start <= fact.start < end]
    numbers, dates = ([fact for fact in inside if fact.kind == kind] for kind in ("number", "date"))
    return (numbers[0], dates[0]) if len(numbers) == len(dates) == 1 else None


def in_line(claim: Claim, unit: Unit) -> bool:
    """Whether all figures and dates of a claim are from lists that a quote tells "respectively", and in step there."""
    found = list(_in_lists(claim.facts, facts(unit.text), unit.text)) if "respectively" in unit.text else []
    paired = {fact.start for number, date, _ in found for fact in (number, date)}
    return bool(found) and all(right for *_, right in found) and paired == {fact.start for fact in claim.facts}


def _out_of_line(ours: Sequence[Fact], told: Sequence[Fact], text: str) -> Iterator[tuple[Fact, Fact]]:
    """A number and its date where a list of as many dates has another date at the place of the number."""
    return ((number, date) for number, date, right in _in_lists(ours, told, text) if not right)


def _in_lists(ours: Sequence[Fact], told: Sequence[Fact], text: str) -> Iterator[tuple[Fact, Fact, bool]]:
    """Numbers of a claim with their dates, both of lists of one length, and whether they are in step there."""
    lists = list(_lists(told, text))
    for numbers, dates in ((n, d) for n in lists for d in lists if len(n) == len(d)):
        if (numbers[0].kind, dates[0].kind) != ("number", "date"):
            continue
        mine = [fact for fact in ours if fact.kind == "number" and stands_in(fact, numbers)]
        when = [fact for fact in ours if fact.kind == "date" and stands_in(fact, dates)]
        if len(when) == 1:
            when *= len(mine)
        if len(mine) == len(when):
            rows = list(zip(numbers, dates, strict=True))
            for number, date in zip(mine, when, strict=True):
                yield number, date, any(stands_in(number, [n]) and stands_in(date, [d]) for n, d in rows)


def _lists(told: Sequence[Fact], text: str) -> Iterator[list[Fact]]:
    """Runs of two and more facts of one kind with nothing between them but what joins a list."""
    run = list(told[:1])
    for one, two in pairwise(told):
        if one.kind != two.kind or not _JOINS.fullmatch(text, one.end, two.start):
            if len(run) > 1:
                yield run
            run = []
        run.append(two)
    if len(run) > 1:
        yield run
