"""Embeds with sentence-transformers itself, for models that ONNX cannot carry."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from rag.embed import read_card
from rag.export import load_reference
from rag.records import PassageVectors, Span, Vectors


class TorchEmbedder:
    """Serves a model by name; see `rag.protocols.Embedder`. Slower than ONNX, and loads torch."""

    def __init__(self, folder: Path) -> None:
        """Load the model that a folder's card names.

        Raises:
            ModelError: It cannot be loaded.
        """
        self._card = read_card(folder)
        self._model = load_reference(self._card.name)

    @property
    def fingerprint(self) -> str:
        """Of the weights and of all that changes a vector."""
        return self._card.fingerprint

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._card.dim

    @property
    def limit(self) -> int:
        """Most tokens that the model reads, its prefix left aside."""
        return self._card.limit - len(self._model.tokenizer(self._card.passage_prefix)["input_ids"])

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, nothing cut off."""
        return [len(ids) for ids in self._model.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]]

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim)."""
        return np.asarray(self._model.encode_query(list(texts), normalize_embeddings=True), np.float32)

    def passages(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> list[PassageVectors]:
        """Vectors of each text, and of its sentences, each encoded on its own."""
        own = [text[span.start : span.end] for text, spans in zip(texts, sentences, strict=True) for span in spans]
        whole = np.asarray(self._model.encode_document([*texts, *own], normalize_embeddings=True), np.float32)
        begins = np.cumsum([len(texts), *(len(spans) for spans in sentences)])
        return [PassageVectors(whole[i], whole[a:b]) for i, (a, b) in enumerate(pairwise(begins))]
