"""Reconciles all that an index holds with its documents: text, vectors, postings, uploads, feedback."""

from collections.abc import Iterator, Sequence
from time import monotonic, sleep

import numpy as np

from rag.errors import IndexUnusableError
from rag.generations import Generations
from rag.index import FaissIndex
from rag.records import Audit, Keys
from rag.store import Store, findings

_AT_ONCE = 10_000
"""Vectors compared at a time: 15 MB."""
_PAUSE_S = 0.05


def audit(store: Store, generations: Generations, collections: Sequence[str], wait_s: float) -> Audit:
    """What is missing, left over or different anywhere; nothing is mended.

    What is only on its way to the search files is found too, so that while somebody writes, findings are looked at
    again, for `wait_s` seconds at most.
    """
    deadline = monotonic() + wait_s
    while True:
        before = generations.stamps()
        found = _looked(store, generations, collections)
        if not found.findings or monotonic() >= deadline:
            return found
        if before == generations.stamps() and not generations.being_written():
            return found
        sleep(_PAUSE_S)


def _looked(store: Store, generations: Generations, collections: Sequence[str]) -> Audit:
    counts = [store.documents.counts(name) for name in collections]
    folders = generations.folders()
    found = list(findings(store.database))
    for name, (documents, _, _) in zip(collections, counts, strict=True):
        if documents or name in folders:
            found += [f"Collection {name!r}: {finding}" for finding in _files(store, generations, name)]
    gone = sorted(set(folders) - set(collections))
    found += [f"The search files of {name!r} are there, and the collection is not." for name in gone]
    return Audit(tuple(found), sum(c[0] for c in counts), sum(c[1] for c in counts))


def _files(store: Store, generations: Generations, collection: str) -> Iterator[str]:
    try:
        stored = generations.stored(collection)
    except IndexUnusableError as error:
        yield str(error)
        return
    truth = store.passages.keys(collection)
    for name, keys in (("vectors", stored.keys), ("postings", stored.lexical.keys())):
        if len(left := np.setdiff1d(keys, truth)):
            yield f"the {name} of {len(left)} removed passages are still in the search files."
        if len(lost := np.setdiff1d(truth, keys)):
            yield f"the {name} of {len(lost)} passages are not in the search files."
    if different := _different(store, stored.vectors, np.intersect1d(truth, stored.keys)):
        yield f"the vectors of {different} passages are not those of the database."


def _different(store: Store, vectors: FaissIndex, keys: Keys) -> int:
    different = 0
    for begin in range(0, len(keys), _AT_ONCE):
        for rows in store.passages.index_rows(keys[begin : begin + _AT_ONCE]):
            different += int((vectors.vectors(rows.keys) != rows.vectors).any(axis=1).sum())
    return different
