import datetime as dt
import io
import zipfile
from collections.abc import Callable

import docx
import pytest

from rag.errors import LoadError
from rag.load.docx import parse

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def report() -> bytes:
    document = docx.Document()
    document.core_properties.title = "On beds"
    document.core_properties.author = "Ann Writer"
    document.core_properties.created = dt.datetime(2018, 7, 2, tzinfo=dt.UTC)
    document.add_heading("On beds", 0)
    document.add_paragraph("Opening words.")
    document.add_heading("Figures", 1)
    document.add_paragraph("one", style="List Bullet")
    document.add_paragraph("two", style="List Number")
    table = document.add_table(2, 2)
    for i, text in enumerate(("Year", "Beds", "2017", "33.59\u00a0million")):
        table.cell(i // 2, i % 2).text = text
    document.add_heading("Detail", 2)
    document.add_paragraph("More 😀.")
    document.add_heading("End", 1)
    return saved(document)


def saved(document: "docx.document.Document") -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def package(body: str | bytes, **parts: str | bytes) -> bytes:
    """A package whose main part holds the body; further parts by name, `__` for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", body)
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return out.getvalue()


def test_paragraphs_lists_and_tables_come_in_their_order() -> None:
    assert parse(report()).text == (
        "On beds\n\nOpening words.\n\nFigures\n\n• one\n• two\n\nYear | Beds\n2017 | 33.59\u00a0million\n\n"
        "Detail\n\nMore 😀.\n\nEnd"
    )


def test_sections_follow_the_heading_styles() -> None:
    draft = parse(report())
    assert [(section.heading, draft.text[section.start :].split("\n")[0]) for section in draft.sections] == [
        (("On beds",), "On beds"),
        (("On beds", "Figures"), "Figures"),
        (("On beds", "Figures", "Detail"), "Detail"),
        (("On beds", "End"), "End"),
    ]


def test_the_properties_state_title_author_and_date() -> None:
    draft = parse(report())
    assert (draft.title, draft.author, draft.date) == ("On beds", "Ann Writer", "2018-07-02")


def test_without_properties_the_title_is_that_of_the_title_style() -> None:
    document = docx.Document()
    document.core_properties.title = ""
    document.add_heading("The title", 0)
    assert parse(saved(document)).title == "The title"


def test_a_package_without_styles_and_properties_is_read() -> None:
    draft = parse(package(f"<w:document {W}><w:body><w:p><w:r><w:t>Words.</w:t></w:r></w:p></w:body></w:document>"))
    assert (draft.text, draft.sections, draft.title, draft.author, draft.date) == ("Words.", (), None, None, None)


def test_the_strict_form_of_the_format_is_read() -> None:
    strict = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'
    body = "<w:p><w:pPr><w:outlineLvl w:val='0'/></w:pPr><w:r><w:t>A</w:t></w:r></w:p>"
    draft = parse(package(f"<w:document {strict}><w:body>{body}</w:body></w:document>"))
    assert [section.heading for section in draft.sections] == [("A",)]


@pytest.mark.parametrize("data", [b"not a zip", b"PK\x03\x04 cut short", b"\0" * 100])
def test_what_is_no_zip_is_refused(data: bytes, refusal: Callable[[bytes, str], str]) -> None:
    assert "is not a Word document" in refusal(data, "a.docx")


def test_a_truncated_document_is_refused() -> None:
    data = report()
    with pytest.raises(LoadError, match="is not a Word document"):
        parse(data[: len(data) // 2])


def test_another_kind_of_zip_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(LoadError, match="is not a Word document"):
        parse(out.getvalue())


def test_broken_xml_is_refused() -> None:
    with pytest.raises(LoadError, match="is not a Word document"):
        parse(package(f"<w:document {W}><w:body><w:p>"))


def test_a_password_or_an_old_doc_is_named() -> None:
    with pytest.raises(LoadError, match=r"needs a password, or is an old \.doc"):
        parse(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1_000))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(LoadError, match="a zip bomb"):
        parse(package("<w:document/>", word__media__bomb=bytes(50_000_000)))


def test_a_bomb_that_lies_about_its_size_does_no_harm() -> None:
    data = package("<w:document/>" + " " * 30_000_000)
    real = (30_000_013).to_bytes(4, "little")
    assert data.count(real) == 2
    with pytest.raises(LoadError):
        parse(data.replace(real, (1_000).to_bytes(4, "little")))


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/evil.dtd">',
        "<!DOCTYPE d [<!ENTITY e 'word'>]>",
        '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY e "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declared_entities_are_refused(declaration: str, encoding: str) -> None:
    words = "&e;" if "ENTITY e" in declaration else "x"
    body = f"{declaration}<w:document {W}><w:body><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:body></w:document>"
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{body}'.encode(encoding)
    with pytest.raises(LoadError, match="declares a document type or entities"):
        parse(package(xml))


def test_an_entity_in_the_properties_is_refused() -> None:
    core = '<!DOCTYPE c [<!ENTITY e SYSTEM "file:///etc/passwd">]><c xmlns:dc="x"><dc:title>&e;</dc:title></c>'
    with pytest.raises(LoadError, match="declares a document type or entities"):
        parse(package(f"<w:document {W}><w:body><w:p/></w:body></w:document>", docProps__core=core))


def test_many_paragraphs_are_read_with_little_memory() -> None:
    paragraph = "<w:p><w:r><w:t>Some words of a paragraph of the document, number {}.</w:t></w:r></w:p>"
    body = "".join(paragraph.format(i) for i in range(50_000))
    draft = parse(package(f"<w:document {W}><w:body>{body}</w:body></w:document>"))
    assert draft.text.count("\n\n") == 49_999
