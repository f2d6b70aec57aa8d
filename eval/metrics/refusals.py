"""Whether what cannot be answered is refused, and only that."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.metrics.metric import Metric


@dataclass(frozen=True, slots=True)
class RefusalScores:
    """Each in [0, 1]; `None` is not measured."""

    precision: float | None
    recall: float | None
    f1: float | None
    false_refusal_rate: float | None


def refusal_scores(pairs: Sequence[tuple[bool, bool]]) -> RefusalScores:
    """Precision, recall and F1 of refusing, where to refuse an unanswerable question is right, and false refusals.

        precision = right refusals / refusals        recall = right refusals / unanswerable questions
        f1 = 2 · right refusals / (refusals + unanswerable questions)
        false refusal rate = refusals of answerable questions / answerable questions

    Wen et al. (2025), Know your limits: a survey of abstention in large language models, TACL 13, section 4; F1 is that
    of van Rijsbergen (1979). Precision is `None` when nothing was refused. Without unanswerable questions no refusal
    could be right: precision, recall and F1 are `None`. Without answerable ones there is no false refusal rate.

    Args:
        pairs: of each question, whether it can be answered and whether it was refused.
    """
    unanswerable = [refused for answerable, refused in pairs if not answerable]
    answerable = [refused for answerable, refused in pairs if answerable]
    right, wrong = sum(unanswerable), sum(answerable)
    rate = wrong / len(answerable) if answerable else None
    if not unanswerable:
        return RefusalScores(None, None, None, rate)
    return RefusalScores(
        precision=right / (right + wrong) if right + wrong else None,
        recall=right / len(unanswerable),
        f1=2 * right / (right + wrong + len(unanswerable)),
        false_refusal_rate=rate,
    )


_SURVEY = "Wen et al. (2025), Know your limits: a survey of abstention in large language models"

METRICS = (
    Metric(
        "refusal_precision",
        "Share of the refused questions that indeed could not be answered.",
        "refused unanswerable questions / refused questions",
        0,
        1,
        "higher",
        "rate",
        _SURVEY,
    ),
    Metric(
        "refusal_recall",
        "Share of the unanswerable questions that were refused.",
        "refused unanswerable questions / unanswerable questions",
        0,
        1,
        "higher",
        "rate",
        _SURVEY,
    ),
    Metric(
        "refusal_f1",
        "Harmonic mean of refusal precision and refusal recall.",
        "2 · refused unanswerable questions / (refused questions + unanswerable questions)",
        0,
        1,
        "higher",
        "score",
        _SURVEY,
    ),
    Metric(
        "false_refusals",
        "Share of the answerable questions that were refused.",
        "refused answerable questions / answerable questions",
        0,
        1,
        "lower",
        "rate",
        _SURVEY,
    ),
    Metric(
        "right_refusals",
        "Share of the unanswerable questions that were refused, which is refusal recall under the name that pairs with"
        " false refusals.",
        "refused unanswerable questions / unanswerable questions",
        0,
        1,
        "higher",
        "rate",
        _SURVEY,
    ),
)
"""What this module gives."""
