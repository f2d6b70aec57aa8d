"""The small words that turn what a quote says: whose view it is, on what condition, whether it is done or wanted."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise, takewhile

from rag.language.reading import Word, match
from rag.language.wording import listed, stem
from rag.mentions import BE, DO
from rag.support.claim import Claim, Window

_ATTRIBUTION = listed("attribution")
_TELLING = frozenset("call calls finds found holds said say saying says sees stated states told writes wrote".split())  # noqa: SIM905
_REPORTING = frozenset(("said", "says", "stated", "told"))
_OPINING = listed("opining")
_ARTICLES = frozenset(("a", "an", "the"))
_RATING = frozenset("consider considered considers regard regarded regards".split())  # noqa: SIM905
_UNDONE = listed("undone")
_STOPPING = frozenset(map(stem, ("stop", "cease", "avoid", "postpone", "cancel", "quit", "resist", "suspend")))
_YET = frozenset(("can", "must", "shall", "will"))
_CONDITIONS = listed("conditions")
_INVERTED = frozenset(("Had", "Should", "Were"))
"""Open a condition without "if": "Had it passed, ..."."""
_MODAL = listed("modal")
_ADDRESSING = listed("addressing")
_AUXILIARY = listed("auxiliary")
_KIN = ({"will", "shall", "going"}, {"must", "need", "needed", "needs"}, {"can", "could"}, {"may", "might"})
_SAME_MODAL = {word: frozenset(kin) for kin in _KIN for word in kin}
_OPEN_QUESTION = BE | DO
_YES_NO = re.compile(r"\W*(?:(?:yes|yeah|nope)\b|(?:no|correct|right)\s*[,.;:!–—])", re.IGNORECASE)
_AGAINST = {
    "to": frozenset(("from", "against", "before", "after")),
    "into": frozenset(("from", "out", "before", "after")),
    "towards": frozenset(("from", "against")),
    "from": frozenset(("to", "into", "towards", "for", "against")),
    "for": frozenset(("against", "from")),
    "against": frozenset(("for", "to", "with", "from", "towards")),
    "with": frozenset(("without", "against")),
}
"""Small words before a noun, with those that say something else there."""
_TIMES = {
    "before": frozenset(("before", "prior", "until", "ahead")),
    "after": frozenset(("after", "following", "since", "once")),
    "until": frozenset(("until", "till", "to")),
    "since": frozenset(("since", "from", "after")),
    "during": frozenset(("during", "in", "on", "at", "while", "through", "throughout", "over", "within", "of")),
    "without": frozenset(("without",)),
    "except": frozenset(("except", "but", "excluding")),
    "despite": frozenset(("despite", "although", "though", "notwithstanding")),
}
"""Small words that must stand before the same noun, as they are or as one of these."""
_PROVISOS = frozenset(("provided that", "providing that", "assuming that", "subject to", "as long", "on condition"))
_ANYWHERE = frozenset(("except", "despite"))
_VERBS = _MODAL - _AUXILIARY - {"ought"}
"""Modals only where "to" follows."""
_NOUN_WITHIN = 4
"""Words from a small word to the noun that it goes with."""
_VERB_WITHIN = 4
_TIME_WITHIN = 7
_CLOSE = 4
"""Words after those that a claim takes, in which ", he claimed" stands."""
_IN_VIEW = re.compile(r"\bin (?:\S+ ){1,3}(?:belief|eyes?|estimation|judge?ment|opinion|view)\b", re.IGNORECASE)
_FEWEST_TELLING = 3
_NAMED = frozenset(map(stem, ("named", "called")))
_NUMBER_FOLLOWS = re.compile(r"\W*(?:the|a|an|all|any|every|each|no|its|their|his|her|up|[£$€¥]?\d)", re.IGNORECASE)


def nuances(claim: Claim, window: Window) -> Iterator[str]:
    """What the small words of a claim say that those of its quotes do not, in plain words."""
    ours, theirs = claim.plain, window.told
    yield from (f'"{word.text}" stands in no quote' for word in _addressed(ours, theirs))
    yield from (f'"{word.text}" does not stand so in a quote' for word in _unmatched_modals(ours, theirs))
    yield from (f'"{word}" does not stand so in a quote' for word in _turned(ours, theirs))
    yield from (['"or" stands in no quote'] * _offers_choice(ours, theirs))
    yield from (["it is no full statement"] * _incomplete(claim, ours, theirs))


def outside(claim: Claim, before: Sequence[Word], after: Sequence[Word]) -> Iterator[Word]:
    """Of the words of a quote around those that the claim takes, what makes these a view or conditional.

    Args:
        claim: what is held against the quote.
        before: the words of the same sentence before the first that the claim takes.
        after: those after the last.
    """
    said = {word.text.lower() for word in claim.words}
    after = list(takewhile(lambda word: word.text not in ".;", after))
    if not said & _CONDITIONS:
        yield from (word for word in before[:1] if word.text in _INVERTED and "would" in said)
        yield from (word for word in (*before, *after) if word.text.lower() in _CONDITIONS)
        yield from _provisos(claim, after)
    if not said & (_ATTRIBUTION | _TELLING):
        close = () if after[1:] and after[1].text == "and" else after[:_CLOSE]
        yield from (w for w in _clause_before(before) if w.text.lower() in _ATTRIBUTION | _REPORTING)
        yield from (w for w in close if w.text.lower() in (_ATTRIBUTION | _REPORTING) - _RATING)
        yield from (w for w in _last_two(before) if w.text.lower() in _OPINING)
        seen = [_IN_VIEW.search(" ".join(word.text for word in part)) for part in (before, close)]
        yield from (part[-1] for part, found in zip((before, close), seen, strict=True) if found)


def _last_two(before: Sequence[Word]) -> Sequence[Word]:
    """The two words that lead to what the claim takes, articles aside: "hope that" before "the wages"."""
    return [word for word in before if word.text.lower() not in _ARTICLES][-2:]


def _provisos(claim: Claim, after: Sequence[Word]) -> Iterator[Word]:
    """A "provided that" behind what the claim takes, and an "until" behind what it denies."""
    denies = any(word.denies for word in claim.words)
    if after and after[0].text == "only" and not any(word.text == "only" for word in claim.words):
        yield after[0]
    for word, following in pairwise(after):
        if word.text == "until" and denies and not any(w.text == "until" for w in claim.words):
            yield word
        if f"{word.text} {following.text}" in _PROVISOS:
            yield word


def undone(told: Sequence[Word], passed: Sequence[int]) -> Iterator[Word]:
    """Verbs of the quotes that the claim passes over, by which the -ing behind them ended or never was."""
    for at in passed:
        if told[at].stem in _STOPPING and at + 1 < len(told) and told[at + 1].text.endswith("ing"):
            yield told[at]


def dropped(claim: Claim, told: Sequence[Word], passed: Sequence[int]) -> Iterator[Word]:
    """Of the quotes' words that the claim passes over, those that say that something is still to be done."""
    said = {word.text.lower() for word in claim.words}
    for at in passed:
        low, following = told[at].text.lower(), told[at + 1].text if at + 1 < len(told) else ""
        is_to = low == "to" and at and told[at - 1].text in ("was", "were") and "to" not in said
        if (
            is_to
            or (low in _YET and not said & (_MODAL | _CONDITIONS))
            or (low in _UNDONE and following == "to" and low not in said)
        ):
            yield told[at]


def _clause_before(words: Sequence[Word]) -> Sequence[Word]:
    """The words after the last break of a sentence."""
    cuts = [
        k + 1
        for k, word in enumerate(words)
        if word.text in ".;:"
        or (word.text == "," and k + 1 < len(words) and words[k + 1].text in ("and", "but", "while", "including"))
    ]
    return words[max(cuts, default=0) :]


def _addressed(ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> Iterator[Word]:
    said = {word.text.lower() for word in chain.from_iterable(theirs)}
    return (word for word in ours if word.text.lower() in _ADDRESSING - said and word.text != "US")


def _offers_choice(ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> bool:
    said = {word.text.lower() for word in chain.from_iterable(theirs)}
    return any(word.text == "or" for word in ours) and said.isdisjoint(("or", "nor", "either"))


def _unmatched_modals(ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> Iterator[Word]:
    """Modals and conditions of the claim that no quote has near the same word."""
    for k, word in enumerate(ours):
        low = word.text.lower()
        if low not in _MODAL and low not in _CONDITIONS:
            continue
        if word.text != low and k:
            continue
        if low in _VERBS and not any(w.text == "to" for w in ours[k + 1 : k + 2 + _VERB_WITHIN]):
            continue
        same = _SAME_MODAL.get(low, frozenset((low,))) | {low}
        verbs = [w.stem for w in ours[k + 1 : k + 1 + _VERB_WITHIN] if w.content] or [
            w.stem for w in ours[k + 1 : k + 3]
        ]
        if not any(_follows(same, verbs, unit) for unit in theirs):
            yield word


def _follows(same: frozenset[str], verbs: Sequence[str], unit: Sequence[Word]) -> bool:
    for k, word in enumerate(unit):
        if word.text.lower() in same or (word.text.lower().endswith("n't") and word.text.lower()[:-3] in same):
            near = frozenset(w.stem for w in unit[k + 1 : k + 3 + _VERB_WITHIN])
            if any(match(verb, near) for verb in verbs):
                return True
    return False


def _turned(ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> Iterator[str]:
    """Small words such as "to" and "before" where the quotes have another before the same noun."""
    for k, word in enumerate(ours):
        low = word.text.lower()
        if low not in _AGAINST and low not in _TIMES:
            continue
        noun = next((w for w in ours[k + 1 : k + 1 + _NOUN_WITHIN] if w.content), None)
        if noun is None:
            continue
        places = [(unit, at) for unit in theirs for at, w in enumerate(unit) if match(noun.stem, {w.stem})]
        other = _otherwhen(low, places) if low in _TIMES else _otherwise(low, places)
        if places and other and not (k and ours[k - 1].stem in _NAMED):
            yield f"{word.text} {noun.text}"


def _otherwhen(low: str, places: Sequence[tuple[Sequence[Word], int]]) -> bool:
    """Whether nowhere before the noun stands a word like this one."""
    within = 99 if low in _ANYWHERE else _TIME_WITHIN
    return not any(word.text.lower() in _TIMES[low] for unit, at in places for word in unit[max(at - within, 0) : at])


def _otherwise(low: str, places: Sequence[tuple[Sequence[Word], int]]) -> bool:
    """Whether before the noun, wherever it stands, is a word that says something else."""
    found = [set(_before(unit, at)) for unit, at in places]
    return all(small & _AGAINST[low] and low not in small for small in found)


def _before(unit: Sequence[Word], at: int) -> Iterator[str]:
    """The small words before a noun, back to the word before them that tells something."""
    for word in unit[max(at - _NOUN_WITHIN, 0) : at][::-1]:
        yield word.text.lower()
        if word.text.lower() in _AGAINST or word.text.lower() in _TIMES:
            return


def _incomplete(claim: Claim, ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> bool:
    """Whether a sentence says what it does only by what stands before it, or is an order or a turned question."""
    if not ours:
        return False
    first, last = ours[0].text.lower(), ours[-1].text.lower()
    apart = [w for w in claim.content if not any(fact.start <= w.start < fact.end for fact in claim.facts)]
    few = len(apart) + len(claim.facts) < _FEWEST_TELLING
    leans = few or first in _OPEN_QUESTION or _YES_NO.match(claim.text) is not None
    if leans and not any(_runs_in(ours, unit) for unit in theirs):
        return True
    ends = any(len(unit) >= len(ours) and unit[-1].text.lower() == last for unit in theirs)
    return (last in _AUXILIARY and not ends) or _orders(claim, ours, theirs)


def _runs_in(ours: Sequence[Word], unit: Sequence[Word]) -> bool:
    """Whether the claim stands in a sentence word for word."""
    sought, told = ([word.text.lower() for word in words] for words in (ours, unit))
    return any(told[k : k + len(sought)] == sought for k in range(len(told) - len(sought) + 1))


def _orders(claim: Claim, ours: Sequence[Word], theirs: Sequence[Sequence[Word]]) -> bool:
    """Whether it begins with a verb that the quotes have in another form, or behind "to" or "must"."""
    first = ours[0]
    low = first.text.lower()
    if not first.content or low.endswith(("ed", "ing", "s")) or not _NUMBER_FOLLOWS.match(claim.text, first.end):
        return False
    places = [(unit, k) for unit in theirs for k, word in enumerate(unit) if word.stem == first.stem]
    bare = [unit[k - 1].text.lower() if k else "" for unit, k in places if unit[k].text.lower() == low]
    return bool(places) and all(before in _MODAL | {"to", "not"} for before in bare)
