"""Keeps the search indexes of a collection in step with the store, and mends them when they are not.

A folder per collection holds `vectors.faiss`, `lexical/` and `manifest.json`, which names the checksum of every file
and is written last: files that do not match it are damaged or half written. Passages never change under their key, so
an index is in step when it holds exactly the store's keys; being stale, damaged and missing all heal the same way, by
adding and removing the difference. Whoever does that holds the index's writer lock.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rag.errors import IndexUnusableError
from rag.index import FaissIndex
from rag.lexical import TantivyIndex
from rag.records import Keys
from rag.store import Store

_VECTORS = "vectors.faiss"
_LEXICAL = "lexical"
_MANIFEST = "manifest.json"
_REBUILD_BELOW = 50_000
"""Passages; up to so many the words are indexed anew after a removal (2 s per 20,000), since BM25 counts what was
removed until it is merged away, and the same documents have to give the same scores whatever was there before."""


@dataclass(frozen=True, slots=True)
class Generation:
    """The indexes of a collection as they stood at one moment; search reads one generation from start to end."""

    vectors: FaissIndex
    lexical: TantivyIndex
    keys: Keys
    stamp: tuple[int, int] | None
    """Of the manifest that was read; `None` before there is one."""
    changes: int
    """The store's count of changes that the indexes are known to be in step with; -1 when they are behind."""


def load(folder: Path, store: Store) -> Generation:
    """The generation that a folder holds.

    Raises:
        IndexUnusableError: It holds none, one of another database, or files that do not match their checksums.
    """
    stamp, changes = manifest_stamp(folder), store.changes()
    try:
        manifest = json.loads((folder / _MANIFEST).read_text("utf-8"))
        files, database = dict(manifest["files"]), manifest["database"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexUnusableError(f"{folder / _MANIFEST} is missing or damaged ({error}).") from error
    if database != store.database.meta("id"):
        raise IndexUnusableError(f"{folder} was made from another database.")
    for name, digest in files.items():
        if _sha256(folder / name) != digest:
            raise IndexUnusableError(f"{folder / name} is damaged or half written.")
    vectors = FaissIndex.load(folder / _VECTORS)
    keys = vectors.keys()
    lexical = TantivyIndex(folder / _LEXICAL)
    if len(lexical) != len(keys):
        raise IndexUnusableError(f"{folder} holds {len(keys)} vectors and the words of {len(lexical)} passages.")
    return Generation(vectors, lexical, keys, stamp, changes)


def manifest_stamp(folder: Path) -> tuple[int, int] | None:
    """What changes with every new manifest of a folder, which is always a new file: inode and time of writing."""
    try:
        found = (folder / _MANIFEST).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def in_step(generation: Generation, store: Store, collection: str) -> bool:
    """Whether a generation holds exactly the store's passages."""
    return np.array_equal(generation.keys, store.passages.keys(collection))


def bring_in_step(folder: Path, store: Store, collection: str, dim: int) -> Generation:
    """Bring a folder in step with the store, from whatever it holds, and load it; the caller holds the writer lock."""
    try:
        changes = store.changes()
        before = load(folder, store)
    except IndexUnusableError:
        shutil.rmtree(folder, ignore_errors=True)
        before = Generation(FaissIndex(dim), TantivyIndex(folder / _LEXICAL), np.empty(0, np.int64), None, -1)
    truth = store.passages.keys(collection)
    added = np.setdiff1d(truth, before.keys, assume_unique=True)
    removed = np.setdiff1d(before.keys, truth, assume_unique=True)
    if before.stamp and not len(added) and not len(removed):
        return replace(before, changes=changes)
    vectors, lexical = before.vectors, before.lexical
    if len(removed):
        vectors.remove(removed)
    if len(removed) and len(truth) <= _REBUILD_BELOW:
        shutil.rmtree(folder / _LEXICAL)
        lexical = TantivyIndex(folder / _LEXICAL)
        _add_words(lexical, store, truth[~np.isin(truth, added)])
    elif len(removed):
        lexical.remove(removed)
    for rows in store.passages.index_rows(added):
        vectors.add(rows.keys, rows.vectors)
        lexical.add(rows.keys, rows.texts)
    return replace(_save(folder, store, vectors, lexical), changes=changes)


def _add_words(lexical: TantivyIndex, store: Store, keys: Keys) -> None:
    for rows in store.passages.index_rows(keys):
        lexical.add(rows.keys, rows.texts)


def _save(folder: Path, store: Store, vectors: FaissIndex, lexical: TantivyIndex) -> Generation:
    lexical.commit()
    fresh = folder / f".{_VECTORS}"
    vectors.save(fresh)
    fresh.replace(folder / _VECTORS)
    names = [_VECTORS, *(f"{_LEXICAL}/{f.name}" for f in sorted((folder / _LEXICAL).iterdir()))]
    files = {name: _sha256(folder / name) for name in names if not name.endswith(".lock")}
    facts = {"database": store.database.meta("id"), "passages": len(lexical), "files": files}
    manifest = json.dumps(facts, indent=1) + "\n"
    draft = folder / f".{_MANIFEST}"
    with draft.open("w", encoding="utf-8") as file:
        file.write(manifest)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / _MANIFEST)
    return Generation(vectors, lexical, vectors.keys(), manifest_stamp(folder), -1)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
