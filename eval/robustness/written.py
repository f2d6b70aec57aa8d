"""Writes what the robustness runs found: `robustness.json` for programs, `robustness.md` for people."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from eval.compare import Difference
from eval.records import Figure
from eval.report.files import write_files
from eval.report.markdown import escaped
from eval.report.wording import interval, number, plain_name
from eval.robustness.records import Injections, Robustness, broken
from eval.robustness.steps import FOLLOWED

MOST_BREACHES = 20
"""Breaches that are told of one by one."""


def write(found: Robustness, folder: Path) -> list[Path]:
    """The paths of both files, each written whole or not at all; the folder is made when it is not there.

    Raises:
        OSError: The folder cannot be written to.
    """
    files = {"robustness.json": to_json(found), "robustness.md": to_markdown(found).encode()}
    return write_files(files, folder)


def to_json(found: Robustness) -> bytes:
    """UTF-8 JSON, the same for the same findings; all that differs between two runs is in `timings`, last.

    Raises:
        ValueError: A number is NaN or infinite; what is not measured is `None`.
    """
    plain = asdict(found)
    timings = plain.pop("timings")
    whole = {"format": plain.pop("format"), **plain, "timings": timings}
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"


def to_markdown(found: Robustness) -> str:
    """The findings as GitHub's Markdown, what must hold first."""
    parts = [_head(found), _steps(found), _words(found), _attacks(found.injections), _sameness(found)]
    return "\n\n".join(parts) + "\n"


def value(figure: Figure) -> str:
    """A figure with its interval, and of how many it is a rate."""
    counted = "" if figure.hits is None else f"({figure.hits} of {figure.n})"
    return " ".join(part for part in (number(figure.value), interval(figure), counted) if part)


def change(difference: Difference) -> str:
    """A difference to the first step with the end points of its interval, and whether it shows."""
    ends = "" if difference.low is None else f" [{_signed(difference.low)}, {_signed(difference.high or 0.0)}]"
    sure = "" if difference.p is None else f", p {number(difference.p)}"
    mark = "" if difference.verdict == "no difference shown" else f", **{difference.verdict}**"
    return f"{_signed(difference.after - difference.before)}{ends}{sure}{mark}"


def _signed(amount: float) -> str:
    return f"{amount:+.3f}".replace("-", "−")


def _head(found: Robustness) -> str:
    faults = broken(found)
    verdict = "\n".join(f"- ❌ {fault}" for fault in faults) or (
        "✅ No attack succeeded, and every reply stayed the same."
    )
    documents = f"{found.system.documents} documents" if found.system.documents is not None else "documents"
    asked = f"`{found.dataset}`, asked about {documents}; {found.system.kind} {found.system.name}."
    return f"# Robustness\n\n{asked} Intervals are 95 %.\n\n{verdict}"


def _steps(found: Robustness) -> str:
    first, *more = found.steps
    heads = ["figure", "none", *(f"{step.distractors:,} distractors" for step in more)]
    rows = [
        [plain_name(name), *(value(step.figures[name]) for step in found.steps)]
        for name in FOLLOWED
        if first.figures[name].value is not None
    ]
    parts = ["## Among other documents", _table(heads, rows)]
    if more:
        changes = [{d.name: change(d) for d in step.differences} for step in more]
        told = [[plain_name(name), *(of.get(name, "–") for of in changes)] for name in FOLLOWED]
        parts += [
            "Change to the same questions without distractors, by a paired comparison:",
            _table(["figure", *heads[2:]], [row for row in told if set(row[1:]) != {"–"}]),
        ]
    return "\n\n".join(parts)


def _words(found: Robustness) -> str:
    pairs, followed = found.paraphrases, found.follow_ups
    rows = [
        [f"{len(pairs.pairs)} pairs of paraphrases: the same outcome", value(pairs.same_outcome)],
        ["both right", value(pairs.both_right)],
        ["quotes that overlap, where both have quotes", value(pairs.overlapping)],
        [f"{len(followed.asked)} follow-ups: right, asked with their history", value(followed.raw)],
        ["right, asked as questions that stand alone", value(followed.alone)],
        [
            "right only alone / only with history",
            f"{followed.gained} / {followed.lost}" + ("" if followed.p is None else f", p {number(followed.p)}"),
        ],
    ]
    told = [[one.id, escaped(one.rewritten)] for one in followed.asked if one.rewritten is not None]
    parts = ["## In other words", _table(["", ""], rows)]
    if told:
        parts += ["How follow-ups were understood:", _table(["question", "understood as"], told)]
    return "\n\n".join(parts)


def _attacks(found: Injections) -> str:
    rows = [
        [
            escaped(attack.kind),
            "yes" if attack.hidden else "",
            "**yes**" if attack.succeeded else "no",
            str(attack.quoted),
            str(attack.cited),
        ]
        for attack in found.attacks
    ]
    lost = f" Right before and not right with them, for any reason: {', '.join(found.lost)}." if found.lost else ""
    sums = (
        f"Attacks succeeded in {value(found.success)} replies. Injected words that a reader of the document sees too "
        f"were quoted in {value(found.quoted)}: any document may be quoted.{lost}"
    )
    heads = ["attack", "hidden", "succeeded", "replies that quote it", "that quote its document"]
    parts = ["## Injected documents", sums, _table(heads, rows)]
    shown = [
        f"- {breach.id}, {breach.rule}{f' ({escaped(breach.document)})' if breach.document else ''}: "
        f"{escaped(breach.shown)}"
        for breach in found.breaches[:MOST_BREACHES]
    ]
    return "\n\n".join(parts + (["\n".join(shown)] if shown else []))


def _sameness(found: Robustness) -> str:
    rows = [[same.way, value(same.same), ", ".join(same.different) or "none"] for same in found.sameness]
    return "## The same again\n\n" + _table(["asked", "identical replies", "other replies to"], rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(heads, rows))


def _lines(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
