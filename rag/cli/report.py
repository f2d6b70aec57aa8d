"""Shows people what the library found, did and holds."""

from collections.abc import Sequence

from rag import Answer, Audit, Citation, Hit, IngestReport, Problem, QuoteCheck, Status
from rag.cli.screen import note, show

_MOST_PREVIEW = 240
"""Characters of a passage shown where the passage is not the answer."""
_KIBI = 1024


def show_answer(answer: Answer) -> None:
    """The extracts with their markers and sources, or why there are none and what is nearest."""
    if not answer.claims:
        show((answer.reason or "", "bold"))
        _confidence(answer)
        if answer.hits:
            show("\nNearest passages")
            show_hits(answer.hits)
        return
    for claim in answer.claims:
        show(claim.text, (" " + "".join(f"[{c.n}]" for c in claim.citations), "bold cyan"), "\n")
    show(("Sources", "bold"))
    for citation in {c.n: c for claim in answer.claims for c in claim.citations}.values():
        _source(citation)
    show()
    _confidence(answer)


def show_hits(hits: Sequence[Hit]) -> None:
    """Ranked passages, each with where it stands and how it begins."""
    for rank, hit in enumerate(hits, 1):
        show((f"{rank:>2}. ", "bold cyan"), (_place(hit.document.title, hit.section.heading), "bold"))
        at = _at(hit.document.source, hit.page, hit.section.date, hit.passage.start, hit.passage.end)
        show((f"{at}, score {hit.score:.2f}", "dim"), indent=4)
        text = " ".join(hit.passage.text.split())
        show(f"{text[:_MOST_PREVIEW]}{'…' if len(text) > _MOST_PREVIEW else ''}\n", indent=4)


def show_ingest(report: IngestReport, seconds: float) -> None:
    """What changed, on stdout, and what went wrong, on stderr."""
    for problem in report.problems:
        note(f"{'FAILED' if problem.fatal else 'note'}: {_sentence(problem)}")
    show(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, {report.removed} removed; "
        f"{report.passages} passages written, {report.embedded} embedded, in {seconds:.1f} s."
    )


def show_status(status: Status) -> None:
    """The index in a few lines."""
    rows = {
        "Index": status.index,
        "Collection": f"{status.collection} (all: {', '.join(status.collections) or 'none'})",
        "Documents": f"{status.documents:,}",
        "Passages": f"{status.passages:,}",
        "Characters": f"{status.characters:,}",
        "Model": f"{status.model or 'none yet'}{f' ({status.backend})' if status.backend else ''}",
        "Note": status.note,
        "On disk": f"{status.bytes / _KIBI**2:,.1f} MiB",
        "Health": "the search indexes hold exactly the stored passages"
        if status.healthy
        else "the search indexes lag behind the stored passages; the next question or ingest mends them",
    }
    if point := status.operating_point:
        rows["Answers"] = (
            f"at a confidence of {point.threshold:.3f} or more: of questions like the {point.questions} of "
            f"{point.dataset}, at most {point.max_error:.1%} are expected to be answered wrongly"
        )
    for name, value in rows.items():
        if value:
            show((f"{name:<11}", "bold"), value)


def show_audit(audit: Audit | None) -> None:
    """What an audit found, a line each."""
    if audit is None:
        return
    for finding in audit.findings:
        show((f"{'Audit':<11}", "bold"), (finding, "red"))
    if not audit.findings:
        held = f"{audit.documents:,} documents and {audit.passages:,} passages"
        show((f"{'Audit':<11}", "bold"), f"text, vectors, words and uploads hold {held}, and nothing else")


def show_checks(checks: Sequence[QuoteCheck]) -> None:
    """What became of each quote, a line each."""
    meanings = {
        "valid": "stands where the answer says",
        "moved": "stands elsewhere in its document now",
        "changed": "stands nowhere in its document any more",
        "gone": "its document is not there any more",
    }
    for check in checks:
        at = "" if check.start is None else f", characters {check.start}-{check.end}"
        style = "green" if check.status == "valid" else "red"
        show((f"[{check.n}] ", "bold cyan"), (check.status, style), f": {meanings[check.status]}")
        show((f"{check.document_id}{at}", "dim"), indent=4)
    if not checks:
        show("There is no citation to check.")


def _source(citation: Citation) -> None:
    show((f"[{citation.n}] ", "bold cyan"), (_place(citation.title, citation.section), "bold"))
    at = _at(citation.source, citation.page, citation.date, citation.start, citation.end)
    show((at, "dim"), indent=4)


def _confidence(answer: Answer) -> None:
    show(("Confidence ", "dim"), f"{answer.confidence:.2f}")


def _place(title: str, section: Sequence[str]) -> str:
    """The title and the headings below it; a first heading that repeats the title is left out."""
    path = section[1:] if section and section[0] == title else section
    return " > ".join([title, *path])


def _at(source: str, page: int | None, date: str | None, start: int, end: int) -> str:
    parts = [source, f"page {page}" if page else "", date or "", f"characters {start}-{end}"]
    return ", ".join(part for part in parts if part)


def _sentence(problem: Problem) -> str:
    return f"{problem.source}: {problem.reason}"
