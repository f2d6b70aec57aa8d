from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from rag import Library
from tests.server.conftest import Start

PATHS = ["/", "/healthz", "/v1/documents", "/v1/nothing", "/openapi.json", "/static/page.js"]


@pytest.mark.parametrize("path", PATHS)
def test_every_response_has_an_id_and_the_safety_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert len(headers["x-request-id"]) == 32
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "microphone=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("path", "policy"),
    [("/static/page.js", "cross-origin"), ("/widget.js", "cross-origin"), ("/v1/documents", "same-origin")],
)
def test_scripts_may_be_loaded_by_other_origins_and_nothing_else(client: httpx.Client, path: str, policy: str) -> None:
    assert client.get(path).headers["cross-origin-resource-policy"] == policy


def test_a_sane_id_is_kept(client: httpx.Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "trace:7.a_b-c"}).headers["x-request-id"] == "trace:7.a_b-c"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a\tb"])
def test_an_id_that_could_spoil_a_log_line_is_replaced(client: httpx.Client, given: str) -> None:
    assert len(client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]) == 32


def test_ids_differ(client: httpx.Client) -> None:
    assert client.get("/healthz").headers["x-request-id"] != client.get("/healthz").headers["x-request-id"]


@pytest.fixture
def broken(own_index: Path) -> Iterator[Library]:
    """A library that fails in a way that nobody foresaw when a document is asked for."""
    with closing(Library(own_index)) as library:
        library.store.database.connection.execute("ALTER TABLE documents RENAME TO elsewhere")
        yield library


def test_a_page_of_a_named_origin_can_read_an_unforeseen_error(broken: Library, start: Start) -> None:
    page = "https://a.example"
    client = start(broken, cors_origins=page)
    response = client.get("/v1/documents/doc_1", headers={"Origin": page, "X-Request-ID": "abc-1"})
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert response.headers["access-control-allow-origin"] == page
    assert response.headers["x-request-id"] == "abc-1"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_an_unforeseen_error_is_logged_once_with_its_route_and_without_its_path(
    broken: Library, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    assert start(broken).get("/v1/documents/canary", headers={"X-Request-ID": "abc-1"}).status_code == 500
    told = [record.getMessage() for record in caplog.records if record.name == "rag.server"]
    assert told == ["request abc-1 to /v1/documents/{document_id} failed"]
    assert "canary" not in caplog.text
