import re
from pathlib import Path

import pytest

from eval.metrics import METRICS, Metric

README = (Path(__file__).parents[3] / "eval" / "README.md").read_text("utf-8")
NAMES = [
    "right",
    "answer_hit",
    "answer_in_first_extract",
    "answer_in_top_5",
    "answered_wrong",
    "truthfulness",
    "failed",
    "quote_fidelity",
    "quote_characters",
    "evidence_precision",
    "evidence_recall",
    "evidence_f1",
    "citation_precision",
    "citation_recall",
    "retrieved_recall@1",
    "retrieved_recall@5",
    "retrieved_recall@10",
    "ranked_recall@1",
    "ranked_recall@5",
    "ranked_recall@10",
    "retrieved_mrr",
    "ranked_mrr",
    "retrieved_ndcg@10",
    "ranked_ndcg@10",
    "retrieved_evidence@5",
    "retrieved_evidence@10",
    "ranked_evidence@5",
    "ranked_evidence@10",
    "refusal_precision",
    "refusal_recall",
    "refusal_f1",
    "false_refusals",
    "right_refusals",
    "aurc",
    "coverage_at_5_error",
    "coverage_at_1_error",
    "auroc",
    "brier",
    "ece",
    "ask_p50",
    "ask_p95",
    "ask_p99",
    "peak_mb",
]


def test_these_and_no_others_are_measured() -> None:
    assert list(METRICS) == NAMES


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_says_what_it_is(metric: Metric) -> None:
    assert METRICS[metric.name] is metric
    assert re.fullmatch(r"[A-Z][^.]*\.", metric.definition), "one sentence"
    assert metric.formula
    assert metric.source
    assert metric.high is None or metric.low < metric.high
    assert (metric.unit in {"rate", "score"}) == (metric.high is not None)
    assert metric.unit != "rate" or (metric.low, metric.high) == (0, 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_defines_it(name: str) -> None:
    assert f"`{name}`" in README
