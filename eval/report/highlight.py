"""Cuts an excerpt into the pieces that a reader sees marked."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from eval.records import Excerpt


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an excerpt that is marked the same from end to end."""

    text: str
    kind: Literal["", "gold", "quote", "both"]


def pieces(excerpt: Excerpt) -> list[Piece]:
    """The excerpt's text in pieces, none of them empty; together they are the text. Marks are cut to it."""
    return list(_pieces(excerpt))


def _pieces(excerpt: Excerpt) -> Iterator[Piece]:
    size = len(excerpt.text)
    marks = [(max(mark.start, 0), min(mark.end, size), mark.kind) for mark in excerpt.marks]
    marks = [mark for mark in marks if mark[0] < mark[1]]
    cuts = sorted({0, size, *(start for start, _, _ in marks), *(end for _, end, _ in marks)})
    begun: Piece | None = None
    for start, end in pairwise(cuts):
        kinds = {kind for first, last, kind in marks if first <= start and end <= last}
        kind: Literal["", "gold", "quote", "both"] = "both" if len(kinds) > 1 else next(iter(kinds), "")
        text = excerpt.text[start:end]
        if begun is not None and begun.kind == kind:
            begun = Piece(begun.text + text, kind)
            continue
        if begun is not None:
            yield begun
        begun = Piece(text, kind)
    if begun is not None:
        yield begun
