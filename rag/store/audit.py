"""Looks through the database for what belongs to no document any more."""

from collections.abc import Iterator

from rag.store.database import Database

_OF_A_DOCUMENT = ("sections", "pages", "boilerplate", "texts", "passages", "edges")


def findings(database: Database) -> Iterator[str]:
    """What is wrong, a sentence each."""
    db = database.connection
    for (line,) in db.execute("PRAGMA integrity_check(10)"):
        if line != "ok":
            yield f"The database is damaged: {line}."
    for table in _OF_A_DOCUMENT:
        if left := _count(database, f"SELECT count(*) FROM {table} WHERE document NOT IN (SELECT row FROM documents)"):
            yield f"{left} rows of {table} belong to no document."
    if left := _count(
        database,
        "SELECT count(*) FROM documents d WHERE d.passages != (SELECT count(*) FROM passages WHERE document = d.row)",
    ):
        yield f"{left} documents do not have the passages that they count."
    if left := _count(
        database,
        "SELECT count(*) FROM files f WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.collection = f.collection"
        " AND d.root = f.root AND d.file = f.file)",
    ):
        yield f"{left} files count as stored whole, and have no document."
    if left := _count(
        database, "SELECT count(*) FROM job_files WHERE data IS NOT NULL AND state NOT IN ('queued', 'running')"
    ):
        yield f"The bytes of {left} uploads are kept, and nothing waits for them."
    if left := _count(
        database,
        "SELECT count(*) FROM feedback_documents q JOIN feedback f USING (answer_id) WHERE NOT EXISTS"
        " (SELECT 1 FROM documents d WHERE d.collection = f.collection AND d.id = q.document_id)",
    ):
        yield f"{left} quotes of rated answers are of documents that are gone."


def _count(database: Database, query: str) -> int:
    count: int = database.connection.execute(query).fetchone()[0]
    return count
