"""A run as CSV, for spreadsheets."""

import csv
import io
import re

from eval.records import Row, Run

_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
"""What a spreadsheet takes for the beginning of a formula: https://owasp.org/www-community/attacks/CSV_Injection."""
_BEFORE = ("id", "type", "question", "answerable", "status", "confidence", "failure")
_AFTER = ("answer", "quotes")


def table(run: Run) -> bytes:
    """A line per question, in UTF-8 with CRLF: what was asked, every score, the answer and its quotes.

    A cell of what is not measured is empty. Text that a spreadsheet would take for a formula has `'` before it.
    Quotes follow each other with an empty line between.
    """
    scores = sorted({name for row in run.rows for name in row.scores})
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(_guarded(cell) for cell in (*_BEFORE, *scores, *_AFTER))
    writer.writerows([_guarded(cell) for cell in _cells(row, scores)] for row in run.rows)
    return lines.getvalue().encode("utf-8", "replace")


def _cells(row: Row, scores: list[str]) -> list[str | float | None]:
    answerable = None if row.answerable is None else str(row.answerable).lower()
    before = [row.id, row.type, row.question, answerable, row.status, row.confidence, row.failure]
    quotes = "\n\n".join(f"[{quote.n}] {quote.source}: {quote.quote}" for quote in row.quotes)
    return [*before, *(row.scores.get(name) for name in scores), row.answer, quotes]


def _guarded(cell: str | float | None) -> str | float | None:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
