"""Takes an upload in: the job that it becomes, or the one that it already is."""

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import BinaryIO

from rag.store.uploads import UNDONE, Upload, iso

_CHUNK = 1 << 20
"""Bytes of a file that are held in memory while it is stored."""


def digest_of(collection: str, uploads: Sequence[Upload]) -> str:
    """SHA-256 of a collection, names and bytes, in whatever order the files come."""
    whole = sha256(collection.encode())
    for upload in sorted(uploads, key=lambda upload: upload.source):
        content = sha256()
        for chunk in _chunks(upload.data):
            content.update(chunk)
        whole.update(b"\0" + upload.source.encode() + b"\0" + content.digest())
    return whole.hexdigest()


def same(db: sqlite3.Connection, collection: str, digest: str) -> str | None:
    """Id of the job of the same upload that is not done yet, where its outcome will be that of sending it anew.

    It will not where a part of it failed or was cancelled, a document of the collection was removed since, or a later
    upload has other contents for one of its names.
    """
    found = db.execute(
        f"SELECT j.row, j.id FROM jobs j WHERE j.digest = ? AND j.collection = ? AND j.state IN {UNDONE}"
        " AND NOT EXISTS (SELECT 1 FROM job_files WHERE job = j.row AND state IN ('failed', 'cancelled'))"
        " AND NOT EXISTS (SELECT 1 FROM removed WHERE collection = j.collection AND change > j.change)"
        " ORDER BY j.row DESC LIMIT 1",
        (digest, collection),
    ).fetchone()
    return None if found is None or _overtaken(db, found[0], collection) else found[1]


def _overtaken(db: sqlite3.Connection, row: int, collection: str) -> bool:
    """Whether a later job may change a document of this one; which documents .jsonl holds is not known yet."""
    found = db.execute(
        "SELECT 1 FROM jobs l JOIN job_files later ON later.job = l.row JOIN job_files f ON f.job = ?"
        " WHERE l.row > ? AND l.collection = ? AND (later.document_id IS NULL OR f.document_id IS NULL"
        " OR later.document_id = f.document_id) LIMIT 1",
        (row, row, collection),
    )
    return found.fetchone() is not None


def insert(db: sqlite3.Connection, collection: str, digest: str, uploads: Sequence[Upload]) -> str:
    """Id of a new job, whose collection is made where there is none."""
    job_id, now = f"job_{secrets.token_hex(12)}", iso(datetime.now(UTC))
    db.execute("INSERT OR IGNORE INTO collections VALUES (?, ?)", (collection, now))
    row = db.execute(
        "INSERT INTO jobs (id, collection, digest, state, change, created)"
        " SELECT ?, ?, ?, 'queued', value, ? FROM meta WHERE name = 'changes'",
        (job_id, collection, digest, now),
    ).lastrowid
    for number, upload in enumerate(uploads):
        _insert_file(db, (row, number, upload.source, upload.document_id, upload.bytes), upload.data)
    return job_id


def _insert_file(db: sqlite3.Connection, values: tuple[object, ...], data: BinaryIO) -> None:
    row = db.execute(
        "INSERT INTO job_files (job, number, source, document_id, bytes, data, state)"
        " VALUES (?, ?, ?, ?, ?5, zeroblob(?5), 'queued')",
        values,
    ).lastrowid
    assert row is not None
    with db.blobopen("job_files", "data", row) as blob:
        for chunk in _chunks(data):
            blob.write(chunk)


def _chunks(data: BinaryIO) -> Iterator[bytes]:
    data.seek(0)
    while chunk := data.read(_CHUNK):
        yield chunk
