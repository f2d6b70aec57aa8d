"""Finds how sure an answer has to be on a person's own documents, by conformal risk control."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from eval.records import Row
from rag import OperatingPoint

SAYS_NOTHING = 1.01
"""A threshold that no confidence reaches: every question is abstained from."""


def operating_point(rows: Sequence[Row], max_error: float, dataset: str, dataset_sha256: str) -> OperatingPoint:
    """The lowest threshold at which at most `max_error` of all questions is expected to be answered wrongly.

        threshold = min λ with (wrong answers with confidence ≥ λ + 1) / (n + 1) ≤ max_error

    Angelopoulos, Bates, Fisch, Lei and Schuster (2024), Conformal risk control: for a loss in [0, 1] that cannot grow
    with λ, the expected loss of the next question is at most `max_error`, as long as it comes from where these came
    from (exchangeable). The loss here is 1 for an answer that is wrong, 0 for a right one and for abstaining.

    Args:
        rows: questions asked without abstaining, judged.
        max_error: greatest share of all questions answered wrongly, in (0, 1).
        dataset: name of the set.
        dataset_sha256: of its questions.

    Raises:
        ValueError: There are too few questions for such a promise.
    """
    judged = [row for row in rows if row.scores.get("answered_wrong") is not None and row.confidence is not None]
    if (needed := ceil(1 / max_error - 1e-9) - 1) > len(judged):
        raise ValueError(
            f"{len(judged)} judged questions cannot promise an error of at most {max_error:g}: at least {needed} are "
            "needed, and twenty times as many make it useful."
        )
    confidence = np.array([row.confidence for row in judged], np.float64)
    wrong = np.array([row.scores["answered_wrong"] == 1 for row in judged], np.bool_)
    allowed = int(np.floor(max_error * (len(judged) + 1) + 1e-9)) - 1
    threshold = _lowest(confidence, wrong, allowed)
    answered = confidence >= threshold
    return OperatingPoint(
        threshold=threshold,
        max_error=max_error,
        questions=len(judged),
        answered=float(answered.mean()),
        wrong=float((answered & wrong).mean()),
        dataset=dataset,
        dataset_sha256=dataset_sha256,
    )


def _lowest(confidence: NDArray[np.float64], wrong: NDArray[np.bool_], allowed: int) -> float:
    """The lowest confidence of a question from which on at most so many answers are wrong."""
    for threshold in np.unique(confidence):
        if (wrong & (confidence >= threshold)).sum() <= allowed:
            return float(threshold)
    return SAYS_NOTHING
