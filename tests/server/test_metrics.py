import re
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_metrics

from rag import Library
from server.metrics import Metrics
from server.scrape import Scrape
from tests.program import NESTS
from tests.server.conftest import Start
from tests.server.listening import listening
from tests.server.test_kept import Clock

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
OPEN = "application/openmetrics-text; version=1.0.0"


def scraped(client: httpx.Client) -> Samples:
    text = client.get("/metrics").text
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in plain_metrics(text) for s in f.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, tuple(sorted(labels.items()))), 0.0)


def counted(client: httpx.Client, name: str, most: float, **labels: str) -> float:
    """A count once it is there: a request is counted just after its response is sent."""
    deadline = monotonic() + 20
    while (found := value(scraped(client), name, **labels)) < most and monotonic() < deadline:
        sleep(0.01)
    return found


@pytest.fixture
def fresh(start: Start) -> httpx.Client:
    """A service of its own, whose counts begin at zero."""
    return start()


def test_requests_are_counted_and_timed_by_route_and_kind_of_status(fresh: httpx.Client) -> None:
    for _ in range(2):
        fresh.post("/v1/ask", json={"question": NESTS})
    fresh.post("/v1/ask", json={})
    route = {"route": "/v1/ask", "method": "POST"}
    assert counted(fresh, "rag_http_requests_total", 2, **route, status="2xx") == 2
    assert counted(fresh, "rag_http_requests_total", 1, **route, status="4xx") == 1
    samples = scraped(fresh)
    assert value(samples, "rag_http_request_seconds_count", route="/v1/ask", status="2xx") == 2
    assert 0 < value(samples, "rag_http_request_seconds_sum", route="/v1/ask", status="2xx") < 60
    assert value(samples, "rag_http_requests_running") == 1  # the scrape itself


def test_answers_are_counted_by_outcome_and_their_stages_timed(fresh: httpx.Client) -> None:
    fresh.post("/v1/ask", json={"question": NESTS})
    refused = fresh.post("/v1/ask", json={"question": "zzxq qqzv"}).json()
    fresh.post("/v1/search", json={"query": "herons"})
    samples = scraped(fresh)
    assert value(samples, "rag_answers_total", status="answered", because="") == 1
    assert refused["status"] == "abstained"
    assert value(samples, "rag_answers_total", status="abstained", because=refused["abstained_because"]) == 1
    assert value(samples, "rag_stage_seconds_count", stage="embed") == 3
    assert value(samples, "rag_stage_seconds_count", stage="retrieve") == 3
    assert value(samples, "rag_stage_seconds_count", stage="rerank") == 2
    assert value(samples, "rag_stage_seconds_count", stage="compose") == 2


def test_an_answer_that_is_not_what_was_asked_for_is_counted(fresh: httpx.Client) -> None:
    reply = fresh.post("/v1/ask", json={"question": NESTS, "mode": "llm"}).json()
    assert reply["degraded"] == "llm_unavailable"
    assert counted(fresh, "rag_degraded_total", 1, reason="llm_unavailable") == 1


def test_checked_quotes_are_counted_by_what_became_of_them(fresh: httpx.Client) -> None:
    citations = fresh.post("/v1/ask", json={"question": NESTS}).json()["citations"]
    fresh.post("/v1/verify", json={"citations": [*citations, {**citations[0], "document_id": "doc_none"}]})
    samples = scraped(fresh)
    assert value(samples, "rag_quotes_checked_total", status="valid") == len(citations)
    assert value(samples, "rag_quotes_checked_total", status="gone") == 1


def test_what_the_rate_refuses_is_counted(start: Start) -> None:
    client = start(rate_limit="1/hour")
    statuses = [client.get("/v1/documents").status_code for _ in range(3)]
    assert statuses == [200, 429, 429]
    assert counted(client, "rag_rate_limited_total", 2) == 2


def test_the_index_is_told(fresh: httpx.Client, library: Library) -> None:
    samples = scraped(fresh)
    status = library.status()
    assert value(samples, "rag_documents", collection="default") == status.documents == 4
    assert value(samples, "rag_passages", collection="default") == status.passages > 0
    assert value(samples, "rag_index_changes_total") >= 4
    assert 0 <= value(samples, "rag_index_age_seconds", collection="default") < 3600
    assert value(samples, "process_resident_memory_bytes") > 1 << 20
    assert value(samples, "process_cpu_seconds_total") > 0


def test_a_change_to_the_index_shows_within_a_second(own_index: Path, heron: str) -> None:
    app, clock = FastAPI(), Clock()
    with closing(Library(own_index)) as library:
        app.include_router(Scrape(Metrics(), library, "0", clock).routes())
        with listening(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            before = scraped(client)
            library.remove([heron])
            clock.now = 0.9
            kept = scraped(client)
            clock.now = 1.0
            after = scraped(client)
    assert value(kept, "rag_documents", collection="default") == 4
    assert value(kept, "rag_index_changes_total") == value(before, "rag_index_changes_total")
    assert value(after, "rag_documents", collection="default") == 3
    assert value(after, "rag_index_changes_total") > value(before, "rag_index_changes_total")


def test_many_collections_share_a_series(own_index: Path, start: Start) -> None:
    with closing(Library(own_index)) as library:
        for n in range(120):
            library.create_collection(f"c{n:03}")
        samples = scraped(start(library))
    named = {labels[0][1] for name, labels in samples if name == "rag_documents"}
    assert len(named) == 101
    assert "(others)" in named


def test_no_label_comes_from_who_asks(fresh: httpx.Client) -> None:
    for n in range(3):
        fresh.get(f"/canary{n}")
        fresh.get(f"/v1/documents/canary{n}")
        fresh.get(f"/static/canary{n}")
        fresh.request("PROPFIND", "/v1/ask")
        fresh.post("/v1/search", json={"query": "x", "collection": f"canary{n}"})
    assert counted(fresh, "rag_http_requests_total", 3, route="/v1/ask", method="other", status="4xx") == 3
    assert "canary" not in fresh.get("/metrics").text.lower()


def test_the_text_format_and_open_metrics_are_given_by_what_is_accepted(fresh: httpx.Client) -> None:
    fresh.post("/v1/ask", json={"question": NESTS})
    plain = fresh.get("/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert plain.headers["cache-control"] == "no-store"
    asked = fresh.get("/metrics", headers={"Accept": OPEN})
    assert asked.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert asked.text.endswith("# EOF\n")
    names = {family.name for family in open_metrics(asked.text)}  # type: ignore[no-untyped-call]
    assert {"rag_http_requests", "rag_stage_seconds", "rag_answers", "rag_index_changes", "rag_build"} <= names
    plain_names = {re.sub("_(total|info)$", "", family.name) for family in plain_metrics(plain.text)}
    assert {name for name in plain_names if not name.endswith("_created")} == names


def test_two_services_in_a_process_count_for_themselves(start: Start) -> None:
    one, other = start(), start()
    one.post("/v1/ask", json={"question": NESTS})
    assert value(scraped(one), "rag_answers_total", status="answered", because="") == 1
    assert value(scraped(other), "rag_answers_total", status="answered", because="") == 0
