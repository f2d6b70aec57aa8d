"""Turns files and uploads into documents."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedReader, BytesIO
from pathlib import Path, PurePath
from typing import BinaryIO, Self

from rag.errors import LoadError
from rag.load import jsonl
from rag.load.draft import BLANK, Draft
from rag.load.files import Found
from rag.load.formats import FORMATS, JSON_LINES, Format, suffix_of, unsupported
from rag.load.isolate import Isolated
from rag.load.limits import MAX_FILE_BYTES, check_file_bytes, check_paragraphs
from rag.records import Document, Problem, Section
from rag.sections import page_starts, text_sections, text_title

_LONGEST_TITLE = 300
"""Characters; a longer one is a paragraph that was taken for a title."""


def document_id(source: str) -> str:
    """The id of a source's document: the same for the same source, whatever it holds."""
    return "doc_" + hashlib.sha256(source.encode()).hexdigest()[:16]


class Loader:
    """Loads documents, and holds the child process that parses them.

    A class, so that whoever makes one says how long the child lives: use it as a context manager, or `close` it.
    """

    def __init__(self, isolated: Isolated | None = None) -> None:
        self._isolated = isolated or Isolated()

    def __enter__(self) -> Self:
        """The same, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the child process."""
        self.close()

    def close(self) -> None:
        """Ends the child process; a later call starts another."""
        self._isolated.close()

    def digest(self, found: Found) -> str | None:
        """SHA-256 of the file's bytes; `None` where `load` would refuse them unread."""
        try:
            with _opened(found.path) as stream:
                if suffix_of(found.source) != JSON_LINES:
                    check_file_bytes(stream.seek(0, os.SEEK_END))
                    stream.seek(0)
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except (LoadError, OSError):
            return None

    def load(self, found: Found) -> Iterator[Document | Problem]:
        """The file's document (of `.jsonl` one a line), and what is wrong or was guessed; never raises for content."""
        try:
            with _opened(found.path) as stream:
                yield from self._documents(stream, found.source)
        except LoadError as error:
            yield Problem(found.source, str(error))
        except OSError as error:
            yield Problem(found.source, f"cannot be read: {error.strerror or error}")

    def load_bytes(self, data: bytes, source: str) -> Iterator[Document | Problem]:
        """The same for a file's bytes, whose kind the suffix of the source tells."""
        try:
            yield from self._documents(BytesIO(data), source)
        except LoadError as error:
            yield Problem(source, str(error))

    def _documents(self, stream: BinaryIO, source: str) -> Iterator[Document | Problem]:
        suffix = suffix_of(source)
        if suffix == JSON_LINES:
            yield from _from_lines(stream, source)
        elif suffix in FORMATS:
            yield from self._one(_contents(stream), source, FORMATS[suffix])
        else:
            yield Problem(source, unsupported(suffix))

    def _one(self, data: bytes, source: str, kind: Format) -> Iterator[Document | Problem]:
        draft = self._isolated.run(kind.parse, data)
        if not draft.text.strip(BLANK):
            raise LoadError("is empty: it holds no text")
        yield _document(draft, source, PurePath(source).stem, kind.media_type, hashlib.sha256(data).hexdigest())
        for remark in draft.remarks:
            yield Problem(source, remark, fatal=False)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """The file as a stream; what is no regular file is not opened, since a pipe would wait and a device might act."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise LoadError("is not a file with contents of its own")
    with open(path, "rb", opener=_without_waiting) as stream:
        yield stream


def _without_waiting(path: str, flags: int) -> int:
    # Should the file have become a pipe in between.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _contents(stream: BinaryIO) -> bytes:
    check_file_bytes(stream.seek(0, os.SEEK_END))
    stream.seek(0)
    data = stream.read(MAX_FILE_BYTES + 1)
    check_file_bytes(len(data))
    if not data or data.isspace():
        raise LoadError("is empty")
    return data


def _document(draft: Draft, source: str, name: str, media_type: str, sha256: str) -> Document:
    check_paragraphs(draft.text)
    found = draft.sections or text_sections(draft.text)
    return Document(
        id=document_id(source),
        source=source,
        title=_title(draft.title) or _title(text_title(draft.text)) or name,
        media_type=media_type,
        sha256=sha256,
        text=draft.text,
        sections=tuple(_signed(section, draft) for section in found),
        page_starts=draft.page_starts or (() if draft.sections else page_starts(draft.text)),
    )


def _signed(section: Section, draft: Draft) -> Section:
    """The section with the document's author and date where it has none of its own."""
    return replace(section, author=section.author or draft.author, date=section.date or draft.date)


def _title(stated: str | None) -> str:
    return " ".join((stated or "").split())[:_LONGEST_TITLE]


def _from_lines(stream: BinaryIO, source: str) -> Iterator[Document | Problem]:
    empty = True
    for line in jsonl.parse(stream):
        empty = False
        if isinstance(line, jsonl.BadLine):
            yield Problem(f"{source} line {line.number}", line.reason)
        else:
            yield _from_line(line)
    if empty:
        raise LoadError("is empty")


def _from_line(line: jsonl.Line) -> Document | Problem:
    try:
        return _document(Draft(line.text, title=line.title), line.doc_id, line.doc_id, "text/plain", line.sha256)
    except LoadError as error:
        return Problem(line.doc_id, str(error))
