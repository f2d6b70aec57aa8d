"""Reads passages and vectors by key."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from rag.records import DocumentInfo, Keys, Passage, PassageVectors, Section, Span, Stored, Vectors
from rag.store.database import Database
from rag.store.documents import INFO_COLUMNS

_KEYS_PER_QUERY = 500
_ROWS_IN_MEMORY = 10_000
"""Passages held at once while a derived index is made: about 40 MB."""


class IndexRows(NamedTuple):
    """What derived indexes are made of, row by row."""

    keys: Keys
    vectors: Vectors
    texts: list[str]
    """Context and text."""


class Passages:
    """The passages of every collection."""

    def __init__(self, database: Database) -> None:
        """Read from a database."""
        self._database = database

    def keys(self, collection: str) -> Keys:
        """Key of every passage, ascending."""
        rows = self._database.connection.execute(
            "SELECT p.key FROM passages p JOIN documents d ON d.row = p.document WHERE d.collection = ? ORDER BY p.key",
            (collection,),
        )
        return np.fromiter((key for (key,) in rows), np.int64)

    def keys_of(self, collection: str, document_ids: Sequence[str] | None, source: str | None) -> Keys:
        """Keys of the passages of these documents, and of sources that match a pattern with `*` and `?`; ascending."""
        ids = None if document_ids is None else json.dumps(list(document_ids))
        pattern = None if source is None else source.replace("[", "[[]")
        rows = self._database.connection.execute(
            "SELECT p.key FROM passages p JOIN documents d ON d.row = p.document WHERE d.collection = ?1"
            " AND (?2 IS NULL OR d.id IN (SELECT value FROM json_each(?2))) AND (?3 IS NULL OR d.source GLOB ?3)"
            " ORDER BY p.key",
            (collection, ids, pattern),
        )
        return np.fromiter((key for (key,) in rows), np.int64)

    def spans(self, document: int) -> list[Span]:
        """Where the passages of a document's row stand, ascending."""
        rows = self._database.connection.execute(
            'SELECT start, "end" FROM passages WHERE document = ? ORDER BY start', (document,)
        )
        return [Span(*row) for row in rows]

    def index_rows(self, keys: Keys) -> Iterator[IndexRows]:
        """Rows of these keys, in chunks that fit in memory."""
        for begin in range(0, len(keys), _ROWS_IN_MEMORY):
            rows = list(self._select("p.key, p.vector, p.context, p.text", keys[begin : begin + _ROWS_IN_MEMORY]))
            if rows:
                vectors = np.frombuffer(b"".join(r[1] for r in rows), np.float32).reshape(len(rows), -1)
                texts = [f"{context}\n{text.decode()}" for _, _, context, text in rows]
                yield IndexRows(np.array([r[0] for r in rows], np.int64), vectors, texts)

    def get(self, keys: Sequence[int]) -> dict[int, Stored]:
        """Passages by key; keys that are gone are left out."""
        columns = (
            'p.key, p.section, p.start, p."end", p.text, p.sentences, length(p.vector) / 4,'
            " p.sentence_vectors, p.words, p.page,"
            f' s.start, s."end", s.heading, s.author, s.date, {INFO_COLUMNS}'
        )
        return {row[0]: _stored(row) for row in self._select(columns, np.asarray(keys, np.int64))}

    def _select(self, columns: str, keys: Keys) -> Iterator[sqlite3.Row]:
        for begin in range(0, len(keys), _KEYS_PER_QUERY):
            chunk = [int(key) for key in keys[begin : begin + _KEYS_PER_QUERY]]
            yield from self._database.connection.execute(
                f"SELECT {columns} FROM passages p JOIN documents d ON d.row = p.document"
                " JOIN sections s ON s.document = p.document AND s.number = p.section"
                f" WHERE p.key IN ({','.join('?' * len(chunk))}) ORDER BY p.key",
                chunk,
            )

    def vectors_by_digest(self, digests: Iterable[bytes]) -> dict[bytes, PassageVectors]:
        """Vectors already made of the same text and sentences."""
        found = {}
        for digest in digests:
            row = self._database.connection.execute(
                "SELECT vector, sentence_vectors FROM passages WHERE digest = ? LIMIT 1", (digest,)
            ).fetchone()
            if row:
                vector = np.frombuffer(row[0], np.float32)
                found[digest] = PassageVectors(vector, _sentence_vectors(row[1], len(vector)))
        return found


def _stored(row: sqlite3.Row) -> Stored:
    key, number, start, end, text, spans, dim, sentence_vectors, words, page = row[:10]
    section_start, section_end, heading, author, date = row[10:15]
    info = DocumentInfo(*row[15:])
    sentences = tuple(Span(a, b) for a, b in np.frombuffer(spans, np.int32).reshape(-1, 2).tolist())
    return Stored(
        key=key,
        passage=Passage(info.id, number, start, end, text.decode(), sentences),
        document=info,
        section=Section(section_start, section_end, tuple(json.loads(heading)), author, date),
        page=page,
        sentence_vectors=_sentence_vectors(sentence_vectors, dim),
        words=tuple(frozenset(line.split()) for line in words.split("\n")),
    )


def _sentence_vectors(blob: bytes, dim: int) -> Vectors:
    return np.frombuffer(blob, np.float16).reshape(-1, dim).astype(np.float32)
