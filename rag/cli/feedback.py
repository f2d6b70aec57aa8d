"""The commands that show the thumbs on answers, and turn them into questions for an evaluation."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag import DEFAULT_COLLECTION, Library, NotFoundError
from rag.cli.opening import opened
from rag.cli.options import Collection, Json
from rag.settings import read_settings

if TYPE_CHECKING:
    from rag import Rating

app = typer.Typer(no_args_is_help=True, help="Show the thumbs on answers; export them as questions to measure with.")

Thumbs = Annotated[Literal["up", "down"] | None, typer.Option("--rating", help="Only these.")]


@app.command("list")
def list_(collection: Collection = DEFAULT_COLLECTION, rating: Thumbs = None, as_json: Json = False) -> None:
    """Print the thumbs on answers, the oldest first."""
    from rag.cli.screen import show, show_json  # noqa: PLC0415

    with opened(read_settings()) as library:
        if as_json:
            show_json([asdict(rated) for rated in library.store.feedback.listed(collection, rating)])
            return
        for rated in library.store.feedback.listed(collection, rating):
            show((rated.rating.ljust(5), "bold"), f"{rated.created[:10]}  {rated.answer_id}  {rated.question or ''}")
            if rated.comment:
                show(rated.comment, indent=5)


@app.command()
def export(
    collection: Collection = DEFAULT_COLLECTION,
    rating: Thumbs = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Where to; else stdout.")] = None,
) -> None:
    """Write the rated questions as JSON Lines for `rag eval`, each for a person to read first.

    A thumb up proposes the quotes of the answer as evidence, where they still stand in the documents; what a right
    answer must include is left to be written. Ratings that came without their question are left out.
    """
    from rag.cli.screen import note  # noqa: PLC0415

    with opened(read_settings()) as library:
        rated = list(library.store.feedback.listed(collection, rating))
        asked = [one for one in rated if one.question]
        _write("".join(f"{_json(candidate(library, one))}\n" for one in asked), out)
    if len(asked) < len(rated):
        note(f"{len(rated) - len(asked)} came without their question and are left out.")


def candidate(library: Library, rated: "Rating") -> dict[str, object]:
    """A rated question as a line of a question set, with nothing in it that the documents do not hold now."""
    good = rated.rating == "up"
    evidence = [{"doc": source, "quote": quote} for source, quote in _standing(library, rated)] if good else []
    answerable = {"answered": bool(evidence) or None, "abstained": False}.get(rated.status or "") if good else None
    return {
        "id": rated.answer_id,
        "question": rated.question,
        "answerable": answerable,
        "answers": [],
        "must_include": [],
        "evidence": evidence,
        "note": f"thumb {rated.rating}, {rated.created[:10]}{f': {rated.comment}' if rated.comment else ''}",
    }


def _standing(library: Library, rated: "Rating") -> Iterator[tuple[str, str]]:
    """Source and quote of what still stands in its document."""
    for quote in rated.quotes:
        try:
            (check,) = library.verify([quote], rated.collection)
            if check.start is not None and quote.quote.strip():
                yield library.document(quote.document_id, rated.collection).source, quote.quote
        except NotFoundError:  # removed at this moment
            continue


def _json(line: dict[str, object]) -> str:
    import orjson  # noqa: PLC0415

    return orjson.dumps(line).decode()


def _write(lines: str, out: Path | None) -> None:
    if out is None:
        typer.echo(lines, nl=False)
    else:
        try:
            out.write_text(lines, "utf-8")
        except OSError as error:
            raise typer.BadParameter(f"{out} cannot be written: {error.strerror}; name another file.") from None
