"""Splits a document into passages: whole sentences of one section, within the limits of both tokenizers."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from rag.boilerplate import boilerplate
from rag.records import Document, Passage, Section, Span, Split
from rag.sentences import sentences
from rag.tokens import count_tokens

Count = Callable[[Sequence[str]], list[int]]
"""Tokens of each text as the embedder counts them, its special tokens included."""

PASSAGE_TOKENS = 200
"""Budget of a passage in cl100k tokens; see rag/README.md for the sizes compared."""
_CONTEXT_SHARE = 0.25
"""Of the embedder's limit that title and headings may take before a passage."""
_SPECIALS = 2
"""Tokens an embedder sets around a text, which a joined text has once and not per sentence."""


def split(document: Document, count: Count, limit: int, repeated: frozenset[str] = frozenset()) -> Split:
    """Passages and named boilerplate of a document; no passage with its context exceeds `limit` by `count`."""
    skipped = boilerplate(document, repeated)
    passages: list[Passage] = []
    for index, section in enumerate(document.sections):
        room = limit - count([context(document.title, section, count, limit)])[0]
        for run in _runs(document.text, section, skipped):
            passages += _packed(document, index, run, count, room)
    return Split(tuple(passages), skipped)


def context(title: str, section: Section, count: Count, limit: int) -> str:
    """Title and heading path that are embedded and indexed before a passage, cut to their share of the limit."""
    parts = dict.fromkeys(part for part in (title, *section.heading) if part)
    words = " ".join(". ".join(parts).split()).split(" ")
    while len(words) > 1 and count([" ".join(words)])[0] > limit * _CONTEXT_SHARE:
        words = words[: len(words) * 3 // 4]
    cut = " ".join(words)
    while count([cut])[0] > limit * _CONTEXT_SHARE and len(cut) > 1:  # scripts without blanks
        cut = cut[: len(cut) * 3 // 4]
    return cut


def _runs(text: str, section: Section, skipped: Sequence[Span]) -> Iterator[list[Span]]:
    """The section's sentences, parted where boilerplate lies between."""
    position = section.start
    first = bisect_right(skipped, section.start, key=lambda span: span.end)
    for span in takewhile(lambda span: span.start < section.end, (skipped[i] for i in range(first, len(skipped)))):
        run = list(sentences(text, position, max(position, span.start)))
        if run:
            yield run
        position = max(position, span.end)
    run = list(sentences(text, position, section.end))
    if run:
        yield run


def _packed(document: Document, section: int, run: list[Span], count: Count, room: int) -> Iterator[Passage]:
    """Passages of about equal length that hold the run's sentences in order."""
    sized = list(_sized(document.text, run, count, room))
    total = sum(size for _, size in sized)
    target = total / max(1, -(-total // PASSAGE_TOKENS))
    waiting: list[Span] = []
    filled = 0
    for span, size in sized:
        if waiting and (filled + size > PASSAGE_TOKENS or filled + size / 2 > target):
            yield from _checked(document, section, waiting, count, room)
            waiting, filled = [], 0
        waiting.append(span)
        filled += size
    yield from _checked(document, section, waiting, count, room)


def _sized(text: str, spans: Sequence[Span], count: Count, room: int) -> Iterator[tuple[Span, int]]:
    """Sentences with their share of the budget, by whichever tokenizer is nearer to its limit.

    A sentence that is longer than a passage may be comes in pieces.
    """
    pieces = [text[s.start : s.end] for s in spans]
    for span, piece, own in zip(spans, pieces, count(pieces), strict=True):
        size = max(count_tokens(piece), round((own - _SPECIALS) * PASSAGE_TOKENS / max(1, room)))
        if size <= PASSAGE_TOKENS or span.end - span.start < 2:  # noqa: PLR2004
            yield span, size
        else:
            yield from _sized(text, _halves(text, span), count, room)


def _checked(document: Document, section: int, spans: list[Span], count: Count, room: int) -> Iterator[Passage]:
    """One passage, or the halves of one that the tokenizers count longer whole than in parts."""
    start, end = spans[0].start, spans[-1].end
    piece = document.text[start:end]
    if len(spans) > 1 and not _fits(piece, count, room):
        middle = len(spans) // 2
        yield from _checked(document, section, spans[:middle], count, room)
        yield from _checked(document, section, spans[middle:], count, room)
        return
    yield Passage(document.id, section, start, end, piece, tuple(spans))


def _fits(piece: str, count: Count, room: int) -> bool:
    return count([piece])[0] <= room + _SPECIALS and count_tokens(piece) <= PASSAGE_TOKENS


def _halves(text: str, span: Span) -> list[Span]:
    """The sentence in two, cut at the last blank before its middle where it has one."""
    middle = (span.start + span.end) // 2
    blank = text.rfind(" ", span.start + 1, middle)
    cut = blank if blank > span.start else middle
    return [_stripped(text, part) for part in (Span(span.start, cut), Span(cut, span.end)) if _says(text, part)]


def _says(text: str, span: Span) -> bool:
    return not text[span.start : span.end].isspace()


def _stripped(text: str, span: Span) -> Span:
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, start + len(piece.strip()))
