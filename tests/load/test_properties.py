"""What holds for every format: sections hold all of the text, and no text holds what is no character."""

import io
import zipfile
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.load import Loader
from rag.records import Document

WORDS = [
    "Words here.",
    "More of them, e\u0301 and é.",
    "😀 שלום",
    "a\u00a0b",
    "Name",
    "Filed Under (x) by Ann on 01-02-2012",
    "• item",
]
PARTS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(WORDS)), min_size=1, max_size=12)


def plain(parts: Sequence[tuple[int, str]]) -> bytes:
    return "".join(text + ("\r\n" if level else "\r\n\r\n") for level, text in parts).encode("utf-8-sig")


def markdown(parts: Sequence[tuple[int, str]]) -> bytes:
    return "".join(f"{'#' * level} {text}\r\n\r\n" for level, text in parts).encode()


def html(parts: Sequence[tuple[int, str]]) -> bytes:
    return "".join(f"<h{level}>{text}</h{level}>" if level else f"<li>{text}" for level, text in parts).encode()


def jsonl(parts: Sequence[tuple[int, str]]) -> bytes:
    text = plain(parts).decode().replace("\r", "\\r").replace("\n", "\\n")
    return f'{{"doc_id": "a", "text": "{text}"}}'.encode()


def docx(parts: Sequence[tuple[int, str]]) -> bytes:
    outlined = "".join(
        f"<w:p><w:pPr><w:outlineLvl w:val='{level or 9}'/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
        for level, text in parts
    )
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document xmlns:w='{name}'><w:body>{outlined}</w:body></w:document>")
    return out.getvalue()


def pdf(parts: Sequence[tuple[int, str]]) -> bytes:
    """One page a part, of Latin letters, in print by its level; PDFium mends the missing table of objects."""
    pages = b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(len(parts)))
    objects = [
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        b"2 0 obj<</Type/Pages/Count %d/Kids[%s]/MediaBox[0 0 600 800]>>endobj" % (len(parts), pages),
        b"3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj",
    ]
    for i, (level, text) in enumerate(parts):
        letters = text.encode("ascii", "ignore").replace(b"(", b"").replace(b")", b"") or b"x"
        content = b"BT /F %d Tf 50 700 Td (%s) Tj 0 -40 Td /F 10 Tf (%s) Tj ET" % (
            10 + 3 * level,
            letters,
            b"Body. " * 12,
        )
        objects += [
            b"%d 0 obj<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>endobj"
            % (4 + 2 * i, 5 + 2 * i),
            b"%d 0 obj<</Length %d>>stream\n%s\nendstream endobj" % (5 + 2 * i, len(content), content),
        ]
    return b"%PDF-1.7\n" + b"\n".join(objects) + b"\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"


MAKERS = {".txt": plain, ".md": markdown, ".html": html, ".pdf": pdf, ".docx": docx, ".jsonl": jsonl}


@pytest.mark.parametrize("suffix", MAKERS)
@settings(max_examples=40, deadline=None)
@given(parts=PARTS)
def test_sections_ascend_and_hold_every_character_that_is_not_blank(
    loader: Loader, suffix: str, parts: list[tuple[int, str]]
) -> None:
    document = next(loader.load_bytes(MAKERS[suffix](parts), f"a{suffix}"))
    assert isinstance(document, Document), document
    outside, end = "", 0
    for section in document.sections:
        assert end <= section.start < section.end <= len(document.text)
        outside += document.text[end : section.start]
        end = section.end
    assert not (outside + document.text[end:]).strip("\ufeff \t\r\n\u00a0")
    assert list(document.page_starts) == sorted(document.page_starts)
    document.text.encode()


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), suffix=st.sampled_from([*MAKERS]))
def test_any_bytes_give_documents_or_problems_and_never_an_exception(loader: Loader, data: bytes, suffix: str) -> None:
    for item in loader.load_bytes(data, f"a{suffix}"):
        if isinstance(item, Document):
            item.text.encode()
            assert item.text.strip("\ufeff \t\r\n")


@settings(max_examples=60, deadline=None)
@given(
    parts=PARTS, suffix=st.sampled_from([*MAKERS]), at=st.integers(0, 2_000), bytes_=st.binary(min_size=1, max_size=4)
)
def test_damaged_files_give_documents_or_problems_and_never_an_exception(
    loader: Loader, parts: list[tuple[int, str]], suffix: str, at: int, bytes_: bytes
) -> None:
    data = MAKERS[suffix](parts)
    at %= len(data)
    list(loader.load_bytes(data[:at] + bytes_ + data[at + len(bytes_) :], f"a{suffix}"))
