from typing import Any

import httpx
import pytest

from rag.settings import read_settings
from server.asked import AskRequest, configured
from tests.server.conftest import Start

TURN = {"role": "user", "content": "c"}
LIMITS = {"max_question": 30, "max_history": 1, "max_top_k": 10}


@pytest.mark.parametrize(
    ("over", "within", "told"),
    [
        (
            {"question": "x" * 31},
            {"question": "x" * 30},
            "question: is over the limit of 30 characters (RAG_MAX_QUESTION)",
        ),
        ({"top_k": 11}, {"top_k": 10}, "top_k: is over the limit of 10 (RAG_MAX_TOP_K)"),
        ({"history": [TURN] * 2}, {"history": [TURN]}, "history: is over the limit of 1 turns (RAG_MAX_HISTORY)"),
    ],
)
def test_a_limit_that_is_set_holds_and_is_named(
    start: Start, over: dict[str, object], within: dict[str, object], told: str
) -> None:
    client = start(**LIMITS)
    refused = client.post("/v1/ask", json={"question": "nests?", **over})
    assert (refused.status_code, refused.json()["detail"]) == (422, told)
    assert client.post("/v1/ask", json={"question": "nests?", **within}).status_code == 200


def test_limits_can_be_set_higher_than_they_are(start: Start) -> None:
    client = start(max_question=3000, max_history=30, max_top_k=60)
    asked = {"question": "x" * 2500, "history": [TURN] * 25, "top_k": 55}
    assert client.post("/v1/ask", json=asked).status_code == 200


def test_no_history_at_all_can_be_allowed(start: Start) -> None:
    client = start(max_history=0)
    assert client.post("/v1/ask", json={"question": "nests?", "history": [TURN]}).status_code == 422
    assert client.post("/v1/ask", json={"question": "nests?"}).status_code == 200


def test_limits_are_described_as_they_are_set(start: Start, client: httpx.Client) -> None:
    assert _limits(client) == (2000, 20, 50)
    assert _limits(start(**LIMITS)) == (30, 1, 10)


def _limits(client: httpx.Client) -> tuple[int, int, int]:
    asked: dict[str, Any] = client.get("/openapi.json").json()["components"]["schemas"]["AskRequest"]["properties"]
    assert asked["question"]["x-setting"] == "RAG_MAX_QUESTION"
    return asked["question"]["maxLength"], asked["history"]["maxItems"], asked["top_k"]["maximum"]


def test_only_limits_that_are_settings_are_changed() -> None:
    schema = AskRequest.model_json_schema()
    changed = configured(schema, read_settings(max_question=7))
    assert changed["properties"]["question"]["maxLength"] == 7
    assert changed["properties"]["collection"] == schema["properties"]["collection"]
    assert schema["properties"]["question"]["maxLength"] == 2000


@pytest.mark.parametrize(("top_k", "status"), [(3.0, 200), (3, 200), (3.5, 422), ("3", 422), (True, 422)])
def test_a_whole_number_may_be_written_with_a_point(client: httpx.Client, top_k: object, status: int) -> None:
    response = client.post("/v1/search", json={"query": "nests", "top_k": top_k})
    assert response.status_code == status
