"""Writes documents whole or not at all, and gathers what reads them."""

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from rag.records import Document, Prepared, Split
from rag.store import removals
from rag.store.collections import Collections
from rag.store.database import Database
from rag.store.documents import BLOCK, Documents
from rag.store.feedback import Feedback, forget_collection, forget_document
from rag.store.jobs import Jobs, cancel_collection, cancel_document
from rag.store.keys import ApiKeys
from rag.store.passages import Passages

_BEHIND = "behind:"
COLLECTION_METAS = ("shared_edges", "operating_point")
"""Settings that are kept for each collection, as `name:collection`."""


class Store:
    """The truth of an index: one database, opened or made at a path."""

    def __init__(self, path: Path) -> None:
        """Open, or make, the database.

        Raises:
            IndexUnusableError: The file is no database of this program, or of another version.
        """
        self.database = Database(path)
        self.documents = Documents(self.database)
        self.passages = Passages(self.database)
        self.keys = ApiKeys(self.database)
        self.collections = Collections(self.database)
        self.jobs = Jobs(self.database)
        self.feedback = Feedback(self.database, self.documents)

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def changes(self) -> int:
        """How often a document was stored or removed."""
        return int(self.database.meta("changes") or 0)

    def put(
        self,
        collection: str,
        document: Document,
        split: Split,
        prepared: Iterable[Prepared],
        edges: Iterable[str],
        root: str,
        file: str,
        since: int,
    ) -> bool:
        """Replace a document, with all that belongs to it, in one transaction; `False` if it was removed meanwhile.

        `root` and `file` say which file it came from; `edges` are the keys of its opening and closing paragraphs. What
        is `prepared` is taken before the transaction begins, so that no reader waits for an embedder. `since` is the
        count of changes when the document was read: a removal after that holds.
        """
        rows = [_passage_row(document.page_starts, p) for p in prepared]
        with self.database.transaction() as db:
            if removals.since(db, collection, document.id, since):
                return False
            removals.forget(db, collection, document.id)
            if _has_other_bytes(db, collection, document):
                forget_document(db, collection, document.id)
            _count_change(db)
            _delete(db, collection, document.id)
            row = _insert_document(db, collection, document, len(split.passages), root, file)
            _insert_structure(db, row, document, split, edges)
            db.executemany(
                'INSERT INTO passages (document, section, start, "end", page, context, text, sentences, digest, vector,'
                " sentence_vectors, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ((row, *values) for values in rows),
            )
        return True

    def remove(self, collection: str, document_id: str) -> bool:
        """Delete a document with all that belongs to it, uploads that wait included; whether there was anything."""
        with self.database.transaction() as db:
            stored = _delete(db, collection, document_id)
            waiting = cancel_document(db, collection, document_id)
            forget_document(db, collection, document_id)
            if stored or waiting:
                _count_change(db)
                removals.note(db, collection, document_id)
                _fall_behind(db, collection)
        return stored or waiting

    def behind(self) -> dict[str, str]:
        """The collections whose search files have not followed a removal yet, each with the change that it was."""
        rows = self.database.connection.execute("SELECT name, value FROM meta WHERE name GLOB ?", (f"{_BEHIND}*",))
        return {name.removeprefix(_BEHIND): change for name, change in rows}

    def caught_up(self, collection: str, change: str) -> None:
        """Note that the search files have followed, unless there was another removal since that change.

        The caller holds the right to write: what was removed before all that waits to be stored is not remembered.
        """
        with self.database.transaction() as db:
            db.execute("DELETE FROM meta WHERE name = ? AND value = ?", (f"{_BEHIND}{collection}", change))
            removals.prune(db)

    def removed_since(self, collection: str, since: int | None) -> bool:
        """Whether a collection was dropped after a change; `None` stands for now."""
        return since is not None and removals.since(self.database.connection, collection, "", since)

    def drop(self, collection: str) -> None:
        """Delete a collection with all that belongs to it."""
        with self.database.transaction() as db:
            db.execute("DELETE FROM documents WHERE collection = ?", (collection,))
            db.execute("DELETE FROM files WHERE collection = ?", (collection,))
            db.execute("DELETE FROM collections WHERE name = ?", (collection,))
            db.executemany("DELETE FROM meta WHERE name = ?", ((f"{name}:{collection}",) for name in COLLECTION_METAS))
            cancel_collection(db, collection)
            forget_collection(db, collection)
            _count_change(db)
            removals.note_all(db, collection)
            _fall_behind(db, collection)

    def finish_file(self, collection: str, root: str, file: str, sha256: str) -> None:
        """Record that all documents of a file are stored, so that it is skipped while its bytes stay the same."""
        with self.database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (collection, root, file, sha256))


def _count_change(db: sqlite3.Connection) -> None:
    db.execute("UPDATE meta SET value = value + 1 WHERE name = 'changes'")


def _has_other_bytes(db: sqlite3.Connection, collection: str, document: Document) -> bool:
    """Whether a document is stored, and from other bytes."""
    stored = db.execute(
        "SELECT sha256 FROM documents WHERE collection = ? AND id = ?", (collection, document.id)
    ).fetchone()
    return stored is not None and stored[0] != document.sha256


def _fall_behind(db: sqlite3.Connection, collection: str) -> None:
    db.execute(
        "INSERT OR REPLACE INTO meta SELECT ?, value FROM meta WHERE name = 'changes'", (f"{_BEHIND}{collection}",)
    )


def _delete(db: sqlite3.Connection, collection: str, document_id: str) -> bool:
    gone = db.execute(
        "DELETE FROM documents WHERE collection = ? AND id = ? RETURNING root, file", (collection, document_id)
    ).fetchall()
    for root, file in gone:
        # Not whole any more: the file is read again next time.
        db.execute("DELETE FROM files WHERE collection = ? AND root = ? AND file = ?", (collection, root, file))
    return bool(gone)


def _insert_document(
    db: sqlite3.Connection, collection: str, document: Document, passages: int, root: str, file: str
) -> int:
    cursor = db.execute(
        "INSERT INTO documents (collection, id, source, title, media_type, sha256, characters, passages, root, file)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            collection,
            document.id,
            document.source,
            document.title,
            document.media_type,
            document.sha256,
            len(document.text),
            passages,
            root,
            file,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _insert_structure(db: sqlite3.Connection, row: int, document: Document, split: Split, edges: Iterable[str]) -> None:
    text = document.text
    db.executemany(
        "INSERT INTO texts VALUES (?, ?, ?)",
        ((row, n, text[start : start + BLOCK].encode()) for n, start in enumerate(range(0, len(text), BLOCK))),
    )
    db.executemany(
        "INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (row, n, s.start, s.end, json.dumps(s.heading, ensure_ascii=False), s.author, s.date)
            for n, s in enumerate(document.sections)
        ),
    )
    db.executemany(
        "INSERT INTO pages VALUES (?, ?, ?)", ((row, start, page) for page, start in enumerate(document.page_starts, 1))
    )
    db.executemany("INSERT INTO boilerplate VALUES (?, ?, ?)", ((row, b.start, b.end) for b in split.boilerplate))
    db.executemany("INSERT OR IGNORE INTO edges VALUES (?, ?)", ((row, key) for key in edges))


def _passage_row(page_starts: Sequence[int], prepared: Prepared) -> tuple[object, ...]:
    """A passage's columns but its document's number; half as many bytes as its vectors, which a long text has many."""
    passage = prepared.passage
    spans = np.array([[s.start, s.end] for s in passage.sentences], np.int32)
    return (
        passage.section,
        passage.start,
        passage.end,
        bisect_right(page_starts, passage.start) or None,
        prepared.context,
        passage.text.encode(),
        spans.tobytes(),
        prepared.digest,
        prepared.vectors.passage.astype(np.float32).tobytes(),
        prepared.vectors.sentences.astype(np.float16).tobytes(),
        "\n".join(prepared.words),
    )
