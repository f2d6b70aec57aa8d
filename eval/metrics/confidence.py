"""Whether confidence tells right answers from wrong ones.

Arguments are parallel: the confidence of each question, and whether its answer is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.metrics.metric import Metric

Confidences = Sequence[float] | NDArray[np.float64]
Verdicts = Sequence[bool] | NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence is in one bin."""

    confidence: float
    """Mean of theirs, in [0, 1]."""
    accuracy: float
    """Share of them that is right, in [0, 1]."""
    count: int


def risk_coverage(confidences: Confidences, right: Verdicts) -> tuple[list[float], list[float]]:
    """Coverages, ascending to 1, and the risk at each; both in (0, 1] and [0, 1], empty without answers.

        coverage = answers at least this confident / answers        risk = wrong ones among them / those

    El-Yaniv and Wiener (2010), On the foundations of noise-free selective classification; Geifman and El-Yaniv (2017),
    Selective classification for deep neural networks. No threshold falls between equals, so all answers of one
    confidence come in one step and the order of input does not matter.
    """
    answered, wrong = _steps(confidences, right)
    total = answered[-1] if len(answered) else 1
    return (answered / total).tolist(), (wrong / answered).tolist()


def aurc(confidences: Confidences, right: Verdicts) -> float | None:
    """Area under the risk-coverage curve, in [0, 1], lower is better; `None` without answers.

        AURC = 1/n · Σ_i risk of the i most confident answers

    Geifman and El-Yaniv (2017); Geifman, Uziel and El-Yaniv (2019), Bias-reduced uncertainty estimation. Answers of the
    same confidence each count the risk at the end of their step. With one confidence for all it is the error rate.
    """
    answered, wrong = _steps(confidences, right)
    if not len(answered):
        return None
    sizes = np.diff(answered, prepend=0)
    return float((wrong / answered * sizes).sum() / answered[-1])


def coverage_at(confidences: Confidences, right: Verdicts, max_error: float) -> float | None:
    """Greatest coverage, in [0, 1], at which the risk is at most `max_error`; `None` without answers.

    0 when even the most confident step is worse. The threshold is chosen on the answers it is measured on, so this is
    what was possible, not a promise (Geifman and El-Yaniv 2017 give a bound that is one).
    """
    answered, wrong = _steps(confidences, right)
    if not len(answered):
        return None
    allowed = answered[wrong / answered <= max_error]
    return float(allowed.max(initial=0) / answered[-1])


def _steps(confidences: Confidences, right: Verdicts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many are answered, and how many of those wrong, down to each distinct confidence."""
    scores, verdicts = _parallel(confidences, right)
    if not len(scores):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    return (ends + 1).astype(np.int64), np.cumsum(~verdicts[order])[ends].astype(np.int64)


def auroc(positive: Confidences, negative: Confidences) -> float | None:
    """Chance that a positive scores above a negative, ties counted half, in [0, 1]; `None` when either is empty.

    Hanley and McNeil (1982), The meaning and use of the area under a receiver operating characteristic curve: the
    Mann-Whitney statistic. 0.5 is what chance gives.
    """
    if not len(positive) or not len(negative):
        return None
    scores = np.asarray(positive, np.float64)
    sorted_negative = np.sort(np.asarray(negative, np.float64))
    below = np.searchsorted(sorted_negative, scores, "left").sum()
    not_above = np.searchsorted(sorted_negative, scores, "right").sum()
    return float((below + not_above) / (2 * len(scores) * len(sorted_negative)))


def brier(confidences: Confidences, right: Verdicts) -> float | None:
    """Mean squared difference of confidence and rightness, in [0, 1], lower is better; `None` without answers.

        1/n · Σ (confidence - right)²

    Brier (1950), Verification of forecasts expressed in terms of probability; his sum over both outcomes is twice this.

    Raises:
        ValueError: a confidence is not in [0, 1].
    """
    scores, verdicts = _probabilities(confidences, right)
    return float(((scores - verdicts) ** 2).mean()) if len(scores) else None


def ece(confidences: Confidences, right: Verdicts, bins: int = 10) -> float | None:
    """Expected calibration error, in [0, 1], lower is better; `None` without answers.

        Σ over bins of count / n · |accuracy - mean confidence|

    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning; bins as in
    `reliability`. It depends on the bins and is biased upwards when they hold few answers.

    Raises:
        ValueError: a confidence is not in [0, 1].
    """
    found = reliability(confidences, right, bins)
    total = sum(b.count for b in found)
    return sum(b.count * abs(b.accuracy - b.confidence) for b in found) / total if total else None


def reliability(confidences: Confidences, right: Verdicts, bins: int = 10) -> list[Bin]:
    """The bins that are not empty, ascending, of `bins` of equal width.

    The first is [0, 1 / bins], the second (1 / bins, 2 / bins], and so on, as in Guo et al. (2017), On calibration of
    modern neural networks.

    Raises:
        ValueError: a confidence is not in [0, 1].
    """
    scores, verdicts = _probabilities(confidences, right)
    edges = np.arange(1, bins) / bins
    of = np.searchsorted(edges, scores, "left")
    counts = np.bincount(of, minlength=bins)
    confident = np.bincount(of, weights=scores, minlength=bins)
    correct = np.bincount(of, weights=verdicts, minlength=bins)
    return [
        Bin(float(confident[i] / counts[i]), float(correct[i] / counts[i]), int(counts[i]))
        for i in np.flatnonzero(counts)
    ]


def _parallel(confidences: Confidences, right: Verdicts) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    scores, verdicts = np.asarray(confidences, np.float64), np.asarray(right, np.bool_)
    if len(scores) != len(verdicts):
        raise ValueError(f"{len(scores)} confidences for {len(verdicts)} answers")
    return scores, verdicts


def _probabilities(confidences: Confidences, right: Verdicts) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    scores, verdicts = _parallel(confidences, right)
    outside = scores[~((scores >= 0) & (scores <= 1))]
    if len(outside):
        raise ValueError(f"confidence {outside[0]} is not in [0, 1]")
    return scores, verdicts


_SELECTIVE = "Geifman and El-Yaniv (2017), Selective classification for deep neural networks"

METRICS = (
    Metric(
        "aurc",
        "Mean error rate over all shares of questions answered, most confident first, with equals taken together.",
        "1/n · Σ_i share of wrong answers among the i most confident",
        0,
        1,
        "lower",
        "score",
        _SELECTIVE,
    ),
    *(
        Metric(
            f"coverage_at_{percent}_error",
            f"Greatest share of the questions that can be answered, most confident first, with at most {percent} % of"
            " those answers wrong.",
            f"max coverage with risk ≤ 0.0{percent}",
            0,
            1,
            "higher",
            "score",
            _SELECTIVE,
        )
        for percent in (5, 1)
    ),
    Metric(
        "auroc",
        "Chance that an answerable question gets a higher confidence than an unanswerable one, with ties counted half.",
        "P(answerable > unanswerable) + P(equal) / 2",
        0,
        1,
        "higher",
        "score",
        "Hanley and McNeil (1982), The meaning and use of the area under a ROC curve",
    ),
    Metric(
        "brier",
        "Mean squared difference between the confidence and whether the answer is right.",
        "1/n · Σ (confidence - right)²",
        0,
        1,
        "lower",
        "score",
        "Brier (1950), Verification of forecasts expressed in terms of probability",
    ),
    Metric(
        "ece",
        "Mean distance between confidence and accuracy over ten bins of equal width, weighted by their answers.",
        "Σ count / n · |accuracy - mean confidence|",
        0,
        1,
        "lower",
        "score",
        "Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning",
    ),
)
"""What this module gives."""
