"""Cuts stretches of documents around quotes and gold evidence, for a reader of the report."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from eval.metrics.evidence import Place
from eval.records import CheckedQuote, Excerpt, Mark

_AROUND = 160
"""Characters shown before and after what is marked."""
_MOST = 4_000
"""Characters of one excerpt; a longer one is cut."""
_MOST_EXCERPTS = 6

_Marked = tuple[int, int, Literal["gold", "quote"]]


def excerpts(
    texts: Callable[[str], str | None], quotes: Sequence[CheckedQuote], gold: Sequence[Sequence[Place]]
) -> tuple[Excerpt, ...]:
    """A few stretches, in order of document and place, of which each holds at least one mark."""
    marked: dict[str, list[_Marked]] = {}
    for quote in quotes:
        if quote.start is not None and quote.end is not None:
            marked.setdefault(quote.source, []).append((quote.start, quote.end, "quote"))
    for places in gold:
        for place in _nearest(places, quotes):
            marked.setdefault(place.source, []).append((place.start, place.end, "gold"))
    return tuple(
        excerpt
        for source, marks in marked.items()
        if (text := texts(source)) is not None
        for excerpt in _of_document(source, text, sorted(set(marks)))
    )[:_MOST_EXCERPTS]


def _nearest(places: Sequence[Place], quotes: Sequence[CheckedQuote]) -> Sequence[Place]:
    """The places in quoted documents, or the first: evidence may stand in many."""
    quoted = {quote.source for quote in quotes}
    return [place for place in places if place.source in quoted][:3] or places[:1]


def _within(marks: Sequence[_Marked], length: int) -> Iterator[_Marked]:
    """What of the marks lies in the text: a misquote may claim a place that the text does not have."""
    for start, end, kind in marks:
        if max(start, 0) < min(end, length):
            yield max(start, 0), min(end, length), kind


def _of_document(source: str, text: str, marks: Sequence[_Marked]) -> list[Excerpt]:
    found: list[tuple[int, int, list[_Marked]]] = []
    for mark in _within(marks, len(text)):
        start, end = max(mark[0] - _AROUND, 0), min(mark[1] + _AROUND, len(text))
        if found and start <= found[-1][1] and end - found[-1][0] <= _MOST:
            first, last, several = found.pop()
            found.append((first, max(last, end), [*several, mark]))
        else:
            found.append((start, min(end, start + _MOST), [mark]))
    return [
        Excerpt(source, start, text[start:end], tuple(Mark(a - start, min(b, end) - start, k) for a, b, k in several))
        for start, end, several in found
    ]
