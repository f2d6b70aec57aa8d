"""Cuts a reply into sentences while it comes, each with the markers that stand beside its full stop."""

import re

from rag.support import split_reply

QUIET_S = 0.05
"""Without a further piece, after which a sentence that ends in a full stop and markers counts as finished; models that
write ten words a second or more leave less between two."""
MARKERS = re.compile(r"\[\d{1,3}(?:,\d{1,3})*\]")
_WRITTEN = re.compile(
    r"[\[【［]\s*(?:\^|#|(?:passages?|sources?|documents?|numbers?|nos?\.?)\s)?\s*"
    r"(\d{1,3}(?:\s*(?:,|;|&|and)\s*\d{1,3})*)\s*(?:†[^\]】］]{0,40})?[\]】］]",
    re.IGNORECASE,
)
"""The ways in which models write markers, though asked for `[1]`."""
_IMAGE = re.compile(r"!\[[^\]]*\]\([^()\s]*\)")
_TARGET = re.compile(r"(?<=\])\([^()\s]*\)")
"""Of a link; dropped before sentences are cut, for addresses hold full stops and question marks."""
_BETWEEN = re.compile(rf"({MARKERS.pattern})\s?(?:,|;|and|&)\s?(?=\[\d)")
_DOUBLE_STOP = re.compile(rf"([.!?](?:\s*{MARKERS.pattern})+)\.(?=\s|$)")
_CLOSERS = "[\"'”’»)*_]*"
_FINISHED = re.compile(
    rf"(?:[.!?…]{_CLOSERS}\s*(?:{MARKERS.pattern}\s*)+"
    rf"|{MARKERS.pattern}{_CLOSERS}\s*(?:[.!?…]{_CLOSERS}|\n)\s*)$"
)
_LINE_END = re.compile(r"\r\n?|\n")
_WHOLE_WORD = re.compile(r"\S+\s")
_BRACKET_OPEN = re.compile(r"[,;]?\s*[\[【［][^\]】］]{0,60}$")
_MAY_END = re.compile(r"[.!?…:;\n]")
_LONGEST = 2_000
"""Characters without any of these, which are cut as they are in documents."""


class Sentences:
    """A reply as far as it has come."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest = ""

    def feed(self, piece: str) -> list[str]:
        """The sentences that a piece shows to be finished: a whole word of the next has come."""
        # To a model a line end is the end of a thought; to the splitter a blank line is, for texts may be wrapped.
        self._rest = _as_asked(self._rest + _LINE_END.sub("\n\n", piece))
        found = []
        while end := _first_end(self._rest):
            found.append(self._rest[:end].strip())
            self._rest = self._rest[end:]
        return found

    def settled(self) -> list[str]:
        """What has come since, where nothing more of it is expected; call it when no piece came for a while."""
        return self.close() if _FINISHED.search(self._rest) else []

    def close(self) -> list[str]:
        """What has come since, the reply being at its end."""
        rest, self._rest = self._rest, ""
        return [rest[span.start : span.end].strip() for span in split_reply(rest)]


def _first_end(text: str) -> int:
    """Where the second sentence begins once the first is finished, else 0."""
    if not _MAY_END.search(text) and len(text) <= _LONGEST:
        return 0
    spans = split_reply(text)
    if len(spans) < 2:  # noqa: PLR2004 - a first and a second
        return 0
    following = text[spans[1].start :]
    return spans[1].start if _WHOLE_WORD.match(following) and not _BRACKET_OPEN.match(following) else 0


def _as_asked(text: str) -> str:
    """The text without images and targets of links, all markers as `[1]` or `[1,2]` with nothing between them."""
    text = _TARGET.sub("", _IMAGE.sub(" ", text))
    text = _WRITTEN.sub(lambda found: "[" + ",".join(re.findall(r"\d+", found[1])) + "]", text)
    return _DOUBLE_STOP.sub(r"\1", _BETWEEN.sub(r"\1", text))
