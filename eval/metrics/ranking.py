"""How well a ranking puts the right documents and passages first."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import log2

from eval.metrics.evidence import Place, half_covered
from eval.metrics.metric import Metric


def distinct(sources: Iterable[str]) -> list[str]:
    """Each once, in order of first occurrence: the ranking of documents that a ranking of passages amounts to."""
    return list(dict.fromkeys(sources))


def recall_at(ranking: Sequence[str], relevant: Mapping[str, float], k: int) -> float | None:
    """Share in [0, 1] of the relevant that are among the first k; `None` when nothing is relevant.

        recall@k = |first k ∩ relevant| / |relevant|

    Manning, Raghavan and Schütze (2008), Introduction to information retrieval, section 8.4; `recall.k` of trec_eval.

    Args:
        ranking: ids, best first, each once; shorter than k is as if followed by irrelevant ones.
        relevant: grade by id; a grade of 0 or less is not relevant.
        k: at least 1.

    Raises:
        ValueError: an id is ranked twice.
    """
    gains = _gains(ranking, relevant)
    wanted = _ideal(relevant)
    return sum(gain > 0 for gain in gains[:k]) / len(wanted) if wanted else None


def reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, float]) -> float | None:
    """1 / rank of the first relevant one, 0 when none is ranked, in [0, 1]; `None` when nothing is relevant.

    Voorhees (1999), The TREC-8 question answering track report; arguments and errors as for `recall_at`.
    """
    gains = _gains(ranking, relevant)
    if not _ideal(relevant):
        return None
    return next((1 / rank for rank, gain in enumerate(gains, 1) if gain > 0), 0.0)


def ndcg_at(ranking: Sequence[str], relevant: Mapping[str, float], k: int = 10) -> float | None:
    """Discounted gain of the first k by that of the best ranking there is, in [0, 1]; `None` when nothing is relevant.

        DCG@k = Σ_{rank ≤ k} grade / log2(rank + 1)        nDCG@k = DCG@k / DCG@k of all relevant, best grades first

    Järvelin and Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, ACM TOIS 20, with the grade itself
    as gain. Their discount is log2(rank) from rank 2 on; log2(rank + 1) is that of trec_eval and of what is published
    since. Arguments and errors as for `recall_at`.
    """
    gains = _gains(ranking, relevant)
    wanted = _ideal(relevant)
    return _discounted(gains[:k]) / _discounted(wanted[:k]) if wanted else None


def evidence_recall_at(passages: Sequence[Place], gold: Sequence[Sequence[Place]], k: int) -> float | None:
    """Share in [0, 1] of the gold items of which the first k passages together cover half; `None` without gold.

    A passage may end in the midst of the evidence, so half is asked for, not all; of an item's alternatives the best
    covered one counts.
    """
    return half_covered(gold, passages[:k])


def _gains(ranking: Sequence[str], relevant: Mapping[str, float]) -> list[float]:
    if len(set(ranking)) < len(ranking):
        raise ValueError("an id is ranked twice; distinct() keeps the first")
    return [max(0.0, relevant.get(id_, 0.0)) for id_ in ranking]


def _ideal(relevant: Mapping[str, float]) -> list[float]:
    return sorted((grade for grade in relevant.values() if grade > 0), reverse=True)


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))


_STAGES = {"retrieved": "as retrieval ranked them", "ranked": "as the answer shows them, after ranking"}

METRICS = (
    *(
        Metric(
            f"{stage}_recall@{k}",
            f"Mean over questions of the share of the gold documents that are among the first {k} documents, {when}.",
            f"gold documents among the first {k} / gold documents",
            0,
            1,
            "higher",
            "score",
            "Manning, Raghavan and Schütze (2008), Introduction to information retrieval, section 8.4",
        )
        for (stage, when), k in product(_STAGES.items(), (1, 5, 10))
    ),
    *(
        Metric(
            f"{stage}_mrr",
            f"Mean over questions of one by the rank of the first gold document, 0 when none came, {when}.",
            "mean of 1 / rank of the first gold document",
            0,
            1,
            "higher",
            "score",
            "Voorhees (1999), The TREC-8 question answering track report",
        )
        for stage, when in _STAGES.items()
    ),
    *(
        Metric(
            f"{stage}_ndcg@10",
            f"Mean over questions of the discounted gain of the first ten documents by the best possible, {when}.",
            "Σ grade / log2(rank + 1) over the first ten, by the same of the best ranking",
            0,
            1,
            "higher",
            "score",
            "Järvelin and Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques",
        )
        for stage, when in _STAGES.items()
    ),
    *(
        Metric(
            f"{stage}_evidence@{k}",
            f"Mean over questions of the share of the pieces of gold evidence of which the first {k} passages together"
            f" cover at least half, {when}.",
            f"pieces at least half covered by the first {k} passages / pieces",
            0,
            1,
            "higher",
            "score",
            "this evaluation",
        )
        for (stage, when), k in product(_STAGES.items(), (5, 10))
    ),
)
"""What this module gives, once as retrieval ranked and once after ranking."""
