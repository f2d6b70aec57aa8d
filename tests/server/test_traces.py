import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from rag import Library
from rag.settings import read_settings
from tests.program import NESTS, environment
from tests.server.conftest import _served as served

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CANARY = "xylophone-canary"


class Collector:
    """What an OpenTelemetry collector received."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.paths: set[str] = set()
        self.bodies: list[bytes] = []

    def spans(self) -> list[Span]:
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                assert {"key": "service.name", "value": "rag"} in attributes_of(resource.resource)
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found


def attributes_of(told: object) -> list[dict[str, object]]:
    return [
        {"key": a.key, "value": a.value.string_value or a.value.int_value}
        for a in told.attributes  # type: ignore[attr-defined]
    ]


def values(span: Span) -> dict[str, object]:
    return {str(a["key"]): a["value"] for a in attributes_of(span)}


@pytest.fixture
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.paths.add(self.path)
            found.bodies.append(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        found = Collector(listening.server_port)
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield found
        listening.shutdown()
        thread.join()


@contextmanager
def traced(library: Library, collector: Collector) -> Iterator[httpx.Client]:
    """A service that sends what it has to tell by its end."""
    with served(library, read_settings(otlp_endpoint=collector.address)) as client:
        yield client


def test_a_request_is_a_span_with_one_below_it_for_each_stage(library: Library, collector: Collector) -> None:
    with traced(library, collector) as client:
        response = client.post("/v1/ask", json={"question": NESTS})
    assert collector.paths == {"/v1/traces"}
    (request,) = [span for span in collector.spans() if not span.parent_span_id]
    stages = [span for span in collector.spans() if span.parent_span_id]
    assert request.name == "POST /v1/ask"
    assert request.kind == Span.SPAN_KIND_SERVER
    assert values(request) == {
        "http.request.method": "POST",
        "http.route": "/v1/ask",
        "http.response.status_code": 200,
        "rag.request_id": response.headers["x-request-id"],
        "rag.answer": "answered",
    }
    assert [span.name for span in stages] == ["embed", "retrieve", "rerank", "compose"]
    assert {span.parent_span_id for span in stages} == {request.span_id}
    assert {span.trace_id for span in stages} == {request.trace_id}
    ends = [request.start_time_unix_nano] + [span.end_time_unix_nano for span in stages]
    assert all(span.start_time_unix_nano >= end - 1000 for span, end in zip(stages, ends, strict=False))
    assert ends[-1] <= request.end_time_unix_nano


def test_a_request_goes_on_with_its_senders_trace(library: Library, collector: Collector) -> None:
    with traced(library, collector) as client:
        client.get("/v1/documents", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        client.get("/v1/documents", headers={"traceparent": "nonsense"})
    ours, other = collector.spans()
    assert (ours.trace_id.hex(), ours.parent_span_id.hex()) == (TRACE, PARENT)
    assert other.trace_id.hex() != TRACE
    assert not other.parent_span_id


def test_no_text_and_no_path_is_told(library: Library, collector: Collector) -> None:
    with traced(library, collector) as client:
        client.post(f"/v1/ask?key={CANARY}", json={"question": CANARY}, headers={"Authorization": f"Bearer {CANARY}"})
        client.get(f"/v1/documents/{CANARY}")
        client.get(f"/{CANARY}")
    assert [s.name for s in collector.spans() if not s.parent_span_id] == [
        "POST /v1/ask",
        "GET /v1/documents/{document_id}",
        "GET (none)",
    ]
    assert CANARY.encode() not in b"".join(collector.bodies)


class Failing:
    """A library one part of which has a fault."""

    def __init__(self, library: Library) -> None:
        self.store, self.index, self.search = library.store, library.index, library.search

    def documents(self, *_: object) -> object:
        raise LookupError(CANARY)


def test_an_error_marks_the_span_and_probes_leave_none(library: Library, collector: Collector) -> None:
    with traced(cast("Library", Failing(library)), collector) as client:
        client.get("/healthz")
        client.get("/readyz")
        assert client.get("/v1/documents").status_code == 500
    (span,) = collector.spans()
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert CANARY.encode() not in b"".join(collector.bodies)


def test_a_collector_that_is_not_there_stops_no_answer(library: Library) -> None:
    with served(library, read_settings(otlp_endpoint="http://127.0.0.1:9")) as client:
        assert client.post("/v1/ask", json={"question": NESTS}).status_code == 200


def test_without_the_packages_the_start_says_what_to_install(index: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['opentelemetry.sdk'] = None; sys.argv = ['rag', 'serve', '--port', '0']\n"
        "from rag.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(index, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'rag-cited[tracing]'" in done.stderr
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is 'http://127.0.0.1:9'" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_of_it_is_loaded_unless_it_is_asked_for(index: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rag import Library; from rag.settings import read_settings\n"
        "from server.app import create_app; library = Library(Path(sys.argv[1]))\n"
        "create_app(library, read_settings()); library.close()\n"
        "print('server.spans' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(index)],
        cwd=tmp_path,
        env=environment(index),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
