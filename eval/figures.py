"""Sums up judged questions: each figure with its interval, over exactly the questions where it was measured."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.metrics.confidence import aurc, auroc, brier, coverage_at, ece, reliability, risk_coverage
from eval.metrics.refusals import refusal_scores
from eval.records import STAGES, Curve, Figure, Misquote, Row, Stage
from eval.stats import cluster_bootstrap, cluster_bootstrap_rows, smallest_difference, wilson

RATES = frozenset(
    {
        "right",
        "answer_hit",
        "answer_in_first_extract",
        "answer_in_top_5",
        "answered_wrong",
        "false_refusals",
        "right_refusals",
        "failed",
    }
)
"""Metrics that are 0 or 1 for each question; the other metrics of a question are shares and counts."""
_BY_TYPE = (
    "right",
    "answer_in_top_5",
    "evidence_f1",
    "answered_wrong",
    "false_refusals",
    "right_refusals",
    "truthfulness",
)


def figures(rows: Sequence[Row]) -> dict[str, Figure]:
    """Every figure of a run; one without a question to measure it on has no value."""
    names = dict.fromkeys(name for row in rows for name in row.scores)
    return {**{name: figure(rows, name) for name in names}, **_over_all(rows)}


def by_type(rows: Sequence[Row]) -> dict[str, dict[str, Figure]]:
    """Figures of each type of question, in order of name; only those that were measured."""
    types = sorted({row.type for row in rows if row.type})
    return {
        kind: {
            name: found
            for name in _BY_TYPE
            if (found := figure([row for row in rows if row.type == kind], name)).value is not None
        }
        for kind in types
    }


def figure(rows: Sequence[Row], name: str) -> Figure:
    """Mean of a metric of single questions: a rate with Wilson's interval, another with a bootstrap by document."""
    measured = [(value, row.cluster) for row in rows if (value := row.scores.get(name)) is not None]
    if not measured:
        return Figure(None)
    values = [value for value, _ in measured]
    if name in RATES:
        return rate(round(sum(values)), len(values))
    interval = cluster_bootstrap(values, [cluster for _, cluster in measured])
    return _bootstrapped(float(np.mean(values)), interval, len(values))


def rate(hits: int, of: int) -> Figure:
    """A rate with Wilson's 95 % interval; not measured when it is of nothing."""
    ends = wilson(hits, of)
    return Figure(None) if ends is None else Figure(hits / of, *ends, n=of, hits=hits, interval="wilson")


def failures(rows: Sequence[Row]) -> dict[Stage, int]:
    """How many questions failed at each stage."""
    return {stage: sum(row.failure == stage for row in rows) for stage in STAGES}


def misquotes(rows: Sequence[Row]) -> dict[Misquote, int]:
    """How many quotes of each kind of misquote were served."""
    kinds: tuple[Misquote, ...] = ("fabricated", "stitched", "misattributed", "stale", "truncated")
    return {kind: sum(quote.misquote == kind for row in rows for quote in row.quotes) for kind in kinds}


def smallest_differences(found: dict[str, Figure]) -> dict[str, float]:
    """Of each metric that is 0 or 1 for a question, the least difference that a paired comparison on as many shows."""
    return {
        name: least
        for name, of in found.items()
        if name in RATES and of.value is not None
        if (least := smallest_difference(of.n, of.value)) is not None
    }


def curves(rows: Sequence[Row]) -> tuple[Curve, Curve]:
    """Risk over coverage, and the reliability diagram."""
    columns = _Columns.of([row for row in rows if row.confidence is not None and _judged(row)])
    coverage, risk = risk_coverage(columns.confidence, columns.right)
    bins = reliability(columns.confidence, columns.right)
    return Curve(tuple(coverage), tuple(risk)), Curve(
        tuple(b.confidence for b in bins), tuple(b.accuracy for b in bins), tuple(b.count for b in bins)
    )


class _Columns(NamedTuple):
    """The rows as parallel arrays.

    An abstention counts as not right: it gave no answer that could be. An unanswerable question has no right answer.
    """

    cluster: list[str]
    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    answerable: NDArray[np.bool_]
    refused: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "_Columns":
        """The columns of some rows."""
        return cls(
            [row.cluster for row in rows],
            np.array([row.confidence if row.confidence is not None else 0.0 for row in rows], np.float64),
            np.array([row.scores.get("right") == 1.0 for row in rows], np.bool_),
            np.array([bool(row.answerable) for row in rows], np.bool_),
            np.array([row.status == "abstained" for row in rows], np.bool_),
        )


def _judged(row: Row) -> bool:
    return row.scores.get("answered_wrong") is not None


def _over_all(rows: Sequence[Row]) -> dict[str, Figure]:
    """Figures that are no mean over questions."""
    refusals = _Columns.of([row for row in rows if row.answerable is not None and row.status != "failed"])
    sure = _Columns.of([row for row in rows if row.confidence is not None and _judged(row)])
    confidence, right, answerable = sure.confidence, sure.right, sure.answerable

    pairs = list(zip(refusals.answerable.tolist(), refusals.refused.tolist(), strict=True))
    refused = refusal_scores(pairs)

    def scored(of: Callable[[NDArray[np.float64], NDArray[np.bool_]], float | None]) -> Figure:
        return _rebuilt(sure, lambda i: of(confidence[i], right[i]))

    return {
        "refusal_precision": _rated(refused.precision, sum(refusals.refused.tolist())),
        "refusal_recall": _rated(refused.recall, sum((~refusals.answerable).tolist())),
        "refusal_f1": _rebuilt(refusals, lambda i: refusal_scores([pairs[n] for n in i]).f1),
        "auroc": _rebuilt(sure, lambda i: auroc(confidence[i][answerable[i]], confidence[i][~answerable[i]])),
        "aurc": scored(aurc),
        "coverage_at_5_error": scored(lambda c, r: coverage_at(c, r, 0.05)),
        "coverage_at_1_error": scored(lambda c, r: coverage_at(c, r, 0.01)),
        "brier": scored(brier),
        "ece": scored(ece),
    }


def _rated(value: float | None, of: int) -> Figure:
    """A share of so many questions as a rate."""
    return Figure(None) if value is None else rate(round(value * of), of)


def _rebuilt(columns: _Columns, statistic: Callable[[NDArray[np.intp]], float | None]) -> Figure:
    """A statistic of rows by their index, with a bootstrap by document."""
    value = statistic(np.arange(len(columns.cluster)))
    if value is None:
        return Figure(None)
    return _bootstrapped(value, cluster_bootstrap_rows(columns.cluster, statistic), len(columns.cluster))


def _bootstrapped(value: float, interval: tuple[float, float] | None, n: int) -> Figure:
    """The figure; without an interval where every draw gives the same, which says nothing of how sure the value is."""
    if interval is None or interval[0] == interval[1]:
        return Figure(value, n=n)
    return Figure(value, *interval, n, None, "bootstrap")
