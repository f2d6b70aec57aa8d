"""How reports put figures and failures into words."""

import math

from eval.records import Figure, Row, Run, Stage

HEADLINE = {
    "right": "of the answerable questions, answered rightly",
    "answered_wrong": "of all questions, given a wrong answer",
    "truthfulness": "1 for right, 0 for silence, −1 for wrong",
    "quote_fidelity": "of the quotes, verbatim where they say they stand",
    "evidence_f1": "how well the quotes match the gold evidence",
    "answer_in_top_5": "of the answerable questions, in the first five passages",
    "right_refusals": "of the unanswerable questions, refused",
    "false_refusals": "of the answerable questions, refused",
    "auroc": "chance that confidence tells an answerable question from an unanswerable one",
    "aurc": "mean share of wrong answers when the surest are answered first",
}
"""The figures that a reader should see first, in this order, each in a few words."""

STAGE_MEANS: dict[Stage, str] = {
    "not indexed": "The evidence stands in no document that was searched.",
    "not retrieved": "Search found no passage that holds the answer.",
    "ranked out": "Search found it, and ranking put it below the passages that are read.",
    "not extracted": "It stood in a passage that was read, and the answer left it out.",
    "wrongly abstained": "It stood in a passage that was read, and no answer was given.",
    "wrongly answered": "The documents do not hold an answer, and one was given all the same.",
}
"""What happened at each stage of failure."""

NOT_MEASURED = "–"
_SMALL = 0.0995
_TENS = 10
_HUNDREDS = 100


def number(value: float | None, unit: str = "") -> str:
    """A figure for reading: two places, three where it is small, one from 10 on and none from 100 on.

    What is not measured is `–`, and what is not quite 1 is never rounded up to it.
    """
    if value is None:
        return NOT_MEASURED
    if abs(value) >= _HUNDREDS:
        text = f"{value:,.0f}"
    elif abs(value) >= _TENS:
        text = f"{value:.1f}".removesuffix(".0")
    elif value and abs(value) < _SMALL:
        text = f"{value:.3f}"
    elif math.floor(value) != value and f"{value:.2f}".endswith(".00"):
        text = f"{math.floor(value * 1000) / 1000:.3f}"
    else:
        text = f"{value:.2f}"
    return f"{text} {unit}".strip().replace("-", "−")


def interval(figure: Figure) -> str:
    """The 95 % interval as `[0.54, 0.76]`; nothing where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    return f"[{number(figure.low)}, {number(figure.high)}]"


def plain_name(name: str) -> str:
    """A figure's name for reading, such as `ranked recall@5`."""
    return name.replace("_", " ")


def expected(row: Row) -> str:
    """What a right answer to a question is."""
    if row.answerable is False:
        return "no answer: the documents do not hold one"
    wanted = " / ".join(row.answers) or " / ".join(span.quote for span in row.gold)
    return wanted or "an answer"


def got(row: Row) -> str:
    """What came back for a question."""
    if row.status == "abstained":
        return "no answer"
    return f"an error: {row.answer}" if row.status == "failed" else row.answer


def worst_first(run: Run) -> list[Row]:
    """Questions that could not be asked, then failures by stage, then the rest; each in the order of the run."""
    stages: list[Stage | None] = [*STAGE_MEANS, None]
    return sorted(run.rows, key=lambda row: (row.status != "failed", stages.index(row.failure)))


def troubled(row: Row) -> bool:
    """Whether a question failed, or could not be asked."""
    return row.failure is not None or row.status == "failed"
