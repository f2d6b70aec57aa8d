"""Keeps API keys: what each may do and, of its secret, only a digest."""

import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from rag.errors import NotFoundError, SettingError
from rag.store.database import Database

_SECRET_BYTES = 32
_ID_BYTES = 6
_FORM = re.compile(rf"rag_([0-9a-f]{{{2 * _ID_BYTES}}})_([A-Za-z0-9_-]{{43}})", re.ASCII)
_NOBODY = bytes(32)
"""Compared with where there is no such id; no secret is known to have this digest."""
_MOST_NAME = 100
_COLUMNS = "id, name, write, collections, origins, created, revoked"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key, its secret aside."""

    id: str
    name: str
    write: bool
    """Whether it may also upload, delete, and make and drop collections."""
    collections: tuple[str, ...] | None
    """`None` for all."""
    origins: tuple[str, ...] | None
    """Of a browser key: the origins whose pages it works from; else `None`."""
    created: str
    """In UTC, as ISO 8601."""
    revoked: str | None


class ApiKeys:
    """The keys of an index, in its database; safe to use from several threads and processes.

    The database holds the SHA-256 of each secret. A slow, salted hash protects passwords, since people choose them from
    few; a secret of 256 random bits cannot be found by trying, however fast the hash, so that a fast one costs nothing.
    """

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    def create(
        self,
        name: str,
        write: bool = True,
        collections: Sequence[str] | None = None,
        origins: Sequence[str] | None = None,
    ) -> tuple[ApiKey, str]:
        """What a new key may do, and the key itself, which is nowhere kept.

        With `origins` it is a browser key: it lies open in a page, and so may only read.

        Raises:
            SettingError: The name is blank or over 100 characters, or a browser key is to write.
        """
        if not name.strip() or len(name) > _MOST_NAME:
            raise SettingError(f"A key is named with 1 to {_MOST_NAME} characters, and not only blanks.")
        if origins is not None and write:
            raise SettingError("A browser key may only read, since whoever opens the page can read the key.")
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        scopes = (None if collections is None else tuple(collections), None if origins is None else tuple(origins))
        key = ApiKey(secrets.token_hex(_ID_BYTES), name, write, *scopes, _now(), None)
        self._database.connection.execute(
            "INSERT INTO keys (id, name, digest, write, collections, origins, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (key.id, name, _digest(secret), write, *map(_listed, scopes), key.created),
        )
        return key, f"rag_{key.id}_{secret}"

    def listed(self) -> list[ApiKey]:
        """Every key, revoked ones too, the oldest first."""
        rows = self._database.connection.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY created, name, id")
        return [_key(*row) for row in rows]

    def revoke(self, key_id: str) -> ApiKey:
        """The key, from now on of no use, in any process; one that was revoked before stays as it was.

        Raises:
            NotFoundError: There is no such key.
        """
        rows = self._database.connection.execute(
            f"UPDATE keys SET revoked = coalesce(revoked, ?) WHERE id = ? RETURNING {_COLUMNS}", (_now(), key_id)
        ).fetchall()
        if not rows:
            raise NotFoundError(f"There is no key {key_id!r}; `rag keys list` shows which there are.")
        return _key(*rows[0])

    def exist(self) -> bool:
        """Whether a key was ever made: one that is revoked still locks the index, rather than open it to everybody."""
        return self._database.connection.execute("SELECT 1 FROM keys LIMIT 1").fetchone() is not None

    def find(self, presented: str) -> ApiKey | None:
        """The key that was presented; `None` for one that is not of this index, or revoked.

        Digests are compared in constant time, and an unknown id costs a comparison too, so that the time taken tells
        nothing of a secret.
        """
        form = _FORM.fullmatch(presented)
        key_id, secret = form.groups() if form else ("", "")
        row = self._database.connection.execute(
            f"SELECT digest, {_COLUMNS} FROM keys WHERE id = ?", (key_id,)
        ).fetchone()
        same = hmac.compare_digest(_digest(secret), row[0] if row else _NOBODY)
        if row is None or not same:
            return None
        key = _key(*row[1:])
        return key if key.revoked is None else None


def _key(
    key_id: str, name: str, write: int, collections: str | None, origins: str | None, created: str, revoked: str | None
) -> ApiKey:
    return ApiKey(key_id, name, bool(write), _tuple(collections), _tuple(origins), created, revoked)


def _tuple(kept: str | None) -> tuple[str, ...] | None:
    return None if kept is None else tuple(json.loads(kept))


def _listed(scope: tuple[str, ...] | None) -> str | None:
    return None if scope is None else json.dumps(scope)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
