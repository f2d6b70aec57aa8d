"""Opens the SQLite database and gives each thread its own connection."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from time import monotonic, sleep

from rag.errors import IndexBusyError, IndexUnusableError


class _Connection(sqlite3.Connection):
    """A connection that closes when nothing holds it any more."""

    def __del__(self) -> None:
        """Close; a plain connection would warn of it."""
        self.close()


_STEPS = ("schema.sql", "service.sql")
"""What makes each version of the schema out of the one before; a database of an older version is brought up."""
SCHEMA_VERSION = len(_STEPS)
_BUSY_TIMEOUT_S = 30


class Database:
    """One SQLite file in WAL mode."""

    def __init__(self, path: Path) -> None:
        """Open, or make, the database at a path.

        Raises:
            IndexUnusableError: The file is no database of this program, or of another version.
        """
        self.path = path
        self._local = threading.local()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._prepare()
        except (sqlite3.DatabaseError, OSError) as error:
            self.close()
            if "locked" in str(error):
                raise IndexBusyError(f"{path} is held by a writer for long; ask again when it is done.") from error
            raise IndexUnusableError(
                f"{path} cannot be used as an index ({error}). Check the folder's permissions and free space, or move "
                "the file away and ingest the documents again."
            ) from error

    def _prepare(self) -> None:
        if self._version() < SCHEMA_VERSION:
            with self.transaction() as db:  # in which another process may have made it meanwhile
                if self._version() or not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                    _bring_up(db, self._version())
        if self._version() != SCHEMA_VERSION:
            raise IndexUnusableError(
                f"{self.path} has schema version {self._version()}, this program reads {SCHEMA_VERSION}. "
                "Move the index folder away and ingest the documents again."
            )

    def _version(self) -> int:
        version: int = self.connection.execute("PRAGMA user_version").fetchone()[0]
        return version

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: _Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = _Connection(self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_TIMEOUT_S)
            _use_wal(found)
            # A killed process loses nothing in this mode; a power cut may lose the last commits, never the database.
            found.execute("PRAGMA synchronous = NORMAL")
            found.execute("PRAGMA foreign_keys = ON")
            # What is deleted is overwritten, not only given free.
            found.execute("PRAGMA secure_delete = ON")
            self._local.connection = found
        return found

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, with all writes within or none."""
        db = self.connection
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # a full disk has already rolled back
                db.execute("ROLLBACK")
            raise

    def meta(self, name: str) -> str | None:
        """A setting that is kept with the index."""
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def metas(self, *names: str) -> dict[str, str]:
        """Those of the settings that are set, in one look."""
        marks = ",".join("?" * len(names))
        return dict(self.connection.execute(f"SELECT name, value FROM meta WHERE name IN ({marks})", names))

    def set_meta(self, name: str, value: str) -> None:
        """Keep a setting with the index."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def shed(self) -> None:
        """Write the log of changes into the database and empty it, unless a reader needs it: it holds old text."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Close this thread's connection, and let go of the others', which close as garbage when nothing uses them.

        To close one under a thread that is reading would crash the process.
        """
        own: _Connection | None = getattr(self._local, "connection", None)
        self._local = threading.local()
        if own is not None:
            own.close()


def _bring_up(db: sqlite3.Connection, version: int) -> None:
    for step in _STEPS[version:]:
        for statement in files("rag.store").joinpath(step).read_text("utf-8").split(";\n"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _use_wal(connection: sqlite3.Connection) -> None:
    # SQLite's own timeout does not cover this switch, which a new index sees from all who open it first.
    deadline = monotonic() + _BUSY_TIMEOUT_S
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or monotonic() > deadline:
                raise
            sleep(0.01)
