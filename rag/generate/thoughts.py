"""Leaves out what a reasoning model writes between `<think>` and `</think>`, however the text is cut into pieces."""

_OPENING, _CLOSING = "<think>", "</think>"


class Thoughts:
    """One reply, as it arrives."""

    def __init__(self) -> None:
        self._held = ""
        self._within = False

    def without(self, piece: str) -> str:
        """The next text without thoughts; an end that may be the start of a tag is held until it is clear."""
        text, kept = self._held + piece, ""
        while True:
            before, tag, after = text.partition(self._awaited)
            if not tag:
                break
            kept += "" if self._within else before
            text, self._within = after, not self._within
        clear = len(text) - _begun(text, self._awaited)
        self._held = text[clear:]
        return kept if self._within else kept + text[:clear]

    def rest(self) -> str:
        """What was held and turns out to be text, since the reply is over."""
        return "" if self._within else self._held

    @property
    def _awaited(self) -> str:
        return _CLOSING if self._within else _OPENING


def _begun(text: str, tag: str) -> int:
    """Length of the start of a tag at the end of a text."""
    return next((length for length in range(len(tag) - 1, 0, -1) if text.endswith(tag[:length])), 0)
