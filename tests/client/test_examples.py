"""The examples for the client, run as they stand but for the port."""

import ast
import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from inspect import iscoroutine
from pathlib import Path

import pytest

from rag import Library
from tests.eval.serving import served
from tests.program import ROOT

PAGES = ("README.md", "rag/client/README.md")
TEXT = "The council decides on the budget every spring. The board advises the council, and the public may listen.\n"
EXAMPLES = [
    pytest.param(block, id=f"{page} {number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL))
    if "rag.client" in block
]


@pytest.fixture
def service(own_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a service over an index with the document that the examples ask about."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "council.txt").write_text(TEXT, "utf-8")
    monkeypatch.chdir(tmp_path)
    with closing(Library(own_index)) as library, served(library) as address:
        library.add(TEXT.encode(), "council.txt")
        yield address


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_does_what_it_says(example: str, service: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = compile(example.replace("http://127.0.0.1:8000", service), "example", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    found = eval(code, {})
    if iscoroutine(found):
        asyncio.run(found)
    assert "The council decides on the budget every spring." in capsys.readouterr().out
