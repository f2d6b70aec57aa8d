"""Reads a streamed answer: bytes in, typed events out, however the bytes are cut."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from rag.client.errors import BrokenReplyError
from rag.client.problems import api_error
from rag.client.replies import AskReply, CitationReply, PassageReply


@dataclass(frozen=True, slots=True)
class Passages:
    """The nearest passages, before the answer."""

    passages: tuple[PassageReply, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """Where the quote just told stands."""

    citation: CitationReply


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer, as an unstreamed one."""

    answer: AskReply


AnswerEvent = Passages | Delta | Cited | Done


class _PassagesData(BaseModel):
    passages: list[PassageReply]


class _DeltaData(BaseModel):
    text: str


class Decoder:
    """One stream, as it arrives."""

    def __init__(self, request_id: str | None = None) -> None:
        """Begin with nothing; the request's id goes with an error."""
        self._request_id = request_id
        self._rest = b""
        self._name = ""
        self._data: list[bytes] = []
        self._ended = False

    def feed(self, piece: bytes) -> Iterator[AnswerEvent]:
        """The events that a piece completes; those of a kind unknown to this client are passed over.

        Raises:
            ApiError: The service could not answer.
            BrokenReplyError: An event is not what it should be.
        """
        # Not splitlines, which would also cut at characters that a quote may hold (U+2028, U+0085).
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            if line.strip(b"\r"):
                self._take(line.removesuffix(b"\r"))
            elif (event := self._completed()) is not None:
                yield event

    def close(self) -> None:
        """Nothing, if the stream told its end.

        Raises:
            BrokenReplyError: It broke off before.
        """
        if not self._ended:
            raise BrokenReplyError("The answer broke off before its end. Ask again.")

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value.decode()
        elif field == b"data":
            self._data.append(value)

    def _completed(self) -> AnswerEvent | None:
        name, data = self._name, b"\n".join(self._data)
        self._name, self._data = "", []
        self._ended = self._ended or name in {"done", "error"}
        if name == "error":
            raise api_error(data, self._request_id)
        try:
            return _event(name, data)
        except ValidationError as error:
            raise BrokenReplyError(f"The event {name!r} is not what this client knows: {error}") from error


def _event(name: str, data: bytes) -> AnswerEvent | None:
    if name == "passages":
        return Passages(tuple(_PassagesData.model_validate_json(data, extra="ignore").passages))
    if name == "delta":
        return Delta(_DeltaData.model_validate_json(data, extra="ignore").text)
    if name == "citation":
        return Cited(CitationReply.model_validate_json(data, extra="ignore"))
    if name == "done":
        return Done(AskReply.model_validate_json(data, extra="ignore"))
    return None
