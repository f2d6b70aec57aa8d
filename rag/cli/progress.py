"""Tells how far a long command is: a bar on a terminal, otherwise a plain line now and then; always on stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

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


@contextmanager
def asking(total: int) -> Iterator[Callable[[], None]]:
    """What to call with each question that is done; shows how many are, and the time left."""
    err = console(stderr=True)
    if not err.is_terminal:
        yield _counted(total)
        return
    columns = (TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("asking", total=total)
        yield lambda: bar.advance(task)


def _counted(total: int) -> Callable[[], None]:
    begin = last = 0.0
    done = 0

    def count() -> None:
        nonlocal begin, last, done
        begin = begin or monotonic()  # of the first answer: what came before, such as an ingest, says nothing
        last = last or begin
        done += 1
        if monotonic() - last >= _QUIET_S:
            last = monotonic()
            left = (last - begin) / (done - 1) * (total - done)
            note(f"{done} of {total} questions asked, about {left:.0f} s left")

    return count


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
