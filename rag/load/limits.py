"""How much one source may hold, and why; what is over is refused with advice, never read or parsed by half."""

import re

from rag.errors import LoadError

MAX_FILE_BYTES = 100_000_000
"""The largest book-length PDFs with their pictures stay below this; more is an archive or a dump."""

MAX_LINE_BYTES = 25_000_000
"""A line of JSON Lines: the longest text below, with room for escapes and for two bytes a character."""

MAX_TEXT_CHARACTERS = 20_000_000
"""Twenty times the Bible in plain text; its passages alone would take an hour to embed on two cores."""

MAX_UNZIPPED_BYTES = 500_000_000
"""A .docx of 100 MB is nearly all pictures, which hardly shrink; only text that repeats itself grows beyond this."""

MAX_ZIP_RATIO = 200
"""Unzipped to zipped. Word's own XML reaches 10 to 50, deflate at its end 1,032 (https://zlib.net/zlib_tech.html)."""

SMALL_UNZIPPED_BYTES = 10_000_000
"""Below this the ratio says nothing: blank tables shrink without end and harm nobody."""


MAX_PARAGRAPHS = 500_000
"""The Bible has 31,000 verses; more is a dump of lines, whose structure alone would fill the memory."""

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n|\r[^\S\r\n]*\r")


def check_paragraphs(text: str) -> None:
    """Nothing when a text has so many paragraphs as can be taken apart."""
    if sum(1 for _ in _BLANK_LINE.finditer(text)) > MAX_PARAGRAPHS:
        raise LoadError(f"is over the limit of {MAX_PARAGRAPHS:,} paragraphs a document: split it into smaller files")


def check_file_bytes(count: int) -> None:
    """Nothing when a file of so many bytes may be read."""
    if count > MAX_FILE_BYTES:
        raise LoadError(f"is over the limit of {MAX_FILE_BYTES // 1_000_000} MB a file: split it into smaller files")


def check_text_characters(count: int) -> None:
    """Nothing when a document's text may be so long."""
    if count > MAX_TEXT_CHARACTERS:
        raise LoadError(
            f"is over the limit of {MAX_TEXT_CHARACTERS:,} characters of text a document: split it into smaller files"
        )
