"""The real service over a real library, and one that plays what it is told."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag import Library
from rag.client import Client
from tests.eval.serving import served


@pytest.fixture(scope="session")
def address(library: Library) -> Iterator[str]:
    """Of a service over the shared library, not to be changed."""
    with served(library) as address:
        yield address


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[Client]:
    with Client(address) as client:
        yield client


@pytest.fixture
def own_address(own_index: Path) -> Iterator[str]:
    """Of a service over a copy that a test may change."""
    with closing(Library(own_index)) as library, served(library) as address:
        yield address


@pytest.fixture
def own(own_address: str) -> Iterator[Client]:
    with Client(own_address) as client:
        yield client
