"""Characters that a reader does not see and that could carry words past him.

They stay in a document's text, since offsets count them, and are left out of what is ranked or displayed.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence

from rag.records import Span

_HIDDEN = re.compile(
    "["
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers, Mongolian selectors
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f"  # zero width, marks, bidi embeddings and isolates, invisible operators
    "\u3164\ufeff\uffa0\ufff9-\ufffb"  # fillers, byte order mark, interlinear annotation
    "\U000e0000-\U000e007f"  # Unicode tags
    "]"
)


def without_hidden(text: str) -> str:
    """The text as a reader sees it: hidden characters dropped, all others as they are."""
    return _HIDDEN.sub("", text)


def without_hidden_in(text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """The same, with spans of the text where they stand in what is left."""
    hidden = [match.start() for match in _HIDDEN.finditer(text)]
    if not hidden:
        return text, list(spans)
    moved = [Span(s.start - bisect_left(hidden, s.start), s.end - bisect_left(hidden, s.end)) for s in spans]
    return without_hidden(text), moved
