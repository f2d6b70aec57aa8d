"""Prints the figures of an evaluation, and what changed between two."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from eval.compare import Difference
from eval.records import Figure, Run
from eval.report.wording import interval, number
from rag import OperatingPoint
from rag.cli.screen import console, note, plain, show


def show_run(run: Run) -> None:
    """Every figure that was measured, with its interval, then the errors and the failures by stage."""
    table = Table(box=None, pad_edge=False)
    table.add_column("figure")
    for column in ("value", "95 % interval", "questions"):
        table.add_column(column, justify="right")
    for name, figure in run.figures.items():
        if figure.value is not None:
            table.add_row(Text(name), *cells(figure))
    for name, milliseconds in run.timings.ask_ms.items():
        if milliseconds is not None:
            table.add_row(f"ask_{name}", number(milliseconds, "ms"), "", "")
    if run.timings.peak_mb is not None:
        table.add_row("peak_mb", number(run.timings.peak_mb, "MB"), "", "")
    console().print(table)
    unmeasured = [name for name, figure in run.figures.items() if figure.value is None]
    if unmeasured:
        show(f"Not measured: {', '.join(unmeasured)}.")
    errors = sum(row.status == "failed" for row in run.rows)
    failed = [f"{kind} {count}" for kind, count in (("error", errors), *run.failures.items()) if count]
    show(f"Failures: {', '.join(failed) or 'none'}.")
    for warning in run.warnings:
        note(f"Note: {plain(warning)}")


def show_differences(differences: Sequence[Difference]) -> None:
    """Each metric of two runs, with the interval of the difference and what it shows; narrow enough for 80 columns."""
    table = Table(box=None, pad_edge=False)
    table.add_column("figure", no_wrap=True)
    for column in ("before", "after", "change", "95 % interval", "p", "n"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("")
    for d in differences:
        table.add_row(
            Text(d.name),
            number(d.before),
            number(d.after),
            number(d.after - d.before),
            interval(Figure(None, d.low, d.high)),
            "" if d.p is None else f"{d.p:.3f}",
            str(d.n),
            "" if d.verdict == "no difference shown" else d.verdict,
        )
    console().print(table)
    counts = Counter(d.verdict for d in differences)
    show(
        f"{counts['better']} better, {counts['worse']} worse, {counts['no difference shown']} with no difference shown."
    )


def cells(figure: Figure) -> tuple[str, str, str]:
    """A figure's value, its interval, and the questions that it rests on."""
    counted = str(figure.n) if figure.hits is None else f"{figure.hits} of {figure.n}"
    return number(figure.value), interval(figure), counted


def show_point(point: OperatingPoint) -> None:
    """What was set, and what it promises."""
    if point.threshold > 1:
        show("No confidence is high enough for that promise: every question will be abstained from.")
    else:
        show(f"An answer now needs a confidence of {point.threshold:.3f} or more.")
    show(
        f"Of questions like these {point.questions}, at most {point.max_error:.1%} are expected to be answered "
        f"wrongly. Of these, {point.answered:.0%} are answered, {point.wrong:.1%} wrongly."
    )
