import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.load import SUPPORTED, Found, Loader, document_id, find
from rag.load.isolate import Isolated
from rag.records import Document, Problem, Section

Load = Callable[[bytes, str], Document]
Refusal = Callable[[bytes, str], str]


def test_an_id_follows_from_the_source_alone() -> None:
    assert document_id("a/é.txt") == "doc_" + hashlib.sha256("a/é.txt".encode()).hexdigest()[:16]


def test_a_file_and_its_bytes_give_the_same_document(tmp_path: Path, loader: Loader) -> None:
    data = b"# Notes\r\n\r\nSome text.\r\n"
    (tmp_path / "a").mkdir()
    (tmp_path / "a/notes.md").write_bytes(data)
    (found,) = find(tmp_path)
    assert isinstance(found, Found)
    (document,) = loader.load(found)
    assert [document] == list(loader.load_bytes(data, "a/notes.md"))
    assert document == Document(
        id=document_id("a/notes.md"),
        source="a/notes.md",
        title="Notes",
        media_type="text/markdown",
        sha256=hashlib.sha256(data).hexdigest(),
        text=data.decode(),
        sections=(Section(0, len(data), ("Notes",)),),
    )


@pytest.mark.parametrize(
    ("source", "media_type"),
    [
        ("a.txt", "text/plain"),
        ("A.TXT", "text/plain"),
        ("a.md", "text/markdown"),
        ("a.html", "text/html"),
        ("a.htm", "text/html"),
    ],
)
def test_the_suffix_decides_how_bytes_are_read(load: Load, source: str, media_type: str) -> None:
    assert load(b"plain words", source).media_type == media_type


def test_the_title_is_stated_or_shown_or_the_name_of_the_file(load: Load) -> None:
    assert load(b"<title>Stated</title>Text.", "a/name.html").title == "Stated"
    assert load(b"Shown\n\nThen a sentence follows.", "a/name.txt").title == "Shown"
    assert load(b"no title here, only a sentence.", "a/the.name.txt").title == "the.name"


def test_a_text_without_headings_gets_the_sections_that_it_shows(load: Load) -> None:
    document = load(b"<p>A post</p><p>Filed Under (Topic) by Paul on 28-11-2012</p><p>It says.</p>", "a.html")
    assert [(section.author, section.date) for section in document.sections] == [("Paul", "2012-11-28")]


def test_sections_without_author_and_date_have_the_documents(load: Load) -> None:
    document = load(b"---\nauthor: Ann\ndate: 2018\n---\n# A\n\ntext\n\n# B\n\ntext", "a.md")
    assert {(section.author, section.date) for section in document.sections} == {("Ann", "2018")}


@pytest.mark.parametrize("data", [b"", b" \r\n\t", "\ufeff \n".encode(), "\ufeff\r\n".encode("utf-16-le")])
@pytest.mark.parametrize("source", ["a.txt", "a.md", "a.html"])
def test_a_source_that_is_blank_is_empty(refusal: Refusal, data: bytes, source: str) -> None:
    assert refusal(data, source).startswith("is empty")


@pytest.mark.parametrize("source", ["a.pdf", "a.docx", "a.jsonl"])
def test_a_file_of_no_bytes_is_empty(refusal: Refusal, source: str) -> None:
    assert refusal(b"", source) == "is empty"


def test_an_html_page_without_text_is_empty(refusal: Refusal) -> None:
    assert refusal(b"<html><img src=a.png></html>", "a.html") == "is empty: it holds no text"


@pytest.mark.parametrize("source", ["a.exe", "noble"])
def test_an_unsupported_upload_is_told_what_is_supported(refusal: Refusal, source: str) -> None:
    reason = refusal(b"text", source)
    assert all(suffix in reason for suffix in SUPPORTED)


def test_binary_content_named_txt_is_refused(refusal: Refusal) -> None:
    assert "binary" in refusal(b"\x89PNG\r\n\x1a\n\0\0", "picture.txt")


def test_a_guessed_encoding_is_a_remark_after_the_document(loader: Loader) -> None:
    document, remark = loader.load_bytes("Les élèves étaient déjà là.".encode("cp1252"), "a.txt")
    assert isinstance(document, Document)
    assert document.text == "Les élèves étaient déjà là."
    assert isinstance(remark, Problem)
    assert (remark.source, remark.fatal) == ("a.txt", False)
    assert "windows-1252" in remark.reason


def test_mixed_encodings_are_a_remark_too(loader: Loader) -> None:
    document, remark = loader.load_bytes("“naïve” déjà ".encode() + b"caf\xe9", "a.txt")
    assert isinstance(document, Document)
    assert document.text == "“naïve” déjà café"
    assert isinstance(remark, Problem)
    assert not remark.fatal


@pytest.mark.timeout(20)
@pytest.mark.parametrize("size", [200_000_000, 1 << 40])
@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.docx", "a.html", "a.md"])
def test_a_huge_file_is_refused_without_reading_it(tmp_path: Path, loader: Loader, name: str, size: int) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(size)
    (problem,) = loader.load(Found(tmp_path / name, name))
    assert isinstance(problem, Problem)
    assert problem.fatal
    assert "limit of 100 MB" in problem.reason


@pytest.mark.timeout(20)
@pytest.mark.parametrize("source", ["a.txt", "a.md"])
def test_one_line_of_fifty_megabytes_is_refused_soon(refusal: Refusal, source: str) -> None:
    assert "limit of 20,000,000 characters" in refusal(b"word " * 10_000_000, source)


def test_one_line_of_twenty_megabytes_is_loaded(load: Load) -> None:
    data = b"word " * 3_999_999
    document = load(data, "a.txt")
    assert document.text == data.decode()
    assert document.sections[0].start == 0
    assert document.sections[-1].end >= len(data.rstrip())


def test_a_file_that_vanished_is_a_problem_and_the_rest_goes_on(tmp_path: Path, loader: Loader) -> None:
    for name in ("a.txt", "b.txt", "c.jsonl"):
        (tmp_path / name).write_text("words")
    found = [item for item in find(tmp_path) if isinstance(item, Found)]
    (tmp_path / "a.txt").unlink()
    (tmp_path / "c.jsonl").unlink()
    gone, kept, also_gone = (item for file in found for item in loader.load(file))
    assert gone == Problem("a.txt", "cannot be read: No such file or directory")
    assert isinstance(kept, Document)
    assert also_gone == Problem("c.jsonl", "cannot be read: No such file or directory")


def test_the_digest_is_of_the_bytes_and_none_of_a_file_refused_unread(tmp_path: Path, loader: Loader) -> None:
    (tmp_path / "a.txt").write_bytes(b"words")
    with (tmp_path / "b.txt").open("wb") as file:
        file.truncate(200_000_000)
    os.mkfifo(tmp_path / "c.txt")
    digests = [loader.digest(Found(tmp_path / name, name)) for name in ("a.txt", "b.txt", "c.txt", "d.txt")]
    assert digests == [hashlib.sha256(b"words").hexdigest(), None, None, None]


def test_a_transcription_with_page_numbers_in_its_text_has_pages(loader: Loader) -> None:
    text = "\n\n".join(f"{n} Page {n} " + "goes on and on about nothing much. " * 30 for n in range(1, 5))
    document = next(loader.load_bytes(text.encode(), "a.txt"))
    assert isinstance(document, Document)
    assert [text[start] for start in document.page_starts] == ["1", "2", "3", "4"]


def test_what_became_a_pipe_or_a_folder_is_not_opened(tmp_path: Path, loader: Loader) -> None:
    os.mkfifo(tmp_path / "a.txt")
    (tmp_path / "b.txt").mkdir()
    for name in ("a.txt", "b.txt"):
        (problem,) = loader.load(Found(tmp_path / name, name))
        assert isinstance(problem, Problem)
        assert "not a file" in problem.reason


def test_a_parser_that_is_stopped_costs_one_document_and_not_the_rest() -> None:
    with Isolated(seconds=3) as isolated, Loader(isolated) as loader:
        assert isinstance(next(loader.load_bytes(b"words", "a.txt")), Document)
        (problem,) = loader.load_bytes(b"<div>" * 100_000, "deep.html")
        assert isinstance(problem, Problem)
        assert "takes too long to parse" in problem.reason
        assert isinstance(next(loader.load_bytes(b"<p>words", "b.html")), Document)


def test_a_closed_loader_starts_again() -> None:
    loader = Loader()
    loader.close()
    assert isinstance(next(loader.load_bytes(b"words", "a.txt")), Document)
    loader.close()
