from typing import Any

import httpx
import pytest


@pytest.fixture
def paths(client: httpx.Client) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = client.get("/openapi.json").json()["paths"]
    return found


def test_every_operation_says_what_the_layers_may_answer(paths: dict[str, dict[str, Any]]) -> None:
    for path, operations in paths.items():
        for method, operation in operations.items():
            expected = {"413", "421"} | ({"401", "403", "429"} if path.startswith("/v1") else set())
            expected |= {"408"} if "requestBody" in operation else set()
            assert expected <= set(operation["responses"]), (method, path)


def test_they_are_problems_as_the_route_says_them(paths: dict[str, dict[str, Any]]) -> None:
    for operations in paths.values():
        for operation in operations.values():
            problems = [r for status, r in operation["responses"].items() if status in {"413", "421", "429", "500"}]
            assert len({str(problem["content"]["application/problem+json"]) for problem in problems}) == 1
