"""How a claim runs through its quotes: over the breaks between clauses and sentences, and forward or back."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rag.language.facts import facts, name_words, stands_in
from rag.language.reading import match, words
from rag.language.wording import stem
from rag.support.claim import Claim, Window, holds_name
from rag.support.evidence import Unit

_SEVERAL = re.compile(r"[,;:]|\b(?:and|but|while|who|which|that)\b")
_PARTED = re.compile(r";|\b(?:and(?! [A-Z])|but|while|whereas)\b")
_OPENS_BACK = re.compile(
    r"\b(?:he|she|it|they|this|these|such|his|her|its|their|him|them|so|same|one|following|next|then|later)\b",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(r"\b(?:it|he|she|they|who|which|that)\b[^,;]{0,25}$")
_ENUMERATES = re.compile(r"and\s+(?:[a-z]{2,4}\s+)?(?:the\s+)?")
_ONLY_LISTED = re.compile(r"\S+\s*(?:,|and|or|&|\s)*")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_OPENING_CHARACTERS = 40
"""Of a sentence, within which a pronoun that is its subject stands."""
_LEAST_TOGETHER = 0.6
"""Share of a claim's neighbouring words that stand in one sentence; below, its pieces come from here and there."""
_PLACES = 12
"""Of a word in its quotes that are followed, which bounds the time."""
OPENING = re.compile(
    r"^(?:Of|In|On|At|By|From|During|After|Before|Since|Until|Under|Among|For|According)\b(?P<whole>[^,]*,)?"
)
_CLOSING = re.compile(r"\b(?:in|on|at|during|after|before|since|until)\s(?:(?!\b(?:in|on|at|by|from|to|of)\s).)*$")
"""The phrase that a sentence can close with, and its quote open with."""


def lists(claim: Claim) -> bool:
    """Whether a claim has several clauses or members, its opening aside."""
    return _SEVERAL.search(re.sub(r"\d,\d|\([^()]*\)", "", claim.text[opening_end(claim) :])) is not None


def opening_end(claim: Claim) -> int:
    """Where the claim begins behind "In 1835, "."""
    opening = OPENING.match(claim.text)
    return opening.end() if opening and opening["whole"] else 0


def crossed(claim: Claim, window: Window) -> bool:
    """Whether a claim of one clause runs in its quote over a break and a name or figure of another clause."""
    if len(window.units) > 1 or lists(claim):
        return False
    text = window.main.text
    while (bare := _BRACKETS.sub(lambda found: " " * len(found[0]), text)) != text:
        text = bare
    said = {word.stem for word in claim.words}
    others = [fact.start for fact in facts(text) if not stands_in(fact, claim.facts)]
    others += [n.start for n in name_words(text) if not any(word.stem in said for word in words(n.text))]
    return _fewest_crossings(claim, window.main, others, text) > 0


def _fewest_crossings(claim: Claim, unit: Unit, others: Sequence[int], text: str) -> int:
    """Over all ways to follow the claim's telling words through the unit, the fewest steps over a break and a rival."""
    places: dict[str, list[int]] = {}
    for word in unit.words[: unit.own]:
        places.setdefault(word.stem, []).append(word.start)
    costs: dict[int, int] = {}
    for word in claim.telling:
        at = places.get(match(word.stem, places.keys()) or "", [])[:_PLACES]
        if at:
            costs = {b: min((cost + _jumps(a, b, others, text) for a, cost in costs.items()), default=0) for b in at}
    return min(costs.values(), default=0)


def _jumps(one: int, two: int, others: Sequence[int], text: str) -> bool:
    low, high = sorted((one, two))
    rivals = [at for at in others if low < at < high]
    if not rivals or _LEADS_ON.search(text[low:high]):
        return False
    parted = [found.start() for found in _PARTED.finditer(text, low, high)]
    if parted:
        return not _ENUMERATES.fullmatch(text[parted[-1] : high])
    comma = text.rfind(",", low, high)
    return one < two and comma >= 0 and any(comma < at and not _ONLY_LISTED.fullmatch(text[at:high]) for at in rivals)


def scattered(claim: Claim, window: Window) -> bool:
    """Whether the claim's words come from sentences that have nothing to do with each other."""
    return _far_apart(claim, window) or _unlinked(claim, window)


def _far_apart(claim: Claim, window: Window) -> bool:
    telling = [word.stem for word in claim.telling]
    known = [(a, b) for a, b in pairwise(telling) if match(a, window.all_stems) and match(b, window.all_stems)]
    together = sum(any(match(a, stems) and match(b, stems) for stems in window.stems) for a, b in known)
    many = len(window.units) > 2 or len(known) - together >= len(window.units)  # noqa: PLR2004
    return together < _LEAST_TOGETHER * len(known) and many


def _unlinked(claim: Claim, window: Window) -> bool:
    """Whether a claim of one clause takes words from sentences that do not point to each other."""
    if len(window.units) == 1 or lists(claim):
        return False
    main = window.units.index(window.main)
    return any(
        not _share_name(claim, window, main, k)
        and not _points_back(window.units[max(k, main)], claim)
        and not _only_names(claim, window, main, k)
        for k in range(len(window.units))
        if k != main
    )


def _points_back(unit: Unit, claim: Claim) -> bool:
    noun = re.match(r"\W*the (\w+)", unit.text, re.IGNORECASE)
    if noun and stem(noun[1].lower()) in {word.stem for word in claim.words}:
        return True
    end = unit.text.find(" ", _OPENING_CHARACTERS)
    return _OPENS_BACK.search(unit.text if end < 0 else unit.text[:end]) is not None


def _share_name(claim: Claim, window: Window, one: int, other: int) -> bool:
    return any(all(holds_name(n, window.stems[k], window.units[k].text) for k in (one, other)) for n in claim.names)


def _only_names(claim: Claim, window: Window, main: int, other: int) -> bool:
    """Whether an earlier sentence adds but names, and the main one has no name for its subject."""
    added = [w for w in claim.content if match(w.stem, window.stems[other]) and not match(w.stem, window.stems[main])]
    named = all(any(name.start <= word.start < name.end for name in claim.names) for word in added)
    opening = next((word for word in window.units[main].words if word.content), None)
    nameless = opening is not None and (opening.text[0].islower() or opening.text.lower() in window.evidence.smalls)
    return other < main and named and nameless


def disorder(claim: Claim, window: Window) -> int:
    """How often the claim's telling words go back in the quotes, figures aside, an opening phrase moved to fit."""
    places: dict[str, list[int]] = {}
    for k, word in enumerate(word for unit in window.units for word in unit.words[: unit.own] if word.content):
        places.setdefault(word.stem, []).append(k)
    told_words = [w for w in claim.telling if not any(f.start <= w.start < f.end for f in claim.facts)]
    told = [word.stem for word in told_words]
    cuts = [*range(1, min(5, len(told)))] if OPENING.match(claim.text) else []
    closing = _CLOSING.search(claim.text)
    cuts += [k for k, word in enumerate(told_words) if closing and k and word.start > closing.start()][:1]
    return min([_backward(told, places), *(_backward(told[k:], places) + _backward(told[:k], places) for k in cuts)])


def _backward(told: Sequence[str], places: Mapping[str, Sequence[int]]) -> int:
    """Over all ways to follow the words, the fewest steps back."""
    costs: dict[int, int] = {}
    for stemmed in told:
        at = places.get(match(stemmed, places.keys()) or "", ())[:_PLACES]
        if at:
            costs = {b: min((cost + (b < a) for a, cost in costs.items()), default=0) for b in at}
    return min(costs.values(), default=0)
