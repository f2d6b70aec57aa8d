"""Keeps documents, passages and vectors in one SQLite database, the truth of an index."""

from rag.store.audit import findings
from rag.store.database import Database
from rag.store.documents import Documents, Known
from rag.store.jobs import Jobs
from rag.store.passages import Passages
from rag.store.store import Store
from rag.store.uploads import FileState, Job, JobFile, JobState, Taken, Upload

__all__ = [
    "Database",
    "Documents",
    "FileState",
    "Job",
    "JobFile",
    "JobState",
    "Jobs",
    "Known",
    "Passages",
    "Store",
    "Taken",
    "Upload",
    "findings",
]
