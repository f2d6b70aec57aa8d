from collections.abc import Callable, Iterator

import pytest

from rag.load import Loader
from rag.records import Document

Load = Callable[[bytes, str], Document]


@pytest.fixture(scope="session")
def loader() -> Iterator[Loader]:
    with Loader() as loader:
        yield loader


@pytest.fixture(scope="session")
def load(loader: Loader) -> Load:
    """Loads bytes that hold one document and leave nothing to remark."""

    def load(data: bytes, source: str) -> Document:
        (document,) = loader.load_bytes(data, source)
        assert isinstance(document, Document), document
        return document

    return load


@pytest.fixture(scope="session")
def refusal(loader: Loader) -> Callable[[bytes, str], str]:
    """Loads bytes that hold no document, and gives the reason."""

    def refusal(data: bytes, source: str) -> str:
        (problem,) = loader.load_bytes(data, source)
        assert not isinstance(problem, Document), problem
        assert problem.fatal
        assert problem.source == source
        return problem.reason

    return refusal
