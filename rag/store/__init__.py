"""Keeps documents, passages and vectors in one SQLite database, the truth of an index."""

from rag.store.database import Database
from rag.store.documents import Documents, Known
from rag.store.passages import Passages
from rag.store.store import Store

__all__ = ["Database", "Documents", "Known", "Passages", "Store"]
