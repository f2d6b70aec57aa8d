"""Whether an answer is right, and what that is worth."""

from collections.abc import Sequence
from typing import Literal

from eval.metrics.metric import Metric


def fold(text: str) -> str:
    """Case-folded, with each run of blank characters as one space."""
    return " ".join(text.casefold().split())


def answer_hit(groups: Sequence[Sequence[str]], text: str) -> bool | None:
    """Whether for every group at least one of its strings stands in a text, both folded; `None` without groups.

    The gold short answer as a substring, as SQuAD-style exact match is loosened for long answers (Mallen et al. 2023,
    When not to trust language models; "str-em" in ALCE), over groups so that an answer can have several parts. A string
    is not held to word boundaries: "9" stands in "1984-09".
    """
    if not groups:
        return None
    folded = fold(text)
    return all(any(fold(s) in folded for s in group) for group in groups)


def truthfulness(
    answerable: bool | None, status: Literal["answered", "abstained", "failed"], right: bool | None
) -> int | None:
    """1 right, 0 missing, -1 wrong, as CRAG scores an answer; `None` where it cannot be judged.

    Yang et al. (2024), CRAG, comprehensive RAG benchmark, section 4: "missing" is an "I don't know" or a system error,
    so a failed question is 0. To abstain is right where the documents do not hold the answer; any answer there is a
    hallucination. The mean over questions is in [-1, 1].

    Args:
        answerable: whether the documents hold the answer; `None` is not known, and nothing is judged.
        status: what came back.
        right: whether the answer is right; `None` is not known. Matters only for an answer to an answerable question.
    """
    if answerable is None:
        return None
    if status == "failed":
        return 0
    if status == "abstained":
        return 0 if answerable else 1
    if not answerable:
        return -1
    if right is None:
        return None
    return 1 if right else -1


METRICS = (
    Metric(
        "right",
        "Share of the answerable questions that are answered rightly: by `answer_hit`, or, where the set has no strings"
        " to look for, with quotes that cover at least half of the gold evidence.",
        "right answers / answerable questions",
        0,
        1,
        "higher",
        "rate",
        "this evaluation",
    ),
    Metric(
        "answer_hit",
        "Share of the answerable questions whose answer holds a string of each `must_include` group, with case and"
        " white space folded.",
        "hits / answerable questions with groups",
        0,
        1,
        "higher",
        "rate",
        "Mallen et al. (2023), When not to trust language models: accuracy by substring",
    ),
    Metric(
        "answer_in_first_extract",
        "Share of the answerable questions whose first quoted extract alone holds a string of each `must_include`"
        " group.",
        "hits / answerable questions with groups",
        0,
        1,
        "higher",
        "rate",
        "this evaluation; success@1 of sentence retrieval, by `answer_hit`",
    ),
    Metric(
        "answer_in_top_5",
        "Share of the answerable questions where the first five passages together hold a string of each `must_include`"
        " group.",
        "hits / answerable questions with groups",
        0,
        1,
        "higher",
        "rate",
        "Karpukhin et al. (2020), Dense passage retrieval: top-k accuracy",
    ),
    Metric(
        "answered_wrong",
        "Share of all judged questions that were answered but not right, where every answer to an unanswerable question"
        " counts as wrong.",
        "wrong answers / judged questions",
        0,
        1,
        "lower",
        "rate",
        "Yang et al. (2024), CRAG: hallucination rate",
    ),
    Metric(
        "truthfulness",
        "Mean over judged questions of 1 for right, 0 for missing and -1 for wrong, where to abstain is right on an"
        " unanswerable question and missing on an answerable one.",
        "(right - wrong) / judged questions",
        -1,
        1,
        "higher",
        "score",
        "Yang et al. (2024), CRAG, comprehensive RAG benchmark, section 4",
    ),
    Metric(
        "failed",
        "Share of all questions that got an error instead of an answer or an abstention.",
        "errors / questions",
        0,
        1,
        "lower",
        "rate",
        "this evaluation",
    ),
)
"""What this module gives, and the rates that follow from it."""
