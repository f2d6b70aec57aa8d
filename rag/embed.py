"""Embeds questions, passages and their sentences with an exported model, on ONNX Runtime."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from rag.errors import ModelError
from rag.records import PassageVectors, Span, Vectors

_BATCH_TOKENS = 4096
"""Tokens with padding per model call; larger batches were no faster on two cores and take more memory."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of an exported model: the content of its `model.json`."""

    name: str
    backend: str
    """`onnx`, or `torch` where ONNX cannot carry the model."""
    fingerprint: str
    dim: int
    limit: int
    pooling: str
    question_prefix: str
    passage_prefix: str
    files: dict[str, str]
    """SHA-256 of each file beside the card."""
    note: str

    def with_files(self, files: dict[str, str]) -> "ModelCard":
        """This card with the checksums of its files."""
        return replace(self, files=files)

    def with_note(self, note: str) -> "ModelCard":
        """This card with a remark for `rag status`."""
        return replace(self, note=note)


def read_card(folder: Path) -> ModelCard:
    """The card of an exported model.

    Raises:
        ModelError: The folder holds none, or one that another version wrote.
    """
    try:
        return ModelCard(**json.loads((folder / "model.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{folder} holds no exported model ({error}); ingest once more to export it.") from error


def write_card(card: ModelCard, folder: Path) -> None:
    """Write a card into a folder."""
    (folder / "model.json").write_text(json.dumps(asdict(card), indent=1) + "\n", "utf-8")


class OnnxEmbedder:
    """Serves an exported model; see `rag.protocols.Embedder`."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load the files of a folder; `threads` 0 takes every core.

        Raises:
            ModelError: The files are missing or not readable.
        """
        self.card = read_card(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the two libraries raise bare Exception and their own private classes
            raise ModelError(f"The exported model in {folder} cannot be loaded: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.card.limit)
        self._inputs = [i.name for i in self._session.get_inputs()]

    @cached_property
    def _counter(self) -> Tokenizer:
        """A tokenizer that cuts nothing off; made when first needed, which is never to answer a question."""
        counter = Tokenizer.from_str(self._tokenizer.to_str())
        counter.no_truncation()
        return counter

    @property
    def fingerprint(self) -> str:
        """Of the weights and of all that changes a vector."""
        return self.card.fingerprint

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.card.dim

    @property
    def limit(self) -> int:
        """Most tokens that the model reads, its special tokens and the model's own prefix included."""
        return self.card.limit - (self.count([self.card.passage_prefix])[0] if self.card.passage_prefix else 0)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, nothing cut off."""
        return [len(e.ids) for e in self._counter.encode_batch_fast(list(texts))]

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim); what exceeds the model's limit is cut off."""
        return self._whole([self.card.question_prefix + t for t in texts])

    def _whole(self, texts: Sequence[str]) -> Vectors:
        """A vector for each text as it is; shape (len(texts), dim)."""
        encoded = self._tokenizer.encode_batch(list(texts))
        out = np.empty((len(texts), self.dim), np.float32)
        for indices, tokens, mask in self._run(encoded):
            out[indices] = self._pooled(tokens, mask)
        return out

    def passages(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> list[PassageVectors]:
        """Vectors of each text and of its sentences.

        A sentence's vector is the mean of its tokens' vectors in the passage, so that it carries its context and costs
        no second model call; a model that does not pool by mean gets its sentences encoded on their own.
        """
        prefix = self.card.passage_prefix
        encoded = self._tokenizer.encode_batch([prefix + t for t in texts])
        found: list[PassageVectors | None] = [None] * len(texts)
        for indices, tokens, mask in self._run(encoded):
            pooled = self._pooled(tokens, mask)
            for row, i in enumerate(indices):
                if self.card.pooling == "mean":
                    spans = [Span(s.start + len(prefix), s.end + len(prefix)) for s in sentences[i]]
                    own = _sentence_means(tokens[row], encoded[i], spans, pooled[row])
                else:
                    own = self._whole([prefix + texts[i][s.start : s.end] for s in sentences[i]])
                found[i] = PassageVectors(pooled[row], own)
        return [vectors for vectors in found if vectors is not None]

    def _run(self, encoded: Sequence[Encoding]) -> Iterator[tuple[list[int], NDArray[np.float32], NDArray[np.float32]]]:
        """Model calls over texts of like length: their indices, token vectors (B, T, dim) and mask (B, T)."""
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        while order:
            longest = len(encoded[order[-1]].ids)
            batch = [order.pop() for _ in range(min(len(order), max(1, _BATCH_TOKENS // longest)))]
            ids = np.zeros((len(batch), longest), np.int64)
            mask = np.zeros((len(batch), longest), np.int64)
            for row, i in enumerate(batch):
                length = len(encoded[i].ids)
                ids[row, :length] = encoded[i].ids
                mask[row, :length] = 1
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            (tokens,) = self._session.run(None, {name: feed[name] for name in self._inputs})
            yield batch, tokens, mask.astype(np.float32)

    def _pooled(self, tokens: NDArray[np.float32], mask: NDArray[np.float32]) -> Vectors:
        if self.card.pooling == "cls":
            return _unit(tokens[:, 0])
        return _unit(np.einsum("btd,bt->bd", tokens, mask) / mask.sum(1, keepdims=True))


def _sentence_means(tokens: Vectors, encoding: Encoding, spans: Sequence[Span], fallback: Vectors) -> Vectors:
    """Unit means of the token vectors within each span, (spans, dim); a span without tokens gets the fallback."""
    offsets = np.asarray(encoding.offsets)
    special = np.asarray(encoding.special_tokens_mask, bool)
    starts = np.where(special, -1, offsets[:, 0])
    out = np.empty((len(spans), tokens.shape[1]), np.float32)
    for i, span in enumerate(spans):
        inside = np.flatnonzero((starts >= span.start) & (starts < span.end))
        out[i] = tokens[inside].mean(0) if len(inside) else fallback
    return _unit(out)


def _unit(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
    return unit
