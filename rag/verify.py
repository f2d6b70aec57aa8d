"""Looks each quote up again in the documents as they are now."""

from collections.abc import Callable, Sequence
from typing import Protocol

from rag.errors import NotFoundError
from rag.records import QuoteCheck


class Quoted(Protocol):
    """What of a citation is checked."""

    @property
    def n(self) -> int:
        """The marker."""

    @property
    def document_id(self) -> str:
        """Whose text."""

    @property
    def start(self) -> int:
        """Offset of the first character."""

    @property
    def end(self) -> int:
        """Offset after the last."""

    @property
    def quote(self) -> str:
        """What should stand there."""


Slice = Callable[[str, int, int], str]
"""`text[start:end]` of a document; raises NotFoundError."""
Text = Callable[[str], str]
"""A document's text; raises NotFoundError."""


def holds(quoted: Quoted, text_slice: Slice) -> bool:
    """Whether the quote stands where it says, character for character."""
    if quoted.start < 0 or not quoted.quote or quoted.end - quoted.start != len(quoted.quote):
        return False
    try:
        return text_slice(quoted.document_id, quoted.start, quoted.end) == quoted.quote
    except NotFoundError:
        return False


def verify(citations: Sequence[Quoted], text_slice: Slice, text: Text) -> list[QuoteCheck]:
    """For each citation: valid, moved (stands elsewhere in its document), changed (nowhere in it) or gone."""
    return [_check(quoted, text_slice, text) for quoted in citations]


def _check(quoted: Quoted, text_slice: Slice, text: Text) -> QuoteCheck:
    if quoted.quote and holds(quoted, text_slice):
        return QuoteCheck(quoted.n, "valid", quoted.document_id, quoted.start, quoted.end)
    try:
        whole = text(quoted.document_id)
    except NotFoundError:
        return QuoteCheck(quoted.n, "gone", quoted.document_id, None, None)
    start = _nearest(whole, quoted.quote, quoted.start)
    if start is None:
        return QuoteCheck(quoted.n, "changed", quoted.document_id, None, None)
    return QuoteCheck(quoted.n, "moved", quoted.document_id, start, start + len(quoted.quote))


def _nearest(text: str, quote: str, near: int) -> int | None:
    """Where the quote stands nearest to an offset."""
    if not quote:
        return None
    before = text.rfind(quote, 0, max(near, 0) + len(quote))
    after = text.find(quote, max(near, 0))
    found = [start for start in (before, after) if start >= 0]
    return min(found, key=lambda start: abs(start - near), default=None)
