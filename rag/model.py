"""Decides which model an index is read and written with, and refuses to mix the vectors of two."""

import shutil
import threading
from pathlib import Path

from rag.embed import OnnxEmbedder, read_card
from rag.embed_torch import TorchEmbedder
from rag.errors import IndexUnusableError, ModelError
from rag.export import PACKAGED, model_files
from rag.protocols import Embedder
from rag.store import Store

RECIPE = "2"
"""Raised when passages are cut or embedded in another way, so that an index made before asks to be rebuilt."""


class Model:
    """The embedder of an index, loaded at first use, and anew when the index was made anew with another."""

    def __init__(self, store: Store, index: Path, name: str | None, threads: int) -> None:
        """Load for an index; `name` and `threads` as in `open_model`."""
        self._store = store
        self._index = index
        self._name = name
        self._threads = threads
        self._lock = threading.Lock()
        self.loaded: Embedder | None = None

    @property
    def embedder(self) -> Embedder:
        """The embedder; raises as `open_model` does."""
        with self._lock:
            if self.loaded is None or outdated(self._store, self.loaded):
                self.loaded = open_model(self._store, self._index, self._name, self._threads)
            return self.loaded

    def start_rebuild(self) -> Embedder:
        """The embedder, exported anew, with all dropped that was made with the one before."""
        self.loaded = start_rebuild(self._store, self._index, self._name, self._threads)
        return self.loaded

    def dim(self) -> int:
        """Length of a vector of the index."""
        known = self._store.database.meta("dim")
        return int(known) if known and not self._store.database.meta("rebuilding") else self.embedder.dim


def open_model(store: Store, index: Path, model: str | None, threads: int) -> Embedder:
    """The embedder of an index; `model` names it, `None` stands for the index's own or the packaged one.

    Raises:
        IndexUnusableError: The index was made with another model, or a rebuild was interrupted.
        ModelError: The model cannot be loaded.
    """
    made_with = store.database.meta("model")
    if store.database.meta("rebuilding"):
        raise IndexUnusableError(
            f"{index} is being rebuilt: ask again when that is done. If it was interrupted, run "
            "`rag ingest --rebuild` to finish it; no document is lost."
        )
    if made_with is not None and model is not None and model != made_with:
        raise IndexUnusableError(_other_model(index, made_with, model))
    embedder = _load(index, _or_packaged(model or made_with), threads)
    fingerprint = store.database.meta("fingerprint")
    if fingerprint not in {None, embedder.fingerprint}:
        raise IndexUnusableError(_other_model(index, f"{made_with} ({fingerprint})", embedder.fingerprint))
    return embedder


def outdated(store: Store, embedder: Embedder) -> bool:
    """Whether the index is by now made, or being made, with another model, as another process may have it rebuilt."""
    made = store.database.metas("fingerprint", "rebuilding")
    return bool(made.get("rebuilding")) or made.get("fingerprint") not in {None, embedder.fingerprint}


def record_model(store: Store, index: Path, embedder: Embedder) -> None:
    """Note in an empty index what it is made with; check that another was made the same way."""
    recipe = store.database.meta("recipe")
    if recipe not in {None, RECIPE}:
        raise IndexUnusableError(
            f"{index} was made by another version of this program (recipe {recipe}, now {RECIPE}). "
            "Run `rag ingest --rebuild` to make it anew from the stored texts."
        )
    if store.database.meta("fingerprint") is None:
        _record(store, index, embedder)


def start_rebuild(store: Store, index: Path, model: str | None, threads: int) -> Embedder:
    """Drop all that is derived and give the model, exported anew, with which to rebuild."""
    wanted = _or_packaged(model or store.database.meta("model"))
    fresh = index / "model.next"
    shutil.rmtree(fresh, ignore_errors=True)
    model_files(wanted, fresh)  # may fail, and then all is as before
    with store.database.transaction():
        store.database.set_meta("rebuilding", read_card(fresh).fingerprint)
    shutil.rmtree(index / "model", ignore_errors=True)
    fresh.replace(index / "model")
    shutil.rmtree(index / "search", ignore_errors=True)
    return _load(index, wanted, threads)


def finish_rebuild(store: Store, index: Path, embedder: Embedder) -> None:
    """Note that all is made with the new model."""
    _record(store, index, embedder)


def _record(store: Store, index: Path, embedder: Embedder) -> None:
    facts = {
        "model": read_card(index / "model").name,
        "fingerprint": embedder.fingerprint,
        "dim": str(embedder.dim),
        "recipe": RECIPE,
        "rebuilding": "",
    }
    with store.database.transaction():
        for name, value in facts.items():
            store.database.set_meta(name, value)


def _load(index: Path, model: str | None, threads: int) -> Embedder:
    folder = model_files(model, index / "model")
    return TorchEmbedder(folder) if read_card(folder).backend == "torch" else OnnxEmbedder(folder, threads)


def _or_packaged(model: str | None) -> str | None:
    return None if model == PACKAGED else model


def _other_model(index: Path, made_with: str, asked: str) -> str:
    return (
        f"{index} was made with the model {made_with}, and {asked} is asked for. Use the first, or run "
        f"`RAG_MODEL={asked} rag ingest --rebuild` to embed all stored documents anew."
    )


def model_note(index: Path) -> tuple[str, str, str]:
    """Name, backend and remark of the exported model; empty strings before there is one."""
    try:
        card = read_card(index / "model")
    except ModelError:
        return "", "", ""
    return card.name, card.backend, card.note
