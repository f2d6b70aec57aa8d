import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag import Library
from rag.embed import OnnxEmbedder
from rag.export import load_reference, model_files
from rag.load import Loader
from rag.protocols import Embedder
from tests.rag.fakes import fake_library, write_notes

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged model, exported."""
    return model_files(None, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def onnx(model_folder: Path) -> OnnxEmbedder:
    """The packaged model, loaded."""
    return OnnxEmbedder(model_folder, threads=2)


@pytest.fixture(scope="session")
def reference() -> "SentenceTransformer":
    """The packaged model as sentence-transformers loads it: seconds, and torch."""
    return load_reference(None)


@pytest.fixture(scope="session")
def loader() -> Iterator[Loader]:
    """One child process for all that is loaded."""
    with Loader() as loader:
        yield loader


@pytest.fixture
def make_library(tmp_path: Path) -> Iterator[Callable[..., Library]]:
    """Opens libraries with a fake embedder, and closes them."""
    opened: list[Library] = []

    def make(index: Path = tmp_path / "index", embedder: Embedder | None = None) -> Library:
        opened.append(fake_library(index, embedder))
        return opened[-1]

    yield make
    for library in opened:
        library.close()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder of short notes."""
    return write_notes(tmp_path / "notes")


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the notes, to be copied."""
    folder = tmp_path_factory.mktemp("stock")
    with closing(fake_library(folder / "index")) as library:
        library.ingest([write_notes(folder / "notes")])
    return folder / "index"


@pytest.fixture
def stocked(make_library: Callable[..., Library], stock: Path, tmp_path: Path) -> Library:
    """A library that holds the notes."""
    shutil.copytree(stock, tmp_path / "index")
    return make_library()
