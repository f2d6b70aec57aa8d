"""Reads the files of a multipart upload, and says what is wrong with their names before any is kept."""

import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from fastapi.exceptions import RequestValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from rag.load import JSON_LINES, SUPPORTED, document_id, suffix_of, unsupported
from rag.store import Upload

FIELD = "file"
MOST_FILES = 100
MOST_NAME_CHARACTERS = 1000
_MOST_FIELDS = 100
"""Parts without a file name: none is right, and so many are told by name."""
_MOST_FIELD_BYTES = 1 << 16
_MEDIA_TYPE = "multipart/form-data"
_DRIVE = re.compile(r"[A-Za-z]:/")
_MOST_AFTER = 1024
"""Bytes that may follow the last boundary; senders put a line break there, or nothing."""
_JOINERS = "\u200c\u200d"
"""Nobody sees them, and Persian words and some emoji need them."""
_SHOWN = 100
"""Characters of a wrong name in a message."""


class _PartError(Exception):
    """A part of the body that cannot be taken; the message says why."""


@asynccontextmanager
async def read_uploads(request: Request) -> AsyncIterator[list[Upload]]:
    """The files of the request's body, on disk where they are large, and gone at the end of the block.

    Raises:
        HTTPException: The body is of another type (415), or broken (400).
        RequestValidationError: There is no file, there are too many, or one has a name that cannot be kept.
    """
    form = await _form(request)
    try:
        yield _uploads(form.multi_items())
    finally:
        await form.close()


async def _form(request: Request) -> FormData:
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind != _MEDIA_TYPE:
        raise HTTPException(415, f"The body is {kind[:_SHOWN]!r}; send {_MEDIA_TYPE}.")
    ending = _Ending(request.receive, parse_options_header(given)[1].get(b"boundary", b""))
    try:
        return await Request(request.scope, ending.receive).form(
            max_files=MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_MOST_FIELD_BYTES
        )
    except HTTPException as error:
        if error.detail.startswith("Too many"):
            raise _invalid([f"{error.detail} Send the others in another request."]) from None
        raise


class _Ending:
    """A body that has to end as it should: the parser would drop a last file that is cut off, and say nothing."""

    def __init__(self, receive: Receive, boundary: bytes) -> None:
        self._receive = receive
        self._last = b"\r\n--" + boundary + b"--"
        self._tail = b"\r\n"

    async def receive(self) -> Message:
        """The next message; raises HTTPException (400) for the last one of a body that is cut off."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._tail = (self._tail + message.get("body", b""))[-len(self._last) - _MOST_AFTER :]
            if not message.get("more_body", False) and self._last not in self._tail:
                raise HTTPException(400, "The body ends before its last boundary.")
        return message


def _uploads(parts: Sequence[tuple[str, UploadFile | str]]) -> list[Upload]:
    found, wrong = [], []
    for field, part in parts:
        try:
            found.append(_upload(field, part))
        except _PartError as error:
            wrong.append(str(error))
    twice = [name for name, count in Counter(upload.source for upload in found).items() if count > 1]
    wrong += [f"{_shown(name)} is there more than once; send each name once" for name in twice]
    if wrong or not found:
        raise _invalid(wrong or ["is required: the file, with its name"])
    return found


def _upload(field: str, part: UploadFile | str) -> Upload:
    if field != FIELD:
        raise _PartError(f"{_shown(field)} is not a field of this request; send every file in a field named {FIELD!r}")
    if isinstance(part, str):
        raise _PartError("has no file name; send it as a file")
    source = _source(part)
    one = None if suffix_of(source) == JSON_LINES else document_id(source)
    return Upload(source, one, part.size or 0, part.file)


def _source(part: UploadFile) -> str:
    """The file's name as the client sent it: Starlette, to be kind, reads what is no UTF-8 and drops folders of DOS."""
    header = next(value for name, value in reversed(part.headers.raw) if name == b"content-disposition")
    raw = parse_options_header(header)[1][b"filename"]
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise _PartError(f"{_shown(raw.decode(errors='replace'))} is not UTF-8") from None
    wrong = "has a backslash: part folders by '/'" if b"\\" in header else next(_faults(name), None)
    if wrong:
        raise _PartError(f"{_shown(name)} {wrong}")
    return name


def _faults(name: str) -> Iterator[str]:
    """Why a name cannot be that of a source."""
    if not name:
        yield "is empty: every file needs a name"
    if len(name) > MOST_NAME_CHARACTERS:
        yield f"is longer than {MOST_NAME_CHARACTERS:,} characters"
    kinds = {unicodedata.category(character) for character in name if character not in _JOINERS}
    if "Cc" in kinds:
        yield "has a control character"
    if "Cf" in kinds:  # among them those that turn the reading direction: a name that shows as another
        yield "has a character that nobody sees"
    if name.startswith("/") or _DRIVE.match(name):
        yield "is an absolute path: name it relative to a folder"
    if not {"", ".", ".."}.isdisjoint(name.split("/")):
        yield "has a folder without a name, '.' or '..'"
    if name.endswith(".") and not name.rpartition("/")[2].strip("."):
        yield "ends in a name of dots only"
    if suffix_of(name) not in SUPPORTED:
        yield unsupported(suffix_of(name))


def _shown(name: str) -> str:
    return repr(name if len(name) <= _SHOWN else name[:_SHOWN] + "…")


def _invalid(details: Sequence[str]) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("body", FIELD), "msg": d} for d in details])
