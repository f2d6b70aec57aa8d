"""Compares two runs, question by question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eval.figures import RATES
from eval.metrics import METRICS
from eval.records import Row, Run
from eval.stats import mcnemar, paired_bootstrap

SURE = 0.05
"""Chance of calling equal runs different, for each metric by itself."""
FEWEST_DOCUMENTS = 10
"""For a verdict by bootstrap over documents, whose interval is too narrow with few of them (Cameron et al. 2008)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed in one metric between two runs, over the questions that both measured."""

    name: str
    before: float
    after: float
    n: int
    low: float | None
    high: float | None
    """The ends of the 95 % interval of `after - before`, by a paired bootstrap over documents."""
    p: float | None
    """Of the exact McNemar test; `None` unless the metric is 0 or 1 for each question."""
    gained: int | None
    lost: int | None
    """Questions that went from 0 to 1, and from 1 to 0."""
    verdict: Literal["better", "worse", "no difference shown"]


def compare(before: Run, after: Run) -> list[Difference]:
    """The difference in each metric of single questions that both runs measured.

    Raises:
        ValueError: The runs are of other questions or other documents, and cannot be compared.
    """
    if before.dataset_sha256 != after.dataset_sha256:
        raise ValueError(
            f"The runs asked different questions ({before.dataset} {before.dataset_sha256[:8]}, {after.dataset} "
            f"{after.dataset_sha256[:8]}): run both on one question set."
        )
    if before.system.corpus != after.system.corpus:
        raise ValueError(
            f"The runs asked about different documents (fingerprints {_short(before)}, {_short(after)}): a difference "
            "would say nothing about the system. Run both on one corpus."
        )
    return differences(before.rows, after.rows)


def differences(before: Sequence[Row], after: Sequence[Row]) -> list[Difference]:
    """The same for judged questions, whatever documents they were asked about; paired by id."""
    rows = {row.id: row for row in after}
    pairs = [(row, rows[row.id]) for row in before if row.id in rows]
    # A run that another version saved may hold metrics that this one does not know.
    names = dict.fromkeys(name for row in before for name in row.scores if name in METRICS)
    return [found for name in names if (found := _difference(name, pairs)) is not None]


def _difference(name: str, pairs: Sequence[tuple[Row, Row]]) -> Difference | None:
    both = [
        (a, b, before.cluster)
        for before, after in pairs
        if (a := before.scores.get(name)) is not None and (b := after.scores.get(name)) is not None
    ]
    if not both:
        return None
    changes = [b - a for a, b, _ in both]
    interval = paired_bootstrap(changes, [cluster for _, _, cluster in both])
    gained, lost = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    p = mcnemar(gained, lost) if name in RATES else None
    low, high = interval or (None, None)
    shown = p < SURE if p is not None else _apart(low, high) and len({c for _, _, c in both}) >= FEWEST_DOCUMENTS
    return Difference(
        name=name,
        before=float(np.mean([a for a, _, _ in both])),
        after=float(np.mean([b for _, b, _ in both])),
        n=len(both),
        low=low,
        high=high,
        p=p,
        gained=gained if name in RATES else None,
        lost=lost if name in RATES else None,
        verdict=_verdict(name, float(np.mean(changes))) if shown else "no difference shown",
    )


def _apart(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and (low > 0 or high < 0)


def _verdict(name: str, change: float) -> Literal["better", "worse", "no difference shown"]:
    if not change:
        return "no difference shown"
    return "better" if (change > 0) == (METRICS[name].better == "higher") else "worse"


def _short(run: Run) -> str:
    return run.system.corpus[:8] if run.system.corpus else "unknown"
