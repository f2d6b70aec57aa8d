"""Keeps uploads as jobs: a request with its files, from their arrival until each is taken up, refused or cancelled."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rag.errors import NotFoundError
from rag.store.arrivals import digest_of, insert, same
from rag.store.database import Database
from rag.store.uploads import UNDONE, FileState, Job, JobFile, Taken, Upload, iso

MOST_ATTEMPTS = 3
"""How often the service may be killed, or fail, while it has a file in hand; it may be the file that does it."""
_ENDED = (
    f"The service ended or failed {MOST_ATTEMPTS} times while it had this file in hand. Split it into smaller files."
)
_COLUMNS = "row, id, collection, state, created, finished"


class Jobs:
    """The uploads of every collection."""

    def __init__(self, database: Database) -> None:
        """Read from, and write to, a database."""
        self._database = database

    # --- for who uploads

    def accept(self, collection: str, uploads: Sequence[Upload], most_files: int, most_bytes: int) -> Job | None:
        """The job of an upload, on disk: a new one, or that of the same upload if nothing overtook it.

        `None` where more than so many files, or bytes of them, would wait.
        """
        digest = digest_of(collection, uploads)
        with self._database.transaction() as db:
            found = same(db, collection, digest)
            if found is None:
                files, size = self.waiting()
                if files + len(uploads) > most_files or size + sum(upload.bytes for upload in uploads) > most_bytes:
                    return None
                found = insert(db, collection, digest, uploads)
            return self.get(found)

    def waiting(self) -> tuple[int, int]:
        """How many files are not done with, and how many bytes they have."""
        row = self._database.connection.execute(
            "SELECT count(*), coalesce(sum(f.bytes), 0) FROM jobs j JOIN job_files f ON f.job = j.row"
            f" WHERE j.state IN {UNDONE} AND f.state IN {UNDONE}"
        ).fetchone()
        return row[0], row[1]

    def get(self, job_id: str, collections: Sequence[str] | None = None) -> Job:
        """One job with its files; `collections` are those it may be of, `None` for any.

        Raises:
            NotFoundError: There is none of this id.
        """
        db = self._database.connection
        row, name, collection, state, created, finished = _find(db, job_id, collections)
        found = db.execute(
            "SELECT source, document_id, bytes, state, detail, passages FROM job_files WHERE job = ? ORDER BY number",
            (row,),
        )
        files = tuple(JobFile(*file) for file in found)
        return Job(name, collection, state, created, finished, Counter(file.state for file in files), files)

    def listed(self, limit: int, after: str | None = None, collections: Sequence[str] | None = None) -> list[Job]:
        """Jobs without their files, the newest first, from the one after a job's id.

        Raises:
            NotFoundError: There is no such job to go on from.
        """
        db = self._database.connection
        before = _find(db, after, collections)[0] if after else None
        where, names = _within(collections)
        found = db.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE (? IS NULL OR row < ?) AND {where} ORDER BY row DESC LIMIT ?",
            (before, before, *names, limit),
        ).fetchall()
        counts = _counts(db, [row for row, *_ in found])
        return [
            Job(name, collection, state, created, finished, counts[row])
            for row, name, collection, state, created, finished in found
        ]

    def drop(self, job_id: str, collections: Sequence[str] | None = None) -> Job:
        """A job as it was last, what waited of it cancelled; from now on it is not known. Raises NotFoundError."""
        with self._database.transaction() as db:
            at = _find(db, job_id, collections)[:1]
            _cancel(db, "job = ? AND state = 'queued'", at)
            job = self.get(job_id)
            db.execute("DELETE FROM jobs WHERE row = ?", at)
        return job

    # --- for who takes the files up, of which there is one

    def recover(self) -> None:
        """Have what a killed process had in hand wait again; what was in hand too often when one was, has failed."""
        with self._database.transaction() as db:
            ended = db.execute(
                "UPDATE job_files SET state = 'failed', detail = ?, data = NULL"
                " WHERE state = 'running' AND attempts >= ? RETURNING job",
                (_ENDED, MOST_ATTEMPTS),
            ).fetchall()
            db.execute("UPDATE job_files SET state = 'queued', passages = 0 WHERE state = 'running'")
            db.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")
            _close(db, sorted({row for (row,) in ended}))

    def take(self) -> Taken | None:
        """The file that waits longest, from now on in hand; `None` where none waits."""
        if self._next(self._database.connection) is None:
            return None
        with self._database.transaction() as db:
            found = self._next(db)
            if found is None:  # cancelled just now
                return None
            job, row, number, collection, source, change = found
            at = (row, number)
            db.execute(
                "UPDATE job_files SET state = 'running', attempts = attempts + 1 WHERE job = ? AND number = ?", at
            )
            db.execute("UPDATE jobs SET state = 'running' WHERE row = ?", (row,))
            data = db.execute("SELECT data FROM job_files WHERE job = ? AND number = ?", at).fetchone()[0]
        return Taken(job, row, number, collection, source, change, data)

    def _next(self, db: sqlite3.Connection) -> tuple[str, int, int, str, str, int] | None:
        found: tuple[str, int, int, str, str, int] | None = db.execute(
            "SELECT j.id, j.row, f.number, j.collection, f.source, j.change"
            " FROM jobs j JOIN job_files f ON f.job = j.row"
            f" WHERE j.state IN {UNDONE} AND f.state = 'queued' ORDER BY j.row, f.number LIMIT 1"
        ).fetchone()
        return found

    def note_passages(self, taken: Taken, passages: int) -> bool:
        """Record how many passages of the file in hand are embedded; `False` if it was cancelled meanwhile.

        Of a file that was put back nothing is recorded until it is finished.
        """
        with self._database.transaction() as db:
            noted = db.execute(
                "UPDATE job_files SET passages = CASE state WHEN 'running' THEN ? ELSE 0 END"
                f" WHERE job = ? AND number = ? AND state IN {UNDONE}",
                (passages, taken.row, taken.number),
            )
        return noted.rowcount > 0

    def put_back(self, taken: Taken) -> None:
        """Have the file in hand wait again, as if it had not been taken, unless it was cancelled meanwhile.

        Who put it back may still finish it, until another takes it.
        """
        with self._database.transaction() as db:
            db.execute(
                "UPDATE job_files SET state = 'queued', passages = 0, attempts = attempts - 1"
                " WHERE job = ? AND number = ? AND state = 'running'",
                (taken.row, taken.number),
            )
            db.execute("UPDATE jobs SET state = 'queued' WHERE row = ? AND state = 'running'", (taken.row,))

    def try_again(self, taken: Taken) -> bool:
        """Have the file in hand wait again, this having been an attempt; `False` if it was the last that it has."""
        with self._database.transaction() as db:
            waits = db.execute(
                "UPDATE job_files SET state = 'queued', passages = 0"
                f" WHERE job = ? AND number = ? AND state IN {UNDONE} AND attempts < ?",
                (taken.row, taken.number, MOST_ATTEMPTS),
            )
            if waits.rowcount:
                db.execute("UPDATE jobs SET state = 'queued' WHERE row = ? AND state = 'running'", (taken.row,))
        return waits.rowcount > 0

    def finish(self, taken: Taken, state: FileState, detail: str | None, passages: int) -> None:
        """Record the end of the file in hand, unless it was cancelled meanwhile, and drop its bytes."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE job_files SET state = ?, detail = ?, passages = ?, data = NULL"
                f" WHERE job = ? AND number = ? AND state IN {UNDONE}",
                (state, detail, passages, taken.row, taken.number),
            )
            _close(db, [taken.row])

    def forget(self, before: datetime, keep: int) -> None:
        """Drop the jobs that were done before a time, in UTC, and all but the newest `keep` of those that are done."""
        with self._database.transaction() as db:
            db.execute(
                "DELETE FROM jobs WHERE state = 'done' AND (finished < ? OR row <="
                " (SELECT row FROM jobs WHERE state = 'done' ORDER BY row DESC LIMIT 1 OFFSET ?))",
                (iso(before), keep),
            )


def cancel_document(db: sqlite3.Connection, collection: str, document_id: str) -> bool:
    """Cancel, inside a transaction, the uploads of a document that wait or are in hand; whether there were any."""
    where = f"document_id = ? AND state IN {UNDONE} AND job IN (SELECT row FROM jobs WHERE collection = ?)"
    return _cancel(db, where, (document_id, collection))


def cancel_collection(db: sqlite3.Connection, collection: str) -> bool:
    """Delete, inside a transaction, every job of a collection; whether there were any."""
    return db.execute("DELETE FROM jobs WHERE collection = ?", (collection,)).rowcount > 0


def _cancel(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> bool:
    cancelled = db.execute(
        f"UPDATE job_files SET state = 'cancelled', data = NULL WHERE {where} RETURNING job", values
    ).fetchall()
    _close(db, sorted({row for (row,) in cancelled}))
    return bool(cancelled)


def _close(db: sqlite3.Connection, rows: Sequence[int]) -> None:
    """Call those jobs done of which no file waits or is in hand."""
    db.executemany(
        f"UPDATE jobs SET state = 'done', finished = ? WHERE row = ? AND state IN {UNDONE} AND NOT EXISTS"
        f" (SELECT 1 FROM job_files WHERE job = jobs.row AND state IN {UNDONE})",
        [(iso(datetime.now(UTC)), row) for row in rows],
    )


def _find(db: sqlite3.Connection, job_id: str, collections: Sequence[str] | None) -> tuple[Any, ...]:
    where, names = _within(collections)
    found: tuple[Any, ...] | None = db.execute(
        f"SELECT {_COLUMNS} FROM jobs WHERE id = ? AND {where}", (job_id, *names)
    ).fetchone()
    if found is None:
        raise NotFoundError(f"There is no job {job_id!r}.")
    return found


def _within(collections: Sequence[str] | None) -> tuple[str, Sequence[str]]:
    """A condition for the jobs of these collections, and its values."""
    if collections is None:
        return "TRUE", ()
    return f"collection IN ({','.join('?' * len(collections))})", collections


def _counts(db: sqlite3.Connection, rows: Sequence[int]) -> dict[int, dict[FileState, int]]:
    """How many files of each job are in each state."""
    found: dict[int, dict[FileState, int]] = {row: {} for row in rows}
    marks = ",".join("?" * len(rows))
    for row, state, count in db.execute(
        f"SELECT job, state, count(*) FROM job_files WHERE job IN ({marks}) GROUP BY job, state", rows
    ):
        found[row][state] = count
    return found
