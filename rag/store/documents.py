"""Reads documents, their text and what is on record of their files."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from rag.errors import NotFoundError
from rag.records import Document, DocumentInfo, Section, Span
from rag.store.database import Database

BLOCK = 65_536
"""Code points of text per row."""
_BEYOND = 1 << 62
"""An offset that no text reaches, and SQLite still takes."""
INFO_COLUMNS = "d.id, d.source, d.title, d.media_type, d.sha256, d.characters, d.passages"


@dataclass(frozen=True, slots=True)
class Known:
    """What is on record of a source."""

    id: str
    source: str
    sha256: str
    root: str
    file: str


class Documents:
    """The documents of every collection."""

    def __init__(self, database: Database) -> None:
        """Read from a database."""
        self._database = database

    def listed(self, collection: str, limit: int = -1, after: str = "") -> list[DocumentInfo]:
        """Documents by source, from the one after a source; a negative limit means all."""
        rows = self._database.connection.execute(
            f"SELECT {INFO_COLUMNS} FROM documents d WHERE d.collection = ? AND d.source > ? ORDER BY d.source LIMIT ?",
            (collection, after, limit),
        )
        return [DocumentInfo(*row) for row in rows]

    def get(self, collection: str, document_id: str) -> DocumentInfo:
        """One document.

        Raises:
            NotFoundError: There is none of this id.
        """
        row = self._database.connection.execute(
            f"SELECT {INFO_COLUMNS} FROM documents d WHERE d.row = ?", (self.row(collection, document_id),)
        ).fetchone()
        return DocumentInfo(*row)

    def row(self, collection: str, document_id: str) -> int:
        """The database's own number of a document.

        Raises:
            NotFoundError: There is none of this id.
        """
        row = self._database.connection.execute(
            "SELECT row FROM documents WHERE collection = ? AND id = ?", (collection, document_id)
        ).fetchone()
        if row is None:
            raise NotFoundError(f"There is no document {document_id!r} in the collection {collection!r}.")
        number: int = row[0]
        return number

    def restore(self, collection: str, document_id: str) -> Document:
        """A document with its text and sections, as it was loaded."""
        info = self.get(collection, document_id)
        db, row = self._database.connection, self.row(collection, document_id)
        sections = db.execute(
            'SELECT start, "end", heading, author, date FROM sections WHERE document = ? ORDER BY number', (row,)
        )
        pages = db.execute("SELECT start FROM pages WHERE document = ? ORDER BY page", (row,))
        return Document(
            id=info.id,
            source=info.source,
            title=info.title,
            media_type=info.media_type,
            sha256=info.sha256,
            text=self.text(collection, document_id),
            sections=tuple(Section(s, e, tuple(json.loads(h)), author, date) for s, e, h, author, date in sections),
            page_starts=tuple(start for (start,) in pages),
        )

    def text(self, collection: str, document_id: str) -> str:
        """A document's whole text."""
        blocks = self._database.connection.execute(
            "SELECT text FROM texts WHERE document = ? ORDER BY block", (self.row(collection, document_id),)
        )
        return "".join(block.decode() for (block,) in blocks)

    def text_slice(self, collection: str, document_id: str, start: int, end: int) -> str:
        """`text[start:end]` of a document, of which only the blocks in question are read; 0 <= start <= end."""
        start, end = min(start, _BEYOND), min(end, _BEYOND)
        first, last = start // BLOCK, max(end - 1, start) // BLOCK
        blocks = self._database.connection.execute(
            "SELECT text FROM texts WHERE document = ? AND block BETWEEN ? AND ? ORDER BY block",
            (self.row(collection, document_id), first, last),
        )
        piece = "".join(block.decode() for (block,) in blocks)
        return piece[start - first * BLOCK : end - first * BLOCK]

    def page(self, collection: str, document_id: str, offset: int) -> int | None:
        """Page on which an offset stands, counted from 1; `None` where the source has no pages."""
        found = self._database.connection.execute(
            "SELECT max(page) FROM pages WHERE document = ? AND start <= ?",
            (self.row(collection, document_id), offset),
        ).fetchone()
        page: int | None = found[0]
        return page

    def boilerplate(self, collection: str, document_id: str) -> tuple[Span, ...]:
        """The stretches of a document that are kept out of ranking."""
        rows = self._database.connection.execute(
            'SELECT start, "end" FROM boilerplate WHERE document = ? ORDER BY start',
            (self.row(collection, document_id),),
        )
        return tuple(Span(start, end) for start, end in rows)

    def collections(self) -> list[str]:
        """Names of the collections that hold documents."""
        rows = self._database.connection.execute("SELECT DISTINCT collection FROM documents ORDER BY collection")
        return [name for (name,) in rows]

    def counts(self, collection: str) -> tuple[int, int, int]:
        """Number of documents, passages and characters."""
        row = self._database.connection.execute(
            "SELECT count(*), coalesce(sum(passages), 0), coalesce(sum(characters), 0) FROM documents"
            " WHERE collection = ?",
            (collection,),
        ).fetchone()
        return row[0], row[1], row[2]

    def known(self, collection: str, document_id: str) -> Known | None:
        """What is on record of a document."""
        row = self._database.connection.execute(
            "SELECT id, source, sha256, root, file FROM documents WHERE collection = ? AND id = ?",
            (collection, document_id),
        ).fetchone()
        return Known(*row) if row else None

    def under_root(self, collection: str, root: str) -> list[Known]:
        """What is on record of the documents that were ingested from a folder."""
        rows = self._database.connection.execute(
            "SELECT id, source, sha256, root, file FROM documents WHERE collection = ? AND root = ? ORDER BY source",
            (collection, root),
        )
        return [Known(*row) for row in rows]

    def under_file(self, collection: str, root: str, file: str) -> list[Known]:
        """What is on record of the documents that one file held."""
        rows = self._database.connection.execute(
            "SELECT id, source, sha256, root, file FROM documents WHERE collection = ? AND root = ? AND file = ?",
            (collection, root, file),
        )
        return [Known(*row) for row in rows]

    def same_content(self, collection: str, sha256: str, except_id: str) -> str | None:
        """Source of another document with the same bytes."""
        row = self._database.connection.execute(
            "SELECT min(source) FROM documents WHERE collection = ? AND sha256 = ? AND id != ?",
            (collection, sha256, except_id),
        ).fetchone()
        source: str | None = row[0]
        return source

    def file_sha256(self, collection: str, root: str, file: str) -> str | None:
        """Checksum of a file when it was last stored whole."""
        row = self._database.connection.execute(
            "SELECT sha256 FROM files WHERE collection = ? AND root = ? AND file = ?", (collection, root, file)
        ).fetchone()
        return row[0] if row else None

    def shared_edges(self, collection: str, fewest: int) -> frozenset[str]:
        """Keys of opening and closing paragraphs that stand in at least so many documents of different content."""
        rows = self._database.connection.execute(
            "SELECT e.key FROM edges e JOIN documents d ON d.row = e.document WHERE d.collection = ?"
            " GROUP BY e.key HAVING count(DISTINCT d.sha256) >= ?",
            (collection, fewest),
        )
        return frozenset(key for (key,) in rows)

    def with_edges(self, collection: str, keys: Iterable[str]) -> list[str]:
        """Ids of the documents that open or close with any of these paragraphs, ascending."""
        found: set[str] = set()
        for key in keys:
            rows = self._database.connection.execute(
                "SELECT d.id FROM edges e JOIN documents d ON d.row = e.document WHERE d.collection = ? AND e.key = ?",
                (collection, key),
            )
            found.update(document_id for (document_id,) in rows)
        return sorted(found)
