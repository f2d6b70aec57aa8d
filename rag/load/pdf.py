"""PDF: the document's text is that of its pages, without the lines that run along their heads and feet.

PDFium tells the characters and where they stand; lines, paragraphs and headings are concluded from that (pages.py).
Words broken at the end of a line stay broken, as the page shows them.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import pypdfium2
from pypdfium2 import raw

from rag.errors import LoadError
from rag.load.dates import iso_date
from rag.load.draft import Draft, Heading, sections_of
from rag.load.limits import check_text_characters
from rag.load.pages import Layout, Line, Page, laid_out, large_headings, without_running_lines

_TAIL = 4_096
"""Bytes at the end in which PDFium, too, looks for the cross-references."""
_LINE_END = "\r\n"
_HYPHEN = 0xFFFE
_SHOWN: dict[int, str | None] = dict.fromkeys([*range(9), *range(0x0B, 0x20), 0xFFFF], None)
_SHOWN |= {_HYPHEN: "-\n", 0xF0B7: "•", 0xF0A7: "▪"}
"""What a page shows for the characters that PDFium makes up (one for a hyphen with the line end after it) or takes
from the fonts Symbol and Wingdings."""
_MOST_BOOKMARKS = 10_000
_FEWEST_BOOKMARKS = 2
"""A single one names the document, not its parts."""
_NO_TITLE = re.compile(r"untitled\b.*|microsoft (?:word|powerpoint) - .*|.*\.\w{2,5}", re.IGNORECASE)
"""What programs fill in for want of a title."""


def parse(data: bytes) -> Draft:
    """The pages' text, with sections from the outline or else from lines in large print."""
    pdf = _opened(data)
    try:
        return _draft(pdf)
    finally:
        pdf.close()


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    if b"startxref" not in data[-_TAIL:]:
        # PDFium would mend it and silently leave out the pages that are missing.
        raise LoadError("is not a PDF, or its end is missing: fetch or export it again")
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise LoadError("needs a password: save it without one") from error
        raise LoadError(f"is not a PDF, or a damaged one: {error}") from error


def _draft(pdf: pypdfium2.PdfDocument) -> Draft:
    read = _read(pdf)
    if not any(read.pages):
        raise LoadError(f"has no text on its {len(read.pages)} pages: if they are pictures, run OCR first")
    layout = laid_out(without_running_lines(read.pages))
    headings = _outline(pdf, layout) or large_headings(layout)
    title = _stated(pdf, "Title")
    return Draft(
        layout.text,
        sections_of(layout.text, headings),
        title=None if not title or _NO_TITLE.fullmatch(title) else title,
        author=_stated(pdf, "Author"),
        date=iso_date(_stated(pdf, "CreationDate") or ""),
        page_starts=layout.page_starts,
        remarks=tuple(_remarks(read)),
    )


class _Read(NamedTuple):
    pages: list[Page]
    broken: list[int]
    """Numbers of the pages that PDFium could not read."""


def _remarks(read: _Read) -> Iterator[str]:
    if read.broken:
        yield f"has damaged pages, read as empty: {', '.join(map(str, read.broken))}"
    blank = sum(not page for page in read.pages) - len(read.broken)
    if blank > len(read.pages) / 2:
        yield f"has no text on {blank} of its {len(read.pages)} pages: if they are pictures, run OCR first"


def _read(pdf: pypdfium2.PdfDocument) -> _Read:
    """Every page's lines; only one page at a time is open."""
    read, characters = _Read([], []), 0
    for number in range(len(pdf)):
        try:
            page = _page(pdf, number)
        except pypdfium2.PdfiumError:
            read.broken.append(number + 1)
            page = []
        characters += sum(len(line.text) + 1 for line in page)
        check_text_characters(characters)
        read.pages.append(page)
    return read


def _page(pdf: pypdfium2.PdfDocument, number: int) -> Page:
    page = pdf[number]
    try:
        content = page.get_textpage()
        try:
            return list(_lines(content))
        finally:
            content.close()
    finally:
        page.close()


def _lines(content: pypdfium2.PdfTextPage) -> Iterator[Line]:
    """Lines that are not blank, as PDFium orders them."""
    # Not get_text_bounded, which runs the lines of a table's cell together.
    box, index = raw.FS_RECTF(), 0
    for line in content.get_text_range().split(_LINE_END):
        words = line.strip()
        if words:
            start = line.index(words)
            places = (start, start + len(words) // 2, start + len(words) - 1)
            # The middling one of three: neither a large initial nor a footnote's mark stands for the line.
            size, bottom = sorted(_measured(content, box, index + _units(line[:i]), line[i]) for i in places)[1]
            yield Line(words.translate(_SHOWN), size, bottom)
        index += _units(line) + len(_LINE_END)


def _units(text: str) -> int:
    """Length as PDFium counts, in UTF-16."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _measured(content: pypdfium2.PdfTextPage, box: Any, index: int, character: str) -> tuple[float, float]:  # noqa: ANN401
    """Height of a character's font and where it stands; zeros where PDFium counts otherwise than its text shows."""
    if raw.FPDFText_GetUnicode(content, index) != ord(character):
        return 0.0, 0.0
    raw.FPDFText_GetLooseCharBox(content, index, box)
    return box.top - box.bottom, box.bottom


def _outline(pdf: pypdfium2.PdfDocument, layout: Layout) -> list[Heading]:
    """A heading for each bookmark, where its words stand on its page or else where the page begins."""
    headings: list[Heading] = []
    ends = (*layout.page_starts[1:], len(layout.text))
    last, after = 0, 0
    for bookmark in islice(pdf.get_toc(), _MOST_BOOKMARKS):
        target, words = bookmark.get_dest(), bookmark.get_title().split()
        page = target.get_index() if target else None
        if page is None or page >= len(ends) or ends[page] <= last or not words:
            continue  # nowhere, or backward: orders nothing
        pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
        match = pattern.search(layout.text, max(after, layout.page_starts[page]), ends[page])
        last = match.start() if match else max(last, layout.page_starts[page])
        after = match.end() if match else after
        headings.append(Heading(last, bookmark.level + 1, " ".join(words)))
    return headings if len(headings) >= _FEWEST_BOOKMARKS else []


def _stated(pdf: pypdfium2.PdfDocument, key: str) -> str | None:
    try:
        return str(pdf.get_metadata_value(key)).strip() or None
    except UnicodeDecodeError:
        return None
