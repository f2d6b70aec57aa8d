"""The commands of `rag`; each imports what it needs when it runs, so that the quick ones start quickly."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from rag import DEFAULT_COLLECTION, Filters
from rag.cli import evaluation, feedback, keys, widget
from rag.cli.opening import opened
from rag.cli.options import Collection, Json
from rag.cli.service import serve
from rag.settings import read_settings

ABSTAINED = 3
_MOST_QUESTION = 2000

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _checked_question(question: str) -> str:
    if not question.strip() or len(question) > _MOST_QUESTION:
        raise typer.BadParameter(f"1 to {_MOST_QUESTION:,} characters are wanted, and not only blanks.")
    if not question.isprintable() and any("\ud800" <= c <= "\udfff" for c in question):
        raise typer.BadParameter("the question is not UTF-8.")
    return question


app.add_typer(evaluation.app, name="eval")
app.add_typer(feedback.app, name="feedback")
app.add_typer(keys.app, name="keys")
app.command()(widget.widget)

Question = Annotated[str, typer.Argument(callback=_checked_question, metavar="TEXT", show_default=False)]
Source = Annotated[str | None, typer.Option(metavar="PATTERN", help="Only documents of this source, e.g. '2018/*'.")]


@app.callback()
def rag() -> None:
    """Answers questions from your own documents, in extracts that can be checked.

    Settings are read from the environment and from `.env`; `rag serve --help` lists them.
    """


@app.command()
def ingest(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH...", show_default=False)] = None,
    collection: Collection = DEFAULT_COLLECTION,
    prune: Annotated[bool, typer.Option("--prune", help="Also remove what is gone from the folders given.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Split and embed all stored documents anew.")] = False,
    as_json: Json = False,
) -> None:
    """Add or update files and folders: .txt .md .html .pdf .docx, and .jsonl with a document a line.

    Unchanged files are skipped. A file that cannot be read is reported, the others are ingested all the same, and the
    exit code is 1.
    """
    from rag.cli.progress import progress  # noqa: PLC0415
    from rag.cli.report import show_ingest  # noqa: PLC0415
    from rag.cli.screen import show_json  # noqa: PLC0415

    if not paths and not rebuild:
        raise typer.BadParameter("name a file or folder, or give --rebuild.", param_hint="PATH...")
    begin = perf_counter()
    with opened(read_settings(), new=not rebuild) as library, progress() as on_progress:
        report = library.ingest(paths or [], collection, prune, rebuild, on_progress)
    if as_json:
        show_json(asdict(report))
    else:
        show_ingest(report, perf_counter() - begin)
    if any(problem.fatal for problem in report.problems):
        raise typer.Exit(1)


@app.command()
def ask(
    question: Question,
    collection: Collection = DEFAULT_COLLECTION,
    top_k: Annotated[int, typer.Option(min=1, max=50, help="Passages to read and show.")] = 8,
    source: Source = None,
    llm: Annotated[bool, typer.Option("--llm", help="Worded by the LLM that RAG_LLM_BASE_URL names.")] = False,
    as_json: Json = False,
) -> None:
    """Answer a question with cited extracts; the exit code is 3 when the documents do not hold the answer."""
    from rag.cli.report import show_answer  # noqa: PLC0415
    from rag.cli.screen import show_json  # noqa: PLC0415
    from server.wire import answer_json  # noqa: PLC0415

    settings = read_settings()
    with opened(settings) as library:
        ask = partial(library.ask, question, collection, top_k, Filters(source=source))
        if llm:
            from rag.cli.writing import worded  # noqa: PLC0415

            answer = worded(settings, ask, partial(library.standing, collection=collection))
        else:
            answer = ask()
    if as_json:
        show_json(answer_json(answer))
    else:
        show_answer(answer)
    if answer.status == "abstained":
        raise typer.Exit(ABSTAINED)


@app.command()
def search(
    query: Question,
    collection: Collection = DEFAULT_COLLECTION,
    top_k: Annotated[int, typer.Option(min=1, max=50, help="Passages to show.")] = 10,
    source: Source = None,
    as_json: Json = False,
) -> None:
    """Print the passages nearest to a query, best first."""
    from rag.cli.report import show_hits  # noqa: PLC0415
    from rag.cli.screen import show_json  # noqa: PLC0415
    from server.wire import search_json  # noqa: PLC0415

    with opened(read_settings()) as library:
        found = library.search(query, collection, top_k, Filters(source=source))
    if as_json:
        show_json(search_json(query, found))
    else:
        show_hits(found.hits)


app.command()(serve)


@app.command()
def status(
    collection: Collection = DEFAULT_COLLECTION,
    audit: Annotated[
        bool, typer.Option("--audit", help="Reconcile text, vectors, words and uploads of every collection; slow.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print what the index holds and how it is; with `--audit` the exit code is 1 unless nothing is left or missing."""
    from rag.cli.report import show_audit, show_status  # noqa: PLC0415
    from rag.cli.screen import show_json  # noqa: PLC0415

    with opened(read_settings()) as library:
        found = library.status(collection)
        audited = library.audit() if audit else None
    if as_json:
        show_json(asdict(found) | ({"audit": asdict(audited)} if audited else {}))
    else:
        show_status(found)
        show_audit(audited)
    if audited and audited.findings:
        raise typer.Exit(1)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="An answer saved from `rag ask --json` or /v1/ask; - reads stdin.")],
    collection: Collection = DEFAULT_COLLECTION,
    as_json: Json = False,
) -> None:
    """Check each quote of a saved answer against the documents; the exit code is 1 unless all stand where they say."""
    from rag.cli.report import show_checks  # noqa: PLC0415
    from rag.cli.saved import read_saved  # noqa: PLC0415
    from rag.cli.screen import show_json  # noqa: PLC0415
    from server.wire import checks_json  # noqa: PLC0415

    citations = read_saved(file)
    with opened(read_settings()) as library:
        checks = library.verify(citations, collection)
    if as_json:
        show_json(checks_json(checks))
    else:
        show_checks(checks)
    if any(check.status != "valid" for check in checks):
        raise typer.Exit(1)


@app.command()
def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of documents, as answers cite them.")],
    collection: Collection = DEFAULT_COLLECTION,
    as_json: Json = False,
) -> None:
    """Delete documents from the index; the exit code is 1 when one was not there."""
    from rag.cli.screen import note, show, show_json  # noqa: PLC0415

    wanted = list(dict.fromkeys(ids))
    with opened(read_settings()) as library:
        missing = library.remove(wanted, collection)
    removed = [document_id for document_id in wanted if document_id not in missing]
    if as_json:
        show_json({"removed": removed, "missing": missing})
    else:
        show(f"{len(removed)} removed.")
    for document_id in missing:
        note(f"There is no document {document_id!r} in the collection {collection!r}.")
    if missing:
        raise typer.Exit(1)
