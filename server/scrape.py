"""The route that Prometheus reads, and what is looked up when it does."""

import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from time import monotonic, time

from fastapi import APIRouter
from prometheus_client import ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import Response

from rag import CollectionInfo, Library
from server.describe import problems
from server.health import REFUSALS
from server.kept import kept
from server.limits import Gate
from server.metrics import Metrics

_MOST_COLLECTIONS = 100
"""That get a series each; what more there are is told together, since every series costs whoever keeps it."""
_MOST_UPLOADS = 500
_REST = "(others)"
_WAITING = 16


class Scrape:
    """Answers `/metrics` through a gate of its own, so that a busy service still says how busy it is.

    What is told of the index is looked up once a second at most, however many ask.
    """

    def __init__(
        self, metrics: Metrics, library: Library, version: str, clock: Callable[[], float] = monotonic
    ) -> None:
        """Tell of a library's service; the clock tells seconds."""
        self._metrics = metrics
        self._stored = kept(lambda: [*_index(library), *_uploads(library)], clock)
        self._version = version
        self._gate = Gate(1, _WAITING)

    def routes(self) -> APIRouter:
        """The route, described for OpenAPI."""
        router = APIRouter(tags=["health"])
        text = {"schema": {"type": "string"}}
        told = {"description": "Metrics.", "content": {"text/plain": text, "application/openmetrics-text": text}}
        router.add_api_route(
            "/metrics", self.metrics, response_class=Response, responses={200: told, **problems(*REFUSALS, 503)}
        )
        return router

    async def metrics(self, request: Request) -> Response:
        """The metrics, as text or, where `Accept` asks for it, as OpenMetrics."""
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        page = await self._gate.run(partial(encode, self))
        return Response(page, headers={"Content-Type": media_type, "Cache-Control": "no-store"})

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        counts, processes = self._metrics.collect()
        yield from counts
        yield _build(self._version)
        yield from self._stored()
        yield from _processes(processes)


def _build(version: str) -> Metric:
    found = InfoMetricFamily("rag_build", "What runs.")
    found.add_metric([], {"version": version, "python": platform.python_version()})
    return found


def _index(library: Library) -> Iterator[Metric]:
    changes = CounterMetricFamily("rag_index_changes", "Documents stored or removed since the index was made.")
    changes.add_metric([], library.store.changes())
    yield changes
    shown = _shown(library.collections())
    for name in ("documents", "passages"):
        counts = {info.name: getattr(info, name) for info in shown}
        yield _family(f"rag_{name}", f"Stored {name}.", "collection", counts)
    ages = {info.name: age for info in shown if (age := _age(library.index, info.name)) is not None}
    yield _family("rag_index_age_seconds", "Since the search indexes were last written.", "collection", ages)


def _uploads(library: Library) -> Iterator[Metric]:
    files, size = library.store.jobs.waiting()
    yield GaugeMetricFamily("rag_upload_files_waiting", "Uploaded files not done with.", files)
    yield GaugeMetricFamily("rag_upload_bytes_waiting", "Bytes of them.", size)
    states = Counter[str]()
    for job in library.store.jobs.listed(_MOST_UPLOADS):
        states.update(job.counts)
    yield _family("rag_upload_files", f"Files of the newest {_MOST_UPLOADS} uploads, by state.", "state", states)


def _shown(infos: list[CollectionInfo]) -> list[CollectionInfo]:
    rest = infos[_MOST_COLLECTIONS:]
    sums = (sum(info.documents for info in rest), sum(info.passages for info in rest))
    return infos[:_MOST_COLLECTIONS] + ([CollectionInfo(_REST, *sums, characters=0)] if rest else [])


def _age(index: Path, collection: str) -> float | None:
    """Seconds, by the clock of the file system."""
    try:
        return max(0.0, time() - (index / "search" / collection / "manifest.json").stat().st_mtime)
    except OSError:  # nothing was ingested, or it is being replaced
        return None


def _family(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    found = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in values.items():
        found.add_metric([key], value)
    return found


def _processes(pids: Iterable[str]) -> Iterable[Metric]:
    """Memory, processor time and open files of processes, added up; when the first of them started."""
    sums: dict[str, Metric] = {}
    for pid in pids:
        for metric in ProcessCollector(pid=partial(str, pid), registry=None).collect():
            known = sums.setdefault(metric.name, metric)
            if known is not metric:
                _add(known, metric)
    return sums.values()


def _add(total: Metric, more: Metric) -> None:
    earliest = "start_time" in total.name
    for i, (one, other) in enumerate(zip(total.samples, more.samples, strict=True)):
        value = min(one.value, other.value) if earliest else one.value + other.value
        total.samples[i] = one._replace(value=value)
