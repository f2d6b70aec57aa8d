"""Widens a sentence to what it cannot be read without: the items under a lead line, the sentence it leans on."""

import re
from collections.abc import Sequence

from rag.hidden import without_hidden
from rag.records import Hit, Span

MOST_ITEMS = 12
"""Of a list that are taken with its lead line."""
MOST_CHARACTERS = 500
"""Of a widened sentence: the rest of an answer's length is for others."""
_ITEM = re.compile(r"\s*(?:[-*•·–‣▪◦]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+\S")
"""A line of a list."""
_SUBJECT = "(?:He|She|It|They|This|These|Those|That|Such|His|Her|Its|Their|Both|Neither)"
_LEANS = re.compile(
    rf"(?:{_SUBJECT}|(?:And|But|So|Yet) (?i:{_SUBJECT}))\b"
    r"(?! (?:is|was) (?:true|clear|likely|possible|because|why)\b)"
)
"""How a sentence begins whose subject stands in the one before."""


def widened(hit: Hit, index: int, several: bool) -> Span:
    """The span of a hit's sentence with what it needs, within its passage and `MOST_CHARACTERS`; itself if nothing.

    A lead line (one that ends in a colon) takes the items under it. An item takes its whole list where the question
    asks for `several`. A sentence that leans on the one before takes that.
    """
    sentences = hit.passage.sentences
    first = last = index
    if _leads(hit, index) or (several and _item(hit, index)):
        if several:
            while first > 0 and index - first < MOST_ITEMS and _item(hit, first):
                first -= 1
            first += not (_item(hit, first) or _leads(hit, first))
        while last + 1 < len(sentences) and last - index < MOST_ITEMS and _item(hit, last + 1):
            last += 1
    elif first > 0 and _LEANS.match(_text(hit, first)) and not _apart(hit, first):
        first -= 1
    while first < last and sentences[last].end - sentences[first].start > MOST_CHARACTERS:
        last, first = (last - 1, first) if last > index else (last, first + 1)
    return Span(sentences[first].start, sentences[last].end)


def _leads(hit: Hit, index: int) -> bool:
    return _text(hit, index).rstrip().endswith(":")


def _item(hit: Hit, index: int) -> bool:
    return _ITEM.match(_text(hit, index)) is not None


def _apart(hit: Hit, index: int) -> bool:
    """Whether a blank line stands before a sentence."""
    sentences: Sequence[Span] = hit.passage.sentences
    between = _between(hit, sentences[index - 1].end, sentences[index].start)
    return between.count("\n") > 1


def _text(hit: Hit, index: int) -> str:
    span = hit.passage.sentences[index]
    return without_hidden(_between(hit, span.start, span.end))


def _between(hit: Hit, start: int, end: int) -> str:
    return hit.passage.text[start - hit.passage.start : end - hit.passage.start]
