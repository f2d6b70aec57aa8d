import logging
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from rag import IndexBusyError, IndexUnusableError, Library, ModelError
from rag.client.replies import ProblemReply
from rag.store import Store
from tests.server.conftest import Start

JSON = {"Content-Type": "application/json"}


class _Broken:
    """A library that fails as it is told."""

    def __init__(self, error: Exception, index: Path) -> None:
        self._error = error
        self.index = index
        self.store = Store(index / "truth.sqlite")

    def ask(self, *_: object) -> None:
        raise self._error

    def search(self, *_: object, **__: object) -> None:
        raise self._error


def _problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"]
    body: dict[str, Any] = response.json()
    ProblemReply.model_validate(body)
    assert (body["status"], body["instance"]) == (status, response.request.url.path)
    return body


def test_a_path_that_is_not_there_is_a_problem(client: httpx.Client) -> None:
    assert _problem(client.get("/v1/nothing"), 404)["title"] == "Not Found"


def test_a_wrong_method_is_a_problem_that_names_the_right_one(client: httpx.Client) -> None:
    response = client.get("/v1/ask")
    _problem(response, 405)
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": " \n\t"}, "question"),
        ({"question": "x" * 2001}, "question"),
        ({"question": 7}, "question"),
        ({"question": "x", "top_k": 0}, "top_k"),
        ({"question": "x", "top_k": 51}, "top_k"),
        ({"question": "x", "top_k": "8"}, "top_k"),
        ({"question": "x", "mode": "magic"}, "mode"),
        ({"question": "x", "stream": "yes"}, "stream"),
        ({"question": "x", "extra": 1}, "extra"),
        ({"question": "x", "filters": {"title": "t"}}, "filters.title"),
        ({"question": "x", "history": [{"role": "user", "content": "c"}] * 21}, "history"),
        ({"question": "x", "history": [{"role": "system", "content": "c"}]}, "history.0.role"),
    ],
)
def test_a_wrong_field_is_named(client: httpx.Client, body: dict[str, object], field: str) -> None:
    problem = _problem(client.post("/v1/ask", json=body), 422)
    assert [e["field"] for e in problem["errors"]] == [field]
    assert problem["detail"].startswith(f"{field}: ")


def test_a_limit_is_said_with_the_field(client: httpx.Client) -> None:
    detail = _problem(client.post("/v1/ask", json={"question": "x" * 2001}), 422)["detail"]
    assert "2000" in detail


def test_every_wrong_field_is_named_at_once(client: httpx.Client) -> None:
    problem = _problem(client.post("/v1/search", json={"top_k": -1, "query": " "}), 422)
    assert {e["field"] for e in problem["errors"]} == {"query", "top_k"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nope", b'{"question": "\xff"}', b'{"question": "\\ud800"}', b"[" * 99999]
)
def test_what_is_no_json_is_refused(client: httpx.Client, body: bytes) -> None:
    _problem(client.post("/v1/ask", content=body, headers=JSON), 400)


def test_json_that_is_no_object_is_refused(client: httpx.Client) -> None:
    _problem(client.post("/v1/ask", content=b"[1]", headers=JSON), 422)


def test_another_media_type_is_refused(client: httpx.Client) -> None:
    response = client.post("/v1/ask", content=b"question=x", headers={"Content-Type": "text/plain"})
    assert "application/json" in _problem(response, 415)["detail"]


@pytest.mark.parametrize("offset", [-1, 10**30])
def test_offsets_that_no_text_has_are_refused(client: httpx.Client, offset: int) -> None:
    citation = {"n": 1, "document_id": "d", "start": offset, "end": 5, "quote": "q"}
    problem = _problem(client.post("/v1/verify", json={"citations": [citation]}), 422)
    assert problem["errors"][0]["field"] == "citations.0.start"


@pytest.mark.parametrize("error", [IndexBusyError("/srv/x"), IndexUnusableError("/srv/x"), ModelError("/srv/x")])
def test_an_index_that_cannot_be_used_is_not_the_clients_fault(start: Start, tmp_path: Path, error: Exception) -> None:
    response = start(cast("Library", _Broken(error, tmp_path))).post("/v1/ask", json={"question": "x"})
    problem = _problem(response, 503)
    assert response.headers["retry-after"]
    assert "/srv" not in problem["detail"]


def test_an_error_that_nobody_foresaw_shows_no_trace_and_is_logged(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = start(cast("Library", _Broken(RuntimeError("secret of the house"), tmp_path)))
    with caplog.at_level(logging.ERROR, logger="rag.server"):
        response = client.post("/v1/ask", json={"question": "x"}, headers={"X-Request-ID": "abc-1"})
    problem = _problem(response, 500)
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "X-Request-ID" in problem["detail"]
    assert response.headers["x-request-id"] == "abc-1"
    assert "abc-1" in caplog.text
    assert "secret of the house" in caplog.text


def test_a_service_whose_search_fails_lives_and_is_not_ready(start: Start, tmp_path: Path) -> None:
    client = start(cast("Library", _Broken(OSError("disk"), tmp_path)))
    assert client.get("/healthz").json() == {"status": "ok"}
    _problem(client.get("/readyz"), 503)


def test_a_service_whose_search_works_is_ready(client: httpx.Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/ask", "POST"), ("/v1/collections", "GET, POST, HEAD"), ("/v1/documents/doc_1", "GET, DELETE, HEAD")],
)
def test_a_wrong_method_is_told_all_right_ones(client: httpx.Client, path: str, allowed: str) -> None:
    response = client.request("PATCH", path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
