"""Tells how far an ingest is: a bar on a terminal, otherwise a plain line now and then; always on stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from rag import Progress as Step
from rag.cli.screen import console, note, plain

_QUIET_S = 10.0
"""Between two plain lines, so that a log stays short."""


@contextmanager
def progress() -> Iterator[Callable[[Step], None]]:
    """What to call with each step, while it lasts."""
    err = console(stderr=True)
    if not err.is_terminal:
        yield _lines()
        return
    with _bar(err) as bar:
        task = bar.add_task("reading", total=None, passages=0)
        yield lambda step: bar.update(
            task,
            total=step.files or None,
            completed=step.file,
            description=plain(step.source)[-40:],
            passages=step.passages,
        )


def _lines() -> Callable[[Step], None]:
    last = monotonic()

    def line(step: Step) -> None:
        nonlocal last
        if monotonic() - last >= _QUIET_S:
            last = monotonic()
            files = f"file {step.file} of {step.files}" if step.files else "rebuilding"
            note(f"{files}, {step.passages} passages embedded: {step.source}")

    return line


def _bar(err: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[passages]} passages", markup=False),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=err, transient=True)
