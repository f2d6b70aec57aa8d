"""A subject of a few texts in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eval.records import Example, Placed, Quoted, Reply, System


@dataclass(frozen=True, slots=True)
class Shelf:
    """Texts by source; what is not indexed has a text but no passage."""

    texts: Mapping[str, str]
    not_indexed: frozenset[str] = frozenset()
    replies: Mapping[str, Reply] = field(default_factory=dict)

    def system(self) -> System:
        return System("library", "shelf", "0", len(self.texts), None)

    def reply(self, example: Example, alone: bool = False) -> Reply:
        del alone
        return self.replies[example.id]

    def text(self, source: str) -> str | None:
        return self.texts.get(source)

    def holds(self, source: str, start: int, end: int) -> bool | None:
        del start, end
        return source in self.texts and source not in self.not_indexed


def quoted(texts: Mapping[str, str], source: str, quote: str, n: int = 1) -> Quoted:
    """A quote where it stands."""
    start = texts[source].index(quote)
    return Quoted(n, source, f"doc_{source}", start, start + len(quote), quote)


def whole(texts: Mapping[str, str], source: str) -> Placed:
    """A passage that is its whole document."""
    return Placed(source, 0, len(texts[source]), texts[source], 0.5)
