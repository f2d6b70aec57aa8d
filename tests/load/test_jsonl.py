import hashlib
import io
import json
from collections.abc import Iterator

import psutil
import pytest

from rag.errors import LoadError
from rag.load import Loader, document_id
from rag.load.jsonl import BadLine, parse
from rag.load.limits import MAX_LINE_BYTES
from rag.records import Document, Problem


def line(doc_id: str, text: str = "Some text.", **more: object) -> bytes:
    return json.dumps({"doc_id": doc_id, "title": f"Title {doc_id}", "text": text, **more}).encode() + b"\n"


def test_each_line_is_a_document_whose_source_is_its_doc_id(loader: Loader) -> None:
    text = "n\u0303 \U0001f600\r\nSecond line."
    first, second = loader.load_bytes(line("a/1", text) + b"\r\n" + line("b", extra=[1]), "all.jsonl")
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.id, first.source, first.title, first.text) == (document_id("a/1"), "a/1", "Title a/1", text)
    assert first.sha256 == hashlib.sha256(line("a/1", text).rstrip()).hexdigest()
    assert first.media_type == "text/plain"
    assert (second.source, second.text) == ("b", "Some text.")


def test_a_missing_title_is_found_in_the_text_or_is_the_doc_id(loader: Loader) -> None:
    data = (
        b'{"doc_id": "v1.2", "text": "Heading\\n\\nA sentence."}\n{"doc_id": "v1.3", "title": null, "text": "it is."}'
    )
    assert [item.title for item in loader.load_bytes(data, "a.jsonl") if isinstance(item, Document)] == [
        "Heading",
        "v1.3",
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"not JSON", "is not JSON"),
        (b'{"doc_id": "x", "text": "cut', "is not JSON"),
        (b"[1, 2]", "is not an object"),
        (b'{"text": "t"}', "has no doc_id"),
        (b'{"doc_id": 7, "text": "t"}', "has no doc_id, or one that is not a string"),
        (b'{"doc_id": " ", "text": "t"}', "has a doc_id that is empty"),
        (b'{"doc_id": "x"}', "has no text"),
        (b'{"doc_id": "x", "text": null}', "has no text"),
        (b'{"doc_id": "x", "text": "\\ufeff\\r\\n"}', "has a text that is empty"),
        (b'{"doc_id": "x", "text": "t", "title": 7}', "has a title that is not a string"),
        (b'{"doc_id": "x", "text": "lone \\ud800 surrogate"}', "is not JSON"),
        (b'{"doc_id": "x", "text": "\xff"}', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"doc_id": "first", "text": "t"}', "has the doc_id of an earlier line: first"),
    ],
)
def test_a_bad_line_is_a_problem_that_names_it_and_the_rest_goes_on(loader: Loader, bad: bytes, reason: str) -> None:
    first, problem, last = loader.load_bytes(line("first") + bad + b"\n" + line("last"), "all.jsonl")
    assert isinstance(problem, Problem)
    assert problem.source == "all.jsonl line 2"
    assert problem.reason.startswith(reason)
    assert [first.source, last.source] == ["first", "last"]


def test_a_byte_order_mark_before_the_first_line_is_passed_over(loader: Loader) -> None:
    (document,) = loader.load_bytes(b"\xef\xbb\xbf" + line("a"), "a.jsonl")
    assert document.source == "a"


@pytest.mark.parametrize("data", [b"", b"\n\r\n  \n"])
def test_a_file_without_lines_is_empty(loader: Loader, data: bytes) -> None:
    assert list(loader.load_bytes(data, "a.jsonl")) == [Problem("a.jsonl", "is empty")]


def test_a_file_that_is_not_utf8_is_one_problem(loader: Loader) -> None:
    (problem,) = loader.load_bytes((line("a") + line("b")).decode().encode("utf-16"), "a.jsonl")
    assert isinstance(problem, Problem)
    assert "NUL bytes" in problem.reason
    with pytest.raises(LoadError, match="NUL bytes"):
        list(parse(io.BytesIO(b"\0\n")))


def test_a_text_over_the_limit_is_a_problem() -> None:
    (bad,) = parse(io.BytesIO(line("a", "x" * 20_000_001)))
    assert isinstance(bad, BadLine)
    assert "limit of 20,000,000 characters" in bad.reason


class Endless(io.RawIOBase):
    """Lines of 100 kB, one of them of 400 MB, made as they are read."""

    def __init__(self) -> None:
        self._pieces = self._made()
        self._rest = b""

    def _made(self) -> Iterator[bytes]:
        for i in range(1_000):
            yield line(str(i), "x" * 100_000)
        for _ in range(400):
            yield b"x" * 1_000_000
        yield b"\n" + line("last")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._pieces, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def test_half_a_gigabyte_is_streamed_with_little_memory() -> None:
    process = psutil.Process()
    before, most, found = process.memory_info().rss, 0, []
    for item in parse(io.BufferedReader(Endless())):
        found.append(item[0])
        most = max(most, process.memory_info().rss)
    assert found == [*(str(i) for i in range(1_000)), 1_001, "last"]
    assert most - before < 8 * MAX_LINE_BYTES
