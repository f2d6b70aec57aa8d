import datetime as dt
import io
from collections.abc import Callable, Iterable

import fpdf
import pytest

from rag.errors import LoadError
from rag.load import Loader
from rag.load.pdf import parse
from rag.records import Document, Problem

WORDS = "The committee heard evidence from many witnesses about the way in which services were bought. " * 4
PARTS = ("Origins", "Methods", "Results", "Outlook")


def report(*, outline: bool = False, **encryption: str) -> bytes:
    """Four pages with running head and foot, large headings, and two paragraphs each."""
    pdf = fpdf.FPDF()
    pdf.set_auto_page_break(False)
    if encryption:
        pdf.set_encryption(**encryption)  # type: ignore[arg-type]
    pdf.set_title("Büro report")
    pdf.set_author("Ann Writer")
    pdf.set_creation_date(dt.datetime(2018, 5, 14, tzinfo=dt.UTC))
    for number, part in enumerate(PARTS, 1):
        pdf.add_page()
        pdf.set_font("Helvetica", size=9)
        pdf.text(20, 10, "Notes on reform")
        pdf.set_font("Helvetica", "B", 16)
        pdf.text(20, 30, part)
        if outline:
            pdf.start_section(part.upper())
            pdf.start_section("Not in the text", level=1)
        pdf.set_font("Helvetica", size=11)
        pdf.set_xy(20, 40)
        pdf.multi_cell(170, 6, f"{part} come here. {WORDS}\n\nMore of {part.lower()}. {WORDS}")
        pdf.set_font("Helvetica", size=9)
        pdf.text(100, 290, f"Page {number} of {len(PARTS)}")
    return bytes(pdf.output())


def written(contents: Iterable[bytes], to_unicode: bytes = b"") -> bytes:
    """A PDF of the given page contents, made of as little as there must be."""
    streams = list(contents)
    kids = b" ".join(b"%d 0 R" % (5 + 2 * i) for i in range(len(streams)))
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 4 0 R>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>>>"
        % (len(streams), kids),
        font if to_unicode else font.replace(b"/ToUnicode 4 0 R", b""),
        b"<</Length %d>>stream\n%s\nendstream" % (len(to_unicode), to_unicode),
    ]
    for i, stream in enumerate(streams):
        objects.append(b"<</Type/Page/Parent 2 0 R/Contents %d 0 R>>" % (6 + 2 * i))
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    out, offsets = io.BytesIO(b"%PDF-1.7\n"), []
    out.seek(0, io.SEEK_END)
    for number, content in enumerate(objects, 1):
        offsets.append(b"%010d 00000 n \n" % out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table, size = out.tell(), len(objects) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, b"".join(offsets)))
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, table))
    return out.getvalue()


def lines(*texts: str, size: int = 10) -> bytes:
    return b"BT /F %d Tf 14 TL 50 700 Td %s ET" % (size, b" ".join(b"(%s) Tj T*" % text.encode() for text in texts))


def test_pages_become_paragraphs_without_running_lines() -> None:
    draft = parse(report())
    assert "Notes on reform" not in draft.text
    assert "Page " not in draft.text
    assert "\r" not in draft.text
    assert draft.text.startswith("Origins\n\nOrigins come here. The committee heard")
    assert "\n\nMore of origins. The" in draft.text


def test_page_starts_tell_where_each_page_begins() -> None:
    draft = parse(report())
    assert [draft.text[start:].split("\n")[0] for start in draft.page_starts] == list(PARTS)


def test_sections_come_from_large_print_where_there_is_no_outline() -> None:
    draft = parse(report())
    assert [section.heading for section in draft.sections] == [(part,) for part in PARTS]
    assert [section.start for section in draft.sections] == list(draft.page_starts)


def test_sections_come_from_the_outline_where_there_is_one() -> None:
    draft = parse(report(outline=True))
    assert [section.heading for section in draft.sections] == [(part.upper(), "Not in the text") for part in PARTS]
    assert [section.start for section in draft.sections] == list(draft.page_starts)


def test_metadata_states_title_author_and_date() -> None:
    draft = parse(report())
    assert (draft.title, draft.author, draft.date) == ("Büro report", "Ann Writer", "2018-05-14")


def test_a_word_broken_at_the_end_of_a_line_stays_broken() -> None:
    assert parse(written([lines("of infor-", "mation and")])).text == "of infor-\nmation and"


def test_characters_beyond_the_basic_plane_are_kept_and_lone_surrogates_are_not() -> None:
    table = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def
1 begincodespacerange <00> <FF> endcodespacerange
3 beginbfchar <41> <D835DC00> <42> <D800> <43> <F0B7> endbfchar endcmap end end"""
    draft = parse(written([lines("x A y B z", "C next line")], table))
    assert draft.text == "x \U0001d400 y  z\n• next line"
    draft.text.encode()


def test_a_password_is_asked_for(refusal: Callable[[bytes, str], str]) -> None:
    assert refusal(report(owner_password="o", user_password="u"), "a.pdf").startswith("needs a password")


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    assert parse(report(owner_password="o")).text == parse(report()).text


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_pdf_is_refused_rather_than_read_in_part(kept: float) -> None:
    data = report()
    with pytest.raises(LoadError, match="its end is missing"):
        parse(data[: int(len(data) * kept)])


@pytest.mark.parametrize("data", [b"%PDF-1.7 garbage", b"not a PDF", b"garbage\nstartxref\n0\n%%EOF"])
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(LoadError, match="is not a PDF"):
        parse(data)


def test_a_pdf_of_pictures_is_told_to_run_ocr(refusal: Callable[[bytes, str], str]) -> None:
    picture = b"q 500 0 0 700 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"
    reason = refusal(written([picture] * 3), "scan.pdf")
    assert reason == "has no text on its 3 pages: if they are pictures, run OCR first"


def test_a_pdf_mostly_of_pictures_is_loaded_with_a_remark(loader: Loader) -> None:
    document, remark = loader.load_bytes(written([lines("Words."), b"", b""]), "scan.pdf")
    assert isinstance(document, Document)
    assert document.page_starts == (0, 6, 6)
    assert isinstance(remark, Problem)
    assert not remark.fatal
    assert "no text on 2 of its 3 pages" in remark.reason


def test_a_pdf_of_no_pages_is_refused() -> None:
    with pytest.raises(LoadError, match=r"has no text on its 0 pages|is not a PDF"):
        parse(written([]))


def test_a_title_that_a_program_filled_in_is_no_title() -> None:
    pdf = fpdf.FPDF()
    pdf.set_title("Microsoft Word - report final.docx")
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    pdf.text(20, 20, "Words.")
    assert parse(bytes(pdf.output())).title is None


@pytest.mark.timeout(60)
def test_five_thousand_pages_are_read(loader: Loader) -> None:
    pages = (
        lines("Running head", *(f"Topic {i * 7 % 13} line {k} has {i * k} words." for k in range(8)), f"- {i + 1} -")
        for i in range(5_000)
    )
    (document,) = loader.load_bytes(written(pages), "long.pdf")
    assert isinstance(document, Document)
    assert len(document.page_starts) == 5_000
    assert document.text[document.page_starts[4_999] :].startswith("Topic ")
    assert "Running head" not in document.text
