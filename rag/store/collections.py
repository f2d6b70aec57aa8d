"""Names the collections, those without a document included."""

from datetime import UTC, datetime

from rag.store.database import Database


class Collections:
    """The collections of an index."""

    def __init__(self, database: Database) -> None:
        """Read from, and write to, a database."""
        self._database = database

    def names(self) -> list[str]:
        """Those that were made and those that hold documents, ascending."""
        rows = self._database.connection.execute(
            "SELECT name FROM collections UNION SELECT DISTINCT collection FROM documents ORDER BY 1"
        )
        return [name for (name,) in rows]

    def create(self, name: str) -> bool:
        """Make a collection; whether it is new."""
        with self._database.transaction() as db:
            if name in self.names():
                return False
            db.execute("INSERT INTO collections VALUES (?, ?)", (name, datetime.now(UTC).isoformat(timespec="seconds")))
        return True
