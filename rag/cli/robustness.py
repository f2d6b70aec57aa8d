"""`rag eval robustness`: the command, and what it prints."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag import Library
from rag.cli.options import Json, Questions, make_folder, usable
from rag.cli.screen import console, note, show, show_json
from rag.settings import read_settings

if TYPE_CHECKING:
    from rich.table import Table

    from eval.robustness.measure import Task
    from eval.robustness.records import Robustness

Corpus = Annotated[
    list[Path], typer.Option(metavar="PATH", exists=True, help="The documents: files, folders or .jsonl.")
]
Distractors = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PATH", exists=True, help="Documents to hide the corpus among; generated ones when not given."
    ),
]
Steps = Annotated[str, typer.Option(metavar="N,N…", help="Numbers of distractors, from 0 up.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Write robustness.json and robustness.md here.")]


def robustness(
    dataset: Questions,
    corpus: Corpus,
    distractors: Distractors = None,
    steps: Steps = "0,50,500,5000",
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Ask a set under strain: among distractors, in other words, against injected text, and again in other ways.

    The exit code is 1 when an attack succeeds, or a reply is not the same again; 5,000 distractors take minutes.
    """
    from eval.robustness.records import broken  # noqa: PLC0415
    from eval.robustness.written import to_json, write  # noqa: PLC0415

    task = usable(lambda: _task(dataset, corpus, distractors or [], steps))
    if out is not None:
        make_folder(out)
    found = _measured(task)
    if as_json:
        show_json(json.loads(to_json(found)))
    else:
        show_robustness(found)
    if out is not None:
        note(f"Written: {', '.join(str(path) for path in write(found, out))}")
    faults = broken(found)
    for fault in faults:
        note(fault)
    if faults:
        raise typer.Exit(1)


def show_robustness(found: "Robustness") -> None:
    """The steps with their intervals, the shares of the other runs, and each breach of what has to hold."""
    from rich.text import Text  # noqa: PLC0415

    from eval.report.wording import plain_name  # noqa: PLC0415
    from eval.robustness.written import MOST_BREACHES  # noqa: PLC0415
    from rag.cli.figures import cells  # noqa: PLC0415

    steps = _table("figure", "distractors")
    for name, first in found.steps[0].figures.items():
        for step in found.steps if first.value is not None else ():
            steps.add_row(Text(plain_name(name)), f"{step.distractors:,}", *cells(step.figures[name]))
    pairs, followed, attacked = found.paraphrases, found.follow_ups, found.injections
    told = {
        "paraphrases with the same outcome": pairs.same_outcome,
        "paraphrases, both right": pairs.both_right,
        "paraphrases with overlapping quotes": pairs.overlapping,
        "follow-ups right with their history": followed.raw,
        "follow-ups right standing alone": followed.alone,
        "replies in which an attack succeeded": attacked.success,
        "replies that quote injected words": attacked.quoted,
        **{f"the same {same.way}": same.same for same in found.sameness},
    }
    shares = _table("share")
    for name, figure in told.items():
        if figure.value is not None:
            shares.add_row(Text(name), *cells(figure))
    console().print(steps)
    show()
    console().print(shares)
    for breach in attacked.breaches[:MOST_BREACHES]:
        show((f"{breach.id}: {breach.rule}", "red"), f", {breach.document or 'no document'}: {breach.shown}")


def _table(first: str, *more: str) -> "Table":
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    table.add_column(first)
    for column in (*more, "value", "95 % interval", "questions"):
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _task(dataset: Path, corpus: list[Path], distractors: list[Path], steps: str) -> "Task":
    from eval.examples import read_dataset  # noqa: PLC0415
    from eval.robustness.injections import read_injected  # noqa: PLC0415
    from eval.robustness.measure import Task  # noqa: PLC0415
    from eval.robustness.steps import read_distractors, read_steps  # noqa: PLC0415

    numbers = read_steps(steps)
    if distractors:
        read_distractors(distractors, numbers[-1])
    return Task(read_dataset(dataset), corpus, read_injected(), numbers, distractors)


def _measured(task: "Task") -> "Robustness":
    from eval.robustness.measure import Means, Watch, measure  # noqa: PLC0415
    from eval.robustness.sameness import asked_in_a_process  # noqa: PLC0415
    from rag.cli.progress import asking  # noqa: PLC0415

    model = read_settings().model
    with tempfile.TemporaryDirectory(prefix="rag-eval-") as scratch, asking(task.questions()) as on_done:
        watch = Watch(on_part=lambda name: note(f"{name} …"), on_done=on_done)
        means = Means(lambda index: Library(index, model), asked_in_a_process)
        return usable(lambda: measure(task, means, Path(scratch), watch))
