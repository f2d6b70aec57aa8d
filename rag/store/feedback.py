"""Keeps what people thought of answers, with the quotes of those answers as they stand in the documents."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from rag.store.database import Database
from rag.store.documents import Documents

MOST_KEPT = 100_000
"""Rows, before the oldest go: a year of 270 thumbs a day, some 200 MB."""
Thumb = Literal["up", "down"]
_COLUMNS = "answer_id, collection, rating, comment, question, answer, created"


@dataclass(frozen=True, slots=True)
class RatedQuote:
    """A quote of a rated answer, and where it stands."""

    n: int
    document_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Rating:
    """A thumb on an answer."""

    answer_id: str
    collection: str
    rating: Thumb
    comment: str | None = None
    question: str | None = None
    status: Literal["answered", "abstained"] | None = None
    """Of the answer; `None` where that was not sent."""
    quotes: tuple[RatedQuote, ...] = ()
    created: str = ""
    """ISO 8601, in UTC; set when it is kept."""


class Feedback:
    """The ratings of an index; safe to use from several threads and processes."""

    def __init__(self, database: Database, documents: Documents, most: int = MOST_KEPT) -> None:
        """Keep `most` ratings in a database, of answers from these documents."""
        self._database = database
        self._documents = documents
        self._most = most

    def keep(self, rating: Rating) -> tuple[Rating, bool] | None:
        """What is kept, and whether it is the first of its answer; `None` where that answer is of another collection.

        Quotes that do not stand in the documents at this moment are left out. Where there are too many ratings the
        oldest go.
        """
        with self._database.transaction() as db:  # in which no document can change
            known = db.execute("SELECT collection FROM feedback WHERE answer_id = ?", (rating.answer_id,)).fetchone()
            if known and known[0] != rating.collection:
                return None
            standing = tuple(quote for quote in rating.quotes if self._stands(rating.collection, quote))
            kept = replace(rating, quotes=standing, created=datetime.now(UTC).isoformat(timespec="microseconds"))
            _write(db, kept)
            _trim(db, self._most)
        return kept, known is None

    def listed(self, collection: str, rating: Thumb | None = None) -> Iterator[Rating]:
        """The ratings of a collection, the oldest first; with `rating` only those."""
        rows = self._database.connection.execute(
            f"SELECT {_COLUMNS} FROM feedback WHERE collection = ? AND rating = coalesce(?, rating)"
            " ORDER BY created, answer_id",
            (collection, rating),
        )
        return (_rating(*row) for row in rows)

    def _stands(self, collection: str, quote: RatedQuote) -> bool:
        if not self._documents.known(collection, quote.document_id):
            return False
        return self._documents.text_slice(collection, quote.document_id, quote.start, quote.end) == quote.quote


def forget_document(db: sqlite3.Connection, collection: str, document_id: str) -> None:
    """Strip the quotes of a document from the ratings of a collection, within the caller's transaction."""
    rows = db.execute(
        "SELECT f.answer_id, f.answer FROM feedback_documents d JOIN feedback f ON f.answer_id = d.answer_id"
        " WHERE d.document_id = ? AND f.collection = ?",
        (document_id, collection),
    ).fetchall()
    for answer_id, answer in rows:
        status, quotes = _read(answer)
        left = [quote for quote in quotes if quote.document_id != document_id]
        db.execute("UPDATE feedback SET answer = ? WHERE answer_id = ?", (_written(status, left), answer_id))
        db.execute("DELETE FROM feedback_documents WHERE answer_id = ? AND document_id = ?", (answer_id, document_id))


def forget_collection(db: sqlite3.Connection, collection: str) -> None:
    """Delete the ratings of a collection, within the caller's transaction."""
    db.execute("DELETE FROM feedback WHERE collection = ?", (collection,))


def _write(db: sqlite3.Connection, rating: Rating) -> None:
    db.execute("DELETE FROM feedback WHERE answer_id = ?", (rating.answer_id,))
    answer = _written(rating.status, rating.quotes)
    db.execute(
        f"INSERT INTO feedback ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            rating.answer_id,
            rating.collection,
            rating.rating,
            rating.comment,
            rating.question,
            answer,
            rating.created,
        ),
    )
    db.executemany(
        "INSERT OR IGNORE INTO feedback_documents VALUES (?, ?)",
        ((rating.answer_id, quote.document_id) for quote in rating.quotes),
    )


def _trim(db: sqlite3.Connection, most: int) -> None:
    count: int = db.execute("SELECT count(*) FROM feedback").fetchone()[0]
    if count > most:
        db.execute(
            "DELETE FROM feedback WHERE answer_id IN (SELECT answer_id FROM feedback ORDER BY created LIMIT ?)",
            (count - most,),
        )


def _rating(
    answer_id: str,
    collection: str,
    rating: Thumb,
    comment: str | None,
    question: str | None,
    answer: str,
    created: str,
) -> Rating:
    status, quotes = _read(answer)
    return Rating(answer_id, collection, rating, comment, question, status, quotes, created)


def _written(status: str | None, quotes: Sequence[RatedQuote]) -> str:
    return json.dumps({"status": status, "citations": [asdict(quote) for quote in quotes]}, ensure_ascii=False)


def _read(answer: str) -> tuple[Literal["answered", "abstained"] | None, tuple[RatedQuote, ...]]:
    kept = json.loads(answer)
    return kept["status"], tuple(RatedQuote(**quote) for quote in kept["citations"])
