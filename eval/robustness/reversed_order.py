"""Ingests a corpus the other way round, to show that the order does not matter."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from eval.corpus import ingested
from rag import Library
from rag.load import Found, find

MOST_INGESTS = 64
"""Of a corpus with more files several go together, so that it ends."""


def ingested_reversed(
    library: Library, corpora: Sequence[Path], scratch: Path, most_ingests: int = MOST_INGESTS
) -> None:
    """The same documents under the same names as `eval.corpus.ingested`, one file at a time, the last one first.

    A `.jsonl` is one file, whose lines are turned round.

    Args:
        library: the index.
        corpora: files and folders.
        scratch: an empty folder to lay them out in.
        most_ingests: of more files several go together.

    Raises:
        ValueError: A source cannot be read.
    """
    files = [(number, item) for number, path in enumerate(corpora) for item in find(path) if isinstance(item, Found)]
    files.reverse()
    size = -(-len(files) // most_ingests) or 1
    for begin in range(0, len(files), size):
        roots = []
        for number, item in files[begin : begin + size]:
            root = scratch / str(begin) / str(number)
            roots.append(_laid(item, root, corpora[number]))
        ingested(library, list(dict.fromkeys(roots)), scratch)


def _laid(item: Found, root: Path, corpus: Path) -> Path:
    """Where a copy of the file is to be ingested from, so that its documents keep their names."""
    copy = root / item.source
    copy.parent.mkdir(parents=True, exist_ok=True)
    if copy.suffix != ".jsonl":
        shutil.copyfile(item.path, copy)
    else:
        lines = [line.rstrip(b"\r\n") + b"\n" for line in item.path.read_bytes().split(b"\n") if line.strip()]
        copy.write_bytes(b"".join(reversed(lines)))
    return root if corpus.is_dir() else copy
