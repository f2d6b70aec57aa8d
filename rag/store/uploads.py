"""What is on record of an upload: a job with its files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal

JobState = Literal["queued", "running", "done"]
FileState = Literal["queued", "running", "added", "updated", "unchanged", "failed", "cancelled"]
UNDONE = "('queued', 'running')"
"""States, as SQL, of jobs and files that something is still to be done with."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in."""

    source: str
    document_id: str | None
    """`None` where it holds many documents."""
    bytes: int
    data: BinaryIO
    """Seekable."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file of a job, and what became of it."""

    source: str
    document_id: str | None
    bytes: int
    state: FileState
    detail: str | None
    passages: int


@dataclass(frozen=True, slots=True)
class Job:
    """An upload."""

    id: str
    collection: str
    state: JobState
    created: str
    """ISO 8601, in UTC, as `finished` is."""
    finished: str | None
    counts: Mapping[FileState, int]
    """How many of its files are in each state."""
    files: tuple[JobFile, ...] = ()
    """In the order they were sent; empty where jobs are listed."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that is to be taken up now."""

    job: str
    row: int
    number: int
    collection: str
    source: str
    change: int
    """Count of changes to the documents when it was accepted."""
    data: bytes


def iso(time: datetime) -> str:
    """A time as it is kept, to the second."""
    return time.isoformat(timespec="seconds")
