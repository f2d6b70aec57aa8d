"""A run as a short Markdown summary, for a pull request."""

import re
from collections.abc import Iterable, Sequence

from eval.records import STAGES, Figure, Row, Run
from eval.report.visible import visible
from eval.report.wording import (
    HEADLINE,
    STAGE_MEANS,
    expected,
    got,
    interval,
    number,
    plain_name,
    troubled,
    worst_first,
)

MOST_FAILURES = 20
"""Failures that a summary lists."""
_BY_TYPE = ("right", "answered_wrong", "false_refusals", "right_refusals", "evidence_f1")
_MOST_CHARACTERS = 240
"""Of a question or an answer."""
_ENTITIES = {ord(sign): f"&#{ord(sign)};" for sign in "&<>|"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]()!~^$]|(?<=:)/|(?<=[Ww]{3})\.|^[-+=#])")
_NUMBERED = re.compile(r"^(\d+)\.")
_REFERENCE = re.compile(r"[@#](?=\w)|\b[Gg][Hh]-(?=\d)")
"""What a code host turns into a mention or a link to an issue."""


def summary(run: Run, before: Run | None = None) -> str:
    """Headline figures with intervals, types, stages, warnings and the first failures, in GitHub's Markdown.

    With a run before, each headline figure has its value then and the difference. Text of documents, questions and
    answers is shown as it is: nothing in it becomes markup, a link or a mention.
    """
    parts = [_head(run), _headline(run, before), _warnings(run), _types(run), _stages(run), _failures(run)]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str, most: int = _MOST_CHARACTERS) -> str:
    """A text on one line, cut to so many characters, that Markdown shows as it is, also in a table."""
    line = " ".join(text.split())
    line = line if len(line) <= most else line[: most - 1] + "…"
    line = _NUMBERED.sub(r"\1\\.", _SPECIAL.sub(r"\\\1", visible(line)))
    return _REFERENCE.sub(lambda found: f"{found[0]}\u200b", line).translate(_ENTITIES)


def _head(run: Run) -> str:
    failed = sum(troubled(row) for row in run.rows)
    corpus = f"corpus {escaped(run.system.corpus[:12])}" if run.system.corpus else "corpus unknown"
    asked = f"{len(run.rows)} questions asked of {run.system.kind} {escaped(run.system.name)}, {corpus}"
    return f"## Grounding: {escaped(run.dataset)}\n\n{asked}; {failed} failed."


def _headline(run: Run, before: Run | None) -> str:
    names = [name for name in HEADLINE if name in run.figures]
    if not names:
        return ""
    columns = ["figure", "value", "95 % interval", "questions"]
    lines = [[plain_name(name), *_cells(run.figures[name])] for name in names]
    if before is not None:
        columns += ["before", "difference"]
        lines = [
            [*line, *_change(run.figures[name], before.figures.get(name))]
            for name, line in zip(names, lines, strict=True)
        ]
    least = run.smallest_difference.get("right")
    note = "" if least is None else f"\n\nLeast difference in *right* that this set can show: {number(least)}."
    return _table(columns, lines) + note


def _cells(figure: Figure) -> list[str]:
    return [number(figure.value), interval(figure) or number(None), str(figure.n)]


def _change(now: Figure, before: Figure | None) -> list[str]:
    if before is None or before.value is None or now.value is None:
        return [number(before.value if before else None), number(None)]
    difference = now.value - before.value
    return [number(before.value), f"{'+' if difference > 0 else ''}{number(difference)}"]


def _warnings(run: Run) -> str:
    return "### Warnings\n\n" + "\n".join(f"- {escaped(warning)}" for warning in run.warnings) if run.warnings else ""


def _types(run: Run) -> str:
    names = [name for name in _BY_TYPE if any(name in figures for figures in run.by_type.values())]
    if not names:
        return ""
    asked = {kind: sum(row.type == kind for row in run.rows) for kind in run.by_type}
    lines = [
        [escaped(kind), str(asked[kind]), *(_value(figures.get(name)) for name in names)]
        for kind, figures in run.by_type.items()
    ]
    return "### By type\n\n" + _table(["type", "questions", *map(plain_name, names)], lines)


def _value(figure: Figure | None) -> str:
    return number(None) if figure is None else f"{number(figure.value)} {interval(figure)}".strip()


def _stages(run: Run) -> str:
    lines = [
        [stage, str(run.failures.get(stage, 0)), STAGE_MEANS[stage]] for stage in STAGES if run.failures.get(stage, 0)
    ]
    return "### Where answers are lost\n\n" + _table(["stage", "questions", "what happened"], lines) if lines else ""


def _failures(run: Run) -> str:
    failed = [row for row in worst_first(run) if troubled(row)]
    if not failed:
        return "No failures."
    shown = failed[:MOST_FAILURES]
    more = len(failed) - len(shown)
    rest = f"\n\n{more} more are in questions.csv and report.html." if more else ""
    lines = [[escaped(row.id), *_told(row)] for row in shown]
    return f"### Failures\n\n{_table(['id', 'stage', 'question', 'expected', 'got'], lines)}{rest}"


def _told(row: Row) -> Iterable[str]:
    return (row.failure or "error", *map(escaped, (row.question, expected(row), got(row))))


def _table(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(columns)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *lines))
