"""What leaves it open whether quotes bear a claim out, although they hold its words and no rule speaks against it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.language.reading import Word
from rag.language.wording import listed
from rag.support.claim import Claim, Window
from rag.support.flow import disorder

_STRICT = listed("strict")
_QUALIFYING = listed("qualifying")
_LONGEST = 300
"""Words of the quotes that are followed, which bounds the time."""


def doubts(claim: Claim, window: Window) -> list[str]:
    """What leaves open whether a window bears a claim out, in plain words; empty where nothing."""
    told = [w for unit in window.units for w in unit.words[: unit.own] if w.text[0].isalnum()][:_LONGEST]
    said = {word.text.lower() for word in told}
    passed = _passed_over([word.stem for word in claim.words if word.text[0].isalnum()], told)
    return [
        *(f'"{word.text}" stands in no quote' for word in claim.words if word.text.lower() in _STRICT - said),
        *(f'the quote only says "{word.text}"' for word in passed if word.text.lower() in _QUALIFYING),
        *(f'the quote has "{word.text}" among these words' for word in passed if word.denies),
        *(["the quote has its words in another order"] * (disorder(claim, window) > 0)),
    ]


def _passed_over(ours: Sequence[str], told: Sequence[Word]) -> list[Word]:
    """The quotes' words between those of the longest run of words that claim and quotes have in the same order."""
    places = list(_longest_common(ours, [word.stem for word in told]))[::-1]
    return [told[at] for one, other in pairwise(places) for at in range(one + 1, other)]


def _longest_common(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[int]:
    """The places in `theirs` of the longest run that both have, last first; the last run of those that are as long."""
    lengths = [[0] * (len(theirs) + 1)]
    for mine in ours:
        above, row = lengths[-1], [0]
        for j, other in enumerate(theirs):
            row.append(above[j] + 1 if mine == other else max(above[j + 1], row[j]))
        lengths.append(row)
    i, j = len(ours), len(theirs)
    while i and j:
        same = ours[i - 1] == theirs[j - 1]
        if same:
            yield j - 1
        up = same or lengths[i - 1][j] >= lengths[i][j - 1]
        i, j = i - up, j - (same or not up)
