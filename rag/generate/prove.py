"""Holds one sentence of an LLM against the passages that it cites: a claim with its quotes, or why it is cut."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from rag.generate.inert import inert, leads_elsewhere, unread
from rag.generate.remarks import denied, figures_and_names, says_none
from rag.generate.sentences import MARKERS
from rag.records import Citation, Claim, Hit, Span
from rag.support import Evidence, Passage, Score, is_checkable, quoted, score

Cut = Literal["unsupported", "found_none", "says_nothing"]
"""Why a sentence is not shown: the passages that it cites do not bear it out, or it cites none; or it says that they do
not hold the answer; or it claims nothing that could be borne out."""

_LONE_LETTER = re.compile(r"(?<![\w'’])[^\W\d_](?!\w)")
"""Is not scored either, so that words could be spelt out."""
_ARTICLES = frozenset("aAI")
_COMPLETE = re.compile(rf"(?:[.!?…。！？؟।]|{MARKERS.pattern})[\"'”’»)*_\s]*$")
"""What a sentence ends with; one that ends otherwise was not written to its end, or is a heading."""
_LEANS = re.compile(
    r"\W*(?:\w+, )?"
    r"(?:(?:as|in|on|at|for|by|from|to|with|after|before|since|until|during|under) [^,]{0,40},? )?(?:\w+ )?"
    r"(?:he|him|she|it|they|them|this|these|those|such|his|her|its|their|there the|the (?:former|latter)"
    r"|both (?:were|are))\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(r"\W*it (?:is|was|has been|had been|seems|appears) (?:\w+ ){0,2}that\b", re.IGNORECASE)
_DOES_SO = re.compile(r"\b(?:do|does|did|done|doing) so\b", re.IGNORECASE)
_TRAILS_OFF = re.compile(r"(?::|\b(?:an?|and|because|but|nor|of|or|than|the|which|while|whose))[.…]*$")

_NAME = r"[A-Z][\w.'’&-]{0,40}"
_ONLY_WHO = re.compile(rf"(?:The )?{_NAME}(?: (?:(?:of|and|the|for) )?{_NAME}){{0,6}}, (?:who|which|whose)\b[^,;]*")
"""A name and what is said of it by the way, with nothing said of it."""


@dataclass(frozen=True, slots=True)
class Given:
    """The passages that an LLM was given, `[1]` the first, read once for all of its sentences."""

    hits: tuple[Hit, ...]
    evidence: Evidence


def read_given(hits: Sequence[Hit]) -> Given:
    """The passages, read; some 3 ms for every 1,000 characters."""
    return Given(tuple(hits), Evidence([Passage.of(hit) for hit in hits]))


def prove(sentence: str, given: Given, before: Claim | Cut | None = None) -> Claim | Cut:
    """The sentence as a claim in plain text, with the quotes that bear it out, or why it is cut.

    `before` is what became of the sentence that was written before it, where there is one: whoever reads "It cost ..."
    takes it to be of what that is about, so that has to be shown, and quoted from the same passage. The citations are
    not numbered yet (0), and their pages are those of the passages; what is scored is what is shown.
    """
    text, cited = inert(sentence), _cited(sentence)
    found = score(text, given.evidence, cited) if _can_be_scored(text, cited, given) else None
    supported = found is not None and found.supported
    if says_none(text) and not supported:
        return "unsupported" if _denies(text, given) or _is_told_to(given) else "found_none"
    if not is_checkable(text):
        return "says_nothing"
    if found is None or not supported or not (_is_whole(sentence, text) and _is_in_one(found)):
        return "unsupported"
    claim = Claim(text, tuple(_quotes(found, given, cited)), found.support)
    return claim if before is None or not _leans(text) or _goes_on(claim, before, given) else "unsupported"


def _leans(text: str) -> bool:
    """Whether what a sentence is about stands in another."""
    return bool(_DOES_SO.search(text) or (_LEANS.match(text) and not _EXPLETIVE.match(text)))


def _goes_on(claim: Claim, before: Claim | Cut, given: Given) -> bool:
    """Whether a claim and the one before it are quoted from one passage."""
    return isinstance(before, Claim) and any(
        all(_stands_in(citation, hit) for citation in (*before.citations, *claim.citations)) for hit in given.hits
    )


def _stands_in(citation: Citation, hit: Hit) -> bool:
    inside = hit.passage.start <= citation.start and citation.end <= hit.passage.end
    return citation.document_id == hit.document.id and inside


def _is_whole(sentence: str, text: str) -> bool:
    """Whether a sentence was written to its end, and its markers are no part of it ("[1] says that ...")."""
    headless = MARKERS.match(sentence) and text[:1].islower()
    unfinished = _TRAILS_OFF.search(text) or _ONLY_WHO.fullmatch(text)
    return not headless and bool(_COMPLETE.search(sentence)) and not unfinished


def _is_in_one(found: Score) -> bool:
    """Whether one sentence of the passages bears it out, or several that it repeats whole.

    Of the labelled sentences (2,889 of tune) for which it takes two, .71 of what passes the rules is right, and .92 of
    the others; of a real model's three, none.
    """
    if found.window is None:
        return False
    said = {word.stem for word in found.window.claim.words}
    told = ({word.stem for word in unit.words[: unit.own] if word.content} for unit in found.window.units)
    return len(found.window.units) == 1 or all(content <= said for content in told)


def _denies(remark: str, given: Given) -> bool:
    """Whether it says of something that stands in the passages that they do not say it."""
    said = denied(remark)
    return bool(said) and any(said & figures_and_names(hit.passage.text) for hit in given.hits)


def _is_told_to(given: Given) -> bool:
    """Whether a passage itself says that passages hold no answer: an LLM that says so then may only obey it."""
    return any(says_none(unit.text) for unit in given.evidence.units)


def _can_be_scored(text: str, cited: AbstractSet[int], given: Given) -> bool:
    """Whether it cites passages that were given, leads nowhere, and holds nothing that is read but not scored."""
    if not cited or not all(0 <= number < len(given.hits) for number in cited) or leads_elsewhere(text):
        return False
    passages = [given.hits[number].passage.text for number in cited]
    spelt = {letter for passage in passages for letter in _LONE_LETTER.findall(passage)}
    return not unread(text, passages) and set(_LONE_LETTER.findall(text)) <= spelt | _ARTICLES


def _cited(sentence: str) -> AbstractSet[int]:
    """Indices of the passages that a sentence's markers name; -1 stands for [0]."""
    return {int(number) - 1 for marker in MARKERS.findall(sentence) for number in re.findall(r"\d+", marker)}


def _quotes(found: Score, given: Given, cited: AbstractSet[int]) -> Iterator[Citation]:
    """The sentences that bear it out; those that follow each other in a passage are one quote."""
    for passage, start, end in quoted(found):
        assert passage in cited
        hit = given.hits[passage]
        first = hit.passage.start
        yield Citation.of(hit, Span(first + start, first + end), found.support)
