"""Sets up the log: every line, ours and the libraries', as JSON or text, without secrets, questions or line breaks."""

import logging
import re
import sqlite3
import sys
import traceback
from collections.abc import Iterator
from typing import TextIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from rag import RagError
from rag.settings import Settings

_SECRET = re.compile(
    r"\brag_[0-9a-f]+_[\w-]+|\b(?:bearer|basic)\s+[^\s'\",;]+"
    r"|\b(?:authorization|api[_-]?key|access[_-]?token|token|key|password|secret)=[^\s&]+",
    re.IGNORECASE,
)
"""A key of ours, and others as they stand in headers and query strings."""
_SECRET_FIELDS = frozenset({"authorization", "cookie", "api_key", "password", "token", "secret", "headers"})
_REDACTED = "[redacted]"
_LONGEST = 4000
"""Characters of a value; a path can have tens of thousands."""
_TELLING = (RagError, OSError, sqlite3.Error, MemoryError)
"""Errors whose messages name files and limits. Another's can repeat what it choked on, a question or a document."""
_CONTINUED = "    | "
"""Before every further line of an entry: no line break in a value can begin an entry of its own."""
_FIRST = ("time", "level", "logger", "event")


def configure_logs(settings: Settings, stream: TextIO | None = None, worker: int | None = None) -> None:
    """Has the whole process log to a stream, stderr where none is given; `worker` numbers the process.

    The libraries' own debug lines stay off at every level: some of them show what a request holds.
    """
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter(is_text(settings, out), settings.log_questions, worker))
    level = logging.getLevelName(settings.log_level.upper())
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.captureWarnings(True)
    logging.getLogger("rag").setLevel(level)
    logging.getLogger("uvicorn").setLevel(max(level, logging.INFO))


def formatter(text: bool, whole_errors: bool, worker: int | None = None) -> logging.Formatter:
    """What makes an entry of a record; `whole_errors` also shows messages that could repeat a request or a document."""

    def numbered(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
        return entry if worker is None else {**entry, "worker": worker}

    def errors(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
        raised = entry.pop("exc_info", None)
        if raised and raised[1] is not None:
            entry["exception"] = "\n".join(_told(raised[1], whole_errors))
        return entry

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(),
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            numbered,
            errors,
            _clean,
            _as_text if text else _as_json,
        ],
    )


def is_text(settings: Settings, stream: TextIO) -> bool:
    """Whether a stream gets lines for people, not JSON."""
    return stream.isatty() if settings.log_format == "auto" else settings.log_format == "text"


def _clean(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    ordered = {**{name: entry[name] for name in _FIRST if name in entry}, **entry}
    ordered.pop("color_message", None)  # uvicorn's line once more, for terminals
    return {name: _REDACTED if name.lower() in _SECRET_FIELDS else _clean_value(v) for name, v in ordered.items()}


def _clean_value(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = _SECRET.sub(_REDACTED, str(value))
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return cut if cut.isprintable() else "\n".join(map(_printable, cut.split("\n")))


def _printable(line: str) -> str:
    """The line with every control character, and what else does not print, as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _as_json(_: WrappedLogger, __: str, entry: EventDict) -> str:
    return orjson.dumps(entry).decode()


def _as_text(_: WrappedLogger, __: str, entry: EventDict) -> str:
    time, level, logger, event, exception = (entry.pop(name, "") for name in (*_FIRST, "exception"))
    fields = "".join(f" {name}={_shown(value)}" for name, value in entry.items())
    line = f"{time} {level} {logger}: {event}{fields}" + (f"\n{exception}" if exception else "")
    return line.replace("\n", f"\n{_CONTINUED}")


def _shown(value: object) -> str:
    text = str(value)
    return text if text and not re.search(r"[\s=\"]", text) else orjson.dumps(text).decode()


def _told(error: BaseException, whole: bool) -> Iterator[str]:
    """An error with what caused it, the cause first; the frames without the values in them."""
    for raised in _chain(error):
        yield from (line for frame in traceback.format_tb(raised.__traceback__) for line in frame.splitlines())
        told = whole or isinstance(raised, _TELLING)
        yield f"{type(raised).__qualname__}: {raised if told else '(its message may hold text: RAG_LOG_QUESTIONS)'}"


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in found:
        found.append(at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return found[::-1]
