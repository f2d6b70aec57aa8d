"""Parts that stand in for the slow ones, and the small libraries made with them."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from rag import Library
from rag.embed import ModelCard, write_card
from rag.export import PACKAGED
from rag.protocols import Embedder
from rag.records import Document, PassageVectors, Section, Span, Vectors
from rag.words import terms

NOTES = {
    "ferry.txt": "The ferry leaves the harbour at nine. In winter it waits for the postman, who is never early.",
    "lantern.txt": "Lantern oil costs four crowns a litre.\n\nThe keeper, Ada Holm, buys forty litres every autumn.",
    "dredging.md": "# Dredging\n\nThe channel was dredged in 2016/17.\n\n## Bill\n\nIt came to 33.59 million crowns.\n",
    "boats/rope.txt": "Rope frays where it meets the quay. Volunteers splice new rope twice a year.",
    "boats/paint.txt": "Red paint keeps worms away, says the boatyard. Nobody has measured whether it does.",
    "boats/bell.md": "# The bell\n\nThe fog bell was cast in 1788 and cracked in 1902. It still rings a low note.\n",
}
"""Sources and their texts."""

_PIECE = re.compile(r"\w{1,6}|[^\w\s]")


class FakeEmbedder:
    """Texts that share words lie near each other; the same text always has the same vector."""

    def __init__(self, fingerprint: str = "fake", dim: int = 64, limit: int = 256) -> None:
        self.fingerprint = fingerprint
        self.dim = dim
        self.limit = limit
        self.embedded: list[str] = []

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(_PIECE.findall(text)) + 2 for text in texts]

    def questions(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._vector(text) for text in texts], np.float32).reshape(-1, self.dim)

    def passages(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> list[PassageVectors]:
        self.embedded += texts
        return [
            PassageVectors(self._vector(text), self.questions([text[s.start : s.end] for s in spans]))
            for text, spans in zip(texts, sentences, strict=True)
        ]

    def _vector(self, text: str) -> Vectors:
        total = np.zeros(self.dim, np.float32)
        for word in terms(text) or [text]:
            total += np.frombuffer(blake2b(word.encode(), digest_size=self.dim).digest(), np.int8)
        unit: Vectors = total / max(float(np.linalg.norm(total)), 1e-12)
        return unit


def fake_library(index: Path, embedder: Embedder | None = None) -> Library:
    """A library that embeds with a fake, and so needs no model."""
    model = index / "model"
    if not model.exists():
        model.mkdir(parents=True)
        write_card(ModelCard(PACKAGED, "onnx", "fake", 64, 256, "mean", "", "", {}, ""), model)
    library = Library(index)
    library.model.loaded = embedder or FakeEmbedder()
    return library


def write_notes(folder: Path) -> Path:
    for name, text in NOTES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def document(text: str, title: str = "", sections: Sequence[Section] = (), **fields: str) -> Document:
    """A document of a text, in one section unless told otherwise."""
    return Document(
        id=fields.get("id", "doc_1"),
        source=fields.get("source", "a.txt"),
        title=title,
        media_type="text/plain",
        sha256=fields.get("sha256", "0"),
        text=text,
        sections=tuple(sections) or (Section(0, len(text)),),
    )
