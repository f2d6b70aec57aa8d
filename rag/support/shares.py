"""Whether a figure of a claim is none of its own in the quotes: an end of a range, or that of which a share is told."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.language.facts import Fact, before, facts, stands_in
from rag.support.claim import Claim, Window

_AND = re.compile(r"\s?(?:[a-z]+ )?and (?:the |about )?", re.IGNORECASE)
_TO = re.compile(
    r"\s?(?:(?!compared|up|down|due|close|prior)[a-z]+ )?(?:to|or|[-–—])\s?(?:the |about )?", re.IGNORECASE
)
_BETWEEN = re.compile(r"\bbetween (?:the |about )?$", re.IGNORECASE)
_UP_TO = re.compile(r"\bto (?:the |about |over |under |nearly )?$", re.IGNORECASE)
_OF_THEM = re.compile(r"\bof (?:the|these|those|its|their|our) $", re.IGNORECASE)
_OF = re.compile(r"\bof (?:\w+ )?$", re.IGNORECASE)


def shares(claim: Claim, window: Window) -> Iterator[str]:
    """What figures of a claim the quotes give only as part of something, in plain words."""
    told = [(unit.text, facts(unit.text)) for unit in window.units]
    for fact in claim.facts:
        homes = [(text, found, k) for text, found in told for k, f in enumerate(found) if stands_in(fact, [f])]
        if homes and all(_in_range(fact, claim, *home) for home in homes):
            yield f'the quote has "{fact.text}" as one end of a range'
        shared = all(_OF_THEM.search(before(text, found[k])) for text, found, k in homes)
        if homes and shared and not _OF.search(before(claim.text, fact)):
            yield f'the quote tells a share of "{fact.text}"'


def _in_range(mine: Fact, claim: Claim, text: str, found: Sequence[Fact], at: int) -> bool:
    """Whether the figure of the quote is an end of a range that the claim does not give."""
    for one, two in pairwise(found[max(at - 1, 0) : at + 2]):
        if not _ranges(text, one, two) or all(stands_in(end, claim.facts) for end in (one, two)):
            continue
        ends = two is found[at] and _UP_TO.search(before(text, two)) and _UP_TO.search(before(claim.text, mine))
        return not ends
    return False


def _ranges(text: str, one: Fact, two: Fact) -> bool:
    link = text[one.end : two.start]
    between = _AND.fullmatch(link) and _BETWEEN.search(before(text, one))
    return _alike(one, two) and bool(between or _TO.fullmatch(link))


def _alike(one: Fact, two: Fact) -> bool:
    """Whether two figures are of one unit, which the first of a range may leave to the second."""
    return one.kind == two.kind and (one.kind == "date" or "" in one.units or bool(one.units & two.units))
