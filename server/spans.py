"""Makes a span of each request, with one below it for each stage, and sends them by OTLP; never a question or text."""

from collections.abc import Iterator
from time import perf_counter, time_ns

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Scope

from server.observe import Told

_TIMEOUT_S = 3.0
"""For one delivery, and at the end for what still waits."""
_FAILED = 500
_SENT_ON = ("traceparent", "tracestate")
_NOTED = ("answer", "because", "degraded")


class Spans:
    """See `server.observe.Traces`; the environment may name the service and the sampler, as OpenTelemetry has it."""

    def __init__(self, endpoint: str, version: str) -> None:
        """Send to the collector at a base address."""
        named = Resource({"service.name": "rag", "service.version": version})
        self._provider = TracerProvider(resource=named.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_TIMEOUT_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("rag")

    def begin(self, scope: Scope, request_id: str) -> "RequestSpan":
        """The span of a request, the child of its sender's where a W3C `traceparent` names that."""
        method = str(scope["method"])
        carrier = dict(_carried(scope))
        span = self._tracer.start_span(
            method,
            TraceContextTextMapPropagator().extract(carrier),
            SpanKind.SERVER,
            {"http.request.method": method, "rag.request_id": request_id},
        )
        return RequestSpan(self._tracer, span, method)

    def close(self) -> None:
        """Send what still waits, and stop."""
        self._provider.force_flush(int(_TIMEOUT_S * 1000))
        self._provider.shutdown()


class RequestSpan:
    """See `server.observe.Trace`."""

    def __init__(self, tracer: Tracer, span: Span, method: str) -> None:
        """Go on with a span that has begun."""
        self._tracer = tracer
        self._span = span
        self._method = method

    def end(self, route: str, told: Told) -> None:
        """End the span, and make those of its stages."""
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": told.status})
        self._span.set_attributes({f"rag.{name}": str(told.outcome[name]) for name in _NOTED if name in told.outcome})
        if told.status >= _FAILED:
            self._span.set_status(Status(StatusCode.ERROR))
        for done, timings_ms in told.stages:
            self._add_stages(time_ns() - _ns((perf_counter() - done) * 1000), timings_ms)
        self._span.end()

    def _add_stages(self, end_ns: int, timings_ms: dict[str, float]) -> None:
        """The stages follow each other, the last up to the end."""
        stages = {name: ms for name, ms in timings_ms.items() if name != "total"}
        at = end_ns - _ns(sum(stages.values()))
        for name, ms in stages.items():
            span = self._tracer.start_span(name, set_span_in_context(self._span), start_time=at)
            at += _ns(ms)
            span.end(at)


def _carried(scope: Scope) -> Iterator[tuple[str, str]]:
    for name, value in scope["headers"]:
        if name.decode("latin-1") in _SENT_ON:
            yield name.decode("latin-1"), value.decode("latin-1")


def _ns(ms: float) -> int:
    return int(ms * 1_000_000)
