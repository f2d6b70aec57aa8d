"""Whether a quote stands where it says, and what kind of misquote it is when it does not.

A misquote has one class, that of the first test it passes, in this order:

1. `truncated`: the right stretch, cut wrongly. The quote is empty; or it stands in the document at a place that
   properly holds, or lies properly within, `[start, end)`; or all of it but the blanks, stops, brackets and quotation
   marks at its ends stands in the document (a sentence closed early, an ellipsis added).
2. `stale`: the quote stands in the document, but not there; or it does so once line ends, runs of blanks and the
   composition of accents are levelled (it was taken from another state of the same text).
3. `misattributed`: it stands in another document, its ends as in 1 aside.
4. `stitched`: its words, all of them, in order, are two or more runs of at least `PIECE` characters that each stand in
   one of the documents; what is left between them is blanks, stops, brackets and quotation marks.
5. `stale`: it stands nowhere, and `end` is past the end of the text, so it was taken when the text was longer.
6. `fabricated`: all else. One changed word or figure is enough.

Tests 1, 2 and 5 need the document's text, 5 and the first part of 1 the offsets. The classes are this program's own.
"""

import re
from collections.abc import Iterable, Sequence
from unicodedata import normalize

from eval.metrics.metric import Metric
from eval.records import Misquote

PIECE = 20
"""Characters, about three words: unrelated prose seldom shares a longer run, and covering a whole invented quote with
runs this long does not happen by chance."""

_FRINGE = " \t\r\n\v\f\u00a0.,;:!?…\"'“”‘’«»()[]"
_WORD = re.compile(r"\S+")


def verbatim(quote: str, start: int | None, end: int | None, text: str) -> bool:
    """Whether `text[start:end] == quote`, for offsets within the text and a quote of at least one character.

    Offsets that are negative or past the end denote no stretch, although Python would slice them. A quote that was
    served without offsets is held to the text alone: whether it stands in it anywhere.
    """
    if start is None or end is None:
        return bool(quote) and quote in text
    return bool(quote) and 0 <= start < end <= len(text) and text[start:end] == quote


def misquote(
    quote: str, start: int | None, end: int | None, text: str | None, others: Iterable[str] = ()
) -> Misquote | None:
    """`None` for a quote that is verbatim, otherwise its one class; the module says in which order they are tested.

    Args:
        quote: as it was served.
        start: offset in code points of its first character, as served; `None` when it was not.
        end: offset after its last.
        text: of the document it names; `None` when there is no such document, and nothing can be verbatim.
        others: texts of the other documents; one that is the document's own does no harm.
    """
    if not quote:
        return "truncated"
    if text is not None:
        if verbatim(quote, start, end, text):
            return None
        if own := _in_its_document(quote, start, end, text):
            return own
    elsewhere = tuple(others)
    needle = quote.strip(_FRINGE) or quote
    if any(needle in other for other in elsewhere):
        return "misattributed"
    if _stitched(quote, elsewhere if text is None else (text, *elsewhere)):
        return "stitched"
    past_the_end = text is not None and end is not None and end > len(text)
    return "stale" if past_the_end else "fabricated"


def _in_its_document(quote: str, start: int | None, end: int | None, text: str) -> Misquote | None:
    if quote in text:
        return "truncated" if _wrongly_cut(quote, start, end, text) else "stale"
    bare = quote.strip(_FRINGE)
    if bare and bare in text:
        return "truncated"
    return "stale" if _levelled(quote) in _levelled(text) else None


def _wrongly_cut(quote: str, start: int | None, end: int | None, text: str) -> bool:
    if start is None or end is None or not 0 <= start < end <= len(text):
        return False
    holds = text.find(quote, max(0, end - len(quote)), start + len(quote))
    return holds >= 0 or text.find(quote, start, end) >= 0


def _levelled(text: str) -> str:
    return " ".join(normalize("NFC", text).split())


def _stitched(quote: str, texts: Sequence[str]) -> bool:
    """Takes the longest run that stands somewhere, then the next; a run may start in the one before it."""
    words = [m.span() for m in _WORD.finditer(quote) if m[0].strip(_FRINGE)]
    begin, done = 0, 0
    while done < len(words):
        for next_begin in _starts(words, begin, done):
            reached = max(_reach(quote, words, next_begin, text) for text in texts) if texts else 0
            if reached > done:
                begin, done = next_begin, reached
                break
        else:
            return False
    return bool(words)


def _starts(words: Sequence[tuple[int, int]], begin: int, done: int) -> Iterable[int]:
    """Words at which the next run may start: first the one after the last run, then earlier ones within it.

    Two runs may overlap, as "… the ferry" and "the ferry …" do. The later a run starts the further it reaches, so the
    first that reaches past `done` is the best, and none is worth a try that starts a whole piece before it.
    """
    yield done
    for at in range(done - 1, begin, -1):
        if words[done][0] - words[at][0] >= PIECE or words[at][0] - words[begin][0] < PIECE:
            return
        yield at


def _reach(quote: str, words: Sequence[tuple[int, int]], begin: int, text: str) -> int:
    """Index after the last word of the longest run from `begin` that stands in a text; 0 when it is under a piece."""
    place, reached = 0, 0
    for last in range(begin, len(words)):
        run = quote[words[begin][0] : words[last][1]].strip(_FRINGE)
        if len(run) < PIECE:
            continue
        # Where a shorter run does not stand a longer one does not, so the search only ever goes on.
        place = text.find(run, place)
        if place < 0:
            break
        reached = last + 1
    return reached


METRICS = (
    Metric(
        "quote_fidelity",
        "Mean over answers of the share of their quotes that are their document's text from `start` to `end`, character"
        " for character.",
        "quotes with text[start:end] == quote / quotes",
        0,
        1,
        "higher",
        "score",
        "the contract of this program",
    ),
    Metric(
        "quote_characters",
        "Mean over answered questions of the characters that their quotes have together.",
        "characters of quotes / answered questions",
        0,
        None,
        "lower",
        "characters",
        "this evaluation",
    ),
)
"""What this module gives. The class of each misquote is counted, not averaged."""
