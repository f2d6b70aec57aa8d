"""Options that several commands take."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from rag.changes import COLLECTION_NAME

T = TypeVar("T")


def _checked_collection(name: str) -> str:
    if not COLLECTION_NAME.fullmatch(name):
        raise typer.BadParameter("a collection is named with letters, digits, '.', '_' and '-', 64 at most.")
    return name


Collection = Annotated[str, typer.Option(callback=_checked_collection, help="Set of documents, with its own index.")]
Questions = Annotated[
    Path,
    typer.Argument(
        metavar="DATASET", help="Questions: .jsonl, .csv, a BEIR folder, or a folder with questions.jsonl.", exists=True
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def usable(made: Callable[[], T]) -> T:
    """What is made of what was given on the command line; wrong usage when it cannot be."""
    try:
        return made()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def make_folder(folder: Path) -> None:
    """Makes a folder named on the command line, so that what takes long does not fail at its end for want of it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{folder} cannot be made: {error.strerror}; name another folder.") from None
