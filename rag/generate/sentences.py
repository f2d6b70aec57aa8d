"""Cuts a reply into sentences while it comes, each with the markers that stand beside its full stop."""

import re
from collections.abc import Iterable
from itertools import pairwise

from rag.support import is_led, split_reply

QUIET_S = 0.05
"""Without a further piece, after which a sentence that ends in a full stop and markers counts as finished; models that
write ten words a second or more leave less between two."""
MARKERS = re.compile(r"\[\d{1,3}(?:,\d{1,3})*\]")
_WRITTEN = re.compile(
    r"[\[【［]\s{0,3}(?:\^|#|(?:passages?|sources?|documents?|numbers?|nos?\.?)\s)?\s{0,3}"
    r"(\d{1,3}(?:\s{0,3}(?:,|;|&|and)\s{0,3}\d{1,3}){0,20})\s{0,3}(?:†[^\[\]】］]{0,40})?[\]】］]",
    re.IGNORECASE,
)
"""The ways in which models write markers, though asked for `[1]`."""
_ADDRESS = r"\((?:[^()\s]|\([^()\s]{0,80}\)){0,200}\)"
_IMAGE = re.compile(rf"!\[[^\[\]]{{0,100}}\]{_ADDRESS}")
_TARGET = re.compile(rf"(?<=\]){_ADDRESS}")
"""Of a link; dropped before sentences are cut, for addresses hold full stops and question marks."""
_BETWEEN = re.compile(rf"({MARKERS.pattern})\s?(?:[,;&–—-]|and)\s?(?=\[\d)")
_DOUBLE_STOP = re.compile(rf"([.!?](?:\s{{0,3}}{MARKERS.pattern}){{1,20}})\.(?=\s|$)")
_CLOSERS = "[\"'”’»)*_]*"
_FINISHED = re.compile(
    rf"(?:[.!?…]{_CLOSERS}\s*(?:{MARKERS.pattern}\s*)+"
    rf"|{MARKERS.pattern}{_CLOSERS}\s*(?:[.!?…]{_CLOSERS}|\n)\s*)$"
)
_LED_FINISHED = re.compile(rf"[.!?…]{_CLOSERS}[^\S\n]*\n\s*$")
"""Where markers stand before the sentences."""
_COMPLETES = re.compile(r"[\]】］)\d.\s]")
"""Ends one of the patterns above."""
_WRAPPED = re.compile(r"(?<=[\w,;])[^\S\n]*\n\n(?=[a-zß-öø-ÿ])")
"""A line end within a sentence, as in passages whose lines are of one length and that a model copies."""
_BLANK = re.compile(r"\s")
_WHOLE_WORD = re.compile(r"\S+\s")
_BRACKET_OPEN = re.compile(r"[,;]?\s*[\[【［][^\]】］]{0,60}$")
_MAY_END = re.compile(r"[.!?…:;\n]")
_FIRST = re.compile(rf"{MARKERS.pattern}(?:\s*{MARKERS.pattern})*")
_LONGEST_LEAD = 100
"""Characters of markers that are kept for what they lead."""
_LINE_END = re.compile(r"[^\S\n]*\n")
_LONGEST = 2_000
"""Characters without an end, which are cut as they are in documents."""
_TAIL = 400
"""Characters before a piece in which it may complete a marker or an address: what their patterns match at most."""
_NEAR = 8
"""Characters before a piece in which a line end stands that it shows to be within a sentence."""
_USUAL = 300
"""Characters of a long sentence; a longer one is looked at again only after it grew by an eighth, since else the work
on a reply without an end would be the square of its length."""


class Sentences:
    """A reply as far as it has come; the work for a piece is bounded, whatever was fed before."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest = ""
        self._enough = 0
        """So long must the rest be to be looked at again."""
        self._settled = False
        """Whether that is all that can be said of it until more comes."""
        self._led: bool | None = None
        """Whether markers stand before the sentences; `None` before the first has come."""
        self._lead = ""
        """Those that lead the line that is being read."""
        self._waits = False
        """Whether they stood alone, and what they lead has not come."""

    def feed(self, piece: str) -> list[str]:
        """The sentences that a piece shows to be finished: a whole word of the next has come."""
        # To a model a line end is the end of a thought; to the splitter a blank line is, for texts may be wrapped.
        told = piece.replace("\r", " ").replace("\n", "\n\n")
        if not (self._rest or self._waits) and _LINE_END.match(told):
            self._lead = ""
        self._rest, self._settled = _unwrapped(_joined(self._rest, told), len(told)), False
        may_end = _BLANK.search(piece) and len(self._rest) >= self._enough and _MAY_END.search(self._rest)
        found = self._released(finished_only=False) if may_end else []
        while len(self._rest) > _LONGEST:
            cut = self._rest.rfind(" ", 1, _LONGEST) + 1 or _LONGEST
            found.append(self._rest[:cut])
            self._rest, self._enough = self._rest[cut:], 0
        return self._told(found)

    def settled(self) -> list[str]:
        """What has come since, where nothing more of it is expected; call it when no piece came for a while.

        That is all, where it ends in a full stop and markers (and a line end, where these lead), and else the sentences
        before its last that do.
        """
        if self._settled:
            return []
        self._settled = True
        finished = self._finished(self._rest)
        return self.close() if finished else self._told(self._released(finished_only=True))

    def close(self) -> list[str]:
        """What has come since, the reply being at its end."""
        rest, self._rest, self._enough = self._rest, "", 0
        starts = [span.start for span in split_reply(rest, self._led)]
        return self._told(rest[start:end] for start, end in pairwise((*starts, len(rest))))

    def _released(self, finished_only: bool) -> list[str]:
        """The sentences whose next has begun, by a whole word or, where markers show that they are finished, at all."""
        found, start, rest = [], 0, self._rest
        for before, after in pairwise(split_reply(rest, self._led)):
            begun = finished_only and self._finished(rest[before.start : after.start])
            if not (begun or _WHOLE_WORD.match(rest, after.start)) or _BRACKET_OPEN.match(rest, after.start):
                break
            found.append(rest[start : after.start])
            start = after.start
        self._rest = rest[start:]
        self._enough = len(self._rest) + max(len(self._rest) - _USUAL, 0) // 8
        return found

    def _finished(self, rest: str) -> bool:
        """Whether nothing more of the last sentence is expected."""
        led = is_led(rest) if self._led is None else self._led
        return (_LED_FINISHED if led else _FINISHED).search(rest[-_TAIL:]) is not None

    def _told(self, found: Iterable[str]) -> list[str]:
        """Without what holds neither letter nor figure."""
        told = [self._with_lead(sentence) for sentence in found]
        return [sentence for sentence in told if any(c.isalnum() for c in sentence)]

    def _with_lead(self, sentence: str) -> str:
        """A sentence, with the markers that lead its line where it has none; nothing of one that is all markers."""
        bare = sentence.strip()
        if self._led is None and not bare.endswith(":"):
            self._led = is_led(bare)
        first = _FIRST.match(bare) if self._led else None
        before = self._lead if not first or self._waits else ""
        self._waits = bool(first and first[0] == bare)
        ends = not self._waits and "\n" in sentence[len(sentence.rstrip()) :]
        self._lead = "" if ends else (before + (first[0] if first else ""))[:_LONGEST_LEAD]
        if self._waits or not any(c.isalnum() for c in bare):
            return ""
        return bare if not first and MARKERS.search(bare) else f"{before}{'' if first else ' '}{bare}".lstrip()


def _joined(rest: str, piece: str) -> str:
    """A rest with what follows it; what was read before is not read again."""
    if not _COMPLETES.search(piece):
        return (rest + piece).lstrip()
    kept = max(len(rest) - _TAIL, 0)
    return (rest[:kept] + _as_asked(rest[kept:] + piece)).lstrip()


def _unwrapped(rest: str, fed: int) -> str:
    """A rest whose last `fed` characters are new, with sentences that go on after a line end in one line."""
    kept = max(len(rest) - fed - _NEAR, 0)
    return rest[:kept] + _WRAPPED.sub(" ", rest[kept:])


def _as_asked(text: str) -> str:
    """The text without images and targets of links, all markers as `[1]` or `[1,2]` with nothing between them."""
    text = _TARGET.sub("", _IMAGE.sub(" ", text))
    text = _WRITTEN.sub(lambda found: "[" + ",".join(re.findall(r"\d+", found[1])) + "]", text)
    return _DOUBLE_STOP.sub(r"\1", _BETWEEN.sub(r"\1", text))
