"""Cuts text into sentences with exact offsets."""

import re
from collections.abc import Iterator
from itertools import pairwise

import nupunkt

from rag.records import Span

BULLET = r"(?:[•▪◦●○■□‣⁃∙·*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)])[ \t\u00a0]"
"""The mark that opens an item of a list."""

_BLANK_LINE = re.compile(r"(?:\r\n|\r|\n)[^\S\r\n]*(?:\r\n|\r|\n)\s*")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_ITEM_START = re.compile(r"[^\S\r\n]*" + BULLET)
_INLINE_BULLET = re.compile(r"(?<=\s)[•▪◦●■‣](?=\s)")
_LINE_ENDERS = (".", "!", "?", ":", ";", "”", '"', "»")
_SHORT_LINE = 45
"""Characters; a line this short is a heading, a table row or an item, not wrapped prose (whose lines have 60 to 80)."""
_LONGEST_SENTENCE = 2_000
"""Characters; text without a full stop (a table, a dump, one 20 MB line) is cut at the last blank before this."""


def paragraphs(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Stretches between blank lines, without the blank characters around them."""
    stop = len(text) if end is None else end
    position = start
    for gap in _BLANK_LINE.finditer(text, start, stop):
        yield from _trimmed(text, position, gap.start())
        position = gap.end()
    yield from _trimmed(text, position, stop)


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Sentences of a stretch of text, ascending; every non-blank character is in exactly one."""
    for paragraph in paragraphs(text, start, end):
        for line in _lines(text, paragraph):
            yield from _sentences_of_line(text, line)


def _sentences_of_line(text: str, line: Span) -> Iterator[Span]:
    piece = text[line.start : line.end]
    cuts = [0, *(m.start() for m in _INLINE_BULLET.finditer(piece)), len(piece)]
    for a, b in pairwise(cuts):
        part = piece[a:b]
        for begin, finish in nupunkt.sent_spans(part):
            yield from _bounded(text, line.start + a + begin, line.start + a + finish)


def _bounded(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > _LONGEST_SENTENCE:
        limit = start + _LONGEST_SENTENCE
        blank = max(text.rfind(" ", start, limit), text.rfind("\n", start, limit))
        cut = blank + 1 if blank > start else limit
        yield from _trimmed(text, start, cut)
        start = cut
    yield from _trimmed(text, start, end)


def _lines(text: str, paragraph: Span) -> Iterator[Span]:
    """The paragraph cut at those line ends that end a thought rather than wrap it."""
    start = position = paragraph.start
    for newline in _NEWLINE.finditer(text, paragraph.start, paragraph.end):
        line = text[position : newline.start()].rstrip()
        following = text[newline.end() : newline.end() + 1]
        if "|" in line or _ends_thought(line, following) or _ITEM_START.match(text, newline.end(), paragraph.end):
            yield from _trimmed(text, start, newline.start())
            start = newline.end()
        position = newline.end()
    yield from _trimmed(text, start, paragraph.end)


def _ends_thought(line: str, next_opening: str) -> bool:
    return line.endswith(_LINE_ENDERS) or (len(line) <= _SHORT_LINE and not next_opening.islower())


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Span(start, end)
