"""The commands of `rag eval`."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from rag import DEFAULT_COLLECTION, Library, RagError
from rag.cli.opening import opened
from rag.cli.options import Collection, Json, Questions, make_folder, usable
from rag.cli.robustness import robustness
from rag.cli.screen import note, show_json
from rag.settings import read_settings

if TYPE_CHECKING:
    from httpx import Client

    from eval.examples import Dataset
    from eval.gate import Rules
    from eval.over_http import ServiceSubject
    from eval.subject import Subject


class _RunByDefault(TyperGroup):
    """`rag eval DATASET` is `rag eval run DATASET`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """The arguments, with the command where it is left out."""
        first = next(iter(args), "--help")
        named = first in self.commands or first in {"-h", "--help"}
        return super().parse_args(ctx, args if named else ["run", *args])


app = typer.Typer(cls=_RunByDefault, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})

Corpus = Annotated[
    list[Path] | None,
    typer.Option(metavar="PATH", exists=True, help="Make a temporary index of these files, folders or .jsonl."),
]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Write the report files here; a stopped run goes on.")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Questions at once; more than 1 blurs the latencies.")]


@app.callback()
def evaluation() -> None:
    """Measure how well answers are grounded; `rag eval DATASET` is short for `rag eval run DATASET`."""


@app.command()
def run(
    dataset: Questions,
    corpus: Corpus = None,
    url: Annotated[
        str | None, typer.Option(help="Ask a running service; one that ends in /v1 is asked as OpenAI's is.")
    ] = None,
    model: Annotated[str, typer.Option(help="What an OpenAI-compatible service is asked for.")] = "rag",
    collection: Collection = DEFAULT_COLLECTION,
    out: Out = None,
    gate: Annotated[
        Path | None, typer.Option(metavar="FILE", exists=True, help="Floors that the figures have to keep.")
    ] = None,
    jobs: Jobs = 1,
    as_json: Json = False,
) -> None:
    """Ask every question of a set and judge the answers: on the index, on --corpus, or on --url.

    The exit code is 1 when the gate does not open or the run cannot be made, 2 for wrong usage.
    """
    from eval.gate import read_gate  # noqa: PLC0415

    if corpus and url:
        raise typer.BadParameter("it is asked what it holds; leave one of the two out.", param_hint="--corpus, --url")
    rules = None if gate is None else usable(lambda: read_gate(gate))
    questions = _dataset(dataset)
    with _subject(corpus, url, model, collection) as (subject, remarks):
        _run(questions, subject, remarks, jobs, out, rules, as_json)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", exists=True, help="A saved run: run.json, or its folder.")],
    after: Annotated[Path, typer.Argument(metavar="B", exists=True, help="Another, of the same questions.")],
    as_json: Json = False,
) -> None:
    """Show what changed from run A to run B, question by question; the exit code is 1 when a metric got worse."""
    from eval.compare import compare as compared  # noqa: PLC0415
    from eval.report.saved import read_run  # noqa: PLC0415
    from rag.cli.figures import show_differences  # noqa: PLC0415

    differences = usable(lambda: compared(read_run(before), read_run(after)))
    if as_json:
        show_json([asdict(difference) for difference in differences])
    else:
        show_differences(differences)
    if any(difference.verdict == "worse" for difference in differences):
        raise typer.Exit(1)


@app.command()
def calibrate(
    dataset: Questions,
    max_error: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Greatest share of all questions to be answered wrongly.")
    ] = 0.05,
    collection: Collection = DEFAULT_COLLECTION,
    jobs: Jobs = 1,
    as_json: Json = False,
) -> None:
    """Set how sure an answer has to be on the index, from questions on its documents, and keep that with it.

    What is promised holds for questions like these, by conformal risk control. `rag status` shows it.
    """
    from eval.calibrate import operating_point  # noqa: PLC0415
    from eval.in_process import LibrarySubject  # noqa: PLC0415
    from eval.run import evaluate  # noqa: PLC0415
    from rag.cli.figures import show_point  # noqa: PLC0415
    from rag.cli.progress import asking  # noqa: PLC0415

    questions = _dataset(dataset)
    with opened(read_settings()) as library:
        with asking(len(questions.examples)) as on_done:
            told = evaluate(questions, LibrarySubject(library, collection, threshold=0.0), jobs, on_done=on_done)
        point = usable(lambda: operating_point(told.rows, max_error, told.dataset, told.dataset_sha256))
        library.set_operating_point(point, collection)
    if as_json:
        show_json(asdict(point))
    else:
        show_point(point)


app.command()(robustness)


def _run(
    dataset: "Dataset",
    subject: "Subject",
    remarks: Sequence[str],
    jobs: int,
    out: Path | None,
    rules: "Rules | None",
    as_json: bool,
) -> None:
    from eval.gate import broken  # noqa: PLC0415
    from eval.report import write_reports  # noqa: PLC0415
    from eval.report.saved import to_json  # noqa: PLC0415
    from eval.run import evaluate  # noqa: PLC0415
    from rag.cli.figures import show_run  # noqa: PLC0415
    from rag.cli.progress import asking  # noqa: PLC0415

    if out is not None:
        make_folder(out)
    with asking(len(dataset.examples)) as on_done:
        done = evaluate(dataset, subject, jobs, out, on_done, remarks)
    if as_json:
        sys.stdout.flush()
        sys.stdout.buffer.write(to_json(done))
    else:
        show_run(done)
    if out is not None:
        note(f"Written: {', '.join(str(path) for path in write_reports(done, out))}")
    if all(row.status == "failed" for row in done.rows):
        raise RagError(f"Not one question got an answer: {done.rows[0].answer}")
    faults = [] if rules is None else usable(lambda: broken(done, rules))
    for fault in faults:
        note(f"The gate stays shut: {fault}.")
    if faults:
        raise typer.Exit(1)
    if rules is not None:
        note("The gate is open.")


def _dataset(path: Path) -> "Dataset":
    from eval.examples import read_dataset  # noqa: PLC0415

    return usable(lambda: read_dataset(path))


@contextmanager
def _subject(
    corpus: list[Path] | None, url: str | None, model: str, collection: str
) -> Iterator[tuple["Subject", tuple[str, ...]]]:
    """Who is asked, and what is to be said of its documents."""
    from eval.in_process import LibrarySubject  # noqa: PLC0415

    settings = read_settings()
    if url is not None:
        key = None if settings.eval_key is None else settings.eval_key.get_secret_value()
        with _service(url, key, model, collection) as subject:
            yield subject, ()
    elif corpus:
        with _temporary(corpus, settings.model) as (library, remarks):
            yield LibrarySubject(library), remarks
    else:
        with opened(settings) as library:
            yield LibrarySubject(library, collection), ()


@contextmanager
def _temporary(corpus: list[Path], model: str | None) -> Iterator[tuple[Library, tuple[str, ...]]]:
    from eval.corpus import ingested  # noqa: PLC0415
    from rag.cli.progress import progress  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="rag-eval-") as scratch:
        library = Library(Path(scratch) / "index", model)
        try:
            with progress() as on_progress:
                remarks = usable(lambda: ingested(library, corpus, Path(scratch), on_progress))
            yield library, remarks
        finally:
            library.close()


@contextmanager
def _service(url: str, key: str | None, model: str, collection: str) -> Iterator["Subject"]:
    from eval.over_http import ChatSubject, service_client  # noqa: PLC0415

    with usable(lambda: service_client(url, key)) as client:
        yield ChatSubject(client, model) if url.rstrip("/").endswith("/v1") else _ours(client, url, collection)


def _ours(client: "Client", url: str, collection: str) -> "ServiceSubject":
    from eval.over_http import ServiceSubject  # noqa: PLC0415

    try:
        return ServiceSubject(client, collection)
    except ValueError as error:
        raise RagError(f"{url} cannot be asked: {error}") from None
