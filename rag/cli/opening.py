"""Opens the index that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager

from rag import Library, RagError
from rag.settings import Settings


@contextmanager
def opened(settings: Settings, new: bool = False) -> Iterator[Library]:
    """The index, closed afterwards; `new` makes one where there is none.

    Raises:
        RagError: There is none.
    """
    if not new and not (settings.index_dir / "truth.sqlite").is_file():
        raise RagError(f"There is no index in {settings.index_dir} yet: make one with `rag ingest PATH`.")
    library = Library(settings.index_dir, settings.model)
    try:
        yield library
    finally:
        library.close()
