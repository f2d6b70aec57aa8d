"""JSON Lines: one document a line, read as a stream."""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import orjson

from rag.errors import LoadError
from rag.load.draft import BLANK
from rag.load.limits import MAX_LINE_BYTES, check_text_characters

_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
_SHOWN = 80
"""Characters of a duplicate doc_id in a message."""


class Line(NamedTuple):
    """A line that holds a document."""

    doc_id: str
    title: str | None
    text: str
    sha256: str


class BadLine(NamedTuple):
    """A line that holds none."""

    number: int
    reason: str


def parse(stream: BinaryIO) -> Iterator[Line | BadLine]:
    """Each line's document, in order; blank lines hold none and are no fault."""
    # Eight bytes of each doc_id's hash: all that grows with the file, 80 MB for a million lines.
    seen: set[bytes] = set()
    for number, line in enumerate(_lines(stream), 1):
        stripped = (line.removeprefix(_BOM) if number == 1 else line).strip()
        if number == 1 and b"\0" in stripped:
            raise LoadError("is not JSON Lines in UTF-8: it holds NUL bytes")
        if stripped:
            try:
                yield _unseen(_document(stripped), seen)
            except LoadError as error:
                yield BadLine(number, str(error))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Every line; of one that is too long its beginning, one byte over the limit."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        yield line
        while line and not line.endswith(b"\n"):
            line = stream.readline(_CHUNK)


def _document(line: bytes) -> Line:
    if len(line) > MAX_LINE_BYTES:
        raise LoadError(f"is over the limit of {MAX_LINE_BYTES // 1_000_000} MB a line: split the document")
    try:
        fields = orjson.loads(line)
    except ValueError as error:  # lone surrogates too
        raise LoadError(f"is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise LoadError('is not an object: expected {"doc_id": …, "title": …, "text": …}')
    doc_id, text, title = _string(fields, "doc_id"), _string(fields, "text"), fields.get("title")
    if not isinstance(title, str | None):
        raise LoadError("has a title that is not a string")
    check_text_characters(len(text))
    return Line(doc_id, title, text, hashlib.sha256(line).hexdigest())


def _string(fields: dict[str, object], key: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str):
        raise LoadError(f"has no {key}, or one that is not a string")
    if not value.strip(BLANK):
        raise LoadError(f"has a {key} that is empty")
    return value


def _unseen(line: Line, seen: set[bytes]) -> Line:
    key = hashlib.sha256(line.doc_id.encode()).digest()[:8]
    if key in seen:
        raise LoadError(f"has the doc_id of an earlier line: {line.doc_id[:_SHOWN]}")
    seen.add(key)
    return line
