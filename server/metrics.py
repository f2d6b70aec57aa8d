"""Counts what the service does, for Prometheus."""

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from rag import Answer, QuoteCheck

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TOO_MANY = 429
_WORKER = "rag_worker"
_PARTS = frozenset({"embed", "retrieve", "rerank", "compose", "llm", "verify"})
"""Stages that get a series; the whole of a request is in its own."""


class Metrics:
    """The counters of one service.

    Their registry is their own, so that two services in a process do not add up. Where `rag serve` runs several
    workers, prometheus-client's multi-process mode keeps the counts in files that all workers share, and a scrape,
    which one of them answers, gives the sums of all; the counts of a worker that died stay in them.
    """

    def __init__(self) -> None:
        """Counters at zero."""
        self._registry = CollectorRegistry()
        self._shared = _shared_counts()
        own = self._registry
        Gauge(_WORKER, "A process that serves.", multiprocess_mode="liveall", registry=own).set(1)
        self._requests = Counter("rag_http_requests", "Requests.", ["route", "method", "status"], registry=own)
        self._seconds = Histogram(
            "rag_http_request_seconds",
            "From the first byte of a request to the last of its response.",
            ["route", "status"],
            buckets=_BUCKETS_S,
            registry=own,
        )
        self._running = _gauge("rag_http_requests_running", "Requests that run, open streams included.", own)
        self._limited = Counter("rag_rate_limited", "Requests refused with 429.", registry=own)
        self._stages = Histogram(
            "rag_stage_seconds", "Stages of questions and searches.", ["stage"], buckets=_BUCKETS_S, registry=own
        )
        self._answers = Counter("rag_answers", "Answers, and why not.", ["status", "because"], registry=own)
        self._degraded = Counter("rag_degraded", "Answers that are not what was asked for.", ["reason"], registry=own)
        self._written = Counter("rag_llm_answers", "Answers that an LLM was asked for.", ["outcome"], registry=own)
        self._removed = Counter("rag_llm_removed_sentences", "Sentences of an LLM that were cut.", registry=own)
        self._first = Histogram(
            "rag_llm_first_sentence_seconds",
            "From a question to the first sentence of an LLM that was shown to be supported.",
            buckets=_BUCKETS_S,
            registry=own,
        )
        self._quotes = Counter("rag_quotes_checked", "Quotes of saved answers, checked.", ["status"], registry=own)
        self._gate_running = _gauge("rag_gate_running", "Pieces of work that threads do.", own)
        self._gate_waiting = _gauge("rag_gate_waiting", "Pieces of work that wait for a thread.", own)
        self._refused = Counter("rag_gate_refused", "Pieces of work refused because too many waited.", registry=own)

    def collect(self) -> tuple[list[Metric], list[str]]:
        """The counts, of all workers together, and the workers' process ids as `/proc` names them."""
        found = {metric.name: metric for metric in (self._shared or self._registry).collect()}
        workers = found.pop(_WORKER, None)
        return list(found.values()), [s.labels.get("pid", "self") for s in workers.samples] if workers else []

    def begin_request(self) -> None:
        """A request came in."""
        self._running.inc()

    def end_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request is done with; its route is the template, never the path."""
        family = f"{status // 100}xx"
        self._running.dec()
        self._requests.labels(route, method if method in _METHODS else "other", family).inc()
        self._seconds.labels(route, family).observe(seconds)
        if status == _TOO_MANY:
            self._limited.inc()

    def answered(self, answer: Answer) -> None:
        """A question was answered, or not."""
        self._answers.labels(answer.status, answer.because or "").inc()
        self.took(answer.timings_ms)

    def took(self, timings_ms: Mapping[str, float]) -> None:
        """What the stages took, in milliseconds."""
        for stage in _PARTS & timings_ms.keys():
            self._stages.labels(stage).observe(timings_ms[stage] / 1000)

    def degraded(self, reason: str) -> None:
        """An answer is not what was asked for; the reason is one of the contract's."""
        self._degraded.labels(reason).inc()

    def wrote(self, answer: Answer) -> None:
        """An LLM was asked for an answer, and this is what is served."""
        self._written.labels(answer.degraded or answer.because or answer.status).inc()
        self._removed.inc(answer.removed)

    def first_sentence(self, seconds: float) -> None:
        """So long after its question the first sentence of an LLM was shown to be supported."""
        self._first.observe(seconds)

    def checked(self, checks: Sequence[QuoteCheck]) -> None:
        """Quotes of a saved answer were looked up again."""
        for check in checks:
            self._quotes.labels(check.status).inc()

    def at_gate(self, running: int, waiting: int) -> None:
        """So much work runs, and so much waits."""
        self._gate_running.set(running)
        self._gate_waiting.set(waiting)

    def refused(self) -> None:
        """Too much waited."""
        self._refused.inc()


def _gauge(name: str, meaning: str, own: CollectorRegistry) -> Gauge:
    return Gauge(name, meaning, multiprocess_mode="livesum", registry=own)


def _shared_counts() -> Collector | None:
    """The counts of all workers; `None` where this process is the only one."""
    try:
        return MultiProcessCollector(None)  # type: ignore[no-untyped-call]
    except ValueError:
        return None
