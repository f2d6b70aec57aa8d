"""Writes report files, each whole or not at all."""

from collections.abc import Mapping
from pathlib import Path


def write_files(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """The paths of files written by their names, in that order; the folder is made when it is not there.

    A reader, or a run that is broken off, never leaves half of one.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_written(folder / name, data) for name, data in files.items()]


def _written(path: Path, data: bytes) -> Path:
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(data)
        return draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
