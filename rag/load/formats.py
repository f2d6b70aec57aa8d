"""What can be loaded: a suffix, its media type and the function that parses it."""

from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from rag.load import docx, html, markdown, pdf, plain
from rag.load.draft import Draft


class Format(NamedTuple):
    """One kind of file that holds one document."""

    media_type: str
    parse: Callable[[bytes], Draft]


_HTML = Format("text/html", html.parse)
FORMATS: dict[str, Format] = {
    ".txt": Format("text/plain", plain.parse),
    ".md": Format("text/markdown", markdown.parse),
    ".html": _HTML,
    ".htm": _HTML,
    ".pdf": Format("application/pdf", pdf.parse),
    ".docx": Format("application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx.parse),
}
JSON_LINES = ".jsonl"
"""Holds many documents, and is streamed."""
SUPPORTED = (*FORMATS, JSON_LINES)


def suffix_of(name: str) -> str:
    """The suffix that decides how a file is read, in small letters."""
    return PurePath(name).suffix.lower()


def unsupported(suffix: str) -> str:
    """The reason why such a file is not loaded."""
    found = f"has the suffix {suffix}" if suffix else "has no suffix"
    return f"{found}; supported are {' '.join(SUPPORTED)}"
