"""Keeps the thumbs on answers, and what was asked and answered, for the set of questions that an evaluation asks."""

import sqlite3


def forget_document(db: sqlite3.Connection, collection: str, document_id: str) -> None:
    """Take out of every kept answer what it quotes, where it quotes a document."""
    db.execute(
        "UPDATE feedback SET answer = NULL WHERE collection = ? AND EXISTS (SELECT 1 FROM"
        " json_each(answer, '$.citations') WHERE json_extract(value, '$.document_id') = ?)",
        (collection, document_id),
    )


def forget_collection(db: sqlite3.Connection, collection: str) -> None:
    """Delete the feedback on answers from a collection."""
    db.execute("DELETE FROM feedback WHERE collection = ?", (collection,))
