"""Reads a saved answer back."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from rag import RagError


@dataclass(frozen=True, slots=True)
class SavedCitation:
    """What of a saved citation is checked."""

    n: int
    document_id: str
    start: int
    end: int
    quote: str


def read_saved(path: Path) -> list[SavedCitation]:
    """The citations of an answer as `rag ask --json` and `/v1/ask` give it; `-` reads stdin.

    Raises:
        RagError: The file cannot be read, or is no saved answer.
    """
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise RagError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        saved = json.loads(content)
        return [_citation(entry) for entry in saved["citations"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RagError(
            f"{path} is no saved answer: a JSON object with `citations` is expected, each with n, document_id, start, "
            "end and quote, as `rag ask --json` prints it."
        ) from None


def _citation(entry: dict[str, object]) -> SavedCitation:
    n, start, end = (_whole(entry[name]) for name in ("n", "start", "end"))
    document_id, quote = entry["document_id"], entry["quote"]
    if not (isinstance(document_id, str) and isinstance(quote, str)):
        raise TypeError
    return SavedCitation(n, document_id, start, end, quote)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 40:
        raise TypeError
    return value
