import json
from typing import Any

import httpx
import pytest

SERVED = {
    ("/v1/ask", "post"),
    ("/v1/search", "post"),
    ("/v1/verify", "post"),
    ("/v1/feedback", "post"),
    ("/v1/check", "post"),
    ("/v1/documents", "get"),
    ("/v1/documents/{document_id}", "get"),
    ("/v1/documents/{document_id}/text", "get"),
    ("/v1/documents/{document_id}", "delete"),
    ("/v1/collections", "get"),
    ("/v1/collections", "post"),
    ("/v1/collections/{name}", "delete"),
    ("/v1/chat/completions", "post"),
    ("/v1/models", "get"),
    ("/v1/models/{model}", "get"),
    ("/v1/documents", "post"),
    ("/v1/jobs", "get"),
    ("/v1/jobs/{job_id}", "get"),
    ("/v1/jobs/{job_id}", "delete"),
    ("/v1/report", "get"),
    ("/healthz", "get"),
    ("/readyz", "get"),
    ("/metrics", "get"),
}


@pytest.fixture
def described(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_every_route_is_described(described: dict[str, Any]) -> None:
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == SERVED


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    references = set(json.dumps(described).split('"$ref": "#/components/schemas/')[1:])
    names = {reference.partition('"')[0] for reference in references}
    assert {"AskRequest", "AskReply", "ProblemReply", "Turn"} <= names
    assert names <= set(described["components"]["schemas"])


def test_bodies_and_problems_are_described(described: dict[str, Any]) -> None:
    ask = described["paths"]["/v1/ask"]["post"]
    schema = ask["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/AskRequest"}
    assert {"200", "400", "401", "404", "413", "415", "422", "500", "503"} <= set(ask["responses"])
    assert set(ask["responses"]["422"]["content"]) == {"application/problem+json"}
    assert described["components"]["schemas"]["AskRequest"]["additionalProperties"] is False
