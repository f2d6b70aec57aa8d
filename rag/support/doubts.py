"""What leaves it open whether quotes bear a claim out, although they hold its words and no rule speaks against it."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, pairwise

from rag.language.reading import Word, words
from rag.language.wording import listed
from rag.support.amounts import amounts
from rag.support.claim import Claim, Window
from rag.support.evidence import Unit
from rag.support.flow import disorder
from rag.support.narrowed import narrowed
from rag.support.nuance import dropped, nuances, outside, undone
from rag.support.pairs import in_line, mispaired
from rag.support.shares import shares

_STRICT = listed("strict")
_QUALIFYING = listed("qualifying")
_KEPT = frozenset(("if", "unless", "except", "excluding", "only"))
"""Of them, those that a claim may say at another place."""
_LONGEST = 300
"""Words of the quotes that are followed, which bounds the time."""

_REASONING = listed("reasoning")
_GIVING_REASON = _REASONING | listed("giving_reason")
_HEADING = 6
"""Words of an unmarked heading."""
_NO = re.compile(r"no|none|never|not\b.*|n/?a|[-–—✗✘xX0]|absent|nil|", re.IGNORECASE)
_ENDS_IN_NO = re.compile(r"[:–—-]\s*(?:no|none|never|✗)\W*$", re.IGNORECASE)
_ATTRIBUTION = listed("attribution")
_LEADS_OFF = listed("leads_off")
_ASKS = re.compile(r"\?[\"'”’»)*_\s]*$")
_SAYS = re.compile(r"[\d:|]|[.!?…;,。！？؟।][\"'”’»)*_\s]*$")
"""What a line has that is no heading: a figure, a colon, or a stop at its end."""


def doubts(claim: Claim, window: Window) -> list[str]:
    """What leaves open whether a window bears a claim out, in plain words; empty where nothing."""
    told = [*chain.from_iterable(window.told)][:_LONGEST]
    said = {word.text.lower() for word in told}
    mine = {word.text.lower() for word in claim.words}
    places = list(_longest_common([word.stem for word in claim.plain], [word.stem for word in told]))
    over = [at for one, other in pairwise(places[::-1]) for at in range(one + 1, other)]
    passed = [told[at] for at in over]
    around = _around(window, told[places[-1]], told[places[0]]) if places else ([], [])
    return [
        *(f'"{word.text}" stands in no quote' for word in claim.words if word.text.lower() in _STRICT - said),
        *(
            f'the quote only says "{word.text}"'
            for word in passed
            if _grammar(word, told) in _QUALIFYING - (_KEPT & mine)
        ),
        *(f'the quote has "{word.text}" among these words' for word in passed if word.denies),
        *(
            f'the quote only says "{word.text}"'
            for word in (*outside(claim, *around), *dropped(claim, told, over), *undone(told, over))
        ),
        *nuances(claim, window),
        *narrowed(claim, window),
        *amounts(claim, window),
        *shares(claim, window),
        *mispaired(claim, window),
        *(
            ["the quote has its words in another order"]
            * (disorder(claim, window) > 0 and not in_line(claim, window.main))
        ),
        *(f'"{word}" stands in no quote' for word in _reasons(claim, said)),
        *(["the quote is only a heading"] * all(map(_heads, window.units))),
        *(["the quote says no to this"] * any(_says_no(claim, unit) for unit in window.units)),
        *(f'the list is led by "{word}"' for unit in window.units if unit.item for word in _led_off(claim, unit)),
        *(["the quote is a question"] * any(_ASKS.search(unit.text) is not None for unit in window.units)),
    ]


def _grammar(word: Word, told: Sequence[Word]) -> str:
    """A word in small letters; nothing of one with a capital that begins no sentence, as May and Will do not."""
    return word.text.lower() if word.text[0].islower() or word is told[0] else ""


def _says_no(claim: Claim, unit: Unit) -> bool:
    """Whether a line ends in "no", or a row has it in the column of words that the claim takes from the head."""
    if any(word.denies for word in claim.words):
        return False
    if not unit.row:
        return _ENDS_IN_NO.search(unit.text) is not None
    said = frozenset(word.stem for word in claim.telling)
    cells, heads = (text.split("|")[2:-1] for text in (unit.text, unit.lead))
    return any(
        _NO.fullmatch(cell.strip()) and any(word.stem in said for word in words(head))
        for cell, head in zip(cells, heads, strict=False)
    )


def _led_off(claim: Claim, unit: Unit) -> list[str]:
    """The words of a list's lead that deny or doubt what is listed, where the claim has none of them."""
    said = {word.text.lower() for word in claim.words}
    lead = [word for word in unit.words[unit.own :] if word.denies or word.text.lower() in _ATTRIBUTION | _LEADS_OFF]
    return [] if any(word.text.lower() in said for word in lead) else [word.text for word in lead]


def _reasons(claim: Claim, said: AbstractSet[str]) -> list[str]:
    """What names a reason in the claim where nothing does in the quotes."""
    return [] if said & _GIVING_REASON else [w.text for w in claim.words if w.text.lower() in _REASONING]


def _heads(unit: Unit) -> bool:
    """Whether a unit is a heading: marked as one, or a line of few words without an end."""
    ends = unit.row or unit.item or unit.own > _HEADING or _SAYS.search(unit.text)
    return unit.text.lstrip().startswith("#") or not ends


def _around(window: Window, first: Word, last: Word) -> tuple[list[Word], list[Word]]:
    """The words before the first one in its sentence, and those after the last in its."""
    owns = [unit.words[: unit.own] for unit in window.units]
    opening = next(own for own in owns if any(word is first for word in own))
    closing = next(own for own in reversed(owns) if any(word is last for word in own))
    before = opening[: next(k for k, word in enumerate(opening) if word is first)]
    return list(before), list(closing[next(k for k, word in enumerate(closing) if word is last) + 1 :])


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
