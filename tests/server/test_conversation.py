from collections.abc import Iterator

import httpx
import openai
import pytest

from rag import Turn
from rag.client.replies import ChatProblemReply
from server.conversation import ChatRequest
from tests.server.official import NESTS, asked, opened


@pytest.fixture(scope="module")
def official(client: httpx.Client) -> Iterator[openai.OpenAI]:
    with opened(client) as found:
        yield found


def test_what_is_meant_for_a_language_model_is_passed_over(official: openai.OpenAI) -> None:
    found = official.chat.completions.create(
        model="rag",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": NESTS}]},
        ],
        temperature=0.2,
        top_p=0.5,
        max_tokens=10,
        max_completion_tokens=10,
        n=1,
        stop=["x"],
        seed=1,
        user="someone",
        response_format={"type": "json_object"},
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}],
        tool_choice="auto",
        logprobs=False,
        presence_penalty=0.1,
        metadata={"a": "b"},
    )
    assert "160 nests" in (found.choices[0].message.content or "")


_IMAGE = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:,"}}]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"messages": [{"role": "user", "content": _IMAGE}]},
            "messages.0.user.content: holds a part of type 'image_url'",
        ),
        ({"messages": []}, "messages: "),
        ({"messages": [{"role": "system", "content": "Hello"}]}, "must hold a message of the user"),
        ({"messages": [{"role": "user", "content": " \n"}]}, "messages.0.user.content.text: must not be blank"),
        ({"messages": [{"role": "user", "content": "x" * 2001}]}, "RAG_MAX_QUESTION"),
        ({"messages": [{"role": "robot", "content": "Hello"}]}, "messages.0: "),
        ({"n": 2}, "n: "),
        ({"model": None}, "model: "),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(
    client: httpx.Client, change: dict[str, object], told: str
) -> None:
    response = client.post("/v1/chat/completions", json={"model": "rag", "messages": asked(NESTS), **change})
    problem = ChatProblemReply.model_validate(response.json())
    assert response.headers["content-type"] == "application/problem+json"
    assert problem.status == response.status_code == 422
    assert told in problem.detail
    assert problem.error.message == problem.detail


def test_only_the_newest_turns_are_history() -> None:
    said = [{"role": role, "content": f"{role} {n}"} for n in range(3) for role in ("user", "assistant")]
    asked = ChatRequest.model_validate({"model": "rag", "messages": [*said, {"role": "user", "content": "Now?"}]})
    assert asked.question() == "Now?"
    assert asked.history(2) == [Turn("user", "user 2"), Turn("assistant", "assistant 2")]
    assert asked.history(0) == []
    assert len(asked.history(20)) == 6


def test_what_was_said_without_words_is_no_history() -> None:
    messages = [
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "content": "42", "tool_call_id": "1"},
        {"role": "user", "content": [{"type": "text", "text": "Who"}, {"type": "text", "text": "asks?"}]},
        {"role": "assistant", "content": "Let me"},
    ]
    asked = ChatRequest.model_validate({"model": "rag", "messages": messages})
    assert asked.question() == "Who\nasks?"
    assert asked.history(20) == []
