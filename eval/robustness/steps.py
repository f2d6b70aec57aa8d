"""Adds distractors to an index in steps, so that each step holds all documents of the one before."""

import shutil
from collections.abc import Callable, Sequence
from itertools import islice, pairwise
from pathlib import Path

from eval.compare import Difference, differences
from eval.corpus import ingested
from eval.figures import figure
from eval.records import Figure, Row
from eval.robustness.records import Step
from rag import Library, Progress
from rag.load import Found, find

FOLLOWED = (
    "right",
    "answer_in_top_5",
    "retrieved_evidence@5",
    "answered_wrong",
    "false_refusals",
    "right_refusals",
)
"""Metrics that are followed from step to step."""

Distractor = bytes | Found
"""A line of a `.jsonl`, or a file of a folder."""


def step(distractors: int, documents: int, rows: Sequence[Row], first: Sequence[Row] | None) -> Step:
    """The figures of a step, and what changed since the first, whose own rows are given with `None`."""
    figures: dict[str, Figure] = {name: figure(rows, name) for name in FOLLOWED}
    changed: list[Difference] = [] if first is None else differences(first, rows)
    return Step(distractors, documents, figures, tuple(d for d in changed if d.name in FOLLOWED))


def read_steps(text: str) -> tuple[int, ...]:
    """Numbers of distractors from `0,50,500`.

    Raises:
        ValueError: They are no whole numbers, do not begin with 0, or do not ascend.
    """
    try:
        steps = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{text!r} holds more than whole numbers between commas; expected such as 0,50,500.") from None
    if steps[0] != 0 or any(more <= fewer for fewer, more in pairwise(steps)):
        raise ValueError(f"{text!r} has to begin with 0, which all is compared with, and to ascend.")
    return steps


def read_distractors(paths: Sequence[Path], most: int) -> list[Distractor]:
    """The first so many documents of `.jsonl` files and folders, in order of the paths, then of lines or sources.

    Raises:
        ValueError: There are not as many.
    """
    found: list[Distractor] = []
    for path in paths:
        if path.suffix == ".jsonl" and not path.is_dir():
            with path.open("rb") as lines:
                found += islice((line for line in lines if line.strip()), most - len(found))
        else:
            found += islice((item for item in find(path) if isinstance(item, Found)), most - len(found))
    if len(found) < most:
        raise ValueError(f"There are {len(found):,} distractors, and the last step takes {most:,}: name more files.")
    return found


def add_distractors(
    library: Library,
    distractors: Sequence[Distractor],
    scratch: Path,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Put documents into an index besides those that are there.

    Args:
        library: the index.
        distractors: what to add.
        scratch: an empty folder to lay them out in.
        on_progress: told how far it is.

    Raises:
        ValueError: One cannot be read, or has the name of a document that is there.
    """
    before = len(library.documents())
    lines, files = scratch / "lines", scratch / "files"
    laid: list[Path] = []
    if texts := [item for item in distractors if isinstance(item, bytes)]:
        lines.mkdir(parents=True)
        laid.append(lines / "distractors.jsonl")
        laid[0].write_bytes(b"".join(line.rstrip(b"\r\n") + b"\n" for line in texts))
    for item in distractors:
        if isinstance(item, Found):
            place = files / item.source
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(item.path, place)
    ingested(library, [*laid, *([files] if files.is_dir() else [])], scratch, on_progress)
    added = len(library.documents()) - before
    if added != len(distractors):
        raise ValueError(
            f"{len(distractors):,} distractors came to {added:,} new documents: each has to be one document with a "
            "name of its own, which no document of the corpus has."
        )
