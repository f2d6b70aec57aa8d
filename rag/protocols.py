"""The swap points: only what the pipeline calls at run time. A fake that fits is the test seam."""

from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple, Protocol

from rag.records import Keys, Message, PassageVectors, Span, Vectors


class Ranking(NamedTuple):
    """Passages best first, with the scores that ordered them."""

    keys: list[int]
    scores: list[float]


class Embedder(Protocol):
    """Turns texts into vectors of unit length."""

    @property
    def fingerprint(self) -> str:
        """Names the weights and all that changes a vector; vectors of two fingerprints are never mixed."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    @property
    def limit(self) -> int:
        """Most tokens of a passage, by `count`; what goes beyond would be cut off."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the model counts them, its special tokens included."""

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim)."""

    def passages(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> list[PassageVectors]:
        """Vectors of each text and of its sentences, whose spans count from the start of that text."""


class PassageIndex(Protocol):
    """A derived index over passages, by the store's keys."""

    def remove(self, keys: Keys) -> None:
        """Forget these; unknown keys are passed over."""


class VectorIndex(PassageIndex, Protocol):
    """Finds passages by the inner product of their vectors."""

    def add(self, keys: Keys, vectors: Vectors) -> None:
        """Add rows under new keys."""

    def search(self, vector: Vectors, limit: int, allowed: Keys | None = None) -> Ranking:
        """The `limit` nearest of all, or of the allowed keys; scores are cosines in [-1, 1]."""


class LexicalIndex(PassageIndex, Protocol):
    """Finds passages by their words."""

    def add(self, keys: Keys, texts: Sequence[str]) -> None:
        """Add texts under new keys."""

    def search(self, question: str, limit: int, allowed: Keys | None = None) -> Ranking:
        """The `limit` best of all, or of the allowed keys; scores are BM25, > 0."""

    def rarity(self, question: str) -> dict[str, float]:
        """The question's words, as the index cuts them, with their inverse document frequency, >= 0."""


class Generator(Protocol):
    """Writes a reply to messages; nothing that it writes is believed."""

    def reply(self, messages: Sequence[Message], deadline: float) -> AsyncGenerator[str]:
        """Pieces of the reply as they come; who stops before its end closes it, which ends the work.

        `deadline` is on the clock of `time.monotonic`.

        Raises:
            LlmUnavailableError: There is no reply, or it breaks off.
            LlmTimeoutError: It did not end by the deadline, or grew beyond what was asked for.
        """
