"""Remembers what was removed and when, so that what was read before does not bring it back.

A document is read, split and embedded outside of any transaction. If it is removed in between, storing it would undo
the removal; so a removal leaves its place in the count of changes, and what was read before that is not stored.
"""

import sqlite3

_REMEMBERED = 10_000
"""Changes back that a removal is remembered at least."""
_EVERY = ""
"""Stands for every document of a collection."""


def note(db: sqlite3.Connection, collection: str, document_id: str) -> None:
    """Remember that a document was removed at the change just counted."""
    db.execute(
        "INSERT OR REPLACE INTO removed SELECT ?, ?, value FROM meta WHERE name = 'changes'", (collection, document_id)
    )


def note_all(db: sqlite3.Connection, collection: str) -> None:
    """Remember that a whole collection was dropped at the change just counted."""
    db.execute("DELETE FROM removed WHERE collection = ?", (collection,))
    note(db, collection, _EVERY)


def since(db: sqlite3.Connection, collection: str, document_id: str, change: int) -> bool:
    """Whether a document, or its collection, was removed after a change."""
    found = db.execute(
        "SELECT 1 FROM removed WHERE collection = ? AND id IN (?, ?) AND change > ?",
        (collection, document_id, _EVERY, change),
    )
    return found.fetchone() is not None


def forget(db: sqlite3.Connection, collection: str, document_id: str) -> None:
    """Forget that a document was removed, since it is stored again."""
    db.execute("DELETE FROM removed WHERE collection = ? AND id = ?", (collection, document_id))


def prune(db: sqlite3.Connection) -> None:
    """Forget what was removed long ago, and before all that still waits to be stored was taken in."""
    db.execute(
        "DELETE FROM removed WHERE change < (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'changes') - ?"
        " AND change <= coalesce((SELECT min(change) FROM jobs WHERE state != 'done'), change)",
        (_REMEMBERED,),
    )
