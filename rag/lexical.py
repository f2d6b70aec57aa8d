"""Finds passages by their words, with BM25 in tantivy.

Measured on 20,000 passages and 413 questions, p50 on one core: tantivy 0.24 ms, bm25s 0.76 ms, SQLite FTS5 6.3 ms, with
the same recall@10 (.964 to .968). Only tantivy and FTS5 take single changes; FTS5 would cost more than the embedding.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tantivy

from rag.errors import IndexUnusableError
from rag.protocols import Ranking
from rag.records import Keys
from rag.words import terms

_WRITER_HEAP = 50_000_000
"""Bytes tantivy may hold before it writes a segment; it takes no less than 15 MB."""


class TantivyIndex:
    """A BM25 index in a folder; see `rag.protocols.LexicalIndex`. Changes are seen after `commit`."""

    def __init__(self, folder: Path) -> None:
        """Open, or make, the index in a folder.

        Raises:
            IndexUnusableError: The folder holds something else, or a damaged index.
        """
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("key", stored=False, indexed=True, fast=True)
        builder.add_text_field("terms", stored=False, tokenizer_name="whitespace", index_option="freq")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._index = tantivy.Index(builder.build(), path=str(folder))
            # Else a thread would reload on its own, and could read files that are just being replaced.
            self._index.config_reader(reload_policy="manual")
            self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise IndexUnusableError(f"{folder} cannot be read ({error}); it is rebuilt at the next ingest.") from error
        self._writer: tantivy.IndexWriter | None = None

    def __len__(self) -> int:
        """Number of passages as of the last commit."""
        return int(self._searcher.num_docs)

    def keys(self) -> Keys:
        """Every key in the index, ascending, as of the last commit."""
        everything = self._searcher.search(tantivy.Query.all_query(), max(len(self), 1), count=False).hits
        found = self._searcher.fast_field_values("key", [address for _, address in everything])
        return np.sort(np.array([int(key or 0) for key in found], np.int64))

    def add(self, keys: Keys, texts: Sequence[str]) -> None:
        """Add texts under new keys."""
        writer = self._writing()
        for key, text in zip(keys.tolist(), texts, strict=True):
            writer.add_document(tantivy.Document(key=key, terms=[" ".join(terms(text))]))

    def remove(self, keys: Keys) -> None:
        """Forget these keys; unknown ones are passed over."""
        writer = self._writing()
        for key in keys.tolist():
            writer.delete_documents_by_term("key", key)

    def commit(self) -> None:
        """Make the changes lasting and visible; the folder's files then stand still."""
        if self._writer is not None:
            self._writer.commit()
            self._writer.wait_merging_threads()
            self._writer = None
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, question: str, limit: int, allowed: Keys | None = None) -> Ranking:
        """The `limit` best of all, or of the allowed keys; scores are BM25 (k1 1.2, b 0.75), > 0."""
        schema = self._index.schema
        words = list(dict.fromkeys(terms(question)))
        if not words or limit < 1:
            return Ranking([], [])
        should = [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "terms", word)) for word in words]
        query = tantivy.Query.boolean_query(should)
        if allowed is not None:
            among = tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, "key", allowed.tolist()), 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, among)])
        hits = self._searcher.search(query, limit, count=False).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in hits])
        return Ranking([int(key or 0) for key in keys], [float(score) for score, _ in hits])

    def close(self) -> None:
        """Give up uncommitted changes and the writer's lock."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
            self._writer = None

    def rarity(self, question: str) -> dict[str, float]:
        """The question's stemmed words with their inverse document frequency, `ln(1 + (N - n + 0.5) / (n + 0.5))`."""
        total = len(self)
        counts = {word: self._searcher.doc_freq("terms", word) for word in terms(question)}
        return {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in counts.items()}

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(_WRITER_HEAP, 1)
        return self._writer
