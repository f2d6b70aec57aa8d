"""What is counted of an answer, as pure functions; `None` is always "not measured"."""

from itertools import chain

from eval.metrics import answers, citations, confidence, evidence, latency, quotes, ranking, refusals
from eval.metrics.metric import Metric

_MODULES = (answers, quotes, evidence, citations, ranking, refusals, confidence, latency)

METRICS: dict[str, Metric] = {m.name: m for m in chain.from_iterable(module.METRICS for module in _MODULES)}
"""Each metric by its name, in the order in which a report shows them."""

__all__ = ["METRICS", "Metric"]
