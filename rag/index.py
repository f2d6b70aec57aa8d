"""Finds passages by the inner product of their vectors, with FAISS."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.errors import IndexUnusableError
from rag.protocols import Ranking
from rag.records import Keys, Vectors

# One thread answers a single question two to three times faster than two on a flat index of 20,000 vectors.
faiss.omp_set_num_threads(1)

_parameters: Any = faiss.SearchParameters
"""Its keywords are not in its type information."""


class FaissIndex:
    """Exact search over unit vectors; see `rag.protocols.VectorIndex`."""

    def __init__(self, dim: int) -> None:
        """An empty index of vectors of this length."""
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))

    @classmethod
    def load(cls, path: Path) -> "FaissIndex":
        """The index saved in a file.

        Raises:
            IndexUnusableError: The file is missing or damaged.
        """
        found = cls.__new__(cls)
        try:
            found._index = faiss.read_index(str(path))  # noqa: SLF001
        except RuntimeError as error:
            raise IndexUnusableError(f"{path} cannot be read ({error}); it is rebuilt at the next ingest.") from error
        return found

    def save(self, path: Path) -> None:
        """Write the index to a file."""
        faiss.write_index(self._index, str(path))

    def keys(self) -> Keys:
        """Every key in the index, ascending."""
        return np.sort(faiss.vector_to_array(self._index.id_map))

    def vectors(self, keys: Keys) -> Vectors:
        """The vectors under these keys, one row a key; all must be there."""
        found: Vectors = self._index.reconstruct_batch(np.ascontiguousarray(keys, np.int64))
        return found

    def add(self, keys: Keys, vectors: Vectors) -> None:
        """Add rows under new keys."""
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.ascontiguousarray(keys, np.int64))

    def remove(self, keys: Keys) -> None:
        """Forget these keys; unknown ones are passed over."""
        self._index.remove_ids(faiss.IDSelectorBatch(np.ascontiguousarray(keys, np.int64)))

    def search(self, vector: Vectors, limit: int, allowed: Keys | None = None) -> Ranking:
        """The `limit` nearest of all, or of the allowed keys; scores are cosines in [-1, 1]."""
        parameters = None
        if allowed is not None:
            parameters = _parameters(sel=faiss.IDSelectorBatch(np.ascontiguousarray(allowed, np.int64)))
        scores, keys = self._index.search(vector.reshape(1, -1), max(limit, 1), params=parameters)
        found = keys[0] >= 0
        return Ranking(keys[0][found].tolist(), scores[0][found].tolist())
